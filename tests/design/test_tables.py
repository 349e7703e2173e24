"""A table as a file: read back as it was, and never run."""

import csv
import io

import pytest

from yichuang.design.tables import csv_file


def read_back(answer):
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_what_goes_in_comes_out():
    answer = csv_file("甲.csv", ("名称", "数", "有"), [("果里，镇", 3, True), (None, 0, False)])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert read_back(answer) == [["名称", "数", "有"], ["果里，镇", "3", "1"], ["", "0", "0"]]


@pytest.mark.parametrize("first", list("=+-@\t＝＋－＠"))
def test_no_text_is_a_formula(first):
    """Seen to fail with cells written as they are."""
    [_head, [cell]] = read_back(csv_file("x.csv", ("a",), [(f"{first}1+1",)]))
    assert cell == f"'{first}1+1"


def test_a_negative_number_stays_one():
    assert read_back(csv_file("x.csv", ("a",), [(-3,)]))[1] == ["-3"]
