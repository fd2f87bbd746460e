"""Objects in pictures: which given boxes are wrong, which are missing, and what should be there instead.

The kinds of errors are those of Tkachenko, Thyagarajan, Mueller: ObjectLab, arXiv:2309.00832 (overlooked,
badly located, swapped) with spurious and repeated boxes added. Departs from it in what a confidence means:
there are no thresholds on it, but odds. How often boxes of a class and rank in confidence meet a given box
of that class says how far the model is to be believed there (see `box_trust`), so that a weak detector,
whose confidences are low throughout, speaks as clearly as it is right. Each explanation of what is given and
predicted at a place (an error of people, a miss or an invention of the model) is weighed by Bayes' rule.
"""

from typing import NamedTuple

import numpy as np

from .box_matching import Boxes, best_of, overlapping, suppressed, take
from .box_scene import NOBODY, SAME_OBJECT, Scene, odds_of, survey
from .detector import Bools, Floats, Ints

KINDS = ("wrong_class", "missing_label", "spurious_label", "bad_boundary", "duplicate_annotation")
WRONG_CLASS, MISSING, SPURIOUS, BAD_BOUNDARY, DUPLICATE = range(5)
# Below this a label is more than nine times as likely right: not worth a person's minute.
WORTH_A_LOOK = 0.1
# What is assumed before the data speak: so many of people's boxes have each error.
ERROR_RATE = 0.02
SPURIOUS_RATE = 0.01  # nobody draws a box around nothing as easily as another wrong box
CROWD_BINS = 10
# Confident boxes lie better than others: so many levels of confidence are told apart.
STRATA, FEWEST = 5, 50
WITHIN = 0.85  # a box of which so much lies in another lies within it


class Suspects(NamedTuple):
    """
    kind      : int array, shape (n_found,), index into KINDS
    image     : int array, shape (n_found,)
    given     : int array, shape (n_found,), index of the given box, -1 where one is missing
    predicted : int array, shape (n_found,), index of the predicted box that should be there, -1 where none
                should, or where the box stays and only its class changes
    label     : int array, shape (n_found,), the class that should be there, -1 where nothing should
    score     : float array, shape (n_found,), the probability that it is an error
    """

    kind: Ints
    image: Ints
    given: Ints
    predicted: Ints
    label: Ints
    score: Floats


def suspect(given: Boxes, predicted: Boxes, *, n_classes: int, worth: float = WORTH_A_LOOK) -> Suspects:
    """The boxes that are wrong with a probability of at least `worth`, the likeliest errors first.

    given, predicted : the official boxes, and those of one model, or of other annotators (see `pooled`), for
                       the same pictures; pictures without predictions must be left out of `given`
    """
    for boxes in (given, predicted):
        if not (np.isfinite(boxes.bbox).all() and np.isfinite(boxes.score).all()):
            raise ValueError("boxes and scores must be finite")
        if (np.diff(boxes.image) < 0).any():
            raise ValueError("boxes must come picture by picture")
    scene = survey(given, predicted, n_classes)
    kinds = (_swapped, _spurious, _missing, _badly_located, _repeated)
    return _ranked([find(scene) for find in kinds], len(given.image), worth)


def image_scores(suspects: Suspects, n_images: int) -> Floats:
    """The probability that anything is wrong with each picture, shape (n_images,)."""
    doubt = np.log1p(-np.minimum(suspects.score, 1 - 1e-9))
    return -np.expm1(np.bincount(suspects.image, doubt, minlength=n_images).astype(float))


def how_off(given: Floats, suggested: Floats) -> str:
    """In words how a given box, x, y, width, height, lies beside the one that is suggested."""
    low, high = (
        np.maximum(given[:2], suggested[:2]),
        np.minimum(given[:2] + given[2:], suggested[:2] + suggested[2:]),
    )
    common = float(np.prod(np.maximum(high - low, 0)))
    inside, around = common / float(np.prod(given[2:])), common / float(np.prod(suggested[2:]))
    if inside >= WITHIN and around < WITHIN:
        return "too tight"
    if around >= WITHIN and inside < WITHIN:
        return "too loose"
    return "shifted"


