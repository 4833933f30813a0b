//! What holds over all files, whatever the jobs and steps are.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use crate::command::repository;
use crate::files::{
    commands, entries, environment_of, holds, list, pipeline, pipeline_jobs, script, text,
    workflow, workflows,
};

/// Programs that run code of others while they build.
const COMPILERS: [&str; 5] = ["cargo", "rustc", "npm", "pip", "make"];

fn compiles(script: &str) -> bool {
    commands(script).iter().any(|line| {
        line.split_whitespace()
            .any(|word| COMPILERS.contains(&word))
    })
}

/// The names of the variables with a secret of the repository, and of those with the job's token.
fn secrets(env: &Value) -> (Vec<String>, Vec<String>) {
    let named = |mark: &str| {
        entries(env)
            .filter(|(_, value)| text(value).contains(mark))
            .map(|(name, _)| name)
            .collect()
    };
    (named("secrets."), named("github.token"))
}

fn mentions_secrets(value: &Value) -> bool {
    let text = text(value);
    text.contains("secrets") || text.contains("github.token")
}

/// G3: a secret stands at the steps that run deskform and nowhere else, and these compile nothing.
#[test]
fn case_38_no_compiler_has_a_secret_in_reach() {
    let (mut compilers, mut with_secrets, mut with_token) = (0, 0, 0);
    for workflow in workflows() {
        let file = &workflow.file;
        assert_eq!(secrets(&workflow.yaml["env"]), (vec![], vec![]), "{file}");
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            let at = format!("{file}, {name}");
            assert_eq!(secrets(&job["env"]), (vec![], vec![]), "{at}");
            if job.get("uses").is_some() {
                assert!(!mentions_secrets(&job), "{at}");
            }
            let steps = list(&job["steps"]);
            let compiler = steps.iter().any(|step| compiles(&text(&step["run"])));
            compilers += usize::from(compiler);
            for step in steps {
                let (of_desk, of_job) = secrets(&step["env"]);
                let run = text(&step["run"]);
                let lines = commands(&run);
                assert!(!mentions_secrets(&step["with"]), "{at}");
                if !of_desk.is_empty() {
                    with_secrets += 1;
                    assert!(!compiler, "{at}");
                    assert_eq!(of_job, Vec::<String>::new(), "{at}");
                    let harmless = ["deskform ", "mkdir ", "mv "];
                    // The shell does these by itself.
                    let own = [
                        "code=0",
                        "echo \"code=$code\" >> \"$GITHUB_OUTPUT\"",
                        "[ \"$code\" -eq 0 ] || [ \"$code\" -eq 2 ]",
                    ];
                    for line in lines {
                        let known = harmless.iter().any(|start| line.starts_with(start));
                        assert!(known || own.contains(&line), "{at}: {line}");
                    }
                } else if !of_job.is_empty() {
                    with_token += 1;
                    assert!(!compiler, "{at}");
                    assert_eq!(of_job, ["GH_TOKEN"], "{at}");
                    let expected = if name == "drift" {
                        "bash scripts/deskform-issue.sh \"$RUNNER_TEMP/drift.md\""
                    } else {
                        "bash scripts/deskform-comment.sh \"$RUNNER_TEMP/report\""
                    };
                    assert_eq!(lines, [expected], "{at}");
                }
            }
            if compiler {
                assert!(job.get("environment").is_none(), "{at}");
                assert!(!mentions_secrets(&job), "{at}");
            }
        }
    }
    assert_eq!((compilers, with_secrets, with_token), (1, 4, 2));
}

