//! The simulator behind a real loopback socket.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::clock::Clock;

/// Sends one HTTP/1.1 request and gives the whole answer as text.
async fn exchange(address: std::net::SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!(
        "{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

#[tokio::test]
async fn clients_reach_it_over_loopback_until_it_is_shut_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let simulator = Arc::new(Mutex::new(Simulator::new(Settings::default())));
    let changes = Arc::new(AtomicUsize::new(0));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve::serve(
        Arc::clone(&simulator),
        listener,
        Clock::starting_at(NOW),
        {
            let changes = Arc::clone(&changes);
            move |_| {
                changes.fetch_add(1, Ordering::SeqCst);
            }
        },
        async {
            let _ = stopped.await;
        },
    ));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let answer = exchange(
        address,
        &format!("POST /oauth/v2/token HTTP/1.1\r\n{form}"),
        &refresh_form(&demo_refresh_token("700001")),
    )
    .await;
    let token = body(&answer)["access_token"].as_str().unwrap().to_owned();
    let headers = format!("HTTP/1.1\r\nAuthorization: Zoho-oauthtoken {token}\r\norgId: 700001");
    let answer = exchange(address, &format!("GET /api/v1/departments {headers}"), "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(body(&answer)["data"][0]["isDefault"], true);
    let post = format!("POST /api/v1/contacts {headers}\r\nContent-Type: application/json");
    assert!(
        exchange(address, &post, r#"{"lastName": "Smith"}"#)
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        exchange(address, &post, r#"{"surname": "Smith"}"#)
            .await
            .starts_with("HTTP/1.1 422")
    );
    let long = format!("{{\"lastName\": \"{}\"}}", "x".repeat(BODY_LIMIT));
    let answer = exchange(address, &post, &long).await;
    assert!(answer.contains("RESOURCE_SIZE_EXCEEDED"), "{answer}");
    let statistics = body(
        &exchange(
            address,
            &format!("GET {} HTTP/1.1", serve::STATISTICS_PATH),
            "",
        )
        .await,
    );
    assert_eq!(statistics["total"]["calls"], 4);
    assert_eq!(
        statistics["violations"][0]["what"],
        "`/surname` is unknown; `/lastName` is missing"
    );
    assert_eq!(changes.load(Ordering::SeqCst), 4);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(
        simulator
            .lock()
            .unwrap()
            .organization("700001")
            .unwrap()
            .objects("contacts")
            .len(),
        1
    );
}

#[tokio::test]
async fn it_does_not_listen_beyond_loopback() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let simulator = Arc::new(Mutex::new(Simulator::new(Settings::default())));
    let error = serve::serve(
        simulator,
        listener,
        Clock::starting_at(NOW),
        |_| {},
        async {},
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("loopback only"));
}

/// Sends one request whatever becomes of it: what came back before the connection ended.
async fn attempt(address: std::net::SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!(
        "{head}\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good as an end here.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn faults_of_the_connection_happen_on_the_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut world = World::new(Dialect::Openapi);
    world.simulator.set_faults(
        Faults::parse(
            "nth=1:lost-before,nth=2:lost-after,nth=3:truncated,nth=4:cut-body,nth=5:not-sent",
        )
        .unwrap(),
    );
    let token = world.token.clone();
    let simulator = Arc::new(Mutex::new(world.simulator));
    let (stop, stopped) = oneshot::channel::<()>();
    let clock = Clock::starting_at(NOW);
    let stopping = async {
        let _ = stopped.await;
    };
    let server = serve::serve(Arc::clone(&simulator), listener, clock, |_| {}, stopping);
    let server = tokio::spawn(server);
    let contacts = || {
        let simulator = simulator.lock().unwrap();
        let organization = simulator.organization("700001").unwrap();
        organization.objects("contacts").len()
    };
    let post = format!(
        "POST /api/v1/contacts HTTP/1.1\r\nAuthorization: Zoho-oauthtoken {token}\r\norgId: 700001\r\n\
         Connection: close\r\nContent-Type: application/json"
    );
    let smith = r#"{"lastName": "Smith"}"#;
    assert_eq!(attempt(address, &post, smith).await, "");
    assert_eq!(contacts(), 0);
    assert_eq!(attempt(address, &post, smith).await, "");
    assert_eq!(contacts(), 1);
    let lengths = |answer: &str| {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let announced = head.to_lowercase();
        let announced = announced.split("content-length: ").nth(1).unwrap();
        let announced: usize = announced.lines().next().unwrap().parse().unwrap();
        (announced, body.len())
    };
    let answer = attempt(address, &post, smith).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (announced, sent) = lengths(&answer);
    assert!(sent > 0 && sent < announced, "{sent} of {announced}");
    let answer = attempt(address, &post, smith).await;
    let (announced, sent) = lengths(&answer);
    assert_eq!((announced, contacts()), (sent, 3));
    assert_eq!(attempt(address, &post, smith).await, "");
    assert_eq!(contacts(), 3);
    let answer = exchange(address, &post, smith).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let counted = exchange(
        address,
        &format!("GET {} HTTP/1.1", serve::STATISTICS_PATH),
        "",
    )
    .await;
    assert_eq!(body(&counted)["faults"]["truncated"], 1);
    assert_eq!(body(&counted)["violations"], json!([]));
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}
