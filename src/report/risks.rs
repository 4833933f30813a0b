//! What a reader has to see first: the risks of a plan, class by class.

use super::lines;
use crate::kind::Risk;
use crate::plan::{Plan, Step, StepRisk};

/// The most steps of one class that are named; the plan below names all of them.
const NAMED: usize = 10;

/// The steps of one class of risk.
pub(super) struct Class {
    /// The class in words.
    pub(super) title: &'static str,
    /// How many steps are of it.
    pub(super) count: usize,
    /// The first of them, each with what it is about.
    pub(super) named: Vec<Named>,
}

/// A step that puts something at stake.
pub(super) struct Named {
    /// Its address.
    pub(super) address: String,
    /// What it is about: changes and people; may be empty.
    pub(super) about: Vec<String>,
}

/// The classes of a plan that are not empty, the worst first.
pub(super) fn of(plan: &Plan) -> Vec<Class> {
    let classes = Risk::ALL.into_iter().map(|class| {
        let of_class = |step: &'_ Step| step.risk.iter().any(|risk| risk.class == class);
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| of_class(step)).collect();
        let risks = steps.iter().filter_map(|step| {
            let risk = step.risk.iter().find(|risk| risk.class == class)?;
            Some(named(step, risk))
        });
        Class {
            title: title(class),
            count: steps.len(),
            named: risks.take(NAMED).collect(),
        }
    });
    classes.filter(|class| class.count > 0).collect()
}

const fn title(class: Risk) -> &'static str {
    match class {
        Risk::TakesAway => "Takes away",
        Risk::Rights => "Rights",
        Risk::Outside => "Outside",
        Risk::People => "People",
        Risk::Defaults => "Defaults",
        Risk::SetsBack => "Sets back what somebody changed in Zoho Desk",
        Risk::ByHand => "By hand",
    }
}

fn named(step: &Step, risk: &StepRisk) -> Named {
    let fields = risk.fields.iter().map(|pointer| {
        let name = lines::path(pointer);
        match lines::brief(step, pointer) {
            Some(change) => format!("{name}: {change}"),
            None => name,
        }
    });
    let others = risk.people.iter().filter(|one| **one != step.address);
    let others = others.map(|one| format!("locks out {}", one.handle));
    let needed = step.needed.then(|| "needed by a target".to_owned());
    Named {
        address: step.address.to_string(),
        about: fields.chain(others).chain(needed).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::tests::{at, change, check_markdown, plan_of, step};
    use crate::report::{Style, text};
    use crate::verb::Verb;

    fn risky(verb: Verb, address: &str, class: Risk) -> Step {
        Step {
            risk: vec![StepRisk {
                class,
                fields: Vec::new(),
                people: Vec::new(),
            }],
            ..step(verb, address, Vec::new())
        }
    }

    /// What is told of a class in the text: its title and what stands below.
    fn told(plan: &Plan) -> Vec<String> {
        let shown = text::plan(plan, Style::default());
        let lines = shown.lines().take_while(|line| !line.is_empty());
        lines.map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn classes_come_in_their_order_and_name_what_they_are_about() {
        let mut admin = step(
            Verb::Update,
            "agents/a@example.com",
            vec![change("rolePermissionType", json!("Light"), json!("Admin"))],
        );
        admin.risk = vec![StepRisk {
            class: Risk::Rights,
            fields: vec!["/rolePermissionType".to_owned(), "/cf".to_owned()],
            people: Vec::new(),
        }];
        let mut gone = risky(Verb::Disable, "departments/A", Risk::TakesAway);
        gone.risk.push(StepRisk {
            class: Risk::People,
            fields: Vec::new(),
            people: vec![at("agents/b@example.com"), at("agents/c@example.com")],
        });
        let by_hand = risky(Verb::Manual, "slas/S", Risk::ByHand);
        let harmless = step(Verb::Create, "accounts/A", Vec::new());
        let plan = plan_of(vec![by_hand, admin, harmless, gone]);
        assert_eq!(
            told(&plan),
            [
                "Look at this first:",
                "Takes away (1):",
                "departments/A",
                "Rights (1):",
                "agents/a@example.com (rolePermissionType: Light → Admin; cf)",
                "People (1):",
                "departments/A (locks out b@example.com; locks out c@example.com)",
                "By hand (1):",
                "slas/S",
            ]
        );
        check_markdown(&plan);
        let harmless = plan_of(vec![step(Verb::Create, "accounts/A", Vec::new())]);
        assert_eq!(told(&harmless), ["+ create accounts/A"]);
    }

    #[test]
    fn the_head_is_short_whatever_the_names_are() {
        let long = "𝕏".repeat(2_000);
        let steps = (0..200).map(|n| Step {
            risk: Risk::ALL
                .map(|class| StepRisk {
                    class,
                    fields: vec![format!("/{long}")],
                    people: vec![at(&format!("agents/{long}"))],
                })
                .to_vec(),
            ..step(Verb::Delete, &format!("departments/{n}{long}"), Vec::new())
        });
        let plan = plan_of(steps.collect());
        check_markdown(&plan);
        let counted = told(&plan)
            .iter()
            .filter(|line| *line == "and 190 more")
            .count();
        assert_eq!(counted, Risk::ALL.len());
        let short = (0..12).map(|n| risky(Verb::Delete, &format!("slas/{n}"), Risk::TakesAway));
        let plan = plan_of(short.collect());
        assert_eq!(told(&plan).last().map(String::as_str), Some("and 2 more"));
    }
}
