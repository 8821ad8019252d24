"""upload, download, ls and rm against real servers, with boto3 looking on."""
import hashlib
import random
import threading

from s3_support import S3Test, on_every_server, os
from support import risk_csv, tree, write_pictures

MIB = 1 << 20
# As ceph/s3-tests has them, and worse.
AWKWARD = ["a b/c  d", "plus+and%percent", "what?#;:@&=$,'()*!~", "ünïcødé/日本語/ファイル.txt", "emoji-😀", "back\\slash",
           "quote\"<xml>&amp;", "nfc-\u00e9", "nfd-e\u0301", "percent%20encoded%2F", "tab\there", "bell\x07", "line\nbreak",
           "deep/" * 20 + "x", "~tilde", "$(echo)`", "_ _", "foo+1/bar", "quux ab/thud", "=", "-dash", "a=b&c=d"]
# Keys that no file can have.
ODD_KEYS = ["double//slash", "/lead", "trail/../dots", "./dot", "x" * 1024]


def pattern(size, seed=1):
    return random.Random(seed).randbytes(size)


class Keys:
    def test_awkward_names_go_up_and_come_back(self):
        for number, name in enumerate(AWKWARD):
            self.write(f"files/{name}", f"{number}".encode())
        self.mlctl("upload", "files", self.url("in"))
        self.assertEqual(self.stored(), {f"in/{name}": f"{n}".encode() for n, name in enumerate(AWKWARD)})
        self.mlctl("download", self.url("in"), "back")
        self.assertEqual(tree(self.path("back")), tree(self.path("files")))

    def test_each_awkward_key_by_itself(self):
        self.write("f", b"one")
        for key in AWKWARD:
            with self.subTest(key=key):
                self.mlctl("upload", "f", self.url(key))
                self.assertEqual(self.get(key), b"one")
                self.mlctl("download", self.url(key), "back", "--overwrite")
                self.assertEqual(self.read("back"), b"one")
                self.assertEqual(self.mlctl("ls", self.url(key), "-o", "json").json()["items"][0]["url"], self.url(key))
                self.mlctl("rm", self.url(key), "--yes")
        self.assertEqual(self.keys(), [])

    def test_keys_no_file_can_have_are_listed_read_and_removed(self):
        for key in ODD_KEYS:
            if self.server_name.startswith("minio") and key != ODD_KEYS[-1]:
                continue  # it keeps objects as files itself
            if self.server_name.startswith("minio"):
                key = "/".join(["x" * 200] * 5) + "x" * 20
            with self.subTest(key=key):
                self.put(key, key.encode())
                listed = self.mlctl("ls", self.url(), "--recursive", "-o", "json").json()["items"]
                self.assertIn(self.url(key), [each["url"] for each in listed])
                self.mlctl("download", self.url(key), "one", "--overwrite")
                self.assertEqual(self.read("one"), key.encode())
                self.mlctl("rm", self.url(key), "--yes")
                self.assertEqual(self.keys(), [])

    def test_a_key_that_would_leave_the_folder_is_refused(self):
        if self.server_name.startswith("minio"):
            self.skipTest("MinIO refuses such keys itself")
        self.put("in/../../escaped", b"evil")
        self.put("in/fine", b"fine")
        outcome = self.mlctl("download", self.url("in"), "back", code=7)
        self.assertSays(outcome, "..")
        self.assertFalse(os.path.exists(self.path("escaped")))

    def test_keys_from_the_dataset_s_fields(self):
        write_pictures(self.path("photos"), 3)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d")
        self.mlctl("upload", "d", self.url("p"), "--key", "{label}/{name}")
        wanted = sorted(f"p/{name}" for name in tree(self.path("photos")))
        self.assertEqual(self.keys(), wanted)
        self.assertEqual(self.get("p/disc/disc 0001.png"), self.read("photos/disc/disc 0001.png"))

    def test_keys_from_the_path_s_fields(self):
        self.write("files/a/b.txt", "1")
        self.mlctl("upload", "files", self.url(), "--key", "{ext}/{folder}-{stem}")
        self.assertEqual(self.keys(), ["txt/a-b"])