def pooled(boxes: Boxes, source: Ints, n_sources: int) -> Boxes:
    """The objects that several annotators or models drew, scored by the share of them that did.

    source : int array, shape (n_boxes,), who drew each box; every source has seen every picture

    Each object is where the box lies that agrees best with those of the others.
    """
    pairs = overlapping(boxes, boxes, least=SAME_OBJECT)
    alike = (boxes.label[pairs.a] == boxes.label[pairs.b]) & (source[pairs.a] != source[pairs.b])
    n = len(source)
    # Of each other source only its best box counts.
    best = best_of(pairs.a[alike] * n_sources + source[pairs.b[alike]], pairs.iou[alike], n * n_sources)
    agreement = best.reshape(n, n_sources)
    share = (1 + np.count_nonzero(agreement, axis=1)) / n_sources
    scored = Boxes(boxes.image, boxes.bbox, boxes.label, np.minimum(share, 1.0))
    every = np.arange(n)
    hidden = suppressed(scored, agreement.sum(axis=1), every, same_from=SAME_OBJECT, by_class=True)
    return take(scored, ~hidden)


def _swapped(scene: Scene) -> Suspects:
    """Given boxes at whose place the model sees another class."""
    rows = np.flatnonzero(scene.other > 0)
    odds = ERROR_RATE * odds_of(scene.other[rows]) / scene.odds[rows]
    return _about(WRONG_CLASS, scene.given, rows, label=scene.other_label[rows], score=odds / (1 + odds))


def _spurious(scene: Scene) -> Suspects:
    """Given boxes at whose place the model sees nothing, or hardly anything."""
    odds = SPURIOUS_RATE / scene.seen
    score = odds / (1 + odds)
    # What has a counterpart a little off is badly located instead.
    score[scene.pairs.a[scene.partner]] *= 1 - scene.trust.real[scene.pairs.b[scene.partner]]
    return _about(SPURIOUS, scene.given, np.arange(len(odds)), score=score)


def _missing(scene: Scene) -> Suspects:
    """Predicted boxes that no given box is at, and that are no second box on something given or predicted."""
    predicted, pairs = scene.predicted, scene.pairs
    met = np.zeros(len(predicted.image), dtype=bool)
    met[pairs.b[pairs.iou >= scene.same_from]] = True
    met[pairs.b[scene.partner]] = True
    real = _in_company(scene, met)
    rows = np.flatnonzero(~met)
    rows = rows[~suppressed(predicted, real + met, rows, same_from=scene.same_from)]
    odds = real[rows] / (1 - real[rows]) * scene.trust.missed[rows]
    found = _about(
        MISSING, predicted, rows, predicted=rows, label=predicted.label[rows], score=odds / (1 + odds)
    )
    return found._replace(given=np.full(len(rows), NOBODY))


def _in_company(scene: Scene, met: Bools) -> Floats:
    """The trust in each predicted box once it is seen how far it overlaps given boxes other than its own.

    Inventions of a model lie between and across objects more often than objects lie on each other.
    """
    pairs, real = scene.pairs, scene.trust.real
    others = np.ones(len(pairs.a), dtype=bool)
    others[scene.partner] = False
    crowd = best_of(pairs.b[others], pairs.iou[others], len(real))
    which = np.minimum((crowd * CROWD_BINS).astype(int), CROWD_BINS - 1)
    of_objects = np.bincount(which, real * met, minlength=CROWD_BINS) + 1.0
    of_inventions = np.bincount(which, (1 - real) * ~met, minlength=CROWD_BINS) + 1.0
    ratio = (of_objects / of_objects.sum()) / (of_inventions / of_inventions.sum())
    # More overlap never speaks for a box.
    odds = odds_of(real) * np.minimum.accumulate(ratio)[which]
    return np.clip(odds / (1 + odds), 1e-4, 1 - 1e-4)


