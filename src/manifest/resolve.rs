//! From handles, `{lookup: …}` and `{id: …}` to references.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::convert::{Converter, Here};
use super::origin::Origin;
use super::presumed::Presumed;
use crate::config::written::{ID, LOOKUP, WrittenReader, meant, with_parts};
use crate::config::{Written, WrittenName};
use crate::kind::{Field, KINDS, Kind, Shape, Target, Within, find, settled_targets};
use crate::problem::{Code, Part, Place, Problem, counted, nearest, ticked};
use crate::state::identity::{
    below, canonical_name, canonical_text, fill_in, may_be_one, scopes, word_of,
};
use crate::state::{Address, Below, Body, ByAddress, Heirs, Named, Reference, Sought, Value};
use crate::yaml::raw::{AsText, At, Raw};
use crate::yaml::variables::{Expanded, Variables};
use crate::yaml::walk::{Walker, wrong_type};
use foldhash::{HashMap, HashMapExt as _};

/// A resource as it was declared.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) kind: &'static Kind,
    /// Taken out before the resources are converted.
    pub(crate) body: Raw,
    pub(crate) origin: Origin,
}

/// The handles of every collection.
///
/// There may be very many: what is known of one stands under its place among the declared resources.
pub(crate) struct Handles<'a> {
    /// In the order of the table, so that the resources of a kind stand side by side.
    declared: &'a ByAddress<Declared>,
    collections: HashMap<&'static str, Collection>,
    /// Resources that an overlay takes out, and where it says so.
    dropped: HashMap<Address, Place>,
    /// Whether a file could not be read, so that what is missing may stand there.
    pub(crate) incomplete: bool,
    /// Names below keys that are not understood.
    presumed: Presumed,
}

struct Collection {
    kind: &'static Kind,
    /// Where its resources stand.
    places: Range<usize>,
    /// Names that bodies give; where a body gives none, the handle is the name.
    explicit: HashMap<usize, Arc<str>>,
    /// What the names count below as the bodies say it, for kinds whose names do not count everywhere.
    scopes: HashMap<usize, WrittenScope>,
    /// Handles by canonical name; made when somebody looks a name up.
    names: OnceLock<HashMap<String, Vec<Arc<str>>>>,
}

