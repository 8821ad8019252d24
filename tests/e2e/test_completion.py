"""Tab pressed in a pty, in real shells: bash with and without bash-completion, zsh, fish."""
import json
import os
import re
import shutil
import unittest

import pexpect

from support import MLCTL, ProjectTest

DATASET = {"apiVersion": "mlctl.dev/v1", "kind": "Dataset", "type": "text", "columns": [], "classes": [],
           "splits": {"train": {}, "test": {}}, "statistics": [], "files": [], "lineage": {}}
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07|[\r\x07\x08]")


class Shell:
    """A shell in a pty. complete(text) types the text and a Tab, then makes the shell print the words of the line."""

    def __init__(self, command, environment, folder, setup):
        self.process = pexpect.spawn(command[0], command[1:], env=environment, cwd=folder, encoding="utf-8",
                                     dimensions=(50, 200), timeout=20)
        for line in setup:
            self.process.sendline(line)
        self.process.sendline("echo set''up-done")
        self.process.expect("setup-done")

    def complete(self, text):
        """What the line's words are after Tab, as the shell itself reads them."""
        self.process.send(text)
        self.process.expect_exact(text[-1])
        self.process.send("\t")
        self.settle()
        self.process.send("\x01show \r")  # at the line's begin: show the arguments instead of running them
        self.process.expect(r"\[\[(.*?)\]\]")
        return self.process.match.group(1).split("|")

    def settle(self):
        """Waits until the shell has stopped printing."""
        shown = ""
        while True:
            try:
                shown += self.process.read_nonblocking(65536, timeout=0.8)
            except pexpect.TIMEOUT:
                return ESCAPES.sub("", shown)

    def listed(self, text):
        """What the shell lists when Tab leaves several choices."""
        self.process.send(text)
        self.process.expect_exact(text[-1])
        self.process.send("\t\t")
        shown = self.settle()
        self.process.send("\x15" if "fish" not in self.process.command else "\x03")
        self.settle()
        return shown

    def close(self):
        self.process.close(force=True)


class Completion:
    """The same for every shell."""

    def setUp(self):
        super().setUp()
        for folder in ("data/rabbits", "data/two words", "other"):
            if folder != "other":
                self.write(folder + "/dataset.json", json.dumps(DATASET))
            os.makedirs(self.path(folder), exist_ok=True)
        self.write("models/rabbits/model.json", "{}")
        self.write("train.yaml", "kind: Train\n")
        os.makedirs(self.path("bin"))
        os.symlink(MLCTL, self.path("bin/mlctl"))
        environment = dict(self.env, PATH=self.path("bin") + ":" + os.environ["PATH"], TERM="xterm", PS1="$ ")
        self.shell = self.open(environment)
        self.addCleanup(self.shell.close)

    def check(self, typed, *words):
        self.assertEqual(self.shell.complete(typed), ["mlctl", *words])

    def test_verbs(self):
        self.check("mlctl descr", "describe")
        self.check("mlctl vers", "version")

    def test_flags(self):
        self.check("mlctl train --batch", "train", "--batch-size")

    def test_enum_values(self):
        self.check("mlctl train --device cu", "train", "--device", "cuda")

    def test_enum_values_after_equals(self):
        self.check("mlctl train --device=cu", "train", "--device=cuda")

    def test_datasets(self):
        self.check("mlctl train data/r", "train", "data/rabbits")

    def test_a_dataset_with_a_blank_in_its_name(self):
        self.check("mlctl train data/t", "train", "data/two words")

    def test_a_dataset_in_quotes(self):
        self.check("mlctl train 'data/tw", "train", "data/two words")

    def test_splits(self):
        self.check("mlctl eval models/rabbits --data data/rabbits:te", "eval", "models/rabbits", "--data",
                   "data/rabbits:test")

    def test_models(self):
        self.check("mlctl eval mod", "eval", "models/rabbits")

    def test_types_and_names(self):
        self.check("mlctl get model", "get", "models")
        self.check("mlctl describe model/m", "describe", "model/models/rabbits")

    def test_manifest_keys(self):
        self.check("mlctl train -f train.yaml --set spec.batchS", "train", "-f", "train.yaml", "--set", "spec.batchSize=")
        self.check("mlctl train -f train.yaml --set spec.optimizer.mome", "train", "-f", "train.yaml", "--set",
                   "spec.optimizer.momentum=")

    def test_manifest_values(self):
        self.check("mlctl train -f train.yaml --set spec.device=cu", "train", "-f", "train.yaml", "--set", "spec.device=cuda")

    def test_files(self):
        self.check("mlctl train -f tr", "train", "-f", "train.yaml")

    def test_folders_where_no_dataset_matches(self):
        words = self.shell.complete("mlctl train ot")  # zsh takes its slash back when the line is left
        self.assertEqual([word.rstrip("/") for word in words], ["mlctl", "train", "other"])

    def test_several_choices_are_listed(self):
        shown = self.shell.listed("mlctl train --device ")
        for value in ("auto", "cpu", "cuda"):
            self.assertIn(value, shown)


def show(shell):
    """A command that prints its arguments between bars, in each shell's language."""
    if shell == "fish":
        return "function show; echo '[['(string join '|' -- $argv)']]'; end"
    return """show() { local IFS='|'; echo "[[$*]]"; }"""


class Bash(Completion, ProjectTest):
    extra = []

    def open(self, environment):
        return Shell(["bash", "--norc", "--noprofile"], environment, self.folder,
                     ["bind 'set bell-style none'", "bind 'set enable-bracketed-paste off'", *self.extra, show("bash"),
                      "source <(mlctl completion bash)"])


@unittest.skipUnless(os.path.exists(BASH_COMPLETION), "bash-completion is not installed")
class BashWithBashCompletion(Bash):
    extra = ["source " + BASH_COMPLETION]


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(Completion, ProjectTest):
    def open(self, environment):
        return Shell(["zsh", "-f", "-i"], environment, self.folder,
                     ["unsetopt PROMPT_SP", "bindkey -e", "zstyle ':completion:*' menu no", "setopt no_list_beep",
                      "autoload -Uz compinit && compinit -u -D", show("zsh"), "source <(mlctl completion zsh)"])


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class Fish(Completion, ProjectTest):
    def open(self, environment):
        return Shell(["fish", "--no-config", "-i"], environment, self.folder,
                     ["function fish_prompt; echo '$ '; end", "set -g fish_autosuggestion_enabled 0", show("fish"),
                      "mlctl completion fish | source"])


if __name__ == "__main__":
    unittest.main()
