//! `deskform ledger`: shows and corrects who owns what. Nothing here changes Zoho Desk.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::Global;
use super::common::{Failure, Workspace, block_on, remark};
use super::moved::take_over;
use super::output::{announce, print, print_as_it_is};
use super::signals::Signals;
use super::store::holder;
use super::wait::{LockTimeout, MaxWait, lock};
use crate::api::template;
use crate::clock::Clock;
use crate::kind::Kind;
use crate::ledger::{Entry, Held, Holder, Ledger, Load, LockError, Runs, Store};
use crate::live::marks::belongs_to_others;
use crate::live::{Live, LiveObject, identity_fields, is_gone};
use crate::manifest::Desired;
use crate::plan::matches;
use crate::problem::{Code, Problem, counted, did_you_mean, exit, ticked};
use crate::reading::Needs;
use crate::run_record::absorb;
use crate::run_record::history::purge_all;
use crate::safe::mask::MASK;
use crate::safe::safe;
use crate::session::{Session, SessionError};
use crate::state::{Address, Value};

/// How long a correction may hold the lock: it reads and writes the ledger, nothing else.
pub(super) const TTL: Duration = Duration::from_secs(120);

/// Arguments of `ledger`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what is owned, which runs did not finish, and who holds the lock
    Show(Show),
    /// Let go of resources: they stay in Zoho Desk, and no apply removes them any more
    Forget(Forget),
    /// Say which live object a declared resource is; nothing is changed in Zoho Desk
    Adopt(Adopt),
    /// Take over the ledger of an environment that was renamed in deskform.yaml, or kept elsewhere
    Move(Move),
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Only these resources; `*` stands for any run of characters
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// The form: text for people, json for programs
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        hide_possible_values = true
    )]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
struct Forget {
    /// The resources; `*` stands for any run of characters
    #[arg(
        value_name = "ADDRESS",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    addresses: Vec<String>,
    /// Let go of everything
    #[arg(long)]
    all: bool,
    /// Take these resources out of what is kept of past runs as well, such as a person
    #[arg(long, conflicts_with = "all")]
    purge: bool,
    #[command(flatten)]
    lock: LockTimeout,
}

#[derive(Debug, clap::Args)]
struct Adopt {
    /// The declared resource, such as `departments/Billing`
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// The id of the object in Zoho Desk
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    wait: MaxWait,
    #[command(flatten)]
    lock: LockTimeout,
}

#[derive(Debug, clap::Args)]
struct Move {
    /// How the environment was called before, or where its ledger was kept: `.deskform/eu.json`,
    /// `s3://bucket/eu.json`, `git:origin`
    #[arg(value_name = "FROM")]
    from: String,
}

/// Shows or corrects the ledger.
///
/// # Errors
/// [`Failure`] with everything that is in the way; then nothing was written.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    match &args.command {
        Command::Show(args) => show(global, &workspace, args)?,
        Command::Forget(args) => forget(global, &workspace, args)?,
        Command::Adopt(args) => adopt(global, &workspace, args)?,
        Command::Move(args) => {
            let said = block_on(take_over(global, &workspace, &args.from))?;
            if !global.quiet {
                announce(global, &said);
            }
        }
    }
    Ok(exit::OK)
}

/// Reads the ledger under the lock, changes it, and writes it if that changed anything.
async fn change<T>(
    global: &Global,
    workspace: &Workspace,
    timeout: LockTimeout,
    edit: impl FnOnce(&mut Ledger) -> Result<T, Failure>,
    besides: impl AsyncFnOnce(&Store, &Runs, &T) -> Result<(), Failure>,
) -> Result<T, Failure> {
    let store = workspace.kept_store()?.batched();
    let clock = Clock::system();
    // Heard from now on: one that comes under the lock does not leave it behind.
    let mut signals = Signals::new()?;
    let take = |holder: Holder| {
        let store = store.clone();
        async move { store.lock(&holder, TTL).await }
    };
    let held = |error: &LockError| Some(error.clone());
    let lock = lock(global, timeout, clock, &mut signals, take, held).await?;
    let result: Result<T, Failure> = async {
        let loaded = workspace.load(&store).await?;
        let environment = &workspace.environment;
        let mut before = loaded.load.or_new(&environment.name, &environment.org_id);
        let mut runs = Runs::default();
        if !workspace.begins_anew() {
            // What a killed run has made is owned, too; what is let go of now stays so.
            runs = store.open_runs().await?;
            let mut warnings = Vec::new();
            absorb(&mut before, &runs.unfinished, &mut warnings);
            workspace.warn(global, &warnings);
            let left = runs.unfinished.iter().map(|one| one.run.clone());
            before.absorbed = left.chain(runs.ended.iter().cloned()).collect();
        }
        let mut ledger = before.clone();
        let result = edit(&mut ledger)?;
        if ledger != before {
            ledger.serial = loaded.version.serial();
            store.save(&mut ledger, &loaded.version).await?;
        }
        besides(&store, &runs, &result).await?;
        Ok(result)
    }
    .await;
    // What went wrong first is told first.
    let released = lock.release().await;
    let result = result?;
    released?;
    store.flush().await?;
    Ok(result)
}

