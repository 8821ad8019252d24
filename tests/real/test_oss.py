"""oss:// against the server in oss_server.py, which has its own idea of what a signature is."""
import os
import random
import signal
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from oss_server import Object, OssServer, Refused, crc64, crc64_combine  # noqa: E402
from support import ProjectTest, tree, until  # noqa: E402

KEY, SECRET = "LTAI5tExample", "secret/of+the=tests"
BUCKET = "photos"
MIB = 1 << 20
AWKWARD = ["plain.txt", "with space.txt", "plus+plus.txt", "percent%41.txt", "percent%.txt", "question?.txt", "hash#.txt",
           "amp&and=equals.txt", "quote'\"`.txt", "semi;colon:comma,.txt", "tilde~star*(paren)!.txt", "täst 文件.txt",
           "emoji 🐇.txt", "back\\slash.txt", "brackets[{|}]^<>.txt", "tab\tand\x01control.txt", "new\nline.txt",
           "deep/er/x../not/parent", "deep/dots..", "non-utf8 \udcff\udcfe.bin", "x" * 200, "@$.txt"]


def payload(size, seed=1):
    return random.Random(seed).randbytes(size)


class OssTest(ProjectTest):
    version, token = "", None

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(OssServer({KEY: SECRET}, [BUCKET], token=self.token))
        for name in [name for name in self.env if name.startswith(("AWS_", "OSS_", "ALIBABA_")) or "proxy" in name.lower()]:
            del self.env[name]
        # The keys' names for every scheme, whichever the chain reads.
        self.env.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, OSS_ACCESS_KEY_ID=KEY, OSS_ACCESS_KEY_SECRET=SECRET,
                        OSS_ENDPOINT=self.server.endpoint)
        if self.token:
            self.env.update(AWS_SESSION_TOKEN=self.token, OSS_SESSION_TOKEN=self.token)
        if self.version:
            self.env["OSS_SIGNATURE_VERSION"] = self.version

    @property
    def objects(self):
        return self.server.buckets[BUCKET]

    def put(self, key, data):
        self.objects[key] = Object(data, {"content-type": "text/plain"})