class Folders:
    def test_relative_paths_stay_and_a_slash_appends_the_name(self):
        self.write("files/a/1", "1")
        self.write("files/2", "2")
        self.mlctl("upload", "files", self.url("x"))
        self.mlctl("upload", "files", self.url("y/"))
        self.mlctl("upload", "files/2", self.url("z/"))
        self.mlctl("upload", "files/2", self.url("w"))
        self.mlctl("upload", "files", self.url())
        self.assertEqual(self.keys(), ["2", "a/1", "w", "x/2", "x/a/1", "y/2", "y/a/1", "z/2"])

    def test_a_whole_bucket_comes_down(self):
        self.put("a/1", b"1")
        self.put("2", b"22")
        for form in (self.url(), self.url()[:-1]):
            with self.subTest(form):
                self.mlctl("download", form, "all", "--overwrite")
                self.assertEqual(sorted(tree(self.path("all"))), ["2", "a/1"])

    def test_empty_objects(self):
        self.write("files/nothing", b"")
        self.mlctl("upload", "files", self.url("e"))
        self.assertEqual(self.stored(), {"e/nothing": b""})
        self.mlctl("download", self.url("e/nothing"), "back")
        self.assertEqual(self.read("back"), b"")
        self.assertSays(self.mlctl("upload", "files", self.url("e")), "")

    def test_include_and_exclude(self):
        for name in ("a.jpg", "b.png", "sub/c.jpg", "sub/d.txt"):
            self.write(f"files/{name}", name)
        self.mlctl("upload", "files", self.url("u"), "--include", "*.jpg", "--exclude", "sub/*")
        self.assertEqual(self.keys("u"), ["u/a.jpg"])
        self.mlctl("upload", "files", self.url("all"))
        self.mlctl("download", self.url("all"), "back", "--exclude", "*.txt", "--exclude", "*.png")
        self.assertEqual(sorted(tree(self.path("back"))), ["a.jpg", "sub/c.jpg"])

    def test_a_dry_run_says_and_does_nothing(self):
        self.write("files/new", "n")
        self.write("files/there", "t")
        self.put("x/there", b"t")
        plan = self.mlctl("upload", "files", self.url("x"), "--dry-run", "-o", "json").json()["items"]
        self.assertEqual([(each["url"], each["action"]) for each in plan],
                         [(self.url("x/new"), "copy"), (self.url("x/there"), "keep")])
        self.assertEqual(self.keys(), ["x/there"])
        self.mlctl("download", self.url("x"), "back", "--dry-run")
        self.assertFalse(os.path.exists(self.path("back")))
        self.assertIn(self.url("x/there"), self.mlctl("rm", "-r", self.url("x"), "--dry-run").out)
        self.assertEqual(self.keys(), ["x/there"])

    def test_a_second_time_there_is_nothing_to_do(self):
        for number in range(30):
            self.write(f"files/{number}", f"{number}")
        self.mlctl("upload", "files", self.url("x"))
        before = {each["Key"]: each["LastModified"] for each in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]}
        again = self.mlctl("upload", "files", self.url("x"), "-o", "json").json()
        self.assertEqual((again["copied"], again["present"]), (0, 30))
        after = {each["Key"]: each["LastModified"] for each in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]}
        self.assertEqual(before, after)
        self.mlctl("download", self.url("x"), "back")
        self.assertEqual(self.mlctl("download", self.url("x"), "back", "-o", "json").json()["copied"], 0)

    def test_same_size_edits_are_noticed(self):
        for size in (5, 17 * MIB):
            with self.subTest(size=size):
                first, second = pattern(size, 1), pattern(size, 2)
                self.write("f", first)
                self.mlctl("upload", "f", self.url("k"), "--overwrite")
                stamp = os.stat(self.path("f"))
                self.write("f", second)
                os.utime(self.path("f"), ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
                self.assertSays(self.mlctl("upload", "f", self.url("k"), code=6), "--overwrite")
                self.assertEqual(self.get("k"), first)
                self.mlctl("upload", "f", self.url("k"), "--overwrite")
                self.assertEqual(self.get("k"), second)
                self.write("back", first)
                self.mlctl("download", self.url("k"), "back", code=6)
                self.assertEqual(self.read("back"), first)
                self.mlctl("download", self.url("k"), "back", "--overwrite")
                self.assertEqual(self.read("back"), second)

    def test_folders_as_other_clients_mark_them(self):
        self.put("in/", b"")
        self.put("in/sub/", b"")
        self.put("in/f", b"f")
        self.mlctl("download", self.url("in"), "back")
        self.assertEqual(sorted(tree(self.path("back"))), ["f"])
        self.mlctl("rm", "-r", self.url("in"), "--yes")
        self.assertEqual(self.keys(), [])

    def test_an_object_and_a_prefix_of_the_same_name(self):
        self.put("a", b"object")
        if not self.server_name.startswith("minio"):
            self.put("a/b", b"below")
            self.mlctl("download", self.url("a/"), "below")
            self.assertEqual(sorted(tree(self.path("below"))), ["b"])
        self.put("ab", b"other")
        self.mlctl("download", self.url("a"), "one")
        self.assertEqual(self.read("one"), b"object")
        self.mlctl("rm", self.url("a"), "--yes")
        self.assertIn("ab", self.keys())

    def test_a_dataset_travels_and_trains(self):
        self.write("risk.csv", risk_csv(400))
        self.mlctl("ingest", "risk.csv", "--kind", "table", "--label", "risk", "--to", "d")
        self.mlctl("upload", "d", self.url("sets/risk"))
        self.mlctl("download", self.url("sets/risk"), "copy")
        whole = {path: digest for path, digest in tree(self.path("d")).items() if not path.startswith(".")}
        self.assertEqual(tree(self.path("copy")), whole)
        self.mlctl("train", "copy", "--to", "m", "--epochs", "1")


class Properties:
    def head(self, key):
        return self.s3.head_object(Bucket=self.bucket, Key=key)

    def test_metadata_type_and_tags_are_kept_small_and_large(self):
        for size in (10, 17 * MIB):
            with self.subTest(size=size):
                self.write("f.png", pattern(size))
                self.mlctl("upload", "f.png", self.url("k"), "--metadata", "owner=me", "--metadata", "note=a  b", "--tag",
                           "team=ml + co:1/2", "--tag", "env=test", "--content-type", "image/x-own", "--overwrite")
                head = self.head("k")
                self.assertEqual(head["ContentType"], "image/x-own")
                kept = {name: value for name, value in head["Metadata"].items() if not name.startswith("mlctl")}
                self.assertEqual(kept["owner"], "me")
                self.assertIn(kept["note"], ("a b", "a  b"))
                if size > MIB and self.server_name == "rgw":
                    continue  # RGW 16 forgets the tags of what comes in parts, whoever sends it
                tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="k")["TagSet"]
                self.assertEqual({each["Key"]: each["Value"] for each in tags}, {"team": "ml + co:1/2", "env": "test"})

    def test_the_content_type_follows_the_name(self):
        for name in ("a.jpg", "b.json", "c.unknown"):
            self.write(f"files/{name}", name)
        self.mlctl("upload", "files", self.url())
        self.assertEqual([self.head(key)["ContentType"] for key in self.keys()],
                         ["image/jpeg", "application/json", "application/octet-stream"])

    def test_storage_class(self):
        self.write("f", b"x")
        self.mlctl("upload", "f", self.url("k"), "--storage-class", "STANDARD")
        self.assertIn(self.head("k").get("StorageClass", "STANDARD"), ("STANDARD",))
        if self.server_name.startswith("minio"):
            self.mlctl("upload", "f", self.url("r"), "--storage-class", "REDUCED_REDUNDANCY")
            self.assertEqual(self.head("r")["StorageClass"], "REDUCED_REDUNDANCY")

    def test_encryption_at_rest(self):
        # RGW's own needs a Vault, MinIO's keys need no server.
        method = ["--sse", "AES256"] if self.server_name.startswith("minio") else ["--sse", "aws:kms", "--sse-kms-key",
                                                                                   "testkey-1"]
        for size in (100, 17 * MIB):
            with self.subTest(size=size):
                body = pattern(size)
                self.write("f", body)
                self.mlctl("upload", "f", self.url("k"), *method, "--overwrite")
                self.assertEqual(self.head("k")["ServerSideEncryption"], method[1])
                self.assertEqual(self.get("k"), body)
                self.mlctl("download", self.url("k"), "back", "--overwrite")
                self.assertEqual(self.read("back"), body)

    def test_acl(self):
        if self.server_name.startswith("minio"):
            self.skipTest("MinIO has no ACLs")
        self.write("f", b"x")
        self.mlctl("upload", "f", self.url("k"), "--acl", "public-read")
        grants = self.s3.get_object_acl(Bucket=self.bucket, Key="k")["Grants"]
        self.assertIn("READ", [each["Permission"] for each in grants if each["Grantee"]["Type"] == "Group"])


