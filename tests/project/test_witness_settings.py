"""Which witnesses may be named."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from yichuang.project import environment

NAME = "YICHUANG_WITNESSES"


@pytest.fixture
def named(monkeypatch):
    def witnesses(text, loopback=True):
        monkeypatch.setenv(NAME, text)
        return environment.witnesses(NAME, loopback=loopback)

    return witnesses


def test_each_has_a_name_that_fits_a_file(named):
    assert named("https://Witness.example.cn/journal/, http://127.0.0.1:8443") == {
        "witness-example-cn-journal": "https://Witness.example.cn/journal",
        "127-0-0-1-8443": "http://127.0.0.1:8443",
    }
    assert named("") == {}


@pytest.mark.parametrize(
    "address",
    [
        "witness.example", "http://witness.example", "https://", "https://a:b@witness.example",
        "https://witness.example?x", "ftp://witness.example", "http://127.0.0.1.example:80",
        "https://journal", "https://a.example,https://a-example",
    ],
)  # fmt: skip
def test_others_are_refused(named, address):
    with pytest.raises(ImproperlyConfigured, match=NAME):
        named(address)


def test_production_speaks_https_only(named):
    with pytest.raises(ImproperlyConfigured, match="https"):
        named("http://127.0.0.1:8443", loopback=False)


@pytest.mark.parametrize(("given", "hours"), [("", 0), ("0", 0), ("24", 24)])
def test_hours(monkeypatch, given, hours):
    monkeypatch.setenv("HOURS", given)
    assert environment.witness_hours("HOURS", {"a": "https://a"}) == hours


@pytest.mark.parametrize(
    ("given", "among"), [("24", {}), ("-1", {"a": ""}), ("x", {"a": ""}), ("1.5", {"a": ""})]
)
def test_hours_that_are_none(monkeypatch, given, among):
    monkeypatch.setenv("HOURS", given)
    with pytest.raises(ImproperlyConfigured, match="HOURS"):
        environment.witness_hours("HOURS", among)
