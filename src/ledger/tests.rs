use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::page::Base;
use crate::ledger::journal::{Begin, End, Intent, Outcome, Reader, Reading, Sent};

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn entry(id: &str, parts: &[&str]) -> Entry {
    Entry {
        id: id.to_owned(),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        key: Key::of_name(format!("identity of {id}")),
        ..Entry::default()
    }
}

fn sample() -> Ledger {
    let mut ledger = Ledger::new("production", "700002");
    ledger.serial = 7;
    let mut team = entry("7000", &[]);
    team.prevent_destroy = true;
    team.fields.insert(
        "description".to_owned(),
        FieldRecord {
            sent: json!("a  b"),
            stored: json!("a b"),
        },
    );
    let known = Known {
        objects: 3000,
        base: Some(Base::One),
        unpaged: false,
    };
    ledger.listings.insert("/accounts".to_owned(), known);
    ledger.set(address("departments/Support/EU"), team);
    ledger.set(address("webhooks/crm"), entry("1", &["1", "2"]));
    ledger
}

fn parse(bytes: &[u8]) -> Result<Load, Refusal> {
    Ledger::parse(bytes, "production", "700002")
}

#[test]
fn the_form_is_fixed_and_read_back() {
    let bytes = sample().to_bytes().unwrap();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        r#"{
  "formatVersion": 2,
  "environment": "production",
  "orgId": "700002",
  "serial": 7,
  "appliedAt": 0,
  "listings": {
    "/accounts": {"objects":3000,"base":1}
  },
  "resources": {
    "departments/Support/EU": {"id":"7000","key":{"name":"identity of 7000"},"preventDestroy":true,"fields":{"description":{"sent":"a  b","stored":"a b"}}},
    "webhooks/crm": {"id":"1","parts":["1","2"],"key":{"name":"identity of 1"}}
  }
}
"#
    );
    assert_eq!(parse(&bytes).unwrap(), Load::Found(sample()));
    let empty = Ledger::new("production", "700002");
    let bytes = empty.to_bytes().unwrap();
    assert_eq!(parse(&bytes).unwrap(), Load::Found(empty));
}

/// Format 1 wrote a key as one text; only custom fields had a scope, and no module holds a slash.
#[test]
fn a_ledger_of_the_format_before_is_read() {
    let text = r#"{"formatVersion":1,"environment":"production","orgId":"700002","serial":7,"resources":{
        "customFields/region":{"id":"1","identity":"contacts/Region/EU"},
        "departments/Support":{"id":"2","identity":"Support/EU"},
        "webhooks/secret":{"id":"3","identity":""}}}"#;
    let Load::Found(ledger) = parse(text.as_bytes()).unwrap() else {
        panic!("it is no ledger")
    };
    assert_eq!(ledger.format_version, FORMAT_VERSION);
    let key = |text: &str| ledger.get(&address(text)).unwrap().key.clone();
    let mut region = Key::of_name("Region/EU");
    region.scope.set("module", "contacts");
    assert_eq!(key("customFields/region"), region);
    assert_eq!(key("departments/Support"), Key::of_name("Support/EU"));
    assert!(key("webhooks/secret").is_unknown());
    // What is written from now on is format 2, and reads as the same.
    let bytes = ledger.to_bytes().unwrap();
    assert_eq!(parse(&bytes).unwrap(), Load::Found(ledger));
}

#[test]
fn a_journal_of_the_format_before_is_recovered() {
    let text = r#"{"record":"begin","formatVersion":1,"run":"r1","environment":"production","orgId":"700002","planDigest":"ab","who":"ci","host":"build.example.com","at":1}
{"record":"intent","seq":1,"address":"customFields/region","verb":"create","create":true,"request":{"method":"POST","path":"/fields"},"identity":"contacts/Region/EU","at":2,"before":null}
"#;
    let left = unfinished(text.as_bytes());
    assert_eq!((left.intents.len(), left.damaged), (1, 0));
    let mut region = Key::of_name("Region/EU");
    region.scope.set("module", "contacts");
    assert_eq!(left.intents[0].key, region);
}

