//! A project and its environments: where it is found, which files belong to it, and many environments
//! in one command.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use command::{Place, Run, flat, tells_of_the_renamed, words};

const PROJECT: &str = "environments: {local: {simulator: {}}}\n";

/// Runs the command in a folder below the project folder.
fn run_in(place: &Place, folder: &str, line: &str) -> Run {
    let mut command = place.command(&words(line));
    command.current_dir(place.path(folder)).stdin(Stdio::null());
    place.run_command(command, line)
}

#[test]
fn the_project_folder_is_found_upwards_and_told_first() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("manifests/deep/desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    let here = place.run("plan");
    assert!(!here.stderr.contains("project folder"), "{here}");
    let below = run_in(&place, "manifests/deep", "plan");
    assert_eq!(below.code, 0, "{below}");
    // The same report, behind a line that says which project it is about.
    assert_eq!(below.stdout, here.stdout);
    assert!(
        below
            .stderr
            .starts_with("the project folder is `[root]/project`\n"),
        "{below}"
    );
    for line in ["validate", "drift", "ledger show", "apply --auto-approve"] {
        let run = run_in(&place, "manifests", line);
        assert_ne!(run.code, 1, "{run}");
    }
    // What is kept lies in the project, and nothing in the folder of the call.
    assert!(place.path(".deskform/local.json").is_file());
    assert!(!place.path("manifests/.deskform").exists());
    let quiet = run_in(&place, "manifests", "-q plan");
    assert_eq!(quiet.stderr, "", "{quiet}");
    let json = run_in(&place, "manifests", "--log-format json validate");
    let first: serde_json::Value =
        serde_json::from_str(json.stderr.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["message"], "the project folder is `[root]/project`");
}

#[test]
fn a_named_folder_beats_the_one_that_would_be_found() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", "departments: {Billing: {}}\n"),
        ("sub/empty/note.txt", ""),
        (
            "other/deskform.yaml",
            "environments: {elsewhere: {simulator: {}}}\n",
        ),
    ]);
    let run = run_in(&place, "sub", "-C ../other validate");
    assert!(run.stdout.contains("`elsewhere`"), "{run}");
    assert!(!run.stderr.contains("project folder"), "{run}");
    // The current folder by name is this one, and no other.
    let run = run_in(&place, "sub", "-C . validate");
    assert_eq!(run.code, 1, "{run}");
    assert!(
        flat(&run.stderr).contains("the project file `./deskform.yaml` cannot be read"),
        "{run}"
    );
    // A project in a project is the nearest.
    let run = run_in(&place, "other", "validate");
    assert!(run.stdout.contains("`elsewhere`"), "{run}");
}

#[test]
fn a_project_file_with_the_other_ending_is_told_apart() {
    let place = Place::with(&[
        ("deskform.yml", PROJECT),
        ("sub/desk.yaml", "departments: {Billing: {}}\n"),
    ]);
    for folder in ["", "sub"] {
        let run = run_in(&place, folder, "validate");
        assert_eq!(run.code, 1, "{run}");
        let told = flat(&run.stderr);
        assert!(told.contains("there is `deskform.yml`"), "{run}");
        assert!(told.contains("rename it to `deskform.yaml`"), "{run}");
    }
}

