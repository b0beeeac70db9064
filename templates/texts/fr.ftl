# Every word a person reads, in French. Formal address (vous).

## The language itself

language-name = Français
language-now = Langue : { $name }
format-time = %H:%M:%S UTC
format-date = %d/%m/%Y à %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = Erreur : { $page } – { $site }
header-signing-in = Connexion en tant que { $name }
header-not-you = Ce n’est pas vous ?
header-signed-in = Connecté en tant que { $name }
header-nav = Votre compte
header-account = Compte
header-sign-out = Se déconnecter
bound-for = Pour continuer vers { $site }
footer = Vestibule protège la connexion à { $site }.

continue = Continuer
back = Retour
back-to-site = Retour à la page d’accueil
cancel = Annuler
try-again = Réessayer
start-over = Recommencer
request-id = Référence pour votre administrateur

## Times

ago-moment = à l’instant
ago-minutes = { $count ->
    [one] il y a { $count } minute
   *[other] il y a { $count } minutes
}
ago-hours = { $count ->
    [one] il y a { $count } heure
   *[other] il y a { $count } heures
}
ago-days = { $count ->
    [one] il y a { $count } jour
   *[other] il y a { $count } jours
}
in-seconds = { $count ->
    [one] dans { $count } seconde
   *[other] dans { $count } secondes
}
in-minutes = { $count ->
    [one] dans { $count } minute
   *[other] dans { $count } minutes
}
in-hours = { $count ->
    [one] dans { $count } heure
   *[other] dans { $count } heures
}
wait-seconds = { $count ->
    [one] Trop de tentatives. Vous pourrez réessayer dans { $count } seconde, à { $time }.
   *[other] Trop de tentatives. Vous pourrez réessayer dans { $count } secondes, à { $time }.
}
wait-minutes = { $count ->
    [one] Trop de tentatives. Vous pourrez réessayer dans { $count } minute, à { $time }.
   *[other] Trop de tentatives. Vous pourrez réessayer dans { $count } minutes, à { $time }.
}
wait-closed = Il y a eu trop de mauvaises réponses pour ce compte : aucune n’est plus examinée d’ici. Connectez-vous depuis un navigateur que vous avez déjà utilisé, ou adressez-vous à votre administrateur.
step-ends = { $count ->
    [one] Il vous reste { $count } minute pour terminer, jusqu’à { $time }. Ensuite, vous devrez recommencer.
   *[other] Il vous reste { $count } minutes pour terminer, jusqu’à { $time }. Ensuite, vous devrez recommencer.
}
session-ends-minutes = { $count ->
    [one] Vous restez connecté pendant { $count } minute, jusqu’à { $time }. Ensuite, vous devrez vous reconnecter.
   *[other] Vous restez connecté pendant { $count } minutes, jusqu’à { $time }. Ensuite, vous devrez vous reconnecter.
}
session-ends-hours = { $count ->
    [one] Vous restez connecté pendant { $count } heure, jusqu’au { $date }. Ensuite, vous devrez vous reconnecter.
   *[other] Vous restez connecté pendant { $count } heures, jusqu’au { $date }. Ensuite, vous devrez vous reconnecter.
}
code-ends = { $count ->
    [one] Le code est valable { $count } minute, jusqu’à { $time }.
   *[other] Le code est valable { $count } minutes, jusqu’à { $time }.
}

## Fields

field-username = Nom d’utilisateur
field-new-username-hint = Uniquement des minuscules, des chiffres et . _ @ + -. Il ne pourra plus être modifié.
field-password = Mot de passe
field-new-password = Nouveau mot de passe
field-new-password-hint = { $least ->
    [one] Au moins { $least } caractère. Quelques mots que vous retiendrez font un bon mot de passe.
   *[other] Au moins { $least } caractères. Quelques mots que vous retiendrez font un bon mot de passe.
}
field-new-password-again = Nouveau mot de passe, une seconde fois
field-code = Code
field-recovery-code = Code de récupération
field-recovery-code-hint = L’un des codes que vous avez conservés en configurant votre compte. Chacun ne sert qu’une fois.
field-phone = Numéro de téléphone
field-phone-hint = Avec l’indicatif du pays, par exemple +33 6 12 34 56 78.
field-email = Adresse e-mail
field-label = Nom de cet appareil
field-label-hint = Pour le reconnaître plus tard, par exemple « téléphone du travail ».

## Errors at a field or a form

