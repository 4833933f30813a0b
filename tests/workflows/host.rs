//! Enough of GitHub and GitLab to run the examples: jobs whose scripts bash runs, artifacts between
//! them, variables where they reach, and comments behind a program in place of `gh` and `curl`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use deskform::clock::Clock;
use deskform::dialect::{Dialect, Edition};
use deskform::simulator::{
    DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, OrganizationSeed, Settings, Simulator, SimulatorTransport,
    demo_reading_token, demo_refresh_token,
};
use serde_json::json;
use serde_yaml::Value;
use tempfile::TempDir;

use crate::command::repository;
use crate::files::{
    entries, environment_of, holds, list, pipeline, pipeline_jobs, script, text, workflow,
};
use crate::front::{Front, edit, is_for_token};
use crate::stubs::{CARGO, CURL, GH, PROGRAM};

/// The organization behind the project.
pub(crate) const ORGANIZATION: &str = "700001";

/// The names of the secrets that deskform gets.
pub(crate) const SECRETS: [&str; 4] = [
    "PROD_CLIENT_ID",
    "PROD_CLIENT_SECRET",
    "PROD_REFRESH_TOKEN",
    "HOOK_KEY",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    GitHub,
    GitLab,
}

impl Host {
    pub(crate) const ALL: [Self; 2] = [Self::GitHub, Self::GitLab];

    /// Who writes the comments of the pipelines.
    pub(crate) fn bot(self) -> &'static str {
        match self {
            Self::GitHub => "github-actions[bot]",
            Self::GitLab => "project_1_bot",
        }
    }
}

/// A project on a host, with a pull request 7, and the organization that it is about.
pub(crate) struct Project {
    host: Host,
    root: TempDir,
    desk: Arc<Mutex<Simulator>>,
    /// Whether the accounts server keeps the scopes of its tokens to itself.
    tells_nothing: Arc<AtomicBool>,
    /// The secrets of each environment, by its name and theirs.
    secrets: BTreeMap<(&'static str, &'static str), String>,
}

/// Outputs of jobs that others need, by job and name.
pub(crate) type Outputs = BTreeMap<(String, String), String>;

/// The checksum that the build hands on.
pub(crate) fn built(sha256: &str) -> Outputs {
    Outputs::from([(("build".to_owned(), "sha256".to_owned()), sha256.to_owned())])
}

/// How a job went.
struct Ran {
    done: bool,
    log: String,
    outputs: BTreeMap<String, String>,
}

/// An issue of the repository.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    pub(crate) author: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) state: String,
    /// Whether it is a pull request.
    pub(crate) pull: bool,
}

/// How the jobs of a push went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The jobs that ran, with their success.
    pub(crate) jobs: Vec<(String, bool)>,
    /// Standard output and error of all steps.
    pub(crate) log: String,
}

impl Outcome {
    fn new() -> Self {
        Self {
            jobs: Vec::new(),
            log: String::new(),
        }
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.jobs.iter().all(|(_, done)| *done)
    }

    /// The names of the jobs that ran.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.jobs.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn add(&mut self, job: &str, (done, log): (bool, String)) -> bool {
        self.jobs.push((job.to_owned(), done));
        self.log.push_str(&log);
        done
    }
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
}

/// Whether the machine has what the scripts need; says so where it has not.
fn has_jq() -> bool {
    let found = Command::new("jq").arg("--version").output().is_ok();
    if !found {
        println!("skipped: `jq` is not here");
        assert!(
            std::env::var_os("DESKFORM_TEST_JQ_REQUIRED").is_none(),
            "`DESKFORM_TEST_JQ_REQUIRED` is set"
        );
    }
    found
}

