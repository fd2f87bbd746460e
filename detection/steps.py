"""The steps of a classification run: each takes arrays from the desk and lays its own there.

A small dataset's steps follow each other in one task, on a desk in memory; a large one's are tasks of their
own, on a desk in the storage (`pieces`). They are the same steps, cut in the same places, and find the same.
"""

from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from . import evidence, evidence_training, features, surroundings
from .algorithms import out_of_fold, training_dynamics
from .algorithms.detector import Condition, Course, Findings, Inputs, Ints, Neighbours, Votes
from .algorithms.registry import DETECTORS
from .algorithms.suspicions import judge
from .computation import Computation
from .desk import Desk
from .errors import CannotDetect
from .models import DetectionRun

NEIGHBOURS = 10
# Every item's neighbours are searched up to this many items; beyond, those of suspects only.
MOST_SEARCHED = 60_000
SUSPECT = 0.05
# So many of these at a time: each search among very many items has to put all of them in order first.
SEARCHED_AT_ONCE = 20_000
BUILT_IN = "built-in"
FROM_CONTENT = frozenset({"neighbours", "content", "space", "condition"})
SUBJECTS = "subjects"


class Piece(NamedTuple):
    """A piece of work that is done by itself: the `number`th `of` so many of its stage."""

    stage: str
    number: int = 0
    of: int = 1

    @property
    def name(self) -> str:
        """What it leaves is found on the desk by this name."""
        return f"{self.stage}-{self.number}"


