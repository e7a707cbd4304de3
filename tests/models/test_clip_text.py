"""What is done to a text before it is cut into tokens."""

import pytest

from rushes_models.clip_text import clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  A  Cat\n on\ta sofa ", "a cat on a sofa"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("It\u2019s \u201cfine\u201d", 'it\'s "fine"'),
        ("rock &amp;amp; roll", "rock & roll"),
        ("schÃ¶n", "schön"),
        ("ＲＥＤ", "red"),
        ("고양이\u3000두 마리", "고양이 두 마리"),
        ("", ""),
    ],
)
def test_cleaned_as_open_clip_does(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
