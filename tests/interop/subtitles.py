"""SubRip and WebVTT as ttal, ffmpeg and ttconv read them: times to the millisecond, words without their styles."""

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

from report import Report
from tools import Missing, corpus, run, tool

INTRO = """Every SubRip and WebVTT file of the corpus is read by `ttal`, ffmpeg and ttconv, and so is what `ttal` writes of
it. Right is: every file that is read is written, and ffmpeg reads what `ttal` writes as `ttal` reads the source, cue for
cue, to the millisecond, but for the reasons given with a difference. Where the others read the source in another way, the
first difference is listed and is no failure: they take other liberties with broken files."""

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
    without = [re.sub(r"</?bold>", "", cue[2]) for cue in mine]
    if without == [cue[2] for cue in theirs]:
        return "a tag that SubRip does not have is kept as words, and ffmpeg drops it"
    return None


def check(ttal: Path, report: Report, only: str | None) -> None:
    if importlib.util.find_spec("ttconv") is None:
        raise Missing("ttconv")
    folder = corpus() / "text"
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".srt", ".vtt"))
    files = [path for path in files if not only or only in str(path)]
    equal, differences, unexplained = collections.Counter(), [], []
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(2) as pool:

        def work(path: Path):
            name = str(path.relative_to(folder))
            mine = ours(ttal, path)
            results = [("ffmpeg", compare(mine, ffmpeg(path)))]
            for format in ("srt", "vtt") if mine else ():
                output = Path(temporary) / f"{name.replace('/', '+')}.{format}"
                converted = run([ttal, "convert", path, output, "--any-kind", "--quiet", "--lang", "en"])
                results.append((f"converted to {format}", None if converted.code == 0 else converted.last_line))
                read = ffmpeg(output)
                difference = compare(mine, read)
                if difference is not None:
                    why = reason(mine, read, output.read_text(encoding="utf-8"))
                    unexplained.extend([] if why else [f"{name} as {format}: {difference}"])
                    difference = why or difference
                results.append((f"ffmpeg of our {format}", difference))
            return name, path, mine, results

        for name, path, mine, results in pool.map(work, files):
            results.append(("ttconv", compare(mine, ttconv(path))))
            for how, difference in results:
                equal[how] += difference is None
                if difference is not None:
                    differences.append((name, how, difference))
    report.table(["reading", "files", "equal to ours"])
    for how in sorted(equal):
        report.row(how, len(files), equal[how])
    report.end_table()
    report.heading("Differences")
    report.table(["file", "reading", "ours, then theirs"])
    for name, how, difference in differences:
        report.row(name, how, difference.encode("unicode_escape").decode()[:160])
    report.end_table()
    broken = [d for d in differences if d[1].startswith("converted")]
    report.check(not broken, f"conversions that failed: {broken}")
    for what in unexplained:
        report.check(False, what)
    report.check(equal["ffmpeg of our srt"] + equal["ffmpeg of our vtt"] > 0, "ffmpeg agrees with nothing")
