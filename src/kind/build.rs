//! The words in which tables of kinds are written.

use super::{
    Encoding, Field, Keyed, Keys, Map, Owned, Pattern, Sent, Shape, Shown, Stage, Target, Wire,
    Within, patterns,
};
use crate::problem::Code;

pub(super) const fn text(name: &'static str) -> Field {
    Field::new(
        name,
        Shape::Text {
            min: 0,
            max: 0,
            pattern: None,
        },
    )
}
pub(super) const fn email(name: &'static str, max: u32, pattern: Pattern) -> Field {
    Field::new(name, Shape::Email { max, pattern })
}
pub(super) const fn flag(name: &'static str) -> Field {
    Field::new(name, Shape::Flag)
}
pub(super) const fn integer(name: &'static str, min: i64, max: i64) -> Field {
    Field::new(name, Shape::Integer { min, max })
}
pub(super) const fn choice(name: &'static str, words: &'static [&'static str]) -> Field {
    Field::new(name, Shape::Choice(words))
}
pub(super) const fn to(collection: &'static str) -> Target {
    Target::to(collection)
}
pub(super) const fn reference(name: &'static str, target: Target) -> Field {
    Field::new(name, Shape::Reference(target))
}
pub(super) const fn references(name: &'static str, target: Target) -> Field {
    Field::new(name, Shape::References(target))
}
/// The resources of a kind in their order, those that are named.
pub(super) const fn in_order(of: &'static str) -> Field {
    Field::new("order", Shape::Ranked(Target::to(of)))
        .required()
        .never_null()
}
/// A map of which each named leaf is owned, and which is sent whole.
pub(super) const fn map(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, Shape::Map(Map::named(fields)))
}

/// The name of what has none and is told apart by what it lies below.
pub(super) const fn no_name() -> Field {
    the_one(&["pair"]).doc("It has no name: always `pair`.")
}

/// The name of what an organization has one of.
///
/// A handle stands in for it, so that the handle is this word.
pub(super) const fn of_the_organization() -> Field {
    the_one(&["organization"])
        .doc("What it holds for: always `organization`, which is its handle, too.")
}

/// The name of what each department has one of; the department is its only scope.
pub(super) const fn of_the_department() -> Field {
    the_one(&["department"]).doc("What it holds for: always `department`.")
}

pub(super) const fn the_one(words: &'static [&'static str]) -> Field {
    choice("holdsFor", words)
        .naming()
        .required()
        .openapi(Wire::Fixed("holdsFor"))
}

/// The department below which names of a kind count, and in which its objects stay.
pub(super) const fn in_department(doc: &'static str) -> Field {
    reference("department", to("departments"))
        .identity()
        .required()
        .create_only()
        .openapi(sent("departmentId"))
        .doc(doc)
}

/// The layout below which objects of a kind are told apart, and in which they stay.
pub(super) const fn in_layout(doc: &'static str) -> Field {
    in_layout_of(to("layouts"), doc)
}

/// The layout below which names of a kind count, of those that a target points at.
pub(super) const fn in_layout_of(target: Target, doc: &'static str) -> Field {
    reference("layout", target)
        .identity()
        .required()
        .create_only()
        .openapi(sent("layoutId"))
        .doc(doc)
}

/// The help center below which names of a kind count, and in which its objects stay.
pub(super) const fn in_help_center(doc: &'static str) -> Field {
    reference("helpCenter", to("helpCenters"))
        .identity()
        .required()
        .create_only()
        .openapi(sent("helpCenterId"))
        .doc(doc)
}

/// Values of custom fields of a module, by handle or API name. Source: Account, Contact, Agent: `cf`.
pub(super) const fn custom_values(module: &'static str) -> Field {
    custom_values_that_are(module, &CUSTOM_VALUE).beside("cf_")
}

/// The same where null takes a value away. Source: Ticket Template: `cf`.
pub(super) const fn custom_values_or_null(module: &'static str) -> Field {
    custom_values_that_are(module, &CUSTOM_VALUE_OR_NULL)
}

pub(super) const fn custom_values_that_are(module: &'static str, value: &'static Field) -> Field {
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
pub(super) const CUSTOM_VALUE: Field = Field::new("value", Shape::Scalar { max: 100 })
    .openapi_only(patterns::NAME)
    .doc("A value.");
pub(super) const CUSTOM_VALUE_OR_NULL: Field = CUSTOM_VALUE.nullable();

/// Sent under the given name, carried by list items.
pub(super) const fn sent(name: &'static str) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::InList,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under one name; answers carry it at a path, with a slash before what stands below.
pub(super) const fn read_at(name: &'static str, read: &'static str) -> Wire {
    Wire::Sent {
        name,
        read,
        shown: Shown::InList,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under the given name, carried by list items that ask for it.
pub(super) const fn by_fields(name: &'static str) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::ByFields,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under the given name, carried by the single object only.
pub(super) const fn in_object(name: &'static str) -> Wire {
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
pub(super) const fn object_at(name: &'static str, read: &'static str) -> Wire {
    Wire::Sent {
        name,
        read,
        shown: Shown::InObject,
        encoding: Encoding::Plain,
        stage: Stage::Always,
    }
}
/// Sent under one name by an endpoint of its own, which shows it under another one, see [`super::Apart`].
pub(super) const fn apart(name: &'static str, shown: &'static str, encoding: Encoding) -> Wire {
    Wire::Sent {
        name,
        read: shown,
        shown: Shown::Apart,
        encoding,
        stage: Stage::Update,
    }
}
/// What answers show and only a person changes, at a place.
pub(super) const fn by_hand(
    read: &'static str,
    encoding: Encoding,
    instruction: &'static str,
) -> Wire {
    Wire::Manual {
        read: Some(read),
        encoding,
        instruction,
    }
}
pub(super) const fn encoded(name: &'static str, encoding: Encoding) -> Wire {
    Wire::Sent {
        name,
        read: name,
        shown: Shown::InList,
        encoding,
        stage: Stage::Always,
    }
}
