//! The event import over the real program: with a server and without, every column, adjacency, replays, all or
//! nothing, and the scenarios' numbers for ordinary grants and balances.

use std::io::Write;
use std::process::Stdio;
use std::thread;

use crate::support::message::{Message, unique};
use crate::support::operator::{HEADER, Told, import, operate, row};
use crate::support::root;
use crate::support::server::{Server, Site, program};

const AINO: &str = "110987-904Y";
const KERTTU: &str = "010160-9109";
const CHILD: &str = "150318A902U";

fn granted(server: &Server, fixture: &str) -> String {
    server.post(&Message::fixture(fixture).fresh().0).number()
}

/// A site with a grant of home help, no server running.
fn home_help(fixture: &str) -> (Site, String) {
    let site = Site::new("");
    let server = site.start();
    let number = granted(&server, fixture);
    assert_eq!(server.stop(), Some(0));
    (site, number)
}

fn remaining(server: &Server, number: &str, fixture: &str) -> (String, String) {
    let body = Message::fixture(fixture).fresh();
    let in_fixture = body.0.split("<psop:purchasingPowerNumber>").nth(1).unwrap();
    let in_fixture = in_fixture.split('<').next().unwrap().to_owned();
    let answer = server.post(&body.replace(&in_fixture, number).0);
    (
        answer.text("state").unwrap(),
        answer.text("remaining").unwrap(),
    )
}

#[test]
fn the_example_file_is_recorded_once_with_a_server_and_without() {
    let (site, number) = home_help("01-create-ordinary");
    let example = std::fs::read_to_string(root().join("fixtures/events/home-care.csv")).unwrap();
    let path = site.folder().join("home-care.csv");
    let text = example.replace("OV-0000-0000-0000-0", &number);
    std::fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    let command = [
        "events",
        "import",
        path.to_str().unwrap(),
        "--source-system",
        "KOTIHOITO",
    ];
    let first = operate(&site, &command);
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(first.report(), ["2 OK", "3 OK", "4 OK", "5 OK"]);
    assert_eq!(first.column(9), ["false"; 4]);
    assert_eq!(first.column(7), ["KIRJATTU"; 4]);
    assert_eq!(first.column(12), ["80.00", "64.00", "32.00", "0.00"]);
    assert_eq!(first.column(13), ["16.25", "13.00", "6.50", "0.00"]);
    assert!(
        first
            .err
            .contains("4 rows: 3 events recorded, 0 recorded earlier, 0 refused")
    );
    let ids = first.column(6);
    assert_eq!(ids[1], ids[2]);
    let server = site.start();
    let again = operate(&site, &command);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(again.column(6), ids);
    assert_eq!(again.column(9), ["true"; 4]);
    assert!(again.err.contains("0 events recorded, 3 recorded earlier"));
    let (_, left) = remaining(&server, &number, "02-get-ostovoima");
    assert_eq!(left, "4.500", "5.5 of 10 hours are used, once");
    let shown = operate(&site, &["events", "show", ids[0]]).good();
    assert!(shown.contains("\"KH-2026-0001\"") && shown.contains("KIRJATTU"));
    assert!(!shown.contains(AINO), "nothing of the customer");
    assert!(!site.log().contains(&number) && !site.log().contains(AINO));
}

