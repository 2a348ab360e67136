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
from package import KEYS, LAYOUTS, SCHEMES, WRONG_KEYS, Presentation, package
from report import Report
from tools import npm_package

INTRO = """
A film of three AV1 renditions, AAC and Opus in two languages and WebVTT in two languages is packaged, clear and encrypted, and
played by shaka-player, dash.js and hls.js in headless Chromium. Each must start, seek to three times and play on, switch to the
lowest and to the highest rendition while playing, change the language of the audio, show the right words at two times and none in a gap, and
come to the end. Every frame of the film carries its number, its rendition, and a colour for its second: where the film is clear, every picture
that is presented is read and must be the right one for its time, and the tone of each audio track must be heard. The
pictures and the sound of encrypted films cannot be read by pages: there, the size and time of the presented frames and the bytes of
decoded audio are taken. Pictures and sound have keys of their own; with a wrong one for the pictures, an error must come before
more than five (garbled) frames, and not from the sound.
"""
HERE = Path(__file__).resolve().parent
LIBRARIES = {
    "shaka": ("shaka-player", "dist/shaka-player.compiled.js"),
    "dash": ("dashjs", "dist/modern/umd/dash.all.min.js"),
    "hls": ("hls.js", "dist/hls.min.js"),
}
# Without its styles, shaka-player's text stands below the picture.
STYLES = ("shaka-player", "dist/controls.css")
WORKERS = 2


@dataclass
class Case:
    """One player that plays one presentation over one protocol."""

    player: str
    protocol: str
    presentation: Presentation
    keys: dict[str, str]
    still: bool = False

    @property
    def name(self) -> str:
        wrong = " with a wrong key" if self.keys == WRONG_KEYS else ""
        return f"{LIBRARIES[self.player][0]} {self.protocol} {self.presentation.scheme} {self.presentation.layout}{wrong}"

    def task(self) -> dict:
        """What scenario.js has to know."""
        manifest = self.presentation.mpd if self.protocol == "DASH" else self.presentation.m3u8
        return {
            "player": self.player, "protocol": self.protocol, "scheme": self.presentation.scheme, "url": f"/{self.presentation.folder.name}/{manifest}",
            "keys": self.keys, "licence": "/licence/" + ",".join(map(":".join, self.keys.items())), "still": self.still, "limit": 15,
            "film": {"rate": film.RATE, "seconds": film.SECONDS, "sizes": film.SIZES, "cells": film.CELLS, "strip": film.STRIP, "chroma": film.CHROMA},
            "seeks": [9.2, 2.6, 6.0],
            "codec": "opus" if self.presentation.layout == "segments" else "aac",
            "audio": [{"language": language, "codec": codec, "tone": tone} for language, codec, _, tone in film.AUDIO],
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
            browser.files["/library/shaka.css"] = npm_package(*STYLES)
            self.idle.put(browser)
        return self

    def __exit__(self, *error) -> None:
        for browser in self.all:
            browser.__exit__(*error)

    def run(self, case: Case, screenshot: Path | None = None) -> dict:
        browser = self.idle.get()
        try:
            browser.server.folders[case.presentation.folder.name] = case.presentation.folder
            browser.server.missing.clear()
            method = "refused" if case.keys == WRONG_KEYS else "run"
            expression = f"new Scenario({json.dumps(case.task())}).{method}()"
            start = time.monotonic()
            seen = browser.evaluate(expression, screenshot, "/browser/page.html", timeout=120)
            seen["missing"] = list(browser.server.missing)
            print(json.dumps({"case": case.name, "took": round(time.monotonic() - start, 1), **seen}), flush=True)
            return seen
        finally:
            self.idle.put(browser)


# Dropped frames that are allowed, of about 350: the machine may be busy.
DROPPED = 20
# The longest time in milliseconds between two frames while a rendition is switched.
STALL = 1500
# Frames that may be presented with a wrong key: a decoder may take the first ones for pictures before it notices.
GARBLED = 5
PLAYERS = [("shaka", "DASH"), ("shaka", "HLS"), ("dash", "DASH"), ("hls", "HLS")]


def _judge(case: Case, seen: dict, report: Report) -> list[str]:
    """Checks what a player did; answers the cells of its row."""

    def check(right: bool, what: str) -> bool:
        return report.check(right, f"{case.name}: {what}")

    steps = seen.get("steps", {})
    whole = check(not seen.get("failed") and not seen["errors"], f"{seen.get('failed')} {seen['errors']}")
    check(not seen["missing"], f"asked for {seen['missing']}")
    check(seen.get("dropped", 0) <= DROPPED, f"{seen.get('dropped')} frames dropped")
    if "seeks" in steps:
        check(steps["seeks"] <= 1.5 / film.RATE, f"{steps['seeks']} s beside the time sought")
    for way in ("down", "up"):
        if way in steps:
            check(steps[way] <= STALL, f"no frame for {steps[way]} ms while switching {way}")
    languages = {track.split()[1] for track in steps.get("audio", [])}
    check(len(languages) == 2, f"audio played: {steps.get('audio')}")
    proof = "sizes and times"
    if case.presentation.scheme == "clear":
        proof = "every picture"
        check(seen.get("read", 0) > 50, f"{seen.get('read')} pictures read")
        whole &= check(not seen.get("wrong"), f"wrong pictures: {seen.get('wrong')}")
    if not whole:
        return ["**FAILED**"] * 6
    return [proof, "3", "down, up", ", ".join(steps["audio"]), "2 languages", "to the end"]


def _refused(case: Case, seen: dict, report: Report) -> str:
    errors = seen.get("errors", [])
    right = seen.get("presented", 99) <= GARBLED and bool(errors) and not any("audio" in error for error in errors)
    report.check(right, f"{case.name}: {seen.get('presented')} frames, {errors}, {seen.get('log')}")
    return "refused" if right else "**plays**"


def check(cmaf: Path, report: Report, only: str | None) -> None:
    made = film.media()
    with tempfile.TemporaryDirectory() as folder, Browsers(WORKERS) as browsers, ThreadPoolExecutor(WORKERS) as pool:
        places = [(scheme, layout) for scheme in SCHEMES for layout in LAYOUTS]
        presentations = list(pool.map(lambda place: package(cmaf, made, Path(folder) / "-".join(place).replace(" ", "-"), *place), places))
        rows = []
        for player, protocol in PLAYERS:
            for presentation in presentations:
                keys = {} if presentation.scheme == "clear" else KEYS
                case = Case(player, protocol, presentation, keys)
                if only and only not in case.name:
                    continue
                wrong = Case(player, protocol, presentation, WRONG_KEYS) if keys else None
                rows.append((case, pool.submit(browsers.run, case), wrong, wrong and pool.submit(browsers.run, wrong)))
        report.table(["player", "protocol", "encryption", "layout", "frames by", "seeks", "switches", "audio", "text", "played", "wrong key"])
        for case, seen, wrong, refused in rows:
            cells = _judge(case, seen.result(), report)
            cells.append(_refused(wrong, refused.result(), report) if wrong else "")
            report.row(LIBRARIES[case.player][0], case.protocol, case.presentation.scheme, case.presentation.layout, *cells)
        report.end_table()
        picture = os.environ.get("SCREENSHOTS")
        if picture and rows:
            case = rows[0][0]
            browsers.run(Case(case.player, case.protocol, case.presentation, case.keys, still=True), Path(picture) / "browser.png")
    report.text("""
    dash.js plays no HLS, and hls.js no DASH. shaka-player offers the audio of one codec, which it is told to prefer; hls.js that of
    the first group, AAC; dash.js both.
    """)
