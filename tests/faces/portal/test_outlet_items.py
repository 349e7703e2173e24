"""What one outlet takes in: two villages of one county may differ, and say why."""

from tests.factories import county as made
from tests.support.reading import read, words

WEST = "379901100202-station"


def listed(client, code):
    return words(read(client.get(f"/outlets/{code}/items")).main)


def test_two_villages_differ_with_a_reason(county, client):
    east, west = listed(client, made.STATION), listed(client, WEST)
    assert "缴费记录打印" in east and "不办：" not in east
    assert "不办： 缴费记录打印 。本村没有打印机" in west


def test_the_list_says_what_the_ruling_says(county, client):
    page = read(client.get(f"/outlets/{WEST}/items"))
    assert made.RECORDS not in {
        a["href"].rsplit("/", 1)[-1] for a in page.select(".portal-links a")
    }
    answer = client.get(
        "/api/v1/ruling", {"item": made.RECORDS, "place": "379901100202", "outlet": WEST}
    )
    assert "本村没有打印机" in answer.content.decode()


def test_an_unknown_outlet_is_a_page_that_helps(county, client):
    assert client.get("/outlets/nowhere/items").status_code == 404


def test_statements(county, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get(f"/outlets/{made.CENTRE}/items")
