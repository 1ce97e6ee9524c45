"""OpenAS2, run from its published artefact: a program of its own on loopback, with keys and partnerships made for one run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from edi.formats.cms import Identity
from tests.interop.cases import Case
from tests.interop.house import identity, wait_for
from tests.servers.packages import CHECKOUT, Missing
from tests.servers.process import Process, account, scratch

LIBRARIES = CHECKOUT / ".cache" / "peers" / "openas2" / "lib"
CLASSES = f"{LIBRARIES}/javax.mail-1.6.1.jar:{LIBRARIES}/jakarta.activation-1.2.2.jar:{LIBRARIES}/*"
"""In front, since the index inside its own archive hides where the mail library says how to write a receipt."""
PASSWORD = "of-the-tests"

CONFIG = """\
<openas2>
<properties sql_timestamp_format="yyyy-MM-dd HH:mm:ss.SSS"
  as2_message_id_format="OPENAS2-$date.ddMMyyyyHHmmssZ$-$rand.UUID$@$msg.sender.as2_id$_$msg.receiver.as2_id$"/>
<certificates classname="org.openas2.cert.PKCS12CertificateFactory" filename="%home%/keys.p12" password="{password}" interval="300"/>
<partnerships classname="org.openas2.partner.XMLPartnershipFactory" filename="%home%/partnerships.xml"/>
<loggers><logger classname="org.openas2.logging.ConsoleLogger"/></loggers>
<commands classname="org.openas2.cmd.XMLCommandRegistry" filename="%home%/commands.xml"/>
<processor classname="org.openas2.processor.DefaultProcessor" pendingMDN="%home%/pending" pendingMDNinfo="%home%/pendinginfo">
<module classname="org.openas2.processor.sender.AS2SenderModule"/>
<module classname="org.openas2.processor.sender.MDNSenderModule"/>
<module classname="org.openas2.processor.receiver.AS2DirectoryPollingModule" outboxdir="%home%/out" errordir="%home%/out-error"
  interval="1" delimiters="~" mergeextratokens="true" format="sender.as2_id, receiver.as2_id, attributes.filename" sendfilename="true"/>
{folders}
<module classname="org.openas2.processor.storage.MDNFileModule" protocol="as2" tempdir="%home%/temp"
  filename="%home%/mdn/$mdn.msg.sender.name$/$mdn.msg.headers.message-id$"/>
<module classname="org.openas2.processor.storage.MessageFileModule" protocol="as2" tempdir="%home%/temp"
  filename="%home%/inbox/$msg.receiver.name$/$msg.content-disposition.filename$"
  header="%home%/headers/$msg.receiver.name$/$msg.content-disposition.filename$"/>
<module classname="org.openas2.processor.receiver.AS2ReceiverModule" address="127.0.0.1" port="{port}" errordir="%home%/in-error"
  errorformat="sender.as2_id, receiver.as2_id, headers.message-id"/>
<module classname="org.openas2.processor.receiver.AS2ReceiverModule" address="127.0.0.1" port="{tls}" errordir="%home%/in-error"
  errorformat="sender.as2_id, receiver.as2_id, headers.message-id" protocol="https" ssl_protocol="TLS" ssl_keystore="%home%/tls.p12"
  ssl_keystore_password="{password}"/>
<module classname="org.openas2.processor.receiver.AS2MDNReceiverModule" address="127.0.0.1" port="{mdn}"/>
<module classname="org.openas2.processor.resender.DirectoryResenderModule" resenddir="%home%/resend" errordir="%home%/resend-error"
  resenddelay="1"/>
