"""What asks for more than there is: of memory, time, disk, room."""

from base64 import b64encode
from statistics import median
from time import monotonic

from tests.attack.films import id_of
from tests.attack.giant import mov, png
from tests.attack.target import Answer, Target

GIANT = (16_000, 16_000)
UPLOADS = 300
"""Of the last creations; the first take some milliseconds."""
TUS = {"Tus-Resumable": "1.0.0"}


def pictures(target: Target) -> None:
    """Giant pictures: refused at once, or accepted and failed later, and the next upload never waits."""
    tally = target.tally
    for name, data in {
        "16,000 x 16,000 PNG in MOV": mov([GIANT]),
        "the same under a false size": mov([GIANT], (640, 360)),
        "65,535 x 4,000": mov([(65_535, 4_000)]),
    }.items():
        began = monotonic()
        sent = target.upload(data, "giant.mov")
        if tally.must_refuse(name, sent, 422):
            tally.holds(f"{name}: in time", (took := monotonic() - began) < 10, f"took {took:.0f} s")
    tally.must_answer(
        "giant pictures amid small ones", target.upload(mov([(640, 360), GIANT, (640, 360)]), "grows.mov")
    )
    for name, data in {
        "200 tracks of 25 megapixels": mov([(5_000, 5_000)], tracks=200),
        "5,000 tracks": mov([(64, 64)], tracks=5_000),
    }.items():
        began = monotonic()
        tally.must_answer(name, target.upload(data, "tracks.mov"))
        tally.holds(f"{name}: in time", (took := monotonic() - began) < 15, f"took {took:.0f} s")
    for name, data in {
        "image bomb of 256 megapixels": png(*GIANT),
        "no image": b"x" * 1000,
        "cut image": png(640, 360)[:200],
    }.items():
        tally.must_refuse(f"search by {name}", target.request("POST", "/v1/search", files={"image": ("i.png", data)}))
    large = target.request("POST", "/v1/search", files={"image": ("i.png", png(7_000, 7_000))})
    tally.must_answer("search by an image of 49 megapixels", large)


def unfinished(target: Target) -> None:
    """Hundreds of uploads that nobody goes on with, and one that says that it will be huge: others are served."""
    tally = target.tally
    created: list[str] = []
    took: list[float] = []
    refused = 0
    for _ in range(UPLOADS):
        began = monotonic()
        sent = _create(target, 1_000_000)
        took.append(monotonic() - began)
        if isinstance(sent, str) or sent.status_code >= 500:
            tally.violation("tus creation", str(sent))
        elif sent.status_code == 201:
            created.append(sent.headers["location"])
        else:
            refused += 1
    tally.survived(f"{len(created)} unfinished uploads, {refused} refused")
    first, last = median(took[:50]), median(took[-50:])  # a ratio holds on a busy machine too
    tally.holds(
        "creating stays quick", last < 3 * first, f"it took {first * 1000:.0f} ms at first, {last * 1000:.0f} at last"
    )
    for location in created:
        target.request("DELETE", _path(location), headers=TUS)
    huge = _create(target, 480_000_000)
    tally.must_answer("an upload that reserves all the room", huge)
    film = target.new_film()
    sent = target.upload(film, "beside-a-huge-one.mp4")
    taken = not isinstance(sent, str) and sent.status_code == 202
    tally.holds("another upload beside it", taken, str(sent))
    if not isinstance(huge, str) and huge.status_code == 201:
        target.request("DELETE", _path(huge.headers["location"]), headers=TUS)
    for name, headers in {
        "negative length": {"Upload-Length": "-1"},
        "length of 5,000 digits": {"Upload-Length": "9" * 5000},
        "no length": {},
        "metadata that is no base64": {"Upload-Length": "5", "Upload-Metadata": "title ???"},
        "NUL in a name": {"Upload-Length": "5", "Upload-Metadata": f"filename {b64encode(bytes(3)).decode()}"},
    }.items():
        sent = target.request("POST", "/v1/uploads/resumable", headers=TUS | headers)
        (tally.must_answer if "NUL" in name else tally.must_refuse)(f"tus: {name}", sent)


def _create(target: Target, length: int) -> Answer:
    return target.request("POST", "/v1/uploads/resumable", headers=TUS | {"Upload-Length": str(length)})


def _path(location: str) -> str:
    return location if location.startswith("/") else "/" + location.split("/", 3)[-1]


def clock(target: Target) -> None:
    """Events from the future: a video that was deleted can be added again."""
    film = target.new_film()
    path = target.folder / "future.mp4"
    path.write_bytes(film)
    target.publish(b'{"uri": "%s", "accepted_at": 99999999999999}' % path.as_uri().encode())
    first = target.status(id_of(film))
    target.tally.holds("raw event accepted in the future", first in ("indexed", "degraded"), str(first))
    target.tally.must_answer("its deletion", target.request("DELETE", f"/v1/videos/{id_of(film)}"))
    target.gone(id_of(film))
    sent = target.upload_carefully(film, "again.mp4")
    again = target.status(id_of(film)) if not isinstance(sent, str) and sent.status_code == 202 else str(sent)
    target.tally.holds("it can be added again", again in ("indexed", "degraded"), f"is {again}")
    for value in (b'{"uri": "file:///x", "accepted_at": -1}', b'{"uri": "file:///x", "accepted_at": 1e300}'):
        before = target.dead_count()
        target.publish(value)
        target.must_become_dead(1, before, f"raw event {value[-24:].decode()}")
