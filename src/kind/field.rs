//! A field of a kind: what manifests write, how it travels, and what holds for it.

use std::borrow::Cow;
use std::fmt;

use crate::dialect::Dialect;

use super::{Alike, Clash, Membership, Pattern, Risk, Shape, Target, sent};

/// The value of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// A boolean.
    Flag(bool),
    /// One word of an enumeration.
    Word(&'static str),
    /// A list without items, for what a creation has to carry although it says nothing.
    Empty,
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Word(word) => f.write_str(word),
            Self::Empty => f.write_str("[]"),
        }
    }
}

/// A value that a server takes, where the shape alone does not tell one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// This text means something in every organization.
    Text(&'static str),
    /// What a live object of this collection has in this field.
    Of(&'static str, &'static str),
    /// Only who knows the organization can name one.
    Untold,
}

/// One field of a kind.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the roles of a field are independent of each other"
)]
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in manifests.
    pub name: &'static str,
    /// What it means, for `explain` and the schema.
    pub doc: &'static str,
    /// What its values look like.
    pub shape: Shape,
    /// Whether it names the resource (the handle stands in when it is left out).
    pub naming: bool,
    /// Whether it belongs to the identity.
    pub identity: bool,
    /// Whether it belongs to the identity only where an answer shows it: some objects have none.
    pub where_shown: bool,
    /// Whether a declaration must have it.
    pub required: bool,
    /// Whether it can be given on creation only.
    pub create_only: bool,
    /// Whether the server takes it but never shows it, so that it cannot be compared.
    pub write_only: bool,
    /// Whether its value is a secret, which manifests name and never hold; for leaves of maps. It is sent
    /// whenever its map is, and neither compared nor shown by any answer.
    pub secret: bool,
    /// Whether the ledger alone remembers it: it is never sent, and another value than the last one that
    /// was applied sends its map again; for leaves of maps.
    pub remembered: bool,
    /// What a declaration means where it says nothing.
    pub implied: Option<Switch>,
    /// Where the object's own person changes it, where nobody else can: what others send is ignored. Of
    /// whoever is not acting it is a step done by hand.
    pub by_oneself: Option<&'static str>,
    /// The longest text that an update may send, where it is shorter than on creation.
    pub update_max: Option<u32>,
    /// Whether the server accepts null to clear it; otherwise the empty value is sent.
    pub nullable: bool,
    /// Whether the server of `openapi` gives it a value on creation when none is sent, so that a
    /// null that is wanted takes an update of its own.
    pub server_default: bool,
    /// The value that a creation gives it where manifests say nothing, since the API demands one.
    pub default_on_create: Option<Switch>,
    /// The field whose value a creation gives it where manifests say nothing.
    pub default_as: Option<&'static str>,
    /// Whether it has a value for as long as its object is there: the API knows no absence, so that
    /// null is refused where it is written.
    pub never_null: bool,
    /// Whether an empty list of it means nothing to the API, so that it is refused where it is written.
    pub never_empty: bool,
    /// Words that are known for it, with what they are, for `explain`.
    pub known: Option<(&'static str, &'static [&'static str])>,
    /// What is wrong with two resources that have one value in it, where that is wrong.
    pub unique: Option<&'static Clash>,
    /// What is wrong with two resources of which it is true, where that is wrong.
    pub exclusive: Option<&'static Clash>,
    /// Whether a new value has the effect that a creation has.
    pub renews: bool,
    /// Whether a person is told of a new value, so that it never gets one for a moment.
    pub told_to_people: bool,
    /// Whether a live value may hold a key, so that it is never shown whole.
    pub may_hold_key: bool,
    /// When two values of it are one, besides being equal.
    pub alike: Alike,
    /// The value that it has where nobody says anything: absent and this are one.
    pub unsaid: Option<Switch>,
    /// The value of what nobody has given another one, which an export leaves out.
    pub usual: Option<Switch>,
    /// Whether Zoho's own examples have values that its published pattern leaves out, so that such a
    /// value is warned about and sent.
    pub contradicted: bool,
    /// What its texts must match in the `openapi` dialect besides.
    pub openapi_only: Option<Pattern>,
    /// How keys begin that an answer may carry beside this map, each with a value of the map.
    pub beside: Option<&'static str>,
    /// Whether it makes a hierarchy of the objects of its own kind, in which no circle may come about.
    pub hierarchy: bool,
    /// What the resources that it names have to be members of.
    pub membership: Option<Membership>,
    /// How many resources it may name, or items a list by places may have; 0 means no limit is known.
    pub most: u32,
    /// The field of the resource that the key of its item names, whose value it has where nobody says it.
    pub as_of_key: Option<&'static str>,
    /// Whether it says which name an item of a list had before; manifests alone have it.
    pub former_name: bool,
    /// Of which choices its texts are, or the keys of its map, where manifests may say them.
    pub among: Option<&'static Among>,
    /// Whether an item of its list may say which values it replaces on the records that have them.
    pub replaces_values: bool,
    /// What stands for anything where nothing is named: the word in manifests, and what is sent.
    pub any: Option<(&'static str, &'static str)>,
    /// What its text, or each of its texts, may name in place of what it says: a resource, which manifests write
    /// as a map with one key, the [`word`](super::Kind::word) of its kind, such as `{department: Billing}`.
    ///
    /// It travels as the id of the resource, or as its name where the target says so. A live text that is the
    /// id, or the name, of an object of one of these kinds that was read is a reference to it, and every other
    /// one is a text. A text of somebody's own that happens to be the id of an object of the same organization
    /// would be taken for it; ids have 18 digits and are drawn by the server.
    ///
    /// A field below which names count is named by a handle alone: the text is one of its own words, else a handle
    /// that is declared, else a word that the server made.
    pub refers: &'static [Target],
    /// Which of them its texts may name, told by what stands beside it in its map; for leaves of maps.
    pub told_beside: Option<&'static ToldBeside>,
    /// Whether the server may store something else than what was sent, so that what comes back is
    /// compared with what the last apply saw stored.
    pub rewritten: bool,
    /// The field and its word by which its text is plain: compared as a text, and stored as it is sent.
    pub plain_with: Option<(&'static str, &'static str)>,
    /// The words that requests take and no answer shows, so that what an answer has in their place is compared
    /// with what the last apply saw stored.
    pub unshown: &'static [&'static str],
    /// Whether its texts may hold placeholders of Zoho Desk, such as `${Tickets.Subject}`, which are no
    /// expressions.
    pub placeholders: bool,
    /// Whether a map that is sent whole sends its empty value where it says nothing of it, since the API
    /// demands the key.
    pub sent_empty: bool,
    /// The key under which a map sends beside it what people read: of a reference the label, of everything
    /// else the same again. It is never compared.
    pub shown_as: Option<&'static str>,
    /// A value that a server takes, where the shape alone does not tell one.
    pub sample: Option<Sample>,
    /// What is at stake when its value changes. [`Risk::TakesAway`] counts where something goes from
    /// the value: a choice of a list, an entry of a map.
    pub risk: Option<Risk>,
    /// How it travels in `openapi`.
    pub openapi: Wire,
    /// How it travels in `guide`.
    pub guide: Wire,
}

