"""What may stand in a cell of a sample's row."""

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Sample, TableSample


def check_cell(sample: Sample, column: str, text: str) -> None:
    """Raise `Fault` where a table has no such column, or where the column takes numbers and the text is none."""
    if not isinstance(sample, TableSample):
        return
    try:
        sample.cell_of(column, text)
    except KeyError:
        raise Fault(sample.key, f"it has no column {column!r} that can be changed") from None
    except ValueError:
        raise Fault(
            sample.key,
            f"{text!r} is not a number, and the column {column} holds numbers",
            "Type a number with a decimal point, or nothing for a missing value",
        ) from None
