"""Runs in the environment of bots: lexes, parses and validates FILE, and prints seconds and peak memory as JSON. Arguments: WORK WARM FILE."""

import codecs
import json
import logging
import sys
import time
from pathlib import Path

work, warm, file = map(Path, sys.argv[1:4])
sys.path.insert(0, str(work))

import django.conf  # noqa: E402
from django.utils import translation  # noqa: E402

django.conf.settings.configure(USE_I18N=False)

# bots was written for a Django that still had these names.
for old, new in (("ugettext", "gettext"), ("ugettext_lazy", "gettext_lazy")):
    if not hasattr(translation, old):
        setattr(translation, old, getattr(translation, new))

from bots import botsglobal, botsinit, inmessage, node  # noqa: E402

botsglobal.logger = logging.getLogger("bots")
botsglobal.logmap = logging.getLogger("bots.map")
botsglobal.logger.setLevel(logging.CRITICAL)
botsglobal.logmap.setLevel(logging.CRITICAL)


botsglobal.ini = botsinit.BotsConfig()
for section, key, value in (
    ("directories", "config", str(work)),
    ("directories", "usersysabs", str(work / "usersys")),
    ("directories", "botspath", str(Path(inmessage.__file__).parent)),
    ("settings", "debug", "False"),
    ("settings", "max_number_errors", "10"),
):
    if not botsglobal.ini.has_section(section):
        botsglobal.ini.add_section(section)
    botsglobal.ini.set(section, key, value)
node.Node.checklevel = 1
botsglobal.usersysimportpath = "usersys"
# Its own character tables of UNOA and UNOC lie among configuration files that only its installer puts in place.
codecs.register(lambda name: codecs.lookup("latin-1") if name.lower() in ("unoa", "unob", "unoc") else None)


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
