"""An attempt that has run for its soft timeout is told so, wherever it runs, and what it does then is how it ends."""
import os
import socket
import subprocess

import harness
from harness import wait_until

# Ends well when it is told, and by itself only much later.
PART = "trap 'echo part; exit 0' TERM; echo begun >&2; sleep 600 & wait"
# Saves how far it is when it is told, and ends by itself only when it goes on from there.
STEPS = """
[ "$(cat "$CALLBOARD_CHECKPOINT" 2>/dev/null)" = half ] && exit 0
trap 'printf half > "$CALLBOARD_CHECKPOINT"; exit 75' TERM
sleep 600 & wait
"""
TIMES = {"timeout": 300, "softTimeout": 1}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class SoftTimeout(harness.TestCase):
    settings = {"workers": 1, "slots": 4}

    def shell(self, script, payload=None, **fields):
        body = {"argv": ["/bin/sh", "-c", script], **(payload or {})}
        return self.s.submit("exec", body, **{**TIMES, **fields})["jobID"]

    def logs(self, job):
        return str(self.s.call("GET", f"/api/jobs/{job}/logs"))

    def test_a_program_that_handles_the_signal_ends_well(self):
        job = self.s.wait_for(self.shell(PART), "completed")
        self.assertEqual(("part\n", 0, 1), (job["result"]["stdout"], job["retryCount"], job["attempt"]))
        self.assertEqual((1, 300), (job["softTimeout"], job["timeout"]))
        self.assertIn("its soft timeout of 1 s is over", self.logs(job["id"]))

    def test_it_chooses_its_signal(self):
        script = "trap 'echo usr1; exit 0' USR1; sleep 600 & wait"
        job = self.s.wait_for(self.shell(script, {"softTimeoutSignal": "SIGUSR1"}), "completed")
        self.assertEqual("usr1\n", job["result"]["stdout"])

    def test_a_program_that_ends_by_the_signal_has_timed_out_and_is_retried(self):
        job = self.shell("exec sleep 600", maxRetries=1, retryPolicy={"kind": "fixed", "baseSeconds": 0.1})
        job = self.s.wait_for(job, "failed")
        self.assertEqual(("TIMEOUT", 2), (job["error"]["code"], job["attempt"]))
        self.assertIn("SIGTERM at its soft timeout of 1 s", job["error"]["message"])
        self.assertEqual("SIGTERM", job["result"]["signal"])

    def test_a_rule_for_timeout_counts_for_it(self):
        job = self.shell("exec sleep 600", maxRetries=5, retryPolicy={"onError": {"TIMEOUT": "fail"}})
        self.assertEqual(1, self.s.wait_for(job, "failed")["attempt"])

    def test_with_a_checkpoint_the_next_attempt_goes_on(self):
        job = self.shell(STEPS, maxRetries=0, retryPolicy={"onError": {"EXIT_STATUS": {"snooze": 0.1}}})
        job = self.s.wait_for(job, "completed")
        self.assertEqual((0, 2), (job["retryCount"], job["attempt"]))
        self.assertNotIn("checkpoint", job)

    def test_a_job_with_the_result_of_another_one_is_told_as_well(self):
        workflow = self.s.call("POST", "/api/workflows", {"name": "soft", "jobs": {
            "first": {"jobType": "noop", "payload": {"result": "words"}},
            "then": {"jobType": "exec", **TIMES, "dependencies": ["first"], "payload": {
                "argv": ["/bin/sh", "-c", "trap 'echo $0; exit 0' TERM; sleep 600 & wait",
                         "${jobs.first.result}"]}}}})
        then = self.s.wait_for(workflow["jobs"]["then"]["id"], "completed")
        self.assertEqual("words\n", then["result"]["stdout"])

    def test_a_default_of_its_type_holds_for_jobs_with_a_longer_timeout(self):
        self.s.call("PUT", "/api/types/exec", {"defaults": {"timeout": 300, "softTimeout": 1}})
        argv = {"argv": ["/bin/sh", "-c", PART]}
        told = self.s.submit("exec", argv)["jobID"]
        short = self.s.submit("exec", argv, timeout=1, maxRetries=0)["jobID"]
        self.assertEqual("part\n", self.s.wait_for(told, "completed")["result"]["stdout"])
        failed = self.s.wait_for(short, "failed")
        self.assertNotIn("softTimeout", failed)
        self.assertEqual("ran longer than its timeout", failed["error"]["message"])
        self.s.call("DELETE", "/api/types/exec")

    def test_one_that_is_not_below_the_timeout_is_refused(self):
        self.assert_refused(400, "invalid_value", "POST", "/api/jobs/submit",
                            {"jobType": "noop", "timeout": 5, "softTimeout": 5}, field="softTimeout")
        self.assert_refused(400, "invalid_payload", "POST", "/api/jobs/submit",
                            {"jobType": "exec", "payload": {"argv": ["x"], "softTimeoutSignal": "SIGKILL"}},
                            field="payload.softTimeoutSignal")

    def test_a_cancel_after_it_counts(self):
        told = os.path.join(self.s.scratch, "told")
        job = self.shell(f"trap 'touch {told}' USR1; while :; do sleep 600 & wait; done",
                         {"softTimeoutSignal": "SIGUSR1"})
        wait_until(lambda: os.path.exists(told), "the signal")
        self.assertEqual("running", self.s.job(job)["status"])
        self.s.call("POST", f"/api/jobs/{job}/cancel")
        self.s.wait_for(job, "cancelled")
        wait_until(lambda: self.s.live_workers()[0]["currentJobs"] == 0, "the end of the attempt")


class Adopted(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        pass  # a scheduler at a port that outlives it

    def test_an_attempt_that_outlives_its_scheduler_is_told(self):
        port = free_port()
        s = harness.Scheduler(workers=0, env={"CALLBOARD_CLUSTER_LISTEN": f"127.0.0.1:{port}"})
        self.addCleanup(s.close)
        worker = subprocess.Popen([harness.PROGRAM, "worker", "--join", f"127.0.0.1:{port}", "--name", "remote",
                                   "--slots", "1", "--tls", os.path.join(s.data, "tls")], stderr=subprocess.DEVNULL)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.terminate)
        s.wait_for_workers(1)
        job = s.submit("exec", {"argv": ["/bin/sh", "-c", PART]}, timeout=300, softTimeout=4)["jobID"]
        s.wait_for(job, "running")
        s.kill()
        s.start()
        ended = s.wait_for(job, "completed")
        self.assertEqual(("part\n", 1, 4), (ended["result"]["stdout"], ended["attempt"], ended["softTimeout"]))


if __name__ == "__main__":
    harness.main()
