//! Reports over a running server: a month's figures with small groups left out, and own shares by event, both to the
//! cent what the events themselves say; what they leave in the access log; what they refuse, and that this leaves no file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;

use crate::kill::people::person_id;
use crate::settlement::{registry, settle};
use crate::support::message::Message;
use crate::support::operator::{Told, approve, import, operate};
use crate::support::server::{Server, Site};

const KOIVU: &str = "9000007-0";
const HELMI: &str = "9000008-9";

/// Home care has a class, and a second provider.
fn changed(text: &str) -> String {
    let class =
        "service_class = { oid = \"1.2.246.537.6.1701\", code = \"118\", version = \"2\" }\n";
    let unit = "unit = \"H\"\n";
    let approval = format!(
        "[[approval]]\norganiser = {{ municipality = \"853\" }}\nservice_code = \"kotiapu\"\nprovider = \"{HELMI}\"\n\
         valid_from = \"2025-01-01\"\nstate = \"APPROVED\"\n"
    );
    format!(
        "{}\n{approval}",
        text.replacen(unit, &format!("{unit}{class}"), 1)
    )
}

/// Customers with a grant of home care each, by municipality, and their events.
struct Scene {
    site: Site,
    server: Server,
    /// Every event there is, credits too.
    events: Vec<String>,
}

struct Customer {
    number: String,
    person: String,
}

fn customers(server: &Server, municipality: &str, places: std::ops::Range<usize>) -> Vec<Customer> {
    let of_place = |place: usize| {
        let person = person_id(place * 100);
        let message = Message::create()
            .set("psop:personId", &person)
            .set("psop:municipalityOfResidence", municipality);
        let answer = server.post(&message.0);
        assert_eq!(answer.outcome(), "OK", "{}", answer.body);
        Customer {
            number: answer.number(),
            person,
        }
    };
    places.map(of_place).collect()
}

fn create(reference: &str, customer: &Customer, provider: &str, line: (&str, &str)) -> String {
    let Customer { number, person } = customer;
    let (quantity, price) = line;
    format!(
        "{reference};CREATE;;;{number};{person};{provider};;2026-03-09;1;{quantity};{price};;;;;"
    )
}

/// Five customers of Turku and five of Helsinki at Koivu, three of Espoo at Helmi, one of Turku who used nothing. One
/// event is deleted, one credited whole, one in part.
fn scene() -> Scene {
    let site = Site::new("");
    site.apply(&registry(&site, changed));
    let server = site.start();
    let turku = customers(&server, "853", 1..6);
    let helsinki = customers(&server, "091", 6..11);
    let espoo = customers(&server, "049", 11..14);
    customers(&server, "853", 14..15);
    let mut rows = Vec::new();
    for (place, customer) in turku.iter().chain(&helsinki).enumerate() {
        rows.push(create(
            &format!("K{place}"),
            customer,
            KOIVU,
            ("2.5", "38.35"),
        ));
    }
    for (place, customer) in espoo.iter().enumerate() {
        rows.push(create(
            &format!("H{place}"),
            customer,
            HELMI,
            ("1", "41.00"),
        ));
    }
    rows.push(create("MORE", &turku[0], KOIVU, ("1.5", "35.33")));
    rows.push(create("GONE", &turku[1], KOIVU, ("3", "40.00")));
    let told = import(&site, "rows.csv", &rows);
    let mut events: Vec<String> = told.column(6).into_iter().map(str::to_owned).collect();
    let gone = events.pop().unwrap();
    let Customer { number, person } = &turku[1];
    let delete = format!("DEL;DELETE;{gone};1;{number};{person};{KOIVU};;2026-03-09;;;;;;;;");
    import(&site, "delete.csv", &[delete]).good();
    let ids: Vec<&str> = events.iter().map(String::as_str).collect();
    approve(&site, &ids);
    settle(&site, "853", "2026-03");
    let id = Regex::new("by event ([0-9a-f-]{36})").unwrap();
    let mut credits = Vec::new();
    for (event, line) in [(&events[13], None), (&events[2], Some("1=0.5"))] {
        let mut command = vec!["events", "credit", event, "--reason-code", "VIRHE"];
        command.extend(["--reason-text", "Väärin kirjattu"]);
        command.extend(line.iter().flat_map(|line| ["--line", line]));
        let told = operate(&site, &command).good();
        credits.push(id.captures(&told).unwrap()[1].to_owned());
    }
    events.extend(credits);
    Scene {
        site,
        server,
        events,
    }
}

