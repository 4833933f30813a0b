//! `deskform export`.

mod around;
mod read;
mod seeds;

pub(super) use read::Read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Global;
use super::choice::{self, ALL_KINDS};
use super::common::{Failure, Folder, Workspace, block_on, file_failure, remark};
use super::files::write_file;
use super::output::announce;
use super::wait::MaxWait;
use crate::export::{Exported, Notes};
use crate::kind::{self, Kind, ORDER};
use crate::ledger::Store;
use crate::manifest::{self, Desired, Sources, to_files};
use crate::problem::{Code, Problem, Problems, Severity, counted, exit, few, listed};
use crate::report::Whereabouts;
use crate::state::{Address, Lifecycle, State, keys};

/// How often values that a manifest cannot hold are taken out and the rest is checked again.
const ROUNDS: usize = 5;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder for the manifests, relative to the project; with `--unmanaged` by default
    /// `manifests/unmanaged`, otherwise `manifests`
    folder: Option<PathBuf>,
    /// Write over files that exist
    #[arg(long, conflicts_with = "unmanaged")]
    force: bool,
    /// Export this kind only, seeds (customers' records) too where they are named; `all` means every
    /// kind; repeatable
    #[arg(long = "kinds", value_name = "KIND")]
    kinds: Vec<String>,
    /// Leave out this kind or resource; repeatable
    #[arg(long, value_name = "KIND|ADDRESS")]
    exclude: Vec<String>,
    /// Export this resource, or all of a kind (`teams/*`), only; repeatable
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<String>,
    /// Export only what no manifest has
    #[arg(long)]
    unmanaged: bool,
    /// Write one file a resource, in a folder of its collection
    #[arg(long)]
    split: bool,
    #[command(flatten)]
    wait: MaxWait,
}

/// What the command line chooses.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) kinds: BTreeSet<&'static str>,
    targets: Vec<Address>,
    exclude: Vec<Address>,
    /// Kinds of seeds that are left out, since nobody asked for them.
    pub(super) seeds_left: Vec<&'static str>,
}

impl Chosen {
    fn of(args: &Args) -> Result<Self, Vec<Problem>> {
        let (kinds, targets, exclude) = (
            choice::kinds(&args.kinds),
            choice::addresses(&args.targets),
            choice::exclusions(&args.exclude),
        );
        match (kinds, targets, exclude) {
            (Ok(kinds), Ok(targets), Ok(exclude)) => Ok(Self::new(kinds, targets, exclude)),
            (kinds, targets, exclude) => {
                let wrong = [kinds.err(), targets.err(), exclude.err()];
                Err(wrong.into_iter().flatten().flatten().collect())
            }
        }
    }

    /// What of these kinds, without seeds where none are named, and of these resources.
    pub(super) fn new(kinds: choice::Kinds, targets: Vec<Address>, exclude: Vec<Address>) -> Self {
        // An order goes with those that it is about, and may be chosen by itself.
        let is_of = |kind: &Kind, collection: &str| {
            let ranking = kind.ranking();
            kind.collection == collection || ranking.is_some_and(|ranking| ranking.of == collection)
        };
        let is_excluded = |kind: &Kind| {
            let is_it = |one: &Address| one.is_whole_kind() && is_of(kind, one.collection);
            exclude.iter().any(is_it)
        };
        let is_target = |kind: &Kind| targets.iter().any(|one| one.collection == kind.collection);
        let choice::Kinds { are_all, named } = kinds;
        let is_named = |kind: &Kind| named.iter().any(|one| is_of(kind, one.collection));
        let mut chosen = BTreeSet::new();
        let mut seeds_left = Vec::new();
        for kind in kind::all().filter(|kind| kind.managed && !is_excluded(kind)) {
            let is_wanted = match (named.is_empty() && !are_all, targets.is_empty()) {
                (true, true) => !kind.seed,
                (true, false) => is_target(kind),
                (false, is_any) => (are_all || is_named(kind)) && (is_any || is_target(kind)),
            };
            if is_wanted {
                chosen.insert(kind.collection);
            } else if kind.seed && named.is_empty() && targets.is_empty() {
                seeds_left.push(kind.collection);
            }
        }
        Self {
            kinds: chosen,
            targets,
            exclude,
            seeds_left,
        }
    }

