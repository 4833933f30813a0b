//! What answers say about limits, and what the client does about it before the next call.
//!
//! Nothing is assumed before an answer said it: neither the limit of a minute nor that of a day.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, watch};

use super::error::ErrorKind;
use super::limit_headers::{LimitHeaders, from_millis, millis};
use crate::clock::Clock;
use crate::dialect::Dialect;

/// Calls at the same time before the edition is known: what the smallest edition allows.
pub const DEFAULT_CONCURRENCY: usize = 5;

/// The longest wait before a call is repeated: a refusal that asks for more is given up.
pub const MAX_WAIT: Duration = Duration::from_secs(300);

/// A wait that is shorter is not worth a word.
const SHOWN_WAIT: Duration = Duration::from_secs(1);

/// How long a call waits for its turn once the run is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// As long as it takes: it reads, or an earlier attempt may have had an effect.
    Endless,
    /// For a slot, and for no time to pass: it finishes what other calls have begun.
    Short,
    /// Not at all: nothing was written, so it is not under way.
    None,
}

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

/// The day's limit as the guide's headers tell it, where they speak of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayLimit {
    /// Calls allowed in a day, where that is told.
    pub limit: Option<u64>,
    /// Calls left today.
    pub remaining: u64,
    /// When the day ends, in milliseconds since the Unix epoch, where that is told.
    pub reset_ms: Option<i64>,
}

/// The reads that were answered, and what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reads {
    /// Successful GETs.
    pub calls: u64,
    /// Their price in credits: as the answers told it, else by the dearer of the published tables.
    pub credits: u64,
    /// How many of them are counted at the dearer of two published prices.
    pub at_dearer_price: u64,
}

impl Reads {
    /// What came since an earlier count.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(earlier.calls),
            credits: self.credits.saturating_sub(earlier.credits),
            at_dearer_price: self.at_dearer_price.saturating_sub(earlier.at_dearer_price),
        }
    }

    /// Both counts together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            credits: self.credits.saturating_add(other.credits),
            at_dearer_price: self.at_dearer_price.saturating_add(other.at_dearer_price),
        }
    }
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
    /// The day's limit in calls, by the last answer that said it.
    pub day: Option<DayLimit>,
    /// The reads that were answered.
    pub reads: Reads,
    /// Answers that came, and the milliseconds that they took together.
    pub answers: (u64, u64),
}

impl Observed {
    /// How long an answer takes on average, in milliseconds, once one has come.
    #[must_use]
    pub const fn latency_ms(&self) -> Option<u64> {
        self.answers.1.checked_div(self.answers.0)
    }
}

/// The slots and the limits that all calls of a client share.
#[derive(Debug)]
pub(super) struct Limits {
    slots: Semaphore,
    state: Mutex<State>,
    /// Told whenever a call ends or begins to rest.
    changed: Notify,
    /// Whether the run is to end: what has not gone out and can be given up does not go out.
    stopped: watch::Sender<bool>,
    /// The longest wait before a call goes out or is repeated, in milliseconds.
    max_wait_ms: AtomicU64,
}

#[derive(Debug)]
struct State {
    observed: Observed,
    /// Slots allowed, slots in use of these since the server found them too many, and slots still
    /// to be taken away as calls end.
    allowed: usize,
    concurrency: usize,
    surplus: usize,
    /// How often the slots were cut down, and the good answers to calls begun since.
    round: u64,
    good: usize,
    window: Option<Window>,
    in_flight: u64,
    resting: usize,
    paused_until_ms: i64,
    /// The end of the longest wait that was shown.
    shown_until_ms: i64,
    given_up: Option<GivenUp>,
}

/// A limit was met that is not waited for, the day's above all; the end is not always told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GivenUp {
    pub(super) kind: ErrorKind,
    pub(super) until_ms: Option<i64>,
}

/// Why a call does not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoTurn {
    /// The run is to end, and the call's patience with it.
    Stopped,
    /// The minute's limit would let it wait until then, which is longer than allowed.
    TooLong(i64),
}

/// The minute under way. What is left is counted down with each call that is sent, since an
/// answer's header knows nothing of the calls behind it.
#[derive(Debug, Clone, Copy)]
struct Window {
    limit: u64,
    remaining: u64,
    /// The least that an answer of this minute has told to be left.
    told: Option<u64>,
    /// Calls of this minute whose answers told nothing of it, or were lost: they may count or not.
    untold: u64,
    /// None after a reset, until an answer tells the next one.
    reset_ms: Option<i64>,
    /// The reset before.
    begun_ms: i64,
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
    /// How often the slots had been cut down when the call began.
    round: u64,
    /// Whether it is known what the call took of the minute.
    told: bool,
}

