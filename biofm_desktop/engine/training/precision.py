"""Mixed precision: half the bits where the device is quicker with them."""

from contextlib import AbstractContextManager, nullcontext

import torch

from biofm_desktop.engine.faults import Fault

_TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def lower_type(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the type that matrices are multiplied in; None: 32 bits throughout.

    ``auto`` takes bfloat16 on a GPU that has it and float16 on another; a CPU stays with 32 bits, so that its
    results do not depend on which one it is. Raises `Fault` for float16 on a CPU, which has no loss scaling for it.
    """
    if precision == "auto":
        if device.type != "cuda":
            return None
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if precision == "float16" and device.type == "cpu":
        raise Fault("option --precision", "float16 does not learn on a CPU", "Choose bfloat16, full or auto")
    return _TYPES.get(precision)


class Precision:
    """Runs the forward pass in the lower type; scales the loss of float16, whose small gradients would vanish."""

    def __init__(self, precision: str, device: torch.device) -> None:
        self._type, self._device = lower_type(precision, device), device
        self.scaler = torch.amp.GradScaler(device.type, enabled=self._type is torch.float16)

    def __call__(self) -> AbstractContextManager[object]:
        """Return the block in which the network computes."""
        return torch.autocast(self._device.type, self._type) if self._type is not None else nullcontext()
