//! Golden files: texts that a test compares. `UPDATE_GOLDEN=1 cargo test …` writes them instead: look at what changed.

use std::path::{Path, PathBuf};
use std::{env, fs};

const UPDATE: &str = "UPDATE_GOLDEN";

/// A file or a folder of the golden files.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares a text with its file.
#[track_caller]
pub fn check(file: &Path, text: &str) {
    if env::var_os(UPDATE).is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let golden = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(golden, text, "{} has another text; {UPDATE}=1 writes it", file.display());
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
