"""The kill battery: 200 kills over ingest, clean, upload and train, each seeded."""
from kills import KillTest


class Kills(KillTest):
    def test_ingest_of_pictures(self):
        self.ingest_pictures(kills=30, seed=101)

    def test_ingest_of_a_table(self):
        self.ingest_table(kills=30, seed=102)

    def test_clean(self):
        self.clean(kills=50, seed=103)

    def test_upload(self):
        self.upload(kills=40, seed=104)

    def test_train(self):
        self.train(kills=50, seed=105)
