"""An ERP's web interface on loopback: documents put under a name, a collection to poll; it records what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Reply = tuple[int, Mapping[str, str], bytes]


@dataclass(slots=True)
class Erp:
    """`files` lie there in either direction; `answer` may answer first, and gives None for what the ERP itself answers."""

    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    """Idempotency key to name."""
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Reply | None] = lambda asked: None
    port: int = 0
    _version: int = 0

    def put(self, name: str, payload: bytes) -> None:
        self._version += 1
        self.files[name] = (self._version, payload)

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        given = self.answer(asked)
        if given is not None:
            return given
        path = asked.path.partition("?")[0]
        parts = path.strip("/").split("/")
        match asked.method, parts:
            case "PUT", ["docs", name]:
                return self._taken(name, asked)
            case "GET", ["identities", identity]:
                return (200 if identity in self.identities else 404), {}, b""
            case "GET", ["out"]:
                items = [{"id": name, "v": version} for name, (version, _) in self.files.items()]
                return 200, {"Content-Type": "application/json"}, json.dumps({"items": items}).encode()
            case "GET" | "DELETE", ["out", name, version]:
                return self._item(asked.method, name, version)
            case "OPTIONS", _:
                return 204, {}, b""
        return 404, {}, b""

    def _taken(self, name: str, asked: Asked) -> Reply:
        if name in self.files and self.files[name][1] != asked.body:
            return 409, {}, b'{"title": "the name is taken"}'
        if name not in self.files:
            self.put(name, asked.body)
        self.identities[asked.headers.get("idempotency-key", "")] = name
        return 201, {"Location": f"/docs/{name}"}, b'{"ok": true}'

    def _item(self, method: str, name: str, version: str) -> Reply:
        there = self.files.get(name)
        if there is None or str(there[0]) != version:
            return 404, {}, b""
        if method == "DELETE":
            del self.files[name]
            return 204, {}, b""
        return 200, {"Content-Type": "application/octet-stream"}, there[1]


@contextmanager
def erp(tls: ssl.SSLContext | None = None) -> Iterator[Erp]:
    """An ERP for the time of the block."""
    made = Erp()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if len(body) < int(self.headers.get("Content-Length", "0")):
                self.close_connection = True
                return
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, given, content = made.reply(Asked(self.command, self.path, headers, body))
            self.send_response(status)
            for key, value in given.items():
                self.send_header(key, value)
            if status not in {204, 304}:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if status not in {204, 304} else b"")

        do_GET = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_PATCH = _any  # noqa: N815 -- the names http.server looks for

        def log_message(self, *words: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
