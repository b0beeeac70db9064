# Every word a person reads, in German. Formal address (Sie).

## The language itself

language-name = Deutsch
language-now = Sprache: { $name }
format-time = %H:%M:%S UTC
format-date = %d.%m.%Y, %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = Fehler: { $page } – { $site }
header-signing-in = Anmeldung als { $name }
header-not-you = Nicht Sie?
header-signed-in = Angemeldet als { $name }
header-nav = Ihr Konto
header-account = Konto
header-sign-out = Abmelden
bound-for = Weiter zu { $site }
footer = Vestibule schützt die Anmeldung bei { $site }.

continue = Weiter
back = Zurück
back-to-site = Zurück zur Startseite
cancel = Abbrechen
try-again = Erneut versuchen
start-over = Von vorn beginnen
request-id = Kennung für Ihren Administrator

## Times

ago-moment = gerade eben
ago-minutes = { $count ->
    [one] vor { $count } Minute
   *[other] vor { $count } Minuten
}
ago-hours = { $count ->
    [one] vor { $count } Stunde
   *[other] vor { $count } Stunden
}
ago-days = { $count ->
    [one] vor { $count } Tag
   *[other] vor { $count } Tagen
}
in-seconds = { $count ->
    [one] in { $count } Sekunde
   *[other] in { $count } Sekunden
}
in-minutes = { $count ->
    [one] in { $count } Minute
   *[other] in { $count } Minuten
}
in-hours = { $count ->
    [one] in { $count } Stunde
   *[other] in { $count } Stunden
}
wait-seconds = { $count ->
    [one] Zu viele Versuche. In { $count } Sekunde, um { $time }, können Sie es erneut versuchen.
   *[other] Zu viele Versuche. In { $count } Sekunden, um { $time }, können Sie es erneut versuchen.
}
wait-minutes = { $count ->
    [one] Zu viele Versuche. In { $count } Minute, um { $time }, können Sie es erneut versuchen.
   *[other] Zu viele Versuche. In { $count } Minuten, um { $time }, können Sie es erneut versuchen.
}
wait-closed = Für dieses Konto gab es zu viele falsche Antworten; von hier aus wird keine mehr geprüft. Melden Sie sich in einem Browser an, den Sie schon einmal benutzt haben, oder fragen Sie Ihren Administrator.
step-ends = { $count ->
    [one] Sie haben noch { $count } Minute Zeit, bis { $time }. Danach beginnen Sie von vorn.
   *[other] Sie haben noch { $count } Minuten Zeit, bis { $time }. Danach beginnen Sie von vorn.
}
session-ends-minutes = { $count ->
    [one] Sie bleiben noch { $count } Minute angemeldet, bis { $time }. Danach melden Sie sich neu an.
   *[other] Sie bleiben noch { $count } Minuten angemeldet, bis { $time }. Danach melden Sie sich neu an.
}
session-ends-hours = { $count ->
    [one] Sie bleiben noch { $count } Stunde angemeldet, bis { $date }. Danach melden Sie sich neu an.
   *[other] Sie bleiben noch { $count } Stunden angemeldet, bis { $date }. Danach melden Sie sich neu an.
}
code-ends = { $count ->
    [one] Der Code gilt { $count } Minute, bis { $time }.
   *[other] Der Code gilt { $count } Minuten, bis { $time }.
}

## Fields

field-username = Benutzername
field-new-username-hint = Nur Kleinbuchstaben, Ziffern und . _ @ + - sind möglich. Er kann später nicht geändert werden.
field-password = Passwort
field-new-password = Neues Passwort
field-new-password-hint = { $least ->
    [one] Mindestens { $least } Zeichen. Ein paar Wörter, die Sie sich merken können, sind ein gutes Passwort.
   *[other] Mindestens { $least } Zeichen. Ein paar Wörter, die Sie sich merken können, sind ein gutes Passwort.
}
field-new-password-again = Neues Passwort wiederholen
field-code = Code
field-recovery-code = Wiederherstellungscode
field-recovery-code-hint = Einer der Codes, die Sie beim Einrichten Ihres Kontos aufbewahrt haben. Jeder gilt einmal.
field-phone = Telefonnummer
field-phone-hint = Mit Ländervorwahl, zum Beispiel +49 1512 3456789.
field-email = E-Mail-Adresse
field-label = Name dieses Geräts
field-label-hint = Damit Sie es später wiedererkennen, zum Beispiel „Diensthandy“.

## Errors at a field or a form

