"""The Python client while things go wrong: lost answers, a scheduler that is killed, errors of every family."""
import http.server
import json
import socket
import threading
import time
import unittest

import base
from base import harness
from callboard import (BadRequest, CallboardError, Client, Conflict, Forbidden, InternalError, NotFound, OutcomeUnknown, QueueFull,
                       Retries, TooLarge, Unavailable, Unreachable, UnsupportedMediaType, WaitTimeout)
from callboard.transport import Transport
from callboard.types import ERROR_STATUS


class Aside:
    """A call in a thread of its own."""

    def __init__(self, function):
        self._result = self._failure = None
        self._thread = threading.Thread(target=self._run, args=(function,))
        self._thread.start()

    def _run(self, function):
        try:
            self._result = function()
        except BaseException as why:  # pylint: disable=broad-except
            self._failure = why

    def result(self):
        self._thread.join(harness.PATIENCE)
        if self._failure:
            raise self._failure
        return self._result


class Killed(base.ClientCase):
    """Answers get lost, and the scheduler is killed."""

    def test_a_submit_whose_answer_is_lost_is_one_job(self):
        self.relay.drop_answer()
        before = self.relay.lost
        job = self.client.submit("noop", tags=["lost"])
        self.assertEqual(before + 1, self.relay.lost)
        self.assertTrue(job["duplicate"])
        self.assertEqual([job["jobID"]], [one["id"] for one in self.client.list(tag="lost")])

    def test_many_jobs_whose_answer_is_lost_are_there_once(self):
        self.relay.drop_answer()
        made = self.client.submit_many([{"jobType": "noop", "tags": ["lost-many"]} for _ in range(50)])
        self.assertEqual({job["jobID"] for job in made}, {job["id"] for job in self.client.list(tag="lost-many")})
        self.assertEqual(50, self.count(tag="lost-many"))

    def test_what_may_not_be_done_twice_is_not_sent_again(self):
        job = self.client.submit("exec", {"argv": ["/bin/false"]}, maxRetries=0)["jobID"]
        self.client.wait(job, timeout=harness.PATIENCE)
        self.relay.drop_answer()
        with self.assertRaises(OutcomeUnknown):
            self.client.retry(job)
        harness.wait_until(lambda: self.client.get(job)["attempt"] == 2, "the attempt of the one retry")
        self.client.wait(job, timeout=harness.PATIENCE)
        self.assertEqual(2, self.client.get(job)["attempt"])

    def test_a_submit_goes_on_after_a_kill_and_is_one_job(self):
        self.relay.drop_answer()
        before = self.relay.lost
        submit = Aside(lambda: self.client.submit("noop", tags=["killed"], held=True))
        harness.wait_until(lambda: self.relay.lost > before, "the lost answer")
        self.restart()
        job = submit.result()
        self.assertEqual([job["jobID"]], [one["id"] for one in self.client.list(tag="killed")])

    def test_a_submit_that_finds_nobody_waits_for_the_scheduler(self):
        port, self.relay.port = self.relay.port, free_port()
        refused = self.relay.refused
        submit = Aside(lambda: self.client.submit("noop", tags=["early"]))
        harness.wait_until(lambda: self.relay.refused > refused, "a try that found nobody")
        self.relay.port = port
        self.assertEqual([submit.result()["jobID"]], [one["id"] for one in self.client.list(tag="early")])

    def test_a_wait_goes_on_after_a_kill(self):
        job = self.client.submit("noop", held=True)["jobID"]
        streams = self.relay.passed
        wait = Aside(lambda: self.client.wait(job, timeout=harness.PATIENCE))
        harness.wait_until(lambda: self.relay.passed > streams + 1, "the wait's stream of events")
        self.restart()
        self.s.call("PATCH", f"/api/jobs/{job}", {"held": False})
        self.assertEqual("completed", wait.result()["status"])

    def test_a_wait_ends_in_time_when_there_is_nobody(self):
        job = self.client.submit("noop", held=True)["jobID"]
        port, self.relay.port = self.relay.port, free_port()
        try:
            self.relay.cut()
            with self.assertRaises(WaitTimeout):
                self.client.wait(job, timeout=0.3)
        finally:
            self.relay.port = port

    def test_events_go_on_where_they_broke(self):
        events = self.client.events(kind="job.created", queue="broken", after="0-0")
        jobs = [self.client.submit("noop", queue="broken")["jobID"]]
        seen = [next(events)["jobID"]]
        for _ in range(2):
            self.relay.cut()
            jobs.append(self.s.submit(queue="broken")["jobID"])
            seen.append(next(events)["jobID"])
        self.assertEqual(jobs, seen)
        self.restart()
        self.assertEqual("reset", next(events)["kind"])
        self.client.submit("noop", queue="broken")
        self.assertEqual("job.created", next(event for event in events if event["kind"] != "reset")["kind"])
        events.close()


