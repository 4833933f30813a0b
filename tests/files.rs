//! Which files of a project are read: every one is, or is passed over for a reason, or is an error.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use command::Place;
use deskform::config::{PROJECT_FILE, Project};
use deskform::manifest::{Files, files};
use deskform::report::problems::render;
use deskform::yaml::Source;
use proptest::prelude::*;

fn write(root: &Path, name: &[u8], text: &str) {
    let path = root.join(path_of(name));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[cfg(unix)]
fn path_of(name: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path_of(name: &[u8]) -> &Path {
    Path::new(std::str::from_utf8(name).unwrap())
}

/// The files that are read, by name, or the codes and files that are refused.
type Found = Result<Vec<String>, BTreeSet<(String, String)>>;

fn found(root: &Path) -> (Found, String) {
    let project = Project::read(root).0.unwrap();
    match files(&project, &project.environments[0]) {
        Ok(found) => {
            let names = |list: &[Source]| -> Vec<String> {
                list.iter().map(|one| one.name.to_string()).collect()
            };
            let mut all = names(&found.base);
            all.extend(found.overlays.iter().flat_map(|list| names(list)));
            all.sort();
            (Ok(all), String::new())
        }
        Err(problems) => {
            let shown = render(&problems, &|_| None, false, 200);
            let codes = problems.list.iter().map(|problem| {
                let file = problem.labels.first().map_or_else(
                    || problem.message.clone(),
                    |label| label.place.file.to_string(),
                );
                (problem.code.to_string(), file)
            });
            (Err(codes.collect()), shown)
        }
    }
}

const PROJECT: &str = "environments:\n  a: {simulator: {}, overlays: [over, one.YAML]}\n  b: {simulator: {}, overlays: [other]}\n";

/// What becomes of a file, told from its name and its neighbours alone.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Read,
    /// Hidden, of another project, of another environment, no YAML, or the project file.
    PassedOver,
    Misnamed,
    NotUtf8,
}

/// The rules once more, in the words of the documentation.
fn fate(name: &[u8], all: &BTreeSet<Vec<u8>>) -> Fate {
    let parts: Vec<&[u8]> = name.split(|byte| *byte == b'/').collect();
    let lower = name.to_ascii_lowercase();
    let (last, folders) = parts.split_last().unwrap();
    if parts.iter().any(|part| part.starts_with(b".")) || name == b"deskform.yaml" {
        return Fate::PassedOver;
    }
    if parts[0] == b"other" {
        return Fate::PassedOver;
    }
    // An overlay is named by the project file, which is not asked whether it is a project of its own.
    for depth in 1..=folders.len() {
        let mut neighbour = parts[..depth].join(&b'/');
        neighbour.extend(b"/deskform.yaml");
        if neighbour != b"over/deskform.yaml" && all.contains(&neighbour) {
            return Fate::PassedOver;
        }
    }
    if !(lower.ends_with(b".yaml") || lower.ends_with(b".yml")) {
        return Fate::PassedOver;
    }
    let last = last.to_ascii_lowercase();
    let exact = name.ends_with(b"/deskform.yaml");
    if (last == b"deskform.yaml" || last == b"deskform.yml") && !exact {
        return Fate::Misnamed;
    }
    if std::str::from_utf8(name).is_err() {
        return Fate::NotUtf8;
    }
    Fate::Read
}

fn check(names: &BTreeSet<Vec<u8>>) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut names = names.clone();
    for always in ["deskform.yaml", "one.YAML", "over/x.yaml", "other/y.yaml"] {
        names.insert(always.as_bytes().to_vec());
    }
    for name in &names {
        let text = if name == b"deskform.yaml" {
            PROJECT
        } else {
            "departments:\n"
        };
        write(root, name, text);
    }
    let mut read = Vec::new();
    let mut wrong = Vec::new();
    for name in &names {
        match fate(name, &names) {
            Fate::Read => read.push(String::from_utf8(name.clone()).unwrap()),
            Fate::PassedOver => {}
            refused => wrong.push((name.clone(), refused)),
        }
    }
    read.sort();
    let (found, shown) = found(root);
    match found {
        Ok(found) if wrong.is_empty() && found == read => Ok(()),
        Err(codes) if codes.len() == wrong.len() => {
            for (name, fate) in wrong {
                let code = match fate {
                    Fate::Misnamed => "misnamed-project-file",
                    _ => "not-utf8-name",
                };
                let words = name.escape_ascii().to_string();
                let told = codes.iter().any(|(known, _)| known == code);
                if !told || !shown.contains(&words) {
                    return Err(format!("{words} ({code}) is not told:\n{shown}"));
                }
            }
            Ok(())
        }
        other => Err(format!("{other:?}\nwanted {read:?} and {wrong:?}\n{shown}")),
    }
}

