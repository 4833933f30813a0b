//! What the files of an environment say once they are laid over one another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::map::Entry;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::files::Sources;
use super::foreign;
use super::origin::{FileDocument, Origin};
use super::overlay::{NEW, merge_body, take_new};
use super::presumed::Presumed;
use super::resolve::{COMPARISONS, Declared};
use super::shallow;
use super::table::{self, Seen, Spec, bad_handle};
use super::tombstones;
use crate::kind::words::{CSV, REMOVED};
use crate::kind::{Kind, ORDER, find, scopes};
use crate::problem::{Code, Part, Place, Problem, did_you_mean, ticked};
use crate::state::{Address, ByAddress};
use crate::yaml::closed::{collect_secrets, may_hold_expressions};
use crate::yaml::raw::{At, Raw};
use crate::yaml::source::Beside;
use crate::yaml::walk::{is_extension, wrong_type};
use crate::yaml::{Source, load};
use foldhash::{HashMap, HashMapExt as _};

/// Bytes of manifests from which on several threads are worth starting.
const LARGE: usize = 64 * 1024;

/// Reads the files, side by side where they are large, and lays them over one another in order.
pub(super) fn merged(sources: &Sources) -> Merged {
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

/// What the files say once they are laid over one another.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) declared: ByAddress<Declared>,
    /// Resources that an overlay takes out, and where it says so.
    pub(super) dropped: HashMap<Address, Place>,
    /// Tombstones as they are written.
    pub(super) buried: Vec<(&'static Kind, Raw, Place)>,
    /// Whether a file could not be read as YAML.
    pub(super) incomplete: bool,
    /// Names below keys that are not understood.
    pub(super) presumed: Presumed,
    pub(super) problems: Vec<Problem>,
    /// The names that are used as `${secret.…}`.
    pub(super) secrets: BTreeSet<String>,
    /// Where tables are named.
    pub(super) seen: Seen,
    /// How often a handle was compared with another one, to say which it most likely stands for.
    pub(super) compared: usize,
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
