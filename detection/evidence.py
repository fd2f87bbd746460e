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
from typing import Any

import numpy as np
import orjson
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from reviews import media
from reviews.formats import images
from reviews.formats.errors import FormatError
from reviews.models import Annotation, Annotator, Dataset, Item, LabelStatus, Media, MediaFile

from . import features
from .algorithms.detector import MISSING, Floats, Inputs, Ints, Neighbours, Votes
from .algorithms.held_out import learnt_by_heart
from .conditions import Watch
from .embedders import loading
from .embedders.base import vectors
from .embedders.choice import Choice, Place
from .models import Embedding, Prediction, PredictionModel

CHUNK = 2000
PICTURES_CHUNK = 200
PICTURE_THREADS = 4
# Of whole pictures so many are held at a time, each of this size at the most.
WHOLE_PICTURES_CHUNK = 32
LONGEST_SIDE = 1024
# Imported predictions stand in for the built-in model where they speak of nearly all items.
ENOUGH_PREDICTED = 0.9
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

    def places(self, ids: Sequence[int] | Ints) -> Ints:
        """The indices of item ids; -1 for an item that is none of these."""
        wanted = np.asarray(ids, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.ids, wanted), max(len(self.ids) - 1, 0))
        return np.where(self.ids[found] == wanted, found, -1) if len(self.ids) else np.full(len(wanted), -1)


def subjects(dataset: Dataset) -> Subjects:
    """The items and labels of a dataset; what people call ambiguous or excluded counts as unlabelled."""
    place = {name: k for k, name in enumerate(dataset.classes)}
    ids, labels = array("q"), array("q")
    rows = _items(dataset).values_list("id", "current_revision__value", "current_revision__status")
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


def predictions(asked: Subjects, described: features.Features | None = None) -> tuple[Floats | None, str]:
    """Imported class probabilities and their model's name; None where no model speaks of nearly all items.

    Of several models the one that names the official labels most surely is taken. With `described`, the
    features of all items, one that has learnt these labels by heart is taken only where all have.
    """
    best, best_name, best_rank = None, "", (False, -np.inf)
    models = list(PredictionModel.objects.filter(dataset=asked.dataset).order_by("id"))
    near = _nearest_of_some(asked, described) if described is not None and len(models) > 1 else None
    parts = Inputs(labels=asked.labels, n_classes=len(asked.classes), neighbours=near, imported=True)
    for model in models:
        probs = _probabilities(model, asked)
        known = ~np.isnan(probs).any(axis=1)
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


def describe(
    asked: Subjects, *, seed: int, tick: Tick, watch: Watch | None = None, embedder: Choice | None = None
) -> tuple[features.Features, Ints]:
    """The features of all items, and numbers that are equal where the content of two items is.

    An embedder that is asked for makes them, else the embeddings that were imported are taken where there are
    any. `watch` measures the content on its way. Raises CannotEmbed.
    """
    content = np.zeros(len(asked.ids), dtype=np.int64)
    watch = watch or Watch(len(asked.ids))
    embedded = _embeddings(asked) if embedder is None else None
    if asked.dataset.media == Media.IMAGE:
        _measure(asked, watch)
    if embedder is not None:
        made = _embedded(asked, embedder, content, seed=seed, tick=tick, watch=watch)
        return features.from_embeddings(made, made_by=str(embedder)), content
    if embedded is not None:
        _read_content(asked, content, tick, watch)
        return features.from_embeddings(embedded), content
    if asked.dataset.media == Media.TEXT:
        return features.from_texts(watch.texts(_texts(asked, content, tick)), seed=seed), content
    if asked.dataset.media == Media.IMAGE:
        pictures = watch.pictures(_pictures(asked, content, tick, watch.readable))
        return features.from_images(pictures), content
    return features.from_rows(watch.rows(_rows(asked, content, tick))), content


