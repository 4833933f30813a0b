//! The example pipelines: rules that hold over all of them, and their shell as bash runs it.
//!
//! Case 38 with G1, G3 to G7, L1, L2, L4 and L8: a merge is not cancelled, a compiler sees no secret,
//! a comment is replaced by nobody but its author, and a plan that fails replaces it as well.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test panics to fail and says what it skips"
)]

#[path = "../command/mod.rs"]
mod command;
mod comments;
mod files;
#[expect(dead_code, unreachable_pub, reason = "it is shared with other tests")]
#[path = "../common/front.rs"]
mod front;
mod host;
mod linters;
mod rules;
mod steps;
mod stubs;
