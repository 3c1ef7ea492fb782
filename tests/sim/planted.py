"""Each of the planted bugs is found by the simulation.

    python3 planted.py PROGRAM [SEEDS]

One bug after the other is put into the core (core/base/planted_bug.hpp); the simulation has to report it within so many
seeds.
"""
import subprocess
import sys

BUGS = range(1, 43)


def main(program, seeds):
    missed = []
    for bug in BUGS:
        end = subprocess.run([program, "--plant", str(bug), "--seeds", seeds], stdout=subprocess.PIPE, text=True)
        lines = end.stdout.strip().splitlines()
        print(f"bug {bug}: " + (f"{lines[-1]}: {lines[-2].strip()}" if end.returncode == 0 else "not found"), flush=True)
        if end.returncode != 0:
            missed.append(bug)
    if missed:
        print(f"not found within {seeds} seeds: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "2000"))
