#!/usr/bin/env python3
"""Writes callboard/types/ from the description of the REST interface (http/openapi/).

    generate.py            writes the files
    generate.py --check    says which of them are not as they would be written; exit code 1 if there are any

One module per file of schemas, so that a type is found where its schema is.
"""
import argparse
import keyword
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "http", "openapi"))
import assemble  # pylint: disable=wrong-import-position

OUT = os.path.join(HERE, "callboard", "types")
HEADER = "# Written by generate.py. Change http/openapi/ and run it again.\n"
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "Dict[str, Any]"}
WIDTH = 120


def named(reference):
    return reference.rpartition("/")[2]


def union(parts):
    parts = list(dict.fromkeys(parts))
    if "Any" in parts:
        return "Any"
    return parts[0] if len(parts) == 1 else f"Union[{', '.join(parts)}]"


class Module:
    """What one file of schemas becomes."""

    def __init__(self, name, schemas, everything):
        self.name = name
        self.everything = everything
        self.schemas = schemas
        self.blocks = []
        self.used = set()

    def write(self):
        for name, schema in self.schemas.items():
            self.define(name, schema)
        return self.blocks

    def define(self, name, schema):
        if self.members(schema) and not self.is_open(schema):
            return self.define_dict(name, schema)
        # A name of its own type may stand in a text only: what it means is looked up when somebody asks.
        self.blocks.append(self.comment(schema) + f"{name} = {self.type_of(name, schema)}\n")

    @staticmethod
    def comment(schema):
        return f"# {schema['description']}\n" if schema.get("description") else ""

    @staticmethod
    def is_open(schema):
        """An object with members of any name besides."""
        return isinstance(schema.get("additionalProperties"), dict)

    def members(self, schema):
        """(name, schema, whether it is always there) of an object, with those of all that it is made of."""
        out = {}
        for part in schema.get("allOf", []):
            for name, of, there in self.members(self.everything[named(part["$ref"])]):
                out[name] = (of, there)
        for name, of in schema.get("properties", {}).items():
            if of is False:
                out.pop(name, None)
            else:
                out[name] = (of, False)
        needed = set(schema.get("required", []))
        return [(name, of, there or name in needed) for name, (of, there) in out.items()]

    def define_dict(self, name, schema):
        members = [(n, self.type_of(name + n[0].upper() + n[1:], of), there) for n, of, there in self.members(schema)]
        head = self.comment(schema)
        if any(keyword.iskeyword(n) for n, _, _ in members):
            rows = "".join(f'    "{n}": {quoted(t)},\n' for n, t, _ in members)
            self.blocks.append(f'{head}{name} = TypedDict("{name}", {{\n{rows}}}, total=False)\n')
            return
        always = "".join(f"    {n}: {t}\n" for n, t, there in members if there)
        others = "".join(f"    {n}: {t}\n" for n, t, there in members if not there)
        if always and others:
            self.blocks.append(f"class _{name}(TypedDict):\n{always}")
            self.blocks.append(f"{head}class {name}(_{name}, total=False):\n{others}")
        else:
            total = "" if always else ", total=False"
            self.blocks.append(f"{head}class {name}(TypedDict{total}):\n{always or others}")

    def type_of(self, name, schema):
        """The type of a schema as a text. An object within another one gets `name`."""
        if "$ref" in schema:
            target = named(schema["$ref"])
            if target not in self.schemas:
                self.used.add(target)
            return f'"{target}"'
        if "oneOf" in schema:
            return union(self.type_of(name + suffix(i), one) for i, one in enumerate(schema["oneOf"]))
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return self.literal(schema["enum"])
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return union(SIMPLE[kind] for kind in kinds)
        if kinds == "array":
            return f"List[{self.type_of(name + 'Item', schema['items'])}]"
        if kinds == "object":
            if self.members(schema) and not self.is_open(schema):
                self.define_dict(name, schema)
                return f'"{name}"'
            values = schema.get("additionalProperties")
            if isinstance(values, dict) and not schema.get("properties"):
                return f"Dict[str, {self.type_of(name + 'Value', values)}]"
            return SIMPLE["object"]
        return SIMPLE.get(kinds, "Any")

    @staticmethod
    def literal(values):
        text = f"Literal[{', '.join(map(repr, values))}]".replace("'", '"')
        if len(text) < WIDTH // 2:
            return text
        lines, line = [], "    "
        for value in values:
            word = f'"{value}", '
            if len(line) + len(word) > WIDTH:
                lines.append(line.rstrip())
                line = "    "
            line += word
        return "Literal[\n" + "\n".join(lines + [line.rstrip()]) + "\n]"


def suffix(position):
    return "" if position == 0 else str(position + 1)


def quoted(text):
    """For the functional form, whose types would be looked up at once."""
    return text if text in SIMPLE.values() else repr(text.replace('"', "")).replace("'", '"')


def error_status(schema):
    rows = "".join(f'    "{code}": {status},\n' for status, codes in schema["x-status"].items() for code in codes)
    return f"# The status of HTTP that goes with a code.\nERROR_STATUS: Dict[str, int] = {{\n{rows}}}\n"


def generated():
    """File name -> text."""
    schemas_of = {name.removeprefix("schemas_"): content.get("components", {}).get("schemas", {})
                  for name, content in assemble.fragments()}
    schemas_of = {name: schemas for name, schemas in schemas_of.items() if schemas}
    everything = {name: schema for schemas in schemas_of.values() for name, schema in schemas.items()}
    home = {name: module for module, schemas in schemas_of.items() for name in schemas}
    out, names = {}, {}
    for module, schemas in schemas_of.items():
        m = Module(module, schemas, everything)
        blocks = m.write()
        if "ErrorCode" in schemas:
            blocks.append(error_status(schemas["ErrorCode"]))
        imports = {}
        for name in m.used:
            imports.setdefault(home[name], []).append(name)
        text = "\n\n".join(blocks)
        typing = [word for word in ("Any", "Dict", "List", "Literal", "TypedDict", "Union") if word in text]
        if imports:
            typing.insert(0, "TYPE_CHECKING")
        head = HEADER + f"from typing import {', '.join(typing)}\n"
        if imports:
            head += "\nif TYPE_CHECKING:\n" + "".join(
                f"    from .{of} import {', '.join(sorted(wanted))}\n" for of, wanted in sorted(imports.items()))
        out[module + ".py"] = head + "\n\n" + text
        names[module] = sorted(schemas) + (["ERROR_STATUS"] if "ErrorCode" in schemas else [])
    rows = [f"from .{module} import {name} as {name}" for module, of in sorted(names.items()) for name in of]
    out["__init__.py"] = HEADER + '"""The types of the REST interface, as dictionaries with known members."""\n' + "\n".join(rows) + "\n"
    return out


def main():
    parser = argparse.ArgumentParser(description="Writes the types of the client from the description of the interface.")
    parser.add_argument("--check", action="store_true", help="write nothing; say what would change")
    check = parser.parse_args().check
    wanted = generated()
    there = {name: open(os.path.join(OUT, name), encoding="utf-8").read()
             for name in (os.listdir(OUT) if os.path.isdir(OUT) else []) if name.endswith(".py")}
    stale = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
    for name in stale:
        if check:
            print(f"callboard/types/{name} is not as generate.py writes it; run clients/python/generate.py")
        elif name in wanted:
            with open(os.path.join(OUT, name), "w", encoding="utf-8") as out:
                out.write(wanted[name])
        else:
            os.remove(os.path.join(OUT, name))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
