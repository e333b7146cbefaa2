//! A real Chromium, driven by the visible text of the page.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    error::{CmdError, ErrorStatus},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Maximum time for something to appear. It is a limit, not a pause.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts a ChromeDriver, and returns it with its port.
///
/// With `--port=0` it takes any free port of IPv4, then the same port of IPv6, and stops if another
/// program has that one. So it is started again.
fn start_driver() -> (Child, u16) {
    for _ in 0..10 {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need Debian's chromium and chromium-driver: see CONTRIBUTING.md");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        // "Starting ChromeDriver … on port 0", then "ChromeDriver was started successfully on port
        // 40123."
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let port = line.rsplit_once("on port ")?.1.trim_end_matches('.').parse::<u16>().ok()?;
            (port != 0).then_some(port)
        });
        if let Some(port) = port {
            // The driver stops if nothing reads its output.
            thread::spawn(move || lines.for_each(drop));
            return (driver, port);
        }
        driver.wait().unwrap();
    }
    panic!("ChromeDriver was started ten times, and each time stopped before it had a port");
}

/// A browser with one window, without cookies and history.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    driver: Child,
}

impl Browser {
    /// Starts a browser with a window of desktop size.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a browser that prefers dark colours.
    pub fn dark() -> Self {
        Self::with(&["--blink-settings=preferredColorScheme=0"])
    }

    /// Starts a browser that runs no scripts of pages.
    pub fn without_scripts() -> Self {
        Self::with(&["--blink-settings=scriptEnabled=false"])
    }

