"""A program with job types of its own, launched by the scheduler and joining by itself.

Usage: own_worker.py CALLBOARD TEST_WORKER [unittest arguments]
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # pylint: disable=wrong-import-position
from harness import PATIENCE, wait_until  # pylint: disable=wrong-import-position

WORKER = os.path.abspath(sys.argv.pop(2)) if len(sys.argv) > 2 else ""
# Without it a second start of the job would hide what the first one did.
ONCE = {"retryCount": 0}


def result_of(job):
    return job["result"]


class Launched(harness.TestCase):
    """One local worker, which is the program; `hello` is an argument of its own."""

    settings = {"workers": 1, "slots": 4, "arguments": ("--worker-command", f"{WORKER} hello")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.s.wait_for_workers(1)

    def run_job(self, job_type, payload=None, state="completed", **fields):
        return self.s.wait_for(self.s.submit(job_type, payload, **fields)["jobID"], state)

    def logs(self, job_id):
        return json.dumps(self.s.call("GET", f"/api/jobs/{job_id}/logs"))

    def test_arguments_before_the_word_worker_are_the_programs_own(self):
        self.assertEqual("hello", result_of(self.run_job("own_argument")))

    def test_its_types_and_their_versions_are_shown_and_built_in_ones_are_off(self):
        worker = self.s.live_workers()[0]
        self.assertIn("strict", worker["types"])
        self.assertNotIn("exec", worker["types"])
        self.assertEqual("1.0", self.s.call("GET", f"/api/workers/{worker['id']}/status")["versions"]["strict"])

    def test_a_payload_that_breaks_its_schema_is_refused_at_submit_with_the_field(self):
        self.assert_refused(400, "invalid_payload", "POST", "/api/jobs/submit",
                            {"jobType": "strict", "payload": {}}, field="payload.file")
        self.assert_refused(400, "invalid_payload", "POST", "/api/jobs/submit",
                            {"jobType": "strict", "payload": {"file": "a", "more": 7}}, field="payload.more")
        self.run_job("strict", {"file": "a"})

    def test_a_handler_knows_its_attempt(self):
        job = self.run_job("about", resources={"memory": 64 << 20, "cpu": 0.5})
        about = result_of(job)
        self.assertEqual(1, about["attempt"])
        self.assertGreater(about["fence"], 1 << 32)
        self.assertEqual(64 << 20, about["memory"])
        self.assertEqual(500, about["cpu"])
        # on_start has run, in the process that does the work.
        self.assertEqual(1, about["started"])
        self.assertEqual(self.s.live_workers()[0]["pid"], about["pid"])

    def test_a_crash_in_its_own_process_costs_one_job_and_not_its_neighbours(self):
        pid = result_of(self.run_job("about"))["pid"]
        neighbours = [self.s.submit(t, **ONCE)["jobID"] for t in ("wait", "wait_in_process")]
        for job_id in neighbours:
            self.s.wait_for(job_id, "running")
        failed = self.run_job("abort_in_process", state="failed", **ONCE)
        self.assertEqual("HANDLER_CRASHED", failed["error"]["code"])
        self.assertIn("SIGABRT", failed["error"]["message"])
        self.assertIn("about to crash", self.logs(failed["id"]))
        for job_id in neighbours:
            job = self.s.job(job_id)
            self.assertEqual(("running", 0), (job["status"], job["retryCount"]), job)
            self.s.call("POST", f"/api/jobs/{job_id}/cancel")
        self.assertEqual(pid, result_of(self.run_job("about"))["pid"])

    def test_a_cancelled_handler_is_asked_to_stop_wherever_it_runs(self):
        for job_type in ("wait", "wait_in_process"):
            job_id = self.s.submit(job_type)["jobID"]
            wait_until(lambda j=job_id: self.s.job(j).get("progress", {}).get("percent") == 10, f"progress of {job_type}")
            self.s.call("POST", f"/api/jobs/{job_id}/cancel")
            self.s.wait_for(job_id, "cancelled")
            # The attempt ends after the job.
            wait_until(lambda: self.s.live_workers()[0]["currentJobs"] == 0, f"the end of {job_type}")

    def test_a_timeout_asks_to_stop_as_well(self):
        for job_type in ("wait", "wait_in_process"):
            failed = self.run_job(job_type, state="failed", timeout=1, **ONCE)
            self.assertEqual("TIMEOUT", failed["error"]["code"])
            self.assertIn("asked to stop", self.logs(failed["id"]))

    def test_the_soft_timeout_is_told_and_the_next_attempt_goes_on_from_what_was_saved(self):
        for job_type in ("part", "part_in_process"):
            job = self.run_job(job_type, {"then": "snooze"}, timeout=300, softTimeout=0.5, **ONCE)
            self.assertEqual(("whole", 2, 0), (result_of(job), job["attempt"], job["retryCount"]))
            failed = self.run_job(job_type, state="failed", timeout=300, softTimeout=0.5, **ONCE)
            self.assertEqual("TIMEOUT", failed["error"]["code"])
            self.assertEqual("ended at its soft timeout of 0.5 s", failed["error"]["message"])
            self.assertEqual("half", failed["checkpoint"])
            self.assertIn("its soft timeout of 0.5 s is over", self.logs(failed["id"]))

    def test_a_crash_on_a_thread_costs_the_worker_which_is_started_again(self):
        before = result_of(self.run_job("about"))["pid"]
        job = self.run_job("abort_in_worker")
        self.assertEqual(0, job["retryCount"], job)  # a loss is not charged
        self.assertNotEqual(before, result_of(self.run_job("about"))["pid"])

    def test_outcomes_besides_success_and_failure(self):
        self.assertEqual(True, result_of(self.run_job("snooze_once")))
        failed = self.run_job("give_up", state="failed", retryCount=5)
        self.assertEqual(("NO_USE", 0), (failed["error"]["code"], failed["retryCount"]))

    @unittest.skipIf(os.environ.get("ASAN_OPTIONS"), "AddressSanitizer ends a process that gets no memory")
    def test_reserved_memory_is_the_limit_of_an_isolated_attempt(self):
        failed = self.run_job("hog", state="failed", resources={"memory": 64 << 20}, **ONCE)
        self.assertEqual("HANDLER_MEMORY_LIMIT", failed["error"]["code"])
        self.assertEqual(512 << 20, result_of(self.run_job("hog")))


class Joining(unittest.TestCase):
    """Types that only workers know, over the life of workers and schedulers."""

    def setUp(self):
        # At a port that outlives the scheduler.
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.s = harness.Scheduler(workers=0, env={"CALLBOARD_CLUSTER_LISTEN": f"127.0.0.1:{port}"})
        self.addCleanup(self.s.close)

    def restart(self):
        self.assertEqual(0, self.s.terminate())
        self.s.start()

    def bundle(self, name):
        path = os.path.join(self.s.scratch, name + ".bundle")
        subprocess.run([harness.PROGRAM, "cert", "issue", name, "--out", path, "--tls",
                        os.path.join(self.s.data, "tls")], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)
        return path

    def join(self, name, *own):
        """The program as a worker with a certificate; returns a function that ends it."""
        command = [WORKER, *own, "worker", "--join", self.s.ready["cluster"], "--bundle", self.bundle(name)]
        with open(os.path.join(self.s.scratch, name + ".log"), "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen(command, stderr=log)

        def end():
            if process.poll() is None:
                process.terminate()
                self.assertEqual(0, process.wait(PATIENCE))
        self.addCleanup(end)
        wait_until(lambda: name in [w["id"] for w in self.s.live_workers()], f"worker {name}")
        return end

    def refusal(self, job_type, payload):
        with self.assertRaises(harness.Refused) as caught:
            self.s.submit(job_type, payload)
        return caught.exception

    def test_a_type_is_accepted_from_its_first_worker_on_for_good(self):
        unknown = self.refusal("strict", {})
        self.assertEqual("unknown_job_type", unknown.code)
        self.assertIn("email_send", str(unknown))
        self.assertNotIn("strict,", str(unknown))

        end = self.join("one")
        job_id = self.s.submit("strict", {"file": "a"})["jobID"]
        self.assertEqual("one", self.s.wait_for(job_id, "completed")["workerID"])
        self.assertIn("strict", str(self.refusal("stritc", {})))
        end()

        # Without a worker, and after a restart, jobs wait for one, and payloads are looked at.
        waiting = [self.s.submit("strict", {"file": "b"})["jobID"]]
        self.restart()
        self.assertEqual("payload.file", self.refusal("strict", {}).field)
        waiting.append(self.s.submit("strict", {"file": "c"})["jobID"])
        self.join("two")
        for job_id in waiting:
            self.s.wait_for(job_id, "completed")

    def test_the_schema_of_the_newest_registration_holds(self):
        self.join("old")
        self.s.submit("strict", {"file": "a"})
        self.join("new", "v2")
        self.assertEqual("payload.target", self.refusal("strict", {"file": "a"}).field)
        self.s.wait_for(self.s.submit("strict", {"target": "a"})["jobID"], "completed")
        self.assertIn("worker new: payloads of job type strict follow another schema", self.s.log_tail())
        # Both come back to a scheduler that was killed, in any order; that is no news.
        self.s.kill()
        self.s.start()
        wait_until(lambda: len(self.s.live_workers()) == 2, "both workers")
        self.assertEqual("payload.target", self.refusal("strict", {"file": "a"}).field)

    def test_a_worker_that_is_killed_is_started_again_by_its_guardian(self):
        self.join("one", "with-builtin")
        pid = self.s.live_workers()[0]["pid"]
        os.kill(pid, signal.SIGKILL)
        job_id = self.s.submit("about")["jobID"]
        self.assertNotEqual(pid, result_of(self.s.wait_for(job_id, "completed"))["pid"])
        self.s.wait_for(self.s.submit_exec("true")["jobID"], "completed")


class Serving(unittest.TestCase):
    def refused_start(self, *arguments):
        with tempfile.TemporaryDirectory() as scratch:
            done = subprocess.run([harness.PROGRAM, "serve", "--data", os.path.join(scratch, "data"), "--http",
                                   "127.0.0.1:0", *arguments], capture_output=True, text=True, timeout=PATIENCE,
                                  check=False)
            self.assertEqual(1, done.returncode)
            return done.stderr

    def test_a_command_that_cannot_be_run_is_told_at_the_start(self):
        self.assertIn("workers.command: there is no program /no/such", self.refused_start("--worker-command", "/no/such"))
        self.assertIn("workers.command: there is no program no-such in",
                      self.refused_start("--worker-command", "no-such"))

    def test_types_may_be_declared_before_any_worker(self):
        with tempfile.TemporaryDirectory() as types:
            def write(name, schema):
                with open(os.path.join(types, name + ".json"), "w", encoding="utf-8") as f:
                    f.write(schema)
            write("thumbnail", '{"required": ["picture"]}')
            setting = ("--set", f"jobs.types_directory={types}")
            with harness.Scheduler(workers=0, arguments=setting) as s:
                with self.assertRaises(harness.Refused) as caught:
                    s.submit("thumbnail")
                self.assertEqual("payload.picture", caught.exception.field)
                s.submit("thumbnail", {"picture": 1})
            write("noop", "{}")
            self.assertIn("noop is a built-in job type", self.refused_start(*setting))
            write("noop", "{")
            os.rename(os.path.join(types, "noop.json"), os.path.join(types, "broken.json"))
            self.assertIn("job type broken", self.refused_start(*setting))


if __name__ == "__main__":
    harness.main()
