//! The pages of the kinds.

use deskform::dialect::Dialect;
use deskform::kind::{KINDS, Kind, find};
use deskform::manifest::{Sources, compose};
use deskform::report::explain::{
    Extra, Fact, IDENTITY, Told, example, extras, facts, told, treatment,
};
use deskform::report::problems::render;
use deskform::yaml::Source;

use super::files::local;
use super::page::{Page, cell, sentence, tick};

pub(crate) fn index() -> Page {
    let mut page = Page::new("Kinds");
    page.paragraph("A manifest declares resources: under each kind a map from handles to fields.");
    let line = |kind: &&Kind| {
        let first = kind.doc.split_inclusive(". ").next().unwrap_or_default();
        let name = kind.collection;
        let dialects: Vec<String> = Dialect::ALL
            .into_iter()
            .filter(|dialect| kind.api(*dialect).is_some())
            .map(|dialect| dialect.to_string())
            .collect();
        vec![
            format!("[`{name}`]({name}.md)"),
            cell(first),
            dialects.join(", "),
        ]
    };
    let of = |managed: bool| {
        KINDS
            .iter()
            .copied()
            .filter(move |kind| kind.managed == managed)
    };
    let rows: Vec<_> = of(true).map(|kind| line(&kind)).collect();
    page.table(&["kind", "what it is", "dialects"], &rows);
    page.paragraph("These are only referred to; no manifest declares one:");
    let rows: Vec<_> = of(false).map(|kind| line(&kind)).collect();
    page.table(&["kind", "what it is", "dialects"], &rows);
    page.paragraph(
        "A dialect is a form of the API of Zoho Desk: `openapi` is the one of the published OpenAPI files, `guide` the one of the API guide. `dialect` in [the project file](../project-file.md) chooses it. What a resource may hold besides its fields stands in [Manifests](../manifests.md).",
    );
    page
}

pub(crate) fn page(kind: &Kind) -> Page {
    let mut page = Page::new(kind.collection);
    page.paragraph(&sentence(kind.doc));
    if !kind.managed {
        page.paragraph("It is only referred to: no manifest declares one.");
    }
    page.table(&["about", "what"], &rows(&facts(kind)));

    let fields: Vec<Told> = kind
        .fields
        .iter()
        .map(|field| told(kind, field, Some(field)))
        .collect();
    let mut lines = Lines::default();
    for field in &fields {
        lines.add(field.name, field);
    }
    page.heading(2, "Fields");
    page.table(&["field", "required", "takes", "meaning"], &lines.fields);
    if !lines.rules.is_empty() {
        page.heading(3, "What holds besides");
        page.table(&["field", "rule"], &lines.rules);
    }
    for (name, rows) in &lines.many {
        page.heading(3, &format!("Keys of `{name}`"));
        page.table(&["key", "takes"], rows);
    }
    for (name, rows) in &lines.inner {
        match rows.as_slice() {
            [first, rest @ ..] if rest.iter().all(|row| row[1..] == first[1..]) => {
                let (takes, meaning) = (&first[1], &first[2]);
                let meaning = meaning[..1].to_lowercase() + &meaning[1..];
                page.paragraph(&format!("Each key of these maps takes {takes}: {meaning}"));
            }
            rows => {
                page.heading(3, &format!("What a key of `{name}` may hold"));
                page.table(&["key", "takes", "meaning"], rows);
            }
        }
    }
    for extra in extras(kind, None) {
        match extra {
            Extra::Words(what, words) => {
                let words: Vec<String> = words.iter().map(|word| tick(word)).collect();
                page.paragraph(&format!("{what}: {}.", words.join(", ")));
            }
            Extra::Sorts(heading, sorts) => {
                page.heading(3, heading);
                let rows: Vec<_> = sorts
                    .iter()
                    .map(|(name, words)| vec![tick(name), cell(words)])
                    .collect();
                page.table(&["sort", "what it needs and allows"], &rows);
            }
        }
    }

    if kind.managed {
        page.heading(2, "Example");
        page.block("yaml", &example(kind));
    }
    for dialect in Dialect::ALL {
        page.heading(2, &format!("In the {dialect} dialect"));
        match treatment(kind, dialect) {
            Some(facts) => {
                page.table(&["about", "what"], &rows(&facts));
                let different = fields.iter().flat_map(|field| {
                    let of_it = field.travels.iter().filter(|(of, _)| *of == dialect);
                    of_it.map(|(_, words)| vec![tick(field.name), cell(words)])
                });
                let different: Vec<_> = different.collect();
                if kind.questions(dialect).is_some() {
                    page.paragraph(
                        "Nothing is sent; what is declared is compared with the answers.",
                    );
                } else if different.is_empty() {
                    page.paragraph("Every field is sent and compared under its own name.");
                } else {
                    page.paragraph(
                        "Fields are sent and compared under their own names, but for these:",
                    );
                    page.table(&["field", "what happens to it"], &different);
                }
            }
            None => page.paragraph(&format!("This dialect has no {}.", kind.collection)),
        }
    }
    page
}

