"""eval: metrics, gates, baseline, report."""
import json
import os
import re

from support import ProjectTest, write_pictures

IRIS = "/usr/lib/python3/dist-packages/sklearn/datasets/data/iris.csv"
CLASSIFICATION = ["accuracy", "balanced_accuracy", "precision", "recall", "f1", "log_loss"]


class Eval(ProjectTest):
    def make_iris(self):
        with open(IRIS) as file:
            rows = file.read().splitlines()[1:]
        names = ["setosa", "versicolor", "virginica"]
        self.write("iris.csv", "a,b,c,d,species\n" + "".join(f"{row[:-1]}{names[int(row[-1])]}\n" for row in rows))
        self.mlctl("ingest", "iris.csv", "--kind", "table", "--label", "species", "--to", "d")
        self.mlctl("train", "d", "--to", "m", "--epochs", "20")

    def test_the_document_is_the_one_in_the_contract(self):
        self.make_iris()
        document = self.mlctl("eval", "m", "--data", "d", "-o", "json").json()
        self.assertEqual((document["apiVersion"], document["kind"]), ("mlctl.dev/v1", "Evaluation"))
        self.assertEqual((document["task"], document["split"]), ("classification", "test"))
        self.assertEqual(list(document["metrics"]), CLASSIFICATION)
        self.assertEqual(document["gates"], [])
        counts = document["confusion"]["counts"]
        self.assertEqual(document["confusion"]["labels"], ["setosa", "versicolor", "virginica"])
        self.assertEqual(sum(map(sum, counts)), document["samples"])
        self.assertAlmostEqual(sum(counts[k][k] for k in range(3)) / document["samples"], document["metrics"]["accuracy"])
        self.assertEqual(self.mlctl("eval", "m", "--data", "d:train", "-o", "json").json()["split"], "train")

    def test_gates(self):
        self.make_iris()
        passed = self.mlctl("eval", "m", "--data", "d", "--gate", "accuracy>=0.5", "-o", "json").json()["gates"]
        self.assertEqual([gate["passed"] for gate in passed], [True])
        failed = self.mlctl("eval", "m", "--data", "d", "--gate", "accuracy>=0.5", "--gate", "log_loss<0", "-o", "json", code=11)
        self.assertEqual([gate["passed"] for gate in failed.json()["gates"]], [True, False])
        error = json.loads(failed.err.strip().splitlines()[-1])
        self.assertEqual(error["code"], 11)
        self.assertRegex(error["message"], r"log_loss<0: \S+ is \S+ above")
        run = self.mlctl("get", "run", "latest", "-o", "json").json()
        self.assertEqual((run["command"], run["status"], run["exitCode"]), ("eval", "failed", 11))
        self.assertIn("log_loss<0", run["error"])
        self.assertEqual(run["metrics"], failed.json()["metrics"])
        newest = sorted(os.listdir(self.path("m/evaluations")))[-1]
        with open(self.path("m/evaluations", newest)) as file:
            self.assertEqual(json.load(file), failed.json())
        self.assertIn("did you mean accuracy?", self.mlctl("eval", "m", "--data", "d", "--gate", "acuracy>1", code=2).err)
        self.assertIn("accuracy>=0.90", self.mlctl("eval", "m", "--data", "d", "--gate", "accuracy", code=2).err)

    def test_baseline(self):
        self.make_iris()
        self.mlctl("train", "d", "--to", "poor", "--epochs", "1", "--lr", "0.0001")
        document = self.mlctl("eval", "m", "--data", "d:train", "--baseline", "poor", "-o", "json").json()["baseline"]
        self.assertEqual(document["name"], "poor")
        self.assertTrue(document["difference"]["log_loss"]["significant"])
        self.assertLess(document["difference"]["log_loss"]["high"], 0)
        same = self.mlctl("eval", "m", "--data", "d:train", "--baseline", "m", "-o", "json").json()["baseline"]
        self.assertFalse(any(one["significant"] for one in same["difference"].values()))

    def test_what_does_not_fit_is_refused(self):
        self.make_iris()
        self.assertIn("would judge m on the test split", self.mlctl("eval", "m", "--data", "d", "--dry-run").out)
        self.assertFalse(os.path.exists(self.path("m/evaluations")))
        self.write("line.csv", "x,label\n" + "".join(f"{n},{n * 3.5}\n" for n in range(300)))
        self.mlctl("ingest", "line.csv", "--kind", "table", "--to", "line")
        self.mlctl("eval", "m", "--data", "line", code=7)
        self.mlctl("eval", "m", "--data", "d:nowhere", code=5)
        self.mlctl("eval", "m", code=2)
        self.mlctl("eval", "nowhere", "--data", "d", code=5)

    def test_a_damaged_split_is_not_judged(self):
        self.make_iris()
        with open(self.path("d/test-000000.csv"), "r+b") as file:
            file.seek(30)
            file.write(b"7")
        self.assertIn("test-000000.csv", self.mlctl("eval", "m", "--data", "d", code=10).err)

    def test_regression(self):
        self.write("line.csv", "x,z,label\n" + "".join(f"{n % 97},{n % 31},{(n % 97) * 3.5 - (n % 31)}\n" for n in range(2000)))
        self.mlctl("ingest", "line.csv", "--kind", "table", "--to", "line")
        self.mlctl("train", "line", "--to", "m", "--epochs", "20")
        document = self.mlctl("eval", "m", "--data", "line", "--gate", "r2>=0.9", "--report", "r.html", "-o", "json").json()
        self.assertEqual(list(document["metrics"]), ["mse", "rmse", "mae", "r2"])
        self.assertNotIn("confusion", document)
        with open(self.path("r.html")) as file:
            report = file.read()
        self.assertIn("Predicted against true", report)
        self.assertIn("Residuals", report)

    def test_recommendation(self):
        rows = [f"u{u},i{i},{5 if (u % 4 == i % 4) else 1}" for u in range(60) for i in range(60) if (u * 7 + i * 3) % 4]
        self.write("ratings.csv", "user,item,rating\n" + "\n".join(rows) + "\n")
        self.mlctl("ingest", "ratings.csv", "--kind", "ratings", "--to", "d")
        self.mlctl("train", "d", "--to", "m", "--epochs", "10")
        metrics = self.mlctl("eval", "m", "--data", "d", "-o", "json").json()["metrics"]
        self.assertEqual(list(metrics), ["mse", "rmse", "mae", "hit_rate@10", "ndcg@10"])
        self.assertGreater(metrics["hit_rate@10"], 0.3)

    def test_the_report_shows_rows_and_is_one_file(self):
        self.make_iris()
        self.mlctl("train", "d", "--to", "poor", "--epochs", "1", "--lr", "0.0001")
        self.mlctl("eval", "poor", "--data", "d:train", "--gate", "accuracy>=2", "--report", "out/eval.html", code=11)
        with open(self.path("out/eval.html")) as file:
            report = file.read()
        for part in ("Confusion matrix", "ROC", "Precision and recall", "Reliability", "Worst mistakes", "virginica", "accuracy&gt;=2 failed"):
            self.assertIn(part, report)
        self.assertEqual(re.findall(r"(?:src|href)=\"(?!data:)|<script|url\(", report), [])

    def test_the_report_shows_pictures(self):
        write_pictures(self.path("photos"), 60)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d")
        self.mlctl("train", "d", "--to", "m", "--epochs", "1", "--lr", "0.00001")
        self.mlctl("eval", "m", "--data", "d:train", "--report", "eval.html")
        with open(self.path("eval.html")) as file:
            report = file.read()
        self.assertGreater(report.count('src="data:image/png;base64,iVBOR'), 3)
        self.assertTrue(re.search(r"(disc|square|stripes) 00\d\d.png", report), "no file is named")


del ProjectTest
