"""A sketch of the county as dots, drawn by the server: no tiles, no foreign host."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yichuang.places.queries import DivisionSheet, OutletSheet
from yichuang.places.rules import distance_km

WIDTH, HEIGHT, EDGE = 340, 260, 34  # the drawing's own units
WORD, LINE = 50, 14  # the room that a town's name takes
HERE, TARGET, TOWN = "here", "target", "town"


@dataclass(frozen=True, slots=True)
class Dot:
    """One place on the sketch. kind: here | target | town. x, y: from the upper left corner.
    above: its name stands over the dot, where another name stands under it."""

    kind: str
    name: str
    x: float
    y: float
    above: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """The dots, and how far the target is as the crow flies (None: nobody knows where it is)."""

    dots: tuple[Dot, ...]
    km: float | None


def sketch(towns: Iterable[DivisionSheet], here: OutletSheet, target: OutletSheet) -> Sketch | None:
    """The towns, where we are and where to go; None where the target has no point."""
    if target.lng is None or target.lat is None:
        return None
    spots = [(TOWN, t.short_name, t.lng, t.lat) for t in towns]
    spots.append((HERE, here.name, here.lng, here.lat))
    spots.append((TARGET, target.name, target.lng, target.lat))
    known = [(k, n, x, y) for k, n, x, y in spots if x is not None and y is not None]
    marked = {(x, y) for k, _n, x, y in known if k != TOWN}
    placed = [one for one in known if one[0] != TOWN or one[2:] not in marked]
    return Sketch(tuple(_dots(placed)), _km(here, target))


def _dots(spots: Sequence[tuple[str, str, float, float]]) -> Iterable[Dot]:
    """Degrees to drawing units, one scale for both directions, north up."""
    shrink = math.cos(math.radians(spots[0][3]))
    xs = [lng * shrink for _k, _n, lng, _lat in spots]
    ys = [lat for _k, _n, _lng, lat in spots]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    scale = min(
        (WIDTH - 2 * EDGE) / wide if wide else math.inf,
        (HEIGHT - 2 * EDGE) / high if high else math.inf,
    )
    scale = 0 if math.isinf(scale) else scale
    left = (WIDTH - wide * scale) / 2
    top = (HEIGHT - high * scale) / 2
    names: list[tuple[float, float]] = []  # where a name stands under its dot
    for (kind, name, _lng, lat), x in zip(spots, xs, strict=True):
        at = (round(left + (x - min(xs)) * scale, 1), round(top + (max(ys) - lat) * scale, 1))
        crowded = any(abs(at[0] - a) < WORD and abs(at[1] - b) < LINE for a, b in names)
        above = kind != TOWN or crowded
        if not above:
            names.append(at)
        yield Dot(kind, name, *at, above)


def _km(here: OutletSheet, target: OutletSheet) -> float | None:
    if here.lng is None or here.lat is None or target.lng is None or target.lat is None:
        return None
    return distance_km(here.lng, here.lat, target.lng, target.lat)
