//! The kinds of resource that deskform manages, each one value in one file.
//!
//! Schema, validation, comparing, reading, export and `explain` all read these tables. Facts come
//! from Zoho's OpenAPI files (dialect `openapi`) and from the API guide (dialect `guide`).

pub mod accounts;
pub mod agent_availability;
pub mod agents;
mod api;
pub mod business_hours;
pub mod community_preferences;
pub mod contacts;
pub mod contracts;
mod criteria;
pub mod custom_fields;
pub mod custom_modules;
pub mod departments;
pub mod dependency_mappings;
pub mod direct_assignment_rules;
pub mod email_templates;
pub mod help_center_groups;
pub mod help_centers;
pub mod holiday_lists;
pub mod kb_root_categories;
pub mod kb_sections;
pub mod labels;
pub mod layout_rules;
pub mod layouts;
pub mod mail_reply_addresses;
pub mod patterns;
mod permissions;
pub mod products;
pub mod profiles;
pub mod removal;
pub mod risk;
pub mod roles;
pub mod routing_preferences;
pub mod rules;
#[cfg(test)]
pub mod sample;
pub mod schema;
mod shape;
pub mod sharing_rules;
pub mod skill_types;
pub mod skills;
pub mod slas;
mod spoken;
pub mod support_plans;
pub mod targets;
pub mod teams;
pub mod template_folders;
pub mod ticket_templates;
pub mod time_tracking;
pub mod validation_rules;
pub mod webhooks;
pub(crate) mod words;

use std::fmt;

use crate::dialect::Dialect;
use crate::problem::Code;
pub use api::{
    Apart, Api, BARE, Change, Create, Form, Founders, Grouping, Inside, ItemCalls, Listing,
    Ranking, Replace, Scopes, Search, Silent, Standard, SwitchApi, Tree, acting, acting_scopes,
};
pub use removal::Removal;
use removal::RemovalPolicy;
pub use risk::{LocksOut, Risk};
use rules::{Clash, Handle, Mark, Rule, Sign, Sorts};
pub use shape::{Alike, Items, Keyed, Keys, Listed, Map, Null, Owned, Pattern, Sent, Shape, Span};
pub use targets::{Membership, Target, Within, is_key, names_by_wire_name, scopes};

/// Every kind, prerequisites before those that usually refer to them.
pub static KINDS: &[&Kind] = &[
    &custom_fields::KIND,
    &roles::KIND,
    &profiles::KIND,
    &departments::KIND,
    &custom_modules::KIND,
    &layouts::KIND,
    &dependency_mappings::KIND,
    &layout_rules::KIND,
    &validation_rules::KIND,
    &agents::KIND,
    &teams::KIND,
    &skill_types::KIND,
    &skills::KIND,
    &direct_assignment_rules::KIND,
    &sharing_rules::KIND,
    &routing_preferences::KIND,
    &time_tracking::KIND,
    &holiday_lists::KIND,
    &business_hours::KIND,
    &slas::KIND,
    &support_plans::KIND,
    &accounts::KIND,
    &contacts::KIND,
    &products::KIND,
    &contracts::KIND,
    &agent_availability::KIND,
    &community_preferences::KIND,
    &mail_reply_addresses::KIND,
    &help_centers::KIND,
    &labels::KIND,
    &help_center_groups::KIND,
    &kb_root_categories::KIND,
    &kb_sections::KIND,
    &template_folders::KIND,
    &email_templates::KIND,
    &ticket_templates::KIND,
    &webhooks::KIND,
];

/// The listing that tells the dialect of an API whose answers do not say it: the one dialect that has
/// it, and its path.
pub const TELLING: (Dialect, &str) = (Dialect::Openapi, webhooks::PATH);

/// The key beside the handles of a collection under which their order stands.
pub const ORDER: &str = "$order";

/// Every kind, and behind each the order among its resources, where it has one.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    let kinds = KINDS.iter().copied();
    kinds.flat_map(|kind| std::iter::once(kind).chain(kind.order))
}

