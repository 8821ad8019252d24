"""Links and odd files: in folders that are read, uploaded, listed and deleted, and planted where mlctl writes."""
import os
import stat
import subprocess
import unittest

from support import MLCTL, ProjectTest, risk_csv, tree, write_pictures

SECONDS = 60  # against hanging; nothing here takes one


class LinksTest(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("outside/thesis", "precious")
        self.url = "file://" + self.path("store")

    def run_mlctl(self, *arguments, **options):
        return super().run_mlctl(*arguments, **{"timeout": SECONDS, **options})

    def link(self, name, target):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        os.symlink(target, self.path(name))

    def fifo(self, name):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        os.mkfifo(self.path(name))

    def assert_outside_unharmed(self):
        self.assertEqual(os.listdir(self.path("outside")), ["thesis"])
        with open(self.path("outside/thesis")) as file:
            self.assertEqual(file.read(), "precious")


class Transfers(LinksTest):
    def loops_and_links(self):
        self.write("src/a/file", "f")
        self.write("else/one", "1")
        for name, target in [("src/self", "."), ("src/a/up", ".."), ("src/away", "../else"), ("src/again", "../else"),
                             ("src/leaf", "../else/one"), ("src/gone", "/nowhere")]:
            self.link(name, target)
        self.fifo("src/pipe")

    def test_upload_passes_links_over_and_says_so(self):
        self.loops_and_links()
        outcome = self.mlctl("upload", "src", self.url)
        self.assertEqual(list(tree(self.path("store"))), ["a/file"])
        self.assertIn("5 links are passed over", outcome.err)
        self.assertIn("--follow-links", outcome.err)
        self.assertIn("1 link leads nowhere: " + self.path("src/gone"), outcome.err)
        self.assertIn("src/pipe", outcome.err)

    def test_upload_follows_links_when_told_to_each_folder_once(self):
        self.loops_and_links()
        outcome = self.mlctl("upload", "src", self.url, "--follow-links")
        self.assertEqual(sorted(tree(self.path("store"))), ["a/file", "again/one", "leaf"])
        self.assertIn("3 links lead to folders that are read already", outcome.err)
        self.assertIn("src/gone", outcome.err)
        self.assertIn("src/pipe", outcome.err)

    def test_a_folder_and_a_file_that_were_named_may_be_links(self):
        self.write("real/a/file", "f")
        self.link("named", "real")
        self.link("leaf", "real/a/file")
        self.mlctl("upload", "named", self.url)
        self.mlctl("upload", "leaf", self.url + "/leaf")
        os.mkdir(self.path("disk"))
        self.link("there", "disk")
        self.mlctl("download", self.url + "/", "there")
        self.assertEqual(sorted(tree(self.path("disk"))), ["a/file", "leaf"])

    def test_nothing_is_deleted_behind_a_link(self):
        self.write("src/new", "1")
        for command in (["download", self.path("src"), "dst", "--overwrite", "--delete", "--yes"],
                        ["upload", "src", "file://" + self.path("dst"), "--overwrite", "--delete", "--yes"],
                        ["rm", "file://" + self.path("dst"), "--recursive", "--yes"]):
            with self.subTest(command[0]):
                subprocess.run(["rm", "-rf", self.path("dst")], check=True)
                self.write("dst/old", "x")
                self.link("dst/link", "../outside")
                self.link("dst/leaf", "../outside/thesis")
                dry = self.mlctl(*command, "--dry-run")
                self.assertIn("dst/old", dry.out)
                self.assertNotIn("thesis", dry.out)
                outcome = self.mlctl(*command)
                self.assertIn("2 links are passed over", outcome.err)
                self.assert_outside_unharmed()
                self.assertFalse(os.path.exists(self.path("dst/old")))
                self.assertTrue(os.path.islink(self.path("dst/link")))

    def test_what_was_passed_over_is_no_surplus_of_the_mirror(self):
        self.write("src/file", "1")
        self.link("src/kept", "../else")
        self.write("else/one", "1")
        self.write("store/kept/one", "1")
        self.write("store/old", "x")
        self.mlctl("upload", "src", self.url, "--delete", "--yes")
        self.assertEqual(sorted(tree(self.path("store"))), ["file", "kept/one"])

    def test_nothing_is_written_through_a_link_below_the_folder_that_was_named(self):
        self.write("src/link/thesis", "evil")
        self.link("dst/link", "../outside")
        for extra in ([], ["--overwrite"]):
            outcome = self.mlctl("download", self.path("src"), "dst", *extra, code=10)
            self.assertIn("dst/link is a symbolic link", outcome.err)
            outcome = self.mlctl("upload", "src", "file://" + self.path("dst"), *extra, "--follow-links", code=10)
            self.assertIn("dst/link is a symbolic link", outcome.err)
        self.assert_outside_unharmed()

    def test_a_link_in_the_place_of_a_file_is_replaced_when_that_is_allowed(self):
        self.write("src/thesis", "new")
        self.link("dst/thesis", "../outside/thesis")
        self.mlctl("download", self.path("src"), "dst", code=6)
        self.assertTrue(os.path.islink(self.path("dst/thesis")))
        self.mlctl("download", self.path("src"), "dst", "--overwrite")
        self.assertFalse(os.path.islink(self.path("dst/thesis")))
        self.assertEqual(list(tree(self.path("dst"))), ["thesis"])
        self.assert_outside_unharmed()

    def test_ls_and_rm_of_a_link_itself(self):
        self.write("dir/file", "1")
        self.link("dir/link", "../outside")
        self.link("dir/leaf", "../outside/thesis")
        listed = self.mlctl("ls", self.path("dir"), "--recursive", "-o", "name")
        self.assertEqual(listed.out.split(), [self.path("dir/file")])
        self.assertIn("2 links are passed over", listed.err)
        followed = self.mlctl("ls", self.path("dir"), "--recursive", "--follow-links", "-o", "name")
        self.assertEqual([os.path.relpath(each, self.path("dir")) for each in followed.out.split()],
                         ["file", "leaf", "link/thesis"])
        self.mlctl("rm", "file://" + self.path("dir/leaf"))
        self.assertFalse(os.path.lexists(self.path("dir/leaf")))
        self.assert_outside_unharmed()


    def test_a_folder_is_not_emptied_through_a_link_with_a_slash(self):
        self.link("dir/link", "../outside")
        for url in ("file://" + self.path("dir/link/"), "file://" + self.path("dir/link//"), self.path("dir/link/.")):
            with self.subTest(url):
                for extra in ([], ["--dry-run"]):
                    refused = self.mlctl("rm", "-r", "-y", url, *extra, code=2)
                    self.assertIn("dir/link is a link, and nothing is removed through one", refused.err)
                self.assert_outside_unharmed()
        for extra in (["-r", "-y"], []):
            self.mlctl("rm", *extra, "file://" + self.path("dir/link"))
            self.assertFalse(os.path.lexists(self.path("dir/link")))
            self.assert_outside_unharmed()
            self.link("dir/link", "../outside")


class Sources(LinksTest):
    def samples(self, dataset):
        splits = self.mlctl("describe", "dataset", dataset, "-o", "json").json()["splits"]
        return sum(split["samples"] for split in splits.values())

    def test_ingest_follows_links_and_names_what_it_could_not(self):
        write_pictures(self.path("pics"), 6)
        write_pictures(self.path("more"), 6, seed=2, classes=("ring",))
        for name, target in [("pics/disc/again", "."), ("pics/square/up", ".."), ("pics/ring", "../more/ring"),
                             ("pics/circles", "../more/ring"), ("pics/square/gone.png", "/nowhere")]:
            self.link(name, target)
        self.fifo("pics/stripes/pipe.png")
        outcome = self.mlctl("ingest", "pics", "--to", "ds")
        self.assertEqual(self.samples("ds"), 24)
        self.assertIn("1 link leads nowhere: square/gone.png", outcome.err)
        self.assertIn("3 links lead to folders that are read already", outcome.err)
        self.assertIn("stripes/pipe.png", outcome.err)

    def test_texts_in_a_loop_are_read_once(self):
        for number in range(6):
            self.write(f"texts/a/{number}.txt", f"hello {number}")
            self.write(f"texts/b/{number}.txt", f"bye {number}")
        self.link("texts/a/self", ".")
        self.link("texts/b/up", "..")
        self.mlctl("ingest", "texts", "--kind", "text", "--to", "ds")
        self.assertEqual(self.samples("ds"), 12)

    def test_a_fifo_is_no_file_of_rows_and_nobody_waits_for_it(self):
        self.fifo("in.csv")
        outcome = self.mlctl("ingest", "in.csv", "--label", "risk", "--to", "ds", code=7)
        self.assertIn("in.csv is not a regular file", outcome.err)
        self.fifo("broken/dataset.json")
        self.mlctl("describe", "dataset", "broken", code=7)

    def test_what_was_named_itself_may_come_from_a_command(self):
        self.write("train.yaml", "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n"
                                 "  data: {dataset: d}\n  output: m\n")
        done = subprocess.run(["bash", "-c", f"{MLCTL} validate -f <(cat train.yaml)"], cwd=self.folder, env=self.env,
                              capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.mlctl("validate", "-f", "/dev/zero", code=7)

    def test_datasets_behind_links_are_named_and_loops_end(self):
        self.write("in.csv", risk_csv(60))
        self.mlctl("ingest", "in.csv", "--label", "risk", "--to", "data/v1")
        self.link("data/current", "v1")
        self.link("data/self", ".")
        self.link("data/up", "..")
        listed = self.mlctl("get", "datasets", "-o", "name")
        self.assertEqual(listed.out.split(), ["dataset/data/v1"])
        self.assertIn("data/current", listed.err)
        self.assertNotIn("data/self", listed.err)


class Planted(LinksTest):
    """A project that was cloned or unpacked may hold links in all the places where mlctl writes."""

    def ingest(self, code=0, to="d"):
        return self.mlctl("ingest", "in.csv", "--label", "risk", "--to", to, code=code)

    def setUp(self):
        super().setUp()
        self.write("in.csv", risk_csv(80))

    def test_links_in_the_places_of_an_output(self):
        for name, target, code in [(".d.lock", "../outside/thesis", 10), (".d.lock", "../outside/new", 10),
                                   ("d.partial", "../outside", 10), ("d.partial", "../outside/new", 10),
                                   ("d.partial/.mlctl-journal", "../../outside/thesis", 10),
                                   ("d.partial/.mlctl-journal", "../../outside/new", 10),
                                   (".d.mlctl-replaced", "../outside", 10)]:
            with self.subTest(name, target=target):
                os.makedirs(self.path("repo"))
                self.link("repo/" + name, target)
                outcome = self.mlctl("ingest", "../in.csv", "--label", "risk", "--to", "d", code=code, cwd=self.path("repo"))
                self.assertIn(name.split("/")[-1], outcome.err)
                self.assert_outside_unharmed()
                subprocess.run(["rm", "-rf", self.path("repo")], check=True)

    def test_hard_links_in_the_places_of_an_output(self):
        for name in [".d.lock", "d.partial/.mlctl-journal"]:
            with self.subTest(name):
                os.makedirs(os.path.dirname(self.path(name)) or ".", exist_ok=True)
                os.link(self.path("outside/thesis"), self.path(name))
                outcome = self.ingest(code=10)
                self.assertIn("hard link", outcome.err)
                self.assert_outside_unharmed()
                os.remove(self.path(name))

    def test_links_inside_an_unfinished_output_with_a_good_journal(self):
        whole = self.ingest(to="whole")
        self.assertEqual(whole.code, 0)
        process = self.start_mlctl("ingest", "in.csv", "--label", "risk", "--to", "d")
        process.communicate(timeout=SECONDS)
        os.rename(self.path("d"), self.path("d.partial"))
        os.remove(self.path("d.partial/dataset.json"))
        os.symlink("../outside/thesis", self.path("d.partial/dataset.json"))
        self.run_mlctl("ingest", "in.csv", "--label", "risk", "--to", "d")
        self.assert_outside_unharmed()

    def test_links_in_the_state(self):
        for name in ["runs", "seals", "pipelines"]:
            with self.subTest(name):
                subprocess.run(["rm", "-rf", self.path(".mlctl")], check=True)
                self.link(".mlctl/" + name, "../outside")
                self.run_mlctl("ingest", "in.csv", "--label", "risk", "--to", "d-" + name)
                self.assert_outside_unharmed()

    def test_a_state_folder_that_is_a_link_is_passed_over(self):
        os.rmdir(self.path(".mlctl"))
        self.link(".mlctl", "outside")
        outcome = self.ingest()
        self.assertIn(".mlctl is passed over: it is a symbolic link", outcome.err)
        self.assert_outside_unharmed()
        self.assertEqual(len(os.listdir(self.path("state/mlctl/runs"))), 1)

    def test_a_state_folder_that_others_may_write_to_is_passed_over_with_one_note(self):
        os.makedirs(self.path("shared/work"))
        self.write("shared/work/in.csv", risk_csv(80))
        os.mkdir(self.path("shared/.mlctl"))
        os.chmod(self.path("shared/.mlctl"), 0o777)
        command = ["ingest", "in.csv", "--label", "risk", "--to"]
        outcome = self.mlctl(*command, "d", cwd=self.path("shared/work"))
        self.assertEqual(outcome.err.count("shared/.mlctl is passed over"), 1)
        self.assertEqual(os.listdir(self.path("shared/.mlctl")), [])
        os.chmod(self.path("shared/.mlctl"), 0o755)
        outcome = self.mlctl(*command, "e", cwd=self.path("shared/work"))
        self.assertNotIn("passed over", outcome.err)
        self.assertIn("runs", os.listdir(self.path("shared/.mlctl")))

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a folder away")
    def test_a_state_folder_of_another_user_is_passed_over(self):
        os.chown(self.path(".mlctl"), 4711, 4711)
        outcome = self.ingest()
        self.assertIn("belongs to another user (uid 4711)", outcome.err)
        self.assertEqual(os.listdir(self.path(".mlctl")), [])
        self.assertEqual(len(os.listdir(self.path("state/mlctl/runs"))), 1)

    def test_a_record_of_another_name_removes_nothing_elsewhere(self):
        self.ingest()
        run, = os.listdir(self.path(".mlctl/runs"))
        with open(self.path(".mlctl/runs", run, "run.json")) as file:
            text = file.read().replace(run, "../../outside")
        self.write(f".mlctl/runs/{run}/run.json", text)
        self.run_mlctl("delete", "run", "../../outside", "--yes")
        self.run_mlctl("gc", "--yes", "--keep", "0")
        self.assert_outside_unharmed()

    def test_what_is_the_users_alone_is_readable_for_nobody_else(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.mlctl("config", "set", "region", "eu-1")
        self.mlctl("ingest", "in.csv", "--label", "risk", "--to", "d")
        self.mlctl("upload", "in.csv", self.url + "/")
        for root in [".mlctl/runs", "state", "config"]:
            for folder, folders, files in os.walk(self.path(root)):
                for name in folders + files:
                    mode = stat.S_IMODE(os.lstat(os.path.join(folder, name)).st_mode)
                    self.assertEqual(mode & 0o077, 0, f"{folder}/{name} {mode:o}")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("d")).st_mode), 0o777)  # data is as the umask says


if __name__ == "__main__":
    unittest.main()
