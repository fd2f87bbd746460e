"""The review page in a real Chromium with nothing cached: what it loads, and how soon one can answer."""

import statistics
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bench import datasets, people
from bench.browser import program
from bench.figures import Row
from bench.subject import Subject

TIMES = 5
# The item is on the screen, and its first answer can be given.
USABLE = "() => document.querySelector('[data-action=keep]:not([disabled])') && performance.now()"
# Compressed, as they came over the wire.
LOADED = """
    () => performance.getEntriesByType("resource")
        .filter(({ name }) => /\\.(js|css)$/.test(new URL(name).pathname))
        .reduce((bytes, { encodedBodySize }) => bytes + encodedBodySize, 0)
"""


def measure(subject: Subject) -> list[Row]:
    # One sitting for each visit, made beforehand: beside Playwright's event loop Django refuses its database.
    users = datasets.annotators(subject.dataset, 1 + TIMES)
    sittings = [people.session_cookies(user) for user in users]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        visits = [_visit(browser, subject, cookies) for cookies in sittings][1:]
        browser.close()
    seconds, kilobytes = statistics.median(time for time, _ in visits), visits[0][1] / 1000
    return [
        Row("review page: JS + CSS, compressed", f"{kilobytes:.0f} kB").at_most(kilobytes, 200, " kB"),
        Row("review page: cold to usable", f"{seconds:.2f} s").at_most(seconds, 0.5, " s"),
    ]


def _visit(browser: Browser, subject: Subject, sitting: dict[str, str]) -> tuple[float, int]:
    """Seconds until one can answer, and the bytes of code and style, in a browser that was never here."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        return _open(context, subject, sitting)
    finally:
        context.close()


def _open(context: BrowserContext, subject: Subject, sitting: dict[str, str]) -> tuple[float, int]:
    url = f"http://127.0.0.1:{subject.stage.port}"
    cookies: list[Any] = [{"name": name, "value": value, "url": url} for name, value in sitting.items()]
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{url}/datasets/{subject.dataset}/review", wait_until="commit")
    milliseconds = page.wait_for_function(USABLE, polling="raf").json_value()
    page.wait_for_load_state("networkidle")
    return milliseconds / 1000, page.evaluate(LOADED)
