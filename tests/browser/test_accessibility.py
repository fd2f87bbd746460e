"""What must hold on every screen, in both colour schemes and on a tablet."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labelreview.local.places import PROJECT
from tests import builders

from .conftest import OpenPage
from .furnished import World, furnished
from .steps import sign_in

AXE = (PROJECT / "frontend/node_modules/axe-core/axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# axe takes the header of a dialog for a second banner of the page, which is only a practice.
ALL = [*WCAG, "best-practice"]
DIALOGS = {
    "versions": ("Freeze a version", "Freeze a version"),
    "review": ("Keys", "Keys"),
}


def complaints(page: Page, rules: list[str] = ALL) -> list[str]:
    """What axe finds wrong with the screen, one line each."""
    page.evaluate(AXE)
    options = {"runOnly": {"type": "tag", "values": rules}}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def settled(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()


def visit(page: Page, world: World) -> dict[str, list[str]]:
    """The complaints by screen, and by dialog where one opens there."""
    found = {}
    for name, path in world.screens.items():
        settled(page, path)
        found[name] = complaints(page)
        if name in DIALOGS:
            button, dialog = DIALOGS[name]
            page.get_by_role("button", name=button).click()
            expect(page.get_by_role("dialog", name=dialog)).to_be_visible()
            found[f"{name}: {dialog}"] = complaints(page, WCAG)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_keeps_anyone_out(open_page: OpenPage, scheme: str) -> None:
    world = furnished()
    page = open_page(color_scheme=scheme)
    page.goto("/signin")
    expect(page.get_by_label("User name")).to_be_visible()
    found = {"sign in": complaints(page)}

    sign_in(page, world.owner)
    found |= visit(page, world)

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_signature_is_asked_for_in_a_dialog_that_keeps_no_one_out(open_page: OpenPage) -> None:
    world = furnished()
    page = open_page(color_scheme="dark")
    sign_in(page, world.second, to=world.screens["sign-off"])
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("textbox", name=f"Password of {world.second}")).to_be_focused()
    assert complaints(page, WCAG) == []


@pytest.mark.parametrize("width", [1280, 768])
def test_no_screen_is_wider_than_the_window(open_page: OpenPage, width: int) -> None:
    world = furnished()
    page = open_page(width=width, height=1024)
    sign_in(page, world.owner)
    too_wide = {}
    for name, path in world.screens.items():
        settled(page, path)
        wide = page.evaluate(
            "() => [document.documentElement, document.querySelector('main')]"
            ".some((one) => one.scrollWidth > one.clientWidth)"
        )
        if wide:
            too_wide[name] = width
    assert too_wide == {}


def test_who_wants_less_motion_gets_none(open_page: OpenPage) -> None:
    world = furnished()
    page = open_page(reduced_motion="reduce")
    sign_in(page, world.owner, to=world.screens["overview"])
    expect(page.get_by_role("link", name="Review 3 flags")).to_be_visible()
    longest = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('*')]"
        ".map((one) => parseFloat(getComputedStyle(one).transitionDuration) || 0))"
    )
    assert longest <= 0.001


def test_the_colours_are_the_persons_choice_and_stay(page: Page) -> None:
    builders.user("ann")
    sign_in(page, "ann")
    root = page.locator("html")
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")

    page.get_by_role("button", name="Switch to light").click()
    page.get_by_role("button", name="Switch to dark").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")

    page.reload()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
