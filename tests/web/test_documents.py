"""What a partner asks on the phone, answered by the page."""

from __future__ import annotations

import json
import re
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edi.engine.content import Document, Reading, ReadMessage
from edi.findings import Finding, Outcome
from edi.store.partner_view import ROWS_MAX
from edi.web.status.words import quote
from edi.workspace.model import Certificate
from tests.engine.house import PlainTranslator, invoice, order
from tests.web.desk import Counter, Person
from tests.web.test_security import names


def plain(html: str) -> str:
    """The page as a person reads it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main>")[0]))


def test_the_list_says_what_came_and_what_became_of_it(busy: Counter) -> None:
    text = plain(busy.partner().get().text)

    assert re.search(r"4711 Order 2026-11-24 10:14 From you Processed Delivered Accepted A1", text), text
    assert re.search(r"4712 Order 2026-11-24 10:14 From you Rejected – Rejected A2", text), text
    assert re.search(r"R-1 Invoice 2026-11-24 10:14 To you Processed Delivered Awaited \d+", text), text
    assert re.search(r"a3\.edi File 2026-11-24 10:14 From you With us for review", text), text


def test_a_document_is_found_by_its_number_and_by_its_control_reference(busy: Counter) -> None:
    person = busy.partner()

    assert names(person, "/documents?number=4711") == names(person, "/documents?number=A1") != []
    assert 2 == len(names(person, "/documents?number=471*"))
    assert [] == names(person, "/documents?number=471")
    assert {"O"} == {name[0] for name in names(person, "/documents?kind=invoice")}
    assert names(person, "/documents?direction=in") == [name for name in names(person) if name[0] != "O"]
    assert [] == names(person, "/documents?since=2026-11-25")
    assert names(person) == names(person, "/documents?since=2026-11-24&until=2026-11-24")


def test_a_rejected_order_says_what_where_and_what_to_do(busy: Counter) -> None:
    person = busy.partner()
    text = plain(person.get(f"/documents/{names(person, '/documents?number=4712')[0]}").text)

    assert "QTY+999:48&#39;" in text
    assert "segment" in text
    assert "What to do" in text
    assert "A value is not allowed" in text
    assert "Rejected" in text


def test_the_bytes_are_those_that_came_and_those_that_were_sent(busy: Counter) -> None:
    person = busy.partner()

    received = person.get(f"/documents/{names(person, '/documents?number=4711')[0]}/bytes").content
    sent = person.get(f"/documents/{names(person, '/documents?number=R-1')[0]}/bytes").content

    assert order("4711", reference="A1") == received
    assert sent in busy.house.files("acme/out").values()


def test_the_contrl_that_answered_can_be_had(busy: Counter) -> None:
    person = busy.partner()
    page = person.get(f"/documents/{names(person, '/documents?number=4712')[0]}").text
    answer = person.get(re.findall(r"/status(/answers/O\d+)", page)[0])

    assert b"UCM+1+ORDERS:D:96A:UN:EAN008+4" in answer.content
    assert answer.content in busy.house.files("acme/out").values()


def test_the_canonical_document_can_be_had_as_json(busy: Counter) -> None:
    person = busy.partner()
    found = json.loads(person.get(f"/documents/{names(person, '/documents?number=4711')[0]}/json").content)

    assert ("order", "4711") == (found["kind"], found["number"])


def test_a_file_that_is_no_document_is_shown_with_why(busy: Counter) -> None:
    person = busy.partner()
    (name,) = (name for name in names(person) if name[0] == "T")
    text = plain(person.get(f"/documents/{name}").text)

    assert "neither EDIFACT, UBL nor JSON" in text
    assert b"no document at all" == person.get(f"/documents/{name}/bytes").content


def test_what_is_our_own_trouble_is_not_blamed_on_the_partner(counter: Counter) -> None:
    class Broken(PlainTranslator):
        def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
            return Outcome(None, (Finding(code="mapping.broken", text="mappings/secret-erp.map.yaml line 7 is wrong"),))

    object.__setattr__(counter.house.engine.context, "translator", Broken())
    counter.house.drop("a.edi", order("4711"))
    counter.house.engine.run_once()
    person = counter.partner()
    page = person.get(f"/documents/{names(person)[0]}").text

    assert "there is nothing for you to do" in plain(page)
    assert "secret-erp" not in page
    assert "Rejected" not in plain(page)


def test_the_thread_of_an_order_shows_quantities_side_by_side(counter: Counter) -> None:
    class WithItems(PlainTranslator):
        def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
            outcome = super().read(mapping, message, partner=partner)
            assert outcome.value is not None
            document: Document = dict(outcome.value.document)
            for line in document["lines"]:  # type: ignore[attr-defined]
                line["item"] = {"gtin": "4000862141404", "name": "Screws"}
            return Outcome(Reading(document=document), outcome.findings)

    object.__setattr__(counter.house.engine.context, "translator", WithItems())
    counter.house.drop("a.edi", order("4711", quantity=48))
    billed = json.loads(invoice("R-9")) | {"order": {"number": "4711"}}
    counter.house.drop("r.json", json.dumps(billed).encode(), channel="erp/in")
    counter.house.engine.run_once()
    person = counter.partner()

    page = person.get(f"/documents/{names(person, '/documents?number=R-9')[0]}").text
    text = plain(person.get("/order?number=4711").text)

    assert "/status/order?number=4711" in page
    assert re.search(r"4711 Order .* R-9 Invoice", text), text
    assert re.search(r"4000862141404 Screws 48 – – 12 differs H87", text), text


def test_the_list_is_cut_into_pages_and_nothing_is_lost_or_doubled(counter: Counter) -> None:
    counter.house.drop("many.edi", order("N", messages=2 * ROWS_MAX + 3))
    for number in range(7):
        counter.house.drop(f"r{number}.json", invoice(f"R-{number}"), channel="erp/in")
    counter.house.engine.run_once()
    counter.house.clock.forward(minutes=1)
    counter.house.drop("late.edi", order("Z", reference="2"))
    counter.house.engine.run_once()
    person = counter.partner()

    found, path = [], "/documents"
    while path:
        page = person.get(path).text
        found += re.findall(r"/documents/([MOT]\d+)\"", page)
        path = "".join(re.findall(r'rel="next" href="/status([^"]+)"', page)).replace("&amp;", "&")

    assert 2 * ROWS_MAX + 3 + 7 + 1 == len(found) == len(set(found))
    assert "Z" in plain(person.get().text)[:700]


def test_the_page_speaks_the_partners_language_until_another_is_chosen(busy: Counter) -> None:
    person: Person = busy.partner("boreal")
    before = person.get().text
    person.act("/language", {"language": "fr"})

    assert 'lang="vi"' in before
    assert "Đơn đặt hàng" in before
    assert "Commande" in person.get().text
    assert 400 == person.act("/language", {"language": "xx"}).status_code


def test_a_segment_is_quoted_to_its_end() -> None:
    data = b"UNA:+.? 'FTX+AAI+++it?'s here'QTY+21:1'"

    assert "FTX+AAI+++it?'s here'" == quote(data, 9)
    assert "QTY+21:1'" == quote(data, data.index(b"QTY"))
    assert "" == quote(data, 999)
    assert 301 == len(quote(b"FTX+" + b"x" * 5_000 + b"'", 0))


def test_our_certificates_can_be_had_with_their_last_day_and_never_their_keys(counter: Counter) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Muster")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    certificate = made.not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2027, 3, 4, 5)).sign(key, SHA256())
    folder, us = counter.house.folder, counter.house.engine.context.workspace.us
    (folder / "us.pem").write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    object.__setattr__(
        counter.house.engine.context.workspace, "us", us.model_copy(update={"certificates": (Certificate(use=("sign",), file="us.pem"),)})
    )
    person = counter.partner()

    page = person.get("/about")
    taken = person.get("/certificates/1")

    assert "sign 2027-03-04 06:00" in plain(page.text)
    assert certificate.fingerprint(SHA256()).hex() in page.text
    assert certificate.public_bytes(Encoding.PEM) == taken.content
    assert {404} == {person.get(f"/certificates/{number}").status_code for number in (0, 2, 99)}
