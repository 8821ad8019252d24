"""A server that anyone can reach: requests in raw bytes, alone and in floods. It stays up, within its memory, and healthy."""
import resource
import socket
import threading
import time
import unittest

import specimens
from hostile import MEBIBYTES, SECRET, HostileTest, Server, status_of

HOST = b"Host: x\r\n"
PATIENCE = 5  # seconds for a health check while two cores are busy with everything else; a bound against hanging


def head(line, *headers):
    return line + b" HTTP/1.1\r\n" + HOST + b"".join(each + b"\r\n" for each in headers) + b"\r\n"


# What each must be answered with; () is any refusal or nothing at all.
REQUESTS = {
    "two framings": (head(b"POST /predict", b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", (400, )),
    "framing twice": (head(b"POST /predict", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", (400,
                                                                                                                            501)),
    "framing in bytes": (head(b"POST /predict", b"Transfer-Encoding: \xff\xfe"), (400, 501)),
    "framing with a tab": (head(b"POST /predict", b"Transfer-Encoding:\x0bchunked"), (400, 501)),
    "lengths that differ": (head(b"POST /predict", b"Content-Length: 5", b"Content-Length: 6") + b"hello!", (400, )),
    "signed length": (head(b"POST /predict", b"Content-Length: +5") + b"hello", (400, )),
    "long length": (head(b"POST /predict", b"Content-Length: 18446744073709551616"), (400, 413)),
    "chunk of all memory": (head(b"POST /predict", b"Transfer-Encoding: chunked") + b"ffffffffffffffff\r\nx", (400, 413)),
    "chunk without an end": (head(b"POST /predict", b"Transfer-Encoding: chunked") + b"1\r\n[xx\r\n0\r\n\r\n", (400, )),
    "endless chunk extension": (head(b"POST /predict", b"Transfer-Encoding: chunked") + b"1;" + b"x" * 100_000, (400, 413, 431)),
    "endless trailer": (head(b"POST /predict", b"Transfer-Encoding: chunked") + b"0\r\n" + b"a: b\r\n" * 20_000, (400, 431)),
    "bytes in a target": (b"GET /\xff%zz HTTP/1.1\r\n" + HOST + b"\r\n", (400, 404)),
    "bytes in a path": (head(b"GET /\xff\xfe"), (400, 404)),
    "escapes in a path": (head(b"GET /%1b%5b31m%0aFAKE"), (400, 404)),
    "bytes in a model's name": (head(b"GET /v2/models/%ff"), (400, 404)),
    "bytes in a version": (head(b"GET /v2/models/text/versions/%ff/infer"), (400, 404, 405)),
    "bytes in a method": (b"G\xe9T / HTTP/1.1\r\n" + HOST + b"\r\n", (400, 501)),
    "bytes in a header's name": (head(b"GET /v2", b"\xe9: x"), (400, )),
    "bytes in Expect": (head(b"POST /predict", b"Expect: \xff"), (400, 411, 417)),
    "bytes in a content type": (head(b"POST /predict", b"Content-Type: \xff", b"Content-Length: 2") + b"[]", (200, 400, 415)),
    "folded header": (head(b"GET /v2", b"X: a\r\n b"), (400, )),
    "bare line feeds": (b"GET /v2 HTTP/1.1\nHost: x\n\n", (400, 408)),
    "NUL in a header": (head(b"GET /v2", b"X: a\0b"), (400, )),
    "NUL in a path": (head(b"GET /v2%00"), (400, 404)),
    "no host": (b"GET /v2 HTTP/1.1\r\n\r\n", (400, )),
    "two hosts": (head(b"GET /v2", b"Host: y"), (400, )),
    "long head": (head(b"GET /v2", b"X: " + b"a" * 17_000), (431, )),
    "many headers": (head(b"GET /v2", *[b"X%d: y" % k for k in range(2000)]), (200, 400, 431)),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n", (400, )),
}
JSON = {
    "deep": b"[" * 100_000, "deeper": b'{"a":' * 100_000, "a number": b"1e999",
    "many keys": b"{" + b",".join(b'"%x":0' % k for k in range(80_000)) + b"}", "bytes": b'{"text":"caf\xe9"}',
    "a lone half": b'{"text":"\\ud800"}', "NUL": b'{"text":"\\u0000"}', "nothing": b"", "null": b"null",
    "a list of lists": b"[[],[]]", "many rows": b"[" + b"{}," * 100_000 + b"{}]", "one key twice": b'{"text":"a","text":"b"}',
    "long": b'{"text":"' + b"a" * 1_000_000 + b'"}'
}


class Flood:
    """Connections that send the same again and again, and throw away what is answered."""

    def __init__(self, server, piece, connections=8, first=b""):
        self.server, self.piece, self.first, self.over = server, piece, first, False
        self.threads = [threading.Thread(target=self.send, daemon=True) for _ in range(connections)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join(10)

    def send(self):
        while not self.over and self.server.alive():
            try:
                with self.server.connect(2) as connection:
                    connection.sendall(self.first)
                    threading.Thread(target=self.drain, args=(connection, ), daemon=True).start()
                    while not self.over:
                        connection.sendall(self.piece)
            except OSError:
                time.sleep(0.01)

    def drain(self, connection):
        try:
            while connection.recv(1 << 20):
                pass
        except OSError:
            pass


class Servers(HostileTest):

    def assert_well(self, server, why):
        self.assertTrue(server.alive(), f"{why}: the server ended\n{server.said()}")
        self.assertLess(server.health(), PATIENCE, f"{why}: no health check in {PATIENCE} s")
        self.assertLess(server.mebibytes(), MEBIBYTES, why)
        self.assertNotIn("\x1b", server.said())

    def test_requests_that_are_none(self):
        with Server(self.work(), "text", env=self.env) as server:
            for why, (request, statuses) in REQUESTS.items():
                with self.subTest(why):
                    status = status_of(server.say(request, seconds=2))
                    self.assertIn(status, (*statuses, 0) if status == 0 else statuses)
                    self.assertTrue(server.alive(), server.said())
            self.assert_well(server, "all requests")

    def test_bodies_that_are_no_examples(self):
        for kind in ("text", "table", "ratings"):
            with Server(self.work(), kind, env=self.env) as server:
                for why, body in JSON.items():
                    for path in ("/predict", f"/v2/models/{kind}/infer"):
                        for content in ("application/json", "application/jsonl", "text/csv"):
                            with self.subTest(kind=kind, why=why, path=path, content=content):
                                self.assertIn(status_of(server.post(path, body, content)), (200, 400, 413, 415, 422, 429, 503))
                self.assert_well(server, kind)

    def test_pictures_that_are_larger_than_they_look(self):
        pictures = [
            specimens.webp_of_one_colour(16383, 10923),
            specimens.webp_of_one_colour(8000, 8000),
            specimens.jpeg_of_scans(8000, 8000, 400),
            specimens.png(60_000, 60_000, rows=1),
            specimens.png(8000, 8000, rows=1), *specimens.fixtures().values()
        ]
        with Server(self.work(), "image", env=self.env) as server:
            for picture in pictures:
                with self.subTest(picture[:20]):
                    self.assertIn(status_of(server.post("/predict", picture, "application/octet-stream")),
                                  (200, 400, 413, 422, 429, 503))
            one = pictures[0]
            request = head(b"POST /predict", b"Content-Length: %d" % len(one)) + one
            with Flood(server, request * 10, connections=4):
                for _ in range(3):
                    self.assertLess(server.health(), PATIENCE, "a health check waits behind a picture")
            self.assert_well(server, "pictures")

    def test_floods_starve_no_one(self):
        floods = {
            "empty lines": b"\r\n" * 30_000, "requests in a row": head(b"GET /v2") * 2000, "not HTTP": b"x" * 60_000,
            "bodies in a row": (head(b"POST /predict", b"Content-Type: text/plain", b"Content-Length: 5") + b"hello") * 500
        }
        with Server(self.work(), "text", env=self.env) as server:
            for why, piece in floods.items():
                with self.subTest(why), Flood(server, piece):
                    for _ in range(3):
                        self.assertLess(server.health(), PATIENCE)
                self.assert_well(server, why)

    def test_the_token_comes_before_the_body(self):
        self.write("work/token", SECRET + "\n")
        with Server(self.work(), "text", "--token-file", self.work("token"), env=self.env) as server:
            before = server.mebibytes()
            connections = [server.connect() for _ in range(20)]
            for connection in connections:
                try:
                    connection.sendall(head(b"POST /predict", b"Content-Length: 60000000"))
                    for _ in range(20):
                        connection.sendall(bytes(1 << 20))
                except OSError:
                    pass  # refused at once, as it should be
            self.assertLess(server.mebibytes() - before, 200, "bodies of strangers are kept")
            for connection in connections:
                connection.close()
            for path in ("/predict", "/v2/models/text/infer"):
                self.assertEqual(status_of(server.post(path, b"[]")), 401)
                self.assertEqual(status_of(server.post(path, b"[]", headers=f"Authorization: Bearer {SECRET}x\r\n")), 401)
            self.assertEqual(status_of(server.say(head(b"GET /v2/stats", b"Connection: close"))), 401,
                             "statistics are for those who may ask")
            self.assert_well(server, "bodies of strangers")
            self.assertNotIn(SECRET, server.said())

    def test_small_lines_do_not_grow(self):
        with Server(self.work(), "text", env=self.env) as server:
            for kind, body in (("text/plain", b"a\n" * (4 << 20)), ("application/jsonl", b'"a"\n' * (2 << 20)),
                               ("text/csv", b"text\n" + b"a\n" * (4 << 20)), ("application/json",
                                                                              b"[" + b'"a",' * (2 << 20) + b'"a"]')):
                with self.subTest(kind):
                    self.assertIn(status_of(server.post("/predict", body, kind, seconds=120)), (200, 400, 413, 422, 429, 503))
                    self.assertLess(server.mebibytes(), MEBIBYTES)
            self.assert_well(server, "small lines")

    def test_more_connections_than_descriptors(self):
        with Server(self.work(), "text", env=self.env, limits=[(resource.RLIMIT_NOFILE, 64)]) as server:
            connections = [socket.create_connection(("127.0.0.1", server.port), 20) for _ in range(80)]
            time.sleep(0.5)
            self.assertLess(self.busy(server, 2), 0.8, "waiting for a descriptor costs a core")
            for connection in connections:
                connection.close()
            time.sleep(0.5)
            self.assert_well(server, "connections")

    def busy(self, server, seconds):
        """The share of a core that the server uses."""

        def used():
            with open(f"/proc/{server.process.pid}/stat") as stat:
                fields = stat.read().rpartition(") ")[2].split()
            return (int(fields[11]) + int(fields[12])) / 100

        before = used()
        time.sleep(seconds)
        return (used() - before) / seconds

    def test_it_stops_when_it_is_told_to_even_in_a_flood(self):
        with Server(self.work(), "text", env=self.env) as server:
            with Flood(server, b"\r\n" * 30_000):
                server.process.terminate()
                self.assertIn(server.process.wait(60), (0, 143))


class Deployed(HostileTest):

    def test_nothing_but_the_environment_it_needs_reaches_a_worker(self):
        self.put("m", specimens.model_files("text"))
        self.addCleanup(self.stop_endpoints)
        secrets = {
            name: SECRET
            for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "OSS_ACCESS_KEY_SECRET", "MY_SECRET", "GITHUB_TOKEN",
                         "HTTPS_PROXY")
        }
        self.attack("deploy", "m", "--name", "e", "--wait", env=secrets, codes=(0, ), seconds=120)
        status = self.endpoint_status("e")
        for worker in status["workers"]:
            pid = worker["process"]["pid"]
            with open(f"/proc/{pid}/environ", "rb") as environment:
                self.assertNotIn(SECRET.encode(), environment.read())
            with open(f"/proc/{pid}/status") as lines:
                fences = dict(line.split(":", 1) for line in lines)
            self.assertEqual(fences["NoNewPrivs"].strip(), "1")
            self.assertEqual(fences["Seccomp"].strip(), "2", "a worker filters its own system calls")


if __name__ == "__main__":
    unittest.main()
