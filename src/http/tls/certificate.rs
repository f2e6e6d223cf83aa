//! What can be told of a certificate: its fingerprint, its end, and whether that is near.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::x509::X509Ref;

/// So many days before a certificate ends, we begin to warn.
pub const WARNING_DAYS: i64 = 30;

/// A certificate in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What it is to us: `tls`, `admin` or `pin`.
    pub role: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// SHA-256 of its DER form, in hexadecimal.
    pub fingerprint: String,
    /// When it ends, in seconds since 1970.
    pub ends_s: i64,
}

impl Certificate {
    /// What there is to tell of `certificate`.
    ///
    /// # Errors
    /// OpenSSL's, for a certificate without a readable end.
    pub fn of(
        role: &'static str,
        path: PathBuf,
        certificate: &X509Ref,
    ) -> Result<Certificate, ErrorStack> {
        Ok(Certificate {
            role,
            path,
            fingerprint: fingerprint(certificate)?,
            ends_s: seconds_of(certificate.not_after())?,
        })
    }

    /// Whole days until it ends; negative once it has.
    pub fn days_left(&self, now_s: i64) -> i64 {
        days_between(now_s, self.ends_s)
    }

    /// A warning where the end is near or past.
    pub fn warning(&self, now_s: i64) -> Option<String> {
        let days = self.days_left(now_s);
        if days >= WARNING_DAYS {
            return None;
        }
        let path = self.path.display();
        let what = match self.role {
            "pin" => format!("the pinned client certificate in {path}"),
            role => format!("the certificate of [{role}], {path},"),
        };
        let advice = match self.role {
            "pin" => {
                "it stays let in; ask the security server's administrator whether a new one comes"
            }
            _ => "make a new one (psop-adapter tls init), register it, and reload (SIGHUP)",
        };
        Some(if self.ends_s <= now_s {
            format!("{what} has ended: {advice}")
        } else {
            format!("{what} ends in {days} days: {advice}")
        })
    }
}

/// Whole days from one instant to a later one, both in seconds since 1970; negative for an earlier one.
pub fn days_between(from_s: i64, to_s: i64) -> i64 {
    (to_s - from_s).div_euclid(86_400)
}

/// The machine's time, in seconds since 1970: certificates end by it, whatever `clock` says.
pub fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// SHA-256 of a certificate's DER form, in hexadecimal.
///
/// # Errors
/// OpenSSL's.
pub fn fingerprint(certificate: &X509Ref) -> Result<String, ErrorStack> {
    Ok(hex::encode(certificate.digest(MessageDigest::sha256())?))
}

/// An instant of a certificate, in seconds since 1970.
///
/// # Errors
/// OpenSSL's, for an instant that is none.
pub fn seconds_of(time: &Asn1TimeRef) -> Result<i64, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(i64::from(since.days) * 86_400 + i64::from(since.secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending_at(ends_s: i64) -> Certificate {
        Certificate {
            role: "tls",
            path: "c.pem".into(),
            fingerprint: String::new(),
            ends_s,
        }
    }

    #[test]
    fn it_warns_from_thirty_days_before_the_end() {
        const DAY: i64 = 86_400;
        let certificate = ending_at(100 * DAY);
        assert_eq!(certificate.warning(70 * DAY), None);
        let near = certificate.warning(70 * DAY + 1).unwrap();
        assert!(near.contains("ends in 29 days"), "{near}");
        let last = certificate.warning(100 * DAY - 1).unwrap();
        assert!(last.contains("ends in 0 days"), "{last}");
        let ended = certificate.warning(100 * DAY).unwrap();
        assert!(ended.contains("has ended"), "{ended}");
        assert_eq!(certificate.days_left(100 * DAY), 0);
        assert_eq!(certificate.days_left(100 * DAY + 1), -1);
    }

    #[test]
    fn an_instant_counts_from_1970() {
        let time = Asn1Time::from_str("20260316080000Z").unwrap();
        assert_eq!(seconds_of(&time).unwrap(), 1_773_648_000);
    }
}
