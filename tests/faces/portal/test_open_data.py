"""Open data: whole, without persons, under terms, and not sent twice."""

import csv
import io

import pytest

from tests.factories import county as factory

pytestmark = pytest.mark.django_db
FILES = (
    "/open/items.json", "/open/items.csv", "/open/items/QH-05-002.json", "/open/chains.json",
    "/open/outlets.csv",
)  # fmt: skip


def rows(response):
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_every_item_with_its_guide(county, client):
    data = client.get("/open/items.json").json()
    assert data["format"] == "1" and data["day"] == "2026-09-09" and data["licence"]
    by_code = {item["code"]: item for item in data["items"]}
    aid = by_code["QH-05-002"]
    assert len(by_code) == 7
    assert aid["version"] == 1 and aid["valid_from"] == "2021-01-04" and "version_id" not in aid
    assert [m["name"] for m in aid["materials"] if m["always"]][:2] == ["申请表", "居民身份证"]
    assert aid["questions"][3]["when"] == "income=low"
    assert aid["elements"]["mistakes"] == ["银行卡不是本人的"] and aid["elements"]["draft"]
    assert client.get("/open/items/QH-05-002.json").json()["item"] == aid


def test_the_same_as_csv(county, client):
    found = {row["code"]: row for row in rows(client.get("/open/items.csv"))}
    assert found["QH-05-002"]["promised_days"] == "10"
    assert found["QH-05-002"]["materials"] == "申请表；居民身份证；收入证明；银行卡"


def test_chains_and_outlets(county, client):
    chains = client.get("/open/chains.json").json()["chains"]
    assert {chain["code"] for chain in chains} == {"aid", "shop"}
    hall = {row["kind"]: row for row in rows(client.get("/open/outlets.csv"))}["hall"]
    assert hall["name"] == "青禾县政务服务大厅"


def test_nobody_is_in_it(county, client):
    factory.granted()
    told = "".join(client.get(path).content.decode() for path in FILES)
    assert factory.NAME not in told and factory.PHONE not in told
    assert factory.identity() not in told


@pytest.mark.parametrize("path", FILES)
def test_a_copy_is_not_sent_twice(county, client, path):
    first = client.get(path)
    assert "public" in first["Cache-Control"] and first["Last-Modified"]
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304 and not again.content
    since = client.get(path, headers={"if-modified-since": first["Last-Modified"]})
    assert since.status_code == 304
    factory.renew()
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_an_unknown_item_is_refused(county, client):
    assert client.get("/open/items/ZZ.json").status_code == 404


def test_a_formula_is_only_text(county, client):
    from_rows = [value for row in rows(client.get("/open/items.csv")) for value in row.values()]
    assert not [value for value in from_rows if value[:1] in "=+-@" and value]


def test_it_is_described_for_people(county, read):
    page = read("/open")
    assert page.link("items.csv") == "/open/items.csv"
    assert read("/about").link("去下载") == "/open"


def test_the_files_cost_few_statements(county, read):
    read("/open/items.json")  # the standing order is now in memory
    for path in FILES:
        assert len(read(path).queries()) <= 6, path
