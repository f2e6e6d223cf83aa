//! The files that a configuration names. It opens none of them.

use std::path::Path;

use super::Config;

impl Config {
    /// Every file that the program reads at its start, by the key that names it.
    pub fn files(&self) -> Vec<(&'static str, &Path)> {
        let tls = self.tls.as_ref();
        let mandate = self.mandate.as_ref();
        let named = [
            ("secrets.key_file", Some(&self.secrets.key_file)),
            ("tls.certificate", tls.map(|tls| &tls.certificate)),
            ("tls.key", tls.map(|tls| &tls.key)),
            ("admin.certificate", self.admin.certificate.as_ref()),
            ("admin.key", self.admin.key.as_ref()),
            ("store.password_file", self.store.password_file.as_ref()),
            ("store.ca_file", self.store.ca_file.as_ref()),
            ("mandate.key_file", mandate.map(|mandate| &mandate.key_file)),
            (
                "mandate.ca_file",
                mandate.and_then(|mandate| mandate.ca_file.as_ref()),
            ),
        ];
        let pins = tls.iter().flat_map(|tls| &tls.client_pins);
        let given = named.into_iter();
        given
            .filter_map(|(key, path)| Some((key, path?.as_path())))
            .chain(pins.map(|path| ("tls.client_pins", path.as_path())))
            .collect()
    }

    pub(super) fn empty_paths(&self) -> Vec<String> {
        let files = self.files().into_iter();
        let empty = files.filter(|(_, path)| path.as_os_str().is_empty());
        empty
            .map(|(key, _)| format!("{key}: is empty: write a path"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::sample;

    #[test]
    fn every_file_that_is_named_by_nothing_is_told() {
        let mut config = sample();
        assert_eq!(config.files().len(), 10);
        assert_eq!(config.empty_paths(), [""; 0]);
        config.store.ca_file = Some("".into());
        if let Some(mandate) = &mut config.mandate {
            mandate.key_file = "".into();
        }
        let told = [
            "store.ca_file: is empty: write a path",
            "mandate.key_file: is empty: write a path",
        ];
        assert_eq!(config.empty_paths(), told);
    }
}
