"""From the JSON lines of callboard-bench and of bench/peers/run.py: tables in Markdown on standard output, and charts.

  report.py [--charts FOLDER] [--document FILE] FILE...

Figures of several runs are shown as the median, with the least and the most in parentheses. In a document, what stands
between <!-- report:NAME --> and <!-- /report:NAME --> is replaced; names are machine, goals, parts, calls, peers and charts.
"""
import argparse
import json
import os
import statistics
import sys

import charts


class Lines:
    def __init__(self, files):
        self.all = []
        for name in files:
            with open(name, encoding="utf-8") as f:
                for text in f:
                    if text.strip():
                        line = json.loads(text)
                        if "runs" not in line:  # a summary of what is there anyway
                            self.all.append(line)

    def where(self, bench, **setup):
        return [line for line in self.all if line["bench"] == bench and all(line.get(k) == v for k, v in setup.items())]

    def values(self, bench, figure, **setup):
        return [line[figure] for line in self.where(bench, **setup) if isinstance(line.get(figure), (int, float))]

    def settings(self, bench, name):
        return sorted({line[name] for line in self.where(bench) if name in line})


def spread(values, scale=1.0, digits=0, unit=""):
    if not values:
        return None
    shown = [f"{v * scale:,.{digits}f}" for v in (statistics.median(values), min(values), max(values))]
    more = f" ({shown[1]}–{shown[2]})" if len(values) > 1 else ""
    return f"{shown[0]}{unit}{more}"


def joined(*parts):
    there = [p for p in parts if p]
    return ", ".join(there) if there else None


def named(name, values, **how):
    shown = spread(values, **how)
    return f"{name} {shown}" if shown else None


def ms(values, name):
    return named(name, values, scale=0.001, digits=2)


def percentiles(lines, **setup):
    got = [ms(lines.values("latency", f"{p}_us", **setup), name) for p, name in (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"))]
    return f"{joined(*got)} ms" if any(got) else None


def goal_rows(lines):
    """(figure, measured or None, goal)"""
    rate = " jobs/s"

    def per_second(bench, unit=rate, **setup):
        return spread(lines.values(bench, "per_second", **setup), unit=unit)

    yield "end to end, 16 connections, single submits", per_second("e2e", batch=1, connections=16), "36,000 jobs/s"
    for batch in (100, 1000):
        yield f"end to end, bulk submits, batches of {batch:,}", per_second("e2e", batch=batch), "60,000 jobs/s"
    for jobs in lines.settings("drain", "jobs"):
        yield f"drain of {jobs:,} queued", per_second("drain", jobs=jobs), "80,000 jobs/s" if jobs >= 1_000_000 else ""
    for deep in lines.settings("drain_ratio", "deep"):
        yield f"rate of a drain, {deep:,} against the fewest", spread(lines.values("drain_ratio", "ratio", deep=deep), digits=2), "0.95 or more"
    for batch in lines.settings("bulk", "batch"):
        yield f"bulk submit alone, batches of {batch:,}", per_second("bulk", batch=batch), "250,000 jobs/s"
    flushes = [1e6 / us for us in lines.values("machine", "fdatasync_p50_us")]
    alone = f"the rate of fsync{f': {statistics.median(flushes):,.0f} /s' if flushes else ''}"
    for connections in lines.settings("submit", "connections"):
        goal = {64: "50,000 /s", 1: alone}.get(connections, "")
        yield f"single submits, {connections} connections", per_second("submit", unit=" /s", connections=connections), goal
    yield "submit to handler start at 200 jobs/s, from the intended send time", percentiles(lines, rate=200.0), "p50 0.5 ms, p99 1.2 ms, p99.9 5 ms"
    half = lines.values("latency", "jobs_per_second", rate="half of e2e")
    yield ("the same at half of the maximum end-to-end rate" + (f" ({statistics.median(half):,.0f} jobs/s)" if half else ""),
           percentiles(lines, rate="half of e2e"), "p99 10 ms")
    for depth in lines.settings("memory", "depth"):
        yield (f"memory of the scheduler per waiting job, {depth:,} waiting",
               joined(spread(lines.values("memory", "settled_bytes_per_job", depth=depth), unit=" bytes"),
                      named("at the end of filling", lines.values("memory", "bytes_per_job", depth=depth))), "120 bytes")
    for jobs in lines.settings("restart", "jobs"):
        yield (f"start after `kill -9` with {jobs:,} waiting",
               joined(named("accepts after", lines.values("restart", "accepts_ms", jobs=jobs), scale=0.001, digits=2, unit=" s"),
                      named("dispatches after", lines.values("restart", "dispatches_ms", jobs=jobs), scale=0.001, digits=2, unit=" s")),
               {1_000_000: "0.2 s, 1 s", 10_000_000: "0.2 s, 10 s"}.get(jobs, ""))
    yield "scheduler CPU per job, end to end, single submits", spread(lines.values("e2e", "server_cpu_us", batch=1), digits=1, unit=" µs"), "12 µs"
    for batch in (100, 1000):
        yield (f"scheduler CPU per job, end to end, batches of {batch:,}",
               spread(lines.values("e2e", "server_cpu_us", batch=batch), digits=1, unit=" µs"), "12 µs")
    yield ("trivial processes (`exec` of /bin/true)",
           joined(spread(lines.values("exec", "per_second"), unit=" /s"), named("of a bare loop's", lines.values("exec", "bare_per_second")),
                  named("ratio", lines.values("exec", "ratio"), digits=2)), "3,000 /s or 0.95")
    for waiting in lines.settings("calls", "waiting"):
        finished = statistics.median(lines.values("calls", "finished", waiting=waiting))
        worst = sorted({line["worst_call"] for line in lines.where("calls", waiting=waiting)})
        yield (f"slowest list or status call, {waiting:,} waiting and {finished:,.0f} finished",
               f"p99 {spread(lines.values('calls', 'worst_p99_us', waiting=waiting), scale=0.001, digits=1)} ms (`{'`, `'.join(worst)}`)", "p99 5 ms")
    yield ("idle scheduler", joined(spread(lines.values("idle", "server_cpu_percent"), digits=2, unit=" % of a core"),
                                    spread(lines.values("idle", "wakeups_per_second"), digits=1, unit=" wake-ups/s")), "0.5 %, heartbeats only")
    for waiting in lines.settings("placement", "waiting"):
        yield (f"dispatch with {waiting:,} waiting, 50 shapes, 200 workers",
               per_second("placement", waiting=waiting, shapes=50, workers=200), "")
    for deep in lines.settings("placement_ratio", "deep"):
        yield f"dispatch, {deep:,} waiting against the fewest", spread(lines.values("placement_ratio", "ratio", deep=deep), digits=2), "0.8 or more"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)])


