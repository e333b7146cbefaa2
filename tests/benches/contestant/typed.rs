//! reqwest and serde: what a program costs that reads pages into structs, and no more.

use serde::Deserialize;

use crate::{Result, client};

#[derive(Deserialize)]
struct Page {
    value: Vec<User>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
}

/// What the plugin reads of a user.
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

pub(crate) async fn read(server: &str) -> Result<u64> {
    let client = client::new()?;
    let mut next = Some(client::first_page(server));
    let mut users = 0;
    while let Some(link) = next.take() {
        let body = client.get(link).bearer_auth("token").send().await?.bytes().await?;
        let page: Page = serde_json::from_slice(&body)?;
        users += page.value.len() as u64;
        next = page.next_link;
    }
    Ok(users)
}