/// The values of scopes as they are written.
type WrittenScope = Vec<(&'static str, Written)>;

/// What a resource lies below by one scope.
type Own<'o> = &'o dyn Fn(&str) -> Option<Below>;

/// Lies below nothing that is known.
pub(crate) fn nowhere(_: &str) -> Option<Below> {
    None
}

/// Parents that are followed upwards; no table has more.
const MAX_DEPTH: usize = 8;

/// A handle that is not declared.
pub(crate) struct Slip {
    /// The index of the problem that reports it.
    pub(crate) problem: usize,
    pub(crate) collection: &'static str,
    pub(crate) handle: String,
}

/// Enough for hundreds of slips among tens of thousands of handles, and never slow.
pub(super) const COMPARISONS: usize = 5_000_000;

/// Among more handles than this a word is not compared with all of them.
const FEW: usize = 1_000;

/// "a department", "an SLA".
pub(crate) fn article(noun: &str) -> String {
    let vowel = noun == "SLA" || noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

impl<'a> Handles<'a> {
    /// `bodies` are those of the declared resources, in order.
    pub(crate) fn new(
        declared: &'a ByAddress<Declared>,
        bodies: &[Raw],
        dropped: HashMap<Address, Place>,
        variables: &Variables<'_>,
        (incomplete, presumed): (bool, Presumed),
    ) -> Self {
        let mut collections: HashMap<&'static str, Collection> = HashMap::new();
        for (place, (address, body)) in declared.keys().zip(bodies).enumerate() {
            let Some(kind) = find(address.collection) else {
                continue;
            };
            let collection = collections
                .entry(kind.collection)
                .or_insert_with(|| Collection {
                    kind,
                    places: place..place,
                    explicit: HashMap::new(),
                    scopes: HashMap::new(),
                    names: OnceLock::new(),
                });
            collection.places.end = place + 1;
            let scope = written_scope(kind, body, variables);
            if !scope.is_empty() {
                collection.scopes.insert(place, scope);
            }
            let Some(name) = body.get(kind.naming_field().name) else {
                continue;
            };
            let name = match name.as_text() {
                AsText::Text(text) => match variables.expand(text) {
                    Ok(Expanded::Literal(Cow::Borrowed(literal))) if literal == &**text => {
                        Arc::clone(text)
                    }
                    Ok(Expanded::Literal(text)) => text.into(),
                    Ok(Expanded::Text(text)) => text.into(),
                    // Reported where the field itself is converted.
                    _ => "".into(),
                },
                AsText::Number(number) => number.to_string().into(),
                AsText::Unquoted(_) => "".into(),
                AsText::Other => continue,
            };
            collection.explicit.insert(place, name);
        }
        Self {
            declared,
            collections,
            dropped,
            incomplete,
            presumed,
        }
    }

    /// Whether a name may be declared where nothing could be understood.
    pub(crate) fn may_declare(&self, collection: &str, name: &str) -> bool {
        self.incomplete || self.presumed.has(collection, name)
    }

    /// The handle as it is declared.
    pub(crate) fn handle(&self, collection: &str, handle: &str) -> Option<Arc<str>> {
        let sought = Sought { collection, handle };
        let (address, _) = self.declared.get_key_value(&sought)?;
        Some(Arc::clone(&address.handle))
    }

    /// In which of its collections a target is meant by a handle; none where it is one in several.
    fn meant(&self, target: Target, handle: &str) -> Option<Target> {
        if target.also.is_empty() {
            return Some(target);
        }
        let declares = |collection: &&'static str| self.handle(collection, handle).is_some();
        let mut found = target.collections().filter(declares);
        match (found.next(), found.next()) {
            (Some(only), None) => Some(target.only(only)),
            (None, _) => {
                let may_be = |collection: &&'static str| self.presumed.has(collection, handle);
                let presumed = target.collections().find(may_be);
                Some(target.only(presumed.unwrap_or(target.collection)))
            }
            (Some(_), Some(_)) => None,
        }
    }

    /// The handles of the declared resources with a name, wherever it counts.
    fn all_named(&self, collection: &str, name: &str) -> &[Arc<str>] {
        let Some(collection) = self.collections.get(collection) else {
            return &[];
        };
        let names = collection.names.get_or_init(|| {
            let mut names: HashMap<String, Vec<Arc<str>>> = HashMap::new();
            for place in collection.places.clone() {
                let Some((Address { handle, .. }, _)) = self.declared.get_index(place) else {
                    continue;
                };
                let name = collection.explicit.get(&place).unwrap_or(handle);
                let name = canonical_name(collection.kind, name);
                names.entry(name).or_default().push(Arc::clone(handle));
            }
            names
        });
        let name = canonical_name(collection.kind, name);
        names.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The handles of the declared resources that a name may mean.
    fn meant_by(&self, collection: &str, named: &Named<'_>, depth: usize) -> Vec<&Arc<str>> {
        let fits = |handle: &&Arc<str>| {
            let mut scope = named.scope.iter();
            scope.all(|(field, wanted)| {
                self.below(collection, handle, field, depth).as_ref() == Some(wanted)
            })
        };
        let all = self.all_named(collection, &named.name).iter();
        all.filter(fits).collect()
    }

    /// What the name of a declared resource counts below.
    fn below(&self, collection: &str, handle: &str, field: &str, depth: usize) -> Option<Below> {
        let scopes = &self.collections.get(collection)?.scopes;
        let sought = Sought { collection, handle };
        let scope = scopes.get(&self.declared.get_index_of(&sought)?)?;
        let (_, written) = scope.iter().find(|(name, _)| *name == field)?;
        self.scope_value(find(collection)?, field, written, depth.checked_sub(1)?)
    }

    /// What the name of a declared resource counts below in a scope, as its manifest and its variables say it.
    pub(super) fn below_of(&self, address: &Address, scope: &str) -> Option<Below> {
        self.below(address.collection, &address.handle, scope, MAX_DEPTH)
    }

    /// The value of a scope.
    fn scope_value(
        &self,
        kind: &Kind,
        field: &str,
        written: &Written,
        depth: usize,
    ) -> Option<Below> {
        let field = kind.field(field)?;
        match (field.above(), written) {
            (Some(target), Written::Text(text)) if field.shape.target().is_none() => {
                Some(match self.below_by_handle(field, target, text) {
                    Some(parent) => Below::Parent(parent),
                    None => Below::Word(canonical_text(text).into()),
                })
            }
            (Some(target), written) => Some(Below::Parent(
                self.reference(target, written, &nowhere, depth)?,
            )),
            (None, Written::Text(text)) => Some(Below::Word(canonical_text(text).into())),
            (None, Written::Lookup(_) | Written::Id(_)) => None,
        }
    }

    /// What a text names by a handle in a field that has words, too, see [`Field::refers`].
    pub(super) fn below_by_handle(
        &self,
        field: &Field,
        target: Target,
        text: &str,
    ) -> Option<Reference> {
        if field.words().contains(&&*canonical_text(text)) {
            return None;
        }
        let (collection, handle) = (target.collection, self.handle(target.collection, text)?);
        Some(Reference::To(Address { collection, handle }))
    }

    /// A name that is read from one text, whose words may be handles, see [`Field::refers`].
    pub(super) fn with_handles(&self, kind: &Kind, mut named: Named<'static>) -> Named<'static> {
        for (name, below) in &mut named.scope {
            let Some(field) = kind.field(name).filter(|field| !field.refers.is_empty()) else {
                continue;
            };
            if let (Below::Word(word), Some(target)) = (&*below, field.above())
                && let Some(parent) = self.below_by_handle(field, target, word)
            {
                *below = Below::Parent(parent);
            }
        }
        named
    }

    /// What a reference means that is no value of a field: a text is a handle or else a name. `own`
    /// says what the one that refers to it lies below.
    fn reference(
        &self,
        target: Target,
        written: &Written,
        own: Own<'_>,
        depth: usize,
    ) -> Option<Reference> {
        let target = match written {
            Written::Text(text) => self.meant(target, text).unwrap_or(target),
            Written::Lookup(written) => {
                let keys: Vec<&str> = written.scope.keys().copied().collect();
                with_parts(target, &keys)
            }
            Written::Id(_) => target,
        };
        let collection = target.collection;
        let mut named = match written {
            Written::Id(id) => {
                let id = Arc::clone(id);
                return Some(Reference::Id { collection, id });
            }
            Written::Text(text) => {
                if let Some(handle) = self.handle(collection, text) {
                    return Some(Reference::To(Address { collection, handle }));
                }
                let name = canonical_text(text).into_owned();
                Named::of_name(find(collection).map_or(name, |kind| canonical_name(kind, text)))
            }
            Written::Lookup(written) => self.named(find(collection)?, written, depth)?,
        };
        fill_in(&mut named, &target, &Body::default());
        if let Within::Same(field) = target.within
            && let Some(below) = own(field)
        {
            named.fill(field, below);
        }
        Some(self.settled(collection, named, depth))
    }

    /// What a name means that is written with what it counts below.
    pub(crate) fn name(
        &self,
        kind: &'static Kind,
        written: &WrittenName,
    ) -> Option<Named<'static>> {
        self.named(kind, written, MAX_DEPTH)
    }

    fn named(&self, kind: &Kind, written: &WrittenName, depth: usize) -> Option<Named<'static>> {
        let mut named = Named::of_name(canonical_name(kind, &written.name));
        for (field, value) in &written.scope {
            named.fill(
                field,
                self.scope_value(kind, field, value, depth.checked_sub(1)?)?,
            );
        }
        Some(named)
    }

    /// A looked-up name as a reference: to what is declared, where that is one thing alone.
    fn settled(&self, collection: &'static str, named: Named<'static>, depth: usize) -> Reference {
        match *self.meant_by(collection, &named, depth) {
            [handle] => Reference::To(Address::new(collection, Arc::clone(handle))),
            _ => lookup(collection, named),
        }
    }

    /// Who takes over, by what they are called; `own` says what the one lies below from which they do.
    pub(crate) fn heirs(
        &self,
        kind: &Kind,
        written: impl IntoIterator<Item = (&'static str, Written)>,
        own: Own<'_>,
    ) -> Heirs {
        let chosen = kind.chosen_heirs();
        let heirs = written.into_iter().filter_map(|(name, written)| {
            let chosen = chosen.iter().find(|one| one.name == name)?;
            Some((
                name,
                self.reference(chosen.target, &written, own, MAX_DEPTH)?,
            ))
        });
        heirs.collect()
    }

    /// Warns of bare names that are nearly a handle: a live object is meant then, and perhaps should
    /// not be.
    pub(crate) fn near_bare(&self, bare: impl Iterator<Item = (Slip, Place)>) -> Vec<Problem> {
        let mut left = COMPARISONS;
        let warnings = bare.filter_map(|(slip, place)| {
            let near = self.near(slip.collection, &slip.handle, &mut left)?;
            let kind = find(slip.collection)?;
            let message = format!(
                "no declared {} is named `{}`; the live one of that name is meant",
                kind.singular, slip.handle
            );
            Some(
                Problem::warning(Code::NearHandle, message)
                    .at(place, "referenced here")
                    .help(format!(
                        "did you mean `{near}`? if not, write `{{lookup: \"{}\"}}`",
                        slip.handle
                    )),
            )
        });
        warnings.collect()
    }

    /// Says of every mistyped handle which declared one it most likely stands for, in order, as long
    /// as that does not take too many comparisons.
    pub(crate) fn suggest(&self, slips: &[Slip], problems: &mut [Problem]) {
        let mut left = COMPARISONS;
        for slip in slips {
            if let Some(near) = self.near(slip.collection, &slip.handle, &mut left)
                && let Some(problem) = problems.get_mut(slip.problem)
            {
                problem.help = Some(format!("did you mean `{near}`?"));
            }
        }
    }

    /// The declared handle that a text most likely stands for.
    pub(super) fn nearest(&self, collection: &str, handle: &str) -> Option<String> {
        let mut left = FEW;
        self.near(collection, handle, &mut left)
    }

    fn near(&self, collection: &str, handle: &str, left: &mut usize) -> Option<String> {
        let places = self.collections.get(collection)?.places.clone();
        *left = left.checked_sub(places.len())?;
        let addresses = places.filter_map(|place| self.declared.get_index(place));
        nearest(handle, addresses.map(|(address, _)| &*address.handle)).map(str::to_owned)
    }

    /// Another collection that declares the handle.
    fn elsewhere(&self, collection: &str, handle: &str) -> Option<(&'a Address, &'a Declared)> {
        KINDS
            .iter()
            .map(|kind| kind.collection)
            .filter(|other| *other != collection)
            .find_map(|collection| {
                let sought = Sought { collection, handle };
                self.declared.get_key_value(&sought)
            })
    }
}

/// Looks a name up among what is live.
fn lookup(collection: &'static str, named: Named<'static>) -> Reference {
    let name = named.into();
    Reference::Lookup { collection, name }
}

/// The scopes of a body as it says them. What is wrong with them is reported where the fields are
/// converted.
fn written_scope(kind: &'static Kind, body: &Raw, variables: &Variables<'_>) -> WrittenScope {
    let place = |_: At<'_>, _: Part| Place::file("");
    let expand = |text: &str, _: Place| match variables.expand(text) {
        Ok(Expanded::Literal(text)) => Ok(text.into_owned()),
        Ok(Expanded::Text(text)) => Ok(text),
        _ => Err(Vec::new()),
    };
    let mut walker = Walker {
        place: &place,
        problems: Vec::new(),
    };
    let mut reader = WrittenReader {
        walker: &mut walker,
        expand: &expand,
    };
    let written = scopes(kind).filter_map(|field| {
        let raw = body.get(field.name)?;
        let written = match field.above() {
            Some(target) => {
                reader.reference(raw, At::ROOT, field.name, meant(target, raw).collection)
            }
            None => reader.text(raw, At::ROOT, field.name).map(Written::Text),
        };
        Some((field.name, written?))
    });
    written.collect()
}

impl Converter<'_> {
    /// One reference.
    pub(crate) fn reference(
        &mut self,
        here: Here<'_>,
        target: Target,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Reference> {
        let target = meant(target, raw);
        match raw {
            Raw::Map(entries) => {
                let [(key, value)] = entries.as_slice() else {
                    self.bad_reference(here, at, name, raw);
                    return None;
                };
                let inside = at.key(key);
                match &**key {
                    LOOKUP if matches!(value, Raw::Map(_)) => {
                        self.lookup_of_map(here, target, value, inside)
                    }
                    LOOKUP => {
                        let text = self.reference_text(here, value, inside, LOOKUP)?;
                        Some(self.lookup(target, &text))
                    }
                    ID => {
                        let text = self.reference_text(here, value, inside, ID)?;
                        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
                            self.error(
                                here,
                                (inside, Part::Value),
                                Code::BadFormat,
                                format!("the id `{text}` must be made of digits"),
                                "not an id",
                                Some(format!("write `{{lookup: \"{text}\"}}` if this is a name")),
                            );
                            return None;
                        }
                        Some(Reference::Id {
                            collection: target.collection,
                            id: text,
                        })
                    }
                    _ => {
                        self.bad_reference(here, at, name, raw);
                        None
                    }
                }
            }
            Raw::List(_) | Raw::Bool(_) | Raw::Null | Raw::Tagged(_) => {
                self.bad_reference(here, at, name, raw);
                None
            }
            _ => {
                let text = self.reference_text(here, raw, at, name)?;
                self.handle(here, target, &text, at, name)
            }
        }
    }

    fn reference_text(
        &mut self,
        here: Here<'_>,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Arc<str>> {
        let text = self.plain(here, name, raw, at)?;
        self.warn_of_shortened(here, name, &text, at);
        if text.trim().is_empty() {
            self.error(
                here,
                (at, Part::Value),
                Code::Empty,
                format!("`{name}` refers to nothing"),
                "nothing in it",
                Some("name a handle, or take it away".to_owned()),
            );
            return None;
        }
        Some(text)
    }

    /// A name alone. What it counts below is filled in from what refers to it, see [`Self::settle`].
    fn lookup(&self, target: Target, name: &str) -> Reference {
        let collection = target.collection;
        let name = find(collection).map_or_else(
            || canonical_text(name).into_owned(),
            |kind| canonical_name(kind, name),
        );
        self.looked_up(target, Named::of_name(name))
    }

    fn looked_up(&self, target: Target, mut named: Named<'static>) -> Reference {
        fill_in(&mut named, &target, &Body::default());
        let collection = target.collection;
        let waits = matches!(target.within, Within::Same(field) if named.below(field).is_none());
        if waits {
            lookup(collection, named)
        } else {
            self.handles.settled(collection, named, MAX_DEPTH)
        }
    }

    /// A name with what it counts below.
    fn lookup_of_map(
        &mut self,
        here: Here<'_>,
        target: Target,
        raw: &Raw,
        at: At<'_>,
    ) -> Option<Reference> {
        let kind = find(target.collection)?;
        let written = self.written(here, at, |reader| {
            reader.lookup(raw, At::ROOT, target.collection)
        })?;
        let named = self.handles.name(kind, &written)?;
        Some(self.looked_up(target, named))
    }

    /// Reads a small fixed shape at a place of the resource.
    pub(crate) fn written<T>(
        &mut self,
        here: Here<'_>,
        at: At<'_>,
        read: impl FnOnce(&mut WrittenReader<'_, '_>) -> T,
    ) -> T {
        let above = at.pointer();
        let place =
            |inner: At<'_>, part: Part| here.part(&format!("{above}{}", inner.pointer()), part);
        let variables = &self.variables;
        let expand =
            |text: &str, place: Place| super::tombstones::shown_text(variables, &place, text);
        let mut walker = Walker {
            place: &place,
            problems: Vec::new(),
        };
        let read = read(&mut WrittenReader {
            walker: &mut walker,
            expand: &expand,
        });
        self.problems.append(&mut walker.problems);
        read
    }

    /// Says of lookups in a body what their names count below, where that is what the body lies below
    /// itself, and which of them are declared.
    pub(crate) fn settle(&mut self, here: Here<'_>, body: &mut Body) {
        for field in here.kind.fields {
            for (leaf, scope) in field.shape.within_same() {
                let own = body.get(scope).and_then(below);
                let own = (scope, own.as_ref());
                let at = At::ROOT.key(field.name);
                match (leaf, body.get_mut(field.name)) {
                    (None, Some(value)) => self.settle_one(here, own, value, (field.name, at)),
                    (Some(leaf), Some(Value::Map(map))) => {
                        if let Some(value) = map.get_mut(leaf) {
                            self.settle_one(here, own, value, (leaf, at.key(leaf)));
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Says of references to what has a word in a scope as something else in the body what that word is: in
    /// the module of its layout, such as. Refuses what is declared with another word, or has another one than
    /// it must have.
    pub(crate) fn settle_as(&mut self, here: Here<'_>, body: &mut Body) {
        for (field, target) in settled_targets(here.kind) {
            let handles = self.handles;
            self.has_a_word(here, field, target, body);
            let (scope, word, parent) = match target.within {
                Within::As(through, scope) => {
                    let Some(Value::Reference(parent)) = body.get(through) else {
                        continue;
                    };
                    let word = word_of(parent, scope, |address| {
                        handles.below(address.collection, &address.handle, scope, MAX_DEPTH)
                    });
                    let Some(word) = word else { continue };
                    (scope, word, Some(shown(parent)))
                }
                Within::Fixed(scope, word) => (scope, Below::Word(word.into()), None),
                Within::Anywhere | Within::Same(_) => continue,
            };
            let Some(value) = body.get_mut(field.name) else {
                continue;
            };
            let mut wrong = Vec::new();
            value.walk_mut(&mut |value| {
                let Value::Reference(reference) = value else {
                    return;
                };
                if reference.collection() != target.collection {
                    return;
                }
                let mut settled = reference.clone();
                let other = settled_as(handles, &mut settled, (scope, &word));
                // What it must be in any case is not said of it.
                if parent.is_some() {
                    *reference = settled;
                }
                if let Some(other) = other {
                    wrong.push((shown(reference), other));
                }
            });
            for (named, other) in wrong {
                let singular = find(target.collection).map_or("", |kind| kind.singular);
                let instead = match &parent {
                    Some(parent) => format!("and `{parent}` to {word}"),
                    None => format!("not to {word}"),
                };
                let problem = Problem::error(
                    Code::WrongModule,
                    format!("the {singular} `{named}` belongs to {other}, {instead}"),
                )
                .at_part(
                    here.place(At::ROOT.key(field.name), Part::Value),
                    &named,
                    "named here",
                )
                .help(format!("name a {singular} of {word}"));
                self.problems.push(problem);
            }
        }
    }

    /// Refuses a reference to what can have nothing below it, see [`Target::words`].
    fn has_a_word(&mut self, here: Here<'_>, field: &Field, target: Target, body: &Body) {
        let (Some((scope, words)), Some(Value::Reference(reference))) =
            (target.words, body.get(field.name))
        else {
            return;
        };
        let handles = self.handles;
        let word = word_of(reference, scope, |address| {
            handles.below(address.collection, &address.handle, scope, MAX_DEPTH)
        });
        let may_be = |word: &Below| matches!(word, Below::Word(word) if words.contains(&&**word));
        if let Some(word) = word.filter(|word| !may_be(word)) {
            let named = shown(reference);
            let singular = find(target.collection).map_or("", |kind| kind.singular);
            let problem = Problem::error(
                Code::WrongModule,
                format!(
                    "the {singular} `{named}` belongs to {word}, and no {} can lie below it",
                    here.kind.singular
                ),
            )
            .at_part(
                here.place(At::ROOT.key(field.name), Part::Value),
                &named,
                "named here",
            )
            .help(format!("name a {singular} of {}", ticked(words, "or")));
            self.problems.push(problem);
        }
    }

    /// Says of the lookups in one value what their names count below.
    fn settle_one(
        &mut self,
        here: Here<'_>,
        (scope, own): (&'static str, Option<&Below>),
        value: &mut Value,
        (name, at): (&str, At<'_>),
    ) {
        let items = match &mut *value {
            Value::List(items) => items.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for item in &mut *items {
            let Value::Reference(reference @ Reference::Lookup { .. }) = item else {
                continue;
            };
            let Reference::Lookup { collection, name } = &*reference else {
                continue;
            };
            let collection = *collection;
            let mut named = (**name).clone();
            if let Some(own) = own {
                named.fill(scope, own.clone());
            }
            *reference = self.handles.settled(collection, named, MAX_DEPTH);
        }
        if let Value::List(items) = value {
            self.again_in_order(here, (name, at), items);
        }
    }

    /// Sorts references whose meaning has become clear, and refuses one that comes twice.
    fn again_in_order(&mut self, here: Here<'_>, (name, at): (&str, At<'_>), items: &mut [Value]) {
        items.sort_by(|a, b| match (a, b) {
            (Value::Reference(a), Value::Reference(b)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        });
        let twice = items.windows(2).find_map(|pair| match pair {
            [Value::Reference(first), again] if pair.first() == Some(again) => Some(first),
            _ => None,
        });
        if let Some(twice) = twice.map(shown) {
            self.error(
                here,
                (at, Part::Value),
                Code::DuplicateItem,
                format!("`{name}` names `{twice}` twice"),
                "two ways to say it",
                Some("keep one of them".to_owned()),
            );
        }
    }

    /// Refuses a list or a map that is longer than it may be; 0 means that no limit is known.
    pub(super) fn check_number(
        &mut self,
        here: Here<'_>,
        name: &str,
        most: u32,
        raw: &Raw,
        at: At<'_>,
    ) {
        let length = match raw {
            Raw::List(items) => items.len(),
            Raw::Map(items) => items.len(),
            _ => return,
        };
        if most > 0 && length > most as usize {
            let number = counted(length, "item");
            self.error(
                here,
                (at, Part::Value),
                Code::TooMany,
                format!("`{name}` has {number}; {most} is the most"),
                "too many",
                None,
            );
        }
    }

    /// Refuses a handle that is one in several collections that may be meant.
    fn means_several(&mut self, here: Here<'_>, target: Target, text: &str, at: At<'_>) {
        let declared: Vec<String> = target
            .collections()
            .filter(|collection| self.handles.handle(collection, text).is_some())
            .map(|collection| format!("{collection}/{text}"))
            .collect();
        self.error(
            here,
            (at, Part::Value),
            Code::BadReference,
            format!("`{text}` may be {}", ticked(&declared, "or")),
            "a handle of several",
            Some("give one of them another handle, and its name as a field".to_owned()),
        );
    }

    fn bad_reference(&mut self, here: Here<'_>, at: At<'_>, name: &str, raw: &Raw) {
        let (message, help) = match raw {
            Raw::Map(_) => (
                format!("`{name}` must have the one key `lookup` or `id`"),
                None,
            ),
            other => wrong_type(name, "a handle", other),
        };
        let help = help
            .or_else(|| Some("write a handle, `{lookup: \"Name\"}` or `{id: \"…\"}`".to_owned()));
        self.error(
            here,
            (at, Part::Value),
            Code::BadReference,
            message,
            "not a reference",
            help,
        );
    }

    fn handle(
        &mut self,
        here: Here<'_>,
        target: Target,
        text: &str,
        at: At<'_>,
        name: &str,
    ) -> Option<Reference> {
        let Some(target) = self.handles.meant(target, text) else {
            self.means_several(here, target, text, at);
            return None;
        };
        let collection = target.collection;
        if let Some(handle) = self.handles.handle(collection, text) {
            return Some(Reference::To(Address { collection, handle }));
        }
        let kind = find(collection)?;
        if kind.bare {
            let reference = self.lookup(target, text);
            let is_open = matches!(reference, Reference::Lookup { .. });
            if is_open && kind.managed && !self.handles.may_declare(collection, text) {
                self.bare.push((
                    Slip {
                        problem: 0,
                        collection,
                        handle: text.to_owned(),
                    },
                    here.place(at, Part::Value),
                ));
            }
            return Some(reference);
        }
        if self.handles.may_declare(collection, text) {
            // What is named may stand where nothing could be understood.
            return None;
        }
        let place = here.place(at, Part::Value);
        let problem = if let [handle, ..] = self.handles.all_named(collection, text) {
            Problem::error(
                Code::UnresolvedReference,
                format!("no {} has the handle `{text}`", kind.singular),
            )
            .at(place, "referenced here")
            .help(format!(
                "`{text}` is the name of `{collection}/{handle}`; refer to it by its handle `{handle}`"
            ))
        } else if let Some((address, declared)) = self.handles.elsewhere(collection, text) {
            let other = declared.kind;
            Problem::error(
                Code::WrongKind,
                format!(
                    "`{name}` refers to {collection}, but `{text}` is {}",
                    article(other.singular)
                ),
            )
            .at(place, format!("must be {}", article(kind.singular)))
            .at(
                declared.origin.key(address, ""),
                format!("declared here as {}", article(other.singular)),
            )
            .help(format!(
                "name one of `{collection}`, or declare `{text}` there"
            ))
        } else if let Some(dropped) = self.handles.dropped.get(&Address::new(collection, text)) {
            Problem::error(
                Code::UnresolvedReference,
                format!("the {} `{text}` is taken out by an overlay", kind.singular),
            )
            .at(place, "referenced here")
            .at(dropped.clone(), "taken out here")
            .help("take the reference out in the same overlay")
        } else {
            self.slips.push(Slip {
                problem: self.problems.len(),
                collection,
                handle: text.to_owned(),
            });
            let unmanaged = format!("{} that no manifest manages", article(kind.singular));
            // The cell of a table holds a handle and nothing else.
            let otherwise = match here.origin.table(&at.pointer()) {
                Some(_) => {
                    let is_list = here.kind.field(name).is_some_and(|field| {
                        matches!(field.shape, Shape::References(_) | Shape::Ranked(_))
                    });
                    let (open, close) = if is_list { ("[", "]") } else { ("", "") };
                    format!(
                        "a cell names no other one: for {unmanaged} leave the cell empty, and write `{name}: {open}{{lookup: \"{text}\"}}{close}` in an overlay of the row"
                    )
                }
                None => format!("`{{lookup: \"{text}\"}}` is for {unmanaged}"),
            };
            Problem::error(
                Code::UnresolvedReference,
                format!("no {} is named `{text}`", kind.singular),
            )
            .at(place, "referenced here")
            .help(format!(
                "declare it under `{collection}`; if its lines were deleted on purpose, take the reference out too; {otherwise}"
            ))
        };
        self.problems.push(problem);
        None
    }

    /// A set of references in sorted order.
    pub(crate) fn references(
        &mut self,
        here: Here<'_>,
        target: impl Into<Target>,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Value> {
        let found = self.each_once(here, target.into(), raw, at, name)?;
        let values = found
            .into_iter()
            .map(|(reference, _)| Value::Reference(reference));
        Some(Value::List(values.collect()))
    }

    /// References in their order, which there have to be two of.
    pub(crate) fn ranked(
        &mut self,
        here: Here<'_>,
        target: Target,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Value> {
        let mut found = self.each_once(here, target, raw, at, name)?;
        if found.len() < 2 {
            self.error(
                here,
                (at, Part::Value),
                Code::Empty,
                format!("an order of {} names at least two", target.collection),
                "nothing to put in order",
                Some("name another one, or take the order away".to_owned()),
            );
            return None;
        }
        found.sort_by_key(|(_, index)| *index);
        let values = found
            .into_iter()
            .map(|(reference, _)| Value::Reference(reference));
        Some(Value::List(values.collect()))
    }

    /// References with their places, sorted by what they refer to; one that comes twice is refused.
    fn each_once(
        &mut self,
        here: Here<'_>,
        target: Target,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Vec<(Reference, usize)>> {
        let Raw::List(items) = raw else {
            self.wrong(here, at, raw, name, "a list of handles");
            return None;
        };
        let mut found: Vec<(Reference, usize)> = Vec::with_capacity(items.len());
        let mut whole = true;
        for (index, item) in items.iter().enumerate() {
            match self.reference(here, target, item, at.index(index), name) {
                Some(reference) => found.push((reference, index)),
                None => whole = false,
            }
        }
        found.sort();
        for pair in found.windows(2) {
            if let [(first, before), (again, after)] = pair
                && first == again
            {
                let what = shown(first);
                self.duplicate_item(here, name, &what, (at.index(*after), at.index(*before)));
                whole = false;
            }
        }
        whole.then_some(found)
    }
}

/// Says of a reference which word what it names has in a scope; gives the other word that what is declared
/// has there.
fn settled_as(
    handles: &Handles<'_>,
    reference: &mut Reference,
    (scope, word): (&'static str, &Below),
) -> Option<Below> {
    let field = find(reference.collection()).and_then(|kind| kind.field(scope));
    let is_it = |own: &Below| field.is_some_and(|field| may_be_one(field, own, word));
    match &*reference {
        Reference::Id { .. } => None,
        Reference::To(address) => handles
            .below(address.collection, &address.handle, scope, MAX_DEPTH)
            .filter(|own| !is_it(own)),
        Reference::Lookup { collection, name } => {
            let collection = *collection;
            let mut named = (**name).clone();
            named.fill(scope, word.clone());
            let other = named.below(scope).filter(|own| !is_it(own)).cloned();
            *reference = handles.settled(collection, named, MAX_DEPTH);
            other
        }
    }
}

/// A reference as a person writes it.
pub(super) fn shown(reference: &Reference) -> String {
    match reference {
        Reference::To(address) => address.handle.to_string(),
        Reference::Lookup { name, .. } => name.to_string(),
        Reference::Id { id, .. } => id.to_string(),
    }
}