def goal_table(lines):
    rows = [row for row in goal_rows(lines) if row[1]]
    return table(("figure", "measured", "goal"), rows) if rows else ""


MACHINE = (("fdatasync_p50_us", "2 KB appended to a file, then `fdatasync`", 1, 0, " µs"),
           ("wakeup_round_trip_p50_us", "waking a thread that sleeps, and being woken by it", 1, 0, " µs"),
           ("page_fault_ns", "the first touch of a page of memory", 0.001, 2, " µs"),
           ("process_us", "starting `/bin/true` and waiting for its end", 0.001, 2, " ms"))


def machine_table(lines):
    rows = [(what, spread(lines.values("machine", figure), scale=scale, digits=digits, unit=unit)) for figure, what, scale, digits, unit in MACHINE]
    rows = [row for row in rows if row[1]]
    return table(("what the machine asks, without a scheduler", "median"), rows) if rows else ""


def part_tables(lines):
    """Where the CPU goes, per job of the end-to-end measure."""
    out = []
    for batch in lines.settings("e2e", "batch"):
        every = lines.where("e2e", batch=batch)
        rows = [(name, spread([line[figure] for line in every], digits=1))
                for figure, name in (("server_cpu_us", "scheduler"), ("workers_cpu_us", "worker processes"), ("client_cpu_us", "load generator"))]
        for name in sorted({name for line in every for name in line["server_threads"]}):
            rows.append((f"scheduler, thread `{name}`", spread([line["server_threads"].get(name, 0) for line in every], digits=1)))
        out.append(table((f"end to end, {'single submits' if batch == 1 else f'batches of {batch:,}'}", "CPU per job, µs"), rows))
    return "\n\n".join(out)


def call_table(lines):
    def cell(call, figure):
        return spread(lines.values("call", figure, call=call), scale=0.001, digits=2)

    rows = [(f"`{call}`", cell(call, "p50_us"), cell(call, "p99_us")) for call in dict.fromkeys(line["call"] for line in lines.where("call"))]
    return table(("call", "p50 ms", "p99 ms"), rows) if rows else ""


PEER_COLUMNS = (("submit", "per_second", 1, 0, "single submits /s"), ("bulk", "per_second", 1, 0, "bulk /s"), ("drain", "per_second", 1, 0, "drain /s"),
                ("e2e", "per_second", 1, 0, "end to end /s"), ("latency", "p50_us", 0.001, 2, "p50 ms"), ("latency", "p99_us", 0.001, 2, "p99 ms"),
                ("memory", "bytes_per_job", 1, 0, "bytes per waiting job"), ("exec", "per_second", 1, 0, "processes /s"))


