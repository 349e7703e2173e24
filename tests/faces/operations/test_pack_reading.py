"""A bad pack is told all its faults at once, each with file, line and column."""

import shutil
from pathlib import Path

import pytest

from yichuang.faces.operations.pack.checks import check_pack
from yichuang.faces.operations.pack.reader import COLUMNS, read_pack

REPOSITORY = Path(__file__).resolve().parents[3]
TINY = REPOSITORY / "tests" / "packs" / "tiny"
HUANTAI = REPOSITORY / "counties" / "huantai"


@pytest.fixture
def folder(tmp_path):
    """A copy of the tiny pack to spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def edit(folder, file, old, new, *, count=1):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def places_of(folder):
    return [(fault.file, fault.row, fault.column) for fault in check_pack(folder)]


def only(folder):
    faults = check_pack(folder)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


@pytest.mark.parametrize("pack", [TINY, HUANTAI], ids=["tiny", "huantai"])
def test_the_packs_are_sound(pack):
    assert [str(fault) for fault in check_pack(pack)] == []


def test_huantai_has_the_numbers_of_the_plan():
    pack = read_pack(HUANTAI)
    levels = [division.level for division in pack.divisions]
    assert (levels.count("county"), levels.count("town"), levels.count("village")) == (1, 9, 353)
    assert len(pack.items) == 179
    assert sum(item.town for item in pack.items) == 135
    assert sum(item.street for item in pack.items) == 118
    assert len(pack.chains) == 17
    assert sum(len(chain.steps) for chain in pack.chains) == 108
    assert {year.year for year in pack.years} == set(range(2019, 2027))
    kinds = [outlet.kind for outlet in pack.outlets]
    assert (kinds.count("hall"), kinds.count("centre"), kinds.count("bureau")) == (1, 9, 1)
    assert kinds.count("station") == 353
    assert all(outlet.fictional for outlet in pack.outlets if outlet.kind == "partner")
    assert not any(outlet.phone for outlet in pack.outlets)


def test_huantai_says_what_is_a_draft():
    pack = read_pack(HUANTAI)
    assert all(i.membership_draft and i.days_draft and i.materials_draft for i in pack.items)
    assert all(grant.draft and "演示" in grant.number for grant in pack.grants)
    assert all("演示" in seal.name for seal in pack.seals)
    district = next(alias for alias in pack.aliases if alias.name == "城区街道")
    assert (district.code, district.status) == ("", "to_confirm")


def test_maqiao_differs_from_guoli_only_by_its_grants():
    pack = read_pack(HUANTAI)

    def granted(town):
        return {code for g in pack.grants if g.places == (town,) for code in g.items}

    maqiao, guoli = granted("370321105000"), granted("370321110000")
    assert guoli < maqiao
    extra = [grant for grant in pack.grants if set(grant.items) & (maqiao - guoli)]
    assert {grant.outlets for grant in extra} == {("370321105000-bureau",)}


def test_plan_tasks_name_the_units_in_the_plans_words():
    tasks = read_pack(HUANTAI).plan_tasks
    bank = [task for task in tasks if task.clause == "M2"]
    assert {task.responsible for task in bank} == {
        ("各镇（街道）", "县商务局", "县大数据发展中心", "县邮政局", "县人民银行")
    }
    dated = {task.clause: task.due.isoformat() for task in tasks if task.due}
    assert dated == {"P1": "2021-09-30", "P2": "2021-12-31"}


def test_every_missing_file_is_named_and_makes_no_other_fault(tmp_path):
    faults = check_pack(tmp_path)
    assert {fault.file for fault in faults} == {"pack.toml", *COLUMNS}
    assert all(fault.row == 0 and "缺少" in fault.reason for fault in faults)
    assert len(faults) == 1 + len(COLUMNS)


def test_a_missing_folder_is_a_fault_like_any_other(tmp_path):
    assert check_pack(tmp_path / "nowhere")


def test_missing_unknown_and_repeated_columns(folder):
    edit(folder, "closures.csv", "outlet_code,start,end,reason", "outlet_code,start,start,why")
    assert places_of(folder) == [
        ("closures.csv", 1, "end"),
        ("closures.csv", 1, "reason"),
        ("closures.csv", 1, "start"),
        ("closures.csv", 1, "why"),
    ]


def test_many_bad_cells_are_reported_together(folder):
    edit(folder, "outlets.csv", "2020-01-01", "2020/1/1")
    edit(folder, "items.csv", "20,,15,申请表;居民身份证,1,0", "二十,,-3,申请表;居民身份证,是,0")
    edit(folder, "grants.csv", "2031-01-31", "2031-02-30")
    edit(folder, "organs.csv", "379901000000-gov,1,fictional", "379901000000-gov,1,maybe")
    assert places_of(folder) == [
        ("grants.csv", 2, "valid_to"),
        ("items.csv", 2, "legal_days"),
        ("items.csv", 2, "promised_days"),
        ("items.csv", 2, "town"),
        ("organs.csv", 3, "status"),
        ("outlets.csv", 2, "opened_on"),
    ]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("3.79901E+11", "表格软件"),
        ("379901100201.0", "表格软件"),
        ("37990110020", "11位"),
        ("３７９９０１１００２０１", "全角"),
        ("37990110020I", "12位数字"),
    ],
)
def test_codes_that_a_spreadsheet_mangled(folder, code, hint):
    edit(folder, "divisions.csv", "379901100201", code)
    faults = [
        f for f in check_pack(folder) if (f.file, f.row, f.column) == ("divisions.csv", 6, "code")
    ]
    assert len(faults) == 1
    assert hint in faults[0].reason


def test_full_width_numbers_and_dates_say_how_to_write_them(folder):
    edit(folder, "items.csv", ",,15,", ",,１５,")
    edit(folder, "closures.csv", "2021-03-01", "２０２１－０３－０１")
    faults = {fault.file: fault for fault in check_pack(folder)}
    assert "“15”" in faults["items.csv"].reason
    assert "“2021-03-01”" in faults["closures.csv"].reason


def test_a_full_width_separator_is_noticed(folder):
    edit(folder, "items.csv", "申请表;居民身份证", "申请表；居民身份证")
    fault = only(folder)
    assert (fault.file, fault.row, fault.column) == ("items.csv", 2, "materials")


def test_windows_files_are_read(folder):
    path = folder / "items.csv"
    text = path.read_text(encoding="utf-8")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert check_pack(folder) == []


def test_another_encoding_is_named_with_its_line(folder):
    path = folder / "items.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    fault = only(folder)
    assert (fault.file, fault.row) == ("items.csv", 2)
    assert "UTF-8" in fault.reason
    path.write_bytes("code".encode("utf-16"))
    assert "UTF-16" in only(folder).reason


def test_lines_are_those_of_the_file(folder):
    """Blank lines and cells of several lines do not shift what is reported."""
    edit(folder, "closures.csv", "线路检修\n", '"线路\n检修"\n\n379901100202-station,明天,,\n')
    assert places_of(folder) == [
        ("closures.csv", 5, "end"),
        ("closures.csv", 5, "reason"),
        ("closures.csv", 5, "start"),
    ]


def test_a_line_of_another_length_and_an_open_quote(folder):
    edit(folder, "synonyms.csv", "咋弄,", "咋弄")
    fault = only(folder)
    assert (fault.file, fault.row, fault.column) == ("synonyms.csv", 2, "")
    edit(folder, "synonyms.csv", "水管", '"水管')
    assert ("synonyms.csv", 4, "") in places_of(folder)


def test_repeated_keys(folder):
    for file, line in (
        (
            "divisions.csv",
            "379901100202,village,village_committee,西禾村委会,西禾村,379901100000,,,\n",
        ),
        ("plan_tasks.csv", "Q1-1,一,便民,Q1,题,各镇（街道）,,,,,,\n"),
        ("synonyms.csv", "咋弄,\n"),
    ):
        with (folder / file).open("a", encoding="utf-8") as table:
            table.write(line)
    assert places_of(folder) == [
        ("divisions.csv", 8, "code"),
        ("plan_tasks.csv", 3, "id"),
        ("synonyms.csv", 2, "said"),
        ("synonyms.csv", 5, "said"),
    ]


def test_unknown_references_across_files(folder):
    edit(folder, "outlets.csv", "379901000000-approval", "379901000000-aproval")
    edit(folder, "authority.csv", "379901000000-civil", "379901000000-welfare")
    edit(folder, "closures.csv", "379901100201-station", "379901100209-station")
    edit(folder, "synonyms.csv", "用水报装", "用水安装")
    edit(folder, "plan_tasks.csv", "379901000000-approval", "379901000000-aproval")
    edit(folder, "seals.csv", "approval-main,organ_main,379901000000-approval", "x,organ_main,y-z")
    edit(folder, "chains.csv", "小店卫生许可", "小店卫生证")
    assert places_of(folder) == [
        ("authority.csv", 5, "decider"),
        ("chains.csv", 3, "item_name"),
        ("closures.csv", 2, "outlet_code"),
        ("outlets.csv", 2, "organ_code"),
        ("plan_tasks.csv", 2, "lead_organ"),
        ("seals.csv", 0, "organ_code"),
        ("seals.csv", 2, "organ_code"),
        ("synonyms.csv", 4, "means"),
    ]


def test_the_law_is_checked_before_anything_is_loaded(folder):
    """A permit is never decided by a centre, nor entrusted to a village, nor without notice."""
    edit(
        folder,
        "authority.csv",
        "QH-01-001,decide,@town_government",
        "QH-01-001,decide,@town_centre",
    )
    edit(folder, "grants.csv", "379901100000-gov,QH-01-002", "379901100201-village,QH-01-002")
    edit(folder, "grants.csv", "演示公告（虚构）", "")
    found = places_of(folder)
    assert ("authority.csv", 2, "decider") in found
    assert ("grants.csv", 2, "to_organ") in found
    assert ("grants.csv", 2, "notice") in found


def test_a_seal_of_the_wrong_kind_cannot_be_entrusted(folder):
    edit(folder, "grants.csv", "approval-numbered-1", "approval-main")
    fault = only(folder)
    assert (fault.file, fault.row, fault.column) == ("grants.csv", 2, "seal_code")


def test_a_quotation_must_stand_in_the_plan(folder):
    edit(folder, "plan_tasks.csv", "三月底前设置", "五月底前设置")
    fault = only(folder)
    assert (fault.file, fault.row, fault.column) == ("plan_tasks.csv", 2, "text")


def test_a_county_toml_that_does_not_fit(folder):
    edit(folder, "pack.toml", 'code = "379901000000"', 'code = "379902000000"')
    edit(folder, "pack.toml", "effective_on = 2021-01-04", 'effective_on = "2021-01-04"')
    edit(folder, "pack.toml", 'version = "1"', "")
    edit(folder, "pack.toml", 'sources = ["虚构，仅供测试"]', "sources = []")
    faults = [fault for fault in check_pack(folder) if fault.file == "pack.toml"]
    assert [(fault.row, fault.column) for fault in faults] == [
        (0, "county.code"),
        (0, "pack.version"),
        (1, "sources"),
        (10, "pack.effective_on"),
    ]


def test_toml_that_is_none(folder):
    (folder / "pack.toml").write_text("[county", encoding="utf-8")
    faults = [fault for fault in check_pack(folder) if fault.file == "pack.toml"]
    assert "TOML" in faults[0].reason


def test_a_calendar_cut_short_is_noticed(folder):
    path = folder / "calendar.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "2021-10-" not in line), encoding="utf-8")
    assert ("calendar.csv", 2, "date") in places_of(folder)


def test_a_town_without_a_government_is_noticed(folder):
    text = (folder / "organs.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines(keepends=True) if "subdistrict_office" not in line]
    (folder / "organs.csv").write_text("".join(kept), encoding="utf-8")
    assert ("organs.csv", 0, "kind") in places_of(folder)
