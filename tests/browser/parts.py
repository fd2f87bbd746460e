"""Datasets whose labels are boxes, spans or several classes, with flags about one part each."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from reviews import media
from reviews.models import Dataset, Flag, FlagKind, Item, Media, MediaFile, Role, TaskType
from tests import builders

SIZE = (640, 480)
ROTATED = 6  # in EXIF: to be shown turned by 90° clockwise
COLOURS = {"RBC": (222, 140, 140), "WBC": (120, 80, 170), "Platelets": (190, 160, 210)}

Part = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A dataset with its flags in the order in which the queue gives them."""

    dataset: Dataset
    flags: list[Flag]
    reviewer: str


def box(label: str, *bbox: int) -> Part:
    return {"bbox": list(bbox), "label": label}


def span(text: str, words: str, label: str) -> Part:
    """The first place where the text has these words."""
    start = text.index(words)
    return {"start": start, "end": start + len(words), "label": label}


CELLS = [
    box("RBC", 40, 60, 90, 88),
    box("RBC", 170, 40, 86, 90),
    box("WBC", 300, 150, 150, 140),
    box("RBC", 90, 220, 92, 90),
    box("RBC", 500, 60, 90, 92),
    box("Platelets", 240, 330, 36, 34),
    box("RBC", 520, 340, 92, 90),
]


def boxes(policy: str = "none") -> Scene:
    """A missing box, one of the wrong class, one too narrow and one too many; the last picture is turned."""
    missing, swapped, narrow = CELLS[4], CELLS[0], box("WBC", 312, 160, 96, 120)
    extra, wrong = box("Platelets", 400, 380, 60, 50), box("WBC", *swapped["bbox"])
    kept = [one for one in CELLS if one != missing]
    labels = [
        kept,
        [wrong, *CELLS[1:]],
        [narrow if one == CELLS[2] else one for one in CELLS],
        [*CELLS, extra],
    ]
    doubts = [
        (FlagKind.MISSING_LABEL, None, missing, {"bbox": missing["bbox"]}),
        (FlagKind.WRONG_CLASS, wrong, swapped, {"bbox": wrong["bbox"]}),
        (FlagKind.BAD_BOUNDARY, narrow, CELLS[2], {"bbox": narrow["bbox"]}),
        (FlagKind.SPURIOUS_LABEL, extra, None, {"bbox": extra["bbox"]}),
    ]
    made = _dataset(policy, "Blood cells", TaskType.BOXES, Media.IMAGE, tuple(COLOURS))
    upright, turned = _picture(turned=False), _picture(turned=True)
    contents = [{"media": upright}, {"media": upright}, {"media": upright}, {"media": turned}]
    items = builders.items(made, *labels, contents=contents)
    return _scene(made, items, doubts)


ENGLISH = "😀 Ada Lovelace wrote to Acme Corp of London about the Analytical Engine of Charles Babbage."
HEBREW = "עדה לאבלייס כתבה אל Acme Corp בלונדון על המכונה של צ'ארלס בבג'."


def spans(policy: str = "none") -> Scene:
    """A span of the wrong class and length, a missing one in a text from right to left, one too many."""
    person, company = span(ENGLISH, "Ada Lovelace", "PER"), span(ENGLISH, "Acme Corp", "ORG")
    outer = span(ENGLISH, "Acme Corp of London", "ORG")
    city = span(ENGLISH, "London", "LOC")
    wrong = span(ENGLISH, "Charles", "ORG")
    right = span(ENGLISH, "Charles Babbage", "PER")
    away = span(HEBREW, "עדה לאבלייס", "PER")
    there = span(HEBREW, "Acme Corp", "ORG")
    extra = span(ENGLISH, "wrote to", "LOC")
    labels = [[person, company, outer, city, wrong], [there], [person, extra, city]]
    doubts = [
        (FlagKind.BAD_BOUNDARY, wrong, right, _place(wrong)),
        (FlagKind.MISSING_LABEL, None, away, _place(away)),
        (FlagKind.SPURIOUS_LABEL, extra, None, _place(extra)),
    ]
    made = _dataset(policy, "Letters", TaskType.SPANS, Media.TEXT, ("PER", "ORG", "LOC"))
    contents = [{"text": text} for text in (ENGLISH, HEBREW, ENGLISH)]
    items = builders.items(made, *labels, contents=contents)
    return _scene(made, items, doubts)


def classes(policy: str = "none") -> Scene:
    """A class that is missing, and one too many."""
    labels = [["fluid", "scar"], ["fluid", "nodule", "scar"]]
    doubts = [
        (FlagKind.MISSING_LABEL, labels[0], ["fluid", "nodule", "scar"], {"class": "nodule"}),
        (FlagKind.SPURIOUS_LABEL, labels[1], ["fluid", "nodule"], {"class": "scar"}),
    ]
    made = _dataset(policy, "Findings", TaskType.MULTILABEL, Media.TEXT, ("fluid", "nodule", "scar"))
    return _scene(made, builders.items(made, *labels), doubts)


def _place(one: Part) -> Part:
    return {"start": one["start"], "end": one["end"]}


def _dataset(policy: str, name: str, task: str, shown_as: str, names: tuple[str, ...]) -> Dataset:
    return builders.dataset(policy=policy, name=name, task_type=task, media=shown_as, classes=names)


def _scene(made: Dataset, items: list[Item], doubts: list[tuple[str, Any, Any, Any]]) -> Scene:
    """The flags, each with the votes of two annotators, one of whom agrees with the suggestion."""
    flags = []
    for n, (item, (kind, given, suggested, part)) in enumerate(zip(items, doubts, strict=True)):
        rank = 0.9 - n / 100
        said = [{"detector": "box_validation", "text": f"The model is {100 * rank:.0f} % sure.", "data": {}}]
        flags.append(
            builders.flag(
                item,
                kind=kind,
                given=given,
                suggested=suggested,
                part=part,
                score=rank,
                priority=rank,
                evidence=said,
            )
        )
        assert item.current_revision is not None
        builders.annotation(item, "ann", item.current_revision.value)
    reviewer = builders.member(made, Role.ANNOTATOR)
    return Scene(dataset=made, flags=flags, reviewer=reviewer.user.get_username())


def _picture(*, turned: bool) -> MediaFile:
    """Cells where the true boxes are; `turned` ones are stored on their side and say so."""
    picture = Image.new("RGB", SIZE, (246, 236, 228))
    draw = ImageDraw.Draw(picture)
    for cell in CELLS:
        x, y, w, h = cell["bbox"]
        draw.ellipse((x, y, x + w, y + h), fill=COLOURS[cell["label"]], outline=(120, 60, 70), width=3)
    out, exif = BytesIO(), Image.Exif()
    if turned:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = ROTATED
    picture.save(out, "JPEG", quality=92, exif=exif)
    stored = media.take_in(out.getvalue())
    stored.save()
    return stored
