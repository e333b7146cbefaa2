//! Reads all users with graph-rs-sdk, by its documented way to stream pages, and prints their
//! number. Argument: the URL of the page server.

use futures_util::StreamExt as _;
use graph_rs_sdk::{Graph, GraphClientConfiguration, ODataQuery as _, http::Url};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    value: Vec<User>,
}

/// The properties that the plugin reads.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "that they are read is what is measured")]
struct User {
    id: String,
    user_principal_name: String,
    display_name: Option<String>,
    mail: Option<String>,
    given_name: Option<String>,
    surname: Option<String>,
    job_title: Option<String>,
    department: Option<String>,
    office_location: Option<String>,
    mobile_phone: Option<String>,
    business_phones: Vec<String>,
    preferred_language: Option<String>,
    account_enabled: bool,
    user_type: Option<String>,
    proxy_addresses: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).ok_or("the URL of the page server is missing")?;
    let configuration = GraphClientConfiguration::new().access_token("token").https_only(false);
    let mut graph = Graph::from(configuration);
    graph.use_test_endpoint(&Url::parse(&format!("{server}/v1.0"))?);
    let pages = graph.users().list_user().top("999").paging();
    let mut pages = pages.stream::<Page>()?;
    let mut users = 0;
    while let Some(page) = pages.next().await {
        let page = page?.into_body().map_err(|error| format!("{error:?}"))?;
        users += page.value.len();
    }
    println!("{users}");
    Ok(())
}
