"""Checks every text file of the project against rules.py. Usage: tidy.py ROOT"""
import os
import sys

import documents
import rules

FOLDERS = sorted(rules.FOLDERS) + ["tests", "docs", "web", "examples", "scripts", "cmake", "clients"]
TOP = ["CMakeLists.txt", "CMakePresets.json", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "callboard.sh"]
# The rules name what they forbid.
EXEMPT = "tests/tidy/"


def files(root):
    for name in TOP:
        if os.path.exists(os.path.join(root, name)):
            yield name
    for folder in FOLDERS:
        for directory, below, names in os.walk(os.path.join(root, folder)):
            below[:] = sorted(d for d in below if d not in ("__pycache__", "node_modules"))
            for name in sorted(names):
                path = os.path.relpath(os.path.join(directory, name), root).replace(os.sep, "/")
                if path.endswith(rules.TEXT) and not path.startswith(EXEMPT):
                    yield path


def everything(root, texts):
    """`texts` and the files that no rule looks at, so that documents may name them."""
    known = dict(texts)
    for directory, below, names in os.walk(root):
        below[:] = [d for d in below if d not in ("__pycache__", "node_modules", "build", ".git")]
        for name in names:
            path = os.path.relpath(os.path.join(directory, name), root).replace(os.sep, "/")
            if path not in known:
                with open(os.path.join(root, path), encoding="utf-8", errors="replace") as source:
                    known[path] = source.read()
    return known


def main():
    root = sys.argv[1]
    looked_at = failures = 0
    texts = {}
    for path in files(root):
        with open(os.path.join(root, path), encoding="utf-8") as source:
            try:
                text = source.read()
            except UnicodeDecodeError as why:
                print(f"{path}:1: not UTF-8: {why}")
                failures += 1
                continue
        looked_at += 1
        texts[path] = text
        for check in rules.checks():
            for line, message in check(path, text):
                print(f"{path}:{line}: {check.__name__}: {message}")
                failures += 1
        if path.endswith(rules.CPP) and text.count("\n") > rules.LINES_WARN:
            print(f"{path}:1: note: {text.count(chr(10))} lines; aim below {rules.LINES_WARN}")
    for path, line, message in rules.types_defined_twice(texts):
        print(f"{path}:{line}: types_defined_twice: {message}")
        failures += 1
    for path, line, message in rules.sources_not_built(texts):
        print(f"{path}:{line}: sources_not_built: {message}")
        failures += 1
    for path, line, message in documents.check(everything(root, texts)):
        print(f"{path}:{line}: documents: {message}")
        failures += 1
    print(f"tidy: {looked_at} files, {failures} findings")
    if looked_at == 0:
        print("tidy: nothing found below the root given")
    sys.exit(1 if failures or looked_at == 0 else 0)


if __name__ == "__main__":
    main()
