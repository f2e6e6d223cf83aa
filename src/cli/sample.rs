//! `sample`: a message of a service, or the smallest program that sends it.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use uuid::Uuid;

use crate::domain::client::ClientId;
use crate::partner::limits::Language;
use crate::partner::program::Program;
use crate::partner::sample::{Choices, message};
use crate::partner::scenario::{self, SCENARIOS};
use crate::services;

/// Print a message of a service, or a program that sends it.
#[derive(Debug, Args)]
#[command(
    after_help = "Made from the contract, with the values of a worked example that the demo registry knows.\n\
    Example: psop-adapter sample postPurchasingPower > grant.xml\n\
    Example: psop-adapter sample getOstovoima --format python --server http://127.0.0.1:8080/xroad > call.py"
)]
pub struct Sample {
    /// Code of the service, such as getOstovoima
    service: String,
    /// Number of a worked example; the plainest one without
    #[arg(long, value_name = "N")]
    scenario: Option<u32>,
    /// A message, or a program in a language
    #[arg(long, value_enum, default_value_t = Format::Xml)]
    format: Format,
    /// Address that the program calls
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:8080/xroad"
    )]
    server: String,
    /// X-Road client instead of the example's own
    #[arg(long, value_name = "ID", value_parser = super::call::parse_client)]
    client: Option<ClientId>,
    /// Message id instead of the example's own; `new` for a new UUID
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Say of every element that is left out what it is, in a language
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    explain: Option<Language>,
    /// List the worked examples of the service, and print nothing else
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Xml,
    Curl,
    Python,
    Node,
    Java,
    Php,
    Csharp,
}

impl Sample {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let operation = services::find(&self.service).with_context(|| {
            let codes: Vec<_> = services::published()
                .iter()
                .map(|service| service.code)
                .collect();
            format!(
                "there is no service {}: there are {}",
                self.service,
                codes.join(", ")
            )
        })?;
        let contract = operation.contract();
        let of_service = || {
            SCENARIOS
                .iter()
                .filter(|scenario| scenario.service == contract.code)
        };
        if self.list {
            for scenario in of_service() {
                println!("{:3} {}", scenario.number, scenario.shows);
            }
            return Ok(ExitCode::SUCCESS);
        }
        let scenario = scenario::find(contract.code, self.scenario).with_context(|| {
            let numbers: Vec<_> = of_service()
                .map(|scenario| scenario.number.to_string())
                .collect();
            format!(
                "there is no such example of {}: there are {}",
                contract.code,
                numbers.join(", ")
            )
        })?;
        let choices = Choices {
            client: self.client,
            id: match self.id.as_deref() {
                Some("new") => Some(Uuid::new_v4().to_string()),
                _ => self.id,
            },
            explained: self.explain,
        };
        let message =
            message(contract, scenario, &choices).context("the example cannot be read")?;
        let program = match self.format {
            Format::Xml => {
                print!("{message}");
                return Ok(ExitCode::SUCCESS);
            }
            Format::Curl => Program::Curl,
            Format::Python => Program::Python,
            Format::Node => Program::Node,
            Format::Java => Program::Java,
            Format::Php => Program::Php,
            Format::Csharp => Program::Csharp,
        };
        print!("{}", program.text(&self.server, &message));
        Ok(ExitCode::SUCCESS)
    }
}
