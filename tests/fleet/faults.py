"""Faults of workers, hosts, links and the scheduler, drawn by a seed and healed in their time."""
import random
import signal
import threading
import time

import hosts
import namespaces
import harness  # found through namespaces

# Seconds between two faults; many last longer, so several are there at once.
PAUSE = (0.3, 2.5)
SHORT, LONG = (0.2, 2.0), (hosts.LEASE + 0.5, hosts.LEASE + 5)


# One fault: of a worker's number, or 0 for the scheduler; `end` is when heal() is due, `over` when it was done.
class Fault:
    def __init__(self, kind, target, lasts, heal):
        self.kind = kind
        self.target = target
        self.begin = time.monotonic()
        self.end = self.begin + lasts
        self.heal = heal
        self.over = None

    def __str__(self):
        return f"{self.kind} of {'node-' + str(self.target) if self.target else 'the scheduler'}"


class Faults:
    """Breaks things, and heals them when their time has come."""

    # Of the process that was started, which may only guard the one that works.
    GUARDIAN_KILLED = "kill -9 outside"

    def __init__(self, fleet, seed):
        self.fleet = fleet
        self.random = random.Random(seed)
        self.all = []
        self.now = {}  # by target
        # Kinds of faults, with how often they are drawn.
        self.kinds = ((self.kill_worker, 4), (self.kill_working_process, 2), (self.kill_host, 2),
                      (self.terminate_worker, 1), (self.stop_worker, 4), (self.cut, 7),
                      (self.kill_scheduler, 2), (self.stop_scheduler, 1))

    def draw(self):
        kind = self.random.choices([k for k, _ in self.kinds], [weight for _, weight in self.kinds])[0]
        target = 0 if kind in (self.kill_scheduler, self.stop_scheduler) else self.random.randrange(len(self.fleet.workers)) + 1
        # Drawn in any case, so that a seed means the same whatever is broken at the time.
        lasts = self.random.uniform(*(LONG if self.random.random() < 0.55 else SHORT))
        how = self.random.choice(namespaces.Network.CUTS)
        at_once = self.random.random() < 0.4
        if target in self.now:
            return
        if kind == self.cut:
            fault = self.cut(target, lasts, how)
        elif target:
            fault = kind(self.fleet.workers[target], 0 if at_once and kind != self.stop_worker else lasts)
        else:
            fault = kind(min(lasts, hosts.LEASE))
        self.all.append(fault)
        self.now[target] = fault

    def cut(self, k, lasts, how):
        self.fleet.network.cut(k, how)
        return Fault(f"cut ({how}) for {'longer' if lasts > hosts.LEASE else 'shorter'} than the lease", k, lasts,
                     lambda: self.fleet.network.heal(k))

    @staticmethod
    def start_again(worker):
        # A worker that looks after itself may be there already.
        if worker.process.poll() is not None:
            worker.start()

    def killed(self, kind, worker, lasts):
        return Fault(kind + (", started again at once" if lasts == 0 else ""), worker.k, lasts,
                     lambda: self.start_again(worker))

    def kill_worker(self, worker, lasts):
        worker.kill()
        return self.killed(self.GUARDIAN_KILLED if worker.has_guardian else "kill -9", worker, lasts)

    def kill_working_process(self, worker, lasts):
        pid = worker.working_process()
        namespaces.send_signal(pid, signal.SIGKILL)
        if pid == worker.process.pid:
            worker.process.wait()
        return self.killed("kill -9 inside", worker, lasts)

    def kill_host(self, worker, lasts):
        worker.kill_host()
        return self.killed("power failure", worker, lasts)

    def terminate_worker(self, worker, lasts):
        worker.process.terminate()

        def heal():
            worker.process.wait(harness.PATIENCE)
            worker.start()
        return Fault("SIGTERM", worker.k, lasts, heal)

    @staticmethod
    def stop_worker(worker, lasts):
        pid = worker.working_process()
        namespaces.send_signal(pid, signal.SIGSTOP)
        return Fault(f"SIGSTOP for {'longer' if lasts > hosts.LEASE else 'shorter'} than the lease", worker.k, lasts,
                     lambda: namespaces.send_signal(pid, signal.SIGCONT))

    def kill_scheduler(self, lasts):
        self.fleet.scheduler.kill()
        return Fault("kill -9", 0, lasts, self.fleet.scheduler.start)

    def stop_scheduler(self, lasts):
        pid = self.fleet.scheduler.process.pid
        namespaces.send_signal(pid, signal.SIGSTOP)
        return Fault("SIGSTOP", 0, lasts, lambda: namespaces.send_signal(pid, signal.SIGCONT))

    def heal(self, everything=False):
        for target, fault in sorted(self.now.items()):
            if everything or time.monotonic() >= fault.end:
                fault.heal()
                fault.over = time.monotonic()
                del self.now[target]

    def check_the_others(self):
        """Nothing ends that was not told to."""
        for worker in self.fleet.workers.values():
            if worker.k not in self.now:
                worker.look_after()
        if 0 not in self.now and self.fleet.scheduler.process.poll() is not None:
            raise AssertionError(f"the scheduler ended by itself with {self.fleet.scheduler.process.returncode}")

    def go_on_until(self, over):
        pause = threading.Event()
        at = time.monotonic()
        while not over():
            pause.wait(0.02)
            self.heal()
            self.check_the_others()
            if time.monotonic() >= at:
                self.draw()
                at = time.monotonic() + self.random.uniform(*PAUSE)
        self.heal(everything=True)

    def near(self, host, begin, end):
        """A fault that may have kept the start of an attempt at `begin` on this host from being known until `end`."""
        return any(f.target == host and f.begin < min(begin + hosts.LEASE, end) and (f.over or end) > begin
                   for f in self.all)

    def guardian_was_killed(self, host, begin, end):
        return any(f.target == host and f.kind.startswith(self.GUARDIAN_KILLED) and begin < f.begin < end
                   for f in self.all)

    def scheduler_was_killed(self, begin, end):
        """Also shortly before an attempt began whose order was on its way."""
        return any(f.target == 0 and f.kind == "kill -9" and f.begin < end and (f.over or end) > begin for f in self.all)
