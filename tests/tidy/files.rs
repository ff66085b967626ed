//! The files of the project, and the parts of their text.

use std::fs;
use std::path::{Path, PathBuf};

/// A file with its path from the root of the project.
pub struct File {
    pub path: String,
    pub text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder with an ending, by path.
pub fn below(folder: &str, ending: &str) -> Vec<File> {
    let mut paths = Vec::new();
    collect(&root().join(folder), ending, &mut paths);
    paths.sort();
    paths.iter().map(|path| read(path.strip_prefix(root()).unwrap().to_str().unwrap())).collect()
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
}

pub fn read(path: &str) -> File {
    File { path: path.to_owned(), text: fs::read_to_string(root().join(path)).unwrap() }
}

pub fn source() -> Vec<File> {
    below("src", "rs")
}

impl File {
    /// The folder or file directly below `src` in which it is, or the folder beside `src`.
    pub fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The folder in which it is.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The text without its unit tests.
    pub fn without_tests(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests").next().unwrap()
    }

    /// The code without its unit tests and comments.
    pub fn code(&self) -> String {
        let lines = self.without_tests().lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The comment of a line, without its slashes.
pub fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("//") {
        return Some(rest.trim_start_matches(['/', '!']).trim_start());
    }
    line.split_once(" // ").map(|(_, rest)| rest)
}
