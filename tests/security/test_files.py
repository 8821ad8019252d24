"""A cloned project that carries links, pipes and folders where mlctl writes, and what mlctl's own files let others do."""
import os
import stat
import unittest

import specimens
from fake_store import FakeStore
from hostile import ESCAPES, KEYS, SECRET, HostileTest
from test_stores import objects

INGEST = ("ingest", "t.csv", "--label", "risk", "--to", "d")
# What each command writes below its project; `name` is put there as a link that leads out.
PLANTED = {
    "d": INGEST,
    "d.partial": INGEST,
    ".d.lock": INGEST,
    ".d.mlctl-replaced": INGEST,
    "d.partial/.mlctl-journal": INGEST,
    "d.partial/dataset.json": INGEST,
    "d.partial/train-000000.csv": INGEST,
    "d.partial/train-000000.safetensors": INGEST,
    "d.partial/rejects.jsonl": INGEST,
    ".mlctl/runs": INGEST,
    ".mlctl/staging": INGEST,
    ".mlctl": INGEST,
    "c.html": ("clean", "ds", "--to", "c", "--report", "c.html"),
    "c.partial": ("clean", "ds", "--to", "c"),
    ".c.lock": ("clean", "ds", "--to", "c"),
    "x.csv": ("download", "s3://bucket/data/x.csv", "x.csv"),
    "out/x.csv": ("download", "s3://bucket/data/", "out", "--overwrite"),
    "out": ("download", "s3://bucket/data/", "out"),
    "out/sub": ("download", "s3://bucket/data/", "out"),
    ".mlctl/pipelines": ("run", "-f", "p.yaml"),
    ".mlctl/pipelines/p.json": ("run", "-f", "p.yaml"),
    "manifest.yaml": ("init", "train"),
    "f/store/a": ("upload", "up", "file://{WORK}/f/store/"),
}
# The user may have typed these: a folder that is a link of one's own is followed.
TYPED = {"d", "out", "c.html", "x.csv", ".mlctl"}


class Planted(HostileTest):

    def setUp(self):
        super().setUp()
        self.put(
            ".", {
                "t.csv": specimens.risk_rows(),
                "p.yaml": b"apiVersion: mlctl.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  stages:\n"
                b"    - {name: take, run: ingest, with: {source: t.csv, label: 'column:risk', to: pd}}\n"
            })
        self.put("up", {"a": b"a", "sub/b": b"b"})
        self.put("ds", specimens.dataset_files("table"))

    def outside(self, *parts):
        return self.path("outside", *parts)

    def plant(self, name, target):
        """A link at `name` of the project, the folders above it made."""
        os.makedirs(os.path.dirname(self.work(name)), exist_ok=True)
        if os.path.isdir(self.work(name)) and not os.path.islink(self.work(name)):
            os.rename(self.work(name), self.work(name + "-away"))
        os.symlink(os.path.relpath(target, os.path.dirname(self.work(name))), self.work(name))

    def each(self):
        files = {"data/x.csv": b"attacker's bytes\n", "data/sub/y": b"attacker's bytes\n"}
        for name, command in PLANTED.items():
            with FakeStore(answer=objects(files)) as store:
                yield name, [each.replace("{WORK}", self.work())
                             for each in command], {**KEYS, "AWS_ENDPOINT_URL": store.endpoint}

    def start_over(self):
        self.doCleanups()
        self.setUp()

    def test_a_link_to_a_file_is_not_written_through(self):
        for name, command, env in self.each():
            self.start_over()
            self.plant(name, self.path("precious/thesis.txt"))
            with self.subTest(name):
                self.attack(*command, env=env)

    def test_a_link_to_a_folder_is_not_written_into(self):
        for name, command, env in self.each():
            if name in TYPED:
                continue
            self.start_over()
            self.plant(name, self.path("precious"))
            with self.subTest(name):
                self.attack(*command, env=env)

    def test_a_link_to_nothing_makes_nothing(self):
        for name, command, env in self.each():
            if name in TYPED:
                continue
            self.start_over()
            self.plant(name, self.outside("made"))
            with self.subTest(name):
                self.attack(*command, env=env)
                self.assertFalse(os.path.lexists(self.outside("made")))

    def test_a_pipe_holds_nobody_up(self):
        for name, command, env in self.each():
            self.start_over()
            os.makedirs(os.path.dirname(self.work(name)), exist_ok=True)
            if os.path.lexists(self.work(name)):
                continue
            os.mkfifo(self.work(name))
            with self.subTest(name):
                self.attack(*command, env=env)

    def test_a_second_name_of_a_file_is_not_written_through(self):
        for name, command, env in self.each():
            self.start_over()
            os.makedirs(os.path.dirname(self.work(name)), exist_ok=True)
            if os.path.lexists(self.work(name)):
                continue
            os.link(self.path("precious/thesis.txt"), self.work(name))
            with self.subTest(name):
                self.attack(*command, env=env)

    def test_sources_that_never_end(self):
        os.mkfifo(self.work("pipe.csv"))
        os.symlink("/dev/zero", self.work("zero.csv"))
        for source in ("pipe.csv", "zero.csv", "/dev/zero", "/dev/stdin", "/proc/self/mem", "/dev/full"):
            for command in (f"ingest {source} --kind table --to e".split(), f"validate -f {source}".split(), f"predict m {source}".split(),
                            f"apply -f {source} --dry-run".split(), f"upload {source} file://{self.work()}/f/".split()):
                if source == "pipe.csv" and command[0] in ("validate", "apply"):
                    continue  # -f <(…) is a pipe, and one may wait for its writer
                with self.subTest(source=source, command=command[0]):
                    self.attack(*command)


