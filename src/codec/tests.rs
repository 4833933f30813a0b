//! The shortcuts are held to the long way.

use serde_json::json;

use super::*;
use crate::kind::{KINDS, find};
use crate::live::{Live, LiveObject};

/// Null says something of what the server would give a value, also where nothing is there yet.
#[test]
fn null_stays_where_the_server_would_give_a_value() {
    fn maps(shape: &Shape, f: &mut dyn FnMut(&Shape, &[Field])) {
        match shape {
            Shape::Map(map) => {
                f(shape, map.fields);
                for leaf in map.fields {
                    maps(&leaf.shape, f);
                }
            }
            Shape::Keyed(keyed) => maps(&keyed.value.shape, f),
            _ => {}
        }
    }
    let mut kept = 0;
    for field in KINDS.iter().flat_map(|kind| kind.fields) {
        maps(&field.shape, &mut |shape, leaves| {
            for leaf in leaves.iter().filter(|_| is_owned_by_name(shape)) {
                let named = Value::Map(Leaves::from([(leaf.name, Value::Null)]));
                let laid = merge(shape, &named, &Value::Null);
                let is_filled = leaf.server_default && leaf.nullable;
                let wanted = if is_filled { named } else { Value::Null };
                assert_eq!(laid, wanted, "{}", leaf.name);
                kept += usize::from(is_filled);
            }
        });
    }
    assert!(kept > 0);
}

/// Values of every form, in normal form and not.
fn values() -> Vec<Value> {
    let texts = [
        "",
        "a",
        " a",
        "a ",
        "a\r\nb",
        "a\nb\n",
        "A@Example.com",
        "a@example.com",
        "ß",
        "12",
        "12.50",
        "12.",
        "\u{a0}a",
        "\t",
        "2027-06-30",
        "2027-6-3",
        "2027-02-30",
        "1814313600000",
    ];
    let texts = texts.map(|text| Value::Text(text.into()));
    let to = |handle: &str| Value::Reference(Reference::To(Address::new("agents", handle)));
    let mut values: Vec<Value> = vec![
        Value::Null,
        Value::Bool(true),
        Value::Number(Number::from(24)),
        Value::Number(Number::from_f64(24.0).unwrap()),
        to("a"),
        Value::List(Vec::new()),
        Value::List(vec![to("a"), to("b")]),
        Value::List(vec![to("b"), to("a")]),
        Value::List(vec![to("a"), to("a")]),
        Value::List(vec![Value::text("b "), Value::text("a")]),
        Value::Map(Leaves::new()),
    ];
    values.extend(
        texts
            .iter()
            .map(|text| Value::Map(Leaves::from([("a", text.clone())]))),
    );
    values.extend(texts);
    values
}

#[test]
fn what_surely_reads_as_a_value_is_read_as_it() {
    for dialect in [Dialect::Openapi, Dialect::Guide] {
        surely_reads(dialect);
    }
}

