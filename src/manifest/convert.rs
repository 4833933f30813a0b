//! From the values of a file to the values of a body, by the shapes of the kind.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Number;

use super::expression;
use super::in_clear::{self, in_its_place};
use super::in_texts::names;
use super::keyed::NamedKeys;
use super::origin::Origin;
use super::resolve::{Handles, Slip};
use super::secret_text::control;
use super::table;
use super::texts;
use crate::codec;
use crate::codec::listed::{FORMER, REPLACES};
use crate::config::Written;
use crate::config::written::LOOKUP;
use crate::kind::schema::{Checker, Violation, checkers};
use crate::kind::words::{FILE, VALUE};
use crate::kind::{self, Alike, Field, Keys, Kind, Map, Null, Owned, Shape};
use crate::problem::{Code, Part, Place, Problem, counted, ticked};
use crate::secret::Secret;
use crate::state::identity::{below, canonical};
use crate::state::{Address, Body, Leaves, Lifecycle, Treatment, Value, tidy};
use crate::yaml::raw::{AsText, At, Raw};
use crate::yaml::source::Beside;
use crate::yaml::variables::{BadExpression, Expanded, Variables, references};
use crate::yaml::walk::{DISAGREE, misspelt, unknown_key, unquoted, wrong_type};

/// A text after its expressions were replaced.
pub(crate) enum Text {
    Plain(Arc<str>),
    Secret(Secret),
}

/// The files that manifests name for texts, by the manifests and by the paths as they are written.
pub(crate) type Texts = HashMap<Arc<str>, Arc<BTreeMap<String, Beside>>>;

/// Converts some of the resources one after the other and collects what is wrong.
pub(crate) struct Converter<'a> {
    pub(crate) variables: Variables<'a>,
    pub(crate) handles: &'a Handles<'a>,
    pub(crate) keys: &'a NamedKeys,
    /// The files that manifests name for texts.
    texts: &'a Texts,
    pub(crate) problems: Vec<Problem>,
    /// Handles that are not declared, by the problems that report them.
    pub(crate) slips: Vec<Slip>,
    /// A warning for every secret that is not set, with its name, and for every slip.
    pub(crate) warnings: Vec<(Option<String>, Problem)>,
    /// Names of live objects that stand bare, with their places.
    pub(crate) bare: Vec<(Slip, Place)>,
    /// Who takes over from the resource that is being converted, as it is written.
    pub(super) heirs: BTreeMap<&'static str, Written>,
    /// Whether the server alone decides what matches the patterns of values.
    pub(super) is_lenient: bool,
}

/// The resource that is being converted.
#[derive(Clone, Copy)]
pub(crate) struct Here<'h> {
    pub(crate) kind: &'static Kind,
    pub(crate) address: &'h Address,
    pub(crate) origin: &'h Origin,
}

impl Here<'_> {
    pub(crate) fn place(&self, at: At<'_>, part: Part) -> Place {
        self.part(&at.pointer(), part)
    }

    /// The place of a field's value; see [`Origin::place`].
    pub(crate) fn field(&self, path: &str) -> Place {
        self.origin.place(self.address, path)
    }

    /// The place of a field's key, or of the resource where `path` is empty.
    pub(crate) fn key(&self, path: &str) -> Place {
        self.origin.key(self.address, path)
    }

    pub(crate) fn part(&self, path: &str, part: Part) -> Place {
        self.origin.part(self.address, path, part)
    }
}

impl<'a> Converter<'a> {
    pub(crate) fn new(
        variables: Variables<'a>,
        handles: &'a Handles<'a>,
        (keys, texts): (&'a NamedKeys, &'a Texts),
        is_lenient: bool,
    ) -> Self {
        Self {
            variables,
            handles,
            keys,
            texts,
            problems: Vec::new(),
            slips: Vec::new(),
            warnings: Vec::new(),
            bare: Vec::new(),
            heirs: BTreeMap::new(),
            is_lenient,
        }
    }

