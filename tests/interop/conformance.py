"""`cmaf validate` on what `cmaf pack` writes, on other programs' files, and on known faults."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

from cases import MODES, all_cases, encryption, must_refuse
from conformance_verdicts import EXPLAINED, VERDICTS
from report import Report
from tools import KEY, KID, REPOSITORY, corpus, npm_package, packager, run, tool

INTRO = """
What `cmaf pack` makes of every source of the corpus, in both layouts, clear and encrypted, keeps every rule, but for what the table
tells, which is true of the source. On files of other programs each finding has a verdict: their fault, or a matter of taste; a
finding without one fails this check. Faults that packagers are known for are found. SARIF is valid by its schema.
"""

AUDIO = ["audio"]
TEXT = ["text"]
# Where other programs' files lie.
FOREIGN = ["av1-fragmented", "av1-mp4", "av1-encrypted-made", "audio", "cenc", "structure", "text", "golden"]
MEDIA = {".mp4", ".m4s", ".m4v", ".m4a", ".cmfv", ".cmfa", ".mpd", ".m3u8"}


def check(cmaf: Path, report: Report, only: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        own(cmaf, Path(folder), report, only)
        presentations(cmaf, Path(folder), report)
        foreign(cmaf, report, only)
        known_faults(cmaf, Path(folder), report)
        sarif(cmaf, Path(folder), report)


def findings(cmaf: Path, *targets, options: list | None = None) -> tuple[list[dict], str]:
    """All findings about some targets, and what went wrong otherwise."""
    done = run([cmaf, "validate", "--json", *(options or []), *targets], timeout=300)
    if done.code not in (0, 1):
        return [], f"exit {done.code}: {done.last_line}"
    return [finding for file in json.loads(done.out)["files"] for finding in file["findings"]], ""


def own(cmaf: Path, folder: Path, report: Report, only: str | None) -> None:
    report.heading("What `cmaf pack` writes")
    report.table(["source", "packed", "findings, all of them true of the source"])
    for case in all_cases(only):
        words, packed = Counter(), 0
        for mode in MODES:
            if must_refuse(case.name, mode):
                continue
            for layout in (["single", "segments"]):
                packed += one(cmaf, folder, case.name, case.paths, ["--layout", layout, *encryption(mode)], words, report)
        report.row(case.name, packed, told(words))
    for name in AUDIO + TEXT:
        for path in sorted((corpus() / "media" / name).iterdir()):
            if path.suffix != ".mp4" or (only and only not in path.name):
                continue
            words, packed = Counter(), 0
            for mode in MODES:
                for layout in ("single", "segments"):
                    packed += one(cmaf, folder, path.name, [path], ["--layout", layout, *encryption(mode)], words, report)
            report.row(path.name, packed, told(words))
    report.end_table()


def one(cmaf: Path, folder: Path, name: str, paths: list, options: list, words: Counter, report: Report) -> int:
    """Packs a source and validates what came of it. 1 if it was packed."""
    out = folder / "own"
    shutil.rmtree(out, ignore_errors=True)
    command = [cmaf, "pack", *paths, "-o", out, "-q", *options]
    done = run(command)
    if done.code == 3 and "--frame-rate" in done.err:
        done = run([*command, "--frame-rate", "25"])
    if done.code != 0:
        # Whether it may be refused is another check's business.
        return 0
    found, trouble = findings(cmaf, out)
    report.check(not trouble, f"{name} {' '.join(map(str, options))}: {trouble}")
    for finding in found:
        reason = explained(finding, name)
        report.check(
            bool(reason),
            f"{name} {' '.join(map(str, options[:4]))}: {finding['severity']} {finding['rule']} {finding['message']}",
        )
        words[f"{finding['rule']}: {reason}"] += 1
    report.check(True, name)
    return 1


def explained(finding: dict, name: str) -> str:
    """Why a finding about our output is right, or nothing."""
    for rule, pattern, reason in EXPLAINED:
        if rule == finding["rule"] and fnmatch(name, pattern):
            return reason
    return ""


def told(words: Counter) -> str:
    return "; ".join(sorted(words))


def presentations(cmaf: Path, folder: Path, report: Report) -> None:
    report.heading("Presentations")
    report.table(["inputs", "layout", "scheme", "files", "findings"])
    fixtures = REPOSITORY / "fixtures"
    ladder = [fixtures / "presentation" / name for name in ("ladder_180.ivf", "ladder_90.ivf", "sound_en.webm", "sound_fr.webm")]
    script = f"{fixtures / 'ttal' / 'harbour.ttal'}?lang=en"
    for layout in ("single", "segments"):
        for mode in MODES:
            for text in ("wvtt", "stpp"):
                out = folder / "presentation"
                shutil.rmtree(out, ignore_errors=True)
                done = run([cmaf, "pack", *ladder, f"{script}&text={text}", "-o", out, "-q", "--segment-duration", "4",
                            "--layout", layout, *encryption(mode)])
                if not report.check(done.code == 0, f"presentation {layout} {mode} {text}: {done.last_line}"):
                    continue
                found, trouble = findings(cmaf, out)
                report.check(not trouble, f"presentation {layout} {mode} {text}: {trouble}")
                bad = [f for f in found if not explained(f, "presentation")]
                report.check(not bad, f"presentation {layout} {mode} {text}: {[(f['rule'], f['message']) for f in bad[:3]]}")
                report.row(f"ladder, sound, {text}", layout, mode, len(list(out.rglob("*.*"))), len(found))
    report.end_table()


def foreign(cmaf: Path, report: Report, only: str | None) -> None:
    report.heading("Other programs' files")
    report.table(["file", "rule", "times", "the first", "verdict", "why"])
    for target in targets():
        name = str(target[0].relative_to(corpus() / "media"))
        if only and only not in name:
            continue
        found, trouble = findings(cmaf, *target)
        if trouble:
            report.row(name, "", "", trouble.replace(str(target[0]), name), "not read", "")
            continue
        rules: dict[tuple[str, str], list[dict]] = {}
        for finding in found:
            rules.setdefault((finding["rule"], finding["severity"]), []).append(finding)
        for (rule, severity), group in sorted(rules.items()):
            verdict, why = judged(name, rule)
            report.check(bool(verdict), f"{name}: {severity} {rule} has no verdict: {group[0]['message']}")
            times = sum(1 + finding.get("more", 0) for finding in group)
            report.row(name, f"{rule} ({severity})", times, group[0]["message"], verdict, why)
        report.check(True, name)
    report.end_table()


def targets() -> list[list[Path]]:
    """The media files and manifests of the corpus, init segments with their segments; those of one presentation as a folder."""
    out = []
    for name in FOREIGN:
        folder = corpus() / "media" / name
        if name == "golden":
            out += [[path] for path in sorted(folder.iterdir()) if path.is_dir()]
            continue
        files = [path for path in sorted(folder.iterdir()) if path.suffix in MEDIA]
        inits = [path for path in files if "init" in path.stem]
        segments = [path for path in files if path.suffix == ".m4s"]
        taken = set()
        for path in inits:
            prefix = path.name.split("init")[0].rstrip("_").removesuffix("_text").removesuffix("segment").rstrip("_")
            parts = [s for s in segments if s.name.startswith(prefix)]
            taken.update(parts)
            out.append([path, *parts])
        out += [[path] for path in files if path not in taken and path not in inits]
    return out


def judged(name: str, rule: str) -> tuple[str, str]:
    for pattern, of, verdict, why in VERDICTS:
        if fnmatch(name, pattern) and fnmatch(rule, of):
            return verdict, why
    return "", ""


def known_faults(cmaf: Path, folder: Path, report: Report) -> None:
    report.heading("Faults that packagers are known for")
    report.table(["fault", "made by", "rule", "message"])
    source = corpus() / "media" / "av1-fragmented" / "shaka-packager__bear-av1.mp4"

    def expect(fault: str, maker: str, rule: str, *target) -> None:
        found, trouble = findings(cmaf, *target)
        of_rule = [f for f in found if f["rule"] == rule]
        rules = sorted({f["rule"] for f in found})
        report.check(bool(of_rule), f"{fault} ({maker}): {rule} not found, but {rules} {trouble}")
        report.row(fault, maker, rule, of_rule[0]["message"] if of_rule else "not found")

    clear = folder / "ffmpeg-cenc.mp4"
    done = run([tool("ffmpeg"), "-v", "error", "-y", "-i", source, "-c", "copy", "-encryption_scheme", "cenc-aes-ctr",
                "-encryption_key", KEY, "-encryption_kid", KID, clear])
    report.check(done.code == 0, f"ffmpeg: {done.last_line}")
    expect("marked encrypted, left in the clear", "ffmpeg", "ENC-42", clear)

    fragmented = folder / "ffmpeg-mfra.mp4"
    done = run([tool("ffmpeg"), "-v", "error", "-y", "-i", source, "-c", "copy", "-movflags", "frag_keyframe+empty_moov+default_base_moof", fragmented])
    report.check(done.code == 0, f"ffmpeg: {done.last_line}")
    expect("mfra in a track", "ffmpeg", "CMF-32", fragmented)

    shaka = folder / "shaka.mp4"
    multitile = corpus() / "media" / "av1-fragmented"
    joined = folder / "multitile.mp4"
    joined.write_bytes(b"".join((multitile / f"mp4ff__av1_multitile_{part}").read_bytes() for part in ("init.mp4", "seg.m4s")))
    done = run([packager(), f"in={joined},stream=video,output={shaka}", "--enable_raw_key_encryption", "--keys",
                f"key_id={KID}:key={KEY}", "--protection_scheme", "cenc", "--clear_lead", "0", "--quiet"])
    report.check(done.code == 0, f"shaka-packager: {done.last_line}")
    expect("protected ranges that begin with the tile (cenc)", "shaka-packager", "ENC-11", shaka)
    report.end_table()


def sarif(cmaf: Path, folder: Path, report: Report) -> None:
    report.heading("SARIF")
    done = run([cmaf, "validate", "--format", "sarif", corpus() / "media" / "structure", corpus() / "media" / "cenc"], timeout=300)
    path = folder / "report.sarif"
    path.write_text(done.out)
    schema = npm_package("@microsoft/jest-sarif", "lib/schemas/sarif-2.1.0-rtm.5.json")
    ajv = npm_package("@microsoft/jest-sarif", "package.json").parent
    done = run([tool("node"), Path(__file__).with_name("sarif_check.js"), ajv, schema, path])
    report.check(done.code == 0 and int(done.out or 0) > 0, f"SARIF: {done.last_line}")
    report.text("Findings about the corpus' structure and cenc folders, as SARIF 2.1.0: valid by Microsoft's copy of the schema.")