/// The kind of a collection.
#[must_use]
pub fn find(collection: &str) -> Option<&'static Kind> {
    all().find(|kind| kind.collection == collection)
}

/// One kind of resource.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the policies of a kind are independent of each other"
)]
pub struct Kind {
    /// The collection's name in manifests and addresses.
    pub collection: &'static str,
    /// What one of them is called in a sentence, such as `department`.
    pub singular: &'static str,
    /// What it is, for `explain` and the schema.
    pub doc: &'static str,
    /// Its fields in the order in which they are shown.
    pub fields: &'static [Field],
    /// Whether manifests may declare it; otherwise it can only be referred to.
    pub managed: bool,
    /// The field that says whether it is in use, and the value that declaring it implies.
    pub enabled: Option<Enabled>,
    /// Whether it is a seed (business records): never pruned unless asked for.
    pub seed: bool,
    /// Whether `prune: all` may remove what nobody declares, see [`Kind::may_prune_all`].
    pub may_be_pruned: bool,
    /// Whether a name that is no handle may mean the live object of that name.
    pub bare: bool,
    /// What a creation does besides, for the plan's reader.
    pub create_effect: Option<&'static str>,
    /// What to look at where the server fails at a write that has this effect, or refuses it and names
    /// no field: the effect may be what failed. A clause.
    pub effect_help: Option<&'static str>,
    /// What may hold the name of a new object although no live object of the kind has it.
    pub holders: Holders,
    /// Whether a change that the API cannot make replaces the object without being asked.
    pub replaces_itself: bool,
    /// What is lost when it is deleted, for the plan's reader.
    pub delete_effect: Option<&'static str>,
    /// Whether its removal loses what making it anew does not bring back, so that a removal that may be
    /// a rename is refused.
    pub removal_loses: bool,
    /// What taking it out of use does besides, for the plan's reader.
    pub disable_effect: Option<&'static str>,
    /// What is at stake whenever one of it is made, replaced or removed.
    pub risks: &'static [Risk],
    /// Who cannot get in any more when one of it is taken out of use.
    pub locks_out: Option<LocksOut>,
    /// Where its objects are mentioned that no listing shows, in the order in which it is looked.
    pub mentions: &'static [Mention],
    /// Rules among its fields.
    pub rules: &'static [Rule],
    /// What an export calls its objects, where that is not their name.
    pub handle: Option<&'static Handle>,
    /// Names of the API that people may try and that are no fields, each with the reason.
    pub elsewhere: &'static [(&'static str, &'static str)],
    /// The key of its answers that holds the name by which maps of other objects name it.
    pub wire_name: Option<&'static str>,
    /// Signs of objects whose values, in maps of others, no listing shows.
    pub unlisted: &'static [Sign],
    /// Signs that an object is not the user's, or not wholly; the first that forbids a deed counts.
    pub marks: &'static [Mark],
    /// The order among its resources, which is a kind of its own: manifests write it under [`ORDER`]
    /// beside the handles.
    pub order: Option<&'static Kind>,
    /// Its endpoints in the `openapi` dialect.
    pub openapi: Option<Api>,
    /// Its endpoints in the `guide` dialect.
    pub guide: Option<Api>,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({})", self.collection)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.collection == other.collection
    }
}

impl Kind {
    /// A kind of which nothing is said.
    const BLANK: Self = Self {
        collection: "",
        singular: "",
        doc: "",
        fields: &[],
        managed: true,
        enabled: None,
        seed: false,
        may_be_pruned: true,
        bare: false,
        create_effect: None,
        effect_help: None,
        holders: Holders {
            fields: &[],
            places: &[],
        },
        replaces_itself: false,
        delete_effect: None,
        removal_loses: false,
        disable_effect: None,
        risks: &[],
        locks_out: None,
        rules: &[],
        handle: None,
        elsewhere: &[],
        wire_name: None,
        unlisted: &[],
        marks: &[],
        mentions: &[],
        order: None,
        openapi: None,
        guide: None,
    };

