"""Runs mlctl on hostile input and judges what came of it: what the security tests and the mutation batteries share."""
import collections
import contextlib
import os
import re
import resource
import select
import socket
import subprocess
import tempfile
import time

import specimens
from support import MLCTL, ProjectTest, free_port, tree

DOCUMENTED = {*range(14), 75, 130, 143}
SECONDS, MEBIBYTES = 20, 2048
# What would leave the line that it stands in, or steer the terminal: controls but tab and line feed, C1, overrides of direction.
CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
SECRET = "hunter2-open-sesame"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}
ESCAPES = "\x1b]0;taken over\x07\x1b[31m"

Ran = collections.namedtuple("Ran", "code hung mebibytes out err")


def watch(pid, seconds):
    """Waits for a process: whether it hung, and the most memory it took, in MiB. (What wait4() says of that begins with
    this process's own peak.)"""
    handle, waiting, most = os.pidfd_open(pid), select.poll(), 0
    waiting.register(handle, select.POLLIN)
    end = time.monotonic() + seconds
    while not (done := waiting.poll(10)) and time.monotonic() < end:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as status:
            most = max([most, *(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM:"))])
    os.close(handle)
    return not done, most


def run(arguments, cwd, env, seconds=SECONDS, limits=(), stdout=None):
    """One run of mlctl. `limits`: pairs of a resource and its bound; `stdout`: a file instead of what is kept."""
    def bound():
        for which, value in limits:
            resource.setrlimit(which, (value, value))

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([MLCTL, *arguments], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=stdout or out,
                                   stderr=err, preexec_fn=bound if limits else None)
        hung, mebibytes = watch(process.pid, seconds)
        if hung:
            process.kill()
        process.wait()
        out.seek(0)
        err.seek(0)
        return Ran(process.returncode, hung, mebibytes, out.read(1 << 22), err.read(1 << 20))


def fault(ran, secrets=(SECRET, ), payload=False):
    """What must never come of any input, in words; "" where nothing did. `payload`: stdout is bytes that were asked for."""
    if ran.hung:
        return "it hung"
    if ran.code < 0:
        return f"it ended by signal {-ran.code}"
    if ran.code not in DOCUMENTED:
        return f"it exited with {ran.code}, which means nothing"
    if ran.mebibytes > MEBIBYTES:
        return f"it took {ran.mebibytes} MiB"
    shown = ran.err if payload else ran.out + ran.err
    control = CONTROLS.search(shown)
    if control:
        return f"it printed a control character: {shown[max(0, control.start() - 40):control.end() + 20]!r}"
    leaked = [each for each in secrets if each.encode() in shown]
    return f"it printed a secret: {leaked[0]}" if leaked else ""


def clean_env(env):
    """Without the keys and settings of whoever runs the tests."""
    ours = {name: value for name, value in env.items() if not name.startswith(("AWS_", "OSS_", "GOOGLE_", "ALIBABA_", "MLCTL_"))}
    return dict(ours, OMP_NUM_THREADS="1")


class HostileTest(ProjectTest):
    """The project lies beside files of the user's, which nothing may touch."""
    def setUp(self):
        super().setUp()
        self.env = clean_env(self.env)
        self.write("precious/thesis.txt", "ten years of work\n")
        self.write("precious/deep/notes", "more\n")
        self.write("yarn.lock", "someone else's lock\n")
        os.makedirs(self.path("work/.mlctl"))
        self.victims = self.victims_now()
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))

    def victims_now(self):
        with open(self.path("yarn.lock")) as lock:
            return tree(self.path("precious")), lock.read()

    def work(self, *parts):
        return self.path("work", *parts)

    def put(self, folder, files):
        """{name: bytes} below a folder of the project."""
        for name, content in files.items():
            self.write(os.path.join("work", folder, name), content)

    def attack(self, *arguments, codes=None, env=None, **options):
        """Runs mlctl where the hostile input lies. Harmless always; of `codes` where they are given."""
        secrets = options.pop("secrets", (SECRET, ))
        payload = options.pop("payload", False)
        ran = run(arguments, self.work(), dict(self.env, **(env or {})), **options)
        self.judge(ran, arguments, secrets, payload)
        if codes is not None:
            self.assertIn(ran.code, codes, f"mlctl {arguments}: {ran}")
        return ran

    def judge(self, ran, arguments, secrets=(SECRET, ), payload=False):
        found = fault(ran, secrets, payload)
        self.assertFalse(found, f"mlctl {arguments}: {found}\n{ran.err[-2000:].decode(errors='replace')}")
        self.assertEqual(self.victims_now(), self.victims, f"mlctl {arguments} touched what is not its own")

    def files_with(self, secret):
        """Everything below the test's folder that holds these bytes."""
        found = []
        for at, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(at, name)
                if not os.path.islink(path) and os.path.isfile(path):
                    with open(path, "rb") as file:
                        if secret.encode() in file.read():
                            found.append(os.path.relpath(path, self.folder))
        return found


class Server:
    """`mlctl serve` of a tiny model, spoken to in raw bytes."""
    def __init__(self, folder, kind, *flags, env, limits=()):
        self.model, self.port = os.path.join(folder, "served-" + kind), free_port()
        os.makedirs(self.model, exist_ok=True)
        for name, content in specimens.model_files(kind).items():
            with open(os.path.join(self.model, name), "wb") as file:
                file.write(content)

        def bound():
            for which, value in limits:
                resource.setrlimit(which, (value, value))

        self.log = open(os.path.join(folder, f"serve-{self.port}.log"), "w+b")
        self.process = subprocess.Popen([MLCTL, "serve", self.model, "--name", kind, "--port",
                                         str(self.port), *flags], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, preexec_fn=bound if limits else None)

    def __enter__(self):
        deadline = time.monotonic() + 120
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if self.say(b"GET /v2/health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200"):
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"mlctl serve did not start: {self.said()}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def alive(self):
        return self.process.poll() is None

    def said(self):
        with open(self.log.name, "rb") as log:
            return log.read()[-4000:].decode(errors="replace")

    def connect(self, seconds=20):
        connection = socket.create_connection(("127.0.0.1", self.port), seconds)
        connection.settimeout(seconds)
        return connection

    def say(self, data, seconds=20):
        """Everything that is answered until the server closes or is silent for that long."""
        answer = b""
        with self.connect(seconds) as connection:
            try:
                connection.sendall(data)
                while piece := connection.recv(1 << 16):
                    answer += piece
            except (ConnectionError, TimeoutError):
                pass
        return answer

    def post(self, path, body, kind="application/json", headers="", seconds=60):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        return self.say(head.encode() + body, seconds)

    def health(self, seconds=20):
        """How long a health check takes; the bound where there is no answer."""
        started = time.monotonic()
        try:
            answer = self.say(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", seconds)
        except OSError:
            answer = b""
        return time.monotonic() - started if answer.startswith(b"HTTP/1.1 200") else seconds

    def mebibytes(self):
        """The most memory it has had."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) // 1024


def status_of(answer):
    """Of the first response in the bytes; 0 where there is none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") and answer[9:12].isdigit() else 0
