//! One test for each rule of the configuration: layers, keys, values, limits.

use std::io::Write as _;
use std::path::Path;

use super::*;

const SMALL: &str = "environment = \"DEV\"\n\
                     [store]\npath = \"data/store\"\n\
                     [secrets]\nkey_file = \"data/master.key\"\n";

fn load_with(
    text: &str,
    variables: &[(&str, &str)],
    overrides: &Overrides,
) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(file.path(), variables, overrides)
}

fn load(text: &str) -> Result<Config, ConfigError> {
    load_with(text, &[], &Overrides::default())
}

fn refusal(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    match load_with(text, variables, &Overrides::default()) {
        Err(ConfigError::Refused { problems }) => problems,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[track_caller]
fn assert_one(problems: &[String], parts: &[&str]) {
    assert_eq!(problems.len(), 1, "{problems:#?}");
    for part in parts {
        assert!(
            problems[0].contains(part),
            "`{part}` is not in: {}",
            problems[0]
        );
    }
}

#[test]
fn the_smallest_file_has_every_default() {
    let config = load(SMALL).unwrap();
    assert_eq!(config.environment, Environment::Dev);
    assert_eq!(config.clock, None);
    assert_eq!(config.server, Server::default());
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_url, "http://127.0.0.1:8080/xroad");
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.store.kind, StoreKind::Sled);
    assert_eq!(config.store.path, PathBuf::from("data/store"));
    assert_eq!(config.store.cache_bytes, 67_108_864);
    assert_eq!(config.store.read_back_bytes, 17_179_869_184);
    assert_eq!(config.tls, None);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(
        config.log,
        Log {
            format: LogFormat::Json,
            level: "info".into(),
            ..Log::default()
        }
    );
}

#[test]
fn the_defaults_break_no_rule_of_their_own() {
    assert_eq!(load(SMALL).unwrap().problems(), Vec::<String>::new());
}

#[test]
fn every_key_can_stand_in_the_file() {
    let text = "environment = \"TEST\"\nclock = \"2026-02-01T10:00:00+02:00\"\n\
                [server]\nlisten = \"[::1]:9000\"\npublic_url = \"https://psop.example.fi/xroad\"\n\
                [admin]\nlisten = \"127.0.0.1:0\"\n\
                [store]\nkind = \"sled\"\npath = \"/var/lib/psop\"\ncache_bytes = 1\n\
                [secrets]\nkey_file = \"k\"\n[tls]\ncertificate = \"c\"\nkey = \"p\"\n\
                [limits]\nbody_bytes_max = 5\n[log]\nformat = \"human\"\nlevel = \"debug\"\n";
    let config = load(text).unwrap();
    assert_eq!(config.clock, Some("2026-02-01T08:00:00Z".parse().unwrap()));
    assert_eq!(config.limits.body_bytes_max, 5);
    assert_eq!(config.limits.head_bytes_max, 16_384);
    assert_eq!(config.tls.unwrap().key, PathBuf::from("p"));
    assert_eq!(config.log.format, LogFormat::Human);
}

#[test]
fn a_fixed_clock_is_refused_in_prod() {
    let prod = SMALL.replace("DEV", "PROD");
    let prod = format!("server = {{ proxy_authenticates = true }}\n{prod}");
    let text = format!("clock = \"2026-02-01T10:00:00Z\"\n{prod}");
    assert_one(
        &refusal(&text, &[]),
        &["clock", "refused in PROD", "remove it"],
    );
    assert!(load(&prod).is_ok());
}

#[test]
fn a_clock_is_an_instant() {
    // TOML's own date-time names an instant as exactly, so its quotes may be missing.
    assert!(load(&format!("clock = 2026-02-01T10:00:00Z\n{SMALL}")).is_ok());
    for clock in ["\"2026-02-01\"", "\"noon\"", "2026-02-01T10:00:00", "5"] {
        let problems = refusal(&format!("clock = {clock}\n{SMALL}"), &[]);
        assert_one(&problems, &["clock: ", "correct the value"]);
    }
}

