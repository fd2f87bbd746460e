"""A real Chromium in front of the real web server."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from labelreview.local.places import PROJECT

from .chromium import launch

# Playwright's own event loop runs in the thread in which the tests use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PATIENCE_MS = 15_000

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert (PROJECT / "frontend/dist/index.html").exists(), "The front end is not built: run `make frontend`."
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_web: str) -> Iterator[OpenPage]:
    """Opens a window of its own per call, as another person would; a script error in any fails the test."""
    contexts: list[BrowserContext] = []
    failures: list[str] = []

    def opened(*, width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = browser.new_context(
            base_url=live_web, viewport={"width": width, "height": height}, **options
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        contexts.append(context)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not failures


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()
