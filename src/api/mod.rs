//! Everything that knows HTTP: requests as values, transports, the client, the two dialects.

pub mod classify;
pub mod dialect;
pub mod error;
pub mod hosts;
pub mod https;
pub mod limits;
pub mod request;
pub mod retry;
pub mod scope;
pub mod transport;


pub use dialect::{Dialect, Edition};
pub use error::{ApiError, ErrorKind, Fault, FieldError};
pub use hosts::{DataCenter, Endpoint};
pub use https::Https;
pub use limits::Observed;
pub use request::{Method, Request};
pub use transport::{Transport, TransportError};
