//! What values break: the rules of the tables, told with the way out, and what is left to the server.

use super::convert::{Converter, Here};
use crate::kind::schema::{Checker, Violation};
use crate::kind::{Field, Shape, patterns};
use crate::problem::{Code, Part, Problem, counted, did_you_mean, ticked};
use crate::state::identity::plain_look;
use crate::yaml::raw::At;

/// Characters that a warning names.
const NAMED: usize = 5;

impl Converter<'_> {
    /// Says why the pattern of a field does not decide, if it does not: Zoho's own examples contradict
    /// it, or the environment leaves all patterns to the server.
    fn server_decides_why(&self, field: &Field) -> Option<&'static str> {
        if field.contradicted {
            return Some("Zoho's own examples contradict that");
        }
        let is_published = matches!(
            field.shape,
            Shape::Text { .. } | Shape::Texts { .. } | Shape::Email { .. }
        );
        (self.is_lenient && is_published).then_some("`schema: lenient` holds here")
    }

    /// Whether a value that breaks the pattern of its field is sent all the same; it is warned about
    /// then. The pattern is the only thing that it breaks.
    pub(super) fn server_decides(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        text: &str,
        at: At<'_>,
    ) -> bool {
        let Some(why) = self.server_decides_why(field) else {
            return false;
        };
        let name = field.name;
        let strange = outside(checker, text);
        let message = if strange.is_empty() {
            format!("`{text}` does not have the form that is published for `{name}`")
        } else {
            format!("no {} is published for `{name}`", ticked(&strange, "or"))
        };
        self.left_to_the_server(here, field, (message, why), at);
        true
    }

    /// As [`Self::server_decides`], without a word of the value.
    pub(super) fn server_decides_on_secret(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        at: At<'_>,
    ) -> bool {
        let Some(why) = self.server_decides_why(field) else {
            return false;
        };
        let message = format!(
            "`{}` does not have the form that is published for it once its secrets are filled in",
            field.name
        );
        self.left_to_the_server(here, field, (message, why), at);
        true
    }

    fn left_to_the_server(
        &mut self,
        here: Here<'_>,
        field: &Field,
        (message, why): (String, &str),
        at: At<'_>,
    ) {
        let words = pattern(&field.shape).unwrap_or_default();
        let warning = Problem::warning(Code::ServerDecides, message)
            .at(here.place(at, Part::Value), "sent as it is")
            .help(format!(
                "published is: {words}; {why}, so the server decides"
            ));
        self.warnings.push((None, warning));
    }

    /// Warns of a name that looks like another one.
    pub(super) fn warn_of_look_alike(
        &mut self,
        here: Here<'_>,
        field: &Field,
        text: &str,
        at: At<'_>,
    ) {
        let is_name = (field.naming || field.identity) && matches!(field.shape, Shape::Text { .. });
        let Some(look) = plain_look(text).filter(|_| is_name) else {
            return;
        };
        let name = field.name;
        let warning = Problem::warning(
            Code::LookAlike,
            format!(
                "`{name}` holds {}: it looks like `{}` and is another name",
                look.what, look.plain
            ),
        )
        .at(here.place(at, Part::Value), "more than it seems")
        .help(format!(
            "write `{}`, unless the name in Zoho Desk has it too",
            look.plain
        ));
        self.warnings.push((None, warning));
    }

    /// Warns of a number in the cell of a table that a spreadsheet has shortened, such as `1.23E+17`: its digits
    /// are lost.
    pub(super) fn warn_of_shortened(&mut self, here: Here<'_>, name: &str, text: &str, at: At<'_>) {
        if !is_shortened(text) || here.origin.table(&at.pointer()).is_none() {
            return;
        }
        let warning = Problem::warning(
            Code::ShortenedNumber,
            format!("`{name}` is `{text}`: a spreadsheet has shortened a long number, and its last digits are lost"),
        )
        .at(here.place(at, Part::Value), "shortened")
        .help("format the column as text in the spreadsheet, put the number in again, and save the file anew");
        self.warnings.push((None, warning));
    }

    pub(super) fn violation(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        (violation, text): (Violation, &str),
        checker: &Checker,
        at: At<'_>,
    ) {
        let name = field.name;
        let length = text.chars().count();
        let (code, message, label, help) = match violation {
            Violation::TooLong(limit) => (
                Code::TooLong,
                format!("`{name}` has {length} characters; {limit} is the most"),
                format!("{length} characters"),
                Some(format!(
                    "shorten it by {}",
                    counted(
                        length.saturating_sub(usize::try_from(limit).unwrap_or(0)),
                        "character"
                    )
                )),
            ),
            Violation::TooShort(limit) => (
                Code::TooShort,
                format!("`{name}` has {length} characters; {limit} is the least"),
                format!("{length} characters"),
                None,
            ),
            Violation::Choice => {
                let words = match field.shape {
                    Shape::Choice(words) | Shape::Texts { choices: words, .. } => words,
                    _ => &[],
                };
                let near = did_you_mean(text, words.iter().copied());
                let choices = format!("choose {}", ticked(words, "or"));
                (
                    Code::NotAChoice,
                    format!("`{text}` is no choice for `{name}`"),
                    "not one of the choices".to_owned(),
                    Some(match near {
                        Some(near) if words.len() > 3 => format!("{near} {choices}"),
                        Some(near) => near,
                        None => choices,
                    }),
                )
            }
            Violation::Pattern => {
                let words = pattern(&field.shape).unwrap_or_default();
                let known = field.known.map_or(&[][..], |(_, known)| known);
                let near = did_you_mean(text, known.iter().copied());
                let help = Some(match near {
                    Some(near) => format!("{near} `{name}` must be {words}"),
                    None => format!("`{name}` must be {words}"),
                });
                let strange = strange_characters(checker, text);
                if strange.is_empty() {
                    let code = if matches!(field.shape, Shape::Email { .. }) {
                        Code::BadEmail
                    } else {
                        Code::BadFormat
                    };
                    (
                        code,
                        format!("`{text}` cannot be used for `{name}`"),
                        "not accepted".to_owned(),
                        help,
                    )
                } else {
                    (
                        Code::BadCharacter,
                        format!("`{name}` cannot hold {}", ticked(&strange, "or")),
                        "not accepted".to_owned(),
                        help,
                    )
                }
            }
            Violation::Range => (
                Code::OutOfRange,
                match field.shape {
                    Shape::Integer { min, max } => {
                        format!("`{name}` must be a whole number from {min} to {max}")
                    }
                    _ => format!("`{name}` must be a number that is not negative"),
                },
                "out of range".to_owned(),
                None,
            ),
        };
        self.error(here, (at, Part::Value), code, message, label, help);
    }
}