/// Of which choices texts are. Choices stand in a leaf that [`replaces_values`](Field::replaces_values).
#[derive(Debug, PartialEq, Eq)]
pub enum Among {
    /// Of those in the leaf beside it.
    Beside,
    /// Of those of what another field names, in the list where it stands.
    Of {
        /// The leaf beside it, or the field of the resource, that names it.
        by: &'static str,
        /// The field of the resource that names the one with the list.
        within: &'static str,
        /// The leaf beside it, and the words of it beside which a text is a whole choice; where there is none it
        /// always is.
        only: Option<(&'static str, &'static [&'static str])>,
    },
}

/// Which resources the texts of a field may name, where another leaf of its map tells.
#[derive(Debug, PartialEq, Eq)]
pub struct ToldBeside {
    /// The leaf that tells.
    pub leaf: &'static str,
    /// Words of that leaf, however they are capitalised, and what alone is named beside them. Of a word that is
    /// not among them nothing is known, so that all may be named.
    pub words: &'static [(&'static [&'static str], &'static [Target])],
}

impl ToldBeside {
    /// What alone is named beside a word; none where the word tells nothing.
    #[must_use]
    pub fn by(&self, word: &str) -> Option<&'static [Target]> {
        let is_it = |known: &str| known.eq_ignore_ascii_case(word.trim());
        let mut words = self.words.iter();
        let (_, targets) = words.find(|(words, _)| words.iter().any(|known| is_it(known)))?;
        Some(targets)
    }
}

