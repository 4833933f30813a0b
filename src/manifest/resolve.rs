//! From handles, `{lookup: …}` and `{id: …}` to references.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::convert::{Converter, Here};
use super::origin::Origin;
use crate::kind::{KINDS, Kind, find};
use crate::problem::{Code, Part, Place, Problem, nearest};
use crate::state::identity::canonical_name;
use crate::state::{Address, ByAddress, Reference, Value};
use crate::yaml::raw::{AsText, At, Raw};
use crate::yaml::variables::{Expanded, Variables};
use crate::yaml::walk::wrong_type;
use foldhash::fast::RandomState;
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
pub(crate) struct Handles<'a> {
    collections: HashMap<&'static str, Collection<'a>>,
    /// Resources that an overlay takes out, and where it says so.
    dropped: HashMap<Address, Place>,
    /// Whether a file could not be read, so that what is missing may stand there.
    pub(crate) incomplete: bool,
}

struct Collection<'a> {
    kind: &'static Kind,
    handles: IndexMap<Arc<str>, &'a Declared, RandomState>,
    /// Names that bodies give; where a body gives none, the handle is the name.
    explicit: HashMap<Arc<str>, String>,
    /// Handles by canonical name; made when somebody looks a name up.
    names: OnceLock<HashMap<String, Arc<str>>>,
}

/// A handle that is not declared.
pub(crate) struct Slip {
    /// The index of the problem that reports it.
    pub(crate) problem: usize,
    pub(crate) collection: &'static str,
    pub(crate) handle: String,
}

/// Enough for hundreds of slips among tens of thousands of handles, and never slow.
const COMPARISONS: usize = 5_000_000;

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
        incomplete: bool,
    ) -> Self {
        let mut collections: HashMap<&'static str, Collection<'a>> = KINDS
            .iter()
            .map(|kind| {
                let empty = Collection {
                    kind,
                    handles: IndexMap::default(),
                    explicit: HashMap::new(),
                    names: OnceLock::new(),
                };
                (kind.collection, empty)
            })
            .collect();
        for ((address, one), body) in declared.iter().zip(bodies) {
            if let Some(collection) = collections.get_mut(address.collection) {
                collection.handles.insert(Arc::clone(&address.handle), one);
                let Some(name) = body.get(collection.kind.naming_field().name) else {
                    continue;
                };
                let name = match name.as_text() {
                    AsText::Text(text) => match variables.expand(text) {
                        Ok(Expanded::Literal(text)) => text.into_owned(),
                        Ok(Expanded::Text(text)) => text,
                        // Reported where the field itself is converted.
                        _ => String::new(),
                    },
                    AsText::Number(number) => number.to_string(),
                    AsText::Unquoted(_) => String::new(),
                    AsText::Other => continue,
                };
                collection
                    .explicit
                    .insert(Arc::clone(&address.handle), name);
            }
        }
        Self {
            collections,
            dropped,
            incomplete,
        }
    }

    /// The handle as it is declared.
    fn handle(&self, collection: &str, handle: &str) -> Option<Arc<str>> {
        let (handle, _) = self
            .collections
            .get(collection)?
            .handles
            .get_key_value(handle)?;
        Some(Arc::clone(handle))
    }

    /// The handle of the declared resource with a name.
    fn named(&self, collection: &str, name: &str) -> Option<Arc<str>> {
        let collection = self.collections.get(collection)?;
        let names = collection.names.get_or_init(|| {
            collection
                .handles
                .keys()
                .filter(|handle| !collection.explicit.contains_key(*handle))
                .map(|handle| (canonical_name(collection.kind, handle), Arc::clone(handle)))
                .chain(collection.explicit.iter().map(|(handle, name)| {
                    (canonical_name(collection.kind, name), Arc::clone(handle))
                }))
                .collect()
        });
        names.get(&canonical_name(collection.kind, name)).cloned()
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

    fn near(&self, collection: &str, handle: &str, left: &mut usize) -> Option<String> {
        let collection = self.collections.get(collection)?;
        *left = left.checked_sub(collection.handles.len())?;
        nearest(handle, collection.handles.keys().map(|key| &**key)).map(str::to_owned)
    }

    /// Another collection that declares the handle.
    fn elsewhere(&self, collection: &str, handle: &str) -> Option<(&'static Kind, &'a Declared)> {
        KINDS.iter().find_map(|kind| {
            let other = self.collections.get(kind.collection)?;
            let declared = other.handles.get(handle)?;
            (kind.collection != collection).then_some((*kind, *declared))
        })
    }
}

