//! A browser of a test's own, driven as the WebDriver standard has it; what that has not, Chromium's own protocol has.

pub mod axe;
mod chromium;

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use self::chromium::installation;
use super::client;
use crate::support::postgres::server::free_port;
use crate::support::wait::{PATIENCE, until};

/// How the standard names elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Starts the driver. When its input ends, for whatever reason, it ends the driver and the browsers that the driver has
/// started, and removes its folder.
const KEEPER: &str = r#"
"$DRIVER" --port="$PORT" >driver.log 2>&1 & driver=$!
read -r _
browsers=$(cat /proc/$driver/task/*/children)
kill -9 $driver $browsers
wait $driver
for browser in $browsers; do while kill -0 $browser; do sleep .05; done; done
cd / && rm -rf "$FOLDER"
"#;

/// On every page before its own scripts, if it had any: who runs what must not run is found out.
const ALARM: &str = "
    window.alarms = [];
    window.ran = what => window.alarms.push('ran: ' + what);
    document.addEventListener('securitypolicyviolation', event =>
        window.alarms.push(`${event.violatedDirective} broken by ${event.blockedURI}`));";

/// A browser with one window.
pub struct Browser {
    client: Client,
    /// Of the driver's session.
    session: String,
    /// Where the pages are.
    site: String,
    folder: PathBuf,
    keeper: Child,
    /// Open as long as the browser is to live. None only while it ends.
    lives: Option<ChildStdin>,
}

/// Something on a page.
pub struct Element(String);

/// A colour scheme and a size of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    pub name: &'static str,
    pub scheme: &'static str,
    pub width: u32,
    pub height: u32,
}

pub const LOOKS: [Look; 4] = [
    Look { name: "light-desktop", scheme: "light", width: 1280, height: 900 },
    Look { name: "dark-desktop", scheme: "dark", width: 1280, height: 900 },
    Look { name: "light-phone", scheme: "light", width: 390, height: 844 },
    Look { name: "dark-phone", scheme: "dark", width: 390, height: 844 },
];

impl Browser {
    /// On the pages of a server, of which it has shown none yet.
    pub async fn open(site: &str) -> Self {
        let installation = installation();
        let folder = tempfile::Builder::new().prefix("deltabook-browser-").tempdir().unwrap().keep();
        let port = free_port();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER]).current_dir(&folder);
        keeper.env("DRIVER", &installation.driver).env("PORT", port.to_string()).env("FOLDER", &folder);
        keeper.env("HOME", &folder).env("TMPDIR", &folder);
        keeper.envs(installation.environment.iter().map(|(name, value)| (name, value)));
        // Ctrl-C is for the tests, and their end is for the keeper.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().unwrap();
        let lives = keeper.stdin.take();
        let client = client::client();
        let session = String::new();
        let mut browser = Self { client, session, site: site.to_owned(), folder, keeper, lives };
        browser.begin(&format!("http://127.0.0.1:{port}/session")).await;
        browser
    }

    /// Waits for the driver, and lets it start the browser.
    async fn begin(&mut self, sessions: &str) {
        until(async || self.client.get(sessions.replace("/session", "/status")).send().await).await;
        let profile = format!("--user-data-dir={}", self.folder.join("profile").display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
            &profile,
        ];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": installation().browser, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let began = self.ask(Method::POST, sessions, &capabilities).await;
        let id = began
            .get("sessionId")
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("Chromium does not start: {began}"));
        self.session = format!("{sessions}/{id}");
        self.protocol("Page.addScriptToEvaluateOnNewDocument", json!({ "source": ALARM })).await;
        self.look(LOOKS[0]).await;
    }

    async fn ask(&self, method: Method, url: &str, body: &Value) -> Value {
        let request = self.client.request(method.clone(), url).timeout(PATIENCE);
        let request = if method == Method::GET { request } else { request.body(body.to_string()) };
        let answer = request.send().await.unwrap().text().await.unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        answer.get_mut("value").unwrap().take()
    }

    /// Lets the driver do something in the session; it must succeed.
    #[track_caller]
    fn does(&self, path: &str, body: Value) -> impl Future<Output = Value> {
        let place = std::panic::Location::caller();
        let url = format!("{}/{path}", self.session);
        async move {
            let answer = self.ask(Method::POST, &url, &body).await;
            assert!(answer.get("error").is_none(), "{place}: {answer}");
            answer
        }
    }

    /// A command of Chromium's own protocol.
    pub async fn protocol(&self, command: &str, parameters: Value) -> Value {
        self.does("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    /// From now on, pages are looked at like this.
    pub async fn look(&self, look: Look) {
        let features = json!([{ "name": "prefers-color-scheme", "value": look.scheme }]);
        self.protocol("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let is_phone = look.width < 500;
        let screen = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": is_phone });
        self.protocol("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Opens a page by its path.
    pub async fn goto(&self, path: &str) {
        self.does("url", json!({ "url": format!("{}{path}", self.site) })).await;
    }

    /// The path and the query of the page.
    pub async fn path(&self) -> String {
        let path = self.run("return location.pathname + location.search", json!([])).await;
        path.as_str().unwrap().to_owned()
    }

    /// What a script gives that is none of the page's.
    pub async fn run(&self, script: &str, arguments: Value) -> Value {
        self.does("execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// The same, of a script that calls its last argument when it is done.
    pub async fn run_async(&self, script: &str, arguments: Value) -> Value {
        self.does("execute/async", json!({ "script": script, "args": arguments })).await
    }

    /// The one thing that an XPath finds.
    #[track_caller]
    pub fn one(&self, xpath: &str) -> impl Future<Output = Element> {
        let found = self.does("elements", json!({ "using": "xpath", "value": xpath }));
        let (place, xpath) = (std::panic::Location::caller(), xpath.to_owned());
        async move {
            let found = found.await;
            if let [one] = found.as_array().unwrap().as_slice() {
                return Element(one.get(ELEMENT).unwrap().as_str().unwrap().to_owned());
            }
            let page = self.run("return document.body.innerText", json!([])).await;
            panic!("{place}: not one {xpath} on {}:\n{page}", self.path().await);
        }
    }

    pub async fn click(&self, xpath: &str) {
        let Element(id) = self.one(xpath).await;
        self.does(&format!("element/{id}/click"), json!({})).await;
    }

    /// Clicks on what leads to another page.
    pub async fn follow(&self, xpath: &str) {
        self.leaves(self.click(xpath)).await;
    }

    /// Runs what leads to another page.
    pub async fn run_away(&self, script: &str, arguments: Value) {
        self.leaves(async { drop(self.run(script, arguments).await) }).await;
    }

    /// Does what leads to another page, and waits until that is there. The driver waits too, but not for forms that take
    /// a moment to be sent.
    pub async fn leaves(&self, by: impl Future<Output = ()>) {
        self.run("window.isLeft = true", json!([])).await;
        by.await;
        until(async || {
            let is_old = self.run("return window.isLeft || document.readyState !== 'complete'", json!([])).await;
            if is_old == true { Err(self.path().await) } else { Ok(()) }
        })
        .await;
    }

    pub async fn write(&self, xpath: &str, text: &str) {
        let Element(id) = self.one(xpath).await;
        self.does(&format!("element/{id}/clear"), json!({})).await;
        self.does(&format!("element/{id}/value"), json!({ "text": text })).await;
    }

    /// Presses a key, as if the keyboard were there.
    pub async fn press(&self, key: &str) {
        let keys = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.does("actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": keys }] })).await;
    }

    /// The text of the one thing that an XPath finds, as it is to be seen.
    pub async fn text(&self, xpath: &str) -> String {
        let Element(id) = self.one(xpath).await;
        let text = self.run("return arguments[0].innerText", json!([{ ELEMENT: id }])).await;
        text.as_str().unwrap().trim().to_owned()
    }

    /// The page as a picture (PNG), from its top to its end, or as far as makes sense.
    pub async fn picture(&self) -> Vec<u8> {
        let clip = "return { x: 0, y: 0, scale: 1, width: document.documentElement.clientWidth,
            height: Math.min(document.documentElement.scrollHeight, 2400) }";
        let clip = self.run(clip, json!([])).await;
        let taken =
            self.protocol("Page.captureScreenshot", json!({ "clip": clip, "captureBeyondViewport": true })).await;
        STANDARD.decode(taken.get("data").unwrap().as_str().unwrap()).unwrap()
    }

    /// What ran on the page that must not run, and what its security policy kept from it.
    pub async fn alarms(&self) -> Vec<String> {
        let alarms = self.run("return window.alarms", json!([])).await;
        alarms.as_array().unwrap().iter().map(|alarm| alarm.as_str().unwrap().to_owned()).collect()
    }

    /// What the browser has complained about since it was asked last.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.does("se/log", json!({ "type": "browser" })).await;
        log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.lives = None;
        let _status = self.keeper.wait();
    }
}

#[tokio::test]
async fn browser_leaves_nothing_behind() {
    let browser = Browser::open("data:text/html,").await;
    browser.goto("<h1>Here</h1>").await;
    assert_eq!(browser.text("//h1").await, "Here");
    let folder = browser.folder.clone();
    let is_ours = || {
        let commands = fs::read_dir("/proc").unwrap().flatten().map(|process| process.path().join("cmdline"));
        let texts = commands.filter_map(|path| {
            let mut text = String::new();
            fs::File::open(path).ok()?.read_to_string(&mut text).ok()?;
            Some(text)
        });
        texts.into_iter().any(|text| text.contains(folder.to_str().unwrap()))
    };
    assert!(is_ours());
    drop(browser);
    assert!(!folder.exists() && !is_ours());
}