#[test]
fn init_takes_a_path_and_writes_schemas_that_are_committed() {
    let mut place = Place::with(&[("sub/note.txt", "")]);
    place.in_git();
    let run = run_in(&place, "sub", "init new/desk");
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(
        run.stdout,
        "Wrote deskform.yaml, manifests/ and schema/ in new/desk. Next: `cd new/desk`, then \
         `deskform plan`, then `deskform apply`.\n"
    );
    let folder = "sub/new/desk";
    assert_eq!(run_in(&place, folder, "plan").code, 0);
    // Every schema that a file names is there, and git takes it.
    let mut named = 0;
    for file in [
        "deskform.yaml",
        "manifests/departments.yaml",
        "manifests/customers.yaml",
    ] {
        let path = place.path(folder).join(file);
        let text = fs::read_to_string(&path).expect("a file");
        let line = text.lines().find(|line| line.contains("$schema="));
        let (_, schema) = line
            .and_then(|line| line.split_once("$schema="))
            .expect("a schema");
        let schema = path.parent().expect("a folder").join(schema);
        assert!(schema.is_file(), "{}", schema.display());
        assert!(!is_ignored(&place, &schema), "{}", schema.display());
        named += 1;
    }
    assert_eq!(named, 3);
    assert!(
        place
            .path(folder)
            .join("schema/overlay.schema.json")
            .is_file()
    );
    assert!(is_ignored(
        &place,
        &place.path(folder).join(".deskform/local.json")
    ));
    // A second one is refused and writes nothing; a schema of others is not replaced.
    let again = run_in(&place, "sub", "init new/desk");
    assert_eq!(again.code, 1, "{again}");
    place.write(
        "theirs/schema/manifest.schema.json",
        "{\"title\": \"ours\"}",
    );
    let run = run_in(&place, "theirs", "init");
    assert_eq!(run.code, 1, "{run}");
    assert!(
        run.stderr.contains("`schema/manifest.schema.json`"),
        "{run}"
    );
    assert!(!place.path("theirs/deskform.yaml").exists());
    let home = place.run("init ~/desk");
    assert!(home.stderr.contains("not expanded"), "{home}");
}

fn is_ignored(place: &Place, path: &Path) -> bool {
    std::process::Command::new("git")
        .arg("check-ignore")
        .arg("--quiet")
        .arg(path)
        .current_dir(place.path(""))
        .status()
        .expect("git")
        .success()
}

const COMPOSE: &str = "services: {web: {image: nginx}}\nvolumes: {data: {}}\nnetworks: {a: {}}\n";

#[test]
fn case_33_a_foreign_file_is_one_report_with_the_line_that_leaves_it_out() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", "departments: {Billing: {}}\n"),
        ("docker-compose.yml", COMPOSE),
        ("web/node_modules/a/b/c.yaml", "name: c\n"),
        ("ci/list.yml", "- hosts: all\n"),
    ]);
    // A help that is broken into lines is broken at hyphens, too.
    let mut command = place.command(&words("validate"));
    command.env("COLUMNS", "400");
    let run = place.run_command(command, "validate");
    assert_eq!(run.code, 1, "{run}");
    let told = flat(&run.stderr);
    assert!(
        told.ends_with("3 problems: correct what is named here and run the command again"),
        "{run}"
    );
    for wanted in [
        "no kind is named `services`, nor as one of the 2 keys beside it",
        "leave it out with `skipFiles: [\"docker-compose.yml\"]` in `deskform.yaml`",
        "leave it out with `skipFiles: [\"web/node_modules/**\"]` in `deskform.yaml`",
        "leave it out with `skipFiles: [\"ci/list.yml\"]` in `deskform.yaml`",
    ] {
        assert!(told.contains(wanted), "{wanted} is not in\n{run}");
    }
    // What it says is what helps.
    place.write(
        "deskform.yaml",
        &format!(
            "{PROJECT}skipFiles: [\"docker-compose.yml\", \"web/node_modules/**\", \"ci/list.yml\"]\n"
        ),
    );
    let run = place.done("validate");
    assert!(run.stdout.starts_with("1 resource "), "{run}");
    // A slip in a manifest is no foreign file, and neither is one that has a collection.
    place.write("desk.yaml", "deparments: {Billing: {}}\n");
    let run = place.refused("validate");
    assert!(
        flat(&run.stderr).contains("did you mean `departments`?"),
        "{run}"
    );
    assert!(!run.stderr.contains("skipFiles"), "{run}");
}

