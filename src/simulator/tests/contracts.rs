//! Contracts of the openapi dialect.

use super::*;

/// What a contract needs: an account, a department, an agent and a support plan.
struct Ids {
    account: String,
    department: String,
    me: String,
    plan: String,
}

fn world() -> (World, Ids) {
    let mut world = World::new(Dialect::Openapi);
    let department = department(&mut world, "Support");
    let here = world.here();
    let me = here.acting_agent().to_owned();
    let account = here.insert(
        "accounts",
        json!({"accountName": "Acme", "website": "https://www.example.com"}),
    );
    let plan = here.insert(
        "supportPlans",
        json!({"name": "Premium", "department": {"id": department}, "sla": null,
            "supportType": "UNLIMITED_SUPPORT", "status": "ACTIVE"}),
    );
    let ids = Ids {
        account,
        department,
        me,
        plan,
    };
    (world, ids)
}

impl Ids {
    /// The smallest body of a creation, with more or less: `-` takes a key out.
    fn body(&self, more: &Value) -> Value {
        let mut body = json!({"contractName": "Care", "accountId": self.account,
            "departmentId": self.department, "ownerId": self.me,
            "associatedSupportPlanId": self.plan, "startDate": "2025-12-01"});
        for (key, value) in more.as_object().unwrap() {
            if value == "-" {
                body.as_object_mut().unwrap().remove(key);
            } else {
                body[key] = value.clone();
            }
        }
        body
    }
}

#[test]
fn a_contract_is_made_read_listed_and_changed() {
    let (mut world, ids) = world();
    assert_eq!(world.get("/contracts").0, 204);
    let router = world.here().insert(
        "products",
        json!({"productName": "Router", "departmentIds": [ids.department]}),
    );
    let body = ids.body(&json!({"departmentId": ids.department.parse::<u64>().unwrap(),
        "startDate": "2025-12-1", "endDate": "2026-11-30", "notifyBefore": 30, "productId": router,
        "notificationAgentIds": [ids.me], "contractNumber": "C-1", "description": "Line one\nline two",
        "account": {"name": "x"}}));
    let made = world.ok("POST", "/contracts", body);
    let id = id_of(&made);
    let layout = world.here().find("layouts", "module", "Contracts").unwrap();
    let wanted = json!({"id": id, "contractName": "Care", "contractNumber": "C-1",
        "description": "Line one\nline two", "startDate": "2025-12-01", "endDate": "2026-11-30",
        "notifyBefore": "30", "notificationAgentIds": [ids.me], "departmentId": ids.department,
        "ownerId": ids.me, "accountId": ids.account, "productId": router, "associatedSLAId": null,
        "supportPlan": {"id": ids.plan, "name": "Premium", "supportType": "UNLIMITED_SUPPORT",
            "status": "ACTIVE"},
        "layoutId": layout["id"], "cf": {}, "createdBy": ids.me,
        "createdTime": "2025-12-12T14:00:00.000Z", "modifiedBy": ids.me,
        "modifiedTime": "2025-12-12T14:00:00.000Z", "customFields": {},
        "account": {"id": ids.account, "accountName": "Acme", "website": "https://www.example.com"},
        "owner": {"id": ids.me, "name": "Desk Administrator", "photoURL": null},
        "product": {"id": router, "productName": "Router"}, "sla": null,
        "contractStatus": "ACTIVE", "notifyOn": "2026-10-31"});
    assert_eq!(made, wanted);
    let path = format!("/contracts/{id}");
    assert_eq!(world.get(&path), (200, made));
    // A list item has few fields, and those that are asked for.
    let item = json!({"id": id, "contractName": "Care", "contractStatus": "ACTIVE",
        "departmentId": ids.department, "ownerId": ids.me, "accountId": ids.account,
        "account": {"id": ids.account, "accountName": "Acme", "website": "https://www.example.com"}});
    assert_eq!(world.get("/contracts").1["data"], json!([item]));
    let asked = world
        .get("/contracts?fields=startDate,productId&include=departments")
        .1;
    let asked = &asked["data"][0];
    assert_eq!(asked["startDate"], json!("2025-12-01"));
    assert_eq!(asked["productId"], json!(router));
    assert_eq!(asked["department"]["name"], json!("Support"));
    for (method, more, status, told) in [
        (
            "PATCH",
            json!({"startDate": "2026-01-01"}),
            "FUTURE",
            "2026-10-31",
        ),
        (
            "PUT",
            json!({"startDate": "2025-01-01", "endDate": "2025-12-11"}),
            "EXPIRED",
            "2025-11-11",
        ),
        (
            "PATCH",
            json!({"endDate": "2025-12-12", "notifyBefore": "1"}),
            "ACTIVE",
            "2025-12-11",
        ),
    ] {
        let changed = world.ok(method, &path, more);
        assert_eq!(changed["contractStatus"], json!(status));
        assert_eq!(changed["notifyOn"], json!(told));
    }
    let changed = world.ok("PATCH", &path, json!({"notificationAgentIds": []}));
    assert_eq!(changed["notificationAgentIds"], json!([]));
    assert_eq!(changed["supportPlan"]["id"], json!(ids.plan));
    assert_eq!(world.delete(&path), 405);
    assert_eq!(world.get("/contracts/1").0, 404);
}

