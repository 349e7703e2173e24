"""Somebody with a wrong address learns what to do next, at any width and in both languages."""

import pytest

from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_wrong_address(page, live_server, barriers, width, language):
    page.context.add_cookies([{"name": "language", "value": language, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 800})
    response = page.goto("/there-is-nothing-here")
    assert response.status == 404
    assert response.headers["x-reference"] in page.inner_text("main")
    assert barriers(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, "the page scrolls sideways"


def test_barriers_are_found(page, barriers):
    """axe runs: a picture without words is reported."""
    page.goto("/there-is-nothing-here")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")
    assert any(found.startswith("image-alt") for found in barriers(page))
