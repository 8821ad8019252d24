#!/usr/bin/python3
"""Training steps per second: mlctl's engine against Debian's PyTorch, stock (the tutorial's code, default settings) and tuned (channels_last,
the BLAS kernels and OpenMP settings that mlctl picks). Same networks, batches in memory, optimiser, precision and threads; rounds are
interleaved (A B C, C B A, …). tests/e2e/test_engine_parity.py checks that both compute the same thing.

    train_bench.py --build build [--rounds 5] [--seconds 1.5] [--json]"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
PYTHON = "/usr/bin/python3"


def networks():
    from torch_peer import conv, dense, image, window
    pool, flatten = window("maxpool2d", 2), {"kind": "flatten"}
    large = [conv(32, 3), pool, conv(64, 3), pool, conv(128, 3), pool, flatten, dense(128, "relu"), {"kind": "dropout", "rate": 0.5}, dense(10)]
    small = [conv(32, 3), pool, conv(64, 3), pool, flatten, dense(64, "relu"), dense(10)]
    return [(2, "100×100×3 CNN, batch 32", {"input": image(3, 100), "layers": large, "outputs": 10}, 32),
            (3, "28×28×1 CNN, batch 64", {"input": image(1, 28), "layers": small, "outputs": 10}, 64)]


def peer(job_path):
    """The other side of the protocol of mlctl_engine_driver, in PyTorch: a number of steps in, their seconds out."""
    import torch
    import torch_peer
    with open(job_path) as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    data = torch_peer.read_safetensors(job["data"])
    inputs, labels = torch.from_numpy(data["features"]), torch.from_numpy(data["labels"]).long()
    model = torch_peer.build(job["network"], inputs)
    if job["tuned"]:
        model, inputs = model.to(memory_format=torch.channels_last), inputs.contiguous(memory_format=torch.channels_last)
    optimiser, criterion = torch.optim.Adam(model.parameters(), lr=0.001), torch.nn.CrossEntropyLoss()
    batch = job["batch"]
    at = 0
    for line in sys.stdin:
        started = time.perf_counter()
        for _ in range(int(line)):
            loss = criterion(model(inputs[at:at + batch]), labels[at:at + batch])
            optimiser.zero_grad(set_to_none=job["tuned"])
            loss.backward()
            optimiser.step()
            at = (at + batch) % len(labels)
        print(time.perf_counter() - started, flush=True)


class Side:
    def __init__(self, command, env):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ, **env))
        self.rates = []

    def seconds(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def settings_of_mlctl():
    """What src/core/engine/loader.cpp sets, for the tuned peer."""
    with open("/proc/cpuinfo") as file:
        flags = file.read()
    core = "SkylakeX" if "avx512vl" in flags else "Haswell" if "avx2" in flags else ""
    return {"GOMP_SPINCOUNT": "2000", **({"OPENBLAS_CORETYPE": core} if core else {})}


def measure(build, row, work, network, batch, options):
    import torch_peer
    with tempfile.TemporaryDirectory(prefix="mlctl-bench-") as folder:
        data = os.path.join(folder, "data")
        torch_peer.write_safetensors(data, torch_peer.make_data(network, batch * 8, 1, "cross_entropy"))
        sides = {}
        for name, tuned in (("mlctl", False), ("stock", False), ("tuned", True)):
            job = os.path.join(folder, name)
            with open(job, "w") as file:
                json.dump({"network": network, "data": data, "batch": batch, "threads": options.threads, "tuned": tuned,
                           "optimizer": {"kind": "adam"}, "lr": 0.001, "interactive": True}, file)
            command = [os.path.join(build, "mlctl_engine_driver"), job] if name == "mlctl" else [PYTHON, __file__, "--peer", job]
            threads = {"OMP_NUM_THREADS": str(options.threads), "OPENBLAS_NUM_THREADS": str(options.threads)}
            sides[name] = Side(command, {**threads, **(settings_of_mlctl() if tuned else {})})
        try:
            steps = {name: max(2, int(options.seconds * 3 / side.seconds(3))) for name, side in sides.items() if side.seconds(3)}
            for round_number in range(options.rounds):
                for name in sides if round_number % 2 == 0 else reversed(sides):
                    sides[name].rates.append(batch * steps[name] / sides[name].seconds(steps[name]))
        finally:
            for side in sides.values():
                side.close()
    import torch
    rows = []
    for name in ("stock", "tuned"):
        ratios = sorted(ours / theirs for ours, theirs in zip(sides["mlctl"].rates, sides[name].rates))
        rows.append({"row": row, "work": f"train the {work}", "peer": f"PyTorch {torch.__version__.split('+')[0]} (Debian), {name}",
                     "rounds": options.rounds, "threads": options.threads, "mlctl": statistics.median(sides["mlctl"].rates),
                     "peer_value": statistics.median(sides[name].rates), "unit": "img/s", "ratio": statistics.median(ratios),
                     "low": ratios[len(ratios) // 4], "high": ratios[-1 - len(ratios) // 4]})
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each side in each round")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer)
    if os.getloadavg()[0] > 0.5:
        print(f"note: the machine is busy (load {os.getloadavg()[0]:.1f}): spinning threads lose most there, ratios mislead", file=sys.stderr)
    rows = [line for case in networks() for line in measure(options.build, *case, options)]
    if options.json:
        return print(json.dumps(rows))
    for line in rows:
        print(f"{line['work']:34} {line['peer']:30} mlctl {line['mlctl']:8,.0f}  peer {line['peer_value']:8,.0f} img/s  "
              f"ratio {line['ratio']:.2f} ({line['low']:.2f}–{line['high']:.2f})")


if __name__ == "__main__":
    main()
