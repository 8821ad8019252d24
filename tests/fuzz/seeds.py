"""What each fuzz target starts from: small whole specimens, and the kinds of input that once ended the program. An input's first
byte often chooses how the rest is read (fuzz.h); bytes 0, 1, … are the ways in order."""
import gzip
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from specimens import (
    DATASETS,
    ENDPOINT,
    EVALUATION,
    FACTS,
    INFERENCE,
    MANIFEST,
    METRICS,
    MODELS,
    REVISION,
    RUN,
    STAGES,
    STATS,  # noqa: E402
    STATUS,
    STORE_ANSWERS,
    dataset,
    fixtures,
    idx,
    jpeg_of_scans,
    listing,
    model,
    png,
    rating_rows,
    risk_rows,
    safetensors,
    tar,
    text,
    text_rows,
    webp_of_one_colour,
    zipped)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEEP = b"[" * 5000
LATIN_1 = "café".encode("latin-1")


def ways(count, *contents):
    """Each content once for each way of reading it."""
    return [bytes([way]) + content for content in contents for way in range(count)]


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


def http_requests():
    body = b'{"age": 1}'
    return ways(
        2, b"GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%s" %
        (len(body), body),
        b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n5;x=y\r\nhello\r\n0\r\na: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /%41?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \xff\r\n\r\n", b"GET /\xff%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 50, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET / HTTP/1.0\r\nX: %s\r\n\r\n" % (b"x" * 981))  # a head as long as the target's limit


def http_answers():
    return ways(
        4, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"HTTP/1.1 503 Slow Down\r\nRetry-After: 1e308\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx")


def pictures():
    bombs = [
        webp_of_one_colour(16383, 10923),
        webp_of_one_colour(300, 300),
        jpeg_of_scans(256, 256, 40),
        png(200, 200),
        png(60000, 60000, rows=1),
        png(16, 16, colour=6),
        fixtures()["exif6.png"].replace(b"\0\0\0\x1aeXIf", b"\x42\0\0\x1aeXIf")
    ]
    return ways(2, *fixtures().values(), *bombs)


def weights():
    one = safetensors({"a": ([2, 2], [1, 2, 3, 4]), "b": ([1], [5])})
    return [
        one, one[:8] + one[8:].replace(b"[2, 2]", b"[4611686018427387904, 4]"), b"\xff" * 8 + b"{}",
        b"\x88\x13" + bytes(6) + nested(800),
        safetensors({"é": ([1], [1])}),
        safetensors({f"t{k}": ([1], [k])
                     for k in range(100)})
    ]


def datasets():
    found = []
    for kind in DATASETS:
        document, shards = dataset(kind)
        for sha in ("/../../../..", "", "Z" * 64):
            bent = json.loads(json.dumps(document))
            bent["files"][0]["sha256"] = sha
            found.append(text(bent))
        bent = json.loads(json.dumps(document))
        bent["splits"]["train"]["files"] = ["/etc/passwd"]
        bent["lineage"] = json.loads(nested(150))
        found += [text(bent), text(document) + b"\0" + next(iter(shards.values()))[:3000]]
    return found


def models():
    found = []
    for kind in MODELS:
        document, _ = model(kind)
        found.append(text(document))
        for path, value in ((("network", "outputs"), 2**62), (("network", "input", "cardinalities"), [2**62, 4]),
                            (("network", "input", "channels"), -1), (("network", "input", "vocabulary"), 0),
                            (("classes", ), ["one"]), (("network", "input", "height"), 32768), (("files", ), [])):
            bent = json.loads(json.dumps(document))
            at = bent
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
            found.append(text(bent))
    document, _ = model("text")
    document["preprocess"]["text"].update(buckets=0, ngrams=2**62)
    return [*found, text(document)]


def records():
    documents = [EVALUATION, RUN, ENDPOINT, STATUS, REVISION, STAGES, FACTS]
    found = [bytes([way]) + text(document) for way, document in enumerate(documents)]
    deep = [
        bytes([0]) + text({**EVALUATION, "metrics": json.loads(nested(200))}),
        bytes([1]) + text({**RUN, "metrics": json.loads(nested(200))})
    ]
    return found + deep + ways(7, DEEP)


def manifests():
    folder = os.path.join(ROOT, "manifests", "examples")
    found = [
        MANIFEST, b"a: &x [1]\nb: *x\n", b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", DEEP, b"? {a: 1}\n: !!binary x\n",
        b"%YAML 9.9\n---\n\xff", b"apiVersion: mlctl.dev/v1\nkind: Config\nspec: {profiles: {default: {region: eu}}}\n"
    ]
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            found.append(file.read())
    return found


def tables():
    return [
        risk_rows(8),
        risk_rows(8).replace(b",", b";"),
        risk_rows(4).replace(b"Rome", LATIN_1), b'a,"b ""c"", d"\r\n1,"2\n3"\r\n"x',
        rating_rows(5), b"1.234,5;31.01.2026;yes\n", b"9" * 400 + b",1e999,NaN\n", b"1\t 2 3\n4 5 6\n"
    ]


def rows():
    many = b'{' + b",".join(b'"k%d":%d' % (k, k) for k in range(800)) + b"}\n"
    return ways(2, *tables(), text_rows(4), many,
                nested(500) + b"\n", b'{"text":"' + LATIN_1 + b'"}\n', gzip.compress(text_rows(4), mtime=0))


def archives():
    picture = png(2, 2)
    members = {
        "train/cat/a.png": picture, "train/dog/b.png": picture, "c.png": picture, "c.json": b'{"label": "x"}', "d.png": picture,
        "d.cls": b"1"
    }
    whole = tar(members)
    return [
        whole,
        zipped(members),
        gzip.compress(whole, mtime=0), whole[:700],
        whole.replace(b"ustar", b"ustaR"),
        tar({"../../x.png": picture}),
        tar({"/x/y.png": picture}),
        tar({"a/x.png": "../../../etc/passwd"}),
        zipped({"a\\..\\b.png": picture}),
        tar({"k.jpg": picture, "k.json": nested(300)}),
        zipped({LATIN_1.decode("latin-1") + "/a.png": picture})
    ]


def idx_files():
    return [
        idx([3]) + b"\n\n" + idx([3, 2, 2]),
        idx([1]) + b"\n\n" + idx([1, 65535, 65535], b""),
        idx([4294967295], b"") + b"\n\n" + idx([4294967295, 1, 1], b""),
        idx([2]) + b"\n\n" + idx([2, 2, 2, 3])
    ]


def key_files():
    aws = b"[default]\naws_access_key_id = A\naws_secret_access_key = B\ns3 =\n  endpoint_url = http://x\n[profile dev]\nrole_arn = r\n" \
          b"source_profile = dev\ncredential_process = \"a b\" 'c\n[sso-session s]\n"
    return ways(5, aws,
                b'{"current":"default","profiles":[{"name":"default","mode":"AK","access_key_id":"A","access_key_secret":"B"}]}',
                b"[Credentials]\nlanguage=EN\nendpoint=oss-x\naccessKeyID=A\naccessKeySecret=B\n",
                b"[default]\ntype=access_key\n", b"[[[\n=\n\xff", DEEP)


def key_answers():
    sts = b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>B</SecretAccessKey><SessionToken>C" \
          b"</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    return ways(2, sts, b'{"AccessKeyId":"A","SecretAccessKey":"B","Token":"C","Expiration":"2099-01-01T00:00:00Z"}',
                b'{"access_token":"x","expires_in":3600}', b'{"error":"invalid_grant","error_description":"0123456789abcdef"}',
                b'{"access_token":"x","expires_in":1e308}', DEEP)


def tensors():
    binary = text({"inputs": [{"name": "age", "datatype": "FP64", "shape": [1, 1],
                               "parameters": {"binary_data_size": 8}}]}).replace(b"\n", b" ")
    huge = {"inputs": [{"name": "age", "datatype": "FP64", "shape": [2**62, 4], "data": []}]}
    words = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a good day"]}]}
    image = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 1, 2, 2], "data": [[[[0, 255], [1, 2]]]]}]}
    return ways(4, text(INFERENCE), text(huge), text(words),
                text(image)) + [bytes([way]) + binary + b"\n" + bytes(8) for way in range(4, 8)]


