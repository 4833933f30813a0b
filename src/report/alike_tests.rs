//! What may be a rename, in every form of a plan.

use super::tests::{at, full, whereabouts};
use super::{Style, json, markdown, text};
use crate::plan::alike::Alike;

#[test]
fn what_may_be_a_rename_is_told_in_every_form() {
    let pair = |line: &str, or_else: Option<&str>| Alike {
        new: at("departments/B"),
        old: at("departments/A"),
        goes: or_else.is_some(),
        under: at(if or_else.is_some() {
            "departments/A"
        } else {
            "departments/B"
        }),
        line: Some(line.to_owned()),
        or_else: or_else.map(str::to_owned),
    };
    let renamed = "lifecycle: {renamedFrom: A}";
    for (pair, words) in [
        (
            pair("name: B", Some(renamed)),
            "`departments/B` may be `departments/A`, which goes, under a new name: write `name: B` under `departments/A` in place of `departments/B`, or `lifecycle: {renamedFrom: A}` under `departments/B`",
        ),
        (
            pair(renamed, None),
            "`departments/B` may be `departments/A` under a new name: write `lifecycle: {renamedFrom: A}` under `departments/B`",
        ),
    ] {
        let mut plan = full();
        plan.alike = vec![pair];
        assert!(text::plan(&plan, Style::default()).contains(words));
        assert!(markdown::plan(&plan, &whereabouts()).contains(words));
        let json = json::plan(&plan);
        assert!(json.contains("\"alike\": ["), "{json}");
        assert_eq!(json::parse(&json).unwrap().alike, plan.alike);
    }
}
