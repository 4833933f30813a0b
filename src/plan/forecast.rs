//! The forecast: what an apply will cost in calls, credits and time, and whether the day's budget
//! carries it.
//!
//! It is an estimate that depends on the run: it stands beside the plan and is never compared, so
//! that a saved plan does not become stale because credits moved.

use serde::{Deserialize, Serialize};

use crate::api::error::moment;
use crate::api::{MinuteLimit, Observed, Reads};
use crate::dialect::{Dialect, Unit};
use crate::live::ways::Choice;
use crate::plan::order::longest_path;
use crate::plan::task::Task;
use crate::problem::{Code, Problem};

/// How long a call is taken to last, in milliseconds, while none has been answered.
pub const ASSUMED_LATENCY_MS: u64 = 300;

/// Measured times are rounded up to this many milliseconds: more would be false precision.
const GRAIN_MS: u64 = 50;

const MINUTE_MS: u64 = 60_000;

/// What an apply will cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Forecast {
    /// Calls that read: what the plan has read, before anything is written, and what writes came to
    /// whose answer does not show it.
    pub reads: u64,
    /// Calls that write.
    pub writes: u64,
    /// What the reads cost, in credits (openapi).
    pub read_credits: u64,
    /// What the writes cost, in credits (openapi).
    pub write_credits: u64,
    /// Whether pages deep in long lists are counted at the dearer of two published prices, since
    /// no answer told theirs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dearer_price: bool,
    /// How kinds were read of which not everything matters, and what the other way would have cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Choice>,
    /// What is left of the day, where answers told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Calls that are active at once at most.
    pub concurrency: u64,
    /// Calls allowed in a minute, where answers told it (guide).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_minute: Option<u64>,
    /// How long one call is taken to last, in milliseconds.
    pub latency_ms: u64,
    /// Whether that was measured in this run; else it is [`ASSUMED_LATENCY_MS`].
    pub latency_measured: bool,
    /// How long an apply takes, in seconds, without repetitions.
    pub seconds: u64,
}

/// What a day allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Budget {
    /// What is counted.
    pub unit: Unit,
    /// How much is left now.
    pub left: u64,
    /// How much is left after the apply; nothing when it does not suffice.
    pub after: u64,
    /// When the day ends, in milliseconds since the Unix epoch, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_ms: Option<i64>,
}

/// Reads and the time they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// The calls and what they cost.
    pub reads: Reads,
    /// How long they took together, in milliseconds.
    pub ms: u64,
}

/// What a forecast is made from.
#[derive(Debug, Clone, Copy)]
pub struct Basis {
    /// The dialect.
    pub dialect: Dialect,
    /// What will be read before the first write; nothing where it has been read already.
    pub reading: Reading,
    /// What the answers have told so far.
    pub observed: Observed,
    /// Calls that are active at once at most.
    pub concurrency: usize,
    /// Milliseconds since the Unix epoch.
    pub now_ms: i64,
}

impl Forecast {
    /// Forecasts the tasks; none when there is nothing to write.
    #[must_use]
    pub fn of(tasks: &[Task], basis: &Basis) -> Option<Self> {
        let writes = number(tasks.iter().map(|task| task.ops.len()).sum());
        if writes == 0 {
            return None;
        }
        let price = number(tasks.iter().map(|task| task.credits).sum());
        let credits = basis.dialect.unit().credits(price);
        let path = number(longest_path(tasks));
        let read_back = read_back(tasks, basis.dialect);
        Some(Self::from(writes, credits, path, read_back, basis))
    }

    /// Forecasts reading alone.
    #[must_use]
    pub fn of_reads(reads: Reads, basis: &Basis) -> Self {
        Self::from(0, 0, 0, reads, basis)
    }

