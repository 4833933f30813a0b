//! What an output can show: its colours and its width.

use std::io::{self, IsTerminal};

use super::Global;
use crate::report::Style;

/// Whether to use colours on an output.
#[must_use]
pub(super) fn color(global: &Global, terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    terminal && !global.no_color && !refused && !is_dumb()
}

/// Whether the terminal understands nothing but text: `TERM=dumb`, as in editors.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The narrowest output that is written for, in columns.
const NARROWEST: usize = 40;

/// The width to write for.
#[must_use]
pub(super) fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(100)
        .max(NARROWEST)
}

/// The width of reports on standard error: what no terminal shows is searched and copied, and is left in
/// one line unless a width is asked for.
pub(super) fn width_of_reports() -> usize {
    if io::stderr().is_terminal() || std::env::var_os("COLUMNS").is_some() {
        width()
    } else {
        usize::MAX
    }
}

/// How results on standard output look.
#[must_use]
pub(super) fn style(global: &Global) -> Style {
    Style {
        color: color(global, io::stdout().is_terminal()),
        width: width(),
        verbose: global.verbose > 0,
    }
}