#[test]
fn all_problems_are_told_at_once_each_with_file_and_key() {
    let text = "enviroment = \"DEV\"\n[server]\nlisten = \"nowhere\"\nport = 1\n\
                [store]\nkind = \"oracle\"\npath = \"p\"\n[limits]\nbody_bytes_max = -1\n";
    let problems = refusal(text, &[("PSOP_LOG__LEVLE", "debug")]);
    let expected = [
        "enviroment: there is no such key",
        "environment: is missing",
        "server.listen: ",
        "server.port: there is no such key",
        "store.kind: no store of kind `oracle` exists in this version: write `sled` or `postgres`",
        "limits.body_bytes_max: ",
        "secrets.key_file: is missing",
        "environment variable PSOP_LOG__LEVLE: there is no key `log.levle`",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for part in expected {
        assert!(
            problems.iter().any(|problem| problem.contains(part)),
            "`{part}`: {problems:#?}"
        );
    }
    let from_file = problems.iter().filter(|problem| problem.starts_with('/'));
    assert_eq!(from_file.count(), 7);
}

/// The place of each problem, without the file's folder, and its key.
fn places(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let problems = refusal(text, variables).into_iter();
    let places = problems.map(|problem| {
        let mut parts = problem.split(": ");
        let (place, key) = (parts.next().unwrap(), parts.next().unwrap());
        let line = place.rsplit_once(':').map(|(_, line)| line);
        match line {
            Some(line) => format!("{line} {key}"),
            None if place.starts_with('/') => format!("file {key}"),
            None => format!("{place} {key}"),
        }
    });
    places.collect()
}

#[test]
fn every_problem_names_the_line_of_its_value_in_the_order_of_the_file() {
    let text = "# A comment.\nenvironment = \"LIVE\"\n\n[limits]\nmisses_max = \"x\"\n\
                xml_depth_max = 3 # fine\n\n\n\n[tls]\nkey = 5\n\
                [server]\nlisten = \"127.0.0.1:1\"\n\
                admin = { listen = \"here\" }\nsecrets.key = 1\n";
    let expected = [
        "file secrets.key_file",
        "2 environment",
        "5 limits.misses_max",
        "10 tls.certificate", // missing: its section's line
        "11 tls.key",
        "14 server.admin",
        "15 server.secrets",
        "environment variable PSOP_LIMITS__FEED_ROWS_MAX limits.feed_rows_max",
    ];
    let found = places(text, &[("PSOP_LIMITS__FEED_ROWS_MAX", "y")]);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    for place in expected {
        let is_there = found.iter().any(|found| found.starts_with(place));
        assert!(is_there, "{place}: {found:#?}");
    }
    let lines = found.iter().filter_map(|found| found.split(' ').next());
    let lines: Vec<usize> = lines.filter_map(|line| line.parse().ok()).collect();
    assert!(lines.is_sorted(), "{found:#?}");
}

#[test]
fn rules_over_more_than_one_value_name_lines_too() {
    let text = "[secrets]\nkey_file = \"k\"\n[admin]\nlisten = \"192.0.2.1:1\"\n[limits]\n\
                body_bytes_max = 9\nbodies_bytes_max = 8\n[store]\n";
    let found = places(&format!("environment = \"DEV\"\n{text}"), &[]);
    let expected = [
        "5 admin.listen",
        "8 limits.bodies_bytes_max",
        "9 store.path",
    ];
    assert_eq!(found, expected);
    let found = places(SMALL, &[("PSOP_STORE__CACHE_BYTES", "0")]);
    let variable = "environment variable PSOP_STORE__CACHE_BYTES store.cache_bytes";
    assert_eq!(found, [variable]);
}

#[test]
fn a_wrong_value_hides_no_rule_about_others() {
    let text = "environment = \"LIVE\"\n[limits]\nbody_bytes_max = \"x\"\nidle_timeout_ms = 5\n[tls]\n[store]\n";
    let expected = [
        "file secrets.key_file",
        "1 environment",
        "3 limits.body_bytes_max",
        "4 limits.idle_timeout_ms",
        "5 tls.certificate",
        "5 tls.key",
        "6 store.path",
    ];
    assert_eq!(places(text, &[]), expected);
    // A section that has to be there and is not.
    let text = "environment = \"DEV\"\n[secrets]\nkey_file = \"k\"\n";
    assert_eq!(places(text, &[]), ["file store.path"]);
    // A section that is refused as a whole is told once.
    let text = SMALL.replace("[secrets]\nkey_file = \"data/master.key\"\n", "");
    assert_eq!(places(&format!("secrets = 5\n{text}"), &[]), ["1 secrets"]);
}

#[test]
fn a_broken_line_is_named_and_not_quoted() {
    let text = format!("{SMALL}[store.x]\nurl = \"postgres://psop:secret@h/d\n");
    let told = load(&text).unwrap_err().to_string();
    assert!(told.contains(":7: this is not valid TOML: "), "{told}");
    assert!(!told.contains("secret") && !told.contains('\n'), "{told}");
}

#[test]
fn an_unknown_section_is_refused_even_when_empty() {
    assert_one(
        &refusal(&format!("{SMALL}[postgres]\n"), &[]),
        &["postgres", "no such key"],
    );
    assert_one(
        &refusal(&format!("server = 5\n{SMALL}"), &[]),
        &["server: invalid type"],
    );
}

#[test]
fn half_a_tls_section_is_refused() {
    assert_one(
        &refusal(&format!("{SMALL}[tls]\nkey = \"k\"\n"), &[]),
        &["tls.certificate: is missing"],
    );
    // An empty section must not mean "no TLS".
    assert_eq!(refusal(&format!("{SMALL}[tls]\n"), &[]).len(), 2);
    assert_one(
        &refusal(
            SMALL,
            &[("PSOP_TLS__KEY", "k"), ("PSOP_TLS__CERTIFICATE", "")],
        ),
        &[
            "environment variable PSOP_TLS__CERTIFICATE",
            "tls.certificate: is empty",
        ],
    );
}

#[test]
fn flag_over_variable_over_file_over_default() {
    let file = format!("{SMALL}[server]\nlisten = \"127.0.0.1:1\"\n");
    let variables = [
        ("PSOP_SERVER__LISTEN", "127.0.0.1:2"),
        ("PATH", "/bin"),
        ("PSOPX", "1"),
    ];
    let flags = Overrides {
        listen: Some("127.0.0.1:3".parse().unwrap()),
        admin_listen: Some("127.0.0.1:4".parse().unwrap()),
    };
    let port = |config: Result<Config, ConfigError>| config.unwrap().server.listen.port();
    assert_eq!(port(load(SMALL)), 8080);
    assert_eq!(port(load(&file)), 1);
    assert_eq!(port(load_with(&file, &variables, &Overrides::default())), 2);
    let config = load_with(&file, &variables, &flags).unwrap();
    assert_eq!(
        (config.server.listen.port(), config.admin.listen.port()),
        (3, 4)
    );
}

#[test]
fn variables_fill_what_the_file_leaves_out() {
    let variables = [
        ("PSOP_ENVIRONMENT", "TEST"),
        ("PSOP_STORE__PATH", "2026"),
        ("PSOP_SECRETS__KEY_FILE", "true"),
        ("PSOP_LIMITS__MISSES_MAX", "3"),
    ];
    for file in ["", "[store]\n[limits]\n"] {
        let config = load_with(file, &variables, &Overrides::default()).unwrap();
        assert_eq!(config.store.path, PathBuf::from("2026"));
        assert_eq!(config.secrets.key_file, PathBuf::from("true"));
        assert_eq!(config.limits.misses_max, 3);
    }
}

#[test]
fn a_wrong_variable_is_named() {
    for (name, value) in [
        ("PSOP_SERVER", "x"),
        ("PSOP_SERVER_LISTEN", "x"),
        ("PSOP_", ""),
        ("PSOP_LIMITS__X__Y", "1"),
    ] {
        assert_one(
            &refusal(SMALL, &[(name, value)]),
            &[&format!("environment variable {name}: there is no key")],
        );
    }
    for value in ["many", "-1", "true", "1.5", ""] {
        assert_one(
            &refusal(SMALL, &[("PSOP_LIMITS__MISSES_MAX", value)]),
            &["environment variable PSOP_LIMITS__MISSES_MAX: limits.misses_max: "],
        );
    }
    assert_one(
        &refusal(SMALL, &[("PSOP_SERVER__PUBLIC_URL", "ftp://x/")]),
        &[
            "environment variable PSOP_SERVER__PUBLIC_URL: server.public_url: ",
            "not an http or https URL",
        ],
    );
}

#[test]
fn a_public_url_is_http_or_https_with_a_host() {
    let with = |url: &str| format!("{SMALL}[server]\npublic_url = \"{url}\"\n");
    for url in [
        "http://a/xroad",
        "https://a.example.fi:8443/x?y=1",
        "HTTP://a/",
    ] {
        assert!(load(&with(url)).is_ok(), "{url}");
    }
    for url in [
        "",
        "a",
        "/xroad",
        "ftp://a/",
        "http://",
        "http:///x",
        "http://a b/",
        "https://u:p@a/",
        "http://:80/x",
    ] {
        assert_one(&refusal(&with(url), &[]), &["server.public_url"]);
    }
}

#[test]
fn the_two_listeners_need_two_addresses() {
    let text = format!("{SMALL}[admin]\nlisten = \"127.0.0.1:8080\"\n");
    assert_one(
        &refusal(&text, &[]),
        &["admin.listen", "choose another port"],
    );
    let both = Some("127.0.0.1:0".parse().unwrap());
    assert!(
        load_with(
            SMALL,
            &[],
            &Overrides {
                listen: both,
                admin_listen: both
            }
        )
        .is_ok()
    );
}

#[test]
fn no_cache_is_refused() {
    let text = SMALL.replace("[secrets]", "cache_bytes = 0\n[secrets]");
    assert_one(&refusal(&text, &[]), &["store.cache_bytes"]);
}

#[test]
fn a_file_that_is_absent_or_not_toml_is_named() {
    let missing = Config::load(
        Path::new("/nowhere/psop.toml"),
        std::iter::empty(),
        &Overrides::default(),
    );
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("cannot read the configuration file /nowhere/psop.toml")
    );
    let broken = load("environment = \n").unwrap_err();
    assert!(matches!(broken, ConfigError::Syntax { .. }));
    assert!(
        broken.to_string().contains(":1: this is not valid TOML"),
        "{broken}"
    );
}

