"""Documents that others made: datasets, models and everything that mlctl keeps beside them, bent one value at a time."""
import copy
import hashlib
import json
import os
import unittest

import specimens
from hostile import ESCAPES, SECRET, HostileTest

NOT_WHOLE = (3, 5, 7, 10, 12)  # whatever is wrong, it is told as what is wrong with the document
OUTSIDE = ("../../precious/thesis.txt", "/etc/passwd", "a/../../../precious/thesis.txt", "./x", "a//b", "", ".", "..", "a\0b",
           "a\\..\\b")
NO_DIGEST = ("/../../../..", "../precious", "", "0", "Z" * 64, "A" * 63, "a" * 65, "a" * 63 + "\n", "a" * 32 + "\0" * 32)
NUMBERS = (-1, 2**31, 2**53 + 1, 2**62, 2**63 - 1, -2**63, 2**64 - 1, 1e308, 0.5, None, "7", [], {})
DEEP = 100_000


def bent(document, path, value):
    document = copy.deepcopy(document)
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return document


def nested(document, key, depth=DEEP):
    """The document's text with brackets that deep in a free field."""
    return json.dumps({**document, key: "@"}).replace('"@"', "[" * depth + "]" * depth).encode()


class Datasets(HostileTest):

    def put_dataset(self, kind, document):
        files = specimens.dataset_files(kind)
        files["dataset.json"] = document if isinstance(document, bytes) else specimens.text(document)
        self.put("d", files)

    def read_all_ways(self, why, codes=NOT_WHOLE, deep=False):
        commands = [["describe", "dataset", "d"], ["clean", "d", "--to", "c"], ["get", "datasets"], ["why", "dataset/d"],
                    ["ls", "d"], ["gc", "--dry-run"]]
        with self.subTest(why):
            self.attack(*commands[0], codes=codes)
            self.attack(*commands[1], codes=codes)
            self.assertFalse(os.path.exists(self.work("c")), "nothing is made of a dataset that is not whole")
            for command in commands[2:]:
                self.attack(*command)

    def test_digests_are_digests(self):
        for kind in specimens.DATASETS:
            document, _ = specimens.dataset(kind)
            for number, digest in enumerate(NO_DIGEST):
                if number % len(specimens.DATASETS) == specimens.DATASETS.index(kind):
                    self.put_dataset(kind, bent(document, ("files", 0, "sha256"), digest))
                    self.read_all_ways(f"{kind}: sha256 {digest!r}")

    def test_paths_stay_inside(self):
        document, _ = specimens.dataset("table")
        for path in OUTSIDE:
            self.put_dataset("table", bent(document, ("splits", "train", "files"), [path]))
            self.read_all_ways(f"shard {path!r}")
            self.put_dataset("table", bent(document, ("files", 0, "path"), path))
            self.read_all_ways(f"file {path!r}")

    def test_a_shard_is_listed_with_its_digest(self):
        for kind in specimens.DATASETS:
            document, _ = specimens.dataset(kind)
            self.put_dataset(kind, {**document, "files": []})
            self.read_all_ways(f"{kind}: no files")
            self.put_dataset(kind, {**document, "files": [document["files"][0]] * 2})
            self.read_all_ways(f"{kind}: one file twice")

    def test_a_shard_is_no_link(self):
        files = specimens.dataset_files("table")
        outside = files.pop("train-000000.csv")
        self.write("outside.csv", outside)
        self.put("d", files)
        os.symlink("../../outside.csv", self.work("d/train-000000.csv"))
        self.attack("clean", "d", "--to", "c", codes=NOT_WHOLE)

    def test_numbers_are_checked_before_they_are_used(self):
        document, _ = specimens.dataset("table")
        places = [("splits", "train", "samples"), ("splits", "train", "fileSamples"), ("splits", "train", "classCounts"),
                  ("files", 0, "size"), ("statistics", 0, "count"), ("statistics", 0, "bins"), ("statistics", 0, "edges")]
        for path in places:
            for value in NUMBERS:
                several = isinstance(specimens_at(document, path), list)
                if several and isinstance(value, list):
                    continue
                with self.subTest(path=path, value=value):
                    self.put_dataset("table", bent(document, path, [value] if several else value))
                    self.attack("describe", "dataset", "d")
                    self.attack("clean", "d", "--to", "c", "--overwrite")

    def test_deep_and_wide_documents_are_refused(self):
        for kind in ("table", "image"):
            document, _ = specimens.dataset(kind)
            for key in ("lineage", "statistics", "splits"):
                self.put_dataset(kind, nested(document, key))
                self.read_all_ways(f"{kind}: {key} nested")
        wide = json.dumps({**specimens.dataset("table")[0], "lineage": {f"{k:x}": 0 for k in range(300_000)}}).encode()
        self.put_dataset("table", wide)
        self.attack("describe", "dataset", "d")
        self.attack("get", "datasets")

    def test_names_do_not_steer_the_terminal(self):
        document, _ = specimens.dataset("table")
        for path in (("columns", 0, "name"), ("classes", 0), ("columns", 1, "categories", 0), ("statistics", 0, "name"),
                     ("statistics", 1, "values", 0, 0), ("lineage", "command"), ("type", ), ("kind", ), ("columns", 0, "type")):
            self.put_dataset("table", bent(document, path, ESCAPES))
            for form in ([], ["-o", "json"], ["-o", "yaml"], ["-o", "wide"], ["-o", "jsonpath={}"]):
                with self.subTest(path=path, form=form):
                    self.attack("describe", "dataset", "d", *form)
            self.attack("get", "datasets")

    def test_bytes_that_are_no_text_are_refused_in_words(self):
        text = specimens.text(specimens.dataset("table")[0])
        for broken in (text.replace(b"city", b"cit\xe9"), text[:200], text.replace(b"{", b"\x00{", 1),
                       b"\xef\xbb\xbf" + text[:50], b"", b"null", b"[]", b"7"):
            self.put_dataset("table", broken)
            self.read_all_ways(broken[:30])

    def test_members_of_shards_are_data(self):
        picture = specimens.png(2, 2)
        hostile = [{"../../x.png": picture, "../../x.cls": b"0"}, {"k.png": picture, "k.cls": b"99999999999999999999"},
                   {"k.png": picture, "k.cls": b"-1"}, {"k.png": picture, "k.cls": b"0", "k.json": b"[" * DEEP},
                   {"k.png": specimens.webp_of_one_colour(16383, 10923),
                    "k.cls": b"0"}, {"k.png": "../../precious/thesis.txt",
                                     "k.cls": b"0"}, {ESCAPES + ".png": b"no picture", ESCAPES + ".cls": b"0"}]
        for members in hostile:
            shard = specimens.tar(members)
            document, shards = specimens.dataset("image")
            for split in document["splits"].values():
                split.update(samples=1, fileSamples=[1], classCounts=[1, 0])
            document["files"] = [specimens.entry(name, shard) for name in sorted(shards)]
            self.put("d", {"dataset.json": specimens.text(document), **{name: shard for name in shards}})
            with self.subTest(list(members)):
                self.attack("clean", "d", "--to", "c", "--overwrite")
                self.attack("describe", "dataset", "d")


