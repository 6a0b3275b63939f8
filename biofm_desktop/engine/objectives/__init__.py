"""What a model can learn from samples without labels."""

from .base import Objective, Questions
from .fitting import OBJECTIVES, encoding_task, fitting_objective, objectives_for

__all__ = ["OBJECTIVES", "Objective", "Questions", "encoding_task", "fitting_objective", "objectives_for"]
