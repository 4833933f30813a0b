//! What is asked and shown on a terminal, and what a pipeline gets in its place.

#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which panic to fail"
)]

mod command;

use std::io::{Read as _, Write as _};

use command::{DESK, Place, Server, shell_line, words};
use deskform::simulator::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, demo_refresh_token};

const OPENAPI: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";
const ORGANIZATION: &str = "700001";

/// Two projects of one organization, each with a ledger of its own.
fn two_projects(server: &Server, place: &mut Place) {
    let address = server.address();
    for (name, description) in [("ours", "Invoices"), ("theirs", "Their words")] {
        place.write(
            &format!("{name}/deskform.yaml"),
            &format!(
                "environments:\n  served:\n    orgId: \"{ORGANIZATION}\"\n    endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}\n"
            ),
        );
        place.write(
            &format!("{name}/desk.yaml"),
            &format!("departments:\n  Billing: {{description: {description}}}\n"),
        );
    }
    place.set("ZOHO_CLIENT_ID", DEMO_CLIENT_ID);
    place.set("ZOHO_CLIENT_SECRET", DEMO_CLIENT_SECRET);
    place.set("ZOHO_REFRESH_TOKEN", &demo_refresh_token(ORGANIZATION));
}

/// Answers `yes` after something was done while the question waited; gives what the terminal showed.
fn answered_late(place: &Place, line: &str, meanwhile: impl FnOnce()) -> (i32, String) {
    let mut terminal = place.on_terminal(&shell_line(&place.command(&words(line))));
    let mut child = terminal.spawn().expect("`script` of util-linux");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut shown = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&shown).contains("Only `yes` will do") {
        assert_eq!(
            stdout.read(&mut byte).expect("text"),
            1,
            "{}",
            String::from_utf8_lossy(&shown)
        );
        shown.push(byte[0]);
    }
    meanwhile();
    writeln!(stdin, "yes").expect("an answer");
    stdout.read_to_end(&mut shown).expect("the rest");
    let code = child.wait().expect("an end").code().expect("no signal");
    drop(stdin);
    (code, String::from_utf8_lossy(&shown).replace('\r', ""))
}

#[test]
fn case_35_what_changed_while_the_prompt_waited_is_looked_at_again() {
    let mut place = Place::empty();
    let server = Server::start(&place, "--dialect openapi");
    two_projects(&server, &mut place);
    place.done("-C ours apply --auto-approve");
    place.edit("ours/desk.yaml", "Invoices", "Our new words");
    let (code, shown) = answered_late(&place, "-C ours apply", || {
        place.done("-C theirs apply --auto-approve");
    });
    assert_eq!(code, 1, "{shown}");
    assert!(
        shown.contains("the plan that was shown no longer holds: `departments/Billing` has changed in Zoho Desk"),
        "{shown}"
    );
    assert!(
        shown.contains("run `deskform apply` again and look at the new plan"),
        "{shown}"
    );
    // What others wrote stands, and the lock is free.
    place.done("-C theirs plan --detailed-exitcode");
    let (code, shown) = answered_late(&place, "-C ours apply", || {});
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Applied 1 of 1 step"), "{shown}");
}

#[test]
fn case_36_a_dumb_terminal_gets_no_colours() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    let plan = shell_line(&place.command(&words("plan")));
    let shown = |term: &str| {
        let mut terminal = place.on_terminal(&format!(
            "env -u NO_COLOR TERM={term} {}",
            plan.replace("NO_COLOR=1 ", "")
        ));
        let output = terminal.output().expect("`script` of util-linux");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let (dumb, able) = (shown("dumb"), shown("xterm"));
    assert!(
        dumb.contains("departments/Billing") && !dumb.contains('\u{1b}'),
        "{dumb:?}"
    );
    assert!(able.contains("\u{1b}["), "{able:?}");
}

#[test]
fn case_36_the_summary_of_an_apply_is_markdown() {
    let place = Place::with(&[("deskform.yaml", OPENAPI), ("desk.yaml", DESK)]);
    place.done("plan --out plan.json");
    let run = place.done("apply plan.json --format markdown");
    assert!(
        run.stdout.starts_with("<!-- deskform apply: local -->\n### deskform apply to `local`\n\n**Applied 4 of 4 steps."),
        "{run}"
    );
    assert!(
        run.stdout
            .contains("#### Applied\n\n- `accounts/Example Corporation`\n"),
        "{run}"
    );
    // Where nothing is to be done that is said in the same form.
    let nothing = place.done("apply --auto-approve --format markdown");
    assert!(nothing.stdout.contains("**No changes: "), "{nothing}");
    assert!(!nothing.stdout.contains("Environment local"), "{nothing}");
}
