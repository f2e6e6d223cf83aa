//! TLS to the database: nothing is said to a server whose certificate is not vouched for, is another's, or is missing.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use crate::database::site_on;
use crate::support::cluster::{End, Node};
use crate::support::operator::operate;
use crate::support::server::Site;

/// An authority that vouches for servers.
struct Authority {
    key: PKey<Private>,
    certificate: X509,
}

fn new_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn builder(name: &str, issuer: &str, serial: u32, key: &PKey<Private>) -> X509Builder {
    let named = |name: &str| {
        let mut builder = X509NameBuilder::new().unwrap();
        builder.append_entry_by_text("CN", name).unwrap();
        builder.build()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&named(name)).unwrap();
    builder.set_issuer_name(&named(issuer)).unwrap();
    builder.set_pubkey(key).unwrap();
    let (from, to) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(1));
    builder.set_not_before(&from.unwrap()).unwrap();
    builder.set_not_after(&to.unwrap()).unwrap();
    builder
}

impl Authority {
    fn new() -> Authority {
        let key = new_key();
        let mut builder = builder("authority", "authority", 1, &key);
        let is_authority = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(is_authority).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = builder.build();
        Authority { key, certificate }
    }

    fn write(&self, path: &Path) {
        std::fs::write(path, self.certificate.to_pem().unwrap()).unwrap();
    }

    /// Gives a server a certificate for one address.
    fn vouch(&self, node: &Node, address: &str) {
        let key = new_key();
        let mut builder = builder("database", "authority", 2, &key);
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let name = SubjectAlternativeName::new()
            .ip(address)
            .build(&context)
            .unwrap();
        builder.append_extension(name).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        let (certificate, key_path) = (
            node.path().join("server.pem"),
            node.path().join("server.key"),
        );
        std::fs::write(certificate, builder.build().to_pem().unwrap()).unwrap();
        std::fs::write(&key_path, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        std::fs::set_permissions(key_path, std::fs::Permissions::from_mode(0o600)).unwrap();
        node.give_to_its_user();
    }
}

/// Starts a server that speaks TLS with the certificate it was given.
fn start_with_tls(node: &mut Node) {
    let path = node.path().display().to_string();
    let (certificate, key) = (
        format!("ssl_cert_file={path}/server.pem"),
        format!("ssl_key_file={path}/server.key"),
    );
    node.set(&["ssl=on", "log_connections=on", &certificate, &key]);
    node.start();
}

fn show(site: &Site) -> crate::support::operator::Told {
    operate(site, &["registry", "show"])
}

#[test]
fn only_a_server_that_is_vouched_for_is_spoken_to() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut node = Node::new();
    let port = node.port;
    let ca_file = node.path().join("authority.pem");
    authority.write(&ca_file);
    let url = format!("postgres://psop:verborgen@127.0.0.1:{port}/psop?sslmode=require");
    node.end(End::Fast);
    authority.vouch(&node, "127.0.0.1");
    start_with_tls(&mut node);

    // A new site's registry is applied: over TLS, all of it.
    let site = site_on(&url, &format!("ca_file = \"{}\"", ca_file.display()));
    assert!(show(&site).good().contains("Turun kaupunki"));
    let log = std::fs::read_to_string(node.path().join("log")).unwrap();
    let sessions = log.lines().filter(|line| {
        line.contains("connection authorized") && line.contains("application_name=psop-adapter")
    });
    let sessions: Vec<&str> = sessions.collect();
    assert!(!sessions.is_empty(), "{log}");
    assert!(sessions.iter().all(|line| line.contains("SSL enabled")));

    let refused = |text: &str| {
        let told = show(&site).refused();
        assert!(told.contains(text), "{told}");
        assert!(!told.contains("verborgen"), "{told}");
    };
    stranger.write(&ca_file);
    refused("certificate verify failed");

    authority.write(&ca_file);
    node.end(End::Fast);
    authority.vouch(&node, "127.0.0.2");
    start_with_tls(&mut node);
    refused("certificate verify failed");

    node.end(End::Fast);
    node.set(&[]);
    node.start();
    refused("does not support TLS");
}