def examples():
    return ways(12, b'{"age": 1, "city": "A", "member": true}', b'[{"text": "good"}, {"text": "bad"}]',
                b'{"rows": [{"user": "u", "item": 5.0}]}', b"age,city,member\n1,A,yes\n", b"one line\nanother\n",
                b'{"age":1e999}', b"x\n" * 500, nested(200), b'{"age":"' + LATIN_1 + b'"}')


def monitors():
    stats = text(STATS)
    return [
        METRICS, METRICS + b"\0" + stats, METRICS + b"\0" + stats.replace(b'"bins"', b'"bans"', 1),
        METRICS + b"\0" + stats.replace(b"60", b'"x"'), METRICS + b'a{b="c', METRICS + b"a{ 1\n",
        METRICS.replace(b'le="0.1"', b'le="NaN"'), METRICS + b"\0" + DEEP
    ]


def paths():
    document = b'{"items":[{"name":"a","files":["x"]}]}'
    return [
        expression + b"\n" + document for expression in (b"{.items[*].name}", b"{.items[0].files[-1]}", b"a{.items}b", b"{",
                                                         b"{.a[99999999999999999999]}", b"{..name}", b"{.items[0:2]}")
    ]


SEEDS = {
    "archive": archives,
    "csv": tables,
    "dataset": datasets,
    "examples": examples,
    "http_answer": http_answers,
    "http_request": http_requests,
    "idx": idx_files,
    "jsonpath": paths,
    "key_answers": key_answers,
    "key_files": key_files,
    "model": models,
    "monitor": monitors,
    "picture": pictures,
    "records": records,
    "rows": rows,
    "safetensors": weights,
    "tensors": tensors,
    "yaml": manifests,
    "store_xml": lambda: [
        *STORE_ANSWERS.values(),
        listing([("../../x", 2**63), ("\x1b[31m", 1)]), b"<a>" * 3000,
        b'<!DOCTYPE l [<!ENTITY a "aa">]><ListBucketResult><Contents><Key>&a;</Key></Contents></ListBucketResult>'
    ],
    "url": lambda: [
        b"http://127.0.0.1:8080/v2", b"https://[::1]/x?y=z", b"s3://bucket/key%20", b"http://127.evil.com", b"http://a\r\nb/",
        b"file:///x"
    ],
}


def write_all(folder):
    for name, make in SEEDS.items():
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for number, content in enumerate(make()):
            with open(os.path.join(folder, name, f"{number:03d}"), "wb") as file:
                file.write(content)


if __name__ == "__main__":
    write_all(sys.argv[1])
