"""SubRip and WebVTT as ttal, ffmpeg, ttconv and Chromium read them: times to the millisecond, words without their styles."""

from __future__ import annotations

import collections
import importlib
import importlib.util
import json
import logging
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chromium import Browser
from report import Report
from tools import Missing, corpus, run, tool

INTRO = """Every SubRip and WebVTT file of the corpus is read by `ttal`, ffmpeg, ttconv and, if it is WebVTT, Chromium; and
so is what `ttal` writes of it. Right is: every file that is read is written; Chromium reads every WebVTT file, source or
written, cue for cue as `ttal` reads the source, to the millisecond; and ffmpeg reads what `ttal` writes so too, but for the
reasons given with a difference. Where ffmpeg and ttconv read a source in another way, the first difference is listed with
its reason: mostly files that test how a WebVTT parser has to mend what is broken, where Chromium is as we are."""

FACTS = ["--purpose", "subtitles", "--lang", "en", "--lang-src", "en", "--any-kind", "--quiet"]


def seconds(text):
    hours, minutes, rest = text.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))) * 1000)


def plain(text):
    """Words for comparing: no tags, one kind of space, no blank lines."""
    text = re.sub(r"</?(?:[ibu]|font[^>]*)>|\{\\an?\d\}", "", text)
    text = text.replace("\u2060", "").replace("\u00a0", " ").replace("\\h", " ")
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.replace("\r", "").split("\n"))
    return "\n".join(line for line in lines if line)


def srt_cues(text):
    cues = []
    pattern = r"(\d+:\d\d:\d\d[,.]\d{3}) --> (\d+:\d\d:\d\d[,.]\d{3})[^\n]*"
    parts = re.split(pattern, text)
    for begin, end, words in zip(parts[1::3], parts[2::3], parts[3::3]):
        words = re.sub(r"\n\d+\s*$", "", words) if words.strip() else words
        cues.append((seconds(begin), seconds(end), plain(words)))
    return cues


def ffmpeg(path: Path):
    """The cues as ffmpeg's SubRip writer has them; None where it refuses."""
    read = run([tool("ffmpeg"), "-v", "error", "-i", path, "-f", "srt", "-"], stdin=b"")
    return srt_cues(read.out) if read.code == 0 else None


def ttconv(path: Path):
    """The cues as ttconv's SubRip writer has them; None where it refuses."""
    logging.disable(logging.CRITICAL)
    reader = importlib.import_module(f"ttconv.{path.suffix[1:]}.reader")
    writer = importlib.import_module("ttconv.srt.writer")
    try:
        with open(path, encoding="utf-8") as file:
            return srt_cues(writer.from_model(reader.to_model(file, None)))
    except Exception:
        return None


TRACKS = """
(async urls => {
  const v = document.getElementById('v'), out = {};
  const words = cue => { const html = cue.getCueAsHTML(); html.querySelectorAll('rt').forEach(r => r.remove()); return html.textContent; };
  for (const url of urls) {
    const track = document.createElement('track');
    track.src = url;
    const loaded = new Promise(done => { track.onload = () => done(true); track.onerror = () => done(false); });
    v.appendChild(track);
    track.track.mode = 'hidden';
    out[url] = await loaded ? Array.from(track.track.cues, c => [c.startTime, c.endTime, words(c)]) : null;
    track.remove();
  }
  return out;
})(%s)
"""


def chromium(browser: Browser, files: dict[str, Path]):
    """The cues of WebVTT files as Chromium's tracks have them; None where it refuses."""
    browser.files.clear()
    browser.files.update({f"/{number}.vtt": path for number, path in enumerate(files.values())})
    read = browser.evaluate(TRACKS % json.dumps(list(browser.files)))
    cues = lambda found: found and [(round(begin * 1000), round(end * 1000), plain(words)) for begin, end, words in found]
    return {name: cues(read[f"/{number}.vtt"]) for number, name in enumerate(files)}


def words_of(content) -> str:
    """The plain text of TTAL's content: ruby without its reading, cues by their words."""
    if isinstance(content, str):
        return content
    text = ""
    for node in content:
        if isinstance(node, str):
            text += node
        elif "br" in node:
            text += "\n"
        elif "span" in node:
            text += words_of(node["span"])
        elif "ruby" in node:
            text += words_of(node["ruby"]["base"])
        else:
            text += node.get("text", "")
    return text


def ours(ttal: Path, path: Path):
    """The cues as ttal reads them; None where it refuses."""
    read = run([ttal, "convert", path, "-", "--to", "ttal", *FACTS])
    if read.code != 0:
        return None
    events = json.loads(read.out)["events"]
    return [(seconds(e["begin"]), seconds(e["end"]), plain("\n".join(words_of(t["content"]) for t in e["texts"]))) for e in events]


