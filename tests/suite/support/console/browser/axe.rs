//! axe-core looks at pages for what keeps people out. It comes from the npm registry, once, and only if it is what it was.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha512};

use super::Browser;

const VERSION: &str = "4.14.1";
/// Of the package, as the registry gives it: SHA-512.
const INTEGRITY: &str = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==";

static SCRIPT: LazyLock<Result<String, String>> = LazyLock::new(script);

/// What axe-core has against the page: how bad, which rule, and where.
pub async fn violations(browser: &Browser) -> Vec<(String, String)> {
    let script = SCRIPT.as_ref().unwrap_or_else(|why| panic!("{why}"));
    if browser.run("return typeof axe", json!([])).await != "object" {
        browser.run(script, json!([])).await;
    }
    let run = "
        const done = arguments[arguments.length - 1];
        axe.run({ resultTypes: ['violations'], preload: false })
            .then(found => done(found.violations.map(it => [it.impact, `${it.id}: ${it.help}: ${it.nodes.map(node =>
                node.target.join(' ') + ' ' + (node.any[0] || node.all[0] || node.none[0] || {}).message).join('; ')}`])))
            .catch(error => done([['critical', String(error)]]));";
    let found = browser.run_async(run, json!([])).await;
    let found: Vec<(Option<String>, String)> = serde_json::from_value(found).unwrap();
    found.into_iter().map(|(impact, what)| (impact.unwrap_or_default(), what)).collect()
}

fn script() -> Result<String, String> {
    let package = package().map_err(|why| {
        format!(
            "The tests of the console need axe-core {VERSION}, which npm or curl gets from registry.npmjs.org ({why}).\n\
             Where there is no network, put axe-core-{VERSION}.tgz into {}.",
            env::temp_dir().display()
        )
    })?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzOf").arg(package).arg("package/axe.min.js");
    let unpacked = unpack.output().map_err(|error| format!("tar: {error}"))?;
    String::from_utf8(unpacked.stdout).map_err(|error| error.to_string())
}

/// The package in the folder of temporary files, where it stays.
fn package() -> Result<PathBuf, String> {
    let name = format!("axe-core-{VERSION}.tgz");
    let lasting = env::temp_dir().join(&name);
    // Another user can have put something in that place.
    if is_genuine(&lasting) {
        return Ok(lasting);
    }
    let fresh = tempfile::Builder::new().prefix("deltabook-download-").tempdir().unwrap();
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", &format!("axe-core@{VERSION}")]);
    let mut curl = Command::new("curl");
    curl.args(["-sSfLO", &format!("https://registry.npmjs.org/axe-core/-/{name}")]);
    let mut why = String::new();
    for mut download in [npm, curl] {
        let program = download.get_program().to_string_lossy().into_owned();
        match download.current_dir(fresh.path()).output() {
            Ok(output) if output.status.success() && is_genuine(&fresh.path().join(&name)) => {
                // By way of the same folder: there is a whole file there, or none.
                let whole = tempfile::NamedTempFile::new_in(env::temp_dir()).unwrap();
                fs::copy(fresh.path().join(&name), whole.path()).unwrap();
                whole.persist(&lasting).map_err(|error| error.to_string())?;
                return Ok(lasting);
            }
            Ok(output) => why = format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()),
            Err(error) => why = format!("{program}: {error}"),
        }
    }
    Err(why)
}

fn is_genuine(package: &Path) -> bool {
    fs::read(package).is_ok_and(|bytes| STANDARD.encode(Sha512::digest(&bytes)) == INTEGRITY)
}
