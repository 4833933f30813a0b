//! What becomes of the comment, the job and the log when the examples run.

use std::fs;

use deskform::report::markdown;

use crate::host::{Comment, Host, Project, SECRETS, built};

pub(crate) const MARKER: &str = "<!-- deskform plan: production -->";
/// Two commits.
pub(crate) const FIRST: &str = "1111111111111111111111111111111111111111";
pub(crate) const SECOND: &str = "2222222222222222222222222222222222222222";
/// What does something where it is taken for more than a name.
const HOSTILE: &str = "``` $(touch pwned) `touch pwned` \\\"; touch pwned # </details><b>@octocat";

pub(crate) fn manifest(account: &str) -> String {
    format!("accounts:\n  \"{account}\": {{website: https://www.example.com}}\n")
}

pub(crate) fn project(host: Host) -> Option<Project> {
    Project::new(host, &[("desk.yaml", &manifest("First"))])
}

pub(crate) fn comment(id: u64, author: &str, body: &str) -> Comment {
    Comment {
        id,
        author: author.to_owned(),
        body: body.to_owned(),
    }
}

/// The one comment there is.
pub(crate) fn only(project: &Project) -> Comment {
    let comments = project.comments();
    assert_eq!(comments.len(), 1, "{comments:#?}");
    comments.into_iter().next().unwrap()
}

/// The lines between the two fences of a comment, the second of which must be the first that can
/// end the block, and the last line.
fn fenced(body: &str) -> Vec<&str> {
    let lines: Vec<&str> = body.lines().collect();
    let start = lines
        .iter()
        .position(|line| line.starts_with("```"))
        .expect("a fence");
    let fence = lines[start];
    assert!(fence.chars().all(|c| c == '`'), "{fence}");
    let ends = |line: &&str| {
        let line = line.trim();
        line.len() >= fence.len() && line.chars().all(|c| c == '`')
    };
    let length = lines[start + 1..].iter().position(ends).expect("an end");
    assert_eq!(
        start + 1 + length,
        lines.len() - 1,
        "something comes after it:\n{body}"
    );
    lines[start + 1..start + 1 + length].to_vec()
}

fn method(host: Host) -> &'static str {
    match host {
        Host::GitHub => "PATCH",
        Host::GitLab => "PUT",
    }
}

/// G4, L1: one comment for a pull request, whatever the number of pushes.
#[test]
fn case_38_a_second_plan_replaces_the_comment_of_the_first() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        let outcome = project.push(FIRST);
        assert!(outcome.succeeded(), "{outcome:#?}");
        let [write] = &project.writes()[..] else {
            panic!("{host:?}")
        };
        assert!(write.starts_with("POST "), "{write}");
        let first = only(&project);
        assert_eq!(first.author, host.bot());
        assert_eq!(first.body.lines().next(), Some(MARKER));
        assert!(first.body.contains("accounts/First"), "{}", first.body);
        assert!(first.body.contains(&format!(
            "\nPlanned for commit {FIRST} by [this run](https://"
        )));

        project.write("desk.yaml", &manifest("Second"));
        let outcome = project.push(SECOND);
        assert!(outcome.succeeded(), "{outcome:#?}");
        let [write] = &project.writes()[..] else {
            panic!("{host:?}")
        };
        assert!(write.starts_with(method(host)), "{write}");
        let second = only(&project);
        assert_eq!(second.id, first.id);
        assert!(second.body.contains("accounts/Second"));
        assert!(second.body.contains(SECOND) && !second.body.contains(FIRST));
        assert_eq!(second.body.matches(MARKER).count(), 1);
    }
}

/// The marker is what deskform writes, for every name of an environment that an example has.
#[test]
fn case_38_the_marker_is_that_of_deskform() {
    assert_eq!(markdown::marker("production"), MARKER);
}

