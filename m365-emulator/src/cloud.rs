//! The national clouds, as far as they differ on the wire.

use std::fmt;
use std::str::FromStr;

/// Which of Microsoft's clouds the tenant pretends to live in.
///
/// Source: <https://learn.microsoft.com/graph/deployments> and
/// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// Worldwide, GCC included.
    #[default]
    Global,
    /// US Government L4, also called GCC High.
    UsGovernmentL4,
    /// US Government L5, also called DoD.
    UsGovernmentL5,
    /// China, operated by 21Vianet. Its schema has no `placeId` and no `parentId`, and of the places only rooms and
    /// room lists.
    China21Vianet,
}

impl Cloud {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Global, Self::UsGovernmentL4, Self::UsGovernmentL5, Self::China21Vianet];

    /// As the command line spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGovernmentL4 => "us-government-l4",
            Self::UsGovernmentL5 => "us-government-l5",
            Self::China21Vianet => "china-21vianet",
        }
    }

    /// Origin of the real Graph of this cloud: client libraries ask for it by name in `scope`.
    pub(crate) fn real_graph(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGovernmentL4 => "https://graph.microsoft.us",
            Self::UsGovernmentL5 => "https://dod-graph.microsoft.us",
            Self::China21Vianet => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// Host that issues v1.0 access tokens, which are what Graph asks for.
    pub(crate) fn sts(self) -> &'static str {
        match self {
            Self::China21Vianet => "https://sts.chinacloudapi.cn",
            Self::Global | Self::UsGovernmentL4 | Self::UsGovernmentL5 => "https://sts.windows.net",
        }
    }

    /// The issuer that discovery names where it is not the authority that was asked.
    pub(crate) fn fixed_issuer(self) -> Option<&'static str> {
        // login.chinacloudapi.cn serves the tenants, login.partner.microsoftonline.cn is their issuer.
        (self == Self::China21Vianet).then_some("https://login.partner.microsoftonline.cn")
    }

    /// `cloud_instance_name` of the discovery document.
    pub(crate) fn instance_name(self) -> &'static str {
        match self {
            Self::Global => "microsoftonline.com",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "microsoftonline.us",
            Self::China21Vianet => "partner.microsoftonline.cn",
        }
    }

    /// `cloud_graph_host_name` of the discovery document: the Graph of old, of the directory alone.
    pub(crate) fn directory_graph_host(self) -> &'static str {
        match self {
            Self::Global => "graph.windows.net",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "graph.microsoftazure.us",
            Self::China21Vianet => "graph.chinacloudapi.cn",
        }
    }

    /// `rbac_url` of the discovery document.
    pub(crate) fn rbac(self) -> &'static str {
        match self {
            Self::Global => "https://pas.windows.net",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "https://pasff.usgovcloudapi.net",
            Self::China21Vianet => "https://pas.chinacloudapi.cn",
        }
    }

    /// Suffix of a tenant's first domain.
    pub(crate) fn domain_suffix(self) -> &'static str {
        match self {
            Self::Global => "onmicrosoft.com",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "onmicrosoft.us",
            Self::China21Vianet => "partner.onmschina.cn",
        }
    }

    /// Whether Places knows `placeId` and `parentId`, and what they are of: buildings, floors, sections, workspaces.
    pub(crate) fn has_place_id(self) -> bool {
        self != Self::China21Vianet
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Cloud {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|cloud| cloud.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no such cloud; there are {names}")
        })
    }
}