error-username-missing = Geben Sie Ihren Benutzernamen ein.
error-username-refused = Dieser Name ist nicht möglich. Verwenden Sie bis zu 64 Kleinbuchstaben, Ziffern oder . _ @ + -
error-password-missing = Geben Sie Ihr Passwort ein.
error-login-wrong = Benutzername oder Passwort ist falsch. Prüfen Sie beides und versuchen Sie es erneut.
error-code-wrong = Dieser Code ist falsch. Prüfen Sie ihn oder warten Sie auf den nächsten und versuchen Sie es erneut.
error-code-missing = Geben Sie den Code ein.
error-code-late = Dieser Code ist zu alt. Lassen Sie sich einen neuen senden und geben Sie diesen ein.
error-recovery-code-wrong = Dieser Code ist falsch oder wurde schon benutzt. Versuchen Sie einen anderen.
error-key-model = Dieses Modell wird hier nicht akzeptiert. Verwenden Sie einen anderen Schlüssel oder einen anderen Weg.
error-key-refused = Dieser Schlüssel wurde nicht akzeptiert. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.
error-key-known = Dieser Schlüssel ist bereits eingerichtet. Verwenden Sie einen anderen.
error-phone-invalid = An diese Nummer kann nichts gesendet werden. Schreiben Sie sie mit Ländervorwahl, zum Beispiel +49 1512 3456789.
error-phone-country = An Nummern dieses Landes werden keine Codes gesendet. Nehmen Sie eine andere Nummer oder einen anderen Weg.
error-phone-closed = An diese Nummer werden keine Codes mehr gesendet. Wählen Sie einen anderen Weg oder fragen Sie Ihren Administrator.
error-phone-missing = Geben Sie eine Telefonnummer ein.
error-email-invalid = Das ist keine E-Mail-Adresse. Schreiben Sie sie wie alice@example.com.
error-email-missing = Geben Sie eine E-Mail-Adresse ein.
error-label-missing = Geben Sie diesem Gerät einen Namen.
error-label-long = Dieser Name ist zu lang. Möglich sind höchstens 64 Zeichen.
error-label-taken = Sie haben bereits ein Gerät mit diesem Namen. Wählen Sie einen anderen.
error-password-short = { $least ->
    [one] Dieses Passwort ist zu kurz. Nötig ist mindestens { $least } Zeichen.
   *[other] Dieses Passwort ist zu kurz. Nötig sind mindestens { $least } Zeichen.
}
error-password-long = Dieses Passwort ist zu lang.
error-password-common = Dieses Passwort gehört zu den häufigsten und würde erraten. Wählen Sie ein anderes.
error-password-own-name = Ihr Passwort darf nicht Ihr Benutzername sein.
error-password-not-the-same = Die beiden Passwörter stimmen nicht überein. Geben Sie das neue noch einmal ein.
error-not-acknowledged = Bewahren Sie zuerst die Codes auf und setzen Sie dann das Häkchen in diesem Kästchen.
error-send-budget = Vor { $time } können keine Codes mehr gesendet werden. Wählen Sie einen anderen Weg oder versuchen Sie es { $in } erneut.
error-factor-last = Das ist Ihr letzter zweiter Faktor, und er wird hier gebraucht. Fügen Sie zuerst einen weiteren hinzu.
error-busy = Das kann gerade nicht geprüft werden. Versuchen Sie es gleich noch einmal.

## login

login-title = Anmelden
login-button = Anmelden
login-link = Zur Anmeldung
account-link = Zu Ihrem Konto
login-timed-out = Die Anmeldung hat zu lange gedauert und beginnt von vorn. Melden Sie sich erneut an.
login-not-delivered = Was Sie gesendet haben, wurde nicht zugestellt; senden Sie es nach der Anmeldung noch einmal.
login-start-again = Dieser Schritt gehört zu einer Anmeldung, die vorbei ist. Melden Sie sich erneut an.
login-form-expired = Dieses Formular war zu alt oder kam von anderswo. Es wurde nichts getan. Melden Sie sich erneut an.
login-address-unknown = Dieses Tor kennt seine öffentliche Adresse nicht. Setzen Sie `url`.
login-or = oder
login-alone-wait = Aus Ihrem Netz gab es zu viele Versuche. Versuchen Sie es { $in } erneut, um { $time }.
login-alone-failed = Das hat nicht geklappt: Es wurde kein Passkey benutzt, oder die Zeit ist abgelaufen. Versuchen Sie es erneut oder geben Sie Name und Passwort ein.
login-password-first = Ihr Schlüssel hat nicht geprüft, wer Sie sind; allein genügt er hier nicht. Geben Sie Name und Passwort ein und benutzen Sie ihn dann noch einmal.
login-password-set = Ihr Passwort ist gesetzt. Melden Sie sich damit an.
login-forgot = Passwort vergessen?

## verify

verify-choose-title = Bestätigen Sie, dass Sie es sind
verify-choose-lead = Noch ein Schritt. Wählen Sie einen der Wege, die Sie eingerichtet haben.
verify-button = Weiter
verify-key-button = Schlüssel oder Passkey benutzen
verify-lost-link = Gerät verloren?
badge-last-used = Zuletzt benutzt
badge-strongest = Am stärksten
badge-strong = Stark
badge-basic = Einfach
others-title = Auf anderem Weg
trust-label = { $days ->
    [one] Diesem Browser { $days } Tag lang vertrauen
   *[other] Diesem Browser { $days } Tage lang vertrauen
}
trust-hint = Hier genügt dann das Passwort. Nur auf einem Gerät, das sonst niemand benutzt.
lost-title = Gerät verloren?
lost-lead = Auch ohne Ihr Gerät kommen Sie hinein, wenn Sie einen anderen Weg vorbereitet haben.
lost-others = Das geht noch:
lost-nothing-else = Für Ihr Konto ist kein anderer Weg eingerichtet.
lost-help-title = Wenn nichts davon hilft
lost-help = Bitten Sie den Administrator von { $site }, Ihr Konto zurückzusetzen. Sie erhalten einen Link, mit dem Sie ein neues Gerät einrichten. Niemand wird Sie nach einem Passwort oder einem Code fragen.

delivery-ready = Wir können einen Code an { $target } senden.
delivery-send = Code senden
delivery-sent = Wir haben einen Code an { $target } gesendet.
delivery-failed = Der Code konnte nicht an { $target } gesendet werden. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.
delivery-again = Neuen Code senden
delivery-again-at = Einen neuen Code können Sie { $in } anfordern, um { $time }.

call-ready = Wir können { $target } anrufen und einen Code ansagen.
call-send = Anrufen lassen
call-sent = Wir rufen { $target } an.
call-failed = { $target } konnte nicht angerufen werden. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.
call-again = Noch einmal anrufen lassen
call-again-at = Einen weiteren Anruf können Sie { $in } anfordern, um { $time }.

