"""gRPC's messages and HTTP's JSON, made comparable."""

from typing import Any

from google.protobuf.json_format import MessageToDict


def as_json(message: Any) -> Any:
    """Every field of a message under its JSON name, so that it can be laid beside the answer over HTTP."""
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def without_nulls(value: Any) -> Any:
    """A JSON answer as a message says it: no nulls."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


def as_numbers(value: Any) -> Any:
    """proto3's JSON writes 64-bit integers as text."""
    if isinstance(value, dict):
        return {name: as_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_numbers(part) for part in value]
    return int(value) if isinstance(value, str) and value.isdigit() else value
