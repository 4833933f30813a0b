//! The plan and the events as JSON, for programs; a saved plan is read back here.
//!
//! The form is that of [`Plan`] and of [`Event`], field by field in camel case. Within one
//! `formatVersion` fields are neither removed nor given another meaning. A change is
//! `{"field", "before", "after"}`: values are the manifest's own, references are addresses such as
//! `departments/Billing`, null stands for "none", and where `"secret": true` stands beside them both
//! values are the text [`SECRET`].

use serde::Deserialize;
use serde_json::Value as Json;

use super::safe;
use crate::apply::event::Event;
use crate::plan::{FORMAT_VERSION, FieldChange, Plan, SECRET};

/// The plan as indented JSON with a newline at the end; this is also the form of a saved plan.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let masked;
    let leaks = plan.steps.iter().flat_map(|step| &step.changes).any(leaks);
    let plan = if leaks {
        masked = mask(plan.clone());
        &masked
    } else {
        plan
    };
    // Cannot fail: the plan's maps have texts as keys.
    let mut text = serde_json::to_string_pretty(plan).unwrap_or_default();
    text.push('\n');
    safe::json(text)
}

/// Whether a secret change holds anything but the stand-in; the last line of defence.
fn leaks(change: &FieldChange) -> bool {
    let harmless = |value: &Json| value.is_null() || value == SECRET;
    change.secret && !(harmless(&change.before) && harmless(&change.after))
}

fn mask(mut plan: Plan) -> Plan {
    for change in plan.steps.iter_mut().flat_map(|step| &mut step.changes) {
        if leaks(change) {
            change.before = SECRET.into();
            change.after = SECRET.into();
        }
    }
    plan
}

/// A text that is no plan of this version.
#[derive(Debug, thiserror::Error)]
pub enum NotAPlan {
    /// It is of another version.
    #[error(
        "it is a plan of format version {0}, and this deskform reads version {FORMAT_VERSION} only"
    )]
    Version(u64),
    /// It is no JSON, or JSON of another form.
    #[error("it is no saved plan: {0}")]
    Form(#[from] serde_json::Error),
}

impl NotAPlan {
    /// The way out.
    pub const HINT: &str = "make the plan again with this deskform: `deskform plan --out FILE`";
}

/// Reads a plan back.
///
/// # Errors
/// When the text is no JSON, of another format version or of another form.
pub fn parse(text: &str) -> Result<Plan, NotAPlan> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        format_version: u64,
    }
    // The version first: a plan of another version may have any form.
    let Version { format_version } = serde_json::from_str(text)?;
    if format_version != u64::from(FORMAT_VERSION) {
        return Err(NotAPlan::Version(format_version));
    }
    Ok(serde_json::from_str(text)?)
}

/// One event as one line of JSON, with its newline.
#[must_use]
pub fn event(event: &Event) -> String {
    // Cannot fail: events hold texts, numbers and addresses.
    let mut text = serde_json::to_string(event).unwrap_or_default();
    text.push('\n');
    safe::json(text)
}
