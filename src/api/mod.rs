//! Everything that knows HTTP: requests as values, transports, the client, the two dialects.

pub mod auth;
pub mod classify;
pub mod client;
pub mod error;
pub mod hosts;
pub mod https;
pub mod limit_headers;
pub mod limits;
pub mod organization;
pub mod page;
pub mod price;
mod refusal;
pub mod request;
pub mod retry;
pub mod scope;
pub mod template;
pub mod token_cache;
pub mod transport;

#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
pub(crate) mod testing;

pub use auth::{Authenticator, ClientCredentials, Credentials, Grant, Login};
pub use client::{Answer, Client, Reader, Removed, Setup, Writer};
pub use error::{ApiError, ErrorKind, Fault, FieldError};
pub use hosts::{DataCenter, Endpoint, HostPort};
pub use https::Https;
pub use limits::{DayLimit, MinuteLimit, Observed, Reads};
pub use organization::Organization;
pub use page::{BARE, Paging};
pub use request::{Method, Request};
pub use token_cache::TokenCache;
pub use transport::{Transport, TransportError};
