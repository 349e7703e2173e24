"""The shapes of the sign-in forms; what is right or wrong is decided in accounts."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from yichuang.accounts.queries import PostSheet
from yichuang.places.queries import organ_sheet, outlet_sheet
from yichuang.verdict import Refusal


def _secret(label: object, autocomplete: str, **more: object) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **more,
    )


class LoginForm(forms.Form):
    login = forms.CharField(
        label=_("登录名"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = _secret(_("口令"), "current-password")


class CodeForm(forms.Form):
    totp = forms.CharField(
        label=_("动态码"),
        help_text=_("手机验证器上正在显示的 6 位数字"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasswordForm(forms.Form):
    old = _secret(_("原口令"), "current-password")
    new = _secret(
        _("新口令"),
        "new-password",
        help_text=_("至少 10 个字符，包含大写字母、小写字母、数字、符号中的三种"),
    )
    again = _secret(_("再输一次新口令"), "new-password")

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            self.add_error("again", _("两次输入的新口令不一样，请重新输入。"))
        return given


class PostForm(forms.Form):
    post = forms.TypedChoiceField(label=_("选择岗位"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: object, posts: Sequence[PostSheet], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].choices = [(post.id, words_for(post)) for post in posts]


def words_for(post: PostSheet) -> str:
    """A post in one line: role, title, where (by name; by code where the name is not known)."""
    where = post.outlet_code or post.organ_code or post.place_code
    try:
        if post.outlet_code:
            where = outlet_sheet(post.outlet_code).name
        elif post.organ_code:
            where = organ_sheet(post.organ_code).name
    except Refusal:
        pass  # a post outlives its outlet's row in the pack; its code still says which
    return " · ".join(part for part in (post.role_name, post.title, where) if part)
