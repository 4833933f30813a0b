//! The plan and the events as JSON, for programs; a saved plan is read back here.
//!
//! The form is that of [`Plan`] and of [`Event`], field by field in camel case. Within one
//! `formatVersion` fields are neither removed nor given another meaning. A change is
//! `{"field", "before", "after"}`: values are the manifest's own, references are addresses such as
//! `departments/Billing`, null stands for "none", and where `"secret": true` stands beside them they
//! are the template of a URL with what is visible of the live one, or else both the text [`SECRET`].

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::apply::event::Event;
use crate::plan::{FORMAT_VERSION, LiveChange, Plan, SECRET};
use crate::problem::reason;
use crate::safe;
use crate::safe::mask::{Masks, current};

/// The plan as indented JSON with a newline at the end; this is also the form of a saved plan.
///
/// What is never printed is masked in the values of fields and in sentences, never in what the plan
/// is read back by: keys, addresses, verbs, digests.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    written(plan, current().as_deref())
}

/// The plan with these values masked.
pub(super) fn written(plan: &Plan, masks: Option<&Masks>) -> String {
    let masked;
    let leaks = plan
        .steps
        .iter()
        .flat_map(|step| &step.changes)
        .any(|change| change.leaks());
    let plan = if leaks {
        masked = mask(plan.clone());
        &masked
    } else {
        plan
    };
    let text = pretty(plan);
    safe::escaped(match masks {
        Some(masks) if masks.is_in(&text) => pretty(&without(plan.clone(), masks)),
        _ => text,
    })
}

fn pretty(plan: &Plan) -> String {
    // Cannot fail: the plan's maps have texts as keys.
    let mut text = serde_json::to_string_pretty(plan).unwrap_or_default();
    text.push('\n');
    text
}

/// Masks what a plan says, and leaves what it is read back by.
fn without(mut plan: Plan, masks: &Masks) -> Plan {
    for step in &mut plan.steps {
        // What stands for a secret is ours.
        let sides = step
            .changes
            .iter_mut()
            .flat_map(|change| [&mut change.before, &mut change.after]);
        for value in sides.filter(|value| **value != SECRET) {
            masks.value(value);
        }
        for change in &mut step.changes {
            for text in change.sets_back.iter_mut().flat_map(|change| {
                let LiveChange { modified, by } = &mut **change;
                modified.iter_mut().chain(by)
            }) {
                masks.replace(text);
            }
        }
        let sentences = step.effects.iter_mut().chain(&mut step.instruction);
        sentences.for_each(|text| masks.replace(text));
    }
    for warning in &mut plan.warnings {
        masks.replace(&mut warning.message);
        warning.help.iter_mut().for_each(|text| masks.replace(text));
    }
    for pair in &mut plan.alike {
        let lines = pair.line.iter_mut().chain(&mut pair.or_else);
        lines.for_each(|text| masks.replace(text));
    }
    for message in &mut plan.refused {
        masks.replace(message);
    }
    for entry in &mut plan.acknowledged {
        masks.replace(&mut entry.reason);
    }
    plan
}

fn mask(mut plan: Plan) -> Plan {
    for change in plan.steps.iter_mut().flat_map(|step| &mut step.changes) {
        if change.leaks() {
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
    #[error("it is no saved plan: {}", reason::of_json(.0))]
    Form(#[from] serde_json::Error),
}

impl NotAPlan {
    /// The way out.
    pub const HINT: &str = "make the plan again with this deskform: `deskform plan --out FILE`";
}

/// JSON of any form in which no object has a key twice.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            entries.next_value::<Self>()?;
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
        }
        Ok(self)
    }
}

/// Reads a plan back. The text is not trusted: it is checked like a manifest, it names no host, and
/// what it says is compared with a plan made anew before anything is sent.
///
/// # Errors
/// When the text is no JSON, of another format version or of another form, has unknown keys or a key
/// that stands twice.
pub fn parse(text: &str) -> Result<Plan, NotAPlan> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        format_version: u64,
    }
    // Nesting and equal keys first: of two equal keys readers may take either.
    let Unambiguous = serde_json::from_str(text)?;
    // Then the version: a plan of another version may have any form.
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"{"formatVersion":2,"environment":"e","orgId":"1","dialect":"guide","digest":"d","summary":{"create":0,"update":1,"replace":0,"delete":0,"disable":0,"manual":0,"unchanged":0,"calls":1,"credits":0},"steps":[{"address":"departments/A","verb":"update","changes":[{"field":"/cf","before":{"a":1},"after":null}],"after":[],"requests":[{"method":"PATCH","path":"/departments/1"}],"credits":0}],"fingerprints":{"departments/A":"f"}}"#;

    #[test]
    fn a_plan_is_checked_like_a_manifest() {
        assert!(parse(PLAN).is_ok());
        for (from, to, reason) in [
            (
                r#""orgId":"1""#,
                r#""orgId":"1","orgId":"2""#,
                "`orgId` stands twice",
            ),
            (
                r#""credits":0}]"#,
                r#""credits":0,"host":"x"}]"#,
                "unknown field `host`",
            ),
            (
                r#""path":"#,
                r#""host":"https://example.com","path":"#,
                "unknown field `host`",
            ),
            (
                r#""digest":"d""#,
                r#""digest":"d","endpoint":"x""#,
                "unknown field `endpoint`",
            ),
            (
                r#"A":"f""#,
                r#"A":"f","departments/A":"g""#,
                "`departments/A` stands twice",
            ),
            (r#"{"a":1}"#, r#"{"a":1,"\u0061":2}"#, "`a` stands twice"),
            (
                r#""method":"PATCH""#,
                r#""method":"CONNECT""#,
                "unknown variant",
            ),
            (
                r#""address":"departments/A""#,
                r#""address":"hosts/A""#,
                "hosts",
            ),
            (r#""update":1"#, r#""update":-1"#, "invalid value"),
        ] {
            assert!(PLAN.contains(from), "{from}");
            let error = parse(&PLAN.replacen(from, to, 1)).unwrap_err();
            assert!(matches!(error, NotAPlan::Form(_)), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
        let deep = PLAN.replace("null", &format!("{}{}", "[".repeat(500), "]".repeat(500)));
        let error = parse(&deep).unwrap_err().to_string();
        assert!(error.contains("recursion limit"), "{error}");
    }
}
