"""EDIFACT (ISO 9735): bytes to interchanges, messages and segments and back; usable alone.

from edi.formats import edifact

outcome = edifact.read(data)
for interchange in outcome.value:
    for message in interchange.messages:
        print(message.identifier, len(message.segments))
"""

from edi.formats.edifact.charset import Policy
from edi.formats.edifact.envelope import FunctionalGroup, Interchange, InterchangeParty, Message, MessageIdentifier
from edi.formats.edifact.reader import Closed, Opened, looks_like, read, stream
from edi.formats.edifact.structure import Group, build
from edi.formats.edifact.syntax import Delimiters, Segment, Syntax
from edi.formats.edifact.writer import EnvelopeValues, GroupValues, OutMessage, rewrite, write, write_interchange, write_segments

__all__ = [
    "Closed",
    "Delimiters",
    "EnvelopeValues",
    "FunctionalGroup",
    "Group",
    "GroupValues",
    "Interchange",
    "InterchangeParty",
    "Message",
    "MessageIdentifier",
    "Opened",
    "OutMessage",
    "Policy",
    "Segment",
    "Syntax",
    "build",
    "looks_like",
    "read",
    "rewrite",
    "stream",
    "write",
    "write_interchange",
    "write_segments",
]
