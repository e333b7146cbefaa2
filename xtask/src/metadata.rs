//! What a built component says of itself, so that a registry can show it: `wkg publish` makes these
//! into annotations of the image (`org.opencontainers.image.*`).

use std::{
    fs,
    path::{Path, PathBuf},
};

use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Version};

use crate::{Result, cargo};

/// A component's name, and what it is in a sentence.
pub(crate) struct Artefact {
    name: &'static str,
    description: &'static str,
}

/// The plugin alone.
pub(crate) const PLUGIN: Artefact = Artefact {
    name: "ones-office365",
    description: "Connects ONES to Office 365: rooms and people, as a sandboxed component",
};

/// The plugin behind HTTP routes, for Spin.
pub(crate) const SPIN: Artefact = Artefact {
    name: "ones-office365-spin",
    description: "Connects ONES to Office 365, behind HTTP routes, for Spin",
};

/// The same for any host of WASI 0.3.
pub(crate) const SERVE: Artefact = Artefact {
    name: "ones-office365-serve",
    description: "Connects ONES to Office 365, behind HTTP routes, for any host of WASI 0.3",
};

/// Reads a file whole.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|it| format!("{}: {it}", path.display()))
}

/// Leaves a component in `target`, and says where it is and how large.
pub(crate) fn write(file: &str, artefact: &Artefact, wasm: &[u8]) -> Result<PathBuf> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(artefact.name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(artefact.description));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION")));
    let licence = env!("CARGO_PKG_LICENSE");
    let licence = licence.parse::<Licenses>().map_err(|it| format!("{licence}: {it}"))?;
    metadata.licenses = AddMetadataField::Set(licence);
    let wasm = metadata.to_wasm(wasm).map_err(|it| format!("{file}: {it}"))?;

    let path = cargo::root().join("target").join(file);
    let folder = path.parent().ok_or("the workspace has no folder")?;
    fs::create_dir_all(folder).map_err(|it| format!("{}: {it}", folder.display()))?;
    fs::write(&path, &wasm).map_err(|it| format!("{}: {it}", path.display()))?;
    println!("target/{file}  {} bytes", wasm.len());
    Ok(path)
}