fn surely_reads(dialect: Dialect) {
    let mut live = Live::new(dialect);
    for (index, (collection, raw)) in [
        ("agents", json!({"id": "1", "emailId": "a"})),
        ("agents", json!({"id": "2", "emailId": "b"})),
        (
            "customFields",
            json!({"id": "3", "module": "contacts", "apiName": "cf_a"}),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        live.add(LiveObject {
            kind: find(collection).unwrap(),
            id: (index + 1).to_string(),
            raw: raw.as_object().unwrap().clone(),
            parts: Vec::new(),
        });
        let handle = ["a", "b", "field"][index];
        live.bind(
            index,
            Address::new(find(collection).unwrap().collection, handle),
        );
    }
    let mut raws: Vec<Json> = values()
        .iter()
        .filter_map(|value| value.as_text().map(Json::from))
        .collect();
    raws.extend([
        json!(null),
        json!(true),
        json!("true"),
        json!(1),
        json!("1"),
        json!(2),
        json!([1]),
    ]);
    for text in ["a", " a", "", "b"] {
        raws.extend([
            json!({"cf_a": text}),
            json!({"cf_b": text}),
            json!({"cf_a": text, "cf_b": "a"}),
        ]);
    }
    let mut wanted = values();
    for text in ["a", "b"] {
        for keys in [
            &["customFields/field"][..],
            &["cf_b"],
            &["customFields/field", "cf_b"],
        ] {
            let leaves = keys.iter().map(|key| (*key, Value::text(text)));
            wanted.push(Value::Map(leaves.collect()));
        }
    }
    let mut sure = 0;
    for field in KINDS.iter().flat_map(|kind| kind.fields) {
        let Some(name) = field.wire(dialect).read_name() else {
            continue;
        };
        for raw in &raws {
            let raw = Object::from_iter([(name.to_owned(), raw.clone())]);
            for value in &wanted {
                if surely_reads_as(field, dialect, &raw, value, &live) {
                    let read = read_field(field, dialect, &raw, &live);
                    assert_eq!(read.as_ref(), Some(value), "{} {raw:?}", field.name);
                    sure += 1;
                }
            }
        }
    }
    assert!(sure > 100, "{sure}");
}

#[test]
fn what_is_told_to_be_normal_is_left_as_it_is() {
    let mut normal = 0;
    for kind in KINDS {
        for field in kind.fields {
            for dialect in [Dialect::Openapi, Dialect::Guide] {
                for value in values() {
                    let form = normal_form(field, dialect, value.clone());
                    if is_normal(field, dialect, &value) {
                        assert_eq!(form, value, "{}.{}", kind.collection, field.name);
                        normal += 1;
                    }
                    let again = normal_form(field, dialect, form.clone());
                    assert_eq!(again, form, "{}.{}", kind.collection, field.name);
                }
            }
        }
    }
    assert!(normal > 1_000, "{normal}");
}

/// Names that know nothing.
struct Nobody;

impl Names for Nobody {
    fn collection(&self, target: &kind::Target, _: &str) -> &'static str {
        target.collection
    }

    fn address(&self, collection: &'static str, id: &str) -> Address {
        Address::new(collection, format!("id:{id}"))
    }
    fn is_address(&self, _: &'static str, _: &str, _: &Address) -> bool {
        false
    }
    fn is_key(&self, _: &kind::Target, _: &str, _: &str) -> bool {
        false
    }
    fn key(&self, _: &kind::Target, wire_name: &str) -> Arc<str> {
        wire_name.into()
    }
    fn key_of_id(&self, _: &kind::Target, _: &str) -> Option<Arc<str>> {
        None
    }
    /// The key says of which sort its values are.
    fn alike(&self, _: &kind::Target, key: &str) -> Alike {
        match key {
            "decimal" => Alike::Decimal,
            "day" => Alike::Day,
            "instant" => Alike::Instant,
            "flag" => Alike::Flag,
            "some" => Alike::Choices,
            "url" => Alike::Url,
            "colour" => Alike::Colour,
            _ => Alike::Text,
        }
    }
    fn meant(&self, _: &[kind::Target], _: &str) -> Option<Address> {
        None
    }
    fn text_of(&self, _: &[kind::Target], _: &Address) -> Option<String> {
        None
    }
}

impl Ids for Nobody {
    fn id(&self, _: &Address) -> Option<String> {
        None
    }
    fn label(&self, _: &Address) -> Option<String> {
        None
    }
    fn wire_name(&self, _: &Address) -> Option<String> {
        None
    }
    fn id_of_key(&self, _: &kind::Target, _: &str) -> Option<String> {
        None
    }
}

fn text_field(name: &'static str) -> Field {
    let shape = Shape::Text {
        min: 0,
        max: 0,
        pattern: None,
    };
    Field::new(name, shape)
}

fn holidays() -> Field {
    let fields: Vec<Field> = ["name", "from", "to"].map(text_field).into();
    Field::new(
        "holidays",
        Shape::Items(Items {
            min: 0,
            fields: Vec::leak(fields),
            key: "name",
            max: 0,
            one_each: false,
            idle: &[("from", "-"), ("to", "-")],
            span: None,
        }),
    )
}

