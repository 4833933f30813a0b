//! The two pipelines step by step, as a team lives through them.

use std::path::Path;

use deskform::simulator::demo_refresh_token;
use serde_json::json;
use serde_yaml::Value;

use crate::comments::{FIRST, MARKER, SECOND, comment, manifest, only, project};
use crate::files::{text, workflow};
use crate::host::{Host, Issue, ORGANIZATION, Outcome, Project, built};

const DRIFT: &str = "<!-- deskform drift: production -->";

/// A manifest with a webhook of this name beside the account.
fn with_webhook(name: &str) -> String {
    format!(
        "{}webhooks:\n  {name}:\n    url: \"https://hooks.example.com/desk?key=${{secret.HOOK_KEY}}\"\n    subscriptions: {{Ticket_Add: {{}}}}\n",
        manifest("First")
    )
}

/// What is deleted in the repository is shown in the pull request, and gone after the merge.
#[test]
fn a_deleted_webhook_is_deleted() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        let kept = project.live("webhooks", "name");
        project.write("desk.yaml", &with_webhook("Hook"));
        assert!(project.merge(FIRST).succeeded());
        assert_eq!(project.live("webhooks", "name").len(), kept.len() + 1);

        project.write("desk.yaml", &manifest("First"));
        let outcome = project.push(SECOND);
        assert!(outcome.succeeded(), "{outcome:#?}");
        let body = only(&project).body;
        assert!(
            body.contains("1 to delete") && body.contains("webhooks/Hook"),
            "{body}"
        );
        assert_eq!(project.live("webhooks", "name").len(), kept.len() + 1);

        let outcome = project.merge(SECOND);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert_eq!(project.live("webhooks", "name"), kept);
    }
}

/// Runs the pipelines of two merges that come at once, as GitHub does it with this `concurrency`.
fn two_merges(project: &Project, concurrency: &Value) -> Vec<Outcome> {
    let merges = [("one.", FIRST), ("two.", SECOND)];
    let check_in =
        |host: &str| project.write("desk.yaml", &manifest("First").replace("www.", host));
    let begin = |(host, commit): (&str, &str)| {
        check_in(host);
        project.plan_of_merge(commit)
    };
    let group = concurrency.get("group").map(text).unwrap_or_default();
    if !group.is_empty() && !group.contains("${{") {
        // The second waits for the whole first one.
        return merges
            .into_iter()
            .map(|merge| {
                let (mut outcome, needs) = begin(merge);
                project.apply_of_merge(merge.1, &needs, &mut outcome);
                outcome
            })
            .collect();
    }
    // Both plan, and then the first is applied, and then the second.
    let first = begin(merges[0]);
    let artifacts_of_first = project.take_artifacts();
    let second = begin(merges[1]);
    let artifacts_of_second = project.take_artifacts();
    let mut outcomes = Vec::new();
    let planned = [(first, artifacts_of_first), (second, artifacts_of_second)];
    for ((host, commit), ((mut outcome, needs), artifacts)) in merges.into_iter().zip(planned) {
        check_in(host);
        project.put_artifacts(&artifacts);
        project.apply_of_merge(commit, &needs, &mut outcome);
        outcomes.push(outcome);
    }
    outcomes
}

/// G1: the second of two merges plans when the first is applied, so that both are, and the plan that
/// its reviewers see holds nothing of the first.
#[test]
fn a_second_merge_plans_after_the_first() {
    let concurrency = workflow("deskform-apply.yml")["concurrency"].clone();
    let websites = |project: &Project| project.live("accounts", "website");
    let begun = || {
        let project = project(Host::GitHub)?;
        assert!(project.merge(FIRST).succeeded());
        assert_eq!(websites(&project), ["https://www.example.com"]);
        Some(project)
    };
    let Some(one) = begun() else { return };
    let outcomes = two_merges(&one, &concurrency);
    for outcome in &outcomes {
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert_eq!(outcome.names(), ["build", "plan", "apply"]);
    }
    let summary = one.summary();
    assert!(
        summary.contains("one.example.com") && summary.contains("two.example.com"),
        "{summary}"
    );
    assert!(!summary.contains("www.example.com"), "{summary}");
    assert_eq!(websites(&one), ["https://two.example.com"]);

    // Without the group the second plan is none any more when its turn comes, and is refused.
    let Some(other) = begun() else { return };
    let outcomes = two_merges(&other, &Value::Null);
    assert!(outcomes[0].succeeded(), "{outcomes:#?}");
    assert!(!outcomes[1].succeeded(), "{outcomes:#?}");
    assert_eq!(websites(&other), ["https://one.example.com"]);
}

