"""The models of the API against those who write them: the query service sets every field, and the gRPC messages have
the same fields."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import httpx
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from pydantic import BaseModel

from rushes_client.options import Wish
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.grpc import query_pb2 as pb
from rushes_query.index_reader import IndexReader
from rushes_query.library.videos import Library
from rushes_query.search.engine import Search
from rushes_query.search.legs import SEARCH_LEGS
from rushes_query.search.request import SearchOptions, SearchRequest, SimilarRequest
from rushes_query.settings import QuerySettings
from rushes_runtime.platform import Platform
from rushes_schemas import api
from rushes_schemas.index import LEG_WORDS, LEGS

from .films import COFFEE, LAUNCH, MORNING, REFUSED

MESSAGES: dict[str, type[api.Answer]] = {
    "SearchResponse": api.SearchResults,
    "Group": api.Group,
    "LeftOut": api.LeftOut,
    "Marked": api.Marked,
    "Moment": api.Moment,
    "Why": api.Why,
    "ListVideosResponse": api.VideosPage,
    "Video": api.Video,
    "VideoDetail": api.VideoDetail,
    "SegmentEntry": api.SegmentStatus,
    "StageEntry": api.StageStatus,
    "ListScenesResponse": api.ScenesPage,
    "Scene": api.Scene,
    "Transcript": api.VideoTranscript,
    "SegmentTranscript": api.SegmentTranscript,
    "Word": api.SpokenWord,
}
"""Every message of an answer, and its model."""
NEVER_NULL = {("Moment", "title"), ("Moment", "best_ms"), ("Video", "title"), ("VideoDetail", "title")}
"""Fields that only answers of older instances lack: nullable in the model, and always set in the message."""
SCALARS = {
    FieldDescriptor.CPPTYPE_STRING: str,
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_BOOL: bool,
}


def message(name: str) -> Descriptor:
    descriptor: Descriptor = pb.DESCRIPTOR.message_types_by_name[name]
    return descriptor


def test_every_message_of_an_answer_has_a_model() -> None:
    inputs = {method.input_type.name for method in pb.DESCRIPTOR.services_by_name["Query"].methods} | {"Wish"}
    assert set(pb.DESCRIPTOR.message_types_by_name) - inputs == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_has_the_fields_of_its_model(name: str) -> None:
    fields = {field.name: field for field in message(name).fields}
    assert set(fields) == set(MESSAGES[name].model_fields)
    for field, info in MESSAGES[name].model_fields.items():
        kinds, nullable = kinds_of(info.annotation)
        assert kinds == {kind_of(fields[field])}, field
        optional = fields[field].has_presence and not is_struct(fields[field])
        assert nullable is (optional or (name, field) in NEVER_NULL), field


def kind_of(field: FieldDescriptor) -> Any:
    """A field's type as `kinds_of` writes the type of a model's field."""
    if is_struct(field) or (field.message_type and field.message_type.GetOptions().map_entry):
        return dict if is_struct(field) else (dict, kind_of(field.message_type.fields_by_name["value"]))
    one: Any = MESSAGES[field.message_type.name] if field.message_type else SCALARS[field.cpp_type]
    return (list, one) if field.is_repeated else one


def is_struct(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.full_name == "google.protobuf.Struct")


def kinds_of(annotation: Any) -> tuple[set[Any], bool]:
    """The types that a model's field may have, and whether it may be null. Literals are texts, metadata are a dict."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        parts = [kinds_of(arg)[0] for arg in args if arg is not NoneType]
        return set().union(*parts), NoneType in args
    if origin is Literal:
        return {str}, False
    if origin is list:
        return {(list, *kinds_of(args[0])[0])}, False
    if origin is dict:
        (value,) = kinds if len(kinds := kinds_of(args[1])[0]) == 1 else (None,)
        return {(dict, value) if isinstance(value, type) and issubclass(value, BaseModel) else dict}, False
    if hasattr(annotation, "__metadata__"):
        return kinds_of(annotation.__origin__)
    return {annotation}, False


def test_every_leg_has_its_settings_and_its_weight_in_every_request() -> None:
    assert tuple(leg.name for leg in SEARCH_LEGS) == LEGS == tuple(LEG_WORDS)
    weights = {f"{leg}_weight" for leg in LEGS}
    assert weights <= set(QuerySettings.model_fields)
    assert weights <= set(SearchOptions.model_fields)
    assert weights <= set(Wish.__dataclass_fields__)
    assert weights <= {field.name for field in message("Wish").fields}
    assert len({leg.start_order for leg in SEARCH_LEGS}) == len(SEARCH_LEGS)


async def test_the_query_service_sets_every_field_of_its_answers(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    """The models have defaults for answers of older instances; none of them may stand in for a forgotten field."""
    reader = IndexReader(platform.index)
    library, search = Library(reader, platform.blobs), Search(reader, texts, images, QuerySettings())
    await search.warm()
    answers: list[api.Answer] = [
        await library.videos(10, None),
        *[await library.video(video) for video in (MORNING, LAUNCH, REFUSED)],
        await library.scenes(MORNING),
        await library.transcript(MORNING),
        await library.find_phrase(MORNING, "hot", 10),
        await search.search(SearchRequest(q="coffee", group_by_video=True, lexical_weight=0)),
        await search.search(SearchRequest(q='"first cup"', limit=1)),
        await search.similar(COFFEE.id, SimilarRequest()),
    ]
    seen = set()
    for part in (part for answer in answers for part in parts_of(answer)):
        assert part.model_fields_set == set(type(part).model_fields), type(part)
        assert not part.model_extra
        seen.add(type(part))
    assert set(MESSAGES.values()) | {api.TranscriptMatches, api.TranscriptMatch} == seen


async def test_the_streamed_transcript_has_every_field(http: httpx.AsyncClient) -> None:
    """It is written piece by piece, not by its model."""
    transcript = (await http.get(f"/v1/videos/{MORNING}/transcript")).json()
    assert set(transcript) == set(api.VideoTranscript.model_fields)
    assert api.VideoTranscript.model_validate(transcript).model_dump(mode="json") == transcript


def parts_of(value: Any) -> Iterator[api.Answer]:
    """An answer, and every model inside of it."""
    if isinstance(value, api.Answer):
        yield value
        for _, part in value:
            yield from parts_of(part)
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from parts_of(part)
