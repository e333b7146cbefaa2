//! The clouds that Microsoft runs, and their origins.
//!
//! Sources: <https://learn.microsoft.com/graph/deployments>,
//! <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.

use crate::origin::Origin;

/// Who operates Office 365 for the tenant. A token of one cloud is not valid in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cloud {
    /// Worldwide, and the US government's GCC.
    Global,
    /// GCC High.
    UsGovernmentL4,
    /// DoD.
    UsGovernmentL5,
    /// Mainland China, operated by 21Vianet.
    China21Vianet,
    /// Other servers, e.g. those of an emulated tenant.
    Custom {
        /// Origin of Entra ID.
        authority: Origin,
        /// Origin of Microsoft Graph.
        graph: Origin,
    },
}

impl Cloud {
    /// The clouds that have a name in the settings.
    pub const NAMED: [(&str, Self); 4] = [
        ("global", Self::Global),
        ("us-government-l4", Self::UsGovernmentL4),
        ("us-government-l5", Self::UsGovernmentL5),
        ("china-21vianet", Self::China21Vianet),
    ];

    /// Returns the cloud with that name in the settings.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, cloud)| cloud)
    }

    /// Returns the origins of Entra ID: first the one that the plugin calls, then its other names.
    pub fn sign_in_origins(&self) -> Vec<String> {
        match self {
            Self::Custom { authority, .. } => vec![authority.to_string()],
            _ => self.servers().sign_in.iter().map(|origin| (*origin).to_owned()).collect(),
        }
    }

    /// Returns the origins that tokens of this cloud can name as their issuer. A custom cloud can
    /// stand in front of any cloud of Microsoft's, so it can name those as well; the keys that
    /// verify its tokens are its own.
    pub fn issuer_origins(&self) -> Vec<String> {
        match self {
            Self::Custom { authority, .. } => {
                let microsofts = Self::NAMED.iter().map(|(_, cloud)| cloud.servers().sign_in[0]);
                [authority.to_string()].into_iter().chain(microsofts.map(str::to_owned)).collect()
            }
            _ => vec![self.servers().sign_in[0].to_owned()],
        }
    }

    /// Returns the origin of Microsoft Graph.
    pub fn graph_origin(&self) -> String {
        match self {
            Self::Custom { graph, .. } => graph.to_string(),
            _ => self.servers().graph.to_owned(),
        }
    }

    /// Returns the host name of the portal in which administrators of the tenant work.
    pub fn portal(&self) -> &'static str {
        self.servers().portal
    }

    /// Returns what Microsoft documents about the cloud. A custom cloud has the portal of the
    /// global one.
    fn servers(&self) -> &'static Servers {
        match self {
            Self::Global | Self::Custom { .. } => &GLOBAL,
            Self::UsGovernmentL4 => &US_GOVERNMENT_L4,
            Self::UsGovernmentL5 => &US_GOVERNMENT_L5,
            Self::China21Vianet => &CHINA,
        }
    }
}

/// The servers of one cloud.
struct Servers {
    /// Origins of Entra ID: first the one that the plugin calls and that issues tokens, then its
    /// other names. Source: `aliases` of the instance discovery that is part of MSAL.
    sign_in: &'static [&'static str],
    /// Origin of Microsoft Graph.
    graph: &'static str,
    /// Host name of the portal.
    portal: &'static str,
}

const GLOBAL: Servers = Servers {
    sign_in: &[
        "https://login.microsoftonline.com",
        "https://login.windows.net",
        "https://login.microsoft.com",
    ],
    graph: "https://graph.microsoft.com",
    portal: "portal.azure.com",
};

const US_GOVERNMENT_L4: Servers = Servers {
    sign_in: &["https://login.microsoftonline.us", "https://login.usgovcloudapi.net"],
    graph: "https://graph.microsoft.us",
    portal: "portal.azure.us",
};

const US_GOVERNMENT_L5: Servers =
    Servers { graph: "https://dod-graph.microsoft.us", ..US_GOVERNMENT_L4 };

const CHINA: Servers = Servers {
    sign_in: &["https://login.partner.microsoftonline.cn", "https://login.chinacloudapi.cn"],
    graph: "https://microsoftgraph.chinacloudapi.cn",
    portal: "portal.azure.cn",
};