/// L6: where GitLab plans a merge before the one before it is applied, the plan is refused, and what
/// the head of the file says about it helps.
#[test]
fn gitlab_refuses_a_plan_from_before_the_last_apply() {
    let Some(project) = project(Host::GitLab) else {
        return;
    };
    assert!(project.merge(FIRST).succeeded());
    let [first, second] = &two_merges(&project, &Value::Null)[..] else {
        panic!("two merges");
    };
    assert!(first.succeeded(), "{first:#?}");
    assert_eq!(second.jobs.last(), Some(&("apply".to_owned(), false)));
    assert_eq!(
        project.live("accounts", "website"),
        ["https://one.example.com"]
    );
    let again = project.merge(SECOND);
    assert!(again.succeeded(), "{again:#?}");
    assert_eq!(
        project.live("accounts", "website"),
        ["https://two.example.com"]
    );
}

/// What looks needs no key that writes the ledger, whatever it finds.
#[test]
fn plans_and_drift_leave_the_ledger_alone() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        project.write("desk.yaml", &with_webhook("Hook"));
        assert!(project.merge(FIRST).succeeded());
        let check = |job: &str, outcome: &Outcome| {
            assert!(outcome.succeeded(), "{outcome:#?}");
            assert_eq!(outcome.names().last(), Some(&job));
            let [found, left] = project.kept();
            assert!(!found.is_empty() && found == left, "{left:#?}");
        };
        project.write("desk.yaml", &manifest("Second"));
        by_hand(&project, "https://else.example.com");
        if host == Host::GitHub {
            check("plan", &project.push(SECOND));
            check("plan", &project.plan_of_merge(SECOND).0);
        } else {
            check("plan-to-apply", &project.plan_of_merge(SECOND).0);
        }
        check("drift", &project.look_for_drift());
        // Another one is left by what does write it.
        assert!(project.merge(SECOND).succeeded());
        let before = project.kept();
        project.write("desk.yaml", &manifest("Third"));
        assert!(project.merge(SECOND).succeeded());
        assert_ne!(project.kept(), before);
    }
}

/// G2: where there is nothing to do nobody is asked.
#[test]
fn a_merge_that_changes_nothing_waits_for_nobody() {
    let Some(project) = project(Host::GitHub) else {
        return;
    };
    assert_eq!(project.merge(FIRST).names(), ["build", "plan", "apply"]);
    let outcome = project.merge(SECOND);
    assert!(outcome.succeeded(), "{outcome:#?}");
    assert_eq!(outcome.names(), ["build", "plan"]);
    assert!(
        project.summary().contains("No changes"),
        "{}",
        project.summary()
    );
}

/// What the ledger alone takes over is no step and still work: it is applied, and nothing is written to
/// Zoho Desk. After that there is nothing left.
#[test]
fn what_the_ledger_alone_takes_over_is_applied() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        project.desk(|desk| {
            let here = desk.organization_mut(ORGANIZATION).unwrap();
            let live = json!({"accountName": "First", "website": "https://www.example.com"});
            here.insert("accounts", live);
        });
        let (mut outcome, needs) = project.plan_of_merge(FIRST);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert!(outcome.log.contains("to take over") || project.summary().contains("to take over"));
        project.apply_of_merge(FIRST, &needs, &mut outcome);
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert_eq!(outcome.names().last(), Some(&"apply"));
        assert_eq!(project.written(), 0);
        let [kept, _] = project.kept();
        let ledger = kept.get(Path::new("production.json")).expect("a ledger");
        let ledger = String::from_utf8_lossy(ledger);
        assert!(ledger.contains("accounts/First"), "{ledger}");
        if host == Host::GitHub {
            assert_eq!(project.merge(SECOND).names(), ["build", "plan"]);
        }
    }
}