def peer_tables(lines):
    systems = list(dict.fromkeys((line["system"], line["durability"]) for line in lines.where("peers")))
    if not systems:
        return ""
    columns = [c for c in PEER_COLUMNS if lines.values("peers", c[1], measure=c[0])]
    head = ("system (durability)", *(c[4] for c in columns))

    def values(system, column):
        return lines.values("peers", column[1], measure=column[0], system=system[0], durability=system[1])

    def ratio(system, column, mine):
        ours, theirs = values(mine, column), values(system, column)
        if not ours or not theirs:
            return "–"
        us, them = statistics.median(ours), statistics.median(theirs)
        return f"{(us / them if column[1] == 'per_second' else them / us):.2f}"

    def named_rows(some, cell):
        return [(f"{system[0]} ({system[1]})", *(cell(system, c) for c in columns)) for system in some]

    measured = table(head, named_rows(systems, lambda system, c: spread(values(system, c), scale=c[2], digits=c[3]) or "–"))
    own = [system for system in systems if system[0] == "Callboard"]
    others = [system for system in systems if system not in own]
    level = {(line["system"], line["durability"]): line.get("like", "fsync") for line in lines.where("peers")}
    twin = {system: next((mine for mine in own if level[mine] == level[system]), own[0]) for system in others}
    strict = table(head, named_rows(others, lambda system, c: ratio(system, c, own[0])))
    equal = table(("system (durability)", "Callboard with", *head[1:]),
                  [(f"{s[0]} ({s[1]})", level[s], *(ratio(s, c, twin[s]) for c in columns)) for s in others])
    return (f"{measured}\n\nCallboard with fsync before every answer against each, from the medians; above 1 is better for Callboard:\n\n{strict}\n\n"
            f"Callboard with the durability that promises about as much:\n\n{equal}")


def by_depth(lines, bench, name, figure):
    out = []
    for depth in lines.settings(bench, name):
        values = lines.values(bench, figure, **{name: depth})
        if values:
            out.append((depth, statistics.median(values), min(values), max(values)))
    return out


def latency_series(lines):
    names = (("p50_us", "p50"), ("p90_us", "p90"), ("p99_us", "p99"), ("p999_us", "p99.9"), ("max_us", "max"))

    def taken(bench, **setup):
        medians = {short: lines.values(bench, figure, **setup) for figure, short in names}
        return {short: statistics.median(v) / 1000 for short, v in medians.items() if v}

    out = []
    for rate in dict.fromkeys(line["rate"] for line in lines.where("latency")):
        label = "half of the end-to-end rate" if isinstance(rate, str) else f"{rate:g} jobs/s"
        out.append((f"Callboard, {label}", taken("latency", rate=rate)))
    for system in ("beanstalkd", "BullMQ", "Sidekiq"):
        # With the same promise where there is one: fsync before the answer.
        for durability in dict.fromkeys(line["durability"] for line in lines.where("peers", measure="latency", system=system)):
            if "each write" in durability:
                out.append((f"{system}, fsync, 200 jobs/s", taken("peers", measure="latency", system=system, durability=durability)))
    return [(name, points) for name, points in out if points]


def draw(lines, folder):
    """Writes the charts that there are figures for; what shows them in a document."""
    drawn = (("performance-depth.svg", "Drain rate and memory by queue depth",
              charts.depth_chart(by_depth(lines, "drain", "jobs", "per_second"), by_depth(lines, "memory", "depth", "settled_bytes_per_job"))),
             ("performance-latency.svg", "Latency by percentile", charts.latency_chart(latency_series(lines))))
    shown = []
    for name, title, svg in drawn:
        if svg:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(svg)
            shown.append(f"![{title}]({name})")
    return "\n\n".join(shown)


def fill_in(document, sections):
    """Replaces what stands between the marks of each section that has something."""
    with open(document, encoding="utf-8") as f:
        text = f.read()
    for name, content in sections.items():
        begin, end = f"<!-- report:{name} -->", f"<!-- /report:{name} -->"
        before, mark, rest = text.partition(begin)
        old, closing, after = rest.partition(end)
        if content and mark and closing:
            text = f"{before}{begin}\n{content}\n{end}{after}"
        elif content:
            print(f"report: {document} has no place for {name}", file=sys.stderr)
    with open(document, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+", help="JSON lines")
    p.add_argument("--charts", default="", help="folder for performance-depth.svg and performance-latency.svg")
    p.add_argument("--document", default="", help="Markdown file whose marked sections are filled in")
    given = p.parse_args()
    try:
        lines = Lines(given.files)
        sections = {"machine": machine_table(lines), "goals": goal_table(lines), "parts": part_tables(lines), "calls": call_table(lines), "peers": peer_tables(lines)}
        print("\n\n".join(content for content in sections.values() if content))
        if given.charts:
            sections["charts"] = draw(lines, given.charts)
        if given.document:
            fill_in(given.document, sections)
    except (OSError, ValueError) as why:
        sys.exit(f"report: {why}")


if __name__ == "__main__":
    main()
