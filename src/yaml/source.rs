//! The text of one YAML file, and how it is found on the disk.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::problem::Code;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 32 * 1024 * 1024;

/// One file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, relative to the project folder, with forward slashes.
    pub name: Arc<str>,
    /// Its text without a byte order mark; what is not UTF-8 is replaced.
    pub text: Arc<str>,
    /// The first byte that is not UTF-8, if there is one.
    pub invalid: Option<usize>,
    /// The files that it names for texts, by the paths as they are written.
    pub beside: Arc<BTreeMap<String, Beside>>,
    /// The files that it names for tables, by the paths as they are written.
    pub tables: Arc<BTreeMap<String, Beside>>,
}

/// A file that a manifest names for a text or a table.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Its name, relative to the project folder, with forward slashes.
    pub name: Arc<str>,
    /// Its text, or why there is none.
    pub text: Result<Arc<str>, Unread>,
}

/// Why a file that a manifest names has no text.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The code of the problem.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: &'static str,
}

impl Unread {
    pub(crate) const fn new(code: Code, message: String, help: &'static str) -> Self {
        Self {
            code,
            message,
            help,
        }
    }
}

impl Source {
    /// A file from its bytes.
    pub fn new(name: impl Into<Arc<str>>, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let (text, invalid) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.into(), None),
            Err(error) => (
                String::from_utf8_lossy(bytes).into(),
                Some(error.valid_up_to()),
            ),
        };
        Self {
            name: name.into(),
            text,
            invalid,
            beside: Arc::default(),
            tables: Arc::default(),
        }
    }

    /// The same with a file beside it that it names for a text.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn with_text(mut self, path: &str, text: &str) -> Self {
        let one = self.lying_beside(path, text);
        Arc::make_mut(&mut self.beside).insert(path.to_owned(), one);
        self
    }

    /// The same with a file beside it that it names for a table.
    #[must_use]
    pub fn with_table(mut self, path: &str, text: &str) -> Self {
        let one = self.lying_beside(path, text);
        Arc::make_mut(&mut self.tables).insert(path.to_owned(), one);
        self
    }

    fn lying_beside(&self, path: &str, text: &str) -> Beside {
        let folder = self.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = format!("{folder}/{path}");
        Beside {
            name: name.trim_start_matches('/').into(),
            text: Ok(text.into()),
        }
    }
}

/// The first part of a path below a folder that is a symbolic link: what lies behind it may be
/// anywhere.
pub(crate) fn linked(root: &Path, path: &str) -> Option<String> {
    path.match_indices('/')
        .map(|(at, _)| at)
        .chain([path.len()])
        .filter_map(|end| path.get(..end))
        .find(|part| fs::symlink_metadata(root.join(part)).is_ok_and(|meta| meta.is_symlink()))
        .map(str::to_owned)
}

/// Reads a file of a folder, up to one byte more than [`MAX_FILE`], whatever it says of its size. It may be a
/// symbolic link to another file of the folder, and to none outside.
pub(crate) fn read_inside(folder: &Path, name: &str) -> io::Result<Vec<u8>> {
    let path = folder.join(name);
    let is_link = fs::symlink_metadata(&path)?.is_symlink();
    if is_link && !fs::canonicalize(&path)?.starts_with(fs::canonicalize(folder)?) {
        let why = "it is a symbolic link that leads out of the folder";
        return Err(io::Error::other(why));
    }
    limited(fs::File::open(path)?)
}

/// Reads a file as [`read_inside`] does, but nothing through a symbolic link: neither one that is there, nor one
/// that has taken the place of a file that was looked at.
pub(crate) fn read_itself(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    if !is_itself(&file, path)? {
        return Err(io::Error::other("another file took its place meanwhile"));
    }
    limited(file)
}

fn limited(file: fs::File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether an open file is what lies at a path, and no file behind a symbolic link there.
fn is_itself(file: &fs::File, path: &Path) -> io::Result<bool> {
    let (own, there) = (file.metadata()?, fs::symlink_metadata(path)?);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Ok((own.dev(), own.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        Ok(own.is_file() && there.is_file())
    }
}

/// Whether a name ends in `.yaml` or `.yml`, in letters of any case.
pub(crate) fn is_yaml(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"))
}

/// A path for messages: bytes that are not UTF-8 stand there as `\xff`.
pub(crate) fn shown(path: &Path) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|part| {
            let mut text = String::new();
            for chunk in part.as_encoded_bytes().utf8_chunks() {
                text.push_str(chunk.valid());
                text.push_str(&chunk.invalid().escape_ascii().to_string());
            }
            text
        })
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_not_read_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_itself(&file).unwrap(), b"text");
        read_itself(&link).unwrap_err();
        assert_eq!(read_inside(folder.path(), "b").unwrap(), b"text");
        let other = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&file, other.path().join("c")).unwrap();
        let refused = read_inside(other.path(), "c").unwrap_err();
        assert!(refused.to_string().contains("leads out"), "{refused}");
    }
}