#[test]
fn the_admin_listener_beyond_loopback_needs_certificate_and_key() {
    let admin = |lines: &str| format!("{SMALL}[admin]\n{lines}\n");
    let pair = "certificate = \"a.pem\"\nkey = \"b.pem\"";
    for good in [
        "listen = \"[::1]:0\"".to_owned(),
        "listen = \"127.8.8.8:0\"".to_owned(),
        format!("listen = \"0.0.0.0:8081\"\n{pair}"),
        pair.to_owned(),
    ] {
        let config = load(&admin(&good)).unwrap();
        assert_eq!(config.admin.tls().is_some(), good.contains("key"), "{good}");
    }
    for (bad, key) in [
        ("listen = \"0.0.0.0:8081\"", "admin.listen"),
        ("listen = \"192.0.2.1:8081\"", "admin.listen"),
        ("listen = \"[::]:8081\"", "admin.listen"),
        (
            "listen = \"0.0.0.0:1\"\nkey = \"b.pem\"",
            "admin.certificate",
        ),
        ("certificate = \"a.pem\"", "admin.key"),
        ("certificate = \"\"\nkey = \"b.pem\"", "admin.certificate"),
    ] {
        assert_one(&refusal(&admin(bad), &[]), &[key]);
    }
}

#[test]
fn admin_hosts_are_names_without_ports_also_from_a_variable() {
    let hosts = |text: &str| {
        let variables = [("PSOP_ADMIN__HOSTS", text)];
        load_with(SMALL, &variables, &Overrides::default()).map(|config| config.admin.hosts)
    };
    let given = "admin.example.fi, 192.0.2.1,[2001:db8::1]";
    let expected = ["admin.example.fi", "192.0.2.1", "[2001:db8::1]"];
    assert_eq!(hosts(given).unwrap(), expected);
    assert_eq!(hosts("").unwrap(), [""; 0]);
    for wrong in ["a:1", "a b", "https://a", "a/b", "x@a", "2001:db8::1"] {
        let problems = refusal(SMALL, &[("PSOP_ADMIN__HOSTS", wrong)]);
        assert_one(&problems, &["admin.hosts", "PSOP_ADMIN__HOSTS", wrong]);
    }
}
