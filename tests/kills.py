"""kill -9 at a random moment, again and again, then let the same command finish: the bytes must be those of a run that nobody
disturbed. Used by tests/e2e (40 kills) and tests/battery (200)."""
import random
import shutil

from support import ProjectTest, kill_at, risk_csv, timed, tree, write_pictures

MAX_KILLS_A_RUN = 4


class KillTest(ProjectTest):
    def survive(self, arguments, output, kills, seed):
        """Kills `arguments` `kills` times in all, over as many runs to completion as that takes."""
        duration = timed(lambda: self.mlctl(*arguments))
        expected = tree(self.path(output))
        self.assertTrue(expected, output)
        rng = random.Random(seed)
        done = attempts = 0
        while done < kills:
            shutil.rmtree(self.path(output))
            for _ in range(rng.randint(1, MAX_KILLS_A_RUN)):
                attempts += 1
                # Half of the kills fall anywhere, half near the end, where files are renamed and journals removed.
                moment = rng.uniform(0, duration) if rng.random() < 0.5 else duration * rng.uniform(0.8, 1.05)
                done += kill_at(self.start_mlctl(*arguments), moment)
            self.mlctl(*arguments)
            self.assertEqual(tree(self.path(output)), expected, f"seed {seed}, after {done} kills")
            self.assertLess(attempts, 40 * kills, "the command ends before it can be killed")
        return done

    def ingest_pictures(self, kills, seed):
        write_pictures(self.path("photos"), 400)
        return self.survive(["ingest", "photos", "--kind", "image", "--to", "d"], "d", kills, seed)

    def ingest_table(self, kills, seed):
        self.write("risk.csv", risk_csv(60000))
        return self.survive(["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d"], "d", kills, seed)

    def clean(self, kills, seed):
        write_pictures(self.path("photos"), 300)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d")
        return self.survive(["clean", "d", "--to", "c", "--dedupe", "near", "--min-size", "8x8"], "c", kills, seed)

    def upload(self, kills, seed):
        rng = random.Random(seed)
        for number in range(300):
            self.write(f"files/{number % 7}/{number}.bin", rng.randbytes(rng.randrange(1, 200000)))
        return self.survive(["upload", "files", f"file://{self.path('store')}/files"], "store", kills, seed)

    def train(self, kills, seed):
        self.write("risk.csv", risk_csv(6000))
        self.mlctl("ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d")
        return self.survive(["train", "d", "--to", "m", "--epochs", "12", "--batch-size", "16"], "m", kills, seed)
