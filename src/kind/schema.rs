//! From the kinds to JSON Schema: for editors, and for checking single values.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

use super::rules::{Rule, Sorts};
use super::words::{
    CSV, FILE, IGNORE_CHANGES, LIFECYCLE, MANIFEST, NEW, OVERLAY, REMOVED, REPLACES, TABLE, TEXT,
    VALUE,
};
use super::{Field, KINDS, Keys, Kind, Null, ORDER, Owned, Pattern, Shape, all, patterns, scopes};
use crate::kind;
use crate::yaml::words::doc;

/// The dialect of JSON Schema in use.
pub(crate) const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Says whether a text matches a pattern; each pattern is compiled once.
pub(crate) fn accepts(pattern: &Pattern, text: &str) -> bool {
    static COMPILED: RwLock<BTreeMap<&str, Option<Arc<Validator>>>> = RwLock::new(BTreeMap::new());
    let known =
        |compiled: &BTreeMap<&str, Option<Arc<Validator>>>| compiled.get(pattern.regex).cloned();
    let read = COMPILED.read().unwrap_or_else(PoisonError::into_inner);
    let validator = known(&read);
    drop(read);
    let validator = validator.unwrap_or_else(|| {
        let validator = compile(&json!({ "pattern": pattern.regex })).map(Arc::new);
        let mut compiled = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
        compiled.insert(pattern.regex, validator.clone());
        validator
    });
    validator.is_none_or(|validator| validator.is_valid(&text.into()))
}

/// What a manifest file may hold, for editors.
#[must_use]
pub fn manifest_schema() -> Value {
    file_schema(
        "deskform manifest",
        "What a help desk looks like: collections of resources by handle.",
        true,
    )
}

/// What a file of an overlay may hold: as a manifest, but bodies need not be complete.
#[must_use]
pub fn overlay_schema() -> Value {
    file_schema(
        "deskform overlay",
        "What an environment changes: bodies are merged onto those of the manifests, and null removes a resource.",
        false,
    )
}

pub(crate) fn managed() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| kind.managed)
}