    /// Reports an error with one label.
    pub(crate) fn error(
        &mut self,
        here: Here<'_>,
        (at, part): (At<'_>, Part),
        code: Code,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        let mut problem = Problem::error(code, message).at(here.place(at, part), label);
        problem.help = help;
        self.problems.push(problem);
    }

    /// Reports a value that has another type than is wanted.
    pub(crate) fn wrong(
        &mut self,
        here: Here<'_>,
        at: At<'_>,
        raw: &Raw,
        name: &str,
        wanted: &str,
    ) {
        let (mut message, mut help) = wrong_type(name, wanted, raw);
        let mut label = format!("this is {}", raw.what());
        // What YAML makes of a word means nothing in the cell of a table.
        if let Some(table) = here.origin.table(&at.pointer()) {
            if wanted.starts_with("true") {
                help = Some("write `true` or `false`".to_owned());
            } else if let Raw::Doubtful(written) = raw {
                message = format!("`{name}` must be {wanted}, not `{written}`");
                "not accepted".clone_into(&mut label);
                help = Some(table.plain_number(written));
            }
        }
        let place = (at, Part::Value);
        self.error(here, place, Code::WrongType, message, label, help);
    }

    /// Converts a resource.
    pub(crate) fn resource(&mut self, here: Here<'_>, raw: &Raw) -> (Body, Treatment) {
        let kind = here.kind;
        let handle = &here.address.handle;
        self.means_no_word(here);
        let nothing = Vec::new();
        let entries = match raw {
            Raw::Map(entries) => entries,
            Raw::Null => &nothing,
            other => {
                let name = format!("{}.{handle}", kind.collection);
                let (message, help) = wrong_type(&name, "a map of fields", other);
                let problem = Problem::error(Code::WrongType, message)
                    .at(here.key("").value(), format!("this is {}", other.what()))
                    .help(help.unwrap_or_else(|| {
                        format!("write `{handle}: {{}}` if no field is to be named")
                    }));
                self.problems.push(problem);
                return (Body::default(), Treatment::default());
            }
        };
        let checkers = checkers(kind);
        let mut values: Vec<Option<Value>> = vec![None; kind.fields.len()];
        let mut named = vec![false; kind.fields.len()];
        let mut lifecycle = Lifecycle::default();
        let mut unknown = Vec::new();
        for (key, raw) in entries {
            let at = At::ROOT.key(key);
            if &**key == "lifecycle" {
                lifecycle = self.lifecycle(here, raw, at);
            } else if let Some(index) = kind.fields.iter().position(|one| one.name == &**key) {
                named[index] = true;
                values[index] = self.field(here, &kind.fields[index], &checkers[index], raw, at);
            } else {
                unknown.push((&**key, Self::unknown_field(here, key, at)));
            }
        }
        let mut lacking = Vec::new();
        let of_handle = kind.field_of_handle().name;
        for (index, field) in kind.fields.iter().enumerate() {
            if named[index] {
                continue;
            }
            let text = if field.name == of_handle && !kind.is_nameless() {
                Some(Arc::clone(handle))
            } else if field.naming {
                kind.fixed_name().map(Arc::from)
            } else {
                None
            };
            if let Some(text) = text {
                let raw = self.of_handle(kind, field, text);
                values[index] = self.field(here, field, &checkers[index], &raw, At::ROOT);
            } else if field.required && !Self::is_misspelt(here, raw, field) {
                lacking.push(field);
            }
        }
        let what = format!("{} `{handle}`", kind.singular);
        self.one_map(here, At::ROOT, &what, unknown, &lacking);
        // Bodies live long and are many: they take no more room than they need.
        let mut fields = Vec::with_capacity(values.iter().flatten().count());
        fields.extend(
            kind.fields
                .iter()
                .zip(values)
                .filter_map(|(field, value)| Some((field.name, value?))),
        );
        let mut body: Body = fields.into_iter().collect();
        self.settle(here, &mut body);
        self.settle_as(here, &mut body);
        let heirs = std::mem::take(&mut self.heirs);
        if !heirs.is_empty() {
            let own = |field: &str| body.get(field).and_then(below);
            lifecycle.transfer_to = self.handles.heirs(kind, heirs, &own);
        }
        let named: Vec<&str> = entries
            .iter()
            .filter(|(_, raw)| !matches!(raw, Raw::Null))
            .map(|(key, _)| &**key)
            .collect();
        self.rules(here, &body, &named);
        (body, lifecycle.into())
    }

    /// What a handle stands for in the field that it stands in for. An order has no place to say what it
    /// lies below: a handle that nothing declares is the name of what is live.
    fn of_handle(&self, kind: &Kind, field: &Field, handle: Arc<str>) -> Raw {
        let target = field.shape.target().filter(|_| kind.ranking().is_some());
        let is_name = target.is_some_and(|target| {
            let to = target.collection;
            self.handles.handle(to, &handle).is_none() && !self.handles.may_declare(to, &handle)
        });
        if is_name {
            Raw::Map(vec![(LOOKUP.into(), Raw::Text(handle))])
        } else {
            Raw::Text(handle)
        }
    }

    fn is_misspelt(here: Here<'_>, raw: &Raw, field: &Field) -> bool {
        let known: Vec<&str> = here.kind.fields.iter().map(|field| field.name).collect();
        misspelt(raw, field.name, &known)
    }

    fn unknown_field(here: Here<'_>, key: &str, at: At<'_>) -> Problem {
        let (message, help) = unknown_field_words(here.kind, key);
        Problem::error(Code::UnknownKey, message)
            .at(here.place(at, Part::Key), "not a field")
            .help(help)
    }

    /// Converts the value of a field; absent when it is wrong, which is then reported.
    pub(crate) fn field(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        let value = match field.shape {
            Shape::Text { .. } | Shape::Email { .. } => {
                let value = self.text_field(here, field, checker, raw, at)?;
                if field.alike == Alike::Instant {
                    self.check_day(here, field, &value, at)?;
                }
                value
            }
            Shape::Scalar { .. } => match self.scalar(here, field.name, raw, at)? {
                Value::Text(text) => {
                    self.check_text(here, field, checker, &text, at)?;
                    Value::Text(text)
                }
                other => other,
            },
            Shape::Map(map) if matches!(raw, Raw::Null) && map.null == Null::Empty => {
                Value::Map(Leaves::new())
            }
            _ if matches!(raw, Raw::Null) => Value::Null,
            Shape::Flag | Shape::Integer { .. } | Shape::Number | Shape::Choice(_) => {
                self.single(here, field, checker, raw, at)?
            }
            Shape::Reference(_)
                if field
                    .any
                    .is_some_and(|(any, _)| matches!(raw, Raw::Text(text) if **text == *any)) =>
            {
                Value::Null
            }
            Shape::Reference(target) => {
                Value::Reference(self.reference(here, target, raw, at, field.name)?)
            }
            Shape::References(target) => {
                self.check_number(here, field.name, field.most, raw, at);
                self.references(here, target, raw, at, field.name)?
            }
            Shape::Ranked(target) => self.ranked(here, target, raw, at, field.name)?,
            Shape::Texts { max_items, set, .. } => {
                self.texts(here, field, checker, (max_items, set), raw, at)?
            }
            Shape::Date => {
                let value = self.text_field(here, field, checker, raw, at)?;
                self.check_day(here, field, &value, at)?;
                value
            }
            Shape::Map(ref map) => self.map(here, field, map, checker, (raw, at))?,
            Shape::Keyed(ref keyed) => {
                self.check_number(here, field.name, field.most, raw, at);
                self.keyed(here, field, keyed, checker, (raw, at))?
            }
            Shape::Items(ref items) => self.keyed_items(here, field, items, checker, (raw, at))?,
        };
        if field.required && value.is_null() {
            self.error(
                here,
                (at, Part::Value),
                Code::MissingRequired,
                format!("`{}` cannot be empty", field.name),
                "nothing in it",
                Some(format!("`{}`: {}", field.name, field.doc)),
            );
            return None;
        }
        let is_empty = matches!(&value, Value::List(items) if items.is_empty());
        if (field.never_null && value.is_null()) || (field.never_empty && is_empty) {
            self.error(
                here,
                (at, Part::Value),
                Code::CannotClear,
                format!("`{}` always has a value and cannot be cleared", field.name),
                "cleared here",
                Some("give it a value, or leave it out so that it is left alone".to_owned()),
            );
            return None;
        }
        Some(value)
    }

    /// Replaces expressions; reports bad ones.
    ///
    /// `open` says that placeholders of Zoho Desk are no expressions.
    fn expand(
        &mut self,
        here: Here<'_>,
        (text, open): (&Arc<str>, bool),
        at: At<'_>,
    ) -> Option<Text> {
        match self.variables.expanded(text, open) {
            Ok(Expanded::Literal(Cow::Borrowed(_))) => Some(Text::Plain(Arc::clone(text))),
            Ok(Expanded::Literal(Cow::Owned(text)) | Expanded::Text(text)) => {
                Some(Text::Plain(text.into()))
            }
            Ok(Expanded::Secret(secret, newly)) => {
                for name in newly {
                    let warning = Problem::warning(
                        Code::MissingSecret,
                        format!(
                            "the secret `{name}` is not set: what it stands in is not compared"
                        ),
                    )
                    .at_part(
                        here.place(at, Part::Value),
                        format!("${{secret.{name}}}"),
                        "needed here",
                    )
                    .help(format!(
                        "set the environment variable `{name}`; `apply` refuses to run without it"
                    ));
                    self.warnings.push((Some(name), warning));
                }
                Some(Text::Secret(secret))
            }
            Err(bad) => {
                for bad in bad {
                    self.bad_expression(here, at, bad);
                }
                None
            }
        }
    }

    /// The text of a file that stands for a value, see [`texts`].
    fn text_of_file(
        &mut self,
        here: Here<'_>,
        field: &Field,
        path: &Raw,
        at: At<'_>,
    ) -> Option<Text> {
        let name = format!("{}/{FILE}", field.name);
        let place = here.place(at.key(FILE), Part::Value);
        let beside = self.texts.get(&*place.file).map(|beside| &**beside);
        let (file, text) = match texts::found(path, &name, beside, &place) {
            Ok(found) => found,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let in_file = |expression: &str| {
            let start = text.find(expression).unwrap_or_default();
            let end = start + expression.len();
            Place {
                part: Part::Bytes { start, end },
                ..Place::file(Arc::clone(&file))
            }
        };
        let counted = texts::counted(&text);
        let mut secrets = references(&counted).filter(|(form, _)| *form == "secret");
        if let Some((_, secret)) = secrets.next() {
            let problem = Problem::error(
                Code::SecretInFile,
                format!("a file that holds a text names the secret `{secret}`"),
            )
            .at(
                in_file(&format!("${{secret.{secret}}}")),
                "not replaced here",
            )
            .at(place, "the file is named here")
            .help("write the text into the manifest, or take the secret out of it");
            self.problems.push(problem);
            return None;
        }
        if let Some(key) = in_clear::key_in_file(&counted) {
            let message = format!(
                "`{}` looks like a key in clear: whoever can read the file can use it",
                field.name
            );
            let warning = Problem::warning(Code::KeyInClear, message)
                .at(in_file(key), "")
                .at(place.clone(), "the file is named here")
                .help("take the key out of the file, and replace it where it was made");
            self.warnings.push((None, warning));
        }
        match self.variables.expanded(&counted, field.placeholders) {
            Ok(Expanded::Literal(text)) => Some(Text::Plain(text.as_ref().into())),
            Ok(Expanded::Text(text)) => Some(Text::Plain(text.into())),
            Ok(Expanded::Secret(secret, _)) => Some(Text::Secret(secret)),
            Err(bad) => {
                for bad in bad {
                    let problem = Problem::error(bad.code, bad.message)
                        .at(in_file(&bad.expression), "")
                        .help(bad.help);
                    self.problems.push(problem);
                }
                None
            }
        }
    }

    fn bad_expression(&mut self, here: Here<'_>, at: At<'_>, bad: BadExpression) {
        let problem = Problem::error(bad.code, bad.message)
            .at_part(here.place(at, Part::Value), bad.expression, "")
            .help(bad.help);
        self.problems.push(problem);
    }

    /// A text, or a number that reads back as it is written.
    pub(crate) fn text(
        &mut self,
        here: Here<'_>,
        (name, open): (&str, bool),
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Text> {
        match raw.as_text() {
            AsText::Text(text) => {
                let text = self.expand(here, (text, open), at)?;
                if let Text::Plain(text) = &text {
                    self.warn_of(here, name, in_clear::look(text), at);
                    self.warn_of_expression(here, name, text, at);
                }
                Some(text)
            }
            AsText::Number(number) => Some(Text::Plain(number.to_string().into())),
            AsText::Unquoted(_) if here.origin.table(&at.pointer()).is_some() => {
                self.wrong(here, at, raw, name, "a number");
                None
            }
            AsText::Unquoted(written) => {
                let (message, help) = unquoted(name, raw, written);
                let place = (at, Part::Value);
                let code = Code::UnquotedNumber;
                self.error(here, place, code, message, DISAGREE, Some(help));
                None
            }
            AsText::Other if matches!(raw, Raw::Null) => Some(Text::Plain(Arc::default())),
            AsText::Other => {
                self.wrong(here, at, raw, name, "a text");
                None
            }
        }
    }

    /// A text that holds no secret.
    pub(crate) fn plain(
        &mut self,
        here: Here<'_>,
        name: &str,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Arc<str>> {
        match self.text(here, (name, false), raw, at)? {
            Text::Plain(text) => Some(text),
            Text::Secret(secret) => {
                let problem = Problem::error(
                    Code::MisplacedSecret,
                    format!("`{name}` cannot hold a secret: plans and reports show it"),
                )
                .at_part(here.place(at, Part::Value), "${secret.", "a secret")
                .help(format!(
                    "use `${{var.…}}` or `${{env.…}}` in place of `{}`",
                    secret.template
                ));
                self.problems.push(problem);
                None
            }
        }
    }

    fn text_field(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        let path = texts::named(raw).filter(|_| field.takes_file());
        if path.is_none() && names(field, raw) {
            return Some(Value::Reference(self.named_in_text(here, field, raw, at)?));
        }
        if let Some(named) = self.named_by_handle(field, raw) {
            return Some(Value::Reference(named));
        }
        let text = if let Some(path) = path {
            self.text_of_file(here, field, path, at)?
        } else if field.identity || here.kind.is_check() {
            // What a check says is asked, and shown beside the answers.
            Text::Plain(self.plain(here, field.name, raw, at)?)
        } else {
            self.text(here, (field.name, field.placeholders), raw, at)?
        };
        match text {
            Text::Plain(text) => {
                let form = normal(field, &text);
                if form.is_empty() {
                    if !text.is_empty() && !field.required {
                        return self.blank(here, at, field.name);
                    }
                    return Some(Value::Null);
                }
                if field.secret {
                    self.error(
                        here,
                        (at, Part::Value),
                        Code::KeyInClear,
                        format!("`{}` stands there in clear", field.name),
                        "whoever reads the manifest can use it",
                        Some(format!(
                            "{}, and set the environment variable `NAME`",
                            in_its_place(here, "${secret.NAME}", at)
                        )),
                    );
                    return None;
                }
                let text = self.as_shown(here, field, form, at)?;
                self.check_text(here, field, checker, &text, at)?;
                self.warn_of_look_alike(here, field, &text, at);
                self.warn_of_shortened(here, field.name, &text, at);
                if field.may_hold_key {
                    self.warn_of(here, field.name, in_clear::look_of_url(&text), at);
                }
                Some(Value::Text(text))
            }
            Text::Secret(secret) => {
                self.check_secret(here, field, checker, &secret, at)?;
                Some(Value::Secret(secret))
            }
        }
    }

    /// Gives a text that is a tree of JSON the form in which answers are read; other texts stay as they are.
    fn as_shown(
        &mut self,
        here: Here<'_>,
        field: &Field,
        text: Arc<str>,
        at: At<'_>,
    ) -> Option<Arc<str>> {
        let Some(without) = field.shown_without() else {
            return Some(text);
        };
        match codec::written_as_shown(&text, without) {
            Ok(text) => Some(text),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                self.error(
                    here,
                    (at, Part::Value),
                    Code::NotJson,
                    format!(
                        "`{}` is no JSON: {} at line {line}, column {column} of it",
                        field.name,
                        reason(&error)
                    ),
                    "not read",
                    Some(
                        "write it as an export does: `deskform export` shows how it is".to_owned(),
                    ),
                );
                None
            }
        }
    }

    /// A text, a number or a boolean as text.
    pub(crate) fn scalar(
        &mut self,
        here: Here<'_>,
        name: &str,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        if let Raw::Bool(value) = raw {
            return Some(Value::text(&value.to_string()));
        }
        if matches!(raw, Raw::List(_) | Raw::Map(_)) {
            self.wrong(here, at, raw, name, "a text, a number or true or false");
            return None;
        }
        Some(match self.text(here, (name, false), raw, at)? {
            Text::Plain(text) => {
                let form = shared(&text, &tidy(&text));
                if form.is_empty() && !text.is_empty() {
                    return self.blank(here, at, name);
                }
                if let Raw::Text(_) = raw {
                    self.warn_of_shortened(here, name, &form, at);
                }
                Value::from(form)
            }
            Text::Secret(secret) => Value::Secret(secret),
        })
    }

    /// White space alone would clear the value, and is hardly meant to.
    fn blank(&mut self, here: Here<'_>, at: At<'_>, name: &str) -> Option<Value> {
        self.error(
            here,
            (at, Part::Value),
            Code::Empty,
            format!("`{name}` holds nothing but white space"),
            "nothing else in it",
            Some("write `null` to clear it, or give it a value".to_owned()),
        );
        None
    }

    /// A flag, a number or a choice; a text with an expression may stand for it.
    fn single(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        if names(field, raw) {
            return Some(Value::Reference(self.named_in_text(here, field, raw, at)?));
        }
        if let Some(named) = self.named_by_handle(field, raw) {
            return Some(Value::Reference(named));
        }
        let wanted = match field.shape {
            Shape::Flag => "true or false".to_owned(),
            Shape::Integer { .. } => "a whole number".to_owned(),
            Shape::Choice(words) => format!("a text: {}", ticked(words, "or")),
            _ => "a number".to_owned(),
        };
        let expanded;
        let raw = match raw {
            Raw::Text(text) if text.contains("${") => {
                let text = self.plain(here, field.name, raw, at)?;
                if text.is_empty() {
                    return Some(Value::Null);
                }
                expanded = reread(&text, field.shape);
                &expanded
            }
            other => other,
        };
        let (json, value) = match (field.shape, raw.meaning()) {
            (Shape::Flag, Raw::Bool(flag)) => return Some(Value::Bool(*flag)),
            (Shape::Choice(_), Raw::Text(text)) if text.is_empty() => return Some(Value::Null),
            (Shape::Choice(_), Raw::Text(text)) => {
                self.check_text(here, field, checker, text, at)?;
                return Some(Value::Text(Arc::clone(text)));
            }
            (Shape::Integer { .. } | Shape::Number, Raw::Number(number)) => {
                let number = normal_number(number);
                (number.clone().into(), Value::Number(number))
            }
            _ => {
                self.wrong(here, at, raw, field.name, &wanted);
                return None;
            }
        };
        self.check(here, field, checker, &json, at)?;
        Some(value)
    }

    fn texts(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        (max_items, set): (u32, bool),
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Value> {
        let Raw::List(items) = raw else {
            self.wrong(here, at, raw, field.name, "a list of texts");
            return None;
        };
        self.check_number(here, field.name, max_items, raw, at);
        let mut out: Vec<Value> = Vec::with_capacity(items.len());
        let mut first: HashMap<Arc<str>, usize> = HashMap::with_capacity(items.len());
        let mut whole = true;
        for (index, item) in items.iter().enumerate() {
            let place = at.index(index);
            let item = match item {
                Raw::Map(_) if field.replaces_values => item.get(VALUE).unwrap_or(item),
                item => item,
            };
            if names(field, item) {
                let named = self.named_in_text(here, field, item, place);
                whole &= named.is_some();
                out.extend(named.map(Value::Reference));
                continue;
            }
            let Some(text) = self.plain(here, field.name, item, place) else {
                whole = false;
                continue;
            };
            let text = shared(&text, &tidy(&text));
            if text.is_empty() {
                self.error(
                    here,
                    (place, Part::Value),
                    Code::Empty,
                    format!("an item of `{}` is empty", field.name),
                    "nothing in it",
                    Some("take it away".to_owned()),
                );
                whole = false;
                continue;
            }
            if self
                .check_text(here, field, checker, &text, place)
                .is_none()
            {
                whole = false;
                continue;
            }
            if let Some(other) = first.insert(Arc::clone(&text), index) {
                self.duplicate_item(here, field.name, &text, (place, at.index(other)));
                whole = false;
                continue;
            }
            out.push(Value::Text(text));
        }
        whole &= self.each_named_once(here, field, &out, at);
        if set {
            codec::sort(&mut out);
        }
        whole.then_some(Value::List(out))
    }

    pub(crate) fn duplicate_item(
        &mut self,
        here: Here<'_>,
        name: &str,
        item: &str,
        (again, first): (At<'_>, At<'_>),
    ) {
        let message = format!("`{name}` names `{item}` twice");
        let problem = Problem::error(Code::DuplicateItem, message)
            .at(here.place(again, Part::Value), "here again")
            .at(here.place(first, Part::Value), "first here")
            .help("take one of them away");
        self.problems.push(problem);
    }

    fn map(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        map: &'static Map,
        checker: &Checker,
        (raw, at): (&Raw, At<'_>),
    ) -> Option<Value> {
        let is_whole = map.owned == Owned::Whole;
        let leaves = self.leaves(here, field.name, map, checker, (raw, at), "")?;
        if is_whole && field.required && leaves.is_empty() {
            let first = map.fields.first().map_or("", |leaf| leaf.name);
            self.error(
                here,
                (at, Part::Value),
                Code::Empty,
                format!("`{}` names nothing", field.name),
                "nothing in it",
                Some(format!("name at least one, such as `{first}`")),
            );
            return None;
        }
        self.numbers_name_places(here, map, &leaves, at);
        self.named_as_told_beside(here, map, &leaves, at);
        // What says nothing is not there.
        let silent = |leaf: &Field, value: &Value| match value {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            value => leaf
                .unsaid
                .is_some_and(|unsaid| codec::switch_value(unsaid) == *value),
        };
        let mut leaves = leaves;
        if is_whole {
            leaves.retain(|key, value| !map.field(key).is_some_and(|leaf| silent(leaf, value)));
        }
        Some(Value::Map(leaves))
    }

    /// Refuses a number in an expression over the items of a list that names none of them.
    fn numbers_name_places(&mut self, here: Here<'_>, map: &Map, leaves: &Leaves, at: At<'_>) {
        let mut fields = map.fields.iter();
        let in_places = |field: &&Field| matches!(field.shape, Shape::Keyed(keyed) if matches!(keyed.keys, Keys::Places));
        let Some(list) = fields.find(in_places) else {
            return;
        };
        let Some(Value::Map(items)) = leaves.get(list.name) else {
            return;
        };
        for leaf in map
            .fields
            .iter()
            .filter(|leaf| leaf.alike == Alike::Expression)
        {
            let Some(text) = leaves.get(leaf.name).and_then(Value::as_text) else {
                continue;
            };
            if let Err(why) = expression::check(text) {
                let known: Vec<&str> = items
                    .keys()
                    .filter(|key| !codec::listed::is_own(key))
                    .collect();
                self.error(
                    here,
                    (at.key(leaf.name), Part::Value),
                    Code::BadFormat,
                    format!("`{}` is no expression: {why}", leaf.name),
                    "not understood",
                    Some(format!(
                        "join the items of `{}` with `and` and `or`, such as `{}`",
                        list.name,
                        known.join(" and ")
                    )),
                );
                continue;
            }
            let numbers = text.split(|c: char| !c.is_ascii_digit());
            let is_strange = |number: &&str| !number.is_empty() && !items.contains_key(number);
            for number in numbers.filter(is_strange).collect::<BTreeSet<_>>() {
                self.error(
                    here,
                    (at.key(leaf.name), Part::Value),
                    Code::UnresolvedReference,
                    format!(
                        "`{}` names `{number}`, and `{}` has no such item",
                        leaf.name, list.name
                    ),
                    "named here",
                    Some(format!(
                        "`{}` has {}",
                        list.name,
                        counted(items.len(), "item")
                    )),
                );
            }
        }
    }

    /// The leaves of a map with fixed leaves; `implied` is the one that the map's handle stands for.
    pub(crate) fn leaves(
        &mut self,
        here: Here<'_>,
        name: &str,
        map: &Map,
        checker: &Checker,
        (raw, at): (&Raw, At<'_>),
        implied: &str,
    ) -> Option<Leaves> {
        let Raw::Map(entries) = raw else {
            self.wrong(here, at, raw, name, "a map");
            return None;
        };
        let fields = map.fields;
        let mut out = Leaves::new();
        let mut whole = true;
        let mut unknown = Vec::new();
        for (key, raw) in entries {
            let place = at.key(key);
            let Some(index) = fields.iter().position(|leaf| leaf.name == &**key) else {
                unknown.push((&**key, Self::unknown_leaf(here, name, map, key, place)));
                whole = false;
                continue;
            };
            match self.field(here, &fields[index], &checker.leaves[index], raw, place) {
                Some(value) => {
                    if fields[index].replaces_values {
                        match self.replacements(here, &fields[index], raw, &value, place) {
                            Some(replaced) if replaced.is_empty() => {}
                            Some(replaced) => {
                                out.insert(REPLACES, Value::Map(replaced));
                            }
                            None => whole = false,
                        }
                    }
                    let name = if fields[index].former_name {
                        FORMER
                    } else {
                        fields[index].name
                    };
                    if name != FORMER || !value.is_null() {
                        out.insert(name, value);
                    }
                }
                None => whole = false,
            }
        }
        let known: Vec<&str> = fields.iter().map(|leaf| leaf.name).collect();
        let needed = fields
            .iter()
            .filter(|leaf| leaf.required && leaf.name != implied);
        let lacking: Vec<&Field> = needed.filter(|leaf| raw.get(leaf.name).is_none()).collect();
        whole &= lacking.is_empty();
        let told: Vec<&Field> = (lacking.into_iter())
            .filter(|leaf| !misspelt(raw, leaf.name, &known))
            .collect();
        self.one_map(here, at, &format!("`{name}`"), unknown, &told);
        whole.then_some(out)
    }

    /// Checks a text against the schema of its field.
    fn check_text(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        checker: &Checker,
        text: &str,
        at: At<'_>,
    ) -> Option<()> {
        if checker.surely_accepts(text) {
            return Some(());
        }
        let fits = self.check(here, field, checker, &text.into(), at);
        if fits.is_none() {
            self.or_a_handle(field, text);
        }
        fits
    }

    /// Refuses a day that no calendar has, such as `2027-02-30`, though it has the form of one, alone or
    /// before the time of a day.
    fn check_day(
        &mut self,
        here: Here<'_>,
        field: &'static Field,
        value: &Value,
        at: At<'_>,
    ) -> Option<()> {
        let text = value.as_text();
        let day = text.map(|text| text.get(..10).unwrap_or(text));
        let is_none = day.is_some_and(|day| codec::is_day(day) && day.parse::<Date>().is_err());
        let Some(text) = text.filter(|_| is_none) else {
            return Some(());
        };
        self.error(
            here,
            (at, Part::Value),
            Code::BadFormat,
            format!("`{}` is `{text}`, and no calendar has that day", field.name),
            "no day",
            None,
        );
        None
    }

    /// Checks a value against the schema of its field.
    fn check(
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
        let text = value.as_str().unwrap_or_default();
        // What has an effect instead of a look is meant by nobody.
        if violation == Violation::Pattern
            && control(text).is_none()
            && self.server_decides(here, field, checker, text, at)
        {
            return Some(());
        }
        self.violation(here, field, (violation, text), checker, at);
        None
    }
}

/// What is wrong with a text that is no JSON, without where it is.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// The sentence and the help for what is no field of a kind.
pub(super) fn unknown_field_words(kind: &Kind, key: &str) -> (String, String) {
    let known: Vec<&str> = kind
        .fields
        .iter()
        .map(|field| field.name)
        .chain(["lifecycle"])
        .collect();
    // A name of the wire is more than a slip: say what the field is called here.
    let wire = kind.fields.iter().find(|field| field.is_read_at(key));
    let (message, help) = unknown_key(kind.collection, key, &known);
    let message = message.replace(" has no key ", " have no field ");
    let help = match wire {
        Some(field) => format!("the field is called `{}` here", field.name),
        None if key == kind::words::CSV => table::WHERE.to_owned(),
        None if key == kind::words::NEW => "only overlays say `new: true`; what stands in a base file is new wherever it is not live yet".to_owned(),
        None => help,
    };
    let refused = kind.elsewhere.iter().find(|(name, _)| *name == key);
    let help = refused.map_or(help, |(_, why)| (*why).to_owned());
    (message, help)
}

/// A text in a form of it; the same one where that changes nothing.
fn shared(text: &Arc<str>, form: &str) -> Arc<str> {
    if *form == **text {
        Arc::clone(text)
    } else {
        form.into()
    }
}

/// A text as its field holds it; the same one where that changes nothing.
fn normal(field: &Field, text: &Arc<str>) -> Arc<str> {
    let is_part = matches!(field.shape, Shape::Email { .. }) || field.naming || field.identity;
    let form = if is_part {
        canonical(field, text)
    } else {
        tidy(text)
    };
    shared(text, &form)
}

/// A number as it is stored: 24.0 is 24.
fn normal_number(number: &Number) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number below 2^53 fits"
            )]
            let whole = float as i64;
            whole.into()
        }
        _ => number.clone(),
    }
}

/// The text of an expression as the value that a file would have.
fn reread(text: &str, shape: Shape) -> Raw {
    match (shape, text) {
        (Shape::Flag, "true") => Raw::Bool(true),
        (Shape::Flag, "false") => Raw::Bool(false),
        (Shape::Integer { .. } | Shape::Number, text) => text
            .parse::<Number>()
            .map_or_else(|_| Raw::Text(text.into()), Raw::Number),
        (_, text) => Raw::Text(text.into()),
    }
}
