"""How it feels: what a newcomer types, and what they are told."""
import os
import signal
import socket
import subprocess
import time
import unittest

from fake_store import FakeStore
from s3_support import S3Test
from support import MLCTL, ProjectTest, free_port, until

MIB = 1 << 20
RISK = "age,income,risk\n" + "".join(f"{20 + k % 50},{k * 7 % 90},{'high' if k % 50 > k * 7 % 90 else 'low'}\n" for k in range(200))
PIPELINE = """
apiVersion: mlctl.dev/v1
kind: Pipeline
metadata: {{name: risk}}
spec:
  stages:
    - {{name: ingest, run: ingest, with: {{source: "{0}in/risk.csv", label: risk, to: "{0}risk"}}}}
    - {{name: clean, run: clean, needs: [ingest], with: {{dataset: "{0}risk", to: "{0}clean"}}}}
"""


class Mistyped(ProjectTest):
    """An address where no store is: said at once."""

    def setUp(self):
        super().setUp()
        for name in [name for name in self.env if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
            del self.env[name]
        self.env.update(AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s", AWS_EC2_METADATA_DISABLED="true")

    def gives_up(self, endpoint, *says, env=None):
        begun = time.monotonic()
        outcome = self.mlctl("ls", "s3://bucket", "--endpoint", endpoint, code=9, env=env)
        for each in says:
            self.assertIn(each, outcome.err)
        # 20 to 36 seconds it was, with as many tries as for a store in trouble
        self.assertLess(time.monotonic() - begun, 10)

    def test_nobody_listens(self):
        self.gives_up(f"http://127.0.0.1:{free_port()}", "cannot reach 127.0.0.1:", "Connection refused", "check the endpoint")

    def test_https_to_a_server_that_speaks_http(self):
        with FakeStore() as store:
            self.gives_up(store.endpoint.replace("http:", "https:"), "it does not speak TLS", "check the endpoint")

    def test_http_to_a_server_that_wants_https(self):
        with FakeStore(answer=lambda method, path: (400, (), b"Client sent an HTTP request to an HTTPS server.")) as store:
            self.assertIn("https://", self.mlctl("ls", "s3://bucket", "--endpoint", store.endpoint, code=1).err)

    def test_a_proxy_that_wants_a_password(self):
        refusal = (407, (), b"")
        with FakeStore(answer=lambda method, path: refusal) as proxy:
            self.gives_up("https://127.0.0.1:1", "407", f"HTTPS_PROXY=http://USER:PASSWORD@127.0.0.1:{proxy.port}",
                          env={"HTTPS_PROXY": proxy.endpoint})


class Names(S3Test):
    """URLs are told as they were given, never as the places of copies here."""

    def test_a_file_goes_into_a_bucket(self):
        self.write("f.csv", "x")
        for url in (f"s3://{self.bucket}", f"s3://{self.bucket}/"):
            outcome = self.mlctl("upload", "f.csv", url, "-o", "name")
            self.assertEqual(outcome.out, self.url("f.csv") + "\n")
            self.assertEqual(self.keys(), ["f.csv"])
        self.assertIn("has no name", self.mlctl("upload", "-", f"s3://{self.bucket}", code=2, input="x").err)

    def test_folders_have_no_time(self):
        self.put("a/b")
        rows = self.mlctl("ls", self.url()).out.splitlines()
        self.assertEqual(rows[1].split(), ["a/", "-", "-"])
        self.assertEqual(self.mlctl("ls", self.url(), "-o", "json").json()["items"],
                         [{"kind": "Folder", "name": "a/", "url": self.url("a/")}])

    def test_an_empty_bucket_is_there(self):
        self.assertEqual(self.mlctl("ls", f"s3://{self.bucket}", "-o", "name").out, "")
        self.assertEqual(self.mlctl("ls", f"s3://{self.bucket}", "-o", "json").json()["items"], [])
        self.mlctl("ls", self.url("a"), code=5)

    def test_stdin_is_called_stdin(self):
        outcome = self.mlctl("upload", "-", self.url("k"), "-o", "json", input="x")
        self.assertEqual(outcome.json()["source"], "-")

    def test_what_a_url_is_is_looked_up(self):
        self.put("in/risk.csv", RISK.encode())
        self.mlctl("ingest", self.url("in/risk.csv"), "--label", "risk", "--to", self.url("risk"))
        self.assertIn("age", self.mlctl("describe", self.url("risk")).out)
        self.assertIn("whole", self.mlctl("why", self.url("risk")).out)
        self.assertSays(self.mlctl("describe", self.url("in"), code=5), f"{self.url('in')} is neither a dataset nor a model",
                        f"mlctl ls {self.url('in')}")
        self.assertSays(self.mlctl("delete", "dataset", self.url("risk"), code=2), f"mlctl rm {self.url('risk')} --recursive")

    def test_errors_name_urls(self):
        self.put("in/risk.csv", RISK.encode())
        self.put("in/mail.csv", RISK.replace("income", "mails").encode())
        self.mlctl("ingest", self.url("in/risk.csv"), "--label", "risk", "--to", self.url("risk"))
        outcomes = [self.mlctl("ingest", self.url("in/mail.csv"), "--label", "risk", "--to", self.url("risk"), code=6),
                    self.mlctl("describe", "model", self.url("risk"), code=5)]
        for outcome in outcomes:
            self.assertSays(outcome, self.url("risk"))
            self.assertNotIn(self.folder, outcome.err)
        for run in self.mlctl("get", "runs", "--all", "-o", "json").json()["items"]:
            self.assertNotIn(self.folder, run.get("error", ""))

    def test_a_dataset_is_not_mixed_with_other_things(self):
        self.put("in/risk.csv", RISK.encode())
        self.put("photos/a.jpg")
        before = self.keys()
        for url in (self.url("photos"), f"s3://{self.bucket}", self.url()):
            outcome = self.mlctl("ingest", self.url("in/risk.csv"), "--label", "risk", "--to", url, code=6)
            self.assertSays(outcome, "holds other things", "choose another place")
            self.assertEqual(self.keys(), before)

    def test_diff_says_what_run_says(self):
        self.put("in/risk.csv", RISK.encode())
        self.write("p.yaml", PIPELINE.format(self.url()))
        self.mlctl("diff", "-f", "p.yaml", code=1)
        self.mlctl("run", "-f", "p.yaml")
        self.assertEqual(self.mlctl("diff", "-f", "p.yaml").out, "")
        self.put("in/risk.csv", RISK.replace("20,", "21,").encode())
        self.assertIn("has changed", self.mlctl("diff", "-f", "p.yaml", code=1).out)


class Tab(S3Test):
    def offered(self, *words, env=None):
        lines = self.mlctl("__complete", "--", *words, env=env).out.splitlines()
        return [line.split("\t")[0] for line in lines[:-1]], lines[-1:]

    def test_the_next_level_is_offered(self):
        for key in ("photos/rabbits/兔子 1.jpg", "photos/rabbits/b.jpg", "photos/cats/c.jpg", "data.csv"):
            self.put(key)
        for words, values, directive in (
                (["ls", self.url("")], [self.url("data.csv"), self.url("photos/")], ": nospace"),
                (["train", self.url("photos/r")], [self.url("photos/rabbits/")], ": nospace"),
                (["ingest", "photos", "--to", self.url("photos/c")], [self.url("photos/cats/")], ": nospace"),
                (["rm", self.url("photos/rabbits/")], [self.url("photos/rabbits/b.jpg"), self.url("photos/rabbits/兔子 1.jpg")], ":")):
            with self.subTest(words=words):
                offered, directives = self.offered(*words)
                self.assertEqual(sorted(offered), values)
                self.assertEqual(directives, [directive])

    def test_nobody_waits_for_a_store_that_is_away(self):
        listener = socket.create_server(("127.0.0.1", 0))  # takes connections and says nothing
        self.addCleanup(listener.close)
        begun = time.monotonic()
        silent = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.assertEqual(self.offered("ls", self.url(""), env={"AWS_ENDPOINT_URL": silent})[0], [])
        self.assertLess(time.monotonic() - begun, 6)


class Stopped(S3Test):
    def stop(self, seen, *arguments):
        """Ctrl-C once `seen()`."""
        process = self.start_mlctl(*arguments)
        self.assertTrue(until(lambda: seen() or process.poll() is not None, 60))
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        return process.returncode, err.decode(), time.monotonic() - begun

    def test_an_upload_with_parts_there_is_interrupted_not_lost(self):
        self.write("big", os.urandom(112 * MIB))

        def parts():
            try:
                return [part for upload in self.uploads() for part in self.s3.list_parts(
                    Bucket=self.bucket, Key="big", UploadId=upload["UploadId"]).get("Parts", [])]
            except self.s3.exceptions.ClientError:  # RGW lists an upload a moment before it knows of its parts
                return []

        code, err, _ = self.stop(parts, "upload", "big", self.url("big"), "--limit-rate", "20M")
        self.assertEqual(code, 75, err)
        self.assertIn("run the same command again", err)
        self.mlctl("upload", "big", self.url("big"))
        self.assertEqual(self.uploads(), [])

    def test_a_slow_part_is_not_waited_for(self):
        self.write("big", os.urandom(32 * MIB))
        code, err, seconds = self.stop(self.uploads, "upload", "big", self.url("big"), "--limit-rate", "1M")
        self.assertEqual(code, 130, err)
        self.assertLess(seconds, 10)  # 32 s it takes

    def test_a_killed_upload_of_stdin_leaves_nothing_here(self):
        process = subprocess.Popen([MLCTL, "upload", "-", self.url("big"), "--limit-rate", "1M"], cwd=self.folder, env=self.env,
                                   stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdin.write(os.urandom(20 * MIB))
        process.stdin.close()
        self.assertTrue(until(lambda: self.uploads() or process.poll() is not None, 60))
        process.kill()
        process.wait()
        left = [name for _, _, names in os.walk(self.path("state")) for name in names]
        self.assertEqual([name for name in left if name.startswith("stdin-")], [])


if __name__ == "__main__":
    unittest.main()
