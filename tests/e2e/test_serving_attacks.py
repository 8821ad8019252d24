"""A server among strangers: it neither ends, nor keeps others waiting, nor takes memory without bound; and what it is not
needed for it cannot do. Bounds of time here are against hanging, far above what anything takes."""
import base64
import gzip
import http.client
import json
import os
import resource
import socket
import subprocess
import threading
import time
import unittest
import zlib

import picture_bombs
import tiny_model
from support import MLCTL, ProjectTest, free_port, until

HEALTHY_SECONDS = 5
MEMORY_MIB = 2048


class ServerTest(ProjectTest):
    model = staticmethod(tiny_model.text)
    flags = ()
    limit = None  # of descriptors

    def setUp(self):
        super().setUp()
        self.model(self.path("m"))
        self.port = free_port()

        def limits():
            if self.limit:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.limit, self.limit))
        self.log = open(self.path("log"), "wb")
        self.addCleanup(self.log.close)
        self.server = subprocess.Popen([MLCTL, "serve", "m", "--port", str(self.port), *self.prepare()], cwd=self.folder, env=self.env,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=limits)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        self.assertTrue(until(self.healthy), "the server does not answer")

    def prepare(self):
        return self.flags

    def healthy(self):
        try:
            return self.ask("GET", "/v2/health/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, method, path, body=None, headers={}, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def predict(self, body, kind="text/plain", **headers):
        return self.ask("POST", "/predict", body, {"Content-Type": kind, **headers})

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.addCleanup(connection.close)
        return connection

    def raw(self, data):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(data)
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except ConnectionResetError:
                pass
            return answer

    def status_of(self, field, pid=None):
        with open(f"/proc/{pid or self.server.pid}/status") as file:
            return next(line.split(":")[1].split()[0] for line in file if line.startswith(field + ":"))

    def assert_healthy(self):
        begun = time.time()
        self.assertEqual(self.ask("GET", "/v2/health/live", timeout=HEALTHY_SECONDS)[0], 200)
        self.assertLess(time.time() - begun, HEALTHY_SECONDS)
        self.assertLess(int(self.status_of("VmHWM")) >> 10, MEMORY_MIB)

    def flood(self, first, again, count=6):
        """Connections that send as much as is taken, and read what comes, until the test ends."""
        ending = threading.Event()
        self.addCleanup(ending.set)

        def drain(connection):
            try:
                while connection.recv(1 << 16):
                    pass
            except OSError:
                pass

        def send():
            while not ending.is_set():
                try:
                    with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                        threading.Thread(target=drain, args=(connection,), daemon=True).start()
                        connection.sendall(first)
                        while not ending.is_set():
                            connection.sendall(again)
                except OSError:
                    time.sleep(0.01)
        for _ in range(count):
            threading.Thread(target=send, daemon=True).start()
        time.sleep(0.5)


class Bytes(ServerTest):
    def test_any_bytes_are_answered_in_utf8(self):
        self.status_of("Pid")
        host = b"Host: x\r\n"
        for request, status in (
                (b"POST /predict HTTP/1.1\r\n" + host + b"Transfer-Encoding: \xff\r\n\r\n", 501),
                (b"GET /\xff%zz HTTP/1.1\r\n" + host + b"\r\n", 400),
                (b"POST /predict HTTP/1.1\r\n" + host + b"Expect: \xff\r\n\r\n", 417),
                (b"GET /\xff\xfe HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n", 404),
                (b"GET /v2/models/m/versions/%ff HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n", 404),
                (b"POST /predict HTTP/1.1\r\n" + host + b"Connection: close\r\nContent-Encoding: \xff\r\nContent-Length: 1\r\n\r\nx", 415),
                (b"POST /v2/models/\xff/infer HTTP/1.1\r\n" + host + b"Content-Length: 1\r\n\r\nx", 404)):
            answer = self.raw(request)
            self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), answer)
            json.loads(answer.split(b"\r\n\r\n", 1)[1].decode("utf-8"))
        for body in (b'{"text":"\xff"}', b'{"\xff":1}', b'"\xff"', b"[" * 100000, b'{"text":"\xed\xa0\x80"}'):
            self.assertEqual(self.predict(body, "application/json")[0], 400, body[:20])
        self.assertEqual(self.predict(b"\xff\xfe\x00")[0], 200)
        self.assertEqual(self.ask("POST", "/v2/models/m/infer", b'{"id":"\xff","inputs":[{"name":"\xff"}]}')[0], 400)
        self.assert_healthy()

    def test_a_body_in_a_form_that_is_not_read_is_told_what_to_send(self):
        for headers, words in (({"Content-Encoding": "gzip"}, "Content-Encoding: gzip"),
                               ({"Content-Encoding": "br"}, "Content-Encoding: br"),
                               ({"Content-Type": "multipart/form-data; boundary=x"}, "--data-binary")):
            status, answer = self.ask("POST", "/predict", gzip.compress(b"good"), headers)
            self.assertEqual(status, 415)
            self.assertIn(words, answer)

    def test_a_client_that_asks_first_is_answered_at_once(self):
        connection = self.connect()
        connection.settimeout(HEALTHY_SECONDS)
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 100 "))
        connection.sendall(b"good")
        self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200 "))


