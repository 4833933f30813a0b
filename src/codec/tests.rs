//! The shortcuts are held to the long way.

use serde_json::json;

use super::*;
use crate::kind::{KINDS, find};
use crate::live::{Live, LiveObject};

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