class Walks(HostileTest):

    def setUp(self):
        super().setUp()
        self.put("tree", {"cat/a.txt": b"one", "dog/b.txt": b"two"})
        os.symlink("../../precious", self.work("tree/keys"))
        os.symlink(".", self.work("tree/loop"))
        os.symlink("../cat", self.work("tree/dog/again"))
        os.symlink("gone", self.work("tree/broken"))
        os.mkfifo(self.work("tree/pipe"))

    def test_uploads_and_listings_pass_links_over(self):
        self.attack("upload", "tree", f"file://{self.work()}/store/", codes=(0, 8))
        sent = [os.path.join(at, name) for at, _, names in os.walk(self.work("store")) for name in names]
        self.assertEqual(len(sent), 2, sent)
        self.attack("ls", "-r", f"file://{self.work()}/tree/")

    def test_deletion_stays_where_it_was_told_to(self):
        os.symlink("../precious", self.work("link"))
        for command in (f"rm -r -y file://{self.work()}/tree/".split(), ["gc", "-y"],
                        f"upload empty file://{self.work()}/tree/ --delete -y".split(),
                        f"download file://{self.work()}/empty/ tree --delete -y".split(), "delete run ../../precious -y".split(),
                        "delete model link -y".split(), "delete dataset link -y".split()):
            os.makedirs(self.work("empty"), exist_ok=True)
            with self.subTest(command[:2]):
                self.attack(*command)

    def test_ingest_reads_each_folder_once(self):
        for kind in ("text", "image"):
            with self.subTest(kind):
                self.attack("ingest", "tree", "--kind", kind, "--to", "d-" + kind)


