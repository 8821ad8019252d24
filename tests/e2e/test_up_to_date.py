"""Up to date means verified: what is gone, cut or edited is noticed by every command that would leave it alone,
and a new time or a copy is no damage. A source that changes while it is read makes no dataset."""
import collections
import csv
import glob
import os
import shutil
import subprocess
import threading

from support import MLCTL, ProjectTest, risk_csv, tree, write_pictures

PIPELINE = """apiVersion: mlctl.dev/v1
kind: Pipeline
metadata: {name: p}
spec:
  stages:
    - {name: in, run: ingest, with: {source: risk.csv, label: "column:risk", to: data/raw}}
    - {name: tidy, run: clean, with: {dataset: data/raw, to: data/clean, report: clean.html}}
    - {name: fit, run: train, with: {dataset: data/clean, to: models/m, model: linear, epochs: 1}}
    - {name: judge, run: eval, with: {model: models/m, data: data/clean, report: eval.html}}
"""
INGEST = ("ingest", "risk.csv", "--label", "column:risk", "--to", "data/raw")
CLEAN = ("clean", "data/raw", "--to", "data/clean")
TRAIN = ("train", "data/clean", "--to", "models/m", "--model", "linear", "--epochs", "1")


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def empty(path):
    os.truncate(path, 0)


