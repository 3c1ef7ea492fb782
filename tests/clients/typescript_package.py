"""The package clients/typescript with its tests, compiled strictly; and what was asked and answered there."""
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

CLIENT = os.path.join(ROOT, "clients", "typescript")
# Another Node.js than the first of the PATH, such as the oldest one that is supported.
NODE = os.environ.get("CALLBOARD_TEST_NODE", "node")


def compile_into(place):
    """The package as it is in clients/typescript, and its tests in `test/` inside, where `callboard` is its own name. The part
    of browsers is compiled by itself first, so that it does without Node.js. The examples of the README are compiled as well."""
    npm_packages.install(CLIENT, place)
    for name, source in (("src", os.path.join(CLIENT, "src")), ("test", os.path.join(HERE, "typescript"))):
        shutil.rmtree(os.path.join(place, name), ignore_errors=True)
        shutil.copytree(source, os.path.join(place, name))
    for name in ("package.json", "tsconfig.json", "tsconfig.worker.json", "README.md"):
        shutil.copy(os.path.join(CLIENT, name), place)
    shutil.rmtree(os.path.join(place, "dist"), ignore_errors=True)
    with open(os.path.join(CLIENT, "README.md"), encoding="utf-8") as text:
        examples = re.findall(r"```ts\n(.*?)```", text.read(), re.S)
    for name, example in zip(("readme", "readme_worker"), examples, strict=True):
        with open(os.path.join(place, "test", name + ".ts"), "w", encoding="utf-8") as out:
            out.write(example)
    compiler = os.path.join(place, "node_modules", "typescript", "bin", "tsc")
    for project in (".", "tsconfig.worker.json", "test"):
        subprocess.run(["node", compiler, "-p", project], cwd=place, check=True)


def check_exchanges(path):
    """Compares them with the description of the interface. A line may be torn by a kill."""
    with open(path, encoding="utf-8") as lines:
        exchanges = [json.loads(line) for line in lines if line.endswith("}\n")]
    assert exchanges, "the tests asked nothing"
    for one in exchanges:
        description.check(one["method"], one["target"], one["sent"], one["status"], one["value"])
    print(f"{len(exchanges)} exchanges are as described")
