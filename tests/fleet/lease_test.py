"""Never two attempts at a time: a worker that cannot reach its scheduler ends what it runs before another gets it.

Usage: lease_test.py PROGRAM [unittest arguments]. A long job writes its fence and the time every 50 ms.
"""
import collections
import contextlib
import os
import shutil
import signal
import sys
import unittest

import hosts
import namespaces
import harness
from harness import wait_until

# Seconds: longer than any step of a test takes, so that jobs end when they are told to.
LONG = 300
SLOTS_OF_MANY = 340
MANY = 300
# A busy machine needs seconds to start as many programs at once, in which the workers' heartbeats are late.
LEASE_OF_MANY = 30


class Lease(unittest.TestCase):
    """A job on one of two workers, whose fault the other one must not meet half-way."""

    def setUp(self):
        self.fleet = hosts.Fleet(count=2, slots=2, worker_settings=["workers.kill_grace=60s"])
        self.addCleanup(shutil.rmtree, self.fleet.directory)
        self.addCleanup(self.fleet.close)
        self.s = self.fleet.scheduler
        self.until = os.path.join(self.fleet.directory, "until")

    def ticks(self):
        """(fence, time) of each sign of life, in the order of their times."""
        with contextlib.suppress(FileNotFoundError):
            with open(self.until + ".ticks", encoding="ascii") as lines:
                return sorted(((int(f), float(t)) for f, t in (line.split() for line in lines)), key=lambda x: x[1])
        return []

    def begin(self, kind, **fields):
        """The worker that runs the job, once it does."""
        payload = self.fleet.attempt(kind, self.until)
        self.job_id = self.s.submit("exec", payload, **{"timeout": LONG, **fields})["jobID"]
        wait_until(self.ticks, "a first sign of life")
        self.old = self.ticks()[0][0]
        self.s.wait_for(self.job_id, "running")
        return self.fleet.workers[self.fleet.journal()[0].host]

    def history(self):
        return self.s.call("GET", f"/api/jobs/{self.job_id}/history")["history"]

    def count_after_the_change(self):
        """Signs of life of another attempt than the first; fails when it met the first one alive."""
        met = [line for line in self.fleet.journal() if line.word == "conflict"]
        if met:
            alive = max(t for fence, t in self.ticks() if fence == int(met[0].holder)) - met[0].time
            raise AssertionError(f"attempt {met[0].fence} began while {met[0].holder} was alive, seen {alive:+.3f} s "
                                 f"from then: {met}\n{self.history()}{self.fleet.logs()}")
        return sum(fence != self.old for fence, _ in self.ticks())

    def check_handover(self, heal=lambda: None):
        """Another attempt comes; then the fault is healed, and the old attempt is not seen again."""
        wait_until(lambda: self.count_after_the_change() >= 3, "another attempt")
        heal()
        self.s.wait_for_workers(2)
        seen = self.count_after_the_change()
        wait_until(lambda: self.count_after_the_change() >= seen + 10, "the new attempt to go on")
        open(self.until, "w", encoding="ascii").close()
        job = self.s.wait_for(self.job_id, "completed")
        ticks = self.ticks()
        fences = sorted({fence for fence, _ in ticks})
        self.assertEqual(2, len(fences), f"two attempts and no more: {self.history()}")
        self.assertEqual(self.old, fences[0], "fences grow")
        last = max(t for fence, t in ticks if fence == fences[0])
        first = min(t for fence, t in ticks if fence == fences[1])
        print(f"the old attempt ended {first - last:.3f} s before the new one began", end=" ... ", file=sys.stderr)
        self.assertLess(last, first, f"the old attempt was alive after the new one began{self.fleet.logs()}")
        self.assertEqual(1, job["lossCount"])

    def check_cut(self, how, kind="plain"):
        worker = self.begin(kind)
        self.fleet.network.cut(worker.k, how)
        self.check_handover(lambda: self.fleet.network.heal(worker.k))

    def test_the_link_is_silent(self):
        self.check_cut("unplug")

    def test_the_link_is_silent_and_the_job_ignores_signals(self):
        self.check_cut("unplug", "rude")

    def test_the_link_is_silent_and_the_job_has_children(self):
        self.check_cut("unplug", "family")

    def test_the_interface_is_down(self):
        self.check_cut("interface")

    def test_only_the_worker_is_not_heard(self):
        self.check_cut("mute")

    def test_only_the_scheduler_is_not_heard(self):
        self.check_cut("deaf")

    def test_an_attempt_that_was_told_to_stop_before(self):
        """It has a minute to react to its time-out, and a lost lease takes that back."""
        worker = self.begin("rude", timeout=2, retryCount=1)
        begun = self.ticks()[0][1]
        wait_until(lambda: self.ticks()[-1][1] - begun > 2.2, "the time-out")
        self.fleet.network.cut(worker.k, "unplug")
        wait_until(lambda: self.count_after_the_change() >= 1, "another attempt")
        second = next(t for fence, t in self.ticks() if fence != self.old)
        wait_until(lambda: self.ticks()[-1][1] > second + 0.5, "the new attempt to go on")
        last = max(t for fence, t in self.ticks() if fence == self.old)
        open(self.until, "w", encoding="ascii").close()
        self.assertLess(last, second, f"the old attempt was alive after the new one began{self.fleet.logs()}")

    def check_stopped(self, kind):
        worker = self.begin(kind)
        pid = worker.working_process()
        os.kill(pid, signal.SIGSTOP)

        def heal():
            namespaces.send_signal(pid, signal.SIGCONT)
        self.addCleanup(heal)
        self.check_handover(heal)

    def test_the_worker_is_stopped(self):
        self.check_stopped("plain")

    def test_the_worker_is_stopped_and_the_job_has_children(self):
        self.check_stopped("family")

    def check_killed(self, kind, kill):
        worker = self.begin(kind)
        kill(worker)

        def heal():
            if worker.process.poll() is not None:
                worker.start()
        heal()
        self.check_handover(heal)

    def test_the_worker_is_killed(self):
        self.check_killed("rude", hosts.Worker.kill)

    @unittest.expectedFailure
    def test_the_worker_is_killed_and_the_job_has_children(self):
        """The limit: kill -9 of the process that guards the worker leaves nobody to end what a job has started."""
        self.check_killed("family", hosts.Worker.kill)

    def test_the_working_process_is_killed_and_the_job_has_children(self):
        def kill(worker):
            pid = worker.working_process()
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not harness.is_alive(pid), "its end")
            if pid == worker.process.pid:
                worker.process.wait()
        self.check_killed("family", kill)