error-username-missing = Saisissez votre nom d’utilisateur.
error-username-refused = Ce nom ne peut pas être utilisé. Prenez au plus 64 minuscules, chiffres ou . _ @ + -
error-password-missing = Saisissez votre mot de passe.
error-login-wrong = Le nom d’utilisateur ou le mot de passe est incorrect. Vérifiez les deux et réessayez.
error-code-wrong = Ce code est incorrect. Vérifiez-le, ou attendez le suivant, puis réessayez.
error-code-missing = Saisissez le code.
error-code-late = Ce code est trop ancien. Faites-vous en envoyer un nouveau et saisissez celui-là.
error-recovery-code-wrong = Ce code est incorrect ou a déjà servi. Essayez-en un autre.
error-key-model = Ce modèle de clé n’est pas accepté ici. Utilisez une autre clé ou un autre moyen.
error-key-refused = Cette clé n’a pas été acceptée. Réessayez ou utilisez un autre moyen.
error-key-known = Cette clé est déjà configurée. Utilisez-en une autre.
error-phone-invalid = Nous ne pouvons rien envoyer à ce numéro. Écrivez-le avec l’indicatif du pays, par exemple +33 6 12 34 56 78.
error-phone-country = Aucun code n’est envoyé aux numéros de ce pays. Utilisez un autre numéro, ou un autre moyen.
error-phone-closed = Plus aucun code n’est envoyé à ce numéro. Utilisez un autre moyen ou adressez-vous à votre administrateur.
error-phone-missing = Saisissez un numéro de téléphone.
error-email-invalid = Ce n’est pas une adresse e-mail. Écrivez-la comme alice@example.com.
error-email-missing = Saisissez une adresse e-mail.
error-label-missing = Donnez un nom à cet appareil.
error-label-long = Ce nom est trop long. Prenez 64 caractères au plus.
error-label-taken = Vous avez déjà un appareil de ce nom. Prenez-en un autre.
error-password-short = { $least ->
    [one] Ce mot de passe est trop court. Il faut au moins { $least } caractère.
   *[other] Ce mot de passe est trop court. Il faut au moins { $least } caractères.
}
error-password-long = Ce mot de passe est trop long.
error-password-common = Ce mot de passe est parmi les plus courants et serait deviné. Prenez-en un autre.
error-password-own-name = Votre mot de passe ne doit pas être votre nom d’utilisateur.
error-password-not-the-same = Les deux mots de passe ne sont pas identiques. Saisissez à nouveau le nouveau.
error-not-acknowledged = Conservez d’abord les codes, puis cochez cette case.
error-send-budget = Aucun code ne peut plus être envoyé avant { $time }. Utilisez un autre moyen, ou réessayez { $in }.
error-factor-last = C’est votre dernier second facteur et il est nécessaire ici. Ajoutez-en d’abord un autre.
error-busy = Ceci ne peut pas être vérifié pour l’instant. Réessayez dans un moment.

## login

login-title = Connexion
login-button = Se connecter
login-link = Aller à la connexion
account-link = Aller à votre compte
login-timed-out = La connexion a pris trop de temps et reprend au début. Connectez-vous à nouveau.
login-not-delivered = Ce que vous avez envoyé n’a pas été transmis ; envoyez-le à nouveau après vous être connecté.
login-start-again = Cette étape appartient à une connexion terminée. Connectez-vous à nouveau.
login-form-expired = Ce formulaire était trop ancien ou venait d’ailleurs. Rien n’a été fait. Connectez-vous à nouveau.
login-address-unknown = Ce portail ne connaît pas son adresse publique. Définissez `url`.
login-or = ou
login-alone-wait = Il y a eu trop de tentatives depuis votre réseau. Réessayez { $in }, à { $time }.
login-alone-failed = Cela n’a pas fonctionné : aucune clé d’accès n’a été utilisée, ou le délai est écoulé. Réessayez, ou saisissez votre nom et votre mot de passe.
login-password-first = Votre clé n’a pas vérifié qui vous êtes ; elle ne suffit donc pas ici. Saisissez votre nom et votre mot de passe, puis utilisez-la encore une fois.
login-password-set = Votre mot de passe est défini. Utilisez-le pour vous connecter.
login-forgot = Mot de passe oublié ?

## verify

verify-choose-title = Confirmez que c’est bien vous
verify-choose-lead = Encore une étape. Choisissez l’un des moyens que vous avez configurés.
verify-button = Continuer
verify-key-button = Utiliser une clé ou une clé d’accès
verify-lost-link = Appareil perdu ?
badge-last-used = Utilisé en dernier
badge-strongest = Le plus sûr
badge-strong = Sûr
badge-basic = Basique
others-title = Essayer un autre moyen
trust-label = { $days ->
    [one] Faire confiance à ce navigateur pendant { $days } jour
   *[other] Faire confiance à ce navigateur pendant { $days } jours
}
trust-hint = Le mot de passe suffira ici. Uniquement sur un appareil que personne d’autre n’utilise.
lost-title = Appareil perdu ?
lost-lead = Sans votre appareil, vous pouvez encore entrer si vous avez préparé un autre moyen.
lost-others = Ceci fonctionne encore :
lost-nothing-else = Aucun autre moyen n’est configuré pour votre compte.
lost-help-title = Si rien ne fonctionne
lost-help = Demandez à l’administrateur de { $site } de réinitialiser votre compte. Vous recevrez un lien pour configurer un nouvel appareil. Personne ne vous demandera de mot de passe ni de code.

