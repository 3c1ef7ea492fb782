"""Writes the types of the TypeScript client: interfaces, with the descriptions of the members beside them."""
import json
import re
from typing import Dict, List

from .reading import Declaration, ListOf, MapOf, Member, Module, Named, OneOf, Plain, Type, Words

HEADER = "// Written by clients/generate.py. Change http/openapi/ and run it again.\n"
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null",
          "object": "Record<string, unknown>", "any": "unknown"}
NAME = re.compile(r"[A-Za-z_$][\w$]*")
WIDTH = 120


def type_text(of: Type) -> str:
    if isinstance(of, Named):
        return of.name
    if isinstance(of, OneOf):
        return union(type_text(part) for part in of.parts)
    if isinstance(of, Words):
        return union(json.dumps(value, ensure_ascii=False) for value in of.values)
    if isinstance(of, ListOf):
        item = type_text(of.item)
        return f"({item})[]" if " | " in item else f"{item}[]"
    if isinstance(of, MapOf):
        return map_text(of)
    assert isinstance(of, Plain)
    return SIMPLE[of.kind]


def union(parts) -> str:
    found = list(dict.fromkeys(parts))
    return "unknown" if "unknown" in found else " | ".join(found)


def map_text(of: MapOf) -> str:
    if not of.members:
        text = f"Record<{type_text(of.names) if of.names else 'string'}, {type_text(of.value)}>"
        return f"Partial<{text}>" if of.names and not of.complete else text
    # The type of any name has to take in those of the names with a meaning of their own.
    value = union([type_text(of.value), *(type_text(m.type) for m in of.members), "undefined"])
    return f"{{\n{rows(of.members)}  [name: string]: {value};\n}}"


def comment(text: str, indent: str = "") -> str:
    text = text.replace("*/", "* /")
    return f"{indent}/** {text} */\n" if text else ""


def rows(members) -> str:
    return "".join(map(row, members))


def row(member: Member) -> str:
    name = member.name if NAME.fullmatch(member.name) else json.dumps(member.name)
    return f"{comment(member.comment, '  ')}  {name}{'' if member.always else '?'}: {type_text(member.type)};\n"


def block_of(declaration: Declaration) -> str:
    head = comment(declaration.comment)
    if declaration.members is not None:
        return f"{head}export interface {declaration.name} {{\n{rows(declaration.members)}}}\n"
    assert declaration.type is not None
    line = f"export type {declaration.name} = {type_text(declaration.type)};\n"
    if len(line) > WIDTH and isinstance(declaration.type, Words):
        line = f"export type {declaration.name} =\n{wrapped(declaration.type)};\n"
    return head + line


def wrapped(of: Words) -> str:
    lines, line = [], "  "
    for value in of.values:
        word = f"| {json.dumps(value, ensure_ascii=False)} "
        if len(line) + len(word) > WIDTH:
            lines.append(line.rstrip())
            line = "  "
        line += word
    return "\n".join(lines + [line.rstrip()])


def module_text(module: Module) -> str:
    blocks = [block_of(declaration) for declaration in module.declarations]
    if module.error_status:
        lines = "".join(f"  {code}: {status},\n" for code, status in module.error_status.items())
        blocks.append("/** The status of HTTP that goes with a code. */\n"
                      f"export const errorStatus: Readonly<Record<ErrorCode, number>> = {{\n{lines}}};\n")
    head = HEADER + "".join(f"import type {{ {', '.join(wanted)} }} from \"./{of}.js\";\n" for of, wanted in module.imports.items())
    return head + "\n" + "\n".join(blocks)


def files(modules: List[Module]) -> Dict[str, str]:
    """File name -> text."""
    out = {module.name + ".ts": module_text(module) for module in modules}
    lines = "".join(f"export {'' if module.error_status else 'type '}* from \"./{module.name}.js\";\n"
                    for module in sorted(modules, key=lambda m: m.name))
    out["index.ts"] = HEADER + "/** The types of the REST interface. */\n" + lines
    return out
