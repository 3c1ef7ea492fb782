"""Every built-in job type does the real thing. The jobs are those of examples/jobs, so that the examples are tested."""
import glob
import json
import os
import shutil
import tempfile
import time

import harness
from harness import AT_ONCE, PATIENCE, parse_time, wait_until

TYPES = ("data_processing", "email_send", "exec", "file_upload", "http_request", "noop")
EXAMPLES = os.path.join(harness.ROOT, "examples")


class Types(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.output = tempfile.mkdtemp(prefix="callboard-output-")
        cls.addClassCleanup(shutil.rmtree, cls.output)
        cls.mail = harness.MailCatcher("--refuse", "nobody@example.com")
        cls.addClassCleanup(cls.mail.close)
        cls.settings = {"env": {
            "CALLBOARD_HANDLERS_SMTP_HOST": "127.0.0.1",
            "CALLBOARD_HANDLERS_SMTP_PORT": str(cls.mail.port),
            "CALLBOARD_HANDLERS_FILES_READ_DIRECTORIES": os.path.join(EXAMPLES, "data"),
            "CALLBOARD_HANDLERS_FILES_WRITE_DIRECTORIES": cls.output,
        }}
        super().setUpClass()
        cls.s.wait_for_workers(2)

    def run_example(self, name):
        """The completed job of one example file."""
        with open(os.path.join(EXAMPLES, "jobs", name + ".json"), encoding="utf-8") as file:
            text = file.read()
        url = f"http://{self.s.host}:{self.s.port}"
        for mark, value in (("@ROOT@", harness.ROOT), ("@OUTPUT@", self.output), ("@URL@", url)):
            text = text.replace(mark, value)
        job = self.s.wait_for(self.s.call("POST", "/api/jobs/submit", json.loads(text))["jobID"], "completed")
        self.assertEqual(0, job["retryCount"])
        self.assertTrue(job["workerID"])
        self.assertNotIn("error", job)
        self.assertLessEqual(parse_time(job["createdAt"]), parse_time(job["startedAt"]))
        self.assertLessEqual(parse_time(job["startedAt"]), parse_time(job["completedAt"]))
        return job

    def test_every_type_has_an_example(self):
        names = [os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(EXAMPLES, "jobs", "*.json"))]
        self.assertEqual(sorted(TYPES), sorted(names))

    def test_noop(self):
        self.run_example("noop")

    def test_exec_captures_its_output(self):
        self.assertIn("hello", json.dumps(self.run_example("exec")["result"]))

    def test_http_request(self):
        self.assertIn("200", json.dumps(self.run_example("http_request")["result"]))

    def test_file_upload_copies_the_bytes(self):
        self.run_example("file_upload")
        with open(os.path.join(EXAMPLES, "data", "orders.csv"), "rb") as source:
            with open(os.path.join(self.output, "orders.csv"), "rb") as copy:
                self.assertEqual(source.read(), copy.read())

    def test_data_processing_writes_what_was_asked(self):
        self.run_example("data_processing")
        with open(os.path.join(self.output, "totals.csv"), encoding="utf-8") as totals:
            rows = [line.strip() for line in totals]
        self.assertEqual("customer,orders,total", rows[0].replace('"', ""))
        self.assertEqual(["Grace", "Ada", "Brian", "Edsger"], [row.replace('"', "").split(",")[0] for row in rows[1:]])
        self.assertEqual(405.1, float(rows[1].replace('"', "").split(",")[2]))

    def test_email_arrives(self):
        begin = time.monotonic()
        job = self.run_example("email_send")
        mail = self.mail.next_mail()
        print(f"[from submit to the mail server and back: {(time.monotonic() - begin) * 1000:.0f} ms]", end=" ", flush=True)
        self.assertEqual((["a@example.com"], "Welcome"), (mail["to"], mail["subject"]))
        self.assertTrue(job["result"])
        self.assertLess(mail["receivedAt"] - parse_time(job["createdAt"]), PATIENCE)

    def test_email_to_nobody_fails_and_is_retried(self):
        # Accepted, because only the attempt can tell; then it fails, and every failure counts.
        job_id = self.s.submit("email_send", {"to": "", "subject": "Test"}, retryCount=2, retryPolicy=AT_ONCE)["jobID"]
        seen = []

        def ended():
            job = self.s.job(job_id)
            if not seen or job["retryCount"] != seen[-1]:
                seen.append(job["retryCount"])
            return job["status"] == "failed" and job
        job = wait_until(ended, "the last retry")
        self.assertEqual(sorted(seen), seen, "retryCount only grows")
        self.assertEqual(2, job["retryCount"])
        self.assertTrue(job["error"]["message"])
        self.assertTrue(job["error"]["timestamp"])

    def test_refused_mailbox_fails(self):
        payload = {"to": "nobody@example.com", "subject": "Test", "body": "x"}
        job = self.s.wait_for(self.s.submit("email_send", payload, retryCount=0)["jobID"], "failed")
        self.assertIn("550", job["error"]["message"])


class Prices(harness.TestCase):
    settings = {"workers": 1, "arguments": ["--set", "prices.cpu_hour=3600000000", "--set", "prices.slot_hour=7200000000"]}

    def test_what_jobs_used_has_its_price(self):
        job_id = self.s.submit_exec("/bin/sh", "-c", "i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done", tags=["priced"])
        self.s.wait_for(job_id["jobID"], "completed")
        used = wait_until(lambda: self.s.call("GET", "/api/metrics/jobs")["usage"]["tags"].get("priced"), "its usage")
        self.assertGreater(used["cpuSeconds"], 0)
        # One unit per second of CPU, two per second of a slot.
        self.assertAlmostEqual(used["cpuSeconds"] + 2 * used["runSeconds"], used["cost"], places=4)


if __name__ == "__main__":
    harness.main()
