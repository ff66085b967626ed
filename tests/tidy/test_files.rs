//! No file of tests is left out: each is declared in the file of its folder that lists them.

use super::files::below;

#[test]
fn each_file_of_tests_is_declared() {
    let files: Vec<_> = ["tests/domain", "tests/suite", "tests/tidy"].iter().flat_map(|it| below(it, "rs")).collect();
    let mut left_out = Vec::new();
    for file in &files {
        let (folder, name) = file.path.rsplit_once('/').unwrap();
        let name = name.trim_end_matches(".rs");
        let (folder, name) = if name == "mod" { folder.rsplit_once('/').unwrap() } else { (folder, name) };
        let is_list = |path: &str| {
            [".rs", "/main.rs", "/mod.rs", "/conformance.rs"].iter().any(|list| path == format!("{folder}{list}"))
        };
        let declares = |text: &str| {
            let path = format!("{}/{name}", folder.rsplit('/').next().unwrap());
            text.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")))
                || text.contains(&format!("#[path = \"{name}.rs\"]"))
                || text.contains(&format!("#[path = \"{path}.rs\"]"))
        };
        let is_root = file.path.ends_with("/main.rs");
        let in_own_folder = files.iter().any(|list| is_list(&list.path) && declares(&list.text));
        let in_parent = name == "conformance"
            && files.iter().any(|list| list.path == "tests/suite/conformance.rs" && declares(&list.text));
        let on_each = name == "conformance" && folder == "tests/suite";
        if !is_root && !in_own_folder && !in_parent && !on_each {
            left_out.push(file.path.as_str());
        }
    }
    assert!(left_out.is_empty(), "{left_out:?}");
}
