#!/usr/bin/python3
"""Row 10: many small objects and one large one, up and down, to real S3 servers on this machine, against the clients that are installed
(s5cmd, rclone, mc, aws, s3cmd). Interleaved; files come from and go to memory, so that the disk is not what is measured. Prints rows for
run.py with --json, else a table."""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))
import servers  # noqa: E402

MIB = 1 << 20
BUCKET = "bench"
LONGEST = 900  # seconds of one command


class Peer:
    """Commands of a client, None where it cannot: up and down of a folder, and of one file."""

    def __init__(self, name, program, up, down):
        self.name, self.up, self.down = name, up, down
        self.found = shutil.which(program) if program else None


def peers(mlctl):
    def rclone(verb):
        return lambda source, target: ["rclone", verb, "--s3-provider", "Other", source.replace("s3://", ":s3,env_auth:"),
                                       target.replace("s3://", ":s3,env_auth:")]

    def aws(source, target):
        # Debian's aws knows no endpoint from the environment.
        return ["aws", "--endpoint-url", "http://" + os.environ["BENCH_HOST"], "s3", "cp", "--only-show-errors", "--recursive", source,
                target]

    def mc(source, target):
        return ["mc", "--quiet", "mirror", source.replace("s3://", "bench/"), target.replace("s3://", "bench/")]

    def s3cmd(verb):
        return lambda source, target: ["s3cmd", verb, "--recursive", "--no-progress", "--host", os.environ["BENCH_HOST"],
                                       "--host-bucket", os.environ["BENCH_HOST"], "--no-ssl", source + "/", target + "/"]

    return [Peer("mlctl", mlctl, lambda s, t: [mlctl, "upload", s, t, "-q"], lambda s, t: [mlctl, "download", s, t, "-q"]),
            Peer("s5cmd", "s5cmd", lambda s, t: ["s5cmd", "--log", "error", "cp", s + "/", t + "/"],
                 lambda s, t: ["s5cmd", "--log", "error", "cp", s + "/*", t + "/"]),
            Peer("rclone", "rclone", rclone("copy"), rclone("copy")),
            Peer("mc", "mc", mc, mc),
            Peer("aws-cli", "aws", aws, aws),
            Peer("s3cmd", "s3cmd", s3cmd("put"), s3cmd("get"))]


