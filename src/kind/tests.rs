use super::removal::Heir;
use super::rules::{Allowance, Counted};
use super::*;
use crate::api::template;

/// The fields that a rule names.
fn named_by(rule: &Rule) -> Vec<&'static str> {
    match rule {
        Rule::Sorts(sorts) => {
            let of_sort = |sort: &rules::Sort| {
                let mut names = [sort.required, sort.allowed].concat();
                names.extend(sort.bounds.map(|(field, ..)| field));
                if let Some((field, fits)) = sort.fits {
                    names.push(field);
                    if let rules::Fits::OneOf(other) = fits {
                        names.push(other);
                    }
                }
                names
            };
            let mut names: Vec<_> = sorts.sorts.iter().flat_map(of_sort).collect();
            names.push(sorts.field);
            names
        }
        Rule::GoWith(rule) => [rule.fields, &[rule.with]].concat(),
        Rule::InMap(map, _) => vec![map],
        Rule::AtMost(rule) => vec![rule.field, rule.most],
        Rule::DaysOf(rule) => vec![rule.items, rule.year],
        Rule::OnlyFor(rule) => vec![rule.field, rule.by],
        Rule::OneOf(rule) => rule.fields.to_vec(),
    }
}

#[test]
fn every_word_of_a_field_that_tells_sorts_apart_is_a_sort() {
    for kind in KINDS {
        let Some(sorts) = kind.sorts() else { continue };
        let Some(Shape::Choice(words)) = kind.field(sorts.field).map(|field| field.shape) else {
            panic!("{} {}", kind.collection, sorts.field)
        };
        for word in words {
            assert!(sorts.find(word).is_some(), "{} {word}", kind.collection);
        }
        assert_eq!(sorts.sorts.len(), words.len(), "{}", kind.collection);
    }
}

/// References within the same scope are looked for in fields and in the leaves of their maps, and nowhere
/// else.
#[test]
fn what_refers_within_a_scope_lies_no_deeper_than_a_leaf() {
    let mut found = 0;
    for kind in KINDS {
        for field in kind.fields {
            let mut targets = Vec::new();
            field.targets(&mut targets);
            // What the keys of maps name is found by the word of the scope, see `Target::beside`.
            let deep = targets.iter().filter(|target| {
                matches!(target.within, Within::Same(_)) && !is_key(target.collection)
            });
            let seen: Vec<&str> = field.shape.within_same().map(|(_, scope)| scope).collect();
            assert_eq!(
                deep.count(),
                seen.len(),
                "{} {}",
                kind.collection,
                field.name
            );
            for scope in &seen {
                let scope = kind.field(scope).map(|field| field.identity);
                assert_eq!(scope, Some(true), "{} {}", kind.collection, field.name);
            }
            found += seen.len();
        }
    }
    assert!(found > 2, "{found}");
}

/// What lies below others is known by them: they are bound before it, in the order of the tables.
#[test]
fn what_names_count_below_stands_before_them() {
    for (place, kind) in KINDS.iter().enumerate() {
        let above = scopes(kind)
            .filter_map(Field::above)
            .flat_map(Target::collections);
        for parent in above {
            let of_parent = KINDS
                .iter()
                .position(|one| one.collection == parent)
                .unwrap();
            assert!(of_parent <= place, "{parent} stands behind {kind:?}");
        }
    }
}

#[test]
fn every_kind_has_one_naming_field_and_distinct_names() {
    for kind in KINDS {
        let naming: Vec<_> = kind.fields.iter().filter(|field| field.naming).collect();
        assert_eq!(naming.len(), 1, "{}", kind.collection);
        assert!(naming[0].identity);
        let mut names: Vec<_> = kind.fields.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kind.fields.len(), "{}", kind.collection);
        if let Some(enabled) = kind.enabled {
            assert!(kind.field(enabled.field).is_some());
        }
        for name in kind.rules.iter().flat_map(named_by) {
            assert!(kind.field(name).is_some(), "{} {name}", kind.collection);
        }
        for rule in kind.rules {
            let Rule::InMap(name, rule) = rule else {
                continue;
            };
            let Some(Shape::Map(map)) = kind.field(name).map(|field| field.shape) else {
                panic!("{} {name}", kind.collection)
            };
            for leaf in rule.fields.iter().chain([&rule.with]) {
                assert!(map.field(leaf).is_some(), "{} {leaf}", kind.collection);
            }
        }
        for api in kind.apis() {
            let kept = api.keep_one.iter().flat_map(|guard| guard.fields);
            let places = api.quota.iter().flat_map(|quota| {
                let places = template::names(quota.path).into_iter();
                places.filter_map(|place| place.split('.').next())
            });
            let rooms = api.quota.iter().flat_map(|quota| quota.rooms);
            let counted = rooms.filter_map(|room| match &room.of {
                Counted::All(_) => None,
                Counted::InUse { field, .. } => Some(*field),
                Counted::Sorts(sorts) => Some(sorts.field),
            });
            let values = api.uses.iter().flat_map(|uses| uses.values).copied();
            let names = kept.map(|(name, _)| *name).chain(places);
            let names = names.chain(counted).chain(values);
            for name in names.chain(api.required_on_create.iter().copied()) {
                assert!(kind.field(name).is_some(), "{} {name}", kind.collection);
            }
            for (key, heir) in api.removal.heirs() {
                let own = match heir {
                    Heir::Above(above) => {
                        kind.field(above.field).and_then(|one| one.shape.target())
                    }
                    Heir::Chosen(chosen) => {
                        assert!(find(chosen.target.collection).is_some(), "{key}");
                        continue;
                    }
                    Heir::Nobody => continue,
                };
                assert_eq!(
                    own.map(|own| own.collection),
                    Some(kind.collection),
                    "{key}"
                );
            }
        }
        // Parents are matched before their children.
        let place = |collection: &str| KINDS.iter().position(|one| one.collection == collection);
        for field in kind.fields {
            let own = field.shape.target();
            if let Some(target) = own.filter(|_| field.identity) {
                for collection in target.collections() {
                    assert!(place(collection) <= place(kind.collection));
                }
            }
            if field.hierarchy {
                assert!(own.is_some_and(|own| own.is_to(kind.collection)));
            }
            if let (Some(membership), Some(target)) = (field.membership, own) {
                let members = find(target.collection).unwrap();
                assert!(members.field(membership.list).is_some());
                assert!(kind.field(membership.of).is_some());
            }
        }
        for field in kind.fields {
            assert!(
                field.doc.ends_with('.'),
                "{}.{}",
                kind.collection,
                field.name
            );
        }
    }
}

