//! Standard output and standard error: what nobody reads is dropped, and the work goes on.
//!
//! A reader that goes away (`deskform apply | head -3`) says nothing about the work. After the first
//! broken pipe nothing more is written to that stream, and the command ends as it would unread.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::common::{Failure, Texts, shown};
use super::{Global, LogFormat};
use crate::problem::{Code, Problem};
use crate::safe::mask::masked;

static RESULTS: Outlet = Outlet::open();
static REMARKS: Outlet = Outlet::open();

/// A stream that falls silent for good when its reader is gone.
struct Outlet {
    is_silent: AtomicBool,
}

impl Outlet {
    const fn open() -> Self {
        Self {
            is_silent: AtomicBool::new(false),
        }
    }

    fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed)
    }

    /// Writes all of it, unless nobody reads; that is no error.
    fn write(&self, mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
        if self.is_silent() {
            return Ok(());
        }
        self.heed(to.write_all(bytes).and_then(|()| to.flush()))
    }

    /// Takes note of a reader that is gone.
    fn heed(&self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if is_unread(&error) => {
                self.is_silent.store(true, Ordering::Relaxed);
                Ok(())
            }
            written => written,
        }
    }
}

/// Whether an error says that nobody reads any more: a pipe or a socket whose other end is closed.
fn is_unread(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// Writes a result to standard output; what nobody reads is dropped.
///
/// # Errors
/// [`Failure`] when the operating system refuses for another reason, such as a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    print_as_it_is(&masked(text))
}

/// Writes a Markdown comment to standard output. Its hidden first line, by which a later run finds it,
/// stays as it is.
///
/// # Errors
/// Those of [`print`].
pub(super) fn print_markdown(text: &str) -> Result<(), Failure> {
    print_as_it_is(&with_marker(text))
}

/// A Markdown comment as it is printed: all but the marker is masked.
fn with_marker(text: &str) -> String {
    let end = match text.find('\n') {
        Some(end) if text.starts_with("<!-- deskform ") => end,
        _ => 0,
    };
    let (marker, rest) = text.split_at(end);
    format!("{marker}{}", masked(rest))
}

/// Writes to standard output what must stay as it is: a credential that was asked for, JSON, which is
/// masked where it is made (see [`crate::report::mask`]), and scripts and schemas of our own words.
///
/// # Errors
/// Those of [`print`].
pub(super) fn print_as_it_is(text: &str) -> Result<(), Failure> {
    written(text).map_err(|error| refused(&error).into())
}

fn written(text: &str) -> io::Result<()> {
    RESULTS.write(io::stdout().lock(), text.as_bytes())
}

/// Writes to standard output what tells of work that is done: where that fails, it is said once on
/// standard error, and the work stands.
pub fn announce(global: &Global, text: &str) {
    announce_as_it_is(global, &masked(text));
}

/// Tells of work as [`announce`] does, as a Markdown comment.
pub(super) fn announce_markdown(global: &Global, text: &str) {
    announce_as_it_is(global, &with_marker(text));
}

/// Tells of work as [`announce`] does, credentials included.
pub(super) fn announce_as_it_is(global: &Global, text: &str) {
    static IS_SAID: AtomicBool = AtomicBool::new(false);
    if let Err(error) = written(text)
        && !IS_SAID.swap(true, Ordering::Relaxed)
    {
        let warning = Problem::warning(
            Code::Output,
            format!("standard output cannot be written: {error}; nothing but the output is lost"),
        )
        .help("free space where it goes to, or send it elsewhere; `deskform plan` tells what is left, `deskform ledger show` what is owned");
        tell_in(
            global.log_format,
            &shown(global, &vec![warning].into(), &Texts::default()),
        );
    }
}

/// Whether nobody reads standard output, as far as it has been tried.
#[must_use]
pub fn is_unread_output() -> bool {
    RESULTS.is_silent()
}

/// Writes to standard error; nothing can be done when that fails.
pub fn tell(text: &str) {
    let _ = REMARKS.write(io::stderr().lock(), masked(text).as_bytes());
}

/// Writes JSON to standard error, which is masked where it is made.
fn tell_json(text: &str) {
    let _ = REMARKS.write(io::stderr().lock(), text.as_bytes());
}

/// Writes to standard error what is JSON or text, as the log's form says.
pub(super) fn tell_in(form: LogFormat, text: &str) {
    match form {
        LogFormat::Json => tell_json(text),
        LogFormat::Text => tell(text),
    }
}

/// Lets the parser of the command line print its help or what is wrong with the command line.
///
/// # Errors
/// [`Failure`] when a result cannot be written, and not for want of a reader.
pub(super) fn print_usage(usage: &clap::Error) -> Result<(), Failure> {
    let outlet = if usage.use_stderr() {
        &REMARKS
    } else {
        &RESULTS
    };
    let text = usage.render().to_string();
    let harmless = masked(&text);
    if harmless != text {
        // Without colours, and without what the words of the command line must not repeat.
        if usage.use_stderr() {
            tell(&harmless);
            return Ok(());
        }
        return print(&harmless);
    }
    let printed = usage.print().and_then(|()| io::stdout().flush());
    match outlet.heed(printed) {
        // Nothing can be done when there is no standard error.
        Err(error) if !usage.use_stderr() => Err(refused(&error).into()),
        _ => Ok(()),
    }
}

fn refused(error: &io::Error) -> Problem {
    Problem::error(
        Code::Output,
        format!("standard output cannot be written: {error}"),
    )
    .help("free space where it goes to, or send it elsewhere")
}

/// Standard error as a writer of log lines, which never fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remarks;

impl Write for Remarks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = REMARKS.write(io::stderr().lock(), bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails as it is told, and counts how often it is asked.
    struct Failing<'a>(io::ErrorKind, &'a mut usize);

    impl Write for Failing<'_> {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            *self.1 += 1;
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn case_1_a_stream_without_a_reader_falls_silent_and_any_other_error_is_told() {
        for (kind, is_silent) in [
            (io::ErrorKind::BrokenPipe, true),
            (io::ErrorKind::ConnectionReset, true),
            (io::ErrorKind::StorageFull, false),
            (io::ErrorKind::PermissionDenied, false),
            (io::ErrorKind::Other, false),
        ] {
            let outlet = Outlet::open();
            let mut tried = 0;
            for _ in 0..3 {
                let written = outlet.write(Failing(kind, &mut tried), b"text");
                assert_eq!(written.is_ok(), is_silent, "{kind}");
            }
            assert_eq!(outlet.is_silent(), is_silent, "{kind}");
            assert_eq!(tried, if is_silent { 1 } else { 3 }, "{kind}");
        }
    }
}
