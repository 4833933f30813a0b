//! Schedules as texts.

use std::fmt;
use std::time::Duration;

use super::{Fault, Faults, Missing, Quirks, Rule, When};

/// The longest delay and lag, in seconds.
const LONGEST: f64 = 86_400.0;

/// The names of all faults, for error messages.
const NAMES: &str = "`not-sent`, `lost-before`, `lost-after`, `reset`, `429`, `minute-limit`, \
     `day-limit`, `400` to `599`, `500-after`, `html`, `html-after`, `truncated`, `cut-body`, \
     `empty`, `unstored`, `token-expired`, `token-revoked`, `slow`, `not-stored`, `shift`";

/// The keys of a schedule, for error messages.
const KEYS: &str = "`seed`, `probability`, `kinds`, `budget`, `runs`, `nth`, `every`, `chance`, \
     `write`, `on`, `token`, `quirks`, `list-lag`, `list-lag-reads`, \
     `search-lag`";

/// Turns a quirk on.
pub(super) type Switch = fn(&mut Quirks);

/// The names of all quirks with their switches.
pub(super) const QUIRKS: [(&str, Switch); 16] = [
    ("lower-case-emails", |quirks| {
        quirks.lower_case_emails = true;
    }),
    ("ids-as-numbers", |quirks| quirks.ids_as_numbers = true),
    ("booleans-as-strings", |quirks| {
        quirks.booleans_as_strings = true;
    }),
    ("nulls", |quirks| quirks.missing = Missing::Null),
    ("omit-nulls", |quirks| quirks.missing = Missing::Omitted),
    ("empty-200", |quirks| quirks.empty_ok = true),
    ("unknown-fields", |quirks| quirks.unknown_fields = true),
    ("duplicates-taken", |quirks| quirks.duplicates_taken = true),
    ("days-as-numbers", |quirks| quirks.days_as_numbers = true),
    ("sections-merge", |quirks| quirks.sections_merge = true),
    ("pages-from-0", |quirks| quirks.pages_from = Some(0)),
    ("pages-from-1", |quirks| quirks.pages_from = Some(1)),
    ("dear-pages", |quirks| quirks.dear_pages = true),
    ("limits-untold", |quirks| quirks.limits_untold = true),
    ("edition-unshown", |quirks| quirks.edition_unshown = true),
    ("keeps-left-out", |quirks| quirks.keeps_left_out = true),
];

/// Why a text is no schedule of faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A part is no `key=value`.
    #[error("`{0}` has no value; write it as `key=value`")]
    NoValue(String),
    /// No such key.
    #[error("`{0}` is unknown; the keys are {KEYS}")]
    Key(String),
    /// A figure is none, or out of range.
    #[error("`{value}` cannot be `{key}`; it must be {expected}")]
    Figure {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// No such fault.
    #[error("`{0}` is no fault; the faults are {NAMES}")]
    Fault(String),
    /// No such quirk.
    #[error(
        "`{0}` is no quirk; the quirks are `lower-case-emails`, `ids-as-numbers`, \
         `booleans-as-strings`, `nulls`, `omit-nulls`, `empty-200`, `unknown-fields`, \
         `duplicates-taken`, `days-as-numbers`, `sections-merge`, `pages-from-0`, `pages-from-1`, \
         `dear-pages`, `limits-untold`, `edition-unshown`, `keeps-left-out`"
    )]
    Quirk(String),
    /// A rule without a fault.
    #[error("`{0}` names no fault; write it as `nth=3:lost-after`")]
    NoFault(String),
    /// Faults are chosen and never come.
    #[error("`kinds` needs `probability`, such as `probability=0.05`")]
    NoProbability,
}

fn figure<T: std::str::FromStr>(
    key: &str,
    value: &str,
    expected: &'static str,
    is_good: impl Fn(&T) -> bool,
) -> Result<T, SpecError> {
    value
        .parse()
        .ok()
        .filter(is_good)
        .ok_or_else(|| SpecError::Figure {
            key: key.to_owned(),
            value: value.to_owned(),
            expected,
        })
}

