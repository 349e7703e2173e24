"""Writes docs/generated: what the code says of itself, in pages people read.

    python -m yichuang.project.generate            write the pages
    python -m yichuang.project.generate --check    exit 1 when a page is not what would be written

Pages: floors.md (which package imports which), clauses.md (rows of the plan → page → test),
states.md (the life of a case), permissions.md (who may do what), openapi.json.
"""

from __future__ import annotations

import ast
import os
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yichuang.project.settings")
django.setup()

from yichuang.project import described  # noqa: E402  (models need Django ready)

CHECKOUT = Path(__file__).resolve().parents[3]
SOURCE = CHECKOUT / "src" / "yichuang"
GENERATED = CHECKOUT / "docs" / "generated"
NOTE = "<!-- Written by `make docs`; changes made here are overwritten. -->\n"
# top to bottom, as the import contract in pyproject.toml states them
FLOORS = (
    ("roof", ("project",)),
    (
        "faces",
        (
            "faces.portal", "faces.window", "faces.desk", "faces.counterparty", "faces.helper",
            "faces.kiosk", "faces.display", "faces.centre", "faces.cockpit", "faces.library",
            "faces.custody", "faces.powers", "faces.api", "faces.operations", "design",
        ),
    ),
    ("accountability", ("oversight",)),
    ("service", ("helpers", "cases", "queue", "licences", "blanks", "documents")),
    ("standing order", ("authority", "workforce", "catalogue")),
    ("ground", ("messages", "accounts", "places", "files", "journal", "clock", "verdict")),
)  # fmt: skip
STATES = {"open": "open", "begun": "begun", "done": "**done**"}


def packages() -> list[str]:
    return [name for _floor, names in FLOORS for name in names]


def package_of(module: str) -> str:
    """The package a module belongs to: "faces.desk" for yichuang.faces.desk.views."""
    parts = module.split(".")[1:]
    if parts[:1] == ["faces"]:
        return ".".join(parts[:2])
    return parts[0] if parts else ""


def imports() -> dict[str, set[str]]:
    """package → the packages it imports, from the code itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        name = package_of(module.removesuffix(".__init__"))
        if name not in packages():
            continue
        found[name] |= {
            package_of(other)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for other in imported(node)
            if other.startswith("yichuang.")
        }
    return {name: others - {name} for name, others in found.items()}


def imported(node: ast.AST) -> list[str]:
    """Full names an import statement brings in; none for other nodes."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def floors() -> str:
    known = imports()
    order = packages()
    rows = [
        "# The floor plan, as the code has it",
        "",
        "Imports go down only; `make lint` refuses anything else (contract in `pyproject.toml`).",
        "",
        "| floor | package | imports |",
        "|---|---|---|",
    ]
    for floor, names in FLOORS:
        for name in names:
            if name in known:
                below = sorted(known[name], key=lambda other: order.index(other))
                told = ", ".join(f"`{other}`" for other in below) or "nothing of ours"
            else:
                told = "not begun"
            rows.append(f"| {floor} | `{name}` | {told} |")
    return "\n".join(rows) + "\n"


def clause_rows() -> list[dict[str, str]]:
    """docs/clauses.toml: id, says, state ("open", "begun", "done"), page, test."""
    with (CHECKOUT / "docs" / "clauses.toml").open("rb") as file:
        rows: list[dict[str, str]] = tomllib.load(file)["clause"]
    return rows


def clauses() -> str:
    rows = clause_rows()
    done = sum(row["state"] == "done" for row in rows)
    begun = sum(row["state"] == "begun" for row in rows)
    lines = [
        "# The plan, clause by clause",
        "",
        f"{len(rows)} rows: {done} done, {begun} begun, {len(rows) - done - begun} open. "
        "Done means: a person can do it in a browser on the county pack, and a test "
        "walks it. Kept in `docs/clauses.toml`.",
        "",
        "| id | the plan says | state | page | test |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        page = f"`{row['page']}`" if row["page"] else ""
        test = f"`{row['test']}`" if row["test"] else ""
        lines.append(f"| {row['id']} | {row['says']} | {STATES[row['state']]} | {page} | {test} |")
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "floors.md": floors,
    "clauses.md": clauses,
    "states.md": described.states,
    "permissions.md": described.permissions,
    "openapi.json": described.openapi,
}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m yichuang.project.generate [--check]\n")
        return 2
    stale = []
    for name, write in PAGES.items():
        path = GENERATED / name
        wanted = NOTE + "\n" + write() if name.endswith(".md") else write()
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(name)
        if not arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
    if arguments and stale:
        told = ", ".join(f"docs/generated/{name}" for name in stale)
        sys.stderr.write(f"Not up to date: {told}. Run `make docs` and commit the result.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
