"""Connections out of the web process's pool."""

import pytest
from django.db import connection, connections

from labelreview.postgres.base import DatabaseWrapper


@pytest.fixture
def pooled(transactional_db):
    """A wrapper of its own over a pool of one connection to the test database."""
    settings = connection.settings_dict
    pool = {"pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    wrapper = DatabaseWrapper(settings | {"OPTIONS": settings["OPTIONS"] | pool}, alias="default")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def backend_of(wrapper):
    """The number of the server's process that answers."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_connection_that_the_server_closed_is_not_lent_again(pooled):
    before = backend_of(pooled)
    pooled.close()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
        assert cursor.fetchone() == (True,)

    assert backend_of(pooled) != before


def test_a_connection_that_lives_is_lent_again_without_a_question(pooled):
    before = backend_of(pooled)
    pooled.close()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [before])
        last = cursor.fetchone()
        pooled.ensure_connection()
        cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [before])
        assert cursor.fetchone() == last

    assert backend_of(pooled) == before