    fn from(writes: u64, write_credits: u64, path: u64, read_back: Reads, basis: &Basis) -> Self {
        let before = basis.reading.reads;
        let reads = Reads {
            calls: before.calls.saturating_add(read_back.calls),
            credits: before.credits.saturating_add(read_back.credits),
            at_dearer_price: before.at_dearer_price,
        };
        let unit = basis.dialect.unit();
        let read_credits = unit.credits(reads.credits);
        let calls = reads.calls.saturating_add(writes);
        let needed = match unit {
            Unit::Credits => read_credits.saturating_add(write_credits),
            Unit::Calls => calls,
        };
        let measured = basis.observed.latency_ms();
        let latency_ms = measured.map_or(ASSUMED_LATENCY_MS, |ms| grain(ms).max(GRAIN_MS));
        let concurrency = number(basis.concurrency).max(1);
        let sent = writes.saturating_add(read_back.calls);
        let rounds = path.max(sent.div_ceil(concurrency));
        let work_ms = grain(basis.reading.ms).saturating_add(rounds.saturating_mul(latency_ms));
        let minute = basis.observed.minute;
        let wait_ms = minute.map_or(0, |minute| {
            waiting_ms(calls, minute, before.calls == 0, basis.now_ms)
        });
        Self {
            reads: reads.calls,
            writes,
            read_credits,
            write_credits,
            ways: Vec::new(),
            dearer_price: unit == Unit::Credits && reads.at_dearer_price > 0,
            budget: left(basis).map(|(left, reset_ms)| Budget {
                unit,
                left,
                after: left.saturating_sub(needed),
                reset_ms,
            }),
            concurrency,
            calls_per_minute: minute.map(|minute| minute.limit),
            latency_ms,
            latency_measured: measured.is_some(),
            seconds: work_ms.max(wait_ms).div_ceil(1_000).max(1),
        }
    }

    /// All calls.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.reads.saturating_add(self.writes)
    }

    /// All credits (openapi).
    #[must_use]
    pub const fn credits(&self) -> u64 {
        self.read_credits.saturating_add(self.write_credits)
    }

    /// What the apply needs of the day's budget.
    #[must_use]
    pub const fn needed(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Credits => self.credits(),
            Unit::Calls => self.calls(),
        }
    }

    /// The refusal of an apply that the day's budget cannot carry; none when it can, or when no
    /// answer told what is left.
    #[must_use]
    pub fn refusal(&self) -> Option<Problem> {
        let what = self.shortfall("the plan needs")?;
        Some(Problem::error(Code::BudgetTooSmall, what).help(format!(
            "nothing was applied; wait for the next day{}, or apply in parts with `--target`",
            match self.budget.map(|budget| budget.unit) {
                Some(Unit::Credits) => ", buy credits",
                _ => "",
            }
        )))
    }

    /// The same as a warning of a plan.
    #[must_use]
    pub fn warning(&self) -> Option<Problem> {
        let what = self.shortfall("an apply would need")?;
        Some(
            Problem::warning(Code::BudgetTooSmall, what)
                .help("apply refuses before the first write as long as that is so"),
        )
    }

    fn shortfall(&self, subject: &str) -> Option<String> {
        let budget = self.budget?;
        let needed = self.needed(budget.unit);
        if needed <= budget.left {
            return None;
        }
        let until = match budget.reset_ms.and_then(moment) {
            Some(moment) => format!(" until {moment}"),
            None => " today".to_owned(),
        };
        let verb = if budget.left == 1 { "is" } else { "are" };
        Some(format!(
            "{subject} {needed} {}, and {} {verb} left{until}",
            budget.unit.word(needed),
            budget.left,
        ))
    }
}

/// The calls that tell what silent writes came to: one for each.
///
/// Source: the price table of API credits: one record 1, a page of a list 3.
fn read_back(tasks: &[Task], dialect: Dialect) -> Reads {
    let mut reads = Reads::default();
    for task in tasks {
        let silent = task.ops.iter().filter(|op| op.silent).count();
        let has_item = (task.kind.api(dialect)).is_some_and(|api| api.item.is_some());
        let price = if has_item { 1 } else { 3 };
        reads.calls = reads.calls.saturating_add(number(silent));
        reads.credits = reads.credits.saturating_add(number(silent) * price);
    }
    reads
}

/// What is left of the day, as far as answers told it, and until when.
fn left(basis: &Basis) -> Option<(u64, Option<i64>)> {
    match basis.dialect.unit() {
        Unit::Credits => Some((basis.observed.credits_remaining?, None)),
        Unit::Calls => {
            let day = basis.observed.day?;
            let is_current = day.reset_ms.is_none_or(|reset| reset > basis.now_ms);
            is_current.then_some((day.remaining, day.reset_ms))
        }
    }
}

/// How long the limit of a minute holds so many calls back, in milliseconds.
///
/// An apply that follows later begins with a minute of its own, as far as anyone knows.
fn waiting_ms(calls: u64, minute: MinuteLimit, goes_on: bool, now_ms: i64) -> u64 {
    let limit = minute.limit.max(1);
    let full_minutes = |calls: u64| (calls.saturating_sub(1) / limit).saturating_mul(MINUTE_MS);
    let is_current = goes_on && minute.reset_ms > now_ms;
    if !is_current {
        return full_minutes(calls);
    }
    if calls <= minute.remaining {
        return 0;
    }
    let rest = u64::try_from(minute.reset_ms.saturating_sub(now_ms)).unwrap_or(0);
    rest.saturating_add(full_minutes(calls - minute.remaining))
}