    /// The endpoints in a dialect, if the dialect has any.
    #[must_use]
    pub const fn api(&self, dialect: Dialect) -> Option<&Api> {
        match dialect {
            Dialect::Openapi => self.openapi.as_ref(),
            Dialect::Guide => self.guide.as_ref(),
        }
    }

    /// Says whether keys of maps name its objects.
    #[must_use]
    pub const fn names_keys(&self) -> bool {
        self.wire_name.is_some()
    }

    /// Tells how live objects form a resource in a dialect, where one alone is none.
    #[must_use]
    pub fn grouping(&self, dialect: Dialect) -> Option<&'static Grouping> {
        self.api(dialect).and_then(Api::grouping)
    }

    /// Tells whose order it is, where it is the order among the resources of another kind.
    #[must_use]
    pub fn ranking(&self) -> Option<&'static Ranking> {
        self.apis().find_map(Api::ranking)
    }

    /// The field that lists others in their order, where it is such an order.
    #[must_use]
    pub fn ranked(&self) -> Option<&'static Field> {
        let mut fields = self.fields.iter();
        fields.find(|field| matches!(field.shape, Shape::Ranked(_)))
    }

    /// Says whether every update of a dialect sends a field again: the server demands it, or it might
    /// be lost with anything but a PATCH.
    #[must_use]
    pub fn resends(&self, field: &Field, dialect: Dialect) -> bool {
        self.api(dialect).is_some_and(|api| {
            let is_replaced =
                api.replaces() && !field.create_only && field.wire(dialect).goes_with_update();
            is_replaced || api.resend.contains(&field.name)
        })
    }

    /// Whether no request of a dialect changes a field of an object that is there.
    #[must_use]
    pub fn fixes(&self, field: &Field, dialect: Dialect) -> bool {
        let change = self.api(dialect).map(|api| api.change);
        field.create_only || matches!(change, Some(Change::Manual(_)))
    }

    /// A field by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Tells the ways of removal among which a project chooses, with what the choice is about.
    #[must_use]
    pub fn removal_choice(&self) -> Option<(&'static str, Vec<RemovalPolicy>)> {
        self.apis().find_map(|api| match api.removal {
            Removal::Chosen { doc, ways } => {
                Some((doc, ways.iter().map(|(policy, _)| *policy).collect()))
            }
            _ => None,
        })
    }

    /// The sorts of its objects, if a field tells them apart.
    #[must_use]
    pub fn sorts(&self) -> Option<&'static Sorts> {
        self.rules.iter().find_map(|rule| match rule {
            Rule::Sorts(sorts) => Some(*sorts),
            _ => None,
        })
    }

    /// Says whether a live value of a field may hold a key.
    #[must_use]
    pub fn may_hold_key(&self, field: &str) -> bool {
        self.key_holders().any(|name| name == field)
    }

    /// Names the fields whose live values may hold a key.
    pub fn key_holders(&self) -> impl Iterator<Item = &'static str> {
        let holders = self.fields.iter().filter(|field| field.may_hold_key);
        holders.map(|field| field.name)
    }

    /// The word that names its objects, where there is one of them in each scope and no more.
    ///
    /// Such an object is there for as long as its parent is: nothing makes or removes it.
    #[must_use]
    pub fn only_name(&self) -> Option<&'static str> {
        self.fixed_name().filter(|_| !self.is_nameless())
    }

    /// The word that names all of its objects, where they have no names of their own.
    #[must_use]
    pub fn fixed_name(&self) -> Option<&'static str> {
        match self.naming_field().shape {
            Shape::Choice(&[word]) => Some(word),
            _ => None,
        }
    }

    /// Whether its objects have no names and are told apart by several things below which they lie. Their
    /// handles are free.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        self.fixed_name().is_some() && scopes(self).nth(1).is_some()
    }

    /// The field that its handle stands in for when it is left out: the name, or the parent where the
    /// name says nothing.
    #[must_use]
    pub fn field_of_handle(&self) -> &'static Field {
        let parent = self.only_name().and_then(|_| scopes(self).next());
        parent.unwrap_or_else(|| self.naming_field())
    }

    /// The field that names a resource and that its handle stands in for when it is left out.
    #[must_use]
    pub fn naming_field(&self) -> &'static Field {
        // Every table has exactly one field marked so; a unit test holds that.
        self.fields
            .iter()
            .find(|field| field.naming)
            .unwrap_or(&self.fields[0])
    }
}

