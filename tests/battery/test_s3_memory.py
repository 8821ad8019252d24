"""Memory does not grow with what is transferred or listed: against a store of ours that keeps nothing."""
import os
import resource
import subprocess

import support
from fake_store import FakeStore
from support import ProjectTest

LIMIT_MIB = 150
GIB = 1 << 30


class Memory(ProjectTest):
    def peak(self, store, *arguments):
        """mlctl's peak resident memory in MiB."""
        env = dict(self.env, AWS_ENDPOINT_URL=store.endpoint, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s")
        with open(self.path("out"), "wb") as out:
            process = subprocess.Popen([support.MLCTL, *arguments], cwd=self.folder, env=env, stdout=out,
                                       stdin=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.assertIsInstance(usage, resource.struct_rusage)
        return usage.ru_maxrss / 1024

    def lines(self):
        with open(self.path("out"), "rb") as out:
            return sum(1 for _ in out)

    def test_a_listing_of_a_million_keys(self):
        with FakeStore(keys=1_000_000) as store:
            for arguments in (["ls", "-r", "s3://bucket/"], ["ls", "-r", "s3://bucket/", "-o", "name"]):
                with self.subTest(arguments=arguments):
                    peak = self.peak(store, *arguments)
                    self.assertGreaterEqual(self.lines(), 1_000_000)
                    self.assertLess(peak, LIMIT_MIB)

    def test_removing_a_million_keys(self):
        with FakeStore(keys=1_000_000) as store:
            peak = self.peak(store, "rm", "-r", "s3://bucket/x", "--yes")
            self.assertEqual(sum("delete" in path for method, path in store.requests if method == "POST"), 1000)
        self.assertLess(peak, LIMIT_MIB)

    def test_20_gb_up(self):
        with open(self.path("large"), "wb") as file:
            file.truncate(20 * GIB)  # takes no room
        with FakeStore() as store:
            peak = self.peak(store, "upload", "large", "s3://bucket/large")
            self.assertGreaterEqual(store.taken, 20 * GIB)
        self.assertLess(peak, LIMIT_MIB)

    def test_20_gb_down(self):
        if os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize < 25 * GIB:
            self.skipTest("there is no room for 20 GB")
        with FakeStore(size=20 * GIB) as store:
            peak = self.peak(store, "download", "s3://bucket/large", "large")
        self.assertEqual(os.path.getsize(self.path("large")), 20 * GIB)
        self.assertLess(peak, LIMIT_MIB)
