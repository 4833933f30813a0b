//! What is in the way of a run: a damaged ledger, and locks of runs that are gone or under way.

use std::fs::{self, File};

use crate::command::{DESK, Place, flat};

const PROJECT: &str = "environments: {local: {simulator: {dialect: openapi}}}\n";

fn applied() -> Place {
    let place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)]);
    place.done("apply --auto-approve");
    place
}

/// The files beside the ledger, by name.
fn beside(place: &Place) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(place.path(".deskform"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_ledger_that_cannot_be_understood_stops_all_that_needs_it() {
    let place = applied();
    let whole = place.read(".deskform/local.json");
    for damaged in [
        "[]".to_owned(),
        "{}".to_owned(),
        "7".to_owned(),
        whole[..whole.len() / 2].to_owned(),
        whole.replacen("\"key\":{", "\"key\":7,\"more\":{", 1),
        whole.replacen("\"name\":", "\"nome\":", 1),
        whole.replacen("\"fields\":{", "\"fields\":[{", 1),
    ] {
        assert_ne!(damaged, whole);
        place.write(".deskform/local.json", &damaged);
        let before = beside(&place);
        for line in [
            "plan",
            "drift",
            "apply --auto-approve",
            "ledger show",
            "ledger forget --all",
        ] {
            let run = place.run(line);
            assert_eq!(run.code, 1, "{run}");
            let said = flat(&run.stderr);
            assert!(said.contains("cannot be understood"), "{run}");
            assert!(said.contains("restore a backup"), "{run}");
            assert!(said.contains("`removed`"), "{run}");
            for word in ["struct", "enum", "elements", "variant", "tuple"] {
                assert!(!said.contains(word), "{run}");
            }
        }
        assert_eq!(place.read(".deskform/local.json"), damaged);
        assert_eq!(beside(&place), before);
    }
    // The second way out: everything is taken over by name.
    place.remove(".deskform/local.json");
    place.done("apply --auto-approve");
    let shown = place.done("ledger show");
    assert!(shown.stdout.contains("4 resources owned"), "{shown}");
}

#[test]
fn a_plan_file_that_is_none_is_told_without_the_words_of_the_program() {
    let place = applied();
    place.done("plan --out plan.json");
    let whole = place.read("plan.json");
    for damaged in [
        "[]".to_owned(),
        "{\"formatVersion\": 2, \"steps\": 7}".to_owned(),
        whole.replacen("\"summary\": {", "\"summary\": 7, \"more\": {", 1),
        whole.replacen("\"steps\": [", "\"steps\": [7", 1),
    ] {
        assert_ne!(damaged, whole);
        place.write("plan.json", &damaged);
        let run = place.refused("apply plan.json");
        for word in ["struct", "enum", "elements", "variant", "tuple"] {
            assert!(!run.stderr.contains(word), "{run}");
        }
    }
}

const TOKEN: &str = "00112233445566778899aabbccddeeff";

/// A lock as a process of this machine takes it.
fn lock(place: &Place, run: &str) {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    place.write(
        ".deskform/local.lock",
        &format!(
            "{{\"formatVersion\":1,\"who\":\"ann\",\"host\":\"{}\",\"run\":\"{run}\",\"token\":\"{TOKEN}\",\"since\":1,\"until\":99999999999999}}\n",
            host.trim()
        ),
    );
}

/// What is known to be gone needs no force, and nothing of it is left.
#[cfg(target_os = "linux")]
#[test]
fn the_lock_of_a_run_that_is_gone_is_given_back() {
    for (has_file, line) in [
        (true, "unlock"),
        (false, "unlock"),
        (true, "unlock --force"),
    ] {
        let place = applied();
        let before = beside(&place);
        lock(&place, "20270101T000000Z_00000001");
        if has_file {
            place.write(&format!(".deskform/local.{TOKEN}.alive"), "");
        }
        let shown = place.done("ledger show");
        assert!(!shown.stdout.contains("Locked by"), "{shown}");
        let run = place.done(line);
        assert!(
            run.stdout.contains("is given back. Its run is gone."),
            "{run}"
        );
        assert_eq!(beside(&place), before, "{line}");
    }
}

/// The lock of a run that is under way is left alone, and the run is said to be running.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_under_way_is_said_to_be_running() {
    let place = applied();
    let run = "20270101T000000Z_00000001";
    let journal = format!(
        "{{\"record\":\"begin\",\"formatVersion\":2,\"run\":\"{run}\",\"environment\":\"local\",\"orgId\":\"700001\",\"planDigest\":\"\",\"at\":1}}\n"
    );
    place.write(&format!(".deskform/runs/local-{run}.jsonl"), &journal);
    let shown = place.done("ledger show");
    assert!(shown.stdout.contains("did not finish"), "{shown}");
    assert!(!shown.stdout.contains("0 writes"), "{shown}");
    lock(&place, run);
    let name = format!(".deskform/local.{TOKEN}.alive");
    place.write(&name, "");
    let alive = File::options().write(true).open(place.path(&name)).unwrap();
    alive.lock().unwrap();
    let shown = place.done("ledger show");
    assert!(shown.stdout.contains("is running."), "{shown}");
    assert!(!shown.stdout.contains("did not finish"), "{shown}");
    let refused = place.refused("unlock");
    assert!(refused.stderr.contains("unlock --force"), "{refused}");
    drop(alive);
    place.done("unlock");
}

#[test]
fn a_move_of_what_is_not_there_leaves_nothing() {
    let place = applied();
    let before = beside(&place);
    place.refused("ledger move nope");
    assert_eq!(beside(&place), before);
}
