"""Database to arrays: the only place where ids meet indices. Everything is streamed, a chunk at a time."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import Length
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from reviews import media
from reviews.formats import images
from reviews.formats.errors import FormatError
from reviews.models import Annotation, Annotator, Dataset, Item, LabelStatus, Media, MediaFile

from . import features
from .algorithms.detector import MISSING, Condition, Floats, Inputs, Ints, Neighbours, Votes
from .algorithms.held_out import learnt_by_heart
from .conditions import Watch
from .desk import Room, in_memory
from .embedders import loading
from .embedders.base import vectors
from .embedders.choice import Choice, Place
from .errors import NothingToEmbed
from .models import Embedding, Prediction, PredictionModel

CHUNK = 2000
PICTURES_CHUNK = 200
PICTURE_THREADS = 4
# Of whole pictures so many are held at a time, each of this size at the most.
WHOLE_PICTURES_CHUNK = 32
LONGEST_SIDE = 1024
# Imported predictions stand in for the built-in model where they speak of nearly all items.
ENOUGH_PREDICTED = 0.9
EMBEDDING, EMBEDDER = "embedding", "embedder"
# So many items tell whether a model has learnt the labels by heart.
COMPARED = 2000
GREY = np.full((features.SIDE, features.SIDE, 3), 128, dtype=np.uint8)

Tick = Callable[[float], None]


@dataclass(frozen=True)
class Subjects:
    """Who is asked about: the items of a dataset in ascending order of id, with their official labels."""

    dataset: Dataset
    ids: Ints
    labels: Ints
    classes: list[str] = field(default_factory=list)

    def some(self, rows: slice) -> "Subjects":
        """Those in these places alone."""
        return replace(self, ids=self.ids[rows], labels=self.labels[rows])

    def places(self, ids: Sequence[int] | Ints) -> Ints:
        """The indices of item ids; -1 for an item that is none of these."""
        wanted = np.asarray(ids, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.ids, wanted), max(len(self.ids) - 1, 0))
        return np.where(self.ids[found] == wanted, found, -1) if len(self.ids) else np.full(len(wanted), -1)


def subjects(dataset: Dataset) -> Subjects:
    """The items and labels of a dataset; what people call ambiguous or excluded counts as unlabelled."""
    place = {name: k for k, name in enumerate(dataset.classes)}
    ids, labels = array("q"), array("q")
    items = Item.objects.filter(dataset=dataset).order_by("id")
    rows = items.values_list("id", "current_revision__value", "current_revision__status")
    for item_id, value, status in rows.iterator(CHUNK):
        ids.append(item_id)
        known = status == LabelStatus.LABELLED and isinstance(value, str)
        labels.append(place.get(value, MISSING) if known else MISSING)
    return Subjects(dataset, _ints(ids), _ints(labels), list(dataset.classes))


def votes(asked: Subjects) -> tuple[Votes | None, list[str]]:
    """The annotators' opinions and names; None where there are none. A person's last one counts."""
    names = list(Annotator.objects.filter(dataset=asked.dataset).order_by("id").values_list("id", "name"))
    if not names:
        return None, []
    numbers = {annotator_id: number for number, (annotator_id, _) in enumerate(names)}
    place = {name: k for k, name in enumerate(asked.classes)}
    rows = Annotation.objects.filter(annotator__in=list(numbers)).order_by("id")
    items, annotators, values = array("q"), array("q"), array("q")
    for item_id, annotator_id, value in rows.values_list("item_id", "annotator_id", "value").iterator(CHUNK):
        if isinstance(value, str) and value in place:
            items.append(item_id)
            annotators.append(numbers[annotator_id])
            values.append(place[value])
    item = asked.places(_ints(items))
    known = item >= 0
    item, annotator, value = item[known], _ints(annotators)[known], _ints(values)[known]
    last = len(item) - 1 - np.unique((item * len(names) + annotator)[::-1], return_index=True)[1]
    return Votes(item[last], annotator[last], value[last], len(names)), [name for _, name in names]


def predicted(asked: Subjects) -> bool:
    """Whether some imported model speaks of nearly all items."""
    spoken = Prediction.objects.filter(model__dataset=asked.dataset, probs__isnull=False)
    counts = spoken.values("model").annotate(items=Count("item")).values_list("items", flat=True)
    return max(counts, default=0) >= ENOUGH_PREDICTED * len(asked.ids)


def predictions(
    asked: Subjects, described: features.Features | None = None, room: Room = in_memory
) -> tuple[Floats | None, str]:
    """Imported class probabilities and their model's name; None where no model speaks of nearly all items.

    Of several models the one that names the official labels most surely is taken. With `described`, the
    features of all items, one that has learnt these labels by heart is taken only where all have. `room` says
    where the probabilities go.
    """
    best, best_name, best_rank = None, "", (False, -np.inf)
    models = list(PredictionModel.objects.filter(dataset=asked.dataset).order_by("id"))
    near = _nearest_of_some(asked, described) if described is not None and len(models) > 1 else None
    parts = Inputs(labels=asked.labels, n_classes=len(asked.classes), neighbours=near, imported=True)
    for model in models:
        probs = _probabilities(model, asked, room)
        known = ~np.isnan(probs[:, 0]) if probs.size else np.zeros(len(probs), dtype=bool)
        if len(probs) == 0 or known.mean() < ENOUGH_PREDICTED:
            continue
        labelled = np.flatnonzero(known & (asked.labels >= 0))
        given = probs[labelled, asked.labels[labelled]]
        confidence = float(np.log(given + 1e-3).mean()) if len(given) else -np.inf
        rank = learnt_by_heart(replace(parts, probs=probs)) is None, confidence
        if best is None or rank > best_rank:
            best, best_name, best_rank = probs, model.name, rank
    return best, best_name


def _nearest_of_some(asked: Subjects, described: features.Features) -> Neighbours:
    """The most similar other item of some labelled items, evenly spread."""
    labelled = np.flatnonzero(asked.labels >= 0)
    few = np.linspace(0, len(labelled) - 1, min(COMPARED, len(labelled))).astype(np.int64)
    rows = labelled[few]
    return features.neighbours(described, k=1, rows=rows).spread(rows, len(asked.ids))


class Kind(NamedTuple):
    """What the features of a dataset are made of.

    medium  : the items' own; "embedding" where nearly all items have an imported one, "embedder" where one is
              asked for
    width   : how many numbers an imported embedding has
    letters : whether there is so little text that character n-grams can be counted
    items   : how many there are of all, on which it depends how far embeddings are narrowed
    """

    medium: str
    width: int = 0
    letters: bool = False
    items: int = 0


class Described(NamedTuple):
    """What `describe` read of some items.

    content : int array, shape (n,), equal where the content of two items is
    """

    counted: features.Counted
    content: Ints
    condition: Condition


def kind(asked: Subjects, embedder: Choice | None = None) -> Kind:
    """What the features of these items are made of.

    An embedder that is asked for makes them, else the embeddings that were imported are taken where there are
    any.
    """
    if embedder is not None:
        return Kind(EMBEDDER, items=len(asked.ids))
    width = _imported_width(asked)
    if width:
        return Kind(EMBEDDING, width)
    if asked.dataset.media != Media.TEXT:
        return Kind(asked.dataset.media)
    characters = _items(asked).aggregate(sum=Sum(Length("text")))["sum"] or 0
    return Kind(Media.TEXT, letters=characters <= features.MOST_CHARACTERS)


def describe(
    asked: Subjects, kind: Kind, *, seed: int, tick: Tick, embedder: Choice | None = None
) -> Described:
    """What there is to read of these items: all of a dataset, or a part of it.

    The content is measured on its way to the features. Raises CannotEmbed.
    """
    content = np.zeros(len(asked.ids), dtype=np.int64)
    watch = Watch(len(asked.ids))
    if asked.dataset.media == Media.IMAGE:
        _measure(asked, watch)
    if embedder is not None:
        counted = {"matrix": _embedded(asked, kind, embedder, content, seed=seed, tick=tick, watch=watch)}
    else:
        counted = dict(_counted(asked, kind, content, tick, watch))
    return Described(counted, content, watch.condition())


def joined(
    parts: Sequence[features.Counted], kind: Kind, *, seed: int, embedder: Choice | None = None
) -> features.Features:
    """The features of all items from what was counted of each part of them, in their order.

    Raises CannotEmbed where no part has anything that the embedder could read.
    """
    if embedder is not None:
        return features.from_embeddings(_stacked(parts), made_by=str(embedder))
    if kind.medium == EMBEDDING:
        return features.from_embeddings(_stacked(parts))
    if kind.medium == Media.TEXT:
        return features.texts_joined(parts, seed=seed)
    return features.images_joined(parts) if kind.medium == Media.IMAGE else features.rows_joined(parts)


def features_of(
    asked: Subjects, *, seed: int, tick: Tick, embedder: Choice | None = None
) -> features.Features:
    """The features of all items, read here and now. Raises CannotEmbed."""
    made_of = kind(asked, embedder)
    read = describe(asked, made_of, seed=seed, tick=tick, embedder=embedder)
    return joined([read.counted], made_of, seed=seed, embedder=embedder)


def _stacked(parts: Sequence[features.Counted]) -> NDArray[np.float32]:
    """The embeddings of all parts; NaN rows for a part that has none."""
    width = max(part["matrix"].shape[1] for part in parts)
    if width == 0:
        raise NothingToEmbed
    none = np.full((1, width), np.nan, dtype=np.float32)
    return np.vstack(
        [m if m.shape[1] else np.repeat(none, len(m), axis=0) for m in (part["matrix"] for part in parts)]
    )


def _counted(asked: Subjects, kind: Kind, content: Ints, tick: Tick, watch: Watch) -> features.Counted:
    if kind.medium == EMBEDDING:
        _read_content(asked, content, tick, watch)
        return {"matrix": _embeddings(asked, kind.width)}
    if kind.medium == Media.TEXT:
        return features.counted_texts(watch.texts(_texts(asked, content, tick)), letters=kind.letters)
    if kind.medium == Media.IMAGE:
        pictures = watch.pictures(_pictures(asked, content, tick, watch.readable))
        return features.counted_images(pictures)
    return features.counted_rows(watch.rows(_rows(asked, content, tick)))


def _embedded(
    asked: Subjects,
    kind: Kind,
    embedder: Choice,
    content: Ints,
    *,
    seed: int,
    tick: Tick,
    watch: Watch,
) -> NDArray[np.float32]:
    """What the embedder makes of these texts or pictures, no columns if of none; fills in `content`."""
    place = Place(Path(settings.MODELS), settings.DOWNLOAD_MODELS)
    ready = loading.load(embedder, place=place, media=asked.dataset.media)
    contents: Iterator[Any] = (
        _whole_pictures(asked, content, watch)
        if asked.dataset.media == Media.IMAGE
        else chain.from_iterable(watch.texts(_texts(asked, content, _quiet)))
    )
    batches = chunks(contents, ready.batch)
    try:
        return vectors(ready, batches, n=len(asked.ids), of=kind.items, seed=seed, tick=tick)
    except NothingToEmbed:
        return np.zeros((len(asked.ids), 0), dtype=np.float32)


def _read_content(asked: Subjects, content: Ints, tick: Tick, watch: Watch) -> None:
    """Fill in `content` alone."""
    readers: dict[str, Callable[[], Iterable[Any]]] = {
        Media.TEXT: lambda: watch.texts(_texts(asked, content, tick)),
        Media.IMAGE: lambda: _hashes(asked, content, tick),
        Media.TABLE: lambda: watch.rows(_rows(asked, content, tick)),
    }
    for _ in readers[asked.dataset.media]():
        pass


def _measure(asked: Subjects, watch: Watch) -> None:
    """Tell the watch how large the pictures are, and which items have none."""
    sizes = np.full((2, len(asked.ids)), np.nan)
    rows = _items(asked).values_list("id", "media__width", "media__height")
    for chunk in chunks(rows.iterator(CHUNK), CHUNK):
        at = asked.places([item_id for item_id, _, _ in chunk])
        found = np.array([(width, height) for _, width, height in chunk], dtype=float)
        sizes[:, at[at >= 0]] = found[at >= 0].T
    watch.sizes(*sizes)
    watch.readable[np.isnan(sizes[0])] = 0


def _quiet(_: float) -> None:
    """Progress that somebody else reports."""


def _items(asked: Subjects) -> Any:
    """The rows of these items, and of those that came in between."""
    if not len(asked.ids):
        return Item.objects.none()
    first, last = int(asked.ids[0]), int(asked.ids[-1])
    return Item.objects.filter(dataset=asked.dataset, id__gte=first, id__lte=last).order_by("id")


def _ints(values: array) -> Ints:
    return np.frombuffer(values, dtype=np.int64) if len(values) else np.zeros(0, dtype=np.int64)


def chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _same(content: bytes) -> int:
    """A number that only equal content has, in the same way in every process."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)


