"""Dovecot as an ordinary user on loopback ports: IMAP and POP3 over Maildir."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.servers.certificates import Authority
from tests.servers.packages import CACHE, Missing, alone, libraries, program
from tests.servers.process import Process, account, free_port, scratch

PACKAGES = (
    "dovecot-core",
    "dovecot-imapd",
    "dovecot-pop3d",
    "libapparmor1",
    "libexttextcat-2.0-0",
    "libicu72",
    "liblua5.4-0",
    "libsodium23",
    "libstemmer0d",
    "libtirpc3",
    "libtirpc-common",
    "libunwind8",
    "libwrap0",
)
"""Release 12; another release has other names for some, then an installed Dovecot is used or the tests skip."""
PASSWORD = "geheim"  # of a server that lives for one test run on loopback
TOKEN_KEY = secrets.token_bytes(32)


@dataclass(slots=True)
class Dovecot:
    """A running server; every user name works, each with its own mailbox."""

    imap: int
    imaps: int
    pop3: int
    ca: Path
    homes: Path
    process: Process

    def new_user(self) -> str:
        """A user with an empty mailbox."""
        name = uuid4().hex[:12]
        for folder in ("cur", "new", "tmp"):
            (self.homes / name / "Maildir" / folder).mkdir(parents=True)
        account().own(self.homes / name)
        return name

    def maildir(self, user: str, folder: str = "") -> Path:
        """Where mails of a folder lie."""
        return self.homes / user / "Maildir" / (f".{folder}" if folder else "")

    def drop(self, user: str, raw: bytes) -> None:
        """Deliver a mail, as a mail server does: complete from the first moment."""
        name = uuid4().hex
        written = self.maildir(user) / "tmp" / name
        written.write_bytes(raw)
        account().own(written)
        written.rename(self.maildir(user) / "new" / name)

    def mails(self, user: str, folder: str = "") -> list[bytes]:
        """What lies in a folder."""
        place = self.maildir(user, folder)
        return [path.read_bytes() for part in ("new", "cur") for path in (place / part).glob("*")]


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A server for the time of the block."""
    path = program("dovecot", PACKAGES, ("usr/sbin/dovecot",))
    _check_version(path)
    place = scratch("dovecot")
    try:
        server = _configured(place, path)
        server.process.start(server.imap)
        yield server
        server.process.stop()
    finally:
        Process((), place).stop()


FIXED = b"/usr/lib/dovecot/modules"
"""Where Dovecot looks for modules; compiled in, so an unpacked copy is made to look elsewhere."""


def _redirect(unpacked_root: Path) -> None:
    """Let the unpacked copy find its modules through a link whose path is short enough."""
    token = hashlib.sha256(str(unpacked_root).encode()).hexdigest()[:8]
    link = Path(f"/var/tmp/edi-{token}")
    with contextlib.suppress(FileExistsError):
        link.symlink_to(unpacked_root / "usr/lib/dovecot/modules")
    if link.readlink() != unpacked_root / "usr/lib/dovecot/modules":
        raise Missing(f"dovecot: {link} is somebody else's")
    instead = str(link).encode().ljust(len(FIXED), b"\0")
    libraries_folder = unpacked_root / "usr/lib/dovecot"
    for path in (*libraries_folder.glob("lib*.so*"), *(path for path in libraries_folder.iterdir() if path.is_file())):
        content = b"" if path.is_symlink() else path.read_bytes()
        if FIXED in content:
            replaced = path.with_suffix(".redirected")
            replaced.write_bytes(content.replace(FIXED + b"\0", instead + b"\0"))
            replaced.chmod(0o755)
            replaced.replace(path)


def _check_version(path: Path) -> None:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, env={"LD_LIBRARY_PATH": libraries(path)}, check=False).stdout
    if not re.match(r"2\.3\.", said):
        raise Missing(f"dovecot: the tests know the settings of 2.3, this is {said.split(' ')[0].strip() or 'no working program'}")


def _configured(place: Path, path: Path) -> Dovecot:
    who = account()
    homes = place / "homes"
    homes.mkdir()
    authority = Authority()
    authority.issue().write(place / "server.pem")
    (place / "ca.pem").write_text(authority.certificate)
    imap, imaps, pop3 = free_port(), free_port(), free_port()
    unpacked = path.parents[2] if libraries(path) else None
    if unpacked is not None:
        with alone(CACHE / "dovecot-core.lock"):
            _redirect(unpacked)
    loader = f"LD_LIBRARY_PATH={libraries(path)}" if unpacked else ""
    _accept_tokens(place)
    (place / "dovecot.conf").write_text(f"""
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/server.log
{f"libexec_dir = {unpacked}/usr/lib/dovecot" if unpacked else ""}
import_environment = TZ {loader}
default_internal_user = {who.name}
default_internal_group = {_group(who.gid)}
default_login_user = {who.name}
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place}/server.pem
ssl_key = <{place}/server.pem
{f"login_plugin_dir = {unpacked}/usr/lib/dovecot/modules/login" if unpacked else ""}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
mail_max_userip_connections = 100
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={who.uid} gid={who.gid} home={homes}/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
""")
    who.own(place)
    environment = {"LD_LIBRARY_PATH": libraries(path)} if unpacked else {}
    process = Process(_command(path, place / "dovecot.conf"), place, environment)
    return Dovecot(imap, imaps, pop3, place / "ca.pem", homes, process)


def _accept_tokens(place: Path) -> None:
    """Access tokens are checked by the server itself: it knows the key they are signed with (RFC 7519, HS256)."""
    key = place / "keys/default/HS256/default"
    key.parent.mkdir(parents=True)
    key.write_bytes(base64.b64encode(TOKEN_KEY))
    (place / "oauth2.conf").write_text(f"""
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={place}/keys/
username_attribute = sub
""")


def access_token(user: str, *, lasts_seconds: int = 600) -> str:
    """A token that the server takes from this user, until its time is over."""
    now = int(time.time())
    claims = {"sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + lasts_seconds}
    head, body = (_base64url(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{head}.{body}.{_base64url(hmac.digest(TOKEN_KEY, f'{head}.{body}'.encode(), 'sha256'))}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError as error:
        raise Missing(f"group id {gid} has no entry in the group database, which dovecot asks for") from error


def _command(path: Path, configuration: Path) -> tuple[str, ...]:
    """An unpacked dovecot looks for its reader of settings where it would be installed, so that one is run first."""
    doveconf = path.parents[1] / "bin" / "doveconf"
    start = (str(path), "-F", "-c", str(configuration))
    return start if not libraries(path) else (str(doveconf), "-f", "service=master", "-c", str(configuration), "-m", "master", "-e", *start)