def edit(path):
    """One byte, in place; size and time of modification as before."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(status.st_size // 2)
        byte = file.read(1)
        file.seek(status.st_size // 2)
        file.write(b"7" if byte != b"7" else b"8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


DAMAGES = {"gone": os.remove, "empty": empty, "cut": cut, "edited": edit}
# Of each output: a file of its content and its document, who makes it, and which stage that is.
OUTPUTS = [("data/raw", ("train-000000.csv", "train-000000.safetensors", "dataset.json"), INGEST, "in"),
           ("data/clean", ("train-000000.csv", "dataset.json"), CLEAN, "tidy"),
           ("models/m", ("weights.safetensors", "model.json"), TRAIN, "fit")]


class UpToDate(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("risk.csv", risk_csv(400))
        self.write("p.yaml", PIPELINE)
        self.mlctl("run", "-q", "-f", "p.yaml")
        self.kept = self.path("kept")
        os.mkdir(self.kept)
        for name in ("data", "models"):
            shutil.copytree(self.path(name), os.path.join(self.kept, name))

    def statuses(self, *flags):
        stages = self.mlctl("run", "-f", "p.yaml", *flags, "-o", "json").json()["stages"]
        return {stage["name"]: (stage["status"], stage["reason"]) for stage in stages}

    def assert_restored(self, *names):
        for name in names or ("data", "models"):
            self.assertEqual({path: digest for path, digest in tree(self.path(name)).items() if "evaluations" not in path},
                             {path: digest for path, digest in tree(os.path.join(self.kept, name)).items() if "evaluations" not in path})

    def damages(self):
        for output, files, command, stage in OUTPUTS:
            for file in files:
                for name, harm in DAMAGES.items():
                    with self.subTest(file=f"{output}/{file}", damage=name):
                        yield output, file, harm, command, stage

    def test_a_pipeline_makes_anew_what_is_damaged(self):
        for output, file, harm, _, stage in self.damages():
            harm(self.path(output, file))
            status, reason = self.statuses()[stage]
            self.assertEqual(status, "ran", reason)
            self.assertIn(file, reason)
            self.assert_restored()
            self.assertEqual({status for status, _ in self.statuses().values()}, {"skipped"})

    def test_a_command_refuses_what_is_damaged_and_overwrites_it_when_told(self):
        for output, file, harm, command, _ in self.damages():
            harm(self.path(output, file))
            refused = self.mlctl(*command, code=10)
            self.assertIn(file, refused.err)
            self.assertIn("--overwrite", refused.err)
            self.assertNotIn("up to date", self.mlctl(*command, "--overwrite").err)
            self.assert_restored(output)
            self.assertIn("up to date", self.mlctl(*command).err)

    def test_what_looks_at_a_damaged_thing_says_so(self):
        for output, file, harm, _, _ in self.damages():
            kind = "model" if output.startswith("models") else "dataset"
            harm(self.path(output, file))
            for command in (("get", f"{kind}s"), ("describe", kind, output), ("why", kind, output)):
                self.assertIn(self.run_mlctl(*command).code, (0, 5, 10))
            if harm is not edit and file != "train-000000.safetensors":
                self.assertIn(file, self.run_mlctl("describe", kind, output).err)
            self.mlctl("delete", kind, output, "--yes")
            self.assertFalse(os.path.exists(self.path(output)))
            shutil.copytree(os.path.join(self.kept, output), self.path(output))

    def test_reports_and_evaluations_are_outputs_too(self):
        for path in ("eval.html", *(os.path.relpath(file, self.folder) for file in glob.glob(self.path("models/m/evaluations/*")))):
            for harm in (os.remove, cut):
                with self.subTest(path=path, harm=harm.__name__):
                    harm(self.path(path))
                    self.assertEqual(self.statuses()["judge"][0], "ran")
                    self.assertEqual(self.statuses()["judge"][0], "skipped")

    def test_new_times_and_copies_are_no_damage(self):
        for output, _, command, _ in OUTPUTS:
            for file in glob.glob(self.path(output, "*")):
                os.utime(file)
            self.assertIn("up to date", self.mlctl(*command).err)
            shutil.move(self.path(output), self.path("moved"))
            shutil.copytree(self.path("moved"), self.path(output))
            shutil.rmtree(self.path("moved"))
            self.assertIn("up to date", self.mlctl(*command).err)
            self.write(os.path.join(output, "notes.txt"), "mine")
            self.assertIn("up to date", self.mlctl(*command, "--verify").err)
        self.assertEqual({status for status, _ in self.statuses().values()}, {"skipped"})
        self.assertEqual({status for status, _ in self.statuses("--verify").values()}, {"skipped"})

    def test_what_was_never_seen_is_read(self):
        shutil.rmtree(self.path(".mlctl"))
        os.mkdir(self.path(".mlctl"))
        edit(self.path("data/raw/train-000000.csv"))
        self.mlctl(*INGEST, code=10)
        self.mlctl(*CLEAN, code=10)

    def test_a_damaged_input_is_refused_before_its_output_is_called_up_to_date(self):
        cut(self.path("data/clean/train-000000.csv"))
        self.assertIn("train-000000.csv", self.mlctl(*TRAIN, code=10).err)
        self.assertIn("train-000000.csv", self.mlctl("eval", "models/m", "--data", "data/clean:train", code=10).err)

    def test_what_others_made_is_never_replaced(self):
        os.mkdir(self.path("mine"))
        self.write("mine/thesis.txt", "dear")
        self.write("mine/dataset.json", "")
        for command in (INGEST, CLEAN, TRAIN):
            self.mlctl(*command[:command.index("--to") + 1], "mine", *command[command.index("--to") + 2:], "--overwrite", code=6)
        self.assertEqual(sorted(os.listdir(self.path("mine"))), ["dataset.json", "thesis.txt"])


class Companions(ProjectTest):
    def test_the_pictures_of_a_list_and_the_labels_of_an_idx_file_are_inputs_too(self):
        write_pictures(self.path("s"), per_class=6, classes=("disc", "square"))
        rows = [(f"s/{label}/{label} {n:04d}.png", label) for label in ("disc", "square") for n in range(6)]
        self.write("list.csv", "path,label\n" + "".join(f"{path},{label}\n" for path, label in rows))
        self.write("x-images-idx3-ubyte", bytes([0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 4, 0, 0, 0, 4]) + bytes(range(40)) * 16)
        labels = self.write("x-labels-idx1-ubyte", bytes([0, 0, 8, 1, 0, 0, 0, 40]) + bytes([0, 1] * 20))
        for source, companion, other in (("list.csv", rows[0][0], rows[7][0]), ("x-images-idx3-ubyte", labels, None)):
            self.mlctl("ingest", source, "--kind", "image", "--to", "d", "--overwrite", "-q")
            self.assertIn("up to date", self.mlctl("ingest", source, "--kind", "image", "--to", "d").err)
            if other:
                shutil.copyfile(self.path(other), self.path(companion))
            else:
                self.write(companion, bytes([0, 0, 8, 1, 0, 0, 0, 40]) + bytes([1, 0] * 20))
            self.mlctl("ingest", source, "--kind", "image", "--to", "d", code=6)


class ChangingSources(ProjectTest):
    def replace_until(self, path, states, done):
        turn = 0
        while not done.is_set():
            turn += 1
            shutil.copyfile(states[turn % 2], path + ".new")
            os.rename(path + ".new", path)
            done.wait(0.02)

    def ingest_while_replaced(self, source, path, states, *flags):
        """The exit codes of some ingests of a source of which a file is replaced all the time."""
        done, codes = threading.Event(), []
        other = threading.Thread(target=self.replace_until, args=(self.path(path), states, done))
        other.start()
        try:
            for _ in range(6):
                shutil.rmtree(self.path("d"), ignore_errors=True)
                code = subprocess.run([MLCTL, "ingest", source, "--to", "d", "-q", *flags], cwd=self.folder, env=self.env,
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=120).returncode
                codes.append(code)
                yield code
        finally:
            done.set()
            other.join()
        self.assertLessEqual(set(codes), {0, 6})

    def test_a_table_is_of_one_file(self):
        rows = ["size,zone,price"] + [f"{i % 97}.5,{'north' if i % 2 else 'ZONE'},{i}.25" for i in range(60000)]
        states = [self.write(f"{zone}.csv", "\n".join(rows).replace("ZONE", zone)) for zone in ("south", "SOUTH")]
        shutil.copyfile(states[0], self.path("s.csv"))
        for code in self.ingest_while_replaced("s.csv", "s.csv", states, "--label", "column:price"):
            if code != 0:
                self.assertFalse(os.path.exists(self.path("d")))
                continue
            zones = collections.Counter()
            for shard in glob.glob(self.path("d/*.csv")):
                with open(shard, newline="") as file:
                    zones.update(row["zone"] for row in csv.DictReader(file))
            self.assertEqual(len(zones), 2, zones)
            columns = self.mlctl("describe", "dataset", "d", "-o", "json").json()["columns"]
            self.assertEqual([c["categories"] for c in columns if c["name"] == "zone"], [sorted(zones)])

    def test_pictures_are_those_that_were_hashed(self):
        write_pictures(self.path("s"), per_class=30)
        picture = "s/disc/disc 0000.png"
        states = [self.path("s/disc/disc 0001.png"), self.path("s/square/square 0001.png")]
        for code in self.ingest_while_replaced("s", picture, states):
            if code == 0:
                self.mlctl("why", "dataset", "d")