#[test]
fn the_telling_listing_is_that_of_one_dialect() {
    let (has, path) = TELLING;
    for dialect in Dialect::ALL {
        let apis = KINDS.iter().filter_map(|kind| kind.api(dialect));
        let found = apis.filter(|api| api.listing.path() == path).count();
        assert_eq!(found, usize::from(dialect == has), "{dialect}");
    }
}

#[test]
fn a_field_that_is_cleared_by_null_says_so_in_each_dialect() {
    let plain = text("a");
    for dialect in Dialect::ALL {
        assert!(plain.nullable().takes_null(dialect));
        assert_eq!(plain.takes_null(dialect), dialect == Dialect::Guide);
        assert_eq!(
            flag("a").nullable().can_be_unset(dialect),
            dialect == Dialect::Openapi
        );
        assert!(!flag("a").can_be_unset(dialect));
        let max = plain.update_max(30).longest_update(dialect);
        assert_eq!(max, (dialect == Dialect::Openapi).then_some(30));
        let besides = plain.openapi_only(patterns::NAME).besides(dialect);
        assert_eq!(besides.is_some(), dialect == Dialect::Openapi);
    }
}

#[test]
fn what_stands_beside_a_map_stands_in_it() {
    for kind in KINDS {
        for field in kind.fields {
            let Some(prefix) = field.beside else { continue };
            assert!(field.shape.keyed_by().is_some(), "{}", field.name);
            for wire in [&field.openapi, &field.guide] {
                // The map would be taken for one of its own values.
                assert!(
                    !wire
                        .read_name()
                        .is_some_and(|name| name.starts_with(prefix))
                );
            }
        }
    }
}

#[test]
fn what_no_dialect_deletes_is_never_replaced() {
    let told = |removal| {
        let kind = Kind {
            openapi: Some(Api {
                removal,
                ..Api::BLANK
            }),
            ..Kind::BLANK
        };
        kind.may_be_replaced()
    };
    let disable = Removal::Disable {
        path: "/a/{id}/disable",
        body: false,
    };
    let delete = Removal::Delete("/a/{id}");
    for (removal, wanted) in [
        (delete, true),
        (disable, false),
        (Removal::Never, false),
        (Removal::Manual("Setup"), false),
    ] {
        assert_eq!(told(removal), wanted, "{removal:?}");
    }
    assert!(find("agents").unwrap().may_be_replaced());
    assert!(!find("holidayLists").unwrap().may_be_replaced());
}

#[test]
fn a_default_of_creation_is_a_value_of_its_field() {
    for kind in KINDS {
        for field in kind.fields {
            match (field.default_on_create, field.shape) {
                (None, _)
                | (Some(Switch::Flag(_)), Shape::Flag)
                | (Some(Switch::Empty), Shape::References(_)) => {}
                (Some(Switch::Word(word)), Shape::Choice(words)) => {
                    assert!(words.contains(&word), "{} {word}", kind.collection);
                }
                other => panic!("{} {other:?}", kind.collection),
            }
        }
    }
}

