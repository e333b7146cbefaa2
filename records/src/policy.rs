//! How rooms take bookings.

#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// The rules by which rooms accept bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct BookingPolicy {
    #[cfg_attr(feature = "wasmtime", component(name = "auto-accept"))]
    pub auto_accept: bool,
    #[cfg_attr(feature = "wasmtime", component(name = "window-days"))]
    pub window_days: u32,
    #[cfg_attr(feature = "wasmtime", component(name = "longest-minutes"))]
    pub longest_minutes: u32,
    #[cfg_attr(feature = "wasmtime", component(name = "keep-subject"))]
    pub keep_subject: bool,
}

/// A script that the vendor's administrator runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Script {
    #[cfg_attr(feature = "wasmtime", component(name = "file-name"))]
    pub file_name: String,
    pub text: String,
}