    /// Says which seeds are left out, with the command's verb for what it does with them otherwise.
    pub(super) fn left_out(&self, verb: &str) -> Option<String> {
        let seeds: Vec<String> = (self.seeds_left.iter())
            .map(|one| (*one).to_owned())
            .collect();
        (!seeds.is_empty()).then(|| {
            format!(
                "{} left out, since they are customers' records; `--kinds {}` {verb} them, `--kinds {ALL_KINDS}` everything",
                listed(&seeds, "and"),
                seeds.join(" --kinds "),
            )
        })
    }
}

/// Writes a live organization as manifests, one file a collection.
///
/// # Errors
/// [`Failure`] when it cannot be read, or when files are in the way.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let default = if args.unmanaged {
        "manifests/unmanaged"
    } else {
        "manifests"
    };
    let folder = args.folder.as_deref().unwrap_or(Path::new(default));
    let name = global.one_environment()?;
    let mut read = Folder::read(global)?;
    let target = around::from_project(&read.project.directory, folder);
    // An overlay that is listed and not there yet is what this makes.
    if let Some(path) = target.to_str() {
        read.files.make(path);
    }
    let workspace = Workspace::of(global, &read, name)?;
    workspace.max_wait.set(args.wait.max_wait);
    let chosen = Chosen::of(args).map_err(|problems| workspace.failure(problems.into()))?;
    around::check_folder(&workspace, &target, args.unmanaged)
        .map_err(|problem| workspace.failure(problem.into()))?;
    let path = workspace.project.directory.join(folder);
    let folder = &*target;
    let desired = args
        .unmanaged
        .then(|| workspace.compose(global))
        .transpose()?;
    let store = workspace.store()?;
    let (whereabouts, exported) = block_on(export_live(
        global,
        &workspace,
        &store,
        &chosen,
        desired.as_ref(),
    ))?;
    let Exported {
        mut state,
        lifecycles,
        mut notes,
        ..
    } = exported;
    if let Some(left_out) = chosen.left_out("exports") {
        notes.tell(left_out);
    }
    let sources = checked(
        &workspace,
        args,
        folder,
        &mut state,
        &lifecycles,
        &mut notes,
        desired.as_ref(),
    )?;
    let sources = around::named_freely(sources, &path, args.unmanaged);
    let taken: Vec<String> = sources
        .base
        .iter()
        .map(|source| path.join(&*source.name))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !taken.is_empty() && !args.force {
        return Err(Problem::error(
            Code::Exists,
            format!(
                "{} {} already",
                few(&taken),
                if taken.len() == 1 { "exists" } else { "exist" }
            ),
        )
        .help("name another folder, or pass `--force`; nothing was written")
        .into());
    }
    workspace.warn(
        global,
        around::skipped(&workspace, folder, &sources).as_slice(),
    );
    write(&workspace, &path, folder, &sources)?;
    if !global.quiet {
        tell(
            global,
            &workspace,
            &whereabouts,
            &path,
            &sources,
            &state,
            &notes,
        );
    }
    Ok(exit::OK)
}

/// Reads what was chosen and makes it a state.
async fn export_live(
    global: &Global,
    workspace: &Workspace,
    store: &Store,
    chosen: &Chosen,
    desired: Option<&Desired>,
) -> Result<(Whereabouts, Exported), Failure> {
    let mut read = Read::live(global, workspace, store, chosen).await?;
    let exported = read.exported(global, workspace, chosen, desired, BTreeMap::new())?;
    Ok((read.whereabouts, exported))
}

/// Writes the files, each with the line that names its schema to editors.
fn write(
    workspace: &Workspace,
    path: &Path,
    folder: &Path,
    sources: &Sources,
) -> Result<(), Failure> {
    let schema = around::schema(workspace, folder)?;
    if around::overlay(&workspace.environment, folder).is_some() {
        // It is listed, and so has to be there even if nothing is in it.
        std::fs::create_dir_all(path).map_err(|error| file_failure("made", path, &error))?;
    }
    for source in &sources.base {
        let line = schema.as_ref().map(|schema| schema.line(&source.name));
        let text = format!("{}{}", line.unwrap_or_default(), source.text);
        write_file(&path.join(&*source.name), text.as_bytes())?;
    }
    Ok(())
}

/// Says what was left out, what was written, and what is declared twice now.
fn tell(
    global: &Global,
    workspace: &Workspace,
    whereabouts: &Whereabouts,
    path: &Path,
    sources: &Sources,
    state: &State,
    notes: &Notes,
) {
    for note in notes.lines() {
        remark(global, &format!("note: {note}"));
    }
    let wrote = format!(
        "{}Wrote {} in {} to {}.\n",
        whereabouts.line(),
        counted(state.len(), "resource"),
        counted(sources.base.len(), "file"),
        path.display()
    );
    announce(global, &wrote);
    if let Some(doubled) = around::doubled(workspace, path, sources, state) {
        remark(global, &format!("note: {doubled}"));
    }
}

