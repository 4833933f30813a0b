//! What goes wrong between a client and Zoho Desk, by a schedule that follows from a seed.
//!
//! A [`Faults`] decides for each request which [`Fault`] befalls it; with the same seed and the
//! same requests in the same order, the same faults come. [`Quirks`] are no single events: they
//! are the ways in which an organization answers all the time. Both belong to a simulator, see
//! [`Simulator::set_faults`](super::Simulator::set_faults); faults are carried out by
//! [`SimulatorTransport`](super::SimulatorTransport) and by [`serve`](super::serve::serve), quirks
//! by every answer.
//!
//! A schedule can be written as a text, which is what [`Faults`] shows and
//! [`Faults::parse`] reads; so a failing campaign prints all that is needed to see it again.

mod deliver;
mod quirks;
mod readings;
mod spec;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::dialect::Dialect;

pub use quirks::{Missing, Quirks};
pub use readings::{Chosen, ReadingError};
pub use spec::SpecError;

pub(super) use deliver::Delivery;
pub(super) use quirks::Sight;

/// The most entries of the log that are kept; older ones go first.
const LOG_LIMIT: usize = 10_000;

/// What befalls one request.
///
/// Its text form, as in [`Faults::parse`], stands with each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// `not-sent`: the connection cannot be made, the request never leaves.
    NotSent,
    /// `lost-before`: it arrives, has no effect, and no answer comes.
    LostBefore,
    /// `lost-after`: it is carried out, and its answer is lost.
    LostAfter,
    /// `reset`: one of the three above, drawn by the seed.
    Reset,
    /// `429`, `429:SECONDS`: too many calls at the same time, with or without `Retry-After`.
    ///
    /// The accounts server answers `Access Denied` instead, as it does after ten token requests in
    /// ten minutes.
    TooManyRequests {
        /// What `Retry-After` says.
        retry_after: Option<Duration>,
    },
    /// `minute-limit`, `minute-limit:SECONDS`: the calls of the minute are used up, which only the
    /// guide has, with or without `Retry-After`.
    MinuteLimit {
        /// What `Retry-After` says.
        retry_after: Option<Duration>,
    },
    /// `day-limit`, `day-limit:SECONDS`: the credits or calls of the day are used up, with or
    /// without `Retry-After`. It holds for the organization until [`Faults::next_run`].
    DayLimit {
        /// What `Retry-After` says.
        retry_after: Option<Duration>,
    },
    /// `500`, `503`, `500-after`: the server fails, before the effect or after it. `403`, `422`: it refuses
    /// what is right.
    Status {
        /// 400 to 599, but for 401 and 429, which have a meaning of their own.
        status: u16,
        /// Whether the request is carried out.
        effect: bool,
    },
    /// `html`, `html:STATUS`, `html-after`: a web page instead of JSON, with 502 unless told.
    Html {
        /// 200 to 599.
        status: u16,
        /// Whether the request is carried out.
        effect: bool,
    },
    /// `truncated`: it is carried out; the answer ends before its announced length.
    Truncated,
    /// `cut-body`: it is carried out; the body is cut and announced as short as it is. An answer
    /// without a body stays.
    CutBody,
    /// `empty`, `empty:204`: a write is carried out and answered without a body, with 200 unless
    /// told.
    Empty {
        /// 200 or 204.
        status: u16,
    },
    /// `unstored`: a write is answered as if it were carried out, and nothing is stored.
    Unstored,
    /// `token-expired`: the access token of the request dies.
    TokenExpired,
    /// `token-revoked`: the organization's tokens die and no new one is given until
    /// [`Faults::next_run`].
    TokenRevoked,
    /// `slow`, `slow:SECONDS`: it takes this much longer, 10 seconds unless told.
    Slow(Duration),
    /// `not-stored`: of a write, what stands under `cf` is taken and not stored, as with wrong
    /// keys.
    NotStored,
    /// `shift`: between two pages of a listing an unmanaged object comes, at the front of it; with
    /// the next such fault it goes again.
    Shift,
}

