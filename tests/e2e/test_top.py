"""`callboard top` on a terminal (a pty that pyte draws), with a real scheduler; and `callboard doctor` beside it."""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios

import harness
from harness import wait_until

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "support"))
import skips  # pylint: disable=wrong-import-position,wrong-import-order


class Terminal:
    """`callboard top` in a terminal of that size."""

    def __init__(self, url, columns, lines):
        import pyte  # pylint: disable=import-outside-toplevel
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.master, slave = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen([harness.PROGRAM, "top", "--server", url], stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True,
                                        env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})

    def resize(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys):
        os.write(self.master, keys.encode())

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            part = os.read(self.master, 65536)
            self.raw += part
            self.stream.feed(part)
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, text):
        try:
            return wait_until(lambda: (shown := self.read()) and text in shown and shown, f"{text!r} on the screen")
        except AssertionError as why:
            raise AssertionError(f"{why}\n{self.read()}") from None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class Top(harness.TestCase):
    settings = {"workers": 1, "slots": 2}

    def open(self, columns, lines):
        t = Terminal(self.s.ready["http"], columns, lines)
        self.addCleanup(t.close)
        return t

    def test_a_job_is_seen_and_cancelled_with_keys(self):
        for columns, lines in ((80, 24), (120, 40)):
            job = self.s.submit_exec("sleep", "600", queue="night")["jobID"]
            self.s.wait_for(job, "running")
            t = self.open(columns, lines)
            t.wait_for("■□")  # the worker tells its load by heartbeats
            shown = t.wait_for(job)
            self.assertIn("ready", shown.splitlines()[0])
            self.assertIn("1 running", shown.splitlines()[1])
            self.assertIn("night", shown)
            self.assertIn("local-1", shown)
            t.press("\r")
            t.wait_for(f"{job} is running")
            t.press("\x1b")
            t.wait_for("SINCE")
            t.press("c")
            t.wait_for(f"cancel job {job}? [y/N]")
            t.press("y")
            t.wait_for(f"{job} is cancelled")
            self.s.wait_for(job, "cancelled")
            t.press("q")
            self.assertEqual(0, t.process.wait(harness.PATIENCE))
            t.read()
            # The other screen of the terminal, the cursor, and its modes are as they were.
            self.assertGreater(t.raw.rfind(b"\x1b[?1049l"), t.raw.rfind(b"\x1b[?1049h"))
            self.assertEqual(t.before, termios.tcgetattr(t.slave))

    def test_a_queue_is_paused_and_the_window_may_change(self):
        self.s.submit(queue="mail", scheduleAt=harness.time_in(3600))
        t = self.open(100, 30)
        t.wait_for("mail")
        t.press("\t/mail\r")
        t.press("p")
        t.wait_for("pause queue mail? [y/N]")
        t.press("y")
        t.wait_for("mail is paused")
        self.assertTrue(self.s.call("GET", "/api/queues/mail")["paused"])
        t.screen.resize(20, 60)
        t.resize(60, 20)
        t.process.send_signal(28)  # SIGWINCH
        wait_until(lambda: "QUEUE" in t.read() and t.read().count("\n") == 19, "a smaller screen")
        t.process.terminate()
        self.assertEqual(0, t.process.wait(harness.PATIENCE))
        self.assertEqual(t.before, termios.tcgetattr(t.slave))

    def test_a_scheduler_that_restarts_is_found_again(self):
        with harness.Scheduler(workers=1, slots=1) as s:
            address = s.ready["http"]
            t = Terminal(address, 80, 24)
            self.addCleanup(t.close)
            t.wait_for("ready")
            s.terminate()
            t.wait_for("no answer, trying again")
            s.listen = f"{s.host}:{s.port}"
            s.start()
            shown = t.wait_for("1/1 workers")
            self.assertNotIn("no answer", shown)
            t.press("q")
            self.assertEqual(0, t.process.wait(harness.PATIENCE))

    def test_a_screen_for_scripts_and_none_without_a_terminal(self):
        end = subprocess.run([harness.PROGRAM, "top", "--once", "--server", self.s.ready["http"]], capture_output=True, text=True,
                             check=True)
        self.assertEqual(40, len(end.stdout.splitlines()))
        end = subprocess.run([harness.PROGRAM, "top"], capture_output=True, text=True, check=False)
        self.assertEqual(1, end.returncode)
        self.assertIn("--once", end.stderr)

    def test_the_doctor_finds_a_scheduler_that_runs(self):
        http_at = self.s.ready["http"].rpartition("://")[2].rstrip("/")
        cluster_at = self.s.ready["cluster"]
        end = subprocess.run([harness.PROGRAM, "doctor", "--json", "--data", self.s.data, "--server", self.s.ready["http"],
                              "--set", f"http.listen={http_at}", "--set", f"cluster.listen={cluster_at}"],
                             capture_output=True, text=True, check=False)
        checks = {check["name"]: check for check in json.loads(end.stdout)["checks"]}
        for name in ("ports", "server", "store", "workers", "certificates", "time zones"):
            self.assertEqual("ok", checks[name]["result"], checks[name])
        self.assertIn("held by a scheduler that runs", checks["ports"]["text"])
        self.assertEqual(0, end.returncode, end.stdout)


if __name__ == "__main__":
    try:
        import pyte  # pylint: disable=unused-import
    except ImportError:
        skips.leave(skips.missing("pyte", "python3-pyte"))
    harness.main()
