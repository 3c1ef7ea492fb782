"""Workflows: graphs of jobs that are submitted, followed, cancelled and retried as one."""
import json
import os
import subprocess
import tempfile
import unittest

import harness
from harness import wait_until

ENDED = ("completed", "failed", "cancelled")


def shell(command, **fields):
    return {"jobType": "exec", "payload": {"argv": ["/bin/sh", "-c", command]}, "retryCount": 0, **fields}


def until_there(path):
    return f"until test -e {path}; do sleep 0.05; done"


def touch(path):
    with open(path, "w", encoding="ascii"):
        pass


def workflow(s, workflow_id):
    return s.call("GET", f"/api/workflows/{workflow_id}")


def wait_for(s, workflow_id, *states):
    def look():
        w = workflow(s, workflow_id)
        if w["state"] in states:
            return w
        if w["state"] in ENDED:
            raise AssertionError(f"expected {' or '.join(states)}: {json.dumps(w)}")
        return None
    return wait_until(look, f"{workflow_id} to become {' or '.join(states)}")


def statuses(w):
    return {key: job["status"] for key, job in w["jobs"].items()}


class Workflows(harness.TestCase):
    def submit(self, name, jobs, **fields):
        return self.s.call("POST", "/api/workflows", {"name": name, "jobs": jobs, **fields})

    def command(self, *arguments, given=None):
        """(exit code, standard output, standard error) of the program as a client."""
        end = subprocess.run([harness.PROGRAM, *arguments], capture_output=True, text=True, check=False, input=given,
                             timeout=harness.PATIENCE, env={**os.environ, "CALLBOARD_SERVER": self.s.ready["http"]})
        return end.returncode, end.stdout, end.stderr

    def test_a_job_uses_the_results_of_those_before_it(self):
        answer = self.submit("results", {
            "first": shell("printf 'one \"two\"'"),
            "second": {"jobType": "exec", "dependencies": ["first"], "retryCount": 0,
                       "payload": {"argv": ["/bin/echo", "-n", "got ${jobs.first.result.stdout}, ${jobs.first.result.exitCode}"]}},
            "third": {"jobType": "exec", "dependencies": ["first"], "retryCount": 0,
                      "payload": {"argv": ["/bin/echo", "${jobs.first.result.nothing}"]}}})
        w = wait_for(self.s, answer["id"], "failed")
        self.assertEqual({"first": "completed", "second": "completed", "third": "failed"}, statuses(w))
        second = self.s.call("GET", f"/api/jobs/{w['jobs']['second']['id']}")
        self.assertEqual('got one "two", 0', second["result"]["stdout"])
        self.assertIn("${jobs.first.result.stdout}", second["payload"]["argv"][2])
        self.assertEqual("MISSING_RESULT", w["jobs"]["third"]["error"]["code"])
        self.assertIn("the result has no 'nothing' there", w["jobs"]["third"]["error"]["message"])

    def test_a_diamond_runs_in_its_order(self):
        with tempfile.TemporaryDirectory() as directory:
            log = os.path.join(directory, "log")

            def say(word):
                return f"echo {word} >> {log}"
            answer = self.submit("diamond", {
                "join": shell(say("join"), dependencies=["left", "right"]),
                "left": shell(say("left"), dependencies=["load"]),
                "right": shell(say("right") + "; sleep 0.3", dependencies=["load"]),
                "load": shell(say("load")),
                "alarm": shell(say("alarm"), dependencies=[{"id": "join", "on": "failure"}])})
            self.assertEqual({"join", "left", "right", "load", "alarm"}, set(answer["jobs"]))
            w = wait_for(self.s, answer["id"], "completed")
            lines = harness.lines_of(log)
            self.assertEqual(("load", "join"), (lines[0], lines[3]))
            self.assertEqual({"left", "right"}, set(lines[1:3]))
            self.assertEqual((5, 4, 1), tuple(w["progress"][n] for n in ("total", "completed", "skipped")))
            self.assertEqual(["left", "right"], w["jobs"]["join"]["dependencies"])
            self.assertEqual("SKIPPED", w["jobs"]["alarm"]["error"]["code"])
            self.assertEqual(w["jobs"]["load"]["id"], answer["jobs"]["load"]["id"])
            job = self.s.job(answer["jobs"]["left"]["id"])
            self.assertEqual({"id": answer["id"], "name": "diamond", "key": "left"}, job["workflow"])

            graph = self.s.call("GET", f"/api/workflows/{answer['id']}/graph")
            self.assertEqual(5, len(graph["nodes"]))
            self.assertEqual(5, len(graph["edges"]))
            self.assertEqual(["load", "right", "join"], graph["criticalPath"])
            self.assertGreaterEqual(graph["criticalPathDuration"], 0.3)
            listed = self.s.call("GET", "/api/workflows?state=completed")["workflows"]
            self.assertIn(answer["id"], [x["id"] for x in listed])

    def test_a_failure_cancels_the_rest_and_a_retry_runs_only_that(self):
        with tempfile.TemporaryDirectory() as directory:
            gate, log = os.path.join(directory, "gate"), os.path.join(directory, "log")
            answer = self.submit("again", {
                "load": shell(f"echo load >> {log}"),
                "check": shell(f"test -e {gate}", dependencies=["load"]),
                "report": shell(f"echo report >> {log}", dependencies=["check", "load"])})
            w = wait_for(self.s, answer["id"], "failed")
            self.assertEqual({"load": "completed", "check": "failed", "report": "cancelled"}, statuses(w))
            self.assertEqual("UPSTREAM_FAILED", w["jobs"]["report"]["error"]["code"])
            touch(gate)
            again = self.s.call("POST", f"/api/workflows/{answer['id']}/retry")
            self.assertEqual(2, again["retried"])
            w = wait_for(self.s, answer["id"], "completed")
            self.assertEqual(["load", "report"], harness.lines_of(log))
            self.assertEqual(answer["jobs"]["load"]["id"], w["jobs"]["load"]["id"])
            self.assertNotEqual(answer["jobs"]["check"]["id"], w["jobs"]["check"]["id"])
            self.assertEqual(3, w["progress"]["total"])
            self.assert_refused(409, "invalid_state", "POST", f"/api/workflows/{answer['id']}/retry")
            graph = self.s.call("GET", f"/api/workflows/{answer['id']}/graph")
            self.assertEqual({("load", "check"), ("load", "report"), ("check", "report")},
                             {(e["from"], e["to"]) for e in graph["edges"]})
            listed = [x["id"] for x in self.s.call("GET", "/api/workflows?limit=100")["workflows"]]
            self.assertEqual(1, listed.count(answer["id"]))

    def test_a_cancel_starts_nothing_behind(self):
        with tempfile.TemporaryDirectory() as directory:
            log = os.path.join(directory, "log")
            answer = self.submit("stop", {
                "long": shell("sleep 3600"),
                "after": shell(f"echo after >> {log}", dependencies=[{"id": "long", "on": "finished"}]),
                "last": shell(f"echo last >> {log}", dependencies=[{"id": "after", "on": "finished"}])})
            self.s.wait_for(answer["jobs"]["long"]["id"], "running")
            self.assert_refused(409, "invalid_state", "POST", f"/api/workflows/{answer['id']}/retry")
            w = self.s.call("POST", f"/api/workflows/{answer['id']}/cancel", {"reason": "enough"})
            self.assertEqual((3, "cancelled"), (w["cancelled"], w["state"]))
            self.assertEqual({"cancelled"}, set(statuses(w).values()))
            self.assertEqual([], harness.lines_of(log))

    def test_a_pause_starts_nothing_and_a_resume_goes_on(self):
        with tempfile.TemporaryDirectory() as directory:
            gate = os.path.join(directory, "gate")
            answer = self.submit("pause", {
                "long": shell(until_there(gate)),
                "after": shell("true", dependencies=["long"]),
                "aside": shell("true", scheduleAt=harness.time_in(3600))})
            self.s.wait_for(answer["jobs"]["long"]["id"], "running")
            w = self.s.call("POST", f"/api/workflows/{answer['id']}/pause", {"reason": "not now"})
            self.assertEqual((3, "paused", True), (w["held"], w["state"], w["paused"]))
            self.assertEqual(0, self.s.call("POST", f"/api/workflows/{answer['id']}/pause")["held"])
            held = self.s.call("GET", f"/api/jobs?workflow={answer['id']}&held=true")["jobs"]
            self.assertEqual({job["id"] for job in answer["jobs"].values()}, {job["id"] for job in held})
            touch(gate)
            self.s.wait_for(answer["jobs"]["long"]["id"], "completed")
            why = self.s.call("GET", f"/api/jobs/{answer['jobs']['after']['id']}/explain")["reasons"]
            self.assertEqual([("held", "It is held: not now")], [(r["code"], r["text"]) for r in why])
            self.assertIn("\ncallboard_jobs_held{queue=\"default\"} 2\n", self.s.raw("GET", "/metrics")[1].decode())
            self.s.kill()
            self.s.start()
            wait_until(lambda: Restart.known(self.s, answer["id"]), "the workflow")
            self.assertEqual("paused", workflow(self.s, answer["id"])["state"])
            w = self.s.call("POST", f"/api/workflows/{answer['id']}/resume")
            self.assertEqual((2, False), (w["released"], "paused" in w))
            self.s.wait_for(answer["jobs"]["after"]["id"], "completed")
            self.s.call("POST", f"/api/workflows/{answer['id']}/cancel")

    def test_the_same_key_is_the_same_workflow(self):
        jobs = {"a": {"jobType": "noop"}, "b": {"jobType": "noop", "dependencies": ["a"]}}
        first = self.submit("once", jobs, idempotencyKey="e2e-1")
        wait_for(self.s, first["id"], "completed")
        second = self.submit("once", jobs, idempotencyKey="e2e-1")
        self.assertTrue(second["duplicate"])
        self.assertEqual(first["id"], second["id"])
        for key in jobs:
            self.assertEqual(first["jobs"][key]["id"], second["jobs"][key]["id"])
        with self.assertRaises(harness.Refused) as caught:
            self.submit("once", {**jobs, "c": {"jobType": "noop"}}, idempotencyKey="e2e-1")
        self.assertEqual((409, "idempotency_conflict"), (caught.exception.status, caught.exception.code))

    def test_all_or_nothing(self):
        before = len(self.s.call("GET", "/api/jobs?limit=1000")["jobs"])
        with self.assertRaises(harness.Refused) as caught:
            self.submit("bad", {"a": {"jobType": "noop"},
                                "b": {"jobType": "noop", "dependencies": ["a", "job_01h8xgq2m4k7c"]}})
        self.assertEqual("unknown_dependency", caught.exception.code)
        self.assertEqual("jobs.b.dependencies", caught.exception.field)
        self.assertEqual(before, len(self.s.call("GET", "/api/jobs?limit=1000")["jobs"]))
        self.assert_refused(404, "not_found", "GET", "/api/workflows/w-00000000000000000000000000")

    def test_the_command_line(self):
        jobs = {"first": shell("true"), "second": shell("true", dependencies=["first"])}
        body = json.dumps({"name": "by hand", "jobs": jobs})
        code, out, err = self.command("workflows", "submit", "-", "--wait", given=body)
        self.assertEqual(0, code, err)
        workflow_id = out.split()[0]
        self.assertIn("completed  2 of 2", out.splitlines()[-1])
        self.assertIn("by hand", self.command("workflows")[1])
        self.assertIn("second", self.command("workflows", "show", workflow_id)[1])
        self.assertIn("critical path: first -> second", self.command("workflows", "graph", workflow_id)[1])
        self.assertIn('"first" -> "second"', self.command("workflows", "graph", workflow_id, "--dot")[1])
        self.assertEqual(1, self.command("workflows", "retry", workflow_id)[0])
        body = json.dumps({"name": "bad", "jobs": {"x": shell("exit 3")}})
        code, out, _ = self.command("workflows", "submit", "-", "--wait", given=body)
        self.assertEqual(2, code)
        code, out, _ = self.command("workflows", "retry", out.split()[0], "--json")
        self.assertEqual((0, 1), (code, json.loads(out)["retried"]))


