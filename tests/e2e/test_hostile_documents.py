"""Documents and data that claim what is not there: refused with the documented code, the place and the key, without a
crash, a hang, or memory taken for a claim."""
import gzip
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tiny_model
from support import MLCTL, Outcome, ProjectTest

MOST_MEMORY = 2 << 30
MOST_SECONDS = 60  # a bound against hanging: each takes a fraction of a second


class HostileTest(ProjectTest):
    def refused(self, code, *arguments, mentions=()):
        """Ends by itself, within the memory, with `code`; stderr says all of `mentions`."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen([MLCTL, *arguments], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err)
            timer = threading.Timer(MOST_SECONDS, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0), err.seek(0)
            outcome = Outcome(process.returncode, out.read().decode(errors="replace"), err.read().decode(errors="replace"))
        said = f"mlctl {' '.join(map(str, arguments))}: {outcome}"
        self.assertEqual(outcome.code, code, said)
        self.assertLess(usage.ru_maxrss << 10, MOST_MEMORY, said)
        for mention in mentions:
            self.assertIn(mention, outcome.err, said)
        return outcome


def picture():
    with open(os.path.join(os.path.dirname(__file__), "../fixtures/images/palette.png"), "rb") as file:
        return file.read()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


ROWS = b"a,y\n" + b"".join(b"%d,%s\n" % (i, b"ny"[i % 2:i % 2 + 1]) for i in range(60))


def table(**train):
    """The dataset.json of ROWS in a.csv, with changes to its split."""
    return {"apiVersion": "mlctl.dev/v1", "kind": "Dataset", "type": "table",
            "columns": [{"name": "a", "type": "number", "role": "feature"},
                        {"name": "y", "type": "category", "role": "label", "categories": ["n", "y"]}],
            "classes": ["n", "y"],
            "splits": {"train": {"samples": 60, "classCounts": [30, 30], "files": ["a.csv"], "fileSamples": [60], **train}},
            "statistics": [], "files": [{"path": "a.csv", "size": len(ROWS), "sha256": sha256(ROWS)}], "lineage": {}}


class Datasets(HostileTest):
    def dataset(self, document, folder="d"):
        for name in ("a.csv", "b.csv", "c.csv"):
            self.write(f"{folder}/{name}", ROWS)
        self.write(f"{folder}/dataset.json", document if isinstance(document, (bytes, str)) else json.dumps(document))

    def test_the_good_one_is_read(self):
        self.dataset(table())
        self.mlctl("describe", "dataset", "d")
        self.mlctl("clean", "d", "--to", "c")

    def test_a_split_names_what_is_not_the_datasets(self):
        self.write("secret.csv", b"a,y\nsecret1,secret2\n")
        for name, words in {"/etc/passwd": "is absolute", "../secret.csv": "points outside", "../../etc/hostname": "points outside",
                            "b.csv": "is not among the dataset's files", "a.csv\0": "NUL", "": "is empty"}.items():
            self.dataset(table(files=[name]))
            for command in (["describe", "dataset", "d", "-o", "json"], ["clean", "d", "--to", "c"], ["why", "dataset", "d"],
                            ["train", "d", "--to", "m", "--epochs", "1"]):
                outcome = self.refused(10, *command, mentions=["dataset.json", "splits.train.files[0]", words])
                self.assertNotIn("secret1", outcome.out + outcome.err)
            self.assertFalse(os.path.exists(self.path("c")) or os.path.exists(self.path("m")))

    def test_numbers_that_contradict_each_other(self):
        for change, key in ((dict(files=["a.csv", "b.csv"]), "splits.train.fileSamples"), (dict(fileSamples=[1] * 9), "splits.train.fileSamples"),
                            (dict(fileSamples=[-5]), "splits.train.fileSamples[0]"), (dict(samples=2**62), "splits.train.samples"),
                            (dict(samples=2**62, fileSamples=[2**62]), "splits.train"), (dict(samples=-60), "splits.train.samples"),
                            (dict(samples=60.5), "splits.train.samples"), (dict(samples=2**64), "splits.train.samples"),
                            (dict(samples=500000, fileSamples=[500000]), "splits.train.fileSamples[0]"),
                            (dict(classCounts=[]), "splits.train.classCounts"), (dict(classCounts=[60, 60]), "splits.train.classCounts")):
            self.dataset(table(**change))
            for command in (["clean", "d", "--to", "c"], ["train", "d", "--to", "m", "--epochs", "1"], ["describe", "dataset", "d"]):
                self.refused(10, *command, mentions=[key])

    def test_a_split_of_another_name_is_no_path(self):
        document = table()
        document["splits"]["/../../precious"] = document["splits"].pop("train")
        self.write("precious/thesis.txt", "ten years of work")
        self.dataset(document)
        self.refused(5, "train", "d:/../../precious", "--to", "m", "--epochs", "1")
        self.refused(10, "train", "d", "--to", "m", "--epochs", "1", mentions=["splits./../../precious"])
        self.refused(10, "describe", "dataset", "d", mentions=["splits./../../precious"])
        self.assertTrue(os.path.exists(self.path("precious/thesis.txt")))

    def test_free_fields_hold_anything_that_is_not_deep(self):
        for lineage in ({"command": 7, "inputs": [{"name": 1, "digest": {}}, 5]}, {"command": {}, "inputs": "x"}, [], None, 7, "text",
                        {"command": "ingest", "inputs": {"a": {"name": "x"}}}):
            self.dataset({**table(), "lineage": lineage})
            for output in ([], ["-o", "json"], ["-o", "yaml"], ["-o", "wide"]):
                self.refused(0, "describe", "dataset", "d", *output)
            self.refused(0, "get", "datasets")

    def test_depth(self):
        deep = b"[" * 2000000 + b"]" * 2000000
        for document in (deep, b"[" * 5000000, json.dumps(table()).encode().replace(b'"lineage": {}', b'"lineage": ' + deep[1900000:2100000])):
            self.dataset(document)
            self.refused(10, "describe", "dataset", "d", mentions=["deeper than 100 levels"])
            self.refused(10, "train", "d", "--to", "m", mentions=["deeper than 100 levels"])

    def test_a_text_without_its_label_column(self):
        lines = b"".join(b'{"text":"a %d","label":"%s"}\n' % (i, b"ny"[i % 2:i % 2 + 1]) for i in range(60))
        document = {**table(), "type": "text", "columns": [{"name": "text", "type": "text", "role": "feature"}],
                    "files": [{"path": "a.csv", "size": len(lines), "sha256": sha256(lines)}]}
        self.dataset(document)
        self.write("d/a.csv", lines)
        for output in ([], ["-o", "json"]):
            self.refused(10, "describe", "dataset", "d", *output, mentions=["columns", "role label"])

    def test_a_line_without_its_label(self):
        lines = b"".join(b'{"text":"a %d","%s":"%s"}\n' % (i, b"label" if i else b"lAbel", b"ny"[i % 2:i % 2 + 1]) for i in range(60))
        self.dataset({**table(), "type": "text", "columns": [
            {"name": "text", "type": "text", "role": "feature"}, {"name": "label", "type": "category", "role": "label"}],
            "files": [{"path": "a.csv", "size": len(lines), "sha256": sha256(lines)}]})
        self.write("d/a.csv", lines)
        for command in (["clean", "d", "--to", "c"], ["train", "d", "--to", "m"]):
            self.refused(10, *command, mentions=["line 1 has no label"])

    def test_an_index_in_a_shard_that_is_no_class(self):
        png = picture()
        for index in (b"2", b"-1", b"99999999999999999999", b"x", b""):
            shard = io.BytesIO()
            with tarfile.open(fileobj=shard, mode="w") as tar:
                for name, content in (("000000.png", png), ("000000.cls", index), ("000000.json", b'{"label":"n","source":"x"}')):
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
            content = shard.getvalue()
            document = {**table(samples=1, classCounts=[1, 0], fileSamples=[1]), "type": "image", "columns": [],
                        "channelMean": [0.5] * 3, "channelStd": [0.2] * 3,
                        "files": [{"path": "a.csv", "size": len(content), "sha256": sha256(content)}]}
            self.dataset(document)
            self.write("d/a.csv", content)
            for command in (["describe", "dataset", "d"], ["clean", "d", "--to", "c"], ["train", "d", "--to", "m"]):
                self.refused(10, *command)


class StoredDatasets(HostileTest):
    """A store's dataset.json names copies in the cache by its digests."""

    def serve(self, files):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):
                key = handler.path.split("?")[0].split("/", 2)[-1]
                body = files.get(key)
                if "list-type" in handler.path:
                    listing = "".join(f"<Contents><Key>{name}</Key><Size>{len(content)}</Size><ETag>\"e\"</ETag>"
                                      "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                                      for name, content in files.items())
                    body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{listing}</ListBucketResult>".encode()
                handler.send_response(404 if body is None else 200)
                body = body or b"<Error><Code>NoSuchKey</Code></Error>"
                handler.send_header("content-length", str(len(body)))
                handler.send_header("etag", '"e"')
                handler.send_header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
                handler.end_headers()
                if handler.command == "GET":
                    handler.wfile.write(body)

            do_HEAD = do_GET

            def log_message(handler, *ignored):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.env.update(AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_address[1]}", AWS_ACCESS_KEY_ID="AKIATEST",
                        AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="us-east-1")

    def test_a_digest_is_no_path_out_of_the_cache(self):
        for digest in ("/../../../..", "../" * 12 + self.folder.lstrip("/") + "/precious", "", "a" * 63, "A" * 64, "a" * 63 + "/"):
            self.write("precious/deep/thesis.txt", "ten years of work")
            self.write("yarn.lock", "important")
            document = table()
            document["files"][0]["sha256"] = digest
            self.serve({"ds/dataset.json": json.dumps(document).encode(), "ds/a.csv": ROWS})
            for command in (["describe", "dataset", "s3://bucket/ds"], ["why", "dataset", "s3://bucket/ds"],
                            ["train", "s3://bucket/ds", "--to", "m", "--epochs", "1"]):
                self.refused(10, *command, mentions=["files[0].sha256", "is not a SHA-256"])
            self.refused(10, "clean", "s3://bucket/ds", "--to", "c")
            self.assertTrue(os.path.exists(self.path("precious/deep/thesis.txt")))
            self.assertTrue(os.path.exists(self.path("yarn.lock")))

    def test_a_path_is_no_key_outside_the_dataset(self):
        document = table(files=["../other/a.csv"])
        document["files"][0]["path"] = "../other/a.csv"
        self.serve({"ds/dataset.json": json.dumps(document).encode(), "other/a.csv": ROWS})
        self.refused(10, "describe", "dataset", "s3://bucket/ds", mentions=["points outside"])


