"""Types of blanks, one row a number, the ledger, what waits for a second person, and the days.

One row a number: that no two ranges overlap is then one unique constraint, on both databases. The
ledger (Movement) counts the same sheets a second time, by stretches of numbers; it is only ever
added to, and the close of a day compares the two.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from yichuang.blanks import rules
from yichuang.files.models import StoredFile
from yichuang.places.models import Organ, Outlet


class BlankType(models.Model):
    """A certificate that comes as numbered blank sheets; its pattern stands once sheets are in."""

    code = models.CharField("种类编码", max_length=32, primary_key=True)
    name = models.CharField("证照名称", max_length=120)
    name_en = models.CharField("英文名称", max_length=200, blank=True)
    organ = models.ForeignKey(
        Organ, verbose_name="发证机关", on_delete=models.PROTECT, related_name="+"
    )
    prefix = models.CharField("号码前缀", max_length=12, blank=True)
    width = models.PositiveSmallIntegerField("序号位数")
    check_rule = models.CharField(
        "校验", max_length=12, choices=list(rules.CHECKS.items()), default="none"
    )
    draft = models.BooleanField("示例，待县确认", default=True)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "空白证照种类"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="blanks_type_known_check", condition=Q(check_rule__in=list(rules.CHECKS))
            ),
            models.CheckConstraint(
                name="blanks_type_width", condition=Q(width__range=(3, rules.LARGEST_WIDTH))
            ),
        ]

    @property
    def pattern(self) -> rules.Pattern:
        return rules.Pattern(self.prefix, self.width, self.check_rule)


class Stockroom(models.Model):
    """An outlet's stock of blanks: the row that everything moving there locks first."""

    outlet = models.OneToOneField(
        Outlet, verbose_name="服务点", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    closed_through = models.DateField("已日结至", null=True, blank=True)

    class Meta:
        verbose_name = "空白证照库"
        verbose_name_plural = verbose_name


class Proposal(models.Model):
    """入库、发放、交回、退回、作废、遗失: asked by one person, made true or refused by another.

    While it is open, its numbers point at it and take no other step.
    """

    id = models.UUIDField("标识", primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("事由", max_length=10, choices=list(rules.PROPOSALS.items()))
    state = models.CharField(
        "状态",
        max_length=10,
        choices=list(rules.PROPOSAL_STATES.items()),
        default=rules.ASKED,
    )
    type = models.ForeignKey(
        BlankType, verbose_name="种类", on_delete=models.PROTECT, related_name="+"
    )
    first = models.PositiveBigIntegerField("起号")
    last = models.PositiveBigIntegerField("止号")
    count = models.PositiveIntegerField("张数")
    giver = models.ForeignKey(
        Outlet,
        verbose_name="交出网点",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    taker = models.ForeignKey(
        Outlet,
        verbose_name="收下网点",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.CharField("说明", max_length=rules.TEXT_LIMIT, blank=True)
    photo = models.ForeignKey(
        StoredFile,
        verbose_name="照片",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    asked_person = models.PositiveBigIntegerField("提出人账户")
    asked_name = models.CharField("提出人", max_length=80)
    asked_at = models.DateTimeField("提出时间")
    settled_person = models.PositiveBigIntegerField("确认人账户", null=True, blank=True)
    settled_name = models.CharField("确认人", max_length=80, blank=True)
    settled_at = models.DateTimeField("确认时间", null=True, blank=True)
    answer = models.CharField("确认说明", max_length=rules.TEXT_LIMIT, blank=True)
    key = models.CharField("防重复标识", max_length=120, unique=True)

    class Meta:
        verbose_name = "空白证照双人事项"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="blanks_proposal_known",
                condition=Q(kind__in=list(rules.PROPOSALS), state__in=list(rules.PROPOSAL_STATES)),
            ),
            models.CheckConstraint(
                name="blanks_proposal_range",
                condition=Q(first__gte=1, last__gte=F("first"), count__gte=1)
                & Q(count__lte=F("last") - F("first") + 1),
            ),
            models.CheckConstraint(
                name="blanks_proposal_two_people",
                condition=Q(settled_person=None)
                | Q(state=rules.WITHDRAWN)
                | ~Q(settled_person=F("asked_person")),
            ),
            models.CheckConstraint(
                name="blanks_proposal_settled_whole",
                condition=Q(state=rules.ASKED, settled_at=None, settled_person=None)
                | (~Q(state=rules.ASKED) & Q(settled_at__isnull=False, settled_person__gte=0)),
            ),
            models.CheckConstraint(
                name="blanks_proposal_somewhere",
                condition=Q(giver__isnull=False) | Q(taker__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="blanks_proposal_waiting", fields=["asked_at"], condition=Q(state=rules.ASKED)
            ),
        ]


class Blank(models.Model):
    """One sheet, under the number printed on it. `outlet`: on whose books it is, or last was."""

    type = models.ForeignKey(
        BlankType, verbose_name="种类", on_delete=models.PROTECT, related_name="+"
    )
    serial = models.PositiveBigIntegerField("序号")
    number = models.CharField("号码", max_length=32)
    state = models.CharField("状态", max_length=10, choices=list(rules.STATES.items()))
    outlet = models.ForeignKey(
        Outlet, verbose_name="所在网点", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposal = models.ForeignKey(
        Proposal,
        verbose_name="待确认事项",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="blanks",
        db_index=False,
    )
    holder = models.PositiveBigIntegerField("经手人账户", null=True, blank=True)
    holder_name = models.CharField("经手人", max_length=80, blank=True)
    case_number = models.CharField("办件编号", max_length=64, blank=True)
    paper = models.CharField("证照或文书编号", max_length=120, blank=True)
    prints = models.PositiveSmallIntegerField("打印次数", default=0)
    received_at = models.DateTimeField("入库时间")
    since = models.DateTimeField("本状态起")

    class Meta:
        verbose_name = "空白证照"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(name="blanks_number_once", fields=["type", "serial"]),
            models.UniqueConstraint(
                name="blanks_one_for_a_paper",
                fields=["type", "paper"],
                condition=Q(state__in=rules.FOR_A_PAPER) & ~Q(paper=""),
            ),
            models.CheckConstraint(
                name="blanks_known_state", condition=Q(state__in=list(rules.STATES))
            ),
            models.CheckConstraint(
                name="blanks_bound_or_free",
                condition=(
                    Q(state__in=rules.FOR_A_PAPER, holder__isnull=False) & ~Q(case_number="")
                )
                | Q(
                    state__in=(rules.IN_STORE, rules.HANDED_OUT),
                    holder=None,
                    case_number="",
                    paper="",
                )
                | Q(state__in=(rules.SPOILED, rules.LOST, rules.RETURNED)),
            ),
            models.CheckConstraint(
                name="blanks_settled_waits_for_nobody",
                condition=Q(proposal=None) | Q(state__in=rules.LIVE),
            ),
        ]
        indexes = [
            # the next number of an outlet, and what lies there: settled sheets pile up, live do not
            models.Index(
                name="blanks_live",
                fields=["outlet", "type", "state", "serial"],
                condition=Q(state__in=rules.LIVE),
            ),
            models.Index(
                name="blanks_waiting",
                fields=["proposal"],
                condition=Q(proposal__isnull=False),
            ),
        ]


class Movement(models.Model):
    """One line of the ledger: what happened to a stretch of numbers. Added to, never changed."""

    at = models.DateTimeField("时间")
    day = models.DateField("日期")
    event = models.CharField(
        "事由", max_length=10, choices=[(step.event, step.name) for step in rules.TABLE.values()]
    )
    type = models.ForeignKey(
        BlankType, verbose_name="种类", on_delete=models.PROTECT, related_name="+"
    )
    first = models.PositiveBigIntegerField("起号")
    last = models.PositiveBigIntegerField("止号")
    count = models.PositiveIntegerField("张数")
    source = models.CharField("原状态", max_length=10, blank=True)
    target = models.CharField("新状态", max_length=10)
    giver = models.ForeignKey(
        Outlet,
        verbose_name="交出网点",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    taker = models.ForeignKey(
        Outlet,
        verbose_name="收下网点",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    proposal = models.ForeignKey(
        Proposal,
        verbose_name="双人事项",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    case_number = models.CharField("办件编号", max_length=64, blank=True)
    paper = models.CharField("证照或文书编号", max_length=120, blank=True)
    reason = models.CharField("说明", max_length=rules.TEXT_LIMIT, blank=True)
    person = models.PositiveBigIntegerField("经手人账户")
    person_name = models.CharField("经手人", max_length=80)
    key = models.CharField("防重复标识", max_length=120, null=True, blank=True, unique=True)

    class Meta:
        verbose_name = "空白证照台账"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="blanks_movement_counts_its_range",
                condition=Q(first__gte=1, count__gte=1) & Q(count=F("last") - F("first") + 1),
            ),
            models.CheckConstraint(
                name="blanks_movement_known", condition=Q(event__in=list(rules.TABLE))
            ),
        ]


class DayClose(models.Model):
    """The close of one day at one outlet: counted by one person, checked by another.

    It covers every day since the last one closed. `sheet`: the equations as they stood.
    """

    outlet = models.ForeignKey(
        Outlet, verbose_name="服务点", on_delete=models.PROTECT, related_name="+"
    )
    day = models.DateField("日期")
    since = models.DateField("自", null=True, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=list(rules.DAY_STATES.items()), default=rules.OPEN
    )
    sheet = models.JSONField("日结表", default=list, blank=True)
    counted_person = models.PositiveBigIntegerField("清点人账户")
    counted_name = models.CharField("清点人", max_length=80)
    counted_at = models.DateTimeField("清点时间")
    closed_person = models.PositiveBigIntegerField("复核人账户", null=True, blank=True)
    closed_name = models.CharField("复核人", max_length=80, blank=True)
    closed_at = models.DateTimeField("日结时间", null=True, blank=True)
    reopened_name = models.CharField("重开人", max_length=80, blank=True)
    reopened_at = models.DateTimeField("重开时间", null=True, blank=True)
    reopened_reason = models.CharField("重开原因", max_length=rules.TEXT_LIMIT, blank=True)

    class Meta:
        verbose_name = "空白证照日结"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(name="blanks_day_once", fields=["outlet", "day"]),
            models.CheckConstraint(
                name="blanks_day_closed_by_two",
                condition=Q(state=rules.CLOSED, closed_at__isnull=False, closed_person__gte=0)
                & ~Q(closed_person=F("counted_person"))
                | Q(state__in=(rules.OPEN, rules.BALANCED), closed_at=None, closed_person=None),
            ),
        ]


class Count(models.Model):
    """What was found of one type when a day was counted."""

    day_close = models.ForeignKey(
        DayClose, verbose_name="日结", on_delete=models.CASCADE, related_name="counts"
    )
    type = models.ForeignKey(
        BlankType, verbose_name="种类", on_delete=models.PROTECT, related_name="+"
    )
    expected = models.PositiveIntegerField("应有")
    found = models.PositiveIntegerField("点到")
    difference = models.IntegerField("差额")

    class Meta:
        verbose_name = "空白证照清点"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(name="blanks_count_once", fields=["day_close", "type"]),
            models.CheckConstraint(
                name="blanks_count_difference",
                condition=Q(difference=F("found") - F("expected")),
            ),
        ]
