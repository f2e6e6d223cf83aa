//! `token create|list|revoke`: who is let into the Admin API. The work stands in `operate::token`.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::{Asked, ConfigFile, organiser_code};
use crate::domain::admin_token;
use crate::domain::registry::OrganiserCode;
use crate::operate::{Command, token};

/// Let programs into the Admin API.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token and print it, once
    Create(Create),
    /// Print what tokens there are, and how each stands
    List(List),
    /// Let a token in no more
    Revoke(Revoke),
}

/// Make a token.
#[derive(Debug, Args)]
#[command(
    after_help = "Standard output is the token and nothing else. It is not shown again: the store keeps its SHA-256 only. \
    A name is given once, since the access log names who acted by it.\n\
    Example: psop-adapter token create --name talous --role clerk --organiser 853 --days 90 \\\n\
    \x20    --config fixtures/demo/psop-adapter.toml > talous.token"
)]
pub struct Create {
    /// Name in the access log and in the token: lower-case letters, digits and hyphens, at most 40
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it may do; each role may do what those before it may
    #[arg(long, value_enum)]
    role: Role,
    /// Code of an organiser that it acts for; may be given for several
    #[arg(long = "organiser", value_name = "CODE", value_parser = organiser_code, required_unless_present = "all_organisers")]
    organisers: Vec<OrganiserCode>,
    /// It acts for every organiser, those included that come later
    #[arg(long, conflicts_with = "organisers")]
    all_organisers: bool,
    /// Days that it holds, at most limits.admin_token_days_max
    #[arg(long, value_name = "N")]
    days: u32,
    #[command(flatten)]
    config: ConfigFile,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    /// Show, verify
    Viewer,
    /// Also decide on events, import them, and settle
    Clerk,
    /// Also apply the registry and export the access log
    Administrator,
}

/// Print the tokens.
#[derive(Debug, Args)]
#[command(after_help = "Example: psop-adapter token list --config fixtures/demo/psop-adapter.toml")]
pub struct List {
    #[command(flatten)]
    asked: Asked,
}

/// Revoke a token.
#[derive(Debug, Args)]
#[command(
    after_help = "It holds from the next request on at every adapter of the store.\n\
    Example: psop-adapter token revoke talous --config fixtures/demo/psop-adapter.toml"
)]
pub struct Revoke {
    /// Name of the token
    name: String,
    #[command(flatten)]
    config: ConfigFile,
}

impl Token {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (config, command) = match self {
            Token::Create(create) => {
                let organisers = create.organisers.into_iter().collect();
                let command = token::Create {
                    name: create.name,
                    role: match create.role {
                        Role::Viewer => admin_token::Role::Viewer,
                        Role::Clerk => admin_token::Role::Clerk,
                        Role::Administrator => admin_token::Role::Administrator,
                    },
                    organisers: (!create.all_organisers).then_some(organisers),
                    days: create.days,
                };
                (create.config, Command::of(command))
            }
            Token::List(List { asked }) => return asked.run(Command::of(token::List {})),
            Token::Revoke(Revoke { name, config }) => (config, Command::of(token::Revoke { name })),
        };
        super::operate::run(&config, command)
    }
}
