"""The check of a whole set of samples."""

import time
from collections.abc import Generator, Iterator, Sequence
from typing import cast

from biofm_desktop.engine.events import Event, Progress
from biofm_desktop.engine.samples import ImageSample, MoleculeSample, Sample, SequenceSample, TableSample

from .equal import content_of, equal_leaks, table_leaks
from .leak import SPLITS, Clock, Compared, Kind, Leak, LeakReport, report_of
from .pictures import picture_leaks
from .sequences import sequence_leaks

_SECONDS_BETWEEN = 0.2


def find_leaks(
    samples: Sequence[Sample], *, identity: float = 0.9, seconds: float = 0.0
) -> Generator[Event, None, LeakReport]:
    """Compare the samples of different splits, telling how far it is; closing it ends it.

    Each sample of val or test is listed once, with a partner of an earlier split; a group once for each split. It ends
    after about ``seconds`` (0: when it is done), and the report says how many samples were compared.
    """
    samples = [sample for sample in samples if sample.split in SPLITS]
    leaks = list(equal_leaks(samples, [sample.group for sample in samples], Kind.GROUP, once=True))
    compared, told, shown = len(samples), set(), time.monotonic()
    for found in _stages(samples, identity, Clock(seconds)):
        if isinstance(found, Progress):
            if found.done == found.total or time.monotonic() - shown > _SECONDS_BETWEEN:
                shown = time.monotonic()
                yield found
        elif isinstance(found, Compared):
            compared = min(compared, found.done)
        elif found.second not in told:
            told.add(found.second)
            leaks.append(found)
    return report_of(leaks, compared, len(samples))


def _stages(samples: Sequence[Sample], identity: float, clock: Clock) -> Iterator[Leak | Progress | Compared]:
    """Give what each comparison finds that suits the kind of the samples, the surest first."""
    kind = type(samples[0]) if samples else Sample
    if issubclass(kind, ImageSample):
        yield from picture_leaks(cast("Sequence[ImageSample]", samples), clock)
    elif issubclass(kind, TableSample):
        yield from table_leaks(cast("Sequence[TableSample]", samples), clock)
    else:
        word = Kind.MOLECULE if issubclass(kind, MoleculeSample) else Kind.CONTENT
        yield from equal_leaks(samples, [content_of(sample) for sample in samples], word)
    if issubclass(kind, SequenceSample):
        yield from sequence_leaks(cast("Sequence[SequenceSample]", samples), identity, clock)
