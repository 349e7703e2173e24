"""The catalogue's rows: items and chains with their immutable versions, and the search index.

An Item or a Chain is a name that never changes (its code); what it says is in its versions. A
version is in force from its valid_from until the next one's. None is edited after publication:
a case keeps the version it was taken in under.
"""

from django.db import models

from yichuang.catalogue import rules
from yichuang.places.models import Outlet


class Item(models.Model):
    """A government service item, under the code the pack gives it (not an official code)."""

    code = models.CharField("事项代码", max_length=60, primary_key=True)
    # what the pack said when it was last loaded: a load renews only what the pack itself changed,
    # so that a version published in the browser is not undone by an unchanged file
    pack_hash = models.CharField("县包内容摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = "事项"
        verbose_name_plural = "事项"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class ItemVersion(models.Model):
    """What an item says from a day on. Published once, never edited."""

    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.PROTECT, related_name="versions"
    )
    version = models.PositiveIntegerField("版本")
    valid_from = models.DateField("生效日期")
    domain = models.CharField("领域", max_length=40)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField("英文名称", max_length=300, blank=True)
    item_type = models.CharField("事项类型", max_length=2, choices=rules.ITEM_TYPES)
    objects_served = models.JSONField("服务对象")
    handling = models.CharField("办件类型", max_length=8, choices=rules.HANDLINGS)
    legal_days = models.PositiveIntegerField("法定办结时限", null=True, blank=True)
    legal_days_note = models.CharField("法定时限说明", max_length=200, blank=True)
    promised_days = models.PositiveIntegerField("承诺办结时限")
    town = models.BooleanField("镇目录")
    street = models.BooleanField("街道目录")
    village = models.BooleanField("村居可办")
    high_frequency = models.BooleanField("高频事项")
    chain_names = models.JSONField("所属一件事")
    aliases = models.JSONField("群众说法")
    basis = models.CharField("设定依据", max_length=500)
    basis_confirmed = models.BooleanField("依据已核对")
    state = models.CharField("事项状态", max_length=10, choices=rules.STATES)
    membership_draft = models.BooleanField("目录归属待确认")
    days_draft = models.BooleanField("时限待确认")
    materials_draft = models.BooleanField("材料待确认")
    # catalogue.situations says how these are shaped and read
    questions = models.JSONField("情形提问", default=list)
    situations = models.JSONField("情形对照", default=list)
    facts = models.JSONField("申请表内容", default=list)
    guide = models.JSONField("指南要素", default=dict)
    content_hash = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = "事项版本"
        verbose_name_plural = "事项版本"
        ordering = ["item", "version"]
        constraints = [
            models.UniqueConstraint(fields=["item", "version"], name="catalogue_version_once"),
            models.UniqueConstraint(
                fields=["item", "valid_from"], name="catalogue_version_one_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="catalogue_version_from_one"
            ),
            models.CheckConstraint(
                condition=models.Q(item_type__in=list(rules.ITEM_TYPES)),
                name="catalogue_version_item_type",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=list(rules.STATES)), name="catalogue_version_state"
            ),
            models.CheckConstraint(
                condition=models.Q(handling="promise", promised_days__gte=1)
                | models.Q(handling="instant", promised_days__lte=rules.INSTANT_DAYS),
                name="catalogue_version_promise_fits_handling",
            ),
            models.CheckConstraint(
                condition=models.Q(street=False) | models.Q(town=True),
                name="catalogue_version_street_within_town",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"


class Material(models.Model):
    """One thing to bring for a version of an item. `always`: on the list whatever the answers;
    the others come and go with the situation."""

    version = models.ForeignKey(
        ItemVersion, verbose_name="事项版本", on_delete=models.PROTECT, related_name="materials"
    )
    seq = models.PositiveIntegerField("序号")
    name = models.CharField("材料名称", max_length=200)
    note = models.CharField("说明", max_length=200, blank=True)
    held = models.BooleanField("可共享免提交")
    name_en = models.CharField("英文名称", max_length=300, blank=True)
    always = models.BooleanField("必备", default=True)
    kind = models.CharField("种类", max_length=12, choices=rules.MATERIAL_KINDS, default="document")
    form = models.CharField("形式", max_length=12, choices=rules.MATERIAL_FORMS, default="copy")
    reason = models.CharField("要它的理由", max_length=200, blank=True)
    reason_en = models.CharField("英文理由", max_length=400, blank=True)
    basis = models.CharField("依据", max_length=300, blank=True)
    basis_confirmed = models.BooleanField("依据已核对", default=False)
    sample = models.CharField("样例", max_length=1000, blank=True)
    held_from = models.JSONField("已有来源", default=list)
    later_days = models.PositiveSmallIntegerField("容缺后补工作日", null=True, blank=True)
    promise = models.CharField("告知承诺", max_length=8, choices=rules.PROMISES, blank=True)
    promise_note = models.CharField("承诺说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "申请材料"
        verbose_name_plural = "申请材料"
        ordering = ["version", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["version", "seq"], name="catalogue_material_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=list(rules.MATERIAL_KINDS))
                & models.Q(form__in=list(rules.MATERIAL_FORMS))
                & models.Q(promise__in=["", *rules.PROMISES]),
                name="catalogue_material_words_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Chain(models.Model):
    """A 一件事 under its code."""

    code = models.CharField("一件事代码", max_length=60, primary_key=True)

    class Meta:
        verbose_name = "一件事"
        verbose_name_plural = "一件事"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class ChainVersion(models.Model):
    """What a chain is from a day on. Published once, never edited."""

    chain = models.ForeignKey(
        Chain, verbose_name="一件事", on_delete=models.PROTECT, related_name="versions"
    )
    version = models.PositiveIntegerField("版本")
    valid_from = models.DateField("生效日期")
    name = models.CharField("名称", max_length=100)
    name_en = models.CharField("英文名称", max_length=200, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = "一件事版本"
        verbose_name_plural = "一件事版本"
        ordering = ["chain", "version"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "version"], name="catalogue_chain_once"),
            models.UniqueConstraint(
                fields=["chain", "valid_from"], name="catalogue_chain_one_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} v{self.version}"


class ChainStep(models.Model):
    """One item within a chain, and the steps that come before it."""

    version = models.ForeignKey(
        ChainVersion, verbose_name="一件事版本", on_delete=models.PROTECT, related_name="steps"
    )
    seq = models.PositiveIntegerField("序号")
    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.PROTECT, related_name="chain_steps"
    )
    depends_on = models.JSONField("前置环节")
    # steps of one group exclude each other (食品经营许可 or 小餐饮登记); "" stands alone
    alternative = models.CharField("互斥组", max_length=20, blank=True)
    optional = models.BooleanField("按需", default=False)
    # what must have become of the steps before: done, or failed (低保不符合时转低保边缘), or either
    opens_on = models.CharField("前置结果", max_length=8, choices=rules.OPENS_ON, default="done")
    catalogue = models.CharField("目录说明", max_length=60, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "一件事环节"
        verbose_name_plural = "一件事环节"
        ordering = ["version", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["version", "seq"], name="catalogue_step_once"),
            models.CheckConstraint(
                condition=models.Q(opens_on__in=list(rules.OPENS_ON)),
                name="catalogue_step_opens_on_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}.{self.seq}"


class OutletItem(models.Model):
    """What a partner outlet or self-service area may do with an item; for a village station, what
    it adds to or leaves out of the county's list, and why."""

    outlet = models.ForeignKey(
        Outlet, verbose_name="服务点", on_delete=models.PROTECT, related_name="+"
    )
    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.PROTECT, related_name="outlet_items"
    )
    mode = models.CharField("方式", max_length=8, choices=rules.MODES)
    reason = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "服务点事项"
        verbose_name_plural = "服务点事项"
        ordering = ["outlet", "item", "mode"]
        constraints = [
            models.UniqueConstraint(
                fields=["outlet", "item", "mode"], name="catalogue_outlet_item_once"
            ),
            models.CheckConstraint(
                condition=models.Q(mode__in=list(rules.MODES)), name="catalogue_outlet_item_mode"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outlet_id} {self.item_id} {self.mode}"


class Synonym(models.Model):
    """What people say and what the catalogue calls it; empty `means`: words without meaning."""

    said = models.CharField("群众说法", max_length=rules.LONGEST_SAID * 4)
    means = models.CharField("规范说法", max_length=200, blank=True)

    class Meta:
        verbose_name = "说法对照"
        verbose_name_plural = "说法对照"
        ordering = ["said", "means"]
        constraints = [
            models.UniqueConstraint(fields=["said", "means"], name="catalogue_synonym_once"),
        ]

    def __str__(self) -> str:
        return f"{self.said} → {self.means}"


class Saying(models.Model):
    """How somebody may tell the situation an item is for; only the search reads it."""

    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.CASCADE, related_name="sayings"
    )
    said = models.CharField("群众问法", max_length=rules.LONGEST_TOLD)

    class Meta:
        verbose_name = "群众问法"
        verbose_name_plural = "群众问法"
        ordering = ["item", "said"]
        constraints = [
            models.UniqueConstraint(fields=["item", "said"], name="catalogue_saying_once"),
        ]

    def __str__(self) -> str:
        return self.said


class Alias(models.Model):
    """A saying that staff gave an item in the browser, beside those of the pack."""

    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.CASCADE, related_name="added_aliases"
    )
    said = models.CharField("群众说法", max_length=60)
    added_by = models.JSONField("添加人")
    added_at = models.DateTimeField("添加时间")

    class Meta:
        verbose_name = "补充说法"
        verbose_name_plural = "补充说法"
        ordering = ["item", "said"]
        constraints = [
            models.UniqueConstraint(fields=["item", "said"], name="catalogue_alias_once"),
        ]

    def __str__(self) -> str:
        return self.said


class SearchMiss(models.Model):
    """A question that found nothing, counted. Kept without numbers and short: nobody is in it."""

    STATES = [("open", "待处理"), ("answered", "已补说法"), ("dismissed", "不处理")]

    text = models.CharField("问法", max_length=40, primary_key=True)
    count = models.PositiveIntegerField("次数", default=1)
    first_on = models.DateField("首次")
    last_on = models.DateField("最近")
    state = models.CharField("状态", max_length=10, choices=STATES, default="open")

    class Meta:
        verbose_name = "未找到的问法"
        verbose_name_plural = "未找到的问法"
        ordering = ["-count", "text"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "answered", "dismissed"]),
                name="catalogue_miss_state",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Example(models.Model):
    """A real or thought-out case kept as a regression example: these answers, this outcome.

    Replayed on every new version before it is published. It holds answers to situational
    questions only, nothing of the person.
    """

    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.PROTECT, related_name="examples"
    )
    name = models.CharField("名称", max_length=80)
    answers = models.JSONField("情形答案")
    expected = models.JSONField("应得结果")
    from_version = models.PositiveIntegerField("记录时版本")
    recorded_by = models.JSONField("记录人")
    recorded_at = models.DateTimeField("记录时间")
    retired = models.BooleanField("已停用", default=False)

    class Meta:
        verbose_name = "情形样例"
        verbose_name_plural = "情形样例"
        ordering = ["item", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "name"],
                condition=models.Q(retired=False),
                name="catalogue_example_name_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DraftVersion(models.Model):
    """A next version of an item being written in the browser. At most one open per item.

    content: what changes, in the shape of drafts.ItemDraft fields. Published by a second person.
    """

    STATES = [
        ("open", "起草中"),
        ("ready", "待发布"),
        ("published", "已发布"),
        ("dropped", "已作废"),
    ]

    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.PROTECT, related_name="drafts"
    )
    based_on = models.PositiveIntegerField("起草依据版本")
    content = models.JSONField("内容")
    note = models.CharField("修改说明", max_length=300, blank=True)
    state = models.CharField("状态", max_length=10, choices=STATES, default="open")
    seq = models.PositiveIntegerField("修改次数", default=1)
    drafted_by = models.JSONField("起草人")
    drafted_at = models.DateTimeField("起草时间")
    published_version = models.PositiveIntegerField("发布为版本", null=True, blank=True)

    class Meta:
        verbose_name = "事项草稿"
        verbose_name_plural = "事项草稿"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=models.Q(state__in=["open", "ready"]),
                name="catalogue_draft_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "ready", "published", "dropped"]),
                name="catalogue_draft_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} #{self.pk}"


class SearchIndex(models.Model):
    """Which index on disk is in force: one row, locked by whoever changes it.

    build: a digest of what the index was made of; "" when there is none.
    """

    key = models.PositiveSmallIntegerField("键", primary_key=True, default=1)
    build = models.CharField("内容摘要", max_length=16, blank=True, default="")

    class Meta:
        verbose_name = "检索索引"
        verbose_name_plural = "检索索引"
        constraints = [
            models.CheckConstraint(condition=models.Q(key=1), name="catalogue_index_single"),
        ]

    def __str__(self) -> str:
        return self.build
