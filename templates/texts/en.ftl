# Every word a person reads. One message is one whole text; placeholders stand where a value goes.

## The language itself

language-name = English
language-now = Language: { $name }
# How times and dates are written (strftime). They are told in UTC, and say so.
format-time = %H:%M:%S UTC
format-date = %Y-%m-%d %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = Error: { $page } – { $site }
header-signing-in = Signing in as { $name }
header-not-you = Not you?
header-signed-in = Signed in as { $name }
header-nav = Your account
header-account = Account
header-sign-out = Sign out
bound-for = To continue to { $site }
footer = Vestibule guards the sign-in to { $site }.

continue = Continue
back = Back
back-to-site = Back to the start page
cancel = Cancel
try-again = Try again
start-over = Start over
request-id = Reference for your administrator

## Times

ago-moment = just now
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
in-seconds = { $count ->
    [one] in { $count } second
   *[other] in { $count } seconds
}
in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
wait-seconds = { $count ->
    [one] Too many attempts. You can try again in { $count } second, at { $time }.
   *[other] Too many attempts. You can try again in { $count } seconds, at { $time }.
}
wait-minutes = { $count ->
    [one] Too many attempts. You can try again in { $count } minute, at { $time }.
   *[other] Too many attempts. You can try again in { $count } minutes, at { $time }.
}
wait-closed = There were too many wrong answers for this account, so none is looked at from here any more. Sign in from a browser you used before, or ask your administrator.
step-ends = { $count ->
    [one] You have { $count } minute to finish, until { $time }. After that you start over.
   *[other] You have { $count } minutes to finish, until { $time }. After that you start over.
}
session-ends-minutes = { $count ->
    [one] You stay signed in for { $count } minute, until { $time }. After that you sign in again.
   *[other] You stay signed in for { $count } minutes, until { $time }. After that you sign in again.
}
session-ends-hours = { $count ->
    [one] You stay signed in for { $count } hour, until { $date }. After that you sign in again.
   *[other] You stay signed in for { $count } hours, until { $date }. After that you sign in again.
}
code-ends = { $count ->
    [one] The code is valid for { $count } minute, until { $time }.
   *[other] The code is valid for { $count } minutes, until { $time }.
}

## Fields

field-username = User name
field-new-username-hint = Small letters, digits and . _ @ + - only. It cannot be changed later.
field-password = Password
field-new-password = New password
field-new-password-hint = At least { $least } characters. A few words you will remember are a good password.
field-new-password-again = New password once more
field-code = Code
field-recovery-code = Recovery code
field-recovery-code-hint = One of the codes you kept when you set up your account. Each works once.
field-phone = Phone number
field-phone-hint = With country code, such as +31 6 12345678.
field-email = Mail address
field-label = Name of this device
field-label-hint = So that you recognise it later, such as “work phone”.

## Errors at a field or a form

error-username-missing = Type your user name.
error-username-refused = This name cannot be used. Take up to 64 small letters, digits or . _ @ + -
error-password-missing = Type your password.
error-login-wrong = User name or password is not right. Check both and try again.
error-code-wrong = This code is not right. Check it, or wait for the next one, and try again.
error-code-missing = Type the code.
error-code-late = This code is too old. Have a new one sent, and type that.
error-recovery-code-wrong = This code is not right, or was used before. Try another one.
error-key-model = This model of key is not accepted here. Use another key, or another way.
error-key-refused = This key was not accepted. Try again, or use another way.
error-key-known = This key is already set up. Use a different one.
error-phone-invalid = This is not a phone number we can send to. Write it with its country code, such as +31 6 12345678.
error-phone-country = No codes are sent to numbers of this country. Use another number, or another way.
error-phone-closed = No codes are sent to this number any more. Use another way, or ask your administrator.
error-phone-missing = Type a phone number.
error-email-invalid = This is not a mail address. Write it like alice@example.com.
error-email-missing = Type a mail address.
error-label-missing = Give this device a name.
error-label-long = This name is too long. Take 64 characters at most.
error-label-taken = You have a device of this name already. Take another name.
error-password-short = This password is too short. Take at least { $least } characters.
error-password-long = This password is too long.
error-password-common = This password is among the commonest, and would be guessed. Take another one.
error-password-own-name = Your password must not be your user name.
error-password-not-the-same = The two passwords are not the same. Type the new one again.
error-not-acknowledged = Keep the codes first, then tick this box.
error-send-budget = No more codes can be sent before { $time }. Use another way, or try again { $in }.
error-factor-last = This is your last second factor and it is needed here. Add another one first.
error-busy = This cannot be checked right now. Try again in a moment.

