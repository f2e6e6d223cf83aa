//! `tls`: makes what TLS needs, and says what certificates are.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{
    X509, X509Builder, X509Extension, X509Name, X509NameBuilder, X509Ref, X509Req,
};

use super::printable;
use crate::http::tls::certificate::{days_between, fingerprint, now_s, seconds_of};

/// Length of a new RSA key.
const KEY_BITS: u32 = 3072;
/// Random bits of a serial number.
const SERIAL_BITS: i32 = 127;
/// Longest a certificate of ours lasts, in days.
const DAYS_MAX: u32 = 7_300;
/// The common name's upper bound, X.520's.
const NAME_CHARS_MAX: usize = 64;

/// Make what TLS needs, and say what certificates are
#[derive(Debug, Subcommand)]
pub enum Tls {
    /// Make a key with a self-signed certificate, or with a signing request
    Init(Init),
    /// Say what the certificates in files are, and when they end
    Inspect(Inspect),
}

impl Tls {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Tls::Init(command) => command.run(),
            Tls::Inspect(command) => command.run(),
        }
    }
}

/// Make a key with a self-signed certificate, or with a signing request.
#[derive(Debug, Args)]
#[command(
    after_help = "Writes key.pem, readable by its owner alone, and certificate.pem or, with --csr, request.pem. Nothing that \
    is there is overwritten.\nA security server compares the certificate itself and looks at no issuer, so a self-signed \
    one does.\nExample: psop-adapter tls init --out /etc/psop-adapter/tls --host psop.example.fi"
)]
pub struct Init {
    /// Folder for the files; made where it is not there
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Host name or address that security servers call; the first is the subject's common name
    #[arg(long = "host", value_name = "HOST", required = true)]
    hosts: Vec<String>,
    /// How many days the certificate lasts
    #[arg(long, default_value_t = 1_095, value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    days: u32,
    /// Make a request for a certificate authority to sign, and no certificate
    #[arg(long, conflicts_with = "days")]
    csr: bool,
}

impl Init {
    fn run(self) -> anyhow::Result<ExitCode> {
        for host in &self.hosts {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
            ensure!(
                host.parse::<IpAddr>().is_ok()
                    || (!host.is_empty()
                        && host.len() <= NAME_CHARS_MAX
                        && host.bytes().all(is_name)),
                "--host {host}: write a host name or an address, such as psop.example.fi"
            );
        }
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make {}", self.out.display()))?;
        let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
        let (name, pem) = if self.csr {
            ("request.pem", self.request(&key)?)
        } else {
            ("certificate.pem", self.certificate(&key)?.to_pem()?)
        };
        let (public_path, key_path) = (self.out.join(name), self.out.join("key.pem"));
        ensure!(
            !public_path.exists(),
            "{} is there: move it away, or choose another folder",
            public_path.display()
        );
        write_new(&key_path, 0o600, &key.private_key_to_pem_pkcs8()?)?;
        write_new(&public_path, 0o644, &pem)?;
        println!("{}", key_path.display());
        println!("{}", public_path.display());
        Ok(ExitCode::SUCCESS)
    }

    fn request(&self, key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
        let mut builder = X509Req::builder()?;
        builder.set_version(0)?;
        let subject = self.subject()?;
        builder.set_subject_name(&subject)?;
        builder.set_pubkey(key)?;
        let names = self
            .alternative_names()
            .build(&builder.x509v3_context(None))?;
        let mut extensions: Stack<X509Extension> = Stack::new()?;
        extensions.push(names)?;
        builder.add_extensions(&extensions)?;
        builder.sign(key, MessageDigest::sha256())?;
        builder.build().to_pem()
    }

    fn certificate(&self, key: &PKey<Private>) -> Result<X509, ErrorStack> {
        let subject = self.subject()?;
        let mut serial = BigNum::new()?;
        serial.rand(SERIAL_BITS, MsbOption::MAYBE_ZERO, false)?;
        let serial = serial.to_asn1_integer()?;
        let mut builder = X509Builder::new()?;
        builder.set_version(2)?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&subject)?;
        builder.set_issuer_name(&subject)?;
        builder.set_pubkey(key)?;
        let begins = Asn1Time::days_from_now(0)?;
        let ends = Asn1Time::days_from_now(self.days)?;
        builder.set_not_before(&begins)?;
        builder.set_not_after(&ends)?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        let usage = KeyUsage::new()
            .critical()
            .digital_signature()
            .key_encipherment()
            .build()?;
        builder.append_extension(usage)?;
        builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let names = self
            .alternative_names()
            .build(&builder.x509v3_context(None, None))?;
        builder.append_extension(names)?;
        builder.sign(key, MessageDigest::sha256())?;
        Ok(builder.build())
    }

    fn subject(&self) -> Result<X509Name, ErrorStack> {
        let mut name = X509NameBuilder::new()?;
        let first = self.hosts.first().map_or("psop-adapter", String::as_str);
        name.append_entry_by_nid(Nid::COMMONNAME, first)?;
        Ok(name.build())
    }

    fn alternative_names(&self) -> SubjectAlternativeName {
        let mut names = SubjectAlternativeName::new();
        for host in &self.hosts {
            match host.parse::<IpAddr>() {
                Ok(_) => names.ip(host),
                Err(_) => names.dns(host),
            };
        }
        names
    }
}

