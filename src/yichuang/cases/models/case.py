"""A case and what hangs on it. The journal stream "case:<id>" tells how it came to be so."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from yichuang.cases import lifecycle
from yichuang.catalogue.models import Item, ItemVersion
from yichuang.files.models import StoredFile
from yichuang.places.models import Division, Organ, Outlet


class PersonColumns(models.Model):
    """Whose matter it is. Numbers are sealed to their row; masks are what pages show."""

    KINDS = [("person", "自然人"), ("enterprise", "法人")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="内部编号")
    kind = models.CharField("类型", max_length=12, choices=KINDS)
    name_sealed = models.BinaryField("姓名（密文）")
    name_mask = models.CharField("姓名（脱敏）", max_length=80)
    identity_sealed = models.BinaryField("证件号码（密文）")
    identity_index = models.BinaryField("证件号码索引", max_length=32, db_index=True)
    identity_mask = models.CharField("证件号码（脱敏）", max_length=24)
    phone_sealed = models.BinaryField("电话（密文）")
    phone_index = models.BinaryField("电话索引", max_length=32, db_index=True)
    phone_mask = models.CharField("电话（脱敏）", max_length=24)
    address_sealed = models.BinaryField("地址（密文）", blank=True, default=b"")

    class Meta:
        abstract = True


class Case(models.Model):
    """One matter of one applicant (办件). `seq` counts its journal entries and guards every write."""

    HANDLINGS = [("instant", "即办件"), ("promise", "承诺件")]
    CHANNELS = [("window", "窗口"), ("station", "村站"), ("portal", "网上"), ("api", "接口")]
    BEHALF = [("self", "本人"), ("child", "未成年子女"), ("other", "受托"), ("enterprise", "单位")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, verbose_name="内部编号")
    number = models.CharField("办件编号", max_length=50, unique=True)
    state = models.CharField("状态", max_length=16, choices=list(lifecycle.STATES.items()))
    seq = models.PositiveIntegerField("日志序号")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name="事项")
    item_version = models.ForeignKey(
        ItemVersion, models.PROTECT, related_name="+", verbose_name="事项版本"
    )
    permit = models.BooleanField("行政许可")
    handling = models.CharField("办件类型", max_length=8, choices=HANDLINGS)
    place = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="事项所在地")
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name="收件网点")
    acceptor = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name="受理网点")
    reviewer = models.ForeignKey(Organ, models.PROTECT, related_name="+", verbose_name="审核机关")
    decider = models.ForeignKey(Organ, models.PROTECT, related_name="+", verbose_name="决定机关")
    in_name_of = models.ForeignKey(Organ, models.PROTECT, related_name="+", verbose_name="名义机关")
    ruling = models.JSONField("权限裁定")
    grant_number = models.CharField("授权文号", max_length=80, blank=True)
    channel = models.CharField("渠道", max_length=8, choices=CHANNELS)
    applicant_mask = models.CharField("申请人（脱敏）", max_length=80)
    answers = models.JSONField("申请内容", default=dict)
    situation = models.JSONField("情形", default=dict)
    # form facts that tell of a person: JSON, sealed whole
    facts_sealed = models.BinaryField("申请表内容（密文）", blank=True, default=b"")
    on_behalf = models.CharField("为谁办理", max_length=12, choices=BEHALF, default="self")
    # where the applicant asked to collect: any outlet of the county (域内通办)
    collect_at = models.ForeignKey(
        Outlet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="领取网点"
    )
    supplied_at = models.DateTimeField("补正齐全时间", null=True, blank=True)
    delivery_method = models.CharField(
        "领取方式",
        max_length=8,
        choices=[("collect", "窗口领取"), ("mail", "邮寄")],
        default="collect",
    )
    filed_at = models.DateTimeField("收件时间")
    accepted_on = models.DateField("受理日期", null=True, blank=True)
    promised_days = models.PositiveSmallIntegerField("承诺工作日")
    legal_days = models.PositiveSmallIntegerField("法定工作日", null=True, blank=True)
    extension_days = models.PositiveSmallIntegerField("延期工作日", default=0)
    # null while the calendar does not reach that far: a date is promised or it is not, never guessed
    due_on = models.DateField("应办结日期", null=True, blank=True)
    work_by = models.DateField("排序日期")
    legal_due_on = models.DateField("法定期限", null=True, blank=True)
    paused = models.BooleanField("计时暂停", default=False)
    reviewed_by = models.BigIntegerField("审核人", null=True, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    # ten working days after the decision (行政许可法 §44; our own rule for what is no permit); null
    # while no calendar reaches it
    deliver_by = models.DateField("送达期限", null=True, blank=True)
    delivered_at = models.DateTimeField("送达时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    owner_user = models.BigIntegerField("申请人账户", null=True, blank=True, db_index=True)
    tracking_index = models.BinaryField("查询码索引", max_length=32, unique=True)
    idempotency_key = models.CharField("幂等键", max_length=120, unique=True)
    request_digest = models.CharField("请求摘要", max_length=64)

    class Meta:
        verbose_name = "办件"
        verbose_name_plural = verbose_name
        indexes = [
            # one for each kind of worklist, walked by (work_by, id) from a key: a page costs the
            # same at twenty thousand cases and at a million
            models.Index(fields=["decider", "state", "work_by", "id"], name="case_of_decider"),
            models.Index(fields=["reviewer", "state", "work_by", "id"], name="case_of_reviewer"),
            models.Index(fields=["acceptor", "state", "work_by", "id"], name="case_of_acceptor"),
            models.Index(fields=["outlet", "state", "work_by", "id"], name="case_of_outlet"),
            models.Index(fields=["collect_at", "state", "work_by", "id"], name="case_of_collector"),
            models.Index(fields=["state", "work_by", "id"], name="case_of_state"),
            models.Index(
                fields=["deliver_by"],
                condition=Q(state__in=lifecycle.DECIDED_STATES),
                name="case_to_deliver",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=list(lifecycle.STATES)), name="case_state_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        lifecycle.RECEIVED,
                        lifecycle.CORRECTION,
                        lifecycle.NOT_ACCEPTED,
                        lifecycle.WITHDRAWN,
                        lifecycle.DELIVERED,
                        lifecycle.CLOSED,
                        lifecycle.ARCHIVED,
                    ]
                )
                | Q(accepted_on__isnull=False),
                name="case_accepted_has_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=lifecycle.DECIDED_STATES) | Q(decided_at__isnull=False),
                name="case_decided_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=lifecycle.DELIVERED) | Q(delivered_at__isnull=False),
                name="case_delivered_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(paused=False)
                | Q(
                    state__in=[
                        lifecycle.CORRECTION,
                        lifecycle.SPECIAL,
                        lifecycle.WITHDRAWN,
                        lifecycle.NOT_ACCEPTED,
                    ]
                ),
                name="case_paused_only_in_pause",
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="case_seq_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stream(self) -> str:
        """The case's stream in the journal."""
        return f"case:{self.id}"


