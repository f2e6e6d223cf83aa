//! Every limit of the HTTP edge, at the limit and one past it.

use std::time::Instant;

use super::*;

fn chunked(body: &str) -> String {
    format!(
        "POST /xroad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    )
}

fn chunks_of_a_byte(body: &str, trailer: &str) -> String {
    let chunks: String = body
        .chars()
        .map(|byte| format!("1\r\n{byte}\r\n"))
        .collect();
    format!(
        "POST /xroad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n{trailer}\r\n"
    )
}

#[tokio::test]
async fn a_body_at_the_limit_passes_and_one_byte_more_is_refused() {
    let limit = 100;
    let server = TestServer::start(Limits {
        body_bytes_max: limit,
        ..Limits::default()
    })
    .await;
    let (fits, exceeds) = ("x".repeat(limit), "x".repeat(limit + 1));
    for framed in [post as fn(&str) -> String, chunked] {
        let mut client = server.connect().await;
        client.send(framed(&fits)).await;
        client.answer().await.assert(200, &fits);
        client.send(framed(&exceeds)).await;
        client
            .answer()
            .await
            .assert(500, "BodyTooLarge { limit: 100 }");
    }
}

/// A caller that writes its whole body before it reads must meet the answer and not a reset connection.
#[tokio::test]
async fn a_far_too_large_body_meets_a_readable_answer() {
    let server = TestServer::start(Limits {
        body_bytes_max: 100,
        ..Limits::default()
    })
    .await;
    let body = "x".repeat(8 << 20);
    for framed in [post as fn(&str) -> String, chunked] {
        let mut client = server.connect().await;
        client.send(framed(&body)).await;
        let answer = client.answer().await;
        answer.assert(500, "BodyTooLarge { limit: 100 }");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.until_closed().await, b"");
    }
}

#[tokio::test]
async fn a_too_large_body_is_refused_before_it_is_sent() {
    let server = TestServer::start(Limits {
        body_bytes_max: 100,
        ..Limits::default()
    })
    .await;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let mut client = server.connect().await;
        client
            .send(format!(
                "POST /xroad HTTP/1.1\r\nHost: x\r\n{expect}Content-Length: 101\r\n\r\n"
            ))
            .await;
        client
            .answer()
            .await
            .assert(500, "BodyTooLarge { limit: 100 }");
    }
}

/// A chunk of a byte is always a piece of its own, however the bytes reach the server.
#[tokio::test]
async fn a_body_in_chunks_at_the_limit_passes_and_one_chunk_more_is_refused() {
    let limit = 100;
    let server = TestServer::start(Limits {
        body_chunks_max: limit,
        ..Limits::default()
    })
    .await;
    let (fits, exceeds) = ("x".repeat(limit), "x".repeat(limit + 1));
    for trailer in ["", "X-Trailer: no piece\r\n"] {
        let mut client = server.connect().await;
        client.send(chunks_of_a_byte(&fits, trailer)).await;
        client.answer().await.assert(200, &fits);
        client.send(chunks_of_a_byte(&exceeds, trailer)).await;
        let answer = client.answer().await;
        answer.assert(500, "BodyChunksTooMany { limit: 100 }");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.until_closed().await, b"");
    }
}

/// Even one that is sent whole before the answer is read.
#[tokio::test]
async fn a_body_in_far_too_many_chunks_meets_a_readable_answer() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client
        .send(chunks_of_a_byte(&"x".repeat(1_000_000), ""))
        .await;
    let answer = client.answer().await;
    answer.assert(500, "BodyChunksTooMany { limit: 16384 }");
    assert_eq!(client.until_closed().await, b"");
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let server = TestServer::start(Limits {
        body_timeout_ms: 100,
        ..Limits::default()
    })
    .await;
    let mut client = server.connect().await;
    client
        .send("POST /xroad HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nslow")
        .await;
    client.answer().await.assert(500, "BodyTimeout");
}

