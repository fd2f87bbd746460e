"""Detection runs: asked for, watched, stopped."""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import progress
from reviews.api import urls as reviews_urls
from reviews.api.pagination import paginate
from reviews.api.schema import PAGING, operation, page_of
from reviews.api.views import View, read
from reviews.models import UNFINISHED, JobStatus
from reviews.permissions import Ability

from . import runs
from .algorithms.noise import Shape, Slice
from .embedders.choice import KEYS, parse
from .models import DetectionRun

# Importing them registers the converter of the ids in the paths below.
__all__ = ["reviews_urls", "urlpatterns"]


class ErrorRateJSON(TypedDict):
    """The estimated share of wrong labels, and where it lies with 95 % certainty."""

    estimate: float
    low: float
    high: float


class SkippedJSON(TypedDict):
    """A method that could not run, and what it would have needed."""

    method: str
    needs: list[str]


class AnnotatorJSON(TypedDict):
    annotator: str
    accuracy: float


class WarningJSON(TypedDict):
    """What to know before believing the run; `code` is one of those in docs/detectors.md."""

    code: str
    text: str


class DiagnosisJSON(TypedDict):
    """What kind of noise it is, and which slices and classes carry the errors."""

    shape: Shape
    text: str
    slices: list[Slice]
    classes: list[Slice]


class RecalibrationJSON(TypedDict):
    """How people's decisions moved the probabilities' log-odds, and how many decisions there were."""

    slope: float
    offset: float
    decisions: int


class RunSummaryJSON(TypedDict):
    items: int
    labelled: int
    flags: int
    by_kind: dict[str, int]
    by_method: dict[str, int]
    error_rate: ErrorRateJSON
    grade: Literal["safe", "watch", "act", "broken"]
    model: NotRequired[str]
    embedder: NotRequired[str]
    training: NotRequired[str]
    skipped: list[SkippedJSON]
    annotators: list[AnnotatorJSON]
    neighbours_searched: NotRequired[int]
    unit: NotRequired[Literal["box", "span", "class"]]
    warnings: NotRequired[list[WarningJSON]]
    diagnosis: NotRequired[DiagnosisJSON]
    recalibration: NotRequired[RecalibrationJSON]


class RunJSON(TypedDict):
    id: int
    dataset: int
    status: JobStatus
    stage: str
    progress: float
    methods: list[str]
    options: dict[str, Any]
    summary: RunSummaryJSON | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Embedder(serializers.Serializer[Any]):
    """What makes the features in place of the built-in ways; docs/detectors.md says which kind has which."""

    kind = serializers.ChoiceField(list(KEYS))
    path = serializers.CharField(required=False, help_text="Below the server's folder of models.")
    name = serializers.CharField(required=False, help_text="Of a published model or an architecture.")

    def to_internal_value(self, data: Any) -> Any:
        try:
            return parse(data).plain()
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None


class Options(serializers.Serializer[Any]):
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    min_probability = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="How likely wrong a label must be to be flagged."
    )
    max_flags = serializers.IntegerField(
        min_value=1, allow_null=True, required=False, help_text="The likeliest so many only."
    )
    trust_model_below = serializers.BooleanField(
        required=False,
        help_text="Let model validation speak though its model is right on less than 75 % of gold.",
    )

    embedder = Embedder(
        allow_null=True, required=False, help_text="The dataset's setting when not said; null: none."
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), "There is no such option."))
        return super().to_internal_value(data)


class RunRequest(serializers.Serializer[Any]):
    methods = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_empty=False,
        help_text="All when not said.",
    )
    options = Options(required=False)


def render(run: DetectionRun) -> RunJSON:
    stage, fraction = run.stage, run.progress
    if run.status in UNFINISHED:
        stage, fraction = progress.read(kind="run", id=run.pk)
    return {
        "id": run.pk,
        "dataset": run.dataset_id,
        "status": JobStatus(run.status),
        "stage": stage,
        "progress": fraction,
        "methods": run.methods,
        "options": run.options,
        "summary": run.summary,
        "error": run.error or None,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


class RunsView(View):
    @operation("runs_list", page_of(RunJSON), parameters=PAGING, refuses=(400, 401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        rows = DetectionRun.objects.filter(dataset=self.member(dataset).dataset)
        page = paginate(
            request=request, rows=rows, order=["-id"], render=lambda found: [render(run) for run in found]
        )
        return Response(page)

    @operation("runs_create", RunJSON, status=202, request=RunRequest, refuses=(400, 401, 403, 404, 409))
    def post(self, request: Request, dataset: int) -> Response:
        """Look for label errors in the background; flags that nobody touched are replaced."""
        member = self.member(dataset, Ability.RUN)
        run = runs.request(member=member, **read(RunRequest, request))
        return Response(render(run), status=202)


class RunView(View):
    @operation("runs_read", RunJSON, refuses=(401, 404))
    def get(self, request: Request, run: int) -> Response:
        found, _ = self.seen(DetectionRun.objects.all(), run)
        return Response(render(found))


class CancelRunView(View):
    @operation("runs_cancel", RunJSON, refuses=(401, 403, 404, 409))
    def post(self, request: Request, run: int) -> Response:
        """Ask a run to stop at its next step; it leaves no flags."""
        found, member = self.seen(DetectionRun.objects.all(), run, Ability.RUN)
        return Response(render(runs.cancel(run=found, member=member)))


urlpatterns = [
    path("datasets/<id:dataset>/runs/", RunsView.as_view()),
    path("runs/<id:run>/", RunView.as_view()),
    path("runs/<id:run>/cancel/", CancelRunView.as_view()),
]