/// The owned addresses that the words mean.
fn chosen(ledger: &Ledger, words: &[String]) -> Result<BTreeSet<Address>, Failure> {
    let mut chosen = BTreeSet::new();
    let mut problems = Vec::new();
    for word in words {
        let exact = ledger
            .resources
            .keys()
            .find(|address| address.to_string() == *word);
        let before = chosen.len();
        match exact {
            Some(address) => {
                chosen.insert(address.clone());
                continue;
            }
            None if word.contains('*') => chosen.extend(
                ledger
                    .resources
                    .keys()
                    .filter(|address| matches(word, &address.to_string()))
                    .cloned(),
            ),
            None => {}
        }
        if chosen.len() == before && !chosen.iter().any(|a| matches(word, &a.to_string())) {
            let known: Vec<String> = ledger.resources.keys().map(ToString::to_string).collect();
            let help = did_you_mean(word, known.iter().map(String::as_str)).unwrap_or_else(|| {
                "`deskform ledger show` lists what is owned; an address is a collection and a \
                 handle: `departments/Billing`"
                    .to_owned()
            });
            problems.push(
                Problem::error(Code::NotOwned, format!("the ledger owns no `{word}`")).help(help),
            );
        }
    }
    if problems.is_empty() {
        Ok(chosen)
    } else {
        Err(Failure::Problems(
            problems.into(),
            super::common::Texts::default(),
        ))
    }
}

/// Refuses to purge before the next run has learnt from the journals of killed ones, which may hold what goes.
fn refuse_before_killed_runs(runs: &Runs) -> Result<(), Failure> {
    let Some(run) = runs.unfinished.first() else {
        return Ok(());
    };
    Err(Problem::error(
        Code::RunWasKilled,
        format!(
            "the run `{}` did not end in order, and its journal may hold what is to be purged",
            run.run
        ),
    )
    .help("run `deskform apply` first: it learns from the journal, and clears it away")
    .into())
}

/// The owned addresses that the words mean, and those that are owned no more: past runs may have them.
fn chosen_or_named(ledger: &Ledger, words: &[String]) -> Result<BTreeSet<Address>, Failure> {
    let is_owned = |word: &String| {
        let mut owned = ledger.resources.keys().map(ToString::to_string);
        owned.any(|address| matches(word, &address))
    };
    let (owned, named): (Vec<String>, Vec<String>) = words.iter().cloned().partition(is_owned);
    let mut all = chosen(ledger, &owned)?;
    let (of_nothing, named): (Vec<_>, Vec<_>) = named
        .into_iter()
        .partition(|word| word.contains('*') || word.parse::<Address>().is_err());
    chosen(ledger, &of_nothing)?;
    all.extend(named.iter().filter_map(|word| word.parse().ok()));
    Ok(all)
}

fn forget(global: &Global, workspace: &Workspace, args: &Forget) -> Result<(), Failure> {
    let mut purged = None;
    let mut owned = BTreeSet::new();
    let edit = |ledger: &mut Ledger| {
        let addresses = if args.all {
            ledger.resources.keys().cloned().collect()
        } else if args.purge {
            chosen_or_named(ledger, &args.addresses)?
        } else {
            chosen(ledger, &args.addresses)?
        };
        for address in &addresses {
            if ledger.remove(address).is_some() {
                owned.insert(address.clone());
            }
        }
        Ok(addresses)
    };
    let besides = async |store: &Store, runs: &Runs, addresses: &BTreeSet<Address>| {
        if args.purge {
            refuse_before_killed_runs(runs)?;
            purged = Some((purge_all(store, addresses).await?, store.is_pushed()));
        }
        Ok(())
    };
    let forgotten = block_on(change(global, workspace, args.lock, edit, besides))?;
    if let (Some((0, _)), true) = (purged, owned.is_empty() && !forgotten.is_empty()) {
        let named: Vec<String> = forgotten.iter().map(ToString::to_string).collect();
        return Err(Problem::error(
            Code::NotOwned,
            format!("neither the ledger nor a past run knows {}", ticked(&named, "or")),
        )
        .help("`deskform ledger show` lists what is owned, and `deskform runs show RUN` what a run did")
        .into());
    }
    if global.quiet {
        return Ok(());
    }
    let mut out = String::new();
    for address in &forgotten {
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(out, "forgotten: {}", safe(&address.to_string()));
    }
    if forgotten.is_empty() {
        out.push_str("Nothing is owned.\n");
    }
    if let Some((purged, is_pushed)) = purged {
        let runs = counted(purged, "past run");
        let _ = writeln!(out, "Taken out of {runs}.");
        if is_pushed {
            out.push_str("Earlier commits of the ledger's ref still hold it.\n");
        }
    }
    announce(global, &out);
    Ok(())
}

