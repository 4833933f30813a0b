//! How long a command waits: for a limit of Zoho Desk, and for the lock of another run.

use std::ops::ControlFlow;
use std::time::Duration;

use super::Global;
use super::common::{Failure, remark};
use super::signals::Signals;
use super::store::holder;
use crate::clock::Clock;
use crate::ledger::{Holder, LockError};
use crate::problem::{Code, Problem};

/// How often a lock that somebody holds is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The option of every command that asks a server.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct MaxWait {
    /// The longest wait for a limit of Zoho Desk, such as `90s`, `5m` or `1h`; the default is 5m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_wait: Option<Duration>,
}

/// The option of every command that takes the ledger's lock.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LockTimeout {
    /// How long to wait for the lock of another run, such as `90s`, `5m` or `1h`; the default is not
    /// at all
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub lock_timeout: Option<Duration>,
}

/// A parser of whole numbers in a range, which says so where another text stands.
pub(super) fn whole<T: TryFrom<u64>>(
    from: u64,
    to: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse::<u64>().ok();
        number
            .filter(|number| (from..=to).contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("write a whole number from {from} to {to}"))
    }
}

/// Reads a duration: a whole number and its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a whole number and its unit: `90s`, `5m` or `1h`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..) {
        Some("s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        _ => return Err(wrong()),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse::<u64>().ok().filter(|_| is_number);
    let seconds = number
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(wrong)?;
    // A week is longer than any limit or run, and every clock can count it.
    if seconds > 7 * 24 * 3_600 {
        return Err("a week (`168h`) is the longest".to_owned());
    }
    Ok(Duration::from_secs(seconds))
}

/// Takes a lock, again and again until the time is over where another run holds it.
///
/// A signal ends the waiting between two attempts; an attempt that has begun is finished, so that no
/// lock is left behind.
///
/// # Errors
/// The failure of the last attempt, or that a signal came.
pub(super) async fn lock<T, E, F>(
    global: &Global,
    timeout: LockTimeout,
    clock: Clock,
    signals: &mut Signals,
    mut take: impl FnMut(Holder) -> F,
    held: impl Fn(&E) -> Option<LockError>,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, E>>,
    Failure: From<E>,
{
    let begun_ms = clock.now_ms();
    let longest = timeout.lock_timeout.unwrap_or_default();
    let mut is_told = false;
    loop {
        let error = match take(holder(clock)).await {
            Ok(taken) => return Ok(taken),
            Err(error) => error,
        };
        let waited = clock.now_ms().saturating_sub(begun_ms);
        let left = longest.saturating_sub(Duration::from_millis(
            u64::try_from(waited).unwrap_or_default(),
        ));
        let Some(lock @ LockError::Held(_)) = held(&error).filter(|_| !left.is_zero()) else {
            return Err(error.into());
        };
        if !is_told {
            is_told = true;
            remark(
                global,
                &format!("{lock}; waiting for {} s at most", longest.as_secs()),
            );
        }
        let pause = clock.sleep(left.min(LOOK_AGAIN));
        let is_over = signals.during(pause, |_| ControlFlow::Break(())).await;
        if is_over.is_none() {
            return Err(Problem::error(
                Code::Interrupted,
                "interrupted while another run held the lock; nothing was done",
            )
            .into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, seconds) in [
            ("90s", 90),
            ("5m", 300),
            ("1h", 3_600),
            ("0s", 0),
            ("168h", 604_800),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "-5m",
            "+5m",
            "5 m",
            "1.5h",
            "5min",
            "5M",
            "1h30m",
            "169h",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
