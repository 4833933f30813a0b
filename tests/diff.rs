//! `diff` and `show`: two sides, and a plan that was saved.

#![expect(
    clippy::expect_used,
    reason = "what does not hold in a helper fails the test"
)]

mod command;

use std::fs;

use command::{DESK, Place, Run, flat, git};
use serde_json::Value;

/// Two organizations of one project.
const PROJECT: &str = "\
environments:
  sandbox: {simulator: {dialect: openapi}}
  production: {simulator: {dialect: openapi}}
";

/// What more there is in a desk: references, a list, a map, a hierarchy and a secret.
const MORE: &str = "\
roles:
  Lead: {shareDataWithPeers: true}
  Clerk: {shareDataWithPeers: true, reportsTo: Lead}
teams:
  Tier 1: {department: Billing}
customFields:
  region: {module: contacts, displayLabel: Region, type: Text, maxLength: 40}
webhooks:
  hook:
    url: https://hooks.example.com/in/${secret.HOOK_KEY}
    subscriptions: {Ticket_Add: {}}
";

const KEY: &str = "kkkk-1111-kkkk-2222";

/// A project whose two organizations hold the same, under different ids.
fn twins() -> Place {
    let mut place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", DESK),
        ("more.yaml", MORE),
    ]);
    place.set("HOOK_KEY", KEY);
    // What is made first takes the ids that the others would have.
    place.write(
        "first.yaml",
        "roles: {First role: {shareDataWithPeers: true}}\n",
    );
    place.done("-e production apply --auto-approve");
    place.remove("first.yaml");
    place.done("-e production apply --auto-approve --allow-deletes 1");
    place.done("-e sandbox apply --auto-approve");
    place
}

/// Runs a comparison that finds differences.
fn differs(place: &Place, line: &str) -> Run {
    let before = place.files();
    let run = place.run(line);
    assert_eq!(run.code, 2, "{run}");
    assert!(place.files() == before, "something was written:\n{run}");
    run
}

/// The resources that a report in JSON names, each with who has it and its fields.
fn told(run: &Run) -> Vec<(String, String, Vec<String>)> {
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let differences = report["differences"].as_array().expect("a list").iter();
    differences
        .map(|one| {
            let fields = one["fields"].as_array().expect("fields").iter();
            let fields = fields.map(|field| text(&field["field"])).collect();
            (text(&one["address"]), text(&one["found"]), fields)
        })
        .collect()
}

#[test]
fn what_was_made_from_the_same_manifests_is_equal() {
    let place = twins();
    for line in [
        "diff sandbox production",
        "diff production sandbox --kinds all",
        "diff dir:. production",
        "diff sandbox dir:.",
        "diff dir:. sandbox --kinds departments",
    ] {
        let run = place.run(line);
        // An organization has a department of its own that nobody declares.
        let is_listed = line.ends_with("departments");
        assert_eq!(run.code, if is_listed { 2 } else { 0 }, "{run}");
        assert!(
            is_listed || run.stdout.contains("No differences: "),
            "{run}"
        );
        assert!(
            !run.stdout.contains(KEY) && !run.stderr.contains(KEY),
            "{run}"
        );
    }
}

#[test]
fn a_change_on_either_side_is_shown_as_just_that() {
    let place = twins();
    place.edit("desk.yaml", "Invoices", "Bills");
    place.edit(
        "more.yaml",
        "{shareDataWithPeers: true, rep",
        "{shareDataWithPeers: false, rep",
    );
    place.write("third.yaml", "roles: {Third: {shareDataWithPeers: true}}\n");
    place.done("-e sandbox apply --auto-approve");
    let run = differs(&place, "diff sandbox production");
    for words in [
        "- sandbox (organization ",
        "+ production (organization ",
        "Only in sandbox:\n\n- roles/Third\n    reportsTo: CEO\n    shareDataWithPeers: true\n",
        "Different (sandbox → production):\n\n~ roles/Clerk\n    shareDataWithPeers: false → true\n",
        "~ departments/Billing\n    description: Bills → Invoices\n",
        "Differences: 1 only in sandbox, 2 different, ",
    ] {
        assert!(run.stdout.contains(words), "{words}\n{run}");
    }
    let run = differs(&place, "diff production sandbox");
    assert!(
        run.stdout.contains("Only in sandbox:\n\n+ roles/Third\n"),
        "{run}"
    );
    assert!(
        run.stdout.contains("description: Invoices → Bills\n"),
        "{run}"
    );
    // Of the kinds that are named, and no others.
    let run = differs(
        &place,
        "diff sandbox production --kinds roles --format json",
    );
    let owned = |text: &str| text.to_owned();
    assert_eq!(
        told(&run),
        [
            (
                owned("roles/Clerk"),
                owned("both"),
                vec![owned("/shareDataWithPeers")]
            ),
            (
                owned("roles/Third"),
                owned("onlyInA"),
                vec![owned("/reportsTo"), owned("/shareDataWithPeers")]
            ),
        ]
    );
    place.done("diff sandbox production --kinds teams --kinds webhooks");
    let run = differs(&place, "diff sandbox production --format markdown");
    assert!(
        run.stdout
            .starts_with("<!-- deskform diff: sandbox%20production -->\n"),
        "{run}"
    );
    assert!(run.stdout.contains("#### Only in `sandbox` (1)"), "{run}");
}

