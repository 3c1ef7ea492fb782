"""Callboard and the systems that it is compared with, all measured by the same calls: submit, bulk, drain, e2e, latency
and memory. Each call starts a server with nothing in it and leaves nothing behind."""
import contextlib
import json
import os
import subprocess
import sys
import tempfile

import servers
from reports import Reports

HERE = os.path.dirname(os.path.abspath(__file__))
# What is there for each: as many attempts at once as Callboard's two worker processes with four slots each.
WORKERS = 2
SLOTS = 4
CONNECTIONS = 16
WARM_JOBS = 400
MEASURES = ("submit", "bulk", "drain", "e2e", "latency", "memory", "exec")


class Options:
    """Sizes and places; run.py fills it in."""

    build = "build/release"
    directory = "build/bench"
    modules = "build/bench/peers"
    seconds = 3.0
    jobs = 100_000
    rate = 200
    latency_seconds = 10.0
    processes = 2_000


def run_json(words, **more):
    """The last line that a program prints, as JSON; raises with what it wrote when it fails."""
    got = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **more)
    if got.returncode != 0:
        raise RuntimeError(f"{' '.join(words[:4])} ended with {got.returncode}: {got.stderr[-1500:]}")
    return json.loads(got.stdout.splitlines()[-1])


class System:
    name = ""
    durability = ""
    like = "fsync"  # the level of Callboard's durability that promises about as much
    share = 1.0  # of the jobs, for those that would take minutes
    cannot = ()  # measures that it has nothing for

    def __init__(self, options):
        self.options = options
        self.jobs = max(int(options.jobs * self.share), WARM_JOBS)

    def missing(self):
        """What is not installed, or nothing."""
        return None


class Callboard(System):
    name, durability = "Callboard", "fsync"

    def missing(self):
        return None if os.path.exists(self.program) else self.program

    @property
    def program(self):
        return os.path.join(self.options.build, "callboard-bench")

    def bench(self, *words):
        return run_json([self.program, "--server", os.path.join(self.options.build, "callboard"), "--directory",
                         self.options.directory, "--workers", str(WORKERS), "--slots", str(SLOTS), "--durability", self.like, *words])

    def submit(self):
        return self.bench("submit", "--connections", str(CONNECTIONS), "--seconds", str(self.options.seconds))

    def bulk(self):
        return self.bench("bulk", "--batch", "1000", "--jobs", str(self.jobs))

    def drain(self):
        return self.bench("drain", "--jobs", str(self.jobs))

    def e2e(self):
        return self.bench("e2e", "--e2e-batch", "1", "--e2e-connections", str(CONNECTIONS), "--jobs", str(self.jobs))

    def latency(self):
        return self.bench("latency", "--rate", str(self.options.rate), "--seconds", str(self.options.latency_seconds))

    def memory(self):
        return self.bench("memory", "--jobs", str(self.jobs))

    def exec(self):
        return self.bench("exec", "--processes", str(self.options.processes))


class CallboardWritten(Callboard):
    durability, like = "os: written, no fsync", "os"


class CallboardMemory(Callboard):
    durability, like = "memory", "memory"


class Native(System):
    """A server whose protocol callboard-bench-peers speaks."""

    protocol = ""
    ahead = 1

    def start(self, directory):
        raise NotImplementedError

    def missing(self):
        for program in (servers.find(self.protocol) or self.protocol, os.path.join(self.options.build, "callboard-bench-peers")):
            if not os.path.exists(program):
                return program
        return None

    @contextlib.contextmanager
    def server(self):
        with tempfile.TemporaryDirectory(dir=self.options.directory) as directory:
            server = self.start(os.path.abspath(directory))
            try:
                yield server
            finally:
                server.stop()

    def load(self, server, measure, *words):
        return run_json([os.path.join(self.options.build, "callboard-bench-peers"), measure, "--protocol", self.protocol,
                         "--port", str(server.port), "--threads", str(WORKERS), "--slots", str(SLOTS), *words])

    def fill(self, server):
        return self.load(server, "submit", "--connections", "4", "--window", "1000", "--jobs", str(self.jobs))

    def submit(self):
        with self.server() as server:
            self.load(server, "submit", "--connections", str(CONNECTIONS), "--seconds", str(self.options.seconds / 5))
            return self.load(server, "submit", "--connections", str(CONNECTIONS), "--seconds", str(self.options.seconds))

    def bulk(self):
        with self.server() as server:
            return self.fill(server)

    def drain(self):
        with self.server() as server:
            self.fill(server)
            return self.load(server, "drain", "--jobs", str(self.jobs), "--ahead", str(self.ahead))

    def e2e(self):
        with self.server() as server:
            return self.load(server, "e2e", "--connections", str(CONNECTIONS), "--jobs", str(self.jobs), "--ahead",
                             str(self.ahead))

    def latency(self):
        with self.server() as server:
            return self.load(server, "latency", "--rate", str(self.options.rate), "--seconds",
                             str(self.options.latency_seconds))

    def memory(self):
        with self.server() as server:
            empty = server.rss()
            self.fill(server)
            return {"bytes_per_job": round((server.rss() - empty) / self.jobs)}

    def exec(self):
        with self.server() as server:
            return self.load(server, "exec", "--jobs", str(self.options.processes))


