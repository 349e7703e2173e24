"""Production does not start on a database that holds demo people."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from yichuang.project import checks

pytestmark = pytest.mark.django_db


def make_demo_person():
    get_user_model().objects.create(
        kind="staff",
        login="demo-clerk",
        display_name="演示人员",
        demo=True,
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


@pytest.fixture
def production(settings):
    settings.MODE = "production"
    settings.PRODUCTION = True


def test_a_clean_database_may_start(production):
    assert checks.refuse_errors() is None


def test_demo_people_are_refused(production):
    make_demo_person()
    with pytest.raises(ImproperlyConfigured, match="demo accounts"):
        checks.refuse_errors()


def test_demo_people_are_welcome_in_the_demo():
    make_demo_person()
    checks.refuse_errors()


def test_a_database_that_does_not_answer_is_no_reason_to_stay_down(production, monkeypatch):
    def gone(**_choices):
        raise OperationalError("connection refused")

    monkeypatch.setattr(checks, "run_checks", gone)
    checks.refuse_errors()
