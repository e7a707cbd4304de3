"""What the upload's form refuses leaves nothing behind, and what gRPC can't read is the client's mistake."""

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.query.films import CAT

from rushes_query.grpc import query_pb2 as pb
from rushes_query.grpc.query_pb2_grpc import QueryStub

from .grammars import BOUNDARY
from .served import Answer, Doors, request, send

FILM = (Path(__file__).parents[2] / "examples" / "uneven-clock.mp4").read_bytes()
FILE = (b'file"; filename="clock.mp4', FILM)


def upload(doors: Doors, *parts: tuple[bytes, bytes]) -> Answer:
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (BOUNDARY, name, value)
        for name, value in parts
    )
    headers = [(b"Content-Type", b"multipart/form-data; boundary=" + BOUNDARY)]
    return send(doors.port, request("POST", b"/v1/uploads", headers, body + b"--%s--\r\n" % BOUNDARY))


def stored(doors: Doors) -> list[str]:
    """All keys that an upload may leave."""

    async def keys() -> list[str]:
        return [key for folder in ("videos", "incoming", "pending") async for key in doors.blobs.list(folder)]

    found: list[str] = doors.run(keys())
    return sorted(key for key in found if not key.startswith("incoming/resumable"))


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([FILE, (b"metadata", b'{"a":NaN}')], "metadata: the value of 'a' is no finite number"),
        ([(b"metadata", b'{"a":1e999}'), FILE], "metadata: the value of 'a' is no finite number"),
        ([FILE, (b"metadata", b"[" * 50_000)], "metadata is no JSON object that can be stored: recursion limit"),
        ([FILE, (b"metadata", b'{"a":"\\ud800"}')], "metadata is no JSON object that can be stored"),
        ([FILE, (b"metadata", b'{"a":"' + b"x" * 70_000 + b'"}')], "at most 65,536 can be stored"),
        ([FILE, (b"metadata", b'{"a":"' + b"x" * 5_000_000 + b'"}')], "the fields besides the file have more than"),
        ([FILE, (b"title", b"a\0b")], "title: the text has a NUL character"),
        ([FILE, (b"title", b"\xed\xa0\x80")], "title: the text is not UTF-8"),
        ([FILE, (b"language", b"English!")], "language: "),
        ([FILE, FILE], "several parts named file"),
        ([(b"title", b"x")], "no part named file"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_refused_upload_leaves_nothing(doors: Doors, parts: list[tuple[bytes, bytes]], sentence: str) -> None:
    before, published = stored(doors), len(doors.events)
    answer = upload(doors, *parts)
    assert answer.status == 422 and sentence in json.loads(answer.body)["detail"], answer.body
    assert stored(doors) == before
    assert len(doors.events) == published


def test_fields_before_and_after_the_file_are_taken(doors: Doors) -> None:
    answer = upload(doors, (b"title", "Überlänge".encode()), FILE, (b"metadata", b'{"take":2}'), (b"other", b"\xff"))
    assert answer.status == 202, answer.body
    event = doors.events[-1]
    assert (event.title, event.metadata, event.filename) == ("Überlänge", {"take": 2}, "clock.mp4")


@pytest.mark.parametrize("message", [b"\xff\xff\xff", b"\x0a\x02\xed\xa0", b"\x0a\xff\x01x"])
def test_bytes_that_are_no_message_are_the_clients_mistake(doors: Doors, message: bytes) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{doors.grpc_port}") as channel:
        call: Any = channel.unary_unary("/rushes.v1.Query/Search", request_serializer=None, response_deserializer=None)
        with pytest.raises(grpc.RpcError) as refused:
            call(message, timeout=20)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


LARGE = 2**63 - 1
REQUESTS = [
    pb.SearchRequest(q="a\0b"),
    pb.SearchRequest(q="x" * 1001),
    pb.SearchRequest(q="x", limit=-1),
    pb.SearchRequest(q="x", video_ids=["\0"] * 101),
    pb.SearchRequest(q="x", language="en\n"),
    pb.SearchRequest(q="x", wish=pb.Wish(from_ms=LARGE)),
    pb.SearchRequest(q="x", wish=pb.Wish(from_ms=-1)),
    pb.SearchRequest(q="x", wish=pb.Wish(visual_weight=float("nan"))),
    pb.SearchRequest(q="x", wish=pb.Wish(metadata=["="])),
    pb.SearchRequest(q="x", wish=pb.Wish(cursor="e30")),
    pb.SearchRequest(image=b"x"),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: str(asked)[:40])
def test_a_message_that_asks_for_the_impossible_is_the_clients_mistake(doors: Doors, asked: pb.SearchRequest) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{doors.grpc_port}") as channel:
        stub = QueryStub(channel)  # type: ignore[no-untyped-call]
        with pytest.raises(grpc.RpcError) as refused:
            stub.Search(asked, timeout=20)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        stub.ListScenes(pb.ListScenesRequest(video_id=CAT.video_id), timeout=20)
