"""The manual pages: each command has one, and groff and mandoc find nothing wrong in them.

Usage: man_pages.py CALLBOARD
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import skips  # pylint: disable=wrong-import-position

PROGRAM = ""


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **more)


def commands():
    """As the help lists them."""
    lines = run(PROGRAM, "--help").stdout.split("Subcommands:\n")[1].split("\n\n")[0].splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]


class ManPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="callboard-man-")
        end = run(PROGRAM, "man", cls.directory, env={**os.environ, "SOURCE_DATE_EPOCH": "1768478400"})
        assert end.returncode == 0, end.stderr
        cls.pages = {name: os.path.join(cls.directory, name) for name in sorted(os.listdir(cls.directory))}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    def text(self, page):
        return run("groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", self.pages[page]).stdout

    def test_each_command_has_a_page(self):
        self.assertGreater(len(commands()), 25)
        self.assertEqual(sorted(["callboard.1", *(f"callboard-{c}.1" for c in commands())]), sorted(self.pages))

    def test_groff_and_mandoc_find_nothing(self):
        for page in self.pages.values():
            for command in (["groff", "-man", "-ww", "-z"], ["mandoc", "-T", "lint", "-W", "warning"]):
                end = run(*command, page)
                self.assertEqual("", end.stdout + end.stderr)

    def test_pages_say_what_the_help_says(self):
        page = self.text("callboard-list.1")
        for word in ("--queue TEXT", "Only of this queue", "Default: 50.", "EXIT STATUS", "CALLBOARD_SERVER", "2026-01-15"):
            self.assertIn(word, page)
        self.assertIn("callboard queues set", self.text("callboard-queues.1"))
        self.assertIn("One of reject or shed.", " ".join(self.text("callboard-queues.1").split()))
        main_page = self.text("callboard.1")
        for command in commands():
            self.assertIn(f"callboard-{command}(1)", main_page)
        self.assertIn("another scheduler has taken over its store", main_page)
        self.assertNotIn("__complete", main_page)

    def test_a_directory_that_cannot_be_made_is_named(self):
        end = run(PROGRAM, "man", "/dev/null/x")
        self.assertEqual(1, end.returncode)
        self.assertIn("/dev/null/x", end.stderr)


def main():
    global PROGRAM  # pylint: disable=global-statement
    PROGRAM = sys.argv.pop(1)
    skips.need({"groff": "groff-base", "mandoc": "mandoc"})
    unittest.main()


if __name__ == "__main__":
    main()