/// G2: what is applied is what was looked at, byte by byte.
#[test]
fn another_plan_than_the_one_that_was_approved_is_refused() {
    let Some(project) = project(Host::GitHub) else {
        return;
    };
    let (mut outcome, needs) = project.plan_of_merge(FIRST);
    assert!(outcome.succeeded(), "{outcome:#?}");
    let plan = project.path("artifacts/plan/plan.json");
    let saved = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, format!("{saved}\n")).unwrap();
    let before = project.written();
    project.apply_of_merge(FIRST, &needs, &mut outcome);
    assert!(
        outcome.jobs.contains(&("apply".to_owned(), false)),
        "{outcome:#?}"
    );
    assert!(outcome.log.contains("FAILED"), "{outcome:#?}");
    assert_eq!(project.written(), before);
}

/// G6, G4: a plan that fails replaces the comment of the pull request, and a comment of somebody else
/// with the marker is left alone.
#[test]
fn a_failing_plan_replaces_the_comment_and_no_other() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        let forged = comment(1, "mallory", &format!("{MARKER}\nNo changes."));
        project.set_comments(std::slice::from_ref(&forged));
        assert!(project.push(FIRST).succeeded());
        let planned = project.comments();
        assert_eq!(planned.len(), 2, "{planned:#?}");
        assert!(planned[1].body.contains("accounts/First"));

        project.write("desk.yaml", "accounts: [\n");
        assert!(!project.push(SECOND).succeeded());
        let failed = project.comments();
        assert_eq!(failed.len(), 2, "{failed:#?}");
        assert_eq!(failed[0], forged);
        assert_eq!(failed[1].id, planned[1].id);
        assert!(failed[1].body.contains("failed") && failed[1].body.contains(SECOND));
    }
}

/// G8, L3: what a pull request can reach cannot write, whatever it runs; the organization refuses.
#[test]
fn the_credentials_of_a_plan_cannot_write() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        // A pull request in which the plan is an apply.
        project.replace_deskform(
            "#!/bin/bash\nexport DESKFORM_CACHE='@STATE@/cache'\n[ \"$1\" = auth ] || set -- apply --auto-approve\nexec '@DESKFORM@' \"$@\"\n",
        );
        let outcome = project.push(FIRST);
        assert!(
            outcome.jobs.contains(&("plan".to_owned(), false)),
            "{outcome:#?}"
        );
        assert!(outcome.log.contains("lacks a scope"), "{outcome:#?}");
        assert_eq!(project.written(), 0);

        // Where deskform does not know it, and nothing is proved, Zoho Desk refuses.
        project.tell_no_scopes();
        project.replace_deskform(
            "#!/bin/bash\n[ \"$1\" != auth ] || exit 0\nexport DESKFORM_CACHE='@STATE@/another'\nexec '@DESKFORM@' apply --auto-approve\n",
        );
        let outcome = project.push(SECOND);
        assert!(
            outcome.jobs.contains(&("plan".to_owned(), false)),
            "{outcome:#?}"
        );
        assert!(outcome.log.contains("SCOPE_MISMATCH"), "{outcome:#?}");
        assert_eq!(project.written(), 1);
        assert_eq!(
            project.live("accounts", "accountName"),
            Vec::<String>::new()
        );
    }
}

/// G8: where the secrets of the two environments were mixed up the plan says so and is none.
#[test]
fn a_plan_with_a_token_that_can_write_is_refused() {
    for host in Host::ALL {
        let Some(mut project) = project(host) else {
            return;
        };
        project.set_secret(
            "production-plan",
            "PROD_REFRESH_TOKEN",
            demo_refresh_token(ORGANIZATION),
        );
        let outcome = project.push(FIRST);
        assert!(
            outcome.jobs.contains(&("plan".to_owned(), false)),
            "{outcome:#?}"
        );
        let body = only(&project).body;
        assert!(body.contains("the token can write"), "{body}");
        let merge = project.merge(FIRST);
        assert!(
            !merge.succeeded() && !merge.names().contains(&"apply"),
            "{merge:#?}"
        );
        assert!(!project.look_for_drift().succeeded());
        assert_eq!(project.written(), 0);
    }
}

