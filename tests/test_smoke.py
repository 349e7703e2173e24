"""The settings load, and they are the tests' own."""

from pathlib import Path

from django.conf import settings


def test_settings():
    assert settings.MODE == "test"
    assert "yichuang-test-" in str(settings.HOME)
    assert Path(settings.HOME).is_dir()