/// G3: what comes from the job that compiles is compared with the checksum that the job handed on,
/// before anything runs it.
#[test]
fn case_38_the_program_is_checked_before_it_runs() {
    let mut count = 0;
    for workflow in workflows() {
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            let at = format!("{}, {name}", workflow.file);
            let steps = list(&job["steps"]);
            let first = steps.iter().position(|step| {
                commands(&text(&step["run"]))
                    .iter()
                    .any(|l| l.starts_with("deskform "))
            });
            let Some(first) = first else { continue };
            count += 1;
            assert!(needs(&job).contains(&"build".to_owned()), "{at}");
            let check = steps
                .iter()
                .position(|step| {
                    text(&step["env"]["SHA256"]) == "${{ needs.build.outputs.sha256 }}"
                })
                .expect("a check");
            assert!(check < first, "{at}");
            assert!(steps[check].get("if").is_none(), "{at}");
            let run = text(&steps[check]["run"]);
            assert!(run.contains("| sha256sum --check --strict"), "{at}");
        }
        let build = &workflow.yaml["jobs"]["build"];
        if let Some(uses) = build.get("uses") {
            assert_eq!(text(uses), "./.github/workflows/deskform-build.yml");
        }
    }
    assert_eq!(count, 5);
}

/// What a job waits for.
fn needs(job: &Value) -> Vec<String> {
    match &job["needs"] {
        Value::String(name) => vec![name.clone()],
        other => list(other).iter().map(text).collect(),
    }
}

/// G1: nothing cancels a merge, neither another merge nor a pull request.
#[test]
fn case_38_merges_are_not_cancelled() {
    let mut groups = BTreeSet::new();
    for workflow in workflows() {
        let file = &workflow.file;
        let on: Vec<String> = entries(&workflow.yaml["on"])
            .map(|(event, _)| event)
            .collect();
        let concurrency = &workflow.yaml["concurrency"];
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            assert!(job.get("concurrency").is_none(), "{file}, {name}");
        }
        let group = text(&concurrency["group"]);
        if on == ["push", "workflow_dispatch"] {
            assert!(!group.contains("${{"), "{file}: one group for all merges");
            assert_eq!(concurrency["cancel-in-progress"], Value::Bool(false));
            assert_eq!(concurrency["queue"], Value::String("max".into()));
            let steps = text(&workflow.yaml["jobs"]);
            assert!(steps.contains("deskform plan ") && steps.contains("deskform apply "));
        } else if on == ["pull_request", "schedule", "workflow_dispatch"] {
            assert_eq!(
                group,
                "deskform-${{ github.event.pull_request.number || github.run_id }}"
            );
            assert_eq!(concurrency["cancel-in-progress"], Value::Bool(true));
            assert!(concurrency.get("queue").is_none());
            assert!(!text(&workflow.yaml["jobs"]).contains("deskform apply"));
        } else {
            assert_eq!(on, ["workflow_call"], "{file}");
            assert_eq!(*concurrency, Value::Null, "{file}");
            continue;
        }
        assert!(groups.insert(group), "{file}");
    }
    assert_eq!(groups.len(), 2);
}

/// The jobs of a workflow that run for an event.
fn jobs_of(file: &str, event: &str, head: &str, actor: &str) -> Vec<String> {
    let known = |name: &str| match name {
        "github.ref" => format!("refs/heads/{head}"),
        "needs.plan.outputs.code" => "2".to_owned(),
        "github.event_name" => event.to_owned(),
        "github.event.pull_request.head.repo.full_name" => head.to_owned(),
        "github.repository" => "acme/desk".to_owned(),
        "github.actor" => actor.to_owned(),
        other => panic!("what is `{other}`?"),
    };
    entries(&workflow(file)["jobs"])
        .filter(|(_, job)| {
            job.get("if")
                .is_none_or(|condition| holds(&text(condition), &known))
        })
        .map(|(name, _)| name)
        .collect()
}

