"""404 for what is not there."""

from collections.abc import AsyncIterator

from fastapi import HTTPException

from rushes_query.errors import NotFound


async def unknown_is_404() -> AsyncIterator[None]:
    """A router's dependency: the core's NotFound, as HTTP says it. The core itself knows no transport."""
    try:
        yield
    except NotFound as error:
        raise HTTPException(404, str(error)) from error
