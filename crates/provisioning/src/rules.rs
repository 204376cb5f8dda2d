//! Rules in the order in which they are judged.

use crate::ProvisioningError;

/// The first rule that does not hold gives the reason code.
pub(crate) fn refuse_unless(rules: &[(bool, &'static str)]) -> Result<(), ProvisioningError> {
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, code)) => Err(ProvisioningError::refused(code)),
        None => Ok(()),
    }
}
