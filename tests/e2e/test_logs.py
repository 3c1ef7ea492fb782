"""What a job writes is there while it runs: over REST, by the command line, in the stream of events; and afterwards."""
import os
import subprocess
import tempfile

import harness
from harness import wait_until

# Goes on when a file is there.
STEPS = """
echo "one, of attempt $CALLBOARD_ATTEMPT"
until [ -e {go}1 ]; do sleep 0.05; done
echo two >&2
until [ -e {go}2 ]; do sleep 0.05; done
printf three
exit {code}
"""


class Logs(harness.TestCase):
    settings = {"workers": 1, "slots": 2}

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.go = os.path.join(scratch.name, "go")

    def let_go(self, step):
        with open(f"{self.go}{step}", "w", encoding="utf-8"):
            pass

    def submit(self, code=0, **fields):
        return self.s.submit_exec("/bin/sh", "-c", STEPS.format(go=self.go, code=code), **fields)["jobID"]

    def log(self, job, query=""):
        return self.s.call("GET", f"/api/jobs/{job}/logs{query}")

    def follow(self, job, *flags):
        p = subprocess.Popen([harness.PROGRAM, "logs", "-f", *flags, job], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, env={**os.environ, "CALLBOARD_SERVER": self.s.ready["http"]})
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        return p

    def test_lines_are_seen_while_the_job_runs(self):
        job = self.submit()
        follower = self.follow(job)
        self.assertEqual("one, of attempt 1\n", follower.stdout.readline())
        self.assertEqual("running", self.log(job)["status"])
        self.let_go(1)
        self.assertEqual("two\n", follower.stdout.readline())
        self.let_go(2)
        out, err = follower.communicate(timeout=harness.PATIENCE)
        self.assertEqual(("three\n", "", 0), (out, err, follower.returncode))
        seen = self.log(job)
        self.assertEqual((["one, of attempt 1", "two", "three"], 0, 3, 1),
                         (seen["lines"], seen["first"], seen["next"], seen["attempt"]))
        self.assertEqual(["three"], self.log(job, "?from=2&attempt=1")["lines"])
        self.assertEqual(3, len(self.log(job, "?from=2&attempt=7")["lines"]))

    def test_each_attempt_has_its_own_and_a_failed_one_keeps_them(self):
        self.let_go(1)
        self.let_go(2)
        job = self.submit(3, maxRetries=1, retryPolicy={"kind": "fixed", "baseSeconds": 0.1})
        self.s.wait_for(job, "failed")
        seen = self.log(job)
        self.assertEqual((["one, of attempt 2", "two", "three"], 2), (seen["lines"], seen["attempt"]))

    def test_lines_that_were_told_are_there_after_a_restart_of_the_scheduler(self):
        job = self.submit()
        wait_until(lambda: self.log(job)["lines"], "the first line")
        self.s.kill()
        self.s.start()
        self.s.counts()  # stored jobs have been read
        self.let_go(1)
        self.let_go(2)
        self.s.wait_for(job, "completed")
        seen = self.log(job)
        self.assertEqual(["two", "three"], seen["lines"][-2:])
        self.assertEqual(seen["next"] - seen["first"], len(seen["lines"]))

    def test_a_program_that_writes_without_end_keeps_its_last_lines(self):
        job = self.s.submit_exec("/bin/sh", "-c", "seq 100000")["jobID"]
        self.s.wait_for(job, "completed")
        seen = self.log(job)
        self.assertEqual("100000", seen["lines"][-1])
        self.assertEqual(100000, seen["next"])
        # workers.log_lines_max; twice as many when a report just before the end had some of them.
        self.assertIn(len(seen["lines"]), range(50, 101))

    def test_what_is_redacted_is_not_in_the_log(self):
        self.addCleanup(self.s.call, "DELETE", "/api/types/exec")
        for paths, shown in (["payload.env.X"], True), (["result.stdout"], False), (["log"], False):
            self.s.call("PUT", "/api/types/exec", {"redact": paths})
            job = self.s.submit_exec("/bin/echo", "hunter2")["jobID"]
            self.s.wait_for(job, "completed")
            self.assertEqual(["hunter2" if shown else "[redacted]"], self.log(job)["lines"], paths)

    def test_wrong_parts_are_refused(self):
        job = self.s.submit()["jobID"]
        for query, field in ("?from=-1", "from"), ("?attempt=x", "attempt"), ("?until=3", "until"):
            with self.assertRaises(harness.Refused) as why:
                self.log(job, query)
            self.assertEqual(field, why.exception.field)


if __name__ == "__main__":
    harness.main()
