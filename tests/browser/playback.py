"""shaka-player, dash.js and hls.js in headless Chromium play what was packaged."""

from __future__ import annotations

import json
import os
import queue
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import media as film
from chromium import Browser
from package import LAYOUTS, SCHEMES, Presentation, package
from report import Report
from tools import KEY, KID, WRONG_KEY, npm_package

HERE = Path(__file__).resolve().parent
LIBRARIES = {
    "shaka": ("shaka-player", "dist/shaka-player.compiled.js"),
    "dash": ("dashjs", "dist/modern/umd/dash.all.min.js"),
    "hls": ("hls.js", "dist/hls.min.js"),
}
WORKERS = 2


@dataclass
class Case:
    """One player that plays one presentation over one protocol."""

    player: str
    protocol: str
    presentation: Presentation
    key: str | None
    pause: bool = False

    @property
    def name(self) -> str:
        wrong = " with a wrong key" if self.key == WRONG_KEY else ""
        return f"{LIBRARIES[self.player][0]} {self.protocol} {self.presentation.scheme} {self.presentation.layout}{wrong}"

    def task(self) -> dict:
        """What scenario.js has to know."""
        manifest = self.presentation.mpd if self.protocol == "DASH" else self.presentation.m3u8
        return {
            "player": self.player, "protocol": self.protocol, "scheme": self.presentation.scheme, "url": f"/media/{manifest}",
            "kid": KID, "key": self.key, "licence": f"/licence/{self.key}", "pause": self.pause, "limit": 15,
            "film": {"rate": film.RATE, "seconds": film.SECONDS, "sizes": film.SIZES, "cells": film.CELLS, "strip": film.STRIP, "chroma": film.CHROMA},
            "seeks": [9.2, 2.6, 6.0], "languages": ["fr", "en"], "tones": {language: tone for language, _, tone, _ in film.AUDIO},
            "text": [
                {"language": "en", "time": 1.5, "words": film.CUES[0][2]["en"]},
                {"language": "en", "time": 6.0, "words": ""},
                {"language": "fr", "time": 7.5, "words": film.CUES[2][2]["fr"]},
            ],
        }


class Browsers:
    """As many browsers as cases run at a time; each case has one to itself."""

    def __init__(self, count: int):
        self.idle: queue.Queue[Browser] = queue.Queue()
        self.all = [Browser() for _ in range(count)]

    def __enter__(self) -> "Browsers":
        for browser in self.all:
            browser.__enter__()
            browser.server.folders["browser"] = HERE
            for name, (package, path) in LIBRARIES.items():
                browser.files[f"/library/{name}.js"] = npm_package(package, path)
            self.idle.put(browser)
        return self

    def __exit__(self, *error) -> None:
        for browser in self.all:
            browser.__exit__(*error)

    def run(self, case: Case, screenshot: Path | None = None) -> dict:
        browser = self.idle.get()
        try:
            browser.server.folders["media"] = case.presentation.folder
            browser.server.missing.clear()
            method = "refused" if case.key == WRONG_KEY else "run"
            expression = f"new Scenario({json.dumps(case.task())}).{method}()"
            start = time.monotonic()
            seen = browser.evaluate(expression, screenshot, "/browser/page.html", timeout=120)
            seen["missing"] = list(browser.server.missing)
            print(json.dumps({"case": case.name, "took": round(time.monotonic() - start, 1), **seen}), flush=True)
            return seen
        finally:
            self.idle.put(browser)
