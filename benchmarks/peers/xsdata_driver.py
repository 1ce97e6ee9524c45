"""Runs in the environment of xsdata: parses and writes FILE COUNT times with bindings from WORK, prints seconds a document. Arguments: WORK FILE COUNT."""

import sys
import time
from pathlib import Path

work, file, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
sys.path.insert(0, str(work))

from bindings import Invoice  # noqa: E402
from xsdata.formats.dataclass.context import XmlContext  # noqa: E402
from xsdata.formats.dataclass.parsers import XmlParser  # noqa: E402
from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler  # noqa: E402
from xsdata.formats.dataclass.serializers import XmlSerializer  # noqa: E402

context = XmlContext()
parser, serializer = XmlParser(context=context, handler=LxmlEventHandler), XmlSerializer(context=context)
data = file.read_bytes()


def once():
    return serializer.render(parser.from_bytes(data, Invoice))


lines = len(parser.from_bytes(data, Invoice).invoice_line)
once()
start = time.perf_counter()
for _ in range(count):
    once()
print((time.perf_counter() - start) / count, lines)
