//! Mutations of a whole document's form: what XML 1.0 and Namespaces in XML refuse, what they allow,
//! and what this service refuses on purpose although they allow it.

/// A mutated document.
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Whether it is taken, and why, where the verdict is not xmllint's.
    pub right: Option<(bool, &'static str)>,
}

/// A document on which the verdict is xmllint's.
pub fn case(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Case {
    Case {
        name: name.into(),
        bytes: bytes.into(),
        right: None,
    }
}

/// Every mutation of `message`, a fixture.
pub fn mutations(message: &str) -> Vec<Case> {
    let mut cases = vec![case("unchanged", message)];
    cut(message, &mut cases);
    every_mark(message, &mut cases);
    declared(message, &mut cases);
    around(message, &mut cases);
    inside(message, &mut cases);
    tagged(message, &mut cases);
    bytes(message, &mut cases);
    super::encoding::mutations(message, &mut cases);
    on_purpose(message, &mut cases);
    for case in &mut cases {
        case.right = case.right.or(xmllint_errs(&case.name));
    }
    cases
}

/// Where xmllint (libxml2 2.9.14) is not a judge of XML 1.0 and Namespaces in XML 1.0.
fn xmllint_errs(name: &str) -> Option<(bool, &'static str)> {
    match name {
        "followed by a NUL" => Some((false, "a C string ends there, a document does not")),
        "with an element of the attributes \"xmlns:p=\\\"http://example.org/a b\\\"\"" => Some((
            true,
            "what a URI looks like is no constraint of Namespaces in XML",
        )),
        _ => None,
    }
}

fn cut(message: &str, cases: &mut Vec<Case>) {
    for part in 0..50 {
        let at = message.len() * part / 50;
        let begin = (at..).find(|at| message.is_char_boundary(*at)).unwrap();
        cases.push(case(format!("cut at {begin}"), &message[..begin]));
    }
    cases.push(case(
        "cut before its last mark",
        message.trim_end().strip_suffix('>').unwrap(),
    ));
}

/// Every character of markup left out, and every one doubled.
fn every_mark(message: &str, cases: &mut Vec<Case>) {
    for (at, mark) in message.match_indices(['<', '>', '/', '"', '=', ':', '?']) {
        let (before, after) = (&message[..at], &message[at + 1..]);
        cases.push(case(
            format!("without {mark} at {at}"),
            format!("{before}{after}"),
        ));
        cases.push(case(
            format!("with {mark} twice at {at}"),
            format!("{before}{mark}{mark}{after}"),
        ));
    }
}

fn declared(message: &str, cases: &mut Vec<Case>) {
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    assert!(message.starts_with(declaration));
    for instead in [
        "",
        "<?xml version='1.0'?>",
        "<?xml version='1.0' encoding='utf-8' ?>",
        "<?xml\tversion = \"1.0\"\nencoding\n=\n'Utf-8'?>",
        "<?xml version=\"1.0\" standalone=\"yes\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='no'?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"maybe\"?>",
        "<?xml version=\"1.0\" standalone=\"yes\" encoding=\"UTF-8\"?>",
        "<?xml encoding=\"UTF-8\"?>",
        "<?xml encoding=\"UTF-8\" version=\"1.0\"?>",
        "<?xml?>",
        "<?xml ?>",
        "<?XML version=\"1.0\"?>",
        "<?xml version=1.0?>",
        "<?xml version=\"1.0\"encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" encoding=\"\"?>",
        "<?xml version=\"1.0\" encoding=\"no such\"?>",
        "<?xml version=\"1.0\" version=\"1.0\"?>",
        "<?xml version=\"1.0\" other=\"1\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\">",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"",
        " <?xml version=\"1.0\"?>",
        "\n<?xml version=\"1.0\"?>",
        "<!-- c --><?xml version=\"1.0\"?>",
        "<?xml version=\"1.0\"?><?xml version=\"1.0\"?>",
    ] {
        let document = message.replacen(declaration, instead, 1);
        cases.push(case(format!("with the declaration {instead:?}"), document));
    }
}

fn around(message: &str, cases: &mut Vec<Case>) {
    for (what, tail) in [
        ("text", "text"),
        ("a NUL", "\0"),
        ("another root", "<again/>"),
        ("an end tag", "</soap:Envelope>"),
        ("a reference", "&#32;"),
        ("a CDATA section", "<![CDATA[ ]]>"),
        ("blanks", " \n\t "),
        ("a comment", "<!-- end -->"),
        ("half a comment", "<!-- end"),
        ("an ampersand", "&"),
        ("a less-than", "<"),
        ("a byte order mark", "\u{feff}"),
        ("a no-break space", "\u{a0}"),
        ("`]]>`", "]]>"),
    ] {
        cases.push(case(
            format!("followed by {what}"),
            format!("{message}{tail}"),
        ));
        let open = "<soap:Envelope";
        cases.push(case(
            format!("with {what} before its root"),
            message.replacen(open, &format!("{tail}{open}"), 1),
        ));
    }
    cases.push(case("twice", message.repeat(2)));
    cases.push(case("empty", ""));
    cases.push(case("blank", " \n"));
    cases.push(case("plain text", "hello"));
    cases.push(case("a comment alone", "<!-- nothing -->"));
    cases.push(case("a declaration alone", "<?xml version=\"1.0\"?>"));
}

fn inside(message: &str, cases: &mut Vec<Case>) {
    for piece in [
        "]]>",
        "]]&gt;",
        "]]",
        "]] >",
        "&",
        "& ",
        "&;",
        "&amp",
        "&nbsp;",
        "&lt;",
        "&apos;&quot;",
        "&#65;",
        "&#x41;",
        "&#X41;",
        "&#0;",
        "&#1;",
        "&#x1F;",
        "&#xD800;",
        "&#xFFFE;",
        "&#xFFFF;",
        "&#x10FFFF;",
        "&#x110000;",
        "&#99999999999;",
        "&#;",
        "&#x;",
        "&#-1;",
        "&#+65;",
        "&#1_0;",
        "& #65;",
        "&#65 ;",
        "&#9;&#10;&#13;",
        "\u{1}",
        "\u{8}",
        "\u{b}",
        "\u{c}",
        "\u{1f}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{feff}",
        "\u{1fffe}",
        "\r",
        "\r\n",
        "<!-- a -- b -->",
        "<!-- a --->",
        "<!--->",
        "<!-->",
        "<!---->",
        "<!-- < & > ]]> -->",
        "<! -- a -->",
        "<!-- a --",
        "<!-- \u{1} -->",
        "<![CDATA[ < & ]]>",
        "<![CDATA[]]]]><![CDATA[>]]>",
        "<![CDATA[ ]] ]]>",
        "<![CDATA[ ",
        "<![cdata[ ]]>",
        "<![ CDATA[ ]]>",
        "<![CDATA[ \u{1} ]]>",
        "<![INCLUDE[ ]]>",
        "<>",
        "</>",
        "< a/>",
        "<a",
        "<a/",
        "<a / >",
        "<a></b>",
        "<a></a",
        "<a></ a>",
        "<a></a >",
        "<a/>",
        "<a\n/>",
        "<a><b></a></b>",
        "<1/>",
        "<-a/>",
        "<.a/>",
        "<a.b-c_d/>",
        "<:a/>",
        "<a:/>",
        "<xrd:a:b/>",
        "<unbound:a/>",
        "<xmlns:a/>",
        "<ä/>",
        "<\u{300}/>",
        "<a\u{300}/>",
        "<a\u{d7}/>",
        "<€/>",
        "<!ELEMENT a ANY>",
        "<!ENTITY a 'b'>",
        ">",
        "\"'",
        "%a;",
        "<a>]]></a>",
    ] {
        let document = message.replacen(
            "<soap:Header>",
            &format!("<soap:Header><other xmlns=\"urn:example:other\">{piece}</other>"),
            1,
        );
        cases.push(case(format!("with {piece:?} inside an element"), document));
    }
}

fn tagged(message: &str, cases: &mut Vec<Case>) {
    for attributes in [
        "a=\"1\"",
        "a='1'",
        "a='\"'",
        "a=\"'\"",
        "a = \"1\"",
        "a\n=\n\"1\"",
        "a=1",
        "a",
        "a=",
        "a=\"1",
        "a=\"1\" a=\"2\"",
        "a=\"1\" A=\"2\"",
        "a=\"1\"b=\"2\"",
        "a=\"<\"",
        "a=\">\"",
        "a=\"&\"",
        "a=\"&amp;\"",
        "a=\"&lt;\"",
        "a=\"&nbsp;\"",
        "a=\"&#0;\"",
        "a=\"&#10;\"",
        "a=\"\n\t\"",
        "a=\"\u{1}\"",
        "a=\"]]>\"",
        "a=\"--\"",
        "1a=\"1\"",
        "-a=\"1\"",
        "a:b:c=\"1\"",
        ":a=\"1\"",
        "a:=\"1\"",
        "unbound:a=\"1\"",
        "xml:lang=\"fi\"",
        "xml:space=\"preserve\"",
        "xml:space=\"nonsense\"",
        "xml:id=\"x\"",
        "xmlns:p=\"u\" p:a=\"1\" xmlns:q=\"u\" q:a=\"1\"",
        "xmlns:p=\"u\" p:a=\"1\" xmlns:q=\"v\" q:a=\"1\"",
        "xmlns:p=\"u\" p:a=\"1\" a=\"1\"",
        "xmlns:p=\"&#117;\" p:a=\"1\" xmlns:q=\"u\" q:a=\"1\"",
        "xmlns=\"u\" xmlns:p=\"u\" p:a=\"1\" a=\"1\"",
        "xmlns:p=\"\"",
        "xmlns=\"\"",
        "xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"",
        "xmlns:xml=\"urn:example:other\"",
        "xmlns:p=\"http://www.w3.org/XML/1998/namespace\"",
        "xmlns=\"http://www.w3.org/XML/1998/namespace\"",
        "xmlns:xmlns=\"urn:example:other\"",
        "xmlns:p=\"http://www.w3.org/2000/xmlns/\"",
        "xmlns=\"http://www.w3.org/2000/xmlns/\"",
        "xmlns:p=\"u\" xmlns:p=\"u\"",
        "xmlns=\"u\" xmlns=\"v\"",
        "xmlns:=\"u\"",
        "xmlns:1=\"u\"",
        "xmlns:p=\"relative/uri\"",
        "xmlns:p=\"http://example.org/a b\"",
        "ä=\"1\"",
        "a\u{a0}=\"1\"",
        "a=\u{201d}1\u{201d}",
        "/",
        "/ ",
        "?",
        "<",
    ] {
        let child = format!("<soap:Header><other {attributes}/>");
        let document = message.replacen("<soap:Header>", &child, 1);
        cases.push(case(
            format!("with an element of the attributes {attributes:?}"),
            document,
        ));
    }
    for (from, to) in [
        ("</soap:Envelope>", "</soap:envelope>"),
        ("</soap:Body>", "</soap:Header>"),
        ("</soap:Body>", "</Body>"),
        ("</soap:Body>", ""),
        ("</soap:Body>", "</soap:Body></soap:Body>"),
        ("</soap:Body>", "</soap:Body a=\"1\">"),
        ("</soap:Body>", "</soap:Body\n>"),
        ("</soap:Body>", "</soap:Body/>"),
        ("</xrd:id>", "</xrd:userId>"),
        ("<soap:Body>", "<soap:Body >"),
        ("<soap:Body>", "<soap:Body/>"),
        ("<soap:Body>", "< soap:Body>"),
        ("<soap:Body>", "<soap: Body>"),
        (" xmlns:xrd=", " xmlns:xrx="),
        (" xmlns:soap=", " "),
        ("xmlns:id=\"", "xmlns:id='"),
    ] {
        cases.push(case(
            format!("with {to:?} for {from:?}"),
            message.replacen(from, to, 1),
        ));
    }
}

fn bytes(message: &str, cases: &mut Vec<Case>) {
    for (what, wrong) in [
        ("a byte of Latin-1", &b"\xe4"[..]),
        ("an overlong form", b"\xc0\xaf"),
        ("an overlong NUL", b"\xc0\x80"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("half a character", b"\xe2\x82"),
        ("a code point past the last", b"\xf4\x90\x80\x80"),
        ("a byte that never is", b"\xff"),
        ("a continuation alone", b"\x80"),
        ("a NUL", b"\0"),
    ] {
        let (before, after) = message.split_once("</xrd:userId>").unwrap();
        let document = [before.as_bytes(), wrong, b"</xrd:userId>", after.as_bytes()].concat();
        cases.push(case(format!("with {what} in a value"), document));
    }
    cases.push(case(
        "after a byte order mark",
        format!("\u{feff}{message}"),
    ));
    cases.push(case(
        "after two byte order marks",
        format!("\u{feff}\u{feff}{message}"),
    ));
}

/// Well-formed, or so xmllint says, and refused all the same.
fn on_purpose(message: &str, cases: &mut Vec<Case>) {
    let mut push = |because: &'static str, bytes: Vec<u8>| {
        cases.push(Case {
            name: format!("on purpose: {because}"),
            bytes,
            right: Some((false, because)),
        });
    };
    let replaced = |from: &str, to: &str| message.replacen(from, to, 1).into_bytes();
    let root = "<soap:Envelope";
    let dtd = |dtd: &str| replaced(root, &format!("{dtd}{root}"));
    push(
        "a DTD can read files and blow up",
        dtd("<!DOCTYPE soap:Envelope>"),
    );
    push(
        "a DTD with a subset",
        dtd("<!DOCTYPE soap:Envelope [<!ENTITY a \"b\">]>"),
    );
    push(
        "a DTD outside",
        dtd("<!DOCTYPE soap:Envelope SYSTEM \"none.dtd\">"),
    );
    push(
        "a public DTD",
        dtd("<!DOCTYPE soap:Envelope PUBLIC \"p\" \"none.dtd\">"),
    );
    push(
        "a processing instruction has no meaning here",
        dtd("<?target data?>"),
    );
    push(
        "a processing instruction inside",
        replaced("<soap:Body>", "<soap:Body><?target?>"),
    );
    push("a style sheet", dtd("<?xml-stylesheet href=\"a.xsl\"?>"));
    push(
        "a processing instruction at the end",
        format!("{message}<?target data?>").into(),
    );
    push(
        "XML 1.1 has other characters",
        replaced("version=\"1.0\"", "version=\"1.1\""),
    );
    push(
        "XML 1.2 does not exist",
        replaced("version=\"1.0\"", "version=\"1.2\""),
    );
    push(
        "few encodings are read: Windows-1252",
        replaced("UTF-8", "windows-1252"),
    );
    push("few encodings are read: UTF-7", replaced("UTF-8", "UTF-7"));
    // The Header is the second level: 30 more make 32, the most that is taken.
    let deep = |levels: usize| {
        let inside = format!("{}{}", "<deep>".repeat(levels), "</deep>".repeat(levels));
        replaced("<soap:Header>", &format!("<soap:Header>{inside}"))
    };
    push("33 levels, one past the limit", deep(31));
    push("200 levels", deep(200));
    let wide = |attributes: usize| {
        let all: String = (0..attributes)
            .map(|index| format!(" a{index}=\"\""))
            .collect();
        replaced("<soap:Header>", &format!("<soap:Header><wide{all}/>"))
    };
    push("65 attributes, one past the limit", wide(65));
    let long = |characters: usize| {
        let text = "ä".repeat(characters);
        replaced(
            "<soap:Header>",
            &format!("<soap:Header><long>{text}</long>"),
        )
    };
    push("65,537 characters, one past the limit", long(65_537));
    let many = |elements: usize| {
        replaced(
            "<soap:Header>",
            &format!("<soap:Header>{}", "<many/>".repeat(elements)),
        )
    };
    push("more than 20,000 elements", many(20_000));
    cases.push(case("32 levels", deep(30)));
    cases.push(case("64 attributes", wide(64)));
    cases.push(case("65,536 characters", long(65_536)));
    cases.push(case("19,900 elements", many(19_900)));
}
