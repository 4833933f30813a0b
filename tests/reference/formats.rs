//! What programs can read, from the schemas that `deskform schema` prints.

use clap::CommandFactory as _;
use deskform::cli::Cli;
use serde_json::{Map, Value};

use super::command::Place;
use super::page::{Page, cell, sentence, slug, tick};

/// A format: the word for `deskform schema`, its title, and what there is to know of it besides.
const FORMATS: [(&str, &str, &str); 10] = [
    (
        "plan",
        "Plan",
        "What is promised of it, and what makes a saved plan stale, stands in [the plan, for programs](../plan.md).",
    ),
    (
        "ledger",
        "Ledger",
        "It is the file that `ledger` in [the project file](project-file.md) names. Programs may read it; deskform alone writes it. [The ledger](../ledger.md) says more.",
    ),
    (
        "drift",
        "Drift",
        "[Drift](../drift.md) says what counts as drift.",
    ),
    (
        "diff",
        "Diff",
        "[Comparing](../diff.md) says what is compared.",
    ),
    (
        "doctor",
        "Doctor",
        "[Doctor](../doctor.md) says what it asks for and what it leaves open.",
    ),
    (
        "ledger-show",
        "Ledger show",
        "It tells more than the ledger itself: who holds the lock, and which runs did not end.",
    ),
    (
        "runs",
        "Past runs",
        "[Going back](../going-back.md) says which runs are kept, and for how long.",
    ),
    (
        "run",
        "Past run",
        "It is what is kept beside the ledger of a run, with its times as texts.",
    ),
    (
        "environments",
        "Several environments",
        "Each environment has what the command prints of it alone.",
    ),
    (
        "log",
        "Log line",
        "Each line of standard error is one of these objects: a message has `level` and `message`, an event has `event`, a log line has `fields`. [Problems](problems.md) lists the codes.",
    ),
];

/// What `deskform schema` prints and other pages describe.
const ELSEWHERE: [(&str, &str); 3] = [
    (
        "manifest",
        "[Kinds](kinds/README.md) and [Manifests](manifests.md)",
    ),
    (
        "overlay",
        "[Kinds](kinds/README.md) and [Manifests](manifests.md)",
    ),
    ("project", "[Project file](project-file.md)"),
];

pub(crate) fn page() -> Page {
    let mut page = Page::new("JSON");
    page.paragraph(
        "What programs can read. Each form has a JSON Schema, which `deskform schema WORD` prints and which lies in `schema`.",
    );
    let mut rows: Vec<Vec<String>> = FORMATS
        .iter()
        .map(|(word, title, _)| {
            vec![
                tick(&format!("schema {word}")),
                format!("[{title}](#{})", slug(title)),
            ]
        })
        .collect();
    rows.extend(
        ELSEWHERE
            .iter()
            .map(|(word, place)| vec![tick(&format!("schema {word}")), (*place).to_owned()]),
    );
    page.table(&["word", "described in"], &rows);
    page.paragraph(
        "A form with a `formatVersion` keeps its promise within one version: no key goes, and none gets another meaning. Keys and words may come, so a program has to pass over those that it does not know. A change that breaks this raises the version and stands in `CHANGELOG.md`.",
    );
    for (word, title, more) in FORMATS {
        let schema = schema(word);
        page.heading(2, title);
        page.paragraph(&sentence(description(&schema)));
        page.paragraph(more);
        if let Some(version) = schema["properties"].get("formatVersion") {
            page.paragraph(&format!(
                "`formatVersion`: {}.",
                takes(version, title, &schema)
            ));
        }
        Form {
            title,
            schema: &schema,
        }
        .add(&mut page);
    }
    page
}

/// What `deskform schema` prints.
fn schema(word: &str) -> Value {
    let printed = Place::empty().done(&format!("schema {word}")).stdout;
    serde_json::from_str(&printed).expect("a schema")
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

struct Form<'s> {
    title: &'s str,
    schema: &'s Value,
}

