"""What a person does on the screens, in one line each."""

from django.contrib.auth.models import Permission, User
from playwright.sync_api import Locator, Page, expect

from reviews.models import Dataset, Flag
from tests import builders


def creator(name: str) -> User:
    """A user who may create datasets."""
    made = builders.user(name)
    made.user_permissions.add(Permission.objects.get(codename="add_dataset"))
    return made


def sign_in(page: Page, name: str, *, to: str = "/") -> None:
    page.goto(to)
    page.get_by_label("User name").fill(name)
    page.get_by_role("textbox", name="Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in to LabelReview")).to_be_hidden()


def flagged(made: Dataset, *labels: str) -> list[Flag]:
    """One open flag per label, in the order in which the queue gives them."""
    items = builders.items(made, *labels)
    return [builders.flag(item, score=0.9 - i / 100, priority=0.9 - i / 100) for i, item in enumerate(items)]


def review(page: Page, made: Dataset, name: str) -> None:
    """Sign in and stand before the first item of the queue."""
    sign_in(page, name, to=f"/datasets/{made.pk}/review")
    expect(page.get_by_role("toolbar", name="Answers")).to_be_visible()


def on_screen(page: Page, flag: Flag) -> None:
    expect(item(page, flag)).to_be_visible()


def item(page: Page, flag: Flag) -> Locator:
    return page.get_by_role("region", name=f"Item {flag.item.external_id}", exact=True)


def state_becomes(flag: Flag, state: str, page: Page) -> None:
    """Wait until the server has the answer that the screen gave at once."""
    for _ in range(100):
        flag.refresh_from_db()
        if flag.state == state:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"The flag is {flag.state}, not {state}.")
