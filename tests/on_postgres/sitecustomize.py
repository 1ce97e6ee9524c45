"""Loaded by every Python program that tests start in a run with `--store postgresql`: stores lie where `place` says."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path


class _Dialect(importlib.abc.MetaPathFinder):
    """Changes `edi.store.dialect` when it is imported, and loads nothing before: most programs never open a store."""

    def find_spec(self, name, path, target=None):
        if name != "edi.store.dialect":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            module.sqlite_url = _place().url_of

        spec.loader.exec_module = exec_module
        return spec


def _place():
    """The module beside this one; worker processes are given another search path."""
    spec = importlib.util.spec_from_file_location("edi_test_place", Path(__file__).with_name("place.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if "EDI_TEST_POSTGRES" in os.environ:
    sys.meta_path.insert(0, _Dialect())