delivery-ready = Nous pouvons envoyer un code à { $target }.
delivery-send = Envoyer un code
delivery-sent = Nous avons envoyé un code à { $target }.
delivery-failed = Le code n’a pas pu être envoyé à { $target }. Réessayez ou utilisez un autre moyen.
delivery-again = Envoyer un nouveau code
delivery-again-at = Vous pourrez demander un nouveau code { $in }, à { $time }.

call-ready = Nous pouvons appeler { $target } et dicter un code.
call-send = M’appeler
call-sent = Nous appelons { $target }.
call-failed = { $target } n’a pas pu être appelé. Réessayez ou utilisez un autre moyen.
call-again = Me rappeler
call-again-at = Vous pourrez demander un autre appel { $in }, à { $time }.

ceremony-needs-script = Les clés et clés d’accès ont besoin de JavaScript, qui est désactivé ici. Autorisez-le pour ce site ou utilisez un autre moyen.
ceremony-failed = Cela n’a pas fonctionné : la clé n’a pas été utilisée, ou le délai est écoulé. Vous pouvez réessayer.
ceremony-unsupported = Ce navigateur ne sait pas utiliser les clés ni les clés d’accès. Prenez un autre navigateur ou un autre moyen.
ceremony-again = Réessayer
ceremony-next = Continuez, et votre navigateur vous demandera votre clé ou votre clé d’accès.

## enrol

enrol-first-title = Ajouter une seconde étape
enrol-first-lead = { $site } demande plus qu’un mot de passe. Choisissez avec quoi vous voulez vous connecter désormais.
enrol-needed = Ceci ouvre la page demandée
enrol-needed-others = Ceci vous connecte, mais n’ouvre pas cette page
enrol-title = Ajouter un moyen de connexion
enrol-lead = Choisissez ce que vous voulez ajouter. Mieux vaut en avoir deux, au cas où vous en perdriez un.
enrol-button = Confirmer
enrol-key-button = Configurer cette clé
enrol-other = Choisir autre chose

otpauth-picture = Code QR pour votre application d’authentification
otpauth-open = Ouvrir dans une application de cet appareil
otpauth-secret = Pas d’appareil photo ? Saisissez cette clé dans l’application :

## Methods

method-totp-title = Application d’authentification
method-totp-hint = Une application gratuite sur votre téléphone affiche un nouveau code toutes les 30 secondes. Elle fonctionne sans réseau.
method-totp-ask = Saisissez le code que votre application d’authentification affiche maintenant.
method-totp-enrol-title = Configurer votre application
method-totp-enrol = Scannez cette image avec une application d’authentification, puis saisissez le code qu’elle affiche.
method-totp-label = Application d’authentification

method-hotp-title = Générateur de codes
method-hotp-hint = Un petit appareil à bouton, ou une application qui compte : chaque pression donne un nouveau code. Il fonctionne sans réseau.
method-hotp-ask = Appuyez sur le bouton et saisissez le code. Si des codes sont refusés, faites-en deux et saisissez-les l’un après l’autre.
method-hotp-enrol-title = Configurer un générateur de codes
method-hotp-enrol = Scannez cette image, ou saisissez la clé dans l’appareil, puis saisissez le premier code qu’il donne.
method-hotp-label = Générateur de codes

method-yubikey-title = Code YubiKey
method-yubikey-hint = Une clé que vous touchez : elle saisit toute seule un long code. Si la vôtre est aussi une clé de sécurité, préférez cet usage : il est plus sûr.
method-yubikey-ask = Placez le curseur dans le champ et touchez votre YubiKey. Elle saisit le code toute seule.
method-yubikey-enrol-title = Configurer une YubiKey
method-yubikey-enrol = Placez le curseur dans le champ et touchez la YubiKey. Elle saisit un code auquel nous la reconnaîtrons.
method-yubikey-label = YubiKey

method-webauthn-title = Clé de sécurité ou clé d’accès
method-webauthn-hint = Votre empreinte, votre visage ou votre code PIN sur cet appareil, ou une clé à brancher. Inutilisable sur un faux site.
method-webauthn-ask = Utilisez votre clé ou votre clé d’accès. Votre navigateur vous guidera.
method-webauthn-enrol-title = Configurer une clé
method-webauthn-enrol = Donnez un nom à la clé, puis suivez votre navigateur.
method-webauthn-label = Clé de sécurité
method-webauthn-alone = Se connecter avec une clé d’accès

method-sms-title = SMS
method-sms-hint = Un code envoyé à votre téléphone. Les messages peuvent être lus ou détournés : prenez un moyen plus sûr si vous le pouvez.
method-sms-ask = Saisissez le code du message.
method-sms-enrol-title = Configurer les SMS
method-sms-enrol = Nous enverrons un code à ce numéro pour vérifier qu’il est à vous.
method-sms-confirm = Saisissez le code du message pour confirmer le numéro.
method-sms-label = Téléphone

