"""The binary, copied alone to a bare Debian 12: everything but a model's mathematics works, and that says what to install.
Makes the bare system once with debootstrap (root; kept in the user's cache)."""
import os
import shutil
import subprocess
import unittest

from support import MLCTL, Outcome, ProjectTest, risk_csv, write_pictures

CACHE = os.path.expanduser("~/.cache/mlctl-tests/bookworm")


def make_bare_system():
    if os.path.exists(os.path.join(CACHE, "made")):
        return
    if not shutil.which("debootstrap"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "debootstrap"], check=True, capture_output=True)
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"], capture_output=True, text=True).stdout
    mirror = next(line.split()[0] for line in targets.splitlines() if line.endswith(" bookworm") and "debian" in line)
    shutil.rmtree(CACHE, ignore_errors=True)
    os.makedirs(CACHE)
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", CACHE, mirror], check=True, capture_output=True)
    open(os.path.join(CACHE, "made"), "w").close()


@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class BareBinary(ProjectTest):
    def setUp(self):
        super().setUp()
        make_bare_system()
        self.root = os.path.join(CACHE, "project")
        shutil.rmtree(self.root, ignore_errors=True)
        os.makedirs(os.path.join(self.root, ".mlctl"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.folder = self.root  # what the tests write lands where the chroot sees it
        shutil.copy(MLCTL, os.path.join(self.root, "mlctl"))

    def bare(self, *arguments, code=0):
        script = 'mount -t proc proc "$0/proc"; mount -t tmpfs tmpfs "$0/tmp"; exec chroot "$0" sh -c \'cd /project && HOME=/tmp ./mlctl "$@"\' mlctl "$@"'
        result = subprocess.run(["unshare", "-m", "sh", "-c", script, CACHE, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        outcome = Outcome(result.returncode, result.stdout, result.stderr)
        self.assertEqual(outcome.code, code, f"mlctl {' '.join(arguments)}: {outcome}")
        return outcome

    def test_everything_but_the_mathematics(self):
        self.write("risk.csv", risk_csv(300))
        write_pictures(self.path("photos"), 30)
        self.write("clean.yaml", "apiVersion: mlctl.dev/v1\nkind: Clean\nmetadata: {name: c}\nspec: {rules: {dedupe: exact}}\n")
        for arguments in (["version"], ["help"], ["help", "exit-codes"], ["completion", "bash"], ["explain", "train.spec"],
                          ["ingest", "risk.csv", "--label", "risk", "--to", "d"], ["ingest", "photos", "--to", "p"],
                          ["clean", "d", "--to", "c", "-f", "clean.yaml"], ["clean", "p", "--to", "q", "--report", "clean.html"],
                          ["upload", "c", "file:///project/store"], ["ls", "file:///project/store"],
                          ["download", "file:///project/store", "again"], ["describe", "dataset", "p"], ["get", "runs"],
                          ["get", "datasets"], ["validate", "-f", "clean.yaml"], ["train", "d", "--to", "m", "--dry-run"]):
            self.bare(*arguments)

    def test_the_mathematics_says_what_to_install(self):
        self.write("risk.csv", risk_csv(300))
        self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "d")
        self.mlctl("train", "d", "--to", "m", "--epochs", "1")
        for arguments in (["train", "d", "--to", "m2"], ["eval", "m", "--data", "d"], ["predict", "m", "risk.csv"], ["serve", "m"],
                          ["deploy", "m", "--name", "e"], ["export", "m", "--format", "torchscript", "--to", "m.pt"]):
            self.assertIn("apt-get install", self.bare(*arguments, code=12).err)
        self.bare("export", "m", "--format", "safetensors", "--to", "m.safetensors")
        self.bare("describe", "model", "m")
        self.assertIn("libtorch", self.bare("doctor", code=12).out)


del ProjectTest