</processor></openas2>
"""


class OpenAs2:
    """A running OpenAS2 that knows a partner of ours for every case."""

    def __init__(self, cases: Sequence[Case], ports: Mapping[str, int]) -> None:
        if not (LIBRARIES.is_dir() and shutil.which("java")):
            raise Missing("OpenAS2 is not installed below .cache/peers; tools/as2_peers.sh fetches it (java and mvn are needed)")
        self.folder = scratch("openas2")
        self.port, self._ports = ports["peer"], ports
        config = self.folder / "config"
        config.mkdir()
        (config / "config.xml").write_text(
            CONFIG.format(password=PASSWORD, port=self.port, mdn=ports["mdn"], tls=ports["tls"], folders=_folders(cases))
        )
        (config / "commands.xml").write_text("<commands></commands>")
        (config / "partnerships.xml").write_text(self._partnerships(cases))
        _write_keys(config, cases)
        (config / "tls.p12").write_bytes(as_pkcs12("tls", identity("tls")))
        (config / "tls.pem").write_bytes(identity("tls").certificate.pem())
        _keytool(config, "-importcert", "-alias", "tls", "-file", "tls.pem", "-storepass", PASSWORD, store="trust.p12")
        for name in ("out", *(f"out-{case.key}" for case in cases if case.names)):
            (config / name).mkdir()
        account().own(self.folder)
        self.config = config
        self._process = Process(
            [
                "java",
                "-Xmx2g",
                f"-Djavax.net.ssl.trustStore={config / 'trust.p12'}",
                f"-Djavax.net.ssl.trustStorePassword={PASSWORD}",
                "-Dorg.apache.commons.logging.Log=org.openas2.logging.Log",
                "-cp",
                CLASSES,
                "org.openas2.app.OpenAS2Server",
                str(config / "config.xml"),
            ],
            self.folder,
            {"LC_ALL": "C.UTF-8"},
        )

    def url(self, case: Case) -> str:
        return f"http://127.0.0.1:{self.port}/as2"

    def place(self, text: str) -> str:
        """The text with ports in place of their names."""
        for name, value in self._ports.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def _partnerships(self, cases: Sequence[Case]) -> str:
        lines = ["<partnerships>"]
        for case in cases:
            for name, as2_id, alias in (
                (f"{case.key}-us", case.us, case.peer_knows or case.ours[0]),
                (f"{case.key}-them", case.them, case.peer_uses or case.theirs[0]),
            ):
                lines.append(f'<partner name="{name}" as2_id={quoteattr(as2_id)} x509_alias="{alias}" email="edi@partner.example"/>')
        for case in cases:
            ours, theirs = f"{case.key}-us", f"{case.key}-them"
            lines.append(f'<partnership name="{case.key}-in"><sender name="{ours}"/><receiver name="{theirs}"/></partnership>')
            lines.append(f'<partnership name="{case.key}-out"><sender name="{theirs}"/><receiver name="{ours}"/>')
            lines += [
                f"<attribute name={quoteattr(name)} value={quoteattr(self.place(value))}/>"
                for name, value in self._attributes(case).items()
            ]
            lines.append("</partnership>")
        return "\n".join([*lines, "</partnerships>"])

    def _attributes(self, case: Case) -> Mapping[str, str]:
        usual = {
            "protocol": "as2",
            "subject": "test",
            "content_transfer_encoding": "binary",
            "as2_url": "http://127.0.0.1:{us}/as2",
            "content_type": case.content_type,
            "resend_max_retries": "3",
        }
        return {**usual, **case.peer}

    def start(self) -> None:
        self._process.start(self.port)

    def stop(self) -> None:
        self._process.stop()

    def give(self, case: Case) -> None:
        """Let it send the case's document to us."""
        beside = self.folder / "giving"
        beside.write_bytes(case.payload)
        account().own(beside)
        folder, name = ("out-" + case.key, case.filename) if case.names else ("out", f"{case.them}~{case.us}~{case.filename}")
        beside.rename(self.config / folder / name)

    def received(self, case: Case) -> dict[str, bytes]:
        """What it stored of what we sent: names to bytes."""
        folder = self.config / "inbox" / f"{case.key}-them"
        wait_for(lambda: folder.is_dir() and list(folder.iterdir()), 10)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}

    def log(self, words: str) -> list[str]:
        """Lines of its log with these words in them."""
        return [line for line in (self.folder / "server.log").read_text(errors="replace").splitlines() if words in line]

    def believed(self, case: Case) -> bool:
        """True once it read our receipt, was content with it, and put the document away."""
        good = [line for line in self.log("received MDN [") if f"@{case.them}_{case.us}" in line and "processed]" in line]
        return bool(good) and not list((self.config / "pendinginfo").glob(f"*@{case.them}_{case.us}"))


def _folders(cases: Sequence[Case]) -> str:
    """Where it looks for what has names that no file can have."""
    return "\n".join(
        f'<module classname="org.openas2.processor.receiver.AS2DirectoryPollingModule" outboxdir="%home%/out-{case.key}" '
        f'errordir="%home%/out-error" interval="1" sendfilename="true" '
        f"defaults={quoteattr(f'sender.as2_id={case.them}, receiver.as2_id={case.us}')}/>"
        for case in cases
        if case.names
    )


def _write_keys(folder: Path, cases: Sequence[Case]) -> None:
    """Its key store: the keys it uses, and the certificates it knows us by. Its library reads only the protection of old stores."""
    kinds: dict[str, str] = {}
    keys, known = set(), set()
    for case in cases:
        kinds |= case.key_kinds
        keys.add(case.peer_uses or case.theirs[0])
        known.add(case.peer_knows or case.ours[0])
    for name in sorted(keys):
        made = identity(name, kinds.get(name, "rsa2048"))
        single = folder / f"{name}.p12"
        single.write_bytes(as_pkcs12(name, made))
        _keytool(folder, "-importkeystore", "-srckeystore", single.name, "-srcstorepass", PASSWORD, "-deststorepass", PASSWORD)
        single.unlink()
    for name in sorted(known):
        (folder / f"{name}.pem").write_bytes(identity(name, kinds.get(name, "rsa2048")).certificate.pem())
        _keytool(folder, "-importcert", "-alias", name, "-file", f"{name}.pem", "-storepass", PASSWORD)


def _keytool(folder: Path, verb: str, *more: str, store: str = "keys.p12") -> None:
    named = ("-destkeystore", "-deststoretype") if verb == "-importkeystore" else ("-keystore", "-storetype")
    command = ["keytool", "-J-Dkeystore.pkcs12.legacy=true", verb, "-noprompt", named[0], store, named[1], "PKCS12", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Missing(f"keytool failed: {done.stdout.strip() or done.stderr.strip()}")


def as_pkcs12(name: str, made: Identity) -> bytes:
    """Key and certificate in one file, as programs of 2020 read it."""
    protection = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2000)
    protection = protection.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())
    certificate = x509.load_der_x509_certificate(made.certificate.der)
    return pkcs12.serialize_key_and_certificates(name.encode(), made.key, certificate, None, protection.build(PASSWORD.encode()))


@contextmanager
def openas2(cases: Sequence[Case], ports: Mapping[str, int]) -> Iterator[OpenAs2]:
    made = OpenAs2(cases, ports)
    try:
        made.start()
        yield made
    finally:
        made.stop()
