//! `registry apply|show`: what organisers decide beforehand, from a file into the store and back. This side
//! reads the files; what happens to the store stands in `operate::registry`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::ConfigFile;
use super::operate::Print;
use crate::domain::registry::Registry as Data;
use crate::operate::{self, Command};

/// Load or show the registry.
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// Replace the registry in the store by that of a file
    Apply(Apply),
    /// Print the registry in the store
    Show(Show),
}

/// Replace the registry by that of a file.
#[derive(Debug, Args)]
#[command(
    after_help = "The file is TOML; `include = [\"other.toml\"]` names files beside it that belong to it.\n\
    Example: psop-adapter registry apply fixtures/demo/registry.toml --config fixtures/demo/psop-adapter.toml"
)]
pub struct Apply {
    /// Registry file
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

/// Print the registry.
#[derive(Debug, Args)]
#[command(after_help = "What it prints, `registry apply` takes.\n\
    Example: psop-adapter registry show --config fixtures/demo/psop-adapter.toml > registry.toml")]
pub struct Show {
    #[command(flatten)]
    config: ConfigFile,
    /// As JSON instead of TOML
    #[arg(long)]
    json: bool,
}

impl Registry {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Registry::Apply(command) => command.run(),
            Registry::Show(command) => command.run(),
        }
    }
}

impl Apply {
    fn run(self) -> anyhow::Result<ExitCode> {
        let command = operate::registry::Apply {
            source: self.file.display().to_string(),
            registry: Box::new(read(&self.file)?),
        };
        super::operate::run_printing(&self.config, Command::of(command), Print::of(self.json))
    }
}

impl Show {
    fn run(self) -> anyhow::Result<ExitCode> {
        let command = Command::of(operate::registry::Show {});
        super::operate::run_printing(&self.config, command, Print::of(self.json))
    }
}

/// Reads a registry file with the files it includes.
fn read(path: &Path) -> anyhow::Result<Data> {
    let mut whole: toml::Table = parse(path)?;
    let included = match whole.remove("include") {
        None => Vec::new(),
        Some(toml::Value::Array(names)) => names,
        Some(_) => bail!("{}: include must be a list of file names", path.display()),
    };
    for name in included {
        let toml::Value::String(name) = name else {
            bail!("{}: include must be a list of file names", path.display());
        };
        let beside = path.parent().unwrap_or(Path::new("")).join(name);
        for (key, rows) in parse(&beside)? {
            match (whole.get_mut(&key), rows) {
                (None, rows) => {
                    whole.insert(key, rows);
                }
                (Some(toml::Value::Array(present)), toml::Value::Array(more)) => {
                    present.extend(more)
                }
                _ => bail!("{}: {key} is no list of tables", beside.display()),
            }
        }
    }
    whole
        .try_into()
        .with_context(|| format!("{} is no registry", path.display()))
}

fn parse(path: &Path) -> anyhow::Result<toml::Table> {
    super::read_input(path)?
        .parse()
        .with_context(|| format!("{} is no TOML", path.display()))
}