#[test]
fn contracts_are_filtered_and_sorted() {
    let (mut world, ids) = world();
    let other = json!({"accountName": "Zenith"});
    let other = world.here().insert("accounts", other);
    for (name, account, start, end) in [
        ("Care", &ids.account, "2025-12-02", "2027-01-03"),
        ("Care", &other, "2025-12-01", "2027-01-02"),
        ("Extra", &ids.account, "2025-12-03", "2027-01-01"),
    ] {
        let more =
            json!({"contractName": name, "accountId": account, "startDate": start, "endDate": end});
        world.ok("POST", "/contracts", ids.body(&more));
    }
    let mut listed = |query: &str| -> Vec<String> {
        let list = world.get(&format!("/contracts?{query}")).1;
        let items = list["data"].as_array().into_iter().flatten();
        items
            .map(|one| {
                let of = one["account"]["accountName"].as_str().unwrap_or_default();
                format!("{} {of}", one["contractName"].as_str().unwrap_or_default())
            })
            .collect()
    };
    let (acme, zenith, extra) = ("Care Acme", "Care Zenith", "Extra Acme");
    let account = format!("accountId={other}");
    let owner = format!("ownerIds={},{other}", ids.me);
    let nobody = format!("ownerIds={other}");
    let department = format!("departmentIds={}", ids.department);
    for (query, wanted) in [
        ("", vec![acme, zenith, extra]),
        ("limit=1&from=1", vec![zenith]),
        (&account, vec![zenith]),
        (&owner, vec![acme, zenith, extra]),
        (&nobody, vec![]),
        (&department, vec![acme, zenith, extra]),
        ("contractName=Ex", vec![extra]),
        ("sortBy=contractStartDate", vec![zenith, acme, extra]),
        ("sortBy=-contractEndDate", vec![acme, zenith, extra]),
        ("sortBy=accountName", vec![acme, extra, zenith]),
    ] {
        assert_eq!(listed(query), wanted, "{query}");
    }
}