fn grain(ms: u64) -> u64 {
    ms.div_ceil(GRAIN_MS).saturating_mul(GRAIN_MS)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::DayLimit;

    const NOW: i64 = 1_767_225_600_000;

    fn basis(dialect: Dialect) -> Basis {
        Basis {
            dialect,
            reading: Reading {
                reads: Reads {
                    calls: 5,
                    credits: 15,
                    at_dearer_price: 0,
                },
                ms: 420,
            },
            observed: Observed {
                answers: (5, 410),
                ..Observed::default()
            },
            concurrency: 10,
            now_ms: NOW,
        }
    }

    #[test]
    fn time_is_the_longest_path_or_the_full_window_or_the_minute() {
        let mut basis = basis(Dialect::Openapi);
        for (writes, path, seconds) in [
            // Reading takes 450 ms, a call 100.
            (4, 1, 1),
            (4, 12, 2),
            (200, 12, 3),
            (10_000, 2, 101),
        ] {
            let forecast = Forecast::from(writes, writes, path, Reads::default(), &basis);
            assert_eq!(forecast.seconds, seconds, "{writes} {path}");
            assert_eq!(
                (forecast.latency_ms, forecast.latency_measured),
                (100, true)
            );
        }
        basis.observed.answers = (0, 0);
        let forecast = Forecast::from(10, 10, 4, Reads::default(), &basis);
        assert_eq!(
            (
                forecast.latency_ms,
                forecast.latency_measured,
                forecast.seconds
            ),
            (ASSUMED_LATENCY_MS, false, 2)
        );
        basis.observed.minute = Some(MinuteLimit {
            limit: 20,
            remaining: 8,
            reset_ms: NOW + 30_000,
        });
        // A later apply has a minute of its own for reads and writes together.
        for (writes, seconds) in [(15, 2), (16, 60), (35, 60), (36, 120)] {
            let forecast = Forecast::from(writes, 0, 1, Reads::default(), &basis);
            assert_eq!(forecast.seconds, seconds, "{writes}");
            assert_eq!(forecast.calls_per_minute, Some(20));
        }
        // One that goes on at once has what is left of this one.
        basis.reading = Reading::default();
        for (writes, seconds) in [(8, 1), (9, 30), (28, 30), (29, 90)] {
            assert_eq!(
                Forecast::from(writes, 0, 1, Reads::default(), &basis).seconds,
                seconds,
                "{writes}"
            );
        }
    }

    #[test]
    fn a_budget_that_is_too_small_is_told_with_its_figures() {
        let mut openapi = basis(Dialect::Openapi);
        assert_eq!(
            Forecast::from(4, 9, 1, Reads::default(), &openapi).budget,
            None
        );
        for (left, after, refused) in [(24, 0, false), (100, 76, false), (23, 0, true)] {
            openapi.observed.credits_remaining = Some(left);
            let forecast = Forecast::from(4, 9, 1, Reads::default(), &openapi);
            assert_eq!(forecast.budget.map(|budget| budget.after), Some(after));
            assert_eq!(forecast.refusal().is_some(), refused, "{left}");
            assert_eq!(forecast.warning().is_some(), refused, "{left}");
        }
        let problem = Forecast::from(4, 9, 1, Reads::default(), &openapi)
            .refusal()
            .unwrap();
        assert_eq!(
            problem.message,
            "the plan needs 24 credits, and 23 are left today"
        );
        let mut guide = basis(Dialect::Guide);
        guide.observed.credits_remaining = Some(0);
        assert_eq!(
            Forecast::from(4, 0, 1, Reads::default(), &guide).budget,
            None
        );
        guide.observed.day = Some(DayLimit {
            limit: Some(2_000),
            remaining: 1,
            reset_ms: Some(NOW + 3_600_000),
        });
        let forecast = Forecast::from(4, 0, 1, Reads::default(), &guide);
        assert_eq!((forecast.credits(), forecast.calls()), (0, 9));
        assert_eq!(
            forecast.warning().unwrap().message,
            "an apply would need 9 calls, and 1 is left until 2026-01-01T01:00:00Z"
        );
        guide.now_ms += 3_600_000;
        assert_eq!(
            Forecast::from(4, 0, 1, Reads::default(), &guide).budget,
            None
        );
    }
}
