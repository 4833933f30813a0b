//! E-mail templates and their folders in the openapi dialect.

use super::*;

const ALL: [&str; 4] = ["agents", "teams", "roles", "rolesAndSubordinates"];

/// Who may use a folder, with every list that the schema wants.
fn access(kind: &str) -> Value {
    let mut access = json!({"type": kind});
    for list in ALL {
        access[list] = json!([]);
    }
    access
}

/// A folder of the default department: its id, and that of the department.
fn folder(world: &mut World) -> (String, String) {
    let department = world.id("departments", "name", "Example Company");
    let body = json!({"folderName": "Replies", "departmentId": department,
        "folderAccessDetails": access("allAgents")});
    let made = world.ok("POST", "/templateFolders", body);
    (made["folderId"].as_str().unwrap().to_owned(), department)
}

fn template(folder: &str, department: &str) -> Value {
    json!({"templateName": "Welcome", "subject": "Hello", "recordType": "tickets",
        "departmentId": department, "folderId": folder, "fromId": "Desk<desk@example.com>",
        "contentType": "richtext"})
}

fn keys(value: &Value) -> Vec<&String> {
    let mut keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    keys.sort();
    keys
}

#[test]
fn a_folder_is_made_read_listed_changed_and_deleted() {
    let mut world = World::new(Dialect::Openapi);
    let department = world.id("departments", "name", "Example Company");
    let listing = format!("/templateFolders?departmentId={department}&limit=1000");
    assert_eq!(world.get(&listing), (200, json!([])));
    let me = world.here().acting_agent().to_owned();
    let mut wanted = access("restrictedAccess");
    wanted["agents"] = json!([me, me]);
    let body =
        json!({"folderName": "Replies", "departmentId": department, "folderAccessDetails": wanted});
    let (status, made) = world.call("POST", "/templateFolders", body);
    assert_eq!(status, 201);
    assert_eq!(
        keys(&made),
        [
            "category",
            "createdBy",
            "createdOn",
            "departmentId",
            "folderAccessDetails",
            "folderDesc",
            "folderId",
            "folderName",
            "modifiedBy",
            "modifiedOn"
        ]
    );
    assert_eq!(made["folderAccessDetails"]["agents"], json!([me]));
    let path = format!("/templateFolders/{}", made["folderId"].as_str().unwrap());
    assert_eq!(world.get(&path), (200, made.clone()));
    assert_eq!(world.get(&listing).1, json!([made]));
    // Who is named for all agents is not kept.
    let mut all = access("allAgents");
    all["agents"] = json!([me]);
    let changed = world.ok("PATCH", &path, json!({"folderAccessDetails": all}));
    assert_eq!(changed["folderAccessDetails"], access("allAgents"));
    assert_eq!(changed["folderName"], "Replies");
    let put = world.ok("PUT", &path, json!({"folderDesc": "a <b>"}));
    assert_eq!(
        (&put["folderName"], &put["folderDesc"]),
        (&json!("Replies"), &json!("a <b>"))
    );
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.get(&path).0, 404);
}