def _texts(asked: Subjects, content: Ints, tick: Tick) -> Iterator[list[str]]:
    """The texts in chunks. As content, texts that differ in spaces and upper case only are the same."""
    rows = _items(asked).values_list("id", "text").iterator(CHUNK)
    done = 0
    for chunk in chunks(rows, CHUNK):
        texts = [text or "" for _, text in chunk]
        places = asked.places([item_id for item_id, _ in chunk])
        texts = [text for text, place in zip(texts, places, strict=True) if place >= 0]
        content[places[places >= 0]] = [_same(" ".join(t.lower().split()).encode()) for t in texts]
        done += len(chunk)
        tick(done / len(asked.ids))
        if texts:
            yield texts


def _hashes(asked: Subjects, content: Ints, tick: Tick) -> Iterator[list[str]]:
    """The pictures' hashes in chunks."""
    rows = _items(asked).values_list("id", "media_id").iterator(CHUNK)
    done = 0
    for chunk in chunks(rows, CHUNK):
        places = asked.places([item_id for item_id, _ in chunk])
        found = [(place, *row) for place, row in zip(places, chunk, strict=True) if place >= 0]
        for place, item_id, sha256 in found:
            content[place] = _same((sha256 or f"no picture {item_id}").encode())
        done += len(chunk)
        tick(done / len(asked.ids))
        yield [sha256 for *_, sha256 in found]


