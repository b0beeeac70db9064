# Every word a person reads, in Dutch. Formal address (u).

## The language itself

language-name = Nederlands
language-now = Taal: { $name }
format-time = %H:%M:%S UTC
format-date = %d-%m-%Y %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = Fout: { $page } – { $site }
header-signing-in = Inloggen als { $name }
header-not-you = Bent u dit niet?
header-signed-in = Ingelogd als { $name }
header-nav = Uw account
header-account = Account
header-sign-out = Uitloggen
bound-for = Om verder te gaan naar { $site }
footer = Vestibule bewaakt het inloggen bij { $site }.

continue = Doorgaan
back = Terug
back-to-site = Terug naar de startpagina
cancel = Annuleren
try-again = Opnieuw proberen
start-over = Opnieuw beginnen
request-id = Kenmerk voor uw beheerder

## Times

ago-moment = zojuist
ago-minutes = { $count ->
    [one] { $count } minuut geleden
   *[other] { $count } minuten geleden
}
ago-hours = { $count ->
    [one] { $count } uur geleden
   *[other] { $count } uur geleden
}
ago-days = { $count ->
    [one] { $count } dag geleden
   *[other] { $count } dagen geleden
}
in-seconds = { $count ->
    [one] over { $count } seconde
   *[other] over { $count } seconden
}
in-minutes = { $count ->
    [one] over { $count } minuut
   *[other] over { $count } minuten
}
in-hours = { $count ->
    [one] over { $count } uur
   *[other] over { $count } uur
}
wait-seconds = { $count ->
    [one] Te veel pogingen. Over { $count } seconde, om { $time }, kunt u het opnieuw proberen.
   *[other] Te veel pogingen. Over { $count } seconden, om { $time }, kunt u het opnieuw proberen.
}
wait-minutes = { $count ->
    [one] Te veel pogingen. Over { $count } minuut, om { $time }, kunt u het opnieuw proberen.
   *[other] Te veel pogingen. Over { $count } minuten, om { $time }, kunt u het opnieuw proberen.
}
wait-closed = Er waren te veel foute antwoorden voor dit account; vanaf hier wordt er geen meer bekeken. Log in met een browser die u eerder gebruikte, of vraag uw beheerder.
step-ends = { $count ->
    [one] U hebt nog { $count } minuut, tot { $time }. Daarna begint u opnieuw.
   *[other] U hebt nog { $count } minuten, tot { $time }. Daarna begint u opnieuw.
}
session-ends-minutes = { $count ->
    [one] U blijft nog { $count } minuut ingelogd, tot { $time }. Daarna logt u opnieuw in.
   *[other] U blijft nog { $count } minuten ingelogd, tot { $time }. Daarna logt u opnieuw in.
}
session-ends-hours = { $count ->
    [one] U blijft nog { $count } uur ingelogd, tot { $date }. Daarna logt u opnieuw in.
   *[other] U blijft nog { $count } uur ingelogd, tot { $date }. Daarna logt u opnieuw in.
}
code-ends = { $count ->
    [one] De code is { $count } minuut geldig, tot { $time }.
   *[other] De code is { $count } minuten geldig, tot { $time }.
}

## Fields

field-username = Gebruikersnaam
field-new-username-hint = Alleen kleine letters, cijfers en . _ @ + -. U kunt hem later niet meer wijzigen.
field-password = Wachtwoord
field-new-password = Nieuw wachtwoord
field-new-password-hint = { $least ->
    [one] Ten minste { $least } teken. Een paar woorden die u onthoudt zijn een goed wachtwoord.
   *[other] Ten minste { $least } tekens. Een paar woorden die u onthoudt zijn een goed wachtwoord.
}
field-new-password-again = Nieuw wachtwoord nogmaals
field-code = Code
field-recovery-code = Herstelcode
field-recovery-code-hint = Een van de codes die u bewaarde toen u uw account instelde. Elke code werkt één keer.
field-phone = Telefoonnummer
field-phone-hint = Met landnummer, zoals +31 6 12345678.
field-email = E-mailadres
field-label = Naam van dit apparaat
field-label-hint = Zodat u het later herkent, zoals ‘telefoon van het werk’.

## Errors at a field or a form

