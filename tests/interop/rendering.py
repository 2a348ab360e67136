"""Chromium shows the right words: WebVTT as a track, IMSC drawn by imsc.js."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from chromium import Browser
from report import Report
from tools import REPOSITORY, imsc_js, run

INTRO = """
Scripts are converted to WebVTT and to IMSC. Chromium loads the WebVTT as a track and says which cues are active at a time;
imsc.js reads the IMSC without an error or a warning and draws it at a time, and the page says which words are in it. Right is: at
three times in each script, one of them in a gap, both have the words that the script has then.
"""

# The script, the language, and the words at times in seconds. Words are compared without white space.
CASES = [
    ("harbour.ttal", "en", [(11.0, ["And it's thanks to that?"]), (13.5, []), (14.0, ["Marseilles, 1998"])]),
    ("harbour.ttal", "fr", [(11.0, ["Et c'est grâce à ça ?"]), (13.5, []), (14.0, ["Marseille, 1998"])]),
    ("srt/rendering.srt", "en", [(1.5, ["Who is there?"]), (4.0, []), (6.0, ["It is only", "the wind."])]),
    ("srt/rendering.srt", "en", [(9.5, ["Fish & chips <3"]), (13.5, ["Top of the world"]), (17.0, ["مرحبا"])]),
]

TRACK = """
(async ({ url, times }) => {
  const v = document.getElementById('v'), out = { shown: [], errors: [] };
  const track = document.createElement('track');
  track.kind = 'subtitles'; track.srclang = 'en'; track.src = url; track.default = true;
  const loaded = new Promise((done, failed) => { track.onload = done; track.onerror = () => failed(new Error('track not loaded')); });
  v.appendChild(track);
  track.track.mode = 'showing';
  try {
    await loaded;
    for (const at of times) {
      const cues = Array.from(track.track.cues).filter(c => c.startTime <= at && at < c.endTime);
      out.shown.push(cues.map(c => c.getCueAsHTML().textContent));
    }
    out.count = track.track.cues.length;
    // A picture needs a moment of a film: a canvas gives one.
    const canvas = document.createElement('canvas');
    canvas.width = 640; canvas.height = 360;
    canvas.getContext('2d').fillRect(0, 0, 640, 360);
    v.width = 640; v.height = 360; v.srcObject = canvas.captureStream(10);
    await v.play();
    track.track.cues && Array.from(track.track.cues).filter(c => c.startTime <= times[0] && times[0] < c.endTime)
      .forEach(c => { c.startTime = 0; c.endTime = 1e6; });
    await new Promise(done => setTimeout(done, 500));
    out.active = Array.from(track.track.activeCues || []).map(c => c.getCueAsHTML().textContent);
  } catch (e) { out.errors.push(String(e)); }
  return out;
})(%s)
"""

IMSC = """
(async ({ library, url, times }) => {
  const out = { shown: [], errors: [] };
  try {
    await new Promise((done, failed) => { const s = document.createElement('script'); s.src = library; s.onload = done; s.onerror = failed; document.head.appendChild(s); });
    const text = await (await fetch(url)).text();
    const handler = Object.fromEntries(['info', 'warn', 'error', 'fatal'].map(level => [level, message => { if (level !== 'info') out.errors.push(level + ': ' + message); return false; }]));
    const doc = imsc.fromXML(text, handler);
    document.getElementById('v').remove();
    document.body.style.background = 'black';
    const div = document.createElement('div');
    div.style.cssText = 'position:relative;width:640px;height:360px;background:#234';
    document.body.appendChild(div);
    for (const at of [...times.slice(1), times[0]]) {
      div.replaceChildren();
      imsc.renderHTML(imsc.generateISD(doc, at, handler), div, null, 360, 640, false, handler);
      out.shown.push(div.innerText);
    }
    out.shown.unshift(out.shown.pop());
  } catch (e) { out.errors.push(String(e)); }
  return out;
})(%s)
"""


def bare(words) -> str:
    return "".join("".join(words).split())


def check(ttal: Path, report: Report, only: str | None) -> None:
    library = imsc_js() / "dist" / "imsc.all.min.js"
    pictures = os.environ.get("SCREENSHOTS")
    report.table(["script", "language", "times", "WebVTT in Chromium", "IMSC by imsc.js"])
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        folder = Path(name)
        browser.files["/imsc.js"] = library
        for number, (script, language, moments) in enumerate(CASES):
            if only and only not in script:
                continue
            source = REPOSITORY / "fixtures" / "ttal" / script
            times = [at for at, _ in moments]
            verdicts = []
            for format, page in (("vtt", TRACK), ("ttml", IMSC)):
                output = folder / f"{number}.{format}"
                converted = run([ttal, "convert", source, output, "--lang", language])
                what = f"{script} {language} as {format}"
                if not report.check(converted.code == 0, f"{what}: {converted.last_line}"):
                    continue
                browser.files[f"/{output.name}"] = output
                picture = Path(pictures) / f"{number}-{format}.png" if pictures else None
                argument = json.dumps({"library": "/imsc.js", "url": f"/{output.name}", "times": times})
                shown = browser.evaluate(page % argument, picture)
                report.check(not shown["errors"], f"{what}: {shown['errors']}")
                expected = [bare(words) for _, words in moments]
                right = [bare(words) for words in shown.get("shown", [])] == expected
                report.check(right, f"{what}: shown {shown.get('shown')}, expected {moments}")
                if format == "vtt":
                    report.check(bare(shown.get("active", [])) == expected[0], f"{what}: active {shown.get('active')}")
                verdicts.append("right" if right else "wrong")
            report.row(script, language, ", ".join(f"{at} s" for at in times), *verdicts)
    report.end_table()
