//! The commit of the files that a plan is made from: by the pipeline's own word, else by `.git`.
//!
//! Nothing is run and nothing is trusted: what is read is a commit only where it looks like one.

use std::path::{Path, PathBuf};

use super::common::{environment_variable, is_ci};
use super::files::read_file;

/// Variables in which pipelines name the commit. Source: the documentation of GitHub Actions, GitLab,
/// Azure Pipelines, Bitbucket Pipelines, `CircleCI`, Buildkite, Drone and Jenkins.
const VARIABLES: [&str; 8] = [
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BUILD_SOURCEVERSION",
    "BITBUCKET_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "DRONE_COMMIT_SHA",
    "GIT_COMMIT",
];

/// Largest file of a repository that is read, in bytes: `packed-refs` may be long.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The commit of a folder; nothing where nobody tells.
pub(super) fn of(folder: &Path) -> Option<String> {
    let commit = |name: &&str| environment_variable(name).filter(|text| is_commit(text));
    let told = || VARIABLES.iter().find_map(commit);
    let told = is_ci().then(told).flatten();
    told.or_else(|| head(&git_folder(folder)?))
}

/// Whether a text is the name of a commit, by SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && (text.bytes()).all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

fn read(path: &Path) -> Option<String> {
    let bytes = read_file(path, MAX_FILE).ok().flatten()?;
    String::from_utf8(bytes).ok()
}

/// The folder in which the repository of a folder keeps its `HEAD`; upwards from there, as git looks.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let git = folder.ancestors().map(|folder| folder.join(".git"));
    let git = git.into_iter().find(|git| git.exists())?;
    if git.is_dir() {
        return Some(git);
    }
    // A worktree and a submodule have a file that names the folder.
    let text = read(&git)?;
    let named = text.strip_prefix("gitdir:")?.trim();
    Some(git.parent()?.join(named))
}

/// The commit that `HEAD` is at.
fn head(git: &Path) -> Option<String> {
    let text = read(&git.join("HEAD"))?;
    let text = text.trim();
    let Some(name) = text.strip_prefix("ref:").map(str::trim) else {
        return is_commit(text).then(|| text.to_owned());
    };
    let is_plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\\');
    if !name.starts_with("refs/") || !name.split('/').all(is_plain) {
        return None;
    }
    // The branches of a worktree stand with those of the repository.
    let common = read(&git.join("commondir")).map(|text| git.join(text.trim()));
    let folders = [Some(git.to_owned()), common];
    let folders = || folders.iter().flatten();
    let loose = folders().find_map(|folder| {
        let text = read(&folder.join(name))?;
        let text = text.trim();
        is_commit(text).then(|| text.to_owned())
    });
    loose.or_else(|| {
        folders().find_map(|folder| {
            let packed = read(&folder.join("packed-refs"))?;
            let mut lines = packed.lines().filter_map(|line| line.split_once(' '));
            let (commit, _) = lines.find(|(_, packed)| *packed == name)?;
            is_commit(commit).then(|| commit.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef01234567";
    const TWO: &str = "fedcba9876543210fedcba9876543210fedcba98";

    /// The files of a folder, and the commit that is found.
    type Case<'c> = (&'c [(&'c str, &'c str)], Option<&'c str>);

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn the_commit_is_where_git_keeps_it() {
        let detached = format!("{ONE}\n");
        let two = format!("{TWO}\n");
        let packed = format!(
            "# pack-refs with: peeled\n{TWO} refs/heads/other\n{ONE} refs/heads/main\n^{TWO}\n"
        );
        let head = "ref: refs/heads/main\n";
        let cases: [Case<'_>; 9] = [
            (&[(".git/HEAD", &detached)], Some(ONE)),
            (
                &[(".git/HEAD", head), (".git/refs/heads/main", &two)],
                Some(TWO),
            ),
            (
                &[(".git/HEAD", head), (".git/packed-refs", &packed)],
                Some(ONE),
            ),
            (
                &[
                    (".git/HEAD", head),
                    (".git/packed-refs", &packed),
                    (".git/refs/heads/main", &two),
                ],
                Some(TWO),
            ),
            (
                &[
                    (".git", "gitdir: repo/worktrees/w\n"),
                    ("repo/worktrees/w/HEAD", head),
                    ("repo/worktrees/w/commondir", "../..\n"),
                    ("repo/refs/heads/main", &two),
                ],
                Some(TWO),
            ),
            // No commit yet, a table of references, and texts that are no repository.
            (&[(".git/HEAD", head)], None),
            (&[(".git/HEAD", "ref: refs/heads/.invalid\n")], None),
            (
                &[(".git/HEAD", "ref: refs/../../secret\n"), ("secret", &two)],
                None,
            ),
            (&[(".git", "anything")], None),
        ];
        for (files, expected) in cases {
            let root = tempfile::tempdir().unwrap();
            write(root.path(), files);
            let project = root.path().join("a/b");
            fs::create_dir_all(&project).unwrap();
            let found = git_folder(&project).and_then(|git| super::head(&git));
            assert_eq!(found.as_deref(), expected, "{files:?}");
        }
    }

    #[test]
    fn a_commit_looks_like_one() {
        for (text, is) in [
            (ONE, true),
            (&format!("{ONE}{ONE}")[..64], true),
            ("", false),
            ("main", false),
            (&*ONE.to_uppercase(), false),
        ] {
            assert_eq!(is_commit(text), is, "{text}");
        }
    }
}
