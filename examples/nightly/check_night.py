#!/usr/bin/env python3
"""Shows what a night has left behind, and checks it against sums of its own. Exit code 0 when all is right, else 1.

    check_night.py DIRECTORY SCHEDULER WORKFLOW
"""
import csv
import decimal
import email.policy
import json
import pathlib
import sys
import urllib.request
from email.parser import BytesParser

PARTNER_PER_SECOND = 4
problems = []


def require(good, what):
    print(f"  {'good ' if good else 'WRONG'} {what}")
    if not good:
        problems.append(what)


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def expected_rows(directory):
    """The report, computed from the partner's own files with whole decimal numbers instead of SQL."""
    rows = []
    for path in directory.glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            orders = list(csv.DictReader(file))
        total = sum(int(o["pieces"]) * decimal.Decimal(o["price"]) for o in orders)
        rows.append((path.stem, len(orders), sum(int(o["pieces"]) for o in orders), total))
    return sorted(rows, key=lambda row: -row[3])


def reported_rows(text):
    return [(r["region"], int(r["orders"]), int(r["pieces"]), decimal.Decimal(r["total"]))
            for r in csv.DictReader(text.splitlines())]


def show(title, text):
    print(f"\n{title}")
    print("".join(f"  {line}\n" for line in text.splitlines()))


def check_mail(directory, day, report):
    mails = []
    for path in sorted(directory.glob("*.eml"), key=lambda p: int(p.stem)):
        with open(path, "rb") as file:
            mails.append(BytesParser(policy=email.policy.default).parse(file))
    for mail in mails:
        attached = ", ".join(part.get_filename() for part in mail.iter_attachments())
        show(f"Mail to {mail['To']}: {mail['Subject']}" + (f"  [attached: {attached}]" if attached else ""),
             mail.get_body().get_content())
    reports = [mail for mail in mails if mail["Subject"] == f"Orders of {day}"]
    require(len(reports) == 1, "one mail with the report has arrived")
    for mail in reports:
        content = [part.get_payload(decode=True) for part in mail.iter_attachments()]
        require(content == [report], "the report is attached to it, byte by byte")


def check_partner(path):
    with open(path, encoding="utf-8") as file:
        requests = [json.loads(line) for line in file]
    refused = sum(not r["admitted"] for r in requests)
    times = sorted(r["at"] for r in requests if r["admitted"])
    most = max(sum(t <= other < t + 1 for other in times) for t in times)
    require(refused >= 1, f"the partner was asked {len(requests)} times and answered {refused} times with 429")
    require(most <= PARTNER_PER_SECOND, f"the partner served at most {most} requests in a second")


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: check_night.py DIRECTORY SCHEDULER WORKFLOW")
    place, scheduler, workflow = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    night = get(f"{scheduler}/api/workflows/{workflow}")
    day = night["name"].removeprefix("night-")
    report = (place / "work" / day / "report.csv").read_bytes()
    show("The report", report.decode())
    uploaded = place / "uploads" / f"{day}.csv"
    show(f"The uploaded file, {uploaded.name}", uploaded.read_text(encoding="utf-8") if uploaded.exists() else "none")
    check_mail(place / "mail", day, report)
    require(night["state"] == "completed", "the workflow has completed")
    require(reported_rows(report.decode()) == expected_rows(place / "partner" / day), "the sums are those of Python")
    require(uploaded.exists() and uploaded.read_bytes() == report, "the uploaded file is the report")
    check_partner(place / "partner" / "requests.jsonl")
    jobs = {key: get(f"{scheduler}/api/jobs/{job['id']}") for key, job in night["jobs"].items()}
    charged = [key for key, job in jobs.items() if job["queue"] == "partner" and job["retryCount"] > 0]
    require(not charged, "no retry was charged for a 429")
    require(all("deadline" in job and job["onMiss"] == "promote" for key, job in jobs.items()
                if key not in ("alarm", "end")), "each job but the alarm is to end by six")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
