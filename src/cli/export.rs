//! `deskform export`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Global;
use super::common::{Failure, Workspace, block_on, remark};
use super::files::write_file;
use super::output::announce;
use super::wait::MaxWait;
use crate::codec::Ids;
use crate::export::{Exported, export};
use crate::kind::{self, KINDS, Kind, Listing};
use crate::ledger::{Entry, Ledger};
use crate::live::Live;
use crate::manifest::{self, to_sources};
use crate::problem::{Code, Problem, Problems, Severity, counted, exit, ticked};
use crate::reading::Needs;
use crate::session::Session;
use crate::state::{Address, Value, keys};
use crate::yaml::Source;

/// How often values that a manifest cannot hold are taken out and the rest is checked again.
const ROUNDS: usize = 5;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder for the manifests, relative to the project
    #[arg(default_value = "manifests")]
    folder: PathBuf,
    /// Write over files that exist
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    wait: MaxWait,
}

/// Writes a live organization as manifests, one file a collection.
///
/// # Errors
/// [`Failure`] when it cannot be read, or when files are in the way.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    workspace.max_wait.set(args.wait.max_wait);
    let folder = workspace.project.directory.join(&args.folder);
    let store = workspace.store()?;
    let (whereabouts, exported) = block_on(async {
        let connected = workspace.connect(None).await?;
        let session = &connected.session;
        let view = workspace.look(&store).await?;
        let mut live = read_everything(&workspace, session, &view.ledger).await?;
        let keys = secret_keys(&view.ledger);
        let mut exported = export(&mut live, &|id| keys.contains(id));
        leave_secrets_out(&view.ledger, &live, &mut exported);
        let readable = |kind: &&&Kind| {
            kind.managed
                && kind
                    .api(session.dialect)
                    .is_none_or(|api| api.listing == Listing::Mentioned)
        };
        for kind in KINDS.iter().filter(readable) {
            exported.notes.push(format!(
                "{} cannot be exported in the {} dialect",
                kind.collection, session.dialect
            ));
        }
        Ok((workspace.whereabouts(&connected, &store), exported))
    })?;
    let Exported {
        mut state,
        mut notes,
    } = exported;
    let mut sources = to_sources(&state);
    for _ in 0..ROUNDS {
        let problems =
            match manifest::compose(&sources, &workspace.environment, &workspace.variables()) {
                Ok(_) => Problems::default(),
                Err(problems) => problems,
            };
        if !problems.has_errors() {
            break;
        }
        if !take_out(&problems, &mut state, &mut notes) {
            return Err(workspace.failure(problems));
        }
        sources = to_sources(&state);
    }
    let taken: Vec<String> = sources
        .base
        .iter()
        .map(|source| folder.join(&*source.name))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !taken.is_empty() && !args.force {
        return Err(Problem::error(
            Code::Exists,
            format!(
                "{} {} already",
                ticked(&taken, "and"),
                if taken.len() == 1 { "exists" } else { "exist" }
            ),
        )
        .help("name another folder, or pass `--force`; nothing was written")
        .into());
    }
    for source in &sources.base {
        write_file(&folder.join(&*source.name), source.text.as_bytes())?;
    }
    if !global.quiet {
        let elsewhere = |source: &Source| {
            !workspace
                .project
                .directory
                .join(&*source.name)
                .starts_with(&folder)
        };
        if workspace.texts.sources.base.iter().any(elsewhere) {
            notes.push(
                "the project has other manifests; what they declare as well is refused as declared twice"
                    .to_owned(),
            );
        }
        for note in &notes {
            remark(global, &format!("note: {note}"));
        }
        let wrote = format!(
            "{}Wrote {} in {} to {}.\n",
            whereabouts.line(),
            counted(state.len(), "resource"),
            counted(sources.base.len(), "file"),
            folder.display()
        );
        announce(global, &wrote);
    }
    Ok(exit::OK)
}

/// Reads whatever can be managed, every object whole.
async fn read_everything(
    workspace: &Workspace,
    session: &Session,
    ledger: &Ledger,
) -> Result<Live, Failure> {
    let mut needs = Needs::everything(session.dialect);
    needs.remembered.clone_from(&ledger.listings);
    let failed = |error| workspace.session_failure(error);
    let mut live = session.read(&needs).await.map_err(failed)?;
    session.complete_all(&mut live).await.map_err(failed)?;
    Ok(live)
}

/// The ids of the objects where what may hold a key was applied as a secret.
fn secret_keys(ledger: &Ledger) -> BTreeSet<&str> {
    let is_secret = |(address, entry): &(&Address, &Entry)| {
        kind::find(address.collection)
            .is_some_and(|kind| entry.secrets.iter().any(|path| may_hold_key(kind, path)))
    };
    let entries = ledger.resources.iter().filter(is_secret);
    entries
        .flat_map(|(_, entry)| entry.ids())
        .map(String::as_str)
        .collect()
}

/// Whether the live value of the field in a path may hold a key.
fn may_hold_key(kind: &Kind, path: &str) -> bool {
    keys(path)
        .next()
        .is_some_and(|field| kind.may_hold_key(&field))
}

/// Takes out what stands at a way down from a value; says whether there was anything.
fn take(value: &mut Value, way: &[String]) -> bool {
    match (value, way) {
        (Value::Map(map), [last]) => map.remove(last).is_some(),
        (Value::Map(map), [key, below @ ..]) => {
            map.get_mut(key).is_some_and(|value| take(value, below))
        }
        _ => false,
    }
}

/// Leaves out what the ledger knows was applied as a secret; what may hold a key is hidden already.
fn leave_secrets_out(ledger: &Ledger, live: &Live, exported: &mut Exported) {
    let owners = ledger.index();
    for (address, resource) in &mut exported.state {
        let Some(entry) = live
            .id(address)
            .and_then(|id| owners.get(&(address.collection, id.as_str())).copied())
            .and_then(|owner| ledger.resources.get(owner))
        else {
            continue;
        };
        let kind = resource.kind;
        for path in entry
            .secrets
            .iter()
            .filter(|path| !may_hold_key(kind, path))
        {
            let way: Vec<String> = keys(path).map(Cow::into_owned).collect();
            let Some((field, way)) = way.split_first() else {
                continue;
            };
            let is_taken = resource
                .body
                .get_mut(field)
                .is_some_and(|value| take(value, way));
            let left_out = is_taken || resource.body.remove(field).is_some();
            if left_out {
                exported.notes.push(format!(
                    "`{address}`: `{}` is left out: it was applied as a secret",
                    keys(path).collect::<Vec<_>>().join(" › ")
                ));
            }
        }
    }
}

/// Takes out what a manifest cannot hold: what is read may break the rules of what is written.
///
/// Says whether anything was taken out.
fn take_out(problems: &Problems, state: &mut crate::state::State, notes: &mut Vec<String>) -> bool {
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
        let mut parts = label
            .place
            .pointer
            .split('/')
            .skip(1)
            .map(|part| part.replace("~1", "/").replace("~0", "~"));
        let (Some(collection), Some(handle)) = (parts.next(), parts.next()) else {
            continue;
        };
        let Some(kind) = crate::kind::find(&collection) else {
            continue;
        };
        let address = Address::new(kind.collection, handle);
        match parts
            .next()
            .filter(|field| kind.field(field).is_some_and(|field| !field.required))
        {
            Some(field) => {
                notes.push(format!(
                    "`{address}`: `{field}` is left out: {}",
                    problem.message
                ));
                fields.insert((address, field));
            }
            None => {
                notes.push(format!("`{address}` is left out: {}", problem.message));
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
