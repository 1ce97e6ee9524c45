"""Floor 3: mapping files. A spoke is one syntax <-> the canonical document; one file gives both directions.

from edi import mapping
spoke = mapping.load("orders-eancom")
reading = spoke.read(group)                 # Outcome[Reading]
writing = spoke.write(document)             # Outcome[Writing]
"""

from edi.mapping.problems import MappingProblems
from edi.mapping.result import Reading, Trace, Unmapped, Writing
from edi.mapping.spoke import Spoke, cannot_cross, load

__all__ = ["MappingProblems", "Reading", "Spoke", "Trace", "Unmapped", "Writing", "cannot_cross", "load"]