## login

login-title = Sign in
login-button = Sign in
login-link = Go to sign-in
account-link = Go to your account
login-timed-out = You took too long to finish signing in, so we start over. Sign in again.
login-not-delivered = What you sent was not delivered; send it again after signing in.
login-start-again = This step belongs to a sign-in that is over. Sign in again.
login-form-expired = This form was too old or came from elsewhere. Nothing was done. Sign in again.
login-address-unknown = This gate does not know its public address. Set `url`.
login-or = or
login-alone-wait = There were too many tries from your network. Try again { $in }, at { $time }.
login-alone-failed = This did not work: no passkey was used, or the time ran out. Try again, or type your name and password.
login-password-first = Your key did not ask who you are, so it is not enough here. Type your name and password, then use it once more.
login-password-set = Your password is set. Sign in with it.
login-forgot = Forgot your password?

## verify

verify-choose-title = Confirm that it is you
verify-choose-lead = One more step. Choose one of the ways you set up.
verify-button = Continue
verify-key-button = Use key or passkey
verify-lost-link = Lost your device?
badge-last-used = Last used
badge-strongest = Strongest
badge-strong = Strong
badge-basic = Basic
others-title = Try another way
trust-label = { $days ->
    [one] Trust this browser for { $days } day
   *[other] Trust this browser for { $days } days
}
trust-hint = The password alone will do here. Only on a device that nobody else uses.
lost-title = Lost your device?
lost-lead = Without your device you can still get in, if you prepared another way.
lost-others = This still works:
lost-nothing-else = Your account has no other way set up.
lost-help-title = If none of it works
lost-help = Ask the administrator of { $site } to reset your account. You will get a link with which you set up a new device. Nobody will ask you for a password or a code.

delivery-ready = We can send a code to { $target }.
delivery-send = Send a code
delivery-sent = We sent a code to { $target }.
delivery-failed = The code could not be sent to { $target }. Try again, or use another way.
delivery-again = Send a new code
delivery-again-at = You can ask for a new code { $in }, at { $time }.

call-ready = We can call { $target } and say a code.
call-send = Call me
call-sent = We are calling { $target }.
call-failed = { $target } could not be called. Try again, or use another way.
call-again = Call me again
call-again-at = You can ask for another call { $in }, at { $time }.

ceremony-needs-script = Keys and passkeys need JavaScript, which is switched off here. Allow it for this site, or use another way.
ceremony-failed = This did not work: the key was not used, or the time ran out. You can try again.
ceremony-unsupported = This browser cannot use keys and passkeys. Use another browser or another way.
ceremony-again = Try again
ceremony-next = Continue, and your browser asks for your key or passkey.

## enrol

enrol-first-title = Add a second step
enrol-first-lead = { $site } asks for more than a password. Choose what you want to sign in with from now on.
enrol-needed = These open the page you asked for
enrol-needed-others = These let you sign in, but do not open that page
enrol-title = Add a way to sign in
enrol-lead = Choose what you want to add. It is good to have two, in case you lose one.
enrol-button = Confirm
enrol-key-button = Set up this key
enrol-other = Choose something else

otpauth-picture = QR code for your authenticator app
otpauth-open = Open in an app on this device
otpauth-secret = No camera? Type this key into the app:

## Methods

