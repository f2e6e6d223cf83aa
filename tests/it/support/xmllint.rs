//! xmllint: a parser and schema validator that is not ours. A test that needs it fails without it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::root;

/// A schema of `xsd/`.
pub fn schema(file: &str) -> PathBuf {
    root().join("xsd").join(file)
}

fn run(arguments: &[&Path]) -> Output {
    Command::new("xmllint")
        .args(["--noout", "--nonet"])
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "xmllint does not run ({error}): apt-get install libxml2-utils, or run `make test`"
            )
        })
}

/// Whether each of `files` is well-formed, names and namespaces included.
pub fn are_well_formed(files: &[PathBuf]) -> Vec<bool> {
    let arguments: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let said = String::from_utf8_lossy(&run(&arguments).stderr).into_owned();
    files
        .iter()
        .map(|file| {
            let begin = format!("{}:", file.display());
            !said
                .lines()
                .any(|line| line.starts_with(&begin) && !line.contains(" warning : "))
        })
        .collect()
}

/// Whether `schema` accepts each of `files`, which must all be well-formed.
pub fn are_valid(schema: &Path, files: &[PathBuf]) -> Vec<bool> {
    let mut arguments = vec![Path::new("--schema"), schema];
    arguments.extend(files.iter().map(PathBuf::as_path));
    let output = run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: std::collections::HashSet<&str> = said.lines().collect();
    files
        .iter()
        .map(|file| {
            let file = file.display();
            match (
                lines.contains(&*format!("{file} validates")),
                lines.contains(&*format!("{file} fails to validate")),
            ) {
                (true, false) => true,
                (false, true) => false,
                _ => panic!("xmllint gave no verdict on {file}: {said}"),
            }
        })
        .collect()
}

/// What xmllint finds wrong with one file, by `schema`; nothing when it is valid.
pub fn complaints(schema: &Path, file: &Path) -> Option<String> {
    let output = run(&[Path::new("--schema"), schema, file]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_valid =
        output.status.success() && said.trim() == format!("{} validates", file.display());
    (!is_valid).then_some(said)
}

/// What xmllint finds wrong with a schema itself; nothing when it can be used.
pub fn schema_complaints(schema: &Path, scratch: &Path) -> Option<String> {
    // Compiling a schema needs a document; one that no schema declares is enough.
    let document = scratch.join("nothing.xml");
    std::fs::write(&document, "<nothing-that-any-schema-declares/>").unwrap();
    let output = run(&[Path::new("--schema"), schema, &document]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // 3: invalid against a schema that could be used; 5: the schema could not be compiled.
    let others: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("nothing.xml"))
        .collect();
    (output.status.code() != Some(3) || !others.is_empty()).then_some(said)
}
