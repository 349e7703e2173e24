"""The page around the components: the reader's choices, the base page, what is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.test import Client, override_settings
from django.urls import reverse

import yichuang.design

HERE = Path(yichuang.design.__file__).parent
STATIC = HERE / "static" / "design"

pytestmark = pytest.mark.urls("yichuang.design.urls")


@pytest.fixture
def reader(settings):
    # without the faces: design stands by itself
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "operations" not in name]
    return Client()


def page(client: Client, path: str = "/design") -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_the_addresses_in_the_pages_are_ours():
    assert reverse("design-mode") == "/mode"
    assert reverse("design-language") == "/language"
    assert reverse("design-accessibility") == "/accessibility"


def test_large_type_is_chosen_remembered_and_left(reader):
    assert page(reader).html["data-mode"] == "standard"
    answer = reader.post("/mode", {"mode": "elder", "next": "/design?show=error"})
    assert (answer.status_code, answer["Location"]) == (302, "/design?show=error")
    cookie = answer.cookies["mode"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] > 0
    assert page(reader).html["data-mode"] == "elder"
    reader.post("/mode", {"mode": "standard", "next": "/"})
    assert page(reader).html["data-mode"] == "standard"


def test_the_workbench_is_dense_unless_another_size_was_chosen(reader):
    assert page(reader, "/design?show=workbench").html["data-mode"] == "dense"
    reader.post("/mode", {"mode": "elder"})
    assert page(reader, "/design?show=workbench").html["data-mode"] == "elder"


def test_keys_can_be_turned_off(reader):
    assert "data-keys" not in page(reader).html.attrs
    reader.post("/mode", {"keys": "off"})
    assert page(reader).html["data-keys"] == "off"


def test_language_is_chosen_and_the_page_says_which(reader):
    assert page(reader).html["lang"] == "zh-CN"
    reader.post("/language", {"language": "en", "next": "/design"})
    english = page(reader)
    assert english.html["lang"] == "en"
    assert "All components" in english.h1.get_text()


def test_unknown_choices_change_nothing(reader):
    assert not reader.post("/mode", {"mode": "huge"}).cookies
    assert not reader.post("/language", {"language": "xx"}).cookies
    assert reader.get("/mode").status_code == 405
    reader.cookies["mode"] = "<script>"
    assert page(reader).html["data-mode"] == "standard"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "///evil.example",
        "/a\r\nX: y",
        "http:/evil.example",
    ],
)
def test_the_way_back_never_leaves_the_site(reader, wanted):
    for path, choice in (("/mode", {"mode": "elder"}), ("/language", {"language": "en"})):
        target = reader.post(path, {**choice, "next": wanted})["Location"]
        assert target.startswith("/") and not target.startswith(("//", "/\\"))
        assert "evil" not in target and "\n" not in target


def test_a_post_from_another_site_is_refused():
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"})
    with override_settings(MIDDLEWARE=[]):
        assert client.post("/mode", {"mode": "elder"}).status_code == 403
        assert client.post("/language", {"language": "en"}).status_code == 403


def test_the_demonstration_says_so_on_every_page(reader):
    with override_settings(DEMO=True):
        for path in ("/design", "/design?show=workbench", "/design?show=error", "/accessibility"):
            text = page(reader, path).select_one("header").get_text()
            assert "演示环境" in text and "虚构数据，不具法律效力" in text
    with override_settings(DEMO=False):
        assert "演示环境" not in page(reader).get_text()


def test_the_county_and_its_phone_come_from_settings(reader):
    with override_settings(COUNTY_NAME="某县", PUBLIC_PHONE="0000-0000000"):
        shown = page(reader)
    assert "某县" in shown.header.get_text() and "某县" in shown.title.get_text()
    assert shown.select_one('a[href="tel:0000-0000000"]')


@pytest.mark.parametrize(
    "path", ["/design", "/design?show=workbench", "/design?show=error", "/accessibility"]
)
def test_the_frame_of_every_page(reader, path):
    shown = page(reader, path)
    skip = shown.select_one("body > a")
    assert skip["href"] == "#main" and shown.select_one("main#main")
    assert len(shown.select("main")) == 1 and len(shown.select("h1")) == 1
    ids = [tag["id"] for tag in shown.select("[id]") if not tag["id"].startswith("id_")]
    assert len(ids) == len(set(ids))
    for tag in shown.find_all(True):
        assert not any(name.startswith("on") or name == "style" for name in tag.attrs), tag
    assert all(script.get("src") and not script.string for script in shown.select("script"))
    for address in re.findall(r'(?:src|href|action)="([^"]*)"', str(shown)):
        assert address.startswith(("/", "#", "?", "data:", "tel:")) or not address, address


def test_public_pages_set_no_cookie(reader):
    assert not reader.get("/accessibility").cookies


@pytest.mark.parametrize("name", ["tokens.css", "zw.css", "parts.css", "zw.js"])
def test_what_is_served_names_no_other_host_and_no_other_government(name):
    text = (STATIC / name).read_text(encoding="utf-8")
    for stranger in ("://", "url(", "@import", "@font-face", "govuk", "GDS Transport", "eval("):
        assert stranger not in text, stranger


def test_the_mit_notice_is_kept():
    notice = (STATIC / "LICENSES.md").read_text(encoding="utf-8")
    assert "Crown Copyright (Government Digital Service)" in notice
    assert "Permission is hereby granted, free of charge" in notice


def test_htmx_is_the_packages_own_and_may_not_eval(reader):
    shown = page(reader, "/design?show=workbench")
    source = shown.select_one('script[src*="htmx"]')["src"]
    assert finders.find(source.removeprefix("/static/"))
    config = shown.select_one('meta[name="htmx-config"]')["content"]
    assert '"allowEval":false' in config and '"includeIndicatorStyles":false' in config


def test_every_class_in_the_templates_is_styled_or_a_base_class():
    css = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("zw.css", "parts.css"))
    known = set(re.findall(r"\.(zw-[\w-]+)", css))
    # carry meaning for the markup or scripts only
    bare = {
        "zw-live",
        "zw-radios",
        "zw-checkboxes",
        "zw-header__tools",
        "zw-steps__name",
        "zw-steps__step",
        "zw-trouble",
        "zw-foot__help",
        "zw-foot__links",
        "zw-tabs__item",
        "zw-nav__item",
        "zw-keys__item",
        "zw-timeline__by",
        "zw-table__row",
        "zw-table__body",
        "zw-table__head",
        "zw-table",
        "zw-masked__reveal",
        "zw-task-list__link",
    }
    missing = set()
    for template in (HERE / "templates").rglob("*.html"):
        text = re.sub(r"\{[%#{].*?[%#}]\}", " ", template.read_text(encoding="utf-8"))
        for classes in re.findall(r'class="([^"]*)"', text):
            missing |= {one for one in classes.split() if re.fullmatch(r"zw-[\w-]*\w", one)} - known
    assert missing <= bare, sorted(missing - bare)
