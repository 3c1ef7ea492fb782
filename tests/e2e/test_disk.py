"""A full disk: submits are refused with 503, nothing accepted is lost, and it goes on when there is room again."""
import os
import subprocess
import tempfile
import unittest

import harness
from harness import wait_until

DISK_MIB = 256
# What is left beside the ballast: a fresh database and some jobs fit.
ROOM_MIB = 40


class FullDisk(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small file system")
        self.disk = tempfile.mkdtemp(prefix="callboard-disk-")
        self.addCleanup(os.rmdir, self.disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", self.disk],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode:
            self.skipTest(f"cannot mount a small file system here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)

    def test_refused_while_full_and_recovered_after(self):
        ballast = os.path.join(self.disk, "ballast")
        with open(ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, (DISK_MIB - ROOM_MIB) << 20)
        with harness.Scheduler(workers=0, data=os.path.join(self.disk, "data")) as s:
            accepted = []
            payload = {"filler": "x" * 500_000}

            def refused():
                try:
                    accepted.append(s.submit(payload=payload)["jobID"])
                except harness.Refused as why:
                    return why
                return None

            why = wait_until(refused, "the disk to be full")
            self.assertEqual((503, "storage_unavailable"), (why.status, why.code))
            self.assertTrue(why.headers["Retry-After"])
            self.assertEqual(503, s.raw("GET", "/api/health")[0], "not ready while it cannot write")
            self.assertGreater(len(accepted), 10)
            for job_id in accepted:
                self.assertEqual("queued", s.job(job_id)["status"])

            os.truncate(ballast, 0)
            wait_until(lambda: not refused(), "submits to be accepted again")
            self.assertEqual(200, s.raw("GET", "/api/health")[0])
            s.kill()
            s.start()
            for job_id in accepted:
                self.assertEqual("queued", s.job(job_id)["status"])


if __name__ == "__main__":
    harness.main()