error-username-missing = Vul uw gebruikersnaam in.
error-username-refused = Deze naam kan niet worden gebruikt. Neem ten hoogste 64 kleine letters, cijfers of . _ @ + -
error-password-missing = Vul uw wachtwoord in.
error-login-wrong = De gebruikersnaam of het wachtwoord klopt niet. Controleer beide en probeer het opnieuw.
error-code-wrong = Deze code klopt niet. Controleer hem, of wacht op de volgende, en probeer het opnieuw.
error-code-missing = Vul de code in.
error-code-late = Deze code is te oud. Laat een nieuwe sturen en vul die in.
error-recovery-code-wrong = Deze code klopt niet of is al gebruikt. Probeer een andere.
error-key-model = Sleutels van dit model worden hier niet geaccepteerd. Gebruik een andere sleutel of een andere manier.
error-key-refused = Deze sleutel is niet geaccepteerd. Probeer het opnieuw of gebruik een andere manier.
error-key-known = Deze sleutel is al ingesteld. Gebruik een andere.
error-phone-invalid = Naar dit nummer kunnen wij niets sturen. Schrijf het met landnummer, zoals +31 6 12345678.
error-phone-country = Naar nummers van dit land worden geen codes gestuurd. Gebruik een ander nummer of een andere manier.
error-phone-closed = Naar dit nummer worden geen codes meer gestuurd. Gebruik een andere manier of vraag uw beheerder.
error-phone-missing = Vul een telefoonnummer in.
error-email-invalid = Dit is geen e-mailadres. Schrijf het als alice@example.com.
error-email-missing = Vul een e-mailadres in.
error-label-missing = Geef dit apparaat een naam.
error-label-long = Deze naam is te lang. Neem ten hoogste 64 tekens.
error-label-taken = U hebt al een apparaat met deze naam. Kies een andere naam.
error-password-short = { $least ->
    [one] Dit wachtwoord is te kort. Neem ten minste { $least } teken.
   *[other] Dit wachtwoord is te kort. Neem ten minste { $least } tekens.
}
error-password-long = Dit wachtwoord is te lang.
error-password-common = Dit wachtwoord hoort bij de meest gebruikte en wordt geraden. Kies een ander.
error-password-own-name = Uw wachtwoord mag niet uw gebruikersnaam zijn.
error-password-not-the-same = De twee wachtwoorden zijn niet gelijk. Vul het nieuwe nogmaals in.
error-not-acknowledged = Bewaar eerst de codes en vink dan dit vakje aan.
error-send-budget = Vóór { $time } kunnen geen codes meer worden gestuurd. Gebruik een andere manier of probeer het { $in } opnieuw.
error-factor-last = Dit is uw laatste tweede factor, en die is hier nodig. Voeg eerst een andere toe.
error-busy = Dit kan nu niet worden gecontroleerd. Probeer het zo meteen opnieuw.

## login

login-title = Inloggen
login-button = Inloggen
login-link = Naar het inloggen
account-link = Naar uw account
login-timed-out = Het inloggen duurde te lang en begint opnieuw. Log opnieuw in.
login-not-delivered = Wat u stuurde is niet bezorgd; stuur het na het inloggen opnieuw.
login-start-again = Deze stap hoort bij een login die voorbij is. Log opnieuw in.
login-form-expired = Dit formulier was te oud of kwam ergens anders vandaan. Er is niets gedaan. Log opnieuw in.
login-address-unknown = Deze poort kent haar openbare adres niet. Stel `url` in.
login-or = of
login-alone-wait = Er waren te veel pogingen vanaf uw netwerk. Probeer het { $in } opnieuw, om { $time }.
login-alone-failed = Dit is niet gelukt: er is geen passkey gebruikt of de tijd was om. Probeer het opnieuw, of vul uw naam en wachtwoord in.
login-password-first = Uw sleutel heeft niet gecontroleerd wie u bent; hij alleen is hier niet genoeg. Vul uw naam en wachtwoord in en gebruik hem daarna nogmaals.
login-password-set = Uw wachtwoord is ingesteld. Log ermee in.
login-forgot = Wachtwoord vergeten?

## verify

verify-choose-title = Bevestig dat u het bent
verify-choose-lead = Nog één stap. Kies een van de manieren die u hebt ingesteld.
verify-button = Doorgaan
verify-key-button = Sleutel of passkey gebruiken
verify-lost-link = Apparaat kwijt?
badge-last-used = Laatst gebruikt
badge-strongest = Sterkst
badge-strong = Sterk
badge-basic = Eenvoudig
others-title = Een andere manier proberen
trust-label = { $days ->
    [one] Deze browser { $days } dag vertrouwen
   *[other] Deze browser { $days } dagen vertrouwen
}
trust-hint = Hier is dan het wachtwoord genoeg. Alleen op een apparaat dat niemand anders gebruikt.
lost-title = Apparaat kwijt?
lost-lead = Ook zonder uw apparaat komt u erin, als u een andere manier hebt voorbereid.
lost-others = Dit werkt nog:
lost-nothing-else = Voor uw account is geen andere manier ingesteld.
lost-help-title = Als niets hiervan werkt
lost-help = Vraag de beheerder van { $site } om uw account te resetten. U krijgt een link waarmee u een nieuw apparaat instelt. Niemand zal u om een wachtwoord of een code vragen.

delivery-ready = Wij kunnen een code sturen naar { $target }.
delivery-send = Code sturen
delivery-sent = Wij hebben een code gestuurd naar { $target }.
delivery-failed = De code kon niet worden gestuurd naar { $target }. Probeer het opnieuw of gebruik een andere manier.
delivery-again = Nieuwe code sturen
delivery-again-at = U kunt { $in } een nieuwe code vragen, om { $time }.

