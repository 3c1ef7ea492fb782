"""The checker of attempts finds what it is there for, on histories made by hand."""
import os
import signal
import subprocess
import tempfile
import unittest

import attempts
from attempts import Line


def history(*lines):
    return [Line(word, key, fence, float(time)) for time, (word, key, fence) in enumerate(lines)]


class Faults(unittest.TestCase):
    def assert_fault(self, words, *lines):
        found = attempts.faults(history(*lines))
        self.assertTrue(found, "nothing was found")
        self.assertIn(words, found[0])

    def test_good_histories(self):
        for lines in ([], [("begin", "a", 1), ("end", "a", 1)],
                      # Killed without an end, then once more; another job runs at the same time.
                      [("begin", "a", 1), ("begin", "b", 2), ("begin", "a", 3), ("end", "a", 3), ("end", "b", 2)]):
            self.assertEqual([], attempts.faults(history(*lines)))

    def test_the_first_ends_while_the_second_runs(self):
        self.assert_fault("a, fence 1 ended", ("begin", "a", 1), ("begin", "a", 2), ("end", "a", 1), ("end", "a", 2))

    def test_the_first_ends_after_the_second(self):
        self.assert_fault("a, fence 1 ended", ("begin", "a", 1), ("begin", "a", 2), ("end", "a", 2), ("end", "a", 1))

    def test_the_lock_was_held(self):
        self.assert_fault("held the lock", ("begin", "a", 1), ("conflict", "a", 2))

    def test_fences_do_not_grow(self):
        self.assert_fault("after fence 2", ("begin", "a", 2), ("end", "a", 2), ("begin", "a", 1))

    def test_one_fence_twice(self):
        self.assert_fault("after fence 1", ("begin", "a", 1), ("end", "a", 1), ("begin", "a", 1))

    def test_a_clock_that_goes_back(self):
        lines = [Line("begin", "a", 1, 5.0), Line("end", "a", 1, 4.0)]
        self.assertIn("began at 5.0", attempts.faults(lines)[0])


class Script(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.place = directory.name

    def start(self, fence, seconds):
        # pylint: disable-next=consider-using-with
        return subprocess.Popen(["/bin/sh", "-c", attempts.SCRIPT, "attempt", self.place, "a", seconds],
                                env={**os.environ, "CALLBOARD_FENCE": fence}, start_new_session=True)

    def lines(self):
        return attempts.read(os.path.join(self.place, "journal"))

    def test_one_after_the_other(self):
        for fence in ("1", "2"):
            self.assertEqual(0, self.start(fence, "0").wait())
        self.assertEqual([("begin", 1), ("end", 1), ("begin", 2), ("end", 2)], [(x.word, x.fence) for x in self.lines()])
        self.assertEqual([], attempts.faults(self.lines()))

    def test_two_at_a_time(self):
        first = self.start("1", "60")
        try:
            while not self.lines():
                self.assertIsNone(first.poll())
            self.assertEqual(1, self.start("2", "0").wait())
        finally:
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
        self.assertIn("held the lock", attempts.faults(self.lines())[0])


if __name__ == "__main__":
    unittest.main()
