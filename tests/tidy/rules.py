"""The rules of the house that neither the compiler nor clang-tidy checks.

A rule is a function (path, text) -> iterable of (line number, message). `path` is relative to the project's root and has
forward slashes. Every rule is in RULES with an example that breaks it; self_test.py proves that the example is caught.
"""
import re

CPP = (".cpp", ".hpp")
TEXT = CPP + (".py", ".sh", ".cmake", ".txt", ".json", ".toml", ".js", ".css", ".html", ".md", ".yml", ".yaml")

# Which folders a folder may include. Dependencies point one way: what is not listed is refused.
FOLDERS = {
    "core": {"core"},
    "files": {"core", "files"},
    "audit": {"core", "files", "audit"},
    "alerts": {"core", "files", "config", "webhooks", "alerts"},
    "webhooks": {"core", "config", "webhooks"},
    "config": {"core", "files", "config"},
    "storage": {"core", "files", "config", "storage"},
    "process": {"core", "files", "process"},
    "pki": {"core", "files", "pki"},
    "job_types": {"core", "files", "job_types"},
    "handlers": {"core", "files", "config", "job_types", "process", "handlers"},
    "tracing": {"core", "config", "tracing"},
    "http": {"core", "files", "audit", "alerts", "webhooks", "config", "http"},
    "messages": {"core", "files", "config", "storage", "messages"},
    "actors": {"core", "files", "config", "alerts", "webhooks", "storage", "process", "pki", "job_types", "messages", "actors"},
    "actors/worker": {"core", "files", "config", "process", "job_types", "handlers", "messages", "actors"},
    "simulate": {"core", "files", "config", "storage", "http", "simulate"},
    "cli": {"core", "files", "audit", "alerts", "webhooks", "tracing", "config", "storage", "process", "pki", "job_types", "handlers", "http", "messages", "actors", "simulate", "cli"},
    # The load generator itself knows REST only; micro-benchmarks and the fleet of workers are made of the real parts.
    "bench": {"core", "files", "config", "storage", "process", "pki", "job_types", "handlers", "http", "messages", "actors", "bench"},
    "sdk": {"core", "files", "config", "job_types", "process", "handlers", "actors", "cli", "sdk"},
}
# Inside a folder, parts whose order matters too: part -> parts of the same folder that it may include.
PARTS = {
    "core/base": set(),
    "core/calendar": {"core/base", "core/placement", "core/job"},
    "core/placement": {"core/base"},
    "core/job": {"core/base", "core/placement"},
    "core/measure": {"core/base", "core/job"},
    "core/reports": {"core/base", "core/placement", "core/job", "core/measure"},
    "core/index": {"core/base", "core/placement", "core/job"},
    "core/alerts": {"core/base", "core/placement", "core/job", "core/scheduler"},
    "core/webhooks": {"core/base", "core/job", "core/scheduler"},
    "core/scheduler": {"core/base", "core/calendar", "core/placement", "core/job", "core/measure", "core/index"},
    "process": set(),
    "process/cgroup": {"process"},
    "job_types": set(),
    "job_types/builtin": {"job_types"},
    "http": set(),
    "http/json": {"http"},
    "http/openapi": set(),
    "http/api": {"http", "http/json", "http/openapi"},
    "http/web": {"http", "http/json", "http/openapi", "http/api"},
    "http/server": {"http", "http/json", "http/api", "http/web"},
    "actors/runtime": set(),
    "actors/scheduler": {"actors/runtime"},
    "actors/fleet": {"actors/runtime"},
    "actors/worker": {"actors/runtime"},
}
# One header of a folder that is otherwise out of sight, with the reason.
SINGLE_HEADERS = {
    ("actors", "http/api/backend.hpp"): "the gateway implements it",
}
# Third parties by the first part of their path, and who may see them. Everything else is for whoever needs it.
THIRD_PARTY = {
    "caf": {"messages", "actors", "cli", "bench"},
    "boost": {"http", "cli", "bench"},
    "rocksdb": {"storage"},
    "curl": {"handlers", "cli"},
    "sqlite3.h": {"handlers"},
    "valijson": {"job_types"},
    "toml++": {"config"},
    "re2": {"job_types"},
    "CLI": {"cli", "sdk", "bench"},
}
# Containers of a library whose other parts are for few: no one's business but their user's.
CONTAINERS = ("boost/unordered/",)
# The standard library's headers have neither a dot nor a slash.
STANDARD = re.compile(r"^[a-z_0-9]+$")

