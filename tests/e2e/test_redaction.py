"""What nobody is shown of jobs, with real processes: the worker has the values, the answers, the program and the log do not,
also for jobs that were there before, and after a kill."""
import json
import os
import subprocess
import tempfile

import harness
from harness import wait_until

SECRET = "hunter2-e2e"
SHOWN = "[redacted]"


class Redaction(harness.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.file = os.path.join(scratch.name, "seen")
        self.s.call("DELETE", "/api/types/exec")

    def payload(self):
        return {"argv": ["/bin/sh", "-c", f'echo "$SECRET" >> {self.file}; printf %s "$SECRET"'],
                "env": {"SECRET": SECRET}}

    def known(self, target):
        """Once the store has been read."""
        def look():
            try:
                return self.s.call("GET", target)
            except harness.Refused as why:
                if why.code != "starting":
                    raise
                return None
        return wait_until(look, target)

    def command(self, *arguments):
        """(exit code, what it wrote) of the program as a client."""
        end = subprocess.run([harness.PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False, timeout=harness.PATIENCE,
                             env={**os.environ, "CALLBOARD_SERVER": self.s.ready["http"]})
        return end.returncode, end.stdout

    def assert_hidden(self, job):
        targets = [f"/api/jobs/{job}", f"/api/jobs/{job}/history", f"/api/jobs/{job}/explain", f"/api/jobs/{job}/logs",
                   "/api/jobs?include=payload,result", "/api/jobs/status/completed?include=result", "/api/schedules/secret",
                   "/api/schedules/secret/history", "/api/templates/secret", "/api/templates/secret/versions",
                   "/api/types/exec"]
        for target in targets:
            self.assertNotIn(SECRET, json.dumps(self.known(target)), target)
        shown = self.s.call("GET", f"/api/jobs/{job}")
        self.assertEqual(SHOWN, shown["payload"]["env"]["SECRET"])
        self.assertEqual("/bin/sh", shown["payload"]["argv"][0])
        self.assertEqual(SHOWN, shown["result"]["stdout"])
        self.assertEqual(0, shown["result"]["exitCode"])
        for words in (("get", job), ("get", job, "--json"), ("logs", job), ("list", "--json"), ("schedules", "show", "secret"),
                      ("templates", "show", "secret"), ("types", "show", "exec")):
            code, text = self.command(*words)
            self.assertEqual(0, code, text)
            self.assertNotIn(SECRET, text, words)

    def test_nobody_is_shown_what_a_type_redacts_and_the_worker_has_it(self):
        job = {"jobType": "exec", "payload": self.payload()}
        before = self.s.call("POST", "/api/jobs/submit", job)["jobID"]
        self.assertIn(SECRET, json.dumps(self.s.wait_for(before, "completed")))
        self.s.call("PUT", "/api/schedules/secret", {"cron": "0 3 1 1 *", "job": job})
        self.s.call("PUT", "/api/templates/secret", {"job": job})

        code, text = self.command("types", "set", "exec", "--redact", "payload.env.SECRET", "--redact", "result.stdout")
        self.assertEqual(0, code, text)
        self.assertIn("redact payload.env.SECRET, redact result.stdout", text)
        self.assert_hidden(before)

        os.remove(self.file)
        later = [self.s.call("POST", "/api/jobs/submit", job)["jobID"],
                 self.s.call("POST", "/api/schedules/secret/run")["jobID"],
                 self.s.call("POST", "/api/templates/secret/submit", {})["jobID"]]
        for one in later:
            self.s.wait_for(one, "completed")
            self.assert_hidden(one)
        self.assertEqual([SECRET] * len(later), harness.lines_of(self.file))

        self.s.kill()
        self.s.start()
        self.assert_hidden(before)
        self.assertNotIn(SECRET, self.s.log_tail())

        # What was shown is not taken for the value.
        shown = self.s.call("GET", "/api/templates/secret")["job"]
        self.assert_refused(400, "invalid_payload", "PUT", "/api/templates/secret", {"job": shown},
                            "job.payload.env.SECRET")
        self.assert_refused(400, "invalid_payload", "PUT", "/api/schedules/secret", {"cron": "0 3 * * *", "job": shown},
                            "job.payload.env.SECRET")
        self.assert_refused(400, "invalid_payload", "POST", "/api/jobs/submit", shown, "payload.env.SECRET")
        bad = {"jobType": "exec", "payload": {"argv": 7, "env": {"SECRET": SECRET}}}
        with self.assertRaises(harness.Refused) as why:
            self.s.call("POST", "/api/jobs/submit", bad)
        self.assertNotIn(SECRET, str(why.exception))

        self.command("types", "set", "exec", "--no-redact", "payload.env.SECRET", "--no-redact", "result.stdout")
        self.assertIn(SECRET, json.dumps(self.s.call("GET", f"/api/jobs/{before}")))

    def test_the_results_of_a_workflow_are_redacted(self):
        self.s.call("PUT", "/api/types/exec", {"redact": ["result.stdout"]})
        echo = {"jobType": "exec", "payload": {"argv": ["/bin/echo", "-n", SECRET + " ${jobs.first.result.exitCode}"]},
                "dependencies": ["first"]}
        body = {"name": "w", "jobs": {"first": {"jobType": "exec", "payload": {"argv": ["/bin/true"]}}, "last": echo}}
        workflow = self.s.call("POST", "/api/workflows", body)["id"]

        def ended():
            w = self.s.call("GET", f"/api/workflows/{workflow}?include=result")
            return w if w["state"] == "completed" else None
        w = wait_until(ended, "the workflow to end")
        self.assertEqual(SHOWN, w["result"]["last"]["stdout"])
        self.assertEqual(SHOWN, w["jobs"]["last"]["result"]["stdout"])
        self.assertNotIn(SECRET, json.dumps(w))


if __name__ == "__main__":
    harness.main()
