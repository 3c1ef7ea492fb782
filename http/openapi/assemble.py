#!/usr/bin/env python3
"""Puts the description of the REST interface together from the JSON files beside this one.

    assemble.py --cpp OUTPUT [--version V]   as a source file of the program (http/openapi/document.hpp)
    assemble.py --json OUTPUT [--version V]  as one JSON document

A file has a `tag` with the `paths` that it describes, `components`, or members of the document itself. What every
operation may answer stands once, in `everyOperation` and `everyBody` of errors.json.
"""
import argparse
import glob
import gzip
import hashlib
import json
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
METHODS = ("get", "put", "post", "delete", "patch")
# The order of the tags for whoever reads them.
ORDER = ("jobs", "batches", "dead_letters", "workflows", "schedules", "templates", "queues", "workers", "work", "actors", "alerts", "webhooks", "reports", "observing", "audit")


class Mistake(Exception):
    """What is wrong with the files, and in which one."""


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} is there twice")
    return dict(pairs)


def fragments():
    """(name, content) of every file: those with tags in their order, then the others."""
    names = [os.path.basename(path)[:-len(".json")] for path in glob.glob(os.path.join(FOLDER, "*.json"))]
    for name in sorted(names, key=lambda n: (ORDER.index(n) if n in ORDER else len(ORDER), n)):
        with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as source:
            try:
                yield name, json.load(source, object_pairs_hook=no_duplicates)
            except ValueError as why:
                raise Mistake(f"{name}.json: {why}") from None


def merge(into, more, where):
    for name, value in more.items():
        if name in into:
            raise Mistake(f"{where}: {name} is described twice")
        into[name] = value


def finish(operation, tag, every, every_body):
    """The operation with its tag and with what every one may answer; what it says itself comes first."""
    common = {**every, **(every_body if "requestBody" in operation else {})}
    answers = {**common, **operation["responses"]}
    return {**operation, "tags": [tag], "responses": dict(sorted(answers.items()))}


def assemble(version="0"):
    """The whole document, as Python values."""
    document, paths, components, tags, parts = {}, {}, {}, [], {}
    for name, content in fragments():
        where = name + ".json"
        tag = content.pop("tag", None)
        if tag:
            tags.append(tag)
        for path, operations in content.pop("paths", {}).items():
            for method, operation in operations.items():
                if method not in METHODS or not tag:
                    raise Mistake(f"{where}: {method} {path}: an operation has a method of HTTP and a file with a tag")
                merge(paths.setdefault(path, {}), {method: (operation, tag["name"])}, f"{where}: {path}")
        for kind, named in content.pop("components", {}).items():
            merge(components.setdefault(kind, {}), named, f"{where}: components.{kind}")
        for rule in ("everyOperation", "everyBody"):
            if rule in content:
                merge(parts, {rule: content.pop(rule)}, where)
        merge(document, content, where)
    document["info"]["version"] = version
    document["tags"] = tags
    document["paths"] = {path: {method: finish(operation, tag, parts["everyOperation"], parts["everyBody"])
                                for method, (operation, tag) in operations.items()}
                         for path, operations in paths.items()}
    document["components"] = components
    return document


def text_of(document):
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def literal(data):
    """A string literal of C++. Octal escapes have three digits at most, so what follows is never taken in."""
    def shown(byte):
        return chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
    return "\n".join('"' + "".join(map(shown, data[at:at + 100])) + '"' for at in range(0, len(data), 100))


def cpp_of(text):
    plain = text.encode()
    packed = gzip.compress(plain, 9, mtime=0)
    tag = hashlib.sha256(plain).hexdigest()[:16]
    return f"""// Written by http/openapi/assemble.py.
#include "http/openapi/document.hpp"

namespace callboard {{

const api_document& openapi_document() {{
  static constexpr api_document document{{"W/\\"{tag}\\"",
std::string_view{{{literal(packed)}, {len(packed)}}},
std::string_view{{{literal(plain)}, {len(plain)}}}}};
  return document;
}}

}} // namespace callboard
"""


def main():
    parser = argparse.ArgumentParser(description="Puts the description of the REST interface together.")
    parser.add_argument("--cpp", metavar="OUTPUT")
    parser.add_argument("--json", metavar="OUTPUT")
    parser.add_argument("--version", default="0", help="of the program")
    wish = parser.parse_args()
    try:
        text = text_of(assemble(wish.version))
    except Mistake as why:
        raise SystemExit(f"assemble.py: {why}") from None
    for path, content in ((wish.json, text + "\n"), (wish.cpp, cpp_of(text))):
        if path:
            with open(path, "w", encoding="utf-8") as out:
                out.write(content)


if __name__ == "__main__":
    main()
