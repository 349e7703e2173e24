"""Imports go down only, every package says what it is, and models join packages by class.

The import contract was seen to fail on `from yichuang.cases import lifecycle` in clock/rules.py
(layers), on window importing desk (faces), and on a new package folder (exhaustive).
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models.fields.related import RelatedField

from tests.architecture import code

RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


@pytest.mark.one_database
def test_import_contract_is_kept():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=code.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_contract_ignores_nothing():
    text = (code.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "ignore_imports" not in text
    assert text.count("exhaustive = true") == 2


def rooms():
    folders = [path for path in code.SOURCE.iterdir() if path.is_dir()]
    folders += [path for path in (code.SOURCE / "faces").iterdir() if path.is_dir()]
    return sorted(path for path in folders if path.name != "__pycache__")


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(code.SOURCE)))
def test_every_package_says_what_it_decides(room):
    """Seen to fail with one README removed, and with one of two lines."""
    readme = room / "README.md"
    assert readme.is_file(), f"{room.name} has no README.md"
    lines = readme.read_text(encoding="utf-8").strip().splitlines()
    assert 5 <= len(lines) <= 40, f"{room.name}/README.md has {len(lines)} lines"


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(code.SOURCE)))
def test_a_package_not_begun_holds_only_its_readme(room):
    """No stub code: a room is empty but for its README, or it is a package."""
    python = [path for path in room.rglob("*.py") if "__pycache__" not in path.parts]
    if not python:
        assert "not begun" in (room / "README.md").read_text(encoding="utf-8")
    else:
        assert (room / "__init__.py").is_file()


def string_relations(path, module):
    """Relations declared by a string that names another app ("cases.Case")."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or code.name_of(node.func).split(".")[-1] not in (
            RELATIONS
        ):
            continue
        targets = node.args[:1] + [pair.value for pair in node.keywords if pair.arg == "to"]
        for target in targets:
            if isinstance(target, ast.Constant) and "." in str(target.value):
                yield f"{code.place(path, node)}: {target.value!r} is named by string"
            if code.name_of(target) == "settings.AUTH_USER_MODEL":
                yield f"{code.place(path, node)}: the user model is named by a setting"


def test_relations_name_classes():
    found = [fault for path in code.modules() for fault in string_relations(path, code.tree(path))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        'x = models.ForeignKey("cases.Case", on_delete=CASCADE)',
        'x = ForeignKey(to="cases.Case")',
        "x = models.OneToOneField(settings.AUTH_USER_MODEL)",
    ],
)
def test_string_relation_is_found(text):
    assert list(string_relations(Path("models.py"), ast.parse(text)))


def test_a_model_may_name_itself():
    assert not list(string_relations(Path("m.py"), ast.parse('x = ForeignKey("self")')))


def our_models():
    return [model for model in apps.get_models() if model.__module__.startswith("yichuang.")]


def open_accessors(models):
    """Relations that cross packages and still leave a way back up."""
    for model in models:
        for field in model._meta.get_fields():
            if not isinstance(field, RelatedField) or field.model is not model:
                continue
            other = field.related_model
            crosses = other._meta.app_label != model._meta.app_label
            ours = other.__module__.startswith("yichuang.")
            if crosses and ours and not field.remote_field.hidden:
                yield f"{model._meta.label}.{field.name} → {other._meta.label}"


def test_no_way_back_up_across_packages():
    """Seen to fail with one related_name="+" removed."""
    assert list(open_accessors(our_models())) == []


def test_models_have_chinese_names():
    """Seen to fail with one Meta.verbose_name removed."""
    bare = [
        model._meta.label
        for model in our_models()
        if not any("\u4e00" <= sign <= "\u9fff" for sign in str(model._meta.verbose_name))
    ]
    assert bare == []
