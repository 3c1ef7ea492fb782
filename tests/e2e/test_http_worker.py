"""A worker over HTTP: it keeps the promises that every worker keeps, whatever becomes of it, of the scheduler, and of the
answers between them. Here it is the one in Python; tests/clients/test_typescript_worker.py has the same tests of another one."""
import os
import signal
import subprocess
import sys
import tempfile

import harness
from harness import PATIENCE, QUICK, Refused, wait_until

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "clients"))
from relay import Relay  # pylint: disable=wrong-import-position

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "http_worker_program.py")
# What starts a worker, and the codes with which it ends when a function hangs.
COMMAND = [sys.executable, "-B", PROGRAM]
HANGING_CODES = (70,)
INSTANCE = "an instance for this test"


class Program:
    """The worker's process."""

    def __init__(self, server, name, file, slots=2, grace=30):
        self.name = name
        self.log = file + "." + name + ".log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*COMMAND, server, name, file, str(slots), str(grace)], stderr=log)

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def exit_code(self):
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            with open(self.log, encoding="utf-8") as log:
                raise AssertionError(f"{self.name} does not end\n{log.read()}") from None


class Case(harness.TestCase):
    """`self.relay` is in front of `self.s`; `self.file` has what the workers did."""

    settings = {"workers": 0, "env": QUICK}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="callboard-http-worker-")
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "done")
        self.relay = Relay(self.s.port)
        self.addCleanup(self.relay.close)

    def program(self, name, slots=2, grace=30):
        w = Program(self.relay.address, name, self.file, slots, grace)
        self.addCleanup(self.wait_until_gone, name)
        self.addCleanup(w.end)
        wait_until(lambda: self.worker(name), f"{name} to join")
        return w

    def worker(self, name):
        return next((w for w in self.s.worker_list() if w["id"] == name), None)

    def wait_until_gone(self, name):
        wait_until(lambda: not self.worker(name), f"{name} to be gone")

    def notes(self):
        try:
            with open(self.file, encoding="utf-8") as f:
                return [line.split() for line in f]
        except FileNotFoundError:
            return []

    def wait_for_note(self, what, job):
        return wait_until(lambda: [n for n in self.notes() if n[:2] == [what, job]], f"{what} of {job}")

    def gate(self):
        return os.path.join(self.folder.name, "gate")

    def open_gate(self):
        with open(self.gate(), "w", encoding="utf-8"):
            pass

    def submit_wait(self, **fields):
        return self.s.submit("test.wait", {"until": self.gate()}, **fields)["jobID"]