method-totp-title = Authenticator app
method-totp-hint = A free app on your phone shows a new code every 30 seconds. It works without a network.
method-totp-ask = Type the code that your authenticator app shows now.
method-totp-enrol-title = Set up your app
method-totp-enrol = Scan this picture with an authenticator app, then type the code the app shows.
method-totp-label = Authenticator app

method-hotp-title = Code token
method-hotp-hint = A small device with a button, or an app that counts: each press makes a new code. It works without a network.
method-hotp-ask = Press the button and type the code. If codes are refused, make two and type them one after the other.
method-hotp-enrol-title = Set up a code token
method-hotp-enrol = Scan this picture, or type the key into the token, then type the first code it makes.
method-hotp-label = Code token

method-yubikey-title = YubiKey code
method-yubikey-hint = A key you touch: it types a long code by itself. If yours also works as a security key, take that: it is stronger.
method-yubikey-ask = Put the cursor into the field and touch your YubiKey. It types the code by itself.
method-yubikey-enrol-title = Set up a YubiKey
method-yubikey-enrol = Put the cursor into the field and touch the YubiKey. It types a code by which we know it again.
method-yubikey-label = YubiKey

method-webauthn-title = Security key or passkey
method-webauthn-hint = Your fingerprint, face or PIN on this device, or a key you plug in. It cannot be used on a false site.
method-webauthn-ask = Use your key or passkey. Your browser will show you how.
method-webauthn-enrol-title = Set up a key
method-webauthn-enrol = Name the key, then follow your browser.
method-webauthn-label = Security key
method-webauthn-alone = Sign in with a passkey

method-sms-title = Text message
method-sms-hint = A code sent to your phone. Messages can be read or diverted by others: take a stronger way if you can.
method-sms-ask = Type the code from the message.
method-sms-enrol-title = Set up text messages
method-sms-enrol = We will send a code to this number to see that it is yours.
method-sms-confirm = Type the code from the message to confirm the number.
method-sms-label = Phone

method-voice-title = Phone call
method-voice-hint = We call you and say a code. Calls can be overheard or diverted by others: take a stronger way if you can.
method-voice-ask = We call you. Press any key of the phone to hear the code, then type it here.
method-voice-enrol-title = Set up phone calls
method-voice-enrol = We will call this number and say a code, to see that it is yours. You will be asked to press a key first.
method-voice-confirm = Answer the call and press any key of the phone. Then type the code that you hear.
method-voice-label = Phone calls

method-email-title = Mail
method-email-hint = A code sent to your mailbox. Whoever can read your mail can sign in with it: take a stronger way if you can.
method-email-ask = Type the code from the mail.
method-email-enrol-title = Set up mail
method-email-enrol = We will send a code to this address to see that it is yours.
method-email-confirm = Type the code from the mail to confirm the address.
method-email-label = Mailbox

method-recovery-title = Recovery code
method-recovery-hint = One of the codes you printed or wrote down.
method-recovery-enrol-title = Recovery codes
method-recovery-enrol = Codes to get in when your device is lost. Each works once.
method-recovery-label = Recovery codes
method-recovery-left = { $count ->
    [one] { $count } left
   *[other] { $count } left
}

## Recovery codes

codes-title = Keep your recovery codes
codes-lead = { $count ->
    [one] With this code you get in when your device is lost. It works once, and is shown only now.
   *[other] With these { $count } codes you get in when your device is lost. Each works once, and they are shown only now.
}
codes-replace = Your older codes no longer work.
codes-sheet = Recovery codes for { $site }
codes-for = For { $name }, made { $date }
codes-keep = Print this page or copy the codes, and keep them where you keep important papers, not on the device you sign in with.
codes-acknowledge = I have kept these codes
codes-work = The codes work once you have pressed “{ $button }”.
codes-ends = { $count ->
    [one] You have { $count } minute to keep these codes, until { $time }. After that they are worth nothing, and you make new ones on your account page.
   *[other] You have { $count } minutes to keep these codes, until { $time }. After that they are worth nothing, and you make new ones on your account page.
}
codes-void = These codes are worth nothing
codes-void-text = The time ran out before you said that you have kept them. Throw away what you printed or copied, and make new codes. You are still signed in.

