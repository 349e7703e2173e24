"""What comes before a case: somebody asked (首问), or began to fill in a form at home."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from yichuang.cases.models.bundle import Bundle
from yichuang.cases.models.case import Case
from yichuang.catalogue.models import ChainVersion, Item, ItemVersion
from yichuang.places.models import Organ, Outlet


class Contact(models.Model):
    """首问: somebody asked, and the first person asked answers for it until somebody has it.

    Kept: what it was about, in staff's words; a phone only if the person wants to be called back.
    """

    STATES = [
        ("open", "首问人负责"),
        ("handed", "已转交，待接收"),
        ("received", "已接收"),
        ("closed", "已了结"),
    ]
    OUTCOMES = [
        ("taken_in", "已收件"),
        ("answered", "当场答复"),
        ("elsewhere", "不属本窗口，已指引"),
        ("not_needed", "不需要办理"),
        ("handed_over", "已由接收人办理"),
    ]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="内部编号")
    number = models.CharField("编号", max_length=50, unique=True)
    matter = models.CharField("所问事项", max_length=300)
    item = models.ForeignKey(
        Item, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="事项"
    )
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name="首问网点")
    asked_at = models.DateTimeField("首问时间")
    asked_by = models.JSONField("首问人")
    owner_user = models.BigIntegerField("现责任人", db_index=True)
    handed_to = models.ForeignKey(
        Outlet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="转交网点"
    )
    handed_organ = models.ForeignKey(
        Organ, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="转交单位"
    )
    received_at = models.DateTimeField("接收时间", null=True, blank=True)
    closed_at = models.DateTimeField("了结时间", null=True, blank=True)
    outcome = models.CharField("结果", max_length=12, choices=OUTCOMES, blank=True)
    answer = models.CharField("答复", max_length=1000, blank=True)
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name="办件"
    )
    phone_sealed = models.BinaryField("回电号码（密文）", blank=True, default=b"")
    phone_mask = models.CharField("回电号码（脱敏）", max_length=24, blank=True)
    state = models.CharField("状态", max_length=10, choices=STATES, default="open")
    seq = models.PositiveIntegerField("日志序号", default=1)

    class Meta:
        verbose_name = "首问登记"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["outlet", "state", "asked_at"], name="contact_of_outlet"),
            models.Index(fields=["handed_to", "state", "asked_at"], name="contact_handed_to"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "handed", "received", "closed"]),
                name="contact_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="contact_closed_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stream(self) -> str:
        return f"contact:{self.id}"


class Draft(models.Model):
    """An application begun at home and not yet filed. Its content is sealed whole; it is found by
    its owner's account, or by the secret of its resume link, of which only the digest is kept."""

    STATES = [("open", "填写中"), ("filed", "已提交"), ("dropped", "已放弃")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="内部编号")
    resume_digest = models.BinaryField("续填码摘要", max_length=32, unique=True)
    owner_user = models.BigIntegerField("账户", null=True, blank=True, db_index=True)
    item = models.ForeignKey(
        Item, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="事项"
    )
    item_version = models.ForeignKey(
        ItemVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="填写时版本",
    )
    # of a whole 一件事 instead of one item
    chain_version = models.ForeignKey(
        ChainVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="一件事版本",
    )
    content_sealed = models.BinaryField("内容（密文）")
    seq = models.PositiveIntegerField("保存次数", default=1)
    state = models.CharField("状态", max_length=8, choices=STATES, default="open")
    case = models.OneToOneField(
        Case, models.PROTECT, null=True, blank=True, related_name="draft", verbose_name="办件"
    )
    bundle = models.OneToOneField(
        Bundle, models.PROTECT, null=True, blank=True, related_name="draft", verbose_name="一件事"
    )
    started_at = models.DateTimeField("开始时间")
    saved_at = models.DateTimeField("保存时间")
    expires_on = models.DateField("保留至")

    class Meta:
        verbose_name = "网上申请草稿"
        verbose_name_plural = verbose_name
        indexes = [models.Index(fields=["state", "expires_on"], name="draft_to_expire")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "filed", "dropped"]), name="draft_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="filed") | Q(case__isnull=False) | Q(bundle__isnull=False),
                name="draft_filed_has_case",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=False, item_version__isnull=False, chain_version=None)
                | Q(item=None, item_version=None, chain_version__isnull=False),
                name="draft_of_item_or_chain",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
