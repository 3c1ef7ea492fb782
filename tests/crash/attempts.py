"""Never two attempts of a job at a time: what attempts write about themselves, and a check of it.

An attempt appends `begin KEY FENCE TIME` and `end KEY FENCE TIME` to a file outside the database (SCRIPT), TIME being the
monotonic clock of the machine. One that was killed has no end; when it died is not known, but it is dead by the next begin,
or its lock says that it is not: an attempt holds a lock as long as one of its processes lives, and writes `conflict` when
another holds it.
"""
import collections
import re

# $1: the directory of locks and journals, $2: the key, $3: seconds of work. One write per line, so lines do not mix. The
# clock is /proc/uptime, in hundredths of a second.
SCRIPT = r"""
say() { read -r now rest < /proc/uptime; echo "$1 $2 $CALLBOARD_FENCE $now" >> "$dir/journal"; }
dir=$1
exec 9>> "$dir/$2.lock"
if ! flock --nonblock 9; then say conflict "$2"; exit 1; fi
say begin "$2"
sleep "$3"
echo done >> "$dir/$2"
say end "$2"
"""

Line = collections.namedtuple("Line", "word key fence time")
PATTERN = re.compile(r"(begin|end|conflict) (\S+) (\d+) ([0-9.]+)")


def read(path):
    """The lines in the order in which they were written. One write is whole or not there, also when its writer is killed."""
    try:
        with open(path, encoding="ascii") as journal:
            lines = journal.read().splitlines()
    except FileNotFoundError:
        return []
    found = [PATTERN.fullmatch(line) for line in lines]
    if None in found:
        raise AssertionError(f"{path}:{found.index(None) + 1}: no line of an attempt: {lines[found.index(None)]!r}")
    return [Line(m[1], m[2], int(m[3]), float(m[4])) for m in found]


def faults(lines):
    """What contradicts `one attempt at a time, and fences grow`: a sentence each."""
    open_attempt, last_fence, wrong = {}, collections.defaultdict(int), []
    for line in lines:
        who = f"{line.key}, fence {line.fence}"
        if line.word == "conflict":
            wrong.append(f"{who} began at {line.time} while another attempt held the lock: {open_attempt.get(line.key)}")
        elif line.word == "begin":
            if line.fence <= last_fence[line.key]:
                wrong.append(f"{who} began at {line.time} after fence {last_fence[line.key]}")
            last_fence[line.key] = max(line.fence, last_fence[line.key])
            open_attempt[line.key] = line
        else:
            current = open_attempt.get(line.key)
            if current is None or current.fence != line.fence:
                wrong.append(f"{who} ended at {line.time}, in the time of {current}")
            elif line.time < current.time:
                wrong.append(f"{who} ended at {line.time} and began at {current.time}")
            else:
                open_attempt[line.key] = None
    return wrong
