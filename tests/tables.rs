//! Seeds from tables as a user meets them: what is wanted, where it stands, and what goes.

mod command;

use command::Place;
use serde_json::Value;

const PROJECT: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";
const DESK: &str = "contacts:\n  $csv: {file: seeds/contacts.csv}\n";
const STATE: &str = ".deskform/local.simulator.json";

fn table(rows: usize) -> String {
    let rows = (0..rows).map(|row| format!("c{row:03}@example.com,Doe {row}\n"));
    "email,lastName\n".to_owned() + &rows.collect::<String>()
}

fn desk(rows: usize) -> Place {
    Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", DESK),
        ("seeds/contacts.csv", &table(rows)),
    ])
}

#[test]
fn a_table_is_part_of_what_is_wanted() {
    let place = desk(3);
    place.done("plan --out saved.json");
    let saved: Value = serde_json::from_str(&place.read("saved.json")).expect("JSON");
    let steps = saved["steps"].as_array().expect("steps");
    let origins: Vec<(&str, u64)> = steps
        .iter()
        .map(|step| {
            let origin = &step["origin"];
            (
                origin["file"].as_str().unwrap_or_default(),
                origin["line"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    let file = "seeds/contacts.csv";
    assert_eq!(origins, [(file, 2), (file, 3), (file, 4)]);
    // A saved plan is not applied to another table, though no manifest has changed.
    place.edit(file, "Doe 1", "Roe 1");
    let run = place.refused("apply saved.json");
    assert!(run.stderr.contains("plan"), "{run}");
    place.done("apply --auto-approve");
    assert!(place.read(STATE).contains("Roe 1"));
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    assert_eq!(place.run("drift").code, 0);
    // How a table is written does not count.
    let text = place.read(file).replace(',', ";").replace('\n', "\r\n");
    place.write(file, &format!("\u{feff}{text}"));
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn a_row_that_goes_deletes_nobody() {
    let place = desk(40);
    place.done("apply --auto-approve");
    place.write("seeds/contacts.csv", &table(3));
    let run = place.done("plan");
    assert!(!run.stdout.contains("delete"), "{run}");
    let count = "37 contacts, from c003@example.com to c039@example.com";
    assert!(run.report().contains(count), "{run}");
    place.done("apply --auto-approve");
    assert!(place.read(STATE).contains("c039@example.com"));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_to_a_table() {
    let place = desk(1);
    place.write("outside.txt", "email,lastName\nsecret@example.com,Secret\n");
    for (path, link, to) in [
        ("seeds/linked.csv", "seeds/linked.csv", "../outside.txt"),
        ("linked/contacts.csv", "linked", "seeds"),
    ] {
        std::os::unix::fs::symlink(to, place.path(link)).expect("a link");
        place.write("desk.yaml", &DESK.replace("seeds/contacts.csv", path));
        let run = place.refused("validate");
        assert!(run.stderr.contains("symbolic link"), "{run}");
        assert!(!run.stderr.to_lowercase().contains("secret@"), "{run}");
    }
}

#[test]
fn a_table_that_is_too_large_is_refused() {
    let place = desk(1);
    let size = 32 * 1024 * 1024 + 1;
    let file = std::fs::File::create(place.path("seeds/contacts.csv")).expect("a file");
    file.set_len(size).expect("a size");
    let run = place.refused("validate");
    assert!(run.stderr.contains("is larger than 32 MiB"), "{run}");
    assert!(run.stderr.contains("list of tables"), "{run}");
}

/// Far more problems than anybody reads are told in a page.
#[test]
fn a_flood_of_problems_is_short() {
    let place = desk(0);
    let rows = (0..500).map(|row| format!("c{row:03}@example.com,{}\n", "x".repeat(201)));
    place.write(
        "seeds/contacts.csv",
        &("email,lastName\n".to_owned() + &rows.collect::<String>()),
    );
    let run = place.refused("validate");
    assert!(run.stderr.contains("seeds/contacts.csv:2:18"), "{run}");
    assert!(run.stderr.contains("500 problems in 1 report"), "{run}");
    assert!(run.stderr.lines().count() < 60, "{run}");
}

/// A spreadsheet writes a long number in a short form, whose last digits are lost, in whichever column it is.
#[test]
fn a_number_that_a_spreadsheet_has_shortened_is_warned_about() {
    let rows = "email,lastName,phone,account\n\
        a@example.com,Doe,1.23E+17,\n\
        b@example.com,\"4,5E+11\",+1 555 0100,\n\
        c@example.com,12E4,E+1,\n";
    let place = desk(0);
    place.write("seeds/contacts.csv", rows);
    let run = place.done("validate");
    for text in ["`phone` is `1.23E+17`", "`lastName` is `4,5E+11`"] {
        assert!(run.stderr.contains(text), "{run}");
    }
    assert_eq!(
        run.stderr.matches("a spreadsheet has shortened").count(),
        2,
        "{run}"
    );
    // In a manifest it is what somebody has written.
    place.write(
        "desk.yaml",
        "contacts: {a@example.com: {lastName: Doe, phone: 1.23E+17}}\n",
    );
    let run = place.run("validate");
    assert!(!run.stderr.contains("shortened"), "{run}");
}

/// The cell of a table holds a handle and nothing else: the way out is one that it has.
#[test]
fn the_way_out_of_a_cell_is_no_map() {
    let place = desk(0);
    let rows = "email,lastName,account\na@example.com,Doe,Zylker\n";
    place.write("seeds/contacts.csv", rows);
    let run = place.refused("validate");
    assert!(run.stderr.contains("no account is named `Zylker`"), "{run}");
    let words: String = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("a cell names no other one"), "{run}");
    assert!(words.contains("in an overlay of the row"), "{run}");
}