/// The files of an export, which are read back as they are; what a manifest cannot hold is taken out.
fn checked(
    workspace: &Workspace,
    args: &Args,
    folder: &Path,
    state: &mut State,
    lifecycles: &BTreeMap<Address, Lifecycle>,
    notes: &mut Notes,
    desired: Option<&Desired>,
) -> Result<Sources, Failure> {
    let mut sources = to_files(state, lifecycles, args.split, &BTreeSet::new());
    let mut taken_out = TakenOut::default();
    for _ in 0..ROUNDS {
        // What refers to the project's own resources is read with them.
        let all = match desired {
            Some(_) => {
                let mut all = workspace.texts.sources.clone();
                let new = around::apart(&sources);
                all.base.extend(new);
                all
            }
            None => sources.clone(),
        };
        let problems = match manifest::compose(&all, &workspace.environment, &workspace.variables())
        {
            Ok(_) => Problems::default(),
            Err(problems) => problems,
        };
        if !problems.has_errors() {
            break;
        }
        if !take_out(&problems, state, &mut taken_out) {
            return Err(workspace.failure(problems));
        }
        sources = to_files(state, lifecycles, args.split, &BTreeSet::new());
    }
    taken_out.tell(notes);
    if let Some(overlay) = around::overlay(&workspace.environment, folder) {
        let new = around::new_in(workspace, overlay, state);
        sources = to_files(state, lifecycles, args.split, &new);
    }
    Ok(sources)
}

/// What a manifest cannot hold, by kind, field and rule: each a first message and whose it is.
#[derive(Default)]
struct TakenOut(BTreeMap<Lack, (String, BTreeSet<Address>)>);

/// A kind, a field of it (or the whole), and the code of the rule.
type Lack = (&'static str, Option<String>, &'static str);

impl TakenOut {
    fn add(&mut self, address: &Address, field: Option<&str>, problem: &Problem) {
        let key = (
            address.collection,
            field.map(str::to_owned),
            problem.code.as_str(),
        );
        let (_, whose) =
            (self.0.entry(key)).or_insert_with(|| (problem.message.clone(), BTreeSet::new()));
        whose.insert(address.clone());
    }

    fn tell(self, notes: &mut Notes) {
        for ((_, field, _), (message, whose)) in self.0 {
            let many = if whose.len() == 1 { "" } else { ", and so on" };
            let what = match field {
                Some(field) => format!("`{field}` is left out: {message}{many}"),
                None => format!("left out: {message}{many}"),
            };
            for whose in whose {
                notes.add(format!("`{whose}`"), what.clone());
            }
        }
    }
}

/// Takes out what a manifest cannot hold: what is read may break the rules of what is written.
///
/// Says whether anything was taken out.
fn take_out(problems: &Problems, state: &mut State, taken_out: &mut TakenOut) -> bool {
    let mut fields: BTreeSet<(Address, String)> = BTreeSet::new();
    let mut whole: BTreeSet<Address> = BTreeSet::new();
    for problem in problems
        .list
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
    {
        let Some(label) = problem.labels.first() else {
            continue;
        };
        let mut parts = keys(&label.place.pointer);
        let (Some(collection), Some(handle)) = (parts.next(), parts.next()) else {
            continue;
        };
        let Some(kind) = kind::find(&collection) else {
            continue;
        };
        let address = match kind.order.filter(|_| *handle == *ORDER) {
            Some(order) => match kind::scopes(order).next().map(|_| parts.next()) {
                Some(parent) => Address::new(order.collection, parent.unwrap_or_default()),
                None => Address::new(order.collection, order.only_name().unwrap_or_default()),
            },
            None => Address::new(kind.collection, &*handle),
        };
        if !state.contains_key(&address) {
            continue;
        }
        match parts
            .next()
            .filter(|field| kind.field(field).is_some_and(|field| !field.required))
        {
            Some(field) => {
                taken_out.add(&address, Some(&field), problem);
                fields.insert((address, field.into_owned()));
            }
            None => {
                taken_out.add(&address, None, problem);
                whole.insert(address);
            }
        }
    }
    for (address, field) in &fields {
        if let Some(resource) = state.get_mut(address) {
            resource.body.remove(field);
        }
    }
    for address in &whole {
        state.shift_remove(address);
    }
    !fields.is_empty() || !whole.is_empty()
}
