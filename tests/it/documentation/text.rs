//! Documents as their reader sees them: headings, links, code.

use std::path::{Path, PathBuf};

use crate::support::root;

/// A document, by its path from the project's root.
pub struct Document {
    pub path: String,
    pub text: String,
}

/// Every document that people read.
pub fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    for folder in ["", "docs", "tests/interop", "security-server-config"] {
        collect(&root().join(folder), !folder.is_empty(), &mut paths);
    }
    paths.sort();
    let documents = paths.into_iter().map(|path| Document {
        text: std::fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(root()).unwrap().display().to_string(),
    });
    documents.collect()
}

fn collect(folder: &Path, goes_deeper: bool, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && goes_deeper {
            collect(&path, true, paths);
        } else if path.extension().is_some_and(|end| end == "md") {
            paths.push(path);
        }
    }
}

/// A fenced block of code.
pub struct Block {
    pub language: String,
    pub text: String,
}

impl Document {
    /// Where its links lead, as written.
    pub fn links(&self) -> Vec<&str> {
        let prose = self.text.split("](").skip(1);
        prose.filter_map(|rest| rest.split(')').next()).collect()
    }

    /// What its headings are called in links.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| anchor(line.trim_start_matches('#').trim()))
            .collect()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for line in self.text.lines() {
            let fence = line.trim_start().strip_prefix("```");
            match (fence, open.take()) {
                (Some(language), None) => {
                    open = Some(Block {
                        language: language.to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(block)) => blocks.push(block),
                (None, Some(mut block)) => {
                    block.text.push_str(line.trim_start());
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.path);
        blocks
    }

    /// Code within its sentences, in one line each.
    pub fn inline_code(&self) -> Vec<String> {
        let mut is_block = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_block = !is_block;
            } else if !is_block {
                prose.push_str(line.trim());
                prose.push(' ');
            }
        }
        let parts = prose.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    }
}

/// A heading as GitHub names it in links.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
