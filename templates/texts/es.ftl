# Every word a person reads, in Spanish. Formal address (usted).

## The language itself

language-name = Español
language-now = Idioma: { $name }
format-time = %H:%M:%S UTC
format-date = %d/%m/%Y %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = Error: { $page } – { $site }
header-signing-in = Inicio de sesión como { $name }
header-not-you = ¿No es usted?
header-signed-in = Sesión iniciada como { $name }
header-nav = Su cuenta
header-account = Cuenta
header-sign-out = Cerrar sesión
bound-for = Para continuar a { $site }
footer = Vestibule protege el acceso a { $site }.

continue = Continuar
back = Volver
back-to-site = Volver a la página de inicio
cancel = Cancelar
try-again = Intentar de nuevo
start-over = Empezar de nuevo
request-id = Referencia para su administrador

## Times

ago-moment = ahora mismo
ago-minutes = { $count ->
    [one] hace { $count } minuto
   *[other] hace { $count } minutos
}
ago-hours = { $count ->
    [one] hace { $count } hora
   *[other] hace { $count } horas
}
ago-days = { $count ->
    [one] hace { $count } día
   *[other] hace { $count } días
}
in-seconds = { $count ->
    [one] dentro de { $count } segundo
   *[other] dentro de { $count } segundos
}
in-minutes = { $count ->
    [one] dentro de { $count } minuto
   *[other] dentro de { $count } minutos
}
in-hours = { $count ->
    [one] dentro de { $count } hora
   *[other] dentro de { $count } horas
}
wait-seconds = { $count ->
    [one] Demasiados intentos. Podrá intentarlo de nuevo en { $count } segundo, a las { $time }.
   *[other] Demasiados intentos. Podrá intentarlo de nuevo en { $count } segundos, a las { $time }.
}
wait-minutes = { $count ->
    [one] Demasiados intentos. Podrá intentarlo de nuevo en { $count } minuto, a las { $time }.
   *[other] Demasiados intentos. Podrá intentarlo de nuevo en { $count } minutos, a las { $time }.
}
wait-closed = Hubo demasiadas respuestas incorrectas para esta cuenta, así que desde aquí ya no se examina ninguna. Inicie sesión en un navegador que haya usado antes o pregunte a su administrador.
step-ends = { $count ->
    [one] Tiene { $count } minuto para terminar, hasta las { $time }. Después tendrá que empezar de nuevo.
   *[other] Tiene { $count } minutos para terminar, hasta las { $time }. Después tendrá que empezar de nuevo.
}
session-ends-minutes = { $count ->
    [one] Su sesión sigue abierta { $count } minuto, hasta las { $time }. Después tendrá que iniciarla de nuevo.
   *[other] Su sesión sigue abierta { $count } minutos, hasta las { $time }. Después tendrá que iniciarla de nuevo.
}
session-ends-hours = { $count ->
    [one] Su sesión sigue abierta { $count } hora, hasta el { $date }. Después tendrá que iniciarla de nuevo.
   *[other] Su sesión sigue abierta { $count } horas, hasta el { $date }. Después tendrá que iniciarla de nuevo.
}
code-ends = { $count ->
    [one] El código es válido durante { $count } minuto, hasta las { $time }.
   *[other] El código es válido durante { $count } minutos, hasta las { $time }.
}

## Fields

field-username = Nombre de usuario
field-new-username-hint = Solo letras minúsculas, cifras y . _ @ + -. No se podrá cambiar después.
field-password = Contraseña
field-new-password = Contraseña nueva
field-new-password-hint = { $least ->
    [one] Al menos { $least } carácter. Unas cuantas palabras que recuerde son una buena contraseña.
   *[other] Al menos { $least } caracteres. Unas cuantas palabras que recuerde son una buena contraseña.
}
field-new-password-again = Repita la contraseña nueva
field-code = Código
field-recovery-code = Código de recuperación
field-recovery-code-hint = Uno de los códigos que guardó al configurar su cuenta. Cada uno sirve una sola vez.
field-phone = Número de teléfono
field-phone-hint = Con el prefijo del país, por ejemplo +34 612 34 56 78.
field-email = Dirección de correo
field-label = Nombre de este dispositivo
field-label-hint = Para reconocerlo después, por ejemplo «teléfono del trabajo».

## Errors at a field or a form