class Examples(ServerTest):
    def test_a_request_holds_so_many_examples_and_no_more(self):
        status, answer = self.predict(b"a\n" * 65536)
        self.assertEqual((status, answer.count("\n")), (200, 65536))
        before = int(self.status_of("VmHWM"))
        for body, kind in ((b"a\n" * (4 << 20), "text/plain"), (b"[" + b'"a",' * (2 << 20) + b'"a"]', "application/json"),
                           (b'"a"\n' * (2 << 20), "application/x-ndjson"), (b"text\n" + b"a\n" * (4 << 20), "text/csv"),
                           (b"[" + b"[],"* (2 << 20) + b"[]]", "application/json")):
            status, answer = self.predict(body, kind)
            self.assertIn(status, (400, 413), answer[:200])
        self.assertLess((int(self.status_of("VmHWM")) - before) >> 10, 700)
        status, answer = self.predict(b"a\n" * 65537)
        self.assertEqual(status, 413)
        self.assertIn("65536 examples", answer)
        self.assert_healthy()


class Token(ServerTest):
    def prepare(self):
        self.write("token", "secret-token-123\n")
        return ("--token-file", "token")

    def test_without_the_token_no_body_is_kept(self):
        before = int(self.status_of("VmRSS")) >> 10
        piece = b"x" * (1 << 20)
        for head in (b"Content-Length: 67108864\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n2000000\r\n",
                     b"Authorization: Bearer wrong\r\nContent-Length: 67108864\r\n\r\n"):
            for _ in range(4):
                connection = self.connect()
                connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\n" + head)
                for _ in range(16):
                    connection.sendall(piece)
                self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 401 "))
        self.assertLess((int(self.status_of("VmRSS")) >> 10) - before, 32)
        self.assert_healthy()

    def test_with_it_bodies_of_all_connections_are_bounded(self):
        piece = b"x" * (1 << 20)
        refused = 0
        for _ in range(12):
            connection = self.connect()
            try:
                connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-token-123\r\n"
                                   b"Content-Length: 67108864\r\n\r\n")
                for _ in range(40):
                    connection.sendall(piece)
            except OSError:
                pass
            connection.settimeout(0.2)
            try:
                refused += connection.recv(4096).startswith(b"HTTP/1.1 503 ")
            except OSError:
                pass
        self.assertGreater(refused, 2)
        self.assertLess(int(self.status_of("VmHWM")) >> 10, 1200)
        self.assertEqual(self.predict("good", Authorization="Bearer secret-token-123")[0], 200)
        self.assert_healthy()


