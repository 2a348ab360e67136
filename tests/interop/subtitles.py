"""Compares how ttal, ffmpeg and ttconv read subtitles: times to the millisecond, words without their styles.

usage: subtitles.py FOLDER OUT

FOLDER is searched for .srt and .vtt files; OUT gets what ttal read (the test `dump` of tests/ttal_subtitles.rs writes
it). Prints a table of differences. ttconv is looked for as `tt` on the path; without it ffmpeg alone is compared.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
TTML = "{http://www.w3.org/ns/ttml}"


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


def ffmpeg(path):
    run = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-f", "srt", "-"], capture_output=True, stdin=subprocess.DEVNULL
    )
    if run.returncode:
        return None
    return srt_cues(run.stdout.decode("utf-8", "replace"))


def ttconv(path):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.srt")
        run = subprocess.run(["tt", "convert", "-i", path, "-o", out], capture_output=True)
        if run.returncode or not os.path.exists(out):
            return None
        with open(out, encoding="utf-8") as file:
            return srt_cues(file.read())


def ours(path, out):
    with open(out / (path + ".json"), encoding="utf-8") as file:
        read = json.load(file)
    if "error" in read:
        return None
    return [(seconds(e["begin"]), seconds(e["end"]), plain(e["text"])) for e in read["events"]]


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


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, SUBTITLES_IN=str(folder), SUBTITLES_OUT=str(out))
    command = ["cargo", "test", "--quiet", "--test", "ttal_subtitles", "--", "--ignored", "--exact", "dump"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    tools = {"ffmpeg": ffmpeg, "ttconv": ttconv}
    tools = {name: read for name, read in tools.items() if shutil.which({"ttconv": "tt"}.get(name, name))}
    equal = collections.Counter()
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".srt", ".vtt"))
    for path in files:
        name = str(path.relative_to(folder))
        mine = ours(name.replace("/", "+"), out)
        for tool, read in tools.items():
            difference = compare(mine, read(str(path)))
            if difference is None:
                equal[tool] += 1
            else:
                print(f"| {name} | {tool} | {difference} |")
        # What we write is read by the others as we read it.
        for written in (".srt", ".vtt") if mine else ():
            for tool, read in tools.items():
                difference = compare(mine, read(str(out / (name.replace("/", "+") + written))))
                if difference is None:
                    equal[tool + written] += 1
                else:
                    print(f"| {name} | {tool} reading our {written} | {difference} |")
    for tool, count in sorted(equal.items()):
        print(f"{tool}: {count} equal of {len(files)}")


if __name__ == "__main__":
    main()
