//! Products of the openapi dialect.

use super::*;

/// A simulator with a department.
fn world() -> (World, String) {
    let mut world = World::new(Dialect::Openapi);
    let sales = department(&mut world, "Sales");
    (world, sales)
}

#[test]
fn a_product_is_made_read_listed_changed_and_moved_to_the_recycle_bin() {
    let (mut world, sales) = world();
    assert_eq!(world.get("/products").0, 204);
    let made = world.ok(
        "POST",
        "/products",
        json!({"productName": "Router", "departmentIds": [sales], "unitPrice": "129.90",
            "productCategory": "Hardware (own)", "description": "a; b"}),
    );
    let id = id_of(&made);
    assert_eq!(made["unitPrice"], json!(129.9));
    assert_eq!(made["departmentIds"], json!([sales]));
    assert_eq!(made["isDeleted"], json!(false));
    assert_eq!(made["layoutDetails"]["layoutName"], json!("Default"));
    let path = format!("/products/{id}");
    assert_eq!(world.get(&path), (200, made));
    // A list item has four fields, and those that are asked for.
    assert_eq!(
        world.get("/products").1["data"],
        json!([{"id": id, "productName": "Router", "productCode": null, "unitPrice": 129.9}])
    );
    let item = world.get("/products?fields=productCategory,layoutId").1["data"][0].clone();
    assert_eq!(item["productCategory"], json!("Hardware (own)"));
    for field in ["departmentIds", "description"] {
        assert_eq!(world.get(&format!("/products?fields={field}")).0, 422);
    }
    let found = world.get("/products/searchDuplicates?productName=router").1;
    assert_eq!(found["data"][0]["id"], json!(id));
    let changed = world.ok(
        "PATCH",
        &path,
        json!({"unitPrice": null, "productCode": null, "productCategory": "", "departmentIds": []}),
    );
    assert_eq!(changed["unitPrice"], Value::Null);
    assert_eq!(changed["departmentIds"], json!([]));
    // A second product of the name is another one.
    world.ok(
        "POST",
        "/products",
        json!({"productName": "Router", "departmentIds": [sales]}),
    );
    let trash = world.call("POST", "/products/moveToTrash", json!({"productIds": [id]}));
    assert_eq!(trash.0, 204);
    assert_eq!(world.get(&path).1["isDeleted"], json!(true));
    assert_eq!(
        world.get("/products").1["data"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(
        world.call("PATCH", &path, json!({"productCode": "A"})).0,
        404
    );
}

#[test]
fn refusals_of_products() {
    let (mut world, sales) = world();
    let id = id_of(&world.ok(
        "POST",
        "/products",
        json!({"productName": "Router", "departmentIds": [sales]}),
    ));
    let path = format!("/products/{id}");
    let new = |key: &str, value: Value| {
        let mut body = json!({"productName": "New", "departmentIds": [sales]});
        body[key] = value;
        body
    };
    for body in [
        json!({"productName": "New"}),
        json!({"departmentIds": [sales]}),
        new("productName", json!(" ")),
        new("departmentIds", json!([sales, sales])),
        new("departmentIds", json!(["1"])),
        new("productCode", json!("a;b")),
        new("productCode", Value::Null),
        new("unitPrice", json!("12 EUR")),
        new("manufacturer", json!("")),
        new("isDeleted", json!(false)),
    ] {
        let answer = world.call("POST", "/products", body.clone());
        assert_eq!(answer.0, 422, "{body}");
    }
    for body in [
        json!({"productName": null}),
        json!({"description": "a; b"}),
        json!({"ownerId": null}),
        json!({"createdBy": "1"}),
    ] {
        assert_eq!(world.call("PATCH", &path, body.clone()).0, 422, "{body}");
    }
    let many = vec![id; 51];
    for ids in [json!([]), json!(many)] {
        let trash = world.call("POST", "/products/moveToTrash", json!({"productIds": ids}));
        assert_eq!(trash.0, 422);
    }
}