/// Somebody changes in Zoho Desk what deskform manages.
fn by_hand(project: &Project, website: &str) {
    project.desk(|desk| {
        let here = desk.organization_mut(ORGANIZATION).unwrap();
        let account = here.find("accounts", "accountName", "First").unwrap();
        let id = account["id"].as_str().unwrap();
        assert!(here.change("accounts", id, |account| {
            account.insert("website".to_owned(), json!(website));
        }));
    });
}

fn issue(number: u64, author: &str, body: &str, pull: bool) -> Issue {
    Issue {
        number,
        author: author.to_owned(),
        title: "Something".to_owned(),
        body: body.to_owned(),
        state: "open".to_owned(),
        pull,
    }
}

/// G9: drift opens an issue, keeps it, and closes it; issues of others and pull requests are not
/// taken.
#[test]
fn drift_has_one_issue() {
    let Some(project) = project(Host::GitHub) else {
        return;
    };
    assert!(project.merge(FIRST).succeeded());
    let bot = Host::GitHub.bot();
    let others = [
        issue(1, "mallory", &format!("{DRIFT}\nNothing."), false),
        issue(2, bot, &format!("{DRIFT}\nA pull request."), true),
        issue(3, bot, "<!-- deskform drift: sandbox -->\n", false),
    ];
    project.set_issues(&others);
    project.writes();
    let look = |expected: &[&str]| {
        let outcome = project.look_for_drift();
        assert!(outcome.succeeded(), "{outcome:#?}");
        assert_eq!(project.writes(), expected);
        let issues = project.issues();
        assert_eq!(issues[..3], others);
        issues.into_iter().nth(3)
    };
    assert_eq!(look(&[]), None);

    by_hand(&project, "https://else.example.com");
    let found = look(&["POST repos/acme/desk/issues"]).expect("an issue");
    assert_eq!((found.state.as_str(), found.author.as_str()), ("open", bot));
    assert_eq!(found.title, "Zoho Desk has drifted: production");
    assert!(found.body.starts_with(DRIFT) && found.body.contains("else.example.com"));
    assert!(
        found
            .body
            .contains("by [this run](https://github.com/acme/desk/actions/runs/99)")
    );

    by_hand(&project, "https://again.example.com");
    let patch = format!("PATCH repos/acme/desk/issues/{}", found.number);
    let kept = look(&[&patch]).expect("an issue");
    assert_eq!((kept.number, kept.state.as_str()), (found.number, "open"));
    assert!(kept.body.contains("again.example.com") && !kept.body.contains("else.example.com"));

    by_hand(&project, "https://www.example.com");
    let closed = look(&[&patch]).expect("an issue");
    assert_eq!(
        (closed.number, closed.state.as_str()),
        (found.number, "closed")
    );
    assert_eq!(look(&[]), Some(closed));

    // What could not be looked at is no finding, and closes nothing.
    project.write("desk.yaml", "accounts: [\n");
    assert!(!project.look_for_drift().succeeded());
    assert_eq!(project.writes(), Vec::<String>::new());
}

/// L7: drift warns, with a report; a failure is red.
#[test]
fn gitlab_warns_of_drift() {
    let Some(project) = project(Host::GitLab) else {
        return;
    };
    assert!(project.merge(FIRST).succeeded());
    by_hand(&project, "https://else.example.com");
    assert!(project.look_for_drift().succeeded());
    let report = project.path("artifacts/drift/drift.md");
    let report = std::fs::read_to_string(report).unwrap();
    assert!(
        report.starts_with(DRIFT) && report.contains("else.example.com"),
        "{report}"
    );
    project.write("desk.yaml", "accounts: [\n");
    assert!(!project.look_for_drift().succeeded());
}

/// L9: the merge request shows the counts of the plan; where there is none it shows none.
#[test]
fn gitlab_shows_the_counts_of_a_plan() {
    let Some(project) = project(Host::GitLab) else {
        return;
    };
    assert!(project.push(FIRST).succeeded());
    let counts = || project.report("terraform");
    assert_eq!(
        counts(),
        Some(json!({"create": 1, "update": 0, "delete": 0}))
    );
    assert!(project.merge(FIRST).succeeded());
    project.write("desk.yaml", &manifest("First").replace("www.", "new."));
    assert!(project.push(SECOND).succeeded());
    assert_eq!(
        counts(),
        Some(json!({"create": 0, "update": 1, "delete": 0}))
    );
    project.write("desk.yaml", "accounts: [\n");
    assert!(!project.push(SECOND).succeeded());
    assert_eq!(counts(), None);
}

