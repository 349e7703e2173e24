"""Ratings of cases: one for each, never edited."""

from django.db import models
from django.db.models import Q

from yichuang.cases.models import Case
from yichuang.oversight import rules


class Rating(models.Model):
    """What an applicant thought of one matter (一事一评)."""

    CHANNELS = [("code", "二维码"), ("web", "网页"), ("counter", "窗口设备"), ("api", "接口")]

    case = models.OneToOneField(Case, models.PROTECT, related_name="+", verbose_name="办件")
    grade = models.CharField("满意程度", max_length=20, choices=list(rules.GRADES.items()))
    options = models.JSONField("评价选项", default=list)
    text = models.CharField("文字评价", max_length=rules.TEXT_LIMIT, blank=True)
    channel = models.CharField("评价渠道", max_length=8, choices=CHANNELS)
    bad = models.BooleanField("差评", default=False)
    rated_at = models.DateTimeField("评价时间")

    class Meta:
        verbose_name = "评价"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(grade__in=list(rules.GRADES)), name="rating_grade_known"
            ),
            models.CheckConstraint(
                condition=Q(bad=True, grade__in=sorted(rules.BAD))
                | (Q(bad=False) & ~Q(grade__in=sorted(rules.BAD))),
                name="rating_bad_follows_grade",
            ),
        ]

    def __str__(self) -> str:
        return self.get_grade_display()


class PlanTask(models.Model):
    """One thing that the county's plan orders, in the plan's own words. Read from the pack."""

    code = models.CharField("任务编号", max_length=20, primary_key=True)
    section = models.CharField("方案条目", max_length=40)
    section_title = models.CharField("条目标题", max_length=60)
    clause = models.CharField("条款", max_length=10)
    title = models.CharField("任务", max_length=120)
    text = models.TextField("方案原文")
    lead = models.CharField("牵头单位", max_length=80, blank=True)
    lead_organ = models.CharField("牵头单位代码", max_length=64, blank=True)
    responsible = models.JSONField("责任单位", default=list)
    responsible_organs = models.JSONField("责任单位代码", default=list)
    due = models.DateField("期限", null=True, blank=True)
    due_text = models.CharField("期限原文", max_length=80, blank=True)
    position = models.PositiveSmallIntegerField("顺序")

    class Meta:
        verbose_name = "方案任务"
        verbose_name_plural = verbose_name
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class CaseCost(models.Model):
    """What one case cost its applicant (visit_rules.CaseCost): written by the journal's reader,
    and written again the same from the journal at any time."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="+", verbose_name="办件")
    item = models.CharField("事项", max_length=60)
    outlet = models.CharField("收件网点", max_length=60)
    filed_on = models.DateField("收件日期")
    ended_on = models.DateField("了结日期", null=True, blank=True)
    visits = models.PositiveSmallIntegerField("到场次数")
    visits_spared = models.PositiveSmallIntegerField("少跑次数")
    papers_asked = models.PositiveSmallIntegerField("所交材料")
    papers_spared = models.PositiveSmallIntegerField("免交材料")
    days = models.PositiveIntegerField("用时（工作日）", null=True, blank=True)
    days_spared = models.PositiveIntegerField("提前（工作日）", null=True, blank=True)
    one_visit = models.BooleanField("一次办好")

    class Meta:
        verbose_name = "办事成本"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["ended_on", "item"], name="cost_by_item"),
            models.Index(fields=["ended_on", "outlet"], name="cost_by_outlet"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.visits}"
