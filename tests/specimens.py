"""Small whole specimens of everything that mlctl reads, made in memory: what fuzzing starts from, and what the security tests
and the mutation batteries bend."""
import hashlib
import io
import json
import os
import struct
import tarfile
import urllib.parse
import zipfile
import zlib

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "images")


def text(document):
    return json.dumps(document, indent=1).encode()


def entry(path, content):
    return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


# ---- pictures


def fixtures():
    """{name: bytes} of the pictures in tests/fixtures."""
    found = {}
    for name in sorted(os.listdir(FIXTURES)):
        with open(os.path.join(FIXTURES, name), "rb") as file:
            found[name] = file.read()
    return found


def png(width, height, rows=None, colour=0):
    """Grey (colour 0), RGB (2) or RGBA (6); `rows` None: as many as the header says, all zero."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    packed = zlib.compress(b"\0" * ((1 + width * channels) * (height if rows is None else rows)), 9)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def webp_of_one_colour(width, height):
    """Lossless, of one colour: 30 bytes, however many pixels they stand for."""
    fields = [(width - 1, 14), (height - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)] + [(1, 1), (0, 1), (0, 1), (0, 1)] * 5
    bits = [value >> at & 1 for value, count in fields for at in range(count)]
    bits += [0] * (-len(bits) % 8)
    packed = bytes(sum(bits[at + k] << k for k in range(8)) for at in range(0, len(bits), 8)) + b"\0" * 4
    chunk = b"\x2f" + packed + b"\0" * (len(packed) % 2 ^ 1)
    chunk = chunk[:len(chunk) - len(chunk) % 2]
    body = b"WEBPVP8L" + struct.pack("<I", len(chunk)) + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of_scans(width, height, scans):
    """Progressive and grey: `scans` passes over all blocks, each of which has next to nothing to say."""
    def segment(mark, content):
        return b"\xff" + bytes([mark]) + struct.pack(">H", len(content) + 2) + content

    blocks = -(-width // 8) * -(-height // 8)
    ends = "01" + "1" * 13  # "the next 32,767 blocks are at their end", and so on
    bits = ends * (blocks // 32767 + 1)
    scan = int(bits + "1" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8), "big").replace(b"\xff", b"\xff\0")
    tables = (segment(0xdb, b"\0" + b"\1" * 64) + segment(0xc2,
                                                          struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0") +
              segment(0xc4, b"\0\1" + bytes(15) + b"\0") + segment(0xc4, b"\x10\1" + bytes(15) + b"\xe0"))
    first = segment(0xda, b"\1\1\0" + bytes(3)) + b"\0" * -(-blocks // 8)
    passes = [segment(0xda, b"\1\1\0" + bytes([1 + k % 63, 1 + k % 63, 0])) + scan for k in range(scans)]
    return b"\xff\xd8" + tables + first + b"".join(passes) + b"\xff\xd9"


# ---- archives and IDX


def tar(members):
    """`members`: {name: bytes}; a str as content is the target of a symbolic link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
                continue
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def idx(sizes, content=None):
    amount = 1
    for size in sizes:
        amount *= size
    return struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes) + (bytes(
        k % 251 for k in range(amount)) if content is None else content)


# ---- rows


def risk_rows(rows=60, town="Rome", label="hi"):
    lines = [
        f"{20 + k % 50},{k * 1000.5},{town if k % 3 else 'Oslo'},2026-01-{1 + k % 28:02d},{label if k % 2 else 'lo'}"
        for k in range(rows)
    ]
    return ("age,income,town,when,risk\n" + "\n".join(lines) + "\n").encode()


def text_rows(rows=60):
    return b"".join(text_line(f"a {'good' if k % 2 else 'bad'} day, the {k}th", "pos" if k % 2 else "neg") for k in range(rows))


def text_line(words, label):
    return json.dumps({"text": words, "label": label}).encode() + b"\n"


def rating_rows(rows=80):
    return b"user,item,rating\n" + b"".join(b"u%d,i%d,%d\n" % (k % 7, k % 11, 1 + k % 5) for k in range(rows))


# ---- safetensors, models


