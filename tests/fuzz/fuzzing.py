"""Runs the fuzz targets: the suite `fuzz` of tests/run.py.

Each target gets its share of the seconds, as many at once as there are cores. A line a target says what it did; what ends one
is kept in BUILD/findings/TARGET, with the command that runs it again. The corpus in BUILD/corpus grows from run to run.
"""
import concurrent.futures
import os
import re
import subprocess

import seeds

HERE = os.path.dirname(os.path.abspath(__file__))
# Of one input: seconds, and MiB in all and in one allocation, so that no parser takes what its input does not warrant.
LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-max_len=16384"]
# Leaks need ptrace, which containers forbid; they are not what is looked for.
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


def run_all(build, seconds, only=""):
    """(passed, failed) over all targets, or the one named."""
    folder = os.path.join(build, "targets")
    targets = sorted(name for name in os.listdir(folder) if not only or name == only)
    cores = os.cpu_count() or 1
    share = max(1, round(seconds * cores / len(targets)))
    seeds.write_all(os.path.join(build, "seeds"))
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        clean = list(pool.map(lambda name: run_target(build, name, share), targets))
    return clean.count(True), clean.count(False)


def run_target(build, name, seconds):
    binary = os.path.join(build, "targets", name)
    corpus, findings = (os.path.join(build, kind, name) for kind in ("corpus", "findings"))
    for each in (corpus, findings):
        os.makedirs(each, exist_ok=True)
    known = set(os.listdir(findings))
    dictionary = os.path.join(HERE, "dictionaries", name + ".dict")
    command = [
        binary, *LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={findings}/", "-print_final_stats=1",
        *([f"-dict={dictionary}"] if os.path.exists(dictionary) else []), corpus,
        os.path.join(build, "seeds", name)
    ]
    try:
        ran = subprocess.run(command, env=dict(os.environ, **OPTIONS), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds + 600)
        output, code = ran.stdout, ran.returncode
    except subprocess.TimeoutExpired as expired:
        output, code = (expired.stdout or b"").decode(errors="replace"), -1
    executions = re.search(r"number_of_executed_units: *(\d+)", output) or re.search(r"^Done (\d+) runs", output, re.M)
    new = sorted(set(os.listdir(findings)) - known)
    print(
        f"  {name}: {executions[1] if executions else '?'} executions, {len(os.listdir(corpus))} in the corpus, "
        f"{len(new)} findings", flush=True)
    if code == 0 and not new:
        return True
    print("\n".join(line for line in output.splitlines() if not line.startswith(("#", "INFO", "\tNEW")))[-6000:])
    for each in new:
        print(f"    again: {os.path.relpath(binary)} {os.path.relpath(os.path.join(findings, each))}", flush=True)
    return False
