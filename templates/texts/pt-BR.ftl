# Every word a person reads, in Brazilian Portuguese. Address: você.

## The language itself

language-name = Português (Brasil)
language-now = Idioma: { $name }
format-time = %H:%M:%S UTC
format-date = %d/%m/%Y %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = Erro: { $page } – { $site }
header-signing-in = Entrando como { $name }
header-not-you = Não é você?
header-signed-in = Conectado como { $name }
header-nav = Sua conta
header-account = Conta
header-sign-out = Sair
bound-for = Para continuar em { $site }
footer = O Vestibule protege o acesso a { $site }.

continue = Continuar
back = Voltar
back-to-site = Voltar à página inicial
cancel = Cancelar
try-again = Tentar de novo
start-over = Começar de novo
request-id = Referência para o seu administrador

## Times

ago-moment = agora mesmo
ago-minutes = { $count ->
    [one] há { $count } minuto
   *[other] há { $count } minutos
}
ago-hours = { $count ->
    [one] há { $count } hora
   *[other] há { $count } horas
}
ago-days = { $count ->
    [one] há { $count } dia
   *[other] há { $count } dias
}
in-seconds = { $count ->
    [one] em { $count } segundo
   *[other] em { $count } segundos
}
in-minutes = { $count ->
    [one] em { $count } minuto
   *[other] em { $count } minutos
}
in-hours = { $count ->
    [one] em { $count } hora
   *[other] em { $count } horas
}
wait-seconds = { $count ->
    [one] Tentativas demais. Você pode tentar de novo em { $count } segundo, às { $time }.
   *[other] Tentativas demais. Você pode tentar de novo em { $count } segundos, às { $time }.
}
wait-minutes = { $count ->
    [one] Tentativas demais. Você pode tentar de novo em { $count } minuto, às { $time }.
   *[other] Tentativas demais. Você pode tentar de novo em { $count } minutos, às { $time }.
}
wait-closed = Houve muitas respostas erradas para esta conta, e nenhuma outra vinda daqui é examinada. Entre por um navegador que você já usou ou fale com o seu administrador.
step-ends = { $count ->
    [one] Você tem { $count } minuto para terminar, até { $time }. Depois disso, terá de começar de novo.
   *[other] Você tem { $count } minutos para terminar, até { $time }. Depois disso, terá de começar de novo.
}
session-ends-minutes = { $count ->
    [one] Sua sessão continua aberta por { $count } minuto, até { $time }. Depois disso, terá de entrar de novo.
   *[other] Sua sessão continua aberta por { $count } minutos, até { $time }. Depois disso, terá de entrar de novo.
}
session-ends-hours = { $count ->
    [one] Sua sessão continua aberta por { $count } hora, até { $date }. Depois disso, terá de entrar de novo.
   *[other] Sua sessão continua aberta por { $count } horas, até { $date }. Depois disso, terá de entrar de novo.
}
code-ends = { $count ->
    [one] O código vale por { $count } minuto, até { $time }.
   *[other] O código vale por { $count } minutos, até { $time }.
}

## Fields

field-username = Nome de usuário
field-new-username-hint = Só letras minúsculas, dígitos e . _ @ + -. Não poderá ser mudado depois.
field-password = Senha
field-new-password = Nova senha
field-new-password-hint = { $least ->
    [one] Pelo menos { $least } caractere. Algumas palavras de que você vai se lembrar são uma boa senha.
   *[other] Pelo menos { $least } caracteres. Algumas palavras de que você vai se lembrar são uma boa senha.
}
field-new-password-again = Repita a nova senha
field-code = Código
field-recovery-code = Código de recuperação
field-recovery-code-hint = Um dos códigos que você guardou ao configurar a conta. Cada um funciona uma vez.
field-phone = Número de telefone
field-phone-hint = Com o código do país, por exemplo +55 11 91234-5678.
field-email = Endereço de e-mail
field-label = Nome deste dispositivo
field-label-hint = Para você reconhecê-lo depois, por exemplo “celular do trabalho”.

## Errors at a field or a form

