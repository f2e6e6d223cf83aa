//! Texts to try in an element of a simple type: at and past every limit, and every spelling that
//! XML Schema has or lacks. They are XML: markup characters stand escaped.

use super::schema::Facets;

const DATES: &[&str] = &[
    "2026-03-16",
    " 2026-03-16 ",
    "\n2026-03-16\t",
    "2026-03-16Z",
    "2026-03-16+02:00",
    "2026-03-16-02:00",
    "2026-03-16+14:00",
    "2026-03-16-14:00",
    "2026-03-16+14:01",
    "2026-03-16+15:00",
    "2026-03-16+13:60",
    "2026-03-16+2:00",
    "2026-03-16+0200",
    "2026-03-16z",
    "2026-03-16 Z",
    "2026-03-16+00:00",
    "2026-03-16-00:00",
    "2026-03-16T00:00:00",
    "2026-3-16",
    "2026-03-6",
    "26-03-16",
    "20260316",
    "16.3.2026",
    "2026/03/16",
    "2026-02-29",
    "2024-02-29",
    "1900-02-29",
    "2000-02-29",
    "2026-02-30",
    "2026-04-31",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-01-32",
    "0000-01-01",
    "0001-01-01",
    "-0001-01-01",
    "-2026-03-16",
    "-2026-03-16Z",
    "-0000-01-01",
    "+2026-03-16",
    "9999-12-31",
    "9999-12-31-14:00",
    "0001-01-01+14:00",
    "10000-01-01",
    "12026-02-29",
    "12024-02-29Z",
    "-12026-03-16",
    "02026-03-16",
    "2026-03-16Z+02:00",
    "２026-03-16",
    "2026-03",
    "2026-03-16\u{a0}",
    "--03-16",
];

const BOOLEANS: &[&str] = &[
    "true",
    "false",
    "1",
    "0",
    " true ",
    "\n1\t",
    "TRUE",
    "True",
    "01",
    "yes",
    "2",
    "-1",
    "true false",
    "tr ue",
    "\u{a0}true",
];

const INTEGERS: &[&str] = &[
    "1",
    "+1",
    "007",
    " 7 ",
    "0",
    "+0",
    "-0",
    "00",
    "-1",
    "1.0",
    "1.",
    "1e1",
    "1 000",
    "+",
    "++1",
    "0x1",
    "٣",
    "18446744073709551615",
    "18446744073709551616",
    "999999999999999999999999",
    "000000000000000000000000000000000001",
];

const DECIMALS: &[&str] = &[
    "32",
    "32.0",
    "032.0",
    " 32.00 ",
    "\n32\t",
    "+32",
    "+32.5",
    ".5",
    "+.5",
    "0.5",
    "5.",
    "+5.",
    ".",
    "+",
    "-",
    "+-5",
    "--5",
    "-.",
    "-1",
    "-0.01",
    "-0",
    "-0.00",
    "0",
    "0.0",
    "0.001",
    "0.0001",
    "1.000",
    "1.0000",
    "1.000000000000000000",
    "1.001",
    "1.0010",
    "1.0001",
    "1e2",
    "1E2",
    "INF",
    "NaN",
    "1,5",
    "1 000",
    "1 000.00",
    "0x10",
    "1.5.0",
    "000000000000000000000001",
    "100000000",
    "12345678901234567",
    "１",
];

/// Texts for an element whose text is `current`.
pub fn of(facets: &Facets, current: &str) -> Vec<String> {
    let mut values: Vec<String> = vec![String::new(), " ".into(), format!("{current}X")];
    let fixed = match facets.base.as_str() {
        "xs:date" => DATES,
        "xs:boolean" => BOOLEANS,
        "xs:positiveInteger" => INTEGERS,
        "xs:decimal" => DECIMALS,
        "xs:string" => &[],
        other => panic!("no values are known for {other}"),
    };
    values.extend(fixed.iter().map(|text| (*text).to_owned()));
    decimals(facets, &mut values);
    enumerated(facets, &mut values);
    texts(facets, &mut values);
    patterns(facets, current, &mut values);
    values
}

fn decimals(facets: &Facets, values: &mut Vec<String>) {
    let (Some(digits), Some(most)) = (facets.fraction_digits, &facets.max_inclusive) else {
        return;
    };
    let nines = most.split('.').next().unwrap();
    values.extend([
        most.clone(),
        format!("{most}0"),
        format!("0{most}"),
        format!("{most}1"),
        format!("1{}", "0".repeat(nines.len())),
        format!("{nines}.{}", "0".repeat(digits + 1)),
        format!("0.{}1", "0".repeat(digits - 1)),
        format!("0.{}1", "0".repeat(digits)),
    ]);
}

fn enumerated(facets: &Facets, values: &mut Vec<String>) {
    for value in &facets.values {
        values.extend([
            value.clone(),
            value.to_lowercase(),
            format!(" {value}"),
            format!("{value}\n"),
        ]);
    }
}

fn texts(facets: &Facets, values: &mut Vec<String>) {
    if facets.pattern.is_some() {
        return;
    }
    let Some(most) = facets.max_length else {
        return;
    };
    // Composed, decomposed, outside the basic plane, and a letter that normal form C makes longer.
    for letter in ["a", "ä", "😀", "\u{958}", " ", "&#10;", "&amp;", "\n"] {
        values.extend([letter.repeat(most), letter.repeat(most + 1)]);
    }
    values.push("a\u{308}".repeat(most / 2));
    values.push("a\u{308}".repeat(most / 2 + 1));
    values.push("a\u{308}".repeat(most));
    values.push(format!("{}\r\n", "a".repeat(most - 1)));
    values.push(format!("{}\r\n", "a".repeat(most)));
}

fn patterns(facets: &Facets, current: &str, values: &mut Vec<String>) {
    if facets.pattern.is_none() {
        return;
    }
    let mut characters = current.chars();
    let first = characters.next().unwrap();
    let rest = characters.as_str();
    let shorter = &current[..current.len() - 1];
    values.extend([
        shorter.to_owned(),
        rest.to_owned(),
        format!("{first}{current}"),
        format!("{current}{}", &current[current.len() - 1..]),
        current.to_lowercase(),
        current.to_uppercase(),
        format!(" {current}"),
        format!("{current} "),
        format!("{current}\n"),
        format!("{current}&#10;"),
        format!("{current}\n{current}"),
        format!("{current}|{current}"),
        current.replace('-', "+"),
        current.replace('-', ""),
        current.replace('-', "–"),
        current.replace('0', "٠"),
        current.replace('.', ","),
        format!("{current}.0"),
        format!("{current}.00"),
        format!("{current}.1{}", "0".repeat(64)),
        format!(
            "{shorter}&#x{:X};",
            u32::from(current.chars().last().unwrap())
        ),
    ]);
}