fn read(field: &Field, json: Json) -> Value {
    let raw = Object::from_iter([(field.name.to_owned(), json)]);
    read_field(field, Dialect::Openapi, &raw, &Nobody).unwrap()
}

fn item(pairs: &[(&str, &str)]) -> Value {
    let leaves = pairs.iter().map(|(key, text)| (*key, Value::text(text)));
    Value::Map(leaves.collect())
}

#[test]
fn items_take_handles_that_tell_them_apart() {
    let field = holidays();
    let live = read(
        &field,
        json!([
            {"name": "Bank", "from": "12-26", "to": "12-26"},
            {"name": "Bank", "from": "05-01", "to": "05-01", "id": "7"},
            {"name": "New Year", "from": "01-01", "to": "01-01"},
            {"name": "Off", "from": "-", "to": "-"},
        ]),
    );
    let Value::Map(items) = &live else {
        panic!("{live:?}")
    };
    // An item that says nothing is absent.
    let handles: Vec<&str> = items.keys().collect();
    assert_eq!(handles, ["Bank (05-01)", "Bank (12-26)", "New Year"]);

    // Manifests name their items freely: the live ones take those names.
    let wanted = Value::Map(Leaves::from([
        (
            "second",
            item(&[("name", "Bank"), ("from", "12-26"), ("to", "12-26")]),
        ),
        (
            "first",
            item(&[("name", "Bank"), ("from", "05-02"), ("to", "05-02")]),
        ),
        ("New Year", item(&[("from", "01-01"), ("to", "01-01")])),
    ]));
    let wanted = normalise(&field, Dialect::Openapi, wanted);
    let settled = settle(&field, &wanted, live, &Nobody);
    let differences: Vec<String> = crate::diff::between("holidays", &settled, &wanted)
        .iter()
        .map(|difference| difference.path.pointer())
        .collect();
    assert_eq!(differences, ["/holidays/first/from", "/holidays/first/to"]);
    let sent = encode(&field, Dialect::Openapi, &wanted, Part::All, &Nobody).unwrap();
    assert_eq!(
        sent,
        json!([
            {"from": "01-01", "name": "New Year", "to": "01-01"},
            {"from": "05-02", "name": "Bank", "to": "05-02"},
            {"from": "12-26", "name": "Bank", "to": "12-26"},
        ])
    );
}

/// Of spellings of one value none is a difference; of two values each is.
#[test]
fn values_are_compared_by_their_type() {
    let shape = KINDS
        .iter()
        .flat_map(|kind| kind.fields)
        .find(|field| field.shape.keyed_by().is_some())
        .unwrap();
    for (key, one, other, same) in [
        ("decimal", "12.5", "12.50", true),
        ("decimal", "+007", "7", true),
        ("decimal", "-0", "0", true),
        ("decimal", "1e3", "1000", false),
        ("decimal", "12.5", "12.51", false),
        ("day", "2027-06-30", "2027-06-30T00:00:00.000Z", true),
        ("day", "2027-06-30", "1814313600000", true),
        ("day", "2027-06-03", "2027-6-3", true),
        ("day", "2027-06-03", "2027-6-30", false),
        ("day", "2027-06-30", "2027-07-01", false),
        (
            "instant",
            "2027-06-30T09:00:00.000Z",
            "2027-06-30T11:00:00+02:00",
            true,
        ),
        ("instant", "2027-06-30T09:00:00Z", "1814346000000", true),
        (
            "instant",
            "2027-06-30T09:00:00Z",
            "2027-06-30T09:00:01Z",
            false,
        ),
        ("flag", "true", "True", true),
        ("flag", "false", "0", true),
        ("flag", "true", "false", false),
        ("some", "A;B", "B; A", true),
        ("some", "A;B", "A", false),
        (
            "url",
            "https://Example.com",
            "https://example.com:443/",
            true,
        ),
        (
            "url",
            "https://example.com/a",
            "https://example.com/A",
            false,
        ),
        ("colour", "#FFF", "ffffff", true),
        ("colour", "#1a2B3c", "1A2b3C", true),
        ("colour", "abc", "#aabbcc", true),
        ("colour", "#abc", "#abcabc", false),
        ("colour", "#1a2b3c", "#1a2b3d", false),
        // What is no colour is a text.
        ("colour", "#abcd", "abcd", false),
        ("colour", "Red", "red", false),
        ("colour", "##abc", "#abc", false),
        ("text", "R&D", "R&amp;D", true),
        ("text", "Re\u{301}gion", "R\u{e9}gion", true),
        ("text", "a\nb", "a\r\nb", true),
        ("text", "12.5", "12.50", false),
        ("text", "a", "A", false),
    ] {
        let named = item(&[(key, one)]);
        let live = item(&[(key, other)]);
        let settled = settle(shape, &named, live, &Nobody);
        assert_eq!(settled == named, same, "{key}: {one} and {other}");
        // Records of before are compared alike.
        let (one, other) = (json!({ key: one }), json!({ key: other }));
        let alike = same_json(shape, Some(&one), Some(&other), &Nobody);
        assert_eq!(alike, same, "{key}: {one} and {other}");
    }
}