error-username-missing = Digite o seu nome de usuário.
error-username-refused = Este nome não pode ser usado. Use até 64 letras minúsculas, dígitos ou . _ @ + -
error-password-missing = Digite a sua senha.
error-login-wrong = O nome de usuário ou a senha estão incorretos. Confira os dois e tente de novo.
error-code-wrong = Este código não está certo. Confira-o, ou espere o próximo, e tente de novo.
error-code-missing = Digite o código.
error-code-late = Este código é antigo demais. Peça o envio de um novo e digite esse.
error-recovery-code-wrong = Este código não está certo ou já foi usado. Tente outro.
error-key-model = Este modelo de chave não é aceito aqui. Use outra chave ou outro meio.
error-key-refused = Esta chave não foi aceita. Tente de novo ou use outro meio.
error-key-known = Esta chave já está configurada. Use outra.
error-phone-invalid = Não podemos enviar nada a este número. Escreva-o com o código do país, por exemplo +55 11 91234-5678.
error-phone-country = Não enviamos códigos a números deste país. Use outro número ou outro meio.
error-phone-closed = Não se enviam mais códigos a este número. Use outro meio ou fale com o seu administrador.
error-phone-missing = Digite um número de telefone.
error-email-invalid = Isto não é um endereço de e-mail. Escreva como alice@example.com.
error-email-missing = Digite um endereço de e-mail.
error-label-missing = Dê um nome a este dispositivo.
error-label-long = Este nome é longo demais. Use no máximo 64 caracteres.
error-label-taken = Você já tem um dispositivo com este nome. Escolha outro.
error-password-short = { $least ->
    [one] Esta senha é curta demais. Use pelo menos { $least } caractere.
   *[other] Esta senha é curta demais. Use pelo menos { $least } caracteres.
}
error-password-long = Esta senha é longa demais.
error-password-common = Esta senha está entre as mais comuns e seria adivinhada. Escolha outra.
error-password-own-name = A sua senha não pode ser o seu nome de usuário.
error-password-not-the-same = As duas senhas não são iguais. Digite a nova outra vez.
error-not-acknowledged = Guarde primeiro os códigos e depois marque esta caixa.
error-send-budget = Não é possível enviar mais códigos antes das { $time }. Use outro meio ou tente de novo { $in }.
error-factor-last = Este é o seu último segundo fator, e ele é necessário aqui. Adicione outro primeiro.
error-busy = Isto não pode ser verificado agora. Tente de novo daqui a pouco.

## login

login-title = Entrar
login-button = Entrar
login-link = Ir para o login
account-link = Ir para a sua conta
login-timed-out = O login demorou demais e recomeça. Entre de novo.
login-not-delivered = O que você enviou não foi entregue; envie de novo depois de entrar.
login-start-again = Esta etapa pertence a um login que já terminou. Entre de novo.
login-form-expired = Este formulário era antigo demais ou veio de outro lugar. Nada foi feito. Entre de novo.
login-address-unknown = Este portal não conhece o seu endereço público. Defina `url`.
login-or = ou
login-alone-wait = Houve tentativas demais a partir da sua rede. Tente de novo { $in }, às { $time }.
login-alone-failed = Não funcionou: nenhuma chave de acesso foi usada ou o tempo acabou. Tente de novo ou digite o seu nome e a sua senha.
login-password-first = A sua chave não verificou quem você é, por isso ela não basta aqui. Digite o seu nome e a sua senha e depois use-a mais uma vez.
login-password-set = A sua senha está definida. Entre com ela.
login-forgot = Esqueceu a senha?

## verify

verify-choose-title = Confirme que é você
verify-choose-lead = Mais uma etapa. Escolha um dos meios que você configurou.
verify-button = Continuar
verify-key-button = Usar chave ou chave de acesso
verify-lost-link = Perdeu o dispositivo?
badge-last-used = Usado por último
badge-strongest = O mais seguro
badge-strong = Seguro
badge-basic = Básico
others-title = Tentar outro meio
trust-label = { $days ->
    [one] Confiar neste navegador por { $days } dia
   *[other] Confiar neste navegador por { $days } dias
}
trust-hint = Aqui bastará a senha. Só em um dispositivo que mais ninguém usa.
lost-title = Perdeu o dispositivo?
lost-lead = Sem o seu dispositivo você ainda pode entrar, se preparou outro meio.
lost-others = Isto ainda funciona:
lost-nothing-else = A sua conta não tem outro meio configurado.
lost-help-title = Se nada disso funcionar
lost-help = Peça ao administrador de { $site } que redefina a sua conta. Você receberá um link para configurar um novo dispositivo. Ninguém vai lhe pedir senha nem código.

delivery-ready = Podemos enviar um código para { $target }.
delivery-send = Enviar um código
delivery-sent = Enviamos um código para { $target }.
delivery-failed = Não foi possível enviar o código para { $target }. Tente de novo ou use outro meio.
delivery-again = Enviar um novo código
delivery-again-at = Você pode pedir um novo código { $in }, às { $time }.

