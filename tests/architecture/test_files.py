"""What no file of the project may hold, and what some must."""

import re

import pytest
from django.apps import apps

from tests.architecture import code

BINARY = {".ttf", ".otf", ".woff2", ".png", ".jpg", ".pdf", ".gz", ".ico", ".p12", ".mo", ".webp"}
# Written in pieces, so that this file does not find itself.
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npm" + "js.org", "regis" + "try.npm")
# A path of somebody's own machine helps nobody else; /work is here for the container convention.
PLACES = (re.compile(r"(?<![\w.])/(?:home|Users)/\w+/"), re.compile(r"(?<![\w./])/wor" + r"k/"))
INDEX_OPTION = re.compile(r"^\s*(?:-i|--(?:extra-)?index-url|--find-links)\b", re.MULTILINE)


def texts():
    for path in code.project_files():
        if path.suffix.lower() not in BINARY:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def strangers(name, text):
    """Registry addresses and paths of a workplace in a text."""
    for registry in REGISTRIES:
        if registry in text:
            yield f"{name}: names the registry {registry}"
    for pattern in PLACES:
        found = pattern.search(text)
        if found:
            yield f"{name}: names the place {found[0]}"
    if name.startswith("requirements/") and (INDEX_OPTION.search(text) or "://" in text):
        yield f"{name}: names an index"


def test_no_registry_address_and_no_workplace():
    found = [
        fault
        for path, text in texts()
        for fault in strangers(str(path.relative_to(code.ROOT)), text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "see https://" + "pypi" + ".org/simple"),
        ("a.py", "open('/hom" + "e/somebody/x')"),
        ("a.py", "open('/wor" + "k/main/x')"),
        ("requirements/run.txt", "--index-url x\n"),
    ],
)
def test_strangers_are_found(name, text):
    assert list(strangers(name, text))


COUNTY = re.compile(r"3703(?:21|00)|桓台|马桥|果里|huantai|(?i:淄博)")


def test_no_code_knows_the_county():
    """A county is a folder. Seen to fail with 370321 as a default in places/queries.py."""
    found = [
        f"{path.relative_to(code.SOURCE)}:{number}"
        for path in sorted(code.SOURCE.rglob("*"))
        if path.suffix in (".py", ".html", ".po", ".typ", ".js", ".css")
        and "node_modules" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if COUNTY.search(line)
    ]
    assert found == []


def test_every_model_is_in_the_glossary():
    """Seen to fail with one term taken out of docs/glossary.md."""
    glossary = (code.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    cells = {cell.strip().strip("`") for cell in re.split(r"[|\n]", glossary)}
    missing = [
        f"{model._meta.label}: {model._meta.verbose_name}"
        for model in apps.get_models()
        if model.__module__.startswith("yichuang.") and str(model._meta.verbose_name) not in cells
    ]
    assert missing == []


def test_every_test_file_asserts():
    silent = [
        str(path.relative_to(code.ROOT))
        for path in sorted((code.ROOT / "tests").rglob("test_*.py"))
        if not re.search(r"assert|raises|expect\(|check\(", path.read_text(encoding="utf-8"))
    ]
    assert silent == []