error-username-missing = Escriba su nombre de usuario.
error-username-refused = Este nombre no se puede usar. Use hasta 64 letras minúsculas, cifras o . _ @ + -
error-password-missing = Escriba su contraseña.
error-login-wrong = El nombre de usuario o la contraseña no son correctos. Compruebe ambos e inténtelo de nuevo.
error-code-wrong = Este código no es correcto. Compruébelo, o espere al siguiente, e inténtelo de nuevo.
error-code-missing = Escriba el código.
error-code-late = Este código es demasiado antiguo. Pida que se le envíe uno nuevo y escriba ese.
error-recovery-code-wrong = Este código no es correcto o ya se usó. Pruebe con otro.
error-key-model = Este modelo de llave no se acepta aquí. Use otra llave u otro medio.
error-key-refused = Esta llave no fue aceptada. Inténtelo de nuevo o use otro medio.
error-key-known = Esta llave ya está configurada. Use otra.
error-phone-invalid = No podemos enviar nada a este número. Escríbalo con el prefijo del país, por ejemplo +34 612 34 56 78.
error-phone-country = No se envían códigos a números de este país. Use otro número u otro medio.
error-phone-closed = Ya no se envían códigos a este número. Use otro medio o pregunte a su administrador.
error-phone-missing = Escriba un número de teléfono.
error-email-invalid = Esto no es una dirección de correo. Escríbala como alice@example.com.
error-email-missing = Escriba una dirección de correo.
error-label-missing = Dé un nombre a este dispositivo.
error-label-long = Este nombre es demasiado largo. Use 64 caracteres como máximo.
error-label-taken = Ya tiene un dispositivo con este nombre. Elija otro.
error-password-short = { $least ->
    [one] Esta contraseña es demasiado corta. Use al menos { $least } carácter.
   *[other] Esta contraseña es demasiado corta. Use al menos { $least } caracteres.
}
error-password-long = Esta contraseña es demasiado larga.
error-password-common = Esta contraseña es de las más comunes y sería adivinada. Elija otra.
error-password-own-name = Su contraseña no debe ser su nombre de usuario.
error-password-not-the-same = Las dos contraseñas no coinciden. Escriba la nueva otra vez.
error-not-acknowledged = Guarde primero los códigos y marque después esta casilla.
error-send-budget = No se pueden enviar más códigos antes de las { $time }. Use otro medio o inténtelo de nuevo { $in }.
error-factor-last = Este es su último segundo factor y aquí hace falta. Añada otro primero.
error-busy = Esto no se puede comprobar ahora mismo. Inténtelo de nuevo en un momento.

## login

login-title = Iniciar sesión
login-button = Iniciar sesión
login-link = Ir al inicio de sesión
account-link = Ir a su cuenta
login-timed-out = El inicio de sesión tardó demasiado y comienza de nuevo. Inicie sesión otra vez.
login-not-delivered = Lo que envió no fue entregado; envíelo de nuevo después de iniciar sesión.
login-start-again = Este paso pertenece a un inicio de sesión que ya terminó. Inicie sesión otra vez.
login-form-expired = Este formulario era demasiado antiguo o venía de otro lugar. No se hizo nada. Inicie sesión otra vez.
login-address-unknown = Este portal no conoce su dirección pública. Defina `url`.
login-or = o
login-alone-wait = Hubo demasiados intentos desde su red. Inténtelo de nuevo { $in }, a las { $time }.
login-alone-failed = No funcionó: no se usó ninguna clave de acceso o se agotó el tiempo. Inténtelo de nuevo o escriba su nombre y su contraseña.
login-password-first = Su llave no comprobó quién es usted, así que aquí no basta. Escriba su nombre y su contraseña y úsela después otra vez.
login-password-set = Su contraseña está definida. Inicie sesión con ella.
login-forgot = ¿Olvidó su contraseña?

## verify

verify-choose-title = Confirme que es usted
verify-choose-lead = Un paso más. Elija uno de los medios que configuró.
verify-button = Continuar
verify-key-button = Usar llave o clave de acceso
verify-lost-link = ¿Perdió su dispositivo?
badge-last-used = Último usado
badge-strongest = El más seguro
badge-strong = Seguro
badge-basic = Básico
others-title = Probar otro medio
trust-label = { $days ->
    [one] Confiar en este navegador durante { $days } día
   *[other] Confiar en este navegador durante { $days } días
}
trust-hint = Aquí bastará con la contraseña. Solo en un dispositivo que nadie más use.
lost-title = ¿Perdió su dispositivo?
lost-lead = Sin su dispositivo todavía puede entrar, si preparó otro medio.
lost-others = Esto todavía funciona:
lost-nothing-else = Su cuenta no tiene ningún otro medio configurado.
lost-help-title = Si nada de esto funciona
lost-help = Pida al administrador de { $site } que restablezca su cuenta. Recibirá un enlace para configurar un dispositivo nuevo. Nadie le pedirá una contraseña ni un código.

