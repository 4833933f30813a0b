//! The knowledge base: root categories, and the sections below them.

use serde_json::{Map, Value, json};

use super::super::exchange::{Content, Exchange, Route, delete, get, list, patch, post};
use super::super::oauth::Scopes;
use super::super::patterns::Pattern;
use super::super::respond::{Answer, Fault, Outcome};
use super::super::rules::{
    Form, Param, Rule, Shape, boolean, choice, form, id, id_text, list as list_of, object, param,
    set, text,
};
use super::super::store::{Organization, ids};
use super::{complete, overlay};

const READ: Scopes = Scopes::Any(&["Desk.articles.READ"]);
const CREATE: Scopes = Scopes::Any(&["Desk.articles.CREATE"]);
const UPDATE: Scopes = Scopes::Any(&["Desk.articles.UPDATE"]);
const DELETE: Scopes = Scopes::Any(&["Desk.articles.DELETE"]);

const ROOTS: &str = "kbRootCategories";
const SECTIONS: &str = "kbSections";

/// Source: KB Root Category, the schema of a translation.
const LOCALES: [&str; 53] = [
    "en", "ja", "zh", "es", "de", "fr", "tr", "ru", "pt", "it", "nl", "da", "sv", "pl", "ar", "he",
    "af", "cs", "fr-ca", "bg", "fi", "el", "hu", "id", "nb", "ro", "th", "uk", "vi", "ur", "hi",
    "te", "kn", "ta", "mr", "ko", "fa", "bn", "gu", "ms", "ml", "en-gb", "sk", "hr", "sl", "zh_TW",
    "zh-tw", "ca", "ka", "kk", "my", "km", "pt-br",
];
const LOCALE_FORM: Form = Form::Choice(&LOCALES);
const SEEN_BY: [&str; 5] = ["ALL_USERS", "AGENTS", "GROUP_USERS", "PRIVATE_IP", "NONE"];
const STATUSES: [&str; 3] = ["SHOW_IN_HELPCENTER", "HIDE_IN_HELPCENTER", "DISABLED"];
const DEPARTMENT: Shape = Shape::Id("departments");
const GROUP: Shape = Shape::Id("helpCenterGroups");

/// Source: KB Root Category, operation `addKBRootCategory`. The example has no description and no groups.
const ROOT_TRANSLATION: [Rule; 3] = [
    choice("locale", &LOCALES).required(),
    text("name", 100).required(),
    form("description", 100, Pattern::Name).required(),
];
const OF_ROOT: Shape = Shape::Object(&ROOT_TRANSLATION);
const FEEDBACK: [Rule; 3] = [
    id("departmentId", "departments").required(),
    id("assigneeId", "agents").nullable(),
    choice("status", &["ENABLED", "DISABLED"]).required(),
];
const NEW_ROOT: [Rule; 14] = [
    form("name", 300, Pattern::Wide).required(),
    form("description", 250, Pattern::Wide).required(),
    id("helpcenterId", "helpCenters"),
    id("primaryDepartmentId", "departments").required(),
    set("associatedDepartmentIds", &DEPARTMENT),
    choice("status", &STATUSES).required(),
    choice("visibility", &SEEN_BY).required(),
    list_of("groupIds", &GROUP, 0, usize::MAX).required(),
    choice("articleViewType", &["LISTVIEW", "OVERVIEW"]).required(),
    choice("moderationType", &["FIRST_ACTION", "ALL_ACTION", "NONE"]),
    boolean("isReviewEnabled").required(),
    object("feedbackTicketConversionPreference", &FEEDBACK).nullable(),
    list_of("translations", &OF_ROOT, 0, usize::MAX).required(),
    id("logoId", "").required(),
];

