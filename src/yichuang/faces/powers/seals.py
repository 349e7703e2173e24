"""The seals that can be entrusted: numbered ones (the county's plan, 二(一)3), as documents keeps
them."""

from __future__ import annotations

from datetime import date

from yichuang.documents import queries as documents
from yichuang.documents.rules import NUMBERED


def entrustable(on: date) -> dict[str, str]:
    """code → organ of every numbered seal in use on a day. 1 SQL."""
    return {code: organ for organ, kind, code in documents.seals_on(on) if kind == NUMBERED}


def names(organ: str, on: date) -> dict[str, str]:
    """code → name of an organ's numbered seals in use on a day. 1 SQL."""
    found = documents.seals_in_use(organ_code=organ, on=on, kind=NUMBERED)
    return {seal.code: seal.name for seal in found}
