//! The one clock: backoff, settle times, tokens and limits all ask it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A clock that starts at a known wall time and then follows tokio's time.
///
/// Under tokio's paused time (`start_paused = true`) it is virtual: sleeping costs nothing and
/// time jumps to the next timer, so no test ever waits.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin_ms: i64,
    start: Instant,
}

impl Clock {
    /// A clock that shows the system's time. Must be called inside a tokio runtime.
    #[must_use]
    pub fn system() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::starting_at(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// A clock that shows the given milliseconds since the Unix epoch now.
    #[must_use]
    pub fn starting_at(origin_ms: i64) -> Self {
        Self {
            origin_ms,
            start: Instant::now(),
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.origin_ms.saturating_add(elapsed)
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
