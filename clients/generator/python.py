"""Writes the types of the Python client: dictionaries with known members, for Python 3.9."""
import keyword
from typing import Dict, List

from .reading import Declaration, ListOf, MapOf, Member, Module, Named, OneOf, Plain, Type, Words

HEADER = "# Written by clients/generate.py. Change http/openapi/ and run it again.\n"
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "Dict[str, Any]",
          "any": "Any"}
WIDTH = 120


def type_text(of: Type) -> str:
    # A name may stand in a text only: what it means is looked up when somebody asks.
    if isinstance(of, Named):
        return f'"{of.name}"'
    if isinstance(of, OneOf):
        parts = list(dict.fromkeys(type_text(part) for part in of.parts))
        return "Any" if "Any" in parts else f"Union[{', '.join(parts)}]"
    if isinstance(of, Words):
        return words_text(of)
    if isinstance(of, ListOf):
        return f"List[{type_text(of.item)}]"
    if isinstance(of, MapOf):
        names = type_text(of.names) if of.names else "str"
        return SIMPLE["object"] if of.members else f"Dict[{names}, {type_text(of.value)}]"
    assert isinstance(of, Plain)
    return SIMPLE[of.kind]


def words_text(of: Words) -> str:
    text = f"Literal[{', '.join(map(repr, of.values))}]".replace("'", '"')
    if len(text) < WIDTH // 2:
        return text
    lines, line = [], "    "
    for value in of.values:
        word = f'"{value}", '
        if len(line) + len(word) > WIDTH:
            lines.append(line.rstrip())
            line = "    "
        line += word
    return "Literal[\n" + "\n".join(lines + [line.rstrip()]) + "\n]"


def quoted(text: str) -> str:
    """For the functional form, whose types would be looked up at once."""
    return text if text in SIMPLE.values() else repr(text.replace('"', "")).replace("'", '"')


def blocks_of(declaration: Declaration) -> List[str]:
    name = declaration.name
    head = f"# {declaration.comment}\n" if declaration.comment else ""
    if declaration.members is None:
        assert declaration.type is not None
        return [f"{head}{name} = {type_text(declaration.type)}\n"]
    members = declaration.members
    if any(keyword.iskeyword(m.name) or not m.name.isidentifier() for m in members):
        rows = "".join(f'    "{m.name}": {quoted(type_text(m.type))},\n' for m in members)
        return [f'{head}{name} = TypedDict("{name}", {{\n{rows}}}, total=False)\n']
    always = "".join(map(row, (m for m in members if m.always)))
    others = "".join(map(row, (m for m in members if not m.always)))
    if always and others:
        return [f"class _{name}(TypedDict):\n{always}", f"{head}class {name}(_{name}, total=False):\n{others}"]
    return [f"{head}class {name}(TypedDict{'' if always else ', total=False'}):\n{always or others}"]


def row(member: Member) -> str:
    return f"    {member.name}: {type_text(member.type)}\n"


def module_text(module: Module) -> str:
    blocks = [block for declaration in module.declarations for block in blocks_of(declaration)]
    if module.error_status:
        rows = "".join(f'    "{code}": {status},\n' for code, status in module.error_status.items())
        blocks.append(f"# The status of HTTP that goes with a code.\nERROR_STATUS: Dict[str, int] = {{\n{rows}}}\n")
    text = "\n\n".join(blocks)
    typing = [word for word in ("Any", "Dict", "List", "Literal", "TypedDict", "Union") if word in text]
    if module.imports:
        typing.insert(0, "TYPE_CHECKING")
    head = HEADER + f"from typing import {', '.join(typing)}\n"
    if module.imports:
        head += "\nif TYPE_CHECKING:\n" + "".join(
            f"    from .{of} import {', '.join(wanted)}\n" for of, wanted in module.imports.items())
    return head + "\n\n" + text


def files(modules: List[Module]) -> Dict[str, str]:
    """File name -> text."""
    out = {module.name + ".py": module_text(module) for module in modules}
    rows = [f"from .{module.name} import {name} as {name}" for module in sorted(modules, key=lambda m: m.name)
            for name in [*module.schemas, *(["ERROR_STATUS"] if module.error_status else [])]]
    out["__init__.py"] = HEADER + '"""The types of the REST interface, as dictionaries with known members."""\n' + "\n".join(rows) + "\n"
    return out