def _pictures(asked: Subjects, content: Ints, tick: Tick, readable: Floats) -> Iterator[NDArray[np.uint8]]:
    """The pictures in chunks, as small as the features need them; decoding runs beside Python, in threads.

    `readable` becomes 0 where a picture is not to be had; it counts as grey.
    """
    hashes = (sha256 for chunk in _hashes(asked, content, _quiet) for sha256 in chunk)
    done = 0
    with ThreadPoolExecutor(PICTURE_THREADS) as threads:
        for chunk in chunks(hashes, PICTURES_CHUNK):
            found = list(threads.map(_small, chunk))
            readable[[done + i for i, picture in enumerate(found) if picture is None]] = 0
            done += len(chunk)
            tick(done / len(asked.ids))
            yield np.stack([GREY if picture is None else picture for picture in found])


def _whole_pictures(asked: Subjects, content: Ints, watch: Watch) -> Iterator[Image.Image | None]:
    """The pictures, upright and in colour, some decoded ahead; None where one is not to be had."""
    hashes = (sha256 for chunk in _hashes(asked, content, _quiet) for sha256 in chunk)
    done = 0
    with ThreadPoolExecutor(PICTURE_THREADS) as threads:
        for chunk in chunks(hashes, WHOLE_PICTURES_CHUNK):
            found = list(threads.map(_whole, chunk))
            watch.readable[[done + i for i, picture in enumerate(found) if picture is None]] = 0
            done += len(chunk)
            deque(watch.pictures([np.stack([_shrunk(picture) for picture in found])]), maxlen=0)
            yield from found


