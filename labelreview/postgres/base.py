"""The backend itself: `django.db.backends.postgresql`, but for one thing.

No request shall pay for a database that was restarted, so a connection out of the pool has to be tried first.
The pool's own way is to ask the server, one more exchange for every request. A server that went away has said
so, though: its goodbye waits in the socket, and looking there asks nobody.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_gone(connection):
            connection.close()
            self.pool.putconn(connection)  # which puts a new one in its place
            connection = super().get_new_connection(conn_params)
        return connection


def _has_gone(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has closed an idle connection. Notices that wait there, too, are read."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    try:
        while poll.poll(0):
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False
