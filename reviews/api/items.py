"""Items as they were imported, with their official label, and their pictures."""

from functools import partial
from typing import Any, TypedDict

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import media, screen, search
from reviews.errors import NotVisible
from reviews.models import Item, LabelStatus, Media, MediaFile

from .pagination import paginate_ids
from .schema import FILE, PAGING, operation, page_of
from .values import LabelValue
from .views import View, read_query

PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"})


class ItemJSON(TypedDict):
    id: int
    external_id: str
    media: Media
    text: str | None
    features: dict[str, Any] | list[Any] | None
    image_url: str | None
    thumbnail_url: str | None
    width: int | None
    height: int | None
    split: str
    meta: dict[str, Any]
    label: LabelValue
    label_status: LabelStatus


class ItemQuery(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=200, required=False, allow_blank=True)
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=200, required=False, allow_blank=True
    )


def for_display(items: QuerySet[Item]) -> QuerySet[Item]:
    return items.select_related("media", "current_revision")


def image_url(item_id: int) -> str:
    return f"/api/items/{item_id}/image/"


def thumbnail_url(item_id: int) -> str:
    return f"/api/items/{item_id}/thumbnail/"


def render(item: Item, shown_as: str, width: int | None, height: int | None) -> ItemJSON:
    """An item, with its current revision, of a dataset whose media are `shown_as`."""
    picture, revision = item.media_id, item.current_revision
    return {
        "id": item.pk,
        "external_id": item.external_id,
        "media": shown_as,  # type: ignore[typeddict-item]
        "text": item.text,
        "features": item.features,
        "image_url": image_url(item.pk) if picture else None,
        "thumbnail_url": thumbnail_url(item.pk) if picture else None,
        "width": width,
        "height": height,
        "split": item.split,
        "meta": item.meta,
        "label": revision.value if revision else None,
        "label_status": revision.status if revision else LabelStatus.UNLABELLED,  # type: ignore[typeddict-item]
    }


def matching(items: QuerySet[Item], *, dataset_id: int, wanted: dict[str, Any]) -> QuerySet[Item]:
    """Those of the dataset's items that a checked `ItemQuery` describes."""
    if wanted.get("label"):
        items = items.filter(current_revision__value=wanted["label"])
    if wanted.get("search"):
        items = search.matching(items, dataset_id=dataset_id, text=wanted["search"])
    return items


class ItemsView(View):
    @operation("items_list", page_of(ItemJSON), parameters=[ItemQuery, *PAGING], refuses=(400, 401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        seen = self.member(dataset).dataset
        query = read_query(ItemQuery, request)
        narrow = partial(matching, dataset_id=seen.pk, wanted=query)
        page = paginate_ids(
            request=request,
            model=Item,
            dataset_id=seen.pk,
            narrow=narrow if any(query.values()) else None,
            order=["external_id"],
            render=lambda ids: [render(item, seen.media, *size) for item, *size in screen.items(ids)],
        )
        return Response(page)


class ItemView(View):
    @operation("items_read", ItemJSON, refuses=(401, 404))
    def get(self, request: Request, item: int) -> Response:
        found, member = self.seen(for_display(Item.objects.all()), item)
        return Response(render_loaded(found, member.dataset.media))


def render_loaded(item: Item, shown_as: str) -> ItemJSON:
    """An item that `for_display` gave."""
    picture = item.media
    return render(item, shown_as, picture.width if picture else None, picture.height if picture else None)


class _PictureView(View):
    """A stored picture, for whoever may see its item. It is named by its content, so it is kept for ever."""

    def serve(self, stored: MediaFile) -> media.Served:
        raise NotImplementedError

    def get(self, request: Request, item: int) -> HttpResponseBase:
        found, _ = self.seen(Item.objects.select_related("media"), item)
        if found.media is None:
            raise NotVisible("This item has no picture.")
        etag = f'"{found.media.sha256}"'
        response: HttpResponseBase
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            response = HttpResponseNotModified()
        else:
            response = _file(self.serve(found.media), name=found.media.sha256[:16])
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        return response


def _file(served: media.Served, *, name: str) -> FileResponse:
    """The file under a name of ours and a type that no browser runs, whatever its bytes are."""
    kind = served.mime_type if served.mime_type in PICTURES else "application/octet-stream"
    response = FileResponse(served.file, content_type=kind)
    response.headers["Content-Disposition"] = f'inline; filename="{name}.{kind.rpartition("/")[2]}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


class ImageView(_PictureView):
    def serve(self, stored: MediaFile) -> media.Served:
        return media.picture(stored)

    @operation("items_image", FILE, content_type="image/*", also={304: None}, refuses=(401, 404))
    def get(self, request: Request, item: int) -> HttpResponseBase:
        """The picture as a browser can show it."""
        return super().get(request, item)


class ThumbnailView(_PictureView):
    def serve(self, stored: MediaFile) -> media.Served:
        return media.thumbnail(stored)

    @operation("items_thumbnail", FILE, content_type="image/*", also={304: None}, refuses=(401, 404))
    def get(self, request: Request, item: int) -> HttpResponseBase:
        """The picture, at most 256 pixels wide and high."""
        return super().get(request, item)
