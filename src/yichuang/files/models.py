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
