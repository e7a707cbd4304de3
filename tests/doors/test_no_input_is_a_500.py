"""Whatever is sent, the answer is not the server's mistake: requests by the grammar of each route, over a socket."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.in_full import IN_FULL
from tests.query.films import MORNING

from rushes_runtime.web.problems import MEDIA_TYPE

from .grammars import BOUNDARY, LONG_NUMBER, REQUESTS
from .served import Answer, Doors, request, send

EXAMPLES = 400 if IN_FULL else 30
BROKER_AWAY = "broker_unavailable"


def is_no_mistake(answer: Answer, sent: bytes) -> None:
    """It is well, or a problem that says on one line what is wrong."""
    if answer.status < 400:
        return
    if sent.startswith(b"HEAD"):
        assert answer.status < 500, sent[:500]
        return
    assert answer.headers["content-type"] == MEDIA_TYPE, (answer, sent[:500])
    said = json.loads(answer.body)
    assert answer.status < 500 or said.get("reason") == BROKER_AWAY, (said, sent[:500])
    assert said["detail"] and said["detail"].isprintable() and len(said["detail"]) <= 1001, said


@pytest.mark.timeout(600 if IN_FULL else 60)
@pytest.mark.parametrize("route", REQUESTS)
def test_no_request_is_a_500(doors: Doors, route: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(REQUESTS[route])
    def tried(sent: bytes) -> None:
        is_no_mistake(send(doors.port, sent, head=sent.startswith(b"HEAD")), sent)

    tried()


def json_request(method: str, path: str, body: bytes) -> bytes:
    return request(method, path.encode(), [(b"Content-Type", b"application/json")], body)


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        (json_request("POST", "/v1/uploads/from-uri", b'{"uri":' + b"[" * 50_000), 422, "recursion limit"),
        (json_request("PATCH", f"/v1/videos/{MORNING}", b"[" * 50_000), 422, "recursion limit"),
        (json_request("POST", "/v1/dead-letters/replay", b"[" * 50_000), 422, "recursion limit"),
        (json_request("POST", "/v1/uploads/from-uri", b'{"uri":"\\ud800"}'), 422, "JSON decode error"),
        (json_request("POST", "/v1/uploads/from-uri", b'{"\\ud800":1}'), 422, "JSON decode error"),
        (json_request("POST", "/v1/uploads/from-uri", b'{"uri":"https://[::1"}'), 422, "uri: the URI can't be read"),
        (json_request("POST", "/v1/uploads/from-uri", b'"' + b"x" * 1_100_000 + b'"'), 413, "too much for JSON"),
        (
            request("GET", f"/v1/videos/{MORNING}/media".encode(), [(b"Range", f"bytes={LONG_NUMBER}-".encode())]),
            416,
            "the range lies behind",
        ),
        (
            request(
                "POST", b"/v1/uploads", [(b"Content-Type", b"multipart/form-data; boundary=" + b"b" * 60_000)], b"x"
            ),
            422,
            "Boundary length 60000",
        ),
        (
            request(
                "POST", b"/v1/search", [(b"Content-Type", b"multipart/form-data; boundary=" + b"b" * 60_000)], b"x"
            ),
            400,
            "",
        ),
        (
            request(
                "POST",
                b"/v1/search",
                [(b"Content-Type", b"multipart/form-data; charset=unicode_escape; boundary=" + BOUNDARY)],
                b'--%s\r\nContent-Disposition: form-data; name="\\ud800"\r\n\r\nx\r\n--%s--\r\n' % (BOUNDARY, BOUNDARY),
            ),
            422,
            "",
        ),
        (request("GET", b"/v1/search?q=x&from_ms=" + b"9" * 400), 422, "from_ms"),
        (
            request(
                "POST",
                b"/v1/uploads/resumable",
                [(b"Tus-Resumable", b"1.0.0"), (b"Upload-Length", b"5"), (b"Upload-Metadata", b"title \xe9")],
            ),
            400,
            "not Base64",
        ),
        (request("POST", b"/v1/uploads", [(b"Content-Length", LONG_NUMBER.encode())]), 400, ""),
    ],
    ids=str,
)
def test_each_that_was_found(doors: Doors, sent: bytes, status: int, sentence: str) -> None:
    answer = send(doors.port, sent)
    is_no_mistake(answer, sent)
    said = json.loads(answer.body)
    assert answer.status == status and sentence in said["detail"], said


@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    sent=st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda data: b"GET /v1/" + data + b"\r\n\r\n"))
)
def test_no_bytes_are_a_500(doors: Doors, sent: bytes) -> None:
    """What is no HTTP at all."""
    is_no_mistake(send(doors.port, sent + b"\r\n\r\n"), sent)