impl Turnstile<'_> {
    /// Takes note of an answer's headers.
    pub(super) fn answered(&mut self, headers: &LimitHeaders) {
        self.told = headers.minute_remaining.is_some();
        self.limits.note(headers);
    }

    /// The call never left.
    pub(super) fn not_sent(&mut self) {
        self.told = true;
    }

    /// The call was refused since too many ran at the same time: halves the slots, once for all
    /// calls that were under way together.
    pub(super) fn crowded(&self) {
        let mut state = self.limits.lock();
        if self.round < state.round {
            return;
        }
        state.round += 1;
        state.good = 0;
        let fewer = (state.concurrency / 2).max(1);
        tracing::debug!(
            concurrency = fewer,
            "too many calls at once: fewer from now on"
        );
        self.limits.resize(&mut state, fewer);
    }

    /// The call was taken: after a whole round of these one slot more is tried.
    pub(super) fn taken(&self) {
        let mut state = self.limits.lock();
        if state.concurrency >= state.allowed || self.round < state.round {
            return;
        }
        state.good += 1;
        if state.good >= state.concurrency {
            state.good = 0;
            let more = state.concurrency + 1;
            self.limits.resize(&mut state, more);
        }
    }
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
        let drained = state.in_flight == 0;
        if let Some(window) = &mut state.window {
            window.untold += u64::from(!self.told);
            // Now that no call is under way, the server has counted them all.
            if drained && let (Some(told), Some(_)) = (window.told, window.reset_ms) {
                window.remaining = window.remaining.max(told.saturating_sub(window.untold));
            }
        }
        drop(state);
        // The permit goes back before anyone looks.
        drop(self.permit.take());
        self.limits.changed.notify_waiters();
    }
}