def specimens_at(document, path):
    for key in path:
        document = document[key]
    return document


class Models(HostileTest):

    def put_model(self, kind, document, weights=None, folder="m"):
        _, own = specimens.model(kind)
        weights = own if weights is None else weights
        if isinstance(document, dict) and document.get("files"):
            document = {**document, "files": [specimens.entry("weights.safetensors", weights)]}
        self.put(
            folder,
            {"model.json": document if isinstance(document, bytes) else specimens.text(document), "weights.safetensors": weights})

    def look(self, codes=NOT_WHOLE):
        self.attack("describe", "model", "m", codes=codes)
        self.attack("get", "models")

    def test_parts_of_a_model_agree(self):
        places = {
            "text": [("preprocess", "text", "buckets"), ("preprocess", "text", "ngrams"), ("network", "input", "vocabulary"),
                     ("network", "layers", 0, "units"),
                     ("network", "outputs")], "table": [("network", "input", "numeric"), ("network", "input", "cardinalities", 0),
                                                        ("network", "layers", 1, "units")],
            "image": [("network", "input", "channels"), ("network", "input", "height"), ("preprocess", "image", "channels"),
                      ("preprocess", "image", "size", 0)], "ratings": [("network", "input", "users"),
                                                                       ("network", "input", "items"),
                                                                       ("network", "layers", 0, "units")]
        }
        for kind, paths in places.items():
            document, _ = specimens.model(kind)
            for path in paths:
                for value in NUMBERS:
                    # Nothing else in the document says how wide an embedding is: that is compared with the weights.
                    codes = (0, 10) if kind == "ratings" and path[-1] == "units" and value == 2**31 else (10, 7, 12)
                    with self.subTest(kind=kind, path=path, value=value):
                        self.put_model(kind, bent(document, path, value))
                        self.look(codes)

    def test_lists_are_as_long_as_they_must_be(self):
        cases = [("text", ("classes", ), []), ("text", ("classes", ), ["one"]), ("table", ("preprocess", "table", "columns"), []),
                 ("table", ("network", "input", "cardinalities"), []), ("image", ("preprocess", "image", "mean"), []),
                 ("image", ("preprocess", "image", "stddev"), [0, 0, 0]),
                 ("ratings", ("preprocess", "ratings", "users"), ["4"] * 9),
                 ("table", ("preprocess", "table", "columns", 1, "categories"), [str(k) for k in range(50)]),
                 ("text", ("statistics", 0, "bins"), []), ("text", ("network", "layers"), []), ("text", ("task", ), "regression")]
        for kind, path, value in cases:
            with self.subTest(kind=kind, path=path):
                self.put_model(kind, bent(specimens.model(kind)[0], path, value))
                self.look(codes=(10, 7))

    def test_predict_judges_what_describe_judges(self):
        for kind, path, value, example in (("text", ("preprocess", "text", "buckets"), 0, "hello"), ("text", ("classes", ), [
                "one"
        ], "hello"), ("table", ("network", "input", "cardinalities"), [2**62], '{"age":1,"city":"A","member":true}'),
                                           ("ratings", ("network", "input", "users"), 2**40, '{"user":"4","item":"6"}')):
            with self.subTest(kind=kind, path=path):
                self.put_model(kind, bent(specimens.model(kind)[0], path, value))
                self.attack("predict", "m", example, codes=(10, 7, 12))
                self.attack("eval", "m", "--data", "d", codes=(5, 7, 10, 12))
                self.attack("export", "m", "--to", "x.pt", codes=(2, 7, 10, 12))

    def test_weights_are_listed_and_verified(self):
        document, weights = specimens.model("text")
        other = bytes([weights[-1] ^ 1]).join([weights[:-1], b""])
        for files in ([], [specimens.entry("weights.safetensors", other)], [specimens.entry("../m/weights.safetensors", weights)],
                      [specimens.entry("weights.safetensors", weights)] * 2, [{"path": ".", "size": 1, "sha256": "0" * 64}]):
            with self.subTest(files=[each["path"] for each in files]):
                self.put("m", {"model.json": specimens.text({**document, "files": files}), "weights.safetensors": weights})
                self.attack("predict", "m", "hello", codes=(10, ))

    def test_headers_of_weights(self):
        document, _ = specimens.model("text")
        length = lambda head, body=b"": len(head).to_bytes(8, "little") + head + body  # noqa: E731
        tensor = '{"dtype":"F32","shape":%s,"data_offsets":%s}'
        heads = [
            length(b"[" * DEEP),
            length(b'{"a":' * DEEP), b"\xff" * 8, b"\xff" * 7 + b"\x7f", (2**40).to_bytes(8, "little"), b"",
            length(json.dumps({"0.weight": json.loads(tensor % ("[4611686018427387904,4]", "[0,0]"))}).encode()),
            length(json.dumps({"0.weight": json.loads(tensor % ("[-1,-4]", "[0,16]"))}).encode(), b"\0" * 16),
            length(json.dumps({"0.weight": json.loads(tensor % ("[1]", "[18446744073709551612,0]"))}).encode()),
            length(("{" + ",".join(f'"{k:x}":{tensor % ("[0]", "[0,0]")}' for k in range(60_000)) + "}").encode()),
            length(b'{"caf\xe9":{}}')
        ]
        for head in heads:
            with self.subTest(head=head[:30]):
                self.put_model("text", document, weights=head)
                self.attack("predict", "m", "hello", codes=(10, 7, 12))
                self.attack("export", "m", "--to", "x.pt", codes=(2, 7, 10, 12))

    def test_free_fields_may_not_be_deep(self):
        for key in ("metrics", "training", "lineage"):
            self.put_model("text", nested(specimens.model("text")[0], key))
            with self.subTest(key):
                self.look()
                self.attack("deploy", "m", "--name", "x", codes=NOT_WHOLE)

    def test_names_do_not_steer_the_terminal(self):
        for path in (("classes", 0), ("statistics", 0, "name"), ("task", ), ("network", "layers", 0, "kind")):
            self.put_model("text", bent(specimens.model("text")[0], path, ESCAPES))
            for form in ([], ["-o", "json"], ["-o", "yaml"]):
                with self.subTest(path=path, form=form):
                    self.attack("describe", "model", "m", *form)

    def test_evaluations_beside_a_model(self):
        self.put_model("text", specimens.model("text")[0])
        with open(self.work("m/model.json"), "rb") as file:
            own = {**specimens.EVALUATION, "model": {"digest": hashlib.sha256(file.read()).hexdigest()}}
        bends = [
            nested(own, "metrics"),
            nested(own, "confusion"), b"[", b"\xff",
            specimens.text({**own, "gates": [{"expr": ESCAPES, "value": 1, "passed": False}]}),
            specimens.text({**own, "gates": 7}),
            specimens.text({**own, "metrics": {ESCAPES: 1}}),
            specimens.text({**own, "samples": 2**64}),
            specimens.text({**own, "confusion": {"labels": ["a"], "counts": [[1] * 50]}}),
            specimens.text({**own, "confusion": {"labels": [], "counts": [[]]}}),
            specimens.text({**own, "metrics": {"accuracy": "high"}}),
            specimens.text({**own, "baseline": {"metrics": 7}})
        ]
        for bend in bends:
            self.put("m/evaluations", {"0001-test-00000000.json": bend})
            with self.subTest(bend[:60]):
                for command in ("describe model m".split(), ["get", "models"], "get models --compare".split(),
                                "describe model m -o json".split()):
                    self.attack(*command)


