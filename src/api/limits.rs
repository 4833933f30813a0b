//! What answers say about limits, and what the client does about it before the next call.
//!
//! Nothing is assumed before an answer said it: neither the limit of a minute nor that of a day.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::dialect::Dialect;
use crate::clock::Clock;

/// Longest wait that a minute's limit can ask for; a reset that is further away is a wrong clock.
const MINUTE: Duration = Duration::from_secs(61);

/// Calls at the same time before the edition is known: what the smallest edition allows.
pub const DEFAULT_CONCURRENCY: usize = 5;

/// The minute's limit as an answer's headers tell it.
///
/// Source: the guide's headers `X-RateLimit-Limit`, `-Remaining` and `-Reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteLimit {
    /// Calls allowed in a minute.
    pub limit: u64,
    /// Calls left in this minute.
    pub remaining: u64,
    /// When the minute ends, in milliseconds since the Unix epoch.
    pub reset_ms: i64,
}

/// What a run has seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Observed {
    /// The dialect that the headers give away.
    pub dialect: Option<Dialect>,
    /// Credits left today, by the last answer that said it.
    pub credits_remaining: Option<u64>,
    /// Credits that this run has spent.
    pub credits_spent: u64,
    /// Calls that this run has sent to Desk, repetitions included.
    pub calls: u64,
    /// The minute's limit, by the last answer that said it.
    pub minute: Option<MinuteLimit>,
}

/// The limit headers of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitHeaders {
    /// What the call cost, in credits: `X-Rate-Limit-Request-Weight-v3`.
    pub weight: Option<u64>,
    /// Credits left today: `X-Rate-Limit-Remaining-v3`.
    pub credits_remaining: Option<u64>,
    /// Calls allowed in a minute: `X-RateLimit-Limit`.
    pub minute_limit: Option<u64>,
    /// Calls left in this minute: `X-RateLimit-Remaining`.
    pub minute_remaining: Option<u64>,
    /// When the minute ends, in milliseconds since the Unix epoch: `X-RateLimit-Reset`.
    pub minute_reset_ms: Option<i64>,
}

impl LimitHeaders {
    /// Reads the headers of an answer that came at `now_ms`.
    #[must_use]
    pub fn read(headers: &HeaderMap, now_ms: i64) -> Self {
        let number = |name: &str| text(headers, name).and_then(|text| text.parse::<u64>().ok());
        Self {
            weight: number("x-rate-limit-request-weight-v3"),
            credits_remaining: number("x-rate-limit-remaining-v3"),
            minute_limit: number("x-ratelimit-limit"),
            minute_remaining: number("x-ratelimit-remaining"),
            minute_reset_ms: number("x-ratelimit-reset")
                .map(|number| epoch_ms(number, now_ms))
                .map(|reset| reset.min(now_ms.saturating_add(millis(MINUTE)))),
        }
    }

    /// The dialect that the headers give away, if any is there.
    #[must_use]
    pub const fn dialect(&self) -> Option<Dialect> {
        if self.weight.is_some() || self.credits_remaining.is_some() {
            Some(Dialect::Openapi)
        } else if self.minute_limit.is_some() {
            Some(Dialect::Guide)
        } else {
            None
        }
    }

    /// How long the minute's limit asks to wait, if it is used up.
    #[must_use]
    pub fn minute_wait(&self, now_ms: i64) -> Option<Duration> {
        match (self.minute_remaining, self.minute_reset_ms) {
            (Some(0), Some(reset)) if reset > now_ms => Some(from_millis(reset - now_ms)),
            _ => None,
        }
    }
}

/// The wait that `Retry-After` asks for: seconds or an HTTP date.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = text(headers, "retry-after")?;
    if let Ok(seconds) = text.parse::<u64>() {
        // A week is beyond every limit of Desk and keeps sums from overflowing.
        return Some(Duration::from_secs(seconds.min(7 * 24 * 3600)));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(from_millis(date.timestamp().as_millisecond() - now_ms))
}

/// Milliseconds of a duration.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration of so many milliseconds; none below zero.
pub(super) fn from_millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// An epoch in seconds; milliseconds and seconds from now are told apart by their size.
fn epoch_ms(number: u64, now_ms: i64) -> i64 {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    match number {
        0..100_000_000 => now_ms.saturating_add(number * 1000),
        100_000_000..100_000_000_000 => number * 1000,
        _ => number,
    }
}

/// The slots and the limits that all calls of a client share.
#[derive(Debug)]
pub(super) struct Limits {
    slots: Semaphore,
    state: Mutex<State>,
    answered: Notify,
}

