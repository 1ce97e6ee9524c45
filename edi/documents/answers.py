"""Application response: a business answer to any document, accepting or refusing it."""

from __future__ import annotations

from typing import Literal

from edi.documents.heads import Head
from edi.documents.parties import Party, Reference
from edi.documents.scalars import Code, Moment, Part, Text, about


class Reason(Part):
    """Why, and what to do."""

    code: Code | None = about("What is wrong (9321, or OPStatusReason).", edifact="ERC C901.9321", ubl="cbc:StatusReasonCode")
    list: Code | None = about("The list the code is from.", edifact="ERC C901.1131", ubl="cbc:StatusReasonCode/@listID")
    text: Text | None = about("The same in words.", edifact="FTX+AAO C108.4440", ubl="cbc:StatusReason")
    path: Text | None = about("Where in the document.", edifact="RFF", ubl="cac:Condition/cbc:AttributeID")
    value: Text | None = about("The value in question.", ubl="cac:Condition/cbc:Description")


class AnsweredLine(Part):
    """One line that is answered."""

    id: Text = about("Number of the line.", edifact="RFF+LI", ubl="cac:LineReference/cbc:LineID", required=True)
    response: Code | None = about("The answer to the line.", ubl="cac:Response/cbc:ResponseCode")
    reasons: list[Reason] | None = about("Why.", edifact="ERC", ubl="cac:Response/cac:Status")


class ApplicationResponse(Head):
    """A business answer."""

    kind: Literal["application_response"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = APERAK", ubl="ApplicationResponse", required=True, engine=True
    )
    sender: Party = about("Who answers.", edifact="NAD+MS", ubl="cac:SenderParty", required=True)
    receiver: Party = about("Who is answered.", edifact="NAD+MR", ubl="cac:ReceiverParty", required=True)
    response: Literal["received", "in_process", "under_query", "conditional", "rejected", "accepted", "paid"] = about(
        "The answer.", edifact="BGM 4343, 1225", ubl="cac:DocumentResponse/cac:Response/cbc:ResponseCode", required=True
    )
    effective: Moment | None = about("From when it holds.", ubl="cac:DocumentResponse/cac:Response/cbc:EffectiveDate")
    document: Reference = about(
        "The document that is answered.", edifact="RFF in SG2", ubl="cac:DocumentResponse/cac:DocumentReference", required=True
    )
    issuer: Party | None = about("Who had issued that document.", ubl="cac:DocumentResponse/cac:IssuerParty")
    recipient: Party | None = about("Whom it had been for.", ubl="cac:DocumentResponse/cac:RecipientParty")
    reasons: list[Reason] | None = about("Why.", edifact="ERC, FTX", ubl="cac:DocumentResponse/cac:Response/cac:Status")
    lines: list[AnsweredLine] | None = about("Lines that are answered.", edifact="ERC, RFF", ubl="cac:DocumentResponse/cac:LineResponse")
