//! deskform keeps a Zoho Desk help desk in step with YAML manifests under version control.
//!
//! The architecture, as invariants:
//!
//! 1. **One type for both sides.** What is wanted and what is live are the same
//!    [`state::State`]: resources by [`state::Address`]. Difference, export and promotion fall out of it.
//! 2. **The difference never sees an id.** Bodies refer to other resources by address.
//!    [`live`] translates ids to addresses on reading; requests translate back, from ids that were
//!    read or just made.
//! 3. **Shape first, compare second.** Both sides get one normal form; [`diff`] is plain equality.
//! 4. **Ownership changes the inputs.** What must not be touched is copied from live into what is
//!    wanted ([`plan::ownership`]); nothing filters the difference afterwards.
//! 5. **A plan is data**: ordered when it is made, serialisable, comparable ([`plan::Plan`]).
//! 6. **Planning gets the reading half of the client only** ([`api::Reader`]); applying alone gets
//!    the [`api::Writer`]. There is no dry-run flag anywhere.
//! 7. **A kind is one value in one file plus one line in a registry** ([`kind::KINDS`]). Schema,
//!    validation, comparing, export and `explain` read that table. Irregular endpoints are closed
//!    enum variants.
//! 8. **Requests are values** ([`api::Request`]), built purely; an [`api::Transport`] carries them:
//!    HTTPS, or the simulator in process.
//! 9. **The core does no I/O and reads no clock**: manifest (once the files are read), kind, diff,
//!    plan and report. Only [`api`] knows HTTP, only [`problem`] knows exit codes, only [`cli`] knows
//!    the terminal. One injected [`clock::Clock`] serves all waiting.
//! 10. **Every order is fixed.** Same inputs, same bytes out.
//! 11. **All problems, then stop.** Every check collects. Places are symbolic until they are shown.
//! 12. **apply emits events; renderers choose words** ([`report`]).
//! 13. **What is sent was recorded first** ([`run_record`]): the lock is held from before the organization
//!     is read until the ledger is saved, and a journal goes only when nothing is in doubt any more.
//! 14. **The simulator is a second witness.** Its routes and rules ([`simulator`]) are written from
//!     the facts of the API, never from [`kind`]: a shared table would let both be wrong together.

pub mod api;
pub mod apply;
pub mod cli;
pub mod clock;
pub mod codec;
pub mod comparison;
pub mod config;
pub mod dialect;
pub mod diff;
pub mod doctor;
pub mod doubt;
pub mod drift;
pub mod export;
pub mod kind;
pub mod ledger;
pub mod live;
pub mod manifest;
mod parallel;
pub mod plan;
pub mod problem;
pub mod reading;
pub mod report;
pub mod run_record;
pub mod safe;
pub mod secret;
pub mod session;
pub mod simulator;
pub mod state;
pub mod verb;
pub mod yaml;
