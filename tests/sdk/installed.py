"""Installs the build into a directory of its own, builds examples/worker against that and nothing else, and runs it.

Usage: installed.py CALLBOARD CMAKE BUILD_DIRECTORY COMPILER GENERATOR BUILD_TOOL [unittest arguments]
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # pylint: disable=wrong-import-position
from harness import PATIENCE, ROOT, wait_until  # pylint: disable=wrong-import-position

CMAKE, BUILD, COMPILER, GENERATOR, BUILD_TOOL = (sys.argv.pop(2) for _ in range(5)) if len(sys.argv) > 6 else [""] * 5

TEXT = "One two two\nthree three three\n"


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10 * PATIENCE,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="callboard-installed-")
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        cls.prefix = os.path.join(cls.place, "prefix")
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        # A copy: nothing of the source tree can be found from there by accident.
        source = os.path.join(cls.place, "example")
        shutil.copytree(os.path.join(ROOT, "examples", "worker"), source)
        build = os.path.join(cls.place, "build")
        # The generator of our own build: CMake's default one may have no build program here.
        run(CMAKE, "-S", source, "-B", build, "-G", GENERATOR, f"-DCMAKE_MAKE_PROGRAM={BUILD_TOOL}",
            f"-DCMAKE_PREFIX_PATH={cls.prefix}", f"-DCMAKE_CXX_COMPILER={COMPILER}",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
        run(CMAKE, "--build", build)
        cls.worker = os.path.join(build, "word-count")
        cls.text = os.path.join(cls.place, "text.txt")
        with open(cls.text, "w", encoding="utf-8") as f:
            f.write(TEXT)
        # The scheduler, too, is the installed one.
        harness.PROGRAM = os.path.join(cls.prefix, "bin", "callboard")

    def count_words(self, s):
        with self.assertRaises(harness.Refused) as refused:
            s.submit("word_count", {"file": "relative"})
        self.assertEqual("payload.file", refused.exception.field)
        job = s.wait_for(s.submit("word_count", {"file": self.text, "top": 2})["jobID"], "completed")
        self.assertEqual({"lines": 2, "words": 6, "bytes": len(TEXT),
                          "top": [{"word": "three", "times": 3}, {"word": "two", "times": 2}]}, job["result"])
        missing = s.wait_for(s.submit("word_count", {"file": "/no/such"})["jobID"], "failed")
        self.assertEqual(("NO_SUCH_FILE", 0), (missing["error"]["code"], missing["retryCount"]))

    def test_it_joins_with_a_bundle(self):
        with harness.Scheduler(workers=0) as s:
            bundle = os.path.join(s.scratch, "blue.bundle")
            run(harness.PROGRAM, "cert", "issue", "blue", "--out", bundle, "--tls", os.path.join(s.data, "tls"))
            # pylint: disable-next=consider-using-with
            worker = subprocess.Popen([self.worker, "--join", s.ready["cluster"], "--bundle", bundle, "--slots", "2",
                                       "--log-level", "warn"])
            try:
                wait_until(lambda: [w["id"] for w in s.live_workers()] == ["blue"], "the worker")
                self.count_words(s)
            finally:
                worker.terminate()
                self.assertEqual(0, worker.wait(PATIENCE))

    def test_the_scheduler_launches_it(self):
        with harness.Scheduler(workers=1, arguments=("--worker-command", self.worker)) as s:
            s.wait_for_workers(1)
            self.count_words(s)

    def test_it_tells_what_it_is(self):
        self.assertTrue(run(self.worker, "--version").startswith("word-count 1.0 (callboard "))
        text = run(self.worker, "--help")
        self.assertIn("--join", text)
        self.assertIn("word_count 1.0: counts lines", text)

    def test_only_its_own_interface_is_visible(self):
        library = os.path.join(self.prefix, "lib")
        found = [os.path.join(d, n) for d, _, names in os.walk(library) for n in names if n.startswith("libcallboard")]
        symbols = run("nm", "-DC", "--defined-only", os.path.realpath(found[0])).splitlines()
        names = [line.split(" ", 2)[2] for line in symbols]
        # The four that stand before OpenSSL's (pki/openssl_error_queue.cpp), and what the compiler makes of types
        # of the language and of its library, which is the same in every program.
        openssl = {"SSL_accept", "SSL_connect", "SSL_read", "SSL_write"}
        strangers = [n for n in names if "callboard::sdk::" not in n and n not in openssl
                     and "std::" not in n and not n.startswith("typeinfo ")]
        self.assertEqual([], strangers[:10])
        self.assertTrue(openssl <= set(names))
        self.assertTrue(any("callboard::sdk::worker::run" in n for n in names))


if __name__ == "__main__":
    harness.main()
