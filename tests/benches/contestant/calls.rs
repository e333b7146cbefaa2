//! What an instance costs, and single calls, each in an instance of its own.
//!
//! Prints a line of JSON: the median of the processor time of each, in seconds.

use std::time::Duration;

use cpu_time::ProcessTime;
use end_to_end::press;
use ones_host::{
    model::{Callback, Purpose},
    plugin::{Client, Limits, Plugin, Session},
    settings::Settings,
};
use serde_json::{Value, json};
use wasmtime::{
    Config, Engine, Store,
    component::{Component, Linker},
};

use crate::{Result, client};

const REDIRECT_URI: &str = "http://127.0.0.1:9/sign-in/callback";

const INSTANCES: usize = 2_000;
const CALLS: usize = 500;
const CALLBACKS: usize = 100;
const VALIDATIONS: usize = 20;

/// Measures with the emulated tenant that `access` describes.
pub(crate) async fn measure(access: &str) -> Result<()> {
    let access: Value = serde_json::from_str(access)?;
    let settings = Settings::parse(&client::settings(&access).to_string(), |_| None)?;
    let plugin = Plugin::load(&end_to_end::component(), Limits::default(), Client::new()?)?;
    let session = Session::open(plugin, settings).await?;
    let times = json!({
        "instance": instances().await?.as_secs_f64(),
        "choices": choices(&session).await?.as_secs_f64(),
        "validate": validations(&session).await?.as_secs_f64(),
        "callback": callbacks(&session, &access).await?.as_secs_f64(),
    });
    println!("{times}");
    Ok(())
}

/// An instance alone: with Wasmtime's settings of the host, but without the host.
async fn instances() -> Result<Duration> {
    let engine = Engine::new(Config::new().epoch_interruption(true).generate_address_map(false))?;
    let component = Component::from_file(&engine, end_to_end::component())?;
    let mut linker = Linker::<()>::new(&engine);
    // To make an instance, the component calls none of them.
    linker.define_unknown_imports_as_traps(&component)?;
    let component = linker.instantiate_pre(&component)?;
    let mut times = Vec::new();
    for _ in 0..INSTANCES {
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let start = ProcessTime::now();
        component.instantiate_async(&mut store).await?;
        times.push(start.elapsed());
    }
    Ok(median(times))
}

async fn choices(session: &Session) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let start = ProcessTime::now();
        session.choices("/users/cardNumber", "", 1).await?;
        times.push(start.elapsed());
    }
    Ok(median(times))
}

async fn validations(session: &Session) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..VALIDATIONS {
        let start = ProcessTime::now();
        session.validate().await?;
        times.push(start.elapsed());
    }
    Ok(median(times))
}

async fn callbacks(session: &Session, access: &Value) -> Result<Duration> {
    let user = user_who_can_sign_in(access).await?;
    let mut times = Vec::new();
    for _ in 0..CALLBACKS {
        let begun = session.begin_sign_in(REDIRECT_URI, Purpose::SignIn).await?;
        let callback = Callback {
            redirect_uri: REDIRECT_URI.to_owned(),
            parameters: press(&begun.url, "account", &user),
            flow: Some(begun.flow),
        };
        let start = ProcessTime::now();
        session.handle_callback(callback).await?;
        times.push(start.elapsed());
    }
    Ok(median(times))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Returns the id of a user of the emulated tenant.
async fn user_who_can_sign_in(access: &Value) -> Result<String> {
    let graph = access["graph"].as_str().unwrap_or_default();
    let users = client::new()?.get(format!("{graph}/_emulator/users?$top=100")).send().await?;
    let users: Value = serde_json::from_slice(&users.bytes().await?)?;
    let user = users["value"].as_array().into_iter().flatten().find(|user| {
        user["accountEnabled"] == json!(true) && user["userType"].as_str() != Some("Guest")
    });
    let id = user.and_then(|user| user["id"].as_str()).ok_or("no user can sign in")?;
    Ok(id.to_owned())
}