/// One part of a name.
fn part() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "a",
        "b",
        "A",
        ".a",
        "a.yaml",
        "over",
        "other",
        "deskform",
        "Deskform.yaml",
        "with blank",
        "yaml",
        "...",
        "-",
        "a.b",
    ];
    prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => Just(b"n\xFFot".to_vec()),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    const ENDS: &[&str] = &[
        ".yaml",
        ".yml",
        ".YAML",
        ".Yml",
        ".yAmL",
        ".YML",
        ".yaml.bak",
        ".json",
        "",
        ".yamll",
        ".yaml~",
        ". yaml",
        "..yml",
    ];
    let stem = prop_oneof![
        6 => part(),
        1 => Just(b"deskform".to_vec()),
        1 => Just(b"DeskForm".to_vec()),
        1 => Just(b"\xFF".to_vec()),
    ];
    (
        prop::collection::vec(part(), 0..3),
        stem,
        prop::sample::select(ENDS),
    )
        .prop_map(|(folders, stem, end)| {
            let mut name = Vec::new();
            for folder in folders {
                name.extend(folder);
                name.push(b'/');
            }
            name.extend(stem);
            name.extend(end.as_bytes());
            name
        })
}

/// Takes out what cannot stand beside the rest: a file where another name needs a folder.
fn tree(names: Vec<Vec<u8>>) -> BTreeSet<Vec<u8>> {
    let all: BTreeSet<Vec<u8>> = names
        .into_iter()
        .filter(|name| {
            let parts: Vec<&[u8]> = name.split(|byte| *byte == b'/').collect();
            !parts.iter().any(|part| matches!(*part, b"." | b".." | b""))
                && *name != b"over"
                && *name != b"other"
                && !name.starts_with(b"one.YAML")
                && !name.starts_with(b"deskform.yaml/")
                && !name.starts_with(b"over/x.yaml/")
                && !name.starts_with(b"other/y.yaml/")
        })
        .collect();
    all.iter()
        .filter(|name| {
            !all.iter().any(|other| {
                other.len() > name.len() && other.starts_with(name) && other[name.len()] == b'/'
            })
        })
        .cloned()
        .collect()
}

#[cfg(target_os = "linux")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn case_6_every_file_is_read_or_passed_over_for_a_reason_or_refused(
        names in prop::collection::vec(name(), 0..14),
    ) {
        let names = tree(names);
        if let Err(problem) = check(&names) {
            prop_assert!(false, "{names:?}\n{problem}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn case_6_odd_names_one_by_one() {
    for name in [
        &b"a.YAML"[..],
        b"a.Yml",
        b"a/b.yMl",
        b"A/b.yml",
        b"a\xFF.yaml",
        b"n\xFFot/a.yaml",
        b"n\xFFot/deep/a.YML",
        b"n\xFFot/notes.txt",
        b"n\xFFot/deskform.yaml",
        b".n\xFFot/a.yaml",
        b"over/a\xFF.Yaml",
        b"other/a\xFF.Yaml",
        b"deskform.YAML",
        b"deskform.yml",
        b"Deskform.yaml",
        b"a/DESKFORM.YML",
        b"over/deskform.yml",
        b"other/deskform.yml",
        b"a.yaml\xFF",
        b"a.yaml/b.yaml",
        b"deskform.yml/b.yaml",
    ] {
        let names = BTreeSet::from([name.to_vec()]);
        if let Err(problem) = check(&names) {
            panic!("{}: {problem}", name.escape_ascii());
        }
    }
    // In a folder of its own each of these makes the folder's files another project's, or none.
    let nested = BTreeSet::from([b"n/deskform.yaml".to_vec(), b"n/deskform.yml".to_vec()]);
    check(&nested).unwrap_or_else(|problem| panic!("{problem}"));
}

/// A folder with a project file and nothing else.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        PROJECT_FILE.as_bytes(),
        "environments: {a: {simulator: {}}}",
    );
    folder
}

/// A folder of the project file's name makes no project of the folder that it is in.
#[test]
fn case_6_a_folder_is_no_project_file() {
    let folder = project();
    let root = folder.path();
    write(root, b"a/deskform.yaml/x.yaml", "departments:\n");
    write(root, b"a/y.yaml", "departments:\n");
    let (found, shown) = found(root);
    let wanted = ["a/deskform.yaml/x.yaml", "a/y.yaml"].map(str::to_owned);
    assert_eq!(found, Ok(wanted.to_vec()), "{shown}");
}