## account

account-title = Your account
account-sites = Your sites
account-factors = Ways to sign in
account-factors-none = You have no second factor yet.
account-factor-add = Add a way to sign in
account-last-used = Last used
account-never-used = Never
account-added = Added
account-rename = Rename
account-rename-this = Rename { $name }
account-remove = Remove
account-remove-this = Remove { $name }
account-recovery = Recovery codes
account-recovery-left = { $count ->
    [one] { $count } code left.
   *[other] { $count } codes left.
}
account-recovery-few = { $count ->
    [0] You have no recovery codes. Make some, so that a lost device does not lock you out.
    [one] Only { $count } recovery code is left. Make new ones soon.
   *[other] Only { $count } recovery codes are left. Make new ones soon.
}
account-recovery-renew = Make new codes
account-sessions = Where you are signed in
account-this-session = This one
account-last-seen = Last seen
account-started = Signed in
account-session-end = Sign out
account-session-end-this = Sign out { $name }
account-sign-out-elsewhere = Sign out everywhere else
account-elsewhere-offer = If somebody else may have been signed in as you, end that now.
account-sign-out-everywhere = Sign out everywhere
browser-on = { $browser } on { $system }
browser-at = { $browser }, { $address }
browser-unknown = An unknown browser
account-browsers = Your browsers
account-browsers-hint = Browsers in which you signed in with both steps. If strangers try too many wrong passwords, you can still sign in from these. In a trusted one, the password alone will do.
account-browsers-none = None yet.
account-browser-since = First seen
account-browser-end = Forget
account-browser-end-this = Forget { $name }
account-browser-trusted = Trusted until
account-this-browser = This one
account-browsers-end = Forget all browsers
account-browsers-end-others = Forget all other browsers
account-browsers-offer = Other browsers may still sign in as before. If they should not, forget them.
account-password = Password
account-password-change = Change password
done-factor-added = Added. You can use it from now on.
done-factor-renamed = The new name is saved.
done-factor-removed = Removed. It no longer signs anybody in, and you are signed out everywhere else.
done-password-changed = Your password is changed. You are signed out everywhere else.
done-session-ended = That session is signed out.
done-sessions-ended = You are signed out everywhere else.
done-browser-ended = Forgotten.
done-codes-made = Your new recovery codes are in force.

## A reminder after signing in

remind-title = Add a stronger way to sign in
remind-lead = There is a stronger way to sign in than the one you use. It takes a minute to add, and with two ways you are not locked out when you lose one.
remind-proof = You confirm once more that it is you, and then you add it.
remind-later = Later
remind-again = Choose “Later” to go on as before. You will be asked again after { $date }.

## Confirming an action

confirm-add = Confirm that it is you
confirm-add-text = Before you add a way to sign in, confirm with one you have.
confirm-rename = Rename a device
confirm-rename-text = Give “{ $name }” a new name, and confirm that it is you.
confirm-rename-button = Rename
confirm-remove = Remove a device
confirm-remove-text = “{ $name }” will no longer sign you in, and you will be signed out everywhere else. Confirm that it is you.
confirm-remove-button = Remove it
confirm-codes = Make new recovery codes
confirm-codes-text = Your old codes stop working. Confirm that it is you.
confirm-codes-button = Make new codes
confirm-password = Change your password
confirm-password-text = Choose a new password, and confirm that it is you.
confirm-password-button = Change password
confirm-browser = Forget a browser
confirm-browser-text = “{ $name }” will count as a stranger’s, until you sign in there again. Confirm that it is you.
confirm-browser-button = Forget it
confirm-other-browsers = Forget all other browsers
confirm-other-browsers-text = Every browser but this one will count as a stranger’s, until you sign in there again. Confirm that it is you.
confirm-browsers = Forget all browsers
confirm-browsers-text = Every browser, this one too, will count as a stranger’s, until you sign in there again. Confirm that it is you.
confirm-browsers-button = Forget all

## logout

