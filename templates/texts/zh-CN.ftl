# Every word a person reads, in Simplified Chinese. Polite form (您).

## The language itself

language-name = 简体中文
language-now = 语言：{ $name }
format-time = %H:%M:%S UTC
format-date = %Y年%m月%d日 %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = 错误：{ $page } – { $site }
header-signing-in = 正在以 { $name } 登录
header-not-you = 不是您？
header-signed-in = 已以 { $name } 登录
header-nav = 您的账户
header-account = 账户
header-sign-out = 退出登录
bound-for = 登录后继续前往 { $site }
footer = Vestibule 守护 { $site } 的登录。

continue = 继续
back = 返回
back-to-site = 返回首页
cancel = 取消
try-again = 重试
start-over = 重新开始
request-id = 供管理员查询的编号

## Times

ago-moment = 刚刚
ago-minutes = { $count } 分钟前
ago-hours = { $count } 小时前
ago-days = { $count } 天前
in-seconds = { $count } 秒后
in-minutes = { $count } 分钟后
in-hours = { $count } 小时后
wait-seconds = 尝试次数过多。请在 { $count } 秒后（{ $time }）重试。
wait-minutes = 尝试次数过多。请在 { $count } 分钟后（{ $time }）重试。
wait-closed = 此账户的错误次数过多，来自这里的回答不再受理。请使用您以前用过的浏览器登录，或联系管理员。
step-ends = 您还有 { $count } 分钟，请在 { $time } 之前完成，否则需要重新开始。
session-ends-minutes = 您的登录状态还将保持 { $count } 分钟，到 { $time } 为止。之后需要重新登录。
session-ends-hours = 您的登录状态还将保持 { $count } 小时，到 { $date } 为止。之后需要重新登录。
code-ends = 验证码在 { $count } 分钟内有效，到 { $time } 为止。

## Fields

field-username = 用户名
field-new-username-hint = 只能使用小写字母、数字和 . _ @ + -，之后无法更改。
field-password = 密码
field-new-password = 新密码
field-new-password-hint = 至少 { $least } 个字符。几个容易记住的词就是很好的密码。
field-new-password-again = 再次输入新密码
field-code = 验证码
field-recovery-code = 恢复码
field-recovery-code-hint = 您设置账户时保存的恢复码之一。每个只能使用一次。
field-phone = 电话号码
field-phone-hint = 请包含国家代码，例如 +86 138 1234 5678。
field-email = 邮箱地址
field-label = 此设备的名称
field-label-hint = 方便您日后识别，例如“工作手机”。

## Errors at a field or a form

error-username-missing = 请输入用户名。
error-username-refused = 无法使用此名称。最多 64 个字符，只能使用小写字母、数字或 . _ @ + -
error-password-missing = 请输入密码。
error-login-wrong = 用户名或密码不正确。请检查后重试。
error-code-wrong = 验证码不正确。请检查，或等待下一个验证码后重试。
error-code-missing = 请输入验证码。
error-code-late = 此验证码已过期。请获取新的验证码并输入。
error-recovery-code-wrong = 此恢复码不正确或已使用过。请换一个。
error-key-model = 此处不接受这种型号的密钥。请使用其他密钥或其他方式。
error-key-refused = 此密钥未被接受。请重试，或使用其他方式。
error-key-known = 此密钥已设置过。请使用另一个。
error-phone-invalid = 无法向此号码发送。请包含国家代码，例如 +86 138 1234 5678。
error-phone-country = 不向该国家或地区的号码发送验证码。请使用其他号码或其他方式。
error-phone-closed = 已停止向此号码发送验证码。请使用其他方式，或联系管理员。
error-phone-missing = 请输入电话号码。
error-email-invalid = 这不是邮箱地址。请按 alice@example.com 的格式输入。
error-email-missing = 请输入邮箱地址。
error-label-missing = 请为此设备命名。
error-label-long = 名称过长。最多 64 个字符。
error-label-taken = 您已有同名的设备。请换一个名称。
error-password-short = 密码过短。至少需要 { $least } 个字符。
error-password-long = 密码过长。
error-password-common = 此密码属于最常见的密码，容易被猜到。请换一个。
error-password-own-name = 密码不能与用户名相同。
error-password-not-the-same = 两次输入的密码不一致。请重新输入新密码。
error-not-acknowledged = 请先保存恢复码，再勾选此框。
error-send-budget = { $time } 之前无法再发送验证码。请使用其他方式，或在 { $in } 重试。
error-factor-last = 这是您最后一种第二重验证方式，此处需要它。请先添加另一个。
error-busy = 暂时无法验证。请稍后重试。

