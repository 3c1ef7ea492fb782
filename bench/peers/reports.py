"""What workers of libraries tell by UDP: who they are, how many jobs they have done and when the last one was."""
import json
import socket
import threading
import time

PATIENCE = 60  # seconds without progress


class Reports:
    """Receives on a port of 127.0.0.1, in a thread of its own, until closed."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.changed = threading.Condition()
        self.clear()
        threading.Thread(target=self._receive, daemon=True).start()

    def clear(self):
        with self.changed:
            self.by_worker = {}
            self.latencies = []

    def close(self):
        self.socket.close()

    def _receive(self):
        while True:
            try:
                line = json.loads(self.socket.recv(1 << 16))
            except OSError:
                return
            with self.changed:
                self.by_worker[line["pid"]] = line
                self.latencies += line.get("latencies", [])
                self.changed.notify_all()

    def done(self):
        return sum(line["done"] for line in self.by_worker.values())

    def at(self):
        """When the last job so far was done, in microseconds of CLOCK_MONOTONIC."""
        return max((line["at"] for line in self.by_worker.values()), default=0)

    def wait(self, what, condition):
        """Waits until condition() holds; raises when no report comes for a minute."""
        with self.changed:
            while not condition():
                before = self.done(), len(self.by_worker)
                if not self.changed.wait(PATIENCE) and (self.done(), len(self.by_worker)) == before:
                    raise RuntimeError(f"{what}: stuck with {self.done()} jobs done by {len(self.by_worker)} workers")

    def wait_done(self, jobs):
        self.wait(f"waiting for {jobs} jobs", lambda: self.done() >= jobs)
        return self.at()


def monotonic_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
