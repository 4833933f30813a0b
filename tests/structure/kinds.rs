//! Nothing outside the tables, the simulator and the guide adapter knows a kind by name, and hardly
//! anything knows a dialect.
//!
//! These are counted, outside comments and tests:
//!
//! - texts that equal a collection, or begin with a collection and a slash, or are such a path;
//! - texts that equal a name that one kind has and no other: a field's, one below a field, one on the
//!   wire, or that of a listing's path. A name below a field or on the wire that is one word in small
//!   letters may be anybody's, and so may the [`WORDS`]: these do not count;
//! - identifiers that are the module of a kind in a path, or that hold the name of a kind that is
//!   several words, such as `lift_custom_fields`.
//!
//! Of dialects every mention in code counts, whether it branches or not: a variant, and what a table
//! says for one of them alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use deskform::kind::{Api, Field, KINDS, Kind, Shape, Wire};

use super::rust_files;
use super::tokens::{Token, tokens};

/// Fields of one kind whose names are words that other things have, too, with what has them.
const WORDS: &[(&str, &str)] = &[
    (
        "address",
        "what a resource is called in plans: its collection and its handle",
    ),
    ("body", "an element of HTML, and what a request carries"),
    ("calls", "requests of the API"),
    (
        "code",
        "a problem, an error of the API, and a code of OAuth",
    ),
    (
        "field",
        "what a resource has, what an `ignore:` entry names, and what an error of the API is about",
    ),
    ("from", "the place at which a page of a listing begins"),
    ("lookup", "a reference in manifests: `{lookup: name}`"),
    ("properties", "JSON Schema"),
    (
        "renamedFrom",
        "what a resource was called, as every kind's `lifecycle` says it",
    ),
    ("targets", "what a plan is limited to"),
    ("title", "JSON Schema"),
];

/// Where a name stands that only one kind has: the file, the name, how many times, and why.
type Exception = (&'static str, &'static str, usize, &'static str);

/// Where names of kinds stand nevertheless.
const NAMED: &[Exception] = &[
    ("api/auth.rs", "accounts", 1, TOKENS),
    ("api/hosts.rs", "accounts", 2, TOKENS),
    ("config/read.rs", "accounts", 1, TOKENS),
    ("config/words.rs", "accounts", 1, TOKENS),
    (
        "api/price.rs",
        "/agents/email/",
        1,
        "the price table of API credits goes by paths, and this one ends in no id",
    ),
    ("problem/code.rs", "TooManyCustomFields", 1, CODE),
    ("problem/code.rs", "UnknownCustomField", 1, CODE),
];

/// Why `accounts` is not what contacts belong to.
const TOKENS: &str = "Zoho Accounts, the server that issues tokens, and the key of its URL";

/// Why a code may name a kind; those who use it take it from the kind's table.
const CODE: &str = "a code is public, and people search for it";

/// Where a dialect stands outside the tables, `api`, `cli` and the simulator.
const DIALECTS: &[Exception] = &[
    ("dialect.rs", "Guide", 2, SPOKEN),
    ("dialect.rs", "Openapi", 2, SPOKEN),
];

/// Why the module of dialects names each of them twice.
const SPOKEN: &str = "the list of dialects, and what holds in each as a whole";

/// Gathers the exceptions of a file that are there, by what they are about.
type Found = BTreeMap<(String, String), usize>;

/// What differs between what is there and the exceptions.
fn unlike(found: &Found, exceptions: &[Exception]) -> Vec<String> {
    let listed: Found = exceptions
        .iter()
        .map(|(file, name, times, _)| (((*file).to_owned(), (*name).to_owned()), *times))
        .collect();
    assert_eq!(listed.len(), exceptions.len(), "an exception stands twice");
    let keys: BTreeSet<_> = found.keys().chain(listed.keys()).collect();
    keys.into_iter()
        .filter(|key| found.get(key) != listed.get(key))
        .map(|key| {
            let times = |of: &Found| of.get(key).copied().unwrap_or(0);
            let (file, name) = key;
            format!(
                "{file}: `{name}` {}, listed {}",
                times(found),
                times(&listed)
            )
        })
        .collect()
}

/// The sources outside certain folders and files below `src`, taken apart, by their paths.
fn sources(left_out: &[&str]) -> BTreeMap<String, Vec<Token>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&root)
        .into_iter()
        .filter_map(|path| {
            let below = path.strip_prefix(&root).ok()?;
            let name = below.to_str()?.replace('\\', "/");
            let is_out = left_out.iter().any(|out| name.starts_with(out));
            (!is_out && !super::is_for_tests(below))
                .then(|| Some((name, tokens(&fs::read_to_string(&path).ok()?))))?
        })
        .collect()
}

/// Says whether a name is one word in small letters, as any other word may be.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_lowercase())
}

/// Collects the names that a field has on the wire, and those below it.
fn names_below(field: &Field, names: &mut BTreeSet<&'static str>) {
    for wire in [&field.openapi, &field.guide] {
        match wire {
            Wire::Sent { name, read, .. } => names.extend(read.split(['/', '|']).chain([*name])),
            Wire::Switched(name) | Wire::Query(name) => {
                names.insert(name);
            }
            Wire::Manual { read, .. } => {
                names.extend(read.iter().flat_map(|it| it.split(['/', '|'])));
            }
            Wire::Fixed(read) => {
                names.insert(read);
            }
            Wire::InPath | Wire::Harmless | Wire::Refused(_) => {}
        }
    }
    let fields = match field.shape {
        Shape::Map(map) => map.fields,
        Shape::Items(items) => items.fields,
        Shape::Keyed(keyed) => return names_below(keyed.value, names),
        _ => return,
    };
    for field in fields {
        names.insert(field.name);
        names_below(field, names);
    }
}

