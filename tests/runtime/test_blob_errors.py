"""What a blob store's errors are told as."""

import pytest

from rushes_runtime.blob_errors import explained

PAGES = "Generic S3 error: 403 Forbidden: <Error><Code>{}</Code></Error>\n\nDebug source:\nGeneric {{\n pages of it }}"


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("NoSuchBucket", "RUSHES_BLOBS__URL s3://films"),
        ("InvalidAccessKeyId", "RUSHES_BLOBS__ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", "RUSHES_BLOBS__SECRET_ACCESS_KEY"),
        ("AccessDenied", "RUSHES_BLOBS__SECRET_ACCESS_KEY"),
        ("SlowDown", "RUSHES_BLOBS__ENDPOINT http://minio:9000"),
    ],
)
def test_one_sentence_names_the_setting(code: str, setting: str) -> None:
    said = explained("s3://films", "http://minio:9000", "videos/1/source", OSError(PAGES.format(code)))
    assert setting in said and "\n" not in said and "Debug source" not in said
