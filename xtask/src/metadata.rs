//! Name, description, version and licence of a component, which registries show: `wkg publish`
//! turns them into annotations of the image (`org.opencontainers.image.*`).

use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Version};

use crate::Result;

/// What a component says about itself.
pub(crate) struct Metadata {
    name: &'static str,
    description: &'static str,
}

/// The plugin.
pub(crate) const PLUGIN: Metadata = Metadata {
    name: "ones-office365",
    description: "Connects ONES to Office 365: rooms, users and groups, as a sandboxed component",
};

/// The plugin behind HTTP routes, for Spin.
pub(crate) const SPIN: Metadata = Metadata {
    name: "ones-office365-spin",
    description: "Connects ONES to Office 365, behind HTTP routes, for Spin",
};

/// The plugin behind HTTP routes, for any host of WASI 0.3.
pub(crate) const SERVE: Metadata = Metadata {
    name: "ones-office365-serve",
    description: "Connects ONES to Office 365, behind HTTP routes, for any host of WASI 0.3",
};

/// The first plugin.
pub(crate) const EXAMPLE: Metadata = Metadata {
    name: "ones-example",
    description: "A first plugin for ONES: a directory of one user",
};

impl Metadata {
    /// Returns the component with this metadata, and with version and licence of the workspace.
    pub(crate) fn add_to(&self, component: &[u8]) -> Result<Vec<u8>> {
        let licence = env!("CARGO_PKG_LICENSE");
        let licence = licence.parse::<Licenses>().map_err(|error| format!("{licence}: {error}"))?;
        let mut metadata = AddMetadata::default();
        metadata.name = AddMetadataField::Set(self.name.to_owned());
        metadata.description = AddMetadataField::Set(Description::new(self.description));
        metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION")));
        metadata.licenses = AddMetadataField::Set(licence);
        metadata.to_wasm(component).map_err(|error| error.to_string())
    }
}
