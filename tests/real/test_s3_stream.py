"""Datasets that are trained and judged on straight from a store, in a cache smaller than they are."""
import hashlib
import json
import os
import random
import unittest

from fault_proxy import FaultProxy, Faults
from s3_support import S3Test
from support import kill_at, risk_csv, timed, tree, until, write_pictures

PIECES = 12
SMALL = "64KiB"
BAD_DAY = Faults(errors=0.20, resets=0.05, truncated=0.05, flipped=0.05, throttled=0.01, retry_after=0.2)


def cut(path, pieces):
    """The shards of a dataset of rows, each cut into many: what ingest does with gigabytes."""
    with open(os.path.join(path, "dataset.json")) as file:
        document = json.load(file)
    for split in document["splits"].values():
        files, counts = [], []
        for name in split["files"]:
            with open(os.path.join(path, name)) as file:
                header, *rows = file.read().splitlines(keepends=True)
            os.remove(os.path.join(path, name))
            document["files"] = [each for each in document["files"] if each["path"] != name]
            for number in range(pieces):
                part = rows[number * len(rows) // pieces:(number + 1) * len(rows) // pieces]
                body = (header + "".join(part)).encode()
                piece = name.replace("-0000", f"-{number:02d}00")
                with open(os.path.join(path, piece), "wb") as file:
                    file.write(body)
                document["files"].append({"path": piece, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()})
                files.append(piece)
                counts.append(len(part))
        split["files"], split["fileSamples"] = files, counts
    document["files"].sort(key=lambda each: each["path"])
    with open(os.path.join(path, "dataset.json"), "w") as file:
        json.dump(document, file)
    return document


class Stream(S3Test):
    arguments = ("--epochs", "6", "--batch-size", "16")

    def setUp(self):
        super().setUp()
        self.write("risk.csv", risk_csv(6000))
        self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "d")
        self.document = cut(self.path("d"), PIECES)
        self.mlctl("upload", "d", self.url("d"))

    def shards(self, split):
        return self.document["splits"][split]["files"]

    def forget(self, *splits):
        for split in splits:
            for name in self.shards(split):
                self.s3.delete_object(Bucket=self.bucket, Key=f"d/{name}")

    def weights(self, model):
        with open(self.path(model, "weights.safetensors"), "rb") as file:
            return file.read()

    def cached(self):
        root = self.path("cache/mlctl/stores")
        return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(root) for name in names)

    def train(self, *more, **options):
        return self.mlctl("train", self.url("d"), *self.arguments, *more, **options)

    def local(self):
        self.mlctl("train", "d", *self.arguments, "--to", "local")
        return self.weights("local")

    def test_a_dataset_larger_than_the_cache_trains_to_the_same_weights(self):
        size = sum(each["size"] for each in self.document["files"] if each["path"] in self.shards("train"))
        self.assertGreater(size, 2 * 64 * 1024)
        self.forget("test")  # nobody asks for it
        self.train("--to", "m", env={"MLCTL_CACHE_SIZE": SMALL})
        self.assertEqual(self.weights("m"), self.local())
        self.assertEqual(tree(self.path("m")), tree(self.path("local")))
        self.assertLessEqual(self.cached(), 64 * 1024)

    def test_a_bad_day_of_the_network_changes_nothing(self):
        expected = self.local()
        with FaultProxy(self.server.endpoint, BAD_DAY, seed=5) as proxy:
            self.env["AWS_ENDPOINT_URL"] = proxy.endpoint
            self.train("--to", "m", env={"MLCTL_CACHE_SIZE": SMALL})
        self.assertEqual(self.weights("m"), expected)
        self.assertGreater(sum(proxy.met.values()), 5)

    def test_what_is_still_in_the_cache_is_not_asked_for_again(self):
        self.train("--to", "m")
        self.forget("train", "validation")
        self.train("--to", "again", "--seed", "2")

    def test_an_evaluation_reads_its_split_and_no_other(self):
        self.train("--to", "m")
        self.forget("train", "validation")
        small = {"MLCTL_CACHE_SIZE": SMALL}
        stored = self.mlctl("eval", "m", "--data", self.url("d:test"), "-o", "json", env=small).json()
        local = self.mlctl("eval", "m", "--data", "d:test", "-o", "json").json()
        self.assertEqual(stored["metrics"], local["metrics"])

    def test_looking_at_a_dataset_fetches_what_is_shown(self):
        small = {"MLCTL_CACHE_SIZE": "6KiB"}  # a shard of test, not of train
        self.forget("validation", "test")
        got = self.mlctl("get", "dataset", self.url("d"), "-o", "json", env=small).json()
        self.assertEqual((got["name"], got["samples"]), (self.url("d"), 6000))
        self.assertEqual(self.cached(), 0)
        name, *others = self.shards("train")
        for other in others:
            self.s3.delete_object(Bucket=self.bucket, Key=f"d/{other}")
        shown = self.mlctl("describe", self.url("d"), "-o", "json", env={"MLCTL_CACHE_SIZE": SMALL}).json()
        local = self.mlctl("describe", "d", "-o", "json").json()
        self.assertEqual(shown["preview"], local["preview"])
        self.assertEqual(shown["digest"], local["digest"])

    def test_why_compares_a_dataset_larger_than_the_cache_and_keeps_nothing(self):
        small = {"MLCTL_CACHE_SIZE": "2KiB"}
        self.assertIn("it is whole", self.mlctl("why", "dataset", self.url("d"), env=small).out)
        self.assertEqual(self.cached(), 0)
        name = self.shards("test")[3]
        self.put(f"d/{name}", b"!" + self.get(f"d/{name}")[1:])
        self.assertIn(f"{name} is not what dataset.json lists", self.mlctl("why", self.url("d"), env=small, code=10).out)

    def test_looking_at_a_model_leaves_its_weights_where_they_are(self):
        self.mlctl("train", "d", *self.arguments, "--to", "m")
        self.mlctl("eval", "m", "--data", "d:test", "--gate", "accuracy>=0.1")
        self.mlctl("upload", "m", self.url("m"))
        weights = self.get("m/weights.safetensors")
        self.s3.delete_object(Bucket=self.bucket, Key="m/weights.safetensors")
        for command in ("get", "describe"):
            shown = self.mlctl(command, "model", self.url("m"), "-o", "json").json()
            self.assertEqual(shown["evaluation"]["gates"][0]["passed"], True)
        self.put("m/weights.safetensors", weights)
        self.assertIn("it is whole", self.mlctl("why", "model", self.url("m")).out)
        self.assertSays(self.mlctl("get", "model", self.url("d"), code=5), "there is no model.json below it")

    def test_a_damaged_shard_is_named_and_not_kept(self):
        name = self.shards("train")[7]
        body = self.get(f"d/{name}")
        self.put(f"d/{name}", bytes([body[0] ^ 1]) + body[1:])
        refused = self.train("--to", "m", code=10)
        self.assertSays(refused, f"{self.url('d')}/{name} is not what dataset.json lists")
        self.put(f"d/{name}", body)
        self.train("--to", "m")
        self.assertEqual(self.weights("m"), self.local())

    def test_a_shard_that_is_missing_is_named(self):
        name = self.shards("validation")[1]
        self.s3.delete_object(Bucket=self.bucket, Key=f"d/{name}")
        self.assertSays(self.train("--to", "m", code=10), f"{name} is missing")

    def test_a_shard_larger_than_the_cache_says_how_to_raise_it(self):
        self.assertSays(self.train("--to", "m", env={"MLCTL_CACHE_SIZE": "2KiB"}, code=12), "MLCTL_CACHE_SIZE")

    def test_what_is_no_dataset_says_so_and_is_not_fetched(self):
        self.put("photos/a/1.png", b"no picture")
        self.assertSays(self.mlctl("train", self.url("photos"), "--to", "m", code=5), "there is no dataset.json below it")
        self.assertEqual(self.cached(), 0)

    def test_killed_in_the_middle_of_an_epoch_it_goes_on_to_the_same_weights(self):
        self.env["MLCTL_CACHE_SIZE"] = SMALL
        self.write("train.yaml", f"""apiVersion: mlctl.dev/v1
kind: Train
metadata: {{name: risk}}
spec:
  data: {{dataset: "{self.url('d')}"}}
  epochs: 6
  batchSize: 16
  checkpoint: {{every: 50 steps}}
  output: m
""")
        self.mlctl("train", "-f", "train.yaml", "--to", "whole")
        process = self.start_mlctl("train", "-f", "train.yaml")
        checkpoints = self.path("m.partial/checkpoints")
        self.assertTrue(until(lambda: os.path.isdir(checkpoints) and os.listdir(checkpoints)))
        self.assertTrue(kill_at(process, 0.05))
        again = self.mlctl("train", "-f", "train.yaml")
        self.assertSays(again, "going on from epoch")
        self.assertEqual(self.weights("m"), self.weights("whole"))
        self.mlctl("train", "-f", "train.yaml", "--set", "spec.data.dataset=d", "--to", "local")
        self.assertEqual(self.weights("local"), self.weights("whole"))

    def test_killed_at_any_time_it_ends_with_the_same_model(self):
        self.env["MLCTL_CACHE_SIZE"] = SMALL
        expected = self.local()
        duration = timed(lambda: self.train("--to", "m"))
        rng = random.Random(5)
        kills = 0
        for number in range(12):
            target = f"m{number}"
            command = ("train", self.url("d"), *self.arguments, "--to", target)
            for _ in range(2):
                kills += kill_at(self.start_mlctl(*command), rng.uniform(0.02, duration))
            self.mlctl(*command)
            self.assertEqual(self.weights(target), expected)
        self.assertGreaterEqual(kills, 8)


