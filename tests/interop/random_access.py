"""Where a player may start or switch: sidx, sync samples, sample groups, and decoding from there."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import cases
import decode
import mp4
import obu
from report import Report
from tools import REQUIRED, Missing, run, tool

INTRO = """
Sync samples as the file signals them, as the OBUs of the samples say (first frame a shown key frame, a sequence header
before it), and as ffprobe reports them for the source; `sidx` against the fragments; the sample groups against the
OBUs. A forward key frame (`av1f`) is proven by decoding its sample and then on from the distance that it gives: the frames must be
those of the whole decode. A switch frame (`av1s`) is proven by splicing two renditions there.
"""


def check(cmaf: Path, report: Report, only: str | None) -> None:
    header = ["source", "sync samples", "ffprobe, source", "sidx", "av1f", "av1s", "av1m", "av1M"]
    report.table(header)
    for case in cases.all_cases(only):
        with tempfile.TemporaryDirectory() as folder:
            report.row(case.name, *_case(cmaf, case, Path(folder), report))
    report.end_table()
    if only and only not in ("forward", "switch"):
        return
    report.heading("Encodes made for this")
    report.text(
        """Forward key frames by aomenc (`--enable-fwd-kf=1 --fwd-kf-dist=N`); switch frames by SVT-AV1
        (`sframe-dist=16 sframe-mode=1 pred-struct=1`) in two bit rates."""
    )
    with tempfile.TemporaryDirectory() as folder:
        made = _forward(cmaf, Path(folder), report, header)
        made = _switch(cmaf, Path(folder), report) and made
        if not made:
            report.text("Skipped in part: an encoder is missing.")


def _case(cmaf: Path, case: cases.Case, folder: Path, report: Report) -> list:
    packed = cases.pack(cmaf, case.paths, folder / "clear", "clear", "--fragment-duration", "0.5")
    if not packed.ok:
        right, message = cases.refusal(case, "clear", packed)
        report.check(right, f"{case.name}: {message}")
        return ["refused", "", "", "", "", "", ""]
    movie = mp4.Movie.open(*packed.files)
    track = movie.av1()
    units = decode.mp4_units(movie)
    samples = [obu.read_obus(movie.sample_data(s)) for s in track.samples]
    true = [n for n, obus in enumerate(samples) if obu.is_sync(obus)]
    signalled = [n for n, s in enumerate(track.samples) if s.sync]
    report.check(signalled == true, f"{case.name}: sync samples {signalled}, the OBUs say {true}")
    report.check(all(track.samples[n].depends_on in (0, 2) for n in signalled), f"{case.name}: a sync sample depends on others")
    cell = str(len(signalled)) if signalled == true else "**differ**"
    source_keys = _keys(case.paths)
    theirs = "not opened" if source_keys is None else "same" if source_keys == true else f"{len(source_keys)} keys"
    if packed.files and source_keys is not None:
        report.check(_keys(packed.files) == signalled, f"{case.name}: ffprobe sees other sync samples in the packed file")
    return [
        cell, theirs, _sidx(movie, track, case.name, report), _av1f(movie, track, samples, units, case.name, report),
        _av1s(track, samples, case.name, report), _av1m(track, samples, case.name, report),
        _metadata(track, samples, case.name, report),
    ]


def _keys(paths: list[Path]) -> list[int] | None:
    with tempfile.NamedTemporaryFile(suffix=paths[0].suffix) as joined:
        joined.write(b"".join(p.read_bytes() for p in paths))
        joined.flush()
        done = run([
            tool("ffprobe"), "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=flags", "-of", "json", joined.name,
        ])
    try:
        packets = json.loads(done.out)["packets"]
    except (ValueError, KeyError):
        return None
    return [n for n, p in enumerate(packets) if "K" in p["flags"]]


def _sidx(movie: mp4.Movie, track: mp4.Track, name: str, report: Report) -> str:
    references = movie.sidx
    if not report.check(bool(references), f"{name}: no sidx"):
        return "**none**"
    report.check(movie.sidx_timescale == track.timescale, f"{name}: sidx timescale is not the track's")
    report.check(references[-1].start + references[-1].size == len(movie.data), f"{name}: sidx does not end with the file")
    starts = {b.start for b in movie.top if b.kind in (b"moof", b"styp", b"prft", b"emsg")}
    moofs = [b.start for b in movie.top if b.kind == b"moof"]
    for n, reference in enumerate(references):
        end = reference.start + reference.size
        inside = {i for i, start in enumerate(moofs) if reference.start <= start < end}
        samples = [s for s in track.samples if s.fragment in inside]
        label = f"{name}: sidx reference {n}"
        if not report.check(reference.start in starts and bool(samples), f"{label} is not a fragment"):
            continue
        first = samples[0]
        report.check(reference.time == first.time, f"{label}: time {reference.time}, the first sample's {first.time}")
        total = sum(s.duration for s in samples)
        report.check(reference.duration == total, f"{label}: duration {reference.duration}, the samples' {total}")
        if first.sync:
            right = reference.starts_with_sap and reference.sap_type in (1, 2) and reference.sap_delta == 0
            report.check(right, f"{label}: SAP {reference.starts_with_sap} {reference.sap_type} {reference.sap_delta} at a sync sample")
        else:
            right = not (reference.starts_with_sap and reference.sap_type in (1, 2))
            report.check(right, f"{label}: claims SAP {reference.sap_type}, its first sample is not sync")
            report.check(n == 0, f"{label}: begins without a sync sample")
    return f"{len(references)} references"


def _grouped(track: mp4.Track, kind: bytes) -> list[int]:
    return [n for n, s in enumerate(track.samples) if any(k == kind for k, _ in s.groups)]


def _heads(obus: list[obu.Obu]) -> list[obu.FrameHead]:
    return obu.frame_heads(obus)


def _av1f(movie, track, samples, units, name: str, report: Report) -> str:
    hidden = [n for n, obus in enumerate(samples) if any(h.frame_type == obu.KEY and not h.show_frame for h in _heads(obus))]
    grouped = _grouped(track, b"av1f")
    if not hidden and not grouped:
        return "-"
    # One hidden key frame may have no group: never shown again, or too far away.
    report.check(set(grouped) <= set(hidden), f"{name}: av1f on {grouped}, hidden key frames are in {hidden}")
    report.check(bool(grouped) or not hidden, f"{name}: hidden key frames in {hidden} have no av1f")
    full, _ = decode.units(units)
    shown = [sum(h.show_frame or h.show_existing_frame for h in _heads(obus)) for obus in samples]
    proven = 0
    for n in grouped:
        value = next(v for (k, _), v in track.samples[n].groups.items() if k == b"av1f")
        if not report.check(isinstance(value, bytes) and len(value) == 1, f"{name}: av1f of sample {n} has no distance"):
            continue
        target = n + 1 + value[0]
        if not report.check(target < len(samples), f"{name}: av1f of sample {n} points past the end"):
            continue
        heads = _heads(samples[target])
        report.check(bool(heads) and heads[0].show_existing_frame, f"{name}: sample {target} shows no forward key frame")
        config = obu.read_obus(track.entries[track.samples[n].entry - 1].config_obus)
        part = [obu.Unit(config + samples[n])] + [obu.Unit(o) for o in samples[target:]]
        got, _ = decode.units(part)
        want = full[sum(shown[:target]) :]
        right = bool(want) and got[-len(want) :] == want
        report.check(right, f"{name}: from av1f sample {n} on to {target}: {len(got)} frames, the last {len(want)} must be those of the whole")
        proven += right
        report.check(not track.samples[n].sync, f"{name}: hidden key frame in sample {n} is signalled as sync")
    return f"{proven} of {len(hidden)} proven"


def _av1s(track, samples, name: str, report: Report) -> str:
    switch = [n for n, obus in enumerate(samples) if (_heads(obus) or [obu.FrameHead(0, True, False)])[0].frame_type == obu.SWITCH]
    grouped = _grouped(track, b"av1s")
    report.check(grouped == switch, f"{name}: av1s on {grouped}, switch frames come first in {switch}")
    report.check(all(not track.samples[n].sync for n in switch), f"{name}: a switch frame is signalled as sync")
    report.check(all(track.samples[n].depends_on != 2 for n in switch), f"{name}: a switch frame is signalled as independent")
    return str(len(switch)) if switch else "-"


def _av1m(track, samples, name: str, report: Report) -> str:
    many = [n for n, obus in enumerate(samples) if len(_heads(obus)) > 1]
    grouped = _grouped(track, b"av1m")
    report.check(grouped == many, f"{name}: av1m on {grouped}, more than one frame in {many}")
    return str(len(many)) if many else "-"


def _metadata(track, samples, name: str, report: Report) -> str:
    want: dict[int, list[int]] = {}
    for n, obus in enumerate(samples):
        for parameter in sorted({g for o in obus if o.kind == obu.METADATA and (g := obu.metadata_group(o)) is not None}):
            want.setdefault(parameter, []).append(n)
    have: dict[int, list[int]] = {}
    for n, sample in enumerate(track.samples):
        for kind, parameter in sample.groups:
            if kind == b"av1M":
                have.setdefault(parameter, []).append(n)
    report.check(have == want, f"{name}: av1M {_hex(have)}, metadata OBUs {_hex(want)}")
    return ", ".join(f"{p:#010x}: {len(n)}" for p, n in sorted(want.items())) or "-"


def _hex(groups: dict[int, list[int]]) -> str:
    return str({f"{p:#010x}": n[:8] for p, n in groups.items()})


# -- encodes made here ---------------------------------------------------------------------------------


def _source(folder: Path) -> Path:
    path = folder / "source.y4m"
    if not path.exists():
        source = "testsrc2=s=320x180:r=30:d=3,format=yuv420p"
        run([tool("ffmpeg"), "-nostdin", "-v", "error", "-f", "lavfi", "-i", source, path])
    return path


def _forward(cmaf: Path, folder: Path, report: Report, header: list[str]) -> bool:
    try:
        aomenc = tool("aomenc")
    except Missing as missing:
        report.check(not REQUIRED, f"{missing} is missing")
        return False
    report.table(header)
    for distance, interval in [(10, 30), (8, 60), (16, 90)]:
        path = folder / f"forward_{distance}.ivf"
        run([
            aomenc, "-q", "--cpu-used=8", "--enable-fwd-kf=1", f"--fwd-kf-dist={distance}", f"--kf-max-dist={interval}",
            f"--kf-min-dist={interval}", "--lag-in-frames=35", "--target-bitrate=100", "--ivf", "-o", path, _source(folder),
        ])
        hidden = sum(any(h.frame_type == obu.KEY and not h.show_frame for h in _heads(u.obus)) for u in obu.ivf(path.read_bytes()))
        report.check(hidden > 0, f"{path.name}: the encoder wrote no forward key frame")
        row = _case(cmaf, cases.Case(path.name, [path]), folder / path.stem, report)
        report.row(f"fwd-kf-dist {distance}, kf-max-dist {interval}", *row)
    report.end_table()
    return True


def _switch(cmaf: Path, folder: Path, report: Report) -> bool:
    try:
        encoder = tool("SvtAv1EncApp")
    except Missing as missing:
        report.check(not REQUIRED, f"{missing} is missing")
        return False
    sides = []
    for rate in (120, 300):
        path = folder / f"switch_{rate}.ivf"
        run([
            encoder, "-i", _source(folder), "-b", path, "--rc", "1", "--tbr", rate, "--preset", "10", "--pred-struct", "1",
            "--sframe-dist", "16", "--sframe-mode", "1", "--keyint", "120",
        ])
        packed = cases.pack(cmaf, [path], folder / path.stem)
        if not report.check(packed.ok, f"{path.name}: {packed.run.last_line}"):
            return True
        movie = mp4.Movie.open(*packed.files)
        samples = [obu.read_obus(movie.sample_data(s)) for s in movie.av1().samples]
        _av1s(movie.av1(), samples, path.name, report)
        sides.append((samples, _grouped(movie.av1(), b"av1s")))
    report.table(["splice", "at sample", "frames"])
    (low, points), (high, others) = sides
    report.check(bool(points) and points == others, f"switch points {points} and {others}")
    for name, first, second in [("low to high", low, high), ("high to low", high, low)]:
        for n in points:
            got, done = decode.units([obu.Unit(o) for o in first[:n] + second[n:]])
            right = done.code == 0 and "rror" not in done.err and len(got) == len(first)
            report.check(right, f"splice {name} at {n}: {len(got)} of {len(first)} frames; {done.last_line}")
            report.row(name, n, len(got))
    report.end_table()
    return True