LINES_MAX = 400
LINES_WARN = 300

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    return path.split("/", 1)[0]


def part_of(path):
    """The folder that a file lies in: core/job of core/job/job.hpp."""
    return path.rsplit("/", 1)[0]


def is_cpp(path):
    return path.endswith(CPP)


def without_comments(text):
    """The C++ text with comments and the insides of literals blanked; line numbers stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])\'(?:\\.|[^\'\\\n])\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def numbered(text):
    return enumerate(text.splitlines(), start=1)


def matches(text, pattern, message):
    for number, line in numbered(text):
        found = pattern.search(line)
        if found:
            yield number, message.format(found.group())


def include_direction(path, text):
    folder = folder_of(path)
    if folder not in FOLDERS or not is_cpp(path):
        return
    part = part_of(path)
    allowed = FOLDERS.get(part, FOLDERS[folder])
    for number, line in numbered(text):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, name = found.groups()
        first = name.split("/", 1)[0]
        if kind == '"':
            if (folder, name) in SINGLE_HEADERS:
                continue
            if first in FOLDERS and first not in allowed:
                yield number, f"{folder}/ must not include {name}: allowed are {', '.join(sorted(allowed))}"
            elif first == folder and part_of(name) != part and part_of(name) not in PARTS.get(part, {part_of(name)}):
                yield number, f"{part}/ must not include {name}: the order of parts is in PARTS"
            elif first not in FOLDERS and first != "tests":
                yield number, f"{name}: include project headers from the root, third parties with <>"
            elif first == "tests":
                yield number, f"{folder}/ must not include {name}"
        elif folder == "core":
            if not STANDARD.match(name):
                yield number, f"core/ is pure: the standard library only, not <{name}>"
        elif first in THIRD_PARTY and folder not in THIRD_PARTY[first] and not name.startswith(CONTAINERS):
            yield number, f"{folder}/ must not include <{name}>: only {', '.join(sorted(THIRD_PARTY[first]))} may"


def file_length(path, text):
    if not path.endswith(CPP + (".py", ".sh", ".js", ".css")):
        return
    lines = text.count("\n")
    if lines > LINES_MAX:
        yield 1, f"{lines} lines; {LINES_MAX} is the limit: split by idea"


UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def unfinished(path, text):
    yield from matches(text, UNFINISHED, "{}: do it or leave it, but do not promise it")


ALWAYS_TRUE = re.compile(r"\b(?:REQUIRE|CHECK|SUCCEED|RC_ASSERT)\s*\(\s*(?:true|1|!false)?\s*\)")


def assertion_without_content(path, text):
    if is_cpp(path):
        yield from matches(without_comments(text), ALWAYS_TRUE, "{} cannot fail")


SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(")
PYTHON_SLEEP = re.compile(r"\bsleep\s*\(")


def sleeping(path, text):
    if is_cpp(path) and folder_of(path) != "bench":
        yield from matches(without_comments(text), SLEEP, "{}...): wait for what is expected, not for time")
    elif path.endswith(".py") and folder_of(path) == "tests" and path != "tests/e2e/harness.py":
        # harness.wait_until is the one place that polls.
        yield from matches(text, PYTHON_SLEEP, "{}...): use wait_until of tests/e2e/harness.py")


LINK = re.compile(r"\blink_to\b|\bcaf::linked\b|<\s*linked\b")


def actor_links(path, text):
    if is_cpp(path):
        yield from matches(without_comments(text), LINK, "{}: monitor, never link; a killed child would take its supervisor along")


INFINITE = re.compile(r"\b(?:caf::)?infinite\b")
# CAF 0.17 never takes a request's timeout back, so inside one process, where an actor answers or its end does, waiting
# without one is right. Across the network it never is. By the beginning of the path, with the reason.
INFINITE_ALLOWED = {
    "actors/fleet/autoscaler.cpp": "in process; the root restarts it with whom it asks",
    "actors/runtime/inspector.cpp": "in process; the root restarts it with whom it asks",
    "actors/fleet/local_fleet.cpp": "in process, monitored",
    "actors/scheduler/scheduler_shell.cpp": "asks the store's actors, in this process",
    "actors/scheduler/store_reader.cpp": "asks the queue manager, whose end is its own",
    "cli/serve.cpp": "asks the root, in this process",
    "actors/root.cpp": "asks its children; the shutdown's watchdog bounds it",
    "actors/fleet/fleet_views.cpp": "its own children, whose end also ends the request",
    "actors/fleet/worker_supervisor.cpp": "asks its children, the queue manager and the middleman, in this process",
}


def endless_requests(path, text):
    if is_cpp(path) and folder_of(path) in ("actors", "messages", "cli") and not path.startswith(tuple(INFINITE_ALLOWED)):
        yield from matches(without_comments(text), INFINITE, "{}: every request has a timeout")


DELAYED = re.compile(r"\bdelayed_(?:anon_)?send\b")
# One timekeeper serves the scheduler's timers. By the beginning of the path, with the reason.
DELAYED_ALLOWED = {
    "actors/runtime/timekeeper.": "it is the timekeeper",
    "actors/root.cpp": "the timekeeper is one of its children",
    "actors/fleet/fleet_views.cpp": "its own children, whose end also ends the request",
    "actors/fleet/worker_supervisor.": "pauses before a restart",
    "actors/worker/worker_node.cpp": "a worker's process has no timekeeper; one tick, with a generation",
}


def delayed_messages(path, text):
    if is_cpp(path) and folder_of(path) in ("actors", "cli", "messages", "http") and not path.startswith(tuple(DELAYED_ALLOWED)):
        yield from matches(without_comments(text), DELAYED, "{} pins its receiver and cannot be taken back: ask the timekeeper")


MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work|mnt|media)/[\w.-]+")


def machine_paths(path, text):
    yield from matches(text, MACHINE_PATH, "{}: a path of one machine")


STATE = re.compile(r"\b(?:struct|class)\s+(\w+_state)\b[^;{()]*\{")


def state_constructor(path, text):
    """An aggregate state would be filled from the actor's own pointer: CAF 0.17 calls State(self) where that compiles."""
    if not is_cpp(path) or folder_of(path) != "actors":
        return
    code = without_comments(text)
    for found in STATE.finditer(code):
        name, depth, end = found.group(1), 1, found.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        if not re.search(rf"\b{name}\s*\(", code[found.end():end]):
            yield code.count("\n", 0, found.start()) + 1, f"{name} needs a declared constructor, or CAF fills it from a pointer"


