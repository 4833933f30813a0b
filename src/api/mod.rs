//! Everything that knows HTTP: requests as values, transports, the client, the two dialects.

pub mod dialect;
pub mod request;
pub mod transport;

pub use dialect::{Dialect, Edition};
pub use request::{Method, Request};
pub use transport::{Transport, TransportError};
