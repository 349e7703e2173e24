"""Texts in two languages: compile the catalogues, add new texts to them, and check them.

A package keeps its English in `<package>/locale/en/LC_MESSAGES/django.po`; the msgid is the Chinese
itself. Compiling and extracting use Babel and Django's own template lexer, so no gettext program
is needed. From the command line: `python -m yichuang.project.texts compile|add|check`.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import DebugLexer, TokenType
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parents[1]
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
TEMPLATES = (".html", ".txt")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
HAN = re.compile(r"[\u4e00-\u9fff]")
# Above an entry: the Chinese comes from stored data (a holiday's name), so no code mentions it.
FROM_DATA = "from data"
# a language is named in itself, whatever the page's language
UNTRANSLATED = ("中文",)


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One text where it is used. `msgid` is the Chinese, or (singular, plural)."""

    path: Path
    line: int
    msgid: str | tuple[str, ...]
    context: str | None = None


def packages(source: Path = SOURCE) -> list[Path]:
    """Every folder that keeps its own catalogue: the packages, each face, and the roof."""
    rooms = [room for room in source.iterdir() if (room / "__init__.py").exists()]
    faces = source / "faces"
    if faces.is_dir():
        rooms += [face for face in faces.iterdir() if (face / "__init__.py").exists()]
    return sorted(room for room in rooms if room != faces)


def catalogue_of(package: Path) -> Path:
    return package / "locale" / "en" / "LC_MESSAGES" / "django.po"


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en", domain="django", abort_invalid=True)


def replace(path: Path, content: bytes) -> None:
    """Write whole or not at all: several processes may compile at once."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def compile_all(source: Path = SOURCE) -> int:
    """Compile each catalogue that is newer than its compiled form; how many were."""
    done = 0
    for po in sorted(source.rglob("locale/*/LC_MESSAGES/django.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        compiled = io.BytesIO()
        write_mo(compiled, read(po))
        replace(mo, compiled.getvalue())
        done += 1
    return done


def used_in(package: Path) -> list[Use]:
    """Every text a package's code and templates hand to gettext, in order of place."""
    uses: list[Use] = []
    for path in sorted(package.rglob("*")):
        if path.suffix == ".py":
            code = path.read_text(encoding="utf-8")
        elif path.suffix in TEMPLATES and "templates" in path.parts:
            # the lexer's output keeps the page's indentation, which Python's tokenizer minds
            code = "\n".join(
                line.lstrip()
                for line in templatize(path.read_text(encoding="utf-8"), origin=str(path)).split(
                    "\n"
                )
            )
        else:
            continue
        found = extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS)
        for line, msgid, _comments, context in found:
            if msgid and (msgid if isinstance(msgid, str) else msgid[0]):
                uses.append(Use(path, line, msgid, context))
    return uses


def unwrapped_in(package: Path) -> Iterator[tuple[Path, int, str]]:
    """Chinese that a template shows without handing it to gettext: path, line, text."""
    for path in sorted(package.rglob("templates/**/*.html")):
        inside = ""
        for token in DebugLexer(path.read_text(encoding="utf-8")).tokenize():
            tag = token.contents.split()[0] if token.contents.split() else ""
            if token.token_type == TokenType.BLOCK:
                if tag in ("blocktranslate", "blocktrans", "comment"):
                    inside = tag
                elif tag == f"end{inside}":
                    inside = ""
            elif token.token_type == TokenType.TEXT and not inside:
                shown = re.sub(r"<!--.*?-->", blank, token.contents, flags=re.DOTALL)
                for part in re.finditer(r"[^<>\"\n]*[\u4e00-\u9fff][^<>\"\n]*", shown):
                    if part[0].strip() not in UNTRANSLATED:
                        line = token.lineno + shown.count("\n", 0, part.start())
                        yield path, line, part[0].strip()


def blank(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n")


def singular(msgid: str | tuple[str, ...]) -> str:
    return msgid if isinstance(msgid, str) else msgid[0]


def is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


def placeholders(text: str | tuple[str, ...]) -> set[str]:
    parts = text if isinstance(text, tuple) else (text,)
    return {name for part in parts for name in PLACEHOLDER.findall(part)}


def check(source: Path = SOURCE) -> list[str]:
    """What is wrong with the texts, one sentence each; empty when all is well.

    Every text used has English in its package's catalogue or another's; each translation has the
    placeholders of its text; no catalogue holds a text nobody uses (unless marked `#. from data`);
    no template shows bare Chinese.
    """
    faults: list[str] = []
    rooms = packages(source)
    catalogues = {room: read(catalogue_of(room)) for room in rooms if catalogue_of(room).exists()}
    uses = [use for room in rooms for use in used_in(room)]
    used = {(singular(use.msgid), use.context) for use in uses}
    for use in sorted(uses, key=lambda use: (use.path, use.line)):
        key = singular(use.msgid)
        if not HAN.search(key):
            continue  # a bare number or an abbreviation reads the same in English
        if not any(is_translated(each.get(key, use.context)) for each in catalogues.values()):
            place = f"{use.path.relative_to(source)}:{use.line}"
            faults.append(f"{place}: no English for {key!r}")
    for room, catalogue in catalogues.items():
        name = catalogue_of(room).relative_to(source)
        for message in catalogue:
            key = singular(message.id)
            if not key:
                continue
            if (key, message.context) not in used and FROM_DATA not in message.auto_comments:
                faults.append(f"{name}: nobody uses {key!r}")
            elif is_translated(message) and placeholders(message.id) != placeholders(
                message.string
            ):
                faults.append(f"{name}: the placeholders differ in {key!r}")
    for room in rooms:
        for path, line, text in unwrapped_in(room):
            place = f"{path.relative_to(source)}:{line}"
            faults.append(f"{place}: Chinese outside {{% translate %}}: {text!r}")
    return faults


def add_missing(source: Path = SOURCE) -> int:
    """Add each new text, untranslated, to its package's catalogue; how many were added."""
    rooms = packages(source)
    known = {
        room: read(catalogue_of(room)) if catalogue_of(room).exists() else empty() for room in rooms
    }
    added = 0
    for room in rooms:
        fresh = [
            use
            for use in used_in(room)
            if HAN.search(singular(use.msgid))
            and not any(each.get(singular(use.msgid), use.context) for each in known.values())
        ]
        for use in fresh:
            place = (str(use.path.relative_to(source)), use.line)
            known[room].add(use.msgid, locations=[place], context=use.context)
        added += len(fresh)
        if fresh:
            path = catalogue_of(room)
            path.parent.mkdir(parents=True, exist_ok=True)
            written = io.BytesIO()
            write_po(written, known[room], width=100, include_lineno=False)
            replace(path, written.getvalue())
    return added


def empty() -> Catalog:
    return Catalog(locale="en", domain="django", project="yichuang", fuzzy=False, charset="utf-8")


def main(arguments: list[str]) -> int:
    verb = arguments[0] if len(arguments) == 1 else ""
    if verb == "compile":
        sys.stdout.write(f"{compile_all()} catalogues compiled.\n")
        return 0
    if verb == "add":
        sys.stdout.write(f"{add_missing()} texts added; now write their English.\n")
        return 0
    if verb == "check":
        faults = check()
        sys.stdout.writelines(f"{fault}\n" for fault in faults)
        return 1 if faults else 0
    sys.stderr.write("usage: python -m yichuang.project.texts compile|add|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
