//! Changes values in the text of a manifest, and leaves everything else in it as it is: comments, quotes,
//! order, line ends.
//!
//! Edits are carried out on the values first ([`wanted`], [`carry`]). What differs then is written into the text,
//! between the bytes that `yaml-edit` says each key and value stands at ([`outline`]). The result is read
//! with the reader of manifests and compared with what is wanted, value by value. Where it is anything
//! else, nothing is given.

mod block;
mod carry;
mod flow;
mod inside;
mod known;
mod lists;
mod order;
mod outline;
mod pen;
mod replace;
mod scalar;
mod splices;
mod take;
mod text;
mod walk;
mod wanted;

use std::fmt;

use serde_json::Value;

use self::outline::Outline;
use self::splices::Splices;
use self::wanted::Wanted;
use super::lines::lines;
use super::load::documents;
use super::raw::{Raw, escape};
use super::source::Source;
use crate::problem::{Code, Problem};

/// Levels that a way and the value at its end may have together; the reader of manifests takes no more.
const MAX_DEPTH: usize = 128;

/// Leads from a collection to one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value of this key, as the reader of manifests reads it.
    Key(String),
    /// The item of a list at this place, counted from 0.
    Index(usize),
}

/// Names a value of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// Documents are counted from 0; those that hold nothing count, too.
    pub document: usize,
    /// The way leads from the root of the document to the value.
    pub way: Vec<Step>,
}

impl Spot {
    /// Shows the way as a JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        pointer(&self.way)
    }
}

/// Says what is to be changed.
///
/// Edits are carried out one after another: each finds what those before it have left.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A value is to be this one. Maps that are missing on the way are made.
    ///
    /// What a map or a list has already stays as it is written: only members that differ are touched. The
    /// index behind the last item of a list adds one.
    Set {
        /// The value stands here, or is to stand here.
        at: Spot,
        /// This is what it is to be.
        to: Value,
    },
    /// An entry or an item is to go, with the comment right above it. What is not there need not go.
    Remove {
        /// It stands here.
        at: Spot,
    },
    /// An entry is to have another key, in the same place and with the same value. Where the entry has
    /// it already, nothing is changed.
    Rename {
        /// The entry stands here, under its old key.
        at: Spot,
        /// This is its new key.
        key: String,
    },
}

impl Edit {
    /// The place that is edited.
    #[must_use]
    pub fn at(&self) -> &Spot {
        match self {
            Self::Set { at, .. } | Self::Remove { at } | Self::Rename { at, .. } => at,
        }
    }
}

/// Gives the place of a key among the keys that may stand in the map at the end of a way.
///
/// A new key stands behind those that come before it. One without a place stands behind all others, or
/// where the alphabet has it, if those without a place stand in that order already.
pub type Order<'o> = &'o dyn Fn(&[Step], &str) -> Option<usize>;

/// Says why a text was not edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Each stands for one reason; there is at least one.
    pub reasons: Vec<Reason>,
}

/// Says why an edit cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The edit with this index cannot be carried out; none where the whole file cannot be edited.
    pub edit: Option<usize>,
    /// The JSON pointer leads to what was to be edited.
    pub pointer: String,
    /// It stands on this line, counted from 1, or would have to be added below it.
    pub line: usize,
    /// The reason begins in lower case and has no final period.
    pub why: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.pointer.is_empty() {
            write!(f, "`{}`: ", self.pointer)?;
        }
        f.write_str(&self.why)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl Refused {
    /// The file as a whole cannot be edited.
    fn file(line: usize, why: impl Into<String>) -> Self {
        let reason = Reason {
            edit: None,
            pointer: String::new(),
            line,
            why: why.into(),
        };
        Self {
            reasons: vec![reason],
        }
    }
}

/// The JSON pointer of a way.
fn pointer(way: &[Step]) -> String {
    let mut out = String::new();
    for step in way {
        out.push('/');
        match step {
            Step::Key(key) => out.push_str(&escape(key)),
            Step::Index(index) => out.push_str(&index.to_string()),
        }
    }
    out
}

/// Carries out edits on the text of a manifest.
///
/// The work grows with the text and with the edits, never with their product.
///
/// # Errors
///
/// Every edit that cannot be carried out with certainty, each with its reason. Then the text is to be
/// edited by hand.
pub fn edited(text: &str, edits: &[Edit], order: Order<'_>) -> Result<String, Refused> {
    edited_in_steps(text, edits, order).map(|(text, _)| text)
}

