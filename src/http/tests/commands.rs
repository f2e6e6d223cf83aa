//! The admin listener: what is open, what needs the token, and commands whose lines come as they are said.

use super::*;

fn command(server: &TestServer, name: &str, arguments: &str) -> String {
    request(server, &format!("POST /api/v1/{name}"), arguments)
}

fn request(server: &TestServer, target: &str, body: &str) -> String {
    format!(
        "{target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nContent-Type: application/json\r\nAccept: application/x-ndjson\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.token.authorization(),
        body.len()
    )
}

#[tokio::test]
async fn open_paths_are_open_and_all_else_needs_the_token() {
    let server = TestServer::start(Limits::default()).await;
    for (target, text) in [
        ("/health/live", r#"{"status":"live"}"#),
        ("/health/ready", r#"{"status":"ready"}"#),
        ("/version", "{}"),
        ("/metrics", "open 0\n"),
        ("/api/v1/openapi.json", "{}"),
    ] {
        let mut client = server.connect_admin().await;
        client.get(target).await.assert(200, text);
    }
    for target in ["/", "/xroad", "/api/v1/echo", "/health", "/metrics/"] {
        let refused = server.connect_admin().await.get(target).await;
        assert_eq!(refused.status(), 401, "{target}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    for target in ["POST /health/live", "POST /api/v1/echo", "PUT /metrics"] {
        let mut client = server.connect_admin().await;
        client
            .send(format!("{target} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
        assert_eq!(client.answer().await.status(), 401, "{target}");
    }
    for (target, status) in [
        ("GET /", 404),
        ("POST /health/live", 405),
        ("GET /api/v1/echo", 405),
        ("POST /api/v1/none", 404),
        ("POST /api/v1/refused", 400),
        ("POST /version", 405),
        ("DELETE /api/v1/openapi.json", 405),
    ] {
        let mut client = server.connect_admin().await;
        client.send(request(&server, target, "")).await;
        assert_eq!(client.answer().await.status(), status, "{target}");
    }
    let mut public = server.connect().await;
    public.get("/health/live").await.assert(404, "not found\n");
    let mut counting = server.connect_admin().await;
    counting.get("/metrics").await.assert(200, "open 1\n");
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused_on_open_paths_too() {
    let server = TestServer::start(Limits::default()).await;
    for (head, status) in [
        ("HTTP/1.1\r\nHost: localhost:1", 200),
        ("HTTP/1.1\r\nHost: evil.example", 421),
        ("HTTP/1.0\r\nHost: localhost", 200),
        ("HTTP/1.0\r\nHost: evil.example", 421),
        ("HTTP/1.0\r\nX: y", 421),
    ] {
        let mut client = server.connect_admin().await;
        client
            .send(format!("GET /health/live {head}\r\n\r\n"))
            .await;
        assert_eq!(client.answer().await.status(), status, "{head}");
    }
}

#[tokio::test]
async fn a_proof_is_given_to_a_nonce_and_to_nothing_else() {
    let server = TestServer::start(Limits::default()).await;
    let nonce = "0123456789abcdef".repeat(4);
    for (asked, proven) in [(&*nonce, true), (&nonce[1..], false), ("", false)] {
        let mut client = server.connect_admin().await;
        let head = format!("GET /version HTTP/1.1\r\nHost: localhost\r\nPsop-Nonce: {asked}");
        client.send(format!("{head}\r\n\r\n")).await;
        let answer = client.answer().await;
        let proof = answer.header("psop-proof").unwrap_or_default();
        let is_proven = server.token.is_proven(asked, proof.as_bytes()).unwrap();
        assert_eq!(is_proven, proven, "{asked}");
    }
}

#[tokio::test]
async fn arguments_up_to_the_limit_are_taken_and_one_byte_more_is_not() {
    let limits = Limits {
        admin_body_bytes_max: 100_000,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let whole = "x".repeat(100_000);
    let mut client = server.connect_admin().await;
    client.send(command(&server, "echo", &whole)).await;
    let answer = client.until_closed().await;
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    assert!(
        answer
            .windows(100)
            .filter(|part| *part == [b'x'; 100])
            .count()
            > 90_000
    );
    let mut client = server.connect_admin().await;
    client
        .send(command(&server, "echo", &format!("{whole}x")))
        .await;
    let refused = client.answer().await;
    assert_eq!(refused.status(), 413);
    assert!(refused.text().contains("limits.admin_body_bytes_max"));
}

#[tokio::test]
async fn lines_come_while_the_command_runs_however_long_it_is_silent() {
    let limits = Limits {
        idle_timeout_ms: 1_000,
        head_timeout_ms: 1_000,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let mut client = server.connect_admin().await;
    client.send(command(&server, "wait", "")).await;
    assert!(client.head().await.contains("application/x-ndjson"));
    let mut first = [0; 11];
    patiently(client.0.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"6\r\nbegun\n\r\n");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    server.endpoint.go_on.notify_one();
    let rest = client.until_closed().await;
    assert_eq!(rest, b"5\r\ndone\n\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_command_ends_when_nobody_takes_its_lines() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect_admin().await;
    client.send(command(&server, "endless", "")).await;
    client.head().await;
    drop(client);
    patiently(server.endpoint.dropped.notified()).await;
}

#[tokio::test]
async fn a_slow_reader_holds_the_command_up_instead_of_filling_memory() {
    let limits = Limits {
        idle_timeout_ms: 1_000,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let mut client = server.connect_admin().await;
    client.send(command(&server, "endless", "")).await;
    client.head().await;
    // Nothing more is read: the time to take an answer ends it.
    patiently(server.endpoint.dropped.notified()).await;
    let bytes = server.endpoint.lines.load(Ordering::Relaxed) * 65_536;
    assert!(
        bytes < 64 << 20,
        "{bytes} bytes were taken from the command"
    );
}

#[tokio::test]
async fn past_the_limit_on_commands_one_is_told_to_wait() {
    let limits = Limits {
        admin_commands_max: 1,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let mut first = server.connect_admin().await;
    first.send(command(&server, "wait", "")).await;
    patiently(server.endpoint.waiting.notified()).await;
    let mut second = server.connect_admin().await;
    second.send(command(&server, "echo", "")).await;
    let refused = second.answer().await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().contains("limits.admin_commands_max"));
    server.endpoint.go_on.notify_one();
    first.until_closed().await;
    let mut third = server.connect_admin().await;
    third.send(command(&server, "echo", "hello")).await;
    assert!(
        third
            .until_closed()
            .await
            .ends_with(b"5\r\nhello\r\n0\r\n\r\n")
    );
}

#[tokio::test]
async fn past_the_limit_on_connections_one_waits() {
    let limits = Limits {
        admin_connections_max: 1,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let mut first = server.connect_admin().await;
    first.send(command(&server, "wait", "")).await;
    patiently(server.endpoint.waiting.notified()).await;
    let mut second = server.connect_admin().await;
    second
        .send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let early = tokio::time::timeout(Duration::from_millis(300), second.0.read_u8()).await;
    assert!(early.is_err(), "answered past the limit");
    server.endpoint.go_on.notify_one();
    second.answer().await.assert(200, r#"{"status":"live"}"#);
}

#[tokio::test]
async fn at_a_stop_a_command_under_way_ends_and_no_other_begins() {
    let mut server = TestServer::start(Limits::default()).await;
    let mut first = server.connect_admin().await;
    first.send(command(&server, "wait", "")).await;
    patiently(server.endpoint.waiting.notified()).await;
    let late = command(&server, "echo", "");
    server.stop();
    patiently(async {
        let mut status = 200;
        while status != 503 {
            status = server
                .connect_admin()
                .await
                .get("/health/ready")
                .await
                .status();
        }
    })
    .await;
    let mut second = server.connect_admin().await;
    second.send(late).await;
    assert_eq!(second.answer().await.status(), 503);
    server.endpoint.go_on.notify_one();
    assert!(
        first
            .until_closed()
            .await
            .ends_with(b"5\r\ndone\n\r\n0\r\n\r\n")
    );
    server.ended().await;
}

#[tokio::test]
async fn a_command_past_the_drain_time_is_cut_off() {
    let limits = Limits {
        drain_timeout_ms: 200,
        ..Limits::default()
    };
    let mut server = TestServer::start(limits).await;
    let mut client = server.connect_admin().await;
    client.send(command(&server, "wait", "")).await;
    patiently(server.endpoint.waiting.notified()).await;
    server.stop();
    server.ended().await;
    assert!(client.until_closed().await.ends_with(b"6\r\nbegun\n\r\n"));
}

/// One request by hand: its token, and more of its head.
async fn shown(server: &TestServer, token: &str, head: &str) -> Received {
    let mut client = server.connect_admin().await;
    let head = format!(
        "POST /api/v1/who HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 0\r\n{head}\r\n"
    );
    client.send(head).await;
    client.answer().await
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn only_the_owner_says_by_what_name_they_act() {
    let server = TestServer::start(Limits::default()).await;
    let owner = server.token.authorization();
    let owner = owner.strip_prefix("Bearer ").unwrap();
    let named = format!("{JSON}Psop-User: anna\r\n");
    for (token, head, said) in [
        (owner, named.as_str(), "owner anna Whole"),
        (owner, JSON, "owner unknown Whole"),
        ("known", named.as_str(), "token Whole"),
    ] {
        shown(&server, token, head).await.assert(200, said);
    }
    let long = format!("{JSON}Psop-User: {}\r\n", "x".repeat(257));
    shown(&server, owner, &long)
        .await
        .assert(200, "owner unknown Whole");
    let unasked = shown(&server, "unasked", JSON).await;
    assert_eq!(unasked.status(), 503);
    assert!(
        unasked.text().contains("STORE_UNAVAILABLE"),
        "{}",
        unasked.text()
    );
}

#[tokio::test]
async fn a_body_of_another_type_and_an_answer_of_another_form_are_refused() {
    let server = TestServer::start(Limits::default()).await;
    for (head, status) in [
        ("", 415),
        ("Content-Type: text/plain\r\n", 415),
        (
            "Content-Type: application/json\r\nAccept: text/html\r\n",
            406,
        ),
    ] {
        let refused = shown(&server, "known", head).await;
        assert_eq!(refused.status(), status, "{head}");
        assert_eq!(
            refused.header("content-type"),
            Some("application/problem+json")
        );
    }
}

#[tokio::test]
async fn tokens_that_let_nobody_in_are_taken_up_to_the_limit_and_the_owner_always() {
    let limits = Limits {
        admin_token_failures_max: 3,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    for _ in 0..3 {
        assert_eq!(shown(&server, "known", JSON).await.status(), 200);
        let refused = shown(&server, "wrong", JSON).await;
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    for token in ["wrong", "known"] {
        let refused = shown(&server, token, JSON).await;
        assert_eq!(refused.status(), 429, "{token}");
        assert_eq!(refused.header("retry-after"), Some("60"));
    }
    let owner = server.token.authorization();
    let owner = owner.strip_prefix("Bearer ").unwrap();
    assert_eq!(shown(&server, owner, JSON).await.status(), 200);
}
