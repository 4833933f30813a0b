//! What is wrong with a text that holds secrets, told without a word of it.

use super::convert::{Converter, Here};
use super::violation::pattern;
use crate::kind::Field;
use crate::kind::schema::{Checker, Violation};
use crate::problem::Code;
use crate::problem::Part;
use crate::yaml::raw::At;

/// The way out where a secret holds a character that nobody sees.
pub(super) const OFTEN: &str = "a pasted secret often ends in a line end; look at the environment variables that the expressions name";

/// The first character of a text that has an effect instead of a look, in words that tell nothing
/// else of it.
pub(super) fn control(text: &str) -> Option<String> {
    text.chars()
        .find(|c| c.is_control())
        .map(|found| match found {
            '\n' | '\r' => "a line break".to_owned(),
            '\t' => "a tab".to_owned(),
            other => format!("the control character U+{:04X}", u32::from(other)),
        })
}

impl Converter<'_> {
    /// As `check`, without a word of the value.
    pub(super) fn check_secret(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        value: &serde_json::Value,
        at: At<'_>,
    ) -> Option<()> {
        let Some(violation) = checker.check(value) else {
            return Some(());
        };
        // What has an effect instead of a look is meant by nobody.
        if violation == Violation::Pattern
            && value.as_str().and_then(control).is_none()
            && self.server_decides_on_secret(here, field, at)
        {
            return Some(());
        }
        let mut help = "look at the environment variables that the expressions name";
        let rule = match violation {
            Violation::TooLong(limit) => format!("must have {limit} characters at most"),
            Violation::TooShort(limit) => format!("must have {limit} characters at least"),
            _ => match (pattern(&field.shape), value.as_str().and_then(control)) {
                (Some(_), Some(control)) => {
                    help = OFTEN;
                    format!("holds {control}")
                }
                (Some(words), None) => format!("must be {words}"),
                (None, _) => "has a wrong value".to_owned(),
            },
        };
        self.error(
            here,
            (at, Part::Value),
            Code::BadSecret,
            format!("`{}` {rule} once its secrets are filled in", field.name),
            "the value is not shown",
            Some(help.to_owned()),
        );
        None
    }
}
