//! `contract write|check`: the committed WSDL and schemas, made from the listings in the code, the page of codes, made
//! from their texts, and the OpenAPI document of the Admin API, made from its types.

mod codes_page;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::config;
use crate::contract::wsdl::{ContractFile, files};
use crate::services::{published, published_faults};

/// Write or check the WSDL, the schemas, the page of codes and the document of the Admin API.
#[derive(Debug, Subcommand)]
pub enum Contract {
    /// Write wsdl/, xsd/, docs/codes.md and docs/admin-api.json from the code
    #[command(after_help = "Example: psop-adapter contract write --dir .")]
    Write(Where),
    /// Exit 1 when the files are not what the listings make
    #[command(after_help = "Example: psop-adapter contract check --dir .")]
    Check(Where),
}

/// Where the files stand, and what they say.
#[derive(Debug, Args)]
pub struct Where {
    /// Folder that holds wsdl/, xsd/ and docs/
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
    /// Address that the WSDL's port names
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

impl Where {
    fn files(&self) -> Vec<ContractFile> {
        let default = config::Server::default().public_url;
        let address = self.address.as_ref().unwrap_or(&default);
        let mut files = files(&published(), &published_faults(), address);
        files.push(codes_page::page());
        files.push(ContractFile {
            path: "docs/admin-api.json".to_owned(),
            text: crate::admin_api::document(),
        });
        files
    }

    fn report(&self, found: &[(String, &'static str)]) -> anyhow::Result<()> {
        if self.json {
            let rows: Vec<_> = found
                .iter()
                .map(|(path, state)| serde_json::json!({ "file": path, "state": state }))
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
        } else {
            for (path, state) in found {
                println!("{state:9} {path}");
            }
        }
        Ok(())
    }
}

impl Contract {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Contract::Write(place) => write(&place),
            Contract::Check(place) => check(&place),
        }
    }
}

fn write(place: &Where) -> anyhow::Result<ExitCode> {
    let mut found = Vec::new();
    for file in place.files() {
        let path = place.dir.join(&file.path);
        let is_same = std::fs::read_to_string(&path).is_ok_and(|text| text == file.text);
        if !is_same {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
            std::fs::write(&path, &file.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        found.push((file.path, if is_same { "unchanged" } else { "written" }));
    }
    place.report(&found)?;
    Ok(ExitCode::SUCCESS)
}

fn check(place: &Where) -> anyhow::Result<ExitCode> {
    let mut found = Vec::new();
    for file in place.files() {
        let state = match std::fs::read_to_string(place.dir.join(&file.path)) {
            Ok(text) if text == file.text => "same",
            Ok(_) => "different",
            Err(_) => "missing",
        };
        found.push((file.path, state));
    }
    place.report(&found)?;
    if found.iter().all(|(_, state)| *state == "same") {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "psop-adapter: the files are not what the code's listings make; run `psop-adapter contract write`"
    );
    Ok(ExitCode::from(1))
}
