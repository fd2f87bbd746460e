"""Whatever a client sends, the answer is never that the server broke."""

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from .contract import Client, schema

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["\0", "a\0b", "٣", "²", "1e5", "true", "null", "../..", "'; DROP TABLE x; --", "%", "\\", "\ud7ff"]
    ),
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**40, 1e308]))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
FEW = hypothesis(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)

BODIES = [
    (method, path)
    for path, methods in sorted(schema()["paths"].items())
    for method, operation in methods.items()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]
LISTS = [
    (path, [parameter["name"] for parameter in methods["get"]["parameters"] if parameter["in"] == "query"])
    for path, methods in sorted(schema()["paths"].items())
    if any(parameter["in"] == "query" for parameter in methods.get("get", {}).get("parameters", ()))
    and path != "/api/schema/"
]


def fields(method, path):
    """The names that the endpoint's body may have."""
    content = schema()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    component = content["$ref"].rpartition("/")[2]
    return sorted(schema()["components"]["schemas"][component]["properties"])


def address(scene, path):
    ids = {"dataset": scene.dataset.pk, "flag": scene.flag.pk, "item": scene.items[0].pk}
    return path.format_map({"user": 1, "job": 1, "run": 1, "correction": 1, "version": 1} | ids)


def send(client, method, at, body):
    try:
        response = getattr(client, method)(at, body)
    except (ValueError, UnicodeEncodeError):  # the test's own client could not write that as JSON
        return
    assert response.status_code < 500


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_no_body_breaks_the_server(scene, method, path):
    at, client, names = address(scene, path), scene.owner, fields(method, path)

    @FEW
    @given(st.one_of(JSON, st.dictionaries(st.sampled_from(names), JSON, max_size=len(names))))
    def fuzz(body):
        send(client, method, at, body)

    fuzz()


GOOD = {
    "/api/flags/{flag}/decide/": {
        "action": "correct",
        "value": "dog",
        "seen_version": 1,
        "reason": "x",
        "rule": "1",
    },
    "/api/datasets/{dataset}/flags/decide/": {"action": "keep", "filter": {"state": "open"}},
    "/api/items/{item}/flags/": {"reason": "x", "suggested": "dog"},
    "/api/datasets/{dataset}/queue/": {"queue": "priority", "size": 2},
    "/api/datasets/{dataset}/versions/": {"tag": "x", "note": "y"},
    "/api/flags/{flag}/comments/": {"text": "x", "rule": "1"},
}


@pytest.mark.parametrize("path", GOOD)
def test_no_single_field_breaks_the_server(scene, path):
    at, client = address(scene, path), scene.owner

    @FEW
    @given(st.sampled_from(sorted(GOOD[path])), JSON)
    def fuzz(name, value):
        send(client, "post", at, GOOD[path] | {name: value})

    fuzz()


@pytest.mark.parametrize(("path", "names"), LISTS)
def test_no_query_breaks_the_server(scene, path, names):
    at, client = address(scene, path), scene.owner

    @FEW
    @given(st.dictionaries(st.sampled_from(names), TEXTS, max_size=3))
    def fuzz(query):
        send(client, "get", at, query)

    fuzz()


@pytest.mark.parametrize(
    "id", ["0", "-1", "1.0", "x", "99999999999999999999999", "999999999999999999", "%00", "1%20", "٣"]
)
@pytest.mark.parametrize(
    "path", ["datasets/{}/", "datasets/{}/flags/", "flags/{}/", "items/{}/image/", "versions/{}/diff/"]
)
def test_an_id_that_is_none_is_not_found(scene, path, id):
    assert scene.owner.get(f"/api/{path.format(id)}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[",
        b"\xff\xfe",
        b'"\\ud800"',
        b"NaN",
        b'{"seen_version": 1e999}',
        b"[" * 5000,
        b'{"a":' * 5000,
        b"\0",
    ],
)
def test_what_is_no_json_is_refused(scene, body):
    answer = scene.owner.generic("POST", f"{scene.flag_at}/decide/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) in [(400, "parse_error"), (400, "invalid")]


def test_a_body_that_is_too_large_is_refused(scene):
    body = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = scene.owner.generic("POST", f"{scene.flag_at}/decide/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("token", ["", "x", "é", "a b", "x" * 10_000, "\0", "0" * 64])
def test_a_token_that_is_none_lets_nobody_in(scene, token):
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get(f"{scene.at}/").status_code == 401
