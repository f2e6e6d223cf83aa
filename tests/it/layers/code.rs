//! Rust text reduced to what the compiler sees: comments and the insides of literals are blanked, so
//! that words in them count for nothing. Line breaks stay.

/// The text with comments, strings and character literals blanked.
pub fn code_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before_is_word = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = comment(rest)
            .or_else(|| {
                if before_is_word {
                    None
                } else {
                    raw_string(rest)
                }
            })
            .or_else(|| string(rest))
            .or_else(|| character(rest));
        match length {
            Some(length) => {
                let (literal, behind) = rest.split_at(length);
                out.push(' ');
                out.extend(literal.chars().filter(|c| *c == '\n'));
                rest = behind;
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    Some(at.min(text.len()))
}

fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes: String = after.chars().take_while(|c| *c == '#').collect();
    let inside = after[hashes.len()..].strip_prefix('"')?;
    let end = format!("\"{hashes}");
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(text.len() - inside.len() + length)
}

fn string(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(1 + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// A character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let mut characters = inside.char_indices();
    let (_, first) = characters.next()?;
    if first == '\\' {
        let (_, escaped) = characters.next()?;
        let from = 1 + escaped.len_utf8();
        return inside[from..].find('\'').map(|at| 1 + from + at + 1);
    }
    match characters.next() {
        Some((at, '\'')) => Some(1 + at + 1),
        _ => None,
    }
}

/// Blanked code without its `#[cfg(test)]` items.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        let item = &rest[at + MARK.len()..];
        rest = &item[item_length(item)..];
    }
    out.push_str(rest);
    out
}

/// Up to the first `;` outside braces, or the end of the first braces.
fn item_length(item: &str) -> usize {
    let mut depth = 0;
    for (at, byte) in item.bytes().enumerate() {
        match byte {
            b';' if depth == 0 => return at + 1,
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    item.len()
}

#[test]
fn comments_and_literals_are_blanked_and_nothing_else() {
    let cases = [
        ("a // b\nc", "a  \nc"),
        ("a /* b /* c */ d */ e", "a   e"),
        ("\"a\\\"b\" c", "  c"),
        ("r#\"a\"b\"# c", "  c"),
        ("br\"a\" c", "  c"),
        ("for\"a\" c", "for  c"),
        ("'a' '\\'' '\\u{e4}' 'ä' c", "        c"),
        ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
        ("\"\n\" c", " \n c"),
    ];
    for (text, expected) in cases {
        assert_eq!(code_of(text), expected, "{text}");
    }
}
