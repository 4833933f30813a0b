//! E-mail templates as a user meets them: what the server makes of HTML, and texts in files.

#![expect(clippy::panic, reason = "a test panics to fail")]

mod command;

use command::{Place, Run};

const LEDGER: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";
const NO_LEDGER: &str = "environments:\n  local: {simulator: {dialect: openapi}, ledger: none}\n";
const STATE: &str = ".deskform/local.simulator.json";

fn template(name: &str, body: &str) -> String {
    format!(
        "  {name}:\n    department: {{lookup: Example Company}}\n    folder: Replies\n    recordType: tickets\n    \
         subject: Hello\n    from: support@example.com\n    body: '{body}'\n"
    )
}

fn desk(templates: &[(&str, &str)]) -> String {
    let all: String = templates
        .iter()
        .map(|(name, body)| template(name, body))
        .collect();
    format!(
        "templateFolders: {{Replies: {{department: {{lookup: Example Company}}, access: {{type: allAgents}}}}}}\n\
         emailTemplates:\n{all}"
    )
}

/// A project whose templates are applied already; the simulator takes scripts out of them.
fn applied(project: &str) -> Place {
    let desk = desk(&[
        ("Welcome", "<P>Hello</P><script>x()</script>"),
        ("Bye", "<b>Bye</b><script>y()</script>"),
    ]);
    let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", &desk)]);
    place.done("apply --auto-approve");
    let state = place.read(STATE);
    assert!(state.contains("<p>Hello</p>"), "{state}");
    assert!(!state.contains("<script"), "{state}");
    place
}

fn steps(place: &Place, expected: &str) -> Run {
    let run = place.done("plan");
    assert!(run.stdout.contains(expected), "{run}");
    run
}

#[test]
fn what_the_server_has_rewritten_is_no_difference() {
    let place = applied(LEDGER);
    let run = place.run("plan --detailed-exitcode");
    assert_eq!(run.code, 0, "{run}");
    assert!(!run.stderr.contains("warning"), "{run}");
    assert_eq!(place.run("drift").code, 0);
    // Another spelling of what was stored is no difference either.
    place.edit(STATE, "<p>Hello</p>", "<P >Hello</P>\\n");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    // Somebody changes one in Zoho Desk.
    place.edit(STATE, "Hello</P>", "Good day</P>");
    let run = place.run("drift");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stdout.contains("Good day"), "{run}");
    steps(&place, "~ update emailTemplates/Welcome");
    place.done("apply --auto-approve");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    // And somebody changes one in the repository, where the server takes the same away.
    place.edit("desk.yaml", "Hello</P>", "Welcome</P>");
    let run = steps(&place, "~ update emailTemplates/Welcome");
    assert!(!run.stdout.contains("emailTemplates/Bye"), "{run}");
    place.done("apply --auto-approve");
    assert!(place.read(STATE).contains("<p>Welcome</p>"));
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn without_a_ledger_nothing_tells_what_was_rewritten() {
    let place = applied(NO_LEDGER);
    for line in ["plan --detailed-exitcode", "drift"] {
        let run = place.run(line);
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(run.stderr.matches("nothing tells").count(), 1, "{run}");
        assert!(run.stderr.contains("and 1 more differs"), "{run}");
    }
    // What was taken over is compared from the first apply with a ledger on.
    place.write("deskform.yaml", LEDGER);
    steps(&place, "2 to update");
    place.done("apply --auto-approve");
    let run = place.run("plan --detailed-exitcode");
    assert_eq!(run.code, 0, "{run}");
    assert!(!run.stderr.contains("nothing tells"), "{run}");
}

/// What is no HTML is not rewritten, so that a difference is one, with a ledger or without.
#[test]
fn a_plain_text_is_compared_as_it_is() {
    let text =
        desk(&[("Plain", "Hello you")]).replace("body:", "contentType: plaintext\n    body:");
    let place = Place::with(&[("deskform.yaml", NO_LEDGER), ("desk.yaml", &text)]);
    place.done("apply --auto-approve");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    place.edit("desk.yaml", "Hello you", "Hello  you");
    steps(&place, "~ update emailTemplates/Plain");
}

