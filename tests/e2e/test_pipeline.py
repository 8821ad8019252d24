"""`mlctl run` that is stopped or killed: no stage goes on without it, and the same command ends the work."""
import os
import shutil
import signal

from support import ProjectTest, risk_csv, tree, until

PIPELINE = """apiVersion: mlctl.dev/v1
kind: Pipeline
metadata: {name: risk}
spec:
  stages:
    - name: in
      run: ingest
      with: {source: risk.csv, to: d, label: "column:risk"}
    - name: fit
      run: train
      with: {file: train.yaml}
"""
TRAIN = """apiVersion: mlctl.dev/v1
kind: Train
metadata: {name: risk}
spec: {data: {dataset: d}, model: {name: mlp, hidden: [64, 64]}, epochs: %d, batchSize: 8, output: m}
"""


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def runs(pid):
    """Any thread of it: a first thread that is dead already holds locks until the last one is."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            dead = file.read().rsplit(")", 1)[1].split()[0] == "Z"
        return not dead or len(os.listdir(f"/proc/{pid}/task")) > 1
    except FileNotFoundError:
        return False


class Pipelines(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("risk.csv", risk_csv(1500))
        self.write("pipeline.yaml", PIPELINE)

    def start_training(self):
        """The pipeline's process and its stage's, some epochs into the training."""
        self.write("train.yaml", TRAIN % 900)
        pipeline = self.start_mlctl("run", "-f", "pipeline.yaml")
        self.addCleanup(pipeline.communicate)
        self.addCleanup(pipeline.kill)
        self.assertTrue(until(lambda: pipeline.poll() is not None or self.checkpoints()), "no checkpoint yet")
        stages = children(pipeline.pid)
        self.assertEqual(len(stages), 1)
        return pipeline, stages[0]

    def checkpoints(self):
        return any("checkpoint" in path for path in tree(self.path("m.partial"))) if os.path.isdir(self.path("m.partial")) else False

    def finish(self):
        stages = self.mlctl("run", "-f", "pipeline.yaml", "-o", "json").json()["stages"]
        self.assertEqual([stage["status"] for stage in stages], ["skipped", "ran"])
        self.assertTrue(os.path.exists(self.path("m/model.json")))
        self.assertFalse(os.path.exists(self.path("m.partial")))

    def test_the_scaffold_says_what_to_edit_and_then_runs(self):
        self.assertIn('"source" in p/manifests/pipeline.yaml', self.mlctl("init", "p").err)
        failed = self.mlctl("run", "-f", "p/manifests/pipeline.yaml", code=5)
        self.assertIn("p/manifests/pipeline.yaml:9:22: stage ingest", failed.err)
        self.assertIn('p/source is not there: correct "source" of that stage', failed.err)
        run = self.mlctl("get", "run", "latest", "-o", "json").json()
        self.assertEqual((run["command"], run["status"], run["exitCode"]), ("run", "failed", 5))
        self.assertIn("stage ingest ended with exit code 5", run["error"])
        self.assertIn('correct "source"', run["hint"])
        self.assertIn("stage ingest ended with exit code 5", self.mlctl("logs", "run/latest").out)

    def test_a_killed_pipeline_leaves_no_stage_behind(self):
        pipeline, stage = self.start_training()
        pipeline.kill()
        pipeline.wait()
        self.assertTrue(until(lambda: not runs(stage), 5), "the stage goes on")
        self.assertFalse(os.path.exists(self.path("m")), "the stage went on to its end")
        self.finish()

    def test_an_interrupted_pipeline_stops_its_stage(self):
        pipeline, stage = self.start_training()
        pipeline.send_signal(signal.SIGINT)
        self.assertEqual(pipeline.wait(timeout=30), 75)
        self.assertFalse(runs(stage))
        self.finish()

    def test_a_stage_is_stale_when_the_dataset_of_its_manifest_changes(self):
        self.write("train.yaml", TRAIN % 1)

        def statuses():
            return [(stage["status"], stage["reason"]) for stage in
                    self.mlctl("run", "-f", "pipeline.yaml", "-o", "json").json()["stages"]]
        self.assertEqual([status for status, _ in statuses()], ["ran", "ran"])
        self.assertEqual([status for status, _ in statuses()], ["skipped", "skipped"])
        self.write("risk.csv", risk_csv(1500, seed=2))
        again = statuses()
        runs = self.mlctl("get", "runs", "-o", "json").json()["items"]
        self.assertEqual([(run["status"], run["parameters"]) for run in runs if run["command"] == "run"],
                         [("succeeded", {"pipeline": "risk"})] * 3)
        self.assertEqual(again, [("ran", "risk.csv has changed"), ("ran", "d has changed")])
        shutil.rmtree(self.path("m"))
        self.assertEqual(statuses()[1], ("ran", "m is missing"))
