"""Templates: jobs and workflows by name, across kills of the scheduler and on the command line."""
import json
import os
import subprocess
import tempfile

import harness
from harness import wait_until

GREETING = {
    "description": "says hello",
    "parameters": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "minLength": 1, "pattern": "^[A-Za-z ]+$"},
        "priority": {"type": "integer", "default": 6}}},
    "job": {"jobType": "exec", "priority": "${param.priority}", "retryCount": 0,
            "payload": {"argv": ["/bin/echo", "-n", "hello ${param.name}, $${x}"]}},
}


class Templates(harness.TestCase):
    def put(self, name, definition):
        return self.s.call("PUT", f"/api/templates/{name}", definition)

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

    def ended(self, job):
        def look():
            j = self.s.call("GET", f"/api/jobs/{job}")
            return j if j["status"] in ("completed", "failed", "cancelled") else None
        return wait_until(look, f"{job} to end")

    def refused(self, code, field, method, path, body):
        with self.assertRaises(harness.Refused) as why:
            self.s.call(method, path, body)
        self.assertEqual((code, field), (why.exception.code, why.exception.field))

    def command(self, *arguments, given=None):
        """(exit code, standard output, standard error) of the program as a client."""
        end = subprocess.run([harness.PROGRAM, *arguments], capture_output=True, text=True, check=False, input=given,
                             timeout=harness.PATIENCE, env={**os.environ, "CALLBOARD_SERVER": self.s.ready["http"]})
        return end.returncode, end.stdout, end.stderr

    def test_a_schedule_has_the_job_of_a_template_and_lists_find_it(self):
        self.put("nightly", GREETING)
        schedule = {"cron": "0 3 1 1 *", "template": {"name": "nightly", "parameters": {"name": "Ada"}}}
        shown = self.s.call("PUT", "/api/schedules/nightly", schedule)
        self.assertEqual({"name": "nightly", "version": 1}, shown["template"])
        self.assertEqual(["/bin/echo", "-n", "hello Ada, ${x}"], shown["job"]["payload"]["argv"])
        changed = {**GREETING, "job": {**GREETING["job"], "priority": 2}}
        self.assertEqual(2, self.put("nightly", changed)["version"])
        self.s.kill()
        self.s.start()
        self.assertEqual(shown["template"], self.known("/api/schedules/nightly")["template"])

        by_schedule = self.s.call("POST", "/api/schedules/nightly/run")["jobID"]
        by_hand = self.s.call("POST", "/api/templates/nightly/submit", {"parameters": {"name": "Bob"}})["jobID"]
        other = self.s.submit("noop")["jobID"]
        self.assertEqual("hello Ada, ${x}", self.ended(by_schedule)["result"]["stdout"])
        self.assertEqual((6, shown["template"]), (lambda j: (j["priority"], j["template"]))(self.ended(by_schedule)))
        self.ended(by_hand)
        self.ended(other)

        def found(query):
            return [j["id"] for j in self.s.call("GET", f"/api/jobs?template={query}")["jobs"]]
        self.assertEqual([by_hand, by_schedule], found("nightly"))
        self.assertEqual([by_schedule], found("nightly@1"))
        self.assertEqual([by_hand], found("nightly@2&status=completed"))
        self.assertEqual([], found("nightly@3"))
        code, text, _ = self.command("list", "--template", "nightly@1", "--json")
        self.assertEqual((0, [by_schedule]), (code, [j["id"] for j in json.loads(text)["jobs"]]))
        self.refused("unknown_template", "template.name", "PUT", "/api/schedules/x",
                     {"every": 60, "template": {"name": "nobody"}})
        self.s.call("DELETE", "/api/schedules/nightly")
        self.s.call("DELETE", "/api/templates/nightly")

    def test_a_template_survives_a_kill_and_its_jobs_say_so(self):
        self.put("greeting", GREETING)
        second = {**GREETING, "description": "says hello louder"}
        self.assertEqual(2, self.put("greeting", second)["version"])
        self.put("gone", GREETING)
        self.s.call("DELETE", "/api/templates/gone")
        body = {"parameters": {"name": "you"}, "overrides": {"tags": ["t"]}, "idempotencyKey": "once"}
        answer = self.s.call("POST", "/api/templates/greeting/submit", body)
        self.assertEqual({"name": "greeting", "version": 2}, answer["template"])
        self.s.kill()
        self.s.start()
        self.assertEqual(GREETING["job"], self.known("/api/templates/greeting?version=1")["job"])
        self.assertEqual("says hello louder", self.known("/api/templates/greeting")["description"])
        self.assertEqual(["greeting"], [t["name"] for t in self.s.call("GET", "/api/templates")["templates"]])
        again = self.s.call("POST", "/api/templates/greeting/submit", body)
        self.assertEqual((answer["jobID"], True), (again["jobID"], again["duplicate"]))
        self.refused("idempotency_conflict", "idempotencyKey", "POST", "/api/templates/greeting/submit",
                     {**body, "parameters": {"name": "me"}})
        job = self.ended(answer["jobID"])
        self.assertEqual("completed", job["status"])
        self.assertEqual("hello you, ${x}", job["result"]["stdout"])
        self.assertEqual({"name": "greeting", "version": 2}, job["template"])
        self.assertEqual((6, ["t"]), (job["priority"], job["tags"]))
        self.assertEqual(3, self.s.call("POST", "/api/templates/greeting/rollback", {"version": 1})["version"])

    def test_schemas_are_checked(self):
        self.put("greeting", GREETING)
        target = "/api/templates/greeting/submit"
        self.refused("missing_field", "parameters.name", "POST", target, {})
        self.refused("invalid_value", "parameters.name", "POST", target, {"parameters": {"name": 7}})
        self.refused("invalid_value", "parameters.name", "POST", target, {"parameters": {"name": "a\";rm"}})
        self.refused("out_of_range", "job.priority", "POST", target, {"parameters": {"name": "a", "priority": 10}})
        self.refused("invalid_value", "parameters", "PUT", "/api/templates/x",
                     {**GREETING, "parameters": {"properties": {"name": {"pattern": "("}}}})
        self.refused("invalid_value", "parameters.priority", "PUT", "/api/templates/x",
                     {**GREETING, "parameters": {"properties": {"name": {}, "priority": {"type": "integer",
                                                                                       "default": "high"}}}})

    def test_a_workflow_by_the_command_line(self):
        definition = {"workflow": {"name": "n-${param.n}", "jobs": {
            "first": {"jobType": "exec", "payload": {"argv": ["/bin/echo", "-n", "no ${param.n}"]}},
            "second": {"jobType": "exec", "dependencies": ["first"],
                       "payload": {"argv": ["/bin/echo", "-n", "got ${jobs.first.result.stdout}"]}}}}}
        code, out, err = self.command("templates", "put", "two", "-", given=json.dumps(definition))
        self.assertEqual((0, "two  version 1\n"), (code, out), err)
        code, out, err = self.command("templates", "submit", "two", "--param", "n=5", "--wait", "--json")
        self.assertEqual(0, code, err)
        answer, *_, last = [json.loads(line) for line in out.splitlines()]
        self.assertEqual({"name": "two", "version": 1}, answer["template"])
        self.assertEqual("n-5", answer["name"])
        self.assertEqual("got no 5", last["result"]["second"]["stdout"])
        job = self.s.call("GET", f"/api/jobs/{answer['jobs']['first']['id']}")
        self.assertEqual({"name": "two", "version": 1}, job["template"])

    def test_parameters_on_the_command_line_follow_the_schema(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"parameters": {"properties": {"s": {"type": "string"}}},
                       "job": {"jobType": "noop", "payload": {"s": "${param.s}", "n": "${param.s}"}}}, file)
            file.flush()
            self.assertEqual(0, self.command("templates", "put", "t", file.name)[0])
        code, out, err = self.command("templates", "submit", "t", "--param", "s=12", "--priority", "8", "--dry-run")
        self.assertEqual(0, code, err)
        self.assertEqual({"jobType": "noop", "priority": 8, "payload": {"s": "12", "n": "12"}}, json.loads(out))
        code, out, err = self.command("templates", "submit", "t", "--param", "s=12", "--wait")
        self.assertEqual(0, code, err)


if __name__ == "__main__":
    harness.main()
