"""What comes out is what went in: OBU by OBU, sample by sample, box by box, tick by tick."""

from __future__ import annotations

import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import cases
import decode
import mp4
import obu
from report import Report
from tools import KEY, KID, run

INTRO = """
`extract` of what `pack` wrote must give the source's OBUs by type, extension and payload, without temporal delimiters,
padding and redundant frame headers, and with sequence headers put in where a key frame had none. `decrypt` of an encrypted
pack must give the clear pack. The last column compares the samples' start times with the source's: the largest
difference in seconds after both begin at their first sample, where the source has times.
"""
# Boxes whose content may differ between decrypt(pack(x, encrypted)) and pack(x).
MAY_DIFFER = {"sidx", "btrt", "ftyp"}


def check(cmaf: Path, report: Report, only: str | None) -> None:
    report.table([
        "source", "units", "OBUs kept", "dropped", "inserted", "Section 5", "Annex B", "IVF", "from cbcs",
        "boxes after decrypt: cbcs, cenc", "times",
    ])
    for case in cases.all_cases(only):
        units = decode.source_units(case.paths)
        with tempfile.TemporaryDirectory() as folder:
            report.row(case.name, len(units), *_case(cmaf, case, units, Path(folder), report))
    report.end_table()


def _case(cmaf: Path, case: cases.Case, units: list[obu.Unit], folder: Path, report: Report) -> list:
    source = [o for u in units for o in obu.kept(u.obus)]
    dropped = Counter(o.kind for u in units for o in u.obus if o.kind in obu.DROPPED and o.kind != obu.DELIMITER)
    words = ", ".join(f"{n} {obu.NAMES[k]}" for k, n in sorted(dropped.items())) or "-"
    clear = cases.pack(cmaf, case.paths, folder / "clear")
    if not clear.ok:
        right, message = cases.refusal(case, "clear", clear)
        report.check(right, f"{case.name}: {message}")
        return [len(source), words, "", "refused", "", "", "", "", ""]
    movie = mp4.Movie.open(*clear.files)
    report.check(not movie.problems, f"{case.name}: {'; '.join(movie.problems[:3])}")
    forbidden = [o for s in movie.av1().samples for o in obu.read_obus(movie.sample_data(s)) if o.kind in obu.DROPPED]
    report.check(not forbidden, f"{case.name}: samples still hold {forbidden[:1]}")
    _minimal(movie, case.name, report)
    cells: list = [len(source), words]
    forms = [("section5", "out.obu", []), ("annexb", "out.obu", ["--annexb"]), ("ivf", "out.ivf", [])]
    inserted = None
    results = []
    for form, name, options in forms:
        word, added = _extract(cmaf, clear.files[0], folder / name, form, options, source, case.name, report)
        inserted = added if inserted is None else inserted
        results.append(word)
    cells += [inserted, *results]
    word = "refused"
    boxes = []
    for scheme in ("cbcs", "cenc"):
        packed = cases.pack(cmaf, case.paths, folder / scheme, scheme)
        if not packed.ok:
            right, message = cases.refusal(case, scheme, packed)
            report.check(right, f"{case.name} {scheme}: {message}")
            boxes.append("refused")
            continue
        locked = mp4.Movie.open(*packed.files)
        report.check(not locked.problems, f"{case.name} {scheme}: {'; '.join(locked.problems[:3])}")
        if scheme == "cbcs":
            key = ["--key", f"{KID}:{KEY}"]
            word, _ = _extract(cmaf, packed.files[0], folder / "key.obu", "section5", key, source, f"{case.name} cbcs", report)
        boxes.append(_decrypted(cmaf, packed.files[0], folder / f"{scheme}.mp4", movie, f"{case.name} {scheme}", report))
    return cells + [word, ", ".join(boxes), _times(case, units, movie, clear, report)]


