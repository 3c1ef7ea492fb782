"""Measures Callboard and every other system that is installed, interleaved in one run, and prints ratios.

JSON lines on standard output, words on standard error, a table in Markdown at the end. All servers are started here, on
free ports of 127.0.0.1, and stopped.
"""
import argparse
import json
import os
import signal
import statistics
import sys
import time

from systems import MEASURES, SYSTEMS, Options

# What is compared in each measure, and whether more is better.
FIGURES = {"submit": ("per_second", True), "bulk": ("per_second", True), "drain": ("per_second", True), "e2e": ("per_second", True),
           "latency": ("p99_us", False), "memory": ("bytes_per_job", False), "exec": ("per_second", True)}
COLUMNS = (("submit", "per_second", "single submits, 16 connections /s"), ("bulk", "per_second", "bulk /s"),
           ("drain", "per_second", "drain /s"), ("e2e", "per_second", "end to end /s"), ("latency", "p50_us", "to start, p50 µs"),
           ("latency", "p99_us", "p99 µs"), ("memory", "bytes_per_job", "bytes per waiting job"), ("exec", "per_second", "processes /s"))


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def arguments():
    defaults = Options()
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", default=defaults.build, help="where the programs are")
    p.add_argument("--directory", default=defaults.directory, help="data goes below: the disk to measure")
    p.add_argument("--modules", default=defaults.modules, help="where BullMQ is installed")
    p.add_argument("--runs", type=int, default=1, help="how often everything is measured")
    p.add_argument("--measures", default=",".join(MEASURES), help="of " + ", ".join(MEASURES))
    p.add_argument("--systems", default="", help="only those whose name begins with one of these, as in beanstalkd,bullmq; Callboard always")
    p.add_argument("--seconds", type=float, default=defaults.seconds, help="of single submits")
    p.add_argument("--jobs", type=int, default=defaults.jobs, help="of bulk, drain, end to end and memory; a tenth for the slowest")
    p.add_argument("--rate", type=int, default=defaults.rate, help="latency: jobs per second")
    p.add_argument("--latency-seconds", type=float, default=defaults.latency_seconds)
    p.add_argument("--processes", type=int, default=defaults.processes, help="exec: how many")
    p.add_argument("--json", default="", help="appends the JSON lines to this file as well")
    p.add_argument("--quick", action="store_true", help="small sizes, for a look")
    given = p.parse_args()
    if given.quick:
        given.seconds, given.jobs, given.latency_seconds, given.processes = 0.5, 4_000, 2.0, 200
    wrong = set(given.measures.split(",")) - set(MEASURES)
    if wrong:
        p.error(f"--measures: unknown {', '.join(sorted(wrong))}; there are {', '.join(MEASURES)}")
    return given


def installed(options, wanted):
    out = []
    for kind in SYSTEMS:
        system = kind(options)
        if wanted and system.name != "Callboard" and not any(system.name.lower().startswith(w.lower()) for w in wanted):
            continue
        missing = system.missing()
        if missing:
            say(f"{system.name} ({system.durability}) is left out: {missing} is not there")
        else:
            out.append(system)
    return out


def measure(system, name, run, keep):
    begin = time.monotonic()
    line = {"bench": "peers", "measure": name, "system": system.name, "durability": system.durability, "like": system.like, "run": run}
    try:
        figures = getattr(system, name)()
    except (RuntimeError, OSError, json.JSONDecodeError) as why:
        say(f"{name}: {system.name} ({system.durability}) failed: {why}")
        keep({**line, "failed": str(why)})
        return False
    wanted = {c[1] for c in COLUMNS} | {"jobs", "p90_us", "p999_us", "max_us"}
    line.update({key: value for key, value in figures.items() if key in wanted})
    keep(line)
    shown = ", ".join(f"{key} {line[key]:,}" for key in ("per_second", "p50_us", "p99_us", "bytes_per_job") if key in line)
    say(f"{name}: {system.name} ({system.durability}): {shown}  [{time.monotonic() - begin:.0f} s]")
    return True


def medians(lines, system, name, figure):
    values = [line[figure] for line in lines if figure in line and line["measure"] == name and line["system"] == system.name
              and line["durability"] == system.durability]
    return statistics.median(values) if values else None


def tables(lines, systems, names):
    columns = [c for c in COLUMNS if c[0] in names]
    head = "| system (durability) | " + " | ".join(c[2] for c in columns) + " |"
    rule = "|---" * (len(columns) + 1) + "|"
    out = ["", head, rule]
    for system in systems:
        cells = [medians(lines, system, c[0], c[1]) for c in columns]
        out.append(f"| {system.name} ({system.durability}) | " + " | ".join("–" if c is None else f"{c:,.0f}" for c in cells) + " |")
    ours = [system for system in systems if system.name == "Callboard"]
    out += ["", "Callboard with the durability that promises about as much against each, above 1 is better for Callboard:", "", head, rule]
    for system in systems[len(ours):]:
        cells = []
        for name, figure, _ in columns:
            us, them = medians(lines, next(x for x in ours if x.like == system.like), name, figure), medians(lines, system, name, figure)
            if not us or not them:
                cells.append("–")
            else:
                cells.append(f"{us / them if FIGURES[name][1] else them / us:.2f}")
        out.append(f"| {system.name} ({system.durability}) | " + " | ".join(cells) + " |")
    return "\n".join(out)


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped
    options = Options()
    for name in ("build", "directory", "modules", "seconds", "jobs", "rate", "latency_seconds", "processes"):
        setattr(options, name, getattr(given, name))
    os.makedirs(options.directory, exist_ok=True)
    systems = installed(options, [w for w in given.systems.split(",") if w])
    if not systems or systems[0].name != "Callboard":
        sys.exit("there is no Callboard to compare with: ./callboard.sh bench peers builds it")
    names = given.measures.split(",")
    lines, failed = [], 0

    def keep(line):
        lines.append(line)
        text = json.dumps(line, ensure_ascii=False)
        print(text, flush=True)
        if given.json:
            with open(given.json, "a", encoding="utf-8") as f:
                f.write(text + "\n")

    say(f"load of the machine before: {os.getloadavg()[0]:.2f}")
    for run in range(1, given.runs + 1):
        for name in names:
            for system in systems:
                if name not in system.cannot:
                    failed += not measure(system, name, run, keep)
    say(tables(lines, systems, names))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
