//! Imports are changes of the registry: codes in the shape of the national code server's files, approvals as a contract
//! register gives them; all that is wrong at once, and nothing of a file that has a bad row.

use serde_json::Value;

use crate::support::operator::{Told, operate};
use crate::support::root;
use crate::support::server::Site;

const OID: &str = "1.2.246.537.6.33";

fn codes(site: &Site, text: &str, more: &[&str]) -> Told {
    let path = site.folder().join("codes.csv");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let command = [
        "registry",
        "import-codes",
        path,
        "--oid",
        OID,
        "--version",
        "1",
    ];
    operate(site, &[&command, more].concat())
}

fn approvals(site: &Site, text: &str, more: &[&str]) -> Told {
    let path = site.folder().join("approvals.csv");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let command = ["registry", "import-approvals", path, "--organiser", "853"];
    operate(site, &[&command, more].concat())
}

fn shown(site: &Site) -> Value {
    let text = operate(site, &["registry", "show", "--json"]).good();
    serde_json::from_str(&text).unwrap()
}

fn items(site: &Site) -> Vec<Value> {
    let shown = shown(site);
    let sets = shown["code_set"].as_array().unwrap().iter();
    let set = sets.clone().find(|set| set["oid"] == OID).unwrap();
    set["items"].as_array().unwrap().clone()
}

