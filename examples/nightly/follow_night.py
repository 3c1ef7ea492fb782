#!/usr/bin/env python3
"""Follows a workflow: a line for each change of its jobs. Exit code 0 when it has completed, 2 when it has not.

    follow_night.py SCHEDULER WORKFLOW
"""
import json
import sys
import time
import urllib.request

POLL_EVERY = 0.1


def look(scheduler, workflow):
    with urllib.request.urlopen(f"{scheduler}/api/workflows/{workflow}", timeout=30) as answer:
        return json.load(answer)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: follow_night.py SCHEDULER WORKFLOW")
    scheduler, workflow = sys.argv[1:]
    seen = {}
    while True:
        night = look(scheduler, workflow)
        progress = night["progress"]
        for key, job in night["jobs"].items():
            if seen.get(key) != job["status"]:
                seen[key] = job["status"]
                why = f"  {job['error']['code']}" if "error" in job else ""
                print(f"  {progress['completed']:2}/{progress['total']}  {key:14}{job['status']}{why}", flush=True)
        if night["state"] in ("completed", "failed", "cancelled"):
            print(f"  {night['name']}: {night['state']}", flush=True)
            sys.exit(0 if night["state"] == "completed" else 2)
        time.sleep(POLL_EVERY)


if __name__ == "__main__":
    main()
