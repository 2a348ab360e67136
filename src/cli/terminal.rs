//! Messages on standard error, in colour where a person reads them.

use std::io::{self, IsTerminal, Write};

fn message(word: &str, colour: &str, text: &str) {
    let mut out = io::stderr().lock();
    let plain = !out.is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    // Nobody is left to be told when standard error is gone.
    let _ = if plain {
        writeln!(out, "{word}: {text}")
    } else {
        writeln!(out, "\x1b[1;{colour}m{word}\x1b[0m: {text}")
    };
}

/// An error: the work was not done.
pub(super) fn error(text: &str) {
    message("error", "31", text);
}

/// A warning: the work was done, but look at this.
pub(super) fn warning(text: &str) {
    message("warning", "33", text);
}

/// A hint: what could be done next.
pub(super) fn note(text: &str) {
    message("note", "36", text);
}
