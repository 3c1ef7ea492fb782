"""The description of the REST interface (http/openapi/), and whether requests and answers are as it says."""
import functools
import os
import re
import sys
import urllib.parse

from jsonschema import Draft202012Validator, FormatChecker, RefResolver
from jsonschema.exceptions import best_match

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "http", "openapi"))
import assemble  # pylint: disable=wrong-import-position

JSON = "application/json"


class Description:
    """Validators are made once per schema, when it is needed first."""

    def __init__(self):
        self.document = assemble.assemble()
        self._resolver = RefResolver("", self.document)
        self._validators = {}
        # A path that is spelled out comes before one with an open segment, as in the server's router.
        paths = sorted(self.document["paths"], key=lambda path: "{" in path)
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/?$"), path) for path in paths]

    def at(self, node):
        """What a node stands for: itself, or what its $ref names."""
        while "$ref" in node:
            node = self.pointed_at(node["$ref"])
        return node

    def pointed_at(self, reference):
        node = self.document
        for name in reference.removeprefix("#/").split("/"):
            node = node[name.replace("~1", "/").replace("~0", "~")]
        return node

    def operation(self, method, target):
        """The operation that answers such a request; None where there is none."""
        path = urllib.parse.urlsplit(target).path
        wanted = "get" if method == "HEAD" else method.lower()
        for pattern, name in self._paths:
            if pattern.match(path) and wanted in self.document["paths"][name]:
                return self.document["paths"][name][wanted]
        return None

    def validator(self, schema):
        key = id(schema)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(schema, resolver=self._resolver, format_checker=FormatChecker())
        return self._validators[key]

    def mistake(self, schema, value):
        """What is wrong with a value, in words; None when it is as the schema says."""
        validator = self.validator(schema)
        if validator.is_valid(value):
            return None
        found = best_match(validator.iter_errors(value))
        return f"at {found.json_path}: {found.message[:600]} (by {'/'.join(map(str, found.absolute_schema_path))})"

    def answer_mistake(self, method, target, status, value):
        """What is wrong with an answer in JSON."""
        operation = self.operation(method, target)
        if operation is None:
            # The server says so: there is no such path, or not this method.
            return None if status in (400, 404, 405) else f"{status}, and it is not described"
        answers = operation["responses"]
        if str(status) not in answers:
            return f"status {status} is not described; described are {', '.join(answers)}"
        content = self.at(answers[str(status)]).get("content", {})
        if JSON not in content:
            return None
        return self.mistake(content[JSON]["schema"], value)

    def request_mistake(self, method, target, value):
        """What is wrong with a body in JSON that the server has accepted."""
        operation = self.operation(method, target)
        if operation is None or "requestBody" not in operation:
            return None
        return self.mistake(operation["requestBody"]["content"][JSON]["schema"], value)


@functools.lru_cache(maxsize=1)
def description():
    """The one of this process."""
    return Description()


def check(method, target, sent, status, value):
    """Fails when a request that was accepted, or an answer, is not as described. `sent`: the body, or None."""
    known = description()
    wrong = known.answer_mistake(method, target, status, value)
    if wrong:
        raise AssertionError(f"{method} {target} was answered {status}, not as http/openapi says: {wrong}")
    # Of a batch some jobs may be refused, whatever its status.
    if sent is None or status >= 300 or (isinstance(value, dict) and value.get("rejected")):
        return
    wrong = known.request_mistake(method, target, sent)
    if wrong:
        raise AssertionError(f"{method} {target} accepted what http/openapi does not describe: {wrong}")