/// A listing that lacks it proves nothing, and what is sent has another name than what is shown.
#[test]
fn what_the_object_alone_shows_may_stand_at_a_path() {
    use serde_json::json;
    let plan = reference("plan", to("accounts")).openapi(object_at("planId", "plan/id"));
    let Wire::Sent {
        name, read, shown, ..
    } = plan.openapi
    else {
        panic!("{plan:?}")
    };
    assert_eq!((name, read, shown), ("planId", "plan/id", Shown::InObject));
    let live = crate::live::Live::new(Dialect::Openapi);
    for (raw, is_shown) in [
        (json!({"planId": "7"}), false),
        (json!({"plan": {"name": "x"}}), false),
        (json!({"plan": null}), true),
        (json!({"plan": {"id": "7"}}), true),
    ] {
        let raw = raw.as_object().unwrap();
        let read = crate::codec::read_field(&plan, Dialect::Openapi, raw, &live);
        assert_eq!(read.is_some(), is_shown, "{raw:?}");
    }
}

/// What a PUT leaves out may be lost.
#[test]
fn a_put_sends_again_all_that_it_takes() {
    let dialect = Dialect::Openapi;
    let kind = find("customModules").unwrap();
    let resent = |field: &&Field| kind.resends(field, dialect);
    let resent: Vec<&str> = kind
        .fields
        .iter()
        .filter(resent)
        .map(|one| one.name)
        .collect();
    assert_eq!(
        resent,
        [
            "singularLabel",
            "pluralLabel",
            "description",
            "departments",
            "profiles"
        ]
    );
    // A PATCH sends again what the server demands.
    let kind = find("skillTypes").unwrap();
    let resent = |field: &&Field| kind.resends(field, dialect);
    assert_eq!(kind.fields.iter().filter(resent).count(), 1);
}

#[test]
fn limits_of_an_edition_and_their_call_are_about_the_organization() {
    let mut found = 0;
    for api in KINDS.iter().flat_map(|kind| kind.apis()) {
        let by_edition = |most: &rules::Most| matches!(most.allows, Allowance::InAllOf(_));
        if let (Some(quota), true) = (api.quota, api.most.iter().any(by_edition)) {
            assert_eq!(template::names(quota.path), [""; 0]);
            found += 1;
        }
    }
    assert!(found > 0);
}

/// What a check asks about the uses of a custom field is what a plan asks before it takes one away.
#[test]
fn checks_and_plans_ask_for_the_same_users() {
    let mut found = 0;
    for uses in KINDS
        .iter()
        .flat_map(|kind| kind.apis())
        .filter_map(|api| api.uses)
    {
        let each = template::names(uses.path).contains(&"sort");
        assert_eq!(
            each || uses.sorts.len() == 1,
            uses.sort.is_none(),
            "{}",
            uses.path
        );
        if !each {
            continue;
        }
        found += 1;
        let wanted: Vec<String> = (uses.sorts.iter())
            .map(|(word, _)| uses.path.replace("{id}", "{field}").replace("{sort}", word))
            .collect();
        let kinds = KINDS
            .iter()
            .filter_map(|kind| kind.questions(Dialect::Openapi));
        let asked = kinds.flat_map(|questions| questions.asked);
        let asked: Vec<&str> = asked
            .filter(|question| question.field == "fieldIsUsedBy")
            .map(|question| question.path)
            .collect();
        assert_eq!(asked, wanted);
    }
    assert!(found > 0);
}

/// A call for the users of an object is filled from what is known of it.
#[test]
fn the_places_of_a_call_for_users_are_fields_that_are_read() {
    let mut found = 0;
    for kind in KINDS {
        let Some(uses) = kind.openapi.as_ref().and_then(|api| api.uses) else {
            continue;
        };
        for place in template::names(uses.path) {
            let field = kind.field(place);
            let is_read =
                field.is_some_and(|field| field.wire(Dialect::Openapi).read_name().is_some());
            assert!(["id", "sort"].contains(&place) || is_read, "{}", uses.path);
            found += usize::from(is_read);
        }
    }
    assert!(found > 0);
}

/// What a sample is taken from is there.
#[test]
fn a_sample_of_another_object_names_a_field_that_is_read() {
    let mut count = 0;
    for kind in KINDS {
        for field in kind.fields {
            let Some(Sample::Of(collection, of)) = field.sample else {
                continue;
            };
            count += 1;
            let of = find(collection).unwrap().field(of).unwrap();
            assert!(
                of.wire(Dialect::Openapi).read_name().is_some(),
                "{}",
                field.name
            );
        }
    }
    assert_eq!(count, 1);
}

/// To remove something helps only where something goes.
#[test]
fn what_makes_room_is_what_the_kind_can_do() {
    let mut counts = [0, 0];
    for kind in KINDS {
        for api in kind.apis() {
            let rooms = api.quota.iter().flat_map(|quota| quota.rooms);
            let rooms = rooms.filter(|room| !matches!(room.of, Counted::InUse { .. }));
            let most = api.most.iter();
            let most = most.filter(|most| !matches!(most.allows, Allowance::InUse(_)));
            let all = rooms
                .map(|room| room.help)
                .chain(most.map(|most| most.help));
            for help in all {
                let removes = help.contains("remove") || help.contains("delete");
                let collection = kind.collection;
                assert_eq!(removes, api.removal.may_delete(), "{collection}: {help}");
                counts[usize::from(removes)] += 1;
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
}