class Transfers(OssTest):
    """With the default, V4."""

    def test_the_buckets_are_listed(self):
        self.server.buckets["data"] = {}
        listed = self.mlctl("ls", "oss://", "-o", "json").json()["items"]
        self.assertEqual([(each["name"], each["region"]) for each in listed], [(BUCKET, "cn-hangzhou"), ("data", "cn-hangzhou")])

    def test_a_link_works_without_keys_and_for_nothing_else(self):
        self.put("a b/ü+%.txt", b"linked")
        self.put("other.txt", b"other")
        link = self.mlctl("ls", f"oss://{BUCKET}/a b/ü+%.txt", "--presign", "10m").out.strip()
        with urllib.request.urlopen(link, timeout=30) as answer:
            self.assertEqual(answer.read(), b"linked")
        self.assertTrue(self.server.requests[-1].signed.presigned)
        self.assertNotIn(SECRET, link)
        for wrong in (link.replace("%C3%BC", "u"), link[:-1] + ("0" if link[-1] != "0" else "1"),
                      link.replace("a%20b/%C3%BC%2B%25.txt", "other.txt")):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(wrong, timeout=30)
            self.assertEqual(refused.exception.code, 403)
            refused.exception.close()
        self.server.clock_offset = 601
        with self.assertRaises(urllib.error.HTTPError) as late:
            urllib.request.urlopen(link, timeout=30)
        self.assertIn(b"expired", late.exception.read())
        late.exception.close()

    def test_a_folder_goes_up_and_comes_back(self):
        for number, name in enumerate(AWKWARD):
            self.write(os.path.join("in", name), payload(100 + number, number))
        self.mlctl("upload", "in", f"oss://{BUCKET}/some where/")
        prefix = os.path.commonprefix([key for key in self.objects])
        prefix = prefix[:prefix.rindex("/") + 1]
        self.assertEqual({key[len(prefix):] for key in self.objects}, set(AWKWARD))
        for number, name in enumerate(AWKWARD):
            self.assertEqual(self.objects[prefix + name].data, payload(100 + number, number), name)
        self.mlctl("download", f"oss://{BUCKET}/{prefix}", "out")
        self.assertEqual(tree(self.path("out")), tree(self.path("in")))
        listed = self.mlctl("ls", f"oss://{BUCKET}/{prefix}", "--recursive", "-o", "json").json()
        self.assertEqual(len(listed["items"]), len(AWKWARD))
        versions = {request.signed.version for request in self.server.requests}
        self.assertEqual(versions, {1 if self.version == "v1" else 4})
        self.mlctl("rm", f"oss://{BUCKET}/{prefix}", "--recursive", "--yes")
        self.assertEqual(self.objects, {})
        self.assertEqual([r.code for r in self.server.requests if r.code not in ("", "NoSuchKey")], [])

    def test_listing_goes_on_page_after_page(self):
        for number in range(2300):
            self.put(f"many/{number:05d} +%.bin", b"x")
        listed = self.mlctl("ls", f"oss://{BUCKET}/many/", "--recursive", "-o", "json").json()
        self.assertEqual(len(listed["items"]), 2300)
        self.assertGreaterEqual(len([r for r in self.server.seen("GET", "list-type") if "continuation-token" in r.items]), 2)

    def test_a_large_object_goes_in_parts_summed_by_crc64(self):
        data = payload(17 * MIB + 12345)
        self.write("large.bin", data)
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large file.bin")
        there = self.objects["large file.bin"]
        self.assertEqual(there.data, data)
        self.assertTrue(there.etag.endswith("-3"), there.etag)
        self.assertEqual(self.server.uploads, {})
        self.mlctl("download", f"oss://{BUCKET}/large file.bin", "back.bin")
        self.assertEqual(tree(self.folder)["back.bin"], tree(self.folder)["large.bin"])

    def test_copies_stay_in_the_store(self):
        self.put("a b/1+%.txt", b"one")
        self.put("a b/large", payload(21 * MIB))
        self.mlctl("upload", f"oss://{BUCKET}/a b", f"oss://{BUCKET}/c", "--part-size", "8M")
        self.assertEqual([self.objects["c/1+%.txt"].data, self.objects["c/large"].data], [b"one", payload(21 * MIB)])
        self.assertTrue(self.objects["c/large"].etag.endswith("-3"))
        self.assertEqual(self.objects["c/large"].headers["content-type"], "text/plain")
        self.assertEqual([r.target for r in self.server.seen("GET") if r.key], [])
        self.mlctl("upload", f"oss://{BUCKET}/a b/1+%.txt", f"oss://{BUCKET}/d", "--metadata", "who=me")
        self.assertEqual(self.objects["d"].headers, {"content-type": "text/plain", "x-oss-meta-who": "me"})
        self.assertEqual([r.code for r in self.server.requests if r.code not in ("", "NoSuchKey")], [])

    def test_an_object_that_exists_is_not_replaced(self):
        self.put("there.txt", b"theirs")
        self.write("there.txt", "mine")
        outcome = self.mlctl("upload", "there.txt", f"oss://{BUCKET}/there.txt", code=6)
        self.assertIn("--overwrite", outcome.err)
        self.assertEqual(self.objects["there.txt"].data, b"theirs")
        self.mlctl("upload", "there.txt", f"oss://{BUCKET}/there.txt", "--overwrite")
        self.assertEqual(self.objects["there.txt"].data, b"mine")

    def test_of_two_writers_one_wins(self):
        """The other's object appears between our look and our PUT: only the store can tell."""
        self.write("race.txt", "mine")

        def other_first(request):
            if request.method == "PUT":
                self.put("race.txt", b"theirs")
        self.server.before = other_first
        outcome = self.mlctl("upload", "race.txt", f"oss://{BUCKET}/race.txt", code=6)
        self.assertIn("exists", outcome.err)
        self.assertEqual(self.objects["race.txt"].data, b"theirs")

    def test_of_two_writers_of_a_large_object_one_wins(self):
        self.write("race.bin", payload(17 * MIB))

        def other_first(request):
            if request.method == "POST" and "uploadId" in request.items:
                self.put("race.bin", b"theirs")
        self.server.before = other_first
        self.mlctl("upload", "race.bin", f"oss://{BUCKET}/race.bin", code=6)
        self.assertEqual(self.objects["race.bin"].data, b"theirs")

    def flip(self, method):
        def flipped(request, data):
            return data[:-1] + bytes([data[-1] ^ 1]) if request.method == method and request.key and data else data
        self.server.damage = flipped

    def test_a_flipped_byte_on_the_way_up_is_found(self):
        self.write("small.bin", payload(5000))
        self.flip("PUT")
        outcome = self.mlctl("upload", "small.bin", f"oss://{BUCKET}/small.bin", code=10)
        self.assertIn("did not arrive", outcome.err)
        self.assertNotIn("small.bin", self.objects)

    def test_bytes_flipped_once_are_sent_again(self):
        data = {"small.bin": payload(5000), "large.bin": payload(17 * MIB)}
        flipped = set()

        def flip_first(request, body):
            number = request.items.get("partNumber")
            if request.method != "PUT" or (request.key, number) in flipped:
                return body
            flipped.add((request.key, number))
            return bytes([body[0] ^ 128]) + body[1:]
        self.server.damage = flip_first
        for name, content in data.items():
            self.write(name, content)
            self.mlctl("upload", name, f"oss://{BUCKET}/{name}")
            self.assertEqual(self.objects[name].data, content)
        self.assertEqual(len(flipped), 4)

    def test_a_part_damaged_before_a_kill_is_sent_again(self):
        data = payload(17 * MIB)
        self.write("large.bin", data)

        def refuse(request):
            if request.items.get("partNumber") == "3":
                raise Refused(403, "AccessDenied", "no")
        self.server.before = refuse
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin", code=4)
        self.server.before = lambda request: None
        for upload in self.server.uploads.values():
            upload.parts[1] = Object(data[1:8 * MIB] + b"?", {})
        self.server.requests = []
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin")
        self.assertEqual(sorted(r.items["partNumber"] for r in self.server.seen("PUT", "partNumber")), ["1", "3"])
        self.assertEqual(self.objects["large.bin"].data, data)

    def test_a_flipped_byte_of_a_part_is_found(self):
        self.write("large.bin", payload(17 * MIB))
        self.flip("PUT")
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin", code=10)
        self.assertNotIn("large.bin", self.objects)
        self.assertEqual(self.server.uploads, {})

    def test_a_flipped_byte_on_the_way_down_is_found(self):
        for size in (5000, 17 * MIB):
            self.put("object.bin", payload(size))
            self.flip("GET")
            self.mlctl("download", f"oss://{BUCKET}/object.bin", f"got-{size}.bin", code=10)
            self.assertFalse(os.path.exists(self.path(f"got-{size}.bin")))

    def test_what_a_killed_upload_sent_is_not_sent_again(self):
        data = payload(33 * MIB)
        self.write("large.bin", data)
        hold = threading.Event()

        def slow(request):
            if int(request.items.get("partNumber", 0)) >= 3:
                hold.wait(30)
        self.server.before = slow
        process = self.start_mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin")
        self.assertTrue(until(lambda: any(len(u.parts) == 2 for u in self.server.uploads.values())))
        time.sleep(0.3)  # the client has read the answers, too
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.server.before = lambda request: None
        killed = self.server.requests
        self.server.requests = []
        for upload in self.server.uploads.values():
            upload.bucket, kept = "nowhere", upload.bucket  # what is still on its way arrives nowhere
        hold.set()
        self.assertTrue(until(lambda: all(r.status for r in killed)))
        for upload in self.server.uploads.values():
            upload.bucket = kept
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin")
        self.assertEqual(sorted(int(r.items["partNumber"]) for r in self.server.seen("PUT", "partNumber")), [3, 4, 5])
        self.assertEqual(self.objects["large.bin"].data, data)
        self.assertEqual(self.server.uploads, {})

    def test_a_source_that_changed_starts_its_object_over(self):
        self.write("large.bin", payload(17 * MIB))

        def refuse(request):
            if request.items.get("partNumber") == "3":
                raise Refused(403, "AccessDenied", "no")
        self.server.before = refuse
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin", code=4)
        self.server.before = lambda request: None
        self.server.requests = []
        changed = payload(17 * MIB, seed=2)
        self.write("large.bin", changed)
        self.mlctl("upload", "large.bin", f"oss://{BUCKET}/large.bin")
        self.assertEqual(len(self.server.seen("PUT", "partNumber")), 3)
        self.assertEqual(self.objects["large.bin"].data, changed)
        self.assertEqual(self.server.uploads, {})

    def test_a_clock_off_by_an_hour_is_corrected(self):
        self.server.clock_offset = 3600
        self.put("a.txt", b"a")
        self.mlctl("download", f"oss://{BUCKET}/a.txt", "a.txt")

    def test_the_bucket_is_in_the_host_of_a_named_endpoint(self):
        self.env.update(OSS_ENDPOINT="http://oss-cn-hangzhou.example.test", http_proxy=self.server.endpoint)
        self.write("a b.txt", "hello")
        self.mlctl("upload", "a b.txt", f"oss://{BUCKET}/a b.txt")
        self.assertEqual(self.objects["a b.txt"].data, b"hello")
        self.assertEqual({r.headers["host"] for r in self.server.requests}, {f"{BUCKET}.oss-cn-hangzhou.example.test"})


