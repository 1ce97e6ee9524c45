"""Makes bots usable as a library: no database, no configuration of its installer, no log. In the environment of bots only."""

import codecs
import logging
import sys
from pathlib import Path

import django.conf
from django.utils import translation

django.conf.settings.configure(USE_I18N=False)

# bots was written for a Django that still had these names.
for old, new in (("ugettext", "gettext"), ("ugettext_lazy", "gettext_lazy")):
    if not hasattr(translation, old):
        setattr(translation, old, getattr(translation, new))

from bots import botsglobal, botsinit, inmessage, node, outmessage  # noqa: E402

__all__ = ["inmessage", "outmessage", "set_up"]


def set_up(work: Path) -> None:
    """Once, before anything is read; WORK holds the folder usersys with the grammars."""
    sys.path.insert(0, str(work))
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