logout-title = Sign out?
logout-lead = You will be signed out of { $site } in this browser.
logout-button = Sign out
logout-stay = Stay signed in
logout-done-title = You are signed out
logout-done-lead = This browser is signed out. On a shared computer, close it too.
logout-done-everywhere = You are signed out in every browser.
logout-again = Sign in again

## One-time links

invite-title = Welcome
invite-lead = This is your account { $name } for { $site }. Choose a password to begin.
invite-next = Next, you set up a second step.
invite-ends = This link works once, until { $date }.
reset-title = Set up your account again
reset-lead = The second step of your account { $name } for { $site } was reset. Continue to set up a new one.
invite-dead-title = This link does not work
invite-dead-lead = It was used before, is too old, or was not copied whole.
invite-dead-help = If you have set up your account, sign in. Otherwise ask your administrator for a new link.
forgot-title = Forgot your password?
forgot-lead = Type your user name. If your account has a mail address, we send a link there with which you choose a new password.
forgot-button = Send a link
forgot-form-expired = This form was too old or came from elsewhere. Nothing was sent. Try again.
forgot-sent-title = Look into your mailbox
forgot-sent-lead = { $minutes ->
    [one] If there is such an account and it has a mail address, a link is on its way. It works once, for { $minutes } minute.
   *[other] If there is such an account and it has a mail address, a link is on its way. It works once, for { $minutes } minutes.
}
forgot-sent-help = Nothing came? Look among unwanted mail, or ask your administrator: not every account can be helped this way.
forgot-again = Ask for a new link
new-password-title = Choose a new password
new-password-lead = This is the account { $name } for { $site }. You will be signed out everywhere.
new-password-next = Then sign in with it. Your second step stays as it is.
setup-title = Make the first account
setup-lead = This gate has no users yet. You are its administrator: choose your user name and a password.
setup-button = Make the account

## When signing in cannot go on

blocked-title = Signing in does not work here
blocked-cookies = Your browser did not send back our cookie.
blocked-cookies-remedy = Allow cookies for this site, and leave private browsing if it blocks them. Then try again.
blocked-http = This site is set up for { $origin }, but your browser came over plain http.
blocked-http-remedy = Open { $origin } instead. If you are there already, the connection is opened before it reaches this gate: ask your administrator to set `url` to the address people use.
blocked-gate = Another gate on this host uses a cookie of the same name.
blocked-gate-remedy = Cookies do not tell ports apart. Ask your administrator to give the two gates different names in `session.cookie`.
blocked-loop = Your browser was sent back and forth without getting anywhere.
blocked-loop-remedy = Most often cookies are blocked: allow them for this site and for its sign-in page. Or your device has two addresses, as with a VPN, and the two pages see different ones. Then try again.
blocked-way-back = The way back from signing in is too old, was used already, or began in another browser.
blocked-way-back-remedy = Nobody was signed in by it. Try again: if you are still signed in, you get in at once.
blocked-no-site = The site you were on the way to is not served here any more.
blocked-no-site-remedy = Ask your administrator where it is now. Your account lists the sites that you may open.
waiting-title = Wait a moment
waiting-why = There were several wrong answers in a row, so answers are not looked at for a while. This protects your account from guessing.
not-enrolled-title = You need an invitation
not-enrolled-lead = Your password is right, but { $site } asks for a second step and your account has none.
not-enrolled-help = Ask the administrator of { $site } for an invitation link. With it you set up your second step.
factor-needed-title = This page needs a stronger way
factor-needed-lead = You are signed in, but this page asks for a way to sign in that you have not set up yet.
factor-needed-proof = Before you add it, you confirm once more that it is you.

## Refusals