#[test]
fn maps_that_are_sent_by_changed_leaf_send_no_other() {
    let flags: Vec<Field> = ["view", "edit"]
        .map(|name| Field::new(name, Shape::Flag))
        .into();
    let group = |name| {
        let map = Map {
            fields: Vec::leak(flags.clone()),
            owned: Owned::Named,
            sent: Sent::Whole,
            null: Null::Nothing,
            elsewhere: &[],
            keeps_unknown: false,
        };
        Field::new(name, Shape::Map(map))
    };
    let groups: Vec<Field> = ["tickets", "contacts"].map(group).into();
    let field = Field::new(
        "permissions",
        Shape::Map(Map {
            fields: Vec::leak(groups),
            owned: Owned::Named,
            sent: Sent::Changed,
            null: Null::Nothing,
            elsewhere: &[],
            keeps_unknown: false,
        }),
    );
    let live = read(
        &field,
        json!({
            "tickets": {"view": "true", "edit": false},
            "contacts": {"view": true, "edit": true},
        }),
    );
    let edit = |flag| Value::Map(Leaves::from([("edit", Value::Bool(flag))]));
    let named = Value::Map(Leaves::from([
        ("tickets", edit(true)),
        ("contacts", edit(true)),
    ]));
    let wanted = merge(&field.shape, &named, &live);
    let differences = crate::diff::between("permissions", &live, &wanted);
    let [difference] = &differences[..] else {
        panic!("{differences:?}")
    };
    assert_eq!(difference.path.pointer(), "/permissions/tickets/edit");
    let way = [&*difference.path.below];
    let sent = encode(
        &field,
        Dialect::Openapi,
        &wanted,
        Part::Leaves(&way),
        &Nobody,
    )
    .unwrap();
    assert_eq!(sent, json!({"tickets": {"edit": true, "view": true}}));
    // What is recorded is what manifests name.
    let kept = restrict(&field.shape, &named, &wanted);
    assert_eq!(kept, named);
}

#[test]
fn answers_are_read_at_paths() {
    let raw = json!({
        "timeZone": {"id": "UTC"},
        "lists": [{"id": "1"}, {"name": "x"}, {"id": 2}],
        "none": null,
        "a/b": 1,
    });
    let raw = raw.as_object().unwrap();
    for (path, found) in [
        ("timeZone/id", Some(json!("UTC"))),
        ("timeZone/name", None),
        ("lists/*/id", Some(json!(["1", 2]))),
        ("none/id", Some(json!(null))),
        ("missing/id", None),
        ("missing|timeZone/id", Some(json!("UTC"))),
        ("a/b", Some(json!(1))),
    ] {
        assert_eq!(shown_at(raw, path).map(Cow::into_owned), found, "{path}");
    }
}

#[test]
fn a_list_that_needs_an_item_cannot_be_emptied() {
    let field = holidays();
    let Shape::Items(items) = field.shape else {
        panic!("{field:?}")
    };
    for (min, wanted) in [(0, true), (1, false)] {
        let field = Field::new(field.name, Shape::Items(Items { min, ..items }));
        assert_eq!(can_be_cleared(&field, Dialect::Openapi), wanted, "{min}");
    }
}

