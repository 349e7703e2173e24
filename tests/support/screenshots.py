"""Takes the README's pictures from a running demo: python -m tests.support.screenshots [address].

Start it with `make run` on fresh data, so that the pictures show the same people each time.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.needs import chromium

PASSWORD = "yichuang-demo-2026"  # printed by `yichuang demo-logins`
TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}


def main(address):
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])

        def visitor(size, mode="standard"):
            context = browser.new_context(base_url=address, viewport=size, locale="zh-CN")
            context.add_cookies([{"name": "mode", "value": mode, "url": address}])
            return context.new_page()

        def staff(login):
            page = visitor(DESKTOP)
            page.goto("/staff/login")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("口令").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/staff/login" not in url)
            return page

        def shoot(page, name):
            page.wait_for_load_state("networkidle")
            page.screenshot(path=TARGET / name)

        page = visitor(PHONE)
        page.goto("/")
        shoot(page, "home-phone.png")

        page = visitor(DESKTOP)
        page.goto("/items/ZR-01-001")
        shoot(page, "guide-desktop.png")

        page = visitor(PHONE)
        page.goto("/items/MZ-05-014/apply")
        page.locator("main form button").last.click()
        shoot(page, "apply-phone.png")

        page = staff("items-demo")
        page.goto("/library/items/ZR-01-001")
        shoot(page, "library-item.png")

        page = staff("clerk-guoli")
        page.goto("/window/intake?item=ZR-01-001")
        for _question in range(3):
            page.keyboard.press("1")
            page.wait_for_load_state("networkidle")
        page.get_by_label("镇（街道）").select_option(label="马桥镇")
        page.wait_for_function(
            "document.querySelectorAll('select[name=village] option').length > 9"
        )
        page.get_by_label("村（社区）").select_option(index=1)
        page.get_by_text("马桥镇人民政府公章").first.wait_for()
        shoot(page, "window-intake.png")

        page = staff("decider-maqiao")
        page.locator("main table a").first.click()
        shoot(page, "desk-case.png")

        page = staff("bureau")
        page.goto("/powers/")
        page.locator("main table a").first.click()
        shoot(page, "powers-grant.png")

        page = staff("custodian-guoli")
        page.goto("/custody/approvals/")
        page.get_by_text("准予行政许可决定书").first.click()
        page.wait_for_timeout(2000)  # the browser's own viewer draws the paper
        shoot(page, "seal-approval.png")

        page = staff("clerk-guoli")
        page.goto("/window/?tab=deliver")
        page.locator("main table a").first.click()
        page.wait_for_load_state("networkidle")
        case = page.url
        page.goto(f"{case}/receipt")
        code = page.locator("figcaption").first.inner_text().strip()
        phone = visitor(PHONE, "elder")
        phone.goto(f"/track/{code}")
        shoot(phone, "track-elder.png")

        page.goto(case)
        with tempfile.TemporaryDirectory() as folder:
            answer = page.request.get(
                page.locator('a[href*="/papers/"]').last.get_attribute("href")
            )
            paper = Path(folder) / "paper.pdf"
            paper.write_bytes(answer.body())
            subprocess.run(
                ["pdftoppm", "-r", "70", "-png", "-singlefile", paper, TARGET / "paper"], check=True
            )
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