def _extract(cmaf, file, out, form, options, source, label, report) -> tuple[str, int]:
    if out.exists():
        out.unlink()
    done = run([cmaf, "extract", file, "-o", out, *options])
    if done.code != 0 or not out.exists():
        report.check(False, f"{label}: extract as {form}: exit {done.code}; {done.last_line}")
        return "**FAILED**", 0
    data = out.read_bytes()
    try:
        units = {"section5": obu.section5, "annexb": obu.annexb, "ivf": obu.ivf}[form](data)
    except obu.Broken as broken:
        report.check(False, f"{label}: extracted {form} is broken: {broken}")
        return "**FAILED**", 0
    ours = [o for u in units for o in obu.kept(u.obus)]
    difference, inserted = obu.compare(source, ours)
    report.check(difference is None, f"{label}: extracted {form}: {difference}")
    delimited = all(u.obus and u.obus[0].kind == obu.DELIMITER for u in units)
    report.check(delimited, f"{label}: extracted {form}: a temporal unit without its delimiter in front")
    return ("equal" if difference is None else "**differs**"), inserted


def _minimal(movie: mp4.Movie, label: str, report: Report) -> None:
    """Every OBU of a sample has a size field of the fewest bytes."""
    for n, sample in enumerate(movie.av1().samples):
        data = movie.sample_data(sample)
        if b"".join(_rewritten(data)) != data:
            report.check(False, f"{label}: sample {n} has an OBU without a minimal size field")
            return
    report.check(True, label)


def _rewritten(data: bytes):
    at = 0
    while at < len(data):
        first = data[at]
        parsed, after = obu.read_obu(data, at, len(data))
        written = bytearray(parsed.write())
        written[0] |= first & 1  # the reserved bit stays as it was
        yield bytes(written)
        at = after


def _decrypted(cmaf, file, out, clear: mp4.Movie, label, report) -> str:
    done = run([cmaf, "decrypt", file, "-o", out, "--key", f"{KID}:{KEY}"])
    if done.code != 0 or not out.exists():
        report.check(False, f"{label}: decrypt: exit {done.code}; {done.last_line}")
        return "**FAILED**"
    movie = mp4.Movie.open(out)
    report.check(not movie.problems, f"{label}: decrypted: {'; '.join(movie.problems[:3])}")
    a, b = movie.av1(), clear.av1()
    report.check(a is not None and a.entries[0].format == b"av01", f"{label}: decrypted entry is not av01")
    same = [movie.sample_data(s) for s in a.samples] == [clear.sample_data(s) for s in b.samples]
    report.check(same, f"{label}: decrypted sample data differs from the clear pack")
    tree, other = movie.tree(), clear.tree()
    if tree == other:
        report.check(True, label)
        return "all equal"
    names, other_names = [n for n, _ in tree], [n for n, _ in other]
    if names != other_names:
        extra = Counter(names) - Counter(other_names)
        missing = Counter(other_names) - Counter(names)
        report.check(False, f"{label}: boxes after decrypt: extra {dict(extra)}, missing {dict(missing)}")
        return "**other boxes**"
    differ = sorted({n.rsplit("/", 1)[1] for (n, x), (_, y) in zip(tree, other) if x != y})
    report.check(set(differ) <= MAY_DIFFER, f"{label}: boxes differ after decrypt: {', '.join(differ)}")
    return f"differ: {', '.join(differ)}"


def _times(case, units: list[obu.Unit], movie: mp4.Movie, packed: cases.Packed, report: Report) -> str:
    track = movie.av1()
    starts = [Fraction(s.time, track.timescale) for s in track.samples]
    running = all(s.time + s.duration == t.time for s, t in zip(track.samples, track.samples[1:]))
    report.check(running, f"{case.name}: decode times are not the sum of the durations before them")
    report.check(all(s.duration > 0 for s in track.samples), f"{case.name}: a sample lasts 0 ticks")
    report.check(all(s.composition == 0 for s in track.samples), f"{case.name}: composition offsets on AV1")
    if any(u.time is None for u in units) or len(units) != len(starts):
        return "no times in the source" if any(u.time is None for u in units) else "samples joined"
    want = [u.time - units[0].time for u in units]
    have = [s - starts[0] for s in starts]
    worst = max((abs(a - b) for a, b in zip(want, have)), default=Fraction(0))
    if case.paths[0].suffix in (".mp4", ".avif"):
        report.check(worst == 0, f"{case.name}: start times differ from the source by up to {float(worst):.6f} s")
    return "equal" if worst == 0 else f"up to {float(worst):.6f}"