/// Collects the names of a kind: its fields, and what stands below them, on the wire, and in paths.
fn names(kind: &Kind) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for field in kind.fields {
        names_below(field, &mut names);
    }
    for api in kind.apis() {
        let Api { id, founders, .. } = api;
        names.insert(*id);
        names.extend(founders.iter().flat_map(|one| [one.key, one.leave_key]));
    }
    names.extend(kind.wire_name);
    names.extend(kind.handle.iter().map(|handle| handle.key));
    names.retain(|name| !is_plain(name));
    names.extend(kind.fields.iter().map(|field| field.name));
    for api in kind.apis() {
        names.insert(api.listing.path());
    }
    names
}

/// The names that one kind has and no other, without those that other things have, too.
fn names_of_one() -> BTreeSet<&'static str> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for name in KINDS.iter().flat_map(|kind| names(kind)) {
        *times.entry(name).or_default() += 1;
    }
    for (word, _) in WORDS {
        assert_eq!(
            times.remove(word),
            Some(1),
            "`{word}` is no name of one kind"
        );
    }
    // `*` stands for every item of a list.
    times.retain(|name, times| *times == 1 && !matches!(*name, "" | "*"));
    times.into_keys().collect()
}

/// Says whether a text names a collection, alone or with a handle, or as a path.
fn names_collection(text: &str) -> bool {
    let text = text.strip_prefix('/').unwrap_or(text);
    KINDS.iter().any(|kind| {
        let rest = text.strip_prefix(kind.collection);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    })
}

/// Writes a name in small letters, with `_` between its words.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(if c == ' ' {
            '_'
        } else {
            c.to_ascii_lowercase()
        });
    }
    snake
}

/// Says whether an identifier holds the name of a kind that is several words.
fn holds_kind(word: &str) -> bool {
    let word = snake(word);
    let names = KINDS
        .iter()
        .flat_map(|kind| [kind.collection, kind.singular]);
    names
        .map(snake)
        .any(|name| name.contains('_') && word.contains(&name))
}

/// Says whether the word at a place is the module of a kind in a path.
fn is_module(tokens: &[Token], at: usize, modules: &BTreeSet<String>) -> bool {
    let Some(Token::Word(word)) = tokens.get(at) else {
        return false;
    };
    let is_path = |at: usize| tokens.get(at..at + 2) == Some(&[Token::Sign(':'), Token::Sign(':')]);
    let is_after_kind = || at > 2 && is_path(at - 2) && tokens[at - 3].is("kind");
    // `use …::kind::{one, another}`
    let is_in_list = || {
        let statement = tokens[..at].iter().rev();
        let statement: Vec<_> = statement
            .take_while(|one| **one != Token::Sign(';'))
            .collect();
        statement.iter().any(|one| one.is("use")) && statement.iter().any(|one| one.is("kind"))
    };
    modules.contains(word) && (is_path(at + 1) || is_after_kind() || is_in_list())
}

/// The modules that hold a kind.
fn modules() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kind");
    rust_files(&folder)
        .into_iter()
        .filter(|path| {
            fs::read_to_string(path).is_ok_and(|it| it.contains("pub static KIND: Kind"))
        })
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

#[test]
fn nothing_outside_the_tables_knows_a_kind_by_name() {
    let (names, modules) = (names_of_one(), modules());
    assert!(modules.len() >= KINDS.len(), "{modules:?}");
    let mut found = Found::new();
    for (file, tokens) in sources(&["kind/", "simulator/", "live/grouped.rs"]) {
        for (at, token) in tokens.iter().enumerate() {
            let name = match token {
                Token::Text(text) if names_collection(text) || names.contains(&**text) => text,
                Token::Word(word) if is_module(&tokens, at, &modules) || holds_kind(word) => word,
                _ => continue,
            };
            *found.entry((file.clone(), name.clone())).or_default() += 1;
        }
    }
    let unlike = unlike(&found, NAMED);
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    let count: usize = found.values().sum();
    assert!(count <= 20, "{count} names of kinds: {found:?}");
}

#[test]
fn hardly_anything_asks_for_the_dialect() {
    let mut found = Found::new();
    for (file, tokens) in sources(&["kind/", "simulator/", "api/", "cli/"]) {
        for (at, token) in tokens.iter().enumerate() {
            let behind =
                |name: &str, steps: usize| tokens.get(at + steps).is_some_and(|it| it.is(name));
            let is_own = file == "dialect.rs" && token.is("Self");
            let name = if token.is("Dialect") || is_own {
                let mut spoken = ["Openapi", "Guide"].into_iter();
                spoken.find(|name| behind(name, 3))
            } else if *token == Token::Sign('.') {
                // What the table of a kind or a field says for one dialect.
                ["openapi", "guide"]
                    .into_iter()
                    .find(|name| behind(name, 1))
            } else {
                None
            };
            if let Some(name) = name {
                *found.entry((file.clone(), name.to_owned())).or_default() += 1;
            }
        }
    }
    let unlike = unlike(&found, DIALECTS);
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    let count: usize = found.values().sum();
    assert!(count <= 12, "{count} branches: {found:?}");
}
