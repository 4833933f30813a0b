//! From the files of an environment to its desired state.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use indexmap::map::Entry;

use super::check::check;
use super::convert::{Converter, Here, Texts};
use super::digest::digest;
use super::files::Sources;
use super::foreign;
use super::keyed::{NamedKey, NamedKeys};
use super::origin::{FileDocument, Origin};
use super::overlay::{NEW, merge_body, take_new};
use super::presumed::Presumed;
use super::resolve::{COMPARISONS, Declared, Handles, Slip, nowhere};
use super::shallow;
use super::table::{self, Seen, Spec, bad_handle};
use super::tombstones::{self, tombstone};
use crate::config::Environment;
use crate::kind::words::{CSV, REMOVED};
use crate::kind::{self, Kind, ORDER, find, is_key, scopes};
use crate::parallel::RUN;
use crate::problem::{Code, Part, Place, Problem, Problems, did_you_mean, ticked};
use crate::state::{Address, Body, ByAddress, Heirs, Named, Resource, State, Treatment};
use crate::yaml::closed::{collect_secrets, may_hold_expressions};
use crate::yaml::raw::{At, Raw, escape};
use crate::yaml::source::Beside;
use crate::yaml::variables::{Lookup, Variables};
use crate::yaml::walk::{is_extension, wrong_type};
use crate::yaml::{Source, load, odd};
use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt as _};

/// What the manifests of one environment want.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The resources, by kind and handle. Bodies hold the fields that a manifest names, in the
    /// order of the kind's table, in canonical form.
    pub state: State,
    /// What else is known of each resource.
    pub details: ByAddress<Detail>,
    /// What is to be removed.
    pub removed: Vec<Tombstone>,
    /// Who takes over what hangs on removed resources where nothing else says so, by collection.
    pub heirs: BTreeMap<&'static str, Heirs>,
    /// What is odd but not wrong, such as a secret that is not set.
    pub warnings: Vec<Problem>,
    /// The SHA-256 of all of this in hexadecimal, with secrets as templates.
    pub digest: String,
    /// Whether the server alone decides what matches the patterns of values.
    pub is_lenient: bool,
}

/// What a manifest says besides the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// How the resource may be treated.
    pub lifecycle: Treatment,
    /// Where it stands.
    pub origin: Origin,
}

/// Something that is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its collection.
    pub collection: &'static str,
    /// Its canonical identity; scopes that are left out may have any value.
    pub key: Named<'static>,
    /// Who takes over what hangs on it.
    pub transfer_to: Heirs,
    /// Where the manifest says so.
    pub place: Place,
}

/// Merges the files of an environment and understands them.
///
/// `env` gives the environment variables that `${env.…}` and `${secret.…}` read.
///
/// # Errors
///
/// Everything that is wrong in the files, in one go.
pub fn compose(
    sources: &Sources,
    environment: &Environment,
    env: Lookup<'_>,
) -> Result<Desired, Problems> {
    let Merged {
        mut declared,
        dropped,
        buried,
        incomplete,
        presumed,
        mut problems,
        secrets,
        seen: _,
        compared: _,
    } = merged(sources);
    let mut closed = environment.closed.clone();
    closed.add_secrets(secrets.iter().map(String::as_str));
    let variables = Variables {
        values: &environment.variables,
        environment: &environment.name,
        env,
        closed: &closed,
        missing: RefCell::default(),
    };
    declared.sort_by(|a, _, b, _| order(a, b));
    let bodies: Vec<Raw> = declared
        .values_mut()
        .map(|one| std::mem::replace(&mut one.body, Raw::Null))
        .collect();
    let texts = beside(sources);
    let unread = (incomplete, presumed);
    let handles = Handles::new(&declared, &bodies, dropped, &variables, unread);
    let (converted, warnings) = convert(
        &declared,
        bodies,
        (&variables, environment.is_lenient),
        (&handles, &texts),
        &mut problems,
    );
    let mut removed = Vec::new();
    for (kind, raw, place) in &buried {
        match tombstone(&variables, &handles, kind, raw, place) {
            Ok(tombstone) => removed.push(tombstone),
            Err(mut found) => problems.append(&mut found),
        }
    }
    let policies = environment.kinds.iter().filter_map(|(collection, policy)| {
        let heirs = handles.heirs(find(collection)?, policy.transfer_to.clone(), &nowhere);
        (!heirs.is_empty()).then_some((*collection, heirs))
    });
    let heirs: BTreeMap<&'static str, Heirs> = policies.collect();
    drop(handles);
    let mut state = State::with_capacity_and_hasher(declared.len(), RandomState::default());
    let mut details = ByAddress::with_capacity_and_hasher(declared.len(), RandomState::default());
    for ((address, one), (body, lifecycle)) in declared.into_iter().zip(converted) {
        let resource = Resource {
            kind: one.kind,
            body,
        };
        let detail = Detail {
            lifecycle,
            origin: one.origin,
        };
        state.insert(address.clone(), resource);
        details.insert(address, detail);
    }
    removed.sort_by(|a, b| (a.collection, &a.key).cmp(&(b.collection, &b.key)));
    removed.dedup_by(|a, b| (a.collection, &a.key) == (b.collection, &b.key));
    // Nearly always there is nothing wrong, so that the digest is needed.
    let (digest, mut found) = both(
        state.len() > RUN,
        || digest(&state, &details, &removed, &heirs),
        || {
            let mut found = Vec::new();
            check(&state, &details, &removed, &mut found);
            found
        },
    );
    problems.append(&mut found);
    let mut warnings = warnings;
    let is_right = problems.is_empty();
    let told = if is_right {
        &mut warnings
    } else {
        &mut problems
    };
    for source in sources.all() {
        odd::explain(source, told);
    }
    if is_right {
        return Ok(Desired {
            state,
            details,
            removed,
            heirs,
            warnings,
            digest,
            is_lenient: environment.is_lenient,
        });
    }
    problems.extend(warnings);
    let mut problems = Problems::from(problems);
    problems.sort();
    // What is wrong with a column is found at each of its rows.
    problems.list.dedup();
    Err(problems)
}

