"""Search over HTTP: the real encoders, a real index, real photographs."""

from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.search.query_image import MAX_PIXELS
from rushes_query.search.request import MAX_IMAGE_BYTES
from rushes_query.settings import QuerySettings
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import CollectionSpec, DenseSpec, IndexUnavailable
from rushes_runtime.platform import Platform
from rushes_schemas.index import SCENES_ALIAS

from .conftest import warm_client
from .films import (
    CAT,
    COFFEE,
    COLLECTION,
    LAUNCH,
    LISBON,
    MORE_COFFEE,
    MORNING,
    NOWHERE,
    ROCKET,
    TRIPOD,
    photograph_file,
)


async def asked(http: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await http.get("/v1/search", params=params)
    assert answer.status_code == 200, answer.text
    moments: list[dict[str, Any]] = answer.json()["moments"]
    return moments


@pytest.mark.parametrize(
    ("q", "scene"),
    [("cat", CAT), ("고양이", CAT), ("a rocket", ROCKET), ("로켓", ROCKET), ("Fotograf mit Stativ", TRIPOD)],
)
async def test_finds_what_is_seen_or_said_in_any_language(http: httpx.AsyncClient, q: str, scene: Any) -> None:
    assert scene.id in (await asked(http, q=q))[0]["scenes"]


async def test_an_answer_has_the_shape_that_was_promised(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/v1/search", params={"q": "coffee", "limit": 1})).json()
    assert answer["query"] == "coffee"
    assert answer["took_ms"] >= 0
    (moment,) = answer["moments"]
    thumbnail, score, why = moment.pop("thumbnail_url"), moment.pop("score"), moment.pop("why")
    assert moment == {
        "video_id": MORNING,
        "title": LISBON,
        "start_ms": 4000,
        "end_ms": 12_000,
        "best_ms": 9100,
        "text": "I drink my first cup of coffee. The coffee is hot.",
        "marks": [{"start": 24, "end": 30}, {"start": 36, "end": 42}],
        "media_url": f"/v1/videos/{MORNING}/media#t=9.100",
        "scenes": [COFFEE.id, MORE_COFFEE.id],
    }
    assert thumbnail in {f"/v1/scenes/{scene.id}/thumbnail" for scene in (COFFEE, MORE_COFFEE)}
    assert score > 0
    assert {(reason["leg"], reason["rank"]) for reason in why} == {("visual", 1), ("speech", 1), ("lexical", 1)}
    assert all(reason["score"] > 0 for reason in why)


@pytest.mark.parametrize("q", ["asdfgh qwerty", "quarterly revenue", "underwater volcano", "체스 대회"])
async def test_nonsense_finds_nothing(http: httpx.AsyncClient, q: str) -> None:
    assert await asked(http, q=q) == []


async def test_a_silent_scene_is_found_by_its_videos_title(http: httpx.AsyncClient) -> None:
    (moment,) = await asked(http, q="lisbon holiday")
    assert moment["scenes"] == [TRIPOD.id]
    assert moment["text"] == LISBON


async def test_a_video_without_title_is_called_by_its_file(http: httpx.AsyncClient) -> None:
    assert (await asked(http, q="rocket"))[0]["title"] == "launch.mp4"


async def test_filters(http: httpx.AsyncClient) -> None:
    assert {moment["video_id"] for moment in await asked(http, q="rocket", video_id=LAUNCH)} == {LAUNCH}
    assert await asked(http, q="rocket", video_id=MORNING) == []
    assert len(await asked(http, q="rocket", video_id=[MORNING, LAUNCH])) == 1
    assert await asked(http, q="rocket", video_id=NOWHERE) == []
    assert await asked(http, q="rocket", language="en") == []
    assert len(await asked(http, q="rocket", language="ko")) == 1


async def test_a_leg_of_no_weight_is_not_asked(
    platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    service = build(platform, QuerySettings(visual_weight=0, lexical_weight=0), texts, images)
    async with warm_client(service) as http:
        moments = await asked(http, q="coffee")
    assert {why["leg"] for moment in moments for why in moment["why"]} == {"speech"}


@pytest.mark.parametrize(
    "params",
    [{}, {"q": ""}, {"q": "  "}, {"q": "x" * 1001}, {"q": "a", "limit": 0}, {"q": "a", "limit": 101},
     {"q": "a", "language": "English!"}, {"q": "a", "video_id": [NOWHERE] * 101}],
)  # fmt: skip
async def test_a_bad_question_is_a_problem(http: httpx.AsyncClient, params: dict[str, Any]) -> None:
    answer = await http.get("/v1/search", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_picture_finds_what_looks_like_it(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/search", files={"image": ("cat.jpg", photograph_file("cat"))}, data={"limit": "1"})
    (moment,) = answer.json()["moments"]
    assert moment["scenes"] == [CAT.id]
    assert [why["leg"] for why in moment["why"]] == ["visual"]


async def test_a_picture_and_words_ask_all_legs(http: httpx.AsyncClient) -> None:
    form = {"q": "로켓이 떠난다", "video_id": [LAUNCH, MORNING], "language": "ko"}
    answer = await http.post("/v1/search", files={"image": photograph_file("rocket")}, data=form)
    first = answer.json()["moments"][0]
    assert ROCKET.id in first["scenes"]
    assert {why["leg"] for why in first["why"]} == {"visual", "speech", "lexical"}


async def test_what_is_no_picture_is_refused(http: httpx.AsyncClient) -> None:
    whole = photograph_file("cat")
    for data in (b"", b"not a picture", whole[: len(whole) // 2], b"%!PS-Adobe-3.0 EPSF-3.0"):
        answer = await http.post("/v1/search", files={"image": ("x.jpg", data)})
        assert (answer.status_code, answer.json()["reason"]) == (422, "not_an_image")


async def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(http: httpx.AsyncClient) -> None:
    bomb = BytesIO()
    Image.new("1", (10_000, MAX_PIXELS // 10_000 + 1)).save(bomb, "PNG")
    answer = await http.post("/v1/search", files={"image": ("x.png", bomb.getvalue())})
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")


@pytest.mark.parametrize("size", [MAX_IMAGE_BYTES + 1, MAX_IMAGE_BYTES + 2_000_000], ids=["image", "body"])
async def test_too_many_bytes_are_refused(http: httpx.AsyncClient, size: int) -> None:
    answer = await http.post("/v1/search", files={"image": ("x.jpg", bytes(size))})
    assert answer.status_code == 413


async def test_similar_scenes(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/v1/scenes/{COFFEE.id}/similar")
    first, *_ = answer.json()["moments"]
    assert first["scenes"] == [MORE_COFFEE.id]
    assert {why["leg"]: why["rank"] for why in first["why"]} == {"visual": 1, "speech": 1}
    assert COFFEE.id not in {id for moment in answer.json()["moments"] for id in moment["scenes"]}


@pytest.mark.parametrize("scene", [NOWHERE, "x"])
async def test_similar_to_an_unknown_scene(http: httpx.AsyncClient, scene: str) -> None:
    answer = await http.get(f"/v1/scenes/{scene}/similar")
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no scene {scene!r}."


async def test_before_anything_is_indexed_nothing_is_found(
    empty_platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    async with warm_client(build(empty_platform, QuerySettings(), texts, images)) as http:
        assert await asked(http, q="cat") == []
        assert (await http.get(f"/v1/scenes/{NOWHERE}/similar")).status_code == 404


async def test_an_index_that_is_down_is_said_so(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise IndexUnavailable("the index does not answer")

    monkeypatch.setattr(EdgeIndex, "query", down)
    answer = await http.get("/v1/search", params={"q": "cat"})
    assert (answer.status_code, answer.json()["reason"]) == (503, "index_unavailable")


async def test_an_index_of_another_model_is_the_installations_fault(
    empty_platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    index = empty_platform.index
    vectors = {"visual": DenseSpec(8, multi=True), "speech": DenseSpec(8)}
    await index.ensure(COLLECTION, CollectionSpec(vectors, ("lexical",)))
    await index.point_alias(SCENES_ALIAS, COLLECTION)
    async with warm_client(build(empty_platform, QuerySettings(), texts, images)) as http:
        answer = await http.get("/v1/search", params={"q": "cat"})
    assert (answer.status_code, answer.json()["reason"]) == (503, "configuration")
