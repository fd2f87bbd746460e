"""Everything that the web server answers."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from labelreview.errors import unknown_path
from labelreview.frontend import page
from labelreview.health import healthz


def _exists(name: str) -> bool:  # while the apps are being built
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # The split view keeps its script in a file: the content security policy refuses inline ones.
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    *[path("api/", include(name)) for name in ("reviews.api.urls", "detection.api") if _exists(name)],
    re_path(r"^(?:api|static|assets)(?:/|$)", unknown_path),
    re_path(r"^", page, name="frontend"),
]

handler400 = "labelreview.errors.bad_request"
handler404 = "labelreview.errors.unknown_path"
handler500 = "labelreview.errors.server_error"