/// Source: KB Section, operations `addKBSection` and `updateKBSection`: an update takes no parent.
const SECTION_TRANSLATION: [Rule; 3] = [
    choice("locale", &LOCALES).required(),
    text("name", 100).required(),
    text("permalink", 500).nullable(),
];
const OF_SECTION: Shape = Shape::Object(&SECTION_TRANSLATION);
const PERMISSIONS: [&str; 6] = [
    "ALL_USERS",
    "REGISTERED_USERS",
    "AGENTS_ONLY",
    "ALL",
    "REGISTEREDUSERS",
    "AGENTS",
];
const NEW_SECTION: [Rule; 9] = [
    form("name", 300, Pattern::Wide).required(),
    form("description", 250, Pattern::Wide),
    // Not marked as required; what has no parent is refused here.
    id("parentCategoryId", "").required(),
    choice("status", &STATUSES).nullable(),
    choice("visibility", &SEEN_BY).nullable(),
    list_of("groupIds", &GROUP, 0, usize::MAX).nullable(),
    list_of("translations", &OF_SECTION, 0, usize::MAX).required(),
    id("logoId", ""),
    choice("articlePermission", &PERMISSIONS),
];
const SECTION_CHANGE: [Rule; 8] = [
    form("name", 300, Pattern::Wide),
    form("description", 250, Pattern::Wide),
    choice("status", &STATUSES),
    choice("visibility", &SEEN_BY),
    list_of("groupIds", &GROUP, 0, usize::MAX),
    list_of("translations", &OF_SECTION, 0, usize::MAX).nullable(),
    id("logoId", ""),
    choice("articlePermission", &PERMISSIONS),
];

/// Source: KB Root Category, operation `getAllKBRootCategories`.
const ROOT_LIST: [Param; 10] = [
    param(
        "include",
        Form::Choices(&[
            "publicArticlesCount",
            "sectionsCount",
            "allArticlesCount",
            "publishedArticleCount",
            "followersCount",
            "canCurrentUserReview",
            "allArticleTemplateCount",
        ]),
    ),
    param("isReviewEnabled", Form::Boolean),
    param("departmentId", Form::Ids(usize::MAX)),
    param("locale", LOCALE_FORM),
    param("from", Form::Range(0, i64::MAX)),
    param("limit", Form::Range(1, 700)),
    param("status", Form::Choices(&STATUSES)),
    param("isTrashed", Form::Boolean),
    param("helpcenterId", Form::Ids(5)),
    param("sortBy", Form::Choice(&["name", "order"])),
];

/// Source: KB Root Category, operation `getKBRootCategoryTree`.
const TREE: [Param; 3] = [
    param("locale", LOCALE_FORM),
    param("sortBy", Form::Choice(&["name", "order"])),
    param("includeTrash", Form::Boolean),
];

/// The operations of this file. Permalinks, moderators, review owners, orders and articles are left out.
pub(super) static ROUTES: [Route; 8] = [
    list("/kbRootCategories", READ, &ROOT_LIST, roots),
    post(
        "/kbRootCategories",
        CREATE,
        Content::Object(&NEW_ROOT),
        create_root,
    ),
    get("/kbRootCategories/{id}", READ, &[], |e| {
        Ok(Answer::Object(200, e.seen(ROOTS, e.id())?))
    }),
    get("/kbRootCategories/{id}/categoryTree", READ, &TREE, tree),
    post(
        "/kbSections",
        CREATE,
        Content::Object(&NEW_SECTION),
        create_section,
    ),
    get("/kbSections/{id}", READ, &[], |e| section(e, e.id())),
    patch(
        "/kbSections/{id}",
        UPDATE,
        Content::Change(&SECTION_CHANGE),
        change_section,
    ),
    delete("/kbCategory/{id}", DELETE, remove),
];

impl Organization {
    /// Groups go in by their ids and come out with their names.
    pub(in crate::simulator) fn show_groups(
        &self,
        object: &Value,
        fields: &mut Map<String, Value>,
    ) {
        let groups: Vec<Value> = ids(&object["groupIds"])
            .iter()
            .filter_map(|id| self.stored("helpCenterGroups", id))
            .map(|group| {
                json!({"id": group["id"], "name": group["name"], "logoUrl": group["logoUrl"]})
            })
            .collect();
        fields.shift_remove("groupIds");
        fields.insert("groups".into(), json!(groups));
    }
}

