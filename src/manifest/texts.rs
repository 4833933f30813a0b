//! Texts in files of their own, which manifests name in place of a text: `{file: welcome.html}`.
//!
//! [`read`] is called where manifests are read, so that everything behind it works on texts alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files::reason;

use crate::config::{PROJECT_FILE, begins_at_home, is_like_project_file};
use crate::kind::words::FILE;
use crate::problem::Code;
use crate::yaml::load;
use crate::yaml::raw::Raw;
use crate::yaml::source::{Beside, Source, Unread, linked, read_itself};

/// The largest such file, in bytes: no field takes a longer text.
const MAX_TEXT: u64 = 1024 * 1024;

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

/// Reads the files that a manifest names, each once; what keeps one from being read is told where the
/// manifest is understood.
pub(super) fn read(root: &Path, source: &Source) -> BTreeMap<String, Beside> {
    let mut found = BTreeMap::new();
    if may_name(&source.text) {
        // What is no YAML is told by whoever reads it.
        for (_, raw) in load::documents(source, "").unwrap_or_default() {
            collect(&raw, root, &source.name, &mut found);
        }
    }
    found
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

fn collect(raw: &Raw, root: &Path, manifest: &str, found: &mut BTreeMap<String, Beside>) {
    if let Some(Raw::Text(path)) = named(raw) {
        if !found.contains_key(&**path) {
            found.insert(path.to_string(), text(root, manifest, path));
        }
        return;
    }
    match raw {
        Raw::List(items) => {
            for item in items {
                collect(item, root, manifest, found);
            }
        }
        Raw::Map(entries) => {
            for (_, value) in entries {
                collect(value, root, manifest, found);
            }
        }
        _ => {}
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

fn text(root: &Path, manifest: &str, path: &str) -> Beside {
    let (name, text) = match place(manifest, path) {
        Ok(name) => {
            let text = content(root, &name);
            (name, text)
        }
        Err(why) => (path.to_owned(), Err(why)),
    };
    Beside {
        name: name.into(),
        text,
    }
}

fn content(root: &Path, name: &str) -> Result<Arc<str>, Unread> {
    let place = Path::new(name);
    if place == Path::new(PROJECT_FILE) || is_like_project_file(place) {
        return Err(Unread::new(
            Code::NotAFile,
            format!("`{name}` is the project file, and no text"),
            "name a file that holds the text",
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
            format!("`{name}` is no file that can be read as a text"),
            "name a file that holds the text",
        ));
    }
    let bytes = if meta.len() > MAX_TEXT {
        Vec::new()
    } else {
        read_itself(&path).map_err(|error| unreadable(&error))?
    };
    // It may have grown meanwhile.
    if meta.len() > MAX_TEXT || bytes.len() as u64 > MAX_TEXT {
        return Err(Unread::new(
            Code::FileTooLarge,
            format!(
                "`{name}` is larger than {} MiB, the most that such a file may have",
                MAX_TEXT / 1024 / 1024
            ),
            "no field takes so long a text",
        ));
    }
    let source = Source::new(name, &bytes);
    if source.invalid.is_some() {
        return Err(Unread::new(
            Code::NotUtf8,
            format!("`{name}` is not UTF-8"),
            "save the file as UTF-8",
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
