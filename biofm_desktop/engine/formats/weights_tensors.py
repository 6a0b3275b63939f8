"""One tensor of a file of weights, and what is wrong with its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .left_out import quoted, some

_WIDER = "module."


@dataclass(frozen=True)
class WeightTensor:
    """``dtype`` is a NumPy type or ``bf16``; types that NumPy lacks otherwise are kept by name, their values unread."""

    name: str
    dtype: str
    shape: tuple[int, ...]


class Numbers:
    """Looks at the bytes of one tensor, a part at a time."""

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype
        self.finite, self.zero, self.seen = True, True, False

    def take(self, data: bytes) -> None:
        """Look at so many whole numbers."""
        if self._dtype == "bf16":
            bits = np.frombuffer(data, "<u2")
            self.finite &= not bool(((bits & 0x7F80) == 0x7F80).any())
            self.zero &= not bool((bits & 0x7FFF).any())
        else:
            values = np.frombuffer(data, self._dtype)
            if values.dtype.kind in "fc":
                self.finite &= bool(np.isfinite(values).all())
            self.zero &= not bool(values.any())
        self.seen |= bool(data)


def check_numbers(what: str, tensor: WeightTensor, parts: Iterator[bytes], zeros: list[str]) -> None:
    """Raise `Fault` where a number is not finite; add the name to ``zeros`` where every one is 0."""
    numbers = Numbers(tensor.dtype)
    for part in parts:
        numbers.take(part)
    if not numbers.finite:
        fault = f"its tensor {quoted(tensor.name)} holds numbers that are not finite (NaN or infinite)"
        raise Fault(what, fault, "Use a sound copy, or an earlier one")
    if numbers.seen and numbers.zero:
        zeros.append(tensor.name)


def tell_tensors(what: str, tensors: Sequence[WeightTensor], zeros: list[str], problems: list[Problem]) -> None:
    """Tell what is odd about tensors whose numbers are sound."""
    if not tensors:
        raise Fault(what, "it holds no weights (names and tensors)", "Save the model's state_dict() and use that file")
    if len(zeros) == len(tensors):
        problems.append(Problem(what, "all its weights are 0"))
    if all(tensor.name.startswith(_WIDER) for tensor in tensors):
        message = f"every name begins with {_WIDER!r} (saved from several GPUs), which is left off when it is loaded"
        problems.append(Problem(what, message))
    whole = [tensor.name for tensor in tensors if tensor.name.endswith("weight") and tensor.dtype[-2:-1] in ("i", "u")]
    if whole:
        message = f"these weights are whole numbers, which a model has as real ones: {some(map(quoted, whole))}"
        problems.append(Problem(what, message))
