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
sys.path.insert(0, CLIENT)
import callboard.types  # pylint: disable=wrong-import-position


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