fn adopt(global: &Global, workspace: &Workspace, args: &Adopt) -> Result<(), Failure> {
    let address: Address = args.address.parse().map_err(|error| {
        Failure::from(
            Problem::error(Code::NotAnAddress, format!("{error}"))
                .help("an address is a collection and a handle: `departments/Billing`"),
        )
    })?;
    if args.id.is_empty() || !args.id.chars().all(|c| c.is_ascii_digit()) {
        return Err(
            Problem::error(Code::NotAnId, format!("`{}` is no id", args.id))
                .help("an id of Zoho Desk consists of digits; it stands in the object's address")
                .into(),
        );
    }
    let desired = workspace.compose(global)?;
    let Some(resource) = desired.state.get(&address) else {
        return Err(undeclared(&desired, &address));
    };
    let kind = resource.kind;
    // A ledger that may not be used is refused before anything is asked.
    workspace.kept_store()?;
    let (entry, said) = block_on(async {
        workspace.max_wait.set(args.wait.max_wait);
        let connected = workspace.connect(None).await?;
        let object = find(workspace, &connected.session, kind, &args.id).await?;
        let entry = entry(&desired, &address, kind, &connected.session, object)?;
        let said = change(
            global,
            workspace,
            args.lock,
            |ledger| record(ledger, &address, entry.clone()),
            async |_: &Store, _: &Runs, _: &String| Ok(()),
        )
        .await?;
        Ok((entry, said))
    })?;
    if !global.quiet {
        let name = match &*entry.key.name {
            "" => String::new(),
            name => format!(" ({})", safe(name)),
        };
        let adopted = format!(
            "{} is the object {}{name}{said}.\n",
            safe(&address.to_string()),
            safe(&entry.id)
        );
        announce(global, &adopted);
    }
    Ok(())
}

/// What is owned and not declared would be removed by the next apply.
fn undeclared(desired: &Desired, address: &Address) -> Failure {
    let known: Vec<String> = desired.state.keys().map(ToString::to_string).collect();
    Problem::error(
        Code::NotDeclared,
        format!(
            "`{address}` is not declared, and the next apply may remove what is owned and not declared"
        ),
    )
    .help(
        did_you_mean(&address.to_string(), known.iter().map(String::as_str))
            .unwrap_or_else(|| "declare it in a manifest first".to_owned()),
    )
    .into()
}

/// The live object with an id.
async fn find(
    workspace: &Workspace,
    session: &Session,
    kind: &'static Kind,
    id: &str,
) -> Result<LiveObject, Failure> {
    let dialect = session.dialect;
    let Some(api) = kind.api(dialect) else {
        return Err(Problem::error(
            Code::KindNotInDialect,
            format!(
                "{} cannot be managed in the {dialect} dialect",
                kind.collection
            ),
        )
        .into());
    };
    let none = || -> Failure {
        Problem::error(
            Code::NoSuchObject,
            format!(
                "the organization `{}` has no {} with the id `{id}`",
                workspace.environment.org_id, kind.singular
            ),
        )
        .help("the id stands in the object's address in Zoho Desk; trashed objects do not count")
        .into()
    };
    if let (Some(item), false) = (api.item, api.listing.is_scoped()) {
        let request = template::get_by_id(item, id);
        return match session.client.reader().get(&request).await {
            Ok(answer) => match answer.body {
                Some(Json::Object(raw)) if !is_gone(&raw) => Ok(LiveObject {
                    kind,
                    id: id.to_owned(),
                    raw,
                    parts: Vec::new(),
                }),
                _ => Err(none()),
            },
            Err(error) if error.is_absent() => Err(none()),
            Err(error) => Err(error.into()),
        };
    }
    let live = session
        .read(&Needs::of_kind(kind))
        .await
        .map_err(|error: SessionError| workspace.session_failure(error))?;
    live.find_id(kind.collection, id)
        .and_then(|index| live.objects.get(index))
        .cloned()
        .ok_or_else(none)
}