class Floods(ServerTest):
    def check_while_flooded(self):
        for _ in range(3):
            self.assert_healthy()
        self.server.terminate()
        self.assertEqual(self.server.wait(timeout=20), 0)

    def test_of_line_ends(self):
        self.flood(b"", b"\r\n" * 32768)
        self.check_while_flooded()

    def test_of_pipelined_requests(self):
        self.flood(b"", b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
        self.check_while_flooded()

    def test_of_what_comes_after_a_refusal(self):
        self.flood(b"BAD\r\n\r\n", b"x" * 262144)
        self.check_while_flooded()

    def test_of_chunks(self):
        self.flood(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 40000)
        self.check_while_flooded()

    def test_of_trailers(self):
        self.flood(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 40000)
        self.check_while_flooded()

    def test_of_rows(self):
        request = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 4000\r\n\r\n" + b"a\n" * 2000
        self.flood(b"", request * 20, count=4)
        self.check_while_flooded()


class Descriptors(ServerTest):
    limit = 64

    def test_running_out_of_them_shuts_nobody_out(self):
        old = self.connect()
        connections = [self.connect() for _ in range(80)]
        old.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(old.recv(4096).startswith(b"HTTP/1.1 200 "))
        self.assertTrue(until(self.healthy), "idle connections keep new ones out")
        for connection in connections:
            connection.close()
        self.assertTrue(until(self.healthy))
        with open(self.path("log")) as file:
            self.assertLessEqual(file.read().count("no descriptors are left"), 1)


class Pictures(ServerTest):
    model = staticmethod(tiny_model.image)

    def test_pictures_that_cost_too_much_are_refused(self):
        notes = picture_bombs.chunk(b"zTXt", b"note\0\0" + zlib.compress(b"\0" * 7_000_000, 9))
        for picture, statuses, words in ((picture_bombs.webp(16383, 10923), (413,), "64 million"),
                                         (picture_bombs.webp(16383, 16383), (400, 413), "million"),
                                         (picture_bombs.jpeg(65500, 2730, 20), (413,), "64 million"),
                                         (picture_bombs.jpeg(8000, 8000, 800), (400,), "scans"),
                                         (picture_bombs.jpeg(1000, 1000, 800), (400,), "scans"),
                                         (picture_bombs.png(100, 100, notes * 300), (200,), "label"),
                                         (picture_bombs.png(8001, 8000), (413,), "64 million")):
            status, answer = self.predict(picture, "image/any")
            self.assertIn(status, statuses, answer)
            self.assertIn(words, answer)
            self.assert_healthy()

    def test_large_pictures_are_served_one_after_the_other_and_health_at_once(self):
        picture = picture_bombs.webp(8000, 8000)
        request = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture
        connections = []
        for _ in range(6):
            connections.append(self.connect())
            connections[-1].sendall(request * 10)
        for _ in range(4):
            self.assert_healthy()
            self.assertEqual(self.ask("GET", "/metrics", timeout=HEALTHY_SECONDS)[0], 200)
            time.sleep(0.2)
        connections[0].settimeout(120)
        self.assertTrue(connections[0].recv(4096).startswith(b"HTTP/1.1 200 "))

    def test_forms_of_a_picture(self):
        picture = picture_bombs.png(10, 10)
        for kind in ("image/png", "image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded"):
            self.assertEqual(self.predict(picture, kind)[0], 200)
        for body, kind in ((base64.b64encode(picture), "text/plain"), (json.dumps({"image": base64.b64encode(picture).decode()}), "application/json"),
                           (b"hello", "image/png"), (b"", "image/png"), (picture[:-30], "image/png"), (os.urandom(100000), "image/png")):
            status, answer = self.predict(body, kind)
            self.assertEqual(status, 400, answer)
            self.assertTrue(json.loads(answer)["error"])


class Poison(ServerTest):
    @staticmethod
    def model(folder):
        tiny_model.linear(folder, 1e30)

    def test_a_value_too_large_is_its_callers_fault_alone(self):
        status, answer = self.predict('[{"x":1},{"x":1e30}]', "application/json")
        self.assertEqual(status, 422)
        self.assertIn("body[1]", answer)
        self.assertIn("body:3", self.predict("x\n1\n1e30\n", "text/csv")[1])
        self.write("rows.csv", "x\n1\n1e30\n")
        for target in ("m", f"http://127.0.0.1:{self.port}"):
            self.assertIn("rows.csv:3", self.mlctl("predict", target, "rows.csv", code=7).err)
        outcomes = {"good": [], "bad": []}

        def call(kind, body):
            for _ in range(50):
                outcomes[kind].append(self.predict(body, "application/json")[0])
        threads = [threading.Thread(target=call, args=pair) for pair in [("good", '{"x":1}')] * 4 + [("bad", '{"x":1e30}')] * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((set(outcomes["good"]), set(outcomes["bad"])), ({200}, {422}))


class Fences(ProjectTest):
    def setUp(self):
        super().setUp()
        tiny_model.linear(self.path("m"), 2.0)
        self.addCleanup(self.stop_endpoints)

    def deploy(self, *more):
        secrets = {"AWS_SECRET_ACCESS_KEY": "s3cret", "GITHUB_TOKEN": "s3cret", "OMP_WAIT_POLICY": "passive"}
        return self.mlctl("deploy", "m", "--name", "e", *more, "-o", "json", env=secrets)

    def test_a_worker_can_do_nothing_but_serve(self):
        url = self.deploy().json()["url"]
        status = self.endpoint_status()
        worker = status["workers"][0]["process"]["pid"]
        with open(f"/proc/{worker}/status") as file:
            fields = dict(line.split(":\t", 1) for line in file.read().splitlines())
        self.assertEqual(fields["NoNewPrivs"], "1")
        self.assertEqual(fields["Seccomp"], "2")
        for task in os.listdir(f"/proc/{worker}/task"):
            with open(f"/proc/{worker}/task/{task}/status") as file:
                self.assertIn("Seccomp:\t2", file.read())
        for pid in (worker, status["supervisor"]["pid"]):
            with open(f"/proc/{pid}/environ", "rb") as file:
                environment = file.read()
            self.assertNotIn(b"s3cret", environment)
        self.assertIn(b"OMP_WAIT_POLICY=passive", environment)
        # Larger batches than any before, so that threads start; then the metrics, which read /proc.
        self.write("rows.csv", "x\n" + "".join(f"{n}\n" for n in range(3000)))
        self.assertEqual(len(self.mlctl("predict", "e", "rows.csv").out.splitlines()), 3000)
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read().decode()
        connection.close()
        for name in ("process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds"):
            value = next(line.split()[1] for line in metrics.splitlines() if line.startswith(name + " "))
            self.assertGreater(float(value), 1, name)
        self.deploy("--max-batch", "32")  # the old worker drains and ends well
        self.assertTrue(until(lambda: not os.path.exists(f"/proc/{worker}")))
        self.assertNotIn("killed by", self.mlctl("logs", "e").out)
        self.mlctl("delete", "endpoint", "e", "--yes")

    def test_strangers_are_warned_of(self):
        outcome = self.deploy("--host", "0.0.0.0")
        self.assertIn("everybody who reaches", outcome.err)
        port = int(outcome.json()["url"].rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/v2/stats")
        self.assertEqual(connection.getresponse().status, 403)
        connection.close()
        self.mlctl("delete", "endpoint", "e", "--yes")
        self.assertNotIn("everybody", self.deploy().err)


class Ingest(ProjectTest):
    def test_a_picture_that_costs_too_much_is_a_bad_item(self):
        for number in range(20):
            self.write(f"photos/{'cat' if number % 2 else 'dog'}/{number}.png", picture_bombs.png(10 + number, 10))
        self.write("photos/cat/bomb.jpg", picture_bombs.jpeg(65500, 2730, 800))
        self.mlctl("ingest", "photos", "--to", "data", "--max-bad", "1", timeout=120)
        with open(self.path("data/rejects.jsonl")) as file:
            rejected = json.loads(file.read())
        self.assertEqual(rejected["source"], "cat/bomb.jpg")
        self.assertIn("scans", rejected["detail"])


if __name__ == "__main__":
    unittest.main()