#[test]
fn what_belongs_elsewhere_and_what_is_broken_are_refused() {
    let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
    for (old, new, expected) in [
        (
            "\"formatVersion\": 2",
            "\"formatVersion\": 3, \"later\": []",
            "the ledger has format 3, and this version reads up to 2",
        ),
        (
            "\"production\"",
            "\"sandbox\"",
            "the ledger belongs to the environment `sandbox`, not to `production`",
        ),
        (
            "700002",
            "700001",
            "the ledger belongs to the organization 700001, not to 700002",
        ),
    ] {
        let error = parse(text.replace(old, new).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!error.hint().is_empty());
    }
    for (old, new, expected) in [
        ("\"serial\": 7", "\"serial\": -7", "invalid value"),
        ("\"serial\"", "\"cereal\"", "unknown field `cereal`"),
        ("\"formatVersion\": 2", "\"formatVersion\": 0", "format 0"),
        ("webhooks/crm", "departments/Support/EU", "stands twice"),
        ("webhooks/crm", "gadgets/crm", "is not an address"),
        ("webhooks/crm", "webhooks/", "is not an address"),
        ("\"id\":\"1\",", "", "missing field `id`"),
        ("\n}\n", "", "EOF"),
        (
            "\"key\":{\"name\"",
            "\"key\":{\"nome\"",
            "a form that is not known",
        ),
        ("  \"orgId\"", "<<<<<<< HEAD\n  \"orgId\"", "key must be"),
    ] {
        let broken = text.replace(old, new);
        assert_ne!(broken, text);
        let Err(Refusal::Corrupt { reason }) = parse(broken.as_bytes()) else {
            panic!("{broken}")
        };
        assert!(reason.contains(expected), "{reason}");
    }
    let deep = text.replace(
        "\"a b\"",
        &format!("{}1{}", "[".repeat(5000), "]".repeat(5000)),
    );
    assert!(matches!(
        parse(deep.as_bytes()),
        Err(Refusal::Corrupt { .. })
    ));
    let large = vec![b' '; MAX_LEDGER + 1];
    assert!(matches!(parse(&large), Err(Refusal::Corrupt { .. })));
}

#[test]
fn entries_are_found_by_id_moved_and_forgotten() {
    let mut ledger = sample();
    let (department, hook) = (address("departments/Support/EU"), address("webhooks/crm"));
    let found = |ledger: &Ledger, collection: &str, id: &str| {
        ledger.by_id(collection, id).map(|(found, _)| found.clone())
    };
    assert_eq!(found(&ledger, "webhooks", "2"), Some(hook.clone()));
    assert_eq!(found(&ledger, "departments", "2"), None);
    assert_eq!(ledger.index().len(), 3);
    assert_eq!(ledger.index()[&("departments", "7000")], &department);

    let moved = address("departments/Help");
    assert!(ledger.rename(&department, &moved));
    assert!(!ledger.rename(&department, &moved), "it has moved");
    assert!(!ledger.rename(&moved, &moved), "nothing to do");
    assert!(
        !ledger.rename(&moved, &address("agents/Help")),
        "collections differ"
    );
    ledger.set(address("departments/Taken"), entry("8", &[]));
    assert!(!ledger.rename(&moved, &address("departments/Taken")));
    assert_eq!(found(&ledger, "departments", "7000"), Some(moved.clone()));
    assert_eq!(ledger.remove(&moved).unwrap().id, "7000");
    assert_eq!(ledger.get(&moved), None);
    assert_eq!(ledger.set(hook, entry("9", &[])).unwrap().id, "1");
}

fn intent(seq: u64) -> Intent {
    Intent {
        seq,
        address: address("departments/Support"),
        verb: crate::verb::Verb::Update,
        request: Sent {
            method: crate::api::Method::Patch,
            path: "/departments/7000".to_owned(),
        },
        key: Key::of_name("Support – Zürich"),
        create: false,
        effect: None,
        temporary_member: None,
        prevent_destroy: false,
        at: 0,
        before: json!({"description": "old"}),
    }
}

