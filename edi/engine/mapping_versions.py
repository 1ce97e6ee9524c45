"""Versions of mappings: the name, and the hash of every file a mapping was loaded from; texts are kept before anything refers to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from edi.engine.context import ACTOR, Context
from edi.engine.plan import Plan
from edi.errors import EdiError, StoreError
from edi.mapping.source import MappingFiles
from edi.store import mapping_texts
from edi.store.store import CollisionError, Reading


def version_of(name: str, text: str) -> str:
    """`orders-eancom#1a2b3c4d5e6f`."""
    return f"{name}#{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def name_of(version: str) -> str:
    """`orders-eancom` of `orders-eancom#1a2b3c4d5e6f`."""
    return version.partition("#")[0]


def kept_files(text: str) -> MappingFiles:
    """The files of a kept text; nothing else is found."""
    held: dict[str, list[str]] = json.loads(text)

    def find(name: str) -> tuple[str, str] | None:
        return (held[name][0], held[name][1]) if name in held else None

    return find


def keep_texts(context: Context, plans: Iterable[Plan]) -> None:
    """Keep the texts of the mappings that plans were made with, in a transaction of its own, before the plans are recorded.

    Usually there is nothing to do: what this process has committed once is remembered.
    """
    versions = dict.fromkeys(version for plan in plans for version in _versions(plan) if version not in context.kept_versions)
    texts = {version: context.translator.text(name_of(version)) for version in versions}
    wanted = {version: text for version, text in texts.items() if text is not None and version_of(name_of(version), text) == version}
    if not wanted:
        return
    # A collision means that another worker keeps the same texts now; they are looked at again with the next batch.
    with suppress(CollisionError):
        with context.store.writing(ACTOR, context.clock.now()) as transaction:
            for version, text in wanted.items():
                mapping_texts.keep(transaction, version, text)
        context.kept_versions.update(wanted)


def _versions(plan: Plan) -> Iterable[str]:
    for interchange in plan.interchanges:
        for message in interchange.messages:
            if message.mapping:
                yield message.mapping
            for output in message.outputs:
                yield output.mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """One mapping as it was when a transmission was first processed, and as it is."""

    name: str
    then: str
    """Its version."""
    now: str | None
    """None: it cannot be loaded any more."""
    text: str | None
    """Of then; None if it was not kept."""

    @property
    def changed(self) -> bool:
        return self.then != self.now


def of_then(context: Context, view: Reading, transmission_id: int) -> tuple[Then, ...]:
    """The mappings a transmission was first processed with, against those of now."""
    used = mapping_texts.used_by(view, transmission_id)
    return tuple(
        Then(name=name, then=version, now=_version_now(context, name), text=mapping_texts.text_of(view, version))
        for name, version in used.items()
    )


def texts_of_then(mappings: Iterable[Then]) -> Mapping[str, str]:
    """What a translator of then needs. Raises StoreError naming every mapping that changed and whose text was not kept."""
    found = {one.name: one.text for one in mappings if one.text is not None}
    lost = [one.then for one in mappings if one.text is None and one.changed]
    if lost:
        raise StoreError(
            f"the mappings of then are not kept: {', '.join(lost)}", hint="what was translated before texts were kept is replayed as of now"
        )
    return found


def _version_now(context: Context, name: str) -> str | None:
    with suppress(EdiError):  # a mapping that cannot be loaded now is another one than then
        return context.translator.version(name)
    return None
