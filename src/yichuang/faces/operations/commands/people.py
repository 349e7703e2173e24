"""user, demo-logins: accounts, posts and tokens from the terminal."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import queries
from yichuang.accounts.actions import people, tokens
from yichuang.accounts.actor import system
from yichuang.accounts.demo import demo_logins as logins
from yichuang.accounts.models import Post, User
from yichuang.accounts.roles import STAFF_ROLES
from yichuang.authority import queries as authority
from yichuang.faces.operations.commands.group import DAY, answers, as_json, say_json
from yichuang.verdict import Refusal

OPERATOR = system("命令行", channel="command")


@click.group()
def user() -> None:
    """账户与岗位 accounts, posts and tokens of staff."""


@user.command("list")
@as_json
@answers
def list_(as_json: bool) -> None:
    """列出人员 staff accounts with the posts they hold today."""
    found = queries.staff(timezone.localdate())
    if as_json:
        say_json(
            [
                {
                    "login": one.login,
                    "name": one.name,
                    "active": one.active,
                    "second_factor": one.second_factor,
                    "posts": [
                        {"id": p.id, "role": p.role, "organ": p.organ_code, "outlet": p.outlet_code}
                        for p in one.posts
                    ],
                }
                for one in found
            ]
        )
        return
    for one in found:
        state = "" if one.active else _("（停用）")
        click.echo(f"{one.login}\t{one.name}{state}")
        for post in one.posts:
            where = post.outlet_code or post.organ_code or post.place_code
            click.echo(
                f"  #{post.id}\t{post.role_name}\t{where}\t{post.starts_on}–{post.ends_on or ''}"
            )


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="姓名 display name")
@click.option("--totp/--no-totp", default=True, help="要求动态码 require a second factor")
@answers
def create(login: str, name: str, totp: bool) -> None:
    """建账户 make an account; prints a first password that must be changed at once."""
    password = secrets.token_urlsafe(12) + "-A7"
    people.create_user(
        login=login,
        display_name=name,
        password=password,
        totp_required=totp,
        by=OPERATOR,
        at=timezone.now(),
    )
    click.echo(_("初始口令（只显示这一次，首次登录须修改）：%(password)s") % {"password": password})


@user.command("give-post")
@click.argument("login")
@click.option("--role", type=click.Choice(STAFF_ROLES), required=True)
@click.option("--organ", default="", help="机构代码 organ code")
@click.option("--outlet", default="", help="服务点代码 outlet code")
@click.option("--title", default="", help="职务 title")
@click.option("--from", "starts_on", type=DAY, default=None)
@click.option("--to", "ends_on", type=DAY, default=None)
@answers
def give_post(
    login: str,
    role: str,
    organ: str,
    outlet: str,
    title: str,
    starts_on: date | None,
    ends_on: date | None,
) -> None:
    """给岗位 put a person into a post at an organ or an outlet, for a term."""
    order = authority.order()
    place = ""
    if outlet:
        facts = order.outlet(outlet)
        place, organ = facts.division_code, organ or facts.organ_code
    if organ and organ not in order.organs:
        raise Refusal(
            "organ-unknown",
            _("没有代码为“%(code)s”的机构。") % {"code": organ},
            remedy=_("请核对县包里的organs.csv。"),
        )
    post = people.give_post(
        user=_user(login),
        role=role,
        title=title,
        organ_code=organ,
        outlet_code=outlet,
        place_code=place or organ[:12],
        starts_on=starts_on or timezone.localdate(),
        ends_on=ends_on,
        by=OPERATOR,
        at=timezone.now(),
    )
    click.echo(_("岗位#%(id)s已设。") % {"id": post.pk})


@user.command("end-post")
@click.argument("post_id", type=int)
@click.option("--on", type=DAY, default=None, help="最后一天 last day; today by default")
@answers
def end_post(post_id: int, on: date | None) -> None:
    """结束岗位 end a post."""
    people.end_post(
        post_id=post_id, ends_on=on or timezone.localdate(), by=OPERATOR, at=timezone.now()
    )
    click.echo(_("岗位#%(id)s已结束。") % {"id": post_id})


@user.command("reset-password")
@click.argument("login")
@answers
def reset_password(login: str) -> None:
    """重设口令 give a new first password; ends every session."""
    password = secrets.token_urlsafe(12) + "-A7"
    people.reset_password(
        user_id=_user(login).pk, password=password, by=OPERATOR, at=timezone.now()
    )
    click.echo(_("初始口令（只显示这一次，首次登录须修改）：%(password)s") % {"password": password})


@user.command()
@click.argument("post_id", type=int)
@click.option("--label", required=True, help="用途 what it is for")
@click.option("--days", type=click.IntRange(1, 366), default=90)
@answers
def token(post_id: int, label: str, days: int) -> None:
    """发接口令牌 issue an API token for a post; shown this once."""
    at = timezone.now()
    post = Post.objects.select_related("user").filter(pk=post_id).first()
    if post is None:
        raise Refusal("post-unknown", _("没有这个岗位。"), remedy=_("请用 user list 查岗位编号。"))
    raw, row = tokens.issue_token(
        post=post, label=label, expires_at=at + timedelta(days=days), by=OPERATOR, at=at
    )
    click.echo(_("令牌#%(id)s（只显示这一次）：") % {"id": row.pk})
    click.echo(raw)


@user.command("revoke-token")
@click.argument("token_id", type=int)
@answers
def revoke_token(token_id: int) -> None:
    """吊销令牌 revoke an API token."""
    tokens.revoke_token(token_id=token_id, by=OPERATOR, at=timezone.now())
    click.echo(_("令牌#%(id)s已吊销。") % {"id": token_id})


def _user(login: str) -> User:
    found = User.objects.filter(login=login).first()
    if found is None:
        raise Refusal("login-unknown", _("没有这个登录名。"), remedy=_("请用 user list 查看。"))
    return found


@click.command("demo-logins")
@as_json
@answers
def demo_logins(as_json: bool) -> None:
    """演示账户 the fictional people one may sign in as, by role; demo mode only."""
    found = logins()
    if as_json:
        say_json(
            [
                {
                    "login": one.login,
                    "password": one.password,
                    "name": one.name,
                    "roles": one.roles,
                    "outlet": one.outlet_code,
                    "organ": one.organ_code,
                }
                for one in found
            ]
        )
        return
    if not found:
        click.echo(_("没有演示账户。"))
        return
    click.echo(_("演示账户（口令都是 %(password)s）：") % {"password": found[0].password})
    for one in found:
        click.echo(f"  {one.login:<20}{'、'.join(one.role_names)}  {one.name}")
    click.echo(_("居民：在首页用任一手机号登录，验证码打印在本终端。"))


COMMANDS = (user, demo_logins)