method-voice-title = Appel téléphonique
method-voice-hint = Nous vous appelons et dictons un code. Les appels peuvent être écoutés ou détournés : prenez un moyen plus sûr si vous le pouvez.
method-voice-ask = Nous vous appelons. Appuyez sur une touche du téléphone pour entendre le code, puis saisissez-le ici.
method-voice-enrol-title = Configurer les appels
method-voice-enrol = Nous appellerons ce numéro et dicterons un code, pour vérifier qu’il est à vous. On vous demandera d’abord d’appuyer sur une touche.
method-voice-confirm = Répondez à l’appel et appuyez sur une touche du téléphone. Saisissez ensuite le code que vous entendez.
method-voice-label = Appels téléphoniques

method-email-title = E-mail
method-email-hint = Un code envoyé à votre adresse e-mail. Quiconque peut lire vos e-mails peut s’en servir pour se connecter : prenez un moyen plus sûr si vous le pouvez.
method-email-ask = Saisissez le code de l’e-mail.
method-email-enrol-title = Configurer l’e-mail
method-email-enrol = Nous enverrons un code à cette adresse pour vérifier qu’elle est à vous.
method-email-confirm = Saisissez le code de l’e-mail pour confirmer l’adresse.
method-email-label = Messagerie

method-recovery-title = Code de récupération
method-recovery-hint = L’un des codes que vous avez imprimés ou notés.
method-recovery-enrol-title = Codes de récupération
method-recovery-enrol = Des codes pour entrer quand votre appareil est perdu. Chacun ne sert qu’une fois.
method-recovery-label = Codes de récupération
method-recovery-left = { $count ->
    [one] { $count } restant
   *[other] { $count } restants
}

## Recovery codes

codes-title = Conservez vos codes de récupération
codes-lead = { $count ->
    [one] Avec ce code, vous entrez quand votre appareil est perdu. Il ne sert qu’une fois et n’est affiché que maintenant.
   *[other] Avec ces { $count } codes, vous entrez quand votre appareil est perdu. Chacun ne sert qu’une fois, et ils ne sont affichés que maintenant.
}
codes-replace = Vos anciens codes ne sont plus valables.
codes-sheet = Codes de récupération pour { $site }
codes-for = Pour { $name }, créés le { $date }
codes-keep = Imprimez cette page ou copiez les codes, et gardez-les avec vos papiers importants, pas sur l’appareil avec lequel vous vous connectez.
codes-acknowledge = J’ai conservé ces codes
codes-work = Les codes sont valables une fois que vous avez appuyé sur « { $button } ».
codes-ends = { $count ->
    [one] Il vous reste { $count } minute pour conserver ces codes, jusqu’à { $time }. Ensuite, ils ne vaudront rien, et vous en créerez de nouveaux sur la page de votre compte.
   *[other] Il vous reste { $count } minutes pour conserver ces codes, jusqu’à { $time }. Ensuite, ils ne vaudront rien, et vous en créerez de nouveaux sur la page de votre compte.
}
codes-void = Ces codes ne valent rien
codes-void-text = Le temps s’est écoulé avant que vous ayez confirmé les avoir conservés. Jetez ce que vous avez imprimé ou copié, et créez de nouveaux codes. Vous êtes toujours connecté.

## account

account-title = Votre compte
account-sites = Vos sites
account-factors = Moyens de connexion
account-factors-none = Vous n’avez pas encore de second facteur.
account-factor-add = Ajouter un moyen de connexion
account-last-used = Dernière utilisation
account-never-used = Jamais
account-added = Ajouté
account-rename = Renommer
account-rename-this = Renommer { $name }
account-remove = Supprimer
account-remove-this = Supprimer { $name }
account-recovery = Codes de récupération
account-recovery-left = { $count ->
    [one] Il reste { $count } code.
   *[other] Il reste { $count } codes.
}
account-recovery-few = { $count ->
    [0] Vous n’avez aucun code de récupération. Créez-en, pour que la perte d’un appareil ne vous bloque pas.
    [one] Il ne reste que { $count } code de récupération. Créez-en bientôt de nouveaux.
   *[other] Il ne reste que { $count } codes de récupération. Créez-en bientôt de nouveaux.
}
account-recovery-renew = Créer de nouveaux codes
account-sessions = Où vous êtes connecté
account-this-session = Celle-ci
account-last-seen = Dernière activité
account-started = Connexion
account-session-end = Déconnecter
account-session-end-this = Déconnecter { $name }
account-sign-out-elsewhere = Se déconnecter partout ailleurs
account-elsewhere-offer = Si quelqu’un d’autre a pu être connecté à votre place, mettez-y fin maintenant.
account-sign-out-everywhere = Se déconnecter partout
browser-on = { $browser } sur { $system }
browser-at = { $browser }, { $address }
browser-unknown = Un navigateur inconnu
account-browsers = Vos navigateurs
account-browsers-hint = Les navigateurs dans lesquels vous vous êtes connecté avec les deux étapes. Si des inconnus essaient trop de mauvais mots de passe, vous pourrez toujours vous connecter depuis ceux-ci. Dans un navigateur de confiance, le mot de passe suffit.
account-browsers-none = Aucun pour l’instant.
account-browser-since = Vu la première fois
account-browser-end = Oublier
account-browser-end-this = Oublier { $name }
account-browser-trusted = De confiance jusqu’au
account-this-browser = Celui-ci
account-browsers-end = Oublier tous les navigateurs
account-browsers-end-others = Oublier tous les autres navigateurs
account-browsers-offer = Les autres navigateurs permettent encore de se connecter comme avant. Si cela ne doit pas être, oubliez-les.
account-password = Mot de passe
account-password-change = Changer de mot de passe
done-factor-added = Ajouté. Vous pouvez l’utiliser dès maintenant.
done-factor-renamed = Le nouveau nom est enregistré.
done-factor-removed = Supprimé. Plus personne ne peut s’en servir pour se connecter, et vous êtes déconnecté partout ailleurs.
done-password-changed = Votre mot de passe est changé. Vous êtes déconnecté partout ailleurs.
done-session-ended = Cette session est déconnectée.
done-sessions-ended = Vous êtes déconnecté partout ailleurs.
done-browser-ended = Oublié.
done-codes-made = Vos nouveaux codes de récupération sont en vigueur.

