import pytest

from labelreview.environment import RedisAddress, django_database, flag, words


@pytest.mark.parametrize(
    ("url", "broker", "results", "cache"),
    [
        ("redis://host:6379", "redis://host:6379/0", "redis://host:6379/1", "redis://host:6379/2"),
        (
            "redis://:pw@host:6379/4",
            "redis://:pw@host:6379/4",
            "redis://:pw@host:6379/5",
            "redis://:pw@host:6379/6",
        ),
        (
            "unix:///data/valkey.sock",
            "redis+socket:///data/valkey.sock?virtual_host=0",
            "redis+socket:///data/valkey.sock?virtual_host=1",
            "unix:///data/valkey.sock?db=2",
        ),
    ],
)
def test_queue_results_and_cache_never_share_a_database(
    url: str, broker: str, results: str, cache: str
) -> None:
    address = RedisAddress(url)
    assert (address.broker, address.results, address.cache) == (broker, results, cache)


def test_a_database_address_may_name_a_host_or_a_socket_folder() -> None:
    remote = django_database("postgresql://app:p%40ss@db:5433/labels?sslmode=require")
    assert (remote["HOST"], remote["PORT"], remote["USER"], remote["PASSWORD"], remote["NAME"]) == (
        "db", "5433", "app", "p@ss", "labels",
    )  # fmt: skip
    assert remote["OPTIONS"] == {"sslmode": "require"}
    assert django_database("postgresql://app@/labels?host=%2Frun%2Fpg")["HOST"] == "/run/pg"


def test_a_variable_set_to_nothing_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "")
    monkeypatch.setenv("ALLOWED_HOSTS", " ")
    assert flag("DEBUG", default=True)
    assert words("ALLOWED_HOSTS", "a, b") == ["a", "b"]
