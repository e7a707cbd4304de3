"""Errors as RFC 9457 problem details."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from rushes_runtime.errors import ConfigurationError, InvalidError, TransientError

MEDIA_TYPE = "application/problem+json"

STATUS = {"too_large": 413, "no_space": 507, "newer_format": 503}
"""What InvalidErrors are answered with by their reason, where that is not 422."""

TITLES = {460: "Checksum Mismatch"}
"""Of statuses that are not HTTP's own but those of a protocol upon it (tus)."""

LONGEST = 1000
"""Characters of a `detail`."""

log = structlog.stdlib.get_logger("rushes.http")


class Problem(BaseModel):
    """The body of every error answer."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    reason: str | None = None
    """A word for machines: `empty`, `not_a_video`, `too_large`, ..."""


def described(status: int, detail: str, reason: str | None = None) -> dict[str, Any]:
    """A problem as JSON. `detail` is one sentence that says what is wrong with which input."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body = Problem(title=title, status=status, detail=printable(detail), reason=reason)
    return body.model_dump(exclude_none=True)


def printable(sentence: str) -> str:
    """The sentence on one line and of bounded length, which UTF-8 can say: it may quote what somebody sent."""
    line = "".join(each if each.isprintable() else "�" for each in sentence[: LONGEST + 1])
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"


def problem(status: int, detail: str, reason: str | None = None, **headers: str) -> JSONResponse:
    """An error answer."""
    return JSONResponse(described(status, detail, reason), status, headers, MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Have the app answer every error as a problem."""

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), **(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def bad_request(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        return problem(422, f"{where}: {first['msg']}", "bad_request")

    @app.exception_handler(InvalidError)
    async def invalid(request: Request, error: InvalidError) -> JSONResponse:
        return problem(STATUS.get(error.reason, 422), str(error), error.reason)

    @app.exception_handler(TransientError)
    async def unavailable(request: Request, error: TransientError) -> JSONResponse:
        return problem(503, str(error), error.reason, **{"Retry-After": "5"})

    @app.exception_handler(ConfigurationError)
    async def misconfigured(request: Request, error: ConfigurationError) -> JSONResponse:
        return problem(503, str(error), "configuration")

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        log.error("a request failed", path=request.url.path, exc_info=error)
        # This handler stands outside of all middleware, so what they add to every answer is added here.
        known = {"X-Request-ID": request_id} if (request_id := getattr(request.state, "request_id", None)) else {}
        known["X-Content-Type-Options"] = "nosniff"
        return problem(500, "The server made a mistake; its log says more.", "bug", **known)
