//! The simulator behind a socket, on loopback only.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::faults::Delivery;
use super::respond::{Fault, response};
use super::transport::{SimulatorTransport, lock};
use super::{BODY_LIMIT, Simulator};
use crate::clock::Clock;

/// Where the statistics are, as JSON. Reading them is not counted.
pub const STATISTICS_PATH: &str = "/simulator/statistics";

/// Answers requests until `shutdown` is done and the calls in flight are answered.
///
/// `on_change` is called after each request that may have changed something, such as to write the
/// state file; the simulator is locked meanwhile.
///
/// # Errors
/// When the listener does not listen on a loopback address.
pub async fn serve<C, S>(
    simulator: Arc<Mutex<Simulator>>,
    listener: TcpListener,
    clock: Clock,
    on_change: C,
    shutdown: S,
) -> io::Result<()>
where
    C: Fn(&Simulator) + Send + Sync + 'static,
    S: Future<Output = ()> + Send,
{
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let message = format!("the simulator listens on loopback only, `{address}` is not");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let desk = Arc::new(Desk {
        transport: SimulatorTransport::new(Arc::clone(&simulator), clock),
        simulator,
        on_change,
    });
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            // A connection that fails to come about concerns only its client.
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(connection(stream, Arc::clone(&desk), stopped.clone()));
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    drop(stop);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// The most that is read of a body, in bytes. What is too large and yet below it is read to its end:
/// a socket that closes on unread bytes may lose the answer.
const READ_LIMIT: usize = 4 * BODY_LIMIT;

struct Desk<C> {
    transport: SimulatorTransport,
    simulator: Arc<Mutex<Simulator>>,
    on_change: C,
}

async fn connection<C>(stream: TcpStream, desk: Arc<Desk<C>>, mut stopped: watch::Receiver<()>)
where
    C: Fn(&Simulator) + Send + Sync + 'static,
{
    let service = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { desk.answer(request).await }
    });
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let mut stopping = false;
    loop {
        tokio::select! {
            // A broken connection is the client's affair.
            _ = &mut connection => break,
            _ = stopped.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

impl<C: Fn(&Simulator) + Send + Sync> Desk<C> {
    /// Answers one request. An error ends the connection without an answer.
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Reply>> {
        let (head, body) = request.into_parts();
        if head.method == Method::GET && head.uri.path() == STATISTICS_PATH {
            let statistics =
                serde_json::to_value(lock(&self.simulator).statistics()).unwrap_or_default();
            return Ok(response(200, Some(&statistics)).map(Reply::whole));
        }
        let Ok(body) = Limited::new(body, READ_LIMIT).collect().await else {
            let dialect = lock(&self.simulator).settings().dialect;
            let (status, body) = Fault::TooLarge.render(dialect);
            return Ok(response(status, Some(&body)).map(Reply::whole));
        };
        let request = Request::from_parts(head, body.to_bytes());
        let reads = request.method() == Method::GET;
        let delivery = self.transport.deliver(&request).await;
        if !reads {
            (self.on_change)(&lock(&self.simulator));
        }
        match delivery {
            Delivery::Answered(answer) => Ok(answer.map(Reply::whole)),
            Delivery::Truncated(answer) if !answer.body().is_empty() => Ok(answer.map(Reply::cut)),
            // An answer without a body has no middle to end in.
            Delivery::NotSent | Delivery::Lost | Delivery::Truncated(_) => {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

/// A body that may end before its announced length.
struct Reply {
    rest: Option<Bytes>,
    length: u64,
    end: End,
}

/// How a body ends.
enum End {
    /// After its last byte.
    Complete,
    /// Too early, once what was written so far has gone out.
    Early,
    /// Too early, now.
    Now,
}

impl Reply {
    fn whole(bytes: Bytes) -> Self {
        Self {
            length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            rest: Some(bytes).filter(|bytes| !bytes.is_empty()),
            end: End::Complete,
        }
    }

    fn cut(bytes: Bytes) -> Self {
        let half = bytes.slice(..bytes.len() / 2);
        Self {
            rest: Some(half),
            end: End::Early,
            ..Self::whole(bytes)
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(bytes) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.end {
            End::Complete => Poll::Ready(None),
            End::Early => {
                self.end = End::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Now => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && matches!(self.end, End::Complete)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