delivery-ready = Podemos enviar un código a { $target }.
delivery-send = Enviar un código
delivery-sent = Enviamos un código a { $target }.
delivery-failed = No se pudo enviar el código a { $target }. Inténtelo de nuevo o use otro medio.
delivery-again = Enviar un código nuevo
delivery-again-at = Podrá pedir un código nuevo { $in }, a las { $time }.

call-ready = Podemos llamar a { $target } y decir un código.
call-send = Quiero que me llamen
call-sent = Estamos llamando a { $target }.
call-failed = No se pudo llamar a { $target }. Inténtelo de nuevo o use otro medio.
call-again = Quiero que me llamen otra vez
call-again-at = Podrá pedir otra llamada { $in }, a las { $time }.

ceremony-needs-script = Las llaves y las claves de acceso necesitan JavaScript, que aquí está desactivado. Permítalo en este sitio o use otro medio.
ceremony-failed = No funcionó: no se usó la llave o se agotó el tiempo. Puede intentarlo de nuevo.
ceremony-unsupported = Este navegador no puede usar llaves ni claves de acceso. Use otro navegador u otro medio.
ceremony-again = Intentar de nuevo
ceremony-next = Continúe y el navegador le pedirá su llave o clave de acceso.

## enrol

enrol-first-title = Añadir un segundo paso
enrol-first-lead = { $site } pide algo más que una contraseña. Elija con qué quiere iniciar sesión a partir de ahora.
enrol-needed = Con esto se abre la página que pidió
enrol-needed-others = Con esto inicia sesión, pero no se abre esa página
enrol-title = Añadir un medio de acceso
enrol-lead = Elija lo que quiere añadir. Conviene tener dos, por si pierde uno.
enrol-button = Confirmar
enrol-key-button = Configurar esta llave
enrol-other = Elegir otra cosa

otpauth-picture = Código QR para su aplicación de autenticación
otpauth-open = Abrir en una aplicación de este dispositivo
otpauth-secret = ¿Sin cámara? Escriba esta clave secreta en la aplicación:

## Methods

method-totp-title = Aplicación de autenticación
method-totp-hint = Una aplicación gratuita en su teléfono muestra un código nuevo cada 30 segundos. Funciona sin red.
method-totp-ask = Escriba el código que muestra ahora su aplicación de autenticación.
method-totp-enrol-title = Configure su aplicación
method-totp-enrol = Escanee esta imagen con una aplicación de autenticación y escriba después el código que muestra.
method-totp-label = Aplicación de autenticación

method-hotp-title = Generador de códigos
method-hotp-hint = Un pequeño dispositivo con un botón, o una aplicación que cuenta: cada pulsación da un código nuevo. Funciona sin red.
method-hotp-ask = Pulse el botón y escriba el código. Si se rechazan los códigos, genere dos y escríbalos uno tras otro.
method-hotp-enrol-title = Configurar un generador de códigos
method-hotp-enrol = Escanee esta imagen o introduzca la clave secreta en el dispositivo, y escriba después el primer código que dé.
method-hotp-label = Generador de códigos

method-yubikey-title = Código de YubiKey
method-yubikey-hint = Una llave que se toca: escribe sola un código largo. Si la suya también sirve como llave de seguridad, prefiera eso: es más seguro.
method-yubikey-ask = Ponga el cursor en el campo y toque su YubiKey. Escribe el código sola.
method-yubikey-enrol-title = Configurar una YubiKey
method-yubikey-enrol = Ponga el cursor en el campo y toque la YubiKey. Escribe un código por el que la reconoceremos.
method-yubikey-label = YubiKey

method-webauthn-title = Llave de seguridad o clave de acceso
method-webauthn-hint = Su huella, su cara o su PIN en este dispositivo, o una llave que se conecta. No se puede usar en un sitio falso.
method-webauthn-ask = Use su llave o su clave de acceso. Su navegador le mostrará cómo.
method-webauthn-enrol-title = Configurar una llave
method-webauthn-enrol = Dé un nombre a la llave y siga después a su navegador.
method-webauthn-label = Llave de seguridad
method-webauthn-alone = Iniciar sesión con una clave de acceso

method-sms-title = Mensaje de texto
method-sms-hint = Un código enviado a su teléfono. Otros pueden leer o desviar los mensajes: use un medio más seguro si puede.
method-sms-ask = Escriba el código del mensaje.
method-sms-enrol-title = Configurar los mensajes de texto
method-sms-enrol = Enviaremos un código a este número para comprobar que es suyo.
method-sms-confirm = Escriba el código del mensaje para confirmar el número.
method-sms-label = Teléfono

