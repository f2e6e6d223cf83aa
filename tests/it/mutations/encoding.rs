//! Mutations of a document's encoding: what it is in, and what it says it is in.

use super::form::{Case, case};

/// Other encodings than UTF-8, and declarations that say another one than it is.
pub fn mutations(message: &str, cases: &mut Vec<Case>) {
    let declaring = |name: &str| message.replacen("UTF-8", name, 1);
    let with_letter = |name: &str| declaring(name).replacen("hoitaja", "hoitajä", 1);
    let latin: fn(&str) -> Vec<u8> = |text| text.chars().map(|letter| letter as u8).collect();
    let little: fn(&str) -> Vec<u8> =
        |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: fn(&str) -> Vec<u8> = |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for name in ["ISO-8859-1", "iso-8859-1", "US-ASCII", "UTF-16", "UTF-16LE"] {
        cases.push(case(format!("ASCII, declared {name}"), declaring(name)));
    }
    cases.push(case(
        "Latin-1, declared so",
        latin(&with_letter("ISO-8859-1")),
    ));
    cases.push(case(
        "Latin-1, declared UTF-8",
        latin(&with_letter("UTF-8")),
    ));
    cases.push(case(
        "Latin-1, declared US-ASCII",
        latin(&with_letter("US-ASCII")),
    ));
    cases.push(case("UTF-8, declared US-ASCII", with_letter("US-ASCII")));
    cases.push(case(
        "UTF-8, declared ISO-8859-1",
        with_letter("ISO-8859-1"),
    ));
    for name in ["UTF-16", "UTF-8", "ISO-8859-1"] {
        let text = with_letter(name);
        let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        let whole = marked(b"\xff\xfe", little(&text));
        let half = whole[..whole.len() - 1].to_vec();
        cases.push(case(format!("little UTF-16, declared {name}"), whole));
        cases.push(case(
            format!("little UTF-16 cut in a unit, declared {name}"),
            half,
        ));
        let whole = marked(b"\xfe\xff", big(&text));
        cases.push(case(format!("big UTF-16, declared {name}"), whole));
        cases.push(case(
            format!("little UTF-16 without a mark, declared {name}"),
            little(&text),
        ));
        cases.push(case(
            format!("big UTF-16 without a mark, declared {name}"),
            big(&text),
        ));
        cases.push(case(
            format!("UTF-8 with a mark, declared {name}"),
            format!("\u{feff}{text}"),
        ));
    }
    let lone = [little(&with_letter("UTF-16")), vec![0x00, 0xd8]].concat();
    cases.push(case(
        "UTF-16 with half a surrogate pair",
        [&b"\xff\xfe"[..], &lone].concat(),
    ));
    for case in cases.iter_mut().filter(|case| is_fatal(&case.name)) {
        case.right = Some((
            false,
            "XML 1.0, 4.3.3: a fatal error that xmllint lets pass",
        ));
    }
}

/// Bytes that are not what they are said to be, by declaration or by byte order mark.
fn is_fatal(name: &str) -> bool {
    let is_broken = name.contains("cut in a unit") || name.contains("half a surrogate");
    let is_utf_16 = name.contains("little UTF-16") || name.contains("big UTF-16");
    let is_lie = (is_utf_16 && !name.ends_with("declared UTF-16"))
        || (name.starts_with("UTF-8 with a mark") && !name.ends_with("declared UTF-8"));
    is_broken || is_lie
}
