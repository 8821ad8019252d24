"""kill -9 at a random moment of an upload or a download, again and again, then let the same command finish: nothing may be lost,
duplicated or torn. At every moment, too, what has a final name is whole. Used by tests/real (20 kills) and tests/battery (250)."""
import hashlib
import os
import random
import shutil

from s3_support import S3Test
from support import kill_at, timed, tree

MAX_KILLS_A_RUN = 4
MIB = 1 << 20


class S3KillTest(S3Test):
    def write_files(self, seed):
        rng = random.Random(seed)
        for number in range(150):
            self.write(f"files/{number % 5}/{number}.bin", rng.randbytes(rng.randrange(1, 60000)))
        self.write("files/large", rng.randbytes(26 * MIB + 17))

    def survive(self, arguments, clear, check_some, check_all, kills, seed):
        """Runs to completion, each killed a few times on the way."""
        duration = timed(lambda: self.mlctl(*arguments))
        check_all()
        rng = random.Random(seed)
        done = attempts = 0
        while done < kills:
            clear()
            for _ in range(rng.randint(1, MAX_KILLS_A_RUN)):
                attempts += 1
                done += kill_at(self.start_mlctl(*arguments), rng.uniform(0, duration))
                check_some()
            self.mlctl(*arguments)
            check_all()
            self.assertLess(attempts, 40 * kills, "the command ends before it can be killed")
        return done

    def upload(self, kills, seed):
        self.write_files(seed)
        sums = {}
        for path in tree(self.path("files")):
            with open(self.path("files", path), "rb") as file:
                body = file.read()
            sums[f"in/{path}"] = (len(body), hashlib.md5(body).hexdigest())

        def check_some():
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            found = {each["Key"]: each for page in pages for each in page.get("Contents", [])}
            for key, each in found.items():
                size, digest = sums[key]
                self.assertEqual(each["Size"], size, key)
                if "-" not in each["ETag"]:
                    self.assertEqual(each["ETag"].strip('"'), digest, key)
            return found

        def check_all():
            self.assertEqual(set(check_some()), set(sums))
            self.assertEqual(hashlib.md5(self.get("in/large")).hexdigest(), sums["in/large"][1])

        return self.survive(["upload", "files", self.url("in")], self.clear_bucket, check_some, check_all, kills, seed)

    def clear_bucket(self):
        self.mlctl("rm", "-r", self.url("in"), "--yes")

    def download(self, kills, seed):
        self.write_files(seed)
        self.mlctl("upload", "files", self.url("in"))
        expected = tree(self.path("files"))

        def check_some():
            for path, digest in tree(self.path("back")).items():
                if not os.path.basename(path).startswith(".mlctl-part-"):
                    self.assertEqual(digest, expected[path], path)

        def check_all():
            self.assertEqual(tree(self.path("back")), expected)

        return self.survive(["download", self.url("in"), "back"], lambda: shutil.rmtree(self.path("back")), check_some, check_all,
                            kills, seed)
