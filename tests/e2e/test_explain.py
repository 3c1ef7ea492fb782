"""Why a job waits, with real processes: each reason is told while it holds, and not any more when it is over."""
import json
import os
import subprocess
import tempfile

import harness
from harness import Remote, parse_time, time_in, wait_until


def explained(s, job_id):
    """Once the stored jobs have been read."""
    def known():
        try:
            return s.call("GET", f"/api/jobs/{job_id}/explain")
        except harness.Refused as why:
            if why.code != "starting":
                raise
            return None
    return wait_until(known, f"an explanation of {job_id}")


def codes_of(shown):
    return [reason["code"] for reason in shown["reasons"]]


def wait_for_codes(s, job_id, *codes):
    """The explanation that has these reasons and no others, once there is one."""
    seen = []
    def look():
        shown = explained(s, job_id)
        seen[:] = [shown]
        return shown if codes_of(shown) == list(codes) else None
    try:
        return wait_until(look, f"{codes} of {job_id}")
    except AssertionError as why:
        raise AssertionError(f"{seen}\n{why}") from None


class Explain(harness.TestCase):
    # Nothing is placed ahead, so what has no slot waits in its queue.
    settings = {"workers": 1, "slots": 2, "arguments": ("--set", "workers.prefetch_max=0")}

    def setUp(self):
        self.s.wait_for_workers(1)

    def wait_for_codes(self, job_id, *codes):
        return wait_for_codes(self.s, job_id, *codes)

    def cancel(self, *ids):
        for job_id in ids:
            self.s.call("DELETE", f"/api/jobs/{job_id}/cancel")

    def fill_slots(self):
        """Two jobs that run until they are cancelled."""
        ids = [self.s.submit_exec("/bin/sleep", "300")["jobID"] for _ in range(2)]
        for job_id in ids:
            self.s.wait_for(job_id, "running")
        return ids

    def command(self, *words, code=0):
        end = subprocess.run([harness.PROGRAM, *words, "--server", self.s.ready["http"]], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(code, end.returncode, end.stdout)
        return end.stdout

    def test_no_worker_then_none_that_runs_its_type(self):
        with tempfile.TemporaryDirectory() as types:
            with open(os.path.join(types, "thumbnail.json"), "w", encoding="utf-8") as file:
                file.write("{}")
            with harness.Scheduler(workers=0, arguments=("--set", f"jobs.types_directory={types}")) as s:
                plain, other = s.submit()["jobID"], s.submit("thumbnail")["jobID"]
                for job_id in (plain, other):
                    shown = wait_for_codes(s, job_id, "no_worker")
                    self.assertEqual((job_id, "queued"), (shown["jobID"], shown["status"]))
                remote = Remote(s, "w1")
                try:
                    s.wait_for(plain, "completed")
                    shown = wait_for_codes(s, other, "no_worker_runs_type", "worker_lacks")
                    self.assertEqual("w1", shown["reasons"][1]["worker"])
                    wait_for_codes(s, plain, "ended")
                finally:
                    remote.close()

    def test_no_worker_has_what_it_asks_for(self):
        job_id = self.s.submit(resources={"slots": 3, "gpu": 1})["jobID"]
        shown = self.wait_for_codes(job_id, "no_worker_fits", "worker_lacks")
        self.assertIn("3", shown["reasons"][1]["text"])
        self.cancel(job_id)

    def test_its_queue_is_paused(self):
        self.s.call("POST", "/api/queues/held/pause")
        first, second = (self.s.submit(queue="held")["jobID"] for _ in range(2))
        shown = explained(self.s, first)
        self.assertEqual(("queue_paused", 0), (codes_of(shown)[0], shown["ahead"]))
        self.assertIn("'held'", shown["reasons"][0]["text"])
        shown = explained(self.s, second)
        self.assertEqual(("queue_paused", 1), (codes_of(shown)[0], shown["ahead"]))
        self.s.call("POST", "/api/queues/held/resume")
        for job_id in (first, second):
            self.s.wait_for(job_id, "completed")
            self.wait_for_codes(job_id, "ended")

    def test_its_queue_is_at_its_concurrency(self):
        self.s.call("PUT", "/api/queues/single", {"concurrency": 1})
        one = self.s.submit_exec("/bin/sleep", "300", queue="single")["jobID"]
        self.s.wait_for(one, "running")
        two = self.s.submit(queue="single")["jobID"]
        shown = explained(self.s, two)
        self.assertEqual("queue_concurrency", codes_of(shown)[0])
        self.assertEqual([one], shown["reasons"][0]["jobs"])
        self.cancel(one)
        self.s.wait_for(two, "completed")

    def test_a_job_it_depends_on_and_a_time(self):
        at = time_in(3600)
        parent = self.s.submit(scheduleAt=at)["jobID"]
        child = self.s.submit(dependencies=[parent])["jobID"]
        shown = self.wait_for_codes(parent, "scheduled")
        self.assertEqual(("scheduled", at), (shown["status"], shown["reasons"][0]["until"]))
        self.assertLessEqual(parse_time(at), parse_time(shown["projectedStart"]))
        self.assertNotIn("ahead", shown)
        shown = self.wait_for_codes(child, "dependency")
        self.assertEqual([parent], shown["reasons"][0]["jobs"])
        self.assertIn(parent, shown["reasons"][0]["text"])
        self.s.call("PATCH", f"/api/jobs/{parent}", {"scheduleAt": time_in(0)})
        for job_id in (parent, child):
            self.s.wait_for(job_id, "completed")

    def test_a_failed_attempt_and_the_wait_before_the_next(self):
        policy = {"kind": "fixed", "baseSeconds": 600, "jitter": False}
        job_id = self.s.submit_exec("/bin/false", retryCount=1, retryPolicy=policy)["jobID"]
        job = self.s.wait_for(job_id, "retrying")
        shown = self.wait_for_codes(job_id, "backoff")
        self.assertEqual("retrying", shown["status"])
        self.assertAlmostEqual(parse_time(job["nextAttemptAt"]), parse_time(shown["reasons"][0]["until"]), delta=5)
        self.cancel(job_id)

    def test_others_come_first_while_all_slots_are_full(self):
        running = self.fill_slots()
        shown = self.wait_for_codes(running[0], "running")
        self.assertEqual("running", shown["status"])
        worker = self.s.job(running[0])["workerID"]
        self.assertEqual(worker, shown["reasons"][0]["worker"])
        ids = [self.s.submit()["jobID"] for _ in range(3)]
        shown = explained(self.s, ids[0])
        self.assertEqual((["workers_full", "worker_busy"], 0), (codes_of(shown), shown["ahead"]))
        self.assertEqual(worker, shown["reasons"][1]["worker"])
        shown = explained(self.s, ids[2])
        self.assertEqual((["position", "worker_busy"], 2), (codes_of(shown), shown["ahead"]))
        self.assertIn("projectedStart", shown)
        urgent = self.s.submit(priority=9)["jobID"]
        self.assertEqual(0, explained(self.s, urgent)["ahead"])
        self.assertEqual(3, explained(self.s, ids[2])["ahead"])
        self.cancel(*running)
        for job_id in ids + [urgent]:
            self.s.wait_for(job_id, "completed")

    def test_a_job_that_has_ended(self):
        job = self.s.wait_for(self.s.submit()["jobID"], "completed")
        shown = self.wait_for_codes(job["id"], "ended")
        self.assertEqual({"jobID", "status", "reasons"}, set(shown))
        self.assertEqual("completed", shown["status"])
        reason = shown["reasons"][0]
        self.assertEqual((job["completedAt"], job["workerID"]), (reason["until"], reason["worker"]))
        failed = self.s.submit_exec("/bin/false", retryCount=0)["jobID"]
        code = self.s.wait_for(failed, "failed")["error"]["code"]
        shown = self.wait_for_codes(failed, "ended")
        self.assertEqual("failed", shown["status"])
        self.assertIn(code, shown["reasons"][0]["text"])

    def test_a_job_that_there_is_not(self):
        for job_id in ("job_0000000000001", "none"):
            self.assert_refused(404, "unknown_job", "GET", f"/api/jobs/{job_id}/explain")
            self.assertIn("unknown_job", self.command("explain", job_id, code=1))

    def test_the_command_line(self):
        at = time_in(3600)
        job_id = self.s.submit(scheduleAt=at)["jobID"]
        lines = self.command("explain", job_id).splitlines()
        self.assertEqual(f"{job_id} is scheduled", lines[0])
        self.assertIn(f"until {at}", lines[1])
        self.assertTrue(lines[-1].startswith("projected start: "), lines)
        self.assertEqual(["scheduled"], codes_of(json.loads(self.command("explain", job_id, "--json"))))
        self.cancel(job_id)
        self.wait_for_codes(job_id, "ended")
        self.assertEqual(f"{job_id} is cancelled", self.command("explain", job_id).splitlines()[0])


if __name__ == "__main__":
    harness.main()
