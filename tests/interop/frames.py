"""Packs every AV1 source clear and encrypted; the frames that others decode must be the source's."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cases
import decode
import mp4
import openssl
from report import Report
from tools import KEY, KID, REQUIRED, Missing, run

INTRO = """
Every AV1 source of the corpus, packed clear, with cbcs and with cenc. "Source" is the number of frames that
dav1d and Debian's ffmpeg decode from the source itself. The other columns give who decodes exactly the same
frames (md5 of each frame, film grain applied) from what was packed. The independent routes are: Debian's ffmpeg
(`ffmpeg`), a newer ffmpeg as demuxer and dav1d as decoder (`ffmpeg 8`), shaka-packager as decrypter
(`shaka`), and, where none of them could, `openssl enc` driven by the file's own maps (`openssl`); `own` is `cmaf decrypt`; `reader` is the small MP4 reader of tests/interop with dav1d. A route in
brackets cannot read the source either, or refuses the file, for a reason of its own that is named below the table.
"""

# Encrypted files of which ffmpeg does not read all, and why. Another independent program must then read them.
FFMPEG_LIMITS = {
    "8-bit__resize__av1-1-b8-03-sizeup.ivf": "two encrypted sample entries: ffmpeg keeps the first and skips the samples of the second",
}

# So with shaka-packager's segments too, once their indexes are taken out.
NO_INDEX = "Debian's ffmpeg takes the maps of encrypted fragments from the wrong one where several have no index before them"


def check(cmaf: Path, report: Report, only: str | None) -> None:
    report.table(["source", "frames: dav1d, ffmpeg", "clear", "cbcs", "cenc", "cbcs segments"])
    refusals, notes = [], []
    for case in cases.all_cases(only):
        want, seen = decode.source(case.paths)
        cells = []
        for mode, layout in [("clear", "single"), ("cbcs", "single"), ("cenc", "single"), ("cbcs", "segments")]:
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder)
                packed = cases.pack(cmaf, case.paths, out / "packed", mode, "--layout", layout)
                label = f"{case.name} {mode}" + (" segments" if layout == "segments" else "")
                if cases.must_refuse(case.name, mode) or not packed.ok:
                    right, message = cases.refusal(case, mode, packed)
                    report.check(right, f"{label}: {'packed, but must be refused' if packed.ok else message}")
                    cells.append("refused" if right else "**FAILED**")
                    if layout == "single":
                        refusals.append((case.name, mode, message if not packed.ok else "was packed"))
                    continue
                routes = _routes(cmaf, packed.files, out, mode, want)
                limits = {} if mode == "clear" else _ffmpeg_limits(case.name, layout, packed.files)
                cells.append(_judge(report, label, want, seen, routes, notes, limits))
        report.row(case.name, f"{len(want)}, {len(seen)}" + ("" if want == seen else " (differ)"), *cells)
    report.end_table()
    report.heading("Refused")
    report.table(["source", "mode", "message"])
    for row in refusals:
        report.row(*row)
    report.end_table()
    if notes:
        report.heading("Routes that stop for a reason of their own")
        report.lines += [f"- {n}" for n in notes] + [""]


def _ffmpeg_limits(name: str, layout: str, files: list[Path]) -> dict[str, str]:
    """Why either ffmpeg may not read all of an encrypted file, by route."""
    if name in FFMPEG_LIMITS:
        return dict.fromkeys(["ffmpeg", "ffmpeg 8"], FFMPEG_LIMITS[name])
    fragments = sum(file.read_bytes().count(b"moof") for file in files)
    return {"ffmpeg": NO_INDEX} if layout == "segments" and fragments > 1 else {}


def _routes(cmaf: Path, files: list[Path], out: Path, mode: str, want: decode.Frames) -> list[tuple[str, decode.Frames, str]]:
    """(route, frames, last error line) of everyone who can open it."""
    joined = out / "joined.mp4"
    joined.write_bytes(b"".join(f.read_bytes() for f in files))
    key = None if mode == "clear" else KEY
    found = []

    def add(name, call):
        try:
            frames, done = call()
            found.append((name, frames, done.last_line))
        except Missing as missing:
            found.append((name, None, f"{missing} is missing"))

    add("ffmpeg", lambda: decode.ffmpeg(joined, key))
    add("ffmpeg 8", lambda: decode.ffmpeg8_dav1d(joined, key))
    if mode == "clear":
        add("reader", lambda: decode.reader_dav1d(mp4.Movie.open(joined)))
        return found
    clear = out / "own.mp4"
    done = run([cmaf, "decrypt", joined, "-o", clear, "--key", f"{KID}:{KEY}"])
    if done.code == 0 and clear.exists():
        add("own", lambda: decode.reader_dav1d(mp4.Movie.open(clear)))
    else:
        found.append(("own", [], done.last_line or f"exit {done.code}"))
    clear = out / "shaka.mp4"

    def shaka():
        done = decode.shaka_decrypt(joined, clear, KID, KEY)
        if not clear.exists():
            return [], done
        return decode.reader_dav1d(mp4.Movie.open(clear))[0], done

    add("shaka", shaka)
    if not any(frames == want for name, frames, _ in found if name != "own"):
        add("openssl", lambda: decode.reader_dav1d(openssl.decrypt(mp4.Movie.open(joined), KEY)))
    return found


def _judge(report, label, want, seen, routes, notes, limits: dict[str, str]) -> str:
    """Our own routes must give the source's frames; a foreign one too, unless it cannot do so for anybody."""
    cell = []
    for name, frames, error in routes:
        if frames == want:
            report.check(True, label)
            cell.append(name)
            continue
        foreign = name not in ("own", "reader", "openssl")
        if frames is None:
            report.check(not REQUIRED, f"{label}: {error}")
            cell.append(f"({name} missing)")
            continue
        # ffmpeg, old or new, that fails on the source; shaka that refuses the file: a limit of theirs,
        # as long as somebody independent still gets the frames.
        limited = limits.get(name)
        excused = foreign and (seen != want or (name == "shaka" and not frames) or limited is not None)
        independent = any(f == want for n, f, _ in routes if n != name and n != "own")
        if excused and independent:
            cell.append(f"({name})")
            notes.append(f"{label}, {name}: {len(frames)} of {len(want)} frames; {limited or _clean(error)}")
        else:
            cell.append(f"**{name} FAILED**")
            report.check(False, f"{label}: {name} gives {len(frames)} frames for {len(want)}; {_clean(error)}")
    return ", ".join(cell)


def _clean(error: str) -> str:
    """The message without addresses, times and paths, which change from run to run."""
    import re

    error = re.sub(r"\S*/tmp\S*/", "", error)
    error = re.sub(r"^\[[^\]]*\d{6}\.\d+[^\]]*\]\s*|^\S*\d{4}/\S+\s*", "", error)
    return re.sub(r" @ 0x[0-9a-f]+", "", error)[:160] or "no message"
