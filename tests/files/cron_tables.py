"""Makes tables/cron.txt: when two other implementations let cron expressions fire.

    python3 cron_tables.py NODE_MODULES > tables/cron.txt

Needs Debian's python3-croniter, and croner in the folder NODE_MODULES (npm install croner). The tests read what it
made; nothing needs these two then. A line: who, the expression, the zone, the moment before, the next ones, in seconds
since 1970.
"""
import datetime
import json
import subprocess
import sys

import croniter

EXPRESSIONS = """
* * * * *|*/5 * * * *|7-59/13 * * * *|0 * * * *|30 2 * * *|15,45 2,3 * * *|0 0 * * *|59 23 * * *|5 4 * * sun
0 22 * * 1-5|23 0-20/2 * * *|0 0 1 * *|0 12 31 * *|0 12 29 2 *|0 0 13 * 5|0 0 1,15 * 3|0 9-17 * * MON-FRI|*/15 2 * * *
0 0 1 1 *|0 0 * 6-8 *|10 10 10 10 *|0 */6 * * *|0 1 * * *|30 1 * * *|0 3 * * *|0 0 L * *|0 0 * * 5#2|0 0 * * mon#1
0 0 L 2 *|30 0 * * 0|45 23 28-31 * *|0 0 */10 * *|1 2 3 4 *|0 5 * JAN,JUL SAT
"""
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
BEGINS = ["2026-01-31T23:59:30", "2026-03-07T12:00:00", "2026-03-28T20:00:00", "2026-10-03T10:00:00",
          "2026-10-24T22:00:00", "2028-02-28T00:00:00"]
COUNT = 3

CRONER = """
const {Cron} = await import(process.argv[1] + "/croner/dist/croner.js");
const out = [];
for (const [e, z, t, n] of JSON.parse(process.argv[2]))
  out.push(new Cron(e, {timezone: z, paused: true, legacyMode: true}).nextRuns(n, new Date(t * 1000))
           .map(d => d.getTime() / 1000));
console.log(JSON.stringify(out));
"""


def by_croniter(expression, begin, count):
    run = croniter.croniter(expression, datetime.datetime.fromtimestamp(begin, datetime.timezone.utc))
    return [int(run.get_next(float)) for _ in range(count)]


def main(modules):
    cases = []
    for line in EXPRESSIONS.split("\n"):
        for expression in filter(None, line.split("|")):
            for zone in ZONES:
                for begin in BEGINS:
                    at = datetime.datetime.fromisoformat(begin + "+00:00")
                    cases.append([expression, zone, int(at.timestamp()), COUNT])
    croner = json.loads(subprocess.run(["node", "--input-type=module", "-e", CRONER, modules, json.dumps(cases)],
                                       check=True, stdout=subprocess.PIPE, text=True).stdout)
    for case, theirs in zip(cases, croner):
        expression, zone, begin, count = case
        tables = [("croner", theirs)]
        if zone == "UTC":  # elsewhere it is an hour off after each change of the clocks
            tables.append(("croniter", by_croniter(expression, begin, count)))
        for who, times in tables:
            print("|".join([who, expression, zone, str(begin), " ".join(map(str, times))]))


if __name__ == "__main__":
    main(sys.argv[1])
