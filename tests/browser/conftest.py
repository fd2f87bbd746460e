"""A real Chromium in front of the real web server."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from labelreview.local.places import PROJECT

# Playwright's own event loop runs in the thread in which the tests use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()
PATIENCE_MS = 15_000

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, else the one that Playwright installed."""
    assert (PROJECT / "frontend/dist/index.html").exists(), "The front end is not built: run `make frontend`."
    found = next(filter(None, map(shutil.which, NAMES)), None)
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=[*QUIET, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_web: str) -> Iterator[OpenPage]:
    """Opens a window of its own per call, as another person would; a script error in any fails the test."""
    contexts: list[BrowserContext] = []
    failures: list[str] = []

    def opened(*, width: int = 1280, height: int = 800, **options: str) -> Page:
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