ceremony-needs-script = Schlüssel und Passkeys brauchen JavaScript, das hier ausgeschaltet ist. Erlauben Sie es für diese Website oder wählen Sie einen anderen Weg.
ceremony-failed = Das hat nicht geklappt: Der Schlüssel wurde nicht benutzt, oder die Zeit ist abgelaufen. Sie können es erneut versuchen.
ceremony-unsupported = Dieser Browser kann mit Schlüsseln und Passkeys nicht umgehen. Verwenden Sie einen anderen Browser oder einen anderen Weg.
ceremony-again = Erneut versuchen
ceremony-next = Gehen Sie weiter, dann fragt Ihr Browser nach Ihrem Schlüssel oder Passkey.

## enrol

enrol-first-title = Zweiten Schritt hinzufügen
enrol-first-lead = { $site } verlangt mehr als ein Passwort. Wählen Sie, womit Sie sich von nun an anmelden möchten.
enrol-needed = Damit öffnen Sie die gewünschte Seite
enrol-needed-others = Damit melden Sie sich an, öffnen aber diese Seite nicht
enrol-title = Anmeldeweg hinzufügen
enrol-lead = Wählen Sie, was Sie hinzufügen möchten. Zwei sind gut, falls Sie eines verlieren.
enrol-button = Bestätigen
enrol-key-button = Diesen Schlüssel einrichten
enrol-other = Etwas anderes wählen

otpauth-picture = QR-Code für Ihre Authenticator-App
otpauth-open = In einer App auf diesem Gerät öffnen
otpauth-secret = Keine Kamera? Geben Sie diesen Schlüssel in die App ein:

## Methods

method-totp-title = Authenticator-App
method-totp-hint = Eine kostenlose App auf Ihrem Telefon zeigt alle 30 Sekunden einen neuen Code. Sie braucht kein Netz.
method-totp-ask = Geben Sie den Code ein, den Ihre Authenticator-App jetzt zeigt.
method-totp-enrol-title = App einrichten
method-totp-enrol = Scannen Sie dieses Bild mit einer Authenticator-App und geben Sie dann den Code ein, den sie zeigt.
method-totp-label = Authenticator-App

method-hotp-title = Code-Generator
method-hotp-hint = Ein kleines Gerät mit einer Taste oder eine App, die zählt: Jeder Druck erzeugt einen neuen Code. Es braucht kein Netz.
method-hotp-ask = Drücken Sie die Taste und geben Sie den Code ein. Werden Codes abgelehnt, erzeugen Sie zwei und geben Sie sie nacheinander ein.
method-hotp-enrol-title = Code-Generator einrichten
method-hotp-enrol = Scannen Sie dieses Bild oder geben Sie den Schlüssel in das Gerät ein, und tippen Sie dann den ersten Code, den es erzeugt.
method-hotp-label = Code-Generator

method-yubikey-title = YubiKey-Code
method-yubikey-hint = Ein Schlüssel, den Sie berühren: Er tippt einen langen Code von selbst. Wenn Ihrer auch als Sicherheitsschlüssel dient, nehmen Sie das: Es ist stärker.
method-yubikey-ask = Setzen Sie den Cursor in das Feld und berühren Sie Ihren YubiKey. Er tippt den Code von selbst.
method-yubikey-enrol-title = YubiKey einrichten
method-yubikey-enrol = Setzen Sie den Cursor in das Feld und berühren Sie den YubiKey. Er tippt einen Code, an dem wir ihn wiedererkennen.
method-yubikey-label = YubiKey

method-webauthn-title = Sicherheitsschlüssel oder Passkey
method-webauthn-hint = Ihr Fingerabdruck, Ihr Gesicht oder Ihre PIN auf diesem Gerät, oder ein Schlüssel zum Einstecken. Auf einer gefälschten Website funktioniert das nicht.
method-webauthn-ask = Benutzen Sie Ihren Schlüssel oder Passkey. Ihr Browser zeigt Ihnen, wie.
method-webauthn-enrol-title = Schlüssel einrichten
method-webauthn-enrol = Geben Sie dem Schlüssel einen Namen und folgen Sie dann Ihrem Browser.
method-webauthn-label = Sicherheitsschlüssel
method-webauthn-alone = Mit einem Passkey anmelden

method-sms-title = SMS
method-sms-hint = Ein Code, der an Ihr Telefon gesendet wird. Nachrichten können von anderen gelesen oder umgeleitet werden: Nehmen Sie einen stärkeren Weg, wenn Sie können.
method-sms-ask = Geben Sie den Code aus der Nachricht ein.
method-sms-enrol-title = SMS einrichten
method-sms-enrol = Wir senden einen Code an diese Nummer, um zu sehen, dass sie Ihnen gehört.
method-sms-confirm = Geben Sie den Code aus der Nachricht ein, um die Nummer zu bestätigen.
method-sms-label = Telefon

method-voice-title = Anruf
method-voice-hint = Wir rufen Sie an und sagen einen Code an. Anrufe können von anderen mitgehört oder umgeleitet werden: Nehmen Sie einen stärkeren Weg, wenn Sie können.
method-voice-ask = Wir rufen Sie an. Drücken Sie eine beliebige Taste am Telefon, um den Code zu hören, und geben Sie ihn dann hier ein.
method-voice-enrol-title = Anrufe einrichten
method-voice-enrol = Wir rufen diese Nummer an und sagen einen Code an, um zu sehen, dass sie Ihnen gehört. Zuvor werden Sie gebeten, eine Taste zu drücken.
method-voice-confirm = Nehmen Sie den Anruf an und drücken Sie eine beliebige Taste am Telefon. Geben Sie dann den Code ein, den Sie hören.
method-voice-label = Anrufe