impl Fault {
    /// One of each kind that a run can get over, in the order of their names' declaration: without
    /// the token's and the day's.
    #[must_use]
    pub fn passing() -> Vec<Self> {
        vec![
            Self::NotSent,
            Self::LostBefore,
            Self::LostAfter,
            Self::Reset,
            Self::TooManyRequests { retry_after: None },
            Self::TooManyRequests {
                retry_after: Some(Duration::from_secs(5)),
            },
            Self::MinuteLimit { retry_after: None },
            Self::MinuteLimit {
                retry_after: Some(Duration::from_secs(20)),
            },
            Self::Status {
                status: 500,
                effect: false,
            },
            Self::Status {
                status: 503,
                effect: false,
            },
            Self::Status {
                status: 500,
                effect: true,
            },
            Self::Html {
                status: 502,
                effect: false,
            },
            Self::Html {
                status: 200,
                effect: true,
            },
            Self::Truncated,
            Self::CutBody,
            Self::Empty { status: 200 },
            Self::Slow(Duration::from_secs(10)),
            Self::NotStored,
            Self::Shift,
        ]
    }

    /// Whether no run can succeed after it: it holds until [`Faults::next_run`].
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        matches!(self, Self::DayLimit { .. } | Self::TokenRevoked)
    }

    /// The kind, as statistics count it: the text form without figures behind a colon.
    #[must_use]
    pub fn kind(&self) -> String {
        let text = self.to_string();
        match text.split_once(':') {
            Some((kind, _)) => kind.to_owned(),
            None => text,
        }
    }
}

/// Which requests a rule strikes.
///
/// Requests are counted from 1, and only those that the rule's fault can befall: a write without
/// `cf` is none for [`Fault::NotStored`], a first page none for [`Fault::Shift`]. Requests for
/// tokens are none but for [`When::Token`].
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// `nth=N:FAULT`: the n-th.
    Nth(u64),
    /// `every=N:FAULT`: each n-th.
    Every(u64),
    /// `chance=P:FAULT`: each with this probability, 0 to 1.
    Probability(f64),
    /// `write=N:FAULT`: the n-th whose method is not GET.
    Write(u64),
    /// `on=METHOD PATH:FAULT`: each with this method (`*` for any) whose path, with or without
    /// `/api/v1`, begins with this.
    On {
        /// The method; none stands for any.
        method: Option<String>,
        /// The beginning of the path.
        path: String,
    },
    /// `token=N:FAULT`: the n-th request to the accounts server.
    Token(u64),
}

/// One fault and the requests that it befalls.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which requests.
    pub when: When,
    /// What befalls them.
    pub fault: Fault,
    /// How often at most; none stands for ever.
    pub times: Option<u32>,
}

impl Rule {
    /// A rule that strikes as often as its requests come.
    #[must_use]
    pub const fn new(when: When, fault: Fault) -> Self {
        Self {
            when,
            fault,
            times: None,
        }
    }

    /// The same, at most so many times.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }
}

/// A rule and how far it has come.
#[derive(Debug, Clone)]
struct Armed {
    rule: Rule,
    seen: u64,
    fired: u32,
}

/// A probability with which any of several faults befalls a request.
#[derive(Debug, Clone, PartialEq)]
struct Mix {
    probability: f64,
    kinds: Vec<Fault>,
}

/// A fault that was injected.
#[derive(Debug, Clone, PartialEq)]
pub struct Injected {
    /// The run, from 1, see [`Faults::next_run`].
    pub run: u32,
    /// The number of the request among those of the Desk API, from 1; 0 for a token request.
    pub request: u64,
    /// The request's method.
    pub method: String,
    /// The request's path, without query.
    pub path: String,
    /// The fault that was scheduled.
    pub fault: Fault,
    /// What became of it: differs from `fault` for [`Fault::Reset`] only.
    pub outcome: Fault,
}

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "run {}, request {}: {} {}: {}",
            self.run, self.request, self.method, self.path, self.fault
        )?;
        if self.fault == self.outcome {
            Ok(())
        } else {
            write!(f, " ({})", self.outcome)
        }
    }
}

