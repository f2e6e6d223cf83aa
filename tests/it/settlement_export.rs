//! A settlement exported over the real program: CSV, XML by its schema, digests, payments; the same bytes again; and
//! verified, with planted differences found.
//!
//! With PSOP_TEST_PAIN_SCHEMA=FILE payments are held to ISO 20022's schema too, and with PSOP_TEST_SOFFICE=PROGRAM
//! LibreOffice opens the CSV (`make exports-test`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use psop_adapter::domain::service_event::EventState;
use roxmltree::{Document, Node};

use crate::settlement::{approved_month, registry, settle, without_iban};
use crate::support::operator::{Told, operate};
use crate::support::planted::{Planted, Recorded};
use crate::support::root;
use crate::support::server::Site;
use crate::support::tamper::{LEDGER, SETTLEMENT_ROW, change_last};
use crate::support::xmllint;

const NUMBER: &str = "853-2026-03-1";
const FINNISH: &str = "Päiväkoti Köyhälä & Åke Oy";
const PAY: [&str; 4] = [
    "--debtor-iban",
    "FI2112345600000785",
    "--execution-date",
    "2026-04-08",
];

fn named(text: &str) -> String {
    text.replace("Kotihoiva Koivu Oy", FINNISH)
}

fn export(site: &Site, number: &str, folder: &Path, more: &[&str]) -> Told {
    let folder = folder.to_str().unwrap();
    let command = ["settlement", "export", number, "--out", folder];
    operate(site, &[command.as_slice(), more].concat())
}

fn confirm(site: &Site, number: &str) {
    operate(site, &["settlement", "confirm", number]).good();
}

/// The files of a folder with their contents.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| {
        let entry = entry.unwrap();
        let text = String::from_utf8(std::fs::read(entry.path()).unwrap()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    });
    files.collect()
}

fn payments(folder: &Path) -> PathBuf {
    let name = files(folder)
        .into_keys()
        .find(|name| name.starts_with("payments-") && name.ends_with(".xml"));
    folder.join(name.unwrap())
}

/// The text at the end of a path of element names.
fn text<'a>(node: Node<'a, '_>, path: &str) -> &'a str {
    let mut node = node;
    for name in path.split('/') {
        let mut children = node
            .children()
            .filter(|child| child.tag_name().name() == name);
        node = children
            .next()
            .unwrap_or_else(|| panic!("no {name} of {path}"));
    }
    node.text().unwrap()
}

fn all<'a, 'i>(document: &'a Document<'i>, name: &str) -> Vec<Node<'a, 'i>> {
    let nodes = document.descendants();
    nodes
        .filter(|node| node.tag_name().name() == name)
        .collect()
}

fn cents(text: &str) -> i64 {
    let (euros, cents) = text.split_once('.').unwrap();
    assert_eq!(cents.len(), 2, "{text}");
    format!("{euros}{cents}").parse().unwrap()
}

/// By long division of the rearranged text, letters as two digits.
fn is_iban(text: &str) -> bool {
    let turned = format!("{}{}", &text[4..], &text[..4]);
    let digits: String = turned
        .chars()
        .map(|c| c.to_digit(36).unwrap().to_string())
        .collect();
    let number: u128 = digits.parse().unwrap();
    number % 97 == 1
}

/// With its check digit weighing 1 from the right, the next ones 7, 3, 1: a whole ten.
fn is_reference(text: &str) -> bool {
    let digits = text.bytes().rev().map(|digit| u32::from(digit - b'0'));
    let weighted = digits.enumerate().map(|(place, digit)| match place {
        0 => digit,
        _ => digit * [7, 3, 1][(place - 1) % 3],
    });
    (4..=20).contains(&text.len()) && weighted.sum::<u32>().is_multiple_of(10)
}

