"""Self-supervised pre-training: an explicit list of objectives."""

from biofm_desktop.engine.registry import Registry

from .base import Objective, Questions
from .contrastive import Contrastive
from .letters import MaskedLetters, NextLetter
from .masked_patches import MaskedPatches

OBJECTIVES: Registry[type[Objective]] = Registry("objective", (Contrastive, MaskedPatches, MaskedLetters, NextLetter))

__all__ = ["OBJECTIVES", "Objective", "Questions"]
