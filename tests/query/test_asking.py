"""What a question may say besides its words: phrases, filters, weights, pages, groups; over HTTP."""

from typing import Any

import httpx
import pytest

from rushes_models.ports import ImageTextEncoder, TextEncoder, Vectors
from rushes_query.app import build
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import Filter, Match, Point
from rushes_runtime.platform import Platform
from rushes_schemas.index import SCENES_ALIAS

from .conftest import client_of, warm_client
from .films import ASTRONAUT, CAT, COFFEE, COLLECTION, LAUNCH, MORE_COFFEE, MORNING, ROCKET, TRIPOD, photograph_file
from .test_app import Watched


async def answer(http: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    got = await http.get("/v1/search", params=params)
    assert got.status_code == 200, got.text
    said: dict[str, Any] = got.json()
    return said


async def scenes(http: httpx.AsyncClient, **params: Any) -> list[str]:
    """The ids of all scenes that are found, best moment first."""
    return [scene for moment in (await answer(http, **params))["moments"] for scene in moment["scenes"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ('"cup of coffee"', [COFFEE.id]),
        ("“CUP OF coffee”", [COFFEE.id]),
        ('"coffee of cup"', []),
        ('"is hot"', [MORE_COFFEE.id]),
        ('"발사대를 떠난다"', [ROCKET.id]),
        ('"cup of coffee" "hot coffee"', []),
        ('"on the"', [CAT.id]),
        ('cat "on the sofa"', [CAT.id]),
        ('"holiday in lisbon"', [TRIPOD.id]),
    ],
)
async def test_a_phrase_is_said_in_that_order(http: httpx.AsyncClient, q: str, found: list[str]) -> None:
    assert await scenes(http, q=q) == found


async def test_legs_that_have_no_part_are_named_with_the_reason(http: httpx.AsyncClient) -> None:
    phrase = await answer(http, q='"cup of coffee"')
    assert phrase["left_out"] == [{"leg": "visual", "reason": "only_a_phrase"}]
    weighed = await answer(http, q="coffee", visual_weight=0, lexical_weight=0)
    assert {each["leg"]: each["reason"] for each in weighed["left_out"]} == dict.fromkeys(
        ("visual", "lexical"), "no_weight"
    )
    assert {why["leg"] for moment in weighed["moments"] for why in moment["why"]} == {"speech"}
    picture = (await http.post("/v1/search", files={"image": photograph_file("cat")})).json()
    assert {each["leg"]: each["reason"] for each in picture["left_out"]} == dict.fromkeys(
        ("speech", "lexical"), "no_words"
    )


async def test_weights_of_a_request_change_the_order(http: httpx.AsyncClient) -> None:
    seen = await answer(http, q="hot photographer with a tripod", visual_weight=10)
    said = await answer(http, q="hot photographer with a tripod", lexical_weight=10, visual_weight=0.1)
    assert seen["moments"][0]["scenes"] == [TRIPOD.id]
    assert MORE_COFFEE.id in said["moments"][0]["scenes"]


async def test_words_that_were_asked_for_are_marked_in_every_form(http: httpx.AsyncClient) -> None:
    moment = (await answer(http, q="sleeping cats"))["moments"][0]
    assert [moment["text"][mark["start"] : mark["end"]] for mark in moment["marks"]] == ["cat", "sleeps"]
    assert moment["best_ms"] == 100  # the second word of the scene


async def test_what_is_seen_starts_at_its_picture(http: httpx.AsyncClient) -> None:
    moment = (await answer(http, q="Fotograf mit Stativ", lexical_weight=0, speech_weight=0))["moments"][0]
    assert moment["scenes"] == [TRIPOD.id]
    assert moment["best_ms"] == 13_500
    assert moment["media_url"].endswith("#t=13.500")


NEW: dict[str, Any] = {"video_id": "ffffffff-0000-4000-8000-000000000000", "indexed_at": 4_000_000_000_000}
"""What a video that arrives later says of itself."""
EVERYTHING = "coffee cat 로켓"
FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"metadata": "camera=B"}, {CAT.id, COFFEE.id, MORE_COFFEE.id}),
    ({"metadata": ["camera=B", "take=2"]}, {CAT.id, COFFEE.id, MORE_COFFEE.id}),
    ({"metadata": ["camera=B", "take=3"]}, set()),
    ({"from_ms": 4000, "to_ms": 9000}, {COFFEE.id, ROCKET.id}),
    ({"to_ms": 4000}, {CAT.id, ROCKET.id}),
    ({"from_ms": 6000}, {COFFEE.id, MORE_COFFEE.id}),
    ({"added_from": "2010-01-01"}, {ROCKET.id}),
    ({"added_to": "2010-01-01T00:00:00Z"}, {CAT.id, COFFEE.id, MORE_COFFEE.id}),
    ({"added_from": "2001-09-09T01:46:40", "added_to": "2001-09-09T01:46:41"}, {CAT.id, COFFEE.id, MORE_COFFEE.id}),
    ({"min_duration_ms": 15_501}, set()),
    ({"max_duration_ms": 15_500, "language": "ko"}, {ROCKET.id}),
    ({"speech": "false"}, set()),
    ({"speech": "true", "language": "ko"}, {ROCKET.id}),
    ({"fallback": "false", "video_id": LAUNCH}, {ROCKET.id}),
]


