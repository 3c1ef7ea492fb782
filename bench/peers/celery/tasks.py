"""Celery, as load: the tasks, and a client. Usage: tasks.py COMMAND KEY=VALUE...

  fill jobs=N                                      sends N tasks
  submit connections=N (seconds=S | jobs=N)        single sends, each thread one at a time. Prints a line when it is
                                                   ready, and begins when it is given one
  rate rate=R seconds=S                            sends at a fixed rate; arguments carry when they were due

Times are of CLOCK_MONOTONIC, in microseconds. BENCH_REDIS and BENCH_REPORT are ports of 127.0.0.1.
"""
import json
import os
import queue
import socket
import sys
import threading
import time

from celery import Celery

app = Celery("bench", broker=f"redis://127.0.0.1:{os.environ['BENCH_REDIS']}/0")
app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, broker_pool_limit=32)

PAYLOAD = {"to": "user@example.com", "subject": "Welcome", "body": "Welcome to our service"}


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


class Reporter:
    """Of one process of the pool: they are forked, so it begins with the first task."""

    def __init__(self):
        self.pid, self.done, self.at, self.latencies = 0, 0, 0, []

    def ended(self, due):
        if self.pid != os.getpid():
            self.pid, self.done = os.getpid(), 0
            threading.Thread(target=self.tell, daemon=True).start()
        self.at = now()
        if due:
            self.latencies.append(self.at - due)
        self.done += 1

    def tell(self):
        to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        to.connect(("127.0.0.1", int(os.environ["BENCH_REPORT"])))
        told = -1
        while True:
            done, latencies, self.latencies = self.done, self.latencies, []
            if done != told or latencies:
                line = {"pid": self.pid, "done": done, "at": self.at, "latencies": latencies[:1000]}
                to.send(json.dumps(line).encode())
            told = done
            time.sleep(0.005)


reporter = Reporter()


@app.task(name="noop")
def noop(payload):
    reporter.ended(payload.get("due"))


def wait_until(when):
    time.sleep(max(0, when - now()) / 1e6)


def in_threads(count, work):
    results = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def send_share(share, over):
    mine = 0
    while mine < share and now() < over:
        noop.delay(PAYLOAD)
        mine += 1
    return mine


def main():
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    connections = int(given.get("connections", 4))
    if sys.argv[1] == "fill":
        begin = now()
        with app.producer_pool.acquire(block=True) as producer:
            for _ in range(int(given["jobs"])):
                noop.apply_async((PAYLOAD,), producer=producer)
        line = {"jobs": int(given["jobs"]), "begin": begin, "end": now()}
    elif sys.argv[1] == "submit":
        in_threads(connections, lambda: noop.delay(PAYLOAD))  # connects
        print(json.dumps({"ready": True}), flush=True)
        sys.stdin.readline()
        begin = now()
        over = begin + float(given["seconds"]) * 1e6 if "seconds" in given else float("inf")
        share = int(given["jobs"]) // connections if "jobs" in given else float("inf")
        jobs = sum(in_threads(connections, lambda: send_share(share, over)))
        line = {"jobs": jobs, "warm": connections, "begin": begin, "end": now()}
    elif sys.argv[1] == "rate":
        total = round(float(given["rate"]) * float(given["seconds"]))
        due = queue.Queue()

        def send():
            for when in iter(due.get, None):
                noop.delay({**PAYLOAD, "due": when})

        threads = [threading.Thread(target=send) for _ in range(connections)]
        for t in threads:
            t.start()
        begin = now() + 100_000
        for i in range(total):
            when = round(begin + i * 1e6 / float(given["rate"]))
            wait_until(when)
            due.put(when)
        for _ in threads:
            due.put(None)
        for t in threads:
            t.join()
        line = {"jobs": total, "begin": begin, "end": now()}
    else:
        sys.exit(f"unknown command {sys.argv[1]}")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
