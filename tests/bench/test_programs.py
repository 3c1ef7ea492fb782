"""Every measurement once, with the smallest sizes. Usage: test_programs.py CALLBOARD CALLBOARD_BENCH [MICROBENCH]"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import skips  # pylint: disable=wrong-import-position

# Without Google Benchmark the last one is an empty text.
PROGRAM, BENCH, MICRO = [*sys.argv[1:], ""][:3]
LIMIT = 240

# A figure that each measurement must have, above zero.
FIGURES = {"submit": "per_second", "bulk": "per_second", "e2e": "per_second", "watched": "per_second", "drain": "per_second",
           "drain_ratio": "ratio", "latency": "p50_us", "memory": "rss_mib", "restart": "accepts_ms", "call": "p50_us",
           "calls": "worst_p99_us", "exec": "bare_per_second", "placement": "per_second", "placement_ratio": "ratio",
           "idle": "seconds", "machine": "fdatasync_p50_us"}


class Programs(unittest.TestCase):
    def test_measurements(self):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "lines.jsonl")
            got = subprocess.run([BENCH, "all", "--tiny", "--server", PROGRAM, "--directory", directory, "--json", file],
                                 capture_output=True, text=True, timeout=LIMIT, check=False)
            self.assertEqual(got.returncode, 0, got.stderr)
            lines = [json.loads(text) for text in got.stdout.splitlines()]
            with open(file, encoding="utf-8") as f:
                self.assertEqual([json.loads(text) for text in f], lines)
        for bench, figure in FIGURES.items():
            values = [line[figure] for line in lines if line["bench"] == bench]
            self.assertTrue(values, f"no line of {bench}")
            self.assertGreater(min(values), 0, f"{figure} of {bench}")
        for line in lines:
            self.assertNotIn("failures", line)
            self.assertNotIn("never_started", line)

    def test_runs_are_summed_up(self):
        with tempfile.TemporaryDirectory() as directory:
            got = subprocess.run([BENCH, "bulk", "--tiny", "--runs", "3", "--server", PROGRAM, "--directory", directory],
                                 capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(got.returncode, 0, got.stderr)
        *runs, total = [json.loads(text) for text in got.stdout.splitlines()]
        rates = sorted(line["per_second"] for line in runs)
        self.assertEqual([line["run"] for line in runs], [1, 2, 3])
        self.assertEqual((total["bench"], total["runs"]), ("bulk", 3))
        self.assertEqual(total["per_second"], {"min": rates[0], "median": rates[1], "max": rates[2]})

    def test_parts(self):
        if not MICRO:
            why = skips.missing("Google Benchmark", "libbenchmark-dev")
            print(f"skipped: the parts: {why}")
            self.skipTest(why)
        got = subprocess.run([MICRO, "--benchmark_min_time=0.001", "--benchmark_filter=-1000000", "--benchmark_format=json"],
                             capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(got.returncode, 0, got.stderr)
        parts = json.loads(got.stdout)["benchmarks"]
        self.assertGreater(len(parts), 10)
        self.assertEqual([p for p in parts if p.get("error_occurred")], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
