"""Published calendar years. A row here is never edited: a correction is a new version."""

from django.db import models


class CalendarYear(models.Model):
    """One version of one year; of a year's versions the highest is in force."""

    year = models.PositiveSmallIntegerField("年份")
    version = models.PositiveSmallIntegerField("版本")
    source = models.TextField("来源")
    digest = models.CharField("内容摘要", max_length=64)
    published_at = models.DateTimeField("发布时间")
    published_by = models.JSONField("发布人")

    class Meta:
        verbose_name = "年度日历"
        verbose_name_plural = verbose_name
        ordering = ("year", "version")
        constraints = (
            models.UniqueConstraint(fields=("year", "version"), name="calendar_year_version"),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="calendar_version_from_one"
            ),
        )


class SpecialDay(models.Model):
    """A day on which the weekday rule does not hold: a day off, or a make-up working day."""

    calendar_year = models.ForeignKey(
        CalendarYear, models.CASCADE, related_name="days", verbose_name="年度日历"
    )
    date = models.DateField("日期")
    name = models.CharField("节日名称", max_length=40)
    is_off = models.BooleanField("放假")

    class Meta:
        verbose_name = "特殊日"
        verbose_name_plural = verbose_name
        ordering = ("date",)
        constraints = (
            models.UniqueConstraint(fields=("calendar_year", "date"), name="special_day_once"),
        )