/// The files that manifests name for texts.
fn beside(sources: &Sources) -> Texts {
    let naming = sources.all().filter(|source| !source.beside.is_empty());
    naming
        .map(|source| (Arc::clone(&source.name), Arc::clone(&source.beside)))
        .collect()
}

/// Bytes of manifests from which on several threads are worth starting.
const LARGE: usize = 64 * 1024;

/// Does two things, side by side where they are large.
fn both<A: Send, B: Send>(
    large: bool,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if large {
        rayon::join(one, other)
    } else {
        (one(), other())
    }
}

/// Reads the files, side by side where they are large, and lays them over one another in order.
fn merged(sources: &Sources) -> Merged {
    let all: Vec<&Source> = sources
        .base
        .iter()
        .chain(sources.overlays.iter().flatten())
        .collect();
    let bytes: usize = all.iter().map(|source| source.text.len()).sum();
    let read: Vec<Read> = if bytes < LARGE {
        all.into_iter().map(read_source).collect()
    } else {
        all.into_par_iter()
            .with_max_len(1)
            .map(read_source)
            .collect()
    };
    let mut read = read.into_iter();
    let mut merged = Merged::default();
    for (source, (read, mut secrets)) in sources.base.iter().zip(&mut read) {
        merged.secrets.append(&mut secrets);
        merged.file(source, read, None);
    }
    for overlay in &sources.overlays {
        let mut seen = HashMap::new();
        for (source, (read, mut secrets)) in overlay.iter().zip(&mut read) {
            merged.secrets.append(&mut secrets);
            merged.file(source, read, Some(&mut seen));
        }
    }
    merged
}

/// What was read of a file.
type Documents = Result<Vec<(u32, Raw)>, Vec<Problem>>;

/// What was read of a file, and the names that it uses as `${secret.…}`.
type Read = (Documents, BTreeSet<String>);

fn read_source(source: &Source) -> Read {
    if load::is_all_comments(&source.text) {
        return (Ok(Vec::new()), BTreeSet::new());
    }
    let documents = load::documents(
        source,
        "declare something in it, such as `departments:`, or delete the file",
    );
    let mut secrets = BTreeSet::new();
    if may_hold_expressions(&source.text) {
        for (_, raw) in documents.iter().flatten() {
            collect_secrets(raw, &mut secrets);
        }
    }
    (documents, secrets)
}

/// The names that files use as `${secret.…}`; of files that cannot be read, none.
#[must_use]
pub fn secret_names(sources: &[Source]) -> BTreeSet<String> {
    sources
        .iter()
        .filter(|source| may_hold_expressions(&source.text))
        .flat_map(|source| read_source(source).1)
        .collect()
}

/// The resources that files declare, whatever is wrong with them otherwise.
#[must_use]
pub fn declared(sources: &Sources) -> BTreeSet<Address> {
    merged(sources).declared.keys().cloned().collect()
}

