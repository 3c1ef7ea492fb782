"""Limits of queues, job types and keys, with real processes: concurrency, rate and pause hold, also across a kill."""
import json
import subprocess
import urllib.parse

import harness
from harness import parse_time, wait_until

# What times in milliseconds may lose.
ROUNDING = 0.005


class Limits(harness.TestCase):
    settings = {"workers": 1, "slots": 4}

    def put(self, path, **rule):
        return self.s.call("PUT", f"/api/{path}", rule)

    def limit(self, path):
        """Once the stored ones have been read."""
        def known():
            try:
                return self.s.call("GET", f"/api/{path}")
            except harness.Refused as why:
                if why.code != "starting":
                    raise
                return None
        return wait_until(known, path)

    def submit(self, count, sleep=0.0, **fields):
        """`count` jobs that take `sleep` seconds each."""
        payload = {"sleepMs": round(sleep * 1000)} if sleep else {}
        return [self.s.submit("noop", payload, **fields)["jobID"] for _ in range(count)]

    def starts(self, ids):
        """When they started, by the worker's clock, in order; all of them must become completed."""
        return sorted(parse_time(self.s.wait_for(i, "completed")["startedAt"]) for i in ids)

    def assert_apart(self, starts, seconds):
        """Jobs that take that long did not run at the same time."""
        for before, after in zip(starts, starts[1:]):
            self.assertGreaterEqual(after - before, seconds - ROUNDING, starts)

    def assert_at_once(self, starts, seconds):
        """Jobs that take that long ran at the same time."""
        self.assertLess(starts[-1] - starts[0], seconds, starts)

    def all_run_after(self, queue):
        """Whatever could start before has started when a job of another queue, submitted now, has ended."""
        self.s.wait_for(self.s.submit(queue=queue)["jobID"], "completed")

    def command(self, *words):
        end = subprocess.run([harness.PROGRAM, *words, "--server", self.s.ready["http"]], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(0, end.returncode, end.stdout)
        return end.stdout

    def test_a_queue_with_concurrency_1_runs_one_job_at_a_time_and_others_pass(self):
        shown = self.put("queues/one%2Fat%20a%20time", concurrency=1)
        self.assertEqual(("one/at a time", 1, None), (shown["name"], shown["concurrency"], shown["rate"]))
        ids = self.submit(4, 0.3, queue="one/at a time")
        self.s.wait_for(ids[0], "running", "completed")
        self.all_run_after("passes")
        shown = self.limit("queues/one%2Fat%20a%20time")
        self.assertGreaterEqual(1, shown["underWay"])
        starts = self.starts(ids)
        self.assert_apart(starts, 0.3)
        passed = self.s.call("GET", "/api/jobs?queue=passes")["jobs"][0]
        self.assertLess(parse_time(passed["startedAt"]), starts[-1])
        self.s.call("DELETE", "/api/queues/one%2Fat%20a%20time")

    def test_a_paused_queue_starts_nothing_also_after_a_kill(self):
        self.assertTrue(self.s.call("POST", "/api/queues/later/pause")["paused"])
        ids = self.submit(5, queue="later")
        self.all_run_after("not later")
        self.s.kill()
        self.s.start()
        shown = self.limit("queues/later")
        self.assertEqual((True, "paused"), (shown["paused"], shown["held"]))
        self.s.counts()  # all stored jobs have been read
        self.s.wait_for_workers(1)
        self.all_run_after("not later")
        shown = self.limit("queues/later")
        self.assertEqual((5, 0, 0), (shown["ready"], shown["running"], shown["underWay"]))
        for i in ids:
            self.assertEqual("queued", self.s.job(i)["status"])
        shown = self.s.call("POST", "/api/queues/later/resume")
        self.assertEqual((False, None, 1), (shown["paused"], shown["concurrency"], shown["weight"]))
        self.starts(ids)

    def test_a_limit_survives_a_kill_while_its_jobs_run(self):
        self.put("queues/kept", concurrency=1, weight=5)
        ids = self.submit(3, 0.5, queue="kept")
        self.s.wait_for(ids[0], "running", "completed")
        self.s.kill()
        self.s.start()
        shown = self.limit("queues/kept")
        self.assertEqual((1, 5), (shown["concurrency"], shown["weight"]))
        # The first may have been started again, as its worker has ended with the scheduler.
        self.assert_apart(self.starts(ids), 0.5)
        self.s.call("DELETE", "/api/queues/kept")

    def test_defaults_of_a_type_hold_after_a_kill_and_go_with_the_rule(self):
        shown = self.put("types/noop", defaults={"priority": 7, "maxRetries": 9, "queue": "by type"})
        self.assertEqual({"priority": 7, "maxRetries": 9, "queue": "by type"}, shown["defaults"])
        job = self.s.job(self.submit(1, priority=2)[0])
        self.assertEqual((2, 9, "by type"), (job["priority"], job["maxRetries"], job["queue"]))
        self.s.kill()
        self.s.start()
        self.assertEqual(shown["defaults"], self.limit("types/noop")["defaults"])
        job = self.s.job(self.submit(1)[0])
        self.assertEqual((7, 9, "by type"), (job["priority"], job["maxRetries"], job["queue"]))
        self.s.call("DELETE", "/api/types/noop")
        job = self.s.job(self.submit(1)[0])
        self.assertEqual((5, 3, "default"), (job["priority"], job["maxRetries"], job["queue"]))
        self.all_run_after("default")

    def test_a_rate_spreads_the_starts(self):
        self.put("queues/slow", rate={"jobs": 5, "per": 1})
        starts = self.starts(self.submit(12, queue="slow"))
        # Eleven times 0.2 s; the first of them may come to its worker late.
        self.assertGreaterEqual(starts[-1] - starts[0], 1.7, starts)
        self.s.call("DELETE", "/api/queues/slow")
        self.assertIsNone(self.limit("queues/slow")["rate"])

    def test_a_type_has_limits_of_its_own(self):
        shown = self.put("types/noop", concurrency=1)
        self.assertEqual(("noop", 1), (shown["name"], shown["concurrency"]))
        self.assertNotIn("weight", shown)
        try:
            ids = self.submit(2, 0.3, queue="a") + self.submit(2, 0.3, queue="b")
            # One of another type passes them, in their own queue.
            other = self.s.wait_for(self.s.submit_exec("/bin/true", queue="a")["jobID"], "completed")
            starts = self.starts(ids)
            self.assert_apart(starts, 0.3)
            self.assertLess(parse_time(other["startedAt"]), starts[-1])
        finally:
            self.s.call("DELETE", "/api/types/noop")

    def test_without_limits_jobs_run_at_once(self):
        self.put("queues/freed", concurrency=1, paused=True)
        ids = self.submit(4, 2, queue="freed")
        shown = self.s.call("DELETE", "/api/queues/freed")
        self.assertEqual((False, None), (shown["paused"], shown["concurrency"]))
        self.assert_at_once(self.starts(ids), 2)

    def test_lists_have_those_with_limits_in_the_order_of_their_names(self):
        for name in ("list-c", "list-a", "list-b"):
            self.put(f"queues/{name}", weight=2)
        names, cursor = [], "list-"
        while cursor is not None:
            page = self.s.call("GET", f"/api/queues?limit=2&cursor={urllib.parse.quote(cursor)}")
            names += [q["name"] for q in page["queues"]]
            cursor = page["next"]
        self.assertEqual(["list-a", "list-b", "list-c"], [n for n in names if n.startswith("list-")])
        self.assertEqual(sorted(names), names)
        for name in ("list-c", "list-a", "list-b"):
            self.s.call("DELETE", f"/api/queues/{name}")
        self.assert_refused(400, "invalid_value", "PUT", "/api/types/noop", {"weight": 2}, "weight")
        self.assert_refused(400, "out_of_range", "PUT", "/api/queues/x", {"rate": {"jobs": 0, "per": 1}}, "rate.jobs")

    def test_the_command_line(self):
        self.assertEqual("by hand  concurrency 2, rate 100/1min\n",
                         self.command("queues", "set", "by hand", "--concurrency", "2", "--rate", "100/1m"))
        self.command("queues", "pause", "by hand")
        self.assertEqual("by hand  concurrency 2, rate 100/1min, burst 3\n",
                         self.command("queues", "set", "by hand", "--burst", "3"))
        shown = json.loads(self.command("queues", "show", "by hand", "--json"))
        self.assertEqual((True, {"jobs": 100, "per": 60, "burst": 3}), (shown["paused"], shown["rate"]))
        self.assertIn("by hand", self.command("queues"))
        self.command("queues", "clear", "by hand")
        shown = json.loads(self.command("queues", "show", "by hand", "--json"))
        self.assertEqual((False, None, None), (shown["paused"], shown["concurrency"], shown["rate"]))
        self.assertEqual("exec  concurrency 3\n", self.command("types", "set", "exec", "--concurrency", "3"))
        self.assertIn("concurrency 3", self.command("types"))
        self.command("types", "clear", "exec")

    def test_keys_of_a_queue_run_side_by_side_and_each_one_job_at_a_time(self):
        shown = self.put("queues/tenants", perKey={"concurrency": 1})
        self.assertEqual({"concurrency": 1, "rate": None}, shown["perKey"])
        acme = self.submit(3, 0.4, queue="tenants", concurrencyKey="acme")
        beta = self.submit(3, 0.4, queue="tenants", concurrencyKey="beta/1")
        shown = wait_until(lambda: self.found_waiting("queues/tenants/keys/acme"), "a key at its limit")
        self.assertEqual(("tenants", "acme", True, 1, "concurrency"),
                         (shown["queue"], shown["key"], shown["inherited"], shown["underWay"], shown["held"]))
        self.assertEqual("key_concurrency", self.s.call("GET", f"/api/jobs/{acme[2]}/explain")["reasons"][0]["code"])
        page = self.s.call("GET", "/api/queues/tenants/keys")
        self.assertEqual((["acme", "beta/1"], None), ([k["key"] for k in page["keys"]], page["next"]))
        of_acme, of_beta = self.starts(acme), self.starts(beta)
        self.assert_apart(of_acme, 0.4)
        self.assert_apart(of_beta, 0.4)
        self.assertLess(of_beta[0], of_acme[-1])
        self.assertEqual("acme", self.s.job(acme[0])["concurrencyKey"])
        self.s.call("DELETE", "/api/queues/tenants")

    def found_waiting(self, path):
        """What it shows once one job of it is under way and others wait."""
        shown = self.limit(path)
        return shown if shown["underWay"] == 1 and shown["ready"] > 0 else None

    def test_a_rule_of_a_key_survives_a_kill(self):
        self.put("queues/kept%20keys", perKey={"concurrency": 1})
        self.put("queues/kept%20keys/keys/a%2Fb", concurrency=3, weight=7)
        self.s.kill()
        self.s.start()
        shown = self.limit("queues/kept%20keys/keys/a%2Fb")
        self.assertEqual(("a/b", 3, 7), (shown["key"], shown["concurrency"], shown["weight"]))
        self.assertFalse(shown["inherited"])
        shown = self.limit("queues/kept%20keys/keys/other")
        self.assertEqual((1, True), (shown["concurrency"], shown["inherited"]))
        shown = self.s.call("DELETE", "/api/queues/kept%20keys/keys/a%2Fb")
        self.assertEqual((1, True), (shown["concurrency"], shown["inherited"]))
        self.s.call("DELETE", "/api/queues/kept%20keys")

    def test_a_paused_key_lets_others_pass(self):
        self.assertEqual("paused", self.s.call("POST", "/api/queues/some/keys/acme/pause")["held"])
        ids = self.submit(2, queue="some", concurrencyKey="acme")
        for other in (self.submit(2, queue="some", concurrencyKey="beta"), self.submit(2, queue="some")):
            self.starts(other)
        for i in ids:
            self.assertEqual("queued", self.s.job(i)["status"])
        self.assertIn("acme", self.command("queues", "keys", "some"))
        self.assertEqual("some key acme  resumed\n", self.command("queues", "resume", "some", "--key", "acme"))
        self.starts(ids)
        self.assertTrue(self.limit("queues/some/keys/acme")["inherited"])

    def test_a_full_queue_refuses_and_accepts_again(self):
        self.put("queues/full", paused=True, waitingMax=2, fullAcceptsFrom=8)
        ids = self.submit(2, queue="full")
        with self.assertRaises(harness.Refused) as refused:
            self.s.submit(queue="full")
        why = refused.exception
        self.assertEqual((429, "queue_full", "queue"), (why.status, why.code, why.field))
        self.assertIn("waitingMax", str(why))
        self.assertEqual("1", why.headers["Retry-After"])
        ids += self.submit(1, queue="full", priority=8) + self.submit(1, queue="not full")
        self.s.call("POST", "/api/queues/full/resume")
        self.starts(ids)
        self.starts(self.submit(1, queue="full"))
        self.s.call("DELETE", "/api/queues/full")
        self.assert_refused(400, "invalid_value", "PUT", "/api/queues/full", {"fullAcceptsFrom": 8}, "fullAcceptsFrom")

    def test_a_retry_rate_spreads_retries_and_lets_first_attempts_pass(self):
        shown = self.put("types/exec", retryRate={"jobs": 2, "per": 1})
        self.assertEqual({"jobs": 2, "per": 1, "burst": 1}, shown["retryRate"])
        try:
            policy = {"kind": "fixed", "baseSeconds": 0.1, "jitter": False}
            ids = [self.s.submit_exec("/bin/false", maxRetries=1, retryPolicy=policy)["jobID"] for _ in range(4)]
            wait_until(lambda: all(self.s.job(i)["attempt"] >= 1 for i in ids), "first attempts")
            self.s.wait_for(self.s.submit_exec("/bin/true")["jobID"], "completed")
            ends = sorted(parse_time(self.s.wait_for(i, "failed")["completedAt"]) for i in ids)
            # Three times half a second.
            self.assertGreaterEqual(ends[-1] - ends[0], 1.2, ends)
        finally:
            self.s.call("DELETE", "/api/types/exec")


if __name__ == "__main__":
    harness.main()