class Steps(Computation):
    """The pieces of one run, and what they leave on `desk`."""

    def __init__(self, run: DetectionRun, desk: Desk) -> None:
        super().__init__(run)
        self.desk = desk
        detectors = [DETECTORS[name] for name in run.methods]
        self.needs = frozenset[str]().union(*(detector.needs for detector in detectors))
        self.seed = int(self.options["seed"])

    def read(self) -> None:
        """The first step, before any other: who is asked about, and what was said of them."""
        self.at("reading", 0.0)
        asked = evidence.subjects(self.dataset)
        if not (asked.labels >= 0).any():
            raise CannotDetect("No item has a label yet, so there is nothing to check.")
        predicted = "probs" in self.needs and evidence.predicted(asked)
        votes, annotators = evidence.votes(asked)
        course, training = self._training(asked)
        found = {
            "ids": asked.ids,
            "labels": asked.labels,
            "gold": surroundings.gold(asked),
            "guideline": surroundings.guideline(asked) if "guideline" in self.needs else None,
            **_flat("votes", votes),
            **_flat("course", course),
        }
        self.desk.lay(
            SUBJECTS,
            {name: array for name, array in found.items() if array is not None},
            classes=asked.classes,
            annotators=list(annotators),
            predicted=predicted,
            training=training,
            kind=self._kind_of(asked) if self._asks_content(len(asked.ids), predicted) else None,
            # Everybody who works on the run cuts it as it was cut at first, whatever is set where they run.
            size=settings.RUN_PIECE_ITEMS,
        )

    def layers(self) -> list[list[Piece]]:
        """What is to be done after `read`: the pieces of a layer in any order, the layers in this one."""
        n, said = len(self.asked.ids), self.desk.take(SUBJECTS).said
        model = [Piece("model")] if "probs" in self.needs else []
        layers = []
        if said["kind"] is not None:
            layers += [_cut("features", n, said["size"]), [Piece("space")]]
            if n <= MOST_SEARCHED:
                layers.append([*model, *_cut("neighbours", n, said["size"])])
            else:
                near = _cut("neighbours", MOST_SEARCHED, SEARCHED_AT_ONCE)
                layers += [model, [Piece("suspects")], near]
        else:
            layers.append(model)
        layers.append(_cut("detectors", len(self.run.methods), 1))
        return [layer for layer in layers if layer]

    def _pieces(self, stage: str) -> list[Piece]:
        return [piece for layer in self.layers() for piece in layer if piece.stage == stage]

    def work(self, piece: Piece) -> None:
        """Do the piece and lay down what came of it."""
        {
            "features": self._describe,
            "space": self._join,
            "model": self._learn,
            "suspects": self._suspect,
            "neighbours": self._search,
            "detectors": self._detect,
        }[piece.stage](piece)

    # What lies on the desk

    @cached_property
    def asked(self) -> evidence.Subjects:
        arrays, said = self.desk.take(SUBJECTS)
        return evidence.Subjects(self.dataset, arrays["ids"], arrays["labels"], said["classes"])

    @cached_property
    def inputs(self) -> Inputs:
        """All that detectors may ask for, once the layers before theirs are done."""
        return Inputs(**self._known(), neighbours=self._neighbours())

    @property
    def annotators(self) -> list[str]:
        return list(self.desk.take(SUBJECTS).said["annotators"])

    @property
    def model_name(self) -> str | None:
        """Whose probabilities are believed; None where nobody was asked."""
        return self.desk.take(Piece("model").name).said["model"] if "probs" in self.needs else None

    @property
    def training_name(self) -> str | None:
        """The imported model whose training was looked at; None where none was."""
        return self.desk.take(SUBJECTS).said["training"]

    @property
    def made_by(self) -> str | None:
        """What made the features, for people; None where nothing did."""
        if self.desk.take(SUBJECTS).said["kind"] is None:
            return None
        return str(self.desk.take(Piece("space").name).said["made_by"])

    @property
    def searched(self) -> int | None:
        """Of how many items the neighbours are known; None where of all, or of none."""
        few = self.inputs.neighbours is not None and len(self.asked.ids) > MOST_SEARCHED
        return len(self._sought()) if few else None

    def found(self) -> dict[str, Findings]:
        """What each detector found that had what it needs, by its name."""
        found = {}
        for number, name in enumerate(self.run.methods):
            arrays = self.desk.take(Piece("detectors", number).name).arrays
            if arrays:
                data = {
                    key.removeprefix(DATA): array for key, array in arrays.items() if key.startswith(DATA)
                }
                scores, index, suggested = (arrays[key] for key in ("scores", "index", "suggested"))
                found[name] = Findings(scores=scores, index=index, suggested=suggested, data=data)
        return found

    def _known(self) -> dict[str, Any]:
        """The arrays of `Inputs` beside the neighbours."""
        arrays, said = self.desk.take(SUBJECTS)
        known: dict[str, Any] = {
            "labels": self.asked.labels,
            "n_classes": len(self.asked.classes),
            "gold": arrays.get("gold"),
            "guideline": arrays.get("guideline"),
            "trust_model_below": bool(self.options["trust_model_below"]),
            "seed": self.seed,
        }
        if "votes_item" in arrays:
            item, annotator, value = (arrays[f"votes_{name}"] for name in VOTE_ARRAYS)
            known["votes"] = Votes(item, annotator, value, len(said["annotators"]))
        if "course_margin" in arrays:
            known["course"] = Course(*(arrays[f"course_{name}"] for name in Course._fields))
        if "probs" in self.needs:
            model, more = self.desk.take(Piece("model").name)
            known |= {"probs": model.get("probs"), "imported": more["model"] not in (BUILT_IN, None)}
        if said["kind"] is not None:
            read, more = self.desk.take(Piece("space").name)
            known |= {"content": read["content"], "condition": Condition(*read["condition"])}
            known |= {"space": read["space"], "duplicate_at": more["duplicate_at"]}
        return known

    def _features(self) -> features.Features:
        arrays, said = self.desk.take(Piece("space").name)
        model = arrays["model"] if "model" in arrays else features.unflattened(arrays, "model", said["width"])
        return features.Features(
            model=model,
            space=arrays["space"],
            duplicate_at=said["duplicate_at"],
            made_by=said["made_by"],
        )

    def _sought(self) -> Ints:
        """The items whose neighbours are searched."""
        n = len(self.asked.ids)
        if n <= MOST_SEARCHED:
            return np.arange(n)
        return self.desk.take(Piece("suspects").name).arrays["rows"]

    def _neighbours(self) -> Neighbours | None:
        found = [self.desk.take(piece.name).arrays for piece in self._pieces("neighbours")]
        if not found:
            return None
        joined = Neighbours(*(np.concatenate([one[name] for one in found]) for name in Neighbours._fields))
        return joined.spread(self._sought(), len(self.asked.ids))

    # The steps

    def _training(self, asked: evidence.Subjects) -> tuple[Course | None, str | None]:
        """The course of an imported model's training and the model's name, where a detector asks for it."""
        if training_dynamics.DETECTOR.name not in self.run.methods:
            return None, None
        course, name = evidence_training.course(asked)
        return course, name or None

    def _asks_content(self, n: int, predicted: bool) -> bool:
        """Whether the items' content is read at all.

        Where probabilities were imported and no detector asks for the content, only the similar items that
        people are shown do, which are not worth it in a very large dataset.
        """
        if self.needs & FROM_CONTENT:
            return True
        return "probs" in self.needs and (n <= MOST_SEARCHED or not predicted)

    def _describe(self, piece: Piece) -> None:
        size = self.desk.take(SUBJECTS).said["size"]
        some = self.asked.some(slice(piece.number * size, (piece.number + 1) * size))
        read = evidence.describe(
            some, self._kind(), seed=self.seed, tick=partial(self._at, piece), embedder=self.embedder()
        )
        condition = np.stack(read.condition)
        self.desk.lay(piece.name, {**read.counted, "content": read.content, "condition": condition})

    def _join(self, piece: Piece) -> None:
        self.at("features", 1.0)
        read = [self.desk.take(one.name).arrays for one in self._pieces("features")]
        made = evidence.joined(read, self._kind(), seed=self.seed, embedder=self.embedder())
        model = made.model
        self.desk.lay(
            piece.name,
            {
                **({"model": model} if isinstance(model, np.ndarray) else features.flattened(model, "model")),
                "space": made.space,
                "content": np.concatenate([one["content"] for one in read]),
                "condition": np.hstack([one["condition"] for one in read]),
            },
            duplicate_at=made.duplicate_at,
            width=model.shape[1],
            made_by=made.made_by,
        )

    def _learn(self, piece: Piece) -> None:
        """Take the imported probabilities, or make some that are out-of-sample."""
        tick, said = partial(self._at, piece), self.desk.take(SUBJECTS).said
        tick(0.0)
        made = self._features() if said["kind"] is not None else None
        probs, name = None, ""
        if said["predicted"]:
            probs, name = evidence.predictions(self.asked, made, self.desk.room)
        if probs is None and made is not None:
            labels, n_classes, name = self.asked.labels, len(self.asked.classes), BUILT_IN
            probs = out_of_fold.probabilities(made.model, labels, n_classes, seed=self.seed, tick=tick)
        self.desk.lay(piece.name, {} if probs is None else {"probs": probs}, model=name or None)

    def _suspect(self, piece: Piece) -> None:
        """Choose the items whose neighbours are worth searching, in a very large dataset."""
        self.at("neighbours", 0.0)
        doubted = judge(Inputs(**self._known())).wrongness
        most = np.argsort(-doubted, kind="stable")[:MOST_SEARCHED]
        self.desk.lay(piece.name, {"rows": np.sort(most[doubted[most] >= SUSPECT])})

    def _search(self, piece: Piece) -> None:
        tick = partial(self._at, piece)
        tick(0.0)
        rows = np.array_split(self._sought(), piece.of)[piece.number]
        found = features.neighbours(self._features(), k=NEIGHBOURS, rows=rows, tick=tick)
        self.desk.lay(piece.name, found._asdict())

    def _detect(self, piece: Piece) -> None:
        self._at(piece, 0.0)
        detector = DETECTORS[self.run.methods[piece.number]]
        if not detector.needs <= self.inputs.available:
            self.desk.lay(piece.name, {})
            return
        found = detector.run(self.inputs)
        data = {f"{DATA}{name}": array for name, array in found.data.items()}
        self.desk.lay(
            piece.name, {"scores": found.scores, "index": found.index, "suggested": found.suggested, **data}
        )

    def _kind_of(self, asked: evidence.Subjects) -> list[Any]:
        return list(evidence.kind(asked, self.embedder()))

    def _kind(self) -> evidence.Kind:
        return evidence.Kind(*self.desk.take(SUBJECTS).said["kind"])

    def _at(self, piece: Piece, fraction: float) -> None:
        self.at(piece.stage, (piece.number + fraction) / piece.of)


VOTE_ARRAYS = ("item", "annotator", "value")
DATA = "data_"


def _flat(name: str, known: Votes | Course | None) -> dict[str, NDArray[Any]]:
    """Its arrays, by names that begin with this one."""
    found = {} if known is None else known._asdict()
    return {f"{name}_{key}": array for key, array in found.items() if isinstance(array, np.ndarray)}


def _cut(stage: str, n: int, size: int) -> list[Piece]:
    """The pieces of a stage that works on n of something, so many at a time."""
    of = -(-n // size)
    return [Piece(stage, number, of) for number in range(of)]
