#!/usr/bin/env python3
"""Opens a page of `ndc report` in headless Chromium and looks for what it must not do.

Fails on console messages, on requests beyond the page itself, on sideways scrolling of a narrow window, and on
violations that axe-core finds in light, dark and print; writes screenshots to look at.

  pip install websocket-client axe-playwright-python      (the latter only for the axe.min.js it carries)
  check-report-page.py report.html --axe path/to/axe.min.js --shots folder
"""
import argparse
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import websocket


class Browser:
    """One tab, spoken to in the DevTools protocol."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
             "--remote-allow-origins=*", f"--user-data-dir={self.profile.name}", "about:blank"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if match := re.search(r"ws://\S+", line):
                break
        port = re.search(r":(\d+)/", match.group()).group(1)
        self.next = 0
        self.events = []
        self.socket = websocket.create_connection(match.group(), timeout=120)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.socket.close()
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{port}/devtools/page/{target}", timeout=120)

    def call(self, method, **parameters):
        self.next += 1
        self.socket.send(json.dumps({"id": self.next, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.next:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()


def size(browser, width, height):
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page")
    parser.add_argument("--axe", required=True)
    parser.add_argument("--shots", default=".")
    parser.add_argument("--browser", default="chromium")
    arguments = parser.parse_args()
    page = pathlib.Path(arguments.page).resolve()
    shots = pathlib.Path(arguments.shots)
    shots.mkdir(exist_ok=True)
    problems = []
    browser = Browser(arguments.browser)
    for domain in ["Page", "Runtime", "Log", "Network"]:
        browser.call(f"{domain}.enable")
    size(browser, 1100, 900)
    browser.call("Page.setBypassCSP", enabled=True)  # For axe alone, which is a script; the page has none.
    start = time.monotonic()
    browser.call("Page.navigate", url=page.as_uri())
    while browser.evaluate("document.readyState") != "complete":
        time.sleep(0.05)
    seconds = time.monotonic() - start
    time.sleep(0.5)
    browser.evaluate("0")
    for event in browser.events:
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if url != page.as_uri() and not url.startswith("data:"):
                problems.append(f"request: {url}")
        if event["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            problems.append(f"console: {json.dumps(event['params'])[:300]}")

    axe = pathlib.Path(arguments.axe).read_text()
    for name, features, media in [
        ("light", "light", "screen"), ("dark", "dark", "screen"), ("print", "dark", "print"),
        ("narrow", "light", "screen")]:
        browser.call("Emulation.setEmulatedMedia", media=media,
                     features=[{"name": "prefers-color-scheme", "value": features}])
        size(browser, 390 if name == "narrow" else 1100, 900)
        browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = " +
                         ("true" if name == "dark" else "false") + ")")
        time.sleep(0.2)
        picture = browser.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        (shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
        if browser.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{name}: the page scrolls sideways")
        browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        browser.evaluate(f"(() => {{ {axe} }})()")
        result = json.loads(browser.evaluate("axe.run().then(r => JSON.stringify(r))"))
        for violation in result["violations"]:
            nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
            problems.append(f"{name}: {violation['id']} ({violation['impact']}): {violation['help']}: {nodes}")
        undecided = [f'{item["id"]} ({len(item["nodes"])} nodes, such as {item["nodes"][0]["html"][:70]}: '
                     f'{(item["nodes"][0]["any"] or [{"message": ""}])[0]["message"][:90]})' for item in result["incomplete"]]
        print(f"{name}: axe-core {result['testEngine']['version']}, {len(result['passes'])} rules passed, "
              f"{len(result['violations'])} violated, undecided: {', '.join(undecided) or 'none'}")
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    browser.call("Emulation.clearDeviceMetricsOverride")
    pdf = browser.call("Page.printToPDF", printBackground=False)
    (shots / "print.pdf").write_bytes(base64.b64decode(pdf["data"]))
    # Everything that can be reached by the Tab key, in order.
    focusable = browser.evaluate(
        "[...document.querySelectorAll('a[href],input,summary,[tabindex=\"0\"]')].filter(e => e.tabIndex >= 0).length")
    print(f"loaded in {seconds:.2f} s, {page.stat().st_size} bytes, {focusable} places to focus")
    browser.close()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
