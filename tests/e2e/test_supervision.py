"""Parts that die, hang or are told to go: service comes back, nothing is lost, nothing runs twice at a time."""
import fcntl
import json
import os
import re
import signal
import socket
import threading
import urllib.parse

import harness
from harness import PATIENCE, Remote, is_alive, lines_of, wait_until

CHILDREN = ["webhooks", "alerts", "inspector", "gateway", "autoscaler", "http-workers", "metrics", "worker-supervisor", "queue-manager", "store-keeper",
            "timekeeper"]
def was_restarted(s, name):
    """True once this part of a scheduler has ended at least once, and the scheduler answers."""
    try:
        return any(a["name"] == name and a.get("restarts") for a in s.call("GET", "/api/actors")["actors"])
    except (OSError, harness.Refused, harness.http.client.HTTPException):
        return False


# More ends than a scheduler should go through in a minute.
OFTEN = ["--set", "workers.restart_intensity=100"]


class Actors(harness.TestCase):
    settings = {"arguments": OFTEN}

    def actors(self):
        return {a["name"]: a for a in self.s.call("GET", "/api/actors")["actors"]}

    def restart(self, name):
        self.s.call("POST", f"/api/actors/{urllib.parse.quote(name, safe='')}/restart")

    def is_ready(self):
        try:
            return self.s.call("GET", "/api/health").get("ready") and len(self.s.live_workers()) == 2
        except (OSError, harness.Refused, harness.http.client.HTTPException):
            return False

    def test_every_part_may_die_under_load(self):
        self.s.wait_for_workers(2)
        acknowledged, stop = [], threading.Event()

        def submit():
            while not stop.is_set():
                try:
                    acknowledged.append(self.s.submit()["jobID"])
                except (OSError, harness.Refused, harness.http.client.HTTPException):
                    pass  # a part is away

        clients = [threading.Thread(target=submit) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            for name in CHILDREN:
                before = len(acknowledged)
                self.restart(name)
                wait_until(lambda: was_restarted(self.s, name) and self.is_ready(), f"service after the end of {name}")
                wait_until(lambda: len(acknowledged) > before + 20, f"jobs accepted after the end of {name}")
        finally:
            stop.set()
            for client in clients:
                client.join()
        actors = self.actors()
        for name in CHILDREN:
            self.assertGreaterEqual(actors[name]["restarts"], 1, name)
            self.assertTrue(actors[name].get("lastReason"), name)
        for job_id in acknowledged:
            self.s.wait_for(job_id, "completed")

    def test_metrics_die_alone(self):
        def boot():  # grows with every queue manager
            return self.s.call("GET", "/api/actors/store-keeper")["state"]["boot"]

        def counted():
            numbers = self.s.call("GET", "/api/metrics/jobs")
            return numbers["submitted"], numbers["completed"]

        wait_until(self.s.all_ended, "the end of all jobs")
        before, restarts = boot(), self.actors()["metrics"].get("restarts", 0)
        self.restart("metrics")
        wait_until(lambda: self.actors()["metrics"].get("restarts", 0) > restarts, "other metrics")
        self.s.wait_for(self.s.submit()["jobID"], "completed")
        wait_until(lambda: counted() == (1, 1), "the numbers since then")
        self.assertEqual(before, boot())

    def test_a_worker_actor_may_die_and_its_attempts_go_on(self):
        name = self.s.wait_for_workers(2)[0]["id"]
        jobs = [self.s.submit_exec("/bin/sleep", "1.5")["jobID"] for _ in range(8)]
        wait_until(lambda: all(self.s.job(i)["status"] == "running" for i in jobs), "all jobs running")
        self.restart(f"worker/{name}")
        for job_id in jobs:
            job = self.s.wait_for(job_id, "completed")
            self.assertEqual((1, 0), (job["attempt"], job["lossCount"]))

    def test_an_actor_that_nobody_would_start_again_is_refused(self):
        self.assert_refused(404, "not_found", "POST", "/api/actors/nobody/restart")

    def test_the_inside_of_any_actor_can_be_seen(self):
        worker = self.s.wait_for_workers(2)[0]["id"]
        wanted = [(name, "") for name in self.actors() if "/" not in name and name not in ("worker-node", "executor")]
        wanted += [(f"worker/{worker}", ""), ("worker-node", worker), ("executor", worker)]
        for name, node in wanted:
            path = f"/api/actors/{urllib.parse.quote(name, safe='')}" + (f"?node={node}" if node else "")
            got = self.s.call("GET", path)
            self.assertEqual((name, node), (got["name"], got.get("node", "")))
            self.assertTrue(got["state"], name)
        self.assertEqual("true", self.s.call("GET", f"/api/actors/worker-node?node={worker}")["state"]["joined"])
        self.assert_refused(404, "not_found", "GET", "/api/actors/nobody")
        self.assert_refused(404, "not_found", "GET", f"/api/actors/nobody?node={worker}")
        self.assert_refused(404, "unknown_worker", "GET", "/api/actors/executor?node=nobody")


class RemoteWorkers(harness.TestCase):
    settings = {"workers": 0, "arguments": OFTEN}

    def test_their_attempts_go_on_whatever_part_of_the_scheduler_dies(self):
        remote = Remote(self.s, "far", "--slots", "4")
        self.addCleanup(remote.close)
        self.s.wait_for_workers(1)
        begun, release = os.path.join(self.s.data, "begun"), os.path.join(self.s.data, "release")
        script = f'echo "$CALLBOARD_FENCE" >> {begun}; while [ ! -e {release} ]; do sleep 0.05; done'
        jobs = [self.s.submit_exec("/bin/sh", "-c", script)["jobID"] for _ in range(3)]
        wait_until(lambda: len(lines_of(begun)) == 3, "three programs")
        for name in CHILDREN:
            self.s.call("POST", f"/api/actors/{name}/restart")
            wait_until(lambda: was_restarted(self.s, name) and self.runs_a_job("far"), f"the worker after the end of {name}")
        with open(release, "w", encoding="ascii"):
            pass
        for job_id in jobs:
            job = self.s.wait_for(job_id, "completed")
            self.assertEqual((1, 0, "far"), (job["attempt"], job["lossCount"], job["workerID"]))
        self.assertEqual(3, len(lines_of(begun)))
        self.assertEqual(0, self.s.terminate(), self.s.log_tail())

    def runs_a_job(self, worker):
        try:
            job = self.s.job(self.s.submit()["jobID"])
            return job["status"] == "completed" and [worker] == [w["id"] for w in self.s.live_workers()]
        except (OSError, harness.Refused, harness.http.client.HTTPException):
            return False


class GivingUp(harness.TestCase):
    settings = {"workers": 1, "slots": 1, "env": {"CALLBOARD_WORKERS_RESTART_INTENSITY": "1"}}

    def test_a_scheduler_whose_parts_stop_again_and_again_ends_with_code_70(self):
        job_id = self.s.submit()["jobID"]
        self.s.wait_for(job_id, "completed")

        def has_ended():
            try:
                self.s.call("POST", "/api/actors/metrics/restart")
            except (OSError, harness.Refused, harness.http.client.HTTPException):
                pass  # it is away, or all of it is
            return self.s.process.poll() is not None

        wait_until(has_ended, "the end of the scheduler")
        self.assertEqual(70, self.s.terminate(), self.s.log_tail())
        self.assertIn("parts stop too often", self.s.log_tail())
        self.s.start()
        self.s.wait_for(job_id, "completed")


class Stuck(harness.TestCase):
    settings = {"workers": 1, "slots": 1,
                "env": {"CALLBOARD_SCHEDULER_SHUTDOWN_GRACE": "100ms", "CALLBOARD_SCHEDULER_SHUTDOWN_LIMIT": "1s",
                        "CALLBOARD_WORKERS_KILL_GRACE": "10min"}}

    def test_a_scheduler_that_cannot_stop_ends_nevertheless(self):
        worker = self.s.wait_for_workers(1)[0]
        job_id = self.s.submit_exec("/bin/sleep", "600")["jobID"]
        self.s.wait_for(job_id, "running")
        os.kill(worker["pid"], signal.SIGSTOP)
        self.addCleanup(lambda: is_alive(worker["pid"]) and os.kill(worker["pid"], signal.SIGKILL))
        self.assertEqual(1, self.s.terminate())
        self.assertIn("scheduler.shutdown_limit", self.s.log_tail())
        self.s.start()
        self.s.call("DELETE", f"/api/jobs/{job_id}/cancel")
        self.s.wait_for(self.s.submit()["jobID"], "completed")


class Hung(harness.TestCase):
    settings = {"workers": 1, "slots": 1,
                "env": {"CALLBOARD_SCHEDULER_SHUTDOWN_GRACE": "100ms", "CALLBOARD_WORKERS_KILL_GRACE": "100ms"}}

    def test_a_worker_that_does_not_stop_with_its_scheduler_is_killed(self):
        worker = self.s.wait_for_workers(1)[0]
        os.kill(worker["pid"], signal.SIGSTOP)
        self.assertEqual(0, self.s.terminate())
        self.assertFalse(is_alive(worker["pid"]))
        self.assertEqual(1, self.s.log_tail().count("did not stop in time and is killed"), self.s.log_tail())


class Crowded(harness.TestCase):
    settings = {"workers": 1, "slots": 1, "env": {"CALLBOARD_JOBS_REQUESTS_OUTSTANDING_MAX": "1"}}

    def test_more_requests_than_may_be_under_way_are_told_so(self):
        body = json.dumps({"jobType": "noop", "payload": {}})
        request = (f"POST /api/jobs/submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
        together = 16

        def statuses():
            with socket.create_connection((self.s.host, self.s.port), timeout=PATIENCE) as connection:
                connection.sendall(request * together)
                found, text = [], b""
                while len(found) < together:
                    part = connection.recv(65536)
                    if not part:
                        raise AssertionError(f"closed after {text!r}")
                    text += part
                    found = re.findall(rb"HTTP/1.1 (\d+) ", text)
            if b"503" in found:
                self.assertIn(b"jobs.requests_outstanding_max", text)
            return found

        seen = wait_until(lambda: [x for x in [statuses()] if b"503" in x], "a request that was refused")[0]
        self.assertEqual({b"201", b"503"}, set(seen))
        # Nobody is counted for ever.
        self.s.wait_for(self.s.submit()["jobID"], "completed")


class ByHand(harness.TestCase):
    settings = {"workers": 1, "slots": 1, "arguments": OFTEN}

    def scaling(self):
        try:
            return self.s.call("GET", "/api/workers/scale")
        except (OSError, harness.Refused, harness.http.client.HTTPException):
            return None  # what answers is being started again as well

    def restart(self, name, reason):
        """What is wanted once there is another autoscaler, which says why."""
        def said():
            return self.s.log_tail().count(reason)
        before = said()
        self.s.call("POST", f"/api/actors/{name}/restart")
        wait_until(lambda: said() > before, f"{reason} in the log")
        return wait_until(self.scaling, "what is wanted")

    def test_what_was_set_by_hand_outlives_the_parts(self):
        self.s.call("POST", "/api/workers/scale", {"workers": 2})
        self.s.wait_for_workers(2)
        scaling = self.restart("worker-supervisor", "set by hand")
        self.assertEqual((False, 2), (scaling["automatic"], scaling["workers"]))
        self.s.wait_for_workers(2)
        self.s.call("POST", "/api/workers/scale", {"min": 3, "max": 3})
        self.s.wait_for_workers(3)
        scaling = self.restart("autoscaler", "bounds were set")
        self.assertEqual((True, 3, 3), (scaling["automatic"], scaling["min"], scaling["max"]))

    def test_nobody_waits_for_who_reads_the_log(self):
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writing, b"x" * 4096)
        try:
            # Local workers have the same standard error.
            with harness.Scheduler(workers=1, log_to=writing, arguments=["--set", "log.lines_waiting_max=16"]) as s:
                s.wait_for_workers(1)
                s.wait_for(s.submit()["jobID"], "completed")
                def dropped():
                    return s.call("GET", "/api/metrics/jobs")["logLinesDropped"]

                while not dropped():  # its end and its return are lines of the log
                    s.call("POST", "/api/actors/worker%2Flocal-1/restart")
                    s.wait_for_workers(1)
                longest = {a["name"]: a["longestTurnMs"] for a in s.call("GET", "/api/actors")["actors"]}
                self.assertGreater(longest["worker-supervisor"], 0)
                os.set_blocking(reading, False)
                os.read(reading, 65536)
        finally:
            os.close(writing)
            os.close(reading)

    def test_parts_that_end_shortly_after_each_other_are_started_once(self):
        def request(path, body=""):
            return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

        # The batch keeps the queue manager busy, so that the gateway hands both over before it ends. It is stopped alone;
        # the autoscaler ends in the pause before it is started again.
        requests = (request("/api/jobs/batch", json.dumps([{"jobType": "noop"}] * 10000)) +
                    request("/api/actors/gateway/restart") + request("/api/actors/autoscaler/restart"))
        self.s.call("POST", "/api/workers/scale", {"workers": 2})
        with open(self.s.log_file, encoding="utf-8") as log:
            def both_have_ended():
                log.seek(0, os.SEEK_END)
                said.clear()
                with socket.create_connection((self.s.host, self.s.port), timeout=PATIENCE) as connection:
                    connection.sendall(requests)
                    wait_until(lambda: said.extend(log) or any("gateway stopped" in line for line in said), "an end")
                wait_until(self.scaling, "service")
                said.extend(log)
                return any("autoscaler stopped" in line for line in said)

            said = []
            wait_until(both_have_ended, "two ends, and service again")
            wait_until(self.s.all_ended, "the end of all jobs")
            said.extend(log)
        self.assertEqual(1, sum("set by hand" in line for line in said), said)


if __name__ == "__main__":
    harness.main()
