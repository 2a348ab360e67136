#!/usr/bin/env python3
"""Measures `ttal convert` beside ffmpeg, ttconv and imsc.js, all in one run on the same made-up scripts.

    python3 benches/ttal_compare.py --ttal target/release/ttal [--events 5000 100000] [--imsc FOLDER]

Prints one table: medians of whole processes and, for ttal, the largest resident set beside the size of the input.
Wants ffmpeg and /usr/bin/time; ttconv (`pip install ttconv`) and imsc.js (`npm install imsc`, its folder with --imsc)
are left out where they are missing. Python 3.11 without packages.
"""

import argparse
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

WORDS = (
    "the harbour lay still under a thin fog and nobody spoke of what had happened there in spring "
    "when boats came home late with empty nets"
).split()


def line(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 8))).capitalize() + "."


def clock(ms, comma=","):
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{comma}{ms % 1000:03}"


def make_srt(path, count):
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        for i in range(count):
            begin = i * 2500 + rng.randint(0, 300)
            words = line(rng) if i % 7 else f"<i>{line(rng)}</i>"
            out.write(f"{i + 1}\n{clock(begin)} --> {clock(begin + 2000)}\n{words}\n{line(rng)}\n\n")


def make_dapt(path, count):
    rng = random.Random(2)
    with open(path, "w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml"'
            ' xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
            ' xmlns:tts="http://www.w3.org/ns/ttml#styling"'
            ' xmlns:daptm="http://www.w3.org/ns/ttml/profile/dapt#metadata"'
            ' ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/dapt1.0/content" ttp:frameRate="24"'
            ' ttp:frameRateMultiplier="1000 1001" xml:lang="en" daptm:langSrc="fr"'
            ' daptm:scriptType="translatedTranscript" daptm:scriptRepresents="audio.dialogue"'
            ' daptm:represents="audio.dialogue">\n  <head>\n    <metadata>\n'
        )
        for i in range(20):
            out.write(
                f'      <ttm:agent type="character" xml:id="c{i}"><ttm:name type="alias">ROLE {i}</ttm:name></ttm:agent>\n'
            )
        out.write("    </metadata>\n  </head>\n  <body>\n")
        for i in range(count):
            begin = i * 60 + rng.randint(0, 8)
            out.write(
                f'    <div xml:id="e{i}" begin="{begin}f" end="{begin + 48}f" ttm:agent="c{i % 20}" daptm:onScreen="OFF">\n'
                f'      <ttm:desc daptm:descType="scene">{i // 50}</ttm:desc>\n'
                f'      <p xml:lang="fr" daptm:langSrc="fr">{line(rng)}</p>\n'
                f'      <p>{line(rng)}<br/><span tts:fontStyle="italic">{line(rng)}</span></p>\n    </div>\n'
            )
        out.write("  </body>\n</tt>\n")


def measure(command, runs):
    """The median wall time in milliseconds; None where the program fails."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            return None
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def resident(command):
    """The largest resident set in bytes."""
    run = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(run.stderr.strip().splitlines()[-1]) * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttal", default="target/release/ttal")
    parser.add_argument("--events", type=int, nargs="+", default=[5000, 100000])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--imsc", help="folder whose node_modules has the package imsc")
    options = parser.parse_args()
    ttal = str(pathlib.Path(options.ttal).resolve())
    facts = ["--lang", "en", "--purpose", "subtitles", "--lang-src", "en"]
    print("| events | conversion | program | ms | resident / input |")
    print("| ---: | --- | --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for count in options.events:
            srt, dapt = folder / f"{count}.srt", folder / f"{count}.dapt"
            make_srt(srt, count)
            make_dapt(dapt, count)
            imsc, script = folder / f"{count}.ttml", folder / f"{count}.ttal"
            subprocess.run([ttal, "convert", str(srt), str(imsc), "--lang", "en"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run([ttal, "convert", str(dapt), str(script)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            out = lambda extension: str(folder / f"out{count}.{extension}")
            convert = lambda source, extension, *more: [ttal, "convert", str(source), out(extension), "--force", *more]
            rows = [
                ("IMSC to SRT", imsc, [("ttal", convert(imsc, "srt"))]),
                ("SRT to WebVTT", srt, [("ttal", convert(srt, "vtt")), ("ffmpeg", ["ffmpeg", "-v", "error", "-y", "-i", str(srt), out("ff.vtt")])]),
                ("SRT to TTAL", srt, [("ttal", convert(srt, "ttal", *facts))]),
                ("DAPT to TTAL", dapt, [("ttal", convert(dapt, "ttal"))]),
                ("TTAL to IMSC", script, [("ttal", convert(script, "ttml", "--lang", "en"))]),
                ("TTAL to DAPT", script, [("ttal", convert(script, "dapt"))]),
                ("validate TTAL", script, [("ttal", [ttal, "validate", str(script)])]),
                ("validate DAPT", dapt, [("ttal", [ttal, "validate", str(dapt)])]),
            ]
            if count <= 5000:
                if shutil.which("tt"):
                    rows[0][2].append(("ttconv", ["tt", "convert", "-i", str(imsc), "-o", out("tt.srt")]))
                if options.imsc:
                    folder = pathlib.Path(options.imsc).resolve()
                    read = f"require('{folder}/node_modules/imsc').fromXML(require('fs').readFileSync('{imsc}', 'utf8'))"
                    rows[0][2].append(("imsc.js (reads only)", ["node", "-e", read]))
            for conversion, source, programs in rows:
                for program, command in programs:
                    slow = program == "ttconv"
                    ms = measure(command, 1 if slow else options.runs)
                    memory = f"{resident(command) / source.stat().st_size:.1f}" if program == "ttal" else ""
                    print(f"| {count} | {conversion} | {program} | {'failed' if ms is None else f'{ms:.0f}'} | {memory} |")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
