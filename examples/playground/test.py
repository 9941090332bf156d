"""Tries the playground in a real Chromium, from the disk and from a server: verdicts, keyboard, phone, dark, links.

Usage: CHROMIUM=/usr/bin/chromium python test.py target/playground EXPLAINED

EXPLAINED has what `toolgate explain` says of every scenario (`cargo run -p toolgate-host-tests --example explained`).
"""

import functools
import http.server
import json
import os
import pathlib
import sys
import threading

from playwright.sync_api import TimeoutError, sync_playwright

PAGE = pathlib.Path(sys.argv[1]).resolve()
SHOTS = PAGE.parent / "playground-test"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
MEANT = "<img src=x onerror=\"document.title='hacked'\">"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def main():
    SHOTS.mkdir(exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=PAGE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served = f"http://127.0.0.1:{server.server_port}/index.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
        try:
            for name, address in [("served", served), ("from a file", (PAGE / "index.html").as_uri())]:
                verdicts(browser, name, address)
            keyboard(browser, served)
            looks(browser, served)
            links(browser, served)
            hostile(browser, served)
            records(browser, served)
            agreement(browser, served)
        finally:
            browser.close()
            server.shutdown()


def agreement(browser, served):
    """The page says of every scenario what the command line says."""
    page = opened(browser, served)
    lines = [json.loads(line) for line in pathlib.Path(sys.argv[2]).read_text().splitlines()]
    records = [it for it in lines if "record" in it]
    for it in records:
        told = page.evaluate("it => wasm_bindgen.record(it.record)", it)
        if not it["told"] or json.loads(told) != it["told"]:
            sys.exit(f"FAILED: {it['name']}: of its record the page says {told}, the command line {json.dumps(it['told'])}")
    check(len(records) > 300, f"page and `toolgate explain` agree on {len(records)} audit records")
    explained = [it for it in lines if "record" not in it]
    for it in explained:
        told = page.evaluate("it => wasm_bindgen.explain(it.policy, it.call, it.now)", it)
        if json.loads(told) != {"explanation": it["told"]}:
            sys.exit(f"FAILED: {it['name']}: the page says {told}, the command line {json.dumps(it['told'])}")
    check(len(explained) > 300, f"page and `toolgate explain` agree on {len(explained)} requests of {len({it['name'] for it in explained})} scenarios")


def opened(browser, address, **options):
    """A fresh page, and everything that it complained of."""
    page = browser.new_context(viewport=options.pop("viewport", DESK), **options).new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("requestfailed", lambda request: page.complaints.append(request.url))
    page.goto(address)
    try:
        page.wait_for_selector(".verdict strong", timeout=10_000)
    except TimeoutError:
        sys.exit(f"FAILED: {address} shows no verdict: {page.complaints}")
    return page


def choose(page, name):
    page.select_option("#sample", label=name)


def verdict(page):
    return page.get_attribute("#verdict", "class").split()[-1], page.inner_text("#verdict")


def verdicts(browser, name, address):
    page = opened(browser, address)
    for sample, expected, words in [
        ("Support reads one account", "forward", "support-agent-single-record-read"),
        ("The same, talked into reading them all", "reject", "no rule allows this"),
        ("A bulk export", "reject", "support agents may not perform bulk customer exports"),
        ("A mail to somebody outside", "ask", "support-agent-mail"),
        ("A refund over REST", "ask", "refunds-are-decided"),
        ("A token for somebody else", "reject", "token"),
    ]:
        choose(page, sample)
        kind, text = verdict(page)
        check(kind == expected and words in text, f"{name}: `{sample}` is told as {expected}: {text!r}")
    choose(page, "The same, talked into reading them all")
    check("parameters.limit_lte doesn't hold: found 50000" in page.inner_text("#steps"), f"{name}: the first false condition is named")
    page.fill("#policy", page.input_value("#policy").replace("agent.role:", "agent.rule:"))
    page.wait_for_selector("#policy-problems li")
    check("did you mean" in page.inner_text("#policy-problems"), f"{name}: a misspelt attribute is found, with its place")
    page.fill("#call", "{")
    choose(page, "A bulk export")
    check(page.complaints == [], f"{name}: nothing failed, nothing was refused: {page.complaints}")


def keyboard(browser, address):
    page = opened(browser, address)
    choose(page, "A bulk export")
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.localName"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        check(outline != "none", f"keyboard: {reached[-1]} shows that it is focused")
    check(reached == ["skip", "sample", "share", "call", "policy", "summary"], f"keyboard: everything is reached in order: {reached}")
    page.keyboard.press("Enter")
    check(page.is_visible("details[open] pre"), "keyboard: what the agent gets to read is opened")
    choose(page, "Support reads one account")
    page.focus("#sample")
    page.keyboard.press("ArrowDown")
    check(verdict(page)[0] == "reject", "keyboard: an example is chosen with the arrows")
    page.focus("#call")
    page.keyboard.press("Control+A")
    page.keyboard.type('{"claims":{"role":"support"},"tool":"salesforce.query","arguments":{"limit":1}}')
    page.wait_for_selector(".verdict.forward")
    check(True, "keyboard: a call that is typed is judged")


def looks(browser, address):
    for scheme in ["light", "dark"]:
        for name, viewport in [("desk", DESK), ("phone", PHONE)]:
            page = opened(browser, address, viewport=viewport, color_scheme=scheme, has_touch=name == "phone")
            for sample in ["Support reads one account", "A bulk export", "A mail to somebody outside"]:
                choose(page, sample)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                check(wide <= 0, f"{name}, {scheme}: `{sample}` fits the width")
                check(contrast(page, "#verdict strong") >= 4.5, f"{name}, {scheme}: the verdict has contrast")
                page.screenshot(path=SHOTS / f"{name}-{scheme}-{sample.split()[1].lower()}.png", full_page=True)
            small = page.evaluate("[...document.querySelectorAll('button, select')].filter(it => it.offsetHeight < 44).length")
            check(small == 0, f"{name}, {scheme}: what is pressed is large enough for a thumb")


def contrast(page, selector):
    """WCAG 2.2 contrast of a text and what is behind it, by what the browser paints."""
    colours = page.evaluate("""(selector) => {
        const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const paint = (colour) => { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); return [...context.getImageData(0, 0, 1, 1).data]; };
        const text = document.querySelector(selector);
        return [paint(getComputedStyle(text).color), paint(getComputedStyle(text.closest('.verdict')).backgroundColor)];
    }""", selector)

    def luminance(colour):
        parts = [part / 255 for part in colour[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def links(browser, address):
    page = opened(browser, address)
    choose(page, "A refund over REST")
    page.fill("#policy", page.input_value("#policy").replace("crm-support-v12", "of the link"))
    page.click("#share")
    page.wait_for_url("**#s=*")
    other = opened(browser, page.url)
    other.wait_for_selector(".verdict.ask")
    check("of the link" in other.input_value("#policy"), "a link brings the policy and the call along")
    broken = opened(browser, address + "#s=AAAA")
    check("can't be read" in broken.inner_text("#shared"), "a broken link says so")


def hostile(browser, address):
    page = opened(browser, address)
    call = {"claims": {"role": MEANT, "client_id": MEANT}, "tool": MEANT, "arguments": {MEANT: MEANT}}
    page.fill("#call", json.dumps(call))
    page.wait_for_selector("#steps >> text=onerror")
    page.fill("#policy", page.input_value("#policy") + f"\n'{MEANT}': 1\n")
    page.wait_for_selector("#policy-problems li")
    check(page.query_selector("img") is None and page.title() == "Toolgate playground", "values are text, whatever they look like")


def records(browser, address):
    page = opened(browser, address)
    choose(page, "An audit record: why was this denied?")
    kind, text = verdict(page)
    check(kind == "reject" and "bulk customer exports" in text, f"an audit record is opened: {text!r}")
    page.screenshot(path=SHOTS / "desk-light-record.png", full_page=True)
    page.get_by_role("button", name="Try this call").click()
    check('"tool": "salesforce.export_contacts"' in page.input_value("#call"), "a record becomes a call again")


main()
