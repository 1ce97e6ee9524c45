"""A program that is told: it checks the signature of what it hears, writes that down before it answers, and can be killed.

Started with a port (0: any), the file to write to, and the status to answer with.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = b"shared"


class Receiver(BaseHTTPRequestHandler):
    """One request at a time."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = hmac.new(SECRET, self.headers["X-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(signed, self.headers["X-Signature"])
        with open(sys.argv[2], "ab") as ledger:
            ledger.write(body + b"\n" if good else b'{"forged": true}\n')
            ledger.flush()
            os.fsync(ledger.fileno())
        if sys.argv[3] == "die":
            os._exit(1)
        self.send_response(int(sys.argv[3]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing."""


server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