/// The events of a webhook.
fn events() -> &'static Field {
    let webhooks = find("webhooks").unwrap();
    webhooks.field("subscriptions").unwrap()
}

#[test]
fn what_is_ignored_inside_an_item_takes_nothing_else_along() {
    let field = events();
    let leaves = |pairs: &[(&str, Value)]| Value::Map(pairs.iter().cloned().collect());
    let status = || leaves(&[("fields", Value::List(vec![Value::text("status")]))]);
    let none = || Value::Map(Leaves::new());
    let way = ["Ticket_Update".to_owned(), "fields".to_owned()];
    for (wanted, live, expected) in [
        // The event is subscribed, and its filter is left as it is live: there is none.
        (
            leaves(&[("Ticket_Update", status())]),
            leaves(&[("Contact_Add", none())]),
            leaves(&[("Ticket_Update", none())]),
        ),
        // An event that nobody declares goes as a whole.
        (
            leaves(&[("Contact_Add", none())]),
            leaves(&[("Ticket_Update", status())]),
            leaves(&[("Contact_Add", none())]),
        ),
        (
            leaves(&[("Ticket_Update", none())]),
            leaves(&[("Ticket_Update", status())]),
            leaves(&[("Ticket_Update", status())]),
        ),
    ] {
        let kept = keep_live(&field.shape, wanted.clone(), &live, &way);
        assert_eq!(kept, expected, "{wanted:?} over {live:?}");
    }
    // Where the item itself is ignored it stays, or stays away.
    let whole = ["Ticket_Update".to_owned()];
    let live = leaves(&[("Ticket_Update", status())]);
    let kept = keep_live(&field.shape, none(), &live, &whole);
    assert_eq!(kept, live);
    assert_eq!(keep_live(&field.shape, live, &none(), &whole), none());
}

#[test]
fn what_the_table_does_not_know_is_seen_and_goes_back() {
    let field = events();
    let shown = json!({
        "Contact_Add": {"channel": "WEB"},
        "Ticket_Update": {"fields": ["status"], "newFilter": true},
        "Something_New": null,
    });
    let live = read(field, shown.clone());
    let wanted = Value::Map(Leaves::from([("Contact_Add", Value::Map(Leaves::new()))]));
    let differences = crate::diff::between("subscriptions", &live, &wanted);
    assert_eq!(differences.len(), 3, "{differences:?}");
    let sent = encode(field, Dialect::Openapi, &live, Part::All, &Nobody).unwrap();
    assert_eq!(sent, shown);

    let profiles = find("profiles").unwrap();
    let field = profiles.field("permissions").unwrap();
    let live = read(field, json!({"tickets": {"view": true, "newFlag": true}}));
    let named = Value::Map(Leaves::from([(
        "tickets",
        Value::Map(Leaves::from([("edit", Value::Bool(true))])),
    )]));
    let merged = merge(&field.shape, &named, &live);
    let sent = encode(field, Dialect::Openapi, &merged, Part::All, &Nobody).unwrap();
    let group = json!({"tickets": {"edit": true, "newFlag": true, "view": true}});
    assert_eq!(sent, group);
}

#[test]
fn a_list_that_the_api_takes_with_items_only_is_not_emptied() {
    let hours = find("businessHours").unwrap();
    let field = hours.field("businessTimes").unwrap();
    assert!(is_too_short(field, &Value::Null));
    assert!(is_too_short(field, &Value::Map(Leaves::new())));
    let one = Value::Map(Leaves::from([("MONDAY", Value::Map(Leaves::new()))]));
    assert!(!is_too_short(field, &one));
}

#[test]
fn an_expression_is_one_however_it_is_spelled() {
    for (one, other, same) in [
        ("(1or2)", "1 OR 2", true),
        ("((1 and 2))", "1and2", true),
        ("(1 or 2) and 3", "(1or2)AND3", true),
        ("(1) or (2)", "1) or (2", false),
        ("(1 or 2) and 3", "1 or 2 and 3", false),
        ("1 or 2", "1 and 2", false),
        ("1 or 2", "2 or 1", false),
    ] {
        assert_eq!(
            are_alike(Alike::Expression, one, other),
            same,
            "{one} {other}"
        );
    }
}

