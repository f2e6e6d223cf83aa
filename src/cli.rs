//! The command line: what there is, and where each command stands.

mod access_head;
mod audit;
mod call;
mod completions;
mod config;
mod contract;
mod events;
mod fetch;
mod lint_wsdl;
mod man;
mod mandate_stand_in;
mod operate;
mod os_user;
mod part;
mod registry;
mod report;
mod sample;
mod security_server;
mod serve;
mod settlement;
mod status;
mod store;
mod tls;
mod token;
mod validate;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Loaded, Overrides};
use crate::domain::national_code::{CountyCode, MunicipalityCode};
use crate::domain::registry::OrganiserCode;
use crate::domain::settlement::Month;

const EXAMPLES: &str = "Examples:
  psop-adapter registry apply fixtures/demo/registry.toml --config fixtures/demo/psop-adapter.toml
  psop-adapter serve --config fixtures/demo/psop-adapter.toml
  psop-adapter call getOstovoima --server http://127.0.0.1:8080/xroad \\
      --client FI-TEST/COM/9000007-0/care --body request.xml

Exit codes: 0 done, 1 refused or found wrong, 2 the command line makes no sense; of security-server also 3, not as it
should be.";

/// PSOP's purchasing powers over X-Road: a SOAP adapter that stands behind a security server.
#[derive(Debug, Parser)]
#[command(name = "psop-adapter", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the services until told to stop by SIGTERM or SIGINT
    Serve(serve::Serve),
    /// Check, show or begin a configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Write or check the WSDL and the schemas
    #[command(subcommand)]
    Contract(contract::Contract),
    /// Load or show organisers, services, providers, approvals and client grants
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Say whether the store can be used and what the registry holds
    Status(status::Status),
    /// Prove every record of the store, and that its sums agree
    #[command(subcommand)]
    Store(store::Store),
    /// Prove and print the access log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Bring in, show and decide on service events
    #[command(subcommand)]
    Events(events::Events),
    /// Settle an organiser's events
    #[command(subcommand)]
    Settlement(settlement::Settlement),
    /// Let programs into the Admin API
    #[command(subcommand)]
    Token(token::Token),
    /// Write a month's figures, or what customers paid themselves, to a file
    #[command(subcommand)]
    Report(report::Report),
    /// Call a service as an X-Road client would, and print the answer
    Call(Box<call::Call>),
    /// Print a message of a service, or a program that sends it
    Sample(sample::Sample),
    /// Say everything that is wrong with a message, without a server
    Validate(validate::Validate),
    /// Say what a security server would make of a WSDL
    LintWsdl(lint_wsdl::LintWsdl),
    /// Make what TLS needs, and say what certificates are
    #[command(subcommand)]
    Tls(tls::Tls),
    /// Keep what a security server has of us as a file says
    #[command(subcommand)]
    SecurityServer(security_server::SecurityServer),
    /// Stand in for the mandate service with answers from a file; never in PROD
    MandateStandIn(mandate_stand_in::MandateStandIn),
    /// Print a completion script for a shell
    Completions(completions::Completions),
    /// Write a manual page for each command
    #[command(hide = true)]
    Man(man::Man),
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(command) => command.run(),
            Command::Config(command) => command.run(),
            Command::Contract(command) => command.run(),
            Command::Registry(command) => command.run(),
            Command::Status(command) => command.run(),
            Command::Store(command) => command.run(),
            Command::Audit(command) => command.run(),
            Command::Events(command) => command.run(),
            Command::Settlement(command) => command.run(),
            Command::Token(command) => command.run(),
            Command::Report(command) => command.run(),
            Command::Call(command) => command.run(),
            Command::Sample(command) => command.run(),
            Command::Validate(command) => command.run(),
            Command::LintWsdl(command) => command.run(),
            Command::Tls(command) => command.run(),
            Command::SecurityServer(command) => command.run(),
            Command::MandateStandIn(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
        }
    }
}

/// Where the configuration stands.
#[derive(Debug, Args)]
struct ConfigFile {
    /// Configuration file (TOML); environment variables such as PSOP_SERVER__LISTEN override it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// What a command is asked of, and what it prints.
#[derive(Debug, Args)]
struct Asked {
    #[command(flatten)]
    config: ConfigFile,
    /// Print the result as JSON, as the Admin API answers it
    #[arg(long)]
    json: bool,
}

impl Asked {
    /// Runs an operator command.
    fn run(&self, command: crate::operate::Command) -> anyhow::Result<ExitCode> {
        operate::run_printing(&self.config, command, operate::Print::of(self.json))
    }
}

impl ConfigFile {
    fn load(&self, overrides: &Overrides) -> anyhow::Result<Config> {
        Ok(Config::load(&self.config, environment(), overrides)?)
    }

    fn load_with_origins(&self) -> anyhow::Result<Loaded> {
        let overrides = Overrides::default();
        Ok(Loaded::load(&self.config, environment(), &overrides)?)
    }
}

/// The environment's variables that are text: no key of ours is anything else.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
}

/// An error whose text tells its causes already: printed as it is, they would be told twice. It may quote somebody
/// else's answer, of which nothing may move a terminal.
fn told_whole(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::Error::msg(printable(&error.to_string()))
}

/// A text without control characters, but for line breaks.
fn printable(text: &str) -> String {
    let characters = text.chars();
    characters
        .filter(|c| *c == '\n' || !c.is_control())
        .collect()
}

/// A runtime for one command's work.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Reads a file whole, or standard input where it is `-`.
fn read_input(path: &Path) -> anyhow::Result<String> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))
}

/// A file's bytes, or standard input's for `-`.
fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    Ok(bytes)
}

/// An organiser by the code of its kind.
fn organiser_code(text: &str) -> Result<OrganiserCode, String> {
    let municipality = MunicipalityCode::parse(text).map(OrganiserCode::Municipality);
    municipality
        .or_else(|| CountyCode::parse(text).map(OrganiserCode::County))
        .ok_or_else(|| "write the three digits of a municipality or the two of a county".to_owned())
}

/// A month as it is written.
fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "write a month such as 2026-03".to_owned())
}
