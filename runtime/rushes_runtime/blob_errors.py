"""What a blob store fails with, in one sentence that names the setting where one is wrong."""

import re

CODE = re.compile(r"<Code>(\w+)</Code>")
"""How S3 names an error."""
KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "InvalidToken")
MOST = 300
"""Characters of the library's own words that are kept; it adds pages of debugging to them."""


def code_of(error: Exception) -> str | None:
    """S3's name of an error, such as NoSuchBucket, where it has one."""
    found = CODE.search(str(error))
    return found[1] if found else None


def explained(url: str, endpoint: str | None, key: str, error: Exception) -> str:
    """What went wrong with the blob of this key."""
    code = code_of(error)
    if code == "NoSuchBucket":
        return f"there is no bucket for RUSHES_BLOBS__URL {url}: make it, or set another"
    if code in KEYS:
        return (
            f"the blob store {url} refused RUSHES_BLOBS__ACCESS_KEY_ID or RUSHES_BLOBS__SECRET_ACCESS_KEY "
            f"for {key}: {code}"
        )
    words = " ".join(str(error).split("Debug source:")[0].split())[:MOST]
    where = f" at RUSHES_BLOBS__ENDPOINT {endpoint}" if endpoint else ""
    return f"the blob store {url}{where} failed on {key}: {words}"
