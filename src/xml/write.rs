//! Writing XML into a string: text escaped, and nothing else to know.

use super::characters::is_xml_character;

/// Appends `text` as element content. Characters that no document may hold become U+FFFD.
pub fn text(out: &mut String, text: &str) {
    escape(out, text, false);
}

/// Makes what stands from `begin` on, a place between characters, element content.
pub fn escape_from(out: &mut String, begin: usize) {
    // Of what no document may hold, only control characters and two that begin with this byte are characters at all.
    let may_need_escape = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | 0xEF) || byte < 0x20;
    let mut written = out.as_bytes().iter().skip(begin);
    if written.any(|byte| may_need_escape(*byte)) {
        let plain = out.split_off(begin);
        text(out, &plain);
    }
}

/// Appends `text` as the inside of a double-quoted attribute value.
pub fn attribute(out: &mut String, text: &str) {
    escape(out, text, true);
}

fn escape(out: &mut String, text: &str, in_attribute: bool) {
    let needs_escape = |character: char| {
        matches!(character, '&' | '<' | '>' | '\r')
            || !is_xml_character(character)
            || (in_attribute && matches!(character, '"' | '\t' | '\n'))
    };
    let mut rest = text;
    while let Some(offset) = rest.find(needs_escape) {
        let (plain, from) = rest.split_at(offset);
        out.push_str(plain);
        let mut characters = from.chars();
        match characters.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some('\r') => out.push_str("&#13;"),
            Some('\n') => out.push_str("&#10;"),
            Some('\t') => out.push_str("&#9;"),
            _ => out.push('\u{FFFD}'),
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// A document written one element a line, indented: for files that people read.
#[derive(Debug, Default)]
pub struct Indented {
    out: String,
    open: Vec<String>,
}

impl Indented {
    /// A document with nothing but its declaration.
    pub fn new() -> Indented {
        Indented {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            open: Vec::new(),
        }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name.to_owned());
    }

    /// Closes the element opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push_str(">\n");
        }
    }

    /// Writes an element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// Writes an element of text.
    pub fn text(&mut self, name: &str, attributes: &[(&str, &str)], content: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        text(&mut self.out, content);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// Takes what was written so far, so that a long document need not be held whole.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// The document, or what of it was not taken.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn indent(&mut self) {
        for _ in 0..self.open.len() {
            self.out.push_str("  ");
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            attribute(&mut self.out, value);
            self.out.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_escaped_and_nothing_illegal_is_written() {
        let mut out = String::new();
        super::text(&mut out, "a<b>&\"\r\n\u{1}ä");
        assert_eq!(out, "a&lt;b&gt;&amp;\"&#13;\n\u{FFFD}ä");
        out.clear();
        super::attribute(&mut out, "\"\n");
        assert_eq!(out, "&quot;&#10;");
    }
}