call-ready = Podemos ligar para { $target } e dizer um código.
call-send = Ligar para mim
call-sent = Estamos ligando para { $target }.
call-failed = Não foi possível ligar para { $target }. Tente de novo ou use outro meio.
call-again = Ligar para mim de novo
call-again-at = Você pode pedir outra ligação { $in }, às { $time }.

ceremony-needs-script = Chaves e chaves de acesso precisam de JavaScript, que está desativado aqui. Permita-o neste site ou use outro meio.
ceremony-failed = Não funcionou: a chave não foi usada ou o tempo acabou. Você pode tentar de novo.
ceremony-unsupported = Este navegador não consegue usar chaves nem chaves de acesso. Use outro navegador ou outro meio.
ceremony-again = Tentar de novo
ceremony-next = Continue, e o navegador pedirá a sua chave ou chave de acesso.

## enrol

enrol-first-title = Adicionar uma segunda etapa
enrol-first-lead = { $site } pede mais do que uma senha. Escolha com o que você quer entrar de agora em diante.
enrol-needed = Isto abre a página que você pediu
enrol-needed-others = Com isto você entra, mas não abre essa página
enrol-title = Adicionar um meio de acesso
enrol-lead = Escolha o que você quer adicionar. É bom ter dois, caso perca um.
enrol-button = Confirmar
enrol-key-button = Configurar esta chave
enrol-other = Escolher outra coisa

otpauth-picture = Código QR para o seu aplicativo autenticador
otpauth-open = Abrir em um aplicativo deste dispositivo
otpauth-secret = Sem câmera? Digite esta chave no aplicativo:

## Methods

method-totp-title = Aplicativo autenticador
method-totp-hint = Um aplicativo gratuito no seu celular mostra um novo código a cada 30 segundos. Funciona sem rede.
method-totp-ask = Digite o código que o seu aplicativo autenticador mostra agora.
method-totp-enrol-title = Configure o seu aplicativo
method-totp-enrol = Escaneie esta imagem com um aplicativo autenticador e depois digite o código que ele mostra.
method-totp-label = Aplicativo autenticador

method-hotp-title = Gerador de códigos
method-hotp-hint = Um pequeno aparelho com um botão, ou um aplicativo que conta: cada toque gera um novo código. Funciona sem rede.
method-hotp-ask = Aperte o botão e digite o código. Se os códigos forem recusados, gere dois e digite um depois do outro.
method-hotp-enrol-title = Configurar um gerador de códigos
method-hotp-enrol = Escaneie esta imagem ou digite a chave no aparelho, e depois digite o primeiro código que ele gerar.
method-hotp-label = Gerador de códigos

method-yubikey-title = Código da YubiKey
method-yubikey-hint = Uma chave que você toca: ela digita sozinha um código longo. Se a sua também serve como chave de segurança, prefira isso: é mais seguro.
method-yubikey-ask = Ponha o cursor no campo e toque na sua YubiKey. Ela digita o código sozinha.
method-yubikey-enrol-title = Configurar uma YubiKey
method-yubikey-enrol = Ponha o cursor no campo e toque na YubiKey. Ela digita um código pelo qual a reconheceremos.
method-yubikey-label = YubiKey

method-webauthn-title = Chave de segurança ou chave de acesso
method-webauthn-hint = A sua digital, o seu rosto ou o seu PIN neste dispositivo, ou uma chave que se conecta. Não pode ser usada em um site falso.
method-webauthn-ask = Use a sua chave ou a sua chave de acesso. O seu navegador vai mostrar como.
method-webauthn-enrol-title = Configurar uma chave
method-webauthn-enrol = Dê um nome à chave e depois siga o seu navegador.
method-webauthn-label = Chave de segurança
method-webauthn-alone = Entrar com uma chave de acesso

method-sms-title = Mensagem de texto
method-sms-hint = Um código enviado ao seu celular. Mensagens podem ser lidas ou desviadas por outros: use um meio mais seguro se puder.
method-sms-ask = Digite o código da mensagem.
method-sms-enrol-title = Configurar mensagens de texto
method-sms-enrol = Enviaremos um código a este número para verificar que ele é seu.
method-sms-confirm = Digite o código da mensagem para confirmar o número.
method-sms-label = Telefone