# name -> (rule, path of a bad example, its text, path of a good example, its text)
def test_name(path, text):
    """CMake splits a name at a semicolon, and Catch takes a leading dash for a flag: ctest would run something else."""
    if path.startswith("tests/") and path.endswith(".cpp"):
        for n, line in enumerate(text.splitlines(), 1):
            match = re.search(r'TEST_CASE\w*\(.*?"((?:\\.|[^"\\])*)"', line)
            if match and (";" in match.group(1) or match.group(1).startswith("-")):
                yield n, "a test's name has no semicolon and does not start with a dash"


RULES = {
    "test name": (test_name, "tests/x/a.cpp", 'TEST_CASE("a; b") {\n', "tests/x/a.cpp", 'TEST_CASE("a, b") {\n  f(";");\n'),
    "include direction": (include_direction, "core/x.hpp", '#include "storage/store.hpp"\n', "storage/x.hpp", '#include "core/base/ids.hpp"\n'),
    "core is pure": (include_direction, "core/x.hpp", "#include <boost/json.hpp>\n", "core/x.hpp", "#include <vector>\n"),
    "http knows no actors": (include_direction, "http/x.cpp", "#include <caf/all.hpp>\n", "http/api/x.cpp", '#include "http/api/backend.hpp"\n'),
    "actors know only the backend": (include_direction, "actors/x.cpp", '#include "http/server/session.hpp"\n', "actors/x.cpp", '#include "http/api/backend.hpp"\n'),
    "the scheduler knows no job code": (include_direction, "actors/fleet/x.cpp", '#include "handlers/registry.hpp"\n', "actors/worker/x.cpp", '#include "handlers/registry.hpp"\n'),
    "parts of a folder": (include_direction, "core/base/x.hpp", '#include "core/job/job.hpp"\n', "core/job/x.hpp", '#include "core/base/ids.hpp"\n'),
    "rocksdb stays in storage": (include_direction, "actors/x.cpp", "#include <rocksdb/db.h>\n", "storage/x.cpp", "#include <rocksdb/db.h>\n"),
    "file length": (file_length, "core/x.cpp", "\n" * (LINES_MAX + 1), "core/x.cpp", "\n" * LINES_MAX),
    "unfinished": (unfinished, "core/x.cpp", "// TO" "DO later\n", "core/x.cpp", "// to do it later is fine\n"),
    "assertion without content": (assertion_without_content, "tests/core/x.cpp", "REQUIRE(true);\n", "tests/core/x.cpp", "REQUIRE(x); // not REQUIRE(true)\n"),
    "sleeping": (sleeping, "tests/core/x.cpp", "std::this_thread::sleep_for(1ms);\n", "bench/x.cpp", "std::this_thread::sleep_for(1ms);\n"),
    "sleeping in Python": (sleeping, "tests/e2e/x.py", "time.sleep(1)\n", "tests/e2e/harness.py", "time.sleep(1)\n"),
    "actor links": (actor_links, "actors/x.cpp", "self->link_to(other);\n", "actors/x.cpp", "// never link_to\nself->monitor(other);\n"),
    "endless requests": (endless_requests, "actors/x.cpp", "self->request(a, caf::infinite, b);\n", "actors/x.cpp", "self->request(a, timeout, b);\n"),
    "delayed messages": (delayed_messages, "actors/scheduler/job.cpp", "self->delayed_send(self, 1s, t);\n", "actors/runtime/timekeeper.cpp", "self->delayed_send(self, 1s, t);\n"),
    "machine paths": (machine_paths, "docs/x.md", "see /ho" "me/me/callboard\n", "docs/x.md", "see /usr/lib/home/x and ./work/x\n"),
    "state constructor": (state_constructor, "actors/x.hpp", "struct job_state {\n bool b; };\n", "actors/x.hpp", "struct job_state {\n job_state() = default; bool b; };\n"),
}


