"""Manifests of one film by `cmaf pack` and by shaka-packager, element by element."""

from __future__ import annotations

import re
import tempfile
import xml.etree.ElementTree as XML
from collections import Counter
from pathlib import Path

import media as film
from package import AUDIO_KEY, AUDIO_KID, LAYOUTS, SCHEMES, SEGMENT_DURATION, package
from report import Report
from tools import IVS, KEY, KID, packager, run

INTRO = """
The film of the check of players, packaged clear and encrypted and in both layouts by `cmaf pack` and by shaka-packager 3.8.0, with
the same target duration, languages, labels and keys. Elements of the MPDs are paired by what they describe, tags of the playlists
too; each attribute that differs anywhere is a row, with its first difference as an example. A difference that this page has no
reason for fails the check. *Ours* and *theirs* say whose manifest we hold for the better one; *taste* that both will do.
"""

# What differs, by a pattern for the whole name of an attribute; whose is better; why. The first that matches counts.
REASONS = [
    ("MPD@profiles", "ours", "the CMAF profile is signalled, too (ISO/IEC 23009-1, 8.12)"),
    ("Period@(start|duration)", "taste", "both follow from the MPD"),
    (".*@id|.* BaseURL|.*@media|.*@initialization", "taste", "names"),
    (r".*\[text\].*@timescale", "ours", "the video's timescale, so that the cuts are its cuts to the tick"),
    (".*@indexRange|.*@range", "taste", "other boxes before the media; the check `manifests` reads these ranges"),
    (".*@indexRangeExact", "ours", "the range is the whole index and nothing else, which spares a guess"),
    (".*(S|s)tartsWithSAP|.*@startWithSAP", "ours", "every segment of every track starts with an access point of type 1"),
    (".*@containerProfiles", "ours", "the CMAF brand (ISO/IEC 23009-1, 5.3.7.2)"),
    (".*@codecs|.*@CODECS", "taste", "the optional part of AV1's string is left out where it has its default values"),
    (".*@(maxF|f)rameRate", "ours", "a reduced fraction at the representation, and the set's maximum by its own name"),
    (".*@selectionPriority|.* Role.*", "ours", "a player knows which language and codec to begin with"),
    (".*SupplementalProperty.urn:mpeg:mpegB:cicp.*", "taste", "BT.709 is what players take where nothing is said; we write what differs from it"),
    (".* AudioChannelConfiguration.*", "taste", "two schemes for one number; ours is that of ISO/IEC 23091-3"),
    (".*ContentProtection.*", "ours", "the `pssh` lists the key of the set, not those of all sets"),
    (".*@bandwidth", "ours", "the least rate that fills minBufferTime from every segment on (ISO/IEC 23009-1, 5.3.5.2); shaka-packager takes the largest segment's"),
    (".*SegmentTimeline", "ours", "sound and text are cut where video is; shaka-packager cuts each by the target alone"),
    ("EXT-X-VERSION", "ours", "nothing said is version 1, whose players cannot read these playlists (RFC 8216, 7)"),
    (r"EXT-X-MEDIA\[text\]@URI|(URI|EXT-X-MAP|EXT-X-BYTERANGE|EXTINF|EXT-X-TARGETDURATION)\[text\]", "ours", "WebVTT over HLS is a text file; of the players tried, hls.js reads no `wvtt`"),
    (".*@(URI|GROUP-ID|AUDIO|SUBTITLES)", "taste", "names"),
    (".*@DEFAULT", "ours", "the first language of a group is its default; without one a player has to guess"),
    (".*I-FRAME.*BANDWIDTH", "ours", "of the ranges listed, which are more and longer (see below)"),
    (".*AVERAGE-BANDWIDTH", "ours", "segments whole, with all their boxes, and of the subtitles too"),
    (".*BANDWIDTH", "ours", "the largest rate of any run of 0.5 to 1.5 target durations, subtitles included (RFC 8216, 4.3.4.2); shaka-packager adds the largest segments"),
    ("EXT-X-SESSION-KEY.*", "ours", "players can ask for the keys before they have read a media playlist"),
    (".*KEY.* identity", "ours", "shaka-packager has a key ID where the key's data belong (RFC 8216, 4.3.2.4)"),
    (".*KEY.*", "ours", "formats of which each player tried knows one; the constant IV is in the header"),
    ("EXT-X-MEDIA-SEQUENCE.*", "taste", "0 is also what nothing said means"),
    (r"(EXTINF|EXT-X-BYTERANGE|URI)\[I-frames.*", "ours", "each key frame that begins a fragment is listed, about one a second, not only the first of each segment"),
    (r"EXTINF\[audio.*|(URI|EXT-X-BYTERANGE)\[audio.*", "ours", "sound is cut where video is, to the nearest frame"),
    ("EXTINF.*", "ours", "six decimals: rounded to three, times drift from those of the media"),
    (r"(EXT-X-BYTERANGE|EXT-X-MAP|URI)\[.*", "taste", "other boxes before the media, other names; the check `manifests` reads these ranges"),
]
NAMESPACES = re.compile(r"\{[^}]*\}")


