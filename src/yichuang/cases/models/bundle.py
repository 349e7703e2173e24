"""一件事: cases applied for together."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yichuang.cases.models.case import Case, PersonColumns
from yichuang.catalogue.models import ChainVersion, Item
from yichuang.places.models import Division, Outlet


class Bundle(PersonColumns):
    """一件事: several items applied for at once, under one number. Its cases live their own lives;
    it opens them in order and shows them as one."""

    STATES = [("running", "办理中"), ("done", "全部办结"), ("withdrawn", "已撤回")]

    number = models.CharField("办理编号", max_length=50, unique=True)
    chain_version = models.ForeignKey(
        ChainVersion, models.PROTECT, related_name="+", verbose_name="一件事版本"
    )
    state = models.CharField("状态", max_length=10, choices=STATES, default="running")
    seq = models.PositiveIntegerField("日志序号", default=1)
    place = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="事项所在地")
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name="收件网点")
    channel = models.CharField("渠道", max_length=8, choices=Case.CHANNELS)
    delivery_method = models.CharField("领取方式", max_length=8, default="collect")
    situation = models.JSONField("情形", default=dict)  # item code → answers
    # facts asked once, and materials taken once by name, for the cases yet to be opened
    facts_sealed = models.BinaryField("申请表内容（密文）", blank=True, default=b"")
    materials = models.JSONField("材料", default=list)
    filed_at = models.DateTimeField("收件时间")
    owner_user = models.BigIntegerField("申请人账户", null=True, blank=True, db_index=True)
    tracking_index = models.BinaryField("查询码索引", max_length=32, unique=True)
    idempotency_key = models.CharField("幂等键", max_length=120, unique=True)
    request_digest = models.CharField("请求摘要", max_length=64)

    class Meta:
        verbose_name = "一件事办理"
        verbose_name_plural = verbose_name
        indexes = [models.Index(fields=["outlet", "state", "filed_at"], name="bundle_of_outlet")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "withdrawn"]), name="bundle_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stream(self) -> str:
        return f"bundle:{self.id}"


class Link(models.Model):
    """One item of a bundle: waiting for earlier results, open as a case, or past."""

    STATES = [
        ("waiting", "等前面的结果"),
        ("open", "办理中"),
        ("done", "已办成"),
        ("failed", "未办成"),
        ("blocked", "前面未办成，不能办"),
        ("skipped", "前面已办成，不用再办"),
        ("withdrawn", "已撤回"),
        ("guided", "已指引，由申请人去办"),
        ("guided_done", "申请人已办好"),
    ]

    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="links", verbose_name="一件事")
    seq = models.PositiveSmallIntegerField("环节")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name="事项")
    needs = models.JSONField("前置环节", default=list)
    state = models.CharField("状态", max_length=12, choices=STATES)
    case = models.OneToOneField(
        Case, models.PROTECT, null=True, blank=True, related_name="link", verbose_name="办件"
    )
    note = models.CharField("说明", max_length=300, blank=True)
    changed_at = models.DateTimeField("变动时间")

    class Meta:
        verbose_name = "一件事环节"
        verbose_name_plural = verbose_name
        ordering = ["bundle", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "seq"], name="link_once"),
            models.UniqueConstraint(fields=["bundle", "item"], name="link_item_once"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "waiting",
                        "open",
                        "done",
                        "failed",
                        "blocked",
                        "skipped",
                        "withdrawn",
                        "guided",
                        "guided_done",
                    ]
                ),
                name="link_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "done", "failed"]) | Q(case__isnull=False),
                name="link_open_has_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bundle_id}.{self.seq}"
