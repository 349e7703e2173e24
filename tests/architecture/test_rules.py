"""The newcomer's eight rules, as far as reading the source can see them.

Every finder is tried on a sabotaged snippet in `test_each_finder_finds`, so none can pass blindly.
"""

import ast
from pathlib import Path

import pytest

from tests.architecture import code

# The functions that hand out "now" or "today"
CLOCK_READERS = {
    "now": ("timezone", "datetime", "dt"),
    "utcnow": ("datetime",),
    "today": ("date", "datetime", "timezone"),
    "localdate": ("timezone",),
    "localtime": ("timezone",),
    "time": ("time",),
}
CONVERTERS = {"localdate", "localtime"}  # given a moment, they read no clock
UTILS = {"utils", "util", "helpers", "helper", "common", "misc", "lib"}
PURE_MUST_NOT = (
    "django.db", "django.conf", "django.core", "django.http", "django.apps", "django.utils.timezone",
    "os", "time", "random", "secrets", "socket", "requests", "subprocess",
)  # fmt: skip


def imports_inside_functions(path, module):
    for function in code.functions(module):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{code.place(path, node)}: import inside {function.name}()"


def signals(path, module):
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            source = node.module or ""
            if source.endswith(".signals") or (source == "django.dispatch" and names):
                yield f"{code.place(path, node)}: signals ({source})"
            if {"signals", "Signal", "receiver"} & names:
                yield f"{code.place(path, node)}: signals"


def save_overrides(path, module):
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and path.name.startswith("models"):
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name in ("save", "delete"):
                    yield f"{code.place(path, item)}: {node.name}.{item.name}() is overridden"


def clock_readings(path, module):
    inside = path.relative_to(code.SOURCE).parts[0] if path.is_relative_to(code.SOURCE) else ""
    if inside in code.KNOW_THE_TIME or path.stem == "tasks":
        return  # a background task is called by a timer: nobody hands it a moment
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = code.name_of(node.func.value).split(".")[-1]
            converts = node.func.attr in CONVERTERS and node.args
            if owner in CLOCK_READERS.get(node.func.attr, ()) and not converts:
                yield f"{code.place(path, node)}: reads the clock ({owner}.{node.func.attr}())"
        if isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add"):
            yield f"{code.place(path, node.value)}: reads the clock ({node.arg})"
        if isinstance(node, ast.keyword) and node.arg in ("default", "db_default"):
            named = code.name_of(node.value)
            if named in ("timezone.now", "Now", "date.today", "datetime.now"):
                yield f"{code.place(path, node.value)}: reads the clock (default={named})"


def impure_rules(path, module):
    is_rules = path.stem == "rules" or "rules" in path.parent.parts[-1:]
    if not is_rules and path.name not in ("verdict.py", "lifecycle.py"):
        return
    for node in ast.walk(module):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if any(name == bad or name.startswith(f"{bad}.") for bad in PURE_MUST_NOT):
                yield f"{code.place(path, node)}: a rule imports {name}"


def utils_modules(path, module):
    if path.stem in UTILS:
        yield f"{code.place(path, module)}: a module named {path.stem}"


def stubs(path, module):
    for node in ast.walk(module):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if code.name_of(raised) == "NotImplementedError":
                yield f"{code.place(path, node)}: a stub (NotImplementedError)"


def long_files(path, module):
    lines = path.read_text(encoding="utf-8").count("\n")
    head = (ast.get_docstring(module) or "").lower()
    if lines > 500 and "lines because" not in head:
        yield f"{code.place(path, module)}: {lines} lines, and the head does not say why"


FINDERS = (
    imports_inside_functions,
    signals,
    save_overrides,
    clock_readings,
    impure_rules,
    utils_modules,
    stubs,
    long_files,
)


@pytest.mark.parametrize("finder", FINDERS, ids=lambda finder: finder.__name__)
def test_source_keeps_the_rule(finder):
    found = [fault for path in code.modules() for fault in finder(path, code.tree(path))]
    assert found == []


SABOTAGE = [
    (imports_inside_functions, "x.py", "def f():\n    import os\n"),
    (imports_inside_functions, "x.py", "class A:\n    def f(self):\n        from a import b\n"),
    (signals, "x.py", "from django.db.models.signals import post_save\n"),
    (signals, "x.py", "from django.dispatch import receiver\n"),
    (signals, "x.py", "from django.db.models import signals\n"),
    (save_overrides, "models.py", "class A:\n    def save(self):\n        pass\n"),
    (clock_readings, "actions.py", "x = timezone.now()\n"),
    (clock_readings, "actions.py", "x = datetime.date.today()\n"),
    (clock_readings, "actions.py", "x = datetime.now(UTC)\n"),
    (clock_readings, "models.py", "x = models.DateTimeField(auto_now_add=True)\n"),
    (clock_readings, "models.py", "x = models.DateTimeField(default=timezone.now)\n"),
    (clock_readings, "queries.py", "x = timezone.localdate()\n"),
    (impure_rules, "rules.py", "from django.db import models\n"),
    (impure_rules, "rules.py", "from django.conf import settings\n"),
    (impure_rules, "rules.py", "import time\n"),
    (utils_modules, "utils.py", "x = 1\n"),
    (stubs, "x.py", "def f():\n    raise NotImplementedError\n"),
    (long_files, "x.py", '"""A head."""\n' + "x = 1\n" * 501),
]


@pytest.mark.parametrize(("finder", "name", "text"), SABOTAGE)
def test_each_finder_finds(tmp_path, finder, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert list(finder(path, ast.parse(text)))


def test_rules_may_translate(tmp_path: Path):
    text = "from django.utils.translation import gettext as _\n"
    assert not list(impure_rules(tmp_path / "rules.py", ast.parse(text)))


@pytest.mark.parametrize("finder", [clock_readings])
def test_faces_may_read_the_clock(finder):
    module = ast.parse("x = timezone.now()\n")
    assert not list(finder(code.SOURCE / "faces" / "desk" / "views.py", module))
    assert list(finder(code.SOURCE / "cases" / "actions.py", module))
