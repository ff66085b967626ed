//! The quickstart: the commands and the code of the page, against a server.

use std::fs;
use std::path::Path;

use crate::support::python::Python;
use crate::support::server::TestServer;
use crate::support::store;

/// Where the page's server is.
const ADDRESS: &str = "127.0.0.1:50051";

/// The first block of a language on the page.
fn block<'p>(page: &'p str, language: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// The contract's files, as the shell names them.
fn contract(place: &Path) -> Vec<String> {
    let files = fs::read_dir(place.join("proto/deltabook/v1")).unwrap();
    let name = |file: fs::DirEntry| format!("proto/deltabook/v1/{}", file.file_name().to_str().unwrap());
    let mut names: Vec<String> = files.map(|file| name(file.unwrap())).collect();
    names.sort();
    names
}

#[tokio::test]
async fn quickstart_in_python_prints_what_the_page_shows() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(place.join("docs/quickstart.md")).unwrap();
    let [_, install, generate] = block(&page, "sh").lines().collect::<Vec<_>>()[..] else {
        panic!("the page has other commands than a venv, an installation and a generator")
    };
    assert_eq!(install, "venv/bin/pip install grpcio grpcio-tools");
    let server = TestServer::start(store::sqlite()).await;
    let code = block(&page, "python");
    assert_eq!(code.matches(ADDRESS).count(), 1);
    let code = code.replace(ADDRESS, &server.address.to_string());
    let generate = generate.strip_prefix("venv/bin/python ").unwrap().to_owned();
    // The server goes on meanwhile.
    let output = tokio::task::spawn_blocking(move || {
        let python = Python::with(&[("grpcio", "grpc"), ("grpcio-tools", "grpc_tools.protoc")]);
        let python = python.unwrap_or_else(|why| panic!("{why}"));
        let folder = tempfile::tempdir().unwrap();
        let include = format!("-I{}", place.join("proto").display());
        let files = contract(place).into_iter().map(|file| place.join(file).to_str().unwrap().to_owned());
        let arguments: Vec<String> = generate
            .replace("-Iproto", &include)
            .split(' ')
            .filter(|word| *word != "proto/deltabook/v1/*.proto")
            .map(str::to_owned)
            .chain(files)
            .collect();
        python.run(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        fs::write(folder.path().join("quickstart.py"), code).unwrap();
        python.run(folder.path(), &["quickstart.py"])
    });
    assert_eq!(output.await.unwrap(), block(&page, "text"));
    server.finish().await;
}
