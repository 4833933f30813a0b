//! Links inside README.md and `docs`: to files that are there, and to headings that they have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::command::repository;
use super::files_below;
use super::page::slug;

/// The lines of a page that are no blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    })
}

/// The anchors of a page: those of its headings, numbered where several are alike.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in prose(text).filter(|line| line.starts_with('#')) {
        let slug = slug(line.trim_start_matches('#').trim());
        let count = seen.entry(slug.clone()).or_default();
        anchors.insert(match *count {
            0 => slug,
            number => format!("{slug}-{number}"),
        });
        *count += 1;
    }
    anchors
}

/// The targets of the links of a page.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        // A link's text may be code, its target is none.
        for piece in line.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                targets.push(target.to_owned());
            }
        }
    }
    targets
}

/// The links of a page that lead nowhere.
fn broken(
    name: &str,
    pages: &BTreeMap<String, String>,
    is_there: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut broken = Vec::new();
    for target in targets(&pages[name]) {
        if target.starts_with("https://") {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let whole = if path.is_empty() {
            name.to_owned()
        } else {
            parts.join("/")
        };
        let leads = match pages.get(&whole) {
            Some(page) => anchor.is_empty() || anchors(page).contains(anchor),
            None => anchor.is_empty() && is_there(&whole),
        };
        if !leads {
            broken.push(format!("{name}: {target}"));
        }
    }
    broken
}

fn all_pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(repository().join(name)).expect("a page");
        pages.insert(name.to_owned(), text);
    }
    for (name, path) in files_below(&repository().join("docs")) {
        let name = format!("docs/{name}");
        // What is blessed at the same time may be half written.
        if !name.starts_with("docs/reference/") {
            pages.insert(name, fs::read_to_string(path).expect("a page"));
        }
    }
    for (name, text) in super::pages() {
        pages.insert(format!("docs/reference/{name}"), text);
    }
    pages
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = all_pages();
    let is_there = |path: &str| repository().join(path).exists();
    let broken: Vec<String> = pages
        .keys()
        .flat_map(|name| broken(name, &pages, &is_there))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let count: usize = pages.values().map(|page| targets(page).len()).sum();
    assert!(count > 200, "{count} links");
}

/// From the index every page can be reached.
#[test]
fn every_page_of_the_reference_can_be_reached() {
    let pages = super::pages();
    let mut reached = BTreeSet::from(["README.md".to_owned()]);
    let mut next = vec!["README.md".to_owned()];
    while let Some(name) = next.pop() {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in targets(&pages[&name]) {
            let path = target.split('#').next().unwrap_or_default();
            let path = match path.strip_prefix("../") {
                Some(above) if !folder.is_empty() => above.to_owned(),
                _ if folder.is_empty() => path.to_owned(),
                _ => format!("{folder}/{path}"),
            };
            if pages.contains_key(&path) && reached.insert(path.clone()) {
                next.push(path);
            }
        }
    }
    let all: BTreeSet<String> = pages.into_keys().collect();
    assert_eq!(reached, all);
}

#[test]
fn a_link_that_leads_nowhere_is_seen() {
    let pages = BTreeMap::from([
        ("docs/a.md".to_owned(), "# A page\n## Two words\n## Two words\n".to_owned()),
        (
            "docs/b/c.md".to_owned(),
            "[x](../a.md#two-words-1) [y](../a.md#three) [z](d.md) [w](../a.md) `[v](#q)`\n```\n[u](#t)\n```\n"
                .to_owned(),
        ),
    ]);
    let found = broken("docs/b/c.md", &pages, &|_| false);
    assert_eq!(
        found,
        [
            "docs/b/c.md: ../a.md#three",
            "docs/b/c.md: d.md",
            "docs/b/c.md: #q"
        ]
    );
}