def touch_memory(size):
    """A virtual machine's host may have taken free memory back: whoever uses it first would pay for that."""
    with open("/proc/meminfo") as file:
        available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
    with tempfile.TemporaryFile(dir="/dev/shm") as file:
        for _ in range(min(size, available // 2) // MIB):
            file.write(bytes(MIB))


def run(command, size):
    """(wall seconds, CPU seconds, peak MiB) of moving `size` bytes; a failing client ends the bench."""
    touch_memory(2 * size)  # for the client's copy and the server's
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.NamedTemporaryFile() as report:
        started = time.perf_counter()
        done = subprocess.run(["/usr/bin/time", "-q", "-o", report.name, "-f", "%M", *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=LONGEST)
        wall = time.perf_counter() - started
        peak = int(report.read().split()[-1]) / 1024
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr[-1500:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, peak


def same(folder, other):
    return subprocess.run(["diff", "-rq", folder, other], stdout=subprocess.DEVNULL).returncode == 0


def measure(present, source, rounds, work, server):
    """One row for each direction and peer: mlctl beside it in the same rounds."""
    figures = {(peer.name, way): [] for peer in present for way in ("up", "down")}
    size = sum(entry.stat().st_size for entry in os.scandir(source))
    for number in range(rounds):
        for peer in present if number % 2 else reversed(present):
            target = f"s3://{BUCKET}/{peer.name}-{number}"
            with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
                back = os.path.join(folder, "back")
                figures[peer.name, "up"].append(run(peer.up(source, target), size))
                os.mkdir(back)
                figures[peer.name, "down"].append(run(peer.down(target, back), size))
                if number == 0 and not same(source, back):
                    sys.exit(f"{peer.name}: {server} did not give back what it was given")
            subprocess.run([present[0].found, "rm", "-r", "--yes", "-q", target], check=True, stdout=subprocess.DEVNULL)
    rows = []
    for way in ("up", "down"):
        ours = figures["mlctl", way]
        for peer in present[1:]:
            theirs = figures[peer.name, way]
            ratios = sorted(t[0] / o[0] for o, t in zip(ours, theirs))
            middle = [statistics.median(column) for column in zip(*ours)], [statistics.median(column) for column in zip(*theirs)]
            rows.append({"row": 10, "work": f"{work} {way}, {server}", "peer": peer.name, "rounds": rounds, "unit": "s",
                         "mlctl": middle[0][0], "peer_value": middle[1][0], "ratio": statistics.median(ratios),
                         "low": ratios[len(ratios) // 4], "high": ratios[-(len(ratios) // 4) - 1],
                         "memory_mib": middle[0][2], "peer_memory_mib": middle[1][2],
                         "cpu_s": middle[0][1], "peer_cpu_s": middle[1][1]})
    return rows


def fill(folder, count, size):
    os.makedirs(folder)
    for number in range(count):
        with open(os.path.join(folder, f"{number:05}.bin"), "wb") as file:
            for _ in range(max(1, size // MIB)):
                file.write(os.urandom(min(size, MIB)))
    return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--objects", type=int, default=10000)
    parser.add_argument("--large-mib", type=int, default=1024)
    parser.add_argument("--servers", default="rgw,minio")
    parser.add_argument("--peers", default="s5cmd,rclone,mc,aws-cli,s3cmd")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    mlctl = os.path.abspath(os.path.join(options.build, "mlctl"))
    os.environ["MLCTL"] = mlctl
    os.environ.pop("AWS_CA_BUNDLE", None)  # rclone refuses to start with one
    present = [peer for peer in peers(mlctl) if peer.found and (peer.name == "mlctl" or peer.name in options.peers.split(","))]
    starters = {"rgw": lambda: servers.start_rgw(quota_mib=options.large_mib * 3 + 1024), "minio": servers.start_minio}
    rows = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        small = fill(f"{folder}/small", options.objects, 64 << 10)
        large = fill(f"{folder}/large", 1, options.large_mib * MIB)
        for name in options.servers.split(","):
            if name == "minio" and not servers.minio_binary():
                rows.append({"row": 10, "work": name, "skipped": "MinIO is not built (tests/real/servers.py tools BUILD)"})
                continue
            server = starters[name]()
            os.environ.update(AWS_ACCESS_KEY_ID=servers.ACCESS, AWS_SECRET_ACCESS_KEY=servers.SECRET, AWS_REGION="us-east-1",
                              AWS_ENDPOINT_URL_S3=server.endpoint, AWS_ENDPOINT_URL=server.endpoint, S3_ENDPOINT_URL=server.endpoint,
                              RCLONE_S3_ENDPOINT=server.endpoint, BENCH_HOST=server.endpoint.removeprefix("http://"),
                              MC_HOST_bench=server.endpoint.replace("://", f"://{servers.ACCESS}:{servers.SECRET}@"), MC_CONFIG_DIR=folder + "/mc")
            import boto3
            bucket = boto3.resource("s3", endpoint_url=server.endpoint).create_bucket(Bucket=BUCKET)
            # Ceph's store in memory counts less than nothing used after removals, calls that full, and hangs: something has to stay.
            bucket.upload_file(f"{large}/00000.bin", "stays")
            rows += measure(present, small, options.rounds, f"{options.objects:,} × 64 KiB", name)
            rows += measure(present, large, options.rounds, f"1 × {options.large_mib} MiB", name)
            server.stop()
    if options.json:
        print(json.dumps(rows))
        return
    print("| work | mlctl | peer | peer's figure | ratio (quartiles) | CPU, mlctl and peer | memory, mlctl and peer |\n|---|---|---|---|---|---|---|")
    for row in rows:
        if "skipped" in row:
            print(f"| {row['work']} | skipped: {row['skipped']} | | | | | |")
            continue
        print(f"| {row['work']} | {row['mlctl']:.2f} s | {row['peer']} | {row['peer_value']:.2f} s | "
              f"**{row['ratio']:.2f}×** ({row['low']:.2f}–{row['high']:.2f}) | {row['cpu_s']:.2f} and {row['peer_cpu_s']:.2f} s | "
              f"{row['memory_mib']:.0f} and {row['peer_memory_mib']:.0f} MiB |")


if __name__ == "__main__":
    main()
