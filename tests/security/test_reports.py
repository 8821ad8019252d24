"""Reports in HTML, of data that would like to be code."""
import csv
import html.parser
import io
import json
import os
import random
import unittest

import specimens
from hostile import HostileTest

CODE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg/onload=alert(1)>", "</title><script>x</script>",
        "</style><script>x</script>", "--><script>y</script>", "]]><script>z</script>", "javascript:alert(1)", "&lt;b&gt;",
        "{{7*7}}", "</svg><script>1</script>", "<!--", "\u2028<script>", "<a href='javascript:1'>",
        "\" style=\"background:url(//evil.example)")
ACTIVE = {"script", "iframe", "object", "embed", "link", "base", "form", "input", "meta http-equiv=refresh"}


class Finder(html.parser.HTMLParser):

    def __init__(self):
        super().__init__()
        self.found, self.policy = [], False

    def handle_starttag(self, tag, attributes):
        values = {key: value or "" for key, value in attributes}
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = True
        elsewhere = [
            key for key in ("href", "src", "action", "xlink:href")
            if key in values and not values[key].startswith(("data:image/", "#"))
        ]
        if tag in ACTIVE or elsewhere or any(key.startswith("on") for key in values) or "url(" in values.get("style", ""):
            self.found.append((tag, attributes))


class Reports(HostileTest):

    def setUp(self):
        super().setUp()
        rng = random.Random(1)
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow([f"n{CODE[1]}", f"{CODE[0]}col", "label"])
        for row in range(400):
            writer.writerow([row % 37, CODE[row % 4] if row % 5 else "plain", CODE[rng.randrange(5)]])
        texts = [{"text": f"{rng.choice(CODE)} words {row % 50} {rng.choice(CODE)}", "label": CODE[row % 6]}
                 for row in range(300)]
        self.put(".",
                 {"t.csv": table.getvalue().encode(), "x.jsonl": "".join(json.dumps(each) + "\n" for each in texts).encode()})
        for number, label in enumerate(CODE[:4]):
            self.put("p/" + label.replace("/", "\u2044"), {
                f"{CODE[(k + number) % 10].replace('/', chr(0x2044))}{k}.png": specimens.png(4 + k, 4 + number)
                for k in range(10)
            })

    def check(self, report):
        with open(self.work(report), encoding="utf-8") as file:
            text = file.read()
        finder = Finder()
        finder.feed(text)
        self.assertEqual(finder.found, [], report)
        self.assertTrue(finder.policy, f"{report} has no Content-Security-Policy")

    def test_names_and_values_stay_text(self):
        kinds = {
            "t": ["t.csv", "--kind", "table", "--label", "label"], "x": ["x.jsonl", "--kind", "text"],
            "p": ["p", "--kind", "image"]
        }
        for name, source in kinds.items():
            with self.subTest(name):
                self.attack("ingest", *source, "--to", "d" + name, codes=(0, ), seconds=60)
                self.attack("clean", "d" + name, "--to", "c" + name, "--report", f"c{name}.html", "--dedupe", "exact",
                            codes=(0, ), seconds=60)
                self.check(f"c{name}.html")

    def test_reports_of_evaluations(self):
        self.attack("ingest", "x.jsonl", "--kind", "text", "--to", "dx", codes=(0, ), seconds=60)
        self.attack("train", "dx", "--to", "mx", "--epochs", "1", codes=(0, ), seconds=300)
        self.attack("eval", "mx", "--data", "dx", "--report", "e.html", codes=(0, ), seconds=120)
        self.check("e.html")
        self.assertTrue(os.path.exists(self.work("mx/model.json")))


if __name__ == "__main__":
    unittest.main()
