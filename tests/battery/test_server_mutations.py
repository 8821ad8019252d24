"""Bent requests over a server of each kind, with a health check that must answer all the while. REQUESTS=50000 says how many."""
import os
import random
import threading
import time
import unittest

import specimens
from hostile import MEBIBYTES, HostileTest, Server
from mutations import Mutator

REQUESTS = int(os.environ.get("REQUESTS", 4000))
SEED = int(os.environ.get("SEED", random.randrange(10**6)))
HEALTH = 1.0  # second


class Pulse(threading.Thread):
    """Asks for health again and again; remembers the slowest answer."""
    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.over, self.slowest, self.asked = server, False, 0.0, 0

    def run(self):
        while not self.over:
            self.slowest = max(self.slowest, self.server.health(20))
            self.asked += 1
            time.sleep(0.05)


class ServerMutations(HostileTest):
    def requests_of(self, kind, bend):
        bodies = {
            "table": [("application/json", b'{"age": 1, "city": "A", "member": true}'),
                      ("text/csv", b"age,city,member\n1,A,yes\n")], "text": [("application/json", b'[{"text": "a good day"}]'),
                                                                             ("text/plain", b"one\ntwo\n"),
                                                                             ("application/jsonl", specimens.text_rows(3))],
            "ratings": [("application/json", b'{"rows": [{"user": "4", "item": "6"}]}')],
            "image": [("application/octet-stream", picture) for picture in specimens.fixtures().values()]
        }[kind]
        tensors = specimens.text(specimens.INFERENCE)
        while True:
            content, body = bend.random.choice(bodies)
            path = "/predict"
            if bend.random.random() < 0.3:
                content, body, path = "application/json", tensors, f"/v2/models/{kind}/infer"
            if bend.random.random() < 0.8:
                body = bend.bytes(body)
            request = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode(
            ) + body
            yield bend.bytes(request) if bend.random.random() < 0.3 else request

    def test_requests(self):
        print(f"REQUESTS={REQUESTS} SEED={SEED}", flush=True)
        for kind in specimens.MODELS:
            bend = Mutator(f"{SEED} {kind}")
            with self.subTest(kind), Server(self.work(), kind, env=self.env) as server:
                pulse = Pulse(server)
                pulse.start()
                for number, request in zip(range(REQUESTS // len(specimens.MODELS)), self.requests_of(kind, bend)):
                    self.send(server, request)
                    self.assertTrue(server.alive(), f"request {number} ended it: {request[:2000]!r}\n{server.said()}")
                pulse.over = True
                pulse.join()
                print(f"  {kind}: slowest of {pulse.asked} health checks {pulse.slowest:.3f} s, {server.mebibytes()} MiB",
                      flush=True)
                self.assertLess(pulse.slowest, HEALTH)
                self.assertLess(server.mebibytes(), MEBIBYTES)
                self.assertNotIn("\x1b", server.said())

    def send(self, server, request):
        """Says that there is no more, so that a request cut short is answered at once."""
        try:
            with server.connect() as connection:
                connection.sendall(request)
                connection.shutdown(1)
                while connection.recv(1 << 16):
                    pass
        except OSError:
            pass


if __name__ == "__main__":
    unittest.main()