fn shown(site: &Site, event: &str) -> Value {
    serde_json::from_str(&operate(site, &["events", "show", event]).good()).unwrap()
}

fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

fn report(site: &Site, kind: &str, name: &str, more: &[&str]) -> (Told, PathBuf) {
    let path = site.folder().join(name);
    let command = [
        "report",
        kind,
        "--month",
        "2026-03",
        "--out",
        path.to_str().unwrap(),
    ];
    (operate(site, &[command.as_slice(), more].concat()), path)
}

/// The cells of a file, without its header.
fn rows(path: &PathBuf) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.split_terminator("\r\n").skip(1);
    lines
        .map(|line| line.split(';').map(str::to_owned).collect())
        .collect()
}

/// Voucher and customer shares of the events that count, by the events themselves.
fn own_sums(scene: &Scene) -> (i64, i64) {
    let mut sums = (0, 0);
    for event in &scene.events {
        let event = shown(&scene.site, event);
        assert_ne!(event["state"], "POISTETTU");
        sums.0 += cents(event["voucherShare"].as_str().unwrap());
        sums.1 += cents(event["customerShare"].as_str().unwrap());
    }
    sums
}

/// The rows that a command left in the access log.
fn logged(site: &Site, service: &str) -> Vec<Value> {
    let log = ["audit", "export", "--organiser", "853", "--format", "jsonl"];
    let log = operate(site, &log).good();
    let rows = log.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.filter(|row: &Value| row["service"] == service)
        .collect()
}

fn line(
    municipality: &str,
    provider: &str,
    figures: [&str; 6],
    is_suppressed: bool,
) -> Vec<String> {
    let record = if municipality.is_empty() {
        "TOTAL"
    } else {
        "GROUP"
    };
    let class = ["1.2.246.537.6.1701", "2", "118"];
    let [grants, used, customers, quantity, voucher, customer] = figures;
    let head = [record, "2026-03", "853", municipality];
    let count = [provider, grants, used, customers, "H"];
    let told = if is_suppressed { "true" } else { "false" };
    let tail = [quantity, voucher, customer, told];
    let cells = [head.as_slice(), &class, &count, &tail].concat();
    cells.into_iter().map(str::to_owned).collect()
}

const UNTOLD: [&str; 6] = ["", "", "", "", "", ""];

#[test]
fn a_months_figures_are_the_events_own_and_small_groups_are_covered() {
    let scene = scene();
    let site = &scene.site;
    let (told, path) = report(site, "monthly", "figures.csv", &[]);
    let told = told.good();
    assert!(told.contains("2 rows, and 3 without figures"), "{told}");
    let found = rows(&path);
    let turku = ["5", "5", "5", "12.000", "384.00", "76.22"];
    let whole = ["14", "13", "14", "27.500", "880.00", "182.62"];
    assert_eq!(
        found,
        [
            line("049", HELMI, UNTOLD, true),
            line("091", KOIVU, UNTOLD, true),
            line("853", "", UNTOLD, true),
            line("853", KOIVU, turku, false),
            line("", "", whole, false),
        ]
    );
    let (voucher, customer) = own_sums(&scene);
    let total = found.last().unwrap();
    assert_eq!((cents(&total[13]), cents(&total[14])), (voucher, customer));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("OV-") && !text.contains('\u{feff}'));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // One organiser's lines are the same alone, the same bytes come again, and without a server too.
    let (_, alone) = report(site, "monthly", "turku.csv", &["--organiser", "853"]);
    assert_eq!(rows(&alone), found);
    let (again, _) = report(site, "monthly", "figures.csv", &[]);
    assert!(again.good().contains("unchanged"));
    let of_log = logged(site, "report-monthly");
    assert_eq!(of_log.len(), 3);
    assert!(of_log.iter().all(|row| row["persons_touched"] == 0));
    let Scene { site, server, .. } = scene;
    assert_eq!(server.stop(), Some(0));
    let (again, _) = report(&site, "monthly", "figures.csv", &[]);
    assert!(again.good().contains("unchanged"));
    operate(&site, &["audit", "verify"]).good();
}