/// Where an answer carries a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In every list item.
    InList,
    /// In list items that were asked for with `fields=`.
    ByFields,
    /// In the single object only.
    InObject,
    /// In an answer of its own, see [`Apart`](super::Apart).
    Apart,
}

/// How a value is written on the wire where that differs from the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// A text that the wire wants as a JSON number.
    TextAsNumber,
    /// A list of texts as `[{"value": …}]`.
    ValueObjects,
    /// Words that the dialect spells otherwise: (manifest, wire).
    Words(&'static [(&'static str, &'static str)]),
    /// A map with one leaf, in whose place the value of that leaf is sent. No answer shows it.
    Leaf,
    /// A flag as the text `true` or `false`; answers have it either way.
    FlagAsText,
    /// References as objects with the name in maps under the first key and the label for people under the
    /// second; answers may have the names alone.
    Labelled(&'static str, &'static str),
    /// A map from resources to words as a list of objects, one for each resource.
    Rows(&'static Rows),
    /// A tree that no request takes, as a text of JSON with its keys in order, without what differs between
    /// organizations: ids, and what stands under these keys.
    AsShown(&'static [&'static str]),
}

/// How a map from resources to words is a list of objects, in which flags or other words stand for a word.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows {
    /// The key under which an object has the id of the resource.
    pub id: &'static str,
    /// The key under which answers have its name, for what was not read; empty where they have none.
    pub name: &'static str,
    /// The words.
    pub words: &'static [Row],
}

/// A word and what stands for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The word in manifests.
    pub word: &'static str,
    /// What an answer that means it has under some keys; of several such words the first counts.
    pub means: &'static [(&'static str, Switch)],
    /// What requests have besides.
    pub besides: &'static [(&'static str, Switch)],
}

/// Which writes carry a field; for the fields of a kind, not for leaves of their maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Creations and updates.
    Always,
    /// Creations alone: once the object exists, the value cannot be changed.
    Create,
    /// Updates alone: a new object gets the value by an update that follows its creation.
    Update,
}