## login

login-title = 登录
login-button = 登录
login-link = 前往登录
account-link = 前往您的账户
login-timed-out = 登录用时过长，需要重新开始。请再次登录。
login-not-delivered = 您提交的内容没有送达；请登录后重新提交。
login-start-again = 此步骤属于一次已结束的登录。请再次登录。
login-form-expired = 此表单已过期或来自别处。未进行任何操作。请再次登录。
login-address-unknown = 此网关不知道自己的公开地址。请设置 `url`。
login-or = 或
login-alone-wait = 来自您网络的尝试次数过多。请在 { $in }（{ $time }）重试。
login-alone-failed = 未成功：没有使用通行密钥，或已超时。请重试，或输入用户名和密码。
login-password-first = 您的密钥没有确认您的身份，因此在这里仅凭它还不够。请输入用户名和密码，然后再使用一次密钥。
login-password-set = 密码已设置。请用它登录。
login-forgot = 忘记密码？

## verify

verify-choose-title = 确认是您本人
verify-choose-lead = 还差一步。请选择您设置过的一种方式。
verify-button = 继续
verify-key-button = 使用密钥或通行密钥
verify-lost-link = 设备丢失？
badge-last-used = 上次使用
badge-strongest = 最安全
badge-strong = 安全
badge-basic = 基本
others-title = 尝试其他方式
trust-label = 信任此浏览器 { $days } 天
trust-hint = 在此浏览器上只需密码即可。仅限没有他人使用的设备。
lost-title = 设备丢失？
lost-lead = 如果您准备了其他方式，没有设备也能登录。
lost-others = 以下方式仍可使用：
lost-nothing-else = 您的账户没有设置其他方式。
lost-help-title = 如果都不可用
lost-help = 请联系 { $site } 的管理员重置您的账户。您会收到一个链接，用来设置新设备。没有人会向您索要密码或验证码。

delivery-ready = 我们可以向 { $target } 发送验证码。
delivery-send = 发送验证码
delivery-sent = 验证码已发送至 { $target }。
delivery-failed = 无法向 { $target } 发送验证码。请重试，或使用其他方式。
delivery-again = 重新发送验证码
delivery-again-at = 您可以在 { $in }（{ $time }）获取新的验证码。

call-ready = 我们可以致电 { $target } 并播报验证码。
call-send = 给我打电话
call-sent = 正在致电 { $target }。
call-failed = 无法致电 { $target }。请重试，或使用其他方式。
call-again = 再次致电
call-again-at = 您可以在 { $in }（{ $time }）再次要求致电。

ceremony-needs-script = 密钥和通行密钥需要 JavaScript，但此处已关闭。请为此网站启用，或使用其他方式。
ceremony-failed = 未成功：没有使用密钥，或已超时。您可以重试。
ceremony-unsupported = 此浏览器无法使用密钥和通行密钥。请使用其他浏览器或其他方式。
ceremony-again = 重试
ceremony-next = 点击继续后，浏览器会要求您使用密钥或通行密钥。

## enrol

enrol-first-title = 添加第二步验证
enrol-first-lead = { $site } 除密码外还需要其他验证。请选择您今后登录时使用的方式。
enrol-needed = 可以打开您所请求页面的方式
enrol-needed-others = 可以登录、但不能打开该页面的方式
enrol-title = 添加登录方式
enrol-lead = 请选择要添加的方式。最好有两种，以防丢失其中一种。
enrol-button = 确认
enrol-key-button = 设置此密钥
enrol-other = 选择其他方式

otpauth-picture = 供身份验证器应用扫描的二维码
otpauth-open = 在此设备的应用中打开
otpauth-secret = 没有摄像头？请在应用中输入此密钥：

## Methods

method-totp-title = 身份验证器应用
method-totp-hint = 手机上的免费应用每 30 秒显示一个新验证码。无需网络。
method-totp-ask = 请输入身份验证器应用当前显示的验证码。
method-totp-enrol-title = 设置您的应用
method-totp-enrol = 用身份验证器应用扫描此图片，然后输入应用显示的验证码。
method-totp-label = 身份验证器应用

