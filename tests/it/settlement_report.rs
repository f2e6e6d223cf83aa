//! A settlement as a page to print, over the real program: its sums are those that `settlement show` tells, in three
//! languages, escaped, with nothing from elsewhere and nobody named.
//!
//! With PSOP_TEST_CHROMIUM=PROGRAM a browser makes a PDF of it, whose text is read (`make exports-test`).

use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::settlement::{approved_month, registry, settle, without_iban};
use crate::support::operator::{Told, operate};
use crate::support::server::Site;

const NUMBER: &str = "853-2026-03-1";
const NAME: &str = "Päiväkoti Köyhälä & <b>Åke</b> Oy";

fn report(site: &Site, number: &str, language: &str) -> (Told, PathBuf) {
    let path = site.folder().join(format!("{number}-{language}.html"));
    let out = path.to_str().unwrap();
    let command = [
        "settlement",
        "report",
        number,
        "--out",
        out,
        "--language",
        language,
    ];
    (operate(site, &command), path)
}

/// An amount of the page as cents.
fn cents(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let sign = if text.contains('\u{2212}') { -1 } else { 1 };
    sign * digits.parse::<i64>().unwrap()
}

fn shown_cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

/// The amounts under a word, in the order of the page: first the whole's, then each provider's.
fn amounts(page: &str, word: &str) -> Vec<i64> {
    let pattern = format!("<dt>{word}</dt><dd>([^<]+)</dd>");
    let pattern = Regex::new(&pattern).unwrap();
    let found = pattern.captures_iter(page);
    found.map(|found| cents(&found[1])).collect()
}

/// The sums that `settlement show` tells: of the whole, then of each provider.
fn told_by_show(site: &Site, number: &str, what: &str) -> Vec<i64> {
    let told = operate(site, &["settlement", "show", number]).good();
    let pattern = Regex::new(&format!("{what} (-?[0-9]+\\.[0-9]{{2}})")).unwrap();
    let found = pattern.captures_iter(&told);
    found.map(|found| shown_cents(&found[1])).collect()
}

fn judge_page(page: &str, language: &str) {
    assert!(page.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{language}\">")));
    assert_eq!(page.matches("<h1>").count(), 1);
    assert!(page.contains("size: A4"));
    assert!(page.trim_end().ends_with("</html>"));
    for elsewhere in ["<script", "src=", "href=", "url(", "@import", "http"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert!(page.contains("<th scope=\"col\">"));
    for private in ["110987", "150318", "Aino", "Korhonen", "OV-"] {
        assert!(!page.contains(private), "{private}");
    }
}

/// The amounts of a page's rows, by column.
fn row_sums(page: &str) -> [i64; 3] {
    let rows = page.split("<tr><td>").skip(1);
    let amount = Regex::new("<td class=\"amount\">([^<]+)</td>").unwrap();
    let mut sums = [0; 3];
    for row in rows {
        let row = row.split("</tr>").next().unwrap();
        let found = amount.captures_iter(row);
        for (sum, found) in sums.iter_mut().zip(found) {
            *sum += cents(&found[1]);
        }
    }
    sums
}

/// A browser prints the page, and what it printed is read.
fn judge_pdf(html: &Path) {
    let Ok(chromium) = std::env::var("PSOP_TEST_CHROMIUM") else {
        return;
    };
    let pdf = html.with_extension("pdf");
    let mut command = Command::new(chromium);
    command.args(["--headless", "--no-sandbox", "--no-pdf-header-footer"]);
    command.arg(format!("--print-to-pdf={}", pdf.display()));
    let output = command.arg(html).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut command = Command::new("pdftotext");
    let output = command.arg("-layout").arg(pdf).arg("-").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout)
        .unwrap()
        .replace('\u{a0}', " ");
    for told in [
        "Tilitys 853-2026-03-1",
        NAME,
        "497,00 €",
        "152,25 €",
        "Järjestäjän osuus",
        "Omavastuuosuus",
        "FI9150001503000009",
    ] {
        assert!(text.contains(told), "{told} in {text}");
    }
}

