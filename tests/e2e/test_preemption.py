"""An urgent job takes the place of one that may be stopped, which later goes on from what it saved."""
import harness
from harness import wait_until

# Saves how far it is when it is asked to stop, and ends by itself only when it goes on from there.
STEPS = """
[ "$(cat "$CALLBOARD_CHECKPOINT" 2>/dev/null)" = half ] && exit 0
trap 'printf half > "$CALLBOARD_CHECKPOINT"; kill $!; exit 1' TERM
echo begun >&2
sleep 600 &
wait
"""


class Preemption(harness.TestCase):
    settings = {"workers": 1, "slots": 1}

    def reasons(self, job):
        return [r["code"] for r in self.s.call("GET", f"/api/jobs/{job}/explain")["reasons"]]

    def test_the_place_of_a_less_urgent_job_is_taken_and_that_goes_on_later(self):
        self.s.call("PUT", "/api/queues/default", {"preemption": {"jobs": 60, "per": 60}})
        low = self.s.submit("exec", {"argv": ["/bin/sh", "-c", STEPS]}, priority=1, maxRetries=0,
                            preemptible={"minRun": 0.2})["jobID"]
        self.s.wait_for(low, "running")
        high = self.s.submit("noop", {"sleepMs": 300}, priority=9, preempts=True)["jobID"]
        self.s.wait_for(high, "completed")
        job = self.s.wait_for(low, "completed")
        self.assertEqual((0, 2), (job["retryCount"], job["attempt"]))
        self.assertNotIn("checkpoint", job)
        history = self.s.call("GET", f"/api/jobs/{low}/history")["history"]
        told = [h["reason"] for h in history]
        self.assertTrue(any(f"preempted for {high}" in r for r in told), told)
        self.s.call("DELETE", "/api/queues/default")

    def test_nobody_is_stopped_where_the_queue_does_not_allow_it(self):
        low = self.s.submit("noop", {"sleepMs": 1500}, priority=1, preemptible={"minRun": 0})["jobID"]
        self.s.wait_for(low, "running")
        high = self.s.submit("noop", priority=9, preempts=True)["jobID"]
        wait_until(lambda: "preemption_not_allowed" in self.reasons(high) or None, "it says why it does not preempt")
        self.s.wait_for(high, "completed")
        self.assertEqual(1, self.s.job(low)["attempt"])


if __name__ == "__main__":
    harness.main()