method-email-title = E-Mail
method-email-hint = Ein Code, der an Ihr Postfach gesendet wird. Wer Ihre E-Mails lesen kann, kann sich damit anmelden: Nehmen Sie einen stärkeren Weg, wenn Sie können.
method-email-ask = Geben Sie den Code aus der E-Mail ein.
method-email-enrol-title = E-Mail einrichten
method-email-enrol = Wir senden einen Code an diese Adresse, um zu sehen, dass sie Ihnen gehört.
method-email-confirm = Geben Sie den Code aus der E-Mail ein, um die Adresse zu bestätigen.
method-email-label = Postfach

method-recovery-title = Wiederherstellungscode
method-recovery-hint = Einer der Codes, die Sie ausgedruckt oder aufgeschrieben haben.
method-recovery-enrol-title = Wiederherstellungscodes
method-recovery-enrol = Codes, mit denen Sie hineinkommen, wenn Ihr Gerät verloren ist. Jeder gilt einmal.
method-recovery-label = Wiederherstellungscodes
method-recovery-left = { $count ->
    [one] Noch { $count }
   *[other] Noch { $count }
}

## Recovery codes

codes-title = Bewahren Sie Ihre Wiederherstellungscodes auf
codes-lead = { $count ->
    [one] Mit diesem Code kommen Sie hinein, wenn Ihr Gerät verloren ist. Er gilt einmal und wird nur jetzt gezeigt.
   *[other] Mit diesen { $count } Codes kommen Sie hinein, wenn Ihr Gerät verloren ist. Jeder gilt einmal, und sie werden nur jetzt gezeigt.
}
codes-replace = Ihre älteren Codes gelten nicht mehr.
codes-sheet = Wiederherstellungscodes für { $site }
codes-for = Für { $name }, erstellt am { $date }
codes-keep = Drucken Sie diese Seite oder kopieren Sie die Codes, und bewahren Sie sie bei Ihren wichtigen Papieren auf, nicht auf dem Gerät, mit dem Sie sich anmelden.
codes-acknowledge = Ich habe diese Codes aufbewahrt
codes-work = Die Codes gelten, sobald Sie auf „{ $button }“ gedrückt haben.
codes-ends = { $count ->
    [one] Sie haben noch { $count } Minute, um diese Codes aufzubewahren, bis { $time }. Danach sind sie wertlos, und Sie erstellen auf Ihrer Kontoseite neue.
   *[other] Sie haben noch { $count } Minuten, um diese Codes aufzubewahren, bis { $time }. Danach sind sie wertlos, und Sie erstellen auf Ihrer Kontoseite neue.
}
codes-void = Diese Codes sind wertlos
codes-void-text = Die Zeit lief ab, bevor Sie bestätigt haben, dass Sie sie aufbewahrt haben. Werfen Sie weg, was Sie gedruckt oder kopiert haben, und erstellen Sie neue Codes. Sie sind weiterhin angemeldet.

## account

account-title = Ihr Konto
account-sites = Ihre Websites
account-factors = Anmeldewege
account-factors-none = Sie haben noch keinen zweiten Faktor.
account-factor-add = Anmeldeweg hinzufügen
account-last-used = Zuletzt benutzt
account-never-used = Nie
account-added = Hinzugefügt
account-rename = Umbenennen
account-rename-this = { $name } umbenennen
account-remove = Entfernen
account-remove-this = { $name } entfernen
account-recovery = Wiederherstellungscodes
account-recovery-left = { $count ->
    [one] Noch { $count } Code.
   *[other] Noch { $count } Codes.
}
account-recovery-few = { $count ->
    [0] Sie haben keine Wiederherstellungscodes. Erstellen Sie welche, damit ein verlorenes Gerät Sie nicht aussperrt.
    [one] Es ist nur noch { $count } Wiederherstellungscode übrig. Erstellen Sie bald neue.
   *[other] Es sind nur noch { $count } Wiederherstellungscodes übrig. Erstellen Sie bald neue.
}
account-recovery-renew = Neue Codes erstellen
account-sessions = Wo Sie angemeldet sind
account-this-session = Diese hier
account-last-seen = Zuletzt aktiv
account-started = Angemeldet
account-session-end = Abmelden
account-session-end-this = Abmelden: { $name }
account-sign-out-elsewhere = Überall sonst abmelden
account-elsewhere-offer = Wenn jemand anderes unter Ihrem Namen angemeldet gewesen sein könnte, beenden Sie das jetzt.
account-sign-out-everywhere = Überall abmelden
browser-on = { $browser } unter { $system }
browser-at = { $browser }, { $address }
browser-unknown = Ein unbekannter Browser
account-browsers = Ihre Browser
account-browsers-hint = Browser, in denen Sie sich mit beiden Schritten angemeldet haben. Wenn Fremde zu viele falsche Passwörter versuchen, können Sie sich von diesen aus weiterhin anmelden. In einem vertrauenswürdigen genügt das Passwort.
account-browsers-none = Noch keine.
account-browser-since = Zuerst gesehen
account-browser-end = Vergessen
account-browser-end-this = Vergessen: { $name }
account-browser-trusted = Vertrauenswürdig bis
account-this-browser = Dieser hier
account-browsers-end = Alle Browser vergessen
account-browsers-end-others = Alle anderen Browser vergessen
account-browsers-offer = In anderen Browsern kann man sich weiter anmelden wie bisher. Wenn das nicht sein soll, vergessen Sie sie.
account-password = Passwort
account-password-change = Passwort ändern
done-factor-added = Hinzugefügt. Sie können es ab jetzt benutzen.
done-factor-renamed = Der neue Name ist gespeichert.
done-factor-removed = Entfernt. Damit meldet sich niemand mehr an, und überall sonst sind Sie abgemeldet.
done-password-changed = Ihr Passwort ist geändert. Überall sonst sind Sie abgemeldet.
done-session-ended = Diese Sitzung ist beendet.
done-sessions-ended = Überall sonst sind Sie abgemeldet.
done-browser-ended = Vergessen.
done-codes-made = Ihre neuen Wiederherstellungscodes gelten.

