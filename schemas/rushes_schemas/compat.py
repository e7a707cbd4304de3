"""What would break a reader or a writer if one JSON Schema took another's place."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Sentences that each name a field and how the new schema breaks it; empty where the change is an addition.

    Breaking are: a removed field, a newly required one, one that may be missing now, a type or an enumeration with
    fewer members, a tighter bound, another pattern, unknown fields that are refused now. What is said in a `$ref` is
    compared where it is used, and each alternative of an `anyOf` with its counterpart.
    """
    return list(_compare(old, new, old, new, "", frozenset()))


def _compare(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str, seen: frozenset[str]
) -> Iterator[str]:
    olds, news = _kinds(old), _kinds(new)
    if "number" in news:
        news.setdefault("integer", news["number"])
    if news and not olds:
        yield f"{path or 'the event'} takes only certain types now"
    if news and (missing := olds.keys() - news.keys()):
        yield f"{path or 'the event'} no longer takes {', '.join(sorted(missing))}"
    for kind in sorted(olds.keys() & news.keys() - seen):
        pair = _resolve(olds[kind], old_root), _resolve(news[kind], new_root)
        within = seen | {kind} if "$ref" in olds[kind] else seen
        yield from _narrowed(*pair, path or "the event")
        yield from _fields(*pair, old_root, new_root, path, within)


def _fields(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str, seen: frozenset[str]
) -> Iterator[str]:
    for name in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{_join(path, name)} is newly required"
    for name in sorted(set(old.get("required", [])) - set(new.get("required", []))):
        yield f"{_join(path, name)} is no longer always there"
    fields = new.get("properties", {})
    for name, field in old.get("properties", {}).items():
        if name not in fields:
            yield f"{_join(path, name)} was removed"
        else:
            yield from _compare(field, fields[name], old_root, new_root, _join(path, name), seen)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _compare(old[part], new[part], old_root, new_root, f"{path or 'the event'}[]", seen)


def _narrowed(old: Schema, new: Schema, where: str) -> Iterator[str]:
    values, others = _values(old), _values(new)
    if others and not values:
        yield f"{where} takes only certain values now"
    if others and (missing := values - others):
        yield f"{where} no longer takes the values {', '.join(sorted(missing))}"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{where} no longer takes unknown fields"
    if new.get("pattern") != old.get("pattern") and "pattern" in new:
        yield f"{where} must match another pattern"
    for bound in LOWER_BOUNDS:
        if bound in new and new[bound] > old.get(bound, float("-inf")):
            yield f"{where} has a tighter {bound}"
    for bound in UPPER_BOUNDS:
        if bound in new and new[bound] < old.get(bound, float("inf")):
            yield f"{where} has a tighter {bound}"


def _kinds(schema: Schema) -> dict[str, Schema]:
    """The alternatives of a schema by their type, or by their name where they are a `$ref`; none: it takes all."""
    if "anyOf" in schema:
        return {kind: part for option in schema["anyOf"] for kind, part in _kinds(option).items()}
    if "$ref" in schema:
        return {schema["$ref"].rsplit("/", 1)[-1]: schema}
    kind = schema.get("type", [])
    return dict.fromkeys([kind] if isinstance(kind, str) else kind, schema)


def _values(schema: Schema) -> set[str]:
    """The only values that a schema takes; empty where it takes all. pydantic says `const` where there is one."""
    return {str(value) for value in schema.get("enum", [schema["const"]] if "const" in schema else [])}


def _resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
