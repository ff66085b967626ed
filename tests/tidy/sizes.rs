//! Files, functions and folders stay small.

use std::collections::BTreeMap;

use super::files::{File, below, source};

const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 60;
const LARGEST_FOLDER: usize = 14;

/// Folders that are too large and not mended yet, with the files that they may have.
const NOT_YET: [(&str, usize); 3] = [("benches/store", 16), ("src/cli", 17), ("src/grpc/wire", 15)];
/// Files with a longer function that are not mended yet.
const LONG_YET: [&str; 1] = ["src/grpc/server.rs"];

/// The code of the crate, its tests and its benchmarks.
fn all() -> Vec<File> {
    ["src", "tests", "benches"].iter().flat_map(|folder| below(folder, "rs")).collect()
}

/// The functions of a file that are longer than the limit, by their first lines. The formatter puts the end of a function
/// where its beginning is indented.
fn long_functions(file: &File) -> Vec<String> {
    let lines: Vec<&str> = file.without_tests().lines().collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut long = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().take_while(|word| *word != "fn").collect();
        let is_function = line.split_whitespace().nth(words.len()) == Some("fn")
            && words.iter().all(|word| word.starts_with("pub") || ["async", "const", "unsafe"].contains(word));
        if !is_function || line.trim_end().ends_with([';', '}']) {
            continue;
        }
        let end = lines[index..].iter().position(|it| it.trim_end() == format!("{}}}", " ".repeat(indentation(line))));
        if end.is_some_and(|end| end >= LONGEST_FUNCTION) {
            long.push(format!("{}:{}: {} lines", file.path, index + 1, end.unwrap() + 1));
        }
    }
    long
}

#[test]
fn files_stay_below_500_lines() {
    let lengths = all().into_iter().map(|file| (file.text.lines().count(), file.path));
    let long: Vec<_> = lengths.filter(|(lines, _)| *lines > LONGEST_FILE).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn functions_stay_below_60_lines() {
    let files = source().into_iter().filter(|file| !LONG_YET.contains(&file.path.as_str()));
    let long: Vec<String> = files.flat_map(|file| long_functions(&file)).collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn folders_stay_below_14_files() {
    let files = all();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        *counts.entry(file.folder()).or_default() += 1;
    }
    let allowed = |folder: &str| NOT_YET.iter().find(|(name, _)| *name == folder).map_or(LARGEST_FOLDER, |it| it.1);
    let large: Vec<_> = counts.iter().filter(|(folder, count)| **count > allowed(folder)).collect();
    assert!(large.is_empty(), "{large:?}");
}

#[test]
fn a_long_function_is_found() {
    let body = "        step();\n".repeat(LONGEST_FUNCTION - 2);
    let file = |body: &str| File {
        path: "it.rs".to_owned(),
        text: format!("impl It {{\n    pub(super) async fn run(&self) {{\n{body}    }}\n}}\n"),
    };
    assert!(long_functions(&file(&body)).is_empty());
    assert_eq!(long_functions(&file(&format!("{body}        step();\n"))), ["it.rs:2: 61 lines"]);
}
