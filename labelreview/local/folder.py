"""The data folder itself: who may enter it, and the secrets that it keeps."""

import os
import secrets
from pathlib import Path

from labelreview.local.children import CannotStart
from labelreview.local.places import Places


def make(places: Places) -> None:
    """Make the folder so that others pass through it (the database's user may be another) but see nothing."""
    places.data.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not os.access(places.data, os.W_OK | os.X_OK):
        raise CannotStart(f"{places.data} belongs to somebody else. Name another folder in LABELREVIEW_DATA.")
    places.media.mkdir(mode=0o700, exist_ok=True)
    places.logs.mkdir(mode=0o700, exist_ok=True)
    sockets = places.sockets
    sockets.mkdir(mode=0o711, exist_ok=True)
    # It may lie in the shared temp folder, where somebody else could have put a trap in its place.
    if sockets.is_symlink() or sockets.stat().st_uid != os.geteuid():
        raise CannotStart(f"{sockets} belongs to somebody else. Name a shorter path in LABELREVIEW_DATA.")


def make_secret_key(places: Places) -> None:
    """Write this copy's own key once; SECRET_KEY in the environment comes before it."""
    if not places.secret_key.exists():
        _write(places.secret_key, secrets.token_urlsafe(50))


def demo_password(places: Places) -> str:
    """DEMO_PASSWORD, else the one of the first start, which is random and kept for our eyes only."""
    if given := os.environ.get("DEMO_PASSWORD", ""):
        return given
    if not places.demo_password.exists():
        _write(places.demo_password, secrets.token_urlsafe(9))
    return places.demo_password.read_text()


def _write(path: Path, secret: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