method-voice-title = Llamada telefónica
method-voice-hint = Le llamamos y decimos un código. Otros pueden escuchar o desviar las llamadas: use un medio más seguro si puede.
method-voice-ask = Le llamamos. Pulse cualquier tecla del teléfono para oír el código y escríbalo aquí.
method-voice-enrol-title = Configurar las llamadas
method-voice-enrol = Llamaremos a este número y diremos un código, para comprobar que es suyo. Antes se le pedirá que pulse una tecla.
method-voice-confirm = Conteste la llamada y pulse cualquier tecla del teléfono. Escriba después el código que oiga.
method-voice-label = Llamadas telefónicas

method-email-title = Correo electrónico
method-email-hint = Un código enviado a su buzón. Quien pueda leer su correo puede iniciar sesión con él: use un medio más seguro si puede.
method-email-ask = Escriba el código del correo.
method-email-enrol-title = Configurar el correo
method-email-enrol = Enviaremos un código a esta dirección para comprobar que es suya.
method-email-confirm = Escriba el código del correo para confirmar la dirección.
method-email-label = Buzón

method-recovery-title = Código de recuperación
method-recovery-hint = Uno de los códigos que imprimió o anotó.
method-recovery-enrol-title = Códigos de recuperación
method-recovery-enrol = Códigos para entrar cuando pierda su dispositivo. Cada uno sirve una sola vez.
method-recovery-label = Códigos de recuperación
method-recovery-left = { $count ->
    [one] Queda { $count }
   *[other] Quedan { $count }
}

## Recovery codes

codes-title = Guarde sus códigos de recuperación
codes-lead = { $count ->
    [one] Con este código entra cuando pierda su dispositivo. Sirve una sola vez y solo se muestra ahora.
   *[other] Con estos { $count } códigos entra cuando pierda su dispositivo. Cada uno sirve una sola vez, y solo se muestran ahora.
}
codes-replace = Sus códigos anteriores ya no sirven.
codes-sheet = Códigos de recuperación para { $site }
codes-for = Para { $name }, creados el { $date }
codes-keep = Imprima esta página o copie los códigos y guárdelos donde guarda los papeles importantes, no en el dispositivo con el que inicia sesión.
codes-acknowledge = He guardado estos códigos
codes-work = Los códigos sirven cuando haya pulsado «{ $button }».
codes-ends = { $count ->
    [one] Tiene { $count } minuto para guardar estos códigos, hasta las { $time }. Después no servirán y creará otros en la página de su cuenta.
   *[other] Tiene { $count } minutos para guardar estos códigos, hasta las { $time }. Después no servirán y creará otros en la página de su cuenta.
}
codes-void = Estos códigos no sirven
codes-void-text = El tiempo se agotó antes de que confirmara que los había guardado. Deseche lo que imprimió o copió y cree códigos nuevos. Su sesión sigue abierta.

## account

account-title = Su cuenta
account-sites = Sus sitios
account-factors = Medios de acceso
account-factors-none = Todavía no tiene un segundo factor.
account-factor-add = Añadir un medio de acceso
account-last-used = Último uso
account-never-used = Nunca
account-added = Añadido
account-rename = Cambiar nombre
account-rename-this = Cambiar nombre de { $name }
account-remove = Quitar
account-remove-this = Quitar { $name }
account-recovery = Códigos de recuperación
account-recovery-left = { $count ->
    [one] Queda { $count } código.
   *[other] Quedan { $count } códigos.
}
account-recovery-few = { $count ->
    [0] No tiene códigos de recuperación. Cree algunos, para que perder un dispositivo no le deje fuera.
    [one] Solo queda { $count } código de recuperación. Cree otros pronto.
   *[other] Solo quedan { $count } códigos de recuperación. Cree otros pronto.
}
account-recovery-renew = Crear códigos nuevos
account-sessions = Dónde tiene la sesión iniciada
account-this-session = Esta
account-last-seen = Última actividad
account-started = Inicio de sesión
account-session-end = Cerrar sesión
account-session-end-this = Cerrar sesión: { $name }
account-sign-out-elsewhere = Cerrar sesión en los demás dispositivos
account-elsewhere-offer = Si otra persona pudo haber iniciado sesión como usted, cierre esas sesiones ahora.
account-sign-out-everywhere = Cerrar sesión en todas partes
browser-on = { $browser } en { $system }
browser-at = { $browser }, { $address }
browser-unknown = Un navegador desconocido
account-browsers = Sus navegadores
account-browsers-hint = Navegadores en los que inició sesión con los dos pasos. Si unos extraños prueban demasiadas contraseñas incorrectas, desde estos podrá seguir iniciando sesión. En uno de confianza basta la contraseña.
account-browsers-none = Todavía ninguno.
account-browser-since = Visto por primera vez
account-browser-end = Olvidar
account-browser-end-this = Olvidar { $name }
account-browser-trusted = De confianza hasta
account-this-browser = Este
account-browsers-end = Olvidar todos los navegadores
account-browsers-end-others = Olvidar todos los demás navegadores
account-browsers-offer = En los demás navegadores todavía se puede iniciar sesión como antes. Si no debe ser así, olvídelos.
account-password = Contraseña
account-password-change = Cambiar contraseña
done-factor-added = Añadido. Ya puede usarlo.
done-factor-renamed = El nombre nuevo está guardado.
done-factor-removed = Quitado. Ya no permite el acceso a nadie, y su sesión está cerrada en todos los demás dispositivos.
done-password-changed = Su contraseña está cambiada. Su sesión está cerrada en todos los demás dispositivos.
done-session-ended = Esa sesión está cerrada.
done-sessions-ended = Su sesión está cerrada en todos los demás dispositivos.
done-browser-ended = Olvidado.
done-codes-made = Sus códigos de recuperación nuevos ya valen.

