//! What the simulator counts.

use std::collections::BTreeMap;

use serde::Serialize;

/// Calls of one organization, or of all together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Calls of the Desk API, refused ones included.
    pub calls: u64,
    /// The same by method.
    pub by_method: BTreeMap<String, u64>,
    /// Calls with another method than GET.
    pub writes: u64,
    /// Credits used; the guide knows none.
    pub credits: u64,
    /// The most calls that were active at the same time.
    pub peak_concurrency: usize,
    /// Calls refused with 429.
    pub throttled: u64,
}

impl Counts {
    fn count(&mut self, method: &str, credits: u64) {
        self.calls += 1;
        *self.by_method.entry(method.to_owned()).or_default() += 1;
        self.writes += u64::from(method != "GET");
        self.credits += credits;
    }
}

/// A request that breaks the facts of the API.
///
/// Values are never repeated in it: they may be secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The request's method.
    pub method: String,
    /// Its path, without query.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

/// What has been counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// All organizations together, with the calls that belong to none.
    pub total: Counts,
    /// By organization id.
    pub organizations: BTreeMap<String, Counts>,
    /// Requests to the accounts server.
    pub token_requests: u64,
    /// Requests that break the facts of the API: unknown routes, methods, parameters and fields,
    /// and values out of form. Refusals for lack of a token or a scope, of absent objects and of
    /// duplicates are not among them.
    pub violations: Vec<Violation>,
    /// Injected faults by kind, see [`Fault::kind`](super::faults::Fault::kind). They are no
    /// violations. A used up day counts once, not with each call that it refuses.
    pub faults: BTreeMap<String, u64>,
}

impl Statistics {
    /// Counts one call of the Desk API.
    pub(super) fn count(&mut self, organization: Option<&str>, method: &str, credits: u64) {
        self.total.count(method, credits);
        if let Some(id) = organization {
            self.of(id).count(method, credits);
        }
    }

    /// Counts a refusal with 429.
    pub(super) fn throttled(&mut self, organization: &str) {
        self.total.throttled += 1;
        self.of(organization).throttled += 1;
    }

    /// Notes how many calls are active in an organization.
    pub(super) fn active(&mut self, organization: &str, active: usize) {
        let counts = self.of(organization);
        counts.peak_concurrency = counts.peak_concurrency.max(active);
        self.total.peak_concurrency = self.total.peak_concurrency.max(active);
    }

    fn of(&mut self, organization: &str) -> &mut Counts {
        self.organizations
            .entry(organization.to_owned())
            .or_default()
    }
}