    fn with(words: &[&str]) -> Self {
        let (driver, port) = start_driver();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut arguments = vec![
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            // Containers often have little shared memory, and then pages crash.
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--force-color-profile=srgb",
            "--no-proxy-server",
            "--window-size=1280,900",
        ];
        arguments.extend(words);
        let options = json!({ "args": arguments });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&format!("http://127.0.0.1:{port}")),
            )
            .unwrap();
        Self { runtime, client, driver }
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(work).unwrap()
    }

    /// Opens an address.
    pub fn open(&self, url: &str) {
        self.wait(self.client.goto(url));
    }

    /// Returns the current address.
    pub fn url(&self) -> String {
        self.wait(self.client.current_url()).to_string()
    }

    /// Returns the title of the window.
    pub fn title(&self) -> String {
        self.wait(self.client.title())
    }

    /// Returns the visible text of the page.
    pub fn text(&self) -> String {
        let body = self.wait(self.client.find(Locator::Css("body")));
        self.wait(body.text())
    }

    /// Returns the source of the page.
    pub fn source(&self) -> String {
        self.wait(self.client.source())
    }

    /// Expects a text on the page, and waits for it.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wait = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(50));
        let path = format!("//body[contains(normalize-space(.), {})]", literal(&text));
        if self.runtime.block_on(wait.for_element(Locator::XPath(&path))).is_err() {
            panic!("“{text}” does not appear on {}:\n{}", self.url(), self.text());
        }
    }

    /// Expects that a text leaves the page, and waits for it.
    #[track_caller]
    pub fn vanishes(&self, text: &str) {
        let wait = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(50));
        let path = format!("//body[not(contains(normalize-space(.), {}))]", literal(text));
        if self.runtime.block_on(wait.for_element(Locator::XPath(&path))).is_err() {
            panic!("“{text}” stays on {}:\n{}", self.url(), self.text());
        }
    }

    /// Expects that a text is not on the page.
    #[track_caller]
    pub fn misses(&self, text: &str) {
        let page = self.text();
        assert!(!page.contains(text), "“{text}” is on {}:\n{page}", self.url());
    }

    #[track_caller]
    fn find(&self, path: &str, what: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE).every(Duration::from_millis(50));
        match self.runtime.block_on(wait.for_element(Locator::XPath(path))) {
            Ok(element) => element,
            Err(_) => panic!("no {what} on {}:\n{}", self.url(), self.text()),
        }
    }

    /// Clicks on an element. Tries again if a script has just replaced it, or if another one is
    /// above it, as while the page is laid out.
    #[track_caller]
    fn click(&self, find: impl Fn() -> Element) {
        let begin = Instant::now();
        while let Err(error) = self.runtime.block_on(find().click()) {
            let is_passing = matches!(&error, CmdError::Standard(it) if matches!(
                it.error,
                ErrorStatus::StaleElementReference | ErrorStatus::ElementClickIntercepted
            ));
            if !is_passing || begin.elapsed() > PATIENCE {
                panic!("no click on {}: {error}\n{}", self.url(), self.text());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Finds the field of a label. The label is before the field or around it.
    #[track_caller]
    fn field(&self, label: &str) -> Element {
        let label = format!("//label[starts-with(normalize-space(.), {})]", literal(label));
        let path = format!("//*[@id = {label}/@for] | {label}//input");
        self.find(&path, &format!("field for {label}"))
    }

    /// Replaces the text of a field.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        let field = self.field(label);
        self.wait(field.clear());
        self.wait(field.send_keys(text));
    }

    /// Returns the text of a field.
    #[track_caller]
    pub fn value(&self, label: &str) -> String {
        let field = self.field(label);
        self.wait(field.prop("value")).unwrap_or_default()
    }

    /// Returns whether a field is marked as wrong.
    #[track_caller]
    pub fn is_marked(&self, label: &str) -> bool {
        let field = self.field(label);
        self.wait(field.attr("aria-invalid")).as_deref() == Some("true")
    }

    /// Ticks a box or a radio button, or unticks a box.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        let is_radio = self.wait(self.field(label).attr("type")).as_deref() == Some("radio");
        let wanted = is_radio || !self.is_ticked(label);
        let begin = Instant::now();
        // A list that a script replaces at this moment can lose the click.
        while self.is_ticked(label) != wanted {
            assert!(begin.elapsed() < PATIENCE, "“{label}” cannot be ticked on {}", self.url());
            self.click(|| self.field(label));
        }
    }

    /// Returns whether a box or a radio button is ticked. Asks again if a script has just replaced
    /// it.
    #[track_caller]
    fn is_ticked(&self, label: &str) -> bool {
        let begin = Instant::now();
        loop {
            match self.runtime.block_on(self.field(label).is_selected()) {
                Ok(is_ticked) => return is_ticked,
                Err(error) if begin.elapsed() > PATIENCE => panic!("no state of {label}: {error}"),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Chooses an option of a list by its text.
    #[track_caller]
    pub fn choose(&self, label: &str, option: &str) {
        let field = self.field(label);
        self.wait(field.select_by_label(option));
    }

    /// Presses a button or a link by its text.
    #[track_caller]
    pub fn press(&self, words: &str) {
        let words = literal(words);
        let path = format!(
            "//*[(self::button or self::a or self::summary) and normalize-space(.) = {words}]"
        );
        self.click(|| self.find(&path, &format!("button or link {words}")));
    }

    /// Presses the button whose text contains this text.
    #[track_caller]
    pub fn pick(&self, part: &str) {
        let part = literal(part);
        let path = format!("//button[contains(normalize-space(.), {part})]");
        self.click(|| self.find(&path, &format!("button with {part}")));
    }

    /// Presses keys of the keyboard.
    pub fn keys(&self, keys: &str) {
        let element = self.wait(self.client.active_element());
        self.wait(element.send_keys(keys));
    }

    /// Returns the label or the text of the element that has the focus.
    pub fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
             const label = e.labels && e.labels[0] && e.labels[0].innerText; \
             return (label || e.innerText || '').trim();";
        self.run(script).as_str().unwrap_or_default().to_owned()
    }

    /// Expects that the element that has the focus is not below another one.
    #[track_caller]
    pub fn assert_focus_is_seen(&self) {
        let script = "const e = document.activeElement; \
             const {left, top, bottom} = e.getClientRects()[0]; \
             const above = document.elementFromPoint(left + 2, (top + bottom) / 2); \
             return e.contains(above) || above?.outerHTML || 'outside of the window'";
        let above = self.run(script);
        assert_eq!(above, true, "above “{}” on {}", self.focus(), self.url());
    }

    /// Runs a script on the page.
    pub fn run(&self, script: &str) -> Value {
        self.wait(self.client.execute(script, Vec::new()))
    }

    /// Returns the cookies of the page's address.
    pub fn cookies(&self) -> Vec<fantoccini::cookies::Cookie<'static>> {
        self.wait(self.client.get_all_cookies())
    }

    /// Reloads the page.
    pub fn reload(&self) {
        self.wait(self.client.refresh());
    }

    /// Changes the size of the window.
    pub fn resize(&self, width: u32, height: u32) {
        self.wait(self.client.set_window_size(width, height));
    }

    /// Expects that axe-core finds no problem, and that the page fits into the window.
    #[track_caller]
    pub fn assert_accessible(&self) {
        let axe = include_str!("axe-core/axe.min.js");
        self.run(&format!("if (!window.axe) {{ {axe}\n }}"));
        let script = "const done = arguments[arguments.length - 1]; \
             axe.run(document).then(it => done(it.violations.map(v => v.id + ': ' + v.help + ' ' + \
             v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | '))), \
             e => done([String(e)]));";
        let found = self.wait(self.client.execute_async(script, Vec::new()));
        let found = found.as_array().cloned().unwrap_or_else(|| vec![found]);
        assert!(found.is_empty(), "{}: {found:#?}", self.url());
        let wide = self.run("return document.documentElement.scrollWidth - window.innerWidth");
        assert!(wide.as_i64() <= Some(0), "{} is {wide} pixels too wide", self.url());
    }

    /// Saves a picture of the page in `target/screenshots`.
    pub fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let picture = self.wait(self.client.screenshot());
        fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The window is closed first, since it would outlive the driver.
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Returns a text as a literal of XPath 1.0, which has no escapes.
fn literal(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let parts: Vec<_> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}