/// A time in seconds, of at most a day.
fn seconds(key: &str, value: &str) -> Result<Duration, SpecError> {
    let seconds = figure(key, value, "seconds from 0 to 86400", |seconds: &f64| {
        (0.0..=LONGEST).contains(seconds)
    })?;
    // In range, so that it always converts.
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Whole seconds, as `Retry-After` has them.
fn whole_seconds(key: &str, value: &str) -> Result<Duration, SpecError> {
    figure(key, value, "whole seconds from 0 to 86400", |n: &u64| {
        *n <= 86_400
    })
    .map(Duration::from_secs)
}

fn fault(text: &str) -> Result<Fault, SpecError> {
    let (name, figures) = match text.split_once(':') {
        Some((name, figures)) => (name, Some(figures)),
        None => (text, None),
    };
    let unknown = || SpecError::Fault(text.to_owned());
    let after = figures
        .map(|figures| whole_seconds(name, figures))
        .transpose();
    let status = |default: u16, least: u16| match figures {
        None => Ok(default),
        Some(figures) => figure(name, figures, "a status up to 599", |status: &u16| {
            (least..=599).contains(status)
        }),
    };
    let (bare, effect) = match name.strip_suffix("-after") {
        Some(bare) => (bare, true),
        None => (name, false),
    };
    match (name, bare) {
        ("429", _) => {
            return Ok(Fault::TooManyRequests {
                retry_after: after?,
            });
        }
        ("minute-limit", _) => {
            return Ok(Fault::MinuteLimit {
                retry_after: after?,
            });
        }
        ("day-limit", _) => {
            return Ok(Fault::DayLimit {
                retry_after: after?,
            });
        }
        ("slow", _) => {
            let delay = figures.map_or(Ok(Duration::from_secs(10)), |text| seconds(name, text))?;
            return Ok(Fault::Slow(delay));
        }
        ("empty", _) => {
            let status = status(200, 200)?;
            let is_known = matches!(status, 200 | 204);
            return is_known
                .then_some(Fault::Empty { status })
                .ok_or_else(unknown);
        }
        (_, "html") => {
            let status = status(502, 200)?;
            return Ok(Fault::Html { status, effect });
        }
        _ if figures.is_some() => return Err(unknown()),
        _ => {}
    }
    Ok(match name {
        "not-sent" => Fault::NotSent,
        "lost-before" => Fault::LostBefore,
        "lost-after" => Fault::LostAfter,
        "reset" => Fault::Reset,
        "truncated" => Fault::Truncated,
        "cut-body" => Fault::CutBody,
        "unstored" => Fault::Unstored,
        "token-expired" => Fault::TokenExpired,
        "token-revoked" => Fault::TokenRevoked,
        "not-stored" => Fault::NotStored,
        "shift" => Fault::Shift,
        _ => match bare.parse() {
            Ok(status @ 500..=599) => Fault::Status { status, effect },
            // The two others say something of the token, and of a limit.
            Ok(status @ (400 | 402..=428 | 430..=499)) if !effect => {
                Fault::Status { status, effect }
            }
            _ => return Err(unknown()),
        },
    })
}

/// Reads `CONDITION:FAULT` or `CONDITION:FAULT*TIMES`.
fn rule(key: &str, value: &str) -> Result<Rule, SpecError> {
    let (value, times) = match value.rsplit_once('*') {
        Some((head, times)) if !times.contains(':') => {
            let times = figure("times", times, "a whole number", |_: &u32| true)?;
            (head, Some(times))
        }
        _ => (value, None),
    };
    let (condition, name) = value
        .split_once(':')
        .ok_or_else(|| SpecError::NoFault(format!("{key}={value}")))?;
    let count = || figure(key, condition, "a whole number from 1", |n: &u64| *n > 0);
    let when = match key {
        "nth" => When::Nth(count()?),
        "every" => When::Every(count()?),
        "write" => When::Write(count()?),
        "token" => When::Token(count()?),
        "chance" => When::Probability(probability(key, condition)?),
        _ => {
            let (method, path) = condition
                .split_once(' ')
                .filter(|(_, path)| path.starts_with('/'))
                .ok_or_else(|| SpecError::Figure {
                    key: key.to_owned(),
                    value: condition.to_owned(),
                    expected: "a method, or `*`, a space and a path, such as `POST /contacts`",
                })?;
            When::On {
                method: (method != "*").then(|| method.to_uppercase()),
                path: path.to_owned(),
            }
        }
    };
    Ok(Rule {
        when,
        fault: fault(name)?,
        times,
    })
}

fn probability(key: &str, value: &str) -> Result<f64, SpecError> {
    figure(key, value, "a number from 0 to 1", |p: &f64| {
        (0.0..=1.0).contains(p)
    })
}

impl Faults {
    /// Reads a schedule from a text such as `seed=7,probability=0.05,nth=3:lost-after`.
    ///
    /// Keys, parted by commas: `seed`; `probability` of one of the `kinds` (parted by `+`; unless
    /// told, [`Fault::passing`]) befalling a request; `budget`, the most faults a run; `runs`, the
    /// number of runs with faults; rules as [`When`] has them, with `*TIMES` behind to bound them;
    /// `quirks`, parted by `+`; `list-lag` and `search-lag` in seconds; `list-lag-reads`, the number
    /// of reads. An empty text is a schedule without faults.
    ///
    /// # Errors
    /// [`SpecError`] naming the first part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let mut seed = 1;
        let mut chance = None;
        let mut kinds = None;
        let (mut budget, mut runs) = (None, None);
        let mut rules = Vec::new();
        let mut quirks = Quirks::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (key, value) = part
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.trim()))
                .ok_or_else(|| SpecError::NoValue(part.to_owned()))?;
            let whole = |expected| figure(key, value, expected, |_: &u32| true);
            match key {
                "seed" => seed = figure(key, value, "a whole number", |_: &u64| true)?,
                "probability" => chance = Some(probability(key, value)?),
                "kinds" => {
                    let listed: Result<Vec<Fault>, SpecError> =
                        value.split('+').map(|name| fault(name.trim())).collect();
                    kinds = Some(listed?);
                }
                "budget" => budget = Some(whole("a whole number of faults")?),
                "runs" => runs = Some(whole("a whole number of runs")?),
                "nth" | "every" | "chance" | "write" | "on" | "token" => {
                    rules.push(rule(key, value)?);
                }
                "quirks" => {
                    for name in value.split('+').map(str::trim) {
                        let (_, set) = QUIRKS
                            .iter()
                            .find(|(known, _)| *known == name)
                            .ok_or_else(|| SpecError::Quirk(name.to_owned()))?;
                        set(&mut quirks);
                    }
                }
                "list-lag-reads" => quirks.list_lag_reads = whole("a whole number of reads")?,
                "list-lag" => quirks.list_lag = seconds(key, value)?,
                "search-lag" => quirks.search_lag = seconds(key, value)?,
                _ => return Err(SpecError::Key(key.to_owned())),
            }
        }
        let mut faults = Self::new(seed).with_quirks(quirks);
        match (chance, kinds) {
            (Some(chance), kinds) => {
                faults = faults.with_mix(chance, kinds.unwrap_or_else(Fault::passing));
            }
            (None, Some(_)) => return Err(SpecError::NoProbability),
            (None, None) => {}
        }
        faults.budget = budget;
        faults.last_run = runs;
        Ok(rules.into_iter().fold(faults, Self::with_rule))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_figure = |f: &mut fmt::Formatter<'_>, name: &str, wait: &Option<Duration>| {
            f.write_str(name)?;
            wait.map_or(Ok(()), |wait| write!(f, ":{}", wait.as_secs()))
        };
        match self {
            Self::NotSent => f.write_str("not-sent"),
            Self::LostBefore => f.write_str("lost-before"),
            Self::LostAfter => f.write_str("lost-after"),
            Self::Reset => f.write_str("reset"),
            Self::TooManyRequests { retry_after } => with_figure(f, "429", retry_after),
            Self::MinuteLimit { retry_after } => with_figure(f, "minute-limit", retry_after),
            Self::DayLimit { retry_after } => with_figure(f, "day-limit", retry_after),
            Self::Status { status, effect } => {
                write!(f, "{status}{}", if *effect { "-after" } else { "" })
            }
            Self::Html { status, effect } => {
                write!(f, "html{}:{status}", if *effect { "-after" } else { "" })
            }
            Self::Truncated => f.write_str("truncated"),
            Self::CutBody => f.write_str("cut-body"),
            Self::Empty { status } => write!(f, "empty:{status}"),
            Self::Unstored => f.write_str("unstored"),
            Self::TokenExpired => f.write_str("token-expired"),
            Self::TokenRevoked => f.write_str("token-revoked"),
            Self::Slow(delay) => write!(f, "slow:{}", delay.as_secs_f64()),
            Self::NotStored => f.write_str("not-stored"),
            Self::Shift => f.write_str("shift"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.when {
            When::Nth(n) => write!(f, "nth={n}")?,
            When::Every(n) => write!(f, "every={n}")?,
            When::Probability(p) => write!(f, "chance={p}")?,
            When::Write(n) => write!(f, "write={n}")?,
            When::On { method, path } => {
                write!(f, "on={} {path}", method.as_deref().unwrap_or("*"))?;
            }
            When::Token(n) => write!(f, "token={n}")?,
        }
        write!(f, ":{}", self.fault)?;
        self.times.map_or(Ok(()), |times| write!(f, "*{times}"))
    }
}