## A reminder after signing in

remind-title = Ajouter un moyen de connexion plus sûr
remind-lead = Il existe un moyen de connexion plus sûr que celui que vous utilisez. L’ajouter prend une minute, et avec deux moyens vous n’êtes pas bloqué si vous en perdez un.
remind-proof = Vous confirmez encore une fois que c’est bien vous, puis vous l’ajoutez.
remind-later = Plus tard
remind-again = Choisissez « Plus tard » pour continuer comme avant. On vous le redemandera après le { $date }.

## Confirming an action

confirm-add = Confirmez que c’est bien vous
confirm-add-text = Avant d’ajouter un moyen de connexion, confirmez avec l’un de ceux que vous avez.
confirm-rename = Renommer un appareil
confirm-rename-text = Donnez un nouveau nom à « { $name } » et confirmez que c’est bien vous.
confirm-rename-button = Renommer
confirm-remove = Supprimer un appareil
confirm-remove-text = « { $name } » ne permettra plus de vous connecter, et vous serez déconnecté partout ailleurs. Confirmez que c’est bien vous.
confirm-remove-button = Supprimer
confirm-codes = Créer de nouveaux codes de récupération
confirm-codes-text = Vos anciens codes ne fonctionneront plus. Confirmez que c’est bien vous.
confirm-codes-button = Créer de nouveaux codes
confirm-password = Changer votre mot de passe
confirm-password-text = Choisissez un nouveau mot de passe et confirmez que c’est bien vous.
confirm-password-button = Changer de mot de passe
confirm-browser = Oublier un navigateur
confirm-browser-text = « { $name } » comptera comme inconnu jusqu’à ce que vous vous y connectiez à nouveau. Confirmez que c’est bien vous.
confirm-browser-button = Oublier
confirm-other-browsers = Oublier tous les autres navigateurs
confirm-other-browsers-text = Chaque navigateur sauf celui-ci comptera comme inconnu jusqu’à ce que vous vous y connectiez à nouveau. Confirmez que c’est bien vous.
confirm-browsers = Oublier tous les navigateurs
confirm-browsers-text = Chaque navigateur, celui-ci aussi, comptera comme inconnu jusqu’à ce que vous vous y connectiez à nouveau. Confirmez que c’est bien vous.
confirm-browsers-button = Tout oublier

## logout

logout-title = Se déconnecter ?
logout-lead = Vous serez déconnecté de { $site } dans ce navigateur.
logout-button = Se déconnecter
logout-stay = Rester connecté
logout-done-title = Vous êtes déconnecté
logout-done-lead = Ce navigateur est déconnecté. Sur un ordinateur partagé, fermez-le aussi.
logout-done-everywhere = Vous êtes déconnecté de tous les navigateurs.
logout-again = Se reconnecter

## One-time links

invite-title = Bienvenue
invite-lead = Voici votre compte { $name } pour { $site }. Choisissez d’abord un mot de passe.
invite-next = Ensuite, vous configurerez une seconde étape.
invite-ends = Ce lien ne sert qu’une fois, jusqu’au { $date }.
reset-title = Configurez à nouveau votre compte
reset-lead = La seconde étape de votre compte { $name } pour { $site } a été réinitialisée. Continuez pour en configurer une nouvelle.
invite-dead-title = Ce lien ne fonctionne pas
invite-dead-lead = Il a déjà servi, est trop ancien ou n’a pas été copié en entier.
invite-dead-help = Si vous avez déjà configuré votre compte, connectez-vous. Sinon, demandez un nouveau lien à votre administrateur.
forgot-title = Mot de passe oublié ?
forgot-lead = Saisissez votre nom d’utilisateur. Si votre compte a une adresse e-mail, nous y envoyons un lien pour choisir un nouveau mot de passe.
forgot-button = Envoyer un lien
forgot-form-expired = Ce formulaire était trop ancien ou venait d’ailleurs. Rien n’a été envoyé. Réessayez.
forgot-sent-title = Consultez votre messagerie
forgot-sent-lead = { $minutes ->
    [one] Si ce compte existe et a une adresse e-mail, un lien est en route. Il ne sert qu’une fois, pendant { $minutes } minute.
   *[other] Si ce compte existe et a une adresse e-mail, un lien est en route. Il ne sert qu’une fois, pendant { $minutes } minutes.
}
forgot-sent-help = Rien reçu ? Regardez parmi les indésirables, ou adressez-vous à votre administrateur : tous les comptes ne peuvent pas être aidés ainsi.
forgot-again = Demander un nouveau lien
new-password-title = Choisissez un nouveau mot de passe
new-password-lead = Voici le compte { $name } pour { $site }. Vous serez déconnecté partout.
new-password-next = Utilisez-le ensuite pour vous connecter. Votre seconde étape reste la même.
setup-title = Créer le premier compte
setup-lead = Ce portail n’a pas encore d’utilisateurs. Vous en êtes l’administrateur : choisissez votre nom d’utilisateur et un mot de passe.
setup-button = Créer le compte

