"""Requests that are wrong, by mistake or by intent: each gets the right status and one clear sentence."""

import struct
import zlib
from typing import Any

import httpx
import pytest

from rushes_runtime.web.problems import MEDIA_TYPE

from .films import CAT, MORNING, NOWHERE, photograph_file

SIDE = 50_000


def bomb() -> bytes:
    """A PNG of 50,000 x 50,000 pixels, which is small as long as nobody decodes it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    row = bytes(1 + SIDE // 8)
    pixels = b"".join(packer.compress(row * 1000) for _ in range(SIDE // 1000)) + packer.flush()
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def refused(answer: httpx.Response, status: int, sentence: str) -> None:
    """An answer is a problem of this status, which says so."""
    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"], said["status"]) == (status, MEDIA_TYPE, status)
    assert sentence in said["detail"] and "\n" not in said["detail"] and len(said["detail"]) < 500


@pytest.mark.parametrize(
    ("path", "params", "status", "sentence"),
    [
        ("/v1/search", {"q": ""}, 422, "Say what to search for"),
        ("/v1/search", {"q": " \t"}, 422, "Say what to search for"),
        ("/v1/search", {}, 422, "q: "),
        ("/v1/search", {"q": "x" * 10_000}, 422, "q: String should have at most 1000 characters"),
        ("/v1/search", {"q": "x", "limit": -1}, 422, "limit: Input should be greater than or equal to 1"),
        ("/v1/search", {"q": "x", "limit": 10**9}, 422, "limit: Input should be less than or equal to 100"),
        ("/v1/search", {"q": "x", "limit": "many"}, 422, "limit: Input should be a valid integer"),
        ("/v1/search", {"q": "x", "language": "English!"}, 422, "language: "),
        ("/v1/search", {"q": "x", "video_id": [NOWHERE] * 101}, 422, "video_id: List should have at most 100 items"),
        ("/v1/videos", {"cursor": "from somewhere else"}, 422, "'from somewhere else' is no cursor"),
        ("/v1/videos", {"limit": 10**9}, 422, "limit: "),
        (f"/v1/videos/{NOWHERE}", {}, 404, f"There is no video '{NOWHERE}'."),
        ("/v1/videos/not-an-id", {}, 404, "There is no video 'not-an-id'."),
        (f"/v1/videos/{MORNING.upper()}/scenes", {}, 404, "There is no video"),
        ("/v1/videos/..%2F..%2F..%2Fetc%2Fpasswd/media", {}, 404, ""),
        ("/v1/videos/....//....//etc/passwd", {}, 404, ""),
        (f"/v1/scenes/{CAT.id}%00/thumbnail", {}, 404, "There is no scene"),
        ("/v1/nowhere", {}, 404, "Not Found"),
    ],
)
async def test_a_wrong_question(
    http: httpx.AsyncClient, path: str, params: dict[str, Any], status: int, sentence: str
) -> None:
    refused(await http.get(path, params=params), status, sentence)
    assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("image", "status", "sentence"),
    [
        (b"this is no picture", 422, "The image can't be decoded"),
        (b"", 422, "The image can't be decoded"),
        (b"\xff\xd8\xff\xe0" + bytes(1000), 422, "The image can't be decoded"),
        (bytes(22 * 1024 * 1024), 413, "22,020,096 bytes"),
    ],
)
async def test_an_image_that_is_none(http: httpx.AsyncClient, image: bytes, status: int, sentence: str) -> None:
    refused(await http.post("/v1/search", files={"image": ("cat.jpg", image)}), status, sentence)


async def test_a_question_of_a_megabyte(http: httpx.AsyncClient) -> None:
    """Over GET it is the server that refuses it, before there is a request (`tests/web`)."""
    picture = {"image": ("cat.jpg", photograph_file("cat"))}
    answer = await http.post("/v1/search", data={"q": "x" * 1_000_000}, files=picture)
    refused(answer, 422, "q: String should have at most 1000 characters")
    assert (await http.post("/v1/search", data={"q": "x" * 5_000_000}, files=picture)).status_code == 400


async def test_an_image_bomb(http: httpx.AsyncClient) -> None:
    refused(await http.post("/v1/search", files={"image": ("bomb.png", bomb())}), 413, "more than 50 megapixels")


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"{}", bytes(5000)])
async def test_a_form_that_is_none(http: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await http.post("/v1/search", content=body, headers=headers)
    assert answer.status_code in (400, 422) and answer.headers["content-type"] == MEDIA_TYPE


async def test_a_method_that_is_not_there(http: httpx.AsyncClient) -> None:
    refused(await http.put("/v1/search"), 405, "Method Not Allowed")
