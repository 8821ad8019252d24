"""250 kills -9 during transfers to and from a real S3 server."""
from s3_kills import S3KillTest


class Kills(S3KillTest):
    def test_upload(self):
        self.assertGreaterEqual(self.upload(125, seed=11), 125)

    def test_download(self):
        self.assertGreaterEqual(self.download(125, seed=12), 125)
