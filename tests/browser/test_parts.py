"""What becomes of a label when the suggestion about one of its parts is taken."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reviews import versions
from reviews.models import Flag, Role
from tests import builders

from . import parts
from .conftest import OpenPage
from .parts import Scene
from .steps import on_screen, sign_in, state_becomes


def label(flag: Flag) -> Any:
    flag.item.refresh_from_db()
    assert flag.item.current_revision is not None
    return flag.item.current_revision.value


def in_order(value: list[Any]) -> list[Any]:
    return sorted(value, key=lambda one: json.dumps(one, sort_keys=True))


def suggested(flag: Flag) -> list[Any]:
    """The label with what the flag doubts gone and what it suggests in its place."""
    if isinstance(flag.suggested, list):
        return in_order(flag.suggested)
    rest = [one for one in label(flag) if one != flag.given]
    return in_order(rest if flag.suggested is None else [*rest, flag.suggested])


def review(page: Page, scene: Scene) -> None:
    sign_in(page, scene.reviewer, to=f"/datasets/{scene.dataset.pk}/review")
    on_screen(page, scene.flags[0])


@pytest.mark.parametrize("make", [parts.boxes, parts.spans, parts.classes])
def test_a_suggestion_replaces_the_part_and_leaves_the_others(page: Page, make: Any) -> None:
    scene = make()
    wanted = [suggested(flag) for flag in scene.flags]
    review(page, scene)
    for flag in scene.flags:
        on_screen(page, flag)
        page.keyboard.press("w")
    for flag, value in zip(scene.flags, wanted, strict=True):
        state_becomes(flag, "applied", page)
        assert in_order(label(flag)) == value


def test_another_class_goes_to_the_flagged_box_alone(page: Page) -> None:
    scene = parts.boxes()
    flag = scene.flags[1]
    others = [one for one in label(flag) if one != flag.given]
    review(page, scene)
    page.keyboard.press("j")
    on_screen(page, flag)
    page.keyboard.press("3")
    state_becomes(flag, "applied", page)
    assert in_order(label(flag)) == in_order([*others, {**flag.given, "label": "Platelets"}])


def test_undo_gives_the_part_back(page: Page) -> None:
    scene = parts.boxes()
    flag = scene.flags[0]
    before = label(flag)
    review(page, scene)
    page.keyboard.press("w")
    state_becomes(flag, "applied", page)
    page.keyboard.press("z")
    on_screen(page, flag)
    state_becomes(flag, "open", page)
    assert label(flag) == before


def test_what_was_chosen_stands_in_green_beside_the_others(page: Page) -> None:
    scene = parts.boxes("second_reviewer")
    flag = scene.flags[2]
    review(page, scene)
    page.keyboard.press("j")
    page.keyboard.press("j")
    on_screen(page, flag)
    page.keyboard.press("w")
    state_becomes(flag, "proposed", page)

    page.goto(f"/datasets/{scene.dataset.pk}/review?flag={flag.pk}")
    on_screen(page, flag)
    words = "given: WBC 96 × 120 at 312, 160, chosen: WBC 150 × 140 at 300, 150, 6 others"
    expect(page.get_by_role("img", name=words)).to_be_visible()


def test_a_version_tells_which_words_changed(page: Page) -> None:
    scene = parts.spans()
    made, owner = scene.dataset, scene.dataset.created_by
    first = versions.freeze(dataset=made, actor=owner, tag="1.0", note="")
    review(page, scene)
    page.keyboard.press("w")
    state_becomes(scene.flags[0], "applied", page)
    later = versions.freeze(dataset=made, actor=owner, tag="1.1", note="")
    page.goto(f"/datasets/{made.pk}/versions/{later.pk}?against={first.pk}")
    expect(page.get_by_role("table")).to_contain_text(re.compile("ORG “Charles”.*PER “Charles Babbage”"))


def test_the_signature_and_the_version_are_about_the_part_that_changed(open_page: OpenPage) -> None:
    scene = parts.boxes("second_reviewer")
    flag = scene.flags[1]
    made, owner = scene.dataset, scene.dataset.created_by
    first = versions.freeze(dataset=made, actor=owner, tag="1.0", note="")
    page = open_page()
    review(page, scene)
    page.keyboard.press("j")
    on_screen(page, flag)
    page.keyboard.press("w")
    state_becomes(flag, "proposed", page)

    second = builders.member(made, Role.LEAD)
    page = open_page()
    sign_in(page, second.user.get_username(), to=f"/datasets/{made.pk}/signoff")
    change = re.compile(r"WBC 90.×.88 at 40,.60.*RBC 90.×.88 at 40,.60.*WBC → RBC · 6 others unchanged")
    expect(page.get_by_role("region", name="1 correction")).to_contain_text(change)
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("textbox", name="Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign and approve").click()
    state_becomes(flag, "applied", page)

    later = versions.freeze(dataset=made, actor=owner, tag="1.1", note="")
    page.goto(f"/datasets/{made.pk}/versions/{later.pk}?against={first.pk}")
    expect(page.get_by_role("table")).to_contain_text(change)