call-ready = Wij kunnen { $target } bellen en een code zeggen.
call-send = Bel mij
call-sent = Wij bellen { $target }.
call-failed = { $target } kon niet worden gebeld. Probeer het opnieuw of gebruik een andere manier.
call-again = Bel mij nogmaals
call-again-at = U kunt { $in } nog een oproep vragen, om { $time }.

ceremony-needs-script = Sleutels en passkeys hebben JavaScript nodig, dat hier uitstaat. Sta het toe voor deze site of gebruik een andere manier.
ceremony-failed = Dit is niet gelukt: de sleutel is niet gebruikt of de tijd was om. U kunt het opnieuw proberen.
ceremony-unsupported = Deze browser kan geen sleutels en passkeys gebruiken. Neem een andere browser of een andere manier.
ceremony-again = Opnieuw proberen
ceremony-next = Ga door, dan vraagt uw browser om uw sleutel of passkey.

## enrol

enrol-first-title = Een tweede stap toevoegen
enrol-first-lead = { $site } vraagt meer dan een wachtwoord. Kies waarmee u voortaan wilt inloggen.
enrol-needed = Hiermee opent u de gevraagde pagina
enrol-needed-others = Hiermee logt u in, maar die pagina gaat er niet mee open
enrol-title = Een manier van inloggen toevoegen
enrol-lead = Kies wat u wilt toevoegen. Twee is goed, voor als u er een kwijtraakt.
enrol-button = Bevestigen
enrol-key-button = Deze sleutel instellen
enrol-other = Iets anders kiezen

otpauth-picture = QR-code voor uw authenticator-app
otpauth-open = Openen in een app op dit apparaat
otpauth-secret = Geen camera? Typ deze sleutel in de app:

## Methods

method-totp-title = Authenticator-app
method-totp-hint = Een gratis app op uw telefoon toont elke 30 seconden een nieuwe code. Hij werkt zonder netwerk.
method-totp-ask = Vul de code in die uw authenticator-app nu toont.
method-totp-enrol-title = Uw app instellen
method-totp-enrol = Scan deze afbeelding met een authenticator-app en vul dan de code in die de app toont.
method-totp-label = Authenticator-app

method-hotp-title = Codegenerator
method-hotp-hint = Een klein apparaat met een knop, of een app die telt: elke druk geeft een nieuwe code. Het werkt zonder netwerk.
method-hotp-ask = Druk op de knop en vul de code in. Worden codes geweigerd, maak er dan twee en vul ze na elkaar in.
method-hotp-enrol-title = Een codegenerator instellen
method-hotp-enrol = Scan deze afbeelding of typ de sleutel in het apparaat, en vul dan de eerste code in die het geeft.
method-hotp-label = Codegenerator

method-yubikey-title = YubiKey-code
method-yubikey-hint = Een sleutel die u aanraakt: hij typt zelf een lange code. Werkt de uwe ook als beveiligingssleutel, neem dan dat: het is sterker.
method-yubikey-ask = Zet de cursor in het veld en raak uw YubiKey aan. Hij typt de code zelf.
method-yubikey-enrol-title = Een YubiKey instellen
method-yubikey-enrol = Zet de cursor in het veld en raak de YubiKey aan. Hij typt een code waaraan wij hem herkennen.
method-yubikey-label = YubiKey

method-webauthn-title = Beveiligingssleutel of passkey
method-webauthn-hint = Uw vingerafdruk, gezicht of pincode op dit apparaat, of een sleutel die u insteekt. Op een valse site werkt hij niet.
method-webauthn-ask = Gebruik uw sleutel of passkey. Uw browser laat zien hoe.
method-webauthn-enrol-title = Een sleutel instellen
method-webauthn-enrol = Geef de sleutel een naam en volg dan uw browser.
method-webauthn-label = Beveiligingssleutel
method-webauthn-alone = Inloggen met een passkey

method-sms-title = Sms
method-sms-hint = Een code die naar uw telefoon wordt gestuurd. Berichten kunnen door anderen worden gelezen of omgeleid: neem een sterkere manier als u kunt.
method-sms-ask = Vul de code uit het bericht in.
method-sms-enrol-title = Sms instellen
method-sms-enrol = Wij sturen een code naar dit nummer om te controleren of het van u is.
method-sms-confirm = Vul de code uit het bericht in om het nummer te bevestigen.
method-sms-label = Telefoon

method-voice-title = Telefoongesprek
method-voice-hint = Wij bellen u en zeggen een code. Gesprekken kunnen door anderen worden gehoord of omgeleid: neem een sterkere manier als u kunt.
method-voice-ask = Wij bellen u. Druk op een toets van de telefoon om de code te horen en vul hem hier in.
method-voice-enrol-title = Telefoongesprekken instellen
method-voice-enrol = Wij bellen dit nummer en zeggen een code, om te controleren of het van u is. Eerst wordt u gevraagd een toets in te drukken.
method-voice-confirm = Neem op en druk op een toets van de telefoon. Vul dan de code in die u hoort.
method-voice-label = Telefoongesprekken