method-voice-title = Ligação telefônica
method-voice-hint = Ligamos para você e dizemos um código. Ligações podem ser ouvidas ou desviadas por outros: use um meio mais seguro se puder.
method-voice-ask = Ligamos para você. Aperte qualquer tecla do telefone para ouvir o código e digite-o aqui.
method-voice-enrol-title = Configurar ligações
method-voice-enrol = Ligaremos para este número e diremos um código, para verificar que ele é seu. Antes, será pedido que você aperte uma tecla.
method-voice-confirm = Atenda a ligação e aperte qualquer tecla do telefone. Depois digite o código que você ouvir.
method-voice-label = Ligações telefônicas

method-email-title = E-mail
method-email-hint = Um código enviado à sua caixa de entrada. Quem pode ler o seu e-mail pode entrar com ele: use um meio mais seguro se puder.
method-email-ask = Digite o código do e-mail.
method-email-enrol-title = Configurar o e-mail
method-email-enrol = Enviaremos um código a este endereço para verificar que ele é seu.
method-email-confirm = Digite o código do e-mail para confirmar o endereço.
method-email-label = Caixa de entrada

method-recovery-title = Código de recuperação
method-recovery-hint = Um dos códigos que você imprimiu ou anotou.
method-recovery-enrol-title = Códigos de recuperação
method-recovery-enrol = Códigos para entrar quando o seu dispositivo estiver perdido. Cada um funciona uma vez.
method-recovery-label = Códigos de recuperação
method-recovery-left = { $count ->
    [one] { $count } restante
   *[other] { $count } restantes
}

## Recovery codes

codes-title = Guarde os seus códigos de recuperação
codes-lead = { $count ->
    [one] Com este código você entra quando o seu dispositivo estiver perdido. Ele funciona uma vez e só é mostrado agora.
   *[other] Com estes { $count } códigos você entra quando o seu dispositivo estiver perdido. Cada um funciona uma vez, e eles só são mostrados agora.
}
codes-replace = Os seus códigos antigos não funcionam mais.
codes-sheet = Códigos de recuperação para { $site }
codes-for = Para { $name }, criados em { $date }
codes-keep = Imprima esta página ou copie os códigos e guarde-os com os seus papéis importantes, não no dispositivo com que você entra.
codes-acknowledge = Guardei estes códigos
codes-work = Os códigos funcionam depois que você pressionar “{ $button }”.
codes-ends = { $count ->
    [one] Você tem { $count } minuto para guardar estes códigos, até { $time }. Depois disso, eles não valem nada e você cria outros na página da sua conta.
   *[other] Você tem { $count } minutos para guardar estes códigos, até { $time }. Depois disso, eles não valem nada e você cria outros na página da sua conta.
}
codes-void = Estes códigos não valem nada
codes-void-text = O tempo acabou antes que você confirmasse que os guardou. Jogue fora o que imprimiu ou copiou e crie novos códigos. Você continua com a sessão aberta.

## account

account-title = Sua conta
account-sites = Seus sites
account-factors = Meios de acesso
account-factors-none = Você ainda não tem um segundo fator.
account-factor-add = Adicionar um meio de acesso
account-last-used = Último uso
account-never-used = Nunca
account-added = Adicionado
account-rename = Renomear
account-rename-this = Renomear { $name }
account-remove = Remover
account-remove-this = Remover { $name }
account-recovery = Códigos de recuperação
account-recovery-left = { $count ->
    [one] Resta { $count } código.
   *[other] Restam { $count } códigos.
}
account-recovery-few = { $count ->
    [0] Você não tem códigos de recuperação. Crie alguns, para que a perda de um dispositivo não deixe você de fora.
    [one] Resta só { $count } código de recuperação. Crie novos em breve.
   *[other] Restam só { $count } códigos de recuperação. Crie novos em breve.
}
account-recovery-renew = Criar novos códigos
account-sessions = Onde você está conectado
account-this-session = Esta
account-last-seen = Última atividade
account-started = Login
account-session-end = Sair
account-session-end-this = Sair: { $name }
account-sign-out-elsewhere = Sair de todos os outros lugares
account-elsewhere-offer = Se outra pessoa pode ter entrado como você, acabe com isso agora.
account-sign-out-everywhere = Sair de todos os lugares
browser-on = { $browser } no { $system }
browser-at = { $browser }, { $address }
browser-unknown = Um navegador desconhecido
account-browsers = Seus navegadores
account-browsers-hint = Navegadores em que você entrou com as duas etapas. Se estranhos tentarem muitas senhas erradas, por estes você ainda pode entrar. Em um de confiança, basta a senha.
account-browsers-none = Nenhum ainda.
account-browser-since = Visto pela primeira vez
account-browser-end = Esquecer
account-browser-end-this = Esquecer { $name }
account-browser-trusted = De confiança até
account-this-browser = Este
account-browsers-end = Esquecer todos os navegadores
account-browsers-end-others = Esquecer todos os outros navegadores
account-browsers-offer = Pelos outros navegadores ainda se pode entrar como antes. Se não deve ser assim, esqueça-os.
account-password = Senha
account-password-change = Mudar a senha
done-factor-added = Adicionado. Você já pode usá-lo.
done-factor-renamed = O novo nome está salvo.
done-factor-removed = Removido. Ninguém mais entra com ele, e você saiu de todos os outros lugares.
done-password-changed = A sua senha foi mudada. Você saiu de todos os outros lugares.
done-session-ended = Essa sessão foi encerrada.
done-sessions-ended = Você saiu de todos os outros lugares.
done-browser-ended = Esquecido.
done-codes-made = Os seus novos códigos de recuperação já valem.