class Pictures(S3Test):
    def test_pictures_are_ingested_on_a_bad_day_of_the_network(self):
        write_pictures(self.path("photos"), 60)
        self.mlctl("upload", "photos", self.url("photos"))
        self.mlctl("ingest", "photos", "--to", "local")
        with FaultProxy(self.server.endpoint, BAD_DAY, seed=6) as proxy:
            self.env["AWS_ENDPOINT_URL"] = proxy.endpoint
            self.mlctl("ingest", self.url("photos"), "--to", "stored")
        self.assertEqual(self.read("stored/dataset.json"), self.read("local/dataset.json"))
        self.assertGreater(sum(proxy.met.values()), 20)

    def test_pictures_and_texts_train_from_a_store_as_from_a_folder(self):
        write_pictures(self.path("photos"), 20)
        self.mlctl("ingest", "photos", "--to", "pictures")
        rng = random.Random(1)
        words = {"good": ["fine", "nice", "warm"], "bad": ["cold", "sad", "poor"]}
        lines = [json.dumps({"text": " ".join(rng.choices(words[label] + ["the", "a"], k=8)), "label": label})
                 for label in rng.choices(list(words), k=200)]
        self.write("texts.jsonl", "\n".join(lines) + "\n")
        self.mlctl("ingest", "texts.jsonl", "--kind", "text", "--to", "texts")
        for name in ("pictures", "texts"):
            self.mlctl("upload", name, self.url(name))
            self.mlctl("train", name, "--to", f"{name}.local", "--epochs", "1")
            self.mlctl("train", self.url(name), "--to", f"{name}.stored", "--epochs", "1")
            self.assertEqual(tree(self.path(f"{name}.stored")), tree(self.path(f"{name}.local")))


if __name__ == "__main__":
    unittest.main()