#[test]
fn what_breaks_a_rule_of_folders_is_refused() {
    let mut world = World::new(Dialect::Openapi);
    let (id, department) = folder(&mut world);
    let other = super::department(&mut world, "Sales");
    let team = id_of(&world.ok(
        "POST",
        "/teams",
        json!({"name": "Tier 1", "departmentId": other}),
    ));
    let path = format!("/templateFolders/{id}");
    let new = |access: Value| json!({"folderName": "More", "departmentId": department, "folderAccessDetails": access});
    let mut short = access("allAgents");
    short.as_object_mut().unwrap().shift_remove("teams");
    let mut far = access("restrictedAccess");
    far["teams"] = json!([team]);
    let cases = [
        (
            "POST",
            "/templateFolders",
            new(short),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "POST",
            "/templateFolders",
            new(access("some")),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "POST",
            "/templateFolders",
            json!({"folderName": "A"}),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "POST",
            "/templateFolders",
            new(far),
            422,
            "UNPROCESSABLE_ENTITY",
            false,
        ),
        (
            "PATCH",
            &*path,
            json!({"departmentId": other}),
            422,
            "UNPROCESSABLE_ENTITY",
            false,
        ),
        (
            "PATCH",
            &*path,
            json!({"folderAccessDetails": {"type": "allAgents"}}),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "PATCH",
            &*path,
            json!({"category": "CUSTOM_FOLDER"}),
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
    ];
    refusals(&mut world, &cases);
    assert_eq!(world.get("/templateFolders").0, 422);
    // The default folder keeps its name and stays; a folder with templates stays as well.
    world.here().change("templateFolders", &id, |folder| {
        folder.insert("category".into(), json!("DEFAULT_FOLDER"));
    });
    let (status, ..) = world.refused("PATCH", &path, json!({"folderName": "Other"}));
    assert_eq!(status, 403);
    assert_eq!(world.delete(&path), 403);
}

#[test]
fn a_template_is_made_read_listed_changed_and_deleted() {
    let mut world = World::new(Dialect::Openapi);
    let (folder, department) = folder(&mut world);
    let mut body = template(&folder, &department);
    body["body"] = json!("<P Class=a>Hi &amp; bye</P><SCRIPT>x<y</SCRIPT><br/>a < b");
    body["replyTo"] = json!("reply@example.com");
    body["attachmentIds"] = json!(["7"]);
    let (status, made) = world.call("POST", "/templates", body);
    assert_eq!(status, 201);
    assert_eq!(
        keys(&made),
        [
            "attachments",
            "body",
            "category",
            "contentType",
            "departmentId",
            "folder",
            "folderId",
            "fromId",
            "recordType",
            "replyToAddr",
            "subject",
            "templateId",
            "templateName"
        ]
    );
    assert_eq!(made["body"], "<p Class=a>Hi &amp; bye</p><br/>a < b");
    assert_eq!(made["folder"]["folderName"], "Replies");
    let path = format!("/templates/{}", made["templateId"].as_str().unwrap());
    assert_eq!(world.get(&path), (200, made.clone()));
    let (_, listed) = world.get(&format!(
        "/templates?departmentId={department}&searchStr=wel*"
    ));
    assert!(listed[0].get("attachments").is_none() && listed[0]["body"] == made["body"]);
    for (query, found) in [
        ("module=tickets", 1),
        ("module=solutions", 0),
        ("searchStr=come", 0),
    ] {
        let (_, listed) = world.get(&format!("/templates?departmentId={department}&{query}"));
        assert_eq!(listed.as_array().unwrap().len(), found, "{query}");
    }
    // A plain text is kept as it is, and what is not sent stays.
    let plain = json!({"contentType": "plaintext", "body": "<Name>\n\nbye"});
    let changed = world.ok("PATCH", &path, plain);
    assert_eq!(
        (&changed["body"], &changed["subject"]),
        (&json!("<Name>\n\nbye"), &json!("Hello"))
    );
    let of_folder = format!("/templateFolders/{folder}");
    assert_eq!(world.delete(&of_folder), 422);
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.delete(&of_folder), 204);
    assert_eq!(world.get(&path).0, 404);
}

#[test]
fn what_breaks_a_rule_of_templates_is_refused() {
    let mut world = World::new(Dialect::Openapi);
    let (folder, department) = folder(&mut world);
    let other = super::department(&mut world, "Sales");
    let made = world.ok("POST", "/templates", template(&folder, &department));
    let path = format!("/templates/{}", made["templateId"].as_str().unwrap());
    let with = |key: &str, value: Value| {
        let mut body = template(&folder, &department);
        body["templateName"] = json!("Other");
        body[key] = value;
        body
    };
    let cases = [
        (
            "POST",
            "/templates",
            template(&folder, &department),
            422,
            "INVALID_DATA",
            false,
        ),
        (
            "POST",
            "/templates",
            with("recordType", json!("solutions")),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "POST",
            "/templates",
            with("fromId", json!("nobody")),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "POST",
            "/templates",
            with("folderId", json!("7")),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "POST",
            "/templates",
            with("departmentId", json!(other)),
            422,
            "UNPROCESSABLE_ENTITY",
            false,
        ),
        (
            "PATCH",
            &*path,
            json!({"replyTo": ""}),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "PATCH",
            &*path,
            json!({"body": null}),
            422,
            "INVALID_DATA",
            true,
        ),
        (
            "PATCH",
            &*path,
            json!({"replyToAddr": "a@example.com"}),
            422,
            "UNPROCESSABLE_ENTITY",
            true,
        ),
        (
            "PATCH",
            &*path,
            json!({"departmentId": other}),
            422,
            "UNPROCESSABLE_ENTITY",
            false,
        ),
    ];
    refusals(&mut world, &cases);
    world.here().change(
        "emailTemplates",
        made["templateId"].as_str().unwrap(),
        |one| {
            one.insert("category".into(), json!("DEFAULT_TEMPLATE"));
        },
    );
    let (status, ..) = world.refused("PATCH", &path, json!({"templateName": "Other"}));
    assert_eq!(status, 403);
    assert_eq!(world.get("/templates").0, 422);
}

#[test]
fn placeholders_are_those_of_a_module() {
    let mut world = World::new(Dialect::Openapi);
    let department = world.id("departments", "name", "Example Company");
    let path = format!("/templates/placeHolders?departmentId={department}");
    let (status, found) = world.get(&format!("{path}&module=tickets"));
    assert_eq!(status, 200);
    let groups = found["data"].as_array().unwrap();
    let places: Vec<&str> = groups
        .iter()
        .flat_map(|group| group["supportedPlaceHolders"].as_array().unwrap())
        .filter_map(|place| place["placeHolder"].as_str())
        .collect();
    for place in [
        "${Tickets.Ticket Id}",
        "${Tickets.Subject}",
        "${Organization.Company Name}",
    ] {
        assert!(places.contains(&place), "{place} {places:?}");
    }
    assert_eq!(world.get(&path).0, 422);
    assert_eq!(world.get(&format!("{path}&module=agents")).0, 422);
}
