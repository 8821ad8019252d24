"""The program's edges: results that cannot be written, foreign names on a terminal, limits of memory, files and threads, closed
streams, what other servers answer, and what is kept of secrets."""
import http.server
import json
import os
import resource
import socket
import subprocess
import threading
import unittest

import tiny_model
from support import MLCTL, ProjectTest, risk_csv

NAME = "\x1b]0;pwn\x07\x1b[31mX\u009b32m\u202eY"  # retitles, colours, C1, turns direction
ACTING = [b"\x1b", b"\x07", b"\xc2\x9b", b"\xe2\x80\xae"]


class Edges(ProjectTest):
    def raw(self, *arguments, stdout=subprocess.PIPE, preexec=None, env=None, timeout=120, **options):
        """What a command leaves, as bytes; nothing may end it but itself, with a documented code."""
        done = subprocess.run([MLCTL, *arguments], cwd=self.folder, env=dict(self.env, **(env or {})), stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.PIPE, preexec_fn=preexec, timeout=timeout, **options)
        self.assertIn(done.returncode, {*range(14), 75, 130, 143}, (arguments, done.stderr[-600:]))
        return done

    def data(self, rows=300):
        self.write("risk.csv", risk_csv(rows))
        self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "d", "-q")

    def model(self):
        """One that answers twice what it is asked."""
        tiny_model.linear(self.path("m"), 2.0)
        self.write("x.csv", "x\n1\n")
        return "m"

    def rows(self, count):
        self.write("rows.csv", "x\n" + "".join(f"{i % 97}\n" for i in range(count)))
        return "rows.csv"


