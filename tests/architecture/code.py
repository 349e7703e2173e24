"""Reads our own source for the tests beside it: no import, only text and syntax."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "yichuang"
# where reading the clock is allowed: only faces and the roof know what time it is
KNOW_THE_TIME = ("faces", "project")


@cache
def modules(source: Path = SOURCE) -> tuple[Path, ...]:
    return tuple(sorted(path for path in source.rglob("*.py") if "migrations" not in path.parts))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(node: ast.AST) -> str:
    """Dotted name of a Name or Attribute chain; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = name_of(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def place(path: Path, node: ast.AST) -> str:
    known = path.relative_to(SOURCE) if path.is_relative_to(SOURCE) else path.name
    return f"{known}:{getattr(node, 'lineno', 1)}"


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def project_files() -> list[Path]:
    """What a clone has, or would have: tracked files and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:  # an unpacked archive: no git, so take what git would have ignored out
        apart = {".venv", ".hypothesis", "var", "dist", "node_modules", "__pycache__"}
        return sorted(
            path
            for path in ROOT.rglob("*")
            if path.is_file()
            and not apart.intersection(path.relative_to(ROOT).parts)
            and not any(part.endswith("_cache") for part in path.relative_to(ROOT).parts)
        )
    names = {name.decode() for name in listed.stdout.split(b"\0") if name}
    return sorted(ROOT / name for name in names if (ROOT / name).is_file())
