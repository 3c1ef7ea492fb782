"""GET /metrics of a real scheduler: both formats, a real Prometheus that scrapes them, and that the rules and the dashboard
ask for what is there."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

import harness
from harness import wait_until

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
except ImportError:
    openmetrics_families = None

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
RULES = os.path.join(harness.ROOT, "config", "prometheus", "callboard.rules.yml")
DASHBOARD = os.path.join(harness.ROOT, "config", "grafana", "callboard.json")
# Names in an expression of PromQL that can only be metrics of ours; recorded ones have colons.
NAMES = re.compile(r"(?<![\w:])((?:callboard|process)_\w+)(?![\w:])")
RECORDED = re.compile(r"(?<![\w:])callboard:[\w:]+")


def needs(program):
    """What a test cannot do without: missing, it is skipped, and fails where CI says that all is there."""
    found = shutil.which(program)
    if not found and os.environ.get("CALLBOARD_CI") != "1":
        raise unittest.SkipTest(f"{program} is not installed (Debian's package prometheus)")
    return found or program


def dashboard_expressions(dashboard):
    """(title of the panel, expression) of each query."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Metrics(harness.TestCase):
    settings = {"workers": 1, "slots": 4}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        s = cls.s
        ended = [s.submit(queue="mail")["jobID"], s.submit_exec("/bin/true", queue="mail")["jobID"]]
        failed = s.submit_exec("/bin/false", queue="reports", retryCount=0)["jobID"]
        retried = s.submit_exec("/bin/false", retryCount=1, retryPolicy=harness.AT_ONCE)["jobID"]
        later = s.submit(queue="mail", scheduleAt=harness.time_in(3600))["jobID"]
        cancelled = s.submit(queue="mail", scheduleAt=harness.time_in(3600))["jobID"]
        s.call("DELETE", f"/api/jobs/{cancelled}/cancel")
        for job in ended:
            s.wait_for(job, "completed")
        for job in (failed, retried):
            s.wait_for(job, "failed")
        cls.ended, cls.waiting = ended, later

    def scrape(self, accept=None):
        status, body, headers = self.s.raw("GET", "/metrics", headers={"Accept": accept} if accept else None)
        self.assertEqual(200, status)
        return body.decode(), headers["Content-Type"]

    def families(self):
        text, _ = self.scrape()
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))

    def test_promtool_has_nothing_to_complain_of(self):
        text, content_type = self.scrape()
        self.assertEqual("text/plain; version=0.0.4; charset=utf-8", content_type)
        end = subprocess.run([needs("promtool"), "check", "metrics"], input=text, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual((0, ""), (end.returncode, end.stdout))

    @unittest.skipUnless(openmetrics_families or os.environ.get("CALLBOARD_CI") == "1",
                         "python3-prometheus-client is not installed")
    def test_openmetrics_is_what_its_strict_parser_reads(self):
        text, content_type = self.scrape(OPENMETRICS)
        self.assertEqual("application/openmetrics-text; version=1.0.0; charset=utf-8", content_type)
        families = {f.name: f for f in openmetrics_families(text)}
        self.assertEqual("counter", families["callboard_jobs_submitted"].type)
        self.assertEqual("seconds", families["callboard_job_run_seconds"].unit)
        self.assertEqual("info", families["callboard_build"].type)
        examples = [s.exemplar for s in families["callboard_job_run_seconds"].samples if s.exemplar]
        self.assertTrue(examples)
        for x in examples:
            self.assertEqual(x.labels["job_id"], self.s.job(x.labels["job_id"])["id"])
        # The same things are told in both formats.
        plain = set(self.families())
        told = {name + {"counter": "_total", "info": "_info"}.get(f.type, "") for name, f in families.items()}
        self.assertEqual(plain, told)

    def test_each_outcome_is_counted_in_its_queue(self):
        text, _ = self.scrape()
        for line in ('callboard_queue_finished_total{queue="mail",outcome="completed"} 2',
                     'callboard_queue_finished_total{queue="mail",outcome="cancelled"} 1',
                     'callboard_queue_finished_total{queue="reports",outcome="failed"} 1',
                     'callboard_queue_jobs{queue="mail",status="waiting"} 1',
                     "callboard_attempts_retried_total 1", "callboard_workers 1", "callboard_worker_slots 4"):
            self.assertIn("\n" + line + "\n", text)

    def test_what_the_machine_and_the_store_say(self):
        text, _ = self.scrape()
        values = dict(re.findall(r"^([a-z_]+) (\S+)$", text, re.M))
        self.assertGreater(float(values["process_resident_memory_bytes"]), 1e6)
        self.assertGreater(float(values["callboard_store_disk_bytes"]), 0)
        self.assertGreater(float(values["callboard_store_block_cache_max_bytes"]), 0)
        with open(f"/proc/{self.s.ready['pid']}/stat", encoding="ascii", errors="replace") as stat:
            ticks = int(stat.read().rpartition(")")[2].split()[19])
        with open("/proc/stat", encoding="ascii") as stat:
            boot = int(re.search(r"^btime (\d+)$", stat.read(), re.M).group(1))
        self.assertAlmostEqual(boot + ticks / os.sysconf("SC_CLK_TCK"), float(values["process_start_time_seconds"]),
                               delta=1.5)
        ends = dict(re.findall(r'^callboard_certificate_expiry_timestamp_seconds{certificate="(\w+)"} (\S+)$', text, re.M))
        self.assertEqual({"ca", "node"}, set(ends))
        pem = os.path.join(self.s.data, "tls", "node.pem")
        said = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601", "-in", pem],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        end = harness.parse_time(said.strip().partition("=")[2].replace(" ", "T", 1))
        self.assertAlmostEqual(end, float(ends["node"]), delta=1)

    def test_rules_and_dashboard_ask_for_what_is_told(self):
        told = set()
        for name, kind in self.families().items():
            told |= {name + part for part in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
        with open(RULES, encoding="utf-8") as file:
            rules = file.read()
        recorded = set(re.findall(r"^ +- record: (\S+)$", rules, re.M))
        asked = [("rules", re.sub(r"^ *(?:summary|#).*$", "", rules, flags=re.M))]
        with open(DASHBOARD, encoding="utf-8") as file:
            dashboard = json.load(file)
        asked += dashboard_expressions(dashboard)
        self.assertGreater(len(asked), 20)
        for where, expression in asked:
            with self.subTest(where):
                self.assertEqual(set(), set(NAMES.findall(expression)) - told)
                self.assertEqual(set(), set(RECORDED.findall(expression)) - recorded)

    def test_the_dashboard_is_one_that_grafana_can_import(self):
        with open(DASHBOARD, encoding="utf-8") as file:
            dashboard = json.load(file)
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        rows = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"]
        self.assertEqual(["Overview", "Queues", "Job types", "Workers", "Store", "Process"], rows)
        variables = {v["name"]: v["type"] for v in dashboard["templating"]["list"]}
        self.assertEqual("datasource", variables["datasource"])
        taken = set()
        for panel in dashboard["panels"]:
            with self.subTest(panel["title"]):
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24)
                cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
                self.assertEqual(set(), cells & taken, "panels overlap")
                taken |= cells
                if panel["type"] != "row":
                    self.assertEqual({"type": "prometheus", "uid": "${datasource}"}, panel["datasource"])
                    self.assertTrue(panel["targets"])

    def test_prometheus_scrapes_what_it_prefers_and_answers_questions(self):
        program = needs("prometheus")
        scratch = tempfile.mkdtemp(prefix="callboard-prometheus-")
        self.addCleanup(shutil.rmtree, scratch, True)
        with open(os.path.join(scratch, "prometheus.yml"), "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [RULES],
                       "scrape_configs": [{"job_name": "callboard", "scrape_interval": "1s", "scrape_timeout": "1s",
                                           "static_configs": [{"targets": [f"{self.s.host}:{self.s.port}"]}]}]}, file)
        port = free_port()
        log = open(os.path.join(scratch, "log"), "w+", encoding="utf-8")  # pylint: disable=consider-using-with
        self.addCleanup(log.close)
        server = subprocess.Popen([program, f"--config.file={scratch}/prometheus.yml", f"--storage.tsdb.path={scratch}/data",
                                   f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage"],
                                  stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(self.stop, server)
        base = f"http://127.0.0.1:{port}/api/v1/"

        def ask(path, **query):
            try:
                with urllib.request.urlopen(base + path + "?" + urllib.parse.urlencode(query), timeout=10) as answer:
                    return json.load(answer)["data"]
            except urllib.error.HTTPError as why:
                if why.code == 503:  # it is not ready yet
                    return None
                raise
            except OSError:
                self.assertIsNone(server.poll(), "prometheus has ended")
                return None

        def value(question):
            data = ask("query", query=question)
            return float(data["result"][0]["value"][1]) if data and data["result"] else None

        def scraped_twice():
            return (value("count_over_time(up[1m])") or 0) >= 2
        try:
            wait_until(scraped_twice, "two scrapes of prometheus")
            self.assertEqual(1, value("up"), self.last_error(ask))
            self.assertEqual(6, value("callboard_jobs_submitted_total"))
            # One second is a bound: only OpenMetrics writes it so.
            self.assertEqual(1, value('count(callboard_job_run_seconds_bucket{le="1.0"})'))
            quantile = value("histogram_quantile(0.5, callboard_job_run_seconds_bucket)")
            self.assertTrue(0 < quantile < 60, quantile)
            self.assertEqual(1, value("callboard_build_info"))
            self.assertEqual(1, value("count(ALERTS{alertname='CallboardDown'}) or vector(1)"))
            now = self.s.job(self.ended[0])["completedAt"]
            found = ask("query_exemplars", query="callboard_job_run_seconds_bucket", start=now, end=harness.time_in(60))
            known = {x["labels"]["job_id"] for series in found for x in series["exemplars"]}
            self.assertTrue(known)
            # Each expression of the dashboard is one, and each rule is evaluated.
            with open(DASHBOARD, encoding="utf-8") as file:
                for title, expression in dashboard_expressions(json.load(file)):
                    with self.subTest(title):
                        self.assertIsNotNone(ask("query", query=filled(expression)))
            rules = wait_until(lambda: self.evaluated(ask), "all rules to be evaluated")
            self.assertEqual([], [rule["name"] for rule in rules if rule["health"] != "ok"])
        except BaseException:
            log.seek(0)
            print(log.read()[-4000:])
            raise

    @staticmethod
    def evaluated(ask):
        data = ask("rules")
        rules = [rule for group in data["groups"] for rule in group["rules"]] if data else []
        return rules if rules and all(rule["health"] != "unknown" for rule in rules) else None

    @staticmethod
    def last_error(ask):
        return json.dumps(ask("targets")["activeTargets"])

    @staticmethod
    def stop(server):
        if server.poll() is None:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
        server.wait()


def filled(expression):
    """With a value for each of the dashboard's variables."""
    for name, text in (("$__rate_interval", "1m"), ("$job", "callboard"), ("$instance", ".*"), ("$queue", ".*")):
        expression = expression.replace(name, text)
    return expression


if __name__ == "__main__":
    harness.main()
