"""What holds on every page: light, whole without scripts, in both languages, no stranger's address."""

import gzip

import pytest
from django.contrib.staticfiles import finders

from tests.factories import county as factory
from yichuang.cases import tracking

pytestmark = pytest.mark.django_db
PUBLIC = (
    "/", "/items", "/items?q=盖屋", "/items/all", "/items/QH-01-001",
    f"/items/QH-01-002?town={factory.TOWN}&village={factory.VILLAGE}", "/chains/shop", "/outlets",
    "/items/QH-05-002", "/items/QH-05-002?s.who=self&s.age=child", "/items/QH-05-002/versions", "/open",
    f"/outlets/{factory.TOWN}", "/track", "/verify", "/sign-in", "/help", "/privacy", "/about",
)  # fmt: skip
LIMIT = 80 * 1024


@pytest.fixture
def paths(county):
    code = tracking.code(factory.granted().case_id)
    return (*PUBLIC, f"/track/{code}", f"/track/{code}/rate", f"/track/{code}/rate?grade=fair")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("mode", ["standard", "elder"])
def test_every_page_stands_by_itself(paths, read, client, language, mode):
    client.cookies.load({"language": language, "mode": mode})
    for path in paths:
        page = read(path)
        assert page.status == 200, path
        assert len(page.soup.find_all("h1")) == 1, path
        assert page.soup.title.get_text(strip=True), path
        assert page.soup.html["data-mode"] == mode
        ids = [tag["id"] for tag in page.soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), path
        assert page.soup.find("script", src=False) is None, path
        assert page.soup.find(style=True) is None, path


def test_every_link_of_ours_leads_somewhere(paths, read, client):
    client.raise_request_exception = True
    links = {
        a["href"].partition("#")[0]
        for path in paths
        for a in read(path).soup.find_all("a", href=True)
        if a["href"].startswith("/") and "/papers/" not in a["href"]
    }
    broken = {link for link in links if client.get(link).status_code not in (200, 302)}
    assert broken == set()


def test_every_anchor_is_there(paths, read):
    for path in paths:
        page = read(path)
        ids = {tag["id"] for tag in page.soup.find_all(id=True)}
        for a in page.soup.find_all("a", href=lambda href: href and href.startswith("#")):
            assert a["href"][1:] in ids, (path, a["href"])


def test_no_page_weighs_more_than_80_kb(paths, read):
    for path in paths:
        page = read(path)
        parts = [page.response.content]
        sources = [link["href"] for link in page.soup.find_all("link", rel="stylesheet")]
        sources += [script["src"] for script in page.soup.find_all("script", src=True)]
        for source in sources:
            with open(finders.find(source.removeprefix("/static/")), "rb") as file:
                parts.append(file.read())
        weight = sum(len(gzip.compress(part)) for part in parts)
        assert weight <= LIMIT, (path, weight)


def test_a_page_is_only_read(county, client):
    for path in PUBLIC:
        assert client.post(path.partition("?")[0]).status_code in (405, 422), path