class Restart(unittest.TestCase):
    """The scheduler is killed while many jobs run, and started again: they are adopted."""

    @staticmethod
    def wait_for_all(s, state):
        wait_until(lambda: s.counts()[state] == MANY, f"all to be {state}")

    def test_running_jobs_go_on(self):
        fleet = hosts.Fleet(count=3, slots=SLOTS_OF_MANY, scheduler_settings=[f"cluster.lease={LEASE_OF_MANY}s"])
        self.addCleanup(shutil.rmtree, fleet.directory)
        self.addCleanup(fleet.close)
        s = fleet.scheduler
        until = os.path.join(fleet.directory, "until")
        body = {"jobType": "exec", "payload": fleet.attempt("quiet", until), "timeout": LONG, "tags": ["many"]}
        ids = {item["jobID"] for item in s.call("POST", "/api/jobs/batch", [body] * MANY)["items"]}
        self.assertEqual(MANY, len(ids))
        wait_until(lambda: len(fleet.journal()) == MANY, f"{MANY} running jobs")
        self.wait_for_all(s, "running")
        s.kill()
        s.start()
        self.wait_for_all(s, "running")
        self.assertEqual(MANY, len(fleet.journal()), "nothing began anew")
        open(until, "w", encoding="ascii").close()
        self.wait_for_all(s, "completed")
        jobs = s.call("GET", "/api/jobs?tag=many&limit=1000")["jobs"]
        self.assertEqual(ids, {job["id"] for job in jobs})
        self.assertEqual({(1, 0, 0)}, {(job["attempt"], job["lossCount"], job["retryCount"]) for job in jobs})
        lines = fleet.journal()
        self.assertEqual({"start": MANY, "end": MANY}, collections.Counter(line.word for line in lines))
        self.assertEqual(ids, {line.job for line in lines})


if __name__ == "__main__":
    namespaces.skip_or_go_on()
    harness.main()
