"""How the engine inside the binary is loaded, and what is said when it cannot be."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy
import torch_peer as peer

DRIVER = os.path.join(os.path.dirname(os.environ["MLCTL"]), "mlctl_engine_driver")
MODULE = os.path.join(os.path.dirname(os.environ["MLCTL"]), "libmlctl_torch.so")


class Loading(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mlctl-loading-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.job = os.path.join(self.folder, "job.json")
        data = os.path.join(self.folder, "data")
        peer.write_safetensors(data, {"features": numpy.ones((4, 2), "float32"), "targets": numpy.ones(4, "float32")})
        network = {"input": {"kind": "table", "numeric": 2}, "layers": [peer.dense(1)], "outputs": 1}
        with open(self.job, "w") as file:
            json.dump({"network": network, "loss": "mse", "data": data}, file)

    def drive(self, *prefix, **env):
        env = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.folder, "cache"), **env)
        return subprocess.run([*prefix, DRIVER, self.job], capture_output=True, text=True, env=env)

    def test_the_embedded_engine_leaves_nothing_on_disk(self):
        result = self.drive()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "cache")))

    def test_another_engine_can_be_named(self):
        self.assertEqual(self.drive(MLCTL_ENGINE=MODULE).returncode, 0)

    def test_an_engine_that_is_not_there_is_not_found(self):
        result = self.drive(MLCTL_ENGINE="/nowhere/engine.so")
        self.assertEqual(result.returncode, 5)
        self.assertIn("MLCTL_ENGINE=/nowhere/engine.so: no such file", result.stderr)

    def test_a_library_that_is_no_engine_is_refused(self):
        for library in ("/usr/lib/x86_64-linux-gnu/libz.so.1", self.job):
            with self.subTest(library):
                result = self.drive(MLCTL_ENGINE=library)
                self.assertEqual(result.returncode, 12)
                self.assertIn("cannot load the training engine", result.stderr)

    def test_without_libtorch_the_install_line_is_printed(self):
        library = "/usr/lib/x86_64-linux-gnu/libtorch_cpu.so.1.13"
        hide = ["unshare", "-m", "sh", "-c", f"mount --bind /dev/null {library} && exec \"$@\"", "sh"]
        if not os.path.exists(library) or subprocess.run([*hide, "true"], capture_output=True).returncode != 0:
            self.skipTest("a library can be hidden only where this user may mount")
        result = self.drive(*hide)
        self.assertEqual(result.returncode, 12)
        self.assertIn("cannot load the training engine: ", result.stderr)
        self.assertIn("apt-get install libtorch1.13", result.stderr)


if __name__ == "__main__":
    unittest.main()
