//! Ledgers, locks and journals: the same scenarios on files, in memory, in git and on an S3 server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test panics to fail and says what it skips"
)]

mod applies;
#[path = "../command/mod.rs"]
mod command;
mod git;
mod git_kills;
mod s3;
mod scenarios;
mod trouble;

use deskform::ledger::{Location, Store};
use scenarios::Place;

/// A folder; every store opened on it is another process as far as the files can tell.
struct Files(tempfile::TempDir);

impl Place for Files {
    fn open(&self, environment: &str, org_id: &str) -> Store {
        let path = self.0.path().join(format!(".deskform/{environment}.json"));
        Store::open(&Location::File(path), environment, org_id, &|_| None).unwrap()
    }

    fn spoil(&self, environment: &str, bytes: &[u8]) {
        let path = self.0.path().join(format!(".deskform/{environment}.json"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// Memory; the clones of one store share it.
struct Memory(Store);

impl Place for Memory {
    fn open(&self, _environment: &str, _org_id: &str) -> Store {
        self.0.clone()
    }

    fn spoil(&self, _environment: &str, _bytes: &[u8]) {}

    fn is_shared(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn files() {
    scenarios::all(&|| Files(tempfile::tempdir().unwrap())).await;
}

#[tokio::test]
async fn files_race() {
    scenarios::race(&Files(tempfile::tempdir().unwrap())).await;
}

#[tokio::test]
async fn memory() {
    scenarios::all(&|| Memory(Store::in_memory("production", "700002"))).await;
}

#[tokio::test]
async fn memory_race() {
    scenarios::race(&Memory(Store::in_memory("production", "700002"))).await;
}

/// A file journal cut at any byte is read by the next run.
#[tokio::test]
async fn a_torn_file_is_read() {
    let files = Files(tempfile::tempdir().unwrap());
    let store = files.open("production", "700002");
    let run: deskform::ledger::RunId = "r1".parse().unwrap();
    let journal = store.begin(scenarios::begin(&run)).await.unwrap();
    for seq in 1..=2 {
        let record = deskform::ledger::Record::Intent(scenarios::intent(seq));
        journal.append(&record).await.unwrap();
    }
    let path = files.0.path().join(".deskform/runs/production-r1.jsonl");
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(std::io::BufRead::lines(whole.as_slice()).count(), 3);
    let mut counts = Vec::new();
    for cut in 0..=whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let runs = store.open_runs().await.unwrap();
        assert_eq!((runs.unfinished.len(), runs.ended.len()), (1, 0));
        assert_eq!(runs.unfinished[0].damaged, 0);
        counts.push(runs.unfinished[0].intents.len());
    }
    assert!(counts.is_sorted());
    counts.dedup();
    assert_eq!(counts, [0, 1, 2]);
}

/// Environments whose names begin alike do not see each other's journals.
#[tokio::test]
async fn journals_of_other_environments_are_left_alone() {
    let files = Files(tempfile::tempdir().unwrap());
    let run = "r1".parse().unwrap();
    let one = files.open("prod", "700002");
    let other = files.open("prod-eu", "700003");
    let begin = deskform::ledger::Begin {
        environment: "prod-eu".to_owned(),
        org_id: "700003".to_owned(),
        ..scenarios::begin(&run)
    };
    let _journal = other.begin(begin).await.unwrap();
    // Nor does one that has another organization by now.
    let moved = files.open("prod-eu", "700004");
    assert_eq!(
        moved.open_runs().await.unwrap(),
        deskform::ledger::Runs::default()
    );
    assert_eq!(
        one.open_runs().await.unwrap(),
        deskform::ledger::Runs::default()
    );
    one.finish(&run, 1).await.unwrap();
    assert_eq!(other.open_runs().await.unwrap().unfinished.len(), 1);
}
