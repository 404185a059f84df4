//! What is declared, and the macros that declare it.

/// A function, its types as they are written in Rust.
#[derive(Debug, Clone, Copy)]
pub struct Prototype {
    /// Its name.
    pub name: &'static str,
    /// What it returns; empty for nothing.
    pub result: &'static str,
    /// What it takes.
    pub arguments: &'static [&'static str],
}

/// The type of a function that C calls. C has a name for it.
#[derive(Debug, Clone, Copy)]
pub struct Callback {
    /// Its type.
    pub prototype: Prototype,
    /// Whether what C calls so is the function itself, not a pointer to it.
    pub bare: bool,
}

/// A number that has a name.
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub value: i128,
}

/// A structure.
#[derive(Debug, Clone, Copy)]
pub struct Structure {
    /// Its name.
    pub name: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// What its address is a multiple of, in bytes.
    pub alignment: usize,
    /// What is in it.
    pub fields: &'static [Field],
}

/// A field of a structure.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type, as it is written in Rust.
    pub kind: &'static str,
    /// Where it is, in bytes.
    pub offset: usize,
}

/// Declares the functions of one library, which belongs to a [`crate::Kin`].
#[macro_export]
macro_rules! library {
    (
        $(#[$about:meta])*
        $name:ident in $file:literal of $kin:expr;
        $( $(#[$doc:meta])* fn $function:ident($($kind:ty),* $(,)?) $(-> $result:ty)?; )*
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name {
            $( $(#[$doc])* pub $function: unsafe extern "C" fn($($kind),*) $(-> $result)?, )*
        }

        impl $name {
            /// The library's file, which the system's loader finds.
            pub const FILE: &'static str = $file;

            /// Every function that is declared.
            pub const PROTOTYPES: &'static [$crate::Prototype] = &[
                $( $crate::Prototype {
                    name: stringify!($function),
                    result: concat!($(stringify!($result))?),
                    arguments: &[$(stringify!($kind)),*],
                }, )*
            ];

            /// The library, loaded when this is called for the first time: it opens files, starts no
            /// thread, and finds every function, so that nothing is looked up afterwards. It stays
            /// until the process ends.
            ///
            /// # Errors
            ///
            /// It is not there, or too old; the same at each call.
            pub fn get() -> Result<&'static Self, $crate::LoadError> {
                static LOADED: std::sync::OnceLock<Result<$name, $crate::LoadError>> =
                    std::sync::OnceLock::new();
                LOADED.get_or_init(Self::look_up).as_ref().map_err(Clone::clone)
            }

            fn look_up() -> Result<Self, $crate::LoadError> {
                let library = $crate::open($file, &$kin)?;
                Ok(Self {
                    // SAFETY: the type is the header's, which a test compares with this declaration.
                    $( $function: unsafe {
                        $crate::symbol(library, $file, stringify!($function), &$kin)
                    }?, )*
                })
            }
        }
    };
}

/// Declares types of functions that C calls: `pointer` where C's name is that of a pointer to such a
/// function, `bare` where it is that of the function.
#[macro_export]
macro_rules! callbacks {
    ($( $(#[$doc:meta])* $how:ident $name:ident = fn($($kind:ty),* $(,)?) $(-> $result:ty)?; )*) => {
        $( $(#[$doc])* pub type $name = Option<unsafe extern "C" fn($($kind),*) $(-> $result)?>; )*

        /// Every type of a function that C calls.
        pub const CALLBACKS: &[$crate::Callback] = &[
            $( $crate::Callback {
                prototype: $crate::Prototype {
                    name: stringify!($name),
                    result: concat!($(stringify!($result))?),
                    arguments: &[$(stringify!($kind)),*],
                },
                bare: $crate::callbacks!(@$how),
            }, )*
        ];
    };
    (@bare) => { true };
    (@pointer) => { false };
}

/// Declares constants.
#[macro_export]
macro_rules! constants {
    ($( $(#[$doc:meta])* $name:ident: $kind:ty = $value:expr; )*) => {
        $( $(#[$doc])* pub const $name: $kind = $value; )*

        /// Every constant.
        pub const CONSTANTS: &[$crate::Constant] = &[
            $( $crate::Constant { name: stringify!($name), value: $name as i128 }, )*
        ];
    };
}

/// Declares structures, by their tags: C says `struct` before them.
#[macro_export]
macro_rules! structures {
    ($(
        $(#[$about:meta])*
        struct $name:ident { $( $(#[$doc:meta])* $field:ident: $kind:ty, )* }
    )*) => {
        $(
            $(#[$about])*
            #[repr(C)]
            #[derive(Debug, Clone, Copy)]
            pub struct $name { $( $(#[$doc])* pub $field: $kind, )* }

            impl $name {
                /// All bits 0, which C takes for one that is yet to be filled.
                #[must_use]
                pub const fn zeroed() -> Self {
                    // SAFETY: it has numbers and pointers only, of which all bits may be 0.
                    unsafe { std::mem::zeroed() }
                }
            }
        )*

        /// Every structure.
        pub const STRUCTURES: &[$crate::Structure] = &[
            $( $crate::Structure {
                name: stringify!($name),
                size: size_of::<$name>(),
                alignment: align_of::<$name>(),
                fields: &[ $( $crate::Field {
                    name: stringify!($field),
                    kind: stringify!($kind),
                    offset: std::mem::offset_of!($name, $field),
                }, )* ],
            }, )*
        ];
    };
}
