"""Presentations read through their manifests, by programs that share no code with the crate."""

from __future__ import annotations

import tempfile
from pathlib import Path

from report import Report
from tools import IVS, KEY, KID, REPOSITORY, ffmpeg8, run, tool

INTRO = """
The bundled ladder with two audio tracks and subtitles, packed in both layouts. HLS is read from `main.m3u8` by the ffmpeg that comes with
shaka-packager's binaries, DASH from `manifest.mpd` by the system's ffmpeg, each track copied whole: the packets' hashes equal those of
the source read by the same ffmpeg, for AV1 the frames decoded of them too. Encrypted tracks are decrypted by `cmaf decrypt` first and
are then the clear tracks, byte for byte in their samples; what players make of the encrypted ones is in `browser.md`.
"""

LADDER = REPOSITORY / "fixtures" / "presentation"
VIDEO = ["ladder_180.ivf", "ladder_90.ivf"]
AUDIO = ["sound_en.webm", "sound_fr.mp4"]


def check(cmaf: Path, report: Report, only: str | None) -> None:
    report.table(["layout", "manifest", "track", "packets", "equal"])
    with tempfile.TemporaryDirectory() as folder:
        for layout in ("single", "segments"):
            out = Path(folder) / layout
            packed = _pack(cmaf, out, layout, [])
            if not report.check(packed.code == 0, f"{layout}: {packed.last_line}"):
                continue
            for manifest, program in (("main.m3u8", ffmpeg8()), ("manifest.mpd", tool("ffmpeg"))):
                _manifest(out / manifest, program, layout, report)
        report.end_table()
        report.heading("Decrypted")
        report.table(["scheme", "track", "samples equal the clear track's"])
        for scheme in ("cbcs", "cenc"):
            _decrypted(cmaf, Path(folder), scheme, report)
        report.end_table()


def _pack(cmaf: Path, out: Path, layout: str, more: list):
    inputs = [LADDER / name for name in VIDEO] + [f"{LADDER / name}?lang={name[6:8]}" for name in AUDIO]
    script = f"{REPOSITORY / 'fixtures' / 'ttal' / 'harbour.ttal'}?lang=en"
    return run([cmaf, "pack", *inputs, script, "-o", out, "-q", "--segment-duration", "4", "--layout", layout, *more])


def _packets(program: str, source: Path, select: str) -> list[str]:
    """Hashes of the packets of a stream, in order."""
    done = run([program, "-v", "error", "-i", source, "-map", select, "-c", "copy", "-f", "framemd5", "-"])
    if done.code != 0:
        return [f"{done.last_line}"]
    return [line.split(",")[5].strip() for line in done.out.splitlines() if line and not line.startswith("#")]


def _streams(manifest: Path, program: str) -> list[list[str]]:
    """The packets of each stream that the manifest leads to, but subtitles."""
    found = []
    for kind in ("v", "a"):
        for number in range(8):
            packets = _packets(program, manifest, f"0:{kind}:{number}")
            if len(packets) <= 1:
                break
            found.append(packets)
    return found


def _manifest(manifest: Path, program: str, layout: str, report: Report) -> None:
    streams = _streams(manifest, program)
    for name in VIDEO + AUDIO:
        # Packed tracks have temporal units without delimiters, so the file beside the manifest is the measure for video.
        wanted = _video(manifest.parent, layout, name, program) if name in VIDEO else _packets(program, LADDER / name, "0:a:0")
        equal = any(found == wanted for found in streams)
        report.check(equal and len(wanted) > 1, f"{layout} {manifest.name} {name}: not found whole among {[len(s) for s in streams]}")
        report.row(layout, manifest.name, name, str(len(wanted)), "yes" if equal else "no")


def _video(folder: Path, layout: str, name: str, program: str) -> list[str]:
    stem = Path(name).stem
    if layout == "single":
        return _packets(program, folder / f"{stem}.mp4", "0:v:0")
    segments = sorted((folder / stem).glob("*.m4s"), key=lambda p: int(p.stem))
    joined = folder / f"{stem}.joined.mp4"
    joined.write_bytes(b"".join(p.read_bytes() for p in [folder / stem / "init.mp4", *segments]))
    return _packets(program, joined, "0:v:0")


def _decrypted(cmaf: Path, folder: Path, scheme: str, report: Report) -> None:
    out = folder / scheme
    keys = ["--encrypt", scheme, "--key", f"{KID}:{KEY}", "--iv", IVS[scheme]]
    packed = _pack(cmaf, out, "single", keys)
    if not report.check(packed.code == 0, f"{scheme}: {packed.last_line}"):
        return
    for name in VIDEO + AUDIO:
        stem = Path(name).stem
        kind = "v" if name in VIDEO else "a"
        clear = folder / f"{scheme}-{stem}.mp4"
        done = run([cmaf, "decrypt", out / f"{stem}.mp4", "-o", clear, "--key", f"{KID}:{KEY}", "-q"])
        ours = _packets(tool("ffmpeg"), clear, f"0:{kind}:0")
        wanted = _packets(tool("ffmpeg"), folder / "single" / f"{stem}.mp4", f"0:{kind}:0")
        equal = done.code == 0 and ours == wanted and len(ours) > 1
        report.check(equal, f"{scheme} {name}: {done.last_line or 'packets differ'}")
        report.row(scheme, name, "yes" if equal else "no")
