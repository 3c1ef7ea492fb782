"""Whether the types of the clients are those of the description, and the Python client is for Python 3.9."""
import ast
import os
import re
import subprocess
import sys
import typing
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLIENT = os.path.join(ROOT, "clients", "python")
TYPESCRIPT = os.path.join(ROOT, "clients", "typescript", "src", "types")
sys.path[:0] = [CLIENT, os.path.join(ROOT, "clients")]
import callboard.types  # pylint: disable=wrong-import-position
from generator import python, reading, typescript  # pylint: disable=wrong-import-position


class Generated(unittest.TestCase):
    def test_the_types_are_up_to_date(self):
        end = subprocess.run([sys.executable, "-B", os.path.join(ROOT, "clients", "generate.py"), "--check"], capture_output=True, text=True,
                             check=False)
        self.assertEqual((0, ""), (end.returncode, end.stdout + end.stderr))

    def test_both_languages_have_the_same_types(self):
        declared = set()
        for name in os.listdir(TYPESCRIPT):
            with open(os.path.join(TYPESCRIPT, name), encoding="utf-8") as source:
                declared |= set(re.findall(r"^export (?:interface|type) (\w+)", source.read(), re.M))
        named = {name for name in vars(callboard.types) if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name)}
        self.assertIn("Job", named)
        self.assertEqual(set(), named - declared)

    def test_members_are_those_of_the_interface(self):
        job = callboard.types.Job
        self.assertLessEqual({"id", "status", "retryPolicy"}, job.__required_keys__ if sys.version_info >= (3, 10) else set(job.__annotations__))
        self.assertIn("result", job.__optional_keys__)
        self.assertIn("queued", typing.get_args(callboard.types.JobStatus))
        self.assertEqual(404, callboard.types.ERROR_STATUS["unknown_job"])

    def test_it_is_python_3_9_and_needs_nothing_else(self):
        count = 0
        for folder, _, names in os.walk(os.path.join(CLIENT, "callboard")):
            for name in names:
                if not name.endswith(".py"):
                    continue
                count += 1
                with open(os.path.join(folder, name), encoding="utf-8") as source:
                    tree = ast.parse(source.read(), feature_version=(3, 9))
                for node in ast.walk(tree):
                    imported = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                        [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
                    for module in imported:
                        self.assertIn(module.split(".")[0], sys.stdlib_module_names, f"{name} imports {module}")
        self.assertGreater(count, 10)


def item(**members):
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


class Writers(unittest.TestCase):
    """What is rare in the description, and easy to get wrong."""

    def written(self, **schemas):
        """The declarations in Python and in TypeScript."""
        found = reading.modules([("schemas_some", {"components": {"schemas": schemas}})])
        of_python = python.files(found)["some.py"]
        compile(of_python, "some.py", "exec")
        return of_python, typescript.files(found)["some.ts"]

    def test_one_part_may_require_what_another_has(self):
        limit = {"type": "object", "properties": {"paused": {"type": "boolean"}}}
        use = {"type": "object", "properties": {"ready": {"type": "integer"}}, "required": ["paused"]}
        parts = [{"$ref": "#/components/schemas/Limit"}, {"$ref": "#/components/schemas/Use"}]
        of_python, of_typescript = self.written(Limit=limit, Use=use, Queue={"allOf": parts})
        self.assertIn("class _Queue(TypedDict):\n    paused: bool\n", of_python)
        self.assertIn("interface Queue {\n  paused: boolean;\n  ready?: number;\n}", of_typescript)

    def test_a_type_within_another_takes_no_name_that_is_taken(self):
        worker = item(resources=item(cpu={"type": "number"}))
        of_python, of_typescript = self.written(Worker=worker, WorkerResources=item(labels={"type": "object"}))
        self.assertIn('    resources: "WorkerResourcesInside"\n', of_python)
        self.assertIn("  resources: WorkerResourcesInside;\n", of_typescript)

    def test_members_whose_names_are_none_of_the_language(self):
        of_python, of_typescript = self.written(Rates={"type": "object", "properties": {"5m": {"type": "number"}, "for": {"type": "string"}}})
        self.assertIn('    "5m": float,\n    "for": str,\n', of_python)
        self.assertIn('  "5m"?: number;\n  for?: string;\n', of_typescript)

    def test_objects_with_members_of_any_name(self):
        states = {"type": "string", "enum": ["up", "down"]}
        counts = {"type": "object", "propertyNames": states, "additionalProperties": {"type": "integer"}}
        offer = {"type": "object", "properties": {"cpu": {"type": "number"}}, "additionalProperties": {"type": "string"}}
        of_python, of_typescript = self.written(Some=counts, All={**counts, "minProperties": 2}, Offer=offer, Any={"type": "object", "additionalProperties": {}})
        self.assertIn('Some = Dict[Literal["up", "down"], int]\n', of_python)
        self.assertIn("Offer = Dict[str, Any]\n", of_python)
        self.assertIn('type Some = Partial<Record<"up" | "down", number>>;', of_typescript)
        self.assertIn('type All = Record<"up" | "down", number>;', of_typescript)
        self.assertIn("type Offer = {\n  cpu?: number;\n  [name: string]: string | number | undefined;\n};", of_typescript)
        self.assertIn("type Any = Record<string, unknown>;", of_typescript)


if __name__ == "__main__":
    unittest.main(verbosity=2)