refused-400 = This request cannot be read
refused-400-text = Its address or headers can be understood in more than one way, so it was not passed on. Check the address and try again.
refused-401 = You are not signed in
refused-401-text = Sign in first, then ask again.
refused-403 = You may not open this page
refused-403-text = The rules of this site do not let you in here. If you think they should, tell your administrator.
refused-as-another = Sign in as somebody else
refused-404 = There is nothing here
refused-404-text = This address leads nowhere. Check it for typing errors.
refused-405 = This cannot be done here
refused-405-text = The page does not take this kind of request.
refused-409 = This step is out of turn
refused-409-text = It belongs to something that is over or has changed meanwhile. Start again from the beginning.
refused-413 = This is too large
refused-413-text = More was sent than this page takes. Nothing was kept.
refused-421 = This site is not known here
refused-421-text = The address leads to this server, but no site of that name is set up.
refused-429 = Too many requests
refused-429-text = Wait a moment, then try again.
refused-431 = Too many headers
refused-431-text = Your browser sent more headers or cookies than are taken. Removing this site’s cookies often helps.
refused-500 = Something went wrong
refused-500-text = The fault is ours, and nothing was passed on. Try again in a moment.
refused-501 = The application cannot do this
refused-501-text = It is set up in a way that carries no connections of this kind. Tell your administrator.
refused-502 = The application does not answer
refused-502-text = You reached the gate, but the application behind it could not be reached. Try again in a moment.
refused-503 = Not available right now
refused-503-text = This cannot be answered for the moment, and nothing was passed on. Try again shortly.
refused-504 = The application takes too long
refused-504-text = The application behind the gate did not answer in time. Try again in a moment.
refused-508 = The request goes in a circle
refused-508-text = It came back to this gate after being passed on. Tell your administrator.
refused-stale-form = This form is too old
refused-stale-form-text = It was opened too long ago, or in a browser session that is over. Nothing was done. Go back, reload the page and try again.
refused-no-certificate = This page needs a certificate
refused-no-certificate-text = Your browser or program showed no client certificate that is let in here. Install the one you were given, close all windows of the browser, and try again.
refused-not-from-here = This must be opened directly
refused-not-from-here-text = Another page, a frame or a script asked for it. Nothing was done. Open it in a tab of its own.

## The sample application

demo-title = Sample application
demo-lead = You passed two doors. This stands for your application, asked for { $path }, and this is what it is told about you.
demo-verified = The signed identity was checked against the gate’s published keys, and is good.
demo-refused = The signed identity was not believed: { $reason }
demo-missing = No identity was sent: this page is open to everybody.
demo-claims = What the signature vouches for
demo-headers = Headers received
demo-headers-none = None.
demo-try = Try more
demo-link-step-up = A page that asks again after a minute
demo-link-open = A page that is open to everybody
demo-link-messages = Messages and authenticator
demo-link-account = Your account
demo-messages-title = Messages and authenticator
demo-messages = Messages that would have been sent
demo-messages-none = None yet.
demo-message-sms = Text message to { $to }
demo-message-call = Call to { $to }
demo-message-mail = Mail to { $to }
demo-authenticator = An authenticator, if you have no phone at hand
demo-secret = Key
demo-secret-hint = Paste the key from the page that sets up the app.
demo-secret-button = Show the code
demo-secret-refused = This is not a key. It has letters A to Z and digits 2 to 7 only.
demo-code-left = { $count ->
    [one] for { $count } more second
   *[other] for { $count } more seconds
}

## Messages and mails

# What a call says. The language is one that is spoken: with its region (BCP 47).
voice-language = en-US
voice-ask = Hello. This is a call from { $site }. To hear your code, press any key. If it was not you who asked for it, hang up.
voice-code = Your code for { $site } is:
voice-again = Once more:
voice-end = Give it to nobody. Goodbye.

sms-code = { $code } is your code for { $site }, valid { $minutes } min. Give it to nobody.

mail-code-subject = Your code for { $site }
mail-code =
    { $minutes ->
        [one] { $code } is your code for { $site }. It is valid for { $minutes } minute. Give it to nobody.
       *[other] { $code } is your code for { $site }. It is valid for { $minutes } minutes. Give it to nobody.
    }

    If it was not you who asked for it, somebody else may know your password: change it.
