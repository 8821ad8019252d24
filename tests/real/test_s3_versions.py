"""Versions, customers' keys, links and near names against real servers, with boto3 looking on."""
import base64
import os
import re
import urllib.request

from s3_support import S3Test, on_every_server, servers

MIB = 1 << 20


class Versions:
    def setUp(self):
        super().setUp()
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def listed(self, key=""):
        return self.mlctl("ls", self.url(key), "--versions", "-o", "json").json()["items"]

    def test_every_version_is_listed_read_and_removed(self):
        for body in (b"one", b"two"):
            self.put("a/k +", body)
        self.put("a/k +2", b"other")
        self.mlctl("rm", self.url("a/k +"))
        found = self.listed("a/k +")
        self.assertEqual([(each["size"], each["latest"], each["deleted"]) for each in found],
                         [(0, True, True), (3, False, False), (3, False, False)])
        self.assertEqual(len(self.listed("a/")), 4)
        self.assertIn("deleted", self.mlctl("ls", self.url("a"), "--versions").out)
        mark, two, one = [each["versionId"] for each in found]
        self.mlctl("download", self.url("a/k +"), "x", code=5)
        for version, body in ((one, b"one"), (two, b"two")):
            self.mlctl("download", self.url("a/k +"), "x", "--version-id", version, "--overwrite")
            self.assertEqual(self.read("x"), body)
        self.assertEqual(self.mlctl("download", self.url("a/k +"), "-", "--version-id", one).out, "one")
        self.mlctl("rm", self.url("a/k +"), "--version-id", mark, "--dry-run")
        self.mlctl("rm", self.url("a/k +"), "--version-id", mark)
        self.assertEqual(self.get("a/k +"), b"two")  # back again
        self.mlctl("rm", self.url("a/k +"), "--version-id", two)
        self.assertEqual(self.get("a/k +"), b"one")

    def test_what_is_no_version(self):
        self.put("a/b", b"x")
        for arguments, code in ((["download", self.url("a/"), "x", "--version-id", "v"], 2), (["rm", "-r", self.url("a"), "--version-id", "v"], 2),
                                (["ls", self.url("none"), "--versions"], 5), (["ls", self.url("a"), "--versions", "--incomplete"], 2)):
            self.mlctl(*arguments, code=code)
        outcome = self.run_mlctl("download", self.url("a/b"), "x", "--version-id", "0" * 32)
        self.assertIn(outcome.code, (1, 5), outcome.err)
        self.assertFalse(os.path.exists(self.path("x")))


class Others:
    def test_a_link_works_without_keys(self):
        self.put("a b/ü+%.txt", b"linked")
        link = self.mlctl("ls", self.url("a b/ü+%.txt"), "--presign", "10m").out.strip()
        if not self.tls:
            self.assertEqual(urllib.request.urlopen(link, timeout=30).read(), b"linked")
        for arguments, code in (([self.url("none"), "--presign", "1h"], 5), ([self.url("a b/ü+%.txt"), "--presign", "8d"], 2)):
            self.mlctl("ls", *arguments, code=code)

    def test_the_buckets_of_a_store_are_listed(self):
        listed = self.mlctl("ls", "s3://", "-o", "json").json()
        mine, = [each for each in listed["items"] if each["name"] == self.bucket]
        self.assertEqual((mine["kind"], mine["url"]), ("Bucket", f"s3://{self.bucket}"))
        self.assertRegex(mine["created"], r"^20\d\d-")
        self.assertEqual({each["name"] for each in listed["items"]},
                         {each["Name"] for each in self.s3.list_buckets()["Buckets"]})
        self.assertIn(f"s3://{self.bucket}", self.mlctl("ls", "s3://", "-o", "name").out.splitlines())
        self.assertRegex(self.mlctl("ls", "s3://").out, rf"(?m)^{self.bucket} +20\d\d-.*Z$")
        typed = self.mlctl("__complete", "ls", f"s3://{self.bucket[:-2]}").out
        self.assertIn(f"s3://{self.bucket}/", typed)
        self.mlctl("ls", "s3://", code=4, env={"AWS_SECRET_ACCESS_KEY": "wrong"})
        self.assertSays(self.mlctl("rm", "s3://", "--recursive", "--yes", code=2), "names no bucket", "mlctl ls s3://")

    def test_verbose_shows_every_request_and_no_secret(self):
        self.write("f", "x")
        self.put("a b")
        token = "sesame-open-token"
        outcome = self.run_mlctl("upload", "f", self.url("k"), "-v", env={"AWS_SESSION_TOKEN": token} if "minio" in self.server_name
                                 else {})  # one that is refused is no secret either
        lines = [line for line in outcome.err.splitlines() if re.match(r"(GET|HEAD|PUT) ", line)]
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, rf"^[A-Z]+ {self.endpoint}/{self.bucket}\S* \d{{3}} \d+ ms(, try \d+)?$")
        listed = self.mlctl("ls", self.url(), "-v")
        self.assertRegex(listed.err, rf"GET {self.endpoint}/{self.bucket}\?list-type=2\S* 200 \d+ ms")
        link = self.mlctl("ls", self.url("a b"), "--presign", "1h", "-v")
        signature = re.search(r"X-Amz-Signature=(\w+)", link.out)[1]
        for each in (outcome, listed, link):
            for secret in (servers.ACCESS, servers.SECRET, token, signature):
                self.assertNotIn(secret, each.err)
        self.assertEqual(self.mlctl("ls", self.url()).err, "")

    def test_a_bucket_of_a_near_name_is_named(self):
        for arguments in (["ls", f"s3://{self.bucket}x"], ["upload", "f", f"s3://{self.bucket}x/k"]):
            self.write("f", "x")
            self.assertSays(self.mlctl(*arguments, code=5), f"did you mean s3://{self.bucket}?")

    def test_removing_goes_on_page_after_page(self):
        client = self.boto()
        for number in range(40):
            client.put_object(Bucket=self.bucket, Key=f"d/{number:02}", Body=b"12")
        self.put("e")
        shown = self.mlctl("rm", "-r", self.url("d"), "--dry-run", "-o", "json").json()
        self.assertEqual((shown["count"], shown["bytes"], len(shown["objects"])), (40, 80, 40))
        done = self.mlctl("rm", "-r", self.url("d"), "--yes", "-o", "json").json()
        self.assertEqual((done["count"], done["bytes"]), (40, 80))
        self.mlctl("rm", "-r", self.url("d"), "--yes", code=5)
        self.assertEqual(self.keys(), ["e"])