/// G7: who gets no secrets gets no plan, and everybody gets `validate`.
#[test]
fn case_38_forks_and_dependabot_are_validated_and_not_planned() {
    for (event, head, actor, jobs) in [
        (
            "pull_request",
            "acme/desk",
            "jane",
            &["build", "validate", "plan"][..],
        ),
        (
            "pull_request",
            "acme/desk",
            "dependabot[bot]",
            &["build", "validate"],
        ),
        ("pull_request", "fork/desk", "jane", &["build", "validate"]),
        // The fork is gone.
        ("pull_request", "", "jane", &["build", "validate"]),
        ("schedule", "", "jane", &["build", "drift"]),
        ("workflow_dispatch", "", "jane", &["build", "drift"]),
    ] {
        assert_eq!(
            jobs_of("deskform.yml", event, head, actor),
            jobs,
            "{event} {head} {actor}"
        );
    }
    for event in ["push", "workflow_dispatch"] {
        assert_eq!(
            jobs_of("deskform-apply.yml", event, "main", "jane"),
            ["build", "plan", "apply"]
        );
    }
    // A branch that is chosen by hand is not planned, and `apply` waits for a plan.
    let chosen = jobs_of("deskform-apply.yml", "workflow_dispatch", "topic", "jane");
    assert!(!chosen.contains(&"plan".to_owned()), "{chosen:?}");
    assert_eq!(
        needs(&workflow("deskform-apply.yml")["jobs"]["apply"]),
        ["build", "plan"]
    );
    let validate = &workflow("deskform.yml")["jobs"]["validate"];
    assert!(!mentions_secrets(validate));
    assert!(text(&validate["steps"]).contains("deskform validate"));
    assert_eq!(text(&validate["needs"]), "build");
    // What they would run with must not come from `vars`, of which a fork sees none.
    assert!(!text(&workflow("deskform-build.yml")).contains("vars."));
}

/// What an attacker can write into a name, a branch or a title is never part of a script.
#[test]
fn case_38_no_expression_stands_in_a_script() {
    let mut scripts = 0;
    for workflow in workflows() {
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            for step in list(&job["steps"]) {
                let at = format!("{}, {name}", workflow.file);
                assert!(!text(&step["run"]).contains("${{"), "{at}");
                scripts += usize::from(step.get("run").is_some());
                let uses = text(&step["uses"]);
                if uses.starts_with("actions/checkout@") {
                    assert_eq!(
                        step["with"]["persist-credentials"],
                        Value::Bool(false),
                        "{at}"
                    );
                }
            }
        }
        assert_eq!(text(&workflow.yaml["defaults"]["run"]["shell"]), "bash");
    }
    assert!(scripts >= 10, "{scripts} scripts");
}

/// G5: a summary takes Markdown, in which names are no markup; text goes to the log alone.
#[test]
fn case_38_summaries_are_markdown() {
    let mut count = 0;
    for workflow in workflows() {
        for (_, job) in entries(&workflow.yaml["jobs"]) {
            for step in list(&job["steps"]) {
                let run = text(&step["run"]);
                let lines = commands(&run);
                for line in lines
                    .iter()
                    .filter(|line| line.contains("GITHUB_STEP_SUMMARY"))
                {
                    count += 1;
                    let line = line.strip_suffix(" || code=$?").unwrap_or(line);
                    let markdown = [
                        " --format markdown >> \"$GITHUB_STEP_SUMMARY\"",
                        " --format markdown | tee \"$RUNNER_TEMP/drift.md\" >> \"$GITHUB_STEP_SUMMARY\"",
                    ];
                    assert!(markdown.iter().any(|end| line.ends_with(end)), "{line}");
                    assert!(line.starts_with("deskform "), "{line}");
                }
            }
        }
    }
    assert_eq!(count, 3);
}

/// Case 37: the ledger's place is fenced in from outside the repository, and only where it is set.
#[test]
fn case_37_the_workflows_set_the_place_of_the_ledger() {
    for file in ["deskform.yml", "deskform-apply.yml"] {
        assert_eq!(
            text(&workflow(file)["env"]["DESKFORM_ALLOW_LEDGER"]),
            "${{ vars.DESKFORM_ALLOW_LEDGER }}",
            "{file}"
        );
    }
    let path = repository().join("examples/workflows/gitlab/.gitlab-ci.yml");
    let text = std::fs::read_to_string(path).unwrap();
    // A variable of the project; one that the file sets could be changed by a merge request.
    assert!(text.contains("# - DESKFORM_ALLOW_LEDGER, if"));
    assert!(
        pipeline()["variables"]
            .get("DESKFORM_ALLOW_LEDGER")
            .is_none()
    );
}

