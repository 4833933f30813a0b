//! A simulated Zoho Desk on loopback that holds back, refuses for a limit, or refuses what it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};

use bytes::Bytes;
use deskform::clock::Clock;
use deskform::dialect::Dialect;
use deskform::simulator::{Faults, Quirks, Simulator, SimulatorTransport};
use http::{Method, Request, Response};
use serde_json::json;
use tokio::sync::watch;

use super::common::front::{Front, Held, answer, is_for_token};
use super::{ORGANIZATION, picture};

/// Which requests something happens to.
pub type Which = fn(&Request<Bytes>) -> bool;

/// What happens to some requests.
#[derive(Debug, Clone, Copy)]
pub enum Trap {
    /// Nothing.
    Nothing,
    /// They have no effect, and get no answer before the test lets go.
    HoldsRequests(Which),
    /// They have their effect, and get no answer before the test lets go.
    HoldsAnswers(Which),
    /// They are refused so often, and are to come again after so many seconds.
    Limits(Which, usize, u32),
    /// The server fails at them so often, and they have no effect.
    Fails(Which, usize),
    /// Answers to some are held as above, and others are refused for good.
    HoldsAndRefuses(Which, Which),
}

/// What is known of the process that is under way.
#[derive(Debug, Default)]
pub struct Seen {
    /// What it has said on standard error, or on its terminal.
    pub said: String,
    /// Whether it has said all that it will.
    pub has_ended: bool,
    /// How many of its requests were held back.
    pub held: usize,
    /// How often each of its writes was sent.
    pub sent: BTreeMap<String, usize>,
    /// How many of its writes had their effect.
    pub taken: usize,
}

/// Tells a test what is known, as soon as it is.
#[derive(Debug, Default)]
pub struct Watch {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Watch {
    /// Takes note of something.
    pub fn note(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.seen.lock().expect("it"));
        self.changed.notify_all();
    }

    /// Waits until something is so; where the process has ended before, what it has said.
    pub fn until(&self, is_so: impl Fn(&Seen) -> bool) -> Result<(), String> {
        let mut seen = self.seen.lock().expect("it");
        loop {
            if is_so(&seen) {
                return Ok(());
            }
            if seen.has_ended {
                return Err(seen.said.clone());
            }
            seen = self.changed.wait(seen).expect("it");
        }
    }

    /// Looks at what is known by now.
    pub fn look<T>(&self, at: impl FnOnce(&Seen) -> T) -> T {
        at(&self.seen.lock().expect("it"))
    }
}

/// What the front is told.
#[derive(Debug, Clone)]
struct Orders {
    trap: Trap,
    /// How often a request was refused, of those that are refused so and so often.
    refused: usize,
    /// Whether what is held is let go.
    open: watch::Sender<bool>,
    watch: Arc<Watch>,
}

/// A simulated Zoho Desk with a front.
pub struct Desk {
    /// Where it listens.
    pub address: SocketAddr,
    simulator: Arc<Mutex<Simulator>>,
    orders: Arc<Mutex<Orders>>,
}

impl Desk {
    /// Begins to serve.
    pub fn serve(mut simulator: Simulator, dialect: Dialect) -> Self {
        // Nothing but the client keeps an object from being made twice.
        simulator.set_faults(Faults::new(0).with_quirks(Quirks {
            duplicates_taken: true,
            ..Quirks::default()
        }));
        let simulator = Arc::new(Mutex::new(simulator));
        let orders = Arc::new(Mutex::new(Orders {
            trap: Trap::Nothing,
            refused: 0,
            open: watch::Sender::new(false),
            watch: Arc::default(),
        }));
        let (served, told) = (Arc::clone(&simulator), Arc::clone(&orders));
        // The clock belongs to the front's own thread.
        let address = Front::serve(move || {
            let transport = SimulatorTransport::new(served, Clock::system());
            let [asked, changed, held] = [(); 3].map(|()| Arc::clone(&told));
            Front::new(Arc::new(transport))
                .ask(move |request| asked.lock().expect("it").refusal(request, dialect))
                .change(move |request, response| {
                    changed.lock().expect("it").count(request, response);
                })
                .hold(move |request, what| {
                    let mut open = held.lock().expect("it").hold(request, what)?;
                    Some(Box::pin(async move {
                        // Where the sender is gone, another process is under way.
                        let _ = open.wait_for(|open| *open).await;
                    }))
                })
        });
        Self {
            address,
            simulator,
            orders,
        }
    }