## A reminder after signing in

remind-title = Añadir un medio de acceso más seguro
remind-lead = Hay un medio de acceso más seguro que el que usa. Añadirlo lleva un minuto, y con dos medios no se queda fuera si pierde uno.
remind-proof = Confirma una vez más que es usted y después lo añade.
remind-later = Más tarde
remind-again = Elija «Más tarde» para seguir como hasta ahora. Se le preguntará de nuevo después del { $date }.

## Confirming an action

confirm-add = Confirme que es usted
confirm-add-text = Antes de añadir un medio de acceso, confirme con uno que ya tenga.
confirm-rename = Cambiar el nombre de un dispositivo
confirm-rename-text = Dé un nombre nuevo a «{ $name }» y confirme que es usted.
confirm-rename-button = Cambiar nombre
confirm-remove = Quitar un dispositivo
confirm-remove-text = «{ $name }» dejará de darle acceso, y su sesión se cerrará en todos los demás dispositivos. Confirme que es usted.
confirm-remove-button = Quitar
confirm-codes = Crear códigos de recuperación nuevos
confirm-codes-text = Sus códigos anteriores dejarán de servir. Confirme que es usted.
confirm-codes-button = Crear códigos nuevos
confirm-password = Cambie su contraseña
confirm-password-text = Elija una contraseña nueva y confirme que es usted.
confirm-password-button = Cambiar contraseña
confirm-browser = Olvidar un navegador
confirm-browser-text = «{ $name }» contará como ajeno hasta que vuelva a iniciar sesión en él. Confirme que es usted.
confirm-browser-button = Olvidar
confirm-other-browsers = Olvidar todos los demás navegadores
confirm-other-browsers-text = Todos los navegadores menos este contarán como ajenos hasta que vuelva a iniciar sesión en ellos. Confirme que es usted.
confirm-browsers = Olvidar todos los navegadores
confirm-browsers-text = Todos los navegadores, también este, contarán como ajenos hasta que vuelva a iniciar sesión en ellos. Confirme que es usted.
confirm-browsers-button = Olvidar todos

## logout

logout-title = ¿Cerrar sesión?
logout-lead = Se cerrará su sesión en { $site } en este navegador.
logout-button = Cerrar sesión
logout-stay = Seguir con la sesión iniciada
logout-done-title = Ha cerrado la sesión
logout-done-lead = La sesión de este navegador está cerrada. En un ordenador compartido, cierre también el navegador.
logout-done-everywhere = Su sesión está cerrada en todos los navegadores.
logout-again = Iniciar sesión de nuevo

## One-time links

invite-title = Le damos la bienvenida
invite-lead = Esta es su cuenta { $name } para { $site }. Elija una contraseña para empezar.
invite-next = Después configurará un segundo paso.
invite-ends = Este enlace sirve una sola vez, hasta el { $date }.
reset-title = Configure su cuenta de nuevo
reset-lead = El segundo paso de su cuenta { $name } para { $site } fue restablecido. Continúe para configurar uno nuevo.
invite-dead-title = Este enlace no funciona
invite-dead-lead = Ya se usó, es demasiado antiguo o no se copió entero.
invite-dead-help = Si ya configuró su cuenta, inicie sesión. Si no, pida un enlace nuevo a su administrador.
forgot-title = ¿Olvidó su contraseña?
forgot-lead = Escriba su nombre de usuario. Si su cuenta tiene una dirección de correo, enviaremos allí un enlace para elegir una contraseña nueva.
forgot-button = Enviar un enlace
forgot-form-expired = Este formulario era demasiado antiguo o venía de otro lugar. No se envió nada. Inténtelo de nuevo.
forgot-sent-title = Mire su buzón de correo
forgot-sent-lead = { $minutes ->
    [one] Si existe esa cuenta y tiene una dirección de correo, un enlace va de camino. Sirve una sola vez, durante { $minutes } minuto.
   *[other] Si existe esa cuenta y tiene una dirección de correo, un enlace va de camino. Sirve una sola vez, durante { $minutes } minutos.
}
forgot-sent-help = ¿No llegó nada? Mire entre el correo no deseado o pregunte a su administrador: no a todas las cuentas se las puede ayudar así.
forgot-again = Pedir un enlace nuevo
new-password-title = Elija una contraseña nueva
new-password-lead = Esta es la cuenta { $name } para { $site }. Se cerrará su sesión en todas partes.
new-password-next = Después inicie sesión con ella. Su segundo paso queda como está.
setup-title = Crear la primera cuenta
setup-lead = Este portal todavía no tiene usuarios. Usted es su administrador: elija su nombre de usuario y una contraseña.
setup-button = Crear la cuenta