#[test]
fn codes_keep_what_a_file_does_not_say_and_take_what_it_says() {
    let site = Site::new("");
    let server = site.start();
    let first = "\u{feff}CODEID;LongName;BEGINNINGDATE;toothRule;maxSurfaces;ParentId\r\n\
                 SFA10;\"Paikka; yksi pinta\";1.1.2026;ONE;1;SF\r\nWX1;Puudutus;2026-01-01;;;W\r\n";
    let plan = codes(&site, first, &["--dry-run"]);
    assert_eq!(plan.code, 3, "{plan:?}");
    let told = codes(&site, first, &[]).good();
    assert!(
        told.contains(&format!("+ added   code {OID}/1/SFA10 from 2026-01-01")),
        "{told}"
    );
    let kept = items(&site);
    let of_code = |code: &str| kept.iter().find(|item| item["code"] == code).unwrap();
    let (filling, other) = (of_code("SFA10"), of_code("WX1"));
    assert_eq!(filling["name_fi"], "Paikka; yksi pinta");
    assert_eq!(
        (&filling["tooth_rule"], &filling["max_surfaces"]),
        (&"ONE".into(), &1.into())
    );
    assert_eq!(
        (&other["tooth_rule"], &other["repeatable"]),
        (&"NONE".into(), &false.into())
    );

    // Commas, and no column of ours: the rules stay, and a new version of the code has them too.
    let second = "codeid,longname,longname_sv,beginningdate,expiringdate\n\
                  SFA10,Paikka,Fyllning,2026-01-01,31.12.2026\nSFA10,Paikka,Fyllning,2027-01-01,\n";
    let told = codes(&site, second, &[]).good();
    assert!(
        told.contains("1 added, 0 changed, 1 ended, 0 removed"),
        "{told}"
    );
    let kept = items(&site);
    let of_code: Vec<&Value> = kept.iter().filter(|item| item["code"] == "SFA10").collect();
    assert_eq!(of_code.len(), 2);
    for item in of_code {
        assert_eq!(
            (&item["tooth_rule"], &item["name_sv"]),
            (&"ONE".into(), &"Fyllning".into())
        );
    }
    assert!(
        codes(&site, second, &[])
            .good()
            .starts_with("nothing to do")
    );

    // A complete file ends what it does not name, and drops what has not begun.
    let third = "CodeId;LongName;BeginningDate\nSFA10;Paikka;2026-01-01\n";
    let told = codes(&site, third, &["--complete"]).good();
    assert!(
        told.contains("0 added, 0 changed, 1 ended, 1 removed"),
        "{told}"
    );
    assert!(told.contains("valid_to: none → 2026-03-15"), "{told}");
    let history = operate(&site, &["registry", "history"]).good();
    assert!(history.contains("codes.csv"), "{history}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn every_bad_cell_is_told_with_its_line_and_column_and_nothing_is_kept() {
    let site = Site::new("");
    let text = "CodeId;LongName;BeginningDate;ExpiringDate;toothRule;maxSurfaces;repeatable\n\
                A1;Yksi;2026-01-01;2025-01-01;ONE;1;true\n\
                ;Kaksi;2026-01-01;;;;\n\
                A3;;32.1.2026;;SOME;6;maybe\n\
                A4;Neljä;2026-01-01\n\
                A1;Yksi;1.1.2026;;;;\n";
    let told = codes(&site, text, &[]).refused();
    for wrong in [
        "line 2, column ExpiringDate: ends before it begins",
        "line 3, column CodeId: must not be empty",
        "line 4, column LongName: must not be empty",
        "line 4, column BeginningDate: write a day",
        "line 4, column toothRule: unknown variant",
        "line 4, column maxSurfaces: write a number from 0 to 5",
        "line 4, column repeatable: write true or false",
        "line 5: the row has 3 columns, and the head line 7",
        "line 6, column CodeId: this code from this day stands in line 2 already",
    ] {
        assert!(told.contains(wrong), "{wrong}: {told}");
    }
    let many: String = (0..70).map(|row| format!("B{row};X;never\n")).collect();
    let told = codes(
        &site,
        &format!("CodeId;LongName;BeginningDate\n{many}"),
        &[],
    )
    .refused();
    assert!(
        told.contains("and 20 more") && told.lines().count() < 60,
        "{told}"
    );
    let told = codes(&site, "CodeId;BeginningDate\nA;2026-01-01\n", &[]).refused();
    assert!(
        told.contains("the head line has no column LongName"),
        "{told}"
    );
    assert!(
        codes(&site, "", &[])
            .refused()
            .contains("the file is empty")
    );
    let path = site.folder().join("latin.csv");
    std::fs::write(&path, b"CodeId;LongName\nA;T\xe4yte\n").unwrap();
    let path = path.to_str().unwrap();
    let told = operate(
        &site,
        &[
            "registry",
            "import-codes",
            path,
            "--oid",
            OID,
            "--version",
            "1",
        ],
    );
    assert!(told.refused().contains("iconv -f ISO-8859-1"));
    assert_eq!(shown(&site)["version"], 1);
}

#[test]
fn a_file_at_the_limit_of_rows_is_taken_and_one_row_more_is_refused() {
    let site = Site::new("");
    let rows = |count: usize| {
        let rows: String = (0..count)
            .map(|row| format!("C{row};X;2026-01-01\n"))
            .collect();
        format!("CodeId;LongName;BeginningDate\n{rows}")
    };
    let plan = codes(&site, &rows(50_000), &["--dry-run"]);
    assert_eq!(plan.code, 3, "{}", plan.err);
    assert!(plan.out.contains("more rows (--json has them all)"));
    let told = codes(&site, &rows(50_001), &["--dry-run"]).refused();
    assert!(told.contains("more than 50000 rows"), "{told}");
    let long = format!("CodeId;LongName;BeginningDate\n{}", " ".repeat(8 << 20));
    assert!(
        codes(&site, &long, &[])
            .refused()
            .contains("larger than 8388608 bytes")
    );
}

#[test]
fn approvals_bring_providers_that_are_not_there_and_touch_no_other_account() {
    let site = Site::new("");
    let demo = root().join("fixtures/demo/approvals.csv");
    let text = std::fs::read_to_string(demo).unwrap();
    let told = approvals(&site, &text, &[]).good();
    assert!(
        told.contains("3 added, 0 changed, 0 ended, 0 removed"),
        "{told}"
    );
    let registry = shown(&site);
    let providers = registry["provider"].as_array().unwrap();
    let new = providers
        .iter()
        .find(|row| row["business_id"] == "9000001-1")
        .unwrap();
    assert_eq!(new["iban"], "FI9150001503000009");
    let rows = registry["approval"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["provider"] == "9000001-1")
        .unwrap();
    assert_eq!(
        (&row["agreed_max_price"], &row["state"]),
        (&"98.50".into(), &"APPROVED".into())
    );
    assert!(
        approvals(&site, &text, &[])
            .good()
            .starts_with("nothing to do")
    );

    let bad = "ytunnus;nimi;palvelu;alkaa;enimmäishinta;tila;iban\n\
               9000003-8;;suun-hoito;1.2.2027;1,234;OPEN;FI4550001505000007\n\
               1234567-1;;suun-hoito;1.2.2027;;;FI00\n\
               9000003-9;;no-service;1.2.2027;;;\n\
               9000003-8;;no-service;1.2.2027;;;\n";
    let told = approvals(&site, bad, &[]).refused();
    for wrong in [
        "line 2, column agreedMaxPrice: write euros",
        "line 2, column state: unknown variant",
        "line 2, column iban: the provider has another account",
        "line 3, column providerName: is needed",
        "line 3, column iban: write an IBAN",
        "line 4, column providerBusinessId: ",
        "line 5, column serviceCode: the organiser has no such service",
    ] {
        assert!(told.contains(wrong), "{wrong}: {told}");
    }
    assert!(!told.contains("FI4550001505000007"), "{told}");
    let nobody = site.folder().join("approvals.csv");
    let nobody = nobody.to_str().unwrap();
    let told = operate(
        &site,
        &["registry", "import-approvals", nobody, "--organiser", "999"],
    );
    assert!(told.refused().contains("the registry has no organiser 999"));
    assert_eq!(shown(&site)["version"], 2);
}
