//! The emulator in each of the clouds.

use m365_emulator::{Cloud, Config};
use serde_json::Value;

use crate::entra::{claims, refused};
use crate::session::{Session, send};

/// What Microsoft documents of a cloud: <https://learn.microsoft.com/graph/deployments> and
/// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.
struct Documented {
    cloud: Cloud,
    graph: &'static str,
    instance: &'static str,
    sts: &'static str,
    domain: &'static str,
}

const DOCUMENTED: [Documented; 4] = [
    Documented {
        cloud: Cloud::Global,
        graph: "https://graph.microsoft.com",
        instance: "microsoftonline.com",
        sts: "https://sts.windows.net",
        domain: "contoso.onmicrosoft.com",
    },
    Documented {
        cloud: Cloud::UsGovernmentL4,
        graph: "https://graph.microsoft.us",
        instance: "microsoftonline.us",
        sts: "https://sts.windows.net",
        domain: "contoso.onmicrosoft.us",
    },
    Documented {
        cloud: Cloud::UsGovernmentL5,
        graph: "https://dod-graph.microsoft.us",
        instance: "microsoftonline.us",
        sts: "https://sts.windows.net",
        domain: "contoso.onmicrosoft.us",
    },
    Documented {
        cloud: Cloud::China21Vianet,
        graph: "https://microsoftgraph.chinacloudapi.cn",
        instance: "partner.microsoftonline.cn",
        sts: "https://sts.chinacloudapi.cn",
        domain: "contoso.partner.onmschina.cn",
    },
];

async fn tenant_in(cloud: Cloud) -> Session {
    Session::start(Config { users: 2, rooms: 2, cloud, ..Config::default() }).await
}

#[tokio::test]
async fn each_cloud_is_discovered_under_its_own_name() {
    for documented in DOCUMENTED {
        let session = tenant_in(documented.cloud).await;
        let (authority, tenant) = (session.emulator.authority(), session.emulator.tenant_id());
        let url = format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration");
        let found = send(session.http.get(url)).await.expect(200);
        assert_eq!(found["cloud_instance_name"], documented.instance);
        assert_eq!(found["token_endpoint"], format!("{authority}/{tenant}/oauth2/v2.0/token"));
        let issuer = match documented.cloud {
            Cloud::China21Vianet => "https://login.partner.microsoftonline.cn",
            _ => &authority,
        };
        assert_eq!(found["issuer"], format!("{issuer}/{tenant}/v2.0"));
        let host = session.emulator.graph().replace("http://", "");
        assert_eq!(found["msgraph_host"], host);
        let methods = found["token_endpoint_auth_methods_supported"].as_array().unwrap();
        assert!(methods.contains(&"private_key_jwt".into()));

        let url = format!("{authority}/common/discovery/instance?api-version=1.1");
        let instance = send(session.http.get(url)).await.expect(200);
        assert_eq!(instance["metadata"][0]["aliases"], serde_json::json!([host]));
    }
}

#[tokio::test]
async fn tokens_are_only_for_the_graph_of_the_same_cloud() {
    for documented in DOCUMENTED {
        let session = tenant_in(documented.cloud).await;
        let issuer = format!("{}/{}/", documented.sts, session.emulator.tenant_id());
        assert_eq!(claims(session.bearer())["iss"], issuer);
        for other in DOCUMENTED {
            let scope = format!("{}/.default", other.graph);
            let answer = session.token_in(documented.domain, &[("scope", &scope)]).await;
            if other.cloud == documented.cloud {
                let answer = answer.expect(200);
                assert_eq!(claims(answer["access_token"].as_str().unwrap())["aud"], other.graph);
            } else {
                refused(answer, 400, "invalid_resource", 500_011);
            }
        }
    }
}

#[tokio::test]
async fn contexts_and_links_lead_back_to_the_graph_of_the_request() {
    for documented in DOCUMENTED {
        let session = tenant_in(documented.cloud).await;
        let graph = session.emulator.graph();
        for path in ["users?$top=1", "places/microsoft.graph.room?$top=1"] {
            let page = session.get(&format!("/{path}")).await.expect(200);
            let leads = |name: &str, to: &str| {
                page[name].as_str().is_some_and(|link| link.starts_with(&format!("{graph}{to}")))
            };
            assert!(leads("@odata.context", "/v1.0/$metadata#"), "{page}");
            assert!(leads("@odata.nextLink", "/v1.0/"), "{page}");
        }
        let organization = session.get("/organization").await.expect(200);
        let domains: Vec<&Value> = organization["value"][0]["verifiedDomains"]
            .as_array()
            .unwrap()
            .iter()
            .map(|domain| &domain["name"])
            .collect();
        assert!(domains.iter().any(|name| **name == documented.domain), "{domains:?}");
    }
}
