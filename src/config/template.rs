//! The configuration to begin with: one commented file with every key, which the package installs and `config init`
//! prints. It stands in `security-server-config/psop-adapter.toml`; tests hold it complete and true.

use super::Environment;

const TEMPLATE: &str = include_str!("../../security-server-config/psop-adapter.toml");
/// The line that says what the installation is for.
const ENVIRONMENT: &str = "environment = \"TEST\"";

/// The text of a configuration with every key: those without a default set, the others as comments.
pub fn template(environment: Environment) -> String {
    let name = match environment {
        Environment::Dev => "DEV",
        Environment::Test => "TEST",
        Environment::Prod => "PROD",
    };
    TEMPLATE.replacen(ENVIRONMENT, &format!("environment = \"{name}\""), 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write as _;

    use toml::{Table, Value};

    use super::super::keys::{Key, leaves};
    use super::super::load::sample;
    use super::super::*;
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Config::load(file.path(), std::iter::empty(), &Overrides::default())
    }

    /// The template with every key that stands as a comment (`#key`, where prose is `# Words`) laid open.
    fn laid_open() -> String {
        let lines = TEMPLATE.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|first: char| first.is_alphabetic() || first == '[') => {
                rest
            }
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn leaves_of(config: &Config) -> BTreeMap<Key, Value> {
        leaves(&Table::try_from(config).unwrap())
            .into_iter()
            .collect()
    }

    /// What stands where the template sets nothing.
    fn defaults(environment: Environment) -> Config {
        Config {
            environment,
            clock: None,
            server: Server::default(),
            admin: Admin::default(),
            store: Store {
                path: "/var/lib/psop-adapter/store".into(),
                url: None,
                password_file: None,
                ca_file: None,
                ..Store::sample()
            },
            secrets: Secrets {
                key_file: "/etc/psop-adapter/master.key".into(),
            },
            tls: None,
            mandate: None,
            limits: Limits::default(),
            retention: Retention::default(),
            log: Log::default(),
            traces: None,
        }
    }

    #[test]
    fn the_template_is_accepted_and_sets_nothing_but_the_defaults() {
        for environment in [Environment::Dev, Environment::Test] {
            assert_eq!(load(&template(environment)).unwrap(), defaults(environment));
        }
        // Production may want what only its operator can decide; then it says so by keys that stand in the template.
        match load(&template(Environment::Prod)) {
            Ok(config) => assert_eq!(config, defaults(Environment::Prod)),
            Err(ConfigError::Refused { problems }) => {
                for problem in problems {
                    let key = problem.split(": ").nth(1).unwrap();
                    let key: Key = key.split('.').map(str::to_owned).collect();
                    assert!(leaves_of(&sample()).contains_key(&key), "{problem}");
                }
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_template_has_every_key_there_is_and_no_other() {
        let written: Table = laid_open().parse().unwrap();
        let written: Vec<Key> = leaves(&written).into_iter().map(|(key, _)| key).collect();
        let expected = leaves_of(&sample());
        for key in expected.keys() {
            assert!(
                written.contains(key),
                "security-server-config/psop-adapter.toml lacks `{}`: add it there as a comment, `#key = default`, with \
                 a line on what it is",
                key.join(".")
            );
        }
        for key in &written {
            assert!(
                expected.contains_key(key),
                "security-server-config/psop-adapter.toml has `{}`, which is no key: remove it there",
                key.join(".")
            );
        }
    }

    #[test]
    fn what_the_template_shows_as_a_comment_is_the_default_or_at_least_taken() {
        let open = load(&laid_open()).unwrap();
        let open = leaves_of(&open);
        for (key, default) in leaves_of(&defaults(Environment::Test)) {
            let is_list = default.is_array(); // an empty one shows nothing of its form
            assert!(
                is_list || open[&key] == default,
                "{}: not {default}",
                key.join(".")
            );
        }
        for (key, default) in leaves(&Table::try_from(Mandate::sample()).unwrap()) {
            if default.is_integer() {
                let key = [vec!["mandate".to_owned()], key].concat();
                assert_eq!(open[&key], default, "{}", key.join("."));
            }
        }
    }
}
