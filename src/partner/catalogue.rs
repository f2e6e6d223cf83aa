//! The catalogue page: what the services do, every message as a tree, codes, samples and programs, in three languages.
//! Rendered here, readable without script, and nothing of it comes from anywhere else.

mod words;

use askama::Template;

use self::words::Words;
use super::limits::{Language, occurs, values};
use super::program::Program;
use super::sample::{Choices, message};
use super::scenario::{self, Scenario};
use crate::contract::shape::{Kind, Shape};
use crate::contract::wsdl::Published;
use crate::domain::code::{Code, Texts, meaning_and_advice};
use crate::domain::registry::{OrganiserCode, Registry};
use crate::http::route::WSDL_PATH;
use crate::services;
use crate::soap::fault::FaultCode;

/// The page's style sheet.
pub const STYLE: &str = include_str!("catalogue/catalogue.css");
/// The script of the form; pages of production do not ask for it.
pub const SCRIPT: &str = include_str!("catalogue/catalogue.js");

/// Renders the page. `registry` is shown where it holds artificial members only: not in production.
///
/// # Errors
/// What the template engine says.
pub fn page(
    language: Language,
    public_url: &str,
    registry: Option<&Registry>,
) -> Result<String, askama::Error> {
    Page {
        words: Words::of(language),
        language,
        languages: Language::ALL,
        public_url,
        base: public_url.strip_suffix("/xroad").unwrap_or(public_url),
        wsdl: WSDL_PATH,
        services: services::published()
            .iter()
            .map(|contract| Service::of(contract, language, public_url))
            .collect(),
        codes: codes(language),
        registry: registry.map(|registry| shown(registry, language)),
    }
    .render()
}

/// The sample message of a service, as a file.
pub fn sample_file(name: &str) -> Option<String> {
    let code = name.strip_suffix(".xml")?;
    let contract = services::find(code)?.contract();
    message(contract, scenario::find(code, None)?, &Choices::default())
}

#[derive(Template)]
#[template(path = "catalogue/page.html", config = "src/partner/askama.toml")]
struct Page<'a> {
    words: &'static Words,
    language: Language,
    languages: [Language; 3],
    public_url: &'a str,
    base: &'a str,
    wsdl: &'static str,
    services: Vec<Service>,
    codes: Vec<CodeRow>,
    registry: Option<Shown>,
}

struct Service {
    code: &'static str,
    version: &'static str,
    title: &'static str,
    notes: &'static str,
    tech_notes: &'static str,
    /// Request and answer, each with its name.
    messages: [(&'static str, Vec<Row>); 2],
    sample: String,
    answer: &'static str,
    programs: Vec<Shell>,
}

/// A program as it is shown.
struct Shell {
    title: &'static str,
    name: &'static str,
    run: &'static str,
    text: String,
}

impl Service {
    fn of(contract: &Published, language: Language, url: &str) -> Service {
        let scenario: Option<&Scenario> = scenario::find(contract.code, None);
        let choices = Choices::default();
        let sample = scenario.and_then(|scenario| message(contract, scenario, &choices));
        let sample = sample.unwrap_or_default();
        Service {
            code: contract.code,
            version: contract.version.name,
            title: language.of(contract.title),
            notes: language.of(contract.notes),
            tech_notes: language.of(contract.tech_notes),
            messages: [
                (
                    Words::of(language).request,
                    rows(contract.request, language),
                ),
                (
                    Words::of(language).response,
                    rows(contract.response, language),
                ),
            ],
            answer: scenario.map_or("", |scenario| scenario.answer),
            programs: Program::ALL
                .map(|program| Shell {
                    title: program.title(),
                    name: program.as_str(),
                    run: program.run(),
                    text: program.text(url, &sample),
                })
                .into(),
            sample,
        }
    }
}

/// An element of a message, at its depth in the tree.
struct Row {
    depth: usize,
    name: &'static str,
    occurs: String,
    type_name: &'static str,
    limits: String,
    docs: &'static str,
    values: Vec<(&'static str, &'static str)>,
}

fn rows(shape: &'static Shape, language: Language) -> Vec<Row> {
    let mut rows = Vec::new();
    collect(shape, 0, language, &mut rows);
    rows
}

fn collect(shape: &'static Shape, depth: usize, language: Language, rows: &mut Vec<Row>) {
    for particle in shape.particles() {
        if particle.is_inline() {
            // Exactly one of them stands here.
            for variant in particle.shape.particles() {
                rows.push(row(variant, depth, language, true));
                collect(variant.shape, depth + 1, language, rows);
            }
            continue;
        }
        let is_variant = matches!(shape.kind, Kind::Choice(_));
        rows.push(row(particle, depth, language, is_variant));
        collect(particle.shape, depth + 1, language, rows);
    }
}

fn row(
    particle: &'static crate::contract::shape::Particle,
    depth: usize,
    language: Language,
    is_variant: bool,
) -> Row {
    let one_of = Words::of(language).one_of;
    Row {
        depth,
        name: particle.name,
        occurs: match is_variant {
            true => one_of.to_owned(),
            false => occurs(particle.occurs, language),
        },
        type_name: particle.shape.name,
        limits: values(particle.shape, language),
        docs: language.of(particle.docs),
        values: match &particle.shape.kind {
            Kind::Enumeration(values) => values
                .iter()
                .map(|value| (value.text, language.of(value.docs)))
                .collect(),
            _ => Vec::new(),
        },
    }
}

struct CodeRow {
    code: &'static str,
    is_fault: bool,
    meaning: &'static str,
    advice: &'static str,
}

fn codes(language: Language) -> Vec<CodeRow> {
    let of = |texts: Texts| match language {
        Language::Fi => texts.fi,
        Language::Sv => texts.sv,
        Language::En => texts.en,
    };
    let row = |code: &'static str, is_fault: bool, texts: Texts| {
        let (meaning, advice) = meaning_and_advice(of(texts));
        CodeRow {
            code,
            is_fault,
            meaning,
            advice,
        }
    };
    let faults = FaultCode::ALL
        .iter()
        .map(|code| row(code.as_str(), true, code.meaning()));
    let others = Code::ALL
        .iter()
        .map(|code| row(code.as_str(), false, code.texts()));
    faults.chain(others).collect()
}

/// What the registry of a test installation knows.
struct Shown {
    /// Client, services, organisers or providers.
    clients: Vec<[String; 3]>,
    /// Organiser, code, name.
    services: Vec<[String; 3]>,
    /// Business id, name.
    providers: Vec<[String; 2]>,
}

fn shown(registry: &Registry, language: Language) -> Shown {
    let code = |code: &OrganiserCode| code.to_string();
    Shown {
        clients: registry
            .client_grants
            .iter()
            .map(|grant| {
                let organisers = grant.organisers.iter().map(code);
                let providers = grant
                    .providers
                    .iter()
                    .map(|provider| provider.as_str().to_owned());
                let parties: Vec<String> = organisers.chain(providers).collect();
                [
                    grant.client.to_string(),
                    grant.services.join(", "),
                    parties.join(", "),
                ]
            })
            .collect(),
        services: registry
            .service_types
            .iter()
            .map(|service| {
                let name = match (language, &service.name_sv) {
                    (Language::Sv, Some(name)) => name,
                    _ => &service.name_fi,
                };
                [
                    code(&service.organiser),
                    service.service_code.clone(),
                    name.clone(),
                ]
            })
            .collect(),
        providers: registry
            .providers
            .iter()
            .map(|provider| {
                [
                    provider.business_id.as_str().to_owned(),
                    provider.name.clone(),
                ]
            })
            .collect(),
    }
}
