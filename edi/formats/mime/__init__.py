"""MIME entities as they lie in the bytes: headers, bodies and parts are slices of what was received, never written again.

Rule 1: a signature or MIC is computed over a slice. Parsing and writing again changes one entity in three (M13).
Rule 2: whatever the bytes are, the answer is an entity or a FormatError; depth, parts and headers are bounded.
"""

from edi.formats.mime.entity import Entity, entity, parse
from edi.formats.mime.headers import Headers, Parameters, parameters

__all__ = ["Entity", "Headers", "Parameters", "entity", "parameters", "parse"]
