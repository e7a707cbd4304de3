"""What a client has already (RFC 9110, section 13). Pure."""


def has_it(tags: str | None, etag: str) -> bool:
    """Whether If-None-Match names this ETag. Tags are compared weakly there."""
    return tags is not None and (tags.strip() == "*" or _bare(etag) in map(_bare, tags.split(",")))


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/")
