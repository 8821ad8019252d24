"""From data to a model: defaults that learn, kills that leave no trace, checkpoints, exports that PyTorch reads."""
import csv
import json
import os
import random
import shutil
import signal
import struct
import time
import unittest

from support import ProjectTest, kill_at, risk_csv, timed, tree, write_pictures


EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "manifests", "examples")


def iris_csv():
    """scikit-learn's iris, with the names of its columns and classes."""
    import sklearn.datasets
    data = sklearn.datasets.load_iris()
    lines = ["sepal_length,sepal_width,petal_length,petal_width,species"]
    lines += [",".join(map(str, row)) + "," + data.target_names[label] for row, label in zip(data.data.tolist(), data.target)]
    return "\n".join(lines) + "\n"


class Training(ProjectTest):
    def ingest(self, content, label, to="d", name="data.csv"):
        self.write(name, content)
        self.mlctl("ingest", name, "--kind", "table", "--label", label, "--to", to)

    def metrics_lines(self):
        runs = self.path(".mlctl", "runs")
        run = sorted(each for each in os.listdir(runs) if each.startswith("train"))[-1]
        with open(os.path.join(runs, run, "metrics.jsonl")) as file:
            return os.path.join(runs, run), [json.loads(line) for line in file]

    def test_iris_from_file_to_model(self):
        self.ingest(iris_csv(), "species")
        result = self.mlctl("train", "d", "--to", "m", "-o", "json").json()
        self.assertEqual((result["kind"], result["task"]), ("Model", "classification"))
        self.assertEqual(result["classes"], ["setosa", "versicolor", "virginica"])
        self.assertGreaterEqual(result["metrics"]["accuracy"], 0.7)  # of 14 flowers
        self.assertEqual(sorted(name for name in os.listdir(self.path("m")) if not name.startswith(".")),
                         ["model.json", "weights.safetensors"])
        judged = self.mlctl("eval", "m", "--data", "d", "-o", "json").json()
        self.assertGreater(judged["metrics"]["accuracy"], 0.75)  # a majority class has a third
        again = self.mlctl("train", "d", "--to", "m")
        self.assertIn("up to date", again.err)
        self.mlctl("train", "d", "--to", "m", "--seed", "2", code=6)

    def test_the_model_holds_nothing_of_this_machine(self):
        self.ingest(iris_csv(), "species")
        self.mlctl("train", "d", "--to", "m", "--epochs", "3")
        with open(self.path("m", "model.json")) as file:
            text = file.read()
        for secret in (self.folder, os.uname().nodename, time.strftime("%Y-%m-%d")):
            self.assertNotIn(secret, text)
        self.mlctl("train", "d", "--to", "other", "--epochs", "3")
        self.assertEqual(tree(self.path("m")), tree(self.path("other")))

    def test_regression_of_numbers(self):
        rng = random.Random(3)
        rows = [(rng.gauss(0, 1), rng.gauss(5, 2), rng.choice("ab")) for _ in range(2000)]
        self.ingest("x,z,kind,price\n" + "".join(f"{x},{z},{k},{1000 + 300 * x - 50 * z + (200 if k == 'a' else 0)}\n"
                                                  for x, z, k in rows), "price")
        self.assertGreater(self.mlctl("train", "d", "--to", "m", "-o", "json").json()["metrics"]["r2"], 0.98)

    def test_texts(self):
        rng = random.Random(4)
        words = {"sport": "goal team match score coach league".split(), "food": "salt oven bread taste cook sugar".split()}
        filler = "the a of and to in it was on with".split()
        with open(self.path("texts.jsonl"), "w") as file:
            for number in range(1500):
                label = rng.choice(list(words))
                text = [rng.choice(filler) for _ in range(12)] + [rng.choice(words[label])]
                rng.shuffle(text)
                file.write(json.dumps({"text": " ".join(text), "label": label}) + "\n")
        self.mlctl("ingest", "texts.jsonl", "--kind", "text", "--to", "t")
        self.assertGreater(self.mlctl("train", "t", "--to", "m", "-o", "json").json()["metrics"]["accuracy"], 0.95)

    def test_ratings_beat_their_mean(self):
        rng = random.Random(5)
        users = [(rng.gauss(0, 0.6), [rng.gauss(0, 0.5) for _ in range(3)]) for _ in range(300)]
        items = [(rng.gauss(0, 0.6), [rng.gauss(0, 0.5) for _ in range(3)]) for _ in range(100)]
        with open(self.path("ratings.csv"), "w") as file:
            writer = csv.writer(file)
            writer.writerow(["user", "item", "rating"])
            for _ in range(15000):
                u, i = rng.randrange(300), rng.randrange(100)
                value = 3.5 + users[u][0] + items[i][0] + sum(a * b for a, b in zip(users[u][1], items[i][1]))
                writer.writerow([f"u{u}", f"i{i}", min(5, max(1, round(value + rng.gauss(0, 0.2))))])
        self.mlctl("ingest", "ratings.csv", "--kind", "ratings", "--to", "r")
        self.assertGreater(self.mlctl("train", "r", "--to", "m", "-o", "json").json()["metrics"]["r2"], 0.4)

    def test_pictures(self):
        write_pictures(self.path("photos"), 120)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "p")
        result = self.mlctl("train", "p", "--to", "m", "-o", "json").json()
        self.assertGreater(result["metrics"]["accuracy"], 0.6)  # one of three by chance

    def test_metrics_files(self):
        self.ingest(iris_csv(), "species")
        self.mlctl("train", "d", "--to", "m", "--epochs", "4")
        folder, lines = self.metrics_lines()
        self.assertEqual([line["epoch"] for line in lines if "val_loss" in line], [1, 2, 3, 4])
        events = [name for name in os.listdir(folder) if name.startswith("events.out.tfevents.")]
        with open(os.path.join(folder, events[0]), "rb") as file:
            content = file.read()
        records, at = 0, 0
        while at < len(content):
            at += 16 + struct.unpack_from("<Q", content, at)[0]
            records += 1
        self.assertEqual((at, records), (len(content), 1 + len(lines)))

    def test_dry_run_writes_nothing(self):
        self.ingest(iris_csv(), "species")
        plan = self.mlctl("train", "d", "--to", "m", "--dry-run", "-o", "json").json()
        self.assertEqual(plan["kind"], "TrainPlan")
        self.assertEqual(sum(layer["parameters"] for layer in plan["network"]["layers"]), plan["network"]["parameters"])
        self.assertFalse(os.path.exists(self.path("m")) or os.path.exists(self.path("m.partial")))

    def test_manifest_flags_and_sets(self):
        self.ingest(risk_csv(500), "risk")
        self.write("t.yaml", "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n  data: {dataset: d}\n"
                   "  model: {name: mlp, hidden: [8]}\n  classWeights: balanced\n  epochs: 9\n  output: m\n")
        plan = self.mlctl("train", "-f", "t.yaml", "--set", "spec.epochs=7", "--batch-size", "32", "--dry-run", "-o", "json").json()
        self.assertEqual((plan["spec"]["epochs"], plan["spec"]["batchSize"], plan["spec"]["model"]["hidden"]), (7, 32, [8]))
        self.mlctl("train", "-f", "t.yaml", "--epochs", "2")
        self.assertTrue(os.path.exists(self.path("m", "model.json")))


