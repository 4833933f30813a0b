//! From the files of an environment to its desired state.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::check::check;
use super::convert::{Converter, Here, Texts};
use super::digest::digest;
use super::files::Sources;
use super::keyed::{NamedKey, NamedKeys};
use super::merged::{Merged, merged};
use super::origin::Origin;
use super::resolve::{Declared, Handles, Slip, nowhere};
use super::tombstones::tombstone;
use crate::config::Environment;
use crate::kind::{self, find, is_key};
use crate::parallel::RUN;
use crate::problem::{Place, Problem, Problems};
use crate::state::{Address, Body, ByAddress, Heirs, Named, Resource, State, Treatment};
use crate::yaml::odd;
use crate::yaml::raw::{Raw, escape};
use crate::yaml::variables::{Lookup, Variables};
use foldhash::fast::RandomState;

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
