//! Which folder is the project: the one that is named, else the nearest with a project file.

use std::io;
use std::path::{Path, PathBuf};

use super::common::{Failure, remark};
use super::{Command, Global};
use crate::config::{PROJECT_FILE, like_project_file};
use crate::problem::{Code, Problem};

impl Command {
    /// Whether the command works in a project, which is looked for from the current folder upwards.
    const fn needs_project(&self) -> bool {
        match self {
            Self::Validate(_)
            | Self::Plan(_)
            | Self::Apply(_)
            | Self::Drift(_)
            | Self::Diff(_)
            | Self::Export(_)
            | Self::Ledger(_)
            | Self::Runs(_)
            | Self::Unlock(_)
            | Self::Auth(_)
            | Self::Doctor(_) => true,
            Self::Init(_)
            | Self::Show(_)
            | Self::Simulate(_)
            | Self::Explain(_)
            | Self::Schema(_)
            | Self::Completions(_) => false,
        }
    }
}

/// The folder that a command works in. Where that is found above the current folder, the first line
/// on standard error says so.
///
/// # Errors
/// [`Failure`] when the nearest project file belongs to somebody else.
pub(super) fn folder(global: &Global, command: &Command) -> Result<PathBuf, Failure> {
    if let Some(named) = &global.named {
        if named.is_file() {
            return Err(Problem::error(
                Code::NoProject,
                format!(
                    "`{}` is a file, and `-C` takes the project's folder",
                    named.display()
                ),
            )
            .help(format!("write `-C {}`", folder_of(named).display()))
            .into());
        }
        return Ok(named.clone());
    }
    let current = PathBuf::from(".");
    if !command.needs_project() {
        return Ok(current);
    }
    let home = ["HOME", "USERPROFILE"]
        .into_iter()
        .find_map(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
        .map(PathBuf::from);
    let found =
        std::env::current_dir().and_then(|from| nearest(&from, home.as_deref(), &Owner::of));
    // Without a current folder, reading the project file there says what is wrong.
    let Ok(Some(found)) = found else {
        return Ok(current);
    };
    if !found.is_ours {
        return Err(Problem::error(
            Code::NoProject,
            format!(
                "the nearest `{PROJECT_FILE}` lies in `{}`, which belongs to another user than the current folder",
                found.folder.display()
            ),
        )
        .help("name the folder with `-C` if you trust that project")
        .into());
    }
    if !global.quiet {
        remark(
            global,
            &format!("the project folder is `{}`", found.folder.display()),
        );
    }
    Ok(found.folder)
}

/// The folder that a file lies in.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A project folder above the current one.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    folder: PathBuf,
    /// Whether it belongs to the owner of the current folder, or to the administrator.
    is_ours: bool,
}

/// Finds the nearest folder above with a project file, or with a file that is almost named so; none
/// where the folder itself has one. The home folder and the root of a file system are the last that are
/// looked at.
fn nearest(
    from: &Path,
    home: Option<&Path>,
    owner_of: &dyn Fn(&Path) -> io::Result<Owner>,
) -> io::Result<Option<Found>> {
    let home = home.and_then(|home| std::fs::canonicalize(home).ok());
    let own = owner_of(from)?;
    for (steps, folder) in from.ancestors().enumerate() {
        let Ok(owner) = owner_of(folder) else {
            return Ok(None);
        };
        if owner.file_system != own.file_system {
            return Ok(None);
        }
        let file = folder.join(PROJECT_FILE);
        if file.is_file() || like_project_file(folder).is_some() {
            // What lies here beats all above.
            return Ok((steps > 0).then(|| Found {
                folder: folder.to_owned(),
                is_ours: [folder, &file]
                    .into_iter()
                    .map(owner_of)
                    // The file may have another ending; whatever else hides an owner, it is not ours.
                    .filter(|owner| !matches!(owner, Err(error) if error.kind() == io::ErrorKind::NotFound))
                    .all(|owner| owner.is_ok_and(|owner| owner.user == own.user || owner.user == 0)),
            }));
        }
        if home.as_deref() == Some(folder) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// Whose a file is, and on which file system it lies; elsewhere than on Unix nobody's, nowhere.
struct Owner {
    user: u32,
    file_system: u64,
}

impl Owner {
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let meta = std::fs::metadata(path)?;
        Ok(Self {
            user: meta.uid(),
            file_system: meta.dev(),
        })
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|_| Self {
            user: 0,
            file_system: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_project_is_found_up_to_the_home_folder() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let at = |path: &str| root.join(path);
        fs::create_dir_all(at("home/project/overlays/eu")).unwrap();
        fs::create_dir_all(at("home/project/nested/manifests")).unwrap();
        fs::create_dir_all(at("home/other/deep")).unwrap();
        for file in [
            "deskform.yaml",
            "home/project/deskform.yaml",
            "home/project/nested/deskform.yml",
        ] {
            fs::write(at(file), "").unwrap();
        }
        // A folder of that name makes no project.
        fs::create_dir(at("home/other/deskform.yaml")).unwrap();
        for (from, home, expected) in [
            ("home/project", "home", None),
            ("home/project/overlays", "home", Some("home/project")),
            ("home/project/overlays/eu", "home", Some("home/project")),
            // One that has the wrong ending is told, and not passed over.
            (
                "home/project/nested/manifests",
                "home",
                Some("home/project/nested"),
            ),
            ("home/project/nested", "home", None),
            // Nothing above the home folder counts, unless the current folder lies elsewhere.
            ("home/other/deep", "home", None),
            ("home", "home", None),
            ("home/other/deep", "home/project", Some("")),
        ] {
            let found = nearest(&at(from), Some(&at(home)), &Owner::of).unwrap();
            let expected = expected.map(|folder| Found {
                // Without the slash at the end of the root.
                folder: at(folder).components().collect(),
                is_ours: true,
            });
            assert_eq!(found, expected, "{from}, at home in {home}");
        }
        let found = nearest(&at("home/other"), None, &Owner::of).unwrap();
        assert_eq!(found.unwrap().folder, root);
    }

    #[test]
    fn a_project_of_another_user_or_file_system_is_not_used() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let below = root.join("a/b");
        fs::create_dir_all(&below).unwrap();
        fs::write(root.join(PROJECT_FILE), "").unwrap();
        let found = |user: u32, own: u32, file_system: u64| {
            let owner = |path: &Path| {
                let is_above = !path.starts_with(root.join("a"));
                Ok(Owner {
                    user: if is_above { user } else { own },
                    file_system: if is_above { file_system } else { 1 },
                })
            };
            nearest(&below, None, &owner).unwrap()
        };
        let is_ours = |found: Option<Found>| found.map(|found| found.is_ours);
        assert_eq!(is_ours(found(1000, 1000, 1)), Some(true));
        assert_eq!(is_ours(found(0, 1000, 1)), Some(true));
        // Told, and not passed over: a project further above would be a surprise.
        assert_eq!(is_ours(found(1001, 1000, 1)), Some(false));
        assert_eq!(is_ours(found(1000, 0, 1)), Some(false));
        assert_eq!(is_ours(found(1000, 1000, 2)), None);
    }
}
