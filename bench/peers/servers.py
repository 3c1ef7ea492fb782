"""Servers that are started here, each on a free port of 127.0.0.1 with its data in a directory of its own, and always
stopped. Nothing that is installed on the machine as a service is touched."""
import os
import shutil
import signal
import socket
import subprocess
import time

START_LIMIT = 60
STOP_LIMIT = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find(program, *more):
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", *more]))


class Server:
    """A process that listens on `port`. Leaves with this object; the kernel ends it when we are killed."""

    def __init__(self, words, directory, port, environment=None, log="server.log"):
        self.port = port
        self.log = os.path.join(directory, log)
        # setpriv makes it end with us, whatever happens to us.
        words = [find("setpriv") or "setpriv", "--pdeathsig", "TERM", *words]
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=directory,
                                            start_new_session=True, env={**os.environ, **(environment or {})})
        deadline = time.monotonic() + START_LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{words[3]} does not listen: {self.tail()}")
            time.sleep(0.02)

    def tail(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-1500:]

    def rss(self):
        """Resident memory of all its processes, in bytes."""
        total = 0
        for pid in os.listdir("/proc"):
            try:
                if pid.isdigit() and os.getsid(int(pid)) == self.process.pid:
                    with open(f"/proc/{pid}/statm") as f:
                        total += int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except OSError:
                pass  # it has ended meanwhile
        return total

    def stop(self):
        stop_group(self.process)


def stop_group(process):
    """Ends a process that was started in a session of its own, with all that it has started."""
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wanted)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def beanstalkd(directory, fsync_ms):
    """fsync_ms 0: fsync for each write; None: its default, every 50 ms."""
    port = free_port()
    words = [find("beanstalkd"), "-l", "127.0.0.1", "-p", str(port), "-b", directory]
    if fsync_ms is not None:
        words += ["-f", str(fsync_ms)]
    return Server(words, directory, port)


def gearmand(directory, buckets):
    port = free_port()
    words = [find("gearmand"), "--listen", "127.0.0.1", "--port", str(port), "--log-file", os.path.join(directory, "gearmand.log"),
             "--pid-file", os.path.join(directory, "gearmand.pid")]
    if buckets:
        words += ["--hashtable-buckets", str(buckets)]
    return Server(words, directory, port)


def redis(directory, appendfsync):
    port = free_port()
    return Server([find("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--dir", directory, "--save", "",
                   "--appendonly", "yes", "--appendfsync", appendfsync, "--maxmemory-policy", "noeviction"], directory, port)


RABBITMQ = "/usr/lib/rabbitmq/bin"


class RabbitMQ(Server):
    """With an Erlang port mapper of its own, which would otherwise stay behind as a daemon of the machine."""

    def __init__(self, directory):
        self.mapper = None
        port, mapper_port = free_port(), free_port()
        config = os.path.join(directory, "rabbitmq.conf")
        with open(config, "w", encoding="ascii") as f:
            f.write(f"listeners.tcp.local = 127.0.0.1:{port}\n")
        plugins = os.path.join(directory, "plugins")
        with open(plugins, "w", encoding="ascii") as f:
            f.write("[].\n")
        environment = {
            "HOME": directory, "ERL_EPMD_PORT": str(mapper_port), "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_NODENAME": "bench@localhost",
            "RABBITMQ_CONFIG_FILE": config, "RABBITMQ_ENABLED_PLUGINS_FILE": plugins, "RABBITMQ_MNESIA_BASE": directory,
            "RABBITMQ_LOG_BASE": directory, "RABBITMQ_PID_FILE": os.path.join(directory, "pid"), "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}"}
        self.mapper = Server([find("epmd"), "-port", str(mapper_port), "-address", "127.0.0.1"], directory, mapper_port, log="mapper.log")
        try:
            super().__init__([os.path.join(RABBITMQ, "rabbitmq-server")], directory, port, environment)
        except Exception:
            self.mapper.stop()
            raise

    def stop(self):
        super().stop()
        if self.mapper:
            self.mapper.stop()