#[test]
fn case_33_what_is_skipped_is_not_even_looked_at() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "environments:\n  local: {simulator: {}, overlays: [overlays/eu]}\nskipFiles: [\"*.gen.yaml\", vendor/]\n",
        ),
        ("desk.yaml", "departments: {Billing: {}}\n"),
        ("a.gen.yaml", ": no YAML {{\n"),
        ("deep/vendor/deskform.yml", "x"),
        ("overlays/eu/b.gen.yaml", "services: {}\n"),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/null", place.path("deep/vendor/link.yaml")).expect("a link");
    assert!(place.done("validate").stdout.starts_with("1 resource "));
    // An overlay that would be skipped is no way to lose it.
    for pattern in ["overlays/**", "overlays/", "eu", "**"] {
        place.write(
            "deskform.yaml",
            &format!(
                "environments:\n  local: {{simulator: {{}}, overlays: [overlays/eu]}}\nskipFiles: [\"{pattern}\"]\n"
            ),
        );
        let run = place.refused("validate");
        assert!(
            flat(&run.stderr).contains("the overlay `overlays/eu` is skipped by `skipFiles`"),
            "{run}"
        );
    }
}

#[test]
fn case_33_keys_for_anchors_stand_at_the_root_of_every_file() {
    let place = Place::with(&[
        (
            "deskform.yaml",
            "x-guards: &guards {maxDeletes: 3}\nenvironments:\n  local: {simulator: {}, guards: *guards, overlays: [overlays/eu]}\nx-note: [1, {a: b}]\n",
        ),
        (
            "desk.yaml",
            "x-common: &text {description: Shared}\ndepartments:\n  Billing: *text\n  Support: *text\n",
        ),
        ("only.yaml", "x-only: {a: 1}\n"),
        (
            "overlays/eu/eu.yaml",
            "x-eu: &eu {description: In Europe}\ndepartments: {Billing: *eu}\n",
        ),
    ]);
    let run = place.done("plan");
    assert!(run.stdout.contains("In Europe"), "{run}");
    assert!(run.stdout.contains("Shared"), "{run}");
    // Below the root, and without a name, such a key means nothing.
    for (file, text) in [
        ("desk.yaml", "departments: {Billing: {x-common: 1}}\n"),
        ("desk.yaml", "x-: 1\ndepartments: {Billing: {}}\n"),
    ] {
        place.write(file, text);
        let run = place.refused("validate");
        assert!(run.stderr.contains("`x-"), "{run}");
    }
}

/// The project of one overlay.
fn overlaid(base: &str, overlay: &str) -> Place {
    Place::with(&[
        (
            "deskform.yaml",
            "environments: {local: {simulator: {}, overlays: [overlays/eu]}}\n",
        ),
        ("desk.yaml", base),
        ("overlays/eu/eu.yaml", overlay),
    ])
}

#[test]
fn an_overlay_declares_what_is_new_on_purpose_only() {
    let base = "departments: {Billing: {description: Invoices}, Support: {}}\n";
    let place = overlaid(base, "departments:\n  Biling: {description: Bills}\n");
    let run = place.refused("validate");
    let told = flat(&run.stderr);
    for wanted in [
        "there is no `departments/Biling` below this overlay",
        "did you mean `Billing`? if it is a new one, write `new: true` into it",
        "[overlays/eu/eu.yaml:2:3]",
    ] {
        assert!(told.contains(wanted), "{wanted} is not in\n{run}");
    }
    assert!(
        told.ends_with("1 problem: correct what is named here and run the command again"),
        "{run}"
    );
    for (overlay, resources) in [
        ("departments: {Biling: {new: true}}\n", 3),
        (
            "departments: {Biling: {description: Bills, new: true}}\n",
            3,
        ),
        ("departments: {Billing: {new: false}}\n", 2),
    ] {
        place.write("overlays/eu/eu.yaml", overlay);
        let run = place.done("validate");
        assert!(
            run.stdout.starts_with(&format!("{resources} resources ")),
            "{run}"
        );
    }
    for (overlay, wanted) in [
        (
            "departments: {Billing: {new: true}}\n",
            "`departments/Billing` is declared below this overlay already, so it is not new",
        ),
        (
            "departments: {Biling: {new: no}}\n",
            "`new` must be true or false, not a text",
        ),
        (
            "departments: {Biling: {new: false}}\n",
            "there is no `departments/Biling`",
        ),
    ] {
        place.write("overlays/eu/eu.yaml", overlay);
        let run = place.refused("validate");
        assert!(flat(&run.stderr).contains(wanted), "{run}");
        assert!(
            flat(&run.stderr)
                .ends_with("1 problem: correct what is named here and run the command again"),
            "{run}"
        );
    }
    // In the base nothing is new, and the word is none of a manifest.
    place.write("overlays/eu/eu.yaml", "departments: {}\n");
    place.write("desk.yaml", "departments: {Billing: {new: true}}\n");
    let run = place.refused("validate");
    assert!(run.stderr.contains("`new`"), "{run}");
}

