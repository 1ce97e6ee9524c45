"""Check digits and forms of identifiers: GLN, GTIN, SSCC (GS1), IBAN (ISO 13616), VAT numbers, currencies and countries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from edi.documents.checks_reading import Document, warning
from edi.findings import Finding

GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})

IBAN_LENGTHS: Final = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27,
    "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31,
    "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
"""Whole length by country, ISO 13616; countries not named are checked by their digits alone."""

VAT_FORMS: Final = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{8,10}", "DE": r"\d{9}", "DK": r"\d{8}",
    "EE": r"\d{9}", "EL": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]", "FI": r"\d{8}", "FR": r"[A-Z0-9]{2}\d{9}", "HR": r"\d{11}", "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "IT": r"\d{11}", "LT": r"(\d{9}|\d{12})", "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}", "PL": r"\d{10}", "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{12}", "SI": r"\d{8}", "SK": r"\d{10}",
    "XI": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
}  # fmt: skip
"""Form after the country prefix, as the member states publish it."""

CURRENCY: Final = re.compile(r"[A-Z]{3}")
COUNTRY: Final = re.compile(r"[A-Z]{2}")


def gs1_digit_agrees(digits: str) -> bool:
    """True if the last digit is the GS1 check digit of the others (weights 3 and 1 from the right)."""
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def iban_agrees(iban: str) -> bool:
    """True for a right length and check digits: ISO 7064 MOD 97-10, the country moved to the end."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", iban):
        return False
    expected = IBAN_LENGTHS.get(iban[:2])
    if expected is not None and len(iban) != expected:
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def creditor_id_agrees(creditor_id: str) -> bool:
    """True for right check digits of a SEPA creditor identifier: ISO 7064 MOD 97-10, the creditor's business code left out."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}", creditor_id):
        return False
    return int("".join(str(int(character, 36)) for character in creditor_id[7:] + creditor_id[:4])) % 97 == 1


def vat_form_agrees(vat: str) -> bool:
    """True if the number has its country's form; a country without a known form passes."""
    bare = re.sub(r"[\s.\-]", "", vat).upper()
    form = VAT_FORMS.get(bare[:2])
    return form is None or re.fullmatch(form, bare[2:]) is not None


def _gln(value: str) -> str | None:
    if not re.fullmatch(r"\d{13}", value):
        return "does not have 13 digits, as a GLN has"
    return None if gs1_digit_agrees(value) else "has a wrong check digit for a GLN"


def _gtin(value: str) -> str | None:
    if not value.isdecimal() or len(value) not in GTIN_LENGTHS:
        return "does not have the 8, 12, 13 or 14 digits of a GTIN"
    return None if gs1_digit_agrees(value) else "has a wrong check digit for a GTIN"


def _sscc(value: str) -> str | None:
    if not re.fullmatch(r"\d{18}", value):
        return "does not have 18 digits, as an SSCC has"
    return None if gs1_digit_agrees(value) else "has a wrong check digit for an SSCC"


def _iban(value: str) -> str | None:
    bare = value.replace(" ", "").upper()
    looks_like_one = re.match(r"[A-Z]{2}\d{2}", bare) is not None
    return "is not an IBAN by length and check digits" if looks_like_one and not iban_agrees(bare) else None


def _bic(value: str) -> str | None:
    bare = value.replace(" ", "").upper()
    return None if re.fullmatch(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", bare) else "does not have the form of a BIC (ISO 9362)"


def _creditor(value: str) -> str | None:
    bare = re.sub(r"[\s+?/\-:().,']", "", value).upper()
    looks_like_one = re.match(r"[A-Z]{2}\d{2}", bare) is not None
    return "has wrong check digits for a SEPA creditor identifier" if looks_like_one and not creditor_id_agrees(bare) else None


def _vat(value: str) -> str | None:
    return None if vat_form_agrees(value) else "does not have the form of its country's VAT numbers"


def _currency(value: str) -> str | None:
    return None if CURRENCY.fullmatch(value) else "is not an ISO 4217 currency code"


def _country(value: str) -> str | None:
    return None if COUNTRY.fullmatch(value) else "is not an ISO 3166 two-letter country code"


RULES: Final[dict[str, tuple[str, Callable[[str], str | None]]]] = {
    "gln": ("gln", _gln),
    "gtin": ("gtin", _gtin),
    "sscc": ("sscc", _sscc),
    "iban": ("iban", _iban),
    "debited_account": ("iban", _iban),
    "bic": ("bic", _bic),
    "creditor_id": ("creditor_id", _creditor),
    "vat_id": ("vat_id", _vat),
    "currency": ("currency", _currency),
    "tax_currency": ("currency", _currency),
    "country": ("country", _country),
    "origin_country": ("country", _country),
}
"""By field name, wherever it stands."""

SCHEMES: Final[dict[str, str]] = {"0088": "gln", "0160": "gtin"}
"""ICD codes of identifiers that say by themselves what they are."""


def identifiers(document: Document) -> Iterator[Finding]:
    """Identifiers whose form or check digit is wrong. Warnings: partners do use their own, and an order is still an order."""
    yield from _walk(dict(document), "")


def _walk(value: dict[str, object] | list[object], path: str) -> Iterator[Finding]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            if isinstance(one, (dict, list)):
                yield from _walk(one, f"{path}[{index}]")
        return
    rule, owned = SCHEMES.get(str(value.get("scheme"))), value.get("value")
    if rule is not None and isinstance(owned, str):
        yield from _look(rule, owned, f"{path}.value")
    for name, below in value.items():
        if isinstance(below, str):
            if name in RULES:
                yield from _look(name, below, f"{path}.{name}" if path else name)
        elif isinstance(below, (dict, list)) and name != "x":
            yield from _walk(below, f"{path}.{name}" if path else name)


def _look(name: str, value: str, path: str) -> Iterator[Finding]:
    code, rule = RULES[name]
    wrong = rule(value)
    if wrong:
        yield warning(
            code, f"{path} {value!r} {wrong}", path, value=value, hint="ask the sender; a digit was mistyped or another numbering is meant"
        )


CHECKS: Final = (identifiers,)
