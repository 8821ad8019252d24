"""upload, download, ls, rm on the file store."""
import json
import os
import random
import signal
import struct
import subprocess
import time
import unittest

from support import ProjectTest, kill_at, timed, tree, write_pictures


class Store(ProjectTest):
    def setUp(self):
        super().setUp()
        self.url = "file://" + self.path("store")

    def put_files(self, count=20, seed=1):
        rng = random.Random(seed)
        for number in range(count):
            self.write(f"files/{'ab'[number % 2]}/{number:02}.bin", rng.randbytes(rng.randrange(1, 50000)))

    def test_there_and_back(self):
        self.put_files()
        self.write("files/兔 子/ü%20.txt", "x")
        self.mlctl("upload", "files", self.url + "/deep/prefix")
        self.mlctl("download", self.url + "/deep/prefix/", "back")
        self.assertEqual(tree(self.path("back")), tree(self.path("files")))

    def test_again_is_up_to_date_and_other_content_a_conflict(self):
        self.put_files()
        self.mlctl("upload", "files", self.url)
        self.assertIn("up to date", self.mlctl("upload", "files", self.url).out)
        self.write("store/a/00.bin", "other")
        outcome = self.mlctl("upload", "files", self.url, code=6)
        self.assertIn("a/00.bin", outcome.err)
        self.assertIn("--overwrite", outcome.err)
        self.assertEqual(self.mlctl("upload", "files", self.url, "--overwrite", "-o", "json").json()["copied"], 1)
        self.assertEqual(tree(self.path("store")), tree(self.path("files")))

    def test_a_file_to_a_slash_appends_its_name(self):
        self.write("one.txt", "1")
        self.mlctl("upload", "one.txt", self.url + "/in/")
        self.mlctl("upload", "one.txt", self.url + "/renamed")
        self.assertEqual(sorted(tree(self.path("store"))), ["in/one.txt", "renamed"])
        self.mlctl("download", self.url + "/in/one.txt", "back/")
        self.mlctl("download", self.url + "/in/one.txt", "plain.txt")
        self.assertEqual(sorted(os.listdir(self.path("back"))), ["one.txt"])
        self.assertTrue(os.path.isfile(self.path("plain.txt")))

    def test_filters_templates_and_dry_run(self):
        self.put_files(4)
        items = self.mlctl("upload", "files", self.url, "--key", "x-{name}", "--exclude", "01*", "--dry-run", "-o", "json").json()["items"]
        self.assertEqual([os.path.basename(item["url"]) for item in items], ["x-00.bin", "x-02.bin", "x-03.bin"])
        self.assertFalse(os.path.exists(self.path("store")))
        self.mlctl("upload", "files", self.url, "--include", "*2.bin")
        self.assertEqual(list(tree(self.path("store"))), ["a/02.bin"])

    def test_what_is_absent(self):
        self.assertIn("nowhere", self.mlctl("upload", "nowhere", self.url, code=5).err)
        self.assertIn("nothing", self.mlctl("download", self.url, "x", code=5).err)
        self.mlctl("ls", self.url, code=5)
        self.mlctl("rm", self.url, code=5)
        self.assertEqual(os.listdir(self.folder), [".mlctl"] if not os.path.exists(self.path("state")) else sorted([".mlctl", "state"]))

    def test_an_unknown_store_is_refused_plainly(self):
        for arguments in (["upload", "x", "s4://b/x"], ["download", "ftp://b/x", "x"], ["ls", "hdfs://b"], ["rm", "https://h/x"]):
            self.assertIn("there is no store", self.mlctl(*arguments, code=2).err)

    def test_ls(self):
        self.put_files(4)
        items = self.mlctl("ls", "files", "-o", "json").json()["items"]
        self.assertEqual([(item["name"], item["kind"]) for item in items], [("a/", "Folder"), ("b/", "Folder")])
        items = self.mlctl("ls", "files", "--recursive", "-o", "json").json()["items"]
        self.assertEqual([item["name"] for item in items], ["a/00.bin", "a/02.bin", "b/01.bin", "b/03.bin"])
        self.assertIn("00.bin", self.mlctl("ls", "files/a/00.bin").out)

    def test_rm(self):
        self.put_files(4)
        self.mlctl("rm", "files/a/00.bin")
        self.assertFalse(os.path.exists(self.path("files/a/00.bin")))
        self.assertIn("--recursive", self.mlctl("rm", "files", code=2).err)
        self.assertIn("--yes", self.mlctl("rm", "files", "--recursive", code=2).err)
        self.assertIn("would remove 3 objects", self.mlctl("rm", "files", "--recursive", "--dry-run").out)
        self.mlctl("rm", "files", "--recursive", "--yes")
        self.assertFalse(os.path.exists(self.path("files")))

    def test_a_mirror_and_what_it_refuses(self):
        self.put_files(4)
        self.write("store/old/gone", "x")
        self.write("one.txt", "1")
        self.mlctl("upload", "files", self.url, "--delete", "--yes")
        self.assertEqual(tree(self.path("store")), tree(self.path("files")))
        self.assertFalse(os.path.exists(self.path("store/old")))
        for arguments, says in ((["files", self.url, "--key", "{name}"], "--key"), (["-", self.url + "/x"], "-"),
                                (["one.txt", self.url + "/x"], "single"), (["files", "files/a"], "within each other"),
                                (["files/a", "files"], "within each other"), (["files", "/"], "refusing")):
            self.assertIn(says, self.mlctl("upload", *arguments, "--delete", "--yes", "--overwrite", "--dry-run", code=2).err)
        self.assertIn("--if-newer", self.mlctl("download", self.url + "/a/00.bin", "-", "--if-newer", code=2).err)

    def test_a_killed_upload_goes_on_where_it_was(self):
        self.put_files(200)
        command = ["upload", "files", self.url, "-o", "json"]
        duration = timed(lambda: self.mlctl(*command))
        expected = tree(self.path("store"))
        kept = 0
        for seed in range(6):
            self.mlctl("rm", "store", "--recursive", "--yes")
            kill_at(self.start_mlctl(*command), random.Random(seed).uniform(0.2, 0.9) * duration)
            kept += self.mlctl(*command).json()["present"]
            self.assertEqual(tree(self.path("store")), expected)
        self.assertGreater(kept, 0)

    @unittest.skipUnless(os.geteuid() == 0, "mounting a file system needs root")
    def test_a_full_or_read_only_disk(self):
        self.put_files(40)
        os.mkdir(self.path("store"))
        mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", self.path("store")]
        subprocess.run(mount, check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("store")])
        self.assertIn("free space", self.mlctl("upload", "files", self.url, code=12).err)
        source = tree(self.path("files"))
        self.assertTrue(all(source[name] == digest for name, digest in tree(self.path("store")).items()), "half an object")
        subprocess.run(["mount", "-o", "remount,ro", self.path("store")], check=True)
        self.assertIn("permissions", self.mlctl("upload", "files", self.url + "/x", code=4).err)

    def test_ctrl_c_saves_what_is_done(self):
        self.put_files(400)
        process = self.start_mlctl("upload", "files", self.url)
        while not os.path.exists(self.path("store/b")) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, 75, 130), err)
        if process.returncode:
            self.assertIn(b"run the same command again", err)
        self.mlctl("upload", "files", self.url)
        self.assertEqual(tree(self.path("store")), tree(self.path("files")))

    def test_two_transfers_to_one_place(self):
        self.put_files(400)
        first = self.start_mlctl("upload", "files", self.url)
        while not os.path.exists(self.path("store")) and first.poll() is None:
            time.sleep(0.001)
        second = self.run_mlctl("upload", "files", self.url)
        first.communicate()
        self.assertEqual(first.returncode, 0)
        self.assertIn(second.code, (0, 6))  # 0 when the first had ended by then

    def test_images_of_a_dataset_become_files_again(self):
        write_pictures(self.path("photos"), 20)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d")
        self.mlctl("upload", "d", self.url, "--key", "{label}/{name}")
        self.assertEqual(tree(self.path("store")), tree(self.path("photos")))
        self.assertIn("up to date", self.mlctl("upload", "d", self.url, "--key", "{label}/{name}").out)
        self.assertIn("two items", self.mlctl("upload", "d", self.url + "/x", "--key", "{label}.png", code=7).err)
        self.assertIn("did you mean {label}", self.mlctl("upload", "d", self.url, "--key", "{lable}/{name}", code=2).err)

    def test_images_out_of_an_idx_file_become_pictures_by_name(self):
        self.write("images-idx3-ubyte", struct.pack(">IIII", 0x803, 60, 8, 8) + random.Random(1).randbytes(60 * 64))
        self.write("labels-idx1-ubyte", struct.pack(">II", 0x801, 60) + bytes(n % 3 for n in range(60)))
        self.mlctl("ingest", "images-idx3-ubyte", "--to", "d")
        self.mlctl("upload", "d", self.url, "--key", "{label}/{name}")
        self.mlctl("ingest", "store", "--to", "again")
        count = lambda name: sum(split["samples"] for split in self.mlctl("describe", "dataset", name, "-o", "json").json()["splits"].values())
        self.assertEqual((count("d"), count("again")), (60, 60))

    def test_a_dataset_there_and_back_is_the_same_dataset(self):
        write_pictures(self.path("photos"), 20)
        self.mlctl("ingest", "photos", "--kind", "image", "--to", "d")
        self.mlctl("upload", "d", self.url + "/d")
        self.mlctl("download", self.url + "/d", "back")
        digests = [self.mlctl("describe", "dataset", name, "-o", "jsonpath={.digest}").out for name in ("d", "back")]
        self.assertEqual(digests[0], digests[1])

    def test_a_dataset_damaged_on_disk_is_not_uploaded(self):
        self.write("d/train.csv", "x,y\n1,2\n")
        self.write("d/dataset.json", json.dumps({"files": [{"path": "train.csv", "size": 8, "sha256": "0" * 64}]}))
        self.assertIn("train.csv", self.mlctl("upload", "d", self.url, code=10).err)
        self.assertEqual(tree(self.path("store")), {})


del ProjectTest