def text_model():
    return ({"task": "classification", "classes": ["bad", "good"],
             "network": {"input": {"kind": "text", "vocabulary": 11}, "outputs": 2,
                         "layers": [{"kind": "embedding_mean", "units": 4}, {"kind": "dense", "units": 2}]},
             "preprocess": {"text": {"lowercase": True, "buckets": 10, "ngrams": 2, "maxTokens": 0, "column": "text"}},
             "statistics": [{"name": "length", "count": 10, "missing": 0, "mean": 5.0, "stddev": 1.0, "min": 0.0, "max": 10.0,
                             "edges": [2.0, 4.0], "bins": [3, 3, 4]}]},
            {"0.weight": ([11, 4], [0.01] * 44), "1.weight": ([2, 4], [0.1] * 8), "1.bias": ([2], [0.0, 0.1])})


def image_model():
    return ({"task": "classification", "classes": ["cat", "dog"],
             "network": {"input": {"kind": "image", "channels": 3, "height": 8, "width": 8}, "outputs": 2,
                         "layers": [{"kind": "flatten"}, {"kind": "dense", "units": 2}]},
             "preprocess": {"image": {"size": [8, 8], "channels": 3, "mean": [0.5] * 3, "stddev": [0.25] * 3}}, "statistics": []},
            {"1.weight": ([2, 192], [0.001] * 384), "1.bias": ([2], [0.0, 0.1])})


