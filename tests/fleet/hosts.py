"""Hosts of their own on one machine: a scheduler and workers in network namespaces, joined by a bridge.

Names carry the pid of the test, so that several may run at once; what a killed test left is removed by the next one.
"""
import collections
import contextlib
import ctypes
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # pylint: disable=wrong-import-position
import skips  # found through harness

NAMESPACES = "/run/netns"
PREFIX = "cb"
# Every address lives in namespaces of the test only, so it cannot be in anybody's way.
SCHEDULER = "10.77.0.1"
CLUSTER_PORT = 7700
HTTP_PORT = 8080
NOBODY = "02:00:00:00:de:ad"
BRIDGE = "02:00:00:00:00:01"
ATTEMPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attempt.pl")
CLONE_NEWNET = 0x40000000
# Seconds; HEARTBEAT, SUSPECT and LEASE are what the scheduler is started with.
HEARTBEAT, SUSPECT, LEASE = 0.3, 1.0, 3.0
TIMES = [f"cluster.heartbeat={HEARTBEAT}s", f"cluster.suspect_after={SUSPECT}s", f"cluster.lease={LEASE}s"]

# One line of attempt.pl: `time` of the monotonic clock, `host` the number of the worker, `holder` the fence that a
# conflict met.
Line = collections.namedtuple("Line", "word job fence attempt time host holder")

libc = ctypes.CDLL(None, use_errno=True)