method-email-title = E-mail
method-email-hint = Een code die naar uw mailbox wordt gestuurd. Wie uw e-mail kan lezen, kan ermee inloggen: neem een sterkere manier als u kunt.
method-email-ask = Vul de code uit de e-mail in.
method-email-enrol-title = E-mail instellen
method-email-enrol = Wij sturen een code naar dit adres om te controleren of het van u is.
method-email-confirm = Vul de code uit de e-mail in om het adres te bevestigen.
method-email-label = Mailbox

method-recovery-title = Herstelcode
method-recovery-hint = Een van de codes die u hebt afgedrukt of opgeschreven.
method-recovery-enrol-title = Herstelcodes
method-recovery-enrol = Codes om erin te komen als u uw apparaat kwijt bent. Elke code werkt één keer.
method-recovery-label = Herstelcodes
method-recovery-left = { $count ->
    [one] nog { $count }
   *[other] nog { $count }
}

## Recovery codes

codes-title = Bewaar uw herstelcodes
codes-lead = { $count ->
    [one] Met deze code komt u erin als u uw apparaat kwijt bent. Hij werkt één keer en wordt alleen nu getoond.
   *[other] Met deze { $count } codes komt u erin als u uw apparaat kwijt bent. Elke code werkt één keer, en ze worden alleen nu getoond.
}
codes-replace = Uw oudere codes werken niet meer.
codes-sheet = Herstelcodes voor { $site }
codes-for = Voor { $name }, gemaakt op { $date }
codes-keep = Druk deze pagina af of kopieer de codes, en bewaar ze bij uw belangrijke papieren, niet op het apparaat waarmee u inlogt.
codes-acknowledge = Ik heb deze codes bewaard
codes-work = De codes werken zodra u op ‘{ $button }’ hebt gedrukt.
codes-ends = { $count ->
    [one] U hebt nog { $count } minuut om deze codes te bewaren, tot { $time }. Daarna zijn ze niets waard en maakt u nieuwe op uw accountpagina.
   *[other] U hebt nog { $count } minuten om deze codes te bewaren, tot { $time }. Daarna zijn ze niets waard en maakt u nieuwe op uw accountpagina.
}
codes-void = Deze codes zijn niets waard
codes-void-text = De tijd was om voordat u zei dat u ze had bewaard. Gooi weg wat u hebt afgedrukt of gekopieerd, en maak nieuwe codes. U bent nog ingelogd.

## account

account-title = Uw account
account-sites = Uw sites
account-factors = Manieren van inloggen
account-factors-none = U hebt nog geen tweede factor.
account-factor-add = Een manier van inloggen toevoegen
account-last-used = Laatst gebruikt
account-never-used = Nooit
account-added = Toegevoegd
account-rename = Naam wijzigen
account-rename-this = Naam wijzigen van { $name }
account-remove = Verwijderen
account-remove-this = { $name } verwijderen
account-recovery = Herstelcodes
account-recovery-left = { $count ->
    [one] Nog { $count } code.
   *[other] Nog { $count } codes.
}
account-recovery-few = { $count ->
    [0] U hebt geen herstelcodes. Maak er een paar, zodat een verloren apparaat u niet buitensluit.
    [one] Er is nog maar { $count } herstelcode over. Maak binnenkort nieuwe.
   *[other] Er zijn nog maar { $count } herstelcodes over. Maak binnenkort nieuwe.
}
account-recovery-renew = Nieuwe codes maken
account-sessions = Waar u bent ingelogd
account-this-session = Deze hier
account-last-seen = Laatst actief
account-started = Ingelogd
account-session-end = Uitloggen
account-session-end-this = Uitloggen: { $name }
account-sign-out-elsewhere = Overal elders uitloggen
account-elsewhere-offer = Als iemand anders onder uw naam ingelogd kan zijn geweest, beëindig dat dan nu.
account-sign-out-everywhere = Overal uitloggen
browser-on = { $browser } op { $system }
browser-at = { $browser }, { $address }
browser-unknown = Een onbekende browser
account-browsers = Uw browsers
account-browsers-hint = Browsers waarin u met beide stappen hebt ingelogd. Als vreemden te veel foute wachtwoorden proberen, kunt u vanuit deze nog steeds inloggen. In een vertrouwde is het wachtwoord genoeg.
account-browsers-none = Nog geen.
account-browser-since = Eerst gezien
account-browser-end = Vergeten
account-browser-end-this = Vergeten: { $name }
account-browser-trusted = Vertrouwd tot
account-this-browser = Deze
account-browsers-end = Alle browsers vergeten
account-browsers-end-others = Alle andere browsers vergeten
account-browsers-offer = In andere browsers kan nog worden ingelogd zoals voorheen. Mag dat niet, vergeet ze dan.
account-password = Wachtwoord
account-password-change = Wachtwoord wijzigen
done-factor-added = Toegevoegd. U kunt het vanaf nu gebruiken.
done-factor-renamed = De nieuwe naam is opgeslagen.
done-factor-removed = Verwijderd. Niemand logt er meer mee in, en u bent overal elders uitgelogd.
done-password-changed = Uw wachtwoord is gewijzigd. U bent overal elders uitgelogd.
done-session-ended = Die sessie is uitgelogd.
done-sessions-ended = U bent overal elders uitgelogd.
done-browser-ended = Vergeten.
done-codes-made = Uw nieuwe herstelcodes gelden nu.

