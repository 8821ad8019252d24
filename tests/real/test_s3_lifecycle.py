"""The lifecycle with every path an s3:// URL."""
import json
import os
import random
import threading
import time
import unittest

from s3_support import S3Test
from support import risk_csv, tree, write_pictures


def line_csv(rows, slope=3.0):
    numbers = random.Random(7)
    lines = ["x,y"]
    for _ in range(rows):
        x = numbers.uniform(-2, 2)
        lines.append(f"{x:.4f},{slope * x + 1 + numbers.gauss(0, 0.05):.4f}")
    return "\n".join(lines) + "\n"


class LifecycleTest(S3Test):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.stop_endpoints)

    def put_folder(self, folder, prefix):
        for at, _, names in os.walk(self.path(folder)):
            for name in names:
                path = os.path.join(at, name)
                with open(path, "rb") as file:
                    self.put(prefix + os.path.relpath(path, self.path(folder)), file.read())

    def assertNothingStaged(self):
        staging = self.path(".mlctl/staging")
        self.assertEqual(os.listdir(staging) if os.path.isdir(staging) else [], [])


class Tables(LifecycleTest):
    def test_a_linear_regression_trains_from_a_csv_in_one_command(self):
        self.put("data.csv", line_csv(400).encode())
        arguments = ("train", self.url("data.csv"), "--to", self.url("models/line"), "--model", "linear", "--epochs", "20")
        first = self.mlctl(*arguments)
        self.assertSays(first, "is no dataset")
        self.assertEqual(set(self.keys("models/line/")),
                         {f"models/line/{name}" for name in (".mlctl-fingerprint", "model.json", "weights.safetensors")})
        self.assertNothingStaged()
        self.assertSays(self.mlctl(*arguments), "is up to date")
        self.mlctl("eval", self.url("models/line"), "--data", self.url("data.csv"), "--gate", "r2>=0.9")
        answer = json.loads(self.mlctl("predict", self.url("models/line"), '{"x": 1.0}', "-o", "json").out)
        self.assertAlmostEqual(answer["value"], 4, delta=0.5)

    def test_a_pipeline_knows_what_is_stale_in_a_store(self):
        self.put("risk.csv", risk_csv(300).encode())
        self.write("pipeline.yaml", f"""apiVersion: mlctl.dev/v1
kind: Pipeline
metadata: {{name: risk}}
spec:
  stages:
    - {{name: train, run: train, with: {{dataset: "{self.url('clean')}", to: "{self.url('model')}", epochs: 2}}}}
    - {{name: clean, run: clean, with: {{dataset: "{self.url('raw')}", to: "{self.url('clean')}"}}}}
    - {{name: ingest, run: ingest, with: {{source: "{self.url('risk.csv')}", to: "{self.url('raw')}", label: "column:risk"}}}}
""")
        first = self.mlctl("run", "-f", "pipeline.yaml", "-o", "json").json()
        self.assertEqual([stage["name"] for stage in first["stages"]], ["ingest", "clean", "train"])
        again = self.mlctl("run", "-f", "pipeline.yaml", "-o", "json").json()
        self.assertEqual({stage["status"] for stage in again["stages"]}, {"skipped"})
        self.put("risk.csv", risk_csv(320, seed=2).encode())
        changed = self.mlctl("run", "-f", "pipeline.yaml", "-o", "json").json()
        self.assertEqual({stage["status"] for stage in changed["stages"]}, {"ran"})

    def test_of_two_machines_that_write_one_dataset_one_wins(self):
        self.put("risk.csv", risk_csv(400).encode())
        outcomes = {}

        def work(seed):
            home = self.path(f"machine{seed}")
            os.makedirs(os.path.join(home, ".mlctl"))
            outcomes[seed] = self.run_mlctl(
                "ingest", self.url("risk.csv"), "--to", self.url("risk"), "--seed", str(seed), cwd=home,
                env={"HOME": home, "XDG_STATE_HOME": home + "/state", "XDG_CACHE_HOME": home + "/cache"})
        threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(outcome.code for outcome in outcomes.values()), [0, 6], outcomes)
        self.mlctl("why", "dataset", self.url("risk"))
        winner = next(seed for seed, outcome in outcomes.items() if outcome.code == 0)
        self.assertEqual(json.loads(self.get("risk/dataset.json"))["lineage"]["parameters"]["seed"], winner)

    def test_other_parameters_are_a_conflict_until_overwrite(self):
        self.put("risk.csv", risk_csv(300).encode())
        arguments = ("ingest", self.url("risk.csv"), "--to", self.url("risk"))
        self.mlctl(*arguments)
        self.mlctl(*arguments, "--seed", "9", code=6)
        self.mlctl(*arguments, "--seed", "9", "--overwrite")
        self.mlctl("why", "dataset", self.url("risk"))
        self.assertNothingStaged()

    def test_the_cache_has_a_bound_that_says_how_to_raise_it(self):
        self.put("texts/a/1.txt", b"a text " * 300)
        refused = self.mlctl("ingest", self.url("texts"), "--to", "texts", env={"MLCTL_CACHE_SIZE": "1KiB"}, code=12)
        self.assertSays(refused, "MLCTL_CACHE_SIZE")

    def test_the_profile_says_where_the_store_is_and_the_environment_goes_before(self):
        self.put("risk.csv", risk_csv(300).encode())
        self.mlctl("config", "set", "endpoint", self.endpoint)
        del self.env["AWS_ENDPOINT_URL"]
        self.mlctl("ingest", self.url("risk.csv"), "--to", "risk")
        self.mlctl("ls", self.url(), env={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, code=9)


class Pictures(LifecycleTest):
    def test_from_pictures_to_an_endpoint(self):
        write_pictures(self.path("photos"), 30)
        self.put_folder("photos", "photos/")
        url = self.url
        self.mlctl("ingest", url("photos"), "--to", url("data/shapes"))
        self.mlctl("ingest", "photos", "--to", "local")
        self.assertEqual(self.get("data/shapes/dataset.json"), open(self.path("local/dataset.json"), "rb").read())
        self.mlctl("clean", url("data/shapes"), "--to", url("data/clean"), "--report", url("clean.html"))
        self.mlctl("train", url("data/clean"), "--to", url("models/shapes"), "--epochs", "1")
        self.mlctl("eval", url("models/shapes"), "--data", url("data/clean:test"), "--gate", "accuracy>=0", "--report",
                   url("eval.html"))
        self.assertIn(b"<html", self.get("clean.html") + self.get("eval.html"))
        shown = self.mlctl("get", "model", url("models/shapes"), "-o", "json").json()
        self.assertEqual(shown["name"], url("models/shapes"))
        self.assertIsNotNone(shown["evaluation"])
        self.mlctl("export", url("models/shapes"), "--format", "safetensors", "--to", url("shapes.safetensors"))
        self.assertGreater(len(self.get("shapes.safetensors")), 1000)
        deployed = self.mlctl("deploy", url("models/shapes"), "--name", "e", "--wait", "-o", "json")
        self.assertNotIn("never evaluated", deployed.err)
        picture = self.keys("photos/")[0]
        self.mlctl("predict", "e", url(picture))
        self.mlctl("monitor", "e", "--once", "--reference", url("models/shapes"))
        self.mlctl("delete", "endpoint", "e", "--yes")
        run = self.mlctl("describe", "run", "latest", "-o", "json").json()
        self.assertTrue(any(each["path"].startswith("s3://") for each in run.get("inputs", []) + run.get("outputs", []))
                        or run["command"] == "delete")

    def test_pictures_are_read_where_they_are_whatever_the_cache_holds(self):
        write_pictures(self.path("photos"), 20)
        self.put_folder("photos", "photos/")
        self.mlctl("ingest", "photos", "--to", "local")
        self.mlctl("ingest", self.url("photos"), "--to", "stored", env={"MLCTL_CACHE_SIZE": "1KiB"})
        for name in os.listdir(self.path("local")):
            if not name.startswith("."):
                self.assertEqual(self.read(f"stored/{name}"), self.read(f"local/{name}"), name)
        self.assertSays(self.mlctl("ingest", self.url("photos"), "--to", "stored"), "up to date")
        kept = [name for _, _, names in os.walk(self.path("cache")) for name in names]
        self.assertFalse([name for name in kept if name.endswith(".png")])
        self.put("photos/disc/broken.png", b"no picture")
        self.assertSays(self.mlctl("ingest", self.url("photos"), "--to", "stored", code=6), "--overwrite")
        self.assertSays(self.mlctl("ingest", self.url("photos"), "--to", "other", "--max-bad", "0", code=7), "disc/broken.png")

    def test_an_unchanged_source_is_not_fetched_again(self):
        for number in range(12):
            self.put(f"texts/{'ab'[number % 2]}/{number}.txt", f"text {number}".encode())
        self.mlctl("ingest", self.url("texts"), "--to", "one")
        copies = self.path("cache/mlctl/stores")
        before = {name: os.stat(os.path.join(at, name)).st_ino for at, _, names in os.walk(copies) for name in names}
        self.put("texts/a/new.txt", b"a new text")
        self.mlctl("ingest", self.url("texts"), "--to", "two", "--seed", "2")
        after = {name: os.stat(os.path.join(at, name)).st_ino for at, _, names in os.walk(copies) for name in names}
        texts = [name for name in before if name.endswith(".txt")]
        self.assertEqual(len(texts), 12)
        self.assertEqual([after[name] for name in texts], [before[name] for name in texts])

    def test_killed_at_any_time_the_same_command_ends_with_the_same_dataset(self):
        write_pictures(self.path("photos"), 40)
        self.put_folder("photos", "photos/")
        arguments = ("ingest", self.url("photos"), "--to", self.url("data"))
        self.mlctl("ingest", "photos", "--to", "local")
        times = random.Random(3)
        for _ in range(8):
            process = self.start_mlctl(*arguments)
            time.sleep(times.uniform(0.02, 0.5))
            process.kill()
            process.communicate()
        self.mlctl(*arguments)
        self.assertNothingStaged()
        self.mlctl("download", self.url("data"), "copy")
        expected = {name: digest for name, digest in tree(self.path("local")).items() if not name.startswith(".")}
        got = {name: digest for name, digest in tree(self.path("copy")).items() if not name.startswith(".")}
        self.assertEqual(got, expected)


if __name__ == "__main__":
    unittest.main()
