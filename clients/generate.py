#!/usr/bin/env python3
"""Writes the types of the clients from the description of the REST interface (http/openapi/).

    generate.py            writes the files
    generate.py --check    says which of them are not as they would be written; exit code 1 if there are any

One module per file of schemas, so that a type is found where its schema is.
"""
import argparse
import os
import sys

from generator import python, reading, typescript

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "http", "openapi"))
import assemble  # pylint: disable=wrong-import-position

# Where the files of a language lie, how their names end, and who writes them.
TARGETS = (("python/callboard/types", ".py", python), ("typescript/src/types", ".ts", typescript))


def stale(folder, ending, wanted, check):
    """How many files of a folder are not as wanted; without `check` they are when it returns."""
    place, count = os.path.join(HERE, folder), 0
    os.makedirs(place, exist_ok=True)
    there = {}
    for name in os.listdir(place):
        if name.endswith(ending):
            with open(os.path.join(place, name), encoding="utf-8") as source:
                there[name] = source.read()
    for name in sorted({*wanted, *there}):
        if wanted.get(name) == there.get(name):
            continue
        count += 1
        if check:
            print(f"clients/{folder}/{name} is not as generate.py writes it; run clients/generate.py")
        elif name in wanted:
            with open(os.path.join(place, name), "w", encoding="utf-8") as out:
                out.write(wanted[name])
        else:
            os.remove(os.path.join(place, name))
    return count


def main():
    parser = argparse.ArgumentParser(description="Writes the types of the clients from the description of the interface.")
    parser.add_argument("--check", action="store_true", help="write nothing; say what would change")
    check = parser.parse_args().check
    modules = reading.modules(assemble.fragments())
    count = sum(stale(folder, ending, writer.files(modules), check) for folder, ending, writer in TARGETS)
    return 1 if check and count else 0


if __name__ == "__main__":
    sys.exit(main())
