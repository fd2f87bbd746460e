import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.fixture
def dist(tmp_path: Path, settings: Settings) -> Path:
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("<!doctype html><title>LabelReview</title>")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/datasets/3/review", "/apiary"])
def test_every_other_path_is_the_front_ends_page(client: Client, dist: Path, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert b"LabelReview" in response.content
    assert response["Cache-Control"] == "no-cache"


def test_a_missing_build_says_what_to_do(client: Client, dist: Path) -> None:
    (dist / "index.html").unlink()
    response = client.get("/")
    assert response.status_code == 503
    assert b"make frontend" in response.content


def test_pages_load_nothing_but_our_own_files_and_cannot_be_framed(client: Client, dist: Path) -> None:
    response = client.get("/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy  # so that default-src holds for scripts: no inline ones
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_the_api_can_be_browsed_without_another_server(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "<script>" not in page
    bundle = client.get("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js")
    assert bundle.status_code == 200
    bundle.close()


def test_the_web_process_does_not_carry_the_detectors_libraries() -> None:
    """They are 60 MB in each of its processes, and nothing that it answers needs them."""
    asked = "import labelreview.wsgi, sys; print({'numpy', 'scipy', 'sklearn'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