    /// Sets a trap for the process that is started next, and returns what will be known of it.
    pub fn arm(&self, trap: Trap) -> Arc<Watch> {
        let watch = Arc::new(Watch::default());
        *self.orders.lock().expect("it") = Orders {
            trap,
            refused: 0,
            open: watch::Sender::new(false),
            watch: Arc::clone(&watch),
        };
        watch
    }

    /// Lets go of what is held, now and later.
    pub fn let_go(&self) {
        self.orders.lock().expect("it").open.send_replace(true);
    }

    /// What the organization holds, and of which it holds more than one.
    pub fn picture(&self) -> (String, BTreeMap<String, usize>) {
        let simulator = self.simulator.lock().expect("it");
        picture::picture(simulator.organization(ORGANIZATION).expect("it"), false)
    }

    /// The ids of all objects of a collection.
    pub fn ids(&self, collection: &str) -> Vec<String> {
        let simulator = self.simulator.lock().expect("it");
        let organization = simulator.organization(ORGANIZATION).expect("it");
        let objects = organization.objects(collection).into_iter();
        objects
            .map(|object| object["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    /// The state of the simulator, for another one that goes on from here.
    pub fn save(&self) -> String {
        let mut simulator = self.simulator.lock().expect("it");
        simulator.forget_tokens();
        simulator.save()
    }
}

impl Orders {
    fn refusal(&mut self, request: &Request<Bytes>, dialect: Dialect) -> Option<Response<Bytes>> {
        if is_write(request) {
            let body = String::from_utf8_lossy(request.body());
            let key = format!("{} {} {body}", request.method(), request.uri().path());
            self.watch
                .note(|seen| *seen.sent.entry(key).or_default() += 1);
        }
        let refused = |status, code: &str, headers: &[(&str, &str)]| {
            let body = json!({"errorCode": code, "message": "m"});
            Some(answer(status, headers, &body))
        };
        match self.trap {
            Trap::Limits(which, times, seconds) if which(request) && self.refused < times => {
                self.refused += 1;
                let code = match dialect {
                    Dialect::Openapi => "TOO_MANY_REQUESTS",
                    Dialect::Guide => "RATE_LIMIT_EXCEEDED",
                };
                refused(429, code, &[("retry-after", &seconds.to_string())])
            }
            Trap::Fails(which, times) if which(request) && self.refused < times => {
                self.refused += 1;
                refused(500, "INTERNAL_SERVER_ERROR", &[])
            }
            Trap::HoldsAndRefuses(_, which) if which(request) => refused(403, "FORBIDDEN", &[]),
            _ => None,
        }
    }

    fn count(&self, request: &Request<Bytes>, response: &Response<Bytes>) {
        if is_write(request) && response.status().is_success() {
            self.watch.note(|seen| seen.taken += 1);
        }
    }

    fn hold(&self, request: &Request<Bytes>, what: Held) -> Option<watch::Receiver<bool>> {
        let is_held = match self.trap {
            Trap::HoldsRequests(which) => what == Held::Request && which(request),
            Trap::HoldsAnswers(which) | Trap::HoldsAndRefuses(which, _) => {
                what == Held::Answer && which(request)
            }
            _ => false,
        };
        is_held.then(|| {
            self.watch.note(|seen| seen.held += 1);
            self.open.subscribe()
        })
    }
}

/// Whether a request changes something in the organization.
pub fn is_write(request: &Request<Bytes>) -> bool {
    request.method() != Method::GET && !is_for_token(request)
}

/// Whether a request makes an object of a collection.
pub fn makes(request: &Request<Bytes>, collection: &str) -> bool {
    request.method() == Method::POST && ends_with(request, collection)
}

/// Whether a request lists a collection.
pub fn lists(request: &Request<Bytes>, collection: &str) -> bool {
    request.method() == Method::GET && ends_with(request, collection)
}

fn ends_with(request: &Request<Bytes>, collection: &str) -> bool {
    request.uri().path().ends_with(&format!("/{collection}"))
}