impl Project {
    /// A project of the given files with the script beside them; `None` without `jq`.
    pub(crate) fn new(host: Host, files: &[(&str, &str)]) -> Option<Self> {
        if !has_jq() {
            return None;
        }
        let root = TempDir::new().unwrap();
        for folder in ["project", "state", "stubs"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let desk = Arc::new(Mutex::new(Simulator::new(Settings {
            dialect: Dialect::Openapi,
            edition: Edition::Enterprise,
            organizations: vec![OrganizationSeed::new(ORGANIZATION)],
            ..Settings::default()
        })));
        let behind = Arc::clone(&desk);
        let tells_nothing = Arc::new(AtomicBool::new(false));
        let silent = Arc::clone(&tells_nothing);
        let address = Front::serve(move || {
            let behind = SimulatorTransport::new(behind, Clock::system());
            Front::new(Arc::new(behind)).change(move |request, response| {
                if is_for_token(request) && silent.load(Ordering::SeqCst) {
                    edit(response, |body| {
                        body.as_object_mut().expect("an object").remove("scope");
                    });
                }
            })
        });
        let mut secrets = BTreeMap::new();
        for (environment, token) in [
            ("production-plan", demo_reading_token(ORGANIZATION)),
            ("production", demo_refresh_token(ORGANIZATION)),
        ] {
            let values = [
                DEMO_CLIENT_ID.to_owned(),
                DEMO_CLIENT_SECRET.to_owned(),
                token,
                "key-of-the-hook".to_owned(),
            ];
            for (name, value) in SECRETS.into_iter().zip(values) {
                secrets.insert((environment, name), value);
            }
        }
        let project = Self {
            host,
            root,
            desk,
            tells_nothing,
            secrets,
        };
        project.write(
            "deskform.yaml",
            &format!(
                "environments:\n  production:\n    orgId: \"{ORGANIZATION}\"\n    endpoint: {{desk: \"http://{address}\", accounts: \"http://{address}\"}}\n    credentials:\n      clientId: \"${{env.PROD_CLIENT_ID}}\"\n      clientSecret: \"${{secret.PROD_CLIENT_SECRET}}\"\n      refreshToken: \"${{secret.PROD_REFRESH_TOKEN}}\"\n"
            ),
        );
        for (name, program) in [("gh", GH), ("curl", CURL), ("cargo", CARGO)] {
            project.program(&project.path("stubs").join(name), program);
        }
        project.program(&project.path("state/program"), PROGRAM);
        project.set_comments(&[]);
        project.set_issues(&[]);
        for name in ["deskform-comment.sh", "deskform-issue.sh"] {
            let script = repository().join("examples/workflows").join(name);
            let script = fs::read_to_string(script).unwrap();
            project.write(&format!("scripts/{name}"), &script);
        }
        for (name, text) in files {
            project.write(name, text);
        }
        Some(project)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn program(&self, path: &Path, text: &str) {
        let text = text
            .replace("@STATE@", self.path("state").to_str().unwrap())
            .replace("@DESKFORM@", env!("CARGO_BIN_EXE_deskform"));
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Another program than deskform, as a script.
    pub(crate) fn replace_deskform(&self, script: &str) {
        self.program(&self.path("state/program"), script);
    }

    /// Lets the build fail.
    pub(crate) fn spoil_build(&self) {
        fs::write(self.path("state/no-build"), "").unwrap();
    }

    /// Does something with the organization, such as what people do in Zoho Desk.
    pub(crate) fn desk<T>(&self, work: impl FnOnce(&mut Simulator) -> T) -> T {
        work(&mut self.desk.lock().unwrap())
    }

    /// Lets nobody know which scopes a token has, so that only the organization itself refuses.
    pub(crate) fn tell_no_scopes(&self) {
        self.tells_nothing.store(true, Ordering::SeqCst);
    }

    /// The names of the live objects of a collection.
    pub(crate) fn live(&self, collection: &str, field: &str) -> Vec<String> {
        self.desk(|desk| {
            let here = desk.organization(ORGANIZATION).unwrap();
            let objects = here.objects(collection);
            let names = objects.iter().filter_map(|object| object[field].as_str());
            names.map(str::to_owned).collect()
        })
    }

    /// How many calls wrote.
    pub(crate) fn written(&self) -> u64 {
        self.desk(|desk| desk.statistics().total.writes)
    }

    /// Gives an environment another secret.
    pub(crate) fn set_secret(
        &mut self,
        environment: &'static str,
        name: &'static str,
        value: String,
    ) {
        self.secrets.insert((environment, name), value);
    }

    /// A secret that reaches the jobs in an environment.
    pub(crate) fn secret(&self, environment: &str, name: &str) -> Option<&str> {
        let mut secrets = self.secrets.iter();
        let found = secrets.find(|(key, _)| **key == (environment, name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn issues(&self) -> Vec<Issue> {
        serde_json::from_slice(&fs::read(self.path("state/issues.json")).unwrap()).unwrap()
    }

    pub(crate) fn set_issues(&self, issues: &[Issue]) {
        let text = json!(issues).to_string();
        fs::write(self.path("state/issues.json"), text).unwrap();
    }

    /// Writes a file of the repository.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path("project").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn comments(&self) -> Vec<Comment> {
        serde_json::from_slice(&fs::read(self.path("state/comments.json")).unwrap()).unwrap()
    }

    pub(crate) fn set_comments(&self, comments: &[Comment]) {
        let text = json!(comments).to_string();
        fs::write(self.path("state/comments.json"), text).unwrap();
    }

    /// The calls that wrote since the last time.
    pub(crate) fn writes(&self) -> Vec<String> {
        let path = self.path("state/calls");
        let calls = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(&path);
        let writes = calls.lines().filter(|call| !call.starts_with("GET "));
        writes.map(str::to_owned).collect()
    }

    /// The environment in which a program ran last.
    pub(crate) fn environment_of(&self, program: &str) -> String {
        let path = self.path("state").join(format!("env-{program}"));
        fs::read_to_string(path).unwrap_or_else(|_| panic!("{program} did not run"))
    }

    /// Whether a file of that name is anywhere.
    pub(crate) fn holds(&self, name: &str) -> bool {
        fn find(folder: &Path, name: &str) -> bool {
            fs::read_dir(folder).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                path.file_name().is_some_and(|found| found == name)
                    || (path.is_dir() && find(&path, name))
            })
        }
        find(self.root.path(), name)
    }

    /// A checkout of the repository, in which nothing of an earlier job is left.
    fn check_out(&self) {
        for folder in ["workspace", "temp"] {
            let _ = fs::remove_dir_all(self.path(folder));
            fs::create_dir(self.path(folder)).unwrap();
        }
        copy(&self.path("project"), &self.path("workspace"));
    }

    /// The ledger, and what else is kept beside it: as the last job found it, and as it left it.
    pub(crate) fn kept(&self) -> [BTreeMap<PathBuf, Vec<u8>>; 2] {
        fn read(folder: &Path, below: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = below.join(path.file_name().unwrap());
                if path.is_dir() {
                    read(&path, &name, out);
                } else {
                    out.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        ["project", "workspace"].map(|place| {
            let mut out = BTreeMap::new();
            let folder = self.path(place).join(".deskform");
            read(&folder, Path::new(""), &mut out);
            out
        })
    }

    /// What a merge leaves in the checkout that the next one starts from, such as the ledger.
    fn keep(&self) {
        let left = self.path("workspace/.deskform");
        if left.exists() {
            copy(&left, &self.path("project/.deskform"));
        }
    }

    /// Runs a script as the host's shell does.
    fn bash(
        &self,
        script: &str,
        env: &BTreeMap<String, String>,
        path: &str,
    ) -> (Option<i32>, String) {
        let file = self.path("temp/script.sh");
        fs::write(&file, script).unwrap();
        let stubs = self.path("stubs");
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(file)
            .current_dir(self.path("workspace"))
            .env_clear()
            .envs(env)
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", self.path("temp"))
            .env("PATH", format!("{path}{}:/usr/bin:/bin", stubs.display()))
            .output()
            .unwrap();
        let log = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(log).unwrap())
    }

    /// The pipeline of a pull request after a push of this commit.
    pub(crate) fn push(&self, commit: &str) -> Outcome {
        let mut outcome = self.begin();
        match self.host {
            Host::GitHub => {
                let built = self.build_on_github(&mut outcome);
                let condition = text(&workflow("deskform.yml")["jobs"]["plan"]["if"]);
                if outcome.succeeded() || condition.contains("!cancelled()") {
                    let ran = self.github("deskform.yml", "plan", commit, &built);
                    outcome.add("plan", ran);
                }
            }
            Host::GitLab => {
                let built = outcome.add("build", self.gitlab("build", commit));
                if built {
                    outcome.add("plan", self.gitlab("plan", commit));
                }
                let rule = &pipeline_jobs(&pipeline())["note"]["rules"][0];
                if outcome.succeeded() || text(&rule["when"]) == "always" {
                    outcome.add("note", self.gitlab("note", commit));
                }
            }
        }
        outcome
    }

    /// A pipeline, which sees nothing of the ones before.
    fn begin(&self) -> Outcome {
        let _ = fs::remove_dir_all(self.path("artifacts"));
        let _ = fs::remove_file(self.path("summary"));
        Outcome::new()
    }

    /// The summary of the last pipeline.
    pub(crate) fn summary(&self) -> String {
        fs::read_to_string(self.path("summary")).unwrap_or_default()
    }

    /// The pipeline of a merge.
    pub(crate) fn merge(&self, commit: &str) -> Outcome {
        let (mut outcome, needs) = self.plan_of_merge(commit);
        self.apply_of_merge(commit, &needs, &mut outcome);
        outcome
    }

    /// The pipeline of a merge until its plan is there.
    pub(crate) fn plan_of_merge(&self, commit: &str) -> (Outcome, Outputs) {
        let mut outcome = self.begin();
        let mut needs = Outputs::new();
        match self.host {
            Host::GitHub => {
                needs = self.build_on_github(&mut outcome);
                if outcome.succeeded() {
                    let ran = self.run_on_github("deskform-apply.yml", "plan", commit, &needs);
                    outcome.add("plan", (ran.done, ran.log));
                    let outputs = ran.outputs.into_iter();
                    needs.extend(outputs.map(|(name, value)| (("plan".to_owned(), name), value)));
                }
            }
            Host::GitLab => {
                for job in ["build", "plan-to-apply"] {
                    if !outcome.add(job, self.gitlab(job, commit)) {
                        break;
                    }
                }
            }
        }
        (outcome, needs)
    }

    /// The rest of that pipeline, once it is approved.
    pub(crate) fn apply_of_merge(&self, commit: &str, needs: &Outputs, outcome: &mut Outcome) {
        if !outcome.succeeded() {
            return;
        }
        match self.host {
            Host::GitHub => {
                let condition = text(&workflow("deskform-apply.yml")["jobs"]["apply"]["if"]);
                let known = |name: &str| output_named(name, needs);
                if holds(&condition, &known) {
                    let ran = self.github("deskform-apply.yml", "apply", commit, needs);
                    outcome.add("apply", ran);
                }
            }
            Host::GitLab => {
                outcome.add("apply", self.gitlab("apply", commit));
            }
        }
        self.keep();
    }

    /// The job for everybody, on GitLab.
    pub(crate) fn validate(&self) -> Outcome {
        let mut outcome = self.begin();
        for job in ["build", "validate"] {
            outcome.add(job, self.gitlab(job, ""));
        }
        outcome
    }

    /// A report that GitLab shows; none where the last job that makes it made none.
    pub(crate) fn report(&self, kind: &str) -> Option<serde_json::Value> {
        let text = fs::read(self.path("state").join(format!("report-{kind}"))).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    /// The schedule.
    pub(crate) fn look_for_drift(&self) -> Outcome {
        let mut outcome = self.begin();
        match self.host {
            Host::GitHub => {
                let built = self.build_on_github(&mut outcome);
                let ran = self.github("deskform.yml", "drift", "", &built);
                outcome.add("drift", ran);
            }
            Host::GitLab => {
                for job in ["build", "drift"] {
                    outcome.add(job, self.gitlab(job, ""));
                }
            }
        }
        outcome
    }

    /// A job of GitHub that compiles; gives its checksum.
    fn build_on_github(&self, outcome: &mut Outcome) -> Outputs {
        let ran = self.run_on_github("deskform-build.yml", "build", "", &Outputs::new());
        let sha256 = ran.outputs.get("sha256").cloned().unwrap_or_default();
        if !outcome.add("build", (ran.done, ran.log)) {
            return Outputs::new();
        }
        assert_eq!(sha256.len(), 64, "a checksum");
        built(&sha256)
    }

    /// A job of a workflow of GitHub: its success and its log.
    pub(crate) fn github(
        &self,
        file: &str,
        job: &str,
        commit: &str,
        needs: &Outputs,
    ) -> (bool, String) {
        let ran = self.run_on_github(file, job, commit, needs);
        (ran.done, ran.log)
    }

    fn run_on_github(&self, file: &str, job: &str, commit: &str, needs: &Outputs) -> Ran {
        let workflow = workflow(file);
        let temp = self.path("temp").display().to_string();
        let job = &workflow["jobs"][job];
        let environment = environment_of(job);
        let filled = |value: &Value, steps: &Outputs| {
            let mut out = text(value);
            while let Some((before, rest)) = out.split_once("${{") {
                let (name, after) = rest.split_once("}}").expect("an end");
                let name = name.trim();
                let value = match name {
                    "github.token" => "secret-of-github.token".to_owned(),
                    "github.event.pull_request.number" => "7".to_owned(),
                    "github.event.pull_request.head.sha" => commit.to_owned(),
                    "github.server_url" => "https://github.com".to_owned(),
                    "github.repository" => "acme/desk".to_owned(),
                    "github.run_id" => "99".to_owned(),
                    "runner.temp" => temp.clone(),
                    "vars.DESKFORM_ALLOW_LEDGER" => String::new(),
                    _ if name.starts_with("needs.") => output_named(name, needs),
                    _ if name.starts_with("steps.") => output_named(name, steps),
                    _ => {
                        let name = name.strip_prefix("secrets.").expect("a secret");
                        assert!(SECRETS.contains(&name), "{name}");
                        let secret = self.secret(&environment, name);
                        secret.expect("an environment that has it").to_owned()
                    }
                };
                out = format!("{before}{value}{after}");
            }
            out
        };
        self.check_out();
        let (mut done, mut log) = (true, String::new());
        let mut outputs = Outputs::new();
        for step in list(&job["steps"]) {
            match step.get("if").map(text).as_deref() {
                None if !done => continue,
                None | Some("${{ !cancelled() }}") => {}
                Some(other) => panic!("what is `{other}`?"),
            }
            let mut env: BTreeMap<String, String> = [&workflow["env"], &job["env"], &step["env"]]
                .into_iter()
                .flat_map(entries)
                .map(|(name, value)| (name, filled(&value, &outputs)))
                .collect();
            for (name, value) in [
                ("GITHUB_REPOSITORY", "acme/desk".to_owned()),
                ("GITHUB_OUTPUT", format!("{temp}/output")),
                ("GITHUB_PATH", format!("{temp}/path")),
                (
                    "GITHUB_STEP_SUMMARY",
                    self.path("summary").display().to_string(),
                ),
                ("RUNNER_TEMP", temp.clone()),
            ] {
                env.insert(name.to_owned(), value);
            }
            if step.get("run").is_some() {
                let path = fs::read_to_string(self.path("temp/path")).unwrap_or_default();
                let path = path.replace('\n', ":");
                let (code, said) = self.bash(&text(&step["run"]), &env, &path);
                done &= code == Some(0);
                log.push_str(&said);
                let written = fs::read_to_string(self.path("temp/output")).unwrap_or_default();
                let _ = fs::remove_file(self.path("temp/output"));
                for (name, value) in written.lines().filter_map(|line| line.split_once('=')) {
                    outputs.insert((text(&step["id"]), name.to_owned()), value.to_owned());
                }
                continue;
            }
            let with = |name: &str| filled(&step["with"][name], &outputs);
            let uses = text(&step["uses"]);
            let ok = match uses.split('@').next().unwrap() {
                "actions/checkout" => true,
                "actions/upload-artifact" => {
                    let from = self.path("workspace").join(with("path"));
                    let name = with("path");
                    self.upload(&with("name"), &from, Path::new(&name).file_name().unwrap());
                    from.exists()
                }
                "actions/download-artifact" => {
                    let from = self.path("artifacts").join(with("name"));
                    let found = from.exists();
                    if found {
                        copy(&from, Path::new(&with("path")));
                    }
                    found
                }
                other => panic!("what is {other}?"),
            };
            done &= ok;
        }
        let promised = entries(&job["outputs"]);
        let outputs = promised.map(|(name, value)| (name, filled(&value, &outputs)));
        Ran {
            done,
            log,
            outputs: outputs.collect(),
        }
    }

    /// The script for a plan that failed, in an environment of this name.
    pub(crate) fn comment(&self, script: &str, environment: &str) -> (bool, String) {
        let env = [
            ("DESKFORM_ENV", environment),
            ("GH_TOKEN", "secret-of-github.token"),
            ("GITHUB_REPOSITORY", "acme/desk"),
            ("NUMBER", "7"),
            ("COMMIT", "0"),
            ("RUN", "https://github.com"),
        ];
        self.script(script, &env)
    }

    /// The script on GitLab without a token.
    pub(crate) fn note_without_token(&self) -> (bool, String) {
        let env = [
            ("DESKFORM_ENV", "production"),
            ("GITLAB_CI", "true"),
            ("COMMIT", "0"),
            ("RUN", "https://gitlab.example.com"),
        ];
        self.script("bash scripts/deskform-comment.sh report", &env)
    }

    fn script(&self, script: &str, env: &[(&str, &str)]) -> (bool, String) {
        self.check_out();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let script = format!("set -- report\n{script}");
        let (code, log) = self.bash(&script, &env.iter().map(own).collect(), "");
        (code == Some(0), log)
    }

    fn upload(&self, artifact: &str, from: &Path, name: impl AsRef<Path>) {
        let to = self.path("artifacts").join(artifact).join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if from.is_dir() {
            copy(from, &to);
        } else if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }

    /// Somebody puts another program in the place of the artifact.
    pub(crate) fn tamper(&self) {
        let path = match self.host {
            Host::GitHub => "artifacts/deskform/deskform",
            Host::GitLab => "artifacts/build/bin/deskform",
        };
        fs::write(self.path(path), "#!/bin/sh\ntouch pwned\n").unwrap();
    }

    /// What is in the artifacts of the last pipeline, but for the program.
    pub(crate) fn handed_on(&self) -> String {
        fn read(folder: &Path, out: &mut String) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path, out);
                } else if path.file_name().is_some_and(|name| name != "deskform") {
                    out.push_str(&fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut out = String::new();
        read(&self.path("artifacts"), &mut out);
        out
    }

    /// Puts the artifacts of a pipeline aside, to which another one adds nothing.
    pub(crate) fn take_artifacts(&self) -> TempDir {
        let aside = TempDir::new().unwrap();
        copy(&self.path("artifacts"), aside.path());
        aside
    }

    /// Puts them back.
    pub(crate) fn put_artifacts(&self, aside: &TempDir) {
        let _ = fs::remove_dir_all(self.path("artifacts"));
        copy(aside.path(), &self.path("artifacts"));
    }

    /// A job of the pipeline of GitLab: its success and its log.
    fn gitlab(&self, name: &str, commit: &str) -> (bool, String) {
        let pipeline = pipeline();
        let job = &pipeline_jobs(&pipeline)[name];
        let known = [
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
            ("CI_PROJECT_ID", "1"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
            ("CI_MERGE_REQUEST_IID", "7"),
            (
                "CI_PIPELINE_URL",
                "https://gitlab.example.com/acme/desk/-/pipelines/99",
            ),
            ("CI_COMMIT_SHA", commit),
        ];
        let filled = |value: &Value| {
            let text = text(value);
            known.iter().fold(text, |text, (name, value)| {
                text.replace(&format!("${name}"), value)
            })
        };
        let mut env: BTreeMap<String, String> = [&pipeline["variables"], &job["variables"]]
            .into_iter()
            .flat_map(entries)
            .map(|(name, value)| (name, filled(&value)))
            .collect();
        for (name, value) in known {
            env.insert(name.to_owned(), value.to_owned());
        }
        // As the head of the file says that they are to be set.
        let environment = environment_of(job);
        for name in SECRETS {
            if let Some(value) = self.secret(&environment, name) {
                env.insert(name.to_owned(), value.to_owned());
            }
        }
        if environment == "deskform-note" {
            env.insert(
                "GITLAB_TOKEN".to_owned(),
                "secret-of-GITLAB_TOKEN".to_owned(),
            );
        }
        self.check_out();
        for needed in list(&job["needs"]) {
            let from = self.path("artifacts").join(text(needed));
            if from.exists() {
                copy(&from, &self.path("workspace"));
            }
            let variables = self.path("artifacts").join(format!("{}.env", text(needed)));
            let variables = fs::read_to_string(variables).unwrap_or_default();
            for (name, value) in variables.lines().filter_map(|line| line.split_once('=')) {
                env.insert(name.to_owned(), value.to_owned());
            }
        }
        let (code, log) = self.bash(&script(job), &env, "");
        let allowed = list(&job["allow_failure"]["exit_codes"]);
        let done = code == Some(0)
            || allowed
                .iter()
                .any(|allowed| allowed.as_i64() == code.map(i64::from));
        let artifacts = &job["artifacts"];
        if done || text(&artifacts["when"]) == "always" {
            for path in list(&artifacts["paths"]) {
                let path = filled(path);
                self.upload(name, &self.path("workspace").join(&path), &path);
            }
            for (kind, path) in entries(&artifacts["reports"]) {
                let to = match kind.as_str() {
                    "dotenv" => format!("artifacts/{name}.env"),
                    _ => format!("state/report-{kind}"),
                };
                let _ = fs::remove_file(self.path(&to));
                let from = self.path("workspace").join(text(&path));
                if from.exists() {
                    fs::create_dir_all(self.path("artifacts")).unwrap();
                    fs::copy(from, self.path(&to)).unwrap();
                }
            }
        }
        (done, log)
    }
}

/// The value of an output, such as `needs.plan.outputs.code`; empty where it was not set.
fn output_named(name: &str, outputs: &Outputs) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let [_, of, "outputs", name] = parts[..] else {
        panic!("what is `{name}`?");
    };
    let value = outputs.get(&(of.to_owned(), name.to_owned()));
    value.cloned().unwrap_or_default()
}

/// Copies what is in a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}