method-hotp-title = 动态口令牌
method-hotp-hint = 带按钮的小设备，或会计数的应用：每按一次生成一个新验证码。无需网络。
method-hotp-ask = 按下按钮并输入验证码。如果验证码被拒绝，请生成两个并依次输入。
method-hotp-enrol-title = 设置动态口令牌
method-hotp-enrol = 扫描此图片，或将密钥输入口令牌，然后输入它生成的第一个验证码。
method-hotp-label = 动态口令牌

method-yubikey-title = YubiKey 验证码
method-yubikey-hint = 触摸后会自动输入一长串验证码的密钥。如果它也能用作安全密钥，请选择后者：更安全。
method-yubikey-ask = 将光标放在输入框中，触摸您的 YubiKey。它会自动输入验证码。
method-yubikey-enrol-title = 设置 YubiKey
method-yubikey-enrol = 将光标放在输入框中，触摸 YubiKey。它会输入一个验证码，以后我们凭此识别它。
method-yubikey-label = YubiKey

method-webauthn-title = 安全密钥或通行密钥
method-webauthn-hint = 此设备上的指纹、面容或 PIN，或可插入的密钥。在假冒网站上无法使用。
method-webauthn-ask = 请使用您的密钥或通行密钥。浏览器会告诉您如何操作。
method-webauthn-enrol-title = 设置密钥
method-webauthn-enrol = 为密钥命名，然后按照浏览器的提示操作。
method-webauthn-label = 安全密钥
method-webauthn-alone = 使用通行密钥登录

method-sms-title = 短信
method-sms-hint = 发送到您手机的验证码。短信可能被他人读取或转移：如果可以，请选择更安全的方式。
method-sms-ask = 请输入短信中的验证码。
method-sms-enrol-title = 设置短信
method-sms-enrol = 我们会向此号码发送验证码，以确认它属于您。
method-sms-confirm = 请输入短信中的验证码以确认号码。
method-sms-label = 手机

method-voice-title = 电话
method-voice-hint = 我们致电给您并播报验证码。通话可能被他人听到或转移：如果可以，请选择更安全的方式。
method-voice-ask = 我们会致电给您。请按电话上的任意键收听验证码，然后在此输入。
method-voice-enrol-title = 设置电话
method-voice-enrol = 我们会致电此号码并播报验证码，以确认它属于您。接听后会先请您按一个键。
method-voice-confirm = 接听电话并按任意键，然后输入您听到的验证码。
method-voice-label = 电话

method-email-title = 邮件
method-email-hint = 发送到您邮箱的验证码。能读您邮件的人就能用它登录：如果可以，请选择更安全的方式。
method-email-ask = 请输入邮件中的验证码。
method-email-enrol-title = 设置邮件
method-email-enrol = 我们会向此地址发送验证码，以确认它属于您。
method-email-confirm = 请输入邮件中的验证码以确认地址。
method-email-label = 邮箱

method-recovery-title = 恢复码
method-recovery-hint = 您打印或抄写的恢复码之一。
method-recovery-enrol-title = 恢复码
method-recovery-enrol = 设备丢失时用来登录的代码。每个只能使用一次。
method-recovery-label = 恢复码
method-recovery-left = 剩余 { $count } 个

## Recovery codes

codes-title = 请保存您的恢复码
codes-lead = 设备丢失时，您可以用这 { $count } 个恢复码登录。每个只能使用一次，并且只在此时显示。
codes-replace = 您以前的恢复码已失效。
codes-sheet = { $site } 的恢复码
codes-for = { $name }，创建于 { $date }
codes-keep = 请打印此页或抄写恢复码，与重要文件放在一起，不要放在用来登录的设备上。
codes-acknowledge = 我已保存这些恢复码
codes-work = 按下“{ $button }”之后，恢复码才会生效。
codes-ends = 您还有 { $count } 分钟来保存这些恢复码，到 { $time } 为止。之后它们将作废，您需要在账户页面创建新的恢复码。
codes-void = 这些恢复码已作废
codes-void-text = 在您确认已保存之前，时间已到。请丢弃打印或抄写的内容，并创建新的恢复码。您仍处于登录状态。

