"""A catalogue for tests: five items and a chain of a made-up county."""

from yichuang.catalogue.drafts import ChainDraft, ChainStepDraft, ItemDraft, MaterialDraft
from yichuang.catalogue.rules import materials_of


def item(code, name, row, **values):
    """An item without a fault; any field can be given another value."""
    fields = {
        "code": code,
        "domain": "民政",
        "name": name,
        "name_en": f"Item {code}",
        "item_type": "公共服务",
        "objects": ("自然人",),
        "handling": "承诺",
        "legal_days": 20,
        "legal_days_note": "",
        "promised_days": 10,
        "materials": materials_of("申请表;居民户口簿（可共享）"),
        "town": True,
        "street": True,
        "village": True,
        "high_frequency": False,
        "chains": (),
        "aliases": (),
        "basis": "某条例第一条",
        "basis_confirmed": True,
        "row": row,
    }
    return ItemDraft(**(fields | values))


def items():
    return (
        item(
            *("A-1", "村民建房用地审批", 2),
            item_type="行政许可",
            street=False,
            high_frequency=True,
            aliases=("盖新屋", "宅基地"),
        ),
        item(
            *("A-2", "小店登记", 3),
            item_type="01",
            domain="市场监管",
            handling="即办",
            legal_days=None,
            promised_days=0,
            village=False,
            chains=("开店一件事",),
            aliases=("办执照",),
        ),
        item(
            *("A-3", "小店卫生许可", 4),
            domain="市场监管",
            village=False,
            chains=("shop",),
            aliases=("卫生证",),
            objects=("自然人", "法人"),
        ),
        item("A-4", "用水报装", 5, town=False, street=False, aliases=("接水",)),
        item(
            *("A-5", "缴费记录打印", 6),
            handling="instant",
            promised_days=1,
            high_frequency=True,
            materials=(MaterialDraft("居民身份证"),),
        ),
    )


def chains():
    return (
        ChainDraft(
            "shop",
            "开店一件事",
            "Opening a shop",
            (
                ChainStepDraft(1, "A-2", catalogue="镇街目录", row=2),
                ChainStepDraft(2, "A-3", (1,), catalogue="镇街目录", row=3),
            ),
            2,
        ),
    )
