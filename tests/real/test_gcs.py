"""gs:// with HMAC keys against gcs_server.py, and Google's own library against our signatures."""
import datetime
import hashlib
import hmac
import importlib.util
import os
import random
import sys
import types
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sdks  # noqa: E402
from gcs_server import GcsServer, crc32c, signing_key  # noqa: E402
from oss_server import Object  # noqa: E402
from support import ProjectTest, tree  # noqa: E402
from test_oss import AWKWARD, payload  # noqa: E402

KEY, SECRET, BUCKET, MIB = "GOOG1EXAMPLE", "secret/of+the=tests", "photos", 1 << 20
KEYS = [name for name in AWKWARD if "non-utf8" not in name and "\n" not in name]


class Transfers(ProjectTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(GcsServer({KEY: SECRET}, [BUCKET]))
        for name in [name for name in self.env if name.startswith(("AWS_", "GOOGLE_", "CLOUDSDK_")) or "proxy" in name.lower()]:
            del self.env[name]
        self.env.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, GS_ACCESS_KEY_ID=KEY, GS_SECRET_ACCESS_KEY=SECRET,
                        STORAGE_EMULATOR_HOST=self.server.endpoint)

    @property
    def objects(self):
        return self.server.buckets[BUCKET]

    def test_a_folder_goes_up_comes_back_and_is_removed(self):
        for number, name in enumerate(AWKWARD):
            self.write(os.path.join("in", name), payload(100 + number, number))
        self.mlctl("upload", "in", f"gs://{BUCKET}/pre fix")
        self.assertEqual({key.removeprefix("pre fix/") for key in self.objects}, set(AWKWARD))
        self.mlctl("download", f"gs://{BUCKET}/pre fix/", "out")
        self.assertEqual(tree(self.path("out")), tree(self.path("in")))
        self.mlctl("rm", f"gs://{BUCKET}/pre fix/", "--recursive", "--yes")
        self.assertEqual(self.objects, {})
        self.assertEqual([(r.code, r.target) for r in self.server.requests if r.code not in ("", "NoSuchKey")], [])

    def test_a_large_object_goes_in_parts_summed_by_crc32c(self):
        data = random.Random(1).randbytes(17 * MIB + 1)
        self.write("large.bin", data)
        self.mlctl("upload", "large.bin", f"gs://{BUCKET}/large.bin")
        self.assertEqual(self.objects["large.bin"].data, data)
        self.assertTrue(all("x-goog-hash" in r.headers for r in self.server.seen("PUT", "partNumber")))
        self.mlctl("download", f"gs://{BUCKET}/large.bin", "back.bin")
        self.assertEqual(tree(self.folder)["back.bin"], tree(self.folder)["large.bin"])

    def test_copies_stay_in_the_store(self):
        for number, name in enumerate(KEYS):
            self.objects["in/" + name] = Object(payload(100 + number, number), {"content-type": "text/x", "x-goog-meta-n": "1"})
        self.objects["in/large"] = Object(payload(17 * MIB), {})
        self.mlctl("upload", f"gs://{BUCKET}/in", f"gs://{BUCKET}/out", "--part-size", "8M")
        self.assertEqual({key[4:]: there.data for key, there in self.objects.items() if key.startswith("out/")},
                         {key[3:]: there.data for key, there in self.objects.items() if key.startswith("in/")})
        self.assertEqual(self.objects["out/" + KEYS[1]].headers["x-goog-meta-n"], "1")
        self.assertEqual([r.target for r in self.server.seen("GET") if r.key], [])

    def refused(self, link):
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(link, timeout=30)
        with raised.exception:
            return raised.exception.read().decode()

    def test_a_link_works_without_keys_and_for_nothing_else(self):
        for key, body in (("a b/ü+%.txt", b"linked"), ("other.txt", b"other")):
            self.objects[key] = Object(body, {"content-type": "text/plain"})
        link = self.mlctl("ls", f"gs://{BUCKET}/a b/ü+%.txt", "--presign", "10m").out.strip()
        with urllib.request.urlopen(link, timeout=30) as answer:
            self.assertEqual(answer.read(), b"linked")
        self.assertTrue(self.server.requests[-1].presigned)
        self.assertNotIn(SECRET, link)
        for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("a%20b/%C3%BC%2B%25.txt", "other.txt"),
                      link.replace("X-Goog-Expires=600", "X-Goog-Expires=6000")):
            self.assertIn("SignatureDoesNotMatch", self.refused(wrong))
        self.server.clock_offset = 601
        self.assertIn("ExpiredToken", self.refused(link))

    def test_the_buckets_of_a_project_are_listed(self):
        self.assertEqual(self.mlctl("ls", "gs://", "-o", "name", env={"GOOGLE_CLOUD_PROJECT": "rabbits"}).out, f"gs://{BUCKET}\n")
        self.assertEqual(self.server.requests[-1].headers["x-goog-project-id"], "rabbits")

    def flip(self, method):
        self.server.damage = lambda request, data: data[:-1] + bytes([data[-1] ^ 1]) \
            if request.method == method and request.key and data else data

    def test_a_flipped_byte_is_found_both_ways(self):
        self.write("a.bin", payload(5000))
        self.flip("PUT")
        self.mlctl("upload", "a.bin", f"gs://{BUCKET}/a.bin", code=10)
        self.assertNotIn("a.bin", self.objects)
        self.server.damage = lambda request, data: data
        self.mlctl("upload", "a.bin", f"gs://{BUCKET}/a.bin")
        self.flip("GET")
        self.mlctl("download", f"gs://{BUCKET}/a.bin", "b.bin", code=10)
        self.assertFalse(os.path.exists(self.path("b.bin")))

    def other_first(self, key, when):
        def appear(request):
            if when(request):
                from oss_server import Object
                self.objects[key] = Object(b"theirs", {"content-type": "text/plain"})
        self.server.before = appear

    def test_of_two_writers_one_wins(self):
        self.write("race.txt", "mine")
        self.other_first("race.txt", lambda request: request.method == "PUT")
        self.mlctl("upload", "race.txt", f"gs://{BUCKET}/race.txt", code=6)
        self.assertEqual(self.objects["race.txt"].data, b"theirs")

    def test_another_writer_of_a_large_object_is_seen_before_it_is_completed(self):
        self.write("race.bin", payload(17 * MIB))
        self.other_first("race.bin", lambda request: "partNumber" in request.items)
        self.mlctl("upload", "race.bin", f"gs://{BUCKET}/race.bin", code=6)
        self.assertEqual(self.objects["race.bin"].data, b"theirs")


