//! What a new organization holds before anybody configures it.

use serde_json::{Value, json};

use super::openapi::of_system_profile;
use super::store::{Organization, time};
use crate::dialect::Dialect;

/// When everything that the simulator makes by itself was made: 2025-01-01.
const BIRTH_MS: i64 = 1_735_689_600_000;

/// Fills an organization with its built-in objects.
pub(super) fn seed(organization: &mut Organization) {
    let born = time(BIRTH_MS);
    let openapi = organization.dialect() == Dialect::Openapi;
    let ceo = role(organization, "CEO", None, true, true);
    role(organization, "Manager", Some(&ceo), false, true);
    role(organization, "Personal", None, false, false);
    role(organization, "LightAgent", None, true, false);
    let mut administrator = String::new();
    let profiles = [
        ("Support Administrator", "Administrator"),
        ("Agent", "Standard"),
        ("Light Agent", "Light"),
    ];
    for (name, kind) in profiles {
        let id = organization.insert(
            "profiles",
            json!({"name": name, "description": null, "type": kind, "default": true, "isVisible": true,
                "permissions": if openapi { of_system_profile(kind) } else { json!({}) },
                "modifiedBy": null, "modifiedTime": null}),
        );
        if kind == "Administrator" {
            administrator = id;
        }
    }
    let department = organization.fresh_id();
    let agent = organization.fresh_id();
    let email = format!("admin@{}.example.com", organization.id());
    let name = organization.name().to_owned();
    let acting = if openapi {
        json!({"id": agent, "zuid": "60000001", "emailId": email, "firstName": "Desk", "lastName": "Administrator",
            "rolePermissionType": "Admin", "roleId": ceo, "profileId": administrator,
            "associatedDepartmentIds": [department], "associatedChatDepartmentIds": [], "channelExpert": [],
            "phone": "", "mobile": "", "extn": "", "aboutInfo": "", "photoURL": null, "isConfirmed": true,
            "isZiaAgent": false, "status": "ACTIVE", "langCode": "en_US", "countryCode": "en_US",
            "timeZone": "Etc/UTC"})
    } else {
        json!({"id": agent, "firstName": "Desk", "lastName": "Administrator", "email": email, "roleId": ceo,
            "profileId": administrator, "countryCode": "US", "timeZone": "Etc/UTC", "isConfirmed": true,
            "status": "ACTIVE", "createdTime": born})
    };
    organization.insert("agents", acting);
    organization.set_acting_agent(agent.clone());
    let default = if openapi {
        json!({"id": department, "name": name, "description": null, "nameInCustomerPortal": name,
            "sanitizedName": sanitized(&name), "isVisibleInCustomerPortal": true, "isAssignToTeamEnabled": false,
            "isEnabled": true, "isDefault": true, "hasLogo": false, "chatStatus": "NOT_CREATED",
            "creatorId": agent, "createdTime": born})
    } else {
        json!({"id": department, "name": name, "description": null, "creatorId": agent, "isEnabled": true,
            "createdTime": born})
    };
    organization.insert("departments", default);
    for (module, label, api_name, kind) in SYSTEM_FIELDS {
        let field = if openapi {
            system_field(module, label, api_name, kind)
        } else {
            json!({"displayLabel": label, "apiName": api_name, "type": kind, "module": module,
                "isCustomField": false, "isMandatory": matches!(api_name, "lastName" | "accountName" | "subject"),
                "maxLength": 255, "decimalPlaces": null, "allowedValues": null, "defaultValue": null,
                "toolTip": null})
        };
        organization.insert("fields", field);
    }
    if openapi {
        seed_openapi(organization, &agent, &department, &born);
    }
}

