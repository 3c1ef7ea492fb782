"""The Python client against a real scheduler: what its methods do."""
import os
import re
import subprocess
import sys

import base
from base import harness
from callboard import BadRequest, Conflict, NotFound, WaitTimeout


class Jobs(base.ClientCase):
    def test_a_job_from_its_submit_to_its_result(self):
        job = self.client.submit("exec", {"argv": ["/bin/echo", "hello"]}, tags=["one"], maxRetries=1)
        ended = self.client.wait(job["jobID"], timeout=harness.PATIENCE)
        self.assertEqual(("completed", "hello\n", 1), (ended["status"], ended["result"]["stdout"], ended["maxRetries"]))
        self.assertEqual(ended, self.client.get(job["jobID"]))
        self.assertEqual("queued", self.client.history(job["jobID"])["history"][0]["status"])
        self.assertEqual("ended", self.client.explain(job["jobID"])["reasons"][0]["code"])
        self.assertIsInstance(self.client.logs(job["jobID"]), list)

    def test_the_same_key_is_the_same_job(self):
        first = self.client.submit("noop", idempotency_key="k1")
        again = self.client.submit("noop", idempotency_key="k1")
        self.assertEqual((first["jobID"], True), (again["jobID"], again["duplicate"]))
        self.assertNotEqual(first["jobID"], self.client.submit("noop")["jobID"])

    def test_holding_changing_and_cancelling(self):
        job = self.client.submit("noop", held=True)["jobID"]
        with self.assertRaises(WaitTimeout) as caught:
            self.client.wait(job, timeout=0)
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertEqual(8, self.client.change(job, priority=8)["priority"])
        self.assertNotIn("held", self.client.release(job))
        self.assertEqual("completed", self.client.wait(job, timeout=harness.PATIENCE)["status"])
        with self.assertRaises(Conflict):
            self.client.cancel(job)
        other = self.client.submit("noop", held=True)["jobID"]
        later = self.client.submit("noop", scheduleAt=harness.time_in(600))["jobID"]
        self.assertEqual("an audit", self.client.hold(later, "an audit")["holdReason"])
        for _ in range(2):  # the second time it is cancelled already
            self.assertEqual("cancelled", self.client.cancel(other, "not needed")["status"])
        self.assertIn("not needed", self.client.history(other)["history"][-1]["reason"])

    def test_a_failed_job_is_tried_again(self):
        job = self.client.submit("exec", {"argv": ["/bin/false"]}, maxRetries=0)["jobID"]
        self.assertEqual("failed", self.client.wait(job, timeout=harness.PATIENCE)["status"])
        self.assertIn(self.client.retry(job)["status"], ("retrying", "running", "failed"))
        again = harness.wait_until(lambda: (j := self.client.get(job))["attempt"] == 2 and j["status"] == "failed" and j, "attempt 2")
        self.assertEqual("EXIT_STATUS", again["error"]["code"])

    def test_lists_go_over_all_pages(self):
        made = self.client.submit_many([{"jobType": "noop", "tags": ["many"], "payload": {"n": n}} for n in range(25)])
        listed = list(self.client.list(tag="many", page=10, include=["payload"]))
        self.assertEqual([job["jobID"] for job in reversed(made)], [job["id"] for job in listed])
        self.assertEqual(24, listed[0]["payload"]["n"])
        self.assertEqual(0, self.count(tag="many", status=["failed", "retrying"]))
        self.assertEqual(0, self.count(tag="many", from_=harness.time_in(3600)))

    def test_many_jobs_and_what_became_of_each(self):
        made = self.client.submit_many([{"jobType": "noop"}, {"jobType": "noop", "priority": 11}, {"jobType": "none"}])
        self.assertEqual("queued", made[0]["status"])
        self.assertEqual(("out_of_range", "jobs[1].priority"), (made[1].code, made[1].field))
        self.assertIsInstance(made[2], BadRequest)
        with self.assertRaises(BadRequest):
            self.client.submit_many([{"jobType": "noop", "tags": ["none"]}, {"jobType": "none"}], atomic=True)
        self.assertEqual(0, self.count(tag="none"))
        chain = self.client.submit_many([{"jobType": "noop"}, {"jobType": "noop", "dependencies": ["#0"]}])
        self.assertEqual([chain[0]["jobID"]], self.client.get(chain[1]["jobID"])["dependencies"])
        self.assertEqual([], self.client.submit_many([]))
        large = self.client.submit_many({"jobType": "noop", "tags": ["large"], "held": True} for _ in range(1234))
        self.assertEqual(1234, len({job["jobID"] for job in large}))

    def test_events_are_told_with_their_filters(self):
        job = self.client.submit("noop", queue="told")["jobID"]
        self.client.wait(job, timeout=harness.PATIENCE)
        seen = []
        for event in self.client.events(kind="job", queue="told", after="0-0"):
            seen.append((event["kind"], event["jobID"]))
            if event["kind"] == "job.completed":
                break
        self.assertEqual([(kind, job) for kind in ("job.created", "job.started", "job.completed")], seen)
        with self.assertRaises(BadRequest):
            next(self.client.events(kind="none"))