## account

account-title = 您的账户
account-sites = 您的网站
account-factors = 登录方式
account-factors-none = 您还没有第二重验证方式。
account-factor-add = 添加登录方式
account-last-used = 上次使用
account-never-used = 从未
account-added = 添加时间
account-rename = 重命名
account-rename-this = 重命名 { $name }
account-remove = 移除
account-remove-this = 移除 { $name }
account-recovery = 恢复码
account-recovery-left = 剩余 { $count } 个恢复码。
account-recovery-few = { $count ->
    [0] 您没有恢复码。请创建一些，以免设备丢失后无法登录。
   *[other] 只剩 { $count } 个恢复码。请尽快创建新的。
}
account-recovery-renew = 创建新的恢复码
account-sessions = 您的登录位置
account-this-session = 当前
account-last-seen = 上次活动
account-started = 登录时间
account-session-end = 退出登录
account-session-end-this = 退出登录 { $name }
account-sign-out-elsewhere = 退出其他所有登录
account-elsewhere-offer = 如果可能有人以您的身份登录过，请立即结束。
account-sign-out-everywhere = 退出所有登录
browser-on = { $system } 上的 { $browser }
browser-at = { $browser }，{ $address }
browser-unknown = 未知浏览器
account-browsers = 您的浏览器
account-browsers-hint = 您曾完成两步登录的浏览器。即使陌生人多次尝试错误密码，您仍可从这些浏览器登录。在受信任的浏览器中，只需密码即可。
account-browsers-none = 暂无。
account-browser-since = 首次出现
account-browser-end = 移除
account-browser-end-this = 移除 { $name }
account-browser-trusted = 信任至
account-this-browser = 当前浏览器
account-browsers-end = 移除所有浏览器
account-browsers-end-others = 移除所有其他浏览器
account-browsers-offer = 其他浏览器仍可像以前一样登录。如果不应如此，请移除它们。
account-password = 密码
account-password-change = 更改密码
done-factor-added = 已添加。现在就可以使用。
done-factor-renamed = 新名称已保存。
done-factor-removed = 已移除。它不能再用来登录，您在其他地方的登录也已退出。
done-password-changed = 密码已更改。您在其他地方的登录已退出。
done-session-ended = 该登录已退出。
done-sessions-ended = 您在其他地方的登录已全部退出。
done-browser-ended = 已移除。
done-codes-made = 您的新恢复码已生效。

## A reminder after signing in

remind-title = 添加更安全的登录方式
remind-lead = 有一种登录方式比您现在使用的更安全。添加只需一分钟；有了两种方式，即使丢失一种也不会无法登录。
remind-proof = 再次确认是您本人，然后添加。
remind-later = 以后再说
remind-again = 选择“以后再说”可像以前一样继续。{ $date } 之后会再次询问您。

## Confirming an action

confirm-add = 确认是您本人
confirm-add-text = 添加登录方式之前，请用现有的一种方式确认。
confirm-rename = 重命名设备
confirm-rename-text = 为“{ $name }”取一个新名称，并确认是您本人。
confirm-rename-button = 重命名
confirm-remove = 移除设备
confirm-remove-text = “{ $name }”将不能再用来登录，您在其他地方的登录也会退出。请确认是您本人。
confirm-remove-button = 移除
confirm-codes = 创建新的恢复码
confirm-codes-text = 旧的恢复码将失效。请确认是您本人。
confirm-codes-button = 创建新的恢复码
confirm-password = 更改密码
confirm-password-text = 请设置新密码，并确认是您本人。
confirm-password-button = 更改密码
confirm-browser = 移除浏览器
confirm-browser-text = 在您再次从“{ $name }”登录之前，它将被视为陌生浏览器。请确认是您本人。
confirm-browser-button = 移除
confirm-other-browsers = 移除所有其他浏览器
confirm-other-browsers-text = 除当前浏览器外，所有浏览器在您再次登录之前都将被视为陌生浏览器。请确认是您本人。
confirm-browsers = 移除所有浏览器
confirm-browsers-text = 所有浏览器（包括当前这个）在您再次登录之前都将被视为陌生浏览器。请确认是您本人。
confirm-browsers-button = 全部移除

## logout

