//! Enums of the interface.

/// Defines an enum whose cases have these names in the interface.
///
/// The function `_lift` is for `wit-bindgen`: in a guest, its generated code calls `_lift` to turn
/// the number of a case into the case. It generates that function for its own types only, so a type
/// that it takes from elsewhere must supply it.
macro_rules! enumeration {
    (
        $(#[$attribute:meta])*
        $Enum:ident {
            $($(#[$case_attribute:meta])* $Case:ident = $name:literal,)+
        }
    ) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(
            feature = "wasmtime",
            derive(
                wasmtime::component::ComponentType,
                wasmtime::component::Lift,
                wasmtime::component::Lower,
            ),
            component(enum)
        )]
        #[repr(u8)]
        $(#[$attribute])*
        pub enum $Enum {
            $(
                $(#[$case_attribute])*
                #[cfg_attr(feature = "wasmtime", component(name = $name))]
                $Case,
            )+
        }

        impl $Enum {
            /// Returns the name of the case in the interface.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Case => $name,)+
                }
            }

            #[doc(hidden)]
            pub fn _lift(case: u8) -> Self {
                [$(Self::$Case),+][usize::from(case)]
            }
        }
    };
}

pub(crate) use enumeration;