def compare(mine, theirs):
    """The first way in which two readings differ, or None."""
    if mine is None or theirs is None:
        return None if mine is theirs else ("refused" if mine is None else "they refuse")
    # Programs that write SubRip leave out cues without words.
    mine, theirs = ([cue for cue in sorted(cues) if cue[2]] for cues in (mine, theirs))
    if len(mine) != len(theirs):
        return f"{len(mine)} cues, theirs {len(theirs)}"
    for a, b in zip(mine, theirs):
        if abs(a[0] - b[0]) > 1 or abs(a[1] - b[1]) > 1:
            return f"times {a[:2]}, theirs {b[:2]}"
        if a[2] != b[2]:
            return f"words {a[2]!r}, theirs {b[2]!r}"
    return None


def reason(mine, theirs, written: str) -> str | None:
    """Why ffmpeg may read what was written in another way; None where nothing explains it."""
    if mine is None or theirs is None:
        return None
    mine, theirs = ([cue for cue in sorted(cues) if cue[2]] for cues in (mine, theirs))
    if not theirs and re.search(r"^(STYLE|REGION)$", written, re.M):
        return "ffmpeg reads no cue of a file with STYLE or REGION blocks"
    if len(theirs) < len(mine) and set(theirs) == set(mine):
        return "ffmpeg leaves out cues that it has had already"
    if [cue[:2] for cue in mine] != [cue[:2] for cue in theirs]:
        return None
    if "<rt>" in written:
        return "ffmpeg puts the reading of a ruby among the words"
    without = [re.sub("[\u200e\u200f]", "", cue[2]).split() for cue in mine]
    if re.search("&[lr][lr]?m;|[\u200e\u200f]", written) and without == [cue[2].split() for cue in theirs]:
        return "ffmpeg drops marks of direction"
    return None


def browser_reason(mine, theirs, text: str) -> str | None:
    """Why Chromium may read a WebVTT file in another way; None where nothing explains it."""
    if text.removeprefix("\ufeff").startswith("WEBVTT"):
        return None
    if mine and theirs is None:
        return "it does not begin with WEBVTT: read with a warning"
    return "an empty file: refused" if mine is None and not theirs else None


def check(ttal: Path, report: Report, only: str | None) -> None:
    if importlib.util.find_spec("ttconv") is None:
        raise Missing("ttconv")
    folder = corpus() / "text"
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".srt", ".vtt"))
    files = {str(path.relative_to(folder)): path for path in files if not only or only in str(path)}
    readings, equal, differences = collections.Counter(), collections.Counter(), []

    def count(name: str, reading: str, difference, why: str | None) -> None:
        readings[reading] += 1
        equal[reading] += difference is None
        if difference is not None:
            differences.append((name, reading, difference, why))
            report.check(bool(why), f"{name}, {reading}: {difference}")

    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(2) as pool, Browser() as browser:

        def work(name: str):
            """The cues of a file as we and ffmpeg have them, and by format what is written of it and how ffmpeg reads that."""
            mine, written = ours(ttal, files[name]), {}
            for format in ("srt", "vtt") if mine else ():
                output = Path(temporary) / f"{name.replace('/', '+')}.{format}"
                converted = run([ttal, "convert", files[name], output, "--any-kind", "--quiet", "--lang", "en"])
                report.check(converted.code == 0, f"{name} to {format}: {converted.last_line}")
                written[format] = (output, ffmpeg(output))
            return name, mine, ffmpeg(files[name]), written

        done = list(pool.map(work, files))
        tracks = chromium(browser, {name: path for name, path in files.items() if path.suffix == ".vtt"})
        ours_in_chromium = chromium(browser, {name: written["vtt"][0] for name, _, _, written in done if written})
        for name, mine, by_ffmpeg, written in done:
            why = None
            source = files[name].read_text(encoding="utf-8", errors="replace")
            if name in tracks:
                difference = compare(mine, tracks[name])
                count(name, "Chromium", difference, difference and browser_reason(mine, tracks[name], source))
                why = "Chromium has ours" if difference is None else "Chromium refuses the file"
            for program, theirs in (("ffmpeg", by_ffmpeg), ("ttconv", ttconv(files[name]))):
                count(name, program, compare(mine, theirs), why or reason(mine, theirs, source))
            for format, (output, theirs) in written.items():
                text = output.read_text(encoding="utf-8")
                count(name, f"ffmpeg of our {format}", compare(mine, theirs), reason(mine, theirs, text))
            if name in ours_in_chromium:
                count(name, "Chromium of our vtt", compare(mine, ours_in_chromium[name]), None)
    report.table(["reading", "files", "equal to ours"])
    for reading in sorted(readings):
        report.row(reading, readings[reading], equal[reading])
    report.end_table()
    report.heading("Differences")
    report.table(["file", "reading", "ours, then theirs", "reason"])
    for name, reading, difference, why in differences:
        report.row(name, reading, difference.encode("unicode_escape").decode()[:160], why)
    report.end_table()
    report.check(equal["ffmpeg of our srt"] + equal["ffmpeg of our vtt"] > 0, "ffmpeg agrees with nothing")