/// What a pattern allows, in words.
pub(super) fn pattern(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::Text { pattern, .. } | Shape::Texts { pattern, .. } => {
            pattern.map(|pattern| pattern.words)
        }
        Shape::Email { pattern, .. } => Some(pattern.words),
        Shape::Date => Some(patterns::DAY.words),
        _ => None,
    }
}

/// The characters of a text that its pattern does not take by themselves, each once, and whether it
/// takes some other one.
fn refused(checker: &Checker, text: &str) -> (Vec<String>, bool) {
    let mut strange: Vec<String> = Vec::new();
    let mut allowed = false;
    for character in text.chars() {
        let text = character.to_string();
        if checker.check(&text.clone().into()).is_none() {
            allowed = true;
        } else if !strange.contains(&text) {
            strange.push(text);
        }
    }
    (strange, allowed)
}

/// The characters that a set of characters leaves out; none where the pattern is no such set.
fn strange_characters(checker: &Checker, text: &str) -> Vec<String> {
    let (mut strange, allowed) = refused(checker, text);
    // An address may be fine but for letters that its pattern does not know.
    let plain: String = text
        .chars()
        .map(|character| if character.is_ascii() { character } else { 'a' })
        .collect();
    if !allowed && !text.is_ascii() && checker.check(&plain.into()).is_none() {
        strange.retain(|one| !one.is_ascii());
        return strange;
    }
    let set = allowed && strange.iter().all(|one| !one.trim().is_empty());
    // An address or a number has a form besides its characters.
    let form = strange.iter().any(|one| "@:/+-.".contains(one.as_str()));
    if set && !form { strange } else { Vec::new() }
}

/// The characters of a text that its pattern takes none of; none where it is no set of characters.
fn outside(checker: &Checker, text: &str) -> Vec<String> {
    let (mut strange, allowed) = refused(checker, text);
    strange.truncate(if allowed { NAMED } else { 0 });
    strange
}

/// Whether a text is a number as spreadsheets write one that is too long for its cell.
fn is_shortened(text: &str) -> bool {
    // Nearly all texts are none, so that the first character is looked at alone.
    let first = text.bytes().find(|byte| !byte.is_ascii_whitespace());
    if !first.is_some_and(|byte| byte == b'-' || byte.is_ascii_digit()) {
        return false;
    }
    let Some((digits, power)) = text.trim().split_once(['E', 'e']) else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, behind) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let has_sign = power.strip_prefix(['+', '-']);
    whole.len() == 1 && is_number(whole) && is_number(behind) && has_sign.is_some_and(is_number)
}
