"""Types of licences, licences, and every time one was shown, lent or asked about."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from yichuang.documents.models import Paper
from yichuang.licences import rules
from yichuang.places.models import Organ


class LicenceType(models.Model):
    """A kind of licence as the county's pack has it; what an issued one says is frozen in its paper."""

    code = models.CharField("类型编码", max_length=40, primary_key=True)
    name = models.CharField("证照名称", max_length=80)
    name_en = models.CharField("英文名称", max_length=160)
    items = models.JSONField("颁发依据的事项", help_text="准予其中一个事项即颁发")
    holder_kind = models.CharField("持证人", max_length=12, choices=list(rules.HOLDERS.items()))
    fields = models.JSONField("证面内容", help_text="[[申请表栏目, 证面名称], …]")
    validity = models.CharField("有效期", max_length=60, blank=True)
    word = models.CharField("编号用字", max_length=8, unique=True)
    catalogue_code = models.CharField("证照类型代码", max_length=40, blank=True)
    materials = models.JSONField("可代替的材料", default=list)
    basis = models.CharField("依据", max_length=300, blank=True)
    basis_confirmed = models.BooleanField("依据已核对", default=False)
    draft = models.BooleanField("示例待县确认", default=True)

    class Meta:
        verbose_name = "证照类型"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return self.name


class Licence(models.Model):
    """One electronic licence (电子证照). What it prints is its paper's; here: whose, and its state.

    owner_user: the resident's account whose wallet it lies in. phone_index: the phone the holder
    gave, which may add it to a wallet; empty where somebody else acted. seq counts journal entries.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="标识")
    type = models.ForeignKey(LicenceType, models.PROTECT, related_name="+", verbose_name="类型")
    number = models.CharField("证照编号", max_length=120, unique=True)
    paper = models.OneToOneField(Paper, models.PROTECT, related_name="+", verbose_name="文件")
    stream_of_case = models.CharField("办件流水", max_length=80, db_index=True)
    case_number = models.CharField("办件编号", max_length=50)
    item_code = models.CharField("事项编码", max_length=64)
    organ = models.ForeignKey(Organ, models.PROTECT, related_name="+", verbose_name="颁发机关")
    decider_code = models.CharField("决定机关", max_length=64)
    holder_kind = models.CharField("持证人类型", max_length=12)
    name_sealed = models.BinaryField("持证人（密文）")
    name_mask = models.CharField("持证人（脱敏）", max_length=80)
    identity_sealed = models.BinaryField("证件号码（密文）")
    identity_index = models.BinaryField("证件号码索引", max_length=32, db_index=True)
    identity_mask = models.CharField("证件号码（脱敏）", max_length=24)
    phone_index = models.BinaryField("电话索引", max_length=32, blank=True, default=b"")
    owner_user = models.BigIntegerField("卡包账户", null=True, blank=True, db_index=True)
    state = models.CharField(
        "状态", max_length=10, choices=list(rules.STATES.items()), default=rules.ACTIVE
    )
    reason = models.CharField("变更原因", max_length=300, blank=True)
    seq = models.PositiveIntegerField("日志序号", default=1)
    valid_from = models.DateField("有效期起")
    valid_to = models.DateField("有效期止", null=True, blank=True)
    issued_at = models.DateTimeField("颁发时间")
    changed_at = models.DateTimeField("变更时间")
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name="换发自",
    )

    class Meta:
        verbose_name = "电子证照"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["organ", "-issued_at"], name="licences_of_organ"),
        ]
        constraints = [
            models.CheckConstraint(
                name="licences_known_state", condition=Q(state__in=list(rules.STATES))
            ),
            models.CheckConstraint(
                name="licences_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="licences_one_of_a_case",
                fields=["stream_of_case"],
                condition=Q(state__in=[rules.ACTIVE, rules.SUSPENDED]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stream(self) -> str:
        """The licence's stream in the journal."""
        return f"licence:{self.id}"


class Showing(models.Model):
    """One showing by QR: good once, for some minutes, for one purpose. Only the secret's hash is
    kept: 128 random bits need no salt."""

    licence = models.ForeignKey(
        Licence, models.PROTECT, related_name="showings", verbose_name="证照"
    )
    digest = models.CharField("口令摘要", max_length=64, unique=True)
    purpose = models.CharField("用途", max_length=12, choices=list(rules.PURPOSES.items()))
    made_at = models.DateTimeField("出示时间")
    expires_at = models.DateTimeField("失效时间")
    used_at = models.DateTimeField("查看时间", null=True, blank=True)
    viewer = models.CharField("查看人自称", max_length=40, blank=True)

    class Meta:
        verbose_name = "证照出示"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="licences_showing_used_in_time",
                condition=Q(used_at=None)
                | Q(used_at__gte=F("made_at"), used_at__lt=F("expires_at")),
            ),
            models.CheckConstraint(
                name="licences_showing_known_purpose", condition=Q(purpose__in=list(rules.PURPOSES))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.licence_id} {self.made_at}"


class Use(models.Model):
    """A licence taken as a material of one application, by its holder's consent for that alone."""

    WAYS = [("online", "本人网上同意"), ("counter", "本人在窗口同意")]

    licence = models.ForeignKey(Licence, models.PROTECT, related_name="uses", verbose_name="证照")
    stream_of_case = models.CharField("办件流水", max_length=80, db_index=True)
    case_number = models.CharField("办件编号", max_length=50)
    position = models.PositiveSmallIntegerField("材料序号")
    purpose = models.CharField("用途", max_length=200)
    state = models.CharField("当时状态", max_length=10)
    consent_by = models.CharField("同意人（脱敏）", max_length=80)
    consent_how = models.CharField("同意方式", max_length=8, choices=WAYS)
    consent_before = models.JSONField("经办人")
    at = models.DateTimeField("同意时间")

    class Meta:
        verbose_name = "证照调用"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(
                name="licences_use_once", fields=["stream_of_case", "position"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.licence_id} → {self.case_number}"


class Reader(models.Model):
    """A program's post that may ask about licences: which types, how often a day, on what basis."""

    post_id = models.BigIntegerField("岗位", unique=True)
    name = models.CharField("对接系统", max_length=80)
    types = models.JSONField("可查的证照类型")
    daily_limit = models.PositiveIntegerField("每日次数")
    basis = models.CharField("依据", max_length=300)
    valid_to = models.DateField("有效期止")
    admitted_by = models.JSONField("批准人")
    admitted_at = models.DateTimeField("批准时间")
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)

    class Meta:
        verbose_name = "证照查询授权"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="licences_reader_some_queries", condition=Q(daily_limit__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DailyQueries(models.Model):
    """How often a reader has asked on a day, found or not."""

    pk = models.CompositePrimaryKey("reader_id", "day")
    reader = models.ForeignKey(Reader, models.PROTECT, related_name="+", verbose_name="查询授权")
    day = models.DateField("日期")
    count = models.PositiveIntegerField("次数")

    class Meta:
        verbose_name = "证照查询计数"
        verbose_name_plural = verbose_name
