//! Routes, headers, framing and panics: one request at a time, no limit met.

use super::*;

async fn answer_to(request: &str) -> Received {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(request).await;
    client.answer().await
}

#[tokio::test]
async fn a_post_reaches_the_endpoint_and_the_answer_is_xml() {
    for extra in [
        "",
        "SOAPAction: \"\"\r\n",
        "SOAPAction: urn:x\r\nAccept-Encoding: gzip\r\n",
    ] {
        let request =
            format!("POST /xroad?a=b HTTP/1.1\r\nHost: x\r\n{extra}Content-Length: 3\r\n\r\n<a>");
        let answer = answer_to(&request).await;
        answer.assert(200, "<a>");
        assert_eq!(
            answer.header("content-type"),
            Some("text/xml; charset=utf-8")
        );
        assert_eq!(answer.header("content-length"), Some("3"));
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.header("transfer-encoding"), None);
        assert_eq!(answer.header("connection"), None);
    }
}

#[tokio::test]
async fn a_chunked_post_reaches_the_endpoint_whole() {
    let request = "POST /xroad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n";
    answer_to(request).await.assert(200, "abcde");
}

#[tokio::test]
async fn content_headers_are_passed_on() {
    let with = |headers: &str| {
        format!("POST /xroad HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 7\r\n\r\nheaders")
    };
    answer_to(&with("")).await.assert(200, "None None");
    answer_to(&with(
        "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n",
    ))
    .await
    .assert(200, "Some(\"text/xml\") Some(\"gzip\")");
    answer_to(&with("Content-Type: a\r\nContent-Type: b\r\n"))
        .await
        .assert(200, "Some(\"a, b\") None");
}

#[tokio::test]
async fn the_wsdl_is_at_its_two_addresses() {
    for target in ["/wsdl/psop-v1.wsdl", "/xroad?wsdl", "/xroad?WSDL=1"] {
        let answer = answer_to(&format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        answer.assert(200, "<wsdl/>");
        assert_eq!(
            answer.header("content-type"),
            Some("text/xml; charset=utf-8")
        );
    }
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client
        .send("HEAD /xroad?wsdl HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    let head = client.head().await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(length_of(&head), 7);
    // The next answer follows at once.
    client.post("next").await.assert(200, "next");
}

#[tokio::test]
async fn wrong_methods_and_paths() {
    answer_to("GET /xroad HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .assert(500, "Method");
    answer_to("PUT /xroad HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .await
        .assert(500, "Method");
    let refused = answer_to("POST /else HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx").await;
    refused.assert(500, "Path");
    assert_eq!(
        refused.header("content-type"),
        Some("text/xml; charset=utf-8")
    );
    let absent = answer_to("GET /else HTTP/1.1\r\nHost: x\r\n\r\n").await;
    absent.assert(404, "not found\n");
    assert_eq!(
        absent.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
}

#[tokio::test]
async fn expect_continue_gets_its_continue() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client
        .send(
            "POST /xroad HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        )
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body").await;
    client.answer().await.assert(200, "body");
}

#[tokio::test]
async fn one_connection_serves_many_requests_pipelined_too() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.post("one").await.assert(200, "one");
    client.send(post("two") + &post("three")).await;
    client.answer().await.assert(200, "two");
    client.answer().await.assert(200, "three");
}

#[tokio::test]
async fn a_caller_that_closes_its_side_still_gets_its_answer() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(post("half")).await;
    client.0.shutdown().await.unwrap();
    client.answer().await.assert(200, "half");
    assert_eq!(client.until_closed().await, b"");
}

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_goes_on() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.post("panic").await.assert(500, "Internal");
    client.post("after").await.assert(200, "after");
}

#[tokio::test]
async fn a_body_that_ends_early_or_is_framed_wrongly_is_refused() {
    let server = TestServer::start(Limits::default()).await;
    let mut client = server.connect().await;
    client
        .send("POST /xroad HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nshort")
        .await;
    client.0.shutdown().await.unwrap();
    client.answer().await.assert(500, "BodyBroken");
    let mut client = server.connect().await;
    client
        .send("POST /xroad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        .await;
    client.answer().await.assert(500, "BodyBroken");
}
