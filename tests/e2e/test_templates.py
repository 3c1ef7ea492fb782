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