/// Writes a file that must not be there yet.
fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Say what the certificates in files are, and when they end.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all are in force, 1 one has ended or is not yet in force, or a file holds neither certificate nor key.\n\
    Example: psop-adapter tls inspect /etc/psop-adapter/tls/certificate.pem"
)]
pub struct Inspect {
    /// PEM or DER files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Inspect {
    fn run(self) -> anyhow::Result<ExitCode> {
        let mut is_well = true;
        for path in &self.files {
            match read(path)? {
                Found::Certificates(certificates) => {
                    for certificate in certificates {
                        is_well &= describe(path, &certificate)?;
                    }
                }
                Found::Key => println!("{}\n  a private key, which is not shown", path.display()),
                Found::Nothing => {
                    eprintln!("{} holds no certificate, as PEM or DER", path.display());
                    is_well = false;
                }
            }
        }
        Ok(ExitCode::from(u8::from(!is_well)))
    }
}

/// What a file holds.
enum Found {
    Certificates(Vec<X509>),
    Key,
    Nothing,
}

fn read(path: &Path) -> anyhow::Result<Found> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut found = X509::stack_from_pem(&bytes).unwrap_or_default();
    if found.is_empty() {
        found.extend(X509::from_der(&bytes));
    }
    Ok(if !found.is_empty() {
        Found::Certificates(found)
    } else if String::from_utf8_lossy(&bytes).contains("PRIVATE KEY-----") {
        Found::Key
    } else {
        Found::Nothing
    })
}

/// Prints a certificate; whether it is in force now.
fn describe(path: &Path, certificate: &X509Ref) -> anyhow::Result<bool> {
    let now_s = now_s();
    let ends_s = seconds_of(certificate.not_after())?;
    let begins_s = seconds_of(certificate.not_before())?;
    let state = if ends_s <= now_s {
        "has ended".to_owned()
    } else if begins_s > now_s {
        "not in force yet".to_owned()
    } else {
        format!("{} days left", days_between(now_s, ends_s))
    };
    let key = certificate.public_key()?;
    let kind = if key.rsa().is_ok() {
        "RSA"
    } else {
        "not RSA: security servers do not speak it"
    };
    println!("{}", path.display());
    println!(
        "  subject      {}",
        printable(&text_of(certificate.subject_name())?)
    );
    println!(
        "  issuer       {}",
        printable(&text_of(certificate.issuer_name())?)
    );
    let names = alternative_names(certificate);
    if !names.is_empty() {
        println!("  names        {}", printable(&names));
    }
    println!("  key          {kind}, {} bits", key.bits());
    println!("  from         {}", certificate.not_before());
    println!("  to           {} ({state})", certificate.not_after());
    println!("  SHA-256      {}", fingerprint(certificate)?);
    Ok(ends_s > now_s && begins_s <= now_s)
}

fn text_of(name: &openssl::x509::X509NameRef) -> anyhow::Result<String> {
    let mut parts = Vec::new();
    for entry in name.entries() {
        let kind = entry.object().nid().short_name()?;
        parts.push(format!("{kind}={}", entry.data().to_string()?));
    }
    Ok(parts.join(", "))
}

fn alternative_names(certificate: &X509Ref) -> String {
    let names = certificate.subject_alt_names();
    let texts = names.iter().flatten().filter_map(|name| {
        let address = || match *name.ipaddress()? {
            [a, b, c, d] => Some(IpAddr::from([a, b, c, d]).to_string()),
            ref bytes => <[u8; 16]>::try_from(bytes)
                .ok()
                .map(|bytes| IpAddr::from(bytes).to_string()),
        };
        name.dnsname().map(str::to_owned).or_else(address)
    });
    texts.collect::<Vec<_>>().join(", ")
}
