"""The deployment's choices: secrets, databases, and every unsafe one refused at once."""

import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from yichuang.project import environment

SAFE = {
    "debug": False,
    "secrets": {
        "SECRET_KEY": "q8Yw3ZrT1uVx5NnB7mKc9LdJ2hGf4SaP6e",
        "YICHUANG_FIELD_KEY": "R2tY7uIo9pAs4dFg6hJk1lZx3cVb5nMq8w",
        "YICHUANG_INDEX_KEY": "Zx1cVb2nM3qWe4rTy5uIo6pAs7dFg8hJk9",
    },
    "hosts": ["zwfw.example.org"],
    "public_url": "https://zwfw.example.org",
}


def test_safe_choices_have_no_fault():
    assert environment.unsafe(**SAFE) == []
    environment.refuse_unsafe(**SAFE)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"debug": True}, "YICHUANG_DEBUG"),
        ({"secrets": {**SAFE["secrets"], "SECRET_KEY": "short"}}, "SECRET_KEY"),
        ({"secrets": {**SAFE["secrets"], "YICHUANG_FIELD_KEY": "a" * 64}}, "YICHUANG_FIELD_KEY"),
        (
            {"secrets": dict.fromkeys(SAFE["secrets"], SAFE["secrets"]["SECRET_KEY"])},
            "the same",
        ),
        ({"hosts": []}, "YICHUANG_HOSTS"),
        ({"hosts": ["*"]}, "wildcard"),
        ({"hosts": [".example.org"]}, "wildcard"),
        ({"public_url": "http://zwfw.example.org"}, "https://"),
    ],
)
def test_each_unsafe_choice_is_named(change, named):
    with pytest.raises(ImproperlyConfigured, match=named):
        environment.refuse_unsafe(**{**SAFE, **change})


def start(home, **choices):
    """Load the settings in a process of its own, as a server would."""
    bare = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env={
            **bare,
            "DJANGO_SETTINGS_MODULE": "yichuang.project.settings",
            "YICHUANG_HOME": str(home),
            **choices,
        },
        capture_output=True,
        text=True,
        check=False,
    )


GOOD = {
    "YICHUANG_MODE": "production",
    **SAFE["secrets"],
    "YICHUANG_HOSTS": "zwfw.example.org",
    "YICHUANG_PUBLIC_URL": "https://zwfw.example.org",
}


def test_production_starts_when_safe(tmp_path):
    done = start(tmp_path, **GOOD)
    assert done.returncode == 0, done.stderr


def test_production_refuses_and_names_every_fault(tmp_path):
    unsafe = {**GOOD, "YICHUANG_HOSTS": "*", "YICHUANG_PUBLIC_URL": "http://x"}
    done = start(tmp_path, **unsafe, YICHUANG_DEBUG="1")
    assert done.returncode != 0
    assert all(part in done.stderr for part in ("wildcard", "https://", "YICHUANG_DEBUG"))


def test_production_makes_no_secret_of_its_own(tmp_path):
    done = start(tmp_path, **{**GOOD, "YICHUANG_FIELD_KEY": ""})
    assert done.returncode != 0
    assert "YICHUANG_FIELD_KEY is not set" in done.stderr
    assert not (tmp_path / "secrets").exists()


def test_unknown_mode_is_refused(tmp_path):
    done = start(tmp_path, YICHUANG_MODE="prod")
    assert done.returncode != 0
    assert "YICHUANG_MODE" in done.stderr


def test_demo_secret_is_made_once_and_kept_private(tmp_path, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    first = environment.secret("SOME_KEY", of=tmp_path, generate=True)
    assert environment.secret("SOME_KEY", of=tmp_path, generate=True) == first
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "secrets" / "SOME_KEY").stat().st_mode) == 0o600


def test_secret_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("from-a-file\n", encoding="utf-8")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    assert environment.secret("SOME_KEY", of=tmp_path, generate=False) == "from-a-file"


def test_database_addresses(tmp_path):
    found = environment.database("postgresql://u%40x:p%2F@db.example:6543/county", of=tmp_path)
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("u@x", "p/", "db.example")
    assert (found["PORT"], found["NAME"]) == ("6543", "county")
    socket = environment.database("postgresql://u@:5432/c?host=%2Ftmp%2Fx", of=tmp_path)
    assert socket["HOST"] == "/tmp/x"
    with pytest.raises(ImproperlyConfigured):
        environment.database("mysql://x/y", of=tmp_path)


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1:18088", "https://example.org", "http://127.0.0.1:1/x", "*"]
)
def test_only_this_machine_may_be_named_as_the_card_reader(monkeypatch, address):
    monkeypatch.setenv("YICHUANG_ID_READER_URL", address)
    with pytest.raises(ImproperlyConfigured, match="127.0.0.1"):
        environment.loopback("YICHUANG_ID_READER_URL")


def test_no_card_reader_is_a_choice_too(monkeypatch):
    monkeypatch.setenv("YICHUANG_ID_READER_URL", "http://127.0.0.1:18088/")
    assert environment.loopback("YICHUANG_ID_READER_URL") == "http://127.0.0.1:18088"
    monkeypatch.delenv("YICHUANG_ID_READER_URL")
    assert environment.loopback("YICHUANG_ID_READER_URL") == ""
