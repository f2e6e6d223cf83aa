//! `lint-wsdl`: what a security server would say of a WSDL, before an administrator adds it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use crate::partner::wsdl_lint::{Verdict, Weight, lint, lint_address};

/// Say what a security server would make of a WSDL.
#[derive(Debug, Args)]
#[command(
    after_help = "An address is fetched as a security server does it: any certificate is taken, and the document may \
    have ten megabytes. Exit code 1 when the document would be refused.\n\
    Example: psop-adapter lint-wsdl http://127.0.0.1:8080/xroad?wsdl\n\
    Example: psop-adapter lint-wsdl wsdl/psop-v1.wsdl"
)]
pub struct LintWsdl {
    /// http:// or https:// address, or a file, or - for standard input
    #[arg(value_name = "URL|FILE")]
    from: String,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

impl LintWsdl {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut verdict = Verdict::default();
        let is_address = self.from.contains("://");
        let bytes = if is_address {
            lint_address(&self.from, &mut verdict);
            let fetched = super::runtime()?
                .block_on(super::fetch::fetch(&self.from))
                .and_then(|fetched| match fetched.status {
                    400.. => bail!("the server answered HTTP {}", fetched.status),
                    _ => Ok(fetched.bytes.to_vec()),
                });
            fetched.with_context(|| {
                format!(
                    "a security server would say wsdl_download_failed of {}",
                    self.from
                )
            })?
        } else {
            super::read_bytes(Path::new(&self.from))?
        };
        lint(&bytes, &mut verdict);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&as_json(&verdict))?);
        } else {
            tell(&verdict);
        }
        Ok(ExitCode::from(u8::from(!verdict.is_taken())))
    }
}

fn tell(verdict: &Verdict) {
    for service in &verdict.services {
        println!(
            "service {}{} at {}: {}",
            service.code,
            service
                .version
                .as_ref()
                .map_or_else(String::new, |version| format!(".{version}")),
            service.address.as_deref().unwrap_or("no address"),
            service.title.as_deref().unwrap_or("no title")
        );
    }
    for finding in &verdict.findings {
        println!("{finding}");
    }
    let taken = if verdict.is_taken() {
        "takes"
    } else {
        "refuses"
    };
    println!("a security server {taken} it");
}

fn as_json(verdict: &Verdict) -> serde_json::Value {
    let services: Vec<_> = verdict
        .services
        .iter()
        .map(|service| {
            json!({
                "code": service.code,
                "version": service.version,
                "title": service.title,
                "address": service.address,
            })
        })
        .collect();
    let findings: Vec<_> = verdict
        .findings
        .iter()
        .map(|finding| {
            json!({
                "refused": finding.weight == Weight::Refused,
                "code": finding.code,
                "line": finding.place.map(|(line, _)| line),
                "column": finding.place.map(|(_, column)| column),
                "what": finding.what,
            })
        })
        .collect();
    json!({"taken": verdict.is_taken(), "services": services, "findings": findings})
}
