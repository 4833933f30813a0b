//! What the release before has written is read, and there is nothing to do.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod command;

use std::fs;
use std::path::Path;

use command::Place;

/// Lays a project with what an older release kept of it.
fn laid(format: &str) -> Place {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/upgrade")
        .join(format);
    let mut place = Place::empty();
    for entry in fs::read_dir(&from).expect("the fixture") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            place.write(&name, &fs::read_to_string(&path).expect("a text"));
        }
    }
    for entry in fs::read_dir(from.join("kept")).expect("what was kept") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        place.write(
            &format!(".deskform/{name}"),
            &fs::read_to_string(&path).expect("a text"),
        );
    }
    place.set("HOOK_KEY", "hook-key-12345");
    place
}

#[test]
fn a_ledger_of_format_1_is_read_and_the_first_plan_has_no_step() {
    let place = laid("format-1");
    for dialect in ["openapi", "guide"] {
        let ledger = format!(".deskform/{dialect}.json");
        assert!(place.read(&ledger).contains("\"formatVersion\": 1,"));
        let plan = place.done(&format!("plan --detailed-exitcode -e {dialect}"));
        assert_eq!(
            plan.report(),
            "No changes: 6 resources match the manifests.\n",
            "{plan}"
        );
        assert_eq!(place.run(&format!("drift -e {dialect}")).code, 0);
        // What is not declared any more is known by its key, slashes and all.
        let text = place.read("desk.yaml");
        place.edit(
            "desk.yaml",
            "  region: {module: contacts, displayLabel: Region/EU, type: Text, maxLength: 40}\n",
            "",
        );
        place.edit("desk.yaml", ", cf: {region: Lyon}", "");
        let plan = place.done(&format!("plan -e {dialect}"));
        assert!(
            plan.stdout.contains("- delete customFields/region\n"),
            "{plan}"
        );
        place.write("desk.yaml", &text);
        // The next apply that saves writes the new format.
        place.edit("desk.yaml", "Answers in Europe", "Answers in all of Europe");
        place.done(&format!("apply --auto-approve -e {dialect}"));
        let kept = place.read(&ledger);
        assert!(kept.contains("\"formatVersion\": 2,"), "{kept}");
        assert!(
            kept.contains(r#""key":{"scope":{"module":"contacts"},"name":"Region/EU"}"#),
            "{kept}"
        );
        assert_eq!(
            place
                .run(&format!("plan --detailed-exitcode -e {dialect}"))
                .code,
            0
        );
        place.write("desk.yaml", &text);
    }
}