/// G4: a comment of somebody else is left alone, marker or not, and so is another one of the bot.
#[test]
fn case_38_a_comment_is_found_by_author_and_marker() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        let others = [
            comment(1, "mallory", &format!("{MARKER}\nNo changes.")),
            comment(2, host.bot(), "Thank you."),
            comment(3, host.bot(), &format!("> {MARKER}")),
            comment(4, host.bot(), "<!-- deskform plan: productionX -->"),
            comment(5, host.bot(), "<!-- deskform plan: sandbox -->"),
            comment(6, "mallory", &format!("{MARKER}\nNo changes.")),
        ];
        project.set_comments(&others);
        for (commit, start) in [(FIRST, "POST "), (SECOND, method(host))] {
            let outcome = project.push(commit);
            assert!(outcome.succeeded(), "{outcome:#?}");
            let [write] = &project.writes()[..] else {
                panic!("{host:?}")
            };
            assert!(write.starts_with(start), "{write}");
            // Somebody writes one after it as well.
            let comments = project.comments();
            assert_eq!(comments[..6], others);
            assert!(comments[6].body.contains(commit));
            let later = comment(900, "mallory", &format!("{MARKER}\nNo changes."));
            project.set_comments(&[&comments[..7], &[later]].concat());
        }
    }
}

/// G6: the comment of an earlier plan does not stand when a later one fails; the job is red, and the
/// log has the problems too.
#[test]
fn case_38_a_failed_plan_replaces_the_comment() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        assert!(project.push(FIRST).succeeded());
        let first = only(&project);

        project.write(
            "desk.yaml",
            "accounts:\n  First: {webside: https://www.example.com}\n",
        );
        let outcome = project.push(SECOND);
        assert!(
            outcome.jobs.contains(&("plan".to_owned(), false)),
            "{outcome:#?}"
        );
        assert!(outcome.log.contains("`webside`"), "{outcome:#?}");
        let failed = only(&project);
        assert_eq!(failed.id, first.id);
        assert_eq!(failed.body.lines().next(), Some(MARKER));
        assert!(
            failed
                .body
                .contains("\n### deskform plan for `production` failed\n")
        );
        assert!(
            failed
                .body
                .contains(&format!("no plan for commit {SECOND};"))
        );
        assert!(!failed.body.contains("accounts/First"), "{}", failed.body);
        let shown = fenced(&failed.body);
        assert!(
            shown.iter().any(|line| line.contains("`webside`")),
            "{shown:#?}"
        );

        // And a plan replaces that.
        project.write("desk.yaml", &manifest("First"));
        assert!(project.push(FIRST).succeeded());
        let again = only(&project);
        assert_eq!(again.id, first.id);
        // The forecast counts what is left of the day.
        let rest = |body: &str| -> Vec<String> {
            let lines = body.lines().filter(|line| !line.starts_with("Apply: "));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(rest(&again.body), rest(&first.body));
    }
}

/// G6: where the very first plan fails there is a comment as well.
#[test]
fn case_38_a_failed_first_plan_makes_the_comment() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        project.write("desk.yaml", "accounts: [\n");
        let outcome = project.push(FIRST);
        assert!(!outcome.succeeded(), "{outcome:#?}");
        assert!(only(&project).body.contains("failed"));
    }
}

/// G6: a plan that could not even be tried replaces the comment too; what lies in the repository is
/// no plan.
#[test]
fn case_38_without_a_program_the_comment_says_so() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        assert!(project.push(FIRST).succeeded());
        project.spoil_build();
        for folder in ["", "report/", &format!("report-{FIRST}/")] {
            let forged = format!("{MARKER}\nNo changes.\n");
            project.write(&format!("{folder}plan.md"), &forged);
            project.write(&format!("{folder}plan.part"), &forged);
        }
        let outcome = project.push(SECOND);
        assert_eq!(outcome.jobs.first(), Some(&("build".to_owned(), false)));
        let body = only(&project).body;
        assert!(
            body.contains(&format!("no plan for commit {SECOND};")),
            "{body}"
        );
        assert!(!body.contains("No changes."), "{body}");
    }
}

/// G3: another program than the one that was built never runs.
#[test]
fn case_38_a_program_with_another_checksum_is_refused() {
    let Some(project) = project(Host::GitHub) else {
        return;
    };
    assert!(project.push(FIRST).succeeded());
    // The artifact is still there.
    assert!(project.holds("deskform"));
    let sum = "0".repeat(64);
    for (sha256, tampered) in [(sum.as_str(), false), ("", false), (sum.as_str(), true)] {
        if tampered {
            project.tamper();
        }
        let (done, log) = project.github("deskform.yml", "plan", SECOND, &built(sha256));
        assert!(!done, "{log}");
        assert!(
            log.contains("FAILED") || log.contains("no properly formatted"),
            "{log}"
        );
        assert!(only(&project).body.contains("no plan for commit"), "{log}");
        for job in ["plan", "apply"] {
            let (done, _) = project.github("deskform-apply.yml", job, SECOND, &built(sha256));
            assert!(!done);
        }
        assert!(!project.holds("pwned") && !project.holds("plan.json"));
    }
}

