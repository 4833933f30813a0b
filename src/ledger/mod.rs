//! stub
use crate::state::Address;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ledger {
    pub format_version: u32,
    pub environment: String,
    pub org_id: String,
    pub serial: u64,
    pub resources: BTreeMap<Address, Entry>,
}
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    pub id: String,
    #[serde(default)]
    pub parts: Vec<String>,
    pub identity: String,
    pub prevent_destroy: bool,
    pub adopted: bool,
    pub fields: BTreeMap<String, FieldRecord>,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldRecord {
    pub sent: Json,
    pub stored: Json,
}
pub mod update;