mail-code-enrol =
    { $minutes ->
        [one] { $code } is your code for { $site }. It is valid for { $minutes } minute. Give it to nobody.
       *[other] { $code } is your code for { $site }. It is valid for { $minutes } minutes. Give it to nobody.
    }

    Somebody gave this address for codes at { $site }. If that was not you, leave this mail alone: without the code the address is not used.

mail-invitation-subject = Your account for { $site }
mail-invitation =
    Hello { $name },

    an account for { $site } was made for you. Open this link to set your password and your second step:

    { $link }

    The link works once, until { $date }. If you did not expect this mail, leave it alone.

mail-password-link-subject = A new password for { $site }
mail-password-link =
    Hello { $name },

    somebody asked for a new password for your account at { $site }, from { $from }. Open this link to choose one:

    { $link }

    { $minutes ->
        [one] The link works once, for { $minutes } minute. Your second step stays as it is. If it was not you who asked, leave this mail alone: nothing changes.
       *[other] The link works once, for { $minutes } minutes. Your second step stays as it is. If it was not you who asked, leave this mail alone: nothing changes.
    }

mail-notice =
    Hello { $name },

    { $what }

    Site: { $site }
    When: { $date }
    From: { $from }

    If this was you, there is nothing to do. If not, tell your administrator at once, who can reset your account. If you can still sign in, change your password on your account page and sign out everywhere.

mail-from-administrator = an administrator
mail-factor-added-subject = A way to sign in to { $site } was added
mail-factor-added = A new way to sign in was added to your account: { $label }
mail-factor-removed-subject = A way to sign in to { $site } was removed
mail-factor-removed = A way to sign in was removed from your account: { $label }
mail-factor-renamed-subject = A way to sign in to { $site } was renamed
mail-factor-renamed = A way to sign in to your account was given another name: { $before } is now called { $label }
mail-password-changed-subject = Your password for { $site } was changed
mail-password-changed = The password of your account was changed.
mail-recovery-used-subject = A recovery code was used for { $site }
mail-recovery-used = { $count ->
    [one] Somebody signed in with one of your recovery codes. { $count } is left.
   *[other] Somebody signed in with one of your recovery codes. { $count } are left.
}
mail-fallback-used-subject = A way back in was used for { $site }
mail-fallback-used = Somebody signed in without your device, by a way that is there for when it is lost: { $label }
mail-recovery-renewed-subject = New recovery codes for { $site }
mail-recovery-renewed = New recovery codes were made for your account. The old ones no longer work.
mail-address-replaced-subject = Your mail address for { $site } was replaced
mail-address-replaced = The mail address of your account was replaced by another one. Mails about it no longer come here.
mail-reset-subject = Your account for { $site } was reset
mail-reset = All ways to sign in were taken away from your account, so that you can set up new ones. Your administrator gives you a link for that.
mail-new-browser-subject = A new browser signed in to { $site }
mail-new-browser = Your account was used in a browser we have not seen before: { $description }
mail-browser-trusted-subject = A browser is trusted at { $site } from now on
mail-browser-trusted = Somebody ticked the box that makes a browser trusted. Until { $until } your password alone signs you in there, without a second factor: { $description }
mail-browsers-forgotten-subject = Browsers were forgotten at { $site }
mail-browsers-forgotten = Browsers in which you signed in were forgotten on your account page. They count as strangers’ until you sign in there again with both steps.
mail-browser-copied-subject = A trusted browser for { $site } may have been copied
mail-browser-copied = Somebody signed in to your account with your password and an old copy of what makes one of your browsers trusted. That browser is no longer trusted, and whoever was signed in by it is signed out. If you did not just restore a browser from a backup, change your password.
mail-sessions-ended-subject = Sessions for { $site } were ended
mail-sessions-ended = { $count ->
    [one] On your account page { $count } session was ended. Whoever was signed in there has to sign in again.
   *[other] On your account page { $count } sessions were ended. Whoever was signed in there has to sign in again.
}
mail-locked-subject = Many wrong answers for your account at { $site }
mail-locked = There were many wrong answers for your account. Sign in from a browser you used before, or with a passkey if you have one, to open it again.
