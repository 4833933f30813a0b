//! Applying a plan: bounded concurrency, retries, outcomes. It emits events and chooses no words.

pub mod check;
pub mod event;
mod outcome;
mod queue;
mod read_back;
pub mod recover;
pub mod run;
mod steps;
