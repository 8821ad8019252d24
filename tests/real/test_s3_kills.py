"""20 kills; tests/battery/test_s3_kills_250.py has the rest."""
from s3_kills import S3KillTest


class Kills(S3KillTest):
    def test_upload(self):
        self.assertGreaterEqual(self.upload(10, seed=1), 10)

    def test_download(self):
        self.assertGreaterEqual(self.download(10, seed=2), 10)
