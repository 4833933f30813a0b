//! Conditions that tell which tickets something is for, wherever a kind has them.

use super::{Alike, Field, Keyed, Keys, Owned, Pattern, Sent, Shape, text};

/// Source: Skill, `createSkill` (`CriteriaInput`): a Boolean expression over the numbers of conditions.
/// Criteria write it `(1 AND 2)`, and answers `(1and2)`.
const EXPRESSION: Pattern = Pattern {
    regex: r"^[0-9()\sANDORandor]+$",
    words: "numbers of conditions with `and`, `or` and brackets, such as `(1or2)`",
    sample: "1",
    allows_empty: false,
};

/// How the conditions are combined. Answers declare 100 characters, whatever requests take.
pub(super) const PATTERN: Field = text("pattern")
    .max(100)
    .pattern(EXPRESSION)
    .alike(Alike::Expression)
    .required()
    .doc("How the conditions are combined, by their numbers, such as `(1or2)`.");

/// The conditions, each by the number that the pattern calls it.
pub(super) const fn conditions(condition: &'static Field) -> Field {
    Field::new(
        "fieldConditions",
        Shape::Keyed(Keyed {
            keys: Keys::Places,
            value: condition,
            owned: Owned::Whole,
            sent: Sent::Whole,
            listed: None,
        }),
    )
    .required()
    .doc("The conditions, by the numbers that `pattern` calls them.")
}

/// The field that a condition is about. Answers declare 100 characters.
pub(super) const FIELD_NAME: Field = text("fieldName")
    .max(100)
    .pattern(super::patterns::NAME)
    .required()
    .doc("The label of the field, such as `Subject`, as Zoho Desk shows it.");

/// What is asked of it. Which conditions a field has tell the calls named `criteriaFields`.
pub(super) const CONDITION: Field = text("condition")
    .max(100)
    .required()
    .doc("What is asked of the field, such as `is` or `contains`.");

/// What it is compared with, at most so many values; 0 means that no limit is known.
pub(super) const fn values(most: u32) -> Field {
    Field::new(
        "value",
        Shape::Texts {
            max_items: most,
            max: 0,
            set: false,
            pattern: None,
            choices: &[],
        },
    )
    .required()
    .doc("The values that it is compared with. A `$` before a brace is written twice: `$${EMPTY}`.")
}
