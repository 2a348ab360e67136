"""TTML read and IMSC written by `ttal`, read again by ttconv and imsc.js."""

from __future__ import annotations

import importlib.util
import json
import logging
import tempfile
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

from report import Report
from tools import Missing, corpus, imsc_js, run, tool

INTRO = """Documents of other projects' test suites go through `ttal convert --to imsc`. ttconv reads the source and
the output; the words on screen must be the same at every moment at which either changes. imsc.js reads the output and
must have neither errors nor warnings."""

FOLDERS = ["imsc", "ttconv/ttml", "pysubs2", "ebutt-live", "ttml2/valid"]

# What differs for a reason: the end of the file's path, and the reason.
IMAGES = "images without words are refused, by design"
EXPLAINED = {
    "aspectRatio/aspectRatio3.ttml": IMAGES,
    "displayAspectRatio/displayAspectRatio003.ttml": IMAGES,
    "displayAspectRatio/displayAspectRatio004.ttml": IMAGES,
    "image/image001.ttml": IMAGES,
    "ttml2-prstn-image-embedding-sourced.xml": IMAGES,
    "ttml2-valid-image-embedding.xml": IMAGES,
    "region/nested-region-001.ttml": "one paragraph in two regions, which the model does not hold (C-POS)",
    "ttml/referential_styling.ttml": "regions are declared and none is named: TTML shows nothing; the words are kept "
    "with a note",
    "ttml_example_apple.ttml": "Apple's times are absolute and without units; ttconv reads none of them",
}


def words(document, time: Fraction) -> list[str]:
    """The lines on screen at a time, sorted: which region they stand in is no matter here."""
    from ttconv import model
    from ttconv.isd import ISD

    isd = ISD.from_model(document, time)
    lines: list[str] = []

    def inline(element) -> None:
        for child in element:
            if isinstance(child, (model.Rt, model.Rtc, model.Rp)):
                continue
            if isinstance(child, model.Br):
                lines.append("")
            elif isinstance(child, model.Text):
                first, *rest = child.get_text().split("\n")
                lines[-1] += first
                lines.extend(rest)
            else:
                inline(child)

    for region in isd.iter_regions() if isd else []:
        for element in region.dfs_iterator():
            if isinstance(element, model.P):
                lines.append("")
                inline(element)
    return sorted(" ".join(line.split()) for line in lines if line.strip())


def moments(document) -> set[Fraction]:
    from ttconv.isd import ISD

    return set(ISD.significant_times(document)) if document else set()


def read(path: Path):
    """What ttconv makes of a file; None where it can't read it."""
    from ttconv.imsc import reader

    try:
        return reader.to_model(ElementTree.parse(path))
    except Exception:
        return None


def compare(source: Path, output: Path) -> tuple[str, str]:
    """A verdict, and the first difference."""
    ours, theirs = read(output), read(source)
    if ours is None:
        return "unreadable", "ttconv does not read the output"
    if theirs is None:
        return "not read", ""
    changes = sorted(moments(ours) | moments(theirs))
    # Between two changes, and behind the last. Decimals round to the nanosecond: shorter times are no matter.
    times = [(a + b) / 2 for a, b in zip(changes, changes[1:]) if b - a > Fraction(1, 1_000_000)]
    for time in times + [change + 1 for change in changes[-1:]]:
        try:
            want = words(theirs, time)
        except ValueError:
            return "not read", ""
        have = words(ours, time)
        if want != have:
            return "differs", f"at {float(time):.3f} s ttconv shows {want} for the source, {have} for the output"
    return "equal", f"{len(times)} moments"


def check(ttal: Path, report: Report, only: str | None) -> None:
    if importlib.util.find_spec("ttconv") is None:
        raise Missing("ttconv (PyPI)")
    logging.disable(logging.CRITICAL)
    text = corpus() / "text"
    files = [f for folder in FOLDERS for f in sorted((text / folder).rglob("*")) if f.suffix in (".ttml", ".xml")]
    files = [f for f in files if not only or only in str(f)]
    counts: dict[str, int] = {}
    differences: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        outputs: list[Path] = []
        for number, file in enumerate(files):
            name = str(file.relative_to(text))
            output = Path(folder) / f"{number}.ttml"
            result = run([str(ttal), "convert", str(file), str(output), "--from", "ttml", "--to", "imsc", "--force"])
            if result.code != 0 or not output.is_file():
                verdict, detail = "refused", result.last_line.replace(str(file), file.name)
            else:
                outputs.append(output)
                verdict, detail = compare(file, output)
            reason = next((r for end, r in EXPLAINED.items() if name.endswith(end)), "")
            if verdict in ("differs", "refused"):
                differences.append((name, detail, reason))
                verdict = f"{verdict}, explained" if reason else verdict
            counts[verdict] = counts.get(verdict, 0) + 1
            report.check(verdict not in ("differs", "unreadable", "refused"), f"{name}: {detail}")
        report.heading("ttconv")
        report.table(["words at every moment", "documents"])
        for verdict, count in sorted(counts.items()):
            report.row(verdict, count)
        report.end_table()
        if differences:
            report.table(["document", "difference", "reason"])
            for row in differences:
                report.row(*row)
            report.end_table()
        script = Path(__file__).with_name("imsc_read.js")
        result = run([tool("node"), str(script), str(imsc_js()), *map(str, outputs)], timeout=600)
        answers = [json.loads(line) for line in result.out.splitlines()]
        clean = sum(not answer["problems"] for answer in answers)
        for output, answer in zip(outputs, answers):
            name = files[int(output.stem)].relative_to(text)
            report.check(not answer["problems"], f"imsc.js on the output for {name}: {answer['problems']}")
        report.check(len(answers) == len(outputs), "imsc.js read all outputs")
        report.heading("imsc.js")
        total = sum(answer["moments"] for answer in answers)
        report.text(f"{clean} of {len(outputs)} outputs without errors and warnings, over {total} moments.")