## A reminder after signing in

remind-title = Adicionar um meio de acesso mais seguro
remind-lead = Há um meio de acesso mais seguro do que o que você usa. Adicioná-lo leva um minuto, e com dois meios você não fica de fora se perder um.
remind-proof = Você confirma mais uma vez que é você e depois o adiciona.
remind-later = Mais tarde
remind-again = Escolha “Mais tarde” para continuar como antes. Perguntaremos de novo depois de { $date }.

## Confirming an action

confirm-add = Confirme que é você
confirm-add-text = Antes de adicionar um meio de acesso, confirme com um que você já tem.
confirm-rename = Renomear um dispositivo
confirm-rename-text = Dê um novo nome a “{ $name }” e confirme que é você.
confirm-rename-button = Renomear
confirm-remove = Remover um dispositivo
confirm-remove-text = “{ $name }” não dará mais acesso a você, e você sairá de todos os outros lugares. Confirme que é você.
confirm-remove-button = Remover
confirm-codes = Criar novos códigos de recuperação
confirm-codes-text = Os seus códigos antigos deixarão de funcionar. Confirme que é você.
confirm-codes-button = Criar novos códigos
confirm-password = Mudar a sua senha
confirm-password-text = Escolha uma nova senha e confirme que é você.
confirm-password-button = Mudar a senha
confirm-browser = Esquecer um navegador
confirm-browser-text = “{ $name }” contará como estranho até você entrar de novo por ele. Confirme que é você.
confirm-browser-button = Esquecer
confirm-other-browsers = Esquecer todos os outros navegadores
confirm-other-browsers-text = Todos os navegadores, menos este, contarão como estranhos até você entrar de novo por eles. Confirme que é você.
confirm-browsers = Esquecer todos os navegadores
confirm-browsers-text = Todos os navegadores, este também, contarão como estranhos até você entrar de novo por eles. Confirme que é você.
confirm-browsers-button = Esquecer todos

## logout

logout-title = Sair?
logout-lead = Você sairá de { $site } neste navegador.
logout-button = Sair
logout-stay = Continuar conectado
logout-done-title = Você saiu
logout-done-lead = Você saiu neste navegador. Em um computador compartilhado, feche-o também.
logout-done-everywhere = Você saiu em todos os navegadores.
logout-again = Entrar de novo

## One-time links

invite-title = Boas-vindas
invite-lead = Esta é a sua conta { $name } em { $site }. Para começar, escolha uma senha.
invite-next = Em seguida, você configura uma segunda etapa.
invite-ends = Este link funciona uma vez, até { $date }.
reset-title = Configure a sua conta de novo
reset-lead = A segunda etapa da sua conta { $name } em { $site } foi redefinida. Continue para configurar uma nova.
invite-dead-title = Este link não funciona
invite-dead-lead = Ele já foi usado, é antigo demais ou não foi copiado inteiro.
invite-dead-help = Se você já configurou a sua conta, entre. Se não, peça um novo link ao seu administrador.
forgot-title = Esqueceu a senha?
forgot-lead = Digite o seu nome de usuário. Se a sua conta tiver um endereço de e-mail, enviaremos para lá um link com que você escolhe uma nova senha.
forgot-button = Enviar um link
forgot-form-expired = Este formulário era antigo demais ou veio de outro lugar. Nada foi enviado. Tente de novo.
forgot-sent-title = Olhe a sua caixa de entrada
forgot-sent-lead = { $minutes ->
    [one] Se essa conta existe e tem um endereço de e-mail, um link está a caminho. Ele funciona uma vez, por { $minutes } minuto.
   *[other] Se essa conta existe e tem um endereço de e-mail, um link está a caminho. Ele funciona uma vez, por { $minutes } minutos.
}
forgot-sent-help = Não chegou nada? Olhe no spam ou fale com o seu administrador: nem toda conta pode ser ajudada assim.
forgot-again = Pedir um novo link
new-password-title = Escolha uma nova senha
new-password-lead = Esta é a conta { $name } em { $site }. Você sairá de todos os lugares.
new-password-next = Depois entre com ela. A sua segunda etapa fica como está.
setup-title = Criar a primeira conta
setup-lead = Este portal ainda não tem usuários. Você é o administrador dele: escolha o seu nome de usuário e uma senha.
setup-button = Criar a conta

