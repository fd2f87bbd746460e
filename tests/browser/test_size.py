"""How much has to travel before the first item can be reviewed."""

from playwright.sync_api import Page, Response

from reviews.models import Role
from tests import builders

from .steps import flagged, on_screen, sign_in

BUDGET = 200_000  # bytes of JavaScript and CSS, as they travel


def test_the_review_page_is_usable_after_200_kb_of_scripts_and_styles(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    (flag,) = flagged(made, "cat")
    sign_in(page, "ann")
    session = page.context.storage_state()
    browser = page.context.browser
    assert browser is not None
    cold = browser.new_context(base_url=page.url, storage_state=session).new_page()
    answers: list[Response] = []
    cold.on("response", lambda answer: answers.append(answer))

    cold.goto(f"/datasets/{made.pk}/review")
    on_screen(cold, flag)

    parts = [one for one in answers if one.request.resource_type in ("script", "stylesheet")]
    assert {one.header_value("content-encoding") for one in parts} <= {"br", "gzip"}
    assert 0 < sum(one.request.sizes()["responseBodySize"] for one in parts) <= BUDGET
    cold.context.close()


def test_an_asset_is_kept_for_ever_and_the_page_is_asked_for_anew(page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/signin")
    page.get_by_label("User name").wait_for()

    kept = {one.url: one.header_value("cache-control") for one in answers if "/assets/" in one.url}
    assert kept
    assert all("immutable" in (header or "") for header in kept.values())
    assert answers[0].header_value("cache-control") == "no-cache"