#[test]
fn manifests_are_compared_with_what_is_live_as_a_plan_does() {
    let place = twins();
    place.edit(
        "desk.yaml",
        "description: Invoices",
        "nameInCustomerPortal: Bills",
    );
    place.write("third.yaml", "departments: {Third: {description: New}}\n");
    let run = differs(&place, "diff dir:. production --format json");
    let owned = |text: &str| text.to_owned();
    // The description that is no longer named is no difference, as in a plan.
    assert_eq!(
        told(&run),
        [
            (
                owned("departments/Billing"),
                owned("both"),
                vec![owned("/nameInCustomerPortal")]
            ),
            (
                owned("departments/Third"),
                owned("onlyInA"),
                vec![owned("/description")]
            ),
        ],
        "{run}"
    );
    let plan = place.done("-e production plan");
    assert!(plan.stdout.contains("update departments/Billing"), "{plan}");
    let turned = differs(&place, "diff production dir:.");
    assert!(
        turned
            .stdout
            .contains("Only in dir:.:\n\n+ departments/Third\n"),
        "{turned}"
    );
    // What only the organization has is listed for the kinds that are named.
    place.edit(
        "more.yaml",
        "  Clerk: {shareDataWithPeers: true, reportsTo: Lead}\n",
        "",
    );
    let silent = differs(&place, "diff dir:. production");
    assert!(!silent.stdout.contains("roles/Clerk"), "{silent}");
    let listed = differs(&place, "diff dir:. production --kinds roles");
    assert!(listed.stdout.contains("+ roles/Clerk"), "{listed}");
    assert!(!listed.stdout.contains("departments/"), "{listed}");
}

#[test]
fn secrets_are_templates_and_never_shown() {
    let mut place = twins();
    // Another key in one organization is no difference, nor is a secret that is not set.
    place.set("HOOK_KEY", "zzzz-9999-zzzz-8888");
    place.done("-e sandbox apply --auto-approve");
    place.done("diff sandbox production");
    place.done("diff dir:. production");
    place.set("HOOK_KEY", "");
    place.done("diff dir:. production");
    // Another place is one.
    place.set("HOOK_KEY", KEY);
    place.edit(
        "more.yaml",
        "hooks.example.com/in/",
        "hooks.example.com/new/",
    );
    for line in [
        "diff dir:. production",
        "diff production dir:.",
        "diff dir:. production --format json",
        "diff dir:. production --format markdown",
    ] {
        let run = differs(&place, line);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains(KEY) && !all.contains("kkkk"), "{run}");
        assert!(run.stdout.contains("/new/${secret.HOOK_KEY}"), "{run}");
    }
    place.done("-e sandbox apply --auto-approve");
    let run = differs(&place, "diff sandbox production");
    assert!(!run.stdout.contains("kkkk"), "{run}");
    assert!(run.stdout.contains("webhooks/hook"), "{run}");
}