def free_port():
    """A port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class WithoutStreams(base.ClientCase):
    """All seats for streams of events are taken."""

    settings = {"workers": 1, "env": {"CALLBOARD_EVENTS_READERS_MAX": "0"}}
    retries = Retries(total=0)

    def test_a_wait_asks_again_and_again(self):
        with self.assertRaises(Unavailable) as caught:
            next(self.client.events())
        self.assertEqual(("overloaded", 503), (caught.exception.code, caught.exception.status))
        self.assertGreater(caught.exception.retry_after, 0)
        job = self.client.submit("noop", held=True)["jobID"]
        wait = Aside(lambda: self.client.wait(job, timeout=harness.PATIENCE))
        self.client.release(job)
        self.assertEqual("completed", wait.result()["status"])


class Families(base.ClientCase):
    """Errors of the real scheduler, without further tries."""

    settings = {"workers": 0}
    retries = Retries(total=0)

    def refused(self, kind, code, call, field=None):
        with self.assertRaises(kind) as caught:
            call()
        why = caught.exception
        self.assertEqual((kind, code), (type(why), why.code))
        self.assertTrue(why.message)
        self.assertTrue(why.request_id)
        self.assertEqual(ERROR_STATUS[code], why.status)
        if field is not None:
            self.assertEqual(field, why.field)
        return why

    def test_an_error_of_each_family(self):
        self.refused(BadRequest, "out_of_range", lambda: self.client.submit("noop", priority=11), "priority")
        self.refused(NotFound, "unknown_job", lambda: self.client.get("job_00000000000zz"))
        self.refused(NotFound, "method_not_allowed", lambda: self.client.call("PUT", "/api/jobs", {}))
        job = self.client.submit("noop")["jobID"]
        self.refused(Conflict, "invalid_state", lambda: self.client.retry(job))
        self.refused(TooLarge, "body_too_large", lambda: self.client.submit("noop", {"text": "x" * (2 << 20)}), "payload")
        self.client.queues.put("small", {"waitingMax": 1})
        self.client.submit("noop", queue="small")
        full = self.refused(QueueFull, "queue_full", lambda: self.client.submit("noop", queue="small"), "queue")
        self.assertGreater(full.retry_after, 0)

    def test_nobody_at_the_address(self):
        with self.assertRaises(Unreachable):
            Client(f"127.0.0.1:{free_port()}", retries=Retries(total=0)).get("job_00000000000zz")
        with self.assertRaises(ValueError):
            Client("ftp://127.0.0.1")


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers with the next (status, code, Retry-After) of `script`, and after the last one with `{}`."""

    script, asked = [], []

    def do_GET(self):
        status, code, told = self.script.pop(0) if self.script else (200, None, None)
        self.asked.append(time.monotonic())
        body = json.dumps({"error": {"code": code, "message": "m", "field": "f", "requestId": "r"}} if code else {}).encode()
        self.send_response(status)
        if told:
            self.send_header("Retry-After", told)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


class Codes(unittest.TestCase):
    """Errors that a healthy scheduler does not give, from a server that says what it is told."""

    def setUp(self):
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Scripted)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        Scripted.script, Scripted.asked = [], []
        exchange, Transport._exchange = Transport._exchange, base.exchange  # this server is as no description says
        self.addCleanup(setattr, Transport, "_exchange", exchange)

    def client(self, **retries):
        client = Client(f"http://127.0.0.1:{self.server.server_port}", retries=Retries(**retries))
        self.addCleanup(client.close)
        return client

    def test_every_code_has_a_family(self):
        client, families = self.client(total=0), set()
        for code, status in ERROR_STATUS.items():
            Scripted.script = [(status, code, None)]
            with self.subTest(code=code), self.assertRaises(CallboardError) as caught:
                client.call("GET", "/")
            families.add(type(caught.exception))
            self.assertEqual((code, status, "m", "f", "r"), (caught.exception.code, caught.exception.status, caught.exception.message,
                                                             caught.exception.field, caught.exception.request_id))
        self.assertEqual({BadRequest, Forbidden, NotFound, Unavailable, Conflict, TooLarge, UnsupportedMediaType, QueueFull,
                          InternalError, OutcomeUnknown}, families)

    def test_the_client_waits_as_long_as_it_is_told(self):
        Scripted.script = [(503, "starting", "1"), (429, "queue_full", None)]
        self.assertEqual({}, self.client(total=30, base=0.01).call("GET", "/"))
        self.assertEqual(3, len(Scripted.asked))
        self.assertGreaterEqual(Scripted.asked[1] - Scripted.asked[0], 1.0)

    def test_a_mistake_is_not_sent_again(self):
        for status, code in ((400, "invalid_value"), (404, "not_found"), (500, "internal_error")):
            Scripted.script, Scripted.asked = [(status, code, None)], []
            with self.assertRaises(CallboardError):
                self.client(total=30).call("GET", "/")
            self.assertEqual(1, len(Scripted.asked))

    def test_tries_end(self):
        Scripted.script = [(503, "overloaded", "30")]
        with self.assertRaises(Unavailable) as caught:
            self.client(total=5).call("GET", "/")
        self.assertEqual(30, caught.exception.retry_after)
        self.assertEqual(1, len(Scripted.asked))


if __name__ == "__main__":
    base.main()
