//! What is drawn for one schedule, all of it from its seed.

#![expect(
    unreachable_pub,
    clippy::expect_used,
    reason = "a module of a test binary"
)]

use std::time::Duration;

use deskform::dialect::{Dialect, Edition};
use deskform::simulator::{Chosen, Faults, Missing, Quirks};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::random::{self, Change, Manifest};
use super::wire::Cut;

/// The most runs of a schedule; faults come in all but the last.
pub const RUNS: usize = 3;

/// Names that a manifest draws from, and the most resources of a kind.
const NAMES: u8 = 6;
const RESOURCES: u8 = 3;

/// The strategies, made once: they are dear.
pub struct Strategies {
    before: [BoxedStrategy<Manifest>; 2],
    now: [BoxedStrategy<Manifest>; 2],
    since: [BoxedStrategy<Vec<Change>>; 2],
}

impl Strategies {
    pub fn new() -> Self {
        let dialects = [Dialect::Openapi, Dialect::Guide];
        let draw = |later| {
            dialects.map(|dialect| random::manifest_within(dialect, later, NAMES, RESOURCES))
        };
        Self {
            before: draw(false),
            now: draw(true),
            since: dialects.map(|dialect| random::changes(dialect).boxed()),
        }
    }
}

/// One schedule.
#[derive(Debug, Clone)]
pub struct Case {
    pub seed: u64,
    pub dialect: Dialect,
    pub edition: Edition,
    /// What was applied before, if anything was.
    pub before: Option<Manifest>,
    /// What has happened since.
    pub since: Vec<Change>,
    /// What is applied.
    pub now: Manifest,
    /// Contacts that nobody manages, so that their listing has more than one page.
    pub crowd: usize,
    pub faults: Faults,
    /// Where runs are killed.
    pub cuts: [Option<Cut>; RUNS],
    /// Whether the server goes on with what it was sent when a run is killed.
    pub outlives: bool,
    /// How long an answer takes.
    pub latency: Duration,
    /// How long after a run the next one begins.
    pub pause: Duration,
    /// Whether somebody gives the lock of a killed run back; otherwise it has to expire.
    pub unlocks: bool,
    /// Before which run the ledger and the journals are lost.
    pub forgets: Option<usize>,
    /// Calls at once, where the environment allows fewer than the edition.
    pub parallelism: Option<usize>,
}

fn sample<T: std::fmt::Debug>(strategy: &BoxedStrategy<T>, runner: &mut TestRunner) -> T {
    strategy
        .new_tree(runner)
        .expect("every draw can be taken")
        .current()
}

impl Case {
    /// The same schedule with few faults.
    #[must_use]
    pub fn with_few_faults(mut self) -> Self {
        self.faults = faults(self.seed, self.dialect, 3, self.forgets.is_some());
        self
    }

    /// The same schedule where the facts are read in this way.
    #[must_use]
    pub fn read_as(mut self, chosen: Chosen) -> Self {
        let mut quirks = self.faults.quirks().clone();
        quirks.read_as(chosen);
        let quirks = bearable(quirks, self.forgets.is_some());
        self.faults = self.faults.with_quirks(quirks);
        self
    }

    /// Whether something is not shown until its object is written: only a later run knows what it is.
    pub fn hides(&self) -> bool {
        let mut since = self.since.iter();
        since.any(|change| matches!(change, Change::Hide(..)))
    }

    pub fn draw(seed: u64, strategies: &Strategies) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut runner = TestRunner::new_with_rng(
            Config::default(),
            TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
        );
        let guide = random.random_bool(0.5);
        let dialect = if guide {
            Dialect::Guide
        } else {
            Dialect::Openapi
        };
        let edition = [
            Edition::Free,
            Edition::Express,
            Edition::Standard,
            Edition::Professional,
            Edition::Enterprise,
            Edition::Enterprise,
        ][random.random_range(0..6)];
        let turn = random.random();
        let fits = |manifest: Manifest| manifest.fit_for(edition).turned(turn);
        let n = usize::from(guide);
        let mut before = random
            .random_bool(0.6)
            .then(|| fits(sample(&strategies.before[n], &mut runner)));
        let mut since = sample(&strategies.since[n], &mut runner);
        let forgets = random
            .random_ratio(1, 6)
            .then(|| random.random_range(0..RUNS));
        let mut now = fits(sample(&strategies.now[n], &mut runner));
        if forgets.is_some() {
            now = now.without_loose_ends();
            // Whether what is not shown is unknown or empty, the ledger tells.
            since.retain(|change| !matches!(change, Change::Hide(..)));
        }
        for kind in random::standing() {
            if !now.declares(kind, 0) {
                // What every organization has cannot be removed.
                before = before.map(|before| before.without_one(kind, 0));
            }
        }
        if let Some(before) = &before {
            now = now.without_vain_renames(before);
            if forgets.is_some() {
                now = now.without_removals_of_the_held(before);
            }
        }
        let faults = faults(
            seed,
            dialect,
            random.random_range(4..=14),
            forgets.is_some(),
        );
        let mut cut = |chance: f64| {
            let (comes, at, after) = (
                random.random_bool(chance),
                random.random_range(-3..=32_i8),
                random.random_bool(0.5),
            );
            comes.then_some(Cut {
                // Now and then when all is done but nothing is kept yet.
                at: u64::try_from(at).unwrap_or(0),
                after,
            })
        };
        let cuts = [cut(0.45), cut(0.3), None];
        Self {
            seed,
            dialect,
            edition,
            before,
            since,
            now,
            crowd: if random.random_ratio(1, 12) {
                random.random_range(95..=130)
            } else {
                0
            },
            faults,
            cuts,
            outlives: random.random_bool(0.5),
            latency: Duration::from_millis(random.random_range(1..=400)),
            pause: Duration::from_secs(random.random_range(0..=90)),
            unlocks: random.random_bool(0.5),
            forgets,
            parallelism: random
                .random_ratio(1, 4)
                .then(|| random.random_range(1..=8)),
        }
    }
}

fn faults(seed: u64, dialect: Dialect, budget: u32, forgets: bool) -> Faults {
    let faults = Faults::random(seed, dialect, budget);
    let quirks = bearable(faults.quirks().clone(), forgets);
    faults.with_quirks(quirks)
}

/// The quirks that a run without a ledger can bear.
fn bearable(mut quirks: Quirks, forgets: bool) -> Quirks {
    if forgets {
        // What a listing misses however long one waits is known to a ledger only.
        quirks.list_lag_reads = 0;
        // So is what somebody emptied, where answers leave out what is empty.
        if quirks.missing == Missing::Omitted {
            quirks.missing = Missing::Usual;
        }
    }
    quirks
}
