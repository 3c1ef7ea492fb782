"""A scheduler and workers on hosts of their own (namespaces.py)."""
import collections
import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from namespaces import SCHEDULER, Network, command_in, inside, kill_all_in, send_signal
import harness  # found through namespaces

CLUSTER_PORT = 7700
HTTP_PORT = 8080
ATTEMPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attempt.pl")
HTTP_WORKER = os.path.join(os.path.dirname(ATTEMPT), "http_worker.py")
# Seconds; HEARTBEAT, SUSPECT and LEASE are what the scheduler is started with.
HEARTBEAT, SUSPECT, LEASE = 0.3, 1.0, 3.0
TIMES = [f"cluster.heartbeat={HEARTBEAT}s", f"cluster.suspect_after={SUSPECT}s", f"cluster.lease={LEASE}s"]

# One line of attempt.pl: `time` of the monotonic clock, `host` the number of the worker, `holder` the fence that a
# conflict met.
Line = collections.namedtuple("Line", "word job fence attempt time host holder")


class Connection(http.client.HTTPConnection):
    """Of a client on the scheduler's host."""

    def __init__(self, namespace):
        super().__init__(SCHEDULER, HTTP_PORT, timeout=harness.PATIENCE)
        self.namespace = namespace

    def connect(self):
        with inside(self.namespace):
            super().connect()


class Scheduler(harness.Scheduler):
    """`callboard serve` without local workers on the scheduler's host."""

    def __init__(self, network, directory, settings=()):
        self.network = network
        self.extra = [part for x in [*TIMES, *settings] for part in ("--set", x)]
        super().__init__(workers=0, data=os.path.join(directory, "data"))

    def launch(self):
        command = command_in(self.network.scheduler, harness.PROGRAM, "serve", "--data", self.data, "--workers", "0",
                             "--http", f"{SCHEDULER}:{HTTP_PORT}", "--cluster", f"{SCHEDULER}:{CLUSTER_PORT}",
                             *self.extra)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, bufsize=0)
        harness.live.append(self)

    def connect(self):
        return Connection(self.network.scheduler)


class Worker:
    """`callboard worker` on the host `k`; every process of it has the same name."""

    # The process that is started guards the one that runs jobs.
    has_guardian = True

    def __init__(self, network, directory, k, slots, settings=()):
        self.network = network
        self.namespace = network.workers[k]
        self.k = k
        self.name = f"node-{k}"
        self.home = os.path.join(directory, self.name)
        os.makedirs(self.home, exist_ok=True)
        self.data = self.home
        self.log_file = self.home + ".log"
        self.tls = os.path.join(directory, "data", "tls")
        # Cgroups would end what a killed worker leaves; here the guardian must do it, as on a machine that has none.
        settings = ["handlers.exec.cgroup=off", *settings]
        self.arguments = ["--slots", str(slots), *(part for x in settings for part in ("--set", x))]
        self.process = None

    def start(self):
        command = command_in(self.namespace, *self.command())
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log,
                                            env={**os.environ, "HOME": self.home})

    def command(self):
        return [harness.PROGRAM, "worker", "--join", f"{SCHEDULER}:{CLUSTER_PORT}", "--name", self.name, "--tls", self.tls,
                *self.arguments]

    def look_after(self):
        """Nobody told it to end, so it must not have ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended by itself with {self.process.returncode}")

    def working_process(self):
        """The process that runs jobs: what was started, or a child of it when that only watches. A child that is about
        to become a job's program still looks like its parent, but has one thread."""
        pid = self.process.pid
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                for child in map(int, children.read().split()):
                    with contextlib.suppress(OSError):
                        if (os.path.samefile(f"/proc/{child}/exe", harness.PROGRAM)
                                and len(os.listdir(f"/proc/{child}/task")) > 1):
                            return child
        return pid

    def kill(self):
        """kill -9 of what was started."""
        self.process.kill()
        self.process.wait()

    def kill_host(self):
        """Everything at once, as when the power fails. The worker first, or it would see its jobs end before itself."""
        worker = self.working_process()
        self.process.kill()
        send_signal(worker, signal.SIGKILL)
        kill_all_in(self.namespace)
        self.process.wait()

    def terminate(self, limit=None):
        self.process.terminate()
        return self.process.wait(limit or harness.PATIENCE)

    def log_tail(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()[-3000:]


class HttpWorker(Worker):
    """http_worker.py on the host `k`: a worker over HTTP in Python."""

    has_guardian = False
    # Its guard's, when the lease was over, and its own, when an attempt did not stop.
    ENDS = (-signal.SIGKILL, 70)

    def __init__(self, network, directory, k, slots):
        super().__init__(network, directory, k, slots)
        self.slots = slots
        self.ended = 0  # how often it ended because it had to

    def command(self):
        return [sys.executable, "-B", HTTP_WORKER, f"http://{SCHEDULER}:{HTTP_PORT}", self.name, str(self.slots)]

    def look_after(self):
        """It ends itself when that alone ends an attempt in time, as any fault of the scheduler may ask for."""
        if self.process.poll() in self.ENDS:
            self.ended += 1
            self.start()
        super().look_after()


class Fleet:
    """Network, scheduler and `count` workers, and after them those over HTTP; close() ends and removes everything but
    `directory`."""

    def __init__(self, count, slots, scheduler_settings=(), worker_settings=(), http_workers=0):
        self.directory = tempfile.mkdtemp(prefix="callboard-fleet-")
        self.locks = os.path.join(self.directory, "locks")
        os.mkdir(self.locks)
        self.network = None
        self.scheduler = None
        self.workers = {}
        try:
            self.network = Network(count + http_workers)
            self.scheduler = Scheduler(self.network, self.directory, ["http_workers.accept=on", *scheduler_settings])
            self.workers = {k: Worker(self.network, self.directory, k, slots, worker_settings) if k <= count
                            else HttpWorker(self.network, self.directory, k, slots) for k in self.network.workers}
            harness.live.extend(self.workers.values())
            for worker in self.workers.values():
                worker.start()
            self.scheduler.wait_for_workers(count + http_workers)
        except BaseException:
            self.close()
            raise

    def attempt(self, kind, until):
        """The payload of a job that runs attempt.pl."""
        return {"argv": [shutil.which("perl"), ATTEMPT, kind, self.locks, str(until)]}

    def journal(self):
        """The lines of all hosts, in the order of their times."""
        lines = []
        for worker in self.workers.values():
            with contextlib.suppress(FileNotFoundError):
                with open(os.path.join(worker.home, "journal"), encoding="ascii") as journal:
                    for line in journal:
                        word, job, fence, attempt, time, *holder = line.split()
                        lines.append(Line(word, job, int(fence), int(attempt), float(time), worker.k,
                                          " ".join(holder)))
        return sorted(lines, key=lambda line: line.time)

    def logs(self):
        everybody = [self.scheduler, *self.workers.values()] if self.scheduler else []
        return "".join(f"\n--- {os.path.basename(x.log_file)}:\n{x.log_tail()}" for x in everybody)

    def close(self):
        if self.network:
            self.network.close()
        if self.scheduler:
            # It went with its network, and may just be going.
            if self.network and self.scheduler.process:
                self.scheduler.process.wait()
            self.scheduler.close()
        for worker in self.workers.values():
            if worker.process:
                worker.process.wait()
            harness.live.remove(worker)
        self.workers = {}