fn seed_openapi(organization: &mut Organization, agent: &str, department: &str, born: &str) {
    let layout = |id: String, title: &str| {
        json!({"id": id, "layoutName": "Default", "layoutDisplayName": "Default", "layoutDesc": null,
            "status": "active", "isDefaultLayout": true, "isStandardLayout": true,
            "skipDeptAccessValidation": true, "hasLogo": false, "photoURL": null, "module": title,
            "createdBy": agent, "createdTime": born, "modifiedBy": agent, "modifiedTime": born})
    };
    for title in ["Cases", "Contacts", "Accounts"] {
        let id = organization.fresh_id();
        organization.insert("layouts", layout(id, title));
    }
    // What is added here gets an id that nobody counts up to, so that all others stay as they are.
    for (n, title) in (1..).zip(["Products", "Contracts"]) {
        let id = organization.distant_id(n);
        organization.insert("layouts", layout(id, title));
    }
    for (n, title) in (11..).zip(["Tasks", "Calls", "Events", "TimeEntry"]) {
        let id = organization.distant_id(n);
        organization.insert("layouts", layout(id, title));
    }
    let center = help_center(organization, department);
    organization.insert("helpCenters", center);
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];
    let times: Vec<Value> = days
        .iter()
        .map(|day| json!({"day": day, "startTime": "09:00", "endTime": "18:00"}))
        .collect();
    organization.insert(
        "businessHours",
        json!({"name": "Default", "type": "SPECIFIC", "status": "ACTIVE",
            "timeZone": {"id": "Etc/UTC", "name": "Coordinated Universal Time"}, "businessTimes": times,
            "associatedHolidayList": null, "holidayLists": [], "createdBy": agent, "createdTime": born,
            "modifiedBy": agent, "modifiedTime": born}),
    );
}

/// The default help center, as a read by id shows it. That it has the name of the organization is not
/// stated.
fn help_center(organization: &Organization, department: &str) -> Value {
    let name = organization.name();
    let url = format!("https://desk.example.com/portal/{}/en", sanitized(name));
    let english = json!({"locale": "en", "name": "English", "type": "DEFAULT",
        "status": "ACCESIBLE_IN_HELPCENTER"});
    json!({"id": organization.distant_id(3), "name": name, "isDefault": true, "status": "ACTIVE",
        "departmentIds": [department], "primaryLocale": "en", "locales": ["en"],
        "helpCenterLocales": [english], "isMultilingualEnabled": false,
        "isEncodedPermalinkAllowed": false, "url": url, "logoUrl": null, "translateMode": "MANUAL",
        "siteMapUpdatedTime": null, "domains": [], "favIconUrl": null, "logoLinkBackUrl": null,
        "autoTranslateSettings": [], "activeThemeId": null})
}

/// A few system fields of the modules that matter here: module, label, name, type.
const SYSTEM_FIELDS: [(&str, &str, &str, &str); 12] = [
    ("tickets", "Subject", "subject", "Text"),
    ("tickets", "Status", "status", "Picklist"),
    ("tickets", "Due Date", "dueDate", "DateTime"),
    ("tickets", "Description", "description", "Textarea"),
    ("contacts", "First Name", "firstName", "Text"),
    ("contacts", "Last Name", "lastName", "Text"),
    ("contacts", "Email", "email", "Email"),
    ("contacts", "Phone", "phone", "Phone"),
    ("accounts", "Account Name", "accountName", "Text"),
    ("accounts", "Website", "website", "URL"),
    ("accounts", "Industry", "industry", "Picklist"),
    ("accounts", "Phone", "phone", "Phone"),
];

pub(super) fn system_field(module: &str, label: &str, api_name: &str, kind: &str) -> Value {
    json!({"module": module, "name": api_name, "apiName": api_name, "displayLabel": label, "i18NLabel": label,
        "type": kind, "maxLength": 255, "isMandatory": matches!(api_name, "lastName" | "accountName" | "subject"),
        "isCustomField": false, "isEncryptedField": false, "sourceType": "SYSTEM", "showToHelpCenter": true,
        "toolTipType": null, "toolTip": null})
}

fn role(
    organization: &mut Organization,
    name: &str,
    above: Option<&str>,
    default: bool,
    visible: bool,
) -> String {
    organization.insert(
        "roles",
        json!({"name": name, "description": null, "reportsTo": above, "shareDataWithPeers": false,
            "isDefault": default, "isVisible": visible}),
    )
}

/// A name as it stands in addresses of the help centre.
pub(super) fn sanitized(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    kept.trim_matches('-').to_owned()
}
