"""An HTTP proxy in front of a store that does on command what networks and stores do on bad days. Seeded: the same requests in
the same order meet the same faults. Also counts, so that a test can say what was sent and what was not.

    with FaultProxy(server.endpoint, Faults(errors=0.2, resets=0.05)) as proxy: ... proxy.endpoint ... proxy.requests
"""
import dataclasses
import http.client
import random
import socket
import socketserver
import threading
import time
import urllib.parse

BLOCK = 1 << 16
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}
SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclasses.dataclass
class Faults:
    """Shares of requests; each meets one fault at most."""
    errors: float = 0      # 500, 502, 503, 504, some after the request was carried out
    throttled: float = 0   # 429 and 503 with Retry-After
    resets: float = 0      # the connection is reset, before or after the server had the request
    truncated: float = 0   # half of the answer's body, then nothing
    flipped: float = 0     # one bit of an object's body, on its way up or down
    stalls: float = 0      # the answer takes `stall` seconds
    stall: float = 3
    delay: tuple = (0, 0)  # seconds before each answer: from, to
    retry_after: float = 1


class FaultProxy:
    def __init__(self, upstream, faults=None, seed=1, watch=None):
        """`watch(method, path, headers)` may return (status, headers, body) to answer by itself."""
        parts = urllib.parse.urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)
        self.faults, self.random, self.watch = faults or Faults(), random.Random(seed), watch
        self.lock = threading.Lock()
        self.requests = []  # (method, path with query, bytes sent up)
        self.met = {}       # fault → how often

    def __enter__(self):
        proxy = self

        class Handler(Connection):
            owner = proxy

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address, request_queue_size = True, True, 256

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()

    def draw(self):
        """The fault of the next request, its delay and a number for its details."""
        with self.lock:
            roll, detail = self.random.random(), self.random.random()
            wait = self.random.uniform(*self.faults.delay)
            for name in ("errors", "throttled", "resets", "truncated", "flipped", "stalls"):
                share = getattr(self.faults, name)
                if roll < share:
                    return name, wait, detail
                roll -= share
            return None, wait, detail

    def note(self, fault):
        with self.lock:
            self.met[fault] = self.met.get(fault, 0) + 1

    def sent(self, method, containing=""):
        return [each for each in self.requests if each[0] == method and containing in each[1]]


class Connection(socketserver.StreamRequestHandler):
    wbufsize = BLOCK
    disable_nagle_algorithm = True

    def handle(self):
        self.server_side = None
        try:
            while self.one_request():
                pass
        except (OSError, http.client.HTTPException, ValueError):
            pass
        finally:
            if self.server_side:
                self.server_side.close()

    def one_request(self):
        line = self.rfile.readline(BLOCK).decode("latin-1").split()
        if len(line) != 3:
            return False
        method, path, _ = line
        headers = http.client.parse_headers(self.rfile)
        fault, wait, detail = self.owner.draw()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        body = self.rfile.read(int(headers.get("content-length") or 0))
        with self.owner.lock:
            self.owner.requests.append((method, path, len(body)))
        time.sleep(wait)
        own = self.owner.watch and self.owner.watch(method, path, headers)
        if own:
            return self.answer(method, *own)
        if fault == "resets" and detail < 0.5:
            return self.reset(fault)
        if fault == "throttled":
            self.owner.note(fault)
            status = 429 if detail < 0.5 else 503
            return self.answer(method, status, [("retry-after", f"{self.owner.faults.retry_after:g}")], SLOW_DOWN)
        if fault == "errors" and detail < 0.85:
            self.owner.note(fault)
            return self.answer(method, (500, 502, 503, 504)[int(detail * 33) % 4], [], b"<html>bad day</html>")
        if fault == "flipped" and method == "PUT" and body:
            self.owner.note(fault)
            at = int(detail * len(body))
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        status, kept, answer = self.ask(method, path, headers, body)
        if fault == "resets":
            return self.reset(fault)
        if fault == "errors":  # the work was done, its answer was lost
            self.owner.note(fault)
            return self.answer(method, 500, [], b"")
        if fault == "stalls":
            self.owner.note(fault)
            time.sleep(self.owner.faults.stall)
        is_object = method == "GET" and status in (200, 206) and "list-type" not in path and "upload" not in path
        if fault == "flipped" and is_object and answer:
            self.owner.note(fault)
            at = int(detail * len(answer))
            answer = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1:]
        if fault == "truncated" and len(answer) > 1:
            self.owner.note(fault)
            self.answer(method, status, kept, answer, sent=len(answer) // 2)
            return False
        return self.answer(method, status, kept, answer)

    def reset(self, fault):
        self.owner.note(fault)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return False

    def ask(self, method, path, headers, body):
        for attempt in (1, 2):
            try:
                if self.server_side is None:
                    self.server_side = http.client.HTTPConnection(*self.owner.upstream, timeout=120)
                self.server_side.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    if name.lower() not in HOP and name.lower() != "expect":
                        self.server_side.putheader(name, value.encode("latin-1"))
                self.server_side.endheaders(body)
                response = self.server_side.getresponse()
                return response.status, response.getheaders(), response.read()
            except (OSError, http.client.HTTPException):
                self.server_side = None  # idle for too long
                if attempt == 2:
                    raise

    def answer(self, method, status, headers, body, sent=None):
        lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Odd')}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in HOP | {"content-length"}]
        length = next((value for name, value in headers if name.lower() == "content-length"), len(body))
        lines.append(f"content-length: {length if method == 'HEAD' else len(body)}")
        if status == 204 or status == 304:
            lines.pop()
        self.wfile.write("\r\n".join(lines + ["", ""]).encode("latin-1"))
        if method != "HEAD":
            self.wfile.write(body[:sent])
        self.wfile.flush()
        return True