/// What of a request decides which faults can befall it.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) is_token: bool,
    /// Whether it has values under `cf`.
    pub(super) has_cf: bool,
    /// Whether it asks for a page behind the first.
    pub(super) is_later_page: bool,
    /// Whose token it carries.
    pub(super) organization: Option<&'a str>,
    pub(super) dialect: Dialect,
}

impl Facts<'_> {
    fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// Whether a fault makes sense here.
    fn allow(&self, fault: &Fault) -> bool {
        match fault {
            Fault::MinuteLimit { .. } => !self.is_token && self.dialect == Dialect::Guide,
            Fault::DayLimit { .. } | Fault::TokenExpired | Fault::TokenRevoked => {
                !self.is_token && self.organization.is_some()
            }
            Fault::Empty { .. } => self.is_write(),
            Fault::Unstored => !self.is_token && self.is_write() && self.organization.is_some(),
            Fault::NotStored => !self.is_token && self.is_write() && self.has_cf,
            Fault::Shift => !self.is_token && self.is_later_page && self.organization.is_some(),
            Fault::NotSent
            | Fault::LostBefore
            | Fault::LostAfter
            | Fault::Reset
            | Fault::TooManyRequests { .. }
            | Fault::Status { .. }
            | Fault::Html { .. }
            | Fault::Truncated
            | Fault::CutBody
            | Fault::Slow(_) => true,
        }
    }
}