#[test]
fn own_shares_are_the_events_own_and_the_log_says_whose() {
    let scene = scene();
    let site = &scene.site;
    let organiser = ["--organiser", "853"];
    let (told, path) = report(site, "own-shares", "own.csv", &organiser);
    let told = told.good();
    let found = rows(&path);
    let (_, customer) = own_sums(&scene);
    let sum: i64 = found.iter().map(|row| cents(&row[7])).sum();
    assert_eq!(sum, customer);
    assert!(told.contains("16 rows, 182.62 EUR"), "{told}");
    assert_eq!(found.len(), scene.events.len());
    let credits: Vec<&Vec<String>> = found.iter().filter(|row| row[0] == "CREDIT").collect();
    assert_eq!(credits.len(), 2);
    assert!(credits.iter().all(|row| row[7].starts_with('-')));
    assert!(credits.iter().any(|row| row[2] == scene.events[2]));
    for row in &found {
        let event = shown(site, &row[1]);
        assert_eq!(event["purchasingPowerNumber"], row[6].as_str());
        assert_eq!(event["customerShare"], row[7].as_str());
        assert_eq!(row[8], "0.00");
    }
    let text = std::fs::read_to_string(&path).unwrap();
    for private in ["Öhman", "Maija", &person_id(100)] {
        assert!(!text.contains(private), "{private}");
    }
    let of_log = logged(site, "report-own-shares");
    assert_eq!(of_log.len(), 1);
    assert_eq!(of_log[0]["persons_touched"], 13);
    assert_eq!(of_log[0]["events"].as_array().unwrap().len(), 16);
    assert_eq!(of_log[0]["purpose"], "PALVELUN_JARJESTAMINEN");
    assert!(of_log[0]["user_id"].is_string());
}

#[test]
fn a_lab_cost_is_told_and_is_no_own_share() {
    let site = Site::new("");
    let server = site.start();
    let dental = Message::fixture("04-create-dental").fresh();
    let number = server.post(&dental.0).number();
    let event = Message::fixture("05-event")
        .fresh()
        .set("psop:purchasingPowerNumber", &number)
        .before("psop:totals", "<psop:labCost>55.00</psop:labCost>");
    let answer = server.post(&event.0);
    assert_eq!(answer.outcome(), "OK", "{}", answer.body);
    let (told, path) = report(&site, "own-shares", "own.csv", &["--organiser", "853"]);
    assert!(told.good().contains("1 rows, 42.00 EUR"));
    assert_eq!(rows(&path)[0][7..], ["42.00", "55.00"]);
}

#[test]
fn what_is_refused_leaves_no_file_and_what_is_there_is_not_overwritten() {
    let site = Site::new("");
    let (told, path) = report(&site, "monthly", "none.csv", &["--organiser", "091"]);
    assert!(told.refused().contains("no organiser 091"));
    assert!(!path.exists());
    std::fs::write(site.folder().join("own.csv"), "mine").unwrap();
    let (told, path) = report(&site, "own-shares", "own.csv", &["--organiser", "853"]);
    assert!(told.refused().contains("is not overwritten"));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
    let entries = std::fs::read_dir(site.folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.ends_with(".tmp")).collect();
    assert_eq!(left, Vec::<String>::new());
    let log = ["audit", "export", "--organiser", "853", "--format", "jsonl"];
    let log = operate(&site, &log).good();
    assert!(log.contains("report-own-shares"), "{log}");
}
