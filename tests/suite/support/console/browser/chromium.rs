//! Where Chromium is, and the program by which it is driven: installed, or unpacked for the tests.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::postgres::debian::{self, children};

/// The browser, its driver, and the environment that they need where they are not installed.
pub struct Installation {
    pub browser: PathBuf,
    pub driver: PathBuf,
    pub environment: Vec<(&'static str, OsString)>,
}

static FOUND: LazyLock<Result<Installation, String>> = LazyLock::new(find);

pub fn installation() -> &'static Installation {
    FOUND.as_ref().unwrap_or_else(|why| panic!("{why}"))
}

/// What is installed; without it, on Debian and what comes of it, what its packages have.
fn find() -> Result<Installation, String> {
    installed().map_or_else(unpacked, Ok).map_err(|why| {
        format!(
            "The tests of the console need Chromium and chromedriver, which are not installed ({why}).\n\
             Install them (Debian: apt-get install chromium chromium-driver)."
        )
    })
}

fn installed() -> Option<Installation> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = |names: &[&str]| {
        let places = names.iter().flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)));
        places.into_iter().find(|program| runs(program, &[]))
    };
    let browser = on_path(&["chromium", "chromium-browser", "google-chrome"])?;
    Some(Installation { browser, driver: on_path(&["chromedriver"])?, environment: Vec::new() })
}

/// Both come with the driver's package; libraries and fonts that the machine lacks, too.
fn unpacked() -> Result<Installation, String> {
    let folder = debian::unpacked("chromium-driver")?;
    let libraries = ["lib", "usr/lib"].into_iter().flat_map(|libraries| children(&folder.join(libraries)));
    let libraries = libraries.filter(|path| path.to_string_lossy().contains("-linux-gnu"));
    let libraries = libraries.flat_map(|path| [path.join("pulseaudio"), path]);
    let libraries = env::join_paths(libraries.filter(|path| path.is_dir())).map_err(|error| error.to_string())?;
    let fonts = folder.join("fonts.conf");
    fs::write(&fonts, font_configuration(&folder)).map_err(|error| format!("{}: {error}", fonts.display()))?;
    let environment = vec![("LD_LIBRARY_PATH", libraries), ("FONTCONFIG_FILE", fonts.into())];
    // Not the script in usr/bin, which looks for the rest where it would be installed.
    let [browser, driver] = ["usr/lib/chromium/chromium", "usr/bin/chromedriver"].map(|name| folder.join(name));
    for program in [&browser, &driver] {
        if !runs(program, &environment) {
            return Err(format!("{} does not run", program.display()));
        }
    }
    Ok(Installation { browser, driver, environment })
}

fn font_configuration(folder: &Path) -> String {
    let fonts = folder.join("usr/share/fonts");
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig><dir>{}</dir><dir>/usr/share/fonts</dir>\
         <alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias></fontconfig>",
        fonts.display()
    )
}

fn runs(program: &Path, environment: &[(&'static str, OsString)]) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").envs(environment.iter().map(|(name, value)| (name, value)));
    version.output().is_ok_and(|output| output.status.success())
}
