//! `registry apply|show`: what organisers decide beforehand, from a file into the store and back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::ConfigFile;
use crate::app::open_store;
use crate::config::Overrides;
use crate::domain::registry::Registry as Data;

/// Load or show the registry.
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// Replace the registry in the store by that of a file; the server must not run
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
#[command(
    after_help = "The server must not run. What it prints, `registry apply` takes.\n\
    Example: psop-adapter registry show --config fixtures/demo/psop-adapter.toml > registry.toml"
)]
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
        let data = read(&self.file)?;
        let problems = problems(&data);
        if !problems.is_empty() {
            bail!(
                "{} is refused, nothing was changed:\n  {}",
                self.file.display(),
                problems.join("\n  ")
            );
        }
        let config = self.config.load(&Overrides::default())?;
        let (store, _) = open_store(&config)?;
        let counts = counts(&data);
        super::runtime()?.block_on(async {
            store.put_registry(data).await?;
            store.close().await
        })?;
        if self.json {
            let rows: serde_json::Map<_, _> = counts
                .iter()
                .map(|(name, count)| ((*name).to_owned(), (*count).into()))
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
        } else {
            println!("applied {}", self.file.display());
            for (name, count) in counts {
                println!("{count:6} {name}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load(&Overrides::default())?;
        let (store, _) = open_store(&config)?;
        let data = super::runtime()?.block_on(async {
            let data = store.registry().await?;
            store.close().await?;
            anyhow::Ok(data)
        })?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&data)?);
        } else {
            print!("{}", toml::to_string(&data)?);
        }
        Ok(ExitCode::SUCCESS)
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

fn counts(data: &Data) -> [(&'static str, usize); 9] {
    [
        ("municipalities", data.municipalities.len()),
        ("counties", data.counties.len()),
        ("organisers", data.organisers.len()),
        ("service types", data.service_types.len()),
        ("providers", data.providers.len()),
        ("approvals", data.approvals.len()),
        ("price items", data.price_items.len()),
        ("code sets", data.code_sets.len()),
        ("client grants", data.client_grants.len()),
    ]
}

/// What is wrong with a registry: rows that stand twice, and names of what is not there.
fn problems(data: &Data) -> Vec<String> {
    let mut problems = Vec::new();
    let mut once = BTreeSet::new();
    let mut twice = |what: String| {
        if !once.insert(what.clone()) {
            problems.push(format!("{what} stands twice"));
        }
    };
    for row in &data.municipalities {
        twice(format!("municipality {}", row.code));
    }
    for row in &data.counties {
        twice(format!("county {}", row.code));
    }
    for row in &data.organisers {
        twice(format!("organiser {}", row.code));
    }
    for row in &data.service_types {
        let from = row.valid_from;
        twice(format!(
            "service type {}/{} from {from}",
            row.organiser, row.service_code
        ));
    }
    for row in &data.providers {
        twice(format!("provider {}", row.business_id));
    }
    for row in &data.approvals {
        let from = row.valid_from;
        twice(format!(
            "approval {}/{}/{} from {from}",
            row.organiser, row.service_code, row.provider
        ));
    }
    for row in &data.price_items {
        let from = row.valid_from;
        twice(format!(
            "price item {}/{} from {from}",
            row.organiser, row.procedure_code
        ));
    }
    for set in &data.code_sets {
        twice(format!("code set {} version {}", set.oid, set.version));
        for row in &set.items {
            let from = row.valid_from;
            twice(format!(
                "code {} from {from} of {} version {}",
                row.code, set.oid, set.version
            ));
        }
    }
    problems.extend(unknown_names(data));
    problems.extend(backward_periods(data));
    problems
}

/// Rows that end before they begin.
fn backward_periods(data: &Data) -> Vec<String> {
    let service_types = data.service_types.iter().map(|row| {
        let name = format!("service type {}/{}", row.organiser, row.service_code);
        (name, row.valid_from, row.valid_to)
    });
    let approvals = data.approvals.iter().map(|row| {
        let name = format!(
            "approval {}/{}/{}",
            row.organiser, row.service_code, row.provider
        );
        (name, row.valid_from, row.valid_to)
    });
    let price_items = data.price_items.iter().map(|row| {
        let name = format!("price item {}/{}", row.organiser, row.procedure_code);
        (name, row.valid_from, row.valid_to)
    });
    let codes = data.code_sets.iter().flat_map(|set| &set.items).map(|row| {
        let name = format!("code {}", row.code);
        (name, row.valid_from, row.valid_to)
    });
    let client_grants = data.client_grants.iter().map(|row| {
        let name = format!("client grant {}", row.client);
        (name, row.valid_from, row.valid_to)
    });
    service_types
        .chain(approvals)
        .chain(price_items)
        .chain(codes)
        .chain(client_grants)
        .filter(|(_, from, to)| to.is_some_and(|to| to < *from))
        .map(|(name, from, _)| format!("{name} from {from} ends before it begins"))
        .collect()
}

fn unknown_names(data: &Data) -> Vec<String> {
    let organisers: BTreeSet<_> = data.organisers.iter().map(|row| row.code).collect();
    let providers: BTreeSet<_> = data.providers.iter().map(|row| &row.business_id).collect();
    let services: BTreeSet<_> = data
        .service_types
        .iter()
        .map(|row| (row.organiser, row.service_code.as_str()))
        .collect();
    let mut problems = Vec::new();
    for row in &data.service_types {
        if !organisers.contains(&row.organiser) {
            problems.push(format!(
                "service type {}/{}: there is no such organiser",
                row.organiser, row.service_code
            ));
        }
    }
    for row in &data.approvals {
        let name = format!(
            "approval {}/{}/{}",
            row.organiser, row.service_code, row.provider
        );
        if !services.contains(&(row.organiser, row.service_code.as_str())) {
            problems.push(format!("{name}: there is no such service type"));
        }
        if !providers.contains(&row.provider) {
            problems.push(format!("{name}: there is no such provider"));
        }
    }
    for row in &data.price_items {
        if !organisers.contains(&row.organiser) {
            problems.push(format!(
                "price item {}/{}: there is no such organiser",
                row.organiser, row.procedure_code
            ));
        }
    }
    for row in &data.client_grants {
        for organiser in row
            .organisers
            .iter()
            .filter(|code| !organisers.contains(code))
        {
            problems.push(format!(
                "client grant {}: there is no organiser {organiser}",
                row.client
            ));
        }
        for provider in row.providers.iter().filter(|id| !providers.contains(id)) {
            problems.push(format!(
                "client grant {}: there is no provider {provider}",
                row.client
            ));
        }
    }
    problems
}
