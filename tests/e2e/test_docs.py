"""What the README and the tutorials show works when pasted: every ```sh block of a page, in order, in one empty folder."""
import os
import re
import shutil
import subprocess

from support import MLCTL, ProjectTest, write_pictures

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Docs(ProjectTest):
    def paste(self, script):
        env = dict(self.env, PATH=os.path.dirname(MLCTL) + ":" + os.environ["PATH"])
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
        self.assertEqual(result.returncode, 0, result.stdout[-4000:])
        return result.stdout

    def page(self, name):
        with open(os.path.join(ROOT, name)) as file:
            return file.read()

    def tutorial(self, name):
        blocks = re.findall(r"^```sh\n(.*?)^```", self.page(f"docs/tutorials/{name}.md"), re.M | re.S)
        self.assertGreater(len(blocks), 2)
        self.paste("set -x\n" + "\n".join(blocks))

    def test_images(self):
        self.tutorial("images")

    def test_tables(self):
        self.tutorial("tables")

    def test_texts(self):
        self.tutorial("texts")

    def test_ratings(self):
        self.tutorial("ratings")

    def test_readme_tour(self):
        write_pictures(self.path("photos"), 150, size=48)
        shutil.copy(self.path("photos", "disc", "disc 0001.png"), self.path("holiday.jpg"))  # told by content, not by name
        tour = re.findall(r"^\$ ([^#\n]*)", self.page("README.md"), re.M)
        self.assertEqual(len(tour), 7)
        self.addCleanup(self.run_mlctl, "delete", "endpoint", "photos", "--yes")
        self.paste("\n".join(tour))

    def test_readme_manifest(self):
        write_pictures(self.path("photos"), 60, size=100)
        manifest = re.search(r"^```yaml\n(.*?)^```", self.page("README.md"), re.M | re.S)[1]
        self.write("train.yaml", manifest)
        self.paste("mlctl validate -f train.yaml\nmlctl ingest photos --to data/photos\nmlctl train -f train.yaml --set spec.epochs=1\n"
                   "mlctl explain train.spec.optimizer")


del ProjectTest