/// What no schema says of a payment file; the payees and what they get.
fn judge_payments(path: &Path) -> Vec<(String, i64)> {
    if let Ok(schema) = std::env::var("PSOP_TEST_PAIN_SCHEMA") {
        let said = xmllint::complaints(Path::new(&schema), path);
        assert_eq!(said, None);
        // A schema that takes anything would prove nothing.
        let wrong = path.with_extension("wrong");
        let text = std::fs::read_to_string(path)
            .unwrap()
            .replace("SLEV", "SLOW");
        std::fs::write(&wrong, text).unwrap();
        assert!(xmllint::complaints(Path::new(&schema), &wrong).is_some());
        std::fs::remove_file(wrong).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    let document = Document::parse(&written).unwrap();
    let uri = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
    assert_eq!(document.root_element().tag_name().namespace(), Some(uri));
    let is_sepa = |c: char| c.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(c);
    for node in document.descendants().filter(|node| node.is_element()) {
        let own = node.text().unwrap_or_default().trim();
        assert!(own.chars().all(is_sepa), "{own}");
    }
    let info = all(&document, "PmtInf")[0];
    assert_eq!(all(&document, "PmtInf").len(), 1);
    let transfers = all(&document, "CdtTrfTxInf");
    let paid = transfers.iter().map(|transfer| {
        let amount = all(&document, "InstdAmt")
            .into_iter()
            .find(|amount| amount.ancestors().any(|above| above == *transfer));
        assert_eq!(amount.unwrap().attribute("Ccy"), Some("EUR"));
        assert!(is_iban(text(*transfer, "CdtrAcct/Id/IBAN")));
        let remittance = "RmtInf/Strd/CdtrRefInf";
        let kind = text(*transfer, &format!("{remittance}/Tp/CdOrPrtry/Cd"));
        assert_eq!(kind, "SCOR");
        assert!(is_reference(text(*transfer, &format!("{remittance}/Ref"))));
        assert!(text(*transfer, "PmtId/EndToEndId").len() <= 35);
        let name = text(*transfer, "Cdtr/Nm").to_owned();
        (name, cents(text(*transfer, "Amt/InstdAmt")))
    });
    let paid: Vec<(String, i64)> = paid.collect();
    let sum: i64 = paid.iter().map(|(_, cents)| cents).sum();
    for place in [all(&document, "GrpHdr")[0], info] {
        assert_eq!(text(place, "NbOfTxs"), paid.len().to_string());
        assert_eq!(cents(text(place, "CtrlSum")), sum);
    }
    assert_eq!(text(info, "ChrgBr"), "SLEV");
    assert_eq!(text(info, "PmtTpInf/SvcLvl/Cd"), "SEPA");
    assert_eq!(text(info, "ReqdExctnDt/Dt"), "2026-04-08");
    assert!(is_iban(text(info, "DbtrAcct/Id/IBAN")));
    paid
}

/// The sums of an XML file, proven against each other, and its rows.
fn judge_xml(path: &Path) -> (usize, i64) {
    let said = xmllint::complaints(&xmllint::schema("settlement-v1.xsd"), path);
    assert_eq!(said, None);
    let written = std::fs::read_to_string(path).unwrap();
    let document = Document::parse(&written).unwrap();
    let whole = document.root_element();
    let mut sums = (0, 0, 0);
    for provider in all(&document, "provider") {
        let is_row = |node: &Node| ["event", "credit"].contains(&node.tag_name().name());
        let rows: Vec<Node> = provider.children().filter(is_row).collect();
        let shares: i64 = rows
            .iter()
            .map(|row| cents(text(*row, "voucherShare")))
            .sum();
        assert_eq!(cents(text(provider, "totals/voucherShare")), shares);
        assert_eq!(text(provider, "totals/events"), rows.len().to_string());
        let payable = cents(text(provider, "totals/payable"));
        sums = (sums.0 + rows.len(), sums.1 + shares, sums.2 + payable);
    }
    assert_eq!(text(whole, "totals/events"), sums.0.to_string());
    assert_eq!(cents(text(whole, "totals/voucherShare")), sums.1);
    assert_eq!(cents(text(whole, "totals/payable")), sums.2);
    assert!(is_reference(text(whole, "reference")));
    (sums.0, sums.2)
}

fn judge_digests(folder: &Path) {
    let digests: Vec<String> = files(folder)
        .into_keys()
        .filter(|name| name.ends_with(".sha256"))
        .collect();
    let mut command = Command::new("sha256sum");
    command.args(["--check", "--strict"]).args(&digests);
    let output = command.current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// LibreOffice reads the file and writes what it has read.
fn judge_spreadsheet(csv: &Path) {
    let Ok(soffice) = std::env::var("PSOP_TEST_SOFFICE") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let profile = format!(
        "-env:UserInstallation=file://{}/profile",
        folder.path().display()
    );
    let mut command = Command::new(soffice);
    command.args(["--headless", &profile, "--infilter=CSV:59,34,76,1"]);
    command.args([
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):59,34,76",
        "--outdir",
    ]);
    let output = command.arg(folder.path()).arg(csv).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let read = std::fs::read_to_string(folder.path().join(csv.file_name().unwrap())).unwrap();
    assert!(read.contains(FINNISH), "{read}");
    assert!(read.contains("185326030019"), "{read}");
    let lines = std::fs::read_to_string(csv).unwrap().lines().count();
    assert_eq!(read.lines().count(), lines);
}

#[test]
fn a_settlement_is_exported_whole_and_the_same_again() {
    let (site, server, event) = approved_month();
    site.apply(&registry(&site, named));
    settle(&site, "853", "2026-03");
    let out = site.folder().join("out");
    let draft = export(&site, NUMBER, &out, &PAY).refused();
    assert!(
        draft.contains("is DRAFT")
            && draft.contains("`settlement confirm 853-2026-03-1` comes first"),
        "{draft}"
    );
    assert_eq!(files(&out), BTreeMap::new());
    confirm(&site, NUMBER);
    let told = export(&site, NUMBER, &out, &PAY).good();
    assert!(told.contains("2 transfers, 497.00 EUR"), "{told}");
    let first = files(&out);
    assert_eq!(first.len(), 5, "{:?}", first.keys());
    judge_digests(&out);
    judge_spreadsheet(&out.join(format!("settlement-{NUMBER}.csv")));
    assert_eq!(
        judge_xml(&out.join(format!("settlement-{NUMBER}.xml"))),
        (3, 49700)
    );
    let paid = judge_payments(&payments(&out));
    let home = "Paivakoti Koyhala + Ake Oy".to_owned();
    assert_eq!(
        paid,
        [("Hammashoito Hymy Oy".to_owned(), 22500), (home, 27200)]
    );

    let csv = &first[&format!("settlement-{NUMBER}.csv")];
    assert!(csv.starts_with("record;settlementNumber;") && csv.contains(FINNISH));
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 7, "{csv}");
    assert!(
        lines
            .iter()
            .all(|line| line.matches(';').count() == 19 && !line.contains('\n'))
    );
    assert!(csv.contains(&event));
    assert_eq!(
        lines[4],
        format!(
            "EVENT;{NUMBER};9000007-0;{FINNISH};{};;2026-03-09;kotiapu;327.25;272.00;55.25;;;;;;;;;",
            lines[4].split(';').nth(4).unwrap()
        )
    );
    assert_eq!(
        lines[5],
        format!(
            "PROVIDER;{NUMBER};9000007-0;{FINNISH};;;;;327.25;272.00;55.25;1;0;0.00;272.00;0.00;0.00;PAY;FI9150001503000009;185326030019"
        )
    );
    assert_eq!(
        lines[6],
        format!(
            "SETTLEMENT;{NUMBER};;;;;;;649.25;497.00;152.25;3;0;0.00;497.00;0.00;0.00;;;185326030019"
        )
    );
    for (name, text) in &first {
        for private in ["110987", "150318", "Aino", "Korhonen", "OV-"] {
            assert!(!text.contains(private), "{private} in {name}");
        }
    }

    let again = export(&site, NUMBER, &out, &PAY).good();
    assert_eq!(again.matches("unchanged").count(), 5, "{again}");
    assert_eq!(server.stop(), Some(0));
    let other = site.folder().join("other");
    export(&site, NUMBER, &other, &PAY).good();
    assert_eq!(files(&other), first);
    operate(&site, &["settlement", "paid", NUMBER]).good();
    let nothing = export(&site, NUMBER, &out, &PAY).refused();
    assert!(nothing.contains("has nothing left to pay"), "{nothing}");
    export(&site, NUMBER, &out, &[]).good();
    assert_eq!(files(&out), first);

    site.apply(&root().join("fixtures/demo/registry.toml"));
    let renamed = export(&site, NUMBER, &out, &[]).refused();
    assert!(
        renamed
            .contains("settlement-853-2026-03-1.csv would not be the file that was exported first"),
        "{renamed}"
    );
    assert_eq!(files(&out), first);
    let elsewhere = site.folder().join("elsewhere");
    export(&site, NUMBER, &elsewhere, &[]).refused();
    assert_eq!(files(&elsewhere), BTreeMap::new());
    site.apply(&registry(&site, named));
    export(&site, NUMBER, &elsewhere, &[]).good();
    assert!(
        files(&elsewhere)
            .iter()
            .all(|(name, text)| first[name] == *text)
    );
    operate(&site, &["audit", "verify"]).good();
}

