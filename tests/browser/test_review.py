"""The review screen under a person's hands."""

import re

from playwright.sync_api import Page, Route, expect

from reviews import workflow
from reviews.models import Action, Comment, Correction, Role, SignoffPolicy
from tests import builders

from .conftest import OpenPage
from .steps import flagged, on_screen, review, sign_in, state_becomes


def test_an_answer_is_one_key_and_the_next_item_is_there_before_the_server_has_answered(page: Page) -> None:
    made = builders.dataset(policy=SignoffPolicy.SECOND_REVIEWER)
    builders.member(made, Role.ANNOTATOR, "ann")
    first, second = flagged(made, "cat", "cat")
    review(page, made, "ann")
    on_screen(page, first)

    page.route("**/decide/", late)
    page.keyboard.press("q")
    expect(page.get_by_role("region", name=f"Item {second.item.external_id}")).to_be_visible(timeout=500)

    state_becomes(first, "kept", page)


def late(route: Route) -> None:
    route.request.frame.page.wait_for_timeout(800)
    route.continue_()


def test_every_answer_has_its_key(page: Page) -> None:
    made = builders.dataset(policy=SignoffPolicy.SECOND_REVIEWER)
    builders.member(made, Role.ANNOTATOR, "ann")
    flags = flagged(made, *["cat"] * 6)
    review(page, made, "ann")

    for flag, key in zip(flags, "qwaxn3", strict=True):
        on_screen(page, flag)
        page.keyboard.press(key)

    states = ["kept", "proposed", "proposed", "proposed", "escalated", "proposed"]
    for flag, state in zip(flags, states, strict=True):
        state_becomes(flag, state, page)
    values = Correction.objects.order_by("flag").values_list("decision__action", "value", "status")
    assert list(values) == [
        ("correct", "dog", "labelled"),
        ("ambiguous", "cat", "ambiguous"),
        ("exclude", "cat", "excluded"),
        ("correct", "owl", "labelled"),
    ]
    expect(page.get_by_text("Nothing is waiting in this queue")).to_be_visible()


def test_any_class_is_found_by_typing_its_name(page: Page) -> None:
    made = builders.dataset(classes=("cat", "dog", *(f"bird {n}" for n in range(40))))
    builders.member(made, Role.ANNOTATOR, "ann")
    (flag,) = flagged(made, "cat")
    review(page, made, "ann")
    on_screen(page, flag)

    page.keyboard.press("e")
    page.get_by_role("combobox", name="Narrow the classes").fill("bird 27")
    page.keyboard.press("Enter")

    state_becomes(flag, "applied", page)
    flag.item.refresh_from_db()
    assert flag.item.current_revision is not None
    assert flag.item.current_revision.value == "bird 27"


