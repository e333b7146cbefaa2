//! Measures the processor time of a callback. `cargo xtask bench` runs it.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use cpu_time::ProcessTime;
use end_to_end::{component, press, program};
use ones_host::{
    model::{Callback, Purpose},
    plugin::{Client, Limits, Plugin, Session},
    settings::Settings,
};
use serde_json::{Value, json};

const REDIRECT_URI: &str = "http://127.0.0.1:9/sign-in/callback";
const TIMES: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A separate process, so that its time is not counted.
    let mut emulator = Command::new(program("m365-emulator"))
        .args(["--listen", "127.0.0.1:0", "--users", "100"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(emulator.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let measured = measure(&serde_json::from_str(&line)?);
    emulator.kill()?;
    emulator.wait()?;
    let mut times = measured?;
    times.sort_unstable();
    let at = |share: usize| {
        times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    println!(
        "a callback: {:.1} ms (median), {:.1} ms (95 %) of processor time, component and host \
         together",
        at(50),
        at(95)
    );
    Ok(())
}

fn measure(access: &Value) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let settings = json!({"server": {
        "name": "Contoso",
        "cloud": {"authority": access["authority"], "graph": access["graph"]},
        "tenantId": access["tenantId"],
        "clientId": access["clientId"],
        "clientSecret": access["clientSecret"],
    }});
    let settings = Settings::parse(&settings.to_string(), |_| None)?;
    let users =
        format!("{}/_emulator/users?$top=100", access["graph"].as_str().unwrap_or_default());
    let users: Value = ureq::get(users).call()?.body_mut().read_json()?;
    let user = users["value"].as_array().into_iter().flatten().find(|user| {
        user["accountEnabled"] == json!(true) && user["userType"].as_str() != Some("Guest")
    });
    let user = user.and_then(|user| user["id"].as_str()).ok_or("no user can sign in")?;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let plugin = Plugin::load(&component(), Limits::default(), Client::new()?)?;
    let session = runtime.block_on(Session::open(plugin, settings))?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begun = runtime.block_on(session.begin_sign_in(REDIRECT_URI, Purpose::SignIn))?;
        let callback = Callback {
            redirect_uri: REDIRECT_URI.to_owned(),
            parameters: press(&begun.url, "account", user),
            flow: Some(begun.flow),
        };
        let before = ProcessTime::now();
        runtime.block_on(session.handle_callback(callback))?;
        times.push(before.elapsed());
    }
    Ok(times)
}