#[test]
fn an_overlay_on_a_broken_base_is_not_blamed() {
    let place = overlaid("departments: {Billing\n", "departments: {Billing: {}}\n");
    let run = place.refused("validate");
    assert!(!run.stderr.contains("below this overlay"), "{run}");
}

/// A project of three customers, with an overlay each.
fn customers() -> Place {
    let entry = |name| format!("  {name}: {{simulator: {{}}, overlays: [overlays/{name}]}}\n");
    let text = ["alpha", "bravo", "charlie"].map(entry).concat();
    let place = Place::with(&[
        ("deskform.yaml", &format!("environments:\n{text}")),
        (
            "desk.yaml",
            "departments: {Billing: {description: Invoices}}\n",
        ),
    ]);
    for name in ["alpha", "bravo", "charlie"] {
        place.write(
            &format!("overlays/{name}/{name}.yaml"),
            &format!("departments: {{Only {name}: {{new: true}}}}\n"),
        );
    }
    place
}

#[test]
fn what_lies_beside_overlays_is_nobodys_until_it_is_listed() {
    let place = customers();
    place.done("-e '*' validate");
    place.write("overlays/oscar/o.yaml", "departments: {Customs: {}}\n");
    for line in [
        "validate",
        "-e charlie plan",
        "drift",
        "export out",
        "ledger show",
    ] {
        let run = place.refused(line);
        let told = flat(&run.stderr);
        assert!(
            told.contains("`overlays/oscar` lies beside overlays, and no environment lists it"),
            "{run}"
        );
        assert!(
            told.contains("list it in the `overlays` of an environment, move it if it is for all environments, or name it in `skipFiles`"),
            "{run}"
        );
        assert!(
            told.ends_with("1 problem: correct what is named here and run the command again"),
            "{run}"
        );
    }
    // Each way out.
    let project = place.read("deskform.yaml");
    place.write(
        "deskform.yaml",
        &format!("{project}skipFiles: [overlays/oscar/]\n"),
    );
    place.done("-e '*' validate");
    place.write(
        "deskform.yaml",
        &project.replace("overlays/charlie]", "overlays/charlie, overlays/oscar]"),
    );
    let run = place.refused("-e charlie validate");
    assert!(flat(&run.stderr).contains("write `new: true`"), "{run}");
    place.done("-e alpha validate");
    place.write("deskform.yaml", &project);
    fs::rename(place.path("overlays/oscar"), place.path("manifests")).expect("moved");
    place.done("-e '*' validate");
    // What holds no manifest harms nobody, and neither does a project of its own.
    place.write("overlays/notes/README.md", "Words\n");
    place.write(
        "overlays/own/deskform.yaml",
        "environments: {a: {simulator: {}}}\n",
    );
    place.write("overlays/own/a.yaml", "departments: {A: {}}\n");
    place.done("-e '*' validate");
    // A file beside overlays that are folders is one for all.
    place.write("overlays/all.yaml", "departments: {Shared: {}}\n");
    assert!(place.done("validate").stdout.starts_with("4 resources "));
    // Beside an overlay that is a file it is not, but in the project folder.
    place.write("mine/eu.yaml", "departments: {Eu: {new: true}}\n");
    place.write("mine/us.yaml", "departments: {Us: {}}\n");
    place.write(
        "deskform.yaml",
        "environments: {a: {simulator: {}, overlays: [mine/eu.yaml]}}\n",
    );
    place.remove("overlays/own/a.yaml");
    let run = place.refused("validate");
    let told = flat(&run.stderr);
    assert!(
        told.contains("`mine/us.yaml` lies beside overlays"),
        "{run}"
    );
    fs::rename(place.path("mine/us.yaml"), place.path("us.yaml")).expect("moved");
    fs::rename(place.path("mine/eu.yaml"), place.path("eu.yaml")).expect("moved");
    fs::remove_dir_all(place.path("overlays")).expect("gone");
    place.write(
        "deskform.yaml",
        "environments: {a: {simulator: {}, overlays: [eu.yaml]}}\n",
    );
    place.done("validate");
}