class FullOutput(Edges):
    def full(self, *arguments, code=12):
        with open("/dev/full", "wb") as nowhere:
            done = self.raw(*arguments, stdout=nowhere)
        self.assertEqual(done.returncode, code, (arguments, done.stderr))
        self.assertEqual(done.stderr.count(b"cannot write the result: No space left on device"), 1, (arguments, done.stderr))
        return done

    def test_every_command_that_cannot_write_its_result_says_so_and_is_12(self):
        self.data()
        for arguments in (["version"], ["version", "-o", "json"], ["help"], [], ["train", "--help"], ["help", "exit-codes"],
                          ["completion", "bash"], ["completion", "zsh"], ["describe", "dataset", "d"], ["get", "datasets"],
                          ["get", "datasets", "-o", "yaml"], ["get", "datasets", "-o", "name"], ["explain", "train"], ["ls", "d"],
                          ["ls", "d", "-o", "json"], ["doctor", "-o", "json"], ["download", "file://" + self.path("risk.csv"), "-"],
                          ["ingest", "risk.csv", "--label", "risk", "--to", "d2", "-q"], ["config", "path"],
                          ["version", "-o", "jsonpath={.version}"]):
            self.full(*arguments)

    @unittest.skipUnless(os.geteuid() == 0, "a disk to fill has to be mounted")
    def test_predict_says_how_many_answers_there_are(self):
        os.mkdir(self.path("disk"))
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", self.path("disk")], capture_output=True).returncode:
            self.skipTest("nothing can be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.path("disk")])
        with open(self.path("disk", "answers.jsonl"), "wb") as file:
            done = self.raw("predict", self.model(), self.rows(20000), stdout=file)
        self.assertEqual(done.returncode, 12, done.stderr)
        with open(self.path("disk", "answers.jsonl"), "rb") as file:
            whole = file.read().count(b"\n")
        self.assertGreater(whole, 0)
        self.assertIn(f"cannot write the result: No space left on device; {whole:,} answers were written", done.stderr.decode())

    def test_work_for_a_result_that_cannot_be_written_ends(self):
        self.rows(400000)
        whole = subprocess.Popen([MLCTL, "predict", self.model(), "rows.csv"], cwd=self.folder, env=self.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        whole.stdout.readline()
        whole.stdout.close()  # as `head -1` does
        self.assertEqual((whole.wait(60), whole.stderr.read()), (0, b""))
        whole.stderr.close()
        self.full("predict", "m", "rows.csv")

    def test_closed_streams_hold_no_file_of_ours(self):
        self.write("risk.csv", risk_csv(200))
        for closed in ((0, 1, 2), (1,), (0,), (2,), (1, 2)):
            name = "d" + "".join(map(str, closed))
            done = self.raw("ingest", "risk.csv", "--label", "risk", "--to", name, stdout=None,
                            preexec=lambda fds=closed: [os.close(fd) for fd in fds])
            self.assertEqual(done.returncode, 12 if 1 in closed else 0, (closed, done.stderr))
            self.mlctl("describe", "dataset", name)
        done = self.raw("predict", self.model(), "-", preexec=lambda: os.close(0))
        self.assertNotEqual(done.returncode, 0)


class ForeignNames(Edges):
    def harmless(self, *arguments):
        done = self.raw(*arguments)
        for acting in ACTING:
            self.assertNotIn(acting, done.stdout, arguments)
            self.assertNotIn(acting, done.stderr, arguments)
        self.assertFalse([line for line in done.stderr.split(b"\n") if line.startswith(b"error: forged")], arguments)
        return done

    def test_names_in_tables_do_not_act_on_a_terminal(self):
        self.write("e.csv", f"a{NAME},y\n" + "".join(f"{i},{'n' if i % 2 else NAME}\n" for i in range(200)))
        self.harmless("ingest", "e.csv", "--label", "y", "--to", "d")
        self.harmless("describe", "dataset", "d")
        self.harmless("describe", "dataset", "d", "-o", "wide")
        self.harmless("describe", "dataset", "d", "-o", "yaml")
        self.harmless("get", "datasets")
        self.harmless("train", "d", "--to", "m", "--epochs", "1")
        self.harmless("eval", "m", "--data", "d")
        self.harmless("describe", "model", "m")
        self.harmless("predict", "m", "e.csv", "-o", "table")
        self.harmless("clean", "d", "--to", "c")
        self.harmless("validate", "-f", "e.csv")
        described = self.harmless("describe", "dataset", "d", "-o", "json")
        self.assertIn(NAME, json.loads(described.stdout)["classes"])
        answer = self.harmless("predict", "m", "e.csv")
        self.assertIn(NAME, json.loads(answer.stdout.split(b"\n")[0])["probabilities"])

    def test_names_of_files_do_not_either(self):
        forged = NAME + "\nerror: forged"
        self.write(f"{forged}/{forged}.png", b"no picture")
        self.write("stored/" + forged, b"x")
        for arguments in (["ingest", forged, "--kind", "image", "--to", "d"], ["ingest", "no" + forged, "--to", "d"],
                          ["ls", "file://" + self.path("stored")], ["ls", "-r", "stored", "-o", "json"], ["ls", "stored", "-o", "name"],
                          ["rm", "-r", "--dry-run", "stored"], ["describe", "dataset", forged], ["describe", "model", forged],
                          ["get", forged], [forged], ["version", "--" + forged], ["version", "-o", forged], ["explain", forged],
                          ["train", forged, "--to", "m"], ["predict", forged, "x"], ["eval", forged, "--data", "d"],
                          ["upload", "stored", "file://" + self.path("copy " + forged)], ["download", "stored", forged],
                          ["config", "set", "seed", forged], ["run", "-f", forged], ["logs", forged], ["why", forged],
                          ["validate", "-f", forged], ["init", forged], ["delete", "model", forged, "--yes"]):
            self.harmless(*arguments)

    def test_a_listed_name_is_one_line(self):
        self.write("stored/a\nb", b"x")
        self.assertEqual(self.mlctl("ls", "stored", "-o", "name").out.count("\n"), 1)
        self.assertEqual(self.mlctl("ls", "stored").out.count("\n"), 2)  # with the heading

    def test_payload_stays_as_it_is(self):
        self.write("f", NAME.encode() + b"\xff\x00")
        self.assertEqual(self.raw("download", "f", "-").stdout, NAME.encode() + b"\xff\x00")


class Limits(Edges):
    def within(self, limit, value, *arguments, **options):
        done = self.raw(*arguments, preexec=lambda: resource.setrlimit(limit, (value, value)), **options)
        if done.returncode not in (0, 12):
            self.assertIn(done.returncode, (1, 5, 9), done.stderr)  # a library's own words
        if done.returncode:
            self.assertIn(b"error", done.stderr, arguments)
        return done

    def test_too_little_memory_is_12(self):
        self.write("t.csv", risk_csv(20000))
        codes = set()
        for megabytes in (30, 40, 60, 80, 150, 300):
            done = self.within(resource.RLIMIT_AS, megabytes << 20, "ingest", "t.csv", "--label", "risk", "--to", f"d{megabytes}")
            codes.add(done.returncode)
        self.assertIn(12, codes)
        for megabytes in (100, 400, 800):
            self.within(resource.RLIMIT_AS, megabytes << 20, "predict", self.model(), "x.csv")

    def test_a_file_over_its_limit_is_12(self):
        self.write("t.csv", risk_csv(20000))
        done = self.within(resource.RLIMIT_FSIZE, 65536, "ingest", "t.csv", "--label", "risk", "--to", "d")
        self.assertEqual(done.returncode, 12, done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.mlctl("ingest", "t.csv", "--label", "risk", "--to", "d")  # it goes on from there

    def test_few_files_are_an_error_and_not_an_end(self):
        self.write("t.csv", risk_csv(200))
        for files in (4, 5, 6, 8, 12):  # 3: the binary cannot be loaded
            self.within(resource.RLIMIT_NOFILE, files, "ingest", "t.csv", "--label", "risk", "--to", f"d{files}")

    @unittest.skipUnless(os.geteuid() == 0, "needs another user, whose processes can be counted")
    def test_few_threads_are_enough_or_12(self):
        self.data()
        self.model()
        os.chmod(self.folder, 0o777)
        subprocess.run(["chmod", "-R", "a+rwX", self.folder], check=True)

        def few(threads):
            os.setgroups([])
            os.setgid(65533)
            os.setuid(65533)
            resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))

        for threads in (1, 2, 3, 4, 6, 8):
            for arguments in (["ingest", "risk.csv", "--label", "risk", "--to", f"i{threads}"],
                              ["train", "d", "--to", f"t{threads}", "--epochs", "2", "-q"], ["predict", "m", "x.csv"],
                              ["upload", "d", "file://" + self.path(f"u{threads}")], ["clean", "d", "--to", f"c{threads}", "-q"]):
                done = self.raw(*arguments, preexec=lambda n=threads: few(n))
                self.assertIn(done.returncode, (0, 12), (threads, arguments, done.stderr))
                if done.returncode:
                    self.assertIn(b"cannot start a thread", done.stderr)


class Answers(Edges):
    """Whoever answers at a URL may be no endpoint."""

    def serve(self, models=b"{}", predict=b"", metrics=b"", stats=b"{}", status=200, headers=()):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                self.rfile.read(int(self.headers.get("content-length") or 0))
                bodies = {"/v2/models": models, "/metrics": metrics, "/v2/stats": stats}
                body = bodies.get(self.path, predict)
                self.send_response_only(200 if self.path in bodies else status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            do_GET = do_POST = answer

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}"

    TEXT = json.dumps({"models": [{"name": "m", "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1]}]}]}).encode()

    def test_answers_of_another_shape_are_9_and_name_the_url(self):
        for answer in (b"5\n", b"[]\n", b"{}\n", b'{"input":1,"label":5,"score":"x"}\n', b'{"input":1,"value":{}}\n', b"\xff\n",
                       b'{"input":' + b"[" * 90000 + b"]" * 90000 + b',"label":"x","score":1}\n'):
            url = self.serve(self.TEXT, answer)
            for output in ("table", "json"):
                done = self.raw("predict", url, "hello", "-o", output)
                self.assertEqual(done.returncode, 9, (answer[:60], done.stderr[-300:]))
                self.assertIn(url.encode(), done.stderr)
        for models in (b"", b"5", b'{"models":[5]}', b'{"models":[{"inputs":[5]}]}', b'{"models":[{"inputs":{}}]}',
                       b'{"models":[{"inputs":[{"name":"image"}]}]}'):
            url = self.serve(models)
            done = self.raw("predict", url, "hello")
            self.assertEqual(done.returncode, 9, (models, done.stderr))
            self.assertIn(url.encode(), done.stderr)

    def test_what_an_endpoint_says_does_not_act_on_the_terminal(self):
        url = self.serve(self.TEXT, json.dumps({"error": NAME, "hint": NAME + "\nerror: forged"}).encode(), status=400)
        done = self.raw("predict", url, "hello")
        self.assertEqual([acting for acting in ACTING if acting in done.stderr], [])
        self.assertNotIn(b"\nerror: forged", done.stderr)
        url = self.serve(self.TEXT, json.dumps({"input": NAME, "label": NAME, "score": 0.5}).encode() + b"\n")
        for output in ("table", "json", "yaml"):
            done = self.raw("predict", url, "hello", "-o", output)
            self.assertEqual([acting for acting in ACTING if acting in done.stdout], [], output)

    def test_statistics_that_do_not_fit_together_are_9(self):
        feature = {"name": "a", "categorical": False, "bins": [1, 2], "missing": 0, "below": 0, "above": 0,
                   "reference": {"edges": [1.0], "bins": [1, 2], "missing": 0, "count": 3}}
        document = {"model": "m", "revision": "1", "features": [feature]}
        ready = b"mlctl_model_ready 1\n"
        self.assertEqual(self.raw("monitor", self.serve(metrics=ready, stats=json.dumps(document).encode()), "--once").returncode, 0)
        for change in ({"bins": []}, {"bins": [-5, -7]}, {"bins": [2**62, 2**62]}, {"reference": 5}, {"name": 5}):
            broken = dict(document, features=[dict(feature, **change)])
            url = self.serve(metrics=ready, stats=json.dumps(broken).encode())
            done = self.raw("monitor", url, "--once")
            self.assertEqual(done.returncode, 9, (change, done.stderr))
            self.assertIn(url.encode() + b"/v2/stats", done.stderr)
        one_bucket = b'mlctl_inference_request_duration_seconds_bucket{le="+Inf"} 5\n'
        odd = b"mlctl_counters_start_timestamp_seconds -Inf\nprocess_start_time_seconds 1e308\n"
        for metrics in (one_bucket, odd):
            done = self.raw("monitor", self.serve(metrics=metrics, stats=json.dumps(document).encode()), "--once")
            self.assertEqual(done.returncode, 0, done.stderr)


class Secrets(Edges):
    def kept(self, secret):
        """Files below the project that hold the secret."""
        found = []
        for at, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(at, name), "rb") as file:
                    if secret in file.read():
                        found.append(os.path.relpath(os.path.join(at, name), self.folder))
        return found

    def test_what_a_variable_holds_is_in_no_record(self):
        self.data()
        self.write("t.yaml", "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: x}\nspec:\n  data: {dataset: d}\n  epochs: 1\n"
                             '  output: "m-${env:MY_SECRET}"\n')
        secret = {"MY_SECRET": "sesame-open-9"}
        self.mlctl("train", "-f", "t.yaml", env=secret)
        self.assertTrue(os.path.exists(self.path("m-sesame-open-9", "model.json")))
        self.assertEqual(self.kept(b"sesame-open-9"), [])
        self.assertIn("up to date", self.mlctl("train", "-f", "t.yaml", env=secret).err)
        self.mlctl("diff", "-f", "t.yaml", env=secret)
        self.assertIn("m-sesame-open-9", self.mlctl("get", "models", env=secret).out)
        self.write("p.yaml", "apiVersion: mlctl.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  stages:\n"
                             '    - {name: t, run: train, with: {dataset: d, to: "p-${env:MY_SECRET}", epochs: 1}}\n')
        self.mlctl("run", "-f", "p.yaml", env=secret)
        self.assertEqual(self.kept(b"sesame-open-9"), [])
        self.assertIn("up to date", self.mlctl("run", "-f", "p.yaml", env=secret).err)
        self.assertNotIn("up to date", self.mlctl("run", "-f", "p.yaml", env={"MY_SECRET": "sesame-open-8"}).err)
        records = [os.path.join(at, "run.json") for at, _, names in os.walk(self.path(".mlctl")) if "run.json" in names]
        self.assertTrue(records)
        for record in records:
            self.assertEqual(os.stat(record).st_mode & 0o077, 0, record)

    def test_what_a_link_grants_is_shown_to_nobody(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        keys = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}
        self.write("t.csv", risk_csv(50))
        for arguments in (["-v", "upload", "t.csv", "s3://bucket/x?X-Amz-Signature=hunter2&sig=hunter2", "--endpoint",
                           f"http://127.0.0.1:{port}"],
                          ["-v", "upload", "t.csv", "s3://bucket/x", "--endpoint", f"http://user:hunter2@127.0.0.1:{port}"],
                          ["ingest", "https://bucket.s3.amazonaws.com/x?X-Amz-Signature=hunter2", "--to", "dd"],
                          ["predict", f"http://user:hunter2@127.0.0.1:{port}", "a"], ["monitor", f"http://127.0.0.1:{port}/?sig=hunter2",
                                                                                      "--once"]):
            done = self.raw(*arguments, env=keys)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotIn(b"hunter2", done.stdout + done.stderr, arguments)
        self.assertEqual(self.kept(b"hunter2"), [])


if __name__ == "__main__":
    unittest.main()
