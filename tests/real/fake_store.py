"""A store of ours that keeps nothing: it lists keys that are not there, sends bytes out of nowhere and takes any. For sizes that no
real server fits beside the tests, and for answers that none gives on command."""
import http.server
import threading
import urllib.parse

PAGE = 1000
BLOCK = bytes(range(256)) * 4096  # 1 MiB


class FakeStore:
    """`keys` are listed; GET and HEAD of any key find `size` bytes; PUT and multipart uploads are read and forgotten. `answer(method,
    path)` may give (status, headers, body) instead."""

    def __init__(self, keys=0, size=0, answer=None, tls=None):
        self.keys, self.size, self.answer = keys, size, answer
        self.lock, self.requests, self.taken = threading.Lock(), [], 0
        self.signed = []  # the region that each request's signature names
        store = self

        class Handler(Answers):
            owner = store

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        if tls:
            self.listener.socket = tls.wrap_socket(self.listener.socket, server_side=True)
        self.port = self.listener.server_address[1]
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def say(self, status, body=b"", headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def any(self):
        with self.owner.lock:
            self.owner.requests.append((self.command, self.path))
            scope = (self.headers.get("authorization") or "").partition("Credential=")[2].split("/")
            self.owner.signed.append(scope[2] if len(scope) > 2 else "")
        left = int(self.headers.get("content-length") or 0)
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20))) or left
        with self.owner.lock:
            self.owner.taken += int(self.headers.get("content-length") or 0)
        own = self.owner.answer and self.owner.answer(self.command, self.path)
        if own:
            return self.say(own[0], own[2], own[1])
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if self.command == "GET" and ("list-type" in query or url.path.count("/") < 2):
            return self.listing(query)
        if self.command in ("GET", "HEAD"):
            return self.bytes()
        if "uploads" in query:
            return self.say(200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
        if "delete" in query:
            return self.say(200, b"<DeleteResult/>")
        if self.command == "POST":
            return self.say(200, b'<CompleteMultipartUploadResult><ETag>"e-1"</ETag></CompleteMultipartUploadResult>')
        return self.say(204 if self.command == "DELETE" else 200, b"", [("ETag", '"e"')])

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_CONNECT = any

    def listing(self, query):
        prefix = query.get("prefix", "")
        start = int(query.get("continuation-token", 0))
        end = min(start + PAGE, self.owner.keys)
        rows = "".join(f"<Contents><Key>{prefix}{number % 997:03d}/a-name-of-usual-length-{number:09d}.jpg</Key><LastModified>"
                       f"2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;{number:032x}&quot;</ETag><Size>{number}</Size>"
                       "<StorageClass>STANDARD</StorageClass></Contents>" for number in range(start, end))
        more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{end}</NextContinuationToken>"
        self.say(200, (f"<?xml version='1.0'?><ListBucketResult>{rows}{more if end < self.owner.keys else ''}"
                       "</ListBucketResult>").encode())

    def bytes(self):
        if self.owner.size == 0:
            return self.say(404)
        first, last = 0, self.owner.size - 1
        asked = self.headers.get("range")
        if asked:
            first, last = (int(each) for each in asked[6:].split("-"))
        self.send_response_only(206 if asked else 200)
        for name, value in (("ETag", '"e-1"'), ("Content-Length", last - first + 1), ("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")):
            self.send_header(name, value)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{self.owner.size}")
        self.end_headers()
        at = first
        while self.command == "GET" and at <= last:
            piece = BLOCK[at % len(BLOCK):][:last + 1 - at]
            self.wfile.write(piece)
            at += len(piece)
