"""clean: every planted fault is found, counted and listed; nothing else goes; kill -9 changes no byte."""
import json
import os
import random
import shutil
import unittest

import kills
from support import ProjectTest, risk_csv, tree, write_pictures

WORDS = "river stone bridge window paper garden silver morning engine letter market winter copper signal harbour forest".split()


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Clean(ProjectTest):
    def clean(self, *arguments, code=0, **options):
        return self.mlctl("clean", *arguments, code=code, **options)

    def removed(self, dataset="c"):
        """{reason: count}, from the lineage; rejects.jsonl must say the same."""
        with open(self.path(dataset, "dataset.json")) as file:
            lineage = json.load(file)["lineage"]
        counts = {reason: sum(splits.values()) for reason, splits in lineage["removed"].items()}
        path = self.path(dataset, "rejects.jsonl")
        listed = [line["reason"] for line in lines_of(path)] if os.path.exists(path) else []
        self.assertEqual({reason: listed.count(reason) for reason in set(listed)}, counts)
        return counts


class Images(Clean):
    def plant(self):
        """Split folders: 30 pictures a class in train, 10 in test, and faults of each kind."""
        from PIL import Image
        write_pictures(self.path("photos/train"), 30, size=64, seed=1, classes=("disc", "square"))
        write_pictures(self.path("photos/test"), 10, size=64, seed=2, classes=("disc", "square"))
        disc, square, test = self.path("photos/train/disc"), self.path("photos/train/square"), self.path("photos/test/disc")
        for number in range(3):  # exact duplicates
            shutil.copy(f"{disc}/disc {number:04d}.png", f"{disc}/copy {number}.png")
        for number in range(2):  # leakage
            shutil.copy(f"{test}/disc {number:04d}.png", f"{disc}/leak {number}.png")
        shutil.copy(f"{disc}/disc 0005.png", f"{square}/wrong.png")  # a label that cannot be right
        Image.new("RGB", (6, 40), (9, 99, 200)).save(f"{disc}/narrow.png")
        Image.open(f"{square}/square 0007.png").resize((90, 90), Image.BILINEAR).save(f"{square}/larger.png")
        self.mlctl("ingest", "photos", "--split", "1", "--to", "d")

    def test_every_planted_fault_is_found(self):
        self.plant()
        self.clean("d", "--to", "c", "--min-size", "8x8", "--dedupe", "near", "--report", "clean.html")
        counts = self.removed()
        # Which of the two splits a copy within the source's train fell into decides duplicate or leakage.
        self.assertEqual(counts["too_small"], 1)
        self.assertEqual(sum(counts.values()) - counts["too_small"], 3 + 2 + 1, counts)
        self.assertGreaterEqual(counts["leakage"], 2)
        suspects = lines_of(self.path("c", "suspects.jsonl")) if os.path.exists(self.path("c", "suspects.jsonl")) else []
        self.assertEqual([sorted(s["labels"]) for s in suspects], [["disc", "square"]])
        with open(self.path("clean.html"), encoding="utf-8") as file:
            html = file.read()
        for expected in ("exact_duplicate", "leakage", "too_small", "data:image/png;base64", "Distributions"):
            self.assertIn(expected, html)
        self.assertNotIn("<script", html)

    def test_truncated_pictures_are_bounded(self):
        self.plant()
        # Ingest refuses broken pictures, so one is broken in the dataset, with its hash put right.
        import hashlib
        import re
        name = next(n for n in sorted(os.listdir(self.path("d"))) if n.startswith("train-"))
        with open(self.path("d", name), "rb") as file:
            tar = bytearray(file.read())
        old = hashlib.sha256(tar).hexdigest()
        start = tar.index(b"IDAT", tar.index(b"\x89PNG"))
        for at in range(start + 4, start + 44):
            tar[at] ^= 0x5a
        with open(self.path("d", name), "wb") as file:
            file.write(tar)
        with open(self.path("d", "dataset.json")) as file:
            text = file.read()
        self.write("d/dataset.json", re.sub(old, hashlib.sha256(tar).hexdigest(), text))
        self.assertIn("corrupt", self.clean("d", "--to", "c", "--max-bad", "0", code=7).err)
        self.assertFalse(os.path.exists(self.path("c")) or os.path.exists(self.path("c.partial")))
        self.clean("d", "--to", "c", "--max-bad", "1")
        self.assertEqual(self.removed()["corrupt"], 1)


