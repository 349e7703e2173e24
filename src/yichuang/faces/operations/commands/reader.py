"""demo-reader: plays the card reader's service that stands on a clerk's own machine.

A real reader's driver answers on 127.0.0.1 too, each in its own words; this is the shape the intake
page understands: GET /read → {"number", "name", "sex", "birth", "address"}, or {"error"} with no card.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
from django.conf import settings
from django.utils.translation import gettext as _

from yichuang.authority import queries as authority
from yichuang.faces.operations.commands.group import answers
from yichuang.faces.operations.demo import fictional_number

SURNAMES = "王李张刘陈杨赵黄周吴"


def people(region: str) -> Iterator[dict[str, str]]:
    """Fictional cards, one after the other: births lie between 1880 and 1899."""
    for seed in itertools.count(1):
        number = fictional_number(region, seed)
        yield {
            "number": number,
            "name": f"{SURNAMES[seed % len(SURNAMES)]}演示",
            "sex": "男" if int(number[16]) % 2 else "女",
            "birth": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
            "address": f"演示镇样例村{seed}号（虚构）",
        }


def server(*, port: int, origin: str, cards: Iterator[Mapping[str, str]]) -> ThreadingHTTPServer:
    """The service on 127.0.0.1, which answers pages of `origin` and of nobody else."""

    class Reader(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:  # noqa: N802 - the name http.server calls
            self._answer(204, None)

        def do_GET(self) -> None:  # noqa: N802
            if self.headers.get("Origin") != origin:
                self._answer(403, {"error": "origin"})
            elif self.path != "/read":
                self._answer(404, {"error": "path"})
            else:
                self._answer(200, next(cards, {"error": "no-card"}))

        def _answer(self, status: int, content: Mapping[str, str] | None) -> None:
            body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing: a card's content belongs in no log."""

    return ThreadingHTTPServer(("127.0.0.1", port), Reader)


@click.command("demo-reader")
@click.option("--port", type=click.IntRange(1024, 65535), default=18088)
@answers
def demo_reader(port: int) -> None:
    """读卡器模拟 plays an identity card reader with fictional people; set YICHUANG_ID_READER_URL."""
    region = min(authority.order().places)[:6]
    click.echo(
        _("读卡器模拟在 http://127.0.0.1:%(port)s ，请设置 YICHUANG_ID_READER_URL 后重启。")
        % {"port": port}
    )
    try:
        server(port=port, origin=settings.PUBLIC_URL, cards=people(region)).serve_forever()
    except KeyboardInterrupt:
        click.echo()


COMMANDS = (demo_reader,)
