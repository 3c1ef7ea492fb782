"""Runs a real scheduler for a test: starts it on free ports in a directory of its own, talks to it, always ends it.

Scripts that use it are run as `python3 test_x.py PROGRAM [unittest arguments]`, where PROGRAM is the callboard binary.
"""
import datetime
import http.client
import http.server
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import description  # pylint: disable=wrong-import-position
import skips  # pylint: disable=wrong-import-position

# Set by main().
PROGRAM = ""
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Seconds. Generous: they bound a test that fails, and say nothing about how fast things are.
PATIENCE = float(os.environ.get("CALLBOARD_TEST_PATIENCE", "60"))
POLL_EVERY = 0.01

TERMINAL = ("completed", "failed", "cancelled")
# Retries without a wait worth mentioning.
AT_ONCE = {"kind": "fixed", "baseSeconds": 0.05, "jitter": False}

live = []  # schedulers that run, whose logs a failure shows


def wait_until(condition, what, limit=None):
    """The first true value of `condition()`, asked again and again; fails when there is none in time."""
    deadline = time.monotonic() + (limit or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            logs = "".join(f"\n--- log of {s.data}:\n{s.log_tail()}" for s in live)
            raise AssertionError(f"waited in vain for {what}{logs}")
        time.sleep(POLL_EVERY)


def parse_time(text):
    """Seconds since 1970 of an RFC 3339 time."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def time_in(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_alive(pid):
    """False also for a process that has ended and waits for its parent to notice."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])


def processes_with(word):
    """Processes that have `word` among their arguments."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as line:
                    if word.encode() in line.read().split(b"\0"):
                        found.append(int(name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                pass
    return found


class Refused(Exception):
    """An answer with a status of 400 and above."""

    def __init__(self, method, path, status, body, headers):
        super().__init__(f"{method} {path} was answered {status}: {body}")
        self.status = status
        self.body = body
        self.headers = headers
        error = body.get("error", {}) if isinstance(body, dict) else {}
        self.code = error.get("code")
        self.field = error.get("field")


def read_line(stream, limit):
    """One line of a pipe, or fails; nothing else may read from the stream before."""
    deadline = time.monotonic() + limit
    line = b""
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            raise AssertionError(f"no line within {limit} s, only {line!r}")
        part = os.read(stream.fileno(), 1)
        if not part:
            raise AssertionError(f"the process ended instead of saying a line, after {line!r}")
        line += part
    return line.decode()


class MailCatcher:
    """scripts/mail_catcher.py as a process."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([sys.executable, os.path.join(ROOT, "scripts", "mail_catcher.py"), *arguments],
                                        stdout=subprocess.PIPE, bufsize=0)
        self.port = json.loads(read_line(self.process.stdout, PATIENCE))["port"]

    def next_mail(self, limit=None):
        return json.loads(read_line(self.process.stdout, limit or PATIENCE))

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Receiver:
    """Takes POSTs, and keeps what came as (headers, body). The first `refuse` are answered 500."""

    def __init__(self, refuse=0, port=0):
        self.requests = []
        self.refuse = refuse
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(500 if len(receiver.requests) <= receiver.refuse else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self, **wanted):
        """The bodies that have these members."""
        return [e for e in (json.loads(body) for _, body in list(self.requests))
                if all(e.get(name) == value for name, value in wanted.items())]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Scheduler:
    """A `callboard serve`. Use as a context manager, or end with close(). `open_files`: its soft limit of them.
    `log_to`: a descriptor for its log instead of a file."""

    def __init__(self, workers=2, slots=4, data=None, env=None, arguments=(), open_files=None, log_to=None):
        self.scratch = None if data else tempfile.mkdtemp(prefix="callboard-e2e-")
        self.data = data or os.path.join(self.scratch, "data")
        self.workers = workers
        self.slots = slots
        self.env = env or {}
        self.arguments = list(arguments)
        self.open_files = open_files
        self.log_to = log_to
        self.listen = "127.0.0.1:0"
        self.process = None
        self.log_file = self.data + ".log"
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self):
        """Starts the process and does not wait."""
        command = [PROGRAM, "serve", "--data", self.data, "--http", self.listen,
                   "--workers", str(self.workers), "--slots", str(self.slots), *self.arguments]
        if self.open_files:
            command = ["prlimit", f"--nofile={self.open_files}:", *command]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0,
                                            stderr=log if self.log_to is None else self.log_to,
                                            env={**os.environ, **self.env})
        live.append(self)

    def wait_until_ready(self):
        try:
            self.ready = json.loads(read_line(self.process.stdout, PATIENCE))
        except AssertionError as why:
            raise AssertionError(f"{why}\n{self.log_tail()}") from None
        self.host, _, port = self.ready["http"].rpartition("://")[2].rstrip("/").rpartition(":")
        self.port = int(port)

    def log_tail(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()[-4000:]

    def terminate(self, limit=None):
        """SIGTERM; answers the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(limit or PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still there after SIGTERM\n{self.log_tail()}") from None
        self._ended()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._ended()

    def _ended(self):
        self.process.stdout.close()
        self.process = None
        live.remove(self)

    def close(self):
        """Ends it if it still runs. Fails when it cannot stop as it should."""
        code, log = 0, ""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                code = self.process.wait(40)
            except subprocess.TimeoutExpired:
                code = "none within 40 s"
                self.process.kill()
                self.process.wait()
            log = self.log_tail()
        if self.process:
            self._ended()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
        if code != 0:
            raise AssertionError(f"the scheduler's exit code was {code}\n{log}")

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)

    def raw(self, method, path, body=None, headers=None):
        """(status, body, headers) of one request; `body` goes as it is."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def call(self, method, path, body=None):
        """The JSON of a good answer; Refused for others. Fails when it is not as http/openapi describes it."""
        text = None if body is None else json.dumps(body)
        status, answer, headers = self.raw(method, path, text, {"Content-Type": "application/json"} if text else None)
        value = json.loads(answer) if answer else None
        description.check(method, path, body, status, value)
        if status >= 400:
            raise Refused(method, path, status, value, headers)
        return value

    def counts(self):
        """Jobs by status, once the stored ones have been read."""
        def known():
            try:
                return self.call("GET", "/api/metrics/jobs")["byStatus"]
            except Refused as why:
                if why.code != "starting":
                    raise
                return None
        return wait_until(known, "the numbers of jobs")

    def all_ended(self):
        by_status = self.counts()
        return not any(by_status[status] for status in ("queued", "scheduled", "running", "retrying"))

    def submit(self, job_type="noop", payload=None, **fields):
        """The answer to a submit."""
        return self.call("POST", "/api/jobs/submit", {"jobType": job_type, "payload": payload or {}, **fields})

    def submit_exec(self, *argv, **fields):
        return self.submit("exec", {"argv": list(argv)}, **fields)

    def job(self, job_id):
        return self.call("GET", f"/api/jobs/{job_id}")

    def wait_for(self, job_id, *states, limit=None):
        """The job once it is in one of these states; fails at once when it ends in another one."""
        def look():
            job = self.job(job_id)
            if job["status"] in states:
                return job
            if job["status"] in TERMINAL:
                raise AssertionError(f"expected {' or '.join(states)}: {json.dumps(job)}")
            return None
        return wait_until(look, f"{job_id} to become {' or '.join(states)}", limit)

    def worker_list(self):
        listed = self.call("GET", "/api/workers")
        return listed["workers"] if isinstance(listed, dict) else listed

    def live_workers(self):
        return [w for w in self.worker_list() if w["status"] in ("idle", "working")]

    def wait_for_workers(self, count):
        return wait_until(lambda: len(self.live_workers()) == count and self.live_workers(), f"{count} workers")


# Leases that a test can wait for.
QUICK = {"CALLBOARD_CLUSTER_HEARTBEAT": "200ms", "CALLBOARD_CLUSTER_SUSPECT_AFTER": "600ms",
         "CALLBOARD_CLUSTER_LEASE": "2s"}


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read().split()
    except FileNotFoundError:
        return []


class Remote:
    """A worker of its own, joined to a scheduler."""

    def __init__(self, s, name, *arguments, **env):
        port = s.ready["cluster"].rpartition(":")[2]
        self.process = subprocess.Popen(
            [PROGRAM, "worker", "--join", f"127.0.0.1:{port}", "--name", name,
             "--tls", os.path.join(s.data, "tls"), *arguments],
            stderr=subprocess.DEVNULL, env={**os.environ, **env})

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


class TestCase(unittest.TestCase):
    """A test with one scheduler for the whole class; `settings` are the arguments of Scheduler."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.s = Scheduler(**cls.settings)
        cls.addClassCleanup(cls.s.close)

    def assert_refused(self, status, code, method, path, body=None, field=None):
        with self.assertRaises(Refused) as caught:
            self.s.call(method, path, body)
        self.assertEqual((status, code), (caught.exception.status, caught.exception.code), str(caught.exception))
        if field:
            self.assertEqual(field, caught.exception.field, str(caught.exception))


def main():
    global PROGRAM
    if len(sys.argv) < 2:
        sys.exit("usage: test_x.py PROGRAM [unittest arguments]")
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    # A SIGTERM (ctest's way to say that time is up) still runs the cleanups that end our schedulers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    for test, why in result.skipped:
        print(f"skipped: {test}: {why}")
    sys.exit(skips.SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else 0)