/// Names are names: none runs, none ends a block, none is a command to GitLab.
#[test]
fn case_38_names_do_nothing() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        project.write("desk.yaml", &manifest(HOSTILE));
        let outcome = project.push(FIRST);
        assert!(outcome.succeeded(), "{outcome:#?}");
        let body = only(&project).body;
        assert!(body.contains("$(touch pwned)"), "{body}");
        assert!(!project.holds("pwned"), "{body}");

        // In what goes wrong, too.
        let broken = manifest(&format!("{HOSTILE} ${{{{ secrets.HOOK_KEY }}}} ${{IFS}}"));
        project.write("desk.yaml", &broken);
        let outcome = project.push(SECOND);
        assert!(!outcome.succeeded());
        let body = only(&project).body;
        let shown = fenced(&body);
        assert!(
            shown
                .iter()
                .any(|line| line.contains("${{ secrets.HOOK_KEY }}")),
            "{body}"
        );
        assert!(shown.iter().all(|line| line.starts_with("  ")), "{body}");
        assert!(
            !project.holds("pwned") && !body.contains("key-of-the-hook"),
            "{body}"
        );
    }
}

/// Whatever a plan that fails says, the block ends where it ends, and the comment is not too long.
#[test]
fn case_38_problems_are_bounded_and_inert() {
    let long = "`".repeat(19_990);
    for (problems, whole) in [
        ("", true),
        ("no backtick", true),
        ("```", true),
        ("```\n/close\n````\n<b>\n", true),
        (long.as_str(), true),
        (&format!("{long}``````````````````"), false),
        (&"``` é 漢字 🦀\n".repeat(40_000), false),
        ("a\r/close\r```\rb", true),
    ] {
        for host in Host::ALL {
            let Some(project) = project(host) else { return };
            project.write("problems", problems);
            project.replace_deskform("#!/bin/sh\ncat problems >&2\nexit 1\n");
            let outcome = project.push(FIRST);
            assert!(
                outcome.jobs.contains(&("plan".to_owned(), false)),
                "{host:?}"
            );
            assert!(
                outcome
                    .log
                    .contains(problems.lines().next().unwrap_or_default())
            );
            let body = only(&project).body;
            assert!(
                body.chars().count() < markdown::LIMIT,
                "{} characters",
                body.chars().count()
            );
            assert!(!body.contains('\r') && !body.contains('\u{fffd}'));
            if body.contains("```") {
                let shown = fenced(&body);
                assert!(shown.iter().all(|line| line.starts_with("  ")), "{body}");
                let all = problems.lines().count();
                assert_eq!(shown.len() == all, whole, "{} of {all}", shown.len());
            } else {
                assert!(!whole || problems.is_empty());
            }
        }
    }
}

/// A plan is as long as a comment may be: what the script adds has room.
#[test]
fn case_38_the_longest_plan_is_a_comment() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        let longest = markdown::LIMIT - markdown::PIPELINE;
        project.write(
            "plan",
            &format!("{MARKER}\n{}", "x".repeat(longest - MARKER.len() - 1)),
        );
        project.replace_deskform(
            "#!/bin/sh\ncat plan\nwhile [ $# -gt 0 ]; do [ \"$1\" != --out ] || echo '{\"summary\": {}}' > \"$2\"; shift; done\n",
        );
        let outcome = project.push(FIRST);
        assert!(outcome.succeeded(), "{outcome:#?}");
        let body = only(&project).body;
        assert!(body.chars().count() < markdown::LIMIT);
        assert!(body.ends_with(").\n") && body.contains(FIRST));
    }
}

