"""deploy, predict, roll over, crash, roll back, delete: with the real binary and hand-made models."""
import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

import tiny_model
from support import ProjectTest, free_port, until


def post(url, body, kind="application/json"):
    request = urllib.request.Request(url, data=body.encode() if isinstance(body, str) else body,
                                     headers={"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


class Caller(threading.Thread):
    """Asks again and again, every time on a new connection, until told to stop."""

    def __init__(self, url):
        super().__init__()
        self.url, self.answers, self.failures, self.ending = url, [], [], threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                status, body = post(self.url + "/predict", '{"x":1}')
                (self.answers if status == 200 else self.failures).append(body)
            except Exception as error:  # noqa: BLE001: every failure counts
                self.failures.append(repr(error))

    def stop(self):
        self.ending.set()
        self.join()


class Serving(ProjectTest):
    def setUp(self):
        super().setUp()
        for name, slope in (("one", 1.0), ("two", 2.0)):
            tiny_model.linear(self.path(name), slope)
        self.addCleanup(self.stop_endpoints)

    def deploy(self, model, *more, code=0):
        return self.mlctl("deploy", model, "--name", "e", *more, "-o", "json", code=code)

    def value(self):
        return json.loads(self.mlctl("predict", "e", '{"x":1}').out)["value"]

    def test_rolling_over_and_back_loses_no_request(self):
        url = self.deploy("one", "--port", str(free_port())).json()["url"]
        caller = Caller(url)
        caller.start()
        self.assertEqual(self.deploy("two").json()["revision"], 2)
        self.assertEqual(self.value(), 2)
        self.assertEqual(self.mlctl("rollback", "e", "-o", "json").json()["revision"], 1)
        caller.stop()
        self.assertEqual(caller.failures, [])
        self.assertGreater(len(caller.answers), 20)
        self.assertEqual({json.loads(answer)["value"] for answer in caller.answers}, {1.0, 2.0})
        self.assertEqual(self.value(), 1)

    def test_a_deployment_is_done_when_no_old_worker_accepts_any_more(self):
        self.deploy("one", "--port", str(free_port()))
        worker = self.endpoint_status()["workers"][0]["process"]["pid"]
        os.kill(worker, signal.SIGSTOP)  # a worker that is slow to hear of it
        deploying = self.start_mlctl("deploy", "two", "--name", "e")
        try:
            self.assertTrue(until(lambda: self.endpoint_status()["revision"] == 2))
            with self.assertRaises(subprocess.TimeoutExpired):
                deploying.wait(timeout=0.5)
        finally:
            os.kill(worker, signal.SIGCONT)
        self.assertEqual(deploying.wait(timeout=20), 0)
        self.assertEqual(self.value(), 2)
        deploying.communicate()

    def test_a_killed_worker_comes_back(self):
        self.deploy("one", "--port", str(free_port()))
        worker = self.endpoint_status()["workers"][0]["process"]["pid"]
        os.kill(worker, signal.SIGKILL)
        self.assertTrue(until(lambda: self.endpoint_status()["restarts"] == 1 and self.endpoint_status()["state"] == "ready"))
        self.assertNotEqual(self.endpoint_status()["workers"][0]["process"]["pid"], worker)
        self.assertEqual(self.value(), 1)
        self.assertIn("killed by signal 9", self.mlctl("logs", "e").out)

    def test_a_revision_that_does_not_start_is_given_up(self):
        self.deploy("one", "--port", str(free_port()))
        tiny_model.linear(self.path("broken"), 1.0)
        with open(self.path("broken/weights.safetensors"), "rb") as file:
            weights = file.read().replace(b'"1.weight"', b'"9.weight"')  # of another network, as only the worker finds out
        with open(self.path("broken/model.json")) as file:
            document = json.load(file)
        document["files"][0]["sha256"] = hashlib.sha256(weights).hexdigest()
        self.write("broken/weights.safetensors", weights)
        self.write("broken/model.json", json.dumps(document))
        outcome = self.run_mlctl("deploy", "broken", "--name", "e")
        self.assertEqual(outcome.code, 10, outcome)  # the code of the cause
        self.assertIn("revision 2 of e did not become ready", outcome.err)
        self.assertIn("revision 1 goes on serving", outcome.err)
        self.assertEqual(self.value(), 1)
        self.assertEqual(self.run_mlctl("deploy", "broken", "--name", "new").code, 10)
        self.assertFalse(os.path.exists(self.path("state/mlctl/endpoints/new")))

    def test_the_endpoint_serves_a_copy_of_the_model(self):
        self.deploy("one", "--port", str(free_port()))
        tiny_model.linear(self.path("one"), 5.0)
        os.kill(self.endpoint_status()["workers"][0]["process"]["pid"], signal.SIGKILL)
        self.assertTrue(until(lambda: self.endpoint_status()["restarts"] == 1 and self.endpoint_status()["state"] == "ready"))
        self.assertEqual(self.value(), 1)

    def test_deploying_again_is_up_to_date(self):
        self.deploy("one", "--port", str(free_port()))
        self.assertIn("up to date", self.mlctl("deploy", "one", "--name", "e").out)
        self.assertEqual(self.endpoint_status()["revision"], 1)

    def test_the_worker_ends_with_its_supervisor(self):
        self.deploy("one", "--port", str(free_port()))
        status = self.endpoint_status()
        os.kill(status["supervisor"]["pid"], signal.SIGKILL)
        worker = status["workers"][0]["process"]["pid"]
        self.assertTrue(until(lambda: not os.path.exists(f"/proc/{worker}")))
        self.assertIn("is down", self.mlctl("predict", "e", '{"x":1}', code=9).err)

    def test_a_deployment_that_cannot_be_is_refused(self):
        self.mlctl("deploy", "one", "--name", "e", "--canary", "10", code=2)
        self.mlctl("deploy", "one", "--name", "e", "--target", "kubernetes", code=2)
        self.mlctl("deploy", "nothing", "--name", "e", code=5)
        self.mlctl("deploy", "one", "--name", "-bad/name", code=2)
        plan = self.mlctl("deploy", "one", "--name", "e", "--dry-run", "-o", "json").json()
        self.assertEqual((plan["action"], plan["revision"]), ("create", 1))
        self.assertFalse(os.path.exists(self.path("state/mlctl/endpoints/e")))

    def test_what_is_wrong_with_its_files_is_told_before_anything_starts(self):
        self.write("empty.txt", "")
        self.write("short.txt", "1234567\n")
        for file, code in (("absent.txt", 5), ("empty.txt", 3), ("short.txt", 3)):
            outcome = self.mlctl("deploy", "one", "--name", "e", "--token-file", file, code=code)
            self.assertIn(file, outcome.err)
            self.mlctl("deploy", "one", "--name", "e", "--token-file", file, "--dry-run", code=code)
        self.mlctl("deploy", "one", "--name", "e", "--tls-cert", "short.txt", "--tls-key", "short.txt", code=7)
        self.assertFalse(os.path.exists(self.path("state/mlctl/endpoints/e")))

    def test_a_model_of_another_kind_takes_over_only_by_force(self):
        self.deploy("one", "--port", str(free_port()))
        tiny_model.ratings(self.path("films"))
        outcome = self.mlctl("deploy", "films", "--name", "e", code=7)
        self.assertIn("recommendation", outcome.err)
        self.assertIn("--force", outcome.err)
        self.assertEqual(self.value(), 1)
        self.mlctl("deploy", "films", "--name", "e", "--force")
        for row in ('{"userId":5.0,"movieId":"7"}', '{"user":"5","item":7}'):
            self.assertEqual(json.loads(self.mlctl("predict", "e", row).out)["value"], 3.75)

    def test_without_a_name_it_is_the_folders_and_said(self):
        self.assertIn("the endpoint is called one", self.mlctl("deploy", "one", "--port", str(free_port())).err)

    def test_monitor_tells_drift_from_chance_and_rules_fire(self):
        self.deploy("one", "--port", str(free_port()))
        report = self.mlctl("monitor", "e", "--once", "-o", "json").json()
        self.assertEqual((report["requests"], report["drift"]["verdict"]), (0, "insufficient"))
        self.write("same.csv", "x\n" + "".join(f"{n % 100}.5\n" for n in range(1000)))
        self.mlctl("predict", "e", "same.csv")
        report = self.mlctl("monitor", "e", "--once", "-o", "json").json()
        self.assertEqual((report["requests"], report["drift"]["verdict"]), (4, "ok"))
        self.assertGreater(report["latency"]["p99"], 0)
        self.write("alerts.yaml", "apiVersion: mlctl.dev/v1\nkind: Monitor\nmetadata: {name: e}\nspec:\n  rules:\n"
                                  "    - {name: Errors, expr: error_rate > 0.01}\n    - {name: Drift, expr: drift > 0.25}\n")
        self.mlctl("monitor", "e", "--once", "--rules", "alerts.yaml")
        self.write("other.csv", "x\n" + "".join(f"{90 + n % 30}\n" for n in range(1000)))
        self.mlctl("predict", "e", "other.csv")
        outcome = self.mlctl("monitor", "e", "--once", "--rules", "alerts.yaml", "-o", "json", code=11)
        self.assertEqual(json.loads(outcome.out)["drift"]["verdict"], "drift")
        self.assertIn("Drift: drift is", outcome.err)
        self.write("alerts.yaml", self.read("alerts.yaml").replace("error_rate", "eror_rate"))
        self.assertIn("did you mean error_rate?", self.mlctl("monitor", "e", "--once", "--rules", "alerts.yaml", code=3).err)
        worker = self.endpoint_status()["workers"][0]["process"]["pid"]
        os.kill(self.endpoint_status()["supervisor"]["pid"], signal.SIGKILL)
        self.assertTrue(until(lambda: not os.path.exists(f"/proc/{worker}")))
        self.mlctl("monitor", "e", "--once", code=9)

    def remember_evaluation(self, passed):
        """As `eval --gate` leaves it beside the model."""
        with open(self.path("one/model.json"), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        self.write("one/evaluations/0001-test-00000000.json", json.dumps({
            "apiVersion": "mlctl.dev/v1", "kind": "Evaluation", "task": "regression", "split": "test", "samples": 10,
            "metrics": {"mse": 4.0}, "gates": [{"expr": "mse<=3", "value": 4.0, "passed": passed}],
            "model": {"digest": digest}, "data": {"digest": ""}}))

    def test_a_failed_gate_stops_a_deployment_unless_forced(self):
        self.remember_evaluation(False)
        outcome = self.mlctl("deploy", "one", "--name", "e", code=11)
        self.assertIn("mse<=3 (it was 4)", outcome.err)
        self.assertFalse(os.path.exists(self.path("state/mlctl/endpoints/e")))
        forced = self.deploy("one", "--port", str(free_port()), "--force")
        self.assertIn("by --force", forced.err)
        self.assertTrue(forced.json()["revisions"][0]["forced"])

    def test_a_manifest_deploys(self):
        self.remember_evaluation(True)
        self.write("deploy.yaml", "apiVersion: mlctl.dev/v1\nkind: Deploy\nmetadata: {name: e}\n"
                                  f"spec: {{model: one, port: {free_port()}}}\n")
        outcome = self.mlctl("deploy", "-f", "deploy.yaml", "-o", "json")
        self.assertEqual((outcome.json()["name"], outcome.json()["revision"]), ("e", 1))
        self.assertNotIn("warning", outcome.err)
        self.mlctl("delete", "endpoint", "e", "--yes")
        self.assertFalse(os.path.exists(self.path("state/mlctl/endpoints/e")))

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def test_replicas_share_port_and_counters(self):
        url = self.deploy("one", "--port", str(free_port()), "--replicas", "2").json()["url"]
        for _ in range(10):
            post(url + "/predict", '{"x":1}')
        for _ in range(4):
            line = next(line for line in get(url + "/metrics").splitlines()
                        if line.startswith("mlctl_inference_requests_total") and 'code="200"' in line)
            self.assertTrue(line.endswith(" 10"), line)


class Tls(ProjectTest):
    """Served with a certificate of our own: the client checks it, and nothing but TLS gets in."""

    def setUp(self):
        super().setUp()
        tiny_model.linear(self.path("m"), 2.0)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       cwd=self.folder, check=True, capture_output=True)
        self.port = free_port()
        self.addCleanup(self.stop_endpoints)

    def check(self, url):
        trusting = {"SSL_CERT_FILE": self.path("cert.pem")}
        self.assertEqual(json.loads(self.mlctl("predict", url, '{"x":3}', env=trusting).out)["value"], 6)
        self.assertIn("SSL_CERT_FILE", self.mlctl("predict", url, '{"x":3}', code=9).err)
        context = ssl.create_default_context(cafile=self.path("cert.pem"))
        with urllib.request.urlopen(url + "/v2/health/ready", timeout=20, context=context) as answer:
            self.assertEqual(answer.status, 200)
        with self.assertRaises(urllib.error.URLError):
            urllib.request.urlopen(url + "/v2/health/ready", timeout=20, context=ssl.create_default_context())
        self.mlctl("predict", url.replace("https", "http"), '{"x":3}', code=9)

    def test_serve(self):
        server = self.start_mlctl("serve", "m", "--port", str(self.port), "--tls-cert", "cert.pem", "--tls-key", "key.pem")
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        url = f"https://127.0.0.1:{self.port}"
        context = ssl.create_default_context(cafile=self.path("cert.pem"))

        def ready():
            try:
                return urllib.request.urlopen(url + "/v2/health/ready", timeout=5, context=context).status == 200
            except OSError:
                return False
        self.assertTrue(until(ready))
        self.check(url)

    def test_deploy(self):
        outcome = self.mlctl("deploy", "m", "--name", "e", "--port", str(self.port), "--tls-cert", "cert.pem", "--tls-key", "key.pem",
                             "-o", "json")
        self.assertTrue(outcome.json()["url"].startswith("https://"))
        self.check(outcome.json()["url"])


class Server(ProjectTest):
    """`mlctl serve` in the foreground."""

    def setUp(self):
        super().setUp()
        tiny_model.linear(self.path("m"), 2.0)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = self.start_mlctl("serve", "m", "--port", str(self.port))
        self.addCleanup(self.server.communicate)
        self.addCleanup(self.server.kill)
        self.assertTrue(until(self.answers), "the server does not answer")

    def answers(self):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                return False
        try:
            return "true" in get(self.url + "/v2/health/ready")
        except OSError:
            return False

    def raw(self, data, wait=20):
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            connection.sendall(data)
            answer = b""
            while True:
                try:
                    part = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not part:
                    break
                answer += part
            return answer.decode()

    def test_port_in_use_is_a_conflict(self):
        outcome = self.mlctl("serve", "m", "--port", str(self.port), code=6)
        self.assertIn("already in use", outcome.err)
        self.mlctl("deploy", "m", "--name", "e", "--port", str(self.port), code=6)
        self.assertFalse(os.path.exists(self.path("state/mlctl/endpoints/e")))

    def test_bad_bodies_are_refused_and_the_server_lives(self):
        cases = [("{", 400), ("", 400), ("[" * 5000, 400), ('{"x":"a"}', 400), ('{"y":1}', 400), ('{"rows":[]}', 400)]
        for body, status in cases:
            self.assertEqual(post(self.url + "/predict", body)[0], status, body[:20])
        self.assertEqual(post(self.url + "/v2/models/m/infer", '{"inputs":[]}')[0], 400)
        oversized = self.raw(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
        self.assertTrue(oversized.startswith("HTTP/1.1 413"), oversized)
        head = self.raw(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000 + b"\r\n\r\n")
        self.assertTrue(head.startswith("HTTP/1.1 431"), head)
        self.assertEqual(json.loads(post(self.url + "/predict", '{"x":4}')[1])["value"], 8)

    def test_a_slow_request_times_out(self):
        self.assertTrue(self.raw(b"POST /predict HT").startswith("HTTP/1.1 408"))

    def test_predict_gives_the_same_from_a_folder_and_over_http(self):
        self.write("rows.csv", "id,x\n" + "".join(f"{n},{n / 7}\n" for n in range(600)))
        here = self.mlctl("predict", "m", "rows.csv").out
        there = self.mlctl("predict", self.url, "rows.csv").out
        self.assertEqual(here, there)
        self.assertEqual(len(here.splitlines()), 600)
        self.write("bad.csv", "x\n" + "1\n" * 400 + "z\n")
        for target in ("m", self.url):
            self.assertIn("bad.csv:402: column x", self.mlctl("predict", target, "bad.csv", code=7).err)

    def test_nothing_on_stdin_is_told(self):
        for target in ("m", self.url):
            self.assertIn("nothing came on stdin", self.mlctl("predict", target, "-", input="", code=2).err)

    def test_a_hint_stands_beside_the_error(self):
        answer = json.loads(post(self.url + "/predict", '{"X":1}')[1])
        self.assertEqual(set(answer), {"error", "hint"})
        self.assertNotIn(answer["hint"], answer["error"])
        outcome = self.mlctl("predict", self.url, '{"X":1}', "-o", "json", code=7)
        self.assertEqual(json.loads(outcome.err.splitlines()[-1])["hint"], answer["hint"])

    def test_sigterm_answers_what_is_in_flight_and_exits_0(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n")
            time.sleep(0.1)
            self.server.terminate()
            time.sleep(0.3)
            connection.sendall(b'{"x":4}')
            answer = connection.recv(65536).decode()
        self.assertTrue(answer.startswith("HTTP/1.1 200"), answer)
        self.assertIn("connection: close", answer)
        self.assertEqual(self.server.wait(timeout=20), 0)


if __name__ == "__main__":
    unittest.main()
