"""Divisions, organs and outlets as they stand now, and every earlier state of each.

The entity rows hold current facts under a stable code (other packages point at them); each change
appends a PlaceVersion that is never edited, so an old paper can say what its organ was called.
"""

from django.db import models
from django.db.models.functions import Concat, Length
from django.db.models.lookups import Exact

from yichuang.places import rules


class Division(models.Model):
    """An administrative division: county, town or street, village or community."""

    code = models.CharField("区划代码", max_length=12, primary_key=True)
    level = models.CharField("级别", max_length=8, choices=rules.LEVELS)
    kind = models.CharField("类型", max_length=20, choices=rules.DIVISION_KINDS)
    name = models.CharField("全称", max_length=100)
    short_name = models.CharField("简称", max_length=100)
    parent = models.ForeignKey(
        "self",
        verbose_name="上级区划",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    # codes from the county down, joined by "/": whatever lies in a place starts with its path
    path = models.CharField("路径", max_length=38, unique=True)
    lng = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    point_note = models.CharField("坐标说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "行政区划"
        verbose_name_plural = "行政区划"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Exact(Length("code"), 12), name="places_division_code_12"
            ),
            models.CheckConstraint(
                condition=models.Q(level="county", kind="county")
                | models.Q(level="town", kind__in=["subdistrict", "town"])
                | models.Q(level="village", kind__in=["village_committee", "residents_committee"]),
                name="places_division_kind_of_level",
            ),
            models.CheckConstraint(
                condition=models.Q(level="county") | models.Q(parent__isnull=False),
                name="places_division_has_parent",
            ),
            models.CheckConstraint(
                condition=models.Q(path__endswith=models.F("code")),
                name="places_division_path_ends_in_code",
            ),
            models.CheckConstraint(
                condition=models.Q(lng__isnull=True, lat__isnull=True)
                | models.Q(lng__isnull=False, lat__isnull=False),
                name="places_division_point_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DivisionAlias(models.Model):
    """Another name in use for a division; without a division while nobody has confirmed which."""

    name = models.CharField("别名", max_length=100, unique=True)
    division = models.ForeignKey(
        Division,
        verbose_name="所指区划",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="aliases",
    )
    status = models.CharField("状态", max_length=12, choices=rules.ALIAS_STATUSES)
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "区划别名"
        verbose_name_plural = "区划别名"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="to_confirm")
                | models.Q(status="confirmed", division__isnull=False),
                name="places_alias_confirmed_has_division",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Organ(models.Model):
    """A body that acts: an administrative organ, a centre, a village organisation, a company."""

    code = models.CharField("机构代码", max_length=60, primary_key=True)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField("英文名称", max_length=300, blank=True)
    kind = models.CharField("类型", max_length=24, choices=rules.ORGAN_KINDS)
    division = models.ForeignKey(
        Division, verbose_name="所在区划", on_delete=models.PROTECT, related_name="organs"
    )
    parent = models.ForeignKey(
        "self",
        verbose_name="上级机构",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    administrative = models.BooleanField("是否行政机关")
    status = models.CharField("状态", max_length=12, choices=rules.STATUSES)
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(rules.ORGAN_KINDS)), name="places_organ_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=list(rules.STATUSES)), name="places_organ_status"
            ),
            # 行政许可法第24条: a permit may be entrusted only to another 行政机关
            models.CheckConstraint(
                condition=models.Q(administrative=False)
                | ~models.Q(kind__in=sorted(rules.NEVER_ADMINISTRATIVE)),
                name="places_organ_never_administrative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Outlet(models.Model):
    """A counter people can go to: hall, centre, station, bureau, partner, self-service area."""

    code = models.CharField("服务点代码", max_length=60, primary_key=True)
    kind = models.CharField("类型", max_length=16, choices=rules.OUTLET_KINDS)
    name = models.CharField("名称", max_length=200)
    name_en = models.CharField("英文名称", max_length=300, blank=True)
    division = models.ForeignKey(
        Division, verbose_name="所在区划", on_delete=models.PROTECT, related_name="outlets"
    )
    organ = models.ForeignKey(
        Organ, verbose_name="所属机构", on_delete=models.PROTECT, related_name="outlets"
    )
    address = models.CharField("地址", max_length=300, blank=True)
    phone = models.CharField("电话", max_length=60, blank=True)
    hours = models.CharField("服务时间", max_length=200, blank=True)
    opened_on = models.DateField("开办日期", null=True, blank=True)
    closed_on = models.DateField("停止服务日期", null=True, blank=True)
    fictional = models.BooleanField("演示虚构", default=False)
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = "服务点"
        verbose_name_plural = "服务点"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(rules.OUTLET_KINDS)), name="places_outlet_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    code__startswith=Concat(
                        models.F("division_id"), models.Value("-"), models.F("kind")
                    )
                ),
                name="places_outlet_code_of_place_and_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(opened_on__isnull=True)
                | models.Q(closed_on__isnull=True)
                | models.Q(closed_on__gt=models.F("opened_on")),
                name="places_outlet_closes_after_opening",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Closure(models.Model):
    """Days, both inclusive, on which an outlet is shut."""

    outlet = models.ForeignKey(
        Outlet, verbose_name="服务点", on_delete=models.PROTECT, related_name="closures"
    )
    start = models.DateField("开始日期")
    end = models.DateField("结束日期")
    reason = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = "暂停服务"
        verbose_name_plural = "暂停服务"
        ordering = ["outlet", "start"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end__gte=models.F("start")), name="places_closure_in_order"
            ),
            models.UniqueConstraint(fields=["outlet", "start", "end"], name="places_closure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outlet_id} {self.start}/{self.end}"


class PlaceVersion(models.Model):
    """What a division, organ or outlet was from a day on. Appended on each change, never edited."""

    KINDS = {"division": "行政区划", "organ": "机构", "outlet": "服务点"}

    kind = models.CharField("对象", max_length=8, choices=KINDS)
    code = models.CharField("代码", max_length=60)
    version = models.PositiveIntegerField("版本")
    valid_from = models.DateField("生效日期")
    content = models.JSONField("内容")
    content_hash = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = "区划机构版本"
        verbose_name_plural = "区划机构版本"
        ordering = ["kind", "code", "version"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["division", "organ", "outlet"]),
                name="places_version_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="places_version_from_one"
            ),
            models.UniqueConstraint(fields=["kind", "code", "version"], name="places_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} v{self.version}"