class Kept(HostileTest):

    def test_what_mlctl_keeps_is_for_its_user_alone(self):
        self.put("m", specimens.model_files("text"))
        self.put(".", {"t.csv": specimens.risk_rows()})
        self.write("work/token", SECRET + "\n")
        self.addCleanup(self.stop_endpoints)
        before = os.umask(0)
        try:
            self.attack(*INGEST, codes=(0, ), seconds=60)
            self.attack("deploy", "m", "--name", "e", "--token-file", "token", "--wait", codes=(0, ), seconds=120)
            self.attack("config", "set", "region", "eu", codes=(0, ))
        finally:
            os.umask(before)
        for root in ("state", "config", "cache", "work/.mlctl"):
            for at, folders, names in os.walk(self.path(root)):
                for name in folders + names:
                    path = os.path.join(at, name)
                    mode = stat.S_IMODE(os.lstat(path).st_mode)
                    with self.subTest(os.path.relpath(path, self.folder)):
                        self.assertFalse(os.path.islink(path) or mode & 0o022, f"{mode:o}: others may write it")
                        if "endpoints" in path or name in ("run.json", "config.yaml"):
                            self.assertFalse(mode & 0o077, f"{mode:o}: others may read it")

    def test_values_of_the_environment_are_not_written_down(self):
        self.put("ds", specimens.dataset_files("table"))
        for key in ("output", "data"):
            manifest = f'apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {{name: x}}\nspec:\n  data: {{dataset: "ds${{env:EMPTY}}"}}\n  epochs: 1\n  output: "m-${{env:MY_SECRET}}"\n'
            self.put(".", {"t.yaml": manifest.encode()})
            with self.subTest(key):
                self.attack("train", "-f", "t.yaml", env={"MY_SECRET": SECRET, "EMPTY": ""}, seconds=120, secrets=())
        kept = [each for each in self.files_with(SECRET) if each.endswith(("run.json", ".jsonl"))]
        self.assertEqual(kept, [])

    def test_names_of_files_do_not_steer_the_terminal(self):
        self.put("p", {f"a/{ESCAPES}.png": b"no picture", f"{ESCAPES}/b.png": b"no picture", "b/c.png": specimens.png(2, 2)})
        self.put(".", {"e.csv": specimens.risk_rows().replace(b"town", ESCAPES.encode()).replace(b"Rome", ESCAPES.encode())})
        for command in ("ingest p --kind image --to d".split(), ["ingest", ESCAPES, "--to",
                                                                 "d"], "ingest e.csv --label risk --to d".split(), ["ls", "p"],
                        ["describe", "dataset",
                         ESCAPES], "validate -f e.csv".split(), ["predict", "m", ESCAPES], ["deploy", ESCAPES, "--name", ESCAPES],
                        ["get", ESCAPES], [ESCAPES], ["config", "set", ESCAPES,
                                                      "x"], ["explain",
                                                             ESCAPES], ["upload", "p", f"file://{self.work()}/{ESCAPES}/"],
                        ["-v", "ls", f"s3://{ESCAPES}/", "--endpoint",
                         "http://127.0.0.1:9"], "describe dataset d".split(), ["get", "runs"], "get runs -o json".split()):
            with self.subTest(command[:3]):
                self.attack(*command, seconds=60)

    def test_a_project_of_someone_else_is_not_taken_on(self):
        """A .mlctl in a folder above, of another owner, would say where runs are written."""
        if os.getuid() != 0:
            self.skipTest("only root can give a folder away")
        os.makedirs(self.path("shared/.mlctl"))
        os.chown(self.path("shared/.mlctl"), 12345, 12345)
        os.makedirs(self.path("shared/mine"))
        self.write("shared/mine/t.csv", specimens.risk_rows())
        self.attack("-q", "ingest", self.path("shared/mine/t.csv"), "--label", "risk", "--to", self.path("shared/mine/d"),
                    seconds=60)
        from hostile import run
        self.judge(run(["get", "runs"], self.path("shared/mine"), self.env), ["get", "runs"])
        run(["ingest", "t.csv", "--label", "risk", "--to", "d2"], self.path("shared/mine"), self.env, seconds=60)
        self.assertEqual(os.listdir(self.path("shared/.mlctl")), [])


if __name__ == "__main__":
    unittest.main()
