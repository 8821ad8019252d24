"""A store that lies: about keys, sizes, regions, errors and the documents that lie in it."""
import json
import os
import unittest
import urllib.parse

import specimens
from fake_store import FakeStore
from hostile import ESCAPES, KEYS, SECRET, HostileTest
from support import risk_csv

STRANGE_KEYS = ("../../precious/thesis.txt", "data/../../precious/thesis.txt", "/etc/evil", "data//x", "data/./x", "data/../x",
                "data/a\0b", "data/a\nb", f"data/{ESCAPES}", "x", "", "data", "data/" + "n" * 300, "data/" + "d/" * 200 + "x",
                "data/‮txt.exe", "data/a\\..\\b", "data/.mlctl-part-0", "data/..", "data/.", "other/x")


def objects(files, listed=None):
    """Answers as a bucket would that holds `files`; the listing is of them, or of `listed`: [(key, size)]."""
    keys = [(name, len(content)) for name, content in files.items()] if listed is None else listed

    def answer(method, path):
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        key = urllib.parse.unquote(url.path).partition("/bucket/")[2]
        if method == "GET" and ("list-type" in query or not key):
            return 200, [], specimens.listing(
                [each for each in keys if each[0].startswith(query.get("prefix", "")) or listed is not None])
        if method in ("GET", "HEAD"):
            content = files.get(key) if listed is None else files.get(key, b"hello")
            found = [("ETag", '"e0"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")]
            return (404, [], b"<Error><Code>NoSuchKey</Code></Error>") if content is None or key == "data" else (200, found,
                                                                                                                 content)
        return None

    return answer


class HostileStoreTest(HostileTest):

    def against(self, answer, *arguments, codes=None, env=None, **options):
        """Runs mlctl with that store; returns what ran and the requests that came."""
        with FakeStore(answer=answer) as store:
            ran = self.attack(*[each.replace("{URL}", store.endpoint) for each in arguments], codes=codes,
                              env={**KEYS, "AWS_ENDPOINT_URL": store.endpoint, **(env or {})}, **options)
            return ran, store.requests

    def outside(self):
        """Files that were left anywhere but where mlctl keeps its own and below `out`."""
        return [
            each for each in self.tree_of(self.folder)
            if not each.startswith(("work/out", "work/.mlctl", "state/", "cache/", "precious/", "yarn.lock"))
        ]

    def tree_of(self, folder):
        return [os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names]


class Keys(HostileStoreTest):

    def test_no_key_leads_out_of_the_folder(self):
        for key in STRANGE_KEYS:
            answer = objects({}, [(key, 5)])
            with self.subTest(key=key[:30]):
                for command in ("download s3://bucket/data out".split(), "download s3://bucket/data/ out --delete -y".split()):
                    self.against(answer, *command)
                    self.assertEqual(self.outside(), [])

    def test_every_command_that_lists(self):
        self.put("f", {"a": b"a"})
        commands = ("ls -r s3://bucket/data/".split(), "ls -r s3://bucket/data/ -o json".split(),
                    "predict s3://bucket/data a".split(), "ingest s3://bucket/data --kind image --to d".split(),
                    "train s3://bucket/data --to m".split(), "describe dataset s3://bucket/data".split(),
                    "clean s3://bucket/data --to c".split(), "upload f s3://bucket/data/".split(),
                    "get datasets s3://bucket/data/".split())
        for at, key in enumerate(STRANGE_KEYS):
            for command in commands[at % 3::3]:
                with self.subTest(command=command, key=key[:30]):
                    self.against(objects({}, [(key, 5)]), *command)

    def test_nothing_outside_the_prefix_is_deleted(self):
        self.put("f", {"a": b"a"})
        for key in ("x", "other/x", "../x", "/x", "", "dat", "data"):
            for command in ("rm -r -y s3://bucket/data/".split(), "upload f s3://bucket/data/ --delete -y".split()):
                with self.subTest(command=command[0], key=key):
                    _, requests = self.against(objects({}, [(key, 5)]), *command)
                    deleted = [each for each in requests if each[0] == "DELETE" or (each[0] == "POST" and "delete" in each[1])]
                    self.assertEqual(deleted, [])

    def test_two_keys_of_one_name(self):
        for keys in (["data/a", "data/A/../a"], ["data/a", "data/a"], ["data/a", "data/a/b"], ["data/a/", "data/a"]):
            with self.subTest(keys):
                self.against(objects({}, [(key, 5) for key in keys]), "download", "s3://bucket/data/", "out")
                self.assertEqual(self.outside(), [])


class Writes(HostileStoreTest):

    def test_nothing_is_said_to_be_made_that_the_store_did_not_take(self):
        self.write("work/rows.csv", risk_csv(100))
        self.attack(*"ingest rows.csv --label risk --to d".split(), codes=(0, ))

        def answer(method, path):
            writes = method in ("PUT", "POST", "DELETE")
            return (403, [], b"<Error><Code>AccessDenied</Code></Error>") if writes else objects({})(method, path)

        ran, requests = self.against(answer, *"clean d --to s3://bucket/clean".split(), codes=(4, ))
        self.assertTrue({"PUT", "POST", "DELETE"} & {request[0] for request in requests})
        self.assertEqual(ran.out, b"")


class Answers(HostileStoreTest):

    def test_what_a_store_says_is_text(self):
        raw = f"<Error><Code>Odd{ESCAPES}</Code><Message>{ESCAPES}error: fake\n\rline</Message></Error>"
        escaped = raw.replace("\x1b", "&#27;").replace("\x07", "&#7;").replace("\r", "&#13;")
        bodies = [
            raw, escaped, ESCAPES + "<html>",
            f"<ListBucketResult><Contents><Key>data/x</Key><StorageClass>{escaped}</StorageClass></Contents></ListBucketResult>",
            f"<ListAllMyBucketsResult><Buckets><Bucket><Name>{escaped}</Name></Bucket></Buckets></ListAllMyBucketsResult>"
        ]
        for body in bodies:
            for status in (200, 400, 403, 404, 409, 500):
                if status == 500 and body != escaped:
                    continue  # asked again and again: one is enough
                answer = lambda *_: (status, [("x-amz-request-id", "r\x1b[2J")], body.encode())  # noqa: E731, B023
                with self.subTest(status=status, body=body[:30]):
                    self.against(answer, "ls", "s3://bucket/data/", seconds=60)
                    if status in (200, 403):
                        self.against(answer, "ls", "s3://", seconds=60)
                        self.against(answer, "-v", "download", "s3://bucket/data/x", "out", seconds=60)

    def test_no_answer_adds_a_header_or_changes_the_host(self):
        regions = ("us\r\nX-Injected: yes", "evil.example/", "eu.evil.example:80", "eu@evil.example", "", "x" * 5000, ESCAPES,
                   "../..")
        for region in regions:
            written = "".join(f"&#{ord(c)};" if ord(c) < 32 else c for c in region)
            headers = [] if any(ord(c) < 32 for c in region) else [("x-amz-bucket-region", region)]
            bodies = [
                f"<Error><Code>AuthorizationHeaderMalformed</Code><Region>{written}</Region></Error>",
                f"<Error><Code>PermanentRedirect</Code><Endpoint>{written}</Endpoint></Error>"
            ]
            for status, body in zip((400, 301), bodies):
                seen = []
                with self.subTest(region=region[:20], status=status):
                    _, requests = self.against(lambda method, path: seen.append(path) or (status, headers, body.encode()), "ls",
                                               "s3://bucket/data/", seconds=60)  # noqa: B023
                    self.assertFalse([each for each in requests if "Injected" in str(each)])
        facts = [each for each in self.tree_of(self.path("cache")) if each.endswith(".json")]
        for each in facts:
            with open(self.path("cache", each)) as file:
                self.assertNotIn("\r", json.dumps(json.load(file)).replace("\\r", "\r"))

    def test_redirects_take_no_keys_along(self):
        with FakeStore() as other:
            for status in (301, 302, 307, 308):
                answer = lambda *_: (status, [("Location", other.endpoint + "/bucket/x")], b"")  # noqa: E731, B023
                with self.subTest(status):
                    self.against(answer, "ls", "s3://bucket/data/", seconds=60)
            self.assertEqual([each for each in other.signed if each], [], "a signature went to another host")

    def test_sizes_that_cannot_be(self):
        for size in (2**63, 2**64 - 1, 2**63 - 1, 10**30, -1):
            for command in ("ingest s3://bucket/data/ --kind image --to d".split(), "ls -r s3://bucket/data/".split(),
                            "ls -r s3://bucket/data/ -o json".split(), "download s3://bucket/data/ out".split()):
                with self.subTest(size=size, command=command[0]):
                    self.against(objects({}, [("data/cat/a.png", size), ("data/dog/b.png", size)]), *command, seconds=60)

    def test_xml_that_expands_or_sinks(self):
        bodies = [
            b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "' + b"&a;" * 50 +
            b'">]><ListBucketResult><Contents><Key>&b;</Key></Contents>'
            b"</ListBucketResult>",
            b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><ListBucketResult><Contents><Key>&x;</Key></Contents></ListBucketResult>',
            b"<ListBucketResult>" + b"<a>" * 300_000, b"<ListBucketResult><Contents><Size>1</Size></Contents>" * 2,
            b"<a " + b'b="c" ' * 100_000 + b"/>", b"\xff\xfe<\0a\0>\0"
        ]
        for body in bodies:
            with self.subTest(body[:50]):
                ran, _ = self.against(lambda *_: (200, [], body), "ls", "s3://bucket/data/", seconds=60)  # noqa: B023
                self.assertNotIn(b"root:", ran.out + ran.err)

    def test_endless_listings_can_be_stopped_and_repeat_no_page(self):
        page = specimens.listing([(f"data/k{k}", 1) for k in range(1000)], truncated="again")
        self.against(lambda *_: (200, [], page), "ls", "-r", "s3://bucket/data/", seconds=60)

    def test_waiting_is_bounded(self):
        for value in ("-1", "-1e308", "1e308", "86400", ESCAPES):
            with self.subTest(value):
                self.against(
                    lambda *_: (503, [("Retry-After", value.replace("\x1b", "").replace("\x07", ""))], b""),
                    "ls",
                    "s3://bucket/data/",  # noqa: B023
                    env={"MLCTL_RETRIES": "1"},
                    seconds=180)


class Documents(HostileStoreTest):

    def test_stored_datasets_are_checked_before_they_lead_anywhere(self):
        bends = [("files", 0, "sha256", "/../../../.."), ("files", 0, "sha256", "../precious"), ("files", 0, "sha256", ""),
                 ("files", 0, "path", "../../precious/thesis.txt"), ("splits", "train", "files", ["../x"]),
                 ("splits", "train", "files", ["/etc/passwd"]), ("files", 0, "size", 2**63), ("lineage", ESCAPES)]
        commands = ("describe dataset s3://bucket/ds".split(), "clean s3://bucket/ds --to c".split(),
                    "train s3://bucket/ds --to m --epochs 1".split(), ["why", "dataset/s3://bucket/ds"],
                    "eval m --data s3://bucket/ds".split(), "download s3://bucket/ds out".split())
        for kind in ("table", "image"):
            for *path, value in bends:
                document, shards = specimens.dataset(kind)
                at = document
                for key in path[:-1]:
                    at = at[key]
                at[path[-1]] = value
                files = {
                    "ds/dataset.json": specimens.text(document), **{"ds/" + name: content
                                                                    for name, content in shards.items()}
                }
                for command in commands:
                    with self.subTest(kind=kind, path=path, command=command[0]):
                        self.against(objects(files), *command, seconds=60)
                        self.assertEqual([each for each in self.outside() if not each.startswith(("work/c", "work/m"))], [])

    def test_a_bitten_shard_is_not_used(self):
        document, shards = specimens.dataset("table")
        files = {
            "ds/dataset.json": specimens.text(document),
            **{"ds/" + name: content.replace(b"yes", b"no ")
               for name, content in shards.items()}
        }
        self.against(objects(files), "clean", "s3://bucket/ds", "--to", "c", codes=(6, 10), seconds=60)

    def test_stored_models(self):
        for bend in ({"files": []}, {"classes": ["one"]}, {"metrics": json.loads("[" * 500 + "]" * 500)},
                     {"files": [{"path": "../../precious/x", "size": 1, "sha256": "0" * 64}]}):
            document, weights = specimens.model("text")
            files = {"m/model.json": specimens.text({**document, **bend}), "m/weights.safetensors": weights}
            for command in ("describe model s3://bucket/m".split(), "predict s3://bucket/m a".split(),
                            "export s3://bucket/m --to x.pt".split()):
                with self.subTest(bend=str(bend)[:40], command=command[0]):
                    self.against(objects(files), *command, codes=(1, 2, 6, 7, 10, 12), seconds=60)

    def test_what_the_cache_kept_is_verified(self):
        """Whoever can write to the cache cannot make a copy lead out of it."""
        document, shards = specimens.dataset("table")
        files = {"ds/dataset.json": specimens.text(document), **{"ds/" + name: content for name, content in shards.items()}}
        with FakeStore(answer=objects(files)) as store:
            env = {**KEYS, "AWS_ENDPOINT_URL": store.endpoint}
            self.attack("clean", "s3://bucket/ds", "--to", "c", env=env, seconds=60)
            kept = [self.path("cache", each) for each in self.tree_of(self.path("cache"))]
            for bend in (b"", b"[" * 100_000, b"\xff", b'{"url":"s3://other/x","files":[{"path":"../../precious/thesis.txt"}]}'):
                for path in kept:
                    with open(path, "wb") as file:
                        file.write(bend)
                with self.subTest(bend[:20]):
                    self.attack("clean", "s3://bucket/ds", "--to", "c", "--overwrite", env=env, seconds=60)
                    self.attack("describe", "dataset", "s3://bucket/ds", env=env, seconds=60)
                    self.attack("gc", "--dry-run", env=env)

    def test_signatures_and_passwords_are_shown_nowhere(self):
        for arguments in (["ingest", f"https://bucket.s3.amazonaws.com/x?X-Amz-Signature={SECRET}", "--to",
                               "d"], ["-v", "ls", "s3://bucket/data/", "--endpoint",
                                      f"http://user:{SECRET}@127.0.0.1:9"], ["predict", f"http://user:{SECRET}@127.0.0.1:9", "a"],
                          "-v ls -r s3://bucket/data/".split(), ["monitor", f"http://127.0.0.1:9/?token={SECRET}", "--once"]):
            with self.subTest(arguments):
                self.against(objects({}, [("data/a", 5)]), *arguments, seconds=60)
        self.assertEqual(self.files_with(SECRET), [])


if __name__ == "__main__":
    unittest.main()