/// L8: the compiler's job has no environment, so that no variable with a scope reaches it; all jobs
/// that need one have it.
#[test]
fn case_38_gitlab_gives_the_compiler_no_variable() {
    let pipeline = pipeline();
    assert!(pipeline["default"].get("before_script").is_none());
    let globals: BTreeSet<String> = entries(&pipeline["variables"])
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        globals.iter().map(String::as_str).collect::<Vec<_>>(),
        ["DESKFORM_ENV", "DESKFORM_REPOSITORY", "NO_COLOR"]
    );
    let mut environments = BTreeMap::new();
    for (name, job) in pipeline_jobs(&pipeline) {
        let environment = environment_of(&job);
        let script = script(&job);
        if compiles(&script) {
            assert_eq!((name.as_str(), environment.as_str()), ("build", ""));
        } else if name != "note" {
            let needs: Vec<String> = list(&job["needs"]).iter().map(text).collect();
            assert!(needs.contains(&"build".to_owned()), "{name}");
        }
        // Only the deployment is one.
        if !environment.is_empty() && name != "apply" {
            assert_eq!(text(&job["environment"]["action"]), "access", "{name}");
        }
        environments.insert(name, environment);
    }
    let expected = [
        ("apply", "production"),
        ("build", ""),
        ("drift", "production-plan"),
        ("note", "deskform-note"),
        ("plan", "production-plan"),
        ("plan-to-apply", "production-plan"),
        ("validate", ""),
    ];
    assert_eq!(
        environments,
        expected
            .map(|(name, environment)| (name.to_owned(), environment.to_owned()))
            .into()
    );
}

/// L4: artifacts hold names and e-mail addresses, which guests of a project need not see.
#[test]
fn case_38_gitlab_shows_artifacts_to_developers_alone() {
    let mut count = 0;
    for (name, job) in pipeline_jobs(&pipeline()) {
        if let Some(artifacts) = job.get("artifacts") {
            count += 1;
            assert_eq!(text(&artifacts["access"]), "developer", "{name}");
            assert!(artifacts.get("public").is_none(), "{name}");
        }
    }
    assert_eq!(count, 6);
}

/// L2: a merge request of a fork is validated and not planned, in whichever project its pipeline
/// runs.
#[test]
fn case_38_gitlab_plans_no_merge_request_of_a_fork() {
    let jobs_of = |source: &str, from: &str, runs_in: &str, branch: &str| -> Vec<String> {
        let known = |name: &str| match name {
            "$CI_PIPELINE_SOURCE" => source.to_owned(),
            "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID" => from.to_owned(),
            "$CI_MERGE_REQUEST_PROJECT_ID" => "1".to_owned(),
            "$CI_PROJECT_ID" => runs_in.to_owned(),
            "$CI_COMMIT_BRANCH" => branch.to_owned(),
            "$CI_DEFAULT_BRANCH" => "main".to_owned(),
            other => panic!("what is `{other}`?"),
        };
        pipeline_jobs(&pipeline())
            .into_iter()
            .filter(|(_, job)| {
                let mut rules = list(&job["rules"]).iter();
                rules.any(|rule| holds(&text(&rule["if"]), &known))
            })
            .map(|(name, _)| name)
            .collect()
    };
    let merge_request = |from, runs_in| jobs_of("merge_request_event", from, runs_in, "");
    assert_eq!(
        merge_request("1", "1"),
        ["build", "note", "plan", "validate"]
    );
    assert_eq!(merge_request("2", "2"), ["build", "validate"]);
    assert_eq!(merge_request("2", "1"), ["build", "validate"]);
    assert_eq!(
        jobs_of("push", "", "1", "main"),
        ["apply", "build", "plan-to-apply"]
    );
    assert_eq!(jobs_of("push", "", "1", "topic"), Vec::<String>::new());
    assert_eq!(jobs_of("schedule", "", "1", "main"), ["build", "drift"]);
}