class Jobs(Case):
    def test_jobs_of_a_type_that_nobody_else_has(self):
        self.program("w-1", slots=4)
        w = self.worker("w-1")
        self.assertEqual((4, False), (w["capacity"], w["local"]))
        with self.assertRaises(Refused) as refused:
            self.s.submit("test.add", {"numbers": "none"})
        self.assertEqual("invalid_payload", refused.exception.code)
        jobs = [self.s.submit("test.add", {"numbers": [n, 1.5]})["jobID"] for n in range(40)]
        for n, job in enumerate(jobs):
            done = self.s.wait_for(job, "completed")
            self.assertEqual(({"sum": n + 1.5}, 1, "w-1"), (done["result"], done["attempt"], done["workerID"]))
        self.assertEqual(len(jobs), len([note for note in self.notes() if note[0] == "begin"]))

    def test_how_a_function_may_end(self):
        self.program("w-1")
        snoozed = self.s.wait_for(self.s.submit("test.fail", {"how": "snooze"})["jobID"], "completed")
        self.assertEqual((2, 0), (snoozed["attempt"], snoozed["retryCount"]))
        for how, code in (("final", "NO_WAY"), ("unknown", "HANDLER_EXCEPTION"), ("bad", "BAD_RESULT")):
            with self.subTest(how=how):
                failed = self.s.wait_for(self.s.submit("test.fail", {"how": how}, maxRetries=0)["jobID"], "failed")
                self.assertEqual((code, 1), (failed["error"]["code"], failed["attempt"]))
                if how == "final":
                    self.assertEqual({"why": 1}, failed["result"])
                if how == "unknown":
                    lines = self.s.call("GET", f"/api/jobs/{failed['id']}/logs")["lines"]
                    self.assertTrue(any(line.endswith("Error: a bug") for line in lines), lines)

    def test_progress_lines_and_checkpoints(self):
        self.program("w-1")
        job = self.submit_wait()
        wait_until(lambda: self.s.job(job).get("progress"), "its progress")
        self.assertEqual({"percent": 40, "message": "waits"}, self.s.job(job)["progress"])
        wait_until(lambda: self.s.job(job).get("checkpoint") == "attempt 1", "its checkpoint")
        self.open_gate()
        self.s.wait_for(job, "completed")
        self.assertIn("it waits", self.s.call("GET", f"/api/jobs/{job}/logs")["lines"])

    def test_the_last_lines_and_the_checkpoint_are_told_before_the_outcome(self):
        self.program("w-1")
        job = self.s.submit("test.resume", {}, maxRetries=1)["jobID"]
        self.assertEqual({"from": "half"}, self.s.wait_for(job, "completed")["result"])
        self.assertIn("line 99", self.s.call("GET", f"/api/jobs/{job}/logs")["lines"])

    def test_a_cancellation_stops_what_runs(self):
        self.program("w-1")
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        self.s.call("POST", f"/api/jobs/{job}/cancel", {})
        self.assertEqual("cancelled", self.wait_for_note("end", job)[0][3])
        self.assertEqual("cancelled", self.s.job(job)["status"])
        # Its slot is free again.
        self.s.wait_for(self.s.submit("test.add", {"numbers": []})["jobID"], "completed")

    def test_a_timeout(self):
        self.program("w-1")
        job = self.submit_wait(timeout=0.5, maxRetries=0)
        self.assertEqual("TIMEOUT", self.s.wait_for(job, "failed")["error"]["code"])
        self.assertEqual("timed_out", self.wait_for_note("end", job)[0][3])


class Leaving(Case):
    def test_it_leaves_in_order(self):
        w = self.program("w-1")
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        w.send(signal.SIGTERM)
        self.open_gate()
        self.assertEqual(0, w.exit_code())
        self.assertEqual((1, 0), (self.s.job(job)["attempt"], self.s.job(job)["lossCount"]))
        self.assertEqual("completed", self.s.job(job)["status"])
        self.assertIsNone(self.worker("w-1"))

    def test_what_does_not_end_is_given_back_uncharged(self):
        w = self.program("w-1", grace=0.5)
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        w.send(signal.SIGTERM)
        self.assertEqual(0, w.exit_code())
        self.assertEqual("shutdown", self.wait_for_note("end", job)[0][3])
        left = self.s.job(job)
        self.assertEqual((0, 0), (left["lossCount"], left["retryCount"]))
        self.open_gate()
        self.program("w-2")
        self.assertEqual("w-2", self.s.wait_for(job, "completed")["result"]["by"])

    def test_it_is_drained_by_name(self):
        w = self.program("w-1")
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        self.s.call("POST", "/api/workers/w-1/drain", {"deadline": 30})
        self.open_gate()
        self.assertEqual(0, w.exit_code())
        self.assertEqual("completed", self.s.job(job)["status"])