#[test]
fn every_column_is_checked_and_every_error_of_a_file_is_told() {
    let (site, number) = home_help("01-create-ordinary");
    let good = |reference: &str| row(reference, &number, AINO, "2026-03-12", ("1", "38.50"));
    let with = |column: usize, cell: &str| {
        let row = good(&unique("R"));
        let mut cells: Vec<&str> = row.split(';').collect();
        cells[column] = cell;
        cells.join(";")
    };
    let long = "x".repeat(81);
    let cases = [
        (with(0, &long), "XSD_INVALID sourceReference"),
        (with(0, ""), "XSD_INVALID sourceReference"),
        (with(1, "LISÄÄ"), "XSD_INVALID action"),
        (with(2, "x"), "FIELD_NOT_ALLOWED eventId"),
        (with(3, "1"), "FIELD_NOT_ALLOWED expectedVersion"),
        (with(3, "-1"), "XSD_INVALID expectedVersion"),
        (with(4, "1234"), "XSD_INVALID purchasingPowerNumber"),
        (
            with(4, "OV-1234-5678-9ABC-B"),
            "PP_NOT_FOUND purchasingPowerNumber",
        ),
        (with(5, "110987-9"), "XSD_INVALID personId"),
        (with(5, "110987-904X"), "HETU_INVALID personId"),
        (with(6, "9000007"), "XSD_INVALID providerBusinessId"),
        (
            with(6, "9000007-1"),
            "BUSINESS_ID_INVALID providerBusinessId",
        ),
        (with(7, "EI-OLE"), "PROVIDER_UNIT_UNKNOWN providerUnitCode"),
        (with(8, "16.3.2026"), "XSD_INVALID serviceDate"),
        (with(8, "2026-03-17"), "SERVICE_DATE_FUTURE serviceDate"),
        (with(9, "A"), "XSD_INVALID lineNo"),
        (with(10, "1,5"), "XSD_INVALID quantity"),
        (with(10, "10.001"), "QUOTA_EXCEEDED quantity"),
        (with(11, "42.01"), "PRICE_ABOVE_CAP unitPrice"),
        (with(11, ""), "XSD_INVALID unitPrice"),
        (with(12, "true"), "FIELD_NOT_ALLOWED line"),
        (with(13, "38.50"), "XSD_INVALID voucherShare"),
        (with(16, "Soita 070785-9015"), "TEXT_HAS_PERSON_ID comment"),
    ];
    let rows: Vec<String> = cases.iter().map(|(row, _)| row.clone()).collect();
    let told = import(&site, "columns.csv", &rows);
    assert_eq!(told.code, 1, "{told:?}");
    for (line, (row, expected)) in (2..).zip(&cases) {
        let expected = format!("{line} {expected}");
        assert!(
            told.report().contains(&expected),
            "{row}: {expected}: {told:?}"
        );
    }
    assert!(told.err.contains("0 events recorded"), "{told:?}");
    for cell in [AINO, "070785-9015", "110987-904X", number.as_str(), "Soita"] {
        assert!(
            !told.out.contains(cell) && !told.err.contains(cell),
            "{cell}"
        );
    }
    let fi = told.column(4);
    assert!(fi.iter().any(|text| text.contains("Sarakkeen arvo")));
}

#[test]
fn an_event_is_recorded_whole_or_not_at_all_and_stops_no_other() {
    let (site, number) = home_help("01-create-ordinary");
    let event = |reference: &str, second: &str| {
        let first = row(reference, &number, AINO, "2026-03-12", ("1", "38.50"));
        [first, format!("{reference};;;;;;;;;{second};;;;;")]
    };
    let rows = [
        event("A", "2;1;42.01"),
        event("B", "2;1;38.50"),
        event("A", "2;1;38.50"),
        event("C", "1;1;38.50"),
    ]
    .concat();
    let told = import(&site, "whole.csv", &rows);
    assert_eq!(told.code, 1);
    assert_eq!(
        told.report(),
        [
            "2 NOT_RECORDED",
            "3 PRICE_ABOVE_CAP unitPrice",
            "4 OK",
            "5 OK",
            "6 XSD_INVALID sourceReference",
            "7 XSD_INVALID sourceReference",
            "8 NOT_RECORDED",
            "9 FIELD_NOT_ALLOWED lineNo",
        ]
    );
    let changed = event("B", "2;0.5;38.50");
    let conflict = import(&site, "changed.csv", &changed);
    assert_eq!(
        conflict.report()[0],
        "2 SOURCE_REFERENCE_CONFLICT sourceReference"
    );
    let server = site.start();
    let (_, left) = remaining(&server, &number, "02-get-ostovoima");
    assert_eq!(left, "8.000", "B alone");
}