/// A body with what a manifest says besides.
type Converted = (Body, Treatment);

/// Converts the declared resources, and gives the warnings that came up.
fn convert(
    declared: &ByAddress<Declared>,
    mut bodies: Vec<Raw>,
    (variables, is_lenient): (&Variables<'_>, bool),
    (handles, texts): (&Handles<'_>, &Texts),
    problems: &mut Vec<Problem>,
) -> (Vec<Converted>, Vec<Problem>) {
    let Layers {
        names,
        keyed,
        others,
    } = keys_first(declared);
    let &Variables {
        values,
        environment,
        env,
        closed,
        ..
    } = variables;
    let run = |keys: &NamedKeys, indices: &[usize], bodies: Vec<Raw>| {
        // Each run finds the secrets that are not set anew; the first to do so is heard.
        let variables = Variables {
            values,
            environment,
            env,
            closed,
            missing: RefCell::default(),
        };
        let mut converter = Converter::new(variables, handles, (keys, texts), is_lenient);
        let bodies: Vec<Converted> = indices
            .iter()
            .filter_map(|index| declared.get_index(*index))
            .zip(bodies)
            .map(|((address, one), raw)| {
                let here = Here {
                    kind: one.kind,
                    address,
                    origin: &one.origin,
                };
                converter.resource(here, &raw)
            })
            .collect();
        let Converter {
            problems,
            slips,
            warnings,
            bare,
            ..
        } = converter;
        (bodies, problems, slips, warnings, bare)
    };
    let mut taken = |indices: &[usize]| -> Vec<Raw> {
        let mut body = |index: &usize| std::mem::replace(bodies.get_mut(*index)?, Raw::Null).into();
        indices.iter().filter_map(&mut body).collect()
    };
    let mut named = NamedKeys::default();
    let mut first = Vec::new();
    for indices in [&names, &keyed] {
        let converted = run(&named, indices, taken(indices));
        named.note(declared, indices, &converted.0);
        first.push(converted);
    }
    let runs: Vec<(&[usize], Vec<Raw>)> = others
        .chunks(RUN)
        .map(|indices| (indices, taken(indices)))
        .collect();
    let work = |(indices, bodies)| run(&named, indices, bodies);
    let rest: Vec<_> = if runs.len() < 2 {
        runs.into_iter().map(work).collect()
    } else {
        runs.into_par_iter().with_max_len(1).map(work).collect()
    };
    let mut all: Vec<Converted> = Vec::with_capacity(declared.len());
    all.resize_with(declared.len(), Converted::default);
    let mut order = names.iter().chain(&keyed).chain(&others);
    let mut slips = Vec::new();
    let mut warnings = Vec::new();
    let mut missing = BTreeSet::new();
    let mut bare = BTreeMap::new();
    for (converted, mut found, slipped, warned, named) in first.into_iter().chain(rest) {
        for (one, index) in converted.into_iter().zip(&mut order) {
            if let Some(slot) = all.get_mut(*index) {
                *slot = one;
            }
        }
        slips.extend(slipped.into_iter().map(|slip| Slip {
            problem: slip.problem + problems.len(),
            ..slip
        }));
        problems.append(&mut found);
        for (name, warning) in warned {
            if name.is_none_or(|name| missing.insert(name)) {
                warnings.push(warning);
            }
        }
        for (slip, place) in named {
            bare.entry((slip.collection, slip.handle.clone()))
                .or_insert((slip, place));
        }
    }
    warnings.extend(handles.near_bare(bare.into_values()));
    handles.suggest(&slips, problems);
    (all, warnings)
}

impl NamedKeys {
    /// Notes what converted resources are as keys of maps in others.
    fn note(&mut self, declared: &ByAddress<Declared>, indices: &[usize], bodies: &[Converted]) {
        let resources = indices.iter().filter_map(|at| declared.get_index(*at));
        for ((address, one), (body, _)) in resources.zip(bodies) {
            let key = NamedKey::of(one.kind, address, body, &one.origin);
            self.all.insert(address.clone(), key);
        }
    }
}

/// The places of the declared resources, those first against which others are checked.
#[derive(Default)]
struct Layers {
    /// Those that are the keys of maps in others, and have no such maps.
    names: Vec<usize>,
    /// Those that are such keys and have such maps.
    keyed: Vec<usize>,
    others: Vec<usize>,
}

fn keys_first(declared: &ByAddress<Declared>) -> Layers {
    let mut layers = Layers::default();
    let mut known: Option<(&str, (bool, bool))> = None;
    for (index, (address, one)) in declared.iter().enumerate() {
        let collection = address.collection;
        let (is_key, has_keys) = match known {
            Some((last, told)) if last == collection => told,
            _ => {
                let mut fields = one.kind.fields.iter();
                let has_keys = fields.any(|field| field.shape.keyed_by().is_some());
                known.insert((collection, (is_key(collection), has_keys))).1
            }
        };
        match (is_key, has_keys) {
            (true, false) => layers.names.push(index),
            (true, true) => layers.keyed.push(index),
            (false, _) => layers.others.push(index),
        }
    }
    layers
}

/// By kind in the order of the table, then by handle.
fn order(a: &Address, b: &Address) -> Ordering {
    let place =
        |address: &Address| kind::all().position(|kind| kind.collection == address.collection);
    let kinds = if std::ptr::eq(a.collection, b.collection) {
        Ordering::Equal
    } else {
        place(a).cmp(&place(b))
    };
    kinds.then_with(|| a.handle.cmp(&b.handle))
}

/// What the files say once they are laid over one another.
#[derive(Default)]
struct Merged {
    declared: ByAddress<Declared>,
    /// Resources that an overlay takes out, and where it says so.
    dropped: HashMap<Address, Place>,
    /// Tombstones as they are written.
    buried: Vec<(&'static Kind, Raw, Place)>,
    /// Whether a file could not be read as YAML.
    incomplete: bool,
    /// Names below keys that are not understood.
    presumed: Presumed,
    problems: Vec<Problem>,
    /// The names that are used as `${secret.…}`.
    secrets: BTreeSet<String>,
    /// Where tables are named.
    seen: Seen,
    /// How often a handle was compared with another one, to say which it most likely stands for.
    compared: usize,
}

/// One document on its way in.
struct Document {
    file: Arc<FileDocument>,
    /// The files that it names for tables.
    tables: Arc<BTreeMap<String, Beside>>,
}

impl Document {
    fn place(&self, at: At<'_>, part: Part) -> Place {
        Place {
            file: Arc::clone(&self.file.file),
            document: self.file.number,
            pointer: at.pointer(),
            part,
        }
    }
}

impl Merged {
    /// Takes in a file; `overlay` holds what the overlay's earlier files touched.
    fn file(
        &mut self,
        source: &Source,
        read: Documents,
        mut overlay: Option<&mut HashMap<Address, Place>>,
    ) {
        let documents = match read {
            Ok(documents) => documents,
            Err(mut problems) => {
                self.incomplete = true;
                self.problems.append(&mut problems);
                return;
            }
        };
        for (number, raw) in documents {
            let file = Arc::clone(&source.name);
            let document = Document {
                file: Arc::new(FileDocument {
                    file,
                    number,
                    table: None,
                }),
                tables: Arc::clone(&source.tables),
            };
            let Raw::Map(entries) = raw else {
                let help = if matches!(raw, Raw::List(_)) {
                    "name the kind first, such as `departments:`, and give each resource a handle"
                } else {
                    "a file maps kinds to handles to fields, such as `departments: {Billing: {}}`"
                };
                let help = shallow::help_for_collection(&raw)
                    .unwrap_or_else(|| format!("{help}; {}", foreign::hint(&document.file.file)));
                let problem = Problem::error(
                    Code::NotAMap,
                    format!("the file must be a map of kinds, but it is {}", raw.what()),
                )
                .at(document.place(At::ROOT, Part::Value), "begins here")
                .help(help);
                self.problems.push(problem);
                self.incomplete = true;
                continue;
            };
            let known = foreign::known_words();
            if let Some(first) = foreign::first_of_others(&entries, known) {
                let place = document.place(At::ROOT.key(first), Part::Key);
                let mut problem = foreign::problem(&entries, &document.file.file, known, place);
                let meant = entries.iter().find(|(key, _)| **key == *first);
                let meant = meant.and_then(|(key, raw)| shallow::help_for_fields(key, raw, None));
                if let Some(meant) = meant {
                    let way = problem.help.take();
                    problem.help =
                        Some(way.map_or(meant.clone(), |way| format!("{meant}; else {way}")));
                }
                self.problems.push(problem);
                for (key, raw) in &entries {
                    self.presumed.add(key, raw, known);
                }
                continue;
            }
            let mut above = None;
            let mut last = None;
            for (key, raw) in entries {
                if is_extension(&key) {
                    continue;
                }
                let at = At::ROOT.key(&key);
                let kind = collection(&key);
                above = match (kind, above) {
                    (Some(kind), _) => matches!(raw, Raw::Null).then_some(kind),
                    (None, above) => above,
                };
                last = kind.or(last);
                if &*key == REMOVED {
                    self.tombstones(&document, at, raw);
                } else if let Some(kind) = kind {
                    self.collection(&document, kind, at, raw, overlay.as_deref_mut());
                } else {
                    let table = (*key == *CSV).then(|| table::WHERE.to_owned());
                    let meant = table
                        .or_else(|| shallow::help_for_fields(&key, &raw, last))
                        .or_else(|| shallow::help_at_root(&key, above));
                    self.unknown_collection(&document, &key, at, meant);
                    self.presumed.add(&key, &raw, known);
                }
            }
        }
    }

    /// Reports a key that is no collection; `meant` says what helps where that can be told.
    fn unknown_collection(
        &mut self,
        document: &Document,
        key: &str,
        at: At<'_>,
        meant: Option<String>,
    ) {
        let known = foreign::known_words();
        let place = document.place(at, Part::Key);
        let kind = find(key);
        let problem = if let Some(ranking) = kind.and_then(Kind::ranking) {
            Problem::error(Code::UnknownCollection, format!("no kind is named `{key}`"))
                .at(place, "not a kind")
                .help(format!(
                    "write `{ORDER}` beside the handles of `{}`",
                    ranking.of
                ))
        } else if let Some(kind) = kind {
            Problem::error(
                Code::UnmanagedCollection,
                format!("{} can be referred to, but not managed", kind.collection),
            )
            .at(place, "not managed")
            .help("take it away and refer to them by name")
        } else {
            let help = meant
                .or_else(|| did_you_mean(key, known.iter().copied()))
                .unwrap_or_else(|| format!("known are {}", ticked(known, "and")));
            Problem::error(Code::UnknownCollection, format!("no kind is named `{key}`"))
                .at(place, "not a kind")
                .help(help)
        };
        self.problems.push(problem);
    }

    fn collection(
        &mut self,
        document: &Document,
        kind: &'static Kind,
        at: At<'_>,
        raw: Raw,
        mut overlay: Option<&mut HashMap<Address, Place>>,
    ) {
        let entries = match raw {
            Raw::Map(entries) => entries,
            Raw::Null => return,
            other => {
                let (message, help) = wrong_type(kind.collection, "a map of handles", &other);
                let help = help.or_else(|| shallow::help_without_colon(&other));
                let problem = Problem::error(Code::WrongType, message)
                    .at(
                        document.place(at, Part::Value),
                        format!("this is {}", other.what()),
                    )
                    .help(help.unwrap_or_else(|| {
                        format!(
                            "give each {} a handle, such as `{}: {{My {}: {{…}}}}`",
                            kind.singular, kind.collection, kind.singular
                        )
                    }));
                self.problems.push(problem);
                self.incomplete = true;
                return;
            }
        };
        let entries = self.tables(document, kind, at, entries, overlay.is_some());
        let place = |handle: &str| document.place(at.key(handle), Part::Key);
        let (entries, problem) = shallow::without_fields(kind, entries, &place);
        if let Some(problem) = problem {
            self.problems.push(problem);
            self.incomplete = true;
        }
        self.declared.reserve(entries.len());
        for (handle, body) in entries {
            let here = || document.place(at.key(&handle), Part::Key);
            if let Some(order) = kind.order.filter(|_| *handle == *ORDER) {
                self.order(
                    document,
                    order,
                    at.key(&handle),
                    body,
                    overlay.as_deref_mut(),
                );
                continue;
            }
            if let Some((message, help)) = bad_handle(kind, &handle) {
                let problem = Problem::error(Code::BadHandle, message)
                    .at(here(), "not a handle")
                    .help(help);
                self.problems.push(problem);
                continue;
            }
            let address = Address::new(kind.collection, Arc::clone(&handle));
            match overlay.as_deref_mut() {
                None => {
                    let origin = Origin::new(Arc::clone(&document.file));
                    self.declare(kind, address, body, origin, &here);
                }
                Some(seen) => {
                    let place = here();
                    if let Some(first) = seen.insert(address.clone(), place.clone()) {
                        self.problems.push(twice(&address, place, first));
                        continue;
                    }
                    self.overlay(document, kind, address, body, place);
                }
            }
        }
    }

    /// Takes the rows of tables in, and gives the other entries.
    fn tables(
        &mut self,
        document: &Document,
        kind: &'static Kind,
        at: At<'_>,
        mut entries: Vec<(Arc<str>, Raw)>,
        is_overlay: bool,
    ) -> Vec<(Arc<str>, Raw)> {
        let Some(index) = entries.iter().position(|(key, _)| **key == *CSV) else {
            return self.without_slips(document, at, entries);
        };
        let (_, raw) = entries.remove(index);
        let at = at.key(CSV);
        if let Some((message, help)) = table::refused(kind, is_overlay) {
            let problem = Problem::error(Code::NotAllowed, message)
                .at(document.place(at, Part::Key), "not allowed here")
                .help(help);
            self.problems.push(problem);
            self.incomplete = true;
            return entries;
        }
        match raw {
            Raw::Map(_) => self.table(document, kind, at, &raw),
            Raw::List(tables) => {
                for (index, raw) in tables.iter().enumerate() {
                    self.table(document, kind, at.index(index), raw);
                }
            }
            other => {
                let (message, help) =
                    wrong_type(CSV, "a map with `file`, or a list of such", &other);
                let mut problem = Problem::error(Code::WrongType, message).at(
                    document.place(at, Part::Value),
                    format!("this is {}", other.what()),
                );
                problem.help =
                    help.or_else(|| Some(format!("write `{CSV}: {{file: seeds/table.csv}}`")));
                self.problems.push(problem);
                self.incomplete = true;
            }
        }
        entries
    }

    /// Takes out what is a table by its keys, and a handle by its name.
    fn without_slips(
        &mut self,
        document: &Document,
        at: At<'_>,
        mut entries: Vec<(Arc<str>, Raw)>,
    ) -> Vec<(Arc<str>, Raw)> {
        let slip = |(key, raw): &(Arc<str>, Raw)| table::is_meant(key, raw);
        if let Some(index) = entries.iter().position(slip) {
            let (key, _) = entries.remove(index);
            let message = format!("`{key}` is a handle here, and what stands under it is a table");
            let problem = Problem::error(Code::UnknownKey, message)
                .at(document.place(at.key(&key), Part::Key), "a handle")
                .help(table::WHERE);
            self.problems.push(problem);
            self.incomplete = true;
        }
        entries
    }

    fn table(&mut self, document: &Document, kind: &'static Kind, at: At<'_>, raw: &Raw) {
        let place = |at: At<'_>, part: Part| document.place(at, part);
        let spec = match Spec::read(raw, at, &place, &document.tables) {
            Ok(spec) => spec,
            Err(mut problems) => {
                self.problems.append(&mut problems);
                self.incomplete = true;
                return;
            }
        };
        let mut seen = std::mem::take(&mut self.seen);
        let outcome = table::read(kind, &spec, &mut seen, &mut |document, row| {
            let address = Address::new(kind.collection, row.handle);
            let origin = Origin::of_row(Arc::clone(document), row.start);
            let own = (address.clone(), origin.clone());
            self.declare(kind, address, row.body, origin, &|| own.1.key(&own.0, ""));
        });
        self.seen = seen;
        self.problems.extend(outcome.problems);
        self.incomplete |= outcome.is_incomplete;
        for name in &outcome.presumed {
            self.presumed.add_name(kind.collection, name);
        }
    }

    /// Takes in the order among the resources of a kind: one list, or a list for each parent.
    ///
    /// An overlay that gives one needs nothing below it.
    fn order(
        &mut self,
        document: &Document,
        order: &'static Kind,
        at: At<'_>,
        raw: Raw,
        mut overlay: Option<&mut HashMap<Address, Place>>,
    ) {
        let lists: Vec<(Arc<str>, Raw)> = match (order.only_name(), scopes(order).next(), raw) {
            (_, Some(_), Raw::Null) => return,
            (_, Some(_), Raw::Map(lists)) => lists,
            (_, Some(parent), other) => {
                let wanted = format!("a map from each {} to a list", parent.name);
                let (message, help) = wrong_type(ORDER, &wanted, &other);
                let mut problem = Problem::error(Code::WrongType, message).at(
                    document.place(at, Part::Value),
                    format!("this is {}", other.what()),
                );
                problem.help = help.or_else(|| {
                    Some(format!(
                        "name the {} first: `{ORDER}: {{Billing: […]}}`",
                        parent.name
                    ))
                });
                self.problems.push(problem);
                return;
            }
            (name, None, list) => vec![(name.unwrap_or_default().into(), list)],
        };
        let Some(field) = order.ranked() else {
            return;
        };
        for (handle, list) in lists {
            let address = Address::new(order.collection, Arc::clone(&handle));
            let at = if address.is_the_order() {
                at
            } else {
                at.key(&handle)
            };
            let place = document.place(at, Part::Key);
            let body = match list {
                Raw::Null => Raw::Null,
                list => Raw::Map(vec![(field.name.into(), list)]),
            };
            match overlay.as_deref_mut() {
                None => {
                    let origin = Origin::new(Arc::clone(&document.file));
                    self.declare(order, address, body, origin, &|| place.clone());
                }
                Some(seen) => {
                    if let Some(first) = seen.insert(address.clone(), place.clone()) {
                        self.problems.push(twice(&address, place, first));
                    } else if matches!(body, Raw::Map(_)) && !self.declared.contains_key(&address) {
                        let origin = Origin::new(Arc::clone(&document.file));
                        self.declare(order, address, body, origin, &|| place.clone());
                    } else {
                        self.overlay(document, order, address, body, place);
                    }
                }
            }
        }
    }

    fn declare(
        &mut self,
        kind: &'static Kind,
        address: Address,
        body: Raw,
        origin: Origin,
        place: &dyn Fn() -> Place,
    ) {
        match self.declared.entry(address) {
            Entry::Occupied(mut first) => {
                // A table says nothing of the lifecycle: a block that says nothing else is laid over its row.
                let known = first.get_mut();
                let is_row = |origin: &Origin| origin.document().table.is_some();
                let block = if is_row(&known.origin) && says_lifecycle_alone(&body) {
                    (!says_lifecycle(&known.body)).then(|| (body.clone(), origin.clone()))
                } else if is_row(&origin) && says_lifecycle_alone(&known.body) {
                    let row = Declared {
                        kind,
                        body: body.clone(),
                        origin: origin.clone(),
                    };
                    let block = std::mem::replace(known, row);
                    Some((block.body, block.origin))
                } else {
                    None
                };
                if let Some((block, origin)) = block {
                    known.origin.overlay(Arc::clone(origin.document()), &block);
                    merge_body(kind, &mut known.body, block);
                    return;
                }
                let problem = twice(
                    first.key(),
                    place(),
                    first.get().origin.key(first.key(), ""),
                );
                self.problems.push(problem);
            }
            Entry::Vacant(free) => {
                let address = free.key();
                if !self.dropped.is_empty() {
                    self.dropped.remove(address);
                }
                free.insert(Declared { kind, body, origin });
            }
        }
    }

    fn overlay(
        &mut self,
        document: &Document,
        kind: &'static Kind,
        address: Address,
        mut body: Raw,
        place: Place,
    ) {
        if matches!(body, Raw::Null) {
            if self.declared.swap_remove(&address).is_some() {
                self.dropped.insert(address, place);
                return;
            }
            let handles = self
                .declared
                .keys()
                .filter(|one| one.collection == address.collection)
                .map(|one| &*one.handle);
            let help = did_you_mean(&address.handle, handles).unwrap_or_else(|| {
                format!(
                    "null takes a {} out of the desired state; to declare one without fields write `{{}}`",
                    kind.singular
                )
            });
            let problem = Problem::error(
                Code::NothingToRemove,
                format!("there is no `{address}` below this overlay"),
            )
            .at(place, "taken out here")
            .help(help);
            self.problems.push(problem);
            return;
        }
        let said = || {
            let key = place.pointer.clone() + "/" + NEW;
            Place {
                pointer: key,
                ..place.clone()
            }
        };
        let is_new = match take_new(&mut body) {
            Ok(is_new) => is_new,
            Err(value) => {
                let (message, help) = wrong_type(NEW, "true or false", &value);
                let mut problem = Problem::error(Code::WrongType, message).at(
                    Place {
                        part: Part::Value,
                        ..said()
                    },
                    format!("this is {}", value.what()),
                );
                problem.help = help;
                self.problems.push(problem);
                // One mistake, one report.
                (!self.declared.contains_key(&address)).then_some(true)
            }
        };
        if let Some(base) = self.declared.get_mut(&address) {
            if is_new == Some(true) {
                let problem = Problem::error(
                    Code::DuplicateResource,
                    format!("`{address}` is declared below this overlay already, so it is not new"),
                )
                .at(said(), "said to be new")
                .at(base.origin.key(&address, ""), "first declared here")
                .help(format!(
                    "take `{NEW}` away to change it, or give the new one another handle"
                ));
                self.problems.push(problem);
            }
            base.origin.overlay(Arc::clone(&document.file), &body);
            merge_body(kind, &mut base.body, body);
            return;
        }
        // What could not be read may declare it.
        let may_be_below =
            self.incomplete || self.presumed.has(address.collection, &address.handle);
        if is_new != Some(true) && !may_be_below {
            let problem = self.not_below(&address, place.clone());
            self.problems.push(problem);
        }
        let origin = Origin::new(Arc::clone(&document.file));
        self.declare(kind, address, body, origin, &|| place.clone());
    }

    /// The problem of a resource that an overlay changes and nothing below it declares.
    fn not_below(&mut self, address: &Address, place: Place) -> Problem {
        self.compared = self.compared.saturating_add(self.declared.len());
        let handles = self
            .declared
            .keys()
            .filter(|one| one.collection == address.collection)
            .map(|one| &*one.handle);
        let otherwise = format!("if it is a new one, write `{NEW}: true` into it");
        let near = (self.compared <= COMPARISONS).then(|| did_you_mean(&address.handle, handles));
        let help = match near.flatten() {
            Some(near) => format!("{near} {otherwise}"),
            None => otherwise,
        };
        let mut problem = Problem::error(
            Code::NotBelow,
            format!("there is no `{address}` below this overlay"),
        )
        .at(place, "changed here")
        .help(help);
        if let Some(dropped) = self.dropped.get(address) {
            problem = problem.at(dropped.clone(), "taken out here");
        }
        problem
    }

    fn tombstones(&mut self, document: &Document, at: At<'_>, raw: Raw) {
        let Raw::Map(entries) = raw else {
            if !matches!(raw, Raw::Null) {
                let (message, _) = wrong_type("removed", "a map of kinds", &raw);
                let problem = Problem::error(Code::WrongType, message)
                    .at(
                        document.place(at, Part::Value),
                        format!("this is {}", raw.what()),
                    )
                    .help("write `removed: {departments: [Old Team]}`");
                self.problems.push(problem);
            }
            return;
        };
        for (collection, raw) in entries {
            let here = at.key(&collection);
            let Some(kind) = self::collection(&collection) else {
                self.unknown_collection(document, &collection, here, None);
                continue;
            };
            let Raw::List(items) = raw else {
                let (message, help) = wrong_type(&collection, "a list of identities", &raw);
                let mut problem = Problem::error(Code::WrongType, message).at(
                    document.place(here, Part::Value),
                    format!("this is {}", raw.what()),
                );
                problem.help = tombstones::as_list(kind, &raw).or(help);
                self.problems.push(problem);
                continue;
            };
            for (index, item) in items.into_iter().enumerate() {
                let place = document.place(here.index(index), Part::Value);
                self.buried.push((kind, item, place));
            }
        }
    }
}

/// The kind of a collection that manifests may declare. An order stands inside of the collection that it is
/// about.
fn collection(key: &str) -> Option<&'static Kind> {
    find(key).filter(|kind| kind.managed && kind.ranking().is_none())
}

/// Whether a body says how its resource may be treated.
fn says_lifecycle(body: &Raw) -> bool {
    body.get("lifecycle").is_some()
}

/// Whether a body says that, and nothing else.
fn says_lifecycle_alone(body: &Raw) -> bool {
    matches!(body, Raw::Map(entries) if entries.len() == 1) && says_lifecycle(body)
}

fn twice(address: &Address, again: Place, first: Place) -> Problem {
    Problem::error(
        Code::DuplicateResource,
        format!("`{address}` is declared twice"),
    )
    .at(again, "declared again here")
    .at(first, "first declared here")
    .help("keep one of them, or give one another handle")
}

impl Desired {
    /// The place of a resource (empty `path`) or of one of its fields; see [`Origin::place`].
    #[must_use]
    pub fn place(&self, address: &Address, path: &str) -> Option<Place> {
        Some(self.details.get(address)?.origin.place(address, path))
    }

    /// Whether `lifecycle: {replace: true}` stands at a resource.
    #[must_use]
    pub fn is_replaced(&self, address: &Address) -> bool {
        let detail = self.details.get(address);
        detail.is_some_and(|detail| detail.lifecycle.replace)
    }
}

/// A field path of one key, escaped for [`Origin::place`].
#[must_use]
pub fn path_of(keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| escape(key)).collect();
    keys.join("/")
}