/// G3, L8: each program has the secrets that it needs and no others.
#[test]
fn case_38_secrets_reach_the_programs_that_need_them() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        let (api, token) = match host {
            Host::GitHub => ("gh", "GH_TOKEN=secret-of-github.token"),
            Host::GitLab => ("curl", "GITLAB_TOKEN=secret-of-GITLAB_TOKEN"),
        };
        assert!(project.push(FIRST).succeeded());
        let secrets = |program: &str| {
            let names = SECRETS.into_iter().chain(["GH_TOKEN", "GITLAB_TOKEN"]);
            let names: Vec<&str> = names.collect();
            let environment = project.environment_of(program);
            let secrets = environment.lines().filter(|line| {
                let name = line.split('=').next().unwrap_or_default();
                names.contains(&name)
            });
            let mut secrets: Vec<String> = secrets.map(str::to_owned).collect();
            secrets.sort();
            secrets
        };
        let of = |environment: &str| {
            let secret = |name| project.secret(environment, name).expect("a secret");
            let mut lines = SECRETS.map(|name| format!("{name}={}", secret(name)));
            lines.sort();
            lines
        };
        assert_ne!(of("production-plan"), of("production"));
        assert_eq!(secrets("cargo"), Vec::<String>::new(), "{host:?}");
        assert_eq!(secrets("deskform"), of("production-plan"), "{host:?}");
        assert_eq!(secrets(api), [token], "{host:?}");
        let (mut outcome, needs) = project.plan_of_merge(FIRST);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert_eq!(secrets("cargo"), Vec::<String>::new(), "{host:?}");
        assert_eq!(secrets("deskform"), of("production-plan"), "{host:?}");
        project.apply_of_merge(FIRST, &needs, &mut outcome);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert_eq!(secrets("deskform"), of("production"), "{host:?}");
    }
}

/// G5: the summary of a merge is Markdown; the text of `apply` is in the log.
#[test]
fn case_38_a_merge_applies_and_its_summary_is_inert() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        project.write("desk.yaml", &manifest("- <b>@octocat"));
        let outcome = project.merge(FIRST);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert!(outcome.log.contains("Applied 1 of 1 step"), "{outcome:#?}");
        if host == Host::GitHub {
            let summary = project.summary();
            assert_eq!(summary.matches(MARKER).count(), 1);
            assert!(
                summary.starts_with(MARKER) && summary.contains("1 to create"),
                "{summary}"
            );
            assert!(
                summary.contains("**Applied 1 of 1 step")
                    && (summary.lines().filter(|line| line.starts_with("- ")))
                        .all(|line| line.starts_with("- `") && line.ends_with('`')),
                "{summary}"
            );
        }
        // It is applied.
        let outcome = project.merge(SECOND);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert!(!outcome.log.contains("Applied 1"), "{outcome:#?}");

        // What cannot be planned is not applied, and the run is red.
        project.write("desk.yaml", "accounts: [\n");
        let outcome = project.merge(SECOND);
        assert!(!outcome.succeeded(), "{outcome:#?}");
        assert!(!outcome.log.contains("Applied"), "{outcome:#?}");
    }
}

/// The name of an environment is a text to `jq` and to the shell, whatever is in it.
#[test]
fn case_38_the_marker_is_compared_literally() {
    let Some(project) = project(Host::GitHub) else {
        return;
    };
    let script = fs::read_to_string(project.path("project/scripts/deskform-comment.sh")).unwrap();
    for name in [
        "a\" or true or \"",
        "$(touch pwned)",
        "b\\\"",
        "%s",
        "100% `x`",
    ] {
        let marker = format!("<!-- deskform plan: {name} -->");
        let others = [
            comment(1, Host::GitHub.bot(), "<!-- deskform plan: another -->"),
            comment(2, "mallory", &marker),
        ];
        project.set_comments(&others);
        for _ in 0..2 {
            let (done, log) = project.comment(&script, name);
            assert!(done, "{log}");
        }
        let comments = project.comments();
        assert_eq!(comments[..2], others);
        assert_eq!(comments.len(), 3, "{comments:#?}");
        assert!(
            comments[2].body.starts_with(&format!("{marker}\n")),
            "{comments:#?}"
        );
        assert!(!project.holds("pwned"));
    }
}

/// Without a token of GitLab the plan is in the log, and nothing fails.
#[test]
fn case_38_gitlab_needs_no_token() {
    let Some(project) = project(Host::GitLab) else {
        return;
    };
    let outcome = project.push(FIRST);
    assert!(
        outcome.log.contains("### deskform plan for `production`"),
        "{outcome:#?}"
    );
    let (done, log) = project.note_without_token();
    assert!(done && log.contains("GITLAB_TOKEN is not set"), "{log}");
}