class CustomerKeys:
    def setUp(self):
        super().setUp()
        if self.server_name.startswith("minio") and not self.tls:
            self.skipTest("MinIO takes such keys over TLS only")
        self.secret = os.urandom(32)
        self.write("key", self.secret)
        self.write("other", os.urandom(32))

    def test_content_is_encrypted_and_only_the_key_reads_it(self):
        for size in (0, 1000, 17 * MIB):
            with self.subTest(size=size):
                body = os.urandom(size)
                self.write("f", body)
                self.mlctl("upload", "f", self.url("k"), "--sse-c-key", "key", "--overwrite")
                head = self.s3.head_object(Bucket=self.bucket, Key="k", SSECustomerAlgorithm="AES256", SSECustomerKey=self.secret)
                self.assertEqual((head["SSECustomerAlgorithm"], head["ContentLength"]), ("AES256", size))
                there = self.s3.get_object(Bucket=self.bucket, Key="k", SSECustomerAlgorithm="AES256", SSECustomerKey=self.secret)
                self.assertTrue(there["Body"].read() == body)
                self.mlctl("download", self.url("k"), "back", "--sse-c-key", "key", "--overwrite")
                self.assertTrue(self.read("back") == body)
                self.assertEqual(self.mlctl("upload", "f", self.url("k"), "--sse-c-key", "key", "-o", "json").json()["copied"], 0)
                for arguments in ([], ["--sse-c-key", "other"]):
                    outcome = self.run_mlctl("download", self.url("k"), "none", *arguments)
                    self.assertNotEqual(outcome.code, 0)
                self.assertFalse(os.path.exists(self.path("none")))

    def test_the_key_stays_out_of_all_that_is_written(self):
        self.write("f", os.urandom(17 * MIB))
        outcome = self.mlctl("upload", "f", self.url("k"), "--sse-c-key", "key", "-v")
        self.write("short", b"half a secret")
        outcome.err += self.mlctl("upload", "f", self.url("k"), "--sse-c-key", "short", code=2).err
        forms = (self.secret, base64.b64encode(self.secret), self.secret.hex().encode(), b"half a secret")
        for form in forms:
            self.assertNotIn(form, (outcome.err + outcome.out).encode())
            for folder, _, names in os.walk(self.folder):
                for name in names:
                    if name in ("key", "short", "f"):
                        continue
                    with open(os.path.join(folder, name), "rb") as file:
                        self.assertNotIn(form, file.read(), name)


for group in (Versions, Others, CustomerKeys):
    globals().update(on_every_server(group))