/// A schedule of faults that follows from a seed, and the quirks of the organizations.
#[derive(Debug, Clone)]
pub struct Faults {
    seed: u64,
    random: SmallRng,
    rules: Vec<Armed>,
    mix: Option<Mix>,
    budget: Option<u32>,
    last_run: Option<u32>,
    quirks: Quirks,
    run: u32,
    spent: u32,
    requests: u64,
    /// The day's limit by organization, as it refuses calls until the next run.
    day_over: BTreeMap<String, Fault>,
    revoked: BTreeSet<String>,
    log: VecDeque<Injected>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Faults {
    /// A schedule without any fault.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            random: SmallRng::seed_from_u64(seed),
            rules: Vec::new(),
            mix: None,
            budget: None,
            last_run: None,
            quirks: Quirks::default(),
            run: 1,
            spent: 0,
            requests: 0,
            day_over: BTreeMap::new(),
            revoked: BTreeSet::new(),
            log: VecDeque::new(),
        }
    }

    /// A mixed schedule for a campaign: some kinds of faults, some quirks, sometimes a lost write,
    /// a dead token, a throttled accounts server or a used up day.
    ///
    /// At most `budget` faults come in a run and none after the second run, so that the third can
    /// converge. Quirks stay.
    #[must_use]
    pub fn random(seed: u64, dialect: Dialect, budget: u32) -> Self {
        // Apart from the schedule's own draws, so that its text form has the same faults.
        let mut draw = SmallRng::seed_from_u64(seed ^ 0x9e37_79b9_7f4a_7c15);
        let mut kinds = Fault::passing();
        kinds.retain(|kind| {
            let known = dialect == Dialect::Guide || !matches!(kind, Fault::MinuteLimit { .. });
            known && draw.random_ratio(1, 2)
        });
        let percent: u32 = draw.random_range(4..=30);
        let mut faults = Self::new(seed)
            .with_budget(budget)
            .with_last_run(2)
            .with_mix(f64::from(percent) / 100.0, kinds);
        let mut sometimes = |one_in: u32, rule: fn(u64) -> Rule, most: u64| {
            let (comes, n) = (draw.random_ratio(1, one_in), draw.random_range(1..=most));
            comes.then(|| rule(n).times(1))
        };
        let rules = [
            sometimes(2, |n| Rule::new(When::Write(n), Fault::LostAfter), 8),
            sometimes(4, |n| Rule::new(When::Nth(n), Fault::TokenExpired), 40),
            sometimes(4, |n| Rule::new(When::Token(n), LOST_TOKEN), 2),
            sometimes(6, |n| Rule::new(When::Token(n), NO_TOKEN), 3),
            // Counted are those requests only that these can befall.
            sometimes(3, |n| Rule::new(When::Nth(n), Fault::NotStored), 2),
            sometimes(2, |n| Rule::new(When::Nth(n), Fault::Shift), 2),
            sometimes(8, |n| Rule::new(When::Nth(n), Fault::TokenRevoked), 60),
            sometimes(
                8,
                |n| Rule::new(When::Nth(n), Fault::DayLimit { retry_after: None }),
                60,
            ),
            sometimes(8, |n| Rule::new(When::Nth(n), LONG_DAY), 60),
        ];
        for rule in rules.into_iter().flatten() {
            faults = faults.with_rule(rule);
        }
        let quirks = Quirks::random(&mut draw);
        faults.with_quirks(quirks)
    }

    /// Adds a rule. Where several strike one request, the first one added counts.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.push(Armed {
            rule,
            seen: 0,
            fired: 0,
        });
        self
    }

    /// Lets each request of the Desk API meet one of these faults with this probability, 0 to 1.
    /// Rules go before.
    #[must_use]
    pub fn with_mix(mut self, probability: f64, kinds: Vec<Fault>) -> Self {
        self.mix = (!kinds.is_empty()).then_some(Mix { probability, kinds });
        self
    }

    /// Bounds the faults of a run.
    #[must_use]
    pub const fn with_budget(mut self, faults: u32) -> Self {
        self.budget = Some(faults);
        self
    }

    /// Ends the faults with this run, from 1; 0 means none at all.
    #[must_use]
    pub const fn with_last_run(mut self, run: u32) -> Self {
        self.last_run = Some(run);
        self
    }

    /// Sets the quirks.
    #[must_use]
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// The seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The quirks.
    #[must_use]
    pub const fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// The rules, in the order in which they count.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|armed| &armed.rule)
    }

    /// The run under way, from 1.
    #[must_use]
    pub const fn run(&self) -> u32 {
        self.run
    }

    /// Begins the next run: a used up day is over, revoked tokens are granted anew, and the budget
    /// is full. What rules have counted stays.
    pub fn next_run(&mut self) {
        self.run = self.run.saturating_add(1);
        self.spent = 0;
        self.day_over.clear();
        self.revoked.clear();
    }

    /// The faults so far, the oldest first; the last ten thousand of them.
    pub fn log(&self) -> impl Iterator<Item = &Injected> {
        self.log.iter()
    }

    /// The schedule and the faults so far, a line each, as a failing campaign prints them.
    #[must_use]
    pub fn report(&self) -> String {
        use fmt::Write as _;
        let mut text = format!("faults: {self}\n");
        for injected in &self.log {
            // Writing into a text does not fail.
            let _ = writeln!(text, "{injected}");
        }
        text
    }

    /// Whether there is nothing to decide.
    pub(super) fn is_calm(&self) -> bool {
        self.rules.is_empty()
            && self.mix.is_none()
            && self.day_over.is_empty()
            && self.revoked.is_empty()
    }

    /// What befalls a request; it is logged. A used up day is none: see [`Faults::day_is_over`].
    pub(super) fn draw(&mut self, facts: &Facts<'_>) -> Option<Fault> {
        if !facts.is_token {
            self.requests = self.requests.saturating_add(1);
        }
        let by_rule = self.by_rule(facts);
        let by_mix = self.by_mix(facts);
        let fault = match by_rule {
            Some(index) => self.rules.get(index)?.rule.fault,
            None => by_mix?,
        };
        let is_over = self.last_run.is_some_and(|last| self.run > last)
            || self.budget.is_some_and(|budget| self.spent >= budget);
        if is_over {
            return None;
        }
        if let Some(armed) = by_rule.and_then(|index| self.rules.get_mut(index)) {
            armed.fired = armed.fired.saturating_add(1);
        }
        self.spent = self.spent.saturating_add(1);
        let outcome = match fault {
            Fault::Reset => match self.random.random_range(0..3_u8) {
                0 => Fault::NotSent,
                1 => Fault::LostBefore,
                _ => Fault::LostAfter,
            },
            other => other,
        };
        if let Some(organization) = facts.organization {
            match outcome {
                Fault::DayLimit { .. } => {
                    self.day_over.insert(organization.to_owned(), outcome);
                }
                Fault::TokenRevoked => {
                    self.revoked.insert(organization.to_owned());
                }
                _ => {}
            }
        }
        if self.log.len() >= LOG_LIMIT {
            self.log.pop_front();
        }
        self.log.push_back(Injected {
            run: self.run,
            request: if facts.is_token { 0 } else { self.requests },
            method: facts.method.to_owned(),
            path: facts.path.to_owned(),
            fault,
            outcome,
        });
        Some(outcome)
    }

    /// The fault as it was scheduled the last time.
    pub(super) fn last(&self) -> Option<&Injected> {
        self.log.back()
    }

    /// What refuses every call of an organization whose day is used up.
    pub(super) fn day_is_over(&self, organization: Option<&str>) -> Option<Fault> {
        self.day_over.get(organization?).copied()
    }

    /// Whether an organization gets no tokens.
    pub(super) fn is_revoked(&self, organization: &str) -> bool {
        self.revoked.contains(organization)
    }

    /// The first rule that strikes. Every rule counts every request, whatever the others do.
    fn by_rule(&mut self, facts: &Facts<'_>) -> Option<usize> {
        let mut found = None;
        for (index, armed) in self.rules.iter_mut().enumerate() {
            let concerned = facts.is_token == matches!(armed.rule.when, When::Token(_))
                && facts.allow(&armed.rule.fault)
                && (facts.is_write() || !matches!(armed.rule.when, When::Write(_)));
            if !concerned {
                continue;
            }
            armed.seen = armed.seen.saturating_add(1);
            let strikes = match &armed.rule.when {
                When::Nth(n) | When::Write(n) | When::Token(n) => armed.seen == *n,
                When::Every(n) => *n > 0 && armed.seen.is_multiple_of(*n),
                When::Probability(probability) => self.random.random::<f64>() < *probability,
                When::On { method, path } => {
                    let below = facts.path.strip_prefix("/api/v1").unwrap_or(facts.path);
                    method
                        .as_ref()
                        .is_none_or(|method| method.eq_ignore_ascii_case(facts.method))
                        && (facts.path.starts_with(path) || below.starts_with(path))
                }
            };
            let is_spent = armed.rule.times.is_some_and(|times| armed.fired >= times);
            if strikes && !is_spent && found.is_none() {
                found = Some(index);
            }
        }
        found
    }

    fn by_mix(&mut self, facts: &Facts<'_>) -> Option<Fault> {
        let mix = self.mix.as_ref().filter(|_| !facts.is_token)?;
        if self.random.random::<f64>() >= mix.probability {
            return None;
        }
        let possible: Vec<Fault> = mix
            .kinds
            .iter()
            .filter(|kind| facts.allow(kind))
            .copied()
            .collect();
        if possible.is_empty() {
            return None;
        }
        possible
            .get(self.random.random_range(0..possible.len()))
            .copied()
    }
}

/// A token request whose answer is lost.
const LOST_TOKEN: Fault = Fault::LostAfter;

/// An accounts server that has been asked too often.
const NO_TOKEN: Fault = Fault::TooManyRequests { retry_after: None };

/// A used up day that says so.
const LONG_DAY: Fault = Fault::DayLimit {
    retry_after: Some(Duration::from_secs(36_000)),
};
