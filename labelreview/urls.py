"""Everything that the web server answers."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from labelreview.errors import unknown_path
from labelreview.frontend import page
from labelreview.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # The split view keeps its script in a file: the content security policy refuses inline ones.
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/", include("reviews.api.urls")),
    path("api/", include("detection.api")),
    re_path(r"^(?:api|static|assets)(?:/|$)", unknown_path),
    re_path(r"^", page, name="frontend"),
]

handler400 = "labelreview.errors.bad_request"
handler404 = "labelreview.errors.unknown_path"
handler500 = "labelreview.errors.server_error"
