//! The kinds of resource that deskform manages, each one value in one file.
//!
//! Schema, validation, comparing, reading, export and `explain` all read these tables. Facts come
//! from Zoho's OpenAPI files (dialect `openapi`) and from the API guide (dialect `guide`).

pub mod accounts;
pub mod agent_availability;
pub mod agents;
mod api;
mod build;
pub mod business_hours;
pub mod checks;
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
mod examples;
mod field;
pub mod field_access;
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
pub mod questions;
pub mod removal;
pub mod risk;
pub mod roles;
pub mod routing_preferences;
pub mod rule_groups;
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
pub use api::{
    Apart, Api, Change, Create, Form, Founders, Grouping, Inside, ItemCalls, Listing, Ranking,
    Replace, Scopes, Search, Silent, Standard, SwitchApi, Tree, acting, acting_scopes,
};
use build::{
    apart, by_fields, by_hand, choice, custom_values, custom_values_or_null, email, encoded, flag,
    in_department, in_help_center, in_layout, in_layout_of, in_object, in_order, integer, map,
    no_name, object_at, of_the_department, of_the_organization, read_at, reference, references,
    sent, text, to,
};
pub use examples::{Known, example_name, example_name_in_maps, example_value};
pub use field::{
    Among, Encoding, Field, Row, Rows, Sample, Shown, Stage, Switch, ToldBeside, Wire,
};
pub use questions::{Questions, is_of_check};
pub use removal::Removal;
use removal::RemovalPolicy;
pub use risk::{LocksOut, Risk};
use rules::{Clash, Handle, Mark, Rule, Sign, Sorts};
pub use shape::{Alike, Items, Keyed, Keys, Listed, Map, Null, Owned, Pattern, Sent, Shape, Span};
pub use targets::{
    Membership, ScopeWords, Target, Within, is_key, is_scope_by_name, names_by_wire_name, scopes,
    settled_targets, words_beside,
};

/// Every kind, prerequisites before those that usually refer to them.
pub static KINDS: &[&Kind] = &[
    &roles::KIND,
    &profiles::KIND,
    &departments::KIND,
    &custom_modules::KIND,
    &custom_fields::KIND,
    &layouts::KIND,
    &dependency_mappings::KIND,
    &layout_rules::KIND,
    &validation_rules::KIND,
    &field_access::KIND,
    &agents::KIND,
    &teams::KIND,
    &skill_types::KIND,
    &skills::KIND,
    &direct_assignment_rules::KIND,
    &rule_groups::KIND,
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
    &checks::KIND,
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
    /// The key of a map that stands for a text and names one of its resources, see [`Field::refers`]; empty where
    /// no text may, and where a handle alone does.
    pub word: &'static str,
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
        word: "",
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

    /// What the fields refer to, at any depth.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut found = Vec::new();
        for field in self.fields {
            field.targets(&mut found);
        }
        found
    }

    /// Whether something may refer to its resources.
    #[must_use]
    pub fn is_referred_to(&self) -> bool {
        let is_meant = |target: Target| target.collections().any(|one| one == self.collection);
        let is_heir = |kind: &Kind| kind.chosen_heirs().iter().any(|heir| is_meant(heir.target));
        all().any(|kind| kind.targets().into_iter().any(is_meant) || is_heir(kind))
    }

    /// A field by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Names the leaves of a field that is a map.
    #[must_use]
    pub fn leaves(&self, field: &str) -> Vec<&'static str> {
        match self.field(field).map(|field| field.shape) {
            Some(Shape::Map(map)) => map.fields.iter().map(|leaf| leaf.name).collect(),
            _ => Vec::new(),
        }
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

    /// Whether its objects can be changed, and nothing makes or removes them: they are there for as long as
    /// what they lie below is.
    #[must_use]
    pub fn is_given(&self) -> bool {
        let is_fixed = |api: &Api| {
            let changes = api.update.is_some() || !api.apart.is_empty();
            changes && api.create == Create::Never && api.removal == Removal::Never
        };
        self.only_name().is_some() || (self.managed && self.apis().all(is_fixed))
    }

    /// Whether maps on the wire name its objects by the names that they have in manifests.
    #[must_use]
    pub fn is_named_in_maps(&self) -> bool {
        let key = self.wire_name;
        key.is_some_and(|key| self.naming_field().is_read_at(key))
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