#[test]
fn a_slip_in_the_path_of_an_overlay_is_told_in_every_environment() {
    let place = customers();
    // What would be declared twice, were it a manifest of all.
    place.write(
        "overlays/bravo/bravo.yaml",
        "departments: {Billing: {description: Bills}}\n",
    );
    place.edit("deskform.yaml", "[overlays/bravo]", "[overlays/bravoo]");
    for line in [
        "-e alpha validate",
        "-e bravo validate",
        "-e charlie plan",
        "-e alpha export out",
        "-e charlie ledger show",
    ] {
        let run = place.refused(line);
        let told = flat(&run.stderr);
        for wanted in [
            "the overlay `overlays/bravoo` cannot be read: there is no such file or folder",
            "did you mean `overlays/bravo`?",
            "deskform.yaml:3:",
        ] {
            assert!(told.contains(wanted), "{wanted} is not in\n{run}");
        }
        assert!(
            told.ends_with("1 problem: correct what is named here and run the command again"),
            "{run}"
        );
    }
    // One that is near to an overlay of another environment is told there alone, as is one that is
    // near to nothing: its folder may be about to be made.
    for (path, help) in [
        ("overlays/alphaa", "did you mean `overlays/alpha`?"),
        (
            "overlays/papa-quebec",
            "create the folder, or take it out of `overlays`",
        ),
    ] {
        let place = customers();
        place.edit(
            "deskform.yaml",
            "[overlays/bravo]",
            &format!("[overlays/bravo, {path}]"),
        );
        let run = place.refused("-e bravo validate");
        assert!(flat(&run.stderr).contains(help), "{run}");
        place.done("-e alpha validate");
    }
}

/// A project with one environment whose organization is kept under a name of its own.
fn renameable(name: &str) -> Place {
    Place::with(&[
        ("deskform.yaml", &environment(name, "")),
        ("desk.yaml", "departments: {Billing: {}, Support: {}}\n"),
    ])
}

fn environment(name: &str, more: &str) -> String {
    format!("environments:\n  {name}: {{simulator: {{state: .deskform/live.state}}{more}}}\n")
}

