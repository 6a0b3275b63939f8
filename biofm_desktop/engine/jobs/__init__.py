"""What can be asked for."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.registry import Registry

from .augment import AugmentPreviewJob
from .base import Job
from .continue_training import ContinueJob, epochs_of
from .cross_validate import CrossValidateJob
from .describe import DescribeJob
from .distill import DistillJob
from .estimate import EstimateJob
from .evaluate import EvaluateJob
from .histogram import HistogramJob
from .leaks import LeaksJob
from .learning_curve import LearningCurveJob
from .predict import PredictJob
from .pretrain import PretrainJob
from .retrain import RetrainJob
from .self_test import SelfTestJob
from .start_weights import DOWNLOAD
from .suggest import Suggestion, SuggestJob
from .train import TrainJob
from .tune import TuneJob
from .weights import WeightsJob

JOBS: Registry[type[Job]] = Registry(
    "job",
    (
        TrainJob,
        ContinueJob,
        RetrainJob,
        PretrainJob,
        PredictJob,
        EvaluateJob,
        SuggestJob,
        AugmentPreviewJob,
        HistogramJob,
        LearningCurveJob,
        LeaksJob,
        DescribeJob,
        EstimateJob,
        WeightsJob,
        CrossValidateJob,
        DistillJob,
        TuneJob,
        SelfTestJob,
    ),
)


def job_from_json(values: Mapping[str, Any]) -> Job:
    """Make a job again from what `Job.to_json` gave; raise `Fault` where it is none of ours."""
    kind = JOBS[str(values.get("job"))]
    known = {field.name for field in dataclasses.fields(kind)}
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name != "job"}
    if surplus := sorted(set(given) - known):
        raise Fault(
            f"job {kind.name}", f"{', '.join(surplus)} is not known to it", f"It takes {', '.join(sorted(known))}"
        )
    try:
        return kind(**given)
    except TypeError as error:
        raise Fault(
            f"job {kind.name}", "something that it needs is missing", "Complete it", detail=str(error)
        ) from None


__all__ = [
    "DOWNLOAD",
    "JOBS",
    "AugmentPreviewJob",
    "ContinueJob",
    "CrossValidateJob",
    "DescribeJob",
    "DistillJob",
    "EstimateJob",
    "EvaluateJob",
    "FitOptions",
    "HistogramJob",
    "Job",
    "LeaksJob",
    "LearningCurveJob",
    "PredictJob",
    "PretrainJob",
    "RetrainJob",
    "SelfTestJob",
    "SuggestJob",
    "Suggestion",
    "TrainJob",
    "TuneJob",
    "WeightsJob",
    "epochs_of",
    "job_from_json",
]
