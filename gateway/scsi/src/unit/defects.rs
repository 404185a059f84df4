//! READ DEFECT DATA (SBC-3 5.17, 5.18): there are none.

use super::answer;
use crate::Plan;
use crate::command::DefectForm;

/// Both lists that may be asked for, in the format that is asked for, empty.
pub(super) fn read(form: DefectForm, lists: u8, allocation: u32) -> Plan {
    let mut header = match form {
        DefectForm::Ten => vec![0; 4],
        DefectForm::Twelve => vec![0; 8],
    };
    // PLISTV, GLISTV and DEFECT LIST FORMAT lie where the CDB has what they answer.
    if let Some(byte) = header.get_mut(1) {
        *byte = lists;
    }
    answer(header, allocation)
}
