"""The service guide on a phone with a slow line, in Chromium: when its largest part is painted, and
what it weighs. Slow 4G as Lighthouse has it (1.6 Mbit/s down, 150 ms), processor four times slower."""

from playwright.sync_api import sync_playwright

from tests.support.needs import chromium

TURNS = 5
_PAINTED = """new Promise(done => new PerformanceObserver(list => done(list.getEntries().pop().startTime))
    .observe({type: "largest-contentful-paint", buffered: true}))"""


def measured(address):
    """(LCP in ms, kB received) of each turn, with nothing in the browser's cache."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        turns = [_turn(browser, address) for _turn_number in range(TURNS)]
        browser.close()
    return turns


def _turn(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    received = []
    tools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line = {"latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8}
    tools.send("Network.emulateNetworkConditions", {"offline": False, **line})
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    painted = page.evaluate(_PAINTED)
    context.close()
    return painted, sum(received) / 1024