## A reminder after signing in

remind-title = Een sterkere manier van inloggen toevoegen
remind-lead = Er is een sterkere manier van inloggen dan die u gebruikt. Toevoegen duurt een minuut, en met twee manieren bent u niet buitengesloten als u er een kwijtraakt.
remind-proof = U bevestigt nog eens dat u het bent en voegt hem dan toe.
remind-later = Later
remind-again = Kies ‘Later’ om verder te gaan zoals voorheen. Na { $date } wordt het u opnieuw gevraagd.

## Confirming an action

confirm-add = Bevestig dat u het bent
confirm-add-text = Voordat u een manier van inloggen toevoegt, bevestigt u met een die u hebt.
confirm-rename = De naam van een apparaat wijzigen
confirm-rename-text = Geef ‘{ $name }’ een nieuwe naam en bevestig dat u het bent.
confirm-rename-button = Naam wijzigen
confirm-remove = Een apparaat verwijderen
confirm-remove-text = Met ‘{ $name }’ kunt u dan niet meer inloggen, en u wordt overal elders uitgelogd. Bevestig dat u het bent.
confirm-remove-button = Verwijderen
confirm-codes = Nieuwe herstelcodes maken
confirm-codes-text = Uw oude codes werken dan niet meer. Bevestig dat u het bent.
confirm-codes-button = Nieuwe codes maken
confirm-password = Uw wachtwoord wijzigen
confirm-password-text = Kies een nieuw wachtwoord en bevestig dat u het bent.
confirm-password-button = Wachtwoord wijzigen
confirm-browser = Een browser vergeten
confirm-browser-text = ‘{ $name }’ telt als vreemd totdat u er weer inlogt. Bevestig dat u het bent.
confirm-browser-button = Vergeten
confirm-other-browsers = Alle andere browsers vergeten
confirm-other-browsers-text = Elke browser behalve deze telt als vreemd totdat u er weer inlogt. Bevestig dat u het bent.
confirm-browsers = Alle browsers vergeten
confirm-browsers-text = Elke browser, ook deze, telt als vreemd totdat u er weer inlogt. Bevestig dat u het bent.
confirm-browsers-button = Alle vergeten

## logout

logout-title = Uitloggen?
logout-lead = U wordt in deze browser uitgelogd bij { $site }.
logout-button = Uitloggen
logout-stay = Ingelogd blijven
logout-done-title = U bent uitgelogd
logout-done-lead = Deze browser is uitgelogd. Sluit hem op een gedeelde computer ook af.
logout-done-everywhere = U bent in elke browser uitgelogd.
logout-again = Opnieuw inloggen

## One-time links

invite-title = Welkom
invite-lead = Dit is uw account { $name } voor { $site }. Kies om te beginnen een wachtwoord.
invite-next = Daarna stelt u een tweede stap in.
invite-ends = Deze link werkt één keer, tot { $date }.
reset-title = Stel uw account opnieuw in
reset-lead = De tweede stap van uw account { $name } voor { $site } is gereset. Ga door om een nieuwe in te stellen.
invite-dead-title = Deze link werkt niet
invite-dead-lead = Hij is al gebruikt, is te oud of is niet helemaal gekopieerd.
invite-dead-help = Als u uw account al hebt ingesteld, log dan in. Vraag anders uw beheerder om een nieuwe link.
forgot-title = Wachtwoord vergeten?
forgot-lead = Vul uw gebruikersnaam in. Als uw account een e-mailadres heeft, sturen wij daar een link heen waarmee u een nieuw wachtwoord kiest.
forgot-button = Link sturen
forgot-form-expired = Dit formulier was te oud of kwam ergens anders vandaan. Er is niets gestuurd. Probeer het opnieuw.
forgot-sent-title = Kijk in uw mailbox
forgot-sent-lead = { $minutes ->
    [one] Als er zo’n account is en het een e-mailadres heeft, is er een link onderweg. Hij werkt één keer, { $minutes } minuut lang.
   *[other] Als er zo’n account is en het een e-mailadres heeft, is er een link onderweg. Hij werkt één keer, { $minutes } minuten lang.
}
forgot-sent-help = Niets gekomen? Kijk bij de ongewenste mail of vraag uw beheerder: niet elk account kan zo worden geholpen.
forgot-again = Een nieuwe link vragen
new-password-title = Kies een nieuw wachtwoord
new-password-lead = Dit is het account { $name } voor { $site }. U wordt overal uitgelogd.
new-password-next = Log er daarna mee in. Uw tweede stap blijft zoals hij is.
setup-title = Het eerste account maken
setup-lead = Deze poort heeft nog geen gebruikers. U bent de beheerder: kies uw gebruikersnaam en een wachtwoord.
setup-button = Account maken

