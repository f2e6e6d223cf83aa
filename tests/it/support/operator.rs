//! The operator's command line, as a process of its own, and what it said.

use std::process::Output;

use super::server::{Site, program};

/// The import's header row.
pub const HEADER: &str = "sourceReference;action;eventId;expectedVersion;purchasingPowerNumber;personId;\
                          providerBusinessId;providerUnitCode;serviceDate;lineNo;quantity;unitPrice;noShow;\
                          totalPrice;voucherShare;customerShare;comment";

/// What a command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Told {
    pub fn of(output: &Output) -> Told {
        Told {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// What was said when all went well.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// What was said when something was refused.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!(self.code, 1, "{self:?}");
        self.err
    }

    /// `row code field` of every row of an import's report.
    pub fn report(&self) -> Vec<String> {
        let rows = self.out.lines().skip(1);
        rows.map(|row| {
            let cells: Vec<&str> = row.split(';').collect();
            format!("{} {} {}", cells[0], cells[2], cells[3])
                .trim_end()
                .to_owned()
        })
        .collect()
    }

    /// One column of an import's report.
    pub fn column(&self, place: usize) -> Vec<&str> {
        let rows = self.out.lines().skip(1);
        rows.map(|row| row.split(';').nth(place).unwrap()).collect()
    }
}

/// Runs a command on a site, with its configuration.
#[track_caller]
pub fn operate(site: &Site, command: &[&str]) -> Told {
    let mut program = program();
    program.args(command).arg("--config").arg(site.config());
    Told::of(&program.output().unwrap())
}

/// Imports rows under the header row, as source system TUONTI.
#[track_caller]
pub fn import(site: &Site, name: &str, rows: &[String]) -> Told {
    let path = site.folder().join(name);
    std::fs::write(&path, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    let path = path.to_str().unwrap();
    operate(
        site,
        &["events", "import", path, "--source-system", "TUONTI"],
    )
}

/// A row of one line by the home-care provider.
pub fn row(reference: &str, number: &str, person: &str, date: &str, line: (&str, &str)) -> String {
    let (quantity, price) = line;
    format!("{reference};CREATE;;;{number};{person};9000007-0;;{date};1;{quantity};{price};;;;;")
}

/// Approves events.
#[track_caller]
pub fn approve(site: &Site, events: &[&str]) {
    let command = [&["events", "approve"], events].concat();
    operate(site, &command).good();
}
