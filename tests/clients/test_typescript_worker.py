"""The worker of the TypeScript client: the same tests as those of the worker in Python (tests/e2e/test_http_worker.py), and what
is of Node.js. Whatever it asked is compared with the description of the interface.

python3 test_typescript_worker.py PROGRAM BUILD_FOLDER [unittest arguments]
"""
import contextlib
import os
import signal
import subprocess
import sys
import unittest

import typescript_package
import skips  # found through typescript_package

sys.path.insert(0, os.path.join(typescript_package.HERE, "..", "e2e"))
import harness  # pylint: disable=wrong-import-position
import test_http_worker as suite  # pylint: disable=wrong-import-position
from harness import QUICK, wait_until  # pylint: disable=wrong-import-position

PLACE = os.path.join(os.path.abspath(sys.argv.pop(2)), "tests", "clients", "typescript_worker")
EXCHANGES = os.path.join(PLACE, "exchanges")


def setUpModule():  # pylint: disable=invalid-name
    typescript_package.compile_into(PLACE)
    with contextlib.suppress(FileNotFoundError):
        os.remove(EXCHANGES)
    os.environ["CALLBOARD_EXCHANGES"] = EXCHANGES
    suite.COMMAND = [typescript_package.NODE, os.path.join(PLACE, "test", "worker_program.js")]
    # A function that blocks the event loop leaves it to the guard to end the worker.
    suite.HANGING_CODES = (-signal.SIGKILL,)


def tearDownModule():  # pylint: disable=invalid-name
    typescript_package.check_exchanges(EXCHANGES)


class Jobs(suite.Jobs):
    pass


class Leaving(suite.Leaving):
    pass


class Lost(suite.Lost):
    def test_a_blocked_event_loop_does_not_outlive_the_lease(self):
        """The function neither waits nor looks at its signal; its timeout is far away."""
        ticks = os.path.join(self.folder.name, "ticks")
        first = self.program("w-1")
        job = self.s.submit("test.hang", {"ticks": ticks}, timeout=600)["jobID"]
        self.wait_for_note("begin", job)
        self.program("w-2")
        self.assertEqual({"attempt": 2}, self.s.wait_for(job, "completed")["result"])
        self.assertIsNotNone(first.process.poll())
        begun = self.notes()
        self.assertEqual(["begin", "begin"], [note[0] for note in begun if note[1] == job])
        with open(ticks, encoding="utf-8") as lines:
            seen = [line.split() for line in lines]
        self.assertEqual({begun[0][2]}, {fence for fence, _ in seen[:-1]})
        self.assertEqual(-signal.SIGKILL, first.exit_code())

    def test_a_function_that_neither_ends_nor_blocks_costs_its_worker(self):
        with harness.Scheduler(workers=0, env={"CALLBOARD_WORKERS_KILL_GRACE": "300ms"}) as s:
            w = suite.Program(f"http://127.0.0.1:{s.port}", "w-1", self.file)
            self.addCleanup(w.end)
            wait_until(s.worker_list, "it to join")
            job = s.submit("test.deaf", {}, timeout=1)["jobID"]
            self.wait_for_note("begin", job)
            # Its own end, or its guard's where the machine is too busy for that.
            self.assertIn(w.exit_code(), (70, -signal.SIGKILL))

    def test_a_short_stop_does_no_harm(self):
        with harness.Scheduler(workers=0, env={**QUICK, "CALLBOARD_CLUSTER_LEASE": "20s"}) as s:
            w = suite.Program(f"http://127.0.0.1:{s.port}", "w-1", self.file)
            self.addCleanup(w.end)
            wait_until(s.worker_list, "it to join")
            job = s.submit("test.wait", {"until": self.gate()})["jobID"]
            self.wait_for_note("begin", job)
            w.send(signal.SIGSTOP)
            wait_until(lambda: s.worker_list()[0]["suspect"], "it to be missed")
            w.send(signal.SIGCONT)
            wait_until(lambda: not s.worker_list()[0]["suspect"], "it to be heard again")
            self.open_gate()
            self.assertEqual({"by": "w-1", "attempt": 1}, s.wait_for(job, "completed")["result"])

    def test_a_worker_without_its_guard_ends(self):
        w = self.program("w-1")
        with open(f"/proc/{w.process.pid}/task/{w.process.pid}/children", encoding="ascii") as children:
            guard = int(children.read())
        os.kill(guard, signal.SIGKILL)
        self.assertEqual(70, w.exit_code())


