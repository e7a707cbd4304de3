"""What each route understands, and what is nearly that: requests drawn by the grammar of their route."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st
from tests.query.films import CAT, LAUNCH, MORNING, NOWHERE, photograph_file

from .served import request

Draw = Callable[[st.SearchStrategy[Any]], Any]

BOUNDARY = b"x-boundary"
LONG_NUMBER = "9" * 5000

texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\0", "a\0b", "x" * 5000, "\ufeff", "\u202e", "'\"\\", "%", "../..", '"open', "«a»", "-" * 300]),
)
raw_texts = st.one_of(
    texts.map(lambda text: text.encode()),
    st.binary(max_size=20),
    st.sampled_from([b"\xed\xa0\x80", b"\xff\xfe", b"\xc3\x28"]),
)
numbers = st.one_of(
    st.integers().map(str),
    st.sampled_from(
        ["0", "1", "100", "-1", "+5", "1_000", "1e5", "0x10", "٣", "2.5", "", " 7 ", "nan", "inf", "-inf", "1e999"]
        + [str(2**exponent) for exponent in (31, 53, 63, 64, 1024)]
        + [LONG_NUMBER, "-" + LONG_NUMBER, "0." + LONG_NUMBER]
    ),
)
dates = st.one_of(
    st.datetimes().map(lambda when: when.isoformat()),
    st.sampled_from(
        [
            *(
                "9999-12-31T23:59:59-14:00",
                "0001-01-01T00:00:00+14:00",
                "2026-02-30",
                "12:00",
                "1e300",
                "-1e300",
                "NaN",
            ),
            *(LONG_NUMBER, "2026-11-01T12:00Z", "2026-11-01T12:00:00+99:99", "0000-00-00", "2026-W01-1"),
        ]
    ),
    numbers,
)
ids = st.one_of(st.sampled_from([MORNING, LAUNCH, NOWHERE, CAT.id, "..", ".", MORNING.upper()]), texts)
languages = st.one_of(st.sampled_from(["en", "pt-BR", "EN", "en\n", "en-" + "aaaaaaaa-" * 500, "en-"]), texts)
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=10),
        st.sampled_from(["\ud800", "\udfff x", "\0", 2**63, 2**64, -(2**63) - 1, 10**400, 1e308]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)
not_json = st.one_of(
    st.binary(max_size=50),
    st.sampled_from(
        [
            b"[" * 50_000,
            b'{"a":' * 50_000,
            b'{"uri":' + b"[" * 190 + b"]" * 190 + b"}",
            b'{"uri":"x:", "more":' + b"[" * 150 + b"]" * 150 + b"}",
            b'{"uri":"x:","a":1e999}',
            b'{"uri":"x:","a":' + LONG_NUMBER.encode() + b"}",
            b'{"uri":"x:","a":' + b"9" * 4300 + b"}",
            b'{"uri":"\\ud800"}',
            b'{"\\ud800":1}',
            b'{"uri":"x:","metadata":{"\\ud800":NaN}}',
            b'"' + b"x" * 2_000_000 + b'"',
            "{}".encode("utf-16"),
            b"\xef\xbb\xbf{}",
        ]
    ),
)


def query_string(**parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Some of these parameters, some of them twice, in any order."""
    pairs = st.one_of(*(st.tuples(st.just(name), values) for name, values in parameters.items()))
    return st.lists(pairs, max_size=6).map(
        lambda chosen: "&".join(f"{name}={quote_from_bytes(_bytes(value))}" for name, value in chosen).encode()
    )


