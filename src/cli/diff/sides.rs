//! What a side of a comparison is, and manifests that are one.

use std::path::{Path, PathBuf};

use super::revision::Checkout;
use crate::cli::admit::normal;
use crate::cli::common::{Failure, Folder, Workspace, remark};
use crate::cli::dotenv::DotEnv;
use crate::cli::Global;
use crate::comparison::Side;
use crate::manifest::Desired;
use crate::problem::{Code, Problem};

/// How a folder is written.
const FOLDER: &str = "dir";
/// How a revision is written.
const REVISION: &str = "git";
/// How sides are written.
const SIDES: &str = "a side is an environment of deskform.yaml, `dir:PATH` or `git:REV`";

/// One side as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word<'w> {
    /// An environment.
    Environment(&'w str),
    /// A project folder; the word, and the folder.
    Folder(Text<'w>, PathBuf),
    /// A revision of this project's repository.
    Revision(&'w str),
}

/// A word as it was written; all are alike, since what they mean is what counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'w>(&'w str);

impl PartialEq for Text<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Text<'_> {}

impl<'w> Word<'w> {
    /// Understands a word.
    ///
    /// # Errors
    /// What is none of the three.
    pub(super) fn of(global: &Global, word: &'w str) -> Result<Self, Failure> {
        let usage = |message: String| Problem::error(Code::Usage, message).help(SIDES);
        match word.split_once(':') {
            None if global.directory.join(word).is_dir() && word.contains(['/', '\\', '.']) => {
                let message = format!("`{word}` is a folder, and no environment is named so");
                let help = format!("write `{FOLDER}:{word}`; {SIDES}");
                Err(Problem::error(Code::Usage, message).help(help).into())
            }
            None => Ok(Self::Environment(word)),
            Some((FOLDER | REVISION, "")) => {
                Err(usage(format!("nothing stands behind `{word}`")).into())
            }
            Some((FOLDER, path)) => {
                let path = global.directory.join(path);
                let path = std::path::absolute(&path).unwrap_or(path);
                Ok(Self::Folder(Text(word), normal(&path)))
            }
            Some((REVISION, revision)) if is_revision(revision) => Ok(Self::Revision(revision)),
            Some((REVISION, revision)) => {
                let message = format!("`{}` is no revision of git", revision.escape_debug());
                Err(Problem::error(Code::Revision, message)
                    .help("write a branch, a tag or a commit, such as `git:main` or `git:HEAD~1`")
                    .into())
            }
            Some(_) => Err(usage(format!("`{word}` is no side of a comparison")).into()),
        }
    }
}

/// Whether git takes a text for a revision, and for nothing else.
fn is_revision(text: &str) -> bool {
    !text.starts_with('-') && !text.chars().any(char::is_control)
}

/// Manifests that are a side.
pub(super) struct Declared {
    /// The environment that they were composed for.
    pub(super) workspace: Workspace,
    /// What they say.
    pub(super) desired: Desired,
    /// The side for readers.
    pub(super) side: Side,
}

impl Declared {
    /// Reads manifests and composes them for an environment, the default one where none is named.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong, which names the side.
    pub(super) fn open(
        global: &Global,
        word: Word<'_>,
        environment: Option<&str>,
    ) -> Result<Self, Failure> {
        let name = match &word {
            Word::Environment(name) => (*name).to_owned(),
            Word::Folder(text, _) => text.0.to_owned(),
            Word::Revision(revision) => format!("{REVISION}:{revision}"),
        };
        Self::read(global, &word, environment, &name).map_err(|failure| of_side(&name, failure))
    }

    fn read(
        global: &Global,
        word: &Word<'_>,
        environment: Option<&str>,
        name: &str,
    ) -> Result<Self, Failure> {
        let mut commit = None;
        let folder = match word {
            Word::Revision(revision) => {
                let checkout = Checkout::of(&global.directory, revision)?;
                if !global.quiet {
                    remark(global, &format!("`{name}` is the commit {}", checkout.commit));
                }
                // A revision has no variables of a machine: they are those of the project here.
                let folder = Folder::at(checkout.project(), DotEnv::read(&global.directory)?)?;
                commit = Some(checkout.commit.clone());
                folder
            }
            Word::Folder(_, path) => open_folder(path)?,
            Word::Environment(_) => Folder::read(global)?,
        };
        let workspace = Workspace::of(global, &folder, environment)?;
        let desired = workspace.composed()?;
        // Secrets are compared as templates, whether they are set or not.
        let warnings = desired.warnings.iter();
        let warnings: Vec<Problem> = (warnings)
            .filter(|problem| problem.code != Code::MissingSecret)
            .map(|problem| named(name, problem.clone()))
            .collect();
        workspace.warn(global, &warnings);
        let side = Side {
            name: name.to_owned(),
            environment: workspace.environment.name.clone(),
            org_id: None,
            commit,
        };
        Ok(Self {
            workspace,
            desired,
            side,
        })
    }
}

fn open_folder(path: &Path) -> Result<Folder, Failure> {
    Folder::at(path, DotEnv::read(path)?)
}

/// Says which side a problem is about.
fn named(side: &str, problem: Problem) -> Problem {
    let message = format!("`{side}`: {}", problem.message);
    Problem { message, ..problem }
}

fn of_side(side: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Problems(mut problems, texts) => {
            let all = std::mem::take(&mut problems.list).into_iter();
            problems.list = all.map(|problem| named(side, problem)).collect();
            Failure::Problems(problems, texts)
        }
        failure => failure,
    }
}
