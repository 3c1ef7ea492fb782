"""What a client can do with jobs: cancel, retry, timeouts, idempotency, durability, lists; and what it is refused."""
import json
import os
import random
import subprocess
import tempfile

import harness
from harness import AT_ONCE, is_alive, parse_time, processes_with, time_in, wait_until


class Cancel(harness.TestCase):
    def test_a_waiting_job(self):
        job_id = self.s.submit(scheduleAt=time_in(3600))["jobID"]
        self.s.call("DELETE", f"/api/jobs/{job_id}/cancel")
        job = self.s.job(job_id)
        self.assertEqual("cancelled", job["status"])
        self.assertNotIn("startedAt", job)
        self.assert_refused(409, "invalid_state", "DELETE", f"/api/jobs/{job_id}/cancel")

    def test_a_running_job_and_all_its_processes(self):
        # A word no other process has among its arguments; the shell passes it on to a child.
        word = str(random.randrange(10**8, 10**9))
        job_id = self.s.submit_exec("/bin/sh", "-c", f"sleep {word} & sleep {word}; true")["jobID"]
        self.s.wait_for(job_id, "running")
        wait_until(lambda: len(processes_with(word)) == 2, "both processes of the job")
        self.s.call("DELETE", f"/api/jobs/{job_id}/cancel")
        self.assertEqual("cancelled", self.s.job(job_id)["status"])
        wait_until(lambda: not processes_with(word), "the end of the job's processes")

    def test_a_completed_job_is_refused(self):
        job_id = self.s.submit()["jobID"]
        self.s.wait_for(job_id, "completed")
        self.assert_refused(409, "invalid_state", "DELETE", f"/api/jobs/{job_id}/cancel")
        self.assertEqual("completed", self.s.job(job_id)["status"])


class Failure(harness.TestCase):
    def test_retries_are_counted_and_end(self):
        job_id = self.s.submit_exec("/bin/false", retryCount=2, retryPolicy=AT_ONCE)["jobID"]
        job = self.s.wait_for(job_id, "failed")
        self.assertEqual((2, 2, 3), (job["retryCount"], job["maxRetries"], job["attempt"]))
        self.assertTrue(job["error"]["message"])
        self.assertTrue(job["error"]["code"])

    def test_a_failed_job_can_be_tried_again(self):
        with tempfile.TemporaryDirectory() as directory:
            gate = os.path.join(directory, "gate")
            job_id = self.s.submit_exec("/usr/bin/test", "-e", gate, retryCount=0)["jobID"]
            self.s.wait_for(job_id, "failed")
            with open(gate, "w", encoding="ascii"):
                pass
            self.s.call("POST", f"/api/jobs/{job_id}/retry")
            job = wait_until(lambda: self.s.job(job_id)["status"] == "completed" and self.s.job(job_id), "the second try")
            self.assertNotIn("error", job)

    def test_only_failed_jobs_can_be_tried_again(self):
        job_id = self.s.submit()["jobID"]
        self.s.wait_for(job_id, "completed")
        self.assert_refused(409, "invalid_state", "POST", f"/api/jobs/{job_id}/retry")

    def test_a_timeout_ends_the_attempt(self):
        word = str(random.randrange(10**8, 10**9))
        job_id = self.s.submit_exec("/bin/sleep", word, timeout=0.5, retryCount=0)["jobID"]
        job = self.s.wait_for(job_id, "failed")
        self.assertEqual("TIMEOUT", job["error"]["code"])
        self.assertGreaterEqual(parse_time(job["completedAt"]) - parse_time(job["startedAt"]), 0.5)
        wait_until(lambda: not processes_with(word), "the end of the job's process")


class Idempotency(harness.TestCase):
    settings = {"workers": 0}

    def test_one_key_is_one_job_also_after_a_restart(self):
        first = self.s.submit(idempotencyKey="order-17")
        again = self.s.submit(idempotencyKey="order-17")
        self.assertEqual(first["jobID"], again["jobID"])
        self.assertTrue(again["duplicate"])
        self.assertNotIn("duplicate", first)
        self.s.kill()
        self.s.start()
        self.assertEqual(first["jobID"], self.s.submit(idempotencyKey="order-17")["jobID"])

    def test_a_key_with_another_job_is_refused(self):
        self.s.submit(idempotencyKey="order-18")
        self.assert_refused(409, "idempotency_conflict", "POST", "/api/jobs/submit",
                            {"jobType": "noop", "payload": {"other": 1}, "idempotencyKey": "order-18"})


class Unique(harness.TestCase):
    settings = {"workers": 0}

    def test_one_such_job_at_a_time_also_after_a_restart(self):
        by = ["type", "payload.page"]
        first = self.s.submit(payload={"page": 1, "n": 1}, unique={"by": by})["jobID"]
        self.assertEqual({"key": '{"payload.page":1,"type":"noop"}', "while": "unfinished", "onConflict": "reject"},
                         self.s.job(first)["unique"])
        self.s.kill()
        self.s.start()
        payload = {"n": 2, "page": 1.0}
        self.assert_refused(409, "unique_conflict", "POST", "/api/jobs/submit",
                            {"jobType": "noop", "payload": payload, "unique": {"by": by}}, "unique")
        same = self.s.submit(payload=payload, unique={"by": by, "onConflict": "existing"})
        self.assertEqual((first, True), (same["jobID"], same["duplicate"]))
        other = self.s.submit(payload=payload, unique={"by": by, "onConflict": "replace"})["jobID"]
        self.assertNotEqual(first, other)
        former = self.s.job(first)
        self.assertEqual(("cancelled", "REPLACED"), (former["status"], former["error"]["code"]))
        self.s.call("DELETE", f"/api/jobs/{other}/cancel")
        self.s.submit(payload=payload, unique={"by": by})


