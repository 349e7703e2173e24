"""Translations: compiled without gettext, extracted from code and templates, and checked."""

import gettext

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from yichuang.project import texts

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def source(tmp_path):
    """A source tree with one package that uses three texts."""
    room = tmp_path / "room"
    (room / "templates" / "room").mkdir(parents=True)
    (room / "__init__.py").write_text("")
    (room / "views.py").write_text(
        "from django.utils.translation import gettext as _, gettext_lazy\n"
        'A = _("收件")\nB = gettext_lazy("共 %(n)d 件")\n',
        encoding="utf-8",
    )
    (room / "templates" / "room" / "page.html").write_text(
        '{% load i18n %}\n<div>\n   {% if x %}\n <p>{% translate "受理" %}</p>{% endif %}\n'
        "{# 注释 #}<!-- 注释 -->{% comment %}注释{% endcomment %}</div>\n",
        encoding="utf-8",
    )
    return tmp_path


def write(source, entries):
    path = texts.catalogue_of(source / "room")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f'msgid "{key}"\nmsgstr "{value}"\n' for key, value in entries.items()]
    path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    return path


FULL = {"收件": "Take in", "共 %(n)d 件": "%(n)d in all", "受理": "Accept"}


def test_our_own_texts_are_all_in_english():
    """Every text of the platform has English, none is stale. Seen to fail with one msgstr emptied."""
    assert texts.check() == []


def test_complete_catalogue_has_no_fault(source):
    write(source, FULL)
    assert texts.check(source) == []


@pytest.mark.parametrize("key", FULL)
def test_each_missing_text_is_named(source, key):
    write(source, {**FULL, key: ""})
    (fault,) = texts.check(source)
    assert key in fault
    assert "no English" in fault


def test_stale_text_is_named(source):
    write(source, {**FULL, "从前": "Formerly"})
    (fault,) = texts.check(source)
    assert "nobody uses '从前'" in fault


def test_text_from_data_is_not_stale(source):
    path = write(source, FULL)
    marked = '\n#. from data\nmsgid "春节"\nmsgstr "Spring Festival"\n'
    path.write_text(path.read_text(encoding="utf-8") + marked, encoding="utf-8")
    assert texts.check(source) == []


def test_lost_placeholder_is_named(source):
    write(source, {**FULL, "共 %(n)d 件": "some in all"})
    (fault,) = texts.check(source)
    assert "placeholders" in fault


def test_bare_chinese_in_a_template_is_named(source):
    write(source, FULL)
    page = source / "room" / "templates" / "room" / "page.html"
    page.write_text(page.read_text(encoding="utf-8") + "<p>裸字</p>\n", encoding="utf-8")
    (fault,) = texts.check(source)
    assert "page.html:6" in fault
    assert "裸字" in fault


def test_missing_texts_are_added_once(source):
    write(source, {"收件": "Take in"})
    assert texts.add_missing(source) == 2
    assert texts.add_missing(source) == 0
    catalogue = texts.read(texts.catalogue_of(source / "room"))
    assert catalogue.get("收件").string == "Take in"
    assert catalogue.get("受理").string == ""


def test_compiled_catalogue_is_what_gettext_reads(source):
    path = write(source, FULL)
    assert texts.compile_all(source) == 1
    assert texts.compile_all(source) == 0
    with path.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("收件") == "Take in"


class Wrong(forms.Form):
    """Every sentence of Django's own that our forms can bring up."""

    long = forms.CharField(max_length=3)
    short = forms.CharField(min_length=3)
    much = forms.IntegerField(max_value=3)
    little = forms.IntegerField(min_value=3)
    number = forms.IntegerField()
    sum = forms.DecimalField()
    choice = forms.ChoiceField(choices=[("a", "甲")])
    several = forms.MultipleChoiceField(choices=[("a", "甲")])
    day = forms.DateField()
    file = forms.FileField(max_length=3)


def test_what_a_field_says_is_plain_chinese():
    """Seen to fail without our own Chinese: "确保该变量包含不超过 3 字符 (目前字符数 5)。" """
    typed = {
        "long": "四个字啊\0",
        "short": "一",
        "much": "9",
        "little": "1",
        "number": "x",
        "sum": "x",
        "choice": "b",
        "several": ["b"],
        "day": "x",
    }
    with translation.override("zh-hans"):
        errors = Wrong(typed, {"file": SimpleUploadedFile("abcd", b"x")}).errors
        said = [sentence for field in errors.values() for sentence in field]
    assert len(said) == len(Wrong.base_fields) + 1
    for sentence in said:
        assert sentence.endswith("。") and "(" not in sentence
        assert not any(jargon in sentence for jargon in ("变量", "字符串", "有效", "确保", "选项"))