#[test]
fn case_34_a_renamed_environment_takes_its_ledger_over() {
    let place = renameable("prod");
    place.done("apply --auto-approve");
    let owned = place.done("ledger show --format json").stdout;
    place.write("deskform.yaml", &environment("production", ""));
    // It is noticed wherever the ledger counts, and apply goes no further.
    for line in ["plan", "drift"] {
        tells_of_the_renamed(&place.run(line), ".deskform/prod.json");
    }
    let run = place.refused("apply --auto-approve");
    assert!(flat(&run.stderr).contains("nothing was applied"), "{run}");
    for (name, wanted) in [
        ("prodd", "did you mean `prod`?"),
        (
            "production",
            "is in the project, so its ledger stays its own",
        ),
        ("../prod", "cannot name an environment"),
    ] {
        let run = place.refused(&format!("ledger move {name}"));
        assert!(flat(&run.stderr).contains(wanted), "{run}");
    }
    let run = place.done("ledger move prod");
    assert_eq!(
        run.stdout,
        "The ledger of the environment prod is production's now: 2 resources owned.\n"
    );
    // Nothing is left at the old place.
    let left = std::fs::read_dir(place.path(".deskform")).expect("a folder");
    let left = left.filter_map(|entry| entry.expect("an entry").file_name().into_string().ok());
    let mut left: Vec<String> = left.filter(|name| name.starts_with("prod")).collect();
    left.sort();
    assert_eq!(left, ["production.guard", "production.json"]);
    let now = place.done("ledger show --format json").stdout;
    let resources = |text: &str| {
        let ledger: serde_json::Value = serde_json::from_str(text).expect("JSON");
        ledger["resources"].clone()
    };
    assert_eq!(resources(&now), resources(&owned));
    let run = place.done("plan --detailed-exitcode");
    assert_eq!(run.stderr, "", "{run}");
    // What it owns is pruned as before, which is what would have been lost.
    place.write("desk.yaml", "departments: {Billing: {}}\n");
    let run = place.done("plan");
    assert!(run.stdout.contains("departments/Support"), "{run}");
    assert!(
        place
            .refused("ledger move prod")
            .stderr
            .contains("no ledger")
    );
}

#[test]
fn case_34_what_is_no_renamed_environment_is_not_taken_for_one() {
    let place = renameable("prod");
    place.done("apply --auto-approve");
    let silent = |text: &str, line: &str| {
        place.write("deskform.yaml", text);
        let run = place.run(line);
        assert!(!run.stderr.contains("has no ledger"), "{run}");
        run
    };
    // Another environment of the organization, beside the one that owns.
    let both = environment("prod", "") + "  second: {simulator: {state: .deskform/live.state}}\n";
    silent(&both, "-e second plan");
    // One that keeps its ledger at the old place under the new name says so itself.
    let run = silent(
        &environment("production", ", ledger: .deskform/prod.json"),
        "plan",
    );
    assert_eq!(run.code, 1, "{run}");
    assert!(
        flat(&run.stderr).contains("`deskform ledger move`"),
        "{run}"
    );
    let run = place.done("ledger move prod");
    assert!(run.stdout.contains("2 resources owned"), "{run}");
    place.done("plan --detailed-exitcode");
    // Nowhere is no place where something could lie.
    silent(&environment("third", ", ledger: none"), "plan");
    // Another organization's ledger.
    let other = "environments: {third: {simulator: {state: .deskform/other.state, organization: 700002}}}\n";
    place.write("deskform.yaml", other);
    place.done("apply --auto-approve");
    place.remove(".deskform/third.json");
    silent(other, "plan");
}

#[test]
fn case_34_a_ledger_of_ones_own_is_not_replaced() {
    let place = renameable("prod");
    place.done("apply --auto-approve");
    fs::copy(
        place.path(".deskform/prod.json"),
        place.path(".deskform/kept"),
    )
    .expect("a copy");
    place.write("deskform.yaml", &environment("production", ""));
    place.done("ledger move prod");
    fs::rename(
        place.path(".deskform/kept"),
        place.path(".deskform/prod.json"),
    )
    .expect("a file");
    let run = place.refused("ledger move prod");
    assert!(
        flat(&run.stderr).contains("has a ledger of its own, with 2 resources"),
        "{run}"
    );
}