## When signing in cannot go on

blocked-title = Aquí no se puede iniciar sesión
blocked-cookies = Su navegador no devolvió nuestra cookie.
blocked-cookies-remedy = Permita las cookies en este sitio y salga de la navegación privada si las bloquea. Después inténtelo de nuevo.
blocked-http = Este sitio está configurado para { $origin }, pero su navegador llegó por http sin cifrar.
blocked-http-remedy = Abra { $origin } en su lugar. Si ya está allí, la conexión se descifra antes de llegar a este portal: pida a su administrador que ponga en `url` la dirección que usa la gente.
blocked-gate = Otro portal en este servidor usa una cookie con el mismo nombre.
blocked-gate-remedy = Las cookies no distinguen puertos. Pida a su administrador que dé a los dos portales nombres distintos en `session.cookie`.
blocked-loop = Su navegador fue enviado de un lado a otro sin llegar a ninguna parte.
blocked-loop-remedy = Casi siempre es porque las cookies están bloqueadas: permítalas en este sitio y en su página de inicio de sesión. O bien su dispositivo tiene dos direcciones, por ejemplo con una VPN, y las dos páginas ven direcciones distintas. Después, inténtelo de nuevo.
blocked-way-back = El camino de vuelta del inicio de sesión es demasiado antiguo, ya se usó o empezó en otro navegador.
blocked-way-back-remedy = Nadie inició sesión con él. Inténtelo de nuevo: si su sesión sigue iniciada, entra enseguida.
blocked-no-site = El sitio al que se dirigía ya no está disponible aquí.
blocked-no-site-remedy = Pregunte a su administrador dónde está ahora. En su cuenta verá los sitios que puede abrir.
waiting-title = Espere un momento
waiting-why = Hubo varias respuestas incorrectas seguidas, así que durante un rato no se examina ninguna. Esto protege su cuenta.
not-enrolled-title = Necesita una invitación
not-enrolled-lead = Su contraseña es correcta, pero { $site } pide un segundo paso y su cuenta no tiene ninguno.
not-enrolled-help = Pida un enlace de invitación al administrador de { $site }. Con él configurará su segundo paso.
factor-needed-title = Esta página pide un medio más seguro
factor-needed-lead = Su sesión está iniciada, pero esta página pide un medio de acceso que todavía no ha configurado.
factor-needed-proof = Antes de añadirlo, confirmará una vez más que es usted.

## Refusals