/// A template that says that it is plain text shows its tags, so that each blank between them counts.
#[test]
fn tags_in_a_plain_text_are_no_html() {
    let text = desk(&[("Plain", "<b>Hello</b> you")])
        .replace("body:", "contentType: plaintext\n    body:");
    for project in [LEDGER, NO_LEDGER] {
        let place = Place::with(&[("deskform.yaml", project), ("desk.yaml", &text)]);
        place.done("apply --auto-approve");
        assert_eq!(place.run("plan --detailed-exitcode").code, 0);
        place.edit("desk.yaml", "</b> you", "</b>  you");
        steps(&place, "~ update emailTemplates/Plain");
        place.done("apply --auto-approve");
        assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    }
}

/// A project whose one template has its body in a file.
fn in_a_file(text: &str) -> Place {
    let desk = desk(&[("Welcome", "BODY")]).replace("'BODY'", "{file: texts/welcome.html}");
    Place::with(&[
        ("deskform.yaml", LEDGER),
        ("desk.yaml", &desk),
        ("texts/welcome.html", text),
    ])
}

#[test]
fn the_text_of_a_file_is_part_of_what_is_wanted() {
    let place = in_a_file("<p>Hello</p>\r\n");
    place.done("plan --out saved.json");
    // A saved plan is not applied to another text, though no manifest has changed.
    place.write("texts/welcome.html", "<p>Welcome</p>\n");
    let run = place.refused("apply saved.json");
    assert!(run.stderr.contains("plan"), "{run}");
    place.done("apply --auto-approve");
    assert!(place.read(STATE).contains("<p>Welcome</p>"));
    // What does not count is no difference.
    place.write("texts/welcome.html", "<p>Welcome</p>\r\n\r\n");
    assert_eq!(place.run("plan --detailed-exitcode").code, 0);
    place.write("texts/welcome.html", "<p>Bye, ${var.who}</p>");
    let run = place.refused("validate");
    assert!(run.stderr.contains("texts/welcome.html:1:"), "{run}");
}

#[test]
fn a_key_in_a_file_is_warned_of() {
    let place = in_a_file("<p>Hello</p>\n<p>ghp_0123456789abcdefghij</p>\n");
    let run = place.done("validate");
    assert!(run.stderr.contains("looks like a key in clear"), "{run}");
    assert!(run.stderr.contains("texts/welcome.html:2:4"), "{run}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_to_a_text() {
    let place = in_a_file("<p>Hello</p>");
    place.write("outside.txt", "secret");
    for (path, link, to) in [
        ("texts/linked.html", "texts/linked.html", "../outside.txt"),
        ("linked/welcome.html", "linked", "texts"),
    ] {
        std::os::unix::fs::symlink(to, place.path(link)).expect("a link");
        let desk = desk(&[("Welcome", "BODY")]).replace("'BODY'", &format!("{{file: {path}}}"));
        place.write("desk.yaml", &desk);
        let run = place.refused("validate");
        assert!(run.stderr.contains("symbolic link"), "{run}");
        assert!(!run.stderr.contains("secret"), "{run}");
    }
}

/// How many reads a plan forecasts.
fn reads(run: &Run) -> u32 {
    let told = run.stdout.split("Apply: ").nth(1);
    let number = told.and_then(|told| told.split(' ').next());
    let number = number.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no reads are told: {run}"))
}

#[test]
fn placeholders_are_asked_for_once() {
    let without = desk(&[("Welcome", "<p>Id</p>"), ("Bye", "<p>Subject</p>")]);
    let place = Place::with(&[("deskform.yaml", LEDGER), ("desk.yaml", &without)]);
    let before = reads(&place.done("plan"));
    let desk = desk(&[
        ("Welcome", "<p>${Tickets.Ticket Id}</p>"),
        ("Bye", "<p>${Tickets.Subject}, ${User.First Name}</p>"),
    ]);
    place.write("desk.yaml", &desk);
    assert_eq!(reads(&place.done("plan")), before + 1);
    place.done("apply --auto-approve");
    // What is sent no more is not asked for.
    place.edit("desk.yaml", "subject: Hello", "subject: Hello you");
    let run = steps(&place, "2 to update");
    assert_eq!(reads(&run), before, "{run}");
    place.edit("desk.yaml", "${Tickets.Subject}", "${Tickets.Subjekt}");
    let run = place.refused("plan");
    assert!(
        run.stderr.contains("did you mean `${Tickets.Subject}`?"),
        "{run}"
    );
    // A lenient environment leaves it to the server.
    place.write(
        "deskform.yaml",
        "environments:\n  local: {simulator: {dialect: openapi}, schema: lenient}\n",
    );
    steps(&place, "~ update emailTemplates/Bye");
}