def _embedded(
    asked: Subjects, embedder: Choice, content: Ints, *, seed: int, tick: Tick, watch: Watch
) -> NDArray[np.float32]:
    """What the embedder makes of all texts or pictures; fills in `content`."""
    place = Place(Path(settings.MODELS), settings.DOWNLOAD_MODELS)
    ready = loading.load(embedder, place=place, media=asked.dataset.media)
    contents: Iterator[Any] = (
        _whole_pictures(asked, content, watch)
        if asked.dataset.media == Media.IMAGE
        else chain.from_iterable(watch.texts(_texts(asked, content, _quiet)))
    )
    return vectors(ready, chunks(contents, ready.batch), n=len(asked.ids), seed=seed, tick=tick)


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
    rows = _items(asked.dataset).values_list("id", "media__width", "media__height")
    for chunk in chunks(rows.iterator(CHUNK), CHUNK):
        at = asked.places([item_id for item_id, _, _ in chunk])
        found = np.array([(width, height) for _, width, height in chunk], dtype=float)
        sizes[:, at[at >= 0]] = found[at >= 0].T
    watch.sizes(*sizes)
    watch.readable[np.isnan(sizes[0])] = 0


def _quiet(_: float) -> None:
    """Progress that somebody else reports."""


def _items(dataset: Dataset) -> Any:
    return Item.objects.filter(dataset=dataset).order_by("id")


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
    rows = _items(asked.dataset).values_list("id", "text").iterator(CHUNK)
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
    rows = _items(asked.dataset).values_list("id", "media_id").iterator(CHUNK)
    done = 0
    for chunk in chunks(rows, CHUNK):
        places = asked.places([item_id for item_id, _ in chunk])
        found = [(place, sha256) for place, (_, sha256) in zip(places, chunk, strict=True) if place >= 0]
        for place, sha256 in found:
            content[place] = _same((sha256 or f"no picture {place}").encode())
        done += len(chunk)
        tick(done / len(asked.ids))
        yield [sha256 for _, sha256 in found]


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
    for chunk in chunks(_items(asked.dataset).values_list("id", "features").iterator(CHUNK), CHUNK):
        places = asked.places([item_id for item_id, _ in chunk])
        found = [(row or {}) for place, (_, row) in zip(places, chunk, strict=True) if place >= 0]
        rows += found
        content[places[places >= 0]] = [_same(orjson.dumps(r, option=orjson.OPT_SORT_KEYS)) for r in found]
        tick(len(rows) / len(asked.ids))
    return rows


def _probabilities(model: PredictionModel, asked: Subjects) -> NDArray[np.float32]:
    """One model's probabilities, shape (n_items, n_classes), rows sum to 1 or are NaN: silent."""
    place = {name: k for k, name in enumerate(asked.classes)}
    target = np.array([place.get(name, -1) for name in model.classes], dtype=np.int64)
    probs = np.full((len(asked.ids), len(asked.classes)), np.nan, dtype=np.float32)
    rows = Prediction.objects.filter(model=model, probs__isnull=False).values_list("item_id", "probs")
    for chunk in chunks(rows.iterator(CHUNK), CHUNK):
        at = asked.places([item_id for item_id, _ in chunk])
        block = np.zeros((len(chunk), len(target)), dtype=np.float32)
        for row, (_, data) in zip(block, chunk, strict=True):
            known = np.frombuffer(data, dtype="<f4")
            row[: len(known)] = known
        kept = np.zeros((len(chunk), len(asked.classes)), dtype=np.float32)
        kept[:, target[target >= 0]] = block[:, target >= 0]
        total = kept.sum(axis=1, keepdims=True)
        probs[at[at >= 0]] = np.where(total > 0, kept / np.maximum(total, 1e-12), np.nan)[at >= 0]
    return probs


def _embeddings(asked: Subjects) -> NDArray[np.float32] | None:
    """The imported embeddings, NaN rows where there is none; None where nearly all are missing."""
    rows = Embedding.objects.filter(dataset=asked.dataset)
    first = rows.first()
    if first is None:
        return None
    width = len(first.vector) // 4
    matrix = np.full((len(asked.ids), width), np.nan, dtype=np.float32)
    for chunk in chunks(rows.values_list("item_id", "vector").iterator(CHUNK), CHUNK):
        usable = [(item_id, data) for item_id, data in chunk if len(data) == 4 * width]
        at = asked.places([item_id for item_id, _ in usable])
        block = np.frombuffer(b"".join(data for _, data in usable), dtype="<f4").reshape(-1, width)
        matrix[at[at >= 0]] = block[at >= 0]
    return matrix if (~np.isnan(matrix[:, 0])).mean() >= ENOUGH_PREDICTED else None