class Applicant(PersonColumns):
    """The applicant of a case."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="applicant", verbose_name="办件")

    class Meta:
        verbose_name = "申请人"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return self.name_mask


class CaseMaterial(models.Model):
    """One row of the case's list of materials, copied from the item version it began with."""

    STATES = [
        ("submitted", "已交"),
        ("held", "可共享，免交"),
        ("missing", "待补"),
        ("later", "容缺后补"),
        ("promised", "承诺代替"),
    ]

    case = models.ForeignKey(Case, models.PROTECT, related_name="materials", verbose_name="办件")
    position = models.PositiveSmallIntegerField("序号")
    name = models.CharField("材料名称", max_length=200)
    state = models.CharField("状态", max_length=10, choices=STATES)
    copies = models.PositiveSmallIntegerField("份数", default=1)
    note = models.CharField("说明", max_length=300, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="电子件"
    )
    held_ref = models.CharField("已有来源", max_length=80, blank=True)
    follow_by = models.DateField("后补期限", null=True, blank=True)

    class Meta:
        verbose_name = "申请材料"
        verbose_name_plural = verbose_name
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["case", "position"], name="material_once"),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "held", "missing", "later", "promised"]),
                name="material_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="later") | Q(follow_by__isnull=False),
                name="material_later_has_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Promise(models.Model):
    """A 告知承诺: what was told, who promised it, when it is checked, what the check found.

    国办发〔2020〕42号. The applicant signs, never a helper. A false one bars its signer from
    promising again until their credit is repaired (identity_index finds it).
    """

    STATES = [("pending", "待核查"), ("kept", "属实"), ("false", "不实"), ("repaired", "已修复")]
    WAYS = [("paper", "纸质签字"), ("online", "本人网上确认")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="promises", verbose_name="办件")
    position = models.PositiveSmallIntegerField("材料序号")
    material = models.CharField("所代替的材料", max_length=200)
    told = models.JSONField("告知内容")
    identity_index = models.BinaryField("承诺人证件索引", max_length=32, db_index=True)
    signed_by = models.CharField("承诺人（脱敏）", max_length=80)
    signed_how = models.CharField("承诺方式", max_length=8, choices=WAYS)
    signed_at = models.DateTimeField("承诺时间")
    check_by = models.DateField("核查期限")
    state = models.CharField("核查结果", max_length=10, choices=STATES, default="pending")
    checked_at = models.DateTimeField("核查时间", null=True, blank=True)
    finding = models.CharField("核查情况", max_length=500, blank=True)

    class Meta:
        verbose_name = "告知承诺"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(fields=["case", "position"], name="promise_once"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "kept", "false", "repaired"]),
                name="promise_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="pending") | Q(checked_at__isnull=False),
                name="promise_checked_has_moment",
            ),
        ]
        indexes = [models.Index(fields=["state", "check_by"], name="promise_to_check")]

    def __str__(self) -> str:
        return self.material


