"""Whether the types of the Python client are those of the description, and the client is for Python 3.9."""
import ast
import os
import subprocess
import sys
import typing
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLIENT = os.path.join(ROOT, "clients", "python")
sys.path.insert(0, CLIENT)
import callboard.types  # pylint: disable=wrong-import-position


class Generated(unittest.TestCase):
    def test_the_types_are_up_to_date(self):
        end = subprocess.run([sys.executable, "-B", os.path.join(CLIENT, "generate.py"), "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((0, ""), (end.returncode, end.stdout + end.stderr))

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