class Records(HostileTest):
    """What mlctl itself keeps: it may have been torn, or brought along by a cloned project."""

    BENDS = (b"", b"[", b"7", b"null", b'"x"', b"{}", b"\xff\xfe", b"[" * DEEP, b'{"a":' * DEEP)

    def bends_of(self, document):
        yield from self.BENDS
        for key, value in document.items():
            for other in (None, -1, 2**64 - 1, ESCAPES, [], {}, [[]], "../../precious"):
                if type(other) is not type(value) or isinstance(value, str):
                    yield specimens.text({**document, key: other})
            yield nested(document, key)

    def test_records_of_runs(self):
        for bend in self.bends_of(specimens.RUN):
            self.put(".mlctl/runs/train-20260131-120000-3f2a", {"run.json": bend, "metrics.jsonl": bend})
            with self.subTest(bend[:80]):
                for command in (["get", "runs"], "describe run latest".split(), ["why", "model/m"], ["logs", "run/latest"]):
                    self.attack(*command)

    def test_endpoints(self):
        revision = {"revision.json": specimens.text(specimens.REVISION)}
        whole = {
            "endpoint.json": specimens.ENDPOINT, "status.json": specimens.STATUS, "revisions/1/revision.json": specimens.REVISION
        }
        for name, document in whole.items():
            for bend in self.bends_of(document):
                files = {each: specimens.text(other) for each, other in whole.items()}
                files[name] = bend
                for each, content in files.items():
                    self.write(os.path.join("state/mlctl/endpoints/e", each), content)
                with self.subTest(name, bend=bend[:80]):
                    self.attack("get", "endpoints")
                    self.attack("describe", "endpoint", "e")
        self.assertTrue(revision)

    def test_an_endpoint_names_no_process_to_kill_and_no_folder_to_delete(self):
        """Supervisor and workers are known by more than a number that anyone can write."""
        mine = os.getpid()
        process = {"pid": mine, "started": 1, "boot": "x"}
        status = {**specimens.STATUS, "supervisor": process, "workers": [{"process": process, "revision": 1, "ready": True}]}
        for pid in (mine, -1, 0, 1, 2**31, -2**63):
            status["supervisor"] = {**process, "pid": pid}
            self.write("state/mlctl/endpoints/e/endpoint.json",
                       specimens.text({**specimens.ENDPOINT, "name": "../../../../precious"}))
            self.write("state/mlctl/endpoints/e/status.json", specimens.text(status))
            with self.subTest(pid):
                self.attack("describe", "endpoint", "e")
                self.attack("delete", "endpoint", "e", "-y")
                self.attack("delete", "endpoint", "../../../../precious", "-y", codes=(2, 5))

    def test_journals(self):
        rows = specimens.risk_rows()
        fingerprint = "0" * 64
        lines = [
            b"", b"x", b"0000000000000000 {}\n" * 3, b"[" * DEEP + b"\n", b"0000000000000000 " + b'{"a":' * DEEP + b"\n",
            b"\xff" * 100 + b"\n", b"f" * 16 + b' {"fingerprint":"' + fingerprint.encode() + b'"}\n'
        ]
        for line in lines:
            self.put(".", {"t.csv": rows})
            self.put("d.partial", {".mlctl-journal": line, "train-000000.csv": b"left over", "../d.partial/keep": b"x"})
            with self.subTest(line[:40]):
                self.attack("ingest", "t.csv", "--label", "risk", "--to", "d", "--overwrite", codes=(0, 6, 10))

    def test_state_of_pipelines(self):
        self.put(
            ".", {
                "t.csv": specimens.risk_rows(),
                "p.yaml": b"apiVersion: mlctl.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  stages:\n"
                b"    - {name: take, run: ingest, with: {source: t.csv, label: 'column:risk', to: d}}\n"
            })
        for bend in self.bends_of(specimens.STAGES):
            self.put(".mlctl/pipelines", {"p.json": bend})
            with self.subTest(bend[:80]):
                self.attack("run", "-f", "p.yaml", "--dry-run")

    def test_fingerprints(self):
        for content in (b"\0" * 5000, b"[" * DEEP, ESCAPES.encode(), b"0" * 64 + b"\n"):
            self.put(".", {"t.csv": specimens.risk_rows()})
            self.put("d", {**specimens.dataset_files("table"), ".mlctl-fingerprint": content})
            with self.subTest(content[:20]):
                self.attack("ingest", "t.csv", "--label", "risk", "--to", "d", codes=(6, 10))

    def test_configuration_and_files_of_keys(self):
        files = {
            "config/mlctl/config.yaml": b"apiVersion: mlctl.dev/v1\nkind: Config\nspec: {profile: default, profiles: {default: {region: eu}}}\n",
            ".aws/config": b"[default]\nregion = eu\ns3 =\n  endpoint_url = http://127.0.0.1:9\n",
            ".aws/credentials": f"[default]\naws_access_key_id = A\naws_secret_access_key = {SECRET}\n".encode(),
            ".aliyun/config.json": b'{"current":"default","profiles":[{"name":"default","mode":"AK","access_key_id":"A","access_key_secret":"B"}]}',
            ".ossutilconfig": b"[Credentials]\nendpoint=oss-x\naccessKeyID=A\naccessKeySecret=B\n"
        }
        bends = (*self.BENDS, b"\0" * 100, b"[" + b"x" * 100_000 + b"\n", ("[default]\n" + ESCAPES + "\n").encode(),
                 b"[default]\nregion = eu\r\nX-Evil: 1\n",
                 b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c]\n" % (98 + k, 98 + k, 97 + k, 97 + k, 97 + k, 97 + k)
                                           for k in range(12)))
        for name, whole in files.items():
            for bend in (*bends, whole + ESCAPES.encode(), whole.replace(b"default", b"d\xe9fault")):
                self.write(name, bend)
                with self.subTest(name, bend=bend[:40]):
                    self.attack("config", "view")
                    self.attack("doctor", seconds=60)
                    scheme = "oss" if name.startswith((".ali", ".oss")) else "s3"
                    self.attack("ls", "--presign", "1h", f"{scheme}://bucket/x", payload=True)  # reads the keys, asks nobody
            self.write(name, whole)


if __name__ == "__main__":
    unittest.main()