def _mpd(path: Path) -> dict[str, str]:
    """Every attribute of an MPD, by a name that does not depend on the packager.

    What representations inherit is theirs, wherever it is said; a descriptor is one value, and so is a timeline.
    """
    mpd = XML.parse(path).getroot()
    for element in mpd.iter():
        element.tag = NAMESPACES.sub("", element.tag)
        element.attrib = {NAMESPACES.sub("", key): value for key, value in element.attrib.items() if "XMLSchema-instance" not in key}
    found = {f"{element.tag}@{key}": value for element in (mpd, mpd.find("Period")) for key, value in element.items()}
    for group in mpd.iter("AdaptationSet"):
        codec = next(part.get("codecs") for part in group.iter() if part.get("codecs")).split(".")[0]
        what = group.get("contentType")
        if what != "video":
            what += f" {codec} {group.get('lang')}"
        shared = {key: group.attrib.pop(key) for key in INHERITED if key in group.attrib}
        _values(group, f"AdaptationSet[{what}]", [part for part in group if part.tag not in (*INHERITED, "Representation")], found)
        for one in group.iter("Representation"):
            one.attrib = shared | one.attrib
            parts = [*(part for part in group if part.tag in INHERITED), *one]
            _values(one, f"Representation[{what} {one.get('height', '')}]".replace(" ]", "]"), parts, found)
    return found


# Attributes and elements of a set that count for its representations. ISO/IEC 23009-1, 5.3.7.
INHERITED = ["mimeType", "codecs", "containerProfiles", "sar", "audioSamplingRate", "AudioChannelConfiguration", "SegmentTemplate", "SegmentBase"]


def _values(element: XML.Element, where: str, parts: list[XML.Element], found: dict[str, str]) -> None:
    for key, value in element.items():
        found[f"{where}@{key}"] = value
    for part in parts:
        scheme = part.get("schemeIdUri")
        if scheme:
            values = [f'{key}="{value}"' for key, value in sorted(part.items()) if key != "schemeIdUri"]
            found[f"{where} {part.tag}[{scheme}]"] = " ".join([*values, *(inner.text for inner in part)]) or "present"
        elif part.tag == "SegmentTimeline":
            found[f"{where} {part.tag}"] = " ".join(_timeline(part))
        elif part.text and part.text.strip():
            found[f"{where} {part.tag}"] = part.text.strip()
        else:
            _values(part, f"{where} {part.tag}", list(part), found)


def _timeline(element: XML.Element):
    """The start and duration of each segment."""
    time = 0
    for run in element:
        time = int(run.get("t", time))
        for _ in range(int(run.get("r", 0)) + 1):
            yield f"{time}+{run.get('d')}"
            time += int(run.get("d"))


