//! `tls init` and `tls inspect`.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{a_request, post_as};
use crate::support::certificates::Identity;
use crate::support::server::{Site, program};

/// Runs `tls` with arguments: exit code, output and errors.
fn tls_command(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program().arg("tls").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn what_init_makes_serves_and_inspect_tells_of_it() {
    let site = Site::new("");
    let out = site.folder().join("made/tls");
    let folder = out.to_str().unwrap();
    let hosts = [
        "--host",
        "psop.example.fi",
        "--host",
        "192.0.2.7",
        "--host",
        "2001:db8::7",
    ];
    let init = [&["init", "--out", folder, "--days", "400"][..], &hosts].concat();
    let (code, said, error) = tls_command(&init);
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("certificate.pem"), "{said}");
    let mode = out.join("key.pem").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Once more: what is there stays.
    let key = std::fs::read(out.join("key.pem")).unwrap();
    let (code, _, error) = tls_command(&init);
    assert_eq!(code, Some(1));
    assert!(error.contains("is there"), "{error}");
    assert_eq!(std::fs::read(out.join("key.pem")).unwrap(), key);

    let file = out.join("certificate.pem");
    let (code, said, error) = tls_command(&["inspect", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{error}");
    for part in [
        "CN=psop.example.fi",
        "names        psop.example.fi, 192.0.2.7, 2001:db8::7",
        "RSA, 3072 bits",
        " days left)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let config = std::fs::read_to_string(site.config()).unwrap();
    let tls =
        format!("[tls]\ncertificate = \"{folder}/certificate.pem\"\nkey = \"{folder}/key.pem\"\n");
    std::fs::write(site.config(), format!("{config}{tls}")).unwrap();
    let server = site.start();
    assert!(post_as(&server, None, &a_request()).is_some());
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_request_for_a_certificate_is_what_openssl_takes() {
    let site = Site::new("");
    let folder = site.folder().to_str().unwrap();
    let (code, _, error) = tls_command(&[
        "init",
        "--csr",
        "--out",
        folder,
        "--host",
        "psop.example.fi",
    ]);
    assert_eq!(code, Some(0), "{error}");
    let output = Command::new("openssl")
        .args(["req", "-verify", "-noout", "-text", "-in"])
        .arg(site.folder().join("request.pem"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success());
    assert!(text.contains("DNS:psop.example.fi"), "{text}");
    for host in ["", "a b", "under_score", &"a".repeat(65)] {
        let folder = site.folder().join("other");
        let (code, ..) = tls_command(&["init", "--out", folder.to_str().unwrap(), "--host", host]);
        assert_eq!(code, Some(1), "{host}");
        assert!(!folder.exists());
    }
}

#[test]
fn inspect_says_what_has_ended_and_what_is_no_certificate() {
    let site = Site::new("");
    Identity::lasting("ss1", -30, -1).write(site.folder(), "ended");
    Identity::lasting("ss2", 1, 9).write(site.folder(), "later");
    let file = |name: &str| site.folder().join(name).to_str().unwrap().to_owned();
    let (code, said, _) = tls_command(&["inspect", &file("ended.pem")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("(has ended)"), "{said}");
    let (code, said, _) = tls_command(&["inspect", &file("later.pem")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("(not in force yet)"), "{said}");
    // A key beside them is said to be one, and is not shown; anything else is told.
    let (code, said, _) = tls_command(&["inspect", &file("ended-key.pem")]);
    assert_eq!(code, Some(0));
    assert!(said.contains("a private key, which is not shown"), "{said}");
    let (code, _, error) = tls_command(&["inspect", &file("master.key")]);
    assert_eq!(code, Some(1));
    assert!(error.contains("holds no certificate"), "{error}");
}