@pytest.mark.parametrize(("filters", "found"), FILTERS, ids=[str(filters) for filters, _ in FILTERS])
async def test_filters(http: httpx.AsyncClient, filters: dict[str, Any], found: set[str]) -> None:
    assert set(await scenes(http, q=EVERYTHING, visual_weight=0, speech_weight=0, **filters)) == found


async def test_silent_scenes_are_found_alone(http: httpx.AsyncClient) -> None:
    assert set(await scenes(http, q="photographer with a tripod", fallback="true")) <= {TRIPOD.id, ASTRONAUT.id}


@pytest.mark.parametrize(
    "params",
    [{"metadata": "camera"}, {"from_ms": -1}, {"added_from": "yesterday"}, {"visual_weight": -1}, {"per_video": 0},
     {"langauge": "en"}, {"cursor": "x"}, {"speech": "perhaps"}],
)  # fmt: skip
async def test_a_bad_wish_is_a_problem_that_names_it(http: httpx.AsyncClient, params: dict[str, Any]) -> None:
    got = await http.get("/v1/search", params={"q": "cat", **params})
    assert got.status_code == 422
    assert next(iter(params)) in got.json()["detail"]


async def test_moments_are_grouped_by_video(http: httpx.AsyncClient) -> None:
    said = await answer(http, q=EVERYTHING, group_by_video=True)
    assert [group["video_id"] for group in said["groups"]] == [moment["video_id"] for moment in said["moments"]]
    assert len({group["video_id"] for group in said["groups"]}) == len(said["groups"]) == 2
    assert [group["moments"][0] for group in said["groups"]] == said["moments"]
    assert (await answer(http, q=EVERYTHING))["groups"] == []


async def test_a_video_has_so_many_moments(http: httpx.AsyncClient) -> None:
    one = await answer(http, q=EVERYTHING, per_video=1)
    assert sorted(moment["video_id"] for moment in one["moments"]) == sorted([MORNING, LAUNCH])
    several = await answer(http, q=EVERYTHING)
    assert len(several["moments"]) >= len(one["moments"])


async def test_similar_leaves_out_the_same_video_on_request(http: httpx.AsyncClient) -> None:
    path = f"/v1/scenes/{COFFEE.id}/similar"
    within = (await http.get(path)).json()["moments"]
    assert within[0]["scenes"] == [MORE_COFFEE.id]
    outside = (await http.get(path, params={"other_videos": "true"})).json()["moments"]
    assert MORNING not in {moment["video_id"] for moment in outside}
    assert (await http.get(path, params={"language": "ko"})).json()["moments"] == outside


