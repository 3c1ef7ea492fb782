"""What becomes of JSON lines: tables, charts, and the count of workers' reports."""
import contextlib
import io
import os
import socket
import sys
import tempfile
import unittest
import xml.etree.ElementTree

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench")
sys.path[:0] = [BENCH, os.path.join(BENCH, "peers")]

import report  # noqa: E402
from reports import Reports  # noqa: E402

LINES = """
{"bench":"drain","run":1,"jobs":10000,"per_second":80000}
{"bench":"drain","run":2,"jobs":10000,"per_second":90000}
{"bench":"drain","run":3,"jobs":10000,"per_second":85000}
{"bench":"drain","runs":3,"jobs":10000,"per_second":{"min":80000,"median":85000,"max":90000}}
{"bench":"drain","run":1,"jobs":1000000,"per_second":70000}
{"bench":"machine","processors":2,"fdatasync_p50_us":250,"wakeup_round_trip_p50_us":16,"page_fault_ns":2800,"process_us":720}
{"bench":"submit","connections":1,"per_second":2000}
{"bench":"memory","depth":1000000,"bytes_per_job":130,"settled_bytes_per_job":110}
{"bench":"latency","rate":200.0,"jobs_per_second":200.0,"p50_us":480,"p90_us":600,"p99_us":1100,"p999_us":4000,"max_us":5000}
{"bench":"peers","measure":"drain","system":"Callboard","durability":"fsync","like":"fsync","run":1,"per_second":80000}
{"bench":"peers","measure":"drain","system":"beanstalkd","durability":"fsync each write","like":"fsync","run":1,"per_second":8000}
{"bench":"peers","measure":"latency","system":"Callboard","durability":"fsync","like":"fsync","run":1,"p50_us":500,"p99_us":1000}
{"bench":"peers","measure":"latency","system":"beanstalkd","durability":"fsync each write","like":"fsync","run":1,"p50_us":400,"p99_us":2000}
{"bench":"peers","measure":"drain","system":"Callboard","durability":"os: written, no fsync","like":"os","run":1,"per_second":100000}
{"bench":"peers","measure":"drain","system":"beanstalkd","durability":"log","like":"os","run":1,"per_second":50000}
{"bench":"peers","measure":"drain","system":"other","durability":"unknown","run":1,"failed":"it did not start"}
"""


class Report(unittest.TestCase):
    def run_report(self, *more, document=""):
        with tempfile.TemporaryDirectory() as directory:
            name = os.path.join(directory, "lines.jsonl")
            with open(name, "w", encoding="utf-8") as f:
                f.write(LINES)
            if document:
                with open(os.path.join(directory, "document.md"), "w", encoding="utf-8") as f:
                    f.write(document)
            out, sys.argv = io.StringIO(), ["report.py", *(m.format(directory) for m in more), name]
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                report.main()
            self.document = ""
            if os.path.exists(os.path.join(directory, "document.md")):
                with open(os.path.join(directory, "document.md"), encoding="utf-8") as f:
                    self.document = f.read()
            svgs = {n: xml.etree.ElementTree.parse(os.path.join(directory, n)) for n in os.listdir(directory) if n.endswith(".svg")}
        return out.getvalue(), svgs

    def test_several_runs_are_a_median_with_its_spread(self):
        text, _ = self.run_report()
        self.assertIn("| drain of 10,000 queued | 85,000 jobs/s (80,000–90,000) |", text)
        self.assertIn("| drain of 1,000,000 queued | 70,000 jobs/s | 80,000 jobs/s |", text)
        self.assertIn("p50 0.48, p99 1.10, p99.9 4.00 ms", text)

    def test_one_connection_stands_beside_the_flushes_of_the_machine(self):
        text, _ = self.run_report()
        self.assertIn("| single submits, 1 connections | 2,000 /s | the rate of fsync: 4,000 /s |", text)
        self.assertIn("| the first touch of a page of memory | 2.80 µs |", text)

    def test_what_was_not_measured_is_not_in_the_table(self):
        text = self.run_report()[0]
        self.assertNotIn("exec", text)
        self.assertNotIn("processes /s", text)

    def ratios(self, heading, system):
        lines = self.run_report()[0].rpartition(heading)[2].splitlines()
        return [c.strip() for c in next(line for line in lines if line.startswith(f"| {system}")).split("|")[2:-1]]

    def test_ratios_above_one_are_better_for_rates_and_for_times(self):
        self.assertEqual(self.ratios("with fsync before every answer", "beanstalkd (fsync each write)"), ["10.00", "0.80", "2.00"])
        self.assertEqual(self.ratios("with fsync before every answer", "beanstalkd (log)"), ["1.60", "–", "–"])

    def test_systems_that_promise_less_are_compared_with_the_same_promise_as_well(self):
        self.assertEqual(self.ratios("promises about as much", "beanstalkd (log)"), ["os", "2.00", "–", "–"])
        self.assertEqual(self.ratios("promises about as much", "beanstalkd (fsync each write)"), ["fsync", "10.00", "0.80", "2.00"])

    def test_what_failed_has_no_ratio_and_spoils_no_table(self):
        self.assertEqual(self.ratios("promises about as much", "other (unknown)"), ["fsync", "–", "–", "–"])

    def test_marked_sections_of_a_document_are_replaced_and_nothing_else(self):
        self.run_report("--document", "{}/document.md", document="a\n<!-- report:peers -->\nold\n<!-- /report:peers -->\nb\n")
        self.assertTrue(self.document.startswith("a\n<!-- report:peers -->\n| system (durability) |"))
        self.assertTrue(self.document.endswith("\n<!-- /report:peers -->\nb\n"))
        self.assertNotIn("old", self.document)

    def test_charts_have_a_point_for_each_figure(self):
        _, svgs = self.run_report("--charts", "{}")
        self.assertEqual(set(svgs), {"performance-depth.svg", "performance-latency.svg"})
        circles = {name: len(svg.findall(".//{http://www.w3.org/2000/svg}circle")) for name, svg in svgs.items()}
        self.assertEqual(circles, {"performance-depth.svg": 2 + 1, "performance-latency.svg": 5 + 2})


class WorkersReports(unittest.TestCase):
    def test_counts_of_workers_are_added_and_the_last_end_counts(self):
        reports = Reports()
        self.addCleanup(reports.close)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as worker:
            for pid, done, at in ((1, 5, 100), (2, 3, 300), (1, 7, 200)):
                worker.sendto(b'{"pid":%d,"done":%d,"at":%d,"latencies":[1]}' % (pid, done, at), ("127.0.0.1", reports.port))
            self.assertEqual(reports.wait_done(10), 300)
        self.assertEqual(reports.done(), 10)
        self.assertEqual(reports.latencies, [1, 1, 1])


if __name__ == "__main__":
    unittest.main()
