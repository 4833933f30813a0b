//! What holds wherever a ledger is kept.

use std::time::Duration;

use deskform::api::Method;
use deskform::ledger::journal::{End, Sent};
use deskform::ledger::{
    Begin, Entry, Held, Holder, Intent, Ledger, Load, LockError, Outcome, Record, Refusal, RunId,
    Settled, Store, StoreError,
};
use deskform::state::Key;
use deskform::verb::Verb;

const ENVIRONMENT: &str = "production";
const ORGANIZATION: &str = "700002";
const TTL: Duration = Duration::from_secs(60);
/// 2026-01-02T03:04:05Z in milliseconds since the Unix epoch.
const NOW: i64 = 1_767_323_045_000;

/// Somewhere to keep things.
pub(crate) trait Place {
    /// A store of its own on the same place, as another machine would open it.
    fn open(&self, environment: &str, org_id: &str) -> Store;
    /// Overwrites a ledger from outside, where that can be done.
    fn spoil(&self, environment: &str, bytes: &[u8]);
    /// Whether several environments may be opened, and `spoil` does something.
    fn is_shared(&self) -> bool;
}

pub(crate) async fn all<P: Place>(new: &dyn Fn() -> P) {
    saved_and_loaded(&new()).await;
    conflicts(&new()).await;
    locked(&new()).await;
    taken_over(&new()).await;
    unlocked(&new()).await;
    journaled(&new()).await;
    together(&new()).await;
    let place = new();
    if place.is_shared() {
        spoilt(&place).await;
    }
}

fn production(place: &dyn Place) -> Store {
    place.open(ENVIRONMENT, ORGANIZATION)
}

fn entry(id: &str) -> Entry {
    Entry {
        id: id.to_owned(),
        key: Key::of_name("Support"),
        ..Entry::default()
    }
}

async fn saved_and_loaded(place: &dyn Place) {
    let store = production(place);
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.load, Load::None);
    let mut ledger = loaded.load.or_new(ENVIRONMENT, ORGANIZATION);
    let mut version = loaded.version;
    for serial in 1..=3 {
        let address = format!("departments/{serial}").parse().unwrap();
        ledger.set(address, entry("7000"));
        version = store.save(&mut ledger, &version).await.unwrap();
        assert_eq!((ledger.serial, version.serial()), (serial, serial));
    }
    let loaded = production(place).load().await.unwrap();
    assert_eq!(loaded.load, Load::Found(ledger.clone()));
    assert_eq!(loaded.version, version);

    // Another organization's ledger is not written here.
    let mut other = Ledger::new(ENVIRONMENT, "700001");
    let error = store.save(&mut other, &version).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Refused(Refusal::Organization { .. })),
        "{error}"
    );
    if place.is_shared() {
        let error = place.open(ENVIRONMENT, "700001").load().await.unwrap_err();
        assert!(
            matches!(error, StoreError::Refused(Refusal::Organization { .. })),
            "{error}"
        );
    }
}

async fn conflicts(place: &dyn Place) {
    let (one, two) = (production(place), production(place));
    let (a, b) = (one.load().await.unwrap(), two.load().await.unwrap());
    let mut first = Ledger::new(ENVIRONMENT, ORGANIZATION);
    let mut second = first.clone();
    second.set("departments/b".parse().unwrap(), entry("2"));
    // Both read nothing; the first one to save wins.
    let version = one.save(&mut first, &a.version).await.unwrap();
    let error = two.save(&mut second, &b.version).await.unwrap_err();
    let expected = format!(
        "`{}` was changed by another run: serial 0 was read, and now it has serial 1",
        two.place()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(second.serial, 0, "it was not saved");
    // Both read the same.
    let b = two.load().await.unwrap();
    let mut second = b.load.or_new(ENVIRONMENT, ORGANIZATION);
    first.set("departments/a".parse().unwrap(), entry("1"));
    second.set("departments/b".parse().unwrap(), entry("2"));
    one.save(&mut first, &version).await.unwrap();
    let error = two.save(&mut second, &b.version).await.unwrap_err();
    assert!(
        error.to_string().ends_with("now it has serial 2"),
        "{error}"
    );
    assert!(error.hint().is_some());
    // What does not descend from what was read is refused before anything is written.
    let current = two.load().await.unwrap().version;
    let error = two.save(&mut second, &current).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(two.load().await.unwrap().load, Load::Found(first));
}

async fn spoilt(place: &dyn Place) {
    place.spoil(ENVIRONMENT, b"{\"formatVersion\": 1");
    let store = production(place);
    let error = store.load().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains(&store.place()), "{error}");
    let hint = error.hint().unwrap();
    for way in ["restore a backup", "move it away", "`removed`"] {
        assert!(hint.contains(way), "{hint}");
    }
    // A newer version's ledger is left alone.
    place.spoil(
        ENVIRONMENT,
        br#"{"formatVersion": 9, "environment": "production", "orgId": "700002"}"#,
    );
    let error = store.load().await.unwrap_err();
    assert!(
        matches!(error, StoreError::Refused(Refusal::Newer { found: 9 })),
        "{error}"
    );
}

