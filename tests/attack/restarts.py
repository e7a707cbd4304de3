"""What lies on disk and can't be read, what was given up, and wrong keys: each with a start of its own."""

import json
from uuid import uuid4

from tests.attack.films import broken_at_its_end, id_of
from tests.attack.target import Target

SECRET = "the-secret-of-the-desk-0123456789"
WRONG = 200
JUNK = (b"", b'{"uri": "file:', b"\xff\x00\xfe", b'{"uri": NaN}')
"""What may lie where JSON is expected."""


def damaged(target: Target) -> None:
    """Stop it, leave half-written files everywhere, and start it again: it starts, and serves all else."""
    tally = target.tally
    given_up = _give_up(target)
    target.stop()
    blobs = target.up.data / "blobs"
    for number, data in enumerate(JUNK):
        (blobs / "pending").mkdir(exist_ok=True)
        (blobs / "pending" / f"{number:032x}.json").write_bytes(data)
        for folder, name in (
            (f"videos/{uuid4()}", "source.json"),
            (f"videos/{uuid4()}", "declared.json"),
            ("deleting", f"{uuid4()}.json"),
            ("deleted", f"{number:032x}.json"),
            ("collections", f"rushes-scenes-{number}.json"),
            ("incoming/resumable", f"{number:032x}.json"),
            ("incoming/resumable", f"{number + 9:032x}"),
        ):
            (blobs / folder).mkdir(parents=True, exist_ok=True)
            (blobs / folder / name).write_bytes(data)
    for made in (blobs / "videos" / target.good_id).rglob("*"):
        if made.is_file() and any(word in made.name for word in ("asr-", "storyboard-", "scenes-")):
            made.write_bytes(b"" if "asr" in made.name else made.read_bytes()[:10])
    if not target.start():
        target.revive()
        return
    for path in ("", "/transcript", "/transcript?format=srt", "/storyboard", "/scenes", "/subtitles"):
        tally.must_answer(
            f"GET /v1/videos/ID{path} over damaged files", target.request("GET", f"/v1/videos/{target.good_id}{path}")
        )
    created = target.request("POST", "/v1/uploads/resumable", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"})
    tally.holds("tus beside damaged uploads", not isinstance(created, str) and created.status_code == 201, str(created))
    tally.must_answer("GET /v1/archive over damaged files", target.request("GET", "/v1/archive?source=false"))
    _stays_given_up(target, given_up)
    target.words = target.get_text(f"/v1/videos/{target.good_id}/transcript")  # made again, or empty


def _give_up(target: Target) -> tuple[str, int]:
    """A film of which a segment can't be done; it, and how many dead letters there are then."""
    film = broken_at_its_end(77, 12, 5)  # longer than two segments, so one of them has nothing that decodes
    target.upload(film, "broken.mp4")
    target.status(id_of(film))
    return id_of(film), _letters(target, id_of(film))


def _letters(target: Target, video: str) -> int:
    answer = target.request("GET", "/v1/dead-letters", params={"limit": 10_000, "video_id": video})
    return 0 if isinstance(answer, str) or answer.status_code != 200 else int(answer.json()["total"])


def _stays_given_up(target: Target, given_up: tuple[str, int]) -> None:
    video, before = given_up
    target.tally.holds("a segment that can't be done is given up", before > 0, "there is no dead letter of it")
    target.status(video)
    after = _letters(target, video)
    target.tally.holds("it stays given up over a restart", after == before, f"{before} dead letters, then {after}")


def keys(target: Target) -> None:
    """With keys: a wrong one opens nothing, many are throttled, and the right one is served all the while."""
    tally = target.tally
    desk = json.dumps([{"name": "desk", "secret": SECRET, "scopes": ["read"]}])
    target.stop()
    if not target.start(RUSHES_HTTP__KEYS=desk):
        target.revive()
        return
    known = {"Authorization": f"Bearer {SECRET}"}
    tally.must_answer("the right key", target.request("GET", "/v1/videos", headers=known))
    statuses = set()
    for number in range(WRONG):
        headers = {"Authorization": f"Bearer wrong-key-number-{number:06}"}
        sent = target.request("GET", "/v1/videos", headers=headers)
        statuses.add(sent if isinstance(sent, str) else sent.status_code)
    tally.holds(f"{WRONG} wrong keys are refused", statuses <= {401, 429}, str(statuses))
    tally.holds("wrong keys are throttled", 429 in statuses, f"only {statuses}")
    right = target.request("GET", "/v1/videos", headers=known)
    tally.holds(
        "the right key is served meanwhile", not isinstance(right, str) and right.status_code == 200, str(right)
    )
    for method, path in (
        ("POST", "/v1/uploads/from-uri"),
        ("DELETE", f"/v1/videos/{target.good_id}"),
        ("POST", "/v1/reindex"),
    ):
        sent = target.request(
            method, path, headers={"Authorization": f"Bearer {SECRET}"}, content=b'{"uri": "file:///etc/passwd"}'
        )
        tally.must_refuse(f"a read key: {method} {path[:20]}", sent, 401, 403)
    for header in ("", "Bearer", "Basic eDp5", "Bearer \xff", "Bearer " + "x" * 7000):
        sent = target.request("GET", "/v1/videos", headers={b"Authorization": header.encode("latin-1")})
        tally.must_refuse(f"Authorization {header[:12]!r}", sent)
    target.stop()
    if not target.start():
        target.revive()
