"""examples/nightly: a good night, one with a damaged file, two nights at once, and a run that is stopped."""
import datetime
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness
import skips
from harness import wait_until

NIGHTLY = os.path.join(harness.ROOT, "examples", "nightly")
REGIONS = ("north", "east", "south", "west")


def workflow_module():
    spec = importlib.util.spec_from_file_location("make_workflow", os.path.join(NIGHTLY, "make_workflow.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def processes_in(directory):
    """Command lines of processes whose arguments or environment name the directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/environ", "rb") as environment:
                command = line.read()
                if directory.encode() in command + environment.read() and harness.is_alive(pid):
                    found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return found


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


class Run(unittest.TestCase):
    def setUp(self):
        self.scratch = os.path.realpath(tempfile.mkdtemp(prefix="callboard-e2e-"))
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)

    def start(self, *arguments):
        # Its scratch directory is below TMPDIR, and everything that it starts inherits the variable.
        return subprocess.Popen([os.path.join(NIGHTLY, "run.sh"), *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env={**os.environ, "TMPDIR": self.scratch})

    def run_to_its_end(self, *arguments):
        """The directory that it has kept."""
        process = self.start("--keep", "--callboard", harness.PROGRAM, *arguments)
        output, _ = process.communicate(timeout=4 * harness.PATIENCE)
        self.assertEqual(0, process.returncode, output)
        self.assertEqual([], processes_in(self.scratch))
        kept = os.path.join(self.scratch, *os.listdir(self.scratch))
        self.assertIn(f"kept: {kept}", output)
        return kept

    def requests(self, kept):
        with open(os.path.join(kept, "partner", "requests.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_a_good_night(self):
        kept = self.run_to_its_end()
        night = read_json(kept, "completed.json")
        self.assertEqual("completed", night["state"])
        self.assertEqual("SKIPPED", night["jobs"]["alarm"]["error"]["code"])
        self.assertEqual(["1.eml"], os.listdir(os.path.join(kept, "mail")))
        served = [r["path"] for r in self.requests(kept) if r["admitted"]]
        self.assertEqual(2 * len(REGIONS), len(set(served)))
        self.assertEqual(len(set(served)), len(served), "each file is fetched once")

    def test_a_damaged_file_fails_the_night_and_a_retry_runs_the_rest(self):
        kept = self.run_to_its_end("--damage", "south")
        before, after = read_json(kept, "failed.json"), read_json(kept, "completed.json")
        self.assertEqual(("failed", "completed"), (before["state"], after["state"]))
        self.assertEqual("failed", before["jobs"]["check-south"]["status"])
        self.assertEqual("completed", before["jobs"]["alarm"]["status"])
        again = {key for key, job in after["jobs"].items() if job["id"] != before["jobs"][key]["id"]}
        self.assertEqual({"check-south", "report", "mail", "upload"}, again)
        for key in ("report", "mail", "upload"):
            self.assertEqual("UPSTREAM_FAILED", before["jobs"][key]["error"]["code"])
        self.assertEqual(["1.eml", "2.eml"], sorted(os.listdir(os.path.join(kept, "mail"))))
        with open(os.path.join(kept, "mail", "1.eml"), encoding="utf-8") as mail:
            self.assertIn("To: on-call@example.com", mail.read())
        day = after["name"].removeprefix("night-")
        served = [r["path"] for r in self.requests(kept) if r["admitted"]]
        twice = {path for path in served if served.count(path) > 1}
        self.assertEqual({f"/orders/{day}/south.csv"}, twice)

    def test_it_stops_everything_when_it_is_stopped(self):
        process = self.start("--callboard", harness.PROGRAM)
        for line in process.stdout:
            if "orders-north" in line:
                break
        self.assertNotEqual([], processes_in(self.scratch))
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=harness.PATIENCE)
        self.assertEqual(143, process.returncode, output)
        wait_until(lambda: not processes_in(self.scratch), "everything to be stopped")
        self.assertEqual([], os.listdir(self.scratch))

    def test_wrong_arguments_are_named(self):
        for arguments, what in ((["--callboard", os.path.join(self.scratch, "none")], "./callboard.sh build"),
                                (["--damage", "nowhere"], "north, east, south and west"), (["--fast"], "--fast")):
            process = self.start(*arguments)
            output, _ = process.communicate(timeout=harness.PATIENCE)
            self.assertEqual(1, process.returncode, output)
            self.assertIn(what, output)
        self.assertEqual([], os.listdir(self.scratch))


class Workflow(harness.TestCase):
    def night(self, day):
        nowhere = {"NIGHT_PARTNER": "http://127.0.0.1:9", "NIGHT_UPLOADS": "http://127.0.0.1:9",
                   "NIGHT_DIRECTORY": "/nowhere", "CALLBOARD": "callboard", "CALLBOARD_SERVER": self.s.ready["http"]}
        return workflow_module().workflow(day, datetime.datetime.now(datetime.timezone.utc), nowhere)

    def test_two_nights_do_not_overlap(self):
        self.s.call("POST", "/api/queues/partner/pause")
        first = self.s.call("POST", "/api/workflows", self.night("2026-01-15"))
        again = self.s.call("POST", "/api/workflows", self.night("2026-01-15"))
        self.assertEqual((first["id"], True), (again["id"], again["duplicate"]))
        self.assert_refused(409, "unique_conflict", "POST", "/api/workflows", self.night("2026-01-16"), "jobs.mail.unique")
        # `end` alone keeps it out when the others have failed early.
        for key in ("mail", "upload"):
            self.s.call("POST", f"/api/jobs/{first['jobs'][key]['id']}/cancel")
        self.assert_refused(409, "unique_conflict", "POST", "/api/workflows", self.night("2026-01-16"), "jobs.end.unique")
        self.s.call("POST", f"/api/workflows/{first['id']}/cancel")
        second = self.s.call("POST", "/api/workflows", self.night("2026-01-16"))
        self.s.call("POST", f"/api/workflows/{second['id']}/cancel")

    def test_six_in_the_morning_is_that_of_the_clocks(self):
        six = workflow_module().next_six_in_the_morning
        for now, expected in (("2026-01-15T01:30", "2026-01-15T05:00:00Z"), ("2026-07-15T00:30", "2026-07-15T04:00:00Z"),
                              ("2026-03-29T01:00", "2026-03-29T04:00:00Z"), ("2026-10-25T00:30", "2026-10-25T05:00:00Z"),
                              ("2026-10-25T01:30", "2026-10-25T05:00:00Z"), ("2026-01-15T05:00", "2026-01-16T05:00:00Z")):
            self.assertEqual(expected, six(datetime.datetime.fromisoformat(now + "+00:00")), now)


if __name__ == "__main__":
    skips.need({"curl": "curl", "sha256sum": "coreutils"})
    harness.main()
