"""open_clip's byte-pair vocabulary as a `tokenizer.json`, the file format of the package `tokenizers`."""

from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from rushes_models.optional import need
from rushes_models.weights import WeightsError

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+"
"""What CLIP calls a word (Radford et al., 2021): English endings, runs of letters, single digits, runs of the rest.

As in open_clip, U+0345 is lost; code points that Unicode has not assigned may be cut elsewhere. A text that spells
`<start_of_text>` is cut like any other here; in open_clip it can smuggle in the control token.
"""


def write_tokenizer(tokenizer: Any, path: Path) -> None:
    """Writes open_clip's own tokenizer; texts come out cut and padded with zeros to its context length.

    `clip_text.clean` must go before. Raises `WeightsError` for the tokenizers of the model hub.
    """
    if not isinstance(tokenizer, need("open_clip").SimpleTokenizer):
        raise WeightsError(
            "only models with open_clip's own tokenizer can be exported, not those with one of the hub's"
        )
    start, end = ("<start_of_text>", tokenizer.sot_token_id), ("<end_of_text>", tokenizer.eot_token_id)
    made = Tokenizer(_byte_pairs(tokenizer))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.post_processor = processors.TemplateProcessing(single=f"{start[0]} $A {end[0]}", special_tokens=[start, end])
    made.enable_truncation(tokenizer.context_length)
    made.enable_padding(length=tokenizer.context_length, pad_id=0, pad_token="!")  # noqa: S106  # token 0
    made.save(str(path), pretty=False)


def _byte_pairs(tokenizer: Any) -> Any:
    merges = sorted(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.__getitem__)
    return models.BPE(vocab=tokenizer.encoder, merges=merges, end_of_word_suffix="</w>")