class Tables(Clean):
    def ingest(self, extra, rows=400, header=None):
        lines = risk_csv(rows).splitlines()
        self.write("risk.csv", "\n".join([header or lines[0]] + lines[1:] + extra) + "\n")
        self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "d", "--kind", "table")

    def test_duplicates_gaps_and_outliers(self):
        twin = risk_csv(1).splitlines()[1]
        self.ingest([twin, twin, "999999,20000,north,0.5,low", ",20000,north,0.25,low", "50,,south,0.125,high"])
        self.clean("d", "--to", "c", "--outliers", "iqr", "--missing", "drop")
        counts = self.removed()
        self.assertEqual((counts["exact_duplicate"], counts["missing_value"]), (2, 2))
        self.assertIn("age is 999999", "".join(line["detail"] for line in lines_of(self.path("c", "rejects.jsonl"))))
        self.clean("d", "--to", "filled", "--missing", "median")
        with open(self.path("filled", "dataset.json")) as file:
            document = json.load(file)
        self.assertEqual(document["lineage"]["filled"], {"age": 1, "income": 1})
        self.assertEqual([s["missing"] for s in document["statistics"]], [0] * len(document["statistics"]))

    def test_constant_columns_are_reported_and_dropped_when_asked(self):
        rows = [f"{n},same,{'yes' if n % 3 else 'no'}" for n in range(100)]
        self.write("t.csv", "x,k,label\n" + "\n".join(rows) + "\n")
        self.mlctl("ingest", "t.csv", "--to", "d", "--kind", "table", "--type", "k=category", "--type", "x=number")
        self.assertIn("Constant", self.clean("d", "--to", "c").out)
        self.clean("d", "--to", "c2", "--drop-constant")
        with open(self.path("c2", "dataset.json")) as file:
            self.assertNotIn("k", [column["name"] for column in json.load(file)["columns"]])

    def test_labels_that_the_neighbours_contradict_are_reported_and_kept(self):
        rng = random.Random(3)
        rows = [(rng.gauss(6 if n % 2 else 0, 1), "ab"[n % 2], n % 2) for n in range(600)]
        wrong = {rows[n][:1] for n in range(0, 600, 50)}
        self.write("t.csv", "x,c,label\n" + "".join(f"{x},{c},{'up' if up != ((x,) in wrong) else 'down'}\n" for x, c, up in rows))
        self.mlctl("ingest", "t.csv", "--to", "d", "--kind", "table")
        result = self.clean("d", "--to", "c", "--report", "clean.html", "-o", "json").json()
        self.assertEqual(self.removed(), {})
        suspects = lines_of(self.path("c", "suspects.jsonl"))
        self.assertEqual({(s["reason"], s["item"].split("/")[0], *s["labels"]) for s in suspects}, {("unlikely_label", "train", "up", "down")})
        with open(self.path("d", "train-000000.csv"), newline="") as file:
            train = [line.split(",") for line in file.read().splitlines()[1:]]
        planted = {f"train/{at}" for at, row in enumerate(train) if row[1] == "a" and row[2] == "up"}
        self.assertGreater(len(planted), 5)
        self.assertEqual({s["item"] for s in suspects}, planted)
        self.assertEqual(result["lineage"]["suspects"], {"unlikely_label": len(planted)})
        self.assertIn("unlikely_label", read(self.path("clean.html")))

    def test_the_same_command_again_is_up_to_date_and_another_conflicts(self):
        self.ingest([])
        self.clean("d", "--to", "c")
        before = tree(self.path("c"))
        self.assertIn("up to date", self.clean("d", "--to", "c").err)
        self.clean("d", "--to", "c", "--outliers", "iqr", code=6)
        self.assertEqual(tree(self.path("c")), before)
        self.clean("d", "--to", "c", "--outliers", "iqr", "--overwrite")

    def test_a_manifest_and_a_dry_run(self):
        self.ingest([])
        self.write("clean.yaml", "apiVersion: mlctl.dev/v1\nkind: Clean\nmetadata: {name: c}\n"
                   "spec:\n  dataset: d\n  output: c\n  rules: {missing: {age: mean}, outliers: {method: zscore, threshold: 3}}\n")
        plan = self.clean("-f", "clean.yaml", "--dry-run", "-o", "json").json()
        self.assertFalse(os.path.exists(self.path("c")))
        self.clean("-f", "clean.yaml")
        with open(self.path("c", "dataset.json")) as file:
            self.assertEqual(json.load(file)["lineage"]["removed"], plan["removed"])

    def test_misuse(self):
        self.ingest([])
        for arguments, code in ((["d", "--to", "d"], 2), (["d", "--to", "c", "--min-size", "9x9"], 2), (["d", "--to", "c", "--dedupe", "near"], 2),
                                (["d", "--to", "c", "--missing", "means"], 2), (["nowhere", "--to", "c"], 5), (["d"], 2)):
            self.clean(*arguments, code=code)
            self.assertFalse(os.path.exists(self.path("c")))


