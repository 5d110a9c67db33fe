"""The parts of scripts/torture, for other scripts: `from torture_parts import torture`."""

import importlib.machinery
import importlib.util
import os


def _load():
    path = os.path.dirname(os.path.abspath(__file__)) + "/torture"
    loader = importlib.machinery.SourceFileLoader("torture", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("torture", loader))
    loader.exec_module(module)
    return module


torture = _load()
