//! What lies around an export: its files' names, the schema of editors, and other manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::cli::admit::normal;
use crate::cli::common::{Failure, Workspace};
use crate::cli::files::write_file;
use crate::config::schema::{MANIFEST_SCHEMA, OVERLAY_SCHEMA, PROJECT_SCHEMA, SCHEMA_FOLDER};
use crate::config::words::SKIP_FILES;
use crate::config::{Environment, PROJECT_FILE, Target};
use crate::kind::schema::{manifest_schema, overlay_schema};
use crate::manifest::{self, Sources};
use crate::plan::bound::place;
use crate::problem::{Code, Problem, counted, few};
use crate::state::{Address, Resource, State, identity};
use crate::yaml::Source;

/// How editors are told of a schema.
const MARK: &str = "yaml-language-server: $schema=";

/// The schema of manifests as the files of an export name it.
pub(super) struct Schema {
    /// Its path from the project folder on.
    path: String,
    /// How many folders the export lies below the project.
    depth: usize,
}

impl Schema {
    /// The first line of a file of the export.
    pub(super) fn line(&self, name: &str) -> String {
        let depth = self.depth + Path::new(name).components().count() - 1;
        format!("# {MARK}{}{}\n", "../".repeat(depth), self.path)
    }
}

/// A folder as it is called from the project folder on; as it was named where it lies elsewhere.
pub(super) fn from_project(project: &Path, folder: &Path) -> PathBuf {
    let plain = |path: &Path| Some(normal(&std::path::absolute(path).ok()?));
    let inside = plain(&project.join(folder)).zip(plain(project));
    inside
        .and_then(|(folder, project)| Some(folder.strip_prefix(project).ok()?.to_owned()))
        .unwrap_or_else(|| folder.to_owned())
}

/// The environment's overlay that a folder is or lies in, by its number.
pub(super) fn overlay(environment: &Environment, folder: &Path) -> Option<usize> {
    let all = environment.overlays.iter().enumerate();
    let own = all.filter(|(_, overlay)| folder.starts_with(&overlay.path));
    // The innermost one reads it.
    own.max_by_key(|(_, overlay)| overlay.path.len())
        .map(|(at, _)| at)
}

/// The environments of real organizations that read a folder: those that list it among their overlays,
/// or all of them; none where the project does not read it.
fn readers<'w>(workspace: &'w Workspace, folder: &Path) -> Vec<&'w str> {
    let project = &workspace.project;
    let is_read = below(folder).is_some_and(|parts| {
        let file = format!("{}/x.yaml", parts.join("/"));
        parts.iter().all(|part| !part.starts_with('.')) && !project.skips(&file)
    });
    let real = project
        .environments
        .iter()
        .filter(|one| is_read && matches!(one.target, Target::Live { .. }));
    let is_overlay = (project.environments.iter()).any(|one| overlay(one, folder).is_some());
    real.filter(|one| !is_overlay || overlay(one, folder).is_some())
        .map(|one| &*one.name)
        .collect()
}

