//! From the files of an environment to its desired state.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use indexmap::map::Entry;

use super::check::check;
use super::convert::{Converter, Here};
use super::digest::digest;
use super::files::Sources;
use super::keyed::{NamedKey, NamedKeys};
use super::origin::Origin;
use super::resolve::{Declared, Handles, Slip};
use crate::config::Environment;
use crate::kind::{KINDS, Kind, find};
use crate::parallel::RUN;
use crate::problem::{Code, Part, Place, Problem, Problems, did_you_mean, ticked};
use crate::state::identity::spelled;
use crate::state::{Address, Body, ByAddress, Key, Lifecycle, Resource, State};
use crate::yaml::closed::{collect_secrets, may_hold_expressions};
use crate::yaml::raw::{AsText, At, Raw, escape};
use crate::yaml::variables::{Expanded, Lookup, Variables, has_expression};
use crate::yaml::walk::{DISAGREE, Walker, unquoted, wrong_type};
use crate::yaml::{Source, load};
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
    /// What is odd but not wrong, such as a secret that is not set.
    pub warnings: Vec<Problem>,
    /// The SHA-256 of all of this in hexadecimal, with secrets as templates.
    pub digest: String,
}

/// What a manifest says besides the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// How the resource may be treated.
    pub lifecycle: Lifecycle,
    /// Where it stands.
    pub origin: Origin,
}

/// Something that is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its collection.
    pub collection: &'static str,
    /// Its canonical identity.
    pub key: Key<'static>,
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
        mut problems,
        secrets,
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
    let handles = Handles::new(&declared, &bodies, dropped, &variables, incomplete);
    let (converted, warnings) = convert(&declared, bodies, &variables, &handles, &mut problems);
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
    let mut removed = Vec::new();
    for (kind, raw, place) in &buried {
        match key_of(&variables, kind, raw, place) {
            Ok(key) => removed.push(Tombstone {
                collection: kind.collection,
                key,
                place: place.clone(),
            }),
            Err(mut found) => problems.append(&mut found),
        }
    }
    removed.sort_by(|a, b| (a.collection, &a.key).cmp(&(b.collection, &b.key)));
    removed.dedup_by(|a, b| (a.collection, &a.key) == (b.collection, &b.key));
    // Nearly always there is nothing wrong, so that the digest is needed.
    let (digest, mut found) = both(
        state.len() > RUN,
        || digest(&state, &details, &removed),
        || {
            let mut found = Vec::new();
            check(&state, &details, &removed, &mut found);
            found
        },
    );
    problems.append(&mut found);
    if problems.is_empty() {
        return Ok(Desired {
            state,
            details,
            removed,
            warnings,
            digest,
        });
    }
    problems.extend(warnings);
    let mut problems = Problems::from(problems);
    problems.sort();
    Err(problems)
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

/// A body with what a manifest says besides.
type Converted = (Body, Lifecycle);

/// Converts the declared resources, and gives the warnings that came up.
fn convert(
    declared: &ByAddress<Declared>,
    mut bodies: Vec<Raw>,
    variables: &Variables<'_>,
    handles: &Handles<'_>,
    problems: &mut Vec<Problem>,
) -> (Vec<Converted>, Vec<Problem>) {
    // Maps are checked against what their keys name, which stands first in the table of kinds.
    let is_named = |address: &&Address| find(address.collection).is_some_and(Kind::names_keys);
    let named = declared.keys().take_while(is_named).count();
    let &Variables {
        values,
        environment,
        env,
        closed,
        ..
    } = variables;
    let run = |keys: &NamedKeys, from: usize, bodies: Vec<Raw>| {
        // Each run finds the secrets that are not set anew; the first to do so is heard.
        let variables = Variables {
            values,
            environment,
            env,
            closed,
            missing: RefCell::default(),
        };
        let mut converter = Converter::new(variables, handles, keys);
        let bodies: Vec<Converted> = declared
            .iter()
            .skip(from)
            .zip(bodies)
            .map(|((address, one), raw)| {
                let here = Here {
                    kind: one.kind,
                    origin: &one.origin,
                };
                converter.resource(here, &address.handle, &raw)
            })
            .collect();
        let Converter {
            problems,
            slips,
            warnings,
            ..
        } = converter;
        (bodies, problems, slips, warnings)
    };
    let rest = bodies.split_off(named);
    let mut keys = NamedKeys::default();
    let first = run(&keys, 0, bodies);
    for ((address, one), (body, _)) in declared.iter().zip(&first.0) {
        let key = NamedKey::of(one.kind, address, body, &one.origin);
        keys.all.insert(address.clone(), key);
    }
    let mut runs: Vec<(usize, Vec<Raw>)> = Vec::new();
    let mut rest = rest.into_iter();
    for from in (named..declared.len()).step_by(RUN) {
        runs.push((from, rest.by_ref().take(RUN).collect()));
    }
    let work = |(from, bodies)| run(&keys, from, bodies);
    let others: Vec<_> = if runs.len() < 2 {
        runs.into_iter().map(work).collect()
    } else {
        runs.into_par_iter().with_max_len(1).map(work).collect()
    };
    let mut all = Vec::with_capacity(declared.len());
    let mut slips = Vec::new();
    let mut warnings = Vec::new();
    let mut missing = BTreeSet::new();
    for (converted, mut found, slipped, warned) in std::iter::once(first).chain(others) {
        all.extend(converted);
        slips.extend(slipped.into_iter().map(|slip| Slip {
            problem: slip.problem + problems.len(),
            ..slip
        }));
        problems.append(&mut found);
        for (name, warning) in warned {
            if missing.insert(name) {
                warnings.push(warning);
            }
        }
    }
    handles.suggest(&slips, problems);
    (all, warnings)
}

