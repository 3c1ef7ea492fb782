"""Traces: what comes with a submit is handed to the handlers, and the spans of jobs are exported to a collector, which checks each request
against the protocol (OTLP over HTTP, JSON)."""
import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import unittest

import jsonschema

import harness
from harness import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE}-{CALLER}-01"
NOT_SAMPLED = f"00-{TRACE}-{CALLER}-00"


def strict(properties, required):
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


# opentelemetry-proto, trace_service.proto and trace.proto, in the JSON that OTLP has for them: ids are hexadecimal, 64-bit numbers texts.
NUMBER = {"type": "string", "pattern": "^[0-9]{1,20}$"}
ATTRIBUTE = strict({"key": {"type": "string", "minLength": 1},
                    "value": {"oneOf": [strict({"stringValue": {"type": "string"}}, ["stringValue"]),
                                        strict({"intValue": NUMBER}, ["intValue"])]}}, ["key", "value"])
ATTRIBUTES = {"type": "array", "items": ATTRIBUTE}
SPAN = strict({"traceId": {"type": "string", "pattern": "^(?!0{32})[0-9a-f]{32}$"},
               "spanId": {"type": "string", "pattern": "^(?!0{16})[0-9a-f]{16}$"},
               "parentSpanId": {"type": "string", "pattern": "^(?!0{16})[0-9a-f]{16}$"},
               "traceState": {"type": "string"}, "name": {"type": "string", "minLength": 1},
               "kind": {"type": "integer", "minimum": 1, "maximum": 5}, "startTimeUnixNano": NUMBER, "endTimeUnixNano": NUMBER,
               "attributes": ATTRIBUTES,
               "status": strict({"code": {"enum": [0, 1, 2]}, "message": {"type": "string"}}, ["code"])},
              ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"])
REQUEST = strict({"resourceSpans": {"type": "array", "minItems": 1, "items": strict({
    "resource": strict({"attributes": ATTRIBUTES}, ["attributes"]),
    "scopeSpans": {"type": "array", "items": strict({
        "scope": strict({"name": {"type": "string"}, "version": {"type": "string"}}, ["name"]),
        "spans": {"type": "array", "minItems": 1, "items": SPAN}}, ["spans"])}}, ["scopeSpans"])}}, ["resourceSpans"])


class Collector:
    """Takes spans as a collector does, and refuses what is not by the protocol. The first `busy` requests are answered 503."""

    def __init__(self, busy=0):
        self.spans, self.services, self.headers, self.faults = [], set(), [], []
        self.busy = busy
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(collector.take(self.path, dict(self.headers), body))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, headers, body):
        if self.busy > 0:
            self.busy -= 1
            return 503
        try:
            assert path == "/v1/traces", path
            assert headers["Content-Type"] == "application/json", headers
            request = json.loads(body)
            jsonschema.validate(request, REQUEST)
            for resource in request["resourceSpans"]:
                about = values_of(resource["resource"])
                self.services.add(about["service.name"])
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
                        self.spans.append(span)
        except (AssertionError, KeyError, ValueError, jsonschema.ValidationError) as e:
            self.faults.append(str(e))
            return 400
        self.headers.append(headers)
        return 200

    def of_job(self, job_id):
        """Its spans by name; several of one name in the order of their beginnings."""
        out = {}
        own = [s for s in list(self.spans) if values_of(s).get("callboard.job.id") == job_id and s["name"].startswith("job ")]
        if not own:
            return out
        below = {own[0]["spanId"]}
        for span in sorted(list(self.spans), key=lambda s: int(s["startTimeUnixNano"])):
            if span is own[0] or span.get("parentSpanId") in below:
                out.setdefault(span["name"].split(" ")[0], []).append(span)
        for submit in out.get("submit", []):
            out["commit"] = [s for s in list(self.spans) if s.get("parentSpanId") == submit["spanId"]]
        return out

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def values_of(thing):
    return {a["key"]: next(iter(a["value"].values())) for a in thing["attributes"]}


