"""Matters handed to a company or bureau outside, and followed to the answer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yichuang.cases.models.case import PersonColumns
from yichuang.catalogue.models import Item, ItemVersion
from yichuang.places.models import Division, Organ, Outlet


class Referral(PersonColumns):
    """A matter that no office here decides (水电气暖信 and the like): taken in, handed to the company
    or bureau that does, and followed to its answer."""

    STATES = [
        ("handed", "已转交"),
        ("received", "对方已接收"),
        ("need_more", "对方要求补充"),
        ("done", "已办好"),
        ("refused", "未能办理"),
        ("withdrawn", "已撤回"),
    ]

    number = models.CharField("编号", max_length=50, unique=True)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name="事项")
    item_version = models.ForeignKey(
        ItemVersion, models.PROTECT, related_name="+", verbose_name="事项版本"
    )
    place = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="事项所在地")
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name="收件网点")
    organ = models.ForeignKey(Organ, models.PROTECT, related_name="+", verbose_name="对接单位")
    situation = models.JSONField("情形", default=dict)
    facts_sealed = models.BinaryField("申请内容（密文）", blank=True, default=b"")
    materials = models.JSONField("随转材料", default=list)
    state = models.CharField("状态", max_length=10, choices=STATES, default="handed")
    seq = models.PositiveIntegerField("日志序号", default=1)
    handed_at = models.DateTimeField("转交时间")
    received_at = models.DateTimeField("接收时间", null=True, blank=True)
    due_on = models.DateField("应答复日期", null=True, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answer = models.CharField("答复", max_length=1000, blank=True)
    told_at = models.DateTimeField("告知申请人时间", null=True, blank=True)
    tracking_index = models.BinaryField("查询码索引", max_length=32, unique=True)
    idempotency_key = models.CharField("幂等键", max_length=120, unique=True)

    class Meta:
        verbose_name = "转办"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["organ", "state", "handed_at"], name="referral_of_organ"),
            models.Index(fields=["outlet", "state", "handed_at"], name="referral_of_outlet"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "handed",
                        "received",
                        "need_more",
                        "done",
                        "refused",
                        "withdrawn",
                    ]
                ),
                name="referral_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "refused"]) | Q(answered_at__isnull=False),
                name="referral_answered_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stream(self) -> str:
        return f"referral:{self.id}"
