"""The options of every training, one file a group; `recipes.FitOptions` holds them all."""

from .balance import BalanceOptions
from .basics import BasicOptions
from .data import DataOptions
from .layers import LayerOptions
from .optimising import OptimisingOptions
from .running import RunningOptions

__all__ = ["BalanceOptions", "BasicOptions", "DataOptions", "LayerOptions", "OptimisingOptions", "RunningOptions"]