class Lost(Case):
    """P2, P3: what ran at a worker that is lost runs again elsewhere, and never at both."""

    def lose(self, how):
        first, _ = self.program("w-1"), self.program("w-2")
        job = self.submit_wait()
        begun = self.wait_for_note("begin", job)
        victim = first if self.s.job(job)["workerID"] == "w-1" else _
        how(victim)
        notes = wait_until(lambda: len(n := [x for x in self.notes() if x[:2] == ["begin", job]]) == 2 and n, "it to run again")
        # Whoever had it before had ended by then.
        self.assertIsNotNone(victim.process.poll())
        self.assertGreater(int(notes[1][2]), int(begun[0][2]))
        self.open_gate()
        done = self.s.wait_for(job, "completed")
        self.assertEqual((2, 1, 2), (done["attempt"], done["lossCount"], done["result"]["attempt"]))
        self.assertEqual(1, len([n for n in self.notes() if n[:2] == ["end", job]]))

    def test_a_worker_is_killed(self):
        self.lose(lambda w: w.send(signal.SIGKILL))

    def test_a_worker_is_stopped(self):
        # Its guard ends it before the scheduler gives the job to another one.
        self.lose(lambda w: w.send(signal.SIGSTOP))

    def test_connections_that_say_nothing_any_more_do_not_cost_the_lease(self):
        lease = 8  # seconds, and a heartbeat waits for its answer for a quarter of that
        with harness.Scheduler(workers=0, env={**QUICK, "CALLBOARD_CLUSTER_LEASE": f"{lease}s"}) as s:
            relay = Relay(s.port)
            self.addCleanup(relay.close)
            w = Program(relay.address, "w-1", self.file)
            self.addCleanup(w.end)

            def beat():
                return harness.parse_time(s.worker_list()[0]["lastHeartbeat"])
            wait_until(s.worker_list, "it to join")
            job = s.submit("test.wait", {"until": self.gate()})["jobID"]
            self.wait_for_note("begin", job)
            first = beat()
            wait_until(lambda: beat() > first + 0.5, "heartbeats to have a connection")
            relay.freeze()
            last = beat()
            wait_until(lambda: beat() > last + lease, "heartbeats to go on")
            self.open_gate()
            done = s.wait_for(job, "completed")
            self.assertEqual((1, 0), (done["attempt"], done["lossCount"]))

    def test_a_lease_that_is_lost_and_found(self):
        """The function is told, what it comes to then does not count, and the job does not wait for its timeout."""
        env = {**QUICK, "CALLBOARD_CLUSTER_LEASE": "4s"}
        with harness.Scheduler(workers=0, env=env) as s:
            relay = Relay(s.port)
            self.addCleanup(relay.close)
            w = Program(relay.address, "w-1", self.file)
            self.addCleanup(w.end)
            wait_until(s.worker_list, "it to join")
            job = s.submit("test.late", {}, timeout=600)["jobID"]
            self.wait_for_note("begin", job)
            relay.port = 1  # where nobody listens
            relay.cut()
            self.assertEqual("lost", self.wait_for_note("end", job)[0][3])
            relay.port = s.port
            self.assertGreater(s.wait_for(job, "completed")["result"]["attempt"], 1)
            self.assertEqual(0, s.job(job)["retryCount"])

    def test_a_function_that_hangs_costs_its_worker(self):
        env = {**QUICK, "CALLBOARD_WORKERS_KILL_GRACE": "500ms"}
        with harness.Scheduler(workers=0, env=env) as s:
            w = Program(f"http://127.0.0.1:{s.port}", "w-1", self.file)
            self.addCleanup(w.end)
            wait_until(s.worker_list, "it to join")
            job = s.submit("test.hang", {}, timeout=0.5, maxRetries=0)["jobID"]
            self.assertIn(w.exit_code(), HANGING_CODES)
            wait_until(lambda: not s.worker_list(), "it to be lost")
            self.assertIn(s.job(job)["status"], ("retrying", "scheduled", "queued"))


class Troubles(Case):
    """Answers get lost, and the scheduler is killed."""

    settings = {"workers": 0}  # leases that outlive a restart

    def test_whatever_answer_is_lost_each_outcome_counts_once(self):
        self.program("w-1", slots=3)
        jobs = []
        for _ in range(12):
            # Of a claim, a heartbeat, an outcome: whatever comes next.
            before = self.relay.lost
            self.relay.drop_answer()
            jobs += [self.s.submit("test.add", {"numbers": [len(jobs) + n]})["jobID"] for n in range(3)]
            wait_until(lambda: self.relay.lost > before, "an answer to be lost")  # pylint: disable=cell-var-from-loop
        for n, job in enumerate(jobs):
            done = self.s.wait_for(job, "completed")
            self.assertEqual(({"sum": n}, 1, 0, 0), (done["result"], done["attempt"], done["lossCount"], done["retryCount"]))
        begun = [n[1] for n in self.notes() if n[0] == "begin"]
        self.assertEqual(sorted(jobs), sorted(begun))

    def test_a_scheduler_that_is_killed_takes_over_what_runs(self):
        self.program("w-1")
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        before = self.s.job(job)
        self.s.kill()
        self.s.start()
        self.relay.port = self.s.port
        wait_until(lambda: self.worker("w-1"), "it to join again")
        self.open_gate()
        done = self.s.wait_for(job, "completed")
        self.assertEqual((1, 0, before["startedAt"]), (done["attempt"], done["lossCount"], done["startedAt"]))
        self.assertEqual(2, len(self.notes()))

    def test_an_outcome_of_the_time_without_a_scheduler_is_told_later(self):
        self.program("w-1")
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        self.s.kill()
        self.open_gate()
        self.wait_for_note("end", job)
        self.s.start()
        self.relay.port = self.s.port
        done = self.s.wait_for(job, "completed")
        self.assertEqual((1, 0), (done["attempt"], done["lossCount"]))


