"""Reports and the export of a real scheduler: what is counted, restarts that forget nothing, an export that is killed again and again
while jobs go on ending, and secrets that are in none of it."""
import csv
import io
import json
import os
import signal
import subprocess
import tempfile
import threading
import urllib.parse

import harness
from harness import wait_until

SECRET = "a-password-that-nobody-is-shown"
JOBS = 10_000
FLUSHED_SOON = {"CALLBOARD_REPORTS_FLUSH_EVERY": "200ms"}
PAGE = {"CALLBOARD_HTTP_LIST_LIMIT_MAX": "200"}


def row_of(report, name):
    """The row of that name; None when there is none."""
    return next((row for row in report["rows"] if row["name"] == name), None)


def callboard(s, *arguments, code=0):
    end = subprocess.run([harness.PROGRAM, *arguments, "--server", s.ready["http"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, check=False)
    assert end.returncode == code, f"{arguments}: {end.returncode}\n{end.stdout}{end.stderr}"
    return end.stdout


def numbers(s):
    """What must not change when nothing happens."""
    return {by: s.call("GET", f"/api/reports/jobs?by={by}")["rows"] for by in ("day", "type", "queue", "tag", "tenant")}


class Reports(harness.TestCase):
    settings = {"workers": 1, "slots": 4}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        s = cls.s
        s.wait_for_workers(1)
        ids = [s.submit(queue="mail", tags=["nightly"])["jobID"] for _ in range(3)]
        ids += [s.submit_exec("/bin/sh", "-c", "head -c 8000000 /dev/zero | sha256sum", concurrencyKey="acme",
                              resources={"cpu": 0.5, "memory": 64000000})["jobID"] for _ in range(2)]
        ids.append(s.submit_exec("/bin/false", maxRetries=1, retryPolicy=harness.AT_ONCE)["jobID"])
        held = s.submit(held=True)["jobID"]
        s.call("POST", f"/api/jobs/{held}/cancel", {})
        for job in ids:
            s.wait_for(job, *harness.TERMINAL)
        wait_until(lambda: cls.total()["completed"] == 5 and cls.total()["failed"] == 1, "the jobs to be counted")

    @classmethod
    def total(cls):
        return cls.s.call("GET", "/api/reports/jobs")["total"]

    def test_a_day_has_what_happened_on_it(self):
        report = self.s.call("GET", "/api/reports/jobs?by=day")
        self.assertTrue(report["enabled"])
        self.assertEqual(1, report["count"])
        total = report["total"]
        self.assertEqual((7, 5, 1, 1, 1), tuple(total[n] for n in ("submitted", "completed", "failed", "cancelled", "retried")))
        self.assertAlmostEqual(5 / 6, total["successShare"])
        self.assertEqual(7, total["runSeconds"]["count"])
        self.assertEqual(7, total["usage"]["attempts"])
        self.assertGreater(total["usage"]["slotSeconds"], 0)

    def test_types_queues_tags_and_tenants_are_told_apart(self):
        types = self.s.call("GET", "/api/reports/jobs?by=type")
        self.assertEqual({"exec", "noop"}, {row["name"] for row in types["rows"]})
        self.assertEqual((2, 1, 1), tuple(row_of(types, "exec")[n] for n in ("completed", "failed", "retried")))
        queues = self.s.call("GET", "/api/reports/jobs?by=queue")
        self.assertEqual(3, row_of(queues, "mail")["completed"])
        self.assertEqual(2, row_of(queues, "default")["completed"])
        self.assertEqual(3, row_of(self.s.call("GET", "/api/reports/jobs?by=tag"), "nightly")["submitted"])
        self.assertEqual(2, row_of(self.s.call("GET", "/api/reports/jobs?by=tenant"), "acme")["completed"])
        one = self.s.call("GET", "/api/reports/jobs?by=day&queue=mail")
        self.assertEqual(3, one["total"]["completed"])
        codes = self.s.call("GET", "/api/reports/jobs?by=code")["codes"]
        self.assertEqual(2, sum(c["count"] for c in codes), codes)

    def test_what_is_not_counted_is_refused(self):
        self.assert_refused(400, "invalid_value", "GET", "/api/reports/jobs?type=exec&queue=mail", field="queue")
        self.assert_refused(400, "invalid_value", "GET", "/api/reports/jobs?by=type&tenant=acme", field="tenant")
        self.assert_refused(400, "invalid_value", "GET", "/api/reports/jobs?from=2026-02-30", field="from")

    def test_reservations_tell_what_was_asked_for_and_used(self):
        report = self.s.call("GET", "/api/reports/reservations")
        kind = next(t for t in report["types"] if t["type"] == "exec")
        self.assertEqual(500, kind["cpuMilli"]["askedMax"])
        self.assertEqual(64_000_000, kind["memoryBytes"]["askedMax"])
        self.assertEqual(2, kind["attemptsAsking"])
        self.assertGreater(kind["memoryBytes"]["usedMax"], 0)
        self.assertIsNone(kind["cpuMilli"]["suggested"])
        self.assertIn("20 are needed", kind["cpuMilli"]["reason"])

    def test_the_command_prints_tables_json_and_csv(self):
        table = callboard(self.s, "report", "jobs", "--by", "type")
        self.assertIn("exec", table)
        self.assertIn("OK %", table)
        self.assertEqual("type", json.loads(callboard(self.s, "report", "jobs", "--by", "type", "--json"))["by"])
        rows = list(csv.DictReader(io.StringIO(callboard(self.s, "report", "jobs", "--by", "queue", "--csv"), newline="")))
        self.assertEqual({"mail": "3", "default": "2"}, {row["queue"]: row["completed"] for row in rows})
        self.assertEqual(0.0, float(next(row for row in rows if row["queue"] == "mail")["cost"]))
        self.assertIn("CODE", callboard(self.s, "report", "jobs", "--by", "code"))
        self.assertIn("cores", callboard(self.s, "report", "reservations"))
        uses = list(csv.DictReader(io.StringIO(callboard(self.s, "report", "reservations", "--csv"), newline="")))
        self.assertEqual({"cpuMilli", "memoryBytes"}, {row["resource"] for row in uses})
        callboard(self.s, "report", "jobs", "--by", "month", code=1)


class Restarts(harness.TestCase):
    """Each with a scheduler of its own."""

    @classmethod
    def setUpClass(cls):
        pass

    def run_some(self, s, count):
        s.wait_for_workers(1)
        for job in [s.submit(queue="mail", tags=["t"], concurrencyKey="k")["jobID"] for _ in range(count)]:
            s.wait_for(job, "completed")
        wait_until(lambda: s.call("GET", "/api/reports/jobs")["total"]["completed"] >= count, "the jobs to be counted")

    def test_a_clean_restart_keeps_the_numbers_exactly(self):
        with harness.Scheduler(workers=1) as s:
            self.run_some(s, 20)
            before = numbers(s)
            self.assertEqual(0, s.terminate())
            s.start()
            self.assertEqual(before, numbers(s))
            s.wait_for_workers(1)
            s.wait_for(s.submit(queue="mail")["jobID"], "completed")
            wait_until(lambda: s.call("GET", "/api/reports/jobs")["total"]["completed"] == 21, "the row to go on")

    def test_kill_keeps_what_was_written(self):
        with harness.Scheduler(workers=1, env=FLUSHED_SOON) as s:
            self.run_some(s, 20)
            before = s.call("GET", "/api/reports/jobs?queue=mail")["rows"]
            settled = self.writes(s)

            def written_since():
                s.wait_for(s.submit(queue="other")["jobID"], "completed")
                return self.writes(s) > settled + 1  # the one before the last has been answered, and has all of them
            wait_until(written_since, "two writes")
            s.kill()
            s.start()
            self.assertEqual(before, s.call("GET", "/api/reports/jobs?queue=mail")["rows"])

    def test_metrics_that_are_started_again_count_on(self):
        with harness.Scheduler(workers=1) as s:
            self.run_some(s, 5)
            s.call("POST", "/api/actors/metrics/restart")
            wait_until(lambda: self.completed(s) == 5, "the numbers of before")
            s.wait_for(s.submit()["jobID"], "completed")
            wait_until(lambda: self.completed(s) == 6, "one more")

    def writes(self, s):
        return int(s.call("GET", "/api/actors/metrics")["state"]["reportWrites"])

    def completed(self, s):
        try:
            return s.call("GET", "/api/reports/jobs")["total"]["completed"]
        except harness.Refused:
            return None


class Export(harness.TestCase):
    settings = {"workers": 2, "slots": 8, "env": {**PAGE, **FLUSHED_SOON}}

    def pages(self, **query):
        """All lines, and the cursor at the end."""
        lines = []
        while True:
            status, body, headers = self.s.raw("GET", "/api/export/jobs?" + urllib.parse.urlencode(query))
            self.assertEqual(200, status, body)
            self.assertEqual("application/x-ndjson", headers["Content-Type"])
            lines += [json.loads(line) for line in body.decode().splitlines()]
            query.pop("from", None)
            query["after"] = headers["Callboard-Next"]
            if headers["Callboard-Complete"] == "true":
                return lines, query["after"]

    def test_an_export_that_is_killed_again_and_again_has_every_job_once(self):
        jobs = set()

        def submit():
            for _ in range(10):
                answer = self.s.call("POST", "/api/jobs/batch", {"jobs": [{"jobType": "noop", "queue": "many", "payload": {}}] * (JOBS // 10)})
                jobs.update(one["jobID"] for one in answer["items"])

        with tempfile.TemporaryDirectory() as scratch:
            out, cursor = os.path.join(scratch, "jobs.ndjson"), os.path.join(scratch, "cursor")
            command = [harness.PROGRAM, "export", "--queue", "many", "--out", out, "--cursor-file", cursor, "--server", self.s.ready["http"]]
            submitter = threading.Thread(target=submit)
            submitter.start()
            kills, size = 0, 0
            while submitter.is_alive() or kills < 5:
                export = subprocess.Popen([*command, "--follow", "--every", "10ms"], stdout=subprocess.DEVNULL)

                def grown(before=size):
                    return (os.path.exists(out) and os.path.getsize(out) > before) or not self.more_to_come(submitter)
                wait_until(grown, "the export to go on")
                export.send_signal(signal.SIGKILL)
                export.wait()
                kills, size = kills + 1, os.path.getsize(out)
            submitter.join()
            wait_until(self.s.all_ended, "all jobs to end", 240)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            with open(out, encoding="utf-8") as file:
                seen = [json.loads(line)["id"] for line in file]
            self.assertEqual(JOBS, len(jobs))
            self.assertEqual(JOBS, len(seen), f"after {kills} kills")
            self.assertEqual(jobs, set(seen))
            # Nothing else is there: a further one adds nothing.
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.assertEqual(os.path.getsize(out), os.path.getsize(out))
            with open(out, encoding="utf-8") as file:
                self.assertEqual(JOBS, sum(1 for _ in file))

    def more_to_come(self, submitter):
        return submitter.is_alive() or not self.s.all_ended()

    def test_pages_have_what_is_asked_for(self):
        done = self.s.submit(queue="few", tags=["x"], payload={})["jobID"]
        failed = self.s.submit_exec("/bin/sh", "-c", "echo a line; exit 3", queue="few", maxRetries=0)["jobID"]
        self.s.wait_for(done, "completed")
        self.s.wait_for(failed, "failed")
        lines, cursor = self.pages(queue="few")
        self.assertEqual({done, failed}, {line["id"] for line in lines})
        self.assertTrue(all("payload" not in line and "log" not in line for line in lines))
        lines, _ = self.pages(queue="few", status="failed", include="payload,result,log")
        self.assertEqual([failed], [line["id"] for line in lines])
        self.assertIn("argv", lines[0]["payload"])
        self.assertIn("a line", json.dumps(lines[0]["log"]))
        whole = self.s.job(failed)
        for name in ("id", "type", "queue", "status", "error", "completedAt", "attempt", "payload", "result"):
            self.assertEqual(whole[name], lines[0][name], name)
        lines, _ = self.pages(queue="few", tag="x")
        self.assertEqual([done], [line["id"] for line in lines])
        lines, _ = self.pages(queue="few", **{"from": harness.time_in(3600)})
        self.assertEqual([], lines)
        # What ends later is behind the cursor.
        later = self.s.submit(queue="few")["jobID"]
        self.s.wait_for(later, "completed")
        lines, _ = self.pages(queue="few", after=cursor)
        self.assertEqual([later], [line["id"] for line in lines])
        for wrong in ("after=x", "status=running", "include=history", "from=x", "after=1.0.0.0.0&from=2026-01-01T00:00:00Z"):
            self.assertEqual(400, self.s.raw("GET", "/api/export/jobs?" + wrong)[0], wrong)

    def test_the_command_writes_lines_to_standard_output_too(self):
        job = self.s.submit(queue="printed")["jobID"]
        self.s.wait_for(job, "completed")
        printed = callboard(self.s, "export", "--queue", "printed")
        self.assertEqual([job], [json.loads(line)["id"] for line in printed.splitlines()])
        with tempfile.TemporaryDirectory() as scratch:
            cursor = os.path.join(scratch, "cursor")
            self.assertEqual(printed, callboard(self.s, "export", "--queue", "printed", "--cursor-file", cursor))
            self.assertEqual("", callboard(self.s, "export", "--queue", "printed", "--cursor-file", cursor))
            with open(cursor, "w", encoding="utf-8") as file:
                file.write("something else")
            callboard(self.s, "export", "--cursor-file", cursor, code=1)

    def test_secrets_are_in_no_export_and_in_no_report(self):
        self.s.call("PUT", "/api/types/exec", {"redact": ["payload.argv", "result.stdout"]})
        job = self.s.submit_exec("/bin/echo", SECRET, queue="secret", tags=["s"])["jobID"]
        self.s.wait_for(job, "completed")
        lines, _ = self.pages(queue="secret", include="payload,result,log")
        self.assertEqual([job], [line["id"] for line in lines])
        everything = json.dumps(lines + self.pages(type="exec", include="payload,result")[0]).encode()
        for path in (*(f"/api/reports/jobs?by={by}&format={form}" for by in ("day", "type", "queue", "tag", "tenant", "code")
                       for form in ("json", "csv")), "/api/reports/reservations"):
            status, body, _ = self.s.raw("GET", path)
            self.assertEqual(200, status, path)
            everything += body
        self.assertNotIn(SECRET.encode(), everything)


if __name__ == "__main__":
    harness.main()
