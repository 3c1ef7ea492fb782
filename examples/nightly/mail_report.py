#!/usr/bin/env python3
"""Sends a report as a mail with the file attached, and waits until the mail server has it.

    mail_report.py DATE REPORT.csv ADDRESS

What email_send sends stands in its payload, and the report is not there yet when the workflow is submitted. So this job
reads the report and submits the mail. The mail has retries of its own. Its key is made of this job's id: an attempt that
is made again follows the same mail.
"""
import base64
import csv
import json
import os
import subprocess
import sys


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows)


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: mail_report.py DATE REPORT.csv ADDRESS")
    day, path, address = sys.argv[1:]
    with open(path, "rb") as file:
        content = base64.b64encode(file.read()).decode()
    mail = {"to": address, "subject": f"Orders of {day}", "body": table(path),
            "attachments": [{"name": f"{day}.csv", "contentBase64": content, "contentType": "text/csv"}]}
    command = [os.environ["CALLBOARD"], "submit", "email_send", "--payload-file", "-", "--queue", "mail", "--wait",
               "--key", f"mail-of-{os.environ['CALLBOARD_JOB_ID']}"]
    sys.exit(subprocess.run(command, input=json.dumps(mail), text=True, check=False).returncode)


if __name__ == "__main__":
    main()
