"""Log lines are JSON, carry the reference, and hold no number of a person."""

import json
import logging
import sys
from types import SimpleNamespace

import pytest

from yichuang.faces.operations.logs import MASK, JsonFormatter, Requests, current_reference, mask


def line(message, *args, **extra):
    record = logging.LogRecord("yichuang.x", logging.ERROR, "f.py", 1, message, args, None)
    record.__dict__.update(extra)
    return json.loads(JsonFormatter().format(record))


@pytest.mark.parametrize(
    "number",
    ["370303189001010011", "37030318900101001X", "37030318900101001x", "370303900101001"]
    + [
        "13800000000",
        "３７０３０３１８９００１０１００１１",
        "１３８００００００００",
        "13８00000000",
    ],
)
def test_numbers_of_people_are_masked_anywhere(number):
    assert number not in mask(f"申请人{number}，已提交")
    assert MASK in line("号码 %s", number)["message"]
    assert number not in json.dumps(line("x", code=number), ensure_ascii=False)


@pytest.mark.parametrize("kept", ["370321110000", "2026-11-22", "370321110000-centre", "1234567"])
def test_other_numbers_stay(kept):
    assert mask(kept) == kept


def test_only_listed_fields_pass():
    told = line("x", case="c1", identity_number="secret", password="secret", status=422)
    assert told["case"] == "c1"
    assert told["status"] == "422"
    assert "secret" not in json.dumps(told)


def test_reference_of_the_request_is_in_the_line():
    token = current_reference.set("A7K3-9QF2")
    try:
        assert line("x")["reference"] == "A7K3-9QF2"
    finally:
        current_reference.reset(token)
    assert "reference" not in line("x")


def test_traceback_is_masked_too():
    try:
        raise ValueError("Key (number)=(370303189001010011) already exists")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "boom", (), sys.exc_info())
    told = json.loads(JsonFormatter().format(record))
    assert "ValueError" in told["traceback"]
    assert "370303189001010011" not in told["traceback"]


@pytest.mark.parametrize(
    ("route", "status", "kept"),
    [("track/<code>", 500, True), ("track/<code>", 404, False), ("healthz/ready", 503, False)],
)
def test_request_log_names_the_route_and_only_our_failures(route, status, kept):
    record = logging.LogRecord(
        "django.request", logging.ERROR, "f.py", 1, "%s: %s", ("Error", "/track/S3CRET"), None
    )
    record.status_code = status
    record.request = SimpleNamespace(resolver_match=SimpleNamespace(route=route))
    assert Requests().filter(record) is kept
    if kept:
        assert record.getMessage() == "Error: track/<code>"


def test_a_form_without_its_mark_leaves_no_code_in_the_log():
    """Seen to fail with the filter on Django's request log alone: the line held the whole path."""
    told = logging.getLogger("django.security.csrf")
    assert any(isinstance(each, Requests) for each in told.filters)