fn file_schema(title: &str, description: &str, complete: bool) -> Value {
    let mut properties = Map::new();
    let mut removed = Map::new();
    let mut definitions = Map::new();
    definitions.insert(
        "expression".into(),
        json!({
            "description": "A text with `${var.name}`, `${env.NAME}`, `${secret.NAME}` or `$${`.",
            "type": "string",
            "pattern": EXPRESSION,
        }),
    );
    definitions.insert("reference".into(), reference());
    definitions.insert("file".into(), file());
    if complete {
        definitions.insert("table".into(), table());
    }
    for kind in managed() {
        let body = json!({ "$ref": format!("#/$defs/{}", kind.collection) });
        let optional = !complete || !kind.fields.iter().any(|field| demanded(kind, field));
        let body = if optional {
            json!({ "anyOf": [body, { "type": "null" }] })
        } else {
            body
        };
        let mut words = Map::new();
        if complete && kind.fixed_name().is_none() {
            words.insert(CSV.into(), tables());
        }
        if let Some(order) = kind.order {
            words.insert(ORDER.into(), order_schema(order, complete));
        }
        let mut collection = json!({
            "description": kind.doc,
            "type": "object",
            "propertyNames": handles_schema(kind, words.keys()),
            "additionalProperties": body,
        });
        if !words.is_empty() {
            collection["properties"] = words.into();
        }
        properties.insert(kind.collection.into(), collection);
        if !kind.is_given() && !kind.is_check() {
            let item = tombstone_schema(kind);
            removed.insert(
                kind.collection.into(),
                json!({ "type": "array", "items": item }),
            );
        }
        for (name, map) in inner_maps(kind.fields) {
            definitions
                .entry(name)
                .or_insert_with(|| map_schema(&map, complete));
        }
        definitions.insert(kind.collection.into(), kind_schema(kind, complete));
    }
    properties.insert(
        REMOVED.into(),
        json!({
            "description": doc(MANIFEST, REMOVED),
            "type": "object",
            "properties": removed,
            "additionalProperties": false,
        }),
    );
    json!({
        "$schema": DRAFT,
        "title": title,
        "description": description,
        "type": "object",
        "properties": properties,
        "patternProperties": { "^x-.": { "description": "Anything: a place for anchors." } },
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// What the handles of a kind may be, and which words may stand beside them.
fn handles_schema<'w>(kind: &Kind, words: impl Iterator<Item = &'w String>) -> Value {
    let words: Vec<&String> = words.collect();
    match kind.only_name() {
        Some(name) if scopes(kind).next().is_none() => json!({ "enum": [name] }),
        _ if words.is_empty() => json!({ "pattern": HANDLE }),
        _ => json!({ "anyOf": [{ "pattern": HANDLE }, { "enum": words }] }),
    }
}

/// How a handle begins: what begins with a dollar sign is a word.
const HANDLE: &str = "^[^$]";

/// What may be written of an order: the resources, by what they lie below where they do.
fn order_schema(kind: &Kind, complete: bool) -> Value {
    let Some(field) = kind.ranked() else {
        return json!(false);
    };
    let mut list = field_schema(field, complete);
    list["description"] = field.doc.into();
    if !complete {
        list = json!({ "anyOf": [list, { "type": "null" }] });
    }
    if scopes(kind).next().is_none() {
        return list;
    }
    json!({
        "description": kind.doc,
        "type": ["object", "null"],
        "propertyNames": { "pattern": HANDLE },
        "additionalProperties": list,
    })
}

/// A text that is not checked before its expressions are replaced.
const EXPRESSION: &str = r"\$\{";

/// What stands behind `lookup`: a name, or a map with what the name counts below.
fn lookup() -> Value {
    let doc = "The name of a live object.";
    let mut forms = vec![name_schema()];
    let named = |kind: &&&Kind| scopes(kind).next().is_some() && kind.fixed_name().is_none();
    for kind in KINDS.iter().filter(named) {
        let form = identity_schema(kind, false);
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    let mut schema = match forms.as_slice() {
        [one] => one.clone(),
        several => json!({ "anyOf": several }),
    };
    schema["description"] = doc.into();
    schema
}

/// What a reference may be; it stands under `$defs`.
pub(crate) fn reference() -> Value {
    json!({
        "description": "A handle, `{lookup: \"Name\"}` for a live object, or `{id: \"…\"}` as the last resort.",
        "anyOf": [
            { "type": ["string", "number"], "minLength": 1 },
            {
                "type": "object",
                "properties": { "lookup": lookup() },
                "required": ["lookup"],
                "additionalProperties": false,
            },
            {
                "type": "object",
                "properties": { "id": {
                    "description": "The id of a live object, in quotes.",
                    "type": ["string", "integer"],
                    "pattern": r"^[0-9]+$|\$\{",
                } },
                "required": ["id"],
                "additionalProperties": false,
            },
        ],
    })
}

/// A text that stands in a file of its own.
fn file() -> Value {
    json!({
        "description": "A text that stands in a file of its own.",
        "type": "object",
        "properties": { FILE: {
            "description": doc(TEXT, FILE),
            "type": "string",
            "minLength": 1,
        } },
        "required": [FILE],
        "additionalProperties": false,
    })
}

/// One table whose rows are resources, or several.
fn tables() -> Value {
    let table = json!({ "$ref": "#/$defs/table" });
    json!({
        "description": "Resources that are the rows of a table, or of several.",
        "anyOf": [table, { "type": "array", "items": table }],
    })
}

/// A table whose rows are resources.
fn table() -> Value {
    json!({
        "description": "A table whose rows are resources.",
        "type": "object",
        "properties": {
            FILE: { "description": doc(TABLE, FILE), "type": "string", "minLength": 1 },
            "columns": {
                "description": doc(TABLE, "columns"),
                "type": "object",
                "additionalProperties": { "type": ["string", "null"], "minLength": 1 },
            },
            "delimiter": {
                "description": doc(TABLE, "delimiter"),
                "type": "string",
                "anyOf": [{ "const": "tab" }, { "pattern": "^[^\"\\r\\nA-Za-z0-9]$" }],
            },
            "decimal": { "description": doc(TABLE, "decimal"), "enum": [".", ","] },
            "null": { "description": doc(TABLE, "null"), "type": ["string", "number"], "minLength": 1 },
        },
        "required": [FILE],
        "additionalProperties": false,
    })
}

/// A text that names something.
fn name_schema() -> Value {
    json!({ "type": ["string", "number"], "minLength": 1 })
}

/// The parts of an identity as a map; scopes may be left out, but for words where all are `needed`.
fn identity_schema(kind: &Kind, needed: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let nameless = kind.is_nameless();
    let parts = kind.fields.iter().filter(|field| field.identity);
    for field in parts.filter(|field| !(field.naming && nameless)) {
        let is_parent = field.shape.target().is_some();
        let schema = if is_parent {
            json!({ "$ref": "#/$defs/reference" })
        } else {
            json!({ "type": "string", "minLength": 1 })
        };
        properties.insert(field.name.into(), schema);
        if field.naming || (needed && (nameless || !is_parent)) {
            required.push(field.name);
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// What a tombstone may be: an identity in one text, or as a map with who takes over.
fn tombstone_schema(kind: &Kind) -> Value {
    let words = scopes(kind).filter(|field| field.shape.target().is_none());
    let text = if words.count() > 0 {
        json!({ "type": "string", "pattern": "^[^/]+/.+$" })
    } else {
        name_schema()
    };
    let heirs = heirs_schema(kind);
    if scopes(kind).next().is_none() && heirs.is_none() {
        return text;
    }
    let mut map = identity_schema(kind, true);
    if kind.is_nameless() {
        return map;
    }
    if let Some(heirs) = heirs {
        map["properties"]["transferTo"] = heirs;
    }
    json!({ "anyOf": [text, map] })
}

/// What `renamedFrom` may be: the old name, or a map with what it counted below.
fn former_schema(kind: &Kind) -> Value {
    let mut schema = name_schema();
    if scopes(kind).next().is_some() {
        schema = json!({ "anyOf": [schema, identity_schema(kind, false)] });
    }
    schema["description"] = doc(LIFECYCLE, "renamedFrom").into();
    schema
}

/// Who takes over what hangs on a removed resource; none where nobody is chosen.
pub(crate) fn heirs_schema(kind: &Kind) -> Option<Value> {
    let doc = doc(LIFECYCLE, "transferTo");
    let heir = json!({ "$ref": "#/$defs/reference" });
    let chosen = kind.chosen_heirs();
    match chosen.as_slice() {
        [] => None,
        [one] if one.name.is_empty() => {
            let mut schema = heir;
            schema["description"] = doc.into();
            Some(schema)
        }
        several => {
            let properties: Map<String, Value> = several
                .iter()
                .map(|one| (one.name.to_owned(), heir.clone()))
                .collect();
            Some(json!({
                "description": doc,
                "type": "object",
                "properties": properties,
                "minProperties": 1,
                "additionalProperties": false,
            }))
        }
    }
}

/// Whether a body without the field is incomplete: the handle may stand in for it.
fn demanded(kind: &Kind, field: &Field) -> bool {
    field.required && !field.naming && field.name != kind.field_of_handle().name
}

/// What the body of one kind may hold; `complete` demands its required fields.
#[must_use]
pub fn kind_schema(kind: &Kind, complete: bool) -> Value {
    let mut properties = fields_schema(kind.fields, complete);
    let names: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
    let mut treatments = json!({
        "preventDestroy": flag(doc(LIFECYCLE, "preventDestroy")),
        "createOnly": flag(doc(LIFECYCLE, "createOnly")),
        IGNORE_CHANGES: {
            "description": doc(LIFECYCLE, IGNORE_CHANGES),
            "type": "array",
            "items": { "anyOf": [{ "enum": names }, { "type": "string", "pattern": "^/|^[^/.]+\\." }] },
            "uniqueItems": true,
        },
        "renamedFrom": former_schema(kind),
        "replace": flag(doc(LIFECYCLE, "replace")),
    });
    if let Some(treatments) = treatments.as_object_mut() {
        treatments.retain(|key, _| kind.takes(key));
    }
    properties.insert(
        "lifecycle".into(),
        json!({
            "description": "How the resource may be treated.",
            "type": "object",
            "properties": treatments,
            "additionalProperties": false,
        }),
    );
    if let (Some(heirs), Some(lifecycle)) = (heirs_schema(kind), properties.get_mut("lifecycle")) {
        lifecycle["properties"]["transferTo"] = heirs;
    }
    if !complete {
        properties.insert(NEW.into(), flag(doc(OVERLAY, NEW)));
    }
    let required: Vec<&str> = kind
        .fields
        .iter()
        .filter(|field| complete && demanded(kind, field))
        .map(|field| field.name)
        .collect();
    let mut schema = json!({
        "description": format!("One {}.", kind.singular),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if let Some(sorts) = kind.sorts() {
        schema["allOf"] = sort_rules(kind, sorts, complete);
    }
    for rule in kind.rules.iter().filter(|_| complete) {
        if let Rule::OneOf(rule) = rule {
            let each = rule.fields.iter();
            schema["oneOf"] = each.map(|field| json!({ "required": [field] })).collect();
        }
    }
    schema
}

/// What each sort of an object demands and allows, in the order of the field's words.
fn sort_rules(kind: &Kind, sorts: &Sorts, complete: bool) -> Value {
    let words = match kind.field(sorts.field).map(|field| field.shape) {
        Some(Shape::Choice(words)) => words,
        _ => &[],
    };
    let governed = sorts.governed();
    let rules = words.iter().filter_map(|name| {
        let sort = sorts.find(name)?;
        let mut properties = Map::new();
        for property in &governed {
            if !sort.allowed.contains(property) {
                properties.insert((*property).into(), json!({ "enum": [null, ""] }));
            }
        }
        if let Some((field, min, max)) = sort.bounds {
            properties.insert(field.into(), json!({ "minimum": min, "maximum": max }));
        }
        let mut then = json!({ "properties": properties });
        if complete && !sort.required.is_empty() {
            then["required"] = json!(sort.required);
        }
        Some(json!({
            "if": { "properties": { sorts.field: { "const": name } }, "required": [sorts.field] },
            "then": then,
        }))
    });
    Value::Array(rules.collect())
}

fn fields_schema(fields: &[Field], complete: bool) -> Map<String, Value> {
    fields
        .iter()
        .map(|field| {
            let mut schema = field_schema(field, complete);
            schema["description"] = field.doc.into();
            (field.name.to_owned(), schema)
        })
        .collect()
}

/// What a manifest may write for a field: its values, expressions, and null where it can be cleared.
fn field_schema(field: &Field, complete: bool) -> Value {
    let written = match field.shape {
        _ if field.secret => json!({
            "type": ["string", "null"],
            "anyOf": [{ "pattern": r"^$|\$\{" }],
        }),
        Shape::Text { .. } | Shape::Email { .. } => json!({
            "type": ["string", "number", "null"],
            "anyOf": [without_type(open_schema(field)), { "pattern": r"^$|\$\{" }],
        }),
        Shape::Scalar { .. } => json!({
            "type": ["string", "number", "boolean", "null"],
            "anyOf": [without_type(value_schema(&field.shape)), { "pattern": EXPRESSION }],
        }),
        Shape::Choice(_) => json!({
            "anyOf": [value_schema(&field.shape), { "type": "string", "pattern": r"^$|\$\{" }, { "type": "null" }],
        }),
        Shape::Flag | Shape::Integer { .. } | Shape::Number => json!({
            "anyOf": [value_schema(&field.shape), { "$ref": "#/$defs/expression" }, { "type": "null" }],
        }),
        Shape::Reference(_) => json!({
            "anyOf": [{ "$ref": "#/$defs/reference" }, { "type": "null" }],
        }),
        Shape::References(_) | Shape::Ranked(_) => {
            let mut list = json!({
                "type": ["array", "null"],
                "items": { "$ref": "#/$defs/reference" },
                "uniqueItems": true,
            });
            if field.most > 0 {
                list["maxItems"] = field.most.into();
            }
            if matches!(field.shape, Shape::Ranked(_)) {
                list["minItems"] = 2.into();
            }
            list
        }
        Shape::Texts { max_items, .. } => texts_schema(field, max_items),
        Shape::Date => json!({
            "type": ["string", "null"],
            "anyOf": [without_type(value_schema(&field.shape)), { "pattern": r"^$|\$\{" }],
        }),
        Shape::Map(map) => {
            let mut schema = map_schema(&map, complete);
            if complete && field.required && map.owned == Owned::Whole {
                schema["minProperties"] = 1.into();
            }
            schema
        }
        Shape::Keyed(keyed) => {
            let mut map = json!({
                "type": ["object", "null"],
                "additionalProperties": field_schema(keyed.value, complete),
            });
            if matches!(keyed.keys, Keys::Places) {
                map["propertyNames"] = json!({ "pattern": "^[1-9][0-9]*$" });
                map["minProperties"] = 1.into();
            }
            if field.most > 0 {
                map["maxProperties"] = field.most.into();
            }
            map
        }
        Shape::Items(items) => {
            let mut item = map_schema(&items.item(), complete);
            if let Some(required) = item.get_mut("required").and_then(Value::as_array_mut) {
                // The handle stands in for it.
                required.retain(|name| name != items.key);
            }
            let mut map = json!({
                "type": ["object", "null"],
                "propertyNames": { "minLength": 1 },
                "additionalProperties": item,
            });
            if complete && items.min > 0 {
                map["minProperties"] = items.min.into();
                // An item that is null is none.
                map["not"] = json!({
                    "type": "object",
                    "additionalProperties": { "type": "null" },
                });
            }
            if items.max > 0 {
                map["maxProperties"] = items.max.into();
            }
            map
        }
    };
    let written = if field.required || field.never_null {
        demand(written)
    } else {
        written
    };
    let is_list = matches!(field.shape, Shape::Texts { .. });
    let named = named_schema(field).filter(|_| !is_list);
    let file = (field.takes_file()).then(|| json!({ "$ref": "#/$defs/file" }));
    match (named, file) {
        (None, None) => written,
        (named, file) => {
            let ways: Vec<Value> = [Some(written), named, file].into_iter().flatten().collect();
            json!({ "anyOf": ways })
        }
    }
}

/// What names a resource in the place of a text, see [`Field::refers`].
fn named_schema(field: &Field) -> Option<Value> {
    if field.above().is_some() {
        return (!field.refers.is_empty()).then(|| json!({ "$ref": "#/$defs/reference" }));
    }
    let kinds = field
        .refers
        .iter()
        .filter_map(|to| kind::find(to.collection));
    let ways: Map<String, Value> = kinds
        .map(|kind| (kind.word.to_owned(), json!({ "$ref": "#/$defs/reference" })))
        .collect();
    (!ways.is_empty()).then(|| {
        json!({
            "type": "object",
            "properties": ways,
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
        })
    })
}

/// What a list of texts may hold.
fn texts_schema(field: &Field, max_items: u32) -> Value {
    let item = json!({
        "type": ["string", "number"],
        "anyOf": [without_type(value_schema(&field.shape)), { "pattern": EXPRESSION }],
    });
    let item = if field.replaces_values {
        json!({ "anyOf": [item, {
            "type": "object",
            "properties": { VALUE: item, REPLACES: { "type": "array", "items": item } },
            "required": [VALUE, REPLACES],
            "additionalProperties": false,
        }] })
    } else {
        item
    };
    let item = match named_schema(field) {
        Some(named) => json!({ "anyOf": [item, named] }),
        None => item,
    };
    let mut list = json!({ "type": ["array", "null"], "items": item, "uniqueItems": true });
    if max_items > 0 {
        list["maxItems"] = max_items.into();
    }
    if field.never_empty {
        list["minItems"] = 1.into();
    }
    list
}

/// What a map with fixed leaves may hold.
fn map_schema(map: &kind::Map, complete: bool) -> Value {
    let required: Vec<&str> = map
        .fields
        .iter()
        .filter(|leaf| complete && leaf.required)
        .map(|leaf| leaf.name)
        .collect();
    let mut properties = fields_schema(map.fields, complete);
    for leaf in map.fields {
        if let Shape::Map(inner) = leaf.shape
            && let Some(name) = inner_name(&inner)
        {
            let reference = json!({ "$ref": format!("#/$defs/{name}") });
            properties.insert(leaf.name.to_owned(), reference);
        }
    }
    let mut schema = json!({
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The name of the definition that maps of one form share, where many maps have few forms.
fn inner_name(map: &kind::Map) -> Option<String> {
    if map.null == Null::Nothing {
        return None;
    }
    let names: Vec<&str> = map.fields.iter().map(|leaf| leaf.name).collect();
    Some(if names.is_empty() {
        "empty".to_owned()
    } else {
        format!("map-{}", names.join("-"))
    })
}

/// The maps inside of maps that share definitions, by name.
fn inner_maps(fields: &'static [Field]) -> Vec<(String, kind::Map)> {
    let mut found = Vec::new();
    for field in fields {
        let Shape::Map(map) = field.shape else {
            continue;
        };
        found.extend(inner_name(&map).map(|name| (name, map)));
        found.append(&mut inner_maps(map.fields));
    }
    found
}

/// Takes null and the empty text out of what a field may be.
fn demand(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|one| one != "null");
    }
    if let Some(branches) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        branches.retain(|one| *one != json!({ "type": "null" }));
        for branch in branches {
            if branch.get("pattern").is_some_and(|one| one == r"^$|\$\{") {
                branch["pattern"] = EXPRESSION.into();
            }
        }
        schema["minLength"] = 1.into();
    }
    schema
}

fn without_type(mut schema: Value) -> Value {
    if let Some(map) = schema.as_object_mut() {
        map.remove("type");
    }
    schema
}

/// As [`value_schema`], with no pattern that the server may overrule.
fn open_schema(field: &Field) -> Value {
    let mut schema = value_schema(&field.shape);
    if field.contradicted
        && let Some(pattern) = schema.get_mut("pattern")
    {
        // White space alone is nothing that anybody means.
        *pattern = r"\S".into();
    }
    schema
}

/// What a single value must be once its expressions are replaced; `{}` where nothing is known.
pub(crate) fn value_schema(shape: &Shape) -> Value {
    let text = |min: u32, max: u32, pattern: Option<&str>| {
        let mut schema = json!({ "type": "string" });
        if min > 0 {
            schema["minLength"] = min.into();
        }
        if max > 0 {
            schema["maxLength"] = max.into();
        }
        if let Some(pattern) = pattern {
            schema["pattern"] = pattern.into();
        }
        schema
    };
    match shape {
        Shape::Text { min, max, pattern } => text(*min, *max, pattern.map(|one| one.regex)),
        Shape::Email { max, pattern } => text(0, *max, Some(pattern.regex)),
        Shape::Scalar { max } => text(0, *max, None),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Integer { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        Shape::Number => json!({ "type": "number", "minimum": 0 }),
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Texts {
            max,
            pattern,
            choices,
            ..
        } => {
            if choices.is_empty() {
                text(1, *max, pattern.map(|one| one.regex))
            } else {
                json!({ "enum": choices })
            }
        }
        Shape::Date => text(0, 0, Some(patterns::DAY.regex)),
        Shape::Reference(_)
        | Shape::References(_)
        | Shape::Ranked(_)
        | Shape::Map(_)
        | Shape::Keyed(_)
        | Shape::Items(_) => json!({}),
    }
}

/// Describes a field of true or false.
pub(crate) fn flag(doc: &str) -> Value {
    json!({ "description": doc, "type": "boolean" })
}

/// What a value breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// Fewer characters than this.
    TooShort(u64),
    /// More characters than this.
    TooLong(u64),
    /// The field's pattern.
    Pattern,
    /// Not one of the choices.
    Choice,
    /// Not within the bounds.
    Range,
}

/// Checks the values of one field; compiled when first needed.
pub(crate) struct Checker {
    shape: Shape,
    validator: OnceLock<Option<Validator>>,
    /// Accepts just the ASCII texts that `validator` accepts; absent where that is no cheaper.
    ascii: OnceLock<Option<Validator>>,
    /// The ASCII characters of which texts may be made; absent where a text needs more than that.
    set: OnceLock<Option<[bool; 128]>>,
    /// The checkers of a map's leaves.
    pub(crate) leaves: Vec<Checker>,
}

impl Checker {
    fn of(fields: &'static [Field]) -> Vec<Self> {
        fields
            .iter()
            .map(|field| Self {
                shape: field.shape,
                validator: OnceLock::new(),
                ascii: OnceLock::new(),
                set: OnceLock::new(),
                leaves: match field.shape {
                    Shape::Map(map) => Self::of(map.fields),
                    Shape::Items(items) => Self::of(items.fields),
                    Shape::Keyed(keyed) => Self::of(std::slice::from_ref(keyed.value)),
                    _ => Vec::new(),
                },
            })
            .collect()
    }

    fn validator(&self) -> Option<&Validator> {
        self.validator
            .get_or_init(|| compile(&value_schema(&self.shape)))
            .as_ref()
    }

    /// Classes of Unicode take milliseconds to compile, and most texts hold nothing of them.
    fn ascii(&self) -> Option<&Validator> {
        self.ascii
            .get_or_init(|| {
                let mut schema = value_schema(&self.shape);
                let pattern = schema.get("pattern").and_then(Value::as_str)?;
                let reduced = patterns::ascii(pattern)?;
                schema["pattern"] = reduced.into();
                compile(&schema)
            })
            .as_ref()
    }

    /// Whether a text is made of characters of which any text may be made.
    fn is_in_set(&self, text: &str) -> bool {
        let set = self.set.get_or_init(|| {
            let pattern = match self.shape {
                Shape::Text { pattern, .. } => pattern?,
                _ => return None,
            };
            if !patterns::is_set(pattern.regex) {
                return None;
            }
            let validator = self.ascii().or_else(|| self.validator())?;
            Some(std::array::from_fn(|byte| {
                let character = u8::try_from(byte).map_or('\0', char::from);
                validator.is_valid(&character.to_string().into())
            }))
        });
        let allows = |set: &[bool; 128], byte: u8| set.get(usize::from(byte)) == Some(&true);
        set.as_ref()
            .is_some_and(|set| text.bytes().all(|byte| allows(set, byte)))
    }

    /// Whether a text breaks nothing, told at once where that is easy.
    ///
    /// It may say no of a text that [`Self::check`] accepts; it never says yes of another.
    pub(crate) fn surely_accepts(&self, text: &str) -> bool {
        // No text has more characters than bytes.
        let fits = |max: u32| !text.is_empty() && (max == 0 || text.len() <= max as usize);
        match self.shape {
            Shape::Text {
                min: 0 | 1,
                max,
                pattern,
            } => fits(max) && (pattern.is_none() || self.is_in_set(text)),
            Shape::Scalar { max } => fits(max),
            Shape::Choice(words) => words.contains(&text),
            _ => false,
        }
    }

    /// The first thing that a value breaks.
    pub(crate) fn check(&self, value: &Value) -> Option<Violation> {
        if value.as_str().is_some_and(str::is_ascii)
            && self.ascii().is_some_and(|ascii| ascii.is_valid(value))
        {
            return None;
        }
        let validator = self.validator()?;
        if validator.is_valid(value) {
            return None;
        }
        validator
            .iter_errors(value)
            .map(|error| match error.kind() {
                // A pattern may be left to the server; nothing else is.
                ValidationErrorKind::MinLength { limit } => Violation::TooShort(*limit),
                ValidationErrorKind::MaxLength { limit } => Violation::TooLong(*limit),
                ValidationErrorKind::Pattern { .. } => Violation::Pattern,
                ValidationErrorKind::Enum { .. } => Violation::Choice,
                _ => Violation::Range,
            })
            .min_by_key(|violation| *violation == Violation::Pattern)
    }
}

/// A validator that reads patterns in time linear in the text.
pub(crate) fn compile(schema: &Value) -> Option<Validator> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .ok()
}

/// The checkers of a kind, in the order of its fields.
pub(crate) fn checkers(kind: &Kind) -> &'static [Checker] {
    static TABLE: OnceLock<HashMap<&'static str, Vec<Checker>>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            all()
                .map(|kind| (kind.collection, Checker::of(kind.fields)))
                .collect()
        })
        .get(kind.collection)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::project_schema;

    fn all(checkers: &[Checker], each: &mut dyn FnMut(&Checker)) {
        for checker in checkers {
            each(checker);
            all(&checker.leaves, each);
        }
    }

    #[test]
    fn every_field_compiles() {
        for kind in KINDS {
            all(checkers(kind), &mut |checker| {
                assert!(
                    checker.validator().is_some(),
                    "{} {:?}",
                    kind.collection,
                    checker.shape
                );
            });
        }
    }

    #[test]
    fn what_always_has_a_value_takes_no_null() {
        let flag = Field::new("a", Shape::Flag);
        let accepts = |field: &Field, value: Value| {
            let mut schema = field_schema(field, true);
            schema["$defs"] = json!({ "expression": { "type": "string" } });
            compile(&schema).unwrap().is_valid(&value)
        };
        assert!(accepts(&flag, json!(null)) && accepts(&flag, json!(true)));
        let never = flag.never_null();
        assert!(!accepts(&never, json!(null)) && accepts(&never, json!(true)));
        let texts = Field::new(
            "a",
            Shape::Texts {
                max_items: 0,
                max: 0,
                set: true,
                pattern: None,
                choices: &[],
            },
        );
        assert!(accepts(&texts, json!([])));
        let never = texts.never_empty();
        assert!(!accepts(&never, json!([])) && accepts(&never, json!(["b"])));
    }

    #[test]
    fn schemas_are_schemas() {
        for schema in [manifest_schema(), overlay_schema(), project_schema()] {
            assert!(jsonschema::meta::is_valid(&schema));
            assert!(compile(&schema).is_some());
        }
    }

    /// Texts around what patterns take.
    fn texts() -> Vec<Value> {
        let mut texts: Vec<Value> = (0_u8..128)
            .map(|byte| char::from(byte).to_string())
            .flat_map(|one| {
                [
                    one.clone(),
                    format!("ab{one}"),
                    format!("a{one}c@example.com"),
                    format!("a@exa{one}mple.com"),
                    format!("a@example.co{one}"),
                    format!("https://www.exa{one}mple.com/a?b=c"),
                    format!("{one}ttps://hooks.example.com"),
                ]
            })
            .map(Value::from)
            .collect();
        texts.push("a@example.c".into());
        texts.push(format!("a@example.{}", "c".repeat(23)).into());
        texts.push(format!("a@{}", "b-.".repeat(4)).into());
        texts
    }

    #[test]
    fn what_is_surely_accepted_is_accepted() {
        let mut texts = texts();
        texts.extend(["", "a\u{e9}", "\u{1f600}", "EMEA", "AgentPersonal"].map(Value::from));
        texts.extend([1, 49, 50, 51, 99, 100, 101, 255, 256].map(|long| "a".repeat(long).into()));
        let (mut sure, mut sets) = (0, 0);
        for kind in KINDS {
            all(checkers(kind), &mut |checker| {
                let validator = checker.validator().unwrap();
                for text in &texts {
                    if checker.surely_accepts(text.as_str().unwrap()) {
                        assert!(validator.is_valid(text), "{} {text:?}", kind.collection);
                        sure += 1;
                    }
                }
                sets += usize::from(checker.set.get().is_some_and(Option::is_some));
            });
        }
        assert!(sure > 5_000 && sets > 20, "{sure} {sets}");
    }

    #[test]
    fn ascii_forms_accept_the_same_ascii_texts() {
        let texts = texts();
        let mut reduced = 0;
        for kind in KINDS {
            all(checkers(kind), &mut |checker| {
                let Some(ascii) = checker.ascii() else { return };
                reduced += 1;
                let full = checker.validator().unwrap();
                for text in &texts {
                    assert_eq!(
                        ascii.is_valid(text),
                        full.is_valid(text),
                        "{} {text:?} {:?}",
                        kind.collection,
                        checker.shape
                    );
                }
            });
        }
        assert!(reduced > 20, "{reduced}");
    }

    #[test]
    fn violations_are_told_apart() {
        let kind = super::super::find("departments").unwrap();
        let name = &checkers(kind)[0];
        assert_eq!(name.check(&json!("Support")), None);
        assert_eq!(name.check(&json!("A<B")), Some(Violation::Pattern));
        assert_eq!(
            name.check(&json!("x".repeat(151))),
            Some(Violation::TooLong(150))
        );
    }
}