## A reminder after signing in

remind-title = Einen stärkeren Anmeldeweg hinzufügen
remind-lead = Es gibt einen stärkeren Anmeldeweg als den, den Sie benutzen. Ihn hinzuzufügen dauert eine Minute, und mit zwei Wegen sind Sie nicht ausgesperrt, wenn Sie einen verlieren.
remind-proof = Sie bestätigen noch einmal, dass Sie es sind, und fügen ihn dann hinzu.
remind-later = Später
remind-again = Mit „Später“ geht es weiter wie bisher. Nach dem { $date } werden Sie wieder gefragt.

## Confirming an action

confirm-add = Bestätigen Sie, dass Sie es sind
confirm-add-text = Bevor Sie einen Anmeldeweg hinzufügen, bestätigen Sie es mit einem, den Sie haben.
confirm-rename = Gerät umbenennen
confirm-rename-text = Geben Sie „{ $name }“ einen neuen Namen und bestätigen Sie, dass Sie es sind.
confirm-rename-button = Umbenennen
confirm-remove = Gerät entfernen
confirm-remove-text = Mit „{ $name }“ können Sie sich dann nicht mehr anmelden, und überall sonst werden Sie abgemeldet. Bestätigen Sie, dass Sie es sind.
confirm-remove-button = Entfernen
confirm-codes = Neue Wiederherstellungscodes erstellen
confirm-codes-text = Ihre alten Codes gelten dann nicht mehr. Bestätigen Sie, dass Sie es sind.
confirm-codes-button = Neue Codes erstellen
confirm-password = Passwort ändern
confirm-password-text = Wählen Sie ein neues Passwort und bestätigen Sie, dass Sie es sind.
confirm-password-button = Passwort ändern
confirm-browser = Browser vergessen
confirm-browser-text = „{ $name }“ gilt als fremd, bis Sie sich dort wieder anmelden. Bestätigen Sie, dass Sie es sind.
confirm-browser-button = Vergessen
confirm-other-browsers = Alle anderen Browser vergessen
confirm-other-browsers-text = Jeder Browser außer diesem gilt als fremd, bis Sie sich dort wieder anmelden. Bestätigen Sie, dass Sie es sind.
confirm-browsers = Alle Browser vergessen
confirm-browsers-text = Jeder Browser, auch dieser, gilt als fremd, bis Sie sich dort wieder anmelden. Bestätigen Sie, dass Sie es sind.
confirm-browsers-button = Alle vergessen

## logout

logout-title = Abmelden?
logout-lead = Sie werden in diesem Browser von { $site } abgemeldet.
logout-button = Abmelden
logout-stay = Angemeldet bleiben
logout-done-title = Sie sind abgemeldet
logout-done-lead = Dieser Browser ist abgemeldet. Schließen Sie ihn an einem gemeinsam genutzten Computer auch.
logout-done-everywhere = Sie sind in jedem Browser abgemeldet.
logout-again = Wieder anmelden

## One-time links

invite-title = Willkommen
invite-lead = Dies ist Ihr Konto { $name } für { $site }. Wählen Sie zu Beginn ein Passwort.
invite-next = Danach richten Sie einen zweiten Schritt ein.
invite-ends = Dieser Link gilt einmal, bis { $date }.
reset-title = Richten Sie Ihr Konto neu ein
reset-lead = Der zweite Schritt Ihres Kontos { $name } für { $site } wurde zurückgesetzt. Fahren Sie fort, um einen neuen einzurichten.
invite-dead-title = Dieser Link gilt nicht
invite-dead-lead = Er wurde schon benutzt, ist zu alt oder wurde nicht ganz kopiert.
invite-dead-help = Wenn Sie Ihr Konto schon eingerichtet haben, melden Sie sich an. Bitten Sie sonst Ihren Administrator um einen neuen Link.
forgot-title = Passwort vergessen?
forgot-lead = Geben Sie Ihren Benutzernamen ein. Wenn zu Ihrem Konto eine E-Mail-Adresse gehört, senden wir einen Link dorthin, mit dem Sie ein neues Passwort wählen.
forgot-button = Link senden
forgot-form-expired = Dieses Formular war zu alt oder kam von anderswo. Es wurde nichts gesendet. Versuchen Sie es erneut.
forgot-sent-title = Sehen Sie in Ihr Postfach
forgot-sent-lead = { $minutes ->
    [one] Wenn es dieses Konto gibt und eine E-Mail-Adresse dazu gehört, ist ein Link unterwegs. Er gilt einmal, { $minutes } Minute lang.
   *[other] Wenn es dieses Konto gibt und eine E-Mail-Adresse dazu gehört, ist ein Link unterwegs. Er gilt einmal, { $minutes } Minuten lang.
}
forgot-sent-help = Nichts angekommen? Sehen Sie im Spam-Ordner nach oder fragen Sie Ihren Administrator: Nicht jedem Konto kann so geholfen werden.
forgot-again = Neuen Link anfordern
new-password-title = Neues Passwort wählen
new-password-lead = Dies ist das Konto { $name } für { $site }. Sie werden überall abgemeldet.
new-password-next = Melden Sie sich danach damit an. Ihr zweiter Schritt bleibt, wie er ist.
setup-title = Erstes Konto anlegen
setup-lead = Dieses Tor hat noch keine Benutzer. Sie sind sein Administrator: Wählen Sie Benutzernamen und Passwort.
setup-button = Konto anlegen