fn rows(facts: &[Fact]) -> Vec<Vec<String>> {
    facts
        .iter()
        .map(|(about, words)| vec![cell(about), cell(words)])
        .collect()
}

/// The rows of the tables about fields.
#[derive(Default)]
struct Lines {
    fields: Vec<Vec<String>>,
    rules: Vec<Vec<String>>,
    /// The leaves of maps that have many, by the map.
    many: Vec<(String, Vec<Vec<String>>)>,
    /// What these leaves hold, each once.
    inner: Vec<(String, Vec<Vec<String>>)>,
}

impl Lines {
    fn add(&mut self, path: &str, told: &Told) {
        let required = if told.required { "yes" } else { "no" };
        self.fields.push(vec![
            tick(path),
            required.to_owned(),
            cell(&linked(&told.takes)),
            cell(&sentence(told.doc)),
        ]);
        // That a field belongs to the identity stands at the top of the page.
        let marks = told.marks.iter().filter(|mark| **mark != IDENTITY);
        let marks = marks.map(|mark| (*mark).to_owned());
        for rule in marks.chain(told.remarks.iter().cloned()) {
            self.rules.push(vec![tick(path), cell(&rule)]);
        }
        if told.brief {
            let leaves = told.leaves.iter();
            let leaves = leaves.map(|leaf| vec![tick(leaf.name), names_of(leaf)]);
            self.many.push((path.to_owned(), leaves.collect()));
            let mut inner: Vec<Vec<String>> = Vec::new();
            for leaf in told.leaves.iter().flat_map(|leaf| &leaf.leaves) {
                let takes = cell(&linked(&leaf.takes));
                let row = vec![tick(leaf.name), takes, cell(&sentence(leaf.doc))];
                if !inner.contains(&row) {
                    inner.push(row);
                }
            }
            self.inner.push((path.to_owned(), inner));
        } else {
            for leaf in &told.leaves {
                self.add(&format!("{path}.{}", leaf.name), leaf);
            }
        }
    }
}

/// The keys of a map, all of them.
fn names_of(told: &Told) -> String {
    if told.leaves.is_empty() {
        return cell(told.takes_briefly());
    }
    let names: Vec<String> = told.leaves.iter().map(|leaf| tick(leaf.name)).collect();
    format!("map of {}", names.join(", "))
}

/// What a field takes, with a link to the kind that it refers to in place of the forms of a reference.
fn linked(takes: &str) -> String {
    let mut out = takes.to_owned();
    for (before, after) in [
        ("reference to ", ": "),
        ("set of references to ", ", each "),
    ] {
        let Some((name, forms)) = takes
            .strip_prefix(before)
            .and_then(|rest| rest.split_once(after))
        else {
            continue;
        };
        // A limit stands behind the forms.
        let limit = forms
            .rsplit_once("`, at most ")
            .map(|(_, most)| format!(", at most {most}"));
        if find(name).is_some() {
            out = format!("{before}[{name}]({name}.md){}", limit.unwrap_or_default());
        }
    }
    out
}

/// Each example stands on its page as it is read here: all of them together are valid.
#[test]
fn the_examples_of_all_kinds_are_valid() {
    let pages = super::pages();
    let mut sources = Sources {
        base: Vec::new(),
        overlays: Vec::new(),
    };
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        let page = &pages[&format!("kinds/{}.md", kind.collection)];
        let (_, example) = page.split_once("\n```yaml\n").expect("an example");
        let (example, _) = example.split_once("```").expect("its end");
        let name = format!("{}.yaml", kind.collection);
        sources
            .base
            .push(Source::new(name.as_str(), example.as_bytes()));
    }
    let env = |_: &str| None;
    let problems = match compose(&sources, &local(), &env) {
        Ok(desired) => {
            let declared: Vec<&str> = desired.state.keys().map(|one| one.collection).collect();
            for kind in KINDS.iter().filter(|kind| kind.managed) {
                assert!(declared.contains(&kind.collection), "{kind:?}");
            }
            desired.warnings.into()
        }
        Err(problems) => problems,
    };
    let shown = render(&problems, &|file| sources.text(file), false, 100);
    assert_eq!(shown, "");
}
