"""Messages on their way out, and the daily comparison with the providers' own accounts."""

import uuid

from django.db import models
from django.db.models import F, Q

from yichuang.messages import rules

TABLE = "outgoing_message"  # what addresses are sealed to


class Message(models.Model):
    """One message to one address: the outbox. Handed over at most once; sending it anew after that
    is a new row that replaces this one. `uid` is the idempotency key the provider sees."""

    uid = models.UUIDField("发送标识", default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField("幂等键", max_length=120, unique=True)
    channel = models.CharField("渠道", max_length=8, choices=list(rules.CHANNELS.items()))
    template = models.CharField("模板", max_length=40)
    stream = models.CharField("所属对象", max_length=100, blank=True)
    address_sealed = models.BinaryField("地址（加密）")
    address_mask = models.CharField("地址（脱敏）", max_length=80)
    body = models.CharField("内容", max_length=rules.BODY_LIMIT, blank=True)
    urgent = models.BooleanField("加急", default=False)
    state = models.CharField(
        "状态", max_length=12, choices=list(rules.STATES.items()), default=rules.PENDING
    )
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    in_doubt = models.BooleanField("对方可能已收下", default=False)
    # pending: not before; sending: the lease ends; handed over: ask for the receipt
    next_try_at = models.DateTimeField("下一步时间", null=True, blank=True)
    provider = models.CharField("通道", max_length=40, blank=True)
    provider_ref = models.CharField("通道编号", max_length=100, blank=True)
    segments = models.PositiveSmallIntegerField("条数", default=0)
    error = models.CharField("最近的错误", max_length=rules.ERROR_LIMIT, blank=True)
    made_at = models.DateTimeField("生成时间")
    handed_at = models.DateTimeField("交出时间", null=True, blank=True)
    delivered_at = models.DateTimeField("送达时间", null=True, blank=True)
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name="代替",
    )

    class Meta:
        verbose_name = "消息"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="message_next"),
            models.Index(fields=["provider", "handed_at"], name="message_handed"),
            models.Index(fields=["stream"], name="message_stream"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=list(rules.STATES)), name="message_state_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=list(rules.CHANNELS)), name="message_channel_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=rules.WAITING) | Q(next_try_at__isnull=False),
                name="message_waiting_has_turn",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[rules.DEAD, rules.FAILED]) | Q(next_try_at=None),
                name="message_ended_has_no_turn",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[rules.HANDED, rules.DELIVERED])
                | (Q(handed_at__isnull=False) & ~Q(provider="")),
                name="message_handed_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=rules.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=rules.DELIVERED) & Q(delivered_at=None)),
                name="message_delivered_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(template__in=rules.SECRET) | Q(body=""),
                name="message_secret_has_no_body",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("pk")), name="message_replaces_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.address_mask}"


class Reconciliation(models.Model):
    """One day's messages as we count them and as the provider does."""

    day = models.DateField("日期")
    provider = models.CharField("通道", max_length=40)
    ours = models.PositiveIntegerField("我方数")
    theirs = models.PositiveIntegerField("对方数", default=0)
    our_segments = models.PositiveIntegerField("我方条数")
    their_segments = models.PositiveIntegerField("对方条数", default=0)
    state = models.CharField("状态", max_length=12, choices=list(rules.DAY_STATES.items()))
    error = models.CharField("原因", max_length=rules.ERROR_LIMIT, blank=True)
    made_at = models.DateTimeField("对账时间")

    class Meta:
        verbose_name = "消息对账"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(fields=["day", "provider"], name="reconciliation_once"),
            models.CheckConstraint(
                condition=Q(state__in=list(rules.DAY_STATES)),
                name="reconciliation_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.provider}"


class Difference(models.Model):
    """One message the two accounts disagree about; open until a person has explained it."""

    reconciliation = models.ForeignKey(
        Reconciliation, models.CASCADE, related_name="differences", verbose_name="消息对账"
    )
    kind = models.CharField("差异", max_length=16, choices=list(rules.DIFFERENCES.items()))
    key = models.CharField("发送标识", max_length=100)
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="消息"
    )
    provider_ref = models.CharField("通道编号", max_length=100, blank=True)
    ours = models.PositiveIntegerField("我方条数")
    theirs = models.PositiveIntegerField("对方条数")
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    note = models.CharField("处理说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "对账差异"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "kind", "key"], name="difference_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=list(rules.DIFFERENCES)), name="difference_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | ~Q(note=""), name="difference_settled_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
