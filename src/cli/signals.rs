//! The signals that end a run in order: Ctrl-C, and on Unix SIGTERM and SIGHUP.

use std::io;
use std::ops::ControlFlow;

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Somebody or the system asked for an end.
    End,
    /// The terminal went away.
    HangUp,
}

impl Signal {
    /// Whether a signal after this one asks for an end at once.
    ///
    /// A terminal that goes away may say so more than once: the shell passes the signal on, and the
    /// system sends it as well.
    pub(super) fn hurries_after(self, first: Self) -> bool {
        (self, first) != (Self::HangUp, Self::HangUp)
    }
}

/// Waits for the signals that end a run.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// None where it is not handled: see [`handles_hang_up`].
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Begins to listen; from here on the signals end nothing by themselves.
    pub(super) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: handles_hang_up()
                    .then(|| signal(SignalKind::hangup()))
                    .transpose()?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Does some work, which each signal interrupts: `hears` says whether it goes on. Nothing where it
    /// does not.
    pub(super) async fn during<T>(
        &mut self,
        work: impl Future<Output = T>,
        hears: impl FnMut(Signal) -> ControlFlow<()>,
    ) -> Option<T> {
        attended(work, async || self.next().await, hears).await
    }

    /// Whether one has come by now.
    pub(super) async fn has_come(&mut self) -> bool {
        tokio::select! {
            biased;
            _ = self.next() => true,
            // The runtime hears from the system once before this is over.
            () = tokio::task::yield_now() => false,
        }
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        {
            let hang_up = async {
                match &mut self.hang_up {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.interrupt.recv() => Signal::End,
                _ = self.terminate.recv() => Signal::End,
                _ = hang_up => Signal::HangUp,
            }
        }
        #[cfg(not(unix))]
        {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            Signal::End
        }
    }
}

/// Does some work. What `next` tells is heard before the work goes on: an answer that comes together
/// with a signal must not let anything new begin.
async fn attended<T>(
    work: impl Future<Output = T>,
    mut next: impl AsyncFnMut() -> Signal,
    mut hears: impl FnMut(Signal) -> ControlFlow<()>,
) -> Option<T> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            signal = next() => {
                if hears(signal).is_break() {
                    return None;
                }
            }
            done = &mut work => return Some(done),
        }
    }
}

/// Whether SIGHUP is handled: not where the process was started so that it ignores it, as `nohup`
/// does, since a handler would take the place of that.
///
/// Linux tells what is ignored. Elsewhere nothing does that is safe to ask, so that SIGHUP is left
/// as it is there: it is ignored under `nohup`, and else it ends the process at once, after which the
/// next run learns from the journal.
#[cfg(unix)]
fn handles_hang_up() -> bool {
    cfg!(target_os = "linux")
        && std::fs::read_to_string("/proc/self/status")
            .ok()
            .and_then(|status| ignores_hang_up(&status))
            == Some(false)
}

/// Reads from `/proc/self/status` whether SIGHUP, the first of all signals, is ignored.
#[cfg(unix)]
fn ignores_hang_up(status: &str) -> Option<bool> {
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(ignored.trim(), 16).ok()?;
    Some(mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn case_7_linux_tells_whether_hang_ups_are_ignored() {
        for (status, ignored) in [
            (
                "Name:\tdeskform\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\n",
                Some(false),
            ),
            ("SigIgn:\t0000000000000001\n", Some(true)),
            ("SigIgn:\tffffffffffffffff\n", Some(true)),
            ("SigIgn:\tfffffffffffffffe\n", Some(false)),
            ("SigIgn:\tmany\n", None),
            ("SigCgt:\t0000000000000001\n", None),
            ("", None),
        ] {
            assert_eq!(ignores_hang_up(status), ignored, "{status}");
        }
    }

    /// Signals that have come, and then none.
    fn come(signals: &'static [Signal]) -> impl AsyncFnMut() -> Signal {
        let mut signals = signals.iter();
        async move || match signals.next() {
            Some(signal) => *signal,
            None => std::future::pending().await,
        }
    }

    #[tokio::test]
    async fn case_7_what_comes_with_a_signal_waits_until_it_is_heard() {
        // By chance it would be right now and then.
        for _ in 0..100 {
            let count = Cell::new(0);
            let hears = |_| {
                count.set(count.get() + 1);
                ControlFlow::Continue(())
            };
            let signals = come(&[Signal::HangUp, Signal::End]);
            let done = attended(async { count.get() }, signals, hears).await;
            assert_eq!(done, Some(2));
            let worked = Cell::new(false);
            let work = async { worked.set(true) };
            let done = attended(work, come(&[Signal::End]), |_| ControlFlow::Break(())).await;
            assert_eq!((done, worked.get()), (None, false));
        }
    }

    #[test]
    fn case_7_a_terminal_that_goes_away_twice_hurries_nobody() {
        use Signal::{End, HangUp};
        for (first, second, hurries) in [
            (End, End, true),
            (End, HangUp, true),
            (HangUp, End, true),
            (HangUp, HangUp, false),
        ] {
            assert_eq!(
                second.hurries_after(first),
                hurries,
                "{first:?}, {second:?}"
            );
        }
    }
}