def table_model():
    return ({"task": "classification", "classes": ["no", "yes"],
             "network": {"input": {"kind": "table", "numeric": 1, "cardinalities": [3]}, "outputs": 2,
                         "layers": [{"kind": "table_input", "units": 2}, {"kind": "dense", "units": 2}]},
             "preprocess": {"table": {"columns": [{"name": "age", "type": "number", "mean": 40.0, "stddev": 10.0},
                                                  {"name": "city", "type": "category", "categories": ["A", "B"]}],
                                      "targetMean": 0.0, "targetStddev": 1.0}}, "statistics": []},
            {"0.embeddings.0.weight": ([3, 2], [0.1] * 6), "1.weight": ([2, 3], [0.1] * 6), "1.bias": ([2], [0.0, 0.1])})


INPUTS = {text_model: "hello you", table_model: '{"age":1,"city":"A"}', image_model: "none.png"}


def conv(**fields):
    return [{"kind": "conv2d", "units": 1, "kernelHeight": 1, "kernelWidth": 1, **fields}, {"kind": "flatten"}, {"kind": "dense", "units": 2}]


class Models(HostileTest):
    def model(self, make, change=None, value=None, folder="m"):
        document, tensors = make()
        tiny_model.write_model(self.path(folder), document, tensors)
        if not change:
            return
        with open(self.path(folder, "model.json")) as file:
            written = json.load(file)
        at = written
        for key in change[:-1]:
            at = at[key]
        at[change[-1]] = value
        self.write(f"{folder}/model.json", json.dumps(written))

    def test_the_good_ones_answer(self):
        self.model(text_model)
        self.mlctl("predict", "m", "hello you")
        self.model(table_model)
        self.mlctl("predict", "m", INPUTS[table_model])

    def test_a_model_that_contradicts_itself(self):
        for make, change, value, words in (
                (text_model, ("preprocess", "text", "buckets"), 0, "preprocess.text.buckets"),
                (text_model, ("preprocess", "text", "buckets"), 2**40, "preprocess.text.buckets"),
                (text_model, ("preprocess", "text", "ngrams"), 2**62, "preprocess.text.ngrams"),
                (text_model, ("preprocess", "text", "maxTokens"), -1, "preprocess.text.maxTokens"),
                (text_model, ("classes",), [], "classes"),
                (text_model, ("classes",), ["x"], "classes"),
                (text_model, ("classes",), ["x"] * 100000, "classes"),
                (text_model, ("task",), "regression", "classes"),
                (text_model, ("network", "layers", 0, "units"), 2**62, "layers[0]"),
                (text_model, ("network", "input", "vocabulary"), 2**31, "network"),
                (text_model, ("network", "layers"), [{"kind": "activation", "activation": "relu"}] * 100000, "network.layers"),
                (text_model, ("statistics", 0, "bins"), [], "statistics[0].bins"),
                (image_model, ("preprocess", "image", "channels"), -1, "preprocess.image.channels"),
                (image_model, ("preprocess", "image", "size"), [30000, 30000], "preprocess.image.size"),
                (image_model, ("preprocess", "image", "mean"), [], "preprocess.image.mean"),
                (image_model, ("preprocess", "image", "stddev"), [0, 0, 0], "preprocess.image.stddev"),
                (image_model, ("network", "input"), {"kind": "image", "channels": 1, "height": 2**15, "width": 2**16 - 1}, "network"),
                (image_model, ("network", "layers"), conv(kernelHeight=0), "kernel"),
                (image_model, ("network", "layers"), conv(strideWidth=0), "stride"),
                (image_model, ("network", "layers"), conv(paddingHeight=2**62), "padding"),
                (image_model, ("network", "layers"), conv(kernelHeight=2**62, paddingHeight=2**61), "kernel"),
                (image_model, ("network", "layers"), conv(units=2**30, kernelHeight=8, kernelWidth=8), "too large"),
                (table_model, ("network", "input", "cardinalities"), [2**62], "layers[0]"),
                (table_model, ("network", "input", "cardinalities"), [2**63 - 1], "layers[0]"),
                (table_model, ("network", "input", "cardinalities"), [1], "cardinalities[0]"),
                (table_model, ("network", "input", "numeric"), 2**31 - 1, "network"),
                (table_model, ("preprocess", "table", "columns"), [], "network.input"),
                (table_model, ("preprocess", "table", "columns", 1, "categories"), ["A"] + [str(i) for i in range(50)], "cardinalities[0]")):
            self.model(make, change, value)
            self.refused(10, "predict", "m", INPUTS[make], mentions=["model.json", words])
            self.refused(10, "describe", "model", "m", mentions=["model.json", words])

    def test_weights_that_nobody_vouches_for(self):
        self.model(text_model, ("files",), [])
        for command in (["predict", "m", "hello"], ["describe", "model", "m"], ["export", "m", "--format", "safetensors", "--to", "x"],
                        ["deploy", "m", "--name", "e"], ["why", "model", "m"]):
            self.refused(10, *command, mentions=["weights.safetensors"])
        for path in ("../x", "/etc/passwd", ".", "", "a/../weights.safetensors"):
            self.model(text_model, ("files",), [{"path": path, "size": 1, "sha256": "0" * 64}])
            self.refused(10, "predict", "m", "hello", mentions=["files[0].path"])

    def test_a_larger_network_than_the_weights_hold(self):
        self.model(text_model, ("preprocess", "text", "buckets"), 1 << 27)
        with open(self.path("m/model.json")) as file:
            document = json.load(file)
        document["network"]["input"]["vocabulary"] = (1 << 27) + 1
        self.write("m/model.json", json.dumps(document))
        self.refused(10, "predict", "m", "hello", mentions=["0.weight", "the network needs F32 [134217729, 4]"])

    def test_depth_of_free_fields(self):
        for field in ("metrics", "training", "lineage"):
            self.model(text_model, (field,), "@")
            with open(self.path("m/model.json")) as file:
                text = file.read()
            self.write("m/model.json", text.replace('"@"', '{"x":' + "[" * 1000000 + "]" * 1000000 + "}"))
            for command in (["describe", "model", "m"], ["predict", "m", "hello"], ["export", "m", "--format", "safetensors", "--to", "x"]):
                self.refused(10, *command, mentions=["deeper than 100 levels"])
            listed = self.run_mlctl("get", "models")
            self.assertIn(listed.code, (0, 8, 10), listed)

    def weights(self, header):
        document, _ = text_model()
        tiny_model.write_model(self.path("m"), document, {})
        header += b" " * (-(8 + len(header)) % 8)
        content = struct.pack("<Q", len(header)) + header
        self.write("m/weights.safetensors", content)
        with open(self.path("m/model.json")) as file:
            written = json.load(file)
        written["files"] = [{"path": "weights.safetensors", "size": len(content), "sha256": sha256(content)}]
        self.write("m/model.json", json.dumps(written))

    def test_headers_of_weights(self):
        entry = b'{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
        many = b"{" + b",".join(b'"%x":%s' % (i, entry) for i in range(60000)) + b"}"
        too_many = b"{" + b",".join(b'"%x":%s' % (i, entry) for i in range(250000)) + b"}"
        deep = b'{"a":' + b"[" * 5000000 + b"]" * 5000000 + b"}"
        shape = b'{"a":{"dtype":"F32","shape":[%s],"data_offsets":[0,0]}}'
        for header, words in ((many, "lack the tensor"), (too_many, "at most"), (deep, "deeper"), (shape % (b"1," * 5000 + b"0"), "dimensions"),
                              (shape % b"4294967296,4294967296,4294967296", "shape"), (b'{"a":1}', "dtype"),
                              (b"{" + b'"a":%s,"a":%s}' % (entry, entry), "twice")):
            self.weights(header)
            self.refused(10, "predict", "m", "hello", mentions=[words])