#[test]
fn refusals_of_contracts() {
    let (mut world, ids) = world();
    let target = "/contracts";
    let id = id_of(&world.ok("POST", target, ids.body(&json!({}))));
    let path = format!("{target}/{id}");
    let (invalid, refused) = ("INVALID_DATA", "UNPROCESSABLE_ENTITY");
    let number: u64 = ids.account.parse().unwrap();
    let new = |more: Value| {
        let mut body = ids.body(&json!({"contractName": "New"}));
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    for key in [
        "contractName",
        "accountId",
        "departmentId",
        "ownerId",
        "associatedSupportPlanId",
        "startDate",
    ] {
        let body = ids.body(&json!({key: "-"}));
        refusals(&mut world, &[("POST", target, body, 422, invalid, true)]);
    }
    for more in [
        json!({"contractName": " "}),
        json!({"contractName": "a;b"}),
        json!({"contractName": "a".repeat(81)}),
        json!({"accountId": number}),
        json!({"accountId": "1"}),
        json!({"departmentId": "allDepartment"}),
        json!({"startDate": "30.06.2027"}),
        json!({"startDate": "2027-02-30"}),
        json!({"startDate": 1_814_313_600_000_i64}),
        json!({"endDate": ""}),
        json!({"endDate": null}),
        json!({"contractNumber": ""}),
        json!({"contractNumber": 7}),
        json!({"description": ""}),
        json!({"notifyBefore": -1}),
        json!({"notificationAgentIds": ["1"]}),
        json!({"productId": null}),
    ] {
        refusals(
            &mut world,
            &[("POST", target, new(more), 422, invalid, true)],
        );
    }
    let long = "cf_a,".repeat(21);
    let long = format!("/contracts?fields={}", long.trim_end_matches(','));
    for query in [
        &long,
        "/contracts?fields=description",
        "/contracts?limit=101",
    ] {
        assert_eq!(world.get(query).0, 422, "{query}");
    }
    let plan = json!({"associatedSupportPlanId": ids.plan});
    let status = json!({"contractStatus": "ACTIVE"});
    refusals(
        &mut world,
        &[
            (
                "POST",
                target,
                new(json!({"contractStatus": "ACTIVE"})),
                422,
                refused,
                true,
            ),
            ("PATCH", &path, plan, 422, refused, true),
            ("PATCH", &path, status, 422, refused, true),
            ("PATCH", &path, json!({}), 422, "EMPTY_PAYLOAD", true),
            (
                "PATCH",
                "/contracts/1",
                json!({"contractNumber": "1"}),
                404,
                "URL_NOT_FOUND",
                false,
            ),
            // A second contract of one name with one account has an error code of its own.
            (
                "POST",
                target,
                ids.body(&json!({})),
                422,
                "DUPLICATE_CONTRACT",
                false,
            ),
        ],
    );
    let other = world
        .here()
        .insert("accounts", json!({"accountName": "Other"}));
    let second = world.ok("POST", target, ids.body(&json!({"accountId": other})));
    let second = format!("{target}/{}", id_of(&second));
    let back = json!({"accountId": ids.account});
    refusals(
        &mut world,
        &[(
            "PATCH",
            &second,
            back.clone(),
            422,
            "DUPLICATE_CONTRACT",
            false,
        )],
    );
    // What is changed besides does not matter, and neither does the name that it has.
    world.ok(
        "PATCH",
        &path,
        json!({"contractName": "Care", "contractNumber": "C-1"}),
    );
    world.ok("PATCH", &path, json!({"contractName": "Old"}));
    world.ok("PATCH", &second, back);
}

#[test]
fn values_of_custom_fields_go_with_their_field() {
    let (mut world, ids) = world();
    let field = json!({"module": "contracts", "apiName": "cf_seats", "displayLabel": "Seats",
        "type": "Text", "isCustomField": true});
    let field = world.here().insert("fields", field);
    let body = ids.body(&json!({"cf": {"cf_seats": "20", "cf_none": "x"}}));
    let made = world.ok("POST", "/contracts", body);
    assert_eq!(made["cf"], json!({"cf_seats": "20"}));
    assert_eq!(made["customFields"], json!({"Seats": "20"}));
    let item = world.get("/contracts?fields=cf_seats").1["data"][0].clone();
    assert_eq!(item["cf"], json!({"cf_seats": "20"}));
    assert_eq!(world.delete(&format!("/fields/{field}")), 200);
    let path = format!("/contracts/{}", id_of(&made));
    assert_eq!(world.get(&path).1["cf"], json!({}));
}