def json_body(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """An object of some of these fields, each of the right kind or of any; or what is no JSON."""
    objects = st.fixed_dictionaries({}, optional={name: st.one_of(kind, json_values) for name, kind in fields.items()})
    return st.one_of(objects.map(lambda value: json.dumps(value).encode()), json_values.map(_dumped), not_json)


def form(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[bytes, bytes]]:
    """A content type and a form of some of these fields; a name is a file's where its value comes with one."""
    part = st.one_of(*(st.tuples(st.just(name.encode()), values.map(_bytes)) for name, values in fields.items()))
    odd = st.tuples(st.one_of(raw_texts.map(_one_line)), raw_texts)
    parts = st.lists(st.one_of(part, part, part, odd), max_size=8)
    return st.builds(_form, parts, st.sampled_from(CONTENT_TYPES), st.sampled_from(["file", "image"]), endings)


endings = st.sampled_from([b"--%s--\r\n", b"", b"--%s", b"--%s--trailing", b"--%s\r\n\r\n", b"\r\n\r\n"])
CONTENT_TYPES = (
    *[b"multipart/form-data; boundary=" + BOUNDARY] * 6,
    b"multipart/form-data; boundary=" + b"b" * 60_000,
    b"multipart/form-data",
    b"multipart/form-data; boundary=",
    b'multipart/form-data; boundary="x-boundary"; charset=unicode_escape',
    b"multipart/form-data; boundary=x-boundary; charset=utf-16",
    b"multipart/form-data; boundary=x-boundary; charset=base64",
    b"multipart/form-data; boundary=x-boundary; charset=\xff\x00",
    b"application/x-www-form-urlencoded",
    b"text/plain",
    b"application/json",
    b"\xff",
)


def _form(parts: list[tuple[bytes, bytes]], kind: bytes, file: str, ending: bytes) -> tuple[bytes, bytes]:
    body = b""
    for name, value in parts:
        filename = b'; filename="f.mp4"' if name == file.encode() else b""
        body += b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (BOUNDARY, name, filename, value)
    return kind, body + (ending % BOUNDARY if b"%s" in ending else ending)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _one_line(value: bytes) -> bytes:
    return value.replace(b"\r", b"").replace(b"\n", b"")[:100]


def header(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """What may stand in a header: no line ends, no NUL."""
    return values.map(lambda value: _one_line(value).replace(b"\0", b"").strip())


cursors = st.one_of(
    st.fixed_dictionaries(
        {
            "question": st.text(max_size=16),
            "as_of": st.one_of(st.integers(), st.just(10**200)),
            "shown": st.one_of(st.integers(), st.just(-5)),
            "last": st.text(max_size=36),
        }
    ).map(lambda cursor: base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()),
    texts,
    ids,
)
wish = {
    "limit": numbers,
    "cursor": cursors,
    "per_video": numbers,
    "group_by_video": st.one_of(st.sampled_from(["true", "0"]), texts),
    "visual_weight": numbers,
    "speech_weight": numbers,
    "lexical_weight": numbers,
    "video_id": ids,
    "language": languages,
    "from_ms": numbers,
    "to_ms": numbers,
    "added_from": dates,
    "added_to": dates,
    "min_duration_ms": numbers,
    "max_duration_ms": numbers,
    "metadata": st.one_of(st.sampled_from(["camera=B", "=", "a=", "a" * 2000 + "=b"]), texts),
    "speech": st.one_of(st.sampled_from(["true", "false"]), texts),
    "fallback": texts,
}
words = st.one_of(st.sampled_from(["coffee", '"the cat"', "고양이", '"' * 900]), raw_texts)
pictures = st.one_of(st.sampled_from([photograph_file("cat"), photograph_file("cat")[:500], b""]), st.binary())
uris = st.one_of(
    st.sampled_from(
        [
            "https://[::1",
            "http://[",
            "https://example.org:99999999/",
            "https://a]b/",
            "file:///nowhere/a.mp4",
            "file://%00/%00",
            "file:///" + "a/" * 4000,
            "s3://",
            "s3://[::1/x",
            "blob:videos/../../x",
            "https://\u2100.example/",
            "x" * 9000,
            "",
            ":",
        ]
    ),
    st.text(st.characters(), max_size=30),
)
facts = st.one_of(
    st.dictionaries(st.text(max_size=10), st.one_of(st.text(max_size=10), st.integers(), st.floats(), st.booleans())),
    json_values,
)
facts_as_text = st.one_of(
    facts.map(json.dumps),
    st.sampled_from(
        [
            *('{"a":NaN}', '{"a":1e999}', '{"a":"\\ud800"}', "[" * 50_000, '{"a":' + LONG_NUMBER + "}", '{"a":' * 300),
            *('{"a":"' + "x" * 100_000 + '"}', '{"' + "k" * 300 + '":1}', '{"":1}', '{"a":18446744073709551616}', "[]"),
        ]
    ),
)
JSON = [(b"Content-Type", b"application/json")]


@st.composite
def ranges(draw: Draw) -> bytes:
    """A Range header of one part, or nearly that."""
    unit, first, last = draw(st.sampled_from(["bytes", "Bytes ", "lines", ""])), draw(numbers), draw(numbers)
    mark = draw(st.sampled_from(["=", " = ", "", "=="]))
    return f"{unit}{mark}{first}-{last}".encode()


def _get(path: str, query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> bytes:
    return request("GET", path.encode() + (b"?" + query if query else b""), headers)


def _path(id: str) -> str:
    return quote_from_bytes(_bytes(id), safe="")


def _with_json(method: str, path: str) -> Callable[[bytes], bytes]:
    return lambda body: request(method, path.encode(), JSON, body)


def _posted(path: str) -> Callable[[tuple[bytes, bytes]], bytes]:
    return lambda given: request("POST", path.encode(), [(b"Content-Type", given[0])], given[1])


@st.composite
def tus(draw: Draw) -> bytes:
    """A request of tus, whose headers are right or nearly so."""
    method = draw(st.sampled_from(["POST", "PATCH", "HEAD", "DELETE", "GET", "OPTIONS"]))
    path = b"/v1/uploads/resumable" + (b"" if method in ("POST", "OPTIONS") else b"/" + draw(upload_ids))
    pair = st.tuples(
        st.sampled_from([b"title", b"metadata", b"filename", b"language", b"other"]),
        st.one_of(facts_as_text.map(str.encode), raw_texts).map(lambda text: base64.b64encode(text)[:30_000]),
    ).map(b" ".join)
    kinds: dict[bytes, st.SearchStrategy[bytes]] = {
        b"Tus-Resumable": st.one_of(st.just(b"1.0.0"), header(raw_texts)),
        b"Upload-Length": numbers.map(lambda number: number.encode()),
        b"Upload-Offset": numbers.map(lambda number: number.encode()),
        b"Upload-Metadata": st.one_of(st.lists(pair, max_size=3).map(b",".join), raw_texts),
        b"Upload-Checksum": st.one_of(st.sampled_from([b"sha1 ", b"sha1 \xe9", b"sha1 Kq5sNclPz7QV2+lf"]), raw_texts),
        b"Content-Type": st.one_of(st.just(b"application/offset+octet-stream"), raw_texts),
        b"X-HTTP-Method-Override": st.one_of(st.sampled_from([b"PATCH", b"DELETE", b"\xff"]), raw_texts),
    }
    chosen = draw(st.fixed_dictionaries({b"Tus-Resumable": kinds.pop(b"Tus-Resumable")}, optional=kinds))
    headers = [(name, draw(header(st.just(value)))[:60_000]) for name, value in chosen.items()]
    return request(method, path, headers, draw(st.binary(max_size=20)))


upload_ids = st.one_of(st.just(b"0" * 32), texts.map(lambda text: _path(text).encode() or b"x"))
REQUESTS: dict[str, st.SearchStrategy[bytes]] = {
    "search by words": query_string(q=words, **wish).map(lambda query: _get("/v1/search", query)),
    "search by picture": form(image=pictures, q=words, **wish).map(_posted("/v1/search")),
    "similar scenes": st.tuples(ids, query_string(other_videos=texts, **wish)).map(
        lambda given: _get(f"/v1/scenes/{_path(given[0])}/similar", given[1])
    ),
    "videos": query_string(limit=numbers, cursor=cursors, uri=uris).map(lambda query: _get("/v1/videos", query)),
    "one video": st.tuples(ids, st.sampled_from(["", "/scenes", "/storyboard", "/deletion", "/media"])).map(
        lambda given: _get(f"/v1/videos/{_path(given[0])}{given[1]}")
    ),
    "transcript": st.tuples(
        st.one_of(st.just(MORNING), ids),
        st.sampled_from(["", "/search"]),
        query_string(format=st.one_of(st.sampled_from(["vtt", "srt", "text", "json"]), texts), q=words, limit=numbers),
    ).map(lambda given: _get(f"/v1/videos/{_path(given[0])}/transcript{given[1]}", given[2])),
    "media": st.tuples(ranges(), header(raw_texts), st.sampled_from(["GET", "HEAD"])).map(
        lambda given: request(
            given[2], f"/v1/videos/{MORNING}/media".encode(), [(b"Range", given[0]), (b"If-None-Match", given[1])]
        )
    ),
    "pictures": st.one_of(
        ids.map(lambda scene: _get(f"/v1/scenes/{_path(scene)}/thumbnail")),
        numbers.map(lambda number: _get(f"/v1/videos/{MORNING}/storyboard/{quote_from_bytes(number.encode())}.jpg")),
    ),
    "upload": form(
        file=st.binary(max_size=100),
        title=raw_texts,
        description=raw_texts,
        language=languages,
        metadata=facts_as_text,
        filename=raw_texts,
    ).map(_posted("/v1/uploads")),
    "upload from a URI": json_body(
        uri=uris,
        title=texts,
        language=languages,
        metadata=facts,
        filename=texts,
        accepted_at=st.integers(),
        cleared=st.lists(st.sampled_from(["title", "uri"])),
        more=json_values,
    ).map(_with_json("POST", "/v1/uploads/from-uri")),
    "edit": st.tuples(
        ids, json_body(title=texts, description=texts, language=languages, metadata=facts, more=json_values)
    ).map(lambda given: _with_json("PATCH", f"/v1/videos/{_path(given[0]) or 'x'}")(given[1])),
    "tus": tus(),
    "archive": st.one_of(
        query_string(video_id=ids, source=texts).map(lambda query: _get("/v1/archive", query + b"&video_id=x")),
        st.binary(max_size=600).map(lambda body: request("POST", b"/v1/uploads/archive", None, body)),
    ),
    "dead letters": query_string(ids=texts, service=texts, older_than_s=numbers, limit=numbers).map(
        lambda query: _get("/v1/dead-letters", query + b"&limit=x")
    ),
    "dead letters, replayed": json_body(ids=st.lists(texts), older_than_s=st.floats(), limit=st.integers()).map(
        lambda body: _with_json("POST", "/v1/dead-letters/discard")(body.replace(b'"all"', b'"al"'))
    ),
    "reindex": json_body(image_text=texts.map(lambda text: text + "?"), text=texts.map(lambda text: text + "?")).map(
        lambda body: _with_json("POST", "/v1/reindex")(body if b"?" in body else b'{"text": "?"}')
    ),
    "replay": json_body(stage=st.sampled_from(["ingest", "asr", "scenes"]), video_ids=st.lists(ids, max_size=3)).map(
        _with_json("POST", "/v1/reindex/replay")
    ),
}
"""Requests by the route that they are for."""
