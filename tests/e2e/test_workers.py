"""Worker processes and the scheduler's own end: loss, scaling, shutdown."""
import os
import signal
import sys
import threading

import harness
from harness import AT_ONCE, TERMINAL, is_alive, parent_of, processes_with, wait_until


class Loss(harness.TestCase):
    settings = {"workers": 2, "slots": 2}

    def test_a_killed_worker_costs_its_jobs_no_retry(self):
        self.s.wait_for_workers(2)
        ids = [self.s.submit_exec("/bin/sleep", "1")["jobID"] for _ in range(8)]
        wait_until(lambda: sum(self.s.job(i)["status"] == "running" for i in ids) == 4, "four running jobs")
        victim = self.s.live_workers()[0]
        os.kill(victim["pid"], signal.SIGKILL)
        jobs = [self.s.wait_for(i, "completed") for i in ids]
        self.assertEqual({0}, {job["retryCount"] for job in jobs})
        losses = [job["lossCount"] for job in jobs]
        self.assertEqual(2, sum(losses), "both attempts on the killed worker are losses, and no others")
        self.assertEqual(1, max(losses))
        restarted = self.s.wait_for_workers(2)
        self.assertNotIn(victim["pid"], {w["pid"] for w in restarted})

    def test_a_killed_guardian_leaves_no_process_of_a_job(self):
        self.s.wait_for_workers(2)
        with open(self.s.log_file, encoding="utf-8", errors="replace") as log:
            if "no cgroups: " in log.read():
                self.skipTest("workers have no cgroups here")
        # Its own session, and so nobody's to end once its parents are gone.
        seconds = f"{os.getpid()}.5"
        script = f"setsid sleep {seconds} & wait"
        job_id = self.s.submit_exec("/bin/sh", "-c", script)["jobID"]
        sleeper, = wait_until(lambda: processes_with(seconds), "the program's own program")
        shell, = processes_with(script)
        guardian = parent_of(parent_of(shell))
        os.kill(guardian, signal.SIGKILL)
        wait_until(lambda: not is_alive(shell), "the end of the program")
        wait_until(lambda: not is_alive(sleeper), "the end of what it started, by the next worker")
        self.s.call("DELETE", f"/api/jobs/{job_id}/cancel")
        self.s.wait_for_workers(2)


