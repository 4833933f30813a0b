//! What is wrong with a text that holds secrets, told without a word of it.

use super::convert::{Converter, Here};
use super::violation::pattern;
use crate::kind::Field;
use crate::kind::schema::{Checker, Violation};
use crate::problem::Code;
use crate::problem::Part;
use crate::secret::Secret;
use crate::yaml::raw::At;

/// The way out where a secret holds a character that nobody sees.
pub(super) const OFTEN: &str = "a pasted secret often ends in a line end; look at the environment variables that the expressions name";
/// The way out where a secret holds a character that stands there in clear.
const ENCODED: &str = "look at the environment variables that the expressions name; what stands in the place of a scheme, a host or a whole address is sent as it is, so write such a character with `%` there";

/// The first character of a text that has an effect instead of a look, in words that tell nothing
/// else of it.
pub(super) fn control(text: &str) -> Option<String> {
    text.chars().find(|c| c.is_control()).map(named)
}

/// A character by its name alone.
pub(super) fn named(character: char) -> String {
    match character {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        ' ' => "a blank".to_owned(),
        other if other.is_control() => {
            format!("the control character U+{:04X}", u32::from(other))
        }
        other => format!("the non-ASCII character U+{:04X}", u32::from(other)),
    }
}

/// The first character that no address has, and where it stands.
#[derive(Debug)]
struct Strange {
    character: char,
    /// The expressions that brought it, with the place in their value; nothing where the text of the
    /// manifest has it itself.
    at: Option<(String, String)>,
}

impl Strange {
    /// What the rule refuses of the text: a control character, or a blank or a non-ASCII character
    /// without which the text would do.
    fn of(secret: &Secret, checker: &Checker) -> Option<Self> {
        let text = secret.expose()?;
        let is_rare = |c: char| c.is_whitespace() || !c.is_ascii();
        let does_with = |kept: Option<char>| {
            let rest = text.chars().filter(|c| !is_rare(*c) || Some(*c) == kept);
            checker.check(&rest.collect::<String>().into()).is_none()
        };
        let is_strange =
            |c: char| c.is_control() || (is_rare(c) && does_with(None) && !does_with(Some(c)));
        // What ends a line is what is hard to see, so that it goes first.
        let mut found = None;
        for (group, value) in secret.filled() {
            let control = value.chars().position(char::is_control);
            let Some(index) = control.or_else(|| value.chars().position(is_strange)) else {
                continue;
            };
            let Some(character) = value.chars().nth(index) else {
                continue;
            };
            let count = value.chars().count();
            let line_ends = value.trim_end_matches(['\r', '\n']).chars().count();
            let place = match index {
                0 => "at the beginning".to_owned(),
                index if index + 1 == count || index == line_ends => "at the end".to_owned(),
                index => format!("as character {}", index + 1),
            };
            let strange = Self {
                character,
                at: Some((group.text, place)),
            };
            if control.is_some() {
                return Some(strange);
            }
            found.get_or_insert(strange);
        }
        found.or_else(|| {
            let character = text.chars().find(|c| is_strange(*c))?;
            Some(Self {
                character,
                at: None,
            })
        })
    }

    fn place(&self) -> String {
        match &self.at {
            Some((expressions, place)) => format!(": {place} of `{expressions}`"),
            None => String::new(),
        }
    }
}

impl Converter<'_> {
    /// As `check`, without a word of the value.
    pub(super) fn check_secret(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        secret: &Secret,
        at: At<'_>,
    ) -> Option<()> {
        let Some(violation) = secret
            .expose()
            .and_then(|value| checker.check(&value.into()))
        else {
            return Some(());
        };
        // What has an effect instead of a look is meant by nobody.
        if violation == Violation::Pattern
            && secret.expose().and_then(control).is_none()
            && self.server_decides_on_secret(here, field, at)
        {
            return Some(());
        }
        let mut place = String::new();
        let mut help = "look at the environment variables that the expressions name";
        let rule = match violation {
            Violation::TooLong(limit) => format!("must have {limit} characters at most"),
            Violation::TooShort(limit) => format!("must have {limit} characters at least"),
            _ => match (pattern(&field.shape), Strange::of(secret, checker)) {
                (Some(_), Some(strange)) => {
                    help = if strange.character.is_control() || strange.character.is_whitespace() {
                        OFTEN
                    } else {
                        ENCODED
                    };
                    place = strange.place();
                    format!("holds {}", named(strange.character))
                }
                (Some(words), None) => format!("must be {words}"),
                (None, _) => "has a wrong value".to_owned(),
            },
        };
        self.error(
            here,
            (at, Part::Value),
            Code::BadSecret,
            format!(
                "`{}` {rule} once its secrets are filled in{place}",
                field.name
            ),
            "the value is not shown",
            Some(help.to_owned()),
        );
        None
    }
}
