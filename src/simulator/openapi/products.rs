//! Products.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, get, list, patch, post};
use super::super::limits::Price;
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome, Problem};
use super::super::rules::{
    Form, Param, Rule, Shape, form, id, id_text, list as list_of, map, needed, param, scalar, set,
    text,
};
use super::super::store::ids;
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.settings.READ", "Desk.products.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.settings.CREATE", "Desk.products.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.settings.UPDATE", "Desk.products.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.settings.DELETE", "Desk.products.DELETE"]);

// One class is published for values of all types; telephone numbers and choices have more.
const CF_VALUE: Shape = Shape::Text {
    min: 0,
    max: 100,
    pattern: Pattern::Number,
};
const DEPARTMENT: Shape = Shape::Id("departments");
const PRODUCT: Shape = Shape::Id("products");

const DEPARTMENTS: Rule = set("departmentIds", &DEPARTMENT);
// A number, or a number that is written as text.
const PRICE: Rule = scalar("unitPrice");
const OWNER: Rule = id("ownerId", "agents");
const LAYOUT: Rule = id("layoutId", "layouts");
const CF: Rule = map("cf", &CF_VALUE);
const CUSTOM_FIELDS: Rule = map("customFields", &CF_VALUE);

/// Source: Product, operation `createProduct`, which marks the departments alone as needed. A product
/// without a name cannot be told apart in the product either, so it is refused here.
const NEW: [Rule; 11] = [
    text("productName", 200).required(),
    DEPARTMENTS.required(),
    form("productCode", 200, Pattern::Name),
    PRICE,
    OWNER,
    form("productCategory", usize::MAX, Pattern::Kind),
    form("manufacturer", usize::MAX, Pattern::Kind),
    text("description", 65_535),
    LAYOUT,
    CF,
    CUSTOM_FIELDS,
];

/// Source: Product, operation `updateProduct`: only code and price take null.
const CHANGE: [Rule; 11] = [
    text("productName", 200),
    DEPARTMENTS,
    form("productCode", 200, Pattern::Name).nullable(),
    PRICE.nullable(),
    OWNER,
    text("productCategory", usize::MAX),
    text("manufacturer", usize::MAX),
    form("description", 65_535, Pattern::Name).clearable(),
    LAYOUT,
    CF,
    CUSTOM_FIELDS,
];

/// Source: Product, operation `deleteProduct`.
const TRASH: [Rule; 2] = [
    list_of("productIds", &PRODUCT, 1, 50).required(),
    id("departmentId", "departments"),
];

const LIMIT: Param = param("limit", Form::Range(1, 100));
const FROM: Param = param("from", Form::Range(0, i64::MAX));

/// Source: Product, operation `getProducts`.
const PRODUCT_LIST: [Param; 8] = [
    param("include", Form::Choices(&["owner"])),
    param("viewId", Form::Id),
    param("departmentId", Form::Id),
    LIMIT,
    FROM,
    param(
        "sortBy",
        Form::Order(&[
            "productName",
            "productCode",
            "unitPrice",
            "createdTime",
            "modifiedTime",
        ]),
    ),
    param("ownerId", Form::Id),
    param("fields", Form::Names(30)),
];
const PRODUCT_GET: [Param; 1] = [param("include", Form::Choices(&["departments", "owner"]))];

/// Source: Product, operation `searchProductDuplicates`.
const DUPLICATES: [Param; 3] = [LIMIT, FROM, needed("productName", Form::Text(0, 200))];

/// The operations of this file.
pub(super) static ROUTES: [Route; 6] = [
    list("/products", READ, &PRODUCT_LIST, products),
    post("/products", CREATE, Content::Object(&NEW), create),
    list("/products/searchDuplicates", READ, &DUPLICATES, duplicates),
    post(
        "/products/moveToTrash",
        DELETE,
        Content::Object(&TRASH),
        trash,
    )
    .at(Price::Each(6)),
    get("/products/{id}", READ, &PRODUCT_GET, single),
    patch("/products/{id}", UPDATE, Content::Change(&CHANGE), change),
];

/// The fields that a list item carries without `fields`. Source: Product, list items.
const LISTED: [&str; 4] = ["id", "productName", "productCode", "unitPrice"];

/// Standard fields that `fields` may ask for: no multi-line text. Whether departments can be asked for
/// is not stated; they cannot here.
const ASKABLE: [&str; 6] = [
    "ownerId",
    "productCategory",
    "manufacturer",
    "layoutId",
    "createdTime",
    "modifiedTime",
];

fn products(exchange: &mut Exchange<'_>) -> Outcome {
    let asked = exchange.query.parts("fields");
    let custom: Vec<&str> = exchange
        .organization
        .live("fields")
        .filter(|field| {
            field["module"] == "products"
                && field["isCustomField"] == json!(true)
                && field["type"] != "Textarea"
        })
        .filter_map(|field| field["apiName"].as_str())
        .collect();
    for name in &asked {
        if !(LISTED.contains(name) || ASKABLE.contains(name) || custom.contains(name)) {
            return Err(Fault::Query {
                name: "fields".into(),
                why: format!("The field '{name}' cannot be asked for in the list."),
            });
        }
    }
    let query = &exchange.query;
    let is_asked_for = |product: &&Value| {
        let department = query.get("departmentId").filter(|id| *id != "0");
        department.is_none_or(|id| ids(&product["departmentIds"]).iter().any(|own| own == id))
            && query
                .get("ownerId")
                .is_none_or(|id| product["ownerId"] == id)
    };
    let items = exchange.organization.live("products").filter(is_asked_for);
    let items = exchange.sorted(items.collect());
    let shown = |product: &Value| {
        let mut item = Map::new();
        for name in LISTED.iter().chain(&asked) {
            if custom.contains(name) {
                let cf = item.entry("cf").or_insert_with(|| json!({}));
                if let Some(cf) = cf.as_object_mut() {
                    cf.insert((*name).to_owned(), product["cf"][*name].clone());
                }
            } else {
                item.insert((*name).to_owned(), product[*name].clone());
            }
        }
        if query.parts("include").contains(&"owner") {
            item.insert("owner".into(), owner_of(exchange, product));
        }
        Value::Object(item)
    };
    let page = exchange.page(items.into_iter(), 0, 10);
    Ok(Answer::List(page.into_iter().map(shown).collect()))
}

