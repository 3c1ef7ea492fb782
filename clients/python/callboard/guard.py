"""Ends a worker that holds attempts when its lease is over: it is a process of its own, so it does that also when the
worker is stopped, hangs, or was suspended. Run by `Lease`; reads `DEADLINE HOLDING` lines, by `boot_clock`.

It knows nothing of the rest of the package, so that it starts quickly.
"""
import os
import select
import signal
import sys
import time


def boot_clock() -> float:
    """Seconds since the machine was started, its sleep included (Linux); elsewhere a clock that never steps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def watch(pid: int, source: int) -> None:
    """Until the worker has gone, or is ended. A number of a process may be used again, so it is held by a descriptor
    where there are such."""
    held = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    if os.getppid() != pid:
        return
    deadline, rest = None, b""
    while True:
        wait = None if deadline is None else max(0.0, deadline - boot_clock())
        if select.select([source], [], [], wait)[0]:
            part = os.read(source, 65536)
            if not part:
                return
            *lines, rest = (rest + part).split(b"\n")
            if lines:
                at, holding = lines[-1].split()
                deadline = float(at) if holding == b"1" else None
        elif deadline is not None and boot_clock() >= deadline:
            print("callboard: the lease is over: the worker is ended, others may run its jobs", file=sys.stderr)
            if held is not None:
                signal.pidfd_send_signal(held, signal.SIGKILL)  # type: ignore[attr-defined, unused-ignore]
            elif os.getppid() == pid:
                os.kill(pid, signal.SIGKILL)
            return


if __name__ == "__main__":
    # What ends the worker from a terminal is the worker's matter.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    watch(int(sys.argv[1]), 0)
