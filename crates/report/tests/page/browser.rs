//! A headless Chromium that loads a page and runs a script in it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use serde_json::Value;

/// Says that a test without a browser fails: continuous integration has one.
const REQUIRED: &str = "G2R_REQUIRE_CHROMIUM";

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The browser; where there is none, a line says that the test is skipped.
///
/// `CHROMIUM` names another one.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(path) = env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = NAMES.iter().flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)));
    let found = found.into_iter().find(|file| file.is_file());
    if found.is_none() {
        assert!(
            env::var_os(REQUIRED).is_none_or(|value| value == "0"),
            "{REQUIRED} is set and there is no Chromium: looked for {NAMES:?} on PATH"
        );
        println!("skipped: no Chromium; set {REQUIRED}=1 to have that fail");
    }
    found
}

/// In virtual time timers run and frames may never come: so a frame is a timer, like everything else.
const FRAMES_BY_TIMER: &str =
    "<script>window.requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 1);</script>";

/// Windows are no narrower than this: a narrower page is shown in a frame, which hands the result on.
const NARROWEST: u32 = 500;

const FRAME: &str = r#"<!DOCTYPE html><iframe src="page.html" width="WIDTH" height="HEIGHT" style="border:0"></iframe>
<script>
addEventListener('message', event => {
  const pre = document.createElement('pre');
  pre.id = 'test-result';
  pre.textContent = event.data;
  document.body.append(pre);
});
</script>"#;

/// What a page did.
pub(crate) struct Outcome {
    /// What the script returned.
    pub(crate) result: Value,
    /// The browser's console: errors of scripts, and what the page's policy did not let it load.
    pub(crate) console: Vec<String>,
}

/// Loads `html` in a window of this size and runs `script`, the body of an async function, once the page is ready.
pub(crate) fn run(chromium: &PathBuf, html: &str, script: &str, (width, height): (u32, u32)) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let html = html
        .replace("<body>", &format!("<body>{FRAMES_BY_TIMER}"))
        .replace("</body>", &format!("{}</body>", injected(script)));
    let mut file = folder.path().join("page.html");
    fs::write(&file, html).unwrap();
    if width < NARROWEST {
        file = folder.path().join("frame.html");
        fs::write(&file, FRAME.replace("WIDTH", &width.to_string()).replace("HEIGHT", &height.to_string()))
            .unwrap();
    }

    let log = fs::File::create(folder.path().join("log")).unwrap();
    let dom = fs::File::create(folder.path().join("dom")).unwrap();
    let mut child = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args([
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--virtual-time-budget=20000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("file://{}", file.display()))
        .stdin(Stdio::null())
        .stdout(dom)
        .stderr(log)
        .spawn()
        .unwrap();
    // Far longer than it takes: machines that run tests are busy.
    let deadline = Instant::now() + Duration::from_secs(180);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the browser did not end: {}", read(&folder, "log"));
        }
        thread::sleep(Duration::from_millis(50));
    };
    let (dom, log) = (read(&folder, "dom"), read(&folder, "log"));
    assert!(status.success(), "{status}: {log}");
    let console: Vec<String> =
        log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    let result = dom
        .split_once("<pre id=\"test-result\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .map(|(text, _)| text)
        .unwrap_or_else(|| panic!("the script left no result: {console:?}"));
    Outcome { result: serde_json::from_str(&unescaped(result)).unwrap(), console }
}

fn read(folder: &tempfile::TempDir, name: &str) -> String {
    String::from_utf8_lossy(&fs::read(folder.path().join(name)).unwrap()).into_owned()
}

/// The script, with what every script needs before it and its result written into the page after it.
fn injected(script: &str) -> String {
    format!(
        r"<script>
addEventListener('load', async () => {{
  const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));
  const frames = () => wait(50);
  const tip = () => document.getElementById('tip').hidden ? null : document.getElementById('tip').innerText;
  const pointer = (target, type, x, y) => target.dispatchEvent(
    new PointerEvent(type, {{ clientX: x, clientY: y, bubbles: true, pointerId: 1, pointerType: 'mouse' }}));
  const key = (target, name) => target.dispatchEvent(new KeyboardEvent('keydown', {{ key: name, bubbles: true }}));
  let result;
  try {{ await wait(300); result = await (async () => {{ {script} }})(); }}
  catch (error) {{ result = {{ error: String(error.stack) }}; }}
  if (parent !== window) {{ parent.postMessage(JSON.stringify(result), '*'); return; }}
  const pre = document.createElement('pre');
  pre.id = 'test-result';
  pre.textContent = JSON.stringify(result);
  document.body.append(pre);
}});
</script>"
    )
}

/// Text as it was before it was written into markup.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}