fn outcome(seq: u64, result: Settled) -> Outcome {
    Outcome {
        seq,
        result,
        id: Some("7000".to_owned()),
        error: None,
        at: Some(0),
    }
}

fn run() -> RunId {
    "r1".parse().unwrap()
}

fn begin(format_version: u64) -> Begin {
    Begin {
        format_version,
        run: run(),
        environment: "production".to_owned(),
        org_id: "700002".to_owned(),
        plan_digest: "d".to_owned(),
        at: 1,
    }
}

fn records() -> Vec<Record> {
    vec![
        Record::Begin(begin(1)),
        Record::Intent(intent(1)),
        Record::Intent(intent(2)),
        Record::Outcome(outcome(1, Settled::Applied)),
        Record::Intent(intent(3)),
        Record::Outcome(outcome(3, Settled::Unknown)),
        Record::Outcome(outcome(9, Settled::Failed)),
        Record::Intent(intent(4)),
        Record::Outcome(outcome(4, Settled::Failed)),
        Record::End(End { at: 2 }),
    ]
}

fn lines(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        serde_json::to_writer(&mut bytes, record).unwrap();
        bytes.push(b'\n');
    }
    bytes
}

fn read(bytes: &[u8]) -> Result<Reading, u64> {
    let mut reader = Reader::new(run());
    reader.push(bytes);
    reader.finish()
}

fn unfinished(bytes: &[u8]) -> Unfinished {
    match read(bytes).unwrap() {
        Reading::Unfinished(unfinished) => unfinished,
        Reading::Ended => panic!("it has no end"),
    }
}

#[test]
fn a_journal_tells_what_is_open_and_what_is_settled() {
    let records = records();
    assert_eq!(read(&lines(&records)), Ok(Reading::Ended));
    let left = unfinished(&lines(&records[..9]));
    assert_eq!(left.begin, Some(begin(1)));
    let open: Vec<u64> = left.intents.iter().map(|intent| intent.seq).collect();
    assert_eq!(open, [2, 3], "without outcome, and unknown");
    let settled: Vec<_> = left
        .settled
        .iter()
        .map(|(i, o)| (i.seq, o.result))
        .collect();
    assert_eq!(settled, [(1, Settled::Applied), (4, Settled::Failed)]);
    assert_eq!(left.damaged, 0);
}

#[test]
fn a_journal_cut_at_any_byte_tells_of_every_whole_line() {
    let records = &records()[..9];
    let whole = lines(records);
    let mut ends = Vec::new();
    for count in 0..=records.len() {
        ends.push(lines(&records[..count]).len());
    }
    for cut in 0..=whole.len() {
        // A record is whole when only its newline is missing.
        let count = ends.iter().filter(|end| **end <= cut + 1).count() - 1;
        let expected = unfinished(&lines(&records[..count]));
        assert_eq!(unfinished(&whole[..cut]), expected, "cut at {cut}");
    }
}

#[test]
fn damage_is_counted_and_does_not_hide_what_follows() {
    let mut bytes = lines(&records()[..2]);
    bytes.extend_from_slice(b"\0\0\0\n{\"record\":\"later\"}\n\n[[[\n");
    bytes.extend_from_slice(&lines(&[Record::Intent(intent(5))]));
    bytes.extend_from_slice(b"\xff\xfe garbage");
    let left = unfinished(&bytes);
    assert_eq!((left.intents.len(), left.damaged), (2, 3));
}

#[test]
fn several_writes_with_one_number_are_all_kept() {
    let left = unfinished(&lines(&[
        Record::Intent(intent(1)),
        Record::Intent(intent(1)),
        Record::Outcome(outcome(1, Settled::Applied)),
    ]));
    assert_eq!((left.intents.len(), left.settled.len()), (1, 1));
}

#[test]
fn a_newer_journal_is_not_passed_over() {
    assert_eq!(read(&lines(&[Record::Begin(begin(3))])), Err(3));
    let changed = b"{\"record\":\"begin\",\"formatVersion\":4,\"runId\":5}\n";
    assert_eq!(read(changed), Err(4));
}

