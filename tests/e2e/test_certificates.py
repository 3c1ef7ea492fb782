"""Who may join: bundles, revocation, strangers; and one peer's abrupt end is nobody else's."""
import json
import os
import signal
import socket
import ssl
import subprocess

import harness
from harness import PATIENCE, wait_until


def cert(*arguments, code=0):
    done = subprocess.run([harness.PROGRAM, "cert", *arguments], capture_output=True, text=True, timeout=PATIENCE,
                          check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


class Fleet(harness.TestCase):
    settings = {"workers": 1, "slots": 1}

    def issue(self, name, directory=None):
        bundle = os.path.join(self.s.data, f"{self.id()}-{name}.bundle")
        cert("issue", name, "--out", bundle, "--tls", directory or os.path.join(self.s.data, "tls"))
        return bundle

    def revoke(self, name):
        cert("revoke", name, "--tls", os.path.join(self.s.data, "tls"))

    def port(self):
        return int(self.s.ready["cluster"].rpartition(":")[2])

    def dial(self, bundle):
        """A TLS connection to the scheduler that has read the first bytes of its greeting."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # the scheduler's certificate is for the fleet, not for an address
        context.load_verify_locations(os.path.join(self.s.data, "tls", "ca.pem"))
        if bundle:
            context.load_cert_chain(bundle)
        connection = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port()), timeout=PATIENCE))
        if not connection.recv(16):
            raise ConnectionResetError("closed without a greeting")
        return connection

    def assert_lets_in(self, bundle):
        self.dial(bundle).close()

    def assert_keeps_out(self, bundle, reason):
        with self.assertRaises(ssl.SSLError) as refused:
            self.dial(bundle)
        self.assertIn(reason, str(refused.exception).lower())

    def join(self, bundle, *arguments):
        """A worker of its own; returns the process and the file of its log."""
        log = bundle + ".log"
        with open(log, "w", encoding="utf-8") as err:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen([harness.PROGRAM, "worker", "--join", f"127.0.0.1:{self.port()}",
                                        "--bundle", bundle, "--resources", "fleet=1", *arguments], stderr=err)
        def end():
            process.terminate()
            process.wait(PATIENCE)
        self.addCleanup(end)
        return process, log

    def live(self):
        return {w["id"]: w for w in self.s.live_workers()}

    def test_a_bundle_is_all_that_a_worker_needs_until_it_is_revoked(self):
        blue, green = self.issue("blue"), self.issue("green")
        self.join(blue)
        wait_until(lambda: "blue" in self.live(), "a worker with the name in its bundle")
        job_id = self.s.submit(resources={"fleet": 1})["jobID"]
        self.assertEqual("blue", self.s.wait_for(job_id, "completed")["workerID"])

        self.assert_lets_in(blue)
        self.revoke("blue")
        self.assert_keeps_out(blue, "revoked")
        self.assert_lets_in(green)
        # Its connection outlives the revocation; a new one it does not get.
        os.kill(self.live()["blue"]["pid"], signal.SIGKILL)
        wait_until(lambda: "blue" not in self.live(), "the end of the revoked worker")
        self.assert_keeps_out(blue, "revoked")

    def test_a_bundle_joins_under_its_own_name_only(self):
        _, log = self.join(self.issue("own"), "--name", "another")
        def refused():
            with open(log, encoding="utf-8") as text:
                return "the bundle of own cannot join as another" in text.read()
        wait_until(refused, "the reason in the worker's log")
        self.assertNotIn("another", self.live())

    def test_nobody_is_a_local_worker_without_the_scheduler_that_starts_it(self):
        local = next(w["id"] for w in self.s.live_workers() if w["id"].startswith("local"))
        done = subprocess.run([harness.PROGRAM, "worker", "--local", "--join", f"127.0.0.1:{self.port()}", "--name",
                               local, "--tls", os.path.join(self.s.data, "tls")],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("for workers that a scheduler starts", done.stderr)

    def test_strangers_stay_outside(self):
        other = os.path.join(self.s.data, "other")
        cert("init", "--tls", other)
        self.assert_keeps_out(self.issue("stranger", other), "unknown ca")
        self.assert_keeps_out(None, "certificate required")

    def test_what_was_issued_and_revoked_is_listed(self):
        self.issue("red")
        self.revoke("red")
        listed = json.loads(cert("list", "--json", "--tls", os.path.join(self.s.data, "tls")).stdout)["certificates"]
        status = {c["name"]: c["status"] for c in listed}
        self.assertEqual("revoked", status["red"])
        self.assertEqual("valid", status["scheduler"])

    def test_wrong_input_is_refused_with_its_reason(self):
        tls = os.path.join(self.s.data, "tls")
        self.assertIn("letters", cert("issue", "a b", "--tls", tls, code=1).stderr)
        self.assertIn("nobody", cert("revoke", "nobody", "--tls", tls, code=1).stderr)
        self.assertIn("there already", cert("init", "--tls", tls, code=1).stderr)

    def test_the_abrupt_end_of_one_peer_cuts_no_other_off(self):
        _, log = self.join(self.issue("steady"))
        wait_until(lambda: "steady" in self.live(), "the worker")
        guest = self.issue("guest")
        for _ in range(30):
            self.dial(guest).close()  # without the goodbye that TLS asks for, as a process that is killed
            # Something travels on the other connection right after it.
            self.s.wait_for(self.s.submit(resources={"fleet": 1})["jobID"], "completed")
        with open(log, encoding="utf-8") as f:
            self.assertNotIn("is gone", f.read())


if __name__ == "__main__":
    harness.main()
