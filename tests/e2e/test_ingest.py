"""Ingest of every kind of source: what comes in comes out, whatever its form, and the same bytes after any interruption."""
import gzip
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import unittest
import zipfile
import zlib

from kills import KillTest
from support import MLCTL, ProjectTest, risk_csv, tree, write_pictures


def idx(pictures, labels, size=8):
    """IDX files of grey pictures: (images, labels)."""
    images = struct.pack(">4B3I", 0, 0, 8, 3, len(pictures), size, size) + b"".join(pictures)
    return images, struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + bytes(labels)


def png_noise(rng, size):
    """A picture that does not compress: what counts is its bytes."""
    rows = b"".join(b"\0" + rng.randbytes(size * 3) for _ in range(size))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", size, size, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


class IngestTest(ProjectTest):
    def ingest(self, *arguments, code=0):
        outcome = self.mlctl("ingest", *arguments, "-o", "json", code=code)
        return outcome.json() if code == 0 else outcome

    def samples(self, dataset):
        return {name: split["samples"] for name, split in dataset["splits"].items()}

    def pictures(self, folder):
        """[(split, source, label, bytes)] of an image dataset, read as any tar reader would."""
        found = []
        for name in sorted(os.listdir(self.path(folder))):
            if not name.endswith(".tar"):
                continue
            with tarfile.open(self.path(folder, name)) as shard:
                members = {member.name: shard.extractfile(member).read() for member in shard}
            for key in sorted({name.split(".")[0] for name in members}):
                facts = json.loads(members[key + ".json"])
                picture = next(body for name, body in members.items() if name.startswith(key) and name[7:] not in ("cls", "json"))
                found.append((name.split("-")[0], facts["source"], facts["label"], picture))
        return found


