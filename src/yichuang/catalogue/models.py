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
    """One thing to bring for a version of an item."""

    version = models.ForeignKey(
        ItemVersion, verbose_name="事项版本", on_delete=models.PROTECT, related_name="materials"
    )
    seq = models.PositiveIntegerField("序号")
    name = models.CharField("材料名称", max_length=200)
    note = models.CharField("说明", max_length=200, blank=True)
    held = models.BooleanField("可共享免提交")

    class Meta:
        verbose_name = "申请材料"
        verbose_name_plural = "申请材料"
        ordering = ["version", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["version", "seq"], name="catalogue_material_once"),
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
    catalogue = models.CharField("目录说明", max_length=60, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "一件事环节"
        verbose_name_plural = "一件事环节"
        ordering = ["version", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["version", "seq"], name="catalogue_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}.{self.seq}"


class OutletItem(models.Model):
    """What a partner outlet or self-service area may do with an item."""

    outlet = models.ForeignKey(
        Outlet, verbose_name="服务点", on_delete=models.PROTECT, related_name="+"
    )
    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.PROTECT, related_name="outlet_items"
    )
    mode = models.CharField("方式", max_length=8, choices=rules.MODES)

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


class SearchIndex(models.Model):
    """The state of the search index: one row, locked by whoever rebuilds it."""

    key = models.PositiveSmallIntegerField("键", primary_key=True, default=1)
    build = models.PositiveIntegerField("构建次数", default=0)
    surfaces = models.PositiveIntegerField("文本数", default=0)

    class Meta:
        verbose_name = "检索索引"
        verbose_name_plural = "检索索引"
        constraints = [
            models.CheckConstraint(condition=models.Q(key=1), name="catalogue_index_single"),
        ]

    def __str__(self) -> str:
        return f"#{self.build}"


class SearchSurface(models.Model):
    """A text by which an item can be found. `build` tells a reader that the index has moved on."""

    number = models.PositiveIntegerField("编号", primary_key=True)
    item = models.ForeignKey(
        Item, verbose_name="事项", on_delete=models.CASCADE, related_name="surfaces"
    )
    text = models.CharField("文本", max_length=2000)
    build = models.PositiveIntegerField("构建次数")

    class Meta:
        verbose_name = "检索文本"
        verbose_name_plural = "检索文本"
        ordering = ["number"]

    def __str__(self) -> str:
        return self.text


class SearchTerm(models.Model):
    """An indexed term, how it sounds, and where it stands (wording.Index says how it is packed)."""

    term = models.CharField("词", max_length=60, primary_key=True)
    pinyin = models.CharField("拼音", max_length=60, blank=True, db_index=True)
    initials = models.CharField("首字母", max_length=2, blank=True, db_index=True)
    documents = models.PositiveIntegerField("文本数")
    postings = models.BinaryField("出现处")

    class Meta:
        verbose_name = "检索词"
        verbose_name_plural = "检索词"
        ordering = ["term"]

    def __str__(self) -> str:
        return self.term