class Signatures(unittest.TestCase):
    """google-cloud-storage signs links with a service account's RSA key. Its own code with the algorithm's name exchanged,
    and an HMAC key to sign with, makes what Google documents for HMAC keys; ours must be the same."""

    @classmethod
    def setUpClass(cls):
        sdks.use_python_sdks()
        spec = importlib.util.find_spec("google.cloud.storage._signing")
        cls.library = types.ModuleType("hmac_signing")
        with open(spec.origin) as file:
            source = file.read()
        assert source.count("GOOG4-RSA-SHA256") >= 2
        exec(compile(source.replace("GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256"), spec.origin, "exec"), cls.library.__dict__)

    def test_presigned(self):
        import google.auth.credentials

        class Keys(google.auth.credentials.Signing):
            signer_email, signer = KEY, None

            def sign_bytes(self, message):
                day = message.decode().split("\n")[1][:8]
                return hmac.new(signing_key(SECRET, day, "auto"), message, hashlib.sha256).digest()
        stamp = "20261121T120000Z"
        when = int(datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc).timestamp())
        jobs, theirs = [], []
        variants = [("GET", {}, {}), ("PUT", {"Content-Type": "text/plain", "x-goog-meta-who": "a  b "}, {}),
                    ("DELETE", {}, {"generation": "17", "versionId": "a+b /c"})]
        for key in KEYS:
            for method, headers, query in variants:
                url = self.library.generate_signed_url_v4(
                    Keys(), f"/{BUCKET}/{urllib.parse.quote(key, safe='/~')}", 600, method=method, headers=dict(headers),
                    query_parameters=dict(query), _request_timestamp=stamp)
                theirs.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))["X-Goog-Signature"])
                lower = [[name.lower(), value] for name, value in headers.items()] + [["host", "storage.googleapis.com"]]
                jobs.append({"form": "v4", "presigned": True, "method": method, "bucket": BUCKET, "key": sdks.latin(key),
                             "pathStyle": True, "query": list(query.items()), "headers": lower, "id": KEY, "secret": SECRET,
                             "region": "auto", "service": "storage", "time": when, "expires": 600})
        self.assertGreaterEqual(len(jobs), 40)
        for job, answer, signature in zip(jobs, sdks.sign(jobs), theirs, strict=True):
            with self.subTest(method=job["method"], key=job["key"]):
                self.assertEqual(dict(answer["query"])["X-Goog-Signature"], signature)


class Arithmetic(unittest.TestCase):
    def test_crc32c(self):
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)


if __name__ == "__main__":
    unittest.main()
