"""The HTTP floor of both simulated servers, on loopback only: threads, keep-alive, a clean stop."""

import json
import logging
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from vectra_freqtrade.simulator.clock import Clock, RealClock

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """One request as a server sees it; header names in lower case, time in seconds UTC."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    time: float
    body: bytes = b""


@dataclass
class Reply:
    """What goes back. `payload` becomes JSON unless `body` or `pieces` is given.

    :param body: raw bytes instead of the payload
    :param pieces: raw bytes written one by one, for slow or broken bodies; Content-Length is then
        `length`, or left out with the connection closed at the end
    :param close: drop the connection after the reply
    :param date: time in the Date header, seconds UTC; None is the server's clock
    """

    payload: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    pieces: Iterable[bytes] | None = None
    length: int | None = None
    close: bool = False
    content_type: str = "application/json"
    date: float | None = None

    def encoded(self) -> bytes:
        if self.body is not None:
            return self.body
        return json.dumps(self.payload, separators=(",", ":")).encode()


class LoopbackServer(ABC):
    """A threaded HTTP server on 127.0.0.1; subclasses answer in `handle`, port 0 is a free one."""

    def __init__(self, clock: Clock | None = None, *, port: int = 0) -> None:
        self.clock: Clock = clock or RealClock()
        self._closing = threading.Event()
        self._http = _HTTPServer(("127.0.0.1", port), self)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """What the server says."""

    def wait(self, seconds: float) -> bool:
        """Wait in real time, as a slow server does; True when it is being closed meanwhile."""
        return self._closing.wait(seconds)

    def answer(self, request: Request) -> Reply:
        """Whatever the subclass says. An error in our code is a plain 500."""
        try:
            return self.handle(request)
        except Exception:  # a fixture must answer, and say loudly that it broke
            logger.exception("simulated server failed on %s", request.path)
            return Reply({"error": "simulated server failed, see its log"}, 500)

    def start(self) -> Self:
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.02},
            name=type(self).__name__,
            daemon=True,
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, drop the open connections and give the port back. Safe to call twice."""
        self._closing.set()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.drop_connections()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _HTTPServer(ThreadingHTTPServer):
    """Remembers its connections: a kept-alive one would otherwise outlive the server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], loopback: LoopbackServer) -> None:
        self.loopback = loopback
        self._open: set[socket.socket] = set()
        self._idle = threading.Condition()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._idle:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._idle:
            self._open.discard(request)
            self._idle.notify_all()

    def drop_connections(self) -> None:
        with self._idle:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the other side was faster
                    logger.debug("connection already gone")
            self._idle.wait_for(lambda: not self._open, timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("client of the simulated server went away", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "simulated"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65536  # header and body leave in one packet
    server: _HTTPServer

    def do_GET(self) -> None:
        loopback = self.server.loopback
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=parts.path,
            params=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            time=loopback.clock.now(),
            body=self.rfile.read(length) if length else b"",
        )
        self._send(loopback.answer(request))

    do_POST = do_PUT = do_DELETE = do_GET

    def _send(self, reply: Reply) -> None:
        self._date = reply.date
        body = None if reply.pieces is not None else reply.encoded()
        length = reply.length if body is None else len(body)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if reply.close or length is None:
            self.send_header("Connection", "close")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in [body] if body is not None else reply.pieces or ():
            self.wfile.write(piece)
            self.wfile.flush()
        if reply.close or length is None:
            self.close_connection = True

    _date: float | None = None

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = self.server.loopback.clock.now() if self._date is None else self._date
        return formatdate(now if timestamp is None else timestamp, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class' name
        logger.debug(format, *args)
