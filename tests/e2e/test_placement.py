"""Workers that hang, die, come and go: who gets a job, and what becomes of the programs of one that is lost."""
import os
import signal

import harness
from harness import PATIENCE, QUICK, Remote, is_alive, lines_of, wait_until


class Hanging(harness.TestCase):
    settings = {"workers": 2, "slots": 2, "env": QUICK}

    def beat_script(self, path):
        # Appends its fence to a file for as long as it lives, ten times a second.
        return ("/bin/sh", "-c", f'i=0; while [ $i -lt 60 ]; do echo "$CALLBOARD_FENCE" >> {path}; sleep 0.1; '
                                 'i=$((i+1)); done')

    def test_a_stopped_worker_s_programs_end_before_they_run_elsewhere(self):
        path = os.path.join(self.s.data, "beats")
        self.s.wait_for_workers(2)
        job_id = self.s.submit_exec(*self.beat_script(path))["jobID"]
        worker = self.s.wait_for(job_id, "running")["workerID"]
        wait_until(lambda: len(lines_of(path)) > 3, "a sign of life")
        pid = next(w["pid"] for w in self.s.worker_list() if w["id"] == worker)
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: len(set(lines_of(path))) > 1, "a second attempt")
        job = self.s.wait_for(job_id, "completed")
        fences = lines_of(path)
        self.assertEqual(sorted(fences, key=int), fences, "a line of the first attempt after one of the second")
        self.assertEqual(2, len(set(fences)))
        self.assertEqual((2, 1), (job["attempt"], job["lossCount"]))
        wait_until(lambda: not is_alive(pid), "the end of the stopped worker")
        self.s.wait_for_workers(2)

    def test_what_a_killed_worker_started_ends_with_it(self):
        path = os.path.join(self.s.data, "pid")
        self.s.wait_for_workers(2)
        # A session of its own: no process group and no death signal of a parent reaches it.
        job_id = self.s.submit_exec("/bin/sh", "-c", f"setsid sleep 300 & echo $! > {path}; wait",
                                    retryCount=0)["jobID"]
        worker = self.s.wait_for(job_id, "running")["workerID"]
        started = int(wait_until(lambda: lines_of(path), "the program's child")[0])
        self.assertTrue(is_alive(started))
        os.kill(next(w["pid"] for w in self.s.worker_list() if w["id"] == worker), signal.SIGKILL)
        wait_until(lambda: not is_alive(started), "the end of what the worker had started")
        self.s.call("DELETE", f"/api/jobs/{job_id}/cancel")


class Placement(harness.TestCase):
    settings = {"workers": 1, "slots": 2}

    def test_a_job_waits_for_a_worker_that_has_what_it_needs(self):
        self.s.wait_for_workers(1)
        job_id = self.s.submit(resources={"gpu": 1, "labels": {"zone": "eu"}})["jobID"]
        plain = self.s.submit()["jobID"]
        self.s.wait_for(plain, "completed")
        self.assertEqual("queued", self.s.job(job_id)["status"])
        remote = Remote(self.s, "gpu-1", "--resources", "gpu=1", "--labels", "zone=eu")
        self.addCleanup(remote.close)
        self.assertEqual("gpu-1", self.s.wait_for(job_id, "completed")["workerID"])

    def test_a_large_job_is_not_passed_for_ever(self):
        self.s.wait_for_workers(1)
        small = [self.s.submit_exec("/bin/sleep", "0.3")["jobID"] for _ in range(2)]
        large = self.s.submit(resources={"slots": 2})["jobID"]
        behind = [self.s.submit_exec("/bin/sleep", "0.1")["jobID"] for _ in range(20)]
        for job_id in small + behind:
            self.s.wait_for(job_id, "completed")
        started = harness.parse_time(self.s.wait_for(large, "completed")["startedAt"])
        for job_id in behind:
            self.assertLessEqual(started, harness.parse_time(self.s.job(job_id)["startedAt"]))

    def test_a_drained_worker_finishes_and_leaves(self):
        remote = Remote(self.s, "going")
        self.addCleanup(remote.close)
        self.s.wait_for_workers(2)
        jobs = [self.s.submit_exec("/bin/sleep", "0.7")["jobID"] for _ in range(3)]
        wait_until(lambda: all(self.s.job(i)["status"] == "running" for i in jobs), "all jobs running")
        self.s.call("POST", "/api/workers/going/drain", {"deadline": 30})
        self.assertEqual(0, remote.process.wait(PATIENCE))
        for job_id in jobs:
            job = self.s.wait_for(job_id, "completed")
            self.assertEqual((1, 0), (job["attempt"], job["lossCount"]))

    def test_a_taken_name_is_refused(self):
        first = Remote(self.s, "same")
        self.addCleanup(first.close)
        self.s.wait_for_workers(2)
        pid = next(w["pid"] for w in self.s.worker_list() if w["id"] == "same")
        second = Remote(self.s, "same")
        self.addCleanup(second.close)
        wait_until(lambda: "same from" in self.s.log_tail() and "is taken" in self.s.log_tail(), "a word about the second one")
        self.assertEqual(pid, next(w["pid"] for w in self.s.worker_list() if w["id"] == "same"))


class Autoscaling(harness.TestCase):
    settings = {"workers": 1, "slots": 1,
                "env": {"CALLBOARD_AUTOSCALE_ENABLED": "true", "CALLBOARD_AUTOSCALE_WORKERS_MAX": "4",
                       "CALLBOARD_AUTOSCALE_TARGET_DRAIN": "2s", "CALLBOARD_AUTOSCALE_WINDOW_DOWN": "2s",
                       "CALLBOARD_AUTOSCALE_PAUSE_UP": "200ms", "CALLBOARD_AUTOSCALE_EVERY": "100ms"}}

    def test_workers_follow_the_queue(self):
        self.s.wait_for_workers(1)
        jobs = [self.s.submit_exec("/bin/sleep", "0.3")["jobID"] for _ in range(60)]
        self.s.wait_for_workers(4)
        scaling = self.s.call("GET", "/api/workers/scale")
        self.assertTrue(scaling["automatic"])
        self.assertLessEqual(scaling["workers"], 4)
        for job_id in jobs:
            job = self.s.wait_for(job_id, "completed")
            self.assertEqual((1, 0), (job["attempt"], job["lossCount"]))
        self.s.wait_for_workers(1)
        answer = self.s.call("POST", "/api/workers/scale", {"min": 2, "max": 3})
        self.assertEqual((True, 2, 3), (answer["automatic"], answer["min"], answer["max"]))
        self.s.wait_for_workers(2)
        self.s.call("POST", "/api/workers/scale", {"workers": 3})
        self.s.wait_for_workers(3)


if __name__ == "__main__":
    harness.main()