#[test]
fn revisions_are_read_from_the_repository() {
    let mut place = Place::with(&[
        ("sub/deskform.yaml", PROJECT),
        ("sub/desk.yaml", DESK),
        ("sub/more.yaml", MORE),
        (
            "sub/texts.yaml",
            "departments: {Long: {description: {file: texts/long.txt}}}\naccounts: {$csv: {file: a.csv}}\n",
        ),
        ("sub/texts/long.txt", "the old text"),
        (
            "sub/a.csv",
            "accountName,website\nOne,https://one.example.com\n",
        ),
        ("sub/.gitignore", ".deskform/\n"),
    ]);
    place.in_git();
    let temporary = place.root().join("temporary");
    fs::create_dir(&temporary).expect("a folder");
    place.set("TMPDIR", temporary.to_str().expect("UTF-8"));
    for (name, value) in [("NAME", "Ann"), ("EMAIL", "ann@example.com")] {
        place.set(&format!("GIT_AUTHOR_{name}"), value);
        place.set(&format!("GIT_COMMITTER_{name}"), value);
    }
    let here = place.path("");
    git(&here, "config user.name Ann");
    git(&here, "config user.email ann@example.com");
    let commit = |message: &str| {
        git(&here, "add .");
        git(&here, &format!("commit --quiet -m '{message}'"));
    };
    commit("Begin");
    git(&here, "branch old");
    place.write("sub/texts/long.txt", "the new text");
    place.write(
        "sub/a.csv",
        "accountName,website\nOne,https://two.example.com\n",
    );
    place.edit("sub/desk.yaml", "  Support: {description: Answers}\n", "");
    // A handle alone is no difference.
    place.edit(
        "sub/more.yaml",
        "Tier 1: {department: Billing}",
        "first: {name: Tier 1, department: Billing}",
    );
    commit("Change");
    let objects = || git(&here, "count-objects -v");
    let before = (place.files(), objects());
    let run = place.run("-C sub diff git:old git:HEAD -e production");
    assert_eq!(run.code, 2, "{run}");
    for words in [
        "- git:old (commit ",
        ", composed for production)\n",
        "Only in git:old:\n\n- departments/Support\n    description: Answers\n",
        "~ departments/Long\n    description: the old text → the new text\n",
        "~ accounts/One\n    website: https://one.example.com → https://two.example.com\n",
        "Differences: 1 only in git:old, 2 different, ",
    ] {
        assert!(run.stdout.contains(words), "{words}\n{run}");
    }
    // The folder as it is now is the newest commit.
    let run = place.run("-C sub diff git:HEAD dir:. -e sandbox");
    assert_eq!(run.code, 0, "{run}");
    let run = place.run("-C sub diff git:HEAD~1 git:old");
    assert_eq!(run.code, 0, "{run}");
    // A text that was not committed counts in the folder alone.
    place.write("sub/texts/long.txt", "another text");
    let run = place.run("-C sub diff git:HEAD dir:.");
    assert!(run.stdout.contains("the new text → another text"), "{run}");
    place.write("sub/texts/long.txt", "the new text");
    assert!(
        (place.files(), objects()) == before,
        "something was written"
    );
    // Against what is live.
    place.set("HOOK_KEY", KEY);
    place.done("-C sub -e sandbox apply --auto-approve");
    place.done("-C sub diff git:HEAD sandbox");
    let run = place.run("-C sub diff git:old sandbox");
    assert!(run.stdout.contains("the old text → the new text"), "{run}");
    let left = fs::read_dir(place.root().join("temporary")).expect("a folder");
    assert_eq!(left.count(), 0);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_revision_is_refused_as_one_in_a_folder_is() {
    let mut place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)]);
    place.in_git();
    let here = place.path("");
    git(&here, "config user.name Ann");
    git(&here, "config user.email ann@example.com");
    std::os::unix::fs::symlink("/etc/passwd", place.path("linked.yaml")).expect("a link");
    git(&here, "add .");
    git(&here, "commit --quiet -m Begin");
    place.remove("linked.yaml");
    for line in ["diff git:HEAD sandbox", "diff dir:. git:HEAD"] {
        let run = place.refused(line);
        let told = flat(&run.stderr);
        assert!(
            told.contains("`git:HEAD`: symbolic links are not followed"),
            "{run}"
        );
        assert!(told.contains("linked.yaml"), "{run}");
    }
}