#[test]
fn case_34_a_ledger_in_git_is_taken_over_by_name() {
    let mut place = renameable("prod");
    place.in_git();
    place.write("deskform.yaml", &environment("prod", ", ledger: git"));
    place.done("apply --auto-approve");
    place.write("deskform.yaml", &environment("production", ", ledger: git"));
    let run = place.done("ledger move prod");
    assert!(run.stdout.contains("2 resources owned"), "{run}");
    place.write("desk.yaml", "departments: {Billing: {}}\n");
    let run = place.done("plan");
    assert!(run.stdout.contains("departments/Support"), "{run}");
    let run = place.refused("ledger move prod");
    assert!(
        flat(&run.stderr).contains("there is no ledger of an environment `prod`"),
        "{run}"
    );
    // Under a name that is written down, the ledger stays where it is.
    let named = |name: &str| environment(name, ", ledger: \"git:origin/desk\"");
    place.write("deskform.yaml", &named("a"));
    place.done("apply --auto-approve");
    place.write("deskform.yaml", &named("b"));
    let run = place.done("ledger move a");
    assert!(run.stdout.contains("is b's now: 1 resource owned"), "{run}");
    place.done("plan --detailed-exitcode");
}

/// Where `defaults` name the place by the environment, the ledger of one that was renamed is looked for
/// where it lay under any name.
#[test]
fn case_34_a_ledger_is_found_by_the_form_of_its_place() {
    for (ledger, was) in [
        ("ledgers/${environment}.json", "ledgers/prod.json"),
        ("ledgers/${environment}/desk.json", "ledgers/prod/desk.json"),
        ("${environment}-ledger", "prod-ledger"),
        ("git", "git:origin/prod"),
        ("git:origin/of-${environment}", "git:origin/of-prod"),
    ] {
        let of = |names: &[&str]| {
            let each =
                |name: &&str| format!("  {name}: {{simulator: {{state: .deskform/live.state}}}}\n");
            let all: String = names.iter().map(each).collect();
            format!("defaults: {{ledger: \"{ledger}\"}}\nenvironments:\n{all}")
        };
        let mut place = Place::with(&[
            ("deskform.yaml", &of(&["prod"])),
            ("desk.yaml", "departments: {Billing: {}, Support: {}}\n"),
        ]);
        place.in_git();
        place.done("apply --auto-approve");
        // Beside the one that owns, another environment is none of its names.
        place.write("deskform.yaml", &of(&["prod", "second"]));
        let run = place.done("-e second plan");
        assert!(!run.stderr.contains("has no ledger"), "{ledger}\n{run}");
        place.write("deskform.yaml", &of(&["production"]));
        for (line, code) in [("plan", 0), ("apply --auto-approve", 1)] {
            let run = place.run(line);
            assert_eq!(run.code, code, "{ledger}\n{run}");
            tells_of_the_renamed(&run, was);
        }
        let run = place.done("ledger move prod");
        assert!(run.stdout.contains("2 resources owned"), "{ledger}\n{run}");
        let run = place.done("plan --detailed-exitcode");
        assert_eq!(run.stderr, "", "{ledger}\n{run}");
    }
}

