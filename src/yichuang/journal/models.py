"""The rows: entries that never change, the one head they are counted by, and readers' cursors."""

from django.db import models
from django.utils.translation import gettext_lazy as _

STREAM_SEQ = "journal_stream_seq_unique"


class Entry(models.Model):
    """One thing that happened. Insert only: the database refuses updates and deletes (guard)."""

    index = models.BigIntegerField(_("序号"), primary_key=True)
    stream = models.CharField(_("所属对象"), max_length=80, blank=True)
    seq = models.PositiveBigIntegerField(_("对象内序号"), null=True)
    kind = models.CharField(_("事项类型"), max_length=80)
    at = models.DateTimeField(_("发生时间"))
    author = models.JSONField(_("经手人"))
    payload = models.JSONField(_("内容"))
    leaf_hash = models.BinaryField(_("条目散列"), max_length=32)
    # the tree's subtrees this entry completed, 32 bytes each, lowest first: one on average, and
    # any proof is then a handful of rows instead of a walk over the whole journal
    nodes = models.BinaryField(_("散列树节点"))

    class Meta:
        verbose_name = _("日志条目")
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name=STREAM_SEQ),
            models.CheckConstraint(condition=models.Q(index__gte=0), name="journal_index_from_0"),
            models.CheckConstraint(condition=~models.Q(kind=""), name="journal_kind_given"),
        ]


class Head(models.Model):
    """How many entries there are, and the tree over them. One row; its lock orders all commits."""

    id = models.PositiveSmallIntegerField(_("编号"), primary_key=True)
    size = models.BigIntegerField(_("条目数"))
    root = models.BinaryField(_("根散列"), max_length=32)
    frontier = models.BinaryField(_("前沿散列"))

    class Meta:
        verbose_name = _("日志头")
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="journal_head_is_one"),
        ]


class Cursor(models.Model):
    """How far one reader has come, and what stopped it if something did."""

    name = models.CharField(_("读者"), max_length=80, primary_key=True)
    next_index = models.BigIntegerField(_("下一条序号"), default=0)
    attempts = models.PositiveIntegerField(_("失败次数"), default=0)
    error = models.TextField(_("失败原因"), blank=True)

    class Meta:
        verbose_name = _("日志读者进度")
        verbose_name_plural = verbose_name