#[test]
fn events_are_replaced_and_deleted_by_rows() {
    let (site, number) = home_help("01-create-ordinary");
    let made = import(
        &site,
        "made.csv",
        &[row("A", &number, AINO, "2026-03-12", ("1", "38.50"))],
    );
    let id = made.column(6)[0].to_owned();
    let change = |reference: &str, action: &str, version: u32, line: &str| {
        format!(
            "{reference};{action};{id};{version};{number};{AINO};9000007-0;;2026-03-13;{line};;;;;"
        )
    };
    let told = import(
        &site,
        "changes.csv",
        &[
            change("B", "UPDATE", 1, "1;2;38.50"),
            change("C", "UPDATE", 1, "1;3;38.50"),
            change("D", "DELETE", 2, ";;"),
            change("E", "DELETE", 3, ";;"),
        ],
    );
    assert_eq!(
        told.report(),
        [
            "2 OK",
            "3 EVENT_VERSION_CONFLICT expectedVersion",
            "4 OK",
            "5 EVENT_LOCKED eventId"
        ]
    );
    assert_eq!(told.column(8), ["2", "", "3", ""]);
    assert_eq!(told.column(7), ["KIRJATTU", "", "POISTETTU", ""]);
}

#[test]
fn a_balance_goes_down_to_the_cent() {
    let site = Site::new("");
    let server = site.start();
    let number = granted(&server, "03-create-saldo");
    let of = |reference: &str, price: &str| {
        let row = row(reference, &number, KERTTU, "2026-03-12", ("1", price));
        import(&site, &format!("{reference}.csv"), &[row]).report()
    };
    assert_eq!(of("A", "450.00"), ["2 OK"]);
    assert_eq!(of("B", "380.50"), ["2 OK"]);
    let left = |state: &str, left: &str| (state.to_owned(), left.to_owned());
    let now = || remaining(&server, &number, "03-get-saldo");
    assert_eq!(now(), left("VOIMASSA", "369.50"));
    assert_eq!(of("C", "369.51"), ["2 BALANCE_EXCEEDED line[1]"]);
    assert_eq!(of("C", "369.50"), ["2 OK"]);
    assert_eq!(now(), left("KAYTETTY", "0.00"));
}

#[test]
fn a_month_has_its_quota_and_its_cap() {
    let site = Site::new("");
    let server = site.start();
    let number = granted(&server, "16-create-daycare");
    let of = |reference: &str, date: &str, price: &str| {
        let row = row(reference, &number, CHILD, date, ("1", price));
        let row = row.replace("9000007-0", "9000004-6");
        import(&site, &format!("{reference}.csv"), &[row])
    };
    let dear = of("A", "2026-03-02", "920.01");
    assert_eq!(dear.report(), ["2 PRICE_ABOVE_CAP unitPrice"]);
    let march = of("A", "2026-03-02", "920.00");
    assert_eq!(march.report(), ["2 OK"]);
    assert_eq!(
        (march.column(12)[0], march.column(13)[0]),
        ("687.00", "233.00")
    );
    let second = of("B", "2026-03-03", "920.00");
    assert_eq!(second.report(), ["2 QUOTA_EXCEEDED quantity"]);
    let april = of("C", "2026-04-01", "920.00");
    assert_eq!(april.report(), ["2 SERVICE_DATE_FUTURE serviceDate"]);
}

#[test]
fn dates_and_rounding_are_those_of_the_scenarios() {
    let site = Site::new("");
    let server = site.start();
    let ended = Message::create()
        .replace("2026-08-31", "2026-02-28")
        .replace("2026-03-01", "2026-01-01")
        .replace(">32.00<", ">10.33<");
    let number = server.post(&ended.0).number();
    let of = |reference: &str, date: &str, totals: &str| {
        let row = row(reference, &number, AINO, date, ("1.5", "12.66"));
        let row = row.replace(";12.66;;;;;", &format!(";12.66;;{totals};"));
        import(&site, &format!("{reference}.csv"), &[row])
    };
    for (reference, date, told) in [
        (
            "A",
            "2026-03-01",
            "2 PP_EXPIRED_ON_SERVICE_DATE serviceDate",
        ),
        ("B", "2026-01-10", "2 SERVICE_DATE_TOO_OLD serviceDate"),
        ("C", "2026-03-17", "2 SERVICE_DATE_FUTURE serviceDate"),
        ("D", "2026-02-27", "2 OK"),
    ] {
        assert_eq!(of(reference, date, ";;").report(), [told], "{date}");
    }
    let wrong = of("E", "2026-02-26", "18.99;15.49;3.50");
    assert!(
        wrong.report()[0].starts_with("2 TOTALS_MISMATCH"),
        "{wrong:?}"
    );
    let right = of("E", "2026-02-26", "18.99;15.50;3.49");
    assert_eq!(right.report(), ["2 OK"]);
    let column = |place| right.column(place)[0].to_owned();
    assert_eq!(
        [column(11), column(12), column(13)],
        ["18.99", "15.50", "3.49"]
    );
}

