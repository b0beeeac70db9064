//! A new password, by its owner. It ends every session and browser; the one that asked goes on in a new session.

use axum::response::Response;
use vestibule_templates::pages::account::Done;

use super::confirm::Confirmed;
use crate::directory::Prepared;
use crate::wizard::failure::Failure;

/// Takes the new password over. It was judged and made ready before the factor was asked.
pub async fn change(confirmed: Confirmed<'_>, prepared: &Prepared) -> Result<Response, Failure> {
    let Confirmed { wizard, user, proof, .. } = &confirmed;
    // A password that a mailbox set vouches for no more than the mailbox did.
    let by_mail = user.password_by_mail && proof.factor.is_none();
    let more = vec![confirmed.still_signed_in()];
    wizard.first.set_password(user, prepared, user.enrol_until, by_mail, &confirmed.source(), more).await?;
    confirmed.renewed(Done::PasswordChanged).await
}