impl Form<'_> {
    fn add(&self, page: &mut Page) {
        let mut rows = Vec::new();
        self.keys("", self.schema, &mut rows);
        page.table(&["key", "always there", "takes", "meaning"], &rows);
        let none = Map::new();
        let definitions = self.schema["$defs"].as_object().unwrap_or(&none);
        let mut words = Vec::new();
        for (name, definition) in definitions {
            if definition["properties"].is_object() {
                page.heading(3, &format!("{}: {name}", self.title));
                page.paragraph(&sentence(description(definition)));
                let mut rows = Vec::new();
                self.keys("", definition, &mut rows);
                page.table(&["key", "always there", "takes", "meaning"], &rows);
            } else {
                let meaning = description(definition);
                words.push(vec![
                    tick(name),
                    takes(definition, self.title, self.schema),
                    cell(meaning),
                ]);
            }
        }
        if !words.is_empty() {
            page.heading(3, &format!("{}: words", self.title));
            page.paragraph("What the tables call by a word:");
            page.table(&["word", "takes", "meaning"], &words);
        }
    }

    /// The keys of an object, with those of objects inside it.
    fn keys(&self, above: &str, object: &Value, rows: &mut Vec<Vec<String>>) {
        let Some(properties) = object["properties"].as_object() else {
            return;
        };
        let required = object["required"].as_array();
        for (name, value) in properties {
            let path = format!("{above}{name}");
            let is_there = required.is_some_and(|keys| keys.iter().any(|key| key == name));
            let meaning = match description(value) {
                "" => description(self.resolved(value)),
                own => own,
            };
            rows.push(vec![
                tick(&path),
                if is_there { "yes" } else { "no" }.to_owned(),
                cell(&takes(value, self.title, self.schema)),
                cell(&sentence(meaning)),
            ]);
            self.keys(&format!("{path}."), value, rows);
            self.keys(&format!("{path}[]."), &value["items"], rows);
        }
    }

    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        let name = value["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix("#/$defs/"));
        name.map_or(value, |name| &self.schema["$defs"][name])
    }
}

/// What a key takes, in words, with links to the objects of the same form.
fn takes(value: &Value, title: &str, schema: &Value) -> String {
    if let Some(name) = value["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("#/$defs/"))
    {
        let is_object = schema["$defs"][name]["properties"].is_object();
        let anchor = if is_object {
            slug(&format!("{title}: {name}"))
        } else {
            slug(&format!("{title}: words"))
        };
        return format!("[{name}](#{anchor})");
    }
    if let Some(only) = value.get("const") {
        return format!("`{only}`");
    }
    if let Some(words) = value["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .map(|word| word.as_str().map_or_else(|| tick(&word.to_string()), tick))
            .collect();
        return format!("one of {}", words.join(", "));
    }
    if let Some(forms) = value["anyOf"].as_array() {
        let forms: Vec<String> = forms.iter().map(|one| takes(one, title, schema)).collect();
        return forms.join(" or ");
    }
    if let Some(types) = value["type"].as_array() {
        let types: Vec<String> = types
            .iter()
            .filter_map(Value::as_str)
            .map(simple)
            .map(str::to_owned)
            .collect();
        return types.join(" or ");
    }
    match value["type"].as_str() {
        Some("array") => format!("list of {}", plural(&takes(&value["items"], title, schema))),
        Some("object") if value["additionalProperties"].is_object() => {
            let of = takes(&value["additionalProperties"], title, schema);
            format!("map to {}", plural(&of))
        }
        Some(one) => simple(one).to_owned(),
        None => "any value".to_owned(),
    }
}

fn plural(word: &str) -> String {
    match word {
        "text" | "object" => format!("{word}s"),
        other => other.to_owned(),
    }
}

fn simple(kind: &str) -> &str {
    match kind {
        "string" => "text",
        "integer" => "whole number",
        "number" => "number",
        "boolean" => "`true` or `false`",
        "null" => "null",
        other => other,
    }
}

/// What `deskform schema` can print is described here or elsewhere.
#[test]
fn every_schema_is_described() {
    let command = Cli::command();
    let schemas = command.find_subcommand("schema").expect("the command");
    let which = schemas.get_positionals().next().expect("its argument");
    let words = which.get_possible_values();
    assert!(words.len() >= 5, "{words:?}");
    for word in &words {
        let name = word.get_name();
        let here = FORMATS.iter().filter(|(one, ..)| *one == name).count();
        let elsewhere = ELSEWHERE.iter().filter(|(one, _)| *one == name).count();
        assert_eq!(here + elsewhere, 1, "{name}");
    }
    assert_eq!(words.len(), FORMATS.len() + ELSEWHERE.len());
}

fn validator(word: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&schema(word)).expect("a schema")
}