class Interruptions(ProjectTest):
    COMMAND = ["train", "d", "--epochs", "8", "--batch-size", "8"]

    def setUp(self):
        super().setUp()
        self.write("risk.csv", risk_csv(3000))
        self.mlctl("ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d")

    def test_kill_in_the_middle_leaves_no_trace(self):
        seconds = timed(lambda: self.mlctl(*self.COMMAND, "--to", "whole"))
        whole = tree(self.path("whole"))
        rng = random.Random(6)
        for number in range(4):
            output = f"cut{number}"
            for _ in range(3):
                kill_at(self.start_mlctl(*self.COMMAND, "--to", output), rng.uniform(0.3, 1) * seconds)
            self.mlctl(*self.COMMAND, "--to", output)
            self.assertEqual(tree(self.path(output)), whole)

    def test_sigterm_saves_and_goes_on(self):
        whole_command = ["train", "d", "--epochs", "60", "--batch-size", "8"]
        process = self.start_mlctl(*whole_command, "--to", "m", "--progress", "json")
        for line in process.stderr:
            if b'"Epoch"' in line:
                break
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, err)
        self.assertIn(b"again", err)
        self.assertFalse(os.path.exists(self.path("m")))
        resumed = self.mlctl(*whole_command, "--to", "m")
        self.assertIn("going on from", resumed.err)
        self.mlctl(*whole_command, "--to", "whole")
        self.assertEqual(tree(self.path("m")), tree(self.path("whole")))


