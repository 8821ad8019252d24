"""What docs/tutorials/stores.md shows works when pasted, with a server of ours in each vendor's place. S3 is tested
on real servers, in test_s3*.py."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gcs_server import GcsServer  # noqa: E402
from oss_server import OssServer  # noqa: E402
from support import MLCTL, ProjectTest  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Page(ProjectTest):
    def paste(self, name, more):
        with open(os.path.join(ROOT, "docs/tutorials/stores.md")) as file:
            blocks = re.findall(r"^```sh ?(\w*)\n(.*?)^```", file.read(), re.M | re.S)
        script = "".join(text for label, text in blocks if label in ("", name))
        self.assertIn("mlctl upload", script)
        env = {key: value for key, value in self.env.items() if not key.startswith(("AWS_", "OSS_", "GS_", "GOOGLE_", "ALIBABA_"))
               and "proxy" not in key.lower()}
        env.update(more, PATH=os.path.dirname(os.path.abspath(MLCTL)) + ":" + os.environ["PATH"])
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:])
        self.assertEqual(done.stdout.count("rabbits/rabbit"), 3, done.stdout)

    def test_alibaba(self):
        with OssServer({"LTAI…": "…"}, ["my-photos"]) as server:
            self.paste("oss", {"OSS_ENDPOINT": server.endpoint})
            self.assertEqual(len(server.buckets["my-photos"]), 3)

    def test_google(self):
        with GcsServer({"GOOG…": "…"}, ["my-photos"]) as server:
            self.paste("gs", {"STORAGE_EMULATOR_HOST": server.endpoint})
            self.assertEqual(len(server.buckets["my-photos"]), 3)


if __name__ == "__main__":
    unittest.main()
