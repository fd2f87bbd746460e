"""`manage.py audit`: a person's own file in, the suspects out, on services that run already."""

import csv
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import orjson
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from labelreview.auditing import NotUnderstood, plan
from labelreview.local.lock import Running
from labelreview.management.commands import audit
from reviews.models import Dataset
from tests.detection.builders import TOPICS, texts


@pytest.fixture
def running(live_worker: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker and services of the tests stand for a copy that runs already."""

    @contextmanager
    def attached(*, web: bool = False) -> Any:
        yield Running(pid=1, url="http://127.0.0.1:9999")

    monkeypatch.setattr(audit, "services", attached)


def a_table(path: Path, columns: tuple[str, str] = ("message", "category")) -> tuple[Path, set[str]]:
    """A CSV of 150 texts and the row numbers of six wrong labels."""
    said, truth = texts(150)
    topics = list(TOPICS)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for i, (text, topic) in enumerate(zip(said, truth, strict=True)):
            writer.writerow([text, topics[topics.index(topic) - 1] if i < 6 else topic])
    return path, {str(i + 1) for i in range(6)}


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_suspects_of_a_csv_come_out_as_json(running: None, tmp_path: Path) -> None:
    path, wrong = a_table(tmp_path / "tickets.csv")
    found = orjson.loads(printed(str(path), "--json", "--top", "6"))
    assert {suspect["item"] for suspect in found["suspects"]} == wrong
    assert all(suspect["why"] and suspect["suggested"] for suspect in found["suspects"])
    assert found["url"] == f"http://127.0.0.1:9999/datasets/{found['dataset']}/review"
    assert Dataset.objects.get(pk=found["dataset"]).name == "tickets"


def test_the_suspects_are_printed_as_a_table(
    running: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    path, _ = a_table(tmp_path / "tickets.csv")
    call_command("audit", str(path), "--top", "3", "--name", "Tickets")
    shown = capsys.readouterr().out
    assert shown.count("→") == 4  # the heading and three suspects
    assert "150 items" in shown
    assert "Review them at http://127.0.0.1:9999/datasets/" in shown


def test_jsonl_with_columns_of_other_names_is_told_what_they_mean(running: None, tmp_path: Path) -> None:
    said, truth = texts(60)
    rows = [{"words": text, "topic": topic} for text, topic in zip(said, truth, strict=True)]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    found = orjson.loads(printed(str(path), "--json", "--text", "words", "--label", "topic"))
    assert found["summary"]["labelled"] == 60


def test_a_zip_of_pictures_in_folders_is_understood(running: None, tmp_path: Path) -> None:
    path = tmp_path / "shades.zip"
    with ZipFile(path, "w") as archive:
        for i in range(30):
            for name, shade in (("dark", 10 + i), ("light", 200 + i)):
                picture = BytesIO()
                Image.new("L", (16, 16), shade).save(picture, "PNG")
                archive.writestr(f"{name}/{i}.png", picture.getvalue())
    found = orjson.loads(printed(str(path), "--json"))
    assert found["summary"]["items"] == 60
    assert Dataset.objects.get(pk=found["dataset"]).media == "image"


def test_an_import_that_is_refused_says_where_and_why(running: None, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"text": "fine", "label": "a"}\n{"text": \n', encoding="utf-8")
    with pytest.raises(CommandError, match="The import failed; nothing of the file was kept.\n  line 2"):
        printed(str(path))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "The file is empty"),
        ("a,b\n1,2\n", "No column is obviously the label"),
        ('text,label\n"open,x\n', "never closed"),
        ("text,label\nhello,\n", "No column is obviously the label"),
        ("%PDF-1.7", "This is a PDF"),
    ],
)
def test_a_file_that_says_too_little_is_refused_before_anything_starts(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=complaint):
        printed(str(path))


def test_a_missing_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        printed(str(tmp_path / "nothing.csv"))
    path, _ = a_table(tmp_path / "tickets.csv")
    with pytest.raises(CommandError, match="There is no column “nope” in the file"):
        printed(str(path), "--label", "nope")


def test_numbers_in_columns_are_a_table_and_sentences_are_texts(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("age,income,target\n" + "1,2,x\n3,4,y\n" * 5, encoding="utf-8")
    assert plan(path=numbers, mapping={}).media == "table"
    sentences, _ = a_table(tmp_path / "tickets.csv")
    assert plan(path=sentences, mapping={}).media == "text"


def test_a_column_that_is_declared_decides_the_medium(tmp_path: Path) -> None:
    path, _ = a_table(tmp_path / "tickets.csv", columns=("x", "y"))
    assert plan(path=path, mapping={"text": "x", "label": "y"}).media == "text"
    with pytest.raises(NotUnderstood):
        plan(path=path, mapping={"text": "x", "label": "z"})


@pytest.mark.parametrize(
    ("label", "task_type"), [(["a", "b"], "multilabel"), ([{"start": 0, "end": 1, "label": "x"}], "spans")]
)
def test_labels_of_other_shapes_are_other_task_types(tmp_path: Path, label: object, task_type: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(orjson.dumps({"text": "hello", "label": label}))
    assert plan(path=path, mapping={}).task_type == task_type


def test_conll_is_spans_of_texts_and_coco_boxes_in_images(tmp_path: Path) -> None:
    tagged = tmp_path / "train.conll"
    tagged.write_text("Peter B-PER\nlaughs O\n", encoding="utf-8")
    found = plan(path=tagged, mapping={})
    assert (found.format, found.task_type, found.media) == ("conll", "spans", "text")
    path = tmp_path / "cells.zip"
    images = [{"id": 1, "file_name": "a.png"}]
    with ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"looked at later")
        archive.writestr("gt.json", orjson.dumps({"images": images, "annotations": [], "categories": []}))
    found = plan(path=path, mapping={})
    assert (found.format, found.task_type, found.media) == ("coco", "boxes", "image")


def test_predictions_alone_are_no_file_to_audit(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, ids=np.array(["a"]), embeddings=np.ones((1, 2)))
    with pytest.raises(NotUnderstood, match="Import it into the dataset that has the items"):
        plan(path=path, mapping={})
