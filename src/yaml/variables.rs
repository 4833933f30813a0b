//! `${var.x}`, `${env.X}` and `${secret.X}` inside values.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use secrecy::SecretString;

use super::closed::Closed;
use crate::problem::{Code, did_you_mean};
use crate::secret::{Secret, address};

/// Gives the value of an environment variable; it is asked from several threads.
pub(crate) type Lookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// What expressions are looked up in.
pub(crate) struct Variables<'a> {
    /// The environment's variables.
    pub(crate) values: &'a BTreeMap<String, String>,
    /// The name of the environment, for messages.
    pub(crate) environment: &'a str,
    /// The environment variables of the process.
    pub(crate) env: Lookup<'a>,
    /// What may not be used, or not be printed.
    pub(crate) closed: &'a Closed,
    /// Secrets that were asked for and are not there, each reported once.
    pub(crate) missing: RefCell<Vec<String>>,
}

/// A text after its expressions were replaced.
#[derive(Debug)]
pub(crate) enum Expanded<'t> {
    /// A text without expressions.
    Literal(Cow<'t, str>),
    /// A text whose expressions are no secrets.
    Text(String),
    /// A text with a secret in it; the names of secrets that are missing for the first time.
    Secret(Secret, Vec<String>),
}

/// What is wrong with an expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadExpression {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// The expression as it is written.
    pub(crate) expression: String,
    pub(crate) help: String,
}

/// How expressions are written.
const FORMS: &str =
    "write `${var.name}`, `${env.NAME}` or `${secret.NAME}`; `$${` stands for `${` itself";

/// Writes a text so that it is read back as it is.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if text.contains("${") {
        Cow::Owned(text.replace("${", "$${"))
    } else {
        Cow::Borrowed(text)
    }
}

/// As [`escape`], where placeholders of Zoho Desk are no expressions: these stay as they are.
pub(crate) fn escape_open(text: &str) -> Cow<'_, str> {
    if !text.contains("${") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, inside) = (
            rest.get(..at).unwrap_or_default(),
            rest.get(at + 2..).unwrap_or_default(),
        );
        out.push_str(before);
        let is_placeholder = inside
            .split_once('}')
            .is_some_and(|(name, _)| is_placeholder(name));
        // A dollar in front would make an escape of it.
        if !is_placeholder || out.ends_with('$') {
            out.push('$');
        }
        out.push_str("${");
        rest = inside;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether what stands in an expression is a placeholder of Zoho Desk, such as `Tickets.Ticket Id`, and
/// no slip for one of ours.
pub(crate) fn is_placeholder(name: &str) -> bool {
    name.split_once('.').is_some_and(|(of, label)| {
        let is_word = |text: &str| !text.trim().is_empty() && !text.contains(['$', '{', '\n']);
        is_word(of) && is_word(label) && !OURS.iter().any(|word| of.eq_ignore_ascii_case(word))
    })
}

/// What expressions are looked up in.
const OURS: [&str; 3] = ["var", "env", "secret"];

/// Whether an expression is looked up there.
pub(crate) fn is_form(form: &str) -> bool {
    OURS.contains(&form)
}

/// The placeholders of Zoho Desk in a text whose expressions are replaced.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split("${").skip(1);
    let names = inside.filter_map(|inside| Some(inside.split_once('}')?.0));
    names.filter(|name| is_placeholder(name))
}

/// Whether a text holds an expression or an escape.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains("${")
}

/// The expressions of a text: what each is looked up in (`var`, `env` or `secret`), and its name.
pub(crate) fn references(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (before, inside) = rest.split_once("${")?;
            rest = inside;
            // An escape is no expression.
            if before.ends_with('$') {
                continue;
            }
            let (expression, after) = inside.split_once('}')?;
            rest = after;
            if let Some(reference) = expression.split_once('.') {
                return Some(reference);
            }
        }
    })
}

fn is_name(name: &str, dashes: bool) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| {
            character.is_ascii_alphanumeric() || character == '_' || (dashes && character == '-')
        })
}

/// Whether a name can be that of a variable.
pub(crate) fn is_variable_name(name: &str) -> bool {
    is_name(name, true)
}

