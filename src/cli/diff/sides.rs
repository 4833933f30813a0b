//! What a side of a comparison is, and manifests that are one.

use std::path::{Component, Path};

use super::revision::Checkout;
use crate::cli::Global;
use crate::cli::common::{Failure, Folder, Workspace};
use crate::cli::dotenv::DotEnv;
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
    /// Manifests.
    Manifests(Manifests<'w>),
}

/// Manifests as the command line names them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manifests<'w> {
    /// The word.
    name: &'w str,
    /// What stands behind the colon.
    place: Place<'w>,
}

/// Where manifests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'w> {
    /// In a folder, from the project's on.
    Folder(&'w str),
    /// In a revision of this project's repository.
    Revision(&'w str),
}

/// Two words may be written otherwise and mean one folder.
impl PartialEq for Manifests<'_> {
    fn eq(&self, other: &Self) -> bool {
        let parts = |path| {
            Path::new(path)
                .components()
                .filter(|part| *part != Component::CurDir)
        };
        match (self.place, other.place) {
            (Place::Folder(one), Place::Folder(other)) => parts(one).eq(parts(other)),
            (one, other) => one == other,
        }
    }
}

impl Eq for Manifests<'_> {}

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
            Some((FOLDER, path)) => Ok(Self::Manifests(Manifests {
                name: word,
                place: Place::Folder(path),
            })),
            Some((REVISION, revision)) if is_revision(revision) => Ok(Self::Manifests(Manifests {
                name: word,
                place: Place::Revision(revision),
            })),
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
        manifests: Manifests<'_>,
        environment: Option<&str>,
    ) -> Result<Self, Failure> {
        let read = Self::read(global, manifests, environment);
        read.map_err(|failure| of_side(manifests.name, failure))
    }

    fn read(
        global: &Global,
        Manifests { name, place }: Manifests<'_>,
        environment: Option<&str>,
    ) -> Result<Self, Failure> {
        let (folder, commit) = match place {
            Place::Folder(path) => {
                let path = global.directory.join(path);
                (Folder::at(&path, DotEnv::read(&path)?)?, None)
            }
            Place::Revision(revision) => {
                let checkout = Checkout::of(&global.directory, revision)?;
                // A revision has no variables of a machine: they are those of the project here.
                let folder = Folder::at(checkout.project(), DotEnv::read(&global.directory)?)?;
                (folder, Some(checkout.commit))
            }
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