#[test]
fn run_ids_are_names_that_sort_by_time() {
    let id = RunId::new(1_767_323_045_000, 0xab);
    assert_eq!(id.as_str(), "20260102T030405000Z_000000ab");
    assert_eq!(id.began(), Some(1_767_323_045_000));
    assert_eq!(
        RunId::new(1_767_323_045_678, 0).began(),
        Some(1_767_323_045_678)
    );
    let older: RunId = "20260102T030405Z_000000ab".parse().unwrap();
    assert_eq!(older.began(), id.began());
    assert_eq!("x".parse::<RunId>().unwrap().began(), None);
    assert_eq!(id.as_str().parse(), Ok(id.clone()));
    assert!(RunId::new(1_767_323_046_000, 0) > id);
    assert!(RunId::new(i64::MAX, 0).as_str().parse::<RunId>().is_ok());
    for text in ["", "a-b", "../x", "a/b", "é", &"x".repeat(65)] {
        assert!(text.parse::<RunId>().is_err(), "{text}");
    }
}

/// Bytes of JSON with some of them changed: closer to the edges than random bytes.
fn mutated(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    prop::collection::vec((0..length, any::<u8>()), 0..6).prop_map(move |changes| {
        let mut bytes = bytes.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
        prop_assert!(!matches!(parse(&bytes), Ok(Load::Found(_) | Load::None)));
        let left = unfinished(&bytes);
        prop_assert!(left.intents.is_empty());
    }

    #[test]
    fn a_damaged_ledger_is_whole_or_nothing(bytes in mutated(sample().to_bytes().unwrap())) {
        if let Ok(Load::Found(ledger)) = parse(&bytes) {
            let again = parse(&ledger.to_bytes().unwrap());
            prop_assert_eq!(again, Ok(Load::Found(ledger)));
        }
    }

    #[test]
    fn a_damaged_journal_tells_of_what_is_not_damaged(bytes in mutated(lines(&records()[..9]))) {
        if let Ok(Reading::Unfinished(left)) = read(&bytes) {
            // A changed byte can split a line in two; no more than six were changed.
            prop_assert!(left.damaged <= 12);
        }
    }

    #[test]
    fn pieces_of_whole_lines_tell_the_same(at in 0..9_usize) {
        let records = &records()[..9];
        let mut reader = Reader::new(run());
        reader.push(&lines(&records[..at]));
        reader.push(&lines(&records[at..]));
        prop_assert_eq!(reader.finish(), read(&lines(records)));
    }
}

#[test]
fn what_older_journals_did_not_write_down_the_table_tells() {
    use super::journal::Effect;

    let effect = |collection: &str, method: &str, path: &str, create: bool| {
        let intent: Intent = serde_json::from_value(json!({
            "seq": 1, "address": format!("{collection}/a"), "verb": "create",
            "request": {"method": method, "path": path}, "key": {"name": "Ticket.Add"},
            "create": create, "at": 0, "before": null,
        }))
        .unwrap();
        assert_eq!(intent.effect, None);
        (intent.effect(), intent.part().map(str::to_owned))
    };
    let part = Some("Ticket.Add".to_owned());
    for (collection, method, path, create, wanted) in [
        ("webhooks", "POST", "/events", true, (Effect::Part, part)),
        ("webhooks", "POST", "/webhooks", true, (Effect::Whole, None)),
        (
            "webhooks",
            "DELETE",
            "/events/7",
            false,
            (Effect::Whole, None),
        ),
        (
            "departments",
            "POST",
            "/departments/7/dissociateAgents",
            false,
            (Effect::Leave, None),
        ),
        (
            "departments",
            "POST",
            "/departments",
            true,
            (Effect::Whole, None),
        ),
    ] {
        assert_eq!(effect(collection, method, path, create), wanted, "{path}");
    }
    // A new journal says it.
    let written = Intent {
        effect: Some(Effect::Leave),
        ..intent(1)
    };
    let text = serde_json::to_string(&written).unwrap();
    assert!(text.contains(r#""effect":"leave""#), "{text}");
    let read: Intent = serde_json::from_str(&text).unwrap();
    assert_eq!(read.effect(), Effect::Leave);
}
