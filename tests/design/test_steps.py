"""The steps a page offers: which, in which order, and what was typed into a refused one."""

from django import forms
from django.http import QueryDict

from yichuang.design import steps


class Refuse(steps.StepForm):
    reason = forms.CharField()


STEPS = {
    "receive": (steps.StepForm, print, "primary"),
    "refuse": (Refuse, print, "warning"),
    "done": (steps.StepForm, print, "secondary"),
}


def offered(**changes):
    return steps.offers(
        STEPS, may=("refuse", "receive"), seq=3, name=str.upper, address="/{}".format, **changes
    )


def test_what_may_be_done_is_offered_in_the_order_of_the_steps():
    first, second = offered()
    assert (first["event"], first["name"], first["action"]) == ("receive", "RECEIVE", "/receive")
    assert (second["kind"], second["open"]) == ("warning", False)
    assert second["form"]["reason"].id_for_label == "id_refuse_reason"
    assert second["form"]["seq"].value() == 3


def test_a_refused_step_stands_open_with_what_was_typed():
    typed = steps.renewed(QueryDict("seq=2&reason=没有人"), 3)
    bound = Refuse(typed, seq=3, event="refuse")
    _first, second = offered(failed="refuse", bound=bound)
    assert second["open"] and second["form"] is bound
    assert bound.is_valid() and bound.arguments() == {"reason": "没有人"}
    assert bound.cleaned_data["seq"] == 3
    assert steps.lost(bound) == "没有人"