/// Items lack the addresses of a category. Trashed ones are listed where they are asked for alone; whether
/// they are otherwise is not stated.
fn roots(exchange: &mut Exchange<'_>) -> Outcome {
    let query = &exchange.query;
    let organization = &exchange.organization;
    let centers = query.parts("helpcenterId");
    let wanted = organization.live(ROOTS).filter(|one| {
        query.boolean("isTrashed") != Some(true)
            && (centers.is_empty()
                || centers.contains(&one["helpcenterId"].as_str().unwrap_or_default()))
    });
    let wanted = exchange.sorted(wanted.collect());
    let items = exchange.page(wanted.into_iter(), 1, 50).into_iter();
    let shown = items.map(|one| {
        let mut item = organization.view(ROOTS, one);
        if let Some(item) = item.as_object_mut() {
            item.shift_remove("ipAddresses");
        }
        item
    });
    Ok(Answer::List(shown.collect()))
}

/// A body as it is stored. Of a logo the address is shown and not the id.
fn stored_form(mut body: Map<String, Value>) -> Map<String, Value> {
    body.shift_remove("articlePermission");
    if let Some(logo) = body.shift_remove("logoId") {
        let url = id_text(&logo).map(|id| format!("https://desk.example.com/logos/{id}"));
        body.insert("logoUrl".into(), json!(url));
    }
    for key in ["helpcenterId", "primaryDepartmentId", "parentCategoryId"] {
        if let Some(id) = body.get(key).and_then(id_text) {
            body.insert(key.into(), json!(id));
        }
    }
    if let Some(translations) = body.get_mut("translations").and_then(Value::as_array_mut) {
        for one in translations {
            let name = one["name"].as_str().unwrap_or_default().to_lowercase();
            let permalink = one.get("permalink").cloned().filter(|link| !link.is_null());
            let description = one.get("description").cloned().unwrap_or_default();
            *one = json!({"id": null, "locale": one["locale"], "name": one["name"], "description": description,
                "permalink": permalink.unwrap_or_else(|| json!(name.replace(' ', "-")))});
        }
    }
    body
}

/// Names differ within a parent: whether they must is not stated.
fn differs(exchange: &Exchange<'_>, collection: &str, key: &str, of: &Value) -> Result<(), Fault> {
    exchange.unique_among(collection, "name", exchange.id(), |other| other[key] == *of)
}

/// Success is 200. Which place a new one has is not stated: none is shown.
fn create_root(exchange: &mut Exchange<'_>) -> Outcome {
    let mut body = stored_form(exchange.body.clone());
    // Without a help center it goes to the default one.
    let center = body.get("helpcenterId").cloned().or_else(|| {
        let mut centers = exchange.organization.live("helpCenters");
        Some(centers.find(|one| one["isDefault"] == true)?["id"].clone())
    });
    let center = center.unwrap_or_default();
    differs(exchange, ROOTS, "helpcenterId", &center)?;
    body.insert("helpcenterId".into(), center);
    let id = exchange.organization.fresh_id();
    let now = exchange.now();
    let me = json!({"id": exchange.organization.acting_agent()});
    let made = complete(
        &body,
        json!({"id": id, "name": null, "description": null, "helpcenterId": null,
            "primaryDepartmentId": null, "associatedDepartmentIds": [], "moderationType": "NONE",
            "feedbackTicketConversionPreference": null, "order": null, "logoUrl": null,
            "isTrashed": false, "isFollowing": false, "canCurrentUserModerate": true, "workspaceId": null,
            "encryptedWorkspaceId": null, "ipAddresses": [], "createdBy": me, "createdTime": now,
            "modifiedBy": me, "modifiedTime": now}),
    );
    exchange.organization.put(ROOTS, made);
    Ok(Answer::Object(200, exchange.seen(ROOTS, &id)?))
}

/// A root category with its sections, as deep as they go.
fn tree(exchange: &mut Exchange<'_>) -> Outcome {
    let root = Value::Object(exchange.stored(ROOTS)?);
    let mut shown = node(exchange, &root, &root["id"], 0);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("moderationType".into(), root["moderationType"].clone());
        shown.insert("canCurrentUserModerate".into(), json!(true));
    }
    Ok(Answer::Object(200, shown))
}

/// The status of a section as it is shown. Answers lack a word that requests take: what they show of it is not
/// stated.
fn status(section: &Value) -> Value {
    match section["status"].as_str() {
        Some("DISABLED") => json!("HIDE_IN_HELPCENTER"),
        _ => section["status"].clone(),
    }
}

