//! Applying a plan: bounded concurrency, retries, outcomes. It emits events and chooses no words.

pub mod event;
