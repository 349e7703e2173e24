"""The sketch of the way: everything inside the drawing, north up, nothing guessed."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from yichuang.faces.window.county_map import HEIGHT, WIDTH, sketch

DEGREES = st.tuples(
    st.floats(117, 119, allow_nan=False).map(lambda v: round(v, 5)),
    st.floats(36, 38, allow_nan=False).map(lambda v: round(v, 5)),
)


def spot(name, point):
    return SimpleNamespace(name=name, short_name=name, lng=point[0], lat=point[1])


@given(st.lists(DEGREES, max_size=9), DEGREES, DEGREES)
def test_every_dot_lies_in_the_drawing_and_north_is_up(towns, here, target):
    drawn = sketch(
        [spot(f"镇{n}", t) for n, t in enumerate(towns)], spot("这", here), spot("那", target)
    )
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in drawn.dots)
    ours = {dot.kind: dot for dot in drawn.dots}
    if here[1] > target[1]:
        assert ours["here"].y <= ours["target"].y
    assert drawn.km >= 0


def test_where_nobody_knows_the_point_there_is_no_sketch():
    nowhere = spot("厅", (None, None))
    assert sketch([], spot("这", (118.0, 37.0)), nowhere) is None
    assert sketch([], nowhere, spot("这", (118.0, 37.0))).km is None