def safetensors(tensors):
    """`tensors`: {name: (shape, floats)}."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header).encode()
    head += b" " * (-(8 + len(head)) % 64)
    return struct.pack("<Q", len(head)) + head + data


def numeric(name, **other):
    return {
        "name": name, "count": 100, "missing": 0, "mean": 50.0, "stddev": 20.0, "min": 0.0, "max": 100.0,
        "edges": [25.0, 50.0, 75.0], "bins": [25, 25, 25, 25], **other
    }


def _model(task, classes, network, preprocess, statistics, tensors):
    weights = safetensors(tensors)
    document = {
        "apiVersion": "mlctl.dev/v1", "kind": "Model", "format": 1, "task": task, "classes": classes, "network": network,
        "preprocess": preprocess, "metrics": {"accuracy": 0.9}, "training": {"epochs": 1}, "statistics": statistics,
        "lineage": {"command": "train"}, "files": [entry("weights.safetensors", weights)]
    }
    return document, weights


def model(kind):
    """(model.json as a document, weights.safetensors) of a tiny model."""
    if kind == "text":
        return _model(
            "classification", ["bad", "good"], {
                "input": {"kind": "text", "vocabulary": 11}, "layers": [{"kind": "embedding_mean", "units": 4},
                                                                        {"kind": "dense", "units": 2}], "outputs": 2
            }, {"text": {"lowercase": True, "buckets": 10, "ngrams": 2, "maxTokens": 0, "column": "text"}}, [numeric("length")],
            {"0.weight": ([11, 4], [0.01 * k for k in range(44)]), "1.weight": ([2, 4], [0.1] * 8), "1.bias": ([2], [0.0, 0.1])})
    if kind == "table":
        columns = [{"name": "age", "type": "number", "mean": 40.0,
                    "stddev": 10.0}, {"name": "city", "type": "category", "categories": ["A", "B"]},
                   {"name": "member", "type": "boolean", "mean": 0.5, "stddev": 0.5}]
        return _model(
            "classification", ["no", "yes"], {
                "input": {"kind": "table", "numeric": 2, "cardinalities": [3]},
                "layers": [{"kind": "table_input", "units": 2}, {"kind": "dense", "units": 2}], "outputs": 2
            }, {"table": {"columns": columns, "targetMean": 0.0, "targetStddev": 1.0}},
            [numeric("age"), {"name": "city", "count": 100, "missing": 0, "values": [["A", 60], ["B", 40]]}],
            {"0.embeddings.0.weight": ([3, 2], [0.1] * 6), "1.weight": ([2, 4], [0.1] * 8), "1.bias": ([2], [0.0, 0.1])})
    if kind == "ratings":
        return _model(
            "recommendation", [], {
                "input": {"kind": "ratings", "users": 3, "items": 3}, "layers": [{"kind": "factorization", "units": 1}],
                "outputs": 1, "outputMean": 3.0
            }, {"ratings": {"users": ["4", "5"], "items": ["6", "7"], "mean": 3.0, "min": 1.0, "max": 5.0}}, [], {
                "0.user_bias.weight": ([3, 1], [0.0, -0.5, 0.5]), "0.item_bias.weight": ([3, 1], [0.0, -0.25, 0.25]),
                "0.users.weight": ([3, 1], [0.0] * 3), "0.items.weight": ([3, 1], [0.0] * 3)
            })
    return _model(
        "classification", ["cat", "dog"], {
            "input": {"kind": "image", "channels": 3, "height": 8, "width": 8},
            "layers": [{"kind": "flatten"}, {"kind": "dense", "units": 2}], "outputs": 2
        }, {"image": {"size": [8, 8], "channels": 3, "mean": [0.5] * 3, "stddev": [0.25] * 3}}, [numeric("brightness")],
        {"1.weight": ([2, 192], [0.001] * 384), "1.bias": ([2], [0.0, 0.1])})


MODELS = ("table", "text", "image", "ratings")


def model_files(kind):
    document, weights = model(kind)
    return {"model.json": text(document), "weights.safetensors": weights}


# ---- datasets


def _dataset(kind, columns, classes, shards, statistics, **other):
    """`shards`: {split: (file name, content, samples, class counts)}."""
    splits = {
        split: {"samples": samples, "classCounts": counts, "files": [name], "fileSamples": [samples]}
        for split, (name, _, samples, counts) in shards.items()
    }
    document = {
        "apiVersion": "mlctl.dev/v1", "kind": "Dataset", "type": kind, "columns": columns, "classes": classes,
        **other, "splits": splits, "statistics": statistics, "files": sorted(
            (entry(name, content) for name, content, _, _ in shards.values()), key=lambda each: each["path"]),
        "lineage": {"command": "ingest", "inputs": [{"name": "x", "digest": "0" * 64}]}
    }
    return document, {name: content for name, content, _, _ in shards.values()}


def dataset(kind):
    """(dataset.json as a document, {shard: content}) of a tiny dataset."""
    def shards(extension, content, samples, counts):
        return {split: (f"{split}-000000.{extension}", content, samples, counts) for split in ("train", "validation", "test")}

    if kind == "table":
        content = b"age,city,y\n" + b"".join(b"%d,%s,%s\n" % (k, b"AB"[k % 2:k % 2 + 1], b"yes" if k % 2 else b"no")
                                             for k in range(20))
        columns = [{"name": "age", "type": "number",
                    "role": "feature"}, {"name": "city", "type": "category", "role": "feature", "categories": ["A", "B"]},
                   {"name": "y", "type": "category", "role": "label", "categories": ["no", "yes"]}]
        return _dataset("table", columns, ["no", "yes"], shards("csv", content, 20, [10, 10]),
                        [numeric("age"), {"name": "city", "count": 20, "missing": 0, "values": [["A", 10], ["B", 10]]}])
    if kind == "text":
        columns = [{"name": "text", "type": "text", "role": "feature"}, {"name": "label", "type": "category", "role": "label"}]
        return _dataset("text", columns, ["neg", "pos"], shards("jsonl", text_rows(20), 20, [10, 10]), [numeric("length")])
    if kind == "ratings":
        columns = [{"name": "user", "type": "category", "role": "user", "categories": [f"u{k}" for k in range(7)]},
                   {"name": "item", "type": "category", "role": "item",
                    "categories": sorted(f"i{k}" for k in range(11))}, {"name": "rating", "type": "number", "role": "rating"}]
        return _dataset("ratings", columns, [], shards("csv", rating_rows(20), 20, []), [numeric("rating")])
    picture = png(4, 4, colour=2)
    members = {}
    for k in range(4):
        members[f"{k:06d}.png"] = picture
        members[f"{k:06d}.cls"] = b"%d" % (k % 2)
        members[f"{k:06d}.json"] = json.dumps(
            {"label": ["cat", "dog"][k % 2], "source": f"x/{k}.png", "sha256": hashlib.sha256(picture).hexdigest()}).encode()
    return _dataset("image", [], ["cat", "dog"], shards("tar", tar(members), 4, [2, 2]), [numeric("brightness")],
                    channelMean=[0.5] * 3, channelStd=[0.25] * 3)


DATASETS = ("table", "text", "image", "ratings")


def dataset_files(kind):
    document, shards = dataset(kind)
    return {"dataset.json": text(document), **shards}


# ---- documents that mlctl keeps

EVALUATION = {
    "apiVersion": "mlctl.dev/v1", "kind": "Evaluation", "task": "classification", "split": "test", "samples": 20,
    "metrics": {"accuracy": 0.9, "loss": 0.3}, "confusion": {"labels": ["no", "yes"], "counts": [[9, 1], [1, 9]]},
    "gates": [{"expr": "accuracy>=0.5", "value": 0.9,
               "passed": True}], "model": {"digest": "a" * 64}, "data": {"digest": "b" * 64}
}
PROCESS = {"pid": 999999, "started": 1, "boot": "x"}
RUN = {
    "apiVersion": "mlctl.dev/v1", "kind": "Run", "id": "train-20260131-120000-3f2a", "command": "train", "status": "succeeded",
    "exitCode": 0, "started": "2026-01-31T12:00:00.000Z", "ended": "2026-01-31T12:00:01.000Z", "arguments": ["train", "d"],
    "parameters": {"epochs": 1}, "metrics": {"accuracy": 0.9}, "inputs": [{"path": "d", "digest": "a" * 64}],
    "outputs": [{"path": "m", "digest": "b" * 64}], "version": "0.1.0", "host": "h", "process": PROCESS
}
ENDPOINT = {
    "apiVersion": "mlctl.dev/v1", "kind": "EndpointSpec", "name": "e", "host": "127.0.0.1", "port": 8080, "replicas": 1,
    "generation": 1, "revision": 1, "history": [1], "maxBatch": 0, "maxQueue": 0, "tokenFile": "", "tlsCertificate": "",
    "tlsKey": "", "created": 1769860800000
}
STATUS = {
    "apiVersion": "mlctl.dev/v1", "kind": "EndpointStatus", "supervisor": PROCESS, "url": "http://127.0.0.1:8080",
    "state": "ready", "observed": 1, "revision": 1, "restarts": 0, "message": "", "exitCode": 1,
    "workers": [{"process": PROCESS, "revision": 1, "ready": True}]
}
REVISION = {
    "apiVersion": "mlctl.dev/v1", "kind": "EndpointRevision", "number": 1, "model": "m", "digest": "a" * 64, "forced": False,
    "created": 1769860800000
}
STAGES = {
    "stages": {
        "train": {
            "format": 1, "command": "train", "parameters": {"epochs": 1}, "inputs": {"d": "a" * 64}, "outputs": {"m": "b" * 64}
        }
    }
}
FACTS = {"endpoint": "http://127.0.0.1", "ignoresChecksums": 1, "regions": {"bucket": {"region": "eu-west-1", "learnt": 1}}}

MANIFEST = b"""apiVersion: mlctl.dev/v1
kind: Train
metadata: {name: photos}
spec:
  data: {dataset: d}
  model: {name: mlp, layers: [8]}
  optimizer: {name: adam, lr: 0.001}
  epochs: 1
  output: m
