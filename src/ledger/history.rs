//! What past runs did, kept beside the ledger: one piece a run, written whole.

use bytes::Bytes;

use super::backend::Condition;
use super::error::StoreError;
use super::journal::RunId;
use super::store::Store;

/// The folder of past runs.
pub(super) const FOLDER: &str = "history";

/// Largest record of a run that is written or read, in bytes.
pub const MAX_PAST_RUN: usize = 256 * 1024 * 1024;

impl Store {
    /// Keeps what a run did, in place of what is kept of it already.
    ///
    /// # Errors
    ///
    /// A record of more than [`MAX_PAST_RUN`] bytes; a place that cannot be written.
    pub async fn keep_past(&self, run: &RunId, record: Vec<u8>) -> Result<(), StoreError> {
        let name = self.past_name(run);
        if record.len() > MAX_PAST_RUN {
            return Err(StoreError::TooLarge {
                place: self.backend.place(&name),
                limit: MAX_PAST_RUN,
            });
        }
        let put = self
            .backend
            .put_in_time(&name, record.into(), Condition::Any);
        put.await.map(drop)
    }

    /// Names the runs of which something is kept, the latest first.
    ///
    /// # Errors
    ///
    /// A place that cannot be read.
    pub async fn past_runs(&self) -> Result<Vec<RunId>, StoreError> {
        let folder = self.past_folder();
        let names = self.backend.list(&folder).await?;
        let run = |name: &String| {
            let rest = name.strip_prefix(&folder)?.strip_prefix('/')?;
            rest.strip_suffix(".json")?.parse().ok()
        };
        let mut runs: Vec<RunId> = names.iter().filter_map(run).collect();
        runs.sort_unstable_by(|one, other| other.cmp(one));
        Ok(runs)
    }

    /// Reads what is kept of a run; nothing where there is nothing.
    ///
    /// # Errors
    ///
    /// A record of more than [`MAX_PAST_RUN`] bytes; a place that cannot be read.
    pub async fn past_run(&self, run: &RunId) -> Result<Option<Bytes>, StoreError> {
        let found = self.backend.get(&self.past_name(run), MAX_PAST_RUN).await?;
        Ok(found.map(|(bytes, _)| bytes))
    }

    /// Removes what is kept of runs.
    ///
    /// # Errors
    ///
    /// A place that cannot be written.
    pub async fn drop_past(&self, runs: &[RunId]) -> Result<(), StoreError> {
        let names: Vec<String> = runs.iter().map(|run| self.past_name(run)).collect();
        if names.is_empty() {
            return Ok(());
        }
        self.backend.remove_all(&names).await
    }

    /// Where what is kept of a run lies, for messages.
    #[must_use]
    pub fn past_place(&self, run: &RunId) -> String {
        self.backend.place(&self.past_name(run))
    }

    fn past_folder(&self) -> String {
        format!("{FOLDER}/{}", self.stem)
    }

    fn past_name(&self, run: &RunId) -> String {
        format!("{}/{run}.json", self.past_folder())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn past_runs_are_listed_from_the_latest_on() {
        let store = Store::in_memory("test", "1");
        let (first, second) = (RunId::new(0, 1), RunId::new(60_000, 1));
        store.keep_past(&first, b"a".to_vec()).await.unwrap();
        store.keep_past(&second, b"b".to_vec()).await.unwrap();
        assert_eq!(
            store.past_runs().await.unwrap(),
            [second.clone(), first.clone()]
        );
        assert_eq!(&*store.past_run(&first).await.unwrap().unwrap(), b"a");
        store.keep_past(&first, b"d".to_vec()).await.unwrap();
        assert_eq!(&*store.past_run(&first).await.unwrap().unwrap(), b"d");
        store.drop_past(std::slice::from_ref(&first)).await.unwrap();
        assert_eq!(store.past_runs().await.unwrap(), [second]);
        assert_eq!(store.past_run(&first).await.unwrap(), None);
    }
}