/// How a field travels in one dialect.
#[derive(Debug, Clone, Copy)]
pub enum Wire {
    /// It is sent and read.
    Sent {
        /// Its name on the wire.
        name: &'static str,
        /// The path at which answers carry it: a slash stands before what lies below, `*` for every
        /// item of a list, and `|` between places of which the first that is there counts.
        read: &'static str,
        /// Which answers carry it.
        shown: Shown,
        /// How its value is written.
        encoding: Encoding,
        /// Which writes carry it.
        stage: Stage,
    },
    /// It stands in the path of a creation and nowhere else: it can be given on creation only, and no
    /// answer shows it.
    InPath,
    /// It is changed by the kind's switch endpoints, and read under this name in every list item.
    Switched(&'static str),
    /// It is a query parameter of the collection (`module`), not part of the body.
    Query(&'static str),
    /// It has one value for ever, which neither requests nor answers carry: the name of what there is
    /// one of.
    Fixed(
        /// The key under which reading writes it into an object.
        &'static str,
    ),
    /// The API shows it (or not) but cannot set it: a person has to, at the place that the text names.
    Manual {
        /// Its name in list items, if answers show it.
        read: Option<&'static str>,
        /// Whether the answer is a list of `{"value": …}`.
        encoding: Encoding,
        /// What a person has to do, completing "by hand: …".
        instruction: &'static str,
    },
    /// The dialect lacks it; it is left out with one warning and not compared.
    Harmless,
    /// The dialect lacks it and leaving it out would change what people get: an error with this reason.
    Refused(&'static str),
}

impl Wire {
    /// The path at which answers carry it, if they do.
    #[must_use]
    pub const fn read_name(&self) -> Option<&'static str> {
        match self {
            Self::Sent { read: name, .. } | Self::Switched(name) | Self::Fixed(name) => Some(name),
            Self::Manual { read, .. } => *read,
            Self::Query(_) | Self::InPath | Self::Harmless | Self::Refused(_) => None,
        }
    }

    /// Says whether a creation carries the field in its body or its query.
    #[must_use]
    pub const fn goes_with_creation(&self) -> bool {
        match self {
            Self::Sent { stage, .. } => !matches!(stage, Stage::Update),
            Self::Query(_) => true,
            _ => false,
        }
    }

    /// Says whether an update can carry the field.
    #[must_use]
    pub const fn goes_with_update(&self) -> bool {
        matches!(
            self,
            Self::Sent {
                stage: Stage::Always | Stage::Update,
                ..
            }
        )
    }
}

impl Field {
    pub(crate) const fn new(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            doc: "",
            shape,
            naming: false,
            identity: false,
            where_shown: false,
            required: false,
            create_only: false,
            write_only: false,
            secret: false,
            remembered: false,
            implied: None,
            by_oneself: None,
            update_max: None,
            nullable: false,
            server_default: false,
            default_on_create: None,
            default_as: None,
            never_null: false,
            never_empty: false,
            known: None,
            unique: None,
            exclusive: None,
            renews: false,
            told_to_people: false,
            may_hold_key: false,
            alike: Alike::Text,
            unsaid: None,
            usual: None,
            contradicted: false,
            openapi_only: None,
            beside: None,
            hierarchy: false,
            membership: None,
            most: 0,
            as_of_key: None,
            former_name: false,
            among: None,
            replaces_values: false,
            any: None,
            refers: &[],
            told_beside: None,
            rewritten: false,
            plain_with: None,
            unshown: &[],
            placeholders: false,
            sent_empty: false,
            shown_as: None,
            sample: None,
            risk: None,
            openapi: sent(name),
            guide: sent(name),
        }
    }

    /// Whether no answer shows it, so that the live value is taken to be the declared one.
    #[must_use]
    pub const fn is_unseen(&self) -> bool {
        self.write_only || self.remembered
    }

    /// The field as it is compared, where another one may say that its text is plain; `says` tells whether a
    /// field holds a word.
    #[must_use]
    pub fn as_told(&self, says: impl FnOnce(&str, &str) -> bool) -> Cow<'_, Self> {
        let Some((field, word)) = self.plain_with else {
            return Cow::Borrowed(self);
        };
        if !says(field, word) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            alike: Alike::Text,
            rewritten: false,
            ..*self
        })
    }

    /// What its values name, where names count below it: resources, or some beside words.
    #[must_use]
    pub const fn above(&self) -> Option<Target> {
        match (self.shape.target(), self.refers) {
            (None, [target, ..]) if self.identity => Some(*target),
            (target, _) => target,
        }
    }

    /// The words that a text of it is in any case, whatever has that handle.
    #[must_use]
    pub const fn words(&self) -> &'static [&'static str] {
        match (self.shape, self.known) {
            (Shape::Choice(words), _) | (_, Some((_, words))) => words,
            (_, None) => &[],
        }
    }

    /// The same where the leaf that tells what its texts name has a word.
    #[must_use]
    pub fn as_told_beside(&self, word: Option<&str>) -> Cow<'_, Self> {
        match self
            .told_beside
            .zip(word)
            .and_then(|(told, word)| told.by(word))
        {
            Some(refers) => Cow::Owned(Self { refers, ..*self }),
            None => Cow::Borrowed(self),
        }
    }

    /// What a value refers to, at any depth.
    pub fn targets(&self, found: &mut Vec<Target>) {
        for target in self.refers {
            found.extend(
                target
                    .collections()
                    .map(|collection| target.only(collection)),
            );
        }
        self.shape.targets(found);
    }

    /// What is left out of a tree that its text is, see [`Encoding::AsShown`]; none where it is no tree.
    #[must_use]
    pub fn shown_without(&self) -> Option<&'static [&'static str]> {
        [&self.openapi, &self.guide]
            .into_iter()
            .find_map(|wire| match wire {
                Wire::Sent {
                    encoding: Encoding::AsShown(without),
                    ..
                }
                | Wire::Manual {
                    encoding: Encoding::AsShown(without),
                    ..
                } => Some(*without),
                _ => None,
            })
    }

    /// Whether a file may hold its text, which `{file: path}` names. What names a resource stands in
    /// the manifest, and a secret in no file.
    #[must_use]
    pub const fn takes_file(&self) -> bool {
        matches!(self.shape, Shape::Text { .. }) && !self.identity && !self.secret
    }

    /// Its way on the wire in a dialect.
    #[must_use]
    pub const fn wire(&self, dialect: Dialect) -> &Wire {
        match dialect {
            Dialect::Openapi => &self.openapi,
            Dialect::Guide => &self.guide,
        }
    }

    pub(super) const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }
    pub(super) const fn naming(mut self) -> Self {
        self.naming = true;
        self.identity = true;
        self
    }
    pub(super) const fn identity(mut self) -> Self {
        self.identity = true;
        self
    }
    pub(super) const fn identity_where_shown(mut self) -> Self {
        self.identity = true;
        self.where_shown = true;
        self
    }
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    pub(super) const fn create_only(mut self) -> Self {
        self.create_only = true;
        self
    }
    pub(super) const fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self.write_only = true;
        self
    }
    pub(super) const fn remembered(mut self) -> Self {
        self.remembered = true;
        self
    }
    pub(super) const fn implied(mut self, value: Switch) -> Self {
        self.implied = Some(value);
        self
    }
    pub(super) const fn by_oneself(mut self, place: &'static str) -> Self {
        self.by_oneself = Some(place);
        self
    }
    pub(super) const fn update_max(mut self, max: u32) -> Self {
        self.update_max = Some(max);
        self
    }
    pub(super) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
    pub(super) const fn server_default(mut self) -> Self {
        self.server_default = true;
        self
    }
    pub(super) const fn default_on_create(mut self, value: Switch) -> Self {
        self.default_on_create = Some(value);
        self
    }
    pub(super) const fn default_as(mut self, other: &'static str) -> Self {
        self.default_as = Some(other);
        self
    }
    pub(super) const fn never_null(mut self) -> Self {
        self.never_null = true;
        self
    }
    pub(super) const fn never_empty(mut self) -> Self {
        self.never_empty = true;
        self
    }
    pub(super) const fn known(
        mut self,
        what: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        self.known = Some((what, words));
        self
    }
    pub(super) const fn unique(mut self, clash: &'static Clash) -> Self {
        self.unique = Some(clash);
        self
    }
    pub(super) const fn exclusive(mut self, clash: &'static Clash) -> Self {
        self.exclusive = Some(clash);
        self
    }
    pub(super) const fn renews(mut self) -> Self {
        self.renews = true;
        self
    }
    pub(super) const fn told_to_people(mut self) -> Self {
        self.told_to_people = true;
        self
    }
    pub(super) const fn may_hold_key(mut self) -> Self {
        self.may_hold_key = true;
        self
    }
    pub(crate) const fn alike(mut self, alike: Alike) -> Self {
        self.alike = alike;
        self
    }
    pub(super) const fn unsaid(mut self, value: Switch) -> Self {
        self.unsaid = Some(value);
        self
    }
    pub(super) const fn usual(mut self, value: Switch) -> Self {
        self.usual = Some(value);
        self
    }
    pub(super) const fn contradicted(mut self) -> Self {
        self.contradicted = true;
        self
    }
    pub(super) const fn openapi_only(mut self, pattern: Pattern) -> Self {
        self.openapi_only = Some(pattern);
        self
    }
    pub(super) const fn beside(mut self, prefix: &'static str) -> Self {
        self.beside = Some(prefix);
        self
    }
    pub(super) const fn hierarchy(mut self) -> Self {
        self.hierarchy = true;
        self
    }
    pub(super) const fn needs_membership(mut self, list: &'static str, of: &'static str) -> Self {
        self.membership = Some(Membership { list, of });
        self
    }
    pub(super) const fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }
    pub(super) const fn as_of_key(mut self, field: &'static str) -> Self {
        self.as_of_key = Some(field);
        self
    }
    pub(super) const fn former_name(mut self) -> Self {
        self.former_name = true;
        self
    }
    pub(super) const fn replaces_values(mut self) -> Self {
        self.replaces_values = true;
        self
    }
    pub(super) const fn or_any(mut self, word: &'static str, sent: &'static str) -> Self {
        self.any = Some((word, sent));
        self
    }
    pub(crate) const fn or_one_of(mut self, targets: &'static [Target]) -> Self {
        self.refers = targets;
        self
    }
    pub(super) const fn among(mut self, among: &'static Among) -> Self {
        self.among = Some(among);
        self
    }
    pub(super) const fn told_beside(mut self, told: &'static ToldBeside) -> Self {
        self.told_beside = Some(told);
        self
    }
    pub(super) const fn at_most(mut self, resources: u32) -> Self {
        self.most = resources;
        self
    }
    pub(crate) const fn rewritten(mut self) -> Self {
        self.rewritten = true;
        self
    }
    pub(super) const fn plain_with(mut self, field: &'static str, word: &'static str) -> Self {
        self.plain_with = Some((field, word));
        self
    }
    pub(super) const fn unshown(mut self, words: &'static [&'static str]) -> Self {
        self.unshown = words;
        self
    }
    pub(crate) const fn placeholders(mut self) -> Self {
        self.placeholders = true;
        self
    }
    pub(crate) const fn sent_empty(mut self) -> Self {
        self.sent_empty = true;
        self
    }
    pub(crate) const fn shown_as(mut self, key: &'static str) -> Self {
        self.shown_as = Some(key);
        self
    }
    pub(super) const fn sample(mut self, sample: Sample) -> Self {
        self.sample = Some(sample);
        self
    }
    pub(super) const fn max(mut self, length: u32) -> Self {
        match self.shape {
            Shape::Text { min, pattern, .. } => {
                self.shape = Shape::Text {
                    min,
                    max: length,
                    pattern,
                };
            }
            Shape::Texts {
                max_items,
                set,
                pattern,
                choices,
                ..
            } => {
                self.shape = Shape::Texts {
                    max_items,
                    max: length,
                    set,
                    pattern,
                    choices,
                };
            }
            _ => {}
        }
        self
    }
    pub(super) const fn pattern(mut self, wanted: Pattern) -> Self {
        if let Shape::Text { min, max, .. } = self.shape {
            self.shape = Shape::Text {
                min,
                max,
                pattern: Some(wanted),
            };
        }
        self
    }
    pub(super) const fn openapi(mut self, wire: Wire) -> Self {
        self.openapi = wire;
        self
    }
    pub(super) const fn guide(mut self, wire: Wire) -> Self {
        self.guide = wire;
        self
    }
    /// Says which writes of `openapi` carry it.
    #[must_use]
    pub const fn stage(mut self, wanted: Stage) -> Self {
        if let Wire::Sent {
            name,
            read,
            shown,
            encoding,
            ..
        } = self.openapi
        {
            self.openapi = Wire::Sent {
                name,
                read,
                shown,
                encoding,
                stage: wanted,
            };
        }
        self
    }
    /// Says that in `openapi` it stands in the path of the creation alone.
    #[must_use]
    pub const fn in_path(mut self) -> Self {
        self.openapi = Wire::InPath;
        self.create_only = true;
        self.write_only = true;
        self
    }
}