#[test]
fn places_are_a_list_on_the_wire() {
    static VALUE: Field = Field::new("item", Shape::Scalar { max: 0 });
    let shape = Shape::Keyed(Keyed {
        keys: Keys::Places,
        value: &VALUE,
        owned: Owned::Whole,
        sent: Sent::Whole,
        listed: None,
    });
    let field = Field::new("items", shape);
    // The tenth comes behind the second, although texts are sorted otherwise.
    let list: Vec<String> = (1..=11).map(|n| format!("item {n}")).collect();
    let raw = json!({ "items": list });
    let value = read_field(&field, Dialect::Openapi, raw.as_object().unwrap(), &Nobody).unwrap();
    let Value::Map(map) = &value else {
        panic!("{value:?}")
    };
    assert_eq!(map.get("2"), Some(&Value::text("item 2")));
    assert_eq!(map.len(), 11);
    let sent = encode(&field, Dialect::Openapi, &value, Part::All, &Nobody);
    assert_eq!(sent, Ok(raw["items"].clone()));
}

/// Source: `FieldPermissions`: whether a field that is hidden is read only says nothing, and what means no word
/// is none of the map's.
#[test]
fn flags_of_a_row_stand_for_a_word() {
    let field = find("fieldAccess").unwrap().field("access").unwrap();
    let row = |name: &str, writes: Value, reads: Value| {
        json!({"profileId": 7, "profileName": name, "isWriteOnly": plain_json(&writes),
            "isReadOnly": plain_json(&reads), "isInVisible": true})
    };
    let raw = json!({"fieldPermissions": [
        row("edits", Value::Bool(true), Value::Bool(false)),
        row("reads", Value::Bool(true), Value::Bool(true)),
        row("sees nothing", Value::Bool(false), Value::Bool(false)),
        row("sees nothing either", Value::Bool(false), Value::Bool(true)),
        row("texts", Value::text("true"), Value::text("FALSE")),
        row("nobody knows", Value::Null, Value::Null),
        row("half", Value::Bool(true), Value::Null),
        "no object",
    ]});
    let read = read_field(field, Dialect::Openapi, raw.as_object().unwrap(), &Nobody).unwrap();
    let words = [
        ("edits", "edit"),
        ("reads", "read"),
        ("sees nothing", "hidden"),
        ("sees nothing either", "hidden"),
        ("texts", "edit"),
    ];
    let words = words.map(|(name, word)| (name, Value::text(word)));
    assert_eq!(read, Value::Map(words.into_iter().collect()));
    // A resource without an id is never left out in silence.
    let sent = encode(field, Dialect::Openapi, &read, Part::All, &Nobody);
    assert!(matches!(sent, Err(EncodeError::UnknownId(_))), "{sent:?}");
}

fn plain_json(value: &Value) -> Json {
    plain(value, &Nobody).unwrap()
}

/// Schemas write days as texts and examples as milliseconds since the epoch.
#[test]
fn a_day_has_one_form_however_an_answer_has_it() {
    let field = Field::new("startDate", Shape::Date);
    for (json, wanted) in [
        (json!("2027-06-30"), Some("2027-06-30")),
        (json!(" 2027-06-30 "), Some("2027-06-30")),
        (json!("2027-6-3"), Some("2027-06-03")),
        (json!("2027-06-30T00:00:00.000Z"), Some("2027-06-30")),
        (json!(1_814_313_600_000_i64), Some("2027-06-30")),
        (json!(1_814_313_600_000.0), Some("2027-06-30")),
        (json!("1814313600000"), Some("2027-06-30")),
        // The last millisecond of the day, in UTC.
        (json!(1_814_399_999_999_i64), Some("2027-06-30")),
        (json!(1_814_400_000_000_i64), Some("2027-07-01")),
        (json!(0), Some("1970-01-01")),
        (json!(-1), Some("1969-12-31")),
        // What is no day stays as it is, so that it is seen.
        (json!("2027-02-30"), Some("2027-02-30")),
        (json!("27-6-3"), Some("27-6-3")),
        (json!("2027-6-3-1"), Some("2027-6-3-1")),
        (json!("2027-+6-3"), Some("2027-+6-3")),
        (json!("soon"), Some("soon")),
        (json!("12"), Some("12")),
        (json!(1.5), Some("1.5")),
        (json!(""), None),
        (json!(null), None),
    ] {
        let wanted = wanted.map_or(Value::Null, Value::text);
        assert_eq!(read(&field, json.clone()), wanted, "{json}");
    }
}

