"""What was stored: one row per upload. The bytes lie on disk under their own SHA-256."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class StoredFile(models.Model):
    """An uploaded or produced file. Several rows may share one content on disk."""

    class State(models.TextChoices):
        QUARANTINED = "quarantined", _("待查验")
        CLEAN = "clean", _("可用")
        REFUSED = "refused", _("已拒绝")

    id = models.UUIDField("编号", primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField("内容摘要", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField("大小（字节）")
    content_type = models.CharField("内容类型", max_length=40)
    name = models.CharField("文件名", max_length=160)
    kind = models.CharField("用途", max_length=40)
    state = models.CharField("状态", max_length=16, choices=State.choices)
    created_at = models.DateTimeField("存入时间")
    by = models.JSONField("存入人")

    class Meta:
        verbose_name = "文件"
        verbose_name_plural = verbose_name
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(size__gt=0), name="stored_file_not_empty"),
            models.CheckConstraint(
                condition=models.Q(state__in=("quarantined", "clean", "refused")),
                name="stored_file_state",
            ),
        )


class Upload(models.Model):
    """A file on its way in pieces: a phone's upload that may be cut and go on where it stopped.

    The bytes received so far lie in a part file of their own. `owner`: whose it is, in the words
    of the author who began it; nobody else may add to it or finish it.
    """

    id = models.UUIDField("编号", primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField("所有者", max_length=80, db_index=True)
    name = models.CharField("文件名", max_length=160)
    kind = models.CharField("用途", max_length=40)
    size = models.PositiveBigIntegerField("总大小（字节）")
    received = models.PositiveBigIntegerField("已收到（字节）", default=0)
    begun_at = models.DateTimeField("开始时间", db_index=True)
    stored = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="文件"
    )

    class Meta:
        verbose_name = "续传"
        verbose_name_plural = verbose_name
        constraints = (
            models.CheckConstraint(
                condition=models.Q(received__lte=models.F("size")), name="upload_within_size"
            ),
        )
