"""A scheduler that is killed in the middle of a thousand running jobs: its workers run on, and it takes them over."""
import os
import socket
import subprocess

import harness
from harness import wait_until

WORKERS, SLOTS = 2, 500
JOBS = WORKERS * SLOTS
# Long enough for all of them to be started; a sanitized program takes longer for that.
JOB_SECONDS = 40 if os.environ.get("ASAN_OPTIONS") else 12
PAGE = 1000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Adoption(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        pass  # each test has a scheduler of its own, at a port that outlives it

    def setUp(self):
        self.port = free_port()
        self.s = harness.Scheduler(workers=0, env={"CALLBOARD_CLUSTER_LISTEN": f"127.0.0.1:{self.port}"})
        self.addCleanup(self.s.close)
        for number in range(WORKERS):
            process = subprocess.Popen(
                [harness.PROGRAM, "worker", "--join", f"127.0.0.1:{self.port}", "--name", f"remote-{number}",
                 "--slots", str(SLOTS), "--tls", os.path.join(self.s.data, "tls")], stderr=subprocess.DEVNULL)
            self.addCleanup(process.wait)
            self.addCleanup(process.terminate)
        self.s.wait_for_workers(WORKERS)

    def count(self, status):
        return self.s.counts()[status]

    def jobs(self):
        page, cursor = [], ""
        while cursor is not None:
            got = self.s.call("GET", f"/api/jobs?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
            page += got["jobs"]
            cursor = got["next"]
        return page

    def test_running_jobs_outlive_their_scheduler(self):
        job = {"jobType": "noop", "payload": {"sleepMs": JOB_SECONDS * 1000}}
        self.s.call("POST", "/api/jobs/batch", [job] * JOBS)
        wait_until(lambda: self.count("running") == JOBS, "all of them running")
        before = {j["id"]: (j["workerID"], j["startedAt"]) for j in self.jobs()}

        self.s.kill()
        self.s.start()
        # New work is taken while the old is being found again.
        late = self.s.submit()["jobID"]
        wait_until(lambda: self.count("completed") == JOBS + 1, "all of them completed")

        for j in self.jobs():
            self.assertEqual((1, 0, 0), (j["attempt"], j["lossCount"], j["retryCount"]), j["id"])
            if j["id"] != late:
                # The attempt that ended is the one that was adopted.
                self.assertEqual(before[j["id"]], (j["workerID"], j["startedAt"]))


if __name__ == "__main__":
    harness.main()
