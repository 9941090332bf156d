"""Approves a call in a real Chromium: by keyboard alone, on a phone, in light and dark.

Usage: CHROMIUM=/usr/bin/chromium python browser.py target/debug/toolgate-decision-service
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

from playwright.sync_api import sync_playwright

SHOTS = pathlib.Path("target/approval-test")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
NAME, CODE = "ann@example.com", "correct horse battery"
POLICY = '''@id("with-a-person") @approval("Payments of this size need somebody from finance.")
permit (principal, action == Action::"transfer", resource);'''
MEANT = "<img src=x onerror=\"document.title='hacked'\"> \u202e0009"


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def question(call, amount=9000, agent="support-agent"):
    return {
        "subject": {"type": "agent", "id": agent, "properties": {"issuer": "https://idp.example.com", "user": "jane@example.com"}},
        "action": {"name": "transfer", "properties": {"tool": "payments.create", "server": "crm"}},
        "resource": {"type": "account", "id": "GB29NWBK60161331926819"},
        "context": {
            "call_digest": call,
            "parameters": {"payee": "GB29NWBK60161331926819", "amount": amount, "currency": "USD", "reference": MEANT},
            "risk": {"level": "critical", "score": 100,
                     "findings": [{"code": "money.over_limit", "pointer": "/amount", "detail": "more than 500 USD"}]},
        },
    }


def ask(base, body):
    request = urllib.request.Request(base + "/access/v1/evaluation", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def link(base, body):
    return ask(base, body)["context"]["access_request"]["form_url"]


def started(folder, program):
    (folder / "policies").mkdir()
    (folder / "policies" / "payments.cedar").write_text(POLICY)
    (folder / "approvers.json").write_text(json.dumps({NAME: CODE}))
    service = subprocess.Popen(
        [program, "--listen", "127.0.0.1:0", "--policies", folder / "policies", "--approvals", folder / "approvals.db",
         "--approvers", folder / "approvers.json"], stderr=subprocess.PIPE, text=True)
    for line in service.stderr:
        if found := re.search(r"listening on (\S+),", line):
            return service, f"http://{found.group(1)}"
    sys.exit("FAILED: the service did not start")


def main():
    SHOTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        service, base = started(pathlib.Path(name), sys.argv[1])
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
        try:
            approves(browser, base)
            refuses(browser, base)
            looks(browser, base)
        finally:
            browser.close()
            service.terminate()
            service.communicate()


def opened(browser, address, **options):
    page = browser.new_context(viewport=options.pop("viewport", DESK), **options).new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.goto(address)
    return page


def approves(browser, base):
    """By keyboard alone; then the call goes through once, and no other does."""
    body = question("sha256:1")
    page = opened(browser, link(base, body))
    text = page.inner_text("main")
    for words in ["support-agent wants to move money", "jane@example.com", "9000", "more than 500 USD", "Payments of this size"]:
        check(words in text, f"the page says {words!r}")
    check(page.query_selector("img") is None and "hacked" not in page.title(), "nothing that an agent wrote runs")
    check("\\u{202e}0009" in text, "a character that reorders the line is made visible")
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
        check(page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", f"keyboard: {reached[-1]} shows its focus")
    check(reached == ["name", "code", "reason", "approve", "refuse"], f"keyboard: everything is reached in order: {reached}")
    page.focus("#name")
    for typed in [NAME, "a wrong code that is long", "the licence is due"]:
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    check("not recognised" in page.inner_text("[role=alert]"), "a wrong code changes nothing")
    page.focus("#name")
    for typed in [NAME, CODE, "the licence is due"]:
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".state.approved")
    check(NAME in page.inner_text("#state") and "the licence is due" in page.inner_text("main"), "it says who approved, and why")
    check(page.query_selector("form") is None, "an answer is given once")
    for other, what in [(question("sha256:2", 9001), "one dollar more"), (question("sha256:1", agent="other"), "another agent")]:
        check(ask(base, other)["decision"] is False, f"{what} does not go through")
    check(ask(base, body)["decision"] is True, "the approved call goes through")
    check(ask(base, body)["decision"] is False, "a second time it does not")
    page.reload()
    check("used" in page.inner_text("#state"), "the page says that the approval was used")
    # The browser reports the refused answer (403) by itself.
    others = [complaint for complaint in page.complaints if "403" not in complaint]
    check(others == [], f"nothing failed, nothing was blocked: {others}")


def refuses(browser, base):
    body = question("sha256:3")
    page = opened(browser, link(base, body))
    page.fill("#name", NAME)
    page.fill("#code", CODE)
    page.get_by_role("button", name="Refuse").click()
    page.wait_for_selector(".state.refused")
    answer = ask(base, body)
    check((answer["decision"], answer["context"]["reason"]) == (False, "approval_refused"), "a refused call stays refused")


def looks(browser, base):
    address = link(base, question("sha256:4"))
    for scheme in ["light", "dark"]:
        for name, viewport in [("desk", DESK), ("phone", PHONE)]:
            page = opened(browser, address, viewport=viewport, color_scheme=scheme, has_touch=name == "phone")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            check(wide <= 0, f"{name}, {scheme}: it fits the width")
            small = page.evaluate("[...document.querySelectorAll('button')].filter(it => it.offsetHeight < 44).length")
            check(small == 0, f"{name}, {scheme}: buttons are large enough for a thumb")
            for selector in ["h1", "dt", "th", "td", ".state", "button.approve", "button.refuse"]:
                check(contrast(page, selector) >= 4.5, f"{name}, {scheme}: {selector} has contrast")
            page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)


def contrast(page, selector):
    """WCAG 2.2 contrast of a text and the nearest background behind it, by what the browser paints."""
    colours = page.evaluate("""(selector) => {
        const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const paint = (colour) => { context.clearRect(0, 0, 1, 1); context.fillStyle = colour; context.fillRect(0, 0, 1, 1); return [...context.getImageData(0, 0, 1, 1).data]; };
        const text = document.querySelector(selector);
        let behind = text;
        while (behind.parentElement && paint(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
        return [paint(getComputedStyle(text).color), paint(getComputedStyle(behind).backgroundColor)];
    }""", selector)

    def luminance(colour):
        parts = [part / 255 for part in colour[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


main()
