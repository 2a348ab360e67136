#!/usr/bin/env bash
# Seeds the corpora of all targets with the fixtures, and with more files that are named as arguments.
set -euo pipefail
cd "$(dirname "$0")"
for target in obu boxes decrypt validate ivf annexb pack; do
  mkdir -p "corpus/$target"
  for file in ../fixtures/*/* "$@"; do
    [ -f "$file" ] && [ "$(stat -c %s "$file")" -le 65536 ] || continue
    name=$(basename "$file")
    case $target in
      # The first byte chooses the options: clear single, encrypted segments in chunks, a given frame rate.
      pack) for choice in '\x00' '\x0e' '\x1d'; do { printf "$choice"; cat "$file"; } > "corpus/$target/${choice#\\x}-$name"; done ;;
      *) cp "$file" "corpus/$target/$name" ;;
    esac
  done
done
# Targets of scripts: the fixtures of their formats.
declare -A kinds=([json]=ttal [dapt]=xml [ttml]=ttml [vtt]=vtt [srt]=srt [csv]=csv)
for target in "${!kinds[@]}"; do
  mkdir -p "corpus/$target"
  find ../fixtures/ttal -name "*.${kinds[$target]}" -size -64k -exec cp {} "corpus/$target/" \;
done
