//! The scenarios on a server that speaks S3.
//!
//! `DESKFORM_TEST_S3=http://127.0.0.1:PORT` names one that is running; otherwise `moto`
//! (`pip install "moto[server]"`) is started on loopback if `python3` has it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use deskform::ledger::{Location, Store, StoreError};

use crate::command::Place as Project;
use crate::scenarios::{self, Place};

/// Moto on one thread, so that checking a condition and writing is one step, as it is on S3.
const MOTO: &str = r"
import logging
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.basicConfig(level=logging.CRITICAL)
server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(f'Running on http://127.0.0.1:{server.port}', file=sys.stderr, flush=True)
server.serve_forever()
";

/// A server, ended with this value if it was started here.
struct Server {
    endpoint: String,
    child: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Server {
    /// A server, or nothing where none can be had.
    fn find() -> Option<Self> {
        if let Ok(endpoint) = std::env::var("DESKFORM_TEST_S3") {
            return Some(Self {
                endpoint,
                child: None,
            });
        }
        let started = Command::new("python3")
            .args(["-c", MOTO])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else {
            println!("skipped: `python3` is not here, and `DESKFORM_TEST_S3` is not set");
            return None;
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // It says where it listens once it does; it ends without a word if it cannot run.
        let endpoint = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, address) = line.split_once("Running on ")?;
            Some(address.trim().to_owned())
        });
        // Read on, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let mut server = Self {
            endpoint: String::new(),
            child: Some(child),
        };
        let Some(endpoint) = endpoint else {
            println!("skipped: `python3` has no `moto`");
            assert!(
                std::env::var_os("DESKFORM_TEST_S3_REQUIRED").is_none(),
                "`DESKFORM_TEST_S3_REQUIRED` is set"
            );
            return None;
        };
        server.endpoint = endpoint;
        Some(server)
    }

    fn env(&self) -> impl Fn(&str) -> Option<String> {
        let endpoint = self.endpoint.clone();
        move |name| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_ACCESS_KEY_ID" => Some("test".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("test-secret".to_owned()),
            "AWS_REGION" => Some("us-east-1".to_owned()),
            _ => None,
        }
    }

    async fn make_bucket(&self) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let url = format!("{}/deskform-test", self.endpoint);
        let answer = client.put(url).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

static PREFIXES: AtomicU32 = AtomicU32::new(0);

/// A prefix of its own in the bucket.
struct Prefix<'s> {
    server: &'s Server,
    prefix: String,
}

impl<'s> Prefix<'s> {
    fn new(server: &'s Server) -> Self {
        let number = PREFIXES.fetch_add(1, Ordering::Relaxed);
        Self {
            server,
            prefix: format!("t{}/{number}", std::process::id()),
        }
    }
}

impl Place for Prefix<'_> {
    fn open(&self, environment: &str, org_id: &str) -> Store {
        let text = format!("s3://deskform-test/{}/{environment}.json", self.prefix);
        let location = Location::parse(&text, std::path::Path::new("")).unwrap();
        Store::open(&location, environment, org_id, &self.server.env()).unwrap()
    }

    fn spoil(&self, _environment: &str, _bytes: &[u8]) {}

    fn is_shared(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn s3() {
    let Some(server) = Server::find() else {
        return;
    };
    server.make_bucket().await;
    scenarios::all(&|| Prefix::new(&server)).await;
    scenarios::race(&Prefix::new(&server)).await;

    let place = Location::parse("s3://no-such-bucket/x.json", std::path::Path::new("")).unwrap();
    let store = Store::open(&place, "production", "700002", &server.env()).unwrap();
    let error = store.load().await.unwrap_err();
    let expected = "`s3://no-such-bucket/x.json` cannot be read: NoSuchBucket: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server {
        endpoint,
        child: None,
    };
    let store = Prefix::new(&server).open("production", "700002");
    let error = store.load().await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StoreError::Access { .. }), "{text}");
    assert!(text.to_lowercase().contains("connect"), "{text}");
    assert!(!text.contains("test-secret"), "{text}");
}

#[tokio::test]
async fn two_applies_at_once() {
    let Some(server) = Server::find() else {
        return;
    };
    server.make_bucket().await;
    for round in 0..3 {
        let mut places = [Project::empty(), Project::empty()];
        for place in &mut places {
            place.set("AWS_ENDPOINT_URL", &server.endpoint);
            place.set("AWS_ACCESS_KEY_ID", "test");
            place.set("AWS_SECRET_ACCESS_KEY", "test-secret");
            place.set("AWS_REGION", "us-east-1");
        }
        let ledger = format!("s3://deskform-test/t{}/{round}.json", std::process::id());
        crate::applies::exactly_one_proceeds(&mut places, &ledger);
    }
}

/// A renamed environment finds its ledger where `defaults` name the place by the environment, and what
/// sets up the network is looked at before the store is asked.
#[tokio::test]
async fn case_34_an_object_is_taken_over_by_the_form_of_its_place() {
    let Some(server) = Server::find() else {
        return;
    };
    server.make_bucket().await;
    let of = |name: &str| {
        format!(
            "defaults: {{ledger: \"s3://deskform-test/moved/${{environment}}/desk.json\"}}\nenvironments: {{{name}: {{simulator: {{state: .deskform/live.state}}}}}}\n"
        )
    };
    let mut place = Project::with(&[
        ("deskform.yaml", &of("prod")),
        ("desk.yaml", "departments: {Billing: {}, Support: {}}\n"),
    ]);
    let env = server.env();
    for name in [
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
    ] {
        place.set(name, &env(name).unwrap());
    }
    // A loopback host is asked without certificates and proxies, whatever is set.
    place.set("SSL_CERT_FILE", "/nowhere/ca.pem");
    place.done("apply --auto-approve");
    place.write("deskform.yaml", &of("production"));
    for line in ["plan", "drift", "apply --auto-approve"] {
        let ledger = "s3://deskform-test/moved/prod/desk.json";
        crate::command::tells_of_the_renamed(&place.run(line), ledger);
    }
    let run = place.done("ledger move prod");
    assert!(run.stdout.contains("2 resources owned"), "{run}");
    let run = place.done("plan --detailed-exitcode");
    assert!(!run.stderr.contains("has no ledger"), "{run}");
    let run = place.refused("ledger move prod");
    assert!(run.stderr.contains("there is no ledger"), "{run}");
    // Elsewhere they count, and are looked at before anything is asked.
    place.set("AWS_ENDPOINT_URL", "https://127.0.0.1:1");
    for line in ["plan", "apply --auto-approve", "ledger show", "unlock"] {
        let run = place.refused(line);
        assert!(
            run.stderr.contains("`SSL_CERT_FILE` is `/nowhere/ca.pem`"),
            "{run}"
        );
    }
}
