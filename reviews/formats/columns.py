"""Which column or key of a file means what: as the mapping says, else guessed where it is obvious."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from reviews.formats.canonical import MEDIA_KEYS
from reviews.formats.errors import FormatError

# The names that are taken for a role without being told, the likelier first.
NAMES: dict[str, list[str]] = {
    role: names.split()
    for role, names in {
        "id": "id item_id external_id image_id text_id doc_id document_id sample_id example_id uid uuid guid"
        " item key index unnamed unnamed:_0",
        "text": "text message sentence content body document review comment tweet utterance question abstract"
        " description sms post headline title transcript query prompt",
        "image": "image image_path img img_path image_file image_name file_name filename file file_path"
        " filepath path picture photo",
        "label": "label class category given_label noisy_label class_name label_name class_label target"
        " sentiment intent annotation",
        "annotator": "annotator annotator_id worker worker_id labeler labeller rater rater_id labeled_by"
        " labelled_by",
        "at": "at annotated_at labeled_at labelled_at",
        "split": "split subset",
        "gold": "gold gold_label",
    }.items()
}
GUESSED_ALIKE = frozenset({"labels", "predictions", "embedding", "ambiguous"})
ROLES = (*NAMES, *sorted(GUESSED_ALIKE), "features", "meta")
LISTS = ("annotators", "feature_columns", "meta_columns", "ignore")
SENTENCE = 3  # words, on average, that make a column of texts rather than of names, codes or dates
KNOWN_TRUTH = ("true", "correct", "gold", "verified")  # what a label is compared with is not the label given
FEW_CLASSES = 50


@dataclass(frozen=True)
class Layout:
    """Where each column's cells go. What has no role goes into `rest`: features or meta."""

    roles: Mapping[str, str]  # role -> column
    annotators: frozenset[str] = frozenset()  # each column has the opinions of whom it is named after
    features: frozenset[str] = frozenset()
    meta: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    rest: str = "meta"
    _places: dict[str, tuple[str, str]] = field(default_factory=dict, compare=False)

    def place(self, column: str) -> tuple[str, str]:
        """(bucket, key): "" and the canonical key, or the object and the key in it; "ignore" for nowhere."""
        if not self._places:
            self._places.update({name: ("", role) for role, name in self.roles.items()})
        return self._places.get(column) or self._places.setdefault(column, self._place(column))

    def _place(self, column: str) -> tuple[str, str]:
        for bucket in ("annotators", "features", "meta", "ignore"):
            if column in getattr(self, bucket):
                return bucket, column
        bucket, dot, name = column.partition(".")
        if dot and bucket in ("features", "meta"):
            return bucket, name
        return self.rest, column

    def plain(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The canonical row that a record says, and whether it is one opinion that others may follow."""
        out: dict[str, Any] = {}
        buckets: dict[str, dict[str, Any]] = {}
        for column, value in values.items():
            bucket, key = self.place(column)
            if bucket:
                buckets.setdefault(bucket, {})[key] = value
            else:
                out[key] = value
        for bucket in ("features", "meta"):
            if bucket in buckets and isinstance(given := out.get(bucket) or {}, dict):
                out[bucket] = buckets[bucket] | given
        if "annotator" in self.roles or "annotators" in buckets:
            self._add_opinions(out, buckets.get("annotators", {}))
        return out, "annotator" in self.roles

    def _add_opinions(self, out: dict[str, Any], named: dict[str, Any]) -> None:
        given = ((name, value) for name, value in named.items() if value not in (None, ""))
        opinions = [{"annotator": name, "value": value} for name, value in given]
        annotator, at = out.pop("annotator", None), out.pop("at", None)
        if "annotator" in self.roles and out.get("label") is not None:
            name = str(annotator) if isinstance(annotator, int) else annotator
            opinions.append({"annotator": name, "value": out.pop("label"), "at": at})
        if opinions and isinstance(listed := out.get("labels") or [], list):
            out["labels"] = listed + opinions

    def locate(self, error: FormatError) -> FormatError:
        """The error with its column called as the file calls it."""
        role = error.column
        if role == "labels" and "labels" not in self.roles:
            role = "annotator" if error.code == "blank_annotator" else "label"
        error.column = self.roles.get(role, role) if role else role
        return error


def lay_out(
    *, mapping: Mapping[str, Any], columns: Sequence[str], sample: Sequence[Mapping[str, Any]], media: str
) -> Layout:
    """The layout of a file with these columns; raises FormatError for a mapping that does not fit them."""
    _check(mapping, columns)
    roles = {role: column for role, column in mapping.items() if role in ROLES and column}
    lists = {name: frozenset(mapping.get(name) or ()) for name in LISTS}
    taken = set(roles.values()).union(*lists.values())
    wanted = [role for role in _roles_of(media) if role not in mapping]
    _guess_by_name(roles, taken, columns, wanted)
    if "label" in wanted and "label" not in roles and "labels" not in roles and not lists["annotators"]:
        _guess_label(roles, taken, columns, sample, media)
    if media == "text" and "text" in wanted and "text" not in roles:
        _guess_text(roles, taken, columns, sample)
    own_features = any(column.startswith("features.") for column in columns)
    has_features = "features" in roles or lists["feature_columns"] or own_features
    return Layout(
        roles=roles,
        annotators=lists["annotators"],
        features=lists["feature_columns"],
        meta=lists["meta_columns"],
        ignore=lists["ignore"],
        rest="features" if media == "table" and not has_features else "meta",
    )


def _check(mapping: Mapping[str, Any], columns: Collection[str]) -> None:
    for role, said in mapping.items():
        if role in ("delimiter", "encoding"):
            continue
        if role not in ROLES and role not in LISTS:
            known = ", ".join((*ROLES, *LISTS))
            raise FormatError("unknown_role", f"the mapping names “{role}”; it may name {known}", column=role)
        named = (said or []) if role in LISTS else [said] if said else []
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            raise FormatError("bad_mapping", f"“{role}” of the mapping must be given as text", column=role)
        for name in named:
            if name not in columns:
                detail = f"there is no column “{name}” in the file"
                raise FormatError("unknown_column", detail, line=1, column=name)


def _roles_of(media: str) -> list[str]:
    others = set(MEDIA_KEYS.values()) - {MEDIA_KEYS[media]}
    return [role for role in ROLES if role not in others]


def _guess_by_name(
    roles: dict[str, str], taken: set[str], columns: Sequence[str], wanted: Iterable[str]
) -> None:
    known: dict[str, str] = {}
    for column in columns:
        known.setdefault("_".join(column.lower().replace("-", " ").split()) or "unnamed", column)
    for role in wanted:
        columns_named = (known[name] for name in NAMES.get(role, [role]) if name in known)
        found = next((column for column in columns_named if column not in taken), None)
        if found is not None and (role != "at" or "annotator" in roles):
            roles[role] = found
            taken.add(found)


def _guess_text(
    roles: dict[str, str], taken: set[str], columns: Sequence[str], sample: Sequence[Mapping[str, Any]]
) -> None:
    """The column with the longest texts, when these are sentences rather than words."""
    words = {column: _mean_words(sample, column) for column in columns if column not in taken}
    longest = max(words, key=lambda column: words[column], default=None)
    if longest is not None and words[longest] >= SENTENCE:
        roles["text"] = longest
        taken.add(longest)


def _mean_words(sample: Sequence[Mapping[str, Any]], column: str) -> float:
    return fmean([len(v.split()) if isinstance(v := row.get(column), str) else 0 for row in sample] or [0])


def _guess_label(
    roles: dict[str, str],
    taken: set[str],
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    media: str,
) -> None:
    """The one column left whose few values come again and again; none where several could be meant."""
    named = [c for c in columns if c not in taken and c.lower().endswith(("_label", " label"))]
    named = [c for c in named if not c.lower().startswith(KNOWN_TRUTH)]
    left = [c for c in columns if c not in taken and _repeats(sample, c)] if media != "table" else []
    for found in (named, left):
        if len(found) == 1:
            roles["label"] = found[0]
            taken.add(found[0])
            return


def _repeats(sample: Sequence[Mapping[str, Any]], column: str) -> bool:
    values = [v for row in sample if (v := row.get(column)) not in (None, "")]
    if not all(isinstance(v, str | int) and not isinstance(v, bool) for v in values):
        return False
    distinct = {str(v) for v in values}
    return 1 < len(distinct) <= min(FEW_CLASSES, len(values) // 3) and max(map(len, distinct)) <= 60
