"""Tables, texts and ratings that `ingest` reads straight from a store, whatever the cache holds."""
import gzip
import json
import os
import random
import signal
import time
import unittest

from fault_proxy import FaultProxy, Faults
from s3_support import S3Test, on_every_server
from support import kill_at, timed, tree, until

SMALL = {"MLCTL_CACHE_SIZE": "64KiB"}
BAD_DAY = Faults(errors=0.10, resets=0.05, truncated=0.10, flipped=0.15)
MIB = 1 << 20


def table(megabytes, seed=1, comment="plain"):
    """Rows of about 100 bytes: more than one range (4 MiB) from 5 on, more than one shard (16 MiB) from 17."""
    rng = random.Random(seed)
    lines = ["x,y,note,label"]
    for row in range(megabytes * MIB // 100):
        x = rng.randrange(100000)
        lines.append(f"{x / 1000},{row},{comment} {x:05} {'-' * 60},{'yes' if x % 3 else 'no'}")
    return ("\n".join(lines) + "\n").encode()


class Helpers:
    def store(self, name, body):
        """The same file here and in the store."""
        self.write(name, body)
        self.put(name, body)

    def ingest(self, name, to, *more, **options):
        return self.mlctl("ingest", self.url(name), "--to", to, *more, **{"env": SMALL, **options})

    def local(self, *names, more=()):
        self.mlctl("ingest", *names, "--to", "local", *more)

    def assertSame(self, made, expected="local"):
        """All but the run's own name for its inputs."""
        def content(name):
            return {path: digest for path, digest in tree(self.path(name)).items() if not path.startswith(".")}
        self.assertEqual(content(made), content(expected))

    def copies(self):
        """Files of more than a list's size in the cache."""
        return [name for at, _, names in os.walk(self.path("cache")) for name in names
                if os.path.getsize(os.path.join(at, name)) > 64 * 1024]


class Rows(Helpers):
    def test_a_table_larger_than_the_cache_becomes_what_a_local_one_does(self):
        self.store("data.csv", table(10))
        self.local("data.csv")
        said = self.ingest("data.csv", "stored")
        self.assertSays(said, f"reading {self.url('data.csv')} as table")
        self.assertSame("stored")
        self.assertEqual(self.copies(), [])

    def test_every_form_is_read_where_it_is(self):
        rows = table(6)
        texts = "".join(json.dumps({"text": f"{word} {'so ' * 30}{n}", "label": word}) + "\n"
                        for n in range(3000) for word in ("good", "bad")).encode()
        ratings = "user,item,rating\n" + "".join(f"u{n % 400},i{n * 7 % 300},{n % 5 + 1}\n" for n in range(9000))
        keys = "".join(json.dumps({"x": n, **({"late": n} if n > 50000 else {}), "label": "ab"[n % 2]}) + "\n"
                       for n in range(120000)).encode()
        self.store("data.csv.gz", gzip.compress(rows, 1))
        self.store("two.csv.gz", gzip.compress(rows[:MIB], 1) + gzip.compress(rows[MIB:], 1) + b"tail")
        self.store("data.tsv", rows.replace(b",", b"\t"))
        self.store("texts.jsonl", texts)
        self.store("keys.jsonl", keys)
        self.store("ratings.csv", ratings.encode())
        for name, more in (("data.csv.gz", ()), ("two.csv.gz", ()), ("data.tsv", ()), ("keys.jsonl", ()),
                           ("texts.jsonl", ("--kind", "text")), ("ratings.csv", ("--kind", "ratings"))):
            with self.subTest(name):
                self.mlctl("ingest", name, "--to", f"local-{name}", *more)
                self.ingest(name, f"stored-{name}", *more)
                self.assertSame(f"stored-{name}", f"local-{name}")

    def test_several_sources_come_split(self):
        self.store("train.csv", table(6))
        self.store("test.csv", table(1, seed=2))
        self.local("train.csv", "test.csv")
        self.mlctl("ingest", self.url("train.csv"), self.url("test.csv"), "--to", "stored", env=SMALL)
        self.assertSame("stored")
        self.mlctl("ingest", "train.csv", self.url("test.csv"), "--to", "mixed", env=SMALL)
        self.assertSame("mixed")

    def test_a_damaged_or_cut_answer_is_asked_for_again(self):
        self.store("data.csv", table(20))
        self.local("data.csv")
        with FaultProxy(self.endpoint, BAD_DAY, seed=4) as proxy:
            for number in range(4):
                self.ingest("data.csv", f"stored{number}", env={**SMALL, "AWS_ENDPOINT_URL": proxy.endpoint})
                self.assertSame(f"stored{number}")
        self.assertGreater(proxy.met.get("flipped", 0), 1, proxy.met)
        self.assertGreater(proxy.met.get("truncated", 0), 1, proxy.met)

    def test_killed_at_any_time_the_same_command_ends_with_the_same_dataset(self):
        self.store("data.csv", table(20))
        self.local("data.csv")
        duration = timed(lambda: self.ingest("data.csv", "whole"))
        rng, kills = random.Random(3), 0
        self.env.update(SMALL)
        for _ in range(6):
            kills += kill_at(self.start_mlctl("ingest", self.url("data.csv"), "--to", "stored"), rng.uniform(0.1, duration))
        self.ingest("data.csv", "stored")
        self.assertSame("stored")
        self.assertGreater(kills, 2)


class Journal(Helpers, S3Test):
    def read_by(self, command):
        """What a run asked of the store's objects: how it ended, and the bytes' ranges."""
        asked = []

        def watch(method, path, headers):
            if method == "GET" and ".csv" in path:
                asked.append(headers.get("range"))
        with FaultProxy(self.endpoint, watch=watch) as proxy:
            self.env["AWS_ENDPOINT_URL"] = proxy.endpoint
            outcome = command()
        self.env["AWS_ENDPOINT_URL"] = self.endpoint
        return outcome, asked

    def begin(self, *more):
        """A run that is killed once its first shards are in its journal."""
        journal = self.path("stored.partial/.mlctl-journal")
        process = self.start_mlctl("ingest", self.url("data.csv"), "--to", "stored", *more)
        self.assertTrue(until(lambda: os.path.exists(journal) and b'"unit-' in self.read(journal)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertTrue(os.path.exists(journal))

    def test_an_interrupted_run_reads_on_where_its_journal_ends(self):
        self.store("data.csv", table(40))
        self.local("data.csv")
        self.begin()
        outcome, asked = self.read_by(lambda: self.ingest("data.csv", "stored"))
        self.assertSays(outcome, "resuming")
        first = sorted(int(each.split("=")[1].split("-")[0]) for each in asked if each)
        self.assertEqual(first[:2], [0, 0])  # the head
        self.assertGreaterEqual(first[2], 16 * MIB - 4 * MIB)
        self.assertSame("stored")

    def test_what_is_up_to_date_is_not_read_again(self):
        self.store("data.csv", table(20))
        self.ingest("data.csv", "stored")
        outcome, asked = self.read_by(lambda: self.ingest("data.csv", "stored"))
        self.assertSays(outcome, "is up to date")
        self.assertLessEqual(len(asked), 2)
        self.put("data.csv", table(5, seed=2))
        self.assertSays(self.ingest("data.csv", "stored", code=6), "--overwrite")

    def test_a_source_that_changes_meanwhile_is_a_conflict_and_then_another_source(self):
        self.store("data.csv", table(20))
        other = table(20, seed=2)
        changed = []

        def watch(method, path, headers):
            if method == "GET" and "bytes=0-" not in headers.get("range", "") and not changed:
                changed.append(self.put("data.csv", other))
        with FaultProxy(self.endpoint, watch=watch) as proxy:
            refused = self.ingest("data.csv", "stored", code=6, env={**SMALL, "AWS_ENDPOINT_URL": proxy.endpoint})
        self.assertSays(refused, f"{self.url('data.csv')} changed while it was read")
        self.write("data.csv", other)
        self.local("data.csv")
        self.ingest("data.csv", "stored")
        self.assertSame("stored")

    def test_an_object_that_is_not_what_its_store_summed_is_damaged(self):
        self.store("data.csv", table(10))
        flips = []

        def watch(method, path, headers):
            """Always the same wrong byte, as a broken disk has it."""
            if method == "GET" and headers.get("range", "").startswith(f"bytes={4 * MIB}-"):
                flips.append(path)
                first, last = map(int, headers["range"].split("=")[1].split("-"))
                there = self.s3.get_object(Bucket=self.bucket, Key="data.csv", Range=f"bytes={first}-{last}")
                body = there["Body"].read()
                return 206, [("etag", there["ETag"])], body[:1000].replace(b"-", b"_") + body[1000:]
        with FaultProxy(self.endpoint, watch=watch) as proxy:
            refused = self.ingest("data.csv", "stored", code=10, env={**SMALL, "AWS_ENDPOINT_URL": proxy.endpoint})
        self.assertSays(refused, f"{self.url('data.csv')} did not arrive as it was stored")
        self.assertEqual(len(flips), 2)  # once more, and no oftener
        self.assertFalse(os.path.exists(self.path("stored")))

    def test_a_wrong_row_is_named_by_url_and_line(self):
        rows = table(6).splitlines(keepends=True)
        rows[60000] = b"1,2\n"
        self.put("data.csv", b"".join(rows))
        self.assertSays(self.ingest("data.csv", "stored", "--max-bad", "0", code=7), f"{self.url('data.csv')}:60001: ")
        self.ingest("data.csv", "stored")
        self.assertIn(f"{self.url('data.csv')}:60001", self.read("stored/rejects.jsonl").decode())
        rows[50000] = b"1,2,\xff\xfe,yes\n"
        self.put("data.csv", b"".join(rows))
        self.assertSays(self.ingest("data.csv", "other", code=7), f"{self.url('data.csv')}:50001: the text is not UTF-8")

    def test_a_stop_is_heeded_while_it_reads(self):
        self.store("data.csv", table(20))
        self.env.update(SMALL)
        process = self.start_mlctl("ingest", self.url("data.csv"), "--to", "stored")
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertIn(process.returncode, (75, 143))

    def test_a_list_of_pictures_needs_them_beside_it(self):
        self.put("list.csv", b"path,label\na/1.png,a\nb/2.png,b\n")
        self.assertSays(self.ingest("list.csv", "stored", code=7), "lists pictures that are not here")

    def test_training_on_a_table_does_not_copy_it(self):
        self.store("data.csv", table(6))
        self.mlctl("train", self.url("data.csv"), "--to", "m", "--epochs", "1", env=SMALL)
        self.assertFalse([name for _, _, names in os.walk(self.path("cache")) for name in names if name == "data.csv"])


globals().update({name: kind for name, kind in on_every_server(Rows).items() if not kind.tls})
del Rows, S3Test

if __name__ == "__main__":
    unittest.main()