#[cfg(unix)]
#[test]
fn case_6_what_is_no_file_is_refused() {
    let folder = project();
    let root = folder.path();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("s.yaml")).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(root.join("other.sock")).unwrap();
    let gone = Path::new("nowhere");
    std::os::unix::fs::symlink(gone, root.join("gone.YML")).unwrap();
    std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
    let (found, shown) = found(root);
    let wanted = [
        ("not-a-file", "s.yaml"),
        ("symbolic-link", "gone.YML"),
        ("symbolic-link", "loop"),
    ];
    let wanted = wanted.map(|(code, file)| (code.to_owned(), file.to_owned()));
    assert_eq!(found, Err(BTreeSet::from(wanted)), "{shown}");
}

/// Nothing that is declared in a file with another ending is removed.
#[test]
fn case_6_what_stands_in_a_file_of_any_case_is_kept() {
    for name in ["desk.YAML", "desk.Yml", "Desk.yaml", "DESK.YML"] {
        let place = Place::with(&[
            ("deskform.yaml", "environments: {local: {simulator: {}}}\n"),
            ("desk.yaml", "departments: {Care: {}, Sales: {}}\n"),
        ]);
        place.done("apply --auto-approve");
        fs::rename(place.path("desk.yaml"), place.path("away")).unwrap();
        fs::rename(place.path("away"), place.path(name)).unwrap();
        let run = place.done("plan --detailed-exitcode");
        assert_eq!(run.code, 0, "{name}: {run}");
    }
}

#[test]
fn case_6_a_project_file_of_another_name_is_named() {
    let names = [
        "deskform.yml",
        "deskform.YAML",
        "Deskform.yaml",
        "DESKFORM.YML",
    ];
    for name in names {
        // Instead of the project file.
        let place = Place::empty();
        place.write(name, "environments: {local: {simulator: {}}}\n");
        if place.path("deskform.yaml").exists() {
            // The file system does not tell the two names apart.
            continue;
        }
        let run = place.refused("plan");
        let told = flat(&run.stderr);
        assert!(told.contains(&format!("there is `{name}`")), "{run}");
        assert!(told.contains("rename it to `deskform.yaml`"), "{run}");
        // Beside it.
        place.write("deskform.yaml", "environments: {local: {simulator: {}}}\n");
        let run = place.refused("plan");
        let told = flat(&run.stderr);
        assert!(
            told.contains("a project file is named `deskform.yaml`"),
            "{run}"
        );
        assert!(told.contains(name), "{run}");
    }
}

/// A report in one line.
fn flat(report: &str) -> String {
    let words = report.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// Two files whose names differ in case only are two.
#[cfg(target_os = "linux")]
#[test]
fn case_6_names_that_differ_in_case_are_two_files() {
    let folder = project();
    let root = folder.path();
    let texts = BTreeMap::from([
        ("a.yaml", "departments: {One: {}}\n"),
        ("A.yaml", "departments: {Two: {}}\n"),
        ("a.YAML", "departments: {Three: {}}\n"),
    ]);
    for (name, text) in &texts {
        write(root, name.as_bytes(), text);
    }
    let project = Project::read(root).0.unwrap();
    let found = files(&project, &project.environments[0]).unwrap();
    let read: BTreeMap<&str, &str> = found
        .base
        .iter()
        .map(|one| (&*one.name, &*one.text))
        .collect();
    assert_eq!(read, texts);
    let desired = deskform::manifest::compose(&found, &project.environments[0], &|_| None).unwrap();
    assert_eq!(desired.state.len(), 3);
}

/// What many environments share is read once: what changes meanwhile is seen by none of them.
#[test]
fn files_are_read_once_for_all_environments() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        PROJECT_FILE.as_bytes(),
        "environments:\n  a: {simulator: {}, overlays: [over/a]}\n  b: {simulator: {}, overlays: [over/b, lost]}\n",
    );
    for name in ["desk.yaml", "over/a/one.yaml", "over/b/two.yaml"] {
        write(root, name.as_bytes(), "departments: {}\n");
    }
    let project = Project::read(root).0.unwrap();
    let files = Files::read(&project);
    fs::remove_dir_all(root.join("over")).unwrap();
    fs::remove_file(root.join("desk.yaml")).unwrap();
    let (a, b) = (&project.environments[0], &project.environments[1]);
    let names = |sources: &[Source]| -> Vec<String> {
        sources.iter().map(|one| one.name.to_string()).collect()
    };
    let of_a = files.of(a).unwrap();
    assert_eq!(names(&of_a.base), ["desk.yaml"]);
    assert_eq!(names(&of_a.overlays[0]), ["over/a/one.yaml"]);
    assert_eq!(names(&files.elsewhere(a)), ["over/b/two.yaml"]);
    // What one environment lacks is no problem of another one.
    let refused = files.of(b).unwrap_err();
    assert_eq!(refused.list.len(), 1);
    assert!(refused.list[0].message.contains("`lost`"));
    assert_eq!(names(&files.elsewhere(b)), ["over/a/one.yaml"]);
}