class Restart(unittest.TestCase):
    def test_a_workflow_goes_on_behind_a_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            gate = os.path.join(directory, "gate")
            data = os.path.join(directory, "data")
            with harness.Scheduler(data=data, env=harness.QUICK) as s:
                answer = s.call("POST", "/api/workflows", {"name": "w", "jobs": {
                    "first": shell("true"),
                    "second": shell(until_there(gate), dependencies=["first"], retryCount=3,
                                    retryPolicy=harness.AT_ONCE),
                    "third": shell("true", dependencies=["second"])}})
                s.wait_for(answer["jobs"]["second"]["id"], "running")
                s.kill()
                s.start()
                w = wait_until(lambda: self.known(s, answer["id"]), "the workflow")
                self.assertEqual("running", w["state"])
                self.assertEqual("completed", w["jobs"]["first"]["status"])
                touch(gate)
                w = wait_for(s, answer["id"], "completed")
                self.assertEqual(3, w["progress"]["completed"])
                self.assertEqual([answer["id"]], [x["id"] for x in s.call("GET", "/api/workflows")["workflows"]])

    @staticmethod
    def known(s, workflow_id):
        try:
            return workflow(s, workflow_id)
        except harness.Refused as why:
            if why.code != "starting":
                raise
            return None


class Purge(unittest.TestCase):
    QUICKLY = {"CALLBOARD_STORE_RETAIN_FOR": "1s", "CALLBOARD_STORE_RETAIN_EVERY": "100ms"}

    def test_results_are_there_until_the_workflow_has_ended(self):
        with tempfile.TemporaryDirectory() as directory, harness.Scheduler(env=self.QUICKLY) as s:
            gate = os.path.join(directory, "gate")
            answer = s.call("POST", "/api/workflows", {"name": "long", "jobs": {
                "first": shell("printf hello"),
                "gate": shell(until_there(gate), dependencies=["first"]),
                "last": {"jobType": "exec", "dependencies": ["first", "gate"], "retryCount": 0,
                         "payload": {"argv": ["/bin/echo", "-n", "${jobs.first.result.stdout}"]}}}})
            other = s.wait_for(s.submit()["jobID"], "completed")["id"]
            s.wait_for(answer["jobs"]["first"]["id"], "completed")
            wait_until(lambda: self.is_gone(s, other), "the purge of a job that ended at the same time")
            # All that ended with it is gone, and a purge has been over it.
            w = workflow(s, answer["id"])
            self.assertEqual("completed", w["jobs"]["first"]["status"])
            touch(gate)
            w = wait_for(s, answer["id"], "completed")
            self.assertEqual(3, w["progress"]["total"])
            self.assertEqual("hello", w["result"]["last"]["stdout"])

    @staticmethod
    def is_gone(s, job):
        try:
            s.job(job)
        except harness.Refused as why:
            return why.code == "unknown_job"
        return False

    def test_a_workflow_goes_with_its_jobs(self):
        with harness.Scheduler(env=self.QUICKLY) as s:
            answer = s.call("POST", "/api/workflows", {"name": "w", "jobs": {
                "a": {"jobType": "noop"}, "b": {"jobType": "noop", "dependencies": ["a"]}}})

            def gone():
                try:
                    workflow(s, answer["id"])
                except harness.Refused as why:
                    return why.code == "not_found" and s.call("GET", "/api/workflows")["workflows"] == []
                return False
            wait_until(gone, "the purge")


if __name__ == "__main__":
    harness.main()