async def pages(http: httpx.AsyncClient, cursor: str | None = None, **params: Any) -> list[dict[str, Any]]:
    """All moments, page by page, from a cursor on."""
    found: list[dict[str, Any]] = []
    while True:
        said = await answer(http, **params, **({"cursor": cursor} if cursor else {}))
        found += said["moments"]
        cursor = said["next_cursor"]
        if cursor is None:
            return found


async def test_pages_are_the_whole_in_parts(http: httpx.AsyncClient) -> None:
    whole = (await answer(http, q=EVERYTHING))["moments"]
    assert len(whole) >= 2
    assert await pages(http, q=EVERYTHING, limit=1) == whole
    assert (await answer(http, q=EVERYTHING))["next_cursor"] is None


async def test_a_cursor_is_of_one_question(http: httpx.AsyncClient) -> None:
    cursor = (await answer(http, q=EVERYTHING, limit=1))["next_cursor"]
    other = await http.get("/v1/search", params={"q": "cat", "limit": 1, "cursor": cursor})
    assert (other.status_code, other.json()["reason"]) == (422, "bad_cursor")


async def test_a_picture_model_that_is_switched_off_is_said_so(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    async with warm_client(build(platform, QuerySettings(pictures=False), texts, images)) as http:
        form = {"q": "coffee"}
        said = (await http.post("/v1/search", files={"image": photograph_file("cat")}, data=form)).json()
    assert said["left_out"] == [{"leg": "visual", "reason": "no_picture_model"}]
    assert COFFEE.id in said["moments"][0]["scenes"]


async def test_while_the_models_load_words_are_found_all_the_same(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    async with client_of(build(platform, QuerySettings(), texts, images)) as http:
        said = await answer(http, q="coffee")
    assert {each["leg"]: each["reason"] for each in said["left_out"]} == dict.fromkeys(
        ("visual", "speech"), "model_not_loaded"
    )
    assert COFFEE.id in said["moments"][0]["scenes"]


class Failing(Watched):
    """A text encoder that fails at its work."""

    def encode(self, texts: Any) -> Vectors:
        raise RuntimeError("out of memory")


async def test_a_model_that_fails_costs_its_leg_only(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    async with warm_client(build(platform, QuerySettings(), Failing(texts), images)) as http:
        said = await answer(http, q="coffee")
    assert said["left_out"] == [{"leg": "speech", "reason": "model_failed"}]
    assert {why["leg"] for why in said["moments"][0]["why"]} == {"visual", "lexical"}


async def test_a_question_that_comes_again_is_encoded_once(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    watched = Watched(texts)
    async with warm_client(build(platform, QuerySettings(), watched, images)) as http:
        first = await answer(http, q="coffee")
        calls = len(watched.threads)
        watched.threads.clear()
        again = await answer(http, q="coffee")
    assert calls == 1 and not watched.threads
    assert first["moments"] == again["moments"]


async def test_pages_stay_where_they_are_while_videos_arrive_and_go(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    whole = (await answer(http, q=EVERYTHING))["moments"]
    first = await answer(http, q=EVERYTHING, limit=1)
    copied = await platform.index.get(COLLECTION, [COFFEE.id, ROCKET.id, CAT.id], with_vectors=True)
    fresh = [
        Point(f"00000000-0000-4000-8000-00000000000{n}", dict(point.payload) | NEW, point.vectors)
        for n, point in enumerate(copied)
    ]
    try:
        await platform.index.upsert(COLLECTION, fresh)
        assert "ffffffff" in str((await answer(http, q=EVERYTHING))["moments"])
        rest = await pages(http, first["next_cursor"], q=EVERYTHING, limit=1)
        told = [moment["scenes"] for moment in (*first["moments"], *rest)]
        assert told == [moment["scenes"] for moment in whole]
    finally:
        await platform.index.delete(SCENES_ALIAS, Filter([Match("video_id", [NEW["video_id"]])]))
