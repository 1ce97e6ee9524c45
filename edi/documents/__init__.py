"""The canonical business documents: one model per kind, what it holds, and whether a document agrees with itself."""

from edi.documents.fields import Field, fields, resolve
from edi.documents.kinds import KINDS, model
from edi.documents.scalars import Type
from edi.documents.validation import validate

__all__ = ["KINDS", "Field", "Type", "fields", "model", "resolve", "validate"]