## When signing in cannot go on

blocked-title = Inloggen werkt hier niet
blocked-cookies = Uw browser heeft onze cookie niet teruggestuurd.
blocked-cookies-remedy = Sta cookies toe voor deze site en verlaat het privévenster als dat ze tegenhoudt. Probeer het dan opnieuw.
blocked-http = Deze site is ingesteld voor { $origin }, maar uw browser kwam via gewoon http.
blocked-http-remedy = Open in plaats daarvan { $origin }. Bent u daar al, dan wordt de verbinding vóór deze poort ontsleuteld: vraag uw beheerder om in `url` het adres te zetten dat iedereen gebruikt.
blocked-gate = Een andere poort op deze host gebruikt een cookie met dezelfde naam.
blocked-gate-remedy = Cookies maken geen onderscheid tussen poortnummers. Vraag uw beheerder om de twee in `session.cookie` verschillende namen te geven.
blocked-loop = Uw browser werd heen en weer gestuurd zonder ergens aan te komen.
blocked-loop-remedy = Meestal worden cookies tegengehouden: sta ze toe voor deze site en haar inlogpagina. Of uw apparaat heeft twee adressen, bijvoorbeeld met een VPN, en de twee pagina’s zien een ander adres. Probeer het dan opnieuw.
blocked-way-back = De terugweg van het inloggen is te oud, is al gebruikt of begon in een andere browser.
blocked-way-back-remedy = Niemand is ermee ingelogd. Probeer het opnieuw: bent u nog ingelogd, dan komt u er meteen in.
blocked-no-site = De site waarnaar u onderweg was, is hier niet meer.
blocked-no-site-remedy = Vraag uw beheerder waar de site nu is. In uw account staan de sites die u mag openen.
waiting-title = Een ogenblik
waiting-why = Er waren meerdere foute antwoorden achter elkaar; een tijdje wordt er geen bekeken. Dat beschermt uw account tegen raden.
not-enrolled-title = U hebt een uitnodiging nodig
not-enrolled-lead = Uw wachtwoord klopt, maar { $site } vraagt een tweede stap en uw account heeft er geen.
not-enrolled-help = Vraag de beheerder van { $site } om een uitnodigingslink. Daarmee stelt u uw tweede stap in.
factor-needed-title = Deze pagina vraagt een sterkere manier
factor-needed-lead = U bent ingelogd, maar deze pagina vraagt een manier van inloggen die u nog niet hebt ingesteld.
factor-needed-proof = Voordat u die toevoegt, bevestigt u nog eens dat u het bent.

## Refusals

refused-400 = Dit verzoek kan niet worden gelezen
refused-400-text = Het adres of de headers zijn op meer dan één manier te begrijpen; daarom is het niet doorgegeven. Controleer het adres en probeer het opnieuw.
refused-401 = U bent niet ingelogd
refused-401-text = Log eerst in en probeer het dan opnieuw.
refused-403 = U mag deze pagina niet openen
refused-403-text = De regels van deze site laten u hier niet toe. Als u vindt dat dat wel zou moeten, meld het dan uw beheerder.
refused-as-another = Als iemand anders inloggen
refused-404 = Hier is niets
refused-404-text = Dit adres leidt nergens heen. Controleer het op typfouten.
refused-405 = Dit kan hier niet
refused-405-text = De pagina neemt dit soort verzoek niet aan.
refused-409 = Deze stap is niet aan de beurt
refused-409-text = Hij hoort bij iets dat voorbij is of intussen is veranderd. Begin opnieuw.
refused-413 = Dit is te groot
refused-413-text = Er werd meer gestuurd dan deze pagina aanneemt. Er is niets bewaard.
refused-421 = Deze site is hier niet bekend
refused-421-text = Het adres leidt naar deze server, maar er is geen site met die naam ingesteld.
refused-429 = Te veel verzoeken
refused-429-text = Wacht even en probeer het dan opnieuw.
refused-431 = Te veel headers
refused-431-text = Uw browser stuurde meer headers of cookies dan worden aangenomen. De cookies van deze site verwijderen helpt vaak.
refused-500 = Er ging iets mis
refused-500-text = De fout ligt bij ons, en er is niets doorgegeven. Probeer het zo meteen opnieuw.
refused-501 = De toepassing kan dit niet
refused-501-text = Zij is zo ingesteld dat zij zulke verbindingen niet aanneemt. Meld het uw beheerder.
refused-502 = De toepassing antwoordt niet
refused-502-text = U bereikte de poort, maar de toepassing erachter was niet bereikbaar. Probeer het zo meteen opnieuw.
refused-503 = Op dit moment niet beschikbaar
refused-503-text = Dit kan nu niet worden beantwoord, en er is niets doorgegeven. Probeer het straks opnieuw.
refused-504 = De toepassing doet er te lang over
refused-504-text = De toepassing achter de poort antwoordde niet op tijd. Probeer het zo meteen opnieuw.
refused-508 = Het verzoek draait in een kring
refused-508-text = Het kwam bij deze poort terug nadat het was doorgegeven. Meld het uw beheerder.
refused-stale-form = Dit formulier is te oud
refused-stale-form-text = Het werd te lang geleden geopend, of in een sessie die voorbij is. Er is niets gedaan. Ga terug, laad de pagina opnieuw en probeer het nog eens.
refused-no-certificate = Deze pagina vraagt een certificaat
refused-no-certificate-text = Uw browser of programma toonde geen clientcertificaat dat hier wordt toegelaten. Installeer het certificaat dat u hebt gekregen, sluit alle vensters van de browser en probeer het opnieuw.
refused-not-from-here = Dit moet direct worden geopend
refused-not-from-here-text = Een andere pagina, een frame of een script vroeg erom. Er is niets gedaan. Open het in een eigen tabblad.

