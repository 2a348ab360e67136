"""What findings of `cmaf validate` on other programs' files come to."""

# Warnings and advice about what `cmaf pack` writes: rule, pattern of the source's name, why it is true of the source.
EXPLAINED: list[tuple[str, str, str]] = []

# Pattern of the file, pattern of the rule, verdict, why. The first that fits counts.
VERDICTS: list[tuple[str, str, str, str]] = []
