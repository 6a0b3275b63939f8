"""What ``biofm inspect`` tells of tables."""

import math
from typing import Any

from biofm_desktop.engine.samples import Dataset, TableSample

from .values import values_of_kind


@values_of_kind.register
def _tables(first: TableSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    """Return size, names and a corner of the numbers; those of a matrix where there is one."""
    table = first.table
    value: dict[str, Any] = {
        "shape": [len(dataset), len(table.measured or table.names)],
        "columns": list(table.names[:100]),
        "first_id": first.key,
    }
    if table.measured:
        corner = table.measurements(0, min(table.rows, 4))[:, :4]
        value |= {f"x_{y}_{x}": _told(float(number)) for y, row in enumerate(corner) for x, number in enumerate(row)}
    return value


def _told(number: float) -> float | None:
    return number if math.isfinite(number) else None