class Large:
    def test_sizes_around_the_limits(self):
        for size in (5 * MIB, 8 * MIB - 1, 8 * MIB, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 24 * MIB, 24 * MIB + 1):
            with self.subTest(size=size):
                body = pattern(size, size)
                self.write("f", body)
                self.mlctl("upload", "f", self.url("k"), "--overwrite")
                self.assertEqual(hashlib.md5(self.get("k")).hexdigest(), hashlib.md5(body).hexdigest())
                self.mlctl("download", self.url("k"), "back", "--overwrite")
                self.assertEqual(hashlib.md5(self.read("back")).hexdigest(), hashlib.md5(body).hexdigest())
                self.assertEqual(self.mlctl("upload", "f", self.url("k"), "-o", "json").json()["copied"], 0)
                self.assertEqual(self.mlctl("download", self.url("k"), "back", "-o", "json").json()["copied"], 0)
        self.assertEqual(self.uploads(), [])

    def test_what_others_wrote_in_parts(self):
        body = pattern(21 * MIB + 5)
        made = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k")["UploadId"]
        parts = []
        for number, at in enumerate(range(0, len(body), 7 * MIB), 1):
            etag = self.s3.upload_part(Bucket=self.bucket, Key="k", UploadId=made, PartNumber=number,
                                       Body=body[at:at + 7 * MIB])["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key="k", UploadId=made, MultipartUpload={"Parts": parts})
        self.put("small", b"by boto3", Metadata={"who": "boto"})
        self.mlctl("download", self.url(), "back")
        self.assertEqual(self.read("back/k"), body)
        self.assertEqual(self.read("back/small"), b"by boto3")

    def test_an_object_replaced_by_a_shorter_one(self):
        self.write("f", pattern(20 * MIB))
        self.mlctl("upload", "f", self.url("k"))
        self.write("f", b"short")
        self.mlctl("upload", "f", self.url("k"), "--overwrite")
        self.mlctl("download", self.url("k"), "back")
        self.assertEqual(self.read("back"), b"short")


class Listing:
    def test_more_than_a_page_with_folders_between(self):
        self.fill(1203)
        listed = self.mlctl("ls", "-r", self.url(), "-o", "name").out.split()
        self.assertEqual(listed, [self.url(key) for key in self.keys()])
        top = self.mlctl("ls", self.url(), "-o", "json").json()["items"]
        self.assertEqual([(each["kind"], each["name"]) for each in top],
                         [("Folder", "f0/"), ("Folder", "f1/"), ("Folder", "f2/"), ("Object", "zz")])
        self.assertEqual(len(self.mlctl("ls", self.url("f1"), "-o", "json").json()["items"]), 401)
        self.mlctl("download", self.url(), "back")
        self.assertEqual(len(tree(self.path("back"))), 1204)
        self.mlctl("rm", "-r", self.url("f1"), "--yes")
        self.assertEqual(len(self.keys()), 803)

    def fill(self, count):
        def put(start):
            client = self.boto()
            for number in range(start, count, 8):
                client.put_object(Bucket=self.bucket, Key=f"f{number % 3}/{number:05d}", Body=b"%d" % number)
        threads = [threading.Thread(target=put, args=(start,)) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.put("zz")

    def test_an_empty_bucket_and_a_missing_prefix(self):
        self.put("a/b")
        self.assertSays(self.mlctl("ls", self.url("nothing"), code=5), "nothing at", self.url("nothing"))
        self.mlctl("rm", self.url("nothing"), code=5)
        self.mlctl("download", self.url("nothing"), "back", code=5)
        self.assertFalse(os.path.exists(self.path("back")))

    def test_uploads_that_were_never_ended_are_listed_and_dropped(self):
        for key in ("a/one", "a/two", "b"):
            self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)
        # MinIO names an upload only to who names its object.
        folder = "a/one" if "Minio" in type(self).__name__ else "a"
        listed = self.mlctl("ls", self.url(folder), "--incomplete", "-o", "name").out.split()
        self.assertEqual(listed, [self.url("a/one")] + ([self.url("a/two")] if folder == "a" else []))
        self.mlctl("rm", self.url(folder), "--incomplete", "--dry-run")
        self.assertEqual(self.mlctl("ls", self.url(folder), "--incomplete", "-o", "name").out.split(), listed)
        self.mlctl("rm", self.url(folder), "--incomplete")
        self.assertEqual(self.mlctl("ls", self.url(folder), "--incomplete", "-o", "name").out, "")
        self.assertEqual(self.mlctl("ls", self.url("b"), "--incomplete", "-o", "name").out.split(), [self.url("b")])

    def test_rm_asks_before_it_removes_many(self):
        self.put("a/1")
        self.put("a/2")
        self.mlctl("rm", self.url("a"), code=2)
        self.mlctl("rm", "-r", self.url("a"), code=2)
        self.mlctl("rm", "-r", self.url(), "--yes", code=2)
        self.assertEqual(self.keys(), ["a/1", "a/2"])
        self.mlctl("rm", "-r", self.url("a"), "--yes")
        self.assertEqual(self.keys(), [])

    def test_versions_stay_when_an_object_is_removed(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.write("f", b"1")
        self.mlctl("upload", "f", self.url("k"))
        self.write("f", b"2")
        self.mlctl("upload", "f", self.url("k"), "--overwrite")
        self.mlctl("rm", self.url("k"), "--yes")
        self.mlctl("ls", self.url("k"), code=5)
        versions = self.s3.list_object_versions(Bucket=self.bucket)
        self.assertEqual((len(versions["Versions"]), len(versions["DeleteMarkers"])), (2, 1))
        self.mlctl("upload", "f", self.url("k"))
        self.assertEqual(self.get("k"), b"2")


class Writers:
    def race(self, sizes):
        """Two machines write the same key at once: (exit codes, what is stored is one of the two, whole)."""
        for writer, size in enumerate(sizes):
            self.write(f"w{writer}/f", pattern(size, writer))
        processes = []
        for writer in range(2):
            self.env["XDG_STATE_HOME"] = self.path(f"state-{writer}")
            processes.append(self.start_mlctl("upload", f"w{writer}/f", self.url("contested")))
        for process in processes:
            process.communicate()
        self.assertIn(self.get("contested"), [self.read("w0/f"), self.read("w1/f")])
        return [process.returncode for process in processes]

    def test_of_two_writers_one_is_told(self):
        for _ in range(5):
            self.assertEqual(sorted(self.race([200000, 200001])), [0, 6])
            self.mlctl("rm", self.url("contested"), "--yes")

    def test_of_two_writers_of_large_objects_one_is_told(self):
        if not self.server_name.startswith("minio"):
            self.skipTest("RGW 16 does not look at If-None-Match when parts are completed")
        self.assertEqual(sorted(self.race([18 * MIB, 18 * MIB + 1])), [0, 6])
        self.assertEqual(self.uploads(), [])

    def test_the_same_content_from_two_sides(self):
        self.write("w0/f", b"same")
        self.mlctl("upload", "w0/f", self.url("k"))
        self.env["XDG_STATE_HOME"] = self.path("elsewhere")
        self.mlctl("upload", "w0/f", self.url("k"))


for group in (Keys, Folders, Properties, Large, Listing, Writers):
    globals().update(on_every_server(group))
