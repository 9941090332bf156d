"""Approves in a real Chromium what the demo's agent was held back for, as a person would.

Usage: CHROMIUM=/usr/bin/chromium python approve.py LINK NAME CODE REASON
"""

import os
import sys

from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]

link, name, code, reason = sys.argv[1:]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
    page = browser.new_page()
    page.goto(link)
    shown = page.inner_text("main")
    for words in ["wants to move money", "9000", "yearly licence"]:
        if words not in shown:
            sys.exit(f"the page doesn't say {words!r}")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your code").fill(code)
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Approve this call").click()
    page.wait_for_selector(".state.approved")
    browser.close()