/// The text that [`Faults::parse`] reads; what has happened so far is no part of it.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed={}", self.seed)?;
        if let Some(mix) = &self.mix {
            let kinds: Vec<String> = mix.kinds.iter().map(ToString::to_string).collect();
            write!(f, ",probability={}", mix.probability)?;
            write!(f, ",kinds={}", kinds.join("+"))?;
        }
        if let Some(budget) = self.budget {
            write!(f, ",budget={budget}")?;
        }
        if let Some(runs) = self.last_run {
            write!(f, ",runs={runs}")?;
        }
        for rule in self.rules() {
            write!(f, ",{rule}")?;
        }
        let quirks = &self.quirks;
        let names: Vec<&str> = QUIRKS
            .iter()
            .filter(|(_, set)| {
                let mut with = quirks.clone();
                set(&mut with);
                with == *quirks
            })
            .map(|(name, _)| *name)
            .collect();
        if !names.is_empty() {
            write!(f, ",quirks={}", names.join("+"))?;
        }
        if !quirks.list_lag.is_zero() {
            write!(f, ",list-lag={}", quirks.list_lag.as_secs_f64())?;
        }
        if quirks.list_lag_reads > 0 {
            write!(f, ",list-lag-reads={}", quirks.list_lag_reads)?;
        }
        if !quirks.search_lag.is_zero() {
            write!(f, ",search-lag={}", quirks.search_lag.as_secs_f64())?;
        }
        Ok(())
    }
}
