//! Log lines and the last words of a panic: harmless for a terminal, and without secrets.

use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;

use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::output::{Remarks, tell_in};
use super::terminal::color;
use super::{Global, LogFormat};
use crate::safe;
use crate::safe::mask::masked;

/// Log lines go to standard error, and only deskform's own: other crates may log headers.
pub(super) fn start(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (_, 0) => LevelFilter::WARN,
        (_, 1) => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let registry =
        tracing_subscriber::registry().with(Targets::new().with_target("deskform", level));
    let ansi = color(global, io::stderr().is_terminal());
    let form = match global.log_format {
        LogFormat::Text => Form::Text { ansi },
        LogFormat::Json => Form::Json,
    };
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(Harmless {
            form,
            to: || Remarks,
        })
        .with_ansi(ansi);
    // A second start, as in tests, changes nothing.
    let _ = match global.log_format {
        LogFormat::Text => registry.with(layer.without_time()).try_init(),
        LogFormat::Json => registry.with(layer.json()).try_init(),
    };
}

/// What is told of a panic is where it happened, never its message: that may repeat any value.
pub(super) fn keep_panics_quiet(global: &Global) {
    let form = global.log_format;
    std::panic::set_hook(Box::new(move |panic| {
        tell_in(form, &last_words(panic, form == LogFormat::Json));
    }));
}

fn last_words(panic: &PanicHookInfo<'_>, json: bool) -> String {
    let place = panic.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("`{}:{}`", place.file(), place.line()),
    );
    let message = format!(
        "deskform {} has a defect at {place}",
        env!("CARGO_PKG_VERSION")
    );
    let help = "run `deskform plan` to see what is still to be done, and report the place";
    if json {
        safe::json(format!(
            "{}\n",
            json!({"level": "error", "message": message, "help": help})
        ))
    } else {
        format!("error: {message}\nhint: {help}\n")
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text {
        /// Whether the formatter's own colours are in them.
        ansi: bool,
    },
    Json,
}

/// Writes out what could steer a terminal or reorder a line, wherever the line comes from.
struct Harmless<W> {
    form: Form,
    to: W,
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Harmless<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            form: self.form,
            to: self.to.make_writer(),
        }
    }
}

/// The writer of one line; the formatter hands over whole lines.
struct Line<W> {
    form: Form,
    to: W,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = match self.form {
            Form::Json => safe::json(text.into_owned()),
            Form::Text { ansi } => safe::log_line(&masked(&text), ansi),
        };
        self.to.write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}1mb\u{202e}c\u{7}\r\nd";

    fn logged(form: Form) -> String {
        let kept = Kept::default();
        let to = kept.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(Harmless {
                form,
                to: move || to.clone(),
            })
            .without_time();
        let registry = tracing_subscriber::registry();
        let work = || {
            tracing::warn!(name = HOSTILE, "seen {HOSTILE}");
        };
        match form {
            Form::Json => tracing::subscriber::with_default(registry.with(layer.json()), work),
            Form::Text { ansi } => {
                tracing::subscriber::with_default(registry.with(layer.with_ansi(ansi)), work);
            }
        }
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn log_lines_are_harmless() {
        let text = logged(Form::Text { ansi: false });
        assert!(text.contains("seen a"), "{text:?}");
        for line in text.lines() {
            assert_eq!(safe::safe(line), line);
        }
        let json = logged(Form::Json);
        assert_eq!(safe::safe(json.trim_end()), json.trim_end());
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(
            value["fields"]["name"]
                .as_str()
                .unwrap()
                .contains('\u{202e}')
        );
        // With colours nothing but the formatter's own is left.
        let text = logged(Form::Text { ansi: true });
        for hostile in ["\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{7}", "\r"] {
            assert!(!text.contains(hostile), "{text:?}");
        }
        assert!(text.contains("\u{1b}["), "{text:?}");
    }

    #[test]
    fn a_panic_tells_no_value() {
        let words = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&words);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic
                .location()
                .is_some_and(|place| place.file().ends_with("logging.rs"))
            {
                let mut kept = kept.lock().unwrap();
                kept.extend([last_words(panic, false), last_words(panic, true)]);
            }
        }));
        let outcome = std::panic::catch_unwind(|| panic!("the key is {}", "hush-K3y"));
        std::panic::set_hook(before);
        assert!(outcome.is_err());
        let words = words.lock().unwrap();
        let place = format!("`{}:", file!());
        assert_eq!(words.len(), 2);
        for words in words.iter() {
            assert!(!words.contains("hush"), "{words}");
            assert!(words.contains(&place), "{words}");
        }
        serde_json::from_str::<serde_json::Value>(&words[1]).unwrap();
    }
}
