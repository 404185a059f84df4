//! ADDITIONAL SENSE CODE and its QUALIFIER (SPC-4 annex F).

/// An additional sense code with its qualifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdditionalSense {
    /// ADDITIONAL SENSE CODE.
    pub code: u8,
    /// ADDITIONAL SENSE CODE QUALIFIER.
    pub qualifier: u8,
}

/// Declares the codes in use, named as in SPC-4 annex F.
macro_rules! codes {
    ($($name:ident = $code:literal / $qualifier:literal;)+) => {
        impl AdditionalSense {
            $(
                #[doc = concat!(stringify!($name), ", ", stringify!($code), " / ", stringify!($qualifier), ".")]
                pub const $name: Self = Self { code: $code, qualifier: $qualifier };
            )+
        }
    };
}

codes! {
    NONE = 0x00 / 0x00;
    BECOMING_READY = 0x04 / 0x01;
    MANUAL_INTERVENTION_REQUIRED = 0x04 / 0x03;
    WRITE_ERROR = 0x0c / 0x00;
    INVALID_FIELD_IN_COMMAND_INFORMATION_UNIT = 0x0e / 0x03;
    UNRECOVERED_READ_ERROR = 0x11 / 0x00;
    PARAMETER_LIST_LENGTH_ERROR = 0x1a / 0x00;
    MISCOMPARE_DURING_VERIFY_OPERATION = 0x1d / 0x00;
    INVALID_COMMAND_OPERATION_CODE = 0x20 / 0x00;
    LBA_OUT_OF_RANGE = 0x21 / 0x00;
    INVALID_FIELD_IN_CDB = 0x24 / 0x00;
    LOGICAL_UNIT_NOT_SUPPORTED = 0x25 / 0x00;
    INVALID_FIELD_IN_PARAMETER_LIST = 0x26 / 0x00;
    INVALID_RELEASE_OF_PERSISTENT_RESERVATION = 0x26 / 0x04;
    WRITE_PROTECTED = 0x27 / 0x00;
    LOGICAL_UNIT_SOFTWARE_WRITE_PROTECTED = 0x27 / 0x02;
    SPACE_ALLOCATION_FAILED_WRITE_PROTECT = 0x27 / 0x07;
    POWER_ON_RESET_OR_BUS_DEVICE_RESET_OCCURRED = 0x29 / 0x00;
    SCSI_BUS_RESET_OCCURRED = 0x29 / 0x02;
    BUS_DEVICE_RESET_FUNCTION_OCCURRED = 0x29 / 0x03;
    I_T_NEXUS_LOSS_OCCURRED = 0x29 / 0x07;
    MODE_PARAMETERS_CHANGED = 0x2a / 0x01;
    RESERVATIONS_PREEMPTED = 0x2a / 0x03;
    RESERVATIONS_RELEASED = 0x2a / 0x04;
    REGISTRATIONS_PREEMPTED = 0x2a / 0x05;
    CAPACITY_DATA_HAS_CHANGED = 0x2a / 0x09;
    COMMANDS_CLEARED_BY_ANOTHER_INITIATOR = 0x2f / 0x00;
    SAVING_PARAMETERS_NOT_SUPPORTED = 0x39 / 0x00;
    INQUIRY_DATA_HAS_CHANGED = 0x3f / 0x03;
    INTERNAL_TARGET_FAILURE = 0x44 / 0x00;
    INSUFFICIENT_REGISTRATION_RESOURCES = 0x55 / 0x04;
}
