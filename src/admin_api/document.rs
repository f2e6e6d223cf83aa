//! The Admin API's OpenAPI 3.1 document, made from the types of the operations that are published: their arguments,
//! their results, and what they need of a token.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::http::problem::{PROBLEM_JSON, Reason};
use crate::operate::operation::{About, Schemas};
use crate::operate::{Listed, OPERATIONS};

/// Where schemas stand in the document.
const SCHEMAS: &str = "/components/schemas";

/// The document, indented, with a line break at its end.
pub fn document() -> String {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SCHEMAS.into();
    settings.meta_schema = None;
    let mut generator = SchemaGenerator::new(settings);
    let mut paths = Map::new();
    for operation in OPERATIONS {
        if let Some(schemas) = operation.schemas(&mut generator) {
            let path = format!("/api/v1/{}", operation.name());
            let post = published(*operation, &schemas);
            paths.insert(path, json!({ "post": post }));
        }
    }
    paths.insert(
        "/api/v1/openapi.json".to_owned(),
        json!({ "get": itself() }),
    );
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem());
    let document = json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{
            "url": "http://127.0.0.1:8081",
            "description": "admin.listen of the installation; beyond loopback it speaks TLS",
        }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token made by `psop-adapter token create`",
                },
            },
        },
    });
    // Values that are maps of texts: writing them does not fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn info() -> Value {
    json!({
        "title": "psop-adapter Admin API",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "What an organiser's own systems do with service events, settlements, the registry and the access log",
        "description": "Every operation is a POST with its arguments as a JSON object. Its answer is one JSON object; \
            with Accept: application/x-ndjson the same comes in lines while it runs, without a limit. A token has a \
            role, each of which may do what those before it may (viewer, clerk, administrator), and acts for the \
            organisers it was made for. Every act has its row in the access log.",
        "license": { "name": "MIT", "identifier": "MIT" },
    })
}

/// An operation of the API.
fn published(operation: &dyn Listed, schemas: &Schemas) -> Value {
    let needs = operation.needs();
    let mut responses = Map::new();
    responses.insert("200".to_owned(), done(&schemas.answer));
    for reason in Reason::ALL {
        let status = reason.status();
        let response = json!({ "$ref": format!("#/components/responses/{status}") });
        responses.insert(status.to_string(), response);
    }
    let organisers = match needs.about {
        About::Nothing => "Is about no organiser's data.",
        About::Named => "Is about the organiser that its arguments name.",
        About::NamedOrAll => {
            "Is about the organiser that its arguments name; without one the token must act for all."
        }
        About::Found => {
            "What is of an organiser that the token does not act for is answered as what there is not."
        }
        About::All => "Is about every organiser's data: the token must act for all.",
    };
    let (summary, more) = match schemas.description.split_once("\n\n") {
        Some((summary, more)) => (summary, format!("{more}\n\n")),
        None => (schemas.description.as_str(), String::new()),
    };
    json!({
        "operationId": operation.name(),
        "summary": summary.trim_end_matches('.'),
        "description": format!("{more}Needs the role {}. {organisers}", needs.rank.as_str()),
        "tags": [tag(operation.name())],
        "x-role": needs.rank.as_str(),
        "x-organisers": about(needs.about),
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": schemas.arguments, "example": schemas.example } },
        },
        "responses": responses,
    })
}

/// The first word of a name: what the operation is on.
fn tag(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

/// As the table of operations names it.
fn about(about: About) -> &'static str {
    match about {
        About::Nothing => "none",
        About::Named => "named",
        About::NamedOrAll => "named-or-all",
        About::Found => "found",
        About::All => "all",
    }
}

/// An answer of one operation.
fn done(answer: &Schema) -> Value {
    json!({
        "description": "It ran to its end; exitCode 1 says that something was refused or found wrong, 3 that a plan has something to do",
        "content": {
            "application/json": { "schema": {
                "type": "object",
                "additionalProperties": false,
                "required": ["exitCode", "result", "messages"],
                "properties": {
                    "exitCode": { "type": "integer", "enum": [0, 1, 3] },
                    "result": {
                        "description": "Null where there is nothing to tell but the messages",
                        "anyOf": [answer, { "type": "null" }],
                    },
                    "data": {
                        "description": "A file's bytes, where the operation gives one",
                        "type": "string",
                        "contentEncoding": "base64",
                    },
                    "messages": {
                        "description": "What is said beside the result, in words",
                        "type": "array",
                        "items": { "type": "string" },
                    },
                },
            } },
            "application/x-ndjson": { "schema": {
                "description": "A JSON object a line with one member: out (a line for people), err (a line beside the \
                    result), data (bytes in base 64), result, item (of a result that is a list, which the line \"list\" begins); \
                    the last one is done, with the exit code",
                "type": "string",
            } },
        },
    })
}

/// The operation that gives this document.
fn itself() -> Value {
    json!({
        "operationId": "openapi",
        "summary": "This document",
        "tags": ["openapi"],
        "security": [],
        "responses": {
            "200": {
                "description": "The document",
                "content": { "application/json": { "schema": { "type": "object" } } },
            },
            "421": { "$ref": "#/components/responses/421" },
        },
    })
}

/// The answers that refuse, by status.
fn responses() -> Value {
    let mut responses: Map<String, Value> = Map::new();
    for reason in Reason::ALL {
        let (status, code, title) = (reason.status(), reason.code(), reason.title());
        let told = format!("{code}: {title}");
        let response = responses.entry(status.to_string()).or_insert_with(|| {
            let mut response = json!({
                "description": "",
                "content": { PROBLEM_JSON: { "schema": { "$ref": format!("#{SCHEMAS}/Problem") } } },
            });
            if let (Some((name, schema)), Value::Object(response)) = (header(status), &mut response) {
                response.insert("headers".to_owned(), json!({ name: { "schema": schema } }));
            }
            response
        });
        let before = response["description"].as_str().unwrap_or_default();
        response["description"] = match before {
            "" => told.into(),
            before => format!("{before}; {told}").into(),
        };
    }
    responses.into()
}

fn header(status: u16) -> Option<(&'static str, Value)> {
    Some(match status {
        401 => (
            "WWW-Authenticate",
            json!({ "type": "string", "const": "Bearer" }),
        ),
        405 => ("Allow", json!({ "type": "string" })),
        429 => (
            "Retry-After",
            json!({ "type": "string", "description": "Seconds" }),
        ),
        _ => return None,
    })
}

/// RFC 9457, with a code.
fn problem() -> Value {
    let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    json!({
        "description": "Why a request is refused (RFC 9457)",
        "type": "object",
        "additionalProperties": false,
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What exactly, and what to do; nothing of what was sent" },
            "code": { "type": "string", "enum": codes },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_what_its_operation_takes() {
        let mut generator = SchemaGenerator::default();
        let mut published = 0;
        for operation in OPERATIONS {
            if let Some(schemas) = operation.schemas(&mut generator) {
                let parsed = operation.parse(schemas.example.to_string().as_bytes());
                assert_eq!(parsed.err(), None, "{}", operation.name());
                assert!(!schemas.description.is_empty(), "{}", operation.name());
                published += 1;
            }
        }
        assert!(published >= 17, "{published}");
    }

    #[test]
    fn what_tokens_may_run_is_published_and_nothing_of_the_owners() {
        let mut generator = SchemaGenerator::default();
        for operation in OPERATIONS {
            let is_owners = operation.needs().rank == crate::operate::caller::Rank::Owner;
            let is_published = operation.schemas(&mut generator).is_some();
            assert_ne!(is_owners, is_published, "{}", operation.name());
        }
    }
}
