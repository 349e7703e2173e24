"""How a demonstration seal is drawn: size, ring of letters, middle. Pure.

Measurements: 国发〔1999〕25号 (a county government's seal 4.5 cm, a township's 4.2 cm, bureaus' and
institutions' at most 4.5 cm, round, a five-point star in the middle, the lawful name running round
from left to right; a seal for one purpose must differ from the main seal in name and form). For a
subdistrict office the rule names no size, so it is drawn like a township's. The county government's
state emblem is never drawn: the word 演示 stands in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yichuang.documents.rules import MAIN

COUNTY, TOWN = "county_government", ("town_government", "subdistrict_office")
STAR, WORD = "star", "word"
_MARK = re.compile(r"[（(]演示[）)]$")
_NUMBER = re.compile(r"[（(](\d{1,4})[）)]$")
_PURPOSE = re.compile(
    r"(?P<organ>.{2,}?)(?P<purpose>(?:行政许可受理|行政审批业务|行政审批|业务)?专用章)"
)


@dataclass(frozen=True, slots=True)
class SealFace:
    """What a drawing shows. diameter: mm. ring: the letters round the edge. middle: "star", or "word"
    where a real one has the emblem. line: set straight under the middle ("" for a main seal), with
    the number below it. name: the register's, for the line of words that names the seal.
    """

    name: str
    ring: str
    line: str
    number: str
    diameter: int
    middle: str


def seal_face(*, name: str, number: str, kind: str, organ_kind: str) -> SealFace:
    """The face of a seal from its row in the register and the kind of its organ (places.Organ.kind)."""
    words = _MARK.sub("", name.strip())
    cut = _NUMBER.search(words)
    words = _NUMBER.sub("", words)
    found = _PURPOSE.fullmatch(words) if kind != MAIN else None
    county = organ_kind == COUNTY and kind == MAIN
    return SealFace(
        name=name,
        ring=found["organ"] if found else words,
        line=found["purpose"] if found else "",
        number=number or (cut[1] if cut else ""),
        diameter=45 if organ_kind == COUNTY else 42 if organ_kind in TOWN else 40,
        middle=WORD if county else STAR,
    )
