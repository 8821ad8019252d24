"""What the commands that look at resources say about a live endpoint, about one whose processes died, and about none."""
import json
import os
import signal

import tiny_model
from support import ProjectTest, free_port, risk_csv, until


class Endpoints(ProjectTest):
    def setUp(self):
        super().setUp()
        tiny_model.linear(self.path("one"), 1.0)
        self.addCleanup(self.stop_endpoints)

    def deploy(self, *more):
        return self.mlctl("deploy", "one", "--name", "e", "--port", str(free_port()), *more, "-o", "json").json()["url"]

    def why(self):
        return self.mlctl("why", "endpoint/e", "-o", "json").json()

    def test_a_live_endpoint(self):
        self.assertEqual(self.mlctl("get", "endpoints", "-o", "json").json()["items"], [])
        url = self.deploy()
        self.mlctl("wait", "endpoint/e", "--for", "ready", "--timeout", "10s")
        (item,) = self.mlctl("get", "endpoints", "-o", "json").json()["items"]
        self.assertEqual((item["kind"], item["name"], item["state"], item["url"]), ("Endpoint", "e", "ready", url))
        header, row = self.mlctl("get", "endpoints").out.splitlines()
        self.assertEqual(header.split()[:4], ["NAME", "STATE", "READY", "URL"])
        self.assertEqual(row.split()[:4], ["e", "ready", "1/1", url])
        self.assertEqual(self.mlctl("get", "endpoints", "-o", "name").out, "endpoint/e\n")
        text = self.mlctl("describe", "endpoint", "e").out
        for part in ("ready", url, "one", "1 of 1 ready, 0 restarts"):
            self.assertIn(part, text)
        self.assertEqual(self.mlctl("describe", "endpoint/e", "-o", "json").json()["revision"], 1)
        self.assertTrue(self.why()["healthy"])
        self.assertIn(url, self.mlctl("why", "endpoint", "e").out)
        self.mlctl("wait", "endpoint/e", "--for", "deleted", "--timeout", "1s", code=13)
        pids = [self.endpoint_status()["supervisor"]["pid"], self.endpoint_status()["workers"][0]["process"]["pid"]]
        self.mlctl("delete", "endpoint", "e", code=2)  # nobody is there to be asked
        self.mlctl("delete", "endpoint", "e", "--yes")
        self.assertEqual([pid for pid in pids if os.path.exists(f"/proc/{pid}")], [])
        self.mlctl("wait", "endpoint/e", "--for", "deleted")
        self.mlctl("describe", "endpoint", "e", code=5)
        self.mlctl("why", "endpoint", "e", code=5)
        self.mlctl("delete", "endpoint", "e", "--yes", code=5)

    def test_an_endpoint_keeps_its_address_when_it_is_deployed_again(self):
        url = self.deploy("--host", "127.0.0.2")
        self.assertTrue(url.startswith("http://127.0.0.2:"), url)
        tiny_model.linear(self.path("two"), 2.0)
        for model, supervisor_runs in (("two", True), ("one", False)):
            with self.subTest(supervisor_runs=supervisor_runs):
                if not supervisor_runs:
                    worker = self.endpoint_status()["workers"][0]["process"]["pid"]
                    os.kill(self.endpoint_status()["supervisor"]["pid"], signal.SIGKILL)
                    self.assertTrue(until(lambda: not os.path.exists(f"/proc/{worker}")))
                self.assertEqual(self.mlctl("deploy", model, "--name", "e", "-o", "json").json()["url"], url)
                self.assertEqual(json.loads(self.mlctl("predict", "e", '{"x":1}').out)["value"], 2 if model == "two" else 1)

    def test_a_killed_worker_is_told_and_replaced(self):
        self.deploy()
        os.kill(self.endpoint_status()["workers"][0]["process"]["pid"], signal.SIGKILL)
        self.assertTrue(until(lambda: self.endpoint_status()["restarts"] == 1))
        self.mlctl("wait", "endpoint/e", "--for", "ready", "--timeout", "20s")
        self.assertEqual(self.mlctl("get", "endpoints", "-o", "json").json()["items"][0]["restarts"], 1)
        self.assertIn("1 restarts", self.mlctl("describe", "endpoint/e").out)
        self.assertTrue(self.why()["healthy"])

    def test_a_killed_supervisor_is_told_and_the_fix_works(self):
        self.deploy()
        worker = self.endpoint_status()["workers"][0]["process"]["pid"]
        os.kill(self.endpoint_status()["supervisor"]["pid"], signal.SIGKILL)
        self.assertTrue(until(lambda: not os.path.exists(f"/proc/{worker}")))
        (item,) = self.mlctl("get", "endpoints", "-o", "json").json()["items"]
        self.assertEqual((item["state"], item["ready"]), ("down", 0))
        self.assertEqual(self.mlctl("get", "endpoints").out.splitlines()[1].split()[:3], ["e", "down", "0/1"])
        answer = self.why()
        self.assertFalse(answer["healthy"])
        self.assertIn("supervisor", answer["cause"])
        self.mlctl("wait", "endpoint/e", "--for", "ready", "--timeout", "1s", code=13)
        self.assertTrue(answer["fix"].startswith("mlctl deploy "), answer["fix"])
        self.mlctl(*answer["fix"].split()[1:])
        self.mlctl("wait", "endpoint/e", "--for", "ready", "--timeout", "10s")
        self.assertEqual(json.loads(self.mlctl("predict", "e", '{"x":1}').out)["value"], 1)
        os.kill(self.endpoint_status()["supervisor"]["pid"], signal.SIGKILL)
        self.mlctl("delete", "endpoint", "e", "--yes")
        self.assertEqual(self.mlctl("get", "endpoints", "-o", "json").json()["items"], [])

    def test_deletion_waits_for_processes_that_must_be_killed(self):
        self.deploy("--replicas", "2")
        status = self.endpoint_status()
        pids = [worker["process"]["pid"] for worker in status["workers"]]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        os.kill(status["supervisor"]["pid"], signal.SIGKILL)
        self.mlctl("delete", "endpoint", "e", "--yes")
        self.assertEqual([pid for pid in pids if os.path.exists(f"/proc/{pid}")], [])

    def test_a_model_in_service_is_deleted_only_by_force(self):
        self.deploy()
        refused = self.mlctl("delete", "model", "one", code=6)
        self.assertIn("endpoint e serves model one", refused.err)
        self.assertIn("mlctl delete endpoint e", refused.err)
        self.assertTrue(os.path.exists(self.path("one/model.json")))
        self.assertIn("warning", self.mlctl("delete", "model", "one", "--yes").err)
        self.assertEqual(json.loads(self.mlctl("predict", "e", '{"x":1}').out)["value"], 1)

    def test_a_rollback_is_recorded_with_the_model_that_serves_again(self):
        self.deploy()
        tiny_model.linear(self.path("two"), 2.0)
        self.mlctl("deploy", "two", "--name", "e")
        one, two = (self.mlctl("describe", "endpoint/e", "-o", f"jsonpath={{.revisions[{n}].digest}}").out.strip() for n in (0, 1))
        self.mlctl("rollback", "e")
        run = self.mlctl("get", "run", "latest", "-o", "json").json()
        self.assertEqual((run["command"], run["status"]), ("rollback", "succeeded"))
        self.assertEqual(run["inputs"], [{"path": "one", "digest": one}])
        self.assertEqual(run["outputs"], [{"path": "endpoint/e", "digest": one}])
        self.assertNotEqual(one, two)

    def test_why_names_the_clean_rules_that_dropped_training_rows(self):
        lines = risk_csv(300).splitlines(keepends=True)
        self.write("risk.csv", "".join(lines + lines[1:11]))
        self.mlctl("ingest", "risk.csv", "--to", "d", "--label", "column:risk")
        removed = self.mlctl("clean", "d", "--to", "c", "-o", "json").json()["lineage"]["removed"]
        self.assertEqual(sum(removed["exact_duplicate"].values()), 10)
        self.mlctl("train", "c", "--to", "m", "--epochs", "1")
        self.mlctl("deploy", "m", "--name", "e", "--port", str(free_port()))
        for resource in ("endpoint/e", "model/m"):
            (cleaned,) = self.mlctl("why", resource, "-o", "json").json()["removed"]
            self.assertEqual(cleaned["removed"], removed)
            self.assertIn("exact_duplicate: ", self.mlctl("why", resource).out)
