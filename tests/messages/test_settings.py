"""What a deployment may choose, and what it is told when it chooses badly."""

from datetime import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from yichuang.project import environment

NAME = "YICHUANG_OF_THIS_TEST"


@pytest.mark.parametrize(
    "address",
    ["https://sms.example.test/v1", "http://127.0.0.1:9000", "http://127.0.0.1:9000/a", ""],
)
def test_a_gateway_is_reached_safely(monkeypatch, address):
    monkeypatch.setenv(NAME, address)
    assert environment.endpoint(NAME) == address


@pytest.mark.parametrize(
    "address",
    ["http://sms.example.test", "https://user:secret@sms.example.test", "sms.example.test",
     "http://127.0.0.1:9000@evil.test", "https://a.test/?x=1", "file:///etc/passwd"],
)  # fmt: skip
def test_a_gateway_is_not_reached_otherwise(monkeypatch, address):
    monkeypatch.setenv(NAME, address)
    with pytest.raises(ImproperlyConfigured):
        environment.endpoint(NAME)


def test_quiet_hours(monkeypatch):
    assert environment.quiet_hours(NAME, "22:00-07:00") == (time(22), time(7))
    for none in ("", "none"):
        monkeypatch.setenv(NAME, none)
        assert environment.quiet_hours(NAME, "22:00-07:00") is None
    for bad in ("22-7-8", "late", "22:00-22:00", "25:00-07:00"):
        monkeypatch.setenv(NAME, bad)
        with pytest.raises(ImproperlyConfigured):
            environment.quiet_hours(NAME, "")