#[test]
fn of_twenty_imports_at_once_fifteen_find_something_left() {
    let site = Site::new("");
    let server = site.start();
    let small = Message::fixture("03-create-saldo")
        .fresh()
        .replace("1200.00", "150.00");
    let number = server.post(&small.0).number();
    let importing: Vec<_> = (0..20)
        .map(|index| {
            let reference = format!("R-{index}");
            let path = site.folder().join(format!("{index}.csv"));
            let row = row(&reference, &number, KERTTU, "2026-03-12", ("1", "10.00"));
            std::fs::write(&path, format!("{HEADER}\n{row}\n")).unwrap();
            let mut command = program();
            command.args(["events", "import"]).arg(path);
            command.args(["--source-system", "TUONTI", "--config"]);
            command.arg(site.config());
            thread::spawn(move || Told::of(&command.output().unwrap()))
        })
        .collect();
    let told: Vec<Told> = importing
        .into_iter()
        .map(|importing| importing.join().unwrap())
        .collect();
    let count = |report: &str| {
        let reported = told.iter().filter(|told| told.report() == [report]);
        reported.count()
    };
    let counts = (count("2 OK"), count("2 BALANCE_EXCEEDED line[1]"));
    assert_eq!(counts, (15, 5), "{told:?}");
    assert_eq!(remaining(&server, &number, "03-get-saldo").1, "0.00");
    assert_eq!(server.stop(), Some(0));
    operate(&site, &["store", "check"]).good();
}

#[test]
fn a_long_file_comes_by_standard_input_in_pieces_and_in_order() {
    let site = Site::new("");
    let server = site.start();
    let number = granted(&server, "03-create-saldo");
    let rows: Vec<String> = (0..1210)
        .map(|index| {
            let reference = format!("R-{index:04}");
            row(&reference, &number, KERTTU, "2026-03-12", ("1", "1.00"))
        })
        .collect();
    let mut command = program();
    command.args(["events", "import", "-", "--source-system", "TUONTI"]);
    command.arg("--config").arg(site.config());
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let writing = thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let told = Told::of(&child.wait_with_output().unwrap());
    writing.join().unwrap();
    assert_eq!(told.code, 1);
    let report = told.report();
    assert_eq!(report.len(), 1210);
    assert_eq!(
        report[1199], "1201 OK",
        "the first 1200 in the file's order"
    );
    assert_eq!(report[1200], "1202 BALANCE_EXCEEDED line[1]");
    assert!(
        told.err
            .contains("1210 rows: 1200 events recorded, 0 recorded earlier, 10 refused")
    );
    let pieces = site.log().matches("an operator command ended").count();
    assert_eq!(pieces, 3, "no more than 500 events a piece");
    drop(server);
}

#[test]
fn a_file_that_is_none_is_refused_before_anything_is_done() {
    let site = Site::new("");
    let path = site.folder().join("wrong.csv");
    std::fs::write(&path, "a;b\n1;2\n").unwrap();
    let path = path.to_str().unwrap();
    let command = ["events", "import", path, "--source-system", "TUONTI"];
    let told = operate(&site, &command).refused();
    assert!(told.contains("the header row must be exactly: sourceReference;action"));
    assert!(told.contains("nothing was done"));
    let long = "x".repeat(61);
    let row = row(
        "A",
        "OV-1234-5678-9ABC-B",
        AINO,
        "2026-03-12",
        ("1", "1.00"),
    );
    std::fs::write(path, format!("{HEADER}\n{row}\n")).unwrap();
    let told = operate(&site, &["events", "import", path, "--source-system", &long]).refused();
    assert!(told.contains("at most 60 characters"), "{told}");
}
