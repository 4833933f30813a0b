//! The files of the examples, and their conditions.

use std::collections::BTreeMap;
use std::fs;

use serde_yaml::Value;

use crate::command::repository;

/// A workflow of GitHub with the name of its file.
pub(crate) struct Workflow {
    pub(crate) file: String,
    pub(crate) yaml: Value,
}

fn read(path: &str) -> Value {
    let path = repository().join("examples/workflows").join(path);
    serde_yaml::from_str(&fs::read_to_string(path).expect("a workflow")).expect("YAML")
}

pub(crate) fn workflow(file: &str) -> Value {
    read(&format!("github/{file}"))
}

/// All workflows of GitHub.
pub(crate) fn workflows() -> Vec<Workflow> {
    let folder = repository().join("examples/workflows/github");
    let mut files: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["deskform-apply.yml", "deskform-build.yml", "deskform.yml"]
    );
    let load = |file: String| Workflow {
        yaml: workflow(&file),
        file,
    };
    files.into_iter().map(load).collect()
}

pub(crate) fn pipeline() -> Value {
    read("gitlab/.gitlab-ci.yml")
}

/// The jobs of the pipeline of GitLab by their names.
pub(crate) fn pipeline_jobs(pipeline: &Value) -> BTreeMap<String, Value> {
    entries(pipeline)
        .filter(|(_, job)| job.get("script").is_some())
        .collect()
}

/// The name of the environment that a job runs in; empty where there is none.
pub(crate) fn environment_of(job: &Value) -> String {
    match &job["environment"] {
        Value::String(name) => name.clone(),
        other => other.get("name").map(text).unwrap_or_default(),
    }
}

/// The members of a mapping; none of what is no mapping.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (String, Value)> {
    let entry = |(name, value): (&Value, &Value)| (text(name), value.clone());
    let entries: Vec<_> = value
        .as_mapping()
        .into_iter()
        .flatten()
        .map(entry)
        .collect();
    entries.into_iter()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_sequence().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap().trim().to_owned(),
    }
}

/// The lines of a shell script that do something.
pub(crate) fn commands(script: &str) -> Vec<&str> {
    let lines = script.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The script of a job of GitLab as one text.
pub(crate) fn script(job: &Value) -> String {
    let lines: Vec<String> = list(&job["script"]).iter().map(text).collect();
    lines.join("\n")
}

/// Whether a condition of terms that are joined by `&&` holds; `known` gives the values of what it
/// names.
pub(crate) fn holds(condition: &str, known: &dyn Fn(&str) -> String) -> bool {
    let condition = condition.trim();
    let condition = condition
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .unwrap_or(condition);
    let value = |operand: &str| {
        let operand = operand.trim();
        let quoted = ['\'', '"']
            .iter()
            .find_map(|quote| operand.strip_prefix(*quote)?.strip_suffix(*quote));
        quoted.map_or_else(|| known(operand), str::to_owned)
    };
    condition.split("&&").all(|term| {
        if let Some((left, right)) = term.split_once("==") {
            value(left) == value(right)
        } else if let Some((left, right)) = term.split_once("!=") {
            value(left) != value(right)
        } else {
            // Nobody cancels a run of a test.
            assert_eq!(term.trim(), "!cancelled()");
            true
        }
    })
}
