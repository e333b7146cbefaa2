//! `spin.toml`, read as strictly as Spin reads it.
//!
//! Source of the shape: Spin's manifest reference, version 2
//! (<https://spinframework.dev/manifest-reference>). Only what this manifest uses is known here, and
//! all else is refused, as Spin refuses what it does not know. In `inherit_configuration` Spin
//! ignores a misspelt key, so this is stricter.

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

    /// What the component's variables are where the application's are these.
    pub(crate) fn variables(&self, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let resolved =
            |(name, template): (&String, &String)| (name.clone(), self.resolve(template, given));
        self.front().variables.iter().map(resolved).collect()
    }

    /// The origins that the component may ask.
    pub(crate) fn allowed(&self, given: &BTreeMap<String, String>) -> BTreeSet<String> {
        self.front().allowed_outbound_hosts.iter().map(|it| self.resolve(it, given)).collect()
    }

    /// A text, or a variable in double braces: more of templates this manifest does not use.
    fn resolve(&self, template: &str, given: &BTreeMap<String, String>) -> String {
        let name = template.strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
        let Some(name) = name.map(str::trim) else { return template.to_owned() };
        given.get(name).unwrap_or(&self.variables[name].default).clone()
    }
}

#[test]
fn the_manifest_is_what_spin_reads() {
    let manifest = Manifest::read();
    assert_eq!(manifest.spin_manifest_version, 2);
    assert_eq!(manifest.application.version, env!("CARGO_PKG_VERSION"));
    // A kebab id, and lower snake case with single underscores.
    let is_word = |it: &str| {
        it.starts_with(|it: char| it.is_ascii_lowercase())
            && it.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
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
    let secrets: Vec<_> = manifest.variables.iter().filter(|(_, it)| it.secret).collect();
    let names: Vec<_> = secrets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["client_secret", "settings"]);
    for name in manifest.variables.keys() {
        assert_eq!(manifest.front().variables[name], format!("{{{{ {name} }}}}"));
    }
}

#[test]
fn the_plugin_gets_the_hosts_and_nothing_else() {
    let front = Manifest::read().component.front;
    let [(import, plugin)] = &front.dependencies.iter().collect::<Vec<_>>()[..] else {
        panic!("one dependency")
    };
    assert_eq!(*import, "ones:integration/integration@0.1.0");
    assert_eq!(plugin.inherit_configuration, [Inherited::AllowedOutboundHosts]);
    for file in [&plugin.path, &front.source] {
        assert!(
            root().join(file).exists(),
            "{}: `{}` makes it",
            file.display(),
            front.build.command
        );
    }
}

#[test]
fn hosts_are_origins_once_the_variables_are_known() {
    let manifest = Manifest::read();
    for host in manifest.allowed(&BTreeMap::new()) {
        let url = url::Url::parse(&host).unwrap();
        assert_eq!(url.origin().ascii_serialization(), host);
        assert_eq!(url.scheme(), "https");
    }
}

#[test]
fn every_cloud_that_has_a_name_is_allowed() {
    let allowed = Manifest::read().allowed(&BTreeMap::new());
    for (name, cloud) in Cloud::NAMED {
        for origin in Endpoints::new(&cloud, "contoso.example").origins() {
            assert!(allowed.contains(&origin), "{origin} of {name}");
        }
    }
}

#[test]
fn what_is_watched_is_there() {
    for pattern in Manifest::read().component.front.build.watch {
        let folder = pattern.split('*').next().unwrap();
        assert!(root().join(folder).exists(), "{pattern}");
    }
}
