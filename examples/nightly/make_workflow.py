#!/usr/bin/env python3
"""Prints the workflow of one night as JSON, as POST /api/workflows takes it.

    make_workflow.py DATE

Where things are is said by the environment:
    NIGHT_PARTNER    the partner's API, as http://HOST:PORT
    NIGHT_UPLOADS    where the report is put, as http://HOST:PORT
    NIGHT_DIRECTORY  working directory; handlers.files must allow it
    CALLBOARD, CALLBOARD_SERVER  the program and its scheduler, for the job that sends the report by mail
"""
import datetime
import json
import os
import sys
import zoneinfo

REGIONS = ("north", "east", "south", "west")
ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
REPORT_TO = "sales@example.com"
ALARM_TO = "on-call@example.com"
# Seconds until a request that the partner did not serve is made again. Short, for an example; say 60 in real life.
PARTNER_PAUSE = 2
HERE = os.path.dirname(os.path.abspath(__file__))


def next_six_in_the_morning(now):
    """By the clocks of the zone, whether or not the night has a change of the clock in it."""
    local = now.astimezone(ZONE)
    six = local.replace(hour=6, minute=0, second=0, microsecond=0)
    if six <= local:
        six += datetime.timedelta(days=1)
    return six.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def download(url, path, region):
    """One request per job, so that the rate of the queue is the rate of requests."""
    return {
        "jobType": "exec",
        "payload": {"argv": ["curl", "--fail", "--silent", "--show-error", "--max-time", "60", "--create-dirs",
                             "--output", path, url]},
        "queue": "partner",
        "concurrencyKey": region,
        # A 429 ends curl with 22, and the job with EXIT_STATUS. It is made again later and no retry is charged, but not
        # for longer than an hour: every other failure of curl has that code, too.
        "retryPolicy": {"onError": {"EXIT_STATUS": {"snooze": PARTNER_PAUSE}}, "totalSeconds": 3600},
        "timeout": 90,
    }


def check(directory, region):
    return {
        "jobType": "exec",
        "payload": {"argv": ["sha256sum", "--check", "--strict", f"{region}.csv.sha256"], "cwd": directory},
        "dependencies": [f"orders-{region}", f"sum-{region}"],
        # The same file has the same sum however often it is looked at.
        "retryPolicy": {"onError": {"EXIT_STATUS": "fail"}},
        "timeout": 60,
    }


def report(directory):
    orders = " UNION ALL ".join(f"SELECT '{region}' AS region, pieces, price FROM {region}" for region in REGIONS)
    return {
        "jobType": "data_processing",
        "payload": {
            "inputs": [{"name": region, "path": f"{directory}/{region}.csv"} for region in REGIONS],
            "sql": "SELECT region, COUNT(*) AS orders, SUM(pieces) AS pieces, "
                   f"PRINTF('%.2f', SUM(pieces * price)) AS total FROM ({orders}) "
                   "GROUP BY region ORDER BY SUM(pieces * price) DESC",
            "output": {"path": f"{directory}/report.csv"},
        },
        "dependencies": [f"check-{region}" for region in REGIONS],
    }


def workflow(day, now, environment):
    directory = f"{environment['NIGHT_DIRECTORY']}/{day}"
    orders = f"{environment['NIGHT_PARTNER']}/orders/{day}"
    jobs = {}
    for region in REGIONS:
        path = f"{directory}/{region}.csv"
        jobs[f"orders-{region}"] = download(f"{orders}/{region}.csv", path, region)
        jobs[f"sum-{region}"] = download(f"{orders}/{region}.csv.sha256", f"{path}.sha256", region)
        jobs[f"check-{region}"] = check(directory, region)
    jobs["report"] = report(directory)
    # A job with this is the only one of its kind while it waits or runs. `end` below has it, and ends last: so a second
    # night is refused with 409 until the first has ended. A retry does not run `end` again; there `mail` and `upload`
    # keep the second night out.
    only_one = {"by": ["type", "queue"], "while": "unfinished", "onConflict": "reject"}
    jobs["mail"] = {
        "jobType": "exec",
        "payload": {"argv": [f"{HERE}/mail_report.py", day, f"{directory}/report.csv", REPORT_TO],
                    "env": {name: environment[name] for name in ("CALLBOARD", "CALLBOARD_SERVER")}},
        "dependencies": ["report"],
        "unique": only_one,
    }
    jobs["upload"] = {
        "jobType": "file_upload",
        "payload": {"source": f"{directory}/report.csv", "destination": f"{environment['NIGHT_UPLOADS']}/{day}.csv"},
        "dependencies": ["report"],
        "unique": only_one,
    }
    six = next_six_in_the_morning(now)
    for job in jobs.values():
        job.setdefault("queue", "nightly")
        job["finishBy"] = six
        # Late is better than never: what could not start in time goes before everything else.
        job["onMiss"] = "promote"
    # It runs when either of them has failed, or was cancelled because a job before it had failed.
    jobs["alarm"] = {
        "jobType": "email_send",
        "payload": {"to": ALARM_TO, "subject": f"The night of {day} has failed",
                    "body": f"Look at it:  callboard workflows show ID\nThe files:   {directory}\n"},
        "dependencies": [{"id": "mail", "on": "failure"}, {"id": "upload", "on": "failure"}],
        "dependencyRule": "any",
        "queue": "nightly",
        "priority": 9,
    }
    jobs["end"] = {
        "jobType": "noop",
        "dependencies": [{"id": key, "on": "finished"} for key in jobs],
        "queue": "nightly",
        "unique": only_one,
    }
    # The key makes the night of a day one workflow, however often it is submitted.
    return {"name": f"night-{day}", "idempotencyKey": f"night-{day}", "jobs": jobs}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_workflow.py DATE")
    day = datetime.date.fromisoformat(sys.argv[1]).isoformat()
    print(json.dumps(workflow(day, datetime.datetime.now(datetime.timezone.utc), os.environ), indent=2))


if __name__ == "__main__":
    main()