/// The edited text, and how many entries and items of it were looked at.
fn edited_in_steps(
    text: &str,
    edits: &[Edit],
    order: Order<'_>,
) -> Result<(String, usize), Refused> {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    if let Some(at) = lone_return(body) {
        let line = body
            .get(..at)
            .map_or(1, |text| text.matches('\n').count() + 1);
        let why = "the file ends lines with carriage returns alone";
        return Err(Refused::file(line, why));
    }
    let before = read(body)?;
    // A last line without an end is edited like any other, and loses its end again.
    let is_open = !body.is_empty() && !body.ends_with('\n');
    let end = if body.contains("\r\n") { "\r\n" } else { "\n" };
    let closed = if is_open {
        format!("{body}{end}")
    } else {
        body.to_owned()
    };
    let outline = Outline::of(&closed)?;
    let mut wanted = Wanted::of(&closed, &outline, &before)?;
    let reasons: Vec<Reason> = (edits.iter().enumerate())
        .filter_map(|(index, edit)| wanted.carry_out(index, edit).err())
        .collect();
    if !reasons.is_empty() {
        return Err(Refused { reasons });
    }
    if wanted.is_kept() {
        return Ok((text.to_owned(), wanted.looked_at()));
    }
    let mut splices = Splices::new(&closed, &outline, end, order);
    splices.documents(&wanted);
    let steps = wanted.looked_at() + splices.looked_at();
    let Some(changed) = splices.applied() else {
        return Err(Refused::file(1, "it is not certain how to write this"));
    };
    // A text may need the end of its last line.
    let shorter = changed.strip_suffix(end).filter(|_| is_open);
    let mut refused = None;
    for changed in shorter.into_iter().chain([changed.as_str()]) {
        let found = match read(changed) {
            Ok(after) => wanted.differs_from(&after),
            Err(refused) => refused.reasons.first().map(|reason| {
                let why = format!("the edited text cannot be read: {}", reason.why);
                (0, String::new(), why)
            }),
        };
        let Some((document, pointer, why)) = found else {
            return Ok((format!("{mark}{changed}"), steps));
        };
        refused.get_or_insert((document, pointer, why));
    }
    let (document, pointer, why) = refused.unwrap_or_default();
    let reason = Reason {
        edit: None,
        line: outline.line_of(document),
        pointer,
        why,
    };
    Err(Refused {
        reasons: vec![reason],
    })
}

/// The first carriage return that is no part of a line end.
fn lone_return(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut returns = text.match_indices('\r').map(|(at, _)| at);
    returns.find(|at| bytes.get(at + 1) != Some(&b'\n'))
}

/// Reads the documents of a text as manifests are read; one that holds nothing is fine here.
fn read(text: &str) -> Result<Vec<(u32, Raw)>, Refused> {
    let source = Source::new("", text.as_bytes());
    documents(&source, "").or_else(|problems| {
        if problems.iter().all(|one| one.code == Code::EmptyFile) {
            return Ok(Vec::new());
        }
        let reasons = problems.iter().map(|problem| unread(text, problem));
        Err(Refused {
            reasons: reasons.collect(),
        })
    })
}

/// A text that cannot be read cannot be edited.
fn unread(text: &str, problem: &Problem) -> Reason {
    let place = problem.labels.first().map(|label| &label.place);
    let line = place.and_then(|place| lines(text, &[place]).first().copied().flatten());
    Reason {
        edit: None,
        pointer: place.map(|place| place.pointer.clone()).unwrap_or_default(),
        line: line.unwrap_or(1),
        why: problem.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn resources(count: usize) -> String {
        let mut text = String::from("teams:\n");
        for n in 0..count {
            let _ = write!(text, "  T{n:05}:\n    name: n\n    members: [a, b]\n");
        }
        text
    }

    fn edits(count: usize, of: usize) -> Vec<Edit> {
        let edits = (0..count).flat_map(|n| {
            let at = |last: &str| Spot {
                document: 0,
                way: ["teams", &format!("T{:05}", n * of / count), last]
                    .map(|key| Step::Key(key.to_owned()))
                    .to_vec(),
            };
            let mut gone = at("");
            gone.way.truncate(2);
            match n % 4 {
                0 => vec![Edit::Remove { at: gone }],
                1 => vec![Edit::Rename {
                    at: gone,
                    key: format!("N{n}"),
                }],
                2 => vec![Edit::Set {
                    at: at("name"),
                    to: Value::from("new"),
                }],
                _ => vec![Edit::Set {
                    at: at("limit"),
                    to: Value::from(n),
                }],
            }
        });
        edits.collect()
    }

    /// Twice as many edits, or twice as long a text, take twice the steps at most.
    #[test]
    fn work_grows_with_the_text_and_with_the_edits() {
        let steps = |count, of| {
            let text = resources(of);
            edited_in_steps(&text, &edits(count, of), &|_, _| None)
                .map(|(_, steps)| steps)
                .unwrap()
        };
        let (few, many) = (steps(500, 5_000), steps(2_000, 20_000));
        assert!(few >= 5_000, "{few} steps");
        assert!(many <= few * 4 + 100, "{few} steps became {many}");
        assert!(many <= 20_000 * 3 + 2_000 * 10, "{many} steps");
    }

    #[test]
    fn deep_texts_are_refused() {
        for text in ["[", "{a: ", "- ", "a:\n"] {
            for depth in [200, 300, 100_000] {
                let text = match text {
                    "a:\n" => (0..depth.min(2_000)).fold(String::new(), |mut text, n| {
                        let _ = writeln!(text, "{:n$}a:", "");
                        text
                    }),
                    text => text.repeat(depth),
                };
                let edit = Edit::Remove {
                    at: Spot::default(),
                };
                edited(&text, &[edit], &|_, _| None).unwrap_err();
            }
        }
        let way = vec![Step::Key("a".to_owned()); 100];
        let at = |way: &[Step]| Spot {
            document: 0,
            way: way.to_vec(),
        };
        let set =
            |way: &[Step], to: Value| edited("", &[Edit::Set { at: at(way), to }], &|_, _| None);
        set(&way, Value::Null).unwrap();
        let nested = |levels| (0..levels).fold(Value::Null, |value, _| Value::from(vec![value]));
        let refused = set(&way, nested(40)).unwrap_err();
        assert_eq!(
            refused.reasons[0].why,
            "it would nest more than 128 levels deep"
        );
        set(&[way.clone(), way].concat(), Value::Null).unwrap_err();
    }

    #[test]
    fn carriage_returns_alone_are_refused() {
        let refused = edited("a: 1\nb: 2\rc: 3\n", &[], &|_, _| None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "line 2: the file ends lines with carriage returns alone"
        );
    }
}
