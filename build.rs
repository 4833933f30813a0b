//! Collects the words and texts of the sources: what deskform itself says is never taken for a secret.

#[path = "tests/structure/tokens.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod tokens;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use tokens::{Token, tokens};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=tests/structure/tokens.rs");
    let mut said = BTreeSet::new();
    collect(Path::new("src"), &mut said)?;
    let all: Vec<String> = said.into_iter().collect();
    let folder = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    fs::write(folder.join("own_words.txt"), all.join("\n"))
}

/// Collects what the sources in a folder say, in small letters.
fn collect(folder: &Path, said: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with("simulator") {
            // It plays the server, and what that says is not deskform's own.
        } else if path.is_dir() {
            collect(&path, said)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path)?;
            said.extend(tokens(&source).into_iter().filter_map(|token| match token {
                Token::Word(word) => Some(word.to_lowercase()),
                Token::Text(text) => Some(plain(&text).to_lowercase()),
                Token::Sign(_) => None,
            }));
        }
    }
    Ok(())
}

/// The text that stands behind the escapes of a literal.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, c == '\\') {
            (_, true) => match rest.next() {
                // The next line goes on where this one ends.
                Some('\n') => rest = rest.as_str().trim_start().chars(),
                Some('n') => plain.push('\n'),
                Some(c) => plain.push(c),
                None => {}
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}