/// A call or a step that waits for a time to pass, without a slot; it ends when dropped.
pub(super) struct Rest<'a>(&'a Limits);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.resting = state.resting.saturating_sub(1);
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Limits {
    pub(super) fn new(concurrency: usize) -> Self {
        let concurrency = concurrency.clamp(1, 100);
        Self {
            slots: Semaphore::new(concurrency),
            state: Mutex::new(State {
                observed: Observed::default(),
                allowed: concurrency,
                concurrency,
                surplus: 0,
                round: 0,
                good: 0,
                window: None,
                in_flight: 0,
                resting: 0,
                paused_until_ms: i64::MIN,
                shown_until_ms: i64::MIN,
                given_up: None,
            }),
            changed: Notify::new(),
            stopped: watch::Sender::new(false),
            max_wait_ms: AtomicU64::new(whole_millis(MAX_WAIT)),
        }
    }

    /// The longest wait before a call goes out or is repeated.
    pub(super) fn max_wait(&self) -> Duration {
        Duration::from_millis(self.max_wait_ms.load(Ordering::Relaxed))
    }

    /// Changes the longest wait.
    pub(super) fn set_max_wait(&self, longest: Duration) {
        self.max_wait_ms
            .store(whole_millis(longest), Ordering::Relaxed);
    }

    /// Ends the run: see [`Limits::stopped`].
    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Resolves when the run is to end.
    pub(super) async fn stopped(&self) {
        // The sender is this value's own, so that it cannot have gone.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Whether the run is to end.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Does something, unless the run is to end and the call has no patience; then nothing.
    pub(super) async fn unless_stopped<T>(
        &self,
        patience: Patience,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        if patience != Patience::None {
            return Some(work.await);
        }
        tokio::select! {
            biased;
            () = self.stopped() => None,
            done = work => Some(done),
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

    /// Slots that no call takes at the moment.
    pub(super) fn free_slots(&self) -> usize {
        self.slots.available_permits()
    }

    /// Changes how many calls may be active at once; calls under way are not disturbed.
    pub(super) fn set_concurrency(&self, wanted: usize) {
        let wanted = wanted.clamp(1, 100);
        let mut state = self.lock();
        let cut_down = state.concurrency < state.allowed;
        state.allowed = wanted;
        let now = if cut_down {
            state.concurrency.min(wanted)
        } else {
            wanted
        };
        self.resize(&mut state, now);
    }

    fn resize(&self, state: &mut State, wanted: usize) {
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
    ///
    /// # Errors
    /// [`NoTurn`] where the run is to end and the call's patience with it, or where the wait would
    /// be longer than allowed.
    pub(super) async fn enter(
        &self,
        clock: &Clock,
        patience: Patience,
    ) -> Result<Turnstile<'_>, NoTurn> {
        let turn = self.turn_comes(clock, patience);
        self.unless_stopped(patience, turn)
            .await
            .unwrap_or(Err(NoTurn::Stopped))
    }

    async fn turn_comes(&self, clock: &Clock, patience: Patience) -> Result<Turnstile<'_>, NoTurn> {
        // The semaphore is never closed, so that an error cannot come; no slot is then held.
        let permit = self.slots.acquire().await.ok();
        loop {
            let changed = self.changed.notified();
            let (turn, round) = self.turn(clock.now_ms());
            match turn {
                Turn::Go => {
                    return Ok(Turnstile {
                        limits: self,
                        permit,
                        round,
                        told: false,
                    });
                }
                // An answer may tell that more is left than was thought.
                Turn::At(until_ms) => {
                    let wait = from_millis(until_ms.saturating_sub(clock.now_ms()));
                    if wait > self.max_wait() {
                        return Err(NoTurn::TooLong(until_ms));
                    }
                    tokio::select! {
                        () = clock.sleep(wait) => {}
                        () = changed => {}
                        () = self.stopped(), if patience == Patience::Short => return Err(NoTurn::Stopped),
                    }
                }
                Turn::AfterAnAnswer => changed.await,
            }
        }
    }

    fn turn(&self, now_ms: i64) -> (Turn, u64) {
        let mut state = self.lock();
        (state.turn(now_ms), state.round)
    }

    fn note(&self, headers: &LimitHeaders) {
        let mut state = self.lock();
        let state = &mut *state;
        let observed = &mut state.observed;
        observed.dialect = observed.dialect.or(headers.dialect());
        observed.credits_spent = observed
            .credits_spent
            .saturating_add(headers.weight.unwrap_or(0));
        observed.credits_remaining = headers.credits_remaining.or(observed.credits_remaining);
        if let Some(remaining) = headers.day_remaining {
            observed.day = Some(DayLimit {
                limit: headers.day_limit,
                remaining,
                reset_ms: headers.day_reset_ms,
            });
        }
        let (Some(limit), Some(remaining), Some(reset_ms)) = (
            headers.minute_limit,
            headers.minute_remaining,
            headers.minute_reset_ms,
        ) else {
            return;
        };
        observed.minute = Some(MinuteLimit {
            limit,
            remaining,
            reset_ms,
        });
        // The answered call is still counted as being in flight here.
        let behind = state.in_flight.saturating_sub(1);
        let fresh = |begun_ms| Window {
            limit,
            remaining: remaining.saturating_sub(behind),
            told: Some(remaining),
            untold: 0,
            reset_ms: Some(reset_ms),
            begun_ms,
        };
        let told = |old: Window| Window {
            limit,
            remaining: old.remaining.min(remaining),
            told: Some(old.told.map_or(remaining, |told| told.min(remaining))),
            reset_ms: Some(reset_ms),
            ..old
        };
        state.window = Some(match state.window {
            None => fresh(i64::MIN),
            Some(old) => match old.reset_ms {
                // An answer of a minute that is over.
                Some(known) if reset_ms < known => old,
                Some(known) if reset_ms > known => fresh(known),
                // The call was counted in the minute before, so it takes nothing of this one.
                None if reset_ms <= old.begun_ms => Window {
                    remaining: old.remaining.saturating_add(1).min(old.limit),
                    ..old
                },
                _ => told(old),
            },
        });
    }

    /// Counts a call that may have reached the server, and how long its answer took if one came.
    pub(super) fn count(&self, answered_after_ms: Option<i64>) {
        let mut state = self.lock();
        let observed = &mut state.observed;
        observed.calls = observed.calls.saturating_add(1);
        if let Some(day) = &mut observed.day {
            day.remaining = day.remaining.saturating_sub(1);
        }
        if let Some(ms) = answered_after_ms.and_then(|ms| u64::try_from(ms).ok()) {
            observed.answers.0 = observed.answers.0.saturating_add(1);
            observed.answers.1 = observed.answers.1.saturating_add(ms);
        }
    }

    /// Counts a read that succeeded.
    pub(super) fn count_read(&self, credits: u64, at_dearer_price: bool) {
        let mut state = self.lock();
        state.observed.reads = state.observed.reads.and(Reads {
            calls: 1,
            credits,
            at_dearer_price: u64::from(at_dearer_price),
        });
    }

    /// Whether a wait until then is to be shown: it is long enough, and not shown yet.
    pub(super) fn shows(&self, now_ms: i64, wait: Duration) -> bool {
        let until_ms = now_ms.saturating_add(millis(wait));
        let shortest = millis(SHOWN_WAIT);
        let mut state = self.lock();
        // Calls that were refused together wait together.
        let is_news = until_ms.saturating_sub(state.shown_until_ms) >= shortest;
        if wait < SHOWN_WAIT || !is_news {
            return false;
        }
        state.shown_until_ms = until_ms;
        true
    }

    /// Holds every call back until then.
    pub(super) fn pause(&self, until_ms: i64) {
        let mut state = self.lock();
        state.paused_until_ms = state.paused_until_ms.max(until_ms);
    }

    /// Nothing more goes out before a limit ends.
    pub(super) fn give_up(&self, kind: ErrorKind, until_ms: Option<i64>) {
        self.lock().given_up = Some(GivenUp { kind, until_ms });
    }

    /// The limit that no call waits for, where it has not ended yet as far as anyone knows.
    pub(super) fn given_up(&self, now_ms: i64) -> Option<GivenUp> {
        let mut state = self.lock();
        if state
            .given_up
            .is_some_and(|over| over.until_ms.is_some_and(|until| until <= now_ms))
        {
            state.given_up = None;
        }
        state.given_up
    }

    /// Lets time pass without a slot; others may use it meanwhile.
    pub(super) async fn rest(&self, clock: &Clock, duration: Duration) {
        self.lock().resting += 1;
        let rest = Rest(self);
        self.changed.notify_waiters();
        clock.sleep(duration).await;
        drop(rest);
    }

    /// How many calls and steps let time pass.
    pub(super) fn resting(&self) -> usize {
        self.lock().resting
    }

    /// Resolves when a call ends or begins to rest, counted from now.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}

impl State {
    fn turn(&mut self, now_ms: i64) -> Turn {
        if self.paused_until_ms > now_ms {
            return Turn::At(self.paused_until_ms);
        }
        if let Some(window) = &mut self.window {
            if let Some(reset_ms) = window.reset_ms.filter(|reset| *reset <= now_ms) {
                *window = Window {
                    limit: window.limit,
                    // What is still under way may be counted in either minute.
                    remaining: window.limit.saturating_sub(self.in_flight),
                    told: None,
                    untold: 0,
                    reset_ms: None,
                    begun_ms: reset_ms,
                };
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

    async fn enter<'a>(limits: &'a Limits, clock: &Clock) -> Turnstile<'a> {
        let turn = limits.enter(clock, Patience::Endless).await;
        turn.ok().unwrap()
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
            futures_util::future::join_all((0..10).map(|_| enter(&limits, &clock))).await;
        assert_eq!(clock.now_ms(), NOW);
        drop(first);
        let turn = enter(&limits, &clock).await;
        limits.note(&minute(2, NOW + 20_000));
        drop(turn);
        for _ in 0..2 {
            drop(enter(&limits, &clock).await);
        }
        assert_eq!(clock.now_ms(), NOW);
        drop(enter(&limits, &clock).await);
        assert_eq!(clock.now_ms(), NOW + 20_000);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_reset_the_limit_counts_until_a_header_tells_the_next_one() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(10);
        let turn = enter(&limits, &clock).await;
        limits.note(&minute(0, NOW + 1000));
        drop(turn);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(enter(&limits, &clock).await);
        }
        assert_eq!(clock.now_ms(), NOW + 1000);
        // The fourth waits for an answer, which tells the reset, and then for the reset.
        let fourth = async {
            drop(enter(&limits, &clock).await);
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
    async fn what_is_left_is_known_exactly_once_no_call_is_under_way() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(10);
        let told = |remaining| LimitHeaders {
            minute_limit: Some(20),
            minute_remaining: Some(remaining),
            minute_reset_ms: Some(NOW + 60_000),
            ..LimitHeaders::default()
        };
        let mut first = Vec::new();
        for _ in 0..10 {
            first.push(enter(&limits, &clock).await);
        }
        // The first answer knows nothing of the nine behind it; in the end all were counted.
        for (n, mut turn) in (1..=10).zip(first) {
            turn.answered(&told(20 - n));
        }
        for left in (0..10).rev() {
            let mut turn = enter(&limits, &clock).await;
            assert_eq!(clock.now_ms(), NOW, "{left}");
            turn.answered(&told(left));
        }
        let mut turn = enter(&limits, &clock).await;
        assert_eq!(clock.now_ms(), NOW + 60_000);
        turn.answered(&LimitHeaders {
            minute_reset_ms: Some(NOW + 120_000),
            ..told(19)
        });
        // A call whose answer is lost may count or not: it is taken to count.
        drop(turn);
        drop(enter(&limits, &clock).await);
        for left in (1..19).rev() {
            let mut turn = enter(&limits, &clock).await;
            assert_eq!(clock.now_ms(), NOW + 60_000, "{left}");
            turn.answered(&LimitHeaders {
                minute_reset_ms: Some(NOW + 120_000),
                ..told(left)
            });
        }
        drop(enter(&limits, &clock).await);
        assert_eq!(clock.now_ms(), NOW + 120_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_halves_the_slots_once_and_good_answers_bring_them_back() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(16);
        let enter = || async { enter(&limits, &clock).await };
        let crowd = futures_util::future::join_all((0..16).map(|_| enter())).await;
        for turn in &crowd {
            turn.crowded();
        }
        assert_eq!(limits.concurrency(), 8);
        // Those of the same round prove nothing of the new number.
        crowd.iter().for_each(Turnstile::taken);
        assert_eq!(limits.concurrency(), 8);
        drop(crowd);
        assert_eq!(limits.slots.available_permits(), 8);
        // One slot more a whole round, and never more than allowed.
        let mut needed = Vec::new();
        let mut good = 0;
        while limits.concurrency() < 16 {
            let before = limits.concurrency();
            enter().await.taken();
            good += 1;
            if limits.concurrency() > before {
                needed.push(good);
                good = 0;
            }
        }
        assert_eq!(needed, [8, 9, 10, 11, 12, 13, 14, 15]);
        for _ in 0..100 {
            enter().await.taken();
        }
        assert_eq!(limits.concurrency(), 16);
        assert_eq!(limits.slots.available_permits(), 16);
        // One always stays.
        for wanted in [8, 4, 2, 1, 1] {
            enter().await.crowded();
            assert_eq!(limits.concurrency(), wanted);
        }
        limits.set_concurrency(4);
        assert_eq!(limits.concurrency(), 1);
        for _ in 0..100 {
            enter().await.taken();
        }
        assert_eq!(limits.concurrency(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_grow_and_shrink_under_way() {
        let clock = Clock::starting_at(NOW);
        let limits = Limits::new(2);
        let mut held = vec![enter(&limits, &clock).await, enter(&limits, &clock).await];
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
        let turn = enter(&limits, &clock).await;
        limits.set_concurrency(3);
        limits.set_concurrency(1);
        drop(turn);
        assert_eq!(limits.slots.available_permits(), 1);
    }

    #[test]
    fn case_14_calls_that_wait_together_show_it_once() {
        let limits = Limits::new(2);
        let seconds = Duration::from_secs;
        for (now_ms, wait, shown) in [
            (0, Duration::from_millis(999), false),
            (0, seconds(15), true),
            (0, seconds(15), false),
            (900, seconds(15), false),
            (1_000, seconds(15), true),
            (1_000, seconds(2), false),
            (16_000, seconds(1), true),
        ] {
            assert_eq!(limits.shows(now_ms, wait), shown, "{now_ms} {wait:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn case_7_after_a_stop_no_call_waits_that_is_not_under_way() {
        use Patience::{Endless, None, Short};
        // Slots are free and no limit is met; then the slots are taken; then a limit holds back.
        for (patience, free, taken, held) in [
            (None, false, false, false),
            (Short, true, true, false),
            (Endless, true, true, true),
        ] {
            let clock = Clock::starting_at(NOW);
            let limits = Limits::new(1);
            limits.stop();
            let turn = limits.enter(&clock, patience).await;
            assert_eq!(turn.is_ok(), free, "{patience:?}");
            drop(turn);
            let other = enter(&limits, &clock).await;
            let (turn, ()) = tokio::join!(limits.enter(&clock, patience), async {
                clock.sleep(Duration::from_secs(1)).await;
                drop(other);
            });
            assert_eq!(turn.is_ok(), taken, "{patience:?}");
            drop(turn);
            limits.pause(clock.now_ms() + 60_000);
            let begun_ms = clock.now_ms();
            let turn = limits.enter(&clock, patience).await;
            assert_eq!(turn.is_ok(), held, "{patience:?}");
            let waited_ms = clock.now_ms() - begun_ms;
            assert_eq!(waited_ms, if held { 60_000 } else { 0 }, "{patience:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn case_7_a_stop_ends_waits_that_have_begun() {
        for patience in [Patience::None, Patience::Short] {
            let clock = Clock::starting_at(NOW);
            let limits = Limits::new(1);
            limits.pause(NOW + 60_000);
            let (turn, ()) = tokio::join!(limits.enter(&clock, patience), async {
                clock.sleep(Duration::from_secs(3)).await;
                limits.stop();
            });
            assert_eq!(turn.err(), Some(NoTurn::Stopped), "{patience:?}");
            assert_eq!(clock.now_ms(), NOW + 3_000, "{patience:?}");
        }
    }
}