/// What may hold the name of a new object although no live object of its kind has it.
///
/// Deleted objects that a listing shows all the same are looked at for every kind.
#[derive(Debug, Clone, Copy)]
pub struct Holders {
    /// Fields of other live objects of the kind that may hold the name.
    pub fields: &'static [&'static str],
    /// Where to look in Zoho Desk once a creation was refused as a duplicate, completing "look at".
    pub places: &'static [&'static str],
}

/// The field that switches a resource on and off.
#[derive(Debug, Clone, Copy)]
pub struct Enabled {
    /// Its name.
    pub field: &'static str,
    /// The value that means "in use".
    pub on: Switch,
    /// Whether a create must say so, since the server's default is not known.
    pub send_on_create: bool,
}

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
    /// Whether an item of its list may say which values it replaces on the records that have them.
    pub replaces_values: bool,
    /// What stands for anything where nothing is named: the word in manifests, and what is sent.
    pub any: Option<(&'static str, &'static str)>,
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
    /// What is at stake when its value changes. [`Risk::TakesAway`] counts where something goes from
    /// the value: a choice of a list, an entry of a map.
    pub risk: Option<Risk>,
    /// How it travels in `openapi`.
    pub openapi: Wire,
    /// How it travels in `guide`.
    pub guide: Wire,
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
            contradicted: false,
            openapi_only: None,
            beside: None,
            hierarchy: false,
            membership: None,
            most: 0,
            as_of_key: None,
            former_name: false,
            replaces_values: false,
            any: None,
            rewritten: false,
            plain_with: None,
            unshown: &[],
            placeholders: false,
            sent_empty: false,
            shown_as: None,
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

    /// The field as it is compared, where others may say that its text is plain.
    #[must_use]
    pub fn as_told(&self, says: impl FnOnce(&str, &str) -> bool) -> Self {
        match self.plain_with {
            Some((field, word)) if says(field, word) => Self {
                alike: Alike::Text,
                rewritten: false,
                ..*self
            },
            _ => *self,
        }
    }

    /// Whether a file may hold its text, which `{file: path}` names. What names a resource stands in
    /// the manifest.
    #[must_use]
    pub const fn takes_file(&self) -> bool {
        matches!(self.shape, Shape::Text { .. }) && !self.identity
    }

    /// Its way on the wire in a dialect.
    #[must_use]
    pub const fn wire(&self, dialect: Dialect) -> &Wire {
        match dialect {
            Dialect::Openapi => &self.openapi,
            Dialect::Guide => &self.guide,
        }
    }

    const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }
    const fn naming(mut self) -> Self {
        self.naming = true;
        self.identity = true;
        self
    }
    const fn identity(mut self) -> Self {
        self.identity = true;
        self
    }
    const fn identity_where_shown(mut self) -> Self {
        self.identity = true;
        self.where_shown = true;
        self
    }
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    const fn create_only(mut self) -> Self {
        self.create_only = true;
        self
    }
    const fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }
    const fn secret(mut self) -> Self {
        self.secret = true;
        self.write_only = true;
        self
    }
    const fn remembered(mut self) -> Self {
        self.remembered = true;
        self
    }
    const fn implied(mut self, value: Switch) -> Self {
        self.implied = Some(value);
        self
    }
    const fn by_oneself(mut self, place: &'static str) -> Self {
        self.by_oneself = Some(place);
        self
    }
    const fn update_max(mut self, max: u32) -> Self {
        self.update_max = Some(max);
        self
    }
    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
    const fn server_default(mut self) -> Self {
        self.server_default = true;
        self
    }
    const fn default_on_create(mut self, value: Switch) -> Self {
        self.default_on_create = Some(value);
        self
    }
    const fn default_as(mut self, other: &'static str) -> Self {
        self.default_as = Some(other);
        self
    }
    const fn never_null(mut self) -> Self {
        self.never_null = true;
        self
    }
    const fn never_empty(mut self) -> Self {
        self.never_empty = true;
        self
    }
    const fn known(mut self, what: &'static str, words: &'static [&'static str]) -> Self {
        self.known = Some((what, words));
        self
    }
    const fn unique(mut self, clash: &'static Clash) -> Self {
        self.unique = Some(clash);
        self
    }
    const fn exclusive(mut self, clash: &'static Clash) -> Self {
        self.exclusive = Some(clash);
        self
    }
    const fn renews(mut self) -> Self {
        self.renews = true;
        self
    }
    const fn told_to_people(mut self) -> Self {
        self.told_to_people = true;
        self
    }
    const fn may_hold_key(mut self) -> Self {
        self.may_hold_key = true;
        self
    }
    pub(crate) const fn alike(mut self, alike: Alike) -> Self {
        self.alike = alike;
        self
    }
    const fn unsaid(mut self, value: Switch) -> Self {
        self.unsaid = Some(value);
        self
    }
    const fn contradicted(mut self) -> Self {
        self.contradicted = true;
        self
    }
    const fn openapi_only(mut self, pattern: Pattern) -> Self {
        self.openapi_only = Some(pattern);
        self
    }
    const fn beside(mut self, prefix: &'static str) -> Self {
        self.beside = Some(prefix);
        self
    }
    const fn hierarchy(mut self) -> Self {
        self.hierarchy = true;
        self
    }
    const fn needs_membership(mut self, list: &'static str, of: &'static str) -> Self {
        self.membership = Some(Membership { list, of });
        self
    }
    const fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }
    const fn as_of_key(mut self, field: &'static str) -> Self {
        self.as_of_key = Some(field);
        self
    }
    const fn former_name(mut self) -> Self {
        self.former_name = true;
        self
    }
    const fn replaces_values(mut self) -> Self {
        self.replaces_values = true;
        self
    }
    const fn or_any(mut self, word: &'static str, sent: &'static str) -> Self {
        self.any = Some((word, sent));
        self
    }
    const fn at_most(mut self, resources: u32) -> Self {
        self.most = resources;
        self
    }
    pub(crate) const fn rewritten(mut self) -> Self {
        self.rewritten = true;
        self
    }
    const fn plain_with(mut self, field: &'static str, word: &'static str) -> Self {
        self.plain_with = Some((field, word));
        self
    }
    const fn unshown(mut self, words: &'static [&'static str]) -> Self {
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
    const fn max(mut self, length: u32) -> Self {
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
    const fn pattern(mut self, wanted: Pattern) -> Self {
        if let Shape::Text { min, max, .. } = self.shape {
            self.shape = Shape::Text {
                min,
                max,
                pattern: Some(wanted),
            };
        }
        self
    }
    const fn openapi(mut self, wire: Wire) -> Self {
        self.openapi = wire;
        self
    }
    const fn guide(mut self, wire: Wire) -> Self {
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

const fn text(name: &'static str) -> Field {
    Field::new(
        name,
        Shape::Text {
            min: 0,
            max: 0,
            pattern: None,
        },
    )
}
const fn email(name: &'static str, max: u32, pattern: Pattern) -> Field {
    Field::new(name, Shape::Email { max, pattern })
}
const fn flag(name: &'static str) -> Field {
    Field::new(name, Shape::Flag)
}
const fn integer(name: &'static str, min: i64, max: i64) -> Field {
    Field::new(name, Shape::Integer { min, max })
}
const fn choice(name: &'static str, words: &'static [&'static str]) -> Field {
    Field::new(name, Shape::Choice(words))
}
const fn to(collection: &'static str) -> Target {
    Target::to(collection)
}
const fn reference(name: &'static str, target: Target) -> Field {
    Field::new(name, Shape::Reference(target))
}
const fn references(name: &'static str, target: Target) -> Field {
    Field::new(name, Shape::References(target))
}
/// The resources of a kind in their order, those that are named.
const fn in_order(of: &'static str) -> Field {
    Field::new("order", Shape::Ranked(Target::to(of)))
        .required()
        .never_null()
}
/// A map of which each named leaf is owned, and which is sent whole.
const fn map(name: &'static str, fields: &'static [Field]) -> Field {
    let map = Map {
        fields,
        owned: Owned::Named,
        sent: Sent::Whole,
        null: Null::Nothing,
        elsewhere: &[],
        keeps_unknown: false,
    };
    Field::new(name, Shape::Map(map))
}

/// The name of what has none and is told apart by what it lies below.
const fn no_name() -> Field {
    the_one(&["pair"]).doc("It has no name: always `pair`.")
}

/// The name of what an organization has one of.
///
/// A handle stands in for it, so that the handle is this word.
const fn of_the_organization() -> Field {
    the_one(&["organization"])
        .doc("What it holds for: always `organization`, which is its handle, too.")
}

/// The name of what each department has one of; the department is its only scope.
const fn of_the_department() -> Field {
    the_one(&["department"]).doc("What it holds for: always `department`.")
}

const fn the_one(words: &'static [&'static str]) -> Field {
    choice("holdsFor", words)
        .naming()
        .required()
        .openapi(Wire::Fixed("holdsFor"))
}

/// The department below which names of a kind count, and in which its objects stay.
const fn in_department(doc: &'static str) -> Field {
    reference("department", to("departments"))
        .identity()
        .required()
        .create_only()
        .openapi(sent("departmentId"))
        .doc(doc)
}

/// The layout below which objects of a kind are told apart, and in which they stay.
const fn in_layout(doc: &'static str) -> Field {
    reference("layout", to("layouts"))
        .identity()
        .required()
        .create_only()
        .openapi(sent("layoutId"))
        .doc(doc)
}

/// The help center below which names of a kind count, and in which its objects stay.
const fn in_help_center(doc: &'static str) -> Field {
    reference("helpCenter", to("helpCenters"))
        .identity()
        .required()
        .create_only()
        .openapi(sent("helpCenterId"))
        .doc(doc)
}

/// Values of custom fields of a module, by handle or API name. Source: Account, Contact, Agent: `cf`.
const fn custom_values(module: &'static str) -> Field {
    custom_values_that_are(module, &CUSTOM_VALUE).beside("cf_")
}

/// The same where null takes a value away. Source: Ticket Template: `cf`.
const fn custom_values_or_null(module: &'static str) -> Field {
    custom_values_that_are(module, &CUSTOM_VALUE_OR_NULL)
}

const fn custom_values_that_are(module: &'static str, value: &'static Field) -> Field {
    let keys = Keys::Of {
        target: Target::to("customFields").within(Within::Fixed("module", module)),
        name: patterns::API_NAME,
        unknown: Code::UnknownCustomField,
    };
    let keyed = Keyed {
        keys,
        value,
        owned: Owned::Named,
        sent: Sent::Changed,
        listed: None,
    };
    Field::new("cf", Shape::Keyed(keyed))
}

/// One value of a custom field: the schema takes texts of one character at least. Source: Contact and
/// Account, `cf`.
const CUSTOM_VALUE: Field = Field::new("value", Shape::Scalar { max: 100 })
    .openapi_only(patterns::NAME)
    .doc("A value.");
const CUSTOM_VALUE_OR_NULL: Field = CUSTOM_VALUE.nullable();

/// Sent under the given name, carried by list items.
const fn sent(name: &'static str) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::InList,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under one name; answers carry it at a path, with a slash before what stands below.
const fn read_at(name: &'static str, read: &'static str) -> Wire {
    Wire::Sent {
        name,
        read,
        shown: Shown::InList,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under the given name, carried by list items that ask for it.
const fn by_fields(name: &'static str) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::ByFields,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under the given name, carried by the single object only.
const fn in_object(name: &'static str) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::InObject,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under one name; the single object alone carries it, at a path with a slash before what stands
/// below.
const fn object_at(name: &'static str, read: &'static str) -> Wire {
    Wire::Sent {
        name,
        read,
        shown: Shown::InObject,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
const fn encoded(name: &'static str, encoding: Encoding) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::InList,
        encoding,
        stage: Stage::Always,
    }
}

/// Where answers about other things mention objects by id and name.
#[derive(Debug, Clone, Copy)]
pub struct Mention {
    /// The dialect in which it holds.
    pub dialect: Dialect,
    /// What is looked at.
    pub by: Mentioner,
    /// Where the id stands in an item, with a slash before a nested key.
    pub id: &'static str,
    /// Where the name stands in an item, likewise.
    pub name: &'static str,
    /// A key and the value that it must have for the item to count.
    pub only: Option<(&'static str, &'static str)>,
}

/// What mentions objects of another kind.
#[derive(Debug, Clone, Copy)]
pub enum Mentioner {
    /// The objects of a kind that is read anyway.
    Objects(&'static str),
    /// A listing below each item of another listing. In its path `{id}` is the item's id.
    BelowListing {
        /// The path of the other listing, and its objects on a page.
        of: (&'static str, u32),
        /// The path of the listing.
        path: &'static str,
        /// Its objects on a page.
        page: u32,
        /// The key that tells its items apart, where that is not `id`.
        key: &'static str,
    },
    /// A listing for each object of a kind. In its path `{id}` is the object's id.
    BelowObjects {
        /// The kind.
        of: &'static str,
        /// Whether only objects count that are declared with a reference to the kind looked for.
        referring: bool,
        /// The path of the listing.
        path: &'static str,
        /// Its objects on a page.
        page: u32,
    },
}

/// Scopes of the guide for configuration. Source: the guide's list of scopes.
const GUIDE_SETTINGS: Scopes = Scopes {
    read: &["Desk.settings.ALL", "Desk.settings.READ"],
    create: &["Desk.settings.ALL", "Desk.settings.CREATE"],
    update: &["Desk.settings.ALL", "Desk.settings.UPDATE"],
    delete: &["Desk.settings.ALL", "Desk.settings.DELETE"],
};

/// What searches have in common. Source: Search: `*` stands for anything, a comma parts several texts,
/// `${empty}` is a word; shorter texts than three characters are refused, and `from` ends at 999.
const SEARCH: Search = Search {
    path: "",
    by: "",
    page: 100,
    last: 999,
    shortest: 3,
    special: &['*', ',', '$', '{', '}'],
    scopes: &["Desk.search.READ"],
};

/// Scopes of accounts and contacts; accounts have none of their own. Source: Account, Contact.
const CONTACTS_SCOPES: Scopes = Scopes {
    read: &["Desk.contacts.READ"],
    create: &["Desk.contacts.CREATE"],
    update: &["Desk.contacts.UPDATE"],
    delete: &["Desk.contacts.DELETE"],
};

/// Scopes of what the users of a help center have. Source: Label, `HelpcenterGroups`.
const HELP_CENTER_USERS: Scopes = Scopes {
    read: &["Desk.contacts.READ", "Desk.settings.READ"],
    create: &["Desk.contacts.CREATE", "Desk.settings.CREATE"],
    update: &["Desk.contacts.UPDATE", "Desk.settings.UPDATE"],
    delete: &["Desk.contacts.DELETE", "Desk.settings.DELETE"],
};

#[cfg(test)]
mod tests;