/// The comment at the beginning of a file.
fn head_of(path: &str) -> String {
    let path = repository().join("examples/workflows").join(path);
    let text = std::fs::read_to_string(path).expect("a workflow");
    let lines = text.lines().take_while(|line| line.starts_with('#'));
    lines.fold(String::new(), |head, line| head + line + "\n")
}

/// The words that follow a mark, such as the names of secrets behind `secrets.`.
fn named_behind<'t>(text: &'t str, mark: &str) -> BTreeSet<&'t str> {
    let end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    text.split(mark)
        .skip(1)
        .filter_map(|rest| rest.split(end).next())
        .collect()
}

/// Who copies an example reads at its head what to copy where, and what to set.
#[test]
fn the_heads_say_what_to_copy_and_set() {
    for workflow in workflows() {
        let file = format!("github/{}", workflow.file);
        let path = repository().join("examples/workflows").join(&file);
        let text = std::fs::read_to_string(path).expect("a workflow");
        let head = head_of(&file);
        assert!(head.lines().count() <= 18, "{file}: {head}");
        for mark in ["secrets.", "vars."] {
            for name in named_behind(&text, mark) {
                assert!(head.contains(name), "{file}: {name}\n{head}");
            }
        }
        for (_, job) in entries(&workflow.yaml["jobs"]) {
            if let Some(name) = job["environment"].as_str() {
                assert!(head.contains(&format!("environment `{name}`")), "{file}");
            }
            let uses = job["uses"]
                .as_str()
                .and_then(|path| path.rsplit('/').next());
            let of = |name: &str| head.contains(name) || head.contains("the three workflows");
            assert!(uses.is_none_or(of), "{file}\n{head}");
        }
        assert!(head.contains("Copy "), "{file}");
        assert_eq!(text.contains("--tag"), head.contains("`--tag`"), "{file}");
        for script in named_behind(&text, "bash scripts/deskform-") {
            assert!(
                head.contains(&format!("deskform-{script}.sh")),
                "{file}: {script}"
            );
        }
    }
    let head = head_of("gitlab/.gitlab-ci.yml");
    for word in [
        "DESKFORM_REPOSITORY",
        "`--tag`",
        "PROD_CLIENT_ID",
        "PROD_CLIENT_SECRET",
        "PROD_REFRESH_TOKEN",
        "HOOK_KEY is the example's",
        "DESKFORM_ALLOW_LEDGER",
        "GITLAB_TOKEN",
        "environment `production`",
        "deskform-comment.sh to scripts/",
    ] {
        assert!(head.contains(word), "{word}\n{head}");
    }
}

/// G8, L3: what plans or looks for drift has an environment of its own, and begins by proving that its
/// token cannot write. Only what applies is in the other one.
#[test]
fn who_plans_cannot_write() {
    let mut seen = Vec::new();
    let mut check = |at: String, environment: &str, run: &str| {
        let lines = commands(run);
        let position = |what: &str| lines.iter().position(|line| line.contains(what));
        let reads = ["deskform plan ", "deskform drift "];
        let first = reads.iter().filter_map(|what| position(what)).min();
        let applies = position("deskform apply ");
        assert!(first.is_none() || applies.is_none(), "{at}");
        if let Some(first) = first {
            let proof = position("deskform auth status --read-only");
            assert!(proof.is_some_and(|proof| proof < first), "{at}: {run}");
            assert!(
                !lines[..first].iter().any(|line| line.contains("||")),
                "{at}"
            );
            assert_eq!(environment, "production-plan", "{at}");
        } else if applies.is_some() {
            assert_eq!(environment, "production", "{at}");
        } else {
            return;
        }
        seen.push(at);
    };
    for workflow in workflows() {
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            for step in list(&job["steps"]) {
                let at = format!("{}, {name}", workflow.file);
                check(at, &environment_of(&job), &text(&step["run"]));
            }
        }
    }
    for (name, job) in pipeline_jobs(&pipeline()) {
        check(name, &environment_of(&job), &script(&job));
    }
    let expected = [
        "deskform-apply.yml, plan",
        "deskform-apply.yml, apply",
        "deskform.yml, plan",
        "deskform.yml, drift",
        "apply",
        "drift",
        "plan",
        "plan-to-apply",
    ];
    assert_eq!(seen, expected);
}