#[test]
fn what_is_no_side_is_told_with_the_way_out() {
    let mut place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", DESK),
        (
            "other/deskform.yaml",
            "environments: {elsewhere: {simulator: {}}}\n",
        ),
        ("folder/note.txt", ""),
    ]);
    let path = std::env::var("PATH").expect("a path");
    place.set("PATH", &path);
    for (line, words) in [
        (
            "diff sandbox sandbox",
            "`sandbox` and `sandbox` are one side",
        ),
        ("diff dir:. dir:./", "`dir:.` and `dir:./` are one side"),
        (
            "diff sandbox producton",
            "no environment is named `producton` [did you mean `production`?]",
        ),
        (
            "diff sandbox s3:x",
            "`s3:x` is no side of a comparison [`dir:PATH`]",
        ),
        ("diff sandbox dir:", "nothing stands behind `dir:`"),
        (
            "diff sandbox ./folder",
            "`./folder` is a folder [write `dir:./folder`]",
        ),
        (
            "diff sandbox dir:folder",
            "`dir:folder`: the project file [cannot be read]",
        ),
        (
            "diff dir:other dir:. -e sandbox",
            "`dir:other`: no environment is named `sandbox`",
        ),
        (
            "diff git:--output=x sandbox",
            "`--output=x` is no revision of git",
        ),
        (
            "diff git:main sandbox",
            "`git:main`: the project folder lies in no git repository",
        ),
        (
            "diff sandbox production --kinds rolls",
            "no kind is called `rolls` [did you mean `roles`?]",
        ),
    ] {
        let run = place.refused(line);
        let told = flat(&run.stderr);
        let (words, help) = words.split_once(" [").unwrap_or((words, ""));
        assert!(told.contains(words), "{words}\n{run}");
        assert!(told.contains(help.trim_end_matches(']')), "{help}\n{run}");
        assert_eq!(run.stdout, "");
    }
    place.in_git();
    let run = place.refused("diff git:main sandbox");
    let told = flat(&run.stderr);
    assert!(
        told.contains("`git:main`: this clone has no revision `main`"),
        "{run}"
    );
    assert!(told.contains("`fetch-depth: 0`"), "{run}");
    // Who has no default says so, where nothing else names an environment.
    place.edit(
        "deskform.yaml",
        "environments:",
        "defaultEnvironment: none\nenvironments:",
    );
    let run = place.refused("diff dir:other dir:.");
    assert!(
        flat(&run.stderr).contains("no environment is named"),
        "{run}"
    );
    let run = place.run("diff dir:. sandbox");
    assert_eq!(run.code, 2, "{run}");
}

#[test]
fn two_organizations_need_two_logins() {
    let mut place = Place::with(&[(
        "deskform.yaml",
        "defaults: {dataCenter: us}\nenvironments: {a: {orgId: \"700001\"}, b: {orgId: \"700002\"}, c: {orgId: \"700001\"}}\n",
    )]);
    for name in ["ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"] {
        place.set(name, "a-value-of-some-length");
    }
    let run = place.refused("diff a b");
    let told = flat(&run.stderr);
    assert!(
        told.contains("`a` and `b` read the same credential variables"),
        "{run}"
    );
    assert!(told.contains("ZOHO_REFRESH_TOKEN"), "{run}");
    let run = place.refused("diff a c");
    assert!(
        flat(&run.stderr).contains("are one organization, `700001`"),
        "{run}"
    );
}

#[test]
fn a_saved_plan_is_shown_as_it_was_printed() {
    let mut place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", DESK),
        ("more.yaml", MORE),
    ]);
    place.set("HOOK_KEY", KEY);
    let printed = |form: &str| place.done(&format!("plan --out plan.json --format {form}"));
    let shown = |form: &str| {
        // From elsewhere, without the project.
        let mut command = place.command(&command::words(&format!(
            "show project/plan.json --format {form}"
        )));
        command.current_dir(place.root());
        let run = place.run_command(command, "show");
        assert_eq!((run.code, &*run.stderr), (0, ""), "{run}");
        run
    };
    // The file does not tell what the organization is called, or where the ledger is.
    let (plan, run) = (printed("text"), shown("text"));
    assert_eq!(plan.report(), run.report());
    assert!(
        run.stdout.starts_with("Environment sandbox: organization "),
        "{run}"
    );
    let (plan, run) = (printed("json"), shown("json"));
    assert_eq!(plan.stdout, run.stdout);
    assert_eq!(run.stdout, place.read("plan.json"));
    let (plan, run) = (printed("markdown"), shown("markdown"));
    let without = |text: &str| -> String {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("Organization "));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without(&plan.stdout), without(&run.stdout));
    assert!(!run.stdout.contains(KEY));
    // What is no plan.
    for (name, text) in [
        ("none.json", None),
        ("other.json", Some("{}")),
        ("bytes.json", Some("\u{1b}[31m")),
    ] {
        if let Some(text) = text {
            place.write(name, text);
        }
        let run = place.refused(&format!("show {name}"));
        assert!(flat(&run.stderr).contains(name), "{run}");
        assert!(!run.stderr.contains('\u{1b}'), "{run}");
    }
    // Nothing in a foreign plan steers a terminal.
    let text = place.read("plan.json");
    let foreign = text.replace("Invoices", "\\u001b[2J\\u202eInvoices");
    place.write("foreign.json", &foreign);
    for form in ["text", "json", "markdown"] {
        let run = place.done(&format!("show foreign.json --format {form}"));
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{run}");
        assert!(run.stdout.contains("Invoices"), "{run}");
    }
}
