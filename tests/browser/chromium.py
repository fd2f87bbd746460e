"""The Chromium that this machine has."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright) -> Browser:
    """The machine's own, else the one that Playwright installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    # Chromium's sandbox refuses to run as root.
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    return playwright.chromium.launch(executable_path=found, args=[*QUIET, *sandbox])
