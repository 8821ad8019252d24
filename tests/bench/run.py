#!/usr/bin/python3
"""`make bench`: mlctl against named peers on this machine, interleaved, as ratios. Prints a table; --json FILE keeps the numbers.

A ratio is peer / mlctl per round (over 1: mlctl is faster), given as its median and quartiles. Rows: startup (row 1), training of the
two CNNs (rows 2 and 3, train_bench.py), object stores (row 10, store_bench.py)."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(command):
    """Seconds of one run of a command."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


def peak_memory(command):
    """MiB, as GNU time sees it: a child of this process would start out with this process's own peak."""
    result = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(result.stderr.split()[-1]) / 1024


def startup(mlctl, rounds):
    kubectl = shutil.which("kubectl")
    if not kubectl:
        return [{"row": 1, "work": "startup", "skipped": "kubectl is not installed (cmake/deps.sh bench)"}]
    cases = {"help": [mlctl, "help"], "version": [mlctl, "version"], "a wrong flag": [mlctl, "train", "--nope"],
             "Tab": [mlctl, "__complete", "--", "tra"]}
    peer = [kubectl, "version", "--client"]
    rows = []
    for name, command in cases.items():
        ours, theirs = [], []
        for round_number in range(rounds + 1):
            pair = [(command, ours), (peer, theirs)]
            for run, kept in pair if round_number % 2 else reversed(pair):
                seconds = measure(run)
                if round_number:  # the first round warms the page cache
                    kept.append(seconds)
        ratios = sorted(t / o for o, t in zip(ours, theirs))
        rows.append({"row": 1, "work": f"mlctl {name}", "peer": "kubectl version --client", "rounds": rounds,
                     "mlctl": statistics.median(ours), "peer_value": statistics.median(theirs), "unit": "s",
                     "ratio": statistics.median(ratios), "low": ratios[len(ratios) // 4], "high": ratios[-len(ratios) // 4],
                     "memory_mib": peak_memory(command)})
    return rows


def measured_by(script, build, rounds):
    """The rows that another script of this folder measures."""
    result = subprocess.run([sys.executable, os.path.join(HERE, script), "--build", build, "--rounds", str(rounds), "--json"],
                            stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"{script} failed")
    return json.loads(result.stdout)


def table(rows):
    lines = ["| row | work | mlctl | peer | peer's figure | ratio (quartiles) | memory |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        if "skipped" in row:
            lines.append(f"| {row['row']} | {row['work']} | | | | skipped: {row['skipped']} | |")
            continue
        figure = (lambda value: f"{value * 1000:.1f} ms") if row["unit"] == "s" else (lambda value, u=row["unit"]: f"{value:,.0f} {u}")
        memory = f"{row['memory_mib']:.1f} MiB" if "memory_mib" in row else ""
        lines.append(f"| {row['row']} | {row['work']} | {figure(row['mlctl'])} | {row['peer']} | {figure(row['peer_value'])} | "
                     f"**{row['ratio']:.2f}×** ({row['low']:.2f}–{row['high']:.2f}) | {memory} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mlctl", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("--without-stores", action="store_true", help="leave row 10 out: it needs Ceph and takes minutes")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    rows = startup(os.path.abspath(options.mlctl), max(options.rounds, 20)) + measured_by("train_bench.py", build, options.rounds)
    if not options.without_stores:
        rows += measured_by("store_bench.py", build, min(options.rounds, 3))
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n")
    print(table(rows))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
