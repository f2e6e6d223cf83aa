//! `registry-import-codes`: the codes of a code set, from a file in the shape of the national code server's.

use std::collections::HashMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::print::Report;
use super::table::{Column, Row, Table, day, named, plain, yes_or_no};
use super::{CHANGES, Way, apply};
use crate::clock::date_in_helsinki;
use crate::domain::registry::{CodeItem, CodeSet, Registry, ToothRule};
use crate::operate::caller::Caller;
use crate::operate::operation::{Needs, Operation, Published};
use crate::operate::output::Output;
use crate::operate::{Done, Failed};
use crate::services::Services;

const CODE: Column = &["CodeId", "code", "koodi"];
const NAME_FI: Column = &["LongName", "longNameFi", "nameFi", "nimi"];
const NAME_SV: Column = &["LongNameSv", "nameSv", "namn"];
const VALID_FROM: Column = &["BeginningDate", "beginDate", "validFrom"];
const VALID_TO: Column = &["ExpiringDate", "expirationDate", "validTo"];
const TOOTH_RULE: Column = &["toothRule"];
const MIN_SURFACES: Column = &["minSurfaces"];
const MAX_SURFACES: Column = &["maxSurfaces"];
const REPEATABLE: Column = &["repeatable"];
const EXTRACTION: Column = &["extraction"];

/// Take over the codes of a file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RegistryImportCodesArguments")]
pub struct ImportCodes {
    pub way: Way,
    pub oid: String,
    pub version: String,
    /// The file's text.
    pub text: String,
    /// Codes of the set that are not in the file end.
    #[serde(default)]
    pub is_complete: bool,
}

impl Published for ImportCodes {
    type Answer = Report<'static>;

    const EXAMPLE: &'static str = r#"{
        "way": {"source": "codes of 2027", "isDryRun": true},
        "oid": "1.2.246.537.6.33",
        "version": "2027",
        "text": "CodeId;LongName;BeginningDate\\nSAA01;Suun tutkimus, suppea;2025-01-01\\n",
        "isComplete": false
    }"#;
}

impl Operation for ImportCodes {
    const NAME: &'static str = "registry-import-codes";
    const NEEDS: Needs = CHANGES;

    async fn run(
        self,
        services: &Services,
        caller: &Caller,
        output: &Output,
    ) -> Result<Done, Failed> {
        let table = Table::read(&self.text, &[CODE, NAME_FI, VALID_FROM])?;
        let today = date_in_helsinki(services.clock.now());
        let rows = self.examined(&table)?;
        apply::run(services, caller, output, &self.way, &|standing| {
            Ok(self.taken_over(standing, &rows, today))
        })
        .await
    }
}

impl ImportCodes {
    /// Every row of the file, or all that is wrong with them.
    fn examined(&self, table: &Table) -> Result<Vec<Wanted>, Failed> {
        let mut lines = HashMap::new();
        let mut rows = Vec::new();
        for row in table.rows() {
            let wanted = Wanted::of(table, row);
            let (Some(code), Some(valid_from)) = (&wanted.code, wanted.valid_from) else {
                continue;
            };
            let first = *lines.entry((code.clone(), valid_from)).or_insert(row.line);
            if first != row.line {
                row.wrong(
                    CODE,
                    format!("this code from this day stands in line {first} already"),
                );
            }
            rows.push(wanted);
        }
        table.refuse_problems(&self.way)?;
        Ok(rows)
    }

    fn taken_over(&self, standing: &Registry, rows: &[Wanted], today: Date) -> Registry {
        let mut registry = standing.clone();
        let is_ours = |set: &CodeSet| set.oid == self.oid && set.version == self.version;
        if !registry.code_sets.iter().any(is_ours) {
            registry.code_sets.push(CodeSet {
                oid: self.oid.clone(),
                version: self.version.clone(),
                items: Vec::new(),
            });
        }
        let known = latest(standing.code_sets.iter().filter(|set| set.oid == self.oid));
        if let Some(set) = registry.code_sets.iter_mut().find(|set| is_ours(set)) {
            let is_in_file = take_rows(&mut set.items, rows, &known);
            if self.is_complete {
                let mut is_in_file = is_in_file.into_iter();
                set.items.retain_mut(|item| {
                    is_in_file.next().unwrap_or(true)
                        || ended(item.valid_from, &mut item.valid_to, today)
                });
            }
        }
        registry
    }
}

/// Each code as it is from its latest day on.
fn latest<'a>(sets: impl Iterator<Item = &'a CodeSet>) -> HashMap<&'a str, &'a CodeItem> {
    let mut known: HashMap<&str, &CodeItem> = HashMap::new();
    for item in sets.flat_map(|set| &set.items) {
        let latest = known.entry(&item.code).or_insert(item);
        if item.valid_from > latest.valid_from {
            *latest = item;
        }
    }
    known
}

