"""Our encryption against shaka-packager's, and both schemes' subsample maps against GPAC's."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import cases
import decode
import mp4
from report import Report
from tools import IVS, KEY, KID, Run, corpus, packager, run

INTRO = """
Our clear output, encrypted by shaka-packager with the key and IV that we used: sample data and subsample maps
are compared with our own encrypted output. For cbcs both must be equal. For cenc shaka-packager starts a protected
range at the tile's first byte, while AV1-ISOBMFF wants it to end on the tile's last byte, so only the other
direction is checked: what shaka encrypts, `cmaf decrypt` gives back as it was.
"""

# Maps that differ from ours although ours are right: (file, scheme) -> why.
EXPLAINED: dict[tuple[str, str], str] = {
    ("12-bit__argon__test15240.obu", "cbcs"): "GPAC drops the timecode metadata between the frames of sample 4 and keeps size fields of 8 bytes; the tiles are the same",
}


def shaka_encrypt(path: Path, out: Path, scheme: str) -> Run:
    command = [
        packager(), f"in={path},stream=video,output={out}", "--enable_raw_key_encryption",
        "--keys", f"label=:key_id={KID}:key={KEY}", "--clear_lead", "0",
        "--protection_scheme", scheme, "--iv", IVS[scheme], "--temp_dir", out.parent,
    ]
    return run(command, timeout=120)


def check(cmaf: Path, report: Report, only: str | None) -> None:
    report.table(["source", "samples", "cbcs map", "cbcs sample data", "decrypts shaka's cbcs", "decrypts shaka's cenc"])
    for case in cases.all_cases(only):
        with tempfile.TemporaryDirectory() as folder:
            report.row(case.name, *_case(cmaf, case, Path(folder), report))
    report.end_table()
    report.heading("Maps of GPAC")
    report.text(
        """The subsample map of every sample as GPAC writes it for the same source, entry by entry. "Same ranges" are
        maps that protect the same bytes with another division into entries; "shifted" are maps that differ only in
        the clear bytes in front, because a sequence header was put there or something was dropped."""
    )
    report.table(["source", "cbcs", "cenc"])
    for case in cases.all_cases(only):
        path = corpus() / "media" / "av1-maps" / f"{case.name}.json"
        if path.is_file():
            maps = json.loads(path.read_text())
            with tempfile.TemporaryDirectory() as folder:
                report.row(case.name, *(_map(cmaf, case, maps[s], s, Path(folder), report) for s in ("cbcs", "cenc")))
    report.end_table()


def _case(cmaf: Path, case: cases.Case, folder: Path, report: Report) -> list[str]:
    clear = cases.pack(cmaf, case.paths, folder / "clear")
    if not clear.ok:
        right, message = cases.refusal(case, "clear", clear)
        report.check(right, f"{case.name}: {message}")
        return ["-", "refused", "", "", ""]
    plain = mp4.Movie.open(*clear.files)
    track = plain.av1()
    data = [plain.sample_data(s) for s in track.samples]
    cells: list[str] = [str(len(data))]
    theirs_path = folder / "shaka.mp4"
    done = shaka_encrypt(clear.files[0], theirs_path, "cbcs")
    theirs = mp4.Movie.open(theirs_path) if done.code == 0 and theirs_path.exists() else None
    packed = cases.pack(cmaf, case.paths, folder / "cbcs", "cbcs")
    if theirs is None:
        cells += ["shaka refuses", "shaka refuses"]
    elif not packed.ok:
        right, message = cases.refusal(case, "cbcs", packed)
        report.check(right, f"{case.name} cbcs: {message}")
        cells += ["refused", "refused"]
    else:
        ours = mp4.Movie.open(*packed.files)
        report.check(not ours.problems, f"{case.name} cbcs: {'; '.join(ours.problems[:3])}")
        a, b = ours.av1(), theirs.av1()
        first = _first(list(zip((s.map for s in a.samples), (s.map for s in b.samples))))
        same = len(a.samples) == len(b.samples) and first is None
        report.check(same, f"{case.name} cbcs map: {len(a.samples)} and {len(b.samples)} samples, first difference {first}")
        cells.append("equal" if same else "**differs**")
        pairs = [(ours.sample_data(x), theirs.sample_data(y)) for x, y in zip(a.samples, b.samples)]
        first = next((i for i, (x, y) in enumerate(pairs) if x != y), None)
        same = len(a.samples) == len(b.samples) and first is None
        report.check(same, f"{case.name} cbcs: sample data differs from shaka's, first in sample {first}")
        cells.append("equal" if same else "**differs**")
    for scheme in ("cbcs", "cenc"):
        path = folder / f"shaka_{scheme}.mp4"
        if shaka_encrypt(clear.files[0], path, scheme).code != 0 or not path.exists():
            cells.append("shaka refuses")
            continue
        back = folder / f"back_{scheme}.mp4"
        done = run([cmaf, "decrypt", path, "-o", back, "--key", f"{KID}:{KEY}"])
        same = False
        if done.code == 0 and back.exists():
            movie = mp4.Movie.open(back)
            same = [movie.sample_data(s) for s in movie.av1().samples] == data
        report.check(same, f"{case.name}: decrypting shaka's {scheme}: {done.last_line or 'other sample data'}")
        cells.append("equal" if same else "**differs**")
    return cells


def _first(pairs: list) -> tuple | None:
    return next(((i, a, b) for i, (a, b) in enumerate(pairs) if a != b), None)


def _map(cmaf: Path, case: cases.Case, theirs: dict, scheme: str, folder: Path, report: Report) -> str:
    if theirs.get("inconsistent"):
        return "skipped: marked inconsistent"
    packed = cases.pack(cmaf, case.paths, folder / scheme, scheme)
    if not packed.ok:
        right, message = cases.refusal(case, scheme, packed)
        report.check(right, f"{case.name} {scheme}: {message}")
        return "refused"
    samples = mp4.Movie.open(*packed.files).av1().samples
    want = theirs["samples"]
    label = f"{case.name} {scheme} against GPAC"
    if len(samples) != len(want):
        why = EXPLAINED.get((case.name, scheme))
        report.check(bool(why), f"{label}: {len(samples)} samples, GPAC has {len(want)}")
        return why or f"**{len(samples)} samples, GPAC {len(want)}**"
    kinds: dict[str, int] = {}
    difference = None
    for n, (sample, other) in enumerate(zip(samples, want)):
        kind = _kind(sample.map or [], [tuple(x) for x in other["subsamples"]], sample.size, other["size"])
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind == "differs" and difference is None:
            difference = f"sample {n}: {sample.size} bytes {sample.map}, GPAC {other['size']} bytes {other['subsamples']}"
    if difference:
        why = EXPLAINED.get((case.name, scheme))
        report.check(bool(why), f"{label}: {difference[:400]}")
        return why or "**differs**"
    report.check(True, label)
    if set(kinds) == {"equal"}:
        return f"equal ({len(samples)})"
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _kind(ours: list, theirs: list, size: int, other_size: int) -> str:
    if ours == theirs and size == other_size:
        return "equal"
    a, b = _ranges(ours, size), _ranges(theirs, other_size)
    if a == b:
        # Ranges are counted from the end of the sample, so that bytes in front do not matter.
        return "same ranges" if size == other_size else "shifted"
    return "differs"


def _ranges(entries: list, size: int) -> list[tuple[int, int]]:
    """Protected ranges as (bytes from the range's start to the sample's end, length), neighbours kept apart."""
    out, at = [], 0
    for clear, protected in entries:
        at += clear
        if protected:
            out.append((size - at, protected))
        at += protected
    return out