class Sources(HostileTest):
    def test_idx_that_claims_more_than_there_is(self):
        def idx(images, labels, name="x"):
            self.write(f"{name}-images-idx3-ubyte", struct.pack(">IIII", 0x803, *images))
            self.write(f"{name}-labels-idx1-ubyte", struct.pack(">II", 0x801, labels[0]) + labels[1])
        for images, labels in (((0xffffffff, 28, 28), (0xffffffff, b"")), ((1, 65535, 65535), (1, b"\0")),
                               ((0xffffffff, 65535, 65535), (0xffffffff, b"\0")), ((10**6, 28, 28), (10**6, b"\0" * 10))):
            idx(images, labels)
            self.refused(7, "ingest", "x-images-idx3-ubyte", "--to", "d", mentions=["x-"])
            self.assertFalse(os.path.exists(self.path("d")))

    def test_idx_in_gzip_that_claims_more_than_it_can_hold(self):
        self.write("x-images-idx3-ubyte.gz", gzip.compress(struct.pack(">IIII", 0x803, 0xffffffff, 28, 28) + bytes(1000)))
        self.write("x-labels-idx1-ubyte.gz", gzip.compress(struct.pack(">II", 0x801, 0xffffffff) + bytes(1000)))
        self.refused(7, "ingest", "x-images-idx3-ubyte.gz", "--to", "d", mentions=["x-"])

    def test_a_row_of_very_many_keys_or_levels(self):
        good = b'{"text":"a","label":"b"}\n' * 50
        wide = b"{" + b",".join(b'"%x":1' % i for i in range(60000)) + b"}\n"
        deep = b'{"text":' + b"[" * 3000000 + b"]" * 3000000 + b"}\n"
        for line in (wide, deep):
            self.write("x.jsonl", good + line + good)
            self.refused(0, "ingest", "x.jsonl", "--kind", "text", "--to", "d", "--max-bad", "100%")
            shutil.rmtree(self.path("d"))

    def test_names_that_are_not_utf8(self):
        rows = "".join(f"{i},{('Rome', 'Oslo')[i % 2]},{('yes', 'no')[i % 3 > 0]}\n" for i in range(60))
        csv = ("a,town,y\n" + rows).encode()
        for content, words in ((csv.replace(b"town", "größe".encode("latin1")), ["t.csv:1", "not named in UTF-8", "iconv"]),
                               (csv.replace(b"Rome", "Orléans".encode("latin1")), ["t.csv:2", "not UTF-8", "iconv"]),
                               (csv.replace(b"yes", "gültig".encode("latin1")), ["t.csv:2", "not UTF-8", "iconv"])):
            self.write("t.csv", content)
            self.refused(7, "ingest", "t.csv", "--label", "y", "--to", "d", mentions=words)
            self.assertFalse(os.path.exists(self.path("d")) or os.path.exists(self.path("d.partial")))

    def test_folders_that_are_not_named_in_utf8(self):
        png = picture()
        for kind, name, content in (("text", "%d.txt", b"hello %d"), ("image", "%d.png", png)):
            root = os.fsencode(self.path(kind))
            for label in (b"gut\xfc", b"gut\xe4", b"b"):
                os.makedirs(os.path.join(root, label))
                for i in range(8):
                    with open(os.path.join(root, label, (name % i).encode()), "wb") as file:
                        file.write(content.replace(b"%d", b"%d" % i) if kind == "text" else content)
            self.refused(7, "ingest", kind, "--kind", kind, "--to", "d", mentions=["not named in UTF-8", "convmv"])
            self.assertFalse(os.path.exists(self.path("d")))

    def test_files_that_are_not_named_in_utf8_are_taken(self):
        png = picture()
        for label in ("a", "b"):
            os.makedirs(self.path("p", label))
            for i in range(8):
                with open(os.path.join(os.fsencode(self.path("p", label)), b"\xfc%d.png" % i), "wb") as file:
                    file.write(png + (label * i).encode())
        self.refused(0, "ingest", "p", "--kind", "image", "--to", "d")
        self.mlctl("describe", "dataset", "d")


if __name__ == "__main__":
    unittest.main()