class Pictures(IngestTest):
    def test_folders_with_chinese_and_spaced_names(self):
        write_pictures(self.path("我的 照片"), 20, classes=("disc", "stripes"))
        os.rename(self.path("我的 照片", "disc"), self.path("我的 照片", "圆 盘"))
        dataset = self.ingest("我的 照片", "--to", "数据 集")
        self.assertEqual(dataset["classes"], ["stripes", "圆 盘"])
        self.assertEqual(sum(self.samples(dataset).values()), 40)
        for _, source, label, picture in self.pictures("数据 集"):
            self.assertTrue(source.startswith(label + "/"), source)
            with open(self.path("我的 照片", source), "rb") as file:
                self.assertEqual(file.read(), picture)

    def test_labels_in_file_names(self):
        write_pictures(self.path("p"), 10, classes=("disc", "stripes"))
        os.mkdir(self.path("flat"))
        for label in ("disc", "stripes"):
            for number in range(10):
                shutil.move(self.path("p", label, f"{label} {number:04d}.png"), self.path("flat", f"{label}.{number}.png"))
        for arguments in ([], ["--label", "filename"]):
            dataset = self.ingest("flat", "--to", "d" + str(len(arguments)), *arguments)
            self.assertEqual(dataset["classes"], ["disc", "stripes"])

    def test_a_source_that_comes_split_stays_so(self):
        write_pictures(self.path("p", "train"), 100, seed=1, classes=("disc", "stripes"))
        write_pictures(self.path("p", "test"), 10, seed=2, classes=("disc", "stripes"))
        found = self.samples(self.ingest("p", "--to", "d"))
        self.assertEqual(found["test"], 20)
        self.assertEqual(found["train"] + found["validation"], 200)
        self.assertTrue(5 < found["validation"] < 40, found)
        write_pictures(self.path("p", "val"), 10, seed=3, classes=("disc", "stripes"))
        found = self.samples(self.ingest("p", "--to", "d2"))
        self.assertEqual(found, {"train": 200, "validation": 20, "test": 20})

    def test_archives_hold_what_folders_hold(self):
        write_pictures(self.path("photos"), 15, classes=("disc", "圆 盘"))
        with tarfile.open(self.path("photos.tar.gz"), "w:gz") as archive:
            archive.add(self.path("photos"), "photos")
        with zipfile.ZipFile(self.path("photos.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            for at, _, names in os.walk(self.path("photos")):
                for name in names:
                    archive.write(os.path.join(at, name), os.path.relpath(os.path.join(at, name), self.folder))
        contents = []
        for number, source in enumerate(("photos", "photos.tar.gz", "photos.zip")):
            self.ingest(source, "--to", f"d{number}")
            contents.append(sorted((split, label, picture) for split, _, label, picture in self.pictures(f"d{number}")))
        self.assertEqual(contents[0], contents[1])
        self.assertEqual(contents[0], contents[2])

    def test_webdataset_shards_keep_their_labels_and_splits(self):
        write_pictures(self.path("photos"), 40, classes=("disc", "stripes"))
        self.ingest("photos", "--to", "a")
        shards = sorted(os.path.join("a", name) for name in os.listdir(self.path("a")) if name.endswith(".tar"))
        self.ingest(*shards, "--to", "b")
        contents = [sorted((split, label, body) for split, _, label, body in self.pictures(name)) for name in "ab"]
        self.assertEqual(contents[0], contents[1])

    def test_lists_of_paths(self):
        write_pictures(self.path("photos"), 10, classes=("disc", "stripes"))
        rows = [(f"photos/{label}/{label} {n:04d}.png", label) for label in ("disc", "stripes") for n in range(10)]
        self.write("list.csv", "path,label\n" + "".join(f"{path},{label}\n" for path, label in rows))
        self.write("list.jsonl", "".join(json.dumps({"file": path, "kind": label}) + "\n" for path, label in rows))
        first = self.ingest("list.csv", "--to", "a")
        second = self.ingest("list.jsonl", "--kind", "image", "--label", "column:kind", "--to", "b")
        self.assertEqual(first["classes"], second["classes"])
        self.assertEqual(sorted(self.pictures("a")), sorted(self.pictures("b")))

    def test_idx_becomes_png(self):
        from PIL import Image
        for split, count in (("train", 60), ("t10k", 12)):
            images, labels = idx([bytes([n * 3 % 256] * 63 + [n]) for n in range(count)], [n % 3 for n in range(count)])
            self.write(f"mnist/{split}-images-idx3-ubyte.gz", gzip.compress(images))
            self.write(f"mnist/{split}-labels-idx1-ubyte.gz", gzip.compress(labels))
        dataset = self.ingest("mnist", "--to", "d", "--classes", "zero,one,two")
        self.assertEqual(dataset["classes"], ["zero", "one", "two"])
        self.assertEqual(self.samples(dataset)["test"], 12)
        for _, source, label, picture in self.pictures("d"):
            image = Image.open(io.BytesIO(picture))
            number = int(source.split(":")[1])
            self.assertEqual((image.size, image.mode, label), ((8, 8), "L", ["zero", "one", "two"][number % 3]))
            self.assertEqual(list(image.getdata())[0], number * 3 % 256)

    def test_idx_whose_labels_are_missing_or_too_few(self):
        images, labels = idx([bytes(64)] * 4, [0, 1, 0, 1])
        self.write("m/train-images-idx3-ubyte", images)
        self.assertIn("labels", self.ingest("m", "--to", "d", code=5).err)
        self.write("m/train-labels-idx1-ubyte", idx([], [0, 1])[1])
        self.assertIn("2 labels for 4", self.ingest("m", "--to", "d", code=7).err)
        self.write("m/train-labels-idx1-ubyte", labels)
        self.write("m/train-images-idx3-ubyte", images[:-10])
        self.assertIn("truncated", self.ingest("m", "--to", "d", code=7).err)
        self.assertFalse(os.path.exists(self.path("d")) or os.path.exists(self.path("d.partial")))

    def test_channel_statistics_are_those_of_the_training_pictures(self):
        import numpy
        from PIL import Image
        write_pictures(self.path("photos"), 30)
        dataset = self.ingest("photos", "--to", "d")
        train = numpy.stack([numpy.asarray(Image.open(io.BytesIO(body)), dtype=float) / 255
                             for split, _, _, body in self.pictures("d") if split == "train"])
        for channel in range(3):
            self.assertAlmostEqual(dataset["channelMean"][channel], train[..., channel].mean(), places=6)
            self.assertAlmostEqual(dataset["channelStd"][channel], train[..., channel].std(), places=6)


class Rows(IngestTest):
    def table(self, folder, split="train"):
        import csv
        with open(self.path(folder, f"{split}-000000.csv"), newline="") as file:
            return list(csv.DictReader(file))

    def test_every_form_of_a_table_gives_the_same_rows(self):
        rows = [{"n": n, "city": ["Köln", "北京", "a \"b\", c"][n % 3], "day": f"2024-01-{n % 28 + 1:02d}", "ok": n % 2 == 0,
                 "label": "yes" if n % 5 else "no"} for n in range(300)]

        def delimited(delimiter):
            import csv
            text = io.StringIO()
            writer = csv.DictWriter(text, rows[0].keys(), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
            return text.getvalue()
        self.write("comma.csv", "\ufeff" + delimited(","))
        self.write("semicolon.csv", delimited(";"))
        self.write("tabs.tsv", delimited("\t"))
        self.write("lines.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        self.write("packed.csv.gz", gzip.compress(delimited(",").encode()))
        tables = []
        for name in ("comma.csv", "semicolon.csv", "tabs.tsv", "packed.csv.gz", "lines.jsonl"):
            dataset = self.ingest(name, "--kind", "table", "--to", name.split(".")[0])
            self.assertEqual([column["type"] for column in dataset["columns"]],
                             ["integer", "category", "date", "boolean", "category"], name)
            tables.append([{k: v.lower() for k, v in row.items()} for row in self.table(name.split(".")[0])])
        for other in tables[1:4]:
            self.assertEqual(tables[0], other)
        self.assertEqual(sum(self.samples(dataset).values()), 300)

    def test_the_typed_cache_holds_the_numbers(self):
        import numpy
        self.write("t.csv", "x,c,label\n" + "".join(f"{n / 4},{'ab'[n % 2]},{n % 3}\n" if n % 10 else f",NA,{n % 3}\n" for n in range(500)))
        self.ingest("t.csv", "--to", "d")
        with open(self.path("d/train-000000.safetensors"), "rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            header = json.loads(file.read(size))
            body = file.read()
        tensors = {name: numpy.frombuffer(body[slice(*t["data_offsets"])], {"F64": "<f8", "I32": "<i4"}[t["dtype"]])
                   for name, t in header.items() if name != "__metadata__"}
        rows = self.table("d")
        for number, row in enumerate(rows):
            x = tensors["x"][number]
            self.assertTrue(x == float(row["x"]) if row["x"] else numpy.isnan(x))
            self.assertEqual(tensors["c"][number], {"a": 0, "b": 1, "": -1}[row["c"]])
            self.assertEqual(tensors["label"][number], int(row["label"]))

    def test_statistics_are_those_of_the_training_rows(self):
        self.write("risk.csv", risk_csv(5000))
        dataset = self.ingest("risk.csv", "--label", "risk", "--to", "d")
        ages = [float(row["age"]) for row in self.table("d")]
        stats = {feature["name"]: feature for feature in dataset["statistics"]}["age"]
        self.assertEqual(stats["count"], len(ages))
        self.assertAlmostEqual(stats["mean"], sum(ages) / len(ages))
        self.assertEqual((stats["min"], stats["max"]), (min(ages), max(ages)))
        self.assertEqual(sum(stats["bins"]), len(ages))
        self.assertTrue(all(400 * 0.8 < count < 400 * 1.2 for count in stats["bins"]), stats["bins"])

    def test_adding_rows_moves_none(self):
        lines = risk_csv(400).splitlines()
        self.write("a.csv", "\n".join(lines[:300]) + "\n")
        self.write("b.csv", "\n".join(lines) + "\n")
        for name in "ab":
            self.ingest(f"{name}.csv", "--label", "risk", "--to", name)
        key = lambda row: tuple(row.values())
        for split in ("train", "validation", "test"):
            self.assertLessEqual(set(map(key, self.table("a", split))), set(map(key, self.table("b", split))))

    def test_shards_share_the_rows(self):
        self.write("risk.csv", risk_csv(600))
        parts = [sum(self.samples(self.ingest("risk.csv", "--label", "risk", "--shard", f"{n}/3", "--to", f"d{n}")).values())
                 for n in range(3)]
        self.assertEqual(sum(parts), 600)
        self.assertTrue(all(part > 100 for part in parts), parts)

    def test_a_wished_type_and_a_regression(self):
        self.write("houses.csv", "zip,rooms,price\n" + "".join(f"{10000 + n % 7},{n % 5},{n * 1.5}\n" for n in range(200)))
        dataset = self.ingest("houses.csv", "--label", "price", "--type", "zip=category", "--to", "d")
        self.assertEqual(dataset["classes"], [])
        self.assertEqual(dataset["columns"][0]["type"], "category")
        self.assertIn("did you mean", self.ingest("houses.csv", "--type", "zpi=category", "--to", "e", code=7).err)
        self.ingest("houses.csv", "--type", "zip=colour", "--to", "e", code=2)

    def test_the_kind_is_guessed_and_said(self):
        self.write("r.csv", "userId,movieId,rating,timestamp\n" + "".join(f"{n % 20},{n % 30},{n % 5 + 1},{n}\n" for n in range(200)))
        self.write("t.jsonl", "".join(json.dumps({"text": f"word{n % 7} word", "label": "ab"[n % 2]}) + "\n" for n in range(100)))
        for source, kind in (("r.csv", "ratings"), ("t.jsonl", "text")):
            outcome = self.mlctl("ingest", source, "--to", kind, "-o", "json")
            self.assertEqual(outcome.json()["type"], kind)
            self.assertIn(f"as {kind}", outcome.err)
        self.assertEqual({c["name"]: c["role"] for c in self.mlctl("ingest", "r.csv", "--to", "ratings", "-o", "json").json()["columns"]},
                         {"userId": "user", "movieId": "item", "rating": "rating", "timestamp": "timestamp"})

    def test_folders_of_texts(self):
        for number in range(40):
            label = ("ham", "spam")[number % 2]
            self.write(f"mail/{label}/{number} 号.txt", f"message {number}\nin two lines of {label}\n")
        self.write("mail/ham/latin.txt", "Jos\xe9".encode("latin-1"))
        self.ingest("mail", "--to", "d", code=7)
        dataset = self.ingest("mail", "--to", "d", "--max-bad", "1")
        self.assertEqual((dataset["type"], dataset["classes"]), ("text", ["ham", "spam"]))
        with open(self.path("d/rejects.jsonl")) as file:
            self.assertEqual(json.loads(file.readline())["source"], "ham/latin.txt")
        with open(self.path("d/train-000000.jsonl")) as file:
            for line in map(json.loads, file):
                self.assertIn(f"in two lines of {line['label']}", line["text"])

    def test_bad_rows_are_listed_with_their_lines(self):
        lines = risk_csv(1000).splitlines()
        lines[500] = "only one"
        self.write("risk.csv", "\n".join(lines) + "\n")
        self.ingest("risk.csv", "--label", "risk", "--to", "d")
        with open(self.path("d/rejects.jsonl")) as file:
            self.assertEqual(json.loads(file.read()), {"source": "risk.csv:501", "reason": "ragged", "detail": "1 field where the header has 5"})
        with open(self.path("d/dataset.json")) as file:
            self.assertIn("rejects.jsonl", [listed["path"] for listed in json.load(file)["files"]])

    def test_a_dry_run_writes_nothing(self):
        self.write("risk.csv", risk_csv(100))
        before = tree(self.folder)
        text = self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "d", "--dry-run").out
        self.assertIn("would write d: table, 100 items", text)
        plan = self.ingest("risk.csv", "--label", "risk", "--to", "d", "--dry-run")
        self.assertEqual(tree(self.folder), before)
        self.assertEqual((plan["kind"], plan["samples"], plan["classes"]), ("IngestPlan", 100, ["high", "low"]))
        self.assertEqual(plan["splits"], self.samples(self.ingest("risk.csv", "--label", "risk", "--to", "d")))

    def test_a_dry_run_of_pictures_counts_them(self):
        write_pictures(self.path("p"), 20, classes=("disc", "stripes"))
        plan = self.ingest("p", "--to", "d", "--dry-run")
        self.assertEqual(plan["splits"], self.samples(self.ingest("p", "--to", "d")))

    def test_dates_with_the_day_first(self):
        self.write("d.csv", "when,x,y\n" + "".join(f"{1 + n % 28:02}/0{1 + n % 9}/2024,{n},{n * 2}.5\n" for n in range(100)))
        self.ingest("d.csv", "--label", "y", "--to", "d")
        with open(self.path("d/train-000000.csv")) as file:
            self.assertRegex(file.readlines()[1], r"^2024-0\d-\d\d,")
        self.assertIn("2024-01-", self.mlctl("describe", "dataset", "d").out)
        self.mlctl("train", "d", "--to", "m", "--epochs", "1")
        answers = self.mlctl("predict", "m", '{"when":"05/03/2024","x":1}', '{"when":"2024-03-05","x":1}').out.splitlines()
        self.assertEqual(*(json.loads(answer)["value"] for answer in answers))

    def test_numbers_with_a_decimal_comma(self):
        self.write("d.csv", "x;y\n" + "".join(f"{n},5;1.{n % 10}00,{n % 100:02}\n" for n in range(100)))
        dataset = self.ingest("d.csv", "--label", "y", "--to", "d")
        self.assertEqual([column["type"] for column in dataset["columns"]], ["number", "number"])
        with open(self.path("d/train-000000.csv")) as file:
            self.assertRegex(file.readlines()[1], r"^\d+\.5,1\d00\.\d\d$")
        self.mlctl("train", "d", "--to", "m", "--epochs", "1")
        answers = self.mlctl("predict", "m", '{"x":"7,5"}', '{"x":7.5}', '{"x":"7.5"}').out.splitlines()
        self.assertEqual(len({json.loads(answer)["value"] for answer in answers}), 1)

    def test_dates_that_may_be_either_are_told(self):
        self.write("d.csv", "when,x,y\n" + "".join(f"0{1 + n % 9}/0{1 + n % 7}/2024,{n},{n * 2}.5\n" for n in range(100)))
        self.assertIn("--type when=dd/mm/yyyy", self.mlctl("ingest", "d.csv", "--label", "y", "--to", "d").err)
        dataset = self.ingest("d.csv", "--label", "y", "--to", "e", "--type", "when=mm/dd/yyyy")
        self.assertEqual(dataset["columns"][0]["type"], "date")

    def test_a_table_laid_out_with_blanks(self):
        self.write("auto.data", "".join(f"{n % 40}.0   {n % 8}  {n * 3.5:8.1f}\t\"car {n % 5}\"\n" for n in range(100)))
        dataset = self.ingest("auto.data", "--label", "column_4", "--to", "d")
        self.assertEqual(dataset["classes"], [f"car {n}" for n in range(5)])

    def test_a_class_without_train_examples_is_told(self):
        os.mkdir(self.path("s"))
        self.write("s/train.csv", "x,label\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(50)))
        self.write("s/test.csv", "x,label\n" + "".join(f"{n},{'abc'[n % 3]}\n" for n in range(50)))
        self.assertIn("class c has no example in train", self.mlctl("ingest", "s", "--to", "d").err)

    def test_ids_are_the_same_in_any_notation(self):
        self.write("r.csv", "userId,movieId,rating\n" + "".join(f"{n % 9}{['', '.0'][n % 2]},{n % 7},{1 + n % 5}\n" for n in range(400)))
        dataset = self.ingest("r.csv", "--kind", "ratings", "--to", "d")
        users = next(column for column in dataset["columns"] if column["role"] == "user")
        self.assertEqual(users["categories"], [str(n) for n in range(9)])
        self.mlctl("train", "d", "--to", "m", "--epochs", "1")
        rows = ['{"userId":5,"movieId":3}', '{"userId":5.0,"movieId":"3"}', '{"user":"5","item":"3.0"}', '{"user_id":"5.0","item":3}']
        answers = {json.loads(line)["value"] for line in self.mlctl("predict", "m", *rows).out.splitlines()}
        self.assertEqual(len(answers), 1)

    def test_file_urls(self):
        self.write("risk.csv", risk_csv(100))
        self.ingest(f"file://{self.path('risk.csv')}", "--label", "risk", "--to", f"file://{self.path('d')}")
        self.assertTrue(os.path.exists(self.path("d/dataset.json")))


class Memory(IngestTest):
    """What ingest needs at most does not grow with the data, once it is more than a shard."""

    BOUND = 24 << 20  # bytes that two or eight times the data may cost more: blocks in flight, the allocator's leftovers

    def peak(self, *arguments):
        """The greatest resident size, in bytes. A process counts what it was forked from: so that is a small one."""
        measure = ("import os, sys; pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)]);"
                   "_, status, usage = os.wait4(pid, 0); print(usage.ru_maxrss * 1024); sys.exit(os.waitstatus_to_exitcode(status))")
        result = subprocess.run([sys.executable, "-IS", "-c", measure, MLCTL, "ingest", *arguments], cwd=self.folder, env=self.env,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return int(result.stdout)

    def grows(self, small, large, what):
        print(f"{what}: {small >> 20} MiB, of more {large >> 20} MiB", file=sys.stderr)
        self.assertLess(large - small, self.BOUND)

    def test_a_table(self):
        lines = risk_csv(20000).splitlines(keepends=True)
        for name, times in (("one", 30), ("two", 60), ("eight", 240)):  # 21 MB: more than one shard
            self.write(name + ".csv", "".join(lines[:1] + lines[1:] * times))
        peaks = [self.peak(name + ".csv", "--label", "risk", "--to", name) for name in ("one", "two", "eight")]
        self.grows(peaks[0], peaks[1], "table, twice")
        self.grows(peaks[0], peaks[2], "table")

    def test_pictures(self):
        rng = random.Random(1)
        for name, count in (("one", 700), ("two", 1400)):  # 77 MB: more than one shard
            for number in range(count):
                self.write(f"{name}/{'ab'[number % 2]}/{number}.png", png_noise(rng, 192))
        self.grows(self.peak("one", "--to", "d1"), self.peak("two", "--to", "d2"), "pictures, twice")


class Kills(KillTest):
    """Beyond the kill battery's pictures and tables: several units, the other kinds."""

    def test_a_table_of_several_units_with_rejects(self):
        lines = risk_csv(1000).splitlines()
        wide = [lines[0] + ",note"] + [line + "," + "n" * 4000 for line in lines[1:]] * 10
        wide[5000] = "bad"
        self.write("wide.csv", "\n".join(wide) + "\n")
        self.survive(["ingest", "wide.csv", "--label", "risk", "--to", "d"], "d", 4, seed=11)

    def test_an_archive(self):
        write_pictures(self.path("photos"), 150)
        with tarfile.open(self.path("photos.tgz"), "w:gz") as archive:
            archive.add(self.path("photos"), "photos")
        self.survive(["ingest", "photos.tgz", "--to", "d"], "d", 4, seed=12)

    def test_ratings(self):
        self.write("r.csv", "user,item,rating\n" + "".join(f"u{n % 977},i{n % 311},{n % 5 + 1}\n" for n in range(100000)))
        self.survive(["ingest", "r.csv", "--to", "d"], "d", 4, seed=13)


del IngestTest, ProjectTest, KillTest

if __name__ == "__main__":
    unittest.main()
