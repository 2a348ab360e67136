"""AVC, HEVC and VP9: frames and times after packing, and our encryption against shaka-packager's."""

from __future__ import annotations

import tempfile
from pathlib import Path

import mp4
from report import Report
from shaka import shaka_encrypt
from tools import IVS, KEY, KID, REPOSITORY, Missing, corpus, run, tool

INTRO = """
Packed and compared with the source: every decoded frame and its time, counted from the first, as ffmpeg sees them.
Then encrypted, and compared with what shaka-packager makes of our clear output with the same key and IV: subsample
maps and sample data of both schemes must be equal. `cmaf decrypt` gives back the clear samples of both programs.
"""

SOURCE = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-pix_fmt", "yuv420p"]
LARGE = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30000/1001:d=2", "-pix_fmt", "yuv420p"]
X264 = ["-c:v", "libx264", "-g", "25"]
X265 = ["-c:v", "libx265", "-tag:v", "hvc1"]
VP9 = ["-c:v", "libvpx-vp9", "-g", "25", "-deadline", "realtime", "-cpu-used", "6"]

# Streams made by ffmpeg: the file's name, the arguments.
MADE: dict[str, list[str]] = {
    "avc-b-frames.mp4": [*SOURCE, *X264, "-bf", "3"],
    "avc-open-gop.mp4": [*SOURCE, *X264, "-bf", "3", "-x264-params", "open-gop=1:scenecut=0"],
    "avc-slices-weighted.mp4": [*SOURCE, *X264, "-bf", "2", "-x264-params", "slices=4:weightp=2"],
    "avc-baseline.mp4": [*SOURCE, *X264, "-profile:v", "baseline"],
    "avc-interlaced.mp4": [*SOURCE, *X264, "-flags", "+ilme+ildct", "-x264-params", "tff=1:slices=2"],
    "avc-intra-refresh.mp4": [*SOURCE, *X264, "-x264-params", "intra-refresh=1"],
    "avc-422-10.mp4": [*SOURCE, "-pix_fmt", "yuv422p10", *X264],
    "avc-large.mp4": [*LARGE, *X264, "-b:v", "20M"],
    "avc-fragmented.mp4": [*SOURCE, "-vf", "setsar=16/11", *X264, "-bf", "3", "-movflags", "frag_keyframe+empty_moov"],
    "avc-negative-offsets.mp4": [*SOURCE, *X264, "-bf", "3", "-movflags", "negative_cts_offsets"],
    "hevc-closed.mp4": [*SOURCE, *X265, "-x265-params", "keyint=25:open-gop=0:bframes=3:log-level=error"],
    "hevc-open-gop-10.mp4": [
        *SOURCE, "-pix_fmt", "yuv420p10", *X265, "-x265-params", "keyint=25:open-gop=1:bframes=3:log-level=error",
    ],
    "hevc-slices-wavefront.mp4": [
        *SOURCE, *X265, "-x265-params", "keyint=25:bframes=3:slices=3:wpp=1:weightb=1:log-level=error",
    ],
    "hevc-in-band.mp4": [
        *SOURCE, "-c:v", "libx265", "-tag:v", "hev1",
        "-x265-params", "keyint=25:repeat-headers=1:hrd=1:vbv-maxrate=1000:vbv-bufsize=1000:aud=1:log-level=error",
    ],
    "hevc-radl.mp4": [*LARGE, *X265, "-x265-params", "keyint=24:open-gop=0:radl=2:bframes=4:log-level=error"],
    "vp9-hidden-frames.webm": [
        *SOURCE, "-c:v", "libvpx-vp9", "-g", "25", "-b:v", "500k", "-auto-alt-ref", "1", "-lag-in-frames", "16",
    ],
    "vp9-444-10.webm": [*SOURCE, "-pix_fmt", "yuv444p10", "-profile:v", "3", *VP9],
    "vp9-tiles.mp4": [*LARGE, *VP9, "-b:v", "4M", "-tile-columns", "2"],
    "vp9.ivf": [*SOURCE, *VP9],
}

# Files of the corpus: folder, files (an init segment goes before its segments).
GOLDEN = {
    "bear-avc": ("encryption-cbc-1", ["decrypted-bear-640x360-video-0.mp4"]),
    "bear-avc-segments": ("live-static-profile", [f"bear-640x360-video-{n}" for n in ("init.mp4", "1.m4s", "2.m4s", "3.m4s")]),
    "bear-vp9": ("opus-vp9-mp4-with-encryption", ["decrypted-bear-320x240-vp9-opus-video-0.mp4"]),
}


def check(cmaf: Path, report: Report, only: str | None) -> None:
    report.table(["source", "codec", "samples", "frames and times", *(f"{scheme} {what}" for scheme in IVS for what in ("map", "data", "decrypted", "shaka's decrypted"))])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case, paths in _sources(folder, only):
            work = folder / f"{case}.out"
            work.mkdir()
            report.row(case, *_case(cmaf, case, paths, work, report))
    report.end_table()