logout-title = 退出登录？
logout-lead = 您将在此浏览器中退出 { $site }。
logout-button = 退出登录
logout-stay = 保持登录
logout-done-title = 您已退出登录
logout-done-lead = 此浏览器已退出登录。如果是公用电脑，请同时关闭浏览器。
logout-done-everywhere = 您已在所有浏览器中退出登录。
logout-again = 再次登录

## One-time links

invite-title = 欢迎
invite-lead = 这是您在 { $site } 的账户 { $name }。请先设置密码。
invite-next = 接下来设置第二步验证。
invite-ends = 此链接只能使用一次，有效期至 { $date }。
reset-title = 重新设置您的账户
reset-lead = 您在 { $site } 的账户 { $name } 的第二步验证已重置。请继续设置新的验证方式。
invite-dead-title = 此链接无效
invite-dead-lead = 它已被使用、已过期，或没有完整复制。
invite-dead-help = 如果您已设置过账户，请登录。否则请向管理员索取新链接。
forgot-title = 忘记密码？
forgot-lead = 请输入用户名。如果您的账户有邮箱地址，我们会向那里发送一个链接，用来设置新密码。
forgot-button = 发送链接
forgot-form-expired = 此表单已过期或来自别处。未发送任何内容。请重试。
forgot-sent-title = 请查看您的邮箱
forgot-sent-lead = 如果该账户存在并且有邮箱地址，链接已经发出。它只能使用一次，{ $minutes } 分钟内有效。
forgot-sent-help = 没有收到？请查看垃圾邮件，或联系管理员：并非所有账户都能以这种方式处理。
forgot-again = 获取新链接
new-password-title = 设置新密码
new-password-lead = 这是 { $site } 的账户 { $name }。您将在所有地方退出登录。
new-password-next = 然后用新密码登录。您的第二步验证保持不变。
setup-title = 创建第一个账户
setup-lead = 此网关还没有用户。您是它的管理员：请设置用户名和密码。
setup-button = 创建账户

## When signing in cannot go on

blocked-title = 无法在此登录
blocked-cookies = 您的浏览器没有送回我们的 Cookie。
blocked-cookies-remedy = 请允许此网站使用 Cookie；如果隐私浏览模式阻止了 Cookie，请退出该模式。然后重试。
blocked-http = 此网站设置的地址是 { $origin }，但您的浏览器使用了未加密的 http。
blocked-http-remedy = 请改为打开 { $origin }。如果您已经在那里，说明连接在到达此网关之前已被解密：请让管理员将 `url` 设为大家使用的地址。
blocked-gate = 此主机上的另一个网关使用了同名的 Cookie。
blocked-gate-remedy = Cookie 不区分端口。请让管理员在 `session.cookie` 中为两个网关设置不同的名称。
blocked-loop = 您的浏览器被来回转发，没有到达任何地方。
blocked-loop-remedy = 多数情况下是 Cookie 被阻止了：请允许此网站及其登录页面使用 Cookie。也可能是您的设备有两个地址（例如使用 VPN 时），而两个页面看到的地址不同。然后请重试。
blocked-way-back = 登录后的返回途径已过期、已被使用，或是在另一个浏览器中开始的。
blocked-way-back-remedy = 没有人因此登录。请重试：如果您仍处于登录状态，会立即进入。
blocked-no-site = 您要前往的网站已不在此处提供。
blocked-no-site-remedy = 请向管理员询问它现在的地址。您的账户页面列出了您可以打开的网站。
waiting-title = 请稍候
waiting-why = 连续出现了多次错误回答，因此暂时不受理任何回答。这是为了防止他人通过猜测进入您的账户。
not-enrolled-title = 您需要邀请
not-enrolled-lead = 密码正确，但 { $site } 需要第二步验证，而您的账户还没有设置。
not-enrolled-help = 请向 { $site } 的管理员索取邀请链接，用它设置第二步验证。
factor-needed-title = 此页面需要更安全的方式
factor-needed-lead = 您已登录，但此页面需要一种您尚未设置的登录方式。
factor-needed-proof = 添加之前，需要再次确认是您本人。

## Refusals

