"""Stores that lie: keys nobody asked about, listings without end, words that would become headers or terminal commands, another's
certificate. No real server does any of it, so the store is ours (fake_store.py)."""
import os
import ssl
import unittest
import urllib.parse

import servers
from fake_store import FakeStore
from support import ProjectTest

NAME = "\x1b]0;pwn\x07\x1b[31mX\u009b32m\u202eY"


def entry(key, size=5):
    return (f"<Contents><Key>{urllib.parse.quote(key, safe='/')}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;e&quot;</ETag><Size>{size}</Size></Contents>")


def listing(rows, more=""):
    return ("<?xml version='1.0'?><ListBucketResult><EncodingType>url</EncodingType>" + rows + more + "</ListBucketResult>").encode()


class HostileStore(ProjectTest):
    def setUp(self):
        super().setUp()
        for name in [name for name in self.env if name.startswith(("AWS_", "OSS_", "GOOGLE_"))]:
            del self.env[name]
        self.env.update(AWS_ACCESS_KEY_ID="AK", AWS_SECRET_ACCESS_KEY="SK", AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true")

    def store(self, answer, tls=None):
        store = FakeStore(answer=answer, tls=tls).__enter__()
        self.addCleanup(store.__exit__)
        self.env["AWS_ENDPOINT_URL"] = store.endpoint
        return store

    def lists(self, rows):
        """A store that lists these, whatever was asked, and has any object below data/."""
        def answer(method, path):
            if "list-type" in path or "versions" in path or "uploads=" in path:
                return 200, [], listing(rows)
            return (404, [], b"") if method == "HEAD" and path.split("?")[0].endswith("/data") else None
        return self.store(answer)

    def run_all(self, commands):
        """Each ends with a documented code, does not act on a terminal, and is quick about it."""
        for command in commands:
            outcome = self.run_mlctl(*command, timeout=60)
            self.assertIn(outcome.code, {*range(14), 75}, (command, outcome))
            for acting in ("\x1b", "\x07", "\u009b", "\u202e"):
                self.assertNotIn(acting, outcome.out + outcome.err, command)
            yield command, outcome

    COMMANDS = (["ls", "s3://bucket/data/"], ["ls", "-r", "s3://bucket/data/", "-o", "json"], ["ls", "--versions", "s3://bucket/data/"],
                ["download", "s3://bucket/data", "out"], ["download", "s3://bucket/data", "out", "--delete"],
                ["rm", "-r", "-y", "s3://bucket/data/"], ["rm", "-r", "--dry-run", "s3://bucket/data/"],
                ["upload", "f", "s3://bucket/data/", "--delete"], ["predict", "s3://bucket/data", "a"],
                ["ingest", "s3://bucket/data", "--kind", "image", "--to", "d"], ["describe", "dataset", "s3://bucket/data"],
                ["train", "s3://bucket/data", "--to", "m"])

    def test_keys_that_nobody_asked_about_are_neither_written_nor_removed(self):
        self.write("f/a", b"a")
        for key in ("x", "", "dat", "../../evil", "/abs/evil", "other/" + NAME):
            store = self.lists(entry(key))
            for command, outcome in self.run_all(self.COMMANDS):
                if command[0] not in ("describe", "train") and "--versions" not in command:
                    self.assertEqual(outcome.code, 9, (key, command, outcome))
            self.assertEqual([request for request in store.requests if request[0] == "DELETE" or "?delete" in request[1]], [], key)
        self.assertFalse(os.path.exists(self.path("..", "evil")))

    def test_keys_below_the_prefix_stay_below_the_folder(self):
        for key in ("data/../../evil", "data/../evil", "data//x", "data/./x", "data/a\nb", "data/" + NAME, "data/" + "n" * 300,
                    "data/" + "d/" * 200 + "x", "data/a/../../../../evil"):
            self.lists(entry(key, 0))
            for _ in self.run_all(([*self.COMMANDS[3]], ["ls", "-r", "s3://bucket/data/"])):
                pass
            for outside in ("evil", "../evil", "../../evil"):
                self.assertFalse(os.path.exists(self.path(outside)), key)

    def test_folders_and_sizes_that_cannot_be(self):
        for rows in ("<CommonPrefixes><Prefix>data/x</Prefix></CommonPrefixes>", "<CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes>",
                     entry("data/x", 2**64 - 1), entry("data/x", 2**63) + entry("data/y", 2**63), entry("data/x", "9" * 40)):
            self.lists(rows)
            for command, outcome in self.run_all((["ls", "s3://bucket/data/"], ["download", "s3://bucket/data", "out"],
                                                  ["ingest", "s3://bucket/data", "--kind", "image", "--to", "d"])):
                self.assertEqual(outcome.code, 9, (rows, command, outcome))

    def test_a_listing_that_comes_back_to_a_page_ends(self):
        pages = []

        def answer(_, path):
            pages.append(path)
            return 200, [], listing(entry("data/k"), f"<IsTruncated>true</IsTruncated><NextContinuationToken>t{len(pages)}"
                                                     "</NextContinuationToken>")
        self.store(answer)
        outcome = self.mlctl("ls", "-r", "s3://bucket/data/", code=9)
        self.assertIn("over and over", outcome.err)
        self.assertLess(len(pages), 10)

    def test_what_a_store_says_becomes_neither_a_header_nor_a_line_of_ours(self):
        for body in ("<Error><Code>AuthorizationHeaderMalformed</Code><Region>us&#13;&#10;X-Injected: yes</Region></Error>",
                     "<Error><Code>AuthorizationHeaderMalformed</Code><Region>evil.com/</Region></Error>",
                     "<Error><Code>Weird&#27;[31m</Code><Message>&#27;]0;pwn&#7;&#13;&#10;error: forged</Message></Error>",
                     "\x1b]0;pwn\x07<html>\nerror: forged"):
            store = self.store(lambda method, path, text=body: (400, [], text.encode()))
            for _, outcome in self.run_all((["ls", "s3://bucket/data/"], ["download", "s3://bucket/data/a", "out"])):
                self.assertNotIn("\nerror: forged", outcome.err)
            self.assertEqual({region for region in store.signed if region not in ("", "us-east-1")}, set())

    def test_documents_made_to_be_expensive_are_cheap(self):
        entities = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
                    "<ListBucketResult><Contents><Key>data/&a;&b;</Key></Contents></ListBucketResult>")
        for body in (entities, "<ListBucketResult>" + "<a>" * 500000 + "</a>" * 500000 + "</ListBucketResult>", "<" * 100000, ""):
            self.store(lambda method, path, text=body: (200, [], text.encode()))
            for _, outcome in self.run_all((["ls", "-r", "s3://bucket/data/"],)):
                self.assertNotIn("root:", outcome.out)

    def test_insecure_is_about_the_store_and_not_about_who_gives_the_keys(self):
        os.mkdir(self.path("tls"))
        certificate = servers.make_certificate(self.path("tls"), "DNS:other.example")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, self.path("tls/key.pem"))
        given = b'{"AccessKeyId":"AK","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}'
        keys = FakeStore(answer=lambda *_: (200, [], given), tls=tls).__enter__()
        self.addCleanup(keys.__exit__)
        store = self.store(lambda *_: (200, [], listing(entry("data/a"))), tls)
        self.assertIn("a", self.mlctl("ls", "s3://bucket/data/", "--insecure").out)
        self.mlctl("ls", "s3://bucket/data/", code=9)
        store.requests.clear()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del self.env[name]
        self.env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=keys.endpoint + "/keys", AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer secret")
        outcome = self.run_mlctl("ls", "s3://bucket/data/", "--insecure")
        self.assertNotEqual(outcome.code, 0)
        self.assertEqual((keys.requests, store.requests), ([], []), "nothing is asked, and no token sent")
        self.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.evil.example/keys"
        self.assertEqual(self.run_mlctl("ls", "s3://bucket/data/").code, 4)


if __name__ == "__main__":
    unittest.main()