class Transfer(models.Model):
    """A case on its way from the outlet that took it in to the organ that deals with it elsewhere
    (域内通办). The clock does not stop for it."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="transfer", verbose_name="办件")
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="+", verbose_name="收件网点")
    organ = models.ForeignKey(Organ, models.PROTECT, related_name="+", verbose_name="接收机关")
    sent_at = models.DateTimeField("转出时间")
    received_at = models.DateTimeField("接收时间", null=True, blank=True)
    received_by = models.JSONField("接收人", default=dict)

    class Meta:
        verbose_name = "转送"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(received_at__gte=F("sent_at")),
                name="transfer_in_order",
            ),
        ]
        indexes = [models.Index(fields=["organ", "received_at"], name="transfer_to_receive")]

    def __str__(self) -> str:
        return f"{self.outlet_id} → {self.organ_id}"


class Pause(models.Model):
    """A stretch that the clock does not count; each has its reason, basis, start and end."""

    KINDS = [("correction", "补正"), ("special", "特别程序")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="pauses", verbose_name="办件")
    kind = models.CharField("类型", max_length=12, choices=KINDS)
    reason = models.CharField("原因", max_length=300)
    basis = models.CharField("依据", max_length=200)
    state_before = models.CharField("暂停前状态", max_length=16)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)

    class Meta:
        verbose_name = "计时暂停"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(ends_on__isnull=True), name="pause_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="pause_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_on}"


class Delivery(models.Model):
    """How the result reaches the applicant."""

    METHODS = [("collect", "窗口领取"), ("mail", "邮寄"), ("online", "电子送达")]
    CONSENTS = [("link", "凭查询码同意"), ("window", "在窗口签字同意")]

    case = models.OneToOneField(Case, models.PROTECT, related_name="delivery", verbose_name="办件")
    method = models.CharField("方式", max_length=8, choices=METHODS)
    courier = models.CharField("寄递企业", max_length=40, blank=True)
    tracking_number = models.CharField("运单号", max_length=40, blank=True)
    sent_at = models.DateTimeField("寄出时间", null=True, blank=True)
    received_at = models.DateTimeField("签收时间", null=True, blank=True)
    received_by_mask = models.CharField("签收人（脱敏）", max_length=80, blank=True)
    consented_at = models.DateTimeField("同意电子送达时间", null=True, blank=True)
    consent_how = models.CharField("同意方式", max_length=8, choices=CONSENTS, blank=True)

    class Meta:
        verbose_name = "送达"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(
                fields=["courier", "tracking_number"],
                condition=~Q(tracking_number=""),
                name="delivery_tracking_once",
            ),
            models.CheckConstraint(
                condition=~Q(method="online") | Q(consented_at__isnull=False),
                name="delivery_online_has_consent",
            ),
        ]

    def __str__(self) -> str:
        return self.get_method_display()
