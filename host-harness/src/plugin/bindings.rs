//! The generated bindings of the interface. Their records are those of [`crate::model`].

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: async | store | trappable },
    exports: { default: async | store },
    with: {
        "ones:integration/types": types,
        "wasi:clocks": wasmtime_wasi::p3::bindings::clocks,
        "wasi:random": wasmtime_wasi::p3::bindings::random,
        "wasi:http": wasmtime_wasi_http::p3::bindings::http,
    },
});

/// The export that makes a component a plugin.
pub(super) const EXPORT: &str = "ones:integration/integration@0.1.0";

/// The records, and what `bindgen!` expects beside them: it treats every interface that is mapped
/// by `with` as an import with functions. This one has only types, so there is nothing to link.
#[expect(dead_code, unreachable_pub, reason = "the generated code names these, and is not called")]
pub mod types {
    pub use ones_records::*;

    /// A batch whose changes are still in the component's memory.
    pub type UserBatch = crate::plugin::users::Lifted;

    use wasmtime::component::{HasData, Linker};

    pub trait Host {}

    pub trait HostWithStore<T>: HasData {}

    pub fn add_to_linker<T, D: HasData>(
        _: &mut Linker<T>,
        _: fn(&mut T) -> D::Data<'_>,
    ) -> wasmtime::Result<()> {
        Ok(())
    }
}
