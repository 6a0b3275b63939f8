"""Which of several processes this one is, where ``torchrun`` (or a cluster) started more than one for a job."""

import os


def world_size() -> int:
    """Return how many processes do this job together (1: this one only)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return which of them this one is; 0 is the one that tells and writes."""
    return int(os.environ.get("RANK", "0"))