impl Variables<'_> {
    /// Replaces the expressions of a text.
    ///
    /// # Errors
    ///
    /// Malformed expressions and those that name nothing, one at a time; and all of those whose
    /// variables are closed.
    pub(crate) fn expand<'t>(&self, text: &'t str) -> Result<Expanded<'t>, Vec<BadExpression>> {
        self.expanded(text, false)
    }

    /// Replaces the expressions of a text as [`Variables::expand`] does. Where the text is open, placeholders of
    /// Zoho Desk are no expressions and stay.
    ///
    /// # Errors
    ///
    /// Those of [`Variables::expand`].
    pub(crate) fn expanded<'t>(
        &self,
        text: &'t str,
        open: bool,
    ) -> Result<Expanded<'t>, Vec<BadExpression>> {
        if !has_expression(text) {
            return Ok(Expanded::Literal(Cow::Borrowed(text)));
        }
        let mut refused: Vec<BadExpression> = Vec::new();
        for bad in references(text).filter_map(|(form, name)| self.closed.refuse(form, name)) {
            if !refused.contains(&bad) {
                refused.push(bad);
            }
        }
        if refused.is_empty() {
            self.replace(text, open).map_err(|bad| vec![bad])
        } else {
            Err(refused)
        }
    }

    fn replace<'t>(&self, text: &'t str, open: bool) -> Result<Expanded<'t>, BadExpression> {
        let mut value = String::with_capacity(text.len());
        let mut template = String::with_capacity(text.len());
        let (mut secret, mut expression, mut lacking) = (false, false, false);
        let mut newly = Vec::new();
        // Where the secrets stand in the value.
        let mut filled = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let before = rest.get(..at).unwrap_or_default();
            let inside = rest.get(at + 2..).unwrap_or_default();
            if let Some(plain) = before.strip_suffix('$') {
                value.push_str(plain);
                value.push_str("${");
                template.push_str(before);
                template.push_str("${");
                rest = inside;
                continue;
            }
            value.push_str(before);
            template.push_str(before);
            let Some((name, after)) = inside.split_once('}') else {
                return Err(malformed(
                    rest.get(at..).unwrap_or_default(),
                    "is not closed",
                ));
            };
            let whole = format!("${{{name}}}");
            if open && is_placeholder(name) {
                value.push_str(&whole);
                template.push_str(&whole);
                rest = after;
                continue;
            }
            expression = true;
            match name.split_once('.') {
                Some(("var", name)) if is_name(name, true) => {
                    let found = self
                        .values
                        .get(name)
                        .ok_or_else(|| self.undefined(name, &whole))?;
                    value.push_str(found);
                    template.push_str(&escape(found));
                }
                Some(("env", name)) if is_name(name, false) => {
                    let found = self.printed(name, &whole)?;
                    value.push_str(&found);
                    template.push_str(&escape(&found));
                }
                Some(("secret", name)) if is_name(name, false) => {
                    secret = true;
                    template.push_str(&whole);
                    // A pull request from a fork gets its secrets as empty texts; white space alone
                    // is none either.
                    if let Some(found) = (self.env)(name).filter(|found| !found.trim().is_empty()) {
                        let start = value.len();
                        value.push_str(&found);
                        filled.push(start..value.len());
                    } else {
                        lacking = true;
                        let mut missing = self.missing.borrow_mut();
                        if !missing.iter().any(|known| known == name) {
                            missing.push(name.to_owned());
                            newly.push(name.to_owned());
                        }
                    }
                }
                _ => return Err(malformed(&whole, "is no expression")),
            }
            rest = after;
        }
        value.push_str(rest);
        template.push_str(rest);
        Ok(if secret {
            let secret = Secret {
                template: template.into(),
                value: (!lacking).then(|| SecretString::from(address::encoded(value, &filled))),
            };
            Expanded::Secret(secret, newly)
        } else if expression {
            Expanded::Text(value)
        } else {
            Expanded::Literal(Cow::Owned(value))
        })
    }

    /// The value of an environment variable that may be shown.
    ///
    /// One that is empty is missing, as an empty secret is: a pipeline sets what it does not have to
    /// the empty text, and that must clear nothing.
    fn printed(&self, name: &str, whole: &str) -> Result<String, BadExpression> {
        let found = (self.env)(name);
        let is_set = found.is_some();
        if let Some(found) = found.filter(|found| !found.trim().is_empty()) {
            return Ok(found);
        }
        let (state, way) = if is_set {
            (
                "set, but empty",
                "; to clear a field, write `\"\"` or `null` in the manifest",
            )
        } else {
            ("not set", "")
        };
        Err(BadExpression {
            code: Code::UndefinedEnv,
            message: format!("the environment variable `{name}` is {state}"),
            expression: whole.to_owned(),
            help: format!(
                "set it, as in `export {name}=…`, or use `${{var.…}}` with a value in deskform.yaml{way}"
            ),
        })
    }

    fn undefined(&self, name: &str, whole: &str) -> BadExpression {
        let help =
            did_you_mean(name, self.values.keys().map(String::as_str)).unwrap_or_else(|| {
                format!(
                    "add it in deskform.yaml: `environments.{}.variables.{name}`",
                    self.environment
                )
            });
        BadExpression {
            code: Code::UndefinedVariable,
            message: format!(
                "the environment `{}` has no variable `{name}`",
                self.environment
            ),
            expression: whole.to_owned(),
            help,
        }
    }
}