## When signing in cannot go on

blocked-title = Die Anmeldung funktioniert hier nicht
blocked-cookies = Ihr Browser hat unser Cookie nicht zurückgesendet.
blocked-cookies-remedy = Erlauben Sie Cookies für diese Website und verlassen Sie den privaten Modus, falls er sie blockiert. Versuchen Sie es dann erneut.
blocked-http = Diese Website ist für { $origin } eingerichtet, Ihr Browser kam aber über einfaches http.
blocked-http-remedy = Öffnen Sie stattdessen { $origin }. Wenn Sie schon dort sind, wird die Verbindung vor diesem Tor entschlüsselt: Bitten Sie Ihren Administrator, `url` auf die Adresse zu setzen, die alle benutzen.
blocked-gate = Ein anderes Tor auf diesem Host benutzt ein Cookie mit demselben Namen.
blocked-gate-remedy = Cookies unterscheiden keine Ports. Bitten Sie Ihren Administrator, den beiden Toren in `session.cookie` verschiedene Namen zu geben.
blocked-loop = Ihr Browser wurde hin und her geschickt, ohne anzukommen.
blocked-loop-remedy = Meist sind Cookies blockiert: Erlauben Sie sie für diese Website und ihre Anmeldeseite. Oder Ihr Gerät hat zwei Adressen, etwa mit einem VPN, und die beiden Websites sehen verschiedene. Versuchen Sie es dann erneut.
blocked-way-back = Der Rückweg von der Anmeldung ist zu alt, wurde schon benutzt oder begann in einem anderen Browser.
blocked-way-back-remedy = Niemand wurde damit angemeldet. Versuchen Sie es erneut: Wenn Sie noch angemeldet sind, kommen Sie sofort hinein.
blocked-no-site = Die Website, zu der Sie unterwegs waren, gibt es hier nicht mehr.
blocked-no-site-remedy = Fragen Sie Ihren Administrator, wo sie jetzt ist. In Ihrem Konto stehen die Websites, die Sie öffnen dürfen.
waiting-title = Einen Moment bitte
waiting-why = Es gab mehrere falsche Antworten nacheinander, daher wird eine Weile keine geprüft. Das schützt Ihr Konto vor Rateversuchen.
not-enrolled-title = Sie brauchen eine Einladung
not-enrolled-lead = Ihr Passwort stimmt, aber { $site } verlangt einen zweiten Schritt, und Ihr Konto hat keinen.
not-enrolled-help = Bitten Sie den Administrator von { $site } um einen Einladungslink. Damit richten Sie Ihren zweiten Schritt ein.
factor-needed-title = Diese Seite verlangt einen stärkeren Weg
factor-needed-lead = Sie sind angemeldet, aber diese Seite verlangt einen Anmeldeweg, den Sie noch nicht eingerichtet haben.
factor-needed-proof = Bevor Sie ihn hinzufügen, bestätigen Sie noch einmal, dass Sie es sind.

## Refusals

refused-400 = Diese Anfrage kann nicht gelesen werden
refused-400-text = Ihre Adresse oder ihre Kopfzeilen lassen sich auf mehr als eine Weise verstehen, darum wurde sie nicht weitergegeben. Prüfen Sie die Adresse und versuchen Sie es erneut.
refused-401 = Sie sind nicht angemeldet
refused-401-text = Melden Sie sich zuerst an und versuchen Sie es dann erneut.
refused-403 = Diese Seite dürfen Sie nicht öffnen
refused-403-text = Die Regeln dieser Website lassen Sie hier nicht hinein. Wenn das ein Irrtum ist, sagen Sie es Ihrem Administrator.
refused-as-another = Als jemand anderes anmelden
refused-404 = Hier ist nichts
refused-404-text = Diese Adresse führt nirgendwohin. Prüfen Sie sie auf Tippfehler.
refused-405 = Das geht hier nicht
refused-405-text = Die Seite nimmt diese Art von Anfrage nicht an.
refused-409 = Dieser Schritt ist nicht an der Reihe
refused-409-text = Er gehört zu etwas, das vorbei ist oder sich inzwischen geändert hat. Beginnen Sie von vorn.
refused-413 = Das ist zu groß
refused-413-text = Es wurde mehr gesendet, als diese Seite annimmt. Nichts davon wurde behalten.
refused-421 = Diese Website ist hier nicht bekannt
refused-421-text = Die Adresse führt zu diesem Server, aber keine Website dieses Namens ist eingerichtet.
refused-429 = Zu viele Anfragen
refused-429-text = Warten Sie einen Moment und versuchen Sie es dann erneut.
refused-431 = Zu viele Kopfzeilen
refused-431-text = Ihr Browser hat mehr Kopfzeilen oder Cookies gesendet, als angenommen werden. Oft hilft es, die Cookies dieser Website zu löschen.
refused-500 = Etwas ist schiefgegangen
refused-500-text = Der Fehler liegt bei uns, und nichts wurde weitergegeben. Versuchen Sie es gleich noch einmal.
refused-501 = Die Anwendung kann das nicht
refused-501-text = Sie ist so eingerichtet, dass sie solche Verbindungen nicht annimmt. Sagen Sie es Ihrem Administrator.
refused-502 = Die Anwendung antwortet nicht
refused-502-text = Sie haben das Tor erreicht, aber die Anwendung dahinter war nicht zu erreichen. Versuchen Sie es gleich noch einmal.
refused-503 = Im Moment nicht verfügbar
refused-503-text = Das kann gerade nicht beantwortet werden, und nichts wurde weitergegeben. Versuchen Sie es in Kürze erneut.
refused-504 = Die Anwendung braucht zu lange
refused-504-text = Die Anwendung hinter dem Tor hat nicht rechtzeitig geantwortet. Versuchen Sie es gleich noch einmal.
refused-508 = Die Anfrage dreht sich im Kreis
refused-508-text = Sie kam zu diesem Tor zurück, nachdem sie weitergegeben worden war. Sagen Sie es Ihrem Administrator.
refused-stale-form = Dieses Formular ist zu alt
refused-stale-form-text = Es wurde vor zu langer Zeit geöffnet oder in einer Sitzung, die vorbei ist. Es wurde nichts getan. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es erneut.
refused-no-certificate = Diese Seite verlangt ein Zertifikat
refused-no-certificate-text = Ihr Browser oder Programm hat kein Client-Zertifikat gezeigt, das hier akzeptiert wird. Installieren Sie das, das Sie bekommen haben, schließen Sie alle Fenster des Browsers und versuchen Sie es erneut.
refused-not-from-here = Das muss direkt geöffnet werden
refused-not-from-here-text = Eine andere Seite, ein Frame oder ein Skript hat es angefordert. Es wurde nichts getan. Öffnen Sie es in einem eigenen Tab.

