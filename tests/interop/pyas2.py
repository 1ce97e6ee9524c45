"""django-pyas2, run from its published package: its own server and commands in an environment of its own, told by a fixture what it knows."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from tests.interop.cases import Case
from tests.interop.house import identity, key_pem, wait_for
from tests.servers.packages import CHECKOUT, Missing
from tests.servers.process import Process, scratch

PYTHON = CHECKOUT / ".cache" / "peers" / "pyas2" / "bin" / "python"

SETTINGS = """\
SECRET_KEY = "of the tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "pyas2"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{folder}/db.sqlite3", "OPTIONS": {{"timeout": 20}}}}}}
MEDIA_ROOT = "{folder}/media"
ROOT_URLCONF = "peer_urls"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = None
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PYAS2 = {{"MDN_URL": "http://127.0.0.1:{port}/pyas2/as2receive"}}
"""
URLS = """\
from django.urls import include, path

urlpatterns = [path("pyas2/", include("pyas2.urls"))]
"""
CIPHERS = {"3DES": "tripledes_192_cbc", "AES128": "aes_128_cbc", "AES192": "aes_192_cbc", "AES256": "aes_256_cbc"}


class PyAs2:
    """A running django-pyas2 that knows a partner of ours for every case."""

    def __init__(self, cases: Sequence[Case], ports: Mapping[str, int]) -> None:
        if not (PYTHON.parent.parent / "installed").exists():
            raise Missing("django-pyas2 is not installed below .cache/peers; tools/as2_peers.sh fetches it")
        self.folder = scratch("pyas2")
        self.port, self._ports = ports["peer"], ports
        (self.folder / "peer_settings.py").write_text(SETTINGS.format(folder=self.folder, port=self.port))
        (self.folder / "peer_urls.py").write_text(URLS)
        (self.folder / "known.json").write_text(json.dumps(self._known(cases)))
        (self.folder / "media" / "out").mkdir(parents=True)
        self._environment = {"DJANGO_SETTINGS_MODULE": "peer_settings", "PYTHONPATH": str(self.folder), "PYTHONWARNINGS": "ignore"}
        self.run("migrate", "--verbosity", "0")
        self.run("loaddata", "--verbosity", "0", "known.json")
        command = [str(PYTHON), "-m", "django", "runserver", "--noreload", f"127.0.0.1:{self.port}"]
        self._process = Process(command, self.folder, self._environment, as_ourselves=True)

    def url(self, case: Case) -> str:
        return f"http://127.0.0.1:{self.port}/pyas2/as2receive"

    def place(self, text: str) -> str:
        """The text with ports in place of their names."""
        for name, value in {**self._ports, "mdn": self.port}.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def _known(self, cases: Sequence[Case]) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for name in sorted({one for case in cases for one in (case.ours[0], case.theirs[0])}):
            found = identity(name)
            both = base64.b64encode(key_pem(found.key) + found.certificate.pem()).decode()
            alone = base64.b64encode(found.certificate.pem()).decode()
            rows.append({"model": "pyas2.privatekey", "pk": len(rows) + 1, "fields": {"name": name, "key": both, "key_pass": ""}})
            fields = {"name": name, "certificate": alone, "verify_cert": False}
            rows.append({"model": "pyas2.publiccertificate", "pk": len(rows) + 1, "fields": fields})
        numbers = {(str(row["model"]), str(row["fields"]["name"])): row["pk"] for row in rows}  # type: ignore[index]  # dictionaries as made above
        for case in cases:
            key = numbers["pyas2.privatekey", case.theirs[0]]
            known = numbers["pyas2.publiccertificate", case.ours[0]]
            fields = {"name": case.key, "encryption_key": key, "signature_key": key}
            rows.append({"model": "pyas2.organization", "pk": case.them, "fields": fields})
            rows.append(
                {
                    "model": "pyas2.partner",
                    "pk": case.us,
                    "fields": {**self._partner(case), "encryption_cert": known, "signature_cert": known},
                }
            )
        return rows

    def _partner(self, case: Case) -> dict[str, object]:
        asked = case.peer
        signed = asked["as2_mdn_options"] != "none"
        return {
            "name": case.key,
            "target_url": f"http://127.0.0.1:{self._ports['us']}/as2",
            "content_type": "application/EDIFACT",
            "compress": "compression_type" in asked,
            "encryption": CIPHERS[asked["encrypt"]] if "encrypt" in asked else None,
            "signature": asked["sign"].lower() if "sign" in asked else None,
            "mdn": case.asks_receipt,
            "mdn_mode": ("ASYNC" if "as2_receipt_option" in asked else "SYNC") if case.asks_receipt else None,
            "mdn_sign": (asked.get("sign", "sha256").lower() if signed else None),
            "keep_filename": True,
        }

    def run(self, *command: str) -> str:
        """One of its commands. Raises Missing with its last words if it fails."""
        environment = {**self._environment, "PATH": str(PYTHON.parent), "HOME": str(self.folder)}
        done = subprocess.run(
            [str(PYTHON), "-m", "django", *command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise Missing(f"django-pyas2 {command[0]} failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
        return str(done.stdout)

    def start(self) -> None:
        self._process.start(self.port)

    def stop(self) -> None:
        self._process.stop()

    def give(self, case: Case) -> None:
        """Let it send the case's document to us."""
        place = self.folder / "media" / "out" / case.key
        place.mkdir()
        (place / case.filename).write_bytes(case.payload)
        self.run("sendas2message", case.them, case.us, f"out/{case.key}/{case.filename}")

    def believed(self, case: Case) -> bool:
        """True once it read our receipt and was content with it."""
        return [status for _, status in self._messages(case, "OUT")] == ["S"]

    def received(self, case: Case) -> list[bytes]:
        """What it stored of what we sent."""
        found = wait_for(lambda: [path for path, status in self._messages(case, "IN") if status == "S"], 10)
        return [(self.folder / "media" / path).read_bytes() for path in found]

    def _messages(self, case: Case, direction: str) -> list[tuple[str, str]]:
        query = "select payload, status from pyas2_message where direction = ? and partner_id = ? and organization_id = ?"
        with closing(sqlite3.connect(f"file:{self.folder}/db.sqlite3?mode=ro", uri=True)) as connection:
            return connection.execute(query, (direction, case.us, case.them)).fetchall()


@contextmanager
def pyas2(cases: Sequence[Case], ports: Mapping[str, int]) -> Iterator[PyAs2]:
    made = PyAs2(cases, ports)
    try:
        made.start()
        yield made
    finally:
        made.stop()
