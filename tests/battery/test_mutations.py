"""The whole program on bent input of every kind: no crash, no exit code that means nothing, no hang, no more than 2 GiB.

MUTATIONS=20000 says how many inputs, SEED=7 which; what ends a run is kept in a folder that the failure names."""
import os
import random
import shutil
import tempfile
import unittest

import specimens
from fake_store import FakeStore
from hostile import KEYS, HostileTest, fault, run
from mutations import Mutator

MUTATIONS = int(os.environ.get("MUTATIONS", 1000))
SEED = int(os.environ.get("SEED", random.randrange(10**6)))
MANIFESTS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "manifests", "examples")


class Mutations(HostileTest):
    def setUp(self):
        super().setUp()
        print(f"MUTATIONS={MUTATIONS} SEED={SEED}", flush=True)
        self.bend = Mutator(f"{SEED} {self.id()}")
        self.pick = self.bend.random

    def try_all(self, share, make):
        """Runs what `make` gives, (files by name, arguments), until its share of the mutations is done."""
        for _ in range(max(1, int(MUTATIONS * share))):
            shutil.rmtree(self.work(), ignore_errors=True)
            os.makedirs(self.work(".mlctl"))
            files, arguments, *env = make()
            self.put(".", files)
            ran = run(arguments, self.work(), dict(self.env, **(env[0] if env else {})))
            found = fault(ran) or ("it touched what is not its own" if self.victims_now() != self.victims else "")
            if found:
                kept = tempfile.mkdtemp(prefix="mutation-")
                shutil.copytree(self.work(), os.path.join(kept, "work"), symlinks=True)
                self.fail(f"mlctl {arguments}: {found}; the input is in {kept}\n{ran.err[-1000:]}")

    def test_pictures(self):
        pictures = list(specimens.fixtures().items())

        def make():
            files = {}
            for label in ("a", "b"):
                for k in range(4):
                    name, content = self.pick.choice(pictures)
                    files[f"p/{label}/{k}{name}"] = self.bend.bytes(content) if self.pick.random() < 0.7 else content
            return files, ["ingest", "p", "--kind", "image", "--to", "d", "--max-bad", "100%"]

        self.try_all(0.1, make)

    def test_archives(self):
        picture = specimens.png(4, 4, colour=2)
        members = {f"{label}/{k}.png": picture
                   for label in ("cat", "dog")
                   for k in range(3)} | {"x.json": b'{"label":"cat"}', "x.png": picture}
        whole = {"a.tar": specimens.tar(members), "a.zip": specimens.zipped(members)}

        def make():
            name = self.pick.choice(list(whole))
            return {name: self.bend.bytes(whole[name])}, ["ingest", name, "--kind", "image", "--to", "d", "--max-bad", "100%"]

        self.try_all(0.1, make)

    def test_idx(self):
        def make():
            images, labels = specimens.idx([6, 4, 4]), specimens.idx([6])
            which = self.pick.random()
            return ({
                "x-images-idx3-ubyte": self.bend.bytes(images) if which < 0.7 else images,
                "x-labels-idx1-ubyte": self.bend.bytes(labels) if which > 0.4 else labels
            }, ["ingest", "x-images-idx3-ubyte", "--to", "d"])

        self.try_all(0.05, make)

    def test_rows(self):
        whole = {
            "t.csv": specimens.risk_rows(), "t.tsv": specimens.risk_rows().replace(b",", b"\t"), "x.jsonl": specimens.text_rows(),
            "r.csv": specimens.rating_rows()
        }

        def make():
            name = self.pick.choice(list(whole))
            return {name: self.bend.bytes(whole[name])
                    }, ["ingest", name, "--to", "d", "--max-bad",
                        self.pick.choice(("1%", "100%"))]

        self.try_all(0.15, make)

    def test_datasets(self):
        def make():
            kind = self.pick.choice(specimens.DATASETS)
            document, shards = specimens.dataset(kind)
            files = {"d/" + name: content for name, content in shards.items()}
            if self.pick.random() < 0.25:
                name = self.pick.choice(list(shards))
                files["d/" + name] = self.bend.bytes(shards[name])
                document["files"] = [specimens.entry(each["path"], files["d/" + each["path"]]) for each in document["files"]]
                files["d/dataset.json"] = specimens.text(document)
            else:
                files["d/dataset.json"] = self.bend.text(document)
            return files, self.pick.choice((["describe", "dataset",
                                             "d"], ["clean", "d", "--to",
                                                    "c"], ["get", "datasets"], ["describe", "dataset", "d", "-o", "json"]))

        self.try_all(0.15, make)

    def test_models(self):
        def make():
            kind = self.pick.choice(specimens.MODELS)
            document, weights = specimens.model(kind)
            if self.pick.random() < 0.2:
                weights = self.bend.bytes(weights)
                document["files"] = [specimens.entry("weights.safetensors", weights)]
            files = {"m/weights.safetensors": weights, "m/model.json": self.bend.text(document)}
            commands = (["describe", "model", "m"], ["get", "models"], ["describe", "model", "m", "-o",
                                                                        "json"], ["deploy", "m", "--name", "x", "--dry-run"])
            # Loading libtorch takes as long as ten other runs.
            return files, ["predict", "m", "hello"] if self.pick.random() < 0.05 else self.pick.choice(commands)

        self.try_all(0.15, make)

    def test_records(self):
        places = {
            ".mlctl/runs/train-20260131-120000-3f2a/run.json": (specimens.RUN, (["get", "runs"], ["describe", "run", "latest"])),
            "m/evaluations/0001-test-00000000.json": (specimens.EVALUATION, (["describe", "model", "m"], ["get", "models"])),
            ".mlctl/pipelines/p.json": (specimens.STAGES, (["get", "runs"], ["gc", "--dry-run"]))
        }

        def make():
            name = self.pick.choice(list(places))
            document, commands = places[name]
            return {
                **{"m/" + each: content
                   for each, content in specimens.model_files("text").items()}, name: self.bend.text(document)
            }, self.pick.choice(commands)

        self.try_all(0.1, make)

    def test_manifests(self):
        examples = {}
        for name in sorted(os.listdir(MANIFESTS)):
            with open(os.path.join(MANIFESTS, name), "rb") as file:
                examples[name] = file.read()
        config = b"apiVersion: mlctl.dev/v1\nkind: Config\nspec: {profile: default, profiles: {default: {region: eu, seed: 7}}}\n"

        def make():
            if self.pick.random() < 0.2:
                self.write("config/mlctl/config.yaml", self.bend.bytes(config))
                return {}, ["config", "view"]
            self.write("config/mlctl/config.yaml", config)
            return {"m.yaml": self.bend.bytes(self.pick.choice(list(examples.values())))}, self.pick.choice(
                (["validate", "-f", "m.yaml"], ["diff", "-f", "m.yaml"], ["apply", "-f", "m.yaml", "--dry-run"]))

        self.try_all(0.1, make)

    def test_answers_of_stores(self):
        with FakeStore(answer=lambda *_: (200, [("ETag", '"e"')], self.answer)) as store:
            env = {**KEYS, "AWS_ENDPOINT_URL": store.endpoint}

            def make():
                name = self.pick.choice(("list", "error", "buckets", "versions"))
                self.answer = self.bend.bytes(specimens.STORE_ANSWERS[name])
                command = {"buckets": ["ls", "s3://"], "versions": ["ls", "--versions",
                                                                    "s3://bucket/a/"]}.get(name, ["ls", "-r", "s3://bucket/a/"])
                return {}, command, env

            self.try_all(0.05, make)

    def test_answers_of_endpoints(self):
        pages = {}
        with FakeStore(answer=lambda _, path: (200, [], pages.get(path.partition("?")[0], pages["*"]))) as endpoint:

            def make():
                pages.update({
                    "/v2/models": specimens.text({"models": [specimens.METADATA]}), "/metrics": specimens.METRICS,
                    "/v2/stats": specimens.text(specimens.STATS), "*": b'{"input":"a","label":"no","score":1}\n'
                })
                page = self.pick.choice(list(pages))
                pages[page] = self.bend.text(specimens.STATS) if page == "/v2/stats" else self.bend.bytes(pages[page])
                return {}, ["monitor", endpoint.endpoint, "--once"
                            ] if page in ("/metrics", "/v2/stats") else ["predict", endpoint.endpoint, '{"age":1,"city":"A"}']

            self.try_all(0.05, make)


if __name__ == "__main__":
    unittest.main()
