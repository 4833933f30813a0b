//! Files that manifests name: those of texts, `{file: welcome.html}` in place of a text, and those of
//! tables, `$csv: {file: contacts.csv}` beside handles.
//!
//! [`read`] is called where manifests are read, so that everything behind it works on texts alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files::reason;

use crate::config::{PROJECT_FILE, begins_at_home, is_like_project_file};
use crate::kind::words::{CSV, FILE};
use crate::problem::{Code, Place, Problem};
use crate::yaml::load;
use crate::yaml::raw::{AsText, Raw};
use crate::yaml::source::{Beside, MAX_FILE, Source, Unread, linked, read_itself};
use crate::yaml::variables::has_expression;
use crate::yaml::walk::wrong_type;

/// Files that a manifest names, by the paths as they are written.
type Named = BTreeMap<String, Beside>;

/// What a file holds that a manifest names.
#[derive(Clone, Copy)]
struct Holds {
    /// The largest such file, in bytes.
    most: u64,
    /// What it holds, in words.
    what: &'static str,
    /// The way out where it is larger.
    too_large: &'static str,
    /// The way out where it is not UTF-8.
    as_utf8: &'static str,
}

/// No field takes a longer text.
const TEXT: Holds = Holds {
    most: 1024 * 1024,
    what: "text",
    too_large: "no field takes so long a text",
    as_utf8: "save the file as UTF-8",
};

const TABLE: Holds = Holds {
    most: MAX_FILE,
    what: "table",
    too_large: "divide it, and write a list of tables",
    as_utf8: "save the file as UTF-8; spreadsheets call that \"CSV UTF-8\"",
};

/// The way to a text file, as a map with the one key `file` gives it.
pub(crate) fn named(raw: &Raw) -> Option<&Raw> {
    match raw {
        Raw::Map(entries) => match entries.as_slice() {
            [(key, value)] if &**key == FILE => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// Reads the files that a manifest names, those of texts and those of tables, each once; what keeps one
/// from being read is told where the manifest is understood.
pub(super) fn read(root: &Path, source: &Source) -> (Named, Named) {
    let mut reader = Reader {
        root,
        manifest: &source.name,
        texts: Named::new(),
        tables: Named::new(),
    };
    if may_name(&source.text) {
        // What is no YAML is told by whoever reads it.
        for (_, raw) in load::documents(source, "").unwrap_or_default() {
            reader.collect(&raw);
        }
    }
    (reader.texts, reader.tables)
}

/// The name and the text of a file that a manifest names at a place, under what is called `name`.
pub(super) fn found(
    path: &Raw,
    name: &str,
    beside: Option<&Named>,
    place: &Place,
) -> Result<(Arc<str>, Arc<str>), Problem> {
    let AsText::Text(path) = path.as_text() else {
        let (message, help) = wrong_type(name, "a path", path);
        let label = format!("this is {}", path.what());
        let mut problem = Problem::error(Code::WrongType, message).at(place.clone(), label);
        problem.help = help;
        return Err(problem);
    };
    if has_expression(path) {
        let message = format!("`{path}` holds an expression, and a path holds none");
        return Err(Problem::error(Code::BadPath, message)
            .at(place.clone(), "not replaced here")
            .help("name the file as it is called; an overlay may name another one"));
    }
    match beside.and_then(|beside| beside.get(&**path)) {
        Some(Beside { name, text }) => match text {
            Ok(text) => Ok((Arc::clone(name), Arc::clone(text))),
            Err(why) => Err(Problem::error(why.code, why.message.clone())
                .at(place.clone(), "named here")
                .help(why.help)),
        },
        // Files are read with the manifests that name them.
        None => {
            let message = format!("`{path}` was not read");
            Err(Problem::error(Code::Unreadable, message).at(place.clone(), "named here"))
        }
    }
}

/// Whether a text may have the key; most have none, and need not be read twice.
fn may_name(text: &str) -> bool {
    text.match_indices(FILE).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + FILE.len()..).unwrap_or_default();
        let behind = behind.trim_start_matches(['"', '\'', ' ', '\t']);
        behind.starts_with(':') && !before.ends_with(char::is_alphanumeric)
    })
}

struct Reader<'a> {
    root: &'a Path,
    manifest: &'a str,
    texts: Named,
    tables: Named,
}

