"""Generated pages are what would be written now, and the clause table tells the truth."""

import re

import pytest

from yichuang.project import generate

pytestmark = pytest.mark.one_database


def test_pages_are_up_to_date(capsys):
    """Seen to fail with one row of docs/generated/floors.md changed."""
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_page_is_named(monkeypatch, capsys):
    monkeypatch.setitem(generate.PAGES, "floors.md", lambda: "another\n")
    assert generate.main(["--check"]) == 1
    assert "docs/generated/floors.md" in capsys.readouterr().err


def test_every_package_has_a_floor():
    code = {
        generate.package_of(".".join(path.relative_to(generate.SOURCE.parent).parts[:-1]))
        for path in generate.SOURCE.rglob("__init__.py")
    }
    assert code - {"", "faces"} <= set(generate.packages())


@pytest.mark.parametrize("row", generate.clause_rows(), ids=lambda row: row["id"])
def test_a_clause_that_is_done_has_page_and_test(row):
    """Seen to fail with a row set to done without a test, and with a test that does not exist."""
    assert row["state"] in generate.STATES
    assert row["says"]
    if row["state"] == "done":
        assert row["page"]
        assert row["test"]
    if row["test"]:
        path, _, name = row["test"].partition("::")
        text = (generate.CHECKOUT / path).read_text(encoding="utf-8")
        assert re.search(rf"def {re.escape(name)}\b", text)


def test_clause_ids_are_unique():
    ids = [row["id"] for row in generate.clause_rows()]
    assert len(ids) == len(set(ids)) == 47
