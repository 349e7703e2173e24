"""Places for tests: a made-up county with a street, a town and two villages."""

from dataclasses import dataclass
from datetime import date

from yichuang.places.rules import (
    AliasDraft,
    ClosureDraft,
    DivisionDraft,
    OrganDraft,
    OutletDraft,
)

COUNTY, STREET, TOWN = "379901000000", "379901001000", "379901100000"
COMMUNITY, VILLAGE = "379901001001", "379901100201"


@dataclass(frozen=True)
class Places:
    divisions: tuple
    organs: tuple
    outlets: tuple
    aliases: tuple = ()
    closures: tuple = ()

    def parts(self):
        return self.divisions, self.organs, self.outlets, self.aliases, self.closures


def sound():
    """Drafts without a fault."""
    return Places(
        divisions=(
            DivisionDraft(COUNTY, "county", "county", "青禾县", "青禾县", "", row=2),
            DivisionDraft(
                *(STREET, "town", "subdistrict", "禾苑街道", "禾苑街道", COUNTY),
                *("117.5", "36.5", "虚构的点"),
                row=3,
            ),
            DivisionDraft(
                *(TOWN, "town", "town", "青溪镇", "青溪镇", COUNTY, "117.6", "36.6"), row=4
            ),
            DivisionDraft(
                *(COMMUNITY, "village", "residents_committee", "禾苑居委会", "禾苑社区", STREET),
                row=5,
            ),
            DivisionDraft(
                *(VILLAGE, "village", "village_committee", "东禾村委会", "东禾村", TOWN), row=6
            ),
        ),
        organs=(
            OrganDraft("gov", "青禾县人民政府", "", "county_government", COUNTY, "", True, row=2),
            OrganDraft("town", "青溪镇人民政府", "", "town_government", TOWN, "gov", True, row=3),
            OrganDraft("centre", "青溪镇便民服务中心", "", "centre", TOWN, "town", False, row=4),
            OrganDraft("bank", "青禾银行", "", "company", TOWN, "", False, "fictional", row=5),
        ),
        outlets=(
            OutletDraft(f"{COUNTY}-hall", "hall", "县大厅", "", COUNTY, "gov", row=2),
            OutletDraft(f"{TOWN}-centre", "centre", "青溪中心", "", TOWN, "centre", row=3),
            OutletDraft(f"{VILLAGE}-station", "station", "东禾站", "", VILLAGE, "town", row=4),
            OutletDraft(
                *(f"{TOWN}-partner-bank1", "partner", "青禾银行网点", "", TOWN, "bank"),
                opened_on=date(2026, 2, 1),
                closed_on=date(2026, 6, 1),
                fictional=True,
                row=5,
            ),
            OutletDraft(f"{STREET}-centre", "centre", "禾苑中心", "", STREET, "gov", row=6),
        ),
        aliases=(AliasDraft("老城街道", row=2),),
        closures=(
            ClosureDraft(f"{TOWN}-centre", date(2026, 5, 1), date(2026, 5, 5), "劳动节", row=2),
        ),
    )
