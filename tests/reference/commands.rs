//! The commands as clap knows them.

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use deskform::cli::Cli;
use deskform::cli::variables::VARIABLES;
use deskform::problem::exit;

use super::page::{Page, cell, sentence, slug, tick};

/// Every command by its whole name.
pub(crate) fn all() -> Vec<(String, Command)> {
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    collect(&root, "", &mut found);
    found
}

fn collect(command: &Command, above: &str, found: &mut Vec<(String, Command)>) {
    for one in command.get_subcommands() {
        let path = format!("{above}{}", one.get_name());
        if one.is_hide_set() || one.get_name() == "help" {
            continue;
        }
        found.push((path.clone(), one.clone()));
        collect(one, &format!("{path} "), found);
    }
}

/// A help text in one line, or the lines in one where it has several.
fn plain(text: Option<&StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn help(argument: &Arg) -> String {
    plain(argument.get_help().or_else(|| argument.get_long_help()))
}

pub(crate) fn page() -> Page {
    let mut root = Cli::command();
    root.build();
    let mut page = Page::new("Commands");
    page.paragraph("`deskform COMMAND --help` says the same.");
    let commands = all();
    let contents: Vec<Vec<String>> = commands
        .iter()
        .filter(|(_, command)| !command.has_subcommands())
        .map(|(path, command)| {
            let link = format!("[`{path}`](#{})", slug(path));
            vec![link, cell(&sentence(&plain(command.get_about())))]
        })
        .collect();
    page.table(&["command", "what it does"], &contents);
    for (path, command) in &commands {
        page.heading(2, path);
        let about = command.get_long_about().or_else(|| command.get_about());
        page.paragraph(&sentence(&plain(about)));
        if command.has_subcommands() {
            let rows: Vec<Vec<String>> = command
                .get_subcommands()
                .filter(|one| one.get_name() != "help")
                .map(|one| {
                    let path = format!("{path} {}", one.get_name());
                    let about = cell(&sentence(&plain(one.get_about())));
                    vec![format!("[`{path}`](#{})", slug(&path)), about]
                })
                .collect();
            page.table(&["command", "what it does"], &rows);
            continue;
        }
        let usage = plain(Some(&command.clone().render_usage()));
        page.block("text", usage.trim_start_matches("Usage: "));
        let own: Vec<&Arg> = command.get_arguments().filter(|one| is_own(one)).collect();
        let of = |positional: bool| {
            let some = own.iter().filter(|one| one.is_positional() == positional);
            some.map(|one| vec![name(one), cell(&told(one))])
                .collect::<Vec<_>>()
        };
        page.table(&["argument", "what it is"], &of(true));
        page.table(&["option", "what it does"], &of(false));
        for one in &own {
            // What a cell has no room for.
            if let Some(long) = one.get_long_help().filter(|_| one.get_help().is_some()) {
                page.paragraph(&format!("{} in full:", name(one)));
                page.block("text", &long.to_string());
            }
        }
        let after = plain(
            command
                .get_after_long_help()
                .or_else(|| command.get_after_help()),
        );
        if !after.is_empty() {
            page.paragraph(&after);
        }
    }
    page.heading(2, "Options of every command");
    let globals: Vec<Vec<String>> = root
        .get_arguments()
        .filter(|one| one.is_global_set())
        .map(|one| vec![name(one), cell(&told(one))])
        .collect();
    page.table(&["option", "what it does"], &globals);
    page.heading(2, "Environment variables");
    let of_options = root.get_arguments().filter_map(|one| {
        let variable = one.get_env()?.to_str()?;
        let words = format!("Stands for `--{}`.", one.get_long()?);
        Some(vec![tick(variable), words])
    });
    let mut rows: Vec<Vec<String>> = of_options.collect();
    rows.extend(
        VARIABLES
            .iter()
            .map(|(name, words)| vec![tick(name), cell(words)]),
    );
    page.table(&["variable", "what it says"], &rows);
    page.paragraph(
        "[Credentials](../credentials.md) tells where credentials come from, and [the ledger](../ledger.md) which variables its object store takes.",
    );
    page.heading(2, "Exit codes");
    let rows: Vec<Vec<String>> = exit::ALL
        .iter()
        .map(|(code, words)| vec![code.to_string(), cell(words)])
        .collect();
    page.table(&["code", "when"], &rows);
    page
}

fn is_own(argument: &Arg) -> bool {
    !argument.is_global_set() && !argument.is_hide_set() && argument.get_id() != "help"
}

/// An argument or option as it is written.
fn name(argument: &Arg) -> String {
    let values: Vec<String> = argument
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let values = values.join(" ");
    if argument.is_positional() {
        return tick(&values);
    }
    let short = argument.get_short().map(|short| format!("`-{short}`, "));
    let long = argument.get_long().unwrap_or_default();
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let value = if takes_value && !values.is_empty() {
        format!(" {values}")
    } else {
        String::new()
    };
    cell(&format!("{}`--{long}{value}`", short.unwrap_or_default()))
}

/// What an argument says, the words that it takes, and its default.
fn told(argument: &Arg) -> String {
    let mut parts = vec![sentence(&help(argument))];
    let words: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| tick(value.get_name()))
        .collect();
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    if takes_value && !words.is_empty() {
        parts.push(format!("One of {}.", words.join(", ")));
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| tick(&value.to_string_lossy()))
        .collect();
    if takes_value && !defaults.is_empty() {
        parts.push(format!("The default is {}.", defaults.join(" ")));
    }
    if let Some(variable) = argument.get_env() {
        parts.push(format!(
            "{} stands for it.",
            tick(&variable.to_string_lossy())
        ));
    }
    parts.join(" ")
}