class Protocol(Case):
    """The requests themselves."""

    def ask(self, what, **body):
        return self.s.call("POST", "/api/work/" + what, body)

    def refused(self, what, **body):
        with self.assertRaises(Refused) as why:
            self.ask(what, **body)
        return why.exception.status, why.exception.code

    def join(self, name="curl-1", **more):
        got = self.ask("workers", name=name, instance=INSTANCE, types=[{"name": "by.hand"}], **more)
        return got["session"]

    def test_the_life_of_a_job_by_hand(self):
        session = self.join()
        job = self.s.submit("by.hand", {"a": 1}, maxRetries=0)["jobID"]
        claimed = self.ask("claim", session=session, claim=1, waitSeconds=10)["jobs"]
        self.assertEqual([(job, 1, "by.hand", {"a": 1})],
                         [(j["id"], j["attempt"], j["type"], j["payload"]) for j in claimed])
        # The answer got lost: the same attempt, and nothing new.
        self.assertEqual(claimed, self.ask("claim", session=session, claim=1)["jobs"])
        self.assertEqual({"stop": [], "drain": False}, self.ask("heartbeat", session=session))
        which = {"session": session, "id": job, "fence": claimed[0]["fence"]}
        self.assertEqual((409, "stale_fence"), self.refused("complete", **{**which, "fence": "12345"}))
        taken = self.ask("complete", **which, result=[1])
        self.assertEqual("completed", self.s.job(job)["status"])
        self.assertEqual(taken, self.ask("complete", **which, result=[1]))
        self.assertEqual((409, "invalid_state"), self.refused("fail", **which, code="X"))
        self.assertEqual([1], self.s.job(job)["result"])
        self.assertEqual({"left": True}, self.ask("leave", session=session))
        self.assertEqual((404, "unknown_worker"), self.refused("heartbeat", session=session))
        self.assertIsNone(self.worker("curl-1"))

    def test_a_name_is_of_one_process(self):
        session = self.join("curl-2")
        with self.assertRaises(Refused) as why:
            self.s.call("POST", "/api/work/workers", {"name": "curl-2", "instance": "another process's text",
                                                      "types": [{"name": "by.hand"}]})
        self.assertEqual((409, "invalid_state"), (why.exception.status, why.exception.code))
        again = self.join("curl-2")
        self.assertNotEqual(session, again)
        self.assertEqual((404, "unknown_worker"), self.refused("claim", session=session, claim=1))
        self.ask("leave", session=again)

    def test_a_page_of_another_site_is_no_worker(self):
        status, _, _ = self.s.raw("POST", "/api/work/claim", "{}", {"Content-Type": "application/json",
                                                                    "Origin": "https://elsewhere.example"})
        self.assertEqual(403, status)

    def test_it_can_be_off(self):
        with harness.Scheduler(workers=0, env={"CALLBOARD_HTTP_WORKERS_ACCEPT": "off"}) as s:
            with self.assertRaises(Refused) as why:
                s.call("POST", "/api/work/workers", {"name": "x", "instance": INSTANCE, "types": [{"name": "y"}]})
            self.assertEqual((403, "registration_refused"), (why.exception.status, why.exception.code))


if __name__ == "__main__":
    harness.main()