refused-400 = Esta petición no se puede leer
refused-400-text = Su dirección o sus cabeceras se pueden entender de más de una manera, así que no se transmitió. Compruebe la dirección e inténtelo de nuevo.
refused-401 = No ha iniciado sesión
refused-401-text = Inicie sesión primero e inténtelo de nuevo.
refused-403 = No puede abrir esta página
refused-403-text = Las reglas de este sitio no le dejan entrar aquí. Si cree que deberían, dígaselo a su administrador.
refused-as-another = Iniciar sesión como otra persona
refused-404 = Aquí no hay nada
refused-404-text = Esta dirección no lleva a ninguna parte. Compruebe que esté bien escrita.
refused-405 = Esto no se puede hacer aquí
refused-405-text = La página no acepta este tipo de petición.
refused-409 = Este paso está fuera de orden
refused-409-text = Pertenece a algo que terminó o que cambió entretanto. Empiece desde el principio.
refused-413 = Es demasiado grande
refused-413-text = Se envió más de lo que esta página acepta. No se guardó nada.
refused-421 = Este sitio no se conoce aquí
refused-421-text = La dirección lleva a este servidor, pero no hay ningún sitio configurado con ese nombre.
refused-429 = Demasiadas peticiones
refused-429-text = Espere un momento e inténtelo de nuevo.
refused-431 = Demasiadas cabeceras
refused-431-text = Su navegador envió más cabeceras o cookies de las que se aceptan. Borrar las cookies de este sitio suele ayudar.
refused-500 = Algo salió mal
refused-500-text = El fallo es nuestro y no se transmitió nada. Inténtelo de nuevo en un momento.
refused-501 = La aplicación no puede hacer esto
refused-501-text = Está configurada de una forma que no admite conexiones de este tipo. Dígaselo a su administrador.
refused-502 = La aplicación no responde
refused-502-text = Llegó al portal, pero no se pudo alcanzar la aplicación que hay detrás. Inténtelo de nuevo en un momento.
refused-503 = No disponible en este momento
refused-503-text = Ahora no se puede dar una respuesta y no se transmitió nada. Inténtelo de nuevo dentro de poco.
refused-504 = La aplicación tarda demasiado
refused-504-text = La aplicación detrás del portal no respondió a tiempo. Inténtelo de nuevo en un momento.
refused-508 = La petición da vueltas en círculo
refused-508-text = Volvió a este portal después de haber sido transmitida. Dígaselo a su administrador.
refused-stale-form = Este formulario es demasiado antiguo
refused-stale-form-text = Se abrió hace demasiado tiempo o en una sesión que ya terminó. No se hizo nada. Vuelva atrás, recargue la página e inténtelo de nuevo.
refused-no-certificate = Esta página pide un certificado
refused-no-certificate-text = Su navegador o programa no mostró ningún certificado de cliente que se admita aquí. Instale el que se le dio, cierre todas las ventanas del navegador e inténtelo de nuevo.
refused-not-from-here = Esto hay que abrirlo directamente
refused-not-from-here-text = Lo pidió otra página, un marco o un script. No se hizo nada. Ábralo en una pestaña propia.

## The sample application

demo-title = Aplicación de ejemplo
demo-lead = Ha pasado dos puertas. Esto representa su aplicación, a la que se pidió { $path }, y esto es lo que se le dice de usted.
demo-verified = La identidad firmada se comprobó con las claves publicadas del portal y es válida.
demo-refused = No se aceptó la identidad firmada: { $reason }
demo-missing = No se envió ninguna identidad: esta página está abierta a todos.
demo-claims = Lo que garantiza la firma
demo-headers = Cabeceras recibidas
demo-headers-none = Ninguna.
demo-try = Pruebe más cosas
demo-link-step-up = Una página que vuelve a preguntar al cabo de un minuto
demo-link-open = Una página abierta a todos
demo-link-messages = Mensajes y autenticador
demo-link-account = Su cuenta
demo-messages-title = Mensajes y autenticador
demo-messages = Mensajes que se habrían enviado
demo-messages-none = Todavía ninguno.
demo-message-sms = Mensaje de texto a { $to }
demo-message-call = Llamada a { $to }
demo-message-mail = Correo a { $to }
demo-authenticator = Un autenticador, si no tiene un teléfono a mano
demo-secret = Clave
demo-secret-hint = Pegue la clave de la página que configura la aplicación.
demo-secret-button = Mostrar el código
demo-secret-refused = Esto no es una clave. Solo tiene letras de la A a la Z y cifras del 2 al 7.
demo-code-left = { $count ->
    [one] durante { $count } segundo más
   *[other] durante { $count } segundos más
}

## Messages and mails

voice-language = es-ES
voice-ask = Hola. Esta es una llamada de { $site }. Para oír su código, pulse cualquier tecla. Si no lo pidió usted, cuelgue.
voice-code = Su código para { $site } es:
voice-again = Otra vez:
voice-end = No se lo dé a nadie. Adiós.

sms-code = { $code } es su código para { $site }, válido { $minutes } min. No se lo dé a nadie.

mail-code-subject = Su código para { $site }
mail-code =
    { $minutes ->
        [one] { $code } es su código para { $site }. Es válido durante { $minutes } minuto. No se lo dé a nadie.
       *[other] { $code } es su código para { $site }. Es válido durante { $minutes } minutos. No se lo dé a nadie.
    }

    Si no lo pidió usted, puede que otra persona conozca su contraseña: cámbiela.
mail-code-enrol =
    { $minutes ->
        [one] { $code } es su código para { $site }. Es válido durante { $minutes } minuto. No se lo dé a nadie.
       *[other] { $code } es su código para { $site }. Es válido durante { $minutes } minutos. No se lo dé a nadie.
    }

    Alguien indicó esta dirección para recibir los códigos de { $site }. Si no fue usted, ignore este correo: sin el código, la dirección no se usa.

mail-invitation-subject = Su cuenta para { $site }
mail-invitation =
    Hola { $name }:

    se creó para usted una cuenta en { $site }. Abra este enlace para definir su contraseña y su segundo paso:

    { $link }

    El enlace sirve una sola vez, hasta el { $date }. Si no esperaba este correo, ignórelo.

