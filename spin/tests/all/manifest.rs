//! Reads `spin.toml` as strictly as Spin does, and checks it.
//!
//! Source: Spin's manifest reference, version 2 (<https://spinframework.dev/manifest-reference>).
//! These types contain only what this manifest uses, and refuse all other keys, as Spin refuses
//! unknown keys. In `inherit_configuration`, Spin ignores unknown keys; this is stricter.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ones_office365::{cloud::Cloud, endpoints::Endpoints};
use serde::Deserialize;

/// The application, and its one component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    spin_manifest_version: u8,
    application: Application,
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    component: Components,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    name: String,
    version: String,
    #[serde(rename = "description")]
    _description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    default: String,
    #[serde(default)]
    secret: bool,
    #[serde(rename = "description")]
    _description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    http: Vec<HttpTrigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    route: String,
    component: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Components {
    front: Component,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    source: PathBuf,
    #[serde(rename = "description")]
    _description: String,
    pub(crate) key_value_stores: BTreeSet<String>,
    allowed_outbound_hosts: Vec<String>,
    variables: BTreeMap<String, String>,
    dependencies: BTreeMap<String, Dependency>,
    build: Build,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    path: PathBuf,
    inherit_configuration: Vec<Inherited>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Inherited {
    AllowedOutboundHosts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    command: String,
    watch: Vec<String>,
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

impl Manifest {
    pub(crate) fn read() -> Self {
        toml::from_str(&fs::read_to_string(root().join("spin.toml")).unwrap()).unwrap()
    }

    pub(crate) fn front(&self) -> &Component {
        &self.component.front
    }

    /// Returns the variables of the component, for these variables of the application.
    pub(crate) fn variables(&self, values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let resolved =
            |(name, template): (&String, &String)| (name.clone(), self.resolve(template, values));
        self.front().variables.iter().map(resolved).collect()
    }

    /// Returns the origins to which the component may send requests.
    pub(crate) fn allowed(&self, values: &BTreeMap<String, String>) -> BTreeSet<String> {
        self.front().allowed_outbound_hosts.iter().map(|host| self.resolve(host, values)).collect()
    }

    /// Resolves a text, or a variable in double braces. This manifest uses no other templates.
    fn resolve(&self, template: &str, values: &BTreeMap<String, String>) -> String {
        let name = template.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let Some(name) = name.map(str::trim) else { return template.to_owned() };
        values.get(name).unwrap_or(&self.variables[name].default).clone()
    }
}

#[test]
fn spin_can_read_the_manifest() {
    let manifest = Manifest::read();
    assert_eq!(manifest.spin_manifest_version, 2);
    assert_eq!(manifest.application.version, env!("CARGO_PKG_VERSION"));
    // Spin wants kebab case for the name, and snake case for variables.
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    assert!(manifest.application.name.split('-').all(is_word));
    for name in manifest.variables.keys() {
        assert!(name.split('_').all(is_word), "{name}");
    }
    let [trigger] = &manifest.trigger.http[..] else { panic!("one trigger") };
    assert_eq!((trigger.route.as_str(), trigger.component.as_str()), ("/...", "front"));
}

#[test]
fn secrets_are_marked_and_every_variable_reaches_the_component() {
    let manifest = Manifest::read();
    let secrets: Vec<_> =
        manifest.variables.iter().filter(|(_, variable)| variable.secret).collect();
    let names: Vec<_> = secrets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client_secret", "notification_secret", "settings"]);
    for name in manifest.variables.keys() {
        assert_eq!(manifest.front().variables[name], format!("{{{{ {name} }}}}"));
    }
}

#[test]
fn the_plugin_inherits_the_allowed_hosts_only() {
    let front = Manifest::read().component.front;
    let [(import, plugin)] = &front.dependencies.iter().collect::<Vec<_>>()[..] else {
        panic!("one dependency")
    };
    assert_eq!(*import, "ones:integration/integration@0.1.0");
    assert_eq!(plugin.inherit_configuration, [Inherited::AllowedOutboundHosts]);
    for file in [&plugin.path, &front.source] {
        assert!(
            root().join(file).exists(),
            "{} is missing: run `{}`",
            file.display(),
            front.build.command
        );
    }
}

#[test]
fn allowed_hosts_are_https_origins() {
    let manifest = Manifest::read();
    for host in manifest.allowed(&BTreeMap::new()) {
        let url = url::Url::parse(&host).unwrap();
        assert_eq!(url.origin().ascii_serialization(), host);
        assert_eq!(url.scheme(), "https");
    }
}

#[test]
fn every_named_cloud_is_allowed() {
    let allowed = Manifest::read().allowed(&BTreeMap::new());
    for (name, cloud) in Cloud::NAMED {
        for origin in Endpoints::new(&cloud, "contoso.example").origins() {
            assert!(allowed.contains(&origin), "{origin} of {name}");
        }
    }
}

#[test]
fn watched_folders_exist() {
    for pattern in Manifest::read().component.front.build.watch {
        let folder = pattern.split('*').next().unwrap();
        assert!(root().join(folder).exists(), "{pattern}");
    }
}