/// Whether names are compared with case is not stated: here without.
fn duplicates(exchange: &mut Exchange<'_>) -> Outcome {
    let wanted = exchange.query.get("productName").unwrap_or_default();
    let wanted = wanted.to_lowercase();
    let found = exchange.organization.live("products").filter(|product| {
        let name = product["productName"].as_str().unwrap_or_default();
        name.to_lowercase() == wanted
    });
    let shown = |product: &Value| {
        let item = LISTED.map(|name| (name.to_owned(), product[name].clone()));
        Value::Object(item.into_iter().collect())
    };
    let page = exchange.page(found, 0, 10);
    Ok(Answer::List(page.into_iter().map(shown).collect()))
}

fn owner_of(exchange: &Exchange<'_>, product: &Value) -> Value {
    product["ownerId"]
        .as_str()
        .and_then(|id| exchange.organization.stored("agents", id))
        .map(|agent| {
            json!({"id": agent["id"], "firstName": agent["firstName"], "lastName": agent["lastName"],
                "name": agent["name"], "photoURL": agent["photoURL"]})
        })
        .unwrap_or_default()
}

/// The schema of the departments that `include` adds is not published: they are ids and names here.
fn single(exchange: &mut Exchange<'_>) -> Outcome {
    let mut product = exchange.seen("products", exchange.id())?;
    for part in exchange.query.parts("include") {
        let value = if part == "owner" {
            owner_of(exchange, &product)
        } else {
            let departments = ids(&product["departmentIds"]);
            let departments = departments
                .iter()
                .filter_map(|id| exchange.organization.stored("departments", id))
                .map(|department| json!({"id": department["id"], "name": department["name"]}));
            departments.collect()
        };
        if let Some(product) = product.as_object_mut() {
            product.insert(part.to_owned(), value);
        }
    }
    Ok(Answer::Object(200, product))
}

fn create(exchange: &mut Exchange<'_>) -> Outcome {
    check(exchange)?;
    let id = exchange.organization.fresh_id();
    let me = exchange.organization.acting_agent();
    let now = exchange.now();
    let layout = exchange
        .organization
        .find("layouts", "module", "Products")
        .map(|layout| layout["id"].clone())
        .unwrap_or_default();
    // Whether the agent who makes a product becomes its owner is not stated.
    let defaults = json!({"id": id, "productName": null, "productCode": null, "unitPrice": null,
        "departmentIds": [], "ownerId": me, "productCategory": null, "manufacturer": null,
        "description": null, "cf": {}, "layoutId": layout, "isDeleted": false, "createdBy": me,
        "createdTime": now, "modifiedBy": me, "modifiedTime": now});
    let mut product = complete(&exchange.body, defaults);
    settle(&mut product);
    exchange.organization.put("products", product);
    Ok(Answer::Object(200, exchange.seen("products", &id)?))
}

fn change(exchange: &mut Exchange<'_>) -> Outcome {
    let mut product = exchange.stored("products")?;
    if product.get("isDeleted") == Some(&json!(true)) {
        return Err(Fault::Absent);
    }
    check(exchange)?;
    overlay(&mut product, &exchange.body);
    settle(&mut product);
    exchange.stamp(&mut product);
    exchange.organization.put("products", product);
    Ok(Answer::Object(
        200,
        exchange.seen("products", exchange.id())?,
    ))
}

/// A name cannot be empty, and a price is a number, however it is written.
fn check(exchange: &Exchange<'_>) -> Result<(), Fault> {
    let given = |key: &str| exchange.body.get(key);
    if given("productName")
        .and_then(Value::as_str)
        .is_some_and(|name| name.trim().is_empty())
    {
        return Err(Fault::field("/productName", Problem::Missing));
    }
    let is_price = |price: &Value| price.is_null() || number(price).is_some();
    if !given("unitPrice").is_none_or(is_price) {
        return Err(Fault::invalid("/unitPrice", "must be a number"));
    }
    Ok(())
}

fn number(price: &Value) -> Option<f64> {
    let number = match price {
        Value::String(text) if text.chars().count() <= 100 => text.parse().ok(),
        price => price.as_f64(),
    };
    number.filter(|number: &f64| number.is_finite())
}

/// References are kept as texts, and a price as a number: the schema has both and the examples numbers.
fn settle(product: &mut Map<String, Value>) {
    for field in ["ownerId", "layoutId"] {
        if let Some(value) = product.get_mut(field) {
            *value = id_text(value).map_or(Value::Null, Value::String);
        }
    }
    if let Some(departments) = product.get("departmentIds").map(ids) {
        product.insert("departmentIds".into(), json!(departments));
    }
    if let Some(price) = product.get("unitPrice").and_then(number) {
        product.insert("unitPrice".into(), json!(price));
    }
}

/// There is no removal but into the recycle bin.
fn trash(exchange: &mut Exchange<'_>) -> Outcome {
    for id in exchange.body.get("productIds").map(ids).unwrap_or_default() {
        exchange.organization.change("products", &id, |product| {
            product.insert("isDeleted".into(), json!(true));
        });
    }
    Ok(Answer::Empty(204))
}
