"""When jobs start: priority, scheduleAt, deadlines, dependencies."""
import harness
from harness import AT_ONCE, parse_time, time_in


class Priority(harness.TestCase):
    settings = {"workers": 0, "slots": 1}

    def test_higher_first_and_first_come_within(self):
        priorities = [5, 1, 9, 5, 0, 9, 3]
        ids = [self.s.submit_exec("/bin/true", priority=p)["jobID"] for p in priorities]
        low = self.s.submit_exec("/bin/true", priority=0)["jobID"]
        changed = self.s.call("PATCH", f"/api/jobs/{low}", {"priority": 8})
        self.assertEqual(8, changed["priority"])
        expected = [2, 5, None, 0, 3, 6, 1, 4]  # None: the one that was raised to 8
        order = [low if i is None else ids[i] for i in expected]

        self.s.call("POST", "/api/workers/scale", {"workers": 1})
        started = [parse_time(self.s.wait_for(i, "completed")["startedAt"]) for i in order]
        self.assertEqual(sorted(started), started)


class Time(harness.TestCase):
    def test_schedule_at_is_the_earliest_start(self):
        at = time_in(1.5)
        answer = self.s.submit(scheduleAt=at)
        self.assertEqual("scheduled", answer["status"])
        job = self.s.wait_for(answer["jobID"], "completed")
        self.assertGreaterEqual(parse_time(job["startedAt"]), parse_time(at))

    def test_patch_moves_the_start(self):
        job_id = self.s.submit(scheduleAt=time_in(3600))["jobID"]
        self.s.call("PATCH", f"/api/jobs/{job_id}", {"scheduleAt": time_in(0.2)})
        self.s.wait_for(job_id, "completed")


class Deadline(harness.TestCase):
    settings = {"workers": 0}

    def test_a_missed_start_fails(self):
        answer = self.s.submit(deadline=time_in(0.5))
        job = self.s.wait_for(answer["jobID"], "failed")
        self.assertEqual("DEADLINE_MISSED", job["error"]["code"])
        self.assertEqual(0, job["retryCount"])


