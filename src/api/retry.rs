//! Whether, when and how often a request is sent again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::error::{ErrorKind, Reaction};

/// How often a request is sent at most when the server fails or the connection breaks.
pub const MAX_ATTEMPTS: u32 = 6;

/// How often a request is sent at most when limits, shared with other integrations, refuse it.
pub const MAX_THROTTLED: u32 = 12;

/// How often a request is sent at most when its answer makes no sense: mostly the host is wrong.
pub const MAX_UNREADABLE: u32 = 3;

/// Upper bound of the first random pause; it doubles with each further one.
pub const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Upper bound of every random pause.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Draws the pauses: exponential with full jitter.
#[derive(Debug)]
pub struct Backoff {
    random: Mutex<SmallRng>,
}

impl Backoff {
    /// Pauses that nobody can foretell.
    #[must_use]
    pub fn new() -> Self {
        Self {
            random: Mutex::new(SmallRng::from_os_rng()),
        }
    }

    /// Pauses that follow from a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            random: Mutex::new(SmallRng::seed_from_u64(seed)),
        }
    }

    /// The pause after the n-th failure, counted from 1: evenly drawn between nothing and
    /// [`FIRST_PAUSE`] doubled n - 1 times, at most [`LONGEST_PAUSE`].
    #[must_use]
    pub fn pause(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1).min(20));
        let most = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(random.random_range(0..=most))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a failure proves that the attempt had no effect, and that a later one may have it: the
/// request never left, or a limit or a lock refused it.
#[must_use]
pub const fn is_without_effect(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotSent
            | ErrorKind::TooManyRequests
            | ErrorKind::MinuteLimit
            | ErrorKind::DayLimit
            | ErrorKind::Locked
    )
}

/// What happens to a request after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Get a new token and send again.
    Refresh,
    /// Send again after at least this time, plus a random pause after so many failures.
    Again {
        /// What the server asked for, or nothing.
        wait: Duration,
        /// How many failures the random pause grows with.
        failures: u32,
    },
    /// Report the failure.
    Stop,
    /// Report that the outcome is unknown.
    Unknown,
}

/// How often one request has failed, and by what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    failures: u32,
    throttled: u32,
    refreshed: bool,
}

impl Tries {
    /// Decides after a failed attempt.
    ///
    /// `repeatable` says whether sending twice is harmless. A request for which it is not is
    /// sent again only if it certainly had no effect: it never left, a limit or a lock refused
    /// it, or its token did.
    pub fn next(&mut self, repeatable: bool, kind: ErrorKind, reaction: Reaction) -> Next {
        let without_effect = is_without_effect(kind);
        let may_have_taken_effect = matches!(
            kind,
            ErrorKind::Lost
                | ErrorKind::ServerError
                | ErrorKind::Unavailable
                | ErrorKind::Malformed
        );
        if !repeatable && may_have_taken_effect {
            return Next::Unknown;
        }
        let wait = match reaction {
            Reaction::GiveUp => return Next::Stop,
            Reaction::Refresh if self.refreshed => return Next::Stop,
            Reaction::Refresh => {
                self.refreshed = true;
                return Next::Refresh;
            }
            Reaction::Retry => Duration::ZERO,
            Reaction::Wait(wait) => wait,
        };
        let is_limit = without_effect && kind != ErrorKind::NotSent;
        let (count, most) = match kind {
            _ if is_limit => (&mut self.throttled, MAX_THROTTLED),
            ErrorKind::Malformed | ErrorKind::WrongHost => (&mut self.failures, MAX_UNREADABLE),
            _ => (&mut self.failures, MAX_ATTEMPTS),
        };
        *count += 1;
        if *count >= most {
            return Next::Stop;
        }
        Next::Again {
            wait,
            // A pause that the server asked for need not grow; it is only spread a little.
            failures: if wait.is_zero() { *count } else { 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_are_capped_and_follow_from_the_seed() {
        let draw = |seed| {
            let backoff = Backoff::seeded(seed);
            (1..=60).map(|n| backoff.pause(n)).collect::<Vec<_>>()
        };
        let pauses = draw(7);
        assert_eq!(pauses, draw(7));
        assert_ne!(pauses, draw(8));
        assert!(pauses[0] <= FIRST_PAUSE);
        assert!(pauses[2] <= FIRST_PAUSE * 4);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE));
        assert!(pauses.iter().any(|pause| *pause > LONGEST_PAUSE / 2));
    }

    #[test]
    fn what_may_have_taken_effect_is_not_repeated_unless_harmless() {
        use ErrorKind as K;
        let wait = Reaction::Wait(Duration::from_secs(1));
        for (kind, reaction, harmless, once) in [
            (K::Lost, Reaction::Retry, true, Next::Unknown),
            (K::ServerError, Reaction::Retry, true, Next::Unknown),
            (K::Unavailable, wait, true, Next::Unknown),
            (K::Unavailable, Reaction::GiveUp, false, Next::Unknown),
            (K::Malformed, Reaction::GiveUp, false, Next::Unknown),
            (K::Malformed, Reaction::Retry, true, Next::Unknown),
            (K::TokenInvalid, Reaction::Refresh, false, Next::Refresh),
            (K::Invalid, Reaction::GiveUp, false, Next::Stop),
            (K::DayLimit, Reaction::GiveUp, false, Next::Stop),
        ] {
            assert_eq!(
                Tries::default().next(false, kind, reaction),
                once,
                "{kind:?}"
            );
            let again = matches!(
                Tries::default().next(true, kind, reaction),
                Next::Again { .. }
            );
            assert_eq!(again, harmless, "{kind:?}");
        }
        for kind in [K::NotSent, K::TooManyRequests, K::MinuteLimit, K::Locked] {
            assert!(matches!(
                Tries::default().next(false, kind, Reaction::Retry),
                Next::Again { .. }
            ));
        }
    }

    #[test]
    fn attempts_are_bounded_and_a_token_is_refreshed_once() {
        for (kind, most) in [
            (ErrorKind::ServerError, MAX_ATTEMPTS),
            (ErrorKind::NotSent, MAX_ATTEMPTS),
            (ErrorKind::TooManyRequests, MAX_THROTTLED),
            (ErrorKind::Malformed, MAX_UNREADABLE),
            (ErrorKind::WrongHost, MAX_UNREADABLE),
        ] {
            let mut tries = Tries::default();
            let mut sent = 1;
            while tries.next(true, kind, Reaction::Retry) != Next::Stop {
                sent += 1;
            }
            assert_eq!(sent, most, "{kind:?}");
        }
        let mut tries = Tries::default();
        let mut next = || tries.next(true, ErrorKind::TokenInvalid, Reaction::Refresh);
        assert_eq!((next(), next()), (Next::Refresh, Next::Stop));
    }
}