#[test]
fn a_page_tells_the_settlement_in_three_languages() {
    let (site, server, event) = approved_month();
    site.apply(&registry(&site, |text| {
        text.replace("Kotihoiva Koivu Oy", NAME)
    }));
    settle(&site, "853", "2026-03");
    let (draft, path) = report(&site, NUMBER, "fi");
    let draft = draft.refused();
    assert!(draft.contains("is DRAFT"), "{draft}");
    assert!(!path.exists());
    operate(&site, &["settlement", "confirm", NUMBER]).good();
    for (language, voucher, payable, first) in [
        ("fi", "Järjestäjän osuus", "Maksettavaa", "497,00\u{a0}€"),
        ("sv", "Anordnarens andel", "Att betala", "497,00\u{a0}€"),
        ("en", "Organiser's share", "Payable", "€497.00"),
    ] {
        let (told, path) = report(&site, NUMBER, language);
        told.good();
        let page = std::fs::read_to_string(&path).unwrap();
        judge_page(&page, language);
        let voucher = voucher.replace('\'', "&#39;");
        let shares = amounts(&page, &voucher);
        assert_eq!(shares, told_by_show(&site, NUMBER, "voucher share"));
        let mut to_pay = told_by_show(&site, NUMBER, "payable");
        to_pay.insert(0, told_by_show(&site, NUMBER, "to pay")[0]);
        assert_eq!(amounts(&page, payable), to_pay);
        assert!(page.contains(first), "{page}");
        assert_eq!(row_sums(&page), [64925, 49700, 15225]);
        assert!(page.contains("Päiväkoti Köyhälä &#38; &#60;b&#62;Åke&#60;/b&#62; Oy"));
        assert!(page.contains(&event) && page.contains("FI9150001503000009"));
        assert!(page.contains("185326030019"));
        if language == "fi" {
            judge_pdf(&path);
        }
    }
    let (again, _) = report(&site, NUMBER, "sv");
    assert!(again.good().contains("unchanged"));
    assert_eq!(server.stop(), Some(0));
    operate(&site, &["settlement", "paid", NUMBER]).good();
    let (changed, _) = report(&site, NUMBER, "sv");
    assert!(changed.refused().contains("is not overwritten"));
    let log = ["audit", "export", "--organiser", "853"];
    let log = operate(&site, &log).good();
    assert_eq!(log.matches(",settlement-report,TILITYS,853,").count(), 5);
}

#[test]
fn a_page_tells_what_is_held_back_and_carried_forward_and_credited() {
    let (site, _server, event) = approved_month();
    site.apply(&registry(&site, without_iban));
    settle(&site, "853", "2026-03");
    operate(&site, &["settlement", "confirm", NUMBER]).good();
    let (told, path) = report(&site, NUMBER, "en");
    told.good();
    let page = std::fs::read_to_string(path).unwrap();
    assert_eq!(amounts(&page, "Held back"), [27200, 0, 27200]);
    assert!(page.contains("held back: no account number"));
    let credit = ["events", "credit", &event, "--reason-code", "VIRHE"];
    let reason = ["--reason-text", "Väärä"];
    operate(&site, &[credit.as_slice(), &reason].concat()).good();
    settle(&site, "853", "2026-03");
    let second = "853-2026-03-2";
    operate(&site, &["settlement", "confirm", second]).good();
    let (told, path) = report(&site, second, "en");
    told.good();
    let page = std::fs::read_to_string(path).unwrap();
    let carried = told_by_show(&site, second, "carried forward");
    assert_eq!(carried, [-13000]);
    assert_eq!(amounts(&page, "Carried forward"), [-13000, -13000]);
    assert!(page.contains(&format!("credit of {event}")));
    assert!(page.contains("nothing to pay"));
    assert_eq!(row_sums(&page), [-17200, -13000, -4200]);
}