refused-400 = 无法读取此请求
refused-400-text = 它的地址或请求头可以有多种理解，因此没有被转发。请检查地址后重试。
refused-401 = 您尚未登录
refused-401-text = 请先登录，然后重试。
refused-403 = 您不能打开此页面
refused-403-text = 此网站的规则不允许您进入。如果您认为应当允许，请告知管理员。
refused-as-another = 以其他身份登录
refused-404 = 这里什么都没有
refused-404-text = 此地址没有对应的内容。请检查是否输入有误。
refused-405 = 此处不能这样操作
refused-405-text = 此页面不接受这种请求。
refused-409 = 此步骤顺序不对
refused-409-text = 它属于已经结束或期间发生变化的操作。请从头开始。
refused-413 = 内容过大
refused-413-text = 发送的内容超过了此页面的上限。未保留任何内容。
refused-421 = 此处没有这个网站
refused-421-text = 此地址指向这台服务器，但没有设置该名称的网站。
refused-429 = 请求过多
refused-429-text = 请稍等片刻再重试。
refused-431 = 请求头过多
refused-431-text = 您的浏览器发送的请求头或 Cookie 超过了上限。删除此网站的 Cookie 通常可以解决。
refused-500 = 出现了问题
refused-500-text = 这是我们的故障，没有转发任何内容。请稍后重试。
refused-501 = 应用程序不支持此操作
refused-501-text = 它的设置不支持这种连接。请告知管理员。
refused-502 = 应用程序没有响应
refused-502-text = 您已到达网关，但无法连接其后的应用程序。请稍后重试。
refused-503 = 暂时不可用
refused-503-text = 目前无法答复，没有转发任何内容。请稍后重试。
refused-504 = 应用程序响应过慢
refused-504-text = 网关后的应用程序没有及时响应。请稍后重试。
refused-508 = 请求陷入循环
refused-508-text = 它被转发后又回到了此网关。请告知管理员。
refused-stale-form = 此表单已过期
refused-stale-form-text = 它打开得太久，或属于已结束的浏览器会话。未进行任何操作。请返回并刷新页面后重试。
refused-no-certificate = 此页面需要证书
refused-no-certificate-text = 您的浏览器或程序没有出示此处认可的客户端证书。请安装您收到的证书，关闭浏览器的所有窗口，然后重试。
refused-not-from-here = 必须直接打开
refused-not-from-here-text = 这是由其他页面、框架或脚本请求的。未进行任何操作。请在单独的标签页中打开。

## The sample application

demo-title = 示例应用
demo-lead = 您已通过两道门。这里代表您的应用程序，请求的是 { $path }，以下是它得知的关于您的信息。
demo-verified = 已用网关公布的密钥核对签名身份，结果有效。
demo-refused = 签名身份未被采信：{ $reason }
demo-missing = 没有发送身份：此页面对所有人开放。
demo-claims = 签名所担保的内容
demo-headers = 收到的请求头
demo-headers-none = 无。
demo-try = 更多尝试
demo-link-step-up = 一分钟后会再次验证的页面
demo-link-open = 对所有人开放的页面
demo-link-messages = 消息和身份验证器
demo-link-account = 您的账户
demo-messages-title = 消息和身份验证器
demo-messages = 本应发送的消息
demo-messages-none = 暂无。
demo-message-sms = 发给 { $to } 的短信
demo-message-call = 打给 { $to } 的电话
demo-message-mail = 发给 { $to } 的邮件
demo-authenticator = 身份验证器，供手边没有手机时使用
demo-secret = 密钥
demo-secret-hint = 请粘贴应用设置页面上的密钥。
demo-secret-button = 显示验证码
demo-secret-refused = 这不是密钥。密钥只包含字母 A 到 Z 和数字 2 到 7。
demo-code-left = 还有 { $count } 秒

## Messages and mails

voice-language = zh-CN
voice-ask = 您好，这是来自 { $site } 的电话。要收听验证码，请按任意键。如果不是您本人请求的，请挂断。
voice-code = 您在 { $site } 的验证码是：
voice-again = 再播报一次：
voice-end = 请勿告诉任何人。再见。

sms-code = { $code } 是您在 { $site } 的验证码，{ $minutes } 分钟内有效。请勿告诉任何人。

mail-code-subject = 您在 { $site } 的验证码
mail-code =
    { $code } 是您在 { $site } 的验证码，{ $minutes } 分钟内有效。请勿告诉任何人。

    如果不是您本人请求的，可能有人知道您的密码：请更改密码。