/// By kind in the order of the table, then by handle.
fn order(a: &Address, b: &Address) -> Ordering {
    let place = |address: &Address| {
        KINDS
            .iter()
            .position(|kind| kind.collection == address.collection)
    };
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
    problems: Vec<Problem>,
    /// The names that are used as `${secret.…}`.
    secrets: BTreeSet<String>,
}

/// One document on its way in.
struct Document<'d> {
    source: &'d Source,
    number: u32,
}

impl Document<'_> {
    fn place(&self, at: At<'_>, part: Part) -> Place {
        Place {
            file: Arc::clone(&self.source.name),
            document: self.number,
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
            let document = Document { source, number };
            let Raw::Map(entries) = raw else {
                let help = if matches!(raw, Raw::List(_)) {
                    "name the collection first, such as `departments:`, and give each resource a handle"
                } else {
                    "a file maps collections to handles to fields, such as `departments: {Billing: {}}`"
                };
                let problem = Problem::error(
                    Code::NotAMap,
                    format!(
                        "the file must be a map of collections, but it is {}",
                        raw.what()
                    ),
                )
                .at(document.place(At::ROOT, Part::Value), "begins here")
                .help(help);
                self.problems.push(problem);
                self.incomplete = true;
                continue;
            };
            for (key, raw) in entries {
                let at = At::ROOT.key(&key);
                if &*key == "removed" {
                    self.tombstones(&document, at, raw);
                } else if let Some(kind) = find(&key).filter(|kind| kind.managed) {
                    self.collection(&document, kind, at, raw, overlay.as_deref_mut());
                } else {
                    self.unknown_collection(&document, &key, at);
                }
            }
        }
    }

    fn unknown_collection(&mut self, document: &Document<'_>, key: &str, at: At<'_>) {
        let known: Vec<&str> = KINDS
            .iter()
            .filter(|kind| kind.managed)
            .map(|kind| kind.collection)
            .chain(["removed"])
            .collect();
        let place = document.place(at, Part::Key);
        let problem = if let Some(kind) = find(key) {
            Problem::error(
                Code::UnmanagedCollection,
                format!("{} can be referred to, but not managed", kind.collection),
            )
            .at(place, "not managed")
            .help("take it away and refer to them by name")
        } else {
            let help = did_you_mean(key, known.iter().copied())
                .unwrap_or_else(|| format!("known are {}", ticked(&known, "and")));
            Problem::error(
                Code::UnknownCollection,
                format!("no collection is named `{key}`"),
            )
            .at(place, "not a collection")
            .help(help)
        };
        self.problems.push(problem);
    }

    fn collection(
        &mut self,
        document: &Document<'_>,
        kind: &'static Kind,
        at: At<'_>,
        raw: Raw,
        mut overlay: Option<&mut HashMap<Address, Place>>,
    ) {
        let entries = match raw {
            Raw::Map(entries) => entries,
            Raw::Null => return,
            other => {
                let (message, _) = wrong_type(kind.collection, "a map of handles", &other);
                let problem = Problem::error(Code::WrongType, message)
                    .at(
                        document.place(at, Part::Value),
                        format!("this is {}", other.what()),
                    )
                    .help(format!(
                        "give each {} a handle, such as `{}: {{My {}: {{…}}}}`",
                        kind.singular, kind.collection, kind.singular
                    ));
                self.problems.push(problem);
                self.incomplete = true;
                return;
            }
        };
        self.declared.reserve(entries.len());
        for (handle, body) in entries {
            let here = || document.place(at.key(&handle), Part::Key);
            if handle.trim().is_empty() || has_expression(&handle) {
                let (message, help) = if handle.trim().is_empty() {
                    ("a handle cannot be empty".to_owned(), "give it a name")
                } else {
                    (
                        format!("the handle `{handle}` holds an expression"),
                        "expressions stand in values only: give it a plain handle and put the expression into its naming field",
                    )
                };
                let problem = Problem::error(Code::BadHandle, message)
                    .at(here(), "not a handle")
                    .help(help);
                self.problems.push(problem);
                continue;
            }
            let address = Address::new(kind.collection, Arc::clone(&handle));
            match overlay.as_deref_mut() {
                None => self.declare(document, kind, address, body, &here),
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

    fn declare(
        &mut self,
        document: &Document<'_>,
        kind: &'static Kind,
        address: Address,
        body: Raw,
        place: &dyn Fn() -> Place,
    ) {
        match self.declared.entry(address) {
            Entry::Occupied(first) => {
                let problem = twice(first.key(), place(), first.get().origin.key(""));
                self.problems.push(problem);
            }
            Entry::Vacant(free) => {
                let address = free.key();
                let origin = Origin::new(
                    address.clone(),
                    Arc::clone(&document.source.name),
                    document.number,
                );
                if !self.dropped.is_empty() {
                    self.dropped.remove(address);
                }
                free.insert(Declared { kind, body, origin });
            }
        }
    }

    fn overlay(
        &mut self,
        document: &Document<'_>,
        kind: &'static Kind,
        address: Address,
        body: Raw,
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
        if let Some(base) = self.declared.get_mut(&address) {
            base.origin
                .overlay(Arc::clone(&document.source.name), document.number, &body);
            merge_body(&mut base.body, body);
        } else {
            self.declare(document, kind, address, body, &|| place.clone());
        }
    }

    fn tombstones(&mut self, document: &Document<'_>, at: At<'_>, raw: Raw) {
        let Raw::Map(entries) = raw else {
            if !matches!(raw, Raw::Null) {
                let (message, _) = wrong_type("removed", "a map of collections", &raw);
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
            let Some(kind) = find(&collection).filter(|kind| kind.managed) else {
                self.unknown_collection(document, &collection, here);
                continue;
            };
            let Raw::List(items) = raw else {
                let (message, help) = wrong_type(&collection, "a list of identities", &raw);
                let mut problem = Problem::error(Code::WrongType, message).at(
                    document.place(here, Part::Value),
                    format!("this is {}", raw.what()),
                );
                problem.help = help;
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

fn twice(address: &Address, again: Place, first: Place) -> Problem {
    Problem::error(
        Code::DuplicateResource,
        format!("`{address}` is declared twice"),
    )
    .at(again, "declared again here")
    .at(first, "first declared here")
    .help("keep one of them, or give one another handle")
}

/// Lays a resource's body over another's.
fn merge_body(base: &mut Raw, over: Raw) {
    let (fields, over) = match (base, over) {
        (Raw::Map(fields), Raw::Map(over)) => (fields, over),
        (base, over) => {
            *base = over;
            return;
        }
    };
    for (key, value) in over {
        match fields.iter_mut().find(|(own, _)| *own == key) {
            // Keys under `cf` are handles: one of them may be called `id`.
            Some((_, Raw::Map(own))) if &*key == "cf" && matches!(value, Raw::Map(_)) => {
                let Raw::Map(leaves) = value else { continue };
                for (leaf, value) in leaves {
                    match own.iter_mut().find(|(known, _)| *known == leaf) {
                        Some((_, known)) => *known = value,
                        None => own.push((leaf, value)),
                    }
                }
            }
            Some((_, own)) => merge(own, value),
            None => fields.push((key, value)),
        }
    }
}

/// Lays one value over another: maps are merged, everything else is replaced.
fn merge(base: &mut Raw, over: Raw) {
    match (base, over) {
        (Raw::Map(base), Raw::Map(over)) if !is_reference(&over) => {
            for (key, value) in over {
                match base.iter_mut().find(|(own, _)| *own == key) {
                    Some((_, own)) => merge(own, value),
                    None => base.push((key, value)),
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// Whether a map is `{lookup: …}` or `{id: …}`, which is one value.
fn is_reference(entries: &[(Arc<str>, Raw)]) -> bool {
    matches!(entries, [(key, value)] if matches!(&**key, "lookup" | "id") && !matches!(value, Raw::Map(_)))
}

/// A text of an identity with its expressions replaced; a secret has no place in one.
fn shown_text(
    variables: &Variables<'_>,
    place: &Place,
    text: &str,
) -> Result<String, Vec<Problem>> {
    match variables.expand(text) {
        Ok(Expanded::Literal(text)) => Ok(text.into_owned()),
        Ok(Expanded::Text(text)) => Ok(text),
        Ok(Expanded::Secret(..)) => Err(vec![
            Problem::error(
                Code::MisplacedSecret,
                "an identity cannot hold a secret: plans and reports show it",
            )
            .at(place.clone(), "a secret")
            .help("use `${var.…}` or `${env.…}`"),
        ]),
        Err(bad) => Err(bad
            .into_iter()
            .map(|bad| {
                Problem::error(bad.code, bad.message)
                    .at_part(place.clone(), bad.expression, "")
                    .help(bad.help)
            })
            .collect()),
    }
}

/// Reads the key of a tombstone.
fn key_of(
    variables: &Variables<'_>,
    kind: &'static Kind,
    raw: &Raw,
    place: &Place,
) -> Result<Key<'static>, Vec<Problem>> {
    let identity_fields: Vec<&str> = kind
        .fields
        .iter()
        .filter(|field| field.identity)
        .map(|field| field.name)
        .collect();
    let form = identity_fields.join("/");
    let bad = |message: String, help: String| {
        Err(vec![
            Problem::error(Code::BadTombstone, message)
                .at(place.clone(), "not an identity")
                .help(help),
        ])
    };
    let expand = |text: &str| shown_text(variables, place, text);
    let name = format!("removed.{}", kind.collection);
    let refuse = |written: &str| {
        let (message, help) = unquoted(&name, raw, written);
        Err(vec![
            Problem::error(Code::UnquotedNumber, format!("an item of {message}"))
                .at(place.clone(), DISAGREE)
                .help(help),
        ])
    };
    let text = match (raw.as_text(), raw) {
        (AsText::Text(text), _) => expand(text)?,
        (AsText::Number(number), _) if number.is_u64() => number.to_string(),
        (AsText::Number(number), _) => return refuse(&number.to_string()),
        (AsText::Unquoted(written), _) => return refuse(written),
        (_, Raw::Map(_)) if identity_fields.len() > 1 => {
            let pointer = |at: At<'_>, part: Part| Place {
                pointer: format!("{}{}", place.pointer, at.pointer()),
                part,
                ..place.clone()
            };
            let mut walker = Walker {
                place: &pointer,
                problems: Vec::new(),
            };
            let mut parts: Vec<Option<String>> = vec![None; identity_fields.len()];
            for (key, value) in walker.known(raw, At::ROOT, "removed", &identity_fields) {
                let text = walker.text(value, At::ROOT.key(key), key);
                if let Some(index) = identity_fields.iter().position(|field| *field == key) {
                    parts[index] = text;
                }
            }
            if let Some(problem) = walker.problems.into_iter().next() {
                return Err(vec![problem]);
            }
            let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() else {
                let message = format!(
                    "a tombstone of {} needs {}",
                    kind.collection,
                    ticked(&identity_fields, "and")
                );
                return bad(
                    message,
                    format!("write `{{{}}}`", identity_fields.join(": …, ") + ": …"),
                );
            };
            parts
                .iter()
                .map(|part| expand(part))
                .collect::<Result<Vec<_>, _>>()?
                .join("/")
        }
        (_, other) => {
            let (message, _) = wrong_type(&name, "a text", other);
            return bad(
                format!("an item of {message}"),
                format!("write each {}'s `{form}`", kind.singular),
            );
        }
    };
    let parts: BTreeSet<bool> = text
        .splitn(identity_fields.len(), '/')
        .map(|part| part.trim().is_empty())
        .collect();
    let count = text.splitn(identity_fields.len(), '/').count();
    if parts.contains(&true) || count < identity_fields.len() {
        return bad(
            format!(
                "`{text}` cannot identify {}",
                super::resolve::article(kind.singular)
            ),
            format!("write its `{form}`"),
        );
    }
    Ok(spelled(kind, &text).into_owned())
}

impl Desired {
    /// The place of a resource (empty `path`) or of one of its fields; see [`Origin::place`].
    #[must_use]
    pub fn place(&self, address: &Address, path: &str) -> Option<Place> {
        Some(self.details.get(address)?.origin.place(path))
    }
}

/// A field path of one key, escaped for [`Origin::place`].
#[must_use]
pub fn path_of(keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| escape(key)).collect();
    keys.join("/")
}
