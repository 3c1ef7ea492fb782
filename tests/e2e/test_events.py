"""The stream of events of a running scheduler: what is told, how a reader goes on after a break and a restart, the commands."""
import json
import select
import signal
import subprocess

import harness


class Stream:
    """A reader of GET /api/events."""

    def __init__(self, scheduler, query="", last_id=None):
        self.connection = scheduler.connect()
        self.connection.request("GET", "/api/events" + query, headers={"Last-Event-ID": last_id} if last_id else {})
        self.answer = self.connection.getresponse()

    def lines_of_block(self):
        lines = []
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            if line == "\n":
                return lines
            lines.append(line.rstrip("\n"))

    def next(self):
        """The next event; None: the stream is over."""
        while True:
            lines = self.lines_of_block()
            if lines is None:
                return None
            for line in lines:
                if line.startswith("data: "):
                    return json.loads(line[len("data: "):])

    def until(self, kind, job_id=None):
        """Events up to the first of this kind, of this job."""
        events = []
        while True:
            event = self.next()
            assert event is not None, f"the stream ended before {kind}: {events}"
            events.append(event)
            if event["kind"] == kind and job_id in (None, event.get("jobID")):
                return events

    def close(self):
        self.connection.close()


class Events(harness.TestCase):
    def test_the_life_of_a_job_is_told_in_order(self):
        stream = Stream(self.s, "?kind=job")
        self.assertEqual("text/event-stream", stream.answer.headers["Content-Type"])
        job_id = self.s.submit_exec("/bin/false", retryCount=1, retryPolicy=harness.AT_ONCE, queue="mail")["jobID"]
        events = [e for e in stream.until("job.failed", job_id) if e["jobID"] == job_id]
        self.assertEqual(["job.created", "job.started", "job.retrying", "job.started", "job.failed"],
                         [e["kind"] for e in events])
        last = events[-1]
        self.assertEqual(("failed", 2, "exec", "mail"), (last["status"], last["attempt"], last["type"], last["queue"]))
        self.assertTrue(last["code"] and last["worker"])
        stream.close()

    def test_a_reader_goes_on_where_it_was(self):
        stream = Stream(self.s, "?kind=job.created")
        first = self.s.submit()["jobID"]
        seen = stream.until("job.created", first)[-1]["id"]
        stream.close()
        missed = [self.s.submit()["jobID"] for _ in range(3)]
        again = Stream(self.s, "?kind=job.created", seen)
        self.assertEqual(missed, [again.next()["jobID"] for _ in range(3)])
        again.close()

    def test_what_cannot_be_followed_is_refused_by_name(self):
        for query, field in (("?kind=jobs", "kind"), ("?id=5", "id"), ("?after=x", "after"), ("?x=y", "x")):
            with self.assertRaises(harness.Refused) as refused:
                self.s.call("GET", "/api/events" + query)
            self.assertEqual((400, field), (refused.exception.status, refused.exception.field))

    def test_the_command_prints_and_ends_well_when_it_is_interrupted(self):
        command = subprocess.Popen([harness.PROGRAM, "events", "--kind", "job", "--json", "--server", self.s.ready["http"]],
                                   stdout=subprocess.PIPE, bufsize=0)
        try:
            # Until it follows, nothing of what happens is for it.
            harness.wait_until(lambda: self.submit_and_see(command), "an event")
            command.send_signal(signal.SIGINT)
            self.assertEqual(0, command.wait(harness.PATIENCE))
        finally:
            command.kill()
            command.stdout.close()
            command.wait()

    def submit_and_see(self, command):
        self.s.submit()
        if not select.select([command.stdout], [], [], 0.2)[0]:
            return False
        return json.loads(command.stdout.readline())["kind"].startswith("job.")

    def test_watch_ends_with_its_job(self):
        job_id = self.s.submit_exec("/bin/sleep", "0.3")["jobID"]
        end = subprocess.run([harness.PROGRAM, "watch", job_id, "--server", self.s.ready["http"]], stdout=subprocess.PIPE,
                             text=True, timeout=harness.PATIENCE, check=False)
        self.assertEqual(0, end.returncode)
        self.assertIn("completed", end.stdout)


class Restart(harness.TestCase):
    def test_a_restart_ends_the_stream_and_is_told_to_who_comes_back(self):
        with harness.Scheduler(workers=1) as scheduler:
            stream = Stream(scheduler)
            job_id = scheduler.submit()["jobID"]
            seen = stream.until("job.completed", job_id)[-1]["id"]
            self.assertEqual(0, scheduler.terminate())
            rest = []
            while (event := stream.next()) is not None:
                rest.append(event["kind"])
            self.assertIn("scheduler.draining", rest)
            scheduler.start()
            again = Stream(scheduler, "", seen)
            first = again.next()
            self.assertEqual("reset", first["kind"])
            self.assertNotEqual(seen.split("-", maxsplit=1)[0], first["id"].split("-", maxsplit=1)[0])
            again.until("scheduler.recovered")
            again.close()


if __name__ == "__main__":
    harness.main()
