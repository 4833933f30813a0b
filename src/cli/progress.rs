//! What is seen while an organization is read: nobody shall wonder whether anything happens.
//!
//! On a terminal a line that is written over each second, elsewhere a line every half a minute.

use std::io::{self, IsTerminal};
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::common::remark;
use super::terminal::is_dumb;
use super::{Global, LogFormat};
use crate::api::page::{Known, MAX_PAGE};
use crate::clock::Clock;
use crate::report::duration;
use crate::session::Session;

/// How often a line is written where it stays.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How often it is written over on a terminal.
const REFRESH: Duration = Duration::from_secs(1);

/// How many calls the listings took the last time that a ledger remembers.
pub(super) fn remembered<'k>(listings: impl IntoIterator<Item = &'k Known>) -> u64 {
    let page = usize::try_from(MAX_PAGE).unwrap_or(usize::MAX);
    let calls = listings.into_iter().map(|known| known.objects / page + 1);
    u64::try_from(calls.sum::<usize>()).unwrap_or(u64::MAX)
}

/// Does some reading, and shows how far it has come; `expected` are the calls that it may take, 0 where
/// nobody knows.
pub(super) async fn reading<T>(
    global: &Global,
    session: &Session,
    expected: u64,
    work: impl Future<Output = T>,
) -> T {
    if global.quiet {
        return work.await;
    }
    let before = session.client.observed().calls;
    let told = |elapsed: Duration| {
        let calls = session.client.observed().calls.saturating_sub(before);
        words(calls, expected, elapsed)
    };
    let is_text = global.log_format == LogFormat::Text;
    // Lines of the log would tear a line that is written over.
    if is_text && global.verbose == 0 && io::stderr().is_terminal() && !is_dumb() {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        let done = watched(work, session.clock, REFRESH, |elapsed| {
            bar.set_message(told(elapsed));
            bar.tick();
        })
        .await;
        bar.finish_and_clear();
        return done;
    }
    watched(work, session.clock, HEARTBEAT, |elapsed| {
        remark(global, &told(elapsed));
    })
    .await
}

/// Does some work and tells from time to time how long it has taken.
async fn watched<T>(
    work: impl Future<Output = T>,
    clock: Clock,
    every: Duration,
    mut tell: impl FnMut(Duration),
) -> T {
    let begun_ms = clock.now_ms();
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = clock.sleep(every) => {
                let ms = clock.now_ms().saturating_sub(begun_ms);
                tell(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
            }
        }
    }
}

/// How far reading has come, in words.
fn words(calls: u64, expected: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let noun = if calls == 1 { "call" } else { "calls" };
    let so_far = format!("reading: {calls} {noun} in {seconds} s");
    match seconds
        .saturating_mul(expected.saturating_sub(calls))
        .checked_div(calls)
    {
        Some(left) if left > 0 => format!("{so_far}, {} left", duration(left)),
        _ => so_far,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_comes_every_half_a_minute() {
        let clock = Clock::starting_at(0);
        let mut told = Vec::new();
        let work = async {
            clock.sleep(Duration::from_secs(95)).await;
            "read"
        };
        let done = watched(work, clock, HEARTBEAT, |elapsed| {
            told.push(elapsed.as_secs());
        })
        .await;
        assert_eq!((done, told), ("read", vec![30, 60, 90]));
        // What is over at once says nothing.
        watched(async {}, clock, HEARTBEAT, |_| panic!("it says something")).await;
    }

    #[test]
    fn what_remains_is_told_where_the_ledger_remembers_how_much_there_is() {
        let elapsed = Duration::from_secs(30);
        assert_eq!(words(1, 0, elapsed), "reading: 1 call in 30 s");
        assert_eq!(
            words(100, 300, elapsed),
            "reading: 100 calls in 30 s, about 60 s left"
        );
        assert_eq!(words(301, 300, elapsed), "reading: 301 calls in 30 s");
        assert_eq!(words(0, 300, elapsed), "reading: 0 calls in 30 s");
        let listing = |objects| Known {
            objects,
            ..Known::default()
        };
        assert_eq!(remembered(&[listing(0), listing(99), listing(250)]), 5);
    }
}
