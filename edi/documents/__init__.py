"""The canonical business documents: one model per kind, what it holds, and whether a document agrees with itself."""

from edi.documents.fields import Field, fields, resolve
from edi.documents.kinds import KINDS, model
from edi.documents.scalars import Type
from edi.documents.schema import json_schema
from edi.documents.validation import check_shape, validate

__all__ = ["KINDS", "Field", "Type", "check_shape", "fields", "json_schema", "model", "resolve", "validate"]
