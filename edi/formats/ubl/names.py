"""Namespaces and prefixes of UBL: one canonical prefix each, and names written `cbc:ID`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
SBDH: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"

CBC: Final = f"{UBL}CommonBasicComponents-2"
CAC: Final = f"{UBL}CommonAggregateComponents-2"
EXT: Final = f"{UBL}CommonExtensionComponents-2"

CANONICAL: Final[Mapping[str, str]] = {
    "cac": CAC,
    "cbc": CBC,
    "ext": EXT,
    "udt": f"{UBL}UnqualifiedDataTypes-2",
    "qdt": f"{UBL}QualifiedDataTypes-2",
    "sig": f"{UBL}CommonSignatureComponents-2",
    "sac": f"{UBL}SignatureAggregateComponents-2",
    "sbc": f"{UBL}SignatureBasicComponents-2",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "dsig11": "http://www.w3.org/2009/xmldsig11#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
    "xades141": "http://uri.etsi.org/01903/v1.4.1#",
    "xsd": XSD,
    "xsi": XSI,
}
"""The prefixes OASIS, W3C and ETSI print; what we write and what tables and messages use."""

DATA_TYPES_BY_VERSION: Final = "urn:oasis:names:specification:bdndr:schema:xsd:UnqualifiedDataTypes-1"
"""Where 2.2 and later keep the unqualified data types; still called `udt`."""


def clark(name: str) -> str:
    """`{namespace}ID` for `cbc:ID`."""
    prefix, _, local = name.rpartition(":")
    return f"{{{CANONICAL[prefix]}}}{local}" if prefix else local


def split_clark(tag: str) -> tuple[str, str]:
    """Namespace ("" for none) and local name of `{namespace}local`."""
    if tag.startswith("{"):
        namespace, _, local = tag[1:].partition("}")
        return namespace, local
    return "", tag


_PREFIXES: Final = {namespace: prefix for prefix, namespace in CANONICAL.items()}


def prefixed(tag: str) -> str:
    """`cbc:ID` for `{namespace}ID`; the local name alone where the namespace has no canonical prefix (document roots)."""
    namespace, local = split_clark(tag)
    prefix = _PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else local
