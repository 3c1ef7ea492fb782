"""The examples of docs/scheduling.md, docs/workflows.md, docs/templates.md, docs/events.md, docs/metrics.md, docs/audit.md, docs/alerts.md, docs/webhooks.md, docs/reports.md and docs/http-workers.md, as they stand there, against a running scheduler."""
import os
import re
import subprocess
import tempfile

import harness

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ADDRESS = "http://127.0.0.1:8080"

PRELUDE = """
set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@"; }
callboard() { "$PROGRAM" "$@"; }
crontab() { printf '5 4 * * * true\\n'; }
"""


def blocks(document):
    with open(os.path.join(ROOT, "docs", document), encoding="utf-8") as file:
        return re.findall(r"```sh\n(.*?)```", file.read(), re.DOTALL)


class Documents(harness.TestCase):
    def test_the_examples_of_the_chapter_on_scheduling(self):
        self.run_examples("scheduling.md", 9)

    def test_the_examples_of_the_chapter_on_workflows(self):
        self.run_examples("workflows.md", 4)

    def test_the_examples_of_the_chapter_on_templates(self):
        self.run_examples("templates.md", 3)

    def test_the_examples_of_the_chapter_on_events(self):
        self.run_examples("events.md", 2)

    def test_the_examples_of_the_chapter_on_metrics(self):
        self.run_examples("metrics.md", 1)

    def test_the_examples_of_the_chapter_on_the_audit_log(self):
        self.run_examples("audit.md", 1)

    def test_the_examples_of_the_chapter_on_alerts(self):
        self.run_examples("alerts.md", 2)

    def test_the_examples_of_the_chapter_on_webhooks(self):
        self.run_examples("webhooks.md", 3)

    def test_the_examples_of_the_chapter_on_reports(self):
        self.run_examples("reports.md", 2)

    def test_the_example_of_the_chapter_on_workers_over_http(self):
        self.run_examples("http-workers.md", 1)

    def run_examples(self, document, at_least):
        waiting = self.s.submit(queue="mail", scheduleAt=harness.time_in(3600))["jobID"]
        with tempfile.TemporaryDirectory() as scratch:
            table = os.path.join(scratch, "crontab")
            with open(table, "w", encoding="utf-8") as file:
                file.write("# system\n17 * * * * root true\n")
            env = {**os.environ, "PROGRAM": harness.PROGRAM, "CALLBOARD_SERVER": self.s.ready["http"],
                   "CALLBOARD_STORE_DIRECTORY": self.s.data}
            examples = blocks(document)
            self.assertGreaterEqual(len(examples), at_least)
            for example in examples:
                self.forget_schedules()
                script = example.replace(ADDRESS, self.s.ready["http"].rstrip("/")).replace("/etc/crontab", table)
                script = re.sub(r"job_[0-9a-z]+", waiting, script)
                end = subprocess.run(["bash", "-c", PRELUDE + script], cwd=scratch, env=env, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, check=False)
                self.assertEqual(0, end.returncode, f"{example}\n{end.stdout}")

    def forget_schedules(self):
        for schedule in self.s.call("GET", "/api/schedules")["schedules"]:
            self.s.call("DELETE", f"/api/schedules/{schedule['name']}")


if __name__ == "__main__":
    harness.main()