class Troubles(suite.Troubles):
    pass


class Functions(suite.Case):
    """What is told of them, and how they may end besides what every worker is tested for."""

    def test_a_soft_timeout(self):
        self.program("w-1")
        job = self.s.submit("test.soft", {}, softTimeout=0.2, timeout=600)["jobID"]
        self.assertEqual({"half": True}, self.s.wait_for(job, "completed")["result"])

    def test_results_that_are_none(self):
        self.program("w-1")
        for how, code in (("number", "BAD_RESULT"), ("function", "BAD_RESULT"), ("text", "HANDLER_EXCEPTION")):
            with self.subTest(how=how):
                failed = self.s.wait_for(self.s.submit("test.fail", {"how": how}, maxRetries=0)["jobID"], "failed")
                self.assertEqual(code, failed["error"]["code"])
        self.assertIsNone(self.s.wait_for(self.s.submit("test.fail", {})["jobID"], "completed").get("result"))

    def test_many_at_once_bring_no_warnings(self):
        w = self.program("w-1", slots=40)
        jobs = [self.submit_wait() for _ in range(40)]
        wait_until(lambda: len(self.notes()) == len(jobs), "all to run at once")
        self.open_gate()
        for job in jobs:
            self.s.wait_for(job, "completed")
        w.send(signal.SIGTERM)
        self.assertEqual(0, w.exit_code())
        with open(w.log, encoding="utf-8") as log:
            self.assertNotIn("Warning", log.read())

    def test_a_second_signal_ends_the_grace(self):
        w = self.program("w-1", grace=600)
        job = self.submit_wait()
        self.wait_for_note("begin", job)
        w.send(signal.SIGTERM)
        self.assertEqual([], [n for n in self.notes() if n[0] == "end"])
        w.send(signal.SIGINT)
        self.assertEqual(0, w.exit_code())
        self.assertEqual("shutdown", self.wait_for_note("end", job)[0][3])


class Readme(harness.TestCase):
    settings = {"workers": 0}

    def test_the_example_of_the_readme(self):
        process = subprocess.Popen([typescript_package.NODE, os.path.join(PLACE, "test", "readme_worker.js")],
                                   env={**os.environ, "CALLBOARD_SERVER": f"http://127.0.0.1:{self.s.port}"}, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        wait_until(self.s.worker_list, "it to join")
        job = self.s.submit("thumbnail", {"file": "a.pdf"})["jobID"]
        self.assertEqual({"pages": 10}, self.s.wait_for(job, "completed")["result"])
        process.terminate()
        self.assertEqual((b"", 0), (process.communicate(timeout=harness.PATIENCE)[1], process.returncode))
        self.assertEqual([], self.s.worker_list())


class Unwanted(unittest.TestCase):
    def test_a_scheduler_that_has_no_workers_over_http(self):
        with harness.Scheduler(workers=0, env={"CALLBOARD_HTTP_WORKERS_ACCEPT": "off"}) as s:
            w = suite.Program(f"http://127.0.0.1:{s.port}", "w-1", os.path.join(PLACE, "unwanted"))
            self.addCleanup(w.end)
            self.assertEqual(1, w.exit_code())
            with open(w.log, encoding="utf-8") as log:
                self.assertIn("registration_refused", log.read())


if __name__ == "__main__":
    skips.need({"node": "nodejs", "npm": "npm"})
    harness.main()