/// The digests that `settlement show` tells, of the CSV and the XML.
fn kept_digests(site: &Site, number: &str) -> Option<[String; 2]> {
    let told = operate(site, &["settlement", "show", number]).good();
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("exported: SHA-256 of the CSV "))?;
    let (csv, xml) = line.split_once(", of the XML ").unwrap();
    Some([csv.to_owned(), xml.to_owned()])
}

#[test]
fn what_is_exported_first_is_kept_once_nothing_can_change() {
    let (site, _server, _) = approved_month();
    site.apply(&registry(&site, without_iban));
    settle(&site, "853", "2026-03");
    confirm(&site, NUMBER);
    let out = site.folder().join("out");
    export(&site, NUMBER, &out, &[]).good();
    // Its account is still to come, and another name may come with it.
    assert_eq!(kept_digests(&site, NUMBER), None);
    site.apply(&registry(&site, named));
    confirm(&site, NUMBER);
    assert_eq!(kept_digests(&site, NUMBER), None);
    let last = site.folder().join("last");
    export(&site, NUMBER, &last, &PAY).good();
    let told = files(&last)[&format!("settlement-{NUMBER}.sha256")].clone();
    let digests: Vec<&str> = told.lines().map(|line| &line[..64]).collect();
    assert_eq!(kept_digests(&site, NUMBER).unwrap(), digests[..]);
    // What pays it has one name, before and after the digests were kept: a bank knows it when it comes twice.
    let paying = payments(&last);
    let again = export(&site, NUMBER, &last, &PAY).good();
    assert_eq!(again.matches("unchanged").count(), 5, "{again}");
    assert_eq!(payments(&last), paying);
    assert!(paying.to_str().unwrap().ends_with("-v4.xml"), "{paying:?}");
    operate(&site, &["settlement", "paid", NUMBER]).good();
    export(&site, NUMBER, &last, &[]).good();
    assert_eq!(kept_digests(&site, NUMBER).unwrap(), digests[..]);
    operate(&site, &["settlement", "verify", NUMBER]).good();
    operate(&site, &["store", "check"]).good();
}

