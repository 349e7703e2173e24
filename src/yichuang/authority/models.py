"""Who holds a power and to whom it was passed. Published rows are never edited, only ended."""

from django.db import models
from django.db.models import F, Q

from yichuang.authority import facts
from yichuang.catalogue.models import Item
from yichuang.places.models import Organ


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


class Competence(models.Model):
    """Whose power an item is, from a day on. The latest row on or before a day is in force."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", verbose_name="事项")
    valid_from = models.DateField("生效日期")
    version = models.PositiveIntegerField("版本")
    role = models.CharField("行使方式", max_length=20, choices=_choices(facts.ROLES))
    decider = models.CharField(
        "决定机关", max_length=64, help_text="机构代码或代称（@town_government 等）"
    )
    power_source = models.CharField("权力来源", max_length=2, blank=True)
    decision_seal = models.CharField("决定用章", max_length=20, choices=_choices(facts.SEAL_TOKENS))
    acceptance_seal = models.CharField(
        "受理用章", max_length=20, choices=_choices(facts.SEAL_TOKENS)
    )
    basis = models.TextField("依据")
    basis_confirmed = models.BooleanField("依据已确认")
    note = models.TextField("说明", blank=True)
    content_hash = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = "事项权限"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(fields=["item", "version"], name="competence_once_per_version"),
            models.UniqueConstraint(fields=["item", "valid_from"], name="competence_once_per_day"),
            models.CheckConstraint(condition=Q(role__in=facts.ROLES), name="competence_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"


class Grant(models.Model):
    """An instrument that passes a power down: 委托, 授权 or 下放."""

    number = models.CharField("文号", max_length=80, primary_key=True)
    instrument = models.CharField("方式", max_length=12, choices=_choices(facts.INSTRUMENTS))
    from_organ = models.ForeignKey(
        Organ, on_delete=models.PROTECT, related_name="+", verbose_name="委托机关"
    )
    to_organ = models.ForeignKey(
        Organ, on_delete=models.PROTECT, related_name="+", verbose_name="受委托机关"
    )
    items = models.JSONField("事项", help_text="事项代码列表")
    places = models.JSONField("适用区划", help_text='区划代码列表，或 ["*"]')
    outlets = models.JSONField("适用网点", help_text='网点代码列表，或 ["*"]')
    valid_from = models.DateField("起始日期")
    valid_to = models.DateField("终止日期", null=True, blank=True)
    revoked_on = models.DateField("撤销日期", null=True, blank=True)
    seal_code = models.CharField("所付印章", max_length=64, blank=True)
    signatory_title = models.CharField("签署职务", max_length=80, blank=True)
    notice = models.TextField("公告", blank=True)
    basis = models.TextField("依据", blank=True)
    draft = models.BooleanField("示例，待县确认")
    # The largest sum in one matter, in 分; none set, no limit.
    max_amount = models.PositiveBigIntegerField("金额上限（分）", null=True, blank=True)
    text = models.TextField("文书正文", blank=True)
    notice_url = models.CharField("公告网址", max_length=300, blank=True)
    noticed_on = models.DateField("公告日期", null=True, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=_choices(facts.GRANT_STATES), default=facts.PUBLISHED
    )
    drafted_by = models.JSONField("起草人", default=list, blank=True)  # everybody who wrote on it
    drafted_person = models.PositiveBigIntegerField("最后起草人账户", null=True, blank=True)
    approved_by = models.JSONField("批准人", default=dict, blank=True)
    approved_person = models.PositiveBigIntegerField("批准人账户", null=True, blank=True)
    approved_hash = models.CharField("批准的内容摘要", max_length=64, blank=True)
    published_at = models.DateTimeField("公布时间", null=True, blank=True)
    revoked_reason = models.TextField("撤销理由", blank=True)
    seq = models.PositiveIntegerField("步数", default=0)
    content_hash = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = "授权文书"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(instrument__in=facts.INSTRUMENTS), name="grant_instrument_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="grant_term_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(from_organ=F("to_organ")), name="grant_not_to_itself"
            ),
            models.CheckConstraint(
                condition=Q(state__in=facts.GRANT_STATES), name="grant_state_known"
            ),
            models.CheckConstraint(
                condition=Q(approved_person__isnull=True)
                | Q(drafted_person__isnull=True)
                | ~Q(approved_person=F("drafted_person")),
                name="grant_two_people",
            ),
            # what the browser drafted is published as a second person approved it; a county pack's
            # instruments (nobody drafted them here) come published
            models.CheckConstraint(
                condition=~Q(state__in=(facts.APPROVED, facts.PUBLISHED))
                | Q(drafted_person__isnull=True)
                | Q(approved_person__isnull=False, approved_hash=F("content_hash")),
                name="grant_as_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Suspension(models.Model):
    """A stretch of days on which a published grant gives no power. Both days inclusive."""

    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, related_name="suspensions", verbose_name="授权文书"
    )
    starts_on = models.DateField("自")
    ends_on = models.DateField("至", null=True, blank=True)
    reason = models.TextField("理由")

    class Meta:
        verbose_name = "授权暂停"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="suspension_in_order",
            ),
            models.UniqueConstraint(
                fields=["grant"], condition=Q(ends_on__isnull=True), name="suspension_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.starts_on}"


class Standing(models.Model):
    """One row whose stamp changes whenever the standing order does.

    Every process keeps the standing order in memory and reads it again when the stamp has moved;
    a decision locks the row, so a revocation and a decision can never cross.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField("版本戳")
    changed_at = models.DateTimeField("变更时间")

    class Meta:
        verbose_name = "现行秩序"
        verbose_name_plural = verbose_name
        constraints = [models.CheckConstraint(condition=Q(id=1), name="standing_one_row")]

    def __str__(self) -> str:
        return str(self.stamp)