class Dependencies(harness.TestCase):
    def test_run_after_completion(self):
        first = self.s.submit_exec("/bin/sleep", "0.3")["jobID"]
        second = self.s.submit(dependencies=[first])["jobID"]
        third = self.s.submit(dependencies=[first, second])["jobID"]
        done = [self.s.wait_for(i, "completed") for i in (first, second, third)]
        for before, after in zip(done, done[1:]):
            self.assertLessEqual(parse_time(before["completedAt"]), parse_time(after["startedAt"]))
        self.assertEqual([first], done[1]["dependencies"])

    def test_a_completed_dependency_does_not_hold_up(self):
        first = self.s.submit()["jobID"]
        self.s.wait_for(first, "completed")
        self.s.wait_for(self.s.submit(dependencies=[first])["jobID"], "completed")

    def test_failure_cancels_everything_downstream(self):
        first = self.s.submit_exec("/bin/false", retryCount=1, retryPolicy=AT_ONCE)["jobID"]
        second = self.s.submit(dependencies=[first])["jobID"]
        third = self.s.submit(dependencies=[second])["jobID"]
        self.assertEqual(1, self.s.wait_for(first, "failed")["retryCount"])
        for job_id in (second, third):
            job = self.s.wait_for(job_id, "cancelled")
            self.assertEqual("UPSTREAM_FAILED", job["error"]["code"])
            self.assertNotIn("startedAt", job)

    def test_cancelling_cancels_everything_downstream(self):
        first = self.s.submit(scheduleAt=time_in(3600))["jobID"]
        second = self.s.submit(dependencies=[first])["jobID"]
        self.s.call("DELETE", f"/api/jobs/{first}/cancel")
        self.assertEqual("UPSTREAM_CANCELLED", self.s.wait_for(second, "cancelled")["error"]["code"])

    def test_a_job_for_a_failure_runs_after_it_and_is_skipped_without_it(self):
        def pair(program):
            first = self.s.submit_exec(program, retryCount=0, scheduleAt=time_in(3600))["jobID"]
            second = self.s.submit(dependencies=[{"id": first, "on": "failure"}])["jobID"]
            shown = self.s.job(second)
            self.assertEqual([{"id": first, "on": "failure"}], shown["dependencies"])
            self.assertEqual("all", shown["dependencyRule"])
            self.s.call("PATCH", f"/api/jobs/{first}", {"scheduleAt": time_in(0)})
            return first, second

        bad, repair = pair("/bin/false")
        failed = self.s.wait_for(bad, "failed")
        done = self.s.wait_for(repair, "completed")
        self.assertLessEqual(parse_time(failed["completedAt"]), parse_time(done["startedAt"]))

        good, repair = pair("/bin/true")
        self.s.wait_for(good, "completed")
        self.assertEqual("SKIPPED", self.s.wait_for(repair, "cancelled")["error"]["code"])

    def test_a_job_that_waits_for_one_of_two_knows_the_first_after_a_restart(self):
        bad = self.s.submit_exec("/bin/false", retryCount=0)["jobID"]
        other = self.s.submit(scheduleAt=time_in(3600))["jobID"]
        waits = self.s.submit(dependencies=[bad, other], dependencyRule="any")["jobID"]
        both = self.s.submit(dependencies=[{"id": bad, "on": "failure"}, other])["jobID"]
        self.s.wait_for(bad, "failed")
        self.s.kill()
        self.s.start()
        for job_id in (waits, both):
            self.assertEqual("queued", self.s.job(job_id)["status"])
        self.s.call("PATCH", f"/api/jobs/{other}", {"scheduleAt": time_in(0)})
        self.s.wait_for(waits, "completed")
        self.s.wait_for(both, "completed")

    def test_a_batch_refers_to_itself_by_position(self):
        batch = [{"jobType": "exec", "payload": {"argv": ["/bin/sleep", "0.2"]}},
                 {"jobType": "noop", "payload": {}, "dependencies": ["#0"]},
                 {"jobType": "noop", "payload": {}, "dependencies": ["#0", "#1"]}]
        answer = self.s.call("POST", "/api/jobs/batch", batch)
        self.assertEqual((3, 0), (answer["accepted"], answer["rejected"]))
        done = [self.s.wait_for(item["jobID"], "completed") for item in answer["items"]]
        self.assertEqual([done[0]["id"]], done[1]["dependencies"])
        for before, after in zip(done, done[1:]):
            self.assertLessEqual(parse_time(before["completedAt"]), parse_time(after["startedAt"]))

    def test_conditions_and_rules_inside_a_batch(self):
        batch = [{"jobType": "exec", "payload": {"argv": ["/bin/false"]}, "retryCount": 0},
                 {"jobType": "noop", "dependencies": ["#0"]},
                 {"jobType": "noop", "dependencies": [{"id": "#1", "on": "failure"}]},
                 {"jobType": "noop", "dependencies": [{"id": "#1", "on": "finished"}, {"id": "#0", "on": "started"}]},
                 {"jobType": "noop", "dependencies": ["#1", "#2"], "dependencyRule": "any"},
                 {"jobType": "noop", "dependencies": ["#1", "#2"], "dependencyRule": "none_failed"}]
        ids = [item["jobID"] for item in self.s.call("POST", "/api/jobs/batch", batch)["items"]]
        self.s.wait_for(ids[0], "failed")
        for i in (2, 3, 4):
            self.s.wait_for(ids[i], "completed")
        for i in (1, 5):
            self.assertEqual("UPSTREAM_FAILED", self.s.wait_for(ids[i], "cancelled")["error"]["code"])
        shown = self.s.job(ids[4])
        self.assertEqual([{"id": i, "on": "success"} for i in ids[1:3]],
                         [{k: d[k] for k in ("id", "on")} for d in shown["dependencies"]])
        self.assertEqual("any", shown["dependencyRule"])

    def test_a_circle_is_refused_as_a_whole(self):
        tag = "circle"
        batch = [{"jobType": "noop", "payload": {}, "tags": [tag], "dependencies": ["#1"]},
                 {"jobType": "noop", "payload": {}, "tags": [tag], "dependencies": ["#0"]}]
        with self.assertRaises(harness.Refused) as caught:
            self.s.call("POST", "/api/jobs/batch", batch)
        self.assertEqual("dependency_cycle", caught.exception.code)
        self.assertEqual([], self.s.call("GET", f"/api/jobs?tag={tag}")["jobs"])

    def test_an_unknown_dependency_is_refused(self):
        self.assert_refused(400, "unknown_dependency", "POST", "/api/jobs/submit",
                            {"jobType": "noop", "payload": {}, "dependencies": ["job_0000000000001"]})


if __name__ == "__main__":
    harness.main()