/// A ledger that is kept elsewhere from now on is not begun anew: what is owned would be forgotten.
#[test]
fn case_34_a_ledger_that_is_kept_elsewhere_is_taken_over_from_its_old_place() {
    for (ledger, shown) in [
        ("git", "git"),
        ("kept/prod.json", "kept/prod.json"),
        ("git:origin/desk", "git:origin/desk"),
    ] {
        let mut place = renameable("prod");
        place.in_git();
        place.done("apply --auto-approve");
        place.write(
            "deskform.yaml",
            &environment("prod", &format!(", ledger: \"{ledger}\"")),
        );
        place.write("desk.yaml", "departments: {Billing: {}}\n");
        for (line, code) in [("plan", 0), ("drift", 2), ("apply --auto-approve", 1)] {
            let run = place.run(line);
            let told = flat(&run.stderr);
            assert!(
                told.contains(&format!("the environment `prod` has no ledger at `{shown}`, and `.deskform/prod.json` is its ledger from before")),
                "{run}"
            );
            assert!(
                told.contains("`deskform -e prod ledger move .deskform/prod.json`"),
                "{run}"
            );
            assert!(told.contains("deskform.yaml:2:"), "{run}");
            assert!(code == 2 || run.code == code, "{run}");
        }
        for (word, wanted) in [
            (ledger, "is kept at"),
            (".deskform/other.json", "there is no ledger at"),
            ("../prod.json", "cannot name an environment"),
        ] {
            if word == "git" {
                // That could be the name of an environment.
                continue;
            }
            let run = place.refused(&format!("ledger move {word}"));
            assert!(flat(&run.stderr).contains(wanted), "{run}");
        }
        let run = place.done("ledger move .deskform/prod.json");
        assert_eq!(
            run.stdout,
            "The ledger at .deskform/prod.json is prod's now: 2 resources owned.\n"
        );
        assert!(!place.path(".deskform/prod.json").exists());
        // The deletion is not forgotten.
        let run = place.done("plan");
        assert!(run.stdout.contains("departments/Support"), "{run}");
        assert!(!run.stderr.contains("has no ledger"), "{run}");
    }
}

/// Two ledgers of one organization are told once, wherever either environment is looked at.
#[test]
fn two_ledgers_of_one_organization_are_warned_of() {
    let place = Place::with(&[("desk.yaml", "departments: {Billing: {}}\n")]);
    let environments = |other: &str| {
        format!(
            "defaults: {{credentials: {{clientId: x, clientSecret: \"${{secret.S}}\", refreshToken: \"${{secret.T}}\"}}}}\nenvironments:\n  one: {{orgId: \"700001\", dataCenter: eu}}\n  other: {other}\n"
        )
    };
    let says = "the environments `one` and `other` work in the same organization 700001, and each keeps a ledger of its own";
    for (other, warns) in [
        ("{orgId: \"700001\", dataCenter: eu}", true),
        ("{orgId: \"700001\", dataCenter: eu, ledger: git}", true),
        ("{orgId: \"700002\", dataCenter: eu}", false),
        ("{orgId: \"700001\", dataCenter: us}", false),
        (
            "{orgId: \"700001\", dataCenter: eu, ledger: .deskform/one.json}",
            false,
        ),
        ("{orgId: \"700001\", dataCenter: eu, ledger: none}", false),
        ("{simulator: {organization: 700001}}", false),
    ] {
        place.write("deskform.yaml", &environments(other));
        for line in ["-e one validate", "-e other validate", "-e '*' validate"] {
            let run = place.done(line);
            let told = flat(&run.stderr);
            assert_eq!(told.matches(says).count(), usize::from(warns), "{run}");
            for place in ["the one", "the other"].iter().filter(|_| warns) {
                assert!(told.contains(place), "{run}");
            }
        }
    }
}

#[test]
fn a_ledger_of_others_is_told_where_it_is_named() {
    let place = renameable("prod");
    place.done("apply --auto-approve");
    let of = |ledger: &str| {
        format!(
            "environments:\n  prod: {{simulator: {{state: .deskform/other.state, organization: 700009}}{ledger}}}\n"
        )
    };
    for (ledger, line) in [("", 2), (",\n    ledger: .deskform/prod.json", 3)] {
        place.write("deskform.yaml", &of(ledger));
        // A simulator of which nothing is kept begins anew, whatever its ledger says.
        place.write(
            ".deskform/other.state",
            &place
                .read(".deskform/live.state")
                .replace("700001", "700009"),
        );
        for command in ["plan", "apply --auto-approve", "ledger show", "unlock"] {
            let run = place.refused(command);
            let told = flat(&run.stderr);
            assert!(
                told.contains("the ledger belongs to the organization 700001, not to 700009"),
                "{run}"
            );
            assert!(told.contains(&format!("deskform.yaml:{line}:")), "{run}");
            let its = "the ledger of this environment, `.deskform/prod.json`";
            assert!(told.contains(its), "{run}");
        }
    }
}
