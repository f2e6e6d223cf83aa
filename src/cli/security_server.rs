//! `security-server`: what a security server has of us, compared with a file and made as the file says.

mod gather;
mod print;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use self::gather::Gathered;
use super::{printable, told_whole};
use crate::domain::client::ClientId;
use crate::registration::apply::Apply;
use crate::registration::client::Client;
use crate::registration::export::export;
use crate::registration::present;
use crate::registration::status::Level;
use crate::registration::wanted::{self, KEY_VARIABLE};

/// Something is not as the file says.
const DIFFERENT: u8 = 3;

const EXAMPLES: &str =
    "The API key is read from the environment variable PSOP_SECURITY_SERVER_API_KEY, or from the \
file that the registration file names. docs/registration.md leads through it.

Examples:
  psop-adapter security-server plan --file security-server-config/registration.toml
  psop-adapter security-server apply --file security-server-config/registration.toml
  psop-adapter security-server status --file security-server-config/registration.toml --json
  psop-adapter security-server export --file security-server-config/registration.toml \\
      --client FI-TEST/MUN/0204819-8/psop";

/// Keep what a security server has of us as a file says.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum SecurityServer {
    /// Print what differs from the file, in the order in which it would be done
    Plan(Plan),
    /// Make it as the file says
    Apply(ApplyCommand),
    /// Say what is well and what is not, with what only the adapter's side can know
    Status(Status),
    /// Print a registration file of what is there
    Export(Export),
}

impl SecurityServer {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = super::runtime()?;
        match self {
            SecurityServer::Plan(command) => runtime.block_on(command.run()),
            SecurityServer::Apply(command) => runtime.block_on(command.run()),
            SecurityServer::Status(command) => runtime.block_on(command.run()),
            SecurityServer::Export(command) => runtime.block_on(command.run()),
        }
    }
}

/// Where the registration file stands.
#[derive(Debug, Args)]
struct File {
    /// Registration file (TOML), such as security-server-config/registration.example.toml
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// The API key of the environment, where there is one.
fn key() -> anyhow::Result<Option<String>> {
    match std::env::var(KEY_VARIABLE) {
        Ok(key) => Ok(Some(key)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The error would show the value.
        Err(std::env::VarError::NotUnicode(_)) => bail!("{KEY_VARIABLE} is no text"),
    }
}

/// Print what differs from the file.
#[derive(Debug, Args)]
#[command(
    after_help = "It changes nothing. The WSDL is fetched too, to tell which services come and go.\n\
    Exit codes: 0 all is as the file says, 3 something is to be done, 1 that cannot be told.\n\
    Example: psop-adapter security-server plan --file registration.toml"
)]
pub struct Plan {
    #[command(flatten)]
    file: File,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let mut gathered = Gathered::new(&self.file.file, key()?)?;
        let present = gathered.present().await?;
        let wsdl = gather::wsdl(&gathered.wanted.wsdl_url).await;
        let plan = gathered.plan(&present, &wsdl).map_err(told_whole)?;
        match self.json {
            true => print::plan_json(&present, &plan)?,
            false => print::plan(&gathered, &present, &plan)?,
        }
        Ok(ExitCode::from(match plan.steps.is_empty() {
            true => 0,
            false => DIFFERENT,
        }))
    }
}

/// Make it as the file says.
#[derive(Debug, Args)]
#[command(
    after_help = "It prints the plan, asks, and does one step after the other. What broke off is finished by the same \
    command.\n\
    A warning of the security server stops it, unless its code was named. \
    Message traffic sees changes up to 60 seconds later.\n\
    Exit codes: 0 all is as the file says, 1 not everything could be done.\n\
    Example: psop-adapter security-server apply --file registration.toml --yes\n\
    Example: psop-adapter security-server apply --file registration.toml --accept-warning adding_services"
)]
pub struct ApplyCommand {
    #[command(flatten)]
    file: File,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Pass over this warning of the security server; may be given again
    #[arg(long, value_name = "CODE")]
    accept_warning: Vec<String>,
}

impl ApplyCommand {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let mut gathered = Gathered::new(&self.file.file, key()?)?;
        let present = gathered.present().await?;
        let wsdl = gather::wsdl(&gathered.wanted.wsdl_url).await;
        let plan = gathered.plan(&present, &wsdl).map_err(told_whole)?;
        print::plan(&gathered, &present, &plan)?;
        if plan.steps.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes && !is_agreed()? {
            bail!("nothing was done");
        }
        let mut tell = |text: &str| print::progress(text);
        let mut apply = Apply {
            client: &mut gathered.client,
            wanted: &gathered.wanted,
            agreed: &plan,
            accepted: &self.accept_warning,
            registration_wait_s: gathered.server.registration_wait_s,
            tell: &mut tell,
        };
        let done = apply.run(gather::published(&wsdl)).await.map_err(told_whole).context(
            "not everything was done; what was done stays, and the same command goes on from there",
        )?;
        print::line(&format!(
            "done: {done} steps. Message traffic sees it up to 60 seconds later."
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks whoever is at the terminal.
fn is_agreed() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nothing was done: there is nobody to ask; add --yes");
    }
    eprint!("Do this? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Say what is well and what is not.
#[derive(Debug, Args)]
#[command(
    after_help = "It changes nothing. The WSDL and the services' addresses are tried from here: from the security \
    server it may look different.\n\
    Exit codes: 0 all is well, 3 something is wrong or will be soon, 1 that cannot be told.\n\
    Example: psop-adapter security-server status --file registration.toml"
)]
pub struct Status {
    #[command(flatten)]
    file: File,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let mut gathered = Gathered::new(&self.file.file, key()?)?;
        let checks = gathered.checks().await?;
        match self.json {
            true => print::checks_json(&checks)?,
            false => print::checks(&checks)?,
        }
        let is_well = checks.iter().all(|check| check.level == Level::Good);
        Ok(ExitCode::from(if is_well { 0 } else { DIFFERENT }))
    }
}

/// Print a registration file of what is there.
#[derive(Debug, Args)]
#[command(
    after_help = "Of the file given only the section [security_server] counts. Save what is printed beside it: paths \
    are relative to it. Certificates cannot be had from a security server and are named in comments.\n\
    Example: psop-adapter security-server export --file registration.toml \\\n\
    \x20    --client FI-TEST/MUN/0204819-8/psop > found.toml"
)]
pub struct Export {
    #[command(flatten)]
    file: File,
    /// Subsystem, INSTANCE/CLASS/CODE/SUBSYSTEM
    #[arg(long, value_name = "ID", value_parser = parse_subsystem)]
    client: ClientId,
    /// Address of the WSDL, where the subsystem has several
    #[arg(long, value_name = "URL")]
    wsdl: Option<String>,
}

impl Export {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let key = key()?;
        let server = wanted::load_server(&self.file.file, key.as_deref()).map_err(told_whole)?;
        let mut client = Client::new(&server).map_err(told_whole)?;
        let present = present::read(&mut client, &self.client, std::iter::empty()).await;
        let present = present.map_err(told_whole)?;
        let text = export(&server, &present, &self.client, self.wsdl.as_deref());
        let text = text.map_err(told_whole)?;
        print::line(&printable(text.trim_end()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn parse_subsystem(text: &str) -> Result<ClientId, String> {
    let client = ClientId::parse(text).filter(|client| client.subsystem_code.is_some());
    client.ok_or_else(|| "write INSTANCE/CLASS/CODE/SUBSYSTEM".to_owned())
}
