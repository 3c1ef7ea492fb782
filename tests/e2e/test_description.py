"""The description of the REST interface against a running scheduler: every operation is asked once, a job with all that
a submit may say is accepted, and what is not described is noticed. All other tests here check their answers as well."""
import copy
import json
import urllib.parse

import harness
from harness import description

SKIPPED = {
    "exportJobs": "lines; test_reports.py reads them",
    "followEvents": "an answer without an end; test_events.py reads it",
    "getDashboard": "a page; tests/web opens it",
    "getPrometheusMetrics": "no JSON",
}


class Described(harness.TestCase):
    settings = {"workers": 1, "slots": 2}

    def setUp(self):
        self.asked = set()

    def ask(self, method, path, body=None):
        """As call(), which checks the answer; notes which operation that was."""
        operation = description.description().operation(method, path)
        self.asked.add(operation["operationId"])
        return self.s.call(method, path, body)

    def test_every_operation(self):
        self.jobs()
        self.many()
        self.workflows()
        self.schedules()
        self.templates()
        self.limits()
        self.alerts()
        self.webhooks()
        self.reports()
        self.work()
        self.numbers()
        self.fleet()  # ends an actor, so it comes last
        all_of_them = {operation["operationId"] for item in description.description().document["paths"].values()
                       for operation in item.values()}
        self.assertEqual(all_of_them - set(SKIPPED), self.asked)

    def jobs(self):
        job = self.ask("POST", "/api/jobs/submit", {"jobType": "noop"})["jobID"]
        self.s.wait_for(job, "completed")
        for part in ("", "/history", "/logs", "/explain"):
            self.ask("GET", f"/api/jobs/{job}{part}")
        held = [self.s.submit(held=True)["jobID"] for _ in range(2)]
        self.ask("PATCH", f"/api/jobs/{held[0]}", {"priority": 9})
        self.ask("GET", "/api/jobs?held=true&include=payload,result&limit=10")
        self.ask("GET", "/api/jobs/status/queued")
        self.ask("GET", "/api/jobs/counts?queue=default")
        self.ask("POST", f"/api/jobs/{held[0]}/cancel", {"reason": "a typing error"})
        self.ask("DELETE", f"/api/jobs/{held[1]}/cancel")
        failed = self.s.submit_exec("/bin/false", maxRetries=0)["jobID"]
        self.s.wait_for(failed, "failed")
        self.ask("POST", f"/api/jobs/{failed}/retry")

    def many(self):
        self.ask("POST", "/api/jobs/batch?atomic=true", [{"jobType": "noop"}, {"jobType": "noop", "dependencies": ["#0"]}])
        self.ask("POST", "/api/jobs/batch", {"jobs": [{"jobType": "noop"}, {"jobType": "noop", "priority": 11}]})
        self.ask("POST", "/api/bulk", {"action": "cancel", "filter": {"tag": "none", "status": ["queued"]}})
        self.ask("GET", "/api/dead")
        self.ask("GET", "/api/dead?summary=true")
        for action in ("redrive", "discard"):
            self.ask("POST", f"/api/dead/{action}", {"filter": {"all": True}, "dryRun": True})

    def workflows(self):
        body = {"name": "w", "jobs": {"a": {"jobType": "noop", "held": True}, "b": {"jobType": "noop", "dependencies": [
            {"id": "a", "on": "finished"}]}}}
        flow = self.ask("POST", "/api/workflows", body)["id"]
        self.ask("GET", "/api/workflows?state=paused")
        self.ask("GET", f"/api/workflows/{flow}?include=result")
        self.ask("GET", f"/api/workflows/{flow}/graph")
        for action in ("pause", "cancel", "retry", "resume"):
            self.ask("POST", f"/api/workflows/{flow}/{action}")

    def schedules(self):
        body = {"cron": "30 2 * * *", "timeZone": "Europe/Berlin", "catchUp": "all", "overlap": "queue", "startWithin": 60,
                "job": {"jobType": "noop", "onMiss": "cancel", "tags": ["t"]}}
        self.ask("POST", "/api/schedules", {"name": "nightly", **body})
        self.ask("PUT", "/api/schedules/nightly?ifVersion=1", {"every": 600, "jitter": 5, "job": {"jobType": "noop"}})
        self.ask("POST", "/api/schedules/preview", {"cron": "@daily", "count": 3})
        self.ask("GET", "/api/schedules")
        for part in ("", "/history"):
            self.ask("GET", "/api/schedules/nightly" + part)
        for action in ("run", "pause", "resume"):
            self.ask("POST", f"/api/schedules/nightly/{action}")
        self.ask("DELETE", "/api/schedules/nightly")

    def templates(self):
        path = "/api/templates/greeting"
        for text in ("hello", "good day"):
            self.ask("PUT", path, {"description": text, "job": {"jobType": "exec", "payload": {"argv": ["/bin/echo", text, "${param.who}"]}}})
        self.ask("GET", "/api/templates")
        for part in ("?version=1", "/versions", "/diff?from=1&to=2"):
            self.ask("GET", path + part)
        self.ask("POST", path + "/rollback", {"version": 1})
        self.ask("POST", path + "/submit?dryRun=true", {"parameters": {"who": "Ada"}})
        self.ask("POST", path + "/submit", {"parameters": {"who": "Ada"}, "overrides": {"priority": 8}})
        self.ask("DELETE", path)

    def limits(self):
        rule = {"concurrency": 3, "rate": {"jobs": 5, "per": 1}}
        queue = {**rule, "weight": 2, "perKey": {"concurrency": 1}, "waitingMax": 100, "waitingBytesMax": "64MiB", "whenFull": "shed",
                 "fullAcceptsFrom": 9, "preemption": {"jobs": 1, "per": 60},
                 "objective": {"waitSeconds": 60, "waitShare": 0.99, "successShare": 0.999, "window": 604800}}
        kind = {**rule, "retryRate": {"jobs": 1, "per": 2, "burst": 3}, "cache": False, "redact": ["payload.card"],
                "defaults": {"priority": 3, "concurrencyKey": {"payload": "customer"}, "preemptible": {"minRun": 5}}}
        for path, body in (("/api/queues/mail", queue), ("/api/queues/mail/keys/acme", rule), ("/api/types/noop", kind)):
            self.ask("PUT", path, body)
            self.ask("GET", path)
            self.ask("GET", path.rpartition("/")[0])
            self.ask("POST", path + "/pause")
            self.ask("POST", path + "/resume")
        for path in ("/api/queues/mail/keys/acme", "/api/queues/mail", "/api/types/noop"):
            self.ask("DELETE", path)
        self.ask("GET", "/api/schemas")

    def alerts(self):
        silence = self.ask("POST", "/api/alerts/silences", {"rule": "queue_waits", "target": "queue/mail", "for": 60, "comment": "c"})["id"]
        for path in ("/api/alerts", "/api/alerts?state=firing", "/api/alerts/silences"):
            self.ask("GET", path)
        self.ask("DELETE", f"/api/alerts/silences/{silence}")
        self.refused(404, "POST", "/api/alerts/alert_0000000000000000/ack", {"comment": "c"})

    def reports(self):
        for by in ("day", "type", "queue", "tag", "tenant", "code"):
            self.ask("GET", f"/api/reports/jobs?by={by}")
        self.ask("GET", "/api/reports/jobs?by=day&queue=default&from=2026-01-01&to=2026-01-31")
        self.ask("GET", "/api/reports/reservations?limit=1")
        self.refused(400, "GET", "/api/reports/jobs?by=type&queue=default")

    def webhooks(self):
        hook = {"url": "http://127.0.0.1:9/hook", "filter": {"kinds": ["worker.lost", "alert"], "queue": "mail"}, "secret": "s3cret",
                "headers": {"X-Team": "ops"}, "enabled": False, "retryCount": 0}
        self.ask("POST", "/api/webhooks", {"name": "ops", **hook})
        path = "/api/webhooks/ops"
        self.ask("PUT", path, hook)
        self.ask("POST", path + "/test")
        for read in ("/api/webhooks", path, path + "/deliveries?limit=1"):
            self.ask("GET", read)
        self.refused(409, "POST", "/api/webhooks", {"name": "ops", **hook})
        self.ask("POST", path + "/resume")
        self.ask("POST", path + "/pause")
        self.ask("DELETE", path)

    def work(self):
        """A worker over HTTP that completes, fails and gives back."""
        kind = {"name": "by-hand", "version": "1.0.0", "schema": {"type": "object"}}
        session = self.ask("POST", "/api/work/workers", {"name": "hand", "instance": "0123456789abcdef", "types": [kind], "slots": 3})["session"]
        jobs = [self.s.submit("by-hand", {}, maxRetries=0)["jobID"] for _ in range(3)]
        claimed, number = {}, 0
        while len(claimed) < len(jobs):
            number += 1
            for a in self.ask("POST", "/api/work/claim", {"session": session, "claim": number, "max": 3, "waitSeconds": 5})["jobs"]:
                claimed[a["id"]] = a["fence"]
        mine = [{"session": session, "id": job, "fence": claimed[job]} for job in jobs]
        self.ask("POST", "/api/work/heartbeat", {"session": session})
        self.ask("POST", "/api/work/progress", {**mine[0], "percent": 50, "message": "m", "log": {"first": 0, "lines": ["l"]}})
        self.ask("POST", "/api/work/complete", {**mine[0], "result": {"n": 1}})
        self.ask("POST", "/api/work/fail", {**mine[1], "code": "NO", "message": "m", "retryable": False})
        self.ask("POST", "/api/work/release", mine[2])
        self.ask("POST", "/api/work/leave", {"session": session})
        self.s.call("POST", f"/api/jobs/{jobs[2]}/cancel")

    def refused(self, status, method, path, body=None):
        with self.assertRaises(harness.Refused) as why:
            self.ask(method, path, body)
        self.assertEqual(status, why.exception.status)

    def fleet(self):
        worker = self.s.wait_for_workers(1)[0]["id"]
        self.ask("GET", "/api/workers")
        self.ask("GET", f"/api/workers/{worker}/status")
        self.ask("GET", "/api/workers/scale")
        self.ask("POST", "/api/workers/scale", {"workers": 2})
        self.ask("POST", f"/api/workers/{worker}/drain", {"deadline": 1})
        self.ask("GET", "/api/actors")
        self.ask("GET", "/api/actors/metrics")
        self.ask("POST", "/api/actors/metrics/restart")

    def numbers(self):
        for path in ("/api/metrics/jobs", "/api/metrics/workers", "/api/health", "/api/health/ready", "/api/health/live",
                     "/api/status", "/api", "/api/openapi.json", "/api/audit?act=queue&limit=5", "/api/settings"):
            self.ask("GET", path)

    def test_what_is_served_is_what_the_tests_check_with(self):
        served = self.s.call("GET", "/api/openapi.json")
        self.assertRegex(served["info"].pop("version"), r"^\d+\.\d+\.\d+$")
        here = copy.deepcopy(description.description().document)
        del here["info"]["version"]
        self.assertEqual(here, served)

    def test_a_job_with_all_that_a_submit_may_say(self):
        job = {"jobType": "noop", "payload": {"customer": {"id": "c1"}}, "priority": 7, "scheduleAt": harness.time_in(600),
               "finishBy": harness.time_in(3600), "onMiss": "promote", "maxRetries": 2, "timeout": 12.5, "softTimeout": 10,
               "queue": "all", "tags": ["a", "b"], "idempotencyKey": "all-1", "dependencyRule": "all_done",
               "dependencies": [{"id": self.s.submit()["jobID"], "on": "finished"}],
               "unique": {"by": ["type", "payload.customer.id"], "while": "queued", "onConflict": "replace"},
               "retryPolicy": {"kind": "linear", "baseSeconds": 2, "capSeconds": 20, "jitter": False, "totalSeconds": 900,
                               "onError": {"EXIT_STATUS": {"snooze": 60}, "HTTP_*": "fail"}, "memoryGrowthPercent": 150,
                               "memoryGrowthMax": "1GiB"},
               "resources": {"slots": 1, "cpu": 0.5, "memory": "64MiB", "labels": {"zone": "a"}, "gpu": 1},
               "concurrencyKey": {"payload": "customer.id"}, "preemptible": {"minRun": 3}, "preempts": True, "held": True,
               "typeVersion": "*", "durability": "os",
               "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate": "vendor=1"}
        described = description.description().document["components"]["schemas"]
        known = {name for part in ("JobDefaults", "JobSettings", "JobBody", "JobSubmit") for name in described[part]["properties"]}
        self.assertEqual(known - set(job), {"deadline", "retryCount"}, "one of two that exclude each other")
        self.s.job(self.s.call("POST", "/api/jobs/submit", job)["jobID"])
        debounced = {"jobType": "noop", "unique": {"while": "queued", "onConflict": {"debounce": 60, "max": 300}}}
        self.s.job(self.s.call("POST", "/api/jobs/submit", debounced)["jobID"])
        window = {"jobType": "noop", "payload": {"n": 1}, "unique": {"while": {"for": 60}, "onConflict": "existing"}}
        self.s.job(self.s.call("POST", "/api/jobs/submit", window)["jobID"])

    def test_what_is_not_described_is_noticed(self):
        known = description.description()
        job = self.s.job(self.s.submit()["jobID"])
        for change in ({"extra": 1}, {"status": "lost"}, {"createdAt": "yesterday"}, {"retryPolicy": {**job["retryPolicy"], "extra": 1}}):
            with self.subTest(change=change):
                self.assertIsNotNone(known.answer_mistake("GET", "/api/jobs/job_1", 200, {**job, **change}))
        self.assertIsNotNone(known.answer_mistake("GET", "/api/jobs/job_1", 200, {k: v for k, v in job.items() if k != "attempt"}))
        self.assertIn("status 206", known.answer_mistake("GET", "/api/jobs/job_1", 206, job))
        self.assertIsNotNone(known.answer_mistake("GET", "/api/nothing", 200, {}))
        self.assertIsNotNone(known.request_mistake("POST", "/api/jobs/submit", {"jobType": "noop", "extra": 1}))
        with self.assertRaises(AssertionError):
            description.check("POST", "/api/jobs/submit", {"jobType": "noop", "extra": 1}, 201, self.s.submit())

    def test_events_are_described(self):
        known = description.description()
        self.s.wait_for(self.s.submit()["jobID"], "completed")
        connection = self.s.connect()
        try:
            connection.request("GET", "/api/events?" + urllib.parse.urlencode({"after": "0-0"}))
            answer = connection.getresponse()
            seen = set()
            while "job.completed" not in seen:
                line = answer.readline().decode()
                self.assertTrue(line, "the stream ended")
                if line.startswith("data: "):
                    event = json.loads(line[len("data: "):])
                    self.assertIsNone(known.mistake({"$ref": "#/components/schemas/Event"}, event), event)
                    seen.add(event["kind"])
        finally:
            connection.close()


if __name__ == "__main__":
    harness.main()
