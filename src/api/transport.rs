//! What carries a request: HTTPS, or the simulator in process.

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request certainly never reached the server (name resolution, refused connection, TLS).
    #[error("could not connect: {0}")]
    NotSent(String),
    /// The request may have reached the server; its effect is unknown (time-out, reset, cut body).
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// The answer is larger than the given number of bytes; it was not read to its end.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// Largest body that is read, in bytes.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

/// Carries one HTTP request with an absolute URI to a server and brings its answer.
///
/// Implementations follow no redirects, add no headers of meaning and never log headers.
pub trait Transport: Send + Sync {
    /// Sends the request.
    ///
    /// # Errors
    /// [`TransportError`] when no complete answer came.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}