#[test]
fn maps_by_name_are_found_inside_of_others() {
    let found = |collection: &str, field: &str, value: Value| {
        let field = find(collection).unwrap().field(field).unwrap();
        let mut found = Vec::new();
        keyed_maps(field, &value, &mut |path, inner, value| {
            found.push((path.pointer(), inner.name, value.is_null()));
        });
        found
    };
    let cf = || Value::Map([("a", Value::text("x"))].into_iter().collect());
    let values = |cf: Value| Value::Map([("cf", cf)].into_iter().collect());
    let at = |path: &str, is_null| vec![(path.to_owned(), "cf", is_null)];
    assert_eq!(found("contacts", "cf", cf()), at("/cf", false));
    let inside = "/ticketTemplateValues/cf";
    let of_template = |value| found("ticketTemplates", "ticketTemplateValues", value);
    assert_eq!(of_template(values(cf())), at(inside, false));
    assert_eq!(of_template(values(Value::Null)), at(inside, true));
    assert_eq!(of_template(Value::Null), []);
}

/// A map whose leaves are all null says nothing inside of another one, unless null is a value of it.
#[test]
fn a_map_without_leaves_is_none_inside_of_another_one() {
    let rules = crate::kind::find("directAssignmentRules").unwrap();
    let targets = rules.field("targets").unwrap();
    let target = |criteria: serde_json::Value| {
        read(
            targets,
            json!([{"toDepartmentId": "7", "criteria": criteria}]),
        )
    };
    let none = target(json!(null));
    assert_eq!(
        target(json!({"fieldConditions": null, "pattern": null})),
        none
    );
    assert_eq!(target(json!({"fieldConditions": [], "pattern": ""})), none);
    assert_ne!(target(json!({"pattern": "1"})), none);
}

/// A map of lists, as a layout has sections of fields: what is named, laid over what is live.
mod lists {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::codec::listed::items;
    use crate::codec::merge;

    /// Lists by their names, each with its items in order; an item that is wanted nowhere is marked.
    type Lists = Vec<(u8, Vec<(u8, bool)>)>;

