//! The graceful drain at shutdown.

use super::*;

#[tokio::test]
async fn a_request_in_flight_finishes_and_its_connection_is_closed() {
    let mut server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(post("wait")).await;
    patiently(server.endpoint.waiting.notified()).await;
    server.stop();
    // The admin listener tells of it meanwhile.
    patiently(async {
        while server
            .connect_admin()
            .await
            .get("/health/ready")
            .await
            .status()
            != 503
        {}
    })
    .await;
    let ready = server.connect_admin().await.get("/health/ready").await;
    ready.assert(503, r#"{"status":"not ready","reasons":["draining"]}"#);
    server
        .connect_admin()
        .await
        .get("/health/live")
        .await
        .assert(200, r#"{"status":"live"}"#);
    server.endpoint.go_on.notify_one();
    let answer = client.answer().await;
    answer.assert(200, "waited");
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(client.until_closed().await, b"");
    let address = server.http;
    assert_eq!(
        server.ended().await,
        DrainReport {
            drained: 1,
            aborted: 0
        }
    );
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off_and_counted() {
    let mut server = TestServer::start(Limits {
        drain_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut client = server.connect().await;
    client.send(post("wait")).await;
    patiently(server.endpoint.waiting.notified()).await;
    server.stop();
    assert_eq!(
        server.ended().await,
        DrainReport {
            drained: 0,
            aborted: 1
        }
    );
    assert_eq!(client.until_closed().await, b"");
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_request_on_its_way_is_still_answered() {
    let mut server = TestServer::start(Limits::default()).await;
    let (mut used, mut fresh) = (server.connect().await, server.connect().await);
    used.post("before").await.assert(200, "before");
    fresh.post("before").await.assert(200, "before");
    server.stop();
    let answer = used.post("on its way").await;
    answer.assert(200, "on its way");
    assert_eq!(used.until_closed().await, b"");
    assert_eq!(fresh.until_closed().await, b"");
    assert_eq!(
        server.ended().await,
        DrainReport {
            drained: 2,
            aborted: 0
        }
    );
}

#[tokio::test]
async fn a_server_without_connections_ends_at_once() {
    let mut server = TestServer::start(Limits::default()).await;
    server.stop();
    assert_eq!(
        server.ended().await,
        DrainReport {
            drained: 0,
            aborted: 0
        }
    );
}

#[tokio::test]
async fn a_head_that_has_begun_is_still_read_and_answered() {
    let mut server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.post("before").await.assert(200, "before");
    let request = post("begun");
    let (first, rest) = request.split_at(20);
    client.send(first).await;
    server.stop();
    patiently(async {
        while server
            .connect_admin()
            .await
            .get("/health/ready")
            .await
            .status()
            != 503
        {}
    })
    .await;
    client.send(rest).await;
    client.answer().await.assert(200, "begun");
    assert_eq!(
        server.ended().await,
        DrainReport {
            drained: 1,
            aborted: 0
        }
    );
}
