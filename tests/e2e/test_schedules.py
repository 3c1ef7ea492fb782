"""Jobs by the clock, with real processes: each fire time has one job, however often the scheduler is killed."""
import json
import os
import random
import subprocess
import tempfile

import harness
from harness import parse_time, wait_until

SEED = random.randrange(1 << 32)


class Schedules(harness.TestCase):
    def schedule(self, name):
        """Once the stored ones have been read."""
        def known():
            try:
                return self.s.call("GET", f"/api/schedules/{name}")
            except harness.Refused as why:
                if why.code != "starting":
                    raise
                return None
        return wait_until(known, "the schedule")

    def put(self, name, **fields):
        body = {"every": 1, "job": {"jobType": "noop", "payload": {"at": "${schedule.time}"}}, **fields}
        return self.s.call("PUT", f"/api/schedules/{name}", body)

    def jobs_of(self, name):
        jobs, cursor = [], ""
        while cursor is not None:
            page = self.s.call("GET", f"/api/jobs?tag=schedule:{name}&limit=1000&include=payload"
                               + (f"&cursor={cursor}" if cursor else ""))
            jobs += page["jobs"]
            cursor = page["next"]
        return jobs

    def command(self, *words):
        end = subprocess.run([harness.PROGRAM, *words, "--server", self.s.ready["http"]], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        return end.returncode, end.stdout

    def test_each_fire_time_has_one_job_whatever_is_killed(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        self.put("tick", catchUp="all")
        for _ in range(5):
            before = self.schedule("tick")["fired"]
            self.s.kill()
            self.s.start()
            more = chance.randrange(1, 3)
            wait_until(lambda: self.schedule("tick")["fired"] >= before + more, "it to fire again")
        self.s.call("POST", "/api/schedules/tick/pause")
        state = self.schedule("tick")
        jobs = self.jobs_of("tick")
        times = sorted(parse_time(j["schedule"]["fireTime"]) for j in jobs)
        self.assertEqual(len(times), len(set(times)))
        self.assertEqual(len(times), state["fired"])
        # Every second has its job: nothing was missed, and none was left out.
        self.assertEqual(state["missed"], 0)
        self.assertEqual([round(b - a) for a, b in zip(times, times[1:])], [1] * (len(times) - 1))
        for j in jobs:
            self.assertEqual(int(parse_time(j["payload"]["at"])), int(parse_time(j["schedule"]["fireTime"])))

    def test_run_now_pause_and_remove(self):
        self.put("hourly", every=3600)
        ran = self.s.call("POST", "/api/schedules/hourly/run")
        self.s.wait_for(ran["jobID"], "completed")
        self.assertTrue(self.s.job(ran["jobID"])["schedule"]["byHand"])
        self.assertTrue(self.s.call("POST", "/api/schedules/hourly/pause")["paused"])
        self.assertEqual([], self.schedule("hourly")["next"])
        self.assertEqual(5, len(self.s.call("POST", "/api/schedules/hourly/resume")["next"]))
        self.s.call("DELETE", "/api/schedules/hourly")
        self.assert_refused(404, "unknown_schedule", "GET", "/api/schedules/hourly")

    def test_a_crontab_becomes_schedules_that_run(self):
        with tempfile.TemporaryDirectory() as scratch:
            out = os.path.join(scratch, "out")
            table = os.path.join(scratch, "crontab")
            with open(table, "w", encoding="utf-8") as file:
                file.write(f"WORD=hello\nCRON_TZ=Europe/Berlin\n30 2 * * MON echo $WORD > {out}\n@reboot true\n")
            code, text = self.command("schedules", "import", table, "--prefix", "tab-")
            self.assertNotEqual(0, code, text)
            self.assertIn("@reboot", text)
            code, text = self.command("schedules", "list", "--json")
            self.assertEqual(0, code, text)
            names = [x["name"] for x in json.loads(text)["schedules"] if x["name"].startswith("tab-")]
            self.assertEqual(1, len(names), text)
            self.assertEqual("Europe/Berlin", self.schedule(names[0])["timeZone"])
            ran = self.s.call("POST", f"/api/schedules/{names[0]}/run")
            self.s.wait_for(ran["jobID"], "completed")
            with open(out, encoding="utf-8") as file:
                self.assertEqual("hello\n", file.read())


if __name__ == "__main__":
    harness.main()
