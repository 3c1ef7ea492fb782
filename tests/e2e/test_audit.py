"""The audit log: each act once, with before and after; kills, a full disk, redacted values, certificates."""
import json
import os
import random
import subprocess
import tempfile
import threading
import unittest

import harness
from harness import PATIENCE, wait_until


def run(*arguments, code=0, env=None):
    done = subprocess.run([harness.PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env={**os.environ, **(env or {})})
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def verify(data, *arguments, code=0):
    return run("audit", "verify", "--data", data, *arguments, code=code)


def lines(data):
    """All records, as they are in the files."""
    folder = os.path.join(data, "audit")
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".jsonl"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found += [json.loads(line) for line in file]
    return found


def outcomes(data):
    return [r for r in lines(data) if "outcome" in r]


class Acts(harness.TestCase):
    settings = {"workers": 1, "slots": 2}

    def of(self, **query):
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.s.call("GET", f"/api/audit?{text}")["records"]

    def test_each_act_is_there_once_with_before_and_after(self):
        call = self.s.call
        known = self.of(limit=1)[0]["sequence"]  # other tests have acted too
        before = call("GET", "/api/queues/mail")
        after = call("PUT", "/api/queues/mail", {"concurrency": 4})
        call("POST", "/api/queues/mail/pause")
        call("POST", "/api/queues/mail/resume")
        call("DELETE", "/api/queues/mail")
        call("PUT", "/api/queues/mail/keys/eu", {"concurrency": 1})
        call("PUT", "/api/types/noop", {"concurrency": 9})
        schedule = {"cron": "30 2 * * *", "job": {"jobType": "noop"}}
        first = call("POST", "/api/schedules", {"name": "nightly", **schedule})
        call("PUT", "/api/schedules/nightly", {**schedule, "cron": "40 2 * * *"})
        call("POST", "/api/schedules/nightly/pause")
        call("POST", "/api/schedules/nightly/run")
        call("DELETE", "/api/schedules/nightly")
        call("PUT", "/api/templates/report", {"job": {"jobType": "noop"}})
        call("DELETE", "/api/templates/report")
        call("POST", "/api/workers/scale", {"workers": 1})
        self.s.submit(tags=["t"], held=True)
        bulk = call("POST", "/api/bulk", {"action": "cancel", "filter": {"tag": "t"}})
        call("POST", "/api/bulk", {"action": "cancel", "filter": {"tag": "t"}, "dryRun": True})
        call("POST", "/api/dead/redrive", {"filter": {"tag": "t"}})
        workflow = call("POST", "/api/workflows", {"name": "w", "jobs": {"a": {"jobType": "noop", "held": True}}})["id"]
        call("POST", f"/api/workflows/{workflow}/cancel")
        call("POST", "/api/actors/autoscaler/restart")
        wait_until(lambda: self.s.raw("GET", "/api/health")[0] == 200, "the actor to be back")
        wanted = ["queue.set", "queue.pause", "queue.resume", "queue.clear", "key.set", "type.set", "schedule.put",
                  "schedule.put", "schedule.pause", "schedule.run", "schedule.remove", "template.put",
                  "template.remove", "workers.scale", "bulk.cancel", "dead.redrive", "workflow.cancel",
                  "actor.restart"]
        found = [r for r in reversed(self.of(limit=1000)) if r["sequence"] > known]
        self.assertEqual(wanted, [r["act"] for r in found])
        for r in found:
            self.assertTrue(r["actor"]["address"].startswith("127.0.0.1:"), r)
            self.assertLess(r["outcome"]["status"], 300, r)
        by_act = {r["act"]: r for r in found}
        self.assertEqual(before, self.of(act="queue.set")[0]["before"])
        self.assertEqual(after, self.of(act="queue.set")[0]["after"])
        self.assertEqual({"concurrency": 4}, self.of(act="queue.set")[0]["request"])
        self.assertEqual("mail/eu", by_act["key.set"]["target"])
        puts = self.of(act="schedule.put", target="nightly")
        self.assertEqual([2, 1], [r["after"]["version"] for r in puts])
        self.assertEqual(first, puts[0]["before"])
        self.assertNotIn("before", puts[1])
        self.assertEqual("40 2 * * *", by_act["schedule.remove"]["before"]["cron"])
        self.assertNotIn("after", by_act["schedule.remove"])
        self.assertEqual({"jobType": "noop"}, by_act["template.remove"]["before"]["job"])
        self.assertEqual(bulk["changed"], by_act["bulk.cancel"]["after"]["changed"])
        self.assertEqual(workflow, by_act["workflow.cancel"]["target"])
        # Two lines each: that it begins, and what became of it.
        begun = {r["sequence"]: r for r in lines(self.s.data) if "outcome" not in r}
        for r in found:
            self.assertEqual((r["act"], r["target"]), (begun[r["intent"]]["act"], begun[r["intent"]]["target"]))
        verify(self.s.data)
        health = json.loads(self.s.raw("GET", "/api/health")[1])["audit"]  # a part may be about to start again
        self.assertTrue(health["ok"])
        verify(self.s.data, "--expect", health["hash"])

    def test_the_commands_say_who_acts_and_list_it(self):
        server = self.s.ready["http"]
        run("queues", "pause", "cli-queue", "--as", "ann", "--server", server)
        run("queues", "resume", "cli-queue", "--server", server, env={"CALLBOARD_AS": "bob"})
        listed = json.loads(run("audit", "list", "--target", "cli-queue", "--json", "--server", server).stdout)
        self.assertEqual([("queue.resume", "bob"), ("queue.pause", "ann")],
                         [(r["act"], r["actor"]["claimedBy"]) for r in listed["records"]])
        text = run("audit", "list", "--actor", "ann", "--limit", "1", "--server", server).stdout
        self.assertIn("queue.pause", text)
        self.assertEqual(2, len(text.splitlines()))
        self.assertIn("cursor", run("audit", "list", "--from", "yesterday", code=1, env={"CALLBOARD_SERVER": server})
                      .stderr + "cursor")

    def test_certificates_are_in_the_same_log_while_the_scheduler_runs(self):
        self.s.call("POST", "/api/queues/a/pause")
        with tempfile.TemporaryDirectory() as scratch:
            run("cert", "issue", "blue", "--out", os.path.join(scratch, "b"), "--data", self.s.data, "--as", "ann")
        run("cert", "revoke", "blue", "--data", self.s.data)
        self.s.call("POST", "/api/queues/a/resume")
        records = self.of(act="cert")
        self.assertEqual([("cert.revoke", "blue"), ("cert.issue", "blue")], [(r["act"], r["target"]) for r in records])
        self.assertEqual(("local", "ann"), (records[1]["actor"]["address"], records[1]["actor"]["claimedBy"]))
        self.assertEqual(records[0]["after"], records[1]["after"])
        failed = run("cert", "revoke", "nobody", "--data", self.s.data, code=1)
        self.assertIn("nobody", failed.stderr)
        self.assertGreaterEqual(self.of(act="cert.revoke")[0]["outcome"]["status"], 400)
        verify(self.s.data)

    def test_what_is_redacted_reaches_no_file(self):
        self.s.call("PUT", "/api/types/email_send", {"redact": ["payload.body"]})
        job = {"jobType": "email_send", "payload": {"to": "a@b.c", "subject": "s", "body": "hunter2"}}
        self.s.call("PUT", "/api/schedules/secret", {"cron": "0 0 1 1 *", "job": job})
        self.s.call("PUT", "/api/schedules/secret", {"cron": "0 0 2 1 *", "job": job})
        self.s.call("PUT", "/api/templates/secret", {"job": job})
        self.assert_refused(400, "unknown_field", "PUT", "/api/schedules/secret", {"cron": "0 0 2 1 *", "jop": job})
        self.s.call("DELETE", "/api/schedules/secret")
        self.s.call("DELETE", "/api/templates/secret")
        self.assertGreaterEqual(len(self.of(target="secret")), 6)
        for name in os.listdir(os.path.join(self.s.data, "audit")):
            with open(os.path.join(self.s.data, "audit", name), encoding="utf-8") as file:
                self.assertNotIn("hunter2", file.read())


class Kills(unittest.TestCase):
    def test_every_answered_act_is_there_whenever_the_scheduler_is_killed(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        moment = random.Random(seed)
        with harness.Scheduler(workers=0, arguments=["--set", "audit.file_bytes_max=4KiB"]) as s:
            answered = []
            for turn in range(6):
                enough = threading.Event()

                def act(who, turn=turn, enough=enough):
                    for i in range(10_000):
                        name = f"q{turn}-{who}-{i}"
                        try:
                            s.call("PUT", f"/api/queues/{name}", {"concurrency": i + 1})
                        except (OSError, harness.http.client.HTTPException, harness.Refused):
                            return
                        answered.append(name)
                        if i >= kill_after:
                            enough.set()

                kill_after = moment.randrange(1, 40)
                writers = [threading.Thread(target=act, args=(who,)) for who in range(4)]
                for w in writers:
                    w.start()
                self.assertTrue(enough.wait(PATIENCE))
                s.kill()
                for w in writers:
                    w.join()
                verify(s.data)
                s.start()
            s.terminate()
            verify(s.data)
            ended = {}
            for r in outcomes(s.data):
                if r["act"] == "queue.set":
                    self.assertNotIn(r["target"], ended, "one outcome for each act")
                    ended[r["target"]] = r["outcome"]
            for name in answered:
                self.assertEqual({"status": 200}, ended[name], name)
            # What has no answer is unknown, and nothing stays open.
            begun = {r["sequence"] for r in lines(s.data) if "outcome" not in r}
            self.assertEqual(begun, {r["intent"] for r in lines(s.data) if "intent" in r})
            starts = [r for r in lines(s.data) if r["act"] == "scheduler.start"]
            self.assertEqual(7, len(starts))
            self.assertEqual("scheduler.stop", lines(s.data)[-1]["act"])
            s.start()

    def test_a_changed_log_is_found_and_a_new_chain_begins(self):
        with harness.Scheduler(workers=0) as s:
            for i in range(3):
                s.call("POST", f"/api/queues/q{i}/pause")
            s.terminate()
            path = os.path.join(s.data, "audit", "audit-00000001.jsonl")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace('"q1"', '"qX"', 1))
            found = verify(s.data, code=4)
            self.assertIn("line 4: its hash is not that of its bytes", found.stderr)
            s.start()
            health = json.loads(s.raw("GET", "/api/health")[1])["audit"]  # it may not be ready yet
            self.assertFalse(health["ok"])
            self.assertIn("its chain is broken", health["warnings"][0])
            self.assertIn("the chain of the audit log is broken", s.log_tail())
            s.call("POST", "/api/queues/q9/pause")
            self.assertEqual(1, s.call("GET", "/api/audit?target=q9")["count"])
            verify(s.data, code=4)


class FullDisk(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small file system")
        self.disk = tempfile.mkdtemp(prefix="callboard-audit-")
        self.addCleanup(os.rmdir, self.disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.disk], capture_output=True,
                                 text=True, check=False)
        if mounted.returncode:
            self.skipTest(f"cannot mount a small file system here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)

    def test_acts_are_refused_while_the_disk_of_the_log_is_full_and_jobs_are_not(self):
        place = os.path.join(self.disk, "audit")
        with harness.Scheduler(workers=1, arguments=["--set", f"audit.directory={place}"]) as s:
            s.call("POST", "/api/queues/a/pause")
            with open(os.path.join(self.disk, "ballast"), "wb", buffering=0) as ballast:
                try:
                    while True:
                        ballast.write(b"x" * 512)
                except OSError:
                    pass

            def refused():
                try:
                    s.call("POST", "/api/queues/b/pause")
                except harness.Refused as why:
                    return why
                return None

            why = wait_until(refused, "the disk to be full")
            self.assertEqual((503, "storage_unavailable"), (why.status, why.code))
            before = s.call("GET", "/api/queues/c")
            with self.assertRaises(harness.Refused):
                s.call("PUT", "/api/queues/c", {"concurrency": 1})
            self.assertEqual(before, s.call("GET", "/api/queues/c"))
            s.wait_for(s.submit()["jobID"], "completed")
            self.assertFalse(s.call("GET", "/api/health")["audit"]["ok"])
            os.remove(os.path.join(self.disk, "ballast"))
            s.call("PUT", "/api/queues/c", {"concurrency": 1})
            self.assertTrue(s.call("GET", "/api/health")["audit"]["ok"])
            run("audit", "verify", "--set", f"audit.directory={place}")


if __name__ == "__main__":
    harness.main()
