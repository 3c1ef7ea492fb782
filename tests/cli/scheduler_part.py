"""A program of the scheduler's part alone runs, knows the built-in job types, and links no library that only jobs need.

Usage: scheduler_part.py SCHEDULER_PART CALLBOARD
"""
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

# curl and its companions, SQLite, ssh: what handlers/ and the client commands use.
OF_JOBS = ("libcurl", "libsqlite3", "libssh", "libnghttp2")


def libraries(program):
    out = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    names = [line.split()[0] for line in out.splitlines() if line.split()]
    return [name for name in names if name.startswith("lib")]


def submit(url, job):
    request = urllib.request.Request(url + "/api/jobs/submit", json.dumps(job).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def runs(program):
    with tempfile.TemporaryDirectory(prefix="callboard-scheduler-") as directory:
        process = subprocess.Popen([program, directory], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = "http://" + json.loads(process.stdout.readline())["http"]
            status, _ = submit(url, {"jobType": "http_request", "payload": {"url": "http://127.0.0.1:1/"}})
            assert status == 201, status
            status, answer = submit(url, {"jobType": "http_request", "payload": {"url": 1}})
            assert status == 400 and answer["error"]["field"] == "payload.url", answer
            process.terminate()
            code = process.wait(60)
            assert code == 0, f"the scheduler ended with {code}"
        finally:
            process.kill()
            process.wait()


def main():
    scheduler, callboard = sys.argv[1:]
    found = libraries(scheduler)
    wrong = [name for name in found if name.startswith(OF_JOBS)]
    assert not wrong, f"the scheduler's part links {wrong}"
    # The look sees what is there: the whole program has the worker and the client commands in it.
    assert any(name.startswith("libcaf") for name in found), found
    assert any(name.startswith("libcurl") for name in libraries(callboard)), "callboard itself links curl"
    runs(scheduler)
    print(f"{len(found)} shared libraries, none of them a job's")


if __name__ == "__main__":
    main()
