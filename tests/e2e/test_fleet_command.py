"""autoscale.command: a fleet that a program of the operator's starts and stops (examples/fleet-command.sh)."""
import glob
import json
import os
import shutil
import signal
import tempfile

import harness
from harness import is_alive, wait_until

COMMAND = os.path.join(harness.ROOT, "examples", "fleet-command.sh")


def touch(path):
    with open(path, "w", encoding="ascii"):
        pass


class Fleet(harness.TestCase):
    more_settings = {}

    @classmethod
    def setUpClass(cls):
        pass  # each test has a scheduler of its own, with a fleet of its own

    def setUp(self):
        settings = {"cluster.heartbeat": "200ms", "cluster.lease": "3s", "cluster.suspect_after": "1s",
                    **self.more_settings,
                    "autoscale.enabled": "true", "autoscale.workers_min": "0", "autoscale.workers_max": "6"}
        directory = tempfile.mkdtemp(prefix="callboard-e2e-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.fleet, self.calls = os.path.join(directory, "fleet"), os.path.join(directory, "calls")
        # Writes down how it is called, fails or does nothing for as long as it is told to, and then does what the
        # example does.
        self.failing, self.idle = os.path.join(directory, "failing"), os.path.join(directory, "idle")
        command = os.path.join(directory, "command")
        with open(command, "w", encoding="ascii") as script:
            script.write(f'#!/bin/sh\necho "$@" >> {self.calls}\nulimit -S -n > {directory}/open-files\n'
                         f'if [ -e {self.failing} ]; then exit 3; fi\n'
                         f'if [ -e {self.idle} ]; then exit 0; fi\nexec {COMMAND} "$@"\n')
        os.chmod(command, 0o755)
        self.directory = directory
        data = os.path.join(directory, "data")
        arguments = [word for name, value in {**settings, "autoscale.command": command}.items()
                     for word in ("--set", f"{name}={value}")]
        self.s = harness.Scheduler(workers=2, slots=1, data=data, arguments=arguments, open_files=300,
                                   env={"CALLBOARD": harness.PROGRAM, "CALLBOARD_WORKERS_SLOTS": "1",
                                        "FLEET_DIRECTORY": self.fleet})
        self.addCleanup(self.stop_fleet)
        self.addCleanup(self.s.close)

    def pids(self):
        found = {}
        for file in glob.glob(os.path.join(self.fleet, "*")):
            with open(file, encoding="ascii") as text:
                found[os.path.basename(file)] = int(text.read() or 0)
        return found

    def stop_fleet(self):
        for pid in self.pids().values():
            if pid and is_alive(pid):
                os.kill(pid, signal.SIGKILL)

    def called(self):
        """(what, arguments) of every call so far."""
        if not os.path.exists(self.calls):
            return []
        with open(self.calls, encoding="ascii") as lines:
            return [(words[0], words[1:]) for words in (line.split() for line in lines)]

    def started(self):
        return sum(int(arguments[0]) for what, arguments in self.called() if what == "scale-up")

    def stopped(self):
        return [name for what, arguments in self.called() if what == "scale-down" for name in arguments]

    def scale(self, workers):
        return self.s.call("POST", "/api/workers/scale", {"workers": workers})

    def names(self):
        return {w["id"] for w in self.s.live_workers()}


class FleetCommand(Fleet):
    def test_up_down_and_replacing_the_dead(self):
        self.assert_refused(400, "out_of_range", "POST", "/api/workers/scale", {"workers": 7}, field="workers")
        self.scale(2)
        wait_until(lambda: self.started() == 2, "the first call")
        self.scale(4)  # the first two are on their way, or have just come
        self.s.wait_for_workers(4)
        self.assertEqual(4, self.started())
        self.assertTrue(all(name.startswith("fleet-") for name in self.names()), "no local workers besides")
        with open(os.path.join(self.directory, "open-files"), encoding="ascii") as limit:
            self.assertEqual("300\n", limit.read(), "programs get the limit from before the scheduler raised its own")

        job = self.s.wait_for(self.s.submit("noop", {"sleepMs": 3000})["jobID"], "running")
        self.scale(1)
        wait_until(lambda: len(self.stopped()) == 3, "three to be stopped")
        self.assertNotIn(job["workerID"], self.stopped())
        self.s.wait_for_workers(1)
        self.assertEqual(0, self.s.wait_for(job["id"], "completed")["lossCount"])
        self.assertEqual({job["workerID"]}, self.names())

        os.kill(self.pids()[job["workerID"]], signal.SIGKILL)
        successor = wait_until(lambda: self.names() - {job["workerID"]}, "another one in its place")
        self.assertEqual(5, self.started())
        self.assertEqual(1, len(successor))
        self.scale(0)
        wait_until(lambda: not self.names(), "the end of the last")
        self.assertEqual(4, len(self.stopped()))

    def test_the_queue_decides_and_a_failed_call_is_made_again(self):
        touch(self.failing)
        job_id = self.s.submit()["jobID"]
        wait_until(lambda: "autoscale.command failed: its exit code was 3" in self.s.log_tail(), "the failure in the log")
        os.unlink(self.failing)
        self.s.wait_for(job_id, "completed")
        self.assertEqual([("scale-up", ["1"])] * 2, self.called())


class Impatient(Fleet):
    more_settings = {"autoscale.command_patience": "1s"}

    def test_a_command_whose_workers_do_not_come_is_called_again(self):
        touch(self.idle)
        self.scale(1)
        wait_until(lambda: len(self.called()) >= 2, "the second call")
        os.unlink(self.idle)
        self.s.wait_for_workers(1)

    def handled(self, connection):
        """Messages that the worker supervisor has handled. Over a connection that is open: new ones are not accepted."""
        connection.request("GET", "/api/actors")
        answer = json.loads(connection.getresponse().read())
        return next(a["handled"] for a in answer["actors"] if a["name"] == "worker-supervisor")

    def test_a_scheduler_that_stops_has_nothing_to_do_about_late_workers(self):
        self.scale(1)
        self.s.wait_for_workers(1)
        touch(self.idle)
        calls = len(self.called())
        self.scale(6)
        wait_until(lambda: len(self.called()) >= calls + 2, "a call that is repeated")
        release, beats = (os.path.join(self.directory, name) for name in ("release", "beats"))
        job_id = self.s.submit_exec("/bin/sh", "-c", f"while [ ! -e {release} ]; do echo >> {beats}; sleep 0.1; done")
        self.s.wait_for(job_id["jobID"], "running")
        connection = self.s.connect()
        self.addCleanup(connection.close)
        self.handled(connection)
        self.s.process.send_signal(signal.SIGTERM)

        def beaten():
            return os.path.getsize(beats)

        def after(count):
            size = beaten() + count
            wait_until(lambda: beaten() >= size, "the job to go on")
            return self.handled(connection)

        before = after(20)  # the patience is over
        self.assertLess(after(10) - before, 500)  # nearly all of them heartbeats, not thousands of alarms
        touch(release)
        self.assertEqual(0, self.s.process.wait(harness.PATIENCE))


if __name__ == "__main__":
    harness.main()
