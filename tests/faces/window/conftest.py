"""People of 青禾县 at their counters: signed-in browsers, and pages read by meaning."""

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib import auth
from django.test import Client
from django.utils import timezone

from tests.factories import county as made
from yichuang.accounts.models import Post, User


@pytest.fixture
def county(db):
    """青禾县, loaded; the faces' clock stands at the moment it lives in."""
    with time_machine.travel(made.AT, tick=False):
        made.load()
        yield


@pytest.fixture
def sit_down(county):
    """sit_down(actor) → a browser signed in to the post that `actor` stands for."""
    stamps = iter(range(100))

    def signed_in(actor):
        user, post, _raw = made.posted(actor)
        stamp = f"stamp-{next(stamps)}"
        User.objects.filter(pk=user.pk).update(session_stamp=stamp)
        browser = Client()
        browser.force_login(user)
        session = browser.session
        moment = timezone.now().isoformat()
        session.update({"opened_at": moment, "seen_at": moment, "stamp": stamp, "post": post.pk})
        session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        assert Post.objects.filter(pk=post.pk).exists()
        return browser

    return signed_in


@pytest.fixture
def clerk(sit_down):
    return sit_down(made.CLERK)


@pytest.fixture
def villager(sit_down):
    return sit_down(made.VILLAGER)


def read(response):
    """The page as a tree."""
    return BeautifulSoup(response.content, "html.parser")


def words(tree):
    """Its words, every gap one space."""
    return " ".join(tree.get_text(" ").split())


def filled(tree, form="#intake"):
    """A form's data as a browser would send it untouched (files and buttons apart)."""
    data = {}
    for field in tree.select_one(form).select("input[name], textarea[name], select[name]"):
        kind = field.get("type", "text")
        if kind == "file" or (kind in ("radio", "checkbox") and not field.has_attr("checked")):
            continue
        if field.name == "textarea":
            data[field["name"]] = field.get_text()
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            data[field["name"]] = chosen["value"]
        else:
            data[field["name"]] = field.get("value", "")
    data.pop("csrfmiddlewaretoken", None)
    return data