class Beanstalkd(Native):
    name, protocol = "beanstalkd", "beanstalkd"
    fsync_ms = None
    durability, like = "log, fsync every 50 ms", "os"

    def start(self, directory):
        return servers.beanstalkd(directory, self.fsync_ms)


class BeanstalkdFsync(Beanstalkd):
    fsync_ms = 0
    durability, like = "fsync each write", "fsync"


class Gearmand(Native):
    name, protocol, durability, like = "gearmand", "gearmand", "none", "memory"
    buckets = None

    def start(self, directory):
        return servers.gearmand(directory, self.buckets)


class GearmandBuckets(Gearmand):
    name = "gearmand, large hash table"
    buckets = 1_000_003


class RabbitMQ(Native):
    name, protocol, durability = "RabbitMQ", "rabbitmq", "durable, confirms"
    ahead = 64
    cannot = ("exec",)  # several messages are acknowledged at once, which suits no process

    def missing(self):
        for program in (os.path.join(servers.RABBITMQ, "rabbitmq-server"), os.path.join(self.options.build, "callboard-bench-peers")):
            if not os.path.exists(program):
                return program
        return None if servers.find("epmd") else "epmd"

    def start(self, directory):
        return servers.RabbitMQ(directory)


class OnRedis(System):
    """A library on Redis: its own client submits, its own worker works, Redis keeps."""

    appendfsync = "everysec"
    cannot = ("exec",)
    producers = 2  # processes: an interpreter uses one core
    worker_processes = WORKERS  # that report

    def command(self, *words):
        raise NotImplementedError

    def worker(self, index):
        raise NotImplementedError

    def environment(self, server, reports):
        return {**os.environ, "BENCH_REDIS": str(server.port), "BENCH_REPORT": str(reports.port),
                "BENCH_MODULES": os.path.abspath(self.options.modules)}

    def missing(self):
        return None if servers.find("redis-server") else "redis-server"

    @contextlib.contextmanager
    def server(self):
        with tempfile.TemporaryDirectory(dir=self.options.directory) as directory:
            reports = Reports()
            server = servers.redis(os.path.abspath(directory), self.appendfsync)
            try:
                yield server, reports
            finally:
                server.stop()
                reports.close()

    @contextlib.contextmanager
    def workers(self, server, reports):
        with open(server.log, "ab") as log:
            running = [subprocess.Popen(self.worker(i), cwd=HERE, env=self.environment(server, reports), stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, start_new_session=True) for i in range(WORKERS)]
        try:
            yield
        except RuntimeError as why:
            raise RuntimeError(f"{why}; the log ends with {server.tail()}") from why
        finally:
            for process in running:
                servers.stop_group(process)

    def run(self, server, reports, *words):
        return run_json(self.command(*words), env=self.environment(server, reports))

    def fill(self, server, reports, jobs):
        return self.run(server, reports, "fill", f"jobs={jobs}")

    def produce(self, server, reports, limit, connections=CONNECTIONS):
        """Several producers that begin when all are ready: jobs, the number of earlier ones, the beginning, and the end."""
        words = self.command("submit", f"connections={connections // self.producers}", limit)
        running = [subprocess.Popen(words, env=self.environment(server, reports), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    text=True) for _ in range(self.producers)]
        if not all(process.stdout.readline() for process in running):
            raise RuntimeError("a producer ended before it was ready")
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        lines = [json.loads(process.communicate()[0]) for process in running]
        return (sum(line["jobs"] for line in lines), sum(line["warm"] for line in lines), min(line["begin"] for line in lines),
                max(line["end"] for line in lines))

    def submit(self):
        with self.server() as (server, reports):
            jobs, _, begin, end = self.produce(server, reports, f"seconds={self.options.seconds}")
            return {"jobs": jobs, "per_second": round(jobs * 1e6 / (end - begin))}

    def bulk(self):
        with self.server() as (server, reports):
            line = self.fill(server, reports, self.jobs)
            return {"jobs": self.jobs, "per_second": round(self.jobs * 1e6 / (line["end"] - line["begin"]))}

    def drain(self):
        with self.server() as (server, reports):
            self.fill(server, reports, self.jobs)
            with self.workers(server, reports):
                # From when all of them work: none is charged with the start of its interpreter.
                reports.wait("the first jobs", lambda: sum(w["done"] > 0 for w in reports.by_worker.values()) >= self.worker_processes)
                with reports.changed:
                    done, begin = reports.done(), reports.at()
                end = reports.wait_done(self.jobs)
            return {"jobs": self.jobs, "per_second": round((self.jobs - done) * 1e6 / max(1, end - begin))}

    def e2e(self):
        with self.server() as (server, reports), self.workers(server, reports):
            self.fill(server, reports, WARM_JOBS)
            reports.wait_done(WARM_JOBS)
            jobs, warm, begin, _ = self.produce(server, reports, f"jobs={self.jobs // self.producers}")
            end = reports.wait_done(WARM_JOBS + warm + jobs)
            return {"jobs": jobs, "per_second": round(jobs * 1e6 / (end - begin))}

    def latency(self):
        with self.server() as (server, reports), self.workers(server, reports):
            self.fill(server, reports, WARM_JOBS)
            reports.wait_done(WARM_JOBS)
            rate = [f"rate={self.options.rate}", f"connections={CONNECTIONS}"]
            warm = self.run(server, reports, "rate", "seconds=1", *rate)["jobs"]
            reports.wait("the first latencies", lambda: len(reports.latencies) >= warm)
            line = self.run(server, reports, "rate", f"seconds={self.options.latency_seconds}", *rate)
            reports.wait("latencies", lambda: len(reports.latencies) >= warm + line["jobs"])
            taken = sorted(reports.latencies[warm:])
            figures = {"jobs": len(taken)}
            for name, q in (("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999), ("max_us", 1)):
                figures[name] = taken[min(len(taken) - 1, max(0, -int(-len(taken) * q // 1) - 1))]
            return figures

    def memory(self):
        with self.server() as (server, reports):
            empty = server.rss()
            self.fill(server, reports, self.jobs)
            return {"bytes_per_job": round((server.rss() - empty) / self.jobs)}


class BullMQ(OnRedis):
    name, durability, like = "BullMQ", "Redis, fsync every second", "os"
    producers = 1

    def missing(self):
        return super().missing() or (None if servers.find("node") else "node") or (
            None if os.path.isdir(os.path.join(self.options.modules, "node_modules", "bullmq")) else "bullmq (npm)")

    def command(self, *words):
        return [servers.find("node"), os.path.join(HERE, "bullmq", "client.mjs"), *words]

    def worker(self, index):
        return self.command("work", f"concurrency={SLOTS}")


class BullMQFsync(BullMQ):
    durability, like, appendfsync = "Redis, fsync each write", "fsync", "always"


class Sidekiq(OnRedis):
    name, durability, like = "Sidekiq", "Redis, fsync every second", "os"

    def missing(self):
        return super().missing() or (None if servers.find("sidekiq") else "sidekiq")

    def command(self, *words):
        return [servers.find("ruby"), os.path.join(HERE, "sidekiq", "client.rb"), *words]

    def worker(self, index):
        return [servers.find("sidekiq"), "-r", os.path.join(HERE, "sidekiq", "worker.rb"), "-c", str(SLOTS), "-e", "production"]


class SidekiqFsync(Sidekiq):
    durability, like, appendfsync = "Redis, fsync each write", "fsync", "always"


class Celery(OnRedis):
    name, durability, like = "Celery", "Redis, fsync every second", "os"
    share = 0.1
    worker_processes = WORKERS * SLOTS

    PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's modules

    def missing(self):
        found = subprocess.run([self.PYTHON, "-c", "import celery, redis"], capture_output=True, check=False).returncode == 0
        return super().missing() or (None if found else "celery")

    def command(self, *words):
        return [self.PYTHON, "-B", os.path.join(HERE, "celery", "tasks.py"), *words]

    def worker(self, index):
        return [self.PYTHON, "-B", "-m", "celery", "--workdir", os.path.join(HERE, "celery"), "-A", "tasks", "worker", "-c", str(SLOTS),
                "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR", "-n", f"bench{index}@localhost"]


# In the order of how much they say.
SYSTEMS = (Callboard, CallboardWritten, CallboardMemory, BeanstalkdFsync, Beanstalkd, BullMQFsync, BullMQ, SidekiqFsync, Sidekiq, Gearmand,
           GearmandBuckets, Celery, RabbitMQ)
