#!/usr/bin/env python3
"""Proves `cmaf` and `ttal` against other programs; writes docs/interop/*.md.

    run.py --bin target/release              all checks
    run.py --bin target/release frames       one check
    run.py --bin target/release frames hdr10 one check on the files whose name holds a word (printed, not written)

Exit codes: 0 all right, 1 something failed, 2 wrong arguments. A missing program skips what needs it with a
printed line; with REQUIRE_TOOLS=1 in the environment it fails instead. SHOWPACK_CORPUS names the folder of test
media (default: ../shared/corpus beside the repository).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

from report import Report
from tools import REPOSITORY, REQUIRED, Missing, limit_core_dumps

# The check of players has a folder of its own, beside this one.
sys.path.append(str(REPOSITORY / "tests" / "browser"))

# The check's name: the program under test, the module, the title of its table.
CHECKS = {
    "frames": ("cmaf", "frames", "Frames after packing and encryption"),
    "shaka": ("cmaf", "shaka", "Encryption compared with shaka-packager and GPAC"),
    "robustness": ("cmaf", "robustness", "Broken and foreign files"),
    "roundtrip": ("cmaf", "roundtrip", "Round trips"),
    "random-access": ("cmaf", "random_access", "Random access and switching"),
    "kill": ("cmaf", "kill", "Stopped runs and full disks"),
    "audio": ("cmaf", "audio", "Sound: what is decoded after packing, and encryption"),
    "codecs": ("cmaf", "video_codecs", "AVC, HEVC and VP9: frames, and encryption beside shaka-packager"),
    "manifests": ("cmaf", "manifests", "Presentations read through their manifests by ffmpeg"),
    "comparison": ("cmaf", "comparison", "Manifests compared with shaka-packager's"),
    "conformance": ("cmaf", "conformance", "Conformance: our files, others' files, known faults"),
    "play": ("cmaf", "play", "Playback in Chromium"),
    "browser": ("cmaf", "playback", "Players in Chromium"),
    "subtitles": ("ttal", "subtitles", "SubRip and WebVTT, read by ffmpeg and ttconv too"),
    "timed-text": ("ttal", "timed_text", "TTML and IMSC, read by ttconv and imsc.js too"),
    "rendering": ("ttal", "rendering", "Subtitles shown by Chromium and imsc.js"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=Path, help="the folder of the programs under test")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "interop", help="folder of the tables")
    parser.add_argument("check", nargs="?", choices=CHECKS, help="one check (default: all)")
    parser.add_argument("filter", nargs="?", help="only files whose name holds this")
    options = parser.parse_args()
    for program in ("cmaf", "ttal"):
        if not os.access(options.bin / program, os.X_OK):
            parser.error(f"{options.bin} holds no program {program}")
    limit_core_dumps()
    failed = skipped = 0
    for name in [options.check] if options.check else CHECKS:
        program, module, title = CHECKS[name]
        checks = importlib.import_module(module)
        report = Report(name, title, checks.INTRO, partial=bool(options.filter))
        try:
            checks.check((options.bin / program).resolve(), report, options.filter)
        except Missing as missing:
            print(f"{name}: skipped, {missing} is missing", flush=True)
            skipped += 1
            failed += REQUIRED
            continue
        report.write(options.out)
        failed += len(report.failures)
    print(f"interop: {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