pub(crate) fn holder(who: &str, at: i64) -> Holder {
    Holder {
        who: who.to_owned(),
        host: "ci-1.example.com".to_owned(),
        run: format!("run_of_{who}"),
        at,
    }
}

async fn locked(place: &dyn Place) {
    let (one, two) = (production(place), production(place));
    assert_eq!(one.holder(NOW).await.unwrap(), None);
    let mut guard = one.lock(&holder("ann", NOW), TTL).await.unwrap();
    assert_eq!(guard.until(), NOW + 60_000);
    let error = two.lock(&holder("bob", NOW + 1), TTL).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ledger is locked by `ann` on `ci-1.example.com` (run `run_of_ann`) since \
         2026-01-02T03:04:05Z, until 2026-01-02T03:05:05Z"
    );
    assert!(error.hint().unwrap().contains("deskform unlock"));
    // Renewed, it holds longer than it would have.
    guard.renew(NOW + 30_000, TTL).await.unwrap();
    guard.renew(NOW + 50_000, TTL).await.unwrap();
    let held = two.holder(NOW + 100_000).await.unwrap().unwrap();
    assert_eq!((held.since, held.until), (NOW, NOW + 110_000));
    let error = two.lock(&holder("bob", NOW + 100_000), TTL).await;
    assert!(matches!(error, Err(LockError::Held(_))), "{error:?}");
    guard.release().await.unwrap();
    assert_eq!(two.holder(NOW + 100_000).await.unwrap(), None);
    let guard = two.lock(&holder("bob", NOW + 100_000), TTL).await.unwrap();
    assert_eq!(guard.taken_over(), None, "it was given back");
    guard.release().await.unwrap();
}

async fn taken_over(place: &dyn Place) {
    let (one, two) = (production(place), production(place));
    let mut lost = one.lock(&holder("ann", NOW), TTL).await.unwrap();
    let later = NOW + 60_000;
    let guard = two.lock(&holder("bob", later), TTL).await.unwrap();
    assert_eq!(guard.taken_over().unwrap().who, "ann");
    let error = lost.renew(later, TTL).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("was lost to `bob` on `ci-1.example.com` (run `run_of_bob`)"),
        "{error}"
    );
    let error = lost.release().await.unwrap_err();
    assert!(
        matches!(error, LockError::Lost { to: Some(_), .. }),
        "{error}"
    );
    assert_eq!(two.holder(later).await.unwrap().unwrap().who, "bob");
    guard.release().await.unwrap();
}

async fn unlocked(place: &dyn Place) {
    let (one, two) = (production(place), production(place));
    assert_eq!(two.unlock(NOW, false).await.unwrap(), None);
    // What was looked at is given back, and nothing that has taken its place.
    let _given_back = one.lock(&holder("cid", NOW), TTL).await.unwrap();
    let seen = two.holder(NOW).await.unwrap().unwrap();
    let before = Held {
        run: "another".to_owned(),
        ..seen.clone()
    };
    let error = two.unlock_what_was_seen(NOW, &before).await.unwrap_err();
    assert!(matches!(error, LockError::Contended { .. }), "{error:?}");
    let held = two.unlock_what_was_seen(NOW, &seen).await.unwrap();
    assert_eq!(held.unwrap().who, "cid");
    let mut guard = one.lock(&holder("ann", NOW), TTL).await.unwrap();
    let error = two.unlock(NOW, false).await.unwrap_err();
    assert!(matches!(error, LockError::Held(_)), "{error}");
    assert_eq!(two.unlock(NOW, true).await.unwrap().unwrap().who, "ann");
    assert_eq!(two.unlock(NOW, true).await.unwrap(), None);
    let error = guard.renew(NOW, TTL).await.unwrap_err();
    assert!(matches!(error, LockError::Lost { to: None, .. }), "{error}");
    // One that has expired needs no force.
    let _guard = two.lock(&holder("bob", NOW), TTL).await.unwrap();
    let held = one.unlock(NOW + 60_000, false).await.unwrap().unwrap();
    assert_eq!(held.who, "bob");
}