## The sample application

demo-title = Voorbeeldtoepassing
demo-lead = U ging door twee deuren. Dit staat voor uw toepassing, gevraagd om { $path }, en dit wordt haar over u verteld.
demo-verified = De ondertekende identiteit is met de gepubliceerde sleutels van de poort gecontroleerd en is goed.
demo-refused = De ondertekende identiteit is niet geaccepteerd: { $reason }
demo-missing = Er is geen identiteit gestuurd: deze pagina staat voor iedereen open.
demo-claims = Waar de handtekening voor instaat
demo-headers = Ontvangen headers
demo-headers-none = Geen.
demo-try = Probeer meer
demo-link-step-up = Een pagina die na een minuut opnieuw vraagt
demo-link-open = Een pagina die voor iedereen openstaat
demo-link-messages = Berichten en authenticator
demo-link-account = Uw account
demo-messages-title = Berichten en authenticator
demo-messages = Berichten die zouden zijn gestuurd
demo-messages-none = Nog geen.
demo-message-sms = Sms naar { $to }
demo-message-call = Oproep naar { $to }
demo-message-mail = E-mail naar { $to }
demo-authenticator = Een authenticator, als u geen telefoon bij de hand hebt
demo-secret = Sleutel
demo-secret-hint = Plak de sleutel van de pagina waarop de app wordt ingesteld.
demo-secret-button = Code tonen
demo-secret-refused = Dit is geen sleutel. Hij heeft alleen letters A tot Z en cijfers 2 tot 7.
demo-code-left = { $count ->
    [one] nog { $count } seconde
   *[other] nog { $count } seconden
}

## Messages and mails

voice-language = nl-NL
voice-ask = Goedendag. Dit is een oproep van { $site }. Druk op een toets om uw code te horen. Hebt u hem niet zelf gevraagd, hang dan op.
voice-code = Uw code voor { $site } is:
voice-again = Nogmaals:
voice-end = Geef hem aan niemand. Tot ziens.

sms-code = { $code } is uw code voor { $site }, { $minutes } min. geldig. Geef hem aan niemand.

mail-code-subject = Uw code voor { $site }
mail-code =
    { $minutes ->
        [one] { $code } is uw code voor { $site }. Hij is { $minutes } minuut geldig. Geef hem aan niemand.
       *[other] { $code } is uw code voor { $site }. Hij is { $minutes } minuten geldig. Geef hem aan niemand.
    }

    Hebt u hem niet zelf gevraagd, dan kent iemand anders misschien uw wachtwoord: wijzig het.
mail-code-enrol =
    { $minutes ->
        [one] { $code } is uw code voor { $site }. Hij is { $minutes } minuut geldig. Geef hem aan niemand.
       *[other] { $code } is uw code voor { $site }. Hij is { $minutes } minuten geldig. Geef hem aan niemand.
    }

    Iemand heeft dit adres opgegeven voor codes bij { $site }. Was u het niet, doe dan niets met deze e-mail: zonder de code wordt het adres niet gebruikt.

mail-invitation-subject = Uw account voor { $site }
mail-invitation =
    Dag { $name },

    voor u is een account bij { $site } gemaakt. Open deze link om uw wachtwoord en uw tweede stap in te stellen:

    { $link }

    De link werkt één keer, tot { $date }. Verwachtte u deze e-mail niet, doe er dan niets mee.