#[test]
fn what_is_held_back_and_what_is_carried_forward_is_told_and_not_paid() {
    let (site, _server, event) = approved_month();
    site.apply(&registry(&site, without_iban));
    settle(&site, "853", "2026-03");
    confirm(&site, NUMBER);
    let out = site.folder().join("out");
    let told = export(&site, NUMBER, &out, &PAY).good();
    assert!(
        told.contains("held back: provider 9000007-0 has no IBAN"),
        "{told}"
    );
    assert_eq!(
        judge_payments(&payments(&out)),
        [("Hammashoito Hymy Oy".to_owned(), 22500)]
    );
    judge_xml(&out.join(format!("settlement-{NUMBER}.xml")));
    let csv = &files(&out)[&format!("settlement-{NUMBER}.csv")];
    assert!(
        csv.contains(";1;0;0.00;272.00;272.00;0.00;HELD_BACK;;"),
        "{csv}"
    );
    assert!(csv.contains(";3;0;0.00;497.00;272.00;0.00;;;"), "{csv}");

    operate(&site, &["settlement", "paid", NUMBER]).good();
    site.apply(&root().join("fixtures/demo/registry.toml"));
    confirm(&site, NUMBER);
    let later = site.folder().join("later");
    export(&site, NUMBER, &later, &PAY).good();
    assert_eq!(
        judge_payments(&payments(&later)),
        [("Kotihoiva Koivu Oy".to_owned(), 27200)]
    );
    assert_ne!(payments(&later).file_name(), payments(&out).file_name());

    let credit = [
        "events",
        "credit",
        &event,
        "--reason-code",
        "VIRHE",
        "--reason-text",
        "Väärä",
    ];
    operate(&site, &credit).good();
    settle(&site, "853", "2026-03");
    let second = "853-2026-03-2";
    confirm(&site, second);
    let nothing = export(&site, second, &out, &PAY).refused();
    assert!(nothing.contains("has nothing left to pay"), "{nothing}");
    export(&site, second, &out, &[]).good();
    assert_eq!(
        judge_xml(&out.join(format!("settlement-{second}.xml"))),
        (1, 0)
    );
    let csv = &files(&out)[&format!("settlement-{second}.csv")];
    assert!(csv.contains(&format!(";{event};2026-03-")), "{csv}");
    assert!(csv.contains(";1;1;0.00;0.00;0.00;-130.00;NONE;"), "{csv}");
}

