"""The presentations that the players are given: the one place that knows which program makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from media import Media
from tools import IVS, KEY, KID, WRONG_KEY, run

SCHEMES = ["clear", "cbcs", "cenc"]
LAYOUTS = ["single file", "segments"]
# What segments should last, in seconds.
SEGMENT_DURATION = "1.5"
AUDIO_KID, AUDIO_KEY = KID[::-1], KEY[16:] * 2
# The ID and key of the pictures and of the sound.
KEYS = {KID: KEY, AUDIO_KID: AUDIO_KEY}
# With the sound's key right, only a decoder of pictures can object.
WRONG_KEYS = KEYS | {KID: WRONG_KEY}


@dataclass
class Presentation:
    """Two manifests of the same tracks, relative to `folder`."""

    folder: Path
    scheme: str
    layout: str
    mpd: str = "manifest.mpd"
    m3u8: str = "main.m3u8"


def package(cmaf: Path, media: Media, folder: Path, scheme: str, layout: str) -> Presentation:
    """Makes a presentation of all tracks in `folder`; video and audio encrypted by `scheme` with KEYS unless it is clear.

    Raises RuntimeError with what the packager said.
    """
    key = (lambda label: "") if scheme == "clear" else "&key={}".format
    inputs = [f"{path}?track=video{key('video')}" for path in media.video]
    inputs += [f"{path}?lang={language}&label={language}{key('audio')}" for (language, _), path in media.audio.items()]
    inputs += [f"{path}?lang={language}&label={language}" for language, path in media.text.items()]
    options = ["-o", folder, "--segment-duration", SEGMENT_DURATION, "--quiet"]
    if layout != "single file":
        options += ["--layout", "segments"]
    if scheme != "clear":
        options += ["--encrypt", scheme, "--key", f"video={KID}:{KEY}", "--key", f"audio={AUDIO_KID}:{AUDIO_KEY}", "--iv", IVS[scheme], "--drm", "common"]
    made = run([cmaf, "pack", *inputs, *options])
    if made.code:
        raise RuntimeError(made.err[-600:])
    return Presentation(folder, scheme, layout)
