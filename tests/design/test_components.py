"""The components by what they mean to a reader: names, descriptions, order, escaping."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from yichuang.design.fields import DateBoxesField

EVIL = '<script>alert("1")</script>&\''


def show(source: str, **context) -> BeautifulSoup:
    html = Template("{% load zw %}" + source).render(Context(context))
    return BeautifulSoup(html, "html.parser")


class Everything(forms.Form):
    name = forms.CharField(label="姓名", help_text="与身份证一致")
    note = forms.CharField(label="说明", widget=forms.Textarea, required=False)
    item = forms.ChoiceField(label="事项", choices=[("", "请选择"), ("a", "甲")])
    who = forms.ChoiceField(
        label="为谁办理", widget=forms.RadioSelect, choices=[("self", "本人"), ("org", "单位")]
    )
    papers = forms.MultipleChoiceField(
        label="材料",
        widget=forms.CheckboxSelectMultiple,
        choices=[("1", "申请表"), ("2", "承诺书")],
    )
    born = DateBoxesField(label="出生日期")
    scan = forms.FileField(label="扫描件", widget=forms.FileInput)
    agree = forms.BooleanField(label="我承诺")
    token = forms.CharField(widget=forms.HiddenInput, initial="t")


FORM = "{% zw_form form %}"


@pytest.mark.parametrize("bound", [False, True])
def test_every_control_has_a_label_of_its_own(bound):
    page = show(FORM, form=Everything({} if bound else None))
    controls = page.select("input:not([type=hidden]), select, textarea")
    assert len(controls) == 12
    for control in controls:
        labels = page.select(f'label[for="{control["id"]}"]')
        assert len(labels) == 1 and labels[0].get_text(strip=True), control
    assert len({control["id"] for control in controls}) == len(controls)


def test_groups_are_fieldsets_with_a_legend_and_the_right_kind_of_box():
    page = show(FORM, form=Everything())
    legends = [legend.get_text(strip=True) for legend in page.select("fieldset > legend")]
    assert legends == ["为谁办理", "材料", "出生日期"]
    assert [box["type"] for box in page.select('[name="who"]')] == ["radio"] * 2
    assert [box["type"] for box in page.select('[name="papers"]')] == ["checkbox"] * 2


def test_errors_and_hints_describe_their_control():
    page = show(FORM, form=Everything({}))
    name = page.select_one("#id_name")
    described = [page.find(id=one).get_text() for one in name["aria-describedby"].split()]
    assert "与身份证一致" in described[0]
    assert "请填写姓名" in described[1]
    assert name["aria-invalid"] == "true"
    for fieldset in page.select("fieldset"):
        assert "请" in page.find(id=fieldset["aria-describedby"]).get_text()
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))


def test_the_summary_leads_to_every_faulty_control_in_order():
    page = show("{% zw_error_summary form %}{% zw_form form %}", form=Everything({}))
    links = page.select("[data-error-summary] a")
    targets = [page.find(id=link["href"][1:]) for link in links]
    order = ["name", "item", "who", "papers", "born_year", "scan", "agree"]
    assert [target["name"] for target in targets] == order
    # a hidden field cannot take the focus: its error is said without a link
    assert len(page.select("[data-error-summary] li")) == len(order) + 1
    for label, link in zip(("姓名", "事项", "为谁办理", "材料", "出生日期"), links, strict=False):
        assert label in link.get_text()


def test_no_errors_no_summary():
    assert not show("{% zw_error_summary form %}", form=Everything()).find(True)
    assert not show("{% zw_error_summary %}").find(True)


def test_a_refusal_joins_the_summary_at_its_field():
    class Refused:
        message, remedy, field = "校验位不对。", "请核对。", "name"

    page = show("{% zw_error_summary form refusal=refusal %}", form=Everything(), refusal=Refused)
    link = page.select_one("a")
    assert link["href"] == "#id_name" and "校验位不对。 请核对。" in link.get_text()


def test_what_was_typed_is_kept_and_escaped():
    typed = {"name": EVIL, "note": EVIL, "who": "org", "papers": ["2"], "born_year": EVIL}
    html = Template("{% load zw %}{% zw_form form %}").render(Context({"form": Everything(typed)}))
    assert "<script" not in html
    page = BeautifulSoup(html, "html.parser")
    assert page.select_one("#id_name")["value"] == EVIL
    assert page.select_one("#id_note").get_text().strip() == EVIL
    assert page.select_one('[name="who"][checked]')["value"] == "org"
    assert page.select_one('[name="papers"][checked]')["value"] == "2"
    assert page.select_one('[name="born_year"]')["value"] == EVIL


@pytest.mark.parametrize(
    "source",
    [
        "{% zw_button evil hotkey=evil title=evil %}",
        "{% zw_button evil href=evil %}",
        "{% zw_summary_list rows title=evil %}",
        "{% zw_table head cells caption=evil %}",
        "{% zw_status evil %}",
        "{% zw_timeline entries label=evil %}",
        "{% zw_task_list tasks %}",
        "{% zw_steps names current=1 label=evil %}",
        "{% zw_tabs tabs label=evil %}{% zw_nav tabs label=evil %}{% zw_breadcrumbs tabs %}",
        "{% zw_empty evil text=evil href=evil action=evil %}",
        "{% zw_banner evil %}{{ evil }}{% endzw_banner %}{% zw_panel evil %}{{ evil }}{% endzw_panel %}",
        "{% zw_details evil %}{{ evil }}{% endzw_details %}{% zw_inset %}{{ evil }}{% endzw_inset %}",
        "{% zw_toolbar evil %}{{ evil }}{% endzw_toolbar %}{% zw_warning %}{{ evil }}{% endzw_warning %}",
        "{% zw_table_region evil %}{{ evil }}{% endzw_table_region %}{% zw_back evil evil %}",
        "{% zw_copy evil label=evil %}{% zw_qr evil alt=evil caption=evil %}{% zw_keys keys %}",
        "{% zw_masked evil label=evil action=evil purposes=keys case=evil %}",
        "{% zw_search evil value=evil label=evil placeholder=evil hint=evil button=evil %}",
        "{% zw_pagination next=evil text=evil %}{% zw_draft_mark evil %}{{ evil|zw_or_blank }}",
        "{% zw_filter_bar evil label=evil %}{{ evil }}{% endzw_filter_bar %}",
        "{% zw_error_summary errors=tabs title=evil %}",
    ],
)
def test_every_component_escapes_what_it_is_fed(source):
    link = {"text": EVIL, "href": EVIL, "hidden": EVIL}
    html = Template("{% load zw %}" + source).render(
        Context(
            {
                "evil": EVIL,
                "rows": [{"key": EVIL, "value": EVIL, "actions": [link]}],
                "head": [EVIL],
                "cells": [[EVIL, link]],
                "entries": [{"title": EVIL, "when": EVIL, "by": EVIL, "text": EVIL}],
                "tasks": [{"title": EVIL, "href": EVIL, "hint": EVIL, "status": EVIL}],
                "names": [EVIL],
                "tabs": [link | {"count": EVIL}],
                "keys": [(EVIL, EVIL)],
            }
        )
    )
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@given(year=st.integers(1, 9999), month=st.integers(0, 14), day=st.integers(-1, 33))
def test_three_boxes_are_a_date_or_one_sentence(year, month, day):
    class Born(forms.Form):
        born = DateBoxesField(label="出生日期")

    form = Born({"born_year": str(year), "born_month": str(month), "born_day": str(day)})
    try:
        expected = date(year, month, day)
    except ValueError:
        assert not form.is_valid()
        assert set(form.errors["born"]) == {"没有这一天，请核对年、月、日。"}
    else:
        assert form.is_valid() and form.cleaned_data["born"] == expected


def test_three_boxes_show_an_initial_date():
    class Born(forms.Form):
        born = DateBoxesField(label="出生日期", initial=date(1887, 3, 27), required=False)

    page = show(FORM, form=Born())
    assert [box["value"] for box in page.select("input")] == ["1887", "3", "27"]
    assert Born({"born_year": "", "born_month": "", "born_day": ""}).is_valid()


@pytest.mark.parametrize(
    ("days", "words", "level"),
    [
        (5, "剩 5 个工作日", "fine"),
        (2, "剩 2 个工作日", "near"),
        (0, "今天到期", "near"),
        (-3, "超期 3 个工作日", "late"),
    ],
)
def test_a_deadline_speaks_in_words_not_only_in_colour(days, words, level):
    page = show("{% zw_deadline days due=due %}", days=days, due=date(2026, 11, 30))
    assert words in page.get_text() and "2026-11-30 到期" in page.get_text()
    assert page.select_one(f".zw-deadline--{level}")
    assert page.select_one("time")["datetime"] == "2026-11-30"


def test_a_clock_that_does_not_run_counts_nothing():
    assert not show("{% zw_deadline None %}").find(True)
    assert "暂停" in show("{% zw_deadline -4 paused=True %}").get_text()
    assert not show("{% zw_deadline -4 paused=True %}").select(".zw-deadline--late")


def test_deadlines_in_english():
    with translation.override("en"):
        assert "1 working day left" in show("{% zw_deadline 1 %}").get_text()
        assert "2 working days overdue" in show("{% zw_deadline -2 %}").get_text()


def test_an_unknown_status_kind_is_an_error():
    with pytest.raises(KeyError):
        show('{% zw_status "某状态" "mauve" %}')


def test_a_timeline_marks_where_we_are():
    page = show(
        "{% zw_timeline entries %}",
        entries=[
            {"title": "提交", "when": date(2026, 1, 5)},
            {"title": "审查", "state": "current"},
            {"title": "决定", "state": "next", "when": "预计 3 月"},
        ],
    )
    steps = page.select("ol > li")
    assert [step.get("aria-current") for step in steps] == [None, "step", None]
    assert steps[0].time["datetime"] == "2026-01-05"
    assert "尚未开始" in steps[2].get_text() and "预计 3 月" in steps[2].get_text()


def test_a_masked_number_is_revealed_only_by_a_post_with_a_purpose():
    source = "{% zw_masked '110101********0029' label='身份号码' action='/r' purposes=p case='7' %}"
    page = show(source, p=[("contact", "联系")], csrf_token="tok")
    form = page.select_one("form")
    assert form["method"] == "post" and form["action"] == "/r"
    assert form.select_one("select[name=purpose] option")["value"] == "contact"
    assert form.select_one("[name=csrfmiddlewaretoken]")["value"] == "tok"
    assert form.select_one("[name=case]")["value"] == "7"
    assert not show("{% zw_masked '1**2' label='身份号码' %}").select("form, details")


def test_nothing_to_turn_no_pagination():
    assert not show("{% zw_pagination %}").find(True)
    page = show("{% zw_pagination next='?after=9' %}")
    assert [link["rel"] for link in page.select("a")] == [["next"]]


def test_a_blank_fact_says_so_and_zero_is_a_fact():
    page = show(
        "{% zw_summary_list rows %}",
        rows=[{"key": "电话", "value": ""}, {"key": "份数", "value": 0}],
    )
    assert [fact.get_text() for fact in page.select("dd")] == ["未填写", "0"]


def test_a_table_has_heads_and_a_name():
    page = show(
        "{% zw_table head rows caption='材料' %}", head=["材料", "份数"], rows=[["申请表", 1]]
    )
    assert page.caption.get_text() == "材料"
    assert [head["scope"] for head in page.select("th")] == ["col", "col", "row"]
    assert page.select_one("[role=region]")["tabindex"] == "0"
