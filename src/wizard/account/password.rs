//! A new password, by its owner. It ends every session and browser; the one that asked goes on in a new session.

use axum::response::Response;

use super::confirm::Confirmed;
use crate::wizard::failure::Failure;

/// Takes the new password over. The form was judged before the factor was asked.
pub async fn change(confirmed: Confirmed<'_>) -> Result<Response, Failure> {
    let Confirmed { wizard, user, proof, posted, .. } = &confirmed;
    let prepared = wizard.first.prepare(&user.name, &posted.secret("new_password")).await?;
    // A password that a mailbox set vouches for no more than the mailbox did.
    let by_mail = user.password_by_mail && proof.factor.is_none();
    let more = vec![confirmed.still_signed_in()];
    wizard.first.set_password(user, &prepared, user.enrol_until, by_mail, &confirmed.source(), more).await?;
    confirmed.renewed("password").await
}
