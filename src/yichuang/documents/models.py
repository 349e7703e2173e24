"""Numbers, seals, papers and the seal ledger. What may not happen, the database forbids."""

from __future__ import annotations

import uuid

from django.db import models

from yichuang.documents import rules
from yichuang.files.models import StoredFile
from yichuang.places.models import Organ


class Counter(models.Model):
    """The last number given in a series and year; raised only by `numbering.next_number`."""

    pk = models.CompositePrimaryKey("series", "year")
    series = models.CharField("代字", max_length=80)
    year = models.PositiveSmallIntegerField("年份")
    value = models.PositiveBigIntegerField("最后序号")

    class Meta:
        verbose_name = "编号计数"
        verbose_name_plural = verbose_name


class Seal(models.Model):
    """A seal an organ may put on papers; never deleted, only brought to the end of its use."""

    code = models.CharField("印章编码", max_length=64, primary_key=True)
    kind = models.CharField("种类", max_length=20, choices=list(rules.SEAL_KINDS.items()))
    organ = models.ForeignKey(
        Organ, verbose_name="所属机关", on_delete=models.PROTECT, related_name="+"
    )
    number = models.CharField("印章编号", max_length=32, blank=True)
    name = models.CharField("印章名称", max_length=120)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True, blank=True)
    custodian_title = models.CharField("保管岗位", max_length=80)
    demonstration = models.BooleanField("演示印章", default=True)

    class Meta:
        verbose_name = "印章"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="documents_seal_known_kind",
                condition=models.Q(kind__in=list(rules.SEAL_KINDS)),
            ),
            models.CheckConstraint(
                name="documents_seal_ends_after_start",
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
            ),
            models.UniqueConstraint(
                name="documents_seal_number_once",
                fields=["organ", "kind", "number"],
                condition=~models.Q(number=""),
            ),
        ]


class Paper(models.Model):
    """One formal paper: its number and frozen facts first, its sealed file afterwards."""

    id = models.UUIDField("标识", primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        "文书种类",
        max_length=24,
        choices=[(kind.code, kind.title) for kind in rules.PAPER_KINDS.values()],
    )
    stream = models.CharField("所属流水", max_length=80, db_index=True)
    number = models.CharField("文书编号", max_length=120, unique=True)
    series = models.CharField("代字", max_length=80)
    year = models.PositiveSmallIntegerField("年份")
    serial = models.PositiveBigIntegerField("序号")
    content = models.JSONField("载明内容")
    organ_name = models.CharField("发文机关", max_length=120)
    seal = models.ForeignKey(
        Seal,
        verbose_name="印章",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="papers",
    )
    seal_basis = models.TextField("用印依据", blank=True)
    state = models.CharField(
        "状态",
        max_length=10,
        choices=list(rules.STATES.items()),
        default=rules.INTENDED,
    )
    reason = models.TextField("失败原因", blank=True)
    verify_code = models.CharField("核验码", max_length=32, unique=True)
    file = models.OneToOneField(
        StoredFile,
        verbose_name="文件",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    sha256 = models.CharField("文件摘要", max_length=64, blank=True, db_index=True)
    pages = models.PositiveSmallIntegerField("页数", default=0)
    template_version = models.CharField("版式版本", max_length=16)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    created_at = models.DateTimeField("编号时间")
    sealed_at = models.DateTimeField("签章时间", null=True, blank=True)

    class Meta:
        verbose_name = "文书"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(
                name="documents_paper_number_once", fields=["series", "year", "serial"]
            ),
            models.CheckConstraint(
                name="documents_paper_sealed_has_file",
                condition=models.Q(
                    state=rules.SEALED, file__isnull=False, sealed_at__isnull=False, pages__gt=0
                )
                & ~models.Q(sha256="")
                | ~models.Q(state=rules.SEALED)
                & models.Q(file__isnull=True, sealed_at__isnull=True, sha256=""),
            ),
        ]
        indexes = [
            # the sweep asks for the few that are not finished among very many that are
            models.Index(
                name="documents_paper_unfinished",
                fields=["created_at"],
                condition=models.Q(state=rules.INTENDED),
            ),
        ]


class SealUse(models.Model):
    """One impression of one seal: a line of the ledger, written with the paper's sealing."""

    year = models.PositiveSmallIntegerField("年份")
    serial = models.PositiveBigIntegerField("用印序号")
    number = models.CharField("用印编号", max_length=40, unique=True)
    paper = models.OneToOneField(
        Paper, verbose_name="文书", on_delete=models.PROTECT, related_name="seal_use"
    )
    seal = models.ForeignKey(
        Seal, verbose_name="印章", on_delete=models.PROTECT, related_name="uses"
    )
    organ = models.ForeignKey(
        Organ, verbose_name="用印机关", on_delete=models.PROTECT, related_name="+"
    )
    item_code = models.CharField("事项编码", max_length=64, blank=True)
    case_number = models.CharField("办件编号", max_length=64, blank=True)
    approver_name = models.CharField("审批人", max_length=80, blank=True)
    at = models.DateTimeField("用印时间")

    class Meta:
        verbose_name = "用印登记"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(name="documents_seal_use_once", fields=["year", "serial"])
        ]
