"""Bulk actions and dead letters: thousands of jobs changed and cancelled, failed ones redriven and discarded."""
import json
import os
import subprocess
import tempfile

import harness
from harness import wait_until


class Bulk(harness.TestCase):
    """What both classes use."""

    def submit_many(self, count, tag, **fields):
        body = [{"jobType": "noop", "payload": {}, "tags": [tag], **fields} for _ in range(count)]
        answer = self.s.call("POST", "/api/jobs/batch", body)
        self.assertEqual(count, answer["accepted"])
        return [item["jobID"] for item in answer["items"]]

    def act_on_all(self, body, path="/api/bulk"):
        """All slices; answers the sums, and how many slices there were."""
        sums, slices, cursor = {"matched": 0, "changed": 0, "refusedCount": 0}, 0, None
        while True:
            answer = self.s.call("POST", path, {**body, "cursor": cursor} if cursor else body)
            slices += 1
            self.assertNotIn("stopped", answer)
            for name in sums:
                sums[name] += answer[name]
            cursor = answer.get("next")
            if cursor is None:
                return sums, slices

    def listed(self, query):
        jobs, cursor = [], ""
        while cursor is not None:
            page = self.s.call("GET", f"/api/jobs?limit=1000&{query}{cursor and '&cursor=' + cursor}")
            jobs += page["jobs"]
            cursor = page["next"]
        return jobs

    def command(self, *arguments):
        """(exit code, standard output, standard error) of the program as a client."""
        end = subprocess.run([harness.PROGRAM, *arguments], capture_output=True, text=True, check=False,
                             timeout=harness.PATIENCE, env={**os.environ, "CALLBOARD_SERVER": self.s.ready["http"]})
        return end.returncode, end.stdout, end.stderr