## When signing in cannot go on

blocked-title = La connexion ne fonctionne pas ici
blocked-cookies = Votre navigateur n’a pas renvoyé notre cookie.
blocked-cookies-remedy = Autorisez les cookies pour ce site, et quittez la navigation privée si elle les bloque. Réessayez ensuite.
blocked-http = Ce site est configuré pour { $origin }, mais votre navigateur est venu par http sans chiffrement.
blocked-http-remedy = Ouvrez plutôt { $origin }. Si vous y êtes déjà, la connexion est déchiffrée avant d’arriver à ce portail : demandez à votre administrateur de mettre dans `url` l’adresse que les gens utilisent.
blocked-gate = Un autre portail sur cet hôte utilise un cookie du même nom.
blocked-gate-remedy = Les cookies ne distinguent pas les ports. Demandez à votre administrateur de donner aux deux portails des noms différents dans `session.cookie`.
blocked-loop = Votre navigateur a été renvoyé de l’un à l’autre sans arriver nulle part.
blocked-loop-remedy = Le plus souvent, les cookies sont bloqués : autorisez-les pour ce site et pour sa page de connexion. Ou bien votre appareil a deux adresses, par exemple avec un VPN, et les deux pages en voient des différentes. Puis réessayez.
blocked-way-back = Le retour de la connexion est trop ancien, a déjà servi ou a commencé dans un autre navigateur.
blocked-way-back-remedy = Personne n’a été connecté ainsi. Réessayez : si vous êtes encore connecté, vous entrez aussitôt.
blocked-no-site = Le site vers lequel vous alliez n’est plus proposé ici.
blocked-no-site-remedy = Demandez à votre administrateur où il se trouve désormais. Votre compte affiche les sites que vous pouvez ouvrir.
waiting-title = Un instant
waiting-why = Il y a eu plusieurs mauvaises réponses de suite ; pendant un moment, aucune n’est examinée. Cela protège votre compte.
not-enrolled-title = Il vous faut une invitation
not-enrolled-lead = Votre mot de passe est correct, mais { $site } demande une seconde étape et votre compte n’en a pas.
not-enrolled-help = Demandez un lien d’invitation à l’administrateur de { $site }. Il vous servira à configurer votre seconde étape.
factor-needed-title = Cette page demande un moyen plus sûr
factor-needed-lead = Vous êtes connecté, mais cette page demande un moyen de connexion que vous n’avez pas encore configuré.
factor-needed-proof = Avant de l’ajouter, vous confirmerez encore une fois que c’est bien vous.

## Refusals

