"""Where 告知承诺 (a promise instead of a certificate) is barred, as data with its source.

What is barred is the law's list; which domains, types and names of items fall under it is our own
reading, cautious and for the county to confirm. A material of such an item cannot be published as
replaceable by a promise.
"""

from __future__ import annotations

from dataclasses import dataclass

BASIS = "国办发〔2020〕42号"


@dataclass(frozen=True, slots=True)
class Bar:
    """about: the law's own words. item_type "": of any type; domain "": of any domain.
    words: any of them in the item's name; () for every name."""

    about: str
    item_type: str = ""
    domain: str = ""
    words: tuple[str, ...] = ()
    basis: str = BASIS


BARS = (
    Bar("国家安全、国家秘密", words=("国家秘密", "涉密", "国家安全")),
    Bar("公共安全", domain="消防"),
    Bar("公共安全", item_type="01", domain="公安"),
    Bar("公共安全", item_type="01", domain="应急"),
    Bar("公共安全", words=("烟花爆竹", "危险化学品", "民用爆炸", "枪支", "特种设备")),
    Bar("金融业审慎监管", item_type="01", domain="金融"),
    Bar("生态环境保护", domain="生态环境"),
    Bar("生态环境保护", words=("林木采伐", "排污", "取水许可", "危险废物")),
    Bar("人身健康、生命财产安全", words=("检疫", "防疫条件", "放射", "麻醉药品")),
    Bar("重要涉外", words=("涉外", "外国人", "港澳台")),
)


def bar_of(item_type: str, domain: str, name: str) -> Bar | None:
    """The bar under which an item falls (item_type as a code); None when a promise may be allowed."""
    for bar in BARS:
        if (
            bar.item_type in ("", item_type)
            and bar.domain in ("", domain)
            and (not bar.words or any(word in name for word in bar.words))
        ):
            return bar
    return None
