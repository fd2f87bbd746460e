"""The built front end's page, for every path that nothing else answers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

MISSING = "The front end is not built yet: run `make frontend`. The API is described at /api/docs/."


def page(request: HttpRequest) -> HttpResponse:
    """index.html, asked for anew each time so that a new release's assets are found at once."""
    try:
        response = HttpResponse((settings.FRONTEND_DIST / "index.html").read_bytes())
    except FileNotFoundError:
        response = HttpResponse(MISSING, status=503, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response