#[test]
fn an_export_of_many_rows_comes_in_pieces_and_is_whole() {
    let site = Site::new("");
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "110987-904Y");
    for _ in 0..501 {
        let state = EventState::Hyvaksytty;
        planted.event(
            grant.number,
            Recorded {
                state,
                ..Recorded::default()
            },
        );
    }
    planted.close();
    settle(&site, "853", "2026-03");
    confirm(&site, NUMBER);
    let out = site.folder().join("out");
    export(&site, NUMBER, &out, &PAY).good();
    assert_eq!(
        judge_xml(&out.join(format!("settlement-{NUMBER}.xml"))),
        (501, 50100)
    );
    let csv = &files(&out)[&format!("settlement-{NUMBER}.csv")];
    assert_eq!(csv.matches("\r\nEVENT;").count(), 501);
    judge_digests(&out);
}

#[test]
fn accounts_that_no_bank_has_are_refused() {
    let (site, _server, _) = approved_month();
    let wrong = registry(&site, |text| {
        text.replace("FI9150001503000009", "FI9150001503000008")
    });
    let wrong = operate(&site, &["registry", "apply", wrong.to_str().unwrap()]).refused();
    assert!(
        wrong.contains("provider 9000007-0: the check digits of the IBAN are wrong"),
        "{wrong}"
    );
    settle(&site, "853", "2026-03");
    confirm(&site, NUMBER);
    let out = site.folder().join("out");
    for (option, value, told) in [
        (
            1,
            "FI2112345600000786",
            "the debtor's account: the check digits",
        ),
        (
            1,
            "FI21 1234 5600 0007 85",
            "the debtor's account: write an IBAN without blanks",
        ),
        (5, "OKOYFI", "the debtor's BIC is"),
    ] {
        let mut more = PAY.to_vec();
        more.extend(["--debtor-bic", "OKOYFIHH"]);
        more[option] = value;
        let refused = export(&site, NUMBER, &out, &more).refused();
        assert!(refused.contains(told), "{refused}");
        assert_eq!(files(&out), BTreeMap::new());
    }
    let more = [PAY.as_slice(), &["--debtor-bic", "OKOYFIHH"]].concat();
    export(&site, NUMBER, &out, &more).good();
    assert_eq!(judge_payments(&payments(&out)).len(), 2);
}

#[test]
fn settlements_are_verified_and_differences_found() {
    let (site, server, _) = approved_month();
    settle(&site, "853", "2026-03");
    confirm(&site, NUMBER);
    let whole = "853-2026-03-1 CONFIRMED: rows, events and the ledger of 2 purchasing powers agree: 3 events, price \
                 649.25, voucher share 497.00, customer share 152.25\n";
    let verify = |what: &[&str]| operate(&site, &[&["settlement", "verify"], what].concat());
    let month = ["--organiser", "853", "--month", "2026-03"];
    for which in [[NUMBER].as_slice(), &month] {
        assert_eq!(verify(which).good(), format!("settlement {whole}"));
    }
    let none = verify(&["--organiser", "853", "--month", "2026-02"]).refused();
    assert!(none.contains("there is no settlement of that organiser and month"));
    assert_eq!(server.stop(), Some(0));

    let change =
        |table, bit: u8| change_last(&site, table, |payload| *payload.last_mut().unwrap() ^= bit);
    let found = |what: &[&str]| {
        let told = verify(&month);
        assert_eq!(told.code, 1, "{told:?}");
        for what in what {
            assert!(told.out.contains(what), "{what}: {}", told.out);
        }
    };
    change(SETTLEMENT_ROW, 1);
    let rows = "its rows are 3 events, price 649.25, voucher share 497.00, customer share 152.89, and it says 3 events";
    found(&[
        rows,
        "it is not what its event",
        "the rows of provider 9000007-0 do not add up",
    ]);
    let out = site.folder().join("out");
    let refused = export(&site, NUMBER, &out, &PAY).refused();
    assert!(
        refused.contains(
            "the rows of provider 9000007-0 do not add up to its sums: pay nothing on it"
        ),
        "{refused}"
    );
    assert_eq!(files(&out), BTreeMap::new());
    change(SETTLEMENT_ROW, 1);
    verify(&[NUMBER]).good();
    let planted = Planted::open(&site);
    let grant = planted.grant("853", "saldo-hoiva", "110987-904Y");
    let id = planted.event(grant.number, Recorded::default());
    planted.name_settlement(id, NUMBER);
    planted.close();
    found(&["the events that name it are 4 events, price 650.25, voucher share 498.00"]);
    let planted = Planted::open(&site);
    planted.name_settlement(id, "853-2026-03-9");
    planted.close();
    verify(&[NUMBER]).good();
    change(LEDGER, 2);
    found(&["the ledger has", "pay nothing on this purchasing power"]);
}
