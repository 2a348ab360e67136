"""Headless Chromium plays what was packed, clear and encrypted, and does not with a wrong key."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path

import cases
from chromium import Browser
from report import Report
from tools import KEY, KID, REPOSITORY, WRONG_KEY

INTRO = """
Chromium (headless, Media Source Extensions, Clear Key) is given each packed file under the codec string of its own report.
Right is: the type is supported, time advances, frames are decoded; with a wrong key, no frame of an encrypted file is.
"""
FIXTURES = ["hdr10.ivf", "mono.ivf", "grain.ivf", "superres.ivf", "fwdkf.ivf", "sframe_low.ivf", "timinginfo.obu"]

SCRIPT = """
(async ({ url, type, kid, key }) => {
  const v = document.getElementById('v'), out = { errors: [], times: [] };
  const bytes = b => { const s = atob(b.replace(/-/g, '+').replace(/_/g, '/')); return Uint8Array.from(s, c => c.charCodeAt(0)); };
  v.addEventListener('error', () => out.errors.push('video: ' + (v.error && v.error.message)));
  try {
    out.supported = MediaSource.isTypeSupported(type);
    if (key) {
      const access = await navigator.requestMediaKeySystemAccess('org.w3.clearkey',
        [{ initDataTypes: ['cenc', 'keyids'], videoCapabilities: [{ contentType: type }] }]);
      const keys = await access.createMediaKeys();
      await v.setMediaKeys(keys);
      const session = keys.createSession();
      session.addEventListener('message', () => session.update(new TextEncoder().encode(
        JSON.stringify({ keys: [{ kty: 'oct', kid, k: key }], type: 'temporary' }))));
      await session.generateRequest('keyids', new TextEncoder().encode(JSON.stringify({ kids: [kid] })));
    }
    const source = new MediaSource();
    v.src = URL.createObjectURL(source);
    await new Promise(done => source.addEventListener('sourceopen', done, { once: true }));
    const buffer = source.addSourceBuffer(type);
    const data = await (await fetch(url)).arrayBuffer();
    await new Promise((done, fail) => {
      buffer.addEventListener('updateend', done, { once: true });
      buffer.addEventListener('error', () => fail(new Error('append failed')), { once: true });
      buffer.appendBuffer(data);
    });
    if (source.readyState === 'open') source.endOfStream();
    out.start = v.buffered.length ? v.buffered.start(0) : 0;
    if (out.start > 0) v.currentTime = out.start;
    v.play().catch(e => out.errors.push('play: ' + e));
    for (let i = 0; i < 12 && !v.ended; i++) {
      await new Promise(done => setTimeout(done, 250));
      out.times.push(v.currentTime);
    }
  } catch (e) { out.errors.push(String(e)); }
  const quality = v.getVideoPlaybackQuality();
  return Object.assign(out, { frames: quality.totalVideoFrames, corrupted: quality.corruptedVideoFrames,
    duration: v.duration, width: v.videoWidth, height: v.videoHeight,
    advanced: out.times.length > 0 && out.times[out.times.length - 1] > (out.start || 0) + 0.2 });
})(%s)
"""


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(text)).decode().rstrip("=")


def play(browser: Browser, path: Path, codec: str, key: str | None) -> dict:
    """Plays one file; `key` unlocks KID."""
    url = f"/{len(browser.files)}.mp4"
    browser.files[url] = path
    given = {"url": url, "type": f'video/mp4; codecs="{codec}"'}
    if key:
        given |= {"kid": _base64(KID), "key": _base64(key)}
    return browser.evaluate(SCRIPT % json.dumps(given))


def check(cmaf: Path, report: Report, only: str | None) -> None:
    report.table(["fixture", "codec string", "clear", "cbcs", "cenc", "wrong key: cbcs", "cenc"])
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        for name in FIXTURES:
            path = REPOSITORY / "fixtures" / "av1" / name
            if only and only not in name:
                continue
            cells, wrong, codec = [], [], ""
            for mode in cases.MODES:
                packed = cases.pack(cmaf, [path], Path(folder) / path.stem / mode, mode)
                label = f"{name} {mode}"
                if not report.check(packed.ok and bool(packed.report), f"{label}: {packed.run.last_line}"):
                    cells.append("**FAILED**")
                    continue
                codec = packed.report["tracks"][0]["codec"]
                seen = play(browser, packed.files[0], codec, None if mode == "clear" else KEY)
                right = bool(seen.get("supported") and seen.get("advanced") and seen.get("frames")) and not seen["errors"]
                report.check(right, f"{label}: {json.dumps(seen)[:300]}")
                cells.append("plays" if right else "**FAILED**")
                if mode != "clear":
                    seen = play(browser, packed.files[0], codec, WRONG_KEY)
                    # Wrongly decrypted tiles are mostly, but not always, undecodable: an error or nothing must come.
                    right = bool(seen["errors"]) or not seen.get("frames") or not seen.get("advanced")
                    report.check(right, f"{label} with a wrong key: {json.dumps(seen)[:300]}")
                    wrong.append("fails" if right else "**plays**")
            report.row(name, f"`{codec}`", *cells, *wrong)
    report.end_table()
