"""Accounts, the posts people hold, and the proofs they sign in with."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yichuang.accounts import roles


class User(AbstractBaseUser):
    """Somebody, or some device, that can be told apart from all others.

    Staff have a login and a password; residents have a phone (sealed) or a province identity.
    Sealed columns are bound to `uid`, which never changes and is known before the first save.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", _("工作人员")
        RESIDENT = "resident", _("居民")
        DEVICE = "device", _("设备")

    uid = models.UUIDField("账户标识", unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    login = models.CharField("登录名", max_length=64, unique=True, null=True)
    display_name = models.CharField("显示名", max_length=64)
    phone_sealed = models.BinaryField("加密手机号", null=True)
    phone_index = models.BinaryField("手机号索引", max_length=32, unique=True, null=True)
    phone_mask = models.CharField("脱敏手机号", max_length=20, blank=True)
    is_active = models.BooleanField("启用", default=True)
    demo = models.BooleanField("演示账户", default=False)
    created_at = models.DateTimeField("创建时间")
    # null: the password was set by somebody else and must be changed before anything is done
    password_changed_at = models.DateTimeField("口令修改时间", null=True)
    totp_required = models.BooleanField("须用动态码", default=False)
    totp_secret_sealed = models.BinaryField("加密动态码密钥", null=True)
    totp_confirmed_at = models.DateTimeField("动态码启用时间", null=True)
    totp_last_step = models.BigIntegerField("上次动态码时间步", default=0)
    failed_count = models.PositiveSmallIntegerField("连续失败次数", default=0)
    locked_until = models.DateTimeField("锁定至", null=True)
    # names the one live staff session; a newer sign-in replaces it and so ends the older session
    session_stamp = models.CharField("会话标记", max_length=64, blank=True)

    objects: ClassVar[BaseUserManager] = BaseUserManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        verbose_name = "账户"
        constraints = [
            models.CheckConstraint(
                name="accounts_user_staff_has_login",
                condition=Q(kind="staff", login__isnull=False) | ~Q(kind="staff"),
            ),
            models.CheckConstraint(
                name="accounts_user_kind", condition=Q(kind__in=["staff", "resident", "device"])
            ),
            models.CheckConstraint(
                name="accounts_user_phone_whole",
                condition=Q(phone_sealed__isnull=True, phone_index__isnull=True, phone_mask="")
                | (Q(phone_sealed__isnull=False, phone_index__isnull=False) & ~Q(phone_mask="")),
            ),
            models.CheckConstraint(
                name="accounts_user_totp_confirmed_has_secret",
                condition=Q(totp_confirmed_at__isnull=True) | Q(totp_secret_sealed__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name


class Post(models.Model):
    """A person's standing: role, organ, outlet, place, from a day to a day (both included).

    Codes and not foreign keys, because places is an independent package; whoever gives a post
    checks them against the places first.
    """

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="posts", verbose_name="账户"
    )
    role = models.CharField(
        "角色",
        max_length=16,
        choices=[(code, roles.ROLES[code].name) for code in roles.STAFF_ROLES],
    )
    title = models.CharField("职务", max_length=64, blank=True)
    organ_code = models.CharField("机构代码", max_length=64, blank=True)
    outlet_code = models.CharField("网点代码", max_length=64, blank=True)
    place_code = models.CharField("区划代码", max_length=12, blank=True)
    starts_on = models.DateField("任期起")
    ends_on = models.DateField("任期止", null=True)

    class Meta:
        verbose_name = "岗位"
        constraints = [
            models.CheckConstraint(
                name="accounts_post_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="accounts_post_role", condition=Q(role__in=list(roles.STAFF_ROLES))
            ),
            models.UniqueConstraint(
                name="accounts_post_once",
                fields=["user", "role", "organ_code", "outlet_code", "starts_on"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.outlet_code or self.organ_code}"


class ApiToken(models.Model):
    """A program's key to one post. Only its SHA-256 is kept: 256 random bits need no salt."""

    post = models.ForeignKey(
        Post, on_delete=models.PROTECT, related_name="tokens", verbose_name="岗位"
    )
    digest = models.CharField("摘要", max_length=64, unique=True)
    label = models.CharField("用途", max_length=64)
    last_four = models.CharField("末四位", max_length=4)
    created_at = models.DateTimeField("签发时间")
    expires_at = models.DateTimeField("失效时间")
    revoked_at = models.DateTimeField("吊销时间", null=True)

    class Meta:
        verbose_name = "接口令牌"
        constraints = [
            models.CheckConstraint(
                name="accounts_token_expires_later", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} …{self.last_four}"


class SignInCode(models.Model):
    """The one code a phone may sign in with now, and when codes were sent to it in the last hour.

    One row a phone, so that its lock orders every request and every try of that phone.
    """

    phone_index = models.BinaryField("手机号索引", max_length=32, unique=True)
    code_digest = models.BinaryField("验证码摘要", max_length=32)
    sent = models.JSONField("近一小时发送时间", default=list)
    expires_at = models.DateTimeField("失效时间")
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = "登录验证码"

    def __str__(self) -> str:
        return f"验证码 {self.pk}"


class FederatedIdentity(models.Model):
    """A person as an outside identity service knows them: the pair (issuer, subject), no less."""

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="identities", verbose_name="账户"
    )
    issuer = models.CharField("身份服务", max_length=255)
    subject = models.CharField("身份标识", max_length=255)
    created_at = models.DateTimeField("关联时间")

    class Meta:
        verbose_name = "统一身份关联"
        constraints = [
            models.UniqueConstraint(name="accounts_identity_once", fields=["issuer", "subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.subject}"