class Examples(ProjectTest):
    """Every example manifest of a training, on small data of its kind."""

    def train(self, example, dataset, *ingest):
        shutil.copy(os.path.join(EXAMPLES, example), self.path(example))
        self.mlctl("ingest", *ingest, "--to", f"data/{dataset}")
        result = self.mlctl("train", "-f", example, "--epochs", "3", "-o", "json").json()
        self.assertEqual(result["path"], self.path("models", dataset) if os.path.isabs(result["path"]) else f"models/{dataset}")
        self.mlctl("eval", f"models/{dataset}", "--data", f"data/{dataset}")
        return result["metrics"]

    def test_pictures_of_100_pixels(self):
        write_pictures(self.path("photos"), 24, size=100)
        self.train("rabbits-cnn-100.yaml", "rabbits", "photos", "--kind", "image")

    def test_pictures_of_28_pixels(self):
        write_pictures(self.path("photos"), 60, size=28)
        self.train("fashion-cnn-28.yaml", "fashion", "photos", "--kind", "image")

    def test_risk_with_class_weights(self):
        self.write("risk.csv", risk_csv(1500))
        self.assertGreater(self.train("risk-table.yaml", "risk", "risk.csv", "--kind", "table", "--label", "risk")["accuracy"], 0.8)

    def test_linear_regression(self):
        rng = random.Random(8)
        rows = [(rng.gauss(0, 1), rng.gauss(3, 2)) for _ in range(800)]
        self.write("prices.csv", "x,z,price\n" + "".join(f"{x},{z},{5 * x - z + 7}\n" for x, z in rows))
        self.assertGreater(self.train("linear-regression.yaml", "prices", "prices.csv", "--kind", "table", "--label", "price")["r2"], 0.9)

    def test_topics(self):
        rng = random.Random(9)
        words = {"sport": "goal team match", "food": "salt oven bread"}
        self.write("topics.jsonl", "".join(json.dumps({"text": " ".join(rng.choices(words[label].split() + ["the", "a"], k=8)), "label": label}) + "\n"
                                           for label in rng.choices(list(words), k=600)))
        self.assertGreater(self.train("text-classification.yaml", "topics", "topics.jsonl", "--kind", "text")["accuracy"], 0.9)

    def test_ratings(self):
        rng = random.Random(10)
        self.write("ratings.csv", "user,item,rating\n" + "".join(f"u{rng.randrange(50)},i{item},{1 + item % 5}\n"
                                                               for item in rng.choices(range(30), k=3000)))
        self.train("recommender.yaml", "ratings", "ratings.csv", "--kind", "ratings")


class Exports(ProjectTest):
    def test_pytorch_reads_both_and_gives_the_same_numbers(self):
        import torch
        self.write("line.csv", "x,z,y\n" + "".join(f"{n % 17},{n % 5},{3 * (n % 17) - 2 * (n % 5)}\n" for n in range(400)))
        self.mlctl("ingest", "line.csv", "--kind", "table", "--label", "y", "--to", "d")
        self.mlctl("train", "d", "--to", "m", "--epochs", "5", "--model", "linear")
        self.mlctl("export", "m", "--format", "torchscript", "--to", "m.pt")
        self.mlctl("export", "m", "--format", "safetensors", "--to", "m.safetensors")
        self.mlctl("export", "m", "--format", "onnx", "--to", "m.onnx", code=2)
        self.mlctl("export", "nowhere", "--format", "safetensors", "--to", "n", code=5)
        with open(self.path("m.safetensors"), "rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            header = json.loads(file.read(size))
            data = file.read()

        def tensor(name):
            begin, end = header[name]["data_offsets"]
            return torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(header[name]["shape"])
        inputs = torch.randn(6, 2)
        names = sorted(name for name in header if name != "__metadata__")
        expected = inputs @ tensor(names[1]).T + tensor(names[0])
        script = torch.jit.load(self.path("m.pt"))
        self.assertLess((script(inputs, torch.zeros(6, 0, dtype=torch.int32)) - expected).abs().max().item(), 1e-5)


if __name__ == "__main__":
    unittest.main()
