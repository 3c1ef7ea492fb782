"""Alerts of a real scheduler, each caused: a queue without workers, jobs that fail, a worker that is killed, an objective that burns,
a certificate that ends; told by webhook with a signature and by mail; acknowledged, silenced, and kept over a restart."""
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from harness import wait_until

SECRET = "a secret that nobody is shown"

# Rules that fire within a test.
QUICK = {"CALLBOARD_ALERTS_EVERY": "100ms", "CALLBOARD_ALERTS_HOLD": "500ms", "CALLBOARD_ALERTS_QUEUE_WAITS_ABOVE": "1s",
         "CALLBOARD_ALERTS_QUEUE_WAITS_FOR": "500ms", "CALLBOARD_ALERTS_NO_WORKERS_FOR": "500ms",
         "CALLBOARD_ALERTS_DEAD_LETTERS_GROW_ABOVE": "10", "CALLBOARD_ALERTS_DEAD_LETTERS_GROW_FOR": "0s",
         "CALLBOARD_ALERTS_MOST_JOBS_FAIL_FOR": "0s", "CALLBOARD_ALERTS_CERTIFICATE_ENDS_FOR": "0s"}


def alerts(s, **wanted):
    return [a for a in s.call("GET", "/api/alerts")["alerts"] if all(a[name] == value for name, value in wanted.items())]


def wait_for_alert(s, rule, state="firing", **wanted):
    return wait_until(lambda: alerts(s, rule=rule, state=state, **wanted), f"{rule} to be {state}")[0]