/// What the ledger is told of an object. Nothing was applied to it yet.
fn entry(
    desired: &Desired,
    address: &Address,
    kind: &'static Kind,
    session: &Session,
    object: LiveObject,
) -> Result<Entry, Failure> {
    if let Some(what) = belongs_to_others(&object) {
        return Err(Problem::error(
            Code::TakenBySystem,
            format!("the object `{}` is {what}", object.id),
        )
        .help("what is not yours is never changed")
        .into());
    }
    let is_secret = identity_fields(kind, session.dialect).any(|field| {
        desired
            .state
            .get(address)
            .and_then(|resource| resource.body.get(field.name))
            .is_some_and(Value::is_secret)
    });
    let id = object.id.clone();
    let parts = object.parts.iter().map(|part| part.id.clone()).collect();
    let mut live = Live::new(session.dialect);
    live.add(object);
    Ok(Entry {
        id,
        parts,
        key: live.key_of(0).filter(|_| !is_secret).unwrap_or_default(),
        prevent_destroy: desired
            .details
            .get(address)
            .is_some_and(|detail| detail.lifecycle.prevent_destroy),
        // The next apply knows who takes over and is live, and remembers them.
        adopted: true,
        ..Entry::default()
    })
}

/// Records an object as an address's own, and says what that means.
fn record(ledger: &mut Ledger, address: &Address, entry: Entry) -> Result<String, Failure> {
    let other = std::iter::once(&entry.id)
        .chain(&entry.parts)
        .filter_map(|id| ledger.by_id(address.collection, id))
        .map(|(owner, _)| owner)
        .find(|owner| *owner != address);
    if let Some(other) = other {
        return Err(Problem::error(
            Code::OwnedAlready,
            format!("the object `{}` is owned by `{other}`", entry.id),
        )
        .help(format!(
            "let go of it first with `deskform ledger forget '{other}'`"
        ))
        .into());
    }
    match ledger.get(address) {
        Some(old) if old.has_id(&entry.id) => Ok(", as it was before".to_owned()),
        Some(old) => {
            let said = format!(", and no longer {}", safe(&old.id));
            ledger.set(address.clone(), entry);
            Ok(said)
        }
        None => {
            ledger.set(address.clone(), entry);
            Ok(String::new())
        }
    }
}

/// What lies beside a ledger.
struct Beside {
    held: Option<Held>,
    runs: Runs,
}

/// Reads the lock and the journals; what cannot be read is a warning, since showing is no writing.
async fn beside(global: &Global, workspace: &Workspace, store: &Store) -> Beside {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String, hint: Option<&'static str>| {
        let problem = Problem::warning(code, message);
        warnings.push(match hint {
            Some(hint) => problem.help(hint),
            None => problem,
        });
    };
    let held = store
        .under_way(&holder(Clock::system()))
        .await
        .unwrap_or_else(|error: LockError| {
            warn(Code::Lock, error.to_string(), error.hint());
            None
        });
    let runs = store.open_runs().await.unwrap_or_else(|error| {
        warn(Code::Journal, error.to_string(), error.hint());
        Runs::default()
    });
    workspace.warn(global, &warnings);
    Beside { held, runs }
}

fn show(global: &Global, workspace: &Workspace, args: &Show) -> Result<(), Failure> {
    let store = workspace.kept_store()?.batched();
    let environment = &workspace.environment;
    let (load, beside) = block_on(async {
        // What is about an older simulator is shown as well.
        let loaded = store.load().await;
        let loaded = loaded.map_err(|error| workspace.placed(&store, error))?;
        Ok((loaded.load, beside(global, workspace, &store).await))
    })?;
    if matches!(load, Load::Found(_)) && workspace.begins_anew() {
        remark(
            global,
            "nothing is kept of the simulator, so this ledger is about an older one; the next apply \
             begins a new one",
        );
    }
    let mut ledger = load.or_new(&environment.name, &environment.org_id);
    if !args.addresses.is_empty() {
        let chosen = chosen(&ledger, &args.addresses)?;
        ledger
            .resources
            .retain(|address, _| chosen.contains(address));
    }
    match args.format {
        Format::Text => print(&text(&ledger, &store, &beside, global.verbose > 0)),
        Format::Json => print_as_it_is(&as_json(&ledger, &store, &beside)),
    }?;
    Ok(())
}