/// L9: the merge request shows what is wrong at its line; it needs no secret for that.
#[test]
fn gitlab_shows_problems_at_their_lines() {
    let Some(project) = project(Host::GitLab) else {
        return;
    };
    assert!(project.validate().succeeded());
    assert_eq!(project.report("codequality"), Some(json!([])));
    project.write(
        "desk.yaml",
        "accounts:\n  First: {webside: x}\n  \"`${{ x }}`\": {website: [1]}\n",
    );
    let outcome = project.validate();
    assert!(
        outcome.jobs.contains(&("validate".to_owned(), false)),
        "{outcome:#?}"
    );
    assert!(
        outcome.log.contains("did you mean `website`?"),
        "{outcome:#?}"
    );
    let report = project.report("codequality").expect("a report");
    let report = report.as_array().expect("a list");
    let shown: Vec<(&str, &str, u64)> = report
        .iter()
        .map(|found| {
            let text = |key: &str| found[key].as_str().expect("a text");
            let location = &found["location"];
            assert_eq!(
                (&location["path"], text("severity")),
                (&json!("desk.yaml"), "major")
            );
            let line = location["lines"]["begin"].as_u64().expect("a line");
            (text("check_name"), text("description"), line)
        })
        .collect();
    assert!(
        shown.contains(&("unknown-key", "accounts have no field `webside`", 2)),
        "{shown:?}"
    );
    assert!(shown.iter().any(|(_, _, line)| *line == 3), "{shown:?}");
    let prints: std::collections::BTreeSet<String> = report
        .iter()
        .map(|found| found["fingerprint"].to_string())
        .collect();
    assert_eq!(prints.len(), report.len(), "{report:#?}");
}

/// L8: a program that is not the one that was built does not run there either.
#[test]
fn gitlab_checks_the_program() {
    let Some(project) = project(Host::GitLab) else {
        return;
    };
    let (mut outcome, needs) = project.plan_of_merge(FIRST);
    project.tamper();
    project.apply_of_merge(FIRST, &needs, &mut outcome);
    assert!(
        !outcome.succeeded() && !project.holds("pwned"),
        "{outcome:#?}"
    );
    assert_eq!(project.written(), 0);
}

/// The stubs can fail: a job that waits for a plan gets none without its checksum.
#[test]
fn without_a_plan_nothing_is_applied() {
    let Some(project) = project(Host::GitHub) else {
        return;
    };
    let (outcome, needs) = project.plan_of_merge(FIRST);
    assert!(outcome.succeeded(), "{outcome:#?}");
    let sha256 = &needs[&("build".to_owned(), "sha256".to_owned())];
    let (done, _) = project.github("deskform-apply.yml", "apply", FIRST, &built(sha256));
    assert!(!done);
    assert_eq!(project.written(), 0);
}

/// What jobs hand on to each other and to people holds neither a credential nor another secret.
#[test]
fn what_is_handed_on_holds_no_secret() {
    for host in Host::ALL {
        let Some(project) = project(host) else { return };
        project.write("desk.yaml", &with_webhook("Hook"));
        let mut texts = String::new();
        for step in 0..3 {
            let outcome = match step {
                0 => project.push(FIRST),
                1 => project.merge(FIRST),
                _ => project.look_for_drift(),
            };
            assert!(outcome.succeeded(), "{outcome:#?}");
            texts += &outcome.log;
            texts += &project.summary();
            texts += &project.handed_on();
        }
        texts += &only(&project).body;
        assert!(texts.contains("webhooks/Hook"), "{texts}");
        assert!(texts.contains("\"steps\""), "a saved plan is among them");
        for environment in ["production-plan", "production"] {
            // The client's id is no secret.
            for name in ["PROD_CLIENT_SECRET", "PROD_REFRESH_TOKEN", "HOOK_KEY"] {
                let secret = project.secret(environment, name).unwrap();
                assert!(!texts.contains(secret), "{host:?}: {name}");
            }
        }
        assert!(!texts.contains("Zoho-oauthtoken") && !texts.contains(".access."));
        // Nor does a saved plan say where it goes.
        assert!(!texts.contains("127.0.0.1"), "{texts}");
    }
}
