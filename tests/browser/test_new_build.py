"""A page that was opened before the server got a newer build."""

from playwright.sync_api import Page, Route, expect

from reviews.models import Role
from tests import builders

from .steps import sign_in


def test_a_screen_whose_file_is_gone_comes_with_a_new_build(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.LEAD, "lea")
    asked: list[str] = []

    def gone_at_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=404)
        else:
            route.continue_()

    page.route("**/assets/VersionsPage-*.js", gone_at_first)
    sign_in(page, "lea", to=f"/datasets/{made.pk}")
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("heading", name="Versions", exact=True)).to_be_visible()
    assert len(asked) == 2


def test_a_screen_whose_file_stays_away_says_so(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.LEAD, "lea")
    page.route("**/assets/VersionsPage-*.js", lambda route: route.fulfill(status=404))
    sign_in(page, "lea", to=f"/datasets/{made.pk}")
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("heading", name="This screen stopped working")).to_be_visible()
