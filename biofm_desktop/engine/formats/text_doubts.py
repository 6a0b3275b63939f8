"""What a user should know of texts before a model or another person reads them."""

import re
from collections.abc import Iterable

_LONGEST_WORD = 10_000
#: Signs without a width, and those that turn the direction of what follows.
_HIDDEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_TWO_SCRIPTS = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_WORD = re.compile(r"\S+")
_LOOKED_AT = 20_000_000  # letters of one text that are looked at for personal data
_PERSONAL = {
    "a record number": re.compile(
        r"\b(?:MRN|medical record(?: number)?|patient id|NHS(?: number)?)\W{0,3}\d{3,}", re.I
    ),
    "a telephone number": re.compile(r"\b(?:phone|tel|telephone|mobile)\.?\W{0,3}[+(]?\d[\d ()-]{5,}", re.I),
    "a date of birth": re.compile(r"\b(?:born(?: on)?|DOB|date of birth)\W{0,3}\d{1,4}[./-]\d", re.I),
    "a mail address": re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}\.[a-z]{2,}\b", re.I),
    "a social security number": re.compile(r"\b(?:SSN|social security)\D{0,12}\d{3}-\d{2}-\d{4}", re.I),
    "a street": re.compile(r"\b(?:lives|living|resides|address)\b.{0,10}\d{1,5} \w+ (?:St|Street|Ave|Road|Rd)\b", re.I),
}


def text_doubts(texts: Iterable[str]) -> list[str]:
    """Return what is odd about texts, without quoting them: hidden signs, endless words, personal data."""
    hidden = mixed = long = 0
    personal: dict[str, int] = {}
    for text in texts:
        mixed += text.isascii() is False and len(_TWO_SCRIPTS.findall(text))
        hidden += text.isascii() is False and len(_HIDDEN.findall(text))
        long += any(found.end() - found.start() > _LONGEST_WORD for found in _WORD.finditer(text))
        for kind, pattern in _PERSONAL.items():
            if pattern.search(text[:_LOOKED_AT]):
                personal[kind] = personal.get(kind, 0) + 1
    doubts = []
    if hidden:
        doubts.append(f"{hidden:,} hidden signs (without width, or that turn the direction) are in it")
    if mixed:
        doubts.append(f"{mixed:,} words hide letters of another script among Latin ones that look alike")
    if long:
        doubts.append(f"a word of it is too long (over {_LONGEST_WORD:,} letters); a model will see a part of it")
    if personal:
        told = ", ".join(personal)
        doubts.append(f"it seems to hold personal data ({told}): look at it before you share exports or models")
    return doubts
