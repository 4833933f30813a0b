//! Reading what lies below others.

use serde_json::json;

use super::*;
use crate::api::testing::{Scripted, answer, client, ok, token};

/// Two departments, one with a slash in its name, each with a team of one name. The answers do not say
/// where a team lies.
fn organization() -> std::sync::Arc<Scripted> {
    Scripted::new(|sent| {
        if sent.is_token_request() {
            return token(1);
        }
        let path = sent.line.split(['?', ' ']).nth(1).unwrap_or_default();
        let body = if path.ends_with("/departments") {
            json!({"data": [
                {"id": "1", "name": "Support/EU", "isEnabled": true},
                {"id": "2", "name": "Billing", "isEnabled": true},
            ]})
        } else if path.ends_with("/departments/1/teams") {
            json!({"teams": [{"id": "11", "name": "Tier 1"}]})
        } else if path.ends_with("/departments/2/teams") {
            json!({"teams": [{"id": "12", "name": "Tier 1"}]})
        } else {
            return answer(204, &[], "");
        };
        ok(&body.to_string())
    })
}

#[tokio::test(start_paused = true)]
async fn everything_below_every_parent_is_read() {
    let transport = organization();
    let client = client(&transport);
    let mut live = Live::new(Dialect::Openapi);
    let kind = find("teams").unwrap();
    read(&client.reader(), &mut live, &Needs::of_kind(kind))
        .await
        .map_err(|unread| format!("{unread:?}"))
        .unwrap();
    let addresses: Vec<String> = live
        .collection("teams")
        .filter_map(|index| live.address_of(index))
        .map(|address| address.to_string())
        .collect();
    assert_eq!(
        addresses,
        ["teams/Support/EU/Tier 1", "teams/Billing/Tier 1"]
    );
    // One listing of departments, and one of teams for each of them.
    assert_eq!(transport.calls().len(), 3);
}