/// Of many that lock or save at once exactly one wins.
pub(crate) async fn race(place: &dyn Place) {
    for round in 0..10 {
        let now = NOW + round * 120_000;
        // Absent in the first round, expired in the others.
        let locks = (0..8).map(|n| {
            let store = production(place);
            async move { store.lock(&holder(&format!("n{n}"), now), TTL).await }
        });
        let locks = futures_util::future::join_all(locks).await;
        let won: Vec<_> = locks.iter().filter_map(|lock| lock.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{locks:?}");
        for lost in locks.iter().filter_map(|lock| lock.as_ref().err()) {
            assert!(matches!(lost, LockError::Held(_)), "{lost}");
        }
        let version = production(place).load().await.unwrap().version;
        let saves = (0..8).map(|n| {
            let (store, version) = (production(place), version.clone());
            async move {
                let mut ledger = Ledger::new(ENVIRONMENT, ORGANIZATION);
                ledger.serial = version.serial();
                ledger.set(format!("departments/{n}").parse().unwrap(), entry("1"));
                store.save(&mut ledger, &version).await
            }
        });
        let saves = futures_util::future::join_all(saves).await;
        assert_eq!(saves.iter().filter(|save| save.is_ok()).count(), 1);
    }
}

pub(crate) fn begin(run: &RunId) -> Begin {
    Begin {
        format_version: deskform::ledger::journal::FORMAT_VERSION,
        run: run.clone(),
        environment: ENVIRONMENT.to_owned(),
        org_id: ORGANIZATION.to_owned(),
        plan_digest: "d".to_owned(),
        at: NOW,
    }
}

pub(crate) fn intent(seq: u64) -> Intent {
    Intent {
        seq,
        address: format!("departments/{seq}").parse().unwrap(),
        verb: Verb::Create,
        request: Sent {
            method: Method::Post,
            path: "/departments".to_owned(),
        },
        key: Key::of_name(format!("Department {seq}")),
        create: true,
        effect: None,
        temporary_member: None,
        prevent_destroy: false,
        at: NOW,
        before: serde_json::Value::Null,
    }
}

fn applied(seq: u64) -> Record {
    Record::Outcome(Outcome {
        seq,
        result: Settled::Applied,
        id: Some(format!("70{seq}")),
        error: None,
        at: None,
    })
}

async fn journaled(place: &dyn Place) {
    let store = production(place);
    let (first, second) = (RunId::new(NOW, 1), RunId::new(NOW + 1000, 2));
    let journal = store.begin(begin(&first)).await.unwrap();
    for seq in 1..=12 {
        journal.append(&Record::Intent(intent(seq))).await.unwrap();
        if seq != 5 {
            journal.append(&applied(seq)).await.unwrap();
        }
    }
    // Killed: what was added is there.
    drop(journal);
    let runs = production(place).open_runs().await.unwrap();
    assert!(runs.ended.is_empty());
    let [left] = runs.unfinished.as_slice() else {
        panic!("{runs:?}")
    };
    assert_eq!(left.begin, Some(begin(&first)));
    assert_eq!(left.intents, [intent(5)]);
    let settled: Vec<_> = left.settled.iter().map(|(intent, _)| intent.seq).collect();
    assert_eq!(settled, [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]);

    let error = store.begin(begin(&first)).await.unwrap_err();
    assert!(matches!(error, StoreError::RunExists { .. }), "{error}");

    // A run that ends in order leaves nothing; the other one is as it was.
    let journal = store.begin(begin(&second)).await.unwrap();
    journal.append(&Record::Intent(intent(1))).await.unwrap();
    assert_eq!(store.open_runs().await.unwrap().unfinished.len(), 2);
    journal.finish(NOW).await.unwrap();
    assert_eq!(store.open_runs().await.unwrap(), runs);
    store.finish(&first, NOW).await.unwrap();
    let left = store.open_runs().await.unwrap();
    assert_eq!((left.unfinished.len(), left.ended.len()), (0, 0));
    store.finish(&first, NOW).await.unwrap();

    // An end that was written, but not cleared away.
    let journal = store.begin(begin(&first)).await.unwrap();
    journal.append(&Record::Intent(intent(1))).await.unwrap();
    journal.append(&Record::End(End { at: NOW })).await.unwrap();
    let left = store.open_runs().await.unwrap();
    assert_eq!(
        (left.unfinished.len(), left.ended.clone()),
        (0, vec![first.clone()])
    );
    store.finish(&first, NOW).await.unwrap();
    assert!(store.open_runs().await.unwrap().ended.is_empty());
}

/// Records that are added at once are all there, each whole.
async fn together(place: &dyn Place) {
    let store = production(place);
    let run = RunId::new(NOW, 3);
    let journal = store.begin(begin(&run)).await.unwrap();
    let records: Vec<_> = (1..=40).map(|seq| Record::Intent(intent(seq))).collect();
    let added = records.iter().map(|record| journal.append(record));
    for added in futures_util::future::join_all(added).await {
        added.unwrap();
    }
    // One that is too large harms nothing else.
    let large = Record::Intent(Intent {
        before: "x".repeat(deskform::ledger::journal::MAX_RECORD).into(),
        ..intent(41)
    });
    let error = journal.append(&large).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
    journal.append(&applied(1)).await.unwrap();
    let runs = store.open_runs().await.unwrap();
    let left = &runs.unfinished[0];
    assert_eq!(
        (left.intents.len(), left.settled.len(), left.damaged),
        (39, 1, 0)
    );
    journal.finish(NOW).await.unwrap();
}
