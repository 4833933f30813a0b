//! `deskform unlock`.

use std::io::{self, BufRead, IsTerminal};

use super::Global;
use super::common::{Failure, Workspace, block_on};
use super::output::{announce, tell};
use super::store::holder as who;
use crate::clock::Clock;
use crate::ledger::{Held, LockError, Refusal, Store, StoreError};
use crate::problem::{Code, Problem, exit};
use crate::safe::safe;

/// Arguments of `unlock`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not ask, also when the lock has not expired or cannot be understood
    #[arg(long)]
    force: bool,
}

/// Gives back the lock of a run that is gone.
///
/// # Errors
/// [`Failure`] when the lock has not expired and nobody said that it is to be given back.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    let store = workspace.kept_store()?;
    let clock = Clock::system();
    let said = block_on(async {
        if !args.force && !workspace.begins_anew() {
            refuse_of_others(&workspace, &store).await?;
        }
        let holder = match store.holder(clock.now_ms()).await {
            Err(LockError::Corrupt { .. }) if args.force => {
                store.unlock(clock.now_ms(), true).await?;
                return Ok("A lock that could not be understood is given back.".to_owned());
            }
            holder => holder?,
        };
        let Some(held) = holder else {
            return Ok(match store.unlock(clock.now_ms(), false).await? {
                Some(held) => format!("{} The lock had expired.", given_back(&held)),
                None => "Nobody holds the lock.".to_owned(),
            });
        };
        // A process of this machine that is known to be gone is nobody to ask about.
        let is_gone = store.under_way(&who(clock)).await?.is_none();
        if !args.force && !is_gone {
            ask(&held)?;
        }
        // Only the lock that was shown is given back.
        let given = if args.force {
            store.unlock(clock.now_ms(), true).await?
        } else {
            store.unlock_what_was_seen(clock.now_ms(), &held).await?
        };
        Ok(match given {
            Some(held) if is_gone => format!("{} Its run is gone.", given_back(&held)),
            Some(held) => given_back(&held),
            None => "The lock was given back meanwhile.".to_owned(),
        })
    })?;
    if !global.quiet {
        announce(global, &format!("{said}\n"));
    }
    Ok(exit::OK)
}

/// Beside the ledger of others lies their lock. What else is wrong with a ledger is no reason to keep one.
async fn refuse_of_others(workspace: &Workspace, store: &Store) -> Result<(), Failure> {
    let loaded = store.load().await;
    let Err(
        error @ StoreError::Refused(Refusal::Environment { .. } | Refusal::Organization { .. }),
    ) = loaded
    else {
        return Ok(());
    };
    let mut failure = workspace.placed(store, error);
    if let Failure::Problems(problems, _) = &mut failure {
        for problem in &mut problems.list {
            let help = problem.help.take().unwrap_or_default();
            problem.help = Some(format!(
                "{help}; `deskform unlock --force` gives the lock back all the same"
            ));
        }
    }
    Err(failure)
}

fn given_back(held: &Held) -> String {
    format!(
        "The lock of `{}` on `{}` (run `{}`) is given back.",
        safe(&held.who),
        safe(&held.host),
        safe(&held.run)
    )
}

fn ask(held: &Held) -> Result<(), Failure> {
    let refused = |message: String| -> Failure {
        Problem::error(Code::Locked, message)
            .help("wait for that run; if it is gone, run `deskform unlock --force`")
            .into()
    };
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(refused(held.to_string()));
    }
    tell(&format!(
        "{}.\nTwo runs at a time destroy each other's work. Is that run gone? Only `yes` will do: ",
        safe(&held.to_string())
    ));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(refused("the lock is left as it is".to_owned()))
    }
}
