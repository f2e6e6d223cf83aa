//! Stands where the adapter would: publishes a WSDL over TLS, and shows a certificate to whoever connects.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use crate::support::listener::{certificate, listen, shows};
use crate::support::root;

/// What is shown and answered from now on.
pub struct Page {
    pub certificate: (X509, PKey<Private>),
    pub status: u16,
    /// Of the next answer alone.
    pub status_once: Option<u16>,
    pub location: Option<String>,
    pub wsdl: Vec<u8>,
}

pub struct Publisher {
    pub address: SocketAddr,
    page: Arc<Mutex<Page>>,
}

impl Publisher {
    /// Publishes the program's own WSDL.
    pub fn start() -> Publisher {
        let page = Arc::new(Mutex::new(Page {
            certificate: certificate("adapter", (-1, 365)),
            status: 200,
            status_once: None,
            location: None,
            wsdl: std::fs::read(root().join("wsdl/psop-v1.wsdl")).unwrap(),
        }));
        let (of_tls, of_answers) = (page.clone(), page.clone());
        let tls = move || {
            let page = of_tls.lock().unwrap();
            Some(shows(&page.certificate.0, &page.certificate.1))
        };
        let answer = move |_| {
            let mut page = of_answers.lock().unwrap();
            let status = page.status_once.take().unwrap_or(page.status);
            let mut answer = hyper::Response::builder().status(status);
            answer = answer.header("Content-Type", "text/xml; charset=utf-8");
            if let Some(location) = &page.location {
                answer = answer.header("Location", location);
            }
            Some(
                answer
                    .body(Full::new(Bytes::from(page.wsdl.clone())))
                    .unwrap(),
            )
        };
        Publisher {
            address: listen(tls, Arc::new(answer)),
            page,
        }
    }

    pub fn set(&self, change: impl FnOnce(&mut Page)) {
        change(&mut self.page.lock().unwrap());
    }

    /// Changes the WSDL's text.
    pub fn edit(&self, edit: impl FnOnce(String) -> String) {
        self.set(|page| {
            let text = String::from_utf8(std::mem::take(&mut page.wsdl)).unwrap();
            page.wsdl = edit(text).into_bytes();
        });
    }

    pub fn certificate(&self) -> X509 {
        self.page.lock().unwrap().certificate.0.clone()
    }

    pub fn wsdl(&self) -> Vec<u8> {
        self.page.lock().unwrap().wsdl.clone()
    }

    pub fn wsdl_url(&self) -> String {
        format!("https://{}/xroad?wsdl", self.address)
    }

    pub fn url(&self) -> String {
        format!("https://{}/xroad", self.address)
    }
}
