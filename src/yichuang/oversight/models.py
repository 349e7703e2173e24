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
