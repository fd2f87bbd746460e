"""The load: keep-alive connections that cost so little that the measured server has the cores for itself."""

import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson

BOUNDARY = "labelreview-bench"
PATIENCE = 60.0
KEPT_ALIVE = 10.0  # seconds; the server closes connections that idle for longer than it likes
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


class Refused(Exception):
    """The server answered, but not with success."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A decoded answer, and the seconds from the request's first byte to the answer's last."""

    body: Any
    seconds: float


class Connection:
    """One blocking HTTP/1.1 connection of one user, kept open."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb", buffering=1 << 16)
        self._used_at = time.monotonic()

    def get(self, path: str) -> Timed:
        return self._timed("GET", path)

    def post(self, path: str, body: Any = None) -> Timed:
        return self._timed("POST", path, b"" if body is None else orjson.dumps(body))

    def delete(self, path: str) -> Timed:
        return self._timed("DELETE", path)

    def upload(self, path: str, *, name: str, content: bytes) -> Timed:
        """POST a file as the field `file` of a form."""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        return self._timed("POST", path, body, f"multipart/form-data; boundary={BOUNDARY}")

    def download(self, path: str) -> tuple[bytes, float]:
        """The bytes of a streamed answer, and the seconds that it took."""
        started = time.perf_counter()
        content = self._exchange("GET", path, b"", "")
        return content, time.perf_counter() - started

    def _timed(self, method: str, path: str, body: bytes = b"", mime: str = "application/json") -> Timed:
        started = time.perf_counter()
        content = self._exchange(method, path, body, mime)
        seconds = time.perf_counter() - started
        return Timed(orjson.loads(content) if content else None, seconds)

    def _exchange(self, method: str, path: str, body: bytes, mime: str) -> bytes:
        if time.monotonic() - self._used_at > KEPT_ALIVE:
            self._open()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{self._headers}"
        if body or method == "POST":
            head += f"Content-Type: {mime}\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(head.encode() + b"\r\n" + body)
        status = int(self._answers.readline().split(b" ", 2)[1])
        headers = b"".join(iter(self._answers.readline, b"\r\n"))
        content = self._content(headers)
        self._used_at = time.monotonic()
        if status >= 300:
            raise Refused(f"{method} {path}: {status} {content[:500].decode(errors='replace')}")
        return content

    def _content(self, headers: bytes) -> bytes:
        if length := LENGTH.search(headers):
            return self._answers.read(int(length[1]))
        if b"chunked" not in headers.lower():
            return b""
        return b"".join(iter(self._chunk, b""))

    def _chunk(self) -> bytes:
        content = self._answers.read(int(self._answers.readline(), 16))
        self._answers.readline()
        return content


def in_turn(times: int, *calls: Callable[[int], Timed]) -> list[list[float]]:
    """The seconds of each call, made `times` times in turn, so that all of them meet the same weather."""
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(times):
        for call, seconds in zip(calls, taken, strict=True):
            seconds.append(call(turn).seconds)
    return taken


def crowd(tasks: Sequence[Callable[[], Iterable[float]]]) -> tuple[list[float], float]:
    """All seconds that the tasks yielded, each in a thread of its own, and how long they took together."""
    with ThreadPoolExecutor(len(tasks)) as threads:
        started = time.perf_counter()
        times = [seconds for done in threads.map(lambda task: list(task()), tasks) for seconds in done]
        return times, time.perf_counter() - started
