"""Steps of the wall clock, and a machine that was suspended, with real processes.

moved_clocks.c gives all of them clocks that a file moves while they run; the monotonic clock stays as it is.
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time

import harness
from harness import parse_time, processes_with, time_in, wait_until

HOUR = 3600


def write(path, text):
    """At once: whoever reads sees the old text or the new one."""
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(text)
    os.replace(path + ".new", path)


def preload(scratch):
    library = os.path.join(scratch, "moved_clocks.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "moved_clocks.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return library


class Steps(harness.unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="callboard-clock-")
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.offset_file = os.path.join(self.scratch, "offset")
        self.set_clock(0)
        env = {"LD_PRELOAD": preload(self.scratch), "MOVED_REALTIME": self.offset_file}
        self.s = harness.Scheduler(workers=2, slots=2, data=os.path.join(self.scratch, "data"), env=env)
        self.addCleanup(self.s.close)
        self.s.wait_for_workers(2)

    def set_clock(self, seconds):
        """So many seconds from the real time of day."""
        self.offset = seconds
        write(self.offset_file, f"{seconds:+d}")

    def step(self, seconds):
        """Sets the clock, and waits until the scheduler has seen it."""
        seen = self.metrics()["clockSteps"]
        self.set_clock(self.offset + seconds)
        wait_until(lambda: self.metrics()["clockSteps"] > seen, "the step to be seen")

    def time_in(self, seconds):
        return time_in(self.offset + seconds)

    def metrics(self):
        return self.s.call("GET", "/api/metrics/jobs")

    def let_pass(self, seconds):
        """By a clock that does not step: as long as a program runs."""
        self.s.wait_for(self.s.submit_exec("/bin/sleep", str(seconds))["jobID"], "completed")

    def beaten_since(self, moment):
        return all(parse_time(w["lastHeartbeat"]) >= moment for w in self.s.worker_list())

    def test_nobody_is_lost_and_jobs_go_by_the_new_time(self):
        long_ones = [self.s.submit_exec("/bin/sleep", "1000")["jobID"] for _ in range(3)]
        for job in long_ones:
            self.s.wait_for(job, "running")
        pids = sorted(w["pid"] for w in self.s.worker_list())

        later = self.s.submit(scheduleAt=self.time_in(30))["jobID"]
        much_later = self.s.submit(scheduleAt=self.time_in(2 * HOUR))["jobID"]
        for seconds in (10, HOUR):
            self.step(seconds)
            moment = time.time() + self.offset
            wait_until(lambda: self.beaten_since(moment), "heartbeats after the step")
        job = self.s.wait_for(later, "completed", limit=10)
        self.assertGreaterEqual(parse_time(job["startedAt"]), parse_time(job["scheduleAt"]))
        self.assertEqual("scheduled", self.s.job(much_later)["status"])

        # Back. A job's alarm that was set before must not start it.
        soon = self.s.submit(scheduleAt=self.time_in(2))["jobID"]
        missed = self.s.submit(deadline=self.time_in(2), dependencies=long_ones[:1])["jobID"]
        self.step(-HOUR)
        self.let_pass(3)
        self.assertEqual("scheduled", self.s.job(soon)["status"])
        self.assertEqual("queued", self.s.job(missed)["status"])
        self.step(HOUR)
        job = self.s.wait_for(soon, "completed", limit=10)
        self.assertGreaterEqual(parse_time(job["startedAt"]), parse_time(job["scheduleAt"]))
        self.assertEqual("DEADLINE_MISSED", self.s.wait_for(missed, "failed", limit=10)["error"]["code"])

        # Through all this the workers kept what they ran.
        for job in long_ones:
            self.assertEqual("running", self.s.job(job)["status"])
            self.assertEqual(0, self.s.job(job).get("lossCount", 0))
        self.assertEqual(0, self.metrics()["lost"])
        self.assertEqual(pids, sorted(w["pid"] for w in self.s.worker_list()))
        for job in long_ones:
            self.s.call("DELETE", f"/api/jobs/{job}/cancel")

    def test_a_back_off_is_not_stretched(self):
        retry = {"kind": "fixed", "baseSeconds": 2, "jitter": False}
        job = self.s.submit_exec("/bin/false", retryCount=1, retryPolicy=retry)["jobID"]
        self.s.wait_for(job, "retrying")
        self.step(-HOUR)
        self.s.wait_for(job, "failed", limit=20)

    def test_ids_grow_over_a_step_back_and_a_crash(self):
        ids = [self.s.submit()["jobID"]]
        self.step(-HOUR)
        ids.append(self.s.submit()["jobID"])
        self.s.kill()
        self.s.start()
        ids.append(self.s.submit()["jobID"])
        self.step(HOUR)
        ids.append(self.s.submit()["jobID"])
        self.assertEqual(sorted(set(ids)), ids)
        for job in ids:
            self.s.wait_for(job, "completed")


class Suspended(harness.unittest.TestCase):
    def test_a_worker_that_was_suspended_stops_what_it_runs(self):
        scratch = tempfile.mkdtemp(prefix="callboard-clock-")
        self.addCleanup(shutil.rmtree, scratch, ignore_errors=True)
        library = preload(scratch)
        ahead = os.path.join(scratch, "ahead")
        write(ahead, "0")
        # By the monotonic clock this lease ends long after the test.
        lease = ["--set", "cluster.lease=2h"]
        with harness.Scheduler(workers=1, slots=1, data=os.path.join(scratch, "data"), arguments=lease,
                               env={"LD_PRELOAD": library, "MOVED_BOOTTIME": ahead}) as s:
            mark = f"1000.{os.getpid()}"
            job = s.submit_exec("/bin/sleep", mark)["jobID"]
            s.wait_for(job, "running")
            wait_until(lambda: processes_with(mark), "the program")
            # Nobody answers heartbeats: what counts is the worker's clock alone.
            s.process.send_signal(signal.SIGSTOP)
            try:
                write(ahead, str(3 * HOUR))
                wait_until(lambda: not processes_with(mark), "the program to be killed")
            finally:
                s.process.send_signal(signal.SIGCONT)
            wait_until(lambda: processes_with(mark), "the job to run again")
            s.call("DELETE", f"/api/jobs/{job}/cancel")


if __name__ == "__main__":
    harness.main()