def _whole(sha256: str | None) -> Image.Image | None:
    """The picture, no longer than an embedder needs; None where there is none that could be read."""
    if sha256 is None:
        return None
    try:
        data = media.original(sha256)
        return images.reduced(data, longest=LONGEST_SIDE, max_pixels=settings.MAX_IMAGE_PIXELS)
    except (FileNotFoundError, FormatError):
        return None


def _shrunk(image: Image.Image | None) -> NDArray[np.uint8]:
    """SIDE × SIDE colours; grey where there is no picture."""
    if image is None:
        return GREY
    return np.asarray(image.resize((features.SIDE, features.SIDE), Image.Resampling.BOX))


def _small(sha256: str | None) -> NDArray[np.uint8] | None:
    """The picture as SIDE × SIDE colours; None where there is none that could be read."""
    if sha256 is None:
        return None
    try:
        data = media.thumbnail(MediaFile(sha256=sha256)).file.read()
        with Image.open(BytesIO(data)) as image:
            return _shrunk(image.convert("RGB"))
    except (FileNotFoundError, UnidentifiedImageError):
        return None


def _rows(asked: Subjects, content: Ints, tick: Tick) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for chunk in chunks(_items(asked).values_list("id", "features").iterator(CHUNK), CHUNK):
        places = asked.places([item_id for item_id, _ in chunk])
        found = [(row or {}) for place, (_, row) in zip(places, chunk, strict=True) if place >= 0]
        rows += found
        content[places[places >= 0]] = [_same(orjson.dumps(r, option=orjson.OPT_SORT_KEYS)) for r in found]
        tick(len(rows) / len(asked.ids))
    return rows


