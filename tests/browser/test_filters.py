"""Lists and their filters, which live in the address."""

import re

from playwright.sync_api import Page, expect

from reviews.models import Role
from tests import builders

from .steps import flagged, on_screen, sign_in


def test_a_cell_of_the_confusion_leads_to_its_flags_and_a_flag_to_its_review(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    cats = flagged(made, "cat", "cat")
    (owl,) = flagged(made, "owl")
    sign_in(page, "ann", to=f"/datasets/{made.pk}")

    page.get_by_role("link", name="2 given cat, suggested dog").click()
    expect(page).to_have_url(re.compile(r"/flags\?given=cat&suggested=dog$"))
    expect(page.get_by_text(cats[0].item.external_id, exact=True)).to_be_visible()
    expect(page.get_by_text(owl.item.external_id, exact=True)).to_be_hidden()

    page.reload()
    expect(page.get_by_label("Given label")).to_have_value("cat")
    page.get_by_label("Given label").select_option("owl")
    expect(page.get_by_text(cats[0].item.external_id, exact=True)).to_be_hidden()

    page.get_by_text(owl.item.external_id, exact=True).click()
    on_screen(page, owl)


def test_a_search_without_a_match_says_so_and_can_be_taken_back(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    (flag,) = flagged(made, "cat")
    sign_in(page, "ann", to=f"/datasets/{made.pk}/flags")

    page.get_by_label("Search items").fill("zebra crossing")
    expect(page.get_by_text("No flag matches")).to_be_visible()
    expect(page).to_have_url(re.compile("search=zebra"))
    page.get_by_role("button", name="Clear").click()

    expect(page.get_by_text(flag.item.external_id, exact=True)).to_be_visible()
    expect(page.get_by_label("Search items")).to_have_value("")


def test_what_one_may_not_see_does_not_exist(page: Page) -> None:
    made = builders.dataset()
    builders.user("stranger")

    sign_in(page, "stranger", to=f"/datasets/{made.pk}")
    expect(page.get_by_text("There is nothing at this address")).to_be_visible()

    page.get_by_role("link", name="To the datasets").click()
    expect(page.get_by_text("No datasets yet")).to_be_visible()


def test_signing_out_leaves_nothing_of_it_on_the_screen(page: Page) -> None:
    made = builders.dataset(name="Secret animals")
    builders.member(made, Role.ANNOTATOR, "ann")
    builders.user("other")
    sign_in(page, "ann")
    expect(page.get_by_text("Secret animals")).to_be_visible()

    page.get_by_role("button", name="ann").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to LabelReview")).to_be_visible()
    sign_in(page, "other")

    expect(page.get_by_text("No datasets yet")).to_be_visible()
    expect(page.get_by_text("Secret animals")).to_be_hidden()