class TransfersSignedByV1(Transfers):
    version = "v1"


class WithSessionToken(OssTest):
    token = "CAIS+token/with=signs"

    def test_the_token_is_sent_and_signed(self):
        self.write("a.txt", "hello")
        for version in ("v4", "v1"):
            self.env["OSS_SIGNATURE_VERSION"] = version
            self.mlctl("upload", "a.txt", f"oss://{BUCKET}/{version}.txt")
            link = self.mlctl("ls", f"oss://{BUCKET}/{version}.txt", "--presign", "10m").out.strip()
            with urllib.request.urlopen(link, timeout=30) as answer:
                self.assertEqual(answer.read(), b"hello")
        self.assertEqual(sorted(self.objects), ["v1.txt", "v4.txt"])


class Refusals(OssTest):
    def refused(self, *arguments, code, says):
        outcome = self.mlctl(*arguments, code=code)
        for text in says:
            self.assertIn(text, outcome.err)
        self.assertNotIn(SECRET, outcome.err + outcome.out)

    def test_each_is_told_in_words(self):
        self.put("a.txt", b"a")
        url = f"oss://{BUCKET}/a.txt"
        self.refused("download", "oss://nobucket/a.txt", "x", code=5, says=["nobucket", "bucket"])
        self.refused("ls", "oss://nobucket/", code=5, says=["nobucket", "bucket"])
        self.refused("download", f"oss://{BUCKET}/no.txt", "x", code=5, says=["no.txt"])
        wrong = dict(self.env)
        self.env.update(AWS_SECRET_ACCESS_KEY="wrong", OSS_ACCESS_KEY_SECRET="wrong")
        self.refused("ls", f"oss://{BUCKET}/", code=4, says=["secret key is wrong"])
        self.refused("download", url, "x", code=4, says=["secret key is wrong"])  # HEAD: only x-oss-err says so
        self.env.update(AWS_ACCESS_KEY_ID="nobody", OSS_ACCESS_KEY_ID="nobody")
        self.refused("download", url, "x", code=4, says=["does not know the access key"])
        self.env = wrong

        def deny(request):
            raise Refused(403, "AccessDenied", "The bucket you access does not belong to you.")
        self.server.before = deny
        self.refused("download", url, "x", code=4, says=["no permission", "a.txt"])
        self.assertFalse(os.path.exists(self.path("x")))


class Arithmetic(unittest.TestCase):
    def test_crc64_and_its_combination(self):
        self.assertEqual(crc64(b"123456789"), 11051210869376104954)
        self.assertEqual(crc64_combine(crc64(b"1234"), crc64(b"56789"), 5), crc64(b"123456789"))


if __name__ == "__main__":
    unittest.main()
