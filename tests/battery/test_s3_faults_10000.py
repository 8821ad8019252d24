"""10,000 objects through the faults that tests/real/test_s3_faults.py sends 300 through."""
from test_s3_faults import BAD_DAY, FaultTest


class Faulty(FaultTest):
    def test_10000_objects_arrive_intact_on_a_bad_day(self):
        sent, calm = self.there_and_back(10000, 4000, BAD_DAY, seed=17)
        self.assertLessEqual(sent, 1.6 * calm, self.met)