/// Refuses to write where the export would do harm: beside overlays, where nobody reads it, and what is
/// `--unmanaged` where the environment of another organization reads it.
///
/// What no manifest has is one organization's own: an administrator, a test, a customer's team. As a
/// manifest of all it would be made in every organization by the next apply, and nobody looks for that
/// after a command that is about one. As Terraform writes what it generates for one workspace only, and
/// into no module that others call, this is refused rather than asked about or warned of. The way out
/// loses nothing: the files lie in an overlay first, and what all shall have is moved by hand.
pub(super) fn check_folder(
    workspace: &Workspace,
    folder: &Path,
    is_unmanaged: bool,
) -> Result<(), Problem> {
    let environment = &workspace.environment;
    let name = &environment.name;
    let parts = below(folder).unwrap_or_default();
    let path = parts.join("/");
    let is_hidden = parts.iter().any(|part| part.starts_with('.'));
    if let Some(stray) = manifest::stray_in(&workspace.project, &path).filter(|_| !is_hidden) {
        return Err(manifest::files::stray(stray)
            .at(environment.place.clone(), "in this environment")
            .help(format!(
                "list `{stray}` in the `overlays` of `{name}`, and export again"
            )));
    }
    let readers = readers(workspace, folder);
    let others: Vec<&str> = readers.iter().copied().filter(|one| one != name).collect();
    let is_real = matches!(environment.target, Target::Live { .. });
    if !is_unmanaged || !is_real || others.is_empty() {
        return Ok(());
    }
    let own = environment.overlays.iter().find(|overlay| {
        let path = Path::new(&overlay.path);
        path.extension().is_none() && readers_are_only(workspace, path, name)
    });
    let help = match own {
        Some(own) => format!(
            "`deskform -e {name} export --unmanaged {}` writes",
            own.path
        ),
        None => format!(
            "with `overlays: [overlays/{name}]` in the environment, `deskform -e {name} export --unmanaged overlays/{name}` writes"
        ),
    };
    let others = few(&others);
    Err(Problem::error(
        Code::OthersToo,
        format!(
            "`{}` is read by {others} as well, so what only `{name}` has would be made there, too; nothing was written",
            folder.display()
        ),
    )
    .at(environment.place.clone(), "in this environment")
    .help(format!(
        "{help} it for this environment alone; what all shall have is moved from there afterwards"
    )))
}

fn readers_are_only(workspace: &Workspace, folder: &Path, name: &str) -> bool {
    readers(workspace, folder).iter().all(|one| *one == name)
}

/// What an export into an overlay has to say is new: all but what is declared below it.
pub(super) fn new_in(workspace: &Workspace, overlay: usize, state: &State) -> BTreeSet<Address> {
    let all = &workspace.texts.sources;
    let declared = manifest::declared(&Sources {
        base: all.base.clone(),
        overlays: all.overlays.iter().take(overlay).cloned().collect(),
    });
    let new = state.keys().filter(|address| !declared.contains(*address));
    new.cloned().collect()
}

/// The names on the way from the project folder to an export; nothing where it lies elsewhere.
fn below(folder: &Path) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    for component in folder.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts)
}

/// The problem of an export that the project will not read, since `skipFiles` leave it out.
pub(super) fn skipped(workspace: &Workspace, folder: &Path, sources: &Sources) -> Option<Problem> {
    let above = below(folder)?;
    let mut all = sources.base.iter().map(|source| {
        let parts = above.iter().copied().chain([&*source.name]);
        parts.collect::<Vec<_>>().join("/")
    });
    let first = all.find(|path| workspace.project.skips(path))?;
    let more = all.filter(|path| workspace.project.skips(path)).count();
    let (what, them) = match more {
        0 => (format!("`{first}` is"), "it"),
        more => (format!("`{first}` and {more} more are"), "them"),
    };
    Some(
        Problem::warning(
            Code::Skipped,
            format!(
                "{what} written where `{SKIP_FILES}` leaves {them} out, so the project does not read {them}"
            ),
        )
        .at(workspace.project.skip_files_place(), "left out here")
        .help(format!(
            "name another folder, or name less in `{SKIP_FILES}`"
        )),
    )
}

/// The schema that the project has, or one that is written; none where the folder lies elsewhere. The
/// files of an overlay have one of their own.
pub(super) fn schema(workspace: &Workspace, folder: &Path) -> Result<Option<Schema>, Failure> {
    let Some(parts) = below(folder) else {
        return Ok(None);
    };
    let (schema_file, made): (_, fn() -> serde_json::Value) =
        match overlay(&workspace.environment, folder) {
            Some(_) => (OVERLAY_SCHEMA, overlay_schema),
            None => (MANIFEST_SCHEMA, manifest_schema),
        };
    let depth = parts.len();
    let project = &workspace.project.directory;
    let text = workspace.texts.text(PROJECT_FILE).unwrap_or_default();
    let named = text
        .lines()
        .find_map(|line| line.split_once(MARK))
        .map(|(_, path)| path.trim());
    let beside = named.and_then(|path| path.strip_suffix(PROJECT_SCHEMA));
    let beside = beside.map(|folder| format!("{}{schema_file}", folder.trim_start_matches("./")));
    // Where `init` writes it.
    let usual = format!("{SCHEMA_FOLDER}/{schema_file}");
    let mut known = beside.into_iter().chain([usual.clone()]);
    let path = match known.find(|path| project.join(path).is_file()) {
        Some(path) => path,
        None => {
            workspace.refuse_link(&usual, "the schema")?;
            let schema = format!("{:#}\n", made());
            write_file(&project.join(&usual), schema.as_bytes())?;
            usual
        }
    };
    Ok(Some(Schema { path, depth }))
}

