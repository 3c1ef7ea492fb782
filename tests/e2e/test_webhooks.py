"""Webhooks with a real receiver: what is sent and how it is signed, receivers that fail or are away, crashes, and where the secret is not."""
import collections
import hashlib
import hmac
import json
import os
import subprocess
import time
import unittest

import harness
from harness import wait_until

SECRET = "a5ecretThatNobodyIsShown"
QUICK = {"CALLBOARD_WEBHOOKS_CURSOR_EVERY": "200ms"}


class Receiver(harness.Receiver):
    def deliveries(self):
        """How often each delivery came."""
        return collections.Counter(headers["X-Callboard-Delivery"] for headers, _ in list(self.requests))


def callboard(s, *arguments, code=0):
    done = subprocess.run([harness.PROGRAM, *arguments, "--server", s.ready["http"]], capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def add(s, name, receiver, *kinds, **more):
    definition = {"name": name, "url": receiver.url, "filter": {"kinds": list(kinds), **more.pop("filter", {})}, **more}
    return s.call("POST", "/api/webhooks", definition)


def jobs_of(s, query):
    """All jobs of a list, whatever its pages."""
    jobs, cursor = [], None
    while True:
        page = s.call("GET", f"/api/jobs?{query}&limit=500" + (f"&cursor={cursor}" if cursor else ""))
        jobs += page["jobs"]
        cursor = page["next"]
        if not cursor:
            return jobs


class Webhooks(unittest.TestCase):
    def receiver(self, **settings):
        r = Receiver(**settings)
        self.addCleanup(r.close)
        return r

    def scheduler(self, **settings):
        s = harness.Scheduler(**{"workers": 1, "slots": 8, **settings, "env": {**QUICK, **settings.get("env", {})}})
        self.addCleanup(s.close)
        return s

    def check_signature(self, request):
        """By other code than that which signs."""
        headers, body = request
        stamp = headers["X-Callboard-Timestamp"]
        expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertTrue(hmac.compare_digest("sha256=" + expected, headers["X-Callboard-Signature"]))
        self.assertLess(abs(time.time() - int(stamp)), 120)

    def test_what_passes_the_filter_is_sent_once_and_signed(self):
        receiver, s = self.receiver(), self.scheduler()
        made = add(s, "ops", receiver, "job.failed", "queue", filter={"queue": "mail"}, secret=SECRET, headers={"X-Team": "ops"})
        self.assertTrue(made["signed"])
        self.assertNotIn("secret", made)
        good = s.submit(queue="mail")["jobID"]
        other = s.submit_exec("/bin/false", queue="other", retryCount=0)["jobID"]
        bad = s.submit_exec("/bin/false", queue="mail", retryCount=0)["jobID"]
        s.wait_for(good, "completed")
        s.wait_for(other, "failed")
        s.wait_for(bad, "failed")
        s.call("POST", "/api/queues/mail/pause")
        wait_until(lambda: receiver.events(kind="queue.paused"), "the end of a job and a pause")
        wait_until(lambda: s.call("GET", "/api/webhooks/ops/deliveries")["count"] == 2, "both deliveries")
        (failed,) = receiver.events(kind="job.failed")
        self.assertEqual((bad, "failed", 1, "exec", "mail", "EXIT_STATUS"),
                         tuple(failed[m] for m in ("jobID", "status", "attempt", "type", "queue", "code")))
        self.assertEqual("ops", failed["webhook"])
        self.assertRegex(failed["id"], r"^\d+-\d+$")
        self.assertEqual(f"ops/{bad}/job.failed/1", failed["deliveryID"])
        self.assertEqual(2, len(receiver.requests))
        for headers, body in receiver.requests:
            self.check_signature((headers, body))
            event = json.loads(body)
            self.assertEqual(event["kind"], headers["X-Callboard-Event"])
            self.assertEqual(event["deliveryID"], headers["X-Callboard-Delivery"])
            self.assertEqual("ops", headers["X-Team"])
            self.assertEqual("application/json", headers["Content-Type"])
        # They are ordinary jobs.
        deliveries = wait_until(lambda: [d for d in s.call("GET", "/api/webhooks/ops/deliveries")["deliveries"] if d["status"] == "completed"][1:] and
                                s.call("GET", "/api/webhooks/ops/deliveries")["deliveries"], "both to be completed")
        self.assertEqual(["queue.paused", "job.failed"], [d["kind"] for d in deliveries])
        self.assertEqual(bad, deliveries[1]["eventJobID"])
        self.assertEqual({d["jobID"] for d in deliveries}, {j["id"] for j in s.call("GET", "/api/jobs?queue=webhooks")["jobs"]})
        page = s.call("GET", "/api/webhooks/ops/deliveries?limit=1")
        self.assertEqual(deliveries[1]["jobID"], s.call("GET", f"/api/webhooks/ops/deliveries?limit=1&cursor={page['next']}")["deliveries"][0]["jobID"])
        metrics = s.raw("GET", "/metrics")[1].decode()
        self.assertIn('callboard_webhook_deliveries_total{webhook="ops"} 2', metrics)
        self.assertIn("callboard_webhook_deliveries_pending 0", metrics)
        self.assertIn("callboard_webhook_events_dropped_total 0", metrics)

    def test_deliveries_bring_on_no_deliveries(self):
        receiver, s = self.receiver(refuse=3), self.scheduler()
        add(s, "all", receiver, "job")
        jobs = [s.submit(queue="mail")["jobID"] for _ in range(5)]
        # Created, started, completed; what waited for a slot is told besides.
        wait_until(lambda: all(len(receiver.events(kind=kind)) >= 5 for kind in ("job.created", "job.started", "job.completed")), "all of five jobs")
        last = s.submit(queue="other")["jobID"]
        wait_until(lambda: receiver.events(kind="job.completed", jobID=last), "the end of one that came later")
        wait_until(lambda: s.all_ended() and len(jobs_of(s, "queue=webhooks")) == len(receiver.deliveries()), "all deliveries to be over")
        self.assertEqual({*jobs, last}, {e["jobID"] for e in receiver.events()})
        self.assertFalse([e for e in receiver.events() if e["queue"] == "webhooks"])

    def test_a_receiver_that_refuses_is_tried_again(self):
        receiver, s = self.receiver(refuse=2), self.scheduler()
        add(s, "ops", receiver, "job.failed", secret=SECRET, retryCount=5)
        s.submit_exec("/bin/false", retryCount=0)
        wait_until(lambda: len(receiver.requests) == 3, "three attempts")
        (delivery,) = wait_until(lambda: [d for d in s.call("GET", "/api/webhooks/ops/deliveries")["deliveries"] if d["status"] == "completed"], "it to be delivered")
        self.assertEqual(3, delivery["attempts"])
        # Each attempt is the same request, so a receiver can tell them.
        self.assertEqual(1, len({body for _, body in receiver.requests}))
        self.assertEqual([3], list(receiver.deliveries().values()))
        for request in receiver.requests:
            self.check_signature(request)

    def test_what_cannot_be_delivered_is_a_dead_letter(self):
        receiver, s = self.receiver(refuse=1000), self.scheduler()
        add(s, "ops", receiver, "job.failed", retryCount=0)
        s.submit_exec("/bin/false", retryCount=0)
        (delivery,) = wait_until(lambda: [d for d in s.call("GET", "/api/webhooks/ops/deliveries")["deliveries"] if d["status"] == "failed"], "it to fail")
        self.assertEqual("HTTP_STATUS", delivery["code"])
        self.assertIn("500", delivery["message"])
        receiver.refuse = 0
        s.call("POST", f"/api/jobs/{delivery['jobID']}/retry")
        s.wait_for(delivery["jobID"], "completed")
        self.assertEqual(2, len(receiver.requests))

    def test_a_receiver_that_is_away_gets_it_when_it_is_back(self):
        receiver, s = self.receiver(), self.scheduler()
        port = receiver.port
        add(s, "ops", receiver, "job.completed")
        receiver.close()
        job = s.submit()["jobID"]
        wait_until(lambda: [d for d in s.call("GET", "/api/webhooks/ops/deliveries")["deliveries"] if d["status"] == "retrying"], "a failed attempt")
        back = self.receiver(port=port)
        wait_until(lambda: back.events(kind="job.completed", jobID=job), "the end of the job", limit=2 * harness.PATIENCE)

    def test_paused_resumed_removed(self):
        receiver, s = self.receiver(), self.scheduler()
        add(s, "ops", receiver, "job.completed")
        callboard(s, "webhooks", "pause", "ops")
        self.assertFalse(s.call("GET", "/api/webhooks/ops")["enabled"])
        unseen = s.submit()["jobID"]
        s.wait_for(unseen, "completed")
        callboard(s, "webhooks", "resume", "ops")
        seen = s.submit()["jobID"]
        wait_until(lambda: receiver.events(jobID=seen), "what happens after it was resumed")
        self.assertFalse(receiver.events(jobID=unseen))
        callboard(s, "webhooks", "remove", "ops")
        last = s.submit()["jobID"]
        s.wait_for(last, "completed")
        with self.assertRaises(harness.Refused) as refused:
            s.call("GET", "/api/webhooks/ops")
        self.assertEqual(404, refused.exception.status)
        wait_until(s.all_ended, "all to be over")
        self.assertFalse(receiver.events(jobID=last))
        # A new one of that name begins with what happens from now on.
        add(s, "ops", receiver, "job.completed")
        again = s.submit()["jobID"]
        wait_until(lambda: receiver.events(jobID=again), "what happens after it was made again")
        self.assertFalse(receiver.events(jobID=last))

    def test_the_command_line(self):
        receiver, s = self.receiver(), self.scheduler()
        secret = s.data + ".secret"
        with open(secret, "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        self.assertEqual("no webhooks\n", callboard(s, "webhooks", "list"))
        out = callboard(s, "webhooks", "add", "ops", "--url", receiver.url, "--kind", "job.failed,alert", "--queue", "mail", "--secret-file", secret,
                        "--header", "X-Team: ops", "--retries", "4")
        self.assertIn("job.failed alert, queue mail", out)
        shown = json.loads(callboard(s, "webhooks", "show", "ops", "--json"))
        self.assertEqual((["job.failed", "alert"], {"X-Team": "ops"}, 4, True),
                         (shown["filter"]["kinds"], shown["headers"], shown["retryCount"], shown["signed"]))
        self.assertIn("job.failed alert, queue mail", callboard(s, "webhooks", "list"))
        job = callboard(s, "webhooks", "test", "ops").strip()
        s.wait_for(job, "completed")
        self.check_signature(receiver.requests[0])
        self.assertEqual("webhook.test", receiver.events()[0]["kind"])
        table = callboard(s, "webhooks", "deliveries", "ops")
        self.assertIn(job, table)
        self.assertIn("webhook.test", table)
        self.assertEqual(job, json.loads(callboard(s, "webhooks", "deliveries", "ops", "--json"))["deliveries"][0]["jobID"])
        callboard(s, "webhooks", "add", "ops", "--url", receiver.url, "--kind", "job.failed", code=1)
        changed = json.loads(callboard(s, "webhooks", "add", "ops", "--url", receiver.url, "--kind", "job.failed", "--replace", "--json"))
        self.assertTrue(changed["signed"]) # its secret stays
        self.assertEqual(shown["secretChangedAt"], changed["secretChangedAt"])
        changed = json.loads(callboard(s, "webhooks", "add", "ops", "--url", receiver.url, "--kind", "job.failed", "--replace", "--no-secret", "--json"))
        self.assertFalse(changed["signed"])
        self.assertGreater(changed["secretChangedAt"], shown["secretChangedAt"])

    def test_webhooks_outlive_a_restart(self):
        receiver, s = self.receiver(), self.scheduler()
        made = add(s, "ops", receiver, "job.completed", secret=SECRET, headers={"X-Team": "ops"}, retryCount=7, filter={"type": "noop"})
        add(s, "still", receiver, "job", enabled=False)
        self.assertEqual(0, s.terminate())
        s.start()
        self.assertEqual(made, wait_until(lambda: self.read(s, "/api/webhooks/ops"), "the webhooks to be read"))
        self.assertFalse(s.call("GET", "/api/webhooks/still")["enabled"])
        job = s.submit()["jobID"]
        wait_until(lambda: receiver.events(jobID=job), "the end of a job")
        self.check_signature(receiver.requests[-1])

    def read(self, s, path):
        try:
            return s.call("GET", path)
        except harness.Refused as why:
            if why.status != 503:
                raise
            return None

    def test_killed_in_the_middle_of_many_jobs(self):
        receiver, s = self.receiver(), self.scheduler(slots=16)
        add(s, "ends", receiver, "job.completed", "job.failed", "job.cancelled")
        jobs = []
        for round_ in range(3):
            jobs += self.submit_many(s, 200)
            # Somewhere in the middle: some ends are delivered, some are jobs, some were told, some are to come.
            seen = len(receiver.requests)
            wait_until(lambda n=seen: len(receiver.requests) > n + 20, f"deliveries of round {round_}")
            if round_ == 0:
                self.assertEqual({1}, set(receiver.deliveries().values()), "duplicates while it runs")
            s.kill()
            s.start()
        wait_until(lambda: {e["jobID"] for e in receiver.events()} >= set(jobs), "the end of every job")
        wait_until(s.all_ended, "all to be over")
        for job in jobs:
            self.assertEqual("completed", s.job(job)["status"])
        # Each end is one delivery, however often it was found; an attempt that was cut off comes again with the same id.
        made = jobs_of(s, "queue=webhooks")
        self.assertEqual(len(made), len(receiver.deliveries()))
        self.assertEqual(len(made), len(jobs))

    def submit_many(self, s, count):
        answer = s.call("POST", "/api/jobs/batch", [{"jobType": "noop", "payload": {}, "queue": "many"} for _ in range(count)])
        return [one["jobID"] for one in answer["items"]]

    def test_its_actor_ends_and_nothing_is_lost_or_sent_twice(self):
        receiver, s = self.receiver(), self.scheduler(slots=16)
        add(s, "all", receiver, "job.created", "job.completed")
        jobs = []
        for round_ in range(3):
            jobs += self.submit_many(s, 100)
            s.call("POST", "/api/actors/webhooks/restart")
            jobs += self.submit_many(s, 50)  # told while it is away
            wait_until(lambda n=round_: self.is_there_again(s, n + 1), "it to be there again")
        wait_until(lambda: len(receiver.deliveries()) == 2 * len(jobs), "births and ends of all jobs")
        wait_until(s.all_ended, "all to be over")
        self.assertEqual(2 * len(jobs), len(jobs_of(s, "queue=webhooks")))
        self.assertEqual({1}, set(receiver.deliveries().values()))
        for kind in ("job.created", "job.completed"):
            self.assertEqual(sorted(jobs), sorted(e["jobID"] for e in receiver.events(kind=kind)))

    def is_there_again(self, s, times):
        """Its actor has ended so often, and its supervisor has started it again."""
        ends = sum(a["restarts"] for a in s.call("GET", "/api/actors")["actors"] if a["name"] == "webhooks")
        return ends >= times and s.call("GET", "/api/actors/root")["state"]["child webhooks"] == "running"

    def test_the_secret_is_nowhere(self):
        receiver, s = self.receiver(), self.scheduler(arguments=["--set", "log.level=trace"])
        add(s, "ops", receiver, "job", secret=SECRET)
        s.call("PUT", "/api/webhooks/ops", {"url": receiver.url, "filter": {"kinds": ["job"]}, "secret": SECRET + "2"})
        for bad in ({"secret": SECRET + "\n"}, {"secret": SECRET, "x": 1}, {"secret": [SECRET]}, {"secret": SECRET * 100}):
            with self.assertRaises(harness.Refused) as refused:
                s.call("POST", "/api/webhooks", {"name": "bad", "url": receiver.url, "filter": {"kinds": ["job"]}, **bad})
            self.assertNotIn(SECRET, json.dumps(refused.exception.body))
        job = s.submit()["jobID"]
        wait_until(lambda: receiver.events(jobID=job, kind="job.completed"), "a delivery")
        s.call("POST", "/api/webhooks/ops/test")
        wait_until(s.all_ended, "all to be over")
        everything = [s.log_tail(), callboard(s, "webhooks", "show", "ops"), callboard(s, "webhooks", "list", "--json")]
        for path in ("/api/webhooks", "/api/webhooks/ops", "/api/webhooks/ops/deliveries", "/api/audit", "/api/settings", "/api/actors", "/api/actors/webhooks", "/metrics",
                     "/api/jobs?include=payload,result"):
            everything.append(s.raw("GET", path)[1].decode())
        for delivery in jobs_of(s, "queue=webhooks"):
            everything.append(json.dumps(s.job(delivery["id"])))
        with open(s.log_file, encoding="utf-8") as log:
            everything.append(log.read())
        for folder, _, files in os.walk(os.path.join(s.data, "audit")):
            for name in files:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    everything.append(file.read())
        self.assertTrue(any("webhook.put" in text for text in everything), "the audit log is looked at")
        for text in everything:
            at = text.find(SECRET)
            self.assertEqual(-1, at, text[max(0, at - 200):at + 200])
        # It says that it was changed, and by whom.
        (put,) = [r for r in s.call("GET", "/api/audit?act=webhook.put")["records"] if r.get("outcome")]
        self.assertEqual("[redacted]", put["request"]["secret"])
        self.assertNotEqual(put["before"]["secretChangedAt"], put["after"]["secretChangedAt"])


if __name__ == "__main__":
    harness.main()
