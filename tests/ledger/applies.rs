//! Two real applies at once on one ledger: exactly one proceeds, the other says who holds the lock.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::command::{Place, Server, words};

const DESK: &str = "departments: {Support: {}, Billing: {}}\naccounts: {Example Corporation: {}}\n";

/// Lets no connection through to the server until it is opened.
struct Gate {
    address: String,
    open: Sender<()>,
}

impl Gate {
    fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let target = server.address().trim_start_matches("http://").to_owned();
        let (open, opened): (Sender<()>, Receiver<()>) = channel();
        thread::spawn(move || {
            // Connections wait in the listener's queue.
            if opened.recv().is_err() {
                return;
            }
            for stream in listener.incoming() {
                let Ok(client) = stream else { return };
                let Ok(server) = TcpStream::connect(&target) else {
                    return;
                };
                pass_on(client.try_clone(), server.try_clone());
                pass_on(Ok(server), Ok(client));
            }
        });
        Self { address, open }
    }
}

fn pass_on(from: io::Result<TcpStream>, to: io::Result<TcpStream>) {
    thread::spawn(move || {
        let (Ok(mut from), Ok(mut to)) = (from, to) else {
            return;
        };
        // Either side may hang up.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn apply(place: &Place) -> Child {
    place
        .command(&words("apply --auto-approve"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Two processes, in folders of their own or in the same one.
pub(crate) fn exactly_one_proceeds(places: &mut [Place], ledger: &str) {
    let server = Server::start(&places[0], "--organization 700001");
    let gate = Gate::before(&server);
    let project = format!(
        "environments:\n  production: {{orgId: \"700001\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}, ledger: \"{ledger}\"}}\n",
        gate.address
    );
    for place in places.iter_mut() {
        place.write("deskform.yaml", &project);
        place.write("desk.yaml", DESK);
        place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
        place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
        place.set(
            "ZOHO_REFRESH_TOKEN",
            "1000.deskform-simulator.refresh.700001",
        );
        place.set("CI", "1");
    }
    let (first, second) = (apply(&places[0]), apply(&places[places.len() - 1]));
    // Whoever has the lock waits at the gate; the other one ends by itself.
    let (done, ended) = channel();
    for child in [first, second] {
        let done = done.clone();
        thread::spawn(move || done.send(child.wait_with_output().unwrap()).unwrap());
    }
    let refused = ended.recv().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("the ledger is locked by `"), "{said}");
    assert!(said.contains("`deskform unlock`"), "{said}");
    gate.open.send(()).unwrap();
    let proceeded = ended.recv().unwrap();
    let said = String::from_utf8(proceeded.stderr).unwrap();
    assert_eq!(proceeded.status.code(), Some(0), "{said}");
    assert_eq!(server.statistics()["total"]["writes"], 3);
    // The lock was given back, and what was made is owned.
    let again = places[places.len() - 1].done("apply --auto-approve");
    assert_eq!(
        again.report(),
        "No changes: 3 resources match the manifests.\n",
        "{again}"
    );
}

#[test]
fn on_a_file() {
    exactly_one_proceeds(&mut [Place::empty()], "ledgers/production.json");
}
