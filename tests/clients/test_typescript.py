"""The TypeScript client (clients/typescript): compiled strictly, then its tests (tests/clients/typescript) by Node's own runner
against a real scheduler. Whatever was asked and answered there is compared with the description of the interface.

python3 test_typescript.py PROGRAM BUILD_FOLDER [part ...]     parts: client, troubles, scripted, browser, package
"""
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import description  # pylint: disable=wrong-import-position
import npm_packages  # pylint: disable=wrong-import-position
import skips  # pylint: disable=wrong-import-position

CLIENT = os.path.join(ROOT, "clients", "typescript")
RUNS = ("client", "troubles", "scripted", "browser")
# Those whose exchanges are those of a real scheduler.
TALKING = ("client", "troubles")
# Another Node.js than the first of the PATH, such as the oldest one that is supported.
NODE = os.environ.get("CALLBOARD_TEST_NODE", "node")


def compile_all(place):
    """The package as it is in clients/typescript, and its tests in `test/` inside, where `callboard` is its own name."""
    npm_packages.install(CLIENT, place)
    for name, source in (("src", os.path.join(CLIENT, "src")), ("test", os.path.join(HERE, "typescript"))):
        shutil.rmtree(os.path.join(place, name), ignore_errors=True)
        shutil.copytree(source, os.path.join(place, name))
    for name in ("package.json", "tsconfig.json", "README.md"):
        shutil.copy(os.path.join(CLIENT, name), place)
    shutil.rmtree(os.path.join(place, "dist"), ignore_errors=True)
    with open(os.path.join(CLIENT, "README.md"), encoding="utf-8") as text:
        example = re.search(r"```ts\n(.*?)```", text.read(), re.S).group(1)
    with open(os.path.join(place, "test", "readme.ts"), "w", encoding="utf-8") as out:
        out.write(example)
    compiler = os.path.join(place, "node_modules", "typescript", "bin", "tsc")
    for project in (".", "test"):
        subprocess.run(["node", compiler, "-p", project], cwd=place, check=True)


def check_exchanges(path):
    with open(path, encoding="utf-8") as lines:
        exchanges = [json.loads(line) for line in lines]
    assert exchanges, "the tests asked nothing"
    for one in exchanges:
        description.check(one["method"], one["target"], one["sent"], one["status"], one["value"])
    print(f"{len(exchanges)} exchanges are as described")


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
                assert imported.startswith("."), f"{name}.js imports {imported}"


def main():
    program, build, parts = sys.argv[1], sys.argv[2], sys.argv[3:]
    skips.need({"node": "nodejs", "npm": "npm", "chromium": "chromium"})
    place = os.path.join(build, "tests", "clients", "typescript")
    compile_all(place)
    for part in RUNS:
        if not parts or part in parts:
            run(part, program, place)
    if not parts or "package" in parts:
        check_package(place)


if __name__ == "__main__":
    main()