class OpenFiles(harness.TestCase):
    settings = {"workers": 1, "slots": 2, "open_files": 100}

    def test_more_connections_than_the_usual_limit_of_files(self):
        connections = [self.s.connect() for _ in range(300)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.connect()
        for connection in connections:
            connection.request("GET", "/api/health/live")
            self.assertEqual(200, connection.getresponse().status)
        # A program gets the limit from before, so that it may use select().
        job = self.s.wait_for(self.s.submit_exec("/bin/sh", "-c", "ulimit -n")["jobID"], "completed")
        self.assertEqual("100\n", job["result"]["stdout"])


class Reservations(harness.TestCase):
    settings = {"workers": 1, "slots": 2}

    def submit_hungry(self, **fields):
        """A program that needs some 200 MiB, and then some time in which that can be seen."""
        code = "x = b'x' * (200 << 20)\nimport time\nwhile time.process_time() < 1: pass\n"
        return self.s.submit_exec(sys.executable, "-c", code, resources={"memory": "128MiB"}, **fields)["jobID"]

    def test_out_of_memory_is_retried_with_more(self):
        policy = {**AT_ONCE, "memoryGrowthPercent": 200}
        job = self.s.wait_for(self.submit_hungry(retryCount=1, retryPolicy=policy), "completed")
        self.assertEqual((1, 256 << 20), (job["retryCount"], job["resources"]["memory"]))
        reasons = " ".join(entry["reason"] for entry in self.s.call("GET", f"/api/jobs/{job['id']}/history")["history"])
        self.assertIn("OUT_OF_MEMORY", reasons)
        self.assertIn("of 134217728 bytes", reasons)
        self.assertIn("memory 134217728 -> 268435456 bytes", reasons)
        self.assertGreater(job["usage"]["peakMemoryBytes"], 200 << 20)
        self.assertLess(job["usage"]["peakMemoryBytes"], 300 << 20)
        self.assertGreaterEqual(job["usage"]["cpuSeconds"], 1)

    def test_out_of_memory_without_growth_fails(self):
        job = self.s.wait_for(self.submit_hungry(retryCount=0), "failed")
        self.assertEqual("OUT_OF_MEMORY", job["error"]["code"])
        self.assertIn("resources.memory", job["error"]["message"])


class Scaling(harness.TestCase):
    settings = {"workers": 1, "slots": 1}

    def test_up_and_down(self):
        self.s.wait_for_workers(1)
        self.s.call("POST", "/api/workers/scale", {"workers": 4})
        pids = {w["pid"] for w in self.s.wait_for_workers(4)}
        self.assertEqual(4, len(pids))
        running = [self.s.submit_exec("/bin/sleep", "1")["jobID"] for _ in range(4)]
        wait_until(lambda: all(self.s.job(i)["status"] == "running" for i in running), "a job on each worker")
        self.s.call("POST", "/api/workers/scale", {"workers": 1})
        jobs = [self.s.wait_for(i, "completed") for i in running]
        self.assertEqual([(0, 0)] * 4, [(job["retryCount"], job["lossCount"]) for job in jobs])
        self.s.wait_for_workers(1)
        wait_until(lambda: sum(map(is_alive, pids)) == 1, "the end of three worker processes")

    def test_too_many_are_refused(self):
        self.assert_refused(400, "out_of_range", "POST", "/api/workers/scale", {"workers": 100_000})


class Shutdown(harness.TestCase):
    def test_under_load_nothing_is_lost(self):
        self.s.wait_for_workers(2)
        acknowledged, stop = [], threading.Event()

        def submit():
            while not stop.is_set():
                try:
                    acknowledged.append(self.s.submit_exec("/bin/sleep", "0.02")["jobID"])
                except (OSError, harness.Refused, harness.http.client.HTTPException):
                    pass  # it is going down: refused, or nobody there

        clients = [threading.Thread(target=submit) for _ in range(4)]
        for client in clients:
            client.start()
        try:
            wait_until(lambda: len(acknowledged) > 100, "some load")
            code = self.s.terminate()
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertEqual(0, code, "a shutdown that was asked for is no failure")
        self.s.start()
        for job_id in acknowledged:
            job = self.s.wait_for(job_id, "completed")
            self.assertEqual(0, job["retryCount"])

    def test_workers_go_with_it(self):
        pids = [w["pid"] for w in self.s.wait_for_workers(2)]
        self.assertEqual(0, self.s.terminate())
        self.assertEqual([], [pid for pid in pids if is_alive(pid)])
        self.s.start()

    def test_workers_do_not_outlive_a_killed_scheduler(self):
        pids = [w["pid"] for w in self.s.wait_for_workers(2)]
        job_id = self.s.submit_exec("/bin/sleep", "1")["jobID"]
        self.s.wait_for(job_id, "running", "completed")
        self.s.kill()
        wait_until(lambda: not any(map(is_alive, pids)), "the end of the workers")
        self.s.start()
        self.assertIn(self.s.wait_for(job_id, "completed")["status"], TERMINAL)

    def test_nobody_joins_before_the_workers_of_before_are_gone(self):
        pids = [w["pid"] for w in self.s.wait_for_workers(2)]
        os.kill(pids[0], signal.SIGSTOP)  # it will not see that its scheduler is gone
        job_id = self.s.submit_exec("/bin/true")["jobID"]
        self.s.kill()
        self.s.start()
        self.assertEqual([], [pid for pid in pids if is_alive(pid)])
        self.s.wait_for(job_id, "completed")


if __name__ == "__main__":
    harness.main()
