"""A user's own data, from file to a good model with ingest, train and eval and no manifest: each better than the obvious
baseline (the majority class, the mean) by the stated margin, on the test split."""
import json
import math
import os
import random

from support import ProjectTest, write_pictures


class OwnData(ProjectTest):
    def trained(self, *ingest):
        """The test metrics of a model trained on what `ingest` makes, with every default."""
        self.mlctl("ingest", *ingest, "--to", "d")
        self.mlctl("train", "d", "--to", "m", timeout=1500)
        return self.mlctl("eval", "m", "--data", "d", "-o", "json").json()["metrics"]

    def test_photos_with_chinese_and_spaced_names(self):
        write_pictures(self.path("照片"), 220, size=96, classes=("disc", "stripes", "square"))
        for label, name in (("disc", "圆 盘"), ("stripes", "条纹"), ("square", "正方形 照片")):
            os.rename(self.path("照片", label), self.path("照片", name))
            for picture in os.listdir(self.path("照片", name)):
                os.rename(self.path("照片", name, picture), self.path("照片", name, "我的 " + picture))
        metrics = self.trained("照片", "--kind", "image")
        self.assertGreater(metrics["accuracy"], 1 / 3 + 0.4)  # three equal classes

    def test_half_a_million_rows(self):
        rng = random.Random(11)
        positive = 0
        with open(self.path("big.csv"), "w") as file:
            file.write(",".join(f"f{i}" for i in range(28)) + ",city,plan,member,outcome\n")
            for _ in range(500_000):
                x = [rng.gauss(0, 1) for _ in range(28)]
                city, plan, member = rng.choice("ABCDEFGH"), rng.choice(["free", "pro", "team"]), rng.random() < 0.5
                score = x[0] - 0.8 * x[1] + 0.6 * x[2] * x[3] + (0.9 if plan == "pro" else -0.3) + ("ABCDEFGH".index(city) - 3.5) / 4
                outcome = score + rng.gauss(0, 0.5) > 0
                positive += outcome
                file.write(",".join(f"{v:.4f}" for v in x) + f",{city},{plan},{'yes' if member else 'no'},{'churn' if outcome else 'stay'}\n")
        majority = max(positive, 500_000 - positive) / 500_000
        metrics = self.trained("big.csv", "--kind", "table", "--label", "outcome")
        self.assertGreater(metrics["accuracy"], majority + 0.30)

    def test_two_hundred_thousand_lines(self):
        rng = random.Random(12)
        topics = {name: [f"{name}{i}" for i in range(300)] for name in ("sport", "money", "travel", "health", "science")}
        common = [f"word{i}" for i in range(2000)]
        with open(self.path("lines.jsonl"), "w") as file:
            for _ in range(200_000):
                label = rng.choice(list(topics))
                words = [rng.choice(common) for _ in range(rng.randint(5, 25))]
                words += [rng.choice(topics[label]) for _ in range(rng.randint(1, 3))]
                if rng.random() < 0.2:  # a word of another topic misleads
                    words.append(rng.choice(topics[rng.choice(list(topics))]))
                rng.shuffle(words)
                file.write(json.dumps({"text": " ".join(words), "label": label}) + "\n")
        metrics = self.trained("lines.jsonl", "--kind", "text", "--text", "column:text", "--label", "column:label")
        self.assertGreater(metrics["accuracy"], 1 / 5 + 0.5)

    def test_a_million_ratings(self):
        rng = random.Random(13)
        users = [[rng.gauss(0, 0.5) for _ in range(4)] + [rng.gauss(0, 0.4)] for _ in range(6000)]
        items = [[rng.gauss(0, 0.5) for _ in range(4)] + [rng.gauss(0, 0.5)] for _ in range(2000)]
        total = squares = 0.0
        with open(self.path("ratings.csv"), "w") as file:
            file.write("user,item,rating\n")
            for _ in range(1_000_000):
                u, i = rng.randrange(6000), rng.randrange(2000)
                a, b = users[u], items[i]
                score = 3.5 + a[4] + b[4] + 2 * sum(p * q for p, q in zip(a[:4], b[:4])) + rng.gauss(0, 0.4)
                rating = min(5.0, max(0.5, round(score * 2) / 2))
                total, squares = total + rating, squares + rating * rating
                file.write(f"u{u},i{i},{rating}\n")
        deviation = math.sqrt(squares / 1e6 - (total / 1e6) ** 2)  # the error of always answering the mean
        metrics = self.trained("ratings.csv", "--kind", "ratings")
        self.assertLess(metrics["rmse"], 0.65 * deviation)