mail-code-enrol =
    { $code } 是您在 { $site } 的验证码，{ $minutes } 分钟内有效。请勿告诉任何人。

    有人将此邮箱地址填写为 { $site } 验证码的接收地址。如果不是您本人，请不必理会这封邮件：没有验证码，此地址不会被使用。

mail-invitation-subject = 您在 { $site } 的账户
mail-invitation =
    { $name }，您好：

    已为您创建 { $site } 的账户。请打开此链接，设置密码和第二步验证：

    { $link }

    此链接只能使用一次，有效期至 { $date }。如果您没有预料到这封邮件，请不必理会。

mail-password-link-subject = { $site } 的新密码
mail-password-link =
    { $name }，您好：

    有人从 { $from } 为您在 { $site } 的账户申请了新密码。请打开此链接进行设置：

    { $link }

    此链接只能使用一次，{ $minutes } 分钟内有效。您的第二步验证保持不变。如果不是您本人申请的，请不必理会这封邮件：不会有任何变化。

mail-notice =
    { $name }，您好：

    { $what }

    网站：{ $site }
    时间：{ $date }
    来源：{ $from }

    如果是您本人操作，无需采取任何措施。如果不是，请立即告知管理员，管理员可以重置您的账户。如果您还能登录，请在账户页面更改密码并退出所有登录。

mail-from-administrator = 管理员
mail-factor-added-subject = 已添加 { $site } 的登录方式
mail-factor-added = 您的账户已添加新的登录方式：{ $label }
mail-factor-removed-subject = 已移除 { $site } 的登录方式
mail-factor-removed = 您的账户已移除一种登录方式：{ $label }
mail-factor-renamed-subject = { $site } 的一种登录方式已重命名
mail-factor-renamed = 您账户的一种登录方式已改名：{ $before } 现在名为 { $label }
mail-password-changed-subject = 您在 { $site } 的密码已更改
mail-password-changed = 您账户的密码已更改。
mail-recovery-used-subject = { $site } 的恢复码已被使用
mail-recovery-used = 有人用您的一个恢复码登录了。还剩 { $count } 个。
mail-fallback-used-subject = { $site } 的备用方式已被使用
mail-fallback-used = 有人没有使用您的设备，而是通过为设备丢失准备的方式登录了：{ $label }
mail-recovery-renewed-subject = { $site } 的新恢复码
mail-recovery-renewed = 已为您的账户创建新的恢复码。旧的已失效。
mail-address-replaced-subject = 您在 { $site } 的邮箱地址已更换
mail-address-replaced = 您账户的邮箱地址已更换为另一个。有关账户的邮件不再发送到这里。
mail-reset-subject = 您在 { $site } 的账户已重置
mail-reset = 您账户的所有登录方式都已移除，以便您设置新的方式。管理员会为此给您一个链接。
mail-new-browser-subject = 有新的浏览器登录了 { $site }
mail-new-browser = 您的账户在一个我们以前没有见过的浏览器中使用了：{ $description }
mail-browser-trusted-subject = { $site } 现在信任了一个浏览器
mail-browser-trusted = 有人勾选了信任浏览器的选项。在 { $until } 之前，在下面的浏览器中只需密码即可登录，无需第二重验证：{ $description }
mail-browsers-forgotten-subject = { $site } 移除了浏览器
mail-browsers-forgotten = 您的账户页面移除了您登录过的浏览器。在您再次用两个步骤登录之前，它们将被视为陌生浏览器。
mail-browser-copied-subject = { $site } 的受信任浏览器可能被复制
mail-browser-copied = 有人用您的密码和一份使您某个浏览器受信任的旧副本登录了您的账户。该浏览器已不再受信任，以此登录的人已被退出。如果您不是刚从备份恢复了浏览器，请更改密码。
mail-sessions-ended-subject = { $site } 的会话已结束
mail-sessions-ended = 在您的账户页面上结束了 { $count } 个会话。在那里登录的人需要重新登录。
mail-locked-subject = 您在 { $site } 的账户出现多次错误回答
mail-locked = 您的账户出现了多次错误回答。请用您以前用过的浏览器登录，或用通行密钥（如果您有）登录，以重新开放账户。
