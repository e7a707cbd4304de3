"""Phrases in quotation marks. Pure."""

import re

from rushes_models.terms import phrase_terms

QUOTED = re.compile(r'"([^"]+)"|“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|「([^「」]+)」|『([^『』]+)』')


def phrases(q: str) -> list[str]:
    """What stands in quotation marks, as `ScenePayload.phrase_terms` is written: terms separated by spaces. Quotation
    marks with no word between them, and one without its other, mean nothing."""
    found = (next(filter(None, match.groups())) for match in QUOTED.finditer(q))
    terms = (" ".join(term.text for term in phrase_terms(each)) for each in found)
    return [each for each in terms if each]


def unquoted(q: str) -> str:
    """The words that stand outside of quotation marks."""
    return " ".join(QUOTED.sub(" ", q).split())
