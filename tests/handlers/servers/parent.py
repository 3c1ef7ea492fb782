"""What every test server does: ends with its test, says what happens as JSON lines, and waits until it is told to go on."""
import ctypes
import json
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
_out = threading.Lock()
_released = threading.Semaphore(0)


def say(**event):
    with _out:
        print(json.dumps(event), flush=True)


def wait_for_release():
    """Until the test writes a line."""
    _released.acquire()


def _read_input():
    for _ in sys.stdin:
        _released.release()
    os._exit(0)


def attach():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_read_input, daemon=True).start()
