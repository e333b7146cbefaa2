//! The plugin's own code, compiled for this machine: what is left without WebAssembly.

use std::time::{Duration, SystemTime};

use ones_office365::{
    directory,
    host::{Dropped, Failure, Host, Request, Response, Sink, TransportError},
    model::{UserBatch, UserChange},
    settings::Settings,
};

use crate::{Result, client};

pub(crate) async fn read(server: &str) -> Result<u64> {
    let settings = Settings::parse(&client::settings(&client::access(server)).to_string())
        .map_err(|fields| format!("the settings are refused: {fields:?}"))?;
    let mut counter = Counter(0);
    directory::sync(&Native(client::new()?), &settings, None, &mut counter)
        .await
        .map_err(|error| format!("{error:?}"))?;
    Ok(counter.0)
}

/// Counts the users, and drops them.
struct Counter(u64);

impl Sink<UserBatch> for Counter {
    async fn put(&mut self, batch: UserBatch) -> std::result::Result<(), Dropped> {
        let is_user = |change: &&UserChange| matches!(change, UserChange::User(_));
        self.0 += batch.changes.iter().filter(is_user).count() as u64;
        Ok(())
    }
}

/// Network, time and chance of this machine.
struct Native(reqwest::Client);

impl Host for Native {
    async fn send(&self, request: Request) -> std::result::Result<Response, TransportError> {
        receive(&self.0, request).await.map_err(|error| TransportError {
            failure: Failure::Connection,
            detail: error.to_string(),
        })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn random(&self) -> u64 {
        // Of the current time: what is random in a sync is the name of a request.
        SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos()))
    }
}

async fn receive(client: &reqwest::Client, request: Request) -> reqwest::Result<Response> {
    let url = request.uri.to_string();
    let sent = match request.body {
        Some(body) => client.post(url).body(body),
        None => client.get(url),
    };
    let sent = request.headers.iter().fold(sent, |sent, (name, value)| sent.header(*name, value));
    let answer = sent.timeout(request.silence).send().await?;
    let status = answer.status().as_u16();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    Ok(Response { status, headers, body: answer.bytes().await?.into() })
}
