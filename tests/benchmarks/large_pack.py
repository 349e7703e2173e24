"""A county pack with very many items, made from a real one: each item many times, under new codes
and names, with its questions, situations, guide and facts. Chains and lists of outlets stay."""

import csv
import itertools
import shutil
from pathlib import Path

NUMERALS = "一二三四五六七八九十百千"


def write(source, folder, items):
    """Copy the pack in `source` to `folder` and fill it up to so many items; the folder."""
    folder = Path(shutil.copytree(source, folder))
    head, rows = _read(folder / "items.csv")
    copies = list(
        itertools.islice(
            ((row["code"], number) for number in itertools.count(1) for row in rows),
            max(0, items - len(rows)),
        )
    )
    by_code = {row["code"]: row for row in rows}
    made = []
    for code, number in copies:
        row = by_code[code]
        mark = _numeral(number)
        aliases = [f"{mark}{alias}" for alias in row["aliases"].split(";") if alias]
        made.append(
            row
            | {
                "code": f"{code}-{number}",
                "name": f"{mark}{row['name']}",
                "name_en": f"{row['name_en']} no. {number}",
                "chains": "",
                "aliases": ";".join(aliases),
            }
        )
    _write(folder / "items.csv", head, [*rows, *made])
    for file in ("authority", "questions", "situations", "guides", "item_facts"):
        path = folder / f"{file}.csv"
        if path.exists():
            head, rows = _read(path)
            of = {}
            for row in rows:
                of.setdefault(row["item_code"], []).append(row)
            more = [
                row | {"item_code": f"{code}-{number}"}
                for code, number in copies
                for row in of.get(code, ())
            ]
            _write(path, head, [*rows, *more])
    return folder


def _numeral(number):
    """A short mark of Chinese numerals, different for each number."""
    mark = ""
    while number:
        number, place = divmod(number, len(NUMERALS))
        mark = NUMERALS[place] + mark
    return mark


def _read(path):
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        return reader.fieldnames, list(reader)


def _write(path, head, rows):
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, head, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