#[derive(Debug)]
struct State {
    observed: Observed,
    /// Slots wanted, and slots still to be taken away as calls end.
    concurrency: usize,
    surplus: usize,
    window: Option<Window>,
    in_flight: u64,
    paused_until_ms: i64,
}

/// The minute under way. What is left is counted down with each call that is sent, since an
/// answer's header knows nothing of the calls behind it.
#[derive(Debug, Clone, Copy)]
struct Window {
    limit: u64,
    remaining: u64,
    /// None after a reset, until an answer tells the next one.
    reset_ms: Option<i64>,
}

enum Turn {
    Go,
    At(i64),
    AfterAnAnswer,
}

/// The right to send one call; it ends when dropped.
pub(super) struct Turnstile<'a> {
    limits: &'a Limits,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Turnstile<'_> {
    fn drop(&mut self) {
        let mut state = self.limits.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        if state.surplus > 0 {
            state.surplus -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
        drop(state);
        self.limits.answered.notify_waiters();
    }
}

impl Limits {
    pub(super) fn new(concurrency: usize) -> Self {
        let concurrency = concurrency.clamp(1, 100);
        Self {
            slots: Semaphore::new(concurrency),
            state: Mutex::new(State {
                observed: Observed::default(),
                concurrency,
                surplus: 0,
                window: None,
                in_flight: 0,
                paused_until_ms: i64::MIN,
            }),
            answered: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn observed(&self) -> Observed {
        self.lock().observed
    }

    pub(super) fn concurrency(&self) -> usize {
        self.lock().concurrency
    }

    /// Changes how many calls may be active at once; calls under way are not disturbed.
    pub(super) fn set_concurrency(&self, wanted: usize) {
        let wanted = wanted.clamp(1, 100);
        let mut state = self.lock();
        if wanted >= state.concurrency {
            let more = wanted - state.concurrency;
            let kept = more.min(state.surplus);
            state.surplus -= kept;
            self.slots.add_permits(more - kept);
        } else {
            let fewer = state.concurrency - wanted;
            state.surplus += fewer - self.slots.forget_permits(fewer);
        }
        state.concurrency = wanted;
    }

    /// Waits for a slot, and for the minute's limit if an answer has told one.
    pub(super) async fn enter(&self, clock: &Clock) -> Turnstile<'_> {
        // The semaphore is never closed, so that an error cannot come; no slot is then held.
        let permit = self.slots.acquire().await.ok();
        loop {
            let answered = self.answered.notified();
            tokio::pin!(answered);
            answered.as_mut().enable();
            let turn = self.lock().turn(clock.now_ms());
            match turn {
                Turn::Go => {
                    return Turnstile {
                        limits: self,
                        permit,
                    };
                }
                Turn::At(until_ms) => {
                    clock.sleep(from_millis(until_ms - clock.now_ms())).await;
                }
                Turn::AfterAnAnswer => answered.await,
            }
        }
    }

    /// Takes note of an answer's headers.
    pub(super) fn note(&self, headers: &LimitHeaders) {
        let mut state = self.lock();
        let state = &mut *state;
        let observed = &mut state.observed;
        observed.dialect = observed.dialect.or(headers.dialect());
        observed.credits_spent = observed
            .credits_spent
            .saturating_add(headers.weight.unwrap_or(0));
        observed.credits_remaining = headers.credits_remaining.or(observed.credits_remaining);
        let (Some(limit), Some(remaining), Some(reset_ms)) = (
            headers.minute_limit,
            headers.minute_remaining,
            headers.minute_reset_ms,
        ) else {
            return;
        };
        // The answered call is still counted as being in flight here.
        let behind = state.in_flight.saturating_sub(1);
        let fresh = Window {
            limit,
            remaining: remaining.saturating_sub(behind),
            reset_ms: Some(reset_ms),
        };
        let window = match state.window {
            None => fresh,
            Some(old) => match old.reset_ms {
                // An answer of a minute that is over.
                Some(known) if reset_ms < known => old,
                Some(known) if reset_ms > known => fresh,
                _ => Window {
                    limit,
                    remaining: old.remaining.min(remaining),
                    reset_ms: Some(reset_ms),
                },
            },
        };
        state.window = Some(window);
        observed.minute = Some(MinuteLimit {
            limit,
            remaining,
            reset_ms,
        });
    }

    /// Counts a call that may have reached the server.
    pub(super) fn count(&self) {
        let mut state = self.lock();
        state.observed.calls = state.observed.calls.saturating_add(1);
    }

    /// Holds every call back until then.
    pub(super) fn pause(&self, until_ms: i64) {
        let mut state = self.lock();
        state.paused_until_ms = state.paused_until_ms.max(until_ms);
    }
}

impl State {
    fn turn(&mut self, now_ms: i64) -> Turn {
        if self.paused_until_ms > now_ms {
            return Turn::At(self.paused_until_ms);
        }
        if let Some(window) = &mut self.window {
            if window.reset_ms.is_some_and(|reset| reset <= now_ms) {
                window.reset_ms = None;
                window.remaining = window.limit.saturating_sub(self.in_flight);
            }
            if window.remaining > 0 {
                window.remaining -= 1;
            } else if let Some(reset) = window.reset_ms {
                return Turn::At(reset);
            } else if self.in_flight > 0 {
                return Turn::AfterAnAnswer;
            }
        }
        self.in_flight += 1;
        Turn::Go
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn headers_tell_the_dialect_and_the_limits() {
        let read = |pairs: &[(&'static str, &str)]| LimitHeaders::read(&headers(pairs), NOW);
        let openapi = read(&[
            ("x-rate-limit-request-weight-v3", "3"),
            ("x-rate-limit-remaining-v3", "49000"),
        ]);
        assert_eq!(openapi.dialect(), Some(Dialect::Openapi));
        assert_eq!(
            (openapi.weight, openapi.credits_remaining),
            (Some(3), Some(49_000))
        );
        let guide = read(&[
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1767225630"),
        ]);
        assert_eq!(guide.dialect(), Some(Dialect::Guide));
        assert_eq!(guide.minute_wait(NOW), Some(Duration::from_secs(30)));
        assert_eq!(guide.minute_wait(NOW + 30_000), None);
        assert_eq!(
            read(&[("x-ratelimit-limit", "many")]),
            LimitHeaders::default()
        );
        // Milliseconds, seconds from now, and a clock that is far off.
        for (text, expected) in [
            ("1767225630000", NOW + 30_000),
            ("30", NOW + 30_000),
            ("1767229999", NOW + 61_000),
            ("18446744073709551615", NOW + 61_000),
            ("1600000000", 1_600_000_000_000),
        ] {
            assert_eq!(
                read(&[("x-ratelimit-reset", text)]).minute_reset_ms,
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            ("99999999999", Some(7 * 24 * 3600)),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
            ("Wed, 31 Dec 2025 00:01:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(
                retry_after(&headers(&[("retry-after", text)]), NOW),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }

    fn minute(remaining: u64, reset_ms: i64) -> LimitHeaders {
        LimitHeaders {
            minute_limit: Some(3),
            minute_remaining: Some(remaining),
            minute_reset_ms: Some(reset_ms),
            ..LimitHeaders::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_used_up_minute_holds_calls_until_its_reset() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(10);
        // Nothing is assumed before the first header.
        let first: Vec<_> =
            futures_util::future::join_all((0..10).map(|_| limits.enter(&clock))).await;
        assert_eq!(clock.now_ms(), NOW);
        drop(first);
        let turn = limits.enter(&clock).await;
        limits.note(&minute(2, NOW + 20_000));
        drop(turn);
        for _ in 0..2 {
            drop(limits.enter(&clock).await);
        }
        assert_eq!(clock.now_ms(), NOW);
        drop(limits.enter(&clock).await);
        assert_eq!(clock.now_ms(), NOW + 20_000);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_reset_the_limit_counts_until_a_header_tells_the_next_one() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(10);
        let turn = limits.enter(&clock).await;
        limits.note(&minute(0, NOW + 1000));
        drop(turn);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(limits.enter(&clock).await);
        }
        assert_eq!(clock.now_ms(), NOW + 1000);
        // The fourth waits for an answer, which tells the reset, and then for the reset.
        let fourth = async {
            drop(limits.enter(&clock).await);
            clock.now_ms()
        };
        let answer = async {
            clock.sleep(Duration::from_millis(500)).await;
            limits.note(&minute(0, NOW + 61_000));
            held.pop();
        };
        let (at, ()) = tokio::join!(fourth, answer);
        assert_eq!(at, NOW + 61_000);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_grow_and_shrink_under_way() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(2);
        let mut held = vec![limits.enter(&clock).await, limits.enter(&clock).await];
        limits.set_concurrency(1);
        held.pop();
        assert_eq!(limits.slots.available_permits(), 0);
        held.pop();
        assert_eq!(limits.slots.available_permits(), 1);
        limits.set_concurrency(4);
        assert_eq!(limits.slots.available_permits(), 4);
        limits.set_concurrency(0);
        assert_eq!(
            (limits.concurrency(), limits.slots.available_permits()),
            (1, 1)
        );
        let turn = limits.enter(&clock).await;
        limits.set_concurrency(3);
        limits.set_concurrency(1);
        drop(turn);
        assert_eq!(limits.slots.available_permits(), 1);
    }
}