## When signing in cannot go on

blocked-title = Não é possível entrar por aqui
blocked-cookies = O seu navegador não devolveu o nosso cookie.
blocked-cookies-remedy = Permita cookies neste site e saia da navegação privada se ela os bloquear. Depois tente de novo.
blocked-http = Este site está configurado para { $origin }, mas o seu navegador veio por http sem criptografia.
blocked-http-remedy = Abra { $origin } em vez disso. Se você já está lá, a conexão é decifrada antes de chegar a este portal: peça ao seu administrador que ponha em `url` o endereço que as pessoas usam.
blocked-gate = Outro portal neste servidor usa um cookie com o mesmo nome.
blocked-gate-remedy = Cookies não distinguem portas. Peça ao seu administrador que dê aos dois portais nomes diferentes em `session.cookie`.
blocked-loop = O seu navegador foi mandado de um lado para o outro sem chegar a lugar nenhum.
blocked-loop-remedy = Quase sempre os cookies estão bloqueados: permita-os neste site e na página de login dele. Ou o seu dispositivo tem dois endereços, por exemplo com uma VPN, e as duas páginas veem endereços diferentes. Depois, tente de novo.
blocked-way-back = O caminho de volta do login é antigo demais, já foi usado ou começou em outro navegador.
blocked-way-back-remedy = Ninguém entrou por ele. Tente de novo: se você ainda está conectado, entra na hora.
blocked-no-site = O site para o qual você estava indo não está mais disponível aqui.
blocked-no-site-remedy = Pergunte ao administrador onde ele está agora. Sua conta mostra os sites que você pode abrir.
waiting-title = Espere um momento
waiting-why = Houve várias respostas erradas seguidas, por isso nenhuma é examinada por um tempo. Isso protege a sua conta.
not-enrolled-title = Você precisa de um convite
not-enrolled-lead = A sua senha está certa, mas { $site } pede uma segunda etapa e a sua conta não tem nenhuma.
not-enrolled-help = Peça um link de convite ao administrador de { $site }. Com ele você configura a sua segunda etapa.
factor-needed-title = Esta página pede um meio mais seguro
factor-needed-lead = Você está conectado, mas esta página pede um meio de acesso que você ainda não configurou.
factor-needed-proof = Antes de adicioná-lo, você confirma mais uma vez que é você.

## Refusals

refused-400 = Esta requisição não pode ser lida
refused-400-text = O endereço ou os cabeçalhos dela podem ser entendidos de mais de um modo, por isso ela não foi repassada. Confira o endereço e tente de novo.
refused-401 = Você não está conectado
refused-401-text = Entre primeiro e depois tente de novo.
refused-403 = Você não pode abrir esta página
refused-403-text = As regras deste site não deixam você entrar aqui. Se você acha que deveriam, avise o seu administrador.
refused-as-another = Entrar como outra pessoa
refused-404 = Não há nada aqui
refused-404-text = Este endereço não leva a lugar nenhum. Confira se está bem escrito.
refused-405 = Isto não pode ser feito aqui
refused-405-text = A página não aceita este tipo de requisição.
refused-409 = Esta etapa está fora de ordem
refused-409-text = Ela pertence a algo que já terminou ou mudou nesse meio-tempo. Comece de novo.
refused-413 = Isto é grande demais
refused-413-text = Foi enviado mais do que esta página aceita. Nada foi guardado.
refused-421 = Este site não é conhecido aqui
refused-421-text = O endereço leva a este servidor, mas nenhum site com esse nome está configurado.
refused-429 = Requisições demais
refused-429-text = Espere um momento e tente de novo.
refused-431 = Cabeçalhos demais
refused-431-text = O seu navegador enviou mais cabeçalhos ou cookies do que são aceitos. Apagar os cookies deste site costuma ajudar.
refused-500 = Algo deu errado
refused-500-text = A falha é nossa, e nada foi repassado. Tente de novo daqui a pouco.
refused-501 = O aplicativo não consegue fazer isto
refused-501-text = Ele está configurado de um modo que não aceita conexões deste tipo. Avise o seu administrador.
refused-502 = O aplicativo não responde
refused-502-text = Você chegou ao portal, mas não foi possível alcançar o aplicativo que está atrás dele. Tente de novo daqui a pouco.
refused-503 = Indisponível no momento
refused-503-text = Isto não pode ser respondido agora, e nada foi repassado. Tente de novo em breve.
refused-504 = O aplicativo demora demais
refused-504-text = O aplicativo atrás do portal não respondeu a tempo. Tente de novo daqui a pouco.
refused-508 = A requisição anda em círculos
refused-508-text = Ela voltou a este portal depois de ter sido repassada. Avise o seu administrador.
refused-stale-form = Este formulário é antigo demais
refused-stale-form-text = Ele foi aberto há tempo demais ou em uma sessão que já terminou. Nada foi feito. Volte, recarregue a página e tente de novo.
refused-no-certificate = Esta página pede um certificado
refused-no-certificate-text = O seu navegador ou programa não mostrou um certificado de cliente aceito aqui. Instale o que você recebeu, feche todas as janelas do navegador e tente de novo.
refused-not-from-here = Isto precisa ser aberto diretamente
refused-not-from-here-text = Outra página, um quadro ou um script pediu isto. Nada foi feito. Abra em uma aba própria.