def test_undo_brings_the_item_back_as_it_was(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    first, second = flagged(made, "cat", "cat")
    review(page, made, "ann")
    on_screen(page, first)

    page.keyboard.press("w")
    on_screen(page, second)
    page.keyboard.press("z")

    on_screen(page, first)
    state_becomes(first, "open", page)
    first.item.refresh_from_db()
    assert first.item.current_revision is not None
    assert first.item.current_revision.value == "cat"
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_who_comes_second_is_told_so_and_keeps_the_text_they_wrote(page: Page) -> None:
    made = builders.dataset(policy=SignoffPolicy.SECOND_REVIEWER)
    builders.member(made, Role.ANNOTATOR, "ann")
    bo = builders.member(made, Role.LEAD, "bo")
    first, second = flagged(made, "cat", "cat")
    review(page, made, "ann")
    on_screen(page, first)

    workflow.decide(flag=first, member=bo, answer=workflow.Answer(Action.KEEP), seen_version=first.version)
    page.keyboard.press("c")
    page.keyboard.type("Its ears are a dog's.")
    page.keyboard.press("Escape")
    page.keyboard.press("w")

    dialog = page.get_by_role("dialog", name=f"{first.item.external_id} has changed meanwhile")
    expect(dialog).to_contain_text("Its ears are a dog's.")
    dialog.get_by_role("button", name="Look at it again").click()
    on_screen(page, first)
    expect(page.get_by_label("Note or comment")).to_have_value("Its ears are a dog's.")
    expect(page.get_by_text("Kept", exact=True)).to_be_visible()
    expect(page.get_by_text("bo kept the label")).to_be_visible()
    first.refresh_from_db()
    assert first.state == "kept"

    page.get_by_role("button", name="Post now").click()
    expect(page.get_by_label("Note or comment")).to_have_value("")
    assert Comment.objects.get().text == "Its ears are a dog's."
    assert second.state == "open"


def test_an_answer_that_could_not_be_sent_is_offered_again(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    first, second = flagged(made, "cat", "cat")
    # From the start: a request in the moment in which interception begins may slip through it.
    page.route("**/decide/", lambda route: route.abort())
    review(page, made, "ann")
    on_screen(page, first)

    page.keyboard.press("q")
    notice = page.get_by_role("alert").filter(has_text="Not saved")
    expect(notice).to_contain_text("The server cannot be reached.")

    page.unroute("**/decide/")
    notice.get_by_role("button", name="Send again").click()
    state_becomes(first, "kept", page)
    on_screen(page, second)


def test_a_returned_correction_comes_back_to_its_author_with_the_reason(open_page: OpenPage) -> None:
    made = builders.dataset(policy=SignoffPolicy.EXPERT)
    builders.member(made, Role.ANNOTATOR, "ann")
    builders.member(made, Role.EXPERT, "eva")
    (flag,) = flagged(made, "cat")
    ann = open_page()
    review(ann, made, "ann")
    on_screen(ann, flag)
    ann.keyboard.press("w")
    state_becomes(flag, "proposed", ann)

    eva = open_page()
    sign_in(eva, "eva", to=f"/datasets/{made.pk}/signoff")
    eva.get_by_label(f"Choose {flag.item.external_id}").check()
    eva.get_by_role("button", name="Return…").click()
    eva.get_by_label("Reason, for the author").fill("The tail decides: look at rule 2.")
    eva.get_by_role("textbox", name="Password").fill("not the password")
    eva.get_by_role("button", name="Sign and return").click()
    expect(eva.get_by_role("alert")).to_be_visible()
    eva.get_by_role("textbox", name="Password").fill(builders.PASSWORD)
    eva.get_by_role("button", name="Sign and return").click()
    state_becomes(flag, "returned", eva)

    ann.reload()
    on_screen(ann, flag)
    expect(ann.get_by_text("Sent back for another look")).to_be_visible()
    expect(ann.get_by_text("eva: The tail decides: look at rule 2.")).to_be_visible()


def test_the_whole_screen_is_reached_by_the_keyboard_alone(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    first, second = flagged(made, "cat", "cat")

    page.goto(f"/datasets/{made.pk}")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(builders.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=made.name)).to_be_visible()

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Review 2 flags")).to_be_focused()
    page.keyboard.press("Enter")

    on_screen(page, first)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Take suggestion")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    on_screen(page, second)
    page.keyboard.press("k")
    on_screen(page, first)
    page.keyboard.down("h")
    expect(page.get_by_text("Suggested", exact=True)).to_be_hidden()
    page.keyboard.up("h")
    expect(page.get_by_text("Suggested", exact=True)).to_be_visible()
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Guideline")).to_contain_text("owl")


def test_a_key_held_down_answers_one_item_only(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    first, second, _ = flagged(made, "cat", "cat", "cat")
    review(page, made, "ann")
    on_screen(page, first)

    for _ in range(4):
        page.keyboard.down("q")
    page.keyboard.up("q")

    on_screen(page, second)
    state_becomes(first, "kept", page)
    expect(page.get_by_text(re.compile("^1 answered"))).to_be_visible()


def test_letters_typed_into_a_note_are_no_answers(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    (flag,) = flagged(made, "cat")
    review(page, made, "ann")
    on_screen(page, flag)

    page.get_by_label("Note or comment").fill("quite a wax nose")
    page.get_by_label("Note or comment").press_sequentially("qwaxn123")

    on_screen(page, flag)
    flag.refresh_from_db()
    assert flag.state == "open"


def test_a_key_is_the_persons_to_change(page: Page) -> None:
    made = builders.dataset()
    builders.member(made, Role.ANNOTATOR, "ann")
    first, second = flagged(made, "cat", "cat")
    review(page, made, "ann")
    on_screen(page, first)

    page.keyboard.press("?")
    page.get_by_role("button", name="Change the key of Keep, now Q").click()
    page.keyboard.press("w")
    expect(page.get_by_text("W is the key of “Take suggestion”.")).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    page.reload()
    on_screen(page, first)

    expect(page.get_by_role("button", name="P Keep")).to_be_visible()
    page.keyboard.press("q")
    on_screen(page, first)
    page.keyboard.press("p")
    on_screen(page, second)
    state_becomes(first, "kept", page)