class Durability(harness.TestCase):
    settings = {"workers": 0}

    def test_the_answer_names_the_level(self):
        self.assertEqual("fsync", self.s.submit()["durability"])
        for level in ("fsync", "os", "memory"):
            self.assertEqual(level, self.s.submit(durability=level)["durability"])

    def test_fsync_and_os_survive_kill_9(self):
        ids = [self.s.submit(durability=level)["jobID"] for level in ("fsync", "os") for _ in range(20)]
        self.s.kill()
        self.s.start()
        for job_id in ids:
            self.assertEqual("queued", self.s.job(job_id)["status"])

    def test_a_data_directory_is_for_one_scheduler(self):
        command = [harness.PROGRAM, "serve", "--data", self.s.data, "--http", "127.0.0.1:0"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=harness.PATIENCE)
        self.assertEqual(1, second.returncode, second.stderr)
        self.assertIn(f"{self.s.data}/lock is locked by a scheduler, process {self.s.process.pid}", second.stderr)


class Lists(harness.TestCase):
    settings = {"workers": 0}

    def test_pages_hold_every_job_once(self):
        ids = [self.s.submit(tags=["paged"], priority=i % 10)["jobID"] for i in range(25)]
        self.s.submit(tags=["other"])
        seen, cursor, pages = [], "", 0
        while cursor is not None:
            page = self.s.call("GET", f"/api/jobs?tag=paged&limit=10{cursor and '&cursor=' + cursor}")
            self.assertLessEqual(len(page["jobs"]), 10)
            seen += [job["id"] for job in page["jobs"]]
            cursor = page.get("next")
            pages += 1
        self.assertEqual(sorted(ids, reverse=True), seen)
        self.assertEqual(3, pages)

    def test_filters(self):
        mine = self.s.submit(queue="mine", priority=7)["jobID"]
        later = self.s.submit(queue="mine", scheduleAt=time_in(3600))["jobID"]
        gone = self.s.submit(queue="mine")["jobID"]
        self.s.call("DELETE", f"/api/jobs/{gone}/cancel")

        def listed(path):
            return {job["id"] for job in self.s.call("GET", path)["jobs"]}
        self.assertEqual({mine, later, gone}, listed("/api/jobs?queue=mine"))
        self.assertEqual({mine}, listed("/api/jobs?queue=mine&priority=7"))
        self.assertEqual({later}, listed("/api/jobs?queue=mine&status=scheduled"))
        self.assertIn(gone, listed("/api/jobs/status/cancelled"))
        self.assertNotIn(mine, listed("/api/jobs/status/cancelled"))


class BadInput(harness.TestCase):
    settings = {"workers": 0}

    def test_fields(self):
        good = {"jobType": "noop", "payload": {}}
        for code, field, change in (
                ("unknown_job_type", "jobType", {"jobType": "nope"}),
                ("missing_field", "jobType", {"jobType": None}),
                ("out_of_range", "priority", {"priority": 10}),
                ("out_of_range", "priority", {"priority": -1}),
                ("invalid_value", "priority", {"priority": "high"}),
                ("out_of_range", "retryCount", {"retryCount": -1}),
                ("out_of_range", "retryCount", {"retryCount": 10**6}),
                ("out_of_range", "timeout", {"timeout": 0}),
                ("time_in_past", "scheduleAt", {"scheduleAt": "2024-01-15T10:30:00Z"}),
                ("invalid_value", "scheduleAt", {"scheduleAt": "tomorrow"}),
                ("unknown_field", "colour", {"colour": "red"}),
                ("invalid_value", "durability", {"durability": "often"})):
            body = {key: value for key, value in {**good, **change}.items() if value is not None}
            with self.subTest(**change):
                self.assert_refused(400, code, "POST", "/api/jobs/submit", body, field)
        self.assert_refused(400, "invalid_payload", "POST", "/api/jobs/submit",
                            {"jobType": "exec", "payload": {"argv": "not a list"}}, "payload.argv")

    def test_bodies(self):
        headers = {"Content-Type": "application/json"}
        for status, code, body in ((400, "malformed_json", b'{"jobType": '), (400, "malformed_json", b""),
                                   (400, "malformed_json", b"\xff\xfe"), (400, "invalid_value", b"[]"),
                                   (413, "body_too_large", b'{"x":"' + b"a" * (9 << 20) + b'"}')):
            with self.subTest(body=body[:20]):
                got, answer, _ = self.s.raw("POST", "/api/jobs/submit", body, headers)
                error = json.loads(answer)["error"]
                self.assertEqual((status, code), (got, error["code"]))
                self.assertTrue(error["requestId"])

    def test_paths(self):
        self.assert_refused(404, "unknown_job", "GET", "/api/jobs/job_0000000000001")
        self.assert_refused(404, "not_found", "GET", "/api/nothing")
        self.assert_refused(405, "method_not_allowed", "PUT", "/api/jobs/submit")
        self.assert_refused(400, "unknown_status", "GET", "/api/jobs/status/lost")
        self.assert_refused(404, "unknown_worker", "GET", "/api/workers/nobody/status")

    def test_nothing_of_this_hurt(self):
        self.assertEqual(200, self.s.raw("GET", "/api/health")[0])
        self.assertTrue(is_alive(self.s.process.pid))


if __name__ == "__main__":
    harness.main()