class Waiting(Bulk):
    settings = {"workers": 0}

    def test_thousands_are_changed_and_cancelled(self):
        mine = set(self.submit_many(2500, "many"))
        other = self.submit_many(10, "other")
        change = {"action": "change", "filter": {"tag": "many"}, "change": {"priority": 9}}
        sums, _ = self.act_on_all({**change, "dryRun": True})
        self.assertEqual({"matched": 2500, "changed": 0, "refusedCount": 0}, sums)
        sums, slices = self.act_on_all(change)
        self.assertEqual({"matched": 2500, "changed": 2500, "refusedCount": 0}, sums)
        self.assertGreaterEqual(slices, 3)
        self.assertEqual(mine, {job["id"] for job in self.listed("tag=many&priority=9")})
        self.assertEqual([5] * 10, [job["priority"] for job in self.listed("tag=other")])

        code, out, err = self.command("bulk", "cancel", "--tag", "many")
        self.assertEqual((1, ""), (code, out))
        self.assertIn("--yes", err)
        self.assertEqual((0, "2500 jobs would be cancelled\n", ""),
                         self.command("bulk", "cancel", "--tag", "many", "--dry-run"))
        self.assertEqual((0, "cancelled 2500 jobs\n", ""),
                         self.command("bulk", "cancel", "--tag", "many", "--reason", "too many", "--yes"))
        self.assertEqual(mine, {job["id"] for job in self.listed("tag=many&status=cancelled")})
        history = self.s.call("GET", f"/api/jobs/{next(iter(mine))}/history")["history"]
        self.assertIn("too many", history[-1]["reason"])
        self.assertEqual({"queued"}, {self.s.job(job_id)["status"] for job_id in other})
        self.assertEqual((0, "cancelled 0 jobs\n", ""), self.command("bulk", "cancel", "--tag", "many", "--yes"))

    def test_what_is_refused(self):
        self.assert_refused(400, "missing_field", "POST", "/api/bulk", {"action": "cancel", "filter": {}}, "filter")
        self.assert_refused(400, "invalid_value", "POST", "/api/bulk",
                            {"action": "cancel", "filter": {"status": "failed"}}, "filter.status")
        self.assert_refused(400, "unknown_status", "POST", "/api/bulk",
                            {"action": "cancel", "filter": {"status": "lost"}}, "filter.status")
        self.assert_refused(400, "out_of_range", "POST", "/api/bulk",
                            {"action": "cancel", "filter": {"all": True}, "limit": 10001}, "limit")
        self.assert_refused(405, "method_not_allowed", "GET", "/api/bulk")

    def test_pages_of_other_sites_cannot_use_it(self):
        body = json.dumps({"action": "cancel", "filter": {"all": True}})
        waits = self.submit_many(1, "guarded")[0]
        for path in ("/api/bulk", "/api/dead/redrive", "/api/dead/discard"):
            for headers in ({"Origin": "http://evil.example", "Content-Type": "application/json"},
                            {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
                            {"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"}):
                with self.subTest(path=path, headers=headers):
                    status, answer, _ = self.s.raw("POST", path, body, headers)
                    self.assertEqual((403, "foreign_origin"), (status, json.loads(answer)["error"]["code"]))
        self.assertEqual("queued", self.s.job(waits)["status"])


class Dead(Bulk):
    def failed_jobs(self, count, tag, path):
        """So many jobs that have failed because there is no file of that name."""
        body = [{"jobType": "exec", "payload": {"argv": ["/usr/bin/test", "-e", path]}, "tags": [tag], "retryCount": 0}
                for _ in range(count)]
        ids = [item["jobID"] for item in self.s.call("POST", "/api/jobs/batch", body)["items"]]
        for job_id in ids:
            self.s.wait_for(job_id, "failed")
        return ids

    def test_failed_jobs_are_counted_redriven_and_discarded(self):
        with tempfile.TemporaryDirectory() as directory:
            gate = os.path.join(directory, "gate")
            again = self.failed_jobs(20, "again", gate)
            up = self.failed_jobs(5, "up", gate)
            page = self.s.call("GET", "/api/dead?tag=again&limit=15")
            self.assertEqual(15, page["count"])
            rest = self.s.call("GET", f"/api/dead?tag=again&limit=15&cursor={page['next']}")
            self.assertEqual(set(again), {job["id"] for job in page["jobs"] + rest["jobs"]})
            summary = self.s.call("GET", "/api/dead?summary=true&tag=again")
            self.assertEqual((20, None), (summary["lookedAt"], summary["next"]))
            self.assertEqual([("exec", 20)], [(g["type"], g["count"]) for g in summary["groups"]])
            self.assertTrue(summary["groups"][0]["code"])

            with open(gate, "w", encoding="ascii"):
                pass
            sums, _ = self.act_on_all({"filter": {"tag": "again"}, "limit": 7}, "/api/dead/redrive")
            self.assertEqual({"matched": 20, "changed": 20, "refusedCount": 0}, sums)
            for job_id in again:
                wait_until(lambda job=job_id: self.s.job(job)["status"] == "completed", "the second try")
            self.assertEqual({"failed"}, {self.s.job(job_id)["status"] for job_id in up})

            code, out, _ = self.command("dead", "list", "--tag", "up")
            self.assertEqual(0, code)
            self.assertTrue(all(job_id in out for job_id in up), out)
            self.assertIn("5 failed jobs", self.command("dead", "summary", "--tag", "up")[1])
            self.assertEqual((0, "discarded 5 jobs\n", ""), self.command("dead", "discard", "--tag", "up", "--yes"))
            self.assertEqual({"cancelled"}, {self.s.job(job_id)["status"] for job_id in up})
            self.assertEqual([], self.s.call("GET", "/api/dead?tag=up")["jobs"])

    def test_a_redrive_at_a_rate(self):
        with tempfile.TemporaryDirectory() as directory:
            ids = self.failed_jobs(6, "slow", os.path.join(directory, "gate"))
            code, out, _ = self.command("dead", "redrive", "--tag", "slow", "--rate", "4", "--yes", "--json")
            self.assertEqual((0, 6), (code, json.loads(out)["changed"]))
            for job_id in ids:
                wait_until(lambda job=job_id: self.ended_twice(job), "the second attempt")

    def ended_twice(self, job_id):
        job = self.s.job(job_id)
        return job["status"] == "failed" and job["attempt"] == 2

    def test_a_job_that_completes_in_between_is_left_alone(self):
        with tempfile.TemporaryDirectory() as directory:
            gate = os.path.join(directory, "gate")
            ends = self.s.submit_exec("/bin/sh", "-c", f"until test -e {gate}; do sleep 0.05; done", tags=["ends"])["jobID"]
            goes_on = self.s.submit(tags=["ends"], scheduleAt=harness.time_in(3600))["jobID"]
            self.s.wait_for(ends, "running")
            cancel = {"action": "cancel", "filter": {"tag": "ends"}}
            self.assertEqual(2, self.s.call("POST", "/api/bulk", {**cancel, "dryRun": True})["matched"])
            with open(gate, "w", encoding="ascii"):
                pass
            self.s.wait_for(ends, "completed")
            answer = self.s.call("POST", "/api/bulk", cancel)
            self.assertEqual((1, 1, 0), (answer["matched"], answer["changed"], answer["refusedCount"]))
            self.assertEqual(("completed", "cancelled"), (self.s.job(ends)["status"], self.s.job(goes_on)["status"]))

    def test_running_jobs_are_cancelled(self):
        job_id = self.s.submit_exec("/bin/sleep", "3600", tags=["runs"])["jobID"]
        self.s.wait_for(job_id, "running")
        answer = self.s.call("POST", "/api/bulk", {"action": "cancel", "filter": {"tag": "runs"}})
        self.assertEqual((1, 0), (answer["changed"], answer["refusedCount"]))
        self.assertEqual("cancelled", self.s.job(job_id)["status"])
        self.assertEqual(0, self.s.call("POST", "/api/bulk", {"action": "cancel", "filter": {"tag": "runs"}})["matched"])


if __name__ == "__main__":
    harness.main()
