"""A signed-in browser: how a session opens and ends, and which Actor stands behind a request.

Web, but of no face: every face builds its Actor here. A staff session lives while its stamp is the
one on the account (a newer sign-in replaces it), at most 30 minutes without use and 10 hours in
all; a resident's at most 30 minutes and 8 hours. A staff session with something outstanding
(password, second factor, post) has no Actor until that is done.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from yichuang.accounts import queries, roles, rules
from yichuang.accounts.actions.signin import SignIn
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import User
from yichuang.verdict import Refusal

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_OPENED, _SEEN, _STAMP, _POST = "opened_at", "seen_at", "stamp", "post"
_TOUCH = timedelta(seconds=60)  # "seen" is written at most once a minute, not with every page
View = Callable[..., HttpResponse]


def open_staff(request: HttpRequest, entered: SignIn, at: datetime) -> None:
    """Begin a staff session (new key, nothing carried over); one post only is chosen at once."""
    if entered.step != "in":
        raise ValueError("the sign-in is not complete")
    request.session.flush()
    _open(request, entered.user, at)
    request.session[_STAMP] = entered.stamp
    posts = queries.posts_of(entered.user.pk, timezone.localdate(at))
    if len(posts) == 1:
        request.session[_POST] = posts[0].id


def renew_staff(request: HttpRequest, entered: SignIn, at: datetime) -> None:
    """After a change of password: a new key and stamp, the same post."""
    post = request.session.get(_POST)
    request.session.flush()
    _open(request, entered.user, at)
    request.session[_STAMP] = entered.stamp
    if post is not None:
        request.session[_POST] = post


def open_resident(request: HttpRequest, user: User, at: datetime) -> None:
    """Begin a resident's session under a new key; what they filled in before signing in stays."""
    _open(request, user, at)


def _open(request: HttpRequest, user: User, at: datetime) -> None:
    auth.login(request, user, backend=_BACKEND)
    request.session[_OPENED] = request.session[_SEEN] = at.isoformat()


def close(request: HttpRequest) -> None:
    """End the browser's session, whoever's it is."""
    auth.logout(request)


def choose_post(request: HttpRequest, post_id: int, at: datetime) -> None:
    """Work in one of the person's current posts from now on. Refuses not-your-post (403)."""
    user = user_of(request, at)
    held = queries.posts_of(user.pk, timezone.localdate(at)) if user else ()
    if all(post.id != post_id for post in held):
        raise Refusal(
            "not-your-post",
            _("您现在没有这个岗位。"),
            remedy=_("请重新选择岗位，或联系本单位负责人。"),
            status=403,
        )
    request.session[_POST] = post_id


def user_of(request: HttpRequest, at: datetime) -> User | None:
    """The person behind a live session, posts and outstanding matters aside.

    A session that has ended is emptied here, and `request.ended` says why: "idle", "limit" or
    "elsewhere" (signed in again at another place).
    """
    user = request.user
    if not isinstance(user, User):
        return None
    why = _ended(request, user, at)
    if why:
        auth.logout(request)
        request.ended = why
        return None
    if at - datetime.fromisoformat(request.session[_SEEN]) >= _TOUCH:
        request.session[_SEEN] = at.isoformat()
    return user


def _ended(request: HttpRequest, user: User, at: datetime) -> str:
    session = request.session
    staff = user.kind == User.Kind.STAFF
    if _OPENED not in session or _SEEN not in session:
        return "limit"
    if staff and not (
        user.session_stamp and hmac.compare_digest(str(session.get(_STAMP, "")), user.session_stamp)
    ):
        return "elsewhere"
    if user.demo and settings.MODE not in ("demo", "test"):
        return "limit"
    return rules.session_over(
        opened_at=datetime.fromisoformat(session[_OPENED]),
        seen_at=datetime.fromisoformat(session[_SEEN]),
        at=at,
        limit=rules.STAFF_LIMIT if staff else rules.RESIDENT_LIMIT,
    )


def outstanding(user: User, at: datetime) -> str:
    """What a staff member must do before working: "password", "second-factor" or ""."""
    if user.kind != User.Kind.STAFF:
        return ""
    if not user.demo and rules.password_expired(user.password_changed_at, at):
        return "password"
    if user.totp_required and user.totp_confirmed_at is None:
        return "second-factor"
    return ""


def actor_of(request: HttpRequest, at: datetime) -> Actor | None:
    """The Actor behind a request; None for nobody, or while something is outstanding.

    One SQL statement for residents, two for staff (the post is read again with every request, so
    that an ended post ends its powers at once). Kept on the request once found.
    """
    known = getattr(request, "actor", None)
    if known is not None:
        return known
    user = user_of(request, at)
    if user is None or outstanding(user, at):
        return None
    reference = str(getattr(request, "reference", ""))
    actor: Actor | None = None
    if user.kind == User.Kind.RESIDENT:
        actor = queries.resident_actor(user, channel="web", request_id=reference)
    elif user.kind == User.Kind.STAFF and _POST in request.session:
        on = timezone.localdate(at)
        post = queries.current_posts(on).filter(pk=request.session[_POST], user=user).first()
        if post is not None:
            post.user = user
            actor = queries.actor_in(post, channel="web", request_id=reference)
    request.actor = actor
    return actor


def requires(*allowed: str, now: Callable[[], datetime] = timezone.now) -> Callable[[View], View]:
    """A view for these roles only (any signed-in person when none is named); never cached.

    now: the face's clock, asked once for each request.

    Nobody signed in: sent to sign in, and back afterwards. Another role: Refusal not-your-post.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            actor = actor_of(request, now())
            if actor is None:
                return to_sign_in(request, resident=allowed == (roles.RESIDENT,))
            if allowed and actor.role not in allowed:
                raise Refusal(
                    "not-your-post",
                    _("您现在的岗位（%(role)s）不能打开这个页面。")
                    % {"role": roles.name_of(actor.role)},
                    remedy=_("请换用有此职责的岗位，或联系本单位负责人。"),
                    status=403,
                )
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        return guarded

    return wrap


def actor(request: HttpRequest) -> Actor:
    """Whom `requires` let in: in its views only."""
    return request.actor  # type: ignore[attr-defined, no-any-return]  # set by actor_of


def to_sign_in(request: HttpRequest, *, resident: bool = False) -> HttpResponse:
    """Send the browser to sign in and, for a page that was only read, back afterwards.

    An htmx request is told to load the sign-in page whole.
    """
    htmx = request.headers.get("HX-Request") == "true"
    path = request.headers.get("HX-Current-URL", "") if htmx else request.get_full_path()
    query = {}
    if request.method == "GET" or htmx:
        query["next"] = path
    if getattr(request, "ended", ""):
        query["why"] = request.ended
    target = getattr(settings, "RESIDENT_LOGIN_URL", "/sign-in") if resident else settings.LOGIN_URL
    address = f"{target}?{urlencode(query)}" if query else target
    response = HttpResponse() if htmx else HttpResponseRedirect(address)
    if htmx:
        response["HX-Redirect"] = address
    add_never_cache_headers(response)
    return response