impl Converter<'_> {
    /// One reference.
    pub(crate) fn reference(
        &mut self,
        here: Here<'_>,
        collection: &'static str,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Reference> {
        match raw {
            Raw::Map(entries) => {
                let [(key, value)] = entries.as_slice() else {
                    self.bad_reference(here, at, name, raw);
                    return None;
                };
                let inside = at.key(key);
                match &**key {
                    "lookup" => {
                        let text = self.reference_text(here, value, inside, "lookup")?;
                        Some(self.lookup(collection, &text))
                    }
                    "id" => {
                        let text = self.reference_text(here, value, inside, "id")?;
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
                            collection,
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
                self.handle(here, collection, &text, at, name)
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

    fn lookup(&self, collection: &'static str, name: &str) -> Reference {
        if let Some(handle) = self.handles.named(collection, name) {
            return Reference::To(Address { collection, handle });
        }
        let name = find(collection)
            .map_or_else(|| name.trim().to_owned(), |kind| canonical_name(kind, name));
        Reference::Lookup {
            collection,
            name: name.into(),
        }
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
        collection: &'static str,
        text: &str,
        at: At<'_>,
        name: &str,
    ) -> Option<Reference> {
        if let Some(handle) = self.handles.handle(collection, text) {
            return Some(Reference::To(Address { collection, handle }));
        }
        let kind = find(collection)?;
        if kind.bare {
            return Some(self.lookup(collection, text));
        }
        if self.handles.incomplete {
            // What is named may stand in the file that could not be read.
            return None;
        }
        let place = here.place(at, Part::Value);
        let problem = if let Some(handle) = self.handles.named(collection, text) {
            Problem::error(
                Code::UnresolvedReference,
                format!("no {} has the handle `{text}`", kind.singular),
            )
            .at(place, "referenced here")
            .help(format!(
                "`{text}` is the name of `{collection}/{handle}`; refer to it by its handle `{handle}`"
            ))
        } else if let Some((other, declared)) = self.handles.elsewhere(collection, text) {
            Problem::error(
                Code::WrongKind,
                format!(
                    "`{name}` refers to {collection}, but `{text}` is {}",
                    article(other.singular)
                ),
            )
            .at(place, format!("must be {}", article(kind.singular)))
            .at(
                declared.origin.key(""),
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
            Problem::error(
                Code::UnresolvedReference,
                format!("no {} is named `{text}`", kind.singular),
            )
            .at(place, "referenced here")
            .help(format!(
                "declare it under `{collection}`, or write `{{lookup: \"{text}\"}}` for {} that no manifest manages",
                article(kind.singular)
            ))
        };
        self.problems.push(problem);
        None
    }

    /// A set of references in sorted order.
    pub(crate) fn references(
        &mut self,
        here: Here<'_>,
        collection: &'static str,
        raw: &Raw,
        at: At<'_>,
        name: &str,
    ) -> Option<Value> {
        let Raw::List(items) = raw else {
            self.wrong(here, at, raw, name, "a list of handles");
            return None;
        };
        let mut found: Vec<(Reference, usize)> = Vec::with_capacity(items.len());
        let mut whole = true;
        for (index, item) in items.iter().enumerate() {
            match self.reference(here, collection, item, at.index(index), name) {
                Some(reference) => found.push((reference, index)),
                None => whole = false,
            }
        }
        found.sort();
        for pair in found.windows(2) {
            if let [(first, before), (again, after)] = pair
                && first == again
            {
                let what = match first {
                    Reference::To(address) => address.handle.to_string(),
                    Reference::Lookup { name, .. } => name.to_string(),
                    Reference::Id { id, .. } => id.to_string(),
                };
                self.duplicate_item(here, name, &what, (at.index(*after), at.index(*before)));
                whole = false;
            }
        }
        let values = found
            .into_iter()
            .map(|(reference, _)| Value::Reference(reference));
        whole.then(|| Value::List(values.collect()))
    }
}
