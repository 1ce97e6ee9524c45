"""Who it is from, and whether the channel it came through may carry that (P40): the origin is proven, not claimed.

A channel with a partner carries that partner's documents, or those it speaks for; a channel without one is our own house.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edi.engine.content import Address, Document, ReadInterchange
from edi.findings import Finding, Location
from edi.workspace.model import ChannelFile, Partner
from edi.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The other side of an interchange."""

    partner: str | None
    """None: only the document can tell, or nobody knows."""
    findings: tuple[Finding, ...] = ()
    """Errors: it must not have an effect."""


def of_interchange(interchange: ReadInterchange, channel: ChannelFile, workspace: Workspace) -> Origin:
    """The partner by the envelope, checked against the channel."""
    if interchange.sender is None or interchange.recipient is None:
        return Origin(partner=channel.partner if len(channel.partners) == 1 else None)
    if not channel.partners:
        return _from_our_house(interchange.sender, interchange.recipient, workspace)
    sender = _called(workspace, interchange.sender)
    if sender is None:
        text = f"nobody we know is called {str(interchange.sender)!r}"
        hint = f"add `unb: '{interchange.sender.id}'` to the ids in partners/{channel.partner}.yaml if it is theirs"
        return _refused("origin.unknown_sender", text, hint, answer="23", element=2, value=str(interchange.sender))
    if sender.name not in channel.partners:
        text = f"the interchange says it is from {sender.name!r}, but channel {channel.name!r} carries {_names(channel)}"
        hint = "if that is agreed, add it to `speaks_for` of the channel; otherwise ask both who sent it"
        return _refused("origin.mismatch", text, hint, answer="17", element=2, value=str(interchange.sender), partner=sender.name)
    if not workspace.us.is_called("unb", interchange.recipient.id, interchange.recipient.qualifier):
        text = f"the interchange is for {str(interchange.recipient)!r}, and that is none of our ids"
        hint = f"tell {sender.name}, or add the id to our own partner file"
        return _refused("origin.not_for_us", text, hint, answer="7", element=3, value=str(interchange.recipient), partner=sender.name)
    return Origin(partner=sender.name)


def of_document(document: Document, issuer_role: str, channel: ChannelFile, workspace: Workspace) -> Origin:
    """The partner by the document's parties: its issuer from a partner, its receiver from our own house."""
    receiver_role = "buyer" if issuer_role == "seller" else "seller"
    role = issuer_role if channel.partners else receiver_role
    stranger = _stranger(document.get(role), role, channel, workspace) if channel.partners else None
    if stranger is not None:
        named = workspace.partners.get(stranger.value or "")
        return Origin(partner=named.name if named else None, findings=(stranger,))
    partner = next((found for name in (role, *_OTHERS[role]) if (found := _party(document.get(name), workspace))), None)
    if partner is None:
        return Origin(partner=channel.partner if len(channel.partners) == 1 else None)
    return Origin(partner=partner.name)


def _stranger(party: object, role: str, channel: ChannelFile, workspace: Workspace) -> Finding | None:
    """A finding if an id of the issuer is that of somebody the channel does not carry, or not the one its partner has (X21)."""
    ids = [one for one in _ids(party) if one[0] != "number"] if isinstance(party, Mapping) else []
    if any(workspace.us.is_called(kind, value) for kind, value in ids):
        return None  # self-billing: the seller is us
    own = [workspace.partners[name] for name in sorted(channel.partners) if name in workspace.partners]
    for kind, value in ids:
        named = workspace.partner_called(kind, value)
        if named is not None and named.name not in channel.partners:
            hint = "if that is agreed, add it to `speaks_for` of the channel; otherwise ask both who sent it"
            return _mismatch(role, repr(named.name), channel, named.name, hint)
    for kind, value in _strict_ids(party):
        if workspace.partner_called(kind, value) is None and any(_has_another(partner, kind, value) for partner in own):
            hint = f"if it is theirs, add `{kind}: '{value}'` to the ids in partners/{channel.partner}.yaml; otherwise ask who sent it"
            return _mismatch(role, f"called {value!r}", channel, value, hint)
    return None


def _mismatch(role: str, said: str, channel: ChannelFile, value: str, hint: str) -> Finding:
    text = f"the document's {role} is {said}, but channel {channel.name!r} carries {_names(channel)}"
    return Finding(code="origin.mismatch", text=text, where=Location(path=role), value=value, hint=hint)


def _strict_ids(party: object) -> list[tuple[str, str]]:
    """Endpoint and VAT number, which name the company itself; a GLN may be one of its places."""
    if not isinstance(party, Mapping):
        return []
    return [one for one in _ids({name: party[name] for name in ("endpoint", "vat_id") if name in party}) if one[0] != "gln"]


def _has_another(partner: Partner, kind: str, value: str) -> bool:
    """True if the partner is known by another endpoint of that scheme, or VAT number of that country."""
    start = value.partition(":")[0] + ":" if kind == "peppol" else value[:2]
    return any(one.kind == kind and one.value.casefold().startswith(start.casefold()) for one in partner.ids)


def _from_our_house(sender: Address, recipient: Address, workspace: Workspace) -> Origin:
    if not workspace.us.is_called("unb", sender.id, sender.qualifier):
        text = f"our own house handed over an interchange from {str(sender)!r}, and that is none of our ids"
        return _refused(
            "origin.mismatch", text, "name the partner in the channel's file if it is theirs", answer="17", element=2, value=str(sender)
        )
    partner = _called(workspace, recipient)
    if partner is None:
        text = f"nobody we know is called {str(recipient)!r}"
        return _refused("origin.unknown_recipient", text, "add the id to a partner's file", answer="7", element=3, value=str(recipient))
    return Origin(partner=partner.name)


def _refused(code: str, text: str, hint: str, *, answer: str, element: int, value: str, partner: str | None = None) -> Origin:
    where = Location(tag="UNB", element=element)
    return Origin(
        partner=partner, findings=(Finding(code=code, text=text, where=where, value=value, hint=hint, answer=answer, level="UCI"),)
    )


def _called(workspace: Workspace, address: Address) -> Partner | None:
    return workspace.partner_called("unb", address.id, address.qualifier) or workspace.partner_called("gln", address.id)


def _party(party: object, workspace: Workspace) -> Partner | None:
    """The partner one of a party's ids belongs to; None if there is no party, or nobody has its ids."""
    if not isinstance(party, Mapping):
        return None
    for kind, value in _ids(party):
        found = workspace.partner_called(kind, value)
        if found is not None:
            return found
    return None


def _ids(party: Mapping[str, object]) -> list[tuple[str, str]]:
    ids = [("gln", party.get("gln")), ("vat", party.get("vat_id"))]
    endpoint = party.get("endpoint")
    if isinstance(endpoint, Mapping):
        ids.append(("peppol", f"{endpoint.get('scheme')}:{endpoint.get('value')}"))
        ids += [("gln", endpoint.get("value"))] if endpoint.get("scheme") == "0088" else []
    more = party.get("ids")
    for one in more if isinstance(more, list) else []:
        if isinstance(one, Mapping):
            scheme, value = one.get("scheme"), one.get("value")
            ids.append(("gln" if scheme == "0088" else "number", value))
            ids.append(("peppol", f"{scheme}:{value}"))
    return [(kind, value) for kind, value in ids if isinstance(value, str)]


def _names(channel: ChannelFile) -> str:
    return ", ".join(repr(name) for name in sorted(channel.partners))


_OTHERS = {"buyer": ("invoicee", "ship_to"), "seller": ("ship_from",)}
"""Where else the other side may be named, if not in its main role."""
