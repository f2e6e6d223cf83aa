//! `registry apply|show|history|import-codes|import-approvals`: what organisers decide beforehand, from files into the
//! store and back. This side
//! reads the files; what happens to the store stands in `operate::registry`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::operate::Print;
use super::{ConfigFile, organiser_code};
use crate::domain::registry::{OrganiserCode, Registry as Data};
use crate::operate::values::Text;
use crate::operate::{Command, registry};

/// Load or show the registry.
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// Make the registry in the store that of a file, or say what would change
    Apply(Apply),
    /// Print the registry in the store
    Show(Show),
    /// Print every change of the registry
    History(History),
    /// Take over the codes of a code set from a CSV file
    ImportCodes(ImportCodes),
    /// Take over an organiser's approvals of providers from a CSV file
    ImportApprovals(ImportApprovals),
}

/// How a change is made.
#[derive(Debug, Args)]
struct How {
    /// Change nothing and print what would change: exit code 3 when there is something to do
    #[arg(long)]
    dry_run: bool,
    /// Refuse when the registry has another version than the one that was looked at
    #[arg(long, value_name = "N")]
    expect_version: Option<u64>,
    /// Report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Make the registry that of a file.
#[derive(Debug, Args)]
#[command(
    after_help = "The file is TOML; `include = [\"other.toml\"]` names files beside it that belong to it. What service \
    events rest on can be ended, and not removed or rewritten.\n\
    Example: psop-adapter registry apply fixtures/demo/registry.toml --dry-run --config fixtures/demo/psop-adapter.toml\n\
    Example: psop-adapter registry apply fixtures/demo/registry.toml --config fixtures/demo/psop-adapter.toml"
)]
pub struct Apply {
    /// Registry file
    file: PathBuf,
    #[command(flatten)]
    how: How,
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

/// Print every change of the registry.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: psop-adapter registry history --organiser 853 --config fixtures/demo/psop-adapter.toml"
)]
pub struct History {
    /// Only rows of the organiser with this code
    #[arg(long, value_name = "CODE", value_parser = organiser_code)]
    organiser: Option<OrganiserCode>,
    /// As JSON, a line a change
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Take over the codes of a code set.
#[derive(Debug, Args)]
#[command(
    disable_version_flag = true,
    after_help = "Columns: CodeId, LongName, BeginningDate; optional LongNameSv, ExpiringDate, toothRule, minSurfaces, \
    maxSurfaces, repeatable, extraction.\n\
    Example: psop-adapter registry import-codes fixtures/demo/codes.csv --oid 1.2.246.537.6.33 --version 2027 \
    --dry-run --config fixtures/demo/psop-adapter.toml"
)]
pub struct ImportCodes {
    /// CSV file, UTF-8
    file: PathBuf,
    /// OID of the code set
    #[arg(long)]
    oid: String,
    /// Version of the code set
    #[arg(long)]
    version: String,
    /// End what the set has and the file has not, as of yesterday
    #[arg(long)]
    complete: bool,
    #[command(flatten)]
    how: How,
}

/// Take over an organiser's approvals.
#[derive(Debug, Args)]
#[command(
    after_help = "Columns: providerBusinessId, serviceCode, validFrom; optional providerName, validTo, agreedMaxPrice, \
    state, iban.\n\
    Example: psop-adapter registry import-approvals fixtures/demo/approvals.csv --organiser 853 --dry-run \
    --config fixtures/demo/psop-adapter.toml"
)]
pub struct ImportApprovals {
    /// CSV file, UTF-8
    file: PathBuf,
    /// Code of the organiser
    #[arg(long, value_name = "CODE", value_parser = organiser_code)]
    organiser: OrganiserCode,
    /// End the organiser's approvals that are not in the file, as of yesterday
    #[arg(long)]
    complete: bool,
    #[command(flatten)]
    how: How,
}

impl Registry {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (config, json, command) = match self {
            Registry::Apply(Apply { file, how }) => {
                let registry = Box::new(read(&file)?);
                let (config, json, way) = how.of(&file);
                (config, json, Command::of(registry::Apply { way, registry }))
            }
            Registry::Show(Show { config, json }) => (config, json, Command::of(registry::Show {})),
            Registry::History(History {
                organiser,
                json,
                config,
            }) => {
                let organiser = organiser.map(Text);
                (config, json, Command::of(registry::History { organiser }))
            }
            Registry::ImportCodes(import) => {
                let text = csv_text(&import.file)?;
                let (config, json, way) = import.how.of(&import.file);
                let import = registry::ImportCodes {
                    way,
                    oid: import.oid,
                    version: import.version,
                    text,
                    is_complete: import.complete,
                };
                (config, json, Command::of(import))
            }
            Registry::ImportApprovals(import) => {
                let text = csv_text(&import.file)?;
                let (config, json, way) = import.how.of(&import.file);
                let import = registry::ImportApprovals {
                    way,
                    organiser: Text(import.organiser),
                    text,
                    is_complete: import.complete,
                };
                (config, json, Command::of(import))
            }
        };
        super::operate::run_printing(&config, command, Print::of(json))
    }
}

impl How {
    fn of(self, file: &Path) -> (ConfigFile, bool, registry::Way) {
        let way = registry::Way {
            source: Text(registry::SourceName::of_file(&file.display().to_string())),
            is_dry_run: self.dry_run,
            expected_version: self.expect_version,
        };
        (self.config, self.json, way)
    }
}

/// The text of an import's file.
fn csv_text(path: &Path) -> anyhow::Result<String> {
    super::read_input(path).with_context(|| {
        "the code server gives files in ISO 8859-1: `iconv -f ISO-8859-1 -t UTF-8 FILE` makes UTF-8 of one"
    })
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
