//! The HTTP client of the native contestants, and the settings of the others.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::{Value, json};

use crate::Result;

/// Where each contestant that pages by itself begins: what the plugin asks for, too.
pub(crate) fn first_page(server: &str) -> String {
    format!(
        "{server}/v1.0/users?$select=id,userPrincipalName,displayName,mail,givenName,surname,\
         jobTitle,department,officeLocation,mobilePhone,businessPhones,preferredLanguage,\
         accountEnabled,userType,proxyAddresses&$top=999"
    )
}

/// Returns a client that trusts no certificate: the server speaks plain HTTP.
pub(crate) fn new() -> Result<reqwest::Client> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build()?)
}

/// Returns settings that connect the plugin to an emulated tenant, or to a page server.
pub(crate) fn settings(access: &Value) -> Value {
    json!({"server": {
        "name": "Contoso",
        "cloud": {"authority": access["authority"], "graph": access["graph"]},
        "tenantId": access["tenantId"],
        "clientId": access["clientId"],
        "clientSecret": access["clientSecret"],
    }})
}

/// Returns what connects to a page server, which accepts any client.
pub(crate) fn access(server: &str) -> Value {
    json!({
        "authority": server,
        "graph": server,
        "tenantId": "84841066-274d-4ec0-a5c1-276be684bdd3",
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
        "clientSecret": "not~a~real~secret",
    })
}
