"""Whether the description of the REST interface is sound in itself. What it says is compared with the routes by
openapi_test.cpp, and with a running server by every test in tests/e2e."""
import os
import re
import sys
import unittest

from jsonschema import Draft202012Validator

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from description import JSON, Description  # pylint: disable=wrong-import-position

LINES_MAX = 400


def nodes(value, path="#"):
    """(path, object) of every JSON object in it."""
    if isinstance(value, dict):
        yield path, value
        for name, below in value.items():
            yield from nodes(below, f"{path}/{name}")
    elif isinstance(value, list):
        for i, below in enumerate(value):
            yield from nodes(below, f"{path}/{i}")


class Sound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = Description()
        cls.document = cls.known.document

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def test_every_reference_leads_somewhere(self):
        count = 0
        for path, node in nodes(self.document):
            if isinstance(node.get("$ref"), str):
                with self.subTest(at=path):
                    self.known.pointed_at(node["$ref"])
                    count += 1
        self.assertGreater(count, 100)

    def test_every_component_is_used(self):
        used = {node["$ref"] for _, node in nodes(self.document) if isinstance(node.get("$ref"), str)}
        there = {f"#/components/{kind}/{name}" for kind, named in self.document["components"].items() for name in named}
        self.assertEqual(set(), there - used)

    def test_every_schema_is_one(self):
        schemas = dict(self.document["components"]["schemas"])
        for path, node in nodes(self.document):
            if isinstance(node.get("schema"), dict):
                schemas[path] = node["schema"]
        for path, schema in schemas.items():
            with self.subTest(at=path):
                Draft202012Validator.check_schema(schema)

    def test_operations_have_ids_of_their_own(self):
        ids = [operation["operationId"] for _, _, operation in self.operations()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(ids), 70)

    def test_parameters_of_the_path_are_those_of_the_operation(self):
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                parameters = [self.known.at(p) for p in operation.get("parameters", [])]
                named = [p["name"] for p in parameters if p["in"] == "path"]
                self.assertEqual(re.findall(r"\{(\w+)\}", path), named)
                self.assertTrue(all(p["required"] and "example" in p for p in parameters if p["in"] == "path"))
                self.assertEqual(len(parameters), len({(p["in"], p["name"]) for p in parameters}))

    def test_every_operation_says_what_it_does_and_answers(self):
        tags = {tag["name"] for tag in self.document["tags"]}
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                self.assertTrue(operation["summary"][0].isupper())
                self.assertEqual(1, len(operation["tags"]))
                self.assertIn(operation["tags"][0], tags)
                self.assertTrue(any(status.startswith("2") for status in operation["responses"]))
                for answer in operation["responses"].values():
                    self.assertTrue(self.known.at(answer)["description"])

    def test_examples_follow_their_schemas(self):
        for path, node in nodes(self.document):
            if "schema" not in node or "/example" in path:
                continue
            with self.subTest(at=path):
                if JSON in path.replace("~1", "/"):
                    self.assertIn("example", node, "every body and every answer has an example")
                if "example" in node:
                    self.assertIsNone(self.known.mistake(node["schema"], node["example"]))

    def test_objects_of_ours_are_closed(self):
        """An undocumented member of an answer is a failure, so every object says whether it may have others."""
        def closed(schema):
            return "additionalProperties" in schema or "unevaluatedProperties" in schema
        parts = {node["$ref"] for path, node in nodes(self.document) if re.search(r"/allOf/\d+$", path) and "$ref" in node}
        for path, node in nodes(self.document["components"]["schemas"], "#/components/schemas"):
            if "properties" in node and not re.search(r"/(properties|example|propertyNames)$", path) and path not in parts:
                with self.subTest(at=path):
                    self.assertTrue(closed(node))

    def test_files_are_short(self):
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "http", "openapi")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".json"):
                with open(os.path.join(folder, name), encoding="utf-8") as source:
                    self.assertLessEqual(sum(1 for _ in source), LINES_MAX, f"{name}: split it by idea")


if __name__ == "__main__":
    unittest.main(verbosity=2)