#[tokio::test]
async fn a_slow_head_is_closed_however_it_trickles() {
    let server = TestServer::start(Limits {
        head_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut silent = server.connect().await;
    assert_eq!(silent.until_closed().await, b"");
    let mut stalled = server.connect().await;
    stalled.send("POST /xroad HT").await;
    assert_eq!(stalled.until_closed().await, b"");
    let mut trickling = server.connect().await;
    trickling.send("POST /xroad HTTP/1.1\r\n").await;
    let begun = Instant::now();
    while trickling.0.write_all(b"a: b\r\n").await.is_ok() {
        assert!(
            begun.elapsed() < PATIENCE,
            "a trickling head is never closed"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_head_time_out_is_no_idle_time_out() {
    let limits = Limits {
        head_timeout_ms: 500,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let mut client = server.connect().await;
    client.post("one").await.assert(200, "one");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    client.post("two").await.assert(200, "two");
    // The next head has the head time-out again.
    client.send("POST /xroad").await;
    assert_eq!(client.until_closed().await, b"");
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let server = TestServer::start(Limits {
        idle_timeout_ms: 300,
        ..Limits::default()
    })
    .await;
    let mut client = server.connect().await;
    client.post("one").await.assert(200, "one");
    assert_eq!(client.until_closed().await, b"");
}

#[tokio::test]
async fn a_head_past_its_limits_is_refused() {
    let limits = Limits {
        head_bytes_max: 1_000,
        header_count_max: 8,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let start = "GET /xroad?wsdl HTTP/1.1\r\nHost: x\r\nA: ";
    let sized = |bytes: usize| format!("{start}{}\r\n\r\n", "a".repeat(bytes - start.len() - 4));
    let counted = |count: usize| {
        format!(
            "GET /xroad?wsdl HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(count)
        )
    };
    for (head, status) in [
        (sized(1_000), 200),
        (sized(1_001), 431),
        (counted(8), 200),
        (counted(9), 431),
    ] {
        let mut client = server.connect().await;
        client.send(head).await;
        assert_eq!(client.answer().await.status(), status);
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_timed_out() {
    let server = TestServer::start(Limits {
        request_timeout_ms: 100,
        ..Limits::default()
    })
    .await;
    let mut client = server.connect().await;
    client.post("never").await.assert(500, "RequestTimeout");
    client.post("after").await.assert(200, "after");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up() {
    let limits = Limits {
        idle_timeout_ms: 300,
        connections_max: 1,
        ..Limits::default()
    };
    let server = TestServer::start(limits).await;
    let mut client = server.connect().await;
    client.send(post("large")).await;
    // Not reading: its place must come free all the same.
    let begun = Instant::now();
    while server.connect().await.post("next").await.status() != 200 {
        assert!(
            begun.elapsed() < PATIENCE,
            "an untaken answer holds its connection"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(client.until_closed().await.len() < LARGE_BYTES);
}

#[tokio::test]
async fn past_the_connection_limit_a_caller_is_told_busy() {
    let server = TestServer::start(Limits {
        connections_max: 2,
        ..Limits::default()
    })
    .await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.post("a").await.assert(200, "a");
    second.post("b").await.assert(200, "b");
    let mut third = server.connect().await;
    let answer = third.post("c").await;
    answer.assert(500, "Busy");
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(third.until_closed().await, b"");
    first.post("a").await.assert(200, "a");
    drop(second);
    let begun = Instant::now();
    while server.connect().await.post("d").await.status() != 200 {
        assert!(
            begun.elapsed() < PATIENCE,
            "a closed connection never frees its place"
        );
    }
}

#[tokio::test]
async fn a_flood_past_the_busy_answers_is_closed_and_the_served_go_on() {
    let server = TestServer::start(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    let mut served = server.connect().await;
    served.post("a").await.assert(200, "a");
    let mut flood = Vec::new();
    for _ in 0..100 {
        flood.push(server.connect().await);
    }
    let mut last = flood.pop().unwrap();
    assert_eq!(last.until_closed().await, b"");
    served.post("b").await.assert(200, "b");
}

/// A stalled body holds its bytes only; what would pass the sum of all bodies is told to come again.
#[tokio::test]
async fn bodies_share_a_budget_of_bytes() {
    let server = TestServer::start(Limits {
        body_bytes_max: 100,
        bodies_bytes_max: 100,
        ..Limits::default()
    })
    .await;
    let mut stalled = server.connect().await;
    stalled
        .send(format!(
            "POST /xroad HTTP/1.1\r\nHost: x\r\nContent-Length: 61\r\n\r\n{}",
            "x".repeat(60)
        ))
        .await;
    // The stalled bytes are counted once the server has read them.
    patiently(async {
        loop {
            let mut client = server.connect().await;
            client.send(post(&"x".repeat(41))).await;
            if client.answer().await.status() == 500 {
                break;
            }
        }
    })
    .await;
    let mut client = server.connect().await;
    client.send(post(&"x".repeat(40))).await;
    client.answer().await.assert(200, &"x".repeat(40));
    stalled.send("x").await;
    stalled.answer().await.assert(200, &"x".repeat(61));
    let mut client = server.connect().await;
    client.send(post(&"x".repeat(100))).await;
    client.answer().await.assert(200, &"x".repeat(100));
}

#[tokio::test]
async fn a_head_can_be_refused_before_the_body_comes() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client
        .send("POST /xroad HTTP/1.1\r\nHost: x\r\nContent-Type: refused\r\nContent-Length: 999999999\r\n\r\n")
        .await;
    client.answer().await.assert(500, "refused by its head");
}