fn assert_fits(validator: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

const PROJECT: &str = "\
environments:
  a: {simulator: {dialect: openapi}}
  b: {simulator: {dialect: guide}}
  c: {simulator: {dialect: openapi}, variables: {broken: true}, overlays: [none]}
";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What commands print is held against the schemas.
#[test]
fn what_is_printed_fits_its_schema() {
    let place = Place::with(&[
        ("deskform.yaml", PROJECT),
        ("desk.yaml", super::command::DESK),
    ]);
    let drift = validator("drift");
    let diff = validator("diff");
    let doctor = validator("doctor");
    let show = validator("ledger-show");
    let runs = validator("runs");
    let past = validator("run");
    let several = validator("environments");
    let log = validator("log");
    let mut lines = Vec::new();
    let mut run = |line: &str| {
        let run = place.run(&format!("--log-format json -vv {line}"));
        lines.extend(run.stderr.lines().map(json));
        run
    };
    // Nothing is there yet.
    assert_fits(&drift, &json(&run("-e a drift --format json").stdout));
    assert_fits(&show, &json(&run("-e a ledger show --format json").stdout));
    for name in ["a", "b"] {
        let printed = run(&format!("-e {name} doctor --format json")).stdout;
        assert_fits(&doctor, &json(&printed));
    }
    assert_eq!(run("-e a apply --auto-approve").code, 0);
    let listed = json(&run("-e a runs --format json").stdout);
    assert_fits(&runs, &listed);
    let name = listed["runs"][0]["run"].as_str().expect("a run");
    assert_fits(
        &past,
        &json(&run(&format!("-e a runs show {name} --format json")).stdout),
    );
    place.edit("desk.yaml", "Invoices", "Bills");
    for command in ["drift", "plan"] {
        let printed = json(
            &run(&format!(
                "-e a {command} --format json --target departments/Billing"
            ))
            .stdout,
        );
        if command == "drift" {
            assert_fits(&drift, &printed);
            assert_eq!(
                printed["drifts"].as_array().map(Vec::len),
                Some(1),
                "{printed:#}"
            );
        }
        let all = run(&format!("-e a,b,c {command} --format json"));
        let all = json(&all.stdout);
        assert_fits(&several, &all);
        assert_eq!(
            all["environments"].as_array().map(Vec::len),
            Some(3),
            "{all:#}"
        );
        assert!(
            all["environments"][2]["error"]["message"].is_string(),
            "{all:#}"
        );
    }
    let shown = json(&run("-e a ledger show --format json").stdout);
    assert_fits(&show, &shown);
    assert_eq!(
        shown["resources"].as_array().map(Vec::len),
        Some(4),
        "{shown:#}"
    );
    for line in ["diff a b --format json", "diff dir:. a --format json"] {
        let printed = json(&run(line).stdout);
        assert_fits(&diff, &printed);
    }
    // Problems with places, and one that has none.
    place.write("more.yaml", "departments: {Third: {colour: red}}\n");
    assert_eq!(run("-e a plan").code, 1);
    assert_eq!(run("-e nowhere plan").code, 1);
    for line in &lines {
        assert_fits(&log, line);
    }
    // Every form has come up, so that none is described that there is not.
    let has = |key: &str| lines.iter().any(|line| line.get(key).is_some());
    for key in ["places", "code", "fields"] {
        assert!(has(key), "no line has `{key}`");
    }
    for event in ["started", "stepStarted", "stepFinished", "finished"] {
        assert!(
            lines.iter().any(|line| line["event"] == event),
            "no line tells `{event}`"
        );
    }
    // A schema that takes everything would prove nothing.
    for (validator, wrong) in [
        (&drift, &shown),
        (&diff, &shown),
        (&show, &lines[0]),
        (&several, &shown),
        (&log, &shown),
    ] {
        assert!(!validator.is_valid(wrong));
    }
}