def callboard(s, *arguments, code=0):
    done = subprocess.run([harness.PROGRAM, *arguments, "--server", s.ready["http"]], capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class Alerts(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.secret_file = os.path.join(self.scratch.name, "secret")
        with open(self.secret_file, "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")

    def receiver(self, **settings):
        r = harness.Receiver(**settings)
        self.addCleanup(r.close)
        return r

    def told(self, receiver, **more):
        return {**QUICK, "CALLBOARD_ALERTS_WEBHOOK_URL": receiver.url, "CALLBOARD_ALERTS_WEBHOOK_SECRET_FILE": self.secret_file, **more}

    def check_signature(self, request):
        headers, body = request
        stamp = headers["X-Callboard-Timestamp"]
        expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual("sha256=" + expected, headers["X-Callboard-Signature"])
        self.assertLess(abs(time.time() - int(stamp)), 120)
        self.assertEqual("application/json", headers["Content-Type"])

    def test_jobs_wait_and_nobody_is_there_and_it_is_told_when_somebody_is(self):
        receiver = self.receiver()
        with harness.Scheduler(workers=0, env=self.told(receiver)) as s:
            s.submit(queue="mail")
            waits = wait_for_alert(s, "queue_waits", target="queue/mail")
            self.assertGreater(waits["value"], 1)
            self.assertEqual(1, waits["threshold"])
            self.assertGreaterEqual(harness.parse_time(waits["firedAt"]) - harness.parse_time(waits["since"]), 0.5)
            none = wait_for_alert(s, "no_workers")
            self.assertEqual("critical", none["severity"])
            self.assertIn("no worker is there", s.log_tail())
            # The notices wait as all jobs do.
            self.assertFalse(receiver.requests)
            self.assertTrue(wait_until(lambda: s.call("GET", "/api/jobs?queue=alerts")["jobs"], "jobs that tell of it"))
            s.call("POST", "/api/workers/scale", {"workers": 1})
            wait_for_alert(s, "no_workers", "resolved")
            wait_for_alert(s, "queue_waits", "resolved", target="queue/mail")
            for rule in ("no_workers", "queue_waits"):
                for kind in ("alert.fired", "alert.resolved"):
                    wait_until(lambda r=rule, k=kind: receiver.events(rule=r, kind=k), f"{kind} of {rule}")
            for request in receiver.requests:
                self.check_signature(request)
            # Each once.
            told = [(b["id"], b["kind"]) for b in receiver.events()]
            self.assertEqual(len(told), len(set(told)))

    def test_dead_letters_and_failures(self):
        receiver = self.receiver(refuse=1)
        with harness.Scheduler(workers=1, slots=8, env=self.told(receiver)) as s:
            s.call("PUT", "/api/queues/bad", {"objective": {"successShare": 0.99}})
            # What had failed before the first look is no growth.
            wait_until(lambda: s.call("GET", "/api/alerts")["objectives"], "a look")
            for _ in range(25):
                s.submit_exec("/bin/false", queue="bad", retryCount=0)
            dead = wait_for_alert(s, "dead_letters_grow")
            self.assertGreater(dead["value"], 10)
            most = wait_for_alert(s, "most_jobs_fail", target="queue/bad")
            self.assertEqual(1, most["value"])
            wait_for_alert(s, "most_jobs_fail", target="type/exec")
            burns = wait_for_alert(s, "success_burns_fast", target="queue/bad")
            self.assertAlmostEqual(14.4, burns["threshold"])
            self.assertAlmostEqual(100, burns["value"])
            wait_for_alert(s, "success_burns_slow", target="queue/bad")
            (objective,) = s.call("GET", "/api/alerts")["objectives"]
            self.assertEqual(("bad", "success", 0.99), (objective["queue"], objective["objective"], objective["share"]))
            self.assertAlmostEqual(100, objective["burnRates"]["5m"])
            # The first webhook was refused and came again.
            wait_until(lambda: len(receiver.requests) >= 6, "webhooks")
            wait_until(lambda: receiver.events(rule="dead_letters_grow") and receiver.events(rule="most_jobs_fail"), "both alerts")
            metrics = s.raw("GET", "/metrics")[1].decode()
            self.assertIn('callboard_alerts{rule="dead_letters_grow",state="firing"} 1', metrics)
            self.assertIn('callboard_alerts{rule="queue_waits",state="firing"} 0', metrics)
            # Discarded, they are no dead letters any more.
            s.call("POST", "/api/dead/discard", {"filter": {"queue": "bad"}})
            wait_for_alert(s, "dead_letters_grow", "resolved")

    def test_a_queue_starts_its_jobs_too_late_for_its_objective(self):
        with harness.Scheduler(workers=0, env={**QUICK, "CALLBOARD_ALERTS_OFF": "no_workers,queue_waits"}) as s:
            s.call("PUT", "/api/queues/mail", {"objective": {"waitSeconds": 0.01, "waitShare": 0.9}})
            wait_until(lambda: s.call("GET", "/api/alerts")["objectives"], "the objective to be seen")
            for _ in range(12):
                s.submit(queue="mail")
            time_of_last = time.monotonic()
            wait_until(lambda: time.monotonic() - time_of_last > 0.1, "jobs to be late")
            s.call("POST", "/api/workers/scale", {"workers": 1})
            burns = wait_for_alert(s, "wait_burns_fast", target="queue/mail")
            self.assertAlmostEqual(10, burns["value"])
            self.assertAlmostEqual(9, burns["threshold"])  # 14.4 cannot be reached
            self.assertFalse(alerts(s, rule="no_workers"))

    def test_a_worker_is_killed(self):
        with harness.Scheduler(workers=1, env={**harness.QUICK, **QUICK}) as s:
            (worker,) = s.wait_for_workers(1)
            os.kill(worker["pid"], signal.SIGKILL)
            lost = wait_for_alert(s, "workers_lost")
            self.assertGreaterEqual(lost["value"], 1)
            self.assertIn("callboard_workers_lost_total 1", s.raw("GET", "/metrics")[1].decode())

    def test_a_certificate_ends_and_it_is_told_by_mail(self):
        catcher = harness.MailCatcher()
        self.addCleanup(catcher.close)
        # All certificates of this scheduler end within a hundred years.
        env = {**QUICK, "CALLBOARD_ALERTS_CERTIFICATE_ENDS_BELOW": "7000d", "CALLBOARD_ALERTS_EMAIL_TO": "ops@example.com",
               "CALLBOARD_HANDLERS_SMTP_PORT": str(catcher.port)}
        with harness.Scheduler(workers=1, env=env) as s:
            ends = wait_for_alert(s, "certificate_ends", target="certificate/node")
            self.assertLess(ends["value"], 7000 * 86400)
            mail = json.dumps(catcher.next_mail())
            self.assertIn("certificate_ends", mail)
            self.assertIn("callboard warning", mail)

    def test_acknowledged_and_silenced(self):
        receiver = self.receiver()
        with harness.Scheduler(workers=0, env=self.told(receiver, CALLBOARD_ALERTS_HOLD="1min")) as s:
            silence = json.loads(callboard(s, "alerts", "silence", "--rule", "queue_waits", "--for", "1h", "--comment", "a test",
                                           "--json", "--as", "ann"))
            self.assertEqual(("ann", "a test", None), (silence["by"], silence["comment"], silence["target"]))
            self.assertIn("queue_waits", callboard(s, "alerts", "silences"))
            s.submit(queue="mail")
            waits = wait_for_alert(s, "queue_waits", target="queue/mail")
            self.assertEqual((silence["id"], False), (waits["silence"], waits["notified"]))
            none = wait_for_alert(s, "no_workers")
            callboard(s, "alerts", "ack", none["id"], "--comment", "I look", "--as", "bob")
            listed = callboard(s, "alerts", "list")
            self.assertIn("acknowledged by bob", listed)
            self.assertIn("queue_waits", listed)
            shown = json.loads(callboard(s, "alerts", "list", "--state", "firing", "--json"))
            self.assertEqual({"queue_waits", "no_workers"}, {a["rule"] for a in shown["alerts"]})
            callboard(s, "alerts", "ack", "alert_0000000000000000", code=1)
            callboard(s, "alerts", "silence", "--for", "1h", code=1)
            # Both are acts.
            acts = {r["act"]: r for r in s.call("GET", "/api/audit?act=alert")["records"]}
            self.assertEqual({"alert.ack", "alert.silence"}, set(acts))
            self.assertEqual(("bob", none["id"]), (acts["alert.ack"]["actor"]["claimedBy"], acts["alert.ack"]["target"]))

            # A restart forgets neither, and tells nobody again.
            before = {a["id"]: a for a in alerts(s, state="firing")}
            jobs = len(s.call("GET", "/api/jobs?queue=alerts")["jobs"])
            s.kill()
            s.start()
            wait_until(lambda: s.call("GET", "/api/alerts")["evaluatedAt"], "a look after the restart")
            after = {a["id"]: a for a in alerts(s, state="firing")}
            self.assertLessEqual(set(before), set(after))
            self.assertEqual("bob", after[none["id"]]["ack"]["by"])
            self.assertEqual([silence["id"]], [x["id"] for x in s.call("GET", "/api/alerts/silences")["silences"]])
            self.assertEqual(jobs, len(s.call("GET", "/api/jobs?queue=alerts")["jobs"]))

            # The silence ends, and what fires still is told.
            callboard(s, "alerts", "unsilence", silence["id"])
            wait_until(lambda: alerts(s, rule="queue_waits", notified=True), "queue_waits to be told")
            self.assertEqual("no silences\n", callboard(s, "alerts", "silences"))

    def test_events_of_alerts(self):
        with harness.Scheduler(workers=0, env=QUICK) as s:
            s.submit(queue="mail")
            wait_for_alert(s, "queue_waits")
            told = callboard(s, "events", "--kind", "alert", "--after", "0-0", "--count", "1", "--json")
            event = json.loads(told.splitlines()[0])
            self.assertEqual("alert.fired", event["kind"])
            self.assertIn(event["name"], ("queue_waits", "no_workers"))

    def test_the_secret_is_shown_nowhere(self):
        receiver = self.receiver()
        with harness.Scheduler(workers=1, env=self.told(receiver, CALLBOARD_ALERTS_DEAD_LETTERS_GROW_ABOVE="0")) as s:
            wait_until(lambda: s.call("GET", "/api/alerts")["evaluatedAt"], "a look before there are any")
            s.submit_exec("/bin/false", retryCount=0)
            wait_until(lambda: receiver.requests, "a webhook")
            (job, *_) = s.call("GET", "/api/jobs?queue=alerts&include=payload,result")["jobs"]
            everything = [json.dumps(s.job(job["id"])), json.dumps(job), s.log_tail(), json.dumps(s.call("GET", "/api/alerts")),
                          s.raw("GET", "/metrics")[1].decode()]
            with open(os.path.join(s.data, "alerts.json"), encoding="utf-8") as file:
                everything.append(file.read())
            for text in everything:
                self.assertNotIn(SECRET, text)
        env = {**os.environ, "CALLBOARD_ALERTS_WEBHOOK_URL": receiver.url, "CALLBOARD_ALERTS_WEBHOOK_SECRET_FILE": "/nowhere/secret",
               "CALLBOARD_STORE_DIRECTORY": os.path.join(self.scratch.name, "data")}
        refused = subprocess.run([harness.PROGRAM, "serve"], env=env, capture_output=True, text=True, check=False, timeout=harness.PATIENCE)
        self.assertEqual(1, refused.returncode)
        self.assertIn("alerts.webhook_secret_file", refused.stderr)

    def test_alerts_can_be_switched_off(self):
        with harness.Scheduler(workers=0, env={**QUICK, "CALLBOARD_ALERTS_ENABLED": "false"}) as s:
            s.submit()
            self.assertEqual({"alerts": [], "count": 0, "objectives": [], "enabled": False, "evaluatedAt": None},
                             s.call("GET", "/api/alerts"))
            self.assertIn("alerts.enabled is false", callboard(s, "alerts", "list"))

    def test_thresholds_are_those_of_the_rules_for_prometheus(self):
        """A number in the one and not in the other is a mistake."""
        with open(os.path.join(harness.ROOT, "config", "prometheus", "callboard.rules.yml"), encoding="utf-8") as file:
            text = file.read()
        rules = {m[1]: m[2] for m in re.finditer(r"- alert: (\w+)\n(.*?)annotations:", text, re.DOTALL)}
        with open(os.path.join(harness.ROOT, "config", "callboard.toml"), encoding="utf-8") as file:
            settings = dict(re.findall(r"^#? ?(\w+) = \"?([^\"\n]*)\"?$", file.read().split("[alerts]")[1].split("\n[")[0], re.MULTILINE))
        for rule, alert, number, unit in (
                ("queue_waits", "CallboardQueueWaits", "1800", "30min"), ("commit_slow", "CallboardCommitSlow", "0.25", "250ms"),
                ("schedule_late", "CallboardScheduleLate", "60", "1min"), ("dead_letters_grow", "CallboardDeadLettersGrow", "100", "100")):
            self.assertRegex(rules[alert], rf"> {re.escape(number)}\n")
            self.assertEqual(unit, settings[rule + "_above"])
        for rule, alert, number, percent in (("most_jobs_fail", "CallboardMostJobsFail", "0.5", "50"), ("queue_full", "CallboardQueueFull", "0.9", "90"),
                                             ("jobs_nearly_full", "CallboardNearlyFull", "0.9", "90"),
                                             ("disk_nearly_full", "CallboardDiskNearlyFull", "0.1", "10")):
            self.assertRegex(rules[alert], rf"[<>] {re.escape(number)}\n")
            self.assertEqual(percent, settings[rule + "_percent"])
        for rule, alert in (("queue_waits", "QueueWaits"), ("queue_full", "QueueFull"), ("jobs_nearly_full", "NearlyFull"),
                            ("most_jobs_fail", "MostJobsFail"), ("failures_above_usual", "FailuresAboveUsual"), ("no_workers", "NoWorkers"),
                            ("dead_letters_grow", "DeadLettersGrow"), ("store_not_writable", "StoreNotWritable"), ("commit_slow", "CommitSlow"),
                            ("disk_nearly_full", "DiskNearlyFull"), ("schedule_late", "ScheduleLate"), ("schedules_faulty", "ScheduleFaulty"),
                            ("clock_stepped", "ClockStepped"), ("certificate_ends", "CertificateEnds"), ("audit_not_writable", "AuditNotWritable")):
            lasts = re.search(r"for: (\d+)([mh])", rules["Callboard" + alert])
            self.assertEqual(f"{lasts[1]}{'min' if lasts[2] == 'm' else 'h'}", settings[rule + "_for"], rule)


if __name__ == "__main__":
    harness.main()