class Others(base.ClientCase):
    def test_workflows(self):
        jobs = {"a": {"jobType": "noop", "payload": {"result": 7}, "held": True}, "b": {"jobType": "noop", "dependencies": ["a"]}}
        flow = self.client.workflows.submit("two", jobs)["id"]
        self.assertEqual("paused", self.client.workflows.pause(flow)["state"])
        with self.assertRaises(WaitTimeout):
            self.client.workflows.wait(flow, timeout=0)
        self.assertEqual(2, self.client.workflows.resume(flow)["released"])
        self.assertEqual("completed", self.client.workflows.wait(flow, timeout=harness.PATIENCE)["state"])
        self.assertEqual(7, self.client.workflows.get(flow, results=True)["jobs"]["a"]["result"])
        self.assertEqual({("a", "b")}, {(e["from"], e["to"]) for e in self.client.workflows.graph(flow)["edges"]})
        other = self.client.workflows.submit("other", jobs)["id"]
        self.assertEqual("cancelled", self.client.workflows.cancel(other, "a test")["state"])
        self.assertEqual(2, self.client.workflows.retry(other)["retried"])
        self.assertEqual([other, flow], [w["id"] for w in self.client.workflows.list(page=1)])

    def test_schedules(self):
        s = self.client.schedules
        self.assertEqual(1, s.create({"name": "nightly", "cron": "30 2 * * *", "job": {"jobType": "noop"}})["version"])
        with self.assertRaises(Conflict):
            s.create({"name": "nightly", "every": 60, "job": {"jobType": "noop"}})
        self.assertEqual(2, s.put("nightly", {"every": 600, "job": {"jobType": "noop"}}, if_version=1)["version"])
        with self.assertRaises(Conflict) as caught:
            s.put("nightly", {"every": 60, "job": {"jobType": "noop"}}, if_version=1)
        self.assertEqual("version_conflict", caught.exception.code)
        self.assertTrue(s.pause("nightly")["paused"])
        self.assertFalse(s.resume("nightly")["paused"])
        self.assertEqual("completed", self.client.wait(s.run("nightly")["jobID"], timeout=harness.PATIENCE)["status"])
        self.assertEqual(["nightly"], [one["name"] for one in s.list()])
        self.assertEqual([2, 1], [one["version"] for one in s.history("nightly")])
        self.assertEqual(3, len(s.preview({"cron": "@daily", "count": 3})))
        self.assertEqual(2, s.delete("nightly")["version"])
        with self.assertRaises(NotFound):
            s.get("nightly")

    def test_templates(self):
        t = self.client.templates
        body = {"job": {"jobType": "exec", "payload": {"argv": ["/bin/echo", "${param.who}"]}}}
        self.assertEqual(1, t.put("greeting", body)["version"])
        self.assertEqual(2, t.put("greeting", {**body, "description": "greets"})["version"])
        job = t.submit("greeting", {"who": "Ada"}, overrides={"priority": 8}, idempotency_key="g1")
        self.assertEqual("Ada\n", self.client.wait(job["jobID"], timeout=harness.PATIENCE)["result"]["stdout"])
        self.assertEqual("Grace", t.show("greeting", {"who": "Grace"})["job"]["payload"]["argv"][1])
        self.assertEqual([2, 1], [v["version"] for v in t.versions("greeting")])
        self.assertNotIn("description", t.get("greeting", version=1))
        self.assertEqual(3, t.rollback("greeting", 1)["version"])
        self.assertEqual(["greeting"], [one["name"] for one in t.list()])
        self.assertEqual("greeting", t.delete("greeting")["name"])

    def test_queues_keys_and_types(self):
        q = self.client.queues
        self.assertEqual(3, q.put("eu/mail", {"concurrency": 3, "perKey": {"concurrency": 1}})["concurrency"])
        self.assertTrue(q.pause("eu/mail")["paused"])
        self.assertFalse(q.resume("eu/mail")["paused"])
        self.assertEqual(2, q.put_key("eu/mail", "a/b", {"concurrency": 2})["concurrency"])
        self.assertEqual(["a/b"], [one["key"] for one in q.keys("eu/mail")])
        self.assertIn("eu/mail", [one["name"] for one in q.list(page=1)])
        self.assertEqual(7, q.put_type("noop", {"concurrency": 7})["concurrency"])
        self.assertIn("noop", [one["name"] for one in q.types()])
        self.assertIsNone(q.clear("eu/mail")["concurrency"])
        self.assertIsNone(q.get("eu/mail")["concurrency"])

    def test_the_example_of_the_readme(self):
        with open(os.path.join(base.PYTHON_CLIENT, "README.md"), encoding="utf-8") as text:
            example = re.search(r"```python\n(.*?)```", text.read(), re.S).group(1)
        failed = self.client.submit("exec", {"argv": ["/bin/false"]}, maxRetries=0)["jobID"]
        self.client.wait(failed, timeout=harness.PATIENCE)
        end = subprocess.run([sys.executable, "-B", "-c", example], capture_output=True, text=True, check=False, timeout=harness.PATIENCE,
                             env={**os.environ, "PYTHONPATH": base.PYTHON_CLIENT, "CALLBOARD_SERVER": self.s.ready["http"]})
        self.assertEqual((0, ""), (end.returncode, end.stderr))
        self.assertIn("hello\n", end.stdout)
        self.assertIn(failed, end.stdout)
        self.assertTrue(end.stdout.endswith("out_of_range priority\n"), end.stdout)


if __name__ == "__main__":
    base.main()
