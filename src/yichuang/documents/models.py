"""Numbers, seals, papers and the seal ledger. What may not happen, the database forbids."""

from __future__ import annotations

import uuid

from django.db import models

from yichuang.accounts.models import User
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
    state = models.CharField(
        "状态", max_length=10, choices=list(rules.SEAL_STATES.items()), default=rules.HANDED_OUT
    )
    custodian = models.ForeignKey(
        User,
        verbose_name="保管人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approval = models.CharField(
        "用印审批方式",
        max_length=8,
        choices=list(rules.APPROVALS.items()),
        default=rules.BY_ACT,
    )
    hours = models.JSONField(
        "可用时段",
        default=dict,
        blank=True,
        help_text='{"days":[1..7],"from":"08:30","to":"17:30"}',
    )
    items = models.JSONField("适用事项", default=list, blank=True, help_text="空为不限")
    paper_kinds = models.JSONField("适用文书", default=list, blank=True, help_text="空为不限")
    picture = models.ForeignKey(
        StoredFile,
        verbose_name="印模",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "印章"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                name="documents_seal_known_state",
                condition=models.Q(state__in=list(rules.SEAL_STATES)),
            ),
            models.CheckConstraint(
                name="documents_seal_known_approval",
                condition=models.Q(approval__in=list(rules.APPROVALS)),
            ),
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


class SealEvent(models.Model):
    """What was done with a seal (制发, 交付, 停用, 恢复, 收回, 销毁, 调整): asked by one, confirmed by
    another. A suspension holds from the moment it is asked for; everything else from its confirmation.

    change: for 调整 the register's columns as they are to be (hours, items, paper_kinds, approval,
    picture). asked_person: 0 where the platform itself asked.
    """

    seal = models.ForeignKey(
        Seal, verbose_name="印章", on_delete=models.PROTECT, related_name="events"
    )
    event = models.CharField("事由", max_length=10, choices=list(rules.SEAL_EVENTS.items()))
    state = models.CharField(
        "状态",
        max_length=10,
        choices=list(rules.EVENT_STATES.items()),
        default=rules.PROPOSED,
    )
    reason = models.CharField("说明", max_length=300)
    change = models.JSONField("调整内容", default=dict, blank=True)
    custodian = models.ForeignKey(
        User,
        verbose_name="交付给",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    asked_by = models.JSONField("提出人")
    asked_person = models.PositiveBigIntegerField("提出人账户")
    asked_at = models.DateTimeField("提出时间")
    settled_by = models.JSONField("确认人", null=True, blank=True)
    settled_person = models.PositiveBigIntegerField("确认人账户", null=True, blank=True)
    settled_at = models.DateTimeField("确认时间", null=True, blank=True)
    settled_reason = models.CharField("不同意的理由", max_length=300, blank=True)

    class Meta:
        verbose_name = "印章登记"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(
                name="documents_seal_event_one_open",
                fields=["seal"],
                condition=models.Q(state=rules.PROPOSED),
            ),
            models.CheckConstraint(
                name="documents_seal_event_two_people",
                condition=models.Q(settled_person=None)
                | ~models.Q(settled_person=models.F("asked_person"))
                | models.Q(state=rules.WITHDRAWN),
            ),
            models.CheckConstraint(
                name="documents_seal_event_settled_whole",
                condition=models.Q(
                    state=rules.PROPOSED, settled_at__isnull=True, settled_person__isnull=True
                )
                | ~models.Q(state=rules.PROPOSED)
                & models.Q(settled_at__isnull=False, settled_person__isnull=False),
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
    # The approval of this one impression: by whom, and of exactly which facts (rules.facts_hash).
    approved_sha256 = models.CharField("批准的内容摘要", max_length=64, blank=True)
    approved_by = models.JSONField("批准人", default=dict, blank=True)
    approved_person = models.PositiveBigIntegerField("批准人账户", null=True, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    # The intent: which bytes are about to be signed, and the signed file before it is stored.
    unsigned_sha256 = models.CharField("待签文件摘要", max_length=64, blank=True)
    signed_sha256 = models.CharField("已签文件摘要", max_length=64, blank=True)
    replaces = models.OneToOneField(
        "self",
        verbose_name="替换的文书",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replaced_by",
    )
    algorithm = models.CharField("签名算法", max_length=32, blank=True)
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
            models.Index(
                name="documents_paper_awaiting",
                fields=["created_at"],
                condition=models.Q(state=rules.AWAITING),
            ),
            models.Index(
                name="documents_paper_refused",
                fields=["created_at"],
                condition=~models.Q(reason=""),
            ),
        ]


class SealUse(models.Model):
    """One impression of one seal: a line of the ledger, written with the paper's sealing.

    The database refuses to change or delete a line (`guard`); each line's hash covers the one before
    it (`ledger_rules.row_hash`). position: from 1, for ever; serial: from 1 in each year.
    """

    position = models.PositiveBigIntegerField("总序号", unique=True)
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
    handler_name = models.CharField("经办人", max_length=80, blank=True)
    copies = models.PositiveSmallIntegerField("份数", default=1)
    grant_number = models.CharField("授权文号", max_length=80, blank=True)
    document_sha256 = models.CharField("批准的内容摘要", max_length=64, blank=True)
    file_sha256 = models.CharField("签章后文件摘要", max_length=64, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    at = models.DateTimeField("用印时间")
    previous_hash = models.CharField("上一行摘要", max_length=64, blank=True)
    row_hash = models.CharField("本行摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = "用印登记"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(name="documents_seal_use_once", fields=["year", "serial"])
        ]
        indexes = [
            models.Index(name="documents_seal_use_case", fields=["case_number"]),
            models.Index(name="documents_seal_use_at", fields=["at"]),
        ]
