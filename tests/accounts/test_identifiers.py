"""Resident numbers, credit codes and phone numbers: the vectors, and every single slip."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from yichuang.accounts import identifiers
from yichuang.verdict import Refusal

with (Path(__file__).parent / "id_vectors.csv").open(encoding="utf-8", newline="") as _file:
    VECTORS = list(csv.DictReader(_file))
READERS = {
    "resident_id": (identifiers.resident_number, "identity-number-invalid"),
    "uscc": (identifiers.credit_code, "credit-code-invalid"),
}
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@st.composite
def resident_numbers(draw):
    # births of 1880–1899, so that no living person's number is ever made
    region = draw(st.sampled_from(["370321", "370303", "110105", "810000", "830000"]))
    born = date(1880, 1, 1) + timedelta(draw(st.integers(0, 7304)))
    body = f"{region}{born:%Y%m%d}{draw(st.integers(1, 999)):03d}"
    return body + ric.calc_check_digit(body + "0")


@st.composite
def credit_codes(draw):
    prefix = draw(st.sampled_from(["91", "92", "93", "11", "12", "52", "54", "N2", "N3", "Y1"]))
    serial = draw(st.text(ALPHABET, min_size=8, max_size=8))
    body = f"{prefix}370321{serial}{identifiers.organisation_check(serial)}"
    return body + uscc.calc_check_digit(body)


def refused(read, text):
    with pytest.raises(Refusal) as caught:
        read(text)
    assert caught.value.message and caught.value.remedy
    return caught.value


def test_the_vectors_are_all_here():
    assert [sum(row["kind"] == kind for row in VECTORS) for kind in READERS] == [37, 80]


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['kind']}:{row['value']}")
def test_vector(row):
    read, code = READERS[row["kind"]]
    if row["accept"] == "1":
        read(row["value"])
    else:
        assert refused(read, row["value"]).code == code


def test_what_a_resident_number_says():
    found = identifiers.resident_number("370321189602290038")
    assert (found.birth, found.sex, found.region) == (date(1896, 2, 29), "male", "370321")
    assert identifiers.resident_number("370321189912310022").sex == "female"
    assert "1896" not in repr(found)


@given(resident_numbers(), st.data())
def test_any_single_digit_changed_in_a_resident_number_is_refused(number, data):
    at = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from("0123456789X" if at == 17 else "0123456789"))
    assume(other != number[at])
    refused(identifiers.resident_number, number[:at] + other + number[at + 1 :])


@given(resident_numbers(), st.integers(0, 16))
def test_two_neighbours_swapped_in_a_resident_number_are_refused(number, at):
    assume(number[at] != number[at + 1])
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    refused(identifiers.resident_number, swapped)


@given(credit_codes(), st.data())
def test_any_single_character_changed_in_a_credit_code_is_refused(code, data):
    at = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from(ALPHABET))
    assume(other != code[at])
    assert identifiers.credit_code(code) == code
    refused(identifiers.credit_code, code[:at] + other + code[at + 1 :])


@given(credit_codes(), st.integers(0, 16))
def test_two_neighbours_swapped_in_a_credit_code_are_refused(code, at):
    assume(code[at] != code[at + 1])
    refused(identifiers.credit_code, code[:at] + code[at + 1] + code[at] + code[at + 2 :])


@given(resident_numbers())
def test_full_width_spaces_and_a_small_x_are_put_right(number):
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    for typed in (
        number.lower(),
        wide,
        wide.lower(),
        f" {number[:6]}　{number[6:14]}\t{number[14:]}\n",
    ):
        assert identifiers.resident_number(typed).number == number


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "没有填写"),
        ("370321800101001", "15位"),
        ("37032118800101001", "17位"),
        ("37032118800101001O", "前17位应是数字"),
        ("37032118800101００X6", "前17位应是数字"),
        ("990426199112010074", "前两位"),
        ("370321189902290013", "出生日期"),
        ("370321219912310019", "出生日期"),
        ("370321188001010036", "校验位"),
        ("37032118800101001\N{SUPERSCRIPT ONE}", "校验位"),
        ("370321188001010\N{ARABIC-INDIC DIGIT ZERO}16", "前17位应是数字"),
    ],
)
def test_the_refusal_says_what_is_wrong_and_never_repeats_the_number(text, part):
    refusal = refused(identifiers.resident_number, text)
    assert part in refusal.message
    assert not text or text not in f"{refusal} {refusal.detail}"
    assert refusal.field == "identity_number"


def test_the_old_number_is_refused_with_the_way_out():
    refusal = refused(identifiers.resident_number, "370321800101001")
    assert "18位" in refusal.remedy and "派出所" in refusal.remedy
    assert "第二十三条" in refusal.basis


def test_a_birth_after_the_day_it_is_given_is_refused():
    born = "370321189912310022"
    assert identifiers.resident_number(born, on=date(1899, 12, 31)).birth == date(1899, 12, 31)
    with pytest.raises(Refusal, match="今天之后"):
        identifiers.resident_number(born, on=date(1899, 12, 30))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "没有填写"),
        ("12345", "5位"),
        ("9111000060003IOZSV", "I、O、S、V、Z"),
        ("A1110000600037341L", "校验位"),
        ("Q1370321MF00000H4W", "第1位"),
        ("913703A1MF00000H4W", "第3至8位"),
        ("91370321MF00000H0G", "组织机构代码"),
    ],
)
def test_the_refusal_of_a_credit_code_says_which_part(text, part):
    assert part in refused(identifiers.credit_code, text).message


@pytest.mark.parametrize(
    "text",
    [
        "13800000000",
        "+86 138-0000-0000",
        "0086 13800000000",
        "１３８００００００００",
        "138 0000 0000",
    ],
)
def test_phone_numbers_are_normalised(text):
    assert identifiers.phone_number(text) == "13800000000"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "没有填写"),
        ("1380000000", "10位"),
        ("12800000000", "开头"),
        ("1380000000a", "只能有数字"),
    ],
)
def test_bad_phone_numbers_are_refused(text, part):
    refusal = refused(identifiers.phone_number, text)
    assert refusal.code == "phone-number-invalid"
    assert part in refusal.message


def test_marks_that_telephones_copy_along_do_no_harm():
    """Address books and certificates wrap numbers in U+202D … U+202C; pages begin with U+FEFF."""
    assert identifiers.phone_number("\u202d+86 138-0000-0000\u202c") == "13800000000"
    number = "11010518800101001"
    number += ric.calc_check_digit(number + "0")
    assert identifiers.resident_number(f"\ufeff{number}\u200b").number == number
