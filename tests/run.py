#!/usr/bin/python3
"""Runs the test suites and ends with one line, "N passed, N failed".

    tests/run.py --build build layers format unit engine e2e battery
    tests/run.py --build build e2e:test_train        one file of a suite

Suites: layers   the dependency rule, size limits and the binary's libraries (tests/layering.py)
        format   clang-format
        unit     mlctl_tests: everything but the engine, without libtorch
        threads  mlctl_tests of the rooms that have threads (make tsan builds them with ThreadSanitizer)
        engine   mlctl_engine_tests: the engine's objects against plain libtorch and PyTorch
        e2e      tests/e2e/test_*.py: the real binary, as a user types
        s3       tests/real/test_*.py: object stores against real servers that it starts
        security tests/security/test_*.py: hostile files, stores, endpoints and callers
        fuzz     tests/fuzz/targets, --seconds long in all (make fuzz builds them)
        battery  tests/battery/test_*.py: kills, big data, resource faults
"""
import argparse
import os
import re
import subprocess
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FOLDERS = {"e2e": "e2e", "s3": "real", "security": "security", "battery": "battery"}


# Those of core and cloud whose code runs on several threads: parallel loops, transfers, HTTP, batching, data loading.
THREADED = ("base", "clean", "cloud", "http", "ingest", "net", "serve", "store", "sys", "train")


def run_doctest(binary, *arguments):
    if not os.path.exists(binary):
        print(f"{binary} is not built")
        return 0, 1
    result = subprocess.run([binary, "--no-intro=true", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, errors="replace")
    counts = re.search(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", result.stdout)
    if result.returncode != 0 or not counts:
        print(result.stdout[-8000:])
    if not counts:
        return 0, 1
    passed, failed = int(counts[1]), int(counts[2])
    return passed, failed or int(result.returncode != 0)


def run_unittests(folder, only, mlctl):
    """Each file in a process of its own, so that one that hangs or dies cannot take the others along."""
    passed = failed = 0
    names = sorted(f[:-3] for f in os.listdir(folder) if f.startswith("test_") and f.endswith(".py"))
    for name in names:
        if only and name != only:
            continue
        started = time.monotonic()
        env = dict(os.environ, MLCTL=mlctl, PYTHONPATH=f"{ROOT}/tests:{ROOT}/tests/real", PYTHONDONTWRITEBYTECODE="1")
        try:
            result = subprocess.run([sys.executable, "-m", "unittest", "-v", name], cwd=folder, env=env, text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    errors="replace", timeout=1800)
            output, code = result.stdout, result.returncode
        except subprocess.TimeoutExpired as expired:
            output, code = (expired.stdout or b"").decode(errors="replace"), 1
            output += "\ntimed out"
        counts = re.search(r"^Ran (\d+) tests?", output, re.M)
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors|unexpected successes)=(\d+)", output))
        ran = int(counts[1]) if counts else 0
        bad = bad or int(code != 0 or ran == 0)  # one that only skips has run
        left_out = sum(int(n) for n in re.findall(r"^(?:OK|FAILED) \(.*?skipped=(\d+)", output, re.M))
        ran -= left_out
        note = f", {left_out} SKIPPED" if left_out else ""
        print(f"  {name}: {ran - min(ran, bad)} passed, {bad} failed{note} ({time.monotonic() - started:.0f} s)", flush=True)
        for reason in sorted(set(re.findall(r"skipped ['\"](.*)['\"]$", output, re.M))):
            print(f"    skipped: {reason}")
        if bad:
            print(output[-12000:])
        passed, failed = passed + ran - min(ran, bad), failed + bad
    return passed, failed


def run_command(*command):
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if result.returncode != 0:
        print(result.stdout[-6000:])
    return (1, 0) if result.returncode == 0 else (0, 1)


def run_layers(build):
    sys.path.insert(0, os.path.join(ROOT, "tests"))
    import layering
    suite = layering.suite(os.path.join(build, "mlctl"))
    result = unittest.TextTestRunner(verbosity=1, stream=sys.stdout).run(suite)
    bad = len(result.failures) + len(result.errors)
    return result.testsRun - bad, bad


def run_fuzz(build, seconds, only):
    sys.path.insert(0, os.path.join(ROOT, "tests", "fuzz"))
    import fuzzing
    return fuzzing.run_all(build, seconds, only)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("suites", nargs="+")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    total_passed = total_failed = 0
    for suite in options.suites:
        name, _, only = suite.partition(":")
        print(f"== {suite}", flush=True)
        if name == "layers":
            passed, failed = run_layers(build)
        elif name == "format":
            passed, failed = run_command("make", "--no-print-directory", "format-check")
        elif name == "unit":
            passed, failed = run_doctest(os.path.join(build, "mlctl_tests"))
        elif name == "threads":
            folders = ",".join(f"*/{room}/*" for room in THREADED)
            passed, failed = run_doctest(os.path.join(build, "mlctl_tests"), f"-sf={folders}")
        elif name == "engine":
            passed, failed = run_doctest(os.path.join(build, "mlctl_engine_tests"))
        elif name == "fuzz":
            passed, failed = run_fuzz(build, options.seconds, only)
        elif name in FOLDERS:
            passed, failed = run_unittests(os.path.join(ROOT, "tests", FOLDERS[name]), only, os.path.join(build, "mlctl"))
        else:
            parser.error(f"no suite {name}")
        print(f"{name}: {passed} passed, {failed} failed", flush=True)
        total_passed, total_failed = total_passed + passed, total_failed + failed
    print(f"{total_passed} passed, {total_failed} failed")
    if "MLCTL_TEST_RESULTS" in os.environ:
        with open(os.environ["MLCTL_TEST_RESULTS"], "a") as results:
            results.write(f"{total_passed} {total_failed}\n")
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main())
