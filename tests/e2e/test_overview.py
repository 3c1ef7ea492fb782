"""What the dashboard shows of the scheduler as a whole: its settings, failures by queue, numbers of jobs under a filter."""
import json
import os
import subprocess

import harness

PASSWORD = "correct horse battery staple"


class Overview(harness.TestCase):
    settings = {"workers": 1, "slots": 4, "arguments": ["--set", "http.list_limit_max=700"],
                "env": {"CALLBOARD_HANDLERS_SMTP_USERNAME": "me", "CALLBOARD_HANDLERS_SMTP_PASSWORD": PASSWORD}}

    def noop(self, fail=None, **fields):
        payload = {"fail": fail} if fail else {}
        job = self.s.call("POST", "/api/jobs/submit", {"jobType": "noop", "payload": payload, **fields})["jobID"]
        self.s.wait_for(job, "failed" if fail else "completed")
        return job

    def test_settings_in_effect(self):
        answer = self.s.call("GET", "/api/settings")
        self.assertNotIn(PASSWORD, json.dumps(answer))
        of = {s["name"]: s for s in answer["settings"]}
        self.assertEqual(answer["count"], len(of))
        self.assertEqual(of["store.directory"]["value"], self.s.data)
        self.assertEqual(of["store.directory"]["origin"], {"kind": "flag", "place": "--data"})
        self.assertEqual((of["http.list_limit_max"]["value"], of["http.list_limit_max"]["origin"]["place"]), (700, "--set"))
        self.assertEqual(of["http.list_limit_max"]["default"], 1000)
        password = of["handlers.smtp.password"]
        self.assertEqual((password["secret"], password["set"], password["origin"]["kind"]), (True, True, "environment"))
        self.assertEqual(of["cluster.lease"]["origin"], {"kind": "default"})
        out = subprocess.run([harness.PROGRAM, "config", "--server", "http://" + self.s.ready["http"]],
                             check=True, capture_output=True, text=True, env={**os.environ}).stdout
        self.assertRegex(out, r"(?m)^http\.list_limit_max +700 +--set$")
        self.assertNotIn(PASSWORD, out)

    def test_failures_by_queue(self):
        self.noop(queue="fine")
        self.noop(fail="final", queue="broken")
        self.noop(fail="final", queue="broken")
        rows = {q["name"]: q for q in self.s.call("GET", "/api/queues")["queues"]}
        self.assertEqual(rows["broken"]["failuresSinceStart"], 2)
        self.assertEqual(rows["broken"]["ready"], 0)
        self.assertEqual(rows.get("fine", {}).get("failuresSinceStart", 0), 0)
        page = self.s.call("GET", "/api/queues?cursor=broken")
        self.assertNotIn("broken", [q["name"] for q in page["queues"]])

    def test_numbers_under_a_filter(self):
        for _ in range(3):
            self.noop(queue="counted", tags=["x"])
        self.noop(fail="final", queue="counted")
        held = self.s.call("POST", "/api/jobs/submit", {"jobType": "noop", "queue": "counted", "held": True})["jobID"]
        of = lambda query: self.s.call("GET", "/api/jobs/counts?" + query)
        answer = of("queue=counted")
        self.assertEqual((answer["counted"], answer["complete"]), (5, True))
        self.assertEqual({s: n for s, n in answer["byStatus"].items() if n}, {"completed": 3, "failed": 1, "queued": 1})
        self.assertEqual(of("queue=counted&status=failed")["counted"], 1)
        self.assertEqual(of("tag=x&type=noop")["byStatus"]["completed"], 3)
        self.assertEqual(of("queue=counted&held=true")["byStatus"]["queued"], 1)
        self.s.call("POST", f"/api/jobs/{held}/cancel")
        self.assertEqual(of("queue=counted")["byStatus"]["cancelled"], 1)


if __name__ == "__main__":
    harness.main()