mail-password-link-subject = Een nieuw wachtwoord voor { $site }
mail-password-link =
    Dag { $name },

    iemand vroeg vanaf { $from } om een nieuw wachtwoord voor uw account bij { $site }. Open deze link om er een te kiezen:

    { $link }

    { $minutes ->
        [one] De link werkt één keer, { $minutes } minuut lang. Uw tweede stap blijft zoals hij is. Was u het niet, doe dan niets met deze e-mail: er verandert niets.
       *[other] De link werkt één keer, { $minutes } minuten lang. Uw tweede stap blijft zoals hij is. Was u het niet, doe dan niets met deze e-mail: er verandert niets.
    }

mail-notice =
    Dag { $name },

    { $what }

    Site: { $site }
    Wanneer: { $date }
    Vanaf: { $from }

    Was u dit, dan hoeft u niets te doen. Zo niet, meld het dan meteen uw beheerder, die uw account kan resetten. Als u nog kunt inloggen, wijzig dan op uw accountpagina uw wachtwoord en log overal uit.

mail-from-administrator = een beheerder
mail-factor-added-subject = Een manier van inloggen bij { $site } is toegevoegd
mail-factor-added = Aan uw account is een nieuwe manier van inloggen toegevoegd: { $label }
mail-factor-removed-subject = Een manier van inloggen bij { $site } is verwijderd
mail-factor-removed = Uit uw account is een manier van inloggen verwijderd: { $label }
mail-factor-renamed-subject = De naam van een manier van inloggen bij { $site } is gewijzigd
mail-factor-renamed = Een manier van inloggen van uw account heeft een andere naam gekregen: { $before } heet nu { $label }
mail-password-changed-subject = Uw wachtwoord voor { $site } is gewijzigd
mail-password-changed = Het wachtwoord van uw account is gewijzigd.
mail-recovery-used-subject = Een herstelcode is gebruikt voor { $site }
mail-recovery-used = { $count ->
    [one] Iemand heeft ingelogd met een van uw herstelcodes. Er is er nog { $count } over.
   *[other] Iemand heeft ingelogd met een van uw herstelcodes. Er zijn er nog { $count } over.
}
mail-fallback-used-subject = Een weg terug is gebruikt voor { $site }
mail-fallback-used = Iemand heeft zonder uw apparaat ingelogd, op een manier die er is voor als u het kwijt bent: { $label }
mail-recovery-renewed-subject = Nieuwe herstelcodes voor { $site }
mail-recovery-renewed = Voor uw account zijn nieuwe herstelcodes gemaakt. De oude werken niet meer.
mail-address-replaced-subject = Uw e-mailadres voor { $site } is vervangen
mail-address-replaced = Het e-mailadres van uw account is vervangen door een ander. E-mail over uw account komt hier niet meer aan.
mail-reset-subject = Uw account voor { $site } is gereset
mail-reset = Alle manieren van inloggen zijn van uw account afgehaald, zodat u nieuwe kunt instellen. Uw beheerder geeft u daarvoor een link.
mail-new-browser-subject = Een nieuwe browser heeft ingelogd bij { $site }
mail-new-browser = Uw account is gebruikt in een browser die wij nog niet kenden: { $description }
mail-browser-trusted-subject = Een browser wordt vanaf nu vertrouwd bij { $site }
mail-browser-trusted = Iemand heeft het vakje aangevinkt waarmee een browser wordt vertrouwd. Tot { $until } is uw wachtwoord daar genoeg, zonder tweede factor: { $description }
mail-browsers-forgotten-subject = Browsers zijn vergeten bij { $site }
mail-browsers-forgotten = Op uw accountpagina zijn browsers vergeten waarin u had ingelogd. Ze tellen als vreemd totdat u er weer met beide stappen inlogt.
mail-browser-copied-subject = Een vertrouwde browser voor { $site } is mogelijk gekopieerd
mail-browser-copied = Iemand heeft ingelogd op uw account met uw wachtwoord en een oude kopie van wat een van uw browsers vertrouwd maakt. Die browser wordt niet meer vertrouwd, en wie ermee was ingelogd, is uitgelogd. Hebt u niet net een browser uit een back-up hersteld, wijzig dan uw wachtwoord.
mail-sessions-ended-subject = Sessies bij { $site } zijn beëindigd
mail-sessions-ended = { $count ->
    [one] Op uw accountpagina is { $count } sessie beëindigd. Wie daar was ingelogd, moet opnieuw inloggen.
   *[other] Op uw accountpagina zijn { $count } sessies beëindigd. Wie daar was ingelogd, moet opnieuw inloggen.
}
mail-locked-subject = Veel foute antwoorden voor uw account bij { $site }
mail-locked = Er waren veel foute antwoorden voor uw account. Log in met een browser die u eerder gebruikte, of met een passkey als u die hebt, om het weer te openen.