/// Writes the file's rows over the set's, and says of each that was there whether the file names it.
fn take_rows(
    items: &mut Vec<CodeItem>,
    rows: &[Wanted],
    known: &HashMap<&str, &CodeItem>,
) -> Vec<bool> {
    let mut places: HashMap<(String, Date), usize> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        places.insert((item.code.clone(), item.valid_from), place);
    }
    let mut is_in_file = vec![false; items.len()];
    for row in rows {
        let (Some(code), Some(valid_from)) = (&row.code, row.valid_from) else {
            continue;
        };
        let place = places.get(&(code.clone(), valid_from)).copied();
        if let Some(mark) = place.and_then(|place| is_in_file.get_mut(place)) {
            *mark = true;
        }
        match place.and_then(|place| items.get_mut(place)) {
            Some(item) => row.write(item),
            None => {
                let mut item = new_item(code, valid_from, known.get(code.as_str()).copied());
                row.write(&mut item);
                items.push(item);
            }
        }
    }
    is_in_file
}

/// Ends a row that is not in a complete file; `false` where it has not begun, and goes.
pub(super) fn ended(valid_from: Date, valid_to: &mut Option<Date>, today: Date) -> bool {
    let yesterday = today.yesterday().unwrap_or(today);
    if valid_from > yesterday {
        return false;
    }
    if valid_to.is_none_or(|last| last > yesterday) {
        *valid_to = Some(yesterday);
    }
    true
}

/// A code that is new on that day: what the file does not say is as the same code has it, or nothing.
fn new_item(code: &str, valid_from: Date, known: Option<&CodeItem>) -> CodeItem {
    CodeItem {
        code: code.to_owned(),
        name_fi: String::new(),
        name_sv: known.and_then(|item| item.name_sv.clone()),
        valid_from,
        valid_to: None,
        tooth_rule: known.map_or(ToothRule::None, |item| item.tooth_rule),
        min_surfaces: known.map_or(0, |item| item.min_surfaces),
        max_surfaces: known.map_or(0, |item| item.max_surfaces),
        repeatable: known.is_some_and(|item| item.repeatable),
        extraction: known.is_some_and(|item| item.extraction),
    }
}

/// What a row says. `None` of what it does not say.
struct Wanted {
    code: Option<String>,
    valid_from: Option<Date>,
    name_fi: Option<String>,
    /// The inner `None`: there is a column, and the cell is empty.
    name_sv: Option<Option<String>>,
    valid_to: Option<Option<Date>>,
    tooth_rule: Option<ToothRule>,
    min_surfaces: Option<u8>,
    max_surfaces: Option<u8>,
    repeatable: Option<bool>,
    extraction: Option<bool>,
}

impl Wanted {
    fn of(table: &Table, row: Row<'_>) -> Wanted {
        let wanted = Wanted {
            code: row.required(CODE, plain),
            valid_from: row.required(VALID_FROM, day),
            name_fi: row.required(NAME_FI, plain),
            name_sv: table.has(NAME_SV).then(|| row.parsed(NAME_SV, plain)),
            valid_to: table.has(VALID_TO).then(|| row.parsed(VALID_TO, day)),
            tooth_rule: row.parsed(TOOTH_RULE, named),
            min_surfaces: row.parsed(MIN_SURFACES, surfaces),
            max_surfaces: row.parsed(MAX_SURFACES, surfaces),
            repeatable: row.parsed(REPEATABLE, yes_or_no),
            extraction: row.parsed(EXTRACTION, yes_or_no),
        };
        if let (Some(from), Some(Some(to))) = (wanted.valid_from, wanted.valid_to)
            && to < from
        {
            row.wrong(VALID_TO, "ends before it begins".to_owned());
        }
        wanted
    }

    fn write(&self, item: &mut CodeItem) {
        let Wanted {
            name_fi,
            name_sv,
            valid_to,
            tooth_rule,
            ..
        } = self;
        item.name_fi = name_fi.clone().unwrap_or_default();
        item.name_sv = name_sv.clone().unwrap_or_else(|| item.name_sv.clone());
        item.valid_to = valid_to.unwrap_or(item.valid_to);
        item.tooth_rule = tooth_rule.unwrap_or(item.tooth_rule);
        item.min_surfaces = self.min_surfaces.unwrap_or(item.min_surfaces);
        item.max_surfaces = self.max_surfaces.unwrap_or(item.max_surfaces);
        item.repeatable = self.repeatable.unwrap_or(item.repeatable);
        item.extraction = self.extraction.unwrap_or(item.extraction);
    }
}

/// A tooth has five surfaces.
fn surfaces(text: &str) -> Result<u8, &'static str> {
    let number = text.parse().ok().filter(|number| *number <= 5);
    number.ok_or("write a number from 0 to 5")
}
