//! `config`: checks and shows a configuration, and prints one to begin with. It opens no store and no socket.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::ConfigFile;
use crate::app::key_file_policy;
use crate::config::{self, ConfigError, Loaded, StoreKind};
use crate::http::tls::{self, files::Files};
use crate::secrets::{ApiKey, KeyFilePolicy, MasterKey};
use crate::telemetry;

/// Check, show or begin a configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Say everything that is wrong with a configuration, with its place
    Check(Check),
    /// Print what holds: every key, and where it is written
    Show(Show),
    /// Print a commented configuration with every key
    Init(Init),
}

/// Say everything that is wrong.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads the configuration, with environment variables, as `serve` does, and the files that it names. \
    Run it as the server's user, who may read less than you.\nExit code 1 when `serve` would refuse it.\n\
    Example: psop-adapter config check --config fixtures/demo/psop-adapter.toml"
)]
pub struct Check {
    #[command(flatten)]
    config: ConfigFile,
}

/// Print what holds.
#[derive(Debug, Args)]
#[command(after_help = "Passwords are not printed.\n\
    Example: psop-adapter config show --config fixtures/demo/psop-adapter.toml")]
pub struct Show {
    #[command(flatten)]
    config: ConfigFile,
}

/// Print a configuration to begin with.
#[derive(Debug, Args)]
#[command(after_help = "Example: psop-adapter config init --environment DEV > psop-adapter.toml")]
pub struct Init {
    /// What the installation is for
    #[arg(long, value_enum, ignore_case = true, default_value = "TEST")]
    environment: Environment,
}

/// What an installation is for, as the command line takes it.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Environment {
    Dev,
    Test,
    Prod,
}

impl From<Environment> for config::Environment {
    fn from(name: Environment) -> Self {
        match name {
            Environment::Dev => Self::Dev,
            Environment::Test => Self::Test,
            Environment::Prod => Self::Prod,
        }
    }
}

impl Config {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Show(show) => show.run(),
            Self::Init(init) => print(&config::template(init.environment.into())),
        }
    }
}

impl Check {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Loaded { config, origins } = self.config.load_with_origins()?;
        let mut problems = Vec::new();
        // First, so that warnings about key files come out as the server's.
        problems.extend(telemetry::start(&config).err().map(|e| e.to_string()));
        problems.extend(file_problems(&config));
        if problems.is_empty() {
            problems.extend(tls_problems(&config));
        }
        problems.extend(folder_problem(&config));
        if !problems.is_empty() {
            let problems = origins.told(problems);
            return Err(ConfigError::Refused { problems }.into());
        }
        println!("{}: nothing is wrong", self.config.config.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Why TLS could not begin with files that can be read.
fn tls_problems(config: &config::Config) -> Vec<String> {
    let public = config.tls.as_ref().map(Files::public);
    let admin = config.admin.tls();
    let admin = admin.map(|(certificate, key)| Files::admin(certificate, key));
    let files = public.into_iter().chain(admin);
    files
        .filter_map(|files| tls::Loaded::read(&files).err())
        .map(|error| error.to_string())
        .collect()
}

/// What is wrong with the files that the configuration names: `key: what to do`.
fn file_problems(config: &config::Config) -> Vec<String> {
    let policy = key_file_policy(config);
    let files = config.files().into_iter();
    files
        .filter_map(|(key, path)| Some(format!("{key}: {}", unusable(key, path, policy)?)))
        .collect()
}

/// Why a file cannot be used. Makes none, as the server would in DEV.
fn unusable(key: &str, path: &Path, policy: KeyFilePolicy) -> Option<anyhow::Error> {
    let is_key_file = key.ends_with(".key_file");
    if is_key_file && policy.create_missing && !path.exists() {
        return None;
    }
    let policy = KeyFilePolicy {
        create_missing: false,
        ..policy
    };
    match key {
        "secrets.key_file" => MasterKey::load(path, policy).err().map(Into::into),
        _ if is_key_file => ApiKey::load(path, policy).err().map(Into::into),
        _ => readable(path).err(),
    }
}

fn readable(path: &Path) -> anyhow::Result<()> {
    let read = File::open(path).and_then(|mut file| file.read(&mut [0; 1]));
    match read {
        Ok(0) => bail!("{} is empty: write the right file", path.display()),
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "cannot read {}: {error}: correct the path, or let the server's user read it",
            path.display()
        ),
    }
}

fn folder_problem(config: &config::Config) -> Option<String> {
    let path = &config.store.path;
    let is_other = config.store.kind == StoreKind::Sled && path.exists() && !path.is_dir();
    is_other.then(|| {
        format!(
            "store.path: {} is no folder: write the folder of the data, which may be missing still",
            path.display()
        )
    })
}

impl Show {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Loaded {
            mut config,
            origins,
        } = self.config.load_with_origins()?;
        config.store.url = config.store.url.map(|url| url.masked());
        let mut text =
            "# What holds. A comment says where a value is written; the others are defaults.\n"
                .to_owned();
        let mut section = None;
        for line in toml::to_string(&config)?.lines() {
            text.push_str(line);
            let name = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
            section = name.map(str::to_owned).or(section);
            if let Some((key, _)) = line.split_once(" = ") {
                let key: Vec<String> = section.iter().cloned().chain([key.to_owned()]).collect();
                if let Some(place) = origins.of(&key) {
                    text.push_str(&format!("  # {place}"));
                }
            }
            text.push('\n');
        }
        print(&text)
    }
}

/// Prints a text whole. A reader that has seen enough is no panic.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}
