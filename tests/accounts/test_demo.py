"""Demo people: made once, listed for visitors, shut out of production."""

import pytest
from django.core.checks import run_checks

from yichuang.accounts import checks, demo
from yichuang.accounts.models import Post, User
from yichuang.verdict import Refusal

from .kit import AT, CENTRE, SYSTEM

pytestmark = pytest.mark.django_db
WANTED = [
    demo.DemoPost("demo.clerk", "演示窗口", "clerk", **CENTRE),
    demo.DemoPost("demo.both", "演示审批", "examiner", **CENTRE),
    demo.DemoPost("demo.both", "演示审批", "decider", **CENTRE),
]


def make():
    return demo.make_demo_accounts(WANTED, starts_on=AT.date(), by=SYSTEM, at=AT)


def test_asked_twice_they_are_made_once():
    assert make() == make()
    assert (User.objects.filter(demo=True).count(), Post.objects.count()) == (2, 3)


def test_logins_for_the_visitor():
    make()
    both, clerk = demo.demo_logins()
    assert (both.login, both.roles) == ("demo.both", ("examiner", "decider"))
    assert (clerk.role_names, clerk.password) == (("窗口人员",), demo.DEMO_PASSWORD)


def test_production_makes_none_lists_none_and_starts_with_none(settings):
    make()
    assert not checks.demo_people_in_production(None, databases=["default"])
    settings.MODE = "production"
    with pytest.raises(Refusal):
        make()
    assert demo.demo_logins() == ()
    faults = [fault.id for fault in run_checks(databases=["default"])]
    assert "accounts.E001" in faults
    User.objects.update(is_active=False)
    assert not checks.demo_people_in_production(None, databases=["default"])
