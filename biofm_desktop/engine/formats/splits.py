"""The words that people use for the parts of a split."""

_WORDS = {
    "train": ("train", "training", "tr", "imagestr", "labelstr"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "ts", "imagests", "labelsts"),
}
_SPLIT = {word: split for split, words in _WORDS.items() for word in words}


def split_named(word: str) -> str:
    """Return ``train``, ``val`` or ``test`` for a word that means it, else an empty text."""
    return _SPLIT.get(word.strip().lower(), "")
