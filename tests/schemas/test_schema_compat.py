"""A change that breaks users is found, with the name of its field; an addition is not one."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from rushes_schemas.compat import breaking_changes

Text10 = Annotated[str, Field(max_length=10)]
Text20 = Annotated[str, Field(max_length=20)]
Few = Annotated[tuple[str, ...], Field(max_length=3)]
Many = Annotated[tuple[str, ...], Field(max_length=5)]
Lower = Annotated[str, Field(pattern="^[a-z]+$")]
Upper = Annotated[str, Field(pattern="^[A-Z]+$")]

Places = Callable[[Any], dict[str, Any]]


def at_top(kind: Any) -> dict[str, Any]:
    return schema_of(x=(kind, ...))


def in_a_part(kind: Any) -> dict[str, Any]:
    return schema_of(part=(create_model("Part", x=(kind, ...)), ...))


def in_an_optional_part(kind: Any) -> dict[str, Any]:
    return schema_of(part=(create_model("Part", x=(kind, ...)) | None, None))


def in_a_list(kind: Any) -> dict[str, Any]:
    return schema_of(parts=(tuple[create_model("Part", x=(kind, ...)), ...], ()))  # type: ignore[misc]


def in_a_map_of_lists(kind: Any) -> dict[str, Any]:
    return schema_of(parts=(dict[str, list[create_model("Part", x=(kind, ...))]], {}))  # type: ignore[misc]


PLACES = [
    (at_top, "x"),
    (in_a_part, "part.x"),
    (in_an_optional_part, "part.x"),
    (in_a_list, "parts[].x"),
    (in_a_map_of_lists, "parts[][].x"),
]
everywhere = pytest.mark.parametrize(("place", "path"), PLACES, ids=lambda value: getattr(value, "__name__", value))


def schema_of(**fields: Any) -> dict[str, Any]:
    schema: dict[str, Any] = create_model("Event", **fields).model_json_schema()
    return schema


NARROWED = [
    (str | int, str, "no longer takes integer"),
    (Any, str, "takes only certain types now"),
    (str | None, str, "no longer takes null"),
    (float, int, "no longer takes number"),
    (float | None, int | None, "no longer takes number"),
    (Literal["a", "b", "c"], Literal["a", "b"], "no longer takes the values c"),
    (Literal["a", "b"], Literal["a"], "no longer takes the values b"),
    (str, Literal["a", "b"], "takes only certain values now"),
    (str, Literal["a"], "takes only certain values now"),
    (Text20, Text10, "has a tighter maxLength"),
    (str, Text10, "has a tighter maxLength"),
    (Text20 | None, Text10 | None, "has a tighter maxLength"),
    (str, Text10 | None, "has a tighter maxLength"),
    (Many, Few, "has a tighter maxItems"),
    (int, Annotated[int, Field(ge=0)], "has a tighter minimum"),
    (Annotated[int, Field(le=9)], Annotated[int, Field(le=8)], "has a tighter maximum"),
    (Annotated[int, Field(gt=0)], Annotated[int, Field(gt=5)], "has a tighter exclusiveMinimum"),
    (str, Annotated[str, Field(min_length=1)], "has a tighter minLength"),
    (Lower, Upper, "must match another pattern"),
    (str, Lower, "must match another pattern"),
]
WIDENED = [
    (str, str | None),
    (str, str | int),
    (str, Any),
    (Any, Any),
    (int, float),
    (int | None, float | None),
    (Literal["a"], Literal["a", "b"]),
    (Literal["a", "b"], Literal["a", "b", "c"]),
    (Literal["a", "b"], str),
    (Literal["a"], str),
    (Text10, Text20),
    (Text10, str),
    (Text10, Text20 | None),
    (Few, Many),
    (Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0)]),
    (Annotated[int, Field(gt=0)], int),
    (Lower, str),
]


@everywhere
@pytest.mark.parametrize(("old", "new", "how"), NARROWED, ids=str)
def test_a_narrowed_field_is_found_and_named(place: Places, path: str, old: Any, new: Any, how: str) -> None:
    assert breaking_changes(place(old), place(new)) == [f"{path} {how}"]


@everywhere
@pytest.mark.parametrize(("old", "new"), WIDENED, ids=str)
def test_a_widened_field_breaks_nobody(place: Places, path: str, old: Any, new: Any) -> None:
    assert breaking_changes(place(old), place(new)) == []


def part(place: Places, **fields: Any) -> dict[str, Any]:
    """A schema with these fields where `place` puts its `x`."""
    schema, fresh = place(str), schema_of(**fields)
    return schema | {"$defs": {"Part": fresh}} if "$defs" in schema else fresh


@everywhere
def test_a_removed_field_is_named(place: Places, path: str) -> None:
    assert breaking_changes(part(place, x=(str, ""), y=(str, "")), part(place, y=(str, ""))) == [f"{path} was removed"]


@everywhere
def test_a_newly_required_field_is_named(place: Places, path: str) -> None:
    assert breaking_changes(part(place, y=(str, "")), part(place, x=(str, ...), y=(str, ""))) == [
        f"{path} is newly required"
    ]
    assert breaking_changes(part(place, x=(str, "")), part(place, x=(str, ...))) == [f"{path} is newly required"]


@everywhere
def test_a_field_that_may_be_missing_now_is_named(place: Places, path: str) -> None:
    assert breaking_changes(part(place, x=(str, ...)), part(place, x=(str, ""))) == [
        f"{path} is no longer always there"
    ]


@everywhere
def test_a_new_optional_field_breaks_nobody(place: Places, path: str) -> None:
    assert breaking_changes(part(place, y=(str, "")), part(place, y=(str, ""), x=(str | None, None))) == []


def test_unknown_fields_that_are_refused_now_are_found() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")

    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")

    assert breaking_changes(Open.model_json_schema(), Closed.model_json_schema()) == [
        "the event no longer takes unknown fields"
    ]
    assert breaking_changes(Closed.model_json_schema(), Open.model_json_schema()) == []
    assert breaking_changes(Closed.model_json_schema(), Closed.model_json_schema()) == []


def test_a_part_that_holds_itself_is_compared_once() -> None:
    class Node(BaseModel):
        name: str
        children: tuple["Node", ...] = ()

    old, new = (Node.model_json_schema() for _ in range(2))
    del new["$defs"]["Node"]["properties"]["name"]
    new["$defs"]["Node"]["required"] = []
    assert breaking_changes(old, new) == ["name is no longer always there", "name was removed"]


def test_every_break_is_told_not_only_the_first() -> None:
    old = schema_of(a=(str, ""), b=(str | int, ""), c=(str, ""))
    new = schema_of(b=(str, ""), c=(str, ...))
    assert sorted(breaking_changes(old, new)) == [
        "a was removed",
        "b no longer takes integer",
        "c is newly required",
    ]