mail-password-link-subject = Una contraseña nueva para { $site }
mail-password-link =
    Hola { $name }:

    alguien pidió desde { $from } una contraseña nueva para su cuenta en { $site }. Abra este enlace para elegirla:

    { $link }

    { $minutes ->
        [one] El enlace sirve una sola vez, durante { $minutes } minuto. Su segundo paso queda como está. Si no fue usted, ignore este correo: nada cambia.
       *[other] El enlace sirve una sola vez, durante { $minutes } minutos. Su segundo paso queda como está. Si no fue usted, ignore este correo: nada cambia.
    }

mail-notice =
    Hola { $name }:

    { $what }

    Sitio: { $site }
    Cuándo: { $date }
    Desde: { $from }

    Si fue usted, no tiene que hacer nada. Si no, dígaselo enseguida a su administrador, que puede restablecer su cuenta. Si todavía puede iniciar sesión, cambie su contraseña en la página de su cuenta y cierre sesión en todas partes.

mail-from-administrator = un administrador
mail-factor-added-subject = Se añadió un medio de acceso a { $site }
mail-factor-added = Se añadió un medio de acceso nuevo a su cuenta: { $label }
mail-factor-removed-subject = Se quitó un medio de acceso a { $site }
mail-factor-removed = Se quitó un medio de acceso de su cuenta: { $label }
mail-factor-renamed-subject = Se cambió el nombre de un medio de acceso a { $site }
mail-factor-renamed = Un medio de acceso de su cuenta recibió otro nombre: { $before } se llama ahora { $label }
mail-password-changed-subject = Su contraseña para { $site } fue cambiada
mail-password-changed = La contraseña de su cuenta fue cambiada.
mail-recovery-used-subject = Se usó un código de recuperación para { $site }
mail-recovery-used = { $count ->
    [one] Alguien inició sesión con uno de sus códigos de recuperación. Queda { $count }.
   *[other] Alguien inició sesión con uno de sus códigos de recuperación. Quedan { $count }.
}
mail-fallback-used-subject = Se usó un medio de emergencia para { $site }
mail-fallback-used = Alguien inició sesión sin su dispositivo, por un medio previsto para cuando se pierde: { $label }
mail-recovery-renewed-subject = Códigos de recuperación nuevos para { $site }
mail-recovery-renewed = Se crearon códigos de recuperación nuevos para su cuenta. Los anteriores ya no sirven.
mail-address-replaced-subject = Su dirección de correo para { $site } fue sustituida
mail-address-replaced = La dirección de correo de su cuenta fue sustituida por otra. Los correos sobre ella ya no llegan aquí.
mail-reset-subject = Su cuenta para { $site } fue restablecida
mail-reset = Se quitaron todos los medios de acceso de su cuenta, para que pueda configurar otros nuevos. Su administrador le dará un enlace para ello.
mail-new-browser-subject = Un navegador nuevo inició sesión en { $site }
mail-new-browser = Su cuenta se usó en un navegador que no habíamos visto antes: { $description }
mail-browser-trusted-subject = Un navegador es de confianza en { $site } desde ahora
mail-browser-trusted = Alguien marcó la casilla que hace de confianza a un navegador. Hasta { $until } basta allí su contraseña, sin segundo factor: { $description }
mail-browsers-forgotten-subject = Se olvidaron navegadores en { $site }
mail-browsers-forgotten = Desde la página de su cuenta se olvidaron navegadores en los que usted había iniciado sesión. Contarán como ajenos hasta que vuelva a iniciar sesión en ellos con los dos pasos.
mail-browser-copied-subject = Puede que se haya copiado un navegador de confianza de { $site }
mail-browser-copied = Alguien inició sesión en su cuenta con su contraseña y una copia antigua de lo que hace de confianza a uno de sus navegadores. Ese navegador ya no es de confianza, y se cerró la sesión de quien la inició con él. Si no acaba de restaurar un navegador desde una copia de seguridad, cambie su contraseña.
mail-sessions-ended-subject = Se cerraron sesiones en { $site }
mail-sessions-ended = { $count ->
    [one] Desde la página de su cuenta se cerró { $count } sesión. Quien la usaba tendrá que iniciarla de nuevo.
   *[other] Desde la página de su cuenta se cerraron { $count } sesiones. Quien las usaba tendrá que iniciarlas de nuevo.
}
mail-locked-subject = Muchas respuestas incorrectas para su cuenta en { $site }
mail-locked = Hubo muchas respuestas incorrectas para su cuenta. Inicie sesión en un navegador que haya usado antes, o con una clave de acceso si la tiene, para abrirla de nuevo.