refused-400 = Cette requête est illisible
refused-400-text = Son adresse ou ses en-têtes peuvent se comprendre de plusieurs façons ; elle n’a donc pas été transmise. Vérifiez l’adresse et réessayez.
refused-401 = Vous n’êtes pas connecté
refused-401-text = Connectez-vous d’abord, puis réessayez.
refused-403 = Vous ne pouvez pas ouvrir cette page
refused-403-text = Les règles de ce site ne vous laissent pas entrer ici. Si vous pensez qu’elles le devraient, dites-le à votre administrateur.
refused-as-another = Se connecter sous un autre nom
refused-404 = Il n’y a rien ici
refused-404-text = Cette adresse ne mène nulle part. Vérifiez qu’elle est bien tapée.
refused-405 = Cela n’est pas possible ici
refused-405-text = La page n’accepte pas ce genre de requête.
refused-409 = Cette étape n’est pas dans l’ordre
refused-409-text = Elle appartient à quelque chose de terminé ou qui a changé entre-temps. Recommencez depuis le début.
refused-413 = C’est trop volumineux
refused-413-text = Il a été envoyé plus que cette page n’accepte. Rien n’a été gardé.
refused-421 = Ce site n’est pas connu ici
refused-421-text = L’adresse mène à ce serveur, mais aucun site de ce nom n’est configuré.
refused-429 = Trop de requêtes
refused-429-text = Attendez un instant, puis réessayez.
refused-431 = Trop d’en-têtes
refused-431-text = Votre navigateur a envoyé plus d’en-têtes ou de cookies qu’il n’est accepté. Supprimer les cookies de ce site aide souvent.
refused-500 = Quelque chose s’est mal passé
refused-500-text = La faute est de notre côté, et rien n’a été transmis. Réessayez dans un instant.
refused-501 = L’application ne sait pas faire cela
refused-501-text = Elle est configurée d’une façon qui ne permet pas ce genre de connexion. Dites-le à votre administrateur.
refused-502 = L’application ne répond pas
refused-502-text = Vous avez atteint le portail, mais l’application derrière lui est injoignable. Réessayez dans un instant.
refused-503 = Indisponible pour le moment
refused-503-text = Aucune réponse n’est possible pour le moment, et rien n’a été transmis. Réessayez bientôt.
refused-504 = L’application met trop de temps
refused-504-text = L’application derrière le portail n’a pas répondu à temps. Réessayez dans un instant.
refused-508 = La requête tourne en rond
refused-508-text = Elle est revenue à ce portail après avoir été transmise. Dites-le à votre administrateur.
refused-stale-form = Ce formulaire est trop ancien
refused-stale-form-text = Il a été ouvert il y a trop longtemps, ou dans une session terminée. Rien n’a été fait. Revenez en arrière, rechargez la page et réessayez.
refused-no-certificate = Cette page demande un certificat
refused-no-certificate-text = Votre navigateur ou programme n’a présenté aucun certificat client admis ici. Installez celui qui vous a été remis, fermez toutes les fenêtres du navigateur et réessayez.
refused-not-from-here = Ceci doit être ouvert directement
refused-not-from-here-text = Une autre page, un cadre ou un script l’a demandé. Rien n’a été fait. Ouvrez-le dans son propre onglet.

## The sample application

demo-title = Exemple d’application
demo-lead = Vous avez passé deux portes. Ceci tient lieu de votre application, à qui l’on demande { $path }, et voici ce qu’on lui dit de vous.
demo-verified = L’identité signée a été vérifiée avec les clés publiées du portail, et elle est bonne.
demo-refused = L’identité signée n’a pas été acceptée : { $reason }
demo-missing = Aucune identité n’a été envoyée : cette page est ouverte à tous.
demo-claims = Ce que la signature garantit
demo-headers = En-têtes reçus
demo-headers-none = Aucun.
demo-try = Pour aller plus loin
demo-link-step-up = Une page qui redemande après une minute
demo-link-open = Une page ouverte à tous
demo-link-messages = Messages et authentificateur
demo-link-account = Votre compte
demo-messages-title = Messages et authentificateur
demo-messages = Messages qui auraient été envoyés
demo-messages-none = Aucun pour l’instant.
demo-message-sms = SMS à { $to }
demo-message-call = Appel à { $to }
demo-message-mail = E-mail à { $to }
demo-authenticator = Un authentificateur, si vous n’avez pas de téléphone sous la main
demo-secret = Clé
demo-secret-hint = Collez la clé de la page qui configure l’application.
demo-secret-button = Afficher le code
demo-secret-refused = Ce n’est pas une clé. Elle n’a que des lettres de A à Z et des chiffres de 2 à 7.
demo-code-left = { $count ->
    [one] encore { $count } seconde
   *[other] encore { $count } secondes
}

## Messages and mails

voice-language = fr-FR
voice-ask = Bonjour. Ceci est un appel de { $site }. Pour entendre votre code, appuyez sur une touche. Si vous ne l’avez pas demandé vous-même, raccrochez.
voice-code = Votre code pour { $site } est :
voice-again = Encore une fois :
voice-end = Ne le donnez à personne. Au revoir.

sms-code = { $code } est votre code pour { $site }, valable { $minutes } min. Ne le donnez à personne.

mail-code-subject = Votre code pour { $site }
mail-code =
    { $minutes ->
        [one] { $code } est votre code pour { $site }. Il est valable { $minutes } minute. Ne le donnez à personne.
       *[other] { $code } est votre code pour { $site }. Il est valable { $minutes } minutes. Ne le donnez à personne.
    }

    Si vous ne l’avez pas demandé vous-même, quelqu’un d’autre connaît peut-être votre mot de passe : changez-le.
mail-code-enrol =
    { $minutes ->
        [one] { $code } est votre code pour { $site }. Il est valable { $minutes } minute. Ne le donnez à personne.
       *[other] { $code } est votre code pour { $site }. Il est valable { $minutes } minutes. Ne le donnez à personne.
    }

    Quelqu’un a indiqué cette adresse pour recevoir les codes de { $site }. Si ce n’était pas vous, ignorez cet e-mail : sans le code, l’adresse n’est pas utilisée.

mail-invitation-subject = Votre compte pour { $site }
mail-invitation =
    Bonjour { $name },

    un compte pour { $site } a été créé pour vous. Ouvrez ce lien pour définir votre mot de passe et votre seconde étape :

    { $link }

    Le lien ne sert qu’une fois, jusqu’au { $date }. Si vous n’attendiez pas cet e-mail, ignorez-le.

