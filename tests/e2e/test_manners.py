"""The binary's manners on real streams: closed pipes, colours, quiet, broken usage with -o json."""
import json
import os
import subprocess
import time
import unittest

import pexpect

from support import MLCTL, ProjectTest


class Manners(ProjectTest):
    def on_terminal(self, *arguments, **variables):
        """What a terminal receives."""
        env = {key: value for key, value in self.env.items() if key != "NO_COLOR"}
        return pexpect.run(" ".join([MLCTL, *arguments]), cwd=self.folder, env=dict(env, TERM="xterm", **variables)).decode()

    def test_a_closed_pipe_ends_quietly(self):
        result = subprocess.run(f"{MLCTL} help man | head -1", shell=True, cwd=self.folder, env=self.env, capture_output=True,
                                text=True)
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertEqual(result.stderr, "")

    def test_errors_have_colour_on_a_terminal_unless_told_otherwise(self):
        self.assertIn("\x1b[", self.on_terminal("versoin"))
        self.assertNotIn("\x1b[", self.on_terminal("get", "model", "none", "--no-color"))
        self.assertNotIn("\x1b[", self.on_terminal("versoin", NO_COLOR="1"))
        self.assertNotIn("\x1b[", pexpect.run(f"{MLCTL} versoin", env=dict(self.env, TERM="dumb", NO_COLOR="")).decode())

    def test_errors_are_json_for_json(self):
        outcome = self.mlctl("get", "model", "none", "-o", "json", code=5)
        self.assertEqual(outcome.out, "")
        error = json.loads(outcome.err)
        self.assertEqual((error["kind"], error["code"], error["reason"]), ("Error", 5, "NotFound"))

    def test_quiet_says_nothing_but_the_result(self):
        self.assertEqual(self.mlctl("get", "models", "-q").err, "")

    def test_every_command_takes_the_output_that_the_environment_says(self):
        self.assertEqual(json.loads(self.mlctl("version", env={"MLCTL_OUTPUT": "json"}).out)["kind"], "Version")
        self.mlctl("version", env={"MLCTL_PROFILE": "nope"}, code=3)

    def test_the_man_page_is_clean_troff(self):
        page = self.mlctl("help", "man").out
        result = subprocess.run(["groff", "-ww", "-man", "-Tutf8"], input=page, capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_completion_answers_at_once_without_network_or_engine(self):
        for number in range(50):
            self.write(f"data/d{number}/dataset.json", "{}")
        self.mlctl("__complete", "--", "train", "data/")
        started = time.monotonic()
        outcome = self.mlctl("__complete", "--", "train", "data/")
        self.assertLess(time.monotonic() - started, 1)  # 7 ms on an idle machine
        self.assertEqual(outcome.out.count("\n"), 51)


if __name__ == "__main__":
    unittest.main()
