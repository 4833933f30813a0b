//! What the project file holds, and manifests besides kinds.

use std::path::Path;

use deskform::config::{Environment, PROJECT_FILE, Project};
use deskform::report::topics::{File, TOPICS, Topic, takes};
use deskform::yaml::Source;
use deskform::yaml::words::Word;

use super::page::{Page, cell, sentence, slug, tick};

/// An environment for what is read.
pub(crate) fn local() -> Environment {
    let text = "environments: {local: {simulator: {}, variables: {portal: help.example.com}}}";
    let source = Source::new(PROJECT_FILE, text.as_bytes());
    Project::parse(Path::new("."), &source)
        .unwrap()
        .environments
        .remove(0)
}

/// The heading of a topic.
pub(crate) fn title(topic: &Topic) -> String {
    tick(topic.name)
}

pub(crate) fn project() -> Page {
    let mut page = Page::new("The project file");
    page.paragraph(
        "The keys of `deskform.yaml`. A key that holds other keys has a chapter of its own.",
    );
    add(&mut page, true);
    page
}

pub(crate) fn manifests() -> Page {
    let mut page = Page::new("Manifests and overlays");
    page.paragraph(
        "What manifests and overlays hold besides the [kinds](kinds/README.md) and their fields.",
    );
    add(&mut page, false);
    page
}

/// The topics that stand on one of the two pages.
fn add(page: &mut Page, of_project: bool) {
    let of_page = |topic: &&Topic| is_of_project(topic) == of_project;
    let mut topics: Vec<&Topic> = TOPICS.iter().filter(of_page).collect();
    // What manifests are comes before what may stand in them.
    topics.sort_by_key(|topic| topic.name != "manifests");
    let contents: Vec<Vec<String>> = topics
        .iter()
        .map(|topic| {
            let first = topic.text.split_inclusive(". ").next().unwrap_or_default();
            let link = format!("[{}](#{})", tick(topic.name), slug(&title(topic)));
            vec![link, cell(first)]
        })
        .collect();
    page.table(&["chapter", "what it is about"], &contents);
    for topic in &topics {
        page.heading(2, &title(topic));
        page.paragraph(topic.text);
        page.paragraph(&format!("It stands in: {}.", topic.stands));
        let rows: Vec<Vec<String>> = topic
            .words
            .iter()
            .map(|word| {
                vec![
                    tick(word.name),
                    cell(&takes(word.takes)),
                    meaning(word, topic),
                ]
            })
            .collect();
        page.table(&["key", "takes", "meaning"], &rows);
        match topic.file {
            File::Overlay(base) => {
                page.paragraph("A manifest:");
                page.block("yaml", base);
                page.paragraph("An overlay that is laid over it:");
            }
            File::Project => page.paragraph("A project file:"),
            File::Manifest => page.paragraph("A manifest:"),
        }
        page.block("yaml", topic.example);
    }
}

/// What a key means, with a link to its chapter, where it has one.
fn meaning(word: &Word, topic: &Topic) -> String {
    let own = TOPICS
        .iter()
        .find(|one| one.name == word.name && one.name != topic.name);
    let more = own.map(|own| {
        let page = match (is_of_project(topic), is_of_project(own)) {
            (true, false) => "manifests.md",
            (false, true) => "project-file.md",
            _ => "",
        };
        format!(" See [{}]({page}#{}).", tick(own.name), slug(&title(own)))
    });
    let more = more.unwrap_or_default();
    cell(&format!("{}{more}", sentence(word.doc)))
}

/// Whether a topic is one of the project file.
fn is_of_project(topic: &Topic) -> bool {
    topic.file == File::Project
}