def _sources(folder: Path, only: str | None):
    for path in sorted((REPOSITORY / "fixtures" / "video").glob("*.*")):
        if not only or only in path.name:
            yield path.name, [path]
    for name, arguments in MADE.items():
        if only and only not in name:
            continue
        path = folder / name
        done = run([tool("ffmpeg"), "-v", "error", "-y", *arguments, path], timeout=300)
        if done.code != 0:
            raise Missing(f"an encoder of ffmpeg ({done.last_line})")
        yield name, [path]
    for name, (place, files) in GOLDEN.items():
        if not only or only in name:
            yield name, [corpus() / "media" / "golden" / place / file for file in files]


def _case(cmaf: Path, case: str, paths: list[Path], folder: Path, report: Report) -> list[str]:
    clear = _pack(cmaf, paths, folder / "clear")
    if not report.check(isinstance(clear, Path), f"{case}: {clear}"):
        return ["refused"]
    movie = mp4.Movie.open(clear)
    track = _video(movie)
    data = [movie.sample_data(sample) for sample in track.samples]
    report.check(not movie.problems, f"{case}: {'; '.join(movie.problems[:3])}")
    source = paths[0]
    if len(paths) > 1:
        source = folder / "source.mp4"
        source.write_bytes(b"".join(path.read_bytes() for path in paths))
    same = _frames(source) == _frames(clear)
    report.check(same, f"{case}: frames or their times differ from the source's")
    cells = [track.entries[0].original.decode("latin-1"), str(len(data)), "equal" if same else "**differ**"]
    for scheme in IVS:
        cells += _encrypted(cmaf, case, paths, clear, data, scheme, folder, report)
    return cells


def _encrypted(
    cmaf: Path, case: str, paths: list[Path], clear: Path, data: list[bytes], scheme: str, folder: Path, report: Report
) -> list[str]:
    packed = _pack(cmaf, paths, folder / scheme, scheme)
    if not report.check(isinstance(packed, Path), f"{case} {scheme}: {packed}"):
        return ["refused", "", "", ""]
    theirs_path = folder / f"shaka_{scheme}.mp4"
    done = shaka_encrypt(clear, theirs_path, scheme)
    made = done.code == 0 and theirs_path.exists()
    if not report.check(made, f"{case} {scheme}: shaka-packager refuses: {done.last_line}"):
        return ["shaka refuses", "", "", ""]
    ours, theirs = mp4.Movie.open(packed), mp4.Movie.open(theirs_path)
    report.check(not ours.problems, f"{case} {scheme}: {'; '.join(ours.problems[:3])}")
    pairs = list(zip(_video(ours).samples, _video(theirs).samples, strict=True))
    cells = []
    different = [n for n, (a, b) in enumerate(pairs) if a.map != b.map]
    report.check(not different, f"{case} {scheme}: maps differ from shaka's, first in sample {different[:1]}")
    cells.append("**differs**" if different else "equal")
    different = [n for n, (a, b) in enumerate(pairs) if ours.sample_data(a) != theirs.sample_data(b)]
    report.check(not different, f"{case} {scheme}: data differ from shaka's, first in sample {different[:1]}")
    cells.append("**differs**" if different else "equal")
    for path in (packed, theirs_path):
        back = folder / f"back_{scheme}_{path.stem}.mp4"
        done = run([cmaf, "decrypt", path, "-o", back, "--key", f"{KID}:{KEY}"])
        same = False
        if done.code == 0:
            movie = mp4.Movie.open(back)
            same = [movie.sample_data(sample) for sample in _video(movie).samples] == data
        report.check(same, f"{case} {scheme}: decrypting {path.name}: {done.last_line or 'other sample data'}")
        cells.append("equal" if same else "**differs**")
    return cells


def _pack(cmaf: Path, paths: list[Path], folder: Path, scheme: str | None = None) -> Path | str:
    """The file that was made, or the message of the error."""
    command = [cmaf, "pack", *paths, "-o", folder, "--name", "video"]
    if scheme:
        command += ["--encrypt", scheme, "--key", f"{KID}:{KEY}", "--iv", IVS[scheme]]
    done = run(command)
    made = folder / "video.mp4"
    return made if done.code == 0 and made.exists() else done.last_line


def _video(movie: mp4.Movie) -> mp4.Track:
    return next(track for track in movie.tracks if track.handler == b"vide")


def _frames(path: Path) -> list[tuple[float, str]]:
    """Time in seconds from the first frame on, and hash, of every decoded frame."""
    done = run([tool("ffmpeg"), "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-"])
    lines = done.out.splitlines()
    base = next((line.split()[-1].split("/") for line in lines if line.startswith("#tb 0")), ["1", "1"])
    frames = [line.split(",") for line in lines if line and not line.startswith("#")]
    if not frames:
        return []
    first = int(frames[0][2])
    tick = int(base[0]) / int(base[1])
    return [(round((int(frame[2]) - first) * tick, 3), frame[5].strip()) for frame in frames]
