"""The presentations that the players are given: the one place that knows which program makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from media import Media
from tools import IVS, KEY, KID, run

SCHEMES = ["clear", "cbcs", "cenc"]
LAYOUTS = ["single file", "segments"]


@dataclass
class Presentation:
    """Two manifests of the same tracks, relative to `folder`."""

    folder: Path
    scheme: str
    layout: str
    mpd: str = "manifest.mpd"
    m3u8: str = "main.m3u8"


def package(cmaf: Path, media: Media, folder: Path, scheme: str, layout: str) -> Presentation:
    """Makes a presentation of all tracks in `folder`; video and audio encrypted by `scheme` with KEY unless it is clear.

    Raises RuntimeError with what the packager said.
    """
    inputs = [str(path) for path in media.video]
    inputs += [f"{path}?lang={language}&label={language}" for (language, _), path in media.audio.items()]
    inputs += [f"{path}?lang={language}&label={language}" for language, path in media.text.items()]
    options = ["-o", folder, "--segment-duration", "1.5", "--quiet"]
    if layout != "single file":
        options += ["--layout", "segments"]
    if scheme != "clear":
        options += ["--encrypt", scheme, "--key", f"{KID}:{KEY}", "--iv", IVS[scheme], "--drm", "common"]
    made = run([cmaf, "pack", *inputs, *options])
    if made.code:
        raise RuntimeError(made.err[-600:])
    return Presentation(folder, scheme, layout)
