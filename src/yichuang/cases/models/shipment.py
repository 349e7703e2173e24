"""Parcels with a courier, what the courier said of them, and what a person must see to."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from yichuang.cases import shipment_rules as rules
from yichuang.cases.models.case import Case
from yichuang.files.models import StoredFile

TABLE = "cases_shipment"


class Shipment(models.Model):
    """One order with a courier for one case. Its id is the key the courier knows the order by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="内部编号")
    case = models.ForeignKey(Case, models.PROTECT, related_name="shipments", verbose_name="办件")
    courier = models.CharField("寄递企业", max_length=40)
    state = models.CharField("状态", max_length=12, choices=list(rules.STATES.items()))
    seq = models.PositiveIntegerField("日志序号", default=1)
    # name, phone and address as JSON, sealed whole to this row
    to_sealed = models.BinaryField("收件人（密文）")
    address_mask = models.CharField("地址（脱敏）", max_length=40)
    waybill = models.CharField("运单号", max_length=40, blank=True)
    label = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="面单"
    )
    ordered_at = models.DateTimeField("下单时间")
    ordered_by = models.JSONField("下单人", default=dict)
    signer_mask = models.CharField("签收人（脱敏）", max_length=80, blank=True)
    relation = models.CharField("签收关系", max_length=8, blank=True)
    ended_at = models.DateTimeField("承运人记录的结束时间", null=True, blank=True)
    # the applicant's own sign-off, as the rule has it; null while nobody has signed
    signed_self = models.BooleanField("本人签收", null=True, blank=True)
    cancel_wanted = models.BooleanField("要取消", default=False)
    # a person has decided that another way is to be taken although this one did not fail
    set_aside = models.BooleanField("已另行处理", default=False)
    # an order that may have arrived although its answer did not: asked about before it is repeated
    in_doubt = models.BooleanField("对方可能已收下", default=False)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    next_try_at = models.DateTimeField("下次处理时间", null=True, blank=True)
    # the case has yet to take the step that this parcel calls for (寄出, 送达)
    to_follow = models.BooleanField("办件待跟进", default=False)
    error = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "寄件"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=list(rules.STATES)), name="shipment_state_known"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(set_aside=False) & ~Q(state__in=rules.GONE),
                name="shipment_one_under_way",
            ),
            models.UniqueConstraint(
                fields=["courier", "waybill"],
                condition=~Q(waybill=""),
                name="shipment_waybill_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(*rules.WAITING, *rules.MOVES)) | ~Q(waybill=""),
                name="shipment_moves_with_waybill",
            ),
            models.CheckConstraint(
                condition=~Q(state=rules.ORDERING) | Q(next_try_at__isnull=False),
                name="shipment_ordering_is_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="shipment_to_work_on",
            ),
            models.Index(fields=["case"], condition=Q(to_follow=True), name="shipment_to_follow"),
        ]

    def __str__(self) -> str:
        return self.waybill or str(self.id)

    @property
    def stream(self) -> str:
        """The parcel's stream in the journal."""
        return f"shipment:{self.id}"


class ShipmentEvent(models.Model):
    """One message of the courier, as it came: never changed, never deleted."""

    shipment = models.ForeignKey(
        Shipment, models.PROTECT, related_name="events", verbose_name="寄件"
    )
    event_id = models.CharField("承运人消息编号", max_length=80)
    kind = models.CharField("内容", max_length=12, choices=list(rules.EVENT_NAMES.items()))
    told_at = models.DateTimeField("承运人时间")
    received_at = models.DateTimeField("收到时间")
    place = models.CharField("地点", max_length=60, blank=True)
    signer_mask = models.CharField("签收人（脱敏）", max_length=80, blank=True)
    relation = models.CharField("签收关系", max_length=8, blank=True)
    signed_self = models.BooleanField("本人签收", null=True, blank=True)

    class Meta:
        verbose_name = "寄件消息"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(fields=["shipment", "event_id"], name="shipment_event_once"),
            models.CheckConstraint(
                condition=Q(kind__in=list(rules.EVENTS)), name="shipment_event_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.told_at}"


class DeliveryTask(models.Model):
    """A result that does not arrive by itself: a person sees to it, and says what they did."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="内部编号")
    case = models.ForeignKey(
        Case, models.PROTECT, related_name="delivery_tasks", verbose_name="办件"
    )
    shipment = models.ForeignKey(
        Shipment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="寄件"
    )
    reason = models.CharField("原因", max_length=16, choices=list(rules.REASONS.items()))
    opened_at = models.DateTimeField("提出时间")
    taken_by = models.JSONField("接手人", default=dict, blank=True)
    taken_at = models.DateTimeField("接手时间", null=True, blank=True)
    settled_by = models.JSONField("处理人", default=dict, blank=True)
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    way = models.CharField("处理方式", max_length=12, blank=True)
    note = models.CharField("处理说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "送达异常"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=list(rules.REASONS)), name="delivery_task_reason_known"
            ),
            models.UniqueConstraint(
                fields=["case", "reason"],
                condition=Q(settled_at__isnull=True),
                name="delivery_task_open_once",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | ~Q(note=""),
                name="delivery_task_settled_says_how",
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at"],
                condition=Q(settled_at__isnull=True),
                name="delivery_task_open",
            ),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()

    @property
    def stream(self) -> str:
        """The task's stream in the journal."""
        return f"delivery-task:{self.id}"
