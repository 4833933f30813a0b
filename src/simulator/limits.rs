//! Credits, calls a minute and calls a day.

use serde::{Deserialize, Serialize};

use crate::dialect::{Dialect, Edition};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// What an organization has used in the current minute and day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    day: i64,
    credits: u64,
    calls_of_day: u64,
    minute: i64,
    calls_of_minute: u64,
}

impl Usage {
    /// Starts a new minute or day when its time has come.
    pub(super) fn roll(&mut self, now_ms: i64) {
        let (day, minute) = (now_ms.div_euclid(DAY_MS), now_ms.div_euclid(MINUTE_MS));
        if day != self.day {
            *self = Self {
                day,
                ..Self::default()
            };
        }
        if minute != self.minute {
            self.minute = minute;
            self.calls_of_minute = 0;
        }
    }

    /// Counts one call.
    pub(super) fn count(&mut self, credits: u64) {
        self.credits = self.credits.saturating_add(credits);
        self.calls_of_day = self.calls_of_day.saturating_add(1);
        self.calls_of_minute = self.calls_of_minute.saturating_add(1);
    }

    /// Credits used today.
    pub(super) const fn credits(&self) -> u64 {
        self.credits
    }

    /// Calls of the current minute.
    pub(super) const fn calls_of_minute(&self) -> u64 {
        self.calls_of_minute
    }

    /// Calls of the current day.
    pub(super) const fn calls_of_day(&self) -> u64 {
        self.calls_of_day
    }
}

/// Credits an organization has a day. The day is that of UTC here.
///
/// Source: the API credits page, base and share per agent that is no light agent.
pub(super) const fn credits_per_day(edition: Edition, agents: u64) -> u64 {
    let (base, per_agent) = match edition {
        Edition::Free => (5_000, 0),
        Edition::Express => (25_000, 100),
        Edition::Standard => (50_000, 250),
        Edition::Professional => (75_000, 500),
        Edition::Enterprise => (100_000, 1_000),
    };
    agents.saturating_mul(per_agent).saturating_add(base)
}

/// Calls a minute and a day by the guide, which knows no Express edition.
pub(super) const fn calls_of_guide(edition: Edition) -> (u64, u64) {
    match edition {
        Edition::Free => (10, 2_000),
        Edition::Express | Edition::Standard => (20, 5_000),
        Edition::Professional => (50, 20_000),
        Edition::Enterprise => (100, 50_000),
    }
}

/// Webhooks that may be enabled at the same time; 20 may be configured in any edition.
///
/// Source: the webhook page, by edition.
pub(super) const fn enabled_webhooks(edition: Edition) -> usize {
    match edition {
        Edition::Free | Edition::Express | Edition::Standard => 0,
        Edition::Professional => 5,
        Edition::Enterprise => 10,
    }
}

/// What a call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Price {
    /// One record: read, create, change, or search by a unique id.
    One,
    /// A list or search; dearer the deeper the page lies.
    Depth,
    /// So many credits for each id in the body.
    Each(u64),
}

impl Price {
    /// Credits, given the last record that the page reaches and the number of ids in the body.
    ///
    /// Two tables are in circulation; `dear` takes the dearer one.
    pub(super) fn credits(self, depth: usize, ids: usize, dear: bool) -> u64 {
        match self {
            Self::One => 1,
            Self::Depth => match depth {
                0..=2_000 => 3,
                2_001..=10_000 if dear => 10,
                10_001..=50_000 if dear => 50,
                2_001..=10_000 => 5,
                10_001..=50_000 => 10,
                50_001..=100_000 => 50,
                _ => 100,
            },
            Self::Each(price) => {
                price.saturating_mul(u64::try_from(ids.max(1)).unwrap_or(u64::MAX))
            }
        }
    }
}

/// Milliseconds since the epoch at which the current minute or day ends.
pub(super) const fn end_of_minute(now_ms: i64) -> i64 {
    (now_ms.div_euclid(MINUTE_MS) + 1).saturating_mul(MINUTE_MS)
}

/// Milliseconds since the epoch at which the current day ends.
pub(super) const fn end_of_day(now_ms: i64) -> i64 {
    (now_ms.div_euclid(DAY_MS) + 1).saturating_mul(DAY_MS)
}

/// Calls that may be active at once.
pub(super) const fn concurrency(edition: Edition, dialect: Dialect) -> usize {
    match (dialect, edition) {
        (Dialect::Guide, _) | (Dialect::Openapi, Edition::Express | Edition::Standard) => 10,
        (Dialect::Openapi, Edition::Free) => 5,
        (Dialect::Openapi, Edition::Professional) => 15,
        (Dialect::Openapi, Edition::Enterprise) => 25,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_grow_with_depth_and_ids() {
        let cases = [
            (0, 3),
            (2_000, 3),
            (2_001, 5),
            (10_001, 10),
            (50_001, 50),
            (100_001, 100),
        ];
        for (depth, credits) in cases {
            assert_eq!(Price::Depth.credits(depth, 0, false), credits, "{depth}");
            let dearer = match credits {
                5 => 10,
                10 => 50,
                same => same,
            };
            assert_eq!(Price::Depth.credits(depth, 0, true), dearer, "{depth}");
        }
        assert_eq!(Price::One.credits(9_999_999, 7, true), 1);
        assert_eq!(Price::Each(6).credits(0, 3, true), 18);
    }

    #[test]
    fn usage_starts_anew_each_minute_and_day() {
        let mut usage = Usage::default();
        usage.roll(DAY_MS);
        usage.count(3);
        usage.roll(DAY_MS + MINUTE_MS);
        assert_eq!(
            (
                usage.calls_of_minute(),
                usage.calls_of_day(),
                usage.credits()
            ),
            (0, 1, 3)
        );
        usage.roll(2 * DAY_MS);
        assert_eq!((usage.calls_of_day(), usage.credits()), (0, 0));
    }

    #[test]
    fn the_second_witness_agrees_on_concurrency() {
        for edition in [
            Edition::Free,
            Edition::Express,
            Edition::Standard,
            Edition::Professional,
            Edition::Enterprise,
        ] {
            for dialect in [Dialect::Openapi, Dialect::Guide] {
                assert_eq!(concurrency(edition, dialect), edition.concurrency(dialect));
            }
        }
    }
}