fn as_json(ledger: &Ledger, store: &Store, beside: &Beside) -> String {
    let owners = ledger.index();
    let resources: Vec<Json> = ledger
        .resources
        .iter()
        .map(|(address, entry)| {
            json!({
                "address": address,
                "id": entry.id,
                "parts": entry.parts,
                "identity": identity(&owners, address, entry),
                "preventDestroy": entry.prevent_destroy,
                "adopted": entry.adopted,
                "fields": entry.fields,
            })
        })
        .collect();
    let runs: Vec<Json> = beside
        .runs
        .unfinished
        .iter()
        .map(|run| {
            json!({
                "run": run.run.to_string(),
                "began": run.begin.as_ref().map(|begin| time(begin.at)),
                "unsettled": run.intents.len(),
                "settled": run.settled.len(),
                "damaged": run.damaged,
            })
        })
        .collect();
    let lock = beside.held.as_ref().map(|held| {
        json!({
            "who": held.who,
            "host": held.host,
            "run": held.run,
            "since": time(held.since),
            "until": time(held.until),
        })
    });
    let whole = json!({
        "formatVersion": 1,
        "place": store.place(),
        "environment": ledger.environment,
        "orgId": ledger.org_id,
        "serial": ledger.serial,
        "lock": lock,
        "unfinishedRuns": runs,
        "resources": resources,
    });
    // Cannot fail: maps have texts as keys.
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    crate::safe::json(text)
}

/// Addresses by collection and id.
type Owners<'l> = HashMap<(&'static str, &'l str), &'l Address>;

/// An identity for people: what it lies below by handle where that is owned, else by id.
fn identity(owners: &Owners<'_>, address: &Address, entry: &Entry) -> String {
    let kind = crate::kind::find(address.collection);
    let mut shown = String::new();
    for (field, value) in entry.key.scope.iter() {
        let parent = kind.and_then(|kind| kind.field(field)?.shape.target());
        let mut owners_of = parent
            .into_iter()
            .flat_map(crate::kind::Target::collections);
        let owner = owners_of.find_map(|collection| owners.get(&(collection, value)));
        shown.push_str(owner.map_or(value, |owner| &owner.handle));
        shown.push('/');
    }
    shown.push_str(&entry.key.name);
    shown
}

fn text(ledger: &Ledger, store: &Store, beside: &Beside, verbose: bool) -> String {
    let mut out = String::new();
    let owners = ledger.index();
    let rows: Vec<[String; 4]> = ledger
        .resources
        .iter()
        .map(|(address, entry)| {
            let mut flags = Vec::new();
            if entry.prevent_destroy {
                flags.push("preventDestroy");
            }
            if entry.adopted {
                flags.push("adopted");
            }
            [
                safe(&address.to_string()).into_owned(),
                safe(&entry.id).into_owned(),
                match &*identity(&owners, address, entry) {
                    // Nobody may know it, since a secret is a part of it.
                    "" => MASK.to_owned(),
                    identity => safe(identity).into_owned(),
                },
                flags.join(", "),
            ]
        })
        .collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2), 0];
    for (row, entry) in rows.iter().zip(ledger.resources.values()) {
        let line: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
        if verbose {
            for (name, record) in &entry.fields {
                let _ = writeln!(out, "    {}: {}", safe(name), shown(&record.sent));
                if record.sent != record.stored {
                    let _ = writeln!(out, "        stored as {}", shown(&record.stored));
                }
            }
        }
    }
    if !rows.is_empty() {
        out.push('\n');
    }
    for run in &beside.runs.unfinished {
        let began = run
            .begin
            .as_ref()
            .map_or_else(String::new, |begin| format!(", begun {}", time(begin.at)));
        let is_running = (beside.held.as_ref()).is_some_and(|held| held.run == run.run.as_str());
        let said = match (is_running, run.intents.len()) {
            (true, _) => " is running.".to_owned(),
            (false, 0) => " did not finish; what came of all its writes is known.".to_owned(),
            (false, open) => format!(
                " did not finish; nobody knows whether {} happened. The next apply finds out.",
                crate::problem::counted(open, "write")
            ),
        };
        let _ = writeln!(out, "The run {}{began}{said}", safe(run.run.as_str()));
    }
    if let Some(held) = &beside.held {
        let _ = writeln!(
            out,
            "Locked by {} on {} (run {}) since {}, until {}.",
            safe(&held.who),
            safe(&held.host),
            safe(&held.run),
            time(held.since),
            time(held.until)
        );
    }
    let _ = writeln!(
        out,
        "Ledger {}: {} owned in the organization {}, serial {}.",
        safe(&store.place()),
        crate::problem::counted(rows.len(), "resource"),
        safe(&ledger.org_id),
        ledger.serial
    );
    out
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "(none)".to_owned(),
        value => safe(&value.to_string()).into_owned(),
    }
}

/// A time in UTC, from milliseconds since the Unix epoch.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.0}"))
}
