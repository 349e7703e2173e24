"""What the twelve digits of a division code say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.places.codes import DivisionCode, division_code
from yichuang.verdict import Refusal


@pytest.mark.parametrize(
    ("code", "level", "kind", "parent"),
    [
        ("370000000000", "province", "province", ""),
        ("370300000000", "city", "city", "370000000000"),
        ("370321000000", "county", "county", "370300000000"),
        ("370321001000", "town", "subdistrict", "370321000000"),
        ("370321105000", "town", "town", "370321000000"),
        ("370321205000", "town", "township", "370321000000"),
        ("370321405000", "town", "quasi_town", "370321000000"),
        ("370321105001", "village", "residents_committee", "370321105000"),
        ("370321105199", "village", "residents_committee", "370321105000"),
        ("370321105200", "village", "village_committee", "370321105000"),
        ("370321105498", "village", "quasi_village", "370321105000"),
        ("441900003000", "town", "subdistrict", "441900000000"),
        ("441900003001", "village", "residents_committee", "441900003000"),
    ],
)
def test_level_kind_and_parent(code, level, kind, parent):
    assert division_code(code) == DivisionCode(code, level, kind, parent)


def test_full_width_digits_and_spaces_are_put_right():
    assert division_code(" ３７０３２１ 105 201 ").code == "370321105201"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "12位"),
        ("370321", "12位"),
        ("37032110520A", "12位"),
        ("3703211052010", "12位"),
        ("990321105201", "省份"),
        ("370321000201", "乡镇"),
        ("370000105201", "缺少"),
        ("370000105000", "市的代码"),
        ("370021000000", "市的代码"),
        ("370321605000", "605"),
        ("370321105600", "600"),
    ],
)
def test_malformed_codes_are_refused_with_what_is_wrong(text, part):
    with pytest.raises(Refusal) as refused:
        division_code(text)
    assert refused.value.code == "division-code-invalid"
    assert part in refused.value.message
    assert refused.value.remedy


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 599), st.integers(0, 599))
def test_every_parent_is_itself_a_code_one_level_or_more_up(city, county, town, village):
    text = f"37{city:02d}{county:02d}{town:03d}{village:03d}"
    try:
        found = division_code(text)
    except Refusal:
        return
    levels = ["province", "city", "county", "town", "village"]
    if found.parent:
        assert levels.index(division_code(found.parent).level) < levels.index(found.level)
    else:
        assert found.level == "province"