class Texts(Clean):
    def write_texts(self, extra=()):
        rng = random.Random(4)
        rows = [(" ".join(rng.choices(WORDS, k=20)), rng.choice("ab")) for _ in range(200)] + list(extra)
        self.write("t.jsonl", "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
        self.mlctl("ingest", "t.jsonl", "--kind", "text", "--to", "d")

    def test_near_duplicates(self):
        long = "the committee met on tuesday to discuss the new bridge across the northern river and agreed that work begins in spring with help from all towns along the valley and beyond the hills"
        self.write_texts([(long, "a"), (long.replace("tuesday", "TUESDAY!"), "a"), (long + " today", "a")])
        self.clean("d", "--to", "c", "--dedupe", "near")
        self.assertEqual(sum(self.removed().values()), 2)

    def test_personal_data(self):
        secrets = ["ann.lee@example.org", "4111 1111 1111 1111", "11010519491231002X", "192.168.17.4", "+44 20 7946 0958"]
        self.write_texts([(f"note {n} please use {secret} for this", "a") for n, secret in enumerate(secrets)])
        for style, report in (("hash", "h.html"), ("redact", "r.html")):
            self.clean("d", "--to", style, "--mask-pii", style, "--report", report, env={"MLCTL_PII_KEY": "k"})
            content = "".join(read(self.path(style, name)) for name in os.listdir(self.path(style)) if name.endswith("jsonl"))
            for secret in secrets:
                self.assertNotIn(secret, content)
                self.assertNotIn(secret, read(self.path(report)))
            with open(self.path(style, "dataset.json")) as file:
                self.assertEqual(sum(json.load(file)["lineage"]["masked"].values()), len(secrets))
        self.assertIn("[EMAIL]", content)


class Killed(kills.KillTest):
    def test_a_table_cleaned_under_kills(self):
        self.write("risk.csv", risk_csv(20000) + ",20000,north,0.25,low\n" * 3)
        self.mlctl("ingest", "risk.csv", "--label", "risk", "--to", "d", "--kind", "table")
        self.survive(["clean", "d", "--to", "c", "--missing", "median", "--outliers", "iqr"], "c", 4, seed=11)

    def test_pictures_cleaned_under_kills(self):
        self.clean(4, seed=12)


del ProjectTest, Clean

if __name__ == "__main__":
    unittest.main()
