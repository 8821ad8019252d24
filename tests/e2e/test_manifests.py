"""apply and diff with the real binary: what a manifest says is done, and then nothing is left to do."""
import json
import os

import tiny_model
from support import ProjectTest, free_port, risk_csv

HEAD = "apiVersion: mlctl.dev/v1\nkind: {}\nmetadata: {{name: {}}}\nspec:\n"


class Manifests(ProjectTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.stop_endpoints)

    def manifest(self, kind, spec, name="risk"):
        self.write(f"{kind.lower()}.yaml", HEAD.format(kind, name) + "".join(f"  {line}\n" for line in spec))
        return f"{kind.lower()}.yaml"

    def ingest(self, seed=1):
        self.write("risk.csv", risk_csv(300, seed))
        self.mlctl("ingest", "risk.csv", "--to", "d", "--label", "column:risk", "--overwrite")

    def train_manifest(self):
        return self.manifest("Train", ["data: {dataset: d}", "model: {name: mlp, hidden: [8]}", "optimizer: {name: adam, lr: 0.01}",
                                       "epochs: 2", "batchSize: 32", "output: m"])

    def same(self, file):
        self.assertEqual(self.mlctl("diff", "-f", file).out, "")

    def changed(self, file, *more):
        return self.mlctl("diff", "-f", file, *more, code=1).out

    def test_a_training(self):
        self.ingest()
        file = self.train_manifest()
        self.assertIn("nothing yet", self.changed(file))
        self.mlctl("apply", "-f", file)
        self.same(file)
        self.assertIn("- spec.epochs: 2\n+ spec.epochs: 3\n", self.changed(file, "--set", "spec.epochs=3"))
        self.mlctl("apply", "-f", file)  # up to date
        self.same(file)
        self.ingest(seed=2)
        self.assertIn("content of d", self.changed(file))
        self.mlctl("diff", "-f", file, "--set", "spec.epoch=3", code=2)
        self.mlctl("diff", "-f", "nothing.yaml", code=2)

    def test_flags_beyond_the_manifest_are_changes_that_applying_takes_back(self):
        self.ingest()
        file = self.train_manifest()
        self.mlctl("train", "-f", file, "--epochs", "1")
        self.assertIn("- spec.epochs: 1\n+ spec.epochs: 2\n", self.changed(file))

    def test_cleaning_and_judging(self):
        self.ingest()
        clean = self.manifest("Clean", ["dataset: d", "output: c", "rules: {outliers: iqr, missing: median}"])
        self.mlctl("apply", "-f", clean)
        self.same(clean)
        self.assertIn("missing", self.changed(clean, "--set", "spec.rules.missing=mean"))
        self.mlctl("apply", "-f", self.train_manifest())
        judge = self.manifest("Eval", ["model: m", "data: d:test", "gate: ['accuracy>=0.01']"])
        self.changed(judge)
        self.mlctl("apply", "-f", judge)
        self.same(judge)
        self.assertIn("spec.gate", self.changed(judge, "--set", "spec.gate[0]=accuracy>=0.02"))
        strict = self.manifest("Eval", ["model: m", "data: d", "gate: ['accuracy>=1.01']"])
        self.mlctl("apply", "-f", strict, code=11)

    def test_a_deployment(self):
        tiny_model.linear(self.path("one"), 1.0)
        file = self.manifest("Deploy", ["model: one", f"port: {free_port()}", "replicas: 1"], name="e")
        self.changed(file)
        self.mlctl("apply", "-f", file)
        self.same(file)
        self.assertEqual(json.loads(self.mlctl("predict", "e", '{"x":1}').out)["value"], 1)
        self.assertIn("spec.replicas", self.changed(file, "--set", "spec.replicas=2"))
        tiny_model.linear(self.path("one"), 2.0)
        self.assertIn("spec.model", self.changed(file))
        self.mlctl("apply", "-f", file)
        self.same(file)
        self.assertEqual(json.loads(self.mlctl("predict", "e", '{"x":1}').out)["value"], 2)
        self.mlctl("diff", "-f", file, "--set", "spec.model=nowhere", code=2)

    def test_all_manifests_of_a_life_at_once(self):
        self.ingest()
        files = [self.train_manifest(), self.manifest("Eval", ["model: m", "data: d", "gate: ['accuracy>=0.01']"]),
                 self.manifest("Deploy", ["model: m", f"port: {free_port()}"], name="e")]
        self.mlctl("apply", *[word for file in files for word in ("-f", file)])
        for file in files:
            self.same(file)
        self.assertEqual(self.endpoint_status()["state"], "ready")

    def test_a_pipeline(self):
        self.write("risk.csv", risk_csv(300))
        file = self.manifest("Pipeline", ["stages:", "  - {name: in, run: ingest, with: {source: risk.csv, to: d, label: 'column:risk'}}",
                                          "  - {name: fit, run: train, with: {dataset: d, to: m, epochs: 1}}"])
        self.changed(file)
        self.mlctl("apply", "-f", file)
        self.same(file)
        self.assertTrue(os.path.exists(self.path("m/model.json")))
        self.write("risk.csv", risk_csv(300, seed=2))
        self.assertIn("risk.csv has changed", self.changed(file))
        self.mlctl("apply", "-f", file)
        self.same(file)
