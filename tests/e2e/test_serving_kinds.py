"""Models of pictures, texts and ratings, trained here, served for real: an endpoint answers as the model does."""
import json
import os
import random

from support import ProjectTest, free_port, write_pictures


class Kinds(ProjectTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.stop_endpoints)

    def serve_and_compare(self, inputs):
        self.mlctl("train", "d", "--to", "m", "--epochs", "1")
        self.mlctl("deploy", "m", "--name", "e", "--port", str(free_port()))
        direct = self.answers(self.mlctl("predict", "m", *inputs))
        served = self.answers(self.mlctl("predict", "e", *inputs))
        self.assertEqual(len(direct), len(served))
        for one, other in zip(direct, served):
            self.assert_alike(one, other)
        return served

    def answers(self, outcome):
        return [json.loads(line) for line in outcome.out.splitlines()]

    def assert_alike(self, one, other):
        """The same but for the last bits of numbers: other batches add up in another order."""
        if isinstance(one, dict):
            self.assertEqual(one.keys(), other.keys())
            for key in one:
                self.assert_alike(one[key], other[key])
        elif isinstance(one, list):
            self.assertEqual(len(one), len(other))
            for pair in zip(one, other):
                self.assert_alike(*pair)
        elif isinstance(one, float):
            self.assertAlmostEqual(one, other, places=4)
        else:
            self.assertEqual(one, other)

    def watched(self, *more):
        return [each["feature"] for each in self.mlctl("monitor", "e", "--once", "-o", "json", *more).json()["drift"]["features"]]

    def test_the_label_is_no_feature_to_watch(self):
        rng = random.Random(1)
        rows = [(rng.gauss(0, 1), rng.choice("ab")) for _ in range(300)]
        self.write("number.csv", "x,c,label\n" + "".join(f"{x:.3f},{c},{2 * x + (c == 'a'):.3f}\n" for x, c in rows))
        self.write("class.csv", "x,c,label\n" + "".join(f"{x:.3f},{c},{'up' if x > 0 else 'down'}\n" for x, c in rows))
        for name in ("number", "class"):
            self.mlctl("ingest", name + ".csv", "--to", "d", "--overwrite")
            self.mlctl("train", "d", "--to", "m", "--epochs", "1", "--overwrite")
            self.mlctl("deploy", "m", "--name", "e", *(["--force"] if name == "class" else ["--port", str(free_port())]))
            self.assertEqual(self.watched(), ["x", "c"], name)
            self.assertNotIn("label", self.watched("--reference", "d"), name)

    def test_pictures(self):
        write_pictures(self.path("pictures"), 12)
        self.mlctl("ingest", "pictures", "--to", "d")
        files = [os.path.join("pictures", label, name) for label in sorted(os.listdir(self.path("pictures")))
                 for name in sorted(os.listdir(self.path("pictures", label)))[:2]]
        answers = self.serve_and_compare(files)
        self.assertEqual(len(answers), 6)
        self.assertTrue(all(answer["label"] in ("disc", "stripes", "square") for answer in answers), answers)

    def test_texts(self):
        rng = random.Random(1)
        words = {"sport": "ball goal match team".split(), "food": "soup bread salt pan".split()}
        self.write("texts.jsonl", "".join(json.dumps({"text": " ".join(rng.choices(words[label] + ["the", "a"], k=6)) + f" {n}",
                                                      "label": label}) + "\n" for n in range(100) for label in words))
        self.mlctl("ingest", "texts.jsonl", "--kind", "text", "--to", "d")
        answers = self.serve_and_compare(["the team had a ball", "bread and soup with ünïcode", "unseen"])
        self.assertEqual(len(answers), 3)
        self.write("match.txt", "the team had a ball\n\nand a goal\n")
        for target in ("m", "e"):
            (answer,) = self.answers(self.mlctl("predict", target, "match.txt"))
            self.assertEqual(answer["input"], "match.txt")
            self.assertEqual(len(self.answers(self.mlctl("predict", target, "-", input="one\ntwo\n"))), 2)

    def test_ratings(self):
        rng = random.Random(1)
        self.write("ratings.csv", "user,item,rating\n" + "".join(
            f"u{n % 20},i{rng.randrange(30)},{rng.randrange(1, 6)}\n" for n in range(400)))
        self.mlctl("ingest", "ratings.csv", "--kind", "ratings", "--to", "d")
        answers = self.serve_and_compare(['{"user":"u3","item":"i7"}', '{"user":"nobody","item":"i7"}'])
        self.assertEqual(len(answers), 2)
