"""Faults of every kind on hosts of their own while thousands of jobs run; what must be true is kept out here.

Usage: fleet.py PROGRAM [--seed N] [--jobs N] [--minutes M]

Jobs are submitted evenly over M minutes. Meanwhile workers are killed, stopped and cut off, for shorter and for longer
than their lease, and the scheduler is killed and stopped. Then everything is healed, and every job must complete. Each
attempt holds a lock and writes to a journal of its host (attempt.pl): never two attempts of a job at a time, fences
grow, the outcome is that of the last attempt, and each attempt beyond the first has a reason.
"""
import argparse
import collections
import http.client
import json
import os
import random
import shutil
import signal
import sys
import threading
import time

import hosts
import namespaces
import harness  # found through namespaces
from faults import Faults

WORKERS, HTTP_WORKERS, SLOTS = 3, 1, 8
TAG = "fleet"
BATCH_EVERY = 0.25
# How the history says that an attempt ended without an outcome.
LOSSES = ("WORKER_LOST", "handed back")
CONNECTION_LOST = (OSError, http.client.HTTPException)


class Submitter(threading.Thread):
    """Submits until every job was acknowledged. Keys make it safe to ask again when no answer came."""

    def __init__(self, fleet, seed, count, seconds):
        super().__init__(name="submitter")
        self.fleet = fleet
        self.random = random.Random(seed)
        self.count = count
        self.seconds = seconds
        self.ids = {}  # by key
        self.stop = threading.Event()
        self.wrong = None

    def new_job(self, number):
        kind = self.random.choices(("quick", "slow", "rude", "family"), (915, 80, 3, 2))[0]
        bounds = {"quick": (0, 0.02), "slow": (0.5, 2), "rude": (4, 7), "family": (4, 7)}[kind]
        return {"jobType": "exec", "idempotencyKey": f"key-{number}", "tags": [TAG],
                "priority": self.random.randrange(10),
                "payload": self.fleet.attempt(kind, round(self.random.uniform(*bounds), 3))}

    def submit(self, bodies):
        while not self.stop.is_set():
            try:
                got = self.fleet.scheduler.call("POST", "/api/jobs/batch", bodies)
            except CONNECTION_LOST:
                self.stop.wait(0.05)
                continue
            except harness.Refused as why:
                if why.status < 500 and why.status != 429:
                    raise
                self.stop.wait(0.05)
                continue
            bodies = self.learn(bodies, got["items"])
            if not bodies:
                return

    def learn(self, bodies, items):
        """Those that were not accepted."""
        left = []
        for body, item in zip(bodies, items, strict=True):
            key = body["idempotencyKey"]
            if "jobID" not in item:
                left.append(body)
            elif self.ids.setdefault(key, item["jobID"]) != item["jobID"]:
                raise AssertionError(f"{key} is {self.ids[key]} and {item['jobID']}")
        return left

    def run(self):
        try:
            begun, made = time.monotonic(), 0
            while made < self.count and not self.stop.is_set():
                due = min(self.count, int((time.monotonic() - begun) / self.seconds * self.count) + 1)
                self.submit([self.new_job(number) for number in range(made, due)])
                made = due
                self.stop.wait(BATCH_EVERY)
        except Exception as why:  # pylint: disable=broad-except
            self.wrong = why


def check_concurrency(lines):
    """What the journals say against the promise. `lines`: of one job, in the order of their times."""
    starts = [line for line in lines if line.word == "start"]
    ends = {line.fence: line for line in lines if line.word == "end"}
    wrong = [f"attempt {line.fence} met {line.holder} alive: {line}" for line in lines if line.word == "conflict"]
    for a, b in zip(starts, starts[1:]):
        if b.fence <= a.fence:
            wrong.append(f"fence {b.fence} began after {a.fence}")
        if a.fence in ends and ends[a.fence].time > b.time:
            wrong.append(f"attempt {a.fence} ended {ends[a.fence].time - b.time:.3f} s after {b.fence} began")
    return wrong


