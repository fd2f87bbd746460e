"""Rows into Postgres by COPY, in its text form: the fastest way in that Python has."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
from django.db import connection

if TYPE_CHECKING:
    from numpy.typing import NDArray

NULL = "\\N"
BLOCK = 1 << 20
STORED = 10_000  # ids held for the blocks to come

_special = re.compile(r"[\\\n\t\r]").search


def text(value: str) -> str:
    """The text with what COPY gives a meaning escaped."""
    if not _special(value):  # most texts have nothing of it, and one search is faster than four
        return value
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def json(value: Any) -> str:
    """The value for a jsonb column; None is SQL's null. JSON has no bare newlines or tabs to escape."""
    return NULL if value is None else orjson.dumps(value).decode().replace("\\", "\\\\")


def arrays(table: str, **columns: "NDArray[Any] | None") -> None:
    """Write rows whose columns are arrays, in COPY's binary form, without a step in Python for each.

    columns : integer array, shape (n_rows,), for a bigint; float array, shape (n_rows, n), for a bytea of
              32-bit little-endian floats; None for null

    The form: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
    """
    # Not before it is needed: the web processes shall not carry NumPy about.
    import numpy as np

    count = next(len(column) for column in columns.values() if column is not None)
    fields: list[tuple[Any, ...]] = [("columns", ">i2")]
    for name, column in columns.items():
        fields.append((f"length of {name}", ">i4"))
        if column is not None:
            fields.append((name, ">i8") if column.ndim == 1 else (name, "<f4", column.shape[1:]))
    rows = np.zeros(count, dtype=fields)
    rows["columns"] = len(columns)
    for name, column in columns.items():
        rows[f"length of {name}"] = -1 if column is None else rows.dtype[name].itemsize
        if column is not None:
            rows[name] = column
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement) as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")


class Copy:
    """Lines that go into one table together."""

    def __init__(self, table: str, *columns: str) -> None:
        self.statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        self.lines: list[str] = []

    def take(self) -> tuple[str, str]:
        """The statement and the lines that were added since the last time, as one text."""
        block = "".join(self.lines)
        self.lines.clear()
        return self.statement, block

    def flush(self) -> None:
        """Write the lines that were added since the last time."""
        if self.lines:
            with connection.cursor() as cursor:
                _copy(cursor, *self.take())


def _copy(cursor: Any, statement: str, block: str) -> None:
    with cursor.copy(statement) as copy:
        copy.write(block)


class Behind:
    """Writes blocks from a thread of its own, so that Postgres works on one while Python makes the next.

    It uses the connection of the thread that made it. Nobody else may use that before `wait`.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._written: Future[None] | None = None
        self._ids: dict[str, deque[int]] = {}

    def ids(self, table: str, count: int) -> list[int]:
        """As many ids as asked for, rising, which no other row of the table will get.

        A store of them is filled up beside the writing of each block.
        """
        store = self._ids.setdefault(table, deque())
        if len(store) < count:
            self.wait()
            with connection.cursor() as cursor:
                store.extend(_next_ids(cursor, table, count + STORED))
        return [store.popleft() for _ in range(count)]

    def write(self, *copies: Copy) -> None:
        """Write the lines of these, in order, when the blocks before are written."""
        self.wait()
        blocks = [copy.take() for copy in copies if copy.lines]
        with connection.cursor() as cursor:  # only to be sure that there is a connection
            self._written = self._thread.submit(self._write, cursor.connection, blocks)

    def wait(self) -> None:
        """Return when everything is written; raises what went wrong with it."""
        written, self._written = self._written, None
        if written is not None:
            written.result()

    def close(self) -> None:
        """Let the thread go when it is done; `wait` still tells what went wrong."""
        self._thread.shutdown()

    def _write(self, connected: psycopg.Connection, blocks: Sequence[tuple[str, str]]) -> None:
        with connected.cursor() as cursor:
            for statement, block in blocks:
                _copy(cursor, statement, block)
            for table, store in self._ids.items():
                store.extend(_next_ids(cursor, table, STORED - len(store)))


class Spool(Copy):
    """Lines that wait, on disk if they are many, for the value of their last column."""

    MEMORY = 8 << 20

    def __init__(self, table: str, *columns: str) -> None:
        super().__init__(table, *columns)
        self._waiting = SpooledTemporaryFile(max_size=self.MEMORY)  # noqa: SIM115 - close() closes it

    def flush(self) -> None:
        """Put the lines aside."""
        self._waiting.write("".join(self.lines).encode())
        self.lines.clear()

    def release(self, last: int) -> None:
        """Write all lines that wait, each with this value in its last column."""
        self.flush()
        self._waiting.seek(0)
        ending = b"\t%d\n" % last
        with connection.cursor() as cursor, cursor.copy(self.statement) as copy:
            while block := self._waiting.read(BLOCK):
                copy.write(block.replace(b"\n", ending))

    def close(self) -> None:
        """Forget the lines."""
        self._waiting.close()


# One row for thousands of ids, where nobody else drew from the sequence meanwhile and they are one range.
NEXT_IDS = """
    SELECT min(id), max(id), CASE WHEN max(id) - min(id) + 1 <> count(*) THEN array_agg(id ORDER BY id) END
    FROM (
        SELECT nextval(name::regclass) AS id
        FROM (SELECT pg_get_serial_sequence(%s, 'id') OFFSET 0) AS sequence (name), generate_series(1, %s)
    ) AS drawn
"""


def _next_ids(cursor: Any, table: str, count: int) -> Iterable[int]:
    if count <= 0:
        return ()
    cursor.execute(NEXT_IDS, [table, count])
    first, last, scattered = cursor.fetchone()
    return scattered or range(first, last + 1)