class Tracing(harness.TestCase):
    def collector(self, **settings):
        c = Collector(**settings)
        self.addCleanup(c.close)
        self.addCleanup(lambda: self.assertEqual([], c.faults))
        return c

    def scheduler(self, collector=None, **env):
        if collector:
            env = {"CALLBOARD_TRACING_ENDPOINT": collector.url, "CALLBOARD_TRACING_EXPORT_EVERY": "50ms", **env}
        s = harness.Scheduler(workers=1, env=env)
        self.addCleanup(s.close)
        return s

    def submit(self, s, path, body, traceparent, tracestate=None):
        headers = {"Content-Type": "application/json", "traceparent": traceparent}
        if tracestate:
            headers["tracestate"] = tracestate
        status, answer = s.raw("POST", path, json.dumps(body), headers)[:2]
        self.assertIn(status, (200, 201), answer)
        return json.loads(answer)

    def test_a_job_and_its_two_attempts_are_spans_of_the_trace_that_submitted_it(self):
        collector = self.collector()
        s = self.scheduler(collector)
        with tempfile.TemporaryDirectory() as scratch:
            script = f'echo "$TRACEPARENT $TRACESTATE" >> {scratch}/seen; test -e {scratch}/again || {{ touch {scratch}/again; exit 3; }}'
            job = self.submit(s, "/api/jobs/submit", {"jobType": "exec", "payload": {"argv": ["/bin/sh", "-c", script]},
                                                      "retryPolicy": harness.AT_ONCE, "retryCount": 1}, SAMPLED, "vendor=1")
            s.wait_for(job["jobID"], "completed")
            with open(os.path.join(scratch, "seen"), encoding="utf-8") as file:
                seen = file.read().split("\n")
        spans = wait_until(lambda: len((found := collector.of_job(job["jobID"])).get("attempt", [])) == 2 and "submit" in found and found,
                           "the spans of the job")
        (whole,) = spans["job"]
        self.assertEqual((TRACE, CALLER), (whole["traceId"], whole["parentSpanId"]))
        self.assertEqual({TRACE}, {x["traceId"] for one in spans.values() for x in one})
        self.assertEqual({"vendor=1"}, {x["traceState"] for one in spans.values() for x in one})
        self.assertEqual((1, 1, 2, 2), tuple(len(spans[name]) for name in ("submit", "commit", "wait", "attempt")))
        first, second = spans["attempt"]
        self.assertEqual(2, first["status"]["code"])
        self.assertNotIn("status", second)
        self.assertEqual("local-1", values_of(second)["callboard.worker"])
        # Each attempt was given its own span as the parent of what it calls.
        self.assertEqual([f"00-{TRACE}-{x['spanId']}-01 vendor=1" for x in (first, second)], seen[:2])
        self.assertEqual(SAMPLED, s.job(job["jobID"])["traceparent"])
        self.assertEqual({"callboard"}, collector.services)
        self.assertRegex(s.raw("GET", "/metrics")[1].decode(), r"callboard_spans_exported_total [1-9]")

    def test_jobs_without_a_trace_have_their_own_and_a_failure_is_told(self):
        collector = self.collector()
        s = self.scheduler(collector, CALLBOARD_TRACING_SERVICE="night shift")
        bad = s.submit_exec("/bin/sh", "-c", "exit 7", retryCount=0)["jobID"]
        good = s.submit()["jobID"]
        s.wait_for(bad, "failed")
        s.wait_for(good, "completed")
        for job in (bad, good):
            wait_until(lambda j=job: collector.of_job(j).get("attempt"), "its spans")
        (failed,), (completed,) = collector.of_job(bad)["job"], collector.of_job(good)["job"]
        self.assertNotEqual(failed["traceId"], completed["traceId"])
        self.assertNotIn("parentSpanId", failed)
        self.assertEqual(2, failed["status"]["code"])
        self.assertEqual("EXIT_STATUS", values_of(failed)["error.type"])
        self.assertEqual({"night shift"}, collector.services)

    def test_who_asks_for_no_spans_gets_none(self):
        collector = self.collector()
        s = self.scheduler(collector)
        quiet = self.submit(s, "/api/jobs/submit", {"jobType": "noop"}, NOT_SAMPLED)["jobID"]
        s.wait_for(quiet, "completed")
        told = s.submit()["jobID"]
        s.wait_for(told, "completed")
        wait_until(lambda: collector.of_job(told).get("attempt"), "the spans of a later job")
        self.assertEqual({}, collector.of_job(quiet))
        none = self.scheduler(self.collector(), CALLBOARD_TRACING_SAMPLE_PERCENT="0")
        none.wait_for(none.submit()["jobID"], "completed")
        self.assertIn("callboard_spans_exported_total 0", none.raw("GET", "/metrics")[1].decode())

    def test_batches_workflows_and_templates_take_the_trace_of_their_request(self):
        s = self.scheduler()
        own = f"00-{'ab' * 16}-{'cd' * 8}-01"
        batch = self.submit(s, "/api/jobs/batch", [{"jobType": "noop"}, {"jobType": "noop", "traceparent": own}], SAMPLED)
        self.assertEqual([SAMPLED, own], [s.job(x["jobID"])["traceparent"] for x in batch["items"]])
        workflow = self.submit(s, "/api/workflows", {"name": "w", "jobs": {"a": {"jobType": "noop"},
                                                                          "b": {"jobType": "noop", "dependencies": ["a"]}}}, SAMPLED)
        for job in workflow["jobs"].values():
            self.assertEqual(SAMPLED, s.job(job["id"])["traceparent"])
        s.call("PUT", "/api/templates/t", {"job": {"jobType": "noop"}})
        made = self.submit(s, "/api/templates/t/submit", {}, SAMPLED)
        self.assertEqual(SAMPLED, s.job(made["jobID"])["traceparent"])

    def test_a_bad_header_counts_as_none_and_a_bad_field_is_refused(self):
        s = self.scheduler()
        job = self.submit(s, "/api/jobs/submit", {"jobType": "noop"}, "garbage")["jobID"]
        self.assertNotIn("traceparent", s.job(job))
        self.assert_refused(400, "invalid_value", "POST", "/api/jobs/submit", {"jobType": "noop", "traceparent": "garbage"}, "traceparent")
        self.assert_refused(400, "invalid_value", "POST", "/api/jobs/submit",
                            {"jobType": "noop", "traceparent": SAMPLED, "tracestate": "a\nb"}, "tracestate")

    def test_the_same_submit_with_another_span_is_still_the_same(self):
        s = self.scheduler()
        body = {"jobType": "noop", "idempotencyKey": "once"}
        first = self.submit(s, "/api/jobs/submit", body, SAMPLED)["jobID"]
        self.assertEqual(first, self.submit(s, "/api/jobs/submit", body, f"00-{TRACE}-{'12' * 8}-01")["jobID"])
        self.assertEqual(SAMPLED, s.job(first)["traceparent"])

    def test_the_command_line_passes_on_the_trace_that_it_is_in(self):
        s = self.scheduler()
        done = subprocess.run([harness.PROGRAM, "submit", "noop", "--server", s.ready["http"], "--json"], capture_output=True, text=True,
                              check=True, env={**os.environ, "TRACEPARENT": SAMPLED})
        self.assertEqual(SAMPLED, s.job(json.loads(done.stdout)["jobID"])["traceparent"])

    def test_a_collector_that_is_busy_or_gone_holds_up_nobody(self):
        collector = self.collector(busy=3)
        s = self.scheduler(collector)
        jobs = [s.submit()["jobID"] for _ in range(20)]
        for job in jobs:
            s.wait_for(job, "completed")
        for job in jobs:
            wait_until(lambda j=job: collector.of_job(j).get("attempt"), "the spans of each job")
        self.assertEqual(1, len(re.findall("spans cannot be exported", s.log_tail())))
        collector.busy = 1_000_000
        gone = s.submit()["jobID"]
        s.wait_for(gone, "completed")
        wait_until(lambda: re.search(r"callboard_span_requests_failed_total ([4-9])", s.raw("GET", "/metrics")[1].decode()),
                   "a request that failed")

    def test_headers_of_a_file_go_with_each_request_and_are_shown_nowhere(self):
        collector = self.collector()
        with tempfile.TemporaryDirectory() as scratch:
            file_name = os.path.join(scratch, "headers")
            with open(file_name, "w", encoding="utf-8") as file:
                file.write("Authorization: Bearer hunter2\nX-Tenant: a\n")
            s = self.scheduler(collector, CALLBOARD_TRACING_HEADERS_FILE=file_name)
            job = s.submit()["jobID"]
            s.wait_for(job, "completed")
            wait_until(lambda: collector.of_job(job).get("attempt"), "its spans")
            self.assertEqual({("Bearer hunter2", "a")}, {(h["Authorization"], h["X-Tenant"]) for h in collector.headers})
            for text in (s.log_tail(), json.dumps(s.call("GET", "/api/settings")), json.dumps(s.job(job))):
                self.assertNotIn("hunter2", text)
            with open(file_name, "w", encoding="utf-8") as file:
                file.write("no header\n")
            env = {**os.environ, "CALLBOARD_TRACING_ENDPOINT": collector.url, "CALLBOARD_TRACING_HEADERS_FILE": file_name,
                   "CALLBOARD_STORE_DIRECTORY": os.path.join(scratch, "data")}
            refused = subprocess.run([harness.PROGRAM, "serve"], env=env, capture_output=True, text=True, check=False,
                                     timeout=harness.PATIENCE)
        self.assertEqual(1, refused.returncode)
        self.assertIn("tracing.headers_file: line 1", refused.stderr)
        self.assertNotIn("no header", refused.stderr)


if __name__ == "__main__":
    harness.main()