def _probabilities(model: PredictionModel, asked: Subjects, room: Room) -> NDArray[np.float32]:
    """One model's probabilities, shape (n_items, n_classes), rows sum to 1 or are NaN: silent."""
    place = {name: k for k, name in enumerate(asked.classes)}
    target = np.array([place.get(name, -1) for name in model.classes], dtype=np.int64)
    probs = room((len(asked.ids), len(asked.classes)))
    probs.fill(np.nan)
    rows = Prediction.objects.filter(model=model, probs__isnull=False).values_list("item_id", "probs")
    for chunk in chunks(rows.iterator(CHUNK), CHUNK):
        at = asked.places([item_id for item_id, _ in chunk])
        kept = np.zeros((len(chunk), len(asked.classes)), dtype=np.float32)
        kept[:, target[target >= 0]] = _block(chunk, len(target))[:, target >= 0]
        total = kept.sum(axis=1, keepdims=True)
        probs[at[at >= 0]] = np.where(total > 0, kept / np.maximum(total, 1e-12), np.nan)[at >= 0]
    return probs


def _block(rows: Sequence[tuple[int, bytes]], width: int) -> NDArray[np.float32]:
    """The probabilities of these rows, shape (n, width); classes that came later are 0 in earlier rows."""
    held = [data for _, data in rows]
    if all(len(data) == 4 * width for data in held):
        return np.frombuffer(b"".join(held), dtype="<f4").reshape(-1, width)
    return np.frombuffer(b"".join(bytes(data).ljust(4 * width, b"\0") for data in held), dtype="<f4").reshape(
        -1, width
    )


def _imported_width(asked: Subjects) -> int:
    """How many numbers the imported embeddings have; 0 where nearly all are missing."""
    rows = Embedding.objects.filter(dataset=asked.dataset)
    first = rows.order_by("item").first()
    if first is None:
        return 0
    usable = rows.annotate(size=Length("vector")).filter(size=len(first.vector)).count()
    return len(first.vector) // 4 if usable >= ENOUGH_PREDICTED * len(asked.ids) else 0


def _embeddings(asked: Subjects, width: int) -> NDArray[np.float32]:
    """The imported embeddings, shape (n_items, width), NaN rows where there is none of this width."""
    matrix = np.full((len(asked.ids), width), np.nan, dtype=np.float32)
    some = Embedding.objects.filter(
        dataset=asked.dataset, item__gte=int(asked.ids[0]), item__lte=int(asked.ids[-1])
    )
    for chunk in chunks(some.values_list("item_id", "vector").iterator(CHUNK), CHUNK):
        usable = [(item_id, data) for item_id, data in chunk if len(data) == 4 * width]
        at = asked.places([item_id for item_id, _ in usable])
        block = np.frombuffer(b"".join(data for _, data in usable), dtype="<f4").reshape(-1, width)
        matrix[at[at >= 0]] = block[at >= 0]
    return matrix