    fn shape() -> &'static Field {
        let kind = crate::kind::find("layouts").unwrap();
        kind.field("sections").unwrap()
    }

    fn ordered(entries: Vec<(String, Value)>) -> Value {
        let order = listed::order_of(entries.iter().map(|(key, _)| &**key));
        let mut map: Leaves = entries.into_iter().collect();
        map.insert(listed::ORDER, order);
        Value::Map(map)
    }

    fn value(lists: &Lists, live: bool) -> Value {
        let list = |items: &Vec<(u8, bool)>| {
            let item = |(n, goes): &(u8, bool)| {
                let mut item = Leaves::new();
                if live {
                    item.insert(listed::ID, Value::text(&n.to_string()));
                }
                let value = if *goes && !live {
                    Value::Null
                } else {
                    Value::Map(item)
                };
                (format!("f{n}"), value)
            };
            // What goes is not among those in order.
            let (gone, kept): (Vec<_>, Vec<_>) =
                items.iter().map(item).partition(|(_, one)| one.is_null());
            let Value::Map(mut list) = ordered(kept) else {
                unreachable!("a map")
            };
            list.extend(gone);
            Value::Map(Leaves::from([("fields", Value::Map(list))]))
        };
        ordered(
            lists
                .iter()
                .map(|(n, items)| (format!("s{n}"), list(items)))
                .collect(),
        )
    }

    /// Where each item stands, and the items in order.
    fn told(value: &Value) -> Vec<(String, Vec<String>)> {
        let Value::Map(lists) = value else {
            return Vec::new();
        };
        items(lists)
            .map(|(name, list)| {
                let Value::Map(list) = list else {
                    return (name.to_owned(), Vec::new());
                };
                let Some(Value::Map(list)) = list.get("fields") else {
                    return (name.to_owned(), Vec::new());
                };
                let there = items(list).filter(|(_, item)| !item.is_null());
                (
                    name.to_owned(),
                    there.map(|(key, _)| key.to_owned()).collect(),
                )
            })
            .collect()
    }

    /// The id of each item, wherever it stands.
    fn ids(value: &Value) -> BTreeMap<String, Option<Value>> {
        let mut ids = BTreeMap::new();
        let Value::Map(lists) = value else { return ids };
        for (_, list) in items(lists) {
            let Value::Map(list) = list else { continue };
            let Some(Value::Map(list)) = list.get("fields") else {
                continue;
            };
            for (key, item) in items(list) {
                let Value::Map(item) = item else { continue };
                ids.insert(key.to_owned(), item.get(listed::ID).cloned());
            }
        }
        ids
    }

    fn lists() -> impl Strategy<Value = Lists> {
        prop::collection::vec(
            (
                0..4_u8,
                prop::collection::vec((0..8_u8, prop::bool::weighted(0.2)), 0..5),
            ),
            0..4,
        )
        .prop_map(|mut lists| {
            let (mut outer, mut inner) = (BTreeSet::new(), BTreeSet::new());
            lists.retain(|(name, _)| outer.insert(*name));
            for (_, items) in &mut lists {
                items.retain(|(item, _)| inner.insert(*item));
            }
            lists
        })
    }

    proptest! {
        #[test]
        fn what_is_named_is_laid_over_what_is_live(live in lists(), named in lists()) {
            let (live, named) = (value(&live, true), value(&named, false));
            let wanted = merge(&shape().shape, &named, &live);
            // It is laid once: what is as it is wanted stays so.
            prop_assert_eq!(&merge(&shape().shape, &named, &wanted), &wanted);
            let (before, after) = (told(&live), told(&wanted));
            let mut all: Vec<&String> = after.iter().flat_map(|(_, items)| items).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), count, "an item stands twice");
            // Every item stands where it is named, and those of one list in the order in which they are.
            let Value::Map(map) = &named else { unreachable!() };
            let mut said = BTreeMap::new();
            for (name, list) in items(map) {
                let Value::Map(list) = list else { unreachable!() };
                let Some(Value::Map(list)) = list.get("fields") else { unreachable!() };
                for (key, value) in list.iter().filter(|(key, _)| !listed::is_own(key)) {
                    said.insert(key.to_owned(), (!value.is_null()).then(|| name.to_owned()));
                }
            }
            for (key, place) in &said {
                let found = after.iter().find(|(_, items)| items.contains(key));
                prop_assert_eq!(found.map(|(name, _)| name), place.as_ref(), "{}", key);
            }
            for (name, wanted) in told(&named) {
                let (_, list) = after.iter().find(|(other, _)| *other == name).unwrap();
                let found: Vec<&String> = list.iter().filter(|key| wanted.contains(key)).collect();
                prop_assert_eq!(found, wanted.iter().collect::<Vec<_>>());
            }
            // What is not named stays, and in its order.
            for (name, items) in &before {
                let (_, list) = after.iter().find(|(other, _)| other == name).unwrap();
                let others = |list: &Vec<String>| -> Vec<String> {
                    list.iter().filter(|key| !said.contains_key(*key)).cloned().collect()
                };
                prop_assert_eq!(others(items), others(list));
            }
            // No id is lost or made up.
            let known = ids(&live);
            for (key, id) in ids(&wanted) {
                prop_assert_eq!(&id, known.get(&key).unwrap_or(&None), "{}", key);
            }
        }
    }
}
