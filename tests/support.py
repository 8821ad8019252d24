"""What the end-to-end tests share: the binary, throw-away project folders, small generated data."""
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

MLCTL = os.environ.get("MLCTL") or os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "mlctl")


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}"


class ProjectTest(unittest.TestCase):
    """Each test gets an empty project folder with state, cache and configuration of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mlctl-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.mkdir(self.path(".mlctl"))
        self.env = dict(os.environ, HOME=self.folder, XDG_STATE_HOME=self.path("state"), XDG_CACHE_HOME=self.path("cache"),
                        XDG_CONFIG_HOME=self.path("config"), NO_COLOR="1", LC_ALL="C.UTF-8")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb" if isinstance(content, bytes) else "w") as file:
            file.write(content)
        return path

    def run_mlctl(self, *arguments, input=None, env=None, timeout=600, cwd=None):
        result = subprocess.run([MLCTL, *arguments], cwd=cwd or self.folder, env=dict(self.env, **(env or {})), input=input,
                                capture_output=True, text=True, errors="replace", timeout=timeout,
                                **({} if input is not None else {"stdin": subprocess.DEVNULL}))
        return Outcome(result.returncode, result.stdout, result.stderr)

    def mlctl(self, *arguments, code=0, **options):
        """Runs mlctl and insists on its exit code."""
        outcome = self.run_mlctl(*arguments, **options)
        self.assertEqual(outcome.code, code, f"mlctl {' '.join(arguments)}: {outcome}")
        return outcome

    def start_mlctl(self, *arguments):
        return subprocess.Popen([MLCTL, *arguments], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def endpoint_status(self, name="e"):
        with open(self.path("state/mlctl/endpoints", name, "status.json")) as file:
            return json.load(file)

    def stop_endpoints(self):
        """For addCleanup: nothing that a test deployed outlives it."""
        root = self.path("state/mlctl/endpoints")
        for name in os.listdir(root) if os.path.isdir(root) else []:
            if not os.path.exists(os.path.join(root, name, "status.json")):
                continue
            status = self.endpoint_status(name)
            for process in [status["supervisor"]] + [worker["process"] for worker in status["workers"]]:
                if process["pid"]:
                    try:
                        os.kill(process["pid"], signal.SIGKILL)
                    except ProcessLookupError:
                        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=30):
    deadline = time.time() + seconds
    while time.time() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def tree(folder):
    """{relative path: SHA-256} of every file below a folder."""
    digests = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                digests[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return digests


def kill_at(process, seconds):
    """SIGKILL after a time, unless the process ends before; True when it was killed."""
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True


def timed(call):
    started = time.monotonic()
    call()
    return time.monotonic() - started


def risk_csv(rows, seed=1):
    """A table to classify: two numeric features and a category decide `risk`, one column is noise."""
    rng = random.Random(seed)
    lines = ["age,income,region,noise,risk"]
    for _ in range(rows):
        age, income, region = rng.uniform(18, 80), rng.lognormvariate(10, 0.5), rng.choice(["north", "south", "east", "west"])
        score = (age - 45) / 20 - (income - 25000) / 15000 + (1.0 if region == "south" else -0.3) + rng.gauss(0, 0.3)
        lines.append(f"{age:.1f},{income:.2f},{region},{rng.random():.4f},{'high' if score > 0 else 'low'}")
    return "\n".join(lines) + "\n"


def write_pictures(folder, per_class, size=24, seed=1, classes=("disc", "stripes", "square")):
    """Folders of PNG pictures by class, told apart by shape."""
    from PIL import Image, ImageDraw
    rng = random.Random(seed)
    for label in classes:
        os.makedirs(os.path.join(folder, label), exist_ok=True)
        for number in range(per_class):
            image = Image.new("RGB", (size, size), tuple(rng.randrange(60) for _ in range(3)))
            draw = ImageDraw.Draw(image)
            ink = tuple(rng.randrange(150, 256) for _ in range(3))
            left, top = rng.randrange(size // 3), rng.randrange(size // 3)
            box = [left, top, left + size // 2, top + size // 2]
            if label == "disc":
                draw.ellipse(box, fill=ink)
            elif label == "square":
                draw.rectangle(box, fill=ink)
            else:
                for x in range(left % 4, size, 4):
                    draw.line([x, 0, x, size], fill=ink)
            image.save(os.path.join(folder, label, f"{label} {number:04d}.png"))
