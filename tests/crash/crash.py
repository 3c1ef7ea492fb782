"""kill -9 at random moments under random load, with what must be true kept out here, not in the database.

Usage: crash.py PROGRAM [--rounds N] [--seed N]

Every round: clients submit jobs singly and in batches, each under an idempotency key of its own, submit some of them
again, and cancel some; at a random moment (also while it is still starting) the scheduler or one worker is killed; the
scheduler is started again on the same data. What was answered is a promise. What was not answered is unknown: it is
settled at the end by submitting under the same key once more. At the end there is exactly one job per key, every job is
in the final state that its kind and its cancellations allow, every command that completed has left its trace, and no two
attempts of a job were alive at the same time (attempts.py).
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
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # pylint: disable=wrong-import-position
import skips  # found through harness

import attempts  # pylint: disable=wrong-import-position

CLIENTS = 3
# Of one client in one round: what a command takes of a slot does not grow with the speed of the machine.
EFFECTS_MAX = 30
TAG = "crash"
# A failed attempt comes back soon, so that many retries fall into the time of the kills.
POLICY = {"kind": "fixed", "baseSeconds": 0.1, "jitter": False}
JSON = {"Content-Type": "application/json"}
CONNECTION_LOST = (OSError, http.client.HTTPException)


class Job:
    """What is known about one key."""

    def __init__(self, key, kind, body):
        self.key = key
        self.kind = kind
        self.body = body
        self.id = None  # known once a submit was answered
        self.cancel_tried = False
        self.cancelled = False  # the answer said so


class Client(threading.Thread):
    """Sends random requests until it is told to stop, or until the scheduler is gone."""

    def __init__(self, name, seed, scheduler, effects, jobs):
        super().__init__(name=name)
        self.random = random.Random(seed)
        self.s = scheduler
        self.effects = effects
        self.jobs = jobs  # this client's own, of all rounds
        self.made = 0
        self.effects_made = 0
        self.stop = threading.Event()
        self.wrong = None

    def new_job(self):
        self.made += 1
        key = f"{self.name}-{self.made}"
        kind = self.random.choices(("noop", "effect", "false"), (70, 22, 8))[0]
        if kind != "noop":
            self.effects_made += 1
            kind = kind if self.effects_made <= EFFECTS_MAX else "noop"
        body = {"jobType": "noop", "payload": {"n": self.made}}
        if kind == "effect":
            # Some work longer, so that the kills meet them.
            seconds = "0" if self.random.random() < 0.5 else f"{self.random.uniform(0.05, 0.6):.2f}"
            argv = ["/bin/sh", "-c", attempts.SCRIPT, "attempt", self.effects, key, seconds]
            body = {"jobType": "exec", "payload": {"argv": argv}}
        elif kind == "false":
            body = {"jobType": "exec", "payload": {"argv": ["/bin/false"]}, "retryCount": 1}
        body.update(idempotencyKey=key, tags=[TAG], retryPolicy=POLICY, priority=self.random.randrange(10))
        if self.random.random() < 0.25:
            body["scheduleAt"] = harness.time_in(self.random.uniform(0, 4))
        job = Job(key, kind, body)
        self.jobs.append(job)
        return job

    def learn(self, job, job_id):
        if job.id not in (None, job_id):
            self.wrong = self.wrong or f"{job.key} is {job.id} and now {job_id}"
        job.id = job_id

    def one_request(self, connection):
        dice = self.random.random()
        known = [j for j in self.jobs if j.id] if dice >= 0.7 else []
        if dice < 0.45 or not known and dice >= 0.7:
            jobs, path = [self.new_job()], "/api/jobs/submit"
        elif dice < 0.7:
            jobs, path = [self.new_job() for _ in range(self.random.randrange(2, 40))], "/api/jobs/batch"
        elif dice < 0.8:
            # A start that has passed meanwhile would be refused, so not one of those.
            again = [j for j in self.jobs if "scheduleAt" not in j.body]
            jobs, path = [self.random.choice(again) if again else self.new_job()], "/api/jobs/submit"
        else:
            job = self.random.choice(known[-200:])
            job.cancel_tried = True
            connection.request("DELETE", f"/api/jobs/{job.id}/cancel")
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                job.cancelled = True
            elif answer.status == 404:
                self.wrong = self.wrong or f"{job.key} ({job.id}) was acknowledged and is unknown now"
            return
        body = [job.body for job in jobs] if path.endswith("batch") else jobs[0].body
        connection.request("POST", path, json.dumps(body), JSON)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            if answer.status < 500 and answer.status != 429:
                self.wrong = self.wrong or f"{path} was answered {answer.status}: {text[:500]}"
            return
        got = json.loads(text)
        for job, item in zip(jobs, got["items"] if path.endswith("batch") else [got]):
            if "jobID" in item:
                self.learn(job, item["jobID"])

    def run(self):
        connection = self.s.connect()
        try:
            while not self.stop.is_set():
                self.one_request(connection)
        except CONNECTION_LOST:
            pass  # killed; what was under way is unknown
        finally:
            connection.close()


class Test:
    def __init__(self, seed, directory):
        self.random = random.Random(seed)
        self.effects = os.path.join(directory, "effects")
        os.mkdir(self.effects)
        self.jobs = [[] for _ in range(CLIENTS)]
        self.counts = collections.Counter()
        # A job that is begun early is lost with its worker again and again: that is chance here, and no poison.
        self.s = harness.Scheduler(workers=2, slots=2, data=os.path.join(directory, "data"),
                                   arguments=["--set", "jobs.losses_max=1000"])

    def all_jobs(self):
        return [job for jobs in self.jobs for job in jobs]

    def round(self, number):
        clients = [Client(f"r{number}c{i}", self.random.random(), self.s, self.effects, self.jobs[i]) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        stop_at = time.monotonic() + self.random.uniform(0.02, 1.2)
        if self.random.random() < 0.25:
            self.kill_worker()
        # The clients work until the moment has come; whatever they do then is cut off in the middle.
        clients[0].join(max(0.0, stop_at - time.monotonic()))
        self.s.kill()
        self.counts["kills"] += 1
        for client in clients:
            client.stop.set()
            client.join()
            if client.wrong:
                raise AssertionError(f"round {number}: {client.wrong}")
        while self.random.random() < 0.2:
            # Also recovery itself is interrupted: with the clients gone, how far it came is up to chance.
            self.s.launch()
            self.counts["kills while starting"] += 1
            threading.Event().wait(self.random.uniform(0, 0.4))
            self.s.kill()
        self.s.start()
        self.check_attempts()
        self.check_promises(self.random.sample(self.all_jobs(), min(200, len(self.all_jobs()))))

    def kill_worker(self):
        try:
            workers = self.s.live_workers()
            if workers:
                os.kill(self.random.choice(workers)["pid"], signal.SIGKILL)
                self.counts["killed workers"] += 1
        except (ProcessLookupError, harness.Refused):
            pass

    def check_attempts(self):
        """Never two at a time. Returns how often each key was begun."""
        lines = attempts.read(os.path.join(self.effects, "journal"))
        wrong = attempts.faults(lines)
        if wrong:
            raise AssertionError(f"{len(wrong)} faults of attempts, such as: {'; '.join(wrong[:3])}")
        return collections.Counter(line.key for line in lines if line.word == "begin")

    def check_promises(self, jobs):
        for job in jobs:
            if job.id:
                now = self.s.job(job.id)  # refused when it is lost
                if now.get("idempotencyKey") != job.key:
                    raise AssertionError(f"{job.id} was given to {job.key} and belongs to {now.get('idempotencyKey')}")
                if job.cancelled and now["status"] != "cancelled":
                    raise AssertionError(f"{job.key} ({job.id}) was cancelled and is {now['status']}")

    def settle(self):
        """Learns the id of every key that was never answered: it is there already, or it is submitted now."""
        for job in self.all_jobs():
            there = self.stored.get(job.key)
            if job.id is None:
                self.counts["unknown, and there" if there else "unknown, and not there"] += 1
                if there:
                    job.id = there["id"]
            if there is None or "scheduleAt" not in job.body:
                # A start that has passed meanwhile would be refused; a new job does not need one.
                body = {name: value for name, value in job.body.items() if name != "scheduleAt"}
                got = self.s.call("POST", "/api/jobs/submit", body)["jobID"]
                if job.id not in (None, got):
                    raise AssertionError(f"{job.key} is {job.id} and, submitted again, {got}")
                job.id = got

    def read_all(self):
        """All jobs of the scheduler by key; one key must have one job."""
        stored, cursor = {}, ""
        while cursor is not None:
            page = self.s.call("GET", f"/api/jobs?tag={TAG}&limit=1000{cursor and '&cursor=' + cursor}")
            for job in page["jobs"]:
                key = job["idempotencyKey"]
                if key in stored and stored[key]["id"] != job["id"]:
                    raise AssertionError(f"{key} is doubled: {stored[key]['id']} and {job['id']}")
                stored[key] = job
            cursor = page.get("next")
        return stored

    def finish(self):
        self.stored = self.read_all()
        self.settle()
        jobs = self.all_jobs()

        harness.wait_until(self.s.all_ended, "every job to end", 10 * harness.PATIENCE)

        self.stored = self.read_all()
        missing = [job.key for job in jobs if job.key not in self.stored]
        if missing:
            raise AssertionError(f"{len(missing)} jobs are lost, such as {missing[:5]}")
        if len(self.stored) != len(jobs):
            raise AssertionError(f"{len(jobs)} keys and {len(self.stored)} jobs")
        begun = self.check_attempts()
        for job in jobs:
            self.check_end(job, self.stored[job.key], begun[job.key])

    def check_log(self):
        """Nothing ended in a way that nobody asked for."""
        with open(self.s.log_file, encoding="utf-8", errors="replace") as log:
            wrong = [line.strip() for line in log if line.startswith(("terminate called", "  what():"))]
        if wrong:
            raise AssertionError(f"{len(wrong)} lines of the log tell of an abort, such as: {'; '.join(wrong[:2])}")

    def check_end(self, job, stored, begun):
        expected = "cancelled" if job.cancelled else "failed" if job.kind == "false" else "completed"
        allowed = {expected, "cancelled"} if job.cancel_tried else {expected}
        if stored["id"] != job.id or stored["status"] not in allowed:
            raise AssertionError(f"{job.key} ({job.kind}, {job.id}) should be {' or '.join(allowed)}: {json.dumps(stored)}")
        self.counts[stored["status"]] += 1
        if job.kind == "effect":
            try:
                with open(os.path.join(self.effects, job.key), encoding="ascii") as trace:
                    times = len(trace.readlines())
            except FileNotFoundError:
                times = 0
            if stored["status"] == "completed" and times == 0:
                raise AssertionError(f"{job.key} ({job.id}) is completed and never ran")
            if begun < times:
                raise AssertionError(f"{job.key} ({job.id}) was begun {begun} times and has {times} effects")
            self.counts["effects repeated after a crash"] += max(0, times - 1)
            self.counts["attempts cut off"] += begun - times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    skips.need({"flock": "util-linux"})
    print(f"seed {arguments.seed}, {arguments.rounds} rounds", flush=True)
    harness.PROGRAM = os.path.abspath(arguments.program)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    directory = tempfile.mkdtemp(prefix="callboard-crash-")
    test = None
    try:
        test = Test(arguments.seed, directory)
        for number in range(arguments.rounds):
            test.round(number)
        test.finish()
        test.s.close()
        test.check_log()
    except BaseException as e:
        if test:
            print(f"seed {arguments.seed} failed: {e}\ncounts so far: {dict(test.counts)}\n--- log:\n{test.s.log_tail()}", flush=True)
        print(f"the data directory is kept: {directory}", flush=True)
        raise
    else:
        print(f"{len(test.all_jobs())} jobs: {dict(test.counts)}")
        shutil.rmtree(directory)
    finally:
        if test:
            test.s.close()


if __name__ == "__main__":
    main()
