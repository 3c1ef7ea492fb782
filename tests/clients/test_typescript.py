"""The TypeScript client (clients/typescript): compiled strictly, then its tests (tests/clients/typescript) by Node's own runner
against a real scheduler. Whatever was asked and answered there is compared with the description of the interface.

python3 test_typescript.py PROGRAM BUILD_FOLDER [part ...]     parts: client, troubles, scripted, browser, package
"""
import json
import os
import re
import subprocess
import sys

from typescript_package import NODE, check_exchanges, compile_into
import skips  # found through typescript_package

RUNS = ("client", "troubles", "scripted", "browser")
# Those whose exchanges are those of a real scheduler.
TALKING = ("client", "troubles")


def run(part, program, place):
    exchanges = os.path.join(place, part + ".exchanges")
    if os.path.exists(exchanges):
        os.remove(exchanges)
    subprocess.run([NODE, "--test", f"test/{part}.test.js"], cwd=place, check=True,
                   env={**os.environ, "CALLBOARD_PROGRAM": os.path.abspath(program), "CALLBOARD_EXCHANGES": exchanges})
    if part in TALKING:
        check_exchanges(exchanges)


def check_package(place):
    """What would be published: the compiled files with their types, and a README; it needs nothing at run time."""
    packed = subprocess.run(["npm", "pack", "--dry-run", "--json", "--ignore-scripts"], cwd=place, check=True, capture_output=True, text=True)
    names = {file["path"] for file in json.loads(packed.stdout)[0]["files"]}
    sources = {os.path.relpath(os.path.join(folder, name), os.path.join(place, "src"))[:-len(".ts")]
               for folder, _, files in os.walk(os.path.join(place, "src")) for name in files}
    wanted = {"package.json", "README.md"} | {f"dist/{name}{ending}" for name in sources for ending in (".js", ".d.ts")}
    assert names == wanted, f"the package has {sorted(names ^ wanted)} too many or too few"
    with open(os.path.join(place, "package.json"), encoding="utf-8") as package:
        known = json.load(package)
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & set(known), "it needs nothing at run time"
    for name in sources:
        with open(os.path.join(place, "dist", name + ".js"), encoding="utf-8") as code:
            for imported in re.findall(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""", code.read()):
                # The worker is for Node.js only.
                is_known = imported.startswith(".") or (name.startswith("worker/") and imported.startswith("node:"))
                assert is_known, f"{name}.js imports {imported}"


def main():
    program, build, parts = sys.argv[1], sys.argv[2], sys.argv[3:]
    skips.need({"node": "nodejs", "npm": "npm", "chromium": "chromium"})
    place = os.path.join(build, "tests", "clients", "typescript")
    compile_into(place)
    for part in RUNS:
        if not parts or part in parts:
            run(part, program, place)
    if not parts or "package" in parts:
        check_package(place)


if __name__ == "__main__":
    main()