## The sample application

demo-title = Aplicativo de exemplo
demo-lead = Você passou por duas portas. Isto representa o seu aplicativo, ao qual se pediu { $path }, e isto é o que se diz a ele sobre você.
demo-verified = A identidade assinada foi conferida com as chaves publicadas do portal e é válida.
demo-refused = A identidade assinada não foi aceita: { $reason }
demo-missing = Nenhuma identidade foi enviada: esta página é aberta a todos.
demo-claims = O que a assinatura garante
demo-headers = Cabeçalhos recebidos
demo-headers-none = Nenhum.
demo-try = Experimente mais
demo-link-step-up = Uma página que pergunta de novo depois de um minuto
demo-link-open = Uma página aberta a todos
demo-link-messages = Mensagens e autenticador
demo-link-account = Sua conta
demo-messages-title = Mensagens e autenticador
demo-messages = Mensagens que teriam sido enviadas
demo-messages-none = Nenhuma ainda.
demo-message-sms = Mensagem de texto para { $to }
demo-message-call = Ligação para { $to }
demo-message-mail = E-mail para { $to }
demo-authenticator = Um autenticador, se você não tem um celular à mão
demo-secret = Chave
demo-secret-hint = Cole a chave da página que configura o aplicativo.
demo-secret-button = Mostrar o código
demo-secret-refused = Isto não é uma chave. Ela só tem letras de A a Z e dígitos de 2 a 7.
demo-code-left = { $count ->
    [one] por mais { $count } segundo
   *[other] por mais { $count } segundos
}

## Messages and mails

voice-language = pt-BR
voice-ask = Olá. Esta é uma ligação de { $site }. Para ouvir o seu código, aperte qualquer tecla. Se não foi você quem o pediu, desligue.
voice-code = O seu código para { $site } é:
voice-again = Mais uma vez:
voice-end = Não o dê a ninguém. Até logo.

sms-code = { $code } é o seu código para { $site }, válido por { $minutes } min. Não o dê a ninguém.

mail-code-subject = O seu código para { $site }
mail-code =
    { $minutes ->
        [one] { $code } é o seu código para { $site }. Ele vale por { $minutes } minuto. Não o dê a ninguém.
       *[other] { $code } é o seu código para { $site }. Ele vale por { $minutes } minutos. Não o dê a ninguém.
    }

    Se não foi você quem o pediu, talvez outra pessoa conheça a sua senha: mude-a.
mail-code-enrol =
    { $minutes ->
        [one] { $code } é o seu código para { $site }. Ele vale por { $minutes } minuto. Não o dê a ninguém.
       *[other] { $code } é o seu código para { $site }. Ele vale por { $minutes } minutos. Não o dê a ninguém.
    }

    Alguém indicou este endereço para receber os códigos de { $site }. Se não foi você, ignore este e-mail: sem o código, o endereço não é usado.

mail-invitation-subject = A sua conta em { $site }
mail-invitation =
    Olá, { $name },

    uma conta em { $site } foi criada para você. Abra este link para definir a sua senha e a sua segunda etapa:

    { $link }

    O link funciona uma vez, até { $date }. Se você não esperava este e-mail, ignore-o.

