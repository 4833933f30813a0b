//! Files that deskform writes: none of them may take the place of what it reads.

mod command;

use command::Place;

const DESK: &str = "departments: {Billing: {}}\n";

/// Every command that needs to know where the ledger lies, and one that only checks.
const COMMANDS: &[&str] = &[
    "validate",
    "plan",
    "plan --out new.json",
    "apply --auto-approve",
    "apply plan.json",
    "drift",
    "export out",
    "ledger show",
    "ledger forget departments/Billing",
    "ledger adopt departments/Billing 700001000000000001",
    "unlock",
];

/// Refuses every command with these environments, and changes no file.
fn is_refused(environments: &str, wanted: &[&str]) {
    let project = format!("environments:\n{environments}");
    let place = Place::with(&[
        ("deskform.yaml", &project),
        ("desk.yaml", DESK),
        ("plan.json", "{}"),
    ]);
    let before = place.files();
    for line in COMMANDS {
        let run = place.refused(&format!("{line} --log-format json"));
        for wanted in wanted {
            assert!(run.stderr.contains(wanted), "{line}: {wanted}\n{run}");
        }
        assert_eq!(place.files(), before, "{line}");
    }
}

#[test]
fn a_ledger_never_replaces_what_is_read() {
    for name in [
        "desk.yaml",
        "deskform.yaml",
        "./desk.yaml",
        "new/ledger.YML",
        "DESK.Yaml",
        ".deskform/ledger.yml",
    ] {
        let shown = name.trim_start_matches("./");
        is_refused(
            &format!("  e: {{simulator: {{}}, ledger: \"{name}\"}}\n"),
            &[
                &format!("`{shown}` is named as a manifest, and the ledger would replace it"),
                "write `ledger: .deskform/NAME.json`",
                "\"file\":\"deskform.yaml\",\"line\":2",
            ],
        );
    }
}

#[test]
fn a_ledger_and_a_simulated_organization_never_share_a_file() {
    for (environments, line) in [
        (
            "  e: {simulator: {}, ledger: .deskform/e.simulator.json}\n",
            2,
        ),
        (
            "  e: {simulator: {}, ledger: .deskform//E.Simulator.json}\n",
            2,
        ),
        (
            "  e: {simulator: {state: a/b.json}, ledger: ./a/b.json}\n",
            2,
        ),
        // That of another environment, too, be it read before or after.
        (
            "  e: {simulator: {}, ledger: .deskform/f.simulator.json}\n  f: {simulator: {}}\n",
            2,
        ),
        (
            "  e: {simulator: {}}\n  f: {simulator: {}, ledger: .deskform/e.simulator.json}\n",
            3,
        ),
    ] {
        is_refused(
            environments,
            &[
                "keeps the simulated organization of the environment",
                "and the ledger would replace it",
                "write `ledger: .deskform/NAME.json`",
                &format!("\"file\":\"deskform.yaml\",\"line\":{line}"),
            ],
        );
    }
    is_refused(
        "  e: {simulator: {state: .deskform/e.json}}\n",
        &[
            "`.deskform/e.json` is the ledger of the environment `e`",
            "write `state: .deskform/NAME.simulator.json`",
            "\"line\":2",
        ],
    );
    is_refused(
        "  e: {simulator: {state: desk.yaml}}\n",
        &["`desk.yaml` is named as a manifest, and the simulated organization would replace it"],
    );
}

#[test]
fn a_home_folder_is_not_guessed() {
    for (key, value) in [
        ("ledger", "~/ledger.json"),
        ("ledger", "~"),
        ("overlays", "[~/overlay]"),
        ("simulator", "{state: ~/state.json}"),
    ] {
        let simulator = if key == "simulator" {
            ""
        } else {
            "simulator: {}, "
        };
        let value = if value == "~" { "\"~\"" } else { value };
        is_refused(
            &format!("  e: {{{simulator}{key}: {value}}}\n"),
            &["is no path below the project folder", "`~` is not expanded"],
        );
    }
}

#[test]
fn other_names_hold_a_ledger_as_before() {
    for name in ["ledger.json", "state/yaml", "a.yaml.json", "tilde~/x.json"] {
        let project = format!("environments: {{e: {{simulator: {{}}, ledger: \"{name}\"}}}}\n");
        let place = Place::with(&[("deskform.yaml", &project), ("desk.yaml", DESK)]);
        place.done("apply --auto-approve");
        assert!(place.path(name).is_file(), "{name}");
        assert_eq!(place.read("desk.yaml"), DESK);
    }
}

#[test]
fn a_plan_is_not_saved_as_a_manifest() {
    let project = "environments: {e: {simulator: {}}}\n";
    let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", DESK)]);
    let before = place.files();
    for (name, wanted) in [
        ("plan.yaml", "is named as a manifest"),
        ("new/plan.YML", "is named as a manifest"),
        ("desk.yaml", "is named as a manifest"),
        ("deskform.yaml", "is named as a manifest"),
        ("~/plan.json", "which is not expanded here"),
    ] {
        let run = place.refused(&format!("plan --out={name} --log-format json"));
        assert!(run.stderr.contains(wanted), "{run}");
        assert_eq!(place.files(), before, "{name}");
    }
    place.done("plan --out=plan.yaml.json");
    place.done("apply plan.yaml.json");
}