"""

# ---- answers of stores and endpoints


def listing(keys, truncated=""):
    """ListObjectsV2; `keys`: [(key, size)]."""
    rows = "".join(
        f"<Contents><Key>{urllib.parse.quote(key, safe='/')}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;e{at}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for at, (key, size) in enumerate(keys))
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{truncated}</NextContinuationToken>" if truncated else ""
    return (f'<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix></Prefix><EncodingType>url</EncodingType>{more}{rows}'
            "</ListBucketResult>").encode()


STORE_ANSWERS = {
    "error": b"<Error><Code>AccessDenied</Code><Message>no</Message><Region>eu-west-1</Region><RequestId>r</RequestId></Error>",
    "list": listing([("a/b.png", 5), ("a/c d.png", 7)], truncated="token"),
    "uploads": b"<ListMultipartUploadsResult><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>i</NextUploadIdMarker><IsTruncated>true"
    b"</IsTruncated><Upload><Key>k</Key><UploadId>i</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>"
    b"</ListMultipartUploadsResult>",
    "parts": b"<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker><Part><PartNumber>1</PartNumber>"
    b"<Size>5</Size><ETag>&quot;e&quot;</ETag><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME></Part></ListPartsResult>",
    "finished": b"<CompleteMultipartUploadResult><ETag>&quot;e-1&quot;</ETag></CompleteMultipartUploadResult>",
    "buckets": b"<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>"
    b"</Buckets></ListAllMyBucketsResult>",
    "versions": b"<ListVersionsResult><Version><Key>k</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><LastModified>"
    b"2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>5</Size></Version><DeleteMarker><Key>k</Key>"
    b"<VersionId>w</VersionId></DeleteMarker></ListVersionsResult>",
    "tags": b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    "deletes": b"<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>",
}

METADATA = {
    "name": "m", "versions": ["1"], "platform": "mlctl", "inputs": [{"name": "age", "datatype": "FP64", "shape": [-1, 1]},
                                                                    {"name": "city", "datatype": "BYTES", "shape": [-1, 1]}],
    "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]}]
}
STATS = {
    "model": "a" * 64, "revision": "1", "features": [{
        "name": "age", "categorical": False, "bins": [5, 6, 7, 8], "missing": 0, "below": 0, "above": 0,
        "reference": numeric("age")
    }, {
        "name": "city", "categorical": True, "bins": [5, 6, 7], "missing": 1, "below": 0, "above": 0,
        "reference": {"name": "city", "count": 100, "missing": 0, "values": [["A", 60], ["B", 40]]}
    }]
}
METRICS = b"""# HELP mlctl_inference_requests_total Requests.
# TYPE mlctl_inference_requests_total counter
mlctl_inference_requests_total{code="200"} 7
mlctl_inference_requests_total{code="500"} 1
# TYPE mlctl_inference_request_duration_seconds histogram
mlctl_inference_request_duration_seconds_bucket{le="0.1"} 5
mlctl_inference_request_duration_seconds_bucket{le="+Inf"} 8
mlctl_inference_request_duration_seconds_sum 1.5
mlctl_inference_request_duration_seconds_count 8
# TYPE mlctl_model_ready gauge
mlctl_model_ready 1
"""
PREDICTIONS = {"predictions": [{"input": {"age": 1}, "label": "no", "score": 0.5, "probabilities": {"no": 0.5, "yes": 0.5}}]}
INFERENCE = {
    "id": "1", "inputs": [{"name": "age", "datatype": "FP64", "shape": [2, 1],
                           "data": [1.5, 2]}, {"name": "city", "datatype": "BYTES", "shape": [2, 1], "data": ["A", "B"]},
                          {"name": "member", "datatype": "BOOL", "shape": [2, 1], "data": [True, False]}],
    "outputs": [{"name": "probabilities"}]
}
