"""Bad input of every kind: a message with the place and the remedy, the documented exit code, nothing half-written."""
import hashlib
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tarfile
import time
import unittest
import zipfile
import zlib

from support import MLCTL, Outcome, ProjectTest, risk_csv, write_pictures

ROOT_ONLY = unittest.skipUnless(os.geteuid() == 0, "mounting a file system needs root")


def png(width, height, data=b""):
    """A PNG of stated size whose pixels are `data` (compressed), however little that is."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


class BadInput(ProjectTest):
    def refused(self, arguments, code, *mentions, output=None):
        """The command fails with `code`, says every one of `mentions`, and leaves no `output`."""
        outcome = self.mlctl(*arguments, code=code)
        self.assertEqual(outcome.out, "", outcome)
        self.assertTrue(outcome.err.startswith("error:") or "\nerror:" in outcome.err, outcome)
        for mention in mentions:
            self.assertIn(mention, outcome.err)
        if output:
            self.assertFalse(os.path.exists(self.path(output)), f"{output} was left behind")
        return outcome

    def make_table(self, name="d", rows=400):
        self.write("risk.csv", risk_csv(rows))
        self.mlctl("ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", name)

    def make_model(self, name="m"):
        self.make_table()
        self.mlctl("train", "d", "--to", name, "--epochs", "1")


class BadSources(BadInput):
    def test_missing_path(self):
        self.refused(["ingest", "nowhere", "--to", "d"], 5, "nowhere", output="d")
        self.refused(["clean", "nowhere", "--to", "d"], 5, "nowhere", output="d")
        self.refused(["train", "nowhere", "--to", "m"], 5, "nowhere", output="m")
        self.refused(["eval", "nowhere", "--data", "nowhere"], 5, "nowhere")
        self.refused(["upload", "nowhere", f"file://{self.path('store')}/"], 5, "nowhere", output="store")
        self.refused(["deploy", "nowhere", "--name", "e"], 5, "nowhere")

    def test_empty_folder(self):
        os.mkdir(self.path("empty"))
        self.refused(["ingest", "empty", "--kind", "image", "--to", "d"], 7, "empty", "hint:", output="d")

    def test_folder_with_one_class(self):
        write_pictures(self.path("photos"), 30, classes=("disc",))
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d")
        self.refused(["train", "d", "--to", "m"], 7, "disc", "hint:", output="m")

    def test_unsupported_store(self):
        self.refused(["ingest", "s4://bucket/photos", "--to", "d"], 2, "did you mean s3://", output="d")
        self.write("x", "x")
        self.refused(["upload", "x", "s4://bucket/x"], 2, "did you mean s3://")

    def test_unsupported_target(self):
        self.make_table()
        self.refused(["train", "d", "--to", "m", "--target", "kubernetes"], 2, "kubernetes", output="m")


class BadPictures(BadInput):
    def photos(self, bad):
        write_pictures(self.path("photos"), 70)
        for name, content in bad.items():
            self.write(f"photos/disc/{name}", content)

    def test_a_few_bad_pictures_are_listed_and_the_rest_is_taken(self):
        self.photos({"empty.png": b"", "torn.png": b""})
        with open(self.path("photos/square/square 0000.png"), "rb") as file:
            self.write("photos/disc/torn.png", file.read()[:60])
        outcome = self.mlctl("ingest", "photos", "--kind", "image", "--to", "d", "--max-bad", "2%", "-o", "json")
        self.assertEqual(sum(split["samples"] for split in outcome.json()["splits"].values()), 210)
        with open(self.path("d/rejects.jsonl")) as file:
            rejected = {os.path.basename(json.loads(line)["source"]) for line in file}
        self.assertEqual(rejected, {"empty.png", "torn.png"})

    def test_too_many_bad_pictures(self):
        self.photos({f"bad{n}.jpg": b"\xff\xd8\xff\xe0 not a JPEG" for n in range(20)})
        self.refused(["ingest", "photos", "--kind", "image", "--to", "d"], 7, "--max-bad", "at least 5 of 230", output="d")

    def test_all_bad_pictures_are_named_once(self):
        self.photos({f"bad{n}.jpg": b"\xff\xd8\xff\xe0 not a JPEG" for n in range(4)})
        outcome = self.mlctl("ingest", "photos", "--kind", "image", "--to", "d", code=7)
        for n in range(4):
            self.assertEqual(outcome.err.count(f"bad{n}.jpg"), 1, outcome)
        self.assertIn("(4 of 214 items are bad, 2 are allowed)", outcome.err)

    def test_bomb_like_png(self):
        self.photos({"bomb.png": png(60000, 60000, b"\0" * 100000)})
        self.refused(["ingest", "photos", "--kind", "image", "--to", "d", "--max-bad", "0"], 7, "bomb.png", output="d")

    def test_100_mb_png(self):
        self.photos({"huge.png": png(20, 20) + b"\0" * 100_000_000})
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d", "--max-bad", "2%")


class BadTables(BadInput):
    def refuse_csv(self, content, *mentions, code=7, label="risk"):
        self.write("bad.csv", content)
        return self.refused(["ingest", "bad.csv", "--kind", "table", "--label", label, "--to", "d"], code, *mentions, output="d")

    def test_ragged_row(self):
        lines = risk_csv(50).splitlines()
        lines[7] += ",one,too,many"
        self.refuse_csv("\n".join(lines) + "\n", "bad.csv:8", "8 fields", "5")

    def test_quote_that_is_never_closed(self):
        lines = risk_csv(300).splitlines(keepends=True)
        lines[100] = '1,2,"north\n'
        self.write("risk.csv", "".join(lines))
        self.refused(["ingest", "risk.csv", "--label", "risk", "--to", "d", "--max-bad", "50%"], 7, "risk.csv:101", "quote", output="d")

    def test_wrong_encoding(self):
        self.refuse_csv("name,risk\nJos\xe9,high\nAna,low\n".encode("latin-1"), "bad.csv:2", "UTF-8", "iconv")
        self.refuse_csv("name,risk\nJose,high\nAna,low\n".encode("utf-16"), "UTF-8")

    def test_labels_that_are_missing(self):
        lines = risk_csv(50).splitlines()
        lines[3] = lines[3].rsplit(",", 1)[0] + ",NaN"
        self.refuse_csv("\n".join(lines) + "\n", "bad.csv:4", "risk")

    def test_label_column_that_does_not_exist(self):
        self.refuse_csv(risk_csv(50), "rsik", "did you mean", "risk", label="rsik")

    def test_one_row(self):
        self.refuse_csv(risk_csv(1), "1 row")

    def test_header_only(self):
        self.refuse_csv(risk_csv(0), "bad.csv")

    def test_ratings_with_words_for_numbers(self):
        self.write("ratings.csv", "user,item,rating\n1,2,4.5\n1,3,good\n")
        self.refused(["ingest", "ratings.csv", "--kind", "ratings", "--to", "d"], 7, "ratings.csv:3", "good", output="d")


class BadArchives(BadInput):
    def test_tar_that_climbs_out(self):
        with tarfile.open(self.path("evil.tar"), "w") as archive:
            info = tarfile.TarInfo("../outside/cat.png")
            body = png(8, 8, b"\0" * 200)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        self.refused(["ingest", "evil.tar", "--kind", "image", "--to", "d"], 7, "../outside/cat.png", output="d")
        self.assertFalse(os.path.exists(self.path("../outside")))

    def test_zip_that_climbs_out(self):
        with zipfile.ZipFile(self.path("evil.zip"), "w") as archive:
            archive.writestr("../outside/cat.png", png(8, 8, b"\0" * 200))
        self.refused(["ingest", "evil.zip", "--kind", "image", "--to", "d"], 7, "../outside/cat.png", output="d")


class BadManifests(BadInput):
    def refuse_manifest(self, content, *mentions):
        self.write("train.yaml", content)
        self.refused(["validate", "-f", "train.yaml"], 3, *mentions)
        self.refused(["train", "-f", "train.yaml"], 3, *mentions)

    HEAD = "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n  data: {dataset: d}\n"

    def test_typo_in_a_key(self):
        self.refuse_manifest(self.HEAD + "  epohcs: 3\n", "train.yaml:6:3", "epohcs", "did you mean", "epochs", "^")

    def test_wrong_type(self):
        self.refuse_manifest(self.HEAD + "  epochs: many\n", "train.yaml:6:11", "epochs", "many")

    def test_wrong_enum(self):
        self.refuse_manifest(self.HEAD + "  optimizer: {name: adma}\n", "train.yaml:6:21", "adma", "did you mean", "adam")

    def test_a_precision_that_is_not_there_is_refused_before_the_data_is_read(self):
        self.refuse_manifest(self.HEAD + "  precision: bf16\n", "train.yaml:6:14", "bf16", "f32")

    def test_duplicate_key(self):
        self.refuse_manifest(self.HEAD + "  epochs: 3\n  epochs: 4\n", "train.yaml:7:3", "epochs")

    def test_ten_megabytes(self):
        self.refuse_manifest(self.HEAD + "# " + "x" * 10_000_000 + "\n", "train.yaml")

    def test_deep_nesting(self):
        self.refuse_manifest(self.HEAD + "  model: " + "[" * 5000 + "]" * 5000 + "\n", "train.yaml")

    def test_billion_laughs(self):
        lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
        self.refuse_manifest("\n".join(lines) + "\n", "train.yaml")

    def test_not_yaml_at_all(self):
        self.refuse_manifest("kind: [Train\n", "train.yaml:")


class ChangedOnDisk(BadInput):
    def corrupt(self, path):
        with open(self.path(path), "r+b") as file:
            file.seek(200)
            byte = file.read(1)
            file.seek(200)
            file.write(bytes([byte[0] ^ 1]))

    def test_dataset(self):
        self.make_model()
        shard = sorted(name for name in os.listdir(self.path("d")) if name.startswith("train-"))[0]
        self.corrupt(f"d/{shard}")
        self.refused(["train", "d", "--to", "m2"], 10, shard, output="m2")
        self.refused(["clean", "d", "--to", "c"], 10, shard, output="c")

    def test_weights(self):
        self.make_model()
        self.corrupt("m/weights.safetensors")
        self.refused(["eval", "m", "--data", "d"], 10, "weights.safetensors")
        self.refused(["deploy", "m", "--name", "e"], 10, "weights.safetensors")

    def test_malformed_safetensors_with_a_matching_hash(self):
        self.make_model()
        weights = self.path("m/weights.safetensors")
        with open(weights, "rb") as file:
            original = file.read()
        content = struct.pack("<Q", 1 << 60) + original[8:]
        with open(self.path("m/model.json")) as file:
            text = file.read()
        old = hashlib.sha256(original).hexdigest()
        self.assertIn(old, text)
        self.write("m/weights.safetensors", content)
        self.write("m/model.json", text.replace(old, hashlib.sha256(content).hexdigest()))
        self.refused(["eval", "m", "--data", "d"], 10, "weights.safetensors", "header")

    def test_json_that_is_no_package(self):
        self.make_model()
        for broken, said in (("{", "not valid JSON at line 1"), ('{"kind": "Model"}', 'key "format" is missing'), ("[]", "an object is expected, this is array")):
            self.write("m/model.json", broken)
            outcome = self.refused(["eval", "m", "--data", "d"], 10, "model.json", said, "hint:")
            self.assertNotIn("exception", outcome.err)

    def test_torn_dataset_json(self):
        self.make_table()
        with open(self.path("d/dataset.json")) as file:
            half = file.read()[:300]
        self.write("d/dataset.json", half)
        self.refused(["train", "d", "--to", "m"], 10, "dataset.json", output="m")


class WrongModel(BadInput):
    def test_model_for_another_kind_of_data(self):
        self.make_model()
        write_pictures(self.path("photos"), 30)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "images")
        self.refused(["eval", "m", "--data", "images"], 7, "table", "image")
        self.refused(["train", "images", "--to", "m2", "--model", "recommender"], 7, "recommender", output="m2")

    def test_picture_too_small_for_the_layers(self):
        write_pictures(self.path("photos"), 30)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "images")
        layers = "\n".join("      - maxpool2d: 2" for _ in range(6))
        self.write("t.yaml", "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n  data: {dataset: images}\n"
                   f"  model:\n    layers:\n{layers}\n      - flatten\n      - dense: {{units: classes}}\n")
        self.refused(["train", "-f", "t.yaml", "--to", "m"], 7, "maxpool2d", output="m")


class Faults(BadInput):
    def mounted(self, size):
        """A small tmpfs of its own."""
        os.makedirs(self.path("small"), exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path("small")], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("small")])

    @ROOT_ONLY
    def test_disk_full(self):
        self.write("risk.csv", risk_csv(20000))
        self.mounted("256k")
        self.refused(["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "small/d"], 12, "small", output="small/d")
        self.mlctl("ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d")
        self.refused(["clean", "d", "--to", "small/c"], 12, output="small/c")
        self.refused(["upload", "d", f"file://{self.path('small')}/store"], 12)
        self.mounted("16k")
        self.refused(["train", "d", "--to", "small/m", "--epochs", "1"], 12, output="small/m")

    @ROOT_ONLY
    def test_read_only_folder(self):
        self.make_table()
        self.mounted("1m")
        subprocess.run(["mount", "-o", "remount,ro", self.path("small")], check=True)
        self.refused(["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "small/d"], 4, "small")
        self.refused(["train", "d", "--to", "small/m"], 4, "small")

    def test_two_commands_on_one_output(self):
        self.write("risk.csv", risk_csv(300_000))
        command = ["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d"]
        first = self.start_mlctl(*command)
        while not os.path.exists(self.path("d.partial")) and first.poll() is None:
            time.sleep(0.002)
        second = self.run_mlctl(*command)
        first.communicate()
        self.assertEqual((first.returncode, second.code), (0, 6), second)
        self.assertIn("locked", second.err)

    def test_output_of_other_inputs(self):
        self.make_table()
        self.write("risk.csv", risk_csv(401))
        command = ["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d"]
        self.refusal = self.mlctl(*command, code=6)
        self.assertIn("--overwrite", self.refusal.err)
        self.mlctl(*command, "--overwrite")
        self.assertIn("up to date", self.mlctl(*command).err)

    def test_overwrite_replaces_only_its_own_kind(self):
        self.make_model()
        self.assertIn("no model.json", self.mlctl("train", "d", "--to", "d", "--overwrite", code=6).err)
        self.assertIn("no dataset.json", self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "m", "--overwrite", code=6).err)
        self.mlctl("eval", "m", "--data", "d")

    def interrupt(self, arguments, output):
        """Ctrl-C while it works, then the same command ends well."""
        process = self.start_mlctl(*arguments)
        partial = self.path(output + ".partial")
        while not os.path.exists(partial) and process.poll() is None:
            time.sleep(0.002)
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        outcome = Outcome(process.returncode, out.decode(), err.decode())
        self.assertIn(outcome.code, (75, 130, 0), outcome)
        if outcome.code:
            self.assertFalse(os.path.exists(self.path(output)), outcome)
        self.mlctl(*arguments)
        self.assertTrue(os.path.exists(self.path(output)))

    def test_ctrl_c_at_every_stage(self):
        self.write("risk.csv", risk_csv(200_000))
        self.interrupt(["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d"], "d")
        self.interrupt(["clean", "d", "--to", "c"], "c")
        self.interrupt(["train", "c", "--to", "m", "--epochs", "3"], "m")

    @ROOT_ONLY
    def test_libtorch_absent(self):
        self.make_model()
        libraries = subprocess.run("ldconfig -p | grep -oE '/.*/lib(torch|torch_cpu|c10)\\.so[.0-9]*$'", shell=True, capture_output=True,
                                   text=True).stdout.split()
        if not libraries:
            self.skipTest("libtorch is not in the linker's cache")
        hide = "; ".join(f"mount --bind /dev/null {os.path.realpath(library)}" for library in libraries)

        def without(*arguments):
            script = f"{hide}; exec {MLCTL} {' '.join(arguments)}"
            result = subprocess.run(["unshare", "-m", "sh", "-c", script], cwd=self.folder, env=self.env, capture_output=True, text=True)
            return Outcome(result.returncode, result.stdout, result.stderr)
        for needs in (["train", "d", "--to", "m2"], ["eval", "m", "--data", "d"], ["predict", "m", "risk.csv"]):
            outcome = without(*needs)
            self.assertEqual(outcome.code, 12, outcome)
            self.assertIn("apt-get install", outcome.err)
        for works in (["ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d2"], ["clean", "d", "--to", "c"],
                      ["describe", "model", "m"], ["export", "m", "--format", "safetensors", "--to", "w.safetensors"]):
            outcome = without(*works)
            self.assertEqual(outcome.code, 0, outcome)

    def test_loss_that_is_not_a_number(self):
        self.write("line.csv", "x,label\n" + "".join(f"{n % 50},{n % 50 * 1e3}\n" for n in range(400)))
        self.mlctl("ingest", "line.csv", "--kind", "table", "--to", "line")
        self.write("t.yaml", "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n  data: {dataset: line}\n  model: linear\n"
                   "  optimizer: {name: sgd, lr: 1.0e+30}\n  schedule: {name: constant}\n  epochs: 3\n")
        self.refused(["train", "-f", "t.yaml", "--to", "m"], 1, "step", "lr", "--overwrite", output="m")

    def test_a_loss_that_stops_being_a_number_names_the_last_checkpoint(self):
        self.write("line.csv", "x,label\n" + "".join(f"{n % 50},{n % 50 * 1e3}\n" for n in range(400)))
        self.mlctl("ingest", "line.csv", "--kind", "table", "--to", "line")
        self.write("t.yaml", "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n  data: {dataset: line}\n  model: linear\n"
                   "  optimizer: {name: sgd, lr: 10}\n  schedule: {name: constant}\n  epochs: 50\n  checkpoint: {every: 2 steps}\n")
        outcome = self.refused(["train", "-f", "t.yaml", "--to", "m"], 1, "the last good checkpoint is", output="m")
        named = re.search(r"checkpoint is (\S+)", outcome.err).group(1)
        self.assertTrue(os.path.isfile(os.path.join(self.path(named), "weights.safetensors")), outcome)

    def test_port_in_use(self):
        self.make_model()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.refused(["serve", "m", "--port", port], 6, port)
            self.refused(["deploy", "m", "--name", "e", "--port", port], 6, port)
        self.assertEqual(self.mlctl("get", "endpoints", "-o", "json").json()["items"], [])


class ErrorsForMachines(BadInput):
    def test_json_errors_are_one_line_on_stderr(self):
        outcome = self.mlctl("ingest", "nowhere", "--to", "d", "-o", "json", code=5)
        self.assertEqual(outcome.out, "")
        error = json.loads(outcome.err.strip().splitlines()[-1])
        self.assertEqual((error["apiVersion"], error["kind"], error["code"], error["reason"]),
                         ("mlctl.dev/v1", "Error", 5, "NotFound"))
        self.assertIn("nowhere", error["message"])


del BadInput, ProjectTest