fn malformed(expression: &str, what: &str) -> BadExpression {
    let expression = expression.lines().next().unwrap_or_default();
    BadExpression {
        code: Code::MalformedExpression,
        message: format!("`{expression}` {what}"),
        expression: expression.to_owned(),
        help: FORMS.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> Result<String, String> {
        let variables = BTreeMap::from([
            ("host".to_owned(), "h.example.com".to_owned()),
            ("odd".to_owned(), "a${b".to_owned()),
        ]);
        let variables = Variables {
            values: &variables,
            environment: "local",
            closed: &Closed::default(),
            env: &|name| match name {
                "TOKEN" => Some("t0k".to_owned()),
                "ODD" => Some("a&b#".to_owned()),
                "EMPTY" => Some(String::new()),
                "BLANK" => Some(" \n".to_owned()),
                _ => None,
            },
            missing: RefCell::default(),
        };
        match variables.expand(text) {
            Ok(Expanded::Literal(text)) => Ok(format!("literal {text}")),
            Ok(Expanded::Text(text)) => Ok(format!("text {text}")),
            Ok(Expanded::Secret(secret, newly)) => Ok(format!(
                "secret {} {:?} {newly:?}",
                secret.template,
                secret.expose()
            )),
            Err(bad) => Err(bad
                .iter()
                .map(|bad| format!("{}: {}", bad.code, bad.expression))
                .collect::<Vec<_>>()
                .join(", ")),
        }
    }

    #[test]
    fn placeholders_stay_where_a_field_has_them() {
        let variables = Variables {
            values: &BTreeMap::from([("host".to_owned(), "h".to_owned())]),
            environment: "local",
            closed: &Closed::default(),
            env: &|_| None,
            missing: RefCell::default(),
        };
        for (text, expected) in [
            ("a ${Tickets.Ticket Id} b", Some("a ${Tickets.Ticket Id} b")),
            ("${Case Owner.Name}${var.host}", Some("${Case Owner.Name}h")),
            (
                "$${var.host} $${Tickets.Id}",
                Some("${var.host} ${Tickets.Id}"),
            ),
            ("$$${Tickets.Id}", Some("$${Tickets.Id}")),
            ("${Var.host}", None),
            ("${var.hots}", None),
            ("${Tickets}", None),
            ("${Tickets.}", None),
            ("${Tickets.Id", None),
        ] {
            let found = variables.expanded(text, true);
            let found = match &found {
                Ok(Expanded::Literal(text)) => Some(&**text),
                Ok(Expanded::Text(text)) => Some(&**text),
                _ => None,
            };
            assert_eq!(found, expected, "{text}");
            assert!(
                variables.expand(text).is_err() || !text.contains(" ${T"),
                "{text}"
            );
        }
        for text in [
            "${A.b}",
            "$${A.b}",
            "${var.x}",
            "${",
            "${a}",
            "x$",
            "${A.b",
            "$$$${A.b}}",
        ] {
            let written = escape_open(text);
            let Ok(Expanded::Literal(read)) = variables.expanded(&written, true) else {
                panic!("{text} {written}")
            };
            assert_eq!(read, text, "{written}");
        }
        assert_eq!(escape_open("a ${A.b}"), "a ${A.b}");
    }

    #[test]
    fn expressions_are_replaced() {
        for (text, expected) in [
            ("plain $5 {x}", Ok("literal plain $5 {x}")),
            ("https://${var.host}/x", Ok("text https://h.example.com/x")),
            ("${env.TOKEN}", Ok("text t0k")),
            ("a $${var.host} b", Ok("literal a ${var.host} b")),
            ("$$${var.host}", Ok("literal $${var.host}")),
            (
                "${var.odd}/${secret.TOKEN}/$${x}",
                Ok("secret a$${b/${secret.TOKEN}/$${x} Some(\"a${b/t0k/${x}\") []"),
            ),
            (
                "${secret.BLANK}",
                Ok("secret ${secret.BLANK} None [\"BLANK\"]"),
            ),
            (
                "${secret.EMPTY}",
                Ok("secret ${secret.EMPTY} None [\"EMPTY\"]"),
            ),
            ("${var.hots}", Err("undefined-variable: ${var.hots}")),
            ("${env.NOPE}", Err("undefined-env: ${env.NOPE}")),
            ("${env.EMPTY}", Err("undefined-env: ${env.EMPTY}")),
            ("x${env.BLANK}", Err("undefined-env: ${env.BLANK}")),
            ("a ${var.host", Err("malformed-expression: ${var.host")),
            ("${host}", Err("malformed-expression: ${host}")),
            ("${Var.host}", Err("malformed-expression: ${Var.host}")),
            ("${secret.}", Err("malformed-expression: ${secret.}")),
            ("${}", Err("malformed-expression: ${}")),
            (
                "${env.A_TOKEN} ${secret.A_TOKEN} $${env.B_TOKEN} ${env.C_SECRET} ${env.A_TOKEN}",
                Err("secret-printed: ${env.A_TOKEN}, secret-printed: ${env.C_SECRET}"),
            ),
            (
                "https://x/?a=${secret.ODD}&b",
                Ok("secret https://x/?a=${secret.ODD}&b Some(\"https://x/?a=a%26b%23&b\") []"),
            ),
            (
                "${secret.ODD}&b",
                Ok("secret ${secret.ODD}&b Some(\"a&b#&b\") []"),
            ),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(expand(text), expected, "{text}");
        }
    }
}