## The sample application

demo-title = Beispielanwendung
demo-lead = Sie sind durch zwei Türen gegangen. Dies steht für Ihre Anwendung, gefragt nach { $path }, und das wird ihr über Sie gesagt.
demo-verified = Die signierte Identität wurde mit den veröffentlichten Schlüsseln des Tors geprüft und ist gültig.
demo-refused = Die signierte Identität wurde nicht anerkannt: { $reason }
demo-missing = Es wurde keine Identität gesendet: Diese Seite steht allen offen.
demo-claims = Wofür die Signatur bürgt
demo-headers = Empfangene Kopfzeilen
demo-headers-none = Keine.
demo-try = Probieren Sie mehr
demo-link-step-up = Eine Seite, die nach einer Minute noch einmal fragt
demo-link-open = Eine Seite, die allen offen steht
demo-link-messages = Nachrichten und Authenticator
demo-link-account = Ihr Konto
demo-messages-title = Nachrichten und Authenticator
demo-messages = Nachrichten, die gesendet worden wären
demo-messages-none = Noch keine.
demo-message-sms = SMS an { $to }
demo-message-call = Anruf bei { $to }
demo-message-mail = E-Mail an { $to }
demo-authenticator = Ein Authenticator, falls Sie kein Telefon zur Hand haben
demo-secret = Schlüssel
demo-secret-hint = Fügen Sie den Schlüssel von der Seite ein, auf der die App eingerichtet wird.
demo-secret-button = Code zeigen
demo-secret-refused = Das ist kein Schlüssel. Er hat nur Buchstaben von A bis Z und Ziffern von 2 bis 7.
demo-code-left = { $count ->
    [one] noch { $count } Sekunde
   *[other] noch { $count } Sekunden
}

## Messages and mails

voice-language = de-DE
voice-ask = Guten Tag. Dies ist ein Anruf von { $site }. Um Ihren Code zu hören, drücken Sie eine beliebige Taste. Wenn nicht Sie ihn angefordert haben, legen Sie auf.
voice-code = Ihr Code für { $site } lautet:
voice-again = Noch einmal:
voice-end = Geben Sie ihn an niemanden weiter. Auf Wiederhören.

sms-code = { $code } ist Ihr Code für { $site }, gültig { $minutes } Min. Geben Sie ihn an niemanden weiter.

mail-code-subject = Ihr Code für { $site }
mail-code =
    { $minutes ->
        [one] { $code } ist Ihr Code für { $site }. Er gilt { $minutes } Minute lang. Geben Sie ihn an niemanden weiter.
       *[other] { $code } ist Ihr Code für { $site }. Er gilt { $minutes } Minuten lang. Geben Sie ihn an niemanden weiter.
    }

    Wenn nicht Sie ihn angefordert haben, kennt vielleicht jemand anderes Ihr Passwort: Ändern Sie es.
mail-code-enrol =
    { $minutes ->
        [one] { $code } ist Ihr Code für { $site }. Er gilt { $minutes } Minute lang. Geben Sie ihn an niemanden weiter.
       *[other] { $code } ist Ihr Code für { $site }. Er gilt { $minutes } Minuten lang. Geben Sie ihn an niemanden weiter.
    }

    Jemand hat diese Adresse für Codes bei { $site } angegeben. Wenn nicht Sie das waren, lassen Sie diese E-Mail auf sich beruhen: Ohne den Code wird die Adresse nicht verwendet.

mail-invitation-subject = Ihr Konto für { $site }
mail-invitation =
    Guten Tag { $name },

    für Sie wurde ein Konto bei { $site } angelegt. Öffnen Sie diesen Link, um Ihr Passwort und Ihren zweiten Schritt einzurichten:

    { $link }

    Der Link gilt einmal, bis { $date }. Wenn Sie diese E-Mail nicht erwartet haben, lassen Sie sie auf sich beruhen.

