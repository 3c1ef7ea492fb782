"""Reads the schemas of the description as declarations that no language has a part in yet."""
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, List, Optional, Set, Tuple, Union


@dataclass(frozen=True)
class Plain:
    """A type of JSON Schema, or `any`."""
    kind: str


@dataclass(frozen=True)
class Named:
    """A declaration, of this module or of another one."""
    name: str


@dataclass(frozen=True)
class Words:
    """One of these values."""
    values: Tuple[Any, ...]


@dataclass(frozen=True)
class OneOf:
    parts: Tuple["Type", ...]


@dataclass(frozen=True)
class ListOf:
    item: "Type"


@dataclass(frozen=True)
class MapOf:
    """An object whose members have any name. `members`: those with a meaning of their own. `names`: what the names are, where
    they are not any; `complete`: all of them are there."""
    value: "Type"
    members: Tuple["Member", ...] = ()
    names: Optional["Type"] = None
    complete: bool = False


Type = Union[Plain, Named, Words, OneOf, ListOf, MapOf]


@dataclass(frozen=True)
class Member:
    name: str
    type: Type
    always: bool  # it is there in every value
    comment: str


@dataclass(frozen=True)
class Declaration:
    """`members`: of an object; None for what is another name of `type`."""
    name: str
    comment: str
    type: Optional[Type] = None
    members: Optional[Tuple[Member, ...]] = None


@dataclass(frozen=True)
class Module:
    """What a file of schemas declares, inner ones first; with what it names of others: module -> names, sorted.
    `error_status`: the status of HTTP of each error code, where the codes are declared."""
    name: str
    declarations: Tuple[Declaration, ...]
    schemas: Tuple[str, ...]  # those with a schema of their own, sorted
    imports: Dict[str, List[str]]
    error_status: Dict[str, str]


class _Reader:
    """Reads one file of schemas."""

    def __init__(self, schemas: Dict[str, Any], everything: Dict[str, Any], taken: Set[str]) -> None:
        self._schemas = schemas
        self._everything = everything
        self._taken = taken  # names of types, in all modules
        self.declarations: List[Declaration] = []
        self.used: List[str] = []
        for name, schema in schemas.items():
            self._declare(name, schema)

    def _declare(self, name: str, schema: Any) -> None:
        comment = schema.get("description", "")
        if self._members(schema) and not _is_open(schema):
            self.declarations.append(Declaration(name, comment, members=self._members_of(name, schema)))
        else:
            self.declarations.append(Declaration(name, comment, type=self._type_of(name, schema)))

    def _members(self, schema: Any) -> List[Tuple[str, Any, bool]]:
        """(name, schema, whether it is always there) of an object, with those of all that it is made of."""
        properties, needed = self._parts(schema)
        return [(name, of, name in needed) for name, of in properties.items() if of is not False]

    def _parts(self, schema: Any) -> Tuple[Dict[str, Any], Set[str]]:
        """The members, and the names of those that are always there: one part may say so of a member of another."""
        properties: Dict[str, Any] = {}
        needed: Set[str] = set()
        for part in schema.get("allOf", []):
            members, always = self._parts(self._everything[_target(part)])
            properties.update(members)
            needed |= always
        return {**properties, **schema.get("properties", {})}, needed | set(schema.get("required", []))

    def _names_of(self, schema: Any) -> List[str]:
        """The names that members may have, where they are not any."""
        names = schema.get("propertyNames", {})
        return list((self._everything[_target(names)] if "$ref" in names else names).get("enum", []))

    def _members_of(self, name: str, schema: Any) -> Tuple[Member, ...]:
        return tuple(Member(n, self._type_of(name + n[0].upper() + n[1:], of), there, of.get("description", ""))
                     for n, of, there in self._members(schema))

    def _alternatives(self, name: str, schemas: List[Any]) -> Iterator[Type]:
        """The first that needs a declaration gets `name`, the others a number behind it."""
        number = 1
        for schema in schemas:
            declared = len(self.declarations)
            yield self._type_of(name if number == 1 else name + str(number), schema)
            number += len(self.declarations) > declared

    def _type_of(self, name: str, schema: Any) -> Type:
        """An object within another one gets a declaration, `name`."""
        if "$ref" in schema:
            target = _target(schema)
            if target not in self._schemas and target not in self.used:
                self.used.append(target)
            return Named(target)
        if "oneOf" in schema:
            return _one_of(self._alternatives(name, schema["oneOf"]))
        if "const" in schema:
            return Words((schema["const"],))
        if "enum" in schema:
            return Words(tuple(schema["enum"]))
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return _one_of(Plain(kind) for kind in kinds)
        if kinds == "array":
            return ListOf(self._type_of(name + "Item", schema["items"]))
        if kinds == "object" and _is_open(schema):
            value = self._type_of(name + "Value", schema["additionalProperties"])
            words = self._names_of(schema)
            names = self._type_of(name + "Name", schema["propertyNames"]) if words else None
            return MapOf(value, self._members_of(name, schema), names, bool(words) and schema.get("minProperties", 0) >= len(words))
        if kinds == "object" and self._members(schema):
            while name in self._taken:
                name += "Inside"
            self._taken.add(name)
            self._declare(name, schema)
            return Named(name)
        return Plain(kinds or "any")


def _target(schema: Any) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _is_open(schema: Any) -> bool:
    """An object with members of any name besides."""
    return isinstance(schema.get("additionalProperties"), dict)


def _one_of(parts: Iterator[Type]) -> Type:
    found = tuple(dict.fromkeys(parts))
    return found[0] if len(found) == 1 else OneOf(found)


def modules(fragments: Iterable[Tuple[str, Any]]) -> List[Module]:
    """One for each file of schemas, so that a type is found where its schema is. `fragments`: name and content of each."""
    schemas_of = {name.removeprefix("schemas_"): content.get("components", {}).get("schemas", {})
                  for name, content in fragments}
    schemas_of = {name: schemas for name, schemas in schemas_of.items() if schemas}
    everything = {name: schema for schemas in schemas_of.values() for name, schema in schemas.items()}
    home = {name: module for module, schemas in schemas_of.items() for name in schemas}
    out, taken = [], set(everything)
    for module, schemas in schemas_of.items():
        reader = _Reader(schemas, everything, taken)
        imports: Dict[str, List[str]] = {}
        for name in sorted(reader.used):
            imports.setdefault(home[name], []).append(name)
        statuses = schemas.get("ErrorCode", {}).get("x-status", {})
        error_status = {code: status for status, codes in statuses.items() for code in codes}
        out.append(Module(module, tuple(reader.declarations), tuple(sorted(schemas)), dict(sorted(imports.items())),
                          error_status))
    return out