def why_not():
    """Why this machine does not allow namespaces, or nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"{PREFIX}{os.getpid()}t"
    tries = [["ip", "netns", "add", name],
             enter(name, "ip", "link", "add", "br0", "type", "bridge"),
             enter(name, "ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1")]
    try:
        for command in tries:
            tried = subprocess.run(command, capture_output=True, text=True, check=False)
            if tried.returncode:
                return f"{' '.join(command)}: {tried.stderr.strip()}"
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return None


def skip_or_go_on():
    skips.need({"ip": "iproute2", "nsenter": "util-linux", "setpriv": "util-linux", "perl": "perl"})
    if subprocess.run(["perl", "-MTime::HiRes", "-e", "1"], capture_output=True, check=False).returncode:
        skips.leave(skips.missing("perl's Time::HiRes", "perl"))
    why = why_not()
    if why:
        skips.leave(why)


def enter(namespace, *command):
    """A command on another host. `ip netns exec` and `ip -n` do the same and remount the root besides, which is refused
    in a chroot."""
    return ["nsenter", f"--net={os.path.join(NAMESPACES, namespace)}", "--", *command]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")


def ip_in(namespace, *arguments):
    run(*enter(namespace, "ip", *arguments))


def processes_in(namespace):
    try:
        wanted = os.stat(os.path.join(NAMESPACES, namespace)).st_ino
    except FileNotFoundError:
        return []
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}/ns/net").st_ino == wanted and harness.is_alive(int(name)):
                found.append(int(name))
    return found


def send_signal(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_all_in(namespace):
    """Until nothing is left: what is killed may be starting something."""
    def gone():
        left = processes_in(namespace)
        for pid in left:
            send_signal(pid, signal.SIGKILL)
        return not left
    harness.wait_until(gone, f"the end of everything in {namespace}")


def sweep():
    """Removes what killed tests left."""
    for name in os.listdir(NAMESPACES) if os.path.isdir(NAMESPACES) else []:
        ours = re.fullmatch(PREFIX + r"(\d+)(s|t|n\d+)", name)
        if ours and not harness.is_alive(int(ours[1])):
            kill_all_in(name)
            # Another test may sweep at the same time.
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextlib.contextmanager
def inside(namespace):
    """This thread is in the namespace; a socket that it opens stays there."""
    with open("/proc/thread-self/ns/net", "rb") as before, open(os.path.join(NAMESPACES, namespace), "rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            libc.setns(before.fileno(), CLONE_NEWNET)


def command_in(namespace, *arguments):
    # The test's end, however it comes, is the end of what it started.
    return ["setpriv", "--pdeathsig", "KILL", *enter(namespace, *arguments)]


class Network:
    """The namespaces: `scheduler`, and one per worker, 1 to `count`."""

    CUTS = ("unplug", "carrier", "interface", "mute", "deaf")

    def __init__(self, count):
        sweep()
        self.scheduler = f"{PREFIX}{os.getpid()}s"
        self.workers = {k: f"{PREFIX}{os.getpid()}n{k}" for k in range(1, count + 1)}
        self.cuts = {}
        try:
            run("ip", "netns", "add", self.scheduler)
            self._in_scheduler("link", "set", "lo", "up")
            # With an address of its own: that of a port would change as ports go, which makes the kernel forget all
            # neighbours, those that make a worker deaf as well.
            self._in_scheduler("link", "add", "br0", "address", BRIDGE, "type", "bridge")
            self._in_scheduler("addr", "add", f"{SCHEDULER}/24", "dev", "br0")
            self._in_scheduler("link", "set", "br0", "up")
            for k, name in self.workers.items():
                run("ip", "netns", "add", name)
                self._in_scheduler("link", "add", f"w{k}", "type", "veth", "peer", "name", "eth0", "netns", name)
                self._in_scheduler("link", "set", f"w{k}", "master", "br0", "up")
                ip_in(name, "link", "set", "lo", "up")
                ip_in(name, "addr", "add", f"{self.address(k)}/24", "dev", "eth0")
                ip_in(name, "link", "set", "eth0", "up")
        except BaseException:
            self.close()
            raise

    def _in_scheduler(self, *arguments):
        ip_in(self.scheduler, *arguments)

    @staticmethod
    def address(k):
        return f"10.77.0.{10 + k}"

    def cut(self, k, how):
        """Nothing gets through until heal(k); no packet is refused, so nobody is told. `mute`: only from the worker to
        the scheduler nothing gets through; `deaf`: only the other way."""
        name = self.workers[k]
        self.cuts[k] = how
        if how == "unplug":
            self._in_scheduler("link", "set", f"w{k}", "nomaster")
        elif how == "carrier":
            self._in_scheduler("link", "set", f"w{k}", "down")
        elif how == "interface":
            ip_in(name, "link", "set", "eth0", "down")
        elif how == "mute":
            ip_in(name, "neigh", "replace", SCHEDULER, "lladdr", NOBODY, "nud", "permanent", "dev", "eth0")
        else:
            self._in_scheduler("neigh", "replace", self.address(k), "lladdr", NOBODY, "nud", "permanent", "dev", "br0")

    def heal(self, k):
        name = self.workers[k]
        how = self.cuts.pop(k, None)
        if how == "unplug":
            self._in_scheduler("link", "set", f"w{k}", "master", "br0")
        elif how == "carrier":
            self._in_scheduler("link", "set", f"w{k}", "up")
        elif how == "interface":
            ip_in(name, "link", "set", "eth0", "up")
        elif how == "mute":
            ip_in(name, "neigh", "del", SCHEDULER, "dev", "eth0")
        elif how == "deaf":
            self._in_scheduler("neigh", "del", self.address(k), "dev", "br0")

    def close(self):
        for name in [*self.workers.values(), self.scheduler]:
            kill_all_in(name)
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


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
        command = command_in(self.namespace, harness.PROGRAM, "worker", "--join", f"{SCHEDULER}:{CLUSTER_PORT}",
                             "--name", self.name, "--tls", self.tls, *self.arguments)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log,
                                            env={**os.environ, "HOME": self.home})

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


class Fleet:
    """Network, scheduler and `count` workers; close() ends and removes everything but `directory`."""

    def __init__(self, count, slots, scheduler_settings=(), worker_settings=()):
        self.directory = tempfile.mkdtemp(prefix="callboard-fleet-")
        self.locks = os.path.join(self.directory, "locks")
        os.mkdir(self.locks)
        self.network = None
        self.scheduler = None
        self.workers = {}
        try:
            self.network = Network(count)
            self.scheduler = Scheduler(self.network, self.directory, scheduler_settings)
            self.workers = {k: Worker(self.network, self.directory, k, slots, worker_settings)
                            for k in self.network.workers}
            harness.live.extend(self.workers.values())
            for worker in self.workers.values():
                worker.start()
            self.scheduler.wait_for_workers(count)
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
