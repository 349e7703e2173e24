"""Staff sign-in, choice of post, password and second factor: parse a form, one call, render."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from urllib.parse import parse_qs, urlsplit

import segno
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yichuang.accounts import actions, queries, sessions
from yichuang.accounts.demo import demo_logins
from yichuang.accounts.models import User
from yichuang.faces.operations.signin import forms
from yichuang.faces.operations.signin.onward import NEXT, onward, ours
from yichuang.verdict import Refusal

_PENDING = "second-step"
_PENDING_LIFE = timedelta(minutes=5)
_either = require_http_methods(["GET", "HEAD", "POST"])


def _signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For staff with a live session, whatever is outstanding: view(request, user, at)."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        user = sessions.user_of(request, at)
        if user is None or user.kind != User.Kind.STAFF:
            return sessions.to_sign_in(request)
        return view(request, user, at)

    return never_cache(guarded)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _page(
    request: HttpRequest, name: str, form: Form, refusal: Refusal | None = None, **more: object
) -> HttpResponse:
    status = refusal.status if refusal else 422 if form.is_bound and not form.is_valid() else 200
    context = {"form": form, "refusal": refusal, **more}
    if name == "login":
        context["demo"] = {
            "head": [_("登录名"), _("岗位"), _("口令")],
            "rows": [
                [person.login, " / ".join(person.role_names), person.password]
                for person in demo_logins()
            ],
        }
    return render(request, f"operations/signin/{name}.html", context, status=status)


@never_cache
@_either
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    """Login and password."""
    at = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    wanted = ours(request, given.get(NEXT, ""))
    if request.method != "POST":
        user = sessions.user_of(request, at)
        if user is not None and user.kind == User.Kind.STAFF:
            if wanted:
                request.session[NEXT] = wanted
            return onward(request, user, at)
        why = getattr(request, "ended", "") or request.GET.get("why", "")
        return _page(request, "login", forms.LoginForm(), next=wanted, why=_why(why))
    form = forms.LoginForm(request.POST)
    if not form.is_valid():
        return _page(request, "login", form, next=wanted)
    try:
        entered = actions.sign_in_staff(
            **form.cleaned_data, at=at, address=request.META.get("REMOTE_ADDR", "")
        )
    except Refusal as refusal:
        return _page(request, "login", form, refusal, next=wanted)
    if entered.step == "code":
        request.session.flush()
        request.session[_PENDING] = {"user": entered.user.pk, "at": at.isoformat(), NEXT: wanted}
        return HttpResponseRedirect(reverse("signin:code"))
    return _enter(request, entered, wanted, at)


@never_cache
@_either
@sensitive_post_parameters("totp")
def code(request: HttpRequest) -> HttpResponse:
    """The code, within five minutes of the password."""
    at = timezone.now()
    pending = request.session.get(_PENDING)
    if not pending or at - datetime.fromisoformat(pending["at"]) > _PENDING_LIFE:
        request.session.pop(_PENDING, None)
        return HttpResponseRedirect(reverse("signin:login"))
    form = forms.CodeForm(_posted(request))
    if not form.is_valid():
        return _page(request, "code", form)
    try:
        entered = actions.sign_in_second_step(
            user_id=pending["user"],
            totp=form.cleaned_data["totp"],
            at=at,
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except Refusal as refusal:
        return _page(request, "code", form, refusal)
    return _enter(request, entered, pending[NEXT], at)


def _enter(
    request: HttpRequest, entered: actions.SignIn, wanted: str, at: datetime
) -> HttpResponse:
    sessions.open_staff(request, entered, at)
    if wanted:
        request.session[NEXT] = wanted
    return onward(request, entered.user, at)


@_signed_in
@_either
def post(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """In which of their posts the person works now."""
    if sessions.outstanding(user, at):
        return onward(request, user, at)
    posts = queries.posts_of(user.pk, timezone.localdate(at))
    if not posts:
        raise Refusal(
            "no-current-post",
            _("您的账户现在没有在任的岗位。"),
            remedy=_("请联系本单位负责人为您设置岗位，然后重新登录。"),
            status=403,
        )
    form = forms.PostForm(_posted(request), posts=posts)
    if not form.is_valid():
        return _page(request, "post", form, person=user.display_name)
    sessions.choose_post(request, form.cleaned_data["post"], at)
    return onward(request, user, at)


@_signed_in
@_either
@sensitive_post_parameters("old", "new", "again")
def password(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """Change one's password; every other session of the person ends."""
    must = sessions.outstanding(user, at) == "password"
    form = forms.PasswordForm(_posted(request))
    if not form.is_valid():
        return _page(request, "password", form, must=must)
    try:
        changed = actions.change_password(
            user_id=user.pk, old=form.cleaned_data["old"], new=form.cleaned_data["new"], at=at
        )
    except Refusal as refusal:
        return _page(request, "password", form, refusal, must=must)
    wanted = request.session.get(NEXT, "")
    sessions.renew_staff(request, changed, at)
    if wanted:
        request.session[NEXT] = wanted
    return onward(request, changed.user, at)


@_signed_in
@_either
@sensitive_post_parameters("totp")
def second_factor(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """Set up an authenticator: begin, scan, prove it by one code."""
    if user.totp_confirmed_at is not None:
        return _page(request, "second_factor", forms.CodeForm(), ready=True)
    if request.method != "POST":
        return _page(request, "second_factor", forms.CodeForm())
    address = actions.begin_second_factor(user_id=user.pk)
    shown = {
        "qr": segno.make(address, error="m").svg_data_uri(scale=4, border=4),
        "secret": _in_fours(parse_qs(urlsplit(address).query)["secret"][0]),
    }
    if "totp" not in request.POST:
        return _page(request, "second_factor", forms.CodeForm(), **shown)
    form = forms.CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, "second_factor", form, **shown)
    try:
        actions.confirm_second_factor(user_id=user.pk, totp=form.cleaned_data["totp"], at=at)
    except Refusal as refusal:
        return _page(request, "second_factor", form, refusal, **shown)
    user.refresh_from_db()
    return onward(request, user, at)


@_signed_in
@require_GET
def account(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """The person's own account: posts, password, second factor, sign-out."""
    actor = sessions.actor_of(request, at)
    if actor is None:
        return onward(request, user, at)
    posts = queries.posts_of(user.pk, timezone.localdate(at))
    context = {
        "person": user.display_name,
        "login": user.login,
        "second_factor": user.totp_confirmed_at is not None,
        "posts": [
            {"words": forms.words_for(post), "current": post.id == actor.post_id} for post in posts
        ],
    }
    return render(request, "operations/signin/account.html", context)


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session, here and on the account, and leave nothing in the browser."""
    at = timezone.now()
    user = sessions.user_of(request, at)
    if user is not None and user.kind == User.Kind.STAFF:
        actions.sign_out(user_id=user.pk, at=at)
    sessions.close(request)
    response = HttpResponseRedirect(reverse("signin:signed-out"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@never_cache
@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    return render(request, "operations/signin/signed_out.html")


def _in_fours(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _why(code: str) -> str:
    """Why somebody who was signed in must sign in again, in words; "" for other codes."""
    return {
        "idle": _("您已经 30 分钟没有操作，为了安全已自动退出。请重新登录。"),
        "limit": _("这次登录已经到了时限，请重新登录。"),
        "elsewhere": _("您的账号刚刚在别处登录，这里已经退出。如果不是您本人，请马上修改口令。"),
    }.get(code, "")
