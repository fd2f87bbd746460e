"""Boxes, spans and several classes on the screens: looked at, kept, and asked to be changed."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from . import parts
from .conftest import OpenPage
from .parts import Scene
from .steps import creator, item, on_screen, sign_in, state_becomes
from .test_accessibility import complaints, settled

SCENES = [parts.boxes, parts.spans, parts.classes]
NEAR = 2  # pixels of the screen: half a line and what rounding does


def reviewing(page: Page, scene: Scene, number: int = 0) -> Locator:
    """The item of that flag, on the review screen, with all that belongs to it."""
    sign_in(page, scene.reviewer, to=f"/datasets/{scene.dataset.pk}/review")
    for flag in scene.flags[:number]:
        on_screen(page, flag)
        page.keyboard.press("j")
    on_screen(page, scene.flags[number])
    expect(page.get_by_role("list", name="Lines").or_(page.get_by_text("flagged:")).first).to_be_attached()
    return item(page, scene.flags[number])


def answered(page: Page, key: str) -> dict[str, Any]:
    """What the key sends to the server, which has answered by then."""
    with page.expect_response(re.compile("/decide/$")) as answer:
        page.keyboard.press(key)
    body: dict[str, Any] = answer.value.request.post_data_json
    return {name: body[name] for name in ("action", "value") if name in body}


def outline(stage: Locator, role: str) -> Locator:
    return stage.locator(f"svg [data-role={role}] rect").last


def offset(stage: Locator, role: str, bbox: list[float], width: int) -> list[float]:
    """How far the drawn box is from where the picture has it, in pixels of the screen, edge by edge."""
    picture, drawn = stage.get_by_role("img", name="Item").bounding_box(), outline(stage, role).bounding_box()
    assert picture is not None
    assert drawn is not None
    scale = picture["width"] / width
    left, top = picture["x"] + bbox[0] * scale, picture["y"] + bbox[1] * scale
    wanted = [left, top, left + bbox[2] * scale, top + bbox[3] * scale]
    found = [drawn["x"], drawn["y"], drawn["x"] + drawn["width"], drawn["y"] + drawn["height"]]
    return [abs(a - b) for a, b in zip(wanted, found, strict=True)]


def test_given_and_suggested_boxes_differ_by_line_and_by_name(page: Page) -> None:
    scene = parts.boxes()
    stage = reviewing(page, scene, 1)

    words = "given: WBC 90 × 88 at 40, 60, suggested: RBC 90 × 88 at 40, 60, 6 others"
    expect(stage.get_by_role("img", name=words)).to_be_visible()
    dashes = "rect => getComputedStyle(rect).strokeDasharray"
    assert outline(stage, "given").evaluate(dashes) == "none"
    assert outline(stage, "suggested").evaluate(dashes) != "none"
    expect(stage.get_by_text("given: WBC")).to_be_visible()
    expect(stage.get_by_text("suggested: RBC")).to_be_visible()
    panel = page.get_by_role("complementary", name="About this item")
    expect(panel).to_contain_text("WBC → RBC")


@pytest.mark.parametrize("size", [(1280, 800), (768, 1024)])
def test_boxes_lie_where_they_are_however_the_picture_is_turned_zoomed_and_moved(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(width=size[0], height=size[1])
    scene = parts.boxes()
    stage = reviewing(page, scene, 3)
    bbox = scene.flags[3].given["bbox"]
    width, height = parts.SIZE
    picture = stage.get_by_role("img", name="Item").bounding_box()
    assert picture is not None
    assert picture["width"] / picture["height"] == pytest.approx(width / height, rel=0.01)
    assert max(offset(stage, "given", bbox, width)) < NEAR

    stage.get_by_role("button", name="Go to what is flagged").click()
    assert max(offset(stage, "given", bbox, width)) < NEAR
    stage.get_by_role("region", name="Picture").focus()
    for key in ("+", "ArrowLeft", "ArrowUp", "-"):
        page.keyboard.press(key)
    assert max(offset(stage, "given", bbox, width)) < NEAR

    line = outline(stage, "given").evaluate("rect => getComputedStyle(rect).vectorEffect")
    assert line == "non-scaling-stroke"


def test_the_flagged_box_comes_to_the_middle_when_asked_to(page: Page) -> None:
    scene = parts.boxes()
    stage = reviewing(page, scene)
    stage.get_by_role("button", name="Go to what is flagged").click()

    frame, drawn = (
        stage.get_by_role("region", name="Picture").bounding_box(),
        outline(stage, "suggested").bounding_box(),
    )
    assert frame is not None
    assert drawn is not None
    for side, extent in (("x", "width"), ("y", "height")):
        middle = drawn[side] + drawn[extent] / 2  # type: ignore[literal-required]
        assert middle == pytest.approx(frame[side] + frame[extent] / 2, abs=3)  # type: ignore[literal-required]


def test_holding_h_shows_the_bare_picture_and_the_bare_text(open_page: OpenPage) -> None:
    page = open_page()
    stage = reviewing(page, parts.boxes())
    page.keyboard.down("h")
    expect(stage.locator("svg [data-role] rect")).to_have_count(0)
    page.keyboard.up("h")
    expect(outline(stage, "suggested")).to_be_attached()

    page = open_page()
    stage = reviewing(page, parts.spans())
    page.keyboard.down("h")
    expect(stage.get_by_text("given: ORG", exact=True)).to_be_hidden()
    page.keyboard.up("h")
    expect(stage.get_by_text("given: ORG", exact=True)).to_be_visible()


def test_what_is_missing_is_to_be_added_and_what_is_surplus_to_go(page: Page) -> None:
    scene = parts.boxes()
    stage = reviewing(page, scene)
    panel = page.get_by_role("complementary", name="About this item")
    expect(panel).to_contain_text("No box here")
    expect(panel).to_contain_text("Add this box")
    expect(stage.get_by_text("suggested: RBC")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(panel).to_contain_text("12 px wider on the left, 42 px wider on the right")
    page.keyboard.press("j")
    expect(panel).to_contain_text("Remove this box")


def test_spans_are_marked_by_code_points_nested_and_read_out(page: Page) -> None:
    scene = parts.spans()
    stage = reviewing(page, scene)

    expect(stage).to_contain_text("given: ORG “Charles”, suggested: PER “Charles Babbage”")
    marked = stage.locator("[data-role=given]").filter(has_text="Charles")
    expect(marked.last).to_have_text("Charles")
    assert "".join(stage.locator("p span[data-role=suggested]").all_inner_texts()) == "Charles Babbage"
    assert "".join(stage.locator("p > span[data-role=other]").all_inner_texts()) == (
        "Ada LovelaceAcme Corp of London"
    )


def test_a_text_from_right_to_left_runs_so(page: Page) -> None:
    stage = reviewing(page, parts.spans(), 1)
    text = stage.locator("p[dir=auto]").last
    assert text.evaluate("one => getComputedStyle(one).direction") == "rtl"
    expect(stage.locator("p span[data-role=suggested]")).to_have_text("עדה לאבלייס")


def test_the_flagged_class_is_marked_among_the_others(page: Page) -> None:
    scene = parts.classes()
    sign_in(page, scene.reviewer, to=f"/datasets/{scene.dataset.pk}/review")
    panel = page.get_by_role("complementary", name="About this item")
    expect(panel).to_contain_text("add nodule")
    expect(page.get_by_role("button", name="Edit")).to_be_disabled()
    expect(panel.get_by_role("group", name="Choose a label")).to_be_hidden()

    page.keyboard.press("2")  # chooses nothing here
    page.keyboard.press("j")
    on_screen(page, scene.flags[1])
    expect(panel).to_contain_text("remove scar")
    expect(panel.get_by_role("listitem").filter(has=page.get_by_label("flagged:"))).to_have_text("scar")


@pytest.mark.parametrize("make", SCENES)
def test_keep_needs_no_value_and_neither_does_the_suggestion(page: Page, make: Any) -> None:
    scene = make()
    sign_in(page, scene.reviewer, to=f"/datasets/{scene.dataset.pk}/review")
    on_screen(page, scene.flags[0])
    assert answered(page, "q") == {"action": "keep"}
    on_screen(page, scene.flags[1])
    assert answered(page, "w") == {"action": "correct"}
    state_becomes(scene.flags[0], "kept", page)


def test_a_number_gives_the_flagged_part_another_class(page: Page) -> None:
    scene = parts.boxes()
    reviewing(page, scene, 1)
    sent = answered(page, "3")
    assert sent == {"action": "correct", "value": {**scene.flags[1].given, "label": "Platelets"}}


def test_an_item_with_an_unsure_part_can_be_called_so(page: Page) -> None:
    scene = parts.spans("second_reviewer")
    reviewing(page, scene)
    for flag, key in zip(scene.flags, "axn", strict=True):
        on_screen(page, flag)
        page.keyboard.press(key)
    for flag, state in zip(scene.flags, ("proposed", "proposed", "escalated"), strict=True):
        state_becomes(flag, state, page)


def test_lists_tell_parts_in_words(page: Page) -> None:
    scene = parts.boxes()
    sign_in(page, scene.reviewer, to=f"/datasets/{scene.dataset.pk}/flags")
    rows = page.get_by_role("row")
    expect(rows.nth(1)).to_contain_text(re.compile(r"nothing there\s*RBC 90.×.92 at 500,.60"))
    expect(rows.nth(4)).to_contain_text(re.compile(r"Platelets .*remove"))


def test_a_new_dataset_offers_only_what_its_labels_can_be_of(page: Page) -> None:
    creator("lead")
    sign_in(page, "lead", to="/datasets/new")
    media = page.get_by_label("Each item is").get_by_role("option")
    expect(media).to_have_text(["Images", "Texts", "Table rows"])
    page.get_by_label("A label is").select_option("spans")
    expect(media).to_have_text(["Texts"])
    page.get_by_label("A label is").select_option("boxes")
    expect(media).to_have_text(["Images"])

    page.get_by_role("textbox", name="Name").fill("Cells")
    page.get_by_role("button", name="Create and import").click()
    expect(page).to_have_url(re.compile(r"/datasets/\d+/import$"))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 768)])
def test_no_screen_with_parts_keeps_anyone_out_or_is_too_wide(
    open_page: OpenPage, scheme: str, width: int
) -> None:
    found, wide = {}, []
    for make in SCENES:
        scene = make("second_reviewer")
        page = open_page(width=width, height=1024, color_scheme=scheme)
        sign_in(page, scene.reviewer)
        at = f"/datasets/{scene.dataset.pk}"
        for path in (at, f"{at}/flags", *(f"{at}/review?flag={flag.pk}" for flag in scene.flags)):
            settled(page, path)
            found[path] = complaints(page)
            if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                wide.append(path)
    assert {path: lines for path, lines in found.items() if lines} == {}
    assert wide == []


def test_a_class_without_a_number_is_found_by_its_name(page: Page) -> None:
    scene = parts.spans()
    reviewing(page, scene)
    page.keyboard.press("e")
    page.get_by_role("combobox", name="Narrow the classes").fill("lo")
    assert answered(page, "Enter") == {"action": "correct", "value": {**scene.flags[0].given, "label": "LOC"}}
