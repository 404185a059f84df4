//! Sense data: why a command ended in CHECK CONDITION (SPC-4 4.5).

mod additional;
mod encoding;
mod image;

pub use additional::AdditionalSense;
pub use encoding::{SenseBytes, SenseFormat};
pub use image::Access;

/// SPC-4 table 48, the keys this server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SenseKey {
    /// There is nothing to say.
    NoSense = 0x0,
    /// The unit cannot be reached now.
    NotReady = 0x2,
    /// The medium failed.
    MediumError = 0x3,
    /// The server failed.
    HardwareError = 0x4,
    /// The initiator asked for what it may not ask for.
    IllegalRequest = 0x5,
    /// Something has changed that the initiator must know of.
    UnitAttention = 0x6,
    /// The blocks are protected from this access.
    DataProtect = 0x7,
    /// The command was given up.
    AbortedCommand = 0xb,
    /// The data differs from the medium's.
    Miscompare = 0xe,
}

/// Where the field at fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultyField {
    /// In the CDB.
    Cdb {
        /// The byte, or the first byte of the field.
        byte: u16,
        /// The field's most significant bit in that byte, if it is not whole bytes.
        bit: Option<u8>,
    },
    /// In the parameter list.
    Parameters {
        /// The byte, or the first byte of the field.
        byte: u16,
        /// The field's most significant bit in that byte, if it is not whole bytes.
        bit: Option<u8>,
    },
}

/// What CHECK CONDITION says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sense {
    /// The kind of trouble.
    pub key: SenseKey,
    /// The trouble.
    pub code: AdditionalSense,
    /// The INFORMATION field: what it holds depends on the trouble (MISCOMPARE: a byte offset).
    pub information: Option<u64>,
    /// The field at fault (ILLEGAL REQUEST alone).
    pub field: Option<FaultyField>,
}

impl Sense {
    /// NO SENSE: what REQUEST SENSE answers when there is nothing to report.
    pub const NO_SENSE: Self = Self::new(SenseKey::NoSense, AdditionalSense::NONE);
    /// The operation code is not one of ours; it is byte 0 of the CDB.
    pub const INVALID_OPERATION_CODE: Self = Self {
        field: Some(FaultyField::Cdb { byte: 0, bit: None }),
        ..Self::illegal(AdditionalSense::INVALID_COMMAND_OPERATION_CODE)
    };
    /// The blocks are not all within the unit.
    pub const LBA_OUT_OF_RANGE: Self = Self::illegal(AdditionalSense::LBA_OUT_OF_RANGE);
    /// The command is for a unit that is not there.
    pub const LOGICAL_UNIT_NOT_SUPPORTED: Self =
        Self::illegal(AdditionalSense::LOGICAL_UNIT_NOT_SUPPORTED);
    /// The parameter list ends within a field, or is longer than it can be.
    pub const PARAMETER_LIST_LENGTH_ERROR: Self =
        Self::illegal(AdditionalSense::PARAMETER_LIST_LENGTH_ERROR);
    /// MODE SENSE asked for saved values.
    pub const SAVING_PARAMETERS_NOT_SUPPORTED: Self =
        Self::illegal(AdditionalSense::SAVING_PARAMETERS_NOT_SUPPORTED);
    /// What the transport says of the data (its expected length) contradicts the CDB.
    pub const INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT: Self =
        Self::illegal(AdditionalSense::INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT);
    /// RELEASE names another scope or type than the reservation has.
    pub const INVALID_RELEASE_OF_PERSISTENT_RESERVATION: Self =
        Self::illegal(AdditionalSense::INVALID_RELEASE_OF_PERSISTENT_RESERVATION);
    /// As many nexuses are registered as there may be.
    pub const INSUFFICIENT_REGISTRATION_RESOURCES: Self =
        Self::illegal(AdditionalSense::INSUFFICIENT_REGISTRATION_RESOURCES);
    /// The image is read-only.
    pub const WRITE_PROTECTED: Self =
        Self::new(SenseKey::DataProtect, AdditionalSense::WRITE_PROTECTED);
    /// An initiator has set SWP in the control mode page.
    pub const SOFTWARE_WRITE_PROTECTED: Self = Self::new(
        SenseKey::DataProtect,
        AdditionalSense::LOGICAL_UNIT_SOFTWARE_WRITE_PROTECTED,
    );
    /// The store behind a thin unit is full.
    pub const NO_SPACE: Self = Self::new(
        SenseKey::DataProtect,
        AdditionalSense::SPACE_ALLOCATION_FAILED_WRITE_PROTECT,
    );
    /// Blocks could not be read.
    pub const READ_ERROR: Self = Self::new(
        SenseKey::MediumError,
        AdditionalSense::UNRECOVERED_READ_ERROR,
    );
    /// Blocks could not be written, or not made stable.
    pub const WRITE_ERROR: Self = Self::new(SenseKey::MediumError, AdditionalSense::WRITE_ERROR);
    /// The unit will be there soon; initiators retry.
    pub const BECOMING_READY: Self = Self::new(SenseKey::NotReady, AdditionalSense::BECOMING_READY);
    /// The unit needs an admin (an image without a single block).
    pub const MANUAL_INTERVENTION_REQUIRED: Self = Self::new(
        SenseKey::NotReady,
        AdditionalSense::MANUAL_INTERVENTION_REQUIRED,
    );
    /// A fault of the server itself.
    pub const TARGET_FAILURE: Self = Self::new(
        SenseKey::HardwareError,
        AdditionalSense::INTERNAL_TARGET_FAILURE,
    );

    /// A key and a code, without details.
    #[must_use]
    pub const fn new(key: SenseKey, code: AdditionalSense) -> Self {
        Self {
            key,
            code,
            information: None,
            field: None,
        }
    }

    const fn illegal(code: AdditionalSense) -> Self {
        Self::new(SenseKey::IllegalRequest, code)
    }

    /// The data of COMPARE AND WRITE or VERIFY differs from the medium's, first at byte `offset`
    /// of the data.
    #[must_use]
    pub const fn miscompare(offset: u64) -> Self {
        Self {
            information: Some(offset),
            ..Self::new(
                SenseKey::Miscompare,
                AdditionalSense::MISCOMPARE_DURING_VERIFY_OPERATION,
            )
        }
    }

    /// INVALID FIELD IN CDB: the field starts in `byte`, with `bit` as its most significant one.
    #[must_use]
    pub const fn invalid_field(byte: u16, bit: Option<u8>) -> Self {
        Self {
            field: Some(FaultyField::Cdb { byte, bit }),
            ..Self::illegal(AdditionalSense::INVALID_FIELD_IN_CDB)
        }
    }

    /// INVALID FIELD IN PARAMETER LIST: the field starts in `byte` of the list, with `bit` as its
    /// most significant one.
    #[must_use]
    pub const fn invalid_parameter(byte: u16, bit: Option<u8>) -> Self {
        Self {
            field: Some(FaultyField::Parameters { byte, bit }),
            ..Self::illegal(AdditionalSense::INVALID_FIELD_IN_PARAMETER_LIST)
        }
    }
}
