//! What production asks for: it starts only where callers are authenticated, and no reload lets others in.

use std::process::Stdio;

use super::{REFUSED, a_request, bytes_of, pins, reload};
use crate::support::certificates::{Identity, call_as, exchange_over};
use crate::support::server::{Server, Site, program};

#[test]
fn production_starts_only_where_security_servers_are_known() {
    let folder = Site::empty("environment = \"PROD\"\n", "");
    Identity::new("psop").write(folder.folder(), "server");
    Identity::new("ss1").write(folder.folder(), "ss1");
    let text = std::fs::read_to_string(folder.config()).unwrap();
    let proxied = "[server]\nproxy_authenticates = true\n";
    let listening = |address: &str| format!("{proxied}listen = \"{address}\"\n");
    let tls = |more: &str| {
        let folder = folder.folder().display();
        format!(
            "[tls]\ncertificate = \"{folder}/server.pem\"\nkey = \"{folder}/server-key.pem\"\n{more}\n"
        )
    };
    for (more, refusal) in [
        (String::new(), "tls.client_mode: PROD needs"),
        (tls(""), "tls.client_mode: PROD needs"),
        (
            tls("client_mode = \"request\""),
            "tls.client_mode: PROD needs",
        ),
        (
            tls("client_mode = \"require\""),
            "tls.client_pins: is empty",
        ),
        (
            listening("0.0.0.0:8080"),
            "server.proxy_authenticates: 0.0.0.0:8080 is beyond loopback",
        ),
        (
            tls(&pins(&folder, &["gone"])),
            "tls.client_pins: cannot read",
        ),
        (
            tls(&pins(&folder, &["server-key"])),
            "holds no PEM certificate",
        ),
        (tls(&pins(&folder, &["ss1"])), ""),
        (listening("127.0.0.1:8080"), ""),
    ] {
        std::fs::write(folder.config(), format!("{text}{more}")).unwrap();
        let mut command = program();
        command.arg("serve").arg("--config").arg(folder.config());
        if refusal.is_empty() {
            let log = folder.folder().join("server.log");
            assert_eq!(Server::spawn(command, &log).stop(), Some(0), "{more}");
            continue;
        }
        command.args(["--admin-listen", "127.0.0.1:0"]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{more}: {said}");
        assert!(said.contains(refusal), "{more}: {said}");
    }
}

#[test]
fn no_reload_lets_others_in() {
    let site = Site::empty("environment = \"PROD\"\n", "");
    Identity::new("psop").write(site.folder(), "server");
    let (pinned, stranger) = (Identity::new("ss1"), Identity::new("stranger"));
    pinned.write(site.folder(), "ss1");
    let folder = site.folder().display();
    let files = format!(
        "[tls]\ncertificate = \"{folder}/server.pem\"\nkey = \"{folder}/server-key.pem\"\n"
    );
    let text = std::fs::read_to_string(site.config()).unwrap();
    let write = |text: String| std::fs::write(site.config(), text).unwrap();
    write(format!("{text}{files}{}\n", pins(&site, &["ss1"])));
    let server = site.start();
    // Each is a configuration that a start would take, and none is what is running.
    let proxied = "[server]\nproxy_authenticates = true\n";
    let developers = text.replace("PROD", "DEV");
    for lax in [
        format!("{text}{proxied}{files}"),
        format!("{developers}{files}"),
        format!("{developers}{files}client_mode = \"request\"\n"),
    ] {
        write(lax);
        reload(&site, &server, REFUSED);
        assert!(!is_let_in(&server, None));
        assert!(!is_let_in(&server, Some(&stranger)));
        assert!(is_let_in(&server, Some(&pinned)));
    }
    assert_eq!(server.stop(), Some(0));
}

/// Whether a request is answered, by whatever.
fn is_let_in(server: &Server, identity: Option<&Identity>) -> bool {
    call_as(server.http, identity).is_ok_and(|mut stream| {
        let answer = exchange_over(&mut stream, &bytes_of(&a_request(), "close"));
        answer.is_ok_and(|answer| answer.status == 500)
    })
}
