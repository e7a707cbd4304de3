"""What is said of a video, at every door: what no record can carry is refused, and so is what is too large to read."""

import base64
import json
from collections.abc import Callable, Iterator

from tests.attack.films import id_of
from tests.attack.target import Answer, Target

DEEP = 50_000
BAD = {
    "NaN": '{"a": NaN}',
    "Infinity": '{"a": -Infinity}',
    "1e999": '{"a": 1e999}',
    "integer beyond 64 bits": '{"a": 18446744073709551616}',
    "number of 5,000 digits": '{"a": %s}' % ("9" * 5000),
    "lone surrogate in a value": r'{"a": "\ud800"}',
    "lone surrogate in a name": r'{"\udfff": 1}',
    "50,000 levels": '{"a":' * DEEP + "1" + "}" * DEEP,
    "5 MB": json.dumps({"a": "x" * 5_000_000}),
    "a list": "[1]",
    "no JSON": "{",
}
"""Metadata that is to be refused, as JSON."""
IN_A_HEADER = ("5 MB", "50,000 levels")
"""Too large for one."""


def metadata(target: Target) -> None:
    """Each kind through the form, tus, from-uri and PATCH: 4xx. As a raw event: a dead letter."""
    tally = target.tally
    for kind, text in BAD.items():
        for door, send in _doors(target).items():
            if door == "tus" and kind in IN_A_HEADER:
                continue
            tally.must_refuse(f"metadata {kind} by {door}", send(text))
    raw = [f'{{"uri": "file:///nowhere/{number}.mp4", "metadata": {text}}}' for number, text in enumerate(BAD.values())]
    small = [event.encode() for event in raw if len(event) < 3_500_000]
    before = target.dead_count()
    target.publish(*small)
    target.must_become_dead(len(small), before, "raw event with bad metadata")


def _doors(target: Target) -> dict[str, Callable[[str], Answer]]:
    def form(text: str) -> Answer:
        return target.upload(target.good, metadata=text)

    def tus(text: str) -> Answer:
        value = base64.b64encode(text.encode()).decode()
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": f"metadata {value}"}
        return target.request("POST", "/v1/uploads/resumable", headers=headers)

    def from_uri(text: str) -> Answer:
        body = f'{{"uri": "file:///nowhere/at/all.mp4", "metadata": {text}}}'
        return target.json("POST", "/v1/uploads/from-uri", body)

    def patch(text: str) -> Answer:
        return target.json("PATCH", f"/v1/videos/{target.good_id}", f'{{"metadata": {text}}}')

    return {"form": form, "tus": tus, "from-uri": from_uri, "PATCH": patch}


def fields(target: Target) -> None:
    """Forms with too many fields, too large ones, and boundaries that are too long; JSON that is too deep."""
    tally = target.tally

    def many() -> Iterator[bytes]:
        for number in range(1500):
            yield f'--b\r\nContent-Disposition: form-data; name="f{number}"\r\n\r\n'.encode()
            yield bytes(1_000_000)
            yield b"\r\n"
        yield b"--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    sent = target.request("POST", "/v1/uploads", content=many(), headers=headers)
    if isinstance(sent, str) and "no answer:" in sent:  # it hung up in the middle, as it may
        tally.refused("1,500 fields of 1 MB", sent)
    else:
        tally.must_refuse("1,500 fields of 1 MB", sent)
    long = {"Content-Type": f"multipart/form-data; boundary={'b' * 60_000}"}
    tally.must_refuse("boundary of 60 KB", target.request("POST", "/v1/uploads", content=b"x", headers=long))
    deep = "[" * DEEP + "]" * DEEP
    for method, path in (
        ("POST", "/v1/uploads/from-uri"),
        ("PATCH", f"/v1/videos/{target.good_id}"),
        ("POST", "/v1/dead-letters/replay"),
        ("POST", "/v1/reindex"),
    ):
        tally.must_refuse(f"JSON of 50,000 levels to {method} {path}", target.json(method, path, deep))
    for name in ("title", "description", "language"):
        body = json.dumps({name: "\ud800"})
        tally.must_refuse(
            f"lone surrogate as {name} in PATCH", target.json("PATCH", f"/v1/videos/{id_of(target.good)}", body)
        )
    tally.must_refuse("lone surrogate as uri", target.json("POST", "/v1/uploads/from-uri", r'{"uri": "\ud800"}'))
    for value in (f"bytes={'9' * 5000}-", "bytes=-" + "9" * 5000, "bytes=0-" + "9" * 5000, "bytes=x-y", "bytes=5-2"):
        path = f"/v1/videos/{target.good_id}/media"
        tally.must_answer(f"Range {value[:12]}", target.request("GET", path, headers={"Range": value}))
