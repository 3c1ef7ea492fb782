"""Charts as SVG, by hand: a few lines over a logarithmic axis need no library."""
import math

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 44, 46
INK, MUTED, GRID = "#1f2328", "#59636e", "#d8dee4"
# In this order, and never by rank: a system keeps its colour whichever others are there.
COLOURS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#9a6700")
FONT = "font-family='system-ui, -apple-system, Segoe UI, sans-serif'"


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text(x, y, content, size=12, anchor="start", fill=INK, weight="normal"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' fill='{fill}' font-weight='{weight}' {FONT}>"
            f"{escape(content)}</text>")


def short(n):
    """1500 as 1.5 k, 10000 as 10 k."""
    for unit, letter in ((1e6, " M"), (1e3, " k")):
        if n >= unit:
            return f"{n / unit:g}{letter}"
    return f"{n:g}"


def round_up(value):
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    for step in (1, 2, 2.5, 5, 10):
        if step * power >= value * 0.999:
            return step * power
    return 10 * power


class Linear:
    def __init__(self, high):
        self.high = round_up(high)

    def at(self, value):
        return value / self.high

    def ticks(self):
        return [self.high * i / 4 for i in range(5)]


class Log:
    def __init__(self, low, high):
        self.low, self.high = math.floor(math.log10(low)), max(math.ceil(math.log10(high)), math.floor(math.log10(low)) + 1)

    def at(self, value):
        return (math.log10(value) - self.low) / (self.high - self.low)

    def ticks(self):
        return [10.0**n for n in range(self.low, self.high + 1)]


class Steps:
    """Names at equal distances."""

    def __init__(self, names):
        self.names = names

    def at(self, name):
        return (self.names.index(name) + 0.5) / len(self.names)

    def ticks(self):
        return self.names


def panel(title, unit, x_label, x, y, series, goal=None, left=0):
    """One plot. `series` is a list of (name, colour, [(x, y, low, high)]); low and high may be None."""
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def px(value):
        return left + LEFT + x.at(value) * wide

    def py(value):
        return TOP + (1 - y.at(value)) * high

    out = [text(left + LEFT, 20, title, 14, weight="600"), text(left + LEFT, 36, unit, 11, fill=MUTED)]
    for tick in y.ticks():
        out.append(f"<line x1='{left + LEFT}' x2='{left + LEFT + wide}' y1='{py(tick):.1f}' y2='{py(tick):.1f}' stroke='{GRID}'/>")
        out.append(text(left + LEFT - 8, py(tick) + 4, short(tick), 11, "end", MUTED))
    for tick in x.ticks():
        out.append(text(px(tick), TOP + high + 18, tick if isinstance(tick, str) else short(tick), 11, "middle", MUTED))
    out.append(text(left + LEFT + wide / 2, TOP + high + 36, x_label, 11, "middle", MUTED))
    if goal is not None and 0 <= y.at(goal) <= 1:
        out.append(f"<line x1='{left + LEFT}' x2='{left + LEFT + wide}' y1='{py(goal):.1f}' y2='{py(goal):.1f}' stroke='{MUTED}' "
                   "stroke-dasharray='4 4'/>")
        out.append(text(left + LEFT + wide, py(goal) - 5, f"goal {short(goal)}", 11, "end", MUTED))
    for _, colour, points in series:
        for at, _, low, most in points:
            if low is not None and most > low:
                out.append(f"<line x1='{px(at):.1f}' x2='{px(at):.1f}' y1='{py(low):.1f}' y2='{py(most):.1f}' stroke='{colour}' stroke-width='1'/>")
        path = " ".join(f"{px(p[0]):.1f},{py(p[1]):.1f}" for p in points)
        out.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2' stroke-linejoin='round'/>")
        out += [f"<circle cx='{px(p[0]):.1f}' cy='{py(p[1]):.1f}' r='3.5' fill='{colour}' stroke='#ffffff'/>" for p in points]
    return "\n".join(out)


def legend(series, left, top):
    out = []
    for i, (name, colour, _) in enumerate(series):
        y = top + i * 18
        out.append(f"<line x1='{left}' x2='{left + 18}' y1='{y - 4}' y2='{y - 4}' stroke='{colour}' stroke-width='3'/>")
        out.append(text(left + 26, y, name, 12))
    return "\n".join(out)


def document(body, width, height, title):
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}' role='img' "
            f"aria-label='{escape(title)}'>\n<title>{escape(title)}</title>\n<rect width='{width}' height='{height}' fill='#ffffff'/>\n"
            f"{body}\n</svg>\n")


def depth_chart(drain, memory):
    """Rate of a drain and memory per job by the number of waiting jobs: lists of (jobs, median, low, high)."""
    panels = []
    for points, title, unit, goal in ((drain, "Drain", "jobs per second", 80_000), (memory, "Memory", "bytes per waiting job", 120)):
        if not points:
            continue
        x = Log(min(p[0] for p in points), max(p[0] for p in points))
        y = Linear(max(goal, *(p[3] for p in points)) * 1.05)
        panels.append(panel(title, unit, "waiting jobs", x, y, [(title, COLOURS[0], points)], goal, WIDTH * len(panels)))
    return document("\n".join(panels), WIDTH * len(panels), HEIGHT, "Drain rate and memory by queue depth") if panels else None


def latency_chart(series):
    """Percentiles of the time from the intended submit to the start of the handler: a list of (name, {percentile: ms})."""
    names = ["p50", "p90", "p99", "p99.9", "max"]
    lines = [(name, COLOURS[i % len(COLOURS)], [(n, max(taken[n], 0.01), None, None) for n in names if n in taken])
             for i, (name, taken) in enumerate(series)]
    values = [p[1] for _, _, points in lines for p in points]
    if not values:
        return None
    body = panel("From the intended submit to the start of the handler", "milliseconds, logarithmic", "percentile", Steps(names),
                 Log(min(values), max(values)), lines)
    width = WIDTH + 270
    return document(body + "\n" + legend(lines, WIDTH + 4, TOP + 16), width, HEIGHT, "Latency by percentile")
