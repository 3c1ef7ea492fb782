"""What the documents name exists: files, folders, functions and tests in code quotes, and the targets of links.

Checked in README.md and docs/*.md, outside fenced blocks:
  `core/job/job.hpp`, `core/job/`            a path that begins with a folder of the tree
  `job_machine.hpp`                          a source file by its name alone, anywhere in the tree
  `actors/scheduler/job.cpp:load`            a name in that file's code; `manager::submit` and `submit()` are looked up as submit
  `tests/core/x_test.cpp:"what it shows"`    a text in that file, such as the name of a test
  [text](docs/api.md), [text](#heading)      a file, relative to the document, and a heading
The matrix of states and events in docs/ARCHITECTURE.md is that of core/job/job_machine.hpp.
"""
import os
import re

import rules

FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.S | re.M)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^()\s]+)\)")
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
REFERENCE = re.compile(r'([\w.-]+(?:/[\w.-]+)*\.\w+):(?:"([^"]+)"|([A-Za-z_~][\w:~]*)(?:\(\))?)')
BARE = re.compile(r"[\w-]+\.(?:cpp|hpp|py|sh|cmake)")
HEADING = re.compile(r"^#+ +(.*)$", re.M)


def is_document(path):
    return path == "README.md" or (path.startswith("docs/") and path.endswith(".md"))


def blanked(text):
    """Without fenced blocks; line numbers stay."""
    return FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def anchor(heading):
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")


class Tree:
    """The files of the project: `texts` is path -> text (None: not read), folders follow from it."""

    def __init__(self, texts):
        self.texts = texts
        self.folders = {"/".join(path.split("/")[:n]) for path in texts for n in range(1, path.count("/") + 1)}
        self.tops = {path.split("/")[0] for path in texts if "/" in path}
        self.names = {path.rsplit("/", 1)[-1] for path in texts}

    def has(self, path):
        return path in self.texts or path in self.folders


def wrong_reference(tree, path, words, name):
    text = tree.texts.get(path)
    if text is None:
        return f"{path} is not in the tree"
    if words is not None:
        return None if words in text else f'{path} does not contain "{words}"'
    name = name.rsplit("::", 1)[-1]
    code = rules.without_comments(text) if rules.is_cpp(path) else text
    return None if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", code) else f"{path} has no {name}"


def wrong_span(tree, span):
    """Why a code quote names something that is not there, or nothing."""
    found = REFERENCE.fullmatch(span)
    if found and (found.group(1).split("/")[0] in tree.tops or BARE.fullmatch(found.group(1))):
        return wrong_reference(tree, *found.groups())
    if PATH.fullmatch(span) and "/" in span and span.split("/")[0] in tree.tops:
        return None if tree.has(span.rstrip("/")) else f"{span} is not in the tree"
    if BARE.fullmatch(span) and span not in tree.names:
        return f"no file of the tree is called {span}"
    return None


def wrong_link(tree, document, target):
    if re.match(r"[a-z]+:", target):
        return None
    file, _, heading = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(document), file)).replace(os.sep, "/") if file else document
    if not tree.has(path):
        return f"the link to {target} leads nowhere"
    if heading and path.endswith(".md"):
        if heading not in {anchor(h) for h in HEADING.findall(blanked(tree.texts[path]))}:
            return f"{path} has no heading #{heading}"
    return None


MACHINE, MATRIX = "core/job/job_machine.hpp", "docs/ARCHITECTURE.md"
EDGE = re.compile(r"job_edge\{job_state::(\w+), job_event::(\w+), job_state::(\w+)\}")


def wrong_matrix(texts):
    """The state table of the document against that of the code: (line, message) of each cell that differs."""
    if MACHINE not in texts or MATRIX not in texts:
        return
    edges = {(state, event): to for state, event, to in EDGE.findall(texts[MACHINE])}
    drawn, states = {}, []
    for number, line in rules.numbered(texts[MATRIX]):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "event":
            states = cells[1:]
        elif not line.startswith("|"):
            states = []
        elif states and not cells[0].startswith("-"):
            drawn.update({(state, cells[0]): (number, to) for state, to in zip(states, cells[1:]) if to != "–"})
    for key in sorted(edges.keys() | drawn.keys()):
        line, to = drawn.get(key, (1, None))
        if to != edges.get(key):
            yield line, f"the matrix leads from {key[0]} on {key[1]} to {to}, and {MACHINE} to {edges.get(key)}"


def check(texts):
    """Yields (path, line, message) of every document in `texts`."""
    for line, why in wrong_matrix(texts):
        yield MATRIX, line, why
    tree = Tree(texts)
    for path in sorted(filter(is_document, texts)):
        text = blanked(texts[path])
        found = [(m.start(), wrong_span(tree, m.group(1))) for m in SPAN.finditer(text)]
        found += [(m.start(), wrong_link(tree, path, m.group(1))) for m in LINK.finditer(text)]
        for at, why in sorted(pair for pair in found if pair[1]):
            yield path, text.count("\n", 0, at) + 1, why