mail-password-link-subject = Ein neues Passwort für { $site }
mail-password-link =
    Guten Tag { $name },

    jemand hat von { $from } aus ein neues Passwort für Ihr Konto bei { $site } angefordert. Öffnen Sie diesen Link, um eines zu wählen:

    { $link }

    { $minutes ->
        [one] Der Link gilt einmal, { $minutes } Minute lang. Ihr zweiter Schritt bleibt, wie er ist. Wenn nicht Sie das waren, lassen Sie diese E-Mail auf sich beruhen: Es ändert sich nichts.
       *[other] Der Link gilt einmal, { $minutes } Minuten lang. Ihr zweiter Schritt bleibt, wie er ist. Wenn nicht Sie das waren, lassen Sie diese E-Mail auf sich beruhen: Es ändert sich nichts.
    }

mail-notice =
    Guten Tag { $name },

    { $what }

    Website: { $site }
    Wann: { $date }
    Von: { $from }

    Wenn Sie das waren, ist nichts zu tun. Wenn nicht, sagen Sie es sofort Ihrem Administrator, der Ihr Konto zurücksetzen kann. Wenn Sie sich noch anmelden können, ändern Sie auf Ihrer Kontoseite Ihr Passwort und melden Sie sich überall ab.

mail-from-administrator = einem Administrator
mail-factor-added-subject = Ein Anmeldeweg für { $site } wurde hinzugefügt
mail-factor-added = Ihrem Konto wurde ein neuer Anmeldeweg hinzugefügt: { $label }
mail-factor-removed-subject = Ein Anmeldeweg für { $site } wurde entfernt
mail-factor-removed = Aus Ihrem Konto wurde ein Anmeldeweg entfernt: { $label }
mail-factor-renamed-subject = Ein Anmeldeweg für { $site } wurde umbenannt
mail-factor-renamed = Ein Anmeldeweg Ihres Kontos hat einen anderen Namen bekommen: { $before } heißt jetzt { $label }
mail-password-changed-subject = Ihr Passwort für { $site } wurde geändert
mail-password-changed = Das Passwort Ihres Kontos wurde geändert.
mail-recovery-used-subject = Ein Wiederherstellungscode für { $site } wurde benutzt
mail-recovery-used = { $count ->
    [one] Jemand hat sich mit einem Ihrer Wiederherstellungscodes angemeldet. Es ist noch { $count } übrig.
   *[other] Jemand hat sich mit einem Ihrer Wiederherstellungscodes angemeldet. Es sind noch { $count } übrig.
}
mail-fallback-used-subject = Ein Weg zurück wurde für { $site } benutzt
mail-fallback-used = Jemand hat sich ohne Ihr Gerät angemeldet, auf einem Weg, der für dessen Verlust da ist: { $label }
mail-recovery-renewed-subject = Neue Wiederherstellungscodes für { $site }
mail-recovery-renewed = Für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.
mail-address-replaced-subject = Ihre E-Mail-Adresse für { $site } wurde ersetzt
mail-address-replaced = Die E-Mail-Adresse Ihres Kontos wurde durch eine andere ersetzt. E-Mails zu Ihrem Konto kommen hier nicht mehr an.
mail-reset-subject = Ihr Konto für { $site } wurde zurückgesetzt
mail-reset = Ihrem Konto wurden alle Anmeldewege genommen, damit Sie neue einrichten können. Den Link dafür gibt Ihnen Ihr Administrator.
mail-new-browser-subject = Ein neuer Browser hat sich bei { $site } angemeldet
mail-new-browser = Ihr Konto wurde in einem Browser benutzt, den wir noch nicht kannten: { $description }
mail-browser-trusted-subject = Einem Browser wird bei { $site } ab jetzt vertraut
mail-browser-trusted = Jemand hat das Kästchen angekreuzt, mit dem einem Browser vertraut wird. Bis { $until } genügt dort Ihr Passwort ohne zweiten Faktor: { $description }
mail-browsers-forgotten-subject = Browser wurden bei { $site } vergessen
mail-browsers-forgotten = Auf Ihrer Kontoseite wurden Browser vergessen, in denen Sie sich angemeldet hatten. Sie gelten als fremd, bis Sie sich dort wieder mit beiden Schritten anmelden.
mail-browser-copied-subject = Ein vertrauenswürdiger Browser für { $site } wurde vielleicht kopiert
mail-browser-copied = Jemand hat sich in Ihrem Konto mit Ihrem Passwort und einer alten Kopie dessen angemeldet, was einen Ihrer Browser vertrauenswürdig macht. Diesem Browser wird nicht mehr vertraut, und wer damit angemeldet war, ist abgemeldet. Wenn Sie nicht gerade einen Browser aus einer Sicherung wiederhergestellt haben, ändern Sie Ihr Passwort.
mail-sessions-ended-subject = Sitzungen bei { $site } wurden beendet
mail-sessions-ended = { $count ->
    [one] Auf Ihrer Kontoseite wurde { $count } Sitzung beendet. Wer dort angemeldet war, muss sich neu anmelden.
   *[other] Auf Ihrer Kontoseite wurden { $count } Sitzungen beendet. Wer dort angemeldet war, muss sich neu anmelden.
}
mail-locked-subject = Viele falsche Antworten für Ihr Konto bei { $site }
mail-locked = Für Ihr Konto gab es viele falsche Antworten. Melden Sie sich in einem Browser an, den Sie schon einmal benutzt haben, oder mit einem Passkey, falls Sie einen eingerichtet haben, um es wieder zu öffnen.