/// G9: nothing hangs for hours, requests for other branches are none of its business, and whoever
/// wants to know now can ask.
#[test]
fn workflows_end_and_can_be_started() {
    for workflow in workflows() {
        let file = &workflow.file;
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            let minutes = job["timeout-minutes"].as_u64();
            let is_bounded = minutes.is_some_and(|minutes| minutes <= 120);
            assert!(is_bounded || job.get("uses").is_some(), "{file}, {name}");
        }
        let on = &workflow.yaml["on"];
        assert!(on.get("workflow_dispatch").is_some() || on.get("workflow_call").is_some());
        for event in ["pull_request", "push"] {
            if let Some(event) = on.get(event) {
                assert_eq!(
                    list(&event["branches"])
                        .iter()
                        .map(text)
                        .collect::<Vec<_>>(),
                    ["main"]
                );
            }
        }
        // Whoever can change the base's workflow by a pull request of a fork would have all.
        assert!(on.get("pull_request_target").is_none(), "{file}");
    }
    assert_eq!(text(&pipeline()["default"]["timeout"]), "1 hour");
}

/// What others publish is named by its commit, which nobody can move, with its version beside it.
#[test]
fn foreign_actions_are_pinned() {
    let mut count = 0;
    for workflow in workflows() {
        let path = format!("examples/workflows/github/{}", workflow.file);
        let source = std::fs::read_to_string(repository().join(path)).expect("a workflow");
        for line in source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- uses: "))
        {
            count += 1;
            let (action, version) = line.split_once(" # v").expect("a version");
            let (_, commit) = action.split_once('@').expect("a commit");
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
                "{line}"
            );
            assert_eq!(version.split('.').count(), 3, "{line}");
        }
    }
    assert!(count >= 12, "{count} uses");
}

/// L3, L6: the head says which variable has which scope, what is protected, and how the order is kept.
#[test]
fn gitlab_tells_what_only_its_settings_can_do() {
    let head = head_of("gitlab/.gitlab-ci.yml")
        .replace("\n#  ", "")
        .replace("\n# ", " ");
    for words in [
        "with the environment scope `production-plan`, of a self client that can read alone",
        "with the environment scope `production`, of one that can write",
        "these protected",
        "process_mode=oldest_first",
        "run its job `plan-to-apply` again",
        "with the scope `api` and the role Reporter",
    ] {
        assert!(head.contains(words), "{words}\n{head}");
    }
    // A plan of a merge request takes no lock, and no merge waits for it.
    let groups: Vec<(String, String)> = pipeline_jobs(&pipeline())
        .into_iter()
        .filter(|(_, job)| job.get("resource_group").is_some())
        .map(|(name, job)| (name, text(&job["resource_group"])))
        .collect();
    let group = "deskform-production";
    assert_eq!(
        groups,
        ["apply", "plan-to-apply"].map(|name| (name.to_owned(), group.to_owned()))
    );
}

/// What no file can do stands at the head of the file: `production` is fenced in by its settings, and
/// no secret is the repository's.
#[test]
fn only_settings_fence_production() {
    let apply = head_of("github/deskform-apply.yml").replace("\n# ", " ");
    assert!(
        apply.contains("`production`: limit it to the branch main"),
        "{apply}"
    );
    assert!(apply.contains("required reviewers"), "{apply}");
    let plan = head_of("github/deskform.yml")
        .replace("\n#   ", " ")
        .replace("\n# ", " ");
    for words in [
        "the environment `production-plan`, without reviewers",
        "of a self client that can read alone",
        "no secret of the repository",
    ] {
        assert!(plan.contains(words), "{words}\n{plan}");
    }
    // And every secret that a job names is one of its environment.
    for workflow in workflows() {
        for (name, job) in entries(&workflow.yaml["jobs"]) {
            let named = text(&job).contains("secrets.");
            let environment = environment_of(&job);
            assert_eq!(named, !environment.is_empty(), "{}, {name}", workflow.file);
        }
    }
}
