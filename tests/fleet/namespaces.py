"""Network namespaces, joined by a bridge: a host for a scheduler, and one for each worker.

Names carry the pid of the test, so that several may run at once; what a killed test left is removed by the next one.
"""
import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # pylint: disable=wrong-import-position
import skips  # found through harness

NAMESPACES = "/run/netns"
PREFIX = "cb"
# Every address lives in namespaces of the test only, so it cannot be in anybody's way.
SCHEDULER = "10.77.0.1"
NOBODY = "02:00:00:00:de:ad"
BRIDGE = "02:00:00:00:00:01"
CLONE_NEWNET = 0x40000000

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