def checks():
    """Every rule's function once."""
    seen = []
    for rule, *_ in RULES.values():
        if rule not in seen:
            seen.append(rule)
    return seen


TYPE_DEFINITION = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?\s*(?:[:{]|$)", re.M)


def types_defined_twice(texts):
    """One name, one type: two headers that define a type of the same name break the one-definition rule, and the linker
    quietly takes the functions of either. `texts` is path -> text of all files; yields (path, line, message)."""
    seen = {}
    for path, text in sorted(texts.items()):
        if not path.endswith(".hpp") or path.startswith(("tests/", "bench/")):  # programs of their own
            continue
        for match in TYPE_DEFINITION.finditer(without_comments(text)):
            name = match.group(1)
            if name in seen and seen[name] != path:
                line = text.count("\n", 0, match.start()) + 1
                yield path, line, f"{name} is defined in {seen[name]} too"
            seen.setdefault(name, path)


def sources_not_built(texts):
    """Every source file of C++ is named in a CMakeLists.txt of its folder or of one above: another one rots unseen.
    `texts` is path -> text of all files; yields (path, line, message)."""
    for path in sorted(texts):
        if not path.endswith(".cpp"):
            continue
        folder, named = part_of(path), False
        while not named:
            relative = path[len(folder) + 1:] if folder else path
            text = texts.get(f"{folder}/CMakeLists.txt" if folder else "CMakeLists.txt", "")
            named = re.search(rf"(?<![\w./-]){re.escape(relative)}(?![\w.])", text) is not None
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        if not named:
            yield path, 1, "no CMakeLists.txt names it: it is not built"
