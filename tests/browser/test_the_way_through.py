"""From a labelled file to a signed-off, versioned correction, through the screens alone."""

import csv
import hashlib
import io
import random
from collections.abc import Iterator

import orjson
from playwright.sync_api import FilePayload, Page, expect

from reviews.models import Correction, Dataset, Version
from tests import builders

from .conftest import OpenPage
from .steps import creator, sign_in, state_becomes

WORDS = {
    "cat": ["purrs", "whiskers", "meows", "kitten", "litter", "scratches", "climbs", "pounces"],
    "dog": ["barks", "leash", "fetches", "puppy", "kennel", "wags", "howls", "digs"],
}
WRONG = {3, 17, 42}  # the rows whose label is the other one


def rows() -> Iterator[dict[str, str]]:
    """Sixty short texts that say plainly what they are about; a few labels do not."""
    dice = random.Random(7)  # noqa: S311
    for i in range(60):
        topic = ("cat", "dog")[i % 2]
        label = ("dog", "cat")[i % 2] if i in WRONG else topic
        yield {"id": f"note-{i:02}", "text": " ".join(dice.sample(WORDS[topic], 6)), "label": label}


def as_csv() -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "text", "label"])
    writer.writeheader()
    writer.writerows(rows())
    return out.getvalue().encode()


def create_dataset(page: Page) -> Dataset:
    page.get_by_role("link", name="New dataset").click()
    page.get_by_label("Name").fill("Notes about animals")
    page.get_by_label("Each item is").select_option("text")
    page.get_by_role("button", name="Create and import").click()
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()
    return Dataset.objects.get()


def import_file(page: Page) -> None:
    file: FilePayload = {"name": "notes.csv", "mimeType": "text/csv", "buffer": as_csv()}
    page.get_by_label("File to import").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Everything in the file is in the dataset.")).to_be_visible(timeout=60_000)


def run_detection(page: Page) -> None:
    page.get_by_role("link", name="Run detection").click()
    page.get_by_role("button", name="Run detection").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("link", name="Review them")).to_be_visible(timeout=90_000)


def freeze(page: Page, tag: str) -> Version:
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Freeze a version").click()
    page.get_by_label("Tag").fill(tag)
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_role("row").filter(has_text=tag)).to_be_visible()
    return Version.objects.get(tag=tag)


def download(page: Page, tag: str, name: str) -> bytes:
    with page.expect_download() as coming:
        page.get_by_role("row").filter(has_text=tag).get_by_role("link", name=name).click()
    return coming.value.path().read_bytes()


def labels_in(exported: bytes) -> dict[str, str]:
    return {row["id"]: row["label"] for row in map(orjson.loads, exported.splitlines())}


def sign_all(page: Page) -> None:
    page.get_by_role("link", name="Sign-off").click()
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("textbox", name="Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.get_by_text("Nothing waits for a signature")).to_be_visible()


def test_a_wrong_label_is_found_corrected_signed_and_in_the_next_version(
    open_page: OpenPage, live_worker: object
) -> None:
    creator("lea")
    builders.user("sam")
    lea = open_page()
    sign_in(lea, "lea")
    made = create_dataset(lea)
    import_file(lea)
    first = freeze(lea, "1.0")
    before = download(lea, "1.0", "JSONL")

    lea.get_by_role("link", name="Import").click()
    run_detection(lea)

    lea.get_by_role("link", name="Review them").click()
    suspect = made.flags.order_by("-priority").first()
    assert suspect is not None
    expect(lea.get_by_role("region", name=f"Item {suspect.item.external_id}")).to_be_visible()
    lea.keyboard.press("c")
    lea.keyboard.type("It is plainly the other animal.")
    lea.keyboard.press("Escape")
    lea.keyboard.press("w")
    expect(lea.get_by_text("1 answered")).to_be_visible()
    state_becomes(suspect, "proposed", lea)
    assert Correction.objects.get().decision.reason == "It is plainly the other animal."

    lea.goto(f"/datasets/{made.pk}/members")
    lea.get_by_label("User name").fill("sam")
    lea.get_by_role("button", name="Add").click()
    expect(lea.get_by_role("row").filter(has_text="sam")).to_be_visible()
    lea.get_by_role("link", name="Sign-off").click()
    expect(lea.get_by_text("waits for someone else")).to_be_visible()

    sam = open_page()
    sign_in(sam, "sam", to=f"/datasets/{made.pk}")
    sign_all(sam)
    state_becomes(suspect, "applied", sam)

    second = freeze(lea, "1.1")
    assert download(lea, "1.0", "JSONL") == before
    after = download(lea, "1.1", "JSONL")
    assert hashlib.sha256(after).hexdigest() == second.sha256 != first.sha256
    changed = dict(labels_in(after).items() - labels_in(before).items())
    assert changed == {suspect.item.external_id: suspect.suggested}
    assert suspect.item.external_id.encode() in download(lea, "1.1", "CSV")

    lea.get_by_role("link", name="What changed").click()
    row = lea.get_by_role("row").filter(has_text=suspect.item.external_id)
    expect(row).to_contain_text("It is plainly the other animal.")
    expect(lea.get_by_text("1 changed")).to_be_visible()

    lea.get_by_role("link", name="Audit log").click()
    expect(lea.get_by_role("row").filter(has_text="sam").first).to_be_visible()