impl Reader<'_> {
    fn collect(&mut self, raw: &Raw) {
        if let Some(Raw::Text(path)) = named(raw) {
            if !self.texts.contains_key(&**path) {
                let text = text(self.root, self.manifest, path, TEXT);
                self.texts.insert(path.to_string(), text);
            }
            return;
        }
        match raw {
            Raw::List(items) => items.iter().for_each(|item| self.collect(item)),
            Raw::Map(entries) => {
                for (key, value) in entries {
                    if **key == *CSV {
                        self.collect_tables(value);
                    } else {
                        self.collect(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn collect_tables(&mut self, raw: &Raw) {
        let tables = match raw {
            Raw::List(tables) => tables.as_slice(),
            table => std::slice::from_ref(table),
        };
        for table in tables {
            if let Some(Raw::Text(path)) = table.get(FILE)
                && !self.tables.contains_key(&**path)
            {
                let text = text(self.root, self.manifest, path, TABLE);
                self.tables.insert(path.to_string(), text);
            }
        }
    }
}

/// The place of a file from the project folder on.
fn place(manifest: &str, path: &str) -> Result<String, Unread> {
    let outside = || {
        Unread::new(
            Code::PathOutside,
            format!("`{path}` is no path below the project folder"),
            "write a path from the folder of this file on, with forward slashes",
        )
    };
    if begins_at_home(path) || path.starts_with('/') || path.contains(['\\', ':']) {
        return Err(outside());
    }
    let mut parts: Vec<&str> = manifest.split('/').collect();
    parts.pop();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            hidden if hidden.starts_with('.') => {
                return Err(Unread::new(
                    Code::HiddenFile,
                    format!("`{path}` is hidden: `{hidden}` begins with a dot"),
                    "what is hidden is no part of the desired state; move the file",
                ));
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Err(outside());
    }
    Ok(parts.join("/"))
}

fn text(root: &Path, manifest: &str, path: &str, holds: Holds) -> Beside {
    let (name, text) = match place(manifest, path) {
        Ok(name) => {
            let text = content(root, &name, holds);
            (name, text)
        }
        Err(why) => (path.to_owned(), Err(why)),
    };
    Beside {
        name: name.into(),
        text,
    }
}

/// The way out where what is named holds nothing of the sort.
const NAME_ANOTHER: &str = "name a file that holds it";

fn content(root: &Path, name: &str, holds: Holds) -> Result<Arc<str>, Unread> {
    let what = holds.what;
    let place = Path::new(name);
    if place == Path::new(PROJECT_FILE) || is_like_project_file(place) {
        return Err(Unread::new(
            Code::NotAFile,
            format!("`{name}` is the project file, and no {what}"),
            NAME_ANOTHER,
        ));
    }
    if let Some(link) = linked(root, name) {
        return Err(Unread::new(
            Code::SymbolicLink,
            format!("`{link}` is a symbolic link, which is not followed"),
            "move the file into the project folder",
        ));
    }
    let mut above = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
    if let Some(other) = above.find(|folder| root.join(folder).join(PROJECT_FILE).is_file()) {
        return Err(Unread::new(
            Code::PathOutside,
            format!("`{name}` belongs to another project: `{other}` has a project file"),
            "copy the file into this project",
        ));
    }
    let unreadable = |error: &io::Error| {
        let help = "paths begin at the folder of the file that names them";
        let message = format!("`{name}` cannot be read: {}", reason(error));
        Unread::new(Code::Unreadable, message, help)
    };
    let path = root.join(place);
    let meta = fs::symlink_metadata(&path).map_err(|error| unreadable(&error))?;
    if !meta.is_file() {
        return Err(Unread::new(
            Code::NotAFile,
            format!("`{name}` is no file that can be read as a {what}"),
            NAME_ANOTHER,
        ));
    }
    let bytes = if meta.len() > holds.most {
        Vec::new()
    } else {
        read_itself(&path).map_err(|error| unreadable(&error))?
    };
    // It may have grown meanwhile.
    if meta.len() > holds.most || bytes.len() as u64 > holds.most {
        return Err(Unread::new(
            Code::FileTooLarge,
            format!(
                "`{name}` is larger than {} MiB, the most that such a file may have",
                holds.most / 1024 / 1024
            ),
            holds.too_large,
        ));
    }
    let source = Source::new(name, &bytes);
    if let Some(at) = source.invalid {
        // Up to there the text is what the file holds.
        let before = source.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        return Err(Unread::new(
            Code::NotUtf8,
            format!(
                "`{name}` is not UTF-8: the byte at line {line}, column {column} begins no UTF-8 character"
            ),
            holds.as_utf8,
        ));
    }
    Ok(source.text)
}

/// The text of a file as it counts: its line ends are of one form, and one at its end is none.
pub(crate) fn counted(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    match text.strip_suffix('\n') {
        Some(text) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_at_the_folder_of_the_manifest() {
        for (manifest, path, expected) in [
            ("desk.yaml", "a.html", Some("a.html")),
            ("desk.yaml", "./t//a.html", Some("t/a.html")),
            ("sales/desk.yaml", "t/a.html", Some("sales/t/a.html")),
            ("sales/desk.yaml", "../t/a.html", Some("t/a.html")),
            ("sales/desk.yaml", "../../a.html", None),
            ("desk.yaml", "../a.html", None),
            ("desk.yaml", "/etc/passwd", None),
            ("desk.yaml", "~/a.html", None),
            ("desk.yaml", "a\\b.html", None),
            ("desk.yaml", "c:a.html", None),
            ("desk.yaml", ".git/config", None),
            ("desk.yaml", "t/.a.html", None),
            ("desk.yaml", "", None),
            ("sales/desk.yaml", "..", None),
        ] {
            let found = place(manifest, path);
            assert_eq!(found.ok().as_deref(), expected, "{manifest} {path}");
        }
    }

    #[test]
    fn a_key_is_found_however_it_is_written() {
        for (text, expected) in [
            ("a: {file: b}", true),
            ("{\"a\": {\"file\": \"b\"}}", true),
            ("a:\n  'file' : b", true),
            ("agents: {a: {profile: b}}", false),
            ("a: the file b", false),
        ] {
            assert_eq!(may_name(text), expected, "{text}");
        }
    }

    #[test]
    fn one_line_end_at_the_end_does_not_count() {
        for (text, expected) in [
            ("a", "a"),
            ("a\n", "a"),
            ("a\r\nb\r\n", "a\nb"),
            ("a\n\n", "a\n"),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(counted(text), expected, "{text:?}");
        }
    }
}
