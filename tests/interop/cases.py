"""The AV1 sources of the corpus, what may be refused and why, and how `cmaf` is called on them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tools import IVS, KEY, KID, Run, corpus, run

FOLDERS = ["av1-raw", "av1-made", "av1-mp4", "av1-fragmented", "av1-webm"]
SEGMENTS = {"mp4ff__av1_multitile_init.mp4": ["mp4ff__av1_multitile_seg.m4s"]}
MODES = ["clear", "cbcs", "cenc"]

# Refusals that are right: (name, mode) -> (why, a word that the error must hold).
REFUSALS = {
    ("largescale.ivf", "clear"): ("large-scale tile stream", "large"),
    ("largescale.ivf", "cbcs"): ("large-scale tile stream", "large"),
    ("largescale.ivf", "cenc"): ("large-scale tile stream", "large"),
    ("tiles64.ivf", "cbcs"): ("a sample needs more subsamples than saiz can hold", "subsample"),
    ("tiles64.ivf", "cenc"): ("a sample needs more subsamples than saiz can hold", "subsample"),
    ("tilegroups.ivf", "cbcs"): ("a sample needs more subsamples than saiz can hold", "subsample"),
    ("tilegroups.ivf", "cenc"): ("a sample needs more subsamples than saiz can hold", "subsample"),
    ("tinytiles.ivf", "cbcs"): ("a sample needs more subsamples than saiz can hold", "subsample"),
    ("mp4ff__av1_init.mp4", "clear"): ("an initialisation segment without media", "sample"),
    ("mp4ff__av1_init.mp4", "cbcs"): ("an initialisation segment without media", "sample"),
    ("mp4ff__av1_init.mp4", "cenc"): ("an initialisation segment without media", "sample"),
}


@dataclass
class Case:
    """One source: `name` is the first file's name."""

    name: str
    paths: list[Path] = field(default_factory=list)


def all_cases(only: str | None = None) -> list[Case]:
    """Every AV1 source, in order of folder and name; those whose name holds `only`."""
    partners = {s for names in SEGMENTS.values() for s in names}
    out = []
    for folder in FOLDERS:
        for path in sorted((corpus() / "media" / folder).iterdir()):
            if path.name not in partners and (not only or only in path.name):
                out.append(Case(path.name, [path] + [path.with_name(s) for s in SEGMENTS.get(path.name, [])]))
    return out


@dataclass
class Packed:
    """A finished `cmaf pack`: the files of the AV1 track (one, or an init and segments), or none."""

    run: Run
    files: list[Path]
    report: dict | None
    frame_rate: bool = False

    @property
    def ok(self) -> bool:
        return self.run.code == 0 and bool(self.files)


def encryption(mode: str) -> list[str]:
    if mode == "clear":
        return []
    return ["--encrypt", mode, "--key", f"{KID}:{KEY}", "--iv", IVS[mode]]


def pack(cmaf: Path, paths: list[Path], out: Path, mode: str = "clear", *extra: str, timeout: float = 120) -> Packed:
    """Packs; where the error asks for `--frame-rate`, packs again at 25."""
    command = [cmaf, "pack", *paths, "-o", out, "--quiet", "--json", "--force", *encryption(mode), *extra]
    done = run(command, timeout=timeout)
    asked = False
    if done.code not in (0, None) and "--frame-rate" in done.err and "--frame-rate" not in extra:
        asked, done = True, run(command + ["--frame-rate", "25"], timeout=timeout)
    report, files = None, []
    try:
        report = json.loads(done.out)
        for track in report["tracks"]:
            if str(track["codec"]).startswith("av01"):
                files = [_file(str(f), out) for f in track["files"]]
                break
    except (ValueError, KeyError, TypeError):
        if done.code == 0:
            done.err += "\nthe report is not the documented JSON object, or has no AV1 track"
    return Packed(done, [f for f in files if f.is_file()], report, asked)


def _file(name: str, out: Path) -> Path:
    path = Path(name)
    return path if path.is_absolute() or path.is_file() else out / name


def refusal(case: Case, mode: str, packed: Packed) -> tuple[bool, str]:
    """Whether a refusal is a right one, and the words for the table."""
    why, word = REFUSALS.get((case.name, mode), ("", ""))
    message = packed.run.last_line or f"exit {packed.run.code}, no message"
    for path in case.paths:
        message = message.replace(str(path), path.name)
    right = bool(why) and packed.run.code == 3 and word in message.lower()
    return right, message


@cache
def must_refuse(name: str, mode: str) -> bool:
    return (name, mode) in REFUSALS
