"""upload and download --delete and --if-newer against real servers, with boto3 looking on."""
import os
import time

from s3_support import S3Test, on_every_server
from support import tree


class Mirrors:
    def write_files(self):
        for name in ("a", "sub/b", "sub/c.jpg"):
            self.write(f"files/{name}", name)

    def test_upload_removes_what_the_folder_does_not_have(self):
        self.write_files()
        for key in ("m/a", "m/gone", "m/sub/gone.jpg", "m/.hidden", "mother/stays", "m2"):
            self.put(key, b"a")
        plan = self.mlctl("upload", "files", self.url("m"), "--delete", "--dry-run", "-o", "json").json()["items"]
        self.assertEqual([each["url"] for each in plan if each["action"] == "delete"], [self.url("m/gone"), self.url("m/sub/gone.jpg")])
        self.assertSays(self.mlctl("upload", "files", self.url("m"), "--delete", code=2), "--yes")
        self.assertEqual(len(self.keys()), 6)
        done = self.mlctl("upload", "files", self.url("m"), "--delete", "--yes", "-o", "json").json()
        self.assertEqual((done["copied"], done["present"], done["removed"]), (2, 1, 2))
        self.assertEqual(self.keys(), ["m/.hidden", "m/a", "m/sub/b", "m/sub/c.jpg", "m2", "mother/stays"])
        self.mlctl("upload", "files", self.url("m"), "--delete")  # nothing to ask about

    def test_filters_bound_what_is_removed(self):
        self.write_files()
        for key in ("m/x.jpg", "m/x.txt"):
            self.put(key)
        self.mlctl("upload", "files", self.url("m"), "--include", "*.jpg", "--delete", "-y")
        self.assertEqual(self.keys(), ["m/sub/c.jpg", "m/x.txt"])

    def test_download_removes_what_the_prefix_does_not_have(self):
        self.put("m/a", b"a")
        for name in ("back/a", "back/gone", "back/deep/er/gone", "back/.hidden", "beside"):
            self.write(name, "a")
        self.mlctl("download", self.url("m"), "back", "--delete", "-y")
        self.assertEqual(sorted(tree(self.path("back"))), [".hidden", "a"])
        self.assertFalse(os.path.exists(self.path("back/deep")))
        self.assertEqual(self.read("beside"), b"a")

    def test_an_empty_or_absent_source_removes_nothing(self):
        self.put("m/a")
        os.mkdir(self.path("empty"))
        self.write("back/a", "x")
        self.mlctl("upload", "empty", self.url("m"), "--delete", "-y", code=5)
        self.mlctl("upload", "absent", self.url("m"), "--delete", "-y", code=5)
        self.mlctl("download", self.url("nothing"), "back", "--delete", "-y", code=5)
        self.mlctl("download", self.url("m"), "back", "--include", "*.none", "--delete", "-y", code=5)
        self.assertEqual(self.mlctl("download", "s3://no-such-bucket-x/m", "back", "--delete", "-y", code=5).code, 5)
        self.assertEqual((self.keys(), self.read("back/a")), (["m/a"], b"x"))

    def test_a_failed_copy_removes_nothing(self):
        self.write("files/a", "mine")
        self.put("m/a", b"theirs")
        self.put("m/gone")
        self.mlctl("upload", "files", self.url("m"), "--delete", "-y", code=6)
        self.assertEqual(self.keys(), ["m/a", "m/gone"])

    def test_only_what_is_newer_is_copied(self):
        for name in ("older", "newer", "new", "same"):
            self.write(f"files/{name}", "mine")
        for name in ("older", "newer"):
            self.put(f"n/{name}", b"theirs")
        self.put("n/same", b"mine")
        now = time.time()
        os.utime(self.path("files/older"), (now - 3600, now - 3600))
        for name in ("newer", "same"):
            os.utime(self.path(f"files/{name}"), (now + 3600, now + 3600))
        plan = self.mlctl("upload", "files", self.url("n"), "--if-newer", "--dry-run", "-o", "json").json()["items"]
        self.assertEqual({os.path.basename(each["url"]): each["action"] for each in plan},
                         {"older": "skip", "newer": "replace", "new": "copy", "same": "keep"})
        done = self.mlctl("upload", "files", self.url("n"), "--if-newer", "-o", "json").json()
        self.assertEqual((done["copied"], done["present"], done["skipped"]), (2, 1, 1))
        self.assertEqual(self.stored(), {"n/new": b"mine", "n/newer": b"mine", "n/older": b"theirs", "n/same": b"mine"})
        self.write("back/older", "here")
        os.utime(self.path("back/older"), (now - 7200, now - 7200))
        self.write("back/newer", "here")
        os.utime(self.path("back/newer"), (now + 7200, now + 7200))
        outcome = self.mlctl("download", self.url("n"), "back", "--if-newer")
        self.assertIn("1 object there as new as the source or newer, skipped", outcome.out)
        self.assertEqual((self.read("back/older"), self.read("back/newer")), (b"theirs", b"here"))


globals().update(on_every_server(Mirrors))
del S3Test