mail-password-link-subject = Un nouveau mot de passe pour { $site }
mail-password-link =
    Bonjour { $name },

    quelqu’un a demandé, depuis { $from }, un nouveau mot de passe pour votre compte sur { $site }. Ouvrez ce lien pour en choisir un :

    { $link }

    { $minutes ->
        [one] Le lien ne sert qu’une fois, pendant { $minutes } minute. Votre seconde étape reste la même. Si ce n’était pas vous, ignorez cet e-mail : rien ne change.
       *[other] Le lien ne sert qu’une fois, pendant { $minutes } minutes. Votre seconde étape reste la même. Si ce n’était pas vous, ignorez cet e-mail : rien ne change.
    }

mail-notice =
    Bonjour { $name },

    { $what }

    Site : { $site }
    Quand : { $date }
    Origine : { $from }

    Si c’était vous, il n’y a rien à faire. Sinon, dites-le tout de suite à votre administrateur, qui peut réinitialiser votre compte. Si vous pouvez encore vous connecter, changez votre mot de passe sur la page de votre compte et déconnectez-vous partout.

mail-from-administrator = un administrateur
mail-factor-added-subject = Un moyen de connexion à { $site } a été ajouté
mail-factor-added = Un nouveau moyen de connexion a été ajouté à votre compte : { $label }
mail-factor-removed-subject = Un moyen de connexion à { $site } a été supprimé
mail-factor-removed = Un moyen de connexion a été supprimé de votre compte : { $label }
mail-factor-renamed-subject = Un moyen de connexion à { $site } a été renommé
mail-factor-renamed = Un moyen de connexion à votre compte a reçu un autre nom : { $before } s’appelle désormais { $label }
mail-password-changed-subject = Votre mot de passe pour { $site } a été changé
mail-password-changed = Le mot de passe de votre compte a été changé.
mail-recovery-used-subject = Un code de récupération a servi pour { $site }
mail-recovery-used = { $count ->
    [one] Quelqu’un s’est connecté avec l’un de vos codes de récupération. Il en reste { $count }.
   *[other] Quelqu’un s’est connecté avec l’un de vos codes de récupération. Il en reste { $count }.
}
mail-fallback-used-subject = Un moyen de secours a servi pour { $site }
mail-fallback-used = Quelqu’un s’est connecté sans votre appareil, par un moyen prévu pour sa perte : { $label }
mail-recovery-renewed-subject = Nouveaux codes de récupération pour { $site }
mail-recovery-renewed = De nouveaux codes de récupération ont été créés pour votre compte. Les anciens ne fonctionnent plus.
mail-address-replaced-subject = Votre adresse e-mail pour { $site } a été remplacée
mail-address-replaced = L’adresse e-mail de votre compte a été remplacée par une autre. Les e-mails à son sujet n’arrivent plus ici.
mail-reset-subject = Votre compte pour { $site } a été réinitialisé
mail-reset = Tous les moyens de connexion ont été retirés de votre compte, pour que vous puissiez en configurer de nouveaux. Votre administrateur vous donnera un lien pour cela.
mail-new-browser-subject = Un nouveau navigateur s’est connecté à { $site }
mail-new-browser = Votre compte a été utilisé dans un navigateur que nous n’avions jamais vu : { $description }
mail-browser-trusted-subject = Un navigateur est désormais de confiance pour { $site }
mail-browser-trusted = Quelqu’un a coché la case qui fait confiance à un navigateur. Jusqu’au { $until }, votre mot de passe seul y suffit, sans second facteur : { $description }
mail-browsers-forgotten-subject = Des navigateurs ont été oubliés pour { $site }
mail-browsers-forgotten = Des navigateurs dans lesquels vous vous étiez connecté ont été oubliés depuis la page de votre compte. Ils comptent comme inconnus jusqu’à ce que vous vous y connectiez à nouveau avec les deux étapes.
mail-browser-copied-subject = Un navigateur de confiance pour { $site } a peut-être été copié
mail-browser-copied = Quelqu’un s’est connecté à votre compte avec votre mot de passe et une ancienne copie de ce qui rend l’un de vos navigateurs de confiance. Ce navigateur n’est plus de confiance, et quiconque s’était connecté ainsi est déconnecté. Si vous ne venez pas de restaurer un navigateur depuis une sauvegarde, changez votre mot de passe.
mail-sessions-ended-subject = Des sessions sur { $site } ont été fermées
mail-sessions-ended = { $count ->
    [one] Depuis la page de votre compte, { $count } session a été fermée. La personne qui y était connectée devra se reconnecter.
   *[other] Depuis la page de votre compte, { $count } sessions ont été fermées. Les personnes qui y étaient connectées devront se reconnecter.
}
mail-locked-subject = Beaucoup de mauvaises réponses pour votre compte sur { $site }
mail-locked = Il y a eu beaucoup de mauvaises réponses pour votre compte. Connectez-vous depuis un navigateur que vous avez déjà utilisé, ou avec une clé d’accès si vous en avez une, pour le rouvrir.