mail-password-link-subject = Uma nova senha para { $site }
mail-password-link =
    Olá, { $name },

    alguém pediu, a partir de { $from }, uma nova senha para a sua conta em { $site }. Abra este link para escolhê-la:

    { $link }

    { $minutes ->
        [one] O link funciona uma vez, por { $minutes } minuto. A sua segunda etapa fica como está. Se não foi você, ignore este e-mail: nada muda.
       *[other] O link funciona uma vez, por { $minutes } minutos. A sua segunda etapa fica como está. Se não foi você, ignore este e-mail: nada muda.
    }

mail-notice =
    Olá, { $name },

    { $what }

    Site: { $site }
    Quando: { $date }
    De: { $from }

    Se foi você, não há nada a fazer. Se não foi, avise logo o seu administrador, que pode redefinir a sua conta. Se você ainda consegue entrar, mude a sua senha na página da sua conta e saia de todos os lugares.

mail-from-administrator = um administrador
mail-factor-added-subject = Um meio de acesso a { $site } foi adicionado
mail-factor-added = Um novo meio de acesso foi adicionado à sua conta: { $label }
mail-factor-removed-subject = Um meio de acesso a { $site } foi removido
mail-factor-removed = Um meio de acesso foi removido da sua conta: { $label }
mail-factor-renamed-subject = Um meio de acesso a { $site } foi renomeado
mail-factor-renamed = Um meio de acesso da sua conta recebeu outro nome: { $before } agora se chama { $label }
mail-password-changed-subject = A sua senha em { $site } foi mudada
mail-password-changed = A senha da sua conta foi mudada.
mail-recovery-used-subject = Um código de recuperação foi usado em { $site }
mail-recovery-used = { $count ->
    [one] Alguém entrou com um dos seus códigos de recuperação. Resta { $count }.
   *[other] Alguém entrou com um dos seus códigos de recuperação. Restam { $count }.
}
mail-fallback-used-subject = Um meio de emergência foi usado em { $site }
mail-fallback-used = Alguém entrou sem o seu dispositivo, por um meio previsto para quando ele se perde: { $label }
mail-recovery-renewed-subject = Novos códigos de recuperação para { $site }
mail-recovery-renewed = Novos códigos de recuperação foram criados para a sua conta. Os antigos não funcionam mais.
mail-address-replaced-subject = O seu endereço de e-mail em { $site } foi substituído
mail-address-replaced = O endereço de e-mail da sua conta foi substituído por outro. Os e-mails sobre ela não chegam mais aqui.
mail-reset-subject = A sua conta em { $site } foi redefinida
mail-reset = Todos os meios de acesso foram retirados da sua conta, para que você possa configurar novos. O seu administrador lhe dará um link para isso.
mail-new-browser-subject = Um novo navegador entrou em { $site }
mail-new-browser = A sua conta foi usada em um navegador que não tínhamos visto antes: { $description }
mail-browser-trusted-subject = Um navegador passa a ser de confiança em { $site }
mail-browser-trusted = Alguém marcou a caixa que torna um navegador de confiança. Até { $until }, só a sua senha basta nele, sem o segundo fator: { $description }
mail-browsers-forgotten-subject = Navegadores foram esquecidos em { $site }
mail-browsers-forgotten = Na página da sua conta foram esquecidos navegadores pelos quais você tinha entrado. Eles contarão como estranhos até você entrar de novo por eles com as duas etapas.
mail-browser-copied-subject = Um navegador de confiança de { $site } pode ter sido copiado
mail-browser-copied = Alguém entrou na sua conta com a sua senha e uma cópia antiga daquilo que torna um dos seus navegadores de confiança. Esse navegador não é mais de confiança, e quem tinha entrado com ele foi desconectado. Se você não acabou de restaurar um navegador de um backup, mude a sua senha.
mail-sessions-ended-subject = Sessões em { $site } foram encerradas
mail-sessions-ended = { $count ->
    [one] Na página da sua conta, { $count } sessão foi encerrada. Quem a usava terá de entrar de novo.
   *[other] Na página da sua conta, { $count } sessões foram encerradas. Quem as usava terá de entrar de novo.
}
mail-locked-subject = Muitas respostas erradas para a sua conta em { $site }
mail-locked = Houve muitas respostas erradas para a sua conta. Entre por um navegador que você já usou, ou com uma chave de acesso, se você tiver uma, para abri-la de novo.