/// A section by itself.
fn section(exchange: &Exchange<'_>, id: &str) -> Outcome {
    let mut shown = exchange.seen(SECTIONS, id)?;
    shown["status"] = status(&shown);
    Ok(Answer::Object(200, shown))
}

/// One node of a tree, with less than a read by id shows.
fn node(exchange: &Exchange<'_>, one: &Value, root: &Value, level: usize) -> Value {
    let below = exchange.organization.live(SECTIONS);
    let children: Vec<Value> = below
        .filter(|section| section["parentCategoryId"] == one["id"])
        .map(|section| node(exchange, section, root, level + 1))
        .collect();
    let parent = one.get("parentCategoryId").cloned().unwrap_or_default();
    json!({"id": one["id"], "name": one["name"], "description": one["description"],
        "locale": one["translations"][0]["locale"], "level": level.to_string(), "order": one["order"],
        "status": status(one), "visibility": one["visibility"], "rootCategoryId": root,
        "parentCategoryId": parent, "logoUrl": one["logoUrl"], "isTrashed": false,
        "isFollowing": one["isFollowing"], "translations": one["translations"], "children": children})
}

fn create_section(exchange: &mut Exchange<'_>) -> Outcome {
    let body = stored_form(exchange.body.clone());
    let parent = body.get("parentCategoryId").cloned().unwrap_or_default();
    let above = parent.as_str().unwrap_or_default();
    let organization = &exchange.organization;
    let root = if organization.holds(ROOTS, above) {
        parent.clone()
    } else if organization.holds(SECTIONS, above) {
        let section = organization.stored(SECTIONS, above);
        section
            .map(|one| one["rootCategoryId"].clone())
            .unwrap_or_default()
    } else {
        return Err(Fault::invalid("/parentCategoryId", "names no category"));
    };
    differs(exchange, SECTIONS, "parentCategoryId", &parent)?;
    let id = exchange.organization.fresh_id();
    let now = exchange.now();
    let me = json!({"id": exchange.organization.acting_agent()});
    let made = complete(
        &body,
        json!({"id": id, "name": null, "description": null, "rootCategoryId": root,
            "parentCategoryId": null, "status": "SHOW_IN_HELPCENTER", "visibility": "ALL_USERS",
            "groupIds": [], "ipAddresses": [], "translations": [], "order": null,
            "logoUrl": null, "isTrashed": false, "isFollowing": false, "createdBy": me,
            "createdTime": now, "modifiedBy": me, "modifiedTime": now}),
    );
    exchange.organization.put(SECTIONS, made);
    section(exchange, &id)
}

fn change_section(exchange: &mut Exchange<'_>) -> Outcome {
    let mut one = exchange.stored(SECTIONS)?;
    let parent = one.get("parentCategoryId").cloned().unwrap_or_default();
    differs(exchange, SECTIONS, "parentCategoryId", &parent)?;
    overlay(&mut one, &stored_form(exchange.body.clone()));
    let me = json!({"id": exchange.organization.acting_agent()});
    one.insert("modifiedBy".into(), me);
    one.insert("modifiedTime".into(), exchange.now());
    exchange.organization.put(SECTIONS, one);
    section(exchange, exchange.id())
}

/// Source: KB Category, operation `deleteCategory`, which is one for both. What becomes of the sections
/// below is not stated: they go with it, all of them to the recycle bin.
fn remove(exchange: &mut Exchange<'_>) -> Outcome {
    let collection = if exchange.organization.holds(ROOTS, exchange.id()) {
        ROOTS
    } else {
        SECTIONS
    };
    if !exchange.organization.holds(collection, exchange.id()) {
        return Err(Fault::Absent);
    }
    let mut going = vec![(collection, exchange.id().to_owned())];
    while let Some((collection, id)) = going.pop() {
        let sections = exchange.organization.kept(SECTIONS);
        let below = sections.filter(|one| one["parentCategoryId"] == id.as_str());
        let below = below.filter_map(|one| Some((SECTIONS, one["id"].as_str()?.to_owned())));
        going.extend(below.collect::<Vec<_>>());
        let one = exchange.organization.stored(collection, &id);
        if let Some(mut one) = one.and_then(Value::as_object).cloned() {
            one.insert("isTrashed".into(), json!(true));
            exchange.organization.put(collection, one);
        }
    }
    Ok(Answer::Empty(204))
}
