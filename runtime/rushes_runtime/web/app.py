"""The HTTP side of services that share a port: their routes, and what is common to all of them."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from rushes_runtime.checks import Check
from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.admission import Admission
from rushes_runtime.web.health import health
from rushes_runtime.web.hosts import Addressed
from rushes_runtime.web.json_bodies import JsonBodies
from rushes_runtime.web.keys import Keys
from rushes_runtime.web.openapi import document
from rushes_runtime.web.patience import Patience
from rushes_runtime.web.problems import answer_problems
from rushes_runtime.web.record import HEADER, Record
from rushes_runtime.web.untrusted import Untrusted
from rushes_runtime.web.wrong_keys import WrongKeys

GZIP_FROM = 1000
"""Bytes of an answer from which on it is compressed; pictures, videos and event streams never are."""
GZIP_LEVEL = 5
EXPOSED = ("ETag", "Content-Range", "Accept-Ranges", "Location", "Retry-After", HEADER)
UPLOADING = ("Upload-Offset", "Upload-Length", "Upload-Metadata", "Tus-Resumable", "Tus-Version", "Tus-Extension")
"""What a page's script may read of an answer, besides what it always may; the second, for tus."""


def web_app(
    name: str,
    routers: Sequence[APIRouter],
    checks: Mapping[str, Check],
    registry: CollectorRegistry,
    settings: HttpSettings,
    wrong_keys: WrongKeys | None = None,
) -> FastAPI:
    """The app, which starts nothing. `wrong_keys` counts those of another server of this process as well."""
    app = FastAPI(title=f"rushes {name}", version="0.1.0", description=_ABOUT)
    app.openapi = document(app)  # type: ignore[method-assign]
    answer_problems(app)
    app.include_router(health(checks, registry))
    for router in routers:
        app.include_router(router)
    # The last one added is the first to see a request.
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=GZIP_LEVEL)
    app.add_middleware(JsonBodies)
    app.add_middleware(Patience, settings=settings)
    app.add_middleware(Admission, keys=Keys(settings, wrong_keys))
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[*EXPOSED, *UPLOADING],
        )
    app.add_middleware(Addressed, settings=settings)
    app.add_middleware(Record)
    app.add_middleware(Untrusted)
    return app


_ABOUT = """Finds the moment in a video.

Times are integer milliseconds on the video's clock; fields that end in `_at`, since the Unix epoch. Errors are RFC 9457
problem details, whose `detail` is one sentence for people and whose `reason` is a word for machines. URLs in answers
are relative to this server."""
