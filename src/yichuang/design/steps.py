"""The steps a page offers, each with a small form of its own, and what was typed into a refused one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django import forms
from django.http import QueryDict


class StepForm(forms.Form):
    """`seq`: what the page was drawn at, so that nobody overwrites anybody."""

    seq = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, seq: int, event: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"seq": seq}, auto_id=f"id_{event}_%s", **kwargs)

    def arguments(self) -> dict[str, Any]:
        """What the action is called with, besides the row, `seq`, `by` and `at`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seq"}


def offers(
    steps: Mapping[str, tuple[type[StepForm], Callable[..., Any], str]],
    *,
    may: Collection[str],
    seq: int,
    name: Callable[[str], Any],
    address: Callable[[str], str],
    failed: str = "",
    bound: StepForm | None = None,
) -> list[dict[str, Any]]:
    """The steps that may be taken, as the templates read them, in the order of `steps`.

    steps: event → (form, what it does, kind of its button). failed, bound: the step that was just
    refused, with what was typed.
    """
    return [
        {
            "event": event,
            "name": name(event),
            "form": bound if bound is not None and event == failed else form(seq=seq, event=event),
            "open": event == failed,
            "kind": kind,
            "action": address(event),
        }
        for event, (form, _action, kind) in steps.items()
        if event in may
    ]


def lost(form: forms.Form) -> str:
    """What was typed into a form whose step is no longer open: shown, so that nothing is lost."""
    typed = [str(form.data.get(name, "")) for name in form.fields if name != "seq"]
    return "\n".join(typed).strip()


def renewed(typed: QueryDict, seq: int) -> QueryDict:
    """What was typed, at the seq of now: another press acts on what is shown."""
    again = typed.copy()
    again["seq"] = str(seq)
    return again
