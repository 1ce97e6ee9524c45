"""Runs in the environment of bots: lexes, parses and validates FILE, and prints seconds and peak memory as JSON. Arguments: WORK WARM FILE."""

import json
import sys
import time
from pathlib import Path

from bots_setup import inmessage, set_up

work, warm, file = map(Path, sys.argv[1:4])
set_up(work)


def parse(path):
    return inmessage.parse_edi_file(editype="edifact", messagetype="edifact", filename=str(path))


parse(warm)
start = time.perf_counter()
found = parse(file)
seconds = time.perf_counter() - start
peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
print(
    json.dumps(
        {"seconds": seconds, "peak": peak, "errors": [str(each)[:300] for each in found.errorlist[:3]], "fatal": bool(found.errorfatal)}
    )
)
