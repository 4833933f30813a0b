//! What came up in many environments: equal problems are shown once, with the environments that have
//! them.

use std::cell::RefCell;

use serde_json::{Value as Json, json};

use super::common::{Failure, Texts, refusal, remark, shown};
use super::output::tell_in;
use super::{Global, LogFormat};
use crate::problem::{Code, Problem, Problems, Severity, ticked};
use crate::safe::json as json_text;

/// One thing that came up.
#[derive(Debug, Clone, PartialEq)]
enum What {
    /// A problem with its places.
    Problem(Problem),
    /// A code, a message and its hint.
    Plain(&'static str, String, String),
}

#[derive(Debug)]
struct Told {
    what: What,
    texts: Texts,
    environments: Vec<String>,
}

/// What came up so far.
#[derive(Debug, Default)]
pub(super) struct Heard(RefCell<Vec<Told>>);

impl Heard {
    fn add(&self, environment: &str, what: What, texts: &Texts) {
        let mut all = self.0.borrow_mut();
        match all.iter_mut().find(|one| one.what == what) {
            Some(one) => {
                if !one.environments.iter().any(|name| name == environment) {
                    one.environments.push(environment.to_owned());
                }
            }
            None => all.push(Told {
                what,
                texts: texts.clone(),
                environments: vec![environment.to_owned()],
            }),
        }
    }

    /// Hears warnings.
    pub(super) fn warnings(&self, environment: &str, warnings: &[Problem], texts: &Texts) {
        for problem in warnings {
            self.add(environment, What::Problem(problem.clone()), texts);
        }
    }

    /// Hears why a command cannot go on.
    pub(super) fn failure(&self, environment: &str, failure: &Failure) {
        match failure {
            Failure::Problems(problems, texts) => self.warnings(environment, &problems.list, texts),
            other => {
                for (code, message, hint) in other.plain() {
                    let what = What::Plain(code, message, hint);
                    self.add(environment, what, &Texts::default());
                }
            }
        }
    }

    /// Shows everything on standard error, each once: what has the same environments stands together,
    /// below a line that names them.
    pub(super) fn show(&self, global: &Global, all: &[String]) {
        let told = self.0.take();
        let mut groups: Vec<(&[String], Vec<&Told>)> = Vec::new();
        for one in &told {
            let is_same = |(names, _): &&mut (&[String], _)| **names == *one.environments;
            match groups.iter_mut().find(is_same) {
                Some((_, group)) => group.push(one),
                None => groups.push((&one.environments, vec![one])),
            }
        }
        let place = |name: Option<&String>| all.iter().position(|one| Some(one) == name);
        groups.sort_by_key(|(names, _)| place(names.first()));
        for (names, group) in groups {
            // What a hint says to run is run in one environment.
            let name = match names {
                [name] => name,
                _ => "NAME",
            };
            let global = Global {
                environment: vec![name.to_owned()],
                ..global.clone()
            };
            let text = text(&global, &group);
            if global.log_format == LogFormat::Text {
                let heading = match names {
                    [name] => format!("in the environment `{name}`:"),
                    names if names.len() == all.len() => {
                        format!("in all {} environments:", all.len())
                    }
                    names => format!("in the environments {}:", ticked(names, "and")),
                };
                remark(&global, &heading);
                tell_in(LogFormat::Text, &text);
            } else {
                tell_in(LogFormat::Json, &with_environments(&text, names));
            }
        }
    }
}

impl Failure {
    /// What cannot be shown at a place: each message with its code and its hint.
    pub(super) fn plain(&self) -> Vec<(&'static str, String, String)> {
        match self {
            Self::Problems(..) => Vec::new(),
            Self::Api(error) | Self::Elsewhere(error, _) => {
                vec![(
                    error.kind().code(),
                    error.to_string(),
                    error.hint().to_owned(),
                )]
            }
            Self::Unread(unread) => (unread.iter())
                .map(|one| (one.error.kind().code(), one.to_string(), one.hint()))
                .collect(),
            Self::Io(error) => vec![(Code::File.as_str(), error.to_string(), String::new())],
        }
    }
}

/// A group as it is shown: problems together, then messages.
fn text(global: &Global, group: &[&Told]) -> String {
    let problems: Vec<Problem> = (group.iter())
        .filter_map(|one| match &one.what {
            What::Problem(problem) => Some(problem.clone()),
            What::Plain(..) => None,
        })
        .collect();
    let mut out = String::new();
    // All are of the same environments, so any has the texts of all, but for one without any.
    let texts = (group.iter())
        .map(|one| &one.texts)
        .max_by_key(|texts| texts.known());
    if let Some(texts) = texts.filter(|_| !problems.is_empty()) {
        out.push_str(&shown(global, &Problems::from(problems), texts));
    }
    for one in group {
        if let What::Plain(code, message, hint) = &one.what {
            out.push_str(&refusal(global, code, message, hint));
        }
    }
    out
}

/// Lines of JSON with the environments that each is about.
fn with_environments(text: &str, names: &[String]) -> String {
    let lines = text.lines().map(|line| {
        let mut value: Json = serde_json::from_str(line).unwrap_or(Json::Null);
        if let Some(map) = value.as_object_mut() {
            map.insert("environments".to_owned(), json!(names));
        }
        format!("{value}\n")
    });
    json_text(lines.collect())
}

/// The errors of a failure as `--log-format json` writes them.
pub(super) fn objects(global: &Global, failure: &Failure, name: &str) -> Vec<Json> {
    let global = Global {
        environment: vec![name.to_owned()],
        log_format: LogFormat::Json,
        ..global.clone()
    };
    let text = match failure {
        Failure::Problems(problems, texts) => {
            let errors = problems.list.iter();
            let errors = errors.filter(|problem| problem.severity == Severity::Error);
            shown(
                &global,
                &Problems::from(errors.cloned().collect::<Vec<_>>()),
                texts,
            )
        }
        other => {
            let plain = other.plain();
            let lines = plain.iter();
            lines
                .map(|(code, message, hint)| refusal(&global, code, message, hint))
                .collect()
        }
    };
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