def _badly_located(scene: Scene) -> Suspects:
    """Given boxes that overlap the model's less than is usual for boxes of its confidence."""
    pairs, partner = scene.pairs, scene.partner
    # Where another predicted box is at the given one, the given one is not off its place.
    at = best_of(pairs.a, pairs.iou, len(scene.given.image))[pairs.a[partner]]
    matched = partner[(pairs.iou[partner] >= scene.same_from) | (at < scene.same_from)]
    a, b = pairs.a[matched], pairs.b[matched]
    real = scene.trust.real[b]
    usual = np.ones(len(matched))
    for part in np.array_split(np.argsort(real, kind="stable"), min(STRATA, max(len(matched) // FEWEST, 1))):
        usual[part] = _usual(pairs.iou[matched][part])
    score = real * ERROR_RATE / (ERROR_RATE + (1 - ERROR_RATE) * usual)
    return _about(BAD_BOUNDARY, scene.given, a, predicted=b, label=scene.given.label[a], score=score)


def _usual(iou: Floats) -> Floats:
    """How likely each overlap is for boxes that people drew well, beside an even spread over all overlaps.

    What is lacking to a full overlap is log-normal; its middle and spread are taken from the better half and
    the middle of the rest, where the badly drawn ones do not count.
    """
    lack = np.log(np.maximum(1 - iou, 1e-3))
    low, middle, high = np.quantile(lack, [0.16, 0.5, 0.84]) if len(lack) else (0.0, 0.0, 0.0)
    spread = max((high - low) / 2, 0.1)
    density = np.exp(-(np.maximum((lack - middle) / spread, 0) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    return density / np.exp(lack)


def _repeated(scene: Scene) -> Suspects:
    """Given boxes that lie on another given box, unless the model sees two objects there."""
    twins = overlapping(scene.given, scene.given, least=SAME_OBJECT)
    backed = np.zeros(len(scene.given.image))
    backed[scene.pairs.a[scene.partner]] = scene.trust.real[scene.pairs.b[scene.partner]]
    # Of two the one that the model backs less is the repetition, of equals the later one.
    weaker = (backed[twins.a] < backed[twins.b]) | (
        (backed[twins.a] == backed[twins.b]) & (twins.a > twins.b)
    )
    a, b, iou = twins.a[weaker], twins.b[weaker], twins.iou[weaker]
    likeness = (iou - SAME_OBJECT) / (1 - SAME_OBJECT)
    score = likeness * (1 - np.minimum(backed[a], backed[b]) * (1 - likeness))
    highest = best_of(a, score, len(backed))
    rows = np.flatnonzero(highest)
    return _about(DUPLICATE, scene.given, rows, score=highest[rows])


def _about(
    kind: int,
    boxes: Boxes,
    rows: Ints,
    *,
    score: Floats,
    predicted: Ints | None = None,
    label: Ints | None = None,
) -> Suspects:
    nobody = np.full(len(rows), NOBODY)
    return Suspects(
        kind=np.full(len(rows), kind),
        image=boxes.image[rows],
        given=rows,
        predicted=nobody if predicted is None else predicted,
        label=nobody if label is None else label,
        score=score,
    )


def _ranked(found: list[Suspects], n_given: int, worth: float) -> Suspects:
    """All in one, the likeliest first; of what is suspected of one given box only the likeliest."""
    every = Suspects._make(np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((every.predicted, every.given, every.image, -every.score))
    order = order[every.score[order] >= worth]
    given = every.given[order]
    own = np.where(given == NOBODY, n_given + np.arange(len(given)), given)
    order = order[np.sort(np.unique(own, return_index=True)[1])]
    return Suspects._make(column[order] for column in every)
