"""A sample of the kill battery that fits every test run: 40 kills. All 200: make battery."""
from kills import KillTest


class Kills(KillTest):
    def test_ingest_of_pictures(self):
        self.ingest_pictures(kills=7, seed=1)

    def test_ingest_of_a_table(self):
        self.ingest_table(kills=7, seed=2)

    def test_clean(self):
        self.clean(kills=8, seed=3)

    def test_upload(self):
        self.upload(kills=8, seed=4)

    def test_train(self):
        self.train(kills=10, seed=5)