/// The files of an export under names that no file of the project has, for reading them beside it.
pub(super) fn apart(sources: &Sources) -> impl Iterator<Item = Source> + '_ {
    (sources.base.iter())
        .map(|source| Source::new(format!("(export)/{}", source.name), source.text.as_bytes()))
}

/// The files of an export under names that are free in its folder, where it must replace none.
pub(super) fn named_freely(mut sources: Sources, folder: &Path, freely: bool) -> Sources {
    // Names differ by more than case: some file systems take others for one.
    let mut given = BTreeSet::new();
    for source in sources.base.iter_mut().filter(|_| freely) {
        let stem = source.name.trim_end_matches(".yaml").to_owned();
        let mut name = source.name.to_string();
        let mut number = 2;
        while folder.join(&name).exists() || !given.insert(name.to_lowercase()) {
            name = format!("{stem}-{number}.yaml");
            number += 1;
        }
        *source = Source::new(name, source.text.as_bytes());
    }
    sources
}

/// Says that the project declares twice now what an export wrote, and what to do; nothing where the
/// project does not read the export, or has nothing of it.
pub(super) fn doubled(
    workspace: &Workspace,
    folder: &Path,
    sources: &Sources,
    state: &State,
) -> Option<String> {
    let project = &workspace.project;
    let new: BTreeSet<_> = (sources.base.iter())
        .map(|source| folder.join(&*source.name))
        .collect();
    let is_new = |source: &Source| {
        let path: std::path::PathBuf = project.directory.join(&*source.name).components().collect();
        new.iter().any(|one| one.components().eq(path.components()))
    };
    let now = manifest::files(project, &workspace.environment).ok()?;
    if !now.base.iter().any(is_new) {
        return None;
    }
    let before = Sources {
        base: now
            .base
            .into_iter()
            .filter(|source| !is_new(source))
            .collect(),
        overlays: now.overlays,
    };
    let Ok(desired) = manifest::compose(&before, &workspace.environment, &workspace.variables())
    else {
        return Some(
            "the project has other manifests, which are not valid: what they declare as well is refused as declared twice"
                .to_owned(),
        );
    };
    // Under the same handle, or under another one.
    let names: BTreeMap<_, &Address> = (desired.state.iter())
        .filter_map(|one| Some((name_of(one)?, one.0)))
        .collect();
    let other = |one: (&Address, &Resource)| -> Option<Address> {
        let by_handle = desired
            .state
            .get_key_value(one.0)
            .map(|(address, _)| address);
        by_handle
            .or_else(|| names.get(&name_of(one)?).copied())
            .cloned()
    };
    let twice: Vec<Address> = state.iter().filter_map(other).collect();
    let first = place(&desired, twice.first()?, "").file;
    let where_else = if first.is_empty() {
        "in the project's other manifests".to_owned()
    } else {
        format!("in `{first}` or beside it")
    };
    Some(format!(
        "{} of {} already declared {where_else}, and what is declared twice is refused; move {} out of the project, or delete the older files; `deskform export --unmanaged` writes only what no manifest has",
        twice.len(),
        match state.len() {
            1 => "1 resource is".to_owned(),
            all => format!("{} are", counted(all, "resource")),
        },
        folder.display(),
    ))
}

/// What a resource is called in Zoho Desk, by its collection.
fn name_of<'a>((address, resource): (&'a Address, &Resource)) -> Option<(&'a str, String)> {
    let named = identity::named(resource.kind, &resource.body)?;
    Some((address.collection, named.to_string()))
}
