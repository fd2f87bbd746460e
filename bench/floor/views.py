"""One bare view per operation, plain but not careless: keyset pages, row locks, COPY, streams."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils import timezone

from bench.floor.models import Audit, Decision, Revision, Row

PAGE = 50
LEASED = 5
CORRECTED = "spam"


def load(request: HttpRequest) -> HttpResponse:
    """Replace all rows by the uploaded ones."""
    count = 0
    file: Any = request.FILES["file"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE floor_row, floor_decision, floor_revision, floor_audit RESTART IDENTITY")
        with cursor.copy("COPY floor_row (external_id, text, label, state, version) FROM STDIN") as copy:
            for line in file:
                row = orjson.loads(line)
                copy.write_row((row["id"], row["text"], row["label"], "open", 1))
                count += 1
    return JsonResponse({"rows": count})


def page(request: HttpRequest) -> HttpResponse:
    after = int(request.GET.get("after", 0))
    rows = list(Row.objects.filter(id__gt=after).order_by("id").values()[:PAGE])
    return JsonResponse({"results": rows, "next": rows[-1]["id"]})


def search(request: HttpRequest) -> HttpResponse:
    found = Row.objects.filter(text__icontains=request.GET["search"]).order_by("id").values()
    return JsonResponse({"results": list(found[:PAGE])})


def take(request: HttpRequest) -> HttpResponse:
    """Lease the next rows that nobody holds."""
    now = timezone.now()
    free = Row.objects.filter(Q(leased_until=None) | Q(leased_until__lt=now), state="open").order_by("id")
    with transaction.atomic():
        rows = list(free.select_for_update(skip_locked=True).values()[:LEASED])
        Row.objects.filter(id__in=[row["id"] for row in rows]).update(
            leased_to=int(request.GET["user"]), leased_until=now + timedelta(minutes=10)
        )
    return JsonResponse({"results": rows})


def release(request: HttpRequest) -> HttpResponse:
    Row.objects.filter(leased_to=int(request.GET["user"])).update(leased_to=None, leased_until=None)
    return HttpResponse(status=204)


def decide(request: HttpRequest, row: int) -> HttpResponse:
    """Move the row if it is as it was seen, write down that it moved, and what label it got."""
    given = orjson.loads(request.body)
    labelled = {"label": CORRECTED} if given["action"] == "correct" else {}
    with transaction.atomic():
        seen = Row.objects.filter(id=row, version=given["seen_version"])
        if not seen.update(state="decided", version=F("version") + 1, **labelled):
            return HttpResponse(status=409)
        decision = Decision.objects.create(row_id=row, action=given["action"])
        if labelled:
            Revision.objects.create(row_id=row, decision=decision, label=CORRECTED)
        Audit.objects.create(action="decide", payload={"row": row, "decision": decision.pk})
    return JsonResponse({"id": row, "state": "decided"})


def export(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_lines(), content_type="application/x-ndjson")


def _lines() -> Iterator[bytes]:
    rows = Row.objects.order_by("id").values_list("external_id", "text", "label").iterator(chunk_size=2000)
    for external_id, text, label in rows:
        yield orjson.dumps({"id": external_id, "text": text, "label": label}) + b"\n"


urlpatterns = [
    path("load/", load),
    path("page/", page),
    path("search/", search),
    path("take/", take),
    path("release/", release),
    path("decide/<int:row>/", decide),
    path("export/", export),
]