class Test:
    def __init__(self, seed, jobs, minutes):
        draw = random.Random(seed)
        self.counts = collections.Counter()
        self.begun = time.monotonic()
        self.fleet = hosts.Fleet(WORKERS, SLOTS, scheduler_settings=["jobs.losses_max=1000"], http_workers=HTTP_WORKERS)
        self.submitter = Submitter(self.fleet, draw.random(), jobs, minutes * 60)
        self.faults = Faults(self.fleet, draw.random())

    def run(self):
        self.submitter.start()
        self.faults.go_on_until(lambda: not self.submitter.is_alive())
        self.submitter.join()
        if self.submitter.wrong:
            raise self.submitter.wrong

        def all_ended():
            self.faults.check_the_others()
            return self.fleet.scheduler.all_ended()
        harness.wait_until(all_ended, "every job to end", 10 * harness.PATIENCE)
        self.counts["seconds until the last job ended"] = round(time.monotonic() - self.begun)
        self.fleet.scheduler.wait_for_workers(WORKERS + HTTP_WORKERS)
        self.check()
        for worker in self.fleet.workers.values():
            self.must_be_good(worker.name, worker.terminate())
        self.must_be_good("the scheduler", self.fleet.scheduler.terminate())

    @staticmethod
    def must_be_good(who, code):
        if code != 0:
            raise AssertionError(f"{who} was asked to end, and ended with {code}")

    def read_all(self):
        ids, cursor = [], ""
        while cursor is not None:
            page = self.fleet.scheduler.call("GET", f"/api/jobs?tag={TAG}&limit=1000{cursor and '&cursor=' + cursor}")
            ids += [job["id"] for job in page["jobs"]]
            cursor = page.get("next")
        jobs = {}
        connection = self.fleet.scheduler.connect()
        for job_id in ids:
            connection.request("GET", f"/api/jobs/{job_id}")
            jobs[job_id] = json.loads(connection.getresponse().read())
        connection.close()
        return jobs

    def check(self):
        jobs = self.read_all()
        if set(jobs) != set(self.submitter.ids.values()) or len(jobs) != self.submitter.count:
            raise AssertionError(f"{self.submitter.count} jobs were acknowledged with {len(self.submitter.ids)} ids, "
                                 f"{len(jobs)} are there")
        lines = collections.defaultdict(list)
        for line in self.fleet.journal():
            lines[line.job].append(line)
        wrong = {}
        for job_id, job in jobs.items():
            if self.outlived_its_guardian(job, lines[job_id]):
                self.counts["jobs whose children outlived a killed guardian, the known limit"] += 1
                continue
            found = check_concurrency(lines[job_id]) + self.check_job(job, lines[job_id])
            if found:
                wrong[job_id] = found
        self.counts["jobs"] = len(jobs)
        self.count_http(lines.values())
        if wrong:
            shown = "".join(f"\n\n{job_id}: {'; '.join(found)}{self.story(job_id, lines[job_id])}"
                            for job_id, found in list(wrong.items())[:10])
            raise AssertionError(f"{len(wrong)} jobs went wrong, such as{shown}")

    def count_http(self, lines_of_jobs):
        """What the workers over HTTP had of it; fails when they had nothing."""
        http_hosts = {k for k, worker in self.fleet.workers.items() if isinstance(worker, hosts.HttpWorker)}
        starts = [[line.host in http_hosts for line in lines if line.word == "start"] for lines in lines_of_jobs]
        self.counts["attempts over HTTP"] = sum(map(sum, starts))
        self.counts["jobs that changed between HTTP and other workers"] = sum(any(x) and not all(x) for x in starts)
        self.counts["times that a worker over HTTP ended what else did not end"] = sum(self.fleet.workers[k].ended for k in http_hosts)
        self.counts["faults of workers over HTTP"] = sum(f.target in http_hosts for f in self.faults.all)
        if not self.counts["attempts over HTTP"]:
            raise AssertionError("nothing ran over HTTP")

    def story(self, job_id, lines):
        history = self.fleet.scheduler.call("GET", f"/api/jobs/{job_id}/history")
        told = [f"  {line.time:.3f} {line.word} {line.fence} (attempt {line.attempt}) on node-{line.host} {line.holder}"
                for line in lines]
        told += [f"  {f.begin:.3f} to {f.over:.3f} {f}" for f in self.faults.all
                 if lines and f.over > lines[0].time - 5 and f.begin < lines[-1].time + 1]
        told += ["  " + json.dumps(entry) for entry in history["history"]]
        return "\n" + "\n".join(told)

    def outlived_its_guardian(self, job, lines):
        """Nobody is left to end what an attempt has started when the guardian of its worker is killed."""
        began = {line.fence: line for line in lines if line.word == "start"}
        met = [began[int(line.holder)] for line in lines if line.word == "conflict"]
        return "family" in job["payload"]["argv"] and met and all(
            self.faults.guardian_was_killed(line.host, line.time, lines[-1].time) for line in met)

    def check_job(self, job, lines):
        if job["status"] != "completed":
            return [f"is {job['status']}: {job.get('error')}"]
        starts = [line for line in lines if line.word == "start"]
        ended = {line.fence for line in lines if line.word == "end"}
        self.counts["attempts"] += len(starts)
        self.counts["attempts that were cut short"] += sum(line.fence not in ended for line in starts)
        self.counts["losses counted by the scheduler"] += job["lossCount"]
        if not starts:
            return ["is completed and never ran"]
        wrong = []
        told = (job.get("result") or {}).get("stdout")
        if told != str(starts[-1].fence) or starts[-1].fence not in ended:
            wrong.append(f"its outcome is of attempt {told}, the last one was {starts[-1].fence}")
        if len(starts) > 1:
            wrong += self.check_reasons(job, starts)
        return wrong

    def check_reasons(self, job, starts):
        """Every attempt after the first has a loss or a hand-back before it in the history, but for what nobody can
        know: starts are not written to the disk, and one that was not yet told is lost with its worker."""
        history = self.fleet.scheduler.call("GET", f"/api/jobs/{job['id']}/history")["history"]
        self.counts["attempts beyond the first"] += len(starts) - 1
        known = sum(entry["status"] == "retrying" and entry.get("reason", "").startswith(LOSSES) for entry in history)
        missing = len(starts) - 1 - known
        for a, b in zip(starts, starts[1:]):
            if missing <= 0:
                break
            if self.faults.scheduler_was_killed(a.time, b.time):
                self.counts["forgotten with a killed scheduler"] += 1
                missing -= 1
            elif self.faults.near(a.host, a.time, b.time):
                self.counts["lost before its start was told"] += 1
                missing -= 1
        return [f"{missing} attempts have no reason"] if missing > 0 else []

    def summary(self):
        kinds = collections.Counter(f.kind + (" of the scheduler" if f.target == 0 else "") for f in self.faults.all)
        lines = [f"{count:6} {kind}" for kind, count in sorted(kinds.items())]
        counts = [f"{count:6} {what}" for what, count in self.counts.items()]
        return "\n".join([f"faults ({len(self.faults.all)}):", *lines, "counts:", *counts])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=3)
    arguments = parser.parse_args()
    namespaces.skip_or_go_on()
    again = f"--seed {arguments.seed} --jobs {arguments.jobs} --minutes {arguments.minutes:g}"
    print(f"seed {arguments.seed}; to repeat: fleet.py PROGRAM {again}", flush=True)
    harness.PROGRAM = os.path.abspath(arguments.program)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    test = None
    try:
        test = Test(arguments.seed, arguments.jobs, arguments.minutes)
        test.run()
    except BaseException:
        if test:
            print(f"failed: {again}\n{test.summary()}{test.fleet.logs()}\nkept: {test.fleet.directory}", flush=True)
        raise
    else:
        print(test.summary())
        test.fleet.close()
        shutil.rmtree(test.fleet.directory)
    finally:
        if test:
            test.submitter.stop.set()
            test.fleet.close()


if __name__ == "__main__":
    main()
