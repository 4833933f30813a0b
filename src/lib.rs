//! deskform keeps a Zoho Desk help desk in step with YAML manifests.

pub mod api;
pub mod clock;
pub mod config;
pub mod kind;
pub mod manifest;
pub mod problem;
pub mod state;
