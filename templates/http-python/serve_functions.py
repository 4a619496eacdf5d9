"""Serves GET /croupier/manifest.json, which tells which functions there are, and POST /functions/<id> for each."""

import json
import socket
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Protocol

from function_error import FunctionError

MAX_BODY_BYTES = 1024 * 1024


class Call(Protocol):
    """What a function may know about its call. Both methods raise CallerGone when nobody waits any more."""

    def progress(self, percent: float, message: str = "") -> None:
        """Reports how far a job is, 0 to 100."""

    def log(self, message: str) -> None:
        """Reports a line of text about a job."""


class CallerGone(Exception):
    """The caller went away, or the job was cancelled."""


@dataclass(frozen=True)
class GameFunction:
    """A function as the manifest tells about it, and what it does with a payload: any JSON, None where there is none."""

    id: str
    version: str
    summary: str
    run: Callable[[Any, Call], Any]
    tags: list[str] = field(default_factory=list)
    risk: str = "low"
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None

    def describe(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "summary": self.summary,
            "tags": self.tags,
            "risk": self.risk,
            "http": f"POST /functions/{self.id}",
        }
        if self.input_schema is not None:
            told["request"] = {"json_schema": self.input_schema}
        if self.output_schema is not None:
            told["response"] = {"json_schema": self.output_schema}
        return told


class FunctionServer(ThreadingHTTPServer):
    """A thread for each connection. Leaving its `with` block, after shutdown(), waits for the calls under way."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], functions: Iterable[GameFunction]) -> None:
        self.functions = {f"/functions/{one.id}": one for one in functions}
        self.is_closing = False
        self._lock = threading.Lock()
        self._idle: set[socket.socket] = set()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks DNS for the name of the host as well, which can take seconds and is of no use here.
        TCPServer.server_bind(self)

    def waits(self, connection: socket.socket) -> None:
        """The connection waits for a request from now on."""
        with self._lock:
            self._idle.add(connection)
            if self.is_closing:
                stop_reading(connection)

    def works(self, connection: socket.socket) -> None:
        """The connection has a request, or has ended."""
        with self._lock:
            self._idle.discard(connection)

    def server_close(self) -> None:
        with self._lock:
            self.is_closing = True
            for connection in self._idle:
                stop_reading(connection)
        super().server_close()


def stop_reading(connection: socket.socket) -> None:
    """What has arrived can still be read; then the connection seems to have ended."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # It has ended by itself.


class Handler(BaseHTTPRequestHandler):
    server: FunctionServer
    protocol_version = "HTTP/1.1"
    # Small answers go out at once.
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        self.server.waits(self.connection)
        try:
            super().handle_one_request()
        finally:
            self.server.works(self.connection)

    def parse_request(self) -> bool:
        self.server.works(self.connection)
        return super().parse_request()

    def do_GET(self) -> None:
        if self.path == "/croupier/manifest.json":
            told = [one.describe() for one in self.server.functions.values()]
            self.answer(200, {"functions": told})
        elif self.path in self.server.functions:
            self.answer(405, {"error": "functions are called by POST"})
        else:
            self.answer(404, {"error": f"there is nothing at {self.path}"})

    def do_POST(self) -> None:
        job = JobStream(self)
        try:
            payload = self.read_json()
            called = self.server.functions.get(self.path)
            if called is None:
                raise FunctionError(404, f"there is nothing at {self.path}")
            result = called.run(payload, job)
            if job.began:
                job.end({"type": "done", "progress": 100, "payload": result})
            else:
                self.answer(200, result)
        except (CallerGone, ConnectionError):
            self.close_connection = True
        except Exception as error:
            status, message = describe(error)
            if job.began:
                job.end({"type": "error", "message": message})
            else:
                self.answer(status, {"error": message})

    def read_json(self) -> Any:
        """What callers sent. A body that is not read has to go with its connection."""
        try:
            length = int(self.headers.get("content-length", "0"))
        except ValueError:
            length = -1
        if "transfer-encoding" in self.headers or length < 0:
            self.close_connection = True
            raise FunctionError(411, "the body needs a content-length")
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            raise FunctionError(413, f"the body has more than {MAX_BODY_BYTES} bytes")
        if length == 0:
            return None
        try:
            return json.loads(self.rfile.read(length))
        except ValueError:
            raise FunctionError(400, "the body is not JSON") from None

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if self.close_connection or self.server.is_closing:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """One line for each call is too much for a game server."""


class JobStream:
    """The events of a job, one JSON object a line, for callers that accept that; silent for the others."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._streams = "application/x-ndjson" in handler.headers.get("accept", "")
        self.began = False

    def progress(self, percent: float, message: str = "") -> None:
        self._send({"type": "progress", "progress": round(percent), "message": message})

    def log(self, message: str) -> None:
        self._send({"type": "log", "message": message})

    def end(self, event: dict[str, Any]) -> None:
        self._send(event)
        self._handler.wfile.write(b"0\r\n\r\n")

    def _send(self, event: dict[str, Any]) -> None:
        if has_ended(self._handler.connection):
            raise CallerGone
        if not self._streams:
            return
        if not self.began:
            self.began = True
            self._handler.send_response(200)
            self._handler.send_header("content-type", "application/x-ndjson")
            self._handler.send_header("transfer-encoding", "chunked")
            self._handler.end_headers()
        line = json.dumps(event).encode() + b"\n"
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side has closed its end. A further request that waits to be read is none of our business yet."""
    connection.settimeout(0)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(None)


def describe(error: Exception) -> tuple[int, str]:
    """What callers are told. A bug's message is for the log only."""
    if isinstance(error, FunctionError):
        return error.status, error.message
    traceback.print_exception(error)
    return 500, "internal error"