def _attributes(text: str) -> dict[str, str]:
    return {key: value.strip('"') for key, value in re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', text)}


def _playlists(path: Path) -> dict[str, str]:
    """Every attribute of a multivariant playlist and of the media playlists it leads to."""
    found: dict[str, str] = {}
    lists: dict[str, str] = {}
    lines = path.read_text().splitlines()
    codecs = {}
    for line in lines:
        if line.startswith("#EXT-X-STREAM-INF:"):
            variant = _attributes(line.partition(":")[2])
            codecs[variant["AUDIO"]] = variant["CODECS"].split(",")[-1].split(".")[0]
    for index, line in enumerate(lines):
        tag, _, rest = line.lstrip("#").partition(":")
        values = _attributes(rest)
        if tag == "EXT-X-MEDIA":
            kind = "audio" if values["TYPE"] == "AUDIO" else "text"
            what = " ".join([kind, *([codecs[values["GROUP-ID"]]] if kind == "audio" else []), values["LANGUAGE"]])
            lists[values["URI"]] = what
        elif tag == "EXT-X-STREAM-INF":
            what = f"video {values['RESOLUTION'].split('x')[1]} with {codecs[values['AUDIO']]}"
            lists[lines[index + 1]] = what.split(" with")[0]
        elif tag == "EXT-X-I-FRAME-STREAM-INF":
            what = f"video {values['RESOLUTION'].split('x')[1]}"
            lists[values["URI"]] = f"I-frames of {what}"
        elif tag == "EXT-X-SESSION-KEY":
            found[f"{tag}[{values['KEYFORMAT']}]"] = rest
            continue
        elif line.startswith("#EXT"):
            found[tag] = rest
            continue
        else:
            continue
        for key, value in values.items():
            found[f"{tag}[{what}]@{key}"] = value
    for uri, what in lists.items():
        _media_playlist(path.parent / uri, what, found)
    return found


def _media_playlist(path: Path, what: str, found: dict[str, str]) -> None:
    many: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        tag, _, rest = line.lstrip("#").partition(":")
        if line.startswith("#EXT-X-KEY:"):
            found[f"{tag}[{what}] {_attributes(rest)['KEYFORMAT']}"] = rest
        elif line.startswith("#EXT"):
            many.setdefault(tag, []).append(rest)
        elif line and not line.startswith("#"):
            many.setdefault("URI", []).append(line)
    for tag, values in many.items():
        found[f"{tag}[{what}]"] = " ".join(values)


def _theirs(made: film.Media, folder: Path, scheme: str, layout: str) -> None:
    folder.mkdir(parents=True)

    def stream(source: Path, name: str, *more: str) -> str:
        places = [f"output={name}.mp4"] if layout == "single file" else [f"init_segment={name}/init.mp4", f"segment_template={name}/$Number$.m4s"]
        return ",".join([f"in={source}", *places, f"playlist_name={name}.m3u8", *more])

    streams = [stream(path, path.stem, "stream=video", f"iframe_playlist_name={path.stem}-i.m3u8", "drm_label=video") for path in made.video]
    for (language, codec), path in made.audio.items():
        streams.append(stream(path, path.stem, "stream=audio", f"lang={language}", f"dash_label={language}", f"hls_name={language}", f"hls_group_id={codec}", "drm_label=audio"))
    for language, path in made.text.items():
        streams.append(stream(path, path.stem, "stream=text", "format=mp4", f"lang={language}", f"dash_label={language}", f"hls_name={language}"))
    options = ["--segment_duration", SEGMENT_DURATION, "--mpd_output", "manifest.mpd", "--hls_master_playlist_output", "main.m3u8"]
    if layout != "single file":
        options.append("--generate_static_live_mpd")
    if scheme != "clear":
        keys = f"label=video:key_id={KID}:key={KEY},label=audio:key_id={AUDIO_KID}:key={AUDIO_KEY}"
        options += ["--enable_raw_key_encryption", "--keys", keys, "--protection_scheme", scheme, "--clear_lead", "0", "--iv", IVS[scheme]]
    done = run([packager(), *streams, *options], cwd=folder)
    if done.code:
        raise RuntimeError(done.err[-600:])


class Differences:
    """Attributes that differ in some presentation, gathered under names without languages, codecs and sizes."""

    def __init__(self):
        self.examples: dict[str, tuple[str, str]] = {}
        self.count: Counter[str] = Counter()
        self.equal = 0

    def add(self, ours: dict[str, str], theirs: dict[str, str]) -> None:
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) == theirs.get(name):
                self.equal += 1
                continue
            general = re.sub(r"\[(I-frames of )?(video|audio|text) [^]]*\]", r"[\1\2]", name)
            self.examples.setdefault(general, (ours.get(name, "-"), theirs.get(name, "-")))
            self.count[general] += 1

    def write(self, report: Report) -> None:
        report.table(["what", "times", "`cmaf pack`", "shaka-packager", "better", "why"])
        for name, (ours, theirs) in sorted(self.examples.items()):
            reason = next((reason[1:] for reason in REASONS if re.fullmatch(reason[0], name)), None)
            report.check(reason is not None, f"{name} is {ours} here and {theirs} there")
            report.row(f"`{name}`", self.count[name], _short(ours), _short(theirs), *(reason or ("?", "**unexplained**")))
        report.end_table()
        report.text(f"{self.equal} values are equal.")


def _short(text: str) -> str:
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`" if text != "-" else "-"


def check(cmaf: Path, report: Report, only: str | None) -> None:
    made = film.media()
    mpd, hls = Differences(), Differences()
    with tempfile.TemporaryDirectory() as folder:
        for scheme in SCHEMES:
            for layout in LAYOUTS:
                place = Path(folder) / f"{scheme}-{layout.split()[0]}"
                package(cmaf, made, place / "ours", scheme, layout)
                _theirs(made, place / "theirs", scheme, layout)
                theirs = _mpd(place / "theirs" / "manifest.mpd")
                # They change from run to run.
                theirs |= {name: "as threads start" for name in theirs if name.endswith("]@id")}
                mpd.add(_mpd(place / "ours" / "manifest.mpd"), theirs)
                hls.add(_playlists(place / "ours" / "main.m3u8"), _playlists(place / "theirs" / "main.m3u8"))
    report.heading("MPD")
    mpd.write(report)
    report.heading("Playlists")
    hls.write(report)
