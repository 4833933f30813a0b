//! deskform keeps a Zoho Desk help desk in step with YAML manifests.

pub mod api;
pub mod apply;
pub mod clock;
pub mod diff;
pub mod export;
pub mod kind;
pub mod live;
pub mod manifest;
pub mod plan;
pub mod problem;
pub mod report;
pub mod session;
pub mod state;
